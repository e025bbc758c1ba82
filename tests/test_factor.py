"""Orthogonal matrices and permutations as products of reflections: right product, right number, no fewer possible."""

from fractions import Fraction
from itertools import permutations, product

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from theory_strategies import cycles_of, fractions, orthogonal_matrices, permutation_matrix, to_sympy

from deltaword.automata.errors import BadPermutation, BadStep
from deltaword.theory.factor import n_cycles, rank, reflections, swaps
from deltaword.theory.householder import product as step_product
from deltaword.theory.numbers import exact_matrix, simplified

PROPERTY = settings(max_examples=60, deadline=None)

half, s2, s3 = sympy.Rational(1, 2), sympy.sqrt(2), sympy.sqrt(3)
CUBE_DIAGONAL_TURN = [[0, 0, 1], [1, 0, 0], [0, 1, 0]]
phi = (1 + sympy.sqrt(5)) / 2
ALGEBRAIC = {
    "eighth turn": [[s2 / 2, -s2 / 2], [s2 / 2, s2 / 2]],
    "sixth turn": [[half, -s3 / 2], [s3 / 2, half]],
    "mirror at 30 degrees": [[half, s3 / 2], [s3 / 2, -half]],
    "eighth turn and a mirror": [[s2 / 2, -s2 / 2, 0], [s2 / 2, s2 / 2, 0], [0, 0, -1]],
    "two turns at once": [[s2 / 2, -s2 / 2, 0, 0], [s2 / 2, s2 / 2, 0, 0], [0, 0, half, -s3 / 2], [0, 0, s3 / 2, half]],
    "icosahedron": [[half, -phi / 2, 1 / (2 * phi)], [phi / 2, 1 / (2 * phi), -half], [1 / (2 * phi), half, phi / 2]],
}


def check_factoring(Q):
    """Q itself, by as many mirrors as sympy's rank of I − Q, each an orthogonal reflection."""
    n = len(Q)
    found = reflections(Q)
    result = step_product(found, n)
    assert all(simplified(result[i, j] - Q[i][j]) == 0 for i in range(n) for j in range(n))
    assert all(simplified(step.special_eigenvalue) == -1 for step in found)
    wanted = (sympy.eye(n) - to_sympy(Q)).rank(iszerofunc=lambda x: simplified(x) == 0)
    assert len(found) == wanted == rank(np.eye(n, dtype=int).astype(object) - exact_matrix(Q))


@PROPERTY
@given(orthogonal_matrices())
def test_rational_orthogonal_matrices_take_rank_of_I_minus_Q_mirrors(Q):
    check_factoring(Q)


@pytest.mark.parametrize("name", ALGEBRAIC)
def test_algebraic_orthogonal_matrices_take_rank_of_I_minus_Q_mirrors(name):
    check_factoring(ALGEBRAIC[name])


def test_all_signed_permutations_of_three_coordinates():
    for sigma in permutations(range(3)):
        for signs in product((1, -1), repeat=3):
            check_factoring([[s * x for x in row] for s, row in zip(signs, permutation_matrix(sigma), strict=True)])


@pytest.mark.parametrize("n", range(1, 7))
def test_every_permutation_is_n_minus_cycles_swaps_and_reflections(n):
    for sigma in permutations(range(n)):
        pairs = swaps(sigma)
        places = [f"content {p}" for p in range(n)]
        for i, j in pairs:
            places[i], places[j] = places[j], places[i]
        assert all(places[sigma[p]] == f"content {p}" for p in range(n)), sigma
        assert len(pairs) == n - cycles_of(sigma) == n - n_cycles(sigma)
        assert all(i != j for i, j in pairs)


@pytest.mark.parametrize("n", range(1, 6))
def test_reflections_of_permutation_matrices_are_swaps(n):
    for sigma in permutations(range(n)):
        matrix = permutation_matrix(sigma)
        found = reflections(matrix)
        assert step_product(found, n).tolist() == matrix
        assert len(found) == n - cycles_of(sigma)
        assert all(sorted(step.key) == [-1, *[0] * (n - 2), 1] and step.beta == 1 for step in found)


def test_the_order_of_the_mirrors_matters_and_is_first_to_act_first():
    turn, back = reflections(CUBE_DIAGONAL_TURN), reflections(np.array(CUBE_DIAGONAL_TURN).T)
    assert step_product(turn, 3).tolist() == CUBE_DIAGONAL_TURN
    assert step_product(turn[::-1], 3).tolist() == np.array(CUBE_DIAGONAL_TURN).T.tolist() == step_product(back, 3).tolist()


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(40)))
def test_large_permutations_too(sigma):
    places = list(range(40))
    for i, j in swaps(sigma):
        places[i], places[j] = places[j], places[i]
    assert all(places[sigma[p]] == p for p in range(40))
    assert len(swaps(sigma)) == 40 - cycles_of(sigma)


@PROPERTY
@given(st.integers(1, 4), st.integers(1, 4), st.data())
def test_rank_is_that_of_sympy(m, n, data):
    entries = st.sampled_from([0, 0, 1, -1, 2, Fraction(1, 2), Fraction(-3, 4)])
    matrix = [[data.draw(entries) for _ in range(n)] for _ in range(m)]
    assert rank(matrix) == to_sympy(matrix).rank()


def test_rank_decides_zero_exactly():
    nested = sympy.sqrt(5 + 2 * sympy.sqrt(6))
    assert rank([[1, nested], [1, s2 + s3]]) == 1
    assert rank([[1, s2], [s2, 2]]) == 1
    assert rank([[1, s2], [s2, Fraction(2 * 10**15 + 1, 10**15)]]) == 2


@pytest.mark.parametrize(
    "Q",
    [
        [[1, 1], [0, 1]],
        [[1, 0, 0], [0, 1, 0]],
        [[2]],
        [[0]],
        [[Fraction(3, 5), Fraction(4, 5)], [Fraction(4, 5), Fraction(3, 5)]],
        [[0.6, 0.8], [-0.8, 0.6]],
        [[1, 0], [0]],
        [1, 0],
        [[s2, sympy.I], [-sympy.I, s2]],  # QᵀQ = I, but complex
        [[s2 / 2, s2 / 2], [s2 / 2, sympy.Rational(-70710678, 10**8)]],
    ],
)
def test_what_is_not_orthogonal_is_refused(Q):
    with pytest.raises(BadStep):
        reflections(Q)


@pytest.mark.parametrize("sigma", [[0, 0], [1, 2], [-1, 0], [0.5, 1.5], ["a"], 3])
def test_what_is_no_permutation_is_refused(sigma):
    with pytest.raises(BadPermutation):
        swaps(sigma)


@settings(max_examples=20, deadline=None)
@given(st.lists(fractions, min_size=2, max_size=4).filter(any))
def test_one_mirror_factors_into_itself(key):
    """The reflection along a given key comes back as one step along a multiple of it."""
    size = sum(x * x for x in key)
    mirror = [[int(i == j) - 2 * key[i] * key[j] / size for j in range(len(key))] for i in range(len(key))]
    (found,) = reflections(mirror)
    assert rank([found.key, key]) == 1
