"""Languages best said by a pattern, most of them star-free."""

from __future__ import annotations

from collections.abc import Callable

from ..dfa import DFA
from .counting import DELETANG
from .entry import Entry
from .memory import ONE_LAYER


def pattern(text: str, alphabet: str = "ab") -> Callable[[], DFA]:
    return lambda: DFA.from_regex(text, alphabet=alphabet)


def ab_star_reset() -> DFA:
    return DFA([[1, 2, 0], [2, 0, 0], [2, 2, 0]], 0, [0], "abr", state_names=["0", "1", "dead"])


ENTRIES = [
    Entry(
        "even_pairs",
        "words over a, b with an even number of places where the letter changes",
        "looks like counting and is none: the first letter must equal the last",
        pattern("(a([ab]*a)?|b([ab]*b)?)?"),
        DELETANG,
    ),
    Entry(
        "a_star_b_star",
        "a*b*",
        "star-free on three states, and yet no one contractive layer holds it",
        pattern("a*b*"),
        ONE_LAYER,
    ),
    Entry("ab_star", "(ab)*", "partial injections with a sink: star-free, and one layer holds it", pattern("(ab)*"), ONE_LAYER),
    Entry(
        "ab_star_reset",
        "words whose part after the last r is in (ab)*, over a, b, r",
        "partial injections whose sink can be left: a constant reset beside dead ends",
        ab_star_reset,
        ONE_LAYER,
    ),
    Entry(
        "ab_or_ba_star",
        "(ab|ba)*",
        "the example of the front page: two loops through a start that also has a dead end",
        pattern("(ab|ba)*"),
    ),
    Entry(
        "contains_ab",
        "words with ab somewhere",
        "the smallest search: refused by one layer",
        pattern("[ab]*ab[ab]*"),
        ONE_LAYER,
    ),
    Entry(
        "contains_aba",
        "words with aba somewhere",
        "a search whose pattern overlaps itself, as string matching must handle",
        pattern("[ab]*aba[ab]*"),
    ),
    Entry(
        "subword_abc",
        "words with a, later b, later c, over a, b, c",
        "piecewise testable; whether two contractive layers hold it is open here",
        pattern("[abc]*a[abc]*b[abc]*c[abc]*", "abc"),
    ),
]
