"""What a referee found wrong in theory/statements, theory/limits, theory/gram.py and theory/cuts.py, and claims that held."""

from __future__ import annotations

import random
from collections.abc import Hashable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import deltaword as dw
from deltaword.automata.characters import character_table
from deltaword.automata.dfa import DFA
from deltaword.automata.errors import BadArgument, TooLarge
from deltaword.automata.group import Group
from deltaword.theory.cuts import one_code_a_state
from deltaword.theory.gram import Fact, Gram, NoGram, gram
from deltaword.theory.limits import Factors, Layer, counting_bound, parity_bound
from deltaword.theory.limits.products import products
from deltaword.theory.papers import smallest_n_h
from deltaword.theory.papers.smallest_n_h import letter_classes, real_irreducibles
from deltaword.theory.planning.bounds import complexity, lower_bound
from deltaword.theory.statements import get, positive_keys

# ---------------------------------------------------------------------- theory/limits


def test_more_factors_than_rows_add_no_eigenvalue_of_the_gate():
    """(−1)(1 − 2)(1 − 0.3)(1) = 0.7: the 3 × 3 matrix of three factors on one row would have −1, the gate, as well."""
    factors = Factors((2.0, 0.3, 0.0), ((1.0,), (1.0,), (1.0,)), -1.0)
    assert dense(factors, 1).item() == pytest.approx(0.7)
    assert parity_bound({"1": factors}).cannot
    assert parity_bound({"1": Factors((2.0, 0.3, 0.0), ((1.0,), (1.0,), (1.0,)), 1.0)}).verdict == "escapes"


def dense(factors: Factors, n: int) -> np.ndarray:
    """In float64, by definition."""
    A = np.eye(n)
    for beta, key in zip(factors.betas, factors.keys, strict=True):
        A = A - beta * np.outer(key, key @ A)
    return factors.gate * A


def test_gated_factors_have_the_verdict_of_their_matrices():
    rng = random.Random(0)
    for _ in range(300):
        n, m = rng.randint(1, 3), rng.randint(0, 5)
        keys = [[rng.choice((0.0, rng.gauss(0, 1))) for _ in range(n)] for _ in range(m)]
        betas = [rng.choice((0.5, 1.0, 2.0)) / (sum(x * x for x in key) or 1) for key in keys]
        given = Factors(tuple(betas), tuple(map(tuple, keys)), rng.choice((1.0, -1.0, 0.3, -0.7)))
        found = parity_bound({"1": given, "0": Factors((0,), ((0,) * n,))})
        out = max(max(abs(z.imag), -z.real) for z in np.linalg.eigvals(dense(given, n)))
        assert found.verdict != "escapes" or out > 1e-16, given
        assert not found.cannot or out < 1e-5, given


@pytest.mark.parametrize("in_range", [True, False])
def test_rounding_of_factors_moves_their_small_matrix_by_no_more_than_is_said(in_range):
    """With keys of different lengths, or β‖k‖² > 2, it moves by hundreds of times ε."""
    rng, eps = np.random.default_rng(0), 1e-9
    for _ in range(300):
        m, n = rng.integers(1, 7, size=2)
        keys = rng.normal(size=(m, n))
        lengths = 10 ** rng.uniform(-3, 3, size=m)
        keys *= (lengths / np.linalg.norm(keys, axis=1))[:, None]
        betas = rng.uniform(0, 2 if in_range else 40, size=m) / lengths**2
        gate = rng.choice([1.0, -0.5])

        def off(x, size=eps):
            return x * (1 + size * rng.choice([-1, 1], size=np.shape(x)))

        def small(betas, keys, gate):
            (found,) = products(Layer.of({"a": Factors(betas.tolist(), keys.tolist(), float(gate))}, rounding=eps), 1)
            return found

        meant, moved = small(betas, keys, gate), small(off(betas), off(keys), off(gate))
        assert np.linalg.norm((moved.matrix - meant.matrix).astype(float), 2) <= meant.delta


def test_a_tiny_longdouble_keeps_its_sign():
    tiny = np.array([[np.longdouble(-1)]]) / np.longdouble(2) ** 1100
    if tiny[0, 0] == 0:
        pytest.skip("long doubles are doubles here")
    assert not parity_bound({"1": tiny}).cannot


