"""Tasks: the same words everywhere, drawn evenly, and every target what somebody else's arithmetic says it is.

Evenness and independence are sampled: statistics of fixed seeds against their expectation.
"""

from __future__ import annotations

import hashlib
import pickle
import re
from itertools import accumulate, product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import dfas
from sympy.combinatorics import Permutation

import deltaword as dw
from deltaword import DFA, errors
from deltaword.nets.tasks import NOT_ASKED, AutomatonTask, names, task
from deltaword.nets.tasks import letters as draws
from deltaword.nets.tasks.arithmetic import BracketTask, alphabet, mod_arithmetic, reader, values
from deltaword.nets.tasks.automaton import monoid_tables, prefixes, states_by_maps, states_by_monoid, states_by_steps

MIXED = ["parity", "parity_every", "mod_arithmetic", "mod_arithmetic_brackets", "S_3", "Z_3_tokens_3", "language:tomita_5"]
seeds = st.integers(0, 2**63 - 1)


def text(t, row) -> str:
    return "".join(t.letters[token] for token in row)


# ---------------------------------------------------------------------- the numbers


@pytest.mark.parametrize(
    ("k", "expected"),
    [(1, 6457827717110365317), (2, 3203168211198807973), (3, 9817491932198370423), (4, 4593380528125082431)],
)
def test_the_mixing_function_gives_the_published_outputs_of_splitmix64(k, expected):
    z = (1234567 + k * draws.GAMMA) % 2**64
    assert draws.mixed(z) == expected
    assert draws.mixed_array(np.array([z], dtype=np.uint64)).item() == expected
    assert draws.mixed_tensor(torch.tensor([draws.signed(z)])).item() == draws.signed(expected)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(MIXED), seeds, seeds, st.integers(0, 2**40), st.integers(1, 5), st.integers(2, 24), st.integers(2, 24))
def test_numpy_and_torch_draw_the_same_bits(name, seed, step, first, B, a, b):
    rows, (low, length) = range(first, first + B), sorted(max(n, task(name).least_length) for n in (a, b))
    for shortest in (None, low):
        tokens, targets = task(name).words(seed, step, rows, length, shortest=shortest)
        for given_step in (step, torch.tensor(step)):
            found = task(name).batch(seed, given_step, rows, length, shortest=shortest)
            assert all(tensor.dtype == torch.int64 and tensor.shape == (B, length) for tensor in found)
            assert np.array_equal(found[0].numpy(), tokens)
            assert np.array_equal(found[1].numpy(), targets)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(MIXED), st.integers(0, 100), st.integers(1, 12), st.integers(0, 12), st.integers(1, 3))
def test_a_word_is_the_same_in_whatever_company_it_is_drawn(name, step, B, cut, stride):
    whole = task(name).words(5, step, range(B), 16, shortest=7)
    cut = min(cut, B)
    parts = [task(name).words(5, step, rows, 16, shortest=7) for rows in (range(cut), range(cut, B))]
    assert all(np.array_equal(np.concatenate([part[i] for part in parts]), whole[i]) for i in (0, 1))
    some = task(name).batch(5, step, range(0, B, stride), 16, shortest=7)
    assert all(np.array_equal(some[i].numpy(), whole[i][::stride]) for i in (0, 1))


def test_the_words_of_this_version_are_these():
    """A change here changes what every recorded run has seen."""
    found = {name: digest(np.stack(task(name).words(7, 11, range(3, 9), 32))) for name in (*MIXED, "S_5_swaps")}
    assert found == {
        "parity": "20ebad3b06bd",
        "parity_every": "6903afd368de",
        "mod_arithmetic": "e21a117d1953",
        "mod_arithmetic_brackets": "ad49a9738d14",
        "S_3": "e2799268cfe0",
        "Z_3_tokens_3": "d96b0da6be91",
        "language:tomita_5": "17ff3ee19212",
        "S_5_swaps": "2a5f8f189692",
    }


def digest(array: np.ndarray) -> str:
    return hashlib.sha256(array.astype("<i8").tobytes()).hexdigest()[:12]


