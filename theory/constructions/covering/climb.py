"""Blocks improved letter by letter: for machines with too many letters, or in need of more bits, to list all small blocks.

Method        from drawn blocks (always the same ones), change what one bit takes on one letter, whichever change makes the block tell
              the words of most pairs apart, until no change does.  A bit that loses what it took to another gets what the other
              took, so nothing is ever copied.  All changes of one letter are tried at once, on many blocks at once.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ..registers import ONE, ZERO
from .blocks import Blocks, opposite
from .words import Words

Updates = npt.NDArray[np.int16]

STARTS = 16  # blocks drawn
KEPT = 8  # blocks returned
SHARES = (0.55, 0.10, 0.17, 0.18)  # of a drawn bit: takes a bit, its opposite, 0, 1


def climbed(
    words: Words, pairs: npt.NDArray[np.int64], K: int, rng: np.random.Generator, in_time: Callable[[], bool]
) -> Blocks:
    """The best blocks of K bits found, all starting at 0.

    words, pairs   [P, 2] of their nodes, to be told apart
    """
    k = len(words.table[0])
    source = np.argsort(rng.random((STARTS, k, K)), axis=2)
    kind = np.searchsorted(np.cumsum(SHARES)[:3], rng.random((STARTS, k, K)))
    current = np.select([kind == 0, kind == 1, kind == 2], [source, opposite(0) - source, ZERO], ONE).astype(np.int16)
    most = told_apart(current, words, pairs)
    improving = True
    while improving and in_time():
        improving = False
        for a in range(k):
            changed = changes(current, a)
            counts = told_apart(changed.reshape(-1, k, K), words, pairs).reshape(STARTS, -1)
            best = counts.argmax(axis=1)
            better = np.flatnonzero(counts.max(axis=1) > most)
            current[better], most[better] = changed[better, best[better]], counts[better, best[better]]
            improving = improving or len(better) > 0
    order = np.argsort(-most, kind="stable")[:KEPT]
    updates = np.unique(current[order], axis=0)
    return Blocks(np.zeros((len(updates), K)), updates)


def changes(updates: Updates, letter: int) -> Updates:
    """Every block with every change of what one bit takes on a letter, [B, V, k, K] from [B, k, K]."""
    K = updates.shape[2]
    new = np.repeat(updates[:, None], K * (2 * K + 2), axis=1)
    rows = updates[:, letter]
    for v, (bit, taken) in enumerate((bit, taken) for bit in range(K) for taken in range(-2 - K, K)):
        if taken not in (ZERO, ONE):
            same = (rows == taken) | (rows == opposite(taken))
            new[:, v, letter] = np.where(same, rows[:, [bit]], rows)
        new[:, v, letter, bit] = taken
    return new


def told_apart(updates: Updates, words: Words, pairs: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """How many of the pairs each block [B, k, K] tells apart, [B]."""
    blocks = Blocks(np.zeros((len(updates), updates.shape[2])), updates)
    bits = np.empty((len(words.edges), *blocks.start.shape), dtype=np.int8)
    bits[0] = blocks.start
    for nodes, before, letter in words.layers():
        bits[nodes] = blocks.step(bits[before], letter)
    names = blocks.names(bits)
    return (names[pairs[:, 0]] != names[pairs[:, 1]]).sum(axis=0)
