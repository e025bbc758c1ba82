"""The papers' constructions in exact numbers: against groups multiplied elsewhere, over all short words and many drawn ones."""

from dataclasses import replace
from fractions import Fraction
from functools import reduce
from itertools import permutations, product
from typing import Any

import numpy as np
import pytest
import sympy
from sympy.combinatorics import Permutation

from deltaword import DFA, languages
from deltaword.automata.errors import BadArgument, BadStep, ProofFails, TooLarge
from deltaword.theory.closure import closure
from deltaword.theory.cyclotomic import cos_pi, sin_pi
from deltaword.theory.exact_layer import Head, LetterAction
from deltaword.theory.exact_stack import ExactStack, Link
from deltaword.theory.factor import dyadic_reflections, rank, reflections
from deltaword.theory.householder import Step
from deltaword.theory.householder import product as step_product
from deltaword.theory.mlp import Mlp
from deltaword.theory.numbers import identity
from deltaword.theory.papers import Construction, counting, dihedral, group, parity, rotations, symmetric
from deltaword.theory.papers.block_scheme import BlockScheme, block_length, product_table, times
from deltaword.theory.papers.construction import smallest_gap
from deltaword.theory.papers.polygon import Polygon
from deltaword.theory.papers.rotations import cube_rotations, icosahedron_rotations
from deltaword.theory.papers.staged import Chosen, Looked, Named, Program, Relabelled
from deltaword.theory.papers.symmetric import permutations_of

# ---------------------------------------------------------------------- words, and what they multiply to, by other means


def drawn_words(letters, count, length, seed=0):
    draw = np.random.default_rng(seed)
    for _ in range(count):
        yield [letters[a] for a in draw.integers(len(letters), size=draw.integers(0, length + 1))]


def check_states(made, words):
    """The stack's states along the words, one exact step at a time, are the machine's."""
    total = 0
    for word in words:
        assert made.stack.states(word) == made.dfa.states(word), word
        total += len(word) + 1
    return total


def permutation_named(name, n):
    """From cycle notation by sympy."""
    cycles = [[int(x) for x in part.split()] for part in str(name).strip("()").split(")(") if part]
    return Permutation(cycles, size=n)


def check_permutations(made, n, count, length):
    """Each prefix of drawn words multiplied by sympy, left factor first, and named in cycle notation."""
    stack, names = made.stack, [permutation_named(name, n) for name in made.dfa.state_names]
    for word in drawn_words(made.dfa.alphabet, count, length, seed=n):
        prefixes: list[Any] = [Permutation(size=n)]
        for letter in word:
            prefixes.append(prefixes[-1] * permutation_named(letter, n))
        assert [names[q] for q in stack.states(word)] == prefixes, word


def with_layer(stack: ExactStack, i: int, heads) -> ExactStack:
    return replace(stack, layers=(*stack.layers[:i], tuple(heads), *stack.layers[i + 1 :]))


def with_steps(head: Head, letter: int, steps) -> Head:
    """The head with other steps for one letter."""
    actions = list(head.letters)
    actions[letter] = LetterAction(tuple(steps))
    return Head(head.initial, head.query, actions)


# ---------------------------------------------------------------------- parity and counting


def test_parity_is_one_reflection_of_the_line():
    made = parity()
    assert made.dfa == languages.get("parity")
    assert (made.n_h, made.exact, made.proof().pairs) == (1, True, 2)
    for word in map("".join, product("01", repeat=10)):
        assert made.stack.states(word)[-1] == word.count("1") % 2


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("m", [2, 3, 4, 5, 6, 7, 8, 9, 10, 12])
def test_ones_are_counted(m, layers):
    made = counting(m, layers)
    assert made.n_h == (2 if layers == 1 else 1)
    assert len(made.stack.layers) == layers
    assert made.exact == (12 % m == 0)
    assert made.dfa == languages.get(f"mod_{m}")
    assert made.proof().kind == "closure"
    assert made.stack.closure(made.dfa) == made.proof().pairs
    for word in ["1" * 3 * m, "0110" * m, *map("".join, drawn_words("01", 20, 4 * m))]:
        assert made.stack.states(word) == [word[:t].count("1") % m for t in range(len(word) + 1)]


