"""One step and products of steps, against sympy's matrices."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from theory_strategies import fractions, to_sympy

from deltaword.automata.errors import BadStep
from deltaword.theory.householder import Step, overwrite, product, swap, unit, write
from deltaword.theory.numbers import exact, exact_matrix, is_zero, simplified

PROPERTY = settings(max_examples=60, deadline=None)

keys = st.lists(fractions, min_size=1, max_size=4)
strengths = st.fractions(min_value=0, max_value=1, max_denominator=6)  # of the range allowed: β‖k‖² = 2 · strength


def norm_squared(key: list[Fraction]) -> Fraction:
    return sum((x * x for x in key), Fraction(0))


def sympy_matrix(beta, key) -> sympy.Matrix:
    k = sympy.Matrix([sympy.sympify(x) for x in key])
    return sympy.eye(len(key)) - sympy.sympify(beta) * k * k.T


@st.composite
def steps(draw: st.DrawFn, size: int, columns: int = 1) -> Step:
    key = draw(st.lists(fractions, min_size=size, max_size=size))
    beta = 2 * draw(strengths) / (norm_squared(key) or 1)
    return Step(beta, tuple(key), tuple(draw(st.lists(fractions, min_size=columns, max_size=columns))))


@PROPERTY
@given(keys, strengths)
def test_eigenvalues_are_1_and_1_minus_beta_norm_squared(key, strength):
    size = norm_squared(key)
    assume(size != 0)
    step = Step(2 * strength / size, tuple(key), (0,))
    assert to_sympy(step.matrix()) == sympy_matrix(step.beta, key)
    expected: Any = {sympy.Integer(1): len(key) - 1} if len(key) > 1 else {}
    special: Any = sympy.Rational(1 - 2 * strength)
    expected[special] = expected.get(special, 0) + 1
    assert sympy_matrix(step.beta, key).eigenvals() == expected
    assert sympy.Rational(step.special_eigenvalue) == special
    assert -1 <= step.special_eigenvalue <= 1


@PROPERTY
@given(keys, st.fractions(min_value=-4, max_value=4, max_denominator=8))
def test_a_step_is_taken_exactly_when_its_matrix_does_not_stretch(key, beta):
    """‖I − β k kᵀ‖ ≤ 1 if and only if I − AᵀA is positive semidefinite, which sympy decides."""
    A = sympy_matrix(beta, key)
    contracts = bool((sympy.eye(len(key)) - A.T * A).is_positive_semidefinite)
    if contracts:
        Step(beta, tuple(key), (0,))
    else:
        with pytest.raises(BadStep, match="must lie in"):
            Step(beta, tuple(key), (0,))


@pytest.mark.parametrize(
    "beta", [Fraction(-1, 10**30), 2 + Fraction(1, 10**30), sympy.sqrt(2) * sympy.sqrt(3) - sympy.sqrt(6) + 3]
)
def test_the_range_is_closed_and_nothing_beyond_it_is_taken(beta):
    Step(0, (1,), (0,))
    Step(2, (1,), (0,))
    Step(1, (1, -1), (0,))
    with pytest.raises(BadStep):
        Step(beta, (1,), (0,))


def test_the_range_is_decided_exactly_for_roots():
    third = sympy.sqrt(3) / 3
    assert Step(2, (third, third, third), (0,)).special_eigenvalue == -1
    nested = sympy.sqrt(5 + 2 * sympy.sqrt(6))  # √2 + √3, which sympy does not see
    assert simplified(Step(2, (1, 0), (0,)).beta - (nested - sympy.sqrt(2) - sympy.sqrt(3)) - 2) == 0
    Step(2 + nested - sympy.sqrt(2) - sympy.sqrt(3), (1,), (0,))
    with pytest.raises(BadStep):
        Step(2 + nested - sympy.sqrt(2) - sympy.sqrt(3) + sympy.Rational(1, 10**20), (1,), (0,))


ROUNDED = [0.5, np.float32(1), sympy.Float(0.5), 0.5 * sympy.sqrt(2)]
NOT_REAL = [1j, sympy.I, sympy.sqrt(-2), sympy.oo, sympy.nan]
NOT_ALGEBRAIC = ["1", None, True, sympy.pi, sympy.Symbol("x"), sympy.Symbol("x", real=True)]


@pytest.mark.parametrize("number", [*ROUNDED, *NOT_REAL, *NOT_ALGEBRAIC])
def test_what_is_no_exact_real_number_is_refused(number):
    with pytest.raises(BadStep):
        exact(number)
    with pytest.raises(BadStep):
        Step(number, (1,), (0,))
    with pytest.raises(BadStep):
        Step(1, (number,), (0,))
    with pytest.raises(BadStep):
        Step(1, (1,), (number,))


@pytest.mark.parametrize("number", [3, Fraction(6, 2), np.int8(3), np.int64(3), sympy.Integer(3), sympy.Rational(6, 2)])
def test_whole_numbers_of_every_kind_become_int(number):
    assert exact(number) == 3
    assert type(exact(number)) is int


def test_zero_is_recognised_behind_nested_roots_and_cosines():
    c = [sympy.cos(2 * k * sympy.pi / 7) for k in (1, 2, 3)]
    assert is_zero(sum(c) + Fraction(1, 2))
    assert is_zero(sympy.sqrt(5 + 2 * sympy.sqrt(6)) - sympy.sqrt(2) - sympy.sqrt(3))
    assert is_zero(sympy.sqrt(3 + 2 * sympy.sqrt(2)) - 1 - sympy.sqrt(2))
    assert not is_zero(sympy.sqrt(2) - Fraction(665857, 470832))  # a convergent, off by 10^-12
    assert not is_zero(sum(c))


@pytest.mark.parametrize("rows", [[[1, 2], [3]], [[1], [2, 3]], [1, 2], 5, [[0.5]]])
def test_what_is_no_exact_matrix_is_refused(rows):
    with pytest.raises(BadStep):
        exact_matrix(rows)


@PROPERTY
@given(st.data(), st.integers(1, 4), st.integers(1, 3))
def test_applying_a_step_is_the_matrix_and_the_write(data, size, columns):
    step = data.draw(steps(size, columns))
    row = st.lists(fractions, min_size=columns, max_size=columns)
    state = exact_matrix(data.draw(st.lists(row, min_size=size, max_size=size)))
    before = state.copy()
    k, v = sympy.Matrix([sympy.Rational(x) for x in step.key]), sympy.Matrix([[sympy.Rational(x) for x in step.value]])
    expected = sympy_matrix(step.beta, step.key) * to_sympy(state) + sympy.Rational(step.beta) * k * v
    assert to_sympy(step.apply(state)) == expected
    assert np.array_equal(state, before), "apply must not change its argument"


def test_a_step_of_the_wrong_size_is_refused():
    state = exact_matrix([[1, 2], [3, 4]])
    for step in (Step(1, (1, -1), (0,)), Step(1, (1, -1, 0), (0, 0)), Step(1, (1,), (0, 0))):
        with pytest.raises(BadStep, match="shape"):
            step.apply(state)


@PROPERTY
@given(st.data(), st.integers(1, 4), st.integers(0, 4))
def test_a_product_applies_its_first_step_first(data, size, count):
    chosen = [data.draw(steps(size)) for _ in range(count)]
    expected = sympy.eye(size)
    for step in chosen:
        expected = sympy_matrix(step.beta, step.key) * expected
    assert to_sympy(product(chosen, size)) == expected


def test_the_order_of_two_mirrors_is_the_sense_of_the_rotation():
    first, second = swap(0, 1, 3), swap(1, 2, 3)
    state = exact_matrix([[10], [11], [12]])
    assert second.apply(first.apply(state)).ravel().tolist() == [11, 12, 10]
    assert first.apply(second.apply(state)).ravel().tolist() == [12, 10, 11]
    assert (product([first, second], 3) @ state).ravel().tolist() == [11, 12, 10]


def test_swap_and_overwrite_do_what_they_are_called():
    state = exact_matrix([[1, 2], [3, 4], [5, 6]])
    assert swap(0, 2, 3, columns=2).apply(state).tolist() == [[5, 6], [3, 4], [1, 2]]
    assert overwrite(1, (7, 8), 3).apply(state).tolist() == [[1, 2], [7, 8], [5, 6]]
    assert unit(2, 4, 0) == (-1, 0, 1, 0)


@PROPERTY
@given(st.lists(st.integers(-3, 3), min_size=1, max_size=40), st.lists(st.integers(-5, 5), min_size=1, max_size=3))
def test_write_adds_the_code_to_an_empty_state_with_dyadic_numbers(code, columns):
    step = write(code, columns)
    empty = np.zeros((len(code), len(columns)), dtype=object)
    assert np.array_equal(step.apply(empty), np.outer(code, columns))
    denominator = Fraction(step.beta).denominator
    assert denominator & (denominator - 1) == 0
    assert all(type(x) is int for x in step.value)
