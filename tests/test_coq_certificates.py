"""Generated Coq certificates: Coq proves them for right networks, refuses changed ones, and its network is the one that torch runs.

Without coqc the tests that run it are skipped; with DELTAWORD_REQUIRE_COQ set (.ci/run sets it) they fail instead.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import deltaword as dw
from deltaword import cli
from deltaword.automata.errors import BadStep, CorruptFile, NotExact, NotRational, ProofFails, TooLarge
from deltaword.nets.certify import live_weights
from deltaword.theory import coq, papers
from deltaword.theory.checker.weights import Tensor
from deltaword.theory.exact_layer import ExactLayer, Head, LetterAction
from deltaword.theory.exact_stack import ExactStack
from deltaword.theory.exact_weights import exact_weights
from deltaword.theory.householder import Step

needs_coq = pytest.mark.skipif(
    not coq.installed() and not os.environ.get("DELTAWORD_REQUIRE_COQ"),
    reason=f"coqc is not installed (Debian: {coq.PACKAGES})",
)
SMALL = ["parity", "S_3", "D_4", "flip_flop", "ab_star_reset", "mod_6", "a_star_b_star", "tomita_3", "T_3", "flip_flop_sink"]
NETS: dict[tuple[str, str], dw.Network] = {}


def network(name: str, keys: Any = "raw") -> dw.Network:
    if (name, keys) not in NETS:
        NETS[name, keys] = dw.compile(dw.languages.get(name), keys)
    return NETS[name, keys]


def exact_of(name: str, keys: str = "raw") -> ExactStack:
    net = network(name, keys)
    return exact_weights(live_weights(net), net.dfa.alphabet)[0]


def text_of(name: str, keys: str = "raw") -> str:
    net = network(name, keys)
    stack, accepting = exact_weights(live_weights(net), net.dfa.alphabet)
    return coq.source(stack, net.dfa, accepting)


# ---------------------------------------------------------------------- what Coq proves


@needs_coq
@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("S_3", "raw"),  # one letter an element
        ("D_4", "unit"),  # doubled coordinates: keys with fractions
        ("flip_flop", "raw"),  # resets
        ("ab_star_reset", "raw"),  # several letters, copyless bits
        ("flip_flop_sink", "raw"),  # a reader
        ("a_star_b_star", "raw"),  # two layers and a link
    ],
)
def test_coq_proves_the_certificate_of_a_compiled_network(name, keys):
    answer = coq.ask_coq(text_of(name, keys))
    assert answer, answer.says
    assert answer.says.startswith("names_the_state, accepts_the_language, contractive: proved")


@needs_coq
def test_coq_proves_a_layer_with_a_gate_and_strange_letters():
    keep, reset = LetterAction(()), LetterAction((Step(1, (1,), (1,)),), gate=0)
    half = LetterAction((Step(Fraction(1, 2), (2,), (0,)),), gate=1)  # β‖k‖² = 2: turns the sign
    layer = ExactLayer(('*) "', "(*", "\\"), (Head([[1]], (1,), (keep, reset, half)),), [[1], [-1]], [0, 0])
    dfa = dw.DFA([[0, 0, 1], [1, 0, 0]], 0, [1], ('*) "', "(*", "\\"))
    answer = coq.ask_coq(coq.source(layer, dfa))
    assert answer, answer.says


# ---------------------------------------------------------------------- what Coq refuses


def with_step(stack: ExactStack, change) -> ExactStack:
    """The first step that there is, changed, in the first layer."""
    head = stack.layers[0][0]
    a = next(a for a, action in enumerate(head.letters) if action.steps)
    action = head.letters[a]
    letters = list(head.letters)
    letters[a] = replace(action, steps=(change(action.steps[0]), *action.steps[1:]))
    first = (replace(head, letters=tuple(letters)), *stack.layers[0][1:])
    return replace(stack, layers=(first, *stack.layers[1:]))


def with_reader(stack: ExactStack, change) -> ExactStack:
    weights, biases = stack.reader.weights, stack.reader.biases
    return replace(stack, reader=replace(stack.reader, weights=(*weights[:-1], change(weights[-1])), biases=biases))


FAULTS = {
    "beta": lambda stack: with_step(stack, lambda step: replace(step, beta=step.beta / Fraction(2))),
    "key": lambda stack: with_step(stack, lambda step: replace(step, key=tuple(abs(x) for x in step.key))),
    "value": lambda stack: with_step(stack, lambda step: replace(step, value=tuple(x + 1 for x in step.value))),
    "readout": lambda stack: with_reader(stack, lambda W: W[::-1]),
}


@needs_coq
@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("S_3", "beta"),
        ("S_3", "key"),
        ("S_3", "value"),
        ("S_3", "readout"),
        ("a_star_b_star", "beta"),
        ("a_star_b_star", "value"),
    ],
)
def test_coq_refuses_a_changed_number(name, fault):
    stack, dfa = exact_of(name), network(name).dfa
    wrong = FAULTS[fault](stack)
    answer = coq.ask_coq(coq.written(wrong, dfa, sorted(dfa.accepting), coq.pairs_of(stack, dfa)))
    assert not answer
    assert "true" in answer.says  # found_closed computes to false


@needs_coq
def test_coq_refuses_another_machine_other_flags_and_a_lengthening_step():
    stack, dfa = exact_of("parity"), network("parity").dfa
    pairs = coq.pairs_of(stack, dfa)
    other = dw.DFA([[0, 1], [1, 1]], 0, dfa.accepting, dfa.alphabet)
    assert "found_closed" in coq.written(stack, other, [1], pairs)
    assert not coq.ask_coq(coq.written(stack, other, [1], pairs))
    assert not coq.ask_coq(coq.written(stack, dfa, [0], pairs))
    still = ExactLayer(
        ("a",), (Head([[0]], (1,), (LetterAction((Step(2, (1,), (0,)),)),)),), [[1]], [0]
    )  # whatever β: 0 stays 0
    text = coq.source(still, dw.DFA([[0]], 0, [], "a"))
    assert coq.ask_coq(text)
    lengthening = text.replace("Step (2#1) [z 0 (1#1)]", "Step (3#1) [z 0 (1#1)]")
    assert lengthening != text
    assert not coq.ask_coq(lengthening)


@needs_coq
def test_an_axiom_in_the_text_is_noticed():
    text = text_of("parity").replace("Proof. vm_cast_no_check (eq_refl true). Qed.", "Admitted.", 1)
    answer = coq.ask_coq(text)
    assert not answer
    assert answer.says.startswith("not all is proved outright")


# ---------------------------------------------------------------------- Coq's network is torch's network


def coq_names(stack: ExactStack, dfa: dw.DFA, words: list[list[int]], folder: Path) -> list[int | None]:
    """What Coq's definitions say the network names after words."""
    lists = "; ".join("[" + "; ".join(map(str, word)) + "]" for word in words)
    text = coq.written(stack, dfa, [], coq.Pairs([], [[0] * dfa.n_letters]))
    text = (
        text[: text.index("(* which of the states")] + f"\nEval vm_compute in map (network_names the_network) [{lists}]%nat.\n"
    )
    (folder / "names.v").write_text(text, "utf-8")
    out = subprocess.run(["coqc", "-q", "names.v"], cwd=folder, capture_output=True, text=True, timeout=120)
    assert out.returncode == 0, out.stderr
    return [int(n) if n else None for n in re.findall(r"Some (\d+)|None", out.stdout)]


