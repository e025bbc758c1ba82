"""Exact numbers of cyclotomic fields, against sympy's minimal polynomials, mpmath's digits and identities."""

import pickle
from fractions import Fraction
from math import ceil, floor, gcd
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from deltaword.automata.errors import BadStep
from deltaword.theory.cyclotomic import Cyclotomic, cos_pi, from_sympy, sin_pi, sqrt
from deltaword.theory.cyclotomic_basis import cyclotomic_polynomial
from deltaword.theory.factor import reflections
from deltaword.theory.householder import Step, product
from deltaword.theory.numbers import exact, is_zero, simplified, tidied

PROPERTY = settings(max_examples=100, deadline=None)

fractions = st.fractions(min_value=-5, max_value=5, max_denominator=12)


@st.composite
def sums(draw, orders=(5, 7, 8, 9, 12, 15, 16, 20, 21), terms=3):
    """A number and the same as a function of mpmath's precision: rationals times cosines and sines."""
    parts = [(Fraction(draw(fractions)), 0, 1)]
    for _ in range(draw(st.integers(0, terms))):
        q = draw(st.sampled_from(orders))
        parts.append((draw(fractions), draw(st.integers(-2 * q, 2 * q)), q))
    number = sum((c * cos_pi(p, q) for c, p, q in parts), 0)
    return number, lambda: sum(mpmath.mpf(c.numerator) / c.denominator * mpmath.cospi(mpmath.mpf(p) / q) for c, p, q in parts)


def close(number, digits):
    with mpmath.workdps(60):
        low, high = number.bounds(150) if isinstance(number, Cyclotomic) else (number, number)
        middle = (Fraction(low) + Fraction(high)) / 2
        return abs(mpmath.mpf(middle.numerator) / middle.denominator - digits()) < mpmath.mpf(10) ** -35


@PROPERTY
@given(sums(), sums())
def test_arithmetic_agrees_with_sixty_digits(a, b):
    (x, x_digits), (y, y_digits) = a, b
    assert close(x, x_digits)
    assert close(x + y, lambda: x_digits() + y_digits())
    assert close(x - y, lambda: x_digits() - y_digits())
    assert close(x * y, lambda: x_digits() * y_digits())
    if y != 0:
        assert close(x * (1 / Fraction(y) if isinstance(y, (int, Fraction)) else 1 / y), lambda: x_digits() / y_digits())


@PROPERTY
@given(sums(), sums(), sums())
def test_the_laws_of_a_field_hold_exactly(a, b, c):
    x, y, z = a[0], b[0], c[0]
    assert (x + y) * z == x * z + y * z
    assert (x * y) * z == x * (y * z)
    assert x - x == 0
    assert x + 0 == x * 1 == x
    if isinstance(y, Cyclotomic):
        assert x / y * y == x
        assert y * (1 / y) == 1
        assert y**3 == y * y * y
        assert y**-2 * y * y == 1


@PROPERTY
@given(sums(), sums())
def test_order_agrees_with_digits_and_equal_numbers_have_equal_hashes(a, b):
    (x, x_digits), (y, y_digits) = a, b
    with mpmath.workdps(60):
        difference = x_digits() - y_digits()
        small = abs(difference) < mpmath.mpf(10) ** -50
        assert (x == y) == small
        if small:
            assert hash(x) == hash(y)
        else:
            assert (x < y) == (difference < 0)
            assert (x >= y) == (difference > 0)
        if isinstance(x, Cyclotomic):
            assert floor(x) == int(mpmath.floor(x_digits()))
            assert ceil(x) == floor(x) + 1
            assert abs(x) > 0


@PROPERTY
@given(sums())
def test_a_float_is_the_nearest_one(a):
    x, digits = a
    with mpmath.workdps(60):
        assert abs(mpmath.mpf(float(x)) - digits()) <= mpmath.mpf(np.spacing(abs(float(x)))) * 0.5000001


@pytest.mark.parametrize("m", [3, 5, 7, 8, 9, 11, 12, 15, 16, 24, 30, 35, 61, 64, 105])
def test_cosines_fulfil_the_polynomials_of_the_textbook(m):
    """cos(nx) by Chebyshev's recurrence, sin² + cos² = 1, and sympy's cyclotomic polynomial."""
    c, s = cos_pi(2, m), sin_pi(2, m)
    assert c * c + s * s == 1
    before, now = 1, c
    for k in range(2, m + 1):
        before, now = now, 2 * c * now - before
        assert now == cos_pi(2 * k, m)
    assert now == 1
    coefficients = sympy.Poly(sympy.cyclotomic_poly(m, sympy.Symbol("x"))).all_coeffs()
    assert list(cyclotomic_polynomial(m)) == [int(x) for x in coefficients[::-1]]


