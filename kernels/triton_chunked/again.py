"""Launching a kernel again without asking Triton once more which kernel that is.

A launch through Triton looks at every argument, at every constant and at every global name before it finds the compiled kernel: about
50 µs of host time.  Everything that the choice depends on is fixed by the sizes and types of a call (sizes.Problem) and by the place
of the launch; pointers are always on a border of 16 bytes.  So the compiled kernel is kept with the two, and started directly.  This
uses the inside of Triton 3.6; any other version, the interpreter and other devices launch the ordinary way.
"""

from __future__ import annotations

from typing import Any

import torch
import triton
from torch import Tensor
from triton.tools.tensor_descriptor import TensorDescriptor

KNOWN = triton.__version__.startswith("3.6.")
_kept: dict[tuple[Any, ...], tuple[Any, ...]] = {}


def start(
    kernel: Any, grid: tuple[int, int], problem: object, place: tuple[Any, ...], device: torch.device, args: tuple, **named: Any
) -> None:
    """kernel[grid](*args, **named); `problem` and `place` say all that the compiled kernel depends on."""
    key = (kernel, problem, place)
    kept = _kept.get(key)
    if kept is None:
        made = kernel[grid](*args, **named)
        if KNOWN and device.type == "cuda" and hasattr(made, "packed_metadata"):
            constants = [named[p.name] for p in kernel.params if p.is_constexpr]
            _kept[key] = made, made.run, made.function, made.packed_metadata, constants
        return
    _, run, function, metadata, constants = kept
    stream = torch._C._cuda_getCurrentRawStream(device.index)
    run(grid[0], grid[1], 1, stream, function, metadata, None, None, None, *args, *constants)


def forget() -> None:
    _kept.clear()


def described(
    x: Tensor, shape: list[int], strides: list[int], block: list[int], kind: type = TensorDescriptor, **more: Any
) -> TensorDescriptor:
    """A descriptor without the checks of its constructor, which hold for whatever `launch` describes."""
    descriptor = object.__new__(kind)
    descriptor.base, descriptor.shape, descriptor.strides, descriptor.block_shape = x, shape, strides, block
    descriptor.padding = "zero"
    vars(descriptor).update(more)
    return descriptor
