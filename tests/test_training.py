"""Training a stack: as each network alone, as a plain loop of torch would, killed and resumed, dying, stopping, on the disk."""

from __future__ import annotations

import io
import json
import math
import multiprocessing
import os
import random
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import safetensors
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.progress import Progress
from torch import nn
from torch.nn import functional as F
from typer.testing import CliRunner

from deltaword import cli
from deltaword.automata.dfa import DFA
from deltaword.automata.errors import BadArgument, CorruptFile, DeltawordError, Diverged, InUse, NotReadable
from deltaword.commands import progress
from deltaword.nets.tasks import AutomatonTask
from deltaword.nets.training import Evaluation, RunConfig, evaluate, load_run, train
from deltaword.nets.training import graphs as graphs_module
from deltaword.nets.training.distributed import Group
from deltaword.nets.training.evaluate import TOKENS
from deltaword.nets.training.folder import claimed
from deltaword.nets.training.graphs import EAGER, Graphs
from deltaword.nets.training.naming import name_of
from deltaword.nets.training.stack import build
from deltaword.nets.training.step import Step
from deltaword.nets.training.sweep import standing
from deltaword.nets.training.words import TEST, TRAINING, fixed_words, length_at, letters_until, training_words

CPU = torch.device("cpu")
SMALL: dict[str, Any] = {
    "options": {"heads": 2, "head_dim": 4, "n_h": 1},
    "d_model": 8,
    "batch": 8,
    "lengths": 6,
    "eval_rows": 16,
    "eval_lengths": (6, 12),
    "device": "cpu",
}


def small(**other: Any) -> RunConfig:
    return RunConfig(**{"tasks": ("S_3",), **SMALL, **other})


# ---------------------------------------------------------------------- one step


def alone_by_torch(config: RunConfig, r: int) -> nn.Module:
    """Replica r of a configuration, trained by itself with torch's own tools; it starts from the stack's weights."""
    stack = build(config)
    replica, which = stack.replicas[r], stack.task_of(r)
    single = build(replace(config, tasks=(replica.task,), ranges=(replica.range or "0,1",), seeds=(replica.seed,)))
    letters, classes = len(which.letters), len(which.classes)
    state = {}
    for name, tensor in stack.model.state_dict().items():
        mine = tensor[r : r + 1]
        if name == "embedding.weight":
            mine = torch.cat([mine[:, :letters], mine[:, -1:]], dim=1)  # the last row is BOS
        state[name] = mine[..., :classes] if name.startswith("head") else mine
    model = single.model
    model.load_state_dict(state)
    named = list(model.named_parameters())
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for _, p in named if p.dim() >= 3], "weight_decay": config.weight_decay},
            {"params": [p for _, p in named if p.dim() < 3], "weight_decay": 0.0},
        ],
        lr=config.lr,
        betas=(0.9, 0.999),
    )

    def factor(t: int) -> float:
        done = min(1.0, max(0.0, (t - config.warmup) / (config.steps - config.warmup)))
        return min(1.0, (t + 1) / config.warmup) * (1e-3 + (1 - 1e-3) * (1 + math.cos(math.pi * done)) / 2)

    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
    rows = range(replica.seed * config.batch, (replica.seed + 1) * config.batch)
    low, high = stack.lengths
    for step in range(config.steps):
        tokens, targets = which.batch(TRAINING, step, rows, high, shortest=None if low == high else low)
        loss = F.cross_entropy(model(tokens[None]).flatten(0, 2), targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), config.clip)
        optimizer.step()
        schedule.step()
    return model


def test_every_network_of_a_stack_becomes_what_a_plain_loop_makes_of_it_alone():
    config = small(
        tasks=("S_3", "parity_every"),
        ranges=("0,1", "-1,1"),
        seeds=(3, 1),
        lengths=(3, 6),
        steps=12,
        lr=0.02,
        warmup=4,
        weight_decay=0.3,
        clip=0.4,
    )
    stack = build(config)
    step = Step(stack, CPU, Group())
    for _ in range(config.steps):
        step()
    state = stack.model.state_dict()
    for r, replica in enumerate(stack.replicas):
        letters, classes = len(stack.task_of(r).letters), len(stack.task_of(r).classes)
        for name, wanted in alone_by_torch(config, r).state_dict().items():
            mine = state[name][r]
            if name == "embedding.weight":
                mine = torch.cat([mine[:letters], mine[-1:]])
            mine = mine[..., :classes] if name.startswith("head") else mine
            torch.testing.assert_close(mine, wanted[0], rtol=2e-3, atol=2e-5, msg=lambda m, n=name, w=replica: f"{w} {n}: {m}")


