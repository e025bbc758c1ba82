"""The minimal automaton of a language and its monoid, as far as that can be listed.

Limits        monoids up to `limit` elements; where no limit is given, up to 200,000, or fewer where the states are many (elements times
              states stay below 2^25). A machine all of whose letters permute its states may have a larger group, which sympy takes
              apart without listing it, up to 64 states
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from ....automata.dfa import DFA
from ....automata.errors import TooLarge
from ....automata.giants import giant_order
from ....automata.monoid import TransitionMonoid
from ....automata.wording import counted

LIMIT, SECONDS = 200_000, 10.0
ENTRIES = 2**25  # images of states listed at most: elements times states
SYMPY_STATES = 64


class Listed:
    """The machine, its monoid, and why a fact is not known, by the name of the fact."""

    def __init__(self, dfa: DFA, seconds: float = SECONDS, limit: int | None = None):
        self.machine = dfa.minimized()
        self.seconds, self.limit = seconds, limit
        self.unknown: dict[str, str] = {}

    @cached_property
    def monoid(self) -> TransitionMonoid | None:
        limit = max(1, min(LIMIT, ENTRIES // self.machine.n_states)) if self.limit is None else self.limit
        try:
            return self.machine.transition_monoid(limit=limit)
        except TooLarge:
            self.unknown["monoid_size"] = f"the syntactic monoid has more than {counted(limit, 'element')}"
            return None

    @cached_property
    def why_unlisted(self) -> str:
        assert self.monoid is None
        return self.unknown.get("monoid_size", "the syntactic monoid is too large to list")

    @cached_property
    def is_group(self) -> bool:
        """Every letter permutes the states of the minimal automaton."""
        n = self.machine.n_states
        return all(len(np.unique(column)) == n for column in self.machine.table.T)

    @cached_property
    def monoid_size(self) -> int | None:
        if self.monoid is not None:
            return len(self.monoid)
        if self.is_group and (order := self._order_of_permutations) is not None:
            self.unknown.pop("monoid_size", None)
            return order
        return None

    def _unlisted(self, name: str, why: str) -> None:
        self.unknown[name] = why

    # ------------------------------------------------------------------ the letters that permute the states

    @cached_property
    def _permuting(self) -> np.ndarray:
        """The letters that permute all states, as rows [m, n], each once."""
        n = self.machine.n_states
        return np.unique([c for c in self.machine.table.T if len(np.unique(c)) == n] or np.arange(n)[None], axis=0)

    @cached_property
    def _order_of_permutations(self) -> int | None:
        """The order of the group of the letters that permute all states."""
        order = giant_order(self._permuting)
        if order is None and self.machine.n_states <= SYMPY_STATES:
            order = int(self._in_sympy.order())
        return order

    @cached_property
    def _in_sympy(self):
        from sympy.combinatorics import Permutation, PermutationGroup

        return PermutationGroup([Permutation(g) for g in self._permuting.tolist()])
