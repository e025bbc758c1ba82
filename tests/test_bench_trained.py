"""The scripts of bench/ that need a GPU, rehearsed on the CPU: small runs, the files that they leave, and what they refuse."""

from __future__ import annotations

import copy
import importlib
import itertools
import json
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

import deltaword as dw
from deltaword.nets.tasks import task
from deltaword.nets.training import RunConfig, load_run, sweep, train

BENCH = Path(__file__).parent.parent / "bench"
GRID = """
[defaults]
ranges = ["-1,1"]
seeds = [0, 1]
lengths = 4
eval_lengths = [4, 8, 16]
eval_rows = 8
d_model = 8
heads = 1
head_dim = 4
batch = 8
steps = 4
eval_every = 2
stop_early = false

[[runs]]
tasks = ["S_4", "A_5"]
mixer = "deltaproduct"
n_h = [2, 1]

[[runs]]
tasks = ["S_4"]
mixer = "deltanet"
layers = 2
"""


def script(name: str) -> ModuleType:
    return importlib.import_module(name)


@pytest.fixture(autouse=True)
def scripts_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCH))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a sweep of a small grid, its table and its times leave in a folder, by the real scripts."""
    folder = tmp_path_factory.mktemp("bench")
    (folder / "groups.toml").write_text(GRID)
    sweep(folder / "groups.toml", folder / "groups", "cpu")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCH))
        script("trained_results").main([str(folder / "groups"), "--out", str(folder), "--grids", str(folder)])
        script("training_cost").main(["--rehearse", str(folder), "--grid", str(folder / "groups.toml")])
    return folder


def read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text("utf-8"))


def figure(folder: Path, out: Path, trained: dict[str, Any] | None = None, cost: dict[str, Any] | None = None) -> list[Any]:
    """The rows of `accuracy_cost`, of given files or of the folder's."""
    out.mkdir(exist_ok=True)
    for name, data in (("groups", trained), ("training_cost", cost)):
        (out / f"{name}.json").write_text(json.dumps(read(folder / f"{name}.json") if data is None else data))
    files = ("--trained", str(out / "groups.json"), "--cost", str(out / "training_cost.json"))
    script("accuracy_cost").main([*files, "--out", str(out)])
    return read(out / "accuracy_cost.json")["rows"]


# ---------------------------------------------------------------------- accuracy against speed


def test_every_run_of_the_grid_is_timed_in_training_and_in_decoding(made: Path):
    rows = read(made / "training_cost.json")["rows"]
    assert not [row for row in rows if "failed" in row]
    trained = [row for row in rows if row["what"] == "trained"]
    assert {row["run"] for row in trained} == {path.name for path in (made / "groups").iterdir()}
    assert all(row["train_tokens_per_s"] > 0 and row["decode_tokens_per_s"] > 0 for row in trained)
    assert [row["n_h"] for row in rows if row["what"] == "layer" and row["who"] == "ours"] == [1, 2, 3, 4]
    assert [row["range"] for row in rows if row["what"] == "range"] == ["0,1", "-1,1"] * 4


def written(folder: Path, rows: list[Any], **header: Any) -> Path:
    """A file of results with these rows, as if it had been made here."""
    path = script("record").record(str(folder / "training_cost"), rows, seed=0, libraries=("triton",), device="cpu")
    path.write_text(json.dumps(read(path) | {"command": "python all.py"} | header))
    return path


