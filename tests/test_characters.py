"""Character tables against the textbook, orthogonality and brute force; smallest n_h against known groups and against matrices."""

from fractions import Fraction
from itertools import product
from math import prod

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy.combinatorics import Permutation, PermutationGroup

from deltaword import DFA, groups, languages
from deltaword.automata.characters import MAX_CLASSES, character_table, matmul, roots_modulo, solved
from deltaword.automata.errors import BadAutomaton, TooLarge
from deltaword.theory.factor import rank
from deltaword.theory.papers import group, rotations, smallest_n_h

GROUPS = {
    "Z_1": groups.cyclic(1),
    "Z_2": groups.cyclic(2),
    "Z_12": groups.cyclic(12),
    "Z_2 × Z_4": groups.direct_product(groups.cyclic(2), groups.cyclic(4)),
    "S_3": groups.symmetric(3),
    "S_4": groups.symmetric(4),
    "S_5": groups.symmetric(5),
    "S_6": groups.symmetric(6),
    "A_4": groups.alternating(4),
    "A_5": groups.alternating(5),
    "A_7": groups.alternating(7),
    "Q_8": groups.quaternion(),
    "D_4": groups.dihedral(4),
    "D_9": groups.dihedral(9),
    "D_40": groups.dihedral(40),
    "Z_7 ⋊ Z_3": groups.from_permutations([[1, 2, 3, 4, 5, 6, 0], [0, 2, 4, 6, 1, 3, 5]]),
    "cube with mirrors": groups.direct_product(groups.symmetric(4), groups.cyclic(2)),
    "A_5 × Q_8": groups.direct_product(groups.alternating(5), groups.quaternion()),
}


@pytest.mark.parametrize("name", GROUPS)
def test_rows_and_columns_are_orthogonal(name):
    table = character_table(GROUPS[name])
    values, order = table.values(), GROUPS[name].order
    k = len(table.degrees)
    assert np.allclose(values * table.sizes @ values.conj().T / order, np.eye(k), atol=1e-9)
    assert np.allclose(values.T @ values.conj(), np.diag(order / table.sizes), atol=1e-7)
    assert (table.degrees**2).sum() == order == table.sizes.sum()
    assert (values[0] == 1).all()
    assert np.allclose(values[table.conjugates], values.conj(), atol=1e-9)
    assert all((m >= 0).all() and (m.sum(axis=1) == table.degrees).all() for m in table.multiplicities)


@pytest.mark.parametrize("name", GROUPS)
def test_real_types_count_the_square_roots_of_one(name):
    """Frobenius and Schur: Σ ν(χ) χ(1) is the number of elements with g² = 1."""
    table = character_table(GROUPS[name])
    involutions = sum(
        GROUPS[name].multiply(g, g) == GROUPS[name].identity for g in GROUPS[name].elements
    ) if GROUPS[name].order <= 130 else int(sum(table.sizes[t] for t in range(len(table.sizes)) if table.orders[t] <= 2))  # fmt: skip
    assert (table.indicators * table.degrees).sum() == involutions
    assert set(table.indicators.tolist()) <= {-1, 0, 1}
    assert ((table.indicators == 0) == (table.conjugates != np.arange(len(table.degrees)))).all()


@pytest.mark.parametrize("name", ["Z_12", "S_4", "S_5", "A_5", "Q_8", "D_9", "Z_7 ⋊ Z_3", "cube with mirrors"])
def test_classes_are_those_of_sympy(name):
    chosen = GROUPS[name]
    table = character_table(chosen)
    classes = {
        frozenset(tuple(g.array_form) for g in c)
        for c in PermutationGroup(*map(Permutation, chosen.generators)).conjugacy_classes()
    }
    ours = [set() for _ in table.sizes]
    for g, t in zip(chosen.elements, table.class_of.tolist(), strict=True):
        ours[t].add(chosen.permutation(g))
    assert {frozenset(c) for c in ours} == classes
    for t, g in enumerate(table.representatives.tolist()):
        assert Permutation(list(chosen.permutation(chosen.elements[g]))).order() == table.orders[t]


