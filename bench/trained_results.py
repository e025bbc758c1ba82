"""Sweeps to results: what was trained, in one file a grid, with a table and a picture a task.

    torchrun --nproc-per-node 4 --no-python deltaword sweep grids/groups.toml --out runs/groups   on a machine with GPUs
    python bench/trained_results.py runs/groups   writes bench/results/trained/groups.json, .md and an .svg a task; --out and --grids
                                                  for other folders than bench/results/trained and grids

Accuracy    at length L: of the answers in the last sixteenth of sampled words of L letters, so no average with their easy beginning.
            Where only the last position is asked, it is that position.
Right to    the longest of the lengths up to which this accuracy is at least 0.99.
Missing     runs of the grid that are not finished are named, in the file and in the table; a run that the grid has not, or has
            otherwise, is an error.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path
from typing import Any

from record import RESULTS

from deltaword.nets.plots import length_curves
from deltaword.nets.tasks import task as task_named
from deltaword.nets.training import read_grid
from deltaword.nets.training.folder import check

TRAINED = RESULTS / "trained"
GRIDS = Path(__file__).parent.parent / "grids"
KEPT = ("mixer", "options", "layers", "d_model", "mlp", "steps", "batch", "lengths", "growth", "lr", "seeds", "eval_rows")


def at_length(evaluation: dict[str, Any]) -> float:
    """Accuracy in the last sixteenth that anything is asked in."""
    return next(value for value in reversed(evaluation["accuracy_by_position"]) if value is not None)


def run_of(path: Path) -> dict[str, Any]:
    config, summary = (json.loads((path / name).read_text()) for name in ("config.json", "summary.json"))
    metrics = [json.loads(line) for line in (path / "metrics.jsonl").read_text().splitlines()]
    replicas = []
    for r, row in enumerate(summary["replicas"]):
        found = {name: row[name] for name in ("task", "range", "seed", "reached", "diverged")}
        found["accuracy"] = {str(each["length"]): round(at_length(each), 4) for each in row["evaluation"]}
        found["scaled"] = {str(each["length"]): round(each["scaled"], 4) for each in row["evaluation"]}
        curve = [[line["step"], line["accuracy"][r]] for line in metrics]
        found["validation"] = [[step, None if value is None else round(value, 4)] for step, value in curve]
        replicas.append(found)
    kept = {name: config[name] for name in KEPT}
    kept |= {name: summary[name] for name in ("stopped", "parameters", "precision", "letters_per_second", "notes")}
    return {**kept, "steps_done": summary["steps"], "seconds": summary["seconds_learning"], "replicas": replicas}


def right_to(accuracy: dict[str, float]) -> int:
    reached = 0
    for length, value in accuracy.items():
        if value < 0.99:
            break
        reached = int(length)
    return reached


def shape_of(run: dict[str, Any]) -> str:
    more = {name: value for name, value in run["options"].items() if name not in ("heads", "head_dim") and value}
    layers = f", {run['layers']} layers" if run["layers"] > 1 else ""
    mlp = "" if run["mlp"] else ", no MLP"
    return run["mixer"] + "".join(f", {name} {value}" for name, value in more.items()) + mlp + layers


def tables(name: str, runs: dict[str, Any], missing: list[str]) -> str:
    """A table a task: a row a model and range, a number a seed."""
    tasks = list(dict.fromkeys(each["task"] for run in runs.values() for each in run["replicas"]))
    lines = [
        f"# {name}",
        "",
        "Accuracy at the training length and beyond, a number a seed: of what is asked in the last sixteenth of sampled words. The",
        "last column: the longest length up to which it is at least 0.99. Training: steps × words of each network a step.",
        *([f"Not finished, and not in the tables: {', '.join(missing)}."] if missing else []),
    ]
    for task in tasks:
        lengths = next(list(each["accuracy"]) for run in runs.values() for each in run["replicas"] if each["task"] == task)
        shown = lengths[:: max(1, len(lengths) // 3)][:3]
        lines += [
            "",
            f"## {task}",
            "",
            "| model | training | range | " + " | ".join(f"at {n}" for n in shown) + " | right to |",
            "|---" * (4 + len(shown)) + "|",
        ]
        for run in runs.values():
            ranges = dict.fromkeys(each["range"] for each in run["replicas"] if each["task"] == task)
            for range_ in ranges:
                seeds = [each for each in run["replicas"] if each["task"] == task and each["range"] == range_]
                cells = [
                    " ".join(f"{each['accuracy'][n]:.2f}" if each["accuracy"] else "diverged" for each in seeds) for n in shown
                ]
                reach = " ".join(str(right_to(each["accuracy"])) for each in seeds)
                budget = f"{run['steps_done']} × {run['batch']}"
                lines.append(f"| {shape_of(run)} | {budget} | {range_ or '–'} | " + " | ".join(cells) + f" | {reach} |")
    return "\n".join(lines) + "\n"


def curves(name: str, runs: dict[str, Any], out: Path) -> None:
    """A picture a task beside the constructed network; of models of one layer those without a convolution."""
    beside = json.loads((TRAINED / "constructed.json").read_text())["rows"]
    exact = {row["task"]: row["accuracy"] for row in beside if "accuracy" in row}
    for task in dict.fromkeys(each["task"] for run in runs.values() for each in run["replicas"]):
        found: dict[str, list[list[float]]] = {}
        for run in runs.values():
            if run["options"].get("conv") and run["layers"] == 1:
                continue
            for each in run["replicas"]:
                if each["task"] == task and each["accuracy"]:
                    range_ = "" if each["range"] is None else f" [{each['range'].replace(',', ', ').replace('-', '−')}]"
                    found.setdefault(shape_of(run) + range_, []).append(list(each["accuracy"].values()))
        lengths = [
            int(n) for run in runs.values() for each in run["replicas"] if each["task"] == task for n in each["accuracy"]
        ]
        lengths = sorted(set(lengths))
        constructed = [exact[task].get(str(n), math.nan) for n in lengths] if task in exact else None
        longest = max(run["lengths"][-1] for run in runs.values())
        chance = task_named(task).chance
        picture = length_curves(lengths, found, longest, chance, constructed, f"{task}: the best seed in bold, the others thin")
        (out / f"{name}_{task}.svg").write_bytes(picture.svg())


def main(arguments: list[str] | None = None) -> None:
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument("folders", nargs="*", type=Path, help="of a sweep's runs, each called as its grid")
    parse.add_argument("--out", type=Path, default=TRAINED)
    parse.add_argument("--grids", type=Path, default=GRIDS)
    given = parse.parse_args(arguments)
    given.out.mkdir(exist_ok=True)
    for folder in given.folders:
        paths = sorted(path.parent for path in folder.glob("*/summary.json"))
        if not paths:
            sys.exit(f"{folder} has no finished run")
        versions = json.loads((paths[0] / "versions.json").read_text())
        grid = given.grids / f"{folder.name}.toml"
        wanted = read_grid(grid)
        if foreign := [path.name for path in paths if path.name not in wanted]:
            sys.exit(f"{folder} has runs that {grid.name} has not: {', '.join(foreign)}")
        for path in paths:
            check(path, wanted[path.name])
        runs = {path.name: run_of(path) for path in paths}
        missing = [run for run in wanted if run not in runs]
        data = {"command": f"deltaword sweep grids/{grid.name}", "grid": grid.read_text(), "versions": versions, "runs": runs}
        data |= {"not finished": missing} if missing else {}
        (given.out / f"{folder.name}.json").write_text(json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n")
        (given.out / f"{folder.name}.md").write_text(tables(folder.name, runs, missing))
        curves(folder.name, runs, given.out)
        print(folder.name, len(runs), "runs")


if __name__ == "__main__":
    main()