def test_layers_are_timed_again_and_all_other_rows_stay(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    before = [{**row, "train_ms": -1.0, "fwd_bwd_ms": -1.0} for row in read(made / "training_cost.json")["rows"]]
    path = written(tmp_path, before)
    monkeypatch.setattr("sys.argv", ["bench/training_cost.py", "--what", "layer", "--n-h", "2", "3"])
    arguments = ["--rehearse", str(tmp_path), "--grid", str(made / "groups.toml"), "--what", "layer", "--n-h"]
    script("training_cost").main([*arguments, "3", "2"])
    after = read(path)
    assert len(after["rows"]) == len(before)
    for old, new in zip(before, after["rows"], strict=True):
        if old["what"] == "layer" and old["n_h"] in (2, 3):
            assert (new["who"], new["n_h"]) == (old["who"], old["n_h"])
            assert new["fwd_bwd_ms"] > 0
        else:
            assert new == old
    assert after["command"] == "python all.py && python bench/training_cost.py --what layer --n-h 2 3"
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("header", [{"device": "another GPU"}, {"versions": {"torch": "1.0"}}])
def test_rows_of_another_device_or_torch_do_not_stay_beside_new_ones(
    tmp_path: Path, header: dict[str, Any], capsys: pytest.CaptureFixture[str]
):
    path = written(tmp_path, [{"what": "layer", "n_h": 1}, {"what": "range"}], **header)
    rows, labels = [{"what": "layer", "n_h": 2}], [{"what": "range"}, {"what": "layer"}]
    script("parts").record_part(str(path.with_suffix("")), rows, labels, seed=0, device="cpu")
    assert read(path)["rows"] == rows
    assert "none of its rows stays" in capsys.readouterr().out


def test_a_library_that_this_part_does_not_need_keeps_its_version(tmp_path: Path):
    path = written(tmp_path, [{"n": 1}])
    path.write_text(json.dumps(read(path) | {"versions": read(path)["versions"] | {"no-such-library": "0.6.0"}}))
    options: dict[str, Any] = {"seed": 0, "libraries": ("no-such-library",), "device": "cpu"}
    script("parts").record_part(str(path.with_suffix("")), [{"n": 0}], [{"n": 0}, {"n": 1}], **options)
    assert read(path)["rows"] == [{"n": 0}, {"n": 1}]
    assert read(path)["versions"]["no-such-library"] == "0.6.0"


def test_parts_measured_at_the_same_time_all_arrive(tmp_path: Path):
    lines = ["import sys; sys.path.insert(0, sys.argv[1]); from parts import record_part; me = int(sys.argv[3])"]
    lines += ["for n in range(1, 6): record_part(sys.argv[2], [{'who': me, 'n': m} for m in range(n)], "]
    lines += ["    [{'who': w, 'n': n} for w in range(4) for n in range(5)], seed=0)"]
    command = [sys.executable, "-c", "\n".join(lines), str(BENCH), str(tmp_path / "it")]
    at_work = [subprocess.Popen([*command, str(me)], cwd=tmp_path) for me in range(4)]
    assert [process.wait(60) for process in at_work] == [0] * 4
    assert [(row["who"], row["n"]) for row in read(tmp_path / "it.json")["rows"]] == [
        (w, n) for w in range(4) for n in range(5)
    ]


def test_what_is_timed_is_the_network_that_was_trained(made: Path):
    for row in (row for row in read(made / "training_cost.json")["rows"] if row["what"] == "trained"):
        assert row["parameters"] == read(made / "groups" / row["run"] / "summary.json")["parameters"], row["run"]


def test_accuracy_is_joined_with_the_speed_of_the_same_network(made: Path, tmp_path: Path):
    rows = figure(made, tmp_path)
    assert [(row["task"], row["n_h"], row["layers"]) for row in rows] == [
        *(("S_4", 1, 2), ("S_4", 1, 1), ("A_5", 1, 1), ("S_4", 2, 1), ("A_5", 2, 1)),
    ]
    speeds = {row["run"]: row for row in read(made / "training_cost.json")["rows"] if row["what"] == "trained"}
    runs = read(made / "groups.json")["runs"]
    for row in rows:
        assert row["train_tokens_per_s"] == speeds[row["run"]]["train_tokens_per_s"]
        seeds = [each for each in runs[row["run"]]["replicas"] if each["task"] == row["task"]]
        assert row["accuracy_at_4"] == [each["accuracy"]["4"] for each in seeds]
        assert row["accuracy_at_16"] == [each["accuracy"]["16"] for each in seeds]
    assert b"<svg" in (tmp_path / "accuracy_cost.svg").read_bytes()


def test_the_line_over_n_h_goes_through_the_best_seeds_of_one_layer(made: Path):
    module = script("accuracy_cost")
    rows = module.joined(read(made / "groups.json"), read(made / "training_cost.json"))
    for row in rows:
        row["accuracy_at_4"], row["accuracy_at_16"] = [0.25, row["n_h"] / 4], [None, None]
        row["train_tokens_per_s"] = 10**7 // (row["n_h"] * row["layers"])
    axes = {axis.get_title(): axis for axis in module.picture_of(rows, "here").axes}
    assert set(axes) == {"S_4", "A_5"}
    lines = [[*map(tuple, line.get_xydata())] for line in axes["S_4"].lines if line.get_lw() == 1.6]
    assert lines == [[(10.0, 0.25), (5.0, 0.5)], []]
    assert sorted(text.get_text() for text in axes["S_4"].texts) == ["$n_h$ 1", "$n_h$ 2", "2L"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda cost: cost.update(rows=cost["rows"][1:]), "was trained, but not timed"),
        (lambda cost: cost["rows"][0].update(d_model=16), "trained with d_model 8, timed 16"),
        (lambda cost: cost["rows"][0].update(parameters=7), "timed 7"),
        (lambda cost: cost["rows"][0].update(n_h=3), "trained with n_h 2, timed 3"),
        (lambda cost: cost["rows"][0].update(range="0,1"), "range '-1,1', timed '0,1'"),
        (lambda cost: cost["rows"][0].update(failed="OutOfMemoryError: too large"), "was not timed: OutOfMemoryError"),
    ],
)
def test_times_of_other_networks_are_refused(made: Path, tmp_path: Path, change: Any, words: str):
    cost = read(made / "training_cost.json")
    change(cost)
    with pytest.raises(SystemExit, match=words):
        figure(made, tmp_path, cost=cost)
    assert not (tmp_path / "accuracy_cost.json").exists()


