"""The fewest components: iterated deepening over the splits.

Greedy        first, always the split that leaves the fewest states, for an upper bound.
Search        can this machine be held in L components?  For L = 1 if a construction takes it; else if some split leaves a machine
              that L − 1 can hold and one layer can hold what is split off.  L grows from 1 until the answer is yes, or the time is
              up.  Of a few answers for that L the cheapest is taken: least n_h, then fewest parameters.
"Fewest"      means the fewest found: other splits, and covers with several states for one, may need fewer.  `cut_short` tells whether
              the time ran out before all splits of smaller depth were tried.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from ...automata.cascade import Cascade
from ...automata.dfa import DFA
from ..constructions.stacks import StackDesign
from .components import Library
from .splits import Split, around_sink, holes, images, memories, quotients

QUOTIENTS_TRIED = 6
CONGRUENCES_UP_TO_STATES = 24
SYMBOLS_UP_TO = 3000
QUICK_STATES = 12  # up to here a way down is found in seconds


@dataclass
class Search:
    """library: what one layer can hold; deadline by time.monotonic()."""

    library: Library
    deadline: float
    cut_short: bool = False
    _refused: dict[tuple[DFA, int], None] = field(default_factory=dict)
    _splits: dict[DFA, list[Split]] = field(default_factory=dict)

    def within(self, rest: DFA, layers: int) -> Iterator[list[Split]]:
        """Lists of at most layers − 1 splits after which what is left is one component."""
        if self.library.component(rest) is not None:
            yield []
            return
        if layers <= 1 or (rest, layers) in self._refused:
            return
        found = False
        for split in self.splits(rest):
            if time.monotonic() > self.deadline:
                self.cut_short = True
                return
            for tail in self.within(split.rest, layers - 1):
                found = True
                yield [split, *tail]
        if not found and not self.cut_short:
            self._refused[rest, layers] = None

    def greedy(self, rest: DFA) -> list[Split]:
        """Always the split that leaves the fewest states: an upper bound, for small machines whatever the deadline."""
        path: list[Split] = []
        while self.library.component(rest) is None:
            if rest.n_states > QUICK_STATES and time.monotonic() > self.deadline:
                self.cut_short = True
                return []
            splits = self.splits(rest)
            if not splits:
                return []
            path.append(min(splits, key=lambda split: (split.rest.n_states, split.machine.n_states, split.rest.n_letters)))
            rest = path[-1].rest
        return path

    def splits(self, rest: DFA) -> list[Split]:
        """Those whose component one layer can hold, the most promising first."""
        if rest not in self._splits:
            self._splits[rest] = list(self._find(rest))
        return self._splits[rest]

    def _find(self, rest: DFA) -> Iterator[Split]:
        if rest.n_states <= CONGRUENCES_UP_TO_STATES:
            for family in (quotients(rest), around_sink(rest)):
                tried = 0
                for split in family:
                    if time.monotonic() > self.deadline:
                        self.cut_short = True
                        break
                    if self._good(split):
                        tried += 1
                        yield split
                    if tried >= QUOTIENTS_TRIED:
                        break
        for split in (images(rest), holes(rest), *memories(rest)):
            if split is not None and self._good(split):
                yield split

    def _good(self, split: Split) -> bool:
        return split.rest.n_letters <= SYMBOLS_UP_TO and self.library.component(split.machine) is not None


def compressed(dfa: DFA) -> tuple[DFA, np.ndarray]:
    """The reachable part with one letter for all letters that act alike, and the class [n_letters] of each letter."""
    part = dfa.reachable()
    columns, first, label = np.unique(part.table.T, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)
    letters = [dfa.alphabet[a] for a in first[order].tolist()]
    return DFA(columns[order].T, part.start, part.accepting, letters), np.argsort(order)[label.ravel()]


def design(dfa: DFA, classes: np.ndarray, small: DFA, splits: list[Split], library: Library) -> StackDesign | None:
    """The layers for splits of the compressed machine; None when a component is refused after all."""
    machines = [*(split.machine for split in splits), splits[-1].rest if splits else small]
    machines[0] = DFA(machines[0].table[:, classes], machines[0].start, [], dfa.alphabet)
    links = [split.link for split in splits]
    if links:
        links[0] = links[0][classes]
    cascade = Cascade(dfa.reachable(), tuple(machines), tuple(links), tuple(split.reader for split in splits))
    return of_cascade(cascade, library)


def of_cascade(cascade: Cascade, library: Library) -> StackDesign | None:
    """A component for each machine of a cascade; None when no construction takes one."""
    components = []
    for machine in cascade.machines:
        component = library.component(machine)
        if component is None:
            return None
        components.append(component)
    return StackDesign(cascade, tuple(components))
