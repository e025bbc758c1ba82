"""Groups against sympy's permutation groups, complex numbers and quaternion matrices, none of which we wrote."""

import pickle
import subprocess
import sys
from collections.abc import Iterable, Sequence
from itertools import permutations, product
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sympy.combinatorics import Permutation, PermutationGroup
from sympy.combinatorics.named_groups import AbelianGroup, AlternatingGroup, CyclicGroup, DihedralGroup, SymmetricGroup

from deltaword import DFA, groups
from deltaword.automata.errors import BadPermutation, DuplicateLetter, EmptyAlphabet, TooLarge, UnknownLetter
from deltaword.automata.groups import Group
from deltaword.automata.permutations import RowIndex, as_rows, closure, cycle_notation

PROPERTY = settings(max_examples=100, deadline=None)

SMALL = {
    "Z_1": groups.cyclic(1),
    "Z_6": groups.cyclic(6),
    "D_1": groups.dihedral(1),
    "D_2": groups.dihedral(2),
    "D_3": groups.dihedral(3),
    "D_4": groups.dihedral(4),
    "D_7": groups.dihedral(7),
    "S_1": groups.symmetric(1),
    "S_2": groups.symmetric(2),
    "S_4": groups.symmetric(4),
    "A_3": groups.alternating(3),
    "A_4": groups.alternating(4),
    "Q_8": groups.quaternion(),
    "S_3 × Z_2": groups.direct_product(groups.symmetric(3), groups.cyclic(2)),
    "D_3 × Z_2 × Z_3": groups.direct_product(groups.dihedral(3), groups.cyclic(2), groups.cyclic(3)),
}


@st.composite
def generator_lists(draw, max_degree=6, max_generators=3):
    degree = draw(st.integers(1, max_degree))
    return draw(st.lists(st.permutations(range(degree)), min_size=1, max_size=max_generators))


def sympy_name(permutation: Any) -> str:
    """Our name of an element, from sympy's cycles."""
    return "".join(f"({' '.join(map(str, cycle))})" for cycle in permutation.cyclic_form) or "()"


def sympy_product(images: Iterable[Sequence[int]], degree: int) -> Any:
    """sympy multiplies from the left: x^(p*q) = (x^p)^q."""
    total: Any = Permutation(list(range(degree)))
    for p in images:
        total = total * Permutation(list(p))
    return total


def sympy_names(group: Any) -> list[str]:
    return sorted(map(sympy_name, group.elements))


def last_name(dfa: DFA, word: list[str]) -> Any:
    """The name of the state in which a word ends."""
    assert dfa.state_names is not None
    return dfa.state_names[dfa.states(word)[-1]]


# ---------------------------------------------------------------------- axioms and tables


@pytest.mark.parametrize("group", SMALL.values(), ids=SMALL.keys())
def test_small_groups_satisfy_the_axioms(group):
    names, e = group.elements, group.identity
    assert len(names) == len(set(names)) == group.order
    assert names[0] == e
    for a in names:
        assert group.multiply(a, e) == group.multiply(e, a) == a
        assert group.multiply(a, group.inverse(a)) == group.multiply(group.inverse(a), a) == e
        assert {group.multiply(a, b) for b in names} == set(names)
    rng = np.random.default_rng(0)
    for a, b, c in rng.choice(names, size=(100, 3)).tolist():
        assert group.multiply(group.multiply(a, b), c) == group.multiply(a, group.multiply(b, c))


@pytest.mark.parametrize("group", SMALL.values(), ids=SMALL.keys())
def test_names_and_permutations_translate_into_each_other(group):
    for name in group.elements:
        assert group.name(group.permutation(name)) == name


@pytest.mark.parametrize("group", SMALL.values(), ids=SMALL.keys())
def test_the_word_problem_with_all_letters_is_the_multiplication_table(group):
    dfa = group.word_problem()
    assert dfa.alphabet == dfa.state_names == group.elements
    assert (dfa.start, dfa.accepting) == (0, {0})
    for (q, g), (a, x) in product(enumerate(group.elements), repeat=2):
        assert group.elements[dfa.table[q, a]] == group.multiply(g, x)


