"""Where the eigenvalues of an exact matrix are: characteristic polynomials, Sturm sequences, the unit circle. No floats.

Notation      p(x) = Σ p_i xⁱ, kept as [p_0, …, p_n] with p_n ≠ 0; numbers of theory/numbers.py.
Sturm         p without repeated roots, p_0 = p, p_1 = p′, p_{i+1} = −(p_{i−1} mod p_i); V(x) the changes of sign in p_0(x), p_1(x), ….
              For a < b, p has V(a) − V(b) roots in (a, b].
Unit circle   the conjugate of z is 1/z there, so such roots are roots of p and of xⁿ p(1/x), thus of their greatest common divisor
              g; without its roots ±1, g is its own reverse and of even degree 2d, and x⁻ᵈ g(x) is a polynomial h in w = x + 1/x.
              Roots on the circle, ±1 apart, are the real roots of h in (−2, 2).
Source        Faddeev–LeVerrier for the characteristic polynomial; Sturm 1829.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import inf

import numpy as np

from .numbers import Number, identity, is_zero, simplified, tidied

Polynomial = list[Number]


def characteristic_polynomial(matrix: np.ndarray) -> Polynomial:
    """det(xI − A) of an exact matrix [n, n].

    >>> characteristic_polynomial(np.array([[0, -1], [1, 0]], dtype=object))
    [1, 0, 1]
    """
    n = len(matrix)
    coefficients: Polynomial = [1]
    power = identity(n)
    for k in range(1, n + 1):
        product = tidied(matrix @ power)
        c = simplified(_over(-sum(product[i, i] for i in range(n)), k))
        coefficients.append(c)
        power = product + c * identity(n)
    return coefficients[::-1]


def n_real_roots(p: Polynomial, low: Number = -inf, high: Number = inf) -> int:
    """How many different real roots lie in [low, high].

    >>> n_real_roots([0, -1, 0, 1]), n_real_roots([0, -1, 0, 1], 0, 1)      # x³ − x
    (3, 2)
    """
    simple = squarefree(p)
    at_low = low != -inf and is_zero(value(simple, low))
    return _between(simple, low, high) + int(at_low)


def n_roots_of_modulus_one(p: Polynomial) -> int:
    """How many different roots of modulus 1 there are beside 1 itself.

    >>> n_roots_of_modulus_one([1, 0, 1]), n_roots_of_modulus_one([-1, 1]), n_roots_of_modulus_one([1, -3, 1])
    (2, 0, 0)
    """
    simple = squarefree(p)
    minus_one = int(is_zero(value(simple, -1)))
    g = greatest_common_divisor(simple, simple[::-1] if not is_zero(simple[0]) else _trimmed(simple[::-1]))
    for root in (1, -1):
        if is_zero(value(g, root)):
            g = divided(g, [-root, 1])[0]
    d = degree(g) // 2
    folded = _folded(g, d)
    return minus_one + (2 * _between(squarefree(folded), -2, 2) if d else 0)  # h(±2) is not 0 without the roots ±1


def _folded(g: Polynomial, d: int) -> Polynomial:
    """h with h(x + 1/x) = x⁻ᵈ g(x), by taking off the leading term again and again."""
    left = {i - d: c for i, c in enumerate(g)}
    binomials = [1]
    powers = [binomials]
    for _ in range(d):
        binomials = [a + b for a, b in zip([*binomials, 0], [0, *binomials], strict=True)]
        powers.append(binomials)
    h: Polynomial = [0] * (d + 1)
    for k in range(d, -1, -1):
        h[k] = left[k]
        for i, b in enumerate(powers[k]):  # (x + 1/x)^k = Σ b_i x^(k − 2i)
            left[k - 2 * i] = simplified(left[k - 2 * i] - h[k] * b)
    return _trimmed(h)


# ---------------------------------------------------------------------- arithmetic of polynomials


def degree(p: Polynomial) -> int:
    return len(p) - 1


def value(p: Polynomial, x: Number) -> Number:
    """p(x), by Horner's rule."""
    total: Number = 0
    for c in reversed(p):
        total = total * x + c
    return simplified(total)


def derivative(p: Polynomial) -> Polynomial:
    return [i * c for i, c in enumerate(p)][1:] or [0]


def divided(p: Polynomial, q: Polynomial) -> tuple[Polynomial, Polynomial]:
    """Quotient and rest; [0] for the polynomial 0.

    >>> divided([1, 0, 1], [1, 1])
    ([-1, 1], [2])
    """
    quotient: Polynomial = [0] * max(len(p) - len(q) + 1, 1)
    rest = list(p)
    while len(rest) >= len(q) and not _is_zero(rest):
        shift = len(rest) - len(q)
        c = simplified(_over(rest[-1], q[-1]))
        quotient[shift] = c
        lower = [simplified(x - c * y) for x, y in zip(rest[shift:-1], q[:-1], strict=True)]
        rest = _trimmed([*rest[:shift], *lower] or [0])
    return quotient, rest


def greatest_common_divisor(p: Polynomial, q: Polynomial) -> Polynomial:
    """Monic, by Euclid.

    >>> greatest_common_divisor([-1, 0, 1], [1, 2, 1])
    [1, 1]
    """
    while not _is_zero(q):
        p, q = q, _monic(divided(p, q)[1])
    return _monic(p)


def squarefree(p: Polynomial) -> Polynomial:
    """The same roots, each once."""
    return _monic(divided(p, greatest_common_divisor(p, derivative(p)))[0]) if degree(p) else p


def _between(p: Polynomial, low: Number, high: Number) -> int:
    """Roots in (low, high] of a polynomial without repeated ones, by Sturm."""
    chain = [p, derivative(p)]
    while not _is_zero(chain[-1]):
        chain.append([-c for c in divided(chain[-2], chain[-1])[1]])
    return _changes(chain[:-1], low) - _changes(chain[:-1], high)


def _changes(chain: list[Polynomial], x: Number) -> int:
    signs = [s for s in (_sign_at(p, x) for p in chain) if s]
    return sum(a != b for a, b in pairwise(signs))


def _sign_at(p: Polynomial, x: Number) -> int:
    if x in (inf, -inf):
        top = 1 if p[-1] > 0 else -1
        return top if x > 0 or degree(p) % 2 == 0 else -top
    at = value(p, x)
    return 0 if is_zero(at) else 1 if at > 0 else -1


def _is_zero(p: Polynomial) -> bool:
    return len(p) == 1 and is_zero(p[0])


def _trimmed(p: Polynomial) -> Polynomial:
    while len(p) > 1 and is_zero(p[-1]):
        p = p[:-1]
    return p


def _monic(p: Polynomial) -> Polynomial:
    return p if _is_zero(p) else [simplified(_over(c, p[-1])) for c in p]


def _over(a: Number, b: Number) -> Number:
    return Fraction(a) / b if isinstance(a, (int, Fraction)) and isinstance(b, (int, Fraction)) else a / b
