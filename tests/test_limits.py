"""Lower bounds held against layers: eigenvalues against sympy and numpy, verdicts against exact runs, torch layers, the command."""

from fractions import Fraction
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
import sympy
import torch
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from deltaword import compile, languages
from deltaword.automata.errors import BadArgument, CorruptFile, NotAffine, NotReadable, TooLarge
from deltaword.cli import app
from deltaword.nets import transitions
from deltaword.nets.constructions import counting
from deltaword.nets.delta_product import DeltaProduct
from deltaword.nets.fixed_layer import FixedDeltaProduct
from deltaword.theory.cyclotomic import cos_pi, sin_pi
from deltaword.theory.exact_layer import ExactLayer, Head, LetterAction
from deltaword.theory.householder import Step
from deltaword.theory.limits import Factors, Family, Layer, counting_bound, parity_bound, read_matrices
from deltaword.theory.limits.eigenvalue import outside
from deltaword.theory.limits.products import products
from deltaword.theory.limits.spectrum import spectrum

PROPERTY = settings(max_examples=50, deadline=None)
SWAPS = {"a": [[0, 1, 0], [1, 0, 0], [0, 0, 1]], "b": [[1, 0, 0], [0, 0, 1], [0, 1, 0]]}
FLIP = {"0": [[1]], "1": [[-1]]}


def exact(rows):
    return np.array(rows, dtype=object)


def transition_matrices(*arguments, **named) -> Any:
    return transitions.transition_matrices(*arguments, **named)


def characteristic_polynomial(A) -> Any:
    """By sympy."""
    return sympy.Matrix([[sympy.sympify(a) for a in row] for row in A]).charpoly("x").as_expr()


# ---------------------------------------------------------------------- one matrix


@st.composite
def whole_matrices(draw, largest=3):
    n = draw(st.integers(1, 4))
    return exact(draw(st.lists(st.lists(st.integers(-largest, largest), min_size=n, max_size=n), min_size=n, max_size=n)))


@PROPERTY
@given(whole_matrices(), st.booleans())
@example(exact([[0, 0, 1], [1, 0, 0], [0, 1, 0]]), False)
def test_the_spectrum_is_what_sympy_says_of_the_characteristic_polynomial(A, symmetric):
    A = A + A.T if symmetric else A
    roots: Any = sympy.Poly(characteristic_polynomial(A), sympy.Symbol("x")).real_roots()  # with multiplicities
    found = spectrum(A)
    assert found.real == (len(roots) == len(A))
    assert found.nonnegative == (len(roots) == len(A) and all(bool(r >= 0) for r in roots))


@PROPERTY
@given(whole_matrices())
def test_the_eigenvalue_shown_is_one_and_out_of_range(A):
    found = spectrum(A)
    for within, inside in (("real", found.real), ("nonnegative", found.nonnegative)):
        if inside is False:
            z = outside(A, within)  # pyright: ignore[reportArgumentType]
            values = np.linalg.eigvals(A.astype(float))
            assert abs(values - z.value).min() < 1e-3  # numpy is off by a root of the rounding near defective ones
            assert abs(z.value.imag) > 1e-6 or (within == "nonnegative" and z.value.real < 0)
            if z.exact is not None:
                assert sympy.expand(characteristic_polynomial(A).subs(sympy.Symbol("x"), z.exact)) == 0


def test_turns_by_irrational_cosines_are_decided_exactly():
    turn = exact([[cos_pi(2, 7), -sin_pi(2, 7)], [sin_pi(2, 7), cos_pi(2, 7)]])
    assert spectrum(turn).real is False
    seventh = turn
    for _ in range(6):
        seventh = seventh @ turn
    assert spectrum(seventh).nonnegative is True  # the identity again
    assert str(outside(turn, "real")) == "≈ 0.6235 + 0.7818i, a root of λ² − (2·cos(2π/7))·λ + 1"
    mirror = exact([[cos_pi(2, 7), sin_pi(2, 7)], [sin_pi(2, 7), -cos_pi(2, 7)]])
    assert (spectrum(mirror).real, spectrum(mirror).nonnegative) == (True, False)


def test_nested_radicals_are_decided_too():
    root = sympy.sqrt(2 + sympy.sqrt(2))
    assert parity_bound({"a": sympy.Matrix([[root, 1], [0, root]])}).cannot
    assert parity_bound({"a": [[root, 0], [0, 1 - root]]}).verdict == "escapes"


