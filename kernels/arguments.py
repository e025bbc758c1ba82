"""What the kernels are given, checked before anything is launched, and put into one form.

Layouts are those of flash-linear-attention: q [B, T, H, K] and g [B, T, HV], one a token; k [B, T·n_h, H, K], v [B, T·n_h, HV, V] and
beta [B, T·n_h, HV], the steps of a token one after the other; HV a multiple of H, value head h reads key head h // (HV / H).
Packed batches: B = 1, and cu_seqlens [N + 1] integers from 0 to T, sequence i being tokens cu_seqlens[i] … cu_seqlens[i + 1] − 1.
States [N, HV, K, V], float32 (float64 with float64 inputs).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from ..automata.errors import BadArgument, BadStep


@dataclass
class Arguments:
    """A call in one form: beta there, scale a number, states in the type that they are kept in."""

    q: Tensor
    k: Tensor
    v: Tensor
    g: Tensor | None
    beta: Tensor
    n_h: int
    scale: float
    initial_state: Tensor | None
    cu_seqlens: Tensor | None

    @property
    def sequences(self) -> int:
        return self.q.shape[0] if self.cu_seqlens is None else self.cu_seqlens.shape[0] - 1

    @property
    def needs_gradients(self) -> bool:
        given = (self.q, self.k, self.v, self.g, self.beta, self.initial_state)
        return torch.is_grad_enabled() and any(x is not None and x.requires_grad for x in given)


def checked(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    g: Tensor | None,
    beta: Tensor | None,
    num_householder: int,
    scale: float | None,
    initial_state: Tensor | None,
    cu_seqlens: Tensor | None,
) -> Arguments:
    """The arguments of `delta_product`.

    Raises  BadArgument that names the tensor, what it is and what it has to be
    """
    if isinstance(num_householder, bool) or not isinstance(num_householder, int) or num_householder < 1:
        raise BadArgument(f"num_householder is {num_householder!r}; a token has 1 step or more")
    for name, x in (("q", q), ("k", k), ("v", v)):
        if x.dim() != 4:
            raise BadArgument(f"{name} has shape {list(x.shape)}; it has to be [B, T, H, D]")
    B, T, H, K = q.shape
    HV, V = v.shape[2:]
    steps = T * num_householder
    if H == 0 or HV % H:
        raise BadArgument(f"v has {HV} heads and q has {H}; value heads have to be a multiple of key heads")
    expect("k", k, (B, steps, H, K), f"{T} tokens of {num_householder} steps, heads and size as q")
    expect("v", v, (B, steps, HV, V), f"{T} tokens of {num_householder} steps")
    if beta is None:
        beta = torch.ones((B, steps, HV), dtype=q.dtype, device=q.device)
    expect("beta", beta, (B, steps, HV), "one strength a step and value head")
    if g is not None:
        expect("g", g, (B, T, HV), "one log-gate a token and value head")
    if not q.is_floating_point():
        raise BadArgument(f"q is {q.dtype}; the recurrence takes floating point numbers")
    for name, x in (("k", k), ("v", v)):
        if x.dtype != q.dtype:
            raise BadArgument(f"{name} is {x.dtype} and q is {q.dtype}; q, k and v have to be of one type")
    for name, x in (("beta", beta), ("g", g), ("initial_state", initial_state)):
        if x is not None and not x.is_floating_point():
            raise BadArgument(f"{name} is {x.dtype}; it has to be floating point")
    N = B
    if cu_seqlens is not None:
        if B != 1:
            raise BadArgument(f"cu_seqlens with a batch of {B}; packed sequences lie in a batch of 1")
        if cu_seqlens.dim() != 1 or cu_seqlens.shape[0] < 2 or cu_seqlens.dtype not in (torch.int32, torch.int64):
            raise BadArgument(
                f"cu_seqlens is {cu_seqlens.dtype} of shape {list(cu_seqlens.shape)}; it has to be integers [N + 1], N ≥ 1"
            )
        if cu_seqlens.device.type == "cpu":  # elsewhere looking would wait for the device
            check_borders(cu_seqlens, T)
        N = cu_seqlens.shape[0] - 1
    if initial_state is not None:
        expect("initial_state", initial_state, (N, HV, K, V), "one state a sequence and value head, K first")
    for name, x in (("k", k), ("v", v), ("g", g), ("beta", beta), ("initial_state", initial_state), ("cu_seqlens", cu_seqlens)):
        if x is not None and x.device != q.device:
            raise BadArgument(f"{name} is on {x.device} and q on {q.device}; move all to one device")
    if initial_state is not None:
        initial_state = initial_state.to(torch.float64 if q.dtype == torch.float64 else torch.float32)
    return Arguments(q, k, v, g, beta, num_householder, K**-0.5 if scale is None else float(scale), initial_state, cu_seqlens)


def expect(name: str, x: Tensor, shape: tuple[int, ...], why: str) -> None:
    if tuple(x.shape) != shape:
        raise BadArgument(f"{name} has shape {list(x.shape)}; it has to be {list(shape)} ({why})")


def check_borders(cu_seqlens: Tensor, T: int) -> None:
    """Raises BadArgument unless the borders go from 0 to T without a step back."""
    borders = cu_seqlens.tolist()
    if borders[0] != 0 or borders[-1] != T:
        raise BadArgument(f"cu_seqlens goes from {borders[0]} to {borders[-1]}; it has to go from 0 to the {T} tokens")
    for i, (first, end) in enumerate(pairwise(borders)):
        if end < first:
            raise BadArgument(f"cu_seqlens[{i + 1}] = {end} is before cu_seqlens[{i}] = {first}")


def check_range(given: Arguments) -> None:
    """Raises BadStep where a step leaves 0 ≤ β‖k‖² ≤ 2, up to the rounding of unit keys to their type; it waits for the device.

    >>> q = torch.ones(1, 1, 1, 2)
    >>> check_range(checked(q, q, q, None, None, 1, None, None, None))
    >>> check_range(checked(q, 2 * q, q, None, None, 1, None, None, None))
    Traceback (most recent call last):
    deltaword.automata.errors.BadStep: β‖k‖² = 8 at batch 0, step 0, head 0; outside [0, 2] the state may grow without bound
    """
    group = given.v.shape[2] // given.q.shape[2]
    squares = given.k.detach().to(torch.float64).square().sum(-1).repeat_interleave(group, -1)
    strength = given.beta.detach().to(torch.float64) * squares
    slack = 4 * torch.finfo(given.k.dtype).eps
    good = (strength >= 0) & (strength <= 2 + slack)  # false for NaN
    if not bool(good.all()):
        b, i, h = (~good).nonzero()[0].tolist()
        raise BadStep(
            f"β‖k‖² = {strength[b, i, h].item():g} at batch {b}, step {i}, head {h}; outside [0, 2] the state may grow without bound"
        )
    if given.cu_seqlens is not None:
        check_borders(given.cu_seqlens, given.q.shape[1])