@pytest.mark.parametrize(
    "layers",
    [
        [{"a": [[-1]]}, {"a": [[10**400, 1, 0], [0, 1, 10**400], [1, 0, 3]]}],
        [{"a": [[-1]]}, {"a": np.array([[0.1, 1e250], [-1e200, 1e200]])}],
        [{"a": [[0, 0, 10**400], [1, 0, 0], [0, 1, 0]]}],
    ],
)
def test_numbers_past_the_floats_are_refused_by_name(layers):
    with pytest.raises(TooLarge, match=rf"layer {len(layers)}: numbers pass 10\^308.*divide"):
        counting_bound(layers, 4)


def test_coefficients_of_two_terms_are_in_brackets():
    import sympy

    assert "λ + (−1 + sqrt(2))" in str(parity_bound({"a": [[1 - sympy.sqrt(2)]]}))


def test_verdicts_agree_with_sympy_on_matrices_similar_to_triangular_ones():
    """Defective ones and complex pairs among them, exactly and as floats."""
    import sympy

    rng = random.Random(1)
    for _ in range(120):
        n = rng.randint(1, 4)
        A = np.array([[rng.choice((0, 0, 1, -1, 2, Fraction(1, 3))) for _ in range(n)] for _ in range(n)], dtype=object)
        if rng.random() < 0.5:
            A = np.triu(A)
            for _ in range(3 * (n > 1)):
                i, j = rng.sample(range(n), 2)
                A[i] = A[i] + A[j]
                A[:, j] = A[:, j] - A[:, i]
        p = sympy.Poly(sympy.Matrix(A.tolist()).charpoly().as_expr(), domain="QQ")
        roots = sum(k * (f.count_roots(inf=0)) for f, k in p.factor_list()[1])
        assert parity_bound({"a": A}).cannot == (roots == n)
        rounded = parity_bound({"a": A.astype(float)}).verdict
        same = all(Fraction(float(value)) == value for value in A.flat)
        assert not same or rounded == parity_bound({"a": A}).verdict


# ---------------------------------------------------------------------- theory/gram.py, theory/cuts.py


def test_states_that_no_word_reaches_are_no_ground_for_a_refusal():
    """State 2 is never reached; the other two are flipped by b, so 1 and −1 do."""
    dfa = DFA([[0, 1], [1, 0], [0, 2]], 0, [], "ab")
    for asked in (gram, one_code_a_state):
        with pytest.raises(BadArgument, match=r"no word reaches the states \[2\]"):
            asked(dfa)
    assert isinstance(gram(dfa.reachable()), Gram)
    assert one_code_a_state(dfa.reachable())
    sink = DFA([[0, 1, 2], [0, 1, 2], [2, 2, 2]], 0, [2], "01x")
    proof = gram(sink)
    assert isinstance(proof, NoGram)
    assert proof.holds(sink)
    beside = DFA([[0, 1, 2], [0, 1, 2], [2, 2, 2]], 2, [2], "01x")  # started in the sink: one state, one vector
    assert not proof.holds(beside)
    assert not NoGram((0, 1), (Fact("orthogonal", ((0,),), (1, 0, 2)),)).holds(sink)


# ---------------------------------------------------------------------- lower bounds


def test_lower_bounds_do_not_exceed_the_layers_that_a_machine_is_made_of():
    """Stacks of copyless bits, each layer driven by letter and layers below; the last letter beside; quotients of that."""
    rng, seen = random.Random(3), set()
    for _ in range(150):
        L = rng.choice((1, 2, 2))
        dfa = stack_of_bits(rng, L)
        if 3 <= dfa.n_states <= 12:
            found, height = lower_bound(dfa, seconds=0.2), complexity(dfa)
            assert found.layers <= L, dfa.table.tolist()
            assert height is None or height.least <= L
            seen.add((L, found.layers))
    assert seen >= {(1, 1), (2, 1), (2, 2)}


