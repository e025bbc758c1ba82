"""Swaps with dyadic keys are exact in floats on states of one grid, in any order of summation.

Notation      a float format holds the whole multiples z·g of a power of two g with |z| ≤ 2^p (and g not below its smallest
              number); M the largest |entry| of the state, in units of its grid g.
Hypotheses    (raw) k = e_i − e_j, β = 1, M ≤ 2^(p−1). (doubled) every coordinate is stored twice, k = ½ (e_i + e_i' − e_j −
              e_j'), β = 2, M ≤ 2^(p−2), and g/2 is held, too. Values v = 0; every entry of the state is a whole multiple of
              g.
Claim         S ← S + k β (v − kᵀS) exchanges the rows i and j (and i', j'), and every number on the way is held: nothing
              rounds, in sums of any order, with fused operations or without. Doubled keys have length 1 exactly; raw ones
              need no doubling.
Proof         in real numbers: ‖k‖² β = 2, so the step is the reflection along k. For h = a (e_i + e_i') + b (e_j + e_j') + r,
              r orthogonal to the four, it is b (e_i + e_i') + a (e_j + e_j') + r. In floats: sums of any order are of subsets
              of the products ±h_i (raw), ±½h_i (doubled): multiples of g, of g/2, up to 2M. That is 2M ≤ 2^p units, 4M ≤ 2^p
              units, so they are held; so is their product with ½, 1, 2, and the row h_i − (h_i − h_j) = h_j.
Source        this project.
Check         the reflection with generic vectors, for all n. Beside it bfloat16 and float16, all of them: for all whole h_i,
              h_j of the range every sum of a subset of the products is held, is the update and its sum with the row.
Status        proved
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np

from .rounding import BF16, F16, Format, nearest
from .statement import Counterexample, Statement, require
from .vectors import Vector, inner, scalar, vector

FORMATS = (BF16, F16)
UNITS = ("e", "e'", "f", "f'")  # e_i, e_i', e_j, e_j'


def verify() -> tuple[int, str]:
    a, b, r = scalar("a"), scalar("b"), vector("r")
    e, e2, f, f2 = (vector(name) for name in UNITS)
    half = Fraction(1, 2)
    doubled = reflected(half * (e + e2) - half * (f + f2), 2, a * (e + e2) + b * (f + f2) + r)
    require((doubled - (b * (e + e2) + a * (f + f2) + r)).is_zero(), "the doubled key swaps")
    raw = reflected(e - f, 1, a * e + b * f + r)
    require((raw - (b * e + a * f + r)).is_zero(), "the raw key swaps")
    cases = 0
    for to in FORMATS:
        cases += exact(to, 2 ** (to.bits - 1), scale=1)
        cases += exact(to, 2 ** (to.bits - 2), scale=2)
    return (
        2 + cases,
        f"2 identities in generic e, f, r; {cases:,} pairs of entries in {' and '.join(to.name for to in FORMATS)}",
    )


def reflected(k: Vector, beta: int, h: Vector) -> Vector:
    """h − β (k·h) k, given that the e, f are orthonormal and r is orthogonal to them."""
    import sympy

    known = {inner(x, y): int(x == y) for x, y in product(UNITS, repeat=2)} | {inner(x, "r"): 0 for x in UNITS}
    return h - sympy.expand(sympy.sympify(beta * k.dot(h)).subs(known)) * k


def exact(to: Format, largest: int, scale: int) -> int:
    """How many pairs h_i, h_j, |h| ≤ largest, were found to be swapped without rounding. In units of g, of g/2 for doubled keys."""
    h = np.arange(-largest, largest + 1, dtype=np.int32)  # a product is h / scale, counted in units of g / scale
    h_i, h_j = h[:, None], h[None, :]
    for a, b in product(range(scale + 1), repeat=2):  # so many of the products with h_i, with h_j
        require(held(a * h_i - b * h_j, to).all(), f"sums of {a} and {b} products in {to.name}")
    update = scale * (h_i - h_j)  # β times the whole sum
    require(held(update, to).all() and held(h_i - (h_i - h_j), to).all(), f"the update in {to.name}")
    return h_i.size * h_j.size


def held(x: np.ndarray, to: Format) -> np.ndarray:
    """Whether whole numbers have at most p significant bits."""
    odd = np.abs(x)
    for shift in (16, 8, 4, 2, 1):
        odd = np.where((odd != 0) & (odd % 2**shift == 0), odd >> shift, odd)
    return odd <= 2**to.bits


def refute() -> Counterexample:
    h = [Fraction(1), Fraction(1, 512)]
    difference = nearest(h[0] - h[1], BF16)
    after = [nearest(h[0] - difference, BF16), nearest(h[1] + difference, BF16)]
    require(all(nearest(x, BF16) == x for x in h) and after != h[::-1], "entries 1 and 1/512 in bfloat16")
    return Counterexample(
        "“multiples of one grid, up to 2^(p−1)” dropped: any two numbers that bfloat16 holds",
        {"state": h, "difference": difference, "after": after},
        f"1 − 1/512 takes nine bits and is rounded to {difference}; the swap gives ({after[0]}, {after[1]}), and 1/512 is lost",
    )


def example() -> str:
    return (
        f"bfloat16 has p = 8: raw keys swap whole numbers up to {2 ** (BF16.bits - 1)} exactly, doubled ones up to "
        f"{2 ** (BF16.bits - 2)}, at any length of the word; float16 up to {2 ** (F16.bits - 1)} and {2 ** (F16.bits - 2)}"
    )


STATEMENT = Statement("dyadic_keys", "proved for all n", __doc__, verify, refute, example)
