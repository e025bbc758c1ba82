"""A byte-level language model of 9 million parameters: what the eigenvalue range and n_h change on code, prose and arithmetic.

    python bench/language_model.py --steps 4000      all of it (`--only 2`: one of the shapes); writes bench/results/language_model.json

Text        what every Python brings along (deltaword/nets/tasks/text.py): no download, one file in sixteen held out.
Models      six layers of 384 with a short convolution: DeltaNet in [0, 1] and in [−1, 1] (one stack), DeltaProduct n_h = 2 and 3 in
            [−1, 1].  Equal parameters: heads of 64 are traded for steps, 6, 4 and 3 of them (Siems et al. 2502.10297).
Training    windows of 512 bytes, the same for all; evaluated on 4096, loss by position.  One seed: differences of a few thousandths of
            a nat between rows are within what another seed would change.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import replace
from typing import Any

import torch
from record import RESULTS, record

from deltaword.nets.tasks.text import CORPORA, Text
from deltaword.nets.training import RunConfig, evaluate, train

SEED, TRAINED, LONGEST = 0, 512, 4096
SHAPES = [
    ("deltanet", 6, {}, ("0,1", "-1,1")),
    ("deltaproduct", 4, {"n_h": 2}, ("-1,1",)),
    ("deltaproduct", 3, {"n_h": 3}, ("-1,1",)),
]
BITS = 1 / math.log(2)


def rows_of(shape: int, steps: int, batch: int, minutes: float | None) -> list[dict[str, Any]]:
    mixer, heads, more, ranges = SHAPES[shape]
    mixture = "text:" + "+".join(CORPORA)
    config = RunConfig(
        tasks=(mixture,), ranges=ranges, seeds=(SEED,), mixer=mixer, options={"heads": heads, "head_dim": 64, "conv": 4, **more},
        d_model=384, layers=6, mlp=2.0, steps=steps, batch=batch, lengths=(TRAINED, TRAINED), lr=1e-3, warmup=200, weight_decay=0.1,
        eval_every=500, eval_rows=64, eval_lengths=(TRAINED,), stop_early=False, minutes=minutes,
    )  # fmt: skip
    run = train(config, held_out={mixture: Text(held_out=True)})
    found = {}
    for name in CORPORA:
        stack = replace(run.stack, held_out={mixture: Text([name], held_out=True)})
        found[name] = evaluate(stack, LONGEST, 64, precision=run.summary["precision"])
    rows = []
    for r, replica in enumerate(run.stack.replicas):
        row = {"mixer": mixer, "range": replica.range, "n_h": more.get("n_h", 1), "heads": heads}
        row |= {
            "parameters": run.summary["parameters"],
            "steps": run.summary["steps"],
            "batch": batch,
            "stopped": run.summary["stopped"],
        }
        row |= {"bytes_per_second": run.summary["letters_per_second"], "seconds": run.summary["seconds_learning"]}
        for name, evaluation in found.items():
            within = evaluation.loss[r, :TRAINED].sum() / evaluation.asked[r, :TRAINED].sum()
            row[name] = {
                "bits_per_byte_to_512": round(float(within) * BITS, 4),
                "bits_per_byte": round(evaluation.mean_loss()[r] * BITS, 4),
                "bits_by_position": [round((x or 0) * BITS, 4) for x in evaluation.bins(evaluation.loss, 32)[r]],
            }
        row["validation"] = [[line["step"], round(line["validation_loss"][r] * BITS, 4)] for line in run.metrics]
        rows.append(row)
    return rows


def main() -> None:
    parse = argparse.ArgumentParser()
    parse.add_argument("--only", type=int, help="one of the shapes, from 0")
    parse.add_argument("--steps", type=int, default=4000)
    parse.add_argument("--batch", type=int, default=64)
    parse.add_argument("--minutes", type=float)
    given = parse.parse_args()
    rows: list[dict[str, Any]] = []
    for shape in range(len(SHAPES)) if given.only is None else [given.only]:
        rows += rows_of(shape, given.steps, given.batch, given.minutes)
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
    name = "language_model" if given.only is None else f"language_model_{given.only}"
    print(record(name, rows, seed=SEED, libraries=("triton",), device=device), RESULTS)


if __name__ == "__main__":
    main()
