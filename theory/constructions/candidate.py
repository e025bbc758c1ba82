"""A way to put a machine into one layer, with its cost known before anything large is built.

Notation      a bank is one or more heads that hold the same state and read it along different queries;
              codes [n_states, K, V] are the states' codes in the bank, in the numbering of the machine's reachable part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from ...automata.dfa import DFA
from ...automata.reach import breadth_first_order, reachable_states
from ..exact_layer import ExactLayer, Head, LetterAction
from ..householder import overwrite
from .readout import BFLOAT16_COUNTS_TO, Ints, choose_queries, largest_partial_sum, largest_sum, read_values, rows
from .registers import Keys, Registers


class Bank(Protocol):
    """What a candidate needs to know of a bank."""

    @property
    def codes(self) -> Ints: ...
    @property
    def gated(self) -> bool: ...
    @property
    def n_h(self) -> int: ...
    @property
    def K(self) -> int: ...
    def head(self, query: Sequence[int]) -> Head: ...


@dataclass(frozen=True)
class RegisterBank:
    """Copyless bits, and every state's code in them."""

    registers: Registers
    codes: Ints
    keys: Keys

    @property
    def gated(self) -> bool:
        return self.registers.best_gating(self.keys)

    @property
    def n_h(self) -> int:
        return self.registers.steps_needed(self.keys, self.gated)

    @property
    def K(self) -> int:
        return self.registers.K * self.registers.copies(self.keys)

    def head(self, query: Sequence[int]) -> Head:
        return self.registers.head(query, self.keys)


@dataclass(frozen=True)
class ConstantBank:
    """One row that each letter keeps (target None) or overwrites with the code of a state; codes [n_states, 1, V]."""

    codes: Ints
    start: int
    targets: tuple[int | None, ...]
    gated: bool = False
    n_h: int = 1
    K: int = 1

    def head(self, query: Sequence[int]) -> Head:
        def action(target: int | None) -> LetterAction:
            return LetterAction(() if target is None else (overwrite(0, self.codes[target, 0].tolist(), 1),))

        return Head(self.codes[self.start].astype(object), tuple(query), tuple(map(action, self.targets)))


@dataclass(frozen=True)
class Candidate:
    """A kind of construction, by name, and its banks. `layer(dfa)` writes it out."""

    kind: str
    banks: tuple[Bank, ...]

    @cached_property
    def queries(self) -> tuple[Ints, ...]:
        """The queries of each bank [n_queries, K]."""
        budget = BFLOAT16_COUNTS_TO // len(self.banks)
        return tuple(
            np.ones((1, 1), dtype=np.int64) if isinstance(bank, ConstantBank) else choose_queries(bank.codes, budget)
            for bank in self.banks
        )

    @cached_property
    def values(self) -> Ints:
        """What all queries read of each state [n_states, sum of V]."""
        return np.hstack([read_values(bank.codes, queries) for bank, queries in zip(self.banks, self.queries, strict=True)])

    @property
    def n_h(self) -> int:
        return max(bank.n_h for bank in self.banks)

    @property
    def heads(self) -> int:
        return sum(map(len, self.queries))

    @property
    def K(self) -> int:
        return max(bank.K for bank in self.banks)

    @property
    def V(self) -> int:
        return max(bank.codes.shape[2] for bank in self.banks)

    @property
    def gated(self) -> bool:
        return any(bank.gated for bank in self.banks)

    @property
    def exact_to(self) -> int:
        """A bound on every partial sum of reading and readout; bfloat16 counts to 256, float16 to 2048, float32 to 2^24."""
        reads = (largest_sum(bank.codes, queries) for bank, queries in zip(self.banks, self.queries, strict=True))
        return max(largest_partial_sum(self.values), *reads)

    def cost(self) -> tuple[int, int, int]:
        """Steps a token, then numbers of state, then heads: what the least is taken of."""
        return self.n_h, self.heads * self.K * self.V, self.heads

    def layer(self, dfa: DFA) -> ExactLayer:
        """The layer that tracks `dfa`, its states in the numbering given; states out of reach are never named."""
        heads = tuple(
            bank.head(query.tolist()) for bank, queries in zip(self.banks, self.queries, strict=True) for query in queries
        )
        weights, bias = rows(self.values)
        states = reachable_states(dfa)
        readout = np.zeros((dfa.n_states, weights.shape[1]), dtype=object)
        offset = np.full(dfa.n_states, -1, dtype=object)  # the right row is never negative
        readout[states], offset[states] = weights.tolist(), bias.tolist()
        return ExactLayer(dfa.alphabet, heads, readout, tuple(offset))


def register_codes(dfa: DFA, registers: Registers) -> Ints | None:
    """Every state's code [n_states, K, V] when the registers keep one code a state, else None.

    This is the proof by closure: the start has the registers' start, and for all states q and letters a the registers take
    the code of q to the code of q·a.  All states of `dfa` must be reachable.
    """
    start = np.array(registers.start, dtype=np.int8)
    codes = np.zeros((dfa.n_states, *start.shape), dtype=np.int8)
    known = np.zeros(dfa.n_states, dtype=bool)
    codes[dfa.start], known[dfa.start] = start, True
    for q in breadth_first_order(dfa.table, dfa.start).tolist():
        for a, target in enumerate(dfa.table[q].tolist()):
            if not known[target]:
                codes[target], known[target] = registers.step(codes[q], a), True
    for a, update in enumerate(registers.updates):
        extended = np.concatenate([codes, np.ones_like(codes[:, :1]), np.zeros_like(codes[:, :1])], axis=1)
        if not np.array_equal(extended[:, list(update)], codes[dfa.table[:, a]]):
            return None
    return codes.astype(np.int64)
