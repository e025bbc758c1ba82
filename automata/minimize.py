"""The minimal automaton of a language, in one canonical numbering: equal languages over one alphabet give equal machines.

Small machines on plain lists; larger ones by Moore's rounds in numpy where they settle soon, as on random machines; else
Hopcroft's algorithm finishes what they began, so that the whole never costs more than O(k n log n). n states, k letters.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .dfa import DFA
from .hopcroft import hopcroft
from .moore import moore
from .reach import breadth_first_order
from .small import SMALL, minimal_table


def minimized(dfa: DFA) -> DFA:
    """The smallest complete automaton with the language of `dfa`, states in breadth-first order from the start.

    The numbering depends on the language and the order of the alphabet alone, so `a.minimized() == b.minimized()` decides
    whether a and b, over the same alphabet, accept the same words. State names are dropped: a state stands for many.

    >>> minimized(DFA([[1, 2], [2, 1], [1, 2]], start=0, accepting=[1, 2], alphabet="ab")).table.tolist()
    [[1, 1], [1, 1]]
    """
    order = breadth_first_order(dfa.table, dfa.start)
    number = np.empty(dfa.n_states, dtype=np.int32)
    number[order] = np.arange(len(order), dtype=np.int32)
    table, accepting = number[dfa.table[order]], dfa.accepting_mask[order]
    if len(order) <= SMALL:
        table, accepting = minimal_table(table, accepting)
        return DFA(table, 0, np.flatnonzero(accepting), dfa.alphabet)
    classes = coarsest_partition(table, accepting)
    # Breadth-first order is the order of each state's first word (by length, then by letters); the first word of a class is the
    # least first word of its members, so the classes in order of first appearance are again in breadth-first order.
    first = np.sort(np.unique(classes, return_index=True)[1])
    state = np.empty(len(first), dtype=np.int32)
    state[classes[first]] = np.arange(len(first), dtype=np.int32)
    return DFA(state[classes[table[first]]], 0, np.flatnonzero(accepting[first]), dfa.alphabet)


def coarsest_partition(table: npt.NDArray[np.integer], accepting: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """The classes of states that no word tells apart: [n], numbered without gaps in no particular order.

    table      [n, k], a complete machine; states that nothing reaches are classed like all others
    accepting  [n] bool

    >>> p, q, r = coarsest_partition(np.array([[1], [2], [1]]), np.array([False, True, True])).tolist()
    >>> p == q, q == r
    (False, True)
    """
    classes, settled = moore(table, accepting)
    return classes if settled else hopcroft(table, classes)
