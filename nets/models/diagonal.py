"""Mamba: a selective state-space model with diagonal transitions (S6).

Form          (x, z) = in_proj(u);  x ← SiLU(conv(x));  (δ, B, C) = x_proj(x);  Δ = softplus(dt_proj(δ) + dt_bias);  A = −exp(A_log);
              h_t = exp(Δ_t A) ∘ h_{t−1} + (Δ_t x_t) B_tᵀ,  y_t = h_t C_t + D ∘ x_t;  out_proj(y ∘ SiLU(z)).
Range         gates exp(Δ A) lie in (0, 1); 2 exp(Δ A) − 1 in (−1, 1).
Source        Gu and Dao 2312.00752, algorithm 2 and the block around it; Grazzi et al. 2411.12537 for 2 exp(Δ A) − 1.  The released
              layer's convolution has a bias, ours (parts.ShortConvolution) has not, and it starts near the identity.
Computed by   `scan.selective_scan`.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from ...automata.errors import BadArgument
from .parts import Linear, ShortConvolution, activated, per_replica
from .scan import selective_gates, selective_scan, selective_states, wide


class Mamba(nn.Module):
    """expand · d_model channels, each with a state of `state` numbers.

    lowest    [R] of 0 or −1: gates in (lowest, 1)
    conv      width of the causal convolution, 0 for none
    Raises    BadArgument for sizes that make no layer

    >>> Mamba(2, 8, torch.tensor([0.0, -1.0]))(torch.zeros(2, 1, 5, 8)).shape
    torch.Size([2, 1, 5, 8])
    """

    RANGES = True

    def __init__(self, replicas: int, d_model: int, lowest: Tensor, state: int = 16, expand: int = 2, conv: int = 4):
        super().__init__()
        if min(state, expand) < 1 or conv < 0:
            raise BadArgument(
                f"state {state}, expand {expand}, convolution {conv}: the first two must be at least 1, the last 0"
            )
        inner, rank = expand * d_model, -(-d_model // 16)
        self.widths = [rank, state, state]  # of δ, B, C
        self.in_proj = Linear(replicas, d_model, 2 * inner)
        self.conv = ShortConvolution(replicas, inner, conv) if conv else None
        self.x_proj = Linear(replicas, inner, sum(self.widths))
        self.dt_proj = Linear(replicas, rank, inner)
        self.dt_bias = nn.Parameter(torch.zeros(replicas, inner))
        self.A_log = nn.Parameter(torch.zeros(replicas, inner, state))
        self.D = nn.Parameter(torch.ones(replicas, inner))
        self.out_proj = Linear(replicas, inner, d_model)
        self.register_buffer("lowest", lowest.float())
        self.lowest: Tensor

    def draw(self, draws: list[Generator]) -> None:
        """A = −1, …, −N in every channel; Δ log-uniform in [0.001, 0.1] to begin with."""
        self.A_log.copy_(torch.arange(1, self.A_log.shape[2] + 1).log().expand_as(self.A_log))
        for bias, generator in zip(self.dt_bias, draws, strict=True):
            dt = torch.exp(math.log(1e-3) + torch.rand(bias.shape, generator=generator) * math.log(100))
            bias.copy_(dt + torch.log(-torch.expm1(-dt)))  # softplus of it is dt
        self.D.fill_(1)

    def inputs(self, u: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """x, Δ [R, B, T, inner], A [R, inner, N], B, C [R, B, T, N]."""
        x, _ = self.in_proj(u).chunk(2, dim=-1)
        return self.of_convolved(self.convolved(x)[0])

    def convolved(self, x: Tensor, before: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """SiLU of x, after the convolution if there is one, and what that keeps."""
        (y,), before = activated(self.conv, x, [(x.shape[-1], False)], before=before)
        return y, before

    def of_convolved(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        delta, B, C = self.x_proj(x).split(self.widths, dim=-1)
        raw = wide(self.dt_proj(delta))
        return x, F.softplus(raw + per_replica(self.dt_bias, raw)), -torch.exp(wide(self.A_log)), B, C

    def forward(self, u: Tensor) -> Tensor:
        return self.run(u)[0]

    def run(self, u: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """The output of u [R, B, T, d] after what `state` has seen, and the state after u; None is the beginning."""
        h, before = (None, None) if state is None else state
        x, z = self.in_proj(u).chunk(2, dim=-1)
        x, before = self.convolved(x, before)
        x, dt, A, B, C = self.of_convolved(x)
        y, h = selective_scan(x, dt, A, B, C, self.lowest, h)
        return self.out_proj((y + x * per_replica(self.D, x).to(x.dtype)) * F.silu(z)), (h, before)

    # ------------------------------------------------------------------ for the comparison

    def eigenvalues(self, u: Tensor) -> Tensor:
        """Complex [R, B, T, inner·N]: the gates."""
        _, dt, A, *_ = self.inputs(u)
        gates = selective_gates(dt, A, self.lowest).flatten(-2)
        return torch.complex(gates, torch.zeros_like(gates))

    def states(self, u: Tensor) -> Tensor:
        """h after each token [R, B, T, inner·N]."""
        x, dt, A, B, _ = self.inputs(u)
        return torch.stack([h.flatten(-2) for h in selective_states(x, dt, A, B, self.lowest)], dim=2)
