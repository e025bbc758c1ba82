"""Exact numbers: int, Fraction, numbers of cyclotomic fields, sympy's algebraic numbers. Floats are turned away at the door.

Matrices of them are numpy arrays of dtype object: `@`, `+` and `.T` then work, exactly.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

from ..automata.errors import BadStep, NotExact
from .cyclotomic import Cyclotomic

Number: TypeAlias = (
    Any  # int | Fraction | Cyclotomic | sympy.Expr; numpy's and sympy's stubs do not know each other's operators
)
NORMAL = (int, Fraction, Cyclotomic)  # always in the form in which equality and sign are decided


def exact(value: Any) -> Number:
    """The value itself when it is exact and real, numpy integers as int, whole Fractions as int. Raises NotExact on the rest.

    >>> exact(Fraction(4, 2)), exact(Fraction(1, 2))
    (2, Fraction(1, 2))
    """
    if type(value) is int:
        return value
    if isinstance(value, Fraction):
        return int(value) if value.denominator == 1 else value
    if isinstance(value, Cyclotomic):
        return value
    if isinstance(value, np.integer):
        return int(value)
    if hasattr(value, "is_number") and hasattr(value, "free_symbols"):  # a sympy expression, without importing sympy
        if value.is_Rational:
            return exact(Fraction(int(value.p), int(value.q)))
        if value.atoms(_sympy().Float):
            raise NotExact(f"{value} holds a sympy Float, which is rounded; use sympy.Rational or a root")
        if not value.is_number or value.is_finite is not True or value.is_extended_real is False or value.is_algebraic is False:
            raise NotExact(f"{value} is not a real algebraic number")
        return value
    raise NotExact(f"{value!r} is a {type(value).__name__}, not an exact number; use int, Fraction, theory.cyclotomic or sympy")


def exact_vector(values: Iterable[Any]) -> tuple[Number, ...]:
    values = tuple(values)
    if all(type(value) is int for value in values):  # long integer keys are the common case
        return values
    return tuple(exact(value) for value in values)


def is_zero(value: Number) -> bool:
    """Decided exactly; for sympy numbers through their minimal form."""
    return value == 0 if isinstance(value, NORMAL) else simplified(value) == 0


def simplified(value: Number) -> Number:
    """A sympy number in the form in which equality and sign are decided; other numbers as they are."""
    if isinstance(value, NORMAL):
        return exact(value)
    sympy = _sympy()
    reduced = sympy.radsimp(sympy.expand(value))
    if reduced.is_Rational:
        return exact(Fraction(int(reduced.p), int(reduced.q)))
    if reduced.is_zero is not False:  # nested radicals, or digits that seem to vanish: ask the minimal polynomial
        x = sympy.Symbol("x")
        return 0 if sympy.minimal_polynomial(reduced, x) == x else reduced
    return reduced


def tidied(array: np.ndarray) -> np.ndarray:
    """An object array with its sympy numbers simplified, which would otherwise grow from product to product."""
    if all(isinstance(value, NORMAL) for value in array.flat):
        return array
    return np.vectorize(simplified, otypes=[object])(array)


def exact_matrix(rows: Iterable[Iterable[Any]]) -> np.ndarray:
    """Rows of exact numbers as an object array [m, n]. Raises BadStep when there are no rows of one length."""
    try:
        listed = [exact_vector(row) for row in rows]
    except TypeError:
        raise BadStep(f"{rows!r} is not a matrix: it should hold rows of numbers") from None
    for i, row in enumerate(listed):
        if len(row) != len(listed[0]):
            raise BadStep(f"row {i} has {len(row)} entries and row 0 has {len(listed[0])}; a matrix has rows of one length")
    array = np.empty((len(listed), len(listed[0]) if listed else 0), dtype=object)
    for i, row in enumerate(listed):
        array[i, :] = row
    return array


def identity(n: int) -> np.ndarray:
    """The n × n identity in Python ints."""
    return np.eye(n, dtype=int).astype(object)


def _sympy() -> Any:
    """sympy, imported when a sympy number is met: it takes half a second."""
    import sympy

    return sympy
