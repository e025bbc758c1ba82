"""The subset construction, beside a plain simulation of the nondeterministic machine."""

import re
from itertools import product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from deltaword.automata import nfa
from deltaword.automata.dfa import DFA
from deltaword.automata.errors import TooLarge
from deltaword.automata.nfa import determinize, explore


@st.composite
def machines(draw, most=18, letters=3):
    """n, moves[a][q] as sets of states, starts, accepting; often more than eight states, the size of a block."""
    n, k = draw(st.integers(1, most)), draw(st.integers(1, letters))
    few = st.sets(st.integers(0, n - 1), max_size=3)
    moves = [[draw(few) for _ in range(n)] for _ in range(k)]
    return n, moves, draw(few), draw(few)


def bits(states):
    return sum(1 << q for q in states)


def simulated(moves, starts, accepting, word):
    here = starts
    for a in word:
        here = {target for q in here for target in moves[a][q]}
    return bool(here & accepting)


@settings(max_examples=200, deadline=None)
@given(machines())
@example((17, [[set()] * 16 + [{16}]], {16}, {16}))  # only the third block is met
def test_accepts_the_words_of_the_nondeterministic_machine(machine):
    n, moves, starts, accepting = machine
    table, mask = determinize(n, [list(map(bits, row)) for row in moves], bits(starts), bits(accepting))
    dfa = DFA(table, 0, mask.nonzero()[0], range(len(moves)))
    for length in range(5):
        for word in product(range(len(moves)), repeat=length):
            assert dfa.accepts(word) == simulated(moves, starts, accepting, word), word


@settings(max_examples=100, deadline=None)
@given(machines(most=12))
def test_frozensets_and_bitmasks_give_the_same_table(machine):
    n, moves, starts, _ = machine
    table, _ = determinize(n, [list(map(bits, row)) for row in moves], bits(starts), 0)
    by_sets, _ = explore(frozenset(starts), lambda here: [frozenset().union(*(row[q] for q in here)) for row in moves])
    assert table.tolist() == by_sets.tolist()


def test_states_are_numbered_in_breadth_first_order():
    table, met = explore("", lambda word: [word + "a", word + "b"] if len(word) < 2 else ["", ""])
    assert met == ["", "a", "b", "aa", "ab", "ba", "bb"]
    assert table.tolist() == [[1, 2], [3, 4], [5, 6], [0, 0], [0, 0], [0, 0], [0, 0]]


def test_limit_is_the_largest_number_of_subsets_allowed():
    def step(number):
        return [(number + 1) % 10]

    assert len(explore(0, step, limit=10)[1]) == 10
    with pytest.raises(TooLarge, match=re.escape("stopped at 9 subsets")):
        explore(0, step, limit=9)


def test_wide_subsets_lower_the_limit(monkeypatch):
    monkeypatch.setattr(nfa, "MEMORY", 100 * 40)  # 40 subsets of 100 states
    moves = [[1 << (q + 1) % 100 for q in range(100)]]
    with pytest.raises(TooLarge, match="stopped at 40 subsets"):
        determinize(100, moves, 1, 1)
