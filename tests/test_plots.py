"""Pictures: nothing overlaps, the same bytes every time, colours that all can tell apart."""

import subprocess
import sys
from itertools import combinations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from deltaword.nets.plots import (
    Picture,
    drift_curves,
    effective_rank,
    key_geometry,
    length_curves,
    loss_curves,
    spectrum,
    trajectory,
)
from deltaword.nets.plots.style import COLOURS, WIDTH, strokes

LONG = [f"GatedDeltaProduct, n_h = {n}, conv 4, 4 layers [{r}, 1]" for n in (1, 2, 3, 4) for r in ("0", "−1")]
SWAPS = ["()", *(f"({i} {j})" for i, j in combinations(range(5), 2)), "(0 1)(2 3 4)"]


def squares(n_h: int, heads: int, letters: list[str]) -> Picture:
    draw = np.random.default_rng(0)
    n, pairs = len(letters), n_h * (n_h - 1) // 2
    between = draw.uniform(0, 90, (n, n))
    explained = np.sort(draw.dirichlet(np.ones(16), heads))[:, ::-1]
    counts = draw.integers(0, 50, (n_h, 40))
    inside = draw.uniform(0, 90, (pairs, n)) if pairs else None
    dimension = draw.uniform(1, n_h, (heads, n))
    return key_geometry(np.linspace(0, 2, 41), counts, explained, dimension, between, inside, letters, "layer 3")


POSITIONS = sorted({round(2048 ** (i / 23)) for i in range(24)})
PLACES = len(POSITIONS)


def along(n: int) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(n)
    mean = draw.uniform(0, 3**n, PLACES)
    return mean, mean * draw.uniform(1, 3, PLACES)


CASES = {
    "a spectrum of two letters": lambda: spectrum({"0": [1, 0.5], "1": [1, -1]}, {"0": [1], "1": [1, -1]}),
    "a spectrum of seven letters with a title": lambda: spectrum(
        {s: np.exp(1j * np.arange(9)) for s in SWAPS[:7]}, None, "layer 4"
    ),
    "a spectrum of twelve long letters": lambda: spectrum({s * 2: [1, -1] for s in SWAPS}, {s * 2: [1j] for s in SWAPS}),
    "one length curve": lambda: length_curves([8, 16, 32], {"LSTM": [1, 1, 0.5]}),
    "eight models by length": lambda: length_curves(
        [32, 64, 128, 256, 512, 1024, 2048, 4096, 8192],
        {name: np.full((3, 9), 0.9) for name in LONG},
        128,
        0.2,
        np.ones(9),
        "S_5",
    ),
    "lengths that are close": lambda: length_curves([512, 1024, 1100, 2048, 2100], {"LSTM": np.ones(5)}, 1024, 0.5),
    "one loss curve": lambda: loss_curves({"LSTM": [([1, 2], [0.7, 0.6])]}, "parity"),
    "losses of eight models": lambda: loss_curves(
        {name: [(np.arange(50) * 100, 10.0 ** -np.linspace(0, 5, 50))] * 3 for name in LONG}
    ),
    "a small drift": lambda: drift_curves(POSITIONS, {"layer 1": (np.zeros(PLACES), np.full(PLACES, 0.1))}),
    "a drift of four layers": lambda: drift_curves(
        POSITIONS,
        {f"layer {n}": along(n) for n in range(1, 5)},
        {f"layer {n}": along(n)[1] for n in range(1, 5)},
        128,
        (np.zeros(PLACES), np.zeros(PLACES)),
        "S_5",
    ),
    "ranks of four layers": lambda: effective_rank(
        POSITIONS, {f"layer {n}": np.full((8, PLACES), n) for n in range(1, 5)}, 32, np.ones(PLACES), "S_5"
    ),
    "keys of one step and two letters": lambda: squares(1, 1, ["0", "1"]),
    "keys of four steps and twelve letters": lambda: squares(4, 8, SWAPS),
    "keys of two steps": lambda: squares(2, 2, SWAPS[:6]),
}


def texts(picture: Picture) -> list[tuple[str, Bbox]]:
    """All that is written, and where; but what stands aslant."""
    canvas = FigureCanvasAgg(picture)
    canvas.draw()
    renderer = canvas.get_renderer()
    shown = [t for t in picture.findobj(Text) if isinstance(t, Text) and t.get_visible() and t.get_text().strip()]
    hidden = {id(t) for axis in picture.axes if not axis.get_visible() for t in axis.findobj(Text)}
    out_of_view = {
        id(label)
        for axes in picture.axes
        for axis in (axes.xaxis, axes.yaxis)
        for tick in axis.get_major_ticks()
        for label in (tick.label1, tick.label2)
        if not min(axis.get_view_interval()) - 1e-9 <= tick.get_loc() <= max(axis.get_view_interval()) + 1e-9
    }
    upright = [t for t in shown if t.get_rotation() % 90 == 0 and id(t) not in hidden | out_of_view]
    return [(t.get_text(), t.get_window_extent(renderer)) for t in upright]