@pytest.mark.parametrize("absent", ["groups.json", "training_cost.json"])
def test_a_file_that_is_not_there_is_named(made: Path, tmp_path: Path, absent: str):
    files = [("--trained", "groups.json"), ("--cost", "training_cost.json")]
    given = [word for option, name in files for word in (option, str((tmp_path if name == absent else made) / name))]
    with pytest.raises(SystemExit, match=f"{absent} is not there"):
        script("accuracy_cost").main([*given, "--out", str(tmp_path)])


def test_runs_of_another_grid_are_no_results_of_this_one(made: Path, tmp_path: Path):
    (tmp_path / "groups.toml").write_text(GRID.replace("n_h = [2, 1]", "n_h = [2]"))
    with pytest.raises(SystemExit, match="has runs that groups"):
        script("trained_results").main([str(made / "groups"), "--out", str(tmp_path), "--grids", str(tmp_path)])
    with pytest.raises(SystemExit, match="no finished run"):
        script("trained_results").main([str(tmp_path), "--out", str(tmp_path), "--grids", str(tmp_path)])


# ---------------------------------------------------------------------- two processes against one


def test_two_processes_match_one(tmp_path: Path):
    module = script("two_gpus")
    module.main(["--rehearse", str(tmp_path)])
    rows = read(tmp_path / "two_gpus.json")["rows"]
    assert all(row["within"] for row in rows if row["what"] in ("start", "end"))
    start = next(row for row in rows if row["what"] == "start")
    assert start["apart"] < 1e-4
    assert {(row["range"], row["measure"]) for row in rows if row["what"] == "end"} == {
        (range_, name)
        for range_ in ("0,1", "-1,1")
        for name in ("loss", "validation_loss", *(f"{what}_at_{n}" for what in ("accuracy", "words_right") for n in (6, 12)))
    }


@pytest.mark.parametrize(
    ("other", "start_sees", "end_sees"),
    [
        ({}, False, False),
        ({"batch": 8}, True, None),  # what two processes do that both take the same half of the batch
        ({"lr": 2e-3}, True, True),
        ({"clip": 0.01}, False, None),  # AdamW does not ask how long a gradient is
    ],
)
def test_processes_that_do_otherwise_do_not_match(other: dict[str, Any], start_sees: bool, end_sees: bool | None):
    module = script("two_gpus")
    start, end = (replace(config, device="cpu") for config in module.configs(small=True).values())
    assert module.start_row(train(start), train(replace(start, **other)))["within"] != start_sees
    if end_sees is not None:
        rows = module.end_rows(train(end), train(replace(end, **other)))
        assert any(not row["within"] for row in rows) == end_sees


