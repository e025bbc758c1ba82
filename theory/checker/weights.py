"""Tensors as bytes: reading a safetensors file without the library or torch, and a digest of what was read.

The format: 8 bytes little-endian length, a JSON header {name: {dtype, shape, data_offsets}}, then the data.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ...automata.errors import CorruptFile
from ...automata.files import read_bytes
from .formats import FORMATS, Floats

ITEM_SIZE = {name: f.size for name, f in FORMATS.items()} | {"BOOL": 1}


@dataclass(frozen=True)
class Tensor:
    """dtype by its safetensors name (BF16, F16, F32, F64, BOOL), shape, little-endian bytes in row-major order."""

    dtype: str
    shape: tuple[int, ...]
    raw: bytes

    def numbers(self) -> Floats:
        """The entries, exactly, in the format's carrier type."""
        return FORMATS[self.dtype].decode(self.raw).reshape(self.shape)

    def flags(self) -> np.ndarray:
        """The entries of a BOOL tensor."""
        return np.frombuffer(self.raw, dtype=np.uint8).reshape(self.shape) != 0


Weights = Mapping[str, Tensor]


def digest(weights: Weights) -> str:
    """sha256 over names, types, shapes and bytes, in the order of the names."""
    total = hashlib.sha256()
    for name in sorted(weights):
        tensor = weights[name]
        total.update(f"{name}\0{tensor.dtype}\0{tensor.shape}\0{len(tensor.raw)}\0".encode())
        total.update(tensor.raw)
    return total.hexdigest()


def read_safetensors(path: str | os.PathLike[str]) -> dict[str, Tensor]:
    """Every tensor of a file. Raises NotReadable, CorruptFile."""
    data = read_bytes(path)
    try:
        length = int.from_bytes(data[:8], "little")
        if 8 + length > len(data):
            raise CorruptFile(f"{path} is shorter than its header says; it was truncated: save it again")
        header = json.loads(data[8 : 8 + length])
        body = data[8 + length :]
        tensors = {}
        for name, entry in header.items():
            if name == "__metadata__":
                continue
            dtype, shape = entry["dtype"], tuple(int(n) for n in entry["shape"])
            begin, end = entry["data_offsets"]
            if dtype not in ITEM_SIZE:
                raise CorruptFile(f"{path}: tensor {name!r} has type {dtype}; networks are saved in {', '.join(ITEM_SIZE)}")
            if (
                min(shape, default=0) < 0
                or not 0 <= begin <= end <= len(body)
                or end - begin != math.prod(shape) * ITEM_SIZE[dtype]
            ):
                raise CorruptFile(f"{path}: tensor {name!r} is cut short or of the wrong size; save the network again")
            tensors[name] = Tensor(dtype, shape, body[begin:end])
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        if isinstance(error, CorruptFile):
            raise
        raise CorruptFile(
            f"{path} is not a whole safetensors file ({error}); it was truncated or altered: save it again"
        ) from None
    return tensors
