"""Grade 1 for the kernels' form of a chunk as well: Y = (I + L diag β)⁻¹ L in place of the inverse alone (kernels/README.md).

Notation      as in chunked_form.py; L_ij = D_ij k_i·k_j for i > j, without β; X = (I + L diag β)⁻¹; R = V − D_0 K S_0, all its rows
              formed from the state S_0 before the chunk; innovations X R = R − Y (β R); U = β (innovations); P = Q Kᵀ.
Statement     suppose the form of chunked_form.py is exact, and the operands of the kernels' products, k, q·k, S, Y, X, β R and U, are
              at most 2^p grid steps, p the significant bits of the format.  Then the kernels give every result exactly.  In float32
              they multiply in three passes of 11 bits, hi·hi + hi·lo + lo·hi: there, of the two operands of every product both
              are to be at most 2^22 grid steps and one of them at most 2^11.
Proof         Y_ij = D_ij k_iᵀ H_{i−1} ⋯ H_{j+1} k_j: unrolling the recurrence from S_0 gives these, as it gives M for chunked_form.py.
              So |Y_ij| ≤ ‖k_i‖‖k_j‖; where D_ij is not 0 no step after j follows a closed gate directly, so β_l k_l·k_m is whole for
              all steps between, and Y is on the grid of k·k'.  X_ij = −Y_ij β_j below its ones.  The blocks that the inverse is
              grown from are entries of the same kind with some of the steps left out.  |R| ≤ |v| + |k||S_0|, on the grid of v and
              k S, and the innovations, v − Sᵀ k of the true states, are within the same.  What is whole and within 2^p (2^22 in
              two parts of 11 bits, of which lo is 0 up to 2^11) is held by its format; sums are the accumulator's affair, in
              float32, as in chunked_form.py.
Segments      where few heads meet a long sequence, the kernels cut it: each segment also carries its transition Φ = H ⋯ H, as the state
              that its steps make of I with v = 0, and a scan over the segments' ends takes Φ S + S_loc in three float32 passes.
              With M as in chunked_form.py for all of the segment's steps, Φ = I − Kᵀ M (β K) up to its first closed gate, and 0
              after it (what acts on 0 does not count).  M is whole at any length, so Φ is on the grid of k times β k, and U, its
              rows β_i k_iᵀ H_{i−1} ⋯ H_1, on that of β k; and as ‖H‖ ≤ 1, |Φ| ≤ 1 and |U| ≤ β‖k‖.  S_loc is a state reached from
              S = 0, which chunked_form.py has.  Where every β k kᵀ is whole, as with swaps and overwrites by whole keys, Φ has
              entries 0 and ±1 only.  Chunks that the kernels leave out come before a closed gate, and are 0.
Scope         the algorithm on paper; that the compiler keeps to it is for tests.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .formats import Floats, grid
from .mlp import NotExact

PASS = 11  # bits of one pass of float32 products
CHUNK = 64  # steps, at most


def check_kernel_form(
    bits: int,
    grids: Mapping[str, int],
    g_state: int,
    keys: Floats,
    betas: Floats,
    values: Floats,
    reads: Floats,
    largest: Floats,
) -> float:
    """The largest sum, per step, of Y (β R). keys [n, K], betas [n], values [n, V], reads [m, K], largest [K, V] of the states.

    Raises NotExact naming the operand that may round
    """
    norms = np.sqrt((keys**2).sum(axis=1))
    steepest = norms.max(initial=0)
    innovations = np.abs(values) + np.abs(keys) @ largest
    updates = (betas[:, None] * innovations).max(initial=0)
    g_key, g_beta = grids["keys"], grids["betas"]
    g_update = max(grids["values"], g_key + g_state) + g_beta
    g_erased = grid(betas[:, None] * keys)
    if g_erased is None:
        raise NotExact("β k is on no grid")
    erased, g_transition = (betas * norms).max(initial=0), g_key + g_erased
    size = {
        "a key": np.abs(keys).max(initial=0) * 2.0**g_key,
        "a query": np.abs(reads).max(initial=0) * 2.0 ** grids["queries"],
        "a state": largest.max(initial=0) * 2.0**g_state,
        "an entry of Y": steepest**2 * 2.0 ** (2 * g_key),
        "an entry of the inverse": max(1.0, erased * steepest) * 2.0 ** (2 * g_key + g_beta),
        "an update": updates * 2.0**g_update,
        "a product q·k": (np.abs(reads) @ np.abs(keys).T).max(initial=0) * 2.0 ** (grids["queries"] + g_key),
        "a transition": 2.0**g_transition,
        "an update of a transition": erased * 2.0**g_erased,
    }
    two_passes = bits > 2 * PASS
    for name, steps in size.items():
        if steps > 2.0 ** (2 * PASS if two_passes else bits):
            raise NotExact(f"{name} of the kernels' form of a chunk may take {steps:g} grid steps, more than the format counts")
    for pair in PRODUCTS if two_passes else JOINED:
        if min(size[name] for name in pair) > 2.0**PASS:
            raise NotExact(f"{' times '.join(pair)} may take more than three passes of {PASS} bits")
    joined = (np.sqrt(keys.shape[1]) + 1) * size["a transition"] * size["a state"]
    summed = 1 + CHUNK * erased * steepest  # of I + Kᵀ U; times a key, of K Φ − Y (β K Φ)
    inside = max(1.0, steepest * 2.0**g_key) * summed * 2.0**g_transition
    if max(joined, inside) > 2.0 ** max(24, bits):
        raise NotExact("a sum over a segment's transition may exceed the accumulator")
    return float(steepest**2 * updates)


JOINED = (("a transition", "a state"),)
PRODUCTS = (
    *JOINED,
    ("a transition", "a key"),
    ("an update of a transition", "an entry of Y"),
    ("an update of a transition", "a key"),
    ("a key", "a key"),
    ("a key", "a query"),
    ("a state", "a key"),
    ("a state", "a query"),
    ("an entry of the inverse", "an entry of the inverse"),
    ("an entry of the inverse", "an entry of Y"),
    ("an update", "an entry of Y"),
    ("an update", "a product q·k"),
    ("an update", "a key"),
)
