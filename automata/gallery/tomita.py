"""The seven languages of Tomita, the standard small targets of grammatical inference, over 0 and 1."""

from __future__ import annotations

from ..dfa import DFA
from .entry import Entry

TOMITA = (
    "Tomita 1982, Dynamic Construction of Finite Automata from Examples Using Hill-Climbing, Proc. 4th Cognitive Science Conf."
)


def tomita_3() -> DFA:
    even, odd, odd_odd, odd_even, dead = range(5)  # the last run of 1s; then the run of 0s after an odd one
    table = [[even, odd], [odd_odd, even], [odd_even, dead], [odd_odd, odd], [dead, dead]]
    names = ["even 1s", "odd 1s", "odd 1s, odd 0s", "odd 1s, even 0s", "dead"]
    return DFA(table, even, [even, odd, odd_even], "01", state_names=names)


def tomita_6() -> DFA:
    return DFA([[1, 2], [2, 0], [0, 1]], 0, [0], "01")


def pattern(text: str):
    return lambda: DFA.from_regex(text, alphabet="01")


ENTRIES = [
    Entry("tomita_1", "1*", "a single forbidden letter: one bit, once erased", pattern("1*"), TOMITA),
    Entry("tomita_2", "(10)*", "star-free with a dead state: partial injections", pattern("(10)*"), TOMITA),
    Entry(
        "tomita_3",
        "no odd run of 1s is followed by an odd run of 0s",
        "parities of runs, each begun anew where the other letter comes: groups and resets in one machine",
        tomita_3,
        TOMITA,
    ),
    Entry("tomita_4", "words without 000", "a counter with a reset and a dead end", pattern("(1|01|001)*0?0?"), TOMITA),
    Entry(
        "tomita_5",
        "an even number of 0s and an even number of 1s",
        "two independent parities: Z_2 × Z_2, one reflection a letter",
        pattern("(00|11|(01|10)(00|11)*(01|10))*"),
        TOMITA,
    ),
    Entry("tomita_6", "the numbers of 0s and of 1s agree mod 3", "counting mod 3 up and down", tomita_6, TOMITA),
    Entry(
        "tomita_7", "0*1*0*1*", "star-free and not one layer: an order of letters must be noticed", pattern("0*1*0*1*"), TOMITA
    ),
]
