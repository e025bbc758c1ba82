"""Tables as small ReLU networks in whole numbers: what stands between two layers, and between the last layer and the answer.

Notation      an Mlp is affine maps with a ReLU after each but the last.  A wire is a named vector that is an affine function of the
              hidden units made last; a wire that holds a unit vector stands for the number of its 1.
Construction  on whole numbers the hat  ReLU(o − t + 1) − 2 ReLU(o − t) + ReLU(o − t − 1)  is 1 at o = t and 0 elsewhere: hats turn
              numbers into unit vectors.  A row  ReLU(e_a + e_p − 1)  is 1 when both unit vectors match and 0 otherwise: rows look up
              a table of two arguments, one for each pair that can be met.  A sum of hats or of rows is affine and costs no layer of
              its own: it is merged with the affine map after it.
Size          nothing for what cannot happen: one row for each pair that can be met, three units for each number that can be read.
Exactness     all weights and all values are whole numbers; `theory.checker` bounds every partial sum on the inputs met.
Source        hats are the linear B-splines of any numerics course; that a ReLU network computes any table is folklore.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Mlp:
    """y = W_n ReLU(… ReLU(W_1 x + b_1) …) + b_n; weights [n_out, n_in] and biases [n_out], whole numbers or exact ones (dtype object).

    >>> absolute = Mlp((np.array([[1], [-1]]), np.array([[1, 1]])), (np.array([0, 0]), np.array([0])))
    >>> absolute(np.array([-3])).tolist()
    [3]
    """

    weights: tuple[Any, ...]
    biases: tuple[Any, ...]

    def __call__(self, x: Any) -> Any:
        """x [n_in] to y [n_out]."""
        for W, b in zip(self.weights[:-1], self.biases[:-1], strict=True):
            x = W @ x + b
            x = np.where(x > 0, x, 0)
        return self.weights[-1] @ x + self.biases[-1]

    @property
    def n_in(self) -> int:
        return self.weights[0].shape[1]

    @property
    def n_out(self) -> int:
        return self.weights[-1].shape[0]

    @property
    def parameters(self) -> int:
        """Numbers in all matrices and biases."""
        return sum(W.size + b.size for W, b in zip(self.weights, self.biases, strict=True))


@dataclass(frozen=True)
class Units:
    """Hidden units ReLU(Σ terms[wire] · wire + bias) [n_units], and the wire they make: out · units ([size, n_units]; None: the units
    themselves)."""

    terms: Mapping[str, Ints]
    bias: Ints
    out: Ints | None = None

    @property
    def size(self) -> int:
        return len(self.bias) if self.out is None else len(self.out)


class MlpBuilder:
    """An Mlp layer by layer.

    sizes   the input wires, in order; their values are whatever the input holds

    >>> build = MlpBuilder(symbol=2, read=1)                     # exclusive or of a unit vector and a number 0 or 1
    >>> build.layer({"state": hats("read", np.array([[0], [1]]))}, keep=["symbol"])
    >>> build.layer({"xor": lookup("symbol", "state", np.array([[0, 1], [1, 0]]), 2)})
    >>> build.finish("xor")(np.array([0, 1, 1])).tolist()        # symbol 1, read 1
    [1, 0]
    """

    def __init__(self, **sizes: int):
        width = sum(sizes.values())
        self._wires: dict[str, tuple[Ints, Ints]] = {}
        at = 0
        for name, size in sizes.items():
            self._wires[name] = np.eye(width, dtype=np.int64)[at : at + size], np.zeros(size, dtype=np.int64)
            at += size
        self._layers: list[tuple[Ints, Ints]] = []

    def size(self, wire: str) -> int:
        """The length of a wire."""
        return len(self._wires[wire][1])

    def layer(self, new: Mapping[str, Units], keep: Sequence[str] = ()) -> None:
        """One more hidden layer: the wires it makes, and those carried on (whose entries must not be negative); others end here."""
        carried = {
            name: Units({name: np.eye(self.size(name), dtype=np.int64)}, np.zeros(self.size(name), np.int64)) for name in keep
        }
        everything = {**new, **carried}
        width = sum(len(units.bias) for units in everything.values())
        rows, biases, wires = [], [], {}
        at = 0
        for name, units in everything.items():
            n = len(units.bias)
            row, bias = 0, units.bias
            for wire, weight in units.terms.items():
                expression, constant = self._wires[wire]
                row, bias = row + weight @ expression, bias + weight @ constant
            rows.append(row)
            biases.append(bias)
            made = np.zeros((units.size, width), dtype=np.int64)
            made[:, at : at + n] = np.eye(n, dtype=np.int64) if units.out is None else units.out
            wires[name] = made, np.zeros(units.size, dtype=np.int64)
            at += n
        self._layers.append((np.concatenate(rows), np.concatenate(biases)))
        self._wires = wires

    def finish(self, output: str, then: Ints | None = None) -> Mlp:
        """The network whose output is this wire, or then [n_out, size] times it."""
        W, b = self._wires[output]
        if then is not None:
            W, b = then @ W, then @ b
        return Mlp((*(w for w, _ in self._layers), W), (*(c for _, c in self._layers), b))


def hats(wire: str, values: Ints) -> Units:
    """From whole numbers [R] to unit vectors, one for each number, one after the other: entry t of number r is 1 when it is the t-th
    smallest of the different values[:, r]. values [n, R]: what can be read."""
    knots: dict[tuple[int, int], int] = {}
    bumps: list[tuple[int, int]] = []
    for r in range(values.shape[1]):
        for t in np.unique(values[:, r]).tolist():
            bumps.append((r, t))
            for knot in (t - 1, t, t + 1):
                knots.setdefault((r, knot), len(knots))
    K = np.zeros((len(knots), values.shape[1]), dtype=np.int64)
    bias = np.zeros(len(knots), dtype=np.int64)
    for (r, knot), unit in knots.items():
        K[unit, r], bias[unit] = 1, -knot
    out = np.zeros((len(bumps), len(knots)), dtype=np.int64)
    for row, (r, t) in enumerate(bumps):
        for knot, weight in ((t - 1, 1), (t, -2), (t + 1, 1)):
            out[row, knots[r, knot]] += weight
    return Units({wire: K}, bias, out)


def named(wire: str, values: Ints) -> Units:
    """From the unit vectors that `hats` makes of values [n, R] to the unit vector of the row: state p when values[p] was read. Rows
    are all different."""
    columns = []
    for r in range(values.shape[1]):
        met, place = np.unique(values[:, r], return_inverse=True)
        columns.append(np.eye(len(met), dtype=np.int64)[place.ravel()])
    rows = np.hstack(columns)
    return Units({wire: rows}, np.full(len(values), 1 - values.shape[1], dtype=np.int64))


def lookup(first: str, second: str, table: Ints, n_out: int) -> Units:
    """From unit vectors e_a and e_p to the unit vector of table[a, p]; an entry −1 is never met and gives 0."""
    pairs = np.argwhere(table >= 0)
    rows = np.arange(len(pairs))
    one, two = (np.zeros((len(pairs), n), dtype=np.int64) for n in table.shape)
    out = np.zeros((n_out, len(pairs)), dtype=np.int64)
    one[rows, pairs[:, 0]], two[rows, pairs[:, 1]] = 1, 1
    out[table[pairs[:, 0], pairs[:, 1]], rows] = 1
    return Units({first: one, second: two}, np.full(len(pairs), -1, dtype=np.int64), out)


def relabel(wire: str, table: Ints, n_out: int) -> Units:
    """From the unit vector e_p to that of table[p]; an entry −1 gives 0."""
    met = np.flatnonzero(table >= 0)
    rows = np.arange(len(met))
    pick = np.zeros((len(met), len(table)), dtype=np.int64)
    out = np.zeros((n_out, len(met)), dtype=np.int64)
    pick[rows, met] = 1
    out[table[met], rows] = 1
    return Units({wire: pick}, np.zeros(len(met), dtype=np.int64), out)