def test_a_class_that_a_task_has_not_is_never_answered_and_never_learnt():
    stack = build(small(tasks=("S_3", "parity_every")))
    step = Step(stack, CPU, Group())
    for _ in range(3):
        step()
    head = stack.model.head
    assert head.bias is not None
    assert head.weight[1, :, 2:].eq(0).all()
    assert head.bias[1, 2:].eq(-1e9).all()
    tokens, _ = fixed_words(stack, TEST, range(50), 9, CPU)
    assert stack.model(tokens)[1].argmax(-1).max() <= 1


def test_a_replica_sees_the_same_words_in_whatever_company_and_whatever_range():
    many = build(small(tasks=("S_3", "parity_every"), ranges=("0,1", "-1,1"), seeds=(0, 1, 5)))
    tokens, targets = training_words(many, 7, Group(), CPU)
    for r, replica in enumerate(many.replicas):
        one = build(small(tasks=(replica.task,), seeds=(replica.seed,)))
        for mine, theirs in zip(training_words(one, 7, Group(), CPU), (tokens[r], targets[r]), strict=True):
            assert torch.equal(mine[0], theirs)
    assert not torch.equal(tokens[0], tokens[1])


@given(size=st.integers(1, 5), batch=st.integers(1, 23))
@settings(max_examples=30, deadline=None)
def test_the_processes_together_see_the_words_of_one(size: int, batch: int):
    stack = build(small(batch=batch, seeds=(0, 1), lengths=(2, 4)))
    whole = training_words(stack, 3, Group(), CPU)
    parts = [training_words(stack, 3, Group(rank, size), CPU) for rank in range(size)]
    for i in (0, 1):
        assert torch.equal(torch.cat([part[i] for part in parts], dim=1), whole[i])


class Exploding(nn.Module):
    """A mixer of one's own whose output is finite, and whose gradient in one replica is not, from some call on."""

    RANGES = False

    def __init__(self, replicas: int, d_model: int, lowest: torch.Tensor, which: int = 0, from_call: int = 1):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(replicas, d_model))
        self.which, self.from_call, self.calls = which, from_call, 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.calls += self.training
        if self.training and self.calls >= self.from_call:
            before, bad, after = x.split([self.which, 1, len(x) - self.which - 1])
            x = torch.cat([before, bad + (bad * 0).sqrt(), after])  # √ at 0 has an infinite derivative, and 0 times that is NaN
        return x * self.scale[:, None, None]


OWN = f"{__name__}:Exploding"


def test_a_network_with_a_bad_gradient_is_taken_out_and_its_neighbours_do_not_notice():
    config = small(mixer=OWN, seeds=(0, 1, 2), options={"which": 1, "from_call": 3}, steps=6, eval_every=6, mlp=0)
    run = train(config)
    healthy = train(replace(config, options={"which": 1, "from_call": 100}))
    died = [row["diverged"] for row in run.summary["replicas"]]
    assert died[0] is None
    assert died[2] is None
    assert died[1] == {"step": 3, "cause": "the gradient of blocks.0.mixer_norm.weight is not finite"}
    assert run.summary["replicas"][1]["evaluation"] == []
    assert run.metrics[-1]["accuracy"][1] is None
    for name, tensor in run.model.state_dict().items():
        assert tensor.isfinite().all(), name
        assert torch.equal(tensor[0], healthy.model.state_dict()[name][0])
        assert torch.equal(tensor[2], healthy.model.state_dict()[name][2])


def test_a_loss_that_is_no_number_is_the_cause_that_is_written_down():
    stack = build(small(seeds=(0, 1)))
    step = Step(stack, CPU, Group())
    step()
    with torch.no_grad():
        stack.model.head.weight[1] = math.nan
    step()
    assert step.counters.died_at.tolist() == [0, 2]
    assert step.cause_of(int(step.counters.cause[1])) == "the loss is not finite"


