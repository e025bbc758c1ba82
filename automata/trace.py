"""A word's way through a machine, letter after letter, and its picture: the machine once for each letter read.

Small machines  are drawn again for each letter, in one layout: the arrow just taken and the state that it leads to stand out, what was
                visited before is tinted.  Long words: the first frames and the last one.
Large ones      are drawn once, with the whole way marked, or as a table (draw.py).
Above both      the word as a strip of states with the letters between them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from .dfa import DFA, Word
from .picture import table
from .picture.content import Content, content, shortened, texts
from .picture.labels import text_width
from .picture.placed import placed, size_of
from .picture.routing import Drawing, best_drawing
from .picture.svg import FILL, INK, LAST_FILL, MARGIN, WAY, WAY_FILL, text, whole
from .picture.svg import to_svg as drawing_svg

WIDTH, HEIGHT = 880.0, 1300.0  # of all frames, about
MAX_FRAMES, MAX_STRIP = 12, 48  # frames, and letters of the strip
SMALLEST = 0.75  # scale of a frame that can still be read
BOX, LETTER, STRIP = 24.0, 22.0, 44.0  # a state of the strip, least room for a letter, height of a line
MAX_NAME = 14  # characters
SIZE, GAP, CAPTION = 12.0, 16.0, 22.0


@dataclass(frozen=True)
class Trace:
    """tokens, the letters by number; states, start first, one more.

    >>> print(Trace.of(DFA([[0, 1], [1, 0]], 0, [1], "ab"), "abb"))
    0 —a→ 0 —b→ 1 —b→ 0: not accepted
    """

    dfa: DFA
    tokens: tuple[int, ...]
    states: tuple[int, ...]

    @classmethod
    def of(cls, dfa: DFA, word: Word) -> Trace:
        """Raises UnknownLetter."""
        tokens = dfa.encode(word)
        return cls(dfa, tuple(tokens), tuple(dfa.states(dfa.decode(tokens))))

    def __len__(self) -> int:
        """How many letters."""
        return len(self.tokens)

    @property
    def accepted(self) -> bool:
        return self.states[-1] in self.dfa.accepting

    def __str__(self) -> str:
        letters, names = texts(self.dfa.alphabet), state_texts(self.dfa)
        steps = "".join(f" —{letters[a]}→ {names[q]}" for a, q in zip(self.tokens, self.states[1:], strict=True))
        return f"{names[self.states[0]]}{steps}: {self.verdict}"

    @property
    def verdict(self) -> str:
        return "accepted" if self.accepted else "not accepted"

    def frame(self, t: int) -> str:
        """The machine after t letters as SVG text, for a slider or a film; one layout for all t. Raises IndexError."""
        if not 0 <= t <= len(self):
            raise IndexError(f"frame {t} of a word of {len(self)} letters; there are frames 0 to {len(self)}")
        return drawing_svg(framed(best_drawing(content(self.dfa)), self, t))

    def to_svg(self) -> str:
        """The strip and the frames."""
        return picture(self)

    def _repr_svg_(self) -> str:
        return self.to_svg()


def state_texts(dfa: DFA) -> list[str]:
    return texts(range(dfa.n_states) if dfa.state_names is None else dfa.state_names)


def picture(trace: Trace) -> str:
    from .draw import drawn_as_graph

    parts, height, width = strip(trace)
    shown = content(trace.dfa)
    drawing = best_drawing(shown) if drawn_as_graph(shown) else None
    scale = None if drawing is None else scale_of(drawing_svg(drawing))
    if drawing is None or scale is None:
        word = trace.dfa.decode(trace.tokens)
        machine = table.to_svg(trace.dfa, word) if drawing is None else drawing_svg(best_drawing(content(trace.dfa, word)))
        w, h = size_of(machine)
        scale = min(1.0, WIDTH / w)
        parts.append(placed(machine, 0, height + GAP, scale))
        width, height = max(width, scale * w), height + GAP + scale * h
    else:
        more, w, h = frames(trace, drawing, scale, height + GAP)
        parts += more
        width, height = max(width, w), h
    described = shortened(str(trace), 400)
    return whole(-MARGIN, -MARGIN, width + 2 * MARGIN, height + 2 * MARGIN, described, parts)


def strip(trace: Trace) -> tuple[list[str], float, float]:
    """States with letters between them, on lines; with height and width."""
    dfa, names, letters = trace.dfa, state_texts(trace.dfa), texts(trace.dfa.alphabet)
    n = len(trace)
    first = n if n <= MAX_STRIP else MAX_STRIP - 4
    times: list[int | None] = [*range(first + 1)]
    if first < n:
        times += [None, *range(n - 2, n + 1)]  # None: letters left out
    parts, x, y, right = [], 0.0, STRIP / 2, 0.0
    for i, t in enumerate(times):
        if t is None:
            words = f"… {n - 3 - first} letters …"
            width = text_width(words, SIZE) + 2 * LETTER
            if x + width > WIDTH:
                x, y = 0.0, y + STRIP
            parts.append(text(words, (x + width / 2, y), SIZE, INK))
            x, right = x + width, max(right, x + width)
            continue
        name = shortened(names[trace.states[t]], MAX_NAME)
        box = max(BOX, text_width(name, SIZE) + 10)
        letter = "" if t == 0 or times[i - 1] is None else shortened(letters[trace.tokens[t - 1]], MAX_NAME)
        room = max(LETTER, text_width(letter, SIZE) + 12) if letter else 0.0
        if x + room + box > WIDTH:
            x, y = 0.0, y + STRIP
        if letter:
            parts.append(link(x, y, room, letter))
        x += room
        state = trace.states[t]
        fill = LAST_FILL if t == n else WAY_FILL if t else FILL
        parts.append(state_box(x, y, box, name, fill, state in dfa.accepting))
        x, right = x + box, max(right, x + box)
    height = y + STRIP / 2
    parts.append(text(trace.verdict, (0, height + CAPTION / 2 - 4), SIZE + 1, INK, "start", "bold"))
    return parts, height + CAPTION, max(right, text_width(trace.verdict, SIZE + 1))


def link(x: float, y: float, room: float, letter: str) -> str:
    """A letter over its arrow."""
    tip = x + room - 1
    return (
        text(letter, (x + room / 2 - 1, y - 9), SIZE, WAY, weight="bold")
        + f'<path d="M{x + 1:.1f} {y + 3:.1f} L{tip - 6:.1f} {y + 3:.1f}" stroke="{WAY}" stroke-width="1.6"/>'
        + f'<polygon points="{tip:.1f},{y + 3:.1f} {tip - 7:.1f},{y - 0.5:.1f} {tip - 7:.1f},{y + 6.5:.1f}" fill="{WAY}"/>'
    )


def state_box(x: float, y: float, width: float, name: str, fill: str, accepts: bool) -> str:
    def frame(inset: float, paint: str) -> str:
        return (
            f'<rect x="{x + inset:.1f}" y="{y - BOX / 2 + inset:.1f}" width="{width - 2 * inset:.1f}" '
            f'height="{BOX - 2 * inset:.1f}" rx="5" fill="{paint}" stroke="{INK}"/>'
        )

    inner = frame(3, "none") if accepts else ""
    return f"<g>{frame(0, fill)}{inner}{text(name, (x + width / 2, y), SIZE, INK)}</g>"


def scale_of(frame: str) -> float | None:
    """How large a frame can be, as many beside each other as can still be read; None where not even one can."""
    w, _ = size_of(frame)
    if w * SMALLEST > WIDTH:
        return None
    columns = max(1, min(4, int((WIDTH + GAP) // (SMALLEST * w + GAP))))
    return min(1.0, (WIDTH - GAP * (columns - 1)) / columns / w)


def frames(trace: Trace, drawing: Drawing, scale: float, top: float) -> tuple[list[str], float, float]:
    """The frames below each other and side by side; with the width and the lower end."""
    n, letters, names = len(trace), texts(trace.dfa.alphabet), state_texts(trace.dfa)
    w, h = (scale * side for side in size_of(drawing_svg(drawing)))
    widest = max(w, 110.0)
    columns = max(1, int((WIDTH + GAP + 0.5) // (widest + GAP)))
    most = min(MAX_FRAMES, columns * max(1, int(HEIGHT // (h + CAPTION + GAP))))
    times = list(range(n + 1)) if n < most else [*range(most - 1), n]
    parts, right, y = [], 0.0, top
    for i, t in enumerate(times):
        if i and i % columns == 0:
            y += h + CAPTION + GAP
        x = (i % columns) * (widest + GAP)
        where = shortened(names[trace.states[t]], MAX_NAME)
        said = f"start: {where}" if t == 0 else f"{t}: {shortened(letters[trace.tokens[t - 1]], MAX_NAME)} → {where}"
        skipped = t - times[i - 1] - 1 if i else 0
        parts.append(text(f"… {said}" if skipped else said, (x, y + CAPTION / 2), SIZE, INK, "start", "bold"))
        parts.append(placed(drawing_svg(framed(drawing, trace, t)), x, y + CAPTION, scale))
        right = max(right, x + widest)
    y += h + CAPTION
    if n >= most:
        which = f"frames {most - 1} to {n - 1} are" if most < n else f"frame {n - 1} is"
        words = f"{which} left out: trace.frame(t) draws one"
        parts.append(text(words, (0, y + CAPTION / 2), SIZE, INK, "start"))
        y += CAPTION
        right = max(right, text_width(words, SIZE))
    return parts, right, y


def framed(drawing: Drawing, trace: Trace, t: int) -> Drawing:
    """The drawing after t letters: the arrow just taken, where it leads, and what was visited before."""
    shown = drawing.content
    step = (trace.states[t - 1], trace.states[t]) if t else None
    arrows = tuple(
        replace(arrow, visited=step == (arrow.source, arrow.target) or (arrow.both and step == (arrow.target, arrow.source)))
        for arrow in shown.arrows
    )
    now: Content = replace(shown, arrows=arrows, visited=frozenset(trace.states[: t + 1]), last=trace.states[t])
    return replace(drawing, content=now)
