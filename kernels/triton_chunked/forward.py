# pyright: reportGeneralTypeIssues=false
"""The forward: chunk after chunk, the state in registers.

    R = V − exp(G) ∘ (K S)         X = R − Y (β ∘ R)         U = β ∘ X
    O = scale (exp(G_t) ∘ (Q S) + P U),    P_tj = exp(G_t − G_j) q_t·k_j  for steps j of tokens ≤ t
    S ← exp(G_end) S + (exp(G_end − G) ∘ K)ᵀ U

Everything that touches the state is held transposed: Sᵀ, Rᵀ, Xᵀ, Uᵀ, Oᵀ have V in their rows.  So each product of the chain
S → R → X → S takes its left operand from the registers that the product before wrote, and its right one (Kᵀ, Yᵀ, K) from shared
memory as it was loaded.  No accumulator is transposed as an operand (miscompiled on Hopper), and a block of 16 queries is a mere
column count.
"""

# ruff: noqa: SIM108 - an if on a constant leaves the other branch uncompiled, with its types
import triton
import triton.language as tl

from .chunks import NEVER, forgotten, gate_sums, log2_gate, sequence, side_line, token_line, y_at
from .dots import dot, full_dot, half_dot, half_dot_add
from .y import y_transposed


@triton.jit
def forward_kernel(
    q, k, v, beta, g, z, side, lines, at_tokens, o, x, s, s_in, s_out, cu, starts, scale, T, HV, NC, NCS, NSEG, NCF, GAP,
    n: tl.constexpr, K: tl.constexpr, V: tl.constexpr, C: tl.constexpr, LOG_C: tl.constexpr, TC: tl.constexpr, QP: tl.constexpr,
    BV: tl.constexpr, GROUP: tl.constexpr, GATED: tl.constexpr, PACKED: tl.constexpr, PRECISE: tl.constexpr, FUSED: tl.constexpr,
    OUTPUT: tl.constexpr, SAVE: tl.constexpr, INIT: tl.constexpr, FINAL: tl.constexpr, PHI: tl.constexpr, STAGES: tl.constexpr,
    DIRECT: tl.constexpr, MERGE: tl.constexpr, MOST: tl.constexpr, ASIDE: tl.constexpr,
):  # fmt: skip
    """BV columns of one head through the chunks of one segment.

    FUSED        Yᵀ is computed here (small heads), else read from z and side (at_tokens reads QP numbers of a line of side)
    DIRECT       x and s are stored from registers, which shares the memory for turning them round; else by the copy engine
    SAVE         keep x [B, T n, HV, V] and the state before every MERGE chunks, s [slots V, K], for the backward; a head has NCF slots,
                 GAP are left free after each segment's
    INIT, FINAL  s_in [N HV, NSEG, K, V], s_out the same with V + K columns under PHI; float32
    PHI          columns past V carry the segment's transition Φ: v = 0, entry state = identity.  Chunks that are forgotten by the
                 segment's end are left out, and Φ if all are (MOST ≥ NCS is a power of two)
    """
    WIDE: tl.constexpr = V + K if PHI else V
    pid = tl.program_id(0).to(tl.int64)
    i_v, seg = (pid % (WIDE // BV)).to(tl.int32), tl.program_id(1)
    ih = pid // (WIDE // BV)
    b, h, first, length, base = sequence(cu, starts, ih.to(tl.int32), T, HV, NC, PACKED)
    hk = h // GROUP
    r, t, d = tl.arange(0, C), tl.arange(0, QP), tl.arange(0, K)
    vs = i_v * BV + tl.arange(0, BV)
    if INIT:
        S = tl.load(s_in + (ih * NSEG + seg) * K * V + (d[None, :] * V + vs[:, None]))
    else:
        S = tl.zeros([BV, K], tl.float32)
    if PHI:
        S = tl.where(vs[:, None] - V == d[None, :], 1.0, 0.0)

    begin, end = seg * NCS, tl.minimum(seg * NCS + NCS, tl.cdiv(length, TC))
    if PACKED:
        at_s = base
    else:
        at_s = ih * NCF + seg * GAP
    if PHI and GATED and not FUSED:
        drop, whole = forgotten(side, base + begin, tl.maximum(end - begin, 0), C, MOST, False)
        if i_v * BV >= V:  # columns of Φ: nothing of the entry state is left, or all chunks count
            drop = tl.where(whole, NCS, 0)
            S = tl.where(whole, 0.0, S)
        begin += drop
    for c in tl.range(begin, end, num_stages=STAGES):
        token = first + c * TC
        tok0 = (b.to(tl.int64) * T + token) * HV + h  # 64-bit scalars; the offset tiles added to them are 32-bit
        row0 = (b.to(tl.int64) * T + token) * n * HV + h
        ok = (r < TC * n) & (c * TC * n + r < length * n)
        tok_ok = (t < TC) & (c * TC + t < length)
        b_k = tl.reshape(k.load([b, token * n, hk * K]), [C, K])
        b_v = tl.reshape(v.load([b, token * n, h * V + (i_v * BV) % V]), [C, BV])
        if PHI:
            b_v = tl.where(i_v * BV < V, b_v, 0.0).to(b_v.dtype)
        DT: tl.constexpr = b_k.dtype

        if FUSED:
            b_beta = tl.load(beta + row0 + r * HV, mask=ok, other=0.0).to(tl.float32)
            if GATED:
                G = gate_sums(g + tok0, HV, length - c * TC, n, TC, C)
            else:
                G = tl.zeros([C], tl.float32)
            b_z, _ = y_transposed(dot(b_k, tl.trans(b_k)), G, b_beta, C, LOG_C, GATED, PRECISE, DT)
        else:
            line = ((base + c) * 3).to(tl.int32)
            b_beta = side_line(side, lines, line, C)
            if GATED:
                G = side_line(side, lines, line + 1, C)
            b_z = y_at(z, base + c, b, token, h, K, C, ASIDE)

        if SAVE:
            if MERGE > 1:
                if c % MERGE == 0:
                    tl.store(s + (at_s + c // MERGE) * V * K + (vs[:, None] * K + d[None, :]), S.to(DT))
            elif DIRECT:
                tl.store(s + (at_s + c) * V * K + (vs[:, None] * K + d[None, :]), S.to(DT))
            else:
                s.store([((at_s + c) * V).to(tl.int32) + i_v * BV, 0], S.to(DT))

        # the order of the products below keeps few of them alive at once: registers bound this kernel
        R = half_dot(S, tl.trans(b_k), PRECISE)
        if GATED:
            R = tl.trans(b_v).to(tl.float32) - R * tl.exp2(G)[None, :]
        else:
            R = tl.trans(b_v).to(tl.float32) - R
        if FUSED or PRECISE:
            X = R - full_dot(R * b_beta[None, :], b_z.to(tl.float32), PRECISE, DT)
        else:
            X = R - half_dot(R * b_beta[None, :], b_z, False)
        if SAVE:
            if TC * n == C and not PACKED and not DIRECT:
                x.store([b, token * n, h * V + i_v * BV], tl.reshape(tl.trans(X).to(DT), [1, C, BV]))
            else:
                tl.store(x + row0 * V + (r[None, :] * (HV * V) + vs[:, None]), X.to(DT), mask=ok[None, :])
        U = X * b_beta[None, :]

        if OUTPUT:
            b_q = tl.reshape(q.load([b, token, hk * K]), [QP, K])
            see = (r // n)[:, None] <= t[None, :]
            Pt = dot(b_k, tl.trans(b_q))
            if GATED:
                if FUSED:
                    Gq = tl.cumsum(log2_gate(tl.load(g + tok0 + t * HV, mask=tok_ok, other=0.0)), 0)
                else:
                    Gq = token_line(side, at_tokens, line + 2, C, QP)
                Pt *= scale * tl.exp2(tl.where(see, Gq[None, :] - G[:, None], NEVER))
            else:
                Pt = tl.where(see, Pt * scale, 0.0)
            Pt = Pt.to(DT)
            O = half_dot(S, tl.trans(b_q), False)
            if GATED:
                O *= (scale * tl.exp2(Gq))[None, :]
            else:
                O *= scale
            O = half_dot_add(U, Pt, O, False)
            if TC == QP and not PACKED:
                o.store([b, token, h * V + i_v * BV], tl.reshape(tl.trans(O).to(DT), [1, QP, BV]))
            else:
                tl.store(o + tok0 * V + (t[None, :] * (HV * V) + vs[:, None]), O.to(DT), mask=tok_ok[None, :])

        if GATED:
            G_end = tl.sum(tl.where(r == C - 1, G, 0.0), 0)
            U *= tl.exp2(G_end - G)[None, :]
            S *= tl.exp2(G_end)
        S = half_dot_add(U, b_k, S, PRECISE)

    if FINAL:
        tl.store(s_out + (ih * NSEG + seg) * K * WIDE + (d[None, :] * WIDE + vs[:, None]), S)
