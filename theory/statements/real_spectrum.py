"""One factor has a real spectrum, and so have two when one of them is positive semidefinite; two others may rotate.

Notation      G_j = I − β_j k_j k_jᵀ, b_j = β_j‖k_j‖².
Hypotheses    0 ≤ b_j ≤ 2; for the product of two, b_1 ≤ 1 or b_2 ≤ 1.
Claim         G_1, and G_2 G_1 under the hypothesis, have real eigenvalues; with b_1 ≤ 1 and b_2 ≤ 1 both, they lie in [0, 1].
              The hypothesis is needed for every pair: whenever b_1, b_2 > 1 there are keys in R² for which G_2 G_1 has non-real
              eigenvalues.
Proof         x·Gy = Gx·y: G is symmetric, so its spectrum is real.  Let b_1 ≤ 1 (else exchange the two: transposing does not
              change a spectrum).  Then G_1 = R² with R = I − c k_1 k_1ᵀ, where β_1 = c (2 − c‖k_1‖²); c is real since (1 −
              c‖k_1‖²)² = 1 − b_1. G_2 G_1 = (G_2 R) R and R (G_2 R) have the same eigenvalues, and R G_2 R is symmetric.  If
              G_2 = T² likewise, then x·R G_2 R x = ‖T R x‖² ≥ 0, and the norm is at most 1.  For b_1, b_2 > 1 take unit keys in
              a plane with (k_1·k_2)² = (b_1 + b_2 − 2)/(b_1 b_2), which is in [0, 1] as b_1 b_2 − b_1 − b_2 + 2 = (b_1 − 1)(b_2
              − 1) + 1: the trace in the plane is 0 and the determinant (1 − b_1)(1 − b_2) > 0, so the eigenvalues are ± i
              √((b_1 − 1)(b_2 − 1)).
Source        Grazzi et al. 2411.12537, recalled; the proof and the converse for every pair are this project's.  Quoted:
              symmetric matrices have a real spectrum; AB and BA have the same.
Status        proved
Check         the identities with generic k_1, k_2, x, y; trace and determinant of the plane case with symbolic b_1, b_2. Beside
              it the sign of trace² − 4 det for every pair of keys and b on a grid of rationals.
Coq           proofs/householder.v, two_mirrors (the case of two mirrors).
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np

from ..householder import Step
from .statement import Counterexample, Statement, require, shown
from .vectors import applied, scalar, vanishes, vector

GRID = [Fraction(i, 4) for i in range(9)]  # of b
KEYS = [(1, 0), (0, 1), (1, 1), (1, -1), (1, 2), (2, 1), (1, -2), (3, 1)]


def verify() -> tuple[int, str]:
    k, q, x, y = vector("k"), vector("q"), vector("x"), vector("y")
    beta, c = scalar("β"), scalar("c")
    require(vanishes(x.dot(applied(beta, k, y)) - applied(beta, k, x).dot(y)), "x·Gy = Gx·y")
    squared = c * (2 - c * k.squared())
    require((applied(c, k, applied(c, k, x)) - applied(squared, k, x)).is_zero(), "R² = G")
    require(vanishes((1 - c * k.squared()) ** 2 - (1 - squared * k.squared())), "(1 − c‖k‖²)² = 1 − b")

    def sandwiched(z):
        return applied(c, k, applied(beta, q, applied(c, k, z)))

    require(vanishes(x.dot(sandwiched(y)) - sandwiched(x).dot(y)), "R G R is symmetric")
    d = scalar("d")
    root = applied(d, q, applied(c, k, x))
    both = applied(c, k, applied(d * (2 - d * q.squared()), q, applied(c, k, x)))
    require(vanishes(x.dot(both) - root.squared()), "x·R G R x = ‖T R x‖²")
    trace, determinant = _trace_and_determinant()
    b_1, b_2, cosine = scalar("b1"), scalar("b2"), scalar("cos")
    require(vanishes(trace - (2 - b_1 - b_2 + b_1 * b_2 * cosine**2)), "the trace in the plane")
    require(vanishes(determinant - (1 - b_1) * (1 - b_2)), "the determinant in the plane")
    require(vanishes(b_1 * b_2 - (b_1 + b_2 - 2) - (b_1 - 1) * (b_2 - 1) - 1), "the cosine is at most 1")
    cases = 0
    for k_1, k_2, b, other in product(KEYS, KEYS, GRID, GRID):
        if b <= 1:
            cases += 1
            require(_discriminant(b, k_1, other, k_2) >= 0, f"real eigenvalues for b = {b}, {other} and keys {k_1}, {k_2}")
    return 8 + cases, f"8 identities in generic k, x, y; {cases:,} planar pairs in exact rationals beside them"


def _trace_and_determinant():
    """Of G_2 G_1 in the plane, for unit keys (1, 0) and (cos, sin)."""
    import sympy

    b_1, b_2, cosine, sine = scalar("b1"), scalar("b2"), scalar("cos"), scalar("sin")
    k_1, k_2 = sympy.Matrix([1, 0]), sympy.Matrix([cosine, sine])
    product = (sympy.eye(2) - b_2 * k_2 * k_2.T) * (sympy.eye(2) - b_1 * k_1 * k_1.T)
    on_circle = {sine**2: 1 - cosine**2}
    return sympy.expand(product.trace()).subs(on_circle), sympy.expand(sympy.expand(product.det()).subs(on_circle))


def _matrix(b: Fraction, key: tuple[int, int]) -> np.ndarray:
    return Step(b / sum(x * x for x in key), key, ()).matrix()


def _discriminant(b_1: Fraction, k_1: tuple[int, int], b_2: Fraction, k_2: tuple[int, int]) -> Fraction:
    """trace² − 4 det of G_2 G_1: negative when the eigenvalues are not real."""
    (p, q), (r, s) = (_matrix(b_2, k_2) @ _matrix(b_1, k_1)).tolist()
    return (p + s) ** 2 - 4 * (p * s - q * r)


def refute() -> Counterexample:
    b, k_1, k_2 = Fraction(5, 4), (1, 0), (3, 4)  # the cosine is 3/5, near (b + b − 2)/b² = 0.32 for its square
    require(_discriminant(b, k_1, b, k_2) < 0, "b = 5/4 twice at a cosine of 3/5")
    factors = [_matrix(b, k_1), _matrix(b, k_2)]
    return Counterexample(
        "“one factor is positive semidefinite” dropped: both b > 1",
        {"b": [b, b], "keys": [list(k_1), list(k_2)], "product": (factors[1] @ factors[0]).tolist()},
        f"trace² − 4 det = {_discriminant(b, k_1, b, k_2)} < 0: the eigenvalues are not real, with factors not even near a mirror",
    )


def example() -> str:
    turn = Step(1, (0, 1, -1), ()).matrix() @ Step(1, (1, -1, 0), ()).matrix()
    return (
        f"two swaps, β‖k‖² = 2 both, make the rotation {shown(turn)} of order 3: non-real eigenvalues, and n_h = 2 counts modulo 3; "
        "one step a token, or two with β‖k‖² ≤ 1 in one of them, cannot in one layer"
    )


STATEMENT = Statement("real_spectrum", "proved for all n", __doc__, verify, refute, example)
