"""The words that guide the search: a growing tree, with the states they lead to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


class Words:
    """A tree of words, with the states of the machine they lead to: node 0 is the empty word.

    table [n, k] and start of the machine; `edges` holds of each node the one before it, and the letter between

    >>> words = Words(np.array([[1, 0], [1, 1]]), 0)
    >>> words.add([1, 0]), words.add([1]), words.states, words.edges
    (2, 1, [0, 0, 1], [(-1, -1), (0, 1), (1, 0)])
    """

    def __init__(self, table: npt.NDArray[np.integer], start: int):
        self.table = table.tolist()
        self.edges: list[tuple[int, int]] = [(-1, -1)]
        self.states = [start]
        self._node: dict[tuple[int, int], int] = {}

    def add(self, word: Sequence[int]) -> int:
        """The node of a word."""
        node = 0
        for letter in word:
            if (node, letter) not in self._node:
                self._node[node, letter] = len(self.edges)
                self.edges.append((node, letter))
                self.states.append(self.table[self.states[node]][letter])
            node = self._node[node, letter]
        return node

    def spelt(self, node: int) -> list[int]:
        """The word of a node."""
        letters = []
        while node:
            node, letter = self.edges[node]
            letters.append(letter)
        return letters[::-1]

    def layers(self) -> list[tuple[list[int], list[int], int]]:
        """The edges by length of the word and letter, shorter words first: the nodes they lead to, those they come from, the letter."""
        depth, found = [0], {}
        for node, (before, letter) in enumerate(self.edges[1:], start=1):
            depth.append(depth[before] + 1)
            nodes = found.setdefault((depth[node], letter), ([], []))
            nodes[0].append(node)
            nodes[1].append(before)
        return [(*found[key], key[1]) for key in sorted(found)]