def test_a_defective_matrix_with_real_eigenvalues_is_no_escape():
    jordan = [[1, 1, 0], [0, 1, 1], [0, 0, 1]]
    basis = exact([[1, 2, 0], [0, 1, 3], [1, 0, 1]])
    inverse = np.array(sympy.Matrix(basis.tolist()).inv().tolist(), dtype=object)
    A = basis @ exact(jordan) @ np.array([[Fraction(int(x.p), int(x.q)) for x in row] for row in inverse], dtype=object)
    assert abs(np.linalg.eigvals(A.astype(float)).imag).max() > 1e-9  # what numpy makes of it
    assert spectrum(A).nonnegative is True
    assert spectrum(A, delta=1e-12).nonnegative is True  # proved for these numbers
    noisy = A + exact([[0, 0, 0], [0, 0, 0], [Fraction(1, 2**50), 0, 0]])
    assert spectrum(noisy).real is False
    assert spectrum(noisy, delta=1e-12).real is None  # rounding may be all there is


# ---------------------------------------------------------------------- generalized Householder products

keys = st.lists(st.integers(-3, 3), min_size=3, max_size=3).filter(any)
sizes = st.integers(0, 8).map(lambda i: Fraction(i, 4))  # of β‖k‖²


@st.composite
def factors(draw, most=2, largest=2):
    count = draw(st.integers(0, most))
    ks = [draw(keys) for _ in range(count)]
    betas = [min(draw(sizes), Fraction(largest)) / sum(x * x for x in k) for k in ks]
    return Factors(tuple(betas), tuple(map(tuple, ks)), draw(st.sampled_from((1, Fraction(1, 2)))))


def dense(f, n=3):
    """In float64, by definition."""
    A = np.eye(n)
    for beta, key in zip(f.betas, f.keys, strict=True):
        A = (np.eye(n) - float(beta) * np.outer(key, key).astype(float)) @ A
    return float(f.gate) * A


@PROPERTY
@given(factors(most=5))
def test_the_small_matrix_has_the_eigenvalues_of_the_product(f):
    assert np.allclose(f.matrix(3).astype(float), dense(f))
    x = sympy.Symbol("x")

    small, big = characteristic_polynomial(f.small()), characteristic_polynomial(f.matrix(3))
    gate, more = sympy.Rational(*Fraction(f.gate).as_integer_ratio()), len(f.small()) - 3  # gates more or fewer
    assert sympy.expand(small * (x - gate) ** max(-more, 0) - big * (x - gate) ** max(more, 0)) == 0


def test_a_negative_gate_is_seen_behind_rounded_keys():
    """The eigenvalue −1/2 off the key's line is none of the 1 × 1 matrix of the line."""
    given_ = {"1": Factors((0.7,), ((0.6, 0.8),), -0.5)}
    assert parity_bound(given_).verdict == "escapes"
    assert parity_bound({"1": Factors((0.7,), ((0.6, 0.8),), 0.5)}).cannot
    assert parity_bound({"1": Factors((), (), -1)}).verdict == "escapes"


@PROPERTY
@given(st.lists(factors(most=2, largest=1), min_size=1, max_size=3))
def test_two_factors_with_beta_at_most_one_never_tell_parity(letters):
    head = dict(enumerate(letters))
    assert parity_bound(Family(2, 1)).cannot
    assert parity_bound(head).cannot
    assert parity_bound([{a: f.matrix(3) for a, f in head.items()}] * 2).cannot
    assert all(counting_bound([head, head], m).cannot for m in (2, 3, 4, 6))


@PROPERTY
@given(st.lists(factors(most=1), min_size=1, max_size=3), st.integers(1, 2))
def test_one_factor_a_token_counts_modulo_three_in_no_single_layer(letters, depth):
    head = dict(enumerate(letters))
    one = counting_bound(head, 3)
    assert one.cannot
    assert one.period in (1, 2)
    two = counting_bound([head] * depth, 3)
    if depth == 2 and two.verdict == "escapes":
        assert two.escape is not None
        assert (two.escape.layer, len(two.escape.letters)) == (2, 2)
        u, v = (dense(head[a]) for a in two.escape.letters)  # pyright: ignore[reportArgumentType]
        assert abs(np.linalg.eigvals(v @ u) - two.escape.eigenvalue.value).min() < 1e-6


