"""The Triton kernels as differentiable functions of torch.

Eager calls go through `torch.autograd.Function` with as little on the host as can be; under torch.compile the same launches are the
operators deltaword::delta_product and deltaword::delta_product_backward, whose shapes the compiler is told.  Head sizes that are no
power of two from 16 on are padded with zeros, which copies q, k and v; tensors that are not contiguous are copied too.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from ..automata.errors import BadArgument
from .arguments import Arguments
from .triton_chunked import launch, sizes
from .triton_chunked.settings import SMALLEST, power_of_two


def chunked(given: Arguments, precise: bool) -> tuple[Tensor, Tensor]:
    """o [B, T, HV, V] and the last state [N, HV, K, V], differentiable once."""
    q, k, v, s0 = given.q, given.k, given.v, given.initial_state
    K, V = q.shape[-1], v.shape[-1]
    more_k, more_v = (max(SMALLEST, power_of_two(D)) - D for D in (K, V))
    if more_k:
        q, k = F.pad(q, (0, more_k)), F.pad(k, (0, more_k))
    if more_v:
        v = F.pad(v, (0, more_v))
    if s0 is not None and (more_k or more_v):
        s0 = F.pad(s0, (0, more_v, 0, more_k))
    q, k, v, beta = aligned(q), aligned(k), aligned(v), aligned(given.beta)
    g = None if given.g is None else aligned(given.g)
    s0 = None if s0 is None else aligned(s0)
    cu = None if given.cu_seqlens is None else aligned(given.cu_seqlens)
    if torch.compiler.is_compiling():
        o, last, *_ = delta_product_op(q, k, v, beta, g, s0, cu, given.n_h, given.scale, precise, given.needs_gradients)
    elif given.needs_gradients:
        o, last = DeltaProduct.apply(q, k, v, beta, g, s0, cu, given.n_h, given.scale, precise)
    else:
        o, last, _ = launch.forward(q, k, v, beta, g, s0, cu, given.n_h, given.scale, precise)
    return (o[..., :V] if more_v else o), (last[..., :K, :V] if more_k or more_v else last)


def aligned(x: Tensor) -> Tensor:
    """Contiguous and on a border of 16 bytes, as the copy engine wants it; x itself where it is."""
    x = x.contiguous()
    return x if torch.compiler.is_compiling() or x.data_ptr() % 16 == 0 else x.clone()


def recurrent(given: Arguments, output_final_state: bool, into: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
    """o and the last state, token after token in float32; no gradients."""
    q, k, v, beta = (aligned(x.detach()) for x in (given.q, given.k, given.v, given.beta))
    g, s0, cu = (None if x is None else aligned(x.detach()) for x in (given.g, given.initial_state, given.cu_seqlens))
    last = into
    if last is None and output_final_state:
        last = torch.empty(given.sequences, v.shape[2], q.shape[-1], v.shape[-1], dtype=torch.float32, device=q.device)
    return launch.recurrent(q, k, v, beta, g, s0, cu, given.n_h, given.scale, last), last


def refuse_second_order(*_: object) -> None:
    raise BadArgument("second-order gradients of the kernels are not available; kernels.chunked.chunked_recurrence has them")


class DeltaProduct(torch.autograd.Function):
    @staticmethod
    def forward(ctx, q, k, v, beta, g, s0, cu, n, scale, precise):  # pyright: ignore[reportIncompatibleMethodOverride]
        o, last, saved = launch.forward(q, k, v, beta, g, s0, cu, n, scale, precise, save=True)
        assert saved is not None
        ctx.save_for_backward(q, k, v, beta, g, cu, *vars(saved).values())
        ctx.options = n, scale, precise, s0 is not None
        ctx.spent = False
        ctx.set_materialize_grads(False)
        return o, last

    @staticmethod
    def backward(ctx, do, d_last):  # pyright: ignore[reportIncompatibleMethodOverride]
        run = Gradients.apply if torch.is_grad_enabled() else Gradients.launched  # grad mode is on where a graph is asked for
        q, k, v, beta, g, cu, *saved = ctx.saved_tensors
        n, scale, precise, has_state = ctx.options
        if ctx.spent:
            raise BadArgument(
                "a backward over this call was broken off, and what it had saved is used up; call the forward again"
            )
        # whether what is saved is used for the last time
        ctx.spent = spend = not torch._C._autograd._get_current_graph_task_keep_graph()  # pyright: ignore[reportAttributeAccessIssue]
        dq, dk, dv, dbeta, dg, d_first = run(do, d_last, q, k, v, beta, g, cu, saved, n, scale, precise, spend)
        return dq, dk, dv, dbeta, dg, d_first if has_state else None, None, None, None, None


class Gradients(torch.autograd.Function):
    """The backward kernels, as a function that says so when it is differentiated."""

    @staticmethod
    def launched(do, d_last, q, k, v, beta, g, cu, saved, n, scale, precise, spend=False):
        do = torch.zeros(*q.shape[:2], *v.shape[2:], dtype=v.dtype, device=v.device) if do is None else aligned(do)
        d_last = None if d_last is None else aligned(d_last)
        return launch.backward(do, d_last, q, k, v, beta, g, cu, sizes.Saved(*saved), n, scale, precise, spend=spend)

    @staticmethod
    def forward(ctx, *args):  # pyright: ignore[reportIncompatibleMethodOverride]
        return Gradients.launched(*args)

    @staticmethod
    def backward(ctx, *_):
        refuse_second_order()


# ------------------------------------------------------------------------------------------------------------- torch.compile

SAVED = ("z", "side", "x", "s", "part", "starts", "owner")
Nine = tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]
Six = tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]


@torch.library.custom_op("deltaword::delta_product", mutates_args=())
def delta_product_op(
    q: Tensor, k: Tensor, v: Tensor, beta: Tensor, g: Tensor | None, s0: Tensor | None, cu: Tensor | None,
    n: int, scale: float, precise: bool, save: bool,
) -> Nine:  # fmt: skip
    """o, last state, and what `Saved` has (empty without save)."""
    o, last, saved = launch.forward(q, k, v, beta, g, s0, cu, n, scale, precise, save)
    rest = [getattr(saved, name) for name in SAVED] if saved is not None else [q.new_empty(0) for _ in SAVED]
    return o, last, *rest  # pyright: ignore[reportReturnType]


@delta_product_op.register_fake
def _(q, k, v, beta, g, s0, cu, n, scale, precise, save):
    p = sizes.problem(q, v, g, n, cu, precise, save, None)
    o = v.new_empty(p.B, p.T, p.HV, p.V)
    last = q.new_empty(p.N, p.HV, p.K, p.V, dtype=torch.float32)
    if not save:
        return o, last, *(q.new_empty(0) for _ in SAVED)
    kinds = sizes.Saved.kinds(p, p.segments)
    return o, last, *(q.new_empty(kinds[name][0], dtype=kinds[name][1]) for name in SAVED)


@torch.library.custom_op("deltaword::delta_product_backward", mutates_args=())
def delta_product_backward_op(
    do: Tensor | None, d_last: Tensor | None, q: Tensor, k: Tensor, v: Tensor, beta: Tensor, g: Tensor | None, cu: Tensor | None,
    saved: list[Tensor], n: int, scale: float, precise: bool,
) -> Six:  # fmt: skip
    dq, dk, dv, dbeta, dg, d_first = Gradients.launched(do, d_last, q, k, v, beta, g, cu, saved, n, scale, precise)
    return dq, dk, dv, dbeta, q.new_empty(0) if dg is None else dg, d_first


@delta_product_backward_op.register_fake
def _(do, d_last, q, k, v, beta, g, cu, saved, n, scale, precise):
    N = q.shape[0] if cu is None else cu.shape[0] - 1
    d_first = q.new_empty(N, v.shape[2], q.shape[-1], v.shape[-1], dtype=torch.float32)
    dg = q.new_empty(0) if g is None else torch.empty_like(g)
    return torch.empty_like(q), torch.empty_like(k), torch.empty_like(v), torch.empty_like(beta), dg, d_first


def keep(ctx, inputs, output):
    q, k, v, beta, g, s0, cu, n, scale, precise, _ = inputs
    ctx.save_for_backward(q, k, v, beta, g, cu, *output[2:])
    ctx.options = n, scale, precise, g is not None, s0 is not None
    ctx.set_materialize_grads(False)


def back(ctx, do, d_last, *_):
    q, k, v, beta, g, cu, *saved = ctx.saved_tensors
    n, scale, precise, gated, has_state = ctx.options
    dq, dk, dv, dbeta, dg, d_first = delta_product_backward_op(do, d_last, q, k, v, beta, g, cu, saved, n, scale, precise)
    return dq, dk, dv, dbeta, dg if gated else None, d_first if has_state else None, None, None, None, None, None


delta_product_op.register_autograd(back, setup_context=keep)
delta_product_backward_op.register_autograd(refuse_second_order)
