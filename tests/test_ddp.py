"""Several processes started by torchrun, on CPUs: one batch between them, one run on the disk, a grid shared out."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import safetensors.torch
import torch

from deltaword.nets.training import RunConfig, load_run, train
from deltaword.nets.training.folder import is_claimed

TASK = ("parity_every", "S_3", "--mixer", "deltanet", "--seed", "0", "--seed", "2", "--heads", "1", "--d-model", "8")
WORDS = ("--batch", "10", "--lengths", "3-6", "--eval-rows", "15", "--eval-length", "9", "--warmup", "5", "--lr", "0.01")
OTHERS = ("--weight-decay", "0.1", "--eval-every", "5", "--device", "cpu", "--no-stop-early")


def torchrun(processes: int, *arguments: str) -> list[str]:
    """The command line that the README gives, but for finding `deltaword` beside this Python."""
    start = [sys.executable, "-P", "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    return [*start, "--no-python", str(Path(sys.executable).with_name("deltaword")), *arguments]


def finished(command: list[str]) -> subprocess.CompletedProcess[str]:
    result = subprocess.run(command, capture_output=True, text=True, timeout=200, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert result.returncode == 0, result.stderr
    return result


def alone(steps: int, out: Path) -> None:
    train(
        RunConfig(
            tasks=("parity_every", "S_3"),
            mixer="deltanet",
            seeds=(0, 2),
            options={"heads": 1},
            d_model=8,
            batch=10,
            lengths=(3, 6),
            eval_rows=15,
            eval_lengths=(9,),
            warmup=5,
            lr=0.01,
            weight_decay=0.1,
            eval_every=5,
            device="cpu",
            stop_early=False,
            steps=steps,
        ),
        out,
    )


def assert_same_run(one: Path, other: Path) -> None:
    """Within what another order of summation explains."""
    a, b = load_run(one), load_run(other)
    assert [line["step"] for line in a.metrics] == [line["step"] for line in b.metrics]
    for mine, theirs in zip(a.metrics, b.metrics, strict=True):
        for name in ("loss", "gradient_norm", "validation_loss"):
            assert mine[name] == pytest.approx(theirs[name], rel=1e-4), (mine["step"], name)
        assert mine["accuracy"] == pytest.approx(theirs["accuracy"], abs=0.03)
    weights = safetensors.torch.load_file(other / "weights.safetensors")
    for name, tensor in safetensors.torch.load_file(one / "weights.safetensors").items():
        torch.testing.assert_close(tensor, weights[name], rtol=1e-3, atol=1e-4)
    for mine, theirs in zip(a.summary["replicas"], b.summary["replicas"], strict=True):
        assert mine["evaluation"][0]["words"] == theirs["evaluation"][0]["words"] == 15


def test_two_processes_killed_and_started_again_are_one_with_the_same_batch(tmp_path: Path):
    command = torchrun(2, "train", *TASK, *WORDS, *OTHERS, "--steps", "60", "--out", str(tmp_path / "two"))
    code = (  # deltaword, with a checkpoint at each validation, and each process's number written down
        "import deltaword.nets.training.trainer as t, deltaword.cli as c, sys, os, pathlib;"
        f"pathlib.Path({str(tmp_path)!r}, 'process' + os.environ['RANK']).write_text(str(os.getpid()));"
        "t.train.__kwdefaults__['save_every'] = 0.0; sys.argv[0] = 'deltaword'; c.main()"
    )
    place = command.index("--no-python")
    eager = [*command[: place + 1], sys.executable, "-P", "-c", code, *command[place + 2 :]]
    launcher = subprocess.Popen(eager, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not (tmp_path / "two" / "checkpoint" / "state.safetensors").exists():
            assert launcher.poll() is None
            time.sleep(0.01)
    finally:
        for name in ("process0", "process1"):
            os.kill(int((tmp_path / name).read_text()), signal.SIGKILL)
        launcher.kill()
        launcher.wait()
    while is_claimed(tmp_path / "two"):
        time.sleep(0.01)
    assert not (tmp_path / "two" / "summary.json").exists()
    finished(command)
    assert load_run(tmp_path / "two").summary["processes"] == 2
    alone(60, tmp_path / "alone")
    assert_same_run(tmp_path / "alone", tmp_path / "two")


def test_a_sweep_under_torchrun_trains_each_run_once(tmp_path: Path):
    (tmp_path / "grid.toml").write_text(
        """
        [defaults]
        tasks = ["parity_every"]
        d_model = 8
        heads = 1
        batch = 8
        lengths = 4
        eval_lengths = 4
        eval_rows = 8
        steps = 30
        eval_every = 10
        device = "cpu"
        [[runs]]
        seeds = 0
        layers = [1, 2, 3, 4]
        """
    )
    result = finished(torchrun(2, "sweep", str(tmp_path / "grid.toml"), "--out", str(tmp_path / "out"), "--json"))
    found = json.loads(result.stdout[result.stdout.index("{") :])
    assert len(found) == 4
    assert {summary["stopped"] for summary in found.values()} == {"all steps done"}
    for name in found:
        assert [line["step"] for line in load_run(tmp_path / "out" / name).metrics] == [10, 20, 30]