def damage(net: dw.Network, random: np.random.Generator) -> None:
    """The last layer's numbers and the readout's, by quarters, which float64 carries exactly; links still get what they know."""
    parts = dict(net.named_parameters())
    last = f"layers.{len(net.layers) - 1}."
    for name in (last + "k_proj.weight", last + "v_proj.weight", last + "initial_state", "readout.weight", "readout.bias"):
        parts[name].data += torch.from_numpy(random.integers(-1, 2, size=tuple(parts[name].shape))) * 0.25
    parts[last + "b_proj.weight"].data *= 0.25
    parts["readout.weight"].data[0] += 0.5


@needs_coq
@pytest.mark.parametrize(("name", "keys"), [("S_3", "raw"), ("D_4", "unit"), ("tomita_3", "raw")])
def test_coq_runs_right_and_damaged_networks_as_torch_does(tmp_path, name, keys):
    dfa = network(name, keys).dfa
    net = dw.compile(dfa, keys).to(torch.float64)
    random = np.random.default_rng(3)
    words = [random.integers(dfa.n_letters, size=length).tolist() for length in (0, 1, 1, 2, 2, 3, 3, 4, 5, 6, 7, 8, 9)]
    right = [dfa.states(dfa.decode(word))[-1] for word in words]
    for stage in ("right", "damaged", "tied"):
        if stage == "damaged":
            damage(net, random)
        if stage == "tied":  # the first of the largest counts
            net.readout.weight.data[:] = net.readout.weight.data[0]
            net.readout.bias.data[:] = 0
        stack, _ = exact_weights(live_weights(net), dfa.alphabet)
        named = [net.states(dfa.decode(word))[-1] for word in words]
        assert coq_names(stack, dfa, words, tmp_path) == named
        assert (named == right) == (stage == "right")


# ---------------------------------------------------------------------- exact weights


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_exact_weights_name_what_the_network_names(data):
    name = data.draw(st.sampled_from(SMALL))
    keys = data.draw(st.sampled_from(["raw", "unit"])) if name in ("S_3", "D_4", "mod_6") else "raw"
    net = network(name, keys)
    word = data.draw(st.lists(st.sampled_from(net.dfa.alphabet), max_size=12))
    assert exact_of(name, keys).states(word) == net.states(word) == net.dfa.states(word)


