# pyright: reportGeneralTypeIssues=false
"""Where a chunk lies, and the running sums of the gates in it: of their logarithms to base 2, so G here is log₂ e times the README's.

A chunk is TC tokens of n steps, in C ≥ TC·n rows.  Batches of one length are [B, T, ...]; packed batches are [1, T, ...] with the
sequence borders in `cu`, and `starts` says with which chunk each sequence begins, in a row of NC chunks that is long enough for all.
Chunk number c of the sequence and head (i, h) has the slot base + c in whatever is kept a chunk.
"""

# ruff: noqa: SIM108 - an if on a constant leaves the other branch uncompiled, with its types
import triton
import triton.language as tl

LOG2_E: tl.constexpr = tl.constexpr(1.4426950408889634)
CLOSED: tl.constexpr = tl.constexpr(-160.0)  # 2^−160 is 0 in float32: a closed gate (g = −∞) stays finite, and whole, in sums
NEVER: tl.constexpr = tl.constexpr(-1e4)  # the exponent of what must not be seen
FORGOTTEN: tl.constexpr = tl.constexpr(-58.0)  # what has decayed by 2^58 leaves no bit in a float32 sum


@triton.jit
def sequence(cu, starts, ih, T, HV, NC, PACKED: tl.constexpr):
    """Batch row, value head, first token, number of tokens, first slot of the sequence and head numbered ih."""
    i, h = ih // HV, ih % HV
    if PACKED:
        first = tl.load(cu + i).to(tl.int32)
        return i * 0, h, first, tl.load(cu + i + 1).to(tl.int32) - first, h.to(tl.int64) * NC + tl.load(starts + i)
    else:
        return i, h, i * 0, T, ih.to(tl.int64) * NC


@triton.jit
def chunk_at(cu, starts, owner, slot, T, HV, NC, PACKED: tl.constexpr):
    """Batch row, value head, first token of the sequence, number of its tokens, number of the chunk in it, for a slot."""
    major, column = slot // NC, slot % NC
    if PACKED:
        i = tl.load(owner + column).to(tl.int32)
        first = tl.load(cu + i).to(tl.int32)
        return i * 0, major, first, tl.load(cu + i + 1).to(tl.int32) - first, column - tl.load(starts + i).to(tl.int32)
    else:
        return major // HV, major % HV, major * 0, T, column


@triton.jit
def log2_gate(g):
    return tl.maximum(g.to(tl.float32) * LOG2_E, CLOSED)


@triton.jit
def gate_sums(p_g, HV, left, n: tl.constexpr, TC: tl.constexpr, C: tl.constexpr):
    """G [C]: the log-gates summed from the chunk's first step on; a token's gate enters at its first step.

    p_g points at the chunk's first token, `left` tokens of the sequence begin there."""
    r = tl.arange(0, C)
    opens = (r % n == 0) & (r < TC * n) & (r // n < left)
    return tl.cumsum(log2_gate(tl.load(p_g + (r // n) * HV, mask=opens, other=0.0)), 0)


@triton.jit
def side_line(side, lines, line, C: tl.constexpr):
    """Line number `line` of side, [C] float32: by the copy engine, but for lines of 64 bytes, whose second stage would lie askew."""
    if C < 32:
        return tl.load(side + line.to(tl.int64) * C + tl.arange(0, C))
    else:
        return tl.reshape(lines.load([line, 0]), [C])


@triton.jit
def token_line(side, at_tokens, line, C: tl.constexpr, QP: tl.constexpr):
    """The first QP numbers of a line, as side_line."""
    if QP < 32:
        return tl.load(side + line.to(tl.int64) * C + tl.arange(0, QP))
    else:
        return tl.reshape(at_tokens.load([line, 0]), [QP])


@triton.jit
def y_at(z, slot, b, token, h, K: tl.constexpr, C: tl.constexpr, ASIDE: tl.constexpr):
    """Yᵀ [C, C] of a chunk from where `y_kernel` has put it."""
    if ASIDE:
        return tl.reshape(z.load([b, token, h * (K // C), 0]), [C, C])
    else:
        return z.load([(slot * C).to(tl.int32), 0])


@triton.jit
def forgotten(side, first_slot, count, C: tl.constexpr, MOST: tl.constexpr, BACK: tl.constexpr):
    """How many chunks at the start (BACK: the end) of `count` chunks from first_slot on are forgotten at the other end, and whether all
    that came before them is. 0 and no unless every gate is at most 1; count is at most MOST."""
    i = tl.arange(0, MOST)
    ends = tl.load(side + (first_slot + i) * 3 * C + 2 * C - 1, mask=i < count, other=0.0)
    total = tl.sum(ends, 0)
    if BACK:
        between = tl.cumsum(ends, 0) - ends  # decay from the segment's start to the start of chunk i
    else:
        between = total - tl.cumsum(ends, 0)
    decays = tl.max(ends, 0) <= 0.0
    drop = tl.sum(tl.where((between < FORGOTTEN) & (i < count), 1, 0), 0)
    return tl.where(decays, drop, 0), decays & (total < FORGOTTEN)


@triton.jit
def place(slot, T, HV, NC, NSEG, PIECE, SUB, OFF):
    """As chunk_at, the slot among all chunks, sequence and head, and segment, for a slot among those of one turn of the backward:
    SUB chunks from chunk OFF of each of NSEG segments, PIECE chunks long.  What is no chunk has no tokens.  Packed sequences know no
    turns."""
    ih, seg = slot // SUB // NSEG, slot // SUB % NSEG
    end = (seg + 1) * PIECE
    c = end - PIECE + OFF + slot % SUB
    length = tl.where(c < tl.minimum(end, NC), T, 0)  # what is past the segment's end is another's, or nobody's
    c = tl.minimum(c, NC - 1)
    return ih // HV, ih % HV, ih * 0, length, c, ih * NC + c, ih, seg


@triton.jit
def sums_at(p_side, r, there, CUT: tl.constexpr, CS: tl.constexpr, MERGE: tl.constexpr):
    """G at rows r of a chunk of MERGE parts, CUT rows each, from the parts' own sums; past the last row its last value."""
    part = tl.minimum(r // CUT, there - 1)
    G = tl.load(p_side + part * (3 * CS) + CS + tl.where(r // CUT < there, r % CUT, CS - 1))
    for m in tl.static_range(1, MERGE):
        G += tl.where(part >= m, tl.load(p_side + (m - 1) * (3 * CS) + 2 * CS - 1), 0.0)
    return G
