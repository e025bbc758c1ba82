"""What the letters alone say: how many steps a token they take, by swaps, by representations, by bits."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from ....automata.group_names import is_abelian
from ....automata.permutations import cycles
from ...papers.smallest_n_h import smallest_n_h
from .. import witness
from ..bits import bits
from ..witness import Witness
from .listed import Listed

MAX_GROUP = 128  # elements of a group whose representations are compared


class Letters(Listed):
    """Of each letter by itself, and of the group that they generate where they permute the states."""

    @cached_property
    def not_cubed(self) -> Witness | None:
        """A letter x with x³ ≠ x."""
        table = self.machine.table
        for x in range(self.machine.n_letters):
            row = table[:, x]
            if not np.array_equal(row[row[row]], row):
                return witness.not_cubed(self.machine, x)
        return None

    @property
    def least_n_h(self) -> int:
        """How many steps a token one layer takes at least, finitely many exact states."""
        return 1 if self.not_cubed is None else 2

    @cached_property
    def swaps(self) -> int:
        """The most swaps that a letter takes, where all letters permute the states."""
        n = self.machine.n_states
        return max(n - len(cycles(column)) for column in self.machine.table.T.tolist())

    @cached_property
    def by_representations(self) -> int | None:
        """For a machine whose letters permute the states: the least n_h of one layer whose heads are representations of its group.

        An abelian group has signs and turns for its real representations, and signs alone where all letters have order 2 at most.
        """
        if not self.is_group or self.machine.n_states < 2:
            return None
        letters = list(map(tuple, self._permuting.tolist()))
        if is_abelian(letters):
            return 1 if all(x[x[q]] == q for x in letters for q in x) else 2
        if (self.monoid_size or MAX_GROUP + 1) > MAX_GROUP:
            return None
        return smallest_n_h(self.machine).n_h

    @cached_property
    def bits(self) -> int | None:
        """How many bits that letters keep, flip or set tell all states apart (bits.py); None where none were found."""
        found = bits(self.machine)
        return None if found is None else len(found)
