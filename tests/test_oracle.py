"""The oracle: what is known from the literature, brute force beside the algebra, layers that really run beside the verdicts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from html.parser import HTMLParser
from itertools import permutations, product
from math import comb, nan
from time import perf_counter

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pdflatex import compiled, needs_pdflatex
from strategies import copies, dfas, random_machine
from sympy.combinatorics import Permutation, PermutationGroup
from typer.testing import CliRunner

import deltaword as dw
from deltaword import cli
from deltaword.theory.latex import document
from deltaword.theory.oracle import render
from deltaword.theory.oracle.bits import bits
from deltaword.theory.oracle.classification import FAMILIES
from deltaword.theory.oracle.facts import Facts
from deltaword.theory.oracle.models import MODELS
from deltaword.theory.oracle.verdict import Verdict
from deltaword.theory.oracle.witness import Witness
from deltaword.theory.planning.bounds import lower_bound
from deltaword.theory.planning.whole_monoids import whole_monoid
from deltaword.theory.statements import statements

Map = tuple[int, ...]


def classify(dfa: dw.DFA) -> dw.Classification:
    return dw.classify(dfa, seconds=1.0)


def ruled(dfa: dw.DFA, *names: str) -> dict[str, Verdict]:
    """A few verdicts, with little time for planning."""
    facts = Facts(dfa, seconds=0.1)
    return {family.name: family.verdict(facts) for family in FAMILIES if family.name in names}


def answers(c: dw.Classification) -> dict[str, str]:
    return {v.name: v.answer for v in c.verdicts}


# ---------------------------------------------------------------------- brute force, by tuples


def then(a: Map, b: Map) -> Map:
    """a first."""
    return tuple(b[q] for q in a)


def maps_of(dfa: dw.DFA) -> set[Map]:
    letters = [tuple(column) for column in dfa.table.T.tolist()]
    seen = {tuple(range(dfa.n_states))}
    todo = list(seen)
    while todo:
        m = todo.pop()
        for x in letters:
            if (image := then(m, x)) not in seen:
                seen.add(image)
                todo.append(image)
    return seen


def group_of(e: Map, maps: set[Map]) -> list[Map]:
    """The maximal subgroup of an idempotent."""
    inside = [m for m in maps if then(e, m) == m == then(m, e)]
    return [m for m in inside if any(then(m, x) == e and then(x, m) == e for x in inside)]


def groups_of(dfa: dw.DFA) -> list[PermutationGroup]:
    """All maximal subgroups of more than one element, by sympy."""
    maps = maps_of(dfa)
    found = []
    for e in maps:
        if then(e, e) != e:
            continue
        points = sorted(set(e))
        place = {q: i for i, q in enumerate(points)}
        rows = [Permutation([place[m[q]] for q in points]) for m in group_of(e, maps)]
        if len(rows) > 1:
            found.append(PermutationGroup(rows))
    return found


def has_no_groups_of_equal_lengths(dfa: dw.DFA) -> bool:
    """Quasi-aperiodicity by definition: the sets of maps of words of length 1, 2, … until one comes again."""
    letters = {tuple(column) for column in dfa.table.T.tolist()}
    current, seen = frozenset(letters), set()
    while current not in seen:
        seen.add(current)
        if any(len(group_of(e, set(current))) > 1 for e in current if then(e, e) == e):
            return False
        current = frozenset(then(m, x) for m in current for x in letters)
    return True


def violating_pair(maps: set[Map]) -> bool:
    idempotents = [m for m in maps if then(m, m) == m]
    return any(then(then(e, f), e) != then(f, e) for e in idempotents for f in idempotents)


def accepts(dfa: dw.DFA, *parts: Sequence) -> bool:
    """A run by hand."""
    q = dfa.start
    for part in parts:
        for letter in part:
            q = int(dfa.table[q, dfa.alphabet.index(letter)])
    return q in dfa.accepting


def image(dfa: dw.DFA, word: Sequence) -> Map:
    m = tuple(range(dfa.n_states))
    for letter in word:
        m = then(m, tuple(dfa.table[:, dfa.alphabet.index(letter)].tolist()))
    return m


def check_by_hand(dfa: dw.DFA, witness: Witness) -> None:
    """What a witness claims, run on words; `dfa` is minimal."""
    w = witness.words
    if witness.kind in ("counting", "lengths"):
        p = witness.period
        assert p is not None
        assert p > 1
        if witness.kind == "counting":
            seen = [accepts(dfa, w["u"], *[w["v"]] * i, w["w"]) for i in range(4 * p)]
        else:
            assert len(w["x"]) == len(w["y"]) > 0
            assert image(dfa, w["y"]) == then(image(dfa, w["y"]), image(dfa, w["y"])) != image(dfa, w["x"])
            seen = [accepts(dfa, w["u"], w["y"], *[w["x"]] * i, w["w"]) for i in range(4 * p)]
        assert [d for d in range(1, p + 1) if seen[d:] == seen[:-d]] == [p]
    elif witness.kind == "idempotents":
        e, f = image(dfa, w["e"]), image(dfa, w["f"])
        assert then(e, e) == e
        assert then(f, f) == f
        assert accepts(dfa, w["u"], w["e"], w["f"], w["e"], w["w"]) != accepts(dfa, w["u"], w["f"], w["e"], w["w"])
    elif witness.kind == "letter":
        assert len(w["x"]) == 1
        assert accepts(dfa, w["u"], w["x"], w["w"]) != accepts(dfa, w["u"], w["x"], w["x"], w["x"], w["w"])
    else:
        place = {q: i for i, q in enumerate(witness.states)}
        rows = [Permutation([place[image(dfa, word)[q]] for q in witness.states]) for word in w.values()]
        assert not PermutationGroup(rows).is_solvable


# ---------------------------------------------------------------------- what is known

PATTERNS = {"(aa)*": "a", "(..)*": "ab", "(ab)*": "ab", "a*b*": "ab", ".*ab.*": "ab", "(a|b)*": "ab", "[]": "ab"}


def language(name: str) -> dw.DFA:
    if name == "empty":
        return dw.DFA([[0, 0]], 0, [], "ab")
    return dw.DFA.from_regex(name, PATTERNS[name]) if name in PATTERNS else dw.languages.get(name)


KNOWN = {  # star-free, quasi-aperiodic, solvable, class, composition factors, derived length, one layer, layers at least
    "empty": (True, True, True, "AC0", (), 0, True, 0),
    "(a|b)*": (True, True, True, "AC0", (), 0, True, 0),
    "parity": (False, False, True, "ACC0", ("Z_2",), 1, True, 1),
    "mod_3": (False, False, True, "ACC0", ("Z_3",), 1, True, 1),
    "mod_6": (False, False, True, "ACC0", ("Z_2", "Z_3"), 1, True, 1),
    "(aa)*": (False, True, True, "AC0", ("Z_2",), 1, True, 1),
    "(..)*": (False, True, True, "AC0", ("Z_2",), 1, True, 1),
    "(ab)*": (True, True, True, "AC0", (), 0, True, 1),
    "a*b*": (True, True, True, "AC0", (), 0, False, 2),
    ".*ab.*": (True, True, True, "AC0", (), 0, False, 2),
    "dyck_1_depth_2": (True, True, True, "AC0", (), 0, True, 1),
    "dyck_1_depth_3": (True, True, True, "AC0", (), 0, True, 1),
    "D_4": (False, False, True, "ACC0", ("Z_2",), 2, True, 1),
    "S_3": (False, False, True, "ACC0", ("Z_2", "Z_3"), 2, True, 1),
    "S_4_action": (False, False, True, "ACC0", ("Z_2", "Z_3"), 3, True, 1),
    "A_5": (False, False, False, "NC1-complete", ("A_5",), None, True, 1),
    "S_5_action": (False, False, False, "NC1-complete", ("Z_2", "A_5"), None, True, 1),
    "T_3": (False, False, True, "ACC0", ("Z_2", "Z_3"), 2, False, 2),
    "O_4": (True, True, True, "AC0", (), 0, False, 3),
}
FOUND: dict[str, dw.Classification] = {}


def found(name: str) -> dw.Classification:
    """Each language once."""
    if name not in FOUND:
        FOUND[name] = classify(language(name))
    return FOUND[name]


@pytest.mark.parametrize("name", KNOWN)
def test_known_languages_are_classified_as_in_the_literature(name: str):
    c = found(name)
    facts = (c.star_free, c.quasi_aperiodic, c.solvable, c.circuit_class, c.composition_factors, c.derived_length, c.one_layer)
    assert (*facts, c.depth_lower_bound) == KNOWN[name]
    assert c.n_states == language(name).minimized().n_states
    assert not c.unknown


@pytest.mark.parametrize(
    ("name", "family", "answer"),
    [
        ("parity", "nonnegative_diagonal", "no"),  # Sarrof et al., Grazzi et al. (Theorem 1)
        ("parity", "nonnegative_diagonal_cast", "no"),
        ("parity", "deltanet_shrinking_cast", "no"),
        ("parity", "real_diagonal", "yes"),
        ("parity", "deltanet_one_layer", "yes"),
        ("parity", "hard_attention_positions", "no"),  # Furst, Saxe and Sipser
        ("parity", "transformer", "yes"),
        ("mod_3", "deltanet_one_layer", "no"),  # Grazzi et al. (Theorem 2)
        ("mod_3", "one_step_one_layer_cast", "no"),
        ("mod_3", "deltanet", "yes"),
        ("mod_3", "real_diagonal_cast", "no"),
        ("mod_3", "complex_diagonal", "yes"),
        ("mod_4", "one_step_one_layer_cast", "no"),
        ("(aa)*", "hard_attention", "no"),
        ("(aa)*", "hard_attention_positions", "yes"),
        ("(ab)*", "nonnegative_diagonal", "yes"),
        ("a*b*", "deltaproduct_one_layer", "no"),
        ("a*b*", "shrinking_steps", "yes"),
        ("D_4", "real_diagonal", "yes"),  # a 2-group
        ("S_3", "real_diagonal", "no"),
        ("S_4_action", "complex_diagonal", "yes"),
        ("A_5", "complex_diagonal", "no"),
        ("A_5", "transformer", "no"),
        ("A_5", "complex_diagonal_log", "no"),
        ("A_5", "deltanet", "yes"),
        ("T_3", "pd_ssm", "yes"),
        ("T_3", "rwkv7", "yes"),
        ("S_5_action", "rnn", "yes"),
    ],
)
def test_known_verdicts(name: str, family: str, answer: str):
    assert found(name).verdict(family).answer == answer


def test_numbers_of_layers_and_steps_that_the_papers_give():
    assert found("mod_3").verdict("deltanet").layers == 2  # Siems et al.: dihedral groups in two layers
    assert found("S_3").verdict("deltanet").layers == 2
    assert found("A_5").verdict("deltanet").layers == 4
    assert found("A_5").verdict("deltaproduct_one_layer").n_h == 2  # turns of the icosahedron
    assert found("S_4_action").verdict("deltaproduct_one_layer").n_h == 2
    assert found("S_5_action").verdict("deltaproduct_one_layer").n_h == 4
    for name, layers in (("mod_6", 1), ("S_3", 2), ("S_4_action", 3)):  # Shakerinava et al.: series with abelian factors
        v = found(name).verdict("complex_diagonal")
        assert (v.layers, v.at_least) == (layers, layers)


@pytest.mark.parametrize(
    ("name", "layers"), [("parity", 1), ("mod_4", 2), ("mod_8", 3), ("D_4", 2), ("Q_8", 2), ("Z_2xZ_2", 1)]
)
def test_orders_that_are_powers_of_two_take_as_many_real_diagonal_layers(name: str, layers: int):
    assert found(name).verdict("real_diagonal").at_least == layers
    assert found(name).verdict("real_diagonal_cast").at_least == layers


def test_only_what_rests_on_a_conjecture_or_on_recalled_literature_says_so():
    for name in KNOWN:
        for v in found(name).verdicts:
            assert (v.evidence == "conditional on TC0 ≠ NC1") == v.reason.startswith("unless TC0 = NC1")
            assert ("unless TC0" in v.reason) == (v.answer == "no" and v.model == "log precision")
            assert bool(v.source) == (v.answer != "not known")
            if "abstract" not in v.source and "recalled" not in v.source and v.answer != "not known":
                assert v.evidence.startswith("proved here")
            if "quoted" in v.source and v.evidence.startswith("proved here") and not found(name).is_group:
                assert v.evidence == "proved here up to a quoted theorem"


def test_statements_that_verdicts_name_exist():
    names = {statement.name for statement in statements()}
    for name in KNOWN:
        for v in found(name).verdicts:
            assert set(v.statements) <= names, v.name


def test_every_family_has_a_reason_a_model_and_a_name_of_its_own():
    assert len({family.name for family in FAMILIES}) == len(FAMILIES)
    for family in FAMILIES:
        assert len(family.why) > 40
        assert family.model in MODELS.values()


# ---------------------------------------------------------------------- the algebra, beside brute force


@settings(max_examples=80, deadline=None)
@given(dfas(max_states=4))
def test_the_algebra_agrees_with_brute_force_and_sympy(dfa: dw.DFA):
    c = classify(dfa)
    minimal = dfa.minimized()
    groups = groups_of(minimal)
    orders = [int(group.order()) for group in groups]
    assert c.monoid_size == len(maps_of(minimal))
    assert c.star_free == (not groups)
    assert c.solvable == all(group.is_solvable for group in groups)
    assert c.two_groups == all(order & (order - 1) == 0 for order in orders)
    assert c.quasi_aperiodic == has_no_groups_of_equal_lengths(minimal)
    assert c.one_layer == (not violating_pair(maps_of(minimal)))
    assert c.groups is not None
    assert {g.order for g in c.groups} == set(orders)
    assert c.derived_length == max((len(group.derived_series()) - 1 for group in groups), default=0)


@pytest.mark.parametrize("seed", range(12))
def test_groups_inside_larger_machines_agree_with_sympy(seed: int):
    dfa = random_machine(5, "ab", seed)
    c, minimal = classify(dfa), dfa.minimized()
    if len(maps_of(minimal)) <= 700:
        groups = groups_of(minimal)
        assert c.solvable == all(group.is_solvable for group in groups)
        assert c.groups is not None
        assert {g.order for g in c.groups} == {int(group.order()) for group in groups}


@settings(max_examples=60, deadline=None)
@given(dfas(max_states=5))
def test_a_no_has_words_that_show_it(dfa: dw.DFA):
    c = classify(dfa)
    for v in c.verdicts:
        assert (v.witness is None) == (v.answer != "no")
        if v.witness is not None:
            check_by_hand(c.machine, v.witness)
            assert v.witness.holds(c.machine)
    if c.one_layer_witness is not None:
        e, f = (image(c.machine, word) for word in c.one_layer_witness)
        assert then(e, e) == e
        assert then(f, f) == f
        assert then(then(e, f), e) != then(f, e)


@pytest.mark.parametrize(
    "name", ["A_5", "S_5_action", "T_3", "mod_4", "permutation_reset_5", "binary_mod_3", "random_5_2_seed0"]
)
def test_witnesses_of_named_languages_hold_on_words(name: str):
    c = found(name)
    for v in c.verdicts:
        if v.witness is not None:
            check_by_hand(c.machine, v.witness)


def test_outside_of_ac0_words_of_one_length_show_it():
    for name in ("parity", "mod_3", "S_3", "A_5", "T_3", "tomita_6"):
        shown = found(name).verdict("hard_attention_positions").witness
        assert shown is not None
        assert shown.kind == "lengths"


def test_a_false_witness_does_not_hold():
    machine = language("mod_3").minimized()
    good = found("mod_3").verdict("real_diagonal").witness
    assert good is not None
    assert good.holds(machine)
    assert not Witness("counting", {**good.words, "v": "111"}, "", 3).holds(machine)
    assert not Witness("counting", good.words, "", 2).holds(machine)
    pair = found("a*b*").verdict("deltaproduct_one_layer").witness
    assert pair is not None
    assert not Witness("idempotents", {**pair.words, "e": "a", "f": "a"}, "").holds(language("a*b*").minimized())
    not_idempotent = {"u": "", "e": "a", "f": "b", "w": "b"}  # abab is in the language and bab is not
    assert not Witness("idempotents", not_idempotent, "").holds(language("(ab)*").minimized())
    assert not Witness("letter", {"u": "", "x": "1", "w": ""}, "").holds(language("parity").minimized())
    shown = found("A_5").verdict("transformer").witness
    assert shown is not None
    only = {"g1": next(iter(shown.words.values()))}
    assert not Witness("group", only, "", states=shown.states).holds(found("A_5").machine)


# ---------------------------------------------------------------------- verdicts beside each other

IMPLIES = [  # a yes of the first family is a yes of the second
    ("nonnegative_diagonal", "nonnegative_diagonal_cast"),
    ("nonnegative_diagonal", "real_diagonal"),
    ("nonnegative_diagonal", "shrinking_steps"),
    ("shrinking_steps", "nonnegative_diagonal"),
    ("real_diagonal", "real_diagonal_cast"),
    ("nonnegative_diagonal_cast", "real_diagonal_cast"),
    ("real_diagonal", "complex_diagonal"),
    ("complex_diagonal", "complex_diagonal_log"),
    ("complex_diagonal", "transformer"),
    ("shrinking_steps", "deltanet_shrinking_cast"),
    ("deltanet_shrinking_cast", "kda_shrinking_cast"),
    ("deltanet_shrinking_cast", "deltaproduct_2_shrinking_cast"),
    ("deltaproduct_2_shrinking_cast", "deltaproduct_shrinking_cast"),
    ("deltanet_one_layer", "gated_deltanet_one_layer"),
    ("gated_deltanet_one_layer", "kda_one_layer"),
    ("gated_deltanet_one_layer", "one_step_one_layer_cast"),
    ("deltanet_one_layer", "deltaproduct_one_layer"),
    ("gated_deltanet_one_layer", "gated_deltaproduct_one_layer"),
    ("deltaproduct_one_layer", "gated_deltaproduct_one_layer"),
    ("gated_deltaproduct_one_layer", "deltaproduct_one_layer"),
    ("nonnegative_diagonal", "hard_attention"),
    ("hard_attention", "nonnegative_diagonal"),
    ("hard_attention", "hard_attention_positions"),
    ("hard_attention_positions", "transformer"),
]
ALWAYS = ["deltanet", "gated_deltanet", "kda", "deltaproduct", "gated_deltaproduct", "rwkv7", "pd_ssm", "rnn", "lstm"]


def consistent(c: dw.Classification) -> None:
    said = answers(c)
    for weaker, stronger in IMPLIES:
        assert said[weaker] != "yes" or said[stronger] == "yes", (weaker, stronger)
        assert said[stronger] != "no" or said[weaker] != "yes", (weaker, stronger)
    assert all(said[name] == "yes" for name in ALWAYS)
    assert (said["deltaproduct_one_layer"] == "yes") == bool(c.one_layer)
    assert (c.circuit_class == "AC0") == (said["hard_attention_positions"] == "yes")
    assert (c.circuit_class == "NC1-complete") == (said["transformer"] == "no")
    assert c.one_layer == (c.one_layer_witness is None)
    assert c.depth_lower_bound >= 2 or c.one_layer
    for v in c.verdicts:
        if v.layers is not None and v.at_least is not None:
            assert v.layers >= v.at_least or v.layers == 1  # one layer may be more than the last letter needs
        if v.n_h is not None and v.n_h_at_least is not None:
            assert v.n_h >= v.n_h_at_least


@settings(max_examples=50, deadline=None)
@given(dfas(max_states=5))
def test_a_yes_for_a_weaker_family_is_a_yes_for_a_stronger_one(dfa: dw.DFA):
    consistent(classify(dfa))


@pytest.mark.parametrize("name", [*KNOWN, "even_a_since_b", "tomita_3", "tomita_5", "flip_flop_sink", "Q_8", "cerny_4"])
def test_named_languages_are_classified_consistently(name: str):
    consistent(found(name))


@settings(max_examples=40, deadline=None)
@given(dfas(max_states=5), st.integers(0, 5))
def test_the_language_decides_and_not_the_machine(dfa: dw.DFA, seed: int):
    first, second = classify(dfa), classify(copies(dfa, 2, seed))
    assert answers(first) == answers(second)
    assert (first.machine, first.monoid_size) == (second.machine, second.monoid_size)


@settings(max_examples=40, deadline=None)
@given(dfas(max_states=5))
def test_a_language_and_its_complement_have_the_same_verdicts(dfa: dw.DFA):
    assert answers(classify(dfa)) == answers(classify(dfa.complement()))


# ---------------------------------------------------------------------- beside the compiler


@settings(max_examples=25, deadline=None)
@given(dfas(max_states=4))
def test_the_compiler_builds_what_a_verdict_links_to(dfa: dw.DFA):
    c = classify(dfa)
    for v in c.verdicts:
        if v.network is None:
            continue
        plan = dw.plan(c.machine, seconds=2.0, **v.network)
        assert len(plan.layers) == v.layers
        assert v.n_h is not None
        assert max(layer.n_h for layer in plan.layers) == v.n_h
        if v.name.startswith("delta"):
            assert not any(layer.gated for layer in plan.layers)


@pytest.mark.parametrize("name", ["permutation_reset_3", "T_3", "even_a_since_b", "tomita_3", "tomita_7", "nilpotent_2"])
def test_networks_of_families_without_gates_have_none(name: str):
    c = found(name)
    assert any(plan.gated for plan in Facts(c.machine, 1.0).plans(None) + Facts(c.machine, 1.0).plans(1))
    for v in c.verdicts:
        if v.network is not None and v.name.startswith("delta"):
            assert not any(layer.gated for layer in dw.plan(c.machine, seconds=2.0, **dict(v.network)).layers)


@settings(max_examples=25, deadline=None)
@given(dfas(max_states=4))
def test_the_compiler_finds_no_single_layer_where_the_verdict_is_no(dfa: dw.DFA):
    c = classify(dfa)
    for name, n_h in (("gated_deltaproduct_one_layer", None), ("gated_deltanet_one_layer", 1)):
        if c.verdict(name).answer == "no":
            with pytest.raises(dw.errors.NotCompilable):
                dw.plan(c.machine, layers=1, exact=False, seconds=1.0, n_h=n_h)
    assert min(len(dw.plan(c.machine, seconds=1.0).layers), 9) >= c.depth_lower_bound


@pytest.mark.parametrize("name", ["parity", "mod_3", "(ab)*", "a*b*", "S_3", "T_3", "D_4"])
def test_networks_of_verdicts_are_certified(name: str):
    c = found(name)
    linked = {json.dumps(v.network): v for v in c.verdicts if v.network is not None}
    assert linked
    for v in linked.values():
        assert v.network is not None
        net = dw.compile(c.machine, **v.network)
        assert dw.certify(net).holds
        assert len(net.plan.layers) == v.layers
        for word in product(c.machine.alphabet, repeat=3):
            assert net.accepts(list(word)) == accepts(c.machine, word)


# ---------------------------------------------------------------------- beside layers that run


def closed_machine(start, letters, step, decide, limit: int = 40) -> dw.DFA | None:
    """The automaton of a layer's reachable states, None past the limit; `decide` accepts a state and the last letter."""
    order = [(start, -1)]
    place = {order[0]: 0}
    table = []
    for state, _ in order:
        row = []
        for x in letters:
            after = (step(state, x), x)
            if after not in place:
                if len(order) == limit:
                    return None
                place[after] = len(order)
                order.append(after)
            row.append(place[after])
        table.append(row)
    return dw.DFA(table, 0, [i for i, key in enumerate(order) if decide(*key)], "abc"[: len(letters)])


