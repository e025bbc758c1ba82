"""Which states words can reach, and in which order they are met: the numbering that makes minimal automata canonical."""

from __future__ import annotations

from array import array

import numpy as np
import numpy.typing as npt

from .dfa import DFA

WIDE = 64  # levels with at least so many states go through numpy, narrow ones through a plain loop: long chains cost no more


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


def reachable_states(dfa: DFA) -> npt.NDArray[np.int64]:
    return np.sort(breadth_first_order(dfa.table, dfa.start))


def restricted(dfa: DFA, states: npt.NDArray[np.integer]) -> DFA:
    """The machine on these states, renumbered 0, 1, … in their order; they must contain the start and all their successors."""
    new = np.full(dfa.n_states, -1, dtype=np.int64)
    new[states] = np.arange(len(states))
    names = None if dfa.state_names is None else [dfa.state_names[q] for q in states]
    accepting = np.flatnonzero(dfa.accepting_mask[states])
    return DFA(new[dfa.table[states]], int(new[dfa.start]), accepting, dfa.alphabet, state_names=names)


def reachable(dfa: DFA) -> DFA:
    states = reachable_states(dfa)
    return dfa if len(states) == dfa.n_states else restricted(dfa, states)
