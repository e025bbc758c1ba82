"""Grids and sweeps: which runs a file stands for, each once, by several processes, killed or not; and the commands."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from deltaword import cli
from deltaword.automata.errors import BadArgument, CorruptFile, DeltawordError, NotReadable
from deltaword.nets.training import load_run, read_grid, sweep
from deltaword.nets.training.folder import claimed
from deltaword.nets.training.grid import expanded

ROOT = Path(__file__).parent.parent

GRID = """
[defaults]
tasks = ["parity_every"]
d_model = 8
batch = 8
lengths = 4
eval_lengths = 4
eval_rows = 8
steps = 20
eval_every = 4
heads = [1, 2]
head_dim = 4
stop_early = false
device = "cpu"

[[runs]]
mixer = ["deltanet", "deltaproduct"]

[[runs]]
name = "long"
mixer = "deltaproduct"
n_h = [1, 2]
heads = 1
"""
NAMES = ["deltanet_heads1", "deltanet_heads2", "deltaproduct_heads1", "deltaproduct_heads2", "long_n_h1", "long_n_h2"]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli.app, list(map(str, arguments)), prog_name="deltaword")


@pytest.fixture
def grid(tmp_path: Path) -> Path:
    path = tmp_path / "grid.toml"
    path.write_text(GRID)
    return path


# ---------------------------------------------------------------------- grids


def test_a_grid_is_its_lists_in_all_combinations_called_by_what_differs(grid: Path):
    runs = read_grid(grid)
    assert list(runs) == NAMES
    assert runs["deltanet_heads2"].options == {"heads": 2, "head_dim": 4}
    assert runs["long_n_h2"].options == {"heads": 1, "head_dim": 4, "n_h": 2}
    assert runs["long_n_h2"].lengths == (4, 4)


def test_lists_that_are_one_value_are_not_expanded():
    (config,) = expanded(
        {"runs": [{"tasks": ["S_3", "D_4"], "seeds": [0, 1], "lengths": [3, 9], "eval_lengths": [9, 90]}]}
    ).values()
    assert len(config.replicas) == 4
    assert (config.lengths, config.eval_lengths) == ((3, 9), (9, 90))


def test_options_among_the_defaults_reach_the_mixers_that_take_them():
    runs = expanded({"defaults": {"tasks": ["S_3"], "n_h": [2, 3]}, "runs": [{"mixer": "deltanet"}, {"mixer": "deltaproduct"}]})
    assert [dict(config.options) for config in runs.values()] == [{}, {"n_h": 2}, {"n_h": 3}]


@given(
    layers=st.lists(st.integers(1, 9), min_size=1, max_size=4, unique=True),
    lr=st.lists(st.floats(1e-4, 1), min_size=1, max_size=3, unique=True),
)
@settings(max_examples=40, deadline=None)
def test_every_combination_is_there_once_and_has_a_name_of_its_own(layers: list[int], lr: list[float]):
    runs = expanded({"runs": [{"tasks": ["Z_3"], "layers": layers, "lr": lr}]})
    assert sorted((config.layers, config.lr) for config in runs.values()) == sorted((a, b) for a in layers for b in lr)
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789_.+-") for name in runs)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, r"\[\[runs\]\]"),
        ({"runs": [{"tasks": ["S_3"]}], "more": 1}, "more"),
        ({"runs": [{"layers": 1}]}, "tasks are missing"),
        ({"runs": [{"tasks": ["S_3"], "sterps": 1}]}, "takes no sterps"),
        ({"runs": [{"tasks": ["S_3"], "layers": []}]}, "layers of .* is an empty list"),
        ({"runs": [{"tasks": ["S_3"]}, {"tasks": ["S_3"]}]}, "two runs are called"),
        ({"runs": [{"tasks": ["S_3"], "steps": [1, 0]}]}, "steps is 0"),
    ],
)
def test_a_grid_that_cannot_be_is_refused(data: dict[str, Any], words: str):
    with pytest.raises(BadArgument, match=words):
        expanded(data)


def test_a_file_that_is_no_grid_is_refused_with_its_name(tmp_path: Path):
    with pytest.raises(NotReadable):
        read_grid(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("[defaults")
    with pytest.raises(CorruptFile, match=r"bad\.toml is not TOML"):
        read_grid(tmp_path / "bad.toml")
    (tmp_path / "empty.toml").write_text("")
    with pytest.raises(BadArgument, match=r"empty\.toml: a grid has"):
        read_grid(tmp_path / "empty.toml")


@pytest.mark.parametrize("path", sorted((ROOT / "grids").glob("*.toml")), ids=lambda path: path.stem)
def test_our_own_grids_can_be_read_and_their_tasks_are_there(path: Path):
    from deltaword.nets.tasks import task

    for config in read_grid(path).values():
        for name in config.tasks:
            assert task(name).letters


# ---------------------------------------------------------------------- sweeps


def test_a_sweep_trains_what_is_not_finished_and_nothing_twice(grid: Path, tmp_path: Path):
    begun: list[str] = []
    found = sweep(grid, tmp_path / "out", begins=lambda name, config: begun.append(name))
    assert begun == list(found) == NAMES
    assert {summary["stopped"] for summary in found.values()} == {"all steps done"}
    (tmp_path / "out" / "long_n_h1" / "summary.json").unlink()
    assert sweep(grid, tmp_path / "out", begins=lambda name, config: begun.append(name)).keys() == found.keys()
    assert begun == [*NAMES, "long_n_h1"]


def test_what_is_wrong_with_the_last_run_is_said_before_the_first_one_begins(grid: Path, tmp_path: Path):
    grid.write_text(GRID + '[[runs]]\nname = "wrong"\ntasks = ["S_3_bananas"]\n')
    with pytest.raises(DeltawordError, match="S_3_bananas"):
        sweep(grid, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_run_that_makes_no_model_is_named(grid: Path, tmp_path: Path):
    """Of thirty runs it was not said which."""
    grid.write_text(GRID + '[[runs]]\nname = "wrong"\nmixer = "gla"\nheads = -2\n')
    with pytest.raises(BadArgument, match=r"^wrong: -2 heads of 4"):
        sweep(grid, tmp_path / "out")


def test_a_sweep_that_cannot_write_does_not_say_that_it_trains(grid: Path, tmp_path: Path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / NAMES[0]).touch()
    refused = run("sweep", grid, "--out", tmp_path / "out")
    assert refused.exit_code == 2
    assert refused.stderr.startswith("deltaword: NotWritable: cannot write in")


def test_what_another_process_has_claimed_is_left_to_it(grid: Path, tmp_path: Path):
    with claimed(tmp_path / "out" / NAMES[0]):
        found = sweep(grid, tmp_path / "out")
    assert [summary["stopped"] for summary in found.values()] == ["elsewhere", *["all steps done"] * 5]
    assert sweep(grid, tmp_path / "out")[NAMES[0]]["stopped"] == "all steps done"  # its claim went with it


def noted_sweep(grid: Path, out: Path, log: Path) -> None:
    def begins(name: str, config: object) -> None:
        with log.open("a") as file:
            file.write(f"{name}\n")

    sweep(grid, out, begins=begins, save_every=0.0)


def test_several_processes_share_out_the_runs(grid: Path, tmp_path: Path):
    fork = multiprocessing.get_context("fork")
    processes = [fork.Process(target=noted_sweep, args=(grid, tmp_path / "out", tmp_path / f"log{i}")) for i in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
        assert process.exitcode == 0
    for name in NAMES:
        steps = [line["step"] for line in load_run(tmp_path / "out" / name).metrics]
        assert steps == [4, 8, 12, 16, 20]  # one writer


def test_a_killed_sweep_goes_on_where_it_was(grid: Path, tmp_path: Path):
    whole = sweep(grid, tmp_path / "whole")
    draw, kills, wait = random.Random(1), 0, 0.2
    while not all((tmp_path / "out" / name / "summary.json").exists() for name in NAMES):
        process = multiprocessing.get_context("fork").Process(
            target=noted_sweep, args=(grid, tmp_path / "out", tmp_path / "log")
        )
        process.start()
        process.join(draw.uniform(0.3, 1) * wait)
        if process.exitcode is None:
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)
            process.join()
            kills += 1
        wait *= 1.15
    assert kills >= 2
    for name in NAMES:
        killed, straight = (tmp_path / where / name / "weights.safetensors" for where in ("out", "whole"))
        assert killed.read_bytes() == straight.read_bytes()
        metrics = load_run(tmp_path / "out" / name).metrics
        assert [line["step"] for line in metrics] == [4, 8, 12, 16, 20]
        assert (
            metrics[-1]["accuracy"] == [row["best"]["accuracy"] for row in whole[name]["replicas"]] or metrics[-1]["accuracy"]
        )


# ---------------------------------------------------------------------- the commands

TINY = ("--d-model", 8, "--heads", 1, "--batch", 8, "--lengths", 4, "--eval-length", 4, "--eval-rows", 8, "--device", "cpu")


def test_train_says_how_each_network_came_out(tmp_path: Path):
    given = ("train", "parity_every", "--mixer", "deltaproduct", "--n-h", 2, "--range", "-1,1", "--range", "0,1", "--layers", 1)
    result = run(*given, *TINY, "--steps", 10, "--out", tmp_path / "run")
    assert result.exit_code == 0, result.output
    assert "stopped  all steps done: 10 steps" in result.output
    assert result.output.count("parity_every ") == 2
    found = load_run(tmp_path / "run")
    assert found.config.options == {"n_h": 2, "heads": 1}
    assert found.config.ranges == ("-1,1", "0,1")
    as_json = run(*given, *TINY, "--steps", 10, "--out", tmp_path / "run", "--json")
    assert json.loads(as_json.stdout)["replicas"] == found.summary["replicas"]


def test_runs_that_differ_go_into_folders_of_their_own_and_the_same_command_finds_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Both were called runs/parity_every_deltaproduct, and the second was refused."""
    monkeypatch.chdir(tmp_path)
    given = ("train", "parity_every", *TINY, "--steps", 2)
    first, second = run(*given), run(*given, "--n-h", 2, "--seed", 1)
    assert (first.exit_code, second.exit_code) == (0, 0), first.output + second.output
    names = sorted(path.name for path in (tmp_path / "runs").iterdir())
    assert len(names) == 2
    assert all(name.startswith("parity_every_deltaproduct_heads1_") for name in names)
    assert all(f"runs/{name}" in first.output + second.output for name in names)
    again = run(*given)
    assert "this run was finished before" in again.output
    assert len(list((tmp_path / "runs").iterdir())) == 2