@pytest.mark.parametrize("m", [11, 60, 61, 64, 97])
def test_large_counts_close_exactly(m):
    assert counting(m, 1).proof().pairs == m
    assert counting(m, 2).proof().pairs == m if m % 2 == 0 else 2 * m


def test_two_mirrors_in_the_other_order_turn_backwards():
    made = counting(5)
    (head,) = made.stack.layers[0]
    backwards = with_layer(made.stack, 0, [with_steps(head, 1, head.letters[1].steps[::-1])])
    for proof in (closure, ExactStack.closure):
        with pytest.raises(ProofFails, match="read as"):
            proof(backwards, made.dfa)  # type: ignore[operator]


# ---------------------------------------------------------------------- dihedral groups


def corners(word, m):
    """Where two neighbouring corners go: r to the next corner, s to minus itself, letter by letter in whole numbers."""
    q = [0, 1]
    for letter in word:
        if letter.startswith("s"):
            q = [-x for x in q]
        turns = letter.removeprefix("s")
        q = [(x + (int(turns[1:] or 1) if turns.startswith("r") else 0)) % m for x in q]
    return tuple(q)


@pytest.mark.parametrize("m", [2, 3, 4, 5, 6, 7, 8, 12])
def test_dihedral_words_are_multiplied_in_order(m):
    made = dihedral(m)
    assert (made.n_h, len(made.stack.layers), made.exact) == (1, 2, 12 % m == 0)
    assert made.dfa == languages.get(f"D_{m}")
    names = made.dfa.state_names or ()
    for word in drawn_words(made.dfa.alphabet, 24, 16, seed=m):
        for t, q in enumerate(made.stack.states(word)):
            if m > 2:
                assert corners([names[q]], m) == corners(word[:t], m), word
            else:
                assert q == made.dfa.states(word[:t])[-1]
    assert made.stack.closure(made.dfa) == made.proof().pairs == 4 * m


@pytest.mark.parametrize("m", range(2, 65))
def test_every_dihedral_group_to_64_closes_exactly(m):
    made = dihedral(m, letters="generators")
    assert made.proof().pairs == (4 * m if m % 2 else 2 * m)
    assert made.n_h == 1
    assert len(made.stack.layers) == 2


@pytest.mark.parametrize("m", [32, 45])
def test_large_dihedral_groups_with_all_letters_close_exactly(m):
    made = dihedral(m)
    assert made.proof().pairs == 4 * m
    points = [row[1:] for row in made.stack.reader.weights[0]]
    assert smallest_gap(points[: 2 * m]) == pytest.approx(2 * np.sin(np.pi / (2 * m)) ** 2)


def test_s_then_r_differs_from_r_then_s():
    made = dihedral(5)
    assert made.stack.states(["s", "r"])[-1] != made.stack.states(["r", "s"])[-1]
    wrong = DFA(made.dfa.table.T[: made.dfa.n_states], 0, [0], made.dfa.alphabet)  # x·g in place of g·x
    with pytest.raises(ProofFails, match="read as"):
        closure(made.stack, wrong)