def test_a_run_of_which_nothing_is_left_stops_and_says_when_and_why(tmp_path: Path):
    config = small(mixer=OWN, options={"from_call": 4}, steps=50, eval_every=5, mlp=0)
    with pytest.raises(Diverged, match=r"S_3 seed 0 at step 4 \(the gradient of blocks.0.mixer_norm.weight is not finite\)"):
        train(config, tmp_path / "run")
    run = load_run(tmp_path / "run")
    assert run.summary["stopped"] == "every network diverged"
    assert run.summary["steps"] == 5


# ---------------------------------------------------------------------- graphs, without a GPU: what is replayed, and from what


def graphs_that_capture(monkeypatch: pytest.MonkeyPatch, step: Step, refuse: int = 0) -> Graphs:
    """Graphs whose captures are the work itself; the first `refuse` of them fail."""
    left = [refuse]

    def captured(work: Any) -> Any:
        if left[0]:
            left[0] -= 1
            raise RuntimeError("operation not permitted when stream is capturing\nand more")
        return SimpleNamespace(replay=work)

    monkeypatch.setattr(graphs_module, "captured", captured)
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: None)
    graphs = Graphs(step)
    graphs.works = True
    return graphs


@pytest.mark.parametrize(("refuse", "notes", "replayed"), [(0, 0, 5), (1, 1, 5), (2, 2, 0)])
def test_steps_from_a_graph_are_the_steps(monkeypatch: pytest.MonkeyPatch, refuse: int, notes: int, replayed: int):
    config = small()
    plain, graphed = (Step(build(config), CPU, Group()) for _ in range(2))
    graphs = graphs_that_capture(monkeypatch, graphed, refuse)
    for _ in range(EAGER + 5):
        plain()
        graphs()
    assert torch.equal(plain.flat.values, graphed.flat.values)
    assert (len(graphs.notes), graphs.replayed) == (notes, replayed)
    assert all("\n" not in note and "not permitted" in note for note in graphs.notes)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize(("name", "notes"), [("S_3", 0), ("mod_arithmetic_brackets", 1)])
def test_on_a_gpu_steps_from_a_graph_are_the_steps(name: str, notes: int):
    device = torch.device("cuda", torch.cuda.current_device())
    config = small(
        tasks=(name,), lengths=(5, 9), precision="fp32", ranges=("0,1", "-1,1"), options={"heads": 1, "head_dim": 16}
    )
    with torch.cuda.stream(torch.cuda.Stream(device)):
        plain, graphed = (Step(build(config), device, Group()) for _ in range(2))
        graphs = Graphs(graphed)
        for _ in range(EAGER + 9):
            plain()
            graphs()
        torch.cuda.synchronize()
    assert (len(graphs.notes), graphs.replayed) == (notes, 9), graphs.notes
    assert int(graphed.counters.step) == EAGER + 9
    torch.testing.assert_close(graphed.flat.values, plain.flat.values, rtol=1e-3, atol=1e-5)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_on_a_gpu_s_3_is_learnt_in_bfloat16_and_an_interrupted_run_goes_on(tmp_path: Path):
    config = RunConfig(
        tasks=("S_3",), options={"n_h": 2, "heads": 4, "head_dim": 16}, d_model=64, steps=1500, lengths=(4, 32), lr=3e-3
    )

    def interrupt(done: int, line: dict[str, Any] | None) -> None:
        if done == 250:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(config, tmp_path, "cuda", watch=interrupt, save_every=0.0)
    run = train(config, tmp_path, "cuda")
    assert run.summary["precision"] == "bf16"
    assert run.summary["notes"] == []
    assert [line["step"] for line in run.metrics][:3] == [100, 200, 300]
    assert run.summary["replicas"][0]["best"]["accuracy"] > 0.99


def test_growing_words_have_a_graph_for_each_length(monkeypatch: pytest.MonkeyPatch):
    config = small()
    plain, graphed = (Step(build(config), CPU, Group()) for _ in range(2))
    graphs = graphs_that_capture(monkeypatch, graphed)
    for length in [2] * (EAGER + 2) + [4] * (EAGER + 3):
        plain.length = graphed.length = length
        assert plain.words()[0].shape[-1] == length
        plain()
        graphs()
    assert torch.equal(plain.flat.values, graphed.flat.values)
    assert (set(graphs.graphs), graphs.replayed) == ({2, 4}, 5)


