"""Plans of several layers: every machine compiles and is certified, in as many layers as are printed, never fewer than the bound."""

import itertools
import json
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from strategies import dfas, words
from theory_strategies import FORMATS, KEYS

import deltaword as dw
from deltaword.automata.cascade import Cascade
from deltaword.automata.dfa import DFA
from deltaword.automata.random_machines import random_dfa
from deltaword.nets import compile as compile_module
from deltaword.theory.planning.bounds import Bound, complexity, lower_bound, quick_violation
from deltaword.theory.planning.planner import options
from deltaword.theory.planning.search import compressed
from deltaword.theory.planning.splits import Split, around_sink, holes, images, memories, quotients

REAL_LIFE = {
    "identifier": r"[A-Za-z_][A-Za-z0-9_]*",
    "integer": r"[+-]?(0|[1-9][0-9]*)",
    "hexadecimal": r"0[xX][0-9a-fA-F]+",
    "quoted string": r'"([^"\\]|\\.)*"',
    "C comment": r"/\*([^*]|\*+[^*/])*\*+/",
    "e-mail": r"[a-z0-9._+-]+@[a-z0-9-]+(\.[a-z0-9-]+)+",
    "CSV line": r'([^,"\n]*|"([^"]|"")*")(,([^,"\n]*|"([^"]|"")*"))*',
    "money": r"\$[1-9][0-9]{0,2}(,[0-9]{3})*(\.[0-9]{2})?",
}  # twenty-two, with the slower ones, in bench/layers.py
SEVERAL = ["T_3", "T_4", "O_3", "O_4", "tomita_3", "tomita_4", "contains_aba", "even_pairs", "first_letter", "subword_abc"]


def machine(pattern: str) -> dw.DFA:
    if "[^" in pattern or "\\." in pattern:
        return dw.DFA.from_regex(pattern, alphabet=[chr(c) for c in range(32, 127)] + ["\n"])
    return dw.DFA.from_regex(pattern)


# ---------------------------------------------------------------------- every machine, and its proof


@pytest.mark.parametrize("name", dw.languages.names())
def test_every_gallery_machine_compiles_and_is_certified(name):
    dfa = dw.languages.get(name)
    net = dw.compile(dfa, seconds=2)
    certificate = dw.certify(net)
    assert (certificate.holds, certificate.grade, certificate.scope) == (True, 1, "all lengths")
    assert net.plan.parameters == sum(tensor.numel() for tensor in net.state_dict().values())
    assert set(net.plan.exact_in) >= {"float32", "float64"}


@pytest.mark.parametrize("name", SEVERAL)
@pytest.mark.parametrize("keys", KEYS)
def test_several_layers_are_exact_where_the_plan_says_so(name, keys):
    dfa = dw.languages.get(name)
    net = dw.compile(dfa, keys)
    assert len(net.plan.layers) > 1
    for dtype in FORMATS:
        if str(dtype).removeprefix("torch.") in net.plan.exact_in:
            certificate = dw.certify(net.to(dtype))
            assert (certificate.holds, certificate.grade, certificate.scope) == (True, 1, "all lengths")
            assert certificate.search.startswith(f"{certificate.pairs:,} tuples of ")


@settings(max_examples=60, deadline=None)
@given(dfas(max_states=6, alphabet="abc"), words("abc", 30))
def test_random_machines_compile_and_follow_the_machine(dfa, word):
    net = dw.compile(dfa, seconds=1)
    assert net.states(word) == dfa.states(word)
    certificate = dw.certify(net)
    assert certificate.holds
    assert certificate.grade == 1


@pytest.mark.parametrize("seed", range(16))
def test_random_machines_of_four_to_eight_states(seed):
    dfa = random_dfa(4 + seed % 5, 2 + seed % 2, seed=seed)
    net = dw.compile(dfa, seconds=2)
    certificate = dw.certify(net)
    assert (certificate.holds, certificate.grade, certificate.scope) == (True, 1, "all lengths")


@pytest.mark.parametrize("name", REAL_LIFE)
def test_patterns_of_real_life(name):
    dfa = machine(REAL_LIFE[name])
    net = dw.compile(dfa, seconds=3)
    certificate = dw.certify(net, dfa)
    assert (certificate.holds, certificate.grade) == (True, 1)


# ---------------------------------------------------------------------- few layers, and why not fewer


@pytest.mark.parametrize(
    ("name", "layers"), [("T_3", 2), ("T_4", 3), ("O_3", 2), ("O_4", 3), ("cerny_4", 3), ("contains_aba", 2)]
)
def test_layers_meet_the_lower_bound(name, layers):
    """T_n and O_n need n − 1 layers (theorem 6 of the one-layer theory)."""
    net = dw.compile(dw.languages.get(name))
    assert len(net.plan.layers) == layers
    assert net.plan.at_least[0].startswith(f"at least {layers} layers")
    assert net.plan.at_least[0].endswith("these are the fewest")


