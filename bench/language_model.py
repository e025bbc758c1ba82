"""A byte-level language model of 9 million parameters: what the eigenvalue range and n_h change on code, prose and arithmetic.

    python bench/language_model.py                     writes bench/results/language_model.json and .svg, anew after every shape
    python bench/language_model.py --shape 1 2         these of SHAPES; what the file has of others stays if device and versions are the
                                                       same.  Several such calls may run at a time.
    python bench/language_model.py --minutes 1.2       a shape; what is reached then is what is written
    python bench/language_model.py --rehearse FOLDER   a few steps of small networks, on a CPU too; the file goes to FOLDER

Text        what every Python brings along (deltaword/nets/tasks/text.py): no download, one file in sixteen held out.
Models      six layers of 384 with a short convolution: DeltaNet in [0, 1] and in [−1, 1] (one stack), DeltaProduct n_h = 2 and 3 in
            [−1, 1].  Equal parameters: heads of 64 are traded for steps, 6, 4 and 3 of them (Siems et al. 2502.10297).
Training    windows of 512 bytes, the same for all; evaluated on 4096, loss by position.  One seed: differences of a few thousandths of
            a nat between rows may well be within what another seed would change.
Figure      bits a byte by position, after the last step.  `validation` has those within 512 on the way there: where they rise, what is
            trained on is being learnt by heart.
"""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import torch
from parts import record_part
from record import record

from deltaword.automata.files import write_bytes
from deltaword.nets.plots.style import LOOK, SCALE, Picture, drawn, legend_below, strokes
from deltaword.nets.tasks.text import CORPORA, Text
from deltaword.nets.training import RunConfig, evaluate, train

SEED, TRAINED, LONGEST = 0, 512, 4096
SHAPES = [
    ("deltanet", 6, {}, ("0,1", "-1,1")),
    ("deltaproduct", 4, {"n_h": 2}, ("-1,1",)),
    ("deltaproduct", 3, {"n_h": 3}, ("-1,1",)),
]
LABELS = [{"mixer": mixer, "n_h": more.get("n_h", 1), "range": low} for mixer, _, more, ranges in SHAPES for low in ranges]
NAMES = {"deltanet": "DeltaNet", "deltaproduct": "DeltaProduct"}
BITS = 1 / math.log(2)
FULL = RunConfig(
    tasks=("text:" + "+".join(CORPORA),), seeds=(SEED,), d_model=384, layers=6, mlp=2.0, steps=4000, batch=64, lr=1e-3,
    lengths=(TRAINED, TRAINED), warmup=200, weight_decay=0.1, eval_every=500, eval_rows=64, eval_lengths=(TRAINED,),
    stop_early=False,
)  # fmt: skip
SMALL = replace(FULL, d_model=48, layers=1, steps=3, batch=2, eval_every=2, eval_rows=2)


def rows_of(shape: int, given: RunConfig) -> list[dict[str, Any]]:
    mixer, heads, more, ranges = SHAPES[shape]
    options = {"heads": heads, "head_dim": given.d_model // 6, "conv": 4, **more}
    config = replace(given, mixer=mixer, options=options, ranges=ranges)
    run = train(config, held_out={config.tasks[0]: Text([*CORPORA], held_out=True)})
    found = {}
    for name in CORPORA:
        stack = replace(run.stack, held_out={config.tasks[0]: Text([name], held_out=True)})
        found[name] = evaluate(stack, LONGEST, config.eval_rows, precision=run.summary["precision"])
    rows = []
    for r, replica in enumerate(run.stack.replicas):
        row = {"mixer": mixer, "range": replica.range, "n_h": more.get("n_h", 1), "heads": heads}
        row |= {
            "parameters": run.summary["parameters"],
            "steps": run.summary["steps"],
            "batch": config.batch,
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


def picture_of(rows: list[dict[str, Any]], device: str) -> Picture:
    """A column a corpus, a line a model: bits a byte of held-out windows by position; below, the same less those of the first
    model, since some places of a text are harder than others for all of them."""
    names = [NAMES[row["mixer"]] + (f", $n_h$ {row['n_h']}" if row["n_h"] > 1 else "") + shown(row["range"]) for row in rows]
    with matplotlib.rc_context(LOOK):
        picture, axes = drawn(5.6, 2, len(CORPORA), sharex=True)
        for column, corpus in enumerate(CORPORA):
            bits = np.array([row[corpus]["bits_by_position"] for row in rows])
            places = (np.arange(bits.shape[1]) + 0.5) * LONGEST / bits.shape[1]
            for axis, values in zip(axes[:, column], (bits, bits - bits[0]), strict=True):
                for name, line, look in zip(names, values, strokes(names).values(), strict=True):
                    axis.plot(places, line, **look | {"marker": None}, lw=1.4, label=name)
                axis.axvline(TRAINED, color=SCALE, lw=0.9, ls=":")
                axis.set(xlim=(0, LONGEST), xticks=[TRAINED, LONGEST // 2, LONGEST])
            axes[0, column].set_title(corpus, pad=8)
            axes[1, column].set_xlabel("position (byte)")
        axes[0, 0].set_ylabel("bits a byte")
        axes[1, 0].set_ylabel(f"less {names[0]}")
        legend_below(picture, axes[0, 0], columns=len(rows))
        steps = " and ".join(f"{steps:,}" for steps in sorted({row["steps"] for row in rows}))
        title = f"Held-out text by position, trained on windows of {TRAINED} bytes (dotted): one seed, after {steps} steps; {device}"
        picture.suptitle(title)
    return picture


def shown(range_: str) -> str:
    return f" [{range_.replace(',', ', ').replace('-', '−')}]"


def main(arguments: list[str] | None = None) -> None:
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument("--rehearse", type=Path, help="a few steps of small networks, results to this folder")
    parse.add_argument("--shape", nargs="+", type=int, choices=range(len(SHAPES)), default=[*range(len(SHAPES))])
    parse.add_argument("--steps", type=int)
    parse.add_argument("--batch", type=int)
    parse.add_argument("--minutes", type=float)
    given = parse.parse_args(arguments)
    if not torch.cuda.is_available() and not given.rehearse:
        print("no CUDA device here; --rehearse FOLDER runs anywhere")
        return
    chosen = {name: value for name in ("steps", "batch", "minutes") if (value := getattr(given, name)) is not None}
    config = replace(SMALL if given.rehearse else FULL, **chosen)
    place = str(given.rehearse.resolve() / "language_model") if given.rehearse else "language_model"
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
    for held_out in (False, True):
        Text([*CORPORA], held_out=held_out).bytes_of()  # read here: no part of the seconds of the first shape
    rows: list[dict[str, Any]] = []
    options: dict[str, Any] = {"seed": SEED, "libraries": ("triton",), "device": device}
    part = set(given.shape) < {*range(len(SHAPES))}
    for shape in given.shape:
        rows += rows_of(shape, config)
        print({key: rows[-1][key] for key in ("mixer", "n_h", "parameters", "steps", "stopped", "seconds")}, flush=True)
        path = record_part(place, rows, LABELS, **options) if part else record(place, rows, **options)
        every = json.loads(path.read_text("utf-8"))["rows"]
        write_bytes(path.with_suffix(".svg"), picture_of(every, device).svg())
    print(path)


if __name__ == "__main__":
    main()
