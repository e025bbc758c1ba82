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
        yield Product(word, small, _moved(whole, small, length, rounding) if rounding else 0.0)


def _moved(whole: Factors, small: np.ndarray, length: int, rounding: float) -> float:
    """How far the small matrix moves, to first order and a third more, when each β, entry of a key and gate is off by its rounding.

    S = gate · (I − W), W = M D K, M = (I + L)⁻¹: an entry of DK is off by at most 3ε |β_i| |k_i|·|k_j| =: 3ε E, and
    dW = M (d(DK) − dL W).
    The product itself, G_m ⋯ G_1: G_j is off by at most 3ε |β_j| |k_j| |k_j|ᵀ, between the factors after it and those before.
    """
    gate, m = abs(float(whole.gate)), len(whole.betas)
    beta, keys = np.array(whole.betas, dtype=float), np.array(whole.keys, dtype=float).reshape(m, whole.size or 1)
    if m > keys.shape[1]:
        factors = [np.eye(keys.shape[1]) - b * np.outer(k, k) for b, k in zip(beta, keys, strict=True)]
        before = [np.eye(keys.shape[1])]
        for G in factors:
            before.append(G @ before[-1])
        after, moved = np.eye(keys.shape[1]), 0.0
        for j in reversed(range(m)):
            k = abs(keys[j])
            moved += abs(beta[j]) * float(np.linalg.norm(abs(after) @ k) * np.linalg.norm(k @ abs(before[j])))
            after = after @ factors[j]
    else:
        DK = beta[:, None] * (keys @ keys.T)
        E = abs(beta)[:, None] * (abs(keys) @ abs(keys).T)
        M = np.linalg.inv(np.eye(m) + np.tril(DK, -1))
        moved = float(np.linalg.norm(abs(M) @ E @ (np.eye(m) + abs(M @ DK))))
    return rounding * (4 * gate * moved + 2 * length * _norm(small))  # at least ε: to first order 0 · 0 would not move


def _refuse(count: int, length: int, limit: int) -> None:
    if count > limit:
        raise TooLarge(
            f"{count:,} products of {length} matrices in one block, and the limit is {limit:,}: give fewer inputs, or a larger limit=; "
            "the bound for the layers before this one needs shorter products only"
        )
