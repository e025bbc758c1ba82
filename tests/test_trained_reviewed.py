"""What a referee found wrong with training, comparison and extraction, each kept from coming back."""

from __future__ import annotations

import fcntl
import importlib
import json
import os
import resource
import shutil
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from typer.testing import CliRunner

from deltaword import cli
from deltaword.automata.errors import BadArgument, CorruptFile, DeltawordError, Diverged, InUse, NotWritable
from deltaword.nets.compare.measure import grouped
from deltaword.nets.extract import extraction
from deltaword.nets.extract.closure import Walk
from deltaword.nets.extract.recurrence import Recurrence
from deltaword.nets.extract.target import target_of
from deltaword.nets.models.mixers import mixer
from deltaword.nets.models.sequence_model import ModelConfig, SequenceModel
from deltaword.nets.tasks import task
from deltaword.nets.tasks.text import Text, corpus
from deltaword.nets.training import RunConfig, read_grid, sweep, train
from deltaword.nets.training import folder as run_folder
from deltaword.nets.training.metrics import Board
from deltaword.nets.training.stack import build
from deltaword.nets.training.words import TEST, TRAINING

closure_file = importlib.import_module("deltaword.nets.extract.closure")  # the package has a function of this name

SMALL = {"tasks": ("parity_every",), "mixer": "deltanet", "options": {"heads": 1, "head_dim": 4}, "d_model": 8, "mlp": 1.0}
SMALL |= {"steps": 6, "batch": 4, "lengths": 4, "eval_every": 2, "eval_rows": 4, "eval_lengths": (4,), "stop_early": False}


def small(**other: Any) -> RunConfig:
    return RunConfig(**{**SMALL, "device": "cpu", **other})


GRID = """
[defaults]
tasks = ["parity_every"]
mixer = "deltanet"
heads = 1
steps = 2
batch = 4
lengths = 4
eval_lengths = [4]
eval_rows = 4
d_model = 8
[[runs]]
name = "first"
[[runs]]
name = "second"
lr = 0.002
"""


@pytest.fixture
def grid(tmp_path: Path) -> Path:
    path = tmp_path / "grid.toml"
    path.write_text(GRID)
    return path


# ---------------------------------------------------------------------- what is held out