def excess(counts: np.ndarray, expected: np.ndarray | float) -> float:
    """Chi-square of counts in standard deviations from its mean."""
    chi, dof = float(((counts - expected) ** 2 / expected).sum()), counts.size - 1
    return (chi - dof) / (2 * dof) ** 0.5


def many(what: str, n: int = 5) -> np.ndarray:
    """[2, N] letters that are neighbours in position, row, step or seed."""
    even = AutomatonTask("even", DFA(np.zeros((1, n), dtype=int), 0, [], range(n)))
    if what == "position":
        tokens = even.words(1, 2, range(1000), 200)[0]
        return np.stack([tokens[:, :-1].ravel(), tokens[:, 1:].ravel()])
    if what == "row":
        tokens = even.words(1, 2, range(1000), 200)[0]
        return np.stack([tokens[:-1].ravel(), tokens[1:].ravel()])
    draw = {"step": lambda i: even.words(1, i, range(4), 50), "seed": lambda i: even.words(i, 1, range(4), 50)}[what]
    tokens = np.stack([draw(i)[0].ravel() for i in range(1000)])
    return np.stack([tokens[:-1].ravel(), tokens[1:].ravel()])


@pytest.mark.parametrize("what", ["position", "row", "step", "seed"])
def test_letters_are_even_and_neighbours_independent(what):
    pairs = many(what)
    counts = np.bincount(5 * pairs[0] + pairs[1], minlength=25)
    assert counts.sum() > 190_000
    assert abs(excess(np.bincount(pairs[0]), pairs.shape[1] / 5)) < 5
    assert abs(excess(counts, counts.sum() / 25)) < 5


def test_the_high_bits_of_neighbours_do_not_agree():
    """Correlation of the numbers themselves, before they are made into letters: 1/√N is one standard deviation."""
    keys = draws.row_keys(draws.stream("x", 0), 0, range(512))
    numbers = draws.numbers(keys[:, None], np.arange(512, dtype=np.uint64)) / 2**32 - 0.5
    for a, b in [(numbers[1:], numbers[:-1]), (numbers[:, 1:], numbers[:, :-1]), (numbers[1:, 1:], numbers[:-1, :-1])]:
        assert abs(12 * np.mean(a * b)) < 5 / a.size**0.5
    assert abs(numbers.mean()) < 5 * 12**-0.5 / numbers.size**0.5


def test_weighted_letters_come_as_often_as_their_weights():
    weights = (1.0, 0.0, 3.0, 4.0)
    weighted = AutomatonTask("weighted", DFA(np.zeros((1, 4), dtype=int), 0, [], "abcd"), weights=weights)
    tokens, _ = weighted.words(0, 0, range(500), 100)
    assert np.array_equal(weighted.batch(0, 0, range(500), 100)[0].numpy(), tokens)
    counts = np.bincount(tokens.ravel(), minlength=4)
    assert counts[1] == 0
    assert abs(excess(counts[[0, 2, 3]], 50_000 * np.array([1, 3, 4]) / 8)) < 5


def test_lengths_are_even_and_end_the_questions():
    parity = task("parity")
    lengths = parity.lengths(3, 0, range(20_000), 12, shortest=3)
    assert abs(excess(np.bincount(lengths - 3, minlength=10), 2000.0)) < 5
    _, targets = parity.words(3, 0, range(200), 12, shortest=3)
    rows, positions = np.nonzero(targets != NOT_ASKED)
    assert np.array_equal(rows, np.arange(200))
    assert np.array_equal(positions, lengths[:200] - 1)
    every = task("S_3").words(3, 0, range(50), 12, shortest=3)[1]
    assert np.array_equal((every != NOT_ASKED).sum(axis=1), task("S_3").lengths(3, 0, range(50), 12, shortest=3))


# ---------------------------------------------------------------------- states


@settings(max_examples=100, deadline=None)
@given(dfas(max_states=6, alphabet="abc"), st.integers(0, 10**6), st.integers(1, 40))
def test_targets_are_the_states_and_acceptances_of_the_automaton(dfa, seed, length):
    for target, seen in [("state", lambda q: q), ("acceptance", lambda q: int(dfa.accepting_mask[q]))]:
        t = task(dfa, target)
        tokens, targets = t.batch(seed, 0, range(3), length)
        for word, asked in zip(tokens.tolist(), targets.tolist(), strict=True):
            assert asked == [seen(q) for q in dfa.states(dfa.decode(word))[1:]]
        assert np.array_equal(t.words(seed, 0, range(3), length)[1], targets.numpy())


