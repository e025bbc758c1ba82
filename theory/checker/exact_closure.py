"""Grade 1: every intermediate is a whole number of grid steps that the format counts without gaps, so nothing ever rounds.

Statement     let keys, values, strengths and the reachable states be whole multiples of powers of two, gates 0 or 1,
              0 ≤ β‖k‖² ≤ 2, and let every sum met (k·S, v − k·S, β(…), S + k u, S·q, W o + b), taken over absolute values, be at
              most 2^p grid steps, p the significant bits of the format, and no grid finer than its smallest number.  Then every
              partial sum, in any order, with or without fused multiply-add, is exact, and the network computes in floats what
              it computes in exact numbers.
Check         the reachable states are found by exact matrices, one a letter; then every letter's steps are run on all of them with
              every bound tested, those of strength 0 too (0 · ∞ is no number), and must land on the recorded successors.  A
              failing word stops the search early; what was found by then is checked alike, so no shorter word fails in floats.
              float64 carries the numbers: exact under the same bounds, one bit spared for float64 itself, whose sums would
              otherwise round before they are compared with the bound.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .explore import Exploration, Machine, explore
from .formats import Floats, grid
from .mlp import NotExact
from .tables import LayerTables, Tables

MATRICES_UP_TO = 2**27  # entries of all letters' matrices together, 1 GiB
STATE_NUMBERS_UP_TO = 2**27  # numbers in all states found together
STATES_UP_TO = 2**20
FINEST_STATE_GRID = 8


class ExactNetwork:
    """The letter tables in float64, heads that hold the same state taken once."""

    def __init__(self, tables: LayerTables):
        self.bits = min(tables.format.bits, 52)
        self.finest = tables.format.finest
        self.wide = {
            name: getattr(tables, name).astype(np.float64)
            for name in ("keys", "values", "betas", "queries", "initial", "readout", "bias")
            if hasattr(tables, name)  # a layer of several has no readout of its own
        }
        gates = tables.gates
        A, self.n_h, self.H, self.K = tables.keys.shape
        self.V = tables.values.shape[3]
        self.gates = np.ones((A, self.H)) if gates is None else gates.astype(np.float64)
        self.grids = self._grids(tables)
        self._check_steps()
        self.holder, self.kept = self._distinct_heads(tables)
        self.initial = self.wide["initial"][self.kept]
        self.sparse = [[self._steps(a, h) for h in self.kept] for a in range(A)]
        numbers = A * len(self.kept) * self.K * (self.K + self.V)
        self.maps = [self._matrix(a) for a in range(A)] if numbers <= MATRICES_UP_TO else None

    def _grids(self, tables: LayerTables) -> dict[str, int]:
        if not tables.selects:
            raise NotExact("an embedding is not a unit vector, so projecting it may round")
        if not np.all(np.isin(self.gates, (0, 1))):
            raise NotExact("a gate is neither 0 nor 1")
        found = {}
        for name, numbers in self.wide.items():
            g = grid(numbers, finest=14)  # float16 holds 2^−14 and coarser as normal numbers
            if g is None:
                raise NotExact(f"{name} are not whole multiples of 2^-14")
            found[name] = g
        return found

    def _check_steps(self) -> None:
        size = self.wide["betas"] * (self.wide["keys"] ** 2).sum(axis=3)
        bad = np.argwhere((size < 0) | (size > 2))
        if len(bad):
            a, j, h = bad[0]
            raise NotExact(f"β‖k‖² = {size[a, j, h]} at letter {a}, step {j}, head {h}, outside [0, 2]")

    def _distinct_heads(self, tables: LayerTables) -> tuple[list[int], list[int]]:
        """For each head the place of the head that holds its state for it, and which heads those are."""
        places: dict[bytes, int] = {}
        holder, kept = [], []
        for h in range(self.H):
            parts = (tables.keys[:, :, h], tables.values[:, :, h], tables.betas[:, :, h], self.gates[:, h], tables.initial[h])
            key = b"".join(part.tobytes() for part in parts)
            if key not in places:
                places[key] = len(kept)
                kept.append(h)
            holder.append(places[key])
        return holder, kept

    def _steps(self, a: int, h: int) -> list[tuple[npt.NDArray[np.int64], Floats, float, Floats]]:
        """The steps of a letter in a head, without those of strength 0 and key 0: support of the key, its entries there, β, value."""
        steps = []
        for j in range(self.n_h):
            key, beta = self.wide["keys"][a, j, h], float(self.wide["betas"][a, j, h])
            support = np.flatnonzero(key)
            if beta != 0 or len(support):
                steps.append((support, key[support], beta, self.wide["values"][a, j, h]))
        return steps

    def _matrix(self, a: int) -> list[tuple[Floats, Floats]]:
        """For each head kept, A [K, K] and B [K, V] with S ← A S + B for this letter."""
        result = []
        for place, h in enumerate(self.kept):
            whole = np.hstack([np.eye(self.K) * self.gates[a, h], np.zeros((self.K, self.V))])
            for support, key, beta, value in self.sparse[a][place]:
                target = np.concatenate([np.zeros(self.K), value])
                whole[support] += np.outer(key, beta * (target - key @ whole[support]))
            result.append((whole[:, : self.K], whole[:, self.K :]))
        return result

    # ------------------------------------------------------------------ moving and reading, unchecked

    def advance(self, states: Floats, letter: int) -> Floats:
        """states [N, kept, K, V] after a letter; raises NotExact when they leave the coarsest grid allowed or the bound."""
        if self.maps is None:
            return self.advance_checked(states, letter, max(self.grids["initial"], self.grids["values"]))
        result = np.empty_like(states)
        for place, (A, B) in enumerate(self.maps[letter]):
            result[:, place] = unfolded(A @ folded(states[:, place]), self.V) + B
        if grid(result, FINEST_STATE_GRID) is None or np.abs(result).max() > 2.0**self.bits:
            raise NotExact(f"a state leaves the grid 2^-{FINEST_STATE_GRID} or exceeds 2^{self.bits}")
        return result  # how fine and how large they may be together is tested once all are known

    def reads(self, states: Floats) -> Floats:
        """o [N, H·V]."""
        return np.einsum("hk,nhkv->nhv", self.wide["queries"], states[:, self.holder]).reshape(len(states), -1)

    def name(self, states: Floats) -> npt.NDArray[np.int64]:
        return (self.reads(states) @ self.wide["readout"].T + self.wide["bias"]).argmax(axis=1)

    # ------------------------------------------------------------------ the same, every bound tested

    def _on_grid(self, numbers: Floats, g: int, what: str) -> None:
        scaled = numbers * 2.0**g
        if not (g <= self.finest and np.all(np.abs(scaled) <= 2.0**self.bits) and np.array_equal(scaled, np.rint(scaled))):
            raise NotExact(f"{what} leaves the grid 2^-{g} or exceeds 2^{self.bits - g}")

    def _within(self, sizes: Floats, g: int, what: str) -> None:
        """`sizes`, sums of absolute values, must be at most 2^p steps of the grid 2^−g."""
        if g > self.finest:
            raise NotExact(f"{what} needs the grid 2^-{g}, finer than the smallest number 2^-{self.finest}")
        if sizes.size and not sizes.max() <= 2.0 ** (self.bits - g):
            raise NotExact(
                f"{what} may reach {sizes.max():g} on the grid 2^-{g}; {self.bits} bits count to {2.0 ** (self.bits - g):g}"
            )

    def advance_checked(self, states: Floats, letter: int, g_state: int) -> Floats:
        """The letter's steps one by one, as the network does them. Raises NotExact."""
        result = np.empty_like(states)
        g_key, g_value, g_beta = (self.grids[name] for name in ("keys", "values", "betas"))
        g_dot = g_key + g_state
        g_update = g_beta + max(g_dot, g_value)
        for place, h in enumerate(self.kept):
            S = (
                np.ascontiguousarray(states[:, place].transpose(1, 0, 2)).reshape(self.K, -1) * self.gates[letter, h]
            )  # [K, N·V]
            for support, key, beta, value in self.sparse[letter][place]:
                products = key[:, None] * S[support]
                sizes, values = np.abs(products).sum(axis=0), np.tile(value, len(states))
                self._within(sizes, g_dot, "k·S")
                self._within(np.abs(values) + sizes, max(g_dot, g_value), "v − k·S")
                gap = values - products.sum(axis=0)
                update = beta * gap
                self._within(np.abs(update), g_update, "β(v − k·S)")
                change = key[:, None] * update
                self._within(np.abs(S[support]) + np.abs(change), g_key + g_update, "S + k u")
                S[support] += change
                self._on_grid(S[support], g_state, "a state between two steps")
            result[:, place] = unfolded(S, self.V)
        return result

    def check_reads(self, states: Floats, g_state: int) -> int:
        """The grid of what is read of these states. Raises NotExact when reading them might round."""
        g_read = self.grids["queries"] + g_state
        sizes = np.einsum("hk,nhkv->nhv", np.abs(self.wide["queries"]), np.abs(states[:, self.holder])).reshape(len(states), -1)
        self._within(sizes, g_read, "S·q")
        return g_read

    def check_readout(self, states: Floats, g_state: int) -> None:
        """Raises NotExact when naming these states might round."""
        g_read = self.check_reads(states, g_state)
        reads = np.abs(self.reads(states))
        g_logit = max(self.grids["readout"] + g_read, self.grids["bias"])
        self._within(reads @ np.abs(self.wide["readout"]).T + np.abs(self.wide["bias"]), g_logit, "W o + b")


