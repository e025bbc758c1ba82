"""The statements of the papers' constructions: planted faults, refutations confirmed by numpy, sympy and torch, drawn cases."""

import importlib
from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
import sympy
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import dfas
from sympy.combinatorics import Permutation
from theory_strategies import cycles_of, machine_of, permutation_matrix

from deltaword import certify, compile, languages
from deltaword.theory.closure import closure
from deltaword.theory.constructions.one_layer import one_layer
from deltaword.theory.exact_layer import Head, LetterAction
from deltaword.theory.papers import dihedral, rotations, symmetric
from deltaword.theory.papers.block_scheme import BlockScheme
from deltaword.theory.planning.components import Library
from deltaword.theory.statements import (
    any_regular_language,
    describe,
    dihedral_two_layers,
    get,
    grid_exactness,
    group_word_problems,
    smallest_n_h,
    symmetric_in_blocks,
)

NAMES = [
    "group_word_problems",
    "smallest_n_h",
    "cube_and_icosahedron",
    "dihedral_two_layers",
    "symmetric_in_blocks",
    "any_regular_language",
    "grid_exactness",
]
PROPERTY = settings(max_examples=60, deadline=None)

HOLE_CASCADE, LEAST, ONE_BIT = any_regular_language.hole_cascade, smallest_n_h.smallest_n_h, group_word_problems.one_bit_a_state
CHUNKS_MULTIPLY = symmetric_in_blocks.chunks_multiply


def module(name):
    return importlib.import_module(f"deltaword.theory.statements.{name}")


# ---------------------------------------------------------------------- every check can fail


def without_a_step(stack):
    """A stack whose last layer forgets the last step of its last letter with one."""
    *before, (head, *others) = stack.layers
    letters = list(head.letters)
    longest = max(a for a, action in enumerate(letters) if action.steps)
    letters[longest] = LetterAction(letters[longest].steps[:-1], letters[longest].gate)
    return replace(stack, layers=(*before, (Head(head.initial, head.query, letters), *others)))


def without_its_last_step(construct):
    def made(*args, **options):
        right = construct(*args, **options)
        return replace(right, stack=without_a_step(right.stack), lemma=None)

    return made


class OldBlock(BlockScheme):
    """Reads the current block where the one before is meant."""

    def previous(self, u):
        return self.current(u)[: self.m]


class LostSwap(BlockScheme):
    def chunk(self, P, w):
        return super().chunk(P, w)[:1]


def wrong_link(dfa):
    cascade = HOLE_CASCADE(dfa)
    links = [np.where(link >= 0, 0, link) for link in cascade.links]
    return replace(cascade, links=tuple(links))


def toward_zero(x, p):
    unit = 1 << max(0, abs(x).bit_length() - p)
    return abs(x) // unit * unit * (1 if x >= 0 else -1)


def with_large_bits(dfa, right=one_layer):
    """The one-layer constructions, started at 300 times their start: past what bfloat16 counts to."""
    candidates, refused = right(dfa)

    class Loud:
        def layer(self, dfa):
            layer = candidates[0].layer(dfa)
            heads = [Head(300 * head.initial, head.query, head.letters) for head in layer.heads]
            return replace(layer, heads=tuple(heads))

    return [Loud()], refused


FAULTS = [
    ("group_word_problems", "n_cycles", lambda sigma: 1),
    ("group_word_problems", "steps_taken", lambda stack: [0] * len(stack.alphabet)),
    ("group_word_problems", "symmetric", without_its_last_step(symmetric)),
    ("group_word_problems", "one_bit_a_state", lambda dfa: without_a_step(ONE_BIT(dfa))),
    ("smallest_n_h", "by_characters", lambda M: len(M)),
    ("smallest_n_h", "smallest_n_h", lambda dfa: LEAST(languages.get("parity"))),
    ("smallest_n_h", "in_all_kernels", lambda dfa, r: [0]),
    ("cube_and_icosahedron", "determinant_formula", lambda: sympy.Symbol("m")),
    ("cube_and_icosahedron", "rank", lambda M: 2),
    ("cube_and_icosahedron", "rotations", without_its_last_step(rotations)),
    ("dihedral_two_layers", "dihedral", without_its_last_step(dihedral)),
    ("dihedral_two_layers", "key_identities", lambda: {"one": sympy.Matrix([sympy.Symbol("c", real=True)])}),
    ("dihedral_two_layers", "inner", lambda a, b: sympy.Symbol("unknown")),
    ("symmetric_in_blocks", "symmetric", without_its_last_step(symmetric)),
    ("symmetric_in_blocks", "BlockScheme", OldBlock),
    ("symmetric_in_blocks", "chunks_multiply", lambda scheme: CHUNKS_MULTIPLY(LostSwap(scheme.n, scheme.n_h))),
    ("any_regular_language", "hole_cascade", wrong_link),
    ("any_regular_language", "of_cascade", lambda cascade, library: None),
    ("grid_exactness", "rounded", toward_zero),
    ("grid_exactness", "every_sum", lambda terms, p: {sum(terms), 0}),
    ("grid_exactness", "one_layer", with_large_bits),
    ("grid_exactness", "why_not_chunked", lambda network, states: "something rounds"),
    ("grid_exactness", "inverse", lambda steps: 2 * grid_exactness.identity(len(steps))),
]