def test_accepting_flags_are_the_networks_own():
    net = dw.compile(dw.languages.get("parity"))
    net.accepting.logical_not_()
    assert exact_weights(live_weights(net), net.dfa.alphabet)[1] == [q for q in range(2) if q not in net.dfa.accepting]


def test_weights_that_are_no_exact_network_are_refused_by_name():
    net = dw.compile(dw.languages.get("parity"))
    weights = live_weights(net)
    with pytest.raises(CorruptFile, match="alphabet of 3"):
        exact_weights(weights, "abc")
    with pytest.raises(CorruptFile, match="missing"):
        exact_weights({name: tensor for name, tensor in weights.items() if name != "readout.bias"}, "01")
    nan = np.full((2, 2), np.nan, dtype="<f4")
    with pytest.raises(NotExact):
        exact_weights({**weights, "embedding.weight": Tensor("F32", (2, 2), nan.tobytes())}, "01")
    with pytest.raises(NotExact, match="inf or NaN"):
        exact_weights({**weights, "readout.bias": Tensor("F32", (2,), nan[0].tobytes())}, "01")


# ---------------------------------------------------------------------- networks out of range


def test_irrational_numbers_are_refused_with_their_place():
    made = papers.dihedral(5)
    with pytest.raises(NotRational, match=r"layer \d, head 0, .*: .* is no fraction"):
        coq.source(made.stack, made.dfa)


def test_a_network_that_is_wrong_is_refused_with_a_word():
    dfa = network("S_3").dfa
    with pytest.raises(ProofFails, match=r"after .* the network names state"):
        coq.source(FAULTS["beta"](exact_of("S_3")), dfa)


def test_too_large_and_other_letters_are_refused():
    stack, dfa = exact_of("S_3"), network("S_3").dfa
    with pytest.raises(TooLarge, match="over the limit of 100"):
        coq.source(stack, dfa, limit=100)
    with pytest.raises(BadStep, match="letters"):
        coq.source(stack, dw.languages.get("parity"))


def test_states_that_grow_without_end_are_refused():
    third = LetterAction((Step(Fraction(2, 3), (1,), (1,)),))
    layer = ExactLayer(("a",), (Head([[0]], (1,), (third,)),), [[1]], [0])
    with pytest.raises(TooLarge, match="bits"):
        coq.source(layer, dw.DFA([[0]], 0, [], "a"))


# ---------------------------------------------------------------------- the command


def run(*arguments: object):
    return CliRunner().invoke(cli.app, list(map(str, arguments)), prog_name="deltaword")


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    network("S_3").save(tmp_path / "net")
    return tmp_path / "net"


def test_certify_proves_a_saved_network_anew(saved: Path):
    result = run("certify", saved)
    assert result.exit_code == 0
    assert result.stdout.startswith("claim    holds: ")
    assert not list(saved.glob("*.v"))


@needs_coq
def test_certify_writes_the_coq_file_and_runs_it(saved: Path):
    result = run("certify", saved, "--coq")
    assert result.exit_code == 0, result.output
    assert "Coq      names_the_state" in result.stdout
    assert (saved / "certificate.v").read_text("utf-8") == text_of("S_3")
    assert [path.name for path in saved.glob("*.vo")] == []


def test_certify_without_coq_says_how_to_check_the_file(saved: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(coq, "installed", lambda: False)
    result = run("certify", saved, "--coq", "--out", tmp_path / "mine.v")
    assert result.exit_code == 0
    assert f"coqc {tmp_path / 'mine.v'}" in " ".join(result.stdout.split())
    assert (tmp_path / "mine.v").read_text("utf-8") == text_of("S_3")


def test_certify_refuses_a_damaged_network(saved: Path):
    weights = safetensors.torch.load_file(saved / "weights.safetensors")
    weights["readout.weight"] = -weights["readout.weight"]
    safetensors.torch.save_file(weights, saved / "weights.safetensors")
    result = run("certify", saved, "--coq")
    assert result.exit_code == 1
    assert "does not hold" in result.stdout
    assert not (saved / "certificate.v").exists()


def test_certify_says_one_when_coq_refuses(saved: Path, monkeypatch):
    monkeypatch.setattr(coq, "installed", lambda: True)
    monkeypatch.setattr(coq, "ask_coq", lambda text: coq.Answer(False, "coqc refuses: no"))
    assert run("certify", saved, "--coq").exit_code == 1


def test_certify_refuses_what_it_cannot_do(tmp_path: Path, saved: Path):
    assert run("certify", saved, "--out", "x.v").exit_code == 2
    assert run("certify", tmp_path / "nowhere").exit_code == 2