def folded(states: Floats) -> Floats:
    """[N, K, V] as [K, N·V]: all states' columns side by side, for one matrix product."""
    return np.ascontiguousarray(states.transpose(1, 0, 2)).reshape(states.shape[1], -1)


def unfolded(columns: Floats, V: int) -> Floats:
    """[K, N·V] as [N, K, V]."""
    return columns.reshape(len(columns), -1, V).transpose(1, 0, 2)


def exact_closure(network: ExactNetwork, tables: Tables, machine: Machine) -> Exploration:
    """The search in exact numbers, with its exactness in the network's format checked. Raises NotExact."""
    limit = min(STATES_UP_TO, max(1000, STATE_NUMBERS_UP_TO // network.initial.size))
    found = explore(machine, tables.accepting, network.initial, network.advance, network.name, limit)
    if not found.closed and found.failing is None:
        raise NotExact(f"more than {limit} states")
    check(network, found, machine.table.shape[1])
    return found


def check(network: ExactNetwork, found: Exploration, letters: int) -> None:
    """Every step that was searched, and every readout, within bounds and as recorded. Raises NotExact."""
    everything = np.stack(found.states)
    g_state = grid(everything, FINEST_STATE_GRID)
    if g_state is None:
        raise NotExact(f"the states are not whole multiples of 2^-{FINEST_STATE_GRID}")
    for letter in range(letters):
        nodes = [node for node in range(len(everything)) if (node, letter) in found.successors]
        if nodes:
            landed = network.advance_checked(everything[nodes], letter, g_state)
            if not np.array_equal(landed, everything[[found.successors[node, letter] for node in nodes]]):
                raise NotExact(f"the steps of letter {letter} and their product disagree")
    network.check_readout(everything, g_state)