Vector = tuple[Fraction, ...]


def householder(state: Vector, key: Vector, beta: Fraction, value: Fraction) -> Vector:
    """One step, in exact numbers; β stands for β‖k‖²."""
    norm = sum(k * k for k in key)
    along = sum((k * s for k, s in zip(key, state, strict=True)), Fraction(0))
    return tuple(s + beta / norm * k * (value - along) for k, s in zip(key, state, strict=True))


KEYS = [tuple(map(Fraction, key)) for key in ((1, 0), (0, 1), (1, 1), (1, -1), (3, 4), (-3, 4))]
steps = st.tuples(st.sampled_from(KEYS), st.sampled_from([0, 1, 2]).map(Fraction), st.integers(-1, 1).map(Fraction))


@settings(max_examples=100, deadline=None)
@given(st.lists(steps, min_size=2, max_size=3), st.integers(0, 2**16), st.booleans())
def test_no_verdict_denies_a_deltanet_layer_that_runs(letters, accepting: int, one_head: bool):
    """Random layers of one step a token and one or two heads, closed over their states, accepting at random by state and letter."""

    def step(state, x):
        first = householder(state[:2], *letters[x])
        key, beta, value = letters[x - 1]
        return first if one_head else first + householder(state[2:], key[::-1], beta, value)

    start = tuple(map(Fraction, (1, 0) if one_head else (1, 0, 1, 1)))
    dfa = closed_machine(start, range(len(letters)), step, lambda s, x: hash((accepting, s, x)) % 7 < 3)
    assume(dfa is not None)
    assert dfa is not None
    said = answers(classify(dfa))
    names = (
        "deltanet_one_layer",
        "gated_deltanet_one_layer",
        "kda_one_layer",
        "one_step_one_layer_cast",
        "deltaproduct_one_layer",
    )
    assert "no" not in [said[name] for name in names]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(steps, min_size=2, max_size=2), min_size=2, max_size=2), st.integers(0, 2**16))
