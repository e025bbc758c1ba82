"""The papers' constructions as networks: thousands of random words, certificates, files; and the command that makes them."""

import json

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

import deltaword as dw
from deltaword.cli import app

made = dw.constructions
EXACT = {
    "parity": made.parity,
    "counting modulo 3": lambda **k: made.counting(3, **k),
    "counting modulo 12": lambda **k: made.counting(12, **k),
    "counting modulo 4 in two layers": lambda **k: made.counting(4, layers=2, **k),
    "counting modulo 6 in two layers": lambda **k: made.counting(6, layers=2, **k),
    "D_2": lambda **k: made.dihedral(2, **k),
    "D_6": lambda **k: made.dihedral(6, **k),
    "D_12": lambda **k: made.dihedral(12, **k),
    "S_4 in one layer": lambda **k: made.symmetric(4, **k),
    "S_3 in three layers": lambda **k: made.symmetric(3, layers=3, **k),
    "S_4 in three layers, generators": lambda **k: made.symmetric(4, layers=3, letters="generators", **k),
    "S_3 in four layers, generators": lambda **k: made.symmetric(3, layers=4, letters="generators", **k),
    "cube": lambda **k: made.rotations("cube", **k),
}
ROUNDING = {
    "counting modulo 5": lambda **k: made.counting(5, **k),
    "counting modulo 7 in two layers": lambda **k: made.counting(7, layers=2, **k),
    "D_5": lambda **k: made.dihedral(5, **k),
    "icosahedron": lambda **k: made.rotations("icosahedron", letters="generators", **k),
}


def wrong_words(net: dw.Network, words: int, length: int, seed: int = 0) -> int:
    tokens = np.random.default_rng(seed).integers(0, net.dfa.n_letters, (words, length))
    named = net(torch.from_numpy(tokens)).argmax(-1).numpy()
    return int((named != net.dfa.run(tokens)[:, 1:]).any(axis=1).sum())


@pytest.mark.parametrize("name", EXACT)
def test_whole_numbers_are_exact_at_every_length(name):
    net = EXACT[name]()
    assert net.plan.parameters == sum(tensor.numel() for tensor in net.state_dict().values())
    assert wrong_words(net, 2000, 24) == 0
    certificate = dw.certify(net)
    assert (certificate.holds, certificate.grade, certificate.scope) == (True, 1, "all lengths")
    for dtype in (torch.bfloat16, torch.float16):
        if str(dtype).removeprefix("torch.") in net.plan.exact_in:
            assert dw.certify(net.to(dtype)).grade == 1


@pytest.mark.parametrize("name", ROUNDING)
def test_rotations_hold_as_far_as_the_certificate_says(name):
    net = ROUNDING[name](dtype=torch.float64)
    assert net.plan.exact_in == []
    assert net.construction is not None
    assert net.construction.proof().kind == "closure"
    certificate = dw.certify(net)
    assert certificate.holds
    assert certificate.grade in (2, 3)
    if certificate.grade == 3:
        assert int(certificate.scope.split()[2]) > 10**6
    assert wrong_words(net, 2000, 24) == 0
    assert wrong_words(net, 4, 2000) == 0


def test_a_key_moved_a_little_is_not_certified_for_ever():
    net = made.counting(3)
    net.layer.k_proj.weight[0, 1] += 1e-3
    certificate = dw.certify(net)
    assert not certificate.holds or certificate.grade == 3


def test_a_wrong_mirror_is_found():
    net = made.dihedral(5, dtype=torch.float64)
    weight = net.get_parameter("layers.1.k_proj.weight")
    weight.copy_(torch.roll(weight, 1, dims=1))
    certificate = dw.certify(net)
    assert not certificate.holds
    assert certificate.counterexample is not None
    assert net.states(certificate.counterexample) != net.dfa.states(certificate.counterexample)


def test_any_finite_group_of_matrices():
    net = made.group({"turn": [[0, -1], [1, 0]], "flip": [[1, 0], [0, -1]]})
    assert net.dfa.n_states == 8
    assert wrong_words(net, 500, 20) == 0
    assert dw.certify(net).grade == 1
    with pytest.raises(dw.errors.BadStep):
        made.group({"shear": [[1, 1], [0, 1]]})


def test_the_least_n_h_of_a_group():
    assert [made.smallest_n_h(dw.languages.get(name)).n_h for name in ("parity", "S_4", "A_5", "S_5_only_swaps")] == [
        1,
        2,
        2,
        1,
    ]


def test_a_construction_saved_is_checked_from_its_files(tmp_path):
    net = made.symmetric(3, layers=3)
    net.save(tmp_path)
    dw.certify(net).save(tmp_path / "certificate.json")
    assert dw.check(tmp_path / "certificate.json", tmp_path)
    word = ["(0 1)", "(0 1 2)", "(1 2)"] * 20
    assert dw.load(tmp_path).states(word) == net.dfa.states(word)


def run(*arguments: str):
    return CliRunner().invoke(app, list(arguments))


def test_construct_writes_a_network_that_check_accepts(tmp_path):
    folder = tmp_path / "d6"
    result = run("construct", "dihedral", "--m", "6", "--out", str(folder))
    assert result.exit_code == 0, result.output
    assert "exact    all 24 reachable pairs" in result.stdout
    assert "claim    holds: " in result.stdout
    assert "search   24 tuples of 2 × 12 layer states" in result.stdout
    assert run("check", str(folder)).exit_code == 0
    assert json.loads((folder / "certificate.json").read_text())["grade"] == 1


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["construct", "dihedral"], "dihedral needs --m"),
        (["construct", "parity", "--m", "3"], "parity takes no --m"),
        (["construct", "counting", "--m", "1"], "BadArgument: "),
        (["construct", "symmetric", "--n", "6", "--layers", "4"], "TooLarge: "),
        (["construct", "rotations", "--solid", "ball"], "BadArgument: "),
        (["compile", "a*b*", "--layers", "none"], "'none' is neither 'fewest' nor a whole number"),
        (["compile", "a*b*", "--plan-only", "--out", "x"], "--plan-only builds no network"),
    ],
)
def test_bad_input_to_construct_is_named(arguments, reason):
    result = run(*arguments)
    assert result.exit_code == 2
    assert reason in result.stderr


def test_plan_only_prints_what_was_weighed():
    result = run("compile", "a*b*", "--plan-only", "--layers", "3")
    assert result.exit_code == 0
    assert "bound    at least 2 layers" in result.stdout
    assert "weighed  holonomy: 3 layers" in result.stdout
    assert "claim" not in result.stdout
