"""Copyless bits, and the Householder steps that move them.

Notation      K bits; on a letter each bit takes 0, 1, or the old value of a bit that no other bit takes.  Several columns may start
              differently and move alike: S [K, V] in {0, 1}.
Construction  the moved bits form cycles and chains.  A cycle of length L is L − 1 swaps; a chain, whose first bit takes a constant,
              is closed to a cycle, L − 1 swaps, and then its first bit is overwritten.  A letter that leaves nothing of the old
              bits may instead close the gate and write the new code in one step.
Optimal       without the gate, rank(I − A) steps, and no fewer do: each step changes the rank by at most one, a cycle has rank
              L − 1 and a chain L.
Unit keys     on doubled coordinates (every bit held twice) the swap of bits i, j is the unit key ½(e_i + e_i' − e_j − e_j') with
              β = 2, exact in every float; an overwrite then takes two steps.  Bits that are never swapped need no doubling.
Source        the one-hot form is Grazzi et al. 2411.12537, Theorem 3; copyless registers and the dyadic keys are ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np

from ...automata.errors import BadStep
from ..exact_layer import Head, LetterAction
from ..factor import swaps
from ..householder import Step, overwrite, swap, unit, write

ZERO, ONE = -1, -2  # in place of a bit to take: a constant

Keys = Literal["raw", "unit"]


@dataclass(frozen=True)
class Registers:
    """start [K][V] of 0/1, and updates[letter][bit]: the bit it takes, or ZERO, or ONE.

    Raises  BadStep when a letter takes one bit twice (a copy is not a contraction)

    >>> counter = Registers(((0,), (0,)), ((ONE, 0), (1, ZERO)))        # a saturating counter 0..2: up, down
    >>> counter.steps_needed()
    2
    """

    start: tuple[tuple[int, ...], ...]
    updates: tuple[tuple[int, ...], ...]

    def __post_init__(self):
        for a, update in enumerate(self.updates):
            moved = [bit for bit in update if bit >= 0]
            if len(moved) != len(set(moved)):
                twice = next(bit for bit in moved if moved.count(bit) > 1)
                raise BadStep(f"letter {a} takes bit {twice} twice; registers may not be copied")

    @property
    def K(self) -> int:
        return len(self.start)

    @property
    def V(self) -> int:
        return len(self.start[0])

    def copies(self, keys: Keys) -> int:
        """How many places hold each bit: 2 for unit keys when some letter moves a bit to another place, else 1."""
        moves = any(bit >= 0 and bit != i for update in self.updates for i, bit in enumerate(update))
        return 2 if keys == "unit" and moves else 1

    def step(self, bits: np.ndarray, letter: int) -> np.ndarray:
        """The bits [K, V] after a letter, by the definition rather than by the steps."""
        extended = np.vstack([bits, np.ones_like(bits[:1]), np.zeros_like(bits[:1])])  # rows −2 and −1 are ONE and ZERO
        return extended[list(self.updates[letter])]

    def steps_needed(self, keys: Keys = "raw", gated: bool = False) -> int:
        """n_h: the steps of the longest letter, at least 1."""
        copies, unit_keys = self.copies(keys), keys == "unit"
        return max(1, *(steps_of(update, copies, unit_keys, gated and erases(update)) for update in self.updates))

    def best_gating(self, keys: Keys = "raw") -> bool:
        """Whether closing the gate on erasing letters lowers n_h."""
        return self.steps_needed(keys, gated=True) < self.steps_needed(keys, gated=False)

    def head(self, query: Sequence[int], keys: Keys = "raw") -> Head:
        """One head [K, V] ([2K, V] when doubled) that moves the bits and is read along `query` [K]."""
        gated, copies = self.best_gating(keys), self.copies(keys)
        actions = tuple(
            letter_action(update, self.V, copies, keys == "unit", gated and erases(update)) for update in self.updates
        )
        start = np.array(self.start * copies, dtype=object)  # bit i is held in places i and K + i, and read in the first
        return Head(start, tuple(query) + (0,) * (self.K * (copies - 1)), actions)


def erases(update: Sequence[int]) -> bool:
    """Whether the letter leaves nothing of the old bits."""
    return all(bit < 0 for bit in update)


def closed(update: Sequence[int]) -> list[int]:
    """The letter as a permutation `to`, bit i going to place to[i]: chains closed to cycles, constants left out.

    >>> closed((ONE, 0, 1, 3))
    [1, 2, 0, 3]
    """
    to = [-1] * len(update)
    for place, bit in enumerate(update):
        if bit >= 0:
            to[bit] = place
    heads = [place for place, bit in enumerate(update) if bit < 0]  # where a chain begins: its last bit is brought back there
    for place in heads:
        last = place
        while to[last] >= 0:
            last = to[last]
        to[last] = place
    return to


def steps_of(update: Sequence[int], copies: int, unit_keys: bool, gated: bool) -> int:
    """How many steps `letter_action` takes, without building them."""
    constants = sum(bit < 0 for bit in update)
    ones = sum(bit == ONE for bit in update)
    if gated:
        return copies * ones if unit_keys else min(1, ones)
    return len(swaps(closed(update))) + copies * constants


def letter_action(update: Sequence[int], V: int, copies: int, unit_keys: bool, gated: bool) -> LetterAction:
    """The steps of one letter, first to act first; with `gated`, a closed gate and writes in place of overwrites."""
    K = len(update)
    if gated and not unit_keys:
        code = [int(bit == ONE) for bit in update]
        return LetterAction((write(code, (1,) * V),) if any(code) else (), gate=0)
    steps = []
    if not gated:
        steps = [doubled_swap(i, j, K, V) if copies == 2 else swap(i, j, K, V) for i, j in swaps(closed(update))]
    for bit, taken in enumerate(update):
        if taken == ONE or (taken == ZERO and not gated):
            value = (int(taken == ONE),) * V
            steps += [overwrite(place, value, copies * K) for place in range(bit, copies * K, K)]
    return LetterAction(tuple(steps), gate=0 if gated else 1)


def doubled_swap(i: int, j: int, K: int, V: int) -> Step:
    """The swap of bits i and j, each held twice: unit key ½(e_i + e_i' − e_j − e_j'), β = 2.

    >>> doubled_swap(0, 1, 2, 1).special_eigenvalue
    -1
    """
    half = Fraction(1, 2)
    single = unit(i, K, j)
    return Step(2, tuple(half * x for x in single + single), (0,) * V)
