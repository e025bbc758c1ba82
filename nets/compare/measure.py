"""Runs to numbers: everything that a report shows, as plain data.

Comparison    all replicas of all runs that were trained on one task at the same lengths, on the same words, and the constructed
              network.
Accuracies    "at training length": words of the longest training length.  "beyond it": the mean over the task's evaluation lengths
              that are longer, or over our own if none of those is measured.  "right to": the largest length up to which accuracy
              stays at 99 % or above.  All in float32.
Details       of the best seed of each model: best beyond, then at training length.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from math import isfinite, nan
from typing import Any

import torch
from torch import Tensor

from ...automata.files import read_json
from ..models.sequence_model import SequenceModel
from ..tasks import Task
from ..training.folder import VERSIONS_FILE
from ..training.run import Run
from .constructed import Constructed, class_scores, constructed
from .curves import TIMES, Batch, LengthCurve, length_curve, lengths_for
from .details import TEST, Json, constructed_details, trained_details
from .extracted import QUERIES, extracted
from .replicas import model_name, one_replica
from .tables import Entry, accuracy_table, plain, right_to

WORDS = 64
CONSTRUCTED_ONCE = 2**18  # tokens: it runs letter after letter, and is small
AT, BEYOND = "at training length", "beyond it"


def measure(
    runs: Mapping[str, Run], construct: bool = True, times: int = TIMES, words: int = WORDS, extract: bool = True
) -> Json:
    """What report.json holds.

    runs       by name
    construct  whether to compile the tasks' machines and set those networks beside
    extract    whether to extract the automata of the networks that are looked into
    times      longest words, as a multiple of the longest training words
    words      at each length
    """
    names, made, comparisons = model_names(runs), {}, []
    groups = grouped(runs)
    tasks = [task.name for task, _ in groups]
    for (task, longest), members in groups.items():
        if construct and task.name not in made:
            made[task.name] = constructed(task.dfa)
        title = task.name if tasks.count(task.name) == 1 else f"{task.name}, trained to length {longest}"
        found = Comparison(task, title, longest, times, words)
        replicas = [found.replica(runs[run], run, r, names[run, r]) for run, r in members]
        comparisons.append(found.plain(replicas, runs, made.get(task.name), extract))
    return {
        "settings": {"times": times, "words": words, "queries": QUERIES if extract else 0},
        "runs": {name: about(run) for name, run in runs.items()},
        "comparisons": comparisons,
        "tables": {kind: table(comparisons, kind) for kind in (AT, BEYOND)},
    }


class Comparison:
    """One task at one longest training length."""

    def __init__(self, task: Task, title: str, longest: int, times: int, words: int):
        self.task, self.title, self.longest, self.words = task, title, longest, words
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        ours = lengths_for(longest, times)
        self.beyond = [length for length in task.eval_lengths if longest < length <= ours[-1]]
        self.beyond = self.beyond or [length for length in ours if length > longest]
        self.lengths = sorted({max(length, task.least_length) for length in ours} | set(self.beyond))

    @property
    def batch(self) -> Batch:
        return lambda rows, length: self.task.batch(TEST, 0, rows, length, self.device)

    def replica(self, run: Run, name: str, r: int, model_name: str) -> Json:
        """Replica r of a run: its curve, and what the tables say of it."""
        model, classes = one_replica(run.model, r).to(self.device), len(self.task.classes)
        curve = length_curve(lambda tokens: model(tokens[None])[0, ..., :classes], self.batch, self.lengths, self.words)
        died = run.summary["replicas"][r]["diverged"]
        if died is None and not all(p.isfinite().all() for p in model.parameters()):
            died = {"step": run.summary["steps"], "cause": "the weights are not finite"}  # LAPACK would not survive them
        found = {"run": name, "replica": r, "model": model_name, "seed": run.replicas[r]["seed"], "diverged": died}
        return found | self.accuracies(curve) | ({} if died is None else {AT: nan, BEYOND: nan, "right_to": 0})

    def accuracies(self, curve: LengthCurve) -> Json:
        at = dict(zip(curve.lengths, curve.accuracy, strict=True))
        known = [at[length] for length in self.beyond if isfinite(at[length])]
        return asdict(curve) | {
            AT: at[self.longest],
            BEYOND: sum(known) / len(known) if known else nan,
            "right_to": right_to(curve.lengths, curve.accuracy),
        }

    def constructed(self, made: Constructed) -> Json:
        """The compiled network on the same words, and what its certificate says."""
        net = made.net
        if net is None:
            return {"says": made.says, "plan": None}
        net, classes = net.to(self.device), len(self.task.classes)
        of_state = self.task.class_of_state
        assert of_state is not None  # where there is a machine

        def scores(tokens: Tensor) -> Tensor:
            return class_scores(net(tokens), of_state, classes)

        curve = length_curve(scores, self.batch, self.lengths, self.words, CONSTRUCTED_ONCE)
        details = constructed_details(net.cpu(), self.task, self.longest)
        return {"says": made.says, "plan": [str(layer) for layer in net.plan.layers]} | self.accuracies(curve) | details

    def plain(self, replicas: list[Json], runs: Mapping[str, Run], made: Constructed | None, extract: bool) -> Json:
        """Everything, in the form of report.json."""
        task = self.task
        details = []
        for chosen in best_seeds(replicas):
            model = one_replica(runs[chosen["run"]].model, chosen["replica"])
            layers = trained_details(model, task, self.longest)
            named = {name: chosen[name] for name in ("model", "run", "replica", "seed")}
            automaton = extracted(model, task, self.longest) if extract else None
            details.append(named | {"trained_to": self.longest, "layers": layers, "extraction": automaton})
        return {
            "task": task.name,
            "title": self.title,
            "trained_to": self.longest,
            "lengths": self.lengths,
            "evaluation_lengths": self.beyond,
            "letters": list(task.letters),
            "classes": len(task.classes),
            "supervision": task.supervision,
            "chance": task.chance,
            "constructed": None if made is None else self.constructed(made),
            "replicas": replicas,
            "losses": losses(replicas, runs),
            "details": details,
        }


def grouped(runs: Mapping[str, Run]) -> dict[tuple[Task, int], list[tuple[str, int]]]:
    """Task and longest training length to the replicas (run, number) that were trained so, in order."""
    found: dict[tuple[str, int], tuple[Task, list[tuple[str, int]]]] = {}
    for name, run in runs.items():
        for r, replica in enumerate(run.replicas):
            task, longest = run.stack.held_out[replica["task"]], run.stack.lengths[1]
            found.setdefault((replica["task"], longest), (task, []))[1].append((name, r))
    return {(task, longest): members for (_, longest), (task, members) in found.items()}


def model_names(runs: Mapping[str, Run]) -> dict[tuple[str, int], str]:
    """What to call replica r of a run; where different shapes would have one name, the run's name is put in front."""
    shapes: dict[str, set[str]] = {}
    called = {}
    for name, run in runs.items():
        for r in range(len(run.replicas)):
            called[name, r] = own = model_name(run.model.config, run.model.ranges[r])
            shapes.setdefault(own, set()).add(_shape(run.model))
    return {key: f"{key[0]}: {own}" if len(shapes[own]) > 1 else own for key, own in called.items()}


