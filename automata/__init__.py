"""Finite machines and their algebra: numpy throughout, sympy where groups are met. No torch.

Read in this order: dfa, run, reach · sre, positions, nfa, regex · small, moore, hopcroft, minimize, equivalence, product, reverse ·
convert, jsonio, draw, trace · permutations, group, groups, languages, random_machines · transformations, monoid, green, subgroups,
varieties, syntactic · cascade, holes.
"""

from .dfa import DFA
from .errors import DeltawordError

__all__ = ["DFA", "DeltawordError"]
