"""Kernels that are wrong in one way, made from a right one: what the conformance check has to object to, and where."""

from __future__ import annotations

import torch
from torch import Tensor

from deltaword.kernels import delta_product

CHUNK = 64  # steps
Result = tuple[Tensor, Tensor]
Given = Tensor | None


def right(
    q: Tensor, k: Tensor, v: Tensor, g: Given, beta: Tensor, num_householder: int, scale: float, initial_state: Tensor
) -> Result:
    o, last = delta_product(q, k, v, g, beta, num_householder, scale, initial_state, True)
    assert last is not None
    return o, last


def forgets_the_gate(q, k, v, g, beta, num_householder, scale, initial_state) -> Result:
    return right(q, k, v, None, beta, num_householder, scale, initial_state)


def gates_after_the_steps(q, k, v, g, beta, num_householder, scale, initial_state) -> Result:
    """The gate of a token a token late."""
    late = torch.cat([torch.zeros_like(g[:, :1]), g[:, :-1]], 1)
    return right(q, k, v, late, beta, num_householder, scale, initial_state)


def takes_steps_backwards(q, k, v, g, beta, num_householder, scale, initial_state) -> Result:
    n = num_householder
    k, v, beta = (x.unflatten(1, (-1, n)).flip(2).flatten(1, 2) for x in (k, v, beta))
    return right(q, k, v, g, beta, n, scale, initial_state)


def transposes_the_state(q, k, v, g, beta, num_householder, scale, initial_state) -> Result:
    o, last = right(q, k, v, g, beta, num_householder, scale, initial_state)
    return o, last.mT


def reads_a_token_late(q, k, v, g, beta, num_householder, scale, initial_state) -> Result:
    """The output before the token, not after it."""
    o, last = right(q, k, v, g, beta, num_householder, scale, initial_state)
    before = torch.einsum("bhk,bhkv->bhv", q[:, 0].to(last.dtype), initial_state) * scale
    return torch.cat([before.to(o.dtype).unsqueeze(1), o[:, :-1]], 1), last


def clips_beta(q, k, v, g, beta, num_householder, scale, initial_state) -> Result:
    return right(q, k, v, g, beta.clamp(max=1), num_householder, scale, initial_state)


def drops_the_last_chunk(q, k, v, g, beta, num_householder, scale, initial_state) -> Result:
    """The state before the last chunk, where there are several."""
    n = num_householder
    o, last = right(q, k, v, g, beta, n, scale, initial_state)
    whole = (q.shape[1] * n - 1) // CHUNK * CHUNK // n
    if whole:
        last = right(
            q[:, :whole], k[:, : whole * n], v[:, : whole * n], g[:, :whole], beta[:, : whole * n], n, scale, initial_state
        )[1]
    return o, last


def forgets_the_ragged_end(q, k, v, g, beta, num_householder, scale, initial_state) -> Result:
    """No outputs of a last chunk that is not full, where there are several."""
    o, last = right(q, k, v, g, beta, num_householder, scale, initial_state)
    tokens, T = max(1, CHUNK // num_householder), q.shape[1]
    if tokens < T:
        o[:, T // tokens * tokens :] = 0
    return o, last


def mixes_heads(q, k, v, g, beta, num_householder, scale, initial_state) -> Result:
    return right(q, k.flip(2), v, g, beta, num_householder, scale, initial_state)


def loses_the_state_between_chunks(q, k, v, g, beta, num_householder, scale, initial_state) -> Result:
    """Keeps it in bfloat16, a bit short: one part in 2^8 lost a chunk."""
    n, state, outputs = num_householder, initial_state, []
    tokens = max(1, CHUNK // n)
    for begin in range(0, q.shape[1], tokens):
        t, s = slice(begin, begin + tokens), slice(begin * n, (begin + tokens) * n)
        o, state = right(q[:, t], k[:, s], v[:, s], g[:, t], beta[:, s], n, scale, state)
        outputs.append(o)
        state = state * (1 - 2**-8)
    return torch.cat(outputs, 1), state


def gives_nan(q, k, v, g, beta, num_householder, scale, initial_state) -> Result:
    """NaN where a gate of −∞ stands, as a difference of sums of log-gates gives it."""
    o, last = right(q, k, v, g, beta, num_householder, scale, initial_state)
    closed = torch.isinf(g).cumsum(1) > 0
    return o.masked_fill(closed.unsqueeze(-1), torch.nan), last


def raises(q, k, v, g, beta, num_householder, scale, initial_state) -> Result:
    if q.dtype != torch.float32:
        raise RuntimeError("only float32")
    return right(q, k, v, g, beta, num_householder, scale, initial_state)
