"""What one layer can hold: every construction known, asked of the machines that a search meets, each only once."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np

from ...automata.dfa import DFA
from ...automata.reach import reachable_states
from ..constructions.candidate import Candidate
from ..constructions.covers import cover
from ..constructions.one_layer import candidates_for
from ..constructions.registers import Keys
from ..constructions.stacks import Component
from .bounds import quick_violation

COVER_SECONDS = 0.3  # for one machine within a search
COVER_VECTORS = 400
COVER_STATES = 6  # of machines that covers are sought for within a search
COVER_LETTERS = 64


@dataclass
class Library:
    """keys "raw" or "unit"; n_h, the most steps a token allowed (None: any); deadline by time.monotonic().

    `refused` tells, for the machine asked about last, why each construction does not apply.
    """

    keys: Keys = "raw"
    n_h: int | None = None
    deadline: float = float("inf")
    cover_vectors: int = COVER_VECTORS
    cover_seconds: float = COVER_SECONDS
    cover_states: int = COVER_STATES
    refused: list[tuple[str, str]] = field(default_factory=list)
    others: list[Candidate] = field(default_factory=list)
    _known: dict[DFA, Component | None] = field(default_factory=dict)

    def component(self, machine: DFA) -> Component | None:
        """The cheapest component for a machine, or None when no construction takes it."""
        if machine not in self._known:
            self._known[machine] = self._find(machine)
        return self._known[machine]

    def _find(self, machine: DFA) -> Component | None:
        part = machine.reachable()
        witness = quick_violation(part)
        if witness is not None:
            e, f = witness
            why = f"the words {e!r} and {f!r} act as idempotents e and f with e·f·e ≠ f·e, which rules out any single layer"
            self.refused, self.others = [("one layer", why)], []
            return None
        found, self.refused = candidates_for(part, self.keys)
        allowed = [c for c in found if self.n_h is None or c.n_h <= self.n_h]
        self.refused += [(c.kind, f"takes n_h = {c.n_h}") for c in found if c not in allowed]
        if allowed:
            self.others = allowed[1:]
            return Component.of(machine, allowed[0])
        self.others = []
        return None if found else self._covered(machine, part)

    def _covered(self, machine: DFA, part: DFA) -> Component | None:
        seconds = min(self.cover_seconds, self.deadline - time.monotonic())
        if seconds <= 0:
            self.refused.append(("several vectors a state", "no time left"))
            return None
        if part.n_states > self.cover_states:
            self.refused.append(("several vectors a state", f"not searched above {self.cover_states} states"))
            return None
        if part.n_letters > COVER_LETTERS:
            self.refused.append(("several vectors a state", f"not searched with more than {COVER_LETTERS} letters"))
            return None
        found = cover(part, self.keys, seconds=seconds, limit=self.cover_vectors)
        if isinstance(found, str):
            self.refused.append(("several vectors a state", found))
            return None
        if self.n_h is not None and found.candidate.n_h > self.n_h:
            self.refused.append((found.candidate.kind, f"takes n_h = {found.candidate.n_h}"))
            return None
        return Component(found.candidate, np.array(reachable_states(machine))[found.owner])
