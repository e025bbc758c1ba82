"""What is trained: one frozen value, which is also the run directory's config.json.

Replicas      tasks × ranges × seeds, in this order, are trained side by side in one stack (`models.parts`).  They share words of one
              length at a time, the schedule and the number of steps; nothing that one computes reaches another.
Source        defaults: Siems et al. 2502.10297 (lr, betas, weight decay, no convolution) at a smaller batch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from itertools import product
from typing import Any, NamedTuple

from ...automata.errors import BadArgument, CorruptFile

PRECISIONS = ("bf16", "fp32")
PASSING = ("device", "minutes")  # say where and how long, not what: a run resumed with others is the same run


class Replica(NamedTuple):
    """One network of a stack. range is "0,1" or "-1,1"; None where the mixer has no such range."""

    task: str
    range: str | None
    seed: int

    def __str__(self) -> str:
        return f"{self.task} {'' if self.range is None else f'[{self.range}] '}seed {self.seed}"


@dataclass(frozen=True)
class RunConfig:
    """One run.

    tasks, ranges, seeds   names of `nets.tasks`, of "0,1" and "-1,1", numbers from 0: their product are the replicas
    mixer, options         a name of `nets.models.mixers` or package.module:Class, and what it takes: n_h, heads, head_dim, conv, …
    d_model, layers, mlp   width; blocks; hidden width of the MLP as a multiple of d_model, 0 for none
    steps, batch           updates; words a replica an update, over all processes together
    lengths                (low, high), inclusive: letters a word, drawn for each; one number for both; None for what the tasks say
    growth, growth_from    part of the steps over which words grow, and the letters of the first: doubled at even intervals up to the
                           training length; growth 0 for words of full length at once
    lr, warmup             AdamW's rate after `warmup` steps of linear growth, then a cosine down to a thousandth of it
    weight_decay, clip     decay, on matrices only; largest norm of a replica's gradient
    precision              "bf16": autocast on a GPU, weights in float32 (on a CPU: "fp32"); "fp32": nothing is rounded
    eval_every, eval_rows  steps between validations; words each
    eval_lengths           of the last evaluation; None for what the tasks say
    threshold              validation accuracy, at the largest training length, at which a replica has reached its goal
    stop_early             whether the run ends once every replica has
    minutes                of training, after which the run ends as it is; None for no limit.  Given more, it goes on
    device                 such as "cuda:1"; None for a GPU where there is one
    Raises                 BadArgument for values out of range

    >>> [str(replica) for replica in RunConfig(tasks=("parity", "S_3"), ranges=("-1,1",), seeds=(0, 1)).replicas]
    ['parity [-1,1] seed 0', 'parity [-1,1] seed 1', 'S_3 [-1,1] seed 0', 'S_3 [-1,1] seed 1']
    """

    tasks: tuple[str, ...]
    ranges: tuple[str, ...] = ("-1,1",)
    seeds: tuple[int, ...] = (0,)
    mixer: str = "deltaproduct"
    options: Mapping[str, Any] = field(default_factory=dict)
    d_model: int = 128
    layers: int = 1
    mlp: float = 2.0
    steps: int = 2000
    batch: int = 256
    lengths: tuple[int, int] | None = None
    growth: float = 0.0
    growth_from: int = 16
    lr: float = 1e-3
    warmup: int = 100
    weight_decay: float = 1e-6
    clip: float = 1.0
    precision: str = "bf16"
    eval_every: int = 100
    eval_rows: int = 256
    eval_lengths: tuple[int, ...] | None = None
    threshold: float = 0.99
    stop_early: bool = True
    minutes: float | None = None
    device: str | None = None

    def __post_init__(self) -> None:
        for name in ("tasks", "ranges", "seeds"):
            value = getattr(self, name)
            values = tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else (value,)
            if not values or any(value in values[:i] for i, value in enumerate(values)):
                raise BadArgument(f"{name} are {list(values)}; at least one, and none twice")
            self._put(name, values)
        if not isinstance(self.mixer, str):
            raise BadArgument(f"mixer is {self.mixer!r}; a name, or package.module:Class, is expected")
        self._check("ranges", lambda value: {*value} <= {"0,1", "-1,1"}, "'0,1', '-1,1', or both")
        self._put("options", dict(self.options))
        self._put("lengths", _bounds(self.lengths))
        if self.eval_lengths is not None:
            self._put("eval_lengths", tuple(_tuple(self.eval_lengths)))
        for name in ("d_model", "layers", "steps", "batch", "eval_every", "eval_rows", "growth_from"):
            self._check(name, lambda value: isinstance(value, int) and value >= 1, "a whole number from 1 up")
        for name in ("warmup", "weight_decay", "mlp"):
            self._check(name, lambda value: value >= 0, "at least 0")
        for name in ("lr", "clip"):
            self._check(name, lambda value: value > 0, "above 0")
        for name in ("lengths", "eval_lengths"):
            self._check(name, lambda value: all(isinstance(each, int) and each >= 1 for each in value or ()), "from 1 up")
        self._check(
            "seeds", lambda value: all(isinstance(seed, int) and 0 <= seed < 2**31 for seed in value), "from 0 to 2³¹ − 1"
        )
        self._check("growth", lambda value: 0 <= value <= 1, "a part of the steps, from 0 to 1")
        self._check("threshold", lambda value: 0 < value <= 1, "an accuracy, above 0 and up to 1")
        if self.eval_lengths is not None:
            self._put("eval_lengths", tuple(sorted({*self.eval_lengths})))
        self._check("stop_early", lambda value: isinstance(value, bool), "true or false")
        self._check(
            "mlp", lambda value: not value or round(value * self.d_model) >= 1, "0 for none, or a hidden width of at least 1"
        )
        self._check("precision", lambda value: value in PRECISIONS, "'bf16' (autocast, on a GPU) or 'fp32'")
        self._check("minutes", lambda value: value is None or value > 0, "above 0, or none for no limit")

    def _put(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)  # only while it is made

    def _check(self, name: str, right: Callable[[Any], bool], wanted: str) -> None:
        value = getattr(self, name)
        try:
            fits = right(value)
        except TypeError:
            fits = False
        if not fits:
            raise BadArgument(f"{name} is {value!r}; {wanted} is expected")

    @property
    def replicas(self) -> tuple[Replica, ...]:
        """The networks of the stack, in the order of their axis. A mixer without ranges has one replica a task and seed."""
        ranges = self.ranges if self.has_ranges else (None,)
        return tuple(Replica(*each) for each in product(self.tasks, ranges, self.seeds))

    @property
    def has_ranges(self) -> bool:
        from ..models.mixers import mixer

        return bool(getattr(mixer(self.mixer), "RANGES", True))

    def same_run(self, other: RunConfig) -> bool:
        """Whether both describe the same run, wherever and however long."""
        return _without(self.to_json(), PASSING) == _without(other.to_json(), PASSING)

    def to_json(self) -> dict[str, Any]:
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, data: Any) -> RunConfig:
        """Raises CorruptFile for what `to_json` did not write, BadArgument for values out of range."""
        known = {each.name for each in fields(cls)}
        if not isinstance(data, dict) or not set(data) <= known or "tasks" not in data:
            raise CorruptFile("this is not the configuration of a run; its config.json was altered, or is of another version")
        return cls(**data)


def _tuple(value: int | Sequence[int]) -> tuple[int, ...]:
    return (value,) if isinstance(value, int) else tuple(value)


def _bounds(lengths: int | Sequence[int] | None) -> tuple[int, int] | None:
    """A length, or the least and the largest."""
    if lengths is None:
        return None
    found = _tuple(lengths)
    if len(found) not in (1, 2) or not all(isinstance(each, int) for each in found) or found[0] > found[-1]:
        raise BadArgument(f"lengths are {list(found)}; one length, or the least and the largest")
    return found[0], found[-1]


def _without(data: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in names}
