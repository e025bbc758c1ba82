"""Gram matrices and cuts: what is found holds in floats and by brute force, what is refused is refused by sympy, too."""

import json
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pytest
import sympy
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from strategies import dfas

from deltaword import DFA, languages
from deltaword.automata.errors import TooLarge
from deltaword.theory.constructions.subsets import subsets
from deltaword.theory.cuts import cut_distances, cut_weights, one_code_a_state
from deltaword.theory.gram import (
    Fact,
    Gram,
    NoGram,
    Undecided,
    applies,
    cayley,
    equation,
    first_facts,
    gram,
    is_psd,
    products,
    tightness,
)
from deltaword.theory.obstruction import obstruction
from deltaword.theory.small_machines import classes
from deltaword.theory.statements.one_layer_obstruction import banks, vectors_of

PROPERTY = settings(max_examples=100, deadline=None)
machines = dfas(max_states=4, alphabet="ab").map(DFA.reachable)
SINK = DFA([[0, 1, 2], [0, 1, 2], [2, 2, 2]], 0, [2], "01x")
CENSUS = Path(__file__).parent.parent / "bench" / "results" / "one_layer_census.json"


def vectors(distances):
    """Points [n, d] in floats with these squared distances, by eigenvectors."""
    G = np.array(products(distances), dtype=float) / 2
    values, Q = np.linalg.eigh(G)
    points = Q * np.sqrt(np.maximum(values, 0))
    return np.vstack([np.zeros(points.shape[1]), points])


# ---------------------------------------------------------------------- what is found


@PROPERTY
@given(machines)
def test_vectors_found_are_moved_by_contractions_in_floats(dfa):
    found = gram(dfa)
    assume(isinstance(found, Gram))
    assert isinstance(found, Gram)
    assert found.holds(dfa)
    u = vectors(found.distances)
    for p, q in combinations(range(dfa.n_states), 2):
        assert np.isclose(((u[p] - u[q]) ** 2).sum(), float(found.distances[p, q]))
        assert found.distances[p, q] > 0
    if dfa.n_states > 1:
        differences = (u[1:] - u[0]).T
        for x in range(dfa.n_letters):
            moved = u[dfa.table[:, x]]
            A = (moved[1:] - moved[0]).T @ np.linalg.pinv(differences)
            assert np.allclose(A @ differences, (moved[1:] - moved[0]).T)
            assert np.linalg.norm(A, 2) <= 1 + 1e-6


@PROPERTY
@given(dfas(max_states=5, alphabet="ab").map(DFA.reachable))
def test_no_machine_that_two_idempotents_rule_out_has_vectors(dfa):
    found = gram(dfa)
    assert not isinstance(found, Undecided)
    assert found.holds(dfa)
    if obstruction(dfa) is not None:
        assert isinstance(found, NoGram)


@pytest.mark.parametrize(
    "name", ["S_3", "mod_3", "flip_flop", "permutation_reset_3", "saturating_counter_3", "S_4_action", "dyck_1_depth_3"]
)
def test_machines_of_the_gallery_with_a_vector_a_state(name):
    dfa = languages.get(name).reachable()
    found = gram(dfa)
    assert isinstance(found, Gram)
    assert found.holds(dfa)


def test_permutations_of_all_states_leave_the_regular_simplex_alone():
    dfa = DFA(np.array([[1, 2, 3, 0], [1, 0, 2, 3]]).T, 0, [], "ab")
    found = gram(dfa)
    assert isinstance(found, Gram)
    assert len({found.distances[p, q] for p, q in combinations(range(4), 2)}) == 1


@settings(PROPERTY, suppress_health_check=[HealthCheck.filter_too_much])  # many machines have no distances to change
@given(machines, st.data())
def test_a_changed_distance_is_refused_when_it_should_be(dfa, data):
    """By floats: a distance changed at random holds exactly if the letters are contractions still."""
    found = gram(dfa)
    assume(isinstance(found, Gram) and dfa.n_states > 1)
    assert isinstance(found, Gram)
    p, q = data.draw(st.sampled_from(list(combinations(range(dfa.n_states), 2))))
    changed = found.distances.copy()
    changed[p, q] = changed[q, p] = changed[p, q] + data.draw(st.sampled_from([-1, 1, 5, Fraction(1, 2)]))
    forms = [products(changed)] + [products(changed) - products(changed[np.ix_(x, x)]) for x in dfa.table.T]
    least = min(np.linalg.eigvalsh(np.array(F, dtype=float))[0] for F in forms)
    assume(abs(least) > 1e-6)
    distinct = all(changed[i, j] > 0 for i, j in combinations(range(dfa.n_states), 2))
    assert Gram(changed).holds(dfa) == (bool(least > 0) and distinct)


