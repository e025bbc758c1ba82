"""What a layer's keys and strengths look like: β, dimensions, angles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from .style import COLOURS, LOOK, OUTSIDE_LOWER, WIDTH, Picture, literal

WRITTEN = 13  # up to so many rows and columns numbers are written into the squares
ALL = 0.999  # of the keys: further directions are not shown


def key_geometry(
    edges: ArrayLike,
    counts: ArrayLike,
    explained: ArrayLike,
    dimension: ArrayLike,
    between: ArrayLike,
    inside: ArrayLike | None,
    letters: Sequence[str],
    title: str = "",
) -> Picture:
    """Panels of one layer: strengths, directions, effective dimensions, angles.

    edges, counts   [bins + 1] and [n_h, bins]: histograms of β, one a Householder step
    explained       [heads, K]: share of each principal direction in all keys, falling
    dimension       [heads, letters]: effective dimension of a letter's keys
    between         [letters, letters]: degrees between letters' keys, as lines, of one head and step
    inside          [pairs, letters]: degrees between the keys of one token, of one head; None where n_h = 1
    letters         their names

    >>> picture = key_geometry([0, 1, 2], [[3, 1]], [[0.9, 0.1]], [[1.0, 2.0]], [[0, 60], [60, 0]], None, ["a", "b"])
    >>> len([axis for axis in picture.axes if axis.get_title()])
    4
    """
    letters = [literal(letter if len(letter) <= 9 else letter[:8] + "…") for letter in letters]
    heads = np.atleast_2d(np.asarray(dimension, float))
    pairs = None if inside is None else np.atleast_2d(np.asarray(inside, float))
    with matplotlib.rc_context(LOOK | {"axes.grid": False}):
        rows: Any = [["strengths", "explained"], ["dimension", "between"]] + ([] if pairs is None else [["inside", "inside"]])
        picture = Picture(figsize=(WIDTH, 6.4 if pairs is None else 8.6), layout="constrained")
        axes = picture.subplot_mosaic(rows, height_ratios=[1, 1.25, 0.8][: len(rows)])
        _strengths(axes["strengths"], np.asarray(edges, float), np.atleast_2d(np.asarray(counts, float)))
        _explained(axes["explained"], np.atleast_2d(np.asarray(explained, float)))
        names = [f"head {h + 1}" for h in range(len(heads))]
        _squares(picture, axes["dimension"], heads, letters, names, "{:.1f}", (1, None))
        axes["dimension"].set_title("effective dimension of a letter's keys")
        _squares(picture, axes["between"], np.asarray(between, float), letters, letters, "{:.0f}", (0, 90))
        axes["between"].set_title(f"degrees between letters' keys{'' if pairs is None else ' of step 1'}")
        if pairs is not None:
            _inside(axes["inside"], pairs, letters)
            if len(pairs) > 1:
                picture.legend(*axes["inside"].get_legend_handles_labels(), loc=OUTSIDE_LOWER, ncols=6)
        if title:
            picture.suptitle(title)
    return picture


def _strengths(axis: Axes, edges: np.ndarray, counts: np.ndarray) -> None:
    for j, row in enumerate(counts):
        share = row / max(row.sum(), 1)
        axis.stairs(share, edges, color=COLOURS[j % len(COLOURS)], lw=1.6, label=f"step {j + 1}" if len(counts) > 1 else None)
    room = 0.02 * (edges[-1] - edges[0])
    axis.set(title="strength β of the steps", xlabel="β", ylabel="share", xlim=(edges[0] - room, edges[-1] + room))
    axis.grid(True)
    if len(counts) > 1:
        axis.set_ylim(0, (1.15 + 0.1 * len(counts)) * axis.get_ylim()[1])
        axis.legend(ncols=2, loc="upper center", handlelength=1.2, columnspacing=1)


def _explained(axis: Axes, shares: np.ndarray) -> None:
    """What the first 1, 2, … principal directions hold of all keys."""
    together, shown = shares.cumsum(axis=1), shares.shape[1]
    enough = (together > ALL).all(axis=0)
    if enough.any():
        shown = max(3, int(enough.argmax()) + 1)
    for h, row in enumerate(together[:, :shown]):
        style: dict[str, Any] = {"color": COLOURS[h % len(COLOURS)], "ls": "-" if h < len(COLOURS) else "--"}
        axis.plot(range(1, len(row) + 1), row, marker="o", ms=3.5, lw=1.4, label=f"head {h + 1}", **style)
    axis.set(title="keys in the first principal directions", xlabel="directions", ylabel="share", ylim=(0, 1.05))
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.grid(True)
    if len(shares) > 1:
        axis.legend(loc="lower right", ncols=2, handlelength=1.2)


def _squares(
    picture: Picture,
    axis: Axes,
    values: np.ndarray,
    columns: Sequence[str],
    rows: Sequence[str],
    form: str,
    limits: tuple[float, float | None],
) -> None:
    top = np.nanmax(values, initial=limits[0] + 1) if limits[1] is None else limits[1]
    shades = axis.imshow(values, cmap="cividis", vmin=limits[0], vmax=top, aspect="auto")
    axis.set_xticks(range(len(columns)), columns, rotation=_turn(columns), fontsize=8)
    axis.set_yticks(range(len(rows)), rows, fontsize=8)
    axis.tick_params(length=0)
    if max(values.shape) <= WRITTEN:
        for (i, j), value in np.ndenumerate(values):
            if np.isfinite(value):
                dark = value < (limits[0] + top) / 2
                axis.text(j, i, form.format(value), ha="center", va="center", fontsize=8, color="white" if dark else "black")
    picture.colorbar(shades, ax=axis, shrink=0.9)


def _inside(axis: Axes, pairs: np.ndarray, letters: Sequence[str]) -> None:
    across = np.linspace(-0.25, 0.25, len(pairs)) if len(pairs) > 1 else [0.0]
    for p, (row, (i, j)) in enumerate(zip(pairs, _pairs(len(pairs)), strict=True)):
        x = np.arange(len(letters)) + across[p]
        axis.plot(x, row, "osD^vP"[p % 6], color=COLOURS[p % len(COLOURS)], ms=6, label=f"steps {i} and {j}")
    axis.set(title="degrees between the keys of one token", ylim=(-5, 95), yticks=(0, 30, 45, 60, 90))
    axis.set_xlim(-0.6, len(letters) - 0.4)
    axis.set_xticks(range(len(letters)), letters, rotation=_turn(letters), fontsize=8)
    axis.grid(True)


def _pairs(count: int) -> list[tuple[int, int]]:
    """The pairs of n steps, (1, 2), (1, 3), … for the n that has so many."""
    n = next(n for n in range(2, count + 2) if n * (n - 1) // 2 == count)
    return [(i, j) for i in range(1, n + 1) for j in range(i + 1, n + 1)]


def _turn(names: Sequence[str]) -> int:
    return 60 if max(map(len, names), default=0) > 3 else 0
