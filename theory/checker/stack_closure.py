"""Closure over the reachable states of several layers at once, beside the machine.

Statement     a layer moves by its symbol alone; a link's output is found to be the unit vector of a symbol, exactly, at every pair
              (symbol, reads before and after) that is met; so the states of all layers and of the machine move together as a finite
              machine, and only its reachable tuples are visited.  If the reader is right on all of them, the network is right on
              every word of every length.
Grades        each layer is taken in exact numbers where nothing in it ever rounds (exact_closure.py), else in its own float
              arithmetic (float_closure.py); a link that reads a layer which rounds is not followed: nothing is proved then.  The
              reader is evaluated exactly where it may be, else on intervals (mlp.py).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from .exact_closure import ExactNetwork
from .explore import UNDECIDED, UNDECIDED_KEPT, Machine
from .float_closure import FloatNetwork
from .formats import Floats, grid
from .layer_space import Ids, LayerSpace, TooMany, distinct
from .mlp import CheckedMlp, NotExact
from .tables import LayerTables, LinkTables, StackTables

TUPLES_UP_TO = 2**20
MOVES_UP_TO = 2**21  # tuples times letters: some twenty seconds
FLOAT_TUPLES_UP_TO = 2**15
LEVELS_UP_TO = 2**16  # some ten seconds where each level has one new tuple


class Lost(Exception):
    """The search cannot go on: a link gives no symbol, or may round. Holds the word that led there."""

    def __init__(self, reason: str, word: list[int]):
        super().__init__(reason)
        self.word = word


@dataclass
class StackSearch:
    """What a search found: whether it closed, a failing word, words too close to call, every word up to how many letters was checked;
    the tuples visited, rows of layer states and the machine's state last; the layers' states; and which tuple each came from."""

    spaces: list[LayerSpace]
    exact_reader: bool = True
    closed: bool = False
    failing: list[int] | None = None
    undecided: list[list[int]] = field(default_factory=list)
    depth: int = 0
    rows: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 0), dtype=np.int64))
    parents: list[tuple[int, int]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def exact(self) -> bool:
        """Whether nothing ever rounds."""
        return self.exact_reader and all(space.exact for space in self.spaces)

    def word_to(self, node: int) -> list[int]:
        """The letters that lead to a tuple."""
        letters = []
        while node:
            node, letter = self.parents[node]
            letters.append(letter)
        return letters[::-1]

    def __str__(self) -> str:
        """Count, time and memory."""
        sizes = " × ".join(f"{len(space):,}" for space in self.spaces)
        memory = sum(space.size for space in self.spaces) + self.rows.nbytes * 4  # rows, their keys, and where they came from
        return f"{len(self.rows):,} tuples of {sizes} layer states in {self.seconds:.1f} s and about {memory / 2**20:.0f} MiB"


class LinkMap:
    """A link's symbols, found once for each (symbol, state before, state after) that is met."""

    def __init__(self, tables: LinkTables, layer: LayerTables, below: LayerSpace):
        self.shift = tables.shift.astype(np.float64)
        self.mlp = CheckedMlp(tables.mlp, layer.format, "a link")
        self.layer, self.below = layer, below
        self._known: dict[tuple[int, int, int], int] = {}

    def __call__(self, symbols: Ids, before: Ids, after: Ids) -> Ids:
        """The next layer's symbols [N]. Raises NotExact when one is no unit vector, or may round."""
        uses = np.any(self.shift != 0, axis=0)
        triples = np.stack([symbols, before * uses[0], after * uses[1]], axis=1)
        met, first, back = distinct(triples)
        known = list(map(tuple, met.tolist()))
        missing = [i for i, triple in enumerate(known) if triple not in self._known]
        if missing:
            found = self._evaluate(*met[missing].T)
            for i, symbol in zip(missing, found.tolist(), strict=True):
                if symbol < 0:
                    raise LinkLost(f"a link gives no unit vector for symbol {met[i, 0]}", int(first[i]))
                self._known[known[i]] = symbol
        return np.array([self._known[triple] for triple in known], dtype=np.int64)[back]

    def _evaluate(self, symbols: Ids, before: Ids, after: Ids) -> Ids:
        if not self.below.exact:
            raise NotExact("a link reads a layer that rounds")
        mixed = self._mixed(self.below.reads(before), self.below.reads(after))
        out = self.mlp.exact(np.hstack([self.layer.inputs_of(symbols), mixed]))
        unit = np.all((out == 0) | (out == 1), axis=1) & (out.sum(axis=1) == 1)
        return np.where(unit, out.argmax(axis=1), -1)

    def _mixed(self, before: Floats, after: Floats) -> Floats:
        """The convolution. Raises NotExact when it may round."""
        form = self.layer.format
        g_read, g_shift = grid(np.concatenate([before, after]), finest=14), grid(self.shift, finest=14)
        if g_read is None or g_shift is None:
            raise NotExact("a convolution's numbers are on no grid")
        a, b = before * self.shift[:, 0], after * self.shift[:, 1]
        g = g_read + g_shift
        if g > form.finest or not (np.abs(a) + np.abs(b)).max(initial=0) <= 2.0 ** (min(form.bits, 52) - g):
            raise NotExact("a convolution may round")
        return a + b


