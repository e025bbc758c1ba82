"""The two recurrences that the other mixers are: of vectors, as in Mamba, and of matrices, as in GLA, mLSTM and RWKV-7.

    vectors    h_t = a_t ∘ h_{t−1} + (Δ_t x_t) B_t,   a_t = lowest + (1 − lowest) exp(Δ_t A),   y_t = Σ_n C_t[n] h_t[n]
    matrices   S_t = diag(w_t) S_{t−1} + a_t (b_tᵀ S_{t−1}) + k_t v_tᵀ,                         o_t = S_tᵀ q_t

On a GPU     the Triton kernels of `scan_triton`, forward and backward, one pass over time with the state in registers; gates are used
             as they are, so that zero and negative ones need no logarithm and nothing overflows that the recurrence does not.
On a CPU     token after token in plain torch, differentiable any number of times; it is also what the kernels are tested against.
Types        the state is float32, or float64 for float64 inputs.  Results have the type of x or v.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import torch
from torch import Tensor

from ...kernels.front import HAS_TRITON


def wide(x: Tensor) -> Tensor:
    """x in float32, float64 in float64: the types that gates and states are computed in."""
    return x if x.dtype == torch.float64 else x.float()


def on_triton(x: Tensor) -> bool:
    return HAS_TRITON and x.dtype != torch.float64 and (x.is_cuda or os.environ.get("TRITON_INTERPRET") == "1")


# ---------------------------------------------------------------------- vectors


def selective_scan(
    x: Tensor, dt: Tensor, A: Tensor, B: Tensor, C: Tensor, lowest: Tensor, h: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """y [R, B, T, D] of the first recurrence, N numbers of state a channel, and the last h.

    x, dt   [R, B, T, D], dt ≥ 0;   B, C  [R, B, T, N];   A  [R, D, N], negative;   lowest  [R], 0 or −1: a_t in (lowest, 1]
    h       [R, B, D, N] to start from, default 0

    >>> one = torch.ones(1, 1, 3, 1)
    >>> y, h = selective_scan(one, one, torch.full((1, 1, 1), -0.6931472), one, one, torch.zeros(1))
    >>> y.flatten()
    tensor([1.0000, 1.5000, 1.7500])
    """
    if on_triton(x):
        from . import scan_triton

        return scan_triton.selective_scan(x, dt, A, B, C, lowest, h)
    y, last = [], x
    for t, last in enumerate(selective_states(x, dt, A, B, lowest, h)):
        y.append((last @ wide(C[:, :, t, :, None])).squeeze(-1))
    return torch.stack(y, dim=2).to(x.dtype), last


def selective_gates(dt: Tensor, A: Tensor, lowest: Tensor) -> Tensor:
    """a [R, B, ..., D, N] for steps dt [R, B, ..., D]."""
    axes = (1,) * (dt.dim() - 2)
    lowest = lowest.to(A.dtype).view(-1, *axes, 1, 1)
    return lowest + (1 - lowest) * torch.exp(dt.unsqueeze(-1) * A.view(A.shape[0], *axes, *A.shape[1:]))


def selective_states(x: Tensor, dt: Tensor, A: Tensor, B: Tensor, lowest: Tensor, h: Tensor | None = None) -> Iterator[Tensor]:
    """h_1, h_2, … [R, B, D, N], token after token."""
    dt, A, B = wide(dt), wide(A), wide(B)
    written = dt * wide(x)
    if h is None:
        h = A.new_zeros(x.shape[0], x.shape[1], *A.shape[1:])
    for t in range(x.shape[2]):
        h = selective_gates(dt[:, :, t], A, lowest) * h + written[:, :, t, :, None] * B[:, :, t, None]
        yield h


# ---------------------------------------------------------------------- matrices


def matrix_scan(
    q: Tensor, k: Tensor, v: Tensor, w: Tensor, a: Tensor | None = None, b: Tensor | None = None, S: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """o [R, B, T, H, V] of the second recurrence, and the last S.

    q, k, w, a, b   [R, B, T, H, K], a and b both or neither;   v  [R, B, T, H, V]
    S               [R, B, H, K, V] to start from, default 0

    >>> one = torch.ones(1, 1, 3, 1, 1)
    >>> o, S = matrix_scan(one, one, one, -0.5 * one)
    >>> o.flatten()
    tensor([1.0000, 0.5000, 0.7500])
    """
    if on_triton(v):
        from . import scan_triton

        return scan_triton.matrix_scan(q, k, v, w, a, b, S)
    q, o, last = wide(q), [], v
    for t, last in enumerate(matrix_states(k, v, w, a, b, S)):
        o.append((last.mT @ q[:, :, t].unsqueeze(-1)).squeeze(-1))
    return torch.stack(o, dim=2).to(v.dtype), last


def matrix_states(
    k: Tensor, v: Tensor, w: Tensor, a: Tensor | None = None, b: Tensor | None = None, S: Tensor | None = None
) -> Iterator[Tensor]:
    """S_1, S_2, … [R, B, H, K, V], token after token."""
    k, v, w = (wide(x).unsqueeze(-1) for x in (k, v, w))
    if S is None:
        S = k.new_zeros(*k.shape[:2], k.shape[3], k.shape[4], v.shape[4])
    for t in range(k.shape[2]):
        after = w[:, :, t] * S + k[:, :, t] * v[:, :, t].mT
        if a is not None and b is not None:
            after = after + wide(a[:, :, t]).unsqueeze(-1) * (wide(b[:, :, t]).unsqueeze(-2) @ S)
        S = after
        yield S