def test_cyclic_groups_add():
    group = groups.cyclic(7)
    assert group.elements == tuple("0123456")
    for a, b in product(range(7), repeat=2):
        assert group.multiply(str(a), str(b)) == str((a + b) % 7)


@pytest.mark.parametrize("m", [1, 2, 3, 4, 5, 12])
def test_dihedral_groups_are_the_symmetries_of_a_polygon(m):
    """In the complex plane r turns by a corner and s conjugates; a product applies its first factor first."""
    group = groups.dihedral(m)
    names = [*(f"r{k}" for k in range(m)), *(f"sr{k}" for k in range(m))]
    names = [{"r0": "1", "r1": "r", "sr0": "s", "sr1": "sr"}.get(name, name) for name in names]
    assert group.elements == tuple(names)
    turns = np.exp(2j * np.pi * np.arange(m) / m)
    point = 0.3 + 0.1j  # in general position

    def act(name: str, z: complex) -> complex:
        i = names.index(name)
        return (z if i < m else z.conjugate()) * turns[i % m]

    for a, b in product(names, repeat=2):
        assert abs(act(group.multiply(a, b), point) - act(b, act(a, point))) < 1e-12


def test_quaternions_multiply_as_their_matrices():
    matrices = {"1": np.eye(2), "i": np.diag([1j, -1j]), "j": np.array([[0, 1], [-1, 0]]), "k": np.array([[0, 1j], [1j, 0]])}
    matrices |= {f"-{name}": -matrix for name, matrix in matrices.items()}
    group = groups.quaternion()
    assert group.elements == ("1", "-1", "i", "-i", "j", "-j", "k", "-k")
    for a, b in product(group.elements, repeat=2):
        assert np.array_equal(matrices[group.multiply(a, b)], matrices[a] @ matrices[b])


def test_direct_products_multiply_place_by_place():
    s3, z4 = groups.symmetric(3), groups.cyclic(4)
    both = groups.direct_product(s3, z4)
    assert both.elements == tuple(f"({a}, {b})" for a, b in product(s3.elements, z4.elements))
    for (a, b), (c, d) in product(product(s3.elements, z4.elements), repeat=2):
        assert both.multiply(f"({a}, {b})", f"({c}, {d})") == f"({s3.multiply(a, c)}, {z4.multiply(b, d)})"


# ---------------------------------------------------------------------- against sympy


@PROPERTY
@given(generator_lists())
@example([[0]])
@example([[1, 2, 3, 4, 5, 0], [1, 0, 2, 3, 4, 5]])
def test_generated_groups_have_sympys_elements(generators):
    oracle = PermutationGroup([Permutation(g) for g in generators])
    group = groups.from_permutations(generators)
    assert group.order == oracle.order()
    assert sorted(group.elements) == sympy_names(oracle)


@PROPERTY
@given(generator_lists(), st.data())
def test_word_problems_end_in_sympys_product(generators, data):
    """Non-abelian groups notice a wrong order of multiplication."""
    generators = list(dict.fromkeys(map(tuple, generators)))
    word = data.draw(st.lists(st.sampled_from(generators), max_size=20))
    dfa = groups.from_permutations(generators).word_problem(generators)
    expected = sympy_product(word, len(generators[0]))
    letters = [sympy_name(Permutation(list(g))) for g in word]
    assert last_name(dfa, letters) == sympy_name(expected)
    assert dfa.accepts(letters) == expected.is_Identity


@PROPERTY
@given(st.sampled_from([3, 4, 5]), st.data())
def test_words_over_all_elements_of_a_symmetric_group_end_in_sympys_product(n, data):
    word = data.draw(st.lists(st.permutations(range(n)), max_size=30))
    letters = [sympy_name(Permutation(p)) for p in word]
    dfa = groups.symmetric(n).word_problem()
    assert last_name(dfa, letters) == sympy_name(sympy_product(word, n))


