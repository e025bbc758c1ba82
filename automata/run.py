"""Running a machine: one word by a plain loop over lists (the fastest there is on a CPU), a batch by numpy gathers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .dfa import DFA, Word
from .errors import UnknownLetter


def states(dfa: DFA, word: Word) -> list[int]:
    """The states visited, start first: len(word) + 1 of them. Raises UnknownLetter.

    >>> states(DFA([[1, 0], [2, 0], [2, 2]], 0, [2], "ab"), "abaa")
    [0, 1, 0, 1, 2]
    """
    rows, q = dfa._rows, dfa.start
    visited = [q]
    for a in dfa.encode(word):
        q = rows[q][a]
        visited.append(q)
    return visited


def final_state(dfa: DFA, word: Word) -> int:
    """Where the word ends."""
    rows, q = dfa._rows, dfa.start
    for a in dfa.encode(word):
        q = rows[q][a]
    return q


def run_batch(dfa: DFA, tokens: npt.NDArray[np.integer]) -> npt.NDArray[np.int32]:
    """tokens [B, T], letter numbers 0 .. k-1, to states [B, T + 1], start first. Raises UnknownLetter with the first bad place.

    >>> run_batch(DFA([[1, 0], [2, 0], [2, 2]], 0, [2], "ab"), np.array([[0, 1], [0, 0]]))
    array([[0, 1, 0], [0, 1, 2]], dtype=int32)
    """
    tokens = np.asarray(tokens)
    if tokens.ndim != 2 or (tokens.size and not np.issubdtype(tokens.dtype, np.integer)):
        raise UnknownLetter(f"tokens have shape {tokens.shape} and type {tokens.dtype}; they should be whole numbers [B, T]")
    bad = np.argwhere((tokens < 0) | (tokens >= dfa.n_letters))
    if len(bad):
        b, t = bad[0]
        raise UnknownLetter(
            f"token {tokens[b, t]} of word {b} at position {t} is not one of the letters 0 .. {dfa.n_letters - 1}"
        )
    B, T = tokens.shape
    visited = np.empty((T + 1, B), dtype=np.int32)  # time first: each step writes one contiguous row
    visited[0] = dfa.start
    flat = np.ascontiguousarray(dfa.table).ravel()
    columns = np.ascontiguousarray(tokens.T, dtype=np.int64)  # uint64 would turn the sum below into floats
    for t in range(T):
        np.take(flat, visited[t] * np.int64(dfa.n_letters) + columns[t], out=visited[t + 1])
    return visited.T
