"""The maximal subgroups of a transition monoid, as permutation groups.

The H-class of an idempotent e is a group and permutes the images of e.  Generators come from the right Cayley graph, as in
Schreier's lemma: take an element u in each H-class of the R-class of e; wherever a letter leads from u to an element u·a of the
same R-class, with representative v, the permutation "u·a, then v backwards" is one generator.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from .composition import Permutation, composition_factors, is_cyclic_factor
from .errors import TooLarge
from .green import GreenRelations
from .group_names import description, is_abelian
from .permutations import MAX_ORDER, RowIndex, as_rows, closure
from .transformations import Numbers, Rows

if TYPE_CHECKING:
    from sympy.combinatorics import PermutationGroup


class Subgroup:
    """The maximal subgroup of an idempotent, as permutations of the numbers 0 .. degree-1 of its images.

    idempotent  the element that is its identity
    d_class     the number of its D-class; the idempotents of one D-class have isomorphic groups
    points      the images of the idempotent, states ascending; permutation g sends points[i] to points[g[i]]
    order, degree   how many elements and how many points

    >>> from .languages import get
    >>> monoid = get("T_3").transition_monoid()
    >>> group = monoid.groups[1]
    >>> monoid.words[group.idempotent], group.points, group.generators, group.description
    ('m', (0, 2), ((1, 0),), 'Z_2')
    """

    def __init__(self, green: GreenRelations, idempotent: int):
        self._green = green
        self.idempotent = idempotent
        self.d_class = int(green.d[idempotent])
        self.points = tuple(np.unique(green.monoid.elements[idempotent]).tolist())
        self.order = int(np.count_nonzero(green.h == green.h[idempotent]))

    def __repr__(self) -> str:
        return f"Subgroup({self.description}, on the states {', '.join(map(str, self.points))})"

    @property
    def degree(self) -> int:
        return len(self.points)

    @cached_property
    def elements(self) -> Numbers:
        """Its elements in the monoid, ascending."""
        return np.flatnonzero(self._green.h == self._green.h[self.idempotent]).astype(np.int32)

    @cached_property
    def generators(self) -> tuple[Permutation, ...]:
        """Permutations of 0 .. degree-1 that generate it: none of them in the group of those before it, up to 2^20 elements."""
        return fewer(schreier_generators(self._green, self.idempotent), self.order)

    @cached_property
    def permutation_group(self) -> PermutationGroup:
        """The same as sympy's PermutationGroup."""
        from sympy.combinatorics import Permutation as SympyPermutation
        from sympy.combinatorics import PermutationGroup

        return PermutationGroup([SympyPermutation(list(g)) for g in self.generators])

    @cached_property
    def description(self) -> str:
        """A name such as "S_3", "Z_2 × Z_2", or the order with the composition factors."""
        return description(self.generators, self.order)

    @cached_property
    def is_abelian(self) -> bool:
        return is_abelian(self.generators)

    @cached_property
    def is_solvable(self) -> bool:
        try:
            return all(map(is_cyclic_factor, self.composition_factors))
        except TooLarge:
            return bool(self.permutation_group.is_solvable)

    @cached_property
    def composition_factors(self) -> tuple[str, ...]:
        """The simple groups it is made of, with repetitions. Raises TooLarge (see composition.py)."""
        return composition_factors(self.generators, self.order)


def maximal_subgroups(green: GreenRelations) -> tuple[Subgroup, ...]:
    """One group of more than one element for each D-class that has them, largest first."""
    d_of = green.d[green.monoid.idempotents]
    first = green.monoid.idempotents[np.unique(d_of, return_index=True)[1]]
    sizes = np.bincount(green.h)[green.h[first]]
    groups = [Subgroup(green, int(e)) for e in first[sizes > 1]]
    return tuple(sorted(groups, key=lambda group: (-group.order, group.d_class)))


def schreier_generators(green: GreenRelations, e: int) -> Rows:
    """Permutations [m, degree] that generate the group of e, different and none the identity."""
    monoid, n = green.monoid, green.monoid.n_states
    points = np.unique(monoid.elements[e])
    r_class = np.flatnonzero(green.r == green.r[e])
    columns, first = np.unique(green.l[r_class], return_index=True)
    representatives = r_class[first]
    images = monoid.elements[representatives][:, points].astype(np.intp)  # [columns, degree]
    back = np.zeros((len(columns), n), dtype=np.intp)
    np.put_along_axis(back, images, np.arange(len(points))[None], axis=1)

    products = monoid.right_cayley[representatives].ravel()
    products = products[green.r[products] == green.r[e]]
    column = np.searchsorted(columns, green.l[products])
    found = back[column[:, None], monoid.elements[products][:, points]]
    found = np.unique(as_rows(found, len(points)), axis=0)
    return found[(found != np.arange(len(points))).any(axis=1)]


def fewer(generators: Rows, order: int) -> tuple[Permutation, ...]:
    """Those that are not in the group of the ones chosen before; all where the group is too large to list."""
    if order > MAX_ORDER:
        return tuple(map(tuple, generators.tolist()))
    degree = generators.shape[1]
    chosen: list[Permutation] = []
    group = as_rows([range(degree)], degree)
    while len(group) < order:
        outside = RowIndex(group).find(generators) < 0
        chosen.append(tuple(generators[np.argmax(outside)].tolist()))
        group = closure(chosen)
    return tuple(chosen) or (tuple(range(degree)),)
