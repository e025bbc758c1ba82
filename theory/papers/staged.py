"""Mlps in stages that can be checked one by one: between two stages the hidden units are the wires themselves.

Notation      a wire holds the unit vector of a number (theory/mlp.py), or, as an input, one of some listed vectors.  A stage makes new
              wires from old ones, each by a table of one or two of them, and carries some on; then comes a layer that only copies.
Why           a product of group elements is a lookup of (n!)² rows, and several of them follow each other.  Merged into one affine
              map two lookups cost (rows)² numbers; with the copy between them, rows · n!.
Check         `check` takes the finished matrices: what a new wire depends on is read off the zeros, and all values of the wires it
              depends on are tried.  So a chain of stages is proved though its inputs are far too many to try.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ...automata.errors import BadStep, ProofFails
from ..mlp import Ints, Mlp, MlpBuilder, Units, hats, lookup, named, relabel

AT_ONCE = 2**23  # numbers in one batch of hidden units


class Made(Protocol):
    """How a wire is made."""

    @property
    def size(self) -> int: ...
    @property
    def sources(self) -> tuple[str, ...]: ...
    @property
    def widths(self) -> list[int]:
        """Units in each hidden layer it takes."""
        ...

    def units(self, name: str) -> list[tuple[str, Units]]:
        """The hidden layers of the wire `name`, and what is made in each."""
        ...

    def value(self, *numbers: Ints) -> Ints:
        """The number made of the sources' numbers, many at once; −1 where this is never met."""
        ...


@dataclass(frozen=True)
class Looked:
    """table[a, p] of two wires; −1 where the pair is never met."""

    first: str
    second: str
    table: Ints
    size: int

    @property
    def sources(self) -> tuple[str, ...]:
        return self.first, self.second

    @property
    def widths(self) -> list[int]:
        return [int((self.table >= 0).sum())]

    def units(self, name: str) -> list[tuple[str, Units]]:
        return [(name, lookup(self.first, self.second, self.table, self.size))]

    def value(self, *numbers: Ints) -> Ints:
        return self.table[numbers]


@dataclass(frozen=True)
class Relabelled:
    """table[p] of one wire."""

    wire: str
    table: Ints
    size: int

    @property
    def sources(self) -> tuple[str, ...]:
        return (self.wire,)

    @property
    def widths(self) -> list[int]:
        return [len(self.table)]

    def units(self, name: str) -> list[tuple[str, Units]]:
        return [(name, relabel(self.wire, self.table, self.size))]

    def value(self, *numbers: Ints) -> Ints:
        return self.table[numbers]


@dataclass(frozen=True)
class Chosen:
    """One of several wires of one size, or a constant: choice[s] is the place in `wires` that number s of the wire `by` asks for, −1
    for the constant."""

    by: str
    wires: tuple[str, ...]
    choice: Ints
    constant: int
    size: int

    @property
    def sources(self) -> tuple[str, ...]:
        return self.by, *self.wires

    @property
    def widths(self) -> list[int]:
        return [len(self.wires) * self.size + 1]

    def units(self, name: str) -> list[tuple[str, Units]]:
        n, every = len(self.wires), np.eye(self.size, dtype=np.int64)
        rows = n * self.size
        asks = np.concatenate([np.repeat([self.choice == i], self.size, axis=0) for i in range(n)] + [[self.choice < 0]])
        terms: dict[str, Ints] = {self.by: asks.astype(np.int64)}
        for i, wire in enumerate(self.wires):
            terms[wire] = np.zeros((rows + 1, self.size), dtype=np.int64)
            terms[wire][i * self.size : (i + 1) * self.size] = every
        bias = np.full(rows + 1, -1, dtype=np.int64)
        bias[-1] = 0
        out = np.concatenate([np.tile(every, n), every[:, [self.constant]]], axis=1)
        return [(name, Units(terms, bias, out))]

    def value(self, *numbers: Ints) -> Ints:
        place = self.choice[numbers[0]]
        return np.where(place < 0, self.constant, np.stack(numbers[1:])[place, np.arange(len(place))])


@dataclass(frozen=True)
class Named:
    """The number of the row of values [n, R] that an input holds."""

    wire: str
    values: Ints

    @property
    def size(self) -> int:
        return len(self.values)

    @property
    def sources(self) -> tuple[str, ...]:
        return (self.wire,)

    @property
    def widths(self) -> list[int]:
        return [len(hats(self.wire, self.values).bias), len(self.values)]

    def units(self, name: str) -> list[tuple[str, Units]]:
        return [(f"{name}'s numbers", hats(self.wire, self.values)), (name, named(f"{name}'s numbers", self.values))]

    def value(self, *numbers: Ints) -> Ints:
        return numbers[0]


