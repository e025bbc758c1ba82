"""One matrix, one bound: what contradicts it, or None. Exact numbers are decided; of floats only what no rounding explains is reported.

A finding says by how much the bound is missed, and why one can be sure: a vector whose image is too long, in fractions; a count of
roots by Sturm; a circle round an eigenvalue (contours.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import inf, isfinite
from typing import Any

import numpy as np

from ..contours import isolating_circle, least_singular_values
from ..factor import rank
from ..numbers import Number, identity, is_zero, simplified
from ..polynomials import (
    characteristic_polynomial,
    degree,
    n_real_roots,
    n_roots_of_modulus_one,
    squarefree,
)
from .given import Given
from .rounding import ours

GRID = 2**10  # a witness is first tried with so many parts in its largest entry
ENTRIES_SHOWN = 6


@dataclass(frozen=True)
class Finding:
    """says     what is wrong, with the number and the margin
    why      what makes it sure
    value    the eigenvalue, singular value or rank
    margin   how far beyond the bound, in float
    allowed  what rounding explains, the δ of rounding.py; 0 for exact numbers
    """

    says: str
    why: str
    value: complex
    margin: float
    allowed: float


def not_finite(matrix: Given) -> Finding | None:
    """NaN and infinite entries, with which no bound holds."""
    if matrix.exact or np.isfinite(matrix.values).all():
        return None
    i, j = map(int, np.argwhere(~np.isfinite(matrix.values))[0])
    return Finding(f"entry ({i}, {j}) is {matrix.values[i, j]}", "as given", complex(matrix.values[i, j]), inf, 0.0)


# ---------------------------------------------------------------------- norm


def too_long(matrix: Given, delta: float, limit: Number = 1) -> Finding | None:
    """Norm above `limit`: a vector x with ‖Ax‖ > (limit + δ) ‖x‖, checked in exact numbers.

    >>> from deltaword.theory.testing.given import given
    >>> too_long(given([[1, 1], [0, 0]])[0], 0.0).why
    'x = (1, 1) has ‖Ax‖²/‖x‖² = 2, in exact numbers'
    """
    _, s, Vh = np.linalg.svd(matrix.floats)
    if not matrix.exact and s[0] <= limit + delta:
        return None
    A = _real_form(matrix)
    bound = limit if matrix.exact else Fraction(limit) + Fraction(delta)
    x = _lengthened(A, bound, Vh[0])
    if x is None and matrix.exact:
        x = _negative_direction(bound * bound * identity(len(A)) - A.T @ A)
    if x is None:
        return None
    image = A @ x
    ratio = simplified(_over(image @ image, x @ x))
    shown = ratio if matrix.exact and isinstance(ratio, (int, Fraction)) and ratio.denominator < GRID else f"{float(ratio):.9g}"
    return Finding(
        f"the norm is {s[0]:.9g}, above {limit} by {s[0] - float(limit):.3g}{_but(delta)}",
        f"x = {_vector(x)} has ‖Ax‖²/‖x‖² = {shown}, in exact numbers",
        float(s[0]),
        float(s[0] - float(limit)),
        delta,
    )


def _real_form(matrix: Given) -> np.ndarray:
    """The matrix in exact numbers, floats as the fractions that they are; a complex one as real blocks."""
    if matrix.exact:
        return matrix.values
    A: Any = matrix.values
    if np.iscomplexobj(A):
        A = np.block([[A.real, -A.imag], [A.imag, A.real]])
    return np.array([[Fraction(float(x)) for x in row] for row in A], dtype=object)


def _lengthened(A: np.ndarray, bound: Number, direction: Any) -> np.ndarray | None:
    """A vector near the direction with ‖Ax‖ > bound ‖x‖: of few digits if possible, else the direction itself."""
    if np.iscomplexobj(direction):
        direction = direction.conj()
    direction = np.concatenate([direction.real, direction.imag]) if len(direction) < len(A) else direction.real
    direction = direction / direction[np.argmax(np.abs(direction))]
    coarse = [Fraction(round(x * n), n) for n in (2, GRID) for x in direction]
    fine = [Fraction(float(x)) for x in direction]
    for entries in (coarse[: len(A)], coarse[len(A) :], fine):
        x = np.array([int(e) if e.denominator == 1 else e for e in entries], dtype=object)
        image = A @ x
        if simplified(image @ image - bound * bound * (x @ x)) > 0:
            return x
    return None


def _negative_direction(M: np.ndarray) -> np.ndarray | None:
    """x with xᵀMx < 0 for an exact symmetric matrix, None when it is positive semidefinite: elimination that keeps the transform."""
    n = len(M)
    M, T = M.copy(), identity(n)  # M = Tᵀ (the given one) T all along
    for i in range(n):
        pivot = simplified(M[i, i])
        if pivot < 0:
            return T[:, i]
        for j in range(i + 1, n):
            entry = simplified(M[i, j])
            if is_zero(entry):
                continue
            if is_zero(pivot):  # (s e_i + e_j) gives 2 s M_ij + M_jj
                return simplified(-_over(M[j, j] + 1, 2 * entry)) * T[:, i] + T[:, j]
            c = _over(entry, pivot)
            M[:, j] = M[:, j] - c * M[:, i]
            M[j, :] = M[j, :] - c * M[i, :]
            T[:, j] = T[:, j] - c * T[:, i]
    return None


# ---------------------------------------------------------------------- spectrum


def outside(matrix: Given, delta: float, low: Number = -inf, high: Number = inf) -> Finding | None:
    """An eigenvalue that is not in the interval [low, high] of real numbers.

    >>> from deltaword.theory.testing.given import given
    >>> outside(given([[0, -1], [1, 0]])[0], 0.0).why
    'of 2 different roots of its characteristic polynomial 2 are not real (Sturm)'
    """
    A = matrix.floats
    eigenvalues: Any = np.linalg.eigvals(A)
    inside = np.clip(eigenvalues.real, float(low), float(high))
    distances: Any = np.abs(eigenvalues - inside)
    wanted = "real" if (low, high) == (-inf, inf) else f"in {_interval(low, high)}"
    if matrix.exact:
        p = characteristic_polynomial(matrix.values)
        different, real = degree(squarefree(p)), n_real_roots(p, low, high)
        if real == different:
            return None
        worst, kind = int(np.argmax(distances)), f"{different - real} are not {wanted}"
        why = f"of {different} different roots of its characteristic polynomial {kind} (Sturm)"
        return _spectral(eigenvalues[worst], distances[worst], wanted, why, 0.0)
    own = ours(matrix)
    for i in np.argsort(-distances):
        if eigenvalues[i].imag < 0 and not np.iscomplexobj(A):
            continue  # its conjugate is looked at
        if distances[i] <= delta:
            break
        circle = isolating_circle(A, eigenvalues[i], float(distances[i]), delta + own)
        if circle is not None:
            radius, sigma = circle
            why = (
                f"on the circle of radius {radius:.3g} round it zI − A has no singular value below {sigma:.3g}, so every matrix "
                f"nearer than that has an eigenvalue inside"
            )
            return _spectral(eigenvalues[i], distances[i], wanted, why, delta)
    return None


def _spectral(eigenvalue: complex, distance: float, wanted: str, why: str, delta: float) -> Finding:
    says = f"the eigenvalue {_complex(eigenvalue)} is not {wanted}, by {distance:.3g}{_but(delta)}"
    return Finding(says, why, complex(eigenvalue), float(distance), delta)


def turning(matrix: Given, delta: float, n_h: int = 1) -> Finding | None:
    """An eigenvalue of modulus 1 that is not 1.

    Floats cannot hold “of modulus 1”; what is reported is a z with |z| = 1 for which ‖Ax − zx‖ ≤ δ, so that a matrix within δ has the
    eigenvalue z, and which is so far from 1 that no product of n_h factors with β‖k‖² ≤ 2 − √δ, and a gate in [0, 1], comes so near.
    For these ‖N − I/(1 + C)‖ ≤ C/(1 + C) with C ≤ 2 (n_h + 1)/√δ (`beyond_disk`), and Nx = zx + e with ‖e‖ ≤ 2δ then gives
    |z − 1|² ≤ 4 C δ + 4 (1 + C) δ², which is below 9 (n_h + 1) √δ.

    >>> from deltaword.theory.testing.given import given
    >>> turning(given([[0, -1], [1, 0]])[0], 0.0).says
    'the eigenvalue i is of modulus 1 and not 1'
    """
    A = matrix.floats
    eigenvalues: Any = np.linalg.eigvals(A)
    if matrix.exact:
        found = n_roots_of_modulus_one(characteristic_polynomial(matrix.values))
        if not found:
            return None
        far = np.where(np.abs(eigenvalues - 1) > 1e-6, np.abs(np.abs(eigenvalues) - 1), inf)
        z = eigenvalues[np.argmin(far - 1e-9 * eigenvalues.imag)]
        why = f"{found} different roots of its characteristic polynomial are of modulus 1 and not 1 (Sturm on x + 1/x)"
        return Finding(f"the eigenvalue {_complex(z)} is of modulus 1 and not 1", why, complex(z), float(abs(z - 1)), 0.0)
    within = delta + ours(matrix)
    eigenvalues = eigenvalues[np.abs(eigenvalues) > 0.5]
    points = eigenvalues / np.abs(eigenvalues)
    points = points[np.abs(points - 1) ** 2 > 9 * (n_h + 1) * within**0.5]
    if not len(points):
        return None
    sigma = least_singular_values(A, points)
    near = np.flatnonzero(sigma <= within)
    if not len(near):
        return None
    best = near[np.argmax(np.abs(points[near] - 1) + 1e-9 * points[near].imag)]
    z = points[best]
    return Finding(
        f"the eigenvalue {_complex(z)} is of modulus 1 and not 1, within rounding ({within:.2g})",
        f"zI − A has the singular value {sigma[best]:.2g} there: a matrix at that distance has the eigenvalue z",
        complex(z),
        float(abs(z - 1)),
        delta,
    )


def beyond_disk(matrix: Given, delta: float, C: Number) -> Finding | None:
    """‖A − I/(1 + C)‖ above C/(1 + C): not the product of factors with Σ b/(2 − b) ≤ C, b = β‖k‖².

    So the eigenvalues lie in the disk of that centre and radius, which touches the unit circle in 1 alone.
    Proof: with x_j the vector after j factors, ‖x‖² − ‖Nx‖² = Σ β_j (2 − b_j)(k_j·x_{j−1})² and x − Nx = Σ β_j (k_j·x_{j−1}) k_j, so
    ‖x − Nx‖² ≤ C (‖x‖² − ‖Nx‖²) by Cauchy and Schwarz, which is ‖Nx − x/(1 + C)‖ ≤ C/(1 + C) ‖x‖.  A gate in [0, 1] adds 1 to C.
    Source: Combettes and Yamada 2015 (compositions of averaged operators), with a factor averaged by b/2.
    """
    if C == 0:
        return None
    center, radius = _over(1, 1 + C), _over(C, 1 + C)
    values = matrix.values - (center * identity(matrix.n) if matrix.exact else float(center) * np.eye(matrix.n))
    found = too_long(Given(values, matrix.format, matrix.name), delta if matrix.exact else delta + ours(matrix), radius)
    if found is None:
        return None
    return Finding(
        f"‖A − {_short(center)} I‖ is {found.value.real:.9g}, above {_short(radius)} by {found.margin:.3g}{_but(delta)}",
        found.why.replace("Ax", f"Ax − {_short(center)} x"),
        found.value,
        found.margin,
        delta,
    )


def moving_more_than(matrix: Given, delta: float, n_h: int) -> Finding | None:
    """rank(I − A) above n_h: more than n_h factors are needed.

    >>> from deltaword.theory.testing.given import given
    >>> moving_more_than(given([[-1, 0], [0, -1]])[0], 0.0, 1).says
    'rank(I − A) is 2, above 1'
    """
    if n_h >= matrix.n:
        return None
    if matrix.exact:
        found = rank(identity(matrix.n) - matrix.values)
        if found <= n_h:
            return None
        return Finding(f"rank(I − A) is {found}, above {n_h}", "by elimination in exact numbers", found, found - n_h, 0.0)
    s = np.linalg.svd(np.eye(matrix.n) - matrix.values, compute_uv=False)
    within = delta + ours(matrix)
    if s[n_h] <= within:
        return None
    found = int((s > within).sum())
    return Finding(
        f"rank(I − A) is {found}, above {n_h}{_but(delta)}",
        f"singular value {n_h + 1} of I − A is {s[n_h]:.3g}: no matrix nearer than that has rank {n_h}",
        float(s[n_h]),
        float(s[n_h] - within),
        delta,
    )


# ---------------------------------------------------------------------- how numbers are written


def _over(a: Number, b: Number) -> Any:
    whole = isinstance(a, (int, Fraction)) and isinstance(b, (int, Fraction))
    return simplified(Fraction(a) / b) if whole else a / b


def _but(delta: float) -> str:
    return f" (rounding explains {delta:.2g})" if delta else ""


def _interval(low: Number, high: Number) -> str:
    left = "(−∞" if low == -inf else f"[{low}"
    right = "∞)" if high == inf else f"{high}]"
    return f"{left}, {right}".replace("-", "−")


def _short(x: Number) -> str:
    return str(x) if isinstance(x, (int, Fraction)) and Fraction(x).denominator < GRID else f"{float(x):.6g}"


def _complex(z: complex) -> str:
    """Six digits, without a part that is 0.

    >>> _complex(1j), _complex(-0.5 - 0.25j), _complex(-1 + 0j)
    ('i', '−0.5 − 0.25i', '−1')
    """
    real, imag = f"{z.real + 0.0:.6g}", f"{abs(z.imag):.6g}"
    if not isfinite(abs(z)):
        return str(z)
    if imag == "0":
        return real.replace("-", "−")
    turn = "i" if imag == "1" else f"{imag}i"
    if real in ("0", "-0"):
        return turn if z.imag > 0 else f"−{turn}"
    return f"{real} {'+' if z.imag > 0 else '-'} {turn}".replace("-", "−")


def _vector(x: np.ndarray) -> str:
    entries = [_short(e) for e in x[:ENTRIES_SHOWN]]
    return f"({', '.join(entries)}{', …' if len(x) > ENTRIES_SHOWN else ''})".replace("-", "−")
