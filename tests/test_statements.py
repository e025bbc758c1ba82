"""The statements of the theory: every check holds and can fail, every false variant is refuted by numbers that numpy confirms."""

import ast
import importlib
import inspect
import pkgutil
import re
from fractions import Fraction

import networkx
import numpy as np
import pytest
import sympy
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from theory_strategies import fractions

from deltaword.automata.errors import UnknownStatement
from deltaword.theory import statements as package
from deltaword.theory.householder import Step
from deltaword.theory.numbers import exact
from deltaword.theory.statements import contractions, describe, get, gradient_descent, norm, statements, swaps, table
from deltaword.theory.statements.vectors import applied, inner, vector

NAMES = [statement.name for statement in statements()]
LABELS = ["Title", "Notation", "Hypotheses", "Claim", "Proof", "Source", "Check"]
STATED = ["Hypotheses", "Claim", "Proof", "Source"]
PROPERTY = settings(max_examples=60, deadline=None)
ULP = 2.0**-52


def module(name):
    return importlib.import_module(f"{package.__name__}.{name}")


def floats(rows):
    return np.array(rows, dtype=np.float64)


def factor(beta, key):
    """I − β k kᵀ in float64."""
    k = floats(key)
    return np.eye(len(k)) - float(beta) * np.outer(k, k)


def product(betas, keys):
    total = np.eye(len(keys[0]))
    for beta, key in zip(betas, keys, strict=True):
        total = factor(beta, key) @ total
    return total


# ---------------------------------------------------------------------- every check holds


@pytest.mark.parametrize("name", NAMES)
def test_the_check_holds(name):
    found = get(name).check()
    assert found.holds, found.says
    assert found.cases > 0
    assert found.seconds < 60  # all of them are to take less than 5 minutes, and machines are shared
    assert found.kind == get(name).kind


def test_the_table_has_a_green_row_for_each_statement():
    rows = list(table())
    assert [row.name for row in rows] == NAMES
    assert all(row.holds and row.title and row.says for row in rows)


# ---------------------------------------------------------------------- every check can fail


def doubled(beta, k, x):
    """The step with a factor 2 too many."""
    return x - (2 * beta * k.dot(x)) * k


def lopsided(beta, k, x):
    """No symmetric map."""
    return x - (beta * k.dot(x)) * vector("other")


FAULTS = [
    ("eigenvalues", "applied", doubled),
    ("eigenvalues", "_characteristic_polynomial_is_as_claimed", lambda n: n < 4),
    ("norm", "applied", doubled),
    ("norm", "shortening", lambda beta, k, x: beta * (1 - beta * k.squared()) * k.dot(x) ** 2),
    ("unit_modulus", "applied", doubled),
    ("unit_modulus", "shortening", lambda beta, k, x: beta * k.dot(x) ** 2),
    ("real_spectrum", "applied", lopsided),
    ("real_spectrum", "_discriminant", lambda *_: Fraction(-1)),
    ("real_spectrum", "_trace_and_determinant", lambda: (0, 0)),
    ("three_projections", "EIGHTH", Fraction(1, 8)),
    ("three_projections", "in_the_plane", lambda: np.array([[0, 0], [0, -Fraction(1, 4)]], dtype=object)),
    ("mirrors", "moved_only_along_keys", lambda: False),
    ("mirrors", "rank", lambda matrix: len(matrix)),
    ("mirrors", "reflections", lambda Q: []),
    ("swaps", "swaps", lambda sigma: [(0, 1)] if len(sigma) > 1 else []),
    ("swaps", "n_cycles", lambda sigma: 1),
    ("swaps", "distances", lambda n, pairs: module("swaps")._true_distances(n, pairs[1:])),
    ("contractions", "applied", lopsided),
    ("contractions", "factors", lambda U, s, V: []),
    ("stability", "shortening", lambda beta, k, x: -beta * k.dot(x) ** 2),
    ("stability", "alternating_writes", lambda tokens: [0] * (tokens + 1)),
    ("gradient_descent", "gradient", lambda k, c, s: (k.dot(s) + c) * k),
    ("gradient_descent", "applied", doubled),
    ("error_control", "linear_part", lambda action, difference: difference),
    ("error_control", "image", lambda A, x: x + vector("B")),
]


