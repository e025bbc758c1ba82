"""A configuration made real: its tasks, its lengths, and the stack of networks, a replica a task, range and seed.

Classes       tasks of one stack may have alphabets of different sizes; the stack has the largest.  For a class that a replica's task
              has not, the head has zero weights and the bias −10⁹: its softmax is exactly 0, so is every gradient, and it stays so.
              The mask is in the saved weights, and whoever loads them needs no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any

import torch

from ...automata.errors import BadArgument
from ..models.mixers import mixer
from ..models.sequence_model import ModelConfig, SequenceModel
from .config import Replica, RunConfig

if TYPE_CHECKING:
    from ..tasks import Task

NEVER = -1e9


@dataclass(frozen=True)
class Stack:
    """tasks by name; held_out, what is validated and tested on in their place; replicas in the order of the model's axis;
    lengths (low, high) of training words; eval_lengths rising."""

    config: RunConfig
    tasks: Mapping[str, Task]
    held_out: Mapping[str, Task]
    replicas: tuple[Replica, ...]
    lengths: tuple[int, int]
    eval_lengths: tuple[int, ...]
    model: SequenceModel

    def task_of(self, replica: int) -> Task:
        return self.tasks[self.replicas[replica].task]


def build(config: RunConfig, own: Mapping[str, Task] | None = None, held_out: Mapping[str, Task] | None = None) -> Stack:
    """The stack of a configuration, freshly drawn, on the CPU.

    own      tasks that `nets.tasks` does not know, by the names that the configuration uses
    held_out tasks of the same letters and classes that take the place of some in validation and test, by the same names; default:
             what the tasks themselves keep for that (`Task.unseen`), as those of text do
    Raises   BadArgument for unknown tasks or mixers, options that the mixer does not take, ranges of a mixer of one's own that says
             nothing of them, tasks of one stack that are trained at different lengths unless `lengths` says which, and lengths at
             which a task asks nothing
    """
    tasks = {name: own[name] if own and name in own else named_task(name) for name in config.tasks}
    low, high = training_lengths(config, tasks)
    eval_lengths = config.eval_lengths or tuple(sorted({n for task in tasks.values() for n in task.eval_lengths}))
    unseen = {name: task.unseen() for name, task in tasks.items()} | dict(held_out or {})
    check_lengths(config, tasks | unseen, low, eval_lengths)
    check_options(config.mixer, config.options)
    check_ranges(config)
    replicas = config.replicas
    shape = ModelConfig(
        letters=max(len(task.letters) for task in tasks.values()),
        classes=max(len(task.classes) for task in tasks.values()),
        d_model=config.d_model,
        layers=config.layers,
        mixer=config.mixer,
        options=config.options,
        mlp=config.mlp,
    )
    model = SequenceModel(shape, [each.range or "0,1" for each in replicas], [each.seed for each in replicas])
    with torch.no_grad():
        assert model.head.bias is not None
        for r, each in enumerate(replicas):
            n = len(tasks[each.task].classes)
            model.head.weight[r, :, n:] = 0
            model.head.bias[r, n:] = NEVER
    return Stack(config, tasks, unseen, replicas, (low, high), eval_lengths, model)


def training_lengths(config: RunConfig, tasks: Mapping[str, Task] | None = None) -> tuple[int, int]:
    """The least and the largest length of training words. Raises BadArgument where tasks differ, and the configuration does not say.

    tasks   by the configuration's names; default: those of `nets.tasks`

    >>> training_lengths(RunConfig(tasks=("S_3", "A_5")))
    (128, 128)
    """
    if config.lengths is not None:
        return config.lengths
    tasks = tasks or {name: named_task(name) for name in config.tasks}
    if len({task.train_lengths for task in tasks.values()}) > 1:
        each = ", ".join(f"{name} {low}–{high}" for name, task in tasks.items() for low, high in [task.train_lengths])
        raise BadArgument(f"the tasks are trained at different lengths ({each}); say which with lengths, or make two runs")
    return next(iter(tasks.values())).train_lengths


def check_lengths(config: RunConfig, tasks: Mapping[str, Task], low: int, eval_lengths: tuple[int, ...]) -> None:
    shortest = {"lengths": low, "eval_lengths": min(eval_lengths)}
    if config.growth:
        shortest["growth_from"] = config.growth_from
    for task in tasks.values():
        short = [f"{name} {length}" for name, length in shortest.items() if length < task.least_length]
        if short:
            raise BadArgument(f"{task.name} asks nothing of words of less than {task.least_length} letters: {', '.join(short)}")


def named_task(name: str) -> Task:
    from ..tasks import task

    return task(name)


def options_of(name: str) -> set[str] | None:
    """What a mixer takes beside replicas, d_model and lowest; None where it takes anything."""
    cls = mixer(name)
    single = getattr(cls, "single", None)  # a module of the user's own, made as Class(d_model, **options)
    parameters = list(signature(single or cls).parameters.values())[1 if single else 3 :]
    if any(each.kind is Parameter.VAR_KEYWORD for each in parameters):
        return None
    return {each.name for each in parameters if each.kind is not Parameter.VAR_POSITIONAL}


def check_options(name: str, options: Mapping[str, Any]) -> None:
    taken = options_of(name)
    unknown = [] if taken is None else sorted(set(options) - taken)
    if unknown:
        raise BadArgument(
            f"mixer {name!r} takes no {' or '.join(unknown)}; it takes {', '.join(sorted(taken or ())) or 'no options'}"
        )


def asks_for_ranges(config: RunConfig) -> bool:
    """Whether the configuration says something of ranges, and not just what it says by default."""
    return config.ranges != RunConfig(tasks=config.tasks).ranges


def check_ranges(config: RunConfig) -> None:
    single = getattr(mixer(config.mixer), "single", None)
    if single is not None and asks_for_ranges(config):
        raise BadArgument(
            f"ranges {' and '.join(config.ranges)} are asked for, and mixer {config.mixer!r} does not say that it has any. "
            "Leave them out; or write RANGES = True into the class: then it is made as "
            f"{single.__name__}(replicas, d_model, lowest, **options), lowest a tensor [replicas] with a 0 for 0,1 and a −1 for −1,1, "
            "and takes [replicas, B, T, d_model]"
        )
