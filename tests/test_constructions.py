"""The constructions: right machines, right numbers of steps, and refusals that give their reason."""

from fractions import Fraction
from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from strategies import copies, dfas, words
from theory_strategies import KEYS, cycles_of, machine_of, permutation_reset_letters

from deltaword import DFA, compile, groups, languages
from deltaword.automata.errors import BadArgument, BadStep, NotCompilable
from deltaword.theory.constructions.cosets import cosets, multiplication_table
from deltaword.theory.constructions.one_layer import one_layer
from deltaword.theory.constructions.readout import (
    choose_queries,
    digits,
    largest_sum,
    query_sets,
    read_values,
    reflected_digits,
    rows,
)
from deltaword.theory.constructions.registers import ONE, ZERO, Keys, Registers, letter_action, steps_of
from deltaword.theory.factor import rank
from deltaword.theory.householder import product as step_product
from deltaword.theory.numbers import identity

PROPERTY = settings(max_examples=120, deadline=None)


def plan(dfa: DFA, keys: Keys = "raw"):
    return one_layer(dfa, keys)[0][0]


def orbit(sigma, start: int) -> list[int]:
    found = [start]
    while sigma[found[-1]] != start:
        found.append(sigma[found[-1]])
    return found


# ---------------------------------------------------------------------- the machines tracked

FULL_RESET_3 = machine_of(permutation_reset_letters(3))


@PROPERTY
@given(dfas(max_states=5, alphabet="ab"), words("ab", max_size=12), st.sampled_from(KEYS))
@example(DFA([[0, 0]], 0, [0], "ab"), "ab", "raw")  # one state
@example(DFA([[0, 0], [1, 0]], 1, [0], "ab"), "ab", "unit")
@example(DFA([[1, 2], [2, 2], [2, 2], [0, 0]], 0, [2], "ab"), "abab", "raw")  # a state out of reach
def test_whatever_compiles_is_tracked_exactly(dfa, word, keys):
    try:
        candidates, _ = one_layer(dfa, keys)
    except NotCompilable:
        return
    for candidate in candidates:
        layer = candidate.layer(dfa)
        assert layer.states(word) == dfa.states(word)
        assert (layer.n_h, layer.K, layer.V, len(layer.heads), layer.gated) == (
            candidate.n_h,
            candidate.K,
            candidate.V,
            candidate.heads,
            candidate.gated,
        ), "the cost stated before building is the cost"


@settings(max_examples=60, deadline=None)
@given(dfas(max_states=4, alphabet="abc"), st.sampled_from(KEYS))
def test_every_number_compiled_is_dyadic_and_every_step_contracts(dfa, keys):
    try:
        layer = plan(dfa, keys).layer(dfa)
    except NotCompilable:
        return
    for head in layer.heads:
        numbers = [*head.initial.ravel(), *head.query]
        for action in head.letters:
            assert action.gate in (0, 1)
            for step in action.steps:
                numbers += [step.beta, *step.key, *step.value]
                if keys == "unit":
                    assert step.norm_squared == 1, "unit keys have norm 1"
        denominators = {Fraction(x).denominator for x in numbers}
        assert all(d & (d - 1) == 0 for d in denominators)


# ---------------------------------------------------------------------- the least number of steps


@pytest.mark.parametrize("n", range(1, 6))
def test_one_permutation_takes_n_minus_cycles_steps_on_its_reachable_part(n):
    """A machine of one letter only ever walks the cycle of its start."""
    for sigma in permutations(range(n)):
        for start in range(n):
            assert plan(machine_of([sigma], start)).n_h == max(1, len(orbit(sigma, start)) - 1)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.permutations(range(5)), min_size=1, max_size=3), st.integers(0, 4))
def test_permutations_take_the_largest_n_minus_cycles_unless_a_smaller_action_exists(sigmas, start):
    part = machine_of(sigmas, start).reachable()
    wanted = max(1, *(part.n_states - cycles_of(column) for column in part.table.T.tolist()))
    candidates, _ = one_layer(part)
    by_kind = {candidate.kind: candidate.n_h for candidate in candidates}
    if part.n_states > 1 and not all(np.array_equal(c, np.arange(part.n_states)) for c in part.table.T):
        assert by_kind["permutation"] == wanted
    assert candidates[0].n_h == min(by_kind.values()) <= wanted