def test_a_changed_key_a_changed_link_and_a_changed_reader_are_found():
    made = dihedral(7)
    head = made.stack.layers[1][0]
    other = Step(2, (-sin_pi(3, 14), cos_pi(3, 14)), (0, 0))  # a mirror between two
    with pytest.raises(ProofFails, match="read as"):
        closure(with_layer(made.stack, 1, [with_steps(head, 2, [other])]), made.dfa, limit=10_000)
    (link,) = made.stack.links
    weights = [W.copy() for W in link.mlp.weights]
    weights[-1][:, [0, 3]] = weights[-1][:, [3, 0]]  # two entries of the table exchanged
    with pytest.raises(ProofFails, match="read as"):
        closure(replace(made.stack, links=(Link(link.shift, Mlp(tuple(weights), link.mlp.biases)),)), made.dfa)
    weights[-1][:] = 0
    with pytest.raises(ProofFails, match="no unit vector"):
        closure(replace(made.stack, links=(Link(link.shift, Mlp(tuple(weights), link.mlp.biases)),)), made.dfa)
    rows = [W.copy() for W in made.stack.reader.weights]
    rows[0][3] = rows[0][4]
    with pytest.raises(ProofFails, match="read as"):
        closure(replace(made.stack, reader=Mlp(tuple(rows), made.stack.reader.biases)), made.dfa)


def test_ties_and_narrow_leads_are_settled_exactly():
    """Two logits 2^-80 apart: no float tells, the closure does, in both directions."""
    tiny = Fraction(1, 2**80)
    head = Head([[1]], (1,), [LetterAction(())])
    one_state = DFA([[0]], 0, [0], "a")
    for bias, named in (((tiny, 0), 0), ((0, tiny), 1), ((0, 0), 0)):
        reader = Mlp((np.array([[1], [1]], dtype=object),), (np.array(bias, dtype=object),))
        stack = ExactStack("a", ((head,),), (), reader)
        if named == 0:
            assert closure(stack, one_state) == 1
        else:
            with pytest.raises(ProofFails, match="read as 1"):
                closure(stack, one_state)


def test_the_closure_stops_at_its_limit():
    with pytest.raises(TooLarge, match="more than 20"):
        closure(dihedral(9).stack, dihedral(9).dfa, limit=20)


@pytest.mark.parametrize("m", [2, 3, 4, 5, 9, 12])
def test_mirrors_and_turns_are_those_of_the_polygon(m):
    """Corner q at the angle 2πq/m: mirror j sends it to corner j − q, turn j to q + j."""
    if m == 3:
        corner = [np.array(row) for row in identity(3)]
    else:
        corner = [np.array([cos_pi(2 * q, m), sin_pi(2 * q, m)], dtype=object) for q in range(m)]
    for j in range(m):
        mirror, turn = (step_product(steps, Polygon(m).K) for steps in ([Polygon(m).mirror(j)], Polygon(m).turn(j)))
        for q in range(m):
            assert (mirror @ corner[q] == corner[(j - q) % m]).all()
            assert (turn @ corner[q] == corner[(j + q) % m]).all()


# ---------------------------------------------------------------------- rotations and matrix groups


@pytest.mark.parametrize("letters", ["elements", "generators"])
@pytest.mark.parametrize(("solid", "n"), [("cube", 4), ("icosahedron", 5)])
def test_rotations_multiply_as_permutations_do(solid, n, letters):
    made = rotations(solid, letters)
    assert (made.n_h, made.exact, made.dfa.n_states) == (2, solid == "cube", 24 if n == 4 else 60)
    assert made.proof().pairs == made.dfa.n_states
    check_permutations(made, n, 8 if n == 5 else 100, 15)


@pytest.mark.parametrize("found", [cube_rotations(), icosahedron_rotations()], ids=["cube", "icosahedron"])
def test_rotation_matrices_are_rotations_and_a_faithful_representation(found):
    floats = {images: np.array(M, dtype=float) for images, M in found.items()}
    assert len({tuple(M.flat) for M in found.values()}) == len(found) in (24, 60)
    for g, M in floats.items():
        assert np.allclose(M @ M.T, np.eye(3))
        assert np.linalg.det(M) == pytest.approx(1)
        for x in list(floats)[::7]:
            assert np.allclose(floats[times(g, x)], floats[x] @ M)
    assert sum(permutation_named("()", len(g)) == Permutation(list(g)) for g in found) == 1


