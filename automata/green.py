"""Green's relations of a transition monoid, its D-classes as boxes, and their order.

Convention    words act from the left, products are read from the left: i R j when each is the other times something on the right,
              i L j when on the left, H is both, D is R and L joined, which in a finite monoid is also J: both sides.
Method        Multiplying on the right moves the set of images. If i·u has images that some word leads back to those of i, then
              i·u·v permutes the images of i for some v, a power of u·v fixes them all, and i R i·u. So the R-classes are the connected
              parts of the right Cayley graph without the edges between different strongly connected components of the graph of
              image sets, which is much smaller than the monoid. In the same way the L-classes come from the left Cayley
              graph and the kernels (which states are merged). Tarjan's algorithm meets image sets and kernels only.
Memory        16 bytes an element, and about 200 while the classes are found; T_7 takes 0.2 GB and a second or two
Source        A. H. Clifford and G. B. Preston, The algebraic theory of semigroups I, AMS 1961, chapter 2
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .components import connected_components, in_order_of_first, strongly_connected_components
from .errors import TooLarge
from .listed_monoid import read_only
from .monoid import TransitionMonoid
from .transformations import Numbers, image_numbers, kernel_numbers

if TYPE_CHECKING:
    from .subgroups import Subgroup

MAX_ORDERED = 5000  # D-classes whose order is worked out


class GreenRelations:
    """The classes of a monoid's elements: r, l, h and d hold the class of each element, [size], numbered by their first elements.

    n_r, n_l, n_h, n_d  how many classes there are
    is_regular          [n_d] bool, whether the elements m of the D-class have some x with m·x·m = m
    rank                [n_d], how many states the maps of the D-class have for images

    >>> from .languages import get
    >>> green = get("T_3").transition_monoid().green()
    >>> [(d.n_rows, d.n_columns, d.group_order) for d in green.d_classes], green.covers.tolist()
    ([(1, 1, 6), (3, 3, 2), (1, 3, 1)], [[0, 1], [1, 2]])
    """

    r: Numbers
    l: Numbers
    h: Numbers
    d: Numbers

    def __init__(self, monoid: TransitionMonoid):
        self.monoid = monoid
        size = len(monoid)
        images, image_first, image_size = image_numbers(monoid.elements)
        kernels, kernel_first = kernel_numbers(monoid.elements)
        on_right = reversible_edges(monoid.right_cayley, images, image_first)
        on_left = reversible_edges(monoid.left_cayley, kernels, kernel_first)
        self.r = read_only(connected_components(size, *on_right))
        self.l = read_only(connected_components(size, *on_left))
        self.d = read_only(connected_components(size, *map(np.concatenate, zip(on_right, on_left, strict=True))))
        self.h = read_only(in_order_of_first(self.r.astype(np.int64) * size + self.l))
        self.n_r, self.n_l, self.n_h, self.n_d = (int(classes.max()) + 1 for classes in (self.r, self.l, self.h, self.d))
        self.rank = np.zeros(self.n_d, dtype=np.int32)
        self.rank[self.d] = image_size[images]
        self.is_regular = np.zeros(self.n_d, dtype=bool)
        self.is_regular[self.d[monoid.idempotents]] = True  # a D-class is regular just when it has an idempotent

    def __repr__(self) -> str:
        return (
            f"GreenRelations({len(self.monoid)} elements: {self.n_d} D-classes, {int(self.is_regular.sum())} of them regular, "
            f"{self.n_r} R-classes, {self.n_l} L-classes, {self.n_h} H-classes)"
        )

    def _repr_svg_(self) -> str | None:
        from .eggbox import can_draw, to_svg

        return to_svg(self) if can_draw(self) else None

    def to_svg(self) -> str:
        """The D-classes as boxes with a word in each place, those above first. Raises TooLarge where there is no picture to see.

        >>> from .dfa import DFA
        >>> DFA([[1, 0], [1, 0]], 0, [1], "sr").transition_monoid().green().to_svg()[:4]
        '<svg'
        """
        from .eggbox import to_svg

        return to_svg(self)

    @cached_property
    def d_classes(self) -> DClasses:
        """The D-classes by number, each worked out when asked for."""
        return DClasses(self)

    @property
    def minimal(self) -> int:
        """The D-class below all others, the minimal ideal: the maps with fewest images."""
        return int(self.rank.argmin())

    @cached_property
    def covers(self) -> Numbers:
        """The order of the D-classes, [pairs, 2]: an upper class and one next below it. Raises TooLarge past 5000 classes.

        One class lies below another when its elements are products that contain elements of the other.
        """
        if self.n_d > MAX_ORDERED:
            raise TooLarge(
                f"{self.n_d} D-classes are too many to order, at most {MAX_ORDERED}; `d` holds the class of each element"
            )
        below: list[set[int]] = [set() for _ in range(self.n_d)]
        for upper, lower in self._steps_down.tolist():
            below[upper].add(lower)
        # A class next below another is met by a letter's step from it; keep the steps with nothing in between.
        reached: dict[int, int] = {}  # the classes strictly below, as bits of a number
        pairs = []
        for upper in self._from_below(below):
            under = {lower: reached[lower] for lower in below[upper]}
            beyond = 0
            for bits in under.values():
                beyond |= bits
            pairs += [(upper, lower) for lower in under if not beyond >> lower & 1]
            reached[upper] = beyond | sum(1 << lower for lower in under)
        return np.array(sorted(pairs), dtype=np.int32).reshape(-1, 2)

    @cached_property
    def heights(self) -> Numbers:
        """How many classes the longest chain above each D-class has, [n_d]; 0 for that of the identity."""
        heights = np.zeros(self.n_d, dtype=np.int32)
        below: list[set[int]] = [set() for _ in range(self.n_d)]
        for upper, lower in self.covers.tolist():
            below[upper].add(lower)
        for upper in reversed(self._from_below(below)):
            for lower in below[upper]:
                heights[lower] = max(heights[lower], heights[upper] + 1)
        return heights

    @cached_property
    def _steps_down(self) -> npt.NDArray[np.int64]:
        """The pairs of different D-classes (from, to) that multiplying by one letter leads through."""
        cayley, d = self.monoid, self.d.astype(np.int64)
        targets = np.concatenate([self.d[cayley.right_cayley].T, self.d[cayley.left_cayley].T])
        pairs = np.concatenate([np.unique(d * self.n_d + target) for target in targets])
        pairs = np.unique(pairs)
        upper, lower = np.divmod(pairs, self.n_d)
        return np.stack([upper, lower], axis=1)[upper != lower]

    def _from_below(self, below: list[set[int]]) -> list[int]:
        """The D-classes, each after all below it."""
        order: list[int] = []
        waiting = [len(lower) for lower in below]
        above: list[list[int]] = [[] for _ in below]
        for upper, lowers in enumerate(below):
            for lower in lowers:
                above[lower].append(upper)
        ready = [i for i, count in enumerate(waiting) if not count]
        while ready:
            order.append(ready.pop())
            for upper in above[order[-1]]:
                waiting[upper] -= 1
                if not waiting[upper]:
                    ready.append(upper)
        return order


class DClass:
    """One D-class: a box with the R-classes for rows, the L-classes for columns and an H-class in each place.

    elements       its elements, ascending
    n_rows, n_columns, group_order   how many R- and L-classes it has, and how many elements each of its H-classes
    is_regular, rank                 as in GreenRelations
    """

    def __init__(self, green: GreenRelations, number: int, elements: Numbers):
        self._green = green
        self.number = number
        self.elements = elements
        self.is_regular = bool(green.is_regular[number])
        self.rank = int(green.rank[number])
        self._row, self._column = in_order_of_first(green.r[elements]), in_order_of_first(green.l[elements])
        self.n_rows, self.n_columns = int(self._row.max()) + 1, int(self._column.max()) + 1
        self.group_order = len(elements) // (self.n_rows * self.n_columns)

    def __repr__(self) -> str:
        kind = "regular" if self.is_regular else "not regular"
        return f"DClass({self.number}: {self.n_rows} × {self.n_columns} places of {self.group_order}, rank {self.rank}, {kind})"

    def __len__(self) -> int:
        return len(self.elements)

    @cached_property
    def places(self) -> Numbers:
        """The elements by place, [n_rows, n_columns, group_order]."""
        order = np.lexsort((self.elements, self._column, self._row))
        return self.elements[order].reshape(self.n_rows, self.n_columns, self.group_order)

    @cached_property
    def idempotents(self) -> Numbers:
        """Its idempotents, ascending; a place with an idempotent is a group."""
        return np.intersect1d(self.elements, self._green.monoid.idempotents, assume_unique=True)

    @cached_property
    def group(self) -> Subgroup | None:
        """Its maximal subgroup, the same in every place that has one; None when the class is not regular."""
        from .subgroups import Subgroup

        return Subgroup(self._green, int(self.idempotents[0])) if self.is_regular else None


class DClasses(Sequence[DClass]):
    """The D-classes of a monoid, built one by one."""

    def __init__(self, green: GreenRelations):
        self._green = green
        self._order = np.argsort(green.d, kind="stable").astype(np.int32)
        self._begin = np.searchsorted(green.d[self._order], np.arange(green.n_d + 1))
        self._built: dict[int, DClass] = {}

    def __len__(self) -> int:
        return self._green.n_d

    def __getitem__(self, number: Any) -> Any:
        if isinstance(number, slice):
            return [self[i] for i in range(*number.indices(len(self)))]
        if not -len(self) <= number < len(self):
            raise IndexError(f"D-class {number} is not one of the {len(self)} classes 0 .. {len(self) - 1}")
        number = int(number) % len(self)
        if number not in self._built:
            elements = read_only(self._order[self._begin[number] : self._begin[number + 1]])
            self._built[number] = DClass(self._green, number, elements)
        return self._built[number]


def reversible_edges(cayley: Numbers, kinds: Numbers, first: Numbers) -> tuple[Numbers, Numbers]:
    """The edges of a Cayley graph [size, k] that some product leads back along: tails and heads.

    kinds   the image set or kernel of each element, by number; letters act on these
    first   an element with each
    """
    component = strongly_connected_components(kinds[cayley[first]])[kinds]
    tails, heads = [], []
    for column in cayley.T:
        stays = np.flatnonzero(component[column] == component)
        tails.append(stays.astype(np.int32))
        heads.append(column[stays])
    return np.concatenate(tails), np.concatenate(heads)
