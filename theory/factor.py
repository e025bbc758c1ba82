"""Every orthogonal matrix is a product of rank(I − Q) reflections, every permutation of n − #cycles, and of no fewer.

Statement     Q orthogonal, r = rank(I − Q): Q = H_r ⋯ H_1 with reflections H_i = I − 2 k kᵀ/‖k‖², and no product of fewer than r
              generalized Householder matrices equals Q.
Construction  `reflections`: take x with Qx ≠ x and k = Qx − x.  The reflection along k exchanges Qx and x, and leaves what Q
              fixes alone (for Qy = y: k·y = Qx·Qy − x·y = 0); so I − HQ has rank one less.  For a permutation matrix and x = e_i
              the key is e_σ(i) − e_i, a swap: `swaps`.
Lower bound   every factor fixes a hyperplane, so m factors fix a space of dimension at least n − m; Q fixes exactly n − r.
Source        Cartan–Dieudonné, Scherk 1950; used by Grazzi et al. 2411.12537 (Theorem 3) and Siems et al. 2502.10297 (Theorem 1).
Exactness     integers, Fractions, cyclotomic and sympy numbers; keys are left unnormalised, which needs no square roots.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np

from ..automata.errors import BadStep
from ..automata.permutations import checked_permutation
from .householder import Step
from .numbers import Number, exact_matrix, identity, is_zero, simplified, tidied


def reflections(Q: Sequence[Sequence[Any]] | np.ndarray, columns: int = 1) -> list[Step]:
    """The reflections of an exact orthogonal matrix [n, n], first to act first; rank(I − Q) of them.

    Raises  BadStep when Q is not square, not exact or not orthogonal

    >>> [step.key for step in reflections([[0, -1], [1, 0]])]      # a quarter turn is two mirrors
    [(0, -2), (-1, 1)]
    """
    matrix = checked_orthogonal(Q)
    n = len(matrix)
    found: list[Step] = []
    for i in range(n):  # once e_i is fixed it stays fixed, so each coordinate is visited once
        key = matrix[:, i].copy()
        key[i] = key[i] - 1
        key = tidied(key)
        if all(is_zero(x) for x in key):
            continue
        size = simplified(sum(x * x for x in key))
        beta = Fraction(2, size) if isinstance(size, int) else simplified(2 / size)
        found.append(Step(beta, tuple(key), (0,) * columns))
        matrix = tidied(matrix - np.outer(key, beta * (key @ matrix)))
    return found[::-1]  # H_r ⋯ H_1 Q = I, so Q = H_1 ⋯ H_r: the last one found acts first


def dyadic_reflections(Q: Sequence[Sequence[Any]] | np.ndarray, columns: int = 1) -> list[Step] | None:
    """As `reflections`, with whole keys of which ‖k‖² is a power of two, so that every β is dyadic; None where none are found.

    Any vector k ≠ 0 in the range of I − Q serves: k = Qx − x for some x.  Tried are those of entries 0, ±1 in up to six dimensions.
    The roots of the signed permutations B_n and of F_4 are among them; products of mirrors in a group W of them have rank(I − Q)
    factors in W (Carter 1972, Lemma 3), so that the search need not go back.

    Raises  BadStep as `reflections`

    >>> half_turned = [[Fraction(x, 2) for x in row] for row in [[1, 1, 1, 1], [1, 1, -1, -1], [1, -1, 1, -1], [-1, 1, 1, -1]]]
    >>> [(step.beta, step.key) for step in dyadic_reflections(half_turned)]
    [(Fraction(1, 2), (1, -1, -1, -1)), (2, (0, 0, 0, 1))]
    """
    matrix = checked_orthogonal(Q)
    n = len(matrix)
    if n > 6 or not all(isinstance(x, (int, Fraction)) for x in matrix.flat):
        return None
    short = [key for key in product((0, 1, -1), repeat=n) if (size := sum(map(abs, key))) and size & (size - 1) == 0]
    keys = sorted((key for key in short if next(x for x in key if x) > 0), key=lambda key: sum(map(abs, key)))
    found: list[Step] = []
    left = rank(identity(n) - matrix)
    while left:
        for key in keys:
            step = Step(Fraction(2, sum(map(abs, key))), key, (0,) * columns)
            vector = np.array(key, dtype=object)
            after = matrix - np.outer(vector, step.beta * (vector @ matrix))
            if rank(identity(n) - after) < left:
                break
        else:
            return None
        found.append(step)
        matrix, left = after, left - 1
    return found[::-1]


def swaps(permutation: Sequence[int]) -> list[tuple[int, int]]:
    """Pairs (i, j), first to act first, whose swaps send point p to permutation[p]; n − #cycles of them.

    A swap exchanges the contents of places i and j.  Raises BadPermutation.

    >>> swaps([1, 2, 0])                 # contents of place 0 go to 1, of 1 to 2, of 2 to 0
    [(1, 2), (0, 1)]
    """
    sigma = checked_permutation(permutation)
    pairs = []
    seen = [False] * len(sigma)
    for first in range(len(sigma)):
        cycle = [first]
        seen[first] = True
        while not seen[sigma[cycle[-1]]]:
            cycle.append(sigma[cycle[-1]])
            seen[cycle[-1]] = True
        # from the far end: what stands at the last place goes to the first, then each place hands on to the next
        pairs += [(cycle[i], cycle[i + 1]) for i in reversed(range(len(cycle) - 1))]
    return pairs


def n_cycles(permutation: Sequence[int]) -> int:
    """Cycles of a permutation, fixed points counted.

    >>> n_cycles([1, 0, 2])
    2
    """
    return len(permutation) - len(swaps(permutation))


def rank(matrix: Sequence[Sequence[Any]] | np.ndarray) -> int:
    """The rank of an exact matrix [m, n], by elimination in its field. Raises BadStep when it is not exact."""
    rows = [list(row) for row in exact_matrix(matrix)]
    done = 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((i for i in range(done, len(rows)) if not is_zero(rows[i][column])), None)
        if pivot is None:
            continue
        rows[done], rows[pivot] = rows[pivot], rows[done]
        top = rows[done][column]
        for i in range(done + 1, len(rows)):
            if not is_zero(rows[i][column]):
                factor = _divided(rows[i][column], top)
                rows[i] = [simplified(x - factor * y) for x, y in zip(rows[i], rows[done], strict=True)]
        done += 1
    return done


def _divided(a: Number, b: Number) -> Number:
    return Fraction(a) / b if isinstance(a, (int, Fraction)) and isinstance(b, (int, Fraction)) else simplified(a / b)


def checked_orthogonal(Q: Sequence[Sequence[Any]] | np.ndarray) -> np.ndarray:
    """Q as an object array, after Qᵀ Q = I was checked exactly. Raises BadStep."""
    matrix = exact_matrix(Q)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise BadStep(f"a matrix of shape {matrix.shape} is not square, so not orthogonal")
    gram = matrix.T @ matrix
    for i in range(len(matrix)):
        for j in range(len(matrix)):
            if not is_zero(gram[i, j] - int(i == j)):
                raise BadStep(f"not orthogonal: columns {i} and {j} have inner product {simplified(gram[i, j])}")
    return matrix