@pytest.mark.parametrize(("name", "part", "fault"), FAULTS, ids=[f"{name}-{part}" for name, part, _ in FAULTS])
def test_a_fault_in_what_a_check_uses_is_noticed(monkeypatch, name, part, fault):
    monkeypatch.setattr(module(name), part, fault)
    found = get(name).check()
    assert not found.holds
    assert found.says.startswith("fails: ")


# ---------------------------------------------------------------------- false variants, confirmed by others' arithmetic


def confirm_group_word_problems(A, x, image):
    A, x = np.array(A, dtype=float), np.array(x, dtype=float)
    assert np.array_equal(A @ np.eye(2), np.array([[1, 1], [0, 0]]))  # e_0 and e_1 both go to e_0
    assert np.array_equal(A @ x, np.array(image, dtype=float))
    assert np.linalg.norm(A, 2) > 1


def confirm_smallest_n_h(characters):
    table = np.array(characters)
    assert np.array_equal(table @ table.T, 4 * np.eye(4))  # orthogonal rows of squares' sum 4: all of a group of four
    assert all((row == 1).sum() > 1 for row in table)
    assert all((row[:, None] * row[None])[1, 2] == row[3] for row in table)  # 1 · 2 = 3 in the group


def confirm_cube_and_icosahedron(M, needed):
    M = np.array(M, dtype=float)
    assert np.allclose(M @ M.T, np.eye(3))
    assert np.linalg.matrix_rank(np.eye(3) - M) == needed == 3
    assert np.linalg.det(M) < 0


def confirm_dihedral_two_layers(step, needed):
    step = np.array(step, dtype=float)
    assert np.isclose(np.linalg.det(step), 1)
    assert np.linalg.matrix_rank(np.eye(2) - step) == needed == 2
    assert np.allclose(np.linalg.matrix_power(step, 4), np.eye(2))


def confirm_symmetric_in_blocks(word, found, right):
    product = Permutation(2)
    for x in word:
        product = product * Permutation(x)  # sympy's a * b is a first
    assert product.array_form == right != found  # pyright: ignore[reportAttributeAccessIssue]


def confirm_any_regular_language(e, f):
    e, f = np.array(e), np.array(f)
    assert np.array_equal(e[e], e)
    assert np.array_equal(f[f], f)
    assert not np.array_equal(e[f[e]], e[f])  # functions: e, f, e in turn against f, e
    dfa = languages.get("a_star_b_star")
    ways = {tuple(dfa.table[dfa.table[:, a], a]) for a in range(2)}  # aa and bb act as a and b
    assert {tuple(e), tuple(f)} == ways


def confirm_grid_exactness(beta, key, state, found, exactly):
    k, S = torch.tensor(key, dtype=torch.bfloat16), torch.tensor(state, dtype=torch.bfloat16)
    assert S.tolist() == state
    gap = -(k * S).sum()
    assert (S + k * (beta * gap)).tolist() == found
    k, S = k.double(), S.double()
    assert (S - beta * k * (k @ S)).tolist() == exactly != found


@pytest.mark.parametrize("name", NAMES)
def test_the_false_variant_is_refuted_by_numbers_that_others_confirm(name):
    refuted = get(name).refute()
    globals()[f"confirm_{name}"](**refuted.objects)
    assert refuted.says in describe(name).replace("\n            ", " ")


# ---------------------------------------------------------------------- the claims, on drawn cases


@PROPERTY
@given(st.data())
def test_drawn_permutation_automata_take_as_many_steps_as_points_less_cycles(data):
    n = data.draw(st.integers(2, 7))
    letters = data.draw(st.lists(st.permutations(range(n)), min_size=1, max_size=3))
    dfa = machine_of(letters, data.draw(st.integers(0, n - 1))).reachable()
    if dfa.n_states < 2:
        return
    stack = group_word_problems.one_bit_a_state(dfa)
    assert closure(stack, dfa) == dfa.n_states
    wanted = [dfa.n_states - cycles_of(column) for column in dfa.table.T.tolist()]
    assert group_word_problems.steps_taken(stack) == wanted


