"""The delta-product recurrence, token after token: the truth that every faster form is held against.

    S ← α S,  then for j = 1 … n_h:   u = β_j (v_j − Sᵀ k_j),   S ← S + k_j uᵀ,        o = Sᵀ q

Notation      B batch, T tokens, H heads, K key size, V value size, n_h steps a token; S [B, H, K, V]; later tokens act on the left.
              α = exp(g) is the gate, applied once a token before the first step; g = −inf is an exact reset.
Arithmetic    in the type of the inputs, whatever it is, float64 for truth.  Every operation is elementwise, and the sum over K is
              taken by halves, x[:m] + x[m:], on K padded with zeros to a power of two; so no order is left open and the result is
              the same, bit for bit, on every device and in numpy.
Source        Yang et al. 2024 (n_h = 1), Siems et al. 2502.10297 (n_h steps); names, layouts and defaults are those of
              flash-linear-attention's chunk_gated_delta_product.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def recurrence(q: Tensor, k: Tensor, v: Tensor, beta: Tensor, alpha: Tensor | None, state: Tensor) -> tuple[Tensor, Tensor]:
    """q [B, T, H, K], k [B, T, n_h, H, K], v [B, T, n_h, H, V], beta [B, T, n_h, H], alpha [B, T, H] or None, state [B, H, K, V]
    to o [B, T, H, V] and the last state. The gate α itself, not its logarithm; no scale."""
    K, n_h = k.shape[-1], k.shape[2]
    extra = (1 << (K - 1).bit_length()) - K
    q, k = (F.pad(x, (0, extra)).unsqueeze(-1) for x in (q, k))
    state = F.pad(state, (0, 0, 0, extra))
    beta = beta.unsqueeze(-1)
    outputs = []
    for t in range(q.shape[1]):
        if alpha is not None:
            state = alpha[:, t, :, None, None] * state
        for j in range(n_h):
            key = k[:, t, j]  # [B, H, K, 1]
            update = beta[:, t, j] * (v[:, t, j] - sum_by_halves(key * state))  # [B, H, V]
            state = state + key * update.unsqueeze(-2)
        outputs.append(sum_by_halves(q[:, t] * state))
    o = torch.stack(outputs, dim=1) if outputs else v.new_empty(v.shape[0], 0, *v.shape[3:])
    return o, state[..., :K, :]


def sum_by_halves(x: Tensor) -> Tensor:
    """Sum over the last dimension but one, a power of two long, adding the upper half to the lower until one row is left.

    >>> sum_by_halves(torch.tensor([[1.0], [2.0], [3.0], [4.0]]))
    tensor([10.])
    """
    while x.shape[-2] > 1:
        half = x.shape[-2] // 2
        x = x[..., :half, :] + x[..., half:, :]
    return x.squeeze(-2)


def delta_product(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    g: Tensor | None = None,
    beta: Tensor | None = None,
    num_householder: int = 1,
    scale: float | None = None,
    initial_state: Tensor | None = None,
    output_final_state: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """The recurrence in flash-linear-attention's layout.

    q, g      [B, T, H, K] and [B, T, H], one a token; g the log-gate, −inf allowed, None for no gate
    k, v      [B, T·n_h, H, K] and [B, T·n_h, H, V], the steps of a token one after the other
    beta      [B, T·n_h, H], 0 ≤ β‖k‖² ≤ 2 for a recurrence that cannot grow; None for 1
    scale     of q; default K^−½.  initial_state [B, H, K, V], default 0
    Returns   o [B, T, H, V], and the final state if asked for, else None
    Raises    ValueError when the steps are not n_h a token

    >>> k = torch.tensor([1.0, -1.0]).reshape(1, 1, 1, 2)                       # e_0 − e_1 with β = 1: a swap
    >>> o, S = delta_product(k, k, torch.zeros(1, 1, 1, 1), initial_state=torch.tensor([[[[3.0], [5.0]]]]), output_final_state=True)
    >>> S.flatten()
    tensor([5., 3.])
    """
    B, T, H, K = q.shape
    n_h, V = num_householder, v.shape[-1]
    if k.shape[1] != T * n_h or v.shape[1] != T * n_h:
        raise ValueError(f"{T} tokens of {n_h} steps need {T * n_h} keys and values, not {k.shape[1]} and {v.shape[1]}")
    if beta is None:
        beta = q.new_ones(B, T * n_h, H)
    if initial_state is None:
        initial_state = q.new_zeros(B, H, K, V)
    o, state = recurrence(
        q * (K**-0.5 if scale is None else scale),
        k.reshape(B, T, n_h, H, K),
        v.reshape(B, T, n_h, H, V),
        beta.reshape(B, T, n_h, H),
        None if g is None else g.exp(),
        initial_state,
    )
    return o, state if output_final_state else None