def signed_matrices(n):
    cycle = [[int((j + 1) % n == i) for j in range(n)] for i in range(n)]
    flip = [[-int(i == j == 0) or int(i == j) for j in range(n)] for i in range(n)]
    swap = [[int(j == {0: 1, 1: 0}.get(i, i)) for j in range(n)] for i in range(n)]
    return {"c": cycle, "f": flip, "s": swap}


def root_reflection(root):
    size = sum(Fraction(x) * x for x in root)
    return [[int(i == j) - 2 * Fraction(x) * y / size for j, y in enumerate(root)] for i, x in enumerate(root)]


def multiplied(*matrices):
    return reduce(np.matmul, (np.array(M, dtype=object) for M in matrices)).tolist()


F4 = [root_reflection(r) for r in [(0, 1, -1, 0), (0, 0, 1, -1), (0, 0, 0, 1), (1, -1, -1, -1)]]


@pytest.mark.parametrize("n", [2, 3, 4])
def test_signed_permutations_are_exact(n):
    made = group(signed_matrices(n))
    assert made.exact
    assert made.dfa.n_states == 2**n * int(sympy.factorial(n)) == made.proof().pairs
    check_states(made, drawn_words("cfs", 40, 20))


def test_the_group_F_4_is_exact_in_dyadic_numbers():
    letters = {**dict(zip("abcd", F4, strict=True)), "x": multiplied(*F4), "y": multiplied(F4[3], F4[2], F4[1], F4[3])}
    made = group(letters)
    assert (made.dfa.n_states, made.exact) == (1152, True)
    ranks = [rank(identity(4) - np.array(M, dtype=object)) for M in letters.values()]
    assert made.n_h == max(ranks) == 4
    assert made.proof().pairs == 1152
    check_states(made, drawn_words("abcdxy", 10, 20))


def test_products_of_two_hundred_drawn_mirrors_of_F_4_take_dyadic_mirrors():
    draw, Q, other = np.random.default_rng(3), identity(4), 0
    for k in draw.integers(4, size=200):
        Q = Q @ np.array(F4[k], dtype=object)
        found = dyadic_reflections(Q)
        assert found is not None
        assert (step_product(found, 4) == Q).all()
        assert len(found) == rank(identity(4) - Q)
        assert all(Fraction(step.beta).denominator in (1, 2) for step in found)
        other += any(Fraction(step.beta).denominator == 3 for step in reflections(Q))
    assert other, "the first mirrors found are not always dyadic"


def test_the_eighth_turn_and_a_mirror_make_D_8_from_sympy_numbers():
    half = sympy.sqrt(2) / 2
    made = group({"r": [[half, -half], [half, half]], "s": [[1, 0], [0, -1]]})
    assert (made.dfa.n_states, made.exact, made.n_h) == (16, False, 2)
    assert made.proof().pairs == 16
    reference = languages.get("D_8")
    for word in drawn_words("rs", 60, 20):
        assert (made.stack.states(word)[-1] == 0) == (reference.states(word)[-1] == 0)


def test_matrices_multiply_in_the_order_of_the_word():
    letters = signed_matrices(3)
    made = group(letters)
    seen = {}
    for word in map("".join, product("cfs", repeat=5)):
        M = reduce(lambda S, letter: np.array(letters[letter]) @ S, word, np.eye(3, dtype=int))
        state = made.stack.states(word)[-1]
        assert seen.setdefault(state, M.tolist()) == M.tolist()
    assert len(seen) == len({str(M) for M in seen.values()})


