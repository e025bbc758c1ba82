"""Triton's interpreter, mended in two places: 3.6.0 turns an array of one number into an int by int(), which numpy 2.4 no longer does;
and bfloat16, which numpy lacks, is cut off instead of rounded, and multiplied as the whole numbers that hold its bits.

To be imported after TRITON_INTERPRET=1 is set and before a kernel runs."""

# pyright: reportAttributeAccessIssue=false
import numpy as np
import torch
import triton.language as tl
from triton.runtime import interpreter

Builder = interpreter.InterpreterBuilder
_patch, _cast, _dot = interpreter._patch_lang_tensor, Builder.cast_impl, Builder.create_dot


def _patched(tensor, scope):
    _patch(tensor, scope)
    scope.set_attr(tensor, "__index__", lambda self: int(self.handle.data.item()))


def widened(bits: np.ndarray) -> np.ndarray:
    return (bits.astype(np.uint32) << 16).view(np.float32)


def rounded(x: np.ndarray) -> np.ndarray:
    bits = torch.from_numpy(np.ascontiguousarray(x)).bfloat16().view(torch.int16).numpy().view(np.uint16)
    return bits.reshape(x.shape)


def cast(self, src, dst_type):
    kinds = src.dtype.scalar, dst_type.scalar
    if kinds == (tl.bfloat16, tl.float32):
        return interpreter.TensorHandle(widened(src.data), tl.float32)
    if kinds == (tl.float32, tl.bfloat16):
        return interpreter.TensorHandle(rounded(src.data), tl.bfloat16)
    return _cast(self, src, dst_type)


def dot(self, a, b, d, *options):
    if a.dtype.scalar == tl.bfloat16:
        return interpreter.TensorHandle(np.matmul(widened(a.data), widened(b.data)) + d.data, d.dtype.scalar)
    return _dot(self, a, b, d, *options)


interpreter._patch_lang_tensor, Builder.cast_impl, Builder.create_dot = _patched, cast, dot
