"""All blocks of a few bits, opposites allowed, up to renaming the bits.

Left out      blocks in which no bit leads to all others, going from a bit to those it takes: what they hold is held by smaller ones.
Number        k letters: 4^k blocks of one bit; at most 28^k / 2 of two bits, 272^k / 6 of three.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import permutations, product

import numpy as np

from .blocks import Blocks, opposite

LETTERS_UP_TO = {1: 7, 2: 3, 3: 2}  # bits: letters; about 16,000 blocks at most
ROWS = {1: 4, 2: 28, 3: 272}  # bits: ways in which one letter may move them


@lru_cache(maxsize=8)
def small_blocks(K: int, n_letters: int) -> Blocks:
    """Every block of K bits, all starting at 0.

    >>> len(small_blocks(1, 2)), small_blocks(1, 1).updates.tolist()
    (16, [[[-3]], [[-2]], [[-1]], [[0]]])
    """
    rows = [row for row in product(range(-2 - K, K), repeat=K) if not copies(row)]
    number = {row: i for i, row in enumerate(rows)}
    renamed = np.array([[number[with_names(row, names)] for row in rows] for names in permutations(range(K))])
    edges = np.array([sum(1 << (K * bit + j) for bit, j in enumerate(map(source, row)) if j >= 0) for row in rows])
    chosen = np.indices((len(rows),) * n_letters).reshape(n_letters, -1)
    chosen = chosen[:, _rooted(K)[np.bitwise_or.reduce(edges[chosen], axis=0)]]
    place = len(rows) ** np.arange(n_letters)[::-1, None]
    value = (chosen * place).sum(axis=0)
    least = np.min([(table[chosen] * place).sum(axis=0) for table in renamed], axis=0)
    updates = np.array(rows)[chosen[:, value == least].T]
    return Blocks(np.zeros((len(updates), K)), updates)


def source(taken: int) -> int:
    """The bit taken, or −1 for a constant."""
    return taken if taken >= 0 else max(-1, opposite(taken))


def copies(row: tuple[int, ...]) -> bool:
    """Whether a bit is taken twice."""
    taken = [bit for bit in map(source, row) if bit >= 0]
    return len(taken) > len(set(taken))


def with_names(row: tuple[int, ...], names: tuple[int, ...]) -> tuple[int, ...]:
    """The same letter with bit i called names[i]."""
    renamed = [0] * len(row)
    for bit, taken in enumerate(row):
        renamed[names[bit]] = taken if source(taken) < 0 else names[taken] if taken >= 0 else opposite(names[source(taken)])
    return tuple(renamed)


def _rooted(K: int) -> np.ndarray:
    """[2^(K·K)] bool: whether some bit leads to all others along the edges, bit K·i + j standing for the edge from i to j."""
    sets = np.arange(2 ** (K * K))
    reach = (sets[:, None, None] >> (K * np.arange(K)[:, None] + np.arange(K)) & 1).astype(bool) | np.eye(K, dtype=bool)
    for _ in range(K):
        reach = reach @ reach
    return reach.all(axis=2).any(axis=1)