def test_bad_matrices_are_named():
    with pytest.raises(BadStep, match=r"letter 'a'.*not orthogonal"):
        group({"a": [[1, 1], [0, 1]]})
    with pytest.raises(BadStep, match=r"letter 'b'.*float"):
        group({"a": [[1]], "b": [[0.5]]})
    with pytest.raises(BadStep, match="one size"):
        group({"a": [[1]], "b": [[1, 0], [0, 1]]})
    with pytest.raises(BadStep, match="no matrices"):
        group({})
    with pytest.raises(BadStep, match="rows"):
        group({"a": 3})
    third = Fraction(1, 5)
    with pytest.raises(TooLarge, match="finite"):
        group({"a": [[3 * third, -4 * third], [4 * third, 3 * third]]}, limit=50)


# ---------------------------------------------------------------------- symmetric groups


@pytest.mark.parametrize("letters", ["elements", "generators", "transpositions"])
@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_one_layer_multiplies_permutations(n, letters):
    made = symmetric(n, letters=letters)
    assert (made.exact, len(made.stack.layers)) == (True, 1)
    assert made.n_h == (1 if letters == "transpositions" else n - 1)
    assert made.proof().pairs == made.dfa.n_states == int(sympy.factorial(n))
    check_permutations(made, n, 30, 12)


DEEP = [
    (2, 3, None, "elements"),
    (2, 4, None, "elements"),
    (3, 3, None, "elements"),
    (3, 4, None, "elements"),
    (4, 3, None, "elements"),
    (4, 3, 3, "generators"),
    (4, 4, None, "elements"),
    (4, 3, None, "generators"),
    (4, 4, None, "generators"),
    (4, 4, None, "transpositions"),
    (5, 3, None, "generators"),
    (5, 3, 4, "transpositions"),
]


@pytest.mark.parametrize(("n", "layers", "n_h", "letters"), DEEP)
def test_the_block_scheme_multiplies_permutations(n, layers, n_h, letters):
    made = symmetric(n, layers, n_h, letters)
    assert made.exact
    assert len(made.stack.layers) == layers
    assert all(head.n_h <= made.n_h == (n_h or (2 if layers == 3 else 1)) for heads in made.stack.layers for head in heads)
    check_permutations(made, n, 6, 24)


CLOSED = {(2, 3): 16, (2, 4): 16, (3, 3): 432, (3, 4): 31104}


@pytest.mark.parametrize("size", CLOSED)
def test_small_block_schemes_close_exactly(size):
    made = symmetric(*size)
    proof = made.proof()
    assert proof.kind == "closure"
    assert proof.pairs == made.pairs == CLOSED[size]
    if made.pairs < 1000:
        assert made.stack.closure(made.dfa) == made.pairs
    assert made.lemma is not None
    assert made.lemma().kind == "lemma"


@pytest.mark.parametrize(("layers", "letters"), [(3, "generators"), (4, "generators")])
def test_four_points_close_exactly_with_two_letters(layers, letters):
    made = symmetric(4, layers, letters=letters)
    assert made.proof().kind == "closure"
    assert made.lemma is not None
    assert made.lemma().pairs > 500


@pytest.mark.parametrize("layers", [3, 4])
def test_four_points_with_all_letters_are_proved_by_induction(layers):
    proof = symmetric(4, layers).proof()
    assert proof.kind == "lemma"
    assert proof.pairs > 10_000