@PROPERTY
@given(st.lists(factors(most=3), min_size=1, max_size=2), st.integers(1, 2))
def test_floats_never_contradict_the_exact_verdict(letters, depth):
    head = dict(enumerate(letters))
    whole = [{a: f.matrix(3) for a, f in head.items()}] * depth
    # unit keys as a trained layer has them, so that every float is a rounded one
    norms = {a: [np.sqrt(float(sum(x * x for x in key))) for key in f.keys] for a, f in head.items()}
    unit = {
        a: Factors(
            tuple(float(b) * s * s for b, s in zip(f.betas, norms[a], strict=True)),
            tuple(tuple((np.array(key, dtype=float) / s).tolist()) for key, s in zip(f.keys, norms[a], strict=True)),
            f.gate,
        )
        for a, f in head.items()
    }
    rounded = [{a: dense(f) + 1e-16 * np.ones((3, 3)) for a, f in unit.items()}] * depth
    for m in (2, 3):
        truth = counting_bound(whole, m).verdict
        for given_ in (whole, [unit] * depth, rounded):
            found = counting_bound(given_, m)
            assert found.verdict in (truth, "undecided"), (m, truth, str(found))
            assert (found.margin is not None) == (found.verdict == "undecided")


@PROPERTY
@given(st.lists(st.floats(0, 1), min_size=4, max_size=4), st.floats(0, 2), st.integers(0, 10**6))
def test_a_diagonal_gate_before_one_factor_keeps_the_spectrum_real(gate, beta, seed):
    """Kimi delta attention, by exact arithmetic on the float numbers themselves."""
    key = np.random.default_rng(seed).normal(size=4)
    k, a = [Fraction(x) for x in key], [Fraction(x) for x in gate]
    b = Fraction(beta) / sum(x * x for x in k)
    A = exact([[(int(i == j) - b * k[i] * k[j]) * a[j] for j in range(4)] for i in range(4)])
    assert spectrum(A).real
    assert spectrum(A).nonnegative or beta > 1


# ---------------------------------------------------------------------- verdicts against exact runs

FINITE = [
    exact([row[:2], row[2:]])
    for row in (
        [0, 1, 1, 0],
        [1, 0, 0, -1],
        [-1, 0, 0, -1],
        [1, 0, 0, 0],
        [0, -1, 1, 0],
        [1, 0, 0, 1],
        [0, 1, 0, 0],
        [0, -1, 1, -1],
    )
]


@PROPERTY
@given(st.data())
def test_the_period_of_an_exact_run_divides_the_bound(data):
    """Layers with finitely many states, any functions between them, a constant word: the period is found by running into a cycle."""
    depth = data.draw(st.integers(1, 3))
    layers = [[data.draw(st.sampled_from(FINITE)) for _ in range(data.draw(st.integers(1, 2)))] for _ in range(depth)]
    layers[0] = layers[0][:1]
    starts = [data.draw(st.sampled_from([(1, 0), (1, 2), (0, 1)])) for _ in range(depth)]
    writes = [
        data.draw(st.sampled_from([(0, 0), (1, 0)])) if len(layer) == 1 and i == 0 else (0, 0) for i, layer in enumerate(layers)
    ]
    seeds = data.draw(st.lists(st.integers(0, 5), min_size=depth, max_size=depth))
    states = [exact(s) for s in starts]
    seen, t = {}, 0
    while (place := tuple(x for s in states for x in s)) not in seen and t < 3000:
        seen[place], t = t, t + 1
        symbol = 0
        for i, layer in enumerate(layers):
            states[i] = layer[symbol % len(layer)] @ states[i] + exact(writes[i])
            symbol = hash((seeds[i], symbol, *states[i].tolist()))  # any function of what is read
    assume(place in seen)  # a write may grow for ever
    period = t - seen[place]
    given_ = [dict(enumerate(layer)) for layer in layers]
    for m in (2, 3, 4, 5, 8):
        found = counting_bound(given_, m)
        if found.cannot:
            assert found.period is not None
            assert found.period % period == 0
            assert period % m
        else:
            assert found.verdict == "escapes"


@PROPERTY
@given(st.lists(factors(most=2, largest=1), min_size=1, max_size=1), st.lists(st.integers(-4, 4), min_size=6, max_size=6))
def test_entries_turn_at_most_n_minus_one_times_in_an_exact_run(letters, numbers):
    A, h, B = letters[0].matrix(3), exact(numbers[:3]), exact(numbers[3:])
    runs = [h]
    for _ in range(25):
        runs.append(A @ runs[-1] + B)
    for i in range(3):
        steps = [runs[t + 1][i] - runs[t][i] for t in range(3, 25)]
        signs = [s > 0 for s in steps if s != 0]
        assert sum(a != b for a, b in pairwise(signs)) <= 2


