"""Permutations as rows of whole numbers, and the group that some of them generate, listed.

Notation      a permutation p of the points 0 .. d-1 is the row of its images: p[q] is where p sends q.
Convention    products read from the left: "p then q" sends x to q[p[x]], so its row is `q[p]` (sympy's p*q is the same).
Memory        a listed group of order n takes n·d bytes for d ≤ 256 points, 2·n·d above.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import lcm
from typing import Any

import numpy as np
import numpy.typing as npt

from .checked import is_whole
from .errors import BadPermutation, TooLarge

MAX_ORDER = 2**20  # elements listed at most
MAX_BYTES = 2**28  # memory for their rows at most


def checked_permutation(images: Any, degree: int | None = None, role: str = "permutation") -> tuple[int, ...]:
    """The images as a tuple of int, a permutation of 0 .. len-1. Raises BadPermutation with the index and value at fault.

    >>> checked_permutation([1, 2, 0])
    (1, 2, 0)
    """
    try:
        row = list(images)
    except TypeError:
        raise BadPermutation(
            f"{role} {images!r} is not a sequence of images; write [1, 0, 2] for the swap of 0 and 1"
        ) from None
    if not row:
        raise BadPermutation(f"{role} is empty; it needs at least one point")
    if degree is not None and len(row) != degree:
        raise BadPermutation(f"{role} moves {len(row)} points, the others {degree}; give the image of every point")
    first_at: dict[int, int] = {}
    for point, image in enumerate(row):
        if not is_whole(image) or not 0 <= image < len(row):
            raise BadPermutation(f"{role} sends {point} to {image!r}, which is not one of the points 0 .. {len(row) - 1}")
        if image in first_at:
            raise BadPermutation(f"{role} sends both {first_at[image]} and {point} to {image}; images must differ")
        first_at[int(image)] = point
    return tuple(first_at)


def cycle_notation(images: Sequence[int]) -> str:
    """Disjoint cycles, each from its least point, fixed points left out; the identity is "()".

    >>> cycle_notation([1, 2, 0, 4, 3, 5]), cycle_notation([0, 1])
    ('(0 1 2)(3 4)', '()')
    """
    return "".join(f"({' '.join(map(str, cycle))})" for cycle in cycles(images) if len(cycle) > 1) or "()"


def cycles(images: Sequence[int]) -> list[list[int]]:
    """All cycles, fixed points included, in the order of their least points.

    >>> cycles([1, 0, 2])
    [[0, 1], [2]]
    """
    seen = [False] * len(images)
    found = []
    for first in range(len(images)):
        cycle, point = [], first
        while not seen[point]:
            seen[point] = True
            cycle.append(point)
            point = images[point]
        if cycle:
            found.append(cycle)
    return found


def cycles_of_map(row: npt.NDArray[np.integer]) -> list[list[int]]:
    """The cycles that the powers of any map of points end in, those of length 1 as well.

    >>> cycles_of_map(np.array([1, 1, 4, 4, 2]))
    [[1], [2, 4]]
    """
    image = np.unique(row)
    while len(smaller := np.unique(row[image])) < len(image):
        image = smaller
    return [[int(image[i]) for i in cycle] for cycle in cycles(np.searchsorted(image, row[image]).tolist())]


def as_rows(permutations: npt.ArrayLike, degree: int) -> npt.NDArray[np.unsignedinteger]:
    """Permutations as one array [n, degree] in the narrowest type."""
    kind = np.uint8 if degree <= 2**8 else np.uint16 if degree <= 2**16 else np.uint32
    return np.array(permutations, dtype=kind).reshape(-1, degree)


def keys(rows: npt.NDArray[np.unsignedinteger]) -> npt.NDArray[np.bytes_]:
    """One bytes key a row; keys compare as the rows do, lexicographically."""
    rows = np.ascontiguousarray(rows, dtype=rows.dtype.newbyteorder(">"))  # the byte that counts most comes first
    return rows.view(f"S{rows.shape[1] * rows.itemsize}").ravel()


class RowIndex:
    """Where a row stands in a list of different rows.

    >>> rows = as_rows([[0, 1, 2], [2, 0, 1], [1, 2, 0]], 3)
    >>> RowIndex(rows).find(as_rows([[1, 2, 0], [1, 0, 2]], 3))
    array([ 2, -1])
    """

    def __init__(self, rows: npt.NDArray[np.unsignedinteger]):
        unsorted = keys(rows)
        self._order = np.argsort(unsorted)
        self._sorted = unsorted[self._order]

    def find(self, rows: npt.NDArray[np.unsignedinteger]) -> npt.NDArray[np.int64]:
        """rows [n, degree] to their places [n]; -1 for a row that is not there."""
        wanted = keys(rows)
        place = np.minimum(np.searchsorted(self._sorted, wanted), len(self._sorted) - 1)
        return np.where(self._sorted[place] == wanted, self._order[place], -1)


def closure(generators: Sequence[tuple[int, ...]]) -> npt.NDArray[np.unsignedinteger]:
    """All products of the generators, rows [order, degree] in lexicographic order, so that the identity comes first.

    Dimino's method: the subgroup H of the generators so far grows by whole cosets Hc, each one numpy gather.

    Raises  TooLarge past MAX_ORDER elements or MAX_BYTES of rows
    Source  G. Butler, Fundamental Algorithms for Permutation Groups, Springer 1991, chapter 3

    >>> closure([(1, 2, 0)]).tolist()
    [[0, 1, 2], [1, 2, 0], [2, 0, 1]]
    """
    degree = len(generators[0])
    steps = as_rows(generators, degree)
    most = min(MAX_ORDER, MAX_BYTES // (degree * steps.itemsize))
    cosets = [_powers(steps[0], most)]
    seen = set(keys(cosets[0]).tolist())
    for i in range(1, len(steps)):
        if keys(steps[i : i + 1]).item() in seen:
            continue
        subgroup = np.concatenate(cosets)
        cosets, representatives = [subgroup], [subgroup[0]]  # the identity stands first in every subgroup here
        for representative in representatives:  # grows while it is walked
            for step in steps[: i + 1]:
                candidate = step[representative]
                if keys(candidate[None]).item() in seen:
                    continue
                if len(seen) + len(subgroup) > most:
                    raise too_large(most, degree)
                cosets.append(candidate[subgroup])
                seen.update(keys(cosets[-1]).tolist())
                representatives.append(candidate)
    rows = np.concatenate(cosets)
    return rows[np.argsort(keys(rows))]


def _powers(step: npt.NDArray[np.unsignedinteger], most: int) -> npt.NDArray[np.unsignedinteger]:
    """The cyclic subgroup of one permutation, the identity first, by doubling the list of powers."""
    order = lcm(*map(len, cycles(step.tolist())))
    if order > most:
        raise too_large(most, len(step))
    powers = np.arange(len(step)).astype(step.dtype)[None]
    while len(powers) < order:
        next_power = step[powers[-1]]
        powers = np.concatenate([powers, next_power[powers[: order - len(powers)]]])
    return powers


def too_large(most: int, degree: int) -> TooLarge:
    """The error for a group that is not listed."""
    return TooLarge(
        f"the group on {degree} points has more than {most} elements, the most that are listed here; "
        "give letters as permutations, those of a smaller subgroup to word_problem; action() lists only points"
    )