@PROPERTY
@given(st.integers(1, 6).flatmap(lambda n: st.permutations(range(n))))
def test_the_rank_by_characters_is_numpys(sigma):
    M = np.array(permutation_matrix(sigma))
    assert smallest_n_h.by_characters(M.astype(object)) == np.linalg.matrix_rank(np.eye(len(sigma)) - M)


@PROPERTY
@given(st.floats(-10, 10))
def test_the_key_identities_hold_for_angles_in_floats(phi):
    c, s = np.cos(phi), np.sin(phi)
    turn = np.array([[np.cos(2 * phi), -np.sin(2 * phi)], [np.sin(2 * phi), np.cos(2 * phi)]])
    S = np.diag([1, -1])

    def mirror(sine):
        key = np.array([-sine, c])
        return np.eye(2) - 2 * np.outer(key, key)

    assert np.allclose(turn @ S, mirror(s), atol=1e-12)
    assert np.allclose(S @ turn, mirror(-s), atol=1e-12)
    symbols = sympy.symbols("c s", real=True)
    for difference in dihedral_two_layers.key_identities().values():
        at = difference.subs(dict(zip(symbols, (sympy.Float(c), sympy.Float(s)), strict=True)))
        assert max(map(abs, at)) < 1e-12


def test_a_polynomial_that_vanishes_at_some_angles_only_is_none_that_vanishes_on_the_circle():
    c, s = sympy.symbols("c s", real=True)
    assert dihedral_two_layers.on_the_circle((1 - c**2) * s - s**3)
    assert not dihedral_two_layers.on_the_circle(c * s)
    assert not dihedral_two_layers.on_the_circle(c**2 - s**2)


@PROPERTY
@given(st.data())
def test_the_block_scheme_multiplies_as_sympy_does(data):
    n = data.draw(st.integers(2, 6))
    scheme = BlockScheme(n, data.draw(st.integers(1, 4)))
    word = data.draw(st.lists(st.permutations(range(n)), max_size=4 * scheme.m + 3))
    product = Permutation(n - 1)
    for x, found in zip(word, scheme.products(map(tuple, word))[1:], strict=True):
        product = product * Permutation(x)
        assert list(found) == product.array_form  # pyright: ignore[reportAttributeAccessIssue]


@PROPERTY
@given(dfas(max_states=5), st.lists(st.integers(0, 1000), max_size=30))
def test_drawn_machines_are_tracked_by_a_layer_less_than_they_have_states(dfa, numbers):
    part = dfa.reachable()
    if part.n_states < 2:
        return
    stack = any_regular_language.layers_of(part, Library())
    assert len(stack.layers) == part.n_states - 1
    word = [part.alphabet[i % part.n_letters] for i in numbers]
    assert stack.states(word) == part.states(word)


@given(st.integers(-(2**14), 2**14))
def test_whole_numbers_are_rounded_as_torch_rounds_them(x):
    assert grid_exactness.rounded(x, 8) == torch.tensor(x, dtype=torch.float64).to(torch.bfloat16).item()


@PROPERTY
@given(st.lists(st.integers(-300, 300), min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_a_sum_in_bfloat16_is_among_those_that_are_found_and_exact_within_the_bound(terms, random):
    found = grid_exactness.every_sum(terms, 8)
    parts = [torch.tensor(x, dtype=torch.bfloat16) for x in terms]
    while len(parts) > 1:  # any two next
        random.shuffle(parts)
        parts.append(parts.pop() + parts.pop())
    assert parts[0].item() in found
    assert sum(map(abs, terms)) > 256 or found == {sum(terms)}


def test_every_order_of_four_numbers_is_tried():
    for terms in ((256, 1, 1, -256), (3, -255, 130, 129), (100, 100, 57, 1)):
        in_turn = set()
        for order in permutations(terms):
            total = grid_exactness.rounded(order[0], 8)
            for x in order[1:]:
                total = grid_exactness.rounded(total + grid_exactness.rounded(x, 8), 8)
            in_turn.add(total)
        assert in_turn <= grid_exactness.every_sum(terms, 8)
        assert len(in_turn) > 1


@pytest.mark.parametrize("name", grid_exactness.NETWORKS)
def test_the_networks_in_bfloat16_have_the_certificate_that_the_compiled_ones_have(name):
    dfa = languages.get(name)
    certificate = certify(compile(dfa).to(torch.bfloat16), dfa)
    assert (certificate.grade, certificate.chunked, certificate.scope) == (1, True, "all lengths")
    assert grid_exactness.bounded(dfa, name) == certificate.pairs
