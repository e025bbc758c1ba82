"""Affine maps with ReLU, on whole grids exactly and on intervals soundly.

Exact         when input and weights are whole multiples of powers of two and every sum of absolute values is at most 2^p steps of
              the grid, no order of summation rounds, and float64 carries the result.  No grid is finer than the least normal number:
              some matrix products take for 0 what is smaller.
Intervals     a value in [x − r, x + r] goes through W x + b to within |W| r + γ (|W| (|x| + r) + |b|), γ covering every order of
              summation in the format and our own float64; ReLU cannot widen an interval.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .explore import UNDECIDED
from .formats import Floats, Format, grid
from .tables import Affine

AT_ONCE = 2**22  # numbers of a hidden layer held at a time


class NotExact(Exception):
    """Some intermediate may round; says which."""


class CheckedMlp:
    """Affine maps with a ReLU after each but the last."""

    def __init__(self, maps: Sequence[Affine], form: Format, what: str):
        self.format, self.what = form, what
        self.maps = [(m.weight.astype(np.float64), m.bias.astype(np.float64)) for m in maps]
        self.sizes = [W if W.min() >= 0 else np.abs(W) for W, _ in self.maps]
        self.grids = [(grid(W, finest=14), grid(b, finest=14)) for W, b in self.maps]
        self.widest = max(len(b) for _, b in self.maps)

    def exact(self, x: Floats) -> Floats:
        """x [N, n_in] to [N, n_out]. Raises NotExact when anything might round on the way."""
        pieces = [self._exact(part) for part in np.array_split(x, 1 + len(x) * self.widest // AT_ONCE)]
        return np.concatenate(pieces)

    def _exact(self, x: Floats) -> Floats:
        bits = min(self.format.bits, 52)
        for i, ((W, b), size, (g_weight, g_bias)) in enumerate(zip(self.maps, self.sizes, self.grids, strict=True)):
            if i:
                x = np.maximum(x, 0)
            g_x = grid(x, finest=14)
            if g_weight is None or g_bias is None or g_x is None:
                raise NotExact(f"numbers of {self.what}, map {i}, are on no grid")
            g = max(g_weight + g_x, g_bias)
            sizes = np.abs(x) @ size.T
            largest = (sizes + np.abs(b)).max(initial=0)
            if g > self.format.normal or not largest <= 2.0 ** (bits - g):
                raise NotExact(f"{self.what}, map {i}, may exceed {2.0 ** (bits - g):g} or fall under 2^-{self.format.normal}")
            x = (sizes if size is W and x.min(initial=0) >= 0 else x @ W.T) + b  # nothing negative: one product serves for both
        return x

    def decided(self, x: Floats, radius: Floats) -> npt.NDArray[np.int64]:
        """The first largest output [N] for inputs within `radius` [N, n_in] of x [N, n_in]; UNDECIDED where another might win."""
        pieces = 1 + len(x) * self.widest // AT_ONCE
        parts = zip(np.array_split(x, pieces), np.array_split(radius, pieces), strict=True)
        return np.concatenate([self._decided(a, r) for a, r in parts])

    def _decided(self, x: Floats, radius: Floats) -> npt.NDArray[np.int64]:
        form, finite = self.format, np.ones(len(x), dtype=bool)
        with np.errstate(all="ignore"):
            for i, ((W, b), size) in enumerate(zip(self.maps, self.sizes, strict=True)):
                if i:
                    low, high = np.maximum(x - radius, 0), np.maximum(x + radius, 0)
                    x, radius = (low + high) / 2, (high - low) / 2 + 2.0**-51 * high
                terms = W.shape[1] + 3  # roundings that any one product passes through, whatever the order
                sizes = (np.abs(x) + radius) @ size.T + np.abs(b)
                rounding = np.expm1(terms * (np.log1p(2.0**-form.bits) + 2.0**-52)) * 1.01 * sizes
                # what is not a normal number some matrix products take for 0
                rounding += terms * 2.0**-form.normal * (1 + (np.abs(x) + radius).sum(axis=1, keepdims=True) + size.sum(axis=1))
                finite &= np.all(sizes + rounding <= form.largest, axis=1)  # else some order might overflow
                x, radius = x @ W.T + b, radius @ size.T * 1.01 + rounding
            named = x.argmax(axis=1)
            each = np.arange(len(x))
            least, others = (x - radius)[each, named], x + radius
            others[each, named] = -np.inf
            return np.where(finite & (least > others.max(axis=1, initial=-np.inf)), named, UNDECIDED)
