"""Moore's refinement in numpy: cut the states apart round by round until no round cuts any more.

Notation   n states, k letters; after round t two states share a class iff no word of length ≤ t tells them apart.
Labels     a round does not sort the tuples (accepts?, class after letter 1, …): it hashes each to one 64-bit label, and so costs
           k·n gathers and one sort of n words. Equal tuples get equal labels, so labels never cut too finely. A collision would
           cut too coarsely; the last partition is therefore compared with the table itself, and nothing rests on luck.
Source     E. F. Moore, Gedanken-experiments on sequential machines, 1956; hashed rounds are folklore (colour refinement).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

ROUNDS = 64  # a machine that needs more (a long chain) is cheaper to finish by Hopcroft's algorithm: see bench/automata.py


def moore(
    table: npt.NDArray[np.integer], accepting: npt.NDArray[np.bool_], rounds: int = ROUNDS
) -> tuple[npt.NDArray[np.int64], bool]:
    """The classes after at most `rounds` rounds, and whether they are final.

    table      [n, k], a complete machine; accepting [n] bool
    Returns    classes [n], numbered 0, 1, … in no particular order, and settled. Where settled is True the classes are those of
               states that no word tells apart. Otherwise they are unions of these, each within or without the accepting states:
               a sound start for `hopcroft`.

    >>> classes, settled = moore(np.array([[1, 2], [1, 2], [2, 2]]), np.array([True, True, False]))
    >>> settled, bool(classes[0] == classes[1]), bool(classes[1] == classes[2])
    (True, True, False)
    """
    n = len(accepting)
    columns = np.ascontiguousarray(table.T, dtype=np.intp)  # [k, n], each letter's map in one piece
    weights = np.random.default_rng(0).integers(1, 2**63, size=len(columns), dtype=np.uint64) | np.uint64(1)
    last_bit = accepting.astype(np.uint64)
    labels, count = last_bit, number_of_classes(last_bit)
    for _ in range(rounds):
        labels = mixed(weights @ labels.take(columns))
        labels = labels & ~np.uint64(1) | last_bit  # whatever collides, acceptance stays visible
        count, before = number_of_classes(labels), count
        if count in (before, n):
            classes = numbered(labels)
            return classes, is_congruence(columns, classes)
    return numbered(labels), False


def mixed(sums: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Bends the sums, lest the next round be linear in them: then a·b and b·a would weigh the same."""
    return sums ^ (sums >> np.uint64(32))


def number_of_classes(labels: npt.NDArray[np.uint64]) -> int:
    ordered = np.sort(labels)
    return 1 + int(np.count_nonzero(ordered[1:] != ordered[:-1]))


def numbered(labels: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    return np.unique(labels, return_inverse=True)[1]


def is_congruence(columns: npt.NDArray[np.intp], classes: npt.NDArray[np.int64]) -> bool:
    """Whether the successors of two states of one class, on one letter, always share a class. columns [k, n], classes [n]."""
    states = np.arange(len(classes))
    delegate = np.empty(len(classes), dtype=np.intp)
    delegate[classes] = states  # one state of each class, whichever
    others = states[delegate[classes] != states]
    return np.array_equal(classes[columns[:, others]], classes[columns[:, delegate[classes[others]]]])