def test_an_eigenvalue_inside_the_disk_can_count_with_a_cast_at_the_limit():
    """Two factors with β‖k‖² = 3/2 turn by a quarter and halve: the sign of an entry has period 4 for ever, in exact numbers."""
    head = {"1": Factors((Fraction(3, 2), Fraction(3, 2)), ((1, 0), (2, 1)))}
    found = counting_bound({"1": head["1"].matrix()}, 4)
    assert found.escape is not None
    assert found.escape.eigenvalue.modulus in ("below 1", "above 1")
    quarter = exact([[0, Fraction(-1, 2)], [Fraction(1, 2), 0]])
    assert "boundary" in str(counting_bound({"1": quarter}, 4))
    h, signs = exact([1, 1]), []
    for _ in range(40):
        signs.append(h[0] > 0)
        h = quarter @ h
    assert all(signs[t] == signs[t + 4] for t in range(36))
    assert signs[:4] == [True, False, False, True]


def test_powers_of_two_take_as_many_layers():
    for depth in (1, 2, 3):
        for k in (1, 2, 3, 4):
            found = counting_bound([FLIP] * depth, 2**k)
            assert found.cannot == (depth < k)
            assert len(found.escapes) == min(depth, k)
    assert counting_bound([FLIP] * 3, 6).cannot
    assert counting_bound([FLIP] * 3, 6).period == 8


def test_layers_that_do_not_double_the_period_ask_for_short_products_only():
    still = {"x": [[1, 1], [0, Fraction(1, 2)]], "y": [[0, 0], [0, 1]]}
    found = counting_bound([still, still, SWAPS], 3)
    assert found.cannot  # a constant input, so single matrices, which are symmetric
    assert found.period == 2
    escape = counting_bound([still, FLIP, SWAPS], 3).escape
    assert escape is not None
    assert escape.letters == ("a", "b")


@given(st.lists(st.lists(st.integers(-2, 2), min_size=6, max_size=6), min_size=1, max_size=3), st.integers(1, 3))
@PROPERTY
def test_triangular_layers_never_count_modulo_an_odd_number(letters, depth):
    order = [2, 0, 1]
    head = {i: exact([[x[0], x[1], x[2]], [0, x[3], x[4]], [0, 0, x[5]]])[np.ix_(order, order)] for i, x in enumerate(letters)}
    assert counting_bound([head] * depth, 3).cannot
    assert counting_bound([head] * depth, 2**depth * 2).cannot
    nonnegative = all(x[i] >= 0 for x in letters for i in (0, 3, 5))
    assert parity_bound([head] * depth).cannot == nonnegative


def test_a_word_is_read_from_the_left():
    shear, scale = exact([[1, 1], [0, 1]]), exact([[2, 0], [1, 3]])
    found = {p.word: p.matrix for p in products(Layer.of({"u": shear, "v": scale}), 2)}
    assert (found["u", "v"] == scale @ shear).all()
    assert (found["v", "u"] == shear @ scale).all()
    small = {
        p.word: p.matrix
        for p in products(Layer.of({"u": Factors((1.1,), ((0.3, 0.4),)), "v": Factors((1.7,), ((0.7, 0.1),))}), 2)
    }
    assert set(small) == {("u", "u"), ("u", "v"), ("v", "v")}  # one of each rotation class


def test_all_products_of_four_letters_are_there_once():
    layer = Layer.of({"a": SWAPS["a"], "b": SWAPS["b"], "c": np.eye(3, dtype=int)})
    found = [tuple(p.matrix.flat) for p in products(layer, 4)]
    brute = set()
    for word in product("abc", repeat=4):
        A = np.eye(3, dtype=int)
        for x in word:
            A = {**SWAPS, "c": np.eye(3, dtype=int)}[x] @ np.array(A)
        brute.add(tuple(A.flat))
    assert sorted(found) == sorted(brute)


def test_too_many_products_are_refused_with_the_numbers():
    many = {i: [[1, i, 0], [0, 1, i], [1, 0, i]] for i in range(1, 12)}
    assert counting_bound([{"1": [[-1]]}, {1: [[1, 1, 0], [0, 1, 1], [1, 0, 0]]}], 3).verdict == "escapes"
    with pytest.raises(TooLarge, match=r"121 products of 2 matrices in one block, and the limit is 100"):
        counting_bound([FLIP, many], 3, limit=100)
    with pytest.raises(TooLarge, match="limit"):
        counting_bound([FLIP, {i: Factors((1.1,), ((0.1 * i, 0.3),)) for i in range(30)}], 3, limit=500)