def test_no_verdict_denies_a_deltaproduct_layer_that_runs(letters, accepting: int):
    def step(state, x):
        for parts in letters[x]:
            state = householder(state, *parts)
        return state

    dfa = closed_machine(tuple(map(Fraction, (1, 0))), range(2), step, lambda s, x: hash((accepting, s, x)) % 7 < 3)
    assume(dfa is not None)
    assert dfa is not None
    assert ruled(dfa, "deltaproduct_one_layer")["deltaproduct_one_layer"].answer == "yes"


def cascade(draw: st.DataObject, maps: Sequence[Map], size: int, depth: int) -> dw.DFA | None:
    """A random cascade: level i takes a map chosen by the letter and by what the levels below hold before and after it."""
    chosen: dict[tuple, Map] = {}

    def step(state: tuple[int, ...], x: int) -> tuple[int, ...]:
        after: tuple[int, ...] = ()
        for i, q in enumerate(state):
            symbol = (i, x, state[:i], after)
            if symbol not in chosen:
                chosen[symbol] = draw.draw(st.sampled_from(maps))
            after = (*after, chosen[symbol][q])
        return after

    accepting = draw.draw(st.integers(0, 2**16))
    return closed_machine((0,) * depth, range(2), step, lambda s, x: hash((accepting, s, x)) % 7 < 3, 60)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_no_verdict_denies_a_cascade_of_flip_flops(draw: st.DataObject):
    """Which is a stack of diagonal layers with entries 0 and 1, and of steps with β ≤ 1."""
    dfa = cascade(draw, [(0, 1), (0, 0), (1, 1)], 2, 3)
    assert dfa is not None
    said = answers(classify(dfa))
    assert {
        said[name] for name in ("nonnegative_diagonal", "shrinking_steps", "deltanet_shrinking_cast", "hard_attention")
    } == {"yes"}


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_no_verdict_denies_a_cascade_with_sign_flips(draw: st.DataObject):
    dfa = cascade(draw, [(0, 1), (0, 0), (1, 1), (1, 0)], 2, 3)
    assert dfa is not None
    said = ruled(dfa, "real_diagonal", "real_diagonal_cast")
    assert {v.answer for v in said.values()} == {"yes"}
    assert all((v.at_least or 0) <= 3 for v in said.values())  # the layers that it was made of


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_no_verdict_denies_a_cascade_of_turns(draw: st.DataObject):
    """Two layers of thirds of a turn, with resets."""
    dfa = cascade(draw, [(0, 1, 2), (1, 2, 0), (2, 0, 1), (0, 0, 0), (1, 1, 1)], 3, 2)
    assume(dfa is not None)
    assert dfa is not None
    v = ruled(dfa, "complex_diagonal")["complex_diagonal"]
    assert v.answer == "yes"
    assert (v.at_least or 0) <= 2