def test_what_is_held_out_of_prose_is_in_no_code_that_is_trained_on():
    """Of 138 held-out pieces 130 were: docstrings were split by themselves, and the topics are a module of the library."""
    held_out, trained = (b"".join(corpus(name, part).tobytes().split()) for name, part in (("prose", True), ("code", False)))
    stretches = [held_out[i : i + 60] for i in range(0, len(held_out) - 60, len(held_out) // 200)]
    found = sum(stretch in trained for stretch in stretches)
    assert found <= 0.1 * len(stretches)  # the library repeats itself now and then


def test_networks_trained_on_text_are_validated_and_tested_and_compared_on_what_is_held_out():
    config = small(tasks=("text:arithmetic",), lengths=16, eval_lengths=(16,))
    stack = build(config)
    assert stack.tasks["text:arithmetic"].name == "text:arithmetic"
    assert stack.held_out["text:arithmetic"].name == "text:arithmetic:held_out"
    given = Text(["code"], held_out=True)
    assert build(config, held_out={"text:arithmetic": given}).held_out["text:arithmetic"] is given
    [(compared, _)] = grouped({"run": train(replace(config, steps=1))})
    assert compared.name == "text:arithmetic:held_out"


def test_chance_on_text_is_that_of_the_commonest_byte():
    lines = Text(["arithmetic"])
    _, targets = lines.words(TEST, 0, range(200), 64)
    assert abs(np.bincount(targets.ravel()).max() / targets.size - lines.chance) < 0.02
    assert Text(["arithmetic", "code"]).chance > 0.1


def test_the_words_that_an_extraction_is_judged_by_are_none_of_training(monkeypatch: pytest.MonkeyPatch):
    """They were those of training's first step, and on."""
    judged = []
    judge = extraction.judge

    def watched(network: Any, machine: Any, target: Any, sample: Any, **more: Any) -> Any:
        judged.append(sample)
        return judge(network, machine, target, sample, **more)

    monkeypatch.setattr(extraction, "judge", watched)
    model = SequenceModel(ModelConfig(letters=2, classes=2, d_model=8, options={"heads": 1}))
    extraction.extract(model, task("parity_every"), by="states", walk=32, formats=())
    trained = {tuple(row) for row in task("parity_every").words(TRAINING, 0, range(512), 32)[0].tolist()}
    assert not trained & {tuple(row) for row in judged[0][:, :32].tolist()}


# ---------------------------------------------------------------------- sweeps


def test_a_grid_that_was_changed_is_not_answered_with_the_results_of_the_old_one(grid: Path, tmp_path: Path):
    sweep(grid, tmp_path / "runs", "cpu")
    grid.write_text(GRID.replace("lr = 0.002", "lr = 0.004").replace("steps = 2", "steps = 2\nwarmup = 100"))
    with pytest.raises(BadArgument, match=r"second has another run \(lr 0.002, not 0.004\)"):
        sweep(grid, tmp_path / "runs", "cpu")
    grid.write_text(GRID)
    assert {name: found["steps"] for name, found in sweep(grid, tmp_path / "runs", "cpu").items()} == {"first": 2, "second": 2}


def test_a_default_that_nothing_takes_is_refused(grid: Path):
    """A misspelt `steps` left 2000 in effect."""
    grid.write_text(GRID.replace("steps = 2", "stepz = 2"))
    with pytest.raises(BadArgument, match=r"stepz of \[defaults\]"):
        read_grid(grid)
    grid.write_text(GRID.replace("steps = 2", "n_h = 2"))  # no DeltaProduct among the runs
    with pytest.raises(BadArgument, match="n_h"):
        read_grid(grid)
    grid.write_text(GRID.replace("steps = 2", "n_h = 2") + '[[runs]]\nmixer = "deltaproduct"\n')
    assert read_grid(grid)["deltaproduct"].options == {"heads": 1, "n_h": 2}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('mixer = "deltanet"', "mixer = 5"),
        ("eval_lengths = [4]", 'eval_lengths = ["a", 1]'),
        ("eval_lengths = [4]", "eval_lengths = [[1]]"),
        ("\nlengths = 4", '\nlengths = [1, "a"]'),
        ("steps = 2", "seeds = [[1]]"),
        ("steps = 2", 'stop_early = "no"'),
        ("steps = 2", "mlp = 0.001"),
        ('name = "first"', "name = 5"),
        (GRID.partition("[[runs]]")[0], "defaults = 5\n"),
        ("[defaults]", "runs = [5]\n[defaults]"),
    ],
)
def test_values_of_the_wrong_kind_in_a_grid_are_named_and_no_traceback(grid: Path, old: str, new: str):
    text = GRID.replace(old, new, 1)
    grid.write_text(text.partition("[[runs]]")[0] if "runs = " in new else text)
    found = CliRunner().invoke(cli.app, ["sweep", str(grid), "--list"])
    assert found.exit_code == 2, found
    assert f"{grid}: " in found.output


def test_a_glance_at_a_claim_does_not_take_the_run_from_who_is_about_to_train_it(tmp_path: Path):
    """`sweep --list` locks for a moment what it looks at; who came in that moment left the run out."""

    def glance() -> None:
        held = os.open(tmp_path / "claim", os.O_RDWR | os.O_CREAT)
        fcntl.flock(held, fcntl.LOCK_EX)
        looking.set()
        time.sleep(0.08)
        os.close(held)

    looking = threading.Event()
    thread = threading.Thread(target=glance)
    thread.start()
    looking.wait()
    with run_folder.claimed(tmp_path):
        assert run_folder.is_claimed(tmp_path)
        with pytest.raises(InUse), run_folder.claimed(tmp_path):
            pass
    thread.join()


# ---------------------------------------------------------------------- a run that is there already


