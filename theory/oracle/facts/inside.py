"""What is said of one group inside a monoid."""

from __future__ import annotations

from dataclasses import dataclass
from math import lcm

from ....automata.composition import commutator_subgroup, is_cyclic_factor
from ....automata.errors import TooLarge
from ....automata.permutations import closure, cycles
from ....automata.subgroups import Subgroup

ENTRIES_OF_GROUPS = 2**22  # elements times points of groups that are listed


@dataclass(frozen=True)
class Inside:
    """A maximal subgroup of the syntactic monoid: its name, order, the states it permutes, its composition factors and its derived
    length, each None where it was not worked out (derived_length also where there is none)."""

    name: str | None
    order: int | None
    degree: int
    factors: tuple[str, ...] | None
    derived_length: int | None


def inside(group: Subgroup) -> Inside:
    """What is to be said of a maximal subgroup."""
    try:
        factors = group.composition_factors
    except TooLarge:
        factors = None
    return Inside(group.description, group.order, group.degree, factors, derived_length(group, factors))


def derived_length(group: Subgroup, factors: tuple[str, ...] | None) -> int | None:
    """How many commutator subgroups lead to 1; None where they do not, or where the group is too large to list.

    >>> from ....automata.languages import get
    >>> derived_length(get("S_4").transition_monoid().groups[0], ("Z_2", "Z_2", "Z_2", "Z_3"))
    3
    """
    if group.order * group.degree > ENTRIES_OF_GROUPS or factors is None or not all(map(is_cyclic_factor, factors)):
        return None
    elements, length = closure(list(group.generators)), 0
    while len(elements) > 1:
        elements, length = commutator_subgroup(elements), length + 1
    return length


def is_cyclic(group: Subgroup) -> bool:
    """Whether one element generates the group: it is abelian, and the orders of its generators have its own for their lcm."""
    return group.is_abelian and lcm(*(len(cycle) for g in group.generators for cycle in cycles(g))) == group.order


def two_power(group: Subgroup) -> int | None:
    """The greatest k such that an element has order 2^k times an odd number; None where the group is too large to list.

    >>> from ....automata.languages import get
    >>> two_power(get("S_4").transition_monoid().groups[0])
    2
    """
    if group.order * group.degree > ENTRIES_OF_GROUPS:
        return None
    lengths = {len(cycle) for row in closure(list(group.generators)).tolist() for cycle in cycles(row)}
    return max((length & -length).bit_length() - 1 for length in lengths)
