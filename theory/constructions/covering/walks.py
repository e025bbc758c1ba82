"""Bits that follow a walk on a group, seen from where the walk stands.

Construction  a permutation for each letter generates a group G; a word walks on it from 1, letter x leading from g to g·x.  With the
              walk at g, place d of a block holds one bit about g·d:
                start         whether the walk started there
                walked x      whether the step x from there has been walked
                later x, y, c whether it has been walked since step y from g·d·c was last walked, if ever
              Letter x moves place d to place x⁻¹·d in every block and then sets at most the place of the step just walked.
Enough        if words that are 1 in G act as idempotents, all of which obey e·f·e = f·e.  By Ash's theorem such a G exists for every
              machine whose idempotents obey that; by which size is not known.
Source        one-layer theorem of this project, its Theorem 2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations_with_replacement, permutations, product
from math import factorial

import numpy as np

from ....automata.dfa import DFA
from ....automata.errors import TooLarge
from ....automata.monoid import TransitionMonoid
from ..registers import ONE, ZERO
from .blocks import Blocks

LARGEST_CYCLE, LARGEST_DEGREE = 8, 4
MOST_OF_A_KIND = 4096  # choices of a permutation for each letter
LARGEST_PAIR = 50_000  # elements of the monoid of machine and group side by side
LARGEST = 2**21  # numbers in all updates


def candidates(n_letters: int) -> Iterator[np.ndarray]:
    """A permutation for each letter [k, points]: cycles, then a flip for each letter, then few points; kinds too many are left out."""
    for m in range(1, LARGEST_CYCLE + 1):
        if m**n_letters <= MOST_OF_A_KIND:
            for shifts in product(range(m), repeat=n_letters):
                yield (np.arange(m) + np.array(shifts)[:, None]) % m
    if n_letters <= 6:
        yield np.arange(2**n_letters) ^ (1 << np.arange(n_letters))[:, None]
    for m in range(3, LARGEST_DEGREE + 1):
        if factorial(m) ** n_letters <= MOST_OF_A_KIND:
            yield from map(np.array, product(permutations(range(m)), repeat=n_letters))


def enough(dfa: DFA, in_time: Callable[[], bool]) -> np.ndarray | None:
    """The first choice of permutations that is enough for the machine; None when there is none or time is over."""
    for chosen in candidates(dfa.n_letters):
        if not in_time():
            return None
        if is_enough(dfa, chosen):
            return chosen
    return None


def is_enough(dfa: DFA, chosen: np.ndarray) -> bool:
    """Whether words that are 1 in the group act as idempotents on all states."""
    n, points = dfa.n_states, chosen.shape[1]
    table = np.concatenate([dfa.table, n + chosen.T])
    try:
        monoid = TransitionMonoid(DFA(table, 0, [], range(dfa.n_letters)), limit=LARGEST_PAIR)
    except TooLarge:
        return False
    trivial = (monoid.elements[:, n:] == n + np.arange(points)).all(axis=1)
    rows = monoid.elements[trivial][:, :n]
    return bool((np.take_along_axis(rows, rows.astype(np.int64), axis=1) == rows).all())


def walk_blocks(chosen: np.ndarray) -> Blocks | None:
    """The blocks of the group that these permutations [k, points] generate; None when they are too many."""
    k = len(chosen)
    group = TransitionMonoid(DFA(chosen.T, 0, [], range(k)))
    size = len(group)
    if (1 + k + k * (k + 1) // 2 * size) * k * size > LARGEST:
        return None
    moved = group.left_cayley.T.astype(np.int16)  # [k, G]: place d takes place x·d
    place = np.argsort(moved, axis=1)  # place[x, d]: the place that takes d on letter x
    inverse = [int(np.flatnonzero(group.multiply(d, np.arange(size)) == 0)[0]) for d in range(size)]
    starts, updates = [np.arange(size) == 0], [moved]

    def add(*marks: tuple[int, int, int]) -> None:
        """A block in which letters set the bit at a place (before they move it) to a constant."""
        update = moved.copy()
        for x, d, constant in marks:
            update[x, place[x, d]] = constant
        starts.append(np.zeros(size, dtype=bool))
        updates.append(update)

    for x in range(k):
        add((x, 0, ONE))
    for x, y in combinations_with_replacement(range(k), 2):
        for c in range(size):
            if x != y or c:
                add((x, 0, ONE), (y, inverse[c], ZERO))
    return Blocks(np.array(starts), np.array(updates))
