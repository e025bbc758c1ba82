"""Statements, plans, certificates, and whole documents in LaTeX."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .characters import label
from .prose import prose, sentences

if TYPE_CHECKING:  # these come with their own latex() methods
    from ..certificate import Certificate
    from ..statements.statement import Statement

IN_THEOREM, IN_PROOF = ("Notation", "Hypotheses", "Claim"), "Proof"
LETTERS_SHOWN = 12

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
    return "\n".join([r"\begin{description}", *(rf"\item[{name}] {text}" for name, text in rows.items()), r"\end{description}"])


def described(rows: Iterable[tuple[str, str]]) -> str:
    """Heads and texts."""
    items = (rf"\item[{prose(head.strip())}] {sentences(text)}" for head, text in rows)
    return "\n".join([r"\begin{description}", *items, r"\end{description}"])