def test_words_grow_over_the_given_part_of_the_steps():
    config = small(steps=20, growth=0.5, growth_from=2, lengths=8, eval_every=5)
    assert [length_at(step, config, 8) for step in range(20)] == [2] * 5 + [4] * 5 + [8] * 10
    assert {length_at(step, replace(config, growth=0.0), 8) for step in range(20)} == {8}
    assert [length_at(step, config, 7) for step in (0, 9, 10)] == [2, 4, 7]
    seen = []
    run = train(config, device="cpu", watch=lambda done, line: seen.append(line))
    assert run.summary["replicas"][0]["evaluation"]
    assert [line["step"] for line in seen if line] == [5, 10, 15, 20]
    with pytest.raises(BadArgument, match="growth"):
        small(growth=1.5)


@given(steps=st.integers(1, 60), growth=st.floats(0, 1), first=st.integers(1, 9), longest=st.integers(1, 40))
@settings(max_examples=60, deadline=None)
def test_letters_are_counted_as_words_grow(steps: int, growth: float, first: int, longest: int):
    config = small(steps=steps, growth=growth, growth_from=first)
    found = letters_until(config, longest)
    assert found == [sum(length_at(step, config, longest) for step in range(n)) for n in range(steps + 1)]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("lengths", [64, None])  # None: what the tasks say, 128
def test_the_time_to_go_is_right_where_words_grow(monkeypatch: pytest.MonkeyPatch, lengths: int | None):
    """A fifth of the steps at a quarter of the length promised an end four times too soon."""
    bars: list[Any] = []

    class Timed(Progress):
        def __init__(self, *columns: Any, **options: Any):
            super().__init__(*columns, **options, get_time=lambda: clock)
            bars.append(self)

    monkeypatch.setattr(progress, "Progress", Timed)
    monkeypatch.setattr(sys, "stderr", Terminal())
    config, clock = small(steps=200, growth=0.8, growth_from=4, lengths=lengths), 0.0
    seconds = [0.01 * length_at(step, config, lengths or 128) for step in range(200)]
    with progress.bar("training", config) as watch:
        watch(0, None)
        for done in range(1, 101):
            clock += seconds[done - 1]
            watch(done, None)
        assert bars[0].tasks[0].time_remaining == pytest.approx(sum(seconds[100:]), rel=0.1)
        assert bars[0].tasks[0].fields["steps"] == "100/200"


# ---------------------------------------------------------------------- evaluation


def test_an_evaluation_counts_what_a_loop_over_words_counts(monkeypatch: pytest.MonkeyPatch):
    stack = build(small(tasks=("parity", "S_3"), seeds=(0, 1)))
    found = evaluate(stack, 7, 21)
    monkeypatch.setitem(TOKENS, "cpu", 60)  # in many pieces
    again = evaluate(stack, 7, 21)
    tokens, targets = fixed_words(stack, TEST, range(21), 7, CPU)
    logits = stack.model(tokens).detach()
    for r in range(4):
        hits, asked, perfect = [0] * 7, [0] * 7, 0
        loss = 0.0
        for word in range(21):
            good = True
            for t in range(7):
                wanted = int(targets[r, word, t])
                if wanted >= 0:
                    right = int(logits[r, word, t].argmax()) == wanted
                    asked[t], hits[t], good = asked[t] + 1, hits[t] + right, good and right
                    loss -= float(logits[r, word, t].log_softmax(-1)[wanted])
            perfect += good
        for one in (found, again):
            assert one.hits[r].tolist() == hits
            assert one.asked[r].tolist() == asked
            assert one.word_accuracy()[r] == pytest.approx(perfect / 21)
            assert one.accuracy()[r] == pytest.approx(sum(hits) / sum(asked))
            assert one.mean_loss()[r] == pytest.approx(loss / sum(asked), rel=1e-5)
    assert found.asked[0].tolist() == [0] * 6 + [21]  # parity is asked at the end


def test_bins_and_scales_are_what_they_say():
    one = torch.tensor([[4, 3, 0, 1]])
    asked = torch.tensor([[4, 4, 0, 2]])
    found = Evaluation(one, asked, one.double(), torch.tensor([4]), torch.tensor([1]), torch.tensor([0.5]))
    assert found.bins(found.hits, 2) == [[7 / 8, 1 / 2]]
    assert found.bins(found.hits, 4) == [[1.0, 0.75, None, 0.5]]
    assert found.scaled() == [pytest.approx((0.8 - 0.5) / 0.5)]


