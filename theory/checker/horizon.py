"""Up to how many tokens a network is right although it rounds: an error bound against the reader's margin.

Statement     give every tuple of (exact layers' states, machine state) that is met a code, any vectors c, for the layers that round.
              If a state is within e of its code (2-norm of each column) before a symbol, it is within ‖A‖ e + r + ρ of the next
              code after it: A the symbol's matrix, r the distance of A c + B from the next code, ρ a bound on all rounding in the
              steps.  So e_t ≤ a e_{t−1} + δ with the largest a and δ met.  As long as the reader, on intervals, names the right
              state for every code with radius e_t, words of t letters cannot fail.
Codes         found by running the weights as they are in float64 and taking states that nearly agree for one; a bad choice can only
              make the bound worse, never wrong.
Rounding      products, differences and the sum by halves as kernels/reference.py does them: (1 + u)^n − 1 for n roundings of
              relative size u, doubled for our own arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .explore import Machine
from .formats import Floats
from .layer_space import LayerSpace
from .mlp import CheckedMlp
from .stack_closure import LinkMap
from .tables import LayerTables, StackTables

NODES_UP_TO = 20_000
CODES_A_STATE = 16  # of one machine state: more mean that the states do not gather
NEARLY = 2.0**-8  # states this near, relative to the largest, share a code in formats that resolve it
LONGEST = 10**15


@dataclass
class Wide:
    """A layer that rounds, in float64: its symbols' matrices by head, and how much each can grow and round."""

    tables: LayerTables

    def __post_init__(self):
        t = self.tables
        self.u = 2.0**-t.format.bits
        self.tiny = 2.0**-t.format.finest
        self.keys, self.values, self.betas = (x.astype(np.float64) for x in (t.keys, t.values, t.betas))
        A, self.n_h, self.H, self.K = self.keys.shape
        self.gates = np.ones((A, self.H)) if t.gates is None else t.gates.astype(np.float64)
        self.queries, self.initial = t.queries.astype(np.float64), t.initial.astype(np.float64)
        size = self.betas * (self.keys**2).sum(axis=3)
        self.growth = np.abs(self.gates) * np.maximum(1, np.abs(1 - size)).prod(axis=1) * (1 + 2.0**-40)  # [A, H]

    def advance(self, states: Floats, symbol: int) -> Floats:
        """states [N, H, K, V]."""
        states = states * self.gates[symbol][None, :, None, None]
        for j in range(self.n_h):
            key = self.keys[symbol, j][None, :, :, None]
            gap = self.values[symbol, j][None] - (key * states).sum(axis=2)
            states = states + key * (self.betas[symbol, j][None, :, None] * gap)[:, :, None]
        return states

    def rounding(self, symbol: int, largest: Floats) -> Floats:
        """A bound [H] on the 2-norm of all rounding of a symbol's steps in one column, for columns no longer than `largest` [H]."""
        u, roundings = self.u, 1 + (self.K - 1).bit_length()
        gated = 0 if self.tables.gates is None else u
        error, R = gated * np.abs(self.gates[symbol]) * largest, largest.copy()
        for j in range(self.n_h):
            norm = np.sqrt((self.keys[symbol, j] ** 2).sum(axis=1))
            beta, value = np.abs(self.betas[symbol, j]), np.abs(self.values[symbol, j]).max(axis=1)
            dot = np.expm1(roundings * np.log1p(u)) * norm * R
            gap = value + norm * R + dot
            off_gap = dot + u * gap
            update = beta * (gap + off_gap)
            off_update = beta * off_gap + u * update
            change = norm * (update + off_update)
            step = norm * off_update + u * change + u * (R + change)
            grows = np.maximum(1, np.abs(1 - self.betas[symbol, j] * norm**2))
            error = error * grows + step
            R = R * grows + beta * norm * value + step
        return 2 * error + 64 * self.K * self.n_h * self.tiny + 2.0**-45 * (1 + R)  # the last for our own float64


def horizon(tables: StackTables, machine: Machine, spaces: list[LayerSpace]) -> tuple[int, int]:
    """The number of tokens up to which no word can fail, by the bound (0 when it gives nothing), and how many codes it rests on.

    spaces: the layers as stack_closure took them, exact or not.
    """
    with np.errstate(all="ignore"):
        return Horizon(tables, machine, spaces).tokens()


