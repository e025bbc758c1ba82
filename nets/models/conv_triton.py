"""A causal depthwise convolution, SiLU and L2 normalisation in one pass over memory: the Triton kernels of `parts.activated`.

    z_t = Σ_s w_s ∘ x_{t−s},   y = SiLU(z), or z;   u = y / max(‖y‖, 10⁻⁶) over each block of channels, or y

Channels     come in parts, as q, k and v, and in blocks, as a layer's heads: a launch for each part, which writes it contiguous.
Layout       a tile is [rows, channels of one block].  A row goes through CHUNK tokens, its neighbour through the next CHUNK: a shift in
             time is another of the tiles that a thread has, and needs no communication.
Forward      keeps nothing but x and w.
Backward     z, y and u again from x; with dy = (du − u (uᵀ du)) / ‖y‖ and dz = SiLU'(z) dy,  dx_t = Σ_s w_s ∘ dz_{t+s}, for which the
             W − 1 tokens after a chunk are computed twice, and dw_s = Σ_t dz_t ∘ x_{t−s}: a sum for each program, added afterwards in
             torch, always in the same order.
Types        float32 inside; weights are used in their own type.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

from ...automata.errors import BadArgument
from ...kernels.triton_chunked.settings import power_of_two

TILE = 512  # numbers in a tile, 4 a thread: what the gradients hold of a chunk then fits the registers (as compiled for sm_90)
BLOCK = 128  # channels in a block, where none is normalised
LONGEST = 16  # tokens that a row goes through
SMALLEST_NORM = tl.constexpr(1e-6)  # as in `delta_product.unit`


def tiled(T: int, size: int) -> tuple[int, dict[str, Any]]:
    """Blocks of tokens, and what the kernels are told: SIZE channels in a block, and tiles of BR rows and BC channels.

    >>> tiled(2048, 128)
    (32, {'SIZE': 128, 'BR': 4, 'BC': 128, 'CHUNK': 16, 'num_warps': 4})
    >>> tiled(5, 12)
    (1, {'SIZE': 12, 'BR': 1, 'BC': 16, 'CHUNK': 8, 'num_warps': 1})
    """
    channels, chunk = power_of_two(size), min(power_of_two(T), LONGEST)
    rows = min(max(1, TILE // channels), power_of_two(-(-T // chunk)))
    warps = min(max(1, rows * channels // 128), 8)
    return -(-T // (rows * chunk)), {"SIZE": size, "BR": rows, "BC": channels, "CHUNK": chunk, "num_warps": warps}


@triton.jit
def tile(x, row, stride, t, T, c, live):
    """Channels c of tokens t, in float32, zeros outside."""
    inside = (t[:, None] >= 0) & (t[:, None] < T) & live[None, :]
    return tl.load(x + (row + t)[:, None] * stride + c[None, :], mask=inside, other=0.0).to(tl.float32)


@triton.jit
def tap(weight, at, c, live, WEIGHTED: tl.constexpr, BC: tl.constexpr):
    """w_s [1, BC]; ones where there is no convolution."""
    w = tl.full([BC], 1.0, tl.float32)
    if WEIGHTED:
        w = tl.load(weight + at + c, mask=live, other=0.0).to(tl.float32)
    return w[None, :]


@triton.jit
def forward_kernel(
    x, weight, y, T, blocks, batch, C, stride, first, width,
    W: tl.constexpr, WEIGHTED: tl.constexpr, SILU: tl.constexpr, UNIT: tl.constexpr,
    SIZE: tl.constexpr, BR: tl.constexpr, BC: tl.constexpr, CHUNK: tl.constexpr,
):  # fmt: skip
    i, block = tl.program_id(0).to(tl.int64) // blocks, tl.program_id(0).to(tl.int64) % blocks
    c, here = tl.arange(0, BC), tl.program_id(1) * SIZE
    live = (c < SIZE) & (here + c < width)
    t = (block * BR + tl.arange(0, BR)) * CHUNK
    at = (i // batch) * W * C + first + here
    w = (tap(weight, at, c, live, WEIGHTED, BC),)
    for s in tl.static_range(1, W):
        w = w + (tap(weight, at + s * C, c, live, WEIGHTED, BC),)  # noqa: RUF005, which Triton does not read
    seen = (tl.zeros([BR, BC], tl.float32),)  # x of tokens t − W, …: the first is not used
    for s in tl.static_range(1, W):
        seen = seen + (tile(x + first + here, i * T, stride, t - W + s, T, c, live),)  # noqa: RUF005
    for s in tl.static_range(CHUNK):
        seen = seen + (tile(x + first + here, i * T, stride, t + s, T, c, live),)  # noqa: RUF005
        b_y = w[0] * seen[W + s]
        for back in tl.static_range(1, W):
            b_y += w[back] * seen[W + s - back]
        if SILU:
            b_y = b_y / (1.0 + tl.exp(-b_y))
        if UNIT:
            norm = tl.sqrt(tl.sum(b_y * b_y, 1))
            b_y = b_y / tl.where(norm < SMALLEST_NORM, SMALLEST_NORM, norm)[:, None]
        inside = (t[:, None] + s < T) & live[None, :]
        tl.store(y + here + (i * T + t + s)[:, None] * width + c[None, :], b_y.to(y.dtype.element_ty), mask=inside)


@triton.jit
def backward_kernel(
    x, weight, du, dx, sums, T, blocks, batch, C, stride, first, width,
    W: tl.constexpr, WEIGHTED: tl.constexpr, SILU: tl.constexpr, UNIT: tl.constexpr,
    SIZE: tl.constexpr, BR: tl.constexpr, BC: tl.constexpr, CHUNK: tl.constexpr,
):  # fmt: skip
    i, block = tl.program_id(0).to(tl.int64) // blocks, tl.program_id(0).to(tl.int64) % blocks
    c, here = tl.arange(0, BC), tl.program_id(1) * SIZE
    live = (c < SIZE) & (here + c < width)
    t = (block * BR + tl.arange(0, BR)) * CHUNK
    at = (i // batch) * W * C + first + here
    w = (tap(weight, at, c, live, WEIGHTED, BC),)
    dw = (tl.zeros([BR, BC], tl.float32),)
    for s in tl.static_range(1, W):
        w = w + (tap(weight, at + s * C, c, live, WEIGHTED, BC),)  # noqa: RUF005
        dw = dw + (tl.zeros([BR, BC], tl.float32),)  # noqa: RUF005
    seen = (tl.zeros([BR, BC], tl.float32),)
    for s in tl.static_range(1, W):
        seen = seen + (tile(x + first + here, i * T, stride, t - W + s, T, c, live),)  # noqa: RUF005
    slopes = (tl.zeros([BR, BC], tl.float32),)  # dz of tokens t − 1, t, …: the first is not used
    for s in tl.static_range(CHUNK + W - 1):
        seen = seen + (tile(x + first + here, i * T, stride, t + s, T, c, live),)  # noqa: RUF005
        dz = tile(du + here, i * T, width, t + s, T, c, live)
        if SILU or UNIT:
            z = w[0] * seen[W + s]
            for back in tl.static_range(1, W):
                z += w[back] * seen[W + s - back]
            sigmoid = 1.0 / (1.0 + tl.exp(-z))
            if UNIT:
                b_y = z
                if SILU:
                    b_y = z * sigmoid
                norm = tl.sqrt(tl.sum(b_y * b_y, 1))
                small = norm < SMALLEST_NORM
                scale = 1.0 / tl.where(small, SMALLEST_NORM, norm)
                along = tl.where(small, 0.0, tl.sum(b_y * dz, 1) * scale * scale)  # uᵀ du / ‖y‖; a norm cut off does not move
                dz = (dz - b_y * along[:, None]) * scale[:, None]
            if SILU:
                dz = dz * sigmoid * (1.0 + z * (1.0 - sigmoid))
        dz = tl.where((t[:, None] + s < T) & live[None, :], dz, 0.0)  # after the end z may overflow, and 0 · ∞ is no 0
        slopes = slopes + (dz,)  # noqa: RUF005
        if WEIGHTED and s < CHUNK:
            more = (dw[0] + dz * seen[W + s],)
            for back in tl.static_range(1, W):
                more = more + (dw[back] + dz * seen[W + s - back],)  # noqa: RUF005
            dw = more
        if s >= W - 1:
            b_dx = w[0] * slopes[s - W + 2]
            for back in tl.static_range(1, W):
                b_dx += w[back] * slopes[s - W + 2 + back]
            inside = (t[:, None] + s - W + 1 < T) & live[None, :]
            to = dx + first + here + (i * T + t + s - W + 1)[:, None] * C + c[None, :]
            tl.store(to, b_dx.to(dx.dtype.element_ty), mask=inside)
    if WEIGHTED:
        part = (i * blocks + block) * W * C + first + here
        for back in tl.static_range(W):
            tl.store(sums + part + back * C + c, tl.sum(dw[back], 0), mask=live)


Shape = tuple[int, int, int]  # R, B, T
Parts = Sequence[tuple[int, bool]]  # of each its width, and whether its blocks are normalised
Numbers = tuple[int, int, int, int, int]  # T, blocks of tokens, B, C, numbers from token to token


def problem(x: Tensor, weight: Tensor | None, shape: Shape, size: int, silu: bool) -> tuple[int, Numbers, dict[str, Any]]:
    """Programs along the first axis, and what both kernels are told of numbers and of sizes."""
    R, batch, T = shape
    blocks, sizes = tiled(T, size)
    sizes |= {"W": 1 if weight is None else weight.shape[1], "WEIGHTED": weight is not None, "SILU": silu}
    return R * batch * blocks, (T, blocks, batch, x.shape[1], x.stride(0)), sizes


class Convolution(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        weight: Tensor | None,
        shape: Shape,
        parts: Parts,
        size: int,
        silu: bool,
    ) -> tuple[Tensor, ...]:
        """x [R B T, C] with R, B, T = shape."""
        programs, numbers, sizes = problem(x, weight, shape, size, silu)
        outputs, first = [], 0
        with torch.cuda.device_of(x):
            for width, unit in parts:
                y = torch.empty(*shape, width, dtype=x.dtype, device=x.device)
                sizes["UNIT"] = unit
                forward_kernel[(programs, -(-width // size))](x, weight, y, *numbers, first, width, **sizes)
                outputs.append(y)
                first += width
        ctx.save_for_backward(x, weight)
        ctx.given = shape, parts, size, silu
        ctx.set_materialize_grads(False)
        return tuple(outputs)

    @staticmethod
    def backward(ctx: Any, *given: Tensor | None) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        # grad mode is on where a graph is asked for
        dx, dw = (Gradients.apply if torch.is_grad_enabled() else gradients)(x, weight, *ctx.given, *given)
        return dx, dw, None, None, None, None


def gradients(
    x: Tensor, weight: Tensor | None, shape: Shape, parts: Parts, size: int, silu: bool, *given: Tensor | None
) -> tuple[Tensor, Tensor | None]:
    programs, numbers, sizes = problem(x, weight, shape, size, silu)
    dx, sums, first = torch.empty(x.shape, dtype=x.dtype, device=x.device), None, 0
    if weight is not None:
        sums = torch.empty(shape[0], programs // shape[0], *weight.shape[1:], dtype=torch.float32, device=x.device)
    with torch.cuda.device_of(x):
        for (width, unit), du in zip(parts, given, strict=True):
            du = torch.zeros(*shape, width, dtype=x.dtype, device=x.device) if du is None else du.contiguous()
            sizes["UNIT"] = unit
            backward_kernel[(programs, -(-width // size))](x, weight, du, dx, sums, *numbers, first, width, **sizes)
            first += width
    return dx, None if weight is None or sums is None else sums.sum(1).to(weight.dtype)


class Gradients(torch.autograd.Function):
    """`gradients`, as a function that says so when it is differentiated."""

    @staticmethod
    def forward(ctx: Any, *given: Any) -> tuple[Tensor, Tensor | None]:
        return gradients(*given)

    @staticmethod
    def backward(ctx: Any, *_: Tensor | None) -> None:
        raise BadArgument("second-order gradients of the kernels are not available; the layer in float64 has them")


def convolution(
    x: Tensor, weight: Tensor | None, parts: Parts, size: int | None = None, silu: bool = True
) -> tuple[Tensor, ...]:
    """`parts.activated` of x [R, B, T, C] with weight [R, W, C], the current token first, or without; differentiable once.

    silu    False leaves SiLU out
    Raises  BadArgument where parts, blocks and weight do not fit x"""
    C, widths = x.shape[-1], [width for width, _ in parts]
    fits = sum(widths) == C and (weight is None or weight.shape[::2] == (x.shape[0], C))
    if not fits or any(unit and (size is None or width % size) for width, unit in parts):
        shape = None if weight is None else tuple(weight.shape)
        raise BadArgument(f"parts {[*parts]}, unit vectors of {size}, and a weight {shape} do not fit x {tuple(x.shape)}")
    rows = x.reshape(-1, x.shape[-1])
    rows = rows if rows.stride(1) == 1 else rows.contiguous()
    weight = None if weight is None else weight.contiguous()
    size = min(x.shape[-1], BLOCK) if size is None else size
    return Convolution.apply(rows, weight, tuple(x.shape[:3]), tuple(parts), size, silu)  # pyright: ignore[reportReturnType]
