"""A table as a small network of whole numbers: what stands between two layers.

Notation      input: a unit vector e_a of size m (the symbol so far) and R whole numbers o (what the layer below reads), which are
              the values t_p of one of its states p; output: the unit vector of table[a, p].
Construction  on whole numbers the hat  ReLU(o − t + 1) − 2 ReLU(o − t) + ReLU(o − t − 1)  is 1 at o = t and 0 elsewhere.  The
              row of (a, p) is  ReLU(e_a + Σ_r hat_r − R), 1 when symbol and all R numbers match and 0 otherwise; exactly one
              row is 1, and the output adds up the rows with the same result.
Size          one row for each pair (a, p) that can be met, one knot for each number next to a value: nothing for what cannot happen.
Exactness     all weights and all values are whole numbers; `theory.checker` bounds every partial sum on the inputs met.
Source        hats are the linear B-splines of any numerics course; that a ReLU network computes any table is folklore.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class LookupTable:
    """knots [n_knots, R] and knot_bias [n_knots]; rows [n_rows, m + n_knots] and row_bias [n_rows]; out [n_out, n_rows].

    y = out · ReLU(rows · (e_a, ReLU(knots · o + knot_bias)) + row_bias)
    """

    knots: Ints
    knot_bias: Ints
    rows: Ints
    row_bias: Ints
    out: Ints

    def __call__(self, symbol: Ints, reads: Ints) -> Ints:
        """symbol [m] (a unit vector, or empty when m = 0), reads [R] to [n_out], in whole numbers."""
        bent = np.maximum(self.knots @ reads + self.knot_bias, 0)
        return self.out @ np.maximum(self.rows @ np.concatenate([symbol, bent]) + self.row_bias, 0)


def lookup_table(table: Ints, values: Ints, n_out: int) -> LookupTable:
    """table [m, n] of results (−1: never met), values [n, R] the numbers read in each state, different for different states.

    With m = 1 the symbol carries nothing and is left out.

    >>> xor = lookup_table(np.array([[0, 1], [1, 0]]), values=np.array([[0], [1]]), n_out=2)
    >>> xor(np.array([0, 1]), np.array([0])).tolist()       # symbol 1, state 0
    [0, 1]
    """
    n_symbols, _ = table.shape
    R = values.shape[1]
    n_inputs = n_symbols if n_symbols > 1 else 0
    places: dict[tuple[int, int], int] = {}  # (read, knot) to the number of its unit
    pairs = np.argwhere(table >= 0)
    met = values[np.unique(pairs[:, 1])]
    for r in range(R):
        for t in np.unique(met[:, r]).tolist():
            for knot in (t - 1, t, t + 1):
                places.setdefault((r, knot), len(places))
    knots = np.zeros((len(places), R), dtype=np.int64)
    knot_bias = np.zeros(len(places), dtype=np.int64)
    for (r, knot), unit in places.items():
        knots[unit, r], knot_bias[unit] = 1, -knot
    rows = np.zeros((len(pairs), n_inputs + len(places)), dtype=np.int64)
    out = np.zeros((n_out, len(pairs)), dtype=np.int64)
    for row, (a, p) in enumerate(pairs.tolist()):
        if n_inputs:
            rows[row, a] = 1
        for r, t in enumerate(values[p].tolist()):
            for knot, weight in ((t - 1, 1), (t, -2), (t + 1, 1)):
                rows[row, n_inputs + places[r, knot]] += weight
        out[table[a, p], row] = 1
    row_bias = np.full(len(pairs), 1 - R - (n_inputs > 0), dtype=np.int64)
    return LookupTable(knots, knot_bias, rows, row_bias, out)
