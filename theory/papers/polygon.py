"""The symmetries of a regular m-gon by mirrors, exactly: in whole numbers where m divides 12, else in sines and cosines.

Notation      r turns corner q to q + 1, s reflects it to −q; mirror j is s·r^j, corner q to j − q, for j modulo m.  Words act from the
              left on the state: S ← M S, and with S started at the identity a head read along `query` reads Mᵀ query.
Construction  mirror j of a polygon with a corner on the first axis lies at the angle πj/m: key (−sin πj/m, cos πj/m), β = 2.
              A triangle is moved on three coordinates, one a corner: mirror j swaps two of them, key e_a − e_b, β = 1.
              The mirrors of a square are e_1, e_2 with β = 2 and e_1 ± e_2 with β = 1.  D_6 is moved as D_3 and D_2 side by side,
              D_12 as D_3 and D_4: mirror j does mirror j of both, since r ↦ (r, r), s ↦ (s, s) is faithful.
Turns         r^j is mirror 0, then mirror j.
Source        the exact forms are ours; mirrors and turns are school geometry.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..cyclotomic import cos_pi, sin_pi
from ..exact_layer import Head, LetterAction
from ..householder import Step, unit
from ..numbers import Number, identity
from .construction import orbit_point

SIDE_BY_SIDE = {6: (3, 2), 12: (3, 4)}


@dataclass(frozen=True)
class Polygon:
    """One regular polygon with m ≥ 2 corners in one head.

    >>> Polygon(4).mirror(1).key, Polygon(3).mirror(0).key, Polygon(5).mirror(1).key[1]
    ((1, -1), (0, 1, -1), cos(π/5))
    """

    m: int

    @property
    def K(self) -> int:
        return 3 if self.m == 3 else 2

    @property
    def corner(self) -> tuple[Number, ...]:
        """Corner 0, which mirror 0 keeps."""
        return unit(0, self.K)

    @property
    def generic(self) -> tuple[Number, ...]:
        """A point that no symmetry keeps; its 2m images are as far apart as they can be, or whole numbers."""
        if self.m == 3:
            return (0, 1, 2)
        return (1, 2) if self.m in (2, 4) else (cos_pi(1, 2 * self.m), sin_pi(1, 2 * self.m))

    def mirror(self, j: int) -> Step:
        """s·r^j as one step."""
        j %= self.m
        still = (0,) * self.K
        if self.m == 3:
            a, b = sorted(corner for corner in range(3) if corner != 2 * j % 3)  # corner 2j is kept: j − 2j = 2j modulo 3
            return Step(1, unit(a, 3, b), still)
        if self.m in (2, 4):
            beta, key = [(2, (0, 1)), (1, (1, -1)), (2, (1, 0)), (1, (1, 1))][j * 4 // self.m]
            return Step(beta, key, still)
        return Step(2, (-sin_pi(j, self.m), cos_pi(j, self.m)), still)

    def turn(self, j: int) -> tuple[Step, ...]:
        """r^j: no step, or two."""
        return (self.mirror(0), self.mirror(j)) if j % self.m else ()

    def element(self, j: int, reflected: bool) -> tuple[Step, ...]:
        """r^j, or s·r^j."""
        return (self.mirror(j),) if reflected else self.turn(j)


def polygons(m: int) -> tuple[Polygon, ...]:
    """The polygons that move D_m, one a head: two where that makes it exact."""
    return tuple(map(Polygon, SIDE_BY_SIDE.get(m, (m,))))


def heads(parts: tuple[Polygon, ...], elements: list[tuple[int, bool] | None], generic: bool) -> tuple[Head, ...]:
    """A head for each polygon, started at the identity; symbol a does the element, None nothing."""
    return tuple(
        Head(
            identity(part.K),
            part.generic if generic else part.corner,
            [LetterAction(() if element is None else part.element(*element)) for element in elements],
        )
        for part in parts
    )


def point(parts: tuple[Polygon, ...], j: int, reflected: bool, generic: bool) -> np.ndarray:
    """What these heads read, one after the other, when the product so far is r^j or s·r^j."""
    return np.concatenate([orbit_point(p.element(j, reflected), p.generic if generic else p.corner) for p in parts])
