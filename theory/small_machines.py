"""All small machines, one of each kind: the cases of exhaustive checks.

Machines are counted up to renaming states and letters, the start kept, all states reachable.  A machine and its renamed copies have
the same layers, so one of each kind stands for all.
Numbers       states, letters: machines    2, 2: 7    3, 2: 114    3, 3: 1450    4, 2: 2648
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from ..automata.dfa import DFA
from ..automata.reach import breadth_first_order


def classes(n: int, k: int) -> Iterator[DFA]:
    """The machines of n states and k letters, named a, b, …, in a fixed order; state 0 starts, and accepts.

    >>> len(list(classes(2, 2))), len(list(classes(3, 2)))
    (7, 114)
    """
    seen: set[bytes] = set()
    for columns in itertools.combinations_with_replacement(itertools.product(range(n), repeat=n), k):
        table = np.array(columns).T
        if len(breadth_first_order(table, 0)) < n:
            continue
        name = min(breadth_first_name(table[:, letters]) for letters in itertools.permutations(range(k)))
        if name not in seen:
            seen.add(name)
            yield DFA(np.frombuffer(name, dtype=np.int8).reshape(n, k).astype(int), 0, [0], "abcdefghijklmnopqrstuvwxyz"[:k])


def breadth_first_name(table: np.ndarray) -> bytes:
    """The table with its states renamed in breadth-first order, as bytes: the same for tables that differ by names of states only."""
    order = breadth_first_order(table, 0)
    return np.argsort(order)[table[order]].astype(np.int8).tobytes()
