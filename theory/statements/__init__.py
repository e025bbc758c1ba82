"""The papers' statements and our own, each a module that states, proves or checks, and can fail.

statement          what a statement is; the kinds of evidence
vectors            identities for vectors of every dimension at once
closing            closures as checks
rounding           rational numbers rounded to float formats, exactly
registry           all of them by name, as a table, as text
eigenvalues        of one generalized Householder matrix
norm               products have norm at most 1
unit_modulus       an eigenvalue of modulus 1 is 1 unless a factor reflects
real_spectrum      one factor, two with one positive semidefinite; others may rotate
three_projections  the eigenvalue −1/8
mirrors            rank(I − Q) reflections and no fewer
swaps              n − #cycles transpositions and no fewer
contractions       2n factors
stability          ‖S_T‖ ≤ ‖S_0‖ + Σ ‖B_t‖
gradient_descent   DeltaProduct as n_h steps on the recall loss
error_control      return words act as the identity on differences
parity_bound            no parity with real spectra that are not negative
counting_bound          no counting modulo 3 with real spectra
group_word_problems     permutation automata and S_n in one layer
smallest_n_h            the least n_h of a group, by the character table
cube_and_icosahedron    S_4 and A_5 with n_h = 2
dihedral_two_layers     D_m with one step a token
symmetric_in_blocks     S_n in three or four layers
any_regular_language    n − 1 layers for n states
grid_exactness          nothing rounds
dyadic_keys             swaps in floats, in any order of summation
positive_keys           swaps up to sign, without negative keys
rounded_keys            rounding keys can leave the range
saturation              where sigmoids and gates are exact
step_rounding           what the lower bounds are not about
one_layer_obstruction   one contractive layer needs e·f·e = f·e
l_class_registers       regular monoids: registers that read from the end
group_walks             all monoids: bits that follow a walk on a group
register_weights        rank(I − A) steps for copyless bits
commuting_idempotents   what one layer tracks without writes
cayley_not_enough       one vector a state or an element may be too few
vectors_beyond_bits     real vectors can be fewer than bits
hole_cascade            n − 1 machines that permute or reset
peeling                 lower bounds on the number of layers
stacks_are_cascades     layers of a stack as machines of their own
depth_hierarchy         T_n and O_n take n − 1 layers
"""

from .registry import Row, describe, get, statements, table
from .statement import Checked, Counterexample, Fails, Kind, Statement

__all__ = ["Checked", "Counterexample", "Fails", "Kind", "Row", "Statement", "describe", "get", "statements", "table"]