# ---------------------------------------------------------------------- what is given


def test_exact_layers_and_stacks_are_taken():
    flip = Step(2, (1,), (0,))
    layer = ExactLayer(("0", "1"), (Head([[1]], (1,), (LetterAction(()), LetterAction((flip,)))),), [[1], [-1]], [0, 0])
    assert str(parity_bound(layer).escape) == "in layer 1 the matrix of '1' has the eigenvalue −1"
    construction = counting(3, layers=2).construction
    assert construction is not None
    found = counting_bound(construction.stack, 3)
    assert found.escape is not None
    assert (found.escape.layer, len(found.escape.letters)) == (2, 2)
    assert found.escape.eigenvalue.modulus == "1"


@pytest.mark.parametrize(
    ("given_", "says"),
    [
        ([], "no layers"),
        ({}, "a layer is given by"),
        ([3], "a layer is given by"),
        ({"a": [[1, 2]]}, "matrix of 'a' has shape"),
        ({"a": [[1]], "b": np.eye(2)}, "they act on one state"),
        ({"a": [[float("nan")]]}, "the matrix of 'a' holds nan"),
        ({"a": [["x"]]}, "the matrix of 'a'"),
        ([[{"a": [[1]]}, {"b": [[1]]}]], "head 1 has matrices for"),
        ({"a": Factors((1,), ((1, 0),)), "b": Factors((1,), ((1,),))}, "of one length"),
    ],
)
def test_what_is_no_layer_is_refused(given_, says):
    with pytest.raises(BadArgument, match=says):
        parity_bound(given_)


def test_bad_numbers_are_refused():
    with pytest.raises(BadArgument, match="m is 1"):
        counting_bound(FLIP, 1)
    with pytest.raises(BadArgument, match="n_h is 0"):
        Family(0, 1)
    with pytest.raises(BadArgument, match="2 strengths"):
        Factors((1, 1), ((1,),))


def test_a_finding_is_a_sentence_that_names_theorem_and_model():
    says = str(parity_bound({"1": [[Fraction(1, 2)]]}))
    for part in (
        "Parity: cannot, by theorem parity_bound",
        "eigenvalues of 1 matrix real and not negative",
        "cast",
        "step_rounding",
    ):
        assert part in says
    says = str(counting_bound({"1": np.array([[0.6, -0.8], [0.8, 0.6]])}, 3))
    assert says.startswith("Counting modulo 3: not excluded by theorem counting_bound: in layer 1 the matrix of '1' has")
    assert says.endswith("the eigenvalue ≈ 0.6 + 0.8i.")
    noise = parity_bound({"1": np.array([[1.0, 1e-17], [-1e-17, 1.0]]) + 1e-16 * np.array([[0.3, 0.7], [-0.1, 0.9]])})
    assert noise.verdict == "undecided"
    assert 0 < (noise.margin or 0) < 1e-15
    assert "outside of the range, which rounding may explain; give exact numbers" in str(noise)
    large = np.triu(np.random.default_rng(0).random((20, 20))) + 1e-3
    assert "more than 16 rows of rounded numbers" in str(
        counting_bound({"1": large @ np.diag(np.arange(20.0)) @ np.linalg.inv(large)}, 3)
    )


# ---------------------------------------------------------------------- torch layers


LONG = ("modular_arithmetic", "random_", "S_5", "S_4", "T_4")  # to compile or to go through


@pytest.mark.parametrize("name", [name for name in languages.names() if not name.startswith(LONG)])
def test_a_network_that_counts_is_not_said_to_be_unable(name):
    """The machine returns to a state after m times one letter, and its compiled network follows it: so it does count modulo m."""
    dfa = languages.get(name)
    layers = transition_matrices(compile(dfa))
    periods = set()
    for q, a in product(range(dfa.n_states), range(dfa.n_letters)):
        places, state, t = {}, q, 0
        while state not in places:
            places[state], state, t = t, int(dfa.table[state, a]), t + 1
        periods.add(t - places[state])
    for m in sorted(periods - {1}):
        assert not counting_bound(layers, m).cannot, m
    found = counting_bound(layers, 3)
    assert found.cannot or (found.escape is not None and abs(found.escape.eigenvalue.value.imag) > 0)


