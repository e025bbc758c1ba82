"""Our Markdown, whose mathematics is Unicode that every code host shows, with that mathematics as formulas.

Code, the targets of links and headings stay as they are; in sentences and cells of tables what theory/latex/prose.py reads as a formula
becomes one.
"""

from __future__ import annotations

import re

from .text import formulas

_KEPT = re.compile(
    r"(`+).+?\1|\[[\w./]+\]\([^)]*\)|\]\([^)]*\)|\$[^$]+\$|<[^<>\s][^<>]*>|\*\*|https?://\S+|\\.|\{\w+\}|µ\w+|[✓✗]"
)
_NUMBERS = re.compile(r"(?=.*\d)[A-Z0-9.,()\s]+")  # 6.0 (7.7, 14.9), H16 D128
_FENCE = re.compile(r"\s*(?:`{3,}|:{3,})")
_AS_IT_IS = re.compile(
    r"#|    |\s*\|[-:| ]+$|\s*$"
)  # headings, whose anchors are their words; code; the line below a table's head


def markdown(text: str) -> str:
    """A page of Markdown.

    >>> print(markdown("# β\\n\\nThe norm of k is 1: ‖k‖ = 1.\\n\\n    ‖k‖ = 1\\n"))
    # β
    <BLANKLINE>
    The norm of $k$ is 1: $\\|k\\| = 1$.
    <BLANKLINE>
        ‖k‖ = 1
    <BLANKLINE>
    """
    lines, fenced = [], False
    for line in text.split("\n"):
        fence = _FENCE.match(line) is not None
        lines.append(line if fenced or fence or _AS_IT_IS.match(line) else with_mathematics(line))
        fenced ^= fence
    return "\n".join(lines)


def with_mathematics(line: str) -> str:
    """A line of sentences, or a row of a table.

    >>> print(with_mathematics("**Keys** `k` of norm ‖k‖ = 1, [β ≤ 2](a_b.md), 8 µs"))
    **Keys** `k` of norm $\\|k\\| = 1$, [$\\beta \\leq 2$](a_b.md), 8 µs
    >>> print(with_mathematics(r"| [1_parity](1_parity.ipynb) | \\|v\\|² = 2 | ✓ |"))
    | [1_parity](1_parity.ipynb) | $\\Vert v\\Vert ^{2} = 2$ | ✓ |
    """
    row = line.lstrip().startswith("|")
    if row:  # a norm of which the bars had to be escaped
        line = re.sub(r"\\\|(.+?)\\\|", r"‖\1‖", line)
    parts, at = [], 0
    for kept in _KEPT.finditer(line):
        parts += [_plain(line[at : kept.start()], row), kept[0]]
        at = kept.end()
    return "".join([*parts, _plain(line[at:], row)])


def _plain(text: str, row: bool) -> str:
    """A piece without markup; the bars between the cells of a row are no signs of an absolute value."""
    return "|".join(_sentence(cell).replace("\\|", "\\Vert ") for cell in text.split("|")) if row else _sentence(text)


def _sentence(text: str) -> str:
    if not text.strip():
        return text
    result = ""
    for kind, what, spaced in formulas(text):
        result += (" " if spaced and result else "") + (
            f"${what}$" if kind == "math" and not _NUMBERS.fullmatch(what) else what
        )
    return text[: len(text) - len(text.lstrip())] + result + text[len(text.rstrip()) :]