@settings(max_examples=100, deadline=None)
@given(dfas(max_states=5))
def test_bits_run_as_a_layer(dfa: dw.DFA):
    """Where bits are found, heads of one number follow them by keeping, flipping and setting."""
    minimal = dfa.minimized()
    rows = bits(minimal)
    if rows is None:
        return
    signs = 2 * rows.astype(int) - 1
    for x in range(minimal.n_letters):
        for row in signs:
            pairs = {(a, b) for a, b in zip(row.tolist(), row[minimal.table[:, x]].tolist(), strict=True)}
            images = dict(pairs)
            assert len(images) == len(pairs)  # the letter acts on the bit
            kinds = {(-1, 1): (0, 0), (1, -1): (2, 0), (-1, -1): (1, -1), (1, 1): (1, 1)}
            beta, value = kinds[(images.get(-1, images.get(1, 0)), images.get(1, images.get(-1, 0)))]
            assert all(s + beta * (value - s) == after for s, after in pairs)
    assert len({tuple(column) for column in signs.T.tolist()}) == minimal.n_states
    assert classify(dfa).verdict("deltanet_one_layer").answer == "yes"


def test_swaps_up_to_a_factor_by_steps_with_beta_at_most_one():
    """The argument of "signs": three projections and n − 1 shrinking steps make 63/625 of a swap, and signs name the state."""
    n = 3
    spare = n
    e = [tuple(Fraction(int(i == j)) for i in range(n + 1)) for j in range(n + 1)]
    factor = Fraction(63, 625)

    def combined(*parts: tuple[Fraction, Vector]) -> Vector:
        return tuple(sum((c * v[i] for c, v in parts), Fraction(0)) for i in range(n + 1))

    def swap_steps(i: int, j: int) -> Iterator[tuple[Vector, Fraction]]:
        # the plane of u = e_i − e_j (of squared norm 2) and z; keys across the lines 3u + 4√2 z, with z measured in √2
        others = [combined((Fraction(1), e[i]), (Fraction(1), e[j])), *(e[m] for m in range(n) if m not in (i, j))]
        yield from ((key, 1 - factor) for key in others)

    def swapped(state: Vector, i: int, j: int) -> Vector:
        for key, beta in swap_steps(i, j):
            assert 0 <= beta <= 1
            state = householder(state, key, beta, Fraction(0))
        u, z = (state[i] - state[j]) / 2, state[spare]  # state = u·(e_i − e_j) + …, with z in units of √2
        plane: Vector = (u, z)
        for line in ((3, 4), (-3, 4), (1, 0)):
            key = tuple(map(Fraction, (-line[1], line[0])))
            plane = householder(plane, key, Fraction(1), Fraction(0))
        u_after, z_after = plane
        middle = (state[i] + state[j]) / 2
        after = list(state)
        after[i], after[j], after[spare] = middle + u_after, middle - u_after, z_after
        return tuple(after)

    rng = np.random.default_rng(0)
    q, state = 0, combined((Fraction(1), e[0]), *((Fraction(-1, 2), e[m]) for m in range(n)))
    for _ in range(40):
        i, j = sorted(rng.choice(n, 2, replace=False).tolist())
        state = swapped(state, i, j)
        q = {i: j, j: i}.get(q, q)
        assert state[spare] == 0
        assert [s > 0 for s in state[:n]] == [m == q for m in range(n)]
    assert max(map(abs, state)) < Fraction(1, 10**30)  # they decay


