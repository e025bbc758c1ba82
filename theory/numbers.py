"""Exact numbers: int, Fraction and sympy's algebraic numbers. Floats are turned away at the door.

Matrices of them are numpy arrays of dtype object: `@`, `+` and `.T` then work, exactly.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

from ..automata.errors import BadStep

Number: TypeAlias = Any  # int | Fraction | sympy.Expr; numpy's and sympy's stubs do not know each other's operators


def exact(value: Any) -> Number:
    """The value itself when it is exact, numpy integers as int, whole Fractions as int. Raises BadStep on floats and the rest.

    >>> exact(Fraction(4, 2)), exact(Fraction(1, 2))
    (2, Fraction(1, 2))
    """
    if type(value) is int:
        return value
    if isinstance(value, Fraction):
        return int(value) if value.denominator == 1 else value
    if isinstance(value, np.integer):
        return int(value)
    if hasattr(value, "is_number") and hasattr(value, "free_symbols"):  # a sympy expression, without importing sympy
        if value.is_Integer:
            return int(value)
        if value.is_Float:
            raise BadStep(f"{value} is a sympy Float, which is rounded; use sympy.Rational or a root")
        return value
    raise BadStep(f"{value!r} is a {type(value).__name__}, not an exact number; use int, Fraction or a sympy number")


def exact_vector(values: Iterable[Any]) -> tuple[Number, ...]:
    values = tuple(values)
    if all(type(value) is int for value in values):  # long integer keys are the common case
        return values
    return tuple(exact(value) for value in values)


def is_zero(value: Number) -> bool:
    """Decided exactly; for sympy numbers through their minimal form."""
    return value == 0 if isinstance(value, (int, Fraction)) else simplified(value) == 0


def simplified(value: Number) -> Number:
    """A sympy number in the form in which equality and sign are decided; other numbers as they are."""
    if isinstance(value, (int, Fraction)):
        return exact(value)
    import sympy

    reduced = sympy.radsimp(sympy.expand(value))
    if reduced.is_Rational:
        return exact(Fraction(int(reduced.p), int(reduced.q)))
    if reduced.is_zero is None:  # nested radicals: ask the minimal polynomial
        x = sympy.Symbol("x")
        return 0 if sympy.minimal_polynomial(reduced, x) == x else reduced
    return reduced


def exact_matrix(rows: Iterable[Iterable[Any]]) -> np.ndarray:
    """Rows of exact numbers as an object array [m, n]."""
    listed = [exact_vector(row) for row in rows]
    array = np.empty((len(listed), len(listed[0]) if listed else 0), dtype=object)
    for i, row in enumerate(listed):
        array[i, :] = row
    return array


def identity(n: int) -> np.ndarray:
    """The n × n identity in Python ints."""
    return np.eye(n, dtype=int).astype(object)
