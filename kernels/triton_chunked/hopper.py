# pyright: reportGeneralTypeIssues=false, reportAttributeAccessIssue=false, reportArgumentType=false, reportCallIssue=false
# pyright: reportOptionalOperand=false, reportOperatorIssue=false, reportIndexIssue=false, reportAssignmentType=false
# ruff: noqa: SIM113 - what enumerate gives is no number of the language
"""Backward, second half, on Hopper for K = V = 128: `gradients_kernel` once more, in Gluon, by warps that do different work.

Of a program's nine warps one drives the copy engine, and two warpgroups have 64 columns of the keys each; they share what all columns
need: for a chunk of 64 rows warpgroup 0 makes dP and dPᵀ, warpgroup 1 dL and dLᵀ.  Every operand of a product lies in shared memory
(232 KB: one program a multiprocessor, which walks over the chunks).  x, dR and dO are fetched a chunk ahead, S and dS as soon as the
three products that read them are done, k and q when dk and dq, which are stored from the same place, have left it.

The formulas are those of gradients.py, and so are the bits: the same products in the same order, but for the order of the sums of dg.
For whole chunks of sequences of one length: T n a multiple of 64, n = 1 or 2.

A trap (Triton 3.6, its ptxas 12.8): of two equal sums over an accumulator, one before it goes through wgmma and one after, ptxas makes
one, the later.  So `wrote` is summed up before the accumulator takes its factor, and is no such sum.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from torch import Tensor
from triton.experimental import gluon
from triton.experimental.gluon import language as gl
from triton.experimental.gluon.language.nvidia.hopper import (
    fence_async_shared,
    mbarrier,
    tma,
    warpgroup_mma,
    warpgroup_mma_wait,
)
from triton.experimental.gluon.nvidia.hopper import TensorDescriptor

from .again import described

D = gl.constexpr(128)
HALF = gl.constexpr(64)  # columns of the keys a warpgroup
C = gl.constexpr(64)  # rows a chunk: two of the sequential kernels' chunks
PART = gl.constexpr(32)  # their rows
LINES = gl.constexpr(96)  # numbers of `side` for each of these: β, G and the tokens' G
NEVER = gl.constexpr(-1e4)
CLOSED = gl.constexpr(-160.0)
LOG2_E = gl.constexpr(1.4426950408889634)
SWIZZLED = gl.NVMMASharedLayout(128, 16, 2)


@gluon.jit
def sums(p_side, r):
    """G at rows r of the chunk, from the sums of its two parts."""
    return gl.load(p_side + r // PART * LINES + PART + r % PART) + gl.where(r >= PART, gl.load(p_side + 2 * PART - 1), 0.0)


@gluon.jit
def masked(a, keep, log_decay, GATED: gl.constexpr):
    if GATED:
        return a * gl.exp2(gl.where(keep, log_decay, NEVER))
    else:
        return gl.where(keep, a, 0.0)


@gluon.jit
def give(bar):
    """Whoever waits for bar sees what this warpgroup wrote in shared memory, and may overwrite what it read."""
    fence_async_shared()
    gl.thread_barrier()
    mbarrier.arrive(bar, count=1)


@gluon.jit
def fetch(
    q, k, do, x, dr, s, ds, do_s, x_s, dr_s, k_s, q_s, s_s, ds_s, x_full, k_full, s_full, s_read, k_left, T, HV, NCG, SLOTS,
    n: gl.constexpr, GROUP: gl.constexpr,
):  # fmt: skip
    """The copy engine's warp. Two stages of x, dR, dO; one of k, q and of S, dS, in halves of 64 columns."""
    i = 0
    for slot in range(gl.program_id(0), SLOTS, gl.num_programs(0)):
        ih, c = slot // NCG, slot % NCG
        token, head = ih // HV * T + c * (C // n), ih % HV
        full = x_full.index(i % 2)
        mbarrier.expect(full, (2 * C + C // n) * D * 2)
        tma.async_copy_global_to_shared(x, [token * n, head * D], full, x_s.index(i % 2))
        tma.async_copy_global_to_shared(do, [token, head * D], full, do_s.index(i % 2).slice(0, C // n, 0))
        tma.async_copy_global_to_shared(dr, [token * n, head * D], full, dr_s.index(i % 2))
        mbarrier.wait(s_read, (i & 1) ^ 1)
        mbarrier.expect(s_full, 2 * D * D * 2)
        for half in gl.static_range(2):
            tma.async_copy_global_to_shared(s, [slot * D, half * HALF], s_full, s_s.index(half))
            tma.async_copy_global_to_shared(ds, [slot * D, half * HALF], s_full, ds_s.index(half))
        mbarrier.wait(k_left, (i & 1) ^ 1)
        mbarrier.expect(k_full, (C + C // n) * D * 2)
        for half in gl.static_range(2):
            column = head // GROUP * D + half * HALF
            tma.async_copy_global_to_shared(k, [token * n, column], k_full, k_s.index(half))
            tma.async_copy_global_to_shared(q, [token, column], k_full, q_s.index(half).slice(0, C // n, 0))
        i += 1


@gluon.jit
def multiply(
    h: gl.constexpr, dq, dk, do_s, x_s, dr_s, k_s, q_s, s_s, ds_s, m_s, v_s, w_s, x_full, k_full, s_full, s_read, k_left, m_full,
    v_full, dv, dbeta, dg, g, side, scale, T, HV, NC, NCG, SLOTS, n: gl.constexpr, GATED: gl.constexpr,
):  # fmt: skip
    """Warpgroup h: dq, dk of its half of the columns; dv and dbeta of half of the rows; warpgroup 0 puts dg together."""
    MMA: gl.constexpr = gl.NVMMADistributedLayout([3, 0], [4, 1], [16, 64, 16])
    ROW: gl.constexpr = gl.SliceLayout(1, MMA)
    COL: gl.constexpr = gl.SliceLayout(0, MMA)
    LINE: gl.constexpr = gl.BlockedLayout([1, 8], [2, 16], [4, 1], [1, 0])  # rows of 256 bytes
    TC: gl.constexpr = C // n
    DT: gl.constexpr = dv.dtype.element_ty
    row, column = gl.arange(0, C, ROW), gl.arange(0, C, COL)
    zero = gl.zeros([C, HALF], gl.float32, MMA)
    i = 0
    for slot in range(gl.program_id(0), SLOTS, gl.num_programs(0)):
        ih, c = slot // NCG, slot % NCG
        b, head = ih // HV, ih % HV
        token = b * T + c * TC
        p_side = side + (ih * NC + c * 2) * LINES
        beta_r = gl.load(p_side + row // PART * LINES + row % PART)
        beta_c = gl.load(p_side + column // PART * LINES + column % PART)
        if GATED:
            G_r, G_c = sums(p_side, row), sums(p_side, column)
            if n == 1:
                Gq_r, Gq_c = G_r, G_c
            else:  # rows past the last token are masked
                Gq_r, Gq_c = (
                    sums(p_side, gl.minimum(row * n + n - 1, C - 1)),
                    sums(p_side, gl.minimum(column * n + n - 1, C - 1)),
                )
            G_end = gl.load(p_side + 2 * PART - 1) + gl.load(p_side + LINES + 2 * PART - 1)
        else:
            G_r, G_c, Gq_r, Gq_c, G_end = beta_r, beta_c, beta_r, beta_c, 0.0  # not looked at
        b_x, b_dr, b_do = x_s.index(i % 2), dr_s.index(i % 2), do_s.index(i % 2)
        mbarrier.wait(x_full.index(i % 2), (i // 2) & 1)

        # pairs of steps: dP and dPᵀ, or dL and dLᵀ
        if h == 0:
            one = warpgroup_mma(b_do, b_x.permute((1, 0)), zero, use_acc=False, is_async=True)
            two = warpgroup_mma(b_x, b_do.permute((1, 0)), zero, use_acc=False, is_async=True)
        else:
            one = warpgroup_mma(b_dr, b_x.permute((1, 0)), zero, use_acc=False, is_async=True)
            two = warpgroup_mma(b_x, b_dr.permute((1, 0)), zero, use_acc=False, is_async=True)
        # meanwhile dv and dbeta of 32 rows
        line, e = h * PART + gl.arange(0, PART, gl.SliceLayout(1, LINE)), gl.arange(0, D, gl.SliceLayout(0, LINE))
        f_dr = b_dr.slice(h * PART, PART, 0).load(LINE).to(gl.float32)
        f_x = b_x.slice(h * PART, PART, 0).load(LINE).to(gl.float32)
        rows = (token * n + line) * HV + head
        gl.store(dbeta + rows, gl.sum(f_dr * f_x, 1).to(dbeta.dtype.element_ty))
        beta_l = gl.load(p_side + line // PART * LINES + line % PART)
        gl.store(dv + rows.to(gl.int64)[:, None] * D + e[None, :], (f_dr * beta_l[:, None]).to(DT))

        mbarrier.wait(k_left, (i & 1) ^ 1)  # and both have read what is overwritten now
        one = warpgroup_mma_wait(1, (one,))
        if h == 0:
            see = (column[None, :] // n <= row[:, None]) & (row[:, None] < TC)
            one = masked(one, see, Gq_r[:, None] - G_c[None, :], GATED) * (scale * beta_c)[None, :]
        else:
            one = masked(one, row[:, None] > column[None, :], G_r[:, None] - G_c[None, :], GATED)
            one = one * (-beta_r[:, None] * beta_c[None, :])
        m_s.index(2 * h).store(one.to(DT))
        two = warpgroup_mma_wait(0, (two,))
        if h == 0:
            see = (row[:, None] // n <= column[None, :]) & (column[None, :] < TC)
            two = masked(two, see, Gq_c[None, :] - G_r[:, None], GATED) * (scale * beta_r)[:, None]
        else:
            two = masked(two, row[:, None] < column[None, :], G_c[None, :] - G_r[:, None], GATED)
            two = two * (-beta_r[:, None] * beta_c[None, :])
        m_s.index(2 * h + 1).store(two.to(DT))
        give(m_full)

        # what needs the states
        mbarrier.wait(s_full, i & 1)
        b_s, b_ds, b_k, b_q = s_s.index(h), ds_s.index(h), k_s.index(h), q_s.index(h)
        b_dq = warpgroup_mma(b_do, b_s, zero, use_acc=False, is_async=True)
        acc = warpgroup_mma(b_x, b_ds, zero, use_acc=False, is_async=True)
        recv = warpgroup_mma(b_dr, b_s, zero, use_acc=False, is_async=True)
        if GATED:
            had = gl.sum(b_s.load(MMA).to(gl.float32) * b_ds.load(MMA).to(gl.float32), 1)
        b_dq, acc, recv = warpgroup_mma_wait(0, (b_dq, acc, recv))
        give(s_read)

        if GATED:
            ask, read, write = scale * gl.exp2(Gq_r), beta_r * gl.exp2(G_r), beta_r * gl.exp2(G_end - G_r)
        else:
            ask, read, write = gl.where(row < TC, scale, 0.0), beta_r, beta_r
        # keys as writers, then as readers, in one accumulator: k·(recv − send) = k·dk − 2 k·send
        mbarrier.wait(k_full, i & 1)
        b_dq *= ask[:, None]
        mbarrier.wait(m_full, i & 1)
        b_dq = warpgroup_mma(m_s.index(0), b_k, b_dq, is_async=True)
        if GATED:  # before acc takes its factor: see the trap above
            kf = b_k.load(MMA).to(gl.float32)
            wrote = write * gl.sum(acc * kf, 1)
        acc *= write[:, None]
        acc = warpgroup_mma(m_s.index(1), b_q, acc, is_async=True)
        acc = warpgroup_mma(m_s.index(3), b_k, acc, is_async=True)
        b_dq, acc = warpgroup_mma_wait(0, (b_dq, acc))
        if GATED:
            sent = gl.sum(acc * kf, 1)
        acc = warpgroup_mma(m_s.index(2), b_k, acc, is_async=True)
        if GATED:
            asked = gl.sum(b_q.load(MMA).to(gl.float32) * b_dq, 1)
        acc = warpgroup_mma_wait(0, (acc,))
        acc -= recv * read[:, None]
        if GATED:
            v_s.index(3 * h).store(gl.sum(acc * kf, 1) - 2.0 * sent)
            v_s.index(3 * h + 1).store(gl.where(row < TC, asked, 0.0))
            v_s.index(3 * h + 2).store(wrote)
            w_s.index(h).store(had)
        gl.thread_barrier()  # every warp has read k and q
        b_k.store(acc.to(DT))
        b_q.store(b_dq.to(DT))
        fence_async_shared()
        gl.thread_barrier()
        tma.async_copy_shared_to_global(dk, [token * n, head * D + h * HALF], b_k)
        tma.async_copy_shared_to_global(dq, [token, head * D + h * HALF], b_q.slice(0, TC, 0))
        if GATED:
            if h == 1:
                give(v_full)
            else:
                mbarrier.wait(v_full, i & 1)
                step, tok = v_s.index(0).load(COL) + v_s.index(3).load(COL), v_s.index(1).load(COL) + v_s.index(4).load(COL)
                end = gl.sum(v_s.index(2).load(COL) + v_s.index(5).load(COL), 0)
                end += gl.exp2(G_end) * gl.sum(w_s.index(0).load(COL) + w_s.index(1).load(COL), 0)
                b_dg = gl.sum(gl.where(column[None, :] // n >= row[:, None], step[None, :], 0.0), 1)
                b_dg += gl.sum(gl.where(column[None, :] >= row[:, None], tok[None, :], 0.0), 1) + end
                at = (token + row) * HV + head
                open_ = gl.maximum(gl.load(g + at, mask=row < TC, other=0.0).to(gl.float32) * LOG2_E, CLOSED) > CLOSED
                gl.store(dg + at, gl.where(open_, b_dg, 0.0).to(dg.dtype.element_ty), mask=row < TC)
        tma.store_wait(0)
        give(k_left)
        i += 1


@gluon.jit
def hopper_gradients_kernel(
    q, k, do, x, dr, s, ds, dq, dk, dv, dbeta, dg, g, side, scale, T, HV, NC, NCG, SLOTS,
    n: gl.constexpr, GATED: gl.constexpr, GROUP: gl.constexpr, REGS: gl.constexpr,
):  # fmt: skip
    """dq [B, T, HV, K], dk [B, T n, HV, K] (one a value head), dv, dbeta, dg for all slots."""
    DT: gl.constexpr = dv.dtype.element_ty
    WIDE: gl.constexpr = gl.NVMMASharedLayout(128, 16, 2)
    BAR: gl.constexpr = mbarrier.MBarrierLayout()
    PLAIN: gl.constexpr = gl.SwizzledSharedLayout(1, 1, 1, [0])
    x_s = gl.allocate_shared_memory(DT, [2, C, D], WIDE)
    dr_s = gl.allocate_shared_memory(DT, [2, C, D], WIDE)
    do_s = gl.allocate_shared_memory(DT, [2, C, D], WIDE)
    s_s = gl.allocate_shared_memory(DT, [2, D, HALF], WIDE)
    ds_s = gl.allocate_shared_memory(DT, [2, D, HALF], WIDE)
    k_s = gl.allocate_shared_memory(DT, [2, C, HALF], WIDE)
    q_s = gl.allocate_shared_memory(DT, [2, C, HALF], WIDE)
    m_s = gl.allocate_shared_memory(DT, [4, C, C], WIDE)  # dP, dPᵀ, dL, dLᵀ
    v_s = gl.allocate_shared_memory(gl.float32, [6, C], PLAIN)  # each warpgroup's parts of dG: steps, tokens, the chunk's end
    w_s = gl.allocate_shared_memory(gl.float32, [2, D], PLAIN)  # and ⟨dS, S⟩ by rows
    x_full = gl.allocate_shared_memory(gl.int64, [2, 1], BAR)
    bars = gl.allocate_shared_memory(gl.int64, [6, 1], BAR)
    k_full, s_full, s_read = bars.index(0), bars.index(1), bars.index(2)
    k_left, m_full, v_full = bars.index(3), bars.index(4), bars.index(5)
    mbarrier.init(x_full.index(0), 1)
    mbarrier.init(x_full.index(1), 1)
    mbarrier.init(k_full, 1)
    mbarrier.init(s_full, 1)
    mbarrier.init(s_read, 2)
    mbarrier.init(k_left, 2)
    mbarrier.init(m_full, 2)
    mbarrier.init(v_full, 1)
    if n > 1:  # rows past the last token are read, and stay 0: those of q_s take dq's in between, which are 0 as well
        FLAT: gl.constexpr = gl.BlockedLayout([1, 8], [4, 8], [4, 1], [1, 0])
        for i in gl.static_range(2):
            do_s.index(i).slice(C // n, C - C // n, 0).store(gl.zeros([C - C // n, D], DT, FLAT))
            q_s.index(i).slice(C // n, C - C // n, 0).store(gl.zeros([C - C // n, HALF], DT, FLAT))
    fence_async_shared()
    gl.thread_barrier()
    gl.warp_specialize(
        [
            (multiply, (gl.constexpr(0), dq, dk, do_s, x_s, dr_s, k_s, q_s, s_s, ds_s, m_s, v_s, w_s, x_full, k_full, s_full, s_read,
                        k_left, m_full, v_full, dv, dbeta, dg, g, side, scale, T, HV, NC, NCG, SLOTS, n, GATED)),
            (multiply, (gl.constexpr(1), dq, dk, do_s, x_s, dr_s, k_s, q_s, s_s, ds_s, m_s, v_s, w_s, x_full, k_full, s_full, s_read,
                        k_left, m_full, v_full, dv, dbeta, dg, g, side, scale, T, HV, NC, NCG, SLOTS, n, GATED)),
            (fetch, (q, k, do, x, dr, s, ds, do_s, x_s, dr_s, k_s, q_s, s_s, ds_s, x_full, k_full, s_full, s_read, k_left, T, HV, NCG,
                     SLOTS, n, GROUP)),
        ],
        [4, 1],  # warps of the second warpgroup and of the copy engine's, besides the first's four
        [REGS, 24],
    )  # fmt: skip


def blocks(x: Tensor, columns: int, high: int, wide: int) -> Any:
    """x as a matrix of rows of so many columns, in blocks high × wide, swizzled as wgmma reads them."""
    return described(x, [x.numel() // columns, columns], [columns, 1], [high, wide], TensorDescriptor, layout=SWIZZLED)


def operands(
    q: Tensor, k: Tensor, do: Tensor, x: Tensor, dr: Tensor, s: Tensor, ds: Tensor, dq: Tensor, dk: Tensor, n: int
) -> tuple[Any, ...]:
    """The kernel's first nine arguments."""
    mine, values = q.shape[2] * q.shape[3], do.shape[2] * do.shape[3]
    return (
        blocks(q, mine, 64 // n, 64), blocks(k, mine, 64, 64), blocks(do, values, 64 // n, 128), blocks(x, values, 64, 128),
        blocks(dr, values, 64, 128), blocks(s, 128, 128, 64), blocks(ds, 128, 128, 64), blocks(dq, values, 64 // n, 64),
        blocks(dk, values, 64, 64),
    )  # fmt: skip


@cache
def multiprocessors(device: torch.device) -> int:
    return torch.cuda.get_device_properties(device).multi_processor_count
