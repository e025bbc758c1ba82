"""Sweeps to results: what was trained, in one file a grid, with a table and the figure of accuracy against speed.

    torchrun --nproc-per-node 4 --no-python deltaword sweep grids/groups.toml --out runs/groups       on a machine with GPUs
    python bench/trained_results.py runs/groups                            writes bench/results/trained/groups.json and groups.md

Accuracy    at length L: of the answers in the last sixteenth of sampled words of L letters, so no average with their easy beginning.
            Where only the last position is asked, it is that position.
Right to    the longest of the lengths up to which this accuracy is at least 0.99.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from record import RESULTS

TRAINED = RESULTS / "trained"
KEPT = ("mixer", "options", "layers", "d_model", "mlp", "steps", "batch", "lengths", "growth", "lr", "seeds")


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
    return run["mixer"] + "".join(f", {name} {value}" for name, value in more.items()) + layers


def tables(name: str, runs: dict[str, Any]) -> str:
    """A table a task: a row a model and range, a number a seed."""
    tasks = list(dict.fromkeys(each["task"] for run in runs.values() for each in run["replicas"]))
    lines = [
        f"# {name}",
        "",
        "Accuracy at the training length and beyond, a number a seed; the last column: the longest length read rightly.",
    ]
    for task in tasks:
        lengths = next(list(each["accuracy"]) for run in runs.values() for each in run["replicas"] if each["task"] == task)
        shown = lengths[:: max(1, len(lengths) // 3)][:3]
        lines += [
            "",
            f"## {task}",
            "",
            "| model | range | " + " | ".join(f"at {n}" for n in shown) + " | right to |",
            "|---" * (3 + len(shown)) + "|",
        ]
        for run in runs.values():
            ranges = dict.fromkeys(each["range"] for each in run["replicas"] if each["task"] == task)
            for range_ in ranges:
                seeds = [each for each in run["replicas"] if each["task"] == task and each["range"] == range_]
                cells = [
                    " ".join(f"{each['accuracy'][n]:.2f}" if each["accuracy"] else "diverged" for each in seeds) for n in shown
                ]
                reach = " ".join(str(right_to(each["accuracy"])) for each in seeds)
                lines.append(f"| {shape_of(run)} | {range_ or '–'} | " + " | ".join(cells) + f" | {reach} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    TRAINED.mkdir(exist_ok=True)
    for folder in map(Path, sys.argv[1:]):
        paths = sorted(path.parent for path in folder.glob("*/summary.json"))
        versions = json.loads((paths[0] / "versions.json").read_text())
        runs = {path.name: run_of(path) for path in paths}
        grid = Path("grids") / f"{folder.name}.toml"
        data = {"command": f"deltaword sweep {grid}", "grid": grid.read_text(), "versions": versions, "runs": runs}
        (TRAINED / f"{folder.name}.json").write_text(json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n")
        (TRAINED / f"{folder.name}.md").write_text(tables(folder.name, runs))
        print(folder.name, len(runs), "runs")


if __name__ == "__main__":
    main()
