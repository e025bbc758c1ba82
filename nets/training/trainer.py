"""`train`: from a configuration to a trained stack, resumable at any moment.

The loop         steps, and every `eval_every` of them a validation.  Only there the host waits for the device, reads what has happened,
                 writes a line, decides whether to stop, and saves a checkpoint if the last one is old.
Killed           at any moment, the run goes on from its last checkpoint when `train` is called with the same configuration and folder.
                 Weights and metrics come out as if it had never been killed, bit for bit on the same CPU, but for the seconds in them.
Several          processes, started by torchrun: all of them run this; the first one writes.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import safetensors.torch
import torch
from torch import Tensor

from ...automata.errors import BadArgument, CorruptFile, Diverged
from ...automata.files import write_bytes, write_json
from . import checkpoint, folder
from .config import Replica, RunConfig
from .distributed import Group, local_device
from .evaluate import evaluate
from .graphs import Graphs
from .metrics import Board, Metrics, plain
from .run import Run, load_run
from .stack import Stack, asks_for_ranges, build
from .step import Step
from .words import VALIDATION, length_at

if TYPE_CHECKING:
    from ..tasks import Task

FINISHED, REACHED, DIVERGED, TIME = "all steps done", "every network at the threshold", "every network diverged", folder.TIME

Watch = Callable[[int, dict[str, Any] | None], object]


def train(
    config: RunConfig,
    out: str | os.PathLike[str] | None = None,
    device: str | torch.device | None = None,
    *,
    group: Group | None = None,
    tasks: Mapping[str, Task] | None = None,
    held_out: Mapping[str, Task] | None = None,
    watch: Watch | None = None,
    save_every: float = 20.0,
) -> Run:
    """Train a stack, or go on where a run of the same configuration in `out` was interrupted, or ended at a time limit that is no more;
    a finished one is just loaded.

    out         the run directory (`folder` says what is in it); None keeps everything in memory
    device      default: the configuration's, else this process's GPU, else the CPU
    group       the processes that train together (`distributed.joined`); default: this one alone
    tasks       tasks by name that `nets.tasks` does not know
    held_out    what to validate and test on in place of some of the tasks, by the same names
    watch       called with the steps done, before the first that comes and after each; and with the line for the metrics where there
                is one, else None
    save_every  seconds that may lie between checkpoints, which are written after validations
    Raises      BadArgument for a configuration that fits no model, and a folder that has another run; InUse; NotWritable;
                Diverged if no network is left, now or in the finished run; the run directory says so too

    >>> config = RunConfig(
    ...     tasks=("parity_every",), d_model=8, options={"heads": 1}, steps=2, batch=4, lengths=3, eval_rows=4, eval_lengths=(3,)
    ... )
    >>> run = train(config, device="cpu")
    >>> run.summary["stopped"], [line["step"] for line in run.metrics]
    ('all steps done', [2])
    """
    group, device = group or Group(), local_device(str(device) if device is not None else config.device)
    path = None if out is None else Path(out)
    if config.batch < group.size:
        raise BadArgument(f"a batch of {config.batch} words for {group.size} processes; each takes at least one")
    with ExitStack() as inside:
        inside.enter_context(torch.random.fork_rng([device] if device.type == "cuda" else []))
        torch.manual_seed(config.seeds[0])
        stack = build(config, tasks, held_out)  # before a folder is made: what fits no model leaves nothing behind
        if path is not None and group.leads:
            inside.enter_context(folder.claimed(path))
        if group.object_from_first(path is not None and group.leads and folder.finished(path, config)):
            return finished_run(config, path, device, group, tasks, held_out)
        if device.type == "cuda":
            inside.enter_context(torch.cuda.device(device))
            inside.enter_context(torch.cuda.stream(torch.cuda.Stream(device)))  # graphs are not captured on the default one
        if path is not None and group.leads:
            folder.begin(path, config, device)
        training = Training(stack, device, group, path, watch, save_every)
        training.resume()
        training.loop()
        return training.finish()


def finished_run(
    config: RunConfig,
    path: Path | None,
    device: torch.device,
    group: Group,
    tasks: Mapping[str, Task] | None,
    held_out: Mapping[str, Task] | None,
) -> Run:
    """The run that is already there, on every process."""
    if group.leads:
        assert path is not None
        folder.check(path, config)
        run = load_run(path, device, tasks=tasks, held_out=held_out)
    else:
        stack = build(config, tasks, held_out)
        stack.model.to(device)
        run = Run(stack, [], {}, path)
    run.metrics, run.summary = group.object_from_first((run.metrics, run.summary))
    if run.summary["stopped"] == DIVERGED:
        raise Diverged(deaths(run.summary["replicas"]))
    for tensor in run.model.state_dict().values():
        group.from_first_(tensor)
    return run


class Training:
    """A run under way.

    done       steps
    seconds    since it began, pauses between interruption and resumption left out; learning, those of them spent on steps
    reached    a replica each: the step and seconds at which it first was at the threshold, or None
    best       a replica each: the best validation accuracy and its step
    stopped    why, once it has
    """

    def __init__(
        self, stack: Stack, device: torch.device, group: Group, path: Path | None, watch: Watch | None, save_every: float
    ):
        self.stack, self.config, self.device, self.group = stack, stack.config, device, group
        self.path = path if group.leads else None
        self.watch, self.save_every = watch, save_every
        self.step = Step(stack, device, group)
        self.graphs = Graphs(self.step)
        self.done, self.reported = 0, 0
        self.seconds = self.learning = 0.0
        self.reached: list[dict[str, Any] | None] = [None] * len(stack.replicas)
        self.best: list[dict[str, Any] | None] = [None] * len(stack.replicas)
        self.stopped: str | None = None
        self.notes: list[str] = []
        if asks_for_ranges(self.config) and not self.config.has_ranges:
            self.notes.append(
                f"{self.config.mixer} has no range of eigenvalues: one network a task and seed, whatever ranges are asked for"
            )

    # ------------------------------------------------------------------ checkpoints

    def resume(self) -> None:
        """From the checkpoint, if there is one; and the clock starts."""
        found = None if self.path is None else checkpoint.load(self.path)
        beside = self.group.object_from_first(None if found is None else found[1])
        if beside is not None:
            for name in ("done", "seconds", "learning", "reached", "best", "stopped"):
                setattr(self, name, beside[name])
            self.reported = self.done
            self.stopped = None if self.stopped == TIME else self.stopped  # a longer limit may have been set
            if found is not None:
                self.restore(found[0])
            else:
                self.step.restore(self.step.empty_state())
            for _, tensor in sorted(self.step.state().items()):
                self.group.from_first_(tensor)
        if self.path is not None:
            folder.reopen(self.path)
        self.metrics = Metrics(self.path, 0 if beside is None else beside["metrics"])
        self.board = None if self.path is None else Board(self.path / "tensorboard", self.stack.replicas, self.done)
        if self.board is not None and self.board.note:
            self.notes.append(self.board.note)
        self.at = self.saved_at = perf_counter()

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Raises CorruptFile for a checkpoint of other shapes, such as an earlier version's."""
        assert self.path is not None
        try:
            self.step.restore(tensors)
            checkpoint.restore_random(tensors)
        except (RuntimeError, KeyError, ValueError, AttributeError, TypeError) as error:
            reason, where = " ".join(str(error).split())[:200], self.path / checkpoint.CHECKPOINT_FILE
            raise CorruptFile(f"{where} is no checkpoint of this run ({reason}); remove it to begin again") from None

    def save(self) -> None:
        if self.path is not None:
            names = ("done", "seconds", "learning", "reached", "best", "stopped")
            beside = {name: getattr(self, name) for name in names} | {"metrics": self.metrics.size}
            checkpoint.save(self.path, self.step.state(), beside)
            self.saved_at = perf_counter()

    # ------------------------------------------------------------------ the loop

    def loop(self) -> None:
        if self.watch is not None:
            self.watch(self.done, None)
        while self.stopped is None:
            self.step.length = self.length_at(self.done)
            self.graphs()
            self.done += 1
            if self.done % self.config.eval_every == 0 or self.done == self.config.steps or self.overdue():
                line = self.validate()
                if self.watch is not None:
                    self.watch(self.done, line)
                if self.stopped or perf_counter() - self.saved_at >= self.save_every:
                    self.save()
            elif self.watch is not None:
                self.watch(self.done, None)

    def length_at(self, step: int) -> int:
        return length_at(step, self.config, self.stack.lengths[1])

    def overdue(self) -> bool:
        """Whether the time is up, between validations. Several processes ask each other only at validations."""
        return self.group.size == 1 and self.time_is_up(perf_counter() - self.at)

    def time_is_up(self, more: float = 0.0) -> bool:
        return self.config.minutes is not None and self.seconds + more >= 60 * self.config.minutes

    def validate(self) -> dict[str, Any]:
        """Wait for the device, look how things stand, write it down, and decide whether to stop."""
        if self.device.type == "cuda":
            torch.cuda.synchronize()
        now = perf_counter()
        self.learning += now - self.at
        found = evaluate(self.stack, self.stack.lengths[1], self.config.eval_rows, VALIDATION, self.step.precision, self.group)
        self.seconds += perf_counter() - self.at
        self.at = perf_counter()
        count = self.step.counters
        alive, steps = count.alive.tolist(), self.done - self.reported
        line = {
            "step": self.done,
            "seconds": round(self.seconds, 3),
            "rate": float(self.step.rate),
            "loss": [loss / steps for loss in count.losses.tolist()],
            "gradient_norm": [norm / steps for norm in count.norms.tolist()],
            "validation_loss": found.mean_loss(),
            "accuracy": found.accuracy(),
            "word_accuracy": found.word_accuracy(),
        }
        for name, values in line.items():
            if isinstance(values, list):
                line[name] = [value if lives else math.nan for value, lives in zip(values, alive, strict=True)]
        count.losses.zero_()
        count.norms.zero_()
        self.reported = self.done
        self.note_progress(line["accuracy"])
        self.stopped = self.group.object_from_first(self.reason_to_stop(alive))
        self.metrics.add(line)
        if self.board is not None:
            self.board.add(self.metrics.lines[-1])
        return self.metrics.lines[-1]

    def note_progress(self, accuracy: list[float]) -> None:
        for r, value in enumerate(accuracy):
            best = self.best[r]
            if value > (-1 if best is None else best["accuracy"]):  # never true of NaN
                self.best[r] = {"accuracy": value, "step": self.done}
            if value >= self.config.threshold and self.reached[r] is None:
                self.reached[r] = {"step": self.done, "seconds": round(self.seconds, 3)}

    def reason_to_stop(self, alive: list[bool]) -> str | None:
        if not any(alive):
            return DIVERGED
        if self.config.stop_early and all(self.reached[r] for r, lives in enumerate(alive) if lives):
            return REACHED
        if self.done >= self.config.steps:
            return FINISHED
        return TIME if self.time_is_up() else None

    # ------------------------------------------------------------------ the end

    def finish(self) -> Run:
        """Evaluate at every length, and write weights and summary. Raises Diverged."""
        died, causes = self.step.counters.died_at.tolist(), self.step.counters.cause.tolist()
        rows: list[dict[str, Any]] = [
            {
                **replica._asdict(),
                "reached": self.reached[r],
                "best": self.best[r],
                "diverged": {"step": died[r], "cause": self.step.cause_of(causes[r])} if died[r] else None,
                "evaluation": [],
            }
            for r, replica in enumerate(self.stack.replicas)
        ]
        if self.stopped != DIVERGED:
            for length in self.stack.eval_lengths:
                found = evaluate(self.stack, length, self.config.eval_rows, precision=self.step.precision, group=self.group)
                for row, one in zip(rows, found.to_json(), strict=True):
                    if row["diverged"] is None:
                        row["evaluation"].append(one)
        letters = sum(map(self.length_at, range(self.done))) * self.config.batch * len(self.stack.replicas)
        summary = plain(
            {
                "stopped": self.stopped,
                "steps": self.done,
                "seconds": round(self.seconds, 3),
                "seconds_learning": round(self.learning, 3),
                "letters_per_second": round(letters / max(self.learning, 1e-9)),
                "parameters": len(self.step.flat.values) // len(self.stack.replicas),
                "precision": self.step.precision,
                "processes": self.group.size,
                "steps_replayed": self.graphs.replayed,
                "notes": self.notes + self.graphs.notes,
                "replicas": rows,
            }
        )
        self.stack.model.eval()
        if self.path is not None:
            weights = {name: tensor.detach().cpu().contiguous() for name, tensor in self.stack.model.state_dict().items()}
            write_bytes(self.path / folder.WEIGHTS_FILE, safetensors.torch.save(weights))
            write_json(self.path / folder.SUMMARY_FILE, summary)
            if self.stopped != TIME:
                checkpoint.clear(self.path)
        if self.board is not None:
            self.board.close()
        if self.stopped == DIVERGED:
            raise Diverged(deaths(rows))
        return Run(self.stack, self.metrics.lines, summary, self.path)


def deaths(rows: list[dict[str, Any]], shown: int = 4) -> str:
    """What happened to whom, in one line."""
    each = [
        f"{Replica(row['task'], row['range'], row['seed'])} at step {row['diverged']['step']} ({row['diverged']['cause']})"
        for row in rows
    ]
    more = f"; and {len(each) - shown} more" if len(each) > shown else ""
    return f"every network diverged: {'; '.join(each[:shown])}{more}. A lower lr or a smaller clip may help"