@PROPERTY
@given(generator_lists(), st.data())
def test_actions_move_points_as_sympy_does(generators, data):
    generators = list(dict.fromkeys(map(tuple, generators)))
    word = data.draw(st.lists(st.sampled_from(generators), max_size=20))
    dfa = groups.from_permutations(generators).action()
    letters = [sympy_name(Permutation(list(g))) for g in word]
    assert dfa.states(letters)[-1] == 0 ^ sympy_product(word, len(generators[0]))  # sympy's x^p
    orbit = PermutationGroup([Permutation(list(g)) for g in generators]).orbit(0)
    assert set(dfa.reachable_states().tolist()) == orbit


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (groups.cyclic(12), CyclicGroup(12)),
        (groups.dihedral(9), DihedralGroup(9)),
        (groups.symmetric(7), SymmetricGroup(7)),
        (groups.alternating(6), AlternatingGroup(6)),
        (groups.alternating(7), AlternatingGroup(7)),
        (groups.direct_product(groups.cyclic(4), groups.cyclic(6)), AbelianGroup(4, 6)),
        (groups.symmetric(30), SymmetricGroup(30)),
        (groups.from_permutations([[*range(1, 25), 0], [1, 0, *range(2, 25)]]), SymmetricGroup(25)),
    ],
    ids=repr,
)
def test_orders_are_sympys(ours, theirs):
    assert ours.order == theirs.order()


@pytest.mark.parametrize("n", range(1, 8))
def test_families_list_as_many_elements_as_their_order(n):
    for group in (groups.symmetric(n), groups.alternating(n), groups.dihedral(n), groups.cyclic(n)):
        assert len(group.elements) == group.order


def test_a_sympy_group_becomes_ours():
    theirs = DihedralGroup(6)
    ours = groups.from_sympy(theirs)
    assert sorted(ours.elements) == sympy_names(theirs)
    assert groups.from_sympy(PermutationGroup([Permutation(0, 1), Permutation(2, 3, size=5)])).degree == 5
    assert groups.from_sympy(PermutationGroup()).elements == ("()",)


def test_s7_has_5040_states_with_two_letters():
    dfa = groups.symmetric(7).word_problem(groups.symmetric(7).generators)
    assert (dfa.n_states, dfa.n_letters) == (5040, 2)
    assert dfa.alphabet == ("(0 1)", "(0 1 2 3 4 5 6)")
    assert dfa.accepts(["(0 1 2 3 4 5 6)"] * 7)


def test_letters_that_generate_less_give_fewer_states():
    dfa = groups.symmetric(5).word_problem(["(0 1)", "(2 3)"])
    assert dfa.state_names == ("()", "(2 3)", "(0 1)", "(0 1)(2 3)")
    assert groups.dihedral(6).word_problem(["r2"]).state_names == ("1", "r2", "r4")


def test_letters_may_be_names_or_permutations_alike():
    group = groups.dihedral(4)
    named, given_by_images = group.word_problem(["r", "sr"]), group.word_problem([[1, 2, 3, 0], (1, 0, 3, 2)])
    assert named == given_by_images
    other_sequences: Any = [np.array([1, 2, 3, 0]), Permutation([1, 0, 3, 2])]
    assert group.word_problem(other_sequences) == named


def test_large_degrees_keep_their_order():
    """Past 256 points an image takes two bytes."""
    group = groups.cyclic(300)
    dfa = group.word_problem(["1", "299"])
    assert dfa.state_names == group.elements == tuple(map(str, range(300)))
    assert dfa.states(["1"] * 257)[-1] == 257
    assert groups.dihedral(260).elements[-1] == "sr259"


def test_groups_past_the_limit_work_by_permutations():
    group = groups.symmetric(15)
    swap, cycle = [1, 0, *range(2, 15)], [*range(1, 15), 0]
    assert group.action().n_states == 15
    assert group.word_problem([swap]).n_states == 2
    assert group.word_problem([cycle]).n_states == 15
    assert group.name(cycle) == cycle_notation(cycle)
    alternating = groups.alternating(15)
    assert alternating.name(cycle) == cycle_notation(cycle)
    with pytest.raises(BadPermutation, match=r"\(0 1\) is not in A_15"):
        alternating.name(swap)


# ---------------------------------------------------------------------- helpers


