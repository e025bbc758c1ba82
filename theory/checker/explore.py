"""Breadth-first search over pairs (network state, machine state), until nothing new appears or a pair disagrees.

Statement     if the search closes and the readout is right on every pair, network and machine agree on every word of every length:
              by induction on the word, the pair it leads to is one of those found.  The first pair to disagree is reached by a
              shortest failing word.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

UNDECIDED = -1
UNDECIDED_KEPT = 100


@dataclass(frozen=True)
class Machine:
    """The automaton to agree with: table [n, A], start, accepting [n] bool; `by_state`: the network must name its states, else
    only agree on which words are accepted."""

    table: npt.NDArray[np.int64]
    start: int
    accepting: npt.NDArray[np.bool_]
    by_state: bool


@dataclass
class Exploration:
    """What a search found.

    closed      whether every successor of every pair was found
    failing     a failing word (letter numbers), or None; none is shorter, unless one of `undecided` is
    undecided   words whose readout is too close to call, the shortest ones
    depth       every word of at most so many letters was checked
    """

    closed: bool = False
    failing: list[int] | None = None
    undecided: list[list[int]] = field(default_factory=list)
    depth: int = 0
    states: list[np.ndarray] = field(default_factory=list)
    machine_states: list[int] = field(default_factory=list)
    successors: dict[tuple[int, int], int] = field(default_factory=dict)
    parents: list[tuple[int, int]] = field(default_factory=list)

    def word_to(self, node: int) -> list[int]:
        """The letters that lead to a pair."""
        letters = []
        while node:
            node, letter = self.parents[node]
            letters.append(letter)
        return letters[::-1]


def explore(
    machine: Machine,
    network_accepts: npt.NDArray[np.bool_],
    initial: np.ndarray,
    advance: Callable[[np.ndarray, int], np.ndarray],
    name: Callable[[np.ndarray], npt.NDArray[np.int64]],
    limit: int,
) -> Exploration:
    """Search from `initial` [...] with advance(states [N, ...], letter) -> [N, ...] and name(states [N, ...]) -> [N], the states named
    (UNDECIDED where rounding might tip the balance), until there are more than `limit` pairs."""
    found = Exploration()
    index: dict[tuple[bytes, int], int] = {}

    def admit(states: np.ndarray, targets: list[int], origins: list[tuple[int, int]]) -> bool:
        """Enter new pairs and judge them; False at the first that is certainly wrong."""
        first = len(found.states)
        for state, q, origin in zip(states, targets, origins, strict=True):
            key = (state.tobytes(), q)
            node = index.get(key)
            if node is None:
                node = index[key] = len(found.states)
                found.states.append(state)
                found.machine_states.append(q)
                found.parents.append(origin)
            if origin[1] >= 0:
                found.successors[origin] = node
        if first == len(found.states):
            return True
        named = name(np.stack(found.states[first:]))
        expected = np.array(found.machine_states[first:])
        right = network_accepts[np.maximum(named, 0)] == machine.accepting[expected]
        if machine.by_state:
            right &= named == expected
        undecided = named == UNDECIDED
        for node in np.flatnonzero(undecided)[: UNDECIDED_KEPT - len(found.undecided)].tolist():
            found.undecided.append(found.word_to(first + node))
        wrong = np.flatnonzero(~right & ~undecided)
        if len(wrong):
            found.failing = found.word_to(first + int(wrong[0]))
        return not len(wrong)

    if not admit(canonical(initial[None]), [machine.start], [(0, -1)]):
        return found
    begin = 0
    while begin < len(found.states):
        end = len(found.states)
        frontier = np.stack(found.states[begin:end])
        at = np.array(found.machine_states[begin:end])
        for letter in range(machine.table.shape[1]):
            reached = canonical(advance(frontier, letter))
            origins = [(node, letter) for node in range(begin, end)]
            if not admit(reached, machine.table[at, letter].tolist(), origins) or len(found.states) > limit:
                return found
        begin = end
        found.depth += 1
    found.closed = True
    return found


def canonical(states: np.ndarray) -> np.ndarray:
    """One zero and one NaN, so that equal states have equal bytes."""
    states = states + np.zeros((), dtype=states.dtype)  # −0 + 0 is +0
    states[np.isnan(states)] = np.nan
    return np.ascontiguousarray(states)