@pytest.mark.parametrize("letters", [["r"], ["r", "s"], ["reset"], ["r", "reset"], ["s", "reset", "reset2"], ["keep", "reset"]])
def test_permutation_resets_take_what_their_permutations_take(letters):
    maps = {"r": (1, 2, 3, 0), "s": (1, 0, 3, 2), "keep": (0, 1, 2, 3), "reset": (2, 2, 2, 2), "reset2": (0, 0, 0, 0)}
    part = machine_of([maps[x] for x in letters]).reachable()
    turns = [c for c in part.table.T.tolist() if len(set(c)) == part.n_states]
    wanted = max([1, *(part.n_states - cycles_of(c) for c in turns)])
    candidates, _ = one_layer(part)
    assert candidates[0].n_h <= wanted
    for candidate in candidates:
        if candidate.kind == "permutation-reset":
            assert (candidate.n_h, candidate.gated) == (wanted, True)
    if letters != ["s", "reset", "reset2"]:  # there two heads of one bit each do with a step less
        assert candidates[0].n_h == wanted


@pytest.mark.parametrize("n", [1, 2, 3, 9, 30, 200])
def test_constant_resets_take_one_row_and_one_step(n):
    dfa = DFA([[q, *range(n)] for q in range(n)], 0, [0], range(n + 1))
    chosen = plan(dfa)
    assert (chosen.kind, chosen.n_h, chosen.K, chosen.heads, chosen.gated) == ("constant resets", 1, 1, 1, False)
    assert chosen.exact_to <= 256, "exact in bfloat16"


@pytest.mark.parametrize(
    ("group", "n_h", "K"),
    [
        (groups.symmetric(3), 2, 3),
        (groups.symmetric(4), 3, 4),
        (groups.alternating(4), 2, 4),
        (groups.alternating(5), 4, 5),
        (groups.dihedral(3), 2, 3),
        (groups.dihedral(4), 3, 4),
        (groups.dihedral(5), 4, 5),
        (groups.dihedral(6), 5, 6),
        (groups.dihedral(7), 6, 7),
        (groups.quaternion(), 6, 8),
        (groups.cyclic(6), 5, 6),
    ],
    ids=str,
)
def test_group_word_problems_take_the_steps_of_their_smallest_action(group, n_h, K):
    dfa = group.word_problem()
    chosen = plan(dfa)
    assert (chosen.n_h, chosen.K, chosen.heads) == (n_h, K, 1)
    assert chosen.exact_to <= 256


@pytest.mark.parametrize(("name", "n_h"), [("S_5_only_swaps", 1), ("S_5_limit_to_3", 2)])
def test_letters_that_move_few_points_take_few_steps(name, n_h):
    assert plan(languages.get(name)).n_h == n_h


def test_the_order_of_the_group_is_the_number_of_codes():
    """All 24 elements of S_4 have their own columns of cosets, and they move as the machine does."""
    candidate = cosets(groups.symmetric(4).word_problem(), "raw")
    assert not isinstance(candidate, str)
    (bank,) = candidate.banks
    assert len(np.unique(bank.codes.reshape(24, -1), axis=0)) == 24
    assert bank.codes.shape[1:] == (4, 3)


def test_a_multiplication_table_exists_exactly_for_cayley_graphs():
    for group in (groups.symmetric(3), groups.quaternion(), groups.cyclic(5)):
        times = multiplication_table(group.word_problem())
        assert times is not None
        for p, q, r in product(range(len(times)), repeat=3):
            assert times[times[p, q], r] == times[p, times[q, r]]
    assert multiplication_table(groups.symmetric(3).action()) is None


# ---------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("dfa", "reason"),
    [
        (DFA.from_regex("a*b*", "ab"), "letter 'a' neither keeps every state nor sends all to one"),
        (DFA.from_regex("(a|b)*ab(a|b)*", "ab"), "no family of sets of states that closes without copying a bit"),
        (languages.get("T_3"), "no family of sets of states that closes without copying a bit"),
        (languages.get("T_3"), "merges states into"),
    ],
)
def test_machines_beyond_one_layer_are_refused_with_a_reason(dfa, reason):
    for keys in KEYS:
        with pytest.raises(NotCompilable, match=reason):
            one_layer(dfa, keys)
        with pytest.raises(NotCompilable, match="within 1 layer"):
            compile(dfa, keys, layers=1)


def test_a_refusal_says_when_the_minimal_machine_is_smaller():
    twice = copies(languages.get("contains_ab"), 2, seed=0)
    with pytest.raises(NotCompilable, match=r"minimal automaton has 3 states; try dfa.minimized\(\)"):
        one_layer(twice)