@pytest.mark.parametrize(("name", "part", "fault"), FAULTS, ids=[f"{name}-{part}" for name, part, _ in FAULTS])
def test_a_fault_in_what_a_check_uses_is_noticed(monkeypatch, name, part, fault):
    if part == "distances":
        monkeypatch.setattr(swaps, "_true_distances", swaps.distances, raising=False)
    monkeypatch.setattr(module(name), part, fault)
    found = get(name).check()
    assert not found.holds
    assert found.says.startswith("fails: ")


ELSEWHERE = [
    "test_construction_statements",
    "test_one_layer",
    "test_limits_statements",
]  # test files with faults and confirmations of further statements


def test_every_statement_has_a_planted_fault_and_a_confirmed_refutation():
    others = [importlib.import_module(name) for name in ELSEWHERE]
    assert {name for name, _, _ in (*FAULTS, *(fault for other in others for fault in other.FAULTS))} == set(NAMES)
    everything = {*globals(), *(part for other in others for part in vars(other))}
    assert [name for name in NAMES if f"confirm_{name}" not in everything] == []


# ---------------------------------------------------------------------- false variants, confirmed by numpy in float64


def confirm_eigenvalues(beta, key):
    assert np.isclose(min(np.linalg.eigvalsh(factor(beta, key))), -1)
    assert 1 - float(beta) == 0


def confirm_norm(beta, key, x, image):
    assert 0 <= beta <= 2 < float(beta) * floats(key) @ floats(key)
    assert np.allclose(factor(beta, key) @ floats(x), floats(image))
    assert np.linalg.norm(floats(image)) > np.linalg.norm(floats(x))


def confirm_unit_modulus(betas, keys, product):
    assert all(0 <= beta * floats(key) @ floats(key) <= 2 for beta, key in zip(betas, keys, strict=True))
    assert np.allclose(globals()["product"](betas, keys), floats(product))
    assert np.allclose(sorted(np.linalg.eigvals(floats(product)), key=np.imag), [-1j, 1j])


def confirm_real_spectrum(b, keys, product):
    betas = [float(size) / (floats(key) @ floats(key)) for size, key in zip(b, keys, strict=True)]
    assert all(1 < size <= 2 for size in b)
    assert np.allclose(globals()["product"](betas, keys), floats(product))
    assert abs(np.linalg.eigvals(floats(product)).imag).min() > 0.1


def confirm_three_projections(betas, keys, product):
    for beta, key in zip(betas, keys, strict=True):
        assert np.allclose(factor(beta, key) @ factor(beta, key), factor(beta, key))
    assert np.allclose(globals()["product"](betas, keys), floats(product))
    assert np.isclose(np.linalg.eigvals(floats(product)).real.min(), -0.25)


def confirm_mirrors(Q):
    Q = floats(Q)
    assert abs(np.linalg.det(Q)) > 0.5
    assert np.linalg.matrix_rank(np.eye(len(Q)) - Q) == 1
    assert not np.allclose(Q, Q.T)  # every single factor is symmetric
    assert np.linalg.norm(Q, 2) > 1


def confirm_swaps(sigma, transpositions, needed, claimed):
    n = len(sigma)
    graph = networkx.Graph()
    for p in map(tuple, sympy.utilities.iterables.permutations(range(n))):
        for i, j in transpositions:
            q = list(p)
            q[i], q[j] = q[j], q[i]
            graph.add_edge(p, tuple(q))
    assert networkx.shortest_path_length(graph, tuple(range(n)), tuple(sigma)) == needed > claimed
    assert claimed == np.linalg.matrix_rank(np.eye(n) - np.eye(n)[sigma])