def test_one_network_of_three_that_ends_elsewhere_is_seen():
    module = script("two_gpus")
    one = train(replace(module.configs(small=True)["end"], device="cpu", steps=2, eval_every=2))
    summary = copy.deepcopy(one.summary)
    summary["replicas"][4]["evaluation"][1]["accuracy"] += 0.5
    wrong = [row for row in module.end_rows(one, replace(one, summary=summary)) if not row["within"]]
    assert [(row["range"], row["measure"]) for row in wrong] == [("-1,1", "accuracy_at_12")]


EXCHANGES = list(itertools.product((False, True), repeat=8))


def end_row(one: list[float], two: list[float], measure: str = "accuracy_at_128") -> dict[str, Any]:
    return {"what": "end", "range": "-1,1", "measure": measure, "one": one, "two": two}


def test_seeds_that_learnt_on_one_process_only_are_named_and_left_out_of_the_sharper_rows():
    accuracies = end_row([1.0, 0.4, 1.0, 0.3], [0.995, 1.0, 1.0, 0.2])
    losses = end_row([0.1, 3.0, 0.2, 4.0], [0.15, 0.1, 0.1, 4.5], "loss")
    learnt, *rows = script("two_gpus").sharper([accuracies, losses])
    assert (learnt["one"], learnt["two"], learnt["both"]) == ([0, 2], [0, 1, 2], [0, 2])
    assert [(row["what"], row["measure"]) for row in rows] == [
        (what, measure) for what in ("all seeds", "learnt on both") for measure in ("accuracy_at_128", "loss")
    ]
    shown = {"apart": 0.1, "one_seeds_apart": 0.1, "two_seeds_apart": 0.05, "mean": -0.025, "p": 1.0}
    assert rows[3] == {"what": "learnt on both", "range": "-1,1", "measure": "loss"} | shown


@pytest.mark.parametrize(("shift", "noise", "seen"), [(0.005, 0.001, True), (0.0, 0.001, False), (0.002, 0.02, False)])
def test_a_small_shift_of_all_seeds_is_seen_by_its_direction(shift: float, noise: float, seen: bool):
    """Far below what seeds differ by, so that the wide bound does not see it."""
    generator = np.random.default_rng(0)
    one = generator.uniform(0.1, 0.9, 8)
    two = one + shift + generator.normal(0, noise, 8)
    _, row = script("two_gpus").sharper([end_row([*one], [*two])])
    exchanged = [abs(sum(x - y if way else y - x for x, y, way in zip(one, two, ways, strict=True))) for ways in EXCHANGES]
    assert row["p"] == pytest.approx(np.mean([each >= exchanged[0] - 1e-12 for each in exchanged]), abs=1e-4)
    assert (row["p"] < 0.01) == seen
    assert row["apart"] < row["one_seeds_apart"]


def test_the_committed_comparison_follows_from_its_own_numbers():
    rows = read(BENCH / "results" / "two_gpus.json")["rows"]
    end = [row for row in rows if row["what"] == "end"]
    assert [row for row in rows if row["what"] not in ("start", "end", "speed")] == script("two_gpus").sharper(end)
    for row in end:
        apart = max(abs(one - two) for one, two in zip(row["one"], row["two"], strict=True))
        assert row["apart"] == pytest.approx(apart, abs=2e-5)
        assert row["allowed"] == max(row["seeds_apart"], script("two_gpus").LEAST)
        assert row["within"] == (row["apart"] <= row["allowed"])


# ---------------------------------------------------------------------- the language model


