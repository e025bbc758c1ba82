"""The DeltaProduct layer that is trained: n_h delta-rule steps a token, optional gate, β in [0, 1] or [0, 2].

Form          q, k from SiLU and L2 normalisation, v from SiLU, β = β_max · sigmoid, log-gate g = −exp(A_log) · softplus(· + dt_bias);
              head outputs are RMS-normalised and projected back.
Range         unit keys and β in [0, 1] give eigenvalues in [0, 1]; β in [0, 2] gives [−1, 1].  The norm of every state-transition
              matrix is at most 1 either way.
Computed by   `kernels.delta_product`: the Triton kernels on a GPU, chunks in plain torch on a CPU.  The state is float32, or float64 in
              a float64 layer, whatever the layer's type; results differ from those of `kernels.reference` by its rounding.
Source        Siems et al. 2502.10297 and the layer its authors released; Grazzi et al. 2411.12537 for β_max = 2.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..automata.errors import BadArgument
from ..kernels.front import delta_product


def unit(x: Tensor) -> Tensor:
    """x over its norm in the last axis, in its own type; shorter only where less than 10⁻⁶ of it is there."""
    return (
        F.normalize(x.float(), dim=-1, eps=1e-6).to(x.dtype) if x.dtype != torch.float64 else F.normalize(x, dim=-1, eps=1e-6)
    )


def log_gate(x: Tensor, A_log: Tensor, dt_bias: Tensor) -> Tensor:
    """−exp(A_log) softplus(x + dt_bias) ≤ 0, the log-gate of Mamba-2 and Gated DeltaNet."""
    return -A_log.exp() * F.softplus(x + dt_bias)


class DeltaProduct(nn.Module):
    """Input and output [B, T, d_model].

    n_h         steps a token, at least 1 (1 is DeltaNet)
    n_heads, head_k, head_v   heads with states [head_k, head_v]; default: d_model split among the heads
    beta_max    1 or 2: eigenvalues in [0, 1] or [−1, 1]
    gate        whether a scalar a token and head in (0, 1) multiplies the state first
    Raises      BadArgument for sizes and ranges that make no layer

    >>> layer = DeltaProduct(d_model=8, n_h=2, n_heads=2, beta_max=2)
    >>> layer(torch.zeros(3, 5, 8))[0].shape
    torch.Size([3, 5, 8])
    """

    def __init__(
        self,
        d_model: int,
        n_h: int = 1,
        n_heads: int = 1,
        head_k: int | None = None,
        head_v: int | None = None,
        beta_max: int = 2,
        gate: bool = False,
    ):
        super().__init__()
        if n_heads < 1:
            raise BadArgument(f"{n_heads} heads; a layer has at least 1")
        if beta_max not in (1, 2):
            raise BadArgument(
                f"beta_max is {beta_max}; 1 gives eigenvalues in [0, 1], 2 gives [-1, 1], and beyond 2 the state may grow"
            )
        self.n_h, self.n_heads, self.beta_max = n_h, n_heads, beta_max
        self.head_k = d_model // n_heads if head_k is None else head_k
        self.head_v = d_model // n_heads if head_v is None else head_v
        if min(n_h, n_heads, self.head_k, self.head_v) < 1:
            raise BadArgument(f"n_h {n_h}, {n_heads} heads of {self.head_k} × {self.head_v}: all must be at least 1")
        self.q_proj = nn.Linear(d_model, n_heads * self.head_k, bias=False)
        self.k_proj = nn.Linear(d_model, n_h * n_heads * self.head_k, bias=False)
        self.v_proj = nn.Linear(d_model, n_h * n_heads * self.head_v, bias=False)
        self.b_proj = nn.Linear(d_model, n_h * n_heads, bias=False)
        self.g_proj = nn.Linear(d_model, n_heads, bias=False) if gate else None
        if gate:
            self.A_log = nn.Parameter(torch.linspace(1, 16, n_heads).log())
            self.dt_bias = nn.Parameter(torch.full((n_heads,), -4.6))  # softplus ≈ 0.01: slow decay to begin with
        self.o_norm = nn.RMSNorm(self.head_v, eps=1e-5)
        self.o_proj = nn.Linear(n_heads * self.head_v, d_model, bias=False)

    def transitions(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """Unit keys [B, T, n_h, H, K], strengths β in [0, β_max] [B, T, n_h, H] and log-gates ≤ 0 [B, T, H] (or None) of inputs x.

        A key is shorter only where SiLU leaves less than 10⁻⁶ of it.
        """
        B, T, _ = x.shape
        k = unit(F.silu(self.k_proj(x)).view(B, T, self.n_h, self.n_heads, self.head_k))
        beta = self.beta_max * torch.sigmoid(self.b_proj(x)).view(B, T, self.n_h, self.n_heads)
        g = None if self.g_proj is None else log_gate(self.g_proj(x), self.A_log, self.dt_bias)
        return k, beta, g

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """x [B, T, d_model], state [B, H, K, V] (default 0) to output [B, T, d_model] and the last state, float32 or wider.

        Differentiable once on a GPU, any number of times on a CPU."""
        B, T, _ = x.shape
        k, beta, g = self.transitions(x)
        q = unit(F.silu(self.q_proj(x)).view(B, T, self.n_heads, self.head_k))
        v = F.silu(self.v_proj(x)).view(B, T * self.n_h, self.n_heads, self.head_v)
        o, last = delta_product(
            q,
            k.reshape(B, T * self.n_h, self.n_heads, self.head_k),
            v,
            g,
            beta.reshape(B, T * self.n_h, self.n_heads),
            self.n_h,
            initial_state=state,
            output_final_state=True,
        )
        assert last is not None  # asked for
        return self.o_proj(self.o_norm(o).flatten(-2)), last
