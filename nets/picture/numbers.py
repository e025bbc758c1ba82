"""Numbers and vectors as short texts."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

CLOSE = 1e-6  # numbers nearer than that to a short one are rounded ones
HALVES = {Fraction(1, 2): "½", Fraction(1, 4): "¼", Fraction(3, 4): "¾"}
MINUS = "−"


def number(x: float) -> str:
    """
    >>> [number(x) for x in (2.0, -0.5, 0.3090169, -0.0, 1 / 16, 1234567.0, 1e-9)]
    ['2', '−½', '0.31', '0', '1/16', '1234567', '0']
    """
    short = Fraction(x).limit_denominator(16)
    if abs(float(short) - x) < CLOSE * max(1.0, abs(x)) and (short.denominator & (short.denominator - 1)) == 0:
        size = HALVES.get(abs(short), str(abs(short)))
    else:
        size = f"{abs(x):.0f}" if abs(x) >= 100 else f"{abs(x):.2g}"
    return (MINUS if short < 0 else "") + size


def vector(values: Sequence[float]) -> str:
    """
    >>> vector([1.0]), vector([1.0, -2.0])
    ('1', '(1, −2)')
    """
    parts = [number(x) for x in values]
    return parts[0] if len(parts) == 1 else f"({', '.join(parts)})"


def matrix(rows: Sequence[Sequence[float]]) -> str:
    """Of one column: its numbers; else row after row.

    >>> matrix([[1.0], [2.0]]), matrix([[1.0, 0.0], [0.0, 1.0]])
    ('(1, 2)', '(1 0; 0 1)')
    """
    if len(rows[0]) == 1:
        return vector([row[0] for row in rows])
    return f"({'; '.join(' '.join(map(number, row)) for row in rows)})"
