"""The recurrences of `scan` as Triton kernels: a program carries a block of state columns through all tokens, in registers.

Layout       a tile is [rows, columns] with the columns (channels D, or values V: they never meet) along the threads of a warp and
             the rows (N, or keys K) within a thread, or few: sums over rows need little communication.
Forward      keeps the state before each chunk of CHUNK tokens, if gradients are wanted.
Backward     chunk after chunk from the end: the chunk's states again from the one kept, held in registers, then the tokens in reverse.
             Sums over columns of different programs are added afterwards in torch, always in the same order.
Gradients    with dh_t the gradient of the state after token t, and likewise dS_t:
             vectors   with e = (1 − lowest) exp(Δ A):  dC = Σ_d h dy,  dB = Σ_d dh Δ x,  dx = Δ Σ_n dh B,
                       dΔ = Σ_n dh (h_{t−1} e A + B x),  dA = Σ_t dh h_{t−1} e Δ
             matrices  dq = S do,  dk = dS v,  dv = dSᵀ k,  dw = Σ_v dS S_{t−1},  da = dS u,  db = S_{t−1} dSᵀ a   with u = S_{t−1}ᵀ b
States       to start from and at the end have gradients like all else: dh begins with that of the last, and ends as that of the first.
Tokens       past the end are read as Δ = 0, or w = 1 and zeros: they keep the state.
"""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor
from torch.autograd.function import once_differentiable

from ...kernels.triton_chunked.settings import power_of_two

COLUMNS = 32  # of a tile