def test_the_compiled_parity_escapes_by_minus_one():
    found = parity_bound(transition_matrices(compile(languages.get("parity"))))
    assert found.escape is not None
    assert (found.escape.letters, found.escape.eigenvalue.exact) == (("1",), -1)
    assert counting_bound(transition_matrices(compile(languages.get("parity"))), 3).cannot


@pytest.mark.parametrize(("n_h", "beta_max", "able"), [(1, 1, False), (2, 1, False), (3, 1, True), (1, 2, True), (4, 2, True)])
def test_the_kind_of_a_trained_layer_decides_parity(n_h, beta_max, able):
    found = parity_bound(
        [transition_matrices(DeltaProduct(8, n_h=n_h, beta_max=beta_max, gate=gate)) for gate in (False, True)]
    )
    assert found.cannot != able
    assert not found.given
    if able:
        assert found.escape is not None
        assert found.escape.eigenvalue.exact == (-1 if beta_max == 2 else sympy.Rational(-1, 8))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize(("n_h", "beta_max"), [(1, 1), (2, 1), (1, 2), (2, 2)])
def test_trained_layers_on_given_inputs_agree_with_the_kind(n_h, beta_max, dtype):
    torch.manual_seed(n_h)
    layer = DeltaProduct(6, n_h=n_h, n_heads=2, beta_max=beta_max, gate=True).to(dtype)
    inputs = {i: 4 * torch.randn(6) for i in range(4)}
    found = parity_bound(transition_matrices(layer, inputs))
    assert found.given
    if beta_max == 1:
        assert found.verdict in (("cannot",) if dtype != torch.bfloat16 else ("cannot", "undecided"))
        assert all(counting_bound([transition_matrices(layer, inputs)] * 2, m).verdict != "escapes" for m in (2, 3))
    if n_h == 1:
        assert counting_bound(transition_matrices(layer, inputs), 3).cannot
    with torch.no_grad():
        k, beta, gate = layer.transitions(inputs[0].to(dtype)[None, None])
    assert gate is not None
    A = np.eye(3)
    for key, b in zip(k[0, 0, :, 1].double().detach().numpy(), beta[0, 0, :, 1].tolist(), strict=True):
        A = (np.eye(3) - b * np.outer(key, key)) @ A
    block = transition_matrices(layer, inputs).blocks[1][0]
    assert np.allclose(
        block.matrix().astype(float), float(gate[0, 0, 1].exp()) * A, atol=1e-2 if dtype == torch.bfloat16 else 1e-6
    )


def test_a_step_of_ones_own_is_probed():
    A, B = torch.tensor([[0.0, 2.0], [1.0, 0.0]]), torch.tensor([[3.0], [1.0]])
    found = transition_matrices(lambda state, token: token * (A @ state) + B, {"x": 1.0, "y": -0.5}, shape=(2, 1))
    assert not found.finite
    assert found.rounding == 0  # whole numbers, nothing was rounded
    assert found.blocks[0]["x"].tolist() == [[0, 2], [1, 0]]
    assert found.blocks[0]["y"].tolist() == [[0, -1], [Fraction(-1, 2), 0]]
    layer = DeltaProduct(4, n_h=2, beta_max=1).double()
    x = torch.randn(4, dtype=torch.float64)

    def step(state, token):
        return layer(token[None, None], state[None, None])[1][0, 0]

    found = transition_matrices(step, {"x": x}, shape=(4, 4))
    assert parity_bound(found).verdict in ("cannot", "undecided")
    direct = transition_matrices(layer, {"x": x}).blocks[0]["x"].matrix(4)
    blocks = [np.array(block["x"].tolist(), dtype=float) for block in found.blocks]
    probed = np.sort_complex(np.concatenate([np.linalg.eigvals(block) for block in blocks]).astype(complex))
    wanted = np.sort_complex(np.linalg.eigvals(direct.astype(float)).astype(complex))  # one matrix for all columns of values
    assert np.allclose(probed, wanted, atol=1e-6)


class OneStep(torch.nn.Module):
    """A DeltaNet of a user's own: a key and a strength a token, and a state [4, 3]."""

    def __init__(self):
        super().__init__()
        self.keys = torch.nn.Embedding(2, 4)
        self.calls = 0

    def step(self, state, token):
        self.calls += 1
        k = torch.nn.functional.normalize(self.keys.weight[token], dim=0)
        return state - 0.75 * torch.outer(k, k @ state - torch.arange(3, dtype=state.dtype))


