"""A stand-in for public kernels where there is no GPU: the chunked form with every operand of a product rounded to bfloat16."""

from __future__ import annotations

import torch
from torch import Tensor

from ...kernels.chunked import chunked_recurrence


def rounding_operands(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    g: Tensor | None,
    beta: Tensor,
    num_householder: int = 1,
    scale: float | None = None,
    initial_state: Tensor | None = None,
    output_final_state: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """chunk_gated_delta_product as tensor cores compute it: operands bfloat16, sums and state float32.

    It rounds where kernels round that keep the inverse, W = (I + L)⁻¹ β K and the chunk's state as bfloat16 operands; not the order in
    which any one kernel sums.
    """
    B, T, H, K = q.shape
    n = num_householder
    state = torch.zeros(B, H, K, v.shape[-1], device=q.device) if initial_state is None else initial_state.float()
    o, last = chunked_recurrence(
        q.float() * (K**-0.5 if scale is None else scale),
        k.float().reshape(B, T, n, H, K),
        v.float().reshape(B, T, n, H, -1),
        beta.float().reshape(B, T, n, H),
        None if g is None else g.float().exp(),
        state,
        operand=torch.bfloat16,
    )
    return o.to(v.dtype), last if output_final_state else None