def _shape(model: SequenceModel) -> str:
    shape = asdict(model.config)
    return str(
        {name: shape[name] for name in ("d_model", "layers", "mixer", "mlp")} | {"options": sorted(shape["options"].items())}
    )


def about(run: Run) -> Json:
    """Its configuration, how it ended, and the versions that it was made with."""
    versions = {} if run.path is None else read_json(run.path / VERSIONS_FILE)
    ended = {name: value for name, value in run.summary.items() if name != "replicas"}
    return {"config": run.config.to_json(), "summary": ended, "versions": versions}


def best_seeds(replicas: list[Json]) -> list[Json]:
    """The best replica of each model that has not diverged."""
    found: dict[str, Json] = {}
    for replica in replicas:
        if replica["diverged"] is not None:
            continue
        there = found.get(replica["model"])
        if there is None or _rank(replica) > _rank(there):
            found[replica["model"]] = replica
    return list(found.values())


def _rank(replica: Json) -> tuple[float, ...]:
    return tuple(replica[kind] if isfinite(replica[kind]) else -1.0 for kind in (BEYOND, AT))


def losses(replicas: list[Json], runs: Mapping[str, Run]) -> list[Json]:
    """Training loss by step of each replica, as its run wrote it."""
    found = []
    for replica in replicas:
        lines = [line for line in runs[replica["run"]].metrics if "loss" in line and "step" in line]
        found.append(
            {
                "model": replica["model"],
                "seed": replica["seed"],
                "steps": [line["step"] for line in lines],
                "loss": [line["loss"][replica["replica"]] for line in lines],
            }
        )
    return found


def table(comparisons: list[Json], kind: str) -> list[dict[str, Any]]:
    """Scaled accuracies of one kind: the trained models, and the constructed networks as a model of their own."""
    entries, comparisons = [], [each for each in comparisons if kind == AT or each["evaluation_lengths"]]
    for each in comparisons:
        for replica in each["replicas"]:
            entries.append(
                Entry(each["title"], replica["model"], replica["seed"], replica[kind], each["chance"], replica["right_to"])
            )
    for each in comparisons:
        made = each["constructed"]
        if made is not None and made["plan"] is not None:
            entries.append(Entry(each["title"], "constructed", 0, made[kind], each["chance"], made["right_to"]))
    return plain(accuracy_table(entries))
