"""Products of generalized Householder matrices have norm at most 1.

Notation      G = I − β k kᵀ;  ‖·‖ the Euclidean norm of vectors and the operator norm of matrices.
Hypotheses    0 ≤ β‖k‖² ≤ 2 for every factor; any number of factors, any dimension.
Claim         ‖G_m ⋯ G_1‖ ≤ 1.  The range is as wide as can be: outside of it already ‖G k‖ > ‖k‖.
Proof         ‖x‖² − ‖Gx‖² = β (2 − β‖k‖²) (k·x)².  It is not negative, as β ≥ 0 and β‖k‖² ≤ 2 (β may be anything when k = 0);
              so no factor lengthens a vector, and no product does.  With x = k it is β‖k‖² (2 − β‖k‖²) ‖k‖², negative outside
              the range.
Source        Grazzi et al. 2411.12537 (products of generalized Householder matrices), recalled; the proof is this project's.
Status        proved
Check         the identity with generic k, x; the same at x = k; and for a product of three, where the left side is the sum of
              the factors' terms, each with the x that reached it.
Coq           proofs/householder.v, norm.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from .statement import Counterexample, Statement, require
from .vectors import Expr, Vector, applied, scalar, vanishes, vector

FACTORS = 3


def shortening(beta: Expr, k: Vector, x: Vector) -> Expr:
    """β (2 − β‖k‖²) (k·x)²: by how much one factor shortens x, in squares."""
    return beta * (2 - beta * k.squared()) * k.dot(x) ** 2


def verify() -> tuple[int, str]:
    k, x, beta = vector("k"), vector("x"), scalar("β")
    identity = x.squared() - applied(beta, k, x).squared() - shortening(beta, k, x)
    require(vanishes(identity), "‖x‖² − ‖Gx‖² = β (2 − β‖k‖²) (k·x)²")
    size = beta * k.squared()
    along = k.squared() - applied(beta, k, k).squared() - size * (2 - size) * k.squared()
    require(vanishes(along), "‖k‖² − ‖Gk‖² = β‖k‖² (2 − β‖k‖²) ‖k‖²")
    reached, total = x, 0
    for j in range(FACTORS):
        beta_j, k_j = scalar(f"β{j}"), vector(f"k{j}")
        total += shortening(beta_j, k_j, reached)
        reached = applied(beta_j, k_j, reached)
    require(vanishes(x.squared() - reached.squared() - total), f"the identity for {FACTORS} factors")
    return 3, "3 identities in generic k, x"


def refute() -> Counterexample:
    beta, k = Fraction(3, 2), np.array([1, 1], dtype=object)
    image = k - beta * (k @ k) * k
    require(image @ image > k @ k, "β = 3/2 and k = (1, 1)")
    return Counterexample(
        "β‖k‖² ≤ 2 dropped: “β in [0, 2] is enough, whatever the key”",
        {"beta": beta, "key": k.tolist(), "x": k.tolist(), "image": image.tolist()},
        "β‖k‖² = 3, and x = k goes to −2k, twice as long",
    )


def example() -> str:
    key = Fraction(154, 256), Fraction(205, 256)
    size = 2 * sum(x * x for x in key)
    return (
        f"the unit key (3/5, 4/5) rounded to bfloat16 is ({key[0]}, {key[1]}); with β = 2, β‖k‖² = {size} is above 2, and the "
        f"eigenvalue along it is {1 - size}: rounded unit keys can leave the range, whole keys do not round"
    )


STATEMENT = Statement("norm", "proved for all n", __doc__, verify, refute, example)