TEXTBOOK = {  # degrees, and the values by cycle type or element name
    "S_4": ([1, 1, 2, 3, 3], {"(0 1)": [1, -1, 0, 1, -1], "(0 1)(2 3)": [1, 1, 2, -1, -1], "(0 1 2)": [1, 1, -1, 0, 0]}),
    "S_5": ([1, 1, 4, 4, 5, 5, 6], {"(0 1)": [1, -1, 2, -2, 1, -1, 0], "(0 1 2 3 4)": [1, 1, -1, -1, 0, 0, 1]}),
    "Q_8": ([1, 1, 1, 1, 2], {"-1": [1, 1, 1, 1, -2], "i": [1, 1, -1, -1, 0]}),
    "D_4": ([1, 1, 1, 1, 2], {"r2": [1, 1, 1, 1, -2], "r": [1, 1, -1, -1, 0]}),
    "A_4": ([1, 1, 1, 3], {"(0 1)(2 3)": [1, 1, 1, -1]}),
}


@pytest.mark.parametrize("name", TEXTBOOK)
def test_tables_of_the_textbook(name):
    degrees, columns = TEXTBOOK[name]
    table = character_table(GROUPS[name])
    assert table.degrees.tolist() == degrees
    for element, wanted in columns.items():
        t = table.class_of[GROUPS[name].elements.index(element)]
        assert sorted(zip(degrees, table.values()[:, t].real.round(9).tolist(), strict=True)) == sorted(
            zip(degrees, map(float, wanted), strict=True)
        )


def test_the_golden_ratio_in_the_table_of_the_icosahedron():
    table = character_table(GROUPS["A_5"])
    fives = [t for t in range(5) if table.orders[t] == 5]
    golden = (1 + 5**0.5) / 2
    assert np.allclose(sorted(table.values()[1:3, fives[0]].real), sorted([golden, 1 - golden]))
    assert table.degrees.tolist() == [1, 3, 3, 4, 5]


def test_eigenvalue_multiplicities_are_those_of_matrices():
    """The 4-dimensional piece of the permutation representation of S_5: χ = fixed points − 1, and rank(I − P) = 5 − cycles."""
    table = character_table(GROUPS["S_5"])
    chosen = GROUPS["S_5"]
    perms = [chosen.permutation(chosen.elements[t]) for t in table.representatives.tolist()]
    wanted = [sum(p[i] == i for i in range(5)) - 1 for p in perms]
    row = next(i for i in range(7) if np.allclose(table.values()[i], wanted))
    for t, p in enumerate(perms):
        assert table.degrees[row] - table.fixed[row, t] == 5 - Permutation(list(p)).cycles


def test_a_table_notices_a_wrong_class():
    """The comparison with orthogonality can fail: two elements exchanged between classes."""
    table = character_table(GROUPS["S_4"])
    sizes = table.sizes.copy()
    sizes[1], sizes[2] = sizes[2] + 1, sizes[1] - 1
    values = table.values()
    assert not np.allclose(values * sizes @ values.conj().T / 24, np.eye(5), atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 10006), min_size=1, max_size=12, unique=True), st.integers(0, 5))
def test_roots_of_a_product_are_found(roots, seed):
    p = 10007
    f = np.array([1])
    for r in roots:
        f = np.convolve(f, [-r, 1]) % p
    assert roots_modulo(f, p, np.random.default_rng(seed)).tolist() == sorted(roots)
    f = np.convolve(f, [1, 0, 1]) % p  # x² + 1 has no root: −1 is no square modulo 10007 = 3 mod 4
    assert pow(-1 % p, (p - 1) // 2, p) == p - 1
    assert roots_modulo(f, p, np.random.default_rng(seed)).tolist() == sorted(roots)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 8), st.integers(0, 10**6))
def test_linear_algebra_modulo_a_prime(n, seed):
    p, draw = 134217689, np.random.default_rng(seed)
    A, x = draw.integers(0, p, (n, n)), draw.integers(0, p, n)
    b = np.array([int(sum(int(a) * int(y) for a, y in zip(row, x, strict=True))) % p for row in A])
    assert matmul(A, x, p).tolist() == b.tolist()
    found = solved(A, b, p)
    assert found is not None
    assert found.tolist() == x.tolist()
    if n > 1:
        A[1] = A[0]
        assert solved(A, b, p) is None


def test_large_groups_are_refused():
    with pytest.raises(TooLarge, match="elements"):
        character_table(groups.symmetric(8))
    with pytest.raises(TooLarge, match="classes"):
        character_table(groups.cyclic(MAX_CLASSES + 1))