def test_to_load_a_finished_run_changes_nothing_in_its_folder(tmp_path: Path):
    """versions.json was written anew: a run of a GPU said that it was of the CPU on which somebody looked at it."""
    train(small(), tmp_path / "run")
    versions = tmp_path / "run" / "versions.json"
    versions.write_text(versions.read_text().replace("CPU", "another machine's CPU"))
    before = {path: path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()}
    train(small(), tmp_path / "run")
    assert {path: path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()} == before


def test_a_run_that_diverged_diverges_whenever_it_is_asked_for(tmp_path: Path):
    """The second time, the command ended with exit code 0."""
    for _ in range(2):
        with pytest.raises(Diverged, match="every network diverged: parity_every"):
            train(small(lr=float("inf"), warmup=0), tmp_path / "run")


def test_a_run_that_a_time_limit_ended_goes_on_when_it_is_given_more(tmp_path: Path):
    """Its checkpoint was kept, and never read."""
    config = small(steps=120, eval_every=4)
    whole = train(config)
    short = train(replace(config, minutes=0.05 / 60), tmp_path / "run")
    assert short.summary["stopped"] == "time limit"
    done = short.summary["steps"]
    again = train(replace(config, minutes=0.05 / 60), tmp_path / "run")
    assert (again.summary["stopped"], again.summary["steps"]) == ("time limit", done)
    shutil.copytree(tmp_path / "run", tmp_path / "copy", ignore=shutil.ignore_patterns("checkpoint"))
    assert train(config, tmp_path / "copy").summary["steps"] == done  # without a checkpoint it is what it is
    more = train(config, tmp_path / "run")
    assert (more.summary["stopped"], more.summary["steps"]) == ("all steps done", 120)
    assert sorted({line["step"] for line in more.metrics} - {done}) == [n for n in range(4, 121, 4) if n != done]
    for name, weights in whole.model.state_dict().items():
        assert torch.equal(weights, more.model.state_dict()[name]), name


class Averaging(nn.Module):
    """A mixer with a buffer that training changes, and in which evaluation believes."""

    seen: torch.Tensor

    def __init__(self, d_model: int):
        super().__init__()
        self.turn = nn.Linear(d_model, d_model)
        self.register_buffer("seen", torch.zeros(d_model))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.training:
            self.seen.lerp_(x.detach().float().mean((0, 1)), 0.1)
        return self.turn(x - self.seen)


def test_what_a_mixer_of_ones_own_keeps_in_buffers_survives_a_kill(tmp_path: Path):
    config = small(mixer=f"{__name__}:Averaging", options={}, steps=8)
    whole = train(config)

    class Killed(Exception):
        pass

    def kill(done: int, line: Any) -> None:
        if done == 5:
            raise Killed

    with pytest.raises(Killed):
        train(config, tmp_path / "run", watch=kill, save_every=0)
    resumed = train(config, tmp_path / "run")
    assert [line["accuracy"] for line in resumed.metrics] == [line["accuracy"] for line in whole.metrics]
    assert [line["validation_loss"] for line in resumed.metrics] == [line["validation_loss"] for line in whole.metrics]
    for name, value in whole.model.state_dict().items():
        assert torch.equal(value, resumed.model.state_dict()[name]), name


def test_curves_of_a_run_killed_before_its_first_checkpoint_are_not_there_twice(tmp_path: Path):
    tensorboard = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    replicas = small().replicas
    for value, steps in ((0.25, range(1, 4)), (0.5, range(1, 3))):
        board = Board(tmp_path, replicas, 0)
        for step in steps:
            board.add({"step": step, "loss": [value]})
        board.close()
        time.sleep(1.1)  # files are told apart, and ordered, by the second
    read = tensorboard.EventAccumulator(str(tmp_path))
    read.Reload()
    found = read.Scalars(f"loss/{replicas[0]}")
    assert [(event.step, event.value) for event in found] == [(1, 0.5), (2, 0.5)]