# ---------------------------------------------------------------------- learning


def test_s_3_is_learnt_with_two_steps_a_token_in_the_wide_range_and_not_in_the_narrow_one():
    config = RunConfig(
        tasks=("S_3",),
        ranges=("0,1", "-1,1"),
        seeds=(0, 1),
        options={"n_h": 2, "heads": 2, "head_dim": 8},
        d_model=32,
        mlp=0,
        steps=300,
        batch=64,
        lengths=(2, 8),
        lr=2e-2,
        warmup=30,
        eval_lengths=(8, 24),
        device="cpu",
    )
    run = train(config)
    narrow, wide = run.summary["replicas"][:2], run.summary["replicas"][2:]
    assert [row["range"] for row in narrow + wide] == ["0,1"] * 2 + ["-1,1"] * 2
    assert min(row["best"]["accuracy"] for row in wide) > 0.9  # chance is 1/6
    assert all(row["reached"] for row in wide)
    assert max(row["best"]["accuracy"] for row in narrow) < 0.6
    assert run.summary["stopped"] == "all steps done"
    assert min(row["evaluation"][1]["accuracy"] for row in wide) > max(row["evaluation"][1]["accuracy"] for row in narrow) + 0.3


def test_a_run_ends_when_everyone_is_there_or_the_time_is_up():
    last = AutomatonTask("last", DFA([[0, 1], [0, 1]], 0, [1], "01"))  # the state is the last letter
    easy = small(tasks=("last",), steps=400, lr=0.02, warmup=5, eval_every=10)
    run = train(easy, tasks={"last": last})
    assert run.summary["stopped"] == "every network at the threshold"
    assert run.summary["steps"] < 400
    assert run.summary["replicas"][0]["reached"] == {"step": run.summary["steps"], "seconds": run.metrics[-1]["seconds"]}
    late = train(replace(easy, stop_early=False, steps=40), tasks={"last": last})
    assert (late.summary["stopped"], late.summary["steps"]) == ("all steps done", 40)
    limited = train(small(steps=10**6, eval_every=10**6, minutes=0.5 / 60))
    assert limited.summary["stopped"] == "time limit"
    assert 0.4 < limited.summary["seconds"] < 5


# ---------------------------------------------------------------------- on the disk


def same_but_for_time(one: Any, other: Any) -> bool:
    """Two summaries or lines of metrics, without what measures time."""
    if isinstance(one, dict):
        timed = {key for key in one if "second" in key}
        return set(one) == set(other) and all(same_but_for_time(one[key], other[key]) for key in set(one) - timed)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same_but_for_time, one, other))
    return one == other


def bytes_of_weights(folder: Path) -> bytes:
    return (folder / "weights.safetensors").read_bytes()


KILLED = small(tasks=("S_3", "parity_every"), ranges=("0,1", "-1,1"), steps=120, eval_every=4, warmup=10, lr=0.01)


def train_in_silence(folder: Path) -> None:
    train(KILLED, folder, save_every=0.0)


def test_a_run_killed_at_any_moment_and_started_again_ends_as_if_it_had_not_been(tmp_path: Path):
    whole = train(KILLED, tmp_path / "whole", save_every=1e9)
    draw, kills, wait = random.Random(0), 0, 0.1
    while not (tmp_path / "killed" / "summary.json").exists():
        process = multiprocessing.get_context("fork").Process(target=train_in_silence, args=(tmp_path / "killed",))
        process.start()
        process.join(draw.uniform(0.3, 1) * wait)
        if process.exitcode is None:
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)
            process.join()
            kills += 1
        else:
            assert process.exitcode == 0
        wait *= 1.15  # so that it ends on a slow machine, too
    assert kills >= 3
    killed = load_run(tmp_path / "killed")
    assert [line["step"] for line in killed.metrics] == list(range(4, 121, 4))
    assert same_but_for_time(killed.metrics, whole.metrics)
    assert same_but_for_time(killed.summary, whole.summary)
    assert bytes_of_weights(tmp_path / "killed") == bytes_of_weights(tmp_path / "whole")
    assert sorted(path.name for path in (tmp_path / "killed").iterdir()) == [
        *("claim", "config.json", "metrics.jsonl", "summary.json", "tensorboard", "versions.json", "weights.safetensors")
    ]


