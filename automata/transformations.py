"""Maps of states to states: composed by letters many at a time, and numbered in the order in which they are first met.

Notation      n states, k letters; a map m is the row of its images, m[q] the state that q goes to; rows are [how many, n].
Convention    words act from the left, so "m, then letter a" is the row table[m[q], a].

Two ways to tell a map that was met before from a new one, with the same methods:

    PackedMaps  up to 8 states a map fits into 24 bits, and its number stands in a table of all codes (64 MB at most, and only
                the pages of it that are touched)
    RowMaps     above, the hash table of rows.py
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .rows import TAKEN, Growing, Indices, RowNumbers

PACKED_STATES = 8  # up to here the table of all codes has at most 2^24 entries
CHUNK = 2**20  # numbers handled by one numpy call: few enough for the caches, enough to outweigh the call

Rows = npt.NDArray[np.unsignedinteger]
Numbers = npt.NDArray[np.int32]


def narrow(n: int) -> type[np.unsignedinteger]:
    """The narrowest type that holds 0 .. n-1."""
    return np.uint8 if n <= 2**8 else np.uint16 if n <= 2**16 else np.uint32


class PackedMaps:
    """Maps of at most 8 states as whole numbers ("codes"), b bits an image, state 0 in the lowest; number 0 is the identity.

    >>> maps = PackedMaps(np.array([[1, 0], [1, 0]]))
    >>> numbers, first = maps.multiply(slice(0, 1))
    >>> numbers.tolist(), first.tolist(), maps.rows().tolist()
    ([1, 2], [0, 1], [[0, 1], [1, 1], [0, 0]])
    """

    def __init__(self, table: npt.NDArray[np.integer]):
        self._n, self._k = table.shape
        self._bits = max(1, (self._n - 1).bit_length())
        self._half = self._bits * ((self._n + 1) // 2)
        # The images of the lower or the upper half of the states, and what each letter makes of them: two small look-ups a map.
        chunk = np.arange(2**self._half)
        self._after = np.zeros((2**self._half, self._k), dtype=np.intp)
        for place in range(0, self._half, self._bits):
            image = np.minimum(chunk >> place & 2**self._bits - 1, self._n - 1)  # codes past n - 1 never occur
            self._after |= table[image].astype(np.intp) << place
        self._mark = np.zeros(2 ** (self._bits * self._n), dtype=np.int32)  # 0: not met, else number + 1
        self._met = Growing((), np.int32)
        self._number(self._packed(np.arange(self._n)[None]))

    def __len__(self) -> int:
        return len(self._met)

    def multiply(self, part: slice) -> tuple[Numbers, Indices]:
        """The maps of these numbers followed by each letter: m·0, m·1, … for the first m, then for the next.

        Their numbers, new ones numbered on in that order, [k·how many]; and the places where a map is met first.
        """
        maps = self._met.array[part].astype(np.intp)
        low, high = self._after[maps & 2**self._half - 1], self._after[maps >> self._half]
        # For odd n the upper half is one state short: what stands above it is cut off.
        return self._number(((low | high << self._half) & len(self._mark) - 1).ravel())

    def find(self, rows: npt.NDArray[np.integer]) -> Numbers:
        """The numbers of rows [how many, n]; -1 for one never met."""
        return self._mark[self._packed(rows)] - 1

    def rows(self) -> Rows:
        """All maps met, [how many, n]."""
        codes = self._met.array
        rows = np.empty((len(codes), self._n), dtype=np.uint8)
        for q in range(self._n):
            rows[:, q] = codes >> self._bits * q & 2**self._bits - 1
        return rows

    def _number(self, codes: Indices) -> tuple[Numbers, Indices]:
        numbers = self._mark[codes]
        unmet = np.flatnonzero(numbers == 0)
        if len(unmet):
            new = codes[unmet]
            places = np.arange(len(new), dtype=np.int32)
            self._mark[new] = TAKEN
            np.minimum.at(self._mark, new, places)  # a code that comes several times is new at its first place
            first = unmet[self._mark[new] == places]
            self._mark[codes[first]] = len(self) + 1 + np.arange(len(first), dtype=np.int32)
            numbers[unmet] = self._mark[new]
            self._met.append(codes[first])
            unmet = first
        return numbers - 1, unmet

    def _packed(self, rows: npt.NDArray[np.integer]) -> Indices:
        codes = np.zeros(len(rows), dtype=np.intp)
        for q in range(self._n):
            codes |= rows[:, q].astype(np.intp) << self._bits * q
        return codes


class RowMaps:
    """Maps of any number of states; number 0 is the identity. The methods are those of PackedMaps.

    >>> maps = RowMaps(np.array([[1, 0], [1, 0]]))
    >>> numbers, first = maps.multiply(slice(0, 1))
    >>> numbers.tolist(), first.tolist(), maps.rows().tolist()
    ([1, 2], [0, 1], [[0, 1], [1, 1], [0, 0]])
    """

    def __init__(self, table: npt.NDArray[np.integer]):
        n = len(table)
        self._letters = np.ascontiguousarray(table.T, dtype=narrow(n))
        self._numbers = RowNumbers(n, narrow(n))
        self._numbers.number(np.arange(n)[None])

    def __len__(self) -> int:
        return len(self._numbers)

    def multiply(self, part: slice) -> tuple[Numbers, Indices]:
        maps = self._numbers.rows[part].astype(np.intp)
        products = np.empty((len(maps), *self._letters.shape), dtype=self._letters.dtype)
        for a, letter in enumerate(self._letters):
            products[:, a] = letter[maps]
        return self._numbers.number(products.reshape(-1, maps.shape[1]))

    def find(self, rows: npt.NDArray[np.integer]) -> Numbers:
        return self._numbers.find(rows)

    def rows(self) -> Rows:
        return self._numbers.rows


def chunks(n: int, width: int) -> list[slice]:
    """0 .. n-1 in slices of so many rows of this width that numpy's intermediate arrays stay small.

    >>> chunks(5, CHUNK // 2)
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    step = max(1, CHUNK // max(width, 1))
    return [slice(begin, min(begin + step, n)) for begin in range(0, n, step)]


def image_numbers(rows: Rows) -> tuple[Numbers, Numbers, Numbers]:
    """Which maps have the same set of images: the set's number for each map [m], the first map with each set, and its size.

    >>> [part.tolist() for part in image_numbers(np.array([[0, 1, 2], [0, 0, 1], [1, 0, 1]], dtype=np.uint8))]
    [[0, 1, 1], [0, 1], [3, 2]]
    """
    seen, numbers, first, sizes = RowNumbers(-(-rows.shape[1] // 8), np.uint8), [], [], []
    for part in chunks(*rows.shape):
        images = rows[part]
        present = np.zeros(images.shape, dtype=bool)
        np.put_along_axis(present, images.astype(np.intp), True, axis=1)
        found, new = seen.number(np.packbits(present, axis=1))
        numbers.append(found)
        first.append(part.start + new)
        sizes.append(present[new].sum(axis=1))
    return np.concatenate(numbers), np.concatenate(first).astype(np.int32), np.concatenate(sizes).astype(np.int32)


def kernel_numbers(rows: Rows) -> tuple[Numbers, Numbers]:
    """Which maps merge the same states: the partition's number for each map [m], and the first map with each partition.

    >>> [part.tolist() for part in kernel_numbers(np.array([[0, 1, 2], [0, 0, 1], [1, 1, 0]], dtype=np.uint8))]
    [[0, 1, 1], [0, 1]]
    """
    seen, numbers, first = RowNumbers(rows.shape[1], rows.dtype), [], []
    for part in chunks(*rows.shape):
        found, new = seen.number(kernels(rows[part]))
        numbers.append(found)
        first.append(part.start + new)
    return np.concatenate(numbers), np.concatenate(first).astype(np.int32)


def kernels(rows: Rows) -> Rows:
    """For each map and state, the least state with the same image: rows agree just where the maps merge the same states.

    >>> kernels(np.array([[2, 0, 2, 0]], dtype=np.uint8)).tolist()
    [[0, 1, 0, 1]]
    """
    least = np.zeros_like(rows)
    images = rows.astype(np.intp)
    for q in reversed(range(rows.shape[1])):
        np.put_along_axis(least, images[:, q : q + 1], rows.dtype.type(q), axis=1)
    return np.take_along_axis(least, images, axis=1)


def composed(first: Rows, then: Rows) -> Rows:
    """Row by row: `first`, then `then`; either may be one row for all.

    >>> composed(np.array([[1, 2, 0]]), np.array([[0, 0, 2]])).tolist()
    [[0, 2, 0]]
    """
    if len(then) == 1:
        return then[0][first]
    return np.take_along_axis(then, np.broadcast_to(first, then.shape).astype(np.intp), axis=1)
