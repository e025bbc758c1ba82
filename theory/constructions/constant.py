"""Constant resets: a machine whose letters each keep every state or send all states to one.

Construction  one key row: S [1, V] holds numbers that name the state, k = (1), β = 1 and v = the numbers of the target overwrite
              them, β = 0 keeps them.  n_h = 1, K = 1.
"""

from __future__ import annotations

import numpy as np

from ...automata.dfa import DFA
from .candidate import Candidate, ConstantBank
from .readout import BFLOAT16_COUNTS_TO, digits, largest_partial_sum


def constant(dfa: DFA) -> Candidate | str:
    """The candidate, or why there is none. All states of `dfa` are reachable."""
    targets: list[int | None] = []
    for a, column in enumerate(dfa.table.T):
        if np.array_equal(column, np.arange(dfa.n_states)):
            targets.append(None)
        elif np.all(column == column[0]):
            targets.append(int(column[0]))
        else:
            return f"letter {dfa.alphabet[a]!r} neither keeps every state nor sends all to one"
    n_digits = next(
        d
        for d in range(1, dfa.n_states + 1)
        if largest_partial_sum(digits(dfa.n_states, d)) <= BFLOAT16_COUNTS_TO or 2**d >= dfa.n_states
    )
    codes = digits(dfa.n_states, n_digits)[:, None, :]
    return Candidate("constant resets", (ConstantBank(codes, dfa.start, tuple(targets)),))
