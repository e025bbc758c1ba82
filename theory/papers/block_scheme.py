"""The block scheme for symmetric groups, as bookkeeping: what is multiplied, cut into swaps, and applied when.

Notation      tokens x_1 x_2 …, permutations of n points, products from the left; blocks of m tokens.  After token t ≥ 1 the position is
              u = (t − 1) mod 2m, w = u mod m its place in the block; slot u' of 2m slots holds the last token at position u', the
              identity before there is one.  P is the product of the block before the current one.
Scheme        P is cut into m chunks of n_h swaps; the token at place w applies chunk w.  So after it the state h is the product of
              all blocks before P's and of P's chunks 0 … w, and

                  x_1 ⋯ x_t  =  h · (chunks w + 1 … m − 1 of P) · (the current block's tokens at places 0 … w),

              which is a function of h, u and the slots.  At the last place of a block nothing of P is left, and the next token makes
              the current block the one before: that is the induction.
Positions     m is taken from 1, 2, 3, 6, so that 2m divides 12 and the position is counted in whole numbers (polygon.py).
Source        Siems et al. 2502.10297, Theorem 1 (ii), (iii), recalled; this form with its proof is ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce

import numpy as np

from ...automata.errors import TooLarge
from ..factor import swaps
from ..mlp import Ints

BLOCKS = (1, 2, 3, 6)

Permutation = tuple[int, ...]
Swap = tuple[int, int]


def times(g: Sequence[int], x: Sequence[int]) -> Permutation:
    """g first, then x.

    >>> times((1, 2, 0), (1, 0, 2))
    (0, 2, 1)
    """
    return tuple(x[image] for image in g)


def block_length(n: int, n_h: int) -> int:
    """The least m of 1, 2, 3, 6 with m·n_h ≥ n − 1. Raises TooLarge where there is none.

    >>> block_length(4, 1), block_length(4, 2), block_length(6, 1)
    (3, 2, 6)
    """
    for m in BLOCKS:
        if m * n_h >= n - 1:
            return m
    raise TooLarge(f"{n} points with n_h = {n_h} take blocks of more than 6 tokens; take n_h ≥ {-(-(n - 1) // 6)}, or layers=1")


@dataclass(frozen=True)
class BlockScheme:
    """n points, n_h swaps a token, and what is done with words of permutations: a procedure, for every n; a network holds its tables.

    >>> scheme = BlockScheme(4, 1)
    >>> scheme.products([(1, 0, 2, 3), (1, 2, 3, 0), (0, 1, 3, 2)])
    [(0, 1, 2, 3), (1, 0, 2, 3), (2, 1, 3, 0), (3, 1, 2, 0)]
    """

    n: int
    n_h: int

    @cached_property
    def m(self) -> int:
        return block_length(self.n, self.n_h)

    @property
    def identity(self) -> Permutation:
        return tuple(range(self.n))

    def chunk(self, P: Sequence[int], w: int) -> tuple[Swap, ...]:
        """The swaps that the token at place w applies."""
        return tuple(swaps(P)[w * self.n_h : (w + 1) * self.n_h])

    def swapped(self, pairs: Iterable[Swap]) -> Permutation:
        """The permutation that these swaps make, first one first."""
        return reduce(times, (self._swap(i, j) for i, j in pairs), self.identity)

    def rest(self, P: Sequence[int], w: int) -> Permutation:
        """What chunks 0 … w leave of P."""
        return self.swapped(swaps(P)[(w + 1) * self.n_h :])

    def previous(self, u: int) -> list[int]:
        """The slots of the block before, in order, when the last token stands at position u."""
        return [(u // self.m + 1) % 2 * self.m + i for i in range(self.m)]

    def current(self, u: int) -> list[int]:
        """The slots of the current block up to the last token."""
        return list(range(u // self.m * self.m, u + 1))

    def products(self, word: Iterable[Sequence[int]]) -> list[Permutation]:
        """The product of each prefix, the empty one first, by the scheme and not by multiplying them up."""
        slots, h, u = [self.identity] * (2 * self.m), self.identity, 2 * self.m - 1
        found = [self.read(u, slots, h)]
        for x in word:
            u = (u + 1) % (2 * self.m)
            slots[u] = tuple(x)
            P = reduce(times, (slots[s] for s in self.previous(u)))
            h = times(h, self.swapped(self.chunk(P, u % self.m)))
            found.append(self.read(u, slots, h))
        return found

    def read(self, u: int, slots: Sequence[Permutation], h: Permutation) -> Permutation:
        """x_1 ⋯ x_t from the position, the slots and the state."""
        P = reduce(times, (slots[s] for s in self.previous(u)))
        return reduce(times, (slots[s] for s in self.current(u)), times(h, self.rest(P, u % self.m)))

    def _swap(self, i: int, j: int) -> Permutation:
        images = list(range(self.n))
        images[i], images[j] = j, i
        return tuple(images)


def product_table(first: Sequence[Permutation], second: Sequence[Permutation]) -> tuple[Ints, list[Permutation]]:
    """Which permutation each product is, first factor first [first, second], as a number in the list beside it, of those that occur.

    >>> product_table([(0, 1), (1, 0)], [(1, 0)])
    (array([[1],
           [0]]), [(0, 1), (1, 0)])
    """
    n = len(first[0])
    one, two = np.array(first), np.array(second)
    images = np.stack([row[one] for row in two], axis=1)
    place_values = n ** np.arange(n)[::-1]
    codes, numbers = np.unique(images @ place_values, return_inverse=True)
    occurring = codes[:, None] // place_values % n
    return numbers.reshape(images.shape[:2]), [tuple(row) for row in occurring.tolist()]
