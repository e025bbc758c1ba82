"""Statements, plans, certificates, findings, and whole documents in LaTeX."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .characters import label
from .numbers import matrix, number
from .prose import prose, sentences

if TYPE_CHECKING:  # these come with their own latex() methods
    from ..certificate import Certificate
    from ..limits.finding import Escape, Finding
    from ..statements.statement import Statement

IN_THEOREM, IN_PROOF = ("Notation", "Hypotheses", "Claim"), "Proof"
LETTERS_SHOWN = 12
MATRIX_ROWS, ENTRY_LENGTH = 8, 24  # of matrices that are written out

PREAMBLE = r"""\documentclass[11pt,a4paper]{article}
\usepackage{amsmath,amssymb,amsthm}
\theoremstyle{definition}
\newtheorem{theorem}{Theorem}
\setlength{\oddsidemargin}{0pt}
\setlength{\textwidth}{16cm}
\setlength{\topmargin}{-1.5cm}
\setlength{\textheight}{24.5cm}
\setlength{\parindent}{0pt}
\setlength{\parskip}{4pt}
\allowdisplaybreaks
\sloppy
"""


def document(*bodies: str, title: str = "") -> str:
    r"""What pdflatex compiles, with amsmath, amssymb and amsthm.

    >>> print(document("text").splitlines()[-3:])
    ['\\begin{document}', 'text', '\\end{document}']
    """
    heading = [rf"\title{{{prose(title)}}}", r"\date{}", r"\begin{document}", r"\maketitle"] if title else [r"\begin{document}"]
    return "\n".join([PREAMBLE, *heading, "\n\n".join(bodies), r"\end{document}"]) + "\n"


def statement(stated: Statement) -> str:
    """A theorem with its hypotheses and claim, the proof, and what the check is worth; example and counterexample are computed."""
    refuted = stated.refute()
    parts = stated.parts
    theorem = [rf"\textit{{{label_}.}} {sentences(parts[label_])}" for label_ in IN_THEOREM if label_ in parts]
    rest = {name: text for name, text in parts.items() if name not in ("Title", *IN_THEOREM, IN_PROOF)}
    rest |= {"Evidence": stated.kind, "Example": stated.example(), "False variant": f"{refuted.variant}: {refuted.says}"}
    return "\n".join(
        [
            rf"\begin{{theorem}}[{{{prose(stated.title.removesuffix('.'))}}}]\label{{thm:{stated.name}}}",
            " \\par\n".join(theorem),
            r"\end{theorem}",
            r"\begin{proof}",
            sentences(stated.idea),
            r"\end{proof}",
            described(rest.items()),
        ]
    )


def certificate(certificate: Certificate) -> str:
    """What is certified, of which machine and weights."""
    dfa, digest = certificate.dfa, certificate.weights_digest
    letters = ", ".join([*map(label, dfa.alphabet[:LETTERS_SHOWN]), *([r"\ldots{}"] if dfa.n_letters > LETTERS_SHOWN else [])])
    rows = {
        "Claim": sentences(str(certificate)),
        "Machine": f"{dfa.n_states} states, {dfa.n_letters} letters ({letters}).",
        "Weights": rf"sha256 {label(digest[:32])} {label(digest[32:])}.",
    }
    return _listed(rows.items())


def finding(found: Finding) -> str:
    """What layers cannot do, or what escapes the theorem: the eigenvalues out of range, with their matrices where these are small."""
    rows = [("Question", sentences(found.task)), ("Answer", sentences(found.answer))]
    if found.verdict != "escapes":
        rows.append(("Reason", sentences(found.because)))
    rows += [(f"Layer {escape.layer}", _escape(escape)) for escape in found.escapes]
    if found.cannot:
        rows.append(("Model", sentences(found.model)))
    return _listed(rows)


def _escape(escape: Escape) -> str:
    what, value = escape.what(label), escape.eigenvalue
    shown = prose(str(value)) if value.exact is None else rf"\({number(value.exact)}\)"
    text = f"{what[0].upper()}{what[1:]} has the eigenvalue {shown}{prose(escape.note)}"
    entries = [[number(x) for x in row] for row in escape.matrix.tolist()] if len(escape.matrix) <= MATRIX_ROWS else []
    if not entries or max(len(entry) for row in entries for entry in row) > ENTRY_LENGTH:
        return f"{text}."
    return rf"{text}, which is one of \[ {matrix(escape.matrix.tolist())}. \]"


def described(rows: Iterable[tuple[str, str]]) -> str:
    """Heads and texts."""
    return _listed((prose(head.strip()), sentences(text)) for head, text in rows)


def _listed(rows: Iterable[tuple[str, str]]) -> str:
    """The same of what is LaTeX already."""
    items = (rf"\item[{head}] {text}" for head, text in rows)
    return "\n".join([r"\begin{description}", *items, r"\end{description}"])
