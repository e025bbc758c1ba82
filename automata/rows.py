"""Many rows of small numbers, numbered in the order in which they are first met; exact, and without sorting what is there.

A hash table with open addressing over numpy arrays: all rows of a call probe side by side, and one that meets a different row in
its slot moves on to the next.  Hash values only say where to look; rows are told apart by comparing all of their bytes.

Memory        a row takes its bytes, rounded up to a multiple of 8, and 8 to 16 bytes of table; arrays grow by doubling.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.intp]
Words = npt.NDArray[np.uint64]

TAKEN = np.iinfo(np.int32).max  # larger than any row number


class Growing:
    """An array that grows at its end; `array` is what has been appended so far.

    >>> grown = Growing((2,), np.uint8)
    >>> grown.append(np.array([[1, 2], [3, 4]]))
    >>> grown.append(np.array([[5, 6]]))
    >>> grown.array.tolist()
    [[1, 2], [3, 4], [5, 6]]
    """

    def __init__(self, shape: tuple[int, ...], dtype: Any):
        self._room = np.empty((64, *shape), dtype=dtype)
        self._n = 0

    def __len__(self) -> int:
        return self._n

    @property
    def array(self) -> npt.NDArray[Any]:
        return self._room[: self._n]

    def append(self, rows: npt.NDArray[Any]) -> None:
        end = self._n + len(rows)
        if end > len(self._room):
            room = np.empty((max(end, 2 * len(self._room)), *self._room.shape[1:]), dtype=self._room.dtype)
            room[: self._n] = self.array
            self._room = room
        self._room[self._n : end] = rows
        self._n = end


class RowNumbers:
    """Rows of one length and one type of whole numbers, each numbered when first met.

    >>> seen = RowNumbers(2, np.uint8)
    >>> numbers, first = seen.number(np.array([[5, 5], [0, 7], [5, 5]]))
    >>> numbers.tolist(), first.tolist(), seen.find(np.array([[0, 7], [7, 0]])).tolist(), seen.rows.tolist()
    ([0, 1, 0], [0, 1], [1, -1], [[5, 5], [0, 7]])
    """

    def __init__(self, length: int, dtype: Any):
        self._length, self._dtype = length, np.dtype(dtype)
        self._words = -(-length * self._dtype.itemsize // 8)  # a row
        self._met = Growing((self._words,), np.uint64)
        self._slots = np.zeros(2**10, dtype=np.int32)  # 0 for an empty slot, else a row's number + 1

    def __len__(self) -> int:
        return len(self._met)

    @property
    def rows(self) -> npt.NDArray[Any]:
        """All rows met, [how many, length]."""
        return self._met.array.view(self._dtype)[:, : self._length]

    def number(self, rows: npt.NDArray[np.integer]) -> tuple[npt.NDArray[np.int32], Indices]:
        """The numbers of rows [m, length], new ones numbered on in the order given; and the places where a row is met first."""
        words = self._as_words(rows)
        numbers = self._find(words)
        unmet = np.flatnonzero(numbers < 0)
        if not len(unmet):
            return numbers, unmet
        same_as = first_equal(words[unmet])
        is_first = same_as == np.arange(len(unmet))
        order = np.cumsum(is_first, dtype=np.int32) - 1
        numbers[unmet] = len(self) + order[same_as]
        first = unmet[is_first]
        self._add(words[first])
        return numbers, first

    def find(self, rows: npt.NDArray[np.integer]) -> npt.NDArray[np.int32]:
        """The numbers of rows [m, length]; -1 for one never met."""
        return self._find(self._as_words(rows))

    def _as_words(self, rows: npt.NDArray[np.integer]) -> Words:
        padded = np.zeros((len(rows), 8 * self._words // self._dtype.itemsize), dtype=self._dtype)
        padded[:, : self._length] = rows
        return padded.view(np.uint64)

    def _find(self, words: Words) -> npt.NDArray[np.int32]:
        numbers = np.full(len(words), -1, dtype=np.int32)
        looking, slots, met = np.arange(len(words)), hashed(words, len(self._slots)), self._met.array
        while len(looking):
            found = self._slots[slots]
            there = found > 0
            looking, slots, found = looking[there], slots[there], found[there] - 1
            differ = (met[found] != words[looking]).any(axis=1)
            numbers[looking[~differ]] = found[~differ]
            looking, slots = looking[differ], (slots[differ] + 1) & len(self._slots) - 1
        return numbers

    def _add(self, words: Words) -> None:
        """Different rows, none of them met before."""
        begin = len(self)
        self._met.append(words)
        if 2 * len(self) > len(self._slots):
            self._slots = np.zeros(1 << (4 * len(self) - 1).bit_length(), dtype=np.int32)
            begin = 0
        for start in range(begin, len(self), 2**18):
            part = self._met.array[start : start + 2**18]
            marks, slots = np.arange(start + 1, start + 1 + len(part), dtype=np.int32), hashed(part, len(self._slots))
            while len(marks):
                empty = self._slots[slots] == 0
                self._slots[slots[empty]] = marks[empty]  # of several rows for one slot any may have it
                left = self._slots[slots] != marks
                marks, slots = marks[left], (slots[left] + 1) & len(self._slots) - 1


def first_equal(words: Words) -> Indices:
    """For each row, the first place of an equal row, [m].

    >>> first_equal(np.array([[3], [4], [3]], dtype=np.uint64)).tolist()
    [0, 1, 0]
    """
    first = np.empty(len(words), dtype=np.intp)
    table = np.full(1 << (4 * len(words)).bit_length(), TAKEN, dtype=np.int32)
    looking, slots = np.arange(len(words)), hashed(words, len(table))
    while len(looking):
        empty = table[slots] == TAKEN
        np.minimum.at(table, slots[empty], looking[empty].astype(np.int32))  # equal rows probe in step: the first one gets it
        found = table[slots]
        differ = (words[found] != words[looking]).any(axis=1)
        first[looking[~differ]] = found[~differ]
        looking, slots = looking[differ], (slots[differ] + 1) & len(table) - 1
    return first


def hashed(words: Words, size: int) -> Indices:
    """A slot for each row, 0 .. size-1; size a power of two. Sums of products with random odd numbers, their upper bits."""
    mixed = words @ multipliers(words.shape[1])
    mixed ^= mixed >> np.uint64(32)
    mixed *= np.uint64(0x9E3779B97F4A7C15)
    return (mixed >> np.uint64(65 - size.bit_length())).astype(np.intp)


def multipliers(n: int) -> Words:
    return np.random.default_rng(n).integers(0, 2**63, size=n, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
