# pyright: reportGeneralTypeIssues=false
"""Token after token in float32: a token of decoding reads and writes the state once, whatever n is.

Columns of S never meet, so a program carries BV of them through all tokens in registers.  No gradients.
"""

# ruff: noqa: SIM108 - an if on a constant leaves the other branch uncompiled, with its types
import triton
import triton.language as tl


@triton.jit
def recurrent_kernel(
    q, k, v, beta, g, s_in, s_out, o, cu, scale, T, HV, H,
    n: tl.constexpr, K: tl.constexpr, V: tl.constexpr, BK: tl.constexpr, BV: tl.constexpr, GROUP: tl.constexpr,
    GATED: tl.constexpr, PACKED: tl.constexpr, INIT: tl.constexpr, FINAL: tl.constexpr,
):  # fmt: skip
    """q [B, T, H, K], k [B, T n, H, K], v [B, T n, HV, V], states [N HV, K, V]; BK is K rounded up to a power of two."""
    NV: tl.constexpr = (V + BV - 1) // BV
    i_v, ih = tl.program_id(0) % NV, (tl.program_id(0) // NV).to(tl.int64)
    i, h = ih // HV, ih % HV
    if PACKED:
        first = tl.load(cu + i).to(tl.int64)
        length = (tl.load(cu + i + 1).to(tl.int64) - first).to(tl.int32)
    else:
        first, length = i * T, T
    d, vs = tl.arange(0, BK), i_v * BV + tl.arange(0, BV)
    d_ok, v_ok = d < K, vs < V
    at = ih * K * V + (d[:, None] * V + vs[None, :])
    s_ok = d_ok[:, None] & v_ok[None, :]
    if INIT:
        S = tl.load(s_in + at, mask=s_ok, other=0.0).to(tl.float32)
    else:
        S = tl.zeros([BK, BV], tl.float32)
    for t in range(length):
        token = first + t
        b_q = tl.load(q + (token * H + h // GROUP) * K + d, mask=d_ok, other=0.0).to(tl.float32) * scale
        if GATED:
            S *= tl.exp(tl.load(g + token * HV + h).to(tl.float32))
        for j in tl.static_range(n):
            row = token * n + j
            b_k = tl.load(k + (row * H + h // GROUP) * K + d, mask=d_ok, other=0.0).to(tl.float32)
            b_v = tl.load(v + (row * HV + h) * V + vs, mask=v_ok, other=0.0).to(tl.float32)
            u = tl.load(beta + row * HV + h).to(tl.float32) * (b_v - tl.sum(S * b_k[:, None], 0))
            S += b_k[:, None] * u[None, :]
        tl.store(o + (token * HV + h) * V + vs, tl.sum(S * b_q[:, None], 0).to(o.dtype.element_ty), mask=v_ok)
    if FINAL:
        tl.store(s_out + at, S, mask=s_ok)
