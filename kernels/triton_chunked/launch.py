# pyright: reportCallIssue=false, reportArgumentType=false, reportReturnType=false, reportAssignmentType=false
"""Allocation and launches. The tensors given here are checked, contiguous and of padded sizes; `autograd` sees to that."""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
import triton
from torch import Tensor
from triton.tools.tensor_descriptor import TensorDescriptor

from .again import described, start
from .forward import forward_kernel
from .gradients import gradients_kernel
from .recurrent import recurrent_kernel
from .scan import scan_kernel
from .segments import carry_kernel
from .settings import Settings, power_of_two
from .sizes import Problem, Saved, known
from .y import y_kernel


def rows(x: Tensor, high: int, wide: int) -> TensorDescriptor:
    """x [B, rows, H, D] as [B, rows, H·D] for the copy engine; rows past the end read as zero."""
    B, N, H, D = x.shape
    return described(x, [B, N, H * D], [N * H * D, H * D, 1], [1, high, wide])


def matrix(x: Tensor, wide: int, high: int, block: int) -> TensorDescriptor:
    """x as a matrix of rows `wide` long, read in blocks high × block."""
    return described(x, [x.numel() // wide, wide], [wide, 1], [high, block])


def y_of_chunks(p: Problem, z: Tensor) -> TensorDescriptor:
    """Yᵀ for the copy engine, in either place."""
    C = p.chosen.C
    if not p.aside:
        return matrix(z, C, C, C)
    row = p.HV * p.K
    return described(z, [p.B, p.T, row // C, C], [p.T * row, row, C, 1], [1, p.TC, p.n, C])


def side_lines(side: Tensor, C: int, numbers: int) -> TensorDescriptor | Tensor:
    """The first numbers of the lines of side for the copy engine, or side itself where a line is too short for it."""
    return matrix(side, C, 1, numbers) if numbers >= 32 else side


def places(p: Problem, cu: Tensor | None, dummy: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """cu, the first slot of each sequence, and the sequence of each slot; computed on the device, without waiting for it."""
    if cu is None:
        return dummy, dummy, dummy
    ends = ((cu[1:] - cu[:-1] + p.TC - 1) // p.TC).cumsum(0)
    starts = torch.cat([ends.new_zeros(1), ends])
    slots = torch.arange(p.NC, device=cu.device)
    owner = torch.searchsorted(ends, slots, right=True).clamp_(max=p.N - 1).to(torch.int32)
    return cu, starts[:-1].contiguous(), owner


def forward(
    q: Tensor, k: Tensor, v: Tensor, beta: Tensor, g: Tensor | None, s0: Tensor | None, cu: Tensor | None,
    n: int, scale: float, precise: bool = False, save: bool = False, chosen: Settings | None = None, pieces: int | None = None,
) -> tuple[Tensor, Tensor, Saved | None]:  # fmt: skip
    """o [B, T, HV, V], last state [N, HV, K, V] float32, and with save what the backward needs."""
    p = known(q, v, beta, g, n, cu, precise, save, chosen)
    B, T, N, HV, K, V, NC, cfg = p.B, p.T, p.N, p.HV, p.K, p.V, p.NC, p.chosen
    C, BV = cfg.C, cfg.BV
    log_c = C.bit_length() - 1
    QP = max(16, power_of_two(p.TC))
    half = C // 2 if cfg.halves and C >= 32 else C

    def new(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
        return torch.empty(shape, device=q.device, dtype=dtype)

    gates = beta if g is None else g
    where = places(p, cu, beta)
    d_k = rows(k, C, K)
    if cfg.fused:
        z = side = d_z = lines = at_tokens = beta
    else:
        kinds = Saved.kinds(p, 1)
        z, side = (new(*kinds[name][0], dtype=kinds[name][1]) for name in ("z", "side"))
        start(
            y_kernel, (p.slots, 1), p, (), q.device, (rows(k, half, K), beta, gates, z, side, *where, T, HV, NC),
            HALF=half, LOG_HALF=half.bit_length() - 1, PRECISE=precise, ASIDE=p.aside, **p.common,
            num_warps=cfg.y_warps, num_stages=1, maxnreg=cfg.y_regs,
        )  # fmt: skip
        d_z, lines, at_tokens = y_of_chunks(p, z), side_lines(side, C, C), side_lines(side, C, QP)
    per = p.piece(p.segments if pieces is None else pieces)
    pieces = triton.cdiv(NC, per)
    kept = p.NCF(pieces), p.gap(pieces)
    o = new(B, T, HV, V, dtype=v.dtype)
    x = new(B, T * n, HV, V, dtype=v.dtype) if save else o
    s = new(p.slots // NC * kept[0], V, K, dtype=v.dtype) if save else o
    last = new(N, HV, K, V)
    whole = not p.packed
    tensors = (
        rows(q, QP, K), d_k, rows(v, C, BV), beta, gates, d_z, side, lines, at_tokens,
        rows(o, QP, BV) if whole and p.TC == QP else o,
        rows(x, C, BV) if save and whole and p.TC * n == C and not cfg.direct else x,
        matrix(s, K, BV, K) if save and not cfg.direct and p.merge == 1 else s,
    )  # fmt: skip
    fixed = {
        "V": V, "LOG_C": log_c, "QP": QP, "BV": BV, "PRECISE": precise, "FUSED": cfg.fused, "STAGES": cfg.stages,
        "DIRECT": cfg.direct, "MERGE": p.merge, "ASIDE": p.aside, "num_warps": cfg.warps, "maxnreg": cfg.regs,
    }  # fmt: skip
    first = last if s0 is None else s0
    part = new(0)
    if pieces == 1:
        start(
            forward_kernel, (N * HV * (V // BV), 1), p, ("whole", save, s0 is None), q.device,
            (*tensors, first, last, *where[:2], scale, T, HV, NC, NC, 1, *kept), MOST=1,
            OUTPUT=True, SAVE=save, INIT=s0 is not None, FINAL=True, PHI=False, **p.common, **fixed,
        )  # fmt: skip
    else:
        part, entry = new(N, HV, pieces, K, V + K), new(N, HV, pieces, K, V)
        start(
            forward_kernel, (N * HV * ((V + K) // BV), pieces), p, ("ends", save, pieces), q.device,
            (*tensors, part, part, *where[:2], scale, T, HV, NC, per, pieces, *kept), MOST=power_of_two(per),
            OUTPUT=False, SAVE=False, INIT=False, FINAL=True, PHI=True, **p.common, **fixed,
        )  # fmt: skip
        carry(part, part[..., V:], first, entry, last, pieces, p, init=s0 is not None, back=False)
        start(
            forward_kernel, (N * HV * (V // BV), pieces), p, ("pieces", save, pieces), q.device,
            (*tensors, entry, entry, *where[:2], scale, T, HV, NC, per, pieces, *kept), MOST=power_of_two(per),
            OUTPUT=True, SAVE=save, INIT=True, FINAL=False, PHI=False, **p.common, **fixed,
        )  # fmt: skip
    return o, last, Saved(z, side, x, s, part, *(where[1:] if p.packed else (new(0), new(0)))) if save else None


def carry(
    loc: Tensor, phi: Tensor, s0: Tensor, entry: Tensor, last: Tensor, pieces: int, p: Problem, init: bool, back: bool
) -> None:
    BV = min(p.V, 16)
    start(
        carry_kernel, (p.N * p.HV * (p.V // BV), 1), p, (pieces, init, back, loc.shape[-1]), loc.device,
        (loc, phi, s0, entry, last, pieces, loc.shape[-1], p.K + p.V), K=p.K, V=p.V, BV=BV, INIT=init, BACK=back, num_warps=4,
    )  # fmt: skip


def backward(
    do: Tensor, d_last: Tensor | None, q: Tensor, k: Tensor, v: Tensor, beta: Tensor, g: Tensor | None, cu: Tensor | None,
    saved: Saved, n: int, scale: float, precise: bool = False, chosen: Settings | None = None, spend: bool = False,
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor | None, Tensor]:  # fmt: skip
    """dq, dk (of H heads), dv, dbeta, dg, gradient of the initial state [N, HV, K, V] float32.

    spend: nobody asks for what is saved again, and its memory may be used: dv's is then that of x."""
    p = known(q, v, beta, g, n, cu, precise, True, chosen)
    B, T, N, H, HV, K, V, NC, cfg = p.B, p.T, p.N, p.H, p.HV, p.K, p.V, p.NC, p.chosen
    C, BV, where = cfg.C, cfg.BV, (beta, beta, beta) if cu is None else (cu, saved.starts, saved.owner)
    QP = max(16, power_of_two(p.TC))
    M, BK = p.merge, cfg.BK or K
    CG, TCG = M * C, M * p.TC
    QG = max(cfg.query_rows, 16, power_of_two(TCG))
    pieces = 1 if saved.part.dim() == 1 else saved.part.shape[2]
    piece, NCF, gap = p.piece(pieces), p.NCF(pieces), p.gap(pieces)

    def new(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
        return torch.empty(shape, device=q.device, dtype=dtype)

    d_first = new(N, HV, K, V)
    given, is_given = (d_first, False) if d_last is None else (d_last, True)
    # until `gradients` puts them there, the memory of dk holds dr, that of dv x, that of dq Y; dv's holds dr where x has to stay
    dk = new(B, T * n, HV, K, dtype=k.dtype)
    dv, dr = (saved.x, dk) if spend and K == V else (torch.empty_like(v),) * 2
    s = saved.s if spend or not p.turns else saved.s.clone()
    ds = s if p.turns else torch.empty_like(s)
    whole = not p.packed and p.TC * n == C and not cfg.scan_direct
    side_rows, token_rows = side_lines(saved.side, C, C), side_lines(saved.side, C, QP)
    tensors = (
        rows(q, QP, K), rows(k, C, K), rows(do, QP, BV), y_of_chunks(p, saved.z), saved.side, side_rows, token_rows,
        rows(dr, C, BV) if whole else dr, ds if cfg.scan_direct or M > 1 else matrix(ds, K, BV, K),
    )  # fmt: skip
    fixed: dict[str, Any] = {
        "V": V,
        "QP": QP,
        "BV": BV,
        "num_warps": cfg.scan_warps or cfg.warps,
        "maxnreg": cfg.scan_regs,
        "STAGES": cfg.scan_stages,
        "DIRECT": cfg.scan_direct,
        "MERGE": M,
        "TURNS": p.turns,
        "ASIDE": p.aside,
    }
    programs = N * HV * (V // BV)
    ends = d_first
    if pieces > 1:
        loc, ends = new(N, HV, pieces, K, V), new(N, HV, pieces, K, V)
        start(
            scan_kernel, (programs, pieces), p, ("ends", pieces), q.device,
            (*tensors, loc, loc, *where[:2], scale, T, HV, NC, piece, pieces, p.NCG, NCF, gap, piece, 0, 0),
            MOST=power_of_two(piece), SAVE=False, LAST=False, FIRST=True, **p.common, **fixed,
        )  # fmt: skip
        carry(loc, saved.part[..., V:], given, ends, d_first, pieces, p, init=is_given, back=True)
        given, is_given = ends, True

    dq = saved.z if p.aside and spend else new(B, T, HV, K, dtype=q.dtype)
    dbeta = torch.empty_like(beta)
    dg = None if g is None else torch.empty_like(g)
    steps = (do, saved.x, dr) if cfg.chunk_direct else (rows(do, QG, V), rows(saved.x, CG, V), rows(dr, CG, V))
    operands = (
        rows(q, QG, BK), rows(k, CG, BK), *steps, matrix(s, K, V, BK), matrix(ds, K, V, BK), saved.side,
        side_rows, side_lines(saved.side, C, min(QG, C)), beta if g is None else g,
        dq, dk, dv, dbeta, dbeta if dg is None else dg, *where,
    )  # fmt: skip
    for first, turn in p.stretches(pieces):
        slots, ahead = p.turn_slots(turn, pieces), turn // M if p.turns else 0
        start(
            scan_kernel, (programs, pieces), p, ("turn", pieces, turn, is_given), q.device,
            (*tensors, given, ends, *where[:2], scale, T, HV, NC, piece, pieces, p.NCG, NCF, gap, turn, first, ahead), MOST=1,
            SAVE=True, LAST=is_given, FIRST=True, **p.common, **fixed,
        )  # fmt: skip
        if p.hopper and is_hopper(q.device):
            from . import hopper  # Gluon is no part of the interpreter

            start(
                hopper.hopper_gradients_kernel, (min(slots, hopper.multiprocessors(q.device)), 1), p, (), q.device,
                (*hopper.operands(q, k, do, saved.x, dr, s, ds, dq, dk, n), dv, dbeta, dbeta if dg is None else dg,
                 beta if g is None else g, saved.side, scale, T, HV, NC, p.NCG, slots),
                n=n, GATED=p.gated, GROUP=HV // H, REGS=232, num_warps=4,
            )  # fmt: skip
        else:
            start(
                gradients_kernel, (triton.cdiv(slots, cfg.per), 1), p, (pieces, turn), q.device,
                (*operands, scale, T, HV, NC, p.NCG, NCF, gap, pieces, piece // M, turn // M, slots, cfg.per, first // M, ahead),
                V=V, QP=QG, BK=BK, STAGES=cfg.chunk_stages, DIRECT=cfg.chunk_direct, MERGE=M, CS=C, TURNS=p.turns, LATE=cfg.late,
                **(p.common | {"C": CG, "TC": TCG}), num_warps=cfg.chunk_warps, maxnreg=cfg.chunk_regs,
            )  # fmt: skip
        given, is_given = ends, True
    if HV != H:
        dq, dk = (x.view(*x.shape[:2], H, HV // H, K).sum(3) for x in (dq, dk))
    return dq, dk, dv, dbeta, dg, d_first


@cache
def is_hopper(device: torch.device) -> bool:
    return device.type == "cuda" and torch.cuda.get_device_capability(device)[0] == 9


def recurrent(
    q: Tensor, k: Tensor, v: Tensor, beta: Tensor, g: Tensor | None, s0: Tensor | None, cu: Tensor | None, n: int, scale: float,
    last: Tensor | None,
) -> Tensor:  # fmt: skip
    """o, and the last state into `last` [N, HV, K, V] float32 (s0 itself is allowed). Any sizes, no padding."""
    B, T, H, K = q.shape
    HV, V = v.shape[2:]
    N = B if cu is None else cu.shape[0] - 1
    BK = power_of_two(K)
    BV = min(power_of_two(V), 32 if BK >= 128 else 64)
    o = torch.empty(B, T, HV, V, device=q.device, dtype=v.dtype)
    sizes = (
        q.shape,
        v.shape,
        n,
        q.dtype,
        beta.dtype,
        None if g is None else g.dtype,
        None if s0 is None else s0.dtype,
        q.device,
    )
    start(
        recurrent_kernel, (N * HV * triton.cdiv(V, BV), 1), sizes,
        (cu is None, last is None, None if cu is None else (N, cu.dtype)), q.device,
        (q, k, v, beta, beta if g is None else g, beta if s0 is None else s0, beta if last is None else last, o,
         beta if cu is None else cu, scale, T, HV, H),
        n=n, K=K, V=V, BK=BK, BV=BV, GROUP=HV // H, GATED=g is not None, PACKED=cu is not None, INIT=s0 is not None,
        FINAL=last is not None, num_warps=max(1, min(4, BK * BV // 1024)),
    )  # fmt: skip
    return o
