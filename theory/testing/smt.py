"""Counterexamples by z3: the numbers of a product of k generalized Householder matrices that has what a claim denies.

What it is worth  what is found is rational and checked again in exact arithmetic, so it refutes the claim.  "None found" is no proof:
                  z3 gave up, ran out of time, or said that there are none, which nothing here checks; the proofs are in statements/.
Encoding          unit keys up to sign as (1, t_2, …, t_n)/‖·‖, the first key (1, 0, …, 0), which a rotation of space makes it.
                  Denominators 1 + ‖t‖² > 0 are multiplied out, so that z3 sees polynomials and strict inequalities; those have
                  rational solutions where they have any, and a solution that z3 gives in algebraic numbers is rounded to one.
                  Keys with a first coordinate of 0 are left out: a strict inequality that holds for one of them holds nearby.
                  Questions with all β at the ends of their range, where most counterexamples are, are asked first.
Source            L. de Moura and N. Bjørner 2008 (Z3); D. Jovanović and L. de Moura 2012 for its nonlinear real arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from importlib import import_module
from itertools import product as product_of
from time import perf_counter
from typing import Any, Literal

import numpy as np

from ...automata.errors import BadArgument, MissingExtra
from ..numbers import Number, exact
from .findings import Finding, outside, too_long
from .given import Given, given

Claim = Literal["contractive", "real_spectrum", "nonnegative_spectrum"]
CLAIMS = ("contractive", "real_spectrum", "nonnegative_spectrum")
DENOMINATORS = (10, 1000, 10**6, 10**12)  # with which an algebraic number is tried


@dataclass(frozen=True)
class Found:
    """claim    what was to be refuted
    matrix   the counterexample [n, n] in exact rationals, or None when none was found
    betas, keys  its factors, first to act first; keys raw, β‖k‖² in the range
    finding  what is wrong with it, decided exactly
    says     in words; when nothing was found, z3's answer
    seconds  the search took
    """

    claim: Claim
    matrix: np.ndarray | None
    betas: tuple[Number, ...]
    keys: tuple[tuple[Number, ...], ...]
    finding: Finding | None
    says: str
    seconds: float


def find_counterexample(claim: Claim, k: int = 2, n: int = 2, beta: tuple[Any, Any] = (0, 2), seconds: float = 20) -> Found:
    """A product of k factors in n dimensions, β‖k‖² in the closed range `beta`, that is not contractive, or has a non-real or negative
    eigenvalue; "none found" after at most about that many seconds is not a proof.

    claim  "contractive", "real_spectrum" or "nonnegative_spectrum"; the spectra in the plane alone, n = 2 (a plane's factors leave
           the rest of space as it is, so what is found there is found in every n)

    Raises  MissingExtra without z3; BadArgument

    >>> import sympy
    >>> found = find_counterexample("real_spectrum", k=2)
    >>> found.says.split(":")[0], bool(found.matrix.trace() ** 2 < 4 * sympy.Matrix(found.matrix).det())
    ('counterexample', True)
    >>> find_counterexample("real_spectrum", k=2, beta=(0, 1)).matrix is None
    True
    """
    low, high = _checked(claim, k, n, beta, seconds)
    z3 = _z3()
    begun = perf_counter()
    answers = []
    questions = [(corner, violation) for corner in _strengths(low, high, k) for violation in _VIOLATIONS[claim]]
    for corner, violation in questions:
        left = seconds - (perf_counter() - begun)
        if left <= 0:
            answers.append("out of time")
            break
        share = left if corner is None else min(left, seconds / 8)  # the whole range comes last and gets what is left
        answer, candidates = _ask(z3, k, n, (low, high), corner, violation, share)
        answers.append(answer)
        for betas, keys in candidates:
            matrix = _multiplied(betas, keys)
            finding = refutes(claim, given(matrix)[0])
            if finding is not None:
                says = f"counterexample: {finding.says}; {finding.why}"
                return Found(claim, matrix, betas, keys, finding, says, perf_counter() - begun)
    whole = answers[-len(_VIOLATIONS[claim]) :]
    reason = (
        "z3 says there are none" if set(whole) == {"unsat"} else f"z3 gave up ({', '.join(sorted(set(answers) - {'unsat'}))})"
    )
    return Found(claim, None, (), (), None, f"none found: {reason}; that is not a proof", perf_counter() - begun)


def _strengths(low: Fraction, high: Fraction, k: int) -> Iterator[tuple[Fraction, ...] | None]:
    """All β‖k‖² at the ends of their range, which leaves the keys alone to be found, and at last None for the whole range."""
    if low < high and k <= 3:
        yield from product_of((high, low), repeat=k)
    yield None


def _ask(
    z3: Any,
    k: int,
    n: int,
    beta: tuple[Fraction, Fraction],
    corner: tuple[Fraction, ...] | None,
    violation: Callable[..., Any],
    seconds: float,
) -> tuple[str, list[tuple[tuple[Number, ...], tuple[tuple[Number, ...], ...]]]]:
    """z3's answer, and what it found as (betas, keys), rounded to rationals more and more finely."""
    low, high = beta
    solver = z3.SolverFor("QF_NRA")
    solver.set("timeout", max(1, int(1000 * seconds)))
    b = [z3.Real(f"b{j}") for j in range(k)] if corner is None else [z3.RealVal(str(x)) for x in corner]
    t = [[z3.RealVal(int(i == 0)) for i in range(n)]] + [
        [z3.RealVal(1), *(z3.Real(f"t{j}_{i}") for i in range(1, n))] for j in range(1, k)
    ]
    solver.add(*(z3.And(x >= z3.RealVal(str(low)), x <= z3.RealVal(str(high))) for x in b))
    solver.add(violation(z3, *_product(z3, b, t)))
    answer = str(solver.check())
    if answer != "sat":
        return "unsat" if answer == "unsat" else solver.reason_unknown(), []
    model, candidates = solver.model(), []
    for denominator in DENOMINATORS:
        strengths = [min(max(_rational(model, x, denominator), low), high) for x in b]
        keys = tuple(tuple(exact(_rational(model, x, denominator)) for x in key) for key in t)
        betas = tuple(exact(s / sum(x * x for x in key)) for s, key in zip(strengths, keys, strict=True))
        candidates.append((betas, keys))
    return "algebraic numbers that no rational near them stands for", candidates


