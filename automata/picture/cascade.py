"""A cascade as blocks: the machines in a row, what each hands on to the next, and the reading of the covered state.

A block shows a machine as a graph where it is small, and says what its symbols do: permute its states, reset them all to one, or
neither.  Symbols are numbers; those of the first machine are the letters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..dfa import DFA
from .content import content
from .labels import text_width
from .placed import placed, size_of
from .routing import best_drawing
from .svg import FILL, INK, MARGIN, WAY, text, whole
from .svg import to_svg as drawing_svg

if TYPE_CHECKING:
    from ..cascade import Cascade

WIDTH = 880.0
MAX_MACHINES, MAX_DRAWN = 12, 8  # blocks; states of a machine drawn as a graph
MAX_ARROWS = 20
SMALLEST, LARGEST = 0.7, 300.0  # scale of a drawing, and its width
PAD, GAP, ARROW, LEAD, SIZE = 10.0, 34.0, 56.0, 16.0, 12.0


def to_svg(cascade: Cascade) -> str:
    """The picture as SVG text."""
    machines = cascade.machines[:MAX_MACHINES]
    hidden = len(cascade.machines) - len(machines)
    blocks = [block(i, machine) for i, machine in enumerate(machines)]
    parts, x, y, height, right = [], 0.0, LEAD + 6, 0.0, 0.0
    for i, (drawn, w, h) in enumerate(blocks):
        if i:
            if x + ARROW + w > WIDTH:
                x, y, height = 0.0, y + height + GAP, 0.0
            parts.append(arrow(x, y + 22, f"link {i}"))
            x += ARROW
        parts.append(f'<g transform="translate({x:.1f} {y:.1f})">{drawn}</g>')
        x, height = x + w, max(height, h)
        right = max(right, x)
    y += height + LEAD
    n = cascade.dfa.n_states
    below = [f"link i: machine i's symbol and its state before the letter make machine i + 1's symbol ({entries(cascade)})"]
    if not cascade.links:
        below = []
    if hidden:
        below.append(f"… {hidden} more machines")
    below.append(f"reader: the machines' states, from the last to the first, name one of the {n} covered")
    for line in below:
        parts.append(text(line, (0, y), SIZE - 1, INK, "start"))
        right, y = max(right, text_width(line, SIZE - 1)), y + LEAD
    count = len(cascade.machines)
    title = f"cascade of {count} machine{'s' * (count > 1)} that covers {n} states"
    parts.append(text(title, (0, LEAD / 2), SIZE + 1, INK, "start", "bold"))
    return whole(-MARGIN, -MARGIN, right + 2 * MARGIN, y - LEAD / 2 + 2 * MARGIN, title, parts)


def entries(cascade: Cascade) -> str:
    """How many entries the links have that can be met.

    >>> from ..languages import get
    >>> entries(get("T_3").holonomy().cascade)
    '9 entries'
    """
    counts = [int((np.asarray(link) >= 0).sum()) for link in cascade.links]
    shown = ", ".join(map(str, counts[:MAX_MACHINES])) + (", …" if len(counts) > MAX_MACHINES else "")
    return f"{shown} entries"


def does(machine: DFA) -> str:
    """What the symbols do to the states.

    >>> does(DFA([[1, 0, 0], [0, 0, 1]], 0, [], "abc"))
    '2 permute, 1 resets'
    """
    table = np.sort(machine.table, axis=0)
    permute = (table == np.arange(machine.n_states)[:, None]).all(axis=0)
    reset = (table[0] == table[-1]) & ~permute
    counts = [(int(permute.sum()), "permute", "permutes"), (int(reset.sum()), "reset", "resets")]
    counts.append((machine.n_letters - counts[0][0] - counts[1][0], "do neither", "does neither"))
    return ", ".join(f"{n:,} {many if n > 1 else one}" for n, many, one in counts if n)


def block(i: int, machine: DFA) -> tuple[str, float, float]:
    """A machine in its frame, and the width and height of that."""
    what = "letter" if i == 0 else "symbol"
    n, k = machine.n_states, machine.n_letters
    lines = [f"{n:,} state{'s' * (n > 1)}, {k:,} {what}{'s' * (k > 1)}", does(machine)]
    title = f"machine {i + 1}"
    drawing, w, h = "", 0.0, 0.0
    shown = content(machine)
    arrows = sum(not a.is_loop for a in shown.arrows)
    if n <= MAX_DRAWN and arrows <= MAX_ARROWS:
        picture = drawing_svg(best_drawing(shown))
        w, h = size_of(picture)
        scale = min(1.0, LARGEST / w)
        if scale >= SMALLEST:
            w, h = scale * w, scale * h
            drawing = placed(picture, 0, 0, scale)
        else:
            w = h = 0.0
    width = max([w, *(text_width(line, SIZE - 1) for line in lines), text_width(title, SIZE)]) + 2 * PAD
    top = PAD + LEAD * (1 + len(lines)) + 4
    height = top + h + PAD
    parts = [
        f'<rect width="{width:.1f}" height="{height:.1f}" rx="6" fill="{FILL}" stroke="{INK}" stroke-width="1.2"/>',
        text(title, (PAD, PAD + LEAD / 2), SIZE, INK, "start", "bold"),
        *(text(line, (PAD, PAD + LEAD * (j + 1.5)), SIZE - 1, INK, "start") for j, line in enumerate(lines)),
    ]
    if drawing:
        parts.append(f'<g transform="translate({(width - w) / 2:.1f} {top:.1f})">{drawing}</g>')
    return "".join(parts), width, height


def arrow(x: float, y: float, words: str) -> str:
    tip = x + ARROW - 3
    return (
        text(words, (x + ARROW / 2 - 1, y - 10), SIZE - 1, WAY)
        + f'<path d="M{x + 3:.1f} {y:.1f} L{tip - 7:.1f} {y:.1f}" stroke="{WAY}" stroke-width="1.6"/>'
        + f'<polygon points="{tip:.1f},{y:.1f} {tip - 8:.1f},{y - 4:.1f} {tip - 8:.1f},{y + 4:.1f}" fill="{WAY}"/>'
    )
