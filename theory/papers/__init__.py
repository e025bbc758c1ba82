"""The papers' explicit constructions in exact numbers, each with the machine it tracks and a proof.

construction  what each function here returns: name, dfa, stack, statement; `exact`, `proof()`
counting      parity; counting modulo m in one layer (n_h = 2) or two (n_h = 1)
dihedral      D_m in two layers, n_h = 1
polygon       mirrors and turns of a regular polygon, shared by these two
"""
