"""Exact real numbers of cyclotomic fields: cos(2π/7), √5, and what +, −, ×, / make of them.

Notation      ζ = e^(2πi/N);  a number is  (Σ_k c_k ζ^k) / d  with whole c_k, k < φ(N), and d > 0, fully cancelled.  The powers ζ^k,
              k < φ(N), are a basis of Q(ζ), so two numbers are equal when their c and d are; a rational number is never kept in
              this form: every operation gives int or Fraction where the result is rational.  Being real, a number is also
              (Σ_k c_k cos(2πk/N)) / d, which is how it is shown.
Sign          decided exactly: the form says whether a number is 0, and for another one digits are added until they tell.
Why           sympy's cos(2π/7) has no normal form, and its nested radicals cost milliseconds; here a product is a convolution of
              whole numbers, some 20 µs up to N = 256.
Source        H. Cohen, A Course in Computational Algebraic Number Theory, Springer 1993, chapter 4, for arithmetic modulo a
              polynomial; the square roots are Gauss sums.

>>> c = cos_pi(2, 7)                                             # a root of 8x³ + 4x² − 4x − 1
>>> 8 * c**3 + 4 * c**2 - 4 * c - 1, c > Fraction(5, 8), float(c)
(0, False, 0.6234898018587335)
>>> sqrt(5) * sqrt(5), (1 + sqrt(5)) / 2 == 2 * cos_pi(1, 5), 1 / (sqrt(3) - sqrt(2)) == sqrt(3) + sqrt(2)
(5, True, True)
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache, cached_property
from math import ceil, floor, gcd, lcm
from typing import Any

import numpy as np

from ..automata.errors import BadStep
from .cyclotomic_basis import (
    MACHINE_WORD,
    Sized,
    combined,
    constant,
    cosines_to,
    float_cosines,
    product_of,
    real_galois,
    reduced,
    size_of,
)

HASHED = 2**20  # a number is hashed by the whole part of this many times it
TERMS_SHOWN = 6


class Cyclotomic:
    """A real, irrational number of Q(ζ_N). Made by `cos_pi`, `sin_pi`, `sqrt`, `from_sympy` and arithmetic, not by hand."""

    __slots__ = ("N", "__dict__", "coefficients", "denominator")

    def __init__(self, N: int, coefficients: np.ndarray, denominator: int):
        self.N, self.coefficients, self.denominator = N, coefficients, denominator

    # ------------------------------------------------------------------ arithmetic

    def __add__(self, other: Any) -> Any:
        if isinstance(other, Cyclotomic):
            N, a, b = self._together(other)
            return _number(N, combined(a, other.denominator, b, self.denominator), self.denominator * other.denominator)
        if not _rational(other):
            return NotImplemented
        p, q = int(other.numerator), int(other.denominator)
        sum_ = combined(self._in(self.N), q, constant(self.N, 1), p * self.denominator)
        return _number(self.N, sum_, self.denominator * q)

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, Cyclotomic):
            N, a, b = self._together(other)
            return _number(N, product_of(N, a, b), self.denominator * other.denominator)
        if not _rational(other):
            return NotImplemented
        p, q = int(other.numerator), int(other.denominator)
        return _number(self.N, combined(self._in(self.N), p), self.denominator * q) if p else 0

    def __sub__(self, other: Any) -> Any:
        return self + -other if isinstance(other, Cyclotomic) or _rational(other) else NotImplemented

    def __truediv__(self, other: Any) -> Any:
        if isinstance(other, Cyclotomic):
            return self * other.inverse()
        if not _rational(other):
            return NotImplemented
        return self * (Fraction(1) / Fraction(other))

    def __rtruediv__(self, other: Any) -> Any:
        return self.inverse() * other if _rational(other) else NotImplemented

    __radd__ = __add__
    __rmul__ = __mul__

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __neg__(self) -> Cyclotomic:
        return Cyclotomic(self.N, -self.coefficients, self.denominator)

    def __pos__(self) -> Cyclotomic:
        return self

    def __abs__(self) -> Cyclotomic:
        return self if self.sign > 0 else -self

    def __pow__(self, exponent: int) -> Any:
        if type(exponent) is not int:
            return NotImplemented
        result, base = 1, self if exponent >= 0 else self.inverse()
        for digit in bin(abs(exponent))[2:]:
            result = result * result * (base if digit == "1" else 1)
        return result

    def inverse(self) -> Any:
        """1 / x: the product of the other conjugates over the norm."""
        others: Any = 1
        for k in real_galois(self.N)[1:]:
            others = self.conjugate(k) * others
        norm = self * others
        return others * (1 / Fraction(norm))

    def conjugate(self, k: int) -> Any:
        """The image under ζ → ζ^k, k prime to N: cos(2πj/N) becomes cos(2πkj/N)."""
        powers = np.zeros(self.N, dtype=self.coefficients.dtype)
        powers[np.arange(len(self.coefficients)) * k % self.N] = self.coefficients
        return _number(self.N, reduced(self.N, powers, size_of(powers)), self.denominator)

    def _together(self, other: Cyclotomic) -> tuple[int, Sized, Sized]:
        """Both in one field."""
        N = self.N if self.N == other.N else lcm(self.N, other.N)
        return N, self._in(N), other._in(N)

    def _in(self, N: int) -> Sized:
        """The coefficients in Q(ζ_N), N a multiple of this number's, and their largest size; kept."""
        if N not in self._fields:
            coefficients = self.coefficients
            if N != self.N:
                powers = np.zeros(N, dtype=coefficients.dtype)
                powers[np.arange(len(coefficients)) * (N // self.N)] = coefficients
                coefficients = reduced(N, powers, size_of(powers))
            self._fields[N] = coefficients, size_of(coefficients)
        return self._fields[N]

    @cached_property
    def _fields(self) -> dict[int, Sized]:
        return {}

    # ------------------------------------------------------------------ comparison

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Cyclotomic):
            return NotImplemented if not _rational(other) else False
        if self.N != other.N:
            difference = self - other
            return type(difference) is int and difference == 0
        return self.denominator == other.denominator and np.array_equal(self.coefficients, other.coefficients)

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        # equal numbers may be written in different fields: hash what does not depend on the field
        return hash((self._decided(lambda x: floor(x * HASHED)), "cyclotomic"))

    @cached_property
    def sign(self) -> int:
        """1 or −1."""
        return self._decided(lambda x: (x > 0) - (x < 0))

    def __lt__(self, other: Any) -> bool:
        return self._compare(other) < 0

    def __gt__(self, other: Any) -> bool:
        return self._compare(other) > 0

    def __le__(self, other: Any) -> bool:
        return self._compare(other) <= 0

    def __ge__(self, other: Any) -> bool:
        return self._compare(other) >= 0

    def _compare(self, other: Any) -> int:
        difference = self - other
        return difference.sign if isinstance(difference, Cyclotomic) else (difference > 0) - (difference < 0)

    def __bool__(self) -> bool:
        return True

    # ------------------------------------------------------------------ digits

    @cached_property
    def _float(self) -> float:
        return self._decided(float)

    def __float__(self) -> float:
        """The nearest float."""
        return self._float

    @cached_property
    def _float_bounds(self) -> tuple[float, float]:
        """Rigorous bounds from machine arithmetic, some thirteen digits."""
        coefficients = self.coefficients.astype(float)
        middle = float(coefficients @ float_cosines(self.N)) / self.denominator
        # a cosine is off by less than 2^-49 (its angle by 2π·2^-52), coefficients, n products and sums and the quotient by 2^-53 each
        slack = float(np.abs(coefficients).sum()) / self.denominator * (2.0**-49 + (len(coefficients) + 4) * 2.0**-52) * 1.001
        return middle - slack, middle + slack

    def bounds(self, bits: int) -> tuple[Fraction, Fraction]:
        """Rational bounds low < x < high, about 2^−bits apart times the coefficients' sum."""
        cosines, error = cosines_to(self.N, bits)
        middle = sum(int(c) * x for c, x in zip(self.coefficients, cosines, strict=True) if c)
        slack = error * sum(abs(int(c)) for c in self.coefficients)
        unit = self.denominator << bits
        return Fraction(middle - slack, unit), Fraction(middle + slack, unit)

    def _decided(self, question: Callable[[Any], Any]) -> Any:
        """The answer of a monotone question that changes only at rational numbers, so never at this one."""
        low, high = self._float_bounds
        if question(low) == question(high):
            return question(low)
        bits = 64
        while True:
            low, high = map(question, self.bounds(bits))
            if low == high:
                return low
            bits *= 2

    def __round__(self, digits: int = 0) -> float:
        return round(float(self), digits)

    def __floor__(self) -> int:
        return self._decided(floor)

    def __ceil__(self) -> int:
        return self._decided(ceil)

    # ------------------------------------------------------------------ in and out

    def terms(self) -> list[tuple[Fraction, Fraction]]:
        """Pairs (c, q) with x = Σ c·cos(qπ), 0 ≤ q < 1/2, q ascending; q = 0 for the rational part."""
        half = len(self.coefficients) // 2  # φ(N)/2 cosines, cos(2πk/N) with k < φ(N)/2, are a basis of the real numbers
        powers = np.zeros(self.N, dtype=self.coefficients.dtype)
        powers[(np.arange(len(self.coefficients)) + half - 1) % self.N] = self.coefficients
        shifted = reduced(self.N, powers, size_of(powers))[
            half - 1 : -1
        ].tolist()  # of ζ^0 … ζ^(half − 1); those of ζ^−k are the same
        found: dict[Fraction, Fraction] = {}
        for k, c in enumerate(shifted):
            angle, size = Fraction(2 * k, self.N), Fraction(2 * c if k else c, self.denominator)
            if angle > Fraction(1, 2):
                angle, size = 1 - angle, -size
            found[angle] = found.get(angle, Fraction(0)) + size
        return sorted(((c, q) for q, c in found.items() if c), key=lambda term: term[1])

    def to_sympy(self) -> Any:
        """The same number as a sympy sum of cosines."""
        import sympy

        return sympy.Add(
            *(sympy.Rational(c.numerator, c.denominator) * sympy.cos(sympy.pi * sympy.Rational(q.numerator, q.denominator))
              for c, q in self.terms())
        )  # fmt: skip

    def _sympy_(self) -> Any:  # sympify asks for this
        return self.to_sympy()

    def __repr__(self) -> str:
        terms = self.terms()
        if len(terms) > TERMS_SHOWN:
            return f"≈{float(self)!r} in Q(ζ_{self.N})"
        text = ""
        for c, q in terms:
            cosine = "" if q == 0 else f"cos({'' if q.numerator == 1 else q.numerator}π/{q.denominator})"
            size = "" if abs(c) == 1 and cosine else str(abs(c)) + ("·" if cosine else "")
            text += (" − " if c < 0 else " + ") if text else ("−" if c < 0 else "")
            text += size + cosine
        return text

    def __reduce__(self):
        return _unpickled, (self.N, self.coefficients.tolist(), self.denominator)


# ---------------------------------------------------------------------- where numbers come from


def cos_pi(p: int, q: int = 1) -> Any:
    """cos(πp/q), exactly; int or Fraction where it is rational. Raises BadStep for q < 1.

    >>> cos_pi(1, 3), cos_pi(1, 7), 3 * cos_pi(2, 7) - 1, cos_pi(1, 7) == -cos_pi(6, 7)
    (Fraction(1, 2), cos(π/7), −1 + 3·cos(2π/7), True)
    """
    if q < 1:
        raise BadStep(f"cos(π·{p}/{q}): the denominator should be at least 1")
    turn = Fraction(p, 2 * q)
    N, k = turn.denominator, turn.numerator
    powers = np.zeros(N, dtype=np.int64)
    powers[k % N] += 1
    powers[-k % N] += 1
    return _number(N, reduced(N, powers, 2), 2)


def sin_pi(p: int, q: int = 1) -> Any:
    """sin(πp/q), exactly.

    >>> sin_pi(1, 6), sin_pi(1, 4) == sqrt(2) / 2
    (Fraction(1, 2), True)
    """
    return cos_pi(q - 2 * p, 2 * q) if q >= 1 else cos_pi(p, q)


def sqrt(n: int | Fraction) -> Any:
    """√n for a rational n ≥ 0, by Gauss sums. Raises BadStep for n < 0.

    >>> sqrt(4), sqrt(Fraction(1, 2)) == cos_pi(1, 4), sqrt(6) == sqrt(2) * sqrt(3), float(sqrt(7)) == 7**0.5
    (2, True, True, True)
    """
    if n < 0:
        raise BadStep(f"the square root of {n} is not real")
    n = Fraction(n)
    whole, rest = 1, n.numerator * n.denominator
    root: Any = Fraction(1, n.denominator)
    if rest == 0:
        return 0
    p = 2
    while p * p <= rest:
        while rest % (p * p) == 0:
            rest, whole = rest // (p * p), whole * p
        if rest % p == 0:
            rest, root = rest // p, root * _prime_root(p)
        p += 1
    root = root * whole * (_prime_root(rest) if rest > 1 else 1)
    return int(root) if isinstance(root, Fraction) and root.denominator == 1 else root


def from_sympy(value: Any) -> Any:
    """A sympy number made of rationals, square roots of rationals, cosines and sines of rational multiples of π.

    Raises BadStep on anything else (nested radicals): give cosines.

    >>> import sympy
    >>> from_sympy((sympy.sqrt(5) - 1) / 4) == cos_pi(2, 5), from_sympy(sympy.cos(sympy.pi / 7))
    (True, cos(π/7))
    """
    import sympy

    if value.is_Rational:
        return _plain(Fraction(int(value.p), int(value.q)))
    if isinstance(value, sympy.Add):
        return sum((from_sympy(x) for x in value.args[1:]), from_sympy(value.args[0]))
    if isinstance(value, sympy.Mul):
        product = from_sympy(value.args[0])
        for x in value.args[1:]:
            product = product * from_sympy(x)
        return product
    if isinstance(value, sympy.Pow):
        base, exponent = value.args
        if exponent.is_Integer:
            inner = from_sympy(base)
            return inner ** int(exponent) if isinstance(inner, Cyclotomic) else _plain(Fraction(inner) ** int(exponent))
        if base.is_Rational and base >= 0 and (2 * exponent).is_Integer:
            root, power = sqrt(Fraction(from_sympy(base))), int(2 * exponent)
            return root**power if isinstance(root, Cyclotomic) else _plain(Fraction(root) ** power)
    if isinstance(value, (sympy.cos, sympy.sin)):
        angle = value.args[0] / sympy.pi
        if angle.is_Rational:
            return (cos_pi if isinstance(value, sympy.cos) else sin_pi)(int(angle.p), int(angle.q))
    if value is sympy.GoldenRatio:
        return (1 + sqrt(5)) / 2
    raise BadStep(
        f"{value} is not written with rationals, square roots of rationals and cosines or sines of rational multiples of π; "
        "theory.cyclotomic has cos_pi and sin_pi"
    )


# ---------------------------------------------------------------------- how numbers are kept


def _number(N: int, coefficients: np.ndarray, denominator: int) -> Any:
    """Cancelled; an int or Fraction when it is rational."""
    if not coefficients[1:].any():
        return _plain(Fraction(int(coefficients[0]), denominator))
    if denominator != 1:
        common = gcd(denominator, *coefficients.tolist())
        if common != 1:
            coefficients, denominator = coefficients // common, denominator // common
    if coefficients.dtype == object and size_of(coefficients) < MACHINE_WORD:
        coefficients = coefficients.astype(np.int64)
    return Cyclotomic(N, coefficients, denominator)


def _plain(value: Fraction) -> int | Fraction:
    return value.numerator if value.denominator == 1 else value


def _rational(value: Any) -> bool:
    return isinstance(value, (int, Fraction, np.integer))


@cache
def _prime_root(p: int) -> Any:
    """√p."""
    if p == 2:
        return 2 * cos_pi(1, 4)
    squares = {k * k % p for k in range(1, p)}
    total: Any = 0
    for k in range(1, p):  # Gauss: Σ (k/p) ζ_p^k is √p, or i√p when p = 3 mod 4
        wave = cos_pi(2 * k, p) if p % 4 == 1 else sin_pi(2 * k, p)
        total = total + (wave if k in squares else -wave)
    return total


def _unpickled(N: int, coefficients: list[int], denominator: int) -> Any:
    return _number(N, np.array(coefficients, dtype=object), denominator)
