# pyright: reportGeneralTypeIssues=false
"""Backward: the states that the forward did not keep, from one that it kept and the innovations.

    S ← exp(G_end) S + (β exp(G_end − G) ∘ K)ᵀ X

No chunk waits for a product of the one before but in this sum, and none for the scan of the gradients, of whose launch these are
further programs.
"""

import triton
import triton.language as tl

from .chunks import side_line
from .dots import dot_add


@triton.jit
def rebuild(
    k, x, side, lines, kept, s, ih, i_v, b, h, base, begin, end, number, slot, HV,
    n: tl.constexpr, K: tl.constexpr, V: tl.constexpr, C: tl.constexpr, TC: tl.constexpr, BV: tl.constexpr, GROUP: tl.constexpr,
    GATED: tl.constexpr, MERGE: tl.constexpr, STAGES: tl.constexpr,
):  # fmt: skip
    """BV columns of the states before every MERGE of the chunks from begin to end into s [slots V, K], slots from `slot` on; the first
    of these states is number `number` of kept [.., V, K]."""
    hk = h // GROUP
    r, d, vs = tl.arange(0, C), tl.arange(0, K), i_v * BV + tl.arange(0, BV)
    at = vs[:, None] * K + d[None, :]
    DT: tl.constexpr = s.dtype.element_ty
    S = tl.load(kept + number * V * K + at).to(tl.float32)
    last = begin + (end - 1 - begin) // MERGE * MERGE
    for c in tl.range(begin, last, num_stages=STAGES):
        b_k = tl.reshape(k.load([b, c * TC * n, hk * K]), [C, K])
        b_x = tl.reshape(x.load([b, c * TC * n, h * V + i_v * BV]), [C, BV])
        line = ((base + c) * 3).to(tl.int32)
        w = side_line(side, lines, line, C)
        if (c - begin) % MERGE == 0:
            tl.store(s + (slot + (c - begin) // MERGE) * V * K + at, S.to(DT))
        if GATED:
            G = side_line(side, lines, line + 1, C)
            G_end = tl.sum(tl.where(r == C - 1, G, 0.0), 0)
            w *= tl.exp2(G_end - G)
            S *= tl.exp2(G_end)
        S = dot_add((tl.trans(b_x).to(tl.float32) * w[None, :]).to(DT), b_k, S)
    tl.store(s + (slot + (last - begin) // MERGE) * V * K + at, S.to(DT))