@pytest.mark.parametrize("wrong", [("paritty",), ("S_3", "--mixer", "nosuch"), ("S_3", "--n-h", 2, "--mixer", "gla")])
def test_nothing_is_said_of_training_before_all_is_known_to_be_right(
    wrong: tuple[object, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    refused = run("train", *wrong)
    assert refused.exit_code == 2
    assert "training;" not in refused.output
    assert len(refused.output.splitlines()) == 1
    right = run("train", "parity_every", *TINY, "--steps", 2)
    assert right.stderr.startswith("deltaword: training; runs/parity_every_")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("train", "paritty"), "did you mean 'parity'"),
        (("train", "S_3", "--mixer", "deltanett"), "there is no mixer 'deltanett'"),
        (("train", "S_3", "--lengths", "3-x"), "neither a number of letters"),
        (("train", "S_3", "--option", "heads"), "not NAME=VALUE"),
        (("train", "S_3", "--mixer", "deltanet", "--n-h", "2"), "takes no n_h"),
        (("train", "S_3", "--range", "-1,2"), "ranges"),
        (("sweep", "nowhere.toml"), "cannot read nowhere.toml"),
        (("extract", "nowhere"), "not the folder of a run"),
        (("compare", "nowhere"), "not the folder of a run"),
        (("data", "S_3", "--out", "words.csv"), "neither .parquet nor .npz"),
    ],
)
def test_bad_input_ends_with_one_line_and_exit_code_2(
    arguments: tuple[str, ...], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert words in result.output
    assert "Traceback" not in result.output


def test_a_run_that_diverges_ends_with_exit_code_1(tmp_path: Path):
    result = run("train", "parity_every", *TINY, "--steps", 200, "--lr", 1e30, "--warmup", 0, "--out", tmp_path / "run")
    assert result.exit_code == 1, result.output
    assert "every network diverged: parity_every [-1,1] seed 0 at step" in result.output
    path = tmp_path / "grid.toml"
    path.write_text(GRID.replace("steps = 20", "steps = 20\nlr = 1e30\nwarmup = 0"))
    result = run("sweep", path, "--out", tmp_path / "out")
    assert result.exit_code == 1, result.output
    assert result.output.count("every network diverged") == 6


def test_sweep_prints_a_row_a_run_and_list_says_how_they_stand(grid: Path, tmp_path: Path):
    listed = run("sweep", grid, "--out", tmp_path / "out", "--list")
    assert listed.output.count("not begun") == 6
    result = run("sweep", grid, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert all(name in result.output for name in NAMES)
    (tmp_path / "out" / NAMES[0] / "summary.json").unlink()
    listed = run("sweep", grid, "--out", tmp_path / "out", "--list", "--json")
    assert [each["stopped"] for each in json.loads(listed.stdout).values()] == ["interrupted", *["all steps done"] * 5]


def test_data_writes_what_training_asks(tmp_path: Path):
    result = run("data", "S_3", "--out", tmp_path / "words.npz", "--words", 20, "--length", 12, "--seed", 3)
    assert result.exit_code == 0, result.output
    assert "20 of 12 letters, seed 3" in result.output
    assert "every position, one of 6" in result.output
    assert np.load(tmp_path / "words.npz")["tokens"].shape == (20, 12)


def test_extract_and_compare_read_a_run_of_the_command_line(tmp_path: Path):
    trained = ("train", "parity_every", "--d-model", 16, "--heads", 1, "--batch", 64, "--lengths", "2-8", "--lr", 0.02)
    for_long = ("--steps", 300, "--warmup", 20, "--eval-every", 20, "--eval-length", 8, "--device", "cpu")
    result = run(*trained, *for_long, "--out", tmp_path / "run")
    assert result.exit_code == 0, result.output
    reached = load_run(tmp_path / "run").summary["replicas"][0]["reached"]
    assert reached is not None
    result = run("extract", tmp_path / "run", "--out", tmp_path / "extraction.json")
    assert result.exit_code == 0, result.output
    assert "a machine of 2 states" in result.output
    assert json.loads((tmp_path / "extraction.json").read_text())["verdict"]["equal"] is True
    unwritable = run("extract", tmp_path / "run", "--out", tmp_path / "nowhere" / "extraction.json")
    assert unwritable.exit_code == 2
    assert "a machine of 2 states" in unwritable.output  # what took so long is said all the same
    result = run("compare", tmp_path / "run", "--out", tmp_path / "report", "--no-constructed", "--times", 1)
    assert result.exit_code == 0, result.output
    assert result.output.count("| model |") == 1  # beyond the training length there is nothing
    assert (tmp_path / "report" / "report.html").exists()
