"""Our plain texts, with their mathematics in Unicode, as reStructuredText whose mathematics are formulas.

The reader of such texts is theory/latex/prose.py, which finds their formulas for LaTeX documents; here these formulas become the role
`math`, code becomes literals, and the rest is text in which nothing is markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from deltaword.theory.latex.prose import sentence as sentence
from deltaword.theory.latex.prose import spans as spans

_MARKUP = re.compile(r"([\\*`_|<>:])")
_CODE = re.compile(r"(`+)(?P<code>.+?)\1|(?<!\w)(?P<quoted>'[^'\n]{1,40}'|\"[^\"\s]{1,24}\")(?!\w)", re.DOTALL)
_NO_FORMULA = re.compile(r"[0-9.]+|[-+=/.,;]|[A-Z][0-9]{2,}")  # a lone number, a sign, a name such as H200


def escaped(text: str) -> str:
    """A text in which nothing is markup, for the middle of a line.

    >>> print(escaped("a_ *b* `c`"))
    a\\_ \\*b\\* \\`c\\`
    """
    return _MARKUP.sub(r"\\\1", text)


def literal(text: str) -> str:
    """Inline code, whatever it holds."""
    text = " ".join(text.split())
    if not text or text != text.strip() or "``" in text or text.startswith("`") or text.endswith(("`", "\\")):
        return escaped(text)
    return f"``{text}``"


def rst(text: str) -> str:
    """One paragraph of ours on one line of reStructuredText.

    >>> rst("G = I − β k kᵀ of `step` has ‖G‖ ≤ 1.")
    ':math:`G = I - \\\\beta k k^{\\\\mathsf{T}}` of ``step`` has :math:`\\\\|G\\\\| \\\\leq 1`\\\\ .'
    """
    result, last = "", "text"
    for kind, what, spaced in _merged(text):
        part = {"math": f":math:`{what}`", "code": literal(what), "text": escaped(what)}[kind]
        if not part:
            continue
        role = part[0] in ":`" and kind != "text"
        gap = " " if spaced and result else ""
        if not gap and result and (role or last != "text"):
            gap = "\\ "  # markup must not touch what is beside it
        if not result and not role:
            part = f"\\{part}" if not part.startswith("\\") else part  # no list, no heading
        result += gap + part
        last = kind if role else "text"
    return result


def _merged(text: str) -> Iterator[tuple[str, str, bool]]:
    """Spans, with code that the author marked and letters in quotes kept whole."""
    at = 0
    for code in _CODE.finditer(text):
        before = text[at : code.start()]
        yield from formulas(before)
        yield "code" if code["code"] else "text", code["code"] or code["quoted"], before[-1:].isspace()
        at = code.end()
    yield from formulas(text[at:])


def formulas(text: str) -> Iterator[tuple[str, str, bool]]:
    """Spans, without what only looks like a formula."""
    for kind, what, spaced in spans(text.rstrip()):
        yield ("text" if kind == "math" and _NO_FORMULA.fullmatch(what) else kind), what, spaced


def rows(items: Iterable[tuple[str, str]], kind: str = "rows") -> Iterator[str]:
    """Terms and texts as two columns, one above the other on a phone."""
    items = list(items)
    if not items:
        return
    yield from (f".. rst-class:: {kind}", "")
    for term, text in items:
        yield term
        yield from (f"    {line}" if line else "" for line in text.split("\n"))
    yield ""


def heading(title: str, under: str = "=") -> list[str]:
    return [title, under * max(3, 2 * len(title)), ""]


def table(head: Iterable[str], lines: Iterable[Iterable[str]], widths: str = "auto", kind: str = "") -> Iterator[str]:
    """A table of cells in reStructuredText, one line each."""
    yield ".. list-table::"
    yield "    :header-rows: 1"
    yield f"    :widths: {widths}"
    if kind:
        yield f"    :class: {kind}"
    yield ""
    for line in (head, *lines):
        for i, cell in enumerate(line):
            yield f"    {'*' if i == 0 else ' '} - {cell}"
    yield ""


def folded(summary: str, body: Iterable[str]) -> Iterator[str]:
    """What is shown when it is asked for."""
    yield from (".. raw:: html", "", f"    <details><summary>{summary}</summary>", "")
    yield from body
    yield from ("", ".. raw:: html", "", "    </details>", "")


def code(text: str, language: str) -> Iterator[str]:
    yield from (f".. code-block:: {language}", "")
    yield from (f"    {line}" if line else "" for line in text.splitlines())
    yield ""