def test_what_is_no_table_of_distances_is_refused():
    dfa = DFA([[1, 0], [0, 1]], 0, [], "ab")
    good = np.array([[0, 1], [1, 0]], dtype=object)
    assert Gram(good).holds(dfa)
    for bad in ([[0, 1], [2, 0]], [[1, 1], [1, 0]], [[0, 0], [0, 0]], [[0, -1], [-1, 0]], [[0]]):
        assert not Gram(np.array(bad, dtype=object)).holds(dfa)


@PROPERTY
@given(st.lists(st.lists(st.integers(-3, 3), min_size=3, max_size=3), min_size=1, max_size=4), st.integers(-2, 2))
def test_positive_semidefinite_as_numpy_finds_it(rows, shift):
    """Products MᵀM, singular ones among them, and the same shifted."""
    M = np.array(rows, dtype=object)
    G = M.T @ M + shift * np.eye(3, dtype=int).astype(object)
    least = np.linalg.eigvalsh(np.array(G, dtype=float))[0]
    if abs(least) > 1e-9:
        assert is_psd(G) == (least > 0)
    else:
        assert is_psd(G) == sympy.Matrix(G.tolist()).is_positive_semidefinite


# ---------------------------------------------------------------------- facts


def value(form, distances):
    return sum(c * distances[pair] for pair, c in form.items())


def test_facts_hold_of_the_vectors_of_real_layers():
    """Bit vectors of copyless bits are points that no letter moves apart: every fact is true of their distances."""
    checked = 0
    for bits in list(banks())[::37]:
        dfa = vectors_of(bits)
        codes = np.array([codes_of(bits)[q] for q in range(dfa.n_states)])
        d = ((codes[:, None] - codes[None]) ** 2).sum(axis=2)
        for fact in first_facts(dfa):
            assert applies(fact, dfa)
            assert value(equation(fact, dfa), d) == 0
            checked += 1
        for x, (p, q), (r, s) in product(range(2), combinations(range(dfa.n_states), 2), combinations(range(dfa.n_states), 2)):
            fact = Fact("tight", ((x,),), (p, q, r, s))
            if value(tightness(fact, dfa), d) == 0:
                assert value(equation(fact, dfa), d) == 0
                checked += 1
    assert checked > 1000


def codes_of(bits):
    """The bit vectors in the order in which `vectors_of` numbers them: breadth first."""
    start = np.array(bits.start)
    found = [start]
    for code in found:
        for letter in range(len(bits.updates)):
            new = bits.step(code, letter)
            if not any(np.array_equal(new, old) for old in found):
                found.append(new)
    return [code[:, 0] for code in found]


@settings(max_examples=40, deadline=None)
@given(machines)
def test_what_is_refused_is_refused_by_sympy(dfa):
    """The equations, written as rows over all pairs, have the distance of the pair in their row space."""
    found = gram(dfa)
    assume(isinstance(found, NoGram))
    assert isinstance(found, NoGram)
    pairs = list(combinations(range(dfa.n_states), 2))
    rows = [[sympy.Rational(equation(fact, dfa).get(pair, 0)) for pair in pairs] for fact in found.facts]
    wanted = [[sympy.Integer(int(pair == found.pair)) for pair in pairs]]
    assert sympy.Matrix(rows + wanted).rank() == sympy.Matrix(rows).rank()


@settings(max_examples=60, deadline=None)
@given(machines)
def test_no_fact_can_be_left_out_or_falsified(dfa):
    found = gram(dfa)
    assume(isinstance(found, NoGram))
    assert isinstance(found, NoGram)
    for i, fact in enumerate(found.facts):
        assert not replace(found, facts=found.facts[:i] + found.facts[i + 1 :]).holds(dfa)
        longer = replace(fact, words=tuple((*word, *word, 0) for word in fact.words))
        changed = replace(found, facts=(*found.facts[:i], longer, *found.facts[i + 1 :]))
        assert not changed.holds(dfa) or equation(longer, dfa) == equation(fact, dfa) or applies(longer, dfa)
    assert not replace(found, pair=(1, 1)).holds(dfa)
    assert found.told(dfa)