def stack_of_bits(rng: random.Random, L: int) -> DFA:
    sizes, letters, maps = [rng.choice((1, 2)) for _ in range(L)], rng.choice((2, 3)), {}
    seen_after = rng.random() < 0.5

    def drawn(K):
        free, row = list(range(K)), []
        for _ in range(K):
            row.append(rng.choice([*free, "0", "1"]))
            if row[-1] in free:
                free.remove(row[-1])
        return row

    def after(state, x):
        new = []
        for i, K in enumerate(sizes):
            row = maps.setdefault((i, tuple(new) if seen_after else state[:i], x), drawn(K))
            new.append(tuple(int(bit) if isinstance(bit, str) else state[i][bit] for bit in row))
        return tuple(new)

    states: list[Any] = [(tuple((rng.randint(0, 1),) * K for K in sizes), None)]
    places, table = {states[0]: 0}, []
    for state, _ in states:  # grows as it is read
        table.append([])
        for x in range(letters):
            new = after(state, x), x
            if new not in places:
                places[new] = len(states)
                states.append(new)
            table[-1].append(places[new])
    accepting = [q for q in range(len(states)) if rng.random() < 0.5]
    return DFA(table, 0, accepting, range(letters)).minimized()


# ---------------------------------------------------------------------- theory/statements


def test_the_least_n_h_of_a_group_is_about_letters_that_generate_it():
    """The quaternion i makes a cyclic group of four, which turns a square; Q_8's own representations take four steps to tell −1."""
    whole = dw.languages.get("Q_8")
    orders = [order(column) for column in whole.table.T.tolist()]
    letter = orders.index(4)
    part = DFA(whole.table[:, [letter]], whole.start, [], [whole.alphabet[letter]]).reachable()
    assert (part.n_states, smallest_n_h(part).n_h) == (4, 2)
    table = character_table(Group([tuple(column) for column in whole.table.T.tolist()]))
    of_letter: dict[Hashable, int] = {"i": letter_classes(table, whole)[letter]}
    squared = letter_classes(table, whole)[orders.index(2)]
    telling = [max(rho.ranks.values()) for rho, kernel in real_irreducibles(table, of_letter) if not kernel[squared]]
    assert telling == [4]
    assert "generate G" in get("smallest_n_h").parts["Notation"]


def test_steps_by_cycles_are_those_of_one_head_and_not_the_fewest_of_a_layer():
    """A cycle of four points is three swaps, and S_4 takes two steps as the rotations of the cube."""
    assert smallest_n_h(dw.languages.get("S_4")).n_h == 2 < 4 - 1
    assert "another representation the group may take fewer" in get("group_word_problems").claim


def order(column: list[int]) -> int:
    power, n = list(column), 1
    while power != list(range(len(column))):
        power, n = [column[q] for q in power], n + 1
    return n


def test_keys_of_both_signs_behind_a_silu_are_a_matter_of_rounding():
    """The proof said that SiLU(x) = −SiLU(y) has no solution in floats; rounded, it has hundreds in bfloat16."""
    torch = pytest.importorskip("torch")
    x = torch.tensor([233 / 512, -5 / 4], dtype=torch.float64)
    assert torch.nn.functional.silu(x).to(torch.bfloat16).tolist() == [143 / 512, -143 / 512]
    assert positive_keys.silu(Fraction(233, 512)) == -positive_keys.silu(Fraction(-5, 4)) == Fraction(143, 512)
    key = torch.tensor([1.0, 1.0, -1.0, -1.0], dtype=torch.float64) * 143 / 512
    assert (key / (key @ key + 1e-6).sqrt()).to(torch.bfloat16).tolist() == [0.5, 0.5, -0.5, -0.5]
    assert "neither is a float" not in get("positive_keys").idea


def test_the_update_is_one_of_the_sums_that_a_grid_bounds():
    """With key 0 nothing else bounds β v: it may overflow, and 0 · ∞ is no number."""
    torch = pytest.importorskip("torch")
    key, beta, value = (torch.tensor(x, dtype=torch.bfloat16) for x in (0.0, 2.0**100, 2.0**100))
    assert torch.isnan(key * (beta * (value - key * 1)))
    assert "β (v − k·S)" in get("grid_exactness").hypotheses


def test_claims_go_no_further_than_their_proofs():
    obstruction = get("one_layer_obstruction")
    assert obstruction.status == "proved"
    assert "converse holds" not in obstruction.claim  # it rests on Ash's theorem
    assert "non-empty words act as" in get("peeling").parts["Notation"]  # “take a non-empty word for each”
    assert "generate" not in get("l_class_registers").parts["Notation"]  # R may be larger than what the letters make
    assert "its values real numbers" in get("step_rounding").hypotheses  # 0 · ∞ is no number, and no fixed point
    assert "bits take six" not in get("vectors_beyond_bits").refute().says  # five were not ruled out
