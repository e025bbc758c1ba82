"""Two properties that are seen from a machine without its monoid; a machine with one of them has no groups.

Last letters  words of some length k each lead all states to one: states that every letter sends to the same states are merged, again
              and again, until one is left (after i rounds are merged the states that all words of length i send to one). A word with
              a cycle of two states or more would keep them apart for ever: no groups. A non-empty idempotent e is such a long word,
              so x·e = e for all x, and e·f·e = e = f·e.
Ordered       every cycle of the machine stays in one state: then a word moves no states around a cycle, either.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from ....automata.components import strongly_connected_components
from .listed import Listed

LAST_LETTERS = 200  # that may name the state


class Unlisted(Listed):
    """The two properties."""

    @cached_property
    def last_letters(self) -> int | None:
        """How many last letters name the state, in words as long as that; None where none do, or more than LAST_LETTERS."""
        table = self.machine.table
        for letters in range(LAST_LETTERS + 1):
            if len(table) == 1:
                return letters
            _, first, merged = np.unique(table, axis=0, return_index=True, return_inverse=True)
            if len(first) == len(table):
                return None
            table = merged.reshape(-1)[table[first]]
        return None

    @cached_property
    def partially_ordered(self) -> bool:
        """Whether no state that was left is met again."""
        return len(np.unique(strongly_connected_components(self.machine.table))) == self.machine.n_states
