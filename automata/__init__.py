"""Finite machines and their algebra: numpy throughout, sympy where groups are met. No torch.  Read in this order:

errors, files, wording                  what every part uses
checked, machine, dfa                   what a machine is, and what can be asked of it
run, reach, trace                       words and states
sre, lexemes, positions, nfa, regex     from a pattern to its machine
small, moore, hopcroft, minimize        minimal machines
equivalence, product, reverse           two languages, and a language backwards
convert, jsonio, draw, picture          other libraries, files, pictures
permutations, group, groups, characters, composition, giants, group_names   finite groups and their word problems
languages, gallery, random_machines     machines by name, and drawn ones
rows, transformations, listing, listed_monoid, monoid   all that words do to the states
components, green, eggbox, subgroups, varieties, syntactic   and what that says of the language
cascade, holes, skeleton, holonomy, holonomy_cascade   machines taken apart
"""

from .dfa import DFA
from .errors import DeltawordError

__all__ = ["DFA", "DeltawordError"]
