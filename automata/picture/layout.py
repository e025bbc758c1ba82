"""Where the states of a drawing go: a circle, levels by distance from the start, or distances on the page like those in the graph.

Every layout is an array [n, 2], x to the right and y downwards, with the nearest two states at distance 1. `layouts` gives all of
them; the one whose arrows and labels collide least is drawn (routing.py).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]
ROUNDS = 150  # of stress majorisation
SWEEPS = 8  # of sorting the levels


def layouts(n: int, arrows: Sequence[tuple[int, int]], start: int) -> list[Points]:
    """Different layouts of the states 0 .. n-1, arrows given as (source, target); the start state lies to the left.

    >>> [layout.shape for layout in layouts(3, [(0, 1), (1, 2), (2, 2)], 0)]
    [(3, 2), (3, 2), (3, 2), (3, 2)]
    """
    if n == 1:
        return [np.zeros((1, 2))]
    joined = np.zeros((n, n), dtype=bool)
    for source, target in arrows:
        joined[source, target] = source != target
    ring, levels = circle(joined, start), layered(joined, start)
    distances = graph_distances(joined | joined.T)
    near = [turned(like_distances(distances, first), start) for first in (ring, levels)]
    return [spaced(layout) for layout in (levels, *near, ring)]


def circle(joined: npt.NDArray[np.bool_], start: int) -> Points:
    """Around a circle, clockwise from the left: in the order of the numbers or of a depth-first walk, whichever has shorter arrows."""
    n = len(joined)
    numbers = [(start + i) % n for i in range(n)]
    best = min((numbers, depth_first(joined, start)), key=lambda order: steps_around(joined, order))
    angles = np.pi + 2 * np.pi * np.arange(n) / n  # clockwise, as y grows downwards
    points = np.empty((n, 2))
    points[best] = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return points


def depth_first(joined: npt.NDArray[np.bool_], start: int) -> list[int]:
    """States in the order of a depth-first walk; those that it does not meet follow by their numbers."""
    order: list[int] = []
    stack = [*range(len(joined))[::-1], start]
    while stack:
        q = stack.pop()
        if q not in order:
            order.append(q)
            stack += np.flatnonzero(joined[q])[::-1].tolist()
    return order


def steps_around(joined: npt.NDArray[np.bool_], order: Sequence[int]) -> int:
    """How many places around the circle all arrows pass, the shorter way each."""
    n = len(order)
    place = np.empty(n, dtype=np.int64)
    place[order] = np.arange(n)
    apart = np.abs(place[:, None] - place)
    return int(np.minimum(apart, n - apart)[joined].sum())


def layered(joined: npt.NDArray[np.bool_], start: int) -> Points:
    """Columns by the number of letters needed from the start; within a column near their neighbours."""
    n = len(joined)
    level = np.full(n, -1)
    level[start], front, depth = 0, np.array([start]), 0
    while len(front):
        depth += 1
        front = np.flatnonzero(joined[front].any(axis=0) & (level < 0))
        level[front] = depth
    level[level < 0] = depth  # what no word reaches, in a column of its own
    columns = [np.flatnonzero(level == depth) for depth in range(level.max() + 1)]
    y = np.zeros(n)
    either = joined | joined.T
    for sweep in range(SWEEPS):
        for column in columns if sweep % 2 == 0 else columns[::-1]:
            pull = [y[np.flatnonzero(either[q])].mean() if either[q].any() else 0.0 for q in column]
            ordered = column[np.argsort(pull, kind="stable")]
            y[ordered] = np.arange(len(column)) - (len(column) - 1) / 2
    return np.stack([level.astype(float), y], axis=1)


def graph_distances(joined: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Numbers of steps between states, either way along arrows; one more than the largest where there is no way."""
    n = len(joined)
    distances = np.where(np.eye(n, dtype=bool), 0.0, np.inf)
    reached, steps = np.eye(n, dtype=bool), 0
    while True:
        wider = reached | (reached @ joined)
        if (wider == reached).all():
            break
        steps += 1
        distances[wider & ~reached] = steps
        reached = wider
    return np.where(np.isinf(distances), steps + 1, distances)


def like_distances(distances: npt.NDArray[np.float64], first: Points) -> Points:
    """Stress majorisation from a first layout: distances on the page as near to the given ones as can be, near pairs counting more.

    Source  Gansner, Koren, North, Graph Drawing by Stress Majorization, GD 2004
    """
    n = len(distances)
    weights = np.zeros((n, n))
    apart = ~np.eye(n, dtype=bool)
    weights[apart] = distances[apart] ** -2.0
    inverse = np.linalg.pinv(np.diag(weights.sum(axis=1)) - weights)
    jitter = np.random.default_rng(0).normal(scale=1e-3, size=(n, 2))  # points on one line would stay there
    points = first / np.abs(first).max() * distances.max() / 2 + jitter
    for _ in range(ROUNDS):
        on_page = np.linalg.norm(points[:, None] - points, axis=-1)
        pull = np.divide(weights * distances, on_page, out=np.zeros((n, n)), where=on_page > 1e-9)
        points = inverse @ ((np.diag(pull.sum(axis=1)) - pull) @ points)
    return points


def turned(points: Points, start: int) -> Points:
    """Turned so that the start lies to the left of the middle of all, or along the longest extent where it is the middle."""
    points = points - points.mean(axis=0)
    direction = -points[start]
    if np.linalg.norm(direction) < 0.3:
        direction = np.linalg.svd(points)[2][0]
    x, y = direction / np.linalg.norm(direction)
    return points @ np.array([[x, -y], [y, x]])


def spaced(points: Points) -> Points:
    """Scaled so that the nearest two are at distance 1."""
    distances = np.linalg.norm(points[:, None] - points, axis=-1)
    distances[np.diag_indices(len(points))] = np.inf
    return points / max(distances.min(), 1e-3)