def test_a_killed_command_goes_on_when_it_is_given_again_and_only_the_same_one(tmp_path: Path):
    given = ["train", "parity_every", "--heads", "1", "--d-model", "8", "--lengths", "4", "--batch", "8", "--eval-every", "20"]
    given += ["--eval-rows", "8", "--eval-length", "4", "--no-stop-early", "--device", "cpu", "--out", str(tmp_path / "run")]
    command = [sys.executable, "-P", "-m", "deltaword", *given, "--steps", "1000"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    metrics = tmp_path / "run" / "metrics.jsonl"
    while not metrics.exists() or metrics.read_bytes().count(b"\n") < 3:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    with pytest.raises(NotReadable, match="not finished"):
        load_run(tmp_path / "run")
    other = CliRunner().invoke(cli.app, [*given, "--steps", "999"])
    assert other.exit_code == 2
    assert "has another run (steps 1000, not 999)" in other.output
    same = CliRunner().invoke(cli.app, [*given, "--steps", "1000"])
    assert same.exit_code == 0, same.output
    assert [line["step"] for line in load_run(tmp_path / "run").metrics] == list(range(20, 1001, 20))


def test_a_run_read_back_is_the_run(tmp_path: Path):
    run = train(small(steps=5, ranges=("0,1", "-1,1")), tmp_path / "run")
    back = load_run(tmp_path / "run")
    tokens, _ = fixed_words(run.stack, TEST, range(5), 9, CPU)
    assert torch.equal(run.model(tokens), back.model(tokens))
    assert back.config.to_json() == run.config.to_json()
    assert (back.metrics, back.summary, back.replicas) == (run.metrics, run.summary, run.replicas)
    assert back.replicas[1] == {"task": "S_3", "range": "-1,1", "seed": 0}
    again = train(small(steps=5, ranges=("0,1", "-1,1"), minutes=3.0), tmp_path / "run")  # finished: loaded
    assert again.summary == run.summary
    with pytest.raises(BadArgument, match="has another run"):
        train(small(steps=6, ranges=("0,1", "-1,1")), tmp_path / "run")
    versions = json.loads((tmp_path / "run" / "versions.json").read_text())
    assert versions["torch"] == torch.__version__


def test_one_process_at_a_time_writes_a_run(tmp_path: Path):
    with claimed(tmp_path / "run"), pytest.raises(InUse, match="another process"):
        train(small(steps=1), tmp_path / "run")
    train(small(steps=1), tmp_path / "run")


@pytest.mark.parametrize("name", ["config.json", "metrics.jsonl", "summary.json", "weights.safetensors"])
def test_a_damaged_run_is_refused_by_name(tmp_path: Path, name: str):
    train(small(steps=1), tmp_path)
    data = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(b"{" + data[: len(data) // 2] + b"\n")
    with pytest.raises(CorruptFile):
        load_run(tmp_path)


@pytest.mark.parametrize("summary", ["3", '{"stopped": 3}'])
def test_a_summary_that_was_altered_is_named_by_every_command(tmp_path: Path, summary: str):
    """It ended in a KeyError."""
    train(small(steps=1), tmp_path / "run")
    (tmp_path / "run" / "summary.json").write_text(summary)
    with pytest.raises(CorruptFile, match=r"summary\.json does not say how a run ended"):
        train(small(steps=1), tmp_path / "run")
    with pytest.raises(CorruptFile, match=r"summary\.json"):
        load_run(tmp_path / "run")
    with pytest.raises(CorruptFile, match=r"summary\.json"):
        standing(tmp_path / "run")


def spoilt(folder: Path, how: str) -> str:
    """Damage a run that a time limit ended; what should be said of it."""
    state = folder / "checkpoint" / "state.safetensors"
    if how == "shortened":
        state.write_bytes(state.read_bytes()[:1000])
        return "is not a whole checkpoint"
    if how == "metrics":
        line = (folder / "metrics.jsonl").read_bytes()
        (folder / "metrics.jsonl").write_bytes(b"x" + line[1:])
        return "was shortened or altered"
    with safetensors.safe_open(state, "pt") as file:
        tensors, beside = {name: file.get_tensor(name) for name in file.keys()}, file.metadata()  # noqa: SIM118
    tensors["weights"] = tensors["weights"][1:]
    if how == "without":
        del tensors["weights"]
    state.write_bytes(safetensors.torch.save(tensors, beside))
    return "is no checkpoint of this run"


@pytest.mark.parametrize("how", ["shortened", "other shapes", "without", "metrics"])
def test_a_damaged_checkpoint_is_named_and_takes_nothing_with_it(tmp_path: Path, how: str):
    """Some ended in a traceback; and what the time limit had left, its summary, was gone."""
    config = small(steps=10**6, eval_every=5)
    before = train(replace(config, minutes=0.1 / 60), tmp_path / "run")
    said = spoilt(tmp_path / "run", how)
    with pytest.raises(CorruptFile, match=said):
        train(replace(config, minutes=1), tmp_path / "run")
    if how != "metrics":
        assert load_run(tmp_path / "run").summary == before.summary


def test_tensorboard_can_read_the_curves_and_is_not_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run = train(small(steps=6, eval_every=2, seeds=(0, 1)), tmp_path / "with")
    events = EventAccumulator(str(tmp_path / "with" / "tensorboard")).Reload()
    wanted = {"rate": [line["rate"] for line in run.metrics]}
    for name in ("loss", "validation_loss", "accuracy", "word_accuracy", "gradient_norm"):
        wanted |= {f"{name}/S_3 [-1,1] seed {seed}": [line[name][seed] for line in run.metrics] for seed in (0, 1)}
    assert set(events.Tags()["scalars"]) == set(wanted)
    for name, values in wanted.items():
        read = events.Scalars(name)
        assert [each.step for each in read] == [2, 4, 6]
        assert [each.value for each in read] == pytest.approx(values)
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    without = train(small(steps=2), tmp_path / "without")
    assert any("TensorBoard" in note for note in without.summary["notes"])


def test_weights_on_disk_have_a_leading_axis_of_replicas_and_need_nothing_of_ours(tmp_path: Path):
    train(small(steps=1, seeds=(0, 1, 2)), tmp_path)
    weights = safetensors.torch.load_file(tmp_path / "weights.safetensors")
    assert weights["head.weight"].shape == (3, 8, 6)
    assert {tensor.shape[0] for tensor in weights.values()} == {3}


# ---------------------------------------------------------------------- configurations


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"tasks": ()}, "tasks are"),
        ({"seeds": (1, 1)}, "none twice"),
        ({"seeds": (-1,)}, "seeds"),
        ({"steps": 0}, "steps is 0"),
        ({"batch": 1.5}, "batch is 1.5"),
        ({"lengths": (9, 3)}, "the least and the largest"),
        ({"lengths": (1, 2, 3)}, "the least and the largest"),
        ({"eval_lengths": (0,)}, "eval_lengths"),
        ({"lr": 0.0}, "lr is 0.0"),
        ({"lr": "fast"}, "lr is 'fast'"),
        ({"threshold": 1.5}, "threshold"),
        ({"precision": "fp8"}, "precision"),
        ({"minutes": 0}, "minutes"),
    ],
)
def test_a_configuration_that_cannot_be_is_refused(wrong: dict[str, Any], words: str):
    with pytest.raises(BadArgument, match=words):
        small(**wrong)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"ranges": ("-2,2",)}, "ranges"),
        ({"options": {"hedas": 2}}, "takes no hedas; it takes conv, head_dim, heads, n_h"),
        ({"mixer": "deltanett"}, "there is no mixer 'deltanett'; deltanet"),
        ({"tasks": ("S_3", "parity_every"), "lengths": None}, "different lengths"),
        ({"tasks": ("S_33_",)}, "no task 'S_33_'"),
        ({"d_model": 2, "options": {"heads": 4}}, "4 heads of 0"),
    ],
)
def test_a_configuration_that_fits_no_model_is_refused(wrong: dict[str, Any], words: str):
    with pytest.raises(DeltawordError, match=words):
        build(small(**wrong))


