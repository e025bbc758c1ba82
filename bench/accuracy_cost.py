"""Accuracy against tokens a second over n_h: what the groups' networks learnt, beside what a token costs the very same ones.

    python bench/accuracy_cost.py      joins bench/results/trained/groups.json with bench/results/training_cost.json, and writes
                                       bench/results/accuracy_cost.json and .svg;  --trained, --cost, --out for other files

Accuracy    of bench/trained_results.py: in the last sixteenth of sampled words, at the training length and at 4 times it.
Speed       of bench/training_cost.py: forward, backward and AdamW of one network alone, and decoding.
The same    a run is joined with the row of its name; where mixer, options, layers, width, MLP, range or number of parameters differ, or
            a run has no row, nothing is written.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullLocator
from record import RESULTS, record

from deltaword.nets.plots.style import COLOURS, LOOK, MARKERS, OUTSIDE_LOWER, SCALE, Picture, drawn

Row = dict[str, Any]
SHAPE = ("mixer", "layers", "d_model", "mlp", "parameters")
FURTHER = 4  # times the training length, as in Siems et al. 2502.10297: trained on 128 letters, tested on 512


class DoNotMatch(Exception):
    """The two files do not speak of the same networks."""


def read(path: Path, made_by: str) -> dict[str, Any]:
    if not path.exists():
        raise DoNotMatch(f"{path.name} is not there: {made_by}")
    return json.loads(path.read_text("utf-8"))


def joined(trained: Mapping[str, Any], cost: Mapping[str, Any]) -> list[Row]:
    """A row a run and task: accuracy a seed, and speed. Raises DoNotMatch."""
    speeds = {row["run"]: row for row in cost["rows"] if row["what"] == "trained"}
    rows: list[Row] = []
    for name, run in trained["runs"].items():
        if name not in speeds:
            raise DoNotMatch(f"{name} was trained, but not timed; python bench/training_cost.py times the runs of the grid")
        speed = speeds[name]
        if "failed" in speed:
            raise DoNotMatch(f"{name} was not timed: {speed['failed']}")
        shape = {key: run[key] for key in SHAPE} | run["options"] | {"range": run["replicas"][0]["range"]}
        if differs := [f"{key} {value!r}, timed {speed.get(key)!r}" for key, value in shape.items() if speed.get(key) != value]:
            raise DoNotMatch(f"{name} was trained with {'; '.join(differs)}")
        for task in dict.fromkeys(each["task"] for each in run["replicas"]):
            seeds = [each for each in run["replicas"] if each["task"] == task]
            row: Row = {"run": name, "task": task, "mixer": run["mixer"], "n_h": run["options"].get("n_h", 1)}
            row |= {"layers": run["layers"], "parameters": run["parameters"], "steps": run["steps_done"], "batch": run["batch"]}
            row |= {"seeds": [each["seed"] for each in seeds]}
            for length in (run["lengths"][-1], FURTHER * run["lengths"][-1]):
                row[f"accuracy_at_{length}"] = [each["accuracy"].get(str(length)) for each in seeds]
            keys = ("B", "T", "train_tokens_per_s", "decode_tokens_per_s")
            rows.append(row | {key: speed[key] for key in keys})
    return rows


def picture_of(rows: list[Row], device: str) -> Picture:
    """A panel a task: a point a seed at the speed of its network, a colour and a mark a length of words, a line through the best seeds
    over n_h, which is written above.  Networks of more layers are hollow, and on no line."""
    lengths = sorted({int(key.rpartition("_")[2]) for row in rows for key in row if key.startswith("accuracy_at_")})
    tasks = list(dict.fromkeys(row["task"] for row in rows))
    with matplotlib.rc_context(LOOK):
        picture, axes = drawn(4.2, 1, len(tasks), sharey=True)
        for axis, task in zip(axes[0], tasks, strict=True):
            mine = [row for row in rows if row["task"] == task]
            for length, colour, mark in zip(lengths, COLOURS, MARKERS, strict=False):
                curve(axis, mine, f"accuracy_at_{length}", colour, mark)
            for row in mine:
                named(axis, row)
            axis.set(ylim=(-0.04, 1.22), yticks=np.linspace(0, 1, 6), xlabel="million tokens a second")
            axis.set_title(task, pad=8)
            speeds_on(axis, [row["train_tokens_per_s"] / 1e6 for row in mine])
        axes[0, 0].set_ylabel("accuracy in the last sixteenth")
        names = [
            Line2D([], [], color=colour, marker=mark, lw=1.6, label=f"words of {length} letters")
            for length, colour, mark in zip(lengths, COLOURS, MARKERS, strict=False)
        ]
        if any(row["layers"] > 1 for row in rows):
            names.append(Line2D([], [], color=SCALE, marker="o", mfc="white", lw=0, label="more layers (L) of n_h = 1"))
        picture.legend(handles=names, loc=OUTSIDE_LOWER, ncols=len(names))
        picture.suptitle(f"Accuracy against the speed of training over n_h: one network, best seed on the line; {device}")
    return picture


def curve(axis: Axes, rows: list[Row], key: str, colour: str, mark: str) -> None:
    """One task at one length."""
    points = []
    for row in rows:
        values = [value for value in row.get(key, ()) if value is not None]
        if not values:
            continue
        speed, best, fill = row["train_tokens_per_s"] / 1e6, max(values), "white" if row["layers"] > 1 else colour
        axis.plot([speed] * len(values), values, mark, ms=3.5, color=colour, alpha=0.6, mfc=fill)
        axis.plot([speed], [best], mark, ms=6.5, color=colour, mfc=fill, zorder=3)
        if row["layers"] == 1:
            points.append((row["n_h"], speed, best))
    points.sort()
    axis.plot([speed for _, speed, _ in points], [best for _, _, best in points], color=colour, lw=1.6, zorder=2)


def named(axis: Axes, row: Row) -> None:
    """n_h above a network of one layer, the number of layers above a deeper one; in two lines, since their speeds may be close."""
    deep, speed = row["layers"] > 1, row["train_tokens_per_s"] / 1e6
    axis.axvline(speed, color=SCALE, lw=0.6, ls=":", zorder=0)
    text, height = (f"{row['layers']}L", 1.15) if deep else (f"$n_h$ {row['n_h']}", 1.06)
    axis.text(speed, height, text, ha="center", fontsize=8, color="#444444", bbox={"fc": "white", "ec": "none", "pad": 0.4})


def speeds_on(axis: Axes, speeds: list[float]) -> None:
    """A logarithmic axis with plain numbers."""
    low, high = min(speeds) / 1.2, max(speeds) * 1.2
    steps = (1, 1.5, 2, 3, 4, 5, 7) if high / low < 8 else (1, 2, 5)
    ladder = np.array([step * 10.0**power for power in range(-6, 6) for step in steps])
    axis.set_xscale("log")
    axis.set_xlim(low, high)
    axis.xaxis.set_major_locator(FixedLocator(ladder[(ladder >= low) & (ladder <= high)].tolist()))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.xaxis.set_major_formatter(lambda x, _: f"{x:g}")


def main(arguments: list[str] | None = None) -> None:
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument("--trained", type=Path, default=RESULTS / "trained" / "groups.json")
    parse.add_argument("--cost", type=Path, default=RESULTS / "training_cost.json")
    parse.add_argument("--out", type=Path, default=RESULTS, help="folder of accuracy_cost.json and .svg")
    given = parse.parse_args(arguments)
    try:
        trained = read(given.trained, "train grids/groups.toml, then python bench/trained_results.py runs/groups")
        cost = read(given.cost, "python bench/training_cost.py, on a GPU")
        rows = joined(trained, cost)
    except DoNotMatch as problem:
        sys.exit(f"no figure: {problem}")
    picture = picture_of(rows, cost["device"])
    path = record(str(given.out.resolve() / "accuracy_cost"), rows, seed=None, libraries=("matplotlib",), device=cost["device"])
    path.with_suffix(".svg").write_bytes(picture.svg())
    print(path)


if __name__ == "__main__":
    main()
