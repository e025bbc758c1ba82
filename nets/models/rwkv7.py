"""RWKV-7's time mixing: decay a row, and a removal of what the state has for a key.

Form          each of r, w, k, v, a, g from x_t + (x_{t−1} − x_t) ∘ μ with a μ of its own;
              w = exp(−e^−½ σ(w₀ + tanh(· W₁) W₂)),  a = σ(a₀ + · A₁ A₂),  g = σ(· G₁) G₂,
              κ̂ = k ∘ ξ over its norm in each head,  k̃ = k ∘ (1 + (a − 1) ∘ ζ),
              S_t = (diag(w_t) − c (a_t ∘ κ̂_t) κ̂_tᵀ) S_{t−1} + k̃_t v_tᵀ,  o_t = S_tᵀ r_t,
              p = GroupNorm(o) + (Σ r ∘ ρ ∘ k̃) v,  out_proj(g ∘ p).
              S is the transpose of the paper's.  Left out: the paper's mixing of v with the first layer's v.
Range         The transition is similar to the symmetric diag(w) − c z zᵀ with z = √a ∘ κ̂, ‖z‖ < 1, and w > u = exp(−e^−½) ≈ 0.545:
              its eigenvalues are real and lie in (u − c, 1).  So c = u − lowest puts them in [0, 1] with c ≈ 0.545, and in [−1, 1]
              with c ≈ 1.545.  The layer as released has c = 1, eigenvalues in (−0.455, 1): option c.
Source        Peng et al. 2503.14456, section 4 and appendix on the transition matrix.
Computed by   `scan.matrix_scan`.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from ...automata.errors import BadArgument
from .parts import Linear, head_size, per_replica
from .scan import matrix_scan, matrix_states, wide

FASTEST_DECAY = math.exp(-math.exp(-0.5))  # u


class Inputs(NamedTuple):
    r: Tensor  # [R, B, T, H, K] each
    w: Tensor
    k: Tensor  # k̃
    v: Tensor
    a: Tensor  # c · a
    removed: Tensor  # κ̂
    g: Tensor  # [R, B, T, H·K]


class RWKV7(nn.Module):
    """heads with states [head_dim, head_dim].

    lowest    [R] of 0 or −1: eigenvalues in (lowest, 1)
    heads, head_dim   default head_dim d_model / heads
    rank      of the projections of w, a and g
    c         how much is removed at most, in place of what the range says
    Raises    BadArgument for sizes that make no layer

    >>> RWKV7(2, 8, torch.tensor([0.0, -1.0]), heads=2)(torch.zeros(2, 1, 5, 8)).shape
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
        c: float | None = None,
    ):
        super().__init__()
        head_dim = head_size(d_model, heads, head_dim, rank=rank)
        if c is not None and not 0 <= c <= 1 + FASTEST_DECAY:
            raise BadArgument(f"c is {c}; it is in [0, {1 + FASTEST_DECAY:.3f}], where eigenvalues are in [−1, 1]")
        self.heads, self.head_dim = heads, head_dim
        channels = heads * head_dim
        self.mix = nn.Parameter(torch.zeros(replicas, 6, d_model))  # μ of r, w, k, v, a, g
        self.r_proj, self.k_proj, self.v_proj = (Linear(replicas, d_model, channels) for _ in range(3))
        self.w_down, self.w_up = Linear(replicas, d_model, rank), Linear(replicas, rank, channels)
        self.a_down, self.a_up = Linear(replicas, d_model, rank), Linear(replicas, rank, channels)
        self.g_down, self.g_up = Linear(replicas, d_model, rank), Linear(replicas, rank, channels)
        self.w_bias = nn.Parameter(torch.zeros(replicas, channels))
        self.a_bias = nn.Parameter(torch.zeros(replicas, channels))
        self.removal = nn.Parameter(torch.ones(replicas, channels))  # ξ
        self.replacement = nn.Parameter(torch.ones(replicas, channels))  # ζ
        self.bonus = nn.Parameter(torch.zeros(replicas, heads, head_dim))  # ρ
        self.norm_weight = nn.Parameter(torch.ones(replicas, channels))
        self.norm_bias = nn.Parameter(torch.zeros(replicas, channels))
        self.o_proj = Linear(replicas, channels, d_model)
        self.register_buffer("most", FASTEST_DECAY - lowest.float() if c is None else torch.full((replicas,), float(c)))
        self.most: Tensor

    def draw(self, draws: list[Generator]) -> None:
        """Half of the token before; decays from slow to fast over each head's rows; the rest as made."""
        self.mix.fill_(0.5)
        rows = torch.linspace(-6, 1, self.head_dim)  # the released layer's span, before its offset
        self.w_bias.copy_(rows.repeat(self.heads).expand_as(self.w_bias))
        for parameter, value in ((self.a_bias, 0), (self.removal, 0.85), (self.replacement, 1), (self.bonus, 0)):
            parameter.fill_(value)
        self.norm_weight.fill_(1)
        self.norm_bias.zero_()

    def inputs(self, x: Tensor, before: Tensor | None = None) -> Inputs:
        """before   [R, B, 1, d], the token before x, default 0"""
        turn = torch.cat([torch.zeros_like(x[:, :, :1]) if before is None else before, x[:, :, :-1]], dim=2) - x
        x_r, x_w, x_k, x_v, x_a, x_g = (x + turn * per_replica(mu, x).to(x.dtype) for mu in self.mix.unbind(1))
        by_head = (self.heads, self.head_dim)
        w, a = wide(self.w_up(torch.tanh(self.w_down(x_w)))), wide(self.a_up(self.a_down(x_a)))
        w = torch.exp(-math.exp(-0.5) * torch.sigmoid(w + per_replica(self.w_bias, w)))
        a = torch.sigmoid(a + per_replica(self.a_bias, a))
        k = wide(self.k_proj(x_k))
        removed = F.normalize((k * per_replica(self.removal, k)).unflatten(-1, by_head), dim=-1, eps=1e-6)
        k = k * (1 + (a - 1) * per_replica(self.replacement, a))
        a = a * per_replica(self.most.unsqueeze(-1), a)
        g = self.g_up(torch.sigmoid(self.g_down(x_g)))
        r, v, w, k, a = (y.unflatten(-1, by_head) for y in (self.r_proj(x_r), self.v_proj(x_v), w, k, a))
        return Inputs(r, w, k, v, a, removed, g)

    def forward(self, x: Tensor) -> Tensor:
        return self.run(x)[0]

    def run(self, x: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """The output of x [R, B, T, d] after what `state` has seen, and the state after x; None is the beginning."""
        S, before = (None, None) if state is None else state
        r, w, k, v, a, removed, g = self.inputs(x, before)
        o, S = matrix_scan(r, k, v, w, -a * removed, removed, S)
        o = F.layer_norm(wide(o), (self.head_dim,), eps=64e-5).flatten(-2)
        o = o * per_replica(self.norm_weight, o) + per_replica(self.norm_bias, o)
        o = o + ((r * k * per_replica(self.bonus, k)).sum(-1, keepdim=True) * v).flatten(-2)
        return self.o_proj(g * o), (S, x[:, :, -1:])

    # ------------------------------------------------------------------ for the comparison

    def transition_matrices(self, x: Tensor) -> Tensor:
        """A_t [R, B, T, H, K, K] with S_t = A_t S_{t−1} + …"""
        given = self.inputs(x)
        return torch.diag_embed(given.w) - (given.a * given.removed).unsqueeze(-1) * given.removed.unsqueeze(-2)

    def eigenvalues(self, x: Tensor) -> Tensor:
        """Complex [R, B, T, H·K], from the symmetric matrix that the transition is similar to."""
        given = self.inputs(x)
        z = given.a.sqrt() * given.removed
        real = torch.linalg.eigvalsh(torch.diag_embed(given.w) - z.unsqueeze(-1) * z.unsqueeze(-2)).flatten(-2)
        return torch.complex(real, torch.zeros_like(real))

    def states(self, x: Tensor) -> Tensor:
        """S after each token [R, B, T, H, K, V]."""
        _, w, k, v, a, removed, _ = self.inputs(x)
        return torch.stack(list(matrix_states(k, v, w, -a * removed, removed)), dim=2)
