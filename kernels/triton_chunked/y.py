# pyright: reportGeneralTypeIssues=false
"""Y of every chunk, all in parallel.

    L_ij = exp(G_i − G_j) k_i·k_j  (j < i),       Y = (I + L diag β)⁻¹ L

Stored transposed, Yᵀ = (I + W)⁻¹ Lᵀ with W = Lᵀ diag β strictly upper triangular.  The inverse grows from 1 × 1 to C × C diagonal
blocks, all blocks of one size in one masked product:

    [[U₁, W₁₂], [0, U₂]]⁻¹ = [[X₁, −X₁ W₁₂ X₂], [0, X₂]]

No power of W is formed (the doubling series (I − W)(I + W²)(I + W⁴) ⋯ would, and a repeated key with β = 2 makes W⁸ as large as 10⁶
before it cancels); every intermediate is a block of the inverse itself.  No division by β, so β = 0 is harmless.

Chunks of 32 and 64 rows are done in two halves, which needs no product larger than a half:

    Yᵀ = [[Y₁, X₁ (L₁₂ − W₁₂ Y₂)], [0, Y₂]]        X₁ the inverse of the first half, Y₁ and Y₂ the halves' own
"""

import triton
import triton.language as tl

from .chunks import chunk_at, log2_gate
from .dots import dot, full_dot


@triton.jit
def inverse(W, C: tl.constexpr, LOG_C: tl.constexpr, PRECISE: tl.constexpr, DT: tl.constexpr):
    """(I + W)⁻¹ for W [C, C] strictly upper triangular."""
    j = tl.arange(0, C)[:, None]
    i = tl.arange(0, C)[None, :]
    X = tl.where(j == i, 1.0, 0.0) - tl.where(j // 2 == i // 2, W, 0.0)
    for s in tl.static_range(1, LOG_C):
        across = ((j >> (s + 1)) == (i >> (s + 1))) & ((j >> s) < (i >> s))
        X -= full_dot(full_dot(X, tl.where(across, W, 0.0), PRECISE, DT), X, PRECISE, DT)
    return X


@triton.jit
def y_transposed(
    gram, G, beta, C: tl.constexpr, LOG_C: tl.constexpr, GATED: tl.constexpr, PRECISE: tl.constexpr, DT: tl.constexpr
):
    """Yᵀ [C, C] and the inverse from the Gram matrix of the chunk's keys."""
    j = tl.arange(0, C)[:, None]
    i = tl.arange(0, C)[None, :]
    Lt = tl.where(j < i, gram, 0.0)
    if GATED:
        Lt *= tl.exp2(tl.where(j < i, G[None, :] - G[:, None], 0.0))
    X = inverse(Lt * beta[None, :], C, LOG_C, PRECISE, DT)
    return full_dot(X, Lt, PRECISE, DT), X


@triton.jit
def gates(p_g, r, HV, left, n: tl.constexpr, TC: tl.constexpr):
    """The log₂-gate that enters at each of the steps r of a chunk; p_g and left as in `gate_sums`."""
    opens = (r % n == 0) & (r < TC * n) & (r // n < left)
    return log2_gate(tl.load(p_g + (r // n) * HV, mask=opens, other=0.0))


@triton.jit
def y_kernel(
    k, beta, g, z, side, cu, starts, owner, T, HV, NC,
    n: tl.constexpr, K: tl.constexpr, C: tl.constexpr, HALF: tl.constexpr, LOG_HALF: tl.constexpr, TC: tl.constexpr,
    GROUP: tl.constexpr, GATED: tl.constexpr, PRECISE: tl.constexpr, PACKED: tl.constexpr, ASIDE: tl.constexpr,
):  # fmt: skip
    """z [slots, C, C] = Yᵀ, or ASIDE, in what will be dq [B, T, HV, K], n rows of Yᵀ where a token's dq will be;
    side [slots, 3, C] float32 = β, G at steps, G at tokens, gathered so that later kernels read whole lines.

    One program a slot; HALF is C or C / 2.  Rows past the end have β = 0 and so write nothing anywhere."""
    slot = tl.program_id(0).to(tl.int64)
    b, h, first, length, c = chunk_at(cu, starts, owner, tl.program_id(0), T, HV, NC, PACKED)
    r = tl.arange(0, HALF)
    token = first + c * TC
    left = length - c * TC
    hk = h // GROUP
    p_g = g + (b.to(tl.int64) * T + token) * HV + h
    p_beta = beta + (b.to(tl.int64) * T + token) * n * HV + h
    p_side = side + slot * 3 * C
    if ASIDE:
        p_z = z + ((b.to(tl.int64) * T + token) * HV + h) * K + ((r // n * HV * K + r % n * C)[:, None] + r[None, :])
        below = HALF // n * HV * K
    else:
        p_z = z + slot * C * C + (r[:, None] * C + r[None, :])
        below = HALF * C
    last = tl.minimum(TC * n, left * n)

    k1 = tl.reshape(k.load([b, token * n, hk * K]), [HALF, K])
    beta1 = tl.load(p_beta + r * HV, mask=r < last, other=0.0).to(tl.float32)
    if GATED:
        G1 = tl.cumsum(gates(p_g, r, HV, left, n, TC), 0)
        ends = r % n == n - 1  # a token's last step; tokens past the chunk's are never looked at
        tl.store(p_side + C + r, G1)
        tl.store(p_side + 2 * C + r // n, G1, mask=ends)
    else:
        G1 = tl.zeros([HALF], tl.float32)
    tl.store(p_side + r, beta1)
    Y1, X1 = y_transposed(dot(k1, tl.trans(k1)), G1, beta1, HALF, LOG_HALF, GATED, PRECISE, k1.dtype)
    tl.store(p_z, Y1.to(z.dtype.element_ty))

    if HALF < C:
        k2 = tl.reshape(k.load([b, token * n + HALF, hk * K]), [HALF, K])
        r2 = HALF + r
        beta2 = tl.load(p_beta + r2 * HV, mask=r2 < last, other=0.0).to(tl.float32)
        cross = dot(k1, tl.trans(k2))
        if GATED:
            G2 = tl.cumsum(gates(p_g, r2, HV, left, n, TC), 0) + tl.sum(gates(p_g, r, HV, left, n, TC), 0)
            cross *= tl.exp2(G2[None, :] - G1[:, None])
            tl.store(p_side + C + r2, G2)
            tl.store(p_side + 2 * C + r2 // n, G2, mask=r2 % n == n - 1)
        else:
            G2 = tl.zeros([HALF], tl.float32)
        tl.store(p_side + r2, beta2)
        Y2, _ = y_transposed(dot(k2, tl.trans(k2)), G2, beta2, HALF, LOG_HALF, GATED, PRECISE, k2.dtype)
        cross = cross - full_dot(cross * beta2[None, :], Y2, PRECISE, k2.dtype)
        cross = full_dot(X1, cross, PRECISE, k2.dtype)
        tl.store(p_z + HALF, cross.to(z.dtype.element_ty))
        tl.store(p_z + below, tl.zeros([HALF, HALF], z.dtype.element_ty))
        tl.store(p_z + below + HALF, Y2.to(z.dtype.element_ty))
