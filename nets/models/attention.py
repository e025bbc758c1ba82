"""Causal softmax attention with rotary positions: what the linear recurrences are set beside.

Form          q, k turned by the angle t · base^(−2i/K) in each pair (i, i + K/2) of head coordinates, t the position;
              o_t = Σ_{s ≤ t} softmax_s(q_tᵀ k_s / √K) v_s, heads side by side, and projected back.
Computed by   F.scaled_dot_product_attention, replicas and batch as one batch.
Range         None: there is no state that a matrix moves.
Source        Vaswani et al. 1706.03762; Su et al. 2104.09864 for the rotations, with base 10 000.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ...automata.errors import BadArgument
from .parts import Linear, head_size
from .scan import wide

BASE = 10_000.0


class Attention(nn.Module):
    """heads of head_dim, default d_model / heads; head_dim is even.

    Raises   BadArgument for sizes that make no layer

    >>> Attention(2, 8, torch.zeros(2), heads=2)(torch.zeros(2, 1, 5, 8)).shape
    torch.Size([2, 1, 5, 8])
    """

    RANGES = False

    def __init__(self, replicas: int, d_model: int, lowest: Tensor, heads: int = 4, head_dim: int | None = None):
        super().__init__()
        head_dim = head_size(d_model, heads, head_dim)
        if head_dim % 2:
            raise BadArgument(f"{heads} heads of {head_dim}: heads of an even size are expected, whose pairs can be turned")
        self.heads, self.head_dim = heads, head_dim
        self.qkv = Linear(replicas, d_model, 3 * heads * head_dim)
        self.o_proj = Linear(replicas, heads * head_dim, d_model)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(x).unflatten(-1, (3, self.heads, self.head_dim)).permute(3, 0, 1, 4, 2, 5)  # [3, R, B, H, T, K]
        q, k, v = (y.flatten(0, 1) for y in (rotated(q), rotated(k), v))
        o = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.o_proj(o.unflatten(0, x.shape[:2]).transpose(2, 3).flatten(-2))


def rotated(x: Tensor) -> Tensor:
    """x [..., T, K] with each pair (i, i + K/2) of row t turned by t · base^(−2i/K).

    >>> rotated(torch.tensor([[1.0, 0.0], [1.0, 0.0]]))
    tensor([[1.0000, 0.0000],
            [0.5403, 0.8415]])
    """
    T, half = x.shape[-2], x.shape[-1] // 2
    kind = wide(x).dtype
    speed = BASE ** (-torch.arange(half, device=x.device, dtype=kind) / half)
    angle = torch.arange(T, device=x.device, dtype=kind).unsqueeze(-1) * speed
    cos, sin = angle.cos(), angle.sin()
    a, b = wide(x).chunk(2, dim=-1)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1).to(x.dtype)
