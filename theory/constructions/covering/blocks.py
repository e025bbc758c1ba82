"""Many blocks of bits of one size at once, opposites allowed, and the plain registers of one of them.

Notation      a block is K bits which, on a letter, each take 0 (ZERO), 1 (ONE), the old value of a bit (its number), or the opposite
              1 − h of a bit (`opposite`); no bit is taken twice, as itself or as its opposite.
Opposites     make the list of all small blocks complete: since any bit may be held as its opposite, all of them may start at 0.  The
              registers of a layer have no opposites.  A block goes over by holding some bits as their opposites, when that does away
              with all of them, and otherwise by holding every bit both ways.  Either way it has as many vectors as before.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ..registers import ONE, ZERO, Registers

Bits = npt.NDArray[np.int8]
LARGEST_TABLE = 8  # bits; a block's automaton is listed on all 2^K vectors up to here
EXACT_NAMES = 62  # bits; vectors up to here are their own names, longer ones are named by a random sum


def opposite(taken: int) -> int:
    """The opposite of a bit, or the bit of an opposite; of constants, too.

    >>> opposite(0), opposite(opposite(4)), opposite(ZERO) == ONE
    (-3, 4, True)
    """
    return -3 - taken


class Blocks:
    """C blocks of K bits: start [C, K] of 0/1, updates [C, k, K] of what each bit takes on each letter."""

    def __init__(self, start: npt.ArrayLike, updates: npt.ArrayLike):
        self.start = np.asarray(start, dtype=np.int8)
        self.updates = np.asarray(updates, dtype=np.int16)
        moved = np.where(self.updates <= -3, -3 - self.updates, self.updates)
        self._taken = np.maximum(moved, 0).astype(np.int64)
        self._sign = np.where(self.updates >= 0, 1, np.where(self.updates <= -3, -1, 0)).astype(np.int8)
        self._added = ((self.updates == ONE) | (self.updates <= -3)).astype(np.int8)

    def __len__(self) -> int:
        return len(self.start)

    @property
    def K(self) -> int:
        return self.start.shape[1]

    @property
    def n_letters(self) -> int:
        return self.updates.shape[1]

    def step(self, bits: Bits, letter: int) -> Bits:
        """The bits [..., C, K] of all blocks after a letter."""
        taken = np.broadcast_to(self._taken[:, letter], bits.shape)
        return self._sign[:, letter] * np.take_along_axis(bits, taken, axis=-1) + self._added[:, letter]

    def names(self, bits: Bits) -> npt.NDArray[np.int64]:
        """A number for each block's vector, [..., C] from [..., C, K]: another one for other vectors.

        Beyond 62 bits, that may fail by a chance of about 2⁻⁶⁰; the closure would find out.
        """
        return bits @ self._weights

    @cached_property
    def _weights(self) -> npt.NDArray[np.int64]:
        if self.K <= EXACT_NAMES:
            return 2 ** np.arange(self.K, dtype=np.int64)
        return np.random.default_rng(0).integers(1, 2**62, self.K, dtype=np.int64)

    @cached_property
    def after(self) -> npt.NDArray[np.int64]:
        """after[c, a, u]: where letter a takes block c from the vector named u, [C, k, 2^K]; for at most 8 bits."""
        assert self.K <= LARGEST_TABLE
        table = np.empty((len(self), self.n_letters, 2**self.K), dtype=np.int64)
        for u in range(2**self.K):
            bits = np.broadcast_to((u >> np.arange(self.K) & 1).astype(np.int8), self.start.shape)
            for a in range(self.n_letters):
                table[:, a, u] = self.names(self.step(bits, a))
        return table

    @cached_property
    def cost(self) -> npt.NDArray[np.int64]:
        """How many bits the registers of each block have, [C]."""
        doubled = np.zeros(len(self), dtype=bool)
        for c in np.flatnonzero((self.updates <= -3).any(axis=(1, 2))):
            doubled[c] = polarities(self.updates[c].tolist()) is None
        return self.K * (1 + doubled)

    def registers(self, c: int) -> Registers:
        """Block c without opposites."""
        return without_opposites(self.start[c].tolist(), self.updates[c].tolist())


def polarities(updates: Sequence[Sequence[int]]) -> list[int] | None:
    """Which bits to hold as their opposites, as 1, so that no letter takes an opposite; None when there is no such choice.

    >>> polarities([[-3]]), polarities([[ONE, opposite(0)]]), polarities([[1, 0]])
    (None, [0, 1], [0, 0])
    """
    K = len(updates[0])
    edges: list[list[tuple[int, int]]] = [[] for _ in range(K)]
    for update in updates:
        for bit, taken in enumerate(update):
            if taken not in (ZERO, ONE):
                source, odd = (taken, 0) if taken >= 0 else (opposite(taken), 1)
                edges[bit].append((source, odd))
                edges[source].append((bit, odd))
    held = [-1] * K
    for first in range(K):
        if held[first] >= 0:
            continue
        held[first], todo = 0, [first]
        for bit in todo:  # grows as it is read
            for other, odd in edges[bit]:
                if held[other] < 0:
                    held[other] = held[bit] ^ odd
                    todo.append(other)
                elif held[other] != held[bit] ^ odd:
                    return None
    return held


def without_opposites(start: Sequence[int], updates: Sequence[Sequence[int]]) -> Registers:
    """Plain registers with a vector for each vector of the block, moved alike.

    >>> without_opposites([0], [[opposite(0)]]).updates                          # a bit that flips: held twice, swapped
    ((1, 0),)
    >>> without_opposites([0, 0], [[ONE, opposite(0)]])                          # its second bit is held as its opposite
    Registers(start=((0,), (1,)), updates=((-2, 0),))
    """
    K = len(start)
    held = polarities(updates)
    if held is None:
        place = {ZERO: (ZERO, ONE), ONE: (ONE, ZERO)}
        place |= {bit: (bit, K + bit) for bit in range(K)} | {opposite(bit): (K + bit, bit) for bit in range(K)}
        rows = tuple(tuple(place[taken][way] for way in (0, 1) for taken in update) for update in updates)
        return Registers(tuple((bit,) for bit in start) + tuple((1 - bit,) for bit in start), rows)

    def plain(taken: int, odd: int) -> int:
        if taken in (ZERO, ONE):
            return opposite(taken) if odd else taken
        return max(taken, opposite(taken))

    rows = tuple(tuple(plain(taken, held[bit]) for bit, taken in enumerate(update)) for update in updates)
    return Registers(tuple((bit ^ odd,) for bit, odd in zip(start, held, strict=True)), rows)
