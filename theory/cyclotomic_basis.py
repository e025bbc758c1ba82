"""Whole coefficients in the basis 1, ζ, …, ζ^(φ(N) − 1) of a cyclotomic field: products, sums and digits, as fast as numpy goes.

Notation      ζ = e^(2πi/N), Φ_N its polynomial, of degree φ(N).
Exactness     sums that stay below 2^53 are taken in float64, below 2^62 in int64, others in Python's ints; sizes are bounded before.
"""

from __future__ import annotations

from functools import cache, lru_cache
from math import gcd, isqrt

import numpy as np

MACHINE_WORD = 2**62
Sized = tuple[np.ndarray, int]  # coefficients, and the size of the largest


@cache
def cyclotomic_polynomial(N: int) -> tuple[int, ...]:
    """Coefficients of Φ_N, constant first.

    >>> cyclotomic_polynomial(12), min(cyclotomic_polynomial(105))
    ((1, 0, -1, 0, 1), -2)
    """
    primes = [p for p in range(2, N + 1) if N % p == 0 and all(p % r for r in range(2, isqrt(p) + 1))]
    polynomial, radical = [-1, 1], 1
    for p in primes:  # Φ_(pn)(x) = Φ_n(x^p) / Φ_n(x) for a new prime p
        polynomial, radical = _quotient(_stretched(polynomial, p), polynomial), radical * p
    return tuple(_stretched(polynomial, N // radical))


def _stretched(polynomial: list[int], p: int) -> list[int]:
    """f(x^p)."""
    result = [0] * ((len(polynomial) - 1) * p + 1)
    result[::p] = polynomial
    return result


def _quotient(f: list[int], g: list[int]) -> list[int]:
    """f / g for a monic g that divides f."""
    rest, result = list(f), [0] * (len(f) - len(g) + 1)
    for i in range(len(result) - 1, -1, -1):
        result[i] = rest[i + len(g) - 1]
        if result[i]:
            for j, c in enumerate(g):
                rest[i + j] -= result[i] * c
    return result


@cache
def powers_in_basis(N: int) -> np.ndarray:
    """Row k: ζ^k in the basis, for k < max(N, 2φ(N) − 1) [rows, φ(N)]."""
    phi = cyclotomic_polynomial(N)
    d = len(phi) - 1
    top = -np.array(phi[:-1], dtype=np.int64)
    rows = np.zeros((max(N, 2 * d - 1), d), dtype=np.int64)
    rows[0, 0] = 1
    for k in range(1, len(rows)):
        rows[k, 1:] = rows[k - 1, :-1]
        rows[k] += rows[k - 1, -1] * top
    return rows


@cache
def float_powers(N: int) -> np.ndarray:
    return powers_in_basis(N).astype(float)


@cache
def growth(N: int) -> int:
    """How much larger than the largest of some powers' coefficients the reduced ones, and all sums on the way, can be."""
    return int(np.abs(powers_in_basis(N)).sum(axis=0).max())


@cache
def real_galois(N: int) -> tuple[int, ...]:
    """The k of the different maps ζ → ζ^k on the real subfield; 1 first."""
    return tuple(k for k in range(1, max(2, N // 2 + 1)) if gcd(k, N) == 1)


def size_of(a: np.ndarray) -> int:
    return max(int(a.max()), -int(a.min()))


def reduced(N: int, powers: np.ndarray, size: int) -> np.ndarray:
    """Σ powers[k] ζ^k in the basis; size bounds |powers|."""
    bound = size * growth(N)
    kind = _kind(bound)
    if kind is float:
        return (powers.astype(float, copy=False) @ float_powers(N)[: len(powers)]).astype(np.int64)
    return powers.astype(kind, copy=False) @ powers_in_basis(N)[: len(powers)].astype(kind, copy=False)


def product_of(N: int, a: Sized, b: Sized) -> np.ndarray:
    size = a[1] * b[1] * len(a[0])
    kind = _kind(size * growth(N))
    return reduced(N, np.convolve(a[0].astype(kind, copy=False), b[0].astype(kind, copy=False)), size)


def combined(a: Sized, x: int, b: Sized | None = None, y: int = 0) -> np.ndarray:
    """x·a + y·b."""
    kind = object if a[1] * abs(x) + (b[1] * abs(y) if b else 0) >= MACHINE_WORD else np.int64
    total = a[0].astype(kind, copy=False) * x
    return total if b is None else total + b[0].astype(kind, copy=False) * y


def _kind(bound: int) -> type:
    """What holds whole numbers up to the bound, the fastest first."""
    return float if bound < 2**53 else np.int64 if bound < MACHINE_WORD else object


@cache
def constant(N: int, value: int) -> Sized:
    coefficients = np.zeros(len(cyclotomic_polynomial(N)) - 1, dtype=np.int64)
    coefficients[0] = value
    return coefficients, abs(value)


@cache
def float_cosines(N: int) -> np.ndarray:
    return np.cos(2 * np.pi * np.arange(len(cyclotomic_polynomial(N)) - 1) / N)


@lru_cache(maxsize=4096)
def cosines_to(N: int, bits: int) -> tuple[list[int], int]:
    """2^bits · cos(2πk/N) rounded, k < φ(N), and a bound on their errors."""
    from mpmath import mp

    with mp.workprec(bits + 32):  # mpmath's own error is far below one unit then
        scale = mp.mpf(2) ** bits
        return [int(mp.nint(scale * mp.cospi(mp.mpf(2 * k) / N))) for k in range(len(cyclotomic_polynomial(N)) - 1)], 1
