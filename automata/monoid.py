"""The transition monoid of a machine: all the ways in which words move its states, and what they say of it.

listed_monoid.py has the elements, their words and products.  What is here is found when first asked for, and has a file each: Green's
relations, the groups inside, and the families of monoids that it belongs to (varieties.py).
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from .listed_monoid import ListedMonoid

if TYPE_CHECKING:
    from .green import GreenRelations
    from .subgroups import Subgroup

MAX_DRAWN = 20_000  # elements of a monoid that draws its D-classes of its own accord; `green().to_svg()` draws larger ones


class TransitionMonoid(ListedMonoid):
    """The maps of states that the words of `dfa` make; listed at once, everything else when first asked for; immutable.

    dfa     any machine; states out of reach take part, so call `dfa.reachable()` first where they should not.
            Start and accepting states do not matter.
    limit   elements listed at most; default: as many as fit into 4 GiB

    Raises  TooLarge past the limit, with the memory that the limit stands for

    >>> from .languages import get
    >>> monoid = TransitionMonoid(get("T_3"))
    >>> len(monoid), monoid.elements[1].tolist(), monoid.words[9], monoid.multiply(1, 3) == monoid.element_of("cm")
    (27, [1, 2, 0], 'ms', True)
    """

    def _repr_svg_(self) -> str | None:
        return self.green()._repr_svg_() if len(self) <= MAX_DRAWN else None

    # ------------------------------------------------------------------ its structure, a file each

    def green(self) -> GreenRelations:
        """Green's relations, D-classes with their boxes, and their order; draws itself in a notebook."""
        return self._green

    @cached_property
    def _green(self) -> GreenRelations:
        from .green import GreenRelations

        return GreenRelations(self)

    @cached_property
    def groups(self) -> tuple[Subgroup, ...]:
        """The maximal subgroups of more than one element, one for each D-class that has them, largest first.

        >>> from .languages import get
        >>> monoid = get("T_3").transition_monoid()
        >>> [(group.description, group.order, group.degree) for group in monoid.groups]
        [('S_3', 6, 3), ('Z_2', 2, 2)]
        """
        from .subgroups import maximal_subgroups

        return maximal_subgroups(self.green())

    @cached_property
    def composition_factors(self) -> tuple[str, ...]:
        """The simple groups that divide the monoid: the composition factors of its subgroups, each once. Raises TooLarge.

        >>> from .languages import get
        >>> get("T_3").transition_monoid().composition_factors
        ('Z_2', 'Z_3')
        """
        from .composition import in_order

        return in_order({factor for group in self.groups for factor in group.composition_factors})

    # ------------------------------------------------------------------ its properties: definitions and sources in varieties.py

    @cached_property
    def is_aperiodic(self) -> bool:
        """No element has m^(i+1) ≠ m^i for all i: no groups inside. Of a syntactic monoid: star-free."""
        return self.counting_element() is None

    def counting_element(self) -> tuple[int, int] | None:
        """The first element whose powers end in a cycle of length p > 1, and p; None in an aperiodic monoid.

        >>> from .dfa import DFA
        >>> DFA([[1, 2], [2, 2], [0, 2]], 0, [0], "ab").transition_monoid().counting_element()
        (1, 3)
        """
        from .varieties import counting_element

        return counting_element(self)

    def violating_idempotents(self) -> tuple[int, int] | None:
        """Idempotents (e, f) with e·f·e ≠ f·e, words of least total length; None when there are none.

        Such a pair shows that no single contractive layer tracks the machine, if all its states can be reached.

        >>> from .dfa import DFA
        >>> monoid = DFA.from_regex("a*b*", alphabet="ab").transition_monoid()
        >>> [monoid.words[i] for i in monoid.violating_idempotents()]
        ['b', 'a']
        """
        from .varieties import violating_idempotents

        return violating_idempotents(self)

    @cached_property
    def is_commutative(self) -> bool:
        """i·j = j·i throughout: the order of the letters does not matter."""
        from .varieties import is_commutative

        return is_commutative(self)

    @cached_property
    def is_group(self) -> bool:
        """Every letter permutes the states."""
        return len(self.idempotents) == 1

    @cached_property
    def is_band(self) -> bool:
        """All elements are idempotent."""
        return len(self.idempotents) == len(self)

    @cached_property
    def idempotents_commute(self) -> bool:
        """e·f = f·e for all idempotents."""
        from .varieties import idempotents_commute

        return idempotents_commute(self)

    @cached_property
    def zero(self) -> int | None:
        """The element z with z·m = m·z = z for all m, if there is one."""
        from .varieties import zero

        return zero(self)

    @cached_property
    def has_zero(self) -> bool:
        return self.zero is not None

    @cached_property
    def is_regular(self) -> bool:
        """Every m has some x with m·x·m = m."""
        return bool(self.green().is_regular.all())

    @cached_property
    def is_inverse(self) -> bool:
        """Every m has just one x with m·x·m = m and x·m·x = x: regular, and idempotents commute."""
        return self.is_regular and self.idempotents_commute

    @cached_property
    def is_r_trivial(self) -> bool:
        """No two elements reach each other by multiplying on the right."""
        return self.green().n_r == len(self)

    @cached_property
    def is_l_trivial(self) -> bool:
        """No two elements reach each other by multiplying on the left."""
        return self.green().n_l == len(self)

    @cached_property
    def is_j_trivial(self) -> bool:
        """No two elements reach each other by multiplying on both sides. Of a syntactic monoid: piecewise testable."""
        return self.green().n_d == len(self)

    @cached_property
    def is_da(self) -> bool:
        """Every regular element is idempotent. Of a syntactic monoid: first-order definable with two variables."""
        from .varieties import is_da

        return is_da(self)

    @cached_property
    def is_solvable(self) -> bool:
        """Every group inside is solvable. Raises TooLarge."""
        return all(group.is_solvable for group in self.groups)

    @cached_property
    def is_quasi_aperiodic(self) -> bool:
        """For no t do the words of length t contain a group of two elements or more."""
        from .varieties import is_quasi_aperiodic

        return is_quasi_aperiodic(self)

    @cached_property
    def is_nilpotent(self) -> bool:
        """All words long enough act as the zero."""
        return self.is_definite and self.is_reverse_definite

    @cached_property
    def is_definite(self) -> bool:
        """Of words long enough, the end alone says how they act: m·e = e for idempotent e, of non-empty words."""
        from .varieties import is_definite

        return is_definite(self)

    @cached_property
    def is_reverse_definite(self) -> bool:
        """Of words long enough, the beginning alone says how they act: e·m = e for idempotent e, of non-empty words."""
        from .varieties import is_reverse_definite

        return is_reverse_definite(self)

    @cached_property
    def is_generalized_definite(self) -> bool:
        """Of words long enough, beginning and end say how they act: e·m·e = e for idempotent e, of non-empty words."""
        from .varieties import is_generalized_definite

        return is_generalized_definite(self)

    @cached_property
    def is_locally_testable(self) -> bool:
        """Beginning, end and the set of factors of some length say how a word acts: e·S·e is idempotent and commutative."""
        from .varieties import is_locally_testable

        return is_locally_testable(self)
