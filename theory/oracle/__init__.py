"""The oracle: which recurrent architectures recognise a regular language, in which model of computation, and why.

Read in this order: models.py (what "recognise" means), witness.py (words that show a no), facts (the algebra of a language),
sources.py, verdict.py and circuits.py (what a verdict rests on), then the families: diagonal.py, shrinking.py (β ≤ 1), mirrors.py
(β ≤ 2; bits.py beside it), beyond.py, attention.py; classification.py puts them together, render.py and grid.py show them.
"""

from .classification import Classification, classify
from .models import MODELS, Model
from .verdict import Family, Verdict
from .witness import Witness

__all__ = ["MODELS", "Classification", "Family", "Model", "Verdict", "Witness", "classify"]
