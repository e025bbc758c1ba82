"""The elements of a transition monoid, listed: the maps, a shortest word for each, and their products.

Notation      n states, k letters; element 0 is the identity, elements[m, q] is where element m sends state q.
Convention    words act from the left and products are read so: i·j is i first, then j.
Order         elements are numbered by their first words: shorter ones first, then by the letters in the order of the alphabet.

`TransitionMonoid` (monoid.py) adds what the elements say of the machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from .checked import Letter, is_whole
from .dfa import DFA
from .errors import NotInMonoid, TooLarge
from .listing import MEMORY, bytes_per_element, closure
from .machine import Word
from .transformations import PACKED_STATES, Numbers, PackedMaps, RowMaps, Rows, chunks, composed


class ListedMonoid:
    """The maps of states that the words of `dfa` make; the arguments are those of `TransitionMonoid`."""

    dfa: DFA
    elements: Rows
    right_cayley: Numbers

    def __init__(self, dfa: DFA, limit: int | None = None):
        if limit is None:
            limit = min(MEMORY // bytes_per_element(dfa), 2**31 - 1)
        elif not is_whole(limit) or not 1 <= limit < 2**31:
            raise TooLarge(f"limit {limit!r} is not a number of elements, 1 to 2^31 - 1; the identity alone is one element")
        self.dfa = dfa
        maps = PackedMaps(dfa.table) if dfa.n_states <= PACKED_STATES else RowMaps(dfa.table)
        cayley, self._parents, self._last_letters = closure(maps, dfa, int(limit))
        self.right_cayley = read_only(cayley)
        self.elements = read_only(maps.rows())
        self._maps = maps

    def __len__(self) -> int:
        return len(self.elements)

    def __reduce__(self):
        return type(self), (self.dfa, len(self))  # listing it again is quicker than reading it from a file

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)} elements on {self.n_states} states, {self.n_letters} letters)"

    @property
    def n_states(self) -> int:
        return self.dfa.n_states

    @property
    def n_letters(self) -> int:
        return self.dfa.n_letters

    # ------------------------------------------------------------------ words

    @cached_property
    def words(self) -> Words:
        """words[m], the first of the shortest words that act as element m: a str, or a list where letters are longer.

        >>> list(DFA([[1, 0], [0, 1]], 0, [0], "ab").transition_monoid().words)
        ['', 'a']
        """
        return Words(self)

    @cached_property
    def lengths(self) -> Numbers:
        """The length of each element's word, [size], ascending."""
        return read_only(np.repeat(np.arange(len(self._levels), dtype=np.int32), [end - begin for begin, end in self._levels]))

    def element_of(self, word: Word) -> int:
        """The element that a word acts as. Raises UnknownLetter.

        >>> DFA([[1, 0], [0, 1]], 0, [0], "ab").transition_monoid().element_of("abba")
        0
        """
        m = 0
        for a in self.dfa.encode(word):
            m = int(self.right_cayley[m, a])
        return m

    def index(self, map: npt.ArrayLike) -> int:
        """The element with these images, [n]. Raises NotInMonoid, also for what is no map of the states.

        >>> DFA([[1, 0], [0, 1]], 0, [0], "ab").transition_monoid().index([1, 0])
        1
        """
        row = np.asarray(map)
        if row.shape != (self.n_states,) or not np.issubdtype(row.dtype, np.integer):
            raise NotInMonoid(f"{map!r} is not a map of {self.n_states} states; give the image of each, by number")
        wrong = np.flatnonzero((row < 0) | (row >= self.n_states))
        if len(wrong):
            raise NotInMonoid(f"state {wrong[0]} is sent to {row[wrong[0]]}, but the states are 0 .. {self.n_states - 1}")
        m = int(self._maps.find(row[None])[0])
        if m < 0:
            raise NotInMonoid(f"no word sends the states 0 .. {self.n_states - 1} to {row.tolist()}")
        return m

    # ------------------------------------------------------------------ products

    @overload
    def multiply(self, i: int, j: int) -> int: ...
    @overload
    def multiply(self, i: npt.ArrayLike, j: npt.ArrayLike) -> Numbers: ...
    def multiply(self, i: Any, j: Any) -> Any:
        """i·j, i first, then j: element numbers, or arrays of them that numpy can broadcast. Raises IndexError.

        >>> flip_flop = DFA([[1, 0], [1, 0]], 0, [1], "sr").transition_monoid()
        >>> flip_flop.multiply(1, 2), flip_flop.multiply([0, 1, 2], 1).tolist()
        (2, [1, 1, 1])
        """
        first, then = np.broadcast_arrays(i, j)
        products = np.empty(first.size, dtype=np.int32)
        flat_first, flat_then = first.ravel(), then.ravel()
        for part in chunks(first.size, self.n_states):
            rows = composed(self.elements[flat_first[part]], self.elements[flat_then[part]])
            products[part] = self._maps.find(rows)
        return int(products[0]) if first.ndim == 0 else products.reshape(first.shape)

    @cached_property
    def left_cayley(self) -> Numbers:
        """left_cayley[m, a] is a·m, the letter first; [size, k].  As (a·m)·b = a·(m·b), the right graph and shorter words give it."""
        left = np.empty_like(self.right_cayley)
        left[0] = self.right_cayley[0]
        for begin, end in self._levels[1:]:
            level = slice(begin, end)
            left[level] = self.right_cayley[left[self._parents[level]], self._last_letters[level, None]]
        return read_only(left)

    @cached_property
    def idempotents(self) -> Numbers:
        """The elements e with e·e = e, ascending; the identity is the first.

        >>> DFA([[1, 0], [1, 0]], 0, [1], "sr").transition_monoid().idempotents.tolist()
        [0, 1, 2]
        """
        found = []
        for part in chunks(*self.elements.shape):
            rows = self.elements[part]
            left = np.arange(len(rows))
            for q in range(self.n_states):  # state by state, on what is still in question
                image = rows[left, q]
                left = left[rows[left, image] == image]
            found.append(part.start + left)
        return read_only(np.concatenate(found).astype(np.int32))

    @cached_property
    def semigroup(self) -> Numbers:
        """The elements that some non-empty word acts as, ascending: all, but for the identity where only the empty word is it."""
        return read_only(np.arange(0 if (self.right_cayley == 0).any() else 1, len(self), dtype=np.int32))

    # ------------------------------------------------------------------ levels of equal length

    @cached_property
    def _levels(self) -> list[tuple[int, int]]:
        """Where the elements of each length begin and end; parents ascend, so those of a level stand together."""
        ends, levels = np.searchsorted(self._parents, np.arange(len(self) + 1)), [(0, 1)]
        while (end := int(ends[levels[-1][1]])) > levels[-1][1]:
            levels.append((levels[-1][1], end))
        return levels


class Words(Sequence[Any]):
    """A shortest word for each element of a monoid, spelt when asked for."""

    def __init__(self, monoid: ListedMonoid):
        self._monoid = monoid

    def __len__(self) -> int:
        return len(self._monoid)

    def __getitem__(self, m: Any) -> Any:
        if isinstance(m, slice):
            return [self[i] for i in range(*m.indices(len(self)))]
        return self._monoid.dfa.decode(self.letters(m))

    def __iter__(self) -> Iterator[str | list[Letter]]:
        return (self[m] for m in range(len(self)))

    def __repr__(self) -> str:
        shown = ", ".join(map(repr, self[:8]))
        return f"Words({shown}{', …' if len(self) > 8 else ''})"

    def letters(self, m: int) -> list[int]:
        """The word of element m as letter numbers. Raises IndexError."""
        size = len(self)
        if not -size <= m < size:
            raise IndexError(f"element {m} is not one of the {size} elements 0 .. {size - 1}")
        at, spelt = int(m) % size, []
        while at:
            spelt.append(int(self._monoid._last_letters[at]))
            at = int(self._monoid._parents[at])
        return spelt[::-1]


def read_only(array: Any) -> Any:
    array.setflags(write=False)
    return array
