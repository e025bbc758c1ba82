"""How far beyond its training lengths a network is right.

Length     accuracy "at length L" is over what is asked at positions after the next shorter length of the grid, up to L, of words of L
           letters; so it is no average with the easy beginning.  Where only the last position is asked, it is that position.
Margin     score of the true class less the largest of the others, as the network itself scores them: below 0 the answer is wrong.
Source     train length to 64 times of it: Grazzi et al. 2411.12537 (Figures of length extrapolation), Siems et al. 2502.10297.
Evidence   sampled: words drawn by a seed that training does not use.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import nan

import torch
from torch import Tensor

Scores = Callable[[Tensor], Tensor]
Batch = Callable[[range, int], tuple[Tensor, Tensor]]

TIMES = 64
ONCE = 2**16


@dataclass(frozen=True)
class LengthCurve:
    """lengths; accuracy in [0, 1] at each; asked, the answers that it is of; margin and lowest margin, in the network's scores.
    NaN where nothing was asked."""

    lengths: tuple[int, ...]
    accuracy: tuple[float, ...]
    asked: tuple[int, ...]
    margin: tuple[float, ...]
    lowest: tuple[float, ...]


def lengths_for(longest: int, times: int = TIMES) -> tuple[int, ...]:
    """A quarter, a half, and one to `times` times the longest training length, doubling.

    >>> lengths_for(32, 4)
    (8, 16, 32, 64, 128)
    """
    found = [max(1, longest // 4), max(1, longest // 2)]
    length = longest
    while length <= longest * times:
        found.append(length)
        length *= 2
    return tuple(sorted(set(found)))


def margins(scores: Tensor, targets: Tensor) -> Tensor:
    """Score of the target less the largest of the others; NaN where nothing is asked.

    scores   [B, T, classes]
    targets  [B, T], below 0 where nothing is asked
    Returns  [B, T]; an answer is right where this is above 0 (a tie, or NaN in the scores, is wrong)

    >>> margins(torch.tensor([[[1.0, 3.0], [2.0, 1.0]]]), torch.tensor([[1, -100]])).tolist()
    [[2.0, nan]]
    """
    asked = targets >= 0
    index = targets.clamp(min=0).unsqueeze(-1)
    true = scores.gather(-1, index)[..., 0]
    others = scores.scatter(-1, index, -torch.inf).amax(dim=-1)
    return torch.where(asked, true - others, nan)


@torch.no_grad()
def length_curve(scores: Scores, batch: Batch, lengths: Sequence[int], words: int = 64, once: int = ONCE) -> LengthCurve:
    """Accuracy and margin of a network by length.

    scores   tokens [B, T] to [B, T, classes]: any network
    batch    (rows, length) to tokens [B, length] and targets [B, length], below 0 where nothing is asked
    lengths  rising
    words    at each length
    once     tokens that go through the network at a time, about

    >>> parity = lambda rows, length: (lambda x: (x, x.cumsum(1) % 2))(torch.arange(len(rows) * length).view(-1, length) % 2)
    >>> always_0 = lambda tokens: torch.tensor([1.0, 0.0]).expand(*tokens.shape, 2)
    >>> length_curve(always_0, parity, [4, 8], words=2).accuracy
    (0.5, 0.5)
    """
    rows, before = [], 0
    for length in lengths:
        piece = max(1, once // length)
        parts = []
        for first in range(0, words, piece):
            tokens, targets = batch(range(first, min(words, first + piece)), length)
            asked = targets >= 0
            if asked[:, before:].any():  # else it is the last position that is asked, and it lies before
                asked[:, :before] = False
            parts.append(margins(scores(tokens).float(), targets)[asked].cpu())
        rows.append(torch.cat(parts))
        before = length
    return LengthCurve(
        tuple(lengths),
        tuple(float((row > 0).double().mean()) if len(row) else nan for row in rows),
        tuple(len(row) for row in rows),
        tuple(float(row.mean()) if len(row) else nan for row in rows),
        tuple(float(row.min()) if len(row) else nan for row in rows),
    )