@settings(max_examples=100, deadline=None)
@given(dfas(max_states=5, alphabet="ab"))
def test_no_plan_has_fewer_layers_than_the_bound(dfa):
    bound = lower_bound(dfa, seconds=1)
    weighed = options(dfa, seconds=1)
    assert min(option.layers for option in weighed.found) >= bound.layers
    assert bound.layers <= max(1, dfa.reachable().n_states - 1)


def test_one_layer_suffices_exactly_where_no_two_idempotents_object():
    """All maps of two letters on three states, against the definition; so the bound is 2 just where it should be."""
    maps = list(itertools.product(range(3), repeat=3))
    for a, b in itertools.product(maps[::2], maps[1::2]):
        dfa = dw.DFA(np.array([a, b]).T, 0, [0], "ab").reachable()
        bound = lower_bound(dfa)
        assert (bound.layers == 2) == (dfa.transition_monoid().violating_idempotents() is not None)


def test_the_quick_violation_is_one():
    for name in dw.languages.names():
        dfa = dw.languages.get(name).reachable()
        found = quick_violation(dfa)
        if found is None:
            continue
        e, f = (
            np.array([dw.DFA(dfa.table, q, [], dfa.alphabet).states(word)[-1] for q in range(dfa.n_states)]) for word in found
        )
        assert np.array_equal(e[e], e)
        assert np.array_equal(f[f], f)
        assert not np.array_equal(e[f[e]], e[f])


def test_complexity_is_0_for_star_free_and_1_for_groups():
    assert str(complexity(dw.languages.get("O_4"))) == "0"
    assert str(complexity(dw.languages.get("S_4"))) == "1"
    found = complexity(dw.languages.get("T_4"))
    assert found is not None
    assert (found.least, found.most) == (1, 3)  # n − 1 by the theorem; the chain of groups S_4, S_3, S_2 gives 3


def test_a_limit_on_layers_is_kept_or_refused():
    dfa = dw.languages.get("T_4")
    assert len(dw.compile(dfa, layers=3).plan.layers) == 3
    with pytest.raises(dw.errors.NotCompilable, match="within 2 layers; the fewest layers found are 3"):
        dw.compile(dfa, layers=2)
    for bad in (0, -1, 1.5, "few", True):
        with pytest.raises(dw.errors.BadArgument, match="layers="):
            dw.compile(dfa, layers=bad)  # pyright: ignore[reportArgumentType]


def test_more_layers_are_taken_where_they_spare_steps():
    dfa = dw.languages.get("random_8_3_seed0")
    fewest, loose = dw.plan(dfa), dw.plan(dfa, layers=20)
    assert max(layer.n_h for layer in loose.layers) <= max(layer.n_h for layer in fewest.layers)


def test_a_limit_on_steps_is_kept_by_other_constructions():
    for name, n_h, layers in (("S_4", 1, 4), ("D_4", 1, 2), ("mod_6", 1, 2), ("S_3", 1, 2)):
        net = dw.compile(dw.languages.get(name), n_h=n_h)
        assert max(layer.n_h for layer in net.plan.layers) == n_h
        assert len(net.plan.layers) == layers
    with pytest.raises(dw.errors.NotCompilable, match="n_h = 1"):
        dw.compile(dw.languages.get("T_3"), n_h=1)


@pytest.mark.parametrize("name", ["mod_3", "mod_6", "S_3", "D_4", "S_4"])
def test_smaller_matrices_than_permutations_stay_exact(name):
    net = dw.compile(dw.languages.get(name))
    assert net.plan.layers[0].n_h == 2
    assert net.plan.grade == 1
    assert dw.certify(net).grade == 1


@pytest.mark.parametrize(("name", "n_h"), [("mod_5", 2), ("D_5", 2), ("A_5", 2), ("cycle_navigation", 2)])
def test_rotations_are_taken_only_on_demand(name, n_h):
    dfa = dw.languages.get(name)
    assert dw.plan(dfa).grade == 1
    net = dw.compile(dfa, exact=False)
    assert (net.plan.layers[0].n_h, net.plan.grade, net.plan.exact_in) == (n_h, 3, [])
    assert net.construction is not None
    assert net.construction.proof().kind == "closure"
    word = [dfa.alphabet[a] for a in np.random.default_rng(0).integers(0, dfa.n_letters, 500)]
    assert net.states(word) == dfa.states(word)


# ---------------------------------------------------------------------- splits


def covers(dfa: dw.DFA, split: Split) -> None:
    """A split is a cascade of two machines, which the closure proves."""
    Cascade(dfa.reachable(), (split.machine, split.rest), (split.link,), (split.reader,)).verify()


@settings(max_examples=150, deadline=None)
@given(dfas(max_states=7, alphabet="ab"))
def test_every_split_covers_the_machine(dfa):
    small, _ = compressed(dfa)
    if small.n_states < 2:
        return
    for split in [*quotients(small), *around_sink(small), *memories(small), images(small), holes(small)]:
        if split is not None:
            covers(small, split)
            assert split.rest.n_states < small.n_states


