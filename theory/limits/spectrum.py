"""Whether the eigenvalues of one matrix are real, and not negative: by its characteristic polynomial, exactly.

Real          the real roots, counted by Sturm's sequence, are all that there are (theory/polynomials.py); or A = Aᵀ.
Not negative  a polynomial with real roots only has none below 0 exactly if its coefficients alternate in sign, zeros aside:
              p(x) = Π (x − l_i) has them alternating when all l_i ≥ 0; and if they alternate, every term of p(−x) has one sign, so that
              p(x) ≠ 0 for x < 0.
Rounded       for a matrix known up to δ: in range is proved for exactly these numbers, as above; out of range only with a circle
              round an eigenvalue that every matrix within δ has one in (theory/contours.py), the circle clear of the range.
              Else it is undecided: rounding may be all that there is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..contours import isolating_circle
from ..polynomials import Polynomial, characteristic_polynomial, degree, n_real_roots, squarefree
from .layer import Range, components

EXACT_UP_TO = 16  # rows of a rounded matrix whose polynomial is formed: its numbers have 53 bits and more
EPS = 2.0**-52


@dataclass(frozen=True)
class Spectrum:
    """real, nonnegative   True, False, or None where rounding leaves it open
    outside             how far numpy's eigenvalues lie outside of the range that is left open, at most; 0.0 where nothing is
    """

    real: bool | None
    nonnegative: bool | None
    outside: float = 0.0


def spectrum(matrix: np.ndarray, delta: float = 0.0) -> Spectrum:
    """Of an exact matrix [n, n]; delta, if not 0, is how far it may be from the one that is meant.

    >>> spectrum(np.array([[0, 1], [1, 0]], dtype=object))
    Spectrum(real=True, nonnegative=False, outside=0.0)
    >>> spectrum(np.array([[0, -1, 5], [1, 0, 7], [0, 0, 2]], dtype=object)).real
    False
    """
    found = [_of(matrix[np.ix_(part, part)], delta) for part in components(matrix != 0)]
    return Spectrum(_all(s.real for s in found), _all(s.nonnegative for s in found), max(s.outside for s in found))


def _all(given: Iterable[bool | None]) -> bool | None:
    answers = list(given)
    return False if False in answers else None if None in answers else True


def _of(A: np.ndarray, delta: float) -> Spectrum:
    if delta and len(A) > EXACT_UP_TO:
        return _rounded(A, delta, _symmetric(A) or None, None)
    if len(A) == 1:
        real, nonnegative = True, bool(A[0, 0] >= 0)
    else:
        polynomial = characteristic_polynomial(A)
        real = _symmetric(A) or real_rooted(polynomial)
        nonnegative = real and alternates(polynomial)
    return _rounded(A, delta, real, nonnegative) if delta and not nonnegative else Spectrum(real, nonnegative)


def _symmetric(A: np.ndarray) -> bool:
    return bool((A == A.T).all())


def real_rooted(polynomial: Polynomial) -> bool:
    """Whether all roots are real, by Sturm.

    >>> real_rooted([0, 0, 1]), real_rooted([1, 0, 1])
    (True, False)
    """
    return n_real_roots(polynomial) == degree(squarefree(polynomial))


def alternates(polynomial: Polynomial) -> bool:
    """Whether p(−x) has coefficients of one sign.

    >>> alternates([2, -3, 1]), alternates([0, -1, 1]), alternates([-1, 0, 1])      # (x − 1)(x − 2), x (x − 1), x² − 1
    (True, True, False)
    """
    signs = {(c > 0) == (i % 2 == 0) for i, c in enumerate(polynomial) if c != 0}
    return len(signs) == 1


def _rounded(A: np.ndarray, delta: float, real: bool | None, nonnegative: bool | None) -> Spectrum:
    """What of “no” survives rounding. `real` and `nonnegative` are for exactly A, None where A was too large to ask."""
    floats = A.astype(np.float64)
    norm = float(np.linalg.norm(floats))
    ours = 8 * len(A) * EPS * norm  # of LAPACK, and of making floats of fractions
    eigenvalues = np.linalg.eigvals(floats)
    sure = delta + ours
    if real is not True:
        real = False if _certain(floats, eigenvalues, "real", sure) else None
    if nonnegative is None and real and _symmetric(A) and float(np.linalg.eigvalsh(floats)[0]) > ours:
        nonnegative = True
    elif not nonnegative:
        nonnegative = False if real is False or _certain(floats, eigenvalues, "nonnegative", sure) else None
    left_open: Range | None = "real" if real is None else "nonnegative" if nonnegative is None else None
    return Spectrum(real, nonnegative, max(beyond(z, left_open) for z in eigenvalues) if left_open else 0.0)


def _certain(A: np.ndarray, eigenvalues: np.ndarray, within: Range, delta: float) -> bool:
    """Whether every matrix within delta has an eigenvalue outside of the range."""
    worst = max(eigenvalues, key=lambda z: beyond(z, within))
    distance = beyond(worst, within)
    return distance > delta and isolating_circle(A, complex(worst), distance, delta) is not None


def beyond(z: complex, within: Range) -> float:
    """The distance of z from the real numbers, or from those that are not negative.

    >>> beyond(3 + 4j, "real"), beyond(-3 + 4j, "nonnegative")
    (4.0, 5.0)
    """
    return float(abs(z.imag) if within == "real" or z.real >= 0 else abs(z))
