"""Which block sizes, warps and pipeline stages run on what.  Chosen by timing on an H200 (bench/kernels.py); no tuning at run time.

C rows a chunk; BV state columns a program; warps, stages and regs (a cap) of the forward kernel; fused: Yᵀ inside it; y_* of y_kernel,
scan_* of the scan.  The gradients kernel (chunk_*) takes `merge` chunks of the others as one, BK key columns at a time, `per` of its
chunks a program, at least query_rows rows of queries; chunk_direct: it loads x, dR and dO itself and not by the copy engine.
late: it sums up the gates' part of a chunk's end after its columns.

Memory: with `turns` the backward goes in turns (sizes.Problem.stretches), and the gradients of states take the memory of states that
are done with, and Y that of dq where it fits.

Fences (Triton 3.6 on Hopper; a test holds every setting to the first four, `side_line` keeps the last):
- products with 64 rows never run on 8 warps: the second warpgroup reads shared memory out of bounds;
- products that take Yᵀ from registers (fused or precise) stay at C ≤ 32: at C = 64, n = 4, gated, o was wrong;
- chunks of 64 rows in the gradients kernel need chunk_stages ≥ 2: with 1, D = 64 and n = 4 a product read shared memory out of bounds
  (compute-sanitizer, in `dot_add`); with 2 the sanitizer finds nothing on any shipped setting;
- where all of K is one block (BK = K), the gradients kernel loads x, dR and dO itself (chunk_direct) only with merge = 1: with K = 32,
  V = 64 or 128, n = 4 and chunks of two parts, dk and dg were wrong, or the access illegal, whatever the stages, warps and registers;
  others of that kind were not tried;
- lines of 64 bytes are not fetched by the copy engine in a pipelined loop: their second stage is misaligned.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

SMALLEST, LARGEST = 16, 256  # head sizes; others are padded to the next power of two
MOST_STEPS = 32  # a token: all of them lie in one chunk


@dataclass(frozen=True)
class Settings:
    C: int
    BV: int
    warps: int
    stages: int
    fused: bool = False
    y_warps: int = 1
    y_regs: int | None = None
    regs: int | None = None
    scan_stages: int = 2
    scan_warps: int | None = None
    scan_regs: int | None = None
    BK: int | None = None
    per: int = 1
    chunk_warps: int = 4
    chunk_stages: int = 2
    chunk_regs: int | None = None
    query_rows: int = 16
    direct: bool = False
    scan_direct: bool = False
    chunk_direct: bool = False
    halves: bool = True
    merge: int = 1
    turns: bool = False
    late: bool = False


def power_of_two(x: int) -> int:
    return 1 << (x - 1).bit_length()


def settings(K: int, V: int, n: int, element_size: int = 2, precise: bool = False, training: bool = False) -> Settings:
    """K and V are padded sizes, n steps a token.

    >>> settings(128, 128, 1, training=True).C
    32
    """
    if n > MOST_STEPS:
        raise ValueError(f"{n} steps a token; the kernels take up to {MOST_STEPS}")
    if element_size == 4:
        chosen = Settings(C=16, BV=16, warps=4, stages=1, y_warps=4, scan_stages=1, BK=min(K, 32), chunk_stages=1)
    else:
        chosen = (for_training if training else for_inference)(K, V, n, precise)
        if chosen.merge > 1 and chosen.BK == K:
            chosen = replace(chosen, chunk_direct=False)
    if n > chosen.C:
        chosen = replace(chosen, C=power_of_two(n), fused=False)
    return chosen


def for_inference(K: int, V: int, n: int, precise: bool) -> Settings:
    D = max(K, V)
    if D > 128:
        return Settings(C=16, BV=16, warps=4, stages=2)
    if D > 64:
        if n >= 4 and not precise:
            return Settings(C=64, BV=min(V, 64), warps=4, stages=2)
        return Settings(C=32, BV=min(V, 64), warps=4, stages=3)
    if D > 32:
        if n == 1:
            return Settings(C=16, BV=min(V, 64), warps=2, stages=3)
        if precise:
            return Settings(C=32, BV=min(V, 64), warps=4, stages=3)
        return Settings(C=32, BV=min(V, 64), warps=4, stages=3, regs=168, y_regs=80)
    return Settings(C=16, BV=V, warps=1, stages=3, fused=True, regs=None if precise else 128)


def for_training(K: int, V: int, n: int, precise: bool) -> Settings:
    D = max(K, V)
    if D > 128:
        return Settings(C=16, BV=16, warps=4, stages=2, scan_stages=1, BK=min(K, 32), chunk_stages=1, chunk_warps=8)
    if D > 64:
        big = Settings(C=32, BV=min(V, 64), warps=4, stages=4, scan_stages=4, merge=2, BK=min(K, 32))
        if n == 1:
            return big
        if n < 4:
            return replace(big, chunk_direct=True, query_rows=64)
        return replace(big, chunk_direct=True, BK=min(K, 64), turns=True, late=True)
    if D > 32:
        middle = Settings(C=32, BV=min(V, 64), warps=4, stages=3, scan_stages=3, scan_regs=168, y_regs=None if precise else 72)
        if not precise:
            middle = replace(middle, regs=168)
        if n == 1:
            return replace(middle, BK=min(K, 32), chunk_direct=True, chunk_warps=2)
        if n < 4:
            return replace(middle, per=8)
        return replace(middle, turns=True, merge=2, BK=min(K, 32), chunk_direct=True, chunk_regs=168)
    small = Settings(C=32, BV=V, warps=1, stages=3, scan_stages=3, chunk_warps=2, per=8, y_regs=None if precise else 72)
    return replace(small, turns=n >= 4)


def segments(programs: int, chunks: int) -> int:
    """How many segments of the sequence run side by side: 1 unless `programs` leave most of 132 multiprocessors idle.

    Two levels do about 2.2 times the work of one, so fewer than four segments never pay."""
    wanted = min(256 // max(programs, 1), chunks // 8)
    return wanted if wanted >= 4 else 1