class Rounds(Exception):
    """A layer taken as exact is not."""

    def __init__(self, layer: int):
        super().__init__(f"layer {layer} rounds")
        self.layer = layer


class LinkLost(NotExact):
    """A link gave no symbol for row `at` of those asked."""

    def __init__(self, reason: str, at: int):
        super().__init__(reason)
        self.at = at


def stack_closure(tables: StackTables, machine: Machine) -> StackSearch:
    """The search, each layer in exact numbers if it may be. Raises Lost where a link cannot be followed."""
    began = time.monotonic()
    floats: set[int] = set()
    while True:
        spaces: list[LayerSpace] = []
        for i, layer in enumerate(tables.layers):
            if i not in floats:
                try:
                    spaces.append(LayerSpace(ExactNetwork(layer)))
                    continue
                except NotExact:
                    floats.add(i)
            spaces.append(LayerSpace(FloatNetwork(layer)))
        try:
            found = search(tables, machine, spaces)
            rounding = rounding_layers(spaces)
        except Rounds as error:
            rounding = {error.layer}
        else:
            if not rounding:
                found.seconds = time.monotonic() - began
                return found
        floats |= rounding


def rounding_layers(spaces: list[LayerSpace]) -> set[int]:
    """Layers taken as exact in which something may round after all."""
    found = set()
    for i, space in enumerate(spaces):
        if space.exact:
            try:
                space.check()
            except NotExact:
                found.add(i)
    return found


def search(tables: StackTables, machine: Machine, spaces: list[LayerSpace]) -> StackSearch:
    """Breadth first over the tuples, level by level."""
    found = StackSearch(spaces)
    links = [LinkMap(link, tables.layers[i], spaces[i]) for i, link in enumerate(tables.links)]
    reader = CheckedMlp(tables.reader, tables.format, "the reader")
    limit = TUPLES_UP_TO if all(space.exact for space in spaces) else FLOAT_TUPLES_UP_TO
    limit = max(1000, min(limit, MOVES_UP_TO // machine.table.shape[1]))
    seen: set[bytes] = set()
    levels: list[npt.NDArray[np.int64]] = []
    count = 0

    def admit(rows: npt.NDArray[np.int64], begin: int, letter: int) -> bool:
        """Enter the new ones of these tuples, where a letter leads from those numbered from `begin` on, and judge them; False at the
        first that is certainly wrong."""
        nonlocal count
        fresh = []
        for i, row in enumerate(rows):
            key = row.tobytes()
            if key not in seen:
                seen.add(key)
                fresh.append(i)
        if not fresh:
            return True
        new = rows[fresh]
        found.parents.extend((begin + i, letter) for i in fresh)
        level.append(new)
        first, count = count, count + len(new)
        named = name(new)
        right = tables.accepting[np.maximum(named, 0)] == machine.accepting[new[:, -1]]
        if machine.by_state:
            right &= named == new[:, -1]
        undecided = named == UNDECIDED
        for i in np.flatnonzero(undecided)[: UNDECIDED_KEPT - len(found.undecided)].tolist():
            found.undecided.append(found.word_to(first + i))
        wrong = np.flatnonzero(~right & ~undecided)
        if len(wrong):
            found.failing = found.word_to(first + int(wrong[0]))
        return not len(wrong)

    def name(rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        reads = np.hstack([space.reads(rows[:, i]) for i, space in enumerate(spaces)])
        if found.exact_reader:  # what a layer that rounds reads is a number like any other
            try:
                return reader.exact(reads).argmax(axis=1)
            except NotExact:
                found.exact_reader = False
        return reader.decided(reads, np.zeros_like(reads))

    def step(rows: npt.NDArray[np.int64], letter: int) -> npt.NDArray[np.int64]:
        symbols = np.full(len(rows), letter, dtype=np.int64)
        after = np.empty_like(rows)
        for i, space in enumerate(spaces):
            try:
                after[:, i] = space.advance(rows[:, i], symbols)
            except TooMany:
                raise
            except NotExact:
                raise Rounds(i) from None
            if i < len(links):
                symbols = links[i](symbols, rows[:, i], after[:, i])
        after[:, -1] = machine.table[rows[:, -1], letter]
        return after

    level: list[npt.NDArray[np.int64]] = []
    going = admit(np.array([[0] * len(spaces) + [machine.start]], dtype=np.int64), 0, -1)
    begin = 0
    while going and level:
        frontier = np.concatenate(level)
        levels.append(frontier)
        level.clear()
        for letter in range(machine.table.shape[1]):
            try:
                reached = step(frontier, letter)
            except TooMany:
                going = False
                break
            except NotExact as error:
                node = begin + (error.at if isinstance(error, LinkLost) else 0)
                raise Lost(str(error), [*found.word_to(node), letter]) from None
            if not admit(reached, begin, letter) or count > limit:
                going = False
                break
        else:
            found.depth += 1
            going = found.depth < LEVELS_UP_TO
        begin += len(frontier)
    found.closed = going
    found.rows = np.concatenate([*levels, *level])
    return found
