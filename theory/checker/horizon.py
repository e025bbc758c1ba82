"""Up to how many tokens a network is right although it rounds: an error bound against the reader's margin.

Statement     only the last layer may round: a link follows none that does.  Give every tuple of (exact layers' states, machine state)
              that is met a code c, any matrix [H, K, V].  If a head's state is within e of its code (2-norm of each column) before a
              symbol, it is within ‖A‖ e + r + ρ of the next code after it: A the symbol's matrix, r the distance of A c + B from
              the next code, ρ a bound on all rounding in the steps, for states within a radius of their codes.  So
              e_t ≤ a e_{t−1} + δ with the largest a and δ met.  If the reader, on intervals, names the right state for every code
              with that radius, words of t letters cannot fail as long as e_t stays within it.
Codes         found by running the weights as they are in float64 and taking states that nearly agree for one; a bad choice can only
              make the bound worse, never wrong.
Steps         I − β k kᵀ has norm max(1, |1 − β‖k‖²|), the gate |α|.  Errors of one symbol, on a column no longer than R (2-norms):
                  k·S      d = ((1 + u)^n − 1) ‖k‖ R + K η,  n = 1 + ⌈log₂ K⌉ the roundings that a product passes through
                  v − k·S  d' = d + u (|v| + ‖k‖ R + d)
                  β(…)     d'' = |β| d' + u |β| (|v| + ‖k‖ R + d + d') + η
                  S + k u  ‖k‖ d'' + u (change + the sum) + √K η
              u = 2^−p for products and sums to the nearest, η the smallest number, for products that underflow; sums never do.
              The same bound with float64's u and n = K + 1 covers our own arithmetic.  Where anything might overflow, ρ = ∞.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .explore import Machine
from .formats import Floats
from .layer_space import LayerSpace
from .mlp import CheckedMlp, NotExact
from .stack_closure import LinkMap
from .tables import LayerTables, StackTables

NODES_UP_TO = 20_000
MOVES_UP_TO = 2**20
NUMBERS_UP_TO = 2**24  # in all codes
CODES_A_STATE = 16  # of one machine state: more mean that the states do not gather
NEARLY = 2.0**-8  # states this near, relative to the largest, share a code in formats that resolve it
LONGEST = 10**15
OWN = 2.0**-53  # what one operation of float64 rounds
SLACK = 1 + 2.0**-20  # for sums of positive numbers in float64

Ids = npt.NDArray[np.int64]


@dataclass
class Wide:
    """A layer that rounds, in float64: how its symbols move states, and how much each can grow and round."""

    tables: LayerTables

    def __post_init__(self):
        t = self.tables
        self.u, self.tiny, self.largest = 2.0**-t.format.bits, 2.0**-t.format.finest, t.format.largest
        self.keys, self.values, self.betas = (x.astype(np.float64) for x in (t.keys, t.values, t.betas))
        A, self.n_h, self.H, self.K = self.keys.shape
        self.gates = np.ones((A, self.H)) if t.gates is None else t.gates.astype(np.float64)
        self.queries, self.initial = t.queries.astype(np.float64), t.initial.astype(np.float64)
        size = (self.betas[..., None] * self.keys * self.keys).sum(axis=3)
        self.grows = np.maximum(1, np.abs(1 - size)) * (1 + (self.K + 8) * 2 * OWN)  # [A, n_h, H]
        self.growth = np.abs(self.gates) * self.grows.prod(axis=1)  # [A, H]
        self.roundings = 1 + (self.K - 1).bit_length()

    def advance(self, states: Floats, symbol: int) -> Floats:
        """states [N, H, K, V]."""
        states = states * self.gates[symbol][None, :, None, None]
        for j in range(self.n_h):
            key = self.keys[symbol, j][None, :, :, None]
            gap = self.values[symbol, j][None] - (key * states).sum(axis=2)
            states = states + key * (self.betas[symbol, j][None, :, None] * gap)[:, :, None]
        return states

    def rounding(self, symbol: int, size: Floats) -> Floats:
        """A bound [N, H] on the 2-norm of all rounding of a symbol's steps in one column, the network's and our own, for columns no
        longer than `size` [N, H]."""
        return SLACK * (self._rounding(symbol, size, self.u, self.roundings) + self._rounding(symbol, size, OWN, self.K + 1))

    def _rounding(self, symbol: int, size: Floats, u: float, roundings: int) -> Floats:
        some, K = np.expm1(roundings * np.log1p(u)), self.K
        R = np.abs(self.gates[symbol]) * size
        error = np.zeros_like(R) if self.tables.gates is None else u * R + np.sqrt(K) * self.tiny
        R = R + error
        most = R
        for j in range(self.n_h):
            norm = lengths(self.keys[symbol, j], axis=1)
            beta, value = np.abs(self.betas[symbol, j]), np.abs(self.values[symbol, j]).max(axis=1)
            dot = some * norm * R + K * self.tiny
            gap = value + norm * R + dot
            off_gap = dot + u * gap
            update = beta * (gap + off_gap)
            off_update = beta * off_gap + u * update + self.tiny
            change = norm * (update + off_update)
            step = norm * off_update + u * change + np.sqrt(K) * self.tiny
            step = np.where((norm == 0) | (beta == 0), 0, step + u * (R + change + step))  # 0 is added without rounding
            error = error * self.grows[symbol, j] + step
            R = R * self.grows[symbol, j] + beta * norm * value + step
            most = np.maximum.reduce([most, R, gap + off_gap, update + off_update, change + step])
        return np.where(most * SLACK <= self.largest, error, np.inf)


def lengths(x: Floats, axis: int) -> Floats:
    """2-norms along an axis, whatever the scale."""
    scale = np.abs(x).max(axis=axis, keepdims=True)
    scale[scale == 0] = 1
    return np.sqrt(((x / scale) ** 2).sum(axis=axis)) * scale.squeeze(axis)


def horizon(tables: StackTables, machine: Machine, spaces: list[LayerSpace]) -> tuple[int, int]:
    """The number of tokens up to which no word can fail, by the bound (0 when it gives nothing), and how many codes it rests on.

    spaces: the layers as stack_closure took them, all but the last exact.
    """
    with np.errstate(all="ignore"):
        bound = Horizon(tables, machine, spaces)
        try:
            tokens = bound.tokens()
        except NotExact:  # past what the search saw a link gives no symbol, or a layer taken as exact is not
            tokens = 0
    figures = 10 ** max(0, len(str(tokens)) - 3)  # three are enough, and the same on every machine
    return tokens // figures * figures, len(bound.codes)


class Horizon:
    """The nodes (exact layers' states, machine state, code), their codes [H, K, V], and the moves between them."""

    def __init__(self, tables: StackTables, machine: Machine, spaces: list[LayerSpace]):
        self.tables, self.machine, self.exact = tables, machine, spaces[:-1]
        self.wide = Wide(tables.layers[-1])
        self.links = [LinkMap(link, tables.layers[i], spaces[i]) for i, link in enumerate(tables.links)]
        self.nearly = max(NEARLY, 8 * self.wide.u)
        self.limit = min(NODES_UP_TO, MOVES_UP_TO // machine.table.shape[1], NUMBERS_UP_TO // self.wide.initial.size)
        self.keys: list[tuple[int, ...]] = []  # exact layers' states, the machine's state last
        self.codes: list[Floats] = []
        self.by_key: dict[tuple[int, ...], list[int]] = {}
        self.scattered = False
        self.moves: dict[int, list[tuple[Ids, Floats]]] = {}  # by symbol: from which nodes, and the residues [N, H]

    def tokens(self) -> int:
        """Raises NotExact where a link cannot be followed, or a layer taken as exact is not."""
        if not self.close():
            return 0
        for space in self.exact:
            space.check()
        radius = self.radius()
        return steps_within(radius, *self.recursion(radius))

    def radius(self) -> float:
        """How far from their codes states may be and are still named rightly; 0 when not even the codes are."""
        codes = np.stack(self.codes)
        sizes = lengths(codes, axis=2)
        low, high = 0.0, float(sizes.max())
        for _ in range(30):
            middle = (low + high) / 2
            low, high = (middle, high) if self._right(codes, sizes, middle) else (low, middle)
        return low

    def recursion(self, radius: float) -> tuple[float, float]:
        """a and δ with e_t ≤ a e_{t−1} + δ while e_{t−1} ≤ radius: one pair for all heads, the loosest."""
        sizes = lengths(np.stack(self.codes), axis=2).max(axis=2)  # [N, H]
        growth, delta = 1.0, 0.0
        for symbol, moves in self.moves.items():
            for nodes, residues in moves:
                rounding = self.wide.rounding(symbol, sizes[nodes] * SLACK + radius)
                delta = np.maximum(delta, (residues * SLACK + rounding).max())
            growth = np.maximum(growth, self.wide.growth[symbol].max())
        return float(growth), float(delta)

    def close(self) -> bool:
        """Find all nodes and moves; False when there are too many."""
        self.node((*(0 for _ in self.exact), self.machine.start), self.wide.initial)
        begin = 0
        while begin < len(self.codes):
            end = len(self.codes)
            for letter in range(self.machine.table.shape[1]):
                keys, symbols = self.step(np.array(self.keys[begin:end]), letter)
                for symbol in np.unique(symbols).tolist():
                    nodes = begin + np.flatnonzero(symbols == symbol)
                    reached = self.wide.advance(np.stack([self.codes[node] for node in nodes]), symbol)
                    targets = []
                    for node, code in zip(nodes, reached, strict=True):
                        targets.append(self.node(tuple(keys[node - begin].tolist()), code))
                        if self.scattered or len(self.codes) > self.limit:
                            return False
                    gaps = reached - np.stack([self.codes[target] for target in targets])
                    self.moves.setdefault(symbol, []).append((nodes, lengths(gaps, axis=2).max(axis=2)))
            begin = end
        return True

    def step(self, keys: Ids, letter: int) -> tuple[Ids, Ids]:
        """Where a letter leads exact layers' states and the machine's [N, …], and the symbols [N] that the last layer sees."""
        symbols, after = np.full(len(keys), letter), np.empty_like(keys)
        for i, space in enumerate(self.exact):
            after[:, i] = space.advance(keys[:, i], symbols)
            symbols = self.links[i](symbols, keys[:, i], after[:, i])
        after[:, -1] = self.machine.table[keys[:, -1], letter]
        return after, symbols

    def node(self, key: tuple[int, ...], code: Floats) -> int:
        """The node with nearly this code, made if there is none."""
        near = self.by_key.setdefault(key, [])
        scale = max(float(np.abs(code).max()), float(np.abs(self.wide.initial).max()))
        for node in near:
            if np.abs(self.codes[node] - code).max() <= self.nearly * scale:
                return node
        near.append(len(self.codes))
        self.scattered |= len(near) > CODES_A_STATE
        self.keys.append(key)
        self.codes.append(code)
        return len(self.codes) - 1

    def _right(self, codes: Floats, sizes: Floats, radius: float) -> bool:
        """Whether every node is named right with every state within `radius` of its code."""
        wide, keys = self.wide, np.array(self.keys)
        reads = [space.reads(keys[:, i]) for i, space in enumerate(self.exact)]
        around = [np.zeros_like(numbers) for numbers in reads]
        norm = lengths(wide.queries, axis=1)[None, :, None]
        reach = norm * (sizes * SLACK + radius) * SLACK  # no sum of |q S| is larger
        some = np.expm1(wide.roundings * np.log1p(wide.u)) + (wide.K + 2) * 2 * OWN
        off = (norm * radius + some * reach) * SLACK + wide.K * wide.tiny
        if not np.all(reach + off <= wide.largest):
            return False
        reads.append(np.einsum("hk,nhkv->nhv", wide.queries, codes).reshape(len(codes), -1))
        around.append(off.reshape(len(codes), -1))
        reader = CheckedMlp(self.tables.reader, self.tables.format, "the reader")
        named = reader.decided(np.hstack(reads), np.hstack(around))
        right = named >= 0
        right &= self.tables.accepting[np.maximum(named, 0)] == self.machine.accepting[keys[:, -1]]
        if self.machine.by_state:
            right &= named == keys[:, -1]
        return bool(np.all(right))


def steps_within(error: float, growth: float, delta: float) -> int:
    """How many tokens t with δ (1 + a + … + a^(t−1)) ≤ error.

    >>> steps_within(1.0, 1.0, 0.2501), steps_within(0.0, 1.0, 0.25), steps_within(7.1, 2.0, 1.0)
    (3, 0, 3)
    """
    if not (np.isfinite(error) and np.isfinite(growth) and np.isfinite(delta)) or delta <= 0:
        return 0
    more = growth - 1
    steps = error / delta if more <= 0 else np.log1p(error * (more / delta)) / np.log1p(more)
    return int(min(LONGEST, steps * (1 - 2.0**-20))) if np.isfinite(steps) else 0