@settings(max_examples=60, deadline=None)
@given(dfas(max_states=5, alphabet="abc"), st.integers(0, 10**6), st.integers(1, 70))
def test_every_way_to_the_states_gives_those_of_the_automaton(dfa, seed, length):
    tokens = task(dfa).batch(seed, 0, range(3), length)[0]
    expected = torch.tensor([dfa.states(dfa.decode(word))[1:] for word in tokens.tolist()])
    assert torch.equal(states_by_steps(tokens, torch.tensor(dfa.table), dfa.start).long(), expected)
    assert torch.equal(states_by_maps(tokens, torch.tensor(dfa.table.T).long(), dfa.start), expected)
    tables = monoid_tables(dfa)
    assert tables is not None
    assert torch.equal(
        states_by_monoid(tokens, **{name: torch.tensor(array) for name, array in tables.items()}).long(), expected
    )


@pytest.mark.parametrize("name", ["S_5", "S_5_tokens_4", "A_5", "D_5", "Z_2xZ_4", "mod_arithmetic", "language:T_3"])
def test_the_tables_of_a_gpu_give_the_states_of_the_cpu(name):
    t = task(name)
    assert isinstance(t, AutomatonTask)
    tokens = t.batch(0, 0, range(20), 100)[0]
    tables = {key: torch.tensor(array) for key, array in t._arrays(scan=True).items()}
    assert "element" in tables
    assert np.array_equal(t._states(tokens, tables).numpy(), t.machine.run(tokens.numpy())[:, 1:])


def test_a_machine_with_a_large_monoid_is_read_by_maps_and_a_larger_machine_token_by_token():
    for n, expected in [(12, "maps"), (100, "table")]:
        t = AutomatonTask("large", dw.languages.get(f"random_{n}_3_seed1"))
        tables = {key: torch.tensor(array) for key, array in t._arrays(scan=True).items()}
        assert expected in tables
        tokens = t.batch(0, 0, range(20), 50)[0]
        assert np.array_equal(t._states(tokens, tables).numpy(), t.machine.run(tokens.numpy())[:, 1:])


def test_maps_are_composed_in_pieces_that_fit(monkeypatch):
    dfa = dw.languages.get("random_12_3_seed1")
    tokens = task(dfa).batch(0, 0, range(7), 9)[0]
    whole = states_by_maps(tokens, torch.tensor(dfa.table.T).long(), dfa.start)
    monkeypatch.setattr("deltaword.nets.tasks.automaton.MAPS_AT_ONCE", 9 * 12 * 2)
    assert torch.equal(states_by_maps(tokens, torch.tensor(dfa.table.T).long(), dfa.start), whole)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.permutations(range(4)), min_size=1, max_size=33))
def test_prefixes_are_those_of_itertools(permutations):
    x = torch.tensor([permutations])
    found = prefixes(x, lambda f, g: torch.gather(g, -1, f))[0].tolist()
    assert found == list(accumulate([list(p) for p in permutations], lambda f, g: [g[i] for i in f]))


# ---------------------------------------------------------------------- word problems


def sympy_of(name: str) -> Permutation:
    return Permutation([list(map(int, cycle.split())) for cycle in re.findall(r"\(([\d ]+)\)", name)], size=5)


@pytest.mark.parametrize(
    ("name", "letters"), [("S_5", 120), ("A_5", 60), ("S_5_swaps", 11), ("S_5_move_3", 31), ("S_5_move_4", 76)]
)
def test_the_target_is_the_running_product_that_sympy_has(name, letters):
    t = task(name)
    assert len(t.letters) == letters
    of_letter, of_class = [[sympy_of(text) for text in texts] for texts in (t.letters, t.classes)]
    tokens, targets = t.batch(1, 2, range(4), 60)
    for word, asked in zip(tokens.tolist(), targets.tolist(), strict=True):
        assert [of_class[c] for c in asked] == list(accumulate((of_letter[a] for a in word), lambda g, x: g * x))


