"""The words of a language read backwards: the arrows reversed, the accepting states made starts, and that determinised.

Notation   n states of the minimal machine, k letters; read backwards, letter a takes a set S of states to {p : δ(p, a) ∈ S}.
Source     J. A. Brzozowski, Canonical regular expressions and minimal state graphs for definite events, 1962: reversing a
           deterministic machine whose states are all reachable gives a minimal machine without further work.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from . import nfa
from .dfa import DFA
from .errors import TooLarge

BITMASKS = 512  # up to so many states the sets are ints; beyond, tables of such ints would take k·n² bits


def reversed_language(dfa: DFA) -> DFA:
    """The minimal machine of the words whose reversal `dfa` accepts, numbered in breadth-first order from its start.

    Its states are sets of states of the minimal machine: 2^n of them in the worst case.
    Raises  TooLarge past nfa.LIMIT = 2^20 sets (or past 1 GiB for all sets together)

    >>> starts_with_a = DFA([[1, 2], [1, 1], [2, 2]], start=0, accepting=[1], alphabet="ab")
    >>> reversed_language(starts_with_a).accepts("bba"), reversed_language(starts_with_a).accepts("abb")
    (True, False)
    """
    dfa = dfa.minimized()
    n = dfa.n_states
    try:
        if n <= BITMASKS:
            start = 1 << dfa.start
            table, accepting = nfa.determinize(n, sets_before(dfa), bitmask(dfa.accepting_mask), start)
        else:
            limit = min(nfa.LIMIT, nfa.MEMORY // n)
            table, sets = nfa.explore(packed(dfa.accepting_mask), packed_step(dfa), limit)
            accepting = np.array([unpacked(s, n)[dfa.start] for s in sets])
    except TooLarge:
        raise TooLarge(
            f"the words of this language of {n} states, read backwards, need more than {min(nfa.LIMIT, nfa.MEMORY // n)} states; "
            "raise LIMIT and MEMORY of deltaword.automata.nfa if there is memory for them"
        ) from None
    return DFA(table, 0, np.flatnonzero(accepting), dfa.alphabet)


def sets_before(dfa: DFA) -> list[list[int]]:
    """For each letter a and state q the set {p : δ(p, a) = q}, as an int whose bit p says whether p is in it."""
    before = [[0] * dfa.n_states for _ in dfa.alphabet]
    for p, row in enumerate(dfa.table.tolist()):
        for a, q in enumerate(row):
            before[a][q] |= 1 << p
    return before


def bitmask(mask: npt.NDArray[np.bool_]) -> int:
    return int.from_bytes(packed(mask), "little")


def packed(mask: npt.NDArray[np.bool_]) -> bytes:
    """Eight states a byte, the first in its lowest bit."""
    return np.packbits(mask, bitorder="little").tobytes()


def unpacked(packed_set: bytes, n: int) -> npt.NDArray[np.bool_]:
    return np.unpackbits(np.frombuffer(packed_set, dtype=np.uint8), count=n, bitorder="little").astype(bool)


def packed_step(dfa: DFA) -> Callable[[bytes], list[bytes]]:
    columns = np.ascontiguousarray(dfa.table.T)

    def step(packed_set: bytes) -> list[bytes]:
        return [packed(before) for before in unpacked(packed_set, dfa.n_states)[columns]]

    return step