def test_unknown_keys_are_refused():
    with pytest.raises(BadArgument, match="'raw' or 'unit'"):
        compile(languages.get("parity"), "round")  # pyright: ignore[reportArgumentType]


# ---------------------------------------------------------------------- registers


@st.composite
def register_updates(draw: st.DrawFn) -> tuple[int, ...]:
    """A letter on up to 5 bits: constants and moved bits, no bit twice."""
    K = draw(st.integers(1, 5))
    source = draw(st.permutations(range(K)))
    return tuple(
        bit if kind == 0 else kind
        for bit, kind in zip(source, draw(st.lists(st.sampled_from((0, 0, ZERO, ONE)), min_size=K, max_size=K)), strict=True)
    )


@PROPERTY
@given(register_updates(), st.integers(1, 2), st.booleans(), st.booleans())
def test_the_steps_of_a_letter_move_the_bits_and_are_counted_right(update, copies, unit_keys, gated):
    K = len(update)
    gated = gated and all(bit < 0 for bit in update)
    unit_keys = unit_keys or copies == 2
    if unit_keys and copies == 1 and not gated and any(bit >= 0 and bit != i for i, bit in enumerate(update)):
        return  # swaps of single bits have no dyadic unit key
    action = letter_action(update, 1, copies, unit_keys, gated)
    assert len(action.steps) == steps_of(update, copies, unit_keys, gated)
    for bits in product((0, 1), repeat=K):
        state = np.array(bits * copies, dtype=object)[:, None]
        wanted = [1 if bit == ONE else 0 if bit == ZERO else bits[bit] for bit in update]
        assert action.apply(state).ravel().tolist() == wanted * copies
    if copies == 1 and not gated:
        A = step_product(action.steps, K)
        assert rank(identity(K) - A) == len(action.steps), "no fewer steps have this matrix"


def test_registers_may_not_copy():
    with pytest.raises(BadStep, match="letter 1 takes bit 0 twice"):
        Registers(((0,), (1,)), ((0, 1), (0, 0)))


# ---------------------------------------------------------------------- readout


@PROPERTY
@given(st.lists(st.lists(st.integers(-9, 9), min_size=2, max_size=2), min_size=1, max_size=8, unique_by=tuple))
def test_rows_name_the_state_with_the_values_read(values):
    values = np.array(values)
    weights, bias = rows(values)
    logits = values @ weights.T + bias
    assert logits.argmax(axis=1).tolist() == list(range(len(values)))
    best = np.diag(logits)
    assert (best >= 0).all(), "so a row of −1 is never named"
    others = logits - 10**6 * np.eye(len(values), dtype=int)
    assert (others.max(axis=1) < best).all()


@pytest.mark.parametrize(("count", "n_digits"), [(1, 1), (2, 1), (9, 1), (9, 2), (10, 2), (27, 3), (100, 4)])
def test_digits_are_different_and_small(count, n_digits):
    for without_zero in (False, True):
        found = digits(count, n_digits, without_zero)
        assert found.shape == (count, n_digits)
        assert len(np.unique(found, axis=0)) == count
        assert not (without_zero and (found == 0).all(axis=1).any())
    steps = np.abs(np.diff(reflected_digits(count, n_digits), axis=0))
    assert (steps.sum(axis=1) == 1).all(), "neighbours differ by one in one digit"
    assert len(np.unique(reflected_digits(count, n_digits), axis=0)) == count


@PROPERTY
@given(st.sets(st.integers(0, 127), min_size=2, max_size=12))
def test_queries_tell_all_codes_apart(numbers):
    codes = np.array([[int(x) for x in f"{number:07b}"] for number in sorted(numbers)])[:, :, None]
    for queries in [*query_sets(codes), choose_queries(codes, 256), choose_queries(codes, 1)]:
        assert len(np.unique(read_values(codes, queries), axis=0)) == len(codes)


def test_the_bound_counts_the_way_to_the_readout_too():
    """A thermometer of 600 bits read as one number: no row is large, but its partial sums are."""
    codes = np.tri(601, 600, -1, dtype=np.int64)[:, :, None]
    up_and_down = np.resize([1, -1], (1, 600))
    assert largest_sum(codes, up_and_down) == 600
    assert largest_sum(codes, choose_queries(codes, 256)) <= 600
