"""The least n_h for a group in one layer, among its own representations: ranks of I − ρ(x) from the character table.

Notation      ρ a real orthogonal representation of a group G with character χ; its kernel is the elements that act as I; letters are
              elements x of G, of order m_x, and generate G.
Hypotheses    one layer; each head moves by a representation of G itself, ungated; the reader sees all heads.
Claim         letter x takes rank(I − ρ(x)) = χ(1) − (1/m_x) Σ_i χ(x^i) steps in a head, i = 0 … m_x − 1.  The least n_h is the least r
              such that those real irreducible representations with rank(I − ρ(x)) ≤ r for all letters x have only the identity in
              all their kernels.  With all elements as letters it is 1 for Z_2 × Z_2, 2 for Z_7, S_4 and A_5, 4 for S_5 and Q_8.
Proof         ρ(x) is a product of rank(I − ρ(x)) mirrors and of no fewer factors (statement mirrors).  The mean of ρ(x)^i over i is
              the projection onto what ρ(x) keeps, and its trace is the dimension of that: the formula.  A head is a sum of
              irreducible ones and its rank the sum of theirs, so none of them has a larger one.  So the heads of a layer with n_h =
              r are made of irreducible ones with ranks ≤ r, and tell the elements apart only when these have nothing but the
              identity in all their kernels.  Then all irreducible ones with ranks ≤ r side by side, started at I, do it: heads
              cost no more steps than the worst of them.  Not covered: a layer whose states form a larger group, a cover of G.
Source        this project; Siems et al. 2502.10297 for n_h = 2 for S_4 and A_5; Frobenius and Schur for the real irreducible
              representations.  Quoted: every real representation of a finite group is a sum of irreducible ones.
Status        proved
Check         the formula against elimination, for the permutation matrices of S_n, n ≤ 5, and the rotations of the cube and the
              icosahedron; the least n_h of the machines named, and that n_h − 1 leaves an element other than the identity in all
              kernels.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations

import numpy as np

from ...automata import languages
from ...automata.characters import character_table
from ...automata.dfa import DFA
from ...automata.group import Group
from ..factor import rank
from ..numbers import Number, identity, simplified
from ..papers import smallest_n_h
from ..papers.rotations import cube_rotations, icosahedron_rotations
from ..papers.smallest_n_h import letter_classes, real_irreducibles
from .statement import Counterexample, Statement, require
from .swaps import matrix

POINTS = range(1, 6)
LEAST = {
    "parity": 1,
    "Z_2xZ_2": 1,
    "S_5_only_swaps": 1,
    "S_5_limit_to_3": 2,
    "mod_7": 2,
    "D_5": 2,
    "S_4": 2,
    "A_5": 2,
    "Q_8": 4,
    "S_5": 4,
}


def verify() -> tuple[int, str]:
    matrices = [matrix(sigma) for n in POINTS for sigma in permutations(range(n))]
    matrices += [*cube_rotations().values(), *icosahedron_rotations().values()]
    for M in matrices:
        require(rank(identity(len(M)) - M) == by_characters(M), f"the rank of I − ρ(x) for {M.tolist()}")
    for name, least in LEAST.items():
        dfa = languages.get(name)
        require(smallest_n_h(dfa).n_h == least, f"the least n_h of {name}")
        require(len(in_all_kernels(dfa, least)) == 1 < len(in_all_kernels(dfa, least - 1)), f"the kernels for {name}")
    return len(matrices) + len(LEAST), (
        f"{len(matrices)} ranks by elimination; the least n_h of {len(LEAST)} machines, and by the kernels no less"
    )


def by_characters(M: np.ndarray) -> Number:
    """χ(1) − (1/m) Σ χ(x^i), from the traces of the powers of M = ρ(x)."""
    power, total, m = identity(len(M)), 0, 0
    while m == 0 or not np.array_equal(power, identity(len(M))):
        total, m, power = total + np.trace(power), m + 1, M @ power
    return simplified(len(M) - total * Fraction(1, m))


def in_all_kernels(dfa: DFA, r: int) -> list[int]:
    """The classes of elements that act as the identity in all real irreducible representations with ranks ≤ r."""
    part = dfa.reachable()
    table = character_table(Group([tuple(column) for column in part.table.T.tolist()]))
    classes = dict(zip(part.alphabet, letter_classes(table, part), strict=True))
    common = np.ones(len(table.sizes), dtype=bool)
    for rho, kernel in real_irreducibles(table, classes):
        if max(rho.ranks.values()) <= r:
            common &= kernel.astype(bool)
    return np.flatnonzero(common).tolist()


def refute() -> Counterexample:
    characters = [(1, 1, 1, 1), (1, 1, -1, -1), (1, -1, 1, -1), (1, -1, -1, 1)]  # of Z_2 × Z_2
    kernels = [[g for g, value in enumerate(row) if value == 1] for row in characters]
    require(all(len(kernel) > 1 for kernel in kernels), "every irreducible representation of Z_2 × Z_2 has a kernel")
    require(set(kernels[1]) & set(kernels[2]) == {0}, "two of them tell its elements apart")
    return Counterexample(
        "“heads side by side” dropped: one irreducible representation",
        {"characters": [list(row) for row in characters]},
        "each of the four sends an element of Z_2 × Z_2 other than the identity to 1, so no single one is enough; two with n_h = 1 are",
    )


def example() -> str:
    found = smallest_n_h(languages.get("S_5"))
    swaps_only = smallest_n_h(languages.get("S_5_only_swaps"))
    return (
        f"S_5: n_h = {found.n_h} with all elements as letters, in {found.dimension} dimensions; {swaps_only.n_h} when only swaps are "
        "letters; A_5 takes 2, as rotations of the icosahedron"
    )


STATEMENT = Statement("smallest_n_h", "proved for the sizes named", __doc__, verify, refute, example)
