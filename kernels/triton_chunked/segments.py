"""The second level, for few heads and long sequences: segments in parallel, then a short scan over their ends, then all again.

A segment maps its entry state to S_end = Φ S + S_loc.  The forward kernel makes [S_loc, Φ] as columns of one state (PHI); the kernel
here walks over the segments.  The gradient goes the other way, dS_entry = Φᵀ dS_end + dS_loc, with dS_loc from the scan kernel.
"""

# ruff: noqa: SIM108 - an if on a constant leaves the other branch uncompiled, with its types
import triton
import triton.language as tl


@triton.jit
def carry_kernel(
    loc, phi, s0, entry, last, NSEG, W_LOC, W_PHI,
    K: tl.constexpr, V: tl.constexpr, BV: tl.constexpr, INIT: tl.constexpr, BACK: tl.constexpr,
):  # fmt: skip
    """entry [N HV, NSEG, K, V] and last [N HV, K, V] from s0 [N HV, K, V]; loc [N HV, NSEG, K, W_LOC], phi [.., K, W_PHI].

    BACK: from the last segment to the first, with Φᵀ."""
    i_v, ih = tl.program_id(0) % (V // BV), (tl.program_id(0) // (V // BV)).to(tl.int64)
    vs, d = i_v * BV + tl.arange(0, BV), tl.arange(0, K)
    at = d[:, None] * V + vs[None, :]
    if INIT:
        S = tl.load(s0 + ih * K * V + at)
    else:
        S = tl.zeros([K, BV], tl.float32)
    for step in range(NSEG):
        slot = ih * NSEG + (NSEG - 1 - step if BACK else step)
        tl.store(entry + slot * K * V + at, S)
        b_loc = tl.load(loc + slot * K * W_LOC + (d[:, None] * W_LOC + vs[None, :]))
        if BACK:
            b_phi = tl.load(phi + slot * K * W_PHI + (d[None, :] * W_PHI + d[:, None]))
        else:
            b_phi = tl.load(phi + slot * K * W_PHI + (d[:, None] * W_PHI + d[None, :]))
        S = tl.dot(b_phi, S, input_precision="tf32x3") + b_loc
    tl.store(last + ih * K * V + at, S)
