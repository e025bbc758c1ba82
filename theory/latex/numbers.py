"""Exact numbers, vectors and matrices in LaTeX, for use in mathematics.

Numbers of quadratic fields are written with their root, other cyclotomic numbers as sums of cosines, sympy's as sympy writes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import lcm

import numpy as np

from ..cyclotomic import Cyclotomic
from ..cyclotomic_basis import real_galois
from ..numbers import Number, is_zero

COMBINED_UP_TO = 4  # unit vectors in a sum
FIELDS_UP_TO = 240  # N of ζ_N, in which roots are looked for
SQUARES_UP_TO = 10**10  # under a root, taken apart by trial division


def number(value: Number) -> str:
    """One number.

    >>> from ..cyclotomic import cos_pi, sqrt
    >>> number(-3), number(Fraction(-1, 2)), number(cos_pi(1, 5)), number(sqrt(3) / 2), number(cos_pi(2, 7))
    ('-3', '-\\\\tfrac{1}{2}', '\\\\tfrac{1 + \\\\sqrt{5}}{4}', '\\\\tfrac{\\\\sqrt{3}}{2}', '\\\\cos\\\\tfrac{2\\\\pi}{7}')
    """
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    if isinstance(value, Fraction):
        return ("-" if value < 0 else "") + _over(str(abs(value.numerator)), value.denominator)
    if isinstance(value, Cyclotomic):
        return _with_root(value) or _with_cosines(value)
    import sympy

    return sympy.latex(value)


def _over(top: str, denominator: int) -> str:
    return top if denominator == 1 else rf"\tfrac{{{top}}}{{{denominator}}}"


def _with_root(value: Cyclotomic) -> str:
    """(p + m √d)/q; "" when the number is in no quadratic field."""
    if value.N > FIELDS_UP_TO:
        return ""
    conjugates = {value.conjugate(k) for k in real_galois(value.N)}
    if len(conjugates) != 2:
        return ""
    (other,) = conjugates - {value}
    middle, square = Fraction(value + other) / 2, Fraction((value - other) ** 2) / 4
    under = square.numerator * square.denominator  # √(a/b) = √(ab)/b
    if under > SQUARES_UP_TO:
        return ""
    m, d = _square_part(under)
    size = Fraction(m if value > middle else -m, square.denominator)
    q = lcm(middle.denominator, size.denominator)
    p, r = int(middle * q), int(size * q)
    root = ("" if abs(r) == 1 else str(abs(r))) + rf"\sqrt{{{d}}}"
    if p == 0:
        return ("-" if r < 0 else "") + _over(root, q)
    return _over(f"{p} {'-' if r < 0 else '+'} {root}", q)


def _square_part(n: int) -> tuple[int, int]:
    """(m, d) with n = m² d, d without a square factor."""
    m, p = 1, 2
    while p * p <= n:
        while n % (p * p) == 0:
            n, m = n // (p * p), m * p
        p += 1
    return m, n


def _with_cosines(value: Cyclotomic) -> str:
    text = ""
    for c, q in value.terms():
        cosine = rf"\cos\tfrac{{{'' if q.numerator == 1 else q.numerator}\pi}}{{{q.denominator}}}" if q else ""
        size = "" if abs(c) == 1 and cosine else number(abs(c))
        sign = (" - " if c < 0 else " + ") if text else ("-" if c < 0 else "")
        text += sign + size + cosine
    return text


def row(values: Iterable[Number]) -> str:
    """A vector in brackets.

    >>> row((1, Fraction(1, 2)))
    '(1, \\\\tfrac{1}{2})'
    """
    return f"({', '.join(map(number, values))})"


def combination(values: Sequence[Number], unit: str = "e") -> str:
    """A vector as a sum of unit vectors e_0, e_1, … where these are few, else in brackets.

    >>> combination((0, 1, -1)), combination((2, 0)), combination((0, 0)), combination((1, 2, 3, 4, 5))
    ('e_{1} - e_{2}', '2 e_{0}', '0', '(1, 2, 3, 4, 5)')
    """
    places = [i for i, x in enumerate(values) if not is_zero(x)]
    if len(places) > COMBINED_UP_TO or not all(isinstance(values[i], (int, Fraction)) for i in places):
        return row(values)
    text = ""
    for i in places:
        size = abs(values[i])
        sign = (" - " if values[i] < 0 else " + ") if text else ("-" if values[i] < 0 else "")
        text += sign + ("" if size == 1 else f"{number(size)} ") + f"{unit}_{{{i}}}"
    return text or "0"


def matrix(rows: Iterable[Iterable[Number]], small: bool = False) -> str:
    """Rows of numbers, to stand on a line of its own; small for use within a text.

    >>> matrix([[0, 1], [1, 0]], small=True)
    '\\\\left(\\\\begin{smallmatrix}0 & 1 \\\\\\\\ 1 & 0\\\\end{smallmatrix}\\\\right)'
    """
    listed = [list(row) for row in rows]
    body = r" \\ ".join(" & ".join(map(number, row)) for row in listed)
    if small:
        return rf"\left(\begin{{smallmatrix}}{body}\end{{smallmatrix}}\right)"
    return rf"\left(\begin{{array}}{{{'r' * len(listed[0])}}}{body}\end{{array}}\right)"