def confirm_contractions(A, x):
    assert np.allclose(np.linalg.eigvals(floats(A)), 0)
    assert np.linalg.norm(floats(A) @ floats(x)) > np.linalg.norm(floats(x))


def confirm_stability(beta, key, start, tokens, end):
    state = floats(start)
    for _ in range(tokens):
        state = factor(beta, key) @ state
    assert np.allclose(state, floats(end))
    assert np.linalg.norm(state) > np.linalg.norm(floats(start))


def confirm_gradient_descent(betas, keys, values, start, one_by_one, at_once):
    state, total = floats(start), np.zeros_like(floats(start))
    for beta, key, value in zip(betas, keys, values, strict=True):
        k, v = floats(key), floats(value)
        state = state - float(beta) * np.outer(k, k @ state - v)
        total += float(beta) * np.outer(k, k @ floats(start) - v)
    assert np.allclose(state, floats(one_by_one))
    assert np.allclose(floats(start) - total, floats(at_once))
    assert np.abs(floats(one_by_one) - floats(at_once)).max() > 0.1


def confirm_error_control(beta, key, value, p, q, after):
    A, B = factor(beta, key), float(beta) * np.outer(floats(key), floats(value))
    assert np.allclose(A @ floats(p) + B, floats(p))
    assert not np.allclose(A @ floats(q) + B, floats(q))
    assert np.allclose(A @ (floats(p) - floats(q)), floats(after))
    assert not np.allclose(floats(after), floats(p) - floats(q))


@pytest.mark.parametrize("name", [name for name in NAMES if f"confirm_{name}" in globals()])
def test_the_false_variant_is_refuted_by_numbers_that_numpy_confirms(name):
    refuted = get(name).refute()
    globals()[f"confirm_{name}"](**refuted.objects)
    assert "“" in refuted.variant or "dropped" in refuted.variant
    assert refuted.says


@pytest.mark.parametrize("name", NAMES)
def test_counterexamples_are_exact(name):
    for value in get(name).refute().objects.values():
        for number in np.array(value, dtype=object).flat:
            exact(number)  # raises on floats


# ---------------------------------------------------------------------- kinds are honest, texts complete


@pytest.mark.parametrize("name", [s.name for s in statements() if s.kind.startswith("proved")])
def test_what_is_proved_holds_no_floats(name):
    """Neither a float constant, nor float(), nor floating functions, outside the worked example."""
    tree = ast.parse(inspect.getsource(module(name)))
    tree.body = [node for node in tree.body if not (isinstance(node, ast.FunctionDef) and node.name == "example")]
    for node in ast.walk(tree):
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), ast.unparse(node)
        assert not (isinstance(node, ast.Name) and node.id in ("float", "math", "isclose")), ast.unparse(node)
        assert not (isinstance(node, ast.Attribute) and node.attr in ("linalg", "isclose", "allclose", "evalf", "float64"))


@pytest.mark.parametrize("name", [s.name for s in statements() if s.kind == "proved for all n"])
def test_what_is_proved_for_all_n_rests_on_generic_vectors(name):
    source = inspect.getsource(module(name).verify)
    assert 'vector("' in source or '("k", "s"' in source
    assert "identities in generic" in get(name).verify()[1]


@pytest.mark.parametrize("name", NAMES)
def test_the_text_is_complete(name):
    statement = get(name)
    assert re.match(r"(proved|checked in the range named)\b", statement.status)
    labels = [label for label in statement.parts if label not in ("Status", "Coq")]  # anywhere; the second is not for all
    assert labels in (LABELS, [label for label in LABELS if label != "Notation"])
    assert statement.title.endswith(".")
    assert all(text.strip() for text in statement.parts.values())
    words = [statement.title, *(f"{label} {text}" for label, text in statement.parts.items() if label != "Title")]
    assert " ".join((statement.text or "").split()) == " ".join(words)  # no line is lost between labels
    assert [statement.hypotheses, statement.claim, statement.idea, statement.source] == [statement.parts[x] for x in STATED]
    text = describe(name)
    assert text.startswith(statement.title)
    for label in ("hypotheses", "claim", "proof", "source", "check", "evidence", "example", "variant", "refuted"):
        assert f"\n{label} " in text
    assert max(map(len, text.splitlines()[1:])) <= 110