@pytest.mark.parametrize("N", [7, 9, 16, 20, 36])
def test_the_minimal_polynomial_by_sympy_vanishes(N):
    x = sympy.Symbol("x")
    polynomial = sympy.Poly(sympy.minimal_polynomial(sympy.cos(2 * sympy.pi / N), x), x)
    c, value = cos_pi(2, N), 0
    for coefficient in polynomial.all_coeffs():
        value = value * c + int(coefficient)
    assert value == 0
    assert polynomial.degree() == len({cos_pi(2 * k, N) for k in range(1, N) if gcd(k, N) == 1})


def test_the_same_number_from_different_fields_is_one_key():
    same = [2 * cos_pi(1, 5), (1 + sqrt(5)) / 2, from_sympy(sympy.GoldenRatio), 2 * cos_pi(1, 5) + cos_pi(1, 7) - cos_pi(1, 7)]
    assert len(set(same)) == 1
    assert len({x.N for x in same}) > 1
    assert cos_pi(1, 7) != cos_pi(1, 5)
    assert cos_pi(1, 7) != Fraction(1, 2)
    assert {cos_pi(1, 3): "a half"}[Fraction(1, 2)] == "a half"


def test_close_numbers_are_told_apart():
    """√2 and a continued fraction of it, 10^-60 apart: machine digits cannot tell, the sign is right."""
    p, q = 1, 1
    for _ in range(160):
        p, q = p + 2 * q, p + q
    assert abs(Fraction(p, q) ** 2 - 2) < Fraction(1, 10**60)
    assert (sqrt(2) > Fraction(p, q)) == (2 * q * q > p * p)
    assert (sqrt(2) < Fraction(p, q)) == (2 * q * q < p * p)
    assert float(sqrt(2) - Fraction(p, q)) != 0


def test_large_coefficients_leave_machine_words_without_harm():
    x = 10**30 * cos_pi(1, 7) + 3
    assert (x - 3) / 10**30 == cos_pi(1, 7)
    assert (x * x - (10**60 * cos_pi(1, 7) ** 2 + 6 * 10**30 * cos_pi(1, 7))) == 9
    assert (1 + cos_pi(1, 9)) ** 40 * (1 + cos_pi(1, 9)) ** -40 == 1


@pytest.mark.parametrize("n", [0, 1, 2, 3, 5, 6, 7, 8, 11, 12, 13, 45, 50, 97, Fraction(2, 3), Fraction(9, 4), Fraction(5, 49)])
def test_square_roots_are_square_roots(n):
    assert sqrt(n) ** 2 == n
    assert sqrt(n) >= 0


@PROPERTY
@given(sums())
def test_sympy_takes_them_and_gives_them_back(a):
    x = a[0]
    if isinstance(x, Cyclotomic):
        shown: Any = sympy.sympify(x)
        assert abs(float(shown.evalf(25)) - float(x)) < 1e-12 * (1 + abs(float(x)))
        rebuilt = sum((c * cos_pi(q.numerator, q.denominator) for c, q in x.terms()), 0)
        assert rebuilt == x
        assert pickle.loads(pickle.dumps(x)) == x


def test_sympy_numbers_are_converted_where_they_are_plain():
    r5, pi = sympy.sqrt(5), sympy.pi
    assert from_sympy((r5 - 1) / 4) == cos_pi(2, 5)
    assert from_sympy(1 / (1 + r5)) == 1 / (1 + sqrt(5))
    assert from_sympy(sympy.cos(2 * pi / 7) * sympy.sin(pi / 9) + sympy.Rational(1, 3)) == cos_pi(2, 7) * sin_pi(
        1, 9
    ) + Fraction(1, 3)
    assert from_sympy(sympy.sqrt(sympy.Rational(3, 2))) == sqrt(Fraction(3, 2))
    with pytest.raises(BadStep, match="cos_pi"):
        from_sympy(sympy.sqrt(1 + r5))
    with pytest.raises(BadStep, match="not real"):
        sqrt(-1)
    with pytest.raises(BadStep, match="denominator"):
        cos_pi(1, 0)


def test_numbers_py_and_steps_take_them():
    c, s = cos_pi(2, 7), sin_pi(2, 7)
    assert exact(c) is c
    assert simplified(c) is c
    assert not is_zero(c)
    assert tidied(np.array([c, 1], dtype=object))[0] is c
    assert Step(2, (c, s), (0,)).special_eigenvalue == -1
    with pytest.raises(BadStep, match="must lie in"):
        Step(2, (c, s + Fraction(1, 10**40)), (0,))
    Q = [[c, -s], [s, c]]
    found = reflections(Q)
    assert len(found) == 2
    assert (product(found, 2) == np.array(Q, dtype=object)).all()


def test_they_are_shown_as_sums_of_cosines():
    assert repr(3 * cos_pi(2, 7) - Fraction(1, 2)) == "−1/2 + 3·cos(2π/7)"
    assert repr(-cos_pi(1, 7)) == "−cos(π/7)"
    assert repr(cos_pi(1, 61) * sum(cos_pi(k, 61) for k in range(9))).startswith("≈")
