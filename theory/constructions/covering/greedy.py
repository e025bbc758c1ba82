"""Blocks drawn from libraries, counterexample by counterexample, until the closure finds none.

Method        words with states that the bits must tell apart make pairs; few bits that tell the words of each pair apart are chosen
              greedily, most pairs a bit first; the closure of the machine with them ends without a conflict, or gives new words
              and pairs.  The closure is the proof; the words only guide the choice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from ..registers import Registers
from .blocks import Bits, Blocks
from .climb import climbed
from .closure import Conflicts, closure
from .words import Words

FIRST_WORDS = 40  # shortest first
DRAWN_WORDS, DRAWN_LENGTH, DRAWN_PAIRS = 40, 8, 1000
NEW_PAIRS = 20  # conflicts taken from one closure
LATEST_PAIRS = 40
FEW = 500  # blocks of a library that all go on beside climbed ones


class Sample:
    """A library of blocks run along the words: which of them tell the words of each pair apart, apart [C, P]."""

    def __init__(self, blocks: Blocks):
        self.blocks = blocks
        self._bits: list[Bits] = [blocks.start]
        self._names = [blocks.names(blocks.start)]
        self.apart = np.zeros((len(blocks), 0), dtype=bool)
        self.used: set[int] = set()

    def only_used(self) -> Sample:
        """The blocks that were chosen at some time."""
        used = sorted(self.used)
        return Sample(Blocks(self.blocks.start[used], self.blocks.updates[used]))

    def extend(self, words: Words, pairs: list[tuple[int, int]]) -> None:
        """Go on to new words, and to new pairs of their nodes."""
        for before, letter in words.edges[len(self._bits) :]:
            self._bits.append(self.blocks.step(self._bits[before], letter))
            self._names.append(self.blocks.names(self._bits[-1]))
        if new := pairs[self.apart.shape[1] :]:
            different = np.array([self._names[i] != self._names[j] for i, j in new])
            self.apart = np.concatenate([self.apart, different.T], axis=1)


class Draw:
    """The search, over libraries added one by one; hard [n, n] bool: the states that the bits must tell apart."""

    def __init__(self, table: npt.NDArray[np.integer], start: int, hard: npt.NDArray[np.bool_]):
        self.table, self.start, self.hard = table, start, hard
        self.samples: list[Sample] = []
        self._drawn: list[tuple[int, int]] = []
        self.words = Words(table, start)
        first: list[tuple[int, ...]] = [()]
        for word in first:  # grows as it is read
            if len(first) < FIRST_WORDS:
                first += [(*word, a) for a in range(table.shape[1])]
        nodes = [self.words.add(word) for word in first[:FIRST_WORDS]]
        states = self.words.states
        self.pairs = [(i, j) for i in nodes for j in nodes if i < j and hard[states[i], states[j]]]

    def complete(self, limit: int, closures: int, in_time: Callable[[], bool]) -> list[Registers] | str:
        """Blocks of the libraries that leave no hard pair, found with at most so many closures; or what keeps them from it."""
        for _ in range(closures):
            if not in_time():
                return "cut short"
            chosen = self.choose()
            if chosen is None:
                return "not enough"
            found = closure(self.table, self.start, chosen, self.hard, limit, NEW_PAIRS)
            if found is None:
                return f"not closed within {limit:,} vectors"
            if not isinstance(found, Conflicts):
                return chosen
            self.pairs += [(self.words.add(v), self.words.add(w)) for v, w in found.pairs]
        return f"not complete after {closures} closures"

    def choose(self) -> list[Registers] | None:
        """Few bits that tell the words of every pair apart; None when all of them together do not."""
        if not self.pairs:
            return []
        apart = self.apart()
        if not apart.any(axis=0).all():
            return None
        cost = np.concatenate([sample.blocks.cost for sample in self.samples])
        choices = [(sample, c) for sample in self.samples for c in range(len(sample.blocks))]
        chosen = []
        while apart.shape[1]:
            best = int(np.argmax(apart.sum(axis=1) / cost))
            sample, c = choices[best]
            sample.used.add(c)
            chosen.append(sample.blocks.registers(c))
            apart = apart[:, ~apart[best]]
        return chosen

    def apart(self) -> npt.NDArray[np.bool_]:
        """[all blocks, P]: which blocks tell the words of each pair apart."""
        for sample in self.samples:
            sample.extend(self.words, self.pairs)
        return np.concatenate([np.zeros((0, len(self.pairs)), dtype=bool), *(sample.apart for sample in self.samples)])

    def climb(self, sizes: Sequence[int], rng: np.random.Generator, in_time: Callable[[], bool]) -> list[Blocks]:
        """Blocks of so many bits, improved to tell apart drawn pairs and the latest conflicts."""
        if not self._drawn:
            self._draw_words(rng)
            self.samples = [sample if len(sample.blocks) <= FEW else sample.only_used() for sample in self.samples]
        pairs = self._drawn + self.pairs[-LATEST_PAIRS:]
        words = Words(self.table, self.start)
        nodes = {node: words.add(self.words.spelt(node)) for pair in pairs for node in pair}
        wanted = np.array([(nodes[i], nodes[j]) for i, j in pairs])
        return [climbed(words, wanted, K, rng, in_time) for K in sizes]

    def _draw_words(self, rng: np.random.Generator) -> None:
        """Drawn words, and drawn pairs of all words."""
        for word in rng.integers(0, self.table.shape[1], (DRAWN_WORDS, DRAWN_LENGTH)).tolist():
            self.words.add(word)
        states = np.array(self.words.states)
        pairs = rng.integers(0, len(states), (DRAWN_PAIRS, 2))
        self._drawn = [tuple(pair) for pair in pairs[self.hard[states[pairs[:, 0]], states[pairs[:, 1]]]].tolist()]
        self.pairs += self._drawn
