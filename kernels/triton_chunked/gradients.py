# pyright: reportGeneralTypeIssues=false
"""Backward, second half: all chunks in parallel.

With U = β ∘ X and dR, dS from the scan:

    dV = β ∘ dR        dβ_i = dR_i·x_i        dL_ij = −β_i β_j exp(G_i − G_j) dR_i·x_j  (j < i)
    dQ      = scale exp(G_t) ∘ (dO Sᵀ) + dP K,      dP_tj = scale exp(G_t − G_j) dO_t·u_j
    dK_recv = −β exp(G) ∘ (dR Sᵀ) + dL K            the key as the reader of what came before
    dK_send = E ∘ (U dSᵀ) + dPᵀ Q + dLᵀ K           the key as the writer;  dK = dK_recv + dK_send
    dG_t    = q_t·dq_t + Σ_steps k·(dK_recv − dK_send), and ⟨dS, S_end⟩ at the end; dg = reverse sum of dG in the chunk

The last line: a term that reads at i carries exp(G_i), one that writes at j carries exp(−G_j), the end state exp(G_end).
⟨dS, S_end⟩ = exp(G_end) ⟨dS, S⟩ + Σ k·(E ∘ U dSᵀ) needs no S_end.  Where a product and its transpose are both wanted both are
computed: four small products more, and no accumulator is transposed.
"""

import triton
import triton.language as tl

from .chunks import CLOSED, NEVER, chunk_at, log2_gate, place, side_line, sums_at, token_line
from .dots import dot, dot_add


@triton.jit
def masked(a, keep, log_decay, GATED: tl.constexpr):
    if GATED:
        return a * tl.exp2(tl.where(keep, log_decay, NEVER))
    else:
        return tl.where(keep, a, 0.0)


@triton.jit
def key_columns(
    b_k, b_q, b_s, b_ds, b_x, b_dr, b_do, dP, dPt, dL, dLt, read, write, ask, decay_end, GATED: tl.constexpr, LATE: tl.constexpr
):  # fmt: skip
    """dk and dq on some columns of K, and what these add to the gate: per step, per token, for the chunk's end.

    LATE: for the end by steps and by rows of the states, to be summed up after the loop over columns; a sum over rows makes the warps
    wait for one another, but these rows fill registers."""
    b_dq = dot(b_do, b_s) * ask[:, None]
    b_dq = dot_add(dP, b_k, b_dq)
    # keys as writers first, then in the same accumulator as readers: k·(recv − send) = k·dk − 2 k·send
    acc = dot(b_x, b_ds) * write[:, None]
    kf = b_k.to(tl.float32)
    if GATED:
        wrote = tl.sum(acc * kf, 1)
        if not LATE:
            end = tl.sum(wrote, 0)
    acc = dot_add(dPt, b_q, acc)
    acc = dot_add(dLt, b_k, acc)
    if GATED:
        sent = tl.sum(acc * kf, 1)
    acc = dot_add(dL, b_k, acc)
    acc -= dot(b_dr, b_s) * read[:, None]
    if GATED:
        had = tl.sum(b_s.to(tl.float32) * b_ds.to(tl.float32), 1)
        dG_step, dG_token = tl.sum(acc * kf, 1) - 2.0 * sent, tl.sum(b_q.to(tl.float32) * b_dq, 1)
        if LATE:
            return acc, b_dq, dG_step, dG_token, wrote, had
        else:
            return acc, b_dq, dG_step, dG_token, end + decay_end * tl.sum(had, 0), 0.0
    else:
        return acc, b_dq, read, ask, 0.0, 0.0


