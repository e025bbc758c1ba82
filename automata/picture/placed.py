"""A picture inside another one: a whole SVG text at a place, scaled."""

from __future__ import annotations

import re

VIEW = re.compile(r'viewBox="([-\d.]+) ([-\d.]+) ([-\d.]+) ([-\d.]+)"')
OPENING = re.compile(r"<svg[^>]*>")


def size_of(picture: str) -> tuple[float, float]:
    """Width and height of what it shows.

    >>> size_of('<svg viewBox="0 0 20.0 10.0"></svg>')
    (20.0, 10.0)
    """
    found = VIEW.search(picture)
    assert found is not None  # every picture of ours has one
    return float(found[3]), float(found[4])


def placed(picture: str, x: float, y: float, scale: float = 1.0) -> str:
    """The picture, one of ours, with its upper left corner at (x, y).

    >>> placed('<svg viewBox="5 0 20.0 10.0">…</svg>', 1, 2, 0.5)
    '<g transform="translate(-1.5 2.0) scale(0.5000)">…</g>'
    """
    found = VIEW.search(picture)
    assert found is not None
    inner = OPENING.sub("", picture, count=1).removesuffix("</svg>")
    left, top = x - scale * float(found[1]), y - scale * float(found[2])
    return f'<g transform="translate({left:.1f} {top:.1f}) scale({scale:.4f})">{inner}</g>'
