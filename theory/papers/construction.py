"""What a paper's construction is here: a machine, exact layers that track it, and a proof that they do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal

import numpy as np

from ...automata.dfa import DFA
from ..closure import closure
from ..exact_layer import ExactLayer, Head
from ..exact_stack import ExactStack
from ..householder import Step, product
from ..mlp import Mlp
from ..numbers import Number, tidied

PAIRS_UP_TO = 1_000_000

GRAZZI = "Grazzi et al. 2024, arXiv 2411.12537"
SIEMS = "Siems et al. 2025, arXiv 2502.10297"


@dataclass(frozen=True)
class Proof:
    """kind   "closure": all reachable pairs of stack and machine states were visited; "lemma": by induction over blocks
    pairs  how many pairs were visited, or how many facts the induction rests on, each checked
    says   what was found, in words
    """

    kind: Literal["closure", "lemma"]
    pairs: int
    says: str


@dataclass(frozen=True, eq=False)
class Construction:
    """name, the machine, the layers that track it, and the statement with its source.

    lemma   how to prove it where its reachable pairs are too many to visit
    pairs   how many reachable pairs are expected, where more than a few
    """

    name: str
    dfa: DFA
    stack: ExactStack
    statement: str
    lemma: Callable[[], Proof] | None = None
    pairs: int = 0

    @cached_property
    def exact(self) -> bool:
        """Whether every number is dyadic, so that floats hold all of them."""
        return all(map(is_dyadic, numbers_of(self.stack)))

    @property
    def n_h(self) -> int:
        """Steps a token, the most of any layer."""
        return max(head.n_h for heads in self.stack.layers for head in heads)

    @property
    def parameters(self) -> int:
        """Numbers in the links and the reader."""
        return self.stack.reader.parameters + sum(link.mlp.parameters for link in self.stack.links)

    def latex(self, proof: Proof | None = None) -> str:
        """The machine, the layers and, where it is given, the proof: a part of a document (theory/latex)."""
        from ..latex import construction

        return construction(self, proof)

    def proof(self, limit: int = PAIRS_UP_TO) -> Proof:
        """A proof for words of every length, in exact arithmetic. Raises ProofFails where the stack is wrong, TooLarge past the limit.

        limit   reachable pairs visited at most; where more are expected and there is a lemma, the lemma is checked
        """
        if self.lemma is not None and self.pairs > limit:
            return self.lemma()
        pairs = closure(self.stack, self.dfa, limit)
        return Proof("closure", pairs, f"all {pairs:,} reachable pairs of stack state and machine state are named rightly")


def numbers_of(stack: ExactStack) -> Iterable[Number]:
    """Every number in a stack."""
    for heads in stack.layers:
        for head in heads:
            yield from head.initial.flat
            yield from head.query
            for action in head.letters:
                yield action.gate
                for step in action.steps:
                    yield from (step.beta, *step.key, *step.value)
    for mlp in (*(link.mlp for link in stack.links), stack.reader):
        for array in (*mlp.weights, *mlp.biases):
            if array.dtype == object:
                yield from array.flat


def is_dyadic(value: Number) -> bool:
    """Whole numbers over a power of two.

    >>> [is_dyadic(x) for x in (3, Fraction(3, 8), Fraction(1, 3))]
    [True, True, False]
    """
    return isinstance(value, (int, Fraction)) and value.denominator & (value.denominator - 1) == 0


def orbit_point(steps: Iterable[Step], query: Sequence[Number]) -> np.ndarray:
    """What a head that starts at the identity and is read along `query` reads after these steps: Mᵀ query."""
    return tidied(product(steps, len(query)).T @ np.array(query, dtype=object))


def nearest_point(alphabet: Sequence[Any], heads: Sequence[Head], points: Sequence[np.ndarray]) -> ExactStack:
    """One layer that names the state whose point [sum of V] has the largest inner product with what is read.

    Points of equal length that differ are told apart: with ‖u‖ = ‖v‖ the logit of the right one leads by ‖u − v‖²/2.
    """
    return ExactStack.of(ExactLayer(alphabet, tuple(heads), np.array(points, dtype=object), (0,) * len(points)))


def nearest_point_mlp(points: Sequence[np.ndarray], ignored: int) -> Mlp:
    """The same as an Mlp, after `ignored` reads of earlier layers."""
    rows = np.array(points, dtype=object)
    weights = np.concatenate([np.zeros((len(rows), ignored), dtype=int).astype(object), rows], axis=1)
    return Mlp((weights,), (np.zeros(len(rows), dtype=int).astype(object),))


def smallest_gap(points: Sequence[np.ndarray]) -> float:
    """By how much the right logit leads at least, among points of equal length: min ‖u − v‖²/2."""
    rows = np.array([[float(x) for x in point] for point in points])
    gaps = ((rows[:, None] - rows[None]) ** 2).sum(axis=2) / 2
    np.fill_diagonal(gaps, np.inf)
    return float(gaps.min())
