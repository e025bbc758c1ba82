"""Assertions about the transitions of a layer, to be pointed at a layer of one's own.

Each takes a matrix [n, n], a batch [..., n, n], or a callable with `over=`: the tokens or parameters to call it with, as an iterable,
a hypothesis strategy, or a dict of strategies by parameter name.  Exact numbers are decided exactly.  Floats are allowed what rounding
explains in a product of n_h factors (rounding.py), and an eigenvalue counts as wrong only if no matrix within that distance has all of
them right (contours.py): an assertion that fails has found something, one that passes over drawn arguments has seen a sample.

>>> import numpy as np
>>> k = np.array([0.6, 0.8])
>>> assert_contractive(np.eye(2) - 2 * np.outer(k, k))
>>> assert_contractive(np.array([[1.0, 1.0], [0.0, 0.0]]))
Traceback (most recent call last):
...
deltaword.theory.testing.violated.Violated: assert_contractive: the norm is 1.41421356, above 1 by 0.414 (rounding explains 2.7e-15)
  matrix       the matrix = [[1, 1], [0, 0]], float64
  why          x = (1, 1) has ‖Ax‖²/‖x‖² = 2, in exact numbers
  contradicts  statement norm: Products of generalized Householder matrices have norm at most 1.
  so           states may grow from token to token; no n_h makes this matrix from factors with 0 ≤ β‖k‖² ≤ 2
"""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import Any

from ...automata.errors import BadArgument
from ..numbers import Number
from .bounds import (
    CONTRACTIVE,
    FEW_FACTORS,
    NONNEGATIVE_SPECTRUM,
    REAL_SPECTRUM,
    UNIT_MODULUS_ONLY_ONE,
    Bound,
    Family,
)
from .findings import outside
from .given import called, every
from .search import smallest, strategy_of
from .violated import Violated


def assert_contractive(transition: Any, over: Any = None, *, n_h: int = 1, tolerance: float | None = None) -> None:
    """The norm is at most 1, so that states do not grow (statement norm).

    n_h, tolerance  as in rounding.py: the factors that made the matrix, or a distance that takes the place of their rounding
    Raises  Violated with a vector that gets longer; BadArgument

    >>> assert_contractive(lambda w: [[w, 0], [0, 1]], over=[0, 1, -1])
    """
    _assert(CONTRACTIVE, transition, over, Family(n_h), tolerance)


def assert_real_spectrum(transition: Any, over: Any = None, *, n_h: int = 1, tolerance: float | None = None) -> None:
    """All eigenvalues are real: no counting modulo m in one layer unless m is 1 or 2 (statement real_spectrum).

    Raises  Violated with an eigenvalue and what separates it from the real line; BadArgument

    >>> assert_real_spectrum([[0, 1], [0, 0]])                     # defective: 0 twice, and decided
    >>> assert_real_spectrum([[0, -1], [1, 0]])
    Traceback (most recent call last):
    ...
    deltaword.theory.testing.violated.Violated: assert_real_spectrum: the eigenvalue i is not real, by 1
    ...
    """
    _assert(REAL_SPECTRUM, transition, over, Family(n_h), tolerance)


def assert_nonnegative_spectrum(transition: Any, over: Any = None, *, n_h: int = 1, tolerance: float | None = None) -> None:
    """All eigenvalues are real and at least 0: no parity at all lengths (Grazzi et al. 2024, Theorem 1).

    Raises  Violated; BadArgument

    >>> from deltaword.theory.statements.three_projections import averages
    >>> assert_nonnegative_spectrum(averages())
    Traceback (most recent call last):
    ...
    deltaword.theory.testing.violated.Violated: assert_nonnegative_spectrum: the eigenvalue −0.125 is not in [0, ∞), by 0.125
    ...
    """
    _assert(NONNEGATIVE_SPECTRUM, transition, over, Family(n_h), tolerance)