@pytest.mark.parametrize("device", ["cuda:99", "gpu", "meta"])
def test_a_device_that_is_not_there_is_refused(device: str):
    with pytest.raises(BadArgument, match="there is no device"):
        train(small(device=device))


def test_a_batch_too_small_for_its_processes_is_refused():
    with pytest.raises(BadArgument, match="8 words for 9 processes"):
        train(small(), group=Group(0, 9))


@given(
    seeds=st.lists(st.integers(0, 2**31 - 1), min_size=1, max_size=4, unique=True),
    ranges=st.sampled_from([("0,1",), ("-1,1", "0,1")]),
    lengths=st.none() | st.tuples(st.integers(1, 5), st.integers(5, 9)),
    minutes=st.none() | st.floats(0.1, 10),
)
@settings(max_examples=30, deadline=None)
def test_a_configuration_goes_through_json(seeds: list[int], ranges: Any, lengths: Any, minutes: float | None):
    config = small(seeds=tuple(seeds), ranges=ranges, lengths=lengths, minutes=minutes)
    back = RunConfig.from_json(json.loads(json.dumps(config.to_json())))
    assert back == config
    assert back.same_run(replace(config, minutes=1.0, device="cuda:3"))
    assert not back.same_run(replace(config, lr=0.5))


def test_a_mixer_without_ranges_has_one_replica_a_task_and_seed():
    config = small(mixer=OWN, options={}, ranges=("0,1", "-1,1"), seeds=(4, 5))
    assert [str(each) for each in config.replicas] == ["S_3 seed 4", "S_3 seed 5"]


