"""How near the kernels come to what the GPU can do at best: speed over operations a byte.

Roof      a kernel that moves Q bytes and does W operations takes at least Q / bandwidth and W / peak seconds, so its speed W / t is at
          most  min(peak, bandwidth · W / Q).  Both ceilings are measured: a large copy, a large product of bfloat16 matrices.
W         of the chunked WY form at C = 64 steps a chunk:  n (3 C D + 4 D²)  for a token's steps, with products of triangles at half:
          K Kᵀ and the inverse times K and V take C D a step each, the state's two products 2 D² each; and  2 C D + 2 D²  for its
          output, Q Kᵀ and P U at C D, Q S at 2 D².  Backward twice that.  Other chunks take other numbers of operations, and
          recomputation takes more: W is a yardstick, the same for all kernels.
Q         every input and output once a pass (`bench.bytes_moved`).
Source    Williams, Waterman, Patterson 2009, Roofline.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..automata.errors import CorruptFile, MissingExtra

CHUNK = 64
H200 = {"TB_per_s": 4.28, "TFLOP_per_s": 694.0}  # 8192³ and a copy of 4 GiB, median, cache flushed: for rows that lack them
SIZE = (9, 4.2)  # inches
PASSES = {"fwd": "forward", "fwd_bwd": "forward + backward"}


@dataclass(frozen=True)
class Point:
    """One shape: operations a byte, and operations a second, ours and of the best public kernel. alone: a batch of one sequence."""

    D: int
    n_h: int
    alone: bool
    intensity: float
    ours: float | None
    public: float | None


@dataclass(frozen=True)
class Roofline:
    """The ceilings in bytes and operations a second, and the points of each pass, in operations a second."""

    device: str
    bandwidth: float
    peak: float
    points: dict[str, tuple[Point, ...]]

    def roof(self, intensity: float) -> float:
        """The most operations a second at so many operations a byte.

        >>> roofline = Roofline("a GPU", 4e12, 7e14, {})
        >>> roofline.roof(100.0) / 1e12, roofline.roof(1000.0) / 1e12
        (400.0, 700.0)
        """
        return min(self.peak, self.bandwidth * intensity)


def operations(B: int, T: int, H: int, D: int, n: int) -> tuple[int, int]:
    """W of forward, and of forward + backward.

    >>> operations(1, 1, 1, 64, 1)
    (45056, 135168)
    """
    forward = B * T * H * (n * (3 * CHUNK * D + 4 * D * D) + 2 * CHUNK * D + 2 * D * D)
    return forward, 3 * forward


def roofline(record: dict[str, Any]) -> Roofline:
    """From what bench/record.py writes: `device` and `rows`, those of the table with shape and times in ms.

    Raises  CorruptFile for anything else
    """
    try:
        return _roofline(record)
    except (KeyError, TypeError, AttributeError) as error:
        raise CorruptFile(f"not the record of a run of the kernels: {type(error).__name__} {error}") from None


def _roofline(record: dict[str, Any]) -> Roofline:
    from .bench import bytes_moved

    device, rows = str(record["device"]), record["rows"]
    measured = {name: row[name] for row in rows for name in H200 if name in row}
    ceilings = (H200 | measured) if "H200" in device else measured
    points: dict[str, tuple[Point, ...]] = {}
    for i, pass_ in enumerate(PASSES):
        found = []
        for row in rows:
            if row["what"] != "table" or "D" not in row:
                continue
            shape = [row[name] for name in ("B", "T", "H", "D", "n_h")]
            work, moved = operations(*shape)[i], bytes_moved(*shape)[i]
            speeds = (
                None if (ms := row.get(name)) is None else work / ms * 1e3 for name in (f"{pass_}_ms", f"public_{pass_}_ms")
            )
            found.append(Point(row["D"], row["n_h"], row["B"] == 1, work / moved, *speeds))
        points[pass_] = tuple(found)
    return Roofline(device, ceilings["TB_per_s"] * 1e12, ceilings["TFLOP_per_s"] * 1e12, points)


def to_svg(found: Roofline) -> bytes:
    """The same bytes every time. Raises MissingExtra without matplotlib."""
    out = io.BytesIO()
    drawing = figure(found)
    import matplotlib as mpl

    with mpl.rc_context({"svg.hashsalt": "deltaword"}):
        drawing.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()


def figure(found: Roofline) -> Any:
    """A matplotlib Figure of two panels, forward and forward + backward. Raises MissingExtra without matplotlib."""
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        raise MissingExtra(
            "the roofline plot needs matplotlib, which is not installed: pip install 'deltaword[notebook]'"
        ) from None
    return drawn_on(Figure(figsize=SIZE, layout="constrained"), found)


def drawn_on(drawing: Any, found: Roofline) -> Any:
    """The panels on a matplotlib Figure, which is returned (nets/plots/roofline.py has one that shows itself in notebooks)."""
    axes = drawing.subplots(1, 2, sharey=True)
    for ax, (pass_, title) in zip(axes, PASSES.items(), strict=True):
        _panel(ax, found, found.points[pass_], title)
    axes[0].set_ylabel("TFLOP/s")
    axes[1].legend(*_legend(found), loc="lower right", fontsize=8, framealpha=0.9)
    drawing.suptitle(f"(gated) DeltaProduct on {found.device}, bfloat16; the numbers are n_h", fontsize=10)
    return drawing


COLOURS = {128: "#0072b2", 64: "#d55e00", 32: "#009e73"}  # told apart by the colour-blind, too (Okabe and Ito)
OTHER = "#555555"
LONG = "one long sequence"


def _panel(ax: Any, found: Roofline, points: Sequence[Point], title: str) -> None:
    low, high = min((p.intensity for p in points), default=64.0) / 1.3, max((p.intensity for p in points), default=64.0) * 2.0
    ridge = max(low, min(high, found.peak / found.bandwidth))
    ax.plot([low, ridge, high], [found.roof(x) / 1e12 for x in (low, ridge, high)], color="black", lw=1.2)
    for p in points:
        colour, marker = COLOURS.get(p.D, OTHER), "s" if p.alone else "o"
        if p.ours is not None and p.public is not None:
            ax.plot([p.intensity] * 2, [p.public / 1e12, p.ours / 1e12], color=colour, lw=0.7, alpha=0.6)
        if p.public is not None:
            ax.plot(p.intensity, p.public / 1e12, marker, mfc="white", mec=colour, ms=5)
        if p.ours is not None:
            ax.plot(p.intensity, p.ours / 1e12, marker, color=colour, ms=5)
            side = {"xytext": (-5, 0), "ha": "right"} if p.alone else {"xytext": (4, 2), "ha": "left"}
            ax.annotate(str(p.n_h), (p.intensity, p.ours / 1e12), textcoords="offset points", fontsize=7, **side)
    ax.set(xscale="log", yscale="log", xlim=(low, high), title=title, xlabel="operations a byte of inputs and outputs")
    ax.xaxis.set_major_locator(_ticks())
    ax.yaxis.set_major_locator(_ticks())
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter("{x:g}")
    ax.minorticks_off()
    ax.grid(alpha=0.25)


def _ticks() -> Any:
    """1, 2, 5, 10, 20 …"""
    from matplotlib.ticker import LogLocator

    return LogLocator(subs=(1.0, 2.0, 5.0))


def _legend(found: Roofline) -> tuple[list[Any], list[str]]:
    from matplotlib.lines import Line2D

    points = [p for of_pass in found.points.values() for p in of_pass]
    entries = [
        (Line2D([], [], color=COLOURS.get(D, OTHER), marker="o", ls=""), f"ours, D = {D}")
        for D in sorted({p.D for p in points}, reverse=True)
    ]
    if any(p.alone for p in points):
        entries.append((Line2D([], [], color=OTHER, marker="s", ls=""), LONG))
    if any(p.public is not None for p in points):
        entries.append((Line2D([], [], mfc="white", mec="black", marker="o", ls=""), "best public, same shape"))
    roof = f"{found.bandwidth / 1e12:.2f} TB/s, {found.peak / 1e12:.0f} TFLOP/s"
    entries.append((Line2D([], [], color="black", lw=1.2), roof))
    handles, names = zip(*entries, strict=True)
    return list(handles), list(names)
