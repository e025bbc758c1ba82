"""Three projections at 60, 120 and 180 degrees have the eigenvalue −1/8: a range of [0, 1] for factors is none for products.

Notation      P_u = u uᵀ for a unit vector u of the plane: the generalized Householder matrix I − β k kᵀ with k orthogonal to u
              and β‖k‖² = 1.  The cosines a = u_1·u_2, b = u_2·u_3, c = u_3·u_1.
Hypotheses    three factors, each the projection of the plane onto a line, eigenvalues 0 and 1.
Claim         P_{u_3} P_{u_2} P_{u_1} has the eigenvalues 0 and abc; abc ≥ −1/8, and lines at 60, 120 and 180 degrees reach it.
              So the lower bound for parity asks for a non-negative spectrum of each token's product, not of each factor.
Proof         the product is a b u_3 u_1ᵀ, of rank at most 1 and trace abc.  The Gram determinant 1 + 2abc − a² − b² − c² is not
              negative (for three vectors of a plane it is 0), and a² + b² + c² ≥ 3 |abc|^{2/3}, means of three numbers.  With
              abc = −t³, t ≥ 0:  0 ≤ 1 − 2t³ − 3t² = (1 − 2t)(1 + t)², so t ≤ 1/2.
Source        this project; the warning to Grazzi et al. 2411.12537 (Theorem 1) when n_h ≥ 3.
Status        proved
Check         the eigenvalues with symbolic entries; the Gram determinant, the means and the factorisation as polynomial
              identities; −1/8 in exact numbers, in the plane with √3 and in three dimensions with whole keys.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from ..cyclotomic import cos_pi, sin_pi
from ..householder import Step, product
from .statement import Counterexample, Statement, require, shown
from .vectors import scalar, vanishes

EIGHTH = Fraction(-1, 8)


def verify() -> tuple[int, str]:
    import sympy

    u = [sympy.Matrix(sympy.symbols(f"x{i} y{i}")) for i in range(3)]
    a, b, c = (u[i].dot(u[(i + 1) % 3]) for i in range(3))
    matrix = u[2] * u[2].T * u[1] * u[1].T * u[0] * u[0].T
    require(vanishes(matrix.trace() - a * b * c), "the trace is abc")
    require(vanishes(matrix.det()), "the determinant is 0")
    gram = sympy.Matrix(3, 3, lambda i, j: u[i].dot(u[j]))
    require(vanishes(gram.det()), "three vectors of a plane have Gram determinant 0")
    p, q, r, t = (scalar(name) for name in "pqrt")
    unit = sympy.Matrix([[1, p, r], [p, 1, q], [r, q, 1]])
    require(vanishes(unit.det() - (1 + 2 * p * q * r - p**2 - q**2 - r**2)), "the Gram determinant of unit vectors")
    squares = (p - q) ** 2 + (q - r) ** 2 + (r - p) ** 2
    require(vanishes(2 * (p**3 + q**3 + r**3 - 3 * p * q * r) - (p + q + r) * squares), "the means of three numbers")
    require(vanishes(1 - 2 * t**3 - 3 * t**2 - (1 - 2 * t) * (1 + t) ** 2), "1 − 2t³ − 3t² = (1 − 2t)(1 + t)²")
    plane = in_the_plane()
    require(plane.trace() == EIGHTH, "the trace at 60, 120 and 180 degrees is −1/8")
    require(plane[0, 0] * plane[1, 1] == plane[0, 1] * plane[1, 0], "its determinant is 0")
    eigenvector = np.array([1, -2, 1], dtype=object)
    require(
        (averages() @ eigenvector == EIGHTH * eigenvector).all(), "averaging pairs of three numbers has the eigenvalue −1/8"
    )
    return 9, "all lines of the plane, symbolically; −1/8 exactly, in the plane and with whole keys in space"


def in_the_plane() -> np.ndarray:
    """The product of the projections onto the lines at 60, 120 and 180 degrees, exactly."""
    lines = [(cos_pi(p, 3), sin_pi(p, 3)) for p in (1, 2, 3)]
    return product([Step(1, (-y, x), ()) for x, y in lines], 2)


def averages() -> np.ndarray:
    """The same with whole keys: coordinates 0, 1, then 1, 2, then 2, 0 are replaced by their mean."""
    return product([Step(Fraction(1, 2), key, ()) for key in ((1, -1, 0), (0, 1, -1), (-1, 0, 1))], 3)


def refute() -> Counterexample:
    lines = [(1, 0), (1, 1), (0, 1), (-1, 1)]
    steps = [Step(Fraction(1, x * x + y * y), (-y, x), ()) for x, y in lines]
    matrix = product(steps, 2)
    require(matrix.trace() == Fraction(-1, 4), "lines at 0, 45, 90 and 135 degrees")
    return Counterexample(
        "“three factors” dropped: four projections, at 45 degrees from one to the next",
        {"betas": [step.beta for step in steps], "keys": [list(step.key) for step in steps], "product": matrix.tolist()},
        "the eigenvalue is −1/4, below −1/8 (m lines at 180/m degrees give −cos(π/m)^m, which tends to −1)",
    )


def example() -> str:
    return (
        "replace coordinates 0 and 1 by their mean, then 1 and 2, then 2 and 0, three steps with β‖k‖² = 1: "
        f"{shown(averages())} has the eigenvalues 1, 0 and −1/8, and (1, −2, 1) changes its sign with every token"
    )


STATEMENT = Statement("three_projections", "proved for the sizes named", __doc__, verify, refute, example)
