"""The rotations of the cube, S_4, and of the icosahedron, A_5, take one layer with n_h = 2 and a state of three rows.

Notation      letter x acts by a rotation M(x) of R³; S [3, 3] starts at I, later letters act on the left.
Hypotheses    the letters are rotations, M(x)ᵀ M(x) = I and det M(x) = 1, and generate a finite group.
Claim         one layer with n_h = 2 tracks the product of the letters: so S_4 and A_5, for which swaps of points take n_h = 3 and
              4.  n_h = 1 is not enough as soon as some letter x is not of order 1 or 2: M(x) is then no single factor.
Proof         let M be a rotation.  In three dimensions det(I − M) = 1 − tr M + tr(adj M) − det M, and adj M = Mᵀ; so it is 0, and
              M keeps a vector.  rank(I − M) is 2 unless M = I, as one mirror has determinant −1; so M is two mirrors (statement
              mirrors).  The state is the product g of the letters.  Read along u it is gᵀu; when only the identity keeps u (there
              is such a u: each other rotation keeps a line, and finitely many lines are not all of space) these points differ,
              and ⟨gᵀu, hᵀu⟩ = ‖u‖² − ‖gᵀu − hᵀu‖²/2 is largest at h = g alone.  For n_h = 1: a single factor is symmetric, and a
              symmetric orthogonal matrix is its own inverse.
Source        Siems et al. 2502.10297 for n_h = 2; the groups since Klein 1884.
Status        proved
Check         closure in exact arithmetic over all reachable pairs, all 24 and all 60 rotations as letters, entries of the second
              in Q(√5); rank(I − M) = 2 for every one but I; the formula for det(I − M) with generic entries.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from ..factor import rank, reflections
from ..numbers import identity
from ..papers import rotations
from ..papers.rotations import cube_rotations, icosahedron_rotations
from .closing import closed
from .statement import Counterexample, Statement, require, shown
from .vectors import vanishes

SOLIDS: dict[Literal["cube", "icosahedron"], int] = {"cube": 24, "icosahedron": 60}


def verify() -> tuple[int, str]:
    require(vanishes(determinant_formula()), "det(I − M) = 1 − tr M + tr(adj M) − det M")
    cases = 1
    for solid, order in SOLIDS.items():
        made = rotations(solid)
        require((made.dfa.n_states, made.n_h, made.stack.layers[0][0].K) == (order, 2, 3), f"the sizes of the {solid}'s layer")
        cases += closed(made.stack, made.dfa, solid)
    for M in (*cube_rotations().values(), *icosahedron_rotations().values()):
        still = np.array_equal(M, identity(3))
        require(rank(identity(3) - M) == (0 if still else 2), f"the rank of I − M for {M.tolist()}")
        cases += 1
    return cases, "24 and 60 reachable pairs with 24 and 60 letters, two steps each; the ranks of all 84 rotations; 1 identity"


def determinant_formula():
    """The difference of the two sides, for a matrix of nine symbols."""
    import sympy

    M = sympy.Matrix(3, 3, sympy.symbols("m:9"))
    return (sympy.eye(3) - M).det() - (1 - M.trace() + M.adjugate().trace() - M.det())


def refute() -> Counterexample:
    M = -identity(3)
    needed = rank(identity(3) - M)
    require(needed == 3 and np.array_equal(M @ M, identity(3)), "the point reflection")
    return Counterexample(
        "“det M(x) = 1” dropped: all 48 symmetries of the cube",
        {"M": M.tolist(), "needed": needed},
        "−I is a symmetry of the cube with rank(I − (−I)) = 3, so three steps and no fewer (statement mirrors)",
    )


def example() -> str:
    quarter = cube_rotations()[1, 2, 3, 0]
    keys = [step.key for step in reflections(quarter)]
    return (
        f"(0 1 2 3) in S_4 is a quarter turn of the cube, {shown(quarter)}: two mirrors, with keys {keys[0]} and then {keys[1]}"
    )


STATEMENT = Statement("cube_and_icosahedron", "proved by closure", __doc__, verify, refute, example)
