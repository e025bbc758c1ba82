"""Where the labels of arrows stand: beside or on their arrows, off states, other arrows and each other."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .content import Arrow
from .curves import Numbers, along, sampled

NAME_SIZE, LABEL_SIZE = 14, 12  # font sizes
LINE = 16.0  # between the lines of a name
GAP = 3.0  # between an arrow and a label beside it
PLACES = (0.5, 0.44, 0.56, 0.38, 0.62, 0.32, 0.68, 0.26, 0.74)  # of a label along its arrow
LOOP_PLACES = (0.5, 0.4, 0.6)
ON_LINE = 0.8  # what it costs to stand on the arrow itself, not beside it


@dataclass
class Label:
    """Text centred at a place, in a box of half this size."""

    text: str
    at: Numbers
    half: Numbers


def placed_labels(
    arrows: Sequence[Arrow], curves: Sequence[Numbers], points: Numbers, radius: float, start: Numbers
) -> tuple[list[Label], float]:
    """A label an arrow, and what they cost in all. Twice over: the second time with all the others in place."""
    samples = np.stack([sampled(control) for control in [*curves, start]])
    halves = np.array([[text_width(arrow.label, LABEL_SIZE) / 2 + 1, LABEL_SIZE / 2 + 1] for arrow in arrows])
    places, costs = [], []
    for i, (arrow, control) in enumerate(zip(arrows, curves, strict=True)):
        at, cost = label_places(arrow, control, halves[i])
        places.append(at)
        costs.append(cost + covering(at, halves[i], points, radius, np.delete(samples, i, axis=0).reshape(-1, 2)))
    chosen, total = np.full((len(arrows), 2), np.inf), 0.0
    for _ in range(2):
        total = 0.0
        for i, (at, cost) in enumerate(zip(places, costs, strict=True)):
            chosen[i] = np.inf
            apart = np.abs(at[:, None] - chosen) - halves - halves[i]
            here = cost + 6 * (apart < 1).all(axis=-1).sum(axis=1)
            best = int(np.argmin(here))
            chosen[i] = at[best]
            total += float(here[best])
    return [Label(arrow.label, at, half) for arrow, at, half in zip(arrows, chosen, halves, strict=True)], total


def label_places(arrow: Arrow, control: Numbers, half: Numbers) -> tuple[Numbers, Numbers]:
    """Where a label may stand [places, 2], and what each place costs by its distance from the best one."""
    middle, top = (control[0] + control[-1]) / 2, along(control, np.array([0.5]))[0]
    t = np.array(LOOP_PLACES if arrow.is_loop else PLACES)
    at, ahead = along(control, t), along(control, t + 0.01)
    tangent = (ahead - at) / np.linalg.norm(ahead - at, axis=1, keepdims=True)
    normal = np.stack([tangent[:, 1], -tangent[:, 0]], axis=1)
    reach = (np.abs(normal) @ half + GAP)[:, None]
    bowed = normal @ (top - middle)  # how far the arrow bows to the side of the normal
    aside = np.abs(t - 0.5)
    sides = [(at + side * reach * normal, aside + inner_cost(side * bowed)) for side in (1, -1)]
    if arrow.is_loop:
        return sides[0] if bowed[0] > 0 else sides[1]
    sides.append((at, aside + ON_LINE))
    return np.concatenate([place for place, _ in sides]), np.concatenate([cost for _, cost in sides])


def inner_cost(bowed: Numbers) -> Numbers:
    """The outer side of a bow is the freer one."""
    return np.where(bowed > 1, 0.0, np.where(bowed < -1, 0.6, 0.1))


def covering(at: Numbers, half: Numbers, points: Numbers, radius: float, lines: Numbers) -> Numbers:
    """What a label at each place would collide with: states, and samples of other arrows."""
    near = lines[((lines > at.min(axis=0) - half) & (lines < at.max(axis=0) + half)).all(axis=1)]
    outside = np.linalg.norm(np.maximum(np.abs(points - at[:, None]) - half, 0), axis=-1)
    inside = (np.abs(near - at[:, None]) < half).all(axis=-1)
    return 8.0 * (outside < radius + 2).sum(axis=1) + 0.5 * inside.sum(axis=1)


def text_width(text: str, size: float) -> float:
    """About how wide a sans-serif text is; wide (East Asian) characters count double."""
    return size * sum(1.05 if unicodedata.east_asian_width(c) in "WF" else 0.6 for c in text)
