"""Blocks from left to right with arrows between them, on as many lines as a notebook's width asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...automata.picture.labels import text_width
from ...automata.picture.svg import FILL, INK, MARGIN, text, whole

WIDTH = 880.0  # of a line
ARROW = 30.0  # between two blocks
LINE_GAP = 24.0
PAD = 10.0
TITLE, BODY = 13.0, 11.0  # sizes of texts
LEAD = 16.0  # from one line of text to the next


@dataclass
class Block:
    """Something drawn with its upper left corner at (0, 0)."""

    width: float
    height: float
    parts: list[str]


def lines_block(lines: Sequence[str], size: float = BODY, weight: str = "normal", colour: str = INK) -> Block:
    """Lines of text, one below the other."""
    parts = [text(line, (0, LEAD * (i + 0.5)), size, colour, "start", weight) for i, line in enumerate(lines)]
    return Block(max((width_of(line, size) for line in lines), default=0.0), LEAD * len(lines), parts)


def width_of(words: str, size: float) -> float:
    """About how wide a text is, wide letters told from others."""
    return text_width(words, size) + 0.3 * size * sum(character in "mwMW@%★○◎" for character in words)


def stacked(blocks: Sequence[Block], gap: float = 4.0) -> Block:
    """One below the other, flush left."""
    parts, y = [], 0.0
    for block in blocks:
        parts.append(at(block, 0, y))
        y += block.height + gap
    return Block(max((block.width for block in blocks), default=0.0), max(0.0, y - gap), parts)


def framed(block: Block, edge: str = INK, fill: str = FILL) -> Block:
    """In a box with room around it."""
    width, height = block.width + 2 * PAD, block.height + 2 * PAD
    box = f'<rect width="{width:.1f}" height="{height:.1f}" rx="6" fill="{fill}" stroke="{edge}" stroke-width="1.2"/>'
    return Block(width, height, [box, at(block, PAD, PAD)])


def at(block: Block, x: float, y: float) -> str:
    return f'<g transform="translate({x:.1f} {y:.1f})">{"".join(block.parts)}</g>'


def flow(blocks: Sequence[Block]) -> Block:
    """All of them, an arrow between each and the next; those of a line share their upper edge."""
    parts: list[str] = []
    x = y = height = right = 0.0
    for i, block in enumerate(blocks):
        if i and x + ARROW + block.width + ARROW > WIDTH:
            parts.append(arrow(x + 2, y + PAD + LEAD / 2))
            x, y, height = 0.0, y + height + LINE_GAP, 0.0
        if i:
            parts.append(arrow(x + 2, y + PAD + LEAD / 2))
            x += ARROW
        parts.append(at(block, x, y))
        x += block.width
        height, right = max(height, block.height), max(right, x + ARROW)
    return Block(right - ARROW if y == 0 else right, y + height, parts)


def arrow(x: float, y: float) -> str:
    tip = x + ARROW - 4
    return (
        f'<path d="M{x:.1f} {y:.1f} L{tip - 6:.1f} {y:.1f}" stroke="{INK}" stroke-width="1.4" fill="none"/>'
        f'<polygon points="{tip:.1f},{y:.1f} {tip - 8:.1f},{y - 4:.1f} {tip - 8:.1f},{y + 4:.1f}" fill="{INK}"/>'
    )


def to_svg(title: str, blocks: Sequence[Block], below: Sequence[str] = ()) -> str:
    """The page, with a title above and lines of text below."""
    body = stacked([lines_block([title], TITLE, "bold"), flow(blocks), lines_block(below)], gap=8.0)
    return whole(-MARGIN, -MARGIN, body.width + 2 * MARGIN, body.height + 2 * MARGIN, title, body.parts)
