"""Random machines and words for property tests, and the machines with a known shape that several test files meet."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from deltaword import DFA
from deltaword.theory.testing import automata as dfas
from deltaword.theory.testing import words

__all__ = ["chain", "copies", "dfas", "random_machine", "words", "words_up_to"]


def words_up_to(alphabet: str, length: int) -> Iterator[str]:
    """All words of at most this length, shorter ones first."""
    return ("".join(word) for t in range(length + 1) for word in product(alphabet, repeat=t))


def random_machine(n: int, alphabet: str, seed: int) -> DFA:
    """Every successor drawn evenly, half of the states accepting."""
    rng = np.random.default_rng(seed)
    accepting = np.flatnonzero(rng.random(n) < 0.5)
    return DFA(rng.integers(0, n, size=(n, len(alphabet))), 0, accepting, alphabet)


def chain(n: int, alphabet: str = "ab") -> DFA:
    """The first letter steps along 0, 1, … n-1 and stays at the end, which alone accepts; the others do nothing.

    Minimal, and the states 0 and 1 need a word of n-2 letters to be told apart: the worst case for refinement by rounds.
    """
    table = np.repeat(np.arange(n)[:, None], len(alphabet), axis=1)
    table[:, 0] = np.minimum(table[:, 0] + 1, n - 1)
    return DFA(table, 0, [n - 1], alphabet)


def copies(dfa: DFA, times: int, seed: int) -> DFA:
    """The same language with each state there `times` times over, arrows to any of the copies, all numbered at random."""
    rng = np.random.default_rng(seed)
    n = dfa.n_states
    table = np.concatenate([dfa.table + n * rng.integers(0, times, size=dfa.table.shape) for _ in range(times)])
    number = rng.permutation(n * times)
    place = np.argsort(number)
    accepting = np.flatnonzero(np.tile(dfa.accepting_mask, times)[place])
    return DFA(number[table[place]], int(number[dfa.start]), accepting, dfa.alphabet)