@triton.jit(do_not_specialize=["OFF", "AHEAD"])
def gradients_kernel(
    q, k, do, x, dr, s, ds, side, lines, at_tokens, g, dq, dk, dv, dbeta, dg, cu, starts, owner, scale,
    T, HV, NC, NCG, NCF, GAP, NSEG, PIECE, SUB, SLOTS, PER, OFF, AHEAD,
    n: tl.constexpr, K: tl.constexpr, V: tl.constexpr, C: tl.constexpr, TC: tl.constexpr, QP: tl.constexpr, BK: tl.constexpr,
    GROUP: tl.constexpr, GATED: tl.constexpr, PACKED: tl.constexpr, STAGES: tl.constexpr, DIRECT: tl.constexpr, MERGE: tl.constexpr,
    CS: tl.constexpr, TURNS: tl.constexpr, LATE: tl.constexpr,
):  # fmt: skip
    """dq [B, T, HV, K], dk [B, T n, HV, K] (one a value head), dv, dbeta, dg for PER slots, one by one.

    Neither the innovations x nor dr depend on where chunks are cut, so a chunk here is MERGE chunks of the sequential kernels (of CS
    rows): those go faster in small steps, this one with fewer states.  Slots are those of the scan: of all chunks, or (TURNS) of the
    SUB chunks from chunk OFF of each of the NSEG segments, PIECE chunks long, where ds is in the memory of s, AHEAD slots further on.

    The loops are there for the copy engine, which runs ahead only inside a loop.  Small heads loop over slots (BK = K), large ones
    take one slot and loop over BK columns of the keys, which also bounds the registers.  dv may share its memory with x, and dk, or dv,
    with dr: each program reads its rows before it writes them, and no others.
    """
    r, t, d, e = tl.arange(0, C), tl.arange(0, QP), tl.arange(0, BK), tl.arange(0, V)
    lower, upper = r[:, None] > r[None, :], r[:, None] < r[None, :]
    begin = tl.program_id(0) * PER
    for turn in tl.range(0, tl.minimum(PER, SLOTS - begin), num_stages=STAGES if BK == K else 1):
        slot = begin + turn
        if TURNS:
            b, h, first, length, c, whole, ih, seg = place(slot, T, HV, NCG, NSEG, PIECE, SUB, OFF)
        else:
            b, h, first, length, c = chunk_at(cu, starts, owner, slot, T, HV, NCG, PACKED)
            whole = slot
        hk = h // GROUP
        token = first + c * TC
        ok = (r < TC * n) & (c * TC * n + r < length * n)
        tok_ok = (t < TC) & (c * TC + t < length)
        see = ((r // n)[None, :] <= t[:, None]) & tok_ok[:, None]
        see_t = ((r // n)[:, None] <= t[None, :]) & tok_ok[None, :]
        tok0 = (b.to(tl.int64) * T + token) * HV + h
        row0 = (b.to(tl.int64) * T + token) * n * HV + h
        if DIRECT:  # all three on their way at once: outside a loop the copy engine is waited for load by load
            e_r = r[:, None] * (HV * V) + e[None, :]
            b_x = tl.load(x + row0 * V + e_r, mask=ok[:, None], other=0.0)
            b_dr = tl.load(dr + row0 * V + e_r, mask=ok[:, None], other=0.0)
            b_do = tl.load(do + tok0 * V + (t[:, None] * (HV * V) + e[None, :]), mask=tok_ok[:, None], other=0.0)
        else:
            b_x = tl.reshape(x.load([b, token * n, h * V]), [C, V])
            b_dr = tl.reshape(dr.load([b, token * n, h * V]), [C, V])
            b_do = tl.reshape(do.load([b, token, h * V]), [QP, V])
            if TC * n < C:  # rows of the next chunk: not there yet, or another's result by now, and 0 times that may be NaN
                b_x = tl.where(ok[:, None], b_x, 0.0).to(b_x.dtype)
                b_dr = tl.where(ok[:, None], b_dr, 0.0).to(b_dr.dtype)
        if DIRECT:  # nobody writes dv or dk where others still read x or dr
            tl.debug_barrier()
        DT: tl.constexpr = b_x.dtype
        # c MERGE is the first of the chunks of the sequential kernels that this one is made of; `there` of them are there
        p_side = side + ((whole // NCG).to(tl.int64) * NC + whole % NCG * MERGE) * 3 * CS
        line = whole * 3  # if MERGE = 1
        there = tl.minimum(MERGE, NC - whole % NCG * MERGE)
        CUT: tl.constexpr = TC // MERGE * n
        if TURNS:
            at_s = ih * NCF + seg * GAP + c
            at_ds = at_s + AHEAD
        else:
            at_s, at_ds = slot, slot
        if MERGE == 1 and BK == K:  # in the pipelined loop
            b_beta = side_line(side, lines, line, C)
        else:
            b_beta = tl.load(p_side + r // CUT * (3 * CS) + r % CUT, mask=ok, other=0.0)

        f_dr = b_dr.to(tl.float32)
        tl.store(dbeta + row0 + r * HV, tl.sum(f_dr * b_x.to(tl.float32), 1), mask=ok)
        tl.store(dv + row0 * V + (r[:, None] * (HV * V) + e[None, :]), (f_dr * b_beta[:, None]).to(DT), mask=ok[:, None])

        if GATED:
            if MERGE == 1 and BK == K:
                G = side_line(side, lines, line + 1, C)
                Gq = token_line(side, at_tokens, line + 2, C, QP)
            else:
                G = sums_at(p_side, r, there, CUT, CS, MERGE)
                Gq = sums_at(p_side, t * n + n - 1, there, CUT, CS, MERGE)
            G_end = tl.sum(tl.where(r == C - 1, G, 0.0), 0)
            read, write, ask = b_beta * tl.exp2(G), b_beta * tl.exp2(G_end - G), scale * tl.exp2(Gq)
            decay_end = tl.exp2(G_end)
        else:
            G, Gq = b_beta, tl.zeros([QP], tl.float32)  # not looked at
            read, write, ask, decay_end = b_beta, b_beta, tl.where(t < TC, scale, 0.0), 1.0
        # each of the four is finished before the next begins: registers bound this kernel
        dP = masked(dot(b_do, tl.trans(b_x)), see, Gq[:, None] - G[None, :], GATED)  # [t, j]
        dP = (dP * (scale * b_beta)[None, :]).to(DT)
        dPt = masked(dot(b_x, tl.trans(b_do)), see_t, Gq[None, :] - G[:, None], GATED)  # [j, t]
        dPt = (dPt * (scale * b_beta)[:, None]).to(DT)
        dL = masked(dot(b_dr, tl.trans(b_x)), lower, G[:, None] - G[None, :], GATED)  # [i, j]
        dL = (dL * (-b_beta[:, None] * b_beta[None, :])).to(DT)
        dLt = masked(dot(b_x, tl.trans(b_dr)), upper, G[None, :] - G[:, None], GATED)  # [j, i]
        dLt = (dLt * (-b_beta[:, None] * b_beta[None, :])).to(DT)

        if BK == K:
            b_k = tl.reshape(k.load([b, token * n, hk * K]), [C, K])
            b_q = tl.reshape(q.load([b, token, hk * K]), [QP, K])
            b_s = s.load([at_s * V, 0])
            b_ds = ds.load([at_ds * V, 0])
            b_dk, b_dq, dG_step, dG_tok, end, had = key_columns(
                b_k, b_q, b_s, b_ds, b_x, b_dr, b_do, dP, dPt, dL, dLt, read, write, ask, decay_end, GATED, False
            )
            tl.store(dk + row0 * K + (r[:, None] * (HV * K) + d[None, :]), b_dk.to(DT), mask=ok[:, None])
            tl.store(dq + tok0 * K + (t[:, None] * (HV * K) + d[None, :]), b_dq.to(DT), mask=tok_ok[:, None])
        else:
            dG_step, dG_tok = tl.zeros([C], tl.float32), tl.zeros([QP], tl.float32)
            if LATE:
                end, had = tl.zeros([C], tl.float32), tl.zeros([V], tl.float32)
            else:
                end, had = 0.0, 0.0
            for col in tl.range(0, K, BK, num_stages=STAGES):
                b_k = tl.reshape(k.load([b, token * n, hk * K + col]), [C, BK])
                b_q = tl.reshape(q.load([b, token, hk * K + col]), [QP, BK])
                b_s = s.load([at_s * V, col])
                b_ds = ds.load([at_ds * V, col])
                b_dk, b_dq, g1, g2, g3, g4 = key_columns(
                    b_k, b_q, b_s, b_ds, b_x, b_dr, b_do, dP, dPt, dL, dLt, read, write, ask, decay_end, GATED, LATE
                )
                tl.store(dk + row0 * K + (r[:, None] * (HV * K) + (col + d)[None, :]), b_dk.to(DT), mask=ok[:, None])
                tl.store(dq + tok0 * K + (t[:, None] * (HV * K) + (col + d)[None, :]), b_dq.to(DT), mask=tok_ok[:, None])
                if GATED:
                    dG_step += g1
                    dG_tok += g2
                    end += g3
                    had += g4
            if GATED and LATE:
                end = tl.sum(end, 0) + decay_end * tl.sum(had, 0)
        if GATED:
            after = ((r // n)[None, :] >= t[:, None]) & ok[None, :]
            b_dg = tl.sum(tl.where(after, dG_step[None, :], 0.0), 1) + end
            b_dg += tl.sum(tl.where((t[None, :] >= t[:, None]) & tok_ok[None, :], dG_tok[None, :], 0.0), 1)
            open_ = log2_gate(tl.load(g + tok0 + t * HV, mask=tok_ok, other=0.0)) > CLOSED
            tl.store(dg + tok0 + t * HV, tl.where(open_, b_dg, 0.0), mask=tok_ok)  # nothing passes a closed gate
