"""The papers' statements and our own, each a module that states, proves or checks, and can fail.

statement          what a statement is; the kinds of evidence
vectors            identities for vectors of every dimension at once
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
"""

from .registry import Row, describe, get, statements, table
from .statement import Checked, Counterexample, Fails, Kind, Statement

__all__ = ["Checked", "Counterexample", "Fails", "Kind", "Row", "Statement", "describe", "get", "statements", "table"]
