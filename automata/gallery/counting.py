"""Counting: modulo m, up and down between two ends, and since the last reset."""

from __future__ import annotations

import numpy as np

from ..dfa import DFA
from .entry import Entry, Family

GRAZZI = "Grazzi et al. 2024, Unlocking State-Tracking in Linear RNNs Through Negative Eigenvalues, arXiv 2411.12537"
DELETANG = "Delétang et al. 2022, Neural Networks and the Chomsky Hierarchy, arXiv 2207.02098"
LIU = "Liu et al. 2022, Transformers Learn Shortcuts to Automata, arXiv 2210.10749"


def parity() -> DFA:
    return DFA([[0, 1], [1, 0]], 0, [1], "01", state_names=["even", "odd"])


def mod(m: int) -> DFA:
    q = np.arange(m)
    return DFA(np.stack([q, (q + 1) % m], axis=1), 0, [0], "01")


def cycle_navigation(m: int = 5) -> DFA:
    q = np.arange(m)
    return DFA(np.stack([q, (q + 1) % m, (q - 1) % m], axis=1), 0, [0], "012")


def binary_mod(m: int) -> DFA:
    q = np.arange(m)
    return DFA(np.stack([2 * q % m, (2 * q + 1) % m], axis=1), 0, [0], "01")


def saturating_counter(n: int) -> DFA:
    q = np.arange(n + 1)
    return DFA(np.stack([np.minimum(q + 1, n), np.maximum(q - 1, 0)], axis=1), 0, [n], "+-")


def even_a_since_b() -> DFA:
    return DFA([[1, 0], [0, 0]], 0, [0], "ab", state_names=["even", "odd"])


ENTRIES = [
    Entry(
        "parity",
        "binary words with an odd number of 1s",
        "the smallest group: impossible with eigenvalues in [0, 1], one reflection with the eigenvalue -1",
        parity,
        GRAZZI,
    ),
    Entry(
        "mod_3",
        "binary words whose number of 1s is divisible by 3",
        "the first count that needs a non-real eigenvalue: two reflections a letter, or two layers",
        lambda: mod(3),
        GRAZZI,
    ),
    Entry(
        "mod_4",
        "binary words whose number of 1s is divisible by 4",
        "a power of two: real eigenvalues do it, but only over two layers",
        lambda: mod(4),
        GRAZZI,
    ),
    Entry(
        "mod_5",
        "binary words whose number of 1s is divisible by 5",
        "in the plane its rotation is irrational and rounds; as a cycle of 5 points it is exact",
        lambda: mod(5),
        GRAZZI,
    ),
    Entry(
        "mod_6",
        "binary words whose number of 1s is divisible by 6",
        "not a prime power: parity beside a count mod 3 needs fewer steps than one cycle of 6 points",
        lambda: mod(6),
        GRAZZI,
    ),
    Entry(
        "cycle_navigation",
        "walks on a cycle of 5 places that end where they began: 0 stays, 1 goes forward, 2 goes back",
        "a standard task whose letters are an identity, a permutation and its inverse",
        cycle_navigation,
        DELETANG,
    ),
    Entry(
        "binary_mod_3",
        "binary numbers, first digit first, divisible by 3",
        "the textbook machine; its two digits generate S_3, so a commutative answer is wrong",
        lambda: binary_mod(3),
    ),
    Entry(
        "saturating_counter_2",
        "+ and - on a counter that stays within 0 .. 2; words that end at 2",
        "its letters shift and merge at once; one layer holds it as a thermometer code of two bits",
        lambda: saturating_counter(2),
        LIU,
    ),
    Entry(
        "saturating_counter_3",
        "+ and - on a counter that stays within 0 .. 3; words that end at 3",
        "a thermometer code of three bits: each letter shifts all of them and writes one",
        lambda: saturating_counter(3),
        LIU,
    ),
    Entry(
        "even_a_since_b",
        "words over a, b with an even number of a since the last b",
        "parity with a reset: the smallest permutation-reset machine, a reflection and an erasure on one bit",
        even_a_since_b,
    ),
]

FAMILIES = [
    Family(
        "mod_{m}",
        "binary words whose number of 1s is divisible by {m}",
        "counting; beyond powers of two it needs non-real eigenvalues",
        mod,
        {"m": (1, 10**6)},
        GRAZZI,
    ),
    Family(
        "cycle_navigation_{m}",
        "walks on a cycle of {m} places that end where they began: 0 stays, 1 goes forward, 2 goes back",
        "cycle navigation at other lengths",
        cycle_navigation,
        {"m": (1, 10**6)},
        DELETANG,
    ),
    Family(
        "binary_mod_{m}",
        "binary numbers, first digit first, divisible by {m}",
        "odd m: affine permutations; even m: they merge states as well",
        binary_mod,
        {"m": (1, 10**6)},
    ),
    Family(
        "saturating_counter_{n}",
        "+ and - on a counter that stays within 0 .. {n}; words that end at {n}",
        "a thermometer code of any length",
        saturating_counter,
        {"n": (1, 10**6)},
        LIU,
    ),
]
