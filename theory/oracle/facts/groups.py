"""The groups inside the syntactic monoid: whether there are any, which, of which factors, and of which orders."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from ....automata.errors import TooLarge
from ....automata.giants import giant_order
from .. import witness
from ..witness import Witness
from .counting import Counting
from .inside import Inside, inside, two_power
from .listed import SYMPY_STATES
from .unlisted import Unlisted


class Groups(Unlisted, Counting):
    """Facts about all of them; None for one that would take listing the monoid where that is too large."""

    @cached_property
    def star_free(self) -> bool | None:
        """No groups of two elements or more."""
        if self.monoid is not None:
            return self.monoid.is_aperiodic
        if self.last_letters is not None or self.partially_ordered:
            return True
        if self.counting is not None:
            return False
        return self._unlisted("star_free", f"no {self._length_followed} counts, and longer words are too many")

    @cached_property
    def groups(self) -> tuple[Inside, ...] | None:
        """One for each D-class of the syntactic monoid with a group of more than one element, largest first."""
        if self.monoid is not None:
            return tuple(map(inside, self.monoid.groups))
        if self.star_free:
            return ()
        if self.is_group:
            return (Inside(None, self.monoid_size, self.machine.n_states, None, None),)
        return self._unlisted("groups", self.why_unlisted)

    @cached_property
    def composition_factors(self) -> tuple[str, ...] | None:
        """The simple groups that divide the syntactic monoid, each once."""
        if self.monoid is None:
            return () if self.star_free else self._unlisted("composition_factors", self.why_unlisted)
        try:
            return self.monoid.composition_factors
        except TooLarge as error:
            return self._unlisted("composition_factors", str(error))

    @cached_property
    def solvable(self) -> bool | None:
        """All groups inside are solvable."""
        if self.monoid is not None:
            return self.monoid.is_solvable
        if self.star_free:
            return True
        if self.unsolvable is not None:
            return False
        if self.is_group and self.machine.n_states <= SYMPY_STATES:
            return True
        return self._unlisted("solvable", self.why_unlisted)

    @cached_property
    def unsolvable(self) -> Witness | None:
        """Words that generate a group that is not solvable, where one was found."""
        if self.monoid is not None:
            return witness.unsolvable(self.machine, self.monoid)
        n = self.machine.n_states
        if len(self._permuting) == 1:
            return None
        giant = giant_order(self._permuting)
        if giant is None and (n > SYMPY_STATES or self._in_sympy.is_solvable):
            return None
        letters = [a for a in range(self.machine.n_letters) if len(np.unique(self.machine.table[:, a])) == n]
        words = {f"g{i + 1}": self.machine.decode([a]) for i, a in enumerate(letters)}
        return witness.of_group(words, range(n), "a group of order " + f"{giant or int(self._in_sympy.order()):,}")

    @cached_property
    def two_groups(self) -> bool | None:
        """All groups inside have a power of two for their order: no element has odd order (Cauchy)."""
        if self.monoid is not None:
            return all(group.order & (group.order - 1) == 0 for group in self.monoid.groups)
        if self.star_free:
            return True
        if self.odd is not None:
            return False
        return self._unlisted("two_groups", self.why_unlisted)

    @cached_property
    def derived_length(self) -> int | None:
        """The greatest derived length of a group inside, 0 without groups: the length of its shortest series with abelian factors."""
        if self.solvable is not True:
            return None
        if self.monoid is None and not self.star_free:
            return self._unlisted("derived_length", self.why_unlisted)
        lengths = [group.derived_length for group in self.groups or ()]
        if None in lengths:
            return self._unlisted("derived_length", "a group inside is too large to list")
        return max((length for length in lengths if length is not None), default=0)

    @cached_property
    def two_power(self) -> int | None:
        """The greatest k such that some element of a group inside has order 2^k, from listed groups; None where one is too large."""
        if self.monoid is None:
            return 0 if self.star_free else None
        powers = [two_power(group) for group in self.monoid.groups]
        return None if None in powers else max((power for power in powers if power is not None), default=0)
