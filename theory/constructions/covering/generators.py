"""Letters that make the others: the search for bits needs no more.

Statement     let registers track a machine on some of its letters, the generators.  Then they track it on a letter that acts as a word
              over the generators, by doing what they do on that word (copyless moves one after the other are copyless), and
              on a letter that sends all states to one t which the generators reach, by being overwritten with a vector that stands for
              t.  No new vector is reached either way.
Choice        letters that merge fewer states first, since a word never merges fewer than its letters do; resets last.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....automata.dfa import DFA
from ....automata.errors import NotInMonoid
from ....automata.monoid import TransitionMonoid
from ....automata.reach import breadth_first_order
from ..registers import ONE, ZERO, Registers


@dataclass(frozen=True)
class Generators:
    """letters: the generators, ascending; made[a]: the word of generators (by their places) that letter a acts as, or None for a
    reset; resets[a]: the state to which letter a sends all, where it is such a reset."""

    letters: tuple[int, ...]
    made: dict[int, tuple[int, ...]]
    resets: dict[int, int]

    def machine(self, dfa: DFA) -> DFA:
        """The machine on the generators alone."""
        return DFA(dfa.table[:, self.letters], dfa.start, [], self.letters)

    def extended(self, registers: Registers, code_of: dict[int, tuple[int, ...]]) -> Registers:
        """Registers over all letters from those over the generators; code_of[t]: the bits that stand for state t."""
        updates = []
        for a in range(len(self.made) + len(self.resets)):
            if a in self.resets:
                updates.append(tuple(ONE if bit else ZERO for bit in code_of[self.resets[a]]))
                continue
            done = tuple(range(registers.K))
            for x in self.made[a]:
                done = tuple(taken if taken < 0 else done[taken] for taken in registers.updates[x])
            updates.append(done)
        return Registers(registers.start, tuple(updates))


def generators(dfa: DFA, limit: int) -> Generators:
    """The generators of a machine of two states or more, all reachable. Raises TooLarge for a monoid above the limit.

    >>> found = generators(DFA([[1, 0, 0, 0], [0, 0, 1, 1]], 0, [], "xryz"), limit=10)
    >>> found.letters, found.made, found.resets
    ((0,), {0: (0,), 2: (), 3: ()}, {1: 0})
    """
    columns, n = dfa.table.T, dfa.n_states
    kept = [len(np.unique(column)) for column in columns]
    chosen: list[int] = []
    monoid: TransitionMonoid | None = None
    for a in sorted((a for a in range(dfa.n_letters) if kept[a] > 1), key=lambda a: -kept[a]):
        if np.array_equal(columns[a], np.arange(n)) or (monoid is not None and _made(monoid, columns[a]) is not None):
            continue
        chosen.append(a)
        monoid = TransitionMonoid(DFA(dfa.table[:, chosen], 0, [], chosen), limit)
    reached = set(breadth_first_order(dfa.table[:, chosen], dfa.start).tolist()) if chosen else {dfa.start}
    constants = [a for a in range(dfa.n_letters) if kept[a] == 1]
    for a in constants:
        if int(columns[a, 0]) not in reached:
            chosen.append(a)
            reached = set(breadth_first_order(dfa.table[:, chosen], dfa.start).tolist())
    resets = {a: int(columns[a, 0]) for a in constants if a not in chosen}
    chosen.sort()
    place = {a: i for i, a in enumerate(chosen)}
    monoid = TransitionMonoid(DFA(dfa.table[:, chosen], 0, [], chosen), limit)
    made = {a: (place[a],) if a in place else _made(monoid, columns[a]) for a in range(dfa.n_letters) if a not in resets}
    assert all(word is not None for word in made.values())
    return Generators(tuple(chosen), {a: word for a, word in made.items() if word is not None}, resets)


def _made(monoid: TransitionMonoid, column: np.ndarray) -> tuple[int, ...] | None:
    """The first of the shortest words that act as this map."""
    try:
        return tuple(monoid.words.letters(monoid.index(column)))
    except NotInMonoid:
        return None