def test_a_fact_of_a_word_that_is_no_idempotent_is_refused():
    flip = DFA([[1, 0], [0, 1]], 0, [], "ab")
    assert not applies(Fact("orthogonal", ((0,),), (0, 0, 1)), flip)
    assert not NoGram((0, 1), (Fact("orthogonal", ((0,),), (0, 0, 1)),)).holds(flip)
    assert not NoGram((0, 1), (Fact("isometry", ((0,), (0,)), (0, 1)),)).holds(flip)


def test_a_tight_fact_without_what_it_rests_on_is_refused():
    """d(0, 1) = d(0·x, 1·x) is not known before any fact."""
    fact = Fact("tight", ((0,),), (0, 1, 0, 2))
    assert not NoGram((0, 1), (fact,)).holds(SINK)


def test_the_flip_flop_with_a_sink_is_refused_on_states_and_on_elements():
    for dfa in (SINK, cayley(SINK)):
        found = gram(dfa)
        assert isinstance(found, NoGram)
        assert found.holds(dfa)
        assert [fact.why for fact in found.facts] == ["orthogonal", "orthogonal"]


def test_all_machines_of_three_states_and_two_letters_are_decided():
    kinds = [(type(gram(dfa)).__name__, obstruction(dfa) is None) for dfa in classes(3, 2)]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {("Gram", True): 64, ("NoGram", True): 8, ("NoGram", False): 42}


def test_machines_of_many_states_are_refused_by_name():
    with pytest.raises(TooLarge, match="33 states"):
        gram(DFA([[(q + 1) % 33] for q in range(33)], 0, [], "a"))


# ---------------------------------------------------------------------- cuts


def cuts(n):
    return [2 * S for S in range(1, 2 ** (n - 1))]


def taken(dfa, S, x):
    """x⁻¹S by its definition, as the side without state 0."""
    before = {q for q in range(dfa.n_states) if S >> int(dfa.table[q, x]) & 1}
    if 0 in before:
        before = set(range(dfa.n_states)) - before
    return sum(1 << q for q in before)


def fits(dfa, m):
    """The inequalities of the statement for weights m, by cut."""
    for x in range(dfa.n_letters):
        for T in cuts(dfa.n_states):
            if sum(w for S, w in m.items() if taken(dfa, S, x) == T) > m.get(T, 0):
                return False
    return True


@PROPERTY
@given(dfas(max_states=5, alphabet="ab").map(DFA.reachable))
def test_weights_of_cuts_fit_and_make_vectors(dfa):
    weights = cut_weights(dfa)
    assert all(w >= 1 for w in weights.values())
    assert fits(dfa, weights)
    if one_code_a_state(dfa):
        assert Gram(cut_distances(dfa).astype(object)).holds(dfa)
        assert isinstance(gram(dfa), Gram)
    if dfa.n_states > 1 and not isinstance(subsets(dfa, "raw"), str):
        assert one_code_a_state(dfa)


@pytest.mark.parametrize("dfa", list(classes(3, 2))[::4], ids=lambda dfa: str(dfa.table.tolist()))
def test_no_other_cut_has_weight_by_brute_force(dfa):
    """Of all weights 0 … 5 on the three cuts that fit, none is positive where ours is not."""
    found = set()
    for m in product(range(6), repeat=3):
        weights = {S: w for S, w in zip(cuts(3), m, strict=True) if w}
        if fits(dfa, weights):
            found |= set(weights)
    assert found == set(cut_weights(dfa))


def test_cuts_of_many_states_are_refused_by_name():
    with pytest.raises(TooLarge, match="13 states have 4,095 cuts"):
        cut_weights(DFA([[0]] * 13, 0, [], "a"))


def test_bits_need_more_vectors_than_real_vectors_on_a_machine_of_four_states():
    dfa = DFA([[1, 2], [2, 1], [3, 3], [3, 2]], 0, [], "ab")
    assert isinstance(gram(dfa), Gram)
    assert not one_code_a_state(dfa)


# ---------------------------------------------------------------------- the census


def test_the_census_decides_every_small_machine():
    rows = json.loads(CENSUS.read_text())["rows"]
    counts = [(row["machines"], row["refused"], row["one layer"], len(row["undecided"])) for row in rows]
    assert counts == [(114, 42, 72, 0), (1450, 912, 538, 0), (2648, 1808, 840, 0)]
    assert [(row["Gram matrix"], row["bits, one code a state"]) for row in rows] == [(64, 64), (454, 454), (641, 615)]
    assert [row["Gram matrix"] + row["no Gram matrix"] for row in rows] == [72, 538, 840]