@pytest.mark.parametrize(("most", "name"), [(2, "S_5_swaps"), (3, "S_5_move_3"), (4, "S_5_move_4"), (3, "A_5_move_3")])
def test_limited_letters_move_so_many_points_and_no_more(most, name):
    support = [sympy_of(letter).support() for letter in task(name).letters]
    assert {len(points) for points in support} <= set(range(most + 1))
    assert max(map(len, support)) == most


def test_numbers_add_and_pairs_add_place_by_place():
    tokens, targets = task("Z_7").batch(0, 0, range(5), 50)
    assert torch.equal(tokens.cumsum(1) % 7, targets)
    pairs = task("Z_2xZ_4")
    values = torch.tensor([eval(letter) for letter in pairs.letters])
    tokens, targets = pairs.batch(0, 0, range(5), 50)
    assert torch.equal(values[tokens].cumsum(1) % torch.tensor([2, 4]), values[targets])


def test_dihedral_products_are_those_of_rotations_and_mirrors():
    t = task("D_5")
    turn = 2 * np.pi / 5

    def matrix(name: str) -> np.ndarray:
        found = re.fullmatch(r"(s?)(?:(r)(\d*))?|1", name)
        assert found
        k = 0 if not found[2] else int(found[3] or 1)
        rotation = np.array([[np.cos(k * turn), -np.sin(k * turn)], [np.sin(k * turn), np.cos(k * turn)]])
        return rotation @ (np.diag([1, -1]) if found[1] else np.eye(2))  # s first, then r: a later letter acts on the left

    tokens, targets = t.words(0, 0, range(3), 30)
    for word, asked in zip(tokens, targets, strict=True):
        at = np.eye(2)
        for a, c in zip(word, asked, strict=True):
            at = matrix(t.letters[a]) @ at
            assert np.allclose(at, matrix(t.classes[c]), atol=1e-9)


