"""Gated linear attention: a gate for every row of the state, from the input.

Form          S_t = diag(α_t) S_{t−1} + k_t v_tᵀ,  o_t = S_tᵀ q_t / √K,  α_t = σ(W₂ W₁ x_t + b)^(1/16);
              out_proj(RMSNorm(o) ∘ SiLU(r_proj(x))), the norm over each head.
Range         α in (0, 1); for [−1, 1] the gate is 2 α − 1, by the rule of Grazzi et al. for Mamba (the paper on GLA has no such form).
Source        Yang et al. 2312.06635, section 4; RMSNorm in place of LayerNorm as in its authors' released layer, and K = V.
Computed by   `scan.matrix_scan`: no logarithms of gates, so that closed and negative ones are like any other.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .parts import Linear, RMSNorm, ShortConvolution, convolved, head_size, per_replica
from .scan import matrix_scan, matrix_states, wide

TEMPERATURE = 16


class GatedLinearAttention(nn.Module):
    """heads with states [head_dim, head_dim].

    lowest    [R] of 0 or −1: gates in (lowest, 1)
    heads, head_dim   default head_dim d_model / heads
    rank      of the gate's projection
    conv      width of a causal convolution and SiLU on q, k, v; 0 for none, as in the paper
    Raises    BadArgument for sizes that make no layer

    >>> GatedLinearAttention(2, 8, torch.tensor([0.0, -1.0]), heads=2)(torch.zeros(2, 1, 5, 8)).shape
    torch.Size([2, 1, 5, 8])
    """

    RANGES = True

    def __init__(
        self,
        replicas: int,
        d_model: int,
        lowest: Tensor,
        heads: int = 4,
        head_dim: int | None = None,
        rank: int = 16,
        conv: int = 0,
    ):
        super().__init__()
        head_dim = head_size(d_model, heads, head_dim, conv, rank=rank)
        self.heads, self.head_dim = heads, head_dim
        channels = heads * head_dim
        self.qkv = Linear(replicas, d_model, 3 * channels)
        self.conv = ShortConvolution(replicas, 3 * channels, conv) if conv else None
        self.gate_down, self.gate_up = Linear(replicas, d_model, rank), Linear(replicas, rank, channels, bias=True)
        self.r_proj = Linear(replicas, d_model, channels, bias=True)
        self.o_norm = RMSNorm(replicas, head_dim)
        self.o_proj = Linear(replicas, channels, d_model)
        self.register_buffer("lowest", lowest.float())
        self.lowest: Tensor

    def inputs(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """q, k, v and gates, [R, B, T, H, K] each."""
        return self.of_mixed(x, convolved(self.conv, self.qkv(x))[0])

    def of_mixed(self, x: Tensor, mixed: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        q, k, v = mixed.unflatten(-1, (3, self.heads, self.head_dim)).unbind(3)
        alpha = torch.exp(F.logsigmoid(wide(self.gate_up(self.gate_down(x)))) / TEMPERATURE)
        lowest = per_replica(self.lowest.unsqueeze(-1), alpha)
        return q * self.head_dim**-0.5, k, v, (lowest + (1 - lowest) * alpha).unflatten(-1, (self.heads, self.head_dim))

    def forward(self, x: Tensor) -> Tensor:
        return self.run(x)[0]

    def run(self, x: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """The output of x [R, B, T, d] after what `state` has seen, and the state after x; None is the beginning."""
        S, before = (None, None) if state is None else state
        mixed, before = convolved(self.conv, self.qkv(x), before)
        q, k, v, gates = self.of_mixed(x, mixed)
        o, S = matrix_scan(q, k, v, gates, S=S)
        return self.o_proj(self.o_norm(o).flatten(-2) * F.silu(self.r_proj(x))), (S, before)

    # ------------------------------------------------------------------ for the comparison

    def eigenvalues(self, x: Tensor) -> Tensor:
        """Complex [R, B, T, H·K]: the gates."""
        gates = self.inputs(x)[3].flatten(-2)
        return torch.complex(gates, torch.zeros_like(gates))

    def states(self, x: Tensor) -> Tensor:
        """S after each token [R, B, T, H, K, V]."""
        _, k, v, gates = self.inputs(x)
        return torch.stack(list(matrix_states(k, v, gates)), dim=2)
