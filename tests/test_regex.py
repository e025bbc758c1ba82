"""Patterns to automata, beside Python's own `re.fullmatch` on every short word."""

import itertools
import re
import sys
import time

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from deltaword.automata import lexemes, nfa, positions
from deltaword.automata.dfa import DFA
from deltaword.automata.errors import (
    BadAutomaton,
    DuplicateLetter,
    EmptyAlphabet,
    NotRegular,
    PatternSyntax,
    TooLarge,
    UnknownLetter,
)
from deltaword.automata.regex import from_regex

KELVIN = "\u212a"  # its lower case is the plain k
LETTERS = "aB \n7"


def all_words(alphabet, most):
    return ["".join(letters) for n in range(most + 1) for letters in itertools.product(alphabet, repeat=n)]


def assert_same_words(pattern, alphabet, words=None):
    dfa, matches = from_regex(pattern, alphabet), re.compile(pattern).fullmatch
    words = all_words(dfa.alphabet, {1: 8, 2: 7, 3: 5, 4: 4}.get(dfa.n_letters, 3)) if words is None else words
    wrong = [word for word in words if dfa.accepts(word) != bool(matches(word))]
    assert not wrong, f"{pattern!r} over {alphabet!r}: {wrong[:5]}"
    return dfa


# ---------------------------------------------------------------------- patterns, drawn

UNITS = ["a", "B", "7", r"\n", r"\x61", r"\102", r"\N{DIGIT SEVEN}", r"\ ", ".", r"\d", r"\D", r"\w", r"\W", r"\s", r"\S"]
CLASSES = ["[aB]", "[^a]", "[A-Za-z]", r"[^\n]", r"[\d\s]", r"[^\w]", "[7-9a]", r"[]B]", r"[^]\n]", r"[a\]#-]", "[a|B]", "[ 7]"]
ANCHORS = ["^", "$", r"\A", r"\Z"]
COUNTS = ["*", "+", "?", "{2}", "{,2}", "{1,3}", "{2,}", "{0}", "{0,1}", "{3}"]
OPENINGS = ["(", "(?:", "(?P<@>", "(?i:", "(?s:", "(?a:", "(?-s:", "(?-i:", "(?si:", "(?x: ", "(?-x:", "(?u:", "(?#a|comment (*)(?:"]


def groups(inner):
    return st.tuples(st.sampled_from(OPENINGS), inner).map(lambda drawn: f"{drawn[0]}{drawn[1]})")


def bigger(inner):
    """Patterns out of patterns; what is repeated is a unit or a group, since `re` repeats no anchor and no repeat."""
    repeatable = st.one_of(st.sampled_from(UNITS + CLASSES), groups(inner))
    return st.one_of(
        st.lists(inner, min_size=2, max_size=4).map("".join),
        st.lists(inner, min_size=2, max_size=3).map("|".join).map("(?:{})".format),
        groups(inner),
        st.tuples(repeatable, st.sampled_from(COUNTS), st.sampled_from(["", "?"])).map("".join),
    )


def named(pattern):
    """Group names all different, as `re` wants them."""
    number = itertools.count()
    return re.sub("@", lambda _: f"g{next(number)}", pattern)


PATTERNS = st.tuples(
    st.sampled_from(["", "", "", "(?s)", "(?i)", "(?a)", "(?x) ", "(?si)", "(?ix) # a comment (\n"]),
    st.recursive(st.sampled_from([*UNITS, *CLASSES, *ANCHORS, ""]), bigger, max_leaves=8),
).map(lambda drawn: named("".join(drawn)))


@settings(max_examples=200, deadline=None)
@given(PATTERNS, st.lists(st.text(LETTERS, min_size=4, max_size=9), max_size=60))
@example(r"(?:$|\n)*a?", [])  # a round of the loop that reads nothing
@example("(?:^){1,3}a", [])
@example("(?:|a)+$\n?", [])
@example("(?:a{0}|B){2}", [])
def test_accepts_the_words_that_fullmatch_matches(pattern, longer):
    assert_same_words(pattern, LETTERS, [*all_words(LETTERS, 3), *longer])


SMALL = st.recursive(
    st.sampled_from(["a", "b", "[ab]", ".", "[^b]", "^", "$", r"\Z", r"\n", "a*", "b+?", "$\n", ""]), bigger, max_leaves=6
).map(named)


@settings(max_examples=150, deadline=None)
@given(SMALL)
def test_accepts_the_words_that_fullmatch_matches_up_to_length_6(pattern):
    alphabet = "abB7 \n" if re.search("[B7 ]", pattern) else "ab\n"
    assert_same_words(pattern, alphabet, all_words("ab\n", 6))
