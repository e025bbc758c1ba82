"""Drop-in functions with the names, layouts and defaults of flash-linear-attention 0.6, all through `front.delta_product`.

They differ from the originals in this: float32 inputs are taken; n_h steps never expand q; g = −inf is legal; a CPU works.
use_qk_l2norm_in_kernel normalises as theirs does, x / √(Σ x² + 10⁻⁶), rounded to the inputs' type.  cu_seqlens_cpu, chunk_indices and
chunk_size only steer theirs and are not looked at.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from ..automata.errors import BadArgument
from .front import delta_product, one_by_one

STEERING = {"cu_seqlens_cpu", "chunk_indices", "chunk_size"}  # change speed in the originals, no result
Result = tuple[Tensor, Tensor | None]


def chunk_gated_delta_product(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    g: Tensor | None,
    beta: Tensor,
    num_householder: int,
    scale: float | None = None,
    initial_state: Tensor | None = None,
    output_final_state: bool = False,
    use_qk_l2norm_in_kernel: bool = False,
    cu_seqlens: Tensor | None = None,
    **others: Any,
) -> Result:
    """q [B, T, H, K], k [B, T·n_h, H, K], v [B, T·n_h, HV, V], g [B, T, HV] or None, beta [B, T·n_h, HV].

    >>> x = torch.ones(1, 2, 1, 4)
    >>> o, last = chunk_gated_delta_product(x, x.repeat(1, 2, 1, 1), x.repeat(1, 2, 1, 1), None, torch.ones(1, 4, 1), 2)
    >>> o.shape, last
    (torch.Size([1, 2, 1, 4]), None)
    """
    known(others)
    q, k = unit(q, k, use_qk_l2norm_in_kernel)
    return delta_product(q, k, v, g, beta, num_householder, scale, initial_state, output_final_state, cu_seqlens)


def chunk_delta_rule(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    beta: Tensor,
    scale: float | None = None,
    initial_state: Tensor | None = None,
    output_final_state: bool = False,
    use_qk_l2norm_in_kernel: bool = False,
    cu_seqlens: Tensor | None = None,
    **others: Any,
) -> Result:
    """One step a token, no gate."""
    known(others)
    q, k = unit(q, k, use_qk_l2norm_in_kernel)
    return delta_product(q, k, v, None, beta, 1, scale, initial_state, output_final_state, cu_seqlens)


def chunk_gated_delta_rule(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    g: Tensor,
    beta: Tensor,
    scale: float | None = None,
    initial_state: Tensor | None = None,
    output_final_state: bool = False,
    use_qk_l2norm_in_kernel: bool = False,
    use_beta_sigmoid_in_kernel: bool = False,
    allow_neg_eigval: bool = False,
    state_v_first: bool = False,
    cu_seqlens: Tensor | None = None,
    use_gate_in_kernel: bool = False,
    A_log: Tensor | None = None,
    dt_bias: Tensor | None = None,
    **others: Any,
) -> Result:
    """One step a token, a log-gate g [B, T, HV]; the activations of g and beta are separate operations here."""
    known(others)
    q, k = unit(q, k, use_qk_l2norm_in_kernel)
    gate = activated(g, use_gate_in_kernel, A_log, dt_bias)
    strength = squashed(beta, use_beta_sigmoid_in_kernel, allow_neg_eigval)
    start = turned(initial_state, state_v_first)
    o, last = delta_product(q, k, v, gate, strength, 1, scale, start, output_final_state, cu_seqlens)
    return o, turned(last, state_v_first)


def fused_recurrent_delta_rule(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    beta: Tensor | None = None,
    scale: float | None = None,
    initial_state: Tensor | None = None,
    output_final_state: bool = False,
    use_qk_l2norm_in_kernel: bool = False,
    cu_seqlens: Tensor | None = None,
) -> Result:
    """One step a token, token after token in float32; with gradients the chunked form runs."""
    q, k = unit(q, k, use_qk_l2norm_in_kernel)
    return one_by_one(q, k, v, None, beta, 1, scale, initial_state, output_final_state, cu_seqlens)


def fused_recurrent_gated_delta_rule(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    g: Tensor | None = None,
    gk: Tensor | None = None,
    gv: Tensor | None = None,
    beta: Tensor | None = None,
    scale: float | None = None,
    initial_state: Tensor | None = None,
    output_final_state: bool = False,
    use_qk_l2norm_in_kernel: bool = False,
    use_gate_in_kernel: bool = False,
    A_log: Tensor | None = None,
    dt_bias: Tensor | None = None,
    use_beta_sigmoid_in_kernel: bool = False,
    allow_neg_eigval: bool = False,
    state_v_first: bool = False,
    cu_seqlens: Tensor | None = None,
    **others: Any,
) -> Result:
    """As `chunk_gated_delta_rule`, token after token in float32. Gates a key (gk) or a value (gv) are not supported."""
    known(others)
    if gk is not None or gv is not None:
        raise BadArgument(
            "gk and gv, gates of single keys and values, are not supported; a gate is one number a token and head"
        )
    q, k = unit(q, k, use_qk_l2norm_in_kernel)
    gate = None if g is None else activated(g, use_gate_in_kernel, A_log, dt_bias)
    strength = None if beta is None else squashed(beta, use_beta_sigmoid_in_kernel, allow_neg_eigval)
    start = turned(initial_state, state_v_first)
    o, last = one_by_one(q, k, v, gate, strength, 1, scale, start, output_final_state, cu_seqlens)
    return o, turned(last, state_v_first)


def known(others: dict[str, Any]) -> None:
    """Raises BadArgument for options that change the result and are not supported."""
    for name, value in others.items():
        if name not in STEERING and value is not None:
            raise BadArgument(f"{name}={value!r} is not supported")


def unit(q: Tensor, k: Tensor, wanted: bool) -> tuple[Tensor, Tensor]:
    if not wanted:
        return q, k

    def normalised(x: Tensor) -> Tensor:
        wide = x if x.dtype == torch.float64 else x.float()
        return (wide * torch.rsqrt(wide.square().sum(-1, keepdim=True) + 1e-6)).to(x.dtype)

    return normalised(q), normalised(k)


def activated(g: Tensor, wanted: bool, A_log: Tensor | None, dt_bias: Tensor | None) -> Tensor:
    """−exp(A_log) softplus(g + dt_bias)."""
    if not wanted:
        return g
    if A_log is None:
        raise BadArgument("use_gate_in_kernel needs A_log")
    return -A_log.float().exp() * F.softplus(g.float() + (0 if dt_bias is None else dt_bias.float()))


def squashed(beta: Tensor, wanted: bool, doubled: bool) -> Tensor:
    if doubled and not wanted:
        raise BadArgument("allow_neg_eigval doubles a sigmoid; it needs use_beta_sigmoid_in_kernel")
    return (2 if doubled else 1) * beta.float().sigmoid() if wanted else beta


def turned(state: Tensor | None, v_first: bool) -> Tensor | None:
    return state.transpose(-1, -2) if v_first and state is not None else state