def test_the_language_model_leaves_loss_by_position_of_every_shape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    module = script("language_model")
    monkeypatch.setattr(module, "CORPORA", {"arithmetic": module.CORPORA["arithmetic"]})
    monkeypatch.setattr(module, "LONGEST", 1024)
    monkeypatch.setattr(module, "SMALL", replace(module.SMALL, tasks=("text:arithmetic",), d_model=24))
    module.main(["--rehearse", str(tmp_path)])
    rows = read(tmp_path / "language_model.json")["rows"]
    assert [(row["mixer"], row["range"], row["n_h"], row["steps"]) for row in rows] == [
        ("deltanet", "0,1", 1, 3),
        ("deltanet", "-1,1", 1, 3),
        ("deltaproduct", "-1,1", 2, 3),
        ("deltaproduct", "-1,1", 3, 3),
    ]
    assert all(len(row["arithmetic"]["bits_by_position"]) == 32 for row in rows)
    assert all(6 < bits < 11 for row in rows for bits in row["arithmetic"]["bits_by_position"])  # of 8, untrained


def test_the_shapes_of_the_language_model_have_equal_parameters(monkeypatch: pytest.MonkeyPatch):
    from deltaword.nets.models.sequence_model import ModelConfig, SequenceModel

    module = script("language_model")
    counts = []
    for mixer, heads, more, _ in module.SHAPES:
        options = {"heads": heads, "head_dim": 64, "conv": 4, **more}
        config = ModelConfig(256, 256, module.FULL.d_model, module.FULL.layers, mixer, options, module.FULL.mlp)
        with torch.device("meta"):
            monkeypatch.setattr("deltaword.nets.models.sequence_model.reset", lambda *_: None)
            counts.append(sum(p.numel() for p in SequenceModel(config).parameters()))
    assert 5e6 < min(counts) <= max(counts) < 20e6
    assert max(counts) / min(counts) < 1.005