def test_every_module_that_states_something_is_in_the_registry_and_in_the_package_text():
    modules = [info.name for info in pkgutil.iter_modules(package.__path__)]
    assert sorted(NAMES) == [name for name in modules if hasattr(module(name), "STATEMENT")]
    assert all(f"\n{name} " in (package.__doc__ or "") for name in modules)


def test_an_unknown_name_is_refused_with_names_like_it():
    with pytest.raises(UnknownStatement, match="did you mean 'unit_modulus'") as caught:
        get("unit-moduls")
    assert "gradient_descent" in str(caught.value)
    with pytest.raises(UnknownStatement, match="no statement 'zzz'; there are eigenvalues"):
        describe("zzz")


# ---------------------------------------------------------------------- formal vectors against numbers

small_vectors = st.lists(fractions, min_size=3, max_size=3)


def at(expression, values):
    return exact(sympy.sympify(expression).subs({s: sympy.Rational(*v.as_integer_ratio()) for s, v in values.items()}))


@PROPERTY
@given(small_vectors.filter(any), small_vectors, st.fractions(0, 2, max_denominator=8))
def test_a_formal_step_with_numbers_put_in_is_the_step(k, x, size):
    beta = size / sum(a * a for a in k)
    symbol = sympy.Symbol("β", real=True)
    moved = applied(symbol, vector("k"), vector("x"))
    values = {symbol: beta, inner("k", "x"): sum((a * b for a, b in zip(k, x, strict=True)), Fraction(0))}
    coefficients = {name: at(c, values) for name, c in moved.terms.items()}
    found = [coefficients.get("k", 0) * a + coefficients["x"] * b for a, b in zip(k, x, strict=True)]
    wanted = Step(beta, tuple(k), (0,)).apply(np.array(x, dtype=object)[:, None])
    assert found == wanted[:, 0].tolist()


# ---------------------------------------------------------------------- the claims, on drawn numbers

unit_vectors = st.lists(st.floats(-1, 1), min_size=4, max_size=4).map(np.array).filter(lambda x: np.linalg.norm(x) > 0.1)
sizes = st.floats(0, 2)


@PROPERTY
@given(st.lists(st.tuples(unit_vectors, sizes), min_size=1, max_size=12))
def test_products_have_norm_at_most_one_up_to_rounding(factors):
    total = np.eye(4)
    for key, size in factors:
        total = factor(size / (key @ key), key) @ total
    # a rounded factor is within 10 ulp of an exact one (four products, sums, a quotient); a product of 4 × 4 adds 8 ulp; the norm 20
    assert np.linalg.norm(total, 2) <= 1 + (18 * len(factors) + 20) * 2 * ULP


@PROPERTY
@given(st.lists(st.tuples(small_vectors.filter(any), st.integers(0, 8)), min_size=2, max_size=2))
def test_two_factors_one_of_them_positive_have_a_real_spectrum_in_three_dimensions(factors):
    """By the discriminant of the cubic, exactly."""
    (k, first), (q, second) = factors
    b = Fraction(first, 8), Fraction(second, 4)
    G, H = (
        sympy.eye(3)
        - sympy.Rational(*(size / sum(x * x for x in key)).as_integer_ratio()) * sympy.Matrix(key) * sympy.Matrix(key).T
        for size, key in zip(b, (k, q), strict=True)
    )
    lam = sympy.Symbol("λ")
    assert bool(sympy.discriminant((H * G).charpoly(lam).as_expr(), lam) >= 0)  # pyright: ignore[reportOperatorIssue]


