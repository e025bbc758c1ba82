"""Rounded once a token, a symmetric positive semidefinite letter reaches fixed points only; rounded inside a step it may alternate.

Notation      the state goes to F(h) = R(Ah + b), R a rounding of each entry; u_t = A h_t + b, h_{t+1} = R(u_t).
Hypotheses    A symmetric and positive semidefinite, as for one factor with 0 ≤ β‖k‖² ≤ 1, gated or not; R monotone in each
              entry, its values real numbers; one rounding an entry and token, of the exact sum. A state [K, V] is its columns.
Claim         every cycle of F is a fixed point; so with finitely many numbers every run on a constant letter becomes
              constant, and layers of this kind cannot tell parity in this arithmetic either. It is wrong (a) for products of
              two such factors, and (b) for one factor when the operations inside the step are rounded one by one, as hardware
              does: there period 2 occurs. So the bounds parity_bound and counting_bound are about exact runs that are cast
              where they are read: a DeltaNet layer with β ≤ 1 in bfloat16, a rounding an operation, can tell parity.
Proof         A cycle h_0, …, h_{T−1} of F. (1) Σ_t h_{t+1}·(u_{t+1} − u_t) ≤ 0: entry by entry R is monotone, so φ(u) = ∫ R
              is convex with R(u_t) a slope of it at u_t, φ(u_{t+1}) − φ(u_t) ≥ R(u_t)(u_{t+1} − u_t), and around the cycle
              the left side is 0. (2) u_{t+1} − u_t = A(h_{t+1} − h_t), and 2 y·A(y − z) = (y − z)·A(y − z) + y·Ay − z·Az, as
              A is symmetric; around the cycle the last two cancel, so Σ_t (h_{t+1} − h_t)·A(h_{t+1} − h_t) ≤ 0. No term is
              negative, so each is 0; A being positive semidefinite, A(h_{t+1} − h_t) = 0. So u_{t+1} = u_t, h_{t+2} =
              h_{t+1}, and the cycle is a point.
Source        E. Goles, 1982, for symmetric threshold networks; this project for the rounding of layers, (a) and (b).
Check         the identity of (2) with generic y, z in the inner product given by A, for all n, and (1) for all monotone maps
              of {0, …, 4} to {0, …, 3} and all cycles of at most four points. Beside it whole-number grids: I − β k kᵀ with
              all small keys in the plane, all starts and writes on a grid: no run comes back to a state, fixed points
              aside; two projections, in exact fractions, do.
Status        proved
"""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations_with_replacement, product

import numpy as np

from ..householder import Step
from ..householder import product as product_of
from .rounding import BF16, nearest
from .statement import Counterexample, Statement, require
from .vectors import Expr, Vector, vanishes, vector

TWO = (Step(Fraction(1, 5), (1, -2), ()), Step(Fraction(1, 5), (1, 2), ()))  # projections
WRITE, ORBIT = (-1, -1), ((-2, 0), (-2, -1))
PERIODS = 12


def verify() -> tuple[int, str]:
    y, z = vector("y"), vector("z")  # with x·y for the form x·Ay, bilinear and symmetric
    require(vanishes(energy(y, z)), "2 y·A(y − z) = (y − z)·A(y − z) + y·Ay − z·Az")
    cycle = (vector("h1"), vector("h2"), vector("h3"))
    around = sum(2 * h.dot(h - g) - (h - g).squared() for h, g in zip(cycle, cycle[-1:] + cycle[:-1], strict=True))
    require(vanishes(around), "around a cycle y·Ay and z·Az cancel")
    cases = 0
    for R in combinations_with_replacement(range(4), 5):
        for length in (2, 3, 4):
            u = np.array(list(product(range(5), repeat=length)))
            slopes = np.array(R)[u]
            along = (slopes * (np.roll(u, -1, axis=1) - u)).sum(axis=1)
            require((along <= 0).all(), f"Σ R(u)(u′ − u) ≤ 0 around cycles for R = {R}")
            cases += len(u)
    runs = fixed_points()
    A = product_of(TWO, 2)
    h, other = (np.array(x, dtype=object) for x in ORBIT)
    after = [tuple(map(round, A @ x + np.array(WRITE, dtype=object))) for x in (h, other)]
    require(after == [ORBIT[1], ORBIT[0]], "two projections alternate")
    return (
        3 + cases + runs,
        f"2 identities in generic y, z; {cases:,} cycles of monotone maps; {runs:,} runs on whole-number grids",
    )


