"""LaTeX of whatever states or constructs something; compiles under pdflatex with amsmath, amssymb and amsthm.

characters  one character
pieces      a text cut into words, numbers, letters, operators
grammar     which of them are mathematics
mathematics those in LaTeX
prose       running text with mathematics in Unicode
numbers     exact numbers, vectors, matrices
layers      exact layers, stacks, the papers' constructions
reports     statements, plans, certificates, findings, whole documents

`Statement`, `Construction`, `ExactLayer`, `ExactStack`, `Certificate`, `Plan`, `Classification` and `Finding` have a method `latex()`
that gives a part of a document; `document(...)` makes a whole one of such parts.
"""

from .layers import construction, formula, layer, stack
from .numbers import combination, matrix, number
from .prose import prose, unmapped
from .reports import certificate, described, document, finding, statement

__all__ = [
    "certificate",
    "combination",
    "construction",
    "described",
    "document",
    "finding",
    "formula",
    "layer",
    "matrix",
    "number",
    "prose",
    "stack",
    "statement",
    "unmapped",
]
