"""How arrows bend around states, and where loops and the start arrow sit, in pixels.

Greedy: each arrow, loop and label takes the place of least cost among a few, given what is placed already. The cost of the whole
drawing (`Drawing.cost`) chooses between layouts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .content import DENSE, Content
from .curves import Numbers, bent, loops, sampled, starts
from .labels import LABEL_SIZE, LINE, NAME_SIZE, Label, placed_labels, text_width
from .layout import layouts

LEAST_RADIUS = 19.0
CLEARANCE = 7.0  # kept between an arrow and a state that it passes
CROWDED = 14.0  # distance below which a loop and an arrow are too near
BENDS = np.array([0.0, 0.16, -0.16, 0.32, -0.32, 0.5, -0.5])
OPPOSITE_BENDS = np.array([0.16, 0.28, 0.42])  # where an arrow runs the other way too: each to its own left
DIRECTIONS = np.pi * np.arange(16) / 8
COARSE = 3  # of the samples of a curve, every so many are enough to find crossings
FIRST_BONUS = 1.5  # for levels from left to right, as textbooks draw


@dataclass
class Drawing:
    """A whole picture: states at `points` with one radius, an arrow's control points and label each, the start arrow's."""

    content: Content
    points: Numbers
    radius: float
    curves: list[Numbers]
    labels: list[Label]
    start: Numbers
    cost: float


def best_drawing(content: Content) -> Drawing:
    """The drawing of least cost among all layouts; on a circle in any case when there are arrows between most states."""
    radius = max(LEAST_RADIUS, *(name_radius(lines) for lines in content.shown))
    widest = max(text_width(arrow.label, LABEL_SIZE) for arrow in content.arrows)
    joins = [(arrow.source, arrow.target) for arrow in content.arrows if not arrow.is_loop]
    crowd = max(1.0, np.sqrt(len(joins) / content.n / 1.5))  # room for the labels of many arrows
    unit = 2 * radius + max(52.0, min(widest, 90.0) + 26) * crowd
    different: list[Numbers] = []
    for layout in layouts(content.n, joins, content.start):
        if not any(np.abs(layout - other).max() < 0.05 for other in different):
            different.append(layout)
    if len(joins) > DENSE * content.n:
        different = different[-1:]
    drawings = [routed(content, layout * unit, radius) for layout in different]
    drawings[0].cost -= FIRST_BONUS
    return min(drawings, key=lambda drawing: drawing.cost)


def routed(content: Content, points: Numbers, radius: float) -> Drawing:
    """Everything placed for given positions of the states."""
    arrows = content.arrows
    curves: dict[int, Numbers] = {}
    samples = np.zeros((0, len(sampled(np.zeros((3, 2)))), 2))  # of all that is placed so far
    cost = 0.0
    joined = {(arrow.source, arrow.target) for arrow in arrows}
    length = [float(np.linalg.norm(points[arrow.source] - points[arrow.target])) for arrow in arrows]
    between = sorted((i for i, arrow in enumerate(arrows) if not arrow.is_loop), key=lambda i: length[i])
    for i in between:  # short ones first, as they have the fewest choices
        arrow = arrows[i]
        bends = OPPOSITE_BENDS if (arrow.target, arrow.source) in joined else BENDS
        choices = bent(points[arrow.source], points[arrow.target], bends, radius, arrow.both)
        looked_at = sampled(choices)
        costs = passing(looked_at, np.delete(points, [arrow.source, arrow.target], axis=0), radius)
        costs += crossings(looked_at, samples) + (2 + length[i] / 400) * np.abs(bends)
        best = int(np.argmin(costs))
        curves[i], samples = choices[best], np.concatenate([samples, looked_at[best : best + 1]])
        cost += float(costs[best]) + length[i] / (10 * radius)
    start, start_cost = around(content.start, points, radius, samples, starts, prefer=np.pi, tolerance=0.6)
    samples = np.concatenate([samples, sampled(start)[None]])
    cost += start_cost
    for i in sorted(set(range(len(arrows))) - set(between)):
        away = points[arrows[i].source] - points.mean(axis=0)
        outwards = np.arctan2(away[1], away[0]) if abs(away[1]) > radius else -np.pi / 2  # in a row: upwards
        curves[i], loop_cost = around(arrows[i].source, points, radius, samples, loops, prefer=outwards, tolerance=0.3)
        samples = np.concatenate([samples, sampled(curves[i])[None]])
        cost += loop_cost
    ordered = [curves[i] for i in range(len(arrows))]
    labels, label_cost = placed_labels(arrows, ordered, points, radius, start)
    extent = np.ptp(np.concatenate([points, samples.reshape(-1, 2)]), axis=0)
    return Drawing(content, points, radius, ordered, labels, start, cost + label_cost + page_cost(extent, radius))


def passing(samples: Numbers, others: Numbers, radius: float) -> Numbers:
    """For each curve [C, S, 2]: 20 for each other state run through, less for one that is passed too near."""
    if not len(others):
        return np.zeros(len(samples))
    nearest = np.linalg.norm(samples[:, :, None] - others, axis=-1).min(axis=1)
    return 20 * np.clip((radius + CLEARANCE - nearest) / CLEARANCE, 0, 1).sum(axis=-1)


def crossings(samples: Numbers, placed: Numbers) -> Numbers:
    """How often each curve [C, S, 2] crosses those placed already [P, S, 2], common ends not counted."""
    mine, theirs = samples[:, 1:-1:COARSE], placed[:, 1:-1:COARSE]
    p, q = mine[:, :-1, None], mine[:, 1:, None]
    r, s = theirs[:, :-1].reshape(-1, 2), theirs[:, 1:].reshape(-1, 2)

    def left_of(a: Numbers, b: Numbers, c: Numbers):
        return (b[..., 0] - a[..., 0]) * (c[..., 1] - a[..., 1]) > (b[..., 1] - a[..., 1]) * (c[..., 0] - a[..., 0])

    meet = (left_of(p, q, r) != left_of(p, q, s)) & (left_of(r, s, p) != left_of(r, s, q))
    return meet.sum(axis=(1, 2)).astype(float)


def around(
    state: int,
    points: Numbers,
    radius: float,
    placed: Numbers,
    shapes: Callable[[Numbers, Numbers, float], Numbers],
    prefer: float,
    tolerance: float,
) -> tuple[Numbers, float]:
    """A loop or the start arrow in the direction of least cost: away from what is placed near its state, near the preferred one."""
    choices = shapes(points[state], DIRECTIONS, radius)
    looked_at = sampled(choices)
    costs = passing(looked_at, np.delete(points, state, axis=0), radius)
    costs += tolerance * np.abs((DIRECTIONS - prefer + np.pi) % (2 * np.pi) - np.pi)
    near = placed.reshape(-1, 2)
    near = near[np.abs(near - points[state]).max(axis=1, initial=0) < 4 * radius]
    if len(near):
        gaps = np.linalg.norm(looked_at[:, :, None] - near, axis=-1).min(axis=2)
        costs += np.clip((CROWDED - gaps) / CROWDED, 0, 1).sum(axis=1)
    best = int(np.argmin(costs))
    return choices[best], float(costs[best])


def page_cost(extent: Numbers, radius: float) -> float:
    """A page takes long rows sooner than towers."""
    width, height = np.maximum(extent, 4 * radius)
    return float((width + height) / 400 + max(0.0, width / height - 6) + 3 * max(0.0, height / width - 1.3))


def name_radius(lines: Sequence[str]) -> float:
    """Of a circle around the lines of a name."""
    return float(np.hypot(max(text_width(line, NAME_SIZE) for line in lines) / 2, (len(lines) - 1) * LINE / 2)) + 6
