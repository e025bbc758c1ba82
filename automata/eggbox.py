"""The picture of a monoid: its D-classes as boxes, rows for R-classes, columns for L-classes, a place for each H-class.

Words stand for elements; idempotents have a star and places that are groups are shaded. A line leads from a class down to
one next below it. A class too large to be read is shown by its numbers, and so is one whose words look alike when cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, sqrt

import numpy as np

from .errors import TooLarge
from .green import DClass, GreenRelations
from .picture.content import shortened, texts
from .picture.labels import text_width
from .picture.svg import FILL, INK, MARGIN, WAY, WAY_FILL, safe, text, whole

MAX_CLASSES = 100  # D-classes drawn
MAX_ELEMENTS, MAX_COLUMNS = 150, 20  # of a class drawn with its words
MAX_WORD = 16  # characters
WIDEST = 1000.0  # of a layer; where it is wider, its widest classes are shown by their numbers
SIZE, LINE, CAPTION = 12.0, 17.0, 16.0
PAD, GAP, LAYER_GAP = 7.0, 26.0, 34.0
STAR = "★"


@dataclass
class Box:
    """A D-class, what stands in its places and how large these are; or, without a class, room for a line that passes."""

    d_class: DClass | None
    caption: str
    places: list[list[list[str]]] | None  # the words of each place; None for a class shown by its numbers
    widths: list[float]  # of the columns
    height: float  # of a row
    x: float = 0.0  # its upper left corner
    y: float = 0.0
    floor: float = 0.0  # the lower end of the highest box beside it

    @property
    def inner_width(self) -> float:
        return sum(self.widths)

    @property
    def full_width(self) -> float:
        return max(self.inner_width, width_of(self.caption))

    @property
    def rows(self) -> int:
        return 1 if self.places is None else len(self.places)

    @property
    def full_height(self) -> float:
        return CAPTION + self.rows * self.height

    @property
    def middle(self) -> float:
        return self.x + self.full_width / 2


def can_draw(green: GreenRelations) -> bool:
    """Whether there are few enough D-classes for a picture."""
    return green.n_d <= MAX_CLASSES


def to_svg(green: GreenRelations) -> str:
    """The picture as SVG text. Raises TooLarge past 100 D-classes."""
    if not can_draw(green):
        raise TooLarge(
            f"{green.n_d} D-classes are too many for a picture, at most {MAX_CLASSES}; d_classes[i] has their numbers"
        )
    letters = texts(green.monoid.dfa.alphabet)
    layers, lines = layered([box(d_class, green, letters) for d_class in green.d_classes], green)
    for layer in layers:
        while layer_width(layer) > WIDEST and (spelt := [b for b in layer if b.places is not None]):
            by_numbers(max(spelt, key=lambda b: b.inner_width))
    width = max(layer_width(layer) for layer in layers)
    y = 0.0
    for layer in layers:
        x = (width - layer_width(layer)) / 2
        height = max(b.full_height for b in layer)
        for b in layer:
            b.x, b.y, b.floor = x, y, y + height
            x += b.full_width + GAP
        y += height + LAYER_GAP
    parts = [line_drawn(line) for line in lines]
    parts += [drawn(b, b.d_class) for layer in layers for b in layer if b.d_class is not None]
    description = f"Egg-box picture of a monoid of {len(green.monoid)} elements in {green.n_d} D-classes"
    return whole(-MARGIN, -MARGIN, width + 2 * MARGIN, y - LAYER_GAP + 2 * MARGIN, description, parts)


def layer_width(layer: list[Box]) -> float:
    return sum(b.full_width for b in layer) + GAP * (len(layer) - 1)


def box(d_class: DClass, green: GreenRelations, letters: list[str]) -> Box:
    group = d_class.group
    caption = f"rank {d_class.rank}" + (f", {group.description}" if group and group.order > 1 else "")
    empty = Box(d_class, caption, None, [0.0], 0.0)
    if len(d_class) > MAX_ELEMENTS or d_class.n_columns > MAX_COLUMNS:
        return by_numbers(empty)
    starred = set(d_class.idempotents.tolist())
    words = green.monoid.words

    def spelt(m: int) -> str:
        word = [letters[a] for a in words.letters(m)]
        joined = "".join(word) if green.monoid.dfa.letters_are_characters else "·".join(word)
        return shortened(joined or "ε", MAX_WORD) + (STAR if m in starred else "")

    places = [[[spelt(m) for m in place] for place in row] for row in d_class.places.tolist()]
    shown = [word for row in places for place in row for word in place]
    if 2 * len(set(shown)) < len(shown):
        return by_numbers(empty)
    side = words_a_line(d_class.group_order)
    widths = [
        PAD + side * max(width_of(word) + PAD for row in places for word in row[column]) for column in range(d_class.n_columns)
    ]
    return Box(d_class, caption, places, widths, PAD + LINE * ceil(d_class.group_order / side))


def by_numbers(b: Box) -> Box:
    """The box with its size in place of its words."""
    assert b.d_class is not None
    b.places, b.widths, b.height = None, [width_of(in_numbers(b.d_class)) + 2 * PAD], LINE + 2 * PAD
    return b


def width_of(words: str) -> float:
    """About how wide a text is, wide letters told from others."""
    return text_width(words, SIZE) + 0.35 * SIZE * sum(character in "mwMW@%★" for character in words)


def in_numbers(d_class: DClass) -> str:
    return f"{d_class.n_rows} × {d_class.n_columns} places of {d_class.group_order}"


def words_a_line(n: int) -> int:
    """How many of n words stand side by side in a place that is about as wide as high."""
    return max(1, round(sqrt(n / 2)))


def layered(boxes: list[Box], green: GreenRelations) -> tuple[list[list[Box]], list[list[Box]]]:
    """The boxes by height, and for each pair in `covers` the boxes that its line passes, one of each height.

    Those of one height are ordered so that lines are short: each near the middle of those it hangs from.
    """
    heights = green.heights.tolist()
    layers: list[list[int]] = [[] for _ in range(max(heights) + 1)]
    for number, height in enumerate(heights):
        layers[height].append(number)
    nodes, above, below, lines = list(boxes), [[] for _ in boxes], [[] for _ in boxes], []
    for upper, lower in green.covers.tolist():
        way = [upper]
        for height in range(heights[upper] + 1, heights[lower]):
            way.append(len(nodes))
            layers[height].append(len(nodes))
            nodes.append(Box(None, "", None, [0.0], 0.0))
            above.append([])
            below.append([])
        way.append(lower)
        for a, b in pairwise(way):
            above[b].append(a)
            below[a].append(b)
        lines.append([nodes[number] for number in way])
    place = np.zeros(len(nodes))
    for neighbours, order in [(above, layers), (below, layers[::-1]), (above, layers)]:
        for layer in order:
            middles = {number: mean(place, neighbours[number], place[number]) for number in layer}
            layer.sort(key=middles.__getitem__)
            place[layer] = (np.arange(len(layer)) + 0.5) / len(layer)
    return [[nodes[number] for number in layer] for layer in layers], lines


def mean(place: np.ndarray, members: Sequence[int], otherwise: float) -> float:
    return float(place[list(members)].mean()) if members else float(otherwise)


def line_drawn(way: list[Box]) -> str:
    """From a box down to another, straight past boxes of the same height and through the room kept for it in between."""
    points = [(way[0].middle, way[0].y + way[0].full_height), (way[0].middle, way[0].floor)]
    for b in way[1:-1]:
        points += [(b.middle, b.y), (b.middle, b.floor)]
    points.append((way[-1].middle, way[-1].y))
    corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{corners}" fill="none" stroke="{INK}" stroke-width="1" stroke-opacity="0.6"/>'


def drawn(b: Box, d_class: DClass) -> str:
    left, top = b.x + (b.full_width - b.inner_width) / 2, b.y + CAPTION
    height = b.rows * b.height
    parts = [
        f"<title>{safe(repr(d_class))}</title>",
        text(b.caption, (b.middle, b.y + CAPTION / 2 - 1), SIZE - 1, INK),
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{b.inner_width:.1f}" height="{height:.1f}" fill="{FILL}"/>',
    ]
    if b.places is None:
        parts.append(text(in_numbers(d_class), (left + b.inner_width / 2, top + b.height / 2), SIZE, INK))
    else:
        for i, row in enumerate(b.places):
            x = left
            for words, width in zip(row, b.widths, strict=True):
                parts.append(place_drawn(words, x, top + i * b.height, width, b.height))
                x += width
    edge = f'<rect x="{left:.1f}" y="{top:.1f}" width="{b.inner_width:.1f}" height="{height:.1f}" fill="none" '
    parts.append(f'{edge}stroke="{INK}" stroke-width="1.6"/>')
    return f"<g>{''.join(parts)}</g>"


def place_drawn(words: list[str], x: float, y: float, width: float, height: float) -> str:
    is_group = any(word.endswith(STAR) for word in words)
    side = words_a_line(len(words))
    step = (width - PAD) / side
    fill = WAY_FILL if is_group else "none"
    parts = [
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}" stroke="{INK}" stroke-width="0.6"/>'
    ]
    for i, word in enumerate(words):
        at = x + PAD / 2 + step * (i % side + 0.5), y + PAD / 2 + LINE * (i // side + 0.5)
        parts.append(text(word, at, SIZE, WAY if word.endswith(STAR) else INK))
    return "".join(parts)
