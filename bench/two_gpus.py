"""Two GPUs under torchrun against one, the same global batch: the first steps weight by weight, the end within what seeds differ by.

    python bench/two_gpus.py                      writes bench/results/two_gpus.json; its exit code is 1 where they do not match
    python bench/two_gpus.py --rehearse FOLDER    two processes on a CPU (gloo), a small task; runs and file go to FOLDER

Run         S_3, DeltaProduct n_h = 2, both ranges, eight seeds: 256 words of 128 letters a step for two processes together, or one.
Start       20 steps in float32 from the same weights.  apart: ‖w₂ − w₁‖ / ‖w₁ − w₀‖, w₀ the weights before, w₁ after on one process,
            w₂ on two, of the worst network.  Only the order of sums differs, so it is small: at most 0.02, AdamW's first steps being
            nearly signs of gradients.  Other words make it 1 or so.
End         600 steps in bfloat16.  Rounding has grown to another trajectory by then, so each measure may differ between one and two
            processes, seed by seed, by what it differs between seeds on one process (largest less smallest), or by 0.01.  Three
            seeds were too few to say what seeds differ by: all of their words were right, and three words in 256 were a mismatch.
Sharper     that bound is wide where one seed learns S_3, another not.  So, without bounds of their own: which seeds learnt it (99
            of 100 answers right at the training length), the same measures of those that learnt it on both, and whether two processes
            are better or worse throughout: mean, that of two less one; p, the share of the 2^n exchanges of one and two, seed by seed,
            that make it as large (all eight seeds one way: 0.008).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch
from record import record

from deltaword.nets.training import Run, RunConfig, load_run, train
from deltaword.nets.training.distributed import joined, local_device
from deltaword.nets.training.stack import build

CLOSE, LEAST, LEARNT = 0.02, 0.01, 0.99
END = RunConfig(
    tasks=("S_3",), ranges=("0,1", "-1,1"), seeds=tuple(range(8)), options={"n_h": 2, "heads": 4, "head_dim": 32}, steps=600, batch=256,
    lengths=(128, 128), growth=0.6, lr=2e-3, eval_every=100, eval_rows=256, eval_lengths=(128, 256), stop_early=False,
)  # fmt: skip
START = replace(END, steps=20, growth=0.0, eval_every=20, precision="fp32")
SMALLER = {"d_model": 16, "options": {"n_h": 2, "heads": 1, "head_dim": 8}, "batch": 16, "lengths": (6, 6), "growth": 0.0}
SMALLER |= {"seeds": (0, 1, 2), "eval_rows": 32, "eval_lengths": (6, 12), "lr": 1e-2}
Row = dict[str, Any]


def configs(small: bool) -> dict[str, RunConfig]:
    if not small:
        return {"start": START, "end": END}
    return {"start": replace(START, **SMALLER), "end": replace(END, **SMALLER, steps=60, eval_every=20)}


def work(folder: Path, small: bool) -> None:
    """What each process does, started alone or by torchrun."""
    device = local_device("cpu" if small else None)
    with joined(device) as group:
        for name, config in configs(small).items():
            train(config, folder / name, device, group=group)


def started(processes: int, folder: Path, small: bool) -> None:
    """Both runs with so many processes. Raises CalledProcessError."""
    launcher = [sys.executable, "-P", "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    command = [*(launcher if processes > 1 else [sys.executable]), __file__, "--work", str(folder)]
    subprocess.run(
        [*command, *(["--rehearse", str(folder)] if small else [])], check=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )


def start_row(one: Run, two: Run) -> Row:
    before = build(one.config).model.state_dict()
    worst = 0.0
    for r in range(len(one.replicas)):
        moved, apart = (
            torch.stack(
                [(a[r].double() - b[r].double()).square().sum() for a, b in zip(x.values(), y.values(), strict=True)]
            ).sum()
            for x, y in ((weights(one), before), (weights(two), weights(one)))
        )
        worst = max(worst, float((apart / moved).sqrt()))
    return {"what": "start", "steps": one.config.steps, "precision": one.summary["precision"], "apart": worst, "allowed": CLOSE,
            "within": worst <= CLOSE}  # fmt: skip


def weights(run: Run) -> dict[str, torch.Tensor]:
    return run.model.state_dict()


def measures(run: Run, replica: int) -> dict[str, float]:
    """Of one network at the end; NaN never, for a network that diverged is no match."""
    row, last = run.summary["replicas"][replica], run.metrics[-1]
    found = {name: last[name][replica] for name in ("loss", "validation_loss")}
    for each in row["evaluation"]:
        found |= {f"accuracy_at_{each['length']}": each["accuracy"], f"words_right_at_{each['length']}": each["word_accuracy"]}
    return found


def end_rows(one: Run, two: Run) -> list[Row]:
    rows: list[Row] = []
    for range_ in one.config.ranges:
        mine = [r for r, replica in enumerate(one.replicas) if replica["range"] == range_]
        alone, both = ([measures(run, r) for r in mine] for run in (one, two))
        for name in alone[0]:
            a, b = [each[name] for each in alone], [each.get(name, float("nan")) for each in both]
            noise, apart = max(a) - min(a), max(abs(x - y) for x, y in zip(a, b, strict=True))
            row = {"what": "end", "range": range_, "measure": name, "one": rounded(a), "two": rounded(b)}
            row |= {"apart": round(apart, 5), "seeds_apart": round(noise, 5), "allowed": round(max(noise, LEAST), 5)}
            rows.append(row | {"within": apart <= max(noise, LEAST)})
    return rows


def rounded(values: list[float]) -> list[float]:
    return [round(value, 5) for value in values]


def sharper(rows: list[Row]) -> list[Row]:
    """What the rows of the end say besides: which seeds learnt it, and the differences between one and two with their direction."""
    found: list[Row] = []
    for range_ in dict.fromkeys(row["range"] for row in rows):
        mine = [row for row in rows if row["range"] == range_]
        at_training_length = next(row for row in mine if row["measure"].startswith("accuracy_at_"))
        learnt = {
            name: [seed for seed, value in enumerate(at_training_length[name]) if value >= LEARNT] for name in ("one", "two")
        }
        both = [seed for seed in learnt["one"] if seed in learnt["two"]]
        found.append({"what": "learnt", "range": range_, **learnt, "both": both})
        everyone = [*range(len(at_training_length["one"]))]
        for name, seeds in {"all seeds": everyone, "learnt on both": both}.items():
            if len(seeds) > 1 and not (name != "all seeds" and seeds == everyone):
                found += [direction_row(row, name, seeds) for row in mine]
    return found


def direction_row(row: Row, name: str, seeds: list[int]) -> Row:
    one, two = (np.array(row[which])[seeds] for which in ("one", "two"))
    ways = np.array(list(product((1, -1), repeat=len(seeds))))
    mean = float((two - one).mean())
    p = float((abs(ways @ (two - one)) / len(seeds) >= abs(mean) - 1e-12).mean())
    shown = {"what": name, "range": row["range"], "measure": row["measure"], "apart": round(float(abs(two - one).max()), 5)}
    shown |= {f"{which}_seeds_apart": round(float(np.ptp(values)), 5) for which, values in (("one", one), ("two", two))}
    return shown | {"mean": round(mean, 5), "p": round(p, 4)}


def speed_row(one: Run, two: Run) -> Row:
    a, b = (run.summary["letters_per_second"] for run in (one, two))
    replayed = [run.summary["steps_replayed"] for run in (one, two)]
    return {"what": "speed", "one": a, "two": b, "times": round(b / a, 3), "steps_from_graphs": replayed}


def compared(folder: Path) -> list[Row]:
    """The rows of what `started` left in folder/one and folder/two."""
    runs = {(count, name): load_run(folder / count / name) for count in ("one", "two") for name in ("start", "end")}
    processes = [runs[count, "end"].summary["processes"] for count in ("one", "two")]
    assert processes == [1, 2], processes
    end = end_rows(runs["one", "end"], runs["two", "end"])
    rows = [start_row(runs["one", "start"], runs["two", "start"]), *end, *sharper(end)]
    return [*rows, speed_row(runs["one", "end"], runs["two", "end"])]


def main(arguments: list[str] | None = None) -> None:
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument("--rehearse", type=Path, help="small, on a CPU; runs and results to this folder")
    parse.add_argument("--work", type=Path, help="one of the processes, which this script starts itself")
    given = parse.parse_args(arguments)
    small = given.rehearse is not None
    if given.work:
        return work(given.work, small)
    if not small and torch.cuda.device_count() < 2:
        print("fewer than two CUDA devices here; --rehearse FOLDER runs anywhere")
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.rehearse.resolve() if small else Path(temporary)
        for processes, name in ((1, "one"), (2, "two")):
            started(processes, folder / name, small)
        rows = compared(folder)
    for row in rows:
        print(*(f"{key}={value}" for key, value in row.items()))
    place = str(folder / "two_gpus") if small else "two_gpus"
    device = "cpu" if small else f"2 × {torch.cuda.get_device_name()}"
    print(record(place, rows, seed=END.seeds[0], libraries=("triton",), device=device))
    if not all(row.get("within", True) for row in rows):
        sys.exit("one process and two do not match")


if __name__ == "__main__":
    main()
