"""Word problems of groups, with all their elements as letters unless said otherwise, and groups acting on points."""

from __future__ import annotations

from .. import groups
from ..dfa import DFA
from .counting import GRAZZI
from .entry import Entry, Family

SIEMS = "Siems et al. 2025, DeltaProduct: Improving State-Tracking in Linear RNNs via Householder Products, arXiv 2502.10297"
MERRILL = "Merrill et al. 2024, The Illusion of State in State-Space Models, arXiv 2404.08819"


def limited_symmetric(n: int, k: int) -> DFA:
    """S_n with the letters that move at most k points, the identity among them."""
    group = groups.symmetric(n)
    moves = [(name, sum(image != point for point, image in enumerate(group.permutation(name)))) for name in group.elements]
    return group.word_problem([name for name, moved in moves if moved <= k])


def product_of_cyclic(m: int, n: int) -> DFA:
    return groups.direct_product(groups.cyclic(m), groups.cyclic(n)).word_problem()


ENTRIES = [
    Entry(
        "S_3",
        "products of permutations of 3 points that are the identity",
        "the smallest non-abelian group, which notices a wrong order of multiplication; n_h = 2",
        lambda: groups.symmetric(3).word_problem(),
        SIEMS,
    ),
    Entry(
        "S_4",
        "products of permutations of 4 points that are the identity",
        "the rotations of the cube: n_h = 2 in three dimensions, n_h = 3 as permutations; solvable",
        lambda: groups.symmetric(4).word_problem(),
        SIEMS,
    ),
    Entry(
        "S_5",
        "products of permutations of 5 points that are the identity",
        "not solvable: its word problem is complete for NC^1; n_h = 4",
        lambda: groups.symmetric(5).word_problem(),
        SIEMS,
    ),
    Entry(
        "S_5_only_swaps",
        "products of swaps of 5 points, or nothing, that are the identity",
        "all of S_5 with one reflection a letter: n_h = 1",
        lambda: limited_symmetric(5, 2),
        GRAZZI,
    ),
    Entry(
        "S_5_limit_to_3",
        "products of permutations that move at most 3 of 5 points, that are the identity",
        "between swaps and all of S_5: n_h = 2",
        lambda: limited_symmetric(5, 3),
        GRAZZI,
    ),
    Entry(
        "A_4",
        "products of even permutations of 4 points that are the identity",
        "the rotations of the tetrahedron; n_h = 2 already as permutations",
        lambda: groups.alternating(4).word_problem(),
    ),
    Entry(
        "A_5",
        "products of even permutations of 5 points that are the identity",
        "the smallest simple non-abelian group; as rotations of the icosahedron n_h = 2, in irrational numbers",
        lambda: groups.alternating(5).word_problem(),
        MERRILL,
    ),
    Entry(
        "D_4",
        "products of symmetries of a square that are the identity",
        "exact in the plane with integers: reflections one step, rotations two",
        lambda: groups.dihedral(4).word_problem(),
        SIEMS,
    ),
    Entry(
        "D_5",
        "products of symmetries of a pentagon that are the identity",
        "irrational in the plane: one DeltaNet step a letter over two layers, exact only as permutations",
        lambda: groups.dihedral(5).word_problem(),
        SIEMS,
    ),
    Entry(
        "Q_8",
        "products of unit quaternions that are 1",
        "the smallest non-abelian group that acts faithfully on no fewer points than it has elements",
        lambda: groups.quaternion().word_problem(),
    ),
    Entry(
        "Z_2xZ_2",
        "pairs of bits that add up to (0, 0) mod 2",
        "two parities at once: one reflection each, two heads",
        lambda: product_of_cyclic(2, 2),
    ),
    Entry(
        "Z_2xZ_4",
        "pairs that add up to (0, 0) mod 2 and mod 4",
        "abelian, of order 8 like Z_8, D_4 and Q_8, and none of them",
        lambda: product_of_cyclic(2, 4),
    ),
    *(
        Entry(
            f"S_{n}_action",
            f"a swap and a cycle of {n} points; words that bring point 0 back",
            reason,
            lambda n=n: groups.symmetric(n).action(),
        )
        for n, reason in [
            (3, "S_3 on points: 3 states in place of 6 elements, with the same monoid"),
            (4, "S_4 on points: 4 states, 2 letters"),
            (5, "S_5 on points: the group of the hardest word problem on 5 states"),
        ]
    ),
]

FAMILIES = [
    Family(
        "Z_{m}",
        "numbers that add up to 0 mod {m}, letters 0 … {m} - 1",
        "modular addition",
        lambda m: groups.cyclic(m).word_problem(),
        {"m": (1, 1000)},
        GRAZZI,
    ),
    *(
        Family(
            template,
            "products of symmetries of a regular polygon with {m} corners that are the identity",
            "dihedral groups: one DeltaNet step a letter over two layers",
            lambda m: groups.dihedral(m).word_problem(),
            {"m": (1, 500)},
            SIEMS,
        )
        for template in ("D_{m}", "dihedral_{m}")
    ),
    Family(
        "S_{n}",
        "products of permutations of {n} points that are the identity",
        "symmetric groups: n - 1 steps a letter",
        lambda n: groups.symmetric(n).word_problem(),
        {"n": (1, 6)},
        SIEMS,
    ),
    Family(
        "A_{n}",
        "products of even permutations of {n} points that are the identity",
        "alternating groups, simple from 5 points on",
        lambda n: groups.alternating(n).word_problem(),
        {"n": (1, 7)},
        MERRILL,
    ),
    Family(
        "Z_{m}xZ_{n}",
        "pairs that add up to (0, 0) mod {m} and mod {n}",
        "abelian groups of two factors",
        product_of_cyclic,
        {"m": (1, 30), "n": (1, 30)},
    ),
    Family(
        "S_{n}_limit_to_{k}",
        "products of permutations that move at most {k} of {n} points, that are the identity",
        "fewer steps a letter for the same group: k - 1",
        limited_symmetric,
        {"n": (2, 7), "k": (2, 7)},
        GRAZZI,
    ),
    Family(
        "S_{n}_action",
        "a swap and a cycle of {n} points; words that bring point 0 back",
        "a symmetric group on points",
        lambda n: groups.symmetric(n).action(),
        {"n": (1, 10**4)},
    ),
]
