"""The conformance check: what it says of right functions, and that it objects to each wrong one at the right token."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any, cast

import broken_kernels as broken
import numpy as np
import pytest
import torch
from typer.testing import CliRunner, Result

import deltaword as dw
from deltaword import cli, kernels
from deltaword.automata.errors import BadArgument, UnknownLanguage
from deltaword.kernels.reference import delta_product as reference
from deltaword.nets.conformance import FORMS, MACHINES, conformance, rounding_operands
from deltaword.nets.conformance.calling import calling, function_named, name_of
from deltaword.nets.conformance.forms import EXACT, exact_letters, letters_in, machine_in
from deltaword.nets.conformance.machines import Tracker
from deltaword.nets.conformance.report import Length, Row
from deltaword.nets.conformance.tensors import run_of, schedule
from deltaword.theory.exact_layer import Head, LetterAction
from deltaword.theory.householder import Step

check = partial(conformance, device="cpu", tokens=200)
SWAPS = ("S_5_only_swaps",)


# ---------------------------------------------------------------------- right functions


def test_our_functions_are_exact_where_keys_allow_it():
    report = check(kernels.delta_product)
    assert report.passed
    assert {row.verdict for row in report if row.form in EXACT} == {"exact"}
    assert {(row.machine, row.form) for row in report} == {(name, form) for name in MACHINES for form in FORMS}
    assert [length.tokens for length in report["D_4", "integer"].lengths] == [1, 2, 4, 8, 16, 32, 64, 128, 200]


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32", "float64"])
def test_the_reference_is_exact_in_every_format(dtype):
    assert check(reference, keys=EXACT, dtype=dtype, tokens=40).passed


@pytest.mark.parametrize("n_h", [1, 2, 3, 8])
def test_any_number_of_steps_a_token_will_do(n_h):
    report = check(kernels.delta_product, keys=EXACT, n_h=n_h, tokens=70)
    assert report.passed
    assert {row.n_h for row in report} == {n_h}


def test_a_function_of_one_step_a_token_without_gates_runs_every_machine():
    report = check(kernels.chunk_delta_rule, keys=EXACT)
    assert report.passed
    assert {row.n_h for row in report} == {1}
    assert [length.tokens for length in report["permutation_reset_5", "integer"].lengths][:3] == [
        6,
        12,
        24,
    ]  # 5 overwrites, 1 write


def test_a_function_of_one_step_a_token_with_gates_runs_every_machine():
    assert check(kernels.chunk_gated_delta_rule, keys=EXACT).passed


def test_rounded_operands_drift_with_unit_keys_and_are_exact_with_integer_keys():
    report = conformance(rounding_operands, SWAPS, tokens=1500, device="cpu")
    assert report.passed
    assert report[SWAPS[0], "integer"].exact
    assert report[SWAPS[0], "dyadic"].exact
    folded, rounded = report[SWAPS[0], "folded"], report[SWAPS[0], "rounded"]
    assert rounded.verdict == "wrong"
    assert rounded.drift > 0.1
    assert folded.keys_drift is not None
    assert folded.drift > 100 * folded.keys_drift  # the loss is the function's, not the keys'
    assert folded.keys_drift < 1e-4


def test_rounded_operands_fail_where_a_small_drift_is_asked_for():
    assert not check(rounding_operands, SWAPS, within=1e-4).passed
    assert check(rounding_operands, SWAPS, within=0.5).passed
    assert check(kernels.delta_product, SWAPS, ["folded"], within=1e-4).passed


def test_drift_is_the_distance_to_the_true_state():
    """Keys of norm 1 + ε, alternately one swap and the rest idle: the antisymmetric part of S turns by 1 − 2(1 + ε)² a step."""
    report = conformance(reference, ["parity"], ["rounded"], tokens=64, device="cpu", dtype="float64", n_h=1)
    assert report["parity", "rounded"].drift < 1e-14
    bfloat16 = conformance(reference, ["parity"], ["rounded"], tokens=512, device="cpu")["parity", "rounded"]
    norm = 2 * float(torch.tensor(0.5).sqrt().bfloat16()) ** 2
    words = np.random.default_rng(0).integers(0, 2, (4, 512)).sum(1)  # swaps in each word
    lost = 1 - (2 * norm - 1) ** words.max()  # of the antisymmetric part, ½ (1, −1)
    assert bfloat16.drift == pytest.approx(lost / math.sqrt(2), rel=1e-3)


# ---------------------------------------------------------------------- wrong functions

FAULTS = [  # function, machine and keys that show it, first wrong token or None, verdict
    (broken.forgets_the_gate, "permutation_reset_5", "integer", "wrong"),
    (broken.gates_after_the_steps, "permutation_reset_5", "dyadic", "wrong"),
    (broken.takes_steps_backwards, "permutation_reset_5", "integer", "wrong"),
    (broken.transposes_the_state, "S_5_only_swaps", "integer", "drifts"),
    (broken.reads_a_token_late, "parity", "integer", "wrong"),
    (broken.clips_beta, "S_5_only_swaps", "dyadic", "wrong"),
    (broken.clips_beta, "D_4", "integer", "wrong"),
    (broken.drops_the_last_chunk, "S_5_only_swaps", "integer", "drifts"),
    (broken.forgets_the_ragged_end, "S_5_only_swaps", "integer", "wrong"),
    (broken.mixes_heads, "saturating_counter_3", "integer", "wrong"),
    (broken.loses_the_state_between_chunks, "S_5_only_swaps", "integer", "drifts"),
    (broken.gives_nan, "permutation_reset_5", "integer", "wrong"),
    (broken.raises, "parity", "integer", "raised"),
]


@pytest.mark.parametrize(("function", "machine", "form", "verdict"), FAULTS, ids=lambda x: getattr(x, "__name__", str(x)))
def test_a_wrong_function_is_found_out(function, machine, form, verdict):
    report = check(function, [machine], [form], tokens=150)
    assert report[machine, form].verdict == verdict
    assert not report.passed
    assert check(broken.right, [machine], [form], tokens=150).passed


def letters(machine: str, form: str, tokens: int) -> np.ndarray:
    """The letters of the four words that the check draws, where a token is a letter."""
    return np.random.default_rng(0).integers(0, machine_in(form, machine).dfa.n_letters, (4, tokens))


def test_the_first_wrong_token_is_the_one_where_the_fault_first_shows():
    """Reading a token late goes wrong where a word first leaves its state: 150 tokens and 1, 2, 4 … have words of their own prefix."""
    report = check(broken.reads_a_token_late, ["parity"], ["integer"], tokens=150)
    ones = letters("parity", "integer", 150) == 1
    assert report["parity", "integer"].first_wrong == np.flatnonzero(ones.any(0))[0]


def test_a_forgotten_gate_first_shows_at_a_reset_that_changes_the_state():
    machine = machine_in("integer", "permutation_reset_5")
    word, resets = (
        letters("permutation_reset_5", "integer", 150),
        [a for a, x in enumerate(machine.head.letters) if x.gate == 0],
    )
    state = machine.dfa.run(word)
    found = check(broken.forgets_the_gate, ["permutation_reset_5"], ["integer"], tokens=150)["permutation_reset_5", "integer"]
    moved = np.isin(word, resets) & (state[:, :-1] != machine.dfa.start)
    assert found.first_inexact == np.flatnonzero(moved.any(0))[0]


def test_a_dropped_chunk_leaves_outputs_exact_and_says_after_how_many_tokens_the_state_is_not():
    row = check(broken.drops_the_last_chunk, SWAPS, ["integer"], tokens=150)[SWAPS[0], "integer"]
    assert row.first_wrong is None
    assert row.first_inexact is None
    assert [length.exact for length in row.lengths] == [length.tokens <= 64 for length in row.lengths]
    assert "outputs exact; the last state is not, first after 128 tokens" in row.says


def test_a_ragged_end_is_found_at_its_first_token():
    assert check(broken.forgets_the_ragged_end, SWAPS, ["integer"], tokens=150)[SWAPS[0], "integer"].first_wrong == 128


def test_a_loss_between_chunks_is_found_at_the_second_chunk():
    row = check(broken.loses_the_state_between_chunks, SWAPS, ["integer"], tokens=150)[SWAPS[0], "integer"]
    assert row.first_inexact == 64
    assert row.drift == pytest.approx(1 - (1 - 2**-8) ** 3, rel=1e-6)


def test_what_is_not_finite_is_wrong_and_is_null_in_json():
    row = check(broken.gives_nan, ["permutation_reset_5"], ["integer"])["permutation_reset_5", "integer"]
    assert row.first_wrong is not None
    infinite = Row("x", "integer", 1, 16, (Length(1, math.inf, False),), 0, 0, None, None, None, None)
    assert infinite.to_json()["final_drift"] is None
    json.dumps(infinite.to_json(), allow_nan=False)


def test_outputs_that_are_no_numbers_name_no_state_not_even_the_first():
    def nothing(q, k, v, beta, scale, initial_state):
        return torch.full_like(q, torch.nan), torch.full_like(initial_state, torch.nan)

    drawn = (np.random.default_rng(seed).integers(0, 2, (4, 20)) for seed in range(200))
    seed = next(seed for seed, words in enumerate(drawn) if not words[:, 0].any())  # all words stay in the first state at first
    row = check(nothing, ["parity"], ["integer"], tokens=20, seed=seed)["parity", "integer"]
    assert row.first_wrong == 0
    assert row.drift == math.inf
    assert not check(nothing, ["parity"], ["integer"], tokens=20, within=1e9).passed


def test_kernels_without_an_infinite_gate_take_a_large_finite_one():
    assert check(broken.gives_nan, ["permutation_reset_5"], EXACT, closed_gate=-200.0).passed


# ---------------------------------------------------------------------- the workloads


@pytest.mark.parametrize("form", ["integer", "dyadic"])
@pytest.mark.parametrize("name", MACHINES)
def test_true_states_are_what_the_exact_layer_computes(name, form):
    machine = machine_in(form, name)
    word = np.random.default_rng(3).integers(0, machine.dfa.n_letters, 30)
    numbers, states = machine.run.run(word[None])[0], machine.dfa.run(word[None])[0]
    state = machine.head.initial
    for letter, number, true in zip(word, numbers[1:], states[1:], strict=True):
        state = machine.head.letters[letter].apply(state)
        assert np.array_equal(state.astype(float), machine.states[number])
        logits = machine.weights @ (machine.query @ machine.states[number]) + machine.bias
        assert logits.argmax() == true


def a_long_write() -> Tracker:
    """A head that writes along a key that is no unit vector, as none of the five machines does."""
    head = Head([[0], [0]], (1, 0), (LetterAction((Step(1, (1, 1), (3,)),)),))
    one = dw.DFA([[0]], 0, [0], "a")
    return Tracker("a long write", one, head, one, np.zeros((1, 2, 1)), np.zeros((1, 1)), np.zeros(1))


@pytest.mark.parametrize("machine", [*(machine_in("integer", name) for name in MACHINES), a_long_write()], ids=lambda m: m.name)
@pytest.mark.parametrize("form", ["folded", "rounded"])
def test_every_form_does_the_same_to_a_state(machine, form):
    """β k kᵀ and β k vᵀ of the scaled steps are those of the exact ones, up to the rounding of float64."""
    k, v, beta, _ = exact_letters(machine, True)
    scaled = letters_in(form, machine, torch.float64, True)
    keys, values, strength = scaled.k.numpy(), scaled.v.numpy(), scaled.beta.numpy()
    for exact, found in ((k, keys), (v, values)):
        left = beta[..., None, None] * k[..., :, None] * exact[..., None, :]
        right = strength[..., None, None] * keys[..., :, None] * found[..., None, :]
        np.testing.assert_allclose(left, right, atol=1e-14)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32])
def test_folded_steps_are_reflections_up_to_the_rounding_of_beta(dtype):
    letters = letters_in("folded", machine_in("integer", "S_5_only_swaps"), dtype, True)
    strength = letters.beta.double() * letters.k.double().square().sum(-1)
    assert letters.beta.dtype == torch.float32
    assert float((strength[1:] - 2).abs().max()) < 2**-23


@pytest.mark.parametrize(
    ("L", "n_h", "gated"), [(1, 1, False), (1, 4, False), (2, 5, False), (3, 4, True), (4, 3, True), (6, 1, True)]
)
def test_schedules_fit_and_hold_every_step(L, n_h, gated):
    together, period = schedule(L, n_h, gated)
    assert together * L <= period * n_h
    assert min(together, period) == 1
    assert (period - 1) * n_h < L


def test_each_head_runs_a_word_of_its_own():
    machine = machine_in("integer", "S_5_only_swaps")
    run = run_of(machine, letters_in("integer", machine, torch.float32, True), 40, 1, 16, "cpu", -math.inf, 0)
    words = run.given["k"].transpose(1, 2).flatten(0, 1)
    assert len({tuple(word.flatten().tolist()) for word in words}) == 4


# ---------------------------------------------------------------------- calling, refusals


def test_the_name_stands_beside_the_kernels_and_loads_only_when_asked_for():
    assert kernels.conformance is conformance
    code = "import sys, deltaword.kernels; assert not any(m.startswith(('deltaword.nets', 'torch')) for m in sys.modules)"
    assert subprocess.run([sys.executable, "-P", "-c", code], timeout=60).returncode == 0


def test_a_function_is_called_only_with_names_it_has():
    seen = {}

    def least(q, k, v, beta, scale, initial_state):
        seen.update(n_steps=k.shape[1], tokens=q.shape[1], scale=scale)
        return broken.right(q, k, v, None, beta, 1, scale, initial_state)

    assert check(least, ["D_4"], ["integer"]).passed
    assert seen == {"n_steps": 200, "tokens": 200, "scale": 1.0}
    assert calling(lambda **given: broken.right(**given)).names >= {"g", "num_householder"}
    assert name_of(partial(reference, scale=1.0)) == "deltaword.kernels.reference:delta_product(scale=1.0)"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: check(cast(Any, 3)), "not a function"),
        (lambda: check(lambda q, k, v: None), "no argument 'beta'"),
        (lambda: check(lambda q, k, v, beta, scale, initial_state, gk: None), "needs 'gk'"),
        (lambda: check(lambda q, k, v, beta, scale, initial_state: q), r"gave a tensor; it has to give \(o, final_state\)"),
        (lambda: check(lambda q, k, v, beta, scale, initial_state: (q, q)), "gave final_state of shape"),
        (lambda: check(kernels.chunk_delta_rule, n_h=2), "takes no num_householder"),
        (lambda: check(reference, keys=["unit"]), "keys 'unit' are not known"),
        (lambda: check(reference, keys="integer"), "lists of names"),
        (lambda: check(reference, machines=[]), "nothing to run"),
        (lambda: check(reference, tokens=0), "tokens=0"),
        (lambda: check(reference, tokens=2, n_h=1), "is not one letter"),
        (lambda: check(reference, dtype="int8"), "dtype 'int8'"),
        (lambda: check(reference, device="nowhere"), "device 'nowhere' cannot be used"),
        (lambda: check(reference, head_dim=4), "needs a head of 5; head_dim is 4"),
        (lambda: check(reference, within=-1.0), "is no distance"),
        (lambda: check(reference, machines=["seen_a_seen_b"]), "machines of one head"),
        (lambda: function_named("deltaword.kernels"), "is not module:function"),
        (lambda: function_named("no_such_module:f"), "cannot import no_such_module"),
        (lambda: function_named("deltaword.kernels:nothing"), "has no nothing"),
    ],
)
def test_bad_input_is_refused_by_name(wrong, message):
    with pytest.raises(BadArgument, match=message):
        wrong()


def test_a_machine_that_does_not_exist_is_refused():
    with pytest.raises(UnknownLanguage):
        check(reference, machines=["S_9"])


# ---------------------------------------------------------------------- the report and the command


def test_the_report_prints_a_line_a_row_and_says_the_worst_first():
    report = check(broken.clips_beta, ["D_4", "parity"], EXACT, tokens=60)
    lines = str(report).splitlines()
    assert len(lines) == 2 + len(report.rows)
    assert "rows fail: D_4 with integer keys wrong from token" in lines[0]
    assert [line[:2] for line in lines[2:]] == ["!!", "!!", "ok", "!!"]
    assert "<table>" in report._repr_html_()
    assert report.to_json()["rows"][0]["first_wrong_token"] == report["D_4", "integer"].first_wrong
    with pytest.raises(KeyError):
        report["D_4", "rounded"]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli.app, list(map(str, arguments)), prog_name="deltaword")


QUICK = ("--tokens", 60, "--machine", "D_4", "--device", "cpu")


def test_the_command_says_exact_with_code_0(tmp_path: Path):
    result = run("conformance", "deltaword.kernels:delta_product", *QUICK, "--out", tmp_path / "found.json")
    assert result.exit_code == 0, result.output
    assert "exact in all 2 rows whose keys allow it" in result.stdout
    assert json.loads((tmp_path / "found.json").read_text())["passed"] is True


def test_the_command_says_wrong_with_code_1():
    result = run("conformance", "broken_kernels:clips_beta", *QUICK, "--keys", "integer", "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert found["rows"][0]["verdict"] == "wrong"
    assert found["rows"][0]["first_wrong_token"] is not None


@pytest.mark.parametrize("bad", ["deltaword.kernels", "nowhere:f", "deltaword.kernels:nothing"])
def test_the_command_refuses_what_is_no_function_with_code_2(bad):
    result = run("conformance", bad)
    assert result.exit_code == 2
    assert result.stderr.startswith("deltaword: BadArgument: ")
    assert len(result.stderr.splitlines()) == 1


def test_a_module_in_the_folder_of_the_user_is_found(tmp_path: Path):
    (tmp_path / "mine.py").write_text("from deltaword.kernels import chunk_delta_rule as f\n")
    command = [Path(sys.executable).parent / "deltaword", "conformance", "mine:f", *map(str, QUICK), "--keys", "integer"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr


# ---------------------------------------------------------------------- what it said on an H200


def recorded() -> list[dict[str, Any]]:
    """Rows of bench/conformance.py."""
    path = Path(__file__).parents[1] / "bench" / "results" / "conformance.json"
    return json.loads(path.read_text())["rows"]


def test_ours_was_exact_on_an_h200_at_a_million_tokens_where_keys_allow_it():
    rows = [row for row in recorded() if row["what"] == "ours" and row["keys"] in EXACT]
    assert {(row["machine"], row["keys"]) for row in rows if row["tokens"] == 2**20} == {
        (m, k) for m in MACHINES for k in EXACT
    }
    assert {row["verdict"] for row in rows} == {"exact"}
    assert all("drift" not in row for row in rows)


def test_public_kernels_were_exact_on_an_h200_but_for_gates_of_minus_infinity():
    rows = [row for row in recorded() if row["what"] != "ours" and row["keys"] in EXACT]
    assert {row["what"] for row in rows} == {"fla", "FlashQLA"}
    assert not any("failed" in row for row in recorded())
    wrong = {(row["function"].split(":")[1], row["machine"], row["closed_gate"]) for row in rows if row["verdict"] != "exact"}
    gated = {name for name, _, _ in wrong}
    assert gated == {"chunk_gated_delta_product", "chunk_gated_delta_rule"}
    assert wrong == {(name, "permutation_reset_5", "−∞") for name in gated}


def test_dw_languages_has_the_machines():
    assert set(MACHINES) <= set(dw.languages.names())
