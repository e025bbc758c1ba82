"""One step of a delta rule and products of steps, in exact arithmetic.

Notation      S [K, V] the state of a head; one step is S ← (I − β k kᵀ) S + β k vᵀ, a generalized Householder matrix I − β k kᵀ
              and a write of the value v along the key k.  Later steps act on the left.
Statement     I − β k kᵀ fixes the hyperplane k⊥ and scales k by 1 − β‖k‖²; its norm is at most 1 exactly when 0 ≤ β‖k‖² ≤ 2.
              β‖k‖² = 0 keeps the state, 1 erases it along k, 2 reflects it.
Source        Yang et al. 2024 (DeltaNet) for the step, Grazzi et al. 2411.12537 for letting β‖k‖² reach 2,
              Siems et al. 2502.10297 for several steps a token.
Two scales    unit keys with β in [0, 2] are the papers' form; raw integer keys, where the norm is part of the key, are our exact
              form: a swap of coordinates i, j is k = e_i − e_j with β = 1, a sign flip k = e_i with β = 2, an overwrite k = e_i, β = 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from ..automata.errors import BadStep
from .numbers import Number, exact, exact_vector, identity, simplified, tidied


@dataclass(frozen=True)
class Step:
    """S ← (I − β k kᵀ) S + β k vᵀ.

    beta, key [K], value [V]  exact numbers with 0 ≤ β‖k‖² ≤ 2
    Raises  BadStep when the range is left or a number is not exact

    >>> swap = Step(1, (1, -1, 0), (0,))
    >>> swap.special_eigenvalue, swap.matrix().tolist()
    (-1, [[0, 1, 0], [1, 0, 0], [0, 0, 1]])
    """

    beta: Number
    key: tuple[Number, ...]
    value: tuple[Number, ...]

    def __post_init__(self):
        for name, value in (("beta", exact(self.beta)), ("key", exact_vector(self.key)), ("value", exact_vector(self.value))):
            object.__setattr__(self, name, value)
        size = self.beta * self.norm_squared
        if not (simplified(size) >= 0 and simplified(2 - size) >= 0):
            raise BadStep(
                f"β‖k‖² = {size} for β = {self.beta}, key {_short(self.key)}; it must lie in [0, 2], "
                f"where the step cannot grow the state: β at most 2/‖k‖² = {_ratio(2, self.norm_squared)}"
            )

    @cached_property
    def support(self) -> tuple[int, ...]:
        """The coordinates where the key is not 0."""
        return tuple(i for i, x in enumerate(self.key) if x != 0)

    @cached_property
    def norm_squared(self) -> Number:
        """‖k‖²."""
        return simplified(sum(x * x for x in self.key if x != 0))

    @property
    def special_eigenvalue(self) -> Number:
        """1 − β‖k‖², the eigenvalue along the key; all others are 1."""
        return 1 - self.beta * self.norm_squared

    def matrix(self) -> np.ndarray:
        """I − β k kᵀ as an object array [K, K]."""
        key = np.array(self.key, dtype=object)
        return identity(len(key)) - self.beta * np.outer(key, key)

    def apply(self, state: np.ndarray) -> np.ndarray:
        """The state [K, V] after this step (a fresh array); only the rows of the key's support change.

        Raises BadStep when the state is not [len(key), len(value)]

        >>> Step(1, (0, 1), (7,)).apply(np.array([[3], [5]], dtype=object)).tolist()
        [[3], [7]]
        """
        if state.shape != (len(self.key), len(self.value)):
            raise BadStep(
                f"a step of key size {len(self.key)} and value size {len(self.value)} on a state of shape {state.shape}"
            )
        state = state.copy()
        if self.support and self.beta != 0:
            rows = list(self.support)
            key = np.array([self.key[i] for i in rows], dtype=object)
            update = self.beta * (np.array(self.value, dtype=object) - key @ state[rows])
            state[rows] = tidied(state[rows] + np.outer(key, update))
        return state


def product(steps: Iterable[Step], size: int) -> np.ndarray:
    """The product of the steps' Householder matrices [size, size], first step acting first.

    >>> product([Step(1, (1, -1, 0), ()), Step(1, (0, 1, -1), ())], 3).tolist()   # two mirrors make a rotation of order 3
    [[0, 1, 0], [0, 0, 1], [1, 0, 0]]
    """
    total = identity(size)
    for step in steps:
        total = Step(step.beta, step.key, (0,) * size).apply(total)
    return total


def swap(i: int, j: int, size: int, columns: int = 1) -> Step:
    """Exchanges coordinates i and j: key e_i − e_j, β = 1."""
    return Step(1, unit(i, size, j), (0,) * columns)


def overwrite(i: int, value: Sequence[Number], size: int) -> Step:
    """Puts `value` [V] into row i: key e_i, β = 1."""
    return Step(1, unit(i, size), tuple(value))


def write(code: Sequence[int], columns: Sequence[Number]) -> Step:
    """Adds code ⊗ columns to a state that is 0 along `code`: β = 2^−j with β‖code‖² ≤ 2, values 2^j · columns, all dyadic.

    >>> write((1, 1, 1), (1,))
    Step(beta=Fraction(1, 2), key=(1, 1, 1), value=(2,))
    """
    scale = 1
    while sum(x * x for x in code) > 2 * scale:
        scale *= 2
    return Step(Fraction(1, scale), tuple(code), tuple(scale * x for x in columns))


def unit(i: int, size: int, minus: int | None = None) -> tuple[int, ...]:
    """e_i, or e_i − e_minus."""
    key = [0] * size
    key[i] = 1
    if minus is not None:
        key[minus] = -1
    return tuple(key)


def _ratio(a: Number, b: Number) -> Any:
    return Fraction(a, b) if isinstance(a, int) and isinstance(b, int) and b else "undefined" if b == 0 else a / b


def _short(key: Sequence[Number]) -> str:
    return f"({', '.join(map(str, key[:8]))}{', …' if len(key) > 8 else ''})"
