"""The bounds by name: what each says, which statement proves it for which layers, and what follows when it is missed.

Layers        A = D G_m ⋯ G_1, or with D elsewhere: m = n_h factors I − β k kᵀ, 0 ≤ β‖k‖² ≤ beta_max, and if gated D is a diagonal or
              a number with entries in [0, 1].
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ...automata.errors import BadArgument
from .findings import Finding, beyond_disk, moving_more_than, not_finite, outside, too_long, turning
from .given import Given
from .rounding import allowed


@dataclass(frozen=True)
class Family:
    """What a layer is said to be: n_h factors with β‖k‖² ≤ beta_max, with or without a gate in [0, 1].

    Raises BadArgument
    """

    n_h: int = 1
    beta_max: Any = 2
    gated: bool = False

    def __post_init__(self):
        if self.n_h != int(self.n_h) or self.n_h < 1:
            raise BadArgument(f"n_h is {self.n_h!r}; give the number of factors, 1 or more")
        if not 0 <= self.beta_max <= 2:
            raise BadArgument(
                f"beta_max is {self.beta_max!r}; β‖k‖² lies in [0, 2], where the norm is at most 1 (statement norm)"
            )

    @property
    def C(self) -> Any:
        """Σ b/(2 − b) + 1 for a gate, of `beyond_disk`, for beta_max < 2."""
        b = self.beta_max if isinstance(self.beta_max, float) else Fraction(self.beta_max)
        return self.n_h * b / (2 - b) + self.gated

    def __str__(self) -> str:
        return f"n_h = {self.n_h}, β‖k‖² ≤ {self.beta_max}{', gated' if self.gated else ''}"


@dataclass(frozen=True)
class Bound:
    """name       as in assert_<name>
    says       the bound
    statement  of theory/statements that proves it
    proved     for which families
    missed     what follows when a transition misses it
    find       (matrix, δ, family) → what contradicts it
    """

    name: str
    says: str
    statement: str
    proved: Callable[[Family], bool]
    missed: str
    find: Callable[[Given, float, Family], Finding | None]

    def of(self, matrix: Given, family: Family, tolerance: float | None = None) -> Finding | None:
        """What in this matrix contradicts the bound."""
        return not_finite(matrix) or self.find(matrix, allowed(matrix, family.n_h, tolerance), family)


def _circle(matrix: Given, delta: float, family: Family) -> Finding | None:
    found = turning(matrix, delta, family.n_h)
    return found or (beyond_disk(matrix, delta, family.C) if family.beta_max < 2 else None)


CONTRACTIVE = Bound(
    "contractive",
    "the norm is at most 1",
    "norm",
    lambda family: True,
    "states may grow from token to token; no n_h makes this matrix from factors with 0 ≤ β‖k‖² ≤ 2",
    lambda matrix, delta, family: too_long(matrix, delta),
)
REAL_SPECTRUM = Bound(
    "real_spectrum",
    "all eigenvalues are real",
    "real_spectrum",
    lambda family: family.n_h == 1 or (family.n_h == 2 and family.beta_max <= 1 and not family.gated),
    "the layer rotates: it escapes the lower bound for counting modulo m (Grazzi et al. 2024, Theorem 2); not one factor, and not two "
    "of which one has β‖k‖² ≤ 1",
    lambda matrix, delta, family: outside(matrix, delta),
)
NONNEGATIVE_SPECTRUM = Bound(
    "nonnegative_spectrum",
    "all eigenvalues are real and not negative",
    "real_spectrum",
    lambda family: family.beta_max <= 1 and family.n_h + family.gated <= 2,
    "the layer escapes the lower bound for parity (Grazzi et al. 2024, Theorem 1); not two factors with β‖k‖² ≤ 1",
    lambda matrix, delta, family: outside(matrix, delta, 0),
)
UNIT_MODULUS_ONLY_ONE = Bound(
    "unit_modulus_only_one",
    "an eigenvalue of modulus 1 is 1",
    "unit_modulus",
    lambda family: family.beta_max < 2,
    "the layer may act as a group for ever, which takes a factor with β‖k‖² = 2 exactly",
    _circle,
)
FEW_FACTORS = Bound(
    "few_factors",
    "rank(I − A) ≤ n_h",
    "mirrors",
    lambda family: not family.gated,
    "more than n_h factors, or a gate, are needed for this matrix",
    lambda matrix, delta, family: moving_more_than(matrix, delta, family.n_h),
)
BOUNDS = (CONTRACTIVE, REAL_SPECTRUM, NONNEGATIVE_SPECTRUM, UNIT_MODULUS_ONLY_ONE, FEW_FACTORS)