@dataclass(frozen=True)
class Program:
    """inputs  name to the vectors [n, width] that it can hold, in order
    stages  each the wires it makes, all by as many layers, and those it carries on; the last makes the output
    """

    inputs: Mapping[str, Ints]
    stages: Sequence[tuple[Mapping[str, Made], Sequence[str]]]

    @property
    def parameters(self) -> int:
        """Numbers of the Mlp, before it is built."""
        sizes = {name: values.shape[1] for name, values in self.inputs.items()}
        widths = [sum(sizes.values())]
        for made, keep in self.stages:
            carried = sum(sizes[name] for name in keep)
            widths += [sum(layer) + carried for layer in zip(*(how.widths for how in made.values()), strict=True)]
            sizes = {**{name: how.size for name, how in made.items()}, **{name: sizes[name] for name in keep}}
            widths.append(sum(sizes.values()))  # the copy, or the output
        return sum(after * (before + 1) for before, after in pairwise(widths))

    def build(self) -> Mlp:
        """The network; its output is the wire of the last stage, which makes only one."""
        build = MlpBuilder(**{name: values.shape[1] for name, values in self.inputs.items()})
        for number, (made, keep) in enumerate(self.stages):
            for layer in zip(*(how.units(name) for name, how in made.items()), strict=True):
                build.layer(dict(layer), keep)
            if number < len(self.stages) - 1:
                build.layer({}, keep=[*made, *keep])
        (output,) = self.stages[-1][0]
        return build.finish(output)

    def check(self, mlp: Mlp) -> int:
        """The number of values tried, after the finished network was found to make every wire of every stage as it should.

        Raises ProofFails naming the wire that is wrong
        """
        holds, first, tried = dict(self.inputs), 0, 0
        for number, (made, keep) in enumerate(self.stages):
            depth = 1 + max(len(how.widths) for how in made.values())
            part = WholeMlp(mlp.weights[first : first + depth], mlp.biases[first : first + depth])
            first += depth
            after: dict[str, Ints] = {name: np.eye(how.size, dtype=np.int64) for name, how in made.items()}
            if number < len(self.stages) - 1:
                after |= {name: holds[name] for name in keep}
            spans, ends = _spans(holds), _spans(after)
            for name in after:
                sources = made[name].sources if name in made else (name,)
                if others := [w for w in holds if w not in sources and part.touches[ends[name], spans[w]].any()]:
                    raise ProofFails(f"stage {number}: wire {name!r} depends on {others[0]!r}, which it should not")
                for numbers in _batches([len(holds[source]) for source in sources], part.width):
                    wanted = numbers[:, 0]
                    if name in made:
                        wanted = made[name].value(*numbers.T)
                        numbers, wanted = numbers[wanted >= 0], wanted[wanted >= 0]
                    x = np.zeros((len(numbers), part.n_in))
                    for source, column in zip(sources, numbers.T, strict=True):
                        x[:, spans[source]] = holds[source][column]
                    wrong = (part(x)[:, ends[name]] != after[name][wanted]).any(axis=1)
                    if wrong.any():
                        at = dict(zip(sources, numbers[wrong.argmax()].tolist(), strict=True))
                        raise ProofFails(f"stage {number}: wire {name!r} is wrong at {at}")
                    tried += len(numbers)
            holds = after
        return tried


class WholeMlp:
    """An Mlp of whole numbers on many inputs at once, in float64, where that is exact. Raises BadStep where it might not be."""

    def __init__(self, weights: Sequence[Ints], biases: Sequence[Ints]):
        self.layers = [(W.T.astype(float), b.astype(float)) for W, b in zip(weights, biases, strict=True)]
        self.n_in = weights[0].shape[1]
        self.width = max(len(b) for b in biases)

    @cached_property
    def touches(self) -> npt.NDArray[np.bool_]:
        """Which outputs can depend on which inputs [n_out, n_in]."""
        reached = np.eye(self.n_in, dtype=np.float32)
        for W, _ in self.layers:
            reached = (reached @ (W != 0).astype(np.float32) > 0).astype(np.float32)
        return reached.T > 0

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Rows [n, n_in] of whole numbers to rows [n, n_out]."""
        for i, (W, b) in enumerate(self.layers):
            x = np.maximum(x, 0) if i else x
            if (np.abs(x).max(initial=0) * np.abs(W).sum(axis=0) + np.abs(b)).max() >= 2**53:
                raise BadStep("numbers past 2^53 in an Mlp of whole numbers")
            x = x @ W + b
        return x


def _batches(sizes: Sequence[int], width: int) -> Iterator[Ints]:
    """All tuples of numbers below the sizes, some at a time."""
    total, at_once = int(np.prod(sizes)), max(1, AT_ONCE // width)
    for begin in range(0, total, at_once):
        yield np.stack(np.unravel_index(np.arange(begin, min(begin + at_once, total)), sizes), axis=1)


def _spans(wires: Mapping[str, Ints]) -> dict[str, slice]:
    """Where each wire lies among all, from the vectors that it can hold."""
    spans, at = {}, 0
    for name, vectors in wires.items():
        spans[name] = slice(at, at + vectors.shape[1])
        at += vectors.shape[1]
    return spans
