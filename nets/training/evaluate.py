"""How often a stack is right: at each position, and over whole words, at any length.

Accuracy      the answer with the largest score is the target; over all that is asked.
Words         a word is right if every answer that is asked of it is.
Scaled        (accuracy − chance) / (1 − chance), chance being the best constant guess's (on arithmetic, as in the paper, one over the
              number of values): 0 for no skill, 1 for perfect, as in Grazzi et al. 2411.12537.
Evidence      sampled: the words are drawn, by a seed that training does not use.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from .distributed import Group
from .stack import Stack
from .step import autocast
from .words import TEST, fixed_words

BINS = 16
TOKENS = {"cuda": 2**21, "cpu": 2**16}  # over all replicas, that go through a stack at a time; less where memory is short


@dataclass(frozen=True)
class Evaluation:
    """Of words of one length.

    hits, asked     int64 [R, T]: right answers, and answers asked for, at each position
    loss            float64 [R, T]: cross-entropy in nats, summed over what is asked
    words, perfect  int64 [R]: words of which anything is asked, and those all right
    chance          float64 [R]: `Task.chance`, the accuracy of the best constant guess
    """

    hits: Tensor
    asked: Tensor
    loss: Tensor
    words: Tensor
    perfect: Tensor
    chance: Tensor

    @property
    def length(self) -> int:
        return self.hits.shape[1]

    def accuracy(self) -> list[float]:
        """A replica each."""
        return (self.hits.sum(1).double() / self.asked.sum(1).clamp(min=1)).tolist()

    def mean_loss(self) -> list[float]:
        return (self.loss.sum(1) / self.asked.sum(1).clamp(min=1)).tolist()

    def word_accuracy(self) -> list[float]:
        return (self.perfect.double() / self.words.clamp(min=1)).tolist()

    def scaled(self) -> list[float]:
        """NaN for a task on which a constant guess is always right."""
        return ((torch.tensor(self.accuracy(), dtype=torch.float64) - self.chance) / (1 - self.chance)).tolist()

    def bins(self, what: Tensor, n: int) -> list[list[float | None]]:
        """`hits` or `loss` per answer asked, in n equal parts of the word, a list a replica; None where nothing is asked."""
        borders = [self.length * i // n for i in range(n + 1)]
        sums, asked = (
            torch.stack([x[:, a:b].sum(1) for a, b in pairwise(borders)], dim=1).tolist() for x in (what, self.asked)
        )
        return [[x / count if count else None for x, count in zip(*row, strict=True)] for row in zip(sums, asked, strict=True)]

    def to_json(self) -> list[dict[str, Any]]:
        """A dictionary a replica."""
        columns = {
            "accuracy": self.accuracy(),
            "word_accuracy": self.word_accuracy(),
            "scaled": self.scaled(),
            "loss": self.mean_loss(),
            "words": self.words.tolist(),
            "accuracy_by_position": self.bins(self.hits, min(BINS, self.length)),
            "loss_by_position": self.bins(self.loss, min(BINS, self.length)),
        }
        rows = zip(*columns.values(), strict=True)
        return [{"length": self.length, **dict(zip(columns, row, strict=True))} for row in rows]


@torch.no_grad()
def evaluate(
    stack: Stack, length: int, words: int, stream: int = TEST, precision: str = "fp32", group: Group | None = None
) -> Evaluation:
    """A stack on drawn words, where its model is.

    words      of each replica, over all processes together
    stream     which words: `words.VALIDATION` or `words.TEST`
    precision  "bf16" for autocast, as trained; on a GPU
    """
    group = group or Group()
    device = next(stack.model.parameters()).device
    R, rows = len(stack.replicas), group.share(words)
    whole, real = {"dtype": torch.int64, "device": device}, {"dtype": torch.float64, "device": device}
    hits, asked, loss = torch.zeros(R, length, **whole), torch.zeros(R, length, **whole), torch.zeros(R, length, **real)
    counted, perfect = torch.zeros(R, **whole), torch.zeros(R, **whole)
    piece, begin = max(1, TOKENS[device.type] // (R * length)), rows.start
    trains = stack.model.training
    stack.model.eval()
    while begin < rows.stop:
        part = range(begin, min(begin + piece, rows.stop))
        try:
            tokens, targets = fixed_words(stack, stream, part, length, device)
            with autocast(device, precision):
                logits = stack.model(tokens)
                wrong = F.cross_entropy(logits.flatten(0, 2), targets.flatten(), reduction="none").view_as(targets)
            answers = logits.argmax(-1)
        except torch.OutOfMemoryError:
            if piece == 1:
                raise
            piece = max(1, len(part) // 2)
            continue
        asks = targets >= 0
        right = (answers == targets) & asks
        hits += right.sum(1)
        asked += asks.sum(1)
        loss += wrong.sum(1, dtype=torch.float64)
        counted += asks.any(2).sum(1)
        perfect += (asks.any(2) & (right == asks).all(2)).sum(1)
        begin = part.stop
    stack.model.train(trains)
    for found in (hits, asked, loss, counted, perfect):
        group.sum_(found)
    chance = torch.tensor([stack.task_of(r).chance for r in range(R)], dtype=torch.float64)
    return Evaluation(hits.cpu(), asked.cpu(), loss.cpu(), counted.cpu(), perfect.cpu(), chance)