def test_metrics_that_were_shortened_since_the_checkpoint_are_a_corrupt_file(tmp_path: Path):
    def stop(done: int, line: Any) -> None:
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(small(), tmp_path, watch=stop, save_every=0)
    (tmp_path / "metrics.jsonl").write_bytes((tmp_path / "metrics.jsonl").read_bytes()[:20])
    with pytest.raises(CorruptFile, match=r"metrics\.jsonl was shortened"):
        train(small(), tmp_path)


def test_a_checkpoint_that_cannot_be_written_is_named(tmp_path: Path):
    (tmp_path / "checkpoint").touch()
    with pytest.raises(NotWritable, match="checkpoint"):
        train(small(), tmp_path, save_every=0)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # TensorBoard's thread speaks for itself
def test_a_disk_that_is_full_is_said_in_one_line_and_the_run_goes_on_once_there_is_room(tmp_path: Path):
    pytest.importorskip("tensorboard")
    given = [
        "train",
        "parity_every",
        "--steps",
        "12",
        "--batch",
        "4",
        "--lengths",
        "4",
        "--eval-length",
        "4",
        "--eval-rows",
        "4",
    ]
    given += [
        "--d-model",
        "8",
        "--heads",
        "1",
        "--eval-every",
        "2",
        "--no-stop-early",
        "--device",
        "cpu",
        "--out",
        str(tmp_path),
    ]
    room = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1500, room[1]))
        full = CliRunner().invoke(cli.app, given)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, room)
    assert full.exit_code == 2, full
    assert "NotWritable: cannot write" in full.output
    again = CliRunner().invoke(cli.app, given)
    assert again.exit_code == 0, again.output
    lines = (tmp_path / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [2, 4, 6, 8, 10, 12]


# ---------------------------------------------------------------------- lengths, options


def test_lengths_at_which_a_task_asks_nothing_are_refused_before_anything_is_written(tmp_path: Path):
    """A last evaluation at one letter ended the run with an error after all its steps; four tokens an element learnt from none."""
    assert task("S_3_tokens_4").least_length == 4
    assert (task("S_3").least_length, task("parity").least_length, task("mod_arithmetic").least_length) == (1, 1, 2)
    for wrong in ({"lengths": 1}, {"eval_lengths": (1, 8)}, {"growth": 0.5, "growth_from": 1, "lengths": 8}):
        with pytest.raises(BadArgument, match="asks nothing of words of less than 2 letters"):
            train(small(tasks=("mod_arithmetic",), **{"lengths": 8, "eval_lengths": (8,), **wrong}), tmp_path / "run")
    with pytest.raises(BadArgument, match="less than 4 letters: lengths 3"):
        build(small(tasks=("S_3_tokens_4",), lengths=3))
    train(small(tasks=("mod_arithmetic",), lengths=8, eval_lengths=(8,)), tmp_path / "run")


def test_a_range_that_is_none_is_refused_also_for_mixers_without_ranges():
    for name in ("deltanet", "lstm"):
        with pytest.raises(BadArgument, match="ranges"):
            small(mixer=name, options={}, ranges=("7",))


class Frozen(nn.Module):
    """A mixer of one's own of which a part is not trained."""

    def __init__(self, d_model: int):
        super().__init__()
        self.turn, self.fixed = nn.Linear(d_model, d_model), nn.Parameter(torch.ones(d_model), requires_grad=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.turn(x) * self.fixed


class Complex(nn.Module):
    """One with complex eigenvalues for parameters, as some state-space models have."""

    def __init__(self, d_model: int):
        super().__init__()
        self.turn = nn.Parameter(torch.ones(d_model, dtype=torch.complex64))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x * self.turn).real


def test_frozen_parameters_stay_and_complex_ones_are_refused(tmp_path: Path):
    """The first ended in an error of autograd's; of the second the imaginary parts were silently thrown away."""
    run = train(small(mixer=f"{__name__}:Frozen", options={}), tmp_path)
    assert torch.equal(run.model.state_dict()["blocks.0.mixer.copies.0.fixed"], torch.ones(8))
    assert not torch.equal(run.model.state_dict()["blocks.0.mixer.copies.0.turn.bias"], torch.zeros(8))
    with pytest.raises(BadArgument, match=r"no real numbers are not trained here: .*turn"):
        train(small(mixer=f"{__name__}:Complex", options={}))


@pytest.mark.parametrize("path", [":Foo", "..somewhere:Foo", ".:Foo"])
def test_a_dotted_path_without_a_module_is_refused(path: str):
    with pytest.raises(BadArgument, match="names no module"):
        mixer(path)


# ---------------------------------------------------------------------- float64


@pytest.mark.parametrize("name", ["deltanet", "gated_deltaproduct"])
def test_the_token_by_token_form_is_float64_throughout(name: str):
    """Strengths and gates went through float32, in what says that it is computed in float64."""
    model = SequenceModel(ModelConfig(2, 2, 8, mixer=name, layers=2, options={"heads": 2}))
    form = Recurrence(model)
    given = form.layers[0][1].inputs(torch.randn(1, 1, 3, 8, dtype=torch.float64))
    assert {each.dtype for each in given if each is not None} == {torch.float64}
    x = torch.randn(1, 1, 1, 8, dtype=torch.float64)
    nearby = x + 1e-10
    assert not torch.equal(form.layers[0][1].inputs(x)[3], form.layers[0][1].inputs(nearby)[3])


# ---------------------------------------------------------------------- closure


class Turns(Walk):
    """One state that a letter leads to itself, for as long as `drift` is 0."""

    def __init__(self, drift: float):
        target = target_of(task("parity_every"))
        assert target is not None
        model = SequenceModel(ModelConfig(letters=2, classes=2, d_model=8, options={"heads": 1}))
        super().__init__(Recurrence(model), target, torch.float32)
        self.drift = drift

    def advance(self, states: np.ndarray, letter: int) -> np.ndarray:
        return states + np.float32(self.drift)


def test_a_move_that_comes_out_otherwise_the_second_time_closes_nothing():
    states = [np.zeros(3, dtype=np.float32)]
    moves = {(0, letter): 0 for letter in range(2)}
    assert Turns(0.0).again(states, moves)
    assert not Turns(1e-6).again(states, moves)


def test_the_margin_of_a_search_is_the_least_gap_that_it_met():
    walk = Turns(0.0)
    start = np.concatenate([walk.rounded(walk.form.start())[0], [walk.target.start, 0]]).astype(np.float32)
    gaps = []
    for letter in range(2):
        Walk.advance(walk, start[None], letter)
        logits = walk.form.model(torch.tensor([[[letter]]])).double()[0, 0, 0]
        gaps.append(abs(float(logits[0].detach() - logits[1].detach())))
        assert walk.margin == pytest.approx(min(gaps), rel=1e-5)


def test_a_logit_that_is_no_number_is_the_shortest_failing_word_where_it_comes_first(monkeypatch: pytest.MonkeyPatch):
    """A longer word with a wrong answer was called a shortest one."""
    found = closure_file.explore(*small_exploration())
    found.undecided, found.failing, found.closed = [[0]], [1, 1, 1], False
    monkeypatch.setattr(closure_file, "explore", lambda *given: found)
    walk = Turns(0.0)
    assert closure_file.closure(walk.form.model.float(), walk.target, "float32").failing == (0,)


def small_exploration() -> tuple[Any, ...]:
    target = target_of(task("parity_every"))
    assert target is not None
    machine = closure_file.Machine(target.table, 0, np.array([0, 1]), by_state=False)  # pyright: ignore[reportArgumentType]
    return machine, np.arange(3), np.zeros(1, dtype=np.float32), lambda x, a: x, lambda x: np.zeros(len(x), dtype=np.int64), 4


def test_a_configuration_that_fits_no_model_leaves_no_folder(tmp_path):
    for wrong in ({"tasks": ("nosuch",)}, {"mixer": "nosuch"}, {"options": {"nosuch": 1}}):
        with pytest.raises(DeltawordError):
            train(RunConfig(**{"tasks": ("S_3",), **wrong}), tmp_path / "run", device="cpu")
        assert not (tmp_path / "run").exists()
