"""Every orthogonal matrix Q is a product of rank(I − Q) reflections, and of no fewer generalized Householder matrices.

Notation      r = rank(I − Q); H the reflection I − 2 k kᵀ/‖k‖².
Hypotheses    Q real and orthogonal, any n.
Claim         Q = H_r ⋯ H_1, and no product of fewer than r matrices I − β k kᵀ, of any β, is Q.
Proof         (r are enough) if Q ≠ I take x with Qx ≠ x and k = Qx − x.  H takes Qx to x, as ‖Qx‖ = ‖x‖; and it keeps what Q
              fixes: for Qy = y, k·y = Qx·Qy − x·y = 0.  So HQ fixes x and all that Q fixes: its fixed space is larger by one
              dimension at least, and after at most r mirrors it is everything.   (no fewer) x − G_m ⋯ G_1 x is a combination of
              k_1, …, k_m, so rank(I − G_m ⋯ G_1) ≤ m.  The two together make it r exactly.
Source        Cartan–Dieudonné; Scherk 1950 for the number; used by Grazzi et al. 2411.12537 and Siems et al. 2502.10297.
Status        proved
Check         the identities with generic x, y, Qx and keys, for all n (the last by its induction step).  Beside it the
              factoring of theory/factor.py in exact numbers: product, number and rank, for all signed permutations of n ≤ 4
              coordinates (the 24 rotations of the cube among them), and for rational rotations drawn with a fixed seed.
Coq           proofs/orthogonal.v, orthogonal_mirrors; proofs/householder.v, rank_moved.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import permutations, product
from random import Random
from typing import Any

import numpy as np

from ..factor import rank, reflections
from ..householder import product as product_of
from ..numbers import identity
from .statement import Counterexample, Statement, require
from .vectors import Vector, applied, inner, scalar, vanishes, vector

SIZES, DRAWN, SEED = range(1, 5), 30, 4


def verify() -> tuple[int, str]:
    x, y, image = vector("x"), vector("y"), vector("Qx")
    k = image - x
    same_length = {inner("Qx", "Qx"): inner("x", "x")}
    reflected = k.squared() * image - (2 * k.dot(image)) * k  # ‖k‖² H Qx
    require((reflected - k.squared() * x).given(same_length).is_zero(), "H takes Qx to x")
    require(vanishes(k.dot(y), {inner("Qx", "y"): inner("x", "y")}), "k is orthogonal to what Q fixes")
    require(moved_only_along_keys(), "x − G_m ⋯ G_1 x is a combination of the keys")
    cases = 0
    for Q in [*(Q for n in SIZES for Q in signed_permutations(n)), *rational_rotations()]:
        found, n = reflections(Q), len(Q)
        require(np.array_equal(product_of(found, n), Q), f"the product of the mirrors of {Q.tolist()}")
        require(all(step.special_eigenvalue == -1 for step in found), f"each factor of {Q.tolist()} is a mirror")
        require(len(found) == rank(identity(n) - Q), f"the number of mirrors of {Q.tolist()}")
        cases += 1
    return 3 + cases, f"3 identities in generic x, y, k; {cases} exact matrices factored beside them"


def moved_only_along_keys() -> bool:
    """The induction step: if y = x + z with z among the earlier keys' combinations, G y = x + z' with z' among those and k's."""
    x, z, k = vector("x"), vector("z"), vector("k")
    moved: Vector = applied(scalar("β"), k, x + z) - x
    return set(moved.terms) <= {"z", "k"}


def signed_permutations(n: int) -> Iterator[np.ndarray]:
    """All n! 2ⁿ of them."""
    for order, signs in product(permutations(range(n)), product((1, -1), repeat=n)):
        matrix = identity(n) * 0
        for i in range(n):
            matrix[i, order[i]] = signs[i]
        yield matrix


def rational_rotations() -> Iterator[np.ndarray]:
    """Products of rotations in coordinate planes, by angles with cosine and sine (p² − q²)/(p² + q²) and 2pq/(p² + q²)."""
    random = Random(SEED)
    for i in range(DRAWN):
        n = 2 + i % 3
        matrix = identity(n)
        for _ in range(3):
            a, b = random.sample(range(n), 2)
            matrix = plane_rotation(n, a, b, random.randint(1, 4), random.randint(0, 4)) @ matrix
        yield matrix


def plane_rotation(n: int, a: int, b: int, p: int, q: int) -> np.ndarray:
    turn: Any = identity(n)
    size = p * p + q * q
    cosine, sine = Fraction(p * p - q * q, size), Fraction(2 * p * q, size)
    turn[a, a], turn[a, b], turn[b, a], turn[b, b] = cosine, -sine, sine, cosine
    return turn


def refute() -> Counterexample:
    shear = np.array([[1, 1], [0, 1]], dtype=object)
    require(rank(identity(2) - shear) == 1 and not np.array_equal(shear, shear.T), "a shear")
    return Counterexample(
        "“orthogonal” dropped: “every invertible Q is a product of rank(I − Q) generalized Householder matrices”",
        {"Q": shear.tolist()},
        "rank(I − Q) = 1, and one factor is symmetric, which the shear is not (nor is it any product within 0 ≤ β‖k‖² ≤ 2: its norm is "
        "above 1)",
    )


def example() -> str:
    turn = [[0, 0, 1], [1, 0, 0], [0, 1, 0]]
    keys = [step.key for step in reflections(turn)]
    return f"the turn of the cube about its diagonal, {turn}, is {len(keys)} mirrors, along {keys[0]} and then {keys[1]}"


STATEMENT = Statement("mirrors", "proved for all n", __doc__, verify, refute, example)