def tiled(T: int, rows: tuple[str, int], columns: tuple[str, int]) -> tuple[int, dict[str, Any]]:
    """Chunks of T tokens, and what the kernels are told of sizes: of rows and columns, each with its letter, and of the tiles.

    As many warps share the rows of a tile, and as many tokens are a chunk, as let a thread hold a chunk's states, 96 numbers, without
    spilling (as compiled for sm_90).

    >>> tiled(20, ("K", 12), ("V", 64))
    (4, {'K': 12, 'V': 64, 'BK': 16, 'BV': 32, 'CHUNK': 6, 'num_warps': 1})
    """
    block = power_of_two(rows[1])
    warps = min(max(1, block // 16), 8)
    chunk = max(1, min(8, 96 * warps // block))
    blocks = {f"B{rows[0]}": block, f"B{columns[0]}": COLUMNS}
    return -(-T // chunk), {**dict([rows, columns]), **blocks, "CHUNK": chunk, "num_warps": warps}


# ---------------------------------------------------------------------- vectors


@triton.jit
def selective_token(x, dt, B, at, t, T, n, d, N: tl.constexpr, D: tl.constexpr):
    """x, Δ [BD] and B [BN] of token t, in float32; zeros past the end."""
    row = at + t
    b_x = tl.load(x + row * D + d, mask=(d < D) & (t < T), other=0.0).to(tl.float32)
    b_dt = tl.load(dt + row * D + d, mask=(d < D) & (t < T), other=0.0).to(tl.float32)
    b_B = tl.load(B + row * N + n, mask=(n < N) & (t < T), other=0.0).to(tl.float32)
    return b_x, b_dt, b_B


@triton.jit
def selective_forward(
    x, dt, A, B, C, lowest, first, y, last, kept, T, chunks, batch,
    D: tl.constexpr, N: tl.constexpr, BD: tl.constexpr, BN: tl.constexpr, CHUNK: tl.constexpr,
    FIRST: tl.constexpr, KEEP: tl.constexpr,
):  # fmt: skip
    i = tl.program_id(0).to(tl.int64)
    r, at = i // batch, i * T
    d, n = tl.program_id(1) * BD + tl.arange(0, BD), tl.arange(0, BN)
    tile, inside = n[:, None] * D + d[None, :], (n[:, None] < N) & (d[None, :] < D)
    b_A = tl.load(A + r * N * D + tile, mask=inside, other=0.0)
    low = tl.load(lowest + r)
    h = tl.zeros([BN, BD], tl.float32)
    if FIRST:
        h = tl.load(first + i * N * D + tile, mask=inside, other=0.0)
    for c in range(chunks):
        if KEEP:
            tl.store(kept + (i * chunks + c) * N * D + tile, h, mask=inside)
        for s in tl.static_range(CHUNK):
            t = c * CHUNK + s
            b_x, b_dt, b_B = selective_token(x, dt, B, at, t, T, n, d, N, D)
            b_C = tl.load(C + (at + t) * N + n, mask=(n < N) & (t < T), other=0.0).to(tl.float32)
            a = low + (1.0 - low) * tl.exp(b_dt[None, :] * b_A)
            h = a * h + b_B[:, None] * (b_dt * b_x)[None, :]
            b_y = tl.sum(h * b_C[:, None], 0)
            tl.store(y + (at + t) * D + d, b_y.to(y.dtype.element_ty), mask=(d < D) & (t < T))
    tl.store(last + i * N * D + tile, h, mask=inside)


@triton.jit
def selective_backward(
    x, dt, A, B, C, lowest, dy, d_last, kept, dx, d_dt, dA, dB, dC, d_first, T, chunks, batch, tokens,
    D: tl.constexpr, N: tl.constexpr, BD: tl.constexpr, BN: tl.constexpr, CHUNK: tl.constexpr,
    FIRST: tl.constexpr, LAST: tl.constexpr,
):  # fmt: skip
    i = tl.program_id(0).to(tl.int64)
    r, at = i // batch, i * T
    d, n = tl.program_id(1) * BD + tl.arange(0, BD), tl.arange(0, BN)
    part = tl.program_id(1).to(tl.int64) * tokens  # this program's rows of dB and dC
    tile, inside = n[:, None] * D + d[None, :], (n[:, None] < N) & (d[None, :] < D)
    b_A = tl.load(A + r * N * D + tile, mask=inside, other=0.0)
    low = tl.load(lowest + r)
    dh = tl.zeros([BN, BD], tl.float32)
    if LAST:
        dh = tl.load(d_last + i * N * D + tile, mask=inside, other=0.0)
    b_dA = tl.zeros([BN, BD], tl.float32)
    for back in range(chunks):
        c = chunks - 1 - back
        h = tl.load(kept + (i * chunks + c) * N * D + tile, mask=inside, other=0.0)
        before = (h,)  # the state before each token of the chunk
        for s in tl.static_range(CHUNK - 1):
            b_x, b_dt, b_B = selective_token(x, dt, B, at, c * CHUNK + s, T, n, d, N, D)
            h = (low + (1.0 - low) * tl.exp(b_dt[None, :] * b_A)) * h + b_B[:, None] * (b_dt * b_x)[None, :]
            before = before + (h,)  # noqa: RUF005, which Triton does not read
        for s in tl.static_range(CHUNK - 1, -1, -1):
            t = c * CHUNK + s
            b_x, b_dt, b_B = selective_token(x, dt, B, at, t, T, n, d, N, D)
            b_C = tl.load(C + (at + t) * N + n, mask=(n < N) & (t < T), other=0.0).to(tl.float32)
            b_dy = tl.load(dy + (at + t) * D + d, mask=(d < D) & (t < T), other=0.0).to(tl.float32)
            e = (1.0 - low) * tl.exp(b_dt[None, :] * b_A)
            written = (b_dt * b_x)[None, :]
            h = (low + e) * before[s] + b_B[:, None] * written
            dh += b_C[:, None] * b_dy[None, :]
            slope = dh * before[s] * e
            read = tl.sum(dh * b_B[:, None], 0)
            b_dA += slope * b_dt[None, :]
            tl.store(dx + (at + t) * D + d, (b_dt * read).to(dx.dtype.element_ty), mask=(d < D) & (t < T))
            b_ddt = tl.sum(slope * b_A, 0) + b_x * read
            tl.store(d_dt + (at + t) * D + d, b_ddt.to(d_dt.dtype.element_ty), mask=(d < D) & (t < T))
            tl.store(dB + (part + at + t) * N + n, tl.sum(dh * written, 1), mask=(n < N) & (t < T))
            tl.store(dC + (part + at + t) * N + n, tl.sum(h * b_dy[None, :], 1), mask=(n < N) & (t < T))
            dh = (low + e) * dh
    tl.store(dA + i * N * D + tile, b_dA, mask=inside)
    if FIRST:
        tl.store(d_first + i * N * D + tile, dh, mask=inside)


class SelectiveScan(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, dt: Tensor, A: Tensor, B: Tensor, C: Tensor, lowest: Tensor, first: Tensor | None, graph: bool
    ) -> tuple[Tensor, Tensor]:
        """A [R, N, D], states [R, B, N, D]."""
        R, batch, T, D = x.shape
        N = A.shape[1]
        chunks, sizes = tiled(T, ("N", N), ("D", D))
        sizes["FIRST"] = first is not None
        ctx.sizes = dict(sizes)
        keep = sizes["KEEP"] = graph and any(ctx.needs_input_grad)
        y, last = torch.empty_like(x), torch.empty(R, batch, N, D, dtype=torch.float32, device=x.device)
        kept = torch.empty(R * batch * chunks if keep else 0, N, D, dtype=torch.float32, device=x.device)
        with torch.cuda.device_of(x):
            selective_forward[(R * batch, -(-D // sizes["BD"]))](
                x, dt, A, B, C, lowest, first, y, last, kept, T, chunks, batch, **sizes
            )  # fmt: skip
        ctx.save_for_backward(x, dt, A, B, C, lowest, kept)
        ctx.set_materialize_grads(False)
        return y, last

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Tensor | None, d_last: Tensor | None) -> tuple[Tensor | None, ...]:
        x, dt, A, B, C, lowest, kept = ctx.saved_tensors
        R, batch, T, D = x.shape
        chunks, blocks = kept.shape[0] // (R * batch), -(-D // ctx.sizes["BD"])
        ctx.sizes["LAST"] = d_last is not None
        dy = torch.zeros_like(x) if dy is None else dy.contiguous()
        dx, d_dt = torch.empty_like(x), torch.empty_like(dt)
        dA = torch.empty(R, batch, *A.shape[1:], dtype=torch.float32, device=x.device)
        d_first = torch.empty_like(dA) if ctx.sizes["FIRST"] else None
        dB = torch.empty(blocks, *B.shape, dtype=torch.float32, device=x.device)
        dC = torch.empty_like(dB)
        with torch.cuda.device_of(x):
            selective_backward[(R * batch, blocks)](
                x, dt, A, B, C, lowest, dy, None if d_last is None else d_last.contiguous(), kept,
                dx, d_dt, dA, dB, dC, d_first, T, chunks, batch, R * batch * T, **ctx.sizes,
            )  # fmt: skip
        return dx, d_dt, dA.sum(1), dB.sum(0).to(B.dtype), dC.sum(0).to(C.dtype), None, d_first, None


def selective_scan(
    x: Tensor, dt: Tensor, A: Tensor, B: Tensor, C: Tensor, lowest: Tensor, h: Tensor | None
) -> tuple[Tensor, Tensor]:
    """`scan.selective_scan`, differentiable once."""
    x, dt, B, C, A = (given.contiguous() for given in (x, dt, B, C, A.float().mT))
    h = None if h is None else h.float().mT.contiguous()
    y, last = SelectiveScan.apply(x, dt, A, B, C, lowest.float(), h, torch.is_grad_enabled())  # pyright: ignore[reportGeneralTypeIssues]
    return y, last.mT


# ---------------------------------------------------------------------- matrices


@triton.jit
def vector(p, row, live, j, n: tl.constexpr, default: tl.constexpr):
    """Row `row` of a matrix [.., n], in float32; `default` outside of it."""
    return tl.load(p + row * n + j, mask=(j < n) & live, other=default).to(tl.float32)


@triton.jit
def matrix_step(S, k, v, w, a, b, row, live, ks, vs, K: tl.constexpr, V: tl.constexpr, LOW_RANK: tl.constexpr):
    b_k, b_v, b_w = vector(k, row, live, ks, K, 0.0), vector(v, row, live, vs, V, 0.0), vector(w, row, live, ks, K, 1.0)
    after = b_w[:, None] * S + b_k[:, None] * b_v[None, :]
    if LOW_RANK:
        b_a, b_b = vector(a, row, live, ks, K, 0.0), vector(b, row, live, ks, K, 0.0)
        after += b_a[:, None] * tl.sum(b_b[:, None] * S, 0)[None, :]
    return after


@triton.jit
def matrix_forward(
    q, k, v, w, a, b, first, o, last, kept, T, chunks, H,
    K: tl.constexpr, V: tl.constexpr, BK: tl.constexpr, BV: tl.constexpr, CHUNK: tl.constexpr,
    LOW_RANK: tl.constexpr, FIRST: tl.constexpr, KEEP: tl.constexpr,
):  # fmt: skip
    i = tl.program_id(0).to(tl.int64)
    at, ks, vs = (i // H) * T * H + i % H, tl.arange(0, BK), tl.program_id(1) * BV + tl.arange(0, BV)
    tile, inside = ks[:, None] * V + vs[None, :], (ks[:, None] < K) & (vs[None, :] < V)
    S = tl.zeros([BK, BV], tl.float32)
    if FIRST:
        S = tl.load(first + i * K * V + tile, mask=inside, other=0.0)
    for c in range(chunks):
        if KEEP:
            tl.store(kept + (i * chunks + c) * K * V + tile, S, mask=inside)
        for s in tl.static_range(CHUNK):
            t = c * CHUNK + s
            row, live = at + t * H, t < T
            S = matrix_step(S, k, v, w, a, b, row, live, ks, vs, K, V, LOW_RANK)
            b_o = tl.sum(vector(q, row, live, ks, K, 0.0)[:, None] * S, 0)
            tl.store(o + row * V + vs, b_o.to(o.dtype.element_ty), mask=(vs < V) & live)
    tl.store(last + i * K * V + tile, S, mask=inside)


@triton.jit
def matrix_backward(
    q, k, v, w, a, b, do, d_last, kept, dq, dk, dv, dw, da, db, d_first, T, chunks, H, rows,
    K: tl.constexpr, V: tl.constexpr, BK: tl.constexpr, BV: tl.constexpr, CHUNK: tl.constexpr,
    LOW_RANK: tl.constexpr, FIRST: tl.constexpr, LAST: tl.constexpr,
):  # fmt: skip
    i = tl.program_id(0).to(tl.int64)
    at, ks, vs = (i // H) * T * H + i % H, tl.arange(0, BK), tl.program_id(1) * BV + tl.arange(0, BV)
    part = tl.program_id(1).to(tl.int64) * rows  # this program's rows of all but dv
    tile, inside = ks[:, None] * V + vs[None, :], (ks[:, None] < K) & (vs[None, :] < V)
    dS = tl.zeros([BK, BV], tl.float32)
    if LAST:
        dS = tl.load(d_last + i * K * V + tile, mask=inside, other=0.0)
    for back in range(chunks):
        c = chunks - 1 - back
        S = tl.load(kept + (i * chunks + c) * K * V + tile, mask=inside, other=0.0)
        states = (S,)  # before each token of the chunk, and after the last
        for s in tl.static_range(CHUNK):
            t = c * CHUNK + s
            S = matrix_step(S, k, v, w, a, b, at + t * H, t < T, ks, vs, K, V, LOW_RANK)
            states = states + (S,)  # noqa: RUF005
        for s in tl.static_range(CHUNK - 1, -1, -1):
            t = c * CHUNK + s
            row, live = at + t * H, t < T
            out, kept_rows = (part + row) * K + ks, (ks < K) & live
            b_do = vector(do, row, live, vs, V, 0.0)
            dS += vector(q, row, live, ks, K, 0.0)[:, None] * b_do[None, :]
            b_dv = tl.sum(dS * vector(k, row, live, ks, K, 0.0)[:, None], 0)
            tl.store(dv + row * V + vs, b_dv.to(dv.dtype.element_ty), mask=(vs < V) & live)
            tl.store(dq + out, tl.sum(states[s + 1] * b_do[None, :], 1), mask=kept_rows)
            tl.store(dk + out, tl.sum(dS * vector(v, row, live, vs, V, 0.0)[None, :], 1), mask=kept_rows)
            tl.store(dw + out, tl.sum(dS * states[s], 1), mask=kept_rows)
            before = vector(w, row, live, ks, K, 1.0)[:, None] * dS
            if LOW_RANK:
                b_a, b_b = vector(a, row, live, ks, K, 0.0), vector(b, row, live, ks, K, 0.0)
                u = tl.sum(b_b[:, None] * states[s], 0)
                du = tl.sum(b_a[:, None] * dS, 0)
                tl.store(da + out, tl.sum(dS * u[None, :], 1), mask=kept_rows)
                tl.store(db + out, tl.sum(states[s] * du[None, :], 1), mask=kept_rows)
                before += b_b[:, None] * du[None, :]
            dS = before
    if FIRST:
        tl.store(d_first + i * K * V + tile, dS, mask=inside)


class MatrixScan(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        q: Tensor,
        k: Tensor,
        v: Tensor,
        w: Tensor,
        a: Tensor | None,
        b: Tensor | None,
        first: Tensor | None,
        graph: bool,
    ) -> tuple[Tensor, Tensor]:
        R, batch, T, H, V = v.shape
        K = k.shape[-1]
        chunks, sizes = tiled(T, ("K", K), ("V", V))
        sizes |= {"LOW_RANK": a is not None, "FIRST": first is not None}
        ctx.sizes = dict(sizes)
        keep = sizes["KEEP"] = graph and any(ctx.needs_input_grad)
        o, last = torch.empty_like(v), torch.empty(R, batch, H, K, V, dtype=torch.float32, device=v.device)
        kept = torch.empty(R * batch * H * chunks if keep else 0, K, V, dtype=torch.float32, device=v.device)
        with torch.cuda.device_of(v):
            matrix_forward[(R * batch * H, -(-V // sizes["BV"]))](
                q, k, v, w, a, b, first, o, last, kept, T, chunks, H, **sizes
            )  # fmt: skip
        ctx.save_for_backward(q, k, v, w, a, b, kept)
        ctx.set_materialize_grads(False)
        return o, last

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, do: Tensor | None, d_last: Tensor | None) -> tuple[Tensor | None, ...]:
        q, k, v, w, a, b, kept = ctx.saved_tensors
        R, batch, T, H, V = v.shape
        chunks, blocks = kept.shape[0] // (R * batch * H), -(-V // ctx.sizes["BV"])
        ctx.sizes["LAST"] = d_last is not None
        do = torch.zeros_like(v) if do is None else do.contiguous()
        dv = torch.empty_like(v)
        d_first = (
            torch.empty(R, batch, H, *kept.shape[1:], dtype=torch.float32, device=v.device) if ctx.sizes["FIRST"] else None
        )
        given = [x for x in (q, k, w, a, b) if x is not None]
        sums = torch.empty(len(given), blocks, *k.shape, dtype=torch.float32, device=v.device)
        dq, dk, dw, *more = sums
        da, db = more or (None, None)
        with torch.cuda.device_of(v):
            matrix_backward[(R * batch * H, blocks)](
                q, k, v, w, a, b, do, None if d_last is None else d_last.contiguous(), kept,
                dq, dk, dv, dw, da, db, d_first, T, chunks, H, R * batch * T * H, **ctx.sizes,
            )  # fmt: skip
        dq, dk, dw, *more = (d.to(x.dtype) for d, x in zip(sums.sum(1), given, strict=True))
        da, db = more or (None, None)
        return dq, dk, dv, dw, da, db, d_first, None


def matrix_scan(
    q: Tensor, k: Tensor, v: Tensor, w: Tensor, a: Tensor | None, b: Tensor | None, S: Tensor | None
) -> tuple[Tensor, Tensor]:
    """`scan.matrix_scan`, differentiable once."""
    q, k, v, w = (x.contiguous() for x in (q, k, v, w))
    a, b = (None if x is None else x.contiguous() for x in (a, b))
    S = None if S is None else S.float().contiguous()
    return MatrixScan.apply(q, k, v, w, a, b, S, torch.is_grad_enabled())  # pyright: ignore[reportReturnType]
