"""Accuracy by length, and loss by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil

import matplotlib
import numpy as np
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from .style import CONSTRUCTED, LOOK, SCALE, Picture, by_length, drawn, legend_below, logarithmic, strokes


def length_curves(
    lengths: ArrayLike,
    accuracy: Mapping[str, ArrayLike],
    trained_to: float | None = None,
    chance: float | None = None,
    constructed: ArrayLike | None = None,
    title: str = "",
) -> Picture:
    """Accuracy against length.

    lengths      [L], rising
    accuracy     {name: [seeds, L] or [L]} in [0, 1]: the best seed in bold, the others thin.  A name may end in the range
    trained_to   the longest word of training: what is longer is shaded
    chance       accuracy of guessing
    constructed  [L], of the constructed network

    >>> picture = length_curves([8, 16, 32], {"DeltaNet [−1, 1]": [[1, 1, 0.9], [1, 0.8, 0.6]]}, trained_to=8, chance=0.5)
    >>> len(picture.axes[0].lines)
    3
    """
    x = np.asarray(lengths)
    with matplotlib.rc_context(LOOK):
        picture, axes = drawn(3.4 + 0.2 * ceil(len(accuracy) / 2))
        axis = axes[0, 0]
        if trained_to is not None:
            axis.axvspan(trained_to, max(float(x[-1]), trained_to) * 1.08, color="#eeeeee", lw=0, zorder=0)
            axis.text(trained_to * 1.03, 1.03, "longer than in training", color="#444444", fontsize=8.5, va="bottom")
        if chance is not None:
            axis.axhline(chance, color=SCALE, ls=":", lw=1.2, label="chance")
        if constructed is not None:
            axis.plot(x, np.asarray(constructed, float), color=CONSTRUCTED, lw=7, alpha=0.35, label="constructed")
        for name, stroke in strokes(accuracy).items():
            seeds = np.atleast_2d(np.asarray(accuracy[name], float))
            best = _best_seed(seeds)
            for values in np.delete(seeds, best, axis=0):
                axis.plot(x, values, color=stroke["color"], ls=stroke["ls"], lw=0.8, alpha=0.55)
            axis.plot(x, seeds[best], lw=1.8, label=name, **stroke)
        by_length(axis, x)
        axis.set(ylim=(-0.03, 1.13), yticks=np.linspace(0, 1, 6), xlabel="length", ylabel="accuracy", title=title)
        legend_below(picture, axis)
    return picture


def loss_curves(losses: Mapping[str, Sequence[tuple[ArrayLike, ArrayLike]]], title: str = "") -> Picture:
    """Loss against step, on a logarithmic scale.

    losses   {name: a pair (steps [S], loss [S]) for each seed}, in nats; NaN where it was not measured or had diverged.  The seed that
             ends lowest is in bold

    >>> loss_curves({"LSTM": [([0, 100, 200], [0.7, 0.3, 0.01])]}).axes[0].get_yscale()
    'log'
    """
    with matplotlib.rc_context(LOOK):
        picture, axes = drawn(2.8 + 0.2 * ceil(len(losses) / 2))
        axis = axes[0, 0]
        for name, stroke in strokes(losses).items():
            line = {"color": stroke["color"], "ls": stroke["ls"]}
            seeds = [(np.asarray(steps, float), np.asarray(loss, float)) for steps, loss in losses[name]]
            last = [loss[np.isfinite(loss)][-1] if np.isfinite(loss).any() else np.inf for _, loss in seeds]
            for i, (steps, loss) in enumerate(seeds):
                best = i == int(np.argmin(last))
                axis.plot(steps, loss, lw=1.8 if best else 0.8, alpha=1 if best else 0.55, label=name if best else None, **line)
        logarithmic(axis, [loss for seeds in losses.values() for _, loss in seeds])
        axis.set(xlabel="step", ylabel="loss, nats", title=title)
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axis.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        legend_below(picture, axis)
    return picture


def _best_seed(seeds: np.ndarray) -> int:
    """The one with the largest mean of [seeds, L]."""
    known = np.isfinite(seeds)
    means = np.where(known, seeds, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return int(np.where(known.any(axis=1), means, -np.inf).argmax())
