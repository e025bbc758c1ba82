"""Layers in exact numbers: what they compute, against machines and against matrices written out by hand."""

from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from theory_strategies import fractions, to_sympy

from deltaword import DFA, languages
from deltaword.automata.errors import BadStep, NotCompilable
from deltaword.theory.constructions.one_layer import one_layer
from deltaword.theory.exact_layer import ExactLayer, Head, LetterAction
from deltaword.theory.factor import reflections
from deltaword.theory.householder import Step, overwrite, swap

PROPERTY = settings(max_examples=60, deadline=None)


@PROPERTY
@given(st.data(), st.integers(1, 3), st.integers(1, 2), st.integers(0, 3))
def test_a_letter_closes_its_gate_first_and_then_steps_in_order(data, K, V, count):
    def vector(n):
        return [data.draw(fractions) for _ in range(n)]

    gate = data.draw(st.fractions(min_value=0, max_value=1, max_denominator=4))
    steps = []
    for _ in range(count):
        key = vector(K)
        steps.append(Step(Fraction(1) / (sum(x * x for x in key) or 1), tuple(key), tuple(vector(V))))
    start = [vector(V) for _ in range(K)]
    expected = sympy.Rational(gate) * to_sympy(start)
    for step in steps:
        k, v, beta = to_sympy([[x] for x in step.key]), to_sympy([step.value]), sympy.Rational(step.beta)
        expected = (sympy.eye(K) - beta * k * k.T) * expected + beta * k * v
    head = Head(start, (1,) * K, (LetterAction(tuple(steps), gate),))
    after = head.letters[0].apply(head.initial)
    assert to_sympy(after) == expected
    query = vector(K)
    assert to_sympy([Head(start, query, ()).read(after)]) == to_sympy([query]) * expected
    assert to_sympy(head.initial) == to_sympy(start), "a letter must not change the initial state"


def test_letters_act_from_the_left_on_a_non_abelian_group():
    """S_3 on three places: the states after "rs" and "sr" differ, and both are those of the machine."""
    dfa = DFA.from_permutations({"r": [1, 2, 0], "s": [1, 0, 2]}, start=1)
    turn = LetterAction((swap(1, 2, 3), swap(0, 1, 3)))
    flip = LetterAction((swap(0, 1, 3),))
    layer = ExactLayer(dfa.alphabet, (Head([[0], [1], [0]], (0, 1, 2), (turn, flip)),), [[0], [2], [4]], [0, -1, -4])
    for word in ("rs", "sr", "rrs", "srr", "rsrsrs"):
        assert layer.states(word) == dfa.states(word)
    assert layer.states("rs")[-1] != layer.states("sr")[-1]
    backwards = LetterAction(turn.steps[::-1])
    wrong = ExactLayer(dfa.alphabet, (Head([[0], [1], [0]], (0, 1, 2), (backwards, flip)),), [[0], [2], [4]], [0, -1, -4])
    assert wrong.states("r") != dfa.states("r"), "the comparison notices two steps in the wrong order"


def test_rotations_by_roots_are_followed_exactly():
    """Twelve eighth turns in Q(√2): no drift, and the corner reached is named by exact comparison."""
    c = sympy.sqrt(2) / 2
    turn = LetterAction(tuple(reflections([[c, -c], [c, c]])))
    corners = [(1, 0), (c, c), (0, 1), (-c, c), (-1, 0), (-c, -c), (0, -1), (c, -c)]
    heads = tuple(Head([[1], [0]], query, (turn,)) for query in ((1, 0), (0, 1)))
    layer = ExactLayer(("t",), heads, corners, [0] * 8)
    assert layer.states("t" * 12) == [k % 8 for k in range(13)]
    state = layer.start()
    for _ in range(8):
        state = layer.step(state, 0)
    assert all(map(np.array_equal, state, layer.start())), "eight turns lead back to the very same numbers"


@pytest.mark.parametrize("name", ["parity", "S_3", "flip_flop", "seen_a_seen_b", "saturating_counter_3", "dyck_1_depth_2"])
@pytest.mark.parametrize("keys", ["raw", "unit"])
def test_every_candidate_tracks_its_machine_in_exact_numbers(name, keys):
    """Exhaustive: the exact layer, run on state × letter, closes with one code a state of the machine."""
    dfa = languages.get(name)
    for candidate in one_layer(dfa, keys)[0]:
        layer = candidate.layer(dfa)
        codes = {dfa.start: layer.start()}
        order = [dfa.start]
        for q in order:
            assert layer.decode(codes[q]) == q
            for a, target in enumerate(dfa.table[q].tolist()):
                after = layer.step(codes[q], a)
                if target not in codes:
                    codes[target] = after
                    order.append(target)
                assert all(map(np.array_equal, after, codes[target])), (name, q, a)
        assert set(order) == set(dfa.reachable_states().tolist())


def test_every_letter_of_a_word_is_known():
    layer = one_layer(languages.get("parity"))[0][0].layer(languages.get("parity"))
    with pytest.raises(KeyError):
        layer.states("012")
    assert layer.states("") == [0]


def test_the_first_of_equal_logits_is_named():
    still = LetterAction(())
    layer = ExactLayer("a", (Head([[1]], (1,), (still,)),), [[0], [1], [1]], [1, 0, 0])
    assert layer.states("a") == [0, 0]


@pytest.mark.parametrize("gate", [-1, Fraction(3, 2), 0.5])
def test_a_gate_outside_0_to_1_is_refused(gate):
    with pytest.raises(BadStep):
        LetterAction((), gate)


def test_sizes_that_do_not_fit_are_refused():
    flip = LetterAction((Step(2, (1,), (0,)),))
    with pytest.raises(BadStep, match="query"):
        Head([[1]], (1, 0), (flip,))
    with pytest.raises(BadStep, match="step 0 of letter 1"):
        Head([[1]], (1,), (flip, LetterAction((overwrite(0, (1,), 2),))))
    with pytest.raises(BadStep, match="entries"):
        Head([[1, 2], [3]], (1, 0), ())
    head = Head([[1]], (1,), (flip,))
    with pytest.raises(BadStep, match="readout"):
        ExactLayer("a", (head,), [[1, 0]], [0])
    with pytest.raises(BadStep, match="letters"):
        ExactLayer("ab", (head,), [[1]], [0])
    with pytest.raises(BadStep, match="heads"):
        ExactLayer("a", (), np.zeros((1, 0), dtype=object), [0])


def test_a_machine_without_construction_is_refused_with_each_reason():
    with pytest.raises(NotCompilable) as error:
        one_layer(languages.get("contains_ab"))
    for name in ("constant resets", "one-hot", "subsets"):
        assert name in str(error.value)
