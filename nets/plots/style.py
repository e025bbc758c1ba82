"""One look for all pictures: colours told apart by the colour-blind, sizes that read at the width of a notebook.

Colours   of Okabe and Ito, less the yellow, which white paper swallows.  Black is kept for constructed networks, grey for what is only
          a scale: chance, bounds, axes.
Names     a curve's name may end in the range of its eigenvalues.  What differs in the range alone has one colour, and [0, 1] is dashed.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from typing import Any, cast

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, LogLocator, NullLocator
from numpy.typing import ArrayLike

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MARKERS = ("o", "s", "D", "^", "v", "P", "X")
BLUE, VERMILION = COLOURS[:2]
CONSTRUCTED, SCALE = "#000000", "#777777"
RANGE = re.compile(r"\s*\[(?:0|−1|-1), ?1\]$")
WIDTH = 9.0  # inches
OUTSIDE_RIGHT, OUTSIDE_LOWER = cast(Any, "outside right upper"), cast(Any, "outside lower center")  # pyright knows neither
LOOK: Any = {
    "font.size": 9.5,
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same everywhere
    "axes.titlesize": 10,
    "figure.titlesize": 11,
    "figure.dpi": 100,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "lines.markersize": 4,
    "svg.hashsalt": "deltaword",
}


class Picture(Figure):
    """A matplotlib Figure that shows itself in notebooks; `savefig` writes it in any format."""

    def svg(self) -> bytes:
        """The same bytes every time."""
        out = io.BytesIO()
        with matplotlib.rc_context(LOOK):
            self.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
        return out.getvalue()

    def _repr_svg_(self) -> str:
        return self.svg().decode()


def drawn(height: float, rows: int = 1, columns: int = 1, width: float = WIDTH, **options: Any) -> tuple[Picture, np.ndarray]:
    """An empty picture and its axes [rows, columns]. To be called, and drawn upon, within `matplotlib.rc_context(LOOK)`."""
    picture = Picture(figsize=(width, height), layout="constrained")
    return picture, picture.subplots(rows, columns, squeeze=False, **options)


def strokes(names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Colour, line and marker for each name.

    >>> found = strokes(["DeltaNet [0, 1]", "DeltaNet [−1, 1]", "LSTM"])
    >>> [found[name]["color"] for name in found], [found[name]["ls"] for name in found]
    (['#0072B2', '#0072B2', '#D55E00'], ['--', '-', '-'])
    """
    found: dict[str, dict[str, Any]] = {}
    models: dict[str, int] = {}
    for name in names:
        i = models.setdefault(RANGE.sub("", name), len(models))
        dashed = "[0," in name
        colour, marker = COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)]  # 6 and 7 of them: 42 pairs
        found[name] = {"color": colour, "ls": "--" if dashed else "-", "marker": marker}
        found[name]["mfc"] = "white" if dashed else found[name]["color"]
    return found


def literal(name: str) -> str:
    """A letter's name as it is: matplotlib takes what stands between two dollars for mathematics.

    >>> print(literal("$x$"))
    \\$x\\$
    """
    return name.replace("$", r"\$")


def by_length(axis: Axes, lengths: ArrayLike, at_most: int = 10) -> None:
    """A logarithmic axis of lengths or positions, just as long as they are; marked at them if they are few, else at powers of two."""
    lengths = np.asarray(lengths, dtype=float)
    first, last = lengths[0], lengths[-1]
    marks = lengths if len(lengths) <= at_most else 2.0 ** np.arange(np.ceil(np.log2(first)), np.log2(last) + 1e-9)
    marks = marks[:: -(-len(marks) // at_most)]
    apart = np.concatenate([[True], np.diff(np.log2(marks)) > 0.45])  # names closer than that would touch
    axis.set_xscale("log", base=2)
    axis.set_xlim(first / 1.06, last * 1.06)
    axis.xaxis.set_major_locator(FixedLocator(marks[apart].tolist()))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.xaxis.set_major_formatter(lambda x, _: f"{x:,.0f}")


def logarithmic(axis: Axes, values: Iterable[ArrayLike]) -> None:
    """A logarithmic vertical axis with plain numbers, as many as the values call for."""
    found = np.concatenate([np.ravel(np.asarray(each, dtype=float)) for each in values] or [np.ones(1)])
    found = found[np.isfinite(found) & (found > 0)]
    decades = float(np.log10(found.max() / found.min())) if len(found) else 0.0
    many, some, few = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.0), (1.0, 1.5, 2.0, 3.0, 5.0, 7.0), (1.0, 2.0, 5.0)
    marks = many if decades < 0.6 else some if decades < 1.3 else few if decades < 3 else (1.0,)
    axis.set_yscale("log")
    axis.yaxis.set_major_locator(LogLocator(subs=marks, numticks=12))
    axis.yaxis.set_minor_locator(NullLocator())
    axis.yaxis.set_major_formatter(lambda y, _: f"{y:g}")


def legend_beside(picture: Picture, axis: Axes) -> None:
    """Right of the axes, where it covers nothing: for short names."""
    picture.legend(*axis.get_legend_handles_labels(), loc=OUTSIDE_RIGHT)


def legend_below(picture: Picture, axis: Axes, columns: int = 2) -> None:
    """Below the axes: for long names."""
    picture.legend(*axis.get_legend_handles_labels(), loc=OUTSIDE_LOWER, ncols=columns)
