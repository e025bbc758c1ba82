"""Which states words can reach, and in which order they are met: the numbering that makes minimal automata canonical."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .dfa import DFA


def breadth_first_order(table: npt.NDArray[np.integer], start: int) -> npt.NDArray[np.int64]:
    """The reachable states in breadth-first order from `start`, letters in the order of the columns; level by level in numpy.

    >>> breadth_first_order(np.array([[2, 0], [1, 1], [0, 1]]), 0)
    array([0, 2, 1])
    """
    seen = np.zeros(table.shape[0], dtype=bool)
    seen[start] = True
    levels = [np.array([start], dtype=np.int64)]
    while True:
        met = table[levels[-1]].ravel()
        met = met[~seen[met]]
        if not len(met):
            return np.concatenate(levels)
        _, first = np.unique(met, return_index=True)
        level = met[np.sort(first)].astype(np.int64)  # each state once, where it was first met
        seen[level] = True
        levels.append(level)


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
