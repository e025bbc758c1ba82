"""A Householder step as a sign on the rows of the state that it changes, drawn on wires like the gates of a circuit.

Notation      wire i is row i of the state S [K, V]; a step S ← (I − β k kᵀ) S + β k vᵀ changes the rows where k is not zero.
Signs         × — ×   swap             k = c (e_i − e_j), β‖k‖² = 2, nothing written
              −       flip             k = c e_i, β‖k‖² = 2: the row changes its sign
              0       erase            k = c e_i, β‖k‖² = 1, nothing written
              w       overwrite        k = c e_i, β‖k‖² = 1: the row becomes w = β c v
              disc    mirror of the plane, K = 2: the line is the one that it keeps
              boxes   any other: the entries of k; blue where β‖k‖² = 2 (a mirror), orange where it is 1 (a projection), else green
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import atan2, cos, degrees, pi, sin

from ...automata.picture.labels import text_width
from ...automata.picture.svg import INK, WAY, WAY_FILL, safe, text
from .numbers import CLOSE, number, vector

WIRE = 18.0  # from one wire to the next
SIZE = 11.0  # of the texts in signs
HALF = 8.0  # half the height of a sign on one wire
LEAST = 16.0  # width of a sign
DISC = 14.0
ORANGE, ORANGE_FILL = "#b35a00", "#f9d99a"
GREEN, GREEN_FILL = "#00704f", "#d3eee4"


@dataclass(frozen=True)
class Sign:
    """A step as it is drawn: kind, said in words, and the texts on its wires, by wire."""

    kind: str  # "swap", "flip", "erase", "overwrite", "disc" or "boxes"
    words: str
    texts: dict[int, str]
    size: float  # β‖k‖²
    note: str = ""  # beside it
    angle: float = 0.0  # of the line that a mirror of the plane keeps, degrees

    @property
    def short(self) -> str:
        """In a few characters, for heads of too many rows to draw."""
        rows = [i + 1 for i in self.texts]
        if self.kind == "swap":
            return f"{rows[0]}↔{rows[1]}"
        if self.kind in ("flip", "erase", "overwrite"):
            return {"flip": f"−{rows[0]}", "erase": f"{rows[0]}←0", "overwrite": f"{rows[0]}←{self.texts[rows[0] - 1]}"}[
                self.kind
            ]
        return f"mirror {self.note}" if self.kind == "disc" else self.words

    @property
    def width(self) -> float:
        if self.kind == "disc":
            return 2 * DISC + text_width(self.note, SIZE) + 4
        widest = max((text_width(words, SIZE) + 6 for words in self.texts.values()), default=0.0)
        return max(LEAST, widest, text_width(self.note, SIZE - 1) + 4)


def sign(beta: float, key: Sequence[float], value: Sequence[float]) -> Sign | None:
    """How a step is drawn; None for one that does nothing.

    >>> sign(1.0, [1.0, -1.0, 0.0], [0.0]).words, sign(2.0, [1.0], [0.0]).words, sign(1.0, [0.0, 1.0], [3.0]).words
    ('swaps rows 1 and 2', 'flips the sign of row 1', 'overwrites row 2 by 3')
    """
    support = [i for i, x in enumerate(key) if x != 0]
    size = beta * sum(x * x for x in key)
    if beta == 0 or not support:
        return None
    writes = any(x != 0 for x in value)
    is_mirror, is_projection = abs(size - 2) < CLOSE, abs(size - 1) < CLOSE
    first = support[0]
    if len(support) == 1:
        written = [beta * key[first] * x for x in value]
        if is_mirror and not writes:
            return Sign("flip", f"flips the sign of row {first + 1}", {first: "−"}, size)
        if is_projection:
            if not writes:
                return Sign("erase", f"erases row {first + 1}", {first: "0"}, size)
            return Sign("overwrite", f"overwrites row {first + 1} by {vector(written)}", {first: written_as(written)}, size)
        plus = f" and adds {vector(written)}" if writes else ""
        words = f"multiplies row {first + 1} by {number(1 - size)}{plus}"
        return Sign("boxes", words, {first: f"×{number(1 - size)}{f' + {written_as(written)}' if writes else ''}"}, size)
    if len(support) == 2 and is_mirror and not writes:
        if abs(key[support[0]] + key[support[1]]) < CLOSE:
            return Sign("swap", f"swaps rows {first + 1} and {support[1] + 1}", dict.fromkeys(support, ""), size)
        if len(key) == 2:
            angle = mirror_angle(key)
            words = f"mirror of the plane, its line at {angle:.4g}°"
            return Sign("disc", words, {0: "", 1: ""}, size, f"{angle:.0f}°", angle)
    what = "mirror" if is_mirror else "projection" if is_projection else f"step with β‖k‖² = {number(size)}"
    words = f"{what} along k = {vector(key)}{f', writes v = {vector(value)}' if writes else ''}"
    note = "" if is_mirror or is_projection else f"×{number(1 - size)}"
    return Sign("boxes", words, {i: number(key[i]) for i in support}, size, f"{note} v={written_as(value)}" if writes else note)


def written_as(values: Sequence[float]) -> str:
    """A vector as short as it can be written.

    >>> written_as([0.0, 1.0, 0.0]), written_as([2.0]), written_as([0.0, 3.0])
    ('e2', '2', '(0, 3)')
    """
    if len(values) > 1 and sorted(values) == [0] * (len(values) - 1) + [1]:
        return f"e{list(values).index(1) + 1}"
    return vector(values) if len(values) <= 4 else f"{vector(values[:3])[:-1]}, …)"


def mirror_angle(key: Sequence[float]) -> float:
    """Of the line that a mirror of the plane keeps, at right angles to the key: degrees from 0 up to 180.

    >>> round(mirror_angle([0.0, 1.0])), round(mirror_angle([1.0, 0.0])), round(mirror_angle([-1.0, 1.0]))
    (0, 90, 45)
    """
    return round(degrees(atan2(-key[0], key[1])), 6) % 180


def drawn(shown: Sign, x: float, wires: Sequence[float]) -> str:
    """The sign with its left end at x, on wires at these heights."""
    middle = x + shown.width / 2
    rows = [wires[i] for i in shown.texts]
    edge, fill = colours(shown)
    parts = [f"<title>{safe(shown.words)}</title>"]
    if len(rows) > 1 and shown.kind != "disc":
        parts.append(segment(middle, rows[0], middle, rows[-1], edge, 1.6))
    if shown.kind == "swap":
        arm = 4.2
        for y in rows:
            parts.append(segment(middle - arm, y - arm, middle + arm, y + arm, edge, 2.2))
            parts.append(segment(middle - arm, y + arm, middle + arm, y - arm, edge, 2.2))
    elif shown.kind == "disc":
        centre, middle = (rows[0] + rows[1]) / 2, x + DISC
        turn = shown.angle * pi / 180  # the first row points right, the second up
        dx, dy = (DISC - 2) * cos(turn), -(DISC - 2) * sin(turn)
        parts.append(
            f'<circle cx="{middle:.1f}" cy="{centre:.1f}" r="{DISC:.1f}" fill="{fill}" stroke="{edge}" stroke-width="1.2"/>'
        )
        parts.append(segment(middle - dx, centre - dy, middle + dx, centre + dy, edge, 2.2))
        parts.append(paper(x + 2 * DISC + 1, centre, text_width(shown.note, SIZE) + 2))
        parts.append(text(shown.note, (x + 2 * DISC + 2, centre), SIZE, INK, "start"))
    else:
        for i, words in shown.texts.items():
            width = max(LEAST, text_width(words, SIZE) + 6)
            radius = HALF if shown.kind in ("flip", "erase") else 3.0
            parts.append(
                f'<rect x="{middle - width / 2:.1f}" y="{wires[i] - HALF:.1f}" width="{width:.1f}" height="{2 * HALF:.1f}" '
                f'rx="{radius:.1f}" fill="{fill}" stroke="{edge}" stroke-width="1.2"/>'
            )
            parts.append(text(words, (middle, wires[i]), SIZE, INK))
        if shown.note:
            parts.append(text(shown.note, (middle, wires[-1] + HALF + SIZE / 2 + 2), SIZE - 1, edge))
    return f"<g>{''.join(parts)}</g>"


def colours(shown: Sign) -> tuple[str, str]:
    """Edge and fill."""
    if abs(shown.size - 2) < CLOSE:
        return WAY, WAY_FILL
    return (ORANGE, ORANGE_FILL) if abs(shown.size - 1) < CLOSE else (GREEN, GREEN_FILL)


def segment(x: float, y: float, to_x: float, to_y: float, colour: str, width: float) -> str:
    return f'<path d="M{x:.1f} {y:.1f} L{to_x:.1f} {to_y:.1f}" stroke="{colour}" stroke-width="{width}" fill="none"/>'


def paper(x: float, y: float, width: float) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y - HALF:.1f}" width="{width:.1f}" height="{2 * HALF:.1f}" fill="#ffffff" fill-opacity="0.9"/>'
    )
