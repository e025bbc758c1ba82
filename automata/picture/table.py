"""A machine too large or too dense for a drawing: its transition table, at most so many rows and columns of it, as SVG text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise

from ..dfa import DFA, Word
from .content import caption, shortened, texts
from .labels import text_width
from .svg import FILL, INK, LAST_FILL, MARGIN, WAY, WAY_FILL, text, whole

MAX_ROWS, MAX_COLUMNS = 24, 12
MAX_CELL = 14  # characters
MAX_WIDTH = 860.0  # fits a page and a notebook; a table that is wider loses columns
SIZE, ROW = 12, 22.0
SIGN = -9.0  # where the start's arrow stands, left of the table


def to_svg(dfa: DFA, word: Word | None = None) -> str:
    """A row a state and a column a letter; where there are too many, the first ones and those that the word uses.

    >>> wide = DFA([[0] * 12], 0, [], [f"a letter of {i}" for i in range(12)])
    >>> "more letters" in to_svg(wide)
    True
    """
    tokens = [] if word is None else dfa.encode(word)
    way = [] if word is None else dfa.states(dfa.decode(tokens))
    steps = set(zip(way, tokens, strict=False))
    names = texts(range(dfa.n_states) if dfa.state_names is None else dfa.state_names)
    letters = texts(dfa.alphabet)
    rows = selection(dfa.n_states, [dfa.start, *way[-1:], *way], MAX_ROWS)
    for most in range(MAX_COLUMNS, 0, -1):
        columns = selection(dfa.n_letters, tokens, most)
        head = ["", *(shortened(letters[a], MAX_CELL) for a in columns)]
        cells = [[shortened(names[p], MAX_CELL) for p in (q, *dfa.table[q, columns])] for q in rows]
        widths = [max(text_width(line[i], SIZE) for line in [head, *cells]) + 16 for i in range(len(head))]
        if sum(widths) <= MAX_WIDTH:
            break
    edges = [0.0, *accumulate(widths)]
    middles = [(left + right) / 2 for left, right in pairwise(edges)]

    about = [
        f"{dfa.n_states} states, {dfa.n_letters} letters; start {shortened(names[dfa.start], 30)}; {accepting(dfa, names)}"
    ]
    if word is not None:
        about.append(caption(dfa, tokens))
    parts = [text(line, (0, i * ROW), SIZE + 1, INK, "start") for i, line in enumerate(about)]
    y = len(about) * ROW + 4
    parts += [text(label, (x, y), SIZE, INK, weight="bold") for label, x in zip(head, middles, strict=True)]
    parts += [text("…", (edges[i + 1], y), SIZE, INK) for i in gaps(columns)]
    parts += [text("⋮", (SIGN, y + ROW * (i + 0.5)), SIZE, INK) for i in gaps(rows)]
    for q, line in zip(rows, cells, strict=True):
        y += ROW
        fill = LAST_FILL if q in way[-1:] else WAY_FILL if q in way else FILL
        parts.append(state_box(edges[0], y, widths[0], fill, q in dfa.accepting))
        if q == dfa.start:
            parts.append(text("→", (SIGN, y), SIZE, INK))
        taken = [False, *((q, a) in steps for a in columns)]
        parts += [box(edges[j], y, widths[j], WAY_FILL, WAY) for j, used in enumerate(taken) if used]
        for j, (cell, used) in enumerate(zip(line, taken, strict=True)):
            weight = "bold" if used or j == 0 else "normal"
            parts.append(text(cell, (middles[j], y), SIZE, WAY if used else INK, weight=weight))
    if hidden := left_out(dfa.n_states - len(rows), dfa.n_letters - len(columns)):
        y += ROW
        parts.append(text(hidden, (0, y), SIZE, INK, "start"))
    left, top = 2 * SIGN - MARGIN, -ROW / 2 - MARGIN
    right = max(edges[-1], *(text_width(line, SIZE + 1) for line in about), text_width(hidden, SIZE)) + MARGIN
    return whole(left, top, right - left, y + ROW / 2 + MARGIN - top, f"Transition table: {'; '.join(about)}", parts)


def selection(n: int, wanted: Iterable[int], most: int) -> list[int]:
    """At most so many of 0 .. n-1, ascending: the wanted ones first, then the first ones.

    >>> selection(9, [7, 5, 7], 4)
    [0, 1, 5, 7]
    """
    chosen = list(dict.fromkeys(wanted))[:most]
    for i in range(n):
        if len(chosen) >= most:
            break
        if i not in chosen:
            chosen.append(i)
    return sorted(chosen)


def gaps(chosen: Sequence[int]) -> list[int]:
    """The places before which some are left out.

    >>> gaps([0, 1, 5, 6, 9])
    [2, 4]
    """
    return [i for i in range(1, len(chosen)) if chosen[i] != chosen[i - 1] + 1]


def accepting(dfa: DFA, names: Sequence[str]) -> str:
    """
    >>> accepting(DFA([[0], [0]], 0, [1], "a"), ["even", "odd"])
    'accepting odd'
    """
    listed = f"accepting {', '.join(names[q] for q in sorted(dfa.accepting)[:3]) or 'none'}"
    return listed if len(dfa.accepting) <= 3 and len(listed) <= 50 else f"{len(dfa.accepting)} accepting"


def left_out(states: int, letters: int) -> str:
    """
    >>> left_out(0, 0), left_out(1, 30)
    ('', '… and 1 more state, 30 more letters')
    """
    counts = [f"{n} more {what}{'s' if n > 1 else ''}" for n, what in [(states, "state"), (letters, "letter")] if n]
    return f"… and {', '.join(counts)}" if counts else ""


def state_box(x: float, y: float, width: float, fill: str, accepts: bool) -> str:
    """Behind a state's name; a double frame for an accepting one."""
    outer = box(x, y, width, fill, INK if accepts else fill)
    return outer + (box(x, y, width, "none", INK, inset=3.5) if accepts else "")


def box(x: float, y: float, width: float, fill: str, edge: str, inset: float = 1) -> str:
    """A cell's background."""
    return (
        f'<rect x="{x + inset:.1f}" y="{y - ROW / 2 + inset:.1f}" width="{width - 2 * inset:.1f}" height="{ROW - 2 * inset:.1f}" '
        f'rx="4" fill="{fill}" stroke="{edge}"/>'
    )
