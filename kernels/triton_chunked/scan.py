# pyright: reportGeneralTypeIssues=false
"""Backward, first half: the gradient of the state from the last chunk to the first.

With dS the gradient of the state after the chunk and E = exp(G_end − G):

    dU = Pᵀ dO + E ∘ (K dS)         dR = dU − Yᵀ (β ∘ dU)            (P with the scale)
    dS ← exp(G_end) dS + Qᵀ (scale exp(G_t) ∘ dO) − Kᵀ (β exp(G) ∘ dR)

dR is the gradient of the innovations' right-hand side, so dv_i = β_i dR_i and dβ_i = dR_i·x_i.  Transposed like the forward.

The backward may go in turns, a stretch of every segment at a time and the last stretch first: SUB chunks from chunk OFF of each.
"""

# ruff: noqa: SIM108 - an if on a constant leaves the other branch uncompiled, with its types
import triton
import triton.language as tl

from .chunks import NEVER, forgotten, sequence, side_line, token_line, y_at
from .dots import dot, dot_add


@triton.jit(do_not_specialize=["OFF", "AHEAD"])
def scan_kernel(
    q, k, do, z, side, lines, at_tokens, dr, ds, ds_last, ds_first, cu, starts, scale,
    T, HV, NC, NCS, NSEG, NCG, NCF, GAP, SUB, OFF, AHEAD,
    n: tl.constexpr, K: tl.constexpr, V: tl.constexpr, C: tl.constexpr, TC: tl.constexpr, QP: tl.constexpr, BV: tl.constexpr,
    GROUP: tl.constexpr, GATED: tl.constexpr, PACKED: tl.constexpr, SAVE: tl.constexpr, LAST: tl.constexpr, FIRST: tl.constexpr,
    STAGES: tl.constexpr, DIRECT: tl.constexpr, MERGE: tl.constexpr, MOST: tl.constexpr, TURNS: tl.constexpr,
    ASIDE: tl.constexpr,
):  # fmt: skip
    """dr [B, T n, HV, V] and ds [slots V, K], the gradient of the state after every MERGE chunks, for BV columns of one segment.

    TURNS        ds is in the memory of the states, AHEAD slots after its chunk's, where the states of the turns before this one were
    SAVE         store dr and ds (else only the segment's dS_first is wanted)
    LAST, FIRST  read ds_last, write ds_first, both [N HV, NSEG, K, V] float32; they may be one
    """
    pid, seg = tl.program_id(0).to(tl.int64), tl.program_id(1)
    i_v, ih = (pid % (V // BV)).to(tl.int32), pid // (V // BV)
    b, h, first, length, base = sequence(cu, starts, ih.to(tl.int32), T, HV, NC, PACKED)
    begin = seg * NCS + OFF
    end = tl.minimum(tl.minimum(begin + SUB, seg * NCS + NCS), tl.cdiv(length, TC))
    if TURNS:
        slot = ih * NCF + seg * GAP + begin // MERGE + AHEAD  # of chunk begin
    elif PACKED:
        slot = base + begin
    else:
        slot = ih * NCG + begin // MERGE
    hk = h // GROUP
    r, t, d = tl.arange(0, C), tl.arange(0, QP), tl.arange(0, K)
    vs = i_v * BV + tl.arange(0, BV)
    at_s = (ih * NSEG + seg) * K * V + (d[None, :] * V + vs[:, None])
    if LAST:
        dS = tl.load(ds_last + at_s)
    else:
        dS = tl.zeros([BV, K], tl.float32)
    if FIRST and not SAVE and GATED:  # only the segment's dS_first is wanted
        drop, _ = forgotten(side, base + begin, tl.maximum(end - begin, 0), C, MOST, True)
        end -= drop
    for step in tl.range(0, end - begin, num_stages=STAGES):
        c = end - 1 - step
        token = first + c * TC
        b_k = tl.reshape(k.load([b, token * n, hk * K]), [C, K])
        b_q = tl.reshape(q.load([b, token, hk * K]), [QP, K])
        b_do = tl.reshape(do.load([b, token, h * V + i_v * BV]), [QP, BV])
        DT: tl.constexpr = b_k.dtype
        b_z = y_at(z, base + c, b, token, h, K, C, ASIDE).to(DT)
        line = ((base + c) * 3).to(tl.int32)
        b_beta = side_line(side, lines, line, C)
        live = (t < TC) & (c * TC + t < length)
        see = ((r // n)[None, :] <= t[:, None]) & live[:, None]
        P = dot(b_q, tl.trans(b_k))
        dU = dot(dS.to(DT), tl.trans(b_k))
        w_q = tl.where(live, scale, 0.0)
        if GATED:
            G = side_line(side, lines, line + 1, C)
            Gq = token_line(side, at_tokens, line + 2, C, QP)
            G_end = tl.sum(tl.where(r == C - 1, G, 0.0), 0)
            P *= scale * tl.exp2(tl.where(see, Gq[:, None] - G[None, :], NEVER))
            dU *= tl.exp2(G_end - G)[None, :]
            w_q = tl.where(live, scale * tl.exp2(Gq), 0.0)  # lines of side past the last token hold anything
        else:
            P = tl.where(see, P * scale, 0.0)
        dU = dot_add(tl.trans(b_do), P.to(DT), dU)
        dR = dU - dot((dU * b_beta[None, :]).to(DT), tl.trans(b_z))
        if SAVE:
            if TC * n == C and not PACKED and not DIRECT:
                dr.store([b, token * n, h * V + i_v * BV], tl.reshape(tl.trans(dR).to(DT), [1, C, BV]))
            else:
                ok = (r < TC * n) & (c * TC * n + r < length * n)
                p_dr = dr + ((b.to(tl.int64) * T + token) * n * HV + h) * V
                tl.store(p_dr + (r[None, :] * (HV * V) + vs[:, None]), dR.to(DT), mask=ok[None, :])
            if MERGE > 1:
                if (c % MERGE == MERGE - 1) | (c == tl.cdiv(length, TC) - 1):
                    tl.store(ds + (slot + (c - begin) // MERGE) * V * K + (vs[:, None] * K + d[None, :]), dS.to(DT))
            elif DIRECT:
                tl.store(ds + (slot + c - begin) * V * K + (vs[:, None] * K + d[None, :]), dS.to(DT))
            else:
                ds.store([((slot + c - begin) * V).to(tl.int32) + i_v * BV, 0], dS.to(DT))
        W = dR * b_beta[None, :]
        if GATED:
            W *= tl.exp2(G)[None, :]
            dS *= tl.exp2(G_end)
        dS = dot_add((tl.trans(b_do).to(tl.float32) * w_q[None, :]).to(DT), b_q, dS)
        dS = dot_add((-W).to(DT), b_k, dS)
    if FIRST:
        tl.store(ds_first + at_s, dS)
