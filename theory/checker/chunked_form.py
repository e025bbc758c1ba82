"""Grade 1 for the chunked form too: the matrix products of the UT transform meet whole grid steps only.

Notation      steps i = 1 … C of a chunk of whole tokens; D_ij in {0, 1} products of gates; L_ij = β_i D_ij k_i·k_j for i > j;
              M = (I + L)⁻¹; S_0 the state before the chunk (kernels/chunked.py has the derivation).
Statement     suppose (a) β_i k_i·k_j is whole for every step i that does not follow a closed gate directly and every step j;
              (b) the recurrence is exact (exact_closure.py) not only on the reachable states but also on those reached from S = 0;
              (c) ‖βk‖‖k‖, q·k and sums of C products of the numbers met stay within the format, respectively its accumulator.
              Then operands rounded to the format and products summed in float32 (float64 for float64) give every result exactly.
Proof         L is a whole unit triangular matrix, so M is whole.  M_ij = −β_i k_iᵀ H_{i−1} ⋯ H_{j+1} k_j D_ij with ‖H‖ ≤ 1, so
              |M_ij| ≤ β_i ‖k_i‖ ‖k_j‖.  Row i of M (β K) is β_i (H_1 ⋯ H_{i−1} k_i)ᵀ, on the grid and no longer than β_i ‖k_i‖.
              Row i of M (β V) is the update u_i of the same steps begun from S = 0, row i of M (β V − β D_0 K S_0) that begun from
              S_0: both exact by (b).  Outputs and the next state are sums of at most C + K products of these.
              Merging inverses of blocks meets L_21 M_11 = β_i k_iᵀ (Σ_l k_l M_lj), where the sum is H ⋯ H k_j: the same bound.
Scope         chunks of up to max(64, n_h) steps; D from products of gates.  The kernels' own form of a chunk has a few more operands,
              which kernel_form.py bounds.
"""

from __future__ import annotations

import numpy as np

from .exact_closure import FINEST_STATE_GRID, ExactNetwork
from .formats import Floats, grid
from .kernel_form import check_kernel_form
from .mlp import NotExact

CHUNK = 64
STATES_FROM_ZERO_UP_TO = 20_000


def why_not_chunked(network: ExactNetwork, states: list[Floats]) -> str:
    """What stands in the way of a proof for the chunked form; "" when it is proved. states: all that can be reached [kept, K, V]."""
    try:
        check_chunked(network, np.stack(states))
    except NotExact as error:
        return str(error)
    return ""


def check_chunked(network: ExactNetwork, states: Floats) -> None:
    """states [N, kept, K, V]: all that can be reached. Raises NotExact with what the chunked form may round."""
    steps = max(CHUNK, network.n_h)
    from_zero = states_from_zero(network)
    g_state = grid(from_zero, FINEST_STATE_GRID)
    if g_state is None:
        raise NotExact("the states reached from 0 are on no grid")
    for letter in range(len(network.sparse)):
        network.advance_checked(from_zero, letter, g_state)
    everything = np.concatenate([states, from_zero])
    g_state = grid(everything, FINEST_STATE_GRID)
    if g_state is None:
        raise NotExact("the states are on no grid")
    largest = np.abs(everything).max(axis=0)  # [kept, K, V]
    for place, h in enumerate(network.kept):
        live = [
            (key, support, beta, value, gated and first == 0)
            for letter, by_head in enumerate(network.sparse)
            for gated in [network.gates[letter, h] == 0]
            for first, (support, key, beta, value) in enumerate(by_head[place])
        ]
        if not live:
            continue
        keys = np.zeros((len(live), network.K))
        for row, (key, support, *_) in enumerate(live):
            keys[row, support] = key
        betas = np.array([beta for _, _, beta, _, _ in live])
        after_gate = np.array([flag for *_, flag in live])
        dead = network.wide["betas"][:, :, h] == 0
        if np.any(network.wide["keys"][:, :, h][dead]):
            raise NotExact("the key of a step that does nothing is not 0")
        if not whole_products(keys, betas, after_gate):
            raise NotExact("β k·k' is not whole for some steps, so the triangular system of a chunk has fractions")
        norm = np.sqrt((keys**2).sum(axis=1))
        reads = np.array([network.wide["queries"][i] for i, kept in enumerate(network.holder) if kept == place])
        attend = (np.abs(reads) @ np.abs(keys).T).max(initial=0)
        values = np.array([value for _, _, _, value, _ in live])
        updates = (betas[:, None] * (np.abs(values) + np.abs(keys) @ largest[place])).max(initial=0)
        inverse = (betas * norm).max() * norm.max()
        counts_to = 2.0**network.bits
        fine = network.grids["keys"] + network.grids["queries"]
        if (
            max(inverse, (betas * norm).max() * 2.0 ** (network.grids["keys"] + network.grids["betas"]), attend * 2.0**fine)
            > counts_to
        ):
            raise NotExact(f"an operand of a chunk may exceed what {network.bits} bits count to")
        again = check_kernel_form(network.bits, network.grids, g_state, keys, betas, values, reads, largest[place])
        accumulator = 2.0 ** max(24, network.bits)
        finest = max(network.grids.values()) + network.grids["keys"] + g_state
        erased = (betas * norm).max()  # no row of the inverse times β K is longer
        most = max(
            inverse * np.abs(betas[:, None] * values).max(initial=0),
            inverse * (betas[:, None] * np.abs(keys)).max(),
            inverse * (betas * norm**2).max(),
            erased * largest.max(initial=0),
            attend * updates,
            np.abs(keys).max() * updates,
            norm.max() ** 2,
            again,
        )
        within = max(1.0, erased, np.abs(keys).max()) * largest.max(initial=0)
        if (steps * most + network.K * within) * 2.0**finest > accumulator:
            raise NotExact(f"a sum over {steps} steps may exceed the accumulator")


def whole_products(keys: Floats, betas: Floats, after_gate: np.ndarray) -> bool:
    """Whether β_i k_i·k_j is whole for all steps i [n] that do not follow a closed gate directly and all steps j; keys [n, K]."""
    if np.array_equal(keys, np.rint(keys)) and np.array_equal(betas[~after_gate], np.rint(betas[~after_gate])):
        return True  # whole keys and strengths: no need to multiply out
    distinct = np.unique(keys, axis=0)
    products = betas[~after_gate, None] * (keys[~after_gate] @ distinct.T)
    return np.array_equal(products, np.rint(products))


def states_from_zero(network: ExactNetwork) -> Floats:
    """All states [N, kept, K, V] that letters reach from S = 0. Raises NotExact when they are too many."""
    zero = np.zeros_like(network.initial)[None]
    seen, levels = {zero.tobytes()}, [zero]
    while len(levels[-1]):
        new = []
        for letter in range(len(network.sparse)):
            for state in network.advance(levels[-1], letter) + 0.0:
                if (key := state.tobytes()) not in seen:
                    seen.add(key)
                    new.append(state)
            if len(seen) > STATES_FROM_ZERO_UP_TO:
                raise NotExact(f"more than {STATES_FROM_ZERO_UP_TO} states are reached from 0")
        levels.append(np.array(new).reshape(-1, *zero.shape[1:]))
    return np.concatenate(levels)