# ---------------------------------------------------------------------- smallest n_h

KNOWN = {
    "parity": 1,
    "mod_3": 2,
    "mod_4": 2,
    "mod_12": 2,
    "S_3": 2,
    "S_4": 2,
    "S_5": 4,
    "S_5_only_swaps": 1,
    "S_5_limit_to_3": 2,
    "A_4": 2,
    "A_5": 2,
    "D_4": 2,
    "D_7": 2,
    "Q_8": 4,
    "Z_2xZ_2": 1,
    "Z_2xZ_4": 2,
    "S_4_action": 2,
}


@pytest.mark.parametrize("name", KNOWN)
def test_smallest_n_h_of_known_groups(name):
    found = smallest_n_h(languages.get(name))
    assert found.n_h == KNOWN[name]
    assert max(max(head.ranks.values()) for head in found.heads) == found.n_h


def test_the_trivial_group_takes_no_step():
    assert smallest_n_h(DFA([[0, 0]], 0, [0], "ab")).n_h == 0
    assert smallest_n_h(DFA([[0, 0]], 0, [0], "ab")).heads == ()


def test_no_set_of_representations_of_small_groups_does_better():
    """Brute force over all sets of real irreducible representations, kernels and ranks from complex matrices of characters."""
    for name in ("S_3", "S_4", "A_4", "Q_8", "D_4", "Z_2xZ_4", "mod_6", "S_4_action"):
        dfa = languages.get(name)
        chosen = groups.from_permutations([tuple(c) for c in dfa.table.T.tolist()])
        table = character_table(chosen)
        values, ranks, kernels = table.values(), [], []
        powers = {g: [chosen.identity] for g in chosen.elements}
        for g, listed in powers.items():
            while (after := chosen.multiply(listed[-1], g)) != chosen.identity:
                listed.append(after)
        at = {g: int(table.class_of[i]) for i, g in enumerate(chosen.elements)}
        letters = [chosen.name(tuple(c)) for c in dfa.table.T.tolist()]
        for i in range(len(values)):
            real = np.isclose(values[i].imag, 0).all() and round(sum(values[i, at[chosen.multiply(g, g)]].real for g in at)) > 0
            fixed = {g: round(sum(values[i, at[h]].real for h in powers[g]) / len(powers[g])) for g in letters}
            ranks.append((1 if real else 2) * max(table.degrees[i] - fixed[g] for g in letters))
            kernels.append({g for g in at if np.isclose(values[i, at[g]], table.degrees[i])})
        best = min(
            max(r for r, on in zip(ranks, used, strict=True) if on)
            for used in product((False, True), repeat=len(ranks))
            if any(used) and len(set.intersection(*(k for k, on in zip(kernels, used, strict=True) if on))) == 1
        )
        assert smallest_n_h(dfa).n_h == best, name


@pytest.mark.parametrize("solid", ["cube", "icosahedron"])
def test_rotations_reach_the_bound(solid):
    made = rotations(solid, letters="generators")
    full = languages.get("S_4" if solid == "cube" else "A_5")
    found = smallest_n_h(full)
    assert made.n_h == found.n_h == 2
    assert found.heads[0].dimension == 3


def test_a_machine_that_merges_states_has_no_group():
    with pytest.raises(BadAutomaton, match="merges"):
        smallest_n_h(DFA([[0, 1], [0, 0]], 0, [0], "ab"))


def test_matrices_take_the_ranks_that_characters_say():
    """The signed permutations of three coordinates: their own 3-dimensional representation, letter by letter."""
    letters = {
        "s": [[0, 1, 0], [1, 0, 0], [0, 0, 1]],
        "c": [[0, 0, 1], [1, 0, 0], [0, 1, 0]],
        "n": [[-1, 0, 0], [0, 1, 0], [0, 0, 1]],
    }
    made = group(letters)
    assert made.dfa.n_states == 2**3 * 6 == prod((2, 4, 6))
    found = smallest_n_h(made.dfa)
    ranks = {a: rank((np.eye(3, dtype=int) - np.array(M)).astype(object)) for a, M in letters.items()}
    assert found.n_h <= made.n_h == max(ranks.values()) == 2
    assert Fraction(sympy.Integer(found.order).p) == 48