def test_one_deltanet_layer_with_beta_one_sees_the_parity_of_abc():
    """Three letters, a projection each: the sign of what is left alternates with every abc, which exact finite states cannot."""
    plane: Vector = (Fraction(1), Fraction(0))
    signs = []
    for _ in range(12):
        for line in ((3, 4), (-3, 4), (1, 0)):
            plane = householder(plane, tuple(map(Fraction, (-line[1], line[0]))), Fraction(1), Fraction(0))
        signs.append(plane[0] > 0)
    assert signs == [False, True] * 6
    c = classify(dw.DFA.from_regex("((abc)(abc))*", "abc"))
    assert (c.verdict("shrinking_steps").answer, c.verdict("deltanet_shrinking_cast").answer) == ("no", "not known")


def test_without_a_convolution_between_layers_steps_with_beta_one_cannot_tell_a_from_aa():
    """Why the model of exact states has one: each letter acts as an idempotent, so a repeated letter changes nothing on any layer."""
    for key, beta, value in product(KEYS, (0, 1), (-1, 0, 1)):
        for state in product(map(Fraction, (-1, 0, 2)), repeat=2):
            once = householder(state, key, Fraction(beta), Fraction(value))
            assert householder(once, key, Fraction(beta), Fraction(value)) == once


# ---------------------------------------------------------------------- what is too large, and what is wrong