def test_a_state_that_goes_column_by_column_is_probed_by_its_rows_in_the_type_of_the_module():
    layer = OneStep().double()
    found = transition_matrices(layer.step, [0, 1], shape=(4, 3))
    assert max(len(block[token]) for block in found.blocks for token in (0, 1)) <= 4
    assert found.rounding < 1e-12  # read off in float64
    assert layer.calls < 2 * 13
    k = torch.nn.functional.normalize(layer.keys.weight, dim=1).detach().numpy()
    for token in (0, 1):
        (block,) = [np.array(block[token].tolist(), dtype=float) for block in found.blocks]
        assert np.allclose(block, np.eye(4) - 0.75 * np.outer(k[token], k[token]), atol=1e-12)


def test_a_matrix_read_as_one_factor_is_decided():
    layer = OneStep().double()
    assert parity_bound(transition_matrices(layer.step, [0, 1], shape=(4, 3))).verdict in ("cannot", "undecided")
    found = transition_matrices(layer.step, [0, 1], shape=(4, 3), one_factor=True)
    assert parity_bound(found).cannot
    assert "good to" in str(parity_bound(found))
    assert counting_bound([found] * 2, 3).verdict == "cannot"

    def mirror(S, token):
        k = torch.nn.functional.normalize(layer.keys.weight[token], dim=0)
        return 0.5 * (S - 2 * torch.outer(k, k @ S))

    escape = parity_bound(transition_matrices(mirror, [1], shape=(4, 3), dtype=torch.float64, one_factor=True)).escape
    assert escape is not None
    assert abs(complex(escape.eigenvalue.value) + 0.5) < 1e-9
    with pytest.raises(BadArgument, match="away from a gate times one generalized Householder matrix"):
        transition_matrices(lambda S, token: mirror(mirror(S, 0), 1), ["x"], shape=(4, 3), dtype=torch.float64, one_factor=True)


def test_matrices_read_off_are_said_to_be():
    """A turn by 1e-8 in float32 reads as the identity: proved of what was read, and said to be that."""
    turn = torch.tensor([[1.0, -1e-8], [1e-8, 1.0]])
    found = transition_matrices(lambda S, t: turn @ S + torch.tensor([1.0, 0.7]), [0], shape=(2,))
    finding = parity_bound(found)
    assert finding.cannot
    assert finding.read_to == found.rounding > 1e-7
    assert f"for the matrices as they were read off, which are good to {found.rounding:.0e} of their size" in str(finding)
    assert "read off" not in str(parity_bound({"a": [[1]]}))


def test_two_arrays_for_one_letter_are_refused(tmp_path):
    np.savez(tmp_path / "twice.npz", **{"1/a": -np.eye(2), "a": np.eye(2)})  # pyright: ignore[reportArgumentType]
    with pytest.raises(CorruptFile, match="two arrays are for letter 'a' of layer 1"):
        read_matrices(tmp_path / "twice.npz")


def test_columns_that_mix_or_go_their_own_ways_are_probed_one_by_one():
    turn = torch.tensor([[0.0, -1.0], [1.0, 0.0]])
    for step, values in ((lambda S, x: S @ turn, [1j, -1j]), (lambda S, x: S * torch.tensor([1.0, -1.0]), [1, 1, -1, -1])):
        found = transition_matrices(step, ["x"], shape=(2, 2))
        eigenvalues = np.concatenate([np.linalg.eigvals(np.array(b["x"].tolist(), dtype=float)) for b in found.blocks])
        assert all(np.abs(eigenvalues - value).min() < 1e-6 for value in values)
    with pytest.raises(TooLarge, match="a state of 4096 numbers"):
        transition_matrices(lambda S, x: S.T, ["x"], shape=(64, 64))


def test_what_a_step_raises_is_told_with_the_token_and_a_module_is_asked_for_its_step():
    with pytest.raises(BadArgument, match=r"the step raised IndexError on token 5, state \[4, 3\] torch.float32"):
        transition_matrices(OneStep().step, [5], shape=(4, 3))
    with pytest.raises(BadArgument, match="a OneStep maps whole sequences; give the function step"):
        transition_matrices(OneStep(), [0], shape=(4, 3))


