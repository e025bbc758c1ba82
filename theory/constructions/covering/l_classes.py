"""Bits that read the word from its end, one for each element of a regular L-class of the transition monoid.

Construction  register l of the class reads the word backwards: l, x_t·l, x_{t−1}·x_t·l, …, and holds the first value outside the class,
              or the marker of where in the class it ended.  So on letter x it takes register x·l, or the value x·l once that
              lies outside.  A block holds one bit a register: "is it this value", or "is it this marker".
Copyless      if all idempotents obey e·f·e = f·e: then x·l = x·m within the class only for l = m.
Enough        for every machine with e·f·e = f·e whose monoid is regular; not always for others.
Source        one-layer theorem of this project, its Theorem 1.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ....automata.monoid import TransitionMonoid
from ..registers import ONE, ZERO
from .blocks import Blocks

LARGEST = 2**21  # numbers in all updates


def entries(monoid: TransitionMonoid) -> int:
    """A bound on how many numbers the updates of all these blocks are."""
    sizes = np.bincount(monoid.green().l[_regular(monoid)])
    return int((sizes**2 * (1 + monoid.n_letters) * monoid.n_letters).sum())


def l_class_blocks(monoid: TransitionMonoid) -> Iterator[Blocks]:
    """The blocks of each regular L-class; all its idempotents obey e·f·e = f·e."""
    classes = monoid.green().l
    for label in np.unique(classes[monoid.idempotents]):
        members = np.flatnonzero(classes == label)
        place = np.full(len(monoid), -1)
        place[members] = np.arange(len(members))
        landing = monoid.left_cayley[members].T  # [k, K]
        inside = place[landing]
        exits = np.unique(landing[inside < 0])
        by_exit = np.where(inside >= 0, inside, np.where(landing == exits[:, None, None], ONE, ZERO))
        by_marker = np.broadcast_to(np.where(inside >= 0, inside, ZERO), (len(members), *landing.shape))
        start = np.concatenate([np.zeros((len(exits), len(members))), np.eye(len(members))])
        yield Blocks(start, np.concatenate([by_exit, by_marker]))


def _regular(monoid: TransitionMonoid) -> np.ndarray:
    green = monoid.green()
    return np.flatnonzero(green.is_regular[green.d])
