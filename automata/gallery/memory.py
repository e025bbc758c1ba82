"""Remembering: switches, first and last letters, which letters occurred."""

from __future__ import annotations

from ..dfa import DFA
from .entry import Entry

LIU = "Liu et al. 2023, Exposing Attention Glitches with Flip-Flop Language Modeling, arXiv 2306.00946"
ONE_LAYER = "deltaword's theorem on one contractive layer: e·f·e = f·e for all idempotents of the transition monoid"


def flip_flop() -> DFA:
    return DFA([[1, 0, 0], [1, 0, 1]], 0, [1], "srk", state_names=["off", "on"])


def flip_flop_sink() -> DFA:
    return DFA([[0, 1, 2], [0, 1, 2], [2, 2, 2]], 0, [1], "01#", state_names=["0", "1", "sink"])


def first_letter() -> DFA:
    return DFA([[1, 2], [1, 1], [2, 2]], 0, [1], "ab", state_names=["start", "a first", "b first"])


def last_two_letters() -> DFA:
    return DFA([[0, 1], [2, 3], [0, 1], [2, 3]], 0, [2, 3], "ab", state_names=["aa", "ab", "ba", "bb"])


def seen_a_seen_b() -> DFA:
    return DFA([[1, 2], [1, 3], [3, 2], [3, 3]], 0, [3], "ab", state_names=["none", "a", "b", "both"])


def nilpotent_2() -> DFA:
    return DFA([[1, 3], [2, 2], [3, 3], [3, 3]], 0, [2], "ab", state_names=["0", "1", "2", "sink"])


ENTRIES = [
    Entry(
        "flip_flop",
        "s sets, r resets, k keeps; words that end set",
        "the building block of all aperiodic machines: one erasure and one write on one bit",
        flip_flop,
        LIU,
    ),
    Entry(
        "flip_flop_sink",
        "0 and 1 write a bit, # breaks it for good; words that end in an unbroken 1",
        "one layer holds it, yet with no vector a state: the states need a larger cover (sink or not, last bit)",
        flip_flop_sink,
        ONE_LAYER,
    ),
    Entry(
        "first_letter",
        "words that begin with a",
        "a write once and never again: a band whose idempotents violate e·f·e = f·e, so two layers",
        first_letter,
        ONE_LAYER,
    ),
    Entry(
        "last_two_letters",
        "words whose last letter but one is b, with aa before the first",
        "a shift register: its monoid is not regular, and one layer still holds it",
        last_two_letters,
        ONE_LAYER,
    ),
    Entry(
        "seen_a_seen_b",
        "words over a, b with at least one of each",
        "two independent bits, each written once: commuting idempotents, four vectors from two bits",
        seen_a_seen_b,
        ONE_LAYER,
    ),
    Entry(
        "nilpotent_2",
        "a followed by one letter, over a, b",
        "a finite language: words longer than its longest all lead to the sink; its monoid is not regular",
        nilpotent_2,
        ONE_LAYER,
    ),
]
