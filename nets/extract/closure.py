"""Is a trained network right on every word?  Where its memory takes only finitely many values: look at them all.

Arithmetic    each token is computed in float64, then what is remembered is rounded to a format: float32, float16 or bfloat16, as where
              the state is kept in that format between tokens.
Search        breadth-first over pairs (what is remembered, state of the machine), by `theory/checker/explore.py`.  If it closes with
              every answer right, the network is right on words of every length, in this arithmetic: a proof by exhaustion, of the
              kind of grade 2 of `theory/certificate.py`.  Else: a shortest failing word, or that all words up to a length are right.
Rests on      float64 as this machine's torch computes it.  Two orders of summation could round a remembered number differently, seldom:
              every move of a search that closes is computed again, in other batches, and has to give the same bits.  `margin` is the
              least gap between the winning logit and the next: far above rounding, the answers do not hang on it.
Not proved    anything of the network in another arithmetic, and so not of chunked kernels in float32.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ...theory.checker.explore import UNDECIDED, Machine, explore
from .machine import Moore
from .recurrence import Recurrence

FORMATS = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
LIMIT = 8192
NUMBERS = 2**26
BATCH = 17  # of the second computation


@dataclass(frozen=True)
class Closure:
    """In one format: whether the search closed with every answer right; pairs met; every word of up to `depth` letters was found right;
    a shortest failing word (letter numbers), or None; the least gap met between the first and the second logit, where one is asked."""

    format: str
    closed: bool
    pairs: int
    depth: int
    failing: tuple[int, ...] | None
    margin: float

    def __str__(self) -> str:
        if self.closed:
            return (
                f"right on every word of every length: closed after {self.pairs} states, least margin {self.margin:.3g} "
                f"(each token in float64, the memory rounded to {self.format})"
            )
        how_far = f"{self.pairs} states met with the memory in {self.format}"
        if self.failing is not None:
            return f"wrong on a word of {len(self.failing)} letters, a shortest one ({how_far})"
        return f"did not close: right on every word of up to {self.depth} letters ({how_far})"


def closure(model: Any, target: Moore, format: str, limit: int = LIMIT) -> Closure:
    """Search in one format, up to about `limit` pairs.

    model   of one replica
    Raises  BadArgument for a model without a token-by-token form (recurrence.py)
    """
    walk = Walk(Recurrence(model), target, FORMATS[format])
    initial = np.concatenate([walk.rounded(walk.form.start())[0], [target.start, walk.outputs[target.start]]]).astype(
        np.float32
    )
    limit = min(limit, max(16, NUMBERS // len(initial)))
    labels: Any = walk.outputs  # `explore` compares labels, whatever they are
    machine = Machine(target.table, target.start, labels, by_state=False)
    names: Any = np.arange(len(target.classes) + 1)
    found = explore(machine, names, initial, walk.advance, walk.name, limit)
    wrong = [*found.undecided, *([] if found.failing is None else [found.failing])]  # undecided: a logit is no number
    failing = min(wrong, key=len, default=None)
    closed = found.closed and failing is None and walk.again(found.states, found.successors)
    return Closure(format, closed, len(found.states), found.depth, None if failing is None else tuple(failing), walk.margin)


class Walk:
    """States are rows of float32: what is remembered, the target's state, the class answered last (one past the classes: not asked)."""

    def __init__(self, form: Recurrence, target: Moore, kind: torch.dtype):
        self.form, self.target, self.kind, self.margin = form, target, kind, float("inf")
        self.asked, self.dead = target.outputs >= 0, target.dead
        self.outputs = np.where(self.asked, target.outputs, len(target.classes))

    def rounded(self, memory: Tensor) -> npt.NDArray[np.float32]:
        return memory.to(self.kind).float().numpy()

    def advance(self, states: np.ndarray, letter: int) -> np.ndarray:
        """States [N, size + 2] after a letter; nothing is remembered where nothing will be asked any more."""
        memory, logits = self.form.step(torch.from_numpy(states[:, :-2]).double(), letter)
        q = self.target.table[states[:, -2].astype(np.int64), letter]
        logits = logits[:, : len(self.target.classes)]
        top = logits.topk(min(2, logits.shape[1]), dim=-1).values.numpy()
        finite = np.isfinite(logits.numpy()).all(axis=1)
        asked = self.asked[q]
        if (asked & finite).any() and top.shape[1] == 2:
            self.margin = min(self.margin, float((top[:, 0] - top[:, 1])[asked & finite].min()))
        answer = np.where(asked, np.where(finite, logits.argmax(dim=-1).numpy(), UNDECIDED), len(self.target.classes))
        after = np.where(self.dead[q][:, None], np.float32(0), self.rounded(memory))
        return np.column_stack([after, q, answer]).astype(np.float32)

    def name(self, states: np.ndarray) -> npt.NDArray[np.int64]:
        return states[:, -1].astype(np.int64)

    def again(self, states: list[np.ndarray], successors: dict[tuple[int, int], int]) -> bool:
        """Whether every move comes out the same when computed in another order and other batches."""
        for letter in range(self.target.table.shape[1]):
            for first in reversed(range(0, len(states), BATCH)):
                nodes = range(first, min(first + BATCH, len(states)))[::-1]
                reached = self.advance(np.stack([states[node] for node in nodes]), letter) + np.float32(0)
                if not np.array_equal(reached, np.stack([states[successors[node, letter]] for node in nodes])):
                    return False
        return True