def faults(made: Construction):
    """Damaged copies: a name, and what the lemma should object to."""
    stack = made.stack
    (head,) = stack.layers[-1]
    long = next(a for a, action in enumerate(head.letters) if action.steps)
    yield "another swap", with_layer(stack, -1 % len(stack.layers), [with_steps(head, long, head.letters[long - 1].steps)])
    moved = next(
        (a for a, action in enumerate(head.letters) if len(action.steps) == 2 and action.steps[0] != action.steps[1]), None
    )
    if moved is not None:
        reversed_ = with_steps(head, moved, head.letters[moved].steps[::-1])
        yield "swaps in the other order", with_layer(stack, len(stack.layers) - 1, [reversed_])
    slots = list(stack.layers[-2])
    slots[0], slots[1] = slots[1], slots[0]
    yield "slots exchanged", with_layer(stack, len(stack.layers) - 2, slots)
    for i in (-1, -2):
        link = stack.links[i]
        weights = [W.copy() for W in link.mlp.weights]
        columns = [c for c in range(weights[-1].shape[1]) if weights[-1][:, c].any()]
        other = next(c for c in columns if not np.array_equal(weights[-1][:, c], weights[-1][:, columns[0]]))
        weights[-1][:, [columns[0], other]] = weights[-1][:, [other, columns[0]]]
        links = list(stack.links)
        links[i] = Link(link.shift, Mlp(tuple(weights), link.mlp.biases))
        yield f"table of link {i}", replace(stack, links=tuple(links))
    for layer in range(len(stack.reader.weights)):
        weights = [W.copy() for W in stack.reader.weights]
        row, column = np.argwhere(weights[layer])[-1]
        weights[layer][row, column] = 0
        yield f"reader, layer {layer}", replace(stack, reader=Mlp(tuple(weights), stack.reader.biases))
    position = [Head(h.initial, h.query, [h.letters[0], *(LetterAction(()) for _ in h.letters[1:])]) for h in stack.layers[0]]
    yield "a letter that does not count", with_layer(stack, 0, position)


@pytest.mark.parametrize("layers", [3, 4])
def test_both_proofs_object_to_planted_faults(layers):
    """The lemma objects to all; the closure to all but one that no word can show: a second entry of equal size after the right one."""
    made = symmetric(3, layers)
    harmless = []
    for name, damaged in faults(made):
        blocks = made.lemma.__self__  # type: ignore[union-attr]
        blocks = type(blocks)(blocks.scheme, blocks.dfa)
        blocks.__dict__["stack"] = damaged
        with pytest.raises(ProofFails):
            blocks.lemma()
        try:
            assert closure(damaged, made.dfa) == made.pairs
        except ProofFails:
            continue
        harmless.append(name)
    assert harmless == [f"reader, layer {len(made.stack.reader.weights) - 2}"]


@pytest.mark.parametrize(("n", "n_h"), [(3, 1), (4, 1), (4, 2), (5, 1), (5, 2), (5, 3), (6, 2), (7, 1), (7, 2)])
def test_the_procedure_multiplies_permutations_of_any_size(n, n_h):
    scheme, draw = BlockScheme(n, n_h), np.random.default_rng(n)
    word = [tuple(draw.permutation(n).tolist()) for _ in range(300)]
    wanted: list[Any] = [Permutation(size=n)]
    for x in word:
        wanted.append(wanted[-1] * Permutation(list(x)))
    assert [Permutation(list(g)) for g in scheme.products(word)] == wanted
    assert scheme.m * n_h >= n - 1
    assert 12 % (2 * scheme.m) == 0


def test_a_procedure_that_multiplies_backwards_is_noticed():
    scheme = BlockScheme(4, 1)
    word = [(1, 2, 3, 0), (1, 0, 2, 3), (0, 2, 1, 3)]
    assert scheme.products(word)[-1] != scheme.products(word[::-1])[-1]


@pytest.mark.parametrize("n", [3, 4])
def test_product_tables_multiply(n):
    everything = list(permutations(range(n)))
    table, products = product_table(everything, everything[1:])
    for a, g in enumerate(everything):
        for b, x in enumerate(everything[1:]):
            assert Permutation(list(g)) * Permutation(list(x)) == Permutation(list(products[table[a, b]]))


def test_what_is_too_large_is_refused_with_the_way_out():
    with pytest.raises(TooLarge, match="layers=1"):
        symmetric(6, 3)
    with pytest.raises(TooLarge, match="generators"):
        symmetric(5, 4)
    with pytest.raises(TooLarge, match="blocks"):
        block_length(8, 1)
    for call in (
        lambda: symmetric(1),
        lambda: symmetric(3, layers=2),  # type: ignore[arg-type]
        lambda: symmetric(3, layers=4, n_h=2),
        lambda: symmetric(3, layers=3, n_h=1),
        lambda: symmetric(3, letters="all"),  # type: ignore[arg-type]
        lambda: counting(1),
        lambda: counting(3, layers=3),  # type: ignore[arg-type]
        lambda: dihedral(1),
        lambda: dihedral(4, letters="some"),  # type: ignore[arg-type]
        lambda: rotations("tetrahedron"),  # type: ignore[arg-type]
    ):
        with pytest.raises(BadArgument):
            call()


