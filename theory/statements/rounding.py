"""Rational numbers, their roots and exponentials, rounded to float formats exactly: no float is used to say what a float does.

Formats       those of theory/checker/formats.py: p significant bits, the smallest number 2^−finest; to nearest, ties to even.
Overflow      is not modelled: `nearest` gives the number that the format would have with a larger exponent; compare with `largest`.
"""

from __future__ import annotations

from fractions import Fraction
from math import isqrt

from ..checker.formats import FORMATS, Format

BF16, F16, F32, F64 = (FORMATS[name] for name in ("BF16", "F16", "F32", "F64"))


def nearest(x: Fraction | int, to: Format) -> Fraction:
    """The number of the format that is nearest to x, of two the even one.

    >>> nearest(Fraction(3, 5), BF16), nearest(257, BF16), nearest(259, BF16), nearest(Fraction(1, 2**25), F16)
    (Fraction(77, 128), Fraction(256, 1), Fraction(260, 1), Fraction(0, 1))
    """
    unit = spacing(x, to)
    return round(Fraction(x) / unit) * unit


def toward_zero(x: Fraction | int, to: Format) -> Fraction:
    """The number of the format next to x that is not larger in size.

    >>> toward_zero(Fraction(3, 5), BF16), toward_zero(-259, BF16)
    (Fraction(153, 256), Fraction(-258, 1))
    """
    unit = spacing(x, to)
    return int(Fraction(x) / unit) * unit


def nearest_root(square: Fraction, to: Format, down: bool = False) -> Fraction:
    """√square rounded to nearest, or down.

    >>> nearest_root(Fraction(1, 2), BF16), nearest_root(Fraction(1, 2), BF16, down=True), nearest_root(Fraction(9, 25), BF16)
    (Fraction(181, 256), Fraction(181, 256), Fraction(77, 128))
    """
    bits = 2 * (to.bits + 8)
    scale = 1 << max(0, square.denominator.bit_length() - square.numerator.bit_length() + 2 * bits)
    low = Fraction(isqrt(int(square * scale * scale)), scale)  # below the root by less than 1/scale, and of the same size
    unit = spacing(low, to)
    whole = low // unit
    while ((whole + 1) * unit) ** 2 <= square:
        whole += 1
    middle = (2 * whole + 1) * unit / 2
    up = not down and (middle**2 < square or (middle**2 == square and whole % 2 == 1))
    return (whole + up) * unit


def spacing(x: Fraction | int, to: Format) -> Fraction:
    """The distance of numbers of the format around x, on the side away from 0.

    >>> spacing(1, BF16), spacing(Fraction(255, 256), BF16)
    (Fraction(1, 128), Fraction(1, 256))
    """
    size = abs(Fraction(x))
    exponent = size.numerator.bit_length() - size.denominator.bit_length()  # of 2^e ≤ size < 2^(e+1), or one more
    if size < Fraction(2) ** exponent:
        exponent -= 1
    return Fraction(2) ** max(exponent - to.bits + 1, -to.finest)


def before(x: Fraction, to: Format) -> Fraction:
    """The largest number of the format below x, which is one of its numbers.

    >>> before(Fraction(1), BF16), before(Fraction(-1), BF16)
    (Fraction(255, 256), Fraction(-129, 128))
    """
    power_of_two = x > 0 and x.numerator & (x.numerator - 1) == 0 and x.denominator & (x.denominator - 1) == 0
    return x - max(spacing(x, to) / (2 if power_of_two else 1), Fraction(1, 2**to.finest))


def exponential(x: Fraction, bits: int = 256) -> tuple[Fraction, Fraction]:
    """Rational bounds low ≤ eˣ ≤ high, |x| ≤ 2⁹, about 2^−bits apart, relative to eˣ.

    The series at y = |x|/2^k ≤ 1/2, whose rest after yⁿ/n! is less than that term, in whole multiples of 2^−(bits+64); then k squares.

    >>> low, high = exponential(Fraction(1))
    >>> low < high, (high - low) < Fraction(1, 2**200), int(low * 10**12)
    (True, True, 2718281828459)
    """
    size, k = abs(Fraction(x)), 0
    while size / 2**k > Fraction(1, 2):
        k += 1
    y, one = size / 2**k, 1 << (bits + 64)
    term, low, n = one, 0, 0
    while term:
        low, n = low + term, n + 1
        term = term * y.numerator // (y.denominator * n)
    high = low + 2 * n + 2  # every term was cut by less than 1 and what that carries on, the rest is below the last
    for _ in range(k):
        low, high = low * low // one, -(-high * high // one)
    bounds = Fraction(low, one), Fraction(high, one)
    return bounds if x >= 0 else (1 / bounds[1], 1 / bounds[0])
