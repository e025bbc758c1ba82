"""DeltaNet, DeltaProduct and their gated forms as mixers: what `nets.delta_product` is for one network, for a stack of them.

Form          q, k from SiLU (after a short convolution, if asked for) and L2 normalisation, v from SiLU, β = β_max · sigmoid with
              β_max 1 or 2 by replica; gate g = −exp(A_log) · softplus(· + dt_bias); heads RMS-normalised and projected back.
Computed by   `parts.activated` and `kernels.delta_product`, replicas and batch as one batch: the Triton kernels on a GPU.
Source        Yang et al. 2406.06484 (DeltaNet), 2412.06464 (gate); Siems et al. 2502.10297 (n_h); Grazzi et al. 2411.12537 (β_max = 2).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Generator, Tensor, nn

from ...kernels.front import delta_product
from ..delta_product import log_gate
from .parts import Linear, RMSNorm, ShortConvolution, activated, head_size, per_replica
from .scan import wide


class DeltaProduct(nn.Module):
    """n_h delta-rule steps a token.

    lowest   [R] of 0 or −1: β_max is 1 − lowest, for unit keys each step's eigenvalues lie in [lowest, 1].  So do those of a token for
             n_h = 1, and in [0, 1] for two steps; other products may have any of modulus at most 1
    heads, head_dim   states [head_dim, head_dim]; default head_dim d_model / heads
    n_h      steps a token, at least 1
    conv     width of a causal convolution before SiLU, 0 for none
    gate     a scalar a token and head in (0, 1) multiplies the state first
    Raises   BadArgument for sizes that make no layer

    >>> DeltaProduct(2, 8, torch.tensor([0.0, -1.0]), heads=2, n_h=2)(torch.zeros(2, 1, 5, 8)).shape
    torch.Size([2, 1, 5, 8])
    """

    RANGES = True
    gated = False

    def __init__(
        self,
        replicas: int,
        d_model: int,
        lowest: Tensor,
        heads: int = 4,
        head_dim: int | None = None,
        n_h: int = 1,
        conv: int = 0,
    ):
        super().__init__()
        head_dim = head_size(d_model, heads, head_dim, conv, n_h=n_h)
        self.heads, self.head_dim, self.n_h = heads, head_dim, n_h
        channels = heads * head_dim
        self.widths = [channels, n_h * channels, n_h * channels]  # of q, k, v
        self.qkv = Linear(replicas, d_model, sum(self.widths))
        self.b_proj = Linear(replicas, d_model, n_h * heads)
        self.conv = ShortConvolution(replicas, sum(self.widths), conv) if conv else None
        if self.gated:
            self.g_proj = Linear(replicas, d_model, heads)
            self.A_log = nn.Parameter(torch.zeros(replicas, heads))
            self.dt_bias = nn.Parameter(torch.zeros(replicas, heads))
        self.o_norm = RMSNorm(replicas, head_dim)
        self.o_proj = Linear(replicas, channels, d_model)
        self.register_buffer("beta_max", 1.0 - lowest.float())
        self.beta_max: Tensor

    def draw(self, draws: list[Generator]) -> None:
        if self.gated:
            self.A_log.copy_(torch.linspace(1, 16, self.heads).log().expand_as(self.A_log))
            self.dt_bias.fill_(-4.6)  # softplus ≈ 0.01: slow decay to begin with

    def inputs(self, x: Tensor, before: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor | None]:
        """q [R, B, T, H, K], k, v [R, B, T, n_h, H, K], β in [0, β_max] [R, B, T, n_h, H], and log-gates [R, B, T, H] or None.

        before   what the convolution saw before x, as `run` keeps it"""
        return self.inputs_and_kept(x, before)[0]

    def inputs_and_kept(
        self, x: Tensor, before: Tensor | None
    ) -> tuple[tuple[Tensor, Tensor, Tensor, Tensor, Tensor | None], Tensor | None]:
        """`inputs`, and what the convolution keeps for what comes next."""
        parts = list(zip(self.widths, (True, True, False), strict=True))
        (q, k, v), kept = activated(self.conv, self.qkv(x), parts, self.head_dim, before)
        steps, heads = (self.n_h, self.heads, self.head_dim), (self.heads, self.head_dim)
        strength = torch.sigmoid(wide(self.b_proj(x)))
        beta = (per_replica(self.beta_max.unsqueeze(-1), strength) * strength).unflatten(-1, (self.n_h, self.heads))
        g = None
        if self.gated:
            raw = wide(self.g_proj(x))
            g = log_gate(raw, per_replica(self.A_log, raw), per_replica(self.dt_bias, raw))
        return (q.unflatten(-1, heads), k.unflatten(-1, steps), v.unflatten(-1, steps), beta, g), kept

    def forward(self, x: Tensor) -> Tensor:
        return self.run(x)[0]

    def run(self, x: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """The output of x [R, B, T, d] after what `state` has seen, and the state after x; None is the beginning."""
        R, B, T, _ = x.shape
        S, before = (None, None) if state is None else state
        (q, k, v, beta, g), before = self.inputs_and_kept(x, before)
        o, S = delta_product(
            q.reshape(R * B, T, self.heads, self.head_dim),
            k.reshape(R * B, T * self.n_h, self.heads, self.head_dim),
            v.reshape(R * B, T * self.n_h, self.heads, self.head_dim),
            None if g is None else g.reshape(R * B, T, self.heads),
            beta.reshape(R * B, T * self.n_h, self.heads),
            self.n_h,
            initial_state=S,
            output_final_state=True,
        )
        return self.o_proj(self.o_norm(o.unflatten(0, (R, B))).flatten(-2)), (S, before)

    # ------------------------------------------------------------------ for the comparison

    def transition_matrices(self, x: Tensor) -> Tensor:
        """A_t [R, B, T, H, K, K] with S_t = A_t S_{t−1} + …, later steps on the left."""
        _, k, _, beta, g = self.inputs(x)
        A = torch.eye(self.head_dim, device=x.device).expand(*k.shape[:3], self.heads, -1, -1)
        if g is not None:
            A = A * g.exp()[..., None, None]
        for j in range(self.n_h):
            key = k[:, :, :, j].float()
            A = A - (beta[:, :, :, j, :, None] * key).unsqueeze(-1) * (key.unsqueeze(-2) @ A)
        return A

    def eigenvalues(self, x: Tensor) -> Tensor:
        """Complex [R, B, T, H·K]."""
        return torch.linalg.eigvals(self.transition_matrices(x)).flatten(-2)

    def states(self, x: Tensor) -> Tensor:
        """S after each token [R, B, T, H, K, V], float32, token after token."""
        _, k, v, beta, g = self.inputs(x)
        k, v = k.float(), v.float()
        S, after = x.new_zeros(*x.shape[:2], self.heads, self.head_dim, self.head_dim, dtype=torch.float32), []
        for t in range(x.shape[2]):
            if g is not None:
                S = S * g[:, :, t, :, None, None].exp()
            for j in range(self.n_h):
                key = k[:, :, t, j].unsqueeze(-1)
                S = S + key * (beta[:, :, t, j, :, None, None] * (v[:, :, t, j].unsqueeze(-2) - key.mT @ S))
            after.append(S)
        return torch.stack(after, dim=2)


class GatedDeltaProduct(DeltaProduct):
    """DeltaProduct with a forget gate."""

    gated = True


class DeltaNet(DeltaProduct):
    """One step a token."""

    def __init__(self, replicas: int, d_model: int, lowest: Tensor, heads: int = 4, head_dim: int | None = None, conv: int = 0):
        super().__init__(replicas, d_model, lowest, heads, head_dim, 1, conv)


class GatedDeltaNet(DeltaNet):
    """DeltaNet with a forget gate."""

    gated = True