def test_an_element_of_several_tokens_is_followed_by_fillers_and_asked_after_the_last():
    t = task("S_5_tokens_4")
    tokens, targets = t.batch(3, 0, range(6), 42)
    plain = dw.languages.get("S_5")
    assert t.letters == (*task("S_5").letters, "_")
    for word, asked in zip(tokens.tolist(), targets.tolist(), strict=True):
        assert all((letter == 120) == (p % 4 > 0) for p, letter in enumerate(word))
        states = plain.run(np.array([word[::4]]))[0, 1:].tolist()
        assert asked == [states[p // 4] if p % 4 == 3 else NOT_ASKED for p in range(42)]
    assert t.dfa is not None
    assert t.dfa.n_states == 120
    assert t.train_lengths == (128, 128)


def test_the_machine_of_a_task_is_in_the_class_that_is_asked():
    for name in (*MIXED, "S_5_tokens_4", "language:a_star_b_star:acceptance", "mod_arithmetic_brackets_depth_1_mult"):
        t = task(name)
        assert t.dfa is not None
        assert t.class_of_state is not None
        assert t.letters == tuple(map(str, t.dfa.alphabet))
        tokens, targets = t.words(2, 3, range(30), 24, shortest=5)
        classes = t.class_of_state[t.dfa.run(tokens)[:, 1:]]
        asked = targets != NOT_ASKED
        assert asked.any()
        assert np.array_equal(classes[asked], targets[asked])
        assert targets.max() < len(t.classes)


# ---------------------------------------------------------------------- arithmetic


def check_expressions(t, length: int, rows: int, shortest: int | None = None, m: int = 5) -> list[str]:
    """Every asked target is Python's value of what stands before "="."""
    tokens, targets = t.words(4, 1, range(rows), length, shortest=shortest)
    found = []
    for word, asked in zip(tokens, targets, strict=True):
        (position,) = np.flatnonzero(asked != NOT_ASKED)
        expression, equals, _ = text(t, word).partition("=")
        assert (len(expression), equals) == (position, "=")
        assert t.classes[asked[position]] == str(eval(expression) % m)
        found.append(expression)
    return found


def test_arithmetic_without_brackets_is_what_python_makes_of_it():
    for length, shortest in [(40, None), (40, 3), (2, None), (3, None), (200, None)]:
        expressions = check_expressions(task("mod_arithmetic"), length, 100, shortest)
        assert all(re.fullmatch(r"[0-4]([-+*][0-4])*", expression) for expression in expressions)
        if shortest is None:
            assert {len(expression) for expression in expressions} == {(length - 2) // 2 * 2 + 1}
    check_expressions(mod_arithmetic(7), 41, 100, m=7)


def depth_of(expression: str) -> int:
    return max(accumulate((1 if c == "(" else -1 if c == ")" else 0) for c in expression))


@pytest.mark.parametrize("multiplication", ["", "_mult"])
@pytest.mark.parametrize(("name", "depth"), [("", 2), ("_depth_1", 1), ("_depth_3", 3), ("_unbounded", None)])
def test_arithmetic_with_brackets_is_what_python_makes_of_it(name, depth, multiplication):
    t = task(f"mod_arithmetic_brackets{name}{multiplication}")
    assert isinstance(t, BracketTask)
    assert t.name == f"mod_arithmetic_brackets{name}{multiplication}"
    for length in (*range(2, 12), 40, 150):
        expressions = check_expressions(t, length, 40)
        assert {len(expression) for expression in expressions} == {length - 1}
        depths = [depth_of(expression) for expression in expressions]
        assert max(depths) <= (depth or length)
        if length == 150:
            assert max(depths) == depth if depth else max(depths) > 5
            assert ("*" in "".join(expressions)) == bool(multiplication)
    check_expressions(t, 40, 100, shortest=3)


def released(length: int, rng: np.random.Generator) -> str:
    """The first paper's recursion, in its own words."""
    if length < 5:
        return ("{}", "-{}", "({})", "(-{})")[length - 1].format(rng.integers(5))
    left = int(rng.integers(1, length - 3))
    return f"({released(left, rng)}{'+-'[rng.integers(2)]}{released(length - left - 3, rng)})"


def test_expressions_of_any_depth_come_as_often_as_those_of_the_released_generator():
    """All shapes of 9 tokens, digits aside: two samples of the same distribution, by a chi-square of their counts."""
    n, rng = 20_000, np.random.default_rng(0)
    t = task("mod_arithmetic_brackets_unbounded")
    ours = [re.sub(r"\d", "d", text(t, word)[:-1]) for word in t.words(0, 0, range(n), 10)[0]]
    theirs = [re.sub(r"\d", "d", released(9, rng)) for _ in range(n)]
    shapes = sorted({*ours, *theirs})
    counts = np.array([[sample.count(shape) for shape in shapes] for sample in (ours, theirs)])
    assert len(shapes) > 10
    assert counts.min() > 50
    chi, dof = ((counts[0] - counts[1]) ** 2 / counts.sum(0)).sum(), len(shapes) - 1
    assert abs(chi - dof) < 5 * (2 * dof) ** 0.5
    digits = "".join(re.findall(r"\d", "".join(text(t, word)[:-1] for word in t.words(0, 0, range(n), 10)[0])))
    found = np.array([digits.count(d) for d in "01234"])
    assert abs(excess(found, found.sum() / 5)) < 5


def test_the_reading_machine_agrees_with_python_on_every_short_string():
    """All strings of up to 5 letters: those that Python reads as expressions of single digits, and all others."""
    for depth, letters in [(1, "012+-*()"), (0, "012+-*")]:
        machine = reader(3, depth, True)
        for length in range(1, 6):
            for letters_ in product(letters, repeat=length):
                word = "".join(letters_)
                value = python_value(word, depth)
                state = machine.states(f"{word}=")[-1]
                assert (state if state < 3 else None) == value


def python_value(word: str, depth: int) -> int | None:
    if re.search(r"\d\d|\*\*|\(\)|(^|[-+*(])\+|[\d)]\(", word) or depth_of(word) > depth:
        return None
    try:
        return eval(word) % 3
    except (SyntaxError, TypeError):
        return None


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(
        st.sampled_from("01234"),
        lambda x: st.one_of(
            st.tuples(x, st.sampled_from("+-*"), x).map("({0[0]}{0[1]}{0[2]})".format),
            x.map("-{}".format),
            x.map("({})".format),
        ),
        max_leaves=12,
    )
)
def test_values_of_expressions_of_any_form(expression):
    letters = alphabet(5, brackets=True)
    tokens = np.array([[letters.index(c) for c in f"{expression}="]])
    assert values(tokens, 5, letters).tolist() == [eval(expression) % 5]


# ---------------------------------------------------------------------- names, settings, errors


def test_the_settings_are_those_of_the_papers():
    assert task("parity").train_lengths == task("mod_arithmetic").train_lengths == (3, 40)
    assert {40, 256} <= set(task("parity").eval_lengths)
    assert task("S_5").train_lengths == (128, 128)
    assert 512 in task("S_5").eval_lengths
    assert task("S_5_swaps").train_lengths == (32, 32)
    for name in names():
        t = task(name)
        assert t.name == name
        assert t.eval_lengths[-1] == 64 * t.train_lengths[1]
        assert list(t.eval_lengths) == sorted(set(t.eval_lengths))
        assert task(name) is t
    assert task("parity").supervision == task("mod_arithmetic_brackets").supervision == "last position"
    assert task("parity_every").supervision == task("S_3").supervision == "every position"
    assert len(task("mod_arithmetic").letters) == 9  # the paper's 10 without padding
    assert len(task("mod_arithmetic_brackets_mult").letters) == 11  # its 12 without padding


@pytest.mark.parametrize(
    "name", ["parity", "S_5_swaps", "Z_3_tokens_3", "language:a_star_b_star:acceptance", "language:tomita_5"]
)
def test_chance_is_the_accuracy_of_the_best_constant_answer(name):
    t = task(name)
    targets = t.words(0, 0, range(4000), t.train_lengths[1])[1]
    asked = targets[targets != NOT_ASKED]
    best = np.bincount(asked).max() / len(asked)
    assert abs(best - t.chance) < 0.02
    assert t.scaled(t.chance) == 0
    assert t.scaled(1) == 1


@settings(max_examples=40, deadline=None)
@given(dfas(max_states=4, alphabet="abc"), st.booleans(), st.sampled_from([(), ((0, 2), (2, 1)), ((1, 2),)]))
def test_chance_is_that_of_all_words_enumerated(dfa, last_only, slots):
    t = AutomatonTask(
        "some", dfa, slots=slots, last_only=last_only, train_lengths=(4, 4), outputs=tuple(q % 2 for q in range(dfa.n_states))
    )
    first = [range(slots[p % len(slots)][0], sum(slots[p % len(slots)])) if slots else range(3) for p in range(4)]
    states = dfa.run(np.array(list(product(*first))))[:, 1:]
    asked = states[:, -1] if last_only else states[:, len(t.slots) - 1 :: len(t.slots)]
    assert t.chance == pytest.approx(np.bincount(asked.ravel() % 2).max() / asked.size, abs=1e-11)


def test_chance_is_exact_where_every_class_is_as_likely():
    assert [
        task(name).chance for name in ("parity", "Z_4", "S_5", "mod_arithmetic", "mod_arithmetic_brackets")
    ] == pytest.approx([1 / 2, 1 / 4, 1 / 120, 1 / 5, 1 / 5], abs=1e-12)


@pytest.mark.parametrize(
    ("wrong", "near"),
    [("pairty", "parity"), ("s_5_swap", "S_5_swaps"), ("mod_arithmetics", "mod_arithmetic"), ("tomita_5", "language:tomita_5")],
)
def test_an_unknown_name_is_told_its_neighbours(wrong, near):
    with pytest.raises(errors.UnknownTask, match=re.escape(repr(near))):
        task(wrong)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: task("language:pairty"), errors.UnknownLanguage, "parity"),
        (lambda: task(5), errors.UnknownTask, "neither"),  # type: ignore[arg-type]
        (lambda: task("language:parity:truth"), errors.BadArgument, "acceptance"),
        (lambda: task("S_3", target="acceptance"), errors.BadArgument, "language:NAME:acceptance"),
        (lambda: task("D_4_swaps"), errors.BadArgument, "moved points"),
        (lambda: task("A_5_swaps"), errors.BadArgument, "identity"),
        (lambda: task("S_5_move_0"), errors.BadArgument, "identity"),
        (lambda: task("S_5_tokens_0"), errors.BadArgument, "at least 1"),
        (lambda: task("S_0"), errors.BadPermutation, "S_0"),
        (lambda: task("S_20"), errors.TooLarge, "20 points"),
        (lambda: task("mod_arithmetic_brackets_depth_0"), errors.BadArgument, "0 deep"),
        (lambda: task("mod_arithmetic_brackets_depth_99"), errors.BadArgument, "99 deep"),
        (lambda: mod_arithmetic(11), errors.BadArgument, "modulo 11"),
        (lambda: task("parity").words(0, 0, range(1), 0), errors.BadArgument, "at least 1"),
        (lambda: task("mod_arithmetic").batch(0, 0, range(1), 1), errors.BadArgument, "at least 2"),
        (lambda: task("parity").words(-1, 0, range(1), 4), errors.BadArgument, "seed"),
        (lambda: task("parity").words(0, 1.5, range(1), 4), errors.BadArgument, "step"),  # type: ignore[arg-type]
        (lambda: task("parity").batch(0, torch.tensor([1]), range(1), 4), errors.BadArgument, "0-dim"),
        (lambda: task("parity").words(0, 0, range(5, 0, -1), 4), errors.BadArgument, "ascending"),
        (lambda: task("parity").words(0, 0, [0, 1], 4), errors.BadArgument, "range"),  # type: ignore[arg-type]
        (lambda: task("parity").words(0, 0, range(1), 4, shortest=5), errors.BadArgument, "shortest"),
        (lambda: AutomatonTask("w", dw.languages.get("S_3"), weights=(1.0,)), errors.BadArgument, "weights"),
        (lambda: AutomatonTask("w", dw.languages.get("S_3"), slots=((0, 7),)), errors.BadArgument, "slots"),
        (lambda: AutomatonTask("w", dw.languages.get("S_3"), outputs=(0, 1)), errors.BadArgument, "outputs"),
    ],
)
def test_what_is_wrong_is_said(make, error, message):
    with pytest.raises(error, match=re.escape(message)):
        make()


