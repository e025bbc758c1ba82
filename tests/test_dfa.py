"""The machine itself: what it refuses at birth, running words and batches, staying as it is."""

import copy
import pickle
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import dfas, random_machine, words

from deltaword import DFA
from deltaword.automata.errors import (
    BadAutomaton,
    DeltawordError,
    DuplicateLetter,
    EmptyAlphabet,
    MissingTransition,
    StateOutOfRange,
    UnknownLetter,
)

PROPERTY = settings(max_examples=150, deadline=None)

STEPS = DFA([[1, 0], [2, 0], [2, 2]], start=0, accepting=[2], alphabet="ab")  # the words with aa in them


# ---------------------------------------------------------------- birth

REFUSED = {
    "no letters": (([[]], 0, [], ""), EmptyAlphabet, "alphabet is empty"),
    "no letters, no states": (([], 0, [], []), EmptyAlphabet, "alphabet is empty"),
    "the same letter twice": (([[0, 0, 0]], 0, [], "aba"), DuplicateLetter, "'a' occurs twice.*position 2"),
    "1 and True are the same letter": (([[0, 0]], 0, [], [1, True]), DuplicateLetter, "True occurs twice"),
    "a letter that cannot be hashed": (([[0]], 0, [], [["a"]]), BadAutomaton, r"\['a'\] at position 0.*not hashable"),
    "an alphabet that is a number": (([[0]], 0, [], 1), BadAutomaton, "alphabet is 1"),
    "no states": (([], 0, [], "a"), BadAutomaton, "no states"),
    "no states in an array": ((np.zeros((0, 1), int), 0, [], "a"), BadAutomaton, "no states"),
    "a short row": (([[0, 1], [1]], 0, [], "ab"), MissingTransition, "state 1 has 1 of 2 transitions, none on 'b'"),
    "None in a row": (([[0, 1], [None, 1]], 0, [], "ab"), MissingTransition, "state 1 has no transition on 'a'"),
    "a long row": (([[0, 0], [0, 0, 0]], 0, [], "ab"), BadAutomaton, "state 1 has 3 transitions for 2 letters"),
    "a narrow array": ((np.zeros((2, 1), int), 0, [], "ab"), BadAutomaton, r"shape \(2, 1\)"),
    "a deep array": ((np.zeros((2, 2, 2), int), 0, [], "ab"), BadAutomaton, r"shape \(2, 2, 2\)"),
    "rows that are not rows": (([0, 1], 0, [], "a"), BadAutomaton, r"table\[state\]\[letter\]"),
    "a list in a row": (([[0, [1]], [0, 0]], 0, [], "ab"), BadAutomaton, r"state 0 goes to \[1\] on 'b'"),
    "lists in all rows": (([[[0]], [[1]]], 0, [], "a"), BadAutomaton, r"state 0 goes to \[0\] on 'a'"),
    "a fraction": (([[0, 0], [0, 0.5]], 0, [], "ab"), BadAutomaton, "state 1 goes to 0.5 on 'b'"),
    "floats in an array": ((np.zeros((1, 1)), 0, [], "a"), BadAutomaton, "state 0 goes to 0.0 on 'a'"),
    "a name": (([[0, "q1"]], 0, [], "ab"), BadAutomaton, "state 0 goes to 'q1' on 'b'"),
    "a successor too high": (([[0, 0], [0, 2]], 0, [], "ab"), StateOutOfRange, r"state 1 goes to 2 on 'b'.*0 \.\. 1"),
    "a successor below 0": (([[0, -1]], 0, [], "ab"), StateOutOfRange, "state 0 goes to -1 on 'b'"),
    "a successor past all machine numbers": (([[10**30]], 0, [], "a"), StateOutOfRange, f"state 0 goes to {10**30} on 'a'"),
    "a start too high": (([[0]], 1, [], "a"), StateOutOfRange, "start state 1 is not"),
    "a start below 0": (([[0]], -1, [], "a"), StateOutOfRange, "start state -1 is not"),
    "a start that is no number": (([[0]], "0", [], "a"), StateOutOfRange, "start state '0' is not"),
    "an accepting state too high": (([[0]], 0, [0, 1], "a"), StateOutOfRange, "accepting state 1 is not"),
    "an accepting state below 0": (([[0]], 0, np.array([-1]), "a"), StateOutOfRange, "accepting state .*-1.* is not"),
    "a mask for accepting states": (([[0], [1]], 0, np.array([False, True]), "a"), StateOutOfRange, "accepting state .*False"),
    "one accepting state, not in a collection": (([[0]], 0, 0, "a"), BadAutomaton, r"accepting is 0.*\[0\]"),
}


