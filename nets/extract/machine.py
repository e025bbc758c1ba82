"""A Moore machine: an automaton that answers with one of several classes after each letter, as a trained network does.

Notation   table [n, k], `table[q, a]` where state q goes on letter a; outputs [n] class numbers: what is answered in state q.
Silence    a network of `nets.models` has no logits before the first letter.  Its answer to the empty word is taken from the task's
           machine.  Where there is none it is SILENT, and `settled` chooses the answer that makes the machine smallest.
Not asked  some tasks ask nothing after some words: a sum that ends in "+".  There the answer is NOT_ASKED, whatever the network says.
Source     E. F. Moore, Gedanken-experiments on sequential machines, 1956.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...automata.dfa import DFA
from ...automata.hopcroft import hopcroft
from ...automata.jsonio import letters_to_json
from ...automata.reach import breadth_first_order

SILENT = -1
NOT_A_NUMBER = -2  # answered where a logit is none
NOT_ASKED = -100  # as in tasks/base.py
Tokens = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Moore:
    """letters are those of the task, classes the names of its answers.

    >>> parity = Moore(np.array([[0, 1], [1, 0]]), 0, np.array([0, 1]), tuple("01"), ("even", "odd"))
    >>> parity.answers(np.array([[1, 1, 0, 1]])).tolist()
    [[1, 0, 0, 1]]
    """

    table: Tokens
    start: int
    outputs: Tokens
    letters: tuple[Hashable, ...]
    classes: tuple[Hashable, ...]

    @property
    def n_states(self) -> int:
        return len(self.table)

    @property
    def dead(self) -> npt.NDArray[np.bool_]:
        """States [n] that no letter leaves, and in which nothing is asked."""
        stays = (self.table == np.arange(self.n_states)[:, None]).all(axis=1)
        return stays & (self.outputs == NOT_ASKED)

    def states(self, tokens: npt.NDArray[np.integer]) -> Tokens:
        """[B, T] to [B, T + 1], the start first. Raises UnknownLetter."""
        return self.dfa().run(tokens).astype(np.int64)

    def __eq__(self, other: object) -> bool:
        """The same numbering, too: for minimal machines this is having the same answers (see `minimized`)."""
        if not isinstance(other, Moore):
            return NotImplemented
        return (
            (self.start, self.letters, self.classes) == (other.start, other.letters, other.classes)
            and np.array_equal(self.table, other.table)
            and np.array_equal(self.outputs, other.outputs)
        )

    __hash__ = None  # pyright: ignore[reportAssignmentType]

    def answers(self, tokens: npt.NDArray[np.integer]) -> Tokens:
        """The class after each letter, [B, T] to [B, T]. Raises UnknownLetter."""
        return self.outputs[self.states(tokens)[:, 1:]]

    def dfa(self, accepting: Collection[int] = ()) -> DFA:
        """As an automaton that accepts in the states with an answer among `accepting`; named after them, where all differ."""
        names = None
        if len(np.unique(self.outputs)) == self.n_states:
            names = [self.name(c) for c in self.outputs.tolist()]
        accepts = np.flatnonzero(np.isin(self.outputs, list(accepting)))
        return DFA(self.table, self.start, accepts, self.letters, state_names=names)

    def name(self, answer: int) -> Hashable:
        """Of a class number, or of what stands for one."""
        special = {SILENT: "no answer", NOT_ASKED: "nothing asked", NOT_A_NUMBER: "not a number"}
        return special[answer] if answer < 0 else self.classes[answer]

    def minimized(self) -> Moore:
        """The smallest machine with these answers, states in breadth-first order: equal answers give equal machines."""
        order = breadth_first_order(self.table, self.start)
        number = np.zeros(self.n_states, dtype=np.int64)
        number[order] = np.arange(len(order))
        table, outputs = number[self.table[order]], self.outputs[order]
        classes = hopcroft(table, np.unique(outputs, return_inverse=True)[1])
        first = np.sort(np.unique(classes, return_index=True)[1])  # breadth-first again: see automata/minimize.py
        state = np.empty(len(first), dtype=np.int64)
        state[classes[first]] = np.arange(len(first))
        return Moore(state[classes[table[first]]], 0, outputs[first], self.letters, self.classes)

    def settled(self) -> Moore:
        """Minimal, and where the start is SILENT it is merged with the first state that every letter leads on from alike, if any."""
        machine = self.minimized()
        alike = np.flatnonzero((machine.table == machine.table[0]).all(axis=1))[1:]
        if machine.outputs[0] != SILENT or not len(alike):
            return machine
        outputs = machine.outputs.copy()
        outputs[0] = outputs[alike[0]]
        return Moore(machine.table, 0, outputs, self.letters, self.classes).minimized()

    def distinguishing_word(self, other: Moore) -> list[int] | None:
        """A shortest word of letter numbers after which the answers differ; None when there is none.

        The search is that of `automata/equivalence.py`, once for each class: is this the answer, or another?

        >>> a, b = (Moore(np.array([[1], [2], [2]]), 0, np.array([0, 0, c]), ("a",), ("no", "yes")) for c in (0, 1))
        >>> a.distinguishing_word(b)
        [0, 0]
        """
        numbers = range(self.table.shape[1])
        found: list[list[int]] = []
        for c in np.union1d(self.outputs, other.outputs).tolist():
            ours, theirs = (DFA(m.table, m.start, np.flatnonzero(m.outputs == c), numbers) for m in (self, other))
            word: Any = ours.distinguishing_word(theirs)
            if word is not None:
                found.append(list(word))
        return min(found, key=len, default=None)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "table": self.table.tolist(),
            "start": self.start,
            "outputs": self.outputs.tolist(),
            "letters": letters_to_json(self.letters),
            "classes": letters_to_json(self.classes),
        }
