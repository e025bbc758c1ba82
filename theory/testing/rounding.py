"""How far a transition may be from the one that is meant, by rounding alone.

Notation      u the unit roundoff of the format, γ = nu/(1 − nu); A = G_m ⋯ G_1 with m = n_h factors G = I − β k kᵀ, ‖k‖ = 1, 0 ≤ β ≤ 2;
              |·| entry by entry; hats for what was computed.  All norms are operator norms.
Key           k̂ = x/‖x‖ in n-term sums, a root and a division: |k̂ − k| ≤ (n/2 + 2) u |k|, and β (k̂ k̂ᵀ − k kᵀ) is at most (2n + 8) u
              to first order.
Factor        β k_i k_j is rounded twice and 1 − β k_i² once: 2u · 2 + u = 5u.
Product       |fl(ĜP̂) − ĜP̂| ≤ γ |Ĝ||P̂|; the norm of |G| is at most 1 + β ≤ 3, and ‖P‖_F ≤ √n: at most 3 √n γ.
Together      one factor adds e = (2n + 13) u + 3 √n γ, and m of them (1 + e)^m − 1, since the norms are at most 1.  A gate in [0, 1]
              is rounded once an entry, √n u, which the first factor's product with I, not needed, pays for.
Ours          what is done with the matrix here is done in float64: singular values and eigenvalues of LAPACK are those of a matrix at
              a distance of p(n) ε ‖A‖ with a modest p; we take p = 8n.  Verdicts that can be are checked in exact fractions besides.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from ...automata.errors import BadArgument
from .given import Given

EPS = 2.0**-52
VACUOUS = 0.5  # with so much allowed a test of bounds that are 1 says nothing


def allowed(matrix: Given, n_h: int = 1, tolerance: float | None = None) -> float:
    """The distance, in the operator norm, within which the matrix that is meant lies; 0 for exact numbers.

    n_h        factors that were multiplied, a gate not counted
    tolerance  takes the place of the bound for products of generalized Householder matrices, for one that was made otherwise (with
               TF32, from rounded keys); 0 puts the floats themselves to the test

    Raises  BadArgument when n_h < 1, tolerance < 0, or the format is too coarse to say anything

    >>> from deltaword.theory.testing.given import given
    >>> f"{allowed(given(np.eye(4))[0]):.1e}", f"{allowed(given(np.eye(4, dtype=np.float32))[0], n_h=2):.1e}"
    ('4.9e-15', '5.4e-06')
    """
    if n_h < 1 or n_h != int(n_h):
        raise BadArgument(f"n_h is {n_h!r}; give the number of factors that made the matrix, 1 or more")
    if tolerance is not None and not tolerance >= 0:
        raise BadArgument(f"tolerance is {tolerance!r}; give a distance in the operator norm, 0 or more, or None")
    if matrix.exact:
        return 0.0
    if tolerance is None:
        n, u = matrix.n, matrix.unit
        gamma = n * u / (1 - n * u) if n * u < VACUOUS else float("inf")
        tolerance = (1 + (2 * n + 13) * u + 3 * sqrt(n) * gamma) ** n_h - 1
    if tolerance >= VACUOUS:
        raise BadArgument(
            f"{matrix.name}: rounding in {matrix.format} may move a product of {n_h} factors of size {matrix.n} by {tolerance:.2g}, "
            "which leaves nothing to test; make the transition in a wider format, or give tolerance="
        )
    return tolerance


def ours(matrix: Given) -> float:
    """The error of what LAPACK does with the matrix in float64: 8 n ε ‖A‖_F."""
    return 8 * matrix.n * EPS * float(np.linalg.norm(matrix.floats))