@pytest.mark.parametrize(("arguments", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_complete_machine_is_refused_by_name(arguments, error, message):
    with pytest.raises(error, match=message) as caught:
        DFA(*arguments)
    assert caught.type is error
    assert isinstance(caught.value, ValueError)


def test_state_names_must_be_one_a_state():
    with pytest.raises(BadAutomaton, match="1 state names for 2 states"):
        DFA([[0], [1]], 0, [], "a", state_names=["only"])


JUNK = st.none() | st.booleans() | st.integers(-2, 3) | st.floats() | st.text(max_size=2) | st.just(10**25)


@settings(PROPERTY, max_examples=300)
@given(st.lists(st.lists(JUNK | st.lists(JUNK, max_size=2), max_size=3), max_size=3), JUNK, st.lists(JUNK, max_size=2) | JUNK)
def test_no_table_start_or_accepting_states_give_another_error(table, start, accepting):
    try:
        dfa = DFA(table, start, accepting, "ab")
    except DeltawordError:
        return
    assert dfa.table.shape == (len(table), 2)
    assert dfa.table.min() >= 0
    assert dfa.table.max() < dfa.n_states


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int64, np.uint64, object])
def test_table_and_accepting_states_of_any_whole_type_are_taken(kind):
    table = np.array([[1, 0], [2, 0], [2, 2]], dtype=kind)
    assert DFA(table, 0, np.array([2], dtype=kind), "ab") == STEPS
    assert DFA.from_table(table.tolist(), 0, {2}, ["a", "b"]) == STEPS


def test_what_the_machine_was_made_from_may_change_afterwards():
    table, accepting = np.array([[1, 0], [2, 0], [2, 2]], dtype=np.int32), {2}
    dfa = DFA(table, 0, accepting, "ab")
    table[:] = 0
    accepting.clear()
    assert dfa == STEPS


# ---------------------------------------------------------------- running


@PROPERTY
@given(dfas(alphabet="abc"), words("abc", 30))
def test_states_follow_the_table_letter_by_letter_from_the_left(dfa, word):
    visited = dfa.states(word)
    assert visited[0] == dfa.start
    assert len(visited) == len(word) + 1
    for q, letter, target in zip(visited, word, visited[1:], strict=False):
        assert dfa.table[q, "abc".index(letter)] == target
    assert dfa.accepts(word) == (visited[-1] in dfa.accepting)
    assert all(type(q) is int for q in visited)


@PROPERTY
@given(dfas(), words("ab", 30))
def test_words_are_accepted_as_by_automata_lib(dfa, word):
    assert dfa.accepts(word) == dfa.to_automata_lib().accepts_input(word)


@PROPERTY
@given(
    dfas(alphabet="abc"),
    st.integers(0, 5),
    st.integers(0, 8),
    st.integers(0, 2**32),
    st.sampled_from(["int64", "int8", "uint8"]),
)
def test_a_batch_visits_the_states_of_its_words(dfa, B, T, seed, kind):
    tokens = np.random.default_rng(seed).integers(0, 3, size=(B, T)).astype(kind)
    visited = dfa.run(tokens)
    assert visited.shape == (B, T + 1)
    assert visited.dtype == np.int32
    assert visited.tolist() == [dfa.states(dfa.decode(word)) for word in tokens.tolist()]


def test_a_batch_of_uint64_tokens_runs():
    assert STEPS.run(np.array([[0, 0, 1]], dtype=np.uint64)).tolist() == [[0, 1, 2, 2]]


def test_a_batch_of_a_million_tokens_agrees_with_single_words():
    dfa = random_machine(100, "abcd", seed=0)
    tokens = np.random.default_rng(1).integers(0, 4, size=(1000, 1000))
    visited = dfa.run(tokens)
    for b in (0, 499, 999):
        assert visited[b].tolist() == dfa.states(dfa.decode(tokens[b]))


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        ([[0, 1], [1, 2]], "token 2 of word 1 at position 1.*0 .. 1"),
        ([[0, -1]], "token -1 of word 0 at position 1"),
        ([0, 1], r"shape \(2,\)"),
        ([[0.0, 1.0]], "type float64"),
        ([[True, False]], "type bool"),
    ],
)
def test_tokens_that_are_no_letters_are_refused_with_their_place(tokens, message):
    with pytest.raises(UnknownLetter, match=message):
        STEPS.run(np.array(tokens))


