"""Transitions of layers that people use, as functions of their parameters: the examples for `check_layer`, and to compare with.

>>> from hypothesis import strategies as st
>>> from deltaword.theory.testing import betas, check_layer, unit_vectors
>>> two = {"betas": st.tuples(betas(), betas()), "keys": st.tuples(unit_vectors(2), unit_vectors(2))}
>>> report = check_layer(delta_product, two, n_h=2, max_examples=100)
>>> report.passed, [row.bound for row in report.rows if not row.holds]               # mirrors turn, as they may
(True, ['real_spectrum', 'nonnegative_spectrum', 'unit_modulus_only_one'])

>>> gates = st.tuples(betas(0, 1), betas(0, 1))
>>> report = check_layer(kimi, {"gate": gates, "beta": betas(0, 1), "key": unit_vectors(2)}, beta_max=1, gated=True, max_examples=100)
>>> report.passed, [row.bound for row in report.rows if not row.holds]               # a gate is no Householder factor
(True, ['few_factors'])

>>> parameters = {"w": st.tuples(betas(0.545, 1), betas(0.545, 1)), "kappa": unit_vectors(2), "a": gates, "c": st.just(2.0)}
>>> report = check_layer(rwkv7, parameters, gated=True, max_examples=100)
>>> report.passed, report["contractive"].holds, report["contractive"].finding.margin > 0.01
(False, False, True)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def delta_product(betas: Sequence[Any], keys: Sequence[Any]) -> np.ndarray:
    """G_m ⋯ G_1, G_j = I − β_j k_j k_jᵀ [n, n]; DeltaNet with one factor (Siems et al. 2502.10297).

    >>> delta_product([1, 1], [(1, -1, 0), (0, 1, -1)])
    array([[0, 1, 0],
           [0, 0, 1],
           [1, 0, 0]])
    """
    product = np.eye(len(keys[0]), dtype=np.asarray(keys[0]).dtype)
    for beta, key in zip(betas, keys, strict=True):
        product = product - np.outer(beta * np.asarray(key), np.asarray(key) @ product)
    return product


def kimi(gate: Any, beta: Any, key: Any) -> np.ndarray:
    """(I − β k kᵀ) diag(gate) [n, n]: Kimi delta attention (2510.26692), a gate in [0, 1] for each channel.

    Similar to diag(g)^½ (I − β k kᵀ) diag(g)^½ for positive gates, so of real spectrum, and of non-negative one for β ≤ 1.

    >>> kimi([1, 0.5], 2, [0, 1])
    array([[ 1. ,  0. ],
           [ 0. , -0.5]])
    """
    key = np.asarray(key)
    return (np.eye(len(key)) - beta * np.outer(key, key)) * np.asarray(gate)


def rwkv7(w: Any, kappa: Any, a: Any, c: Any = 1) -> np.ndarray:
    """diag(w) − c κ (a ⊙ κ)ᵀ [n, n], w and a in [0, 1], ‖κ‖ = 1 (RWKV-7, 2503.14456); c = 2 can swap and copy.

    Not contractive: with w = 1 its norm is √(1 + |sin 2φ|) for a the indicator of some coordinates and φ the angle of κ to the others,
    √2 at the most; and with w = 1/2, a = 1, c = 2 it has the eigenvalue −3/2.

    >>> rwkv7([1, 1], np.array([1, -1]) / np.sqrt(2), [0, 1], 2).round(9)                # copies coordinate 1 onto 0's place, adds
    array([[1., 1.],
           [0., 0.]])
    """
    kappa = np.asarray(kappa)
    return np.diag(w) - c * np.outer(kappa, np.asarray(a) * kappa)