@PROPERTY
@given(generator_lists(max_degree=5))
def test_rows_are_found_where_they_stand(generators):
    rows = closure([tuple(g) for g in generators])
    assert rows.tolist() == sorted(rows.tolist())
    shuffled = np.random.default_rng(0).permutation(rows)
    assert RowIndex(shuffled).find(shuffled).tolist() == list(range(len(rows)))
    everything = as_rows(list(permutations(range(len(generators[0])))), len(generators[0]))
    found = RowIndex(rows).find(everything)
    assert (found >= 0).sum() == len(rows)


@PROPERTY
@given(st.permutations(range(8)))
def test_cycle_notation_is_sympys(images):
    assert cycle_notation(images) == sympy_name(Permutation(images))


# ---------------------------------------------------------------------- errors and manners


untyped: Any = groups  # wrong types are given on purpose


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: untyped.from_permutations([[0, 0]]), BadPermutation, "generator 0 sends both 0 and 1 to 0"),
        (lambda: untyped.from_permutations([[0, 2]]), BadPermutation, "generator 0 sends 1 to 2"),
        (lambda: untyped.from_permutations([[0, 1.0]]), BadPermutation, "sends 1 to 1.0"),
        (lambda: untyped.from_permutations([[True, False]]), BadPermutation, "sends 0 to True"),
        (lambda: untyped.from_permutations([[1, 0], [0, 1, 2]]), BadPermutation, "generator 1 moves 3 points, the others 2"),
        (lambda: untyped.from_permutations([]), BadPermutation, "no generators"),
        (lambda: untyped.from_permutations([[]]), BadPermutation, "generator 0 is empty"),
        (lambda: untyped.from_permutations([3]), BadPermutation, "generator 0 3 is not a sequence"),
        (lambda: untyped.from_sympy([[1, 0]]), BadPermutation, "not a sympy PermutationGroup"),
        (lambda: untyped.direct_product(), BadPermutation, "at least one"),
        (lambda: untyped.cyclic(0), BadPermutation, "no group Z_0"),
        (lambda: untyped.dihedral(-2), BadPermutation, "no group D_-2"),
        (lambda: untyped.symmetric(2.5), BadPermutation, r"no group S_2\.5"),
        (lambda: untyped.symmetric(4).multiply("(0 1)", "(01)"), UnknownLetter, r"'\(01\)' .* did you mean '\(0 1\)'"),
        (lambda: untyped.quaternion().word_problem(["i", "l"]), UnknownLetter, "'l' is not the name of an element of Q_8"),
        (lambda: untyped.cyclic(5).word_problem([1]), UnknownLetter, "names are strings: '1'"),
        (lambda: untyped.cyclic(5).word_problem([[1, 0, 2, 3, 4]]), BadPermutation, r"\(0 1\) is not in Z_5"),
        (lambda: untyped.cyclic(5).word_problem(["1", "1"]), DuplicateLetter, "'1'"),
        (lambda: untyped.cyclic(5).word_problem([]), EmptyAlphabet, "empty"),
        (lambda: untyped.symmetric(12).elements, TooLarge, "12 points has more than 1048576 elements"),
        (lambda: untyped.symmetric(7).word_problem(), TooLarge, "5040 letters"),
        (lambda: untyped.cyclic(60_000).elements, TooLarge, "60000 points"),
    ],
)
def test_errors_name_what_is_wrong(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_listing_stops_at_the_limit(monkeypatch):
    monkeypatch.setattr("deltaword.automata.permutations.MAX_ORDER", 1000)
    assert len(groups.from_permutations(groups.symmetric(6).generators).elements) == 720
    with pytest.raises(TooLarge, match="more than 1000 elements"):
        _ = groups.from_permutations(groups.symmetric(7).generators).elements


def test_groups_are_immutable_and_survive_pickling():
    group = groups.dihedral(5)
    with pytest.raises(AttributeError, match="immutable"):
        group.symbol = "D_6"
    for original in (group, groups.symmetric(4), groups.direct_product(group, groups.cyclic(2)), Group([(1, 0)])):
        copy = pickle.loads(pickle.dumps(original))
        assert copy.elements == original.elements
        assert repr(copy) == repr(original)


def test_word_problems_do_not_load_sympy():
    program = "import sys, deltaword as dw; dw.groups.symmetric(5).word_problem(); assert 'sympy' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)
