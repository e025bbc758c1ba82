"""A DeltaProduct layer whose keys, values, strengths and gates come straight from linear maps of its input.

Nothing lies between projection and recurrence: no normalisation of keys, no sigmoid, no scale.  So integer weights stay integers, and
the layer computes in floats what `theory.exact_layer.ExactLayer` computes in exact numbers.  This is the layer that compiled
networks are made of; `DeltaProduct` is the one that is trained.

Two ways to compute it, `layer.recurrence`:
  "reference"   token after token, the bits that certificates speak of; the default
  "kernels"     `kernels.delta_product`, in chunks: Triton on a GPU, plain torch on a CPU.  Other bits in general; the same where
                nothing rounds.  `Network.use_kernels` asks for a certificate first.  With gradients the reference runs all the same.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from ..kernels.front import delta_product
from ..kernels.reference import recurrence


class FixedDeltaProduct(nn.Module):
    """n_h steps a token, H heads with states [K, V]; input [B, T, d_input] to output [B, T, H·V].

    query [H, K] is the same for all tokens, so the layer can be read before the first one; initial_state [H, K, V].
    The parameters do not ask for gradients; `requires_grad_()` unfreezes them for fine-tuning.
    """

    recurrence: Literal["reference", "kernels"] = "reference"  # no part of the state dict

    def __init__(self, d_input: int, n_heads: int, head_k: int, head_v: int, n_h: int = 1, gate: bool = False):
        super().__init__()
        self.n_heads, self.head_k, self.head_v, self.n_h = n_heads, head_k, head_v, n_h
        self.k_proj = zero_linear(d_input, n_h * n_heads * head_k)
        self.v_proj = zero_linear(d_input, n_h * n_heads * head_v)
        self.b_proj = zero_linear(d_input, n_h * n_heads)
        self.g_proj = zero_linear(d_input, n_heads) if gate else None
        self.query = nn.Parameter(torch.zeros(n_heads, head_k))
        self.initial_state = nn.Parameter(torch.zeros(n_heads, head_k, head_v))
        self.requires_grad_(False)

    def inputs(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor | None]:
        """What the recurrence reads of x [B, T, d_input]: q [B, T, H, K], k [B, T, n_h, H, K], v [B, T, n_h, H, V],
        beta [B, T, n_h, H], and the gate [B, T, H] or None."""
        B, T, _ = x.shape
        H, K, V, n_h = self.n_heads, self.head_k, self.head_v, self.n_h
        return (
            self.query.expand(B, T, H, K),
            self.k_proj(x).view(B, T, n_h, H, K),
            self.v_proj(x).view(B, T, n_h, H, V),
            self.b_proj(x).view(B, T, n_h, H),
            None if self.g_proj is None else self.g_proj(x),
        )

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """x [B, T, d_input], state [B, H, K, V] (default: the initial state) to o [B, T, H·V] and the last state."""
        B, T, _ = x.shape
        inputs = (*self.inputs(x), self.start(B) if state is None else state)
        run = in_chunks if self.recurrence == "kernels" and not needs_gradients(inputs) else recurrence
        o, state = run(*inputs)
        return o.reshape(B, T, self.n_heads * self.head_v), state

    def start(self, batch: int) -> Tensor:
        """The initial state, once a word: [B, H, K, V]."""
        return self.initial_state.expand(batch, -1, -1, -1)

    def read_start(self) -> Tensor:
        """What the layer puts out before the first token: [H·V]."""
        nothing = self.initial_state.new_zeros(1, 1, 0, self.n_heads, self.head_k)
        no_value = self.initial_state.new_zeros(1, 1, 0, self.n_heads, self.head_v)
        o, _ = recurrence(self.query[None, None], nothing, no_value, no_value[..., 0], None, self.start(1))
        return o.reshape(-1)


def in_chunks(q: Tensor, k: Tensor, v: Tensor, beta: Tensor, alpha: Tensor | None, state: Tensor) -> tuple[Tensor, Tensor]:
    """Arguments and results of `kernels.reference.recurrence`, on the kernels; gates α ≥ 0 (log 1 = 0 and log 0 = −∞ are exact)."""
    n_h, dtype = k.shape[2], state.dtype
    g = None if alpha is None else alpha.log()
    o, last = delta_product(
        q, k.flatten(1, 2), v.flatten(1, 2), g, beta.flatten(1, 2), n_h, scale=1.0, initial_state=state, output_final_state=True
    )
    assert last is not None  # asked for
    return o, last.to(dtype)


def needs_gradients(inputs: tuple[Tensor | None, ...]) -> bool:
    return torch.is_grad_enabled() and any(x is not None and x.requires_grad for x in inputs)


def zero_linear(d_input: int, d_output: int, bias: bool = False) -> nn.Linear:
    """A linear map of zeros, made without drawing random numbers."""
    linear = nn.utils.skip_init(nn.Linear, d_input, d_output, bias=bias)
    assert isinstance(linear, nn.Linear)
    with torch.no_grad():
        for parameter in linear.parameters():
            parameter.zero_()
    return linear
