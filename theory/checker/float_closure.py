"""Grade 2: breadth-first closure over the float states themselves, in the network's own arithmetic.

Deployed      the sequential recurrence of kernels/reference.py: every product, difference and sum is one elementwise operation
arithmetic    of the format, and the sum over K is taken by halves, x[:m] + x[m:], K padded with zeros to a power of two.  No
              operation's order is left open, so the same states appear on every machine.  The projections select rows of
              their matrices.  The readout W o + b is a matrix product whose order is open: it is decided by exact numbers and a
              bound on the rounding of any order.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .explore import UNDECIDED, Exploration, Machine, explore
from .formats import Floats, grid
from .tables import LayerTables, Tables

STATE_NUMBERS_UP_TO = 2**23
PAIRS_UP_TO = 2**15  # some ten seconds where each level of the search has one new pair


class FloatNetwork:
    """The network in the arithmetic of its format."""

    def __init__(self, tables: LayerTables):
        self.tables = tables
        self.round = tables.format.rounded
        K = tables.keys.shape[3]
        self.extra = (1 << (K - 1).bit_length()) - K
        self.keys = np.pad(tables.keys, [(0, 0)] * 3 + [(0, self.extra)])
        self.queries = np.pad(tables.queries, [(0, 0), (0, self.extra)])
        self.initial = np.pad(tables.initial, [(0, 0), (0, self.extra), (0, 0)])

    def dot(self, vectors: Floats, states: Floats) -> Floats:
        """vectors [H, K] with states [N, H, K, V], summed over K by halves: [N, H, V]."""
        total = self.round(vectors[None, :, :, None] * states)
        while total.shape[2] > 1:
            half = total.shape[2] // 2
            total = self.round(total[:, :, :half] + total[:, :, half:])
        return total[:, :, 0]

    def advance(self, states: Floats, letter: int) -> Floats:
        """states [N, H, K, V] after a letter."""
        t = self.tables
        with np.errstate(all="ignore"):  # what overflows becomes inf, as in the network
            if t.gates is not None:
                states = self.round(t.gates[letter][None, :, None, None] * states)
            for j in range(t.keys.shape[1]):
                key = self.keys[letter, j]
                gap = self.round(t.values[letter, j] - self.dot(key, states))
                update = self.round(t.betas[letter, j][None, :, None] * gap)
                states = self.round(states + self.round(key[None, :, :, None] * update[:, :, None, :]))
        return states

    def reads(self, states: Floats) -> Floats:
        """o [N, H·V]."""
        return self.dot(self.queries, states).reshape(len(states), -1)

    def name(self, states: Floats) -> npt.NDArray[np.int64]:
        """The states named [N]; UNDECIDED where some order of summation might name another."""
        t, f = self.tables, self.tables.format
        assert isinstance(t, Tables)  # a layer of several names nothing by itself
        wide = np.longdouble if f.bits == 53 else np.float64
        with np.errstate(all="ignore"):
            read = self.reads(states).astype(wide)
            weights, bias = t.readout.astype(wide), t.bias.astype(wide)
            logits = read @ weights.T + bias
            sizes = finite_sizes(read) @ finite_sizes(weights).T + finite_sizes(bias)  # [N, n], of the finite terms
            named = logits.argmax(axis=1)  # the first NaN if there is one, as in torch
            each = np.arange(len(states))
            # R products and R sums, rounded by the network and by us: 2^−p of the size
            rounding = (read.shape[1] + 2) * 2 * wide(2.0) ** -f.bits * sizes
            # what is not a normal number, an entry, a product or a sum, some matrix products take for 0
            flushed = 1 + finite_sizes(read).sum(axis=1, keepdims=True) + finite_sizes(weights).sum(axis=1)
            rounding = rounding + (read.shape[1] + 2) * wide(2.0) ** -f.normal * flushed
            least, others = (logits - rounding)[each, named], logits + rounding
            others[each, named] = -np.inf
            decided = ~np.isfinite(least) | (least > others.max(axis=1))
            g_weights, g_bias, g_read = (grid(numbers) for numbers in (weights, bias, read[np.all(np.isfinite(read), axis=1)]))
            if g_weights is not None and g_bias is not None and g_read is not None:
                g_logit = max(g_weights + g_read, g_bias)
                # nothing rounds, whatever the order
                decided |= (sizes.max(axis=1) * 2.0**g_logit <= 2.0**f.bits) & (g_logit <= f.normal)
            decided &= (sizes + rounding).max(axis=1) <= f.largest  # else some order of summation might overflow
        return np.where(decided, named, UNDECIDED)


def finite_sizes(numbers: Floats) -> Floats:
    """Absolute values, 0 for what is not finite."""
    return np.where(np.isfinite(numbers), np.abs(numbers), 0)


def float_closure(tables: Tables, machine: Machine) -> Exploration:
    """The search in the network's own arithmetic, up to a fixed number of pairs; a short one where nothing can come of it but a
    suspect."""
    network = FloatNetwork(tables)
    limit = max(64, min(PAIRS_UP_TO, STATE_NUMBERS_UP_TO // network.initial.size)) if tables.selects else 1000
    return explore(machine, tables.accepting, network.initial, network.advance, network.name, limit)
