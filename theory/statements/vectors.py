"""Vectors of every dimension at once: formal combinations of named vectors, whose inner products are symbols.

Notation      k, x, … names of vectors; a Vector is Σ c_i x_i with c_i a polynomial; k·x = x·k is a sympy symbol, ‖k‖² is k·k.
Why a proof   the only rules used are that the inner product is bilinear and symmetric, and that vectors form a module.  An identity
              that comes out so is a polynomial identity in free symbols, and so true of any vectors of any real inner product
              space: of R^n for all n, and of matrices S [K, V] with tr(SᵀT).

>>> k, x = vector("k"), vector("x")
>>> applied(scalar("β"), k, x)
x + (-k·x*β) k
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Expr = Any  # sympy's; sympy is imported when a vector is made


class Vector:
    """Σ c_i x_i; terms maps the name of x_i to c_i."""

    def __init__(self, terms: Mapping[str, Expr]):
        import sympy

        expanded = {name: sympy.expand(c) for name, c in terms.items()}
        self.terms = {name: c for name, c in expanded.items() if c != 0}

    def __add__(self, other: Vector) -> Vector:
        return Vector({name: self.terms.get(name, 0) + other.terms.get(name, 0) for name in {**self.terms, **other.terms}})

    def __sub__(self, other: Vector) -> Vector:
        return self + -1 * other

    def __rmul__(self, scalar: Expr) -> Vector:
        return Vector({name: scalar * c for name, c in self.terms.items()})

    def dot(self, other: Vector) -> Expr:
        """The inner product, a polynomial in those of the named vectors."""
        import sympy

        return sympy.expand(sum(c * d * inner(a, b) for a, c in self.terms.items() for b, d in other.terms.items()))

    def squared(self) -> Expr:
        """‖x‖²."""
        return self.dot(self)

    def given(self, values: Mapping[Expr, Expr]) -> Vector:
        """With hypotheses put in: inner products that are known."""
        import sympy

        return Vector({name: sympy.sympify(c).subs(values) for name, c in self.terms.items()})

    def is_zero(self) -> bool:
        return not self.terms

    def __repr__(self) -> str:
        return " + ".join(name if c == 1 else f"({c}) {name}" for name, c in self.terms.items()) or "0"


def vector(name: str) -> Vector:
    return Vector({name: 1})


def scalar(name: str) -> Expr:
    """A real number as a symbol."""
    import sympy

    return sympy.Symbol(name, real=True)


def inner(a: str, b: str) -> Expr:
    """The symbol of the inner product of two named vectors: one for a·b and b·a."""
    return scalar("·".join(sorted((a, b))))


def applied(beta: Expr, k: Vector, x: Vector) -> Vector:
    """(I − β k kᵀ) x = x − β (k·x) k."""
    return x - (beta * k.dot(x)) * k


def vanishes(expression: Expr, given: Mapping[Expr, Expr] | None = None) -> bool:
    """Whether a polynomial is 0 identically, once the hypotheses are put in."""
    import sympy

    return sympy.expand(sympy.sympify(expression).subs(given or {})) == 0