@pytest.mark.parametrize(
    "step",
    [lambda h, x: torch.tanh(h + x), lambda h, x: h * h, lambda h, x: h.abs(), lambda h, x: torch.where(h > 50, h + 1, h)],
)
def test_what_is_not_affine_is_refused_with_token_and_error(step):
    with pytest.raises(NotAffine, match=r"token 'x': entry \d of the state is .* away from A S \+ B"):
        transition_matrices(step, {"x": 1.0}, shape=(3,))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((3,), "give a Network"),
        ((lambda h, x: h,), "the inputs and the shape"),
        ((lambda h, x: h[:1], [1.0], (2,)), "not a tensor of shape"),
        ((DeltaProduct(4), [1, 2]), "given by name"),
    ],
)
def test_what_cannot_be_probed_is_refused(arguments, says):
    with pytest.raises(BadArgument, match=says):
        transition_matrices(*arguments)


def test_a_layer_that_cannot_by_the_theorem_tells_parity_when_its_operations_are_rounded():
    """The theorem's model is a cast at the readout: bfloat16, rounding each operation, escapes it (statement step_rounding)."""
    layer = FixedDeltaProduct(2, 1, head_k=2, head_v=1).to(torch.bfloat16)
    layer.k_proj.weight[:, 1] = torch.tensor([0.75, 0.625])
    layer.b_proj.weight[0, 1], layer.v_proj.weight[0, 1], layer.query[0, 0] = 1.0, 7.0, 1.0
    layer.initial_state[0, :, 0] = torch.tensor([5.5, 4.5625])
    assert parity_bound(transition_matrices(layer)).cannot
    bits = torch.randint(0, 2, (1, 500), generator=torch.Generator().manual_seed(0))
    o, _ = layer(torch.nn.functional.one_hot(bits, 2).to(torch.bfloat16))
    wanted = bits.cumsum(1) % 2
    assert torch.equal((o[0, :, 0] != 5.5).long(), wanted[0])  # the state it was started in, after an even number of ones
    exact_layer = layer.double()
    o, _ = exact_layer(torch.nn.functional.one_hot(torch.ones(1, 500, dtype=torch.int64), 2).double())
    assert o[0, 400:, 0].unique().numel() == 1  # nearly exact, it settles


# ---------------------------------------------------------------------- files and the command


def run(*arguments):
    return CliRunner().invoke(app, [str(x) for x in arguments])


def test_the_command_answers_for_a_saved_network_and_for_matrices(tmp_path):
    net = compile(languages.get("mod_3"))
    net.save(tmp_path / "net")
    found = run("bounds", tmp_path / "net", "--m", 3)
    assert found.exit_code == 0
    assert "in layer 1 the matrix of '1' has the eigenvalue −1/2 + √3·i/2" in found.output
    np.savez(
        tmp_path / "two.npz", **{"1/0": np.eye(1), "1/1": -np.eye(1), "2/a": np.array(SWAPS["a"]), "2/b": np.array(SWAPS["b"])}
    )
    found = run("bounds", tmp_path / "two.npz", "--m", 5)
    assert found.exit_code == 0
    assert found.output.count("for the inputs given") == 2
    assert "in layer 2 the product of the matrices of 'a', 'b'" in found.output
    np.savez(tmp_path / "one.npz", x=np.array([[0.5]]))
    assert (
        "Counting modulo 4: cannot, by theorem counting_bound, for the inputs given"
        in run("bounds", tmp_path / "one.npz", "--m", 4).output
    )


def test_files_that_hold_no_matrices_are_refused(tmp_path):
    assert [layer.letters for layer in _written(tmp_path, **{"1/a": np.eye(2), "a/b": np.eye(2)})] == [("a", "a/b")]
    with pytest.raises(CorruptFile, match=r"layers \[1, 3\]"):
        _written(tmp_path, **{"1/a": np.eye(2), "3/a": np.eye(2)})
    with pytest.raises(BadArgument, match="square"):
        _written(tmp_path, a=np.zeros(3))
    (tmp_path / "broken.npz").write_bytes(b"PK\x03\x04 no more")
    with pytest.raises(CorruptFile):
        read_matrices(tmp_path / "broken.npz")
    np.savez(tmp_path / "pickled.npz", a=np.array([object()]))
    with pytest.raises(CorruptFile, match="arrays of numbers"):
        read_matrices(tmp_path / "pickled.npz")
    with pytest.raises(NotReadable):
        read_matrices(tmp_path / "missing.npz")
    assert run("bounds", tmp_path / "missing").exit_code != 0


def _written(folder, **arrays):
    np.savez(folder / "written.npz", **arrays)
    return read_matrices(folder / "written.npz")