@pytest.mark.parametrize("name", [*MIXED, "S_5_swaps"])
def test_a_task_survives_pickling(name):
    t = task(name)
    expected = t.batch(1, 2, range(3), 20)
    found = pickle.loads(pickle.dumps(t)).batch(1, 2, range(3), 20)
    assert all(map(torch.equal, found, expected))


# ---------------------------------------------------------------------- on a GPU

on_gpu = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")]
GPU_TASKS = [*MIXED, "S_5", "S_5_tokens_4", "language:random_12_3_seed1", "language:random_100_3_seed1"]


@pytest.mark.parametrize("name", [pytest.param(name, marks=on_gpu) for name in GPU_TASKS])
def test_the_gpu_draws_the_same_bits(name):
    for length, shortest in [(128, None), (77, 5), (2048, None)]:
        expected = task(name).words(1, 12345, range(100, 150), length, shortest=shortest)
        for step in (12345, torch.tensor(12345, device="cuda")):
            found = task(name).batch(1, step, range(100, 150), length, "cuda", shortest=shortest)
            assert all(np.array_equal(a.cpu().numpy(), b) for a, b in zip(found, expected, strict=True))


@pytest.mark.parametrize("name", [pytest.param(name, marks=on_gpu) for name in GPU_TASKS if "brackets" not in name])
def test_a_captured_graph_counts_the_steps_up(name):
    t, step = task(name), torch.zeros((), dtype=torch.int64, device="cuda")
    side = torch.cuda.Stream()
    with torch.cuda.stream(side):
        t.batch(1, step, range(8), 64, "cuda")
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        found = t.batch(1, step, range(8), 64, "cuda")
        step += 1
    for expected_step in range(3):
        graph.replay()
        expected = t.words(1, expected_step, range(8), 64)
        assert all(np.array_equal(a.cpu().numpy(), b) for a, b in zip(found, expected, strict=True))
