"""The minimal machine: right language, fewest states, one numbering; Moore's and Hopcroft's refinements side by side."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import chain, copies, dfas, random_machine, words, words_up_to

from deltaword import DFA
from deltaword.automata import minimize, reach
from deltaword.automata import moore as moore_module
from deltaword.automata.hopcroft import hopcroft
from deltaword.automata.minimize import coarsest_partition
from deltaword.automata.moore import moore

PROPERTY = settings(max_examples=150, deadline=None)


def behaviours(dfa: DFA, length: int) -> list[tuple[bool, ...]]:
    """For each state, which words of at most this length it accepts."""
    tests = list(words_up_to("".join(map(str, dfa.alphabet)), length))
    starts = [DFA(dfa.table, q, dfa.accepting, dfa.alphabet) for q in range(dfa.n_states)]
    return [tuple(map(machine.accepts, tests)) for machine in starts]


def same_partition(a: np.ndarray, b: np.ndarray) -> bool:
    pairs = len(set(zip(a.tolist(), b.tolist(), strict=True)))
    return pairs == len(set(a.tolist())) == len(set(b.tolist()))


@PROPERTY
@given(dfas(max_states=8, alphabet="abc"))
def test_plain_lists_and_numpy_find_the_same_machine(dfa):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(minimize, "SMALL", 0)  # as if every machine were large
        large = dfa.minimized()
    assert dfa.minimized() == large


# ---------------------------------------------------------------- language, size, numbering


@PROPERTY
@given(dfas(), words("ab", 20))
def test_minimal_machine_accepts_the_same_words(dfa, word):
    assert dfa.minimized().accepts(word) == dfa.accepts(word)


@PROPERTY
@given(dfas(max_states=5))
def test_minimal_machine_has_one_state_a_behaviour(dfa):
    # two of at most five states that differ at all differ on a word of at most three letters
    reachable = dfa.reachable()
    assert dfa.minimized().n_states == len(set(behaviours(reachable, 3)))


@PROPERTY
@given(dfas(max_states=9, alphabet="abc"))
def test_minimal_machine_is_as_small_as_automata_libs(dfa):
    assert dfa.minimized().n_states == len(dfa.to_automata_lib().minify().states)


@PROPERTY
@given(dfas(), st.integers(1, 4), st.integers(0, 2**32))
def test_equal_languages_give_equal_machines(dfa, times, seed):
    assert copies(dfa, times, seed).minimized() == dfa.minimized()


@PROPERTY
@given(dfas(max_states=4), dfas(max_states=4))
def test_minimal_machines_are_equal_only_for_equal_languages(a, b):
    # machines of at most four states that differ at all differ on a word of at most six letters
    differ = any(a.accepts(word) != b.accepts(word) for word in words_up_to("ab", 6))
    assert (a.minimized() != b.minimized()) == differ


@PROPERTY
@given(dfas())
def test_minimising_again_changes_nothing(dfa):
    assert dfa.minimized().minimized() == dfa.minimized()


@PROPERTY
@given(dfas(alphabet="abc"))
def test_states_are_numbered_by_their_first_words(dfa):
    small = dfa.minimized()
    met = [small.states(word)[-1] for word in words_up_to("abc", small.n_states - 1)]
    assert list(dict.fromkeys(met)) == list(range(small.n_states))


@PROPERTY
@given(dfas(max_states=12, alphabet="abc"), st.sampled_from([0, 2, 100]))
def test_breadth_first_order_meets_states_by_their_first_words(dfa, wide):
    waiting, met = [dfa.start], {dfa.start: None}
    for q in waiting:  # grows while it is walked
        for target in dfa.table[q].tolist():
            if target not in met:
                met[target] = None
                waiting.append(target)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reach, "WIDE", wide)
        assert reach.breadth_first_order(dfa.table, dfa.start).tolist() == list(met)


def test_all_words_and_no_words_need_one_state():
    for accepting in ([], range(7)):
        dfa = DFA(random_machine(7, "ab", seed=0).table, 3, accepting, "ab")
        assert dfa.minimized() == DFA([[0, 0]], 0, [0] if accepting else [], "ab")


def test_states_out_of_reach_and_names_are_dropped_and_the_alphabet_keeps_its_order():
    dfa = DFA([[1, 1], [1, 1], [0, 2]], start=1, accepting=[2], alphabet="ba", state_names="xyz")
    assert dfa.minimized() == DFA([[0, 0]], 0, [], "ba")
    assert dfa.minimized().state_names is None
    assert dfa.minimized().alphabet == ("b", "a")


# ---------------------------------------------------------------- the two refinements


@PROPERTY
@given(dfas(max_states=12, alphabet="abc"), st.integers(0, 4))
def test_hopcroft_finishes_what_moore_began(dfa, rounds):
    begun, settled = moore(dfa.table, dfa.accepting_mask, rounds)
    finished = hopcroft(dfa.table, begun)
    by_behaviour = hopcroft(dfa.table, np.unique(dfa.accepting_mask, return_inverse=True)[1])
    assert same_partition(finished, by_behaviour)
    assert same_partition(finished, coarsest_partition(dfa.table, dfa.accepting_mask))
    if settled:
        assert same_partition(begun, finished)


FAMILIES = {
    "random": random_machine(3000, "ab", seed=1),
    "random, one accepting state": DFA(random_machine(500, "abcd", seed=2).table, 0, [17], "abcd"),
    "copies": copies(random_machine(300, "abc", seed=3), 10, seed=4),
    "chain": chain(400),
    "copies of a chain": copies(chain(150), 5, seed=5),
    "one letter": random_machine(1000, "a", seed=6),
    "de Bruijn": DFA([[2 * q % 512, (2 * q + 1) % 512] for q in range(512)], 0, range(256, 512), "ab"),
}


@pytest.mark.parametrize("dfa", FAMILIES.values(), ids=FAMILIES)
def test_moore_and_hopcroft_agree(dfa):
    by_rounds, settled = moore(dfa.table, dfa.accepting_mask, rounds=dfa.n_states)
    assert settled
    assert same_partition(by_rounds, hopcroft(dfa.table, np.unique(dfa.accepting_mask, return_inverse=True)[1]))


@pytest.mark.parametrize("dfa", FAMILIES.values(), ids=FAMILIES)
def test_minimal_machine_of_a_family_is_as_small_as_automata_libs(dfa):
    assert dfa.minimized().n_states == len(dfa.to_automata_lib().minify().states)


@PROPERTY
@given(dfas(max_states=8))
def test_colliding_hashes_cannot_make_the_partition_wrong(dfa):
    right = coarsest_partition(dfa.table, dfa.accepting_mask)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(moore_module, "mixed", lambda labels: labels % np.uint64(3))
        assert same_partition(coarsest_partition(dfa.table, dfa.accepting_mask), right)
        patch.setattr(moore_module, "mixed", np.zeros_like)
        assert same_partition(coarsest_partition(dfa.table, dfa.accepting_mask), right)


def test_labels_show_the_order_of_letters():
    # state 0 accepts only ab, state 1 only ba: a sum of weights over accepted words would not see the difference
    table = [[2, 4], [4, 3], [4, 5], [5, 4], [4, 4], [4, 4]]
    classes, settled = moore(np.array(table), np.arange(6) == 5)
    assert settled
    assert classes[0] != classes[1]


def test_a_long_chain_is_handed_over_and_stays_as_it_is():
    dfa = chain(20_000)
    _, settled = moore(dfa.table, dfa.accepting_mask)
    assert not settled
    before = time.perf_counter()
    assert dfa.minimized() == dfa
    assert time.perf_counter() - before < 10  # refinement by 20,000 rounds takes minutes


def test_a_large_random_machine_and_its_copies_have_one_minimal_machine():
    dfa = random_machine(10_000, "abcdefghij", seed=7)
    assert copies(dfa, 10, seed=8).minimized() == dfa.minimized()
