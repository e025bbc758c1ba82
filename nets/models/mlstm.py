"""mLSTM: the matrix memory of xLSTM, with an exponential input gate and a normaliser.

Form          C_t = f_t C_{t−1} + i_t k_t v_tᵀ,  n_t = f_t n_{t−1} + i_t k_t,  h_t = C_tᵀ q_t / max(|n_tᵀ q_t|, 1),
              i_t = exp(ĩ_t), f_t = σ(f̃_t), one of each a head, k scaled by K^−½;  o_proj(RMSNorm(h) ∘ σ(o_gate(x))), the norm
              over each head.
Stabiliser    m_t = max(log|f_t| + m_{t−1}, ĩ_t): the state that is kept is C_t exp(−m_t), with gates f_t exp(m_{t−1} − m_t) and
              exp(ĩ_t − m_t), both of modulus at most 1, and 1 becomes exp(−m_t).  h does not depend on m, so no gradient goes there.
Range         f in (0, 1); for [−1, 1] it is 2 σ − 1, by the rule of Grazzi et al. for Mamba.  Ours: the paper on xLSTM has no such
              form.  The normaliser enters by its modulus, so h turns its sign with C.
Source        Beck et al. 2405.04517, section 2.3; f̃ has a bias from 3 to 6 over the heads, as released.  The cell without the paper's
              up-projection, which the model's MLP stands for; RMSNorm a head in place of group normalisation.
Computed by   `scan.matrix_scan`, the normaliser as one more column.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from .parts import Linear, RMSNorm, ShortConvolution, convolved, head_size, per_replica
from .scan import matrix_scan, matrix_states, wide

SMALLEST_GATE = 1e-6  # in the stabiliser only: smaller gates count as this, which keeps exp(m_{t−1} − m_t) moderate


class MLSTM(nn.Module):
    """heads with states [head_dim, head_dim] and normalisers [head_dim].

    lowest    [R] of 0 or −1: forget gates in (lowest, 1)
    heads, head_dim   default head_dim d_model / heads
    conv      width of a causal convolution and SiLU on q, k, v; 0 for none
    Raises    BadArgument for sizes that make no layer

    >>> MLSTM(2, 8, torch.tensor([0.0, -1.0]), heads=2)(torch.zeros(2, 1, 5, 8)).shape
    torch.Size([2, 1, 5, 8])
    """

    RANGES = True

    def __init__(self, replicas: int, d_model: int, lowest: Tensor, heads: int = 4, head_dim: int | None = None, conv: int = 0):
        super().__init__()
        head_dim = head_size(d_model, heads, head_dim, conv)
        self.heads, self.head_dim = heads, head_dim
        channels = heads * head_dim
        self.qkv = Linear(replicas, d_model, 3 * channels)
        self.conv = ShortConvolution(replicas, 3 * channels, conv) if conv else None
        self.if_proj = Linear(replicas, d_model, 2 * heads)
        self.if_bias = nn.Parameter(torch.zeros(replicas, 2 * heads))
        self.o_gate = Linear(replicas, d_model, channels, bias=True)
        self.h_norm = RMSNorm(replicas, head_dim)
        self.o_proj = Linear(replicas, channels, d_model)
        self.register_buffer("lowest", lowest.float())
        self.lowest: Tensor

    def draw(self, draws: list[Generator]) -> None:
        self.if_bias.zero_()
        self.if_bias[:, self.heads :] = torch.linspace(3, 6, self.heads)

    def inputs(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """q, k, v [R, B, T, H, K], log input gates ĩ and forget gates f [R, B, T, H]."""
        return self.of_mixed(x, convolved(self.conv, self.qkv(x))[0])

    def of_mixed(self, x: Tensor, mixed: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        q, k, v = mixed.unflatten(-1, (3, self.heads, self.head_dim)).unbind(3)
        raw = wide(self.if_proj(x))
        i, f = (raw + per_replica(self.if_bias, raw)).chunk(2, dim=-1)
        lowest = per_replica(self.lowest.unsqueeze(-1), f)
        return q, k * self.head_dim**-0.5, v, i, lowest + (1 - lowest) * torch.sigmoid(f)

    def stabilised(
        self, k: Tensor, v: Tensor, i: Tensor, f: Tensor, m_0: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """k, (v, 1) and gates [R, B, T, H, K] of the stabilised recurrence, and m [R, B, T, H]; m_0 [R, B, 1, H] goes before."""
        m = stabiliser(i.detach(), f.detach(), m_0)
        first = m[:, :, :1] if m_0 is None else m_0  # a gate that meets C_0 = 0 has only to be finite
        gates = f * torch.exp(torch.cat([first, m[:, :, :-1]], dim=2) - m)
        written = torch.exp(i - m).unsqueeze(-1) * wide(k)
        return written, F.pad(wide(v), (0, 1), value=1.0), gates.unsqueeze(-1).expand_as(written), m

    def forward(self, x: Tensor) -> Tensor:
        return self.run(x)[0]

    def run(self, x: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """The output of x [R, B, T, d] after what `state` has seen, and the state after x; None is the beginning."""
        S, m, before = (None, None, None) if state is None else state
        mixed, before = convolved(self.conv, self.qkv(x), before)
        q, k, v, i, f = self.of_mixed(x, mixed)
        k, v, gates, m = self.stabilised(k, v, i, f, m)
        o, S = matrix_scan(q, k, v, gates, S=S)
        Cq, nq = o.split([self.head_dim, 1], dim=-1)
        h = Cq / torch.maximum(nq.abs(), torch.exp(-m).unsqueeze(-1))
        return self.o_proj(self.h_norm(h).flatten(-2) * torch.sigmoid(self.o_gate(x))), (S, m[:, :, -1:], before)

    # ------------------------------------------------------------------ for the comparison

    def eigenvalues(self, x: Tensor) -> Tensor:
        """Complex [R, B, T, H·K]: the forget gates, each K times."""
        f = self.inputs(x)[4].repeat_interleave(self.head_dim, dim=-1)
        return torch.complex(f, torch.zeros_like(f))

    def states(self, x: Tensor) -> Tensor:
        """(C, n) exp(−m) after each token [R, B, T, H, K, K + 1], n as the last column."""
        k, v, gates, _ = self.stabilised(*self.inputs(x)[1:])
        return torch.stack(list(matrix_states(k, v, gates)), dim=2)


def stabiliser(i: Tensor, f: Tensor, m_0: Tensor | None = None) -> Tensor:
    """m_t = max(log|f_t| + m_{t−1}, i_t) [R, B, T, H], m_0 = −∞ by default: the largest of i_s + log|f_{s+1} ⋯ f_t| over s ≤ t.

    >>> stabiliser(torch.tensor([0.0, -3.0]).view(1, 1, 2, 1), torch.tensor([0.1, 0.5]).view(1, 1, 2, 1)).flatten()
    tensor([ 0.0000, -0.6931])
    """
    decay = f.abs().clamp_min(SMALLEST_GATE).log().cumsum(2)
    largest = torch.cummax(i - decay, dim=2).values
    return decay + (largest if m_0 is None else torch.maximum(largest, m_0))
