"""The machines of the check: one head each that tracks a machine of the gallery, and all its true states.

Notation    A letters; letter a multiplies S [K, V] by gates[a] ∈ {0, 1}, then does its steps S ← (I − β k kᵀ) S + β k vᵀ in order.
True states The head's states are found by breadth-first search in exact arithmetic: finitely many, with the letters' action on
            them.  That action is a machine itself, so the true state after any number of tokens is a table look-up, and nothing
            that is compared with a kernel was ever computed in floats.
Why these   S_5 by swaps has one reflection a token and no smaller faithful form; D_4 has β = 2 and steps that do not commute;
            permutation-reset closes gates and writes; the saturating counter overwrites and writes; parity is the least.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from ...automata import languages
from ...automata.dfa import DFA
from ...automata.errors import BadArgument, TooLarge
from ...theory.constructions.registers import Keys
from ...theory.exact_layer import Head
from ..compile import choose

MACHINES = ("S_5_only_swaps", "D_4", "permutation_reset_5", "saturating_counter_3", "parity")
MOST_STATES = 20_000


@dataclass(frozen=True, eq=False)
class Tracker:
    """A machine of the gallery in one head; numbers are dyadic, so float64 holds them exactly.

    dfa      the machine; head, the exact head that tracks it
    run      the head's states as a machine: run.run(words) are their numbers along words
    states   [n, K, V], the head's states by number
    weights  [dfa.n_states, V] and bias [dfa.n_states]: the machine's state is the first largest entry of  weights · o + bias
    """

    name: str
    dfa: DFA
    head: Head
    run: DFA
    states: np.ndarray
    weights: np.ndarray
    bias: np.ndarray

    @property
    def query(self) -> np.ndarray:
        """[K]."""
        return np.array([float(x) for x in self.head.query])

    @property
    def size(self) -> float:
        """The largest norm of a true state, which distances are relative to."""
        return float(np.sqrt((self.states**2).sum((1, 2)).max()))


@cache
def tracker(name: str, keys: Keys) -> Tracker:
    """The cheapest one-layer form of a machine of the gallery.

    Raises  UnknownLanguage; NotCompilable for machines that no single layer tracks; BadArgument for those that take several heads

    >>> S_5 = tracker("S_5_only_swaps", "raw")
    >>> S_5.states.shape, S_5.head.n_h
    ((120, 5, 4), 1)
    """
    dfa = languages.get(name)
    stack = choose(dfa, keys, 1, None)[0].stack(dfa)
    head, *others = stack.layers[0]
    maps = list(zip(stack.reader.weights, stack.reader.biases, strict=True))
    if others or len(maps) > 1:
        raise BadArgument(f"{name} takes several heads; the check runs machines of one head, such as {', '.join(MACHINES)}")
    if any(action.gate not in (0, 1) for action in head.letters):
        raise BadArgument(f"{name} takes gates between 0 and 1; the check runs machines whose gates are open or closed")
    run, states = closure(head, dfa)
    weights, bias = (np.asarray(x).astype(np.float64) for x in maps[0])
    return Tracker(name, dfa, head, run, states, weights, bias)


def closure(head: Head, dfa: DFA) -> tuple[DFA, np.ndarray]:
    """The head's reachable states, exactly: the letters' action on their numbers, and the states [n, K, V]. Raises TooLarge."""
    found = [head.initial]
    number = {tuple(head.initial.flat): 0}
    table: list[list[int]] = []
    for state in found:
        row = []
        for action in head.letters:
            after = action.apply(state)
            key = tuple(after.flat)
            if key not in number:
                if len(found) == MOST_STATES:
                    raise TooLarge(f"the head has more than {MOST_STATES:,} states; take a smaller machine")
                number[key] = len(found)
                found.append(after)
            row.append(number[key])
        table.append(row)
    return DFA(table, 0, [], dfa.alphabet), np.array(found).astype(np.float64)