def refutes(claim: Claim, matrix: Given) -> Finding | None:
    """What in the exact matrix contradicts the claim."""
    if claim == "contractive":
        return too_long(matrix, 0.0)
    return outside(matrix, 0.0) if claim == "real_spectrum" else outside(matrix, 0.0, 0)


def _checked(claim: Any, k: int, n: int, beta: tuple[Any, Any], seconds: float) -> tuple[Fraction, Fraction]:
    if claim not in CLAIMS:
        raise BadArgument(f"no claim {claim!r}; there are {', '.join(CLAIMS)}")
    if k < 1 or n < 1:
        raise BadArgument(f"k = {k} factors in n = {n} dimensions; give 1 or more of both")
    if claim != "contractive" and n != 2:
        raise BadArgument(f"spectra are searched in the plane, not in n = {n}; what is found for n = 2 holds in every n above")
    if not seconds > 0:
        raise BadArgument(f"seconds is {seconds!r}; give a positive time")
    low, high = (Fraction(exact(x)) for x in beta)
    if low > high:
        raise BadArgument(f"the range of β‖k‖² from {low} to {high} is empty")
    return low, high


def _z3() -> Any:
    try:
        return import_module("z3")
    except ImportError:
        raise MissingExtra(
            "the counterexample finder needs z3, which is not installed: pip install 'deltaword[smt]'; "
            "the statements themselves need no solver"
        ) from None


def _product(z3: Any, b: list[Any], t: list[list[Any]]) -> tuple[list[list[Any]], Any]:
    """(M, s) with polynomial entries and M/s the product: each factor is ((1 + ‖t‖²) I − b t tᵀ)/(1 + ‖t‖²)."""
    n = len(t[0])
    M, scale = [[z3.RealVal(int(i == j)) for j in range(n)] for i in range(n)], z3.RealVal(1)
    for strength, key in zip(b, t, strict=True):
        size = z3.Sum([x * x for x in key])
        row = [z3.Sum([key[i] * M[i][j] for i in range(n)]) for j in range(n)]  # keyᵀ M
        M = [[size * M[i][j] - strength * key[i] * row[j] for j in range(n)] for i in range(n)]
        scale = scale * size
    return [[z3.simplify(x, som=True) for x in row] for row in M], z3.simplify(scale, som=True)


def _lengthens(z3: Any, M: list[list[Any]], s: Any) -> Any:
    x = [z3.Real(f"x{i}") for i in range(len(M))]
    image = [z3.Sum([a * y for a, y in zip(row, x, strict=True)]) for row in M]
    return z3.Sum([y * y for y in image]) > s * s * z3.Sum([y * y for y in x])


def _turns(z3: Any, M: list[list[Any]], s: Any) -> Any:
    return _trace(M) * _trace(M) < 4 * _det(M)


def _negative_trace(z3: Any, M: list[list[Any]], s: Any) -> Any:
    return _trace(M) < 0


def _negative_determinant(z3: Any, M: list[list[Any]], s: Any) -> Any:
    return _det(M) < 0


def _trace(M: list[list[Any]]) -> Any:
    return M[0][0] + M[1][1]


def _det(M: list[list[Any]]) -> Any:
    return M[0][0] * M[1][1] - M[0][1] * M[1][0]


_VIOLATIONS = {
    "contractive": (_lengthens,),
    "real_spectrum": (_turns,),
    "nonnegative_spectrum": (_negative_determinant, _negative_trace, _turns),  # in the plane one of them is so
}


def _rational(model: Any, x: Any, denominator: int) -> Fraction:
    """z3's number: as it is when rational, else the fraction with at most this denominator that is near it."""
    number = model.eval(x, model_completion=True)
    if hasattr(number, "approx"):
        number = number.approx(20)
        return Fraction(number.as_fraction()).limit_denominator(denominator)
    return Fraction(number.as_fraction())


def _multiplied(betas: tuple[Number, ...], keys: tuple[tuple[Number, ...], ...]) -> np.ndarray:
    """The product in exact numbers; by hand, as no Step takes a β‖k‖² above 2."""
    total = np.eye(len(keys[0]), dtype=int).astype(object)
    for beta, key in zip(betas, keys, strict=True):
        vector = np.array(key, dtype=object)
        total = total - np.outer(vector, beta * (vector @ total))
    return total
