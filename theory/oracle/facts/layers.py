"""How many contractive layers it takes: whether one does, by the idempotents, and how many at least."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from ....automata.varieties import period
from ....automata.wording import counted
from ...planning.bounds import ELEMENTS_UP_TO, Bound, hierarchy_bound, lower_bound, quick_violation, violation_among
from ...planning.whole_monoids import whole_monoid
from .. import witness
from ..witness import Witness
from .counting import SHORT
from .plans import Plans
from .unlisted import Unlisted

PAIRS = 2**31  # pairs of idempotents times states that are compared at most
DRAWN, DRAWN_LENGTH = 200, 12  # random words whose powers are looked at, and how long they are at most
DRAWN_STATES = 1000  # states of machines for which they are
LONGEST_ORDER = 1000  # of a permuting letter whose inverse is tried


class Layers(Unlisted, Plans):
    """Idempotents e, f with e·f·e ≠ f·e, or the reason why there are none; the lower bound."""

    @cached_property
    def violation(self) -> Witness | None:
        """Idempotents e, f with e·f·e ≠ f·e, where a pair was found."""
        if self.is_group:
            return None  # the identity is the only idempotent
        pair = quick_violation(self.machine)
        if pair is not None:
            return witness.idempotents(self.machine, *map(self.machine.encode, pair))
        if not self._pairs_compared:
            drawn = self.last_letters is None and self.machine.n_states <= DRAWN_STATES
            pair = self._drawn_violation() if drawn else None
            return None if pair is None else witness.idempotents(self.machine, *pair)
        assert self.monoid is not None
        found = self.monoid.violating_idempotents()
        return None if found is None else witness.idempotents(self.machine, *map(self.monoid.words.letters, found))

    def _drawn_violation(self) -> tuple[list[int], list[int]] | None:
        """Words that act as idempotents e, f with e·f·e ≠ f·e among the powers of a letter between a permuting one and its inverse, and
        of random words, the same each time; the shortest come first."""
        table, rng = self.machine.table, np.random.default_rng(0)
        words = [rng.integers(self.machine.n_letters, size=rng.integers(1, DRAWN_LENGTH + 1)).tolist() for _ in range(DRAWN)]
        shortest = [word for word, _ in self._short(1)][:SHORT]
        for g in shortest:
            order = period(table[:, g[0]])
            if order > LONGEST_ORDER or len(np.unique(table[:, g[0]])) < len(table):
                continue
            words += [g * k + x + g * (order - k) for x in shortest for k in range(1, min(order, DRAWN_LENGTH))]
        return violation_among(self.machine, sorted(words, key=len))

    @cached_property
    def _pairs_compared(self) -> bool:
        """Whether the idempotents are few enough for all pairs."""
        return self.monoid is not None and len(self.monoid.idempotents) ** 2 * self.machine.n_states <= PAIRS

    @cached_property
    def one_layer(self) -> bool | None:
        """e·f·e = f·e on all idempotents; None where that was not decided."""
        if self.violation is not None:
            return False
        if self.why_one_layer is not None:
            return True
        return self._unlisted("one_layer", "of the idempotents that were tried none have e·f·e ≠ f·e, and not all were tried")

    @cached_property
    def why_one_layer(self) -> str | None:
        """How it is known that e·f·e = f·e on all idempotents; None where it is not known, or not so."""
        if self.is_group:
            return "all letters permute the states, so the identity is the only idempotent"
        if self.violation is not None:
            return None
        if self._pairs_compared:
            return "e·f·e = f·e for all idempotents"
        if self.last_letters is not None:
            return f"{counted(self.last_letters, 'last letter')} name the state, so e·f·e = e = f·e for all idempotents"
        if any(plan.layers == 1 for plan in self.plans(None)):
            return "the compiler found one"
        return None

    @cached_property
    def bound(self) -> Bound:
        """How many contractive layers it takes at least."""
        table = self.machine.table
        if np.all(table == table[0]):
            return Bound(0, "the last letter alone names the state")
        if (name := whole_monoid(self.machine)) is not None:
            return hierarchy_bound(name, self.machine.n_states)
        if self.violation is None:
            return Bound(1, "the state is not known from the last letter")
        if self.monoid is None or len(self.monoid) > ELEMENTS_UP_TO:  # too many to peel
            return Bound(2, self.violation.says)
        fewest = min((plan.layers for plan in self.plans(None)), default=None)
        return lower_bound(self.machine, 0.2 * self.seconds, enough=fewest)
