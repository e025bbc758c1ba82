"""A head: a row for each letter with its gate and its Householder steps; letters that do the same share a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from ...automata.picture.content import arrow_label, shortened
from ...automata.picture.svg import INK, safe, text
from .numbers import matrix, number, vector
from .page import BODY, LEAD, PAD, Block, at, lines_block, stacked, width_of
from .steps import ORANGE, SIZE, WIRE, Sign, drawn, segment, sign

MAX_WIRES, MAX_STEPS = 8, 12  # of a head that is drawn on wires
MAX_ROWS = 12
MAX_TEXT = 44  # characters of a head's start, reading, and of a letter's steps said in words
BETWEEN = 8.0  # signs
APART = 12.0  # rows of different letters
GATE = 20.0
HIGH, WIDE = 230.0, 600.0  # from which height on a head's rows are set in columns, and how wide these may be together


@dataclass
class Action:
    """What a letter does to a head: its gate, then its steps."""

    gate: float
    signs: tuple[Sign, ...]


@dataclass
class HeadNumbers:
    """initial [K][V], query [K], and for each symbol its gate and its steps (β, k [K], v [V])."""

    initial: list[list[float]]
    query: list[float]
    gates: list[float]
    steps: list[list[tuple[float, list[float], list[float]]]]


def trimmed(head: HeadNumbers) -> HeadNumbers:
    """Without the rows and columns at the end that nothing ever fills: heads of one layer are as large as the largest."""
    keys = [step[1] for steps in head.steps for step in steps]
    rows = [i for i, q in enumerate(head.query) if q or any(head.initial[i]) or any(key[i] for key in keys)]
    values = [*head.initial, *(step[2] for steps in head.steps for step in steps)]
    columns = [j for j in range(len(head.initial[0])) if any(row[j] for row in values)]
    K, V = max(rows, default=0) + 1, max(columns, default=0) + 1
    steps = [[(beta, key[:K], value[:V]) for beta, key, value in each] for each in head.steps]
    return HeadNumbers([row[:V] for row in head.initial[:K]], head.query[:K], head.gates, steps)


def head_block(head: HeadNumbers, names: Sequence[str], title: str, what: str) -> Block:
    """names, of the symbols; what they are, "letters" or "symbols"."""
    head = trimmed(head)
    start = f"starts as {matrix(head.initial)}" if len(head.query) * len(head.initial[0]) <= 64 else "starts as written"
    asked = f"reads Sᵀq, q = {vector(head.query)}" if len(head.query) > 1 or head.query != [1.0] else "reads S itself"
    about = [title] if title else []
    about += [shortened(start, MAX_TEXT), shortened(asked, MAX_TEXT)]
    actions = [
        Action(gate, tuple(s for s in (sign(*step) for step in steps) if s is not None))
        for gate, steps in zip(head.gates, head.steps, strict=True)
    ]
    alike: dict[str, list[int]] = {}
    for a, action in enumerate(actions):
        alike.setdefault(repr(action), []).append(a)
    rows = [(arrow_label([names[a] for a in members], len(names) + 1), actions[members[0]]) for members in alike.values()]
    titles = [", ".join(names[a] for a in members[:40]) + (" …" if len(members) > 40 else "") for members in alike.values()]
    wires = len(head.query)
    on_wires = wires <= MAX_WIRES and max(len(action.signs) for _, action in rows) <= MAX_STEPS
    body = side_by_side(rows[:MAX_ROWS], titles, wires) if on_wires else in_words(rows[:MAX_ROWS], titles)
    hidden = sum(len(members) for members in list(alike.values())[MAX_ROWS:])
    left_out = [f"… {hidden} more {what} with {len(rows) - MAX_ROWS} other actions"] if hidden else []
    return stacked([lines_block(about), body, *([lines_block(left_out)] if left_out else [])])


def side_by_side(rows: Sequence[tuple[str, Action]], titles: Sequence[str], K: int) -> Block:
    """The circuits, in two or three columns where one would be high and narrow."""
    block = circuits(rows, titles, K)
    for columns in (2, 3):
        each = ceil(len(rows) / columns)
        if block.height < HIGH or each < 2:
            break
        parts, x, height = [], 0.0, 0.0
        for i in range(0, len(rows), each):
            column = circuits(rows[i : i + each], titles[i : i + each], K)
            parts.append(at(column, x, 0))
            x, height = x + column.width + 2 * PAD, max(height, column.height)
        if x - 2 * PAD > WIDE:
            break
        block = Block(x - 2 * PAD, height, parts)
    return block


def circuits(rows: Sequence[tuple[str, Action]], titles: Sequence[str], K: int) -> Block:
    """Each row its wires, one for each row of S."""
    left = max(width_of(label, SIZE) for label, _ in rows) + 10
    gated = any(action.gate != 1 for _, action in rows)
    steps = max(1, *(len(action.signs) for _, action in rows)) if rows else 1
    widths = [max((action.signs[j].width for _, action in rows if len(action.signs) > j), default=16.0) for j in range(steps)]
    right = left + BETWEEN + (GATE + BETWEEN) * gated + sum(widths) + BETWEEN * steps
    parts, y = [], 0.0
    for (label, action), title in zip(rows, titles, strict=False):
        wires = [y + WIRE * (i + 0.5) for i in range(K)]
        middle = y + WIRE * K / 2
        parts.append(f"<g><title>{safe(title)}</title>{text(label, (0, middle), SIZE, INK, 'start', 'bold')}</g>")
        parts += [segment(left, wire, right, wire, "#999999", 1.0) for wire in wires]
        x = left + BETWEEN
        if gated:
            if action.gate != 1:
                parts.append(gate_drawn(action.gate, x, wires))
            x += GATE + BETWEEN
        for j, shown in enumerate(action.signs):
            parts.append(drawn(shown, x + (widths[j] - shown.width) / 2, wires))
            x += widths[j] + BETWEEN
        noted = any(s.note and s.kind != "disc" for s in action.signs)
        y += WIRE * K + APART + (LEAD if noted else 0) + (6 if any(s.kind == "disc" for s in action.signs) else 0)
    return Block(right, y - APART / 2, parts)


def gate_drawn(gate: float, x: float, wires: Sequence[float]) -> str:
    """A bar over all wires with what it multiplies them by."""
    top, height = wires[0] - 8, wires[-1] - wires[0] + 16
    return (
        f"<g><title>the gate multiplies the state by {number(gate)}</title>"
        f'<rect x="{x:.1f}" y="{top:.1f}" width="{GATE:.1f}" height="{height:.1f}" rx="3" fill="#ffffff" stroke="{ORANGE}" '
        f'stroke-width="1.2"/>{text(f"×{number(gate)}", (x + GATE / 2, top + height / 2), SIZE, INK)}</g>'
    )


def in_words(rows: Sequence[tuple[str, Action]], titles: Sequence[str]) -> Block:
    """For heads of too many rows: the steps in short, i↔j a swap of rows, i←x an overwriting."""
    left = max(width_of(label, SIZE) for label, _ in rows) + 10
    parts, widest = [], 0.0
    for i, ((label, action), title) in enumerate(zip(rows, titles, strict=False)):
        y = LEAD * (i + 0.5)
        said = [f"×{number(action.gate)}"] * (action.gate != 1) + [shown.short for shown in action.signs]
        words = kept(said, MAX_TEXT) or "keeps the state"
        parts.append(f"<g><title>{safe(title)}</title>{text(label, (0, y), SIZE, INK, 'start', 'bold')}</g>")
        parts.append(f"<g><title>{safe(', '.join(said[:60]))}</title>{text(words, (left, y), BODY, INK, 'start')}</g>")
        widest = max(widest, width_of(words, BODY))
    return Block(left + widest, LEAD * len(rows), parts)


def kept(parts: Sequence[str], most: int) -> str:
    """As many of the parts as fit, and how many more there are.

    >>> kept(["1↔2", "2↔3"], 20), kept(["1↔2"] * 40, 16)
    ('1↔2 2↔3', '1↔2 1↔2 … (40)')
    """
    whole = " ".join(parts)
    if len(whole) <= most:
        return whole
    end, shown = f" … ({len(parts)})", ""
    for part in parts:
        if len(shown) + 1 + len(part) + len(end) > most:
            break
        shown = f"{shown} {part}".strip()
    return shown + end if shown else shortened(whole, most)