class Horizon:
    """The nodes (exact layers' states, machine state, code), their codes, and the bound."""

    def __init__(self, tables: StackTables, machine: Machine, spaces: list[LayerSpace]):
        self.tables, self.machine, self.spaces = tables, machine, spaces
        self.wide = {i: Wide(layer) for i, layer in enumerate(tables.layers) if not spaces[i].exact}
        self.links = [LinkMap(link, tables.layers[i].inputs, spaces[i], tables.format) for i, link in enumerate(tables.links)]
        self.nearly = max(NEARLY, 8 * 2.0**-tables.format.bits)
        self.exact_ids: list[tuple[int, ...]] = []
        self.machine_states: list[int] = []
        self.codes: list[dict[int, Floats]] = []
        self.by_key: dict[tuple[tuple[int, ...], int], list[int]] = {}
        self.scattered = False
        self.delta = {i: np.zeros(wide.H) for i, wide in self.wide.items()}
        self.growth = {i: np.ones(wide.H) for i, wide in self.wide.items()}

    def tokens(self) -> tuple[int, int]:
        if not self._close():
            return 0, len(self.codes)
        # a radius: one number for all heads, the loosest
        delta = max(float(d.max()) for d in self.delta.values())
        growth = max(float(g.max()) for g in self.growth.values())
        low, high = 0.0, self.headroom
        if not self._right(0.0):
            return 0, len(self.codes)
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (middle, high) if self._right(middle) else (low, middle)
        return steps_within(low, growth, delta), len(self.codes)

    def _close(self) -> bool:
        """Find all nodes, and the largest residue and rounding of a move; False when there are too many."""
        start = {i: wide.initial for i, wide in self.wide.items()}
        self._node(tuple(0 for space in self.spaces if space.exact), self.machine.start, start)
        self.headroom = 4 * max(float(np.abs(code).max()) for code in start.values())
        node = 0
        while node < len(self.codes):
            for letter in range(self.machine.table.shape[1]):
                ids, codes, moved = self._step(node, letter)
                target = self._node(ids, int(self.machine.table[self.machine_states[node], letter]), codes)
                if len(self.codes) > NODES_UP_TO or self.scattered:
                    return False
                for i, symbol in moved.items():
                    wide = self.wide[i]
                    residue = np.sqrt(((codes[i] - self.codes[target][i]) ** 2).sum(axis=1)).max(axis=1)
                    largest = np.sqrt((self.codes[node][i] ** 2).sum(axis=1)).max(axis=1) + self.headroom
                    self.delta[i] = np.maximum(self.delta[i], residue * (1 + 2.0**-40) + wide.rounding(symbol, largest))
                    self.growth[i] = np.maximum(self.growth[i], wide.growth[symbol])
            node += 1
        return True

    def _step(self, node: int, letter: int) -> tuple[tuple[int, ...], dict[int, Floats], dict[int, int]]:
        """Where a letter leads: exact layers' states, the other layers' states in float64, and the symbols these saw."""
        at = iter(self.exact_ids[node])
        ids, codes, moved = [], {}, {}
        symbol = np.array([letter])
        for i, space in enumerate(self.spaces):
            if space.exact:
                before = np.array([next(at)])
                after = space.advance(before, symbol)
                ids.append(int(after[0]))
                if i < len(self.links):
                    symbol = self.links[i](symbol, before, after)
            else:
                moved[i] = int(symbol[0])
                codes[i] = self.wide[i].advance(self.codes[node][i][None], int(symbol[0]))[0]
                if i < len(self.links):
                    symbol = self.links[i](symbol, np.array([0]), np.array([0]))  # raises: a link reads a layer that rounds
        return tuple(ids), codes, moved

    def _node(self, ids: tuple[int, ...], q: int, codes: dict[int, Floats]) -> int:
        """The node with nearly these codes, made if there is none."""
        near = self.by_key.setdefault((ids, q), [])
        for node in near:
            if all(
                np.abs(self.codes[node][i] - code).max() <= self.nearly * max(1, np.abs(code).max())
                for i, code in codes.items()
            ):
                return node
        near.append(len(self.codes))
        self.scattered |= len(near) > CODES_A_STATE
        self.exact_ids.append(ids)
        self.machine_states.append(q)
        self.codes.append(codes)
        return len(self.codes) - 1

    def _right(self, radius: float) -> bool:
        """Whether every node is named right with every state within `radius` of its code."""
        reads, around = [], []
        at = {i: place for place, i in enumerate(i for i, space in enumerate(self.spaces) if space.exact)}
        for i, space in enumerate(self.spaces):
            if space.exact:
                numbers = space.reads(np.array([ids[at[i]] for ids in self.exact_ids]))
                reads.append(numbers)
                around.append(np.zeros_like(numbers))
            else:
                wide = self.wide[i]
                codes = np.stack([node[i] for node in self.codes])  # [N, H, K, V]
                value = np.einsum("hk,nhkv->nhv", wide.queries, codes)
                norm = np.sqrt((wide.queries**2).sum(axis=1))[None, :, None]
                length = np.sqrt((codes**2).sum(axis=2)) + radius
                roundings = 2 + (wide.K - 1).bit_length()
                off = norm * (radius + 1.01 * np.expm1(roundings * np.log1p(wide.u)) * length) + 4 * wide.K * wide.tiny
                off += 2.0**-45 * norm * length
                reads.append(value.reshape(len(codes), -1))
                around.append(np.broadcast_to(off, value.shape).reshape(len(codes), -1))
        reader = CheckedMlp(self.tables.reader, self.tables.format, "the reader")
        named = reader.decided(np.hstack(reads), np.hstack(around))
        states = np.array(self.machine_states)
        right = named >= 0
        right &= self.tables.accepting[np.maximum(named, 0)] == self.machine.accepting[states]
        if self.machine.by_state:
            right &= named == states
        return bool(np.all(right))


def steps_within(error: float, growth: float, delta: float) -> int:
    """How many tokens t with δ (1 + a + … + a^(t−1)) ≤ error.

    >>> steps_within(1.0, 1.0, 0.25), steps_within(0.0, 1.0, 0.25)
    (4, 0)
    """
    if not (np.isfinite(error) and np.isfinite(growth) and np.isfinite(delta)) or delta <= 0:
        return 0
    if growth - 1 < 1e-15:
        return int(min(LONGEST, error / delta))
    return int(min(LONGEST, np.log1p(error * (growth - 1) / delta) / np.log1p(growth - 1) * (1 - 2.0**-20)))
