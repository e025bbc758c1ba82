"""The states of one layer of several, numbered as they are met, in exact numbers or in the layer's own float arithmetic."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from .exact_closure import FINEST_STATE_GRID, ExactNetwork
from .explore import canonical
from .float_closure import FloatNetwork
from .formats import Floats, grid
from .mlp import NotExact

Ids = npt.NDArray[np.int64]
NUMBERS_UP_TO = 2**26  # numbers in the states of one layer


class TooMany(NotExact):
    """One layer alone has too many states."""


class Arithmetic(Protocol):
    """What moves and reads states [N, heads, K, V]."""

    @property
    def initial(self) -> Floats: ...
    def advance(self, states: Floats, letter: int) -> Floats: ...
    def reads(self, states: Floats) -> Floats: ...


def distinct(rows: Ids) -> tuple[Ids, Ids, Ids]:
    """The different rows, where each is first, and which of them each row is; quick for one row, as in searches of one letter."""
    if len(rows) == 1:
        return rows, np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
    found, first, back = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    return found, first, back.ravel()


class LayerSpace:
    """States by number, and where each symbol met leads from each."""

    def __init__(self, network: ExactNetwork | FloatNetwork):
        self.network: Arithmetic = network
        self.exact = isinstance(network, ExactNetwork)
        self._ids: dict[bytes, int] = {}
        self._states: list[np.ndarray] = []
        self._next: dict[tuple[int, int], int] = {}
        self._reads: list[np.ndarray] = []
        self.enter(canonical(network.initial[None]))

    def __len__(self) -> int:
        return len(self._states)

    def enter(self, states: np.ndarray) -> list[int]:
        """The numbers of states [N, ...], new ones given to those not met before."""
        first, numbers = len(self._states), []
        for state in states:
            number = self._ids.setdefault(state.tobytes(), len(self._states))
            if number == len(self._states):
                self._states.append(state)
            numbers.append(number)
        if len(self._states) > first:
            self._reads.extend(self.network.reads(np.stack(self._states[first:])))
        return numbers

    def advance(self, at: Ids, symbols: Ids) -> Ids:
        """Where symbols [N] lead from the states numbered `at` [N]. Raises TooMany before the states become too many, NotExact
        where exact numbers leave their grid."""
        codes, _, back = distinct(symbols << 32 | at)  # symbol and state in one number
        pairs = [(code >> 32, code & 0xFFFFFFFF) for code in codes.tolist()]
        missing: dict[int, list[int]] = {}
        for symbol, state in pairs:
            if (symbol, state) not in self._next:
                missing.setdefault(symbol, []).append(state)
        for symbol, sources in missing.items():
            if (len(self._states) + len(sources)) * self._states[0].size > NUMBERS_UP_TO:
                raise TooMany(f"one layer alone has more than {len(self._states):,} states")
            reached = canonical(self.network.advance(np.stack([self._states[state] for state in sources]), symbol))
            for source, target in zip(sources, self.enter(reached), strict=True):
                self._next[symbol, source] = target
        return np.array([self._next[pair] for pair in pairs], dtype=np.int64)[back]

    def reads(self, at: Ids) -> Floats:
        """What is read of the states numbered `at`: [N, R]."""
        met, _, back = distinct(at)
        return np.stack([self._reads[number] for number in met.tolist()]).astype(np.float64)[back]

    @property
    def states(self) -> Floats:
        """All states found, [N, heads, K, V]."""
        return np.stack(self._states)

    @property
    def size(self) -> int:
        """Bytes of all states."""
        return len(self._states) * self._states[0].nbytes

    def successors(self) -> dict[int, list[tuple[int, int]]]:
        """For each symbol met, the pairs (from, to)."""
        found: dict[int, list[tuple[int, int]]] = {}
        for (symbol, source), target in self._next.items():
            found.setdefault(symbol, []).append((source, target))
        return found

    def check(self) -> None:
        """That nothing rounded in any step or read. Raises NotExact."""
        network = self.network
        assert isinstance(network, ExactNetwork)
        everything = self.states
        g_state = grid(everything, FINEST_STATE_GRID)
        if g_state is None:
            raise NotExact(f"the states are not whole multiples of 2^-{FINEST_STATE_GRID}")
        for symbol, moves in self.successors().items():
            sources, targets = np.array(moves).T
            if not np.array_equal(network.advance_checked(everything[sources], symbol, g_state), everything[targets]):
                raise NotExact(f"the steps of symbol {symbol} and their product disagree")
        network.check_reads(everything, g_state)