@pytest.mark.parametrize("method", [DFA.accepts, DFA.states, DFA.encode])
def test_an_unknown_letter_is_named_with_its_position(method):
    with pytest.raises(UnknownLetter, match=r"'c' at position 2 .*\('a', 'b'\)"):
        method(STEPS, "abca")
    with pytest.raises(UnknownLetter, match=r"\['a'\] at position 1"):
        method(STEPS, ["a", ["a"]])


def test_a_str_of_long_letters_is_refused_with_the_way_out():
    switch = DFA([[1, 0], [1, 0]], 0, [1], ["on", "off"])
    assert switch.accepts(["off", "on"])
    with pytest.raises(UnknownLetter, match="pass a list of letters"):
        switch.accepts("on")


@PROPERTY
@given(words("ab", 20))
def test_decode_undoes_encode(word):
    assert STEPS.decode(STEPS.encode(word)) == word
    numbers = DFA(STEPS.table, 0, [2], [0, 1])
    assert numbers.decode(numbers.encode(STEPS.encode(word))) == STEPS.encode(word)


# ---------------------------------------------------------------- reachable part


@PROPERTY
@given(dfas(max_states=9))
def test_reachable_states_are_networkxs_descendants(dfa):
    graph = dfa.to_networkx()
    assert dfa.reachable_states().tolist() == sorted(nx.descendants(graph, dfa.start) | {dfa.start})


@PROPERTY
@given(dfas(max_states=9), words("ab", 20))
def test_reachable_part_visits_the_same_states_under_new_numbers(dfa, word):
    part, old = dfa.reachable(), dfa.reachable_states()
    assert old[part.states(word)].tolist() == dfa.states(word)
    assert part.accepts(word) == dfa.accepts(word)


def test_reachable_part_keeps_the_names_of_its_states():
    dfa = DFA([[0, 2], [1, 1], [2, 0]], 0, [1], "ab", state_names=["even", "lost", "odd"])
    assert dfa.reachable().state_names == ("even", "odd")
    assert dfa.reachable().accepting == frozenset()


# ---------------------------------------------------------------- staying as it is


def test_a_machine_cannot_be_changed():
    with pytest.raises(AttributeError, match=r"immutable.*'start'"):
        STEPS.start = 1
    with pytest.raises(AttributeError, match=r"immutable.*'table'"):
        del STEPS.table
    with pytest.raises(ValueError, match="read-only"):
        STEPS.table[0, 0] = 0
    with pytest.raises(ValueError, match="read-only"):
        STEPS.accepting_mask[0] = True
    assert isinstance(STEPS.accepting, frozenset)


@pytest.mark.parametrize("again", [lambda dfa: pickle.loads(pickle.dumps(dfa)), copy.copy, copy.deepcopy])
def test_copies_and_pickles_are_equal_machines(again):
    dfa = DFA([[1, 0], [0, 1]], 1, [0], [("turn", 1), None], state_names=["even", "odd"])
    assert dfa.accepts([("turn", 1)])  # fills the caches
    twin = again(dfa)
    assert twin == dfa
    assert hash(twin) == hash(dfa)
    assert twin.state_names == dfa.state_names
    with pytest.raises(AttributeError):
        twin.start = 0
    with pytest.raises(ValueError, match="read-only"):
        twin.table[0, 0] = 0


def test_equality_sees_table_start_accepting_states_and_alphabet_but_not_names():
    base: tuple[Any, ...] = ([[1, 0], [0, 1]], 0, [1], "ab")
    dfa = DFA(*base)
    assert dfa == DFA(*base, state_names=["even", "odd"])
    for place, other in enumerate([[[1, 0], [1, 1]], 1, [0], "ba"]):
        arguments = list(base)
        arguments[place] = other
        changed = DFA(*arguments)
        assert changed != dfa
        assert hash(changed) != hash(dfa)
    assert dfa != "a machine"
    assert len({dfa, DFA(*base)}) == 1


def test_repr_says_how_large_the_machine_is():
    assert repr(STEPS) == "DFA(3 states, 2 letters: a b, start 0, 1 accepting)"
    assert "…" in repr(random_machine(5, "abcdefghijkl", seed=0))
