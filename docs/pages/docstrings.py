"""Docstrings in our style, as autodoc wants them.

Ours are plain text: paragraphs; rows of a term, two spaces or more and a text, whose later lines are indented; formulas and shapes on
indented lines; and examples.  Rows become two columns, formulas mathematics, indented lines stay as they are, examples are examples.
Whatever is not recognised is a paragraph, in which nothing is markup: a docstring cannot break the build.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from .text import code, escaped, rows, rst, spans

_ROW = re.compile(r"(?P<term>\S(?:.{0,38}?\S)?)(?P<gap>\s{2,})(?P<text>\S.*)")
_SENTENCE_ENDS = (".", "!", "?", ":", ";", ",")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*(?:, [A-Za-z_][A-Za-z0-9_.]*)*")
_LABELS = {"Raises", "Returns", "Source", "Yields"}


def as_rst(lines: Sequence[str]) -> list[str]:
    """A docstring's lines, its common indentation removed, as reStructuredText.

    >>> as_rst(["The norm of A.", "", "A  a matrix"])
    ['\\\\The norm of :math:`A`\\\\ .', '', '.. rst-class:: rows', '', '``A``', '    \\\\a matrix', '']
    """
    return [line for block in _blocks(lines) for line in _block(block)]


def _blocks(lines: Sequence[str]) -> Iterator[list[str]]:
    """Runs of lines without an empty one between."""
    block: list[str] = []
    for line in [*(line.rstrip() for line in lines), ""]:
        if line:
            block.append(line)
        elif block:
            yield block
            block = []


def _block(block: list[str]) -> Iterator[str]:
    if block[0].lstrip().startswith(">>>"):
        yield from code("\n".join(block), "pycon")
        return
    at = 0
    while at < len(block):
        end = at + 1
        if block[at].startswith(" "):
            while end < len(block) and block[end].startswith(" "):
                end += 1
            yield from _indented(block[at:end])
        elif _is_row(block, at):
            items = []
            while at < len(block) and _is_row(block, at):
                end = at + 1
                while end < len(block) and block[end].startswith(" "):
                    end += 1
                items.append(_row(block[at:end]))
                at = end
            yield from rows(items)
        else:
            while end < len(block) and not block[end].startswith((" ", ">>>")) and not _is_row(block, end):
                end += 1
            yield rst(" ".join(block[at:end]))
            yield ""
        at = end


def _is_row(block: list[str], at: int) -> bool:
    """A term and its text. In running text two spaces follow the end of a sentence, and no line below is indented."""
    found = _ROW.fullmatch(block[at])
    if found is None or found["term"].endswith(_SENTENCE_ENDS) or found["term"].count(" ") > 5:
        return False
    before, after = block[at - 1] if at else "", block[at + 1] if at + 1 < len(block) else ""
    aligned = any(_column(line) == found.start("text") for line in (before, after) if line)
    return aligned or _NAME.fullmatch(found["term"]) is not None or len(found["gap"]) > 2 or len(block) == 1


def _column(line: str) -> int:
    """Where the text of a row, or of a row's later line, begins."""
    found = _ROW.fullmatch(line)
    return found.start("text") if found else len(line) - len(line.lstrip())


def _row(lines: list[str]) -> tuple[str, str]:
    found = _ROW.fullmatch(lines[0])
    assert found is not None
    term, rest = found["term"], lines[1:]
    column = found.start("text")
    text = [found["text"]]
    nested = [line for line in rest if len(line) - len(line.lstrip()) not in (column, 4, 2) or re.search(r"\S\s{3,}\S", line)]
    if nested:  # a table within a row stays as it is
        first = rest.index(nested[0])
        text += [line.strip() for line in rest[:first]]
        least = min(len(line) - len(line.lstrip()) for line in rest[first:])
        body = "\n".join(line[least:] for line in rest[first:])
        return _term(term), "\n".join([rst(" ".join(text)), "", *code(body, "text")])
    text += [line.strip() for line in rest]
    return _term(term), rst(" ".join(text))


def _term(term: str) -> str:
    """A name of the code, a formula, or words."""
    if term in _LABELS or not _NAME.fullmatch(term) or (len(term) > 1 and term[0].isupper() and "_" not in term):
        return rst(term)
    return ", ".join(f"``{name}``" for name in term.split(", "))


def _indented(lines: list[str]) -> Iterator[str]:
    """Formulas, each line one; or a block as it is."""
    least = min(len(line) - len(line.lstrip()) for line in lines)
    if all(_is_formula(line) for line in lines):
        yield from (".. rst-class:: formulas", "")
        for line in lines:
            parts = re.split(r"\s{2,}", line.strip())
            yield "| " + " :math:`\\qquad` ".join(map(rst, parts))
        yield ""
        return
    yield from code("\n".join(line[least:] for line in lines), "text")


def _is_formula(line: str) -> bool:
    """Mostly mathematics, and of the kind that plain text cannot show well."""
    found = list(spans(line.strip()))
    maths = sum(kind == "math" for kind, _, _ in found)
    letters = sum(len(what) for kind, what, _ in found if kind == "text" and re.search(r"[A-Za-z]{2,}", what))
    return maths > 0 and letters <= 0.35 * len(line.strip()) and re.search(r"[←=≤→≥ᵀ⋯⁻∈]", line) is not None and "`" not in line


def title_of(text: str | None) -> str:
    """The first sentence of a docstring, for lists.

    >>> title_of("A first. More of it.")
    'A first.'
    """
    first = " ".join((text or "").strip().split("\n\n")[0].split())
    found = re.match(r"(.+?\.)(?:\s|$)", first)
    return escaped(found[1] if found else first)