def test_the_estimate_is_what_is_built():
    made = symmetric(4, 3, letters="generators")
    blocks = made.lemma.__self__  # type: ignore[union-attr]
    for program in (blocks.position_program, blocks.swap_program, blocks.reader_program):
        assert program.parameters == program.build().parameters


def test_letters_are_named_as_the_group_names_them():
    made = symmetric(4)
    elements, letters = permutations_of(4, made.dfa)
    assert elements == letters
    assert [Permutation(list(g)) for g in elements] == [permutation_named(name, 4) for name in made.dfa.alphabet]


# ---------------------------------------------------------------------- stages


def small_program():
    """Choose one of two wires by a third, name a number, add modulo 3."""
    unit = np.eye(3, dtype=np.int64)
    values = np.array([[5, -1], [5, 2], [7, 2]])
    return Program(
        {"by": np.eye(2, dtype=np.int64), "x": unit, "y": unit, "reads": values},
        [
            ({"n": Named("reads", values)}, ["by", "x", "y"]),
            ({"z": Chosen("by", ("x", "y"), np.array([1, -1]), 2, 3), "k": Relabelled("n", np.array([2, 0, 1]), 3)}, ["n"]),
            ({"sum": Looked("z", "k", np.add.outer(np.arange(3), np.arange(3)) % 3, 3)}, ["n"]),
            ({"out": Looked("sum", "n", np.arange(9).reshape(3, 3), 9)}, []),
        ],
    )


def test_a_program_computes_what_its_tables_say():
    program = small_program()
    mlp = program.build()
    assert program.check(mlp) > 20
    assert program.parameters == mlp.parameters
    values = np.array([[5, -1], [5, 2], [7, 2]])
    for by, x, y, n in product(range(2), range(3), range(3), range(3)):
        z = y if by == 0 else 2
        wanted = ((z + [2, 0, 1][n]) % 3) * 3 + n
        one_hot = [*np.eye(2, dtype=int)[by], *np.eye(3, dtype=int)[x], *np.eye(3, dtype=int)[y], *values[n]]
        assert mlp(np.array(one_hot)).tolist() == np.eye(9, dtype=int)[wanted].tolist()


def test_every_single_changed_number_of_a_program_that_matters_is_found():
    """Whatever weight is changed: either the check objects, or the network still computes the same on all inputs."""
    program = small_program()
    mlp, values = program.build(), np.array([[5, -1], [5, 2], [7, 2]])
    inputs = [
        np.array([*np.eye(2, dtype=int)[by], *np.eye(3, dtype=int)[x], *np.eye(3, dtype=int)[y], *values[n]])
        for by, x, y, n in product(range(2), range(3), range(3), range(3))
    ]
    right, draw, noticed = [mlp(x).tolist() for x in inputs], np.random.default_rng(0), 0
    for _ in range(300):
        weights, biases = [W.copy() for W in mlp.weights], [b.copy() for b in mlp.biases]
        layer = int(draw.integers(len(weights)))
        changed = (biases if draw.random() < 0.2 else weights)[layer].reshape(-1)
        place = int(draw.integers(len(changed)))
        changed[place] += int(draw.choice([-1, 1]))
        damaged = Mlp(tuple(weights), tuple(biases))
        try:
            program.check(damaged)
        except ProofFails:
            noticed += 1
        else:
            assert [damaged(x).tolist() for x in inputs] == right
    assert noticed > 100
