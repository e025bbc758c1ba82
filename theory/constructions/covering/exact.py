"""The fewest vectors with one block, or a few, out of the small ones: all blocks of a list closed with the machine at once.

Method        machines here have at most 16 nodes, and sets of nodes are bits of a number: after[c, u] is the set of nodes that words
              reach together with vector u of block c.  These sets grow letter by letter, for all blocks at once, until none does; then
              the number of their members is the number of vectors, counted with the state, and a hard pair in one of them is
              what the block leaves unresolved.  Where every block leaves something, the most promising ones are joined to the
              machine, whose nodes are then (vector, state), and the same is done once more.
Exhaustive    for one block; for two and three, only the most promising beginnings are tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..registers import Registers
from .blocks import Blocks

MOST_NODES, MOST_BITS = 16, 6
WIDTH = 8  # beginnings followed
DEPTH = 3  # blocks

Choice = tuple[Blocks, int]  # one block of many


@dataclass(frozen=True, eq=False)
class Joined:
    """The machine with some blocks beside it: table [N, k] of its nodes, the first its start, and hard [N, N] bool."""

    table: npt.NDArray[np.int64]
    hard: npt.NDArray[np.bool_]
    chosen: tuple[Choice, ...] = ()

    @property
    def bits(self) -> int:
        return sum(int(blocks.cost[c]) for blocks, c in self.chosen)

    @property
    def registers(self) -> list[Registers]:
        """The blocks without opposites."""
        return [blocks.registers(c) for blocks, c in self.chosen]

    def with_block(self, blocks: Blocks, c: int) -> Joined:
        """One more block beside it; nodes are hard to tell apart where they were before and the block's vector is the same."""
        after = blocks.after[c]
        first: tuple[int, int] = int(blocks.names(blocks.start)[c]), 0
        nodes: list[tuple[int, int]] = [first]
        number: dict[tuple[int, int], int] = {first: 0}
        table: list[list[int]] = []
        for u, node in nodes:  # grows as it is read
            row = []
            for a in range(self.table.shape[1]):
                new = int(after[a, u]), int(self.table[node, a])
                if new not in number:
                    number[new] = len(nodes)
                    nodes.append(new)
                row.append(number[new])
            table.append(row)
        u, node = np.array(nodes).T
        hard = self.hard[np.ix_(node, node)] & (u[:, None] == u)
        return Joined(np.array(table), hard, (*self.chosen, (blocks, c)))


def few_blocks(
    table: npt.NDArray[np.integer], start: int, hard: npt.NDArray[np.bool_], libraries: Sequence[Blocks]
) -> Joined | None:
    """The machine with few blocks that leave no hard pair, of the fewest vectors found; None when there are none among these.

    table [n, k], all states reachable; hard [n, n] bool, some pair
    libraries   those of larger blocks are left out
    """
    n = len(table)
    if n > MOST_NODES:
        return None
    order = np.arange(n)
    order[[0, start]] = start, 0  # the start becomes node 0
    libraries = [blocks for blocks in libraries if blocks.K <= MOST_BITS]
    beginnings = [Joined(order[table[order]], hard[np.ix_(order, order)])]
    for _ in range(DEPTH):
        finished: list[Joined] = []
        promising: dict[bytes, tuple[int, int, Joined, Choice]] = {}
        for joined in beginnings:
            for blocks in libraries:
                left, size, sets = unresolved(joined, blocks)
                done = np.flatnonzero(left == 0)
                if len(done):
                    c = done[np.lexsort((blocks.cost[done], size[done]))[0]]
                    finished.append(joined.with_block(blocks, int(c)))
                useful = np.flatnonzero((left < joined.hard.sum() // 2) & (size <= MOST_NODES))
                for c in useful[np.lexsort((size[useful], left[useful]))[: 4 * WIDTH]].tolist():
                    name = np.sort(sets[c]).tobytes()
                    promising.setdefault(name, (int(left[c]), int(size[c]), joined, (blocks, c)))
        if finished:
            return min(finished, key=lambda joined: (len(joined.table), joined.bits))
        best = sorted(promising.values(), key=lambda entry: entry[:2])[:WIDTH]
        beginnings = [joined.with_block(*choice) for _, _, joined, choice in best]
    return None


def unresolved(joined: Joined, blocks: Blocks) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """For each block: the hard pairs that share a vector [C], the vectors counted with their nodes [C], and the nodes that words
    reach with each vector [C, 2^K], as sets."""
    n, k = joined.table.shape
    image, pairs = np.zeros((k, 1), dtype=np.int32), np.zeros(1, dtype=np.int64)
    hard = (joined.hard * (1 << np.arange(n))).sum(axis=1)
    for q in range(n):  # of each set of the first q nodes: where letters take it, and its hard pairs
        image = np.concatenate([image, image | (1 << joined.table[q]).astype(np.int32)[:, None]], axis=1)
        pairs = np.concatenate([pairs, pairs + np.bitwise_count(np.arange(1 << q) & hard[q])])
    every = np.arange(len(blocks))
    sets = np.zeros((len(blocks), 2**blocks.K), dtype=np.int32)
    sets[every, blocks.names(blocks.start)] = 1
    growing = every
    while len(growing):
        rows, after = sets[growing], blocks.after[growing]
        place = np.arange(len(growing))
        for a in range(k):
            for u in range(rows.shape[1]):
                rows[place, after[:, a, u]] |= image[a][rows[:, u]]
        grown = (rows != sets[growing]).any(axis=1)
        sets[growing] = rows
        growing = growing[grown]
    return pairs[sets].sum(axis=1), np.bitwise_count(sets).sum(axis=1, dtype=np.int64), sets
