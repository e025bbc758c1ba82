"""A DeltaProduct layer in exact numbers: what a compiler writes, before any float.

Notation      head h has a state S [K, V], started at `initial`; letter a first multiplies S by its gate, then does its steps
              S ← (I − β k kᵀ) S + β k vᵀ in order.  The head is read as o = Sᵀ q [V].  All heads' o, one after the other, are the
              layer's output; the state named is the first row of the largest entry of  W o + b.
Tracked       a layer tracks a DFA when after every word that row is the DFA's state.
Source        Siems et al. 2502.10297 for n_h steps a token and the gate before them; the initial state is written down rather
              than written by a first token, which a stock layer does with one step a key row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..automata.errors import BadStep
from .householder import Step
from .numbers import Number, exact, exact_matrix, exact_vector


@dataclass(frozen=True)
class LetterAction:
    """What one letter does to one head: S is multiplied by the gate, 0 ≤ gate ≤ 1, then goes through the steps in order.

    Raises BadStep when the gate leaves [0, 1].
    """

    steps: tuple[Step, ...]
    gate: Number = 1

    def __post_init__(self):
        object.__setattr__(self, "gate", exact(self.gate))
        if not 0 <= self.gate <= 1:
            raise BadStep(f"gate {self.gate} is outside [0, 1]")

    def apply(self, state: np.ndarray) -> np.ndarray:
        """The state [K, V] after the letter."""
        if self.gate != 1:
            state = self.gate * state
        for step in self.steps:
            state = step.apply(state)
        return state


@dataclass(frozen=True, eq=False)  # arrays inside: two heads are the same when they are one object
class Head:
    """One head: initial [K, V], query [K], and a LetterAction a letter, all exact. Raises BadStep on sizes that do not fit."""

    initial: Any  # rows of numbers when made, an object array afterwards
    query: Sequence[Number]
    letters: Sequence[LetterAction]

    def __post_init__(self):
        object.__setattr__(self, "initial", exact_matrix(self.initial))
        object.__setattr__(self, "query", exact_vector(self.query))
        if len(self.query) != self.K:
            raise BadStep(f"the query has {len(self.query)} entries for a state of {self.K} rows")
        for a, action in enumerate(self.letters):
            for j, step in enumerate(action.steps):
                if (len(step.key), len(step.value)) != (self.K, self.V):
                    raise BadStep(
                        f"step {j} of letter {a} has a key of {len(step.key)} and a value of {len(step.value)} entries; "
                        f"the state is [{self.K}, {self.V}]"
                    )

    @property
    def K(self) -> int:
        return self.initial.shape[0]

    @property
    def V(self) -> int:
        return self.initial.shape[1]

    @cached_property
    def n_h(self) -> int:
        """Steps a token: the longest letter's, at least 1."""
        return max([1, *(len(action.steps) for action in self.letters)])

    @cached_property
    def gated(self) -> bool:
        return any(action.gate != 1 for action in self.letters)

    def read(self, state: np.ndarray) -> np.ndarray:
        """o = Sᵀ q [V]."""
        return np.array(self.query, dtype=object) @ state


@dataclass(frozen=True, eq=False)
class ExactLayer:
    """Heads and a linear readout over the states of a machine.

    alphabet  the letters, in the order of each head's actions
    heads     at least one
    readout   [n_states, sum of V], bias [n_states]
    Raises    BadStep on sizes that do not fit

    >>> flip = Step(2, (1,), (0,))                        # the paper's parity: one mirror of the line, β = 2
    >>> head = Head([[1]], (1,), (LetterAction(()), LetterAction((flip,))))
    >>> ExactLayer(("0", "1"), (head,), [[1], [-1]], [0, 0]).states("0110")
    [0, 0, 1, 0, 0]
    """

    alphabet: Sequence[Any]
    heads: Sequence[Head]
    readout: Any  # rows of numbers when made, an object array afterwards
    bias: Sequence[Number]

    def __post_init__(self):
        object.__setattr__(self, "readout", exact_matrix(self.readout))
        object.__setattr__(self, "bias", exact_vector(self.bias))
        if not self.heads:
            raise BadStep("a layer without heads; it needs at least one")
        width = sum(head.V for head in self.heads)
        if self.readout.shape != (len(self.bias), width):
            raise BadStep(f"the readout has shape {self.readout.shape}, not [{len(self.bias)}, {width}]")
        for h, head in enumerate(self.heads):
            if len(head.letters) != len(self.alphabet):
                raise BadStep(f"head {h} has actions for {len(head.letters)} letters; the alphabet has {len(self.alphabet)}")

    @property
    def n_states(self) -> int:
        return len(self.bias)

    @property
    def n_h(self) -> int:
        return max(head.n_h for head in self.heads)

    @property
    def K(self) -> int:
        return max(head.K for head in self.heads)

    @property
    def V(self) -> int:
        return max(head.V for head in self.heads)

    @property
    def gated(self) -> bool:
        return any(head.gated for head in self.heads)

    def latex(self) -> str:
        """What each letter does to each head, and the readout: a part of a document (theory/latex)."""
        from .latex import layer

        return layer(self)

    def _repr_latex_(self) -> str | None:
        from .latex import formula

        return formula(self)

    def start(self) -> tuple[np.ndarray, ...]:
        """The heads' initial states."""
        return tuple(head.initial for head in self.heads)

    def step(self, states: Sequence[np.ndarray], letter: int) -> tuple[np.ndarray, ...]:
        """The heads' states after one more letter (by number)."""
        return tuple(head.letters[letter].apply(state) for head, state in zip(self.heads, states, strict=True))

    def logits(self, states: Sequence[np.ndarray]) -> np.ndarray:
        """W o + b [n_states]."""
        read = np.concatenate([head.read(state) for head, state in zip(self.heads, states, strict=True)])
        return self.readout @ read + np.array(self.bias, dtype=object)

    def decode(self, states: Sequence[np.ndarray]) -> int:
        """The first row of the largest logit."""
        logits = list(self.logits(states))
        return logits.index(max(logits))

    def states(self, word: Iterable[Any]) -> list[int]:
        """The machine's states along a word, start first, computed exactly. Raises KeyError on an unknown letter."""
        index = {letter: a for a, letter in enumerate(self.alphabet)}
        current = self.start()
        visited = [self.decode(current)]
        for letter in word:
            current = self.step(current, index[letter])
            visited.append(self.decode(current))
        return visited
