"""Eigenvalues that no rounding can move to where they should be.

Notation      σ(z) the least singular value of zI − A; δ how far the matrix that is meant may be from A, in the operator norm.
Fact          if σ > δ all along a closed curve, then A and every A + E with ‖E‖ ≤ δ have the same number of eigenvalues inside: on the
              way A + tE, 0 ≤ t ≤ 1, zI − A − tE stays invertible on the curve, so that no eigenvalue crosses it.
Why           A tolerance on eigenvalues is either too small or too large: near a defective matrix they move by the root of δ, or a
              higher one, elsewhere by δ.  The product of a mirror and a projection is often defective, with real eigenvalues that
              floats show as ±10⁻⁸ i.  A circle with σ > δ round an eigenvalue is proof for every matrix within δ; where there is none
              we do not object.
Whole circle  |σ(z) − σ(w)| ≤ |z − w|: an arc is passed if σ in its middle exceeds δ by the distance to its ends; else it is halved.
Source        Trefethen and Embree, Spectra and Pseudospectra, 2005, for pseudospectra; this is their argument on a circle.
"""

from __future__ import annotations

import numpy as np

RADII = 0.95 * 0.7 ** np.arange(16)  # in parts of the distance to where the eigenvalue should be
ARCS, MAX_ARCS = 8, 512


def isolating_circle(A: np.ndarray, eigenvalue: complex, distance: float, delta: float) -> tuple[float, float] | None:
    """(radius, a lower bound for σ on the circle) with radius < distance and σ > delta all along, or None when none is found.

    A [n, n] floats; eigenvalue of A, `distance` away from where it should be

    >>> turn = np.array([[0.0, -1.0], [1.0, 0.0]])
    >>> isolating_circle(turn, 1j, 1.0, 1e-9) is not None
    True
    >>> isolating_circle(np.array([[0.0, 1.0], [-1e-17, 0.0]]), 3e-9j, 3e-9, 1e-15) is None
    True
    """
    for radius in distance * RADII:
        if radius <= delta:
            return None
        sigma = _least_on_circle(A, eigenvalue, radius, delta)
        if sigma > delta:
            return radius, sigma
    return None


def _least_on_circle(A: np.ndarray, center: complex, radius: float, delta: float) -> float:
    """A lower bound for σ on the circle: above delta, or 0 when it could not be shown to be."""
    middles, half = (np.arange(ARCS) + 0.5) * 2 * np.pi / ARCS, np.pi / ARCS
    bound = np.inf
    while len(middles):
        sigma = least_singular_values(A, center + radius * np.exp(1j * middles))
        if sigma.min() <= delta or len(middles) > MAX_ARCS:
            return 0.0
        sure = sigma - 2 * radius * np.sin(half / 2)
        passed = sure > delta
        bound = min(bound, sure[passed].min(initial=np.inf))
        half /= 2
        middles = np.concatenate([middles[~passed] - half, middles[~passed] + half])
    return float(bound)


def least_singular_values(A: np.ndarray, points: np.ndarray) -> np.ndarray:
    """σ(z) for points z [m]."""
    shifted = points[:, None, None] * np.eye(len(A)) - A
    return np.linalg.svd(shifted, compute_uv=False)[:, -1]
