"""Breadth-first search through a table: wide levels in numpy, narrow ones in a plain loop, so that long chains cost no more."""

from __future__ import annotations

from array import array

import numpy as np
import numpy.typing as npt

WIDE = 64  # levels with at least so many states go through numpy


def breadth_first_order(table: npt.NDArray[np.integer], start: int) -> npt.NDArray[np.int64]:
    """The reachable states in breadth-first order from `start`, letters in the order of the columns.

    A state's place is that of its first word, by length and then letter by letter. table [n, k], a complete machine.

    >>> breadth_first_order(np.array([[2, 0], [1, 1], [0, 1]]), 0)
    array([0, 2, 1])
    """
    seen = bytearray(len(table))
    marks = np.frombuffer(seen, dtype=bool)  # the same memory
    first = np.empty(len(table), dtype=np.int64)
    order = array("q")
    level = [start]
    seen[start] = True
    while len(level):
        if len(level) < WIDE:
            order.extend(level)
            met = []
            for q in level:
                for r in table[q].tolist():
                    if not seen[r]:
                        seen[r] = True
                        met.append(r)
            level = met
        else:
            level = np.asarray(level, dtype=np.int64)
            order.frombytes(level.tobytes())
            met = table[level].ravel()
            met = met[~marks[met]]
            place = np.arange(len(met))
            first[met] = len(met)
            np.minimum.at(first, met, place)  # where each was first met: sorting would take longer
            level = met[first[met] == place]
            marks[level] = True
            level = level if len(level) >= WIDE else level.tolist()
    return np.array(order, dtype=np.int64)
