"""Words that count: a power of the word leads states around a cycle, of those that the monoid lists or of one or two letters."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np

from ....automata.composition import primes
from ....automata.permutations import cycles_of_map
from ....automata.transformations import chunks, composed
from ....automata.varieties import counts
from .. import witness
from ..witness import Witness
from .listed import Listed

SHORT = 64  # letters of machines whose words of two letters are looked at one by one


class Counting(Listed):
    """A word for each kind of cycle, as a witness; None where none was found."""

    @property
    def pairs_followed(self) -> bool:
        """Whether words of two letters are looked at one by one, or those of one letter alone."""
        return len(np.unique(self.machine.table, axis=1).T) <= SHORT

    @property
    def _length_followed(self) -> str:
        return "word of one or two letters" if self.pairs_followed else "letter"

    @cached_property
    def counting(self) -> Witness | None:
        """A word that counts, if the monoid was listed or a word of at most two letters does."""
        return self._cycle(lambda length: length > 1, odd=False)

    @cached_property
    def odd(self) -> Witness | None:
        """The same for an odd prime."""
        return self._cycle(lambda length: length & (length - 1) != 0, odd=True)

    def _cycle(self, wanted, odd: bool) -> Witness | None:
        for word, row in self._candidates(odd):
            on_cycles = [c for c in cycles_of_map(row) if wanted(len(c))]
            if on_cycles:
                loop = min(on_cycles, key=len)
                p = next(p for p in primes(len(loop)) if p > 2 or not odd)
                return witness.counting(self.machine, word, loop[0], p)
        return None

    def _candidates(self, odd: bool) -> Iterator[tuple[list[int], np.ndarray]]:
        """A word, shortest first, whose map has a cycle, an odd one where asked for, and that map."""
        if self.monoid is None:
            yield from self._short(2)
            return
        rows, n = self.monoid.elements, self.machine.n_states
        for part in chunks(*rows.shape):
            power = rows[part]
            for _ in range(n.bit_length() if odd else 0):  # the 2^k-th power, 2^k > n: only odd cycles are left
                power = composed(power, power)
            found = np.flatnonzero(counts(power))
            if len(found):
                m = part.start + int(found[0])
                yield self.monoid.words.letters(m), rows[m]
                return

    def _short(self, length: int) -> Iterator[tuple[list[int], np.ndarray]]:
        """Words of at most so many letters (1 or 2; 1 where the letters are many) and their maps; letters that act alike, once."""
        columns, first = np.unique(self.machine.table.T, axis=0, return_index=True)
        for a, row in zip(first.tolist(), columns, strict=True):
            yield [a], row
        if length == 2 and len(first) <= SHORT:
            for a, row in zip(first.tolist(), columns, strict=True):
                for b, then in zip(first.tolist(), columns, strict=True):
                    yield [a, b], then[row]

    def counting_within(self, length: int) -> Witness | None:
        """A word of at most so many letters, 1 or 2, that counts."""
        for word, row in self._short(length):
            loop = next((c for c in cycles_of_map(row) if len(c) > 1), None)
            if loop is not None:
                return witness.counting(self.machine, word, loop[0], next(primes(len(loop))))
        return None

    @cached_property
    def beyond_two(self) -> Witness | None:
        """A letter whose powers end in a cycle longer than 2."""
        for word, row in self._short(1):
            loop = next((c for c in cycles_of_map(row) if len(c) > 2), None)
            if loop is not None:
                return witness.beyond_two(self.machine, word, loop[0])
        return None
