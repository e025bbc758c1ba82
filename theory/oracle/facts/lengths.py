"""Groups inside among the words of one length."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from ....automata.monoid import TransitionMonoid
from ....automata.permutations import cycles_of_map
from .. import witness
from ..witness import Witness
from .groups import Groups
from .inside import is_cyclic

LENGTHS = 20_000  # elements of a monoid whose sets of equal length are followed
LONGEST = 1000  # letters of words of equal length that are sought


class Lengths(Groups):
    """Whether there are any, and two words that show it."""

    @cached_property
    def quasi_aperiodic(self) -> bool | None:
        """Words of one length never contain a group of two elements or more, whatever the length.

        A group G inside has the subgroup N of what words of length 0 modulo t do, for every t; G/N is cyclic, and N is trivial for
        some t when the monoid is quasi-aperiodic. So all groups of such a monoid are cyclic, which is quickly refuted.
        """
        if self.monoid is None:
            if self.star_free:
                return True
            if self.star_free is False and self.unsolvable is not None:
                return False
            return self._unlisted("quasi_aperiodic", self.why_unlisted)
        if self.monoid.is_aperiodic:
            return True
        if not all(is_cyclic(group) for group in self.monoid.groups):
            return False
        if len(self.monoid) > LENGTHS:
            return self._unlisted("quasi_aperiodic", f"not followed through more than {LENGTHS:,} elements")
        return self.monoid.is_quasi_aperiodic

    @cached_property
    def equal_lengths(self) -> Witness | None:
        """Two words of one length that act as an element of a group and as its identity, where the lengths are not too great."""
        if self.monoid is None or self.quasi_aperiodic is not False or len(self.monoid) > LENGTHS:
            return None
        monoid, h = self.monoid, self.monoid.green().h
        of_class = np.full(int(h.max()) + 1, -1)
        of_class[h[monoid.idempotents]] = monoid.idempotents
        identity = of_class[h]  # of the group that an element is in, −1 where it is in none
        in_group = np.flatnonzero((identity >= 0) & (identity != np.arange(len(monoid))))
        sets = [np.arange(len(monoid)) == 0]
        for _ in range(LONGEST):
            met = np.zeros(len(monoid), dtype=bool)
            met[monoid.right_cayley[np.flatnonzero(sets[-1])]] = True
            sets.append(met)
            both = in_group[met[in_group] & met[identity[in_group]]]
            if len(both):
                g = int(both[0])
                x, y = (spelt_in(monoid, sets, m) for m in (g, int(identity[g])))
                loop = next(c for c in cycles_of_map(monoid.elements[g]) if len(c) > 1)
                return witness.equal_lengths(self.machine, x, y, loop)
        return None


def spelt_in(monoid: TransitionMonoid, sets: list[np.ndarray], m: int) -> list[int]:
    """A word for an element as long as the list of sets less one; sets[t] marks the elements of the words of length t."""
    word = []
    for before in sets[-2::-1]:
        element, a = np.argwhere((monoid.right_cayley == m) & before[:, None])[0].tolist()
        word.append(a)
        m = element
    return word[::-1]