class Shift(nn.Module):
    """A mixer of one's own, without a word on ranges."""

    def __init__(self, d_model: int):
        super().__init__()
        self.turn = nn.Linear(d_model, d_model)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.turn(F.pad(x, (0, 0, 1, 0))[:, :-1])


@pytest.mark.parametrize("ranges", [("0,1",), ("0,1", "-1,1")])
def test_ranges_of_a_mixer_that_says_nothing_of_them_are_refused(ranges: tuple[str, ...], tmp_path: Path):
    """Two ranges made one network, and nobody said so."""
    config = small(mixer=f"{__name__}:Shift", options={}, ranges=ranges, steps=1)
    with pytest.raises(BadArgument, match=r"0,1.* asked for.*Leave them out.*RANGES = True.*Shift\(replicas, d_model, lowest"):
        train(config, tmp_path / "run")
    assert not (tmp_path / "run").exists()
    assert len(train(replace(config, ranges=("-1,1",))).replicas) == 1


def test_ranges_of_a_mixer_that_has_none_are_left_out_and_it_is_said():
    run = train(small(mixer="lstm", options={}, ranges=("0,1", "-1,1"), steps=1))
    assert run.replicas == [{"task": "S_3", "range": None, "seed": 0}]
    assert run.summary["notes"] == [
        "lstm has no range of eigenvalues: one network a task and seed, whatever ranges are asked for"
    ]
    assert train(small(mixer="lstm", options={}, steps=1)).summary["notes"] == []


# ---------------------------------------------------------------------- what folders are called


configurations = st.builds(
    RunConfig,
    tasks=st.sampled_from([("S_3",), ("S_3", "D_4"), ("language:tomita_5",)]),
    ranges=st.sampled_from([("-1,1",), ("0,1",), ("0,1", "-1,1")]),
    seeds=st.sampled_from([(0,), (1,), (0, 1), tuple(range(30))]),
    mixer=st.sampled_from(["deltanet", "deltaproduct", "mine:Shift", "theirs:Shift"]),
    options=st.dictionaries(st.sampled_from(["n_h", "heads", "kind"]), st.sampled_from([1, 2, "a b", "a-b", "a/b"])),
    layers=st.integers(1, 2),
    lengths=st.none() | st.sampled_from([(8, 8), (2, 8)]),
    lr=st.sampled_from([1e-3, 2e-3]),
    mlp=st.sampled_from([2.0, 1.0, 1]),
    minutes=st.none() | st.just(5.0),
    device=st.none() | st.just("cpu"),
)


@given(configurations, configurations)
@settings(max_examples=100, deadline=None)
def test_two_runs_share_a_name_only_if_they_are_the_same(one: RunConfig, other: RunConfig):
    assert (name_of(one) == name_of(other)) == one.same_run(other)
    for config in (one, other):
        assert name_of(replace(config, minutes=1.0, device="cuda:1")) == name_of(config)
        assert re.fullmatch(r"[A-Za-z0-9_.,+=-]{1,60}", name_of(config))
        assert name_of(RunConfig.from_json(json.loads(json.dumps(config.to_json())))) == name_of(config)
