"""Product, complement, reversal and equivalence, against the words themselves and against automata-lib."""

import operator

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from strategies import chain, copies, dfas, random_machine, words, words_up_to

from deltaword import DFA
from deltaword.automata import equivalence, nfa, product, reverse
from deltaword.automata.errors import AlphabetMismatch, BadAutomaton, TooLarge

PROPERTY = settings(max_examples=150, deadline=None)

CONNECTIVES = {
    "and": lambda a, b: a and b,
    "or": lambda a, b: a or b,
    "xor": lambda a, b: a != b,
    "diff": lambda a, b: a and not b,
}


# ---------------------------------------------------------------- product and complement


@PROPERTY
@given(dfas(), dfas(), words("ab", 20), st.sampled_from(sorted(CONNECTIVES)))
def test_product_accepts_what_its_connective_says(a, b, word, accept):
    assert a.product(b, accept).accepts(word) == CONNECTIVES[accept](a.accepts(word), b.accepts(word))


@PROPERTY
@given(dfas(), dfas())
def test_product_has_the_pairs_that_words_reach(a, b):
    both = a & b
    pairs = {(a.states(word)[-1], b.states(word)[-1]) for word in words_up_to("ab", 6)}
    assert both.state_names is not None
    assert len(set(both.state_names)) == both.n_states == len(both.reachable_states())
    assert pairs <= set(both.state_names)


@PROPERTY
@given(dfas(max_states=9), dfas(max_states=9), st.sampled_from(["and_", "or_", "xor", "sub"]))
def test_operators_agree_with_automata_lib(a, b, name):
    operation = getattr(operator, name)
    theirs = operation(a.to_automata_lib(), b.to_automata_lib())
    assert DFA.from_automata_lib(theirs).minimized() == operation(a, b).minimized()


@PROPERTY
@given(dfas(max_states=9), dfas(max_states=9))
def test_products_by_array_by_loop_and_by_dict_are_one(a, b):
    products = []
    for wide, dense in [(0, 100), (100, 100), (0, 0)]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(product, "WIDE", wide)
            patch.setattr(product, "DENSE", dense)
            products.append(a ^ b)
    assert products[0] == products[1] == products[2]
    assert products[0].state_names == products[1].state_names == products[2].state_names


@PROPERTY
@given(dfas(), words("ab", 20))
def test_complement_accepts_the_other_words(dfa, word):
    assert (~dfa).accepts(word) != dfa.accepts(word)
    assert ~~dfa == dfa


@PROPERTY
@given(dfas(), dfas())
def test_de_morgan(a, b):
    assert (~(a & b)).equivalent_to(~a | ~b)
    assert (a - b).equivalent_to(a & ~b)
    assert (a ^ b).equivalent_to((a | b) - (a & b))


def test_pairs_are_named_by_the_names_of_their_states():
    light = DFA([[1], [0]], 0, [1], "x", state_names=["off", "on"])
    assert (light & chain(2, "x")).state_names == (("off", 0), ("on", 1), ("off", 1))


def test_a_large_product_has_all_its_pairs():
    turns = [DFA([[(q + 1) % n, q] for q in range(n)], 0, [0], "ab") for n in (499, 512)]
    assert (turns[0] & turns[1]).n_states == 499 * 512


def test_product_over_the_limit_is_refused_by_name():
    a, b = random_machine(100, "ab", seed=0), random_machine(100, "ab", seed=1)
    for dense in (product.DENSE, 0):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(product, "DENSE", dense)
            with pytest.raises(TooLarge, match=r"more than 1000 reachable pairs.*limit="):
                product.product(a, b, "and", limit=1000)


def test_unknown_connective_is_refused_with_the_known_ones():
    with pytest.raises(BadAutomaton, match=r"'nand'.*'and', 'or', 'xor', 'diff'"):
        chain(2).product(chain(2), "nand")


# ---------------------------------------------------------------- alphabets


@PROPERTY
@given(dfas(alphabet="abc"), dfas(alphabet="cab"), words("abc", 12))
def test_columns_are_matched_by_letter_not_by_place(a, b, word):
    assert (a ^ b).accepts(word) == (a.accepts(word) != b.accepts(word))
    assert (a ^ b).alphabet == a.alphabet
    found = a.distinguishing_word(b)
    assert found is None or a.accepts(found) != b.accepts(found)


@pytest.mark.parametrize("operation", [operator.and_, DFA.distinguishing_word, DFA.equivalent_to])
def test_different_alphabets_are_refused_with_the_letters(operation):
    with pytest.raises(AlphabetMismatch, match="the first lacks 'c' and the second lacks 'a'"):
        operation(chain(3, "ab"), chain(3, "bc"))
    with pytest.raises(AlphabetMismatch, match="the second lacks 'z'"):
        operation(chain(3, "abz"), chain(3, "ba"))


# ---------------------------------------------------------------- reversal


@PROPERTY
@given(dfas(), words("ab", 20))
def test_reversal_accepts_the_words_read_backwards(dfa, word):
    assert dfa.reversed().accepts(word) == dfa.accepts(word[::-1])


@PROPERTY
@given(dfas(max_states=8, alphabet="abc"))
def test_reversing_twice_gives_the_minimal_machine(dfa):
    backwards = dfa.reversed()
    assert backwards == backwards.minimized()
    assert backwards.reversed() == dfa.minimized()


@PROPERTY
@given(dfas(max_states=7))
def test_reversal_agrees_with_automata_lib(dfa):
    from automata.fa.dfa import DFA as Theirs
    from automata.fa.nfa import NFA

    theirs = Theirs.from_nfa(NFA.from_dfa(dfa.to_automata_lib()).reverse())
    assert DFA.from_automata_lib(theirs).minimized() == dfa.reversed()


