"""A permutation of n points with c cycles takes n − c transpositions, and n − c generalized Householder matrices; no fewer of either.

Notation      P the matrix of σ; c counts fixed points as cycles.
Hypotheses    all transpositions are allowed.
Claim         σ is a product of n − c transpositions; P is no product of fewer matrices I − β k kᵀ, so σ of no fewer
              transpositions.
Proof         a cycle of length m is m − 1 transpositions.  P fixes the vectors that are constant on cycles, a space of
              dimension c, so rank(I − P) = n − c, and fewer factors cannot (statement mirrors).  A transposition is one factor:
              key e_i − e_j, β = 1.
Source        Cauchy 1815 for transpositions; Grazzi et al. 2411.12537 (Theorem 3) for permutation automata in one layer.
Status        proved
Check         all permutations of n ≤ 6 points: the swaps found by theory/factor.py make σ, their number is n − c, is rank(I −
              P), and is the distance from the identity in the Cayley graph of all transpositions, by a breadth-first search
              that knows no cycles.
Coq           proofs/permutations.v, few_transpositions; proofs/permutations.v, permutation_mirrors;
              proofs/permutations.v, permutation_rank (no fewer factors).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import combinations, permutations

import numpy as np

from ..factor import n_cycles, rank, swaps
from ..numbers import identity
from .statement import Counterexample, Statement, require

SIZES = range(1, 7)
Sigma = tuple[int, ...]


def verify() -> tuple[int, str]:
    cases = 0
    for n in SIZES:
        away = distances(n, list(combinations(range(n), 2)))
        for sigma in permutations(range(n)):
            pairs = swaps(sigma)
            require(made_by(pairs, n) == sigma, f"the swaps of {sigma}")
            require(len(pairs) == n - n_cycles(sigma) == away.get(sigma), f"the number of swaps of {sigma}")
            require(rank(identity(n) - matrix(sigma)) == away[sigma], f"the rank for {sigma}")
            cases += 1
    return cases, f"all {cases} permutations of n ≤ {SIZES[-1]} points, against breadth-first search"


def distances(n: int, transpositions: Sequence[tuple[int, int]]) -> dict[Sigma, int]:
    """How many of these transpositions each permutation takes."""
    start = tuple(range(n))
    away = {start: 0}
    todo = deque([start])
    while todo:
        sigma = todo.popleft()
        for i, j in transpositions:
            after = list(sigma)
            after[i], after[j] = after[j], after[i]
            if (key := tuple(after)) not in away:
                away[key] = away[sigma] + 1
                todo.append(key)
    return away


def made_by(pairs: Sequence[tuple[int, int]], n: int) -> Sigma:
    """Where each point goes when the contents of places i and j are exchanged, pair after pair."""
    places = list(range(n))
    for i, j in pairs:
        places[i], places[j] = places[j], places[i]
    return tuple(places.index(point) for point in range(n))


def matrix(sigma: Sequence[int]) -> np.ndarray:
    """P e_p = e_σ(p)."""
    P = identity(len(sigma)) * 0
    for p, image in enumerate(sigma):
        P[image, p] = 1
    return P


def refute() -> Counterexample:
    sigma, neighbours = (2, 1, 0), [(0, 1), (1, 2)]
    needed, claimed = distances(3, neighbours)[sigma], 3 - n_cycles(sigma)
    require(needed == 3 and claimed == 1, "the exchange of the ends of three places")
    return Counterexample(
        "“all transpositions” dropped: only neighbours are exchanged",
        {"sigma": list(sigma), "transpositions": [list(pair) for pair in neighbours], "needed": needed, "claimed": claimed},
        "n − c = 1, but exchanging places 0 and 2 takes 3 exchanges of neighbours",
    )


def example() -> str:
    sigma = (1, 2, 0, 4, 3)
    return f"{sigma}, two cycles of five points: {len(swaps(sigma))} swaps, {swaps(sigma)}, first to act first"


STATEMENT = Statement("swaps", "proved for the sizes named", __doc__, verify, refute, example)
