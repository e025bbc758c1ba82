"""Products of tiles, as exact as asked for.

A tile that carries the state is float32 in registers.  Fast: it is rounded once to the inputs' type.  Precise: it is split into
hi + lo, both of the inputs' type, and the product is the sum of the two (three, if both sides are split): 16 significant bits in
bfloat16, 22 in float16.  Float32 inputs take three tf32 passes, about as good as float32 itself.
"""

import triton
import triton.language as tl

FLOAT32: tl.constexpr = tl.constexpr("tf32x3")


@triton.jit
def dot(a, b):
    """a @ b of two tiles of the inputs' type, summed in float32."""
    if b.dtype == tl.float32:
        return tl.dot(a, b, input_precision=FLOAT32)
    else:
        return tl.dot(a, b)


@triton.jit
def dot_add(a, b, acc):
    """acc + a @ b."""
    if b.dtype == tl.float32:
        return tl.dot(a, b, acc, input_precision=FLOAT32)
    else:
        return tl.dot(a, b, acc)


@triton.jit
def half_dot(a, b, PRECISE: tl.constexpr):
    """a @ b for a float32 register tile a and a loaded tile b, exact in its own type."""
    hi = a.to(b.dtype)
    c = dot(hi, b)
    if PRECISE and b.dtype != tl.float32:
        c = tl.dot((a - hi.to(tl.float32)).to(b.dtype), b, c)
    return c


@triton.jit
def half_dot_add(a, b, acc, PRECISE: tl.constexpr):
    """acc + a @ b, as half_dot."""
    hi = a.to(b.dtype)
    acc = dot_add(hi, b, acc)
    if PRECISE and b.dtype != tl.float32:
        acc = tl.dot((a - hi.to(tl.float32)).to(b.dtype), b, acc)
    return acc


@triton.jit
def full_dot(a, b, PRECISE: tl.constexpr, DT: tl.constexpr):
    """a @ b for two float32 register tiles."""
    ah, bh = a.to(DT), b.to(DT)
    c = dot(ah, bh)
    if PRECISE and tl.float32 != DT:
        c = tl.dot((a - ah.to(tl.float32)).to(DT), bh, c)
        c = tl.dot(ah, (b - bh.to(tl.float32)).to(DT), c)
    return c