def test_a_split_with_a_wrong_link_is_noticed():
    dfa = dw.languages.get("T_4")
    split = holes(dfa)
    split.link[:] = np.roll(split.link, 1, axis=0)
    with pytest.raises(dw.errors.BadAutomaton, match="cover"):
        covers(dfa, split)


def test_letters_that_act_alike_are_one_in_the_search_and_all_there_in_the_network():
    dfa = dw.DFA.from_regex("[0-9]*[a-f]+")
    assert compressed(dfa)[0].n_letters == 2
    net = dw.compile(dfa)
    assert net.plan.layers[0].symbols == 16
    assert net.accepts("0123abcf")
    assert not net.accepts("01a2")


# ---------------------------------------------------------------------- the account, limits, and other processes


def test_the_plan_names_what_was_weighed_and_survives_json():
    plan = dw.plan(dw.languages.get("T_3"))
    kinds = " ".join(other.kind for other in plan.considered)
    assert "holonomy" in kinds
    assert "holes" in kinds
    assert "several vectors a state" in kinds
    assert "at least 2 layers" in str(plan)
    assert type(plan).from_json(json.loads(json.dumps(plan.to_json()))) == plan


def test_planning_stops_in_time_and_says_what_it_left_out():
    dfa = dw.DFA.from_regex(r"(\+[0-9]{1,3} )?\(?[0-9]{3}\)?[ -]?[0-9]{3}-[0-9]{4}")
    begin = time.monotonic()
    plan = dw.plan(dfa, seconds=1)
    assert time.monotonic() - begin < 20
    assert any("were tried in time" in text for text in plan.not_tried)


def test_networks_too_large_are_refused_before_they_are_built(monkeypatch):
    monkeypatch.setattr(compile_module, "LARGEST", 200)
    with pytest.raises(dw.errors.TooLarge, match=r"has [\d,]+ numbers .* the limit is 200"):
        dw.compile(dw.languages.get("T_4"))


def test_machines_too_large_to_take_apart_are_refused_with_the_reason():
    dfa = random_dfa(300, 2, seed=0)
    with pytest.raises(dw.errors.TooLarge, match=r"more than 200 states are not taken apart.*Cheaper: "):
        dw.compile(dfa, seconds=1)
    with pytest.raises(dw.errors.TooLarge, match=r"chains of tiles.*GiB.*Cheaper: "):
        dw.compile(random_dfa(32, 2, seed=0), seconds=1)
    with pytest.raises(dw.errors.TooLarge, match=r"within 1 layer and n_h = 1 .*Cheaper: allow more layers or steps"):
        dw.compile(dw.languages.get("A_5"), layers=1, n_h=1, seconds=1)


def test_a_plan_groups_the_digits_of_all_its_sizes():
    plan = dw.plan(dw.DFA.from_regex("(a|b)*a(a|b){6}"))
    assert "cost     117,912 numbers, 3,073 of state" in str(plan)


def test_a_saved_network_answers_alike_in_a_fresh_process_on_long_words(tmp_path):
    dfa = dw.languages.get("contains_aba")
    net = dw.compile(dfa)
    net.save(tmp_path)
    torch.save(net.state_dict(), tmp_path / "state.pt")
    rng = np.random.default_rng(7)
    word = "".join(str(dfa.alphabet[a]) for a in rng.choice(2, size=100_000, p=[0.001, 0.999]))
    (tmp_path / "word").write_text(word)
    code = (
        "import sys, json, torch, deltaword as dw; from pathlib import Path; folder = Path(sys.argv[1]); "
        "net = dw.load(folder); net.load_state_dict(torch.load(folder / 'state.pt')); "
        "states = net.states((folder / 'word').read_text()); print(json.dumps([sum(states), states[-1]]))"
    )
    told = subprocess.run(
        [sys.executable, "-P", "-c", code, str(tmp_path)], capture_output=True, text=True, check=True, timeout=300
    )
    states = dfa.states(word)
    assert json.loads(told.stdout) == [sum(states), states[-1]]


def test_bounds_say_why():
    assert lower_bound(dw.DFA([[0, 1], [0, 1]], 0, [1], "ab")) == Bound(0, "the last letter alone names the state")
    assert lower_bound(dw.languages.get("parity")).layers == 1


def test_letters_of_huge_order_do_not_hold_up_a_plan():
    """The least common multiple of the cycles of a random permutation of 300 points is past counting to."""
    rng = np.random.default_rng(0)
    columns = [rng.permutation(300), rng.permutation(300)]
    merging = columns[0].copy()
    merging[1] = merging[0]
    begun = time.monotonic()
    for letters in (columns, [merging, columns[1]]):
        assert quick_violation(DFA(np.stack(letters, axis=1), 0, [0], "ab")) is None
    assert time.monotonic() - begun < 5
