"""The public front: one function that picks the fastest form of the recurrence for where the tensors are.

    S ← exp(g) S,  then for j = 1 … n_h:   u = β_j (v_j − Sᵀ k_j),   S ← S + k_j uᵀ,        o = scale · Sᵀ q

On a GPU     bfloat16, float16 and float32 with heads up to 256 run on the Triton kernels: token after token for a single token without
             gradients, else in chunks.  Float64, larger heads and more than 32 steps a token run as on the CPU.
On the CPU   the chunked form of `chunked` in plain torch, differentiable any number of times; half-precision inputs are computed in
             float32.  With TRITON_INTERPRET=1 the Triton kernels run there too, slowly, for tests.
"""

from __future__ import annotations

import importlib.util
import os
from itertools import pairwise

import torch
from torch import Tensor

from ..automata.errors import BadArgument
from .arguments import Arguments, check_range, checked
from .chunked import chunked_recurrence
from .triton_chunked.settings import LARGEST, MOST_STEPS

HAS_TRITON = importlib.util.find_spec("triton") is not None


def delta_product(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    g: Tensor | None = None,
    beta: Tensor | None = None,
    num_householder: int = 1,
    scale: float | None = None,
    initial_state: Tensor | None = None,
    output_final_state: bool = False,
    cu_seqlens: Tensor | None = None,
    *,
    precision: str = "fast",
    check: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """The (gated) delta-product recurrence with n_h = num_householder steps a token.

    q             [B, T, H, K]; k [B, T·n_h, H, K]; v [B, T·n_h, HV, V], HV a multiple of H; all of one type; no normalisation
    g             [B, T, HV] log-gates, applied once a token before its first step; −inf is an exact reset, and no gradient passes it
    beta          [B, T·n_h, HV], default 1, of any float type: 0 ≤ β‖k‖² ≤ 2 for a recurrence that cannot grow
    scale         of q, default K^−½
    initial_state [N, HV, K, V], default 0; N = B, or the number of packed sequences
    cu_seqlens    [N + 1] borders of sequences packed into a batch of 1
    precision     "fast", or "high": hi + lo products wherever the state is touched, so that half precision tracks a group for tens of
                  thousands of steps; forward 1.4 to 1.9 times as long, gradients as with "fast"
    check         look for steps outside 0 ≤ β‖k‖² ≤ 2 first, which waits for the device
    Returns       o [B, T, HV, V] in the type of v, and the last state [N, HV, K, V] in float32 if asked for, else None
    Raises        BadArgument for shapes, types and devices that do not fit; BadStep where a check finds β‖k‖² outside [0, 2]

    >>> k = torch.tensor([1.0, -1.0]).reshape(1, 1, 1, 2)                       # e_0 − e_1 with β = 1: a swap
    >>> o, S = delta_product(k, k, torch.zeros(1, 1, 1, 1), initial_state=torch.tensor([[[[3.0], [5.0]]]]), output_final_state=True)
    >>> S.flatten()
    tensor([5., 3.])
    """
    if precision not in ("fast", "high"):
        raise BadArgument(f"precision is {precision!r}; it is 'fast' or 'high'")
    given = checked(q, k, v, g, beta, num_householder, scale, initial_state, cu_seqlens)
    if check:
        check_range(given)
    return run(given, output_final_state, precision == "high", recurrent=q.shape[1] == 1)


def one_by_one(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    g: Tensor | None,
    beta: Tensor | None,
    num_householder: int,
    scale: float | None,
    initial_state: Tensor | None,
    output_final_state: bool,
    cu_seqlens: Tensor | None,
) -> tuple[Tensor, Tensor | None]:
    """`delta_product`, on a GPU token after token in float32 unless gradients are asked for."""
    given = checked(q, k, v, g, beta, num_householder, scale, initial_state, cu_seqlens)
    return run(given, output_final_state, precise=False, recurrent=True)


def run(given: Arguments, output_final_state: bool, precise: bool, recurrent: bool) -> tuple[Tensor, Tensor | None]:
    if not runs_on_triton(given):
        o, last = in_torch(given)
        return o, last if output_final_state else None
    if given.q.is_cuda and not torch.compiler.is_compiling() and given.q.device.index != torch.cuda.current_device():
        with torch.cuda.device(given.q.device):
            return on_triton(given, output_final_state, precise, recurrent)
    return on_triton(given, output_final_state, precise, recurrent)


def on_triton(given: Arguments, output_final_state: bool, precise: bool, recurrent: bool) -> tuple[Tensor, Tensor | None]:
    from . import autograd  # triton loads here

    if recurrent and not given.needs_gradients and not torch.compiler.is_compiling():
        return autograd.recurrent(given, output_final_state)
    o, last = autograd.chunked(given, precise)
    return o, last if output_final_state else None


def runs_on_triton(given: Arguments) -> bool:
    """Whether there is a Triton kernel for this call."""
    q, v = given.q, given.v
    small = max(q.shape[-1], v.shape[-1]) <= LARGEST and given.n_h <= MOST_STEPS
    if not small or min(q.numel(), v.numel()) == 0 or q.dtype not in (torch.bfloat16, torch.float16, torch.float32):
        return False
    return (q.is_cuda or os.environ.get("TRITON_INTERPRET") == "1") and HAS_TRITON


def in_torch(given: Arguments) -> tuple[Tensor, Tensor]:
    """The chunked form in plain torch: float64 in float64, anything else in float32."""
    if given.cu_seqlens is not None:
        return packed_in_torch(given)
    B, T, H, K = given.q.shape
    HV, V = given.v.shape[2:]
    kind = torch.float64 if given.q.dtype == torch.float64 else torch.float32
    q, k = (x.to(kind).repeat_interleave(HV // H, dim=2) for x in (given.q, given.k))
    state = given.initial_state
    if state is None:
        state = q.new_zeros(B, HV, K, V)
    o, last = chunked_recurrence(
        q * given.scale,
        k.reshape(B, T, given.n_h, HV, K),
        given.v.to(kind).reshape(B, T, given.n_h, HV, V),
        given.beta.to(kind).reshape(B, T, given.n_h, HV),
        None if given.g is None else given.g.to(kind).exp(),
        state,
    )
    return o.to(given.v.dtype), last


def packed_in_torch(given: Arguments) -> tuple[Tensor, Tensor]:
    assert given.cu_seqlens is not None
    borders, n = given.cu_seqlens.tolist(), given.n_h
    outputs, states = [], []
    for i, (first, end) in enumerate(pairwise(borders)):
        tokens, steps = slice(first, end), slice(first * n, end * n)
        o, last = in_torch(
            Arguments(
                given.q[:, tokens],
                given.k[:, steps],
                given.v[:, steps],
                None if given.g is None else given.g[:, tokens],
                given.beta[:, steps],
                n,
                given.scale,
                None if given.initial_state is None else given.initial_state[i : i + 1],
                None,
            )
        )
        outputs.append(o)
        states.append(last)
    return torch.cat(outputs, dim=1), torch.cat(states)
