"""LaTeX of whatever states or constructs something; compiles under pdflatex with amsmath, amssymb and amsthm.

characters  one character
prose       running text with mathematics in Unicode
numbers     exact numbers, vectors, matrices
layers      exact layers, stacks, the papers' constructions
reports     statements, plans, certificates, whole documents

`Statement`, `Construction`, `ExactLayer`, `ExactStack`, `Certificate` and `Plan` have a method `latex()` that gives a part of a
document; `document(...)` makes a whole one of such parts.
"""

from .layers import construction, formula, layer, stack
from .numbers import combination, matrix, number
from .prose import prose, unmapped
from .reports import certificate, described, document, statement

__all__ = [
    "certificate",
    "combination",
    "construction",
    "described",
    "document",
    "formula",
    "layer",
    "matrix",
    "number",
    "prose",
    "stack",
    "statement",
    "unmapped",
]
