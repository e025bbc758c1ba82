"""Whether the state stays where its class is, as the word grows.

Class mean   the mean of the states that stand for one class (one state of the machine), over words of training length.
Distance     of a later state from the mean of its class.
Margin       half the distance from a class mean to the nearest other: while a state is nearer than that to its own mean, a decoder that
             takes the nearest mean is right.
Spent        what of the way to another class's border the state has gone, max over c' of  2 (s − μ_c)·(μ_c' − μ_c) / ‖μ_c' − μ_c‖²,
             0 if it is on the way to none: at most distance over margin, and above 1 just where the nearest mean is another's.
             What a state keeps beside its class makes it distant and spends nothing.
Expectation  exact states are at distance 0 for ever, or at a constant one where a class has several codes.  Trained ones drift; an
             affine recurrence cannot correct what separates states (2605.07755), so that the ratio tells the length it lasts to.
Scope        the whole state counts, also parts that the network never reads; its own margin, in scores, is in curves.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import torch
from torch import Tensor


@dataclass(frozen=True)
class Drift:
    """At each position, over words: mean and largest distance; mean of distance over margin; mean and largest share of the margin
    that is spent; how many states are nearest to their own class's mean.  NaN where no state of a known class came."""

    positions: tuple[int, ...]
    distance: tuple[float, ...]
    farthest: tuple[float, ...]
    ratio: tuple[float, ...]
    spent: tuple[float, ...]
    most_spent: tuple[float, ...]
    nearest_right: tuple[float, ...]


def class_means(states: Tensor, classes: Tensor, n: int) -> Tensor:
    """Mean of each class [n, D], NaN for a class that does not come.

    states   [N, D]
    classes  [N], below 0 where unknown

    >>> class_means(torch.tensor([[1.0], [3.0], [5.0]]), torch.tensor([0, 0, 2]), 3).flatten().tolist()
    [2.0, nan, 5.0]
    """
    known = classes >= 0
    states, classes = states[known].double(), classes[known]
    counts = torch.bincount(classes, minlength=n).to(states)
    return states.new_zeros(n, states.shape[1]).index_add_(0, classes, states) / counts.unsqueeze(1).where(
        counts.unsqueeze(1) > 0, nan
    )


def distances(means: Tensor) -> Tensor:
    """From each class mean to each other: [n, D] to [n, n]; infinite to itself, and to and from unknown ones."""
    apart = torch.cdist(means, means, compute_mode="donot_use_mm_for_euclid_dist")
    return apart.nan_to_num(nan=torch.inf).fill_diagonal_(torch.inf)


def class_margins(means: Tensor) -> Tensor:
    """Half the distance to the nearest other mean: [n, D] to [n]; NaN for an unknown class, infinite for a lone one.

    >>> class_margins(torch.tensor([[0.0], [2.0], [8.0]])).tolist()
    [1.0, 1.0, 3.0]
    """
    return torch.where(means.isnan().any(-1), nan, distances(means).amin(-1) / 2)


def drift(states: Tensor, classes: Tensor, means: Tensor, positions: Sequence[int]) -> Drift:
    """How far states are from their class means after so many tokens each.

    states     [B, T, D], after each token
    classes    [B, T], below 0 where unknown
    means      [n, D], of `class_means` on other words
    positions  1 to T

    >>> states = torch.tensor([[[0.0], [4.5]]])
    >>> found = drift(states, torch.tensor([[0, 1]]), torch.tensor([[0.0], [4.0]]), [1, 2])
    >>> found.distance, found.ratio, found.most_spent  # 4.5 is past its mean, away from the other
    ((0.0, 0.5), (0.0, 0.25), (0.0, 0.0))
    """
    means = means.double()
    apart, usable, known_means = distances(means), ~means.isnan().any(-1), means.nan_to_num()
    margin = class_margins(means)
    rows = []
    for position in positions:
        here, named = states[:, position - 1].double(), classes[:, position - 1]
        known = (named >= 0) & usable[named.clamp(min=0)]
        here, named = here[known], named[known]
        if not len(here):
            rows.append((nan,) * 6)
            continue
        off = here - means[named]
        towards = off @ known_means.T - (off * known_means[named]).sum(1, keepdim=True)  # (s − μ_c)·(μ_c' − μ_c)
        spent = (2 * towards / apart[named].square()).nan_to_num(nan=torch.inf).amax(1)  # NaN: two classes with one mean
        far = off.norm(dim=1)
        found = (far.mean(), far.max(), (far / margin[named]).mean(), spent.mean(), spent.max(), (spent < 1).double().mean())
        rows.append(tuple(map(float, found)))
    columns = tuple(zip(*rows, strict=True)) if rows else ((),) * 6
    return Drift(tuple(positions), *columns)