@PROPERTY
@given(dfas(max_states=9))
def test_reversals_by_ints_and_by_bytes_are_one(dfa):
    by_ints = dfa.reversed()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reverse, "BITMASKS", 0)
        assert dfa.reversed() == by_ints


def test_a_long_chain_reverses_to_itself():
    assert chain(1500).reversed() == chain(1500)


@pytest.mark.parametrize("bitmasks", [0, reverse.BITMASKS])
def test_reversal_over_the_limit_is_refused_by_name(monkeypatch, bitmasks):
    monkeypatch.setattr(reverse, "BITMASKS", bitmasks)
    monkeypatch.setattr(nfa, "LIMIT", 1000)
    an_a_in_place_eleven = [[q + 1, q + 1] for q in range(10)] + [[12, 11], [11, 11], [12, 12]]
    with pytest.raises(TooLarge, match="13 states, read backwards, need more than 1000 states; raise LIMIT"):
        DFA(an_a_in_place_eleven, 0, [12], "ab").reversed()


# ---------------------------------------------------------------- equivalence


def shortest_difference(a: DFA, b: DFA) -> str | None:
    """The first of all words up to the length that suffices, n_a + n_b - 2."""
    return next((word for word in words_up_to("ab", a.n_states + b.n_states - 2) if a.accepts(word) != b.accepts(word)), None)


@st.composite
def near_copies(draw: st.DrawFn) -> tuple[DFA, DFA]:
    """A machine, and copies of its states in one machine with a single arrow or accepting state changed, or nothing."""
    a = draw(dfas(max_states=4))
    b = copies(a, draw(st.integers(1, 2)), draw(st.integers(0, 2**32)))
    states = st.integers(0, b.n_states - 1)
    table, accepting = b.table.copy(), set(b.accepting)
    change = draw(st.sampled_from(["arrow", "acceptance", "nothing"]))
    if change == "arrow":
        table[draw(states), draw(st.integers(0, 1))] = draw(states)
    elif change == "acceptance":
        accepting ^= {draw(states)}
    return a, DFA(table, b.start, accepting, "ab")


@settings(PROPERTY, max_examples=300)
@given(near_copies() | st.tuples(dfas(max_states=5), dfas(max_states=5)), st.booleans())
@example((chain(5), chain(4)), False)
@example((chain(5), copies(chain(5), 2, seed=0)), False)
@example(
    (DFA([[0, 0]], 0, [0], "ab"), DFA([[1, 2], [1, 1], [3, 2], [3, 3]], 0, [0, 1, 2], "ab")), True
)  # one branch of two differs
@example((DFA([[0, 0]], 0, [0], "ab"), DFA([[2, 1], [1, 1], [3, 2], [3, 3]], 0, [0, 1, 2], "ab")), True)
def test_distinguishing_word_is_a_shortest_one(machines, wide):
    a, b = machines
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(equivalence, "WIDE", 0 if wide else 10**9)
        found = a.distinguishing_word(b)
    shortest = shortest_difference(a, b)
    if found is None or shortest is None:
        assert found == shortest
    else:
        assert len(found) == len(shortest)
        assert a.accepts(found) != b.accepts(found)


@PROPERTY
@given(dfas(max_states=12), dfas(max_states=12))
def test_equivalence_agrees_with_automata_lib(a, b):
    assert a.equivalent_to(b) == (a.to_automata_lib() == b.to_automata_lib())
    assert a.equivalent_to(b) == (a.minimized() == b.minimized())


@PROPERTY
@given(dfas(), st.integers(1, 4), st.integers(0, 2**32))
def test_copies_are_equivalent(dfa, times, seed):
    assert dfa.equivalent_to(copies(dfa, times, seed))


def rounds_until_apart(a: DFA, b: DFA) -> int:
    """The length of a shortest distinguishing word by Moore's rounds over both machines, exact but slow."""
    table = np.concatenate([a.table, b.table + a.n_states])
    classes = np.concatenate([a.accepting_mask, b.accepting_mask]).astype(np.int64)
    rounds = 0
    while classes[a.start] == classes[a.n_states + b.start]:
        tuples = np.column_stack([classes, classes[table]])
        classes = np.unique(tuples, axis=0, return_inverse=True)[1].reshape(-1)
        rounds += 1
    return rounds


@pytest.mark.parametrize("seed", range(12))
def test_one_changed_state_of_a_large_machine_is_found_by_a_shortest_word(seed):
    dfa = random_machine(2000, "ab" if seed % 2 else "abcde", seed).minimized()
    changed = [(seed * 97 + 1) % dfa.n_states]
    accepting = set(dfa.accepting) ^ set(changed)
    other = copies(DFA(dfa.table, dfa.start, accepting, dfa.alphabet), 3, seed)
    word = dfa.distinguishing_word(other)
    assert word is not None
    assert dfa.accepts(word) != other.accepts(word)
    assert len(word) == rounds_until_apart(dfa, other)


def test_chains_that_differ_at_the_end_need_a_word_to_the_end():
    word = chain(30_000).distinguishing_word(chain(30_001))
    assert word == "a" * 29_999


def test_word_is_a_list_where_letters_are_longer_and_empty_where_the_starts_differ():
    steps = DFA([[1, 0], [2, 1], [2, 2]], 0, [2], ["step", "stay"])
    assert steps.distinguishing_word(DFA(steps.table, 1, [2], steps.alphabet)) == ["step"]
    assert steps.distinguishing_word(~steps) == []
    assert chain(3).distinguishing_word(~chain(3)) == ""