def energy(y: Vector, z: Vector) -> Expr:
    """0, by the identity of the proof."""
    return 2 * y.dot(y - z) - (y - z).squared() - y.squared() + z.squared()


def fixed_points(size: int = 3, tokens: int = 30) -> int:
    """How many runs h ← round((I − β k kᵀ) h + b), β‖k‖² in {1/4, …, 1}, were found to be at a fixed point, or not to come back soon.

    Raises  Fails when one does; with a write that A fixes a state may grow for ever
    """
    keys = [key for key in product(range(-size, size + 1), repeat=2) if key > (0, 0)]
    starts = np.array(list(product(range(-4, 5), repeat=2)))
    writes = np.array(list(product(range(-3, 4), repeat=2)))  # halves
    runs = 0
    for key, quarters in product(keys, (1, 2, 3, 4)):
        k, scale = np.array(key), 4 * (key[0] ** 2 + key[1] ** 2)
        A = scale * np.eye(2, dtype=int) - quarters * np.outer(k, k)  # over scale
        h = np.repeat(starts[:, None], len(writes), axis=1)
        for t in range(tokens + PERIODS):
            after = half_even(2 * (h @ A) + writes * scale, 2 * scale)
            if t == tokens:
                reached, moving = h, (after != h).any(axis=-1)
            if t >= tokens:
                back = (after == reached).all(axis=-1) & moving
                require(not back.any(), f"period {t + 1 - tokens} for the key {key}, β‖k‖² = {quarters}/4")
            h = after
        runs += len(starts) * len(writes)
    return runs


def half_even(numerators: np.ndarray, denominator: int) -> np.ndarray:
    """Nearest whole numbers of fractions, ties to even."""
    down, rest = np.divmod(numerators, denominator)
    return down + ((2 * rest > denominator) | ((2 * rest == denominator) & (down % 2 == 1)))


def rounded_step(step: Step, state: list[Fraction]) -> list[Fraction]:
    """h + k (β (v − k·h)) in bfloat16, each product, sum and difference rounded, in the order of kernels/reference.py."""

    def fl(x: Fraction | int) -> Fraction:
        return nearest(x, BF16)

    total = fl(fl(step.key[0] * state[0]) + fl(step.key[1] * state[1]))
    update = fl(step.beta * fl(step.value[0] - total))
    return [fl(h + fl(k * update)) for h, k in zip(state, step.key, strict=True)]


def refute() -> Counterexample:
    step = Step(1, (Fraction(3, 4), Fraction(5, 8)), (7,))
    states = [[Fraction(0)] * 2]
    for _ in range(6):
        states.append(rounded_step(step, states[-1]))
    require(states[-1] == states[-3] != states[-2] and 1 - step.special_eigenvalue <= 1, "period 2 in bfloat16")
    return Counterexample(
        "“one rounding an entry and token” dropped: the operations of the step are rounded one by one",
        {"beta": step.beta, "key": list(step.key), "value": 7, "states": states},
        f"β‖k‖² = {1 - step.special_eigenvalue}, one factor, a constant letter; in bfloat16 the state alternates between "
        f"({', '.join(map(str, states[-2]))}) and ({', '.join(map(str, states[-1]))}) for ever: with β = 0 on the "
        "other letter it tells parity",
    )


def example() -> str:
    return (
        f"two projections a token, along (1, −2) and (1, 2), the write {WRITE}, rounded to whole numbers once a token: from {ORBIT[0]} "
        f"to {ORBIT[1]} and back, although the product has the eigenvalues {product_of(TWO, 2).trace()} and 0"
    )


STATEMENT = Statement("step_rounding", "proved for all n", __doc__, verify, refute, example)