@PROPERTY
@given(st.floats(1.01, 2), st.floats(1.01, 2))
def test_any_two_factors_above_one_can_rotate(b, c):
    cosine = np.sqrt((b + c - 2) / (b * c))
    assert 0 <= cosine <= 1
    found = np.linalg.eigvals(factor(c, [cosine, np.sqrt(1 - cosine**2)]) @ factor(b, [1, 0]))
    assert np.allclose(abs(found.imag), np.sqrt((b - 1) * (c - 1)), atol=1e-6)  # √ of a cancelling trace


@PROPERTY
@given(st.lists(st.floats(0, np.pi), min_size=3, max_size=3))
def test_three_projections_of_the_plane_never_go_below_minus_an_eighth(angles):
    lines = [np.array([np.cos(a), np.sin(a)]) for a in angles]
    P, Q, R = (np.outer(u, u) for u in lines)
    assert np.trace(R @ Q @ P) >= -1 / 8 - 20 * ULP


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 6), st.integers(0, 10**6))
def test_drawn_contractions_are_products_of_at_most_twice_n_factors(n, seed):
    """With numpy's singular value decomposition, and Householder's triangularisation for the orthogonal part."""
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(n, n))
    A /= max(1, np.linalg.norm(A, 2))
    U, s, Vt = np.linalg.svd(A)
    factors = [(1 - size, v) for size, v in zip(s, Vt, strict=True)]
    Q = U @ Vt
    for i in range(n):
        key = Q[:, i] - np.eye(n)[i]
        if key @ key > 1e-6:
            factors.insert(n, (2 / (key @ key), key))
            Q = factor(2 / (key @ key), key) @ Q
    assume(np.allclose(Q, np.eye(n), atol=1e-9))
    assert len(factors) <= 2 * n
    assert all(-ULP * 8 <= beta * key @ key <= 2 + ULP * 8 for beta, key in factors)
    assert np.allclose(product(*zip(*factors, strict=True)), A, atol=1e-8)


def test_the_exact_factors_of_a_contraction_are_those_claimed():
    half = [[0, -1], [1, 0]]
    found = contractions.factors(np.array(half, dtype=object), [Fraction(1, 2), 0], np.eye(2, dtype=int).astype(object))
    assert np.allclose(product([s.beta for s in found], [s.key for s in found]), [[0, 0], [0.5, 0]])
    assert [s.beta * s.norm_squared for s in found] == [Fraction(1, 2), 1, 2, 2]


@PROPERTY
@given(st.lists(st.tuples(small_vectors, fractions, fractions), min_size=1, max_size=4), small_vectors)
def test_the_gradient_by_finite_differences_is_the_step(losses, start):
    """The loss is a quadratic, so central differences are exact in fractions."""
    s = list(start)
    state = np.array(start, dtype=object)[:, None]
    for key, value, beta in losses:
        size = sum(x * x for x in key)
        if not 0 <= beta * size <= 2:
            continue

        def loss(point, key=key, value=value):
            return (sum(a * b for a, b in zip(key, point, strict=True)) - value) ** 2 / 2

        slopes = [
            (loss([x + (i == j) for j, x in enumerate(s)]) - loss([x - (i == j) for j, x in enumerate(s)])) / 2
            for i in range(len(s))
        ]
        s = [x - beta * slope for x, slope in zip(s, slopes, strict=True)]
        state = Step(beta, tuple(key), (value,)).apply(state)
    assert s == state[:, 0].tolist()


def test_the_number_of_swaps_is_the_distance_in_networkx_too():
    pairs = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    away = swaps.distances(4, pairs)
    graph = networkx.Graph((p, tuple(p[{i: j, j: i}.get(x, x)] for x in range(4))) for p in away for i, j in pairs)
    assert networkx.single_source_shortest_path_length(graph, (0, 1, 2, 3)) == away
    assert len(away) == 24


def test_the_example_key_is_what_torch_rounds_to():
    import torch

    rounded = torch.tensor([0.6, 0.8], dtype=torch.bfloat16).double().tolist()
    assert rounded == [154 / 256, 205 / 256]
    assert "77/128, 205/256" in norm.example()
    assert "recalls 6" in gradient_descent.example()
