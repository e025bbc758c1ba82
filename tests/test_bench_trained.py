"""The scripts of bench/ that need a GPU, rehearsed on the CPU: small runs, the files that they leave, and what they refuse."""

from __future__ import annotations

import copy
import importlib
import json
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from deltaword.nets.training import RunConfig, sweep, train

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
    assert all(row["within"] for row in rows if row["what"] != "speed")
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


@pytest.mark.parametrize("name", ["training_cost", "language_model", "two_gpus"])
def test_without_a_gpu_nothing_is_measured_and_nothing_breaks(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """`make bench` runs every script."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    script(name).main([])
    assert "--rehearse FOLDER runs anywhere" in capsys.readouterr().out


def test_the_full_sizes_can_be_built():
    """What no rehearsal meets: the configurations that a GPU is given."""
    configs = [script("language_model").FULL, *script("two_gpus").configs(small=False).values()]
    assert all(isinstance(config, RunConfig) and config.replicas for config in configs)
    module = script("training_cost")
    assert [row["what"] for row, _ in module.jobs(module.Sizes(), module.GRID)].count("trained") >= 10
