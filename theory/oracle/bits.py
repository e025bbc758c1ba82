"""Machines told by bits: each bit a head of one number, −1 or 1, that every letter keeps, flips or sets, in one step without a gate.

Statement     if the states of a machine are told apart by maps to {−1, 1} under which every letter acts, one DeltaNet layer with
              n_h = 1 and β ≤ 2 tracks it, a head for each map.
Proof         a map of two values to themselves is the identity (β = 0), the exchange (β = 2, v = 0) or constant (β = 1, v the value).
Source        this project; for permutation automata whose group is a power of Z_2 the heads are its characters.
"""

from __future__ import annotations

import numpy as np

from ...automata.dfa import DFA

STATES = 12  # of machines all of whose partitions into two classes are tried


def bits(machine: DFA) -> np.ndarray | None:
    """Maps [m, n] to {False, True} under which every letter acts, few that tell all states apart; None where there are none, or where
    the states are too many to try.

    >>> bits(DFA([[1, 0], [0, 0]], 0, [0], "ab")).astype(int).tolist()                 # even number of a since the last b
    [[0, 1]]
    >>> bits(DFA([[1], [2], [0]], 0, [0], "a")) is None
    True
    """
    n = machine.n_states
    if not 2 <= n <= STATES:
        return None
    numbers = np.arange(1, 2 ** (n - 1))[:, None]
    maps = (numbers >> np.arange(n)[::-1] & 1).astype(bool)  # state 0 always False: a map and its opposite are one
    for x in range(machine.n_letters):
        after = maps[:, machine.table[:, x]]
        kept = [~((after & part).any(axis=1) & (~after & part).any(axis=1)) for part in (maps, ~maps)]
        maps = maps[kept[0] & kept[1]]
    chosen = maps[:0]
    for row in maps:
        longer = np.vstack([chosen, row])
        if len(np.unique(longer.T, axis=0)) > (len(np.unique(chosen.T, axis=0)) if len(chosen) else 1):
            chosen = longer
    return chosen if len(chosen) and len(np.unique(chosen.T, axis=0)) == n else None