def test_what_is_too_large_is_none_with_a_reason():
    c = dw.classify(language("T_3"), seconds=1.0, limit=10)
    assert (c.monoid_size, c.groups, c.solvable, c.circuit_class) == (None, None, None, None)
    assert c.star_free is False  # a letter counts
    assert c.one_layer is False  # idempotents among random words
    assert {"monoid_size", "groups", "solvable"} <= set(c.unknown)
    assert c.verdict("complex_diagonal").answer == "not known"
    assert "more than 10 elements" in c.verdict("complex_diagonal").reason
    assert c.verdict("nonnegative_diagonal").answer == "no"
    assert "not known: " in str(c)
    big = dw.classify(language("contains_aba"), seconds=1.0, limit=3)
    assert (big.star_free, big.one_layer) == (None, False)  # two letters are enough
    assert str(big).count("not known: ") == 2  # one line for each reason
    assert "star-free (no word of one or two letters counts" in " ".join(str(big).split())


@settings(max_examples=50, deadline=None)
@given(dfas(max_states=5))
def test_nothing_is_said_that_was_not_decided(dfa: dw.DFA):
    """With no time and no monoid: each fact is as with both, or None; each verdict is, or not known; what "holds" does."""
    little, full = dw.classify(dfa, seconds=0, limit=1), classify(dfa)
    for name in (
        "star_free",
        "quasi_aperiodic",
        "solvable",
        "two_groups",
        "one_layer",
        "circuit_class",
        "derived_length",
        "composition_factors",
    ):
        assert getattr(little, name) in (None, getattr(full, name)), name
    assert little.depth_lower_bound <= max(v.layers or 99 for v in full.verdicts if v.name == "deltaproduct")
    for v in little.verdicts:
        assert v.answer in ("not known", full.verdict(v.name).answer)
        if little.one_layer is None:
            assert "and e·f·e = f·e" not in v.reason
        if "and e·f·e = f·e" in v.reason:
            assert not violating_pair(maps_of(little.machine))


def test_whether_idempotents_obey_is_left_open_where_it_was_not_decided():
    c = dw.classify(language("flip_flop_sink"), seconds=0, limit=1)
    assert c.one_layer is None
    assert "is not decided" in c.verdict("kda_one_layer").reason
    assert c.verdict("kda_one_layer").answer == "not known"


def test_only_words_that_were_followed_are_said_not_to_count(monkeypatch: pytest.MonkeyPatch):
    dfa = dw.DFA.from_regex("((abc)(abc))*", "abc")
    assert "no word of one or two letters counts" in classify(dfa).verdict("deltanet_shrinking_cast").reason
    assert said_of_star_freeness().startswith("no word of one or two letters counts")
    monkeypatch.setattr("deltaword.theory.oracle.facts.counting.SHORT", 2)
    assert "no word of one letter counts" in classify(dfa).verdict("deltanet_shrinking_cast").reason
    assert said_of_star_freeness().startswith("no letter counts")


def said_of_star_freeness() -> str:
    facts = Facts(dw.DFA.from_regex("((abc)(abc))*", "abc"), limit=1)
    assert facts.star_free is None
    return facts.unknown["star_free"]


def test_a_compiler_that_was_not_asked_found_nothing_and_missed_nothing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("deltaword.theory.oracle.facts.plans.PLANNED_STATES", 1)
    reasons = [v.reason for v in classify(language("nilpotent_2")).verdicts]
    assert not any("the compiler found" in reason or "has no such" in reason for reason in reasons)
    assert sum("the compiler was not asked: 4 states and 2 letters are many" in reason for reason in reasons) >= 4


