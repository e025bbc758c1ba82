"""The eigenvalue that is shown: exact where it is rational or a quadratic irrational, else with the polynomial whose root it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from ..numbers import Number, is_zero
from ..polynomials import Polynomial, characteristic_polynomial, divided, squarefree, value
from .layer import Range, components
from .spectrum import alternates, beyond, real_rooted

ROUND = 1e-9


@dataclass(frozen=True)
class Eigenvalue:
    """value       to float precision
    exact       the same as a sympy number, of degree 1 or 2 over the rationals; None for others
    polynomial  an exact polynomial in λ that it is a root of, as text; None for rounded matrices
    """

    value: complex
    exact: Any = None
    polynomial: str | None = None

    @property
    def modulus(self) -> str:
        """ "1", "below 1" or "above 1", to nine digits."""
        size = abs(self.value)
        return "below 1" if size < 1 - ROUND else "above 1" if size > 1 + ROUND else "1"

    def __str__(self) -> str:
        if self.exact is not None:
            text = re.sub(r"sqrt\((\d+)\)", r"√\1", str(self.exact)).replace("*", "·")
            return re.sub(r"\bI\b", "i", text).replace("-", "−")
        return f"≈ {shown(self.value)}" + ("" if self.polynomial is None else f", a root of {self.polynomial}")


def shown(z: complex) -> str:
    """Four digits.

    >>> shown(-0.5 + 0.866025j), shown(-2 + 0j)
    ('−0.5 + 0.866i', '−2')
    """
    real, imaginary = f"{z.real:.4g}", f"{abs(z.imag):.4g}i"
    text = (
        real
        if z.imag == 0
        else f"{real} {'+' if z.imag > 0 else '-'} {imaginary}"
        if z.real
        else f"{'-' * (z.imag < 0)}{imaginary}"
    )
    return text.replace("-", "−")


def outside(matrix: np.ndarray, within: Range, rounded: bool = False) -> Eigenvalue:
    """An eigenvalue of an exact matrix that is out of range; there must be one. Of a simple form where there is a choice.

    rounded  whether the numbers are rounded ones, of which no exact form is wanted

    >>> print(outside(np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]], dtype=object), "real"))
    −1/2 + √3·i/2
    """
    if rounded:
        values = np.linalg.eigvals(matrix.astype(np.float64))
        worst = complex(max(values, key=lambda z: beyond(z, within)))
        return Eigenvalue(worst.conjugate() if worst.imag < 0 else worst)
    found: list[Polynomial] = []
    for part in components(matrix != 0):
        for factor in factors(characteristic_polynomial(matrix[np.ix_(part, part)])):
            escapes = not real_rooted(factor) or (within == "nonnegative" and not alternates(factor))
            found += [factor] if escapes else []
    return _root(min(found, key=len), within)


def factors(polynomial: Polynomial) -> list[Polynomial]:
    """Irreducible over the rationals; of other numbers the roots 0, 1 and −1 are split off, and each root is left once."""
    if all(isinstance(c, (int, Fraction)) for c in polynomial):
        import sympy

        x = sympy.Symbol("x")
        coefficients = [sympy.Rational(c.numerator, c.denominator) for c in reversed(polynomial)]
        _, parts = sympy.Poly(coefficients, x, domain="QQ").factor_list()
        return [[Fraction(int(c.p), int(c.q)) for c in reversed(part.all_coeffs())] for part, _ in parts]
    rest, found = squarefree(polynomial), []
    for root in (0, 1, -1):
        if is_zero(value(rest, root)):
            found.append([-root, 1])
            rest = divided(rest, [-root, 1])[0]
    return [*found, rest] if len(rest) > 1 else found


def _root(polynomial: Polynomial, within: Range) -> Eigenvalue:
    """Of an irreducible factor, all of whose roots are as far out of range as each other where it is of degree 1 or 2."""
    import sympy

    rational = all(isinstance(c, (int, Fraction)) for c in polynomial)
    if rational and len(polynomial) <= 3:
        roots = sympy.roots(
            sympy.Poly([sympy.Rational(c.numerator, c.denominator) for c in reversed(polynomial)], sympy.Symbol("x"))
        )
        exact = max(roots, key=lambda root: (round(beyond(complex(root), within), 9), complex(root).imag))
        return Eigenvalue(complex(exact), exact, text(polynomial))
    values = np.roots([float(c) for c in reversed(polynomial)])
    worst = complex(max(values, key=lambda z: (round(beyond(z, within), 9), z.imag)))
    return Eigenvalue(worst, None, text(polynomial))


def text(polynomial: Polynomial) -> str:
    """In λ, by falling powers.

    >>> text([1, 0, -1, Fraction(1, 2)])
    '(1/2)·λ³ − λ² + 1'
    """
    parts = []
    for i, c in reversed(list(enumerate(polynomial))):
        if is_zero(c):
            continue
        size = str(abs(c)).replace("-", "−")
        size = f"({size})" if " " in size else size
        power = "" if i == 0 else "λ" + ("" if i == 1 else str(i).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")))
        number = f"({size})" if power and not size.isdigit() and " " not in size else size
        term = power if power and _unit(c) else f"{number}·{power}" if power else number
        parts.append(("−" if c < 0 else "+", term))
    first = ("−" if parts[0][0] == "−" else "") + parts[0][1]
    return " ".join([first, *(f"{sign} {term}" for sign, term in parts[1:])])


def _unit(c: Number) -> bool:
    return c in (1, -1)