def test_a_shape_of_the_language_model_is_trained_again_and_the_others_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    module = script("language_model")
    committed = read(BENCH / "results" / "language_model.json")["rows"]
    monkeypatch.setattr(module, "Text", lambda *_, **__: SimpleNamespace(bytes_of=lambda: None))
    monkeypatch.setattr(module, "rows_of", lambda shape, _: [committed[shape + 1] | {"steps": 7}])
    here = script("record").record(str(tmp_path / "language_model"), committed[:3], seed=0, libraries=("triton",), device="cpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    module.main(["--rehearse", str(tmp_path), "--shape", "2", "1"])
    assert read(here)["rows"] == [*committed[:2], committed[2] | {"steps": 7}, committed[3] | {"steps": 7}]
    assert b"<svg" in (tmp_path / "language_model.svg").read_bytes()


def test_the_figure_of_the_language_model_is_of_the_committed_numbers():
    module = script("language_model")
    found = read(BENCH / "results" / "language_model.json")
    assert [(row["mixer"], row["n_h"], row["range"]) for row in found["rows"]] == [
        (label["mixer"], label["n_h"], label["range"]) for label in module.LABELS
    ]
    picture = module.picture_of(found["rows"], found["device"])
    assert "one seed" in picture.get_suptitle()
    above, below = picture.axes[0], picture.axes[len(module.CORPORA)]
    for row, line, less in zip(found["rows"], above.lines, below.lines, strict=False):
        assert line.get_ydata() == pytest.approx(row["code"]["bits_by_position"])
        first = found["rows"][0]["code"]["bits_by_position"]
        assert less.get_ydata() == pytest.approx(np.subtract(row["code"]["bits_by_position"], first))


# ---------------------------------------------------------------------- solids


def cube(seed: int = 0) -> tuple[Any, np.ndarray, np.ndarray]:
    """S_4, the matrices of its letters in the compiled network, which turns the cube, in three of eight dimensions, and these three."""
    named = task("S_4")
    assert named.dfa is not None
    layers: Any = dw.transition_matrices(dw.compile(named.dfa))
    (block,) = layers[0].blocks
    basis = np.linalg.qr(np.random.default_rng(seed).standard_normal((8, 8)))[0]
    matrices = np.tile(np.eye(8), (24, 1, 1))
    matrices[:, :3, :3] = [np.array(block[letter], dtype=float) for letter in named.letters]
    return script("rotations").Letters.of(named), basis @ matrices @ basis.T, basis[:, :3]


def test_a_head_that_turns_the_cube_is_found_in_any_basis():
    module = script("rotations")
    letters, matrices, _ = cube()
    row = module.head_row(matrices, letters, module.TURNS["S_4"])
    assert (row["in_three"], row["apart"], row["degrees_off"], row["shrinks"]) == (1.0, 0.0, 0.0, 0.0)


def test_heads_that_do_not_turn_the_cube_are_not_taken_for_one():
    module = script("rotations")
    letters, matrices, solid = cube()
    backwards = module.Letters(letters.products.T, letters.cycles)
    assert module.head_row(matrices, backwards, module.TURNS["S_4"])["apart"] > 1
    mirrored = (
        np.eye(8) - 2 * solid @ solid.T
    )  # the point reflection of the solid, for odd letters: a tetrahedron, turned and mirrored
    odd = np.array([cycle in ("2", "4") for cycle in letters.cycles])
    row = module.head_row(np.where(odd[:, None, None], mirrored @ matrices, matrices), letters, module.TURNS["S_4"])
    assert row["apart"] == 0
    assert row["degrees_off"] == 90
    worn = np.eye(8) - 0.03 * solid @ solid.T
    row = module.head_row(worn @ matrices, letters, module.TURNS["S_4"])
    assert row["shrinks"] == pytest.approx(0.03)
    assert 0.02 < row["apart"] < 0.04
    random = np.linalg.qr(np.random.default_rng(1).standard_normal((24, 8, 8)))[0]
    row = module.head_row(random, letters, module.TURNS["S_4"])
    assert row["in_three"] < 0.8
    assert row["apart"] > 1


@pytest.mark.parametrize("name", ["S_4", "A_5"])
def test_letters_multiply_as_permutations_do(name: str):
    """Products and cycles by sympy, from the letters' names."""
    from sympy.combinatorics import Permutation

    named = task(name)
    letters = script("rotations").Letters.of(named)
    points = int(name[-1])
    cycles = [[[int(i) for i in part.split()] for part in text.strip("()").split(")(") if part] for text in named.letters]
    permutations: list[Any] = [Permutation(each, size=points) for each in cycles]
    products = [[permutations.index(x * y) for y in permutations] for x in permutations]
    backwards = [[permutations.index(y * x) for y in permutations] for x in permutations]
    assert letters.products.tolist() in (products, backwards)  # from the left or from the right
    shapes = ["+".join(str(len(c)) for c in sorted(each, key=len, reverse=True) if c) for each in cycles]
    assert letters.cycles == shapes


def test_a_trained_run_is_opened_head_by_head(made: Path):
    module = script("rotations")
    run = load_run(next((made / "groups").glob("*n_h2*")))
    rows = list(module.head_rows(run))
    assert [(row["task"], row["seed"], row["head"]) for row in rows] == [(t, s, 1) for t in ("S_4", "A_5") for s in (0, 1)]
    mixer: Any = run.model.blocks[0].mixer
    tokens = torch.randint(24, (4, 1, 6))
    x = next(iter(run.model.mixer_inputs(tokens)))
    theirs = mixer.transition_matrices(x)[:, 0, 1:]  # of whole words, BOS first
    ours = module.matrices(run)
    for r in range(4):
        assert ours[r, tokens[r, 0]] == pytest.approx(theirs[r].detach().numpy(), abs=1e-5)
    with pytest.raises(SystemExit, match="one layer without a convolution"):
        module.matrices(load_run(next((made / "groups").glob("*deltanet*"))))


# ---------------------------------------------------------------------- what the texts say


def page(name: str) -> str:
    return " ".join((BENCH.parent / name).read_text("utf-8").split())


def test_what_is_said_of_larger_groups_is_in_the_file():
    runs = read(BENCH / "results" / "trained" / "groups.json")["runs"]
    assert len(runs) == 10
    cells: dict[tuple[str, int], list[float]] = {}
    best: dict[str, float] = {}
    layers = []
    for run in runs.values():
        assert run["stopped"] == "all steps done"
        assert run["seconds"] < 180
        for each in run["replicas"]:
            if run["layers"] > 1:
                layers.append(each["accuracy"]["128"])
                continue
            cells.setdefault((each["task"], run["options"]["n_h"]), []).append(each["accuracy"]["128"])
            best[each["task"]] = max(best.get(each["task"], 0), each["accuracy"]["512"])
            assert each["accuracy"]["2048"] < 0.06
    readme = (BENCH.parent / "README.md").read_text("utf-8")
    for name, needed in {"S_4": 2, "A_5": 2, "S_5": 4}.items():
        line = next(line for line in readme.splitlines() if line.startswith(f"| {name} | 0."))
        *shown, takes, at_512 = [cell.strip() for cell in line.replace("**", "").strip("|").split("|")][1:]
        for n_h, cell in enumerate(shown, 1):
            assert cell == " ".join(f"{value:.2f}" for value in cells.get((name, n_h), [])), (name, n_h)
        assert int(takes) == needed == dw.constructions.smallest_n_h(dw.languages.get(name)).n_h
        assert at_512 == f"{best[name]:.2f}"
    for text in (page("README.md"), page("docs/trained.md")):
        assert f"{min(layers):.2f} to {max(layers):.2f}" in text
    assert (
        f"0.95 right at 512 letters in the last sixteenth, of $A_5$ {best['A_5']:.2f}, of the three of $S_5$ {best['S_5']:.2f}"
        in page("docs/trained.md")
    )


def test_what_is_said_of_heads_that_turn_solids_is_in_the_file():
    found = read(BENCH / "results" / "rotations.json")
    rows = found["rows"]
    heads = [row for row in rows if row["what"] == "head"]
    turning = [row for row in heads if row["in_three"] >= script("rotations").NEARLY_ALL]
    assert [(row["task"], row["seed"]) for row in turning] == [("S_4", 0), ("S_4", 1), ("S_4", 2)] + [
        ("A_5", seed) for seed in (0, 0, 1, 1, 2, 2)
    ]
    assert min(row["in_three"] for row in turning) > 0.97
    assert max(row["in_three"] for row in heads if row not in turning) < 0.76
    assert max(row["degrees_off"] for row in turning) <= 1.4
    assert min(row["degrees_off"] for row in heads if row not in turning) > 50
    most = {name: max(row["apart"] for row in turning if row["task"] == name) for name in ("S_4", "A_5")}
    s_4, a_5 = (math.ceil(1000 * most[name]) / 1000 for name in ("S_4", "A_5"))
    assert f"within {s_4} ($S_4$) and {a_5} ($A_5$)" in page("docs/trained.md")
    assert 0.01 <= min(row["shrinks"] for row in turning) < max(row["shrinks"] for row in turning) <= 0.05
    fives = [
        [angle for angle, cycle in zip(angles, found["cycles"]["A_5"], strict=True) if cycle == "5"]
        for row, angles in zip(heads, found["degrees"], strict=True)
        if row in turning and row["task"] == "A_5"
    ]
    same = [max(abs(a - b) for a, b in zip(fives[i], fives[i + 1], strict=True)) < 3 for i in (0, 2, 4)]
    other = [max(abs(a + b - 216) for a, b in zip(fives[i], fives[i + 1], strict=True)) < 3 for i in (0, 2, 4)]
    assert (same, other) == ([True, True, False], [False, False, True])
    automata = [row for row in rows if row["what"] == "automaton"]
    assert [(row["task"], row["states"]) for row in automata] == [("S_4", 24)] * 3 + [("A_5", 60)] * 3
    assert all(row["equal"] for row in automata)
    assert sum(not row["finished"] for row in automata) == 2
    repeated = [int(row["fails_on"].split(" repeated to ")[1].split()[0]) for row in automata]
    assert (min(repeated), max(repeated)) == (34, 81)


def test_what_is_said_of_costs_is_in_the_file():
    rows = read(BENCH / "results" / "training_cost.json")["rows"]
    speed = {row["run"]: row["train_tokens_per_s"] for row in rows if row["what"] == "trained"}
    shares = [f"{speed[f'S_5_n_h{n_h}'] / speed['S_5_n_h1']:.2f}" for n_h in (2, 3, 4)]
    text = page("docs/trained.md")
    assert f"$n_h$ = 2, 3 and 4 train at {shares[0]}, {shares[1]} and {shares[2]} of the speed of $n_h = 1$" in text
    assert max(value for name, value in speed.items() if "layers" in name) < min(
        value for name, value in speed.items() if "layers" not in name
    )
    decoding = [row["decode_us"] for row in rows if row["what"] == "trained" and "layers" not in row["run"]]
    assert f"{min(decoding):.0f} to {max(decoding):.0f} µs" in text
    layers = [f"{row['fwd_bwd_ms']:.1f}" for row in rows if row["what"] == "layer" and row["who"] == "ours"]
    assert f"{layers[0]}, {layers[1]} and {layers[2]} ms forward and backward" in text
    assert len(layers) == 3
    assert all("Triton" in row["failed"] for row in rows if row.get("who") == "fla")
    for mixer in ("mamba", "deltanet"):
        of = {
            low: [row for row in rows if row["what"] == "range" and (row["mixer"], row["range"]) == (mixer, low)]
            for low in ("0,1", "-1,1")
        }
        for key, between, twice in (("train_tokens_per_s", 0.0005, 0.0003), ("decode_tokens_per_s", 0.004, 0.003)):
            values = {low: [row[key] for row in found] for low, found in of.items()}
            everything = [value for each in values.values() for value in each]
            assert max(everything) / min(everything) - 1 <= between
            assert all(max(each) / min(each) - 1 <= twice for each in values.values())


def test_what_is_said_of_the_language_model_is_in_the_file():
    rows = read(BENCH / "results" / "language_model.json")["rows"]
    text = page("docs/trained.md")
    lowest = [min(row["validation"], key=lambda each: each[1]) for row in rows]
    assert {step for step, _ in lowest} == {1500}
    ends = [row["validation"][-1][1] for row in rows]
    assert (
        f"{lowest[3][1]:.2f} to {ends[3]:.2f} bits a byte; DeltaNet {lowest[0][1]:.2f} to {ends[0]:.2f} and {ends[1]:.2f}"
        in text
    )
    gains = [
        rows[0][name]["bits_per_byte_to_512"] - rows[1][name]["bits_per_byte_to_512"]
        for name in ("code", "prose", "arithmetic")
    ]
    assert (round(min(gains), 2), round(max(gains), 2)) == (0.01, 0.02)
    assert all(round(lowest[i][1] - lowest[0][1], 2) == more for i, more in ((2, 0.02), (3, 0.05)))
    within = [f"{row['prose']['bits_per_byte_to_512']:.2f}" for row in rows]
    assert f"({within[2]} and {within[3]} against {within[0]} and {within[1]} bits)" in text
    last = {
        name: [f"{np.mean(row[name]['bits_by_position'][24:]):.2f}" for row in rows] for name in ("code", "arithmetic", "prose")
    }
    for name in ("code", "arithmetic"):
        zero, one, two, three = last[name]
        assert f"of {name} {two} and {three}" in text
        assert f"{zero} and {one}" in text
    assert f"({last['prose'][2]} against {last['prose'][0]} and {last['prose'][1]})" in text


@pytest.mark.parametrize("name", ["training_cost", "language_model", "two_gpus"])
def test_without_a_gpu_nothing_is_measured_and_nothing_breaks(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """`make bench` runs every script."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    script(name).main([])
    assert "--rehearse FOLDER runs anywhere" in capsys.readouterr().out


def test_without_a_run_no_heads_are_opened_and_nothing_breaks(capsys: pytest.CaptureFixture[str]):
    script("rotations").main([])
    assert "no run given" in capsys.readouterr().out


def test_the_full_sizes_can_be_built():
    """What no rehearsal meets: the configurations that a GPU is given."""
    configs = [script("language_model").FULL, *script("two_gpus").configs(small=False).values()]
    assert all(isinstance(config, RunConfig) and config.replicas for config in configs)
    module = script("training_cost")
    assert [row["what"] for row, _ in module.jobs(module.Sizes(), module.GRID)].count("trained") >= 10
