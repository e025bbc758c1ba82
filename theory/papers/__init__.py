"""The papers' explicit constructions in exact numbers, each with the machine it tracks and a proof.

construction  what each function here returns: name, dfa, stack, statement; `exact`, `proof()`
counting      parity; counting modulo m in one layer (n_h = 2) or two (n_h = 1)
dihedral      D_m in two layers, n_h = 1
symmetric     S_n in one layer (n_h = n − 1), three (n_h ≥ 2) or four (n_h = 1)
rotations     S_4 as the rotations of the cube, A_5 as those of the icosahedron, n_h = 2
matrix_group  any finite group of orthogonal matrices in one layer
smallest_n_h  the least n_h of a group among its own representations
polygon       mirrors and turns of a regular polygon; shared
block_scheme  what the three- and four-layer constructions do, as a procedure
staged        links and readers in stages that are proved one by one
"""

from .construction import Construction, Proof
from .counting import counting, parity
from .dihedral import dihedral
from .matrix_group import group
from .rotations import rotations
from .smallest_n_h import SmallestNh
from .smallest_n_h import smallest_n_h as smallest_n_h
from .symmetric import symmetric

__all__ = [
    "Construction",
    "Proof",
    "SmallestNh",
    "counting",
    "dihedral",
    "group",
    "parity",
    "rotations",
    "smallest_n_h",
    "symmetric",
]