def test_a_given_limit_counts_and_none_depends_on_the_states(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("deltaword.theory.oracle.facts.listed.ENTRIES", 40)
    dfa = language("T_3")  # 27 elements, 3 states
    assert dw.classify(dfa, seconds=0).monoid_size is None
    assert dw.classify(dfa, seconds=0, limit=27).monoid_size == 27
    assert dw.classify(dfa, seconds=0, limit=26).monoid_size is None


def test_definite_and_ordered_machines_are_star_free_without_their_monoid():
    for pattern in ("(a|b)*a(a|b){12}", "(a|b){3}b(a|b)*|a*"):
        c = dw.classify(dw.DFA.from_regex(pattern, "ab"), seconds=1.0, limit=10)
        assert (c.monoid_size, c.star_free, c.quasi_aperiodic, c.solvable) == (None, True, True, True)
        assert (c.groups, c.composition_factors, c.derived_length, c.circuit_class) == ((), (), 0, "AC0")
    c = dw.classify(dw.DFA.from_regex("(a|b)*a(a|b){12}", "ab"), seconds=1.0)
    assert c.one_layer
    assert "13 last letters name the state" in str(c)
    assert str(c).count("not known: ") == 1
    assert not re.search("[0-9]{5}", c.verdict("deltaproduct_shrinking_cast").size)
    assert "no practical bound known" in c.verdict("deltaproduct_shrinking_cast").size
    assert c.verdict("deltaproduct").layers == 1


@settings(max_examples=100, deadline=None)
@given(dfas(max_states=4))
def test_last_letters_name_the_state_when_all_words_of_a_length_do(dfa: dw.DFA):
    minimal = dfa.minimized()
    current = {tuple(range(minimal.n_states))}
    letters, longest = None, minimal.n_states
    for k in range(longest + 1):
        if all(len(set(m)) == 1 for m in current):
            letters = k
            break
        current = {then(m, tuple(x)) for m in current for x in minimal.table.T.tolist()}
    assert Facts(dfa).last_letters == letters
    if letters is not None or Facts(dfa).partially_ordered:
        assert groups_of(minimal) == []
    if letters is not None:
        assert not violating_pair(maps_of(minimal))


def test_all_maps_and_all_that_preserve_an_order_take_one_layer_less_than_points():
    for name in ("T_5", "T_6", "T_7", "O_5", "O_6", "O_7"):
        n, c = int(name[2:]), classify(language(name))
        assert (c.depth_lower_bound, c.one_layer) == (n - 1, False)
        assert name in c.depth_reason
        assert "depth_hierarchy" in c.depth_reason
        assert lower_bound(language(name)).layers == n - 1
        assert c.verdict("gated_deltaproduct").layers == n - 1


@settings(max_examples=100, deadline=None)
@given(st.data(), st.integers(3, 4))
def test_whole_monoids_are_recognised_by_their_size(draw: st.DataObject, n: int):
    """Random letters of high rank, the points renamed: beside the monoid, listed."""
    order_preserving = draw.draw(st.booleans())
    rows = [m for m in product(range(n), repeat=n) if len(set(m)) >= n - 1]
    if order_preserving:
        rows = [m for m in rows if list(m) == sorted(m)]
    chosen = draw.draw(st.lists(st.sampled_from(rows), min_size=2, max_size=2 * n, unique=True))
    place = draw.draw(st.sampled_from(list(permutations(range(n)))))
    renamed = [[place[m[place.index(q)]] for q in range(n)] for m in chosen]
    dfa = dw.DFA(np.array(renamed).T, 0, [0], range(len(chosen)))
    size = len(maps_of(dfa))
    found = whole_monoid(dfa)
    assert (found == f"T_{n}") == (size == n**n)
    if order_preserving:
        assert (found == f"O_{n}") == (size == comb(2 * n - 1, n))
    if found == f"O_{n}":
        assert size >= comb(2 * n - 1, n)


def test_large_machines_are_answered_in_time():
    rng = np.random.default_rng(0)
    points = 300
    shuffles = dw.DFA(np.array([rng.permutation(points) for _ in range(2)]).T, 0, [0], "ab")
    machines = [random_machine(300, "abc", 0), shuffles, dw.languages.get("mod_2000")]
    begin = perf_counter()
    large, group, cycle = (dw.classify(dfa, seconds=1.0, limit=5000) for dfa in machines)
    assert perf_counter() - begin < 30
    assert large.monoid_size is None
    assert large.verdict("deltaproduct").layers == large.n_states - 1
    assert group.monoid_size is not None
    assert group.monoid_size > 10**600
    assert (group.solvable, group.circuit_class, group.one_layer) == (False, "NC1-complete", True)
    assert (cycle.circuit_class, cycle.verdict("complex_diagonal").layers) == ("ACC0", 1)


def test_errors_name_what_is_wrong():
    with pytest.raises(dw.errors.NotCompilable, match="not a machine"):
        dw.classify("a*b*")  # type: ignore[arg-type]
    with pytest.raises(dw.errors.UnknownFamily, match=r"did you mean 'deltanet'") as raised:
        found("parity").verdict("delta net")
    assert isinstance(raised.value, KeyError)


@pytest.mark.parametrize(
    "wrong",
    [{"seconds": -1}, {"seconds": "1"}, {"seconds": nan}, {"limit": 0}, {"limit": 2.5}, {"limit": "9"}, {"limit": True}],
)
def test_times_and_limits_that_are_none_are_refused(wrong: dict):
    with pytest.raises(dw.errors.BadArgument, match=f"{next(iter(wrong))}="):
        dw.classify(language("parity"), **wrong)


# ---------------------------------------------------------------------- text, JSON, HTML, the command


class Cells(HTMLParser):
    """The text of a page, and whether its tags are closed in order."""

    def __init__(self):
        super().__init__()
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("name", ["T_3", "S_3", "A_5", "empty"])
def test_html_says_what_the_text_says(name: str):
    page = Cells()
    page.feed(found(name)._repr_html_())
    assert page.open == []
    for v in found(name).verdicts:
        assert v.reason in page.text
        assert v.reason.replace(" ", "") in str(found(name)).replace(" ", "").replace("\n", "")


def test_html_escapes_letters():
    dfa = dw.DFA([[1, 0], [0, 1]], 0, [0], ["<b>", "&"])
    html = classify(dfa)._repr_html_()
    assert "<b>" not in html
    assert "&lt;b&gt;" in html


@settings(max_examples=30, deadline=None)
@given(dfas(max_states=5))
def test_json_comes_back_whole(dfa: dw.DFA):
    c = classify(dfa)
    text = json.dumps(c.to_json())
    again = dw.Classification.from_json(json.loads(text))
    assert json.dumps(again.to_json()) == text
    assert (again.verdicts, again.groups, str(again)) == (c.verdicts, c.groups, str(c))
    assert again.one_layer_witness == c.one_layer_witness
    assert again == c
    assert hash(again) == hash(c)
    assert c != classify(dfa.complement())


def test_json_keeps_letters_that_are_no_characters():
    dfa = dw.DFA([[1, 0], [1, 2], [2, 2]], 0, [0], [("turn", 1), 7])
    c = classify(dfa)
    again = dw.Classification.from_json(json.loads(json.dumps(c.to_json())))
    assert again == c


@pytest.mark.parametrize(
    "damage", [{"format": "x"}, {"version": 9}, {"verdicts": [{}]}, {"machine": {}}, {"extra": 1}, {"groups": 3}]
)
def test_damaged_json_is_refused(damage: dict):
    with pytest.raises(dw.errors.CorruptFile):
        dw.Classification.from_json({**found("parity").to_json(), **damage})
    with pytest.raises(dw.errors.CorruptFile):
        dw.Classification.from_json([])  # type: ignore[arg-type]


def run(*arguments: str):
    return CliRunner().invoke(cli.app, ["classify", *arguments], prog_name="deltaword")


def test_the_command_prints_a_summary_or_all_reasons_or_json():
    short, full = run("parity"), run("parity", "--full")
    for result in (short, full):
        assert result.exit_code == 0
        assert result.stdout.startswith("gallery  parity: ")
        assert "\nverdicts 8 no, 21 yes\n" in result.stdout
        assert result.stderr == ""
    heads = [line for line in full.stdout.splitlines() if line.startswith(("✓ yes  ", "✗ no  ", "? not known  "))]
    assert len(heads) == len(FAMILIES)
    algebra, table, reasons = short.stdout.split("\n\n")
    assert full.stdout.startswith(algebra)
    assert table.splitlines() == run("parity", "--brief").stdout.splitlines()[1:]
    assert "--full" in reasons
    assert "sources" not in short.stdout
    data = json.loads(run("a*b*", "--alphabet", "ab", "--json").stdout)
    assert dw.Classification.from_json(data).one_layer_witness == ("b", "a")


def test_the_command_refuses_bad_patterns_and_notes_near_names():
    assert run("(").exit_code == 2
    assert "the gallery has 'parity'" in run("paritty").stderr
    refused = run("parity", "--alphabet", "01")  # then it is a pattern with letters outside the alphabet
    assert refused.exit_code == 2
    assert "'parity' is a gallery name" in refused.stderr
    assert "leave out --alphabet" in refused.stderr


@pytest.mark.parametrize("columns", ["60", "100", "160"])
def test_the_command_fits_its_lines_to_the_columns(columns: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", columns)
    for name in ("T_3", "(ab|ba)*"):
        for options in ((), ("--brief",), ("--full",)):
            first, *rows = run(name, *options, "--seconds", "1").stdout.splitlines()
            assert first.startswith(("gallery", "pattern"))
            assert all(len(row) <= int(columns) and row == row.rstrip() for row in rows)
            assert max(map(len, rows)) > min(int(columns), 80) * 0.8


def test_the_command_shows_one_line_a_family_and_a_part_of_the_families():
    _, *rows = run("T_3", "--brief", "--seconds", "1").stdout.splitlines()
    assert [row.split()[1] for row in rows] == [family.name for family in FAMILIES]
    assert [row[0] for row in rows] == [{"yes": "✓", "no": "✗"}.get(v.answer, "?") for v in found("T_3").verdicts]
    _, *rows = run("T_3", "--brief", "--only", "KDA", "--seconds", "1").stdout.splitlines()
    assert [row.split()[1] for row in rows] == [family.name for family in FAMILIES if "kda" in family.name]
    only = run("T_3", "--only", "lstm", "--seconds", "1").stdout
    assert "LSTM" in only
    assert "RWKV-7" not in only
    assert "hard attention" not in only  # the models of others are left out
    assert run("T_3", "--only", "nothing").exit_code == 2
    assert run("parity", "--json", "--brief").exit_code == 2
    assert run("parity", "--json", "--full").exit_code == 2
    assert run("parity", "--full", "--brief").exit_code == 2


def test_the_command_takes_a_limit():
    assert "more than 9 elements" in run("T_3", "--limit", "9", "--seconds", "1").stdout
    assert run("T_3", "--limit", "0").exit_code == 2


@pytest.mark.parametrize("name", KNOWN)
def test_the_text_has_each_verdict_and_each_source_once(name: str):
    c = found(name)
    text = " ".join(str(c).split())
    verdicts, _, rest = text.partition(" sources ")
    for v in c.verdicts:
        assert f"{render.MARKS[v.answer]} {render.headed(v)}" in verdicts
        assert " ".join(v.reason.split()) in verdicts
        for source in render.sources(v):
            assert len(re.findall(rf"[0-9]+ {re.escape(source)}(?: [0-9]+ | models )", rest)) == 1
    places = [verdicts.index(mark) for mark in ("✗ no", "? not known", "✓ yes") if mark in verdicts]
    assert places == sorted(places)  # what cannot comes first
    assert not re.search(r"\b1 (states|letters|elements|layers)\b", text)


def test_a_yes_by_the_compiler_has_its_call_or_says_why_none():
    for name in [*KNOWN, "(ab|ba)*", "tomita_3", "tomita_7", "nilpotent_2", "permutation_reset_3"]:
        for v in (found(name) if name in KNOWN else classify(language_or_pattern(name))).verdicts:
            if v.reason.startswith("the compiler has a network"):
                assert (v.call is not None) != ("no call: `compile`" in v.reason)
    assert "no call" in classify(language_or_pattern("(ab|ba)*")).verdict("deltanet").reason


def language_or_pattern(name: str) -> dw.DFA:
    return dw.DFA.from_regex(name, "ab") if "(" in name else language(name)


def test_sizes_are_read_at_a_glance():
    assert found("S_5_action").verdict("deltanet").size == "2 to 4 layers, n_h = 1"
    assert found("a*b*").verdict("nonnegative_diagonal").size == "≥ 2 layers"
    assert found("a*b*").verdict("deltanet").size == "2 layers, n_h = 1"
    assert found("T_3").verdict("rwkv7").size == "≤ 4 layers"


@needs_pdflatex
def test_latex_of_classifications_compiles(tmp_path):
    names = ("a*b*", "A_5", "T_3")
    log = compiled(document(*(found(name).latex() for name in names)), tmp_path)
    assert "Missing character" not in log
    assert "Overfull" not in log
    for name in names:
        assert found(name).latex().count(r" \\") == len(FAMILIES) + 1
