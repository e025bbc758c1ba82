"""Finite machines and their algebra: numpy throughout, sympy where groups are met. No torch.

Read in this order: dfa, run, reach · regex · minimize, equivalence, product, reverse · convert, jsonio, draw ·
groups, languages, random.
"""

from .dfa import DFA
from .errors import DeltawordError

__all__ = ["DFA", "DeltawordError"]
