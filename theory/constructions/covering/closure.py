"""All bit vectors that words reach, each with its state of the machine: the proof that bits tell states apart, or words that refute it.

Notation      a node is a bit vector of several blocks at once and a state; hard[p, q] says that the bits have to tell states p and q
              apart.  Two nodes with one vector and hard states are a conflict: two words with the same bits, of different states.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..registers import ONE, ZERO, Registers

Pair = tuple[tuple[int, ...], tuple[int, ...]]  # two words, as letter numbers


@dataclass(frozen=True, eq=False)
class Closed:
    """vectors [N, K] and states [N] of the nodes in breadth-first order, table [N, k] of where letters take them; and `together`
    [n, n] bool, which states share a vector. Without conflicts, or it would not be one."""

    vectors: npt.NDArray[np.int8]
    states: npt.NDArray[np.int64]
    table: npt.NDArray[np.int64]
    together: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.states)


@dataclass(frozen=True)
class Conflicts:
    """Pairs of words of equal bits and hard states, at least one."""

    pairs: list[Pair]


def closure(
    table: npt.NDArray[np.integer],
    start: int,
    blocks: Sequence[Registers],
    hard: npt.NDArray[np.bool_],
    limit: int,
    most: int = 1,
) -> Closed | Conflicts | None:
    """The nodes reached; or conflicts, at most about `most` of them; or None when there are more nodes than the limit.

    table [n, k] and start of the machine; every block has k letters and one column
    """
    k = table.shape[1]
    first = np.array([bit for block in blocks for (bit,) in block.start], dtype=np.int8)
    moves = side_by_side(blocks, k)
    targets = table.tolist()
    words: list[tuple[int, int]] = [(-1, -1)]  # of each node the one before it, and the letter between
    vectors, states = [first], [start]
    known = {(first.tobytes(), start): 0}
    sharing: dict[bytes, list[int]] = {first.tobytes(): [0]}
    successors: list[list[int]] = []
    together = np.zeros(hard.shape, dtype=bool)
    conflicts: list[Pair] = []
    level = [0]
    while level and len(conflicts) < most:
        bits = np.array([vectors[node] for node in level], dtype=np.int8).reshape(len(level), -1)
        extended = np.concatenate(
            [bits, np.ones_like(bits, shape=(len(bits), 1)), np.zeros_like(bits, shape=(len(bits), 1))], 1
        )
        after = extended[:, moves]  # [level, k, K]
        met = []
        for i, node in enumerate(level):
            row = []
            for a in range(k):
                state, name = targets[states[node]][a], after[i, a].tobytes()
                new = known.get((name, state))
                if new is None:
                    new = len(states)
                    known[name, state] = new
                    words.append((node, a))
                    vectors.append(after[i, a])
                    states.append(state)
                    others = sharing.setdefault(name, [])
                    for other in others:
                        p = states[other]
                        together[p, state] = together[state, p] = True
                        if hard[p, state]:
                            conflicts.append((spelt(words, other), spelt(words, new)))
                            break
                    else:
                        met.append(new)
                    others.append(new)
                row.append(new)
            successors.append(row)
        if len(states) > limit and not conflicts:
            return None
        level = met
    if conflicts:
        return Conflicts(conflicts)
    return Closed(np.array(vectors).reshape(len(states), -1), np.array(states), np.array(successors), together)


def side_by_side(blocks: Sequence[Registers], n_letters: int) -> npt.NDArray[np.int64]:
    """[k, K] what each bit of all blocks takes, by its place among all bits, −2 and −1 for 1 and 0."""
    columns, offset = [np.zeros((n_letters, 0), dtype=np.int64)], 0
    for block in blocks:
        update = np.array(block.updates, dtype=np.int64)
        columns.append(np.where(update < 0, update, update + offset))
        offset += block.K
    return np.concatenate(columns, axis=1)


def spelt(words: Sequence[tuple[int, int]], node: int) -> tuple[int, ...]:
    """The word of a node."""
    letters = []
    while node:
        node, letter = words[node]
        letters.append(letter)
    return tuple(letters[::-1])


assert (ZERO, ONE) == (-1, -2)  # `closure` appends a 1 and a 0 to the bits, in this order