@pytest.mark.parametrize("case", CASES)
def test_no_text_lies_on_another_or_out_of_the_picture(case):
    picture = CASES[case]()
    written, frame = texts(picture), picture.bbox
    assert written
    for (one, a), (other, b) in combinations(written, 2):
        shared = Bbox.intersection(a, b)
        assert shared is None or min(shared.width, shared.height) < 1, f"{one!r} and {other!r} overlap"
    for text, box in written:
        inside = frame.x0 - 1 <= box.x0 and box.x1 <= frame.x1 + 1 and frame.y0 - 1 <= box.y0 and box.y1 <= frame.y1 + 1
        assert inside, f"{text!r} leaves the picture"


@pytest.mark.parametrize("case", ["a spectrum of two letters", "one loss curve", "keys of two steps"])
def test_a_picture_is_the_same_bytes_every_time_and_shows_itself(case):
    one, other = CASES[case](), CASES[case]()
    assert one.svg() == other.svg()
    assert one._repr_svg_().startswith("<?xml")
    assert one.get_figwidth() <= WIDTH


def test_curves_show_the_numbers_that_they_are_given():
    lengths, values = [8, 16, 32], np.array([[1.0, 0.9, 0.4], [1.0, 1.0, 0.7]])
    lines = length_curves(lengths, {"LSTM": values}, chance=0.25).axes[0].lines
    assert [list(np.asarray(line.get_ydata(), float)) for line in lines] == [[0.25, 0.25], [1.0, 0.9, 0.4], [1.0, 1.0, 0.7]]
    assert lines[2].get_linewidth() > lines[1].get_linewidth()  # the better seed


def test_a_spectrum_shows_each_eigenvalue_once_where_it_is():
    picture = spectrum({"a": [1, 1, 1, -1, 0.5 + 0.5j]}, {"a": [1, -1]})
    marks = [line for line in picture.axes[0].lines if line.get_marker() in ("o", "D")]
    found = {
        marker: sorted(
            (float(x), float(y))
            for line in marks
            if line.get_marker() == marker
            for x, y in zip(np.asarray(line.get_xdata()), np.asarray(line.get_ydata()), strict=True)
        )
        for marker in "oD"
    }
    assert found == {"o": [(-1, 0), (0.5, 0.5), (1, 0)], "D": [(-1, 0), (1, 0)]}


@pytest.mark.parametrize("letter", ["$x_$", "$", "$\\frac$", "a_b^c", "<b>&", "{", "\\"])
def test_letters_are_written_as_they_are_and_not_as_mathematics(letter):
    pictures = (
        spectrum({letter: [1, -1]}),
        squares(2, 1, [letter, "b"]),
        trajectory([[1, 0], [0, 1], [1, 0]], [letter, letter], mirrors=[[1, 1], [1, 1]]),
    )
    for picture in pictures:
        FigureCanvasAgg(picture).draw()
        shown = [text.get_text().replace(r"\$", "$") for text in picture.findobj(Text)]  # pyright: ignore[reportAttributeAccessIssue]
        assert any(letter in text for text in shown)


def test_what_differs_in_the_range_alone_has_one_colour_and_another_line():
    found = strokes(LONG)
    for narrow, wide in zip(LONG[::2], LONG[1::2], strict=True):
        assert found[narrow]["color"] == found[wide]["color"]
        assert (found[narrow]["ls"], found[wide]["ls"]) == ("--", "-")
    assert len({(stroke["color"], stroke["marker"]) for stroke in strokes(f"model {i}" for i in range(42)).values()}) == 42


def test_colours_are_apart_in_lightness_or_hue_for_those_who_see_no_red_or_no_green():
    """Viénot, Brettel and Mollon 1999: what protanopes and deuteranopes see, in linear RGB."""
    rgb = np.array([[int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)] for colour in COLOURS])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    to_lms = np.array([[17.8824, 43.5161, 4.11935], [3.45565, 27.1554, 3.86714], [0.0299566, 0.184309, 1.46709]])
    protan = np.array([[0, 2.02344, -2.52581], [0, 1, 0], [0, 0, 1]])
    deutan = np.array([[1, 0, 0], [0.494207, 0, 1.24827], [0, 0, 1]])
    for sight in (np.eye(3), protan, deutan):
        seen = (linear @ to_lms.T @ sight.T @ np.linalg.inv(to_lms).T).clip(0, 1) ** (1 / 2.2)
        assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) > 0.1


def test_without_matplotlib_the_message_names_the_extra():
    code = "import sys; sys.modules['matplotlib'] = None; import deltaword.nets.plots"
    found = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, timeout=120)
    assert "MissingExtra" in found.stderr
    assert "deltaword[train]" in found.stderr
