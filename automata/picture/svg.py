"""A drawing as SVG text: plain attributes, no scripts, no styles that would leak into the page around it."""

from __future__ import annotations

from html import escape

import numpy as np

from .content import Content
from .curves import Numbers, sampled
from .labels import LABEL_SIZE, LINE, NAME_SIZE, Label, text_width
from .routing import Drawing

FONT = "DejaVu Sans, Verdana, Helvetica, Arial, sans-serif"
PAPER, INK, FILL = "#ffffff", "#333333", "#f6f6f6"
WAY, WAY_FILL, LAST_FILL = (
    "#0072b2",
    "#d5eaf7",
    "#f9d99a",
)  # of Okabe and Ito's palette, told apart by every kind of colour vision
HEAD = 9.0  # length of an arrow head
MARGIN = 10.0
CAPTION = 24.0


def to_svg(drawing: Drawing) -> str:
    """The picture; the background is light whatever the page's."""
    content = drawing.content
    top, bottom = bounds(drawing)
    width, height = bottom - top
    parts, labels = [], []
    if content.caption is not None:
        width = max(width, text_width(content.caption, NAME_SIZE) + 2 * MARGIN)
        caption_at = top[0] + width / 2, top[1] + height + CAPTION / 2
        height += CAPTION
        parts.append(text(content.caption, caption_at, NAME_SIZE, INK))
    for arrow, curve, label in zip(content.arrows, drawing.curves, drawing.labels, strict=True):
        colour = WAY if arrow.visited else INK
        title = f"{content.names[arrow.source]} {'↔' if arrow.both else '→'} {content.names[arrow.target]}: {', '.join(arrow.letters)}"
        parts.append(f"<g><title>{safe(title)}</title>{line(curve, colour, 2.4 if arrow.visited else 1.2, arrow.both)}</g>")
        labels.append(on_paper(label, colour))
    parts.append(line(drawing.start, WAY if content.visited else INK, 1.2, both=False))
    parts += labels  # over all arrows
    parts += [state(drawing, q) for q in range(content.n)]
    return whole(top[0], top[1], width, height, described(content), parts)


def whole(x: float, y: float, width: float, height: float, description: str, parts: list[str]) -> str:
    body = "\n".join(parts)
    box = f"{x:.1f} {y:.1f} {width:.1f} {height:.1f}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" viewBox="{box}" role="img" '
        f'font-family="{FONT}">\n<title>{safe(description)}</title>\n'
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="6" fill="{PAPER}"/>\n{body}\n</svg>'
    )


def described(content: Content) -> str:
    """The picture in words, for those who hear it."""
    count = f"{content.n} state{'s' if content.n != 1 else ''}"
    text = f"Automaton with {count}, start {content.names[content.start]}"
    return text if content.caption is None else f"{text}; {content.caption}"


def bounds(drawing: Drawing) -> tuple[Numbers, Numbers]:
    """The upper left and lower right corners of all that is drawn."""
    corners = [drawing.points - drawing.radius - 1, drawing.points + drawing.radius + 1]
    corners += [sampled(curve) for curve in (*drawing.curves, drawing.start)]
    corners += [np.stack([label.at - label.half - 2, label.at + label.half + 2]) for label in drawing.labels]
    everything = np.concatenate(corners)
    return everything.min(axis=0) - MARGIN, everything.max(axis=0) + MARGIN


def state(drawing: Drawing, q: int) -> str:
    content, (x, y), r = drawing.content, drawing.points[q], drawing.radius
    visited = q in content.visited
    fill = LAST_FILL if q == content.last else WAY_FILL if visited else FILL
    colour, width = (WAY, 2.0) if visited else (INK, 1.2)
    rings = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" fill="{fill}" stroke="{colour}" stroke-width="{width}"/>'
    if q in content.accepting:
        rings += f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r - 3.5:.1f}" fill="none" stroke="{colour}" stroke-width="1.2"/>'
    lines = content.shown[q]
    name = "".join(text(line, (x, y + LINE * (i - (len(lines) - 1) / 2)), NAME_SIZE, INK) for i, line in enumerate(lines))
    return f"<g><title>{safe(content.names[q])}</title>{rings}{name}</g>"


def line(curve: Numbers, colour: str, width: float, both: bool) -> str:
    """The curve, ending inside its arrow head; with a head at its beginning too for both ways."""
    control = curve.copy()
    heads = [head(control[-1], control[-2])]
    control[-1] += 0.6 * HEAD * unit(control[-2] - control[-1])
    if both:
        heads.append(head(control[0], control[1]))
        control[0] += 0.6 * HEAD * unit(control[1] - control[0])
    first, *rest = (f"{x:.1f} {y:.1f}" for x, y in control)
    path = f"M{first} {'Q' if len(rest) == 2 else 'C'}{', '.join(rest)}"
    polygons = "".join(f'<polygon points="{points}" fill="{colour}"/>' for points in heads)
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>{polygons}'


def head(tip: Numbers, behind: Numbers) -> str:
    """The corners of an arrow head."""
    back = HEAD * unit(behind - tip)
    side = 0.4 * np.array([-back[1], back[0]])
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in (tip, tip + back + side, tip + back - side))


def unit(direction: Numbers) -> Numbers:
    return direction / max(float(np.linalg.norm(direction)), 1e-9)


def text(words: str, at: tuple[float, ...], size: float, colour: str, anchor: str = "middle", weight: str = "normal") -> str:
    return (
        f'<text x="{at[0]:.1f}" y="{at[1] + 0.35 * size:.1f}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" '
        f'fill="{colour}">{safe(words)}</text>'
    )


def on_paper(label: Label, colour: str) -> str:
    """A label, with the arrows that run behind it hidden."""
    (x, y), (width, height) = label.at - label.half, 2 * label.half
    paper = (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="3" fill="{PAPER}" fill-opacity="0.85"/>'
    )
    return paper + text(label.text, tuple(label.at), LABEL_SIZE, colour)


def safe(words: str) -> str:
    """Escaped for XML; texts here have no control characters (content.texts)."""
    return escape(words, quote=True)
