"""Nondeterministic machines made deterministic: the subset construction, over bitmasks and in general.

Notation      n nondeterministic states 0 .. n-1, k letters; a set of states is an int whose bit q says whether q is in it.
Source        Rabin and Scott, Finite automata and their decision problems, 1959.
Memory        n bits a subset, which is why the number of subsets has a limit.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from .errors import TooLarge

LIMIT = 2**20  # subsets; read at each call, so that a user may raise it
MEMORY = 2**33  # bits in all subsets together, 1 GiB

S = TypeVar("S", bound=Hashable)


def determinize(
    n: int, moves: Sequence[Sequence[int]], starts: int, accepting: int, limit: int | None = None
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_]]:
    """The reachable subsets of an n-state machine as a complete table, numbered breadth-first from the start, which is state 0.

    moves      k rows of n sets, `moves[a][q]` where q may go on letter a (nowhere: 0)
    starts     the set it starts in; accepting  the set of its accepting states
    limit      the most subsets, LIMIT unless given; fewer where n is so large that they would fill 1 GiB (MEMORY)
    Returns    table [m, k] int32, accepting [m] bool; the empty subset, where it is reached, is the sink
    Raises     TooLarge

    >>> table, accepting = determinize(2, [[0b11, 0], [0b01, 0]], starts=0b01, accepting=0b10)  # words over a, b ending in a
    >>> table.tolist(), accepting.tolist()
    ([[1, 0], [1, 0]], [False, True])
    """
    limit = min(LIMIT if limit is None else limit, max(MEMORY // max(n, 1), 1))
    table, subsets = explore(starts, bitmask_step(n, moves), limit)
    return table, np.array([subset & accepting != 0 for subset in subsets], dtype=bool)


def explore(start: S, step: Callable[[S], Iterable[S]], limit: int | None = None) -> tuple[npt.NDArray[np.int32], list[S]]:
    """Everything reached from `start`, breadth-first, as a table; `step(s)` gives the successors of s, one a letter.

    s may be anything hashable: a bitmask, or a frozenset where the machine is large and its subsets are small.
    Returns    table [m, k] int32 and the m things in the order of their numbers
    Raises     TooLarge when there are more than `limit`, LIMIT unless given

    >>> explore(0, lambda s: [(s + 1) % 3, 0])
    (array([[1, 0], [2, 0], [0, 0]], dtype=int32), [0, 1, 2])
    """
    limit = LIMIT if limit is None else limit
    number, met = {start: 0}, [start]
    flat = array("i")
    for source in met:  # met grows while it is walked
        for target in step(source):
            found = number.get(target)
            if found is None:
                found = len(met)
                if found >= limit:
                    raise TooLarge(
                        f"the subset construction stopped at {limit} subsets; shorten counted repeats, build the machine of "
                        "the reversed words, or raise LIMIT and MEMORY of deltaword.automata.nfa"
                    )
                number[target] = found
                met.append(target)
            flat.append(found)
    return np.frombuffer(flat, dtype=np.intc).astype(np.int32).reshape(len(met), -1), met


def bitmask_step(n: int, moves: Sequence[Sequence[int]]) -> Callable[[int], list[int]]:
    """The successors of a subset, one a letter. Eight states at a time are looked up together, in a table filled as they are met.

    >>> bitmask_step(2, [[0b11, 0], [0b01, 0]])(0b11)
    [3, 1]
    """
    by_state = [[(a, row[q]) for a, row in enumerate(moves) if row[q]] for q in range(n)]
    nowhere = [0] * len(moves)
    known: list[dict[int, list[tuple[int, int]]]] = [{} for _ in range(n // 8 + 1)]  # [eight states][which of them]

    def together(block: int, byte: int) -> list[tuple[int, int]]:
        joined: dict[int, int] = {}
        for q in range(8 * block, 8 * block + 8):
            if byte >> (q & 7) & 1:
                for a, targets in by_state[q]:
                    joined[a] = joined.get(a, 0) | targets
        known[block][byte] = found = list(joined.items())
        return found

    def step(subset: int) -> list[int]:
        reached, block = nowhere.copy(), 0
        while subset:
            byte = subset & 255
            if not byte:  # on to the next block that is not empty
                skip = ((subset & -subset).bit_length() - 1) >> 3
                block += skip
                subset >>= 8 * skip
                byte = subset & 255
            found = known[block].get(byte)
            for a, targets in together(block, byte) if found is None else found:
                reached[a] |= targets
            subset >>= 8
            block += 1
        return reached

    return step
