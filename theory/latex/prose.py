"""Running text with mathematics in Unicode, as this project's texts are, in LaTeX.

Reading       pieces.py cuts a text, grammar.py finds its formulas, mathematics.py writes them; docs/pages/ uses the same `spans`.
Doubt         what is not recognised is set as text, character by character: it always compiles, and `unmapped` tells which characters
              are written by their numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from .characters import as_code, as_text, known
from .grammar import formula_end, grouped
from .mathematics import formula_of
from .pieces import cut

Kind = Literal["text", "code", "math"]


def spans(text: str) -> Iterator[tuple[Kind, str, bool]]:
    """Parts of a text: "text", "code" or "math"; what, of mathematics in LaTeX; whether space stands before it.

    >>> list(spans("G has ‖G‖ ≤ 1"))
    [('math', 'G', False), ('text', 'has', True), ('math', '\\\\|G\\\\| \\\\leq 1', True)]
    """
    pieces = grouped(cut(text))
    at = 0
    while at < len(pieces):
        piece = pieces[at]
        end = formula_end(pieces, at)
        if end > at:
            yield "math", formula_of(pieces[at:end]), piece.spaced
            at = end
            continue
        yield ("code", piece.text.strip("`"), piece.spaced) if piece.kind == "code" else ("text", piece.text, piece.spaced)
        at += 1


def prose(text: str) -> str:
    """The text as LaTeX, for use between paragraphs.

    >>> prose("G = I − β k kᵀ has ‖G‖ ≤ 1 for every key k.")
    '\\\\(G = I - \\\\beta k k^{\\\\mathsf{T}}\\\\) has \\\\(\\\\|G\\\\| \\\\leq 1\\\\) for every key \\\\(k\\\\).'
    >>> prose("S_n takes n − #cycles steps (statement group_word_problems)")
    '\\\\(S_{n}\\\\) takes \\\\(n - \\\\#\\\\text{cycles}\\\\) steps (statement \\\\texttt{group\\\\_word\\\\_problems})'
    """
    return "".join(" " * spaced + _written(kind, what) for kind, what, spaced in spans(text)).strip()


def _written(kind: Kind, what: str) -> str:
    return rf"\({what}\)" if kind == "math" else as_code(what) if kind == "code" else as_text(what)


def sentence(text: str) -> str:
    """A text that begins with a capital, unless a formula does, and ends with a full stop.

    >>> sentence("every word"), sentence("a*b* is one.")
    ('Every word.', 'a*b* is one.')
    """
    text = text.strip()
    if re.match(r"(?:a |[a-z]{2,}(?![a-z_/.(]))", text):
        text = text[0].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."


def sentences(text: str) -> str:
    """The LaTeX of `sentence(text)`.

    >>> sentences("every β is whole")
    'Every \\\\(\\\\beta\\\\) is whole.'
    """
    return prose(sentence(text))


def unmapped(text: str) -> set[str]:
    """The characters of a text that LaTeX would show by their numbers only.

    >>> sorted(unmapped("β ≤ 1, 😀"))
    ['😀']
    """
    return {c for c in text if not known(c)}
