"""The matrices of all words of p letters, each once.

A word and its rotations have the same eigenvalues (but for zeros), so factored heads are asked for one word of each rotation class.
Matrices are multiplied by doubling, and equal products are kept once: letters that make a small monoid stay few at any length.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from ...automata.errors import TooLarge
from .layer import Factors, Layer, Letter, multiplied

LIMIT = 20_000  # products formed for one block


@dataclass(frozen=True, eq=False)
class Product:
    """word    the letters, the first read first, so that its matrix stands on the right
    matrix  exact; for factored heads the small matrix of `Factors.small`
    delta   how far, in the operator norm, it may be from the one that is meant: 0 for exact numbers
    """

    word: tuple[Letter, ...]
    matrix: np.ndarray
    delta: float


def products(layer: Layer, length: int, limit: int = LIMIT) -> Iterator[Product]:
    """For every block of the layer, of all words of that length, a power of two. Raises TooLarge past `limit` products a block.

    >>> [p.word for p in products(Layer.of({"a": [[1, 1], [1, 0]], "b": [[0, 1], [1, 1]]}), 2)]
    [('a', 'a'), ('a', 'b'), ('b', 'a'), ('b', 'b')]
    """
    for block in layer.blocks:
        if isinstance(next(iter(block.values())), Factors):
            yield from _factored(block, length, limit, layer.rounding)
        else:
            yield from _multiplied(block, length, limit, layer.rounding)


def _multiplied(block: Mapping[Letter, Any], length: int, limit: int, rounding: float) -> Iterator[Product]:
    current = _distinct(((letter,), matrix, _norm(matrix) if rounding else 0.0) for letter, matrix in block.items())
    reached = 1
    while reached < length:
        _refuse(len(current) ** 2, length, limit)
        pairs = product(current, current)
        current = _distinct((u + v, multiplied(B, A), s * t) for (u, A, s), (v, B, t) in pairs)
        reached *= 2
    for word, matrix, size in current:
        yield Product(word, matrix, 2 * length * len(matrix) * rounding * size)


def _distinct(
    found: Iterator[tuple[tuple[Letter, ...], Any, float]] | Any,
) -> list[tuple[tuple[Letter, ...], np.ndarray, float]]:
    return list({tuple(matrix.flat): (word, matrix, size) for word, matrix, size in reversed(list(found))}.values())[::-1]


def _norm(matrix: np.ndarray) -> float:
    return max(1.0, float(np.linalg.norm(matrix.astype(float))))


def _factored(block: Mapping[Letter, Any], length: int, limit: int, rounding: float) -> Iterator[Product]:
    letters = list({factors: letter for letter, factors in reversed(list(block.items()))}.values())[::-1]
    _refuse(len(letters) ** length, length, limit)
    for places in product(range(len(letters)), repeat=length):
        if any(places[i:] + places[:i] < places for i in range(1, length)):
            continue
        word = tuple(letters[i] for i in places)
        whole = block[word[0]]
        for letter in word[1:]:
            whole = whole.then(block[letter])
        small = whole.small()
        size = max(1.0, _norm(small)) if rounding else 0.0
        yield Product(word, small, 8 * len(small) * rounding * size)


def _refuse(count: int, length: int, limit: int) -> None:
    if count > limit:
        raise TooLarge(
            f"{count:,} products of {length} matrices in one block, and the limit is {limit:,}: give fewer inputs, or a larger limit=; "
            "the bound for the layers before this one needs shorter products only"
        )
