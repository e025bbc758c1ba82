"""An eigenvalue of modulus 1 is 1, unless a factor reflects.

Notation      N = G_m ⋯ G_1, G_j = I − β_j k_j k_jᵀ; z_0 = z, z_j = G_j z_{j−1}.
Hypotheses    0 ≤ β_j‖k_j‖² < 2 for all factors; any number of them, any dimension.
Claim         every eigenvalue of N is 1 or of modulus below 1; and Nz = z then means that each factor fixes z.  So a layer that
              acts as a group, as for parity, has β‖k‖² = 2 exactly somewhere, and nothing near it.
Proof         for z = x + iy, complex, ‖z‖² − ‖Nz‖² = Σ_j β_j (2 − β_j‖k_j‖²) ((k_j·x_{j−1})² + (k_j·y_{j−1})²), the norm's
              identity for the real and imaginary parts added up.  If Nz = λz with |λ| = 1 each term is 0: β_j = 0 or k_j is
              orthogonal to x_{j−1} and y_{j−1} (or k_j = 0).  Either way G_j z_{j−1} = z_{j−1}, for every j in turn, so Nz = z
              and λ = 1.
Source        Grazzi et al. 2411.12537 (products of generalized Householder matrices), recalled; the proof is this project's.
Status        proved
Check         the identity for one factor with generic k, x, y (the sum over factors telescopes); that the step leaves x when β
              = 0 and when k·x = 0; that the eigenvector's length does not change when |λ| = 1.
Coq           proofs/householder.v, unit_modulus (real vectors).
"""

from __future__ import annotations

from ..householder import Step
from .norm import shortening
from .statement import Counterexample, Statement, require
from .vectors import applied, scalar, vanishes, vector


def verify() -> tuple[int, str]:
    k, x, y, beta, c, s = vector("k"), vector("x"), vector("y"), scalar("β"), scalar("c"), scalar("s")
    before = x.squared() + y.squared()
    after = applied(beta, k, x).squared() + applied(beta, k, y).squared()
    require(vanishes(before - after - shortening(beta, k, x) - shortening(beta, k, y)), "‖z‖² − ‖Gz‖² as claimed")
    require((applied(0, k, x) - x).is_zero(), "the step with β = 0 leaves x")
    require((applied(beta, k, x).given({k.dot(x): 0}) - x).is_zero(), "the step leaves x orthogonal to k")
    turned = (c * x - s * y).squared() + (s * x + c * y).squared()  # (c + is) z
    require(vanishes(turned - (c**2 + s**2) * before), "‖λz‖² = |λ|² ‖z‖²")
    return 4, "4 identities in generic k, x, y"


def refute() -> Counterexample:
    mirrors = [Step(2, (1, 0), ()), Step(1, (1, -1), ())]
    quarter = mirrors[1].matrix() @ mirrors[0].matrix()
    require((quarter @ quarter).tolist() == [[-1, 0], [0, -1]], "two mirrors at 45 degrees")
    return Counterexample(
        "β‖k‖² < 2 dropped: “in the closed range [0, 2], too”",
        {"betas": [2, 1], "keys": [[1, 0], [1, -1]], "product": quarter.tolist()},
        "a quarter turn: its square is −I, so its eigenvalues are i and −i, of modulus 1",
    )


def example() -> str:
    from fractions import Fraction

    near = Step(2 - Fraction(1, 2**10), (1,), ())
    return (
        f"parity with β = 2 − 2⁻¹⁰ in place of 2: the sign flip has the eigenvalue {near.special_eigenvalue}, "
        f"and after 1000 ones {float(abs(near.special_eigenvalue) ** 1000):.3f} of the state is left"
    )


STATEMENT = Statement("unit_modulus", "proved for all n", __doc__, verify, refute, example)
