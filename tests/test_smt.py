"""The finder of counterexamples: what it finds is one, by numpy and sympy; what the theory proves it does not find; time and extra."""

from __future__ import annotations

from fractions import Fraction
from time import perf_counter

import numpy as np
import pytest
import sympy
from theory_strategies import to_sympy

from deltaword.automata.errors import BadArgument, MissingExtra
from deltaword.theory.testing import find_counterexample, smt

pytest.importorskip("z3", reason="z3 is not installed: pip install 'deltaword[smt]'")


def confirmed(found, low, high):
    """The factors are in range and their product, multiplied by sympy, is the matrix; then the matrix in float64."""
    product = sympy.eye(len(found.keys[0]))
    for beta, key in zip(found.betas, found.keys, strict=True):
        k = sympy.Matrix([sympy.sympify(x) for x in key])
        assert low <= sympy.sympify(beta) * k.dot(k) <= high
        product = (sympy.eye(len(key)) - sympy.sympify(beta) * k * k.T) * product
    assert product == to_sympy(found.matrix)
    assert all(isinstance(x, (int, Fraction)) for x in found.matrix.flat)
    assert found.says.startswith("counterexample: ")
    return np.array(found.matrix.tolist(), dtype=float)


def test_two_strong_factors_that_turn_are_found():
    for low, high in ((0, 2), (Fraction(5, 4), Fraction(5, 4)), (Fraction(11, 10), Fraction(12, 10))):
        A = confirmed(find_counterexample("real_spectrum", k=2, beta=(low, high)), low, high)
        assert abs(np.linalg.eigvals(A).imag).min() > 0.01


def test_a_negative_eigenvalue_of_three_projections_is_found():
    A = confirmed(find_counterexample("nonnegative_spectrum", k=3, beta=(0, 1)), 0, 1)
    assert -0.1251 < min(np.linalg.eigvals(A).real) < -0.01


def test_a_range_beyond_two_expands():
    for n in (1, 2, 3):
        A = confirmed(
            find_counterexample("contractive", k=2, n=n, beta=(Fraction(1, 2), Fraction(21, 10))), Fraction(1, 2), 2.1
        )
        assert np.linalg.norm(A, 2) > 1


@pytest.mark.parametrize(
    ("claim", "k", "n", "beta"),
    [
        ("contractive", 2, 2, (0, 2)),
        ("contractive", 2, 3, (0, 2)),
        ("real_spectrum", 1, 2, (0, 2)),
        ("real_spectrum", 2, 2, (0, 1)),
        ("nonnegative_spectrum", 2, 2, (0, 1)),
    ],
)
def test_against_what_is_proved_none_is_found_and_that_is_called_no_proof(claim, k, n, beta):
    found = find_counterexample(claim, k, n, beta, seconds=5)
    assert found.matrix is None
    assert found.says == "none found: z3 says there are none; that is not a proof"


def test_time_is_kept():
    begun = perf_counter()
    found = find_counterexample("contractive", k=6, n=4, beta=(0, 2), seconds=1)
    assert found.matrix is None
    assert perf_counter() - begun < 8
    assert "gave up" in found.says


def test_a_wrong_answer_of_the_solver_is_not_believed(monkeypatch):
    """The exact check stands between z3 and the user: numbers that are no counterexample are not returned."""
    monkeypatch.setattr(smt, "_ask", lambda *_: ("sat", [((1, 1), ((1, 0), (0, 1)))]))
    found = find_counterexample("real_spectrum", k=2)
    assert found.matrix is None
    assert found.says.startswith("none found: z3 gave up")


def test_algebraic_numbers_are_rounded_to_rationals_in_range():
    import z3

    solver, x = z3.Solver(), z3.Real("x")
    solver.add(x * x == 2, x > 0)
    solver.check()
    near = smt._rational(solver.model(), x, 1000)
    assert near == Fraction(1393, 985)


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ({"claim": "stable"}, "no claim 'stable'"),
        ({"claim": "contractive", "k": 0}, "k = 0"),
        ({"claim": "real_spectrum", "n": 3}, "in the plane"),
        ({"claim": "contractive", "beta": (2, 0)}, "empty"),
        ({"claim": "contractive", "beta": (0, 0.5)}, "not an exact number"),
        ({"claim": "contractive", "seconds": 0}, "positive time"),
    ],
)
def test_what_cannot_be_asked_is_said(arguments, what):
    with pytest.raises(ValueError, match=what):
        find_counterexample(**arguments)
    assert issubclass(BadArgument, ValueError)


def test_without_z3_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "z3", None)
    with pytest.raises(MissingExtra, match=r"deltaword\[smt\]"):
        find_counterexample("contractive")
