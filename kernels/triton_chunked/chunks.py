"""Where a chunk lies, and the running sums of the log-gates in it.

A chunk is TC tokens of n steps, in C ≥ TC·n rows.  Batches of one length are [B, T, ...]; packed batches are [1, T, ...] with the
sequence borders in `cu`, and `starts` says with which chunk each sequence begins, in a row of NC chunks that is long enough for all.
Chunk number c of the sequence and head (i, h) has the slot base + c in whatever is kept a chunk.
"""

import triton
import triton.language as tl

CLOSED: tl.constexpr = tl.constexpr(
    -128.0
)  # exp(−128) is 0 in float32: a closed gate (g = −∞) stays finite in sums and differences


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
def gate_sums(p_g, HV, left, n: tl.constexpr, TC: tl.constexpr, C: tl.constexpr):
    """G [C]: the log-gates summed from the chunk's first step on; a token's gate enters at its first step.

    p_g points at the chunk's first token, `left` tokens of the sequence begin there."""
    r = tl.arange(0, C)
    opens = (r % n == 0) & (r < TC * n) & (r // n < left)
    return tl.cumsum(tl.maximum(tl.load(p_g + (r // n) * HV, mask=opens, other=0.0).to(tl.float32), CLOSED), 0)
