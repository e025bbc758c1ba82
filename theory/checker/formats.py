"""Float formats: how finely they count, their bytes, their rounding.

Notation      a format with p significant bits holds every whole multiple of a grid 2^−g up to 2^(p−g) in size, for g up to
              `finest`; sums and products that stay on the grid and under that bound never round, in any order.
Emulation     torch computes bfloat16 and float16 elementwise in float32 and rounds once to nearest, ties to even; numpy does the
              same for float16.  24 significant bits are at least 2·11 + 2, so rounding twice is rounding once for +, − and ×.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]


@dataclass(frozen=True)
class Format:
    """A float format: significant bits, bytes an entry, the numpy type it is emulated in, the smallest number above 0, 2^−finest,
    and the largest."""

    name: str
    bits: int
    size: int
    carrier: type
    finest: int
    largest: float

    @property
    def normal(self) -> int:
        """The least normal number is 2^−normal; what is smaller some matrix products flush to 0."""
        return self.finest - (self.bits - 1)

    def decode(self, raw: bytes) -> Floats:
        """The numbers of little-endian bytes, in the carrier type (exactly)."""
        if self.name == "bfloat16":
            return (np.frombuffer(raw, dtype="<u2").astype(np.uint32) << 16).view(np.float32)
        return np.frombuffer(raw, dtype=np.dtype(self.carrier).newbyteorder("<")).astype(self.carrier)

    def rounded(self, values: Floats) -> Floats:
        """The result of one elementwise operation in the carrier, rounded to the format.

        >>> FORMATS["BF16"].rounded(np.array([257.0, 259.0], dtype=np.float32)).tolist()    # ties go to even
        [256.0, 260.0]
        """
        if self.name != "bfloat16":
            return values
        bits = values.astype(np.float32).view(np.uint32)
        nearest = (bits + 0x7FFF + (bits >> 16 & 1)) & np.uint32(0xFFFF0000)
        return np.where(np.isnan(values), np.float32(np.nan), nearest.view(np.float32))


FORMATS = {  # by the names that safetensors uses
    "BF16": Format("bfloat16", 8, 2, np.float32, 133, 2.0**128 - 2.0**120),
    "F16": Format("float16", 11, 2, np.float16, 24, float(np.finfo(np.float16).max)),
    "F32": Format("float32", 24, 4, np.float32, 149, float(np.finfo(np.float32).max)),
    "F64": Format("float64", 53, 8, np.float64, 1074, float(np.finfo(np.float64).max)),
}


def grid(values: Floats, finest: int = 60) -> int | None:
    """The least g ≥ 0 such that all values are whole multiples of 2^−g; None past `finest` or when a value is not finite.

    >>> grid(np.array([1.0, 0.5, -3.0])), grid(np.array([0.1]))
    (1, 55)
    """
    if not np.all(np.isfinite(values)):
        return None
    values = values.astype(np.float64)
    for g in range(finest + 1):
        with np.errstate(over="ignore"):  # a number near overflow is whole already
            scaled = values * 2.0**g
        if np.array_equal(scaled, np.rint(scaled)):
            return g
    return None
