"""The state's way through the plane, with the mirrors that moved it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import ceil
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from ...automata.errors import BadArgument
from ...automata.picture.content import shortened
from .style import BLUE, COLOURS, LOOK, OUTSIDE_LOWER, SCALE, VERMILION, Picture, drawn, literal

PANELS, COLUMNS = 11, 4  # letters drawn one by one, with a panel for the start
MIRROR = COLOURS[4]
PALE = "#d0d0d0"
MAX_LINES = 24  # mirrors drawn behind


def trajectory(
    points: ArrayLike,
    letters: Sequence[str] | None = None,
    mirrors: Sequence[Sequence[float]] | None = None,
    orbit: ArrayLike | None = None,
    title: str = "",
) -> Picture:
    """A panel for each letter: where the state was, the mirrors that moved it, and where it is. More than 11 letters: one panel.

    points    [T + 1, 2], start first, of any states with two numbers; `walk(net, word)` makes all four arguments of a network
    letters   T names
    mirrors   T lists of angles in degrees, of the line that each mirror keeps
    orbit     [N, 2], points that can be reached
    Raises    BadArgument on sizes that do not fit

    >>> import deltaword as dw
    >>> from deltaword.nets.plots import walk
    >>> picture = trajectory(*walk(dw.constructions.dihedral(5), ["r", "s", "r"]))
    >>> [axis.get_title() for axis in picture.axes]
    ['start', '1: r', '2: s', '3: r']
    """
    at = np.asarray(points, float)
    if at.ndim != 2 or at.shape[1] != 2 or len(at) == 0:
        raise BadArgument(f"points have shape {at.shape}, not [T + 1, 2]; give states of two numbers, the start first")
    count = len(at) - 1
    for name, given in (("letters", letters), ("mirrors", mirrors)):
        if given is not None and len(given) != count:
            raise BadArgument(f"{len(given)} {name} for a walk of {count} steps; give one for each step")
    around = np.zeros((0, 2)) if orbit is None else np.asarray(orbit, float).reshape(-1, 2)
    used = [[]] * count if mirrors is None else [list(angles) for angles in mirrors]
    reach = 1.12 * max(1e-9, float(np.abs(np.concatenate([at, around])).max()))
    lines = sorted({round(angle, 3) % 180 for angles in used for angle in angles})[:MAX_LINES]
    names = [str(t) for t in range(1, count + 1)]
    if letters is not None:
        names = [f"{name}: {literal(shortened(letter, 12))}" for name, letter in zip(names, letters, strict=True)]
    with matplotlib.rc_context(LOOK | {"axes.grid": False}):
        if count > PANELS:
            picture = whole_walk(at, around, lines, reach)
        else:
            columns = min(COLUMNS, count + 1)
            rows = ceil((count + 1) / columns)
            side = 2.2
            picture, axes = drawn(side * rows + 0.5 + 0.3 * bool(title), rows, columns, width=max(4.8, side * columns))
            for axis in axes.flat[count + 1 :]:
                axis.set_visible(False)
            for t, axis in enumerate(axes.flat[: count + 1]):
                plane(axis, around, lines, reach)
                if t:
                    moved(axis, at[t - 1], at[t], used[t - 1], reach)
                axis.plot(*at[t], "o", color=BLUE, ms=8, zorder=5, label="state")
                axis.set_title("start" if t == 0 else names[t - 1])
        entries = {n: mark for axis in picture.axes for mark, n in zip(*axis.get_legend_handles_labels(), strict=True)}
        picture.legend(entries.values(), entries.keys(), loc=OUTSIDE_LOWER, ncols=4)
        if title:
            picture.suptitle(title)
    return picture


def plane(axis: Axes, orbit: np.ndarray, lines: Sequence[float], reach: float) -> None:
    """All mirrors, or else the axes, and all points of the orbit, pale."""
    for angle in lines or (0.0, 90.0):
        axis.plot(*line(angle, reach), color=PALE, lw=0.8, zorder=0)
    if len(orbit):
        axis.plot(*orbit.T, "o", color="#b5b5b5", ms=3.5, zorder=1, label="reachable")
    axis.set(aspect="equal", xlim=(-reach, reach), ylim=(-reach, reach), xticks=[], yticks=[])
    for spine in axis.spines.values():
        spine.set_visible(False)


def line(angle: float, reach: float) -> np.ndarray:
    """A line through the origin as [2, 2]: its x, its y."""
    turn = np.radians(angle)
    return np.outer([np.cos(turn), np.sin(turn)], [-reach, reach])


def moved(axis: Axes, before: np.ndarray, after: np.ndarray, angles: Sequence[float], reach: float) -> None:
    """From where the state was, by each mirror in turn, to where it is."""
    axis.plot(*before, "o", mfc="white", mec=BLUE, ms=7, zorder=4, label="state before")
    way = [before]
    for i, angle in enumerate(angles):
        stroke: dict[str, Any] = {"ls": "-", "label": "mirror"} if i == 0 else {"ls": (0, (4, 2)), "label": "mirror after it"}
        axis.plot(*line(angle, reach), color=MIRROR, lw=2.2, zorder=2, **stroke)
        turn = np.radians(2 * angle)
        way.append(np.array([[np.cos(turn), np.sin(turn)], [np.sin(turn), -np.cos(turn)]]) @ way[-1])
    if not np.allclose(way[-1], after, atol=1e-2 * reach):  # not moved by these mirrors alone
        way = [before, after]
    for a in way[1:-1]:
        axis.plot(*a, "o", color="#444444", ms=3, zorder=4)
    for a, b in pairwise(way):
        if np.linalg.norm(b - a) > 1e-3 * reach:
            style = {"arrowstyle": "-|>", "color": "#444444", "shrinkA": 3, "shrinkB": 3, "lw": 1.2}
            axis.annotate("", tuple(b), tuple(a), arrowprops=style, zorder=3)


def whole_walk(points: np.ndarray, orbit: np.ndarray, lines: Sequence[float], reach: float) -> Picture:
    """One panel with the whole way."""
    picture, axes = drawn(5.4, width=5.2)
    axis = axes[0, 0]
    plane(axis, orbit, lines, reach)
    axis.plot(*points.T, color=BLUE, lw=0.8, alpha=0.5, zorder=2, label="way")
    axis.plot(*points.T, "o", color=BLUE, ms=4, zorder=3)
    axis.plot(*points[0], "D", color=SCALE, ms=8, zorder=4, label="start")
    axis.plot(*points[-1], "o", color=VERMILION, ms=9, zorder=5, label="end")
    axis.set_title(f"{len(points) - 1:,} letters")
    return picture
