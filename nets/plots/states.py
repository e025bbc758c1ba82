"""What becomes of the state along a word: how far it drifts, and its effective rank."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib
import numpy as np
from matplotlib.ticker import NullLocator
from numpy.typing import ArrayLike

from .style import COLOURS, CONSTRUCTED, LOOK, SCALE, Picture, by_length, drawn, legend_beside, strokes

MARKS = (0, 0.5, 1, 2, 5, 10, 20, 50, 100, 1_000, 10_000)  # margins


def drift_curves(
    positions: ArrayLike,
    spent: Mapping[str, tuple[ArrayLike, ArrayLike]],
    distance: Mapping[str, ArrayLike] | None = None,
    trained_to: float | None = None,
    constructed: tuple[ArrayLike, ArrayLike] | None = None,
    title: str = "",
) -> Picture:
    """How much of the decoder's margin the drift of the state has spent, against the position in the word.

    positions    [P], rising
    spent        {name: (mean [P], largest [P])} over words: a line, and the band between the two; above 1 a state is taken for
                 another class
    distance     {name: [P]}: mean distance from the class mean over the margin, dotted
    trained_to   the longest word of training
    constructed  as spent, of the constructed network

    >>> picture = drift_curves([1, 2, 4], {"layer 1": ([0.1, 0.1, 0.2], [0.2, 0.3, 1.1])}, constructed=([0, 0, 0], [0, 0, 0]))
    >>> [text.get_text() for text in picture.legends[0].texts]
    ['margin', 'constructed', 'layer 1']
    """
    x = np.asarray(positions, float)
    with matplotlib.rc_context(LOOK):
        picture, axes = drawn(3.4)
        axis = axes[0, 0]
        axis.axhline(1, color=SCALE, ls="--", lw=1.2, label="margin")
        if trained_to is not None:
            axis.axvspan(trained_to, max(float(x[-1]), trained_to) * 1.08, color="#eeeeee", lw=0, zorder=0)
        if constructed is not None:
            axis.plot(x, _finite(constructed[1]), color=CONSTRUCTED, lw=7, alpha=0.35, label="constructed")
        highest = 1.0 if constructed is None else max(1.0, np.nanmax(_finite(constructed[1]), initial=1))
        for name, stroke in strokes(spent).items():
            mean, largest = (_finite(each) for each in spent[name])
            axis.plot(x, mean, color=stroke["color"], lw=1.8, label=name)
            axis.fill_between(x, mean, largest, color=stroke["color"], alpha=0.15, lw=0)
            highest = max(highest, np.nanmax(largest, initial=1))
            if distance is not None and name in distance:
                far = _finite(distance[name])
                axis.plot(x, far, color=stroke["color"], lw=1.4, ls=":")
                highest = max(highest, np.nanmax(far, initial=1))
        if distance:
            axis.plot([], [], color=SCALE, lw=1.4, ls=":", label="distance")
        by_length(axis, x)
        marks = [mark for mark in MARKS if mark <= highest * 1.2]
        axis.set_yscale("symlog", linthresh=1, linscale=1)  # straight up to the margin, logarithmic beyond it
        axis.yaxis.set_minor_locator(NullLocator())
        axis.set_yticks(marks, [f"{mark:g}" for mark in marks])
        axis.set(ylim=(-0.1, highest * 1.25), xlabel="position in the word", ylabel="in margins", title=title)
        legend_beside(picture, axis)
    return picture


def effective_rank(
    positions: ArrayLike,
    ranks: Mapping[str, ArrayLike],
    full: float | None = None,
    constructed: ArrayLike | None = None,
    title: str = "",
) -> Picture:
    """Effective rank of the states against the position in the word, a panel a layer.

    positions    [P], rising
    ranks        {panel: [heads, P]}, means over words
    full         the rank of a whole matrix of that size: the top of the scale
    constructed  [heads, P] or [P], of a layer of the constructed network, drawn in the first panel

    >>> len(effective_rank([1, 2], {"layer 1": [[1, 1.5]], "layer 2": [[1, 1]]}, full=2).axes)
    2
    """
    x = np.asarray(positions, float)
    with matplotlib.rc_context(LOOK):
        picture, axes = drawn(3.0, 1, max(1, len(ranks)), sharey=True)
        for i, (axis, (name, values)) in enumerate(zip(axes.flat, ranks.items(), strict=False)):
            heads = np.atleast_2d(np.asarray(values, float))
            for h, line in enumerate(heads):
                style = {"color": COLOURS[h % len(COLOURS)], "ls": "-" if h < len(COLOURS) else "--"}
                axis.plot(x, line, lw=1.6, label=f"head {h + 1}", **style)
            if constructed is not None and i == 0:
                for h, line in enumerate(np.atleast_2d(np.asarray(constructed, float))):
                    axis.plot(x, line, color=CONSTRUCTED, lw=7, alpha=0.35, label="constructed" if h == 0 else None)
            if full is not None:
                axis.axhline(full, color=SCALE, ls=":", lw=1.2, label="full rank")
            by_length(axis, x, at_most=max(4, 10 // max(1, len(ranks))))
            axis.set(title=name, xlabel="position in the word")
        axes[0, 0].set_ylabel("effective rank")
        axes[0, 0].set_ylim(bottom=0)
        legend_beside(picture, axes[0, 0])
        if title:
            picture.suptitle(title)
    return picture


def _finite(values: ArrayLike) -> np.ndarray:
    """NaN, a gap, in place of what is infinite: two classes with one mean have no margin."""
    found = np.asarray(values, float)
    return np.where(np.isfinite(found), found, np.nan)