def assert_spectrum_in(
    interval: tuple[Number, Number], transition: Any, over: Any = None, *, n_h: int = 1, tolerance: float | None = None
) -> None:
    """All eigenvalues are real and lie in the closed interval (low, high); infinite ends are allowed.

    Raises  Violated; BadArgument

    >>> assert_spectrum_in((-1, 1), [[0, 1], [1, 0]])
    >>> assert_spectrum_in((0, 1), [[0, 1], [1, 0]])
    Traceback (most recent call last):
    ...
    deltaword.theory.testing.violated.Violated: assert_spectrum_in: the eigenvalue −1 is not in [0, 1], by 1
    ...
    """
    try:
        low, high = interval
        ordered = low <= high and low < inf and high > -inf
    except (TypeError, ValueError):
        ordered = False
    if not ordered:
        raise BadArgument(f"the interval is {interval!r}; give two numbers (low, high), low ≤ high")
    bound = replace(
        REAL_SPECTRUM,
        name="spectrum_in",
        statement="eigenvalues",
        missed="one generalized Householder matrix has the eigenvalues 1 and 1 − β‖k‖², and no others",
        find=lambda matrix, delta, family: outside(matrix, delta, low, high),
    )
    _assert(bound, transition, over, Family(n_h), tolerance)


def assert_unit_modulus_only_one(
    transition: Any,
    over: Any = None,
    *,
    n_h: int = 1,
    beta_max: Number = 2,
    gated: bool = False,
    tolerance: float | None = None,
) -> None:
    """Every eigenvalue of modulus 1 is 1: the layer forgets, or stands still, but does not act as a group (statement unit_modulus).

    beta_max  with β‖k‖² ≤ beta_max < 2 in each of the n_h factors the eigenvalues even lie in the disk of centre 1/(1 + C) and radius
              C/(1 + C), C = n_h beta_max/(2 − beta_max), one more with a gate; asserted too, as ‖A − I/(1 + C)‖ ≤ C/(1 + C)

    In floats, δ the rounding, a factor with 2 − √δ < β‖k‖² < 2 cannot be told from a mirror, and turns by less than 3 √(n_h + 1) δ^¼
    pass.
    Raises  Violated; BadArgument

    >>> assert_unit_modulus_only_one([[-1, 0], [0, 1]])
    Traceback (most recent call last):
    ...
    deltaword.theory.testing.violated.Violated: assert_unit_modulus_only_one: the eigenvalue −1 is of modulus 1 and not 1
    ...
    """
    _assert(UNIT_MODULUS_ONLY_ONE, transition, over, Family(n_h, beta_max, gated), tolerance)


def assert_few_factors(transition: Any, n_h: int, over: Any = None, *, tolerance: float | None = None) -> None:
    """rank(I − A) ≤ n_h, without which no n_h generalized Householder factors make the matrix (statement mirrors).

    Raises  Violated; BadArgument

    >>> assert_few_factors([[0, 1, 0], [0, 0, 1], [1, 0, 0]], 2)
    >>> assert_few_factors([[0, 1, 0], [0, 0, 1], [1, 0, 0]], 1)
    Traceback (most recent call last):
    ...
    deltaword.theory.testing.violated.Violated: assert_few_factors: rank(I − A) is 2, above 1
    ...
    """
    _assert(FEW_FACTORS, transition, over, Family(n_h), tolerance)


def _assert(bound: Bound, transition: Any, over: Any, family: Family, tolerance: float | None) -> None:
    strategy = strategy_of(over) if callable(transition) else None
    if strategy is not None:
        found, _ = smallest(
            strategy, lambda arguments: any(bound.of(m, family, tolerance) for m in called(transition, arguments))
        )
        over = [] if found is None else [found]
    for matrix in every(transition, over):
        finding = bound.of(matrix, family, tolerance)
        if finding is not None:
            raise Violated(bound, matrix, finding)
