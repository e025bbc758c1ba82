"""The gallery against definitions that use no automaton: counting, string search, Python's `eval`, complex numbers, matrices.

Each fixed name has such a definition here; words are all words up to a length, and drawn ones past it.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from itertools import groupby, pairwise, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deltaword import DFA, languages
from deltaword.automata.errors import BadAutomaton, UnknownLanguage
from deltaword.automata.random_machines import KINDS, random_dfa

MOST_WORDS = 4000  # a machine: all words up to the length that gives about as many
DRAWN_WORDS = 300

Predicate = Callable[[Any], bool]


# ---------------------------------------------------------------------- definitions


def clamped(n: int) -> Predicate:
    """The middle one of 0, count and n is the count kept within them."""
    return lambda w: reduce(lambda count, x: sorted((0, count + (1 if x == "+" else -1), n))[1], w, 0) == n


def nests(depth: int) -> Predicate:
    """Each round removes all innermost pairs, so a balanced word of depth d is gone after d rounds."""

    def holds(w: str) -> bool:
        for _ in range(depth):
            w = re.sub(r"\(\)|\[\]|\{\}|<>", "", w)
        return w == ""

    return holds


def evaluates_to_zero(m: int, depth: int = 0) -> Predicate:
    operand = shape = f"[0-{m - 1}]"
    for level in range(depth + 1):
        shape = f"{operand}(?:[-+*]{operand})*"
        operand = rf"(?:[0-{m - 1}]|\({shape}\))" if level < depth else operand
    return lambda w: re.fullmatch(shape, w) is not None and eval(w) % m == 0


def moved(name: str, point: int) -> int:
    """The image of a point under a permutation in cycle notation."""
    for text in re.findall(r"\(([^)]*)\)", name):
        cycle = [int(x) for x in text.split()]
        if point in cycle:
            return cycle[(cycle.index(point) + 1) % len(cycle)]
    return point


def moves_back(points: Sequence[int]) -> Predicate:
    return lambda w: all(reduce(lambda point, name: moved(name, point), w, start) == start for start in points)


def turns_back(m: int) -> Predicate:
    """r turns the complex plane by 2π/m, s conjugates it; a point in general position comes back only under the identity."""

    def act(z: complex, name: str) -> complex:
        found = re.fullmatch(r"(1|(s?)(r?)(\d*))", name)
        assert found is not None
        power = int(found[4] or 1) if found[3] else 0
        return (z.conjugate() if found[2] else z) * np.exp(2j * np.pi * power / m)

    return lambda w: abs(reduce(act, w, 0.3 + 0.1j) - (0.3 + 0.1j)) < 1e-9


def quaternions_multiply_to_one(w: Sequence[str]) -> bool:
    units = {"1": np.eye(2), "i": np.diag([1j, -1j]), "j": np.array([[0, 1], [-1, 0]]), "k": np.array([[0, 1j], [1j, 0]])}
    total = np.eye(2)
    for name in w:
        total = total @ (units[name.lstrip("-")] * (-1 if name[0] == "-" else 1))
    return np.array_equal(total, np.eye(2))


def pairs_add_to_zero(*moduli: int) -> Predicate:
    return lambda w: all(sum(eval(x)[i] for x in w) % m == 0 for i, m in enumerate(moduli))


def ends_in(maps: dict[str, Callable[[int], int]], n: int, goal: int) -> Predicate:
    """Read backwards: from the goal to the points that reach it."""

    def holds(w: Sequence[str]) -> bool:
        points = {goal}
        for x in reversed(w):
            points = {q for q in range(n) if maps[x](q) in points}
        return 0 in points

    return holds


def cycle(n: int) -> Callable[[int], int]:
    return lambda q: (q + 1) % n


def swap(q: int) -> int:
    return {0: 1, 1: 0}.get(q, q)


def walks_to(end: int) -> Predicate:
    def step(point: int, letter: str) -> int:
        source, target = letter.split(">")
        return int(target) if point == int(source) else point

    return lambda w: reduce(step, w, 0) == end


def squeezed(w: str) -> str:
    return "".join(letter for letter, _ in groupby(w))


DEFINITIONS: dict[str, tuple[str | Sequence[str] | int, Predicate]] = {
    # name: alphabet (or the number of letters, where they are named after group elements), which words belong
    "parity": ("01", lambda w: w.count("1") % 2 == 1),
    "mod_3": ("01", lambda w: w.count("1") % 3 == 0),
    "mod_4": ("01", lambda w: w.count("1") % 4 == 0),
    "mod_5": ("01", lambda w: w.count("1") % 5 == 0),
    "mod_6": ("01", lambda w: w.count("1") % 6 == 0),
    "cycle_navigation": ("012", lambda w: (w.count("1") - w.count("2")) % 5 == 0),
    "binary_mod_3": ("01", lambda w: int(w or "0", 2) % 3 == 0),
    "saturating_counter_2": ("+-", clamped(2)),
    "saturating_counter_3": ("+-", clamped(3)),
    "even_a_since_b": ("ab", lambda w: len(w[w.rfind("b") + 1 :]) % 2 == 0),
    "tomita_1": ("01", lambda w: "0" not in w),
    "tomita_2": ("01", lambda w: w == "10" * (len(w) // 2)),
    "tomita_3": ("01", lambda w: not re.search(r"(?<!1)1(11)*0(00)*(?!0)", w)),
    "tomita_4": ("01", lambda w: "000" not in w),
    "tomita_5": ("01", lambda w: w.count("0") % 2 == w.count("1") % 2 == 0),
    "tomita_6": ("01", lambda w: (w.count("0") - w.count("1")) % 3 == 0),
    "tomita_7": ("01", lambda w: squeezed(w) in ("", "0", "1", "01", "10", "010", "101", "0101")),
    "even_pairs": ("ab", lambda w: sum(x != y for x, y in pairwise(w)) % 2 == 0),
    "a_star_b_star": ("ab", lambda w: w == "".join(sorted(w))),
    "ab_star": ("ab", lambda w: w == "ab" * (len(w) // 2)),
    "ab_star_reset": ("abr", lambda w: (tail := w.split("r")[-1]) == "ab" * (len(tail) // 2)),
    "ab_or_ba_star": ("ab", lambda w: len(w) % 2 == 0 and all(w[i] != w[i + 1] for i in range(0, len(w), 2))),
    "contains_ab": ("ab", lambda w: "ab" in w),
    "contains_aba": ("ab", lambda w: "aba" in w),
    "subword_abc": ("abc", lambda w: all(letter in rest for rest in [iter(w)] for letter in "abc")),
    "flip_flop": ("srk", lambda w: w.rfind("s") > w.rfind("r")),
    "flip_flop_sink": ("01#", lambda w: "#" not in w and w.endswith("1")),
    "first_letter": ("ab", lambda w: w.startswith("a")),
    "last_two_letters": ("ab", lambda w: ("aa" + w)[-2] == "b"),
    "seen_a_seen_b": ("ab", lambda w: "a" in w and "b" in w),
    "nilpotent_2": ("ab", lambda w: w in ("aa", "ab")),
    "dyck_1_depth_2": ("()", nests(2)),
    "dyck_1_depth_3": ("()", nests(3)),
    "dyck_2_depth_2": ("()[]", nests(2)),
    "modular_arithmetic": ("01234+-*", evaluates_to_zero(5)),
    "modular_arithmetic_mod_2_depth_2": ("01+-*()", evaluates_to_zero(2, 2)),
    "modular_arithmetic_mod_3_depth_1": ("012+-*()", evaluates_to_zero(3, 1)),
    "S_3": (6, moves_back(range(3))),
    "S_4": (24, moves_back(range(4))),
    "S_5": (120, moves_back(range(5))),
    "S_5_only_swaps": (11, moves_back(range(5))),
    "S_5_limit_to_3": (31, moves_back(range(5))),
    "A_4": (12, moves_back(range(4))),
    "A_5": (60, moves_back(range(5))),
    "D_4": (8, turns_back(4)),
    "D_5": (10, turns_back(5)),
    "Q_8": (8, quaternions_multiply_to_one),
    "Z_2xZ_2": (4, pairs_add_to_zero(2, 2)),
    "Z_2xZ_4": (8, pairs_add_to_zero(2, 4)),
    "S_3_action": (["(0 1)", "(0 1 2)"], moves_back([0])),
    "S_4_action": (["(0 1)", "(0 1 2 3)"], moves_back([0])),
    "S_5_action": (["(0 1)", "(0 1 2 3 4)"], moves_back([0])),
    "T_3": ("csm", ends_in({"c": cycle(3), "s": swap, "m": lambda q: 0 if q == 1 else q}, 3, 0)),
    "T_4": ("csm", ends_in({"c": cycle(4), "s": swap, "m": lambda q: 0 if q == 1 else q}, 4, 0)),
    "O_3": (["0>1", "1>0", "1>2", "2>1"], walks_to(2)),
    "O_4": (["0>1", "1>0", "1>2", "2>1", "2>3", "3>2"], walks_to(3)),
    "partial_injections": ("ab", lambda w: re.fullmatch("(aab)*", w) is not None),
    "permutation_reset_3": ("csr", ends_in({"c": cycle(3), "s": swap, "r": lambda q: 0}, 3, 0)),
    "permutation_reset_5": ("csr", ends_in({"c": cycle(5), "s": swap, "r": lambda q: 0}, 5, 0)),
    "cerny_4": ("ab", ends_in({"a": cycle(4), "b": lambda q: 0 if q == 3 else q}, 4, 0)),
}

MEMBERS_OF_FAMILIES: dict[str, Predicate] = {
    "mod_7": lambda w: w.count("1") % 7 == 0,
    "mod_1": lambda w: True,
    "cycle_navigation_3": lambda w: (w.count("1") - w.count("2")) % 3 == 0,
    "binary_mod_12": lambda w: int(w or "0", 2) % 12 == 0,
    "saturating_counter_12": clamped(12),
    "dyck_1_depth_5": nests(5),
    "dyck_3_depth_3": nests(3),
    "modular_arithmetic_mod_3": evaluates_to_zero(3),
    "modular_arithmetic_mod_10": evaluates_to_zero(10),
    "modular_arithmetic_mod_2_depth_1": evaluates_to_zero(2, 1),
    "Z_9": lambda w: sum(map(int, w)) % 9 == 0,
    "dihedral_9": turns_back(9),
    "D_3": turns_back(3),
    "S_2": moves_back(range(2)),
    "A_6": moves_back(range(6)),
    "Z_3xZ_4": pairs_add_to_zero(3, 4),
    "S_4_limit_to_2": moves_back(range(4)),
    "S_7_action": moves_back([0]),
    "T_5": ends_in({"c": cycle(5), "s": swap, "m": lambda q: 0 if q == 1 else q}, 5, 0),
    "O_6": walks_to(5),
    "permutation_reset_4": ends_in({"c": cycle(4), "s": swap, "r": lambda q: 0}, 4, 0),
    "cerny_7": ends_in({"a": cycle(7), "b": lambda q: 0 if q == 6 else q}, 7, 0),
}


def some_words(dfa: DFA, seed: int) -> Iterator[Any]:
    """All words up to a length, then longer ones: random walks, half of them kept away from the sinks."""
    length, total = 0, 1
    while total + dfa.n_letters ** (length + 1) <= MOST_WORDS:
        length += 1
        total += dfa.n_letters**length
    for size in range(length + 1):
        yield from map(dfa.decode, product(range(dfa.n_letters), repeat=size))
    rng = np.random.default_rng(seed)
    alive = dfa.table != np.arange(dfa.n_states)[:, None]
    stuck = ~alive.any(axis=1)
    for i in range(DRAWN_WORDS):
        q, tokens = dfa.start, []
        for _ in range(int(rng.integers(1, 3 * length + 40))):
            choices = np.flatnonzero(~stuck[dfa.table[q]]) if i % 2 else []
            tokens.append(int(rng.choice(choices) if len(choices) else rng.integers(dfa.n_letters)))
            q = dfa.table[q, tokens[-1]]
        yield dfa.decode(tokens)


def assert_defined_by(dfa: DFA, belongs: Predicate) -> None:
    answers = set()
    for word in some_words(dfa, seed=0):
        assert dfa.accepts(word) == belongs(word), word
        answers.add(belongs(word))
    assert len(answers) == len({q in dfa.accepting for q in range(dfa.n_states)})  # both answers were met, where both occur


# ---------------------------------------------------------------------- the machines


@pytest.mark.parametrize("name", DEFINITIONS)
def test_named_machine_accepts_what_its_definition_says(name):
    alphabet, belongs = DEFINITIONS[name]
    dfa = languages.get(name)
    assert dfa.n_letters == alphabet if isinstance(alphabet, int) else dfa.alphabet == tuple(alphabet)
    assert_defined_by(dfa, belongs)


@pytest.mark.parametrize("name", MEMBERS_OF_FAMILIES)
def test_family_member_accepts_what_its_definition_says(name):
    assert_defined_by(languages.get(name), MEMBERS_OF_FAMILIES[name])


def test_every_fixed_machine_has_a_definition_here_or_is_drawn():
    assert [name for name in languages.names() if not name.startswith("random_")] == [
        name for name in languages.names() if name in DEFINITIONS
    ]
    assert set(DEFINITIONS) <= set(languages.names())
    assert len(languages.names()) >= 35


@settings(max_examples=100, deadline=None)
@given(st.recursive(st.sampled_from("012"), lambda e: st.tuples(e, st.sampled_from("+-*"), e).map("".join)), st.data())
def test_arithmetic_with_brackets_has_the_value_python_gives(expression, data):
    """Whole expressions, longer than the exhaustive words; a bracketed one is put in the place of some digits."""
    inner = data.draw(st.sampled_from(["1+1", "2*2-1", "0-2"]))
    places = data.draw(st.lists(st.integers(0, len(expression) // 2), unique=True, max_size=3))
    text = "".join(f"({inner})" if i % 2 == 0 and i // 2 in places else letter for i, letter in enumerate(expression))
    assert languages.get("modular_arithmetic_mod_3_depth_1").accepts(text) == (eval(text) % 3 == 0)
    assert languages.get("modular_arithmetic").accepts(expression) == (eval(expression) % 5 == 0)


@pytest.mark.parametrize("entry", languages.entries(), ids=lambda entry: entry.name)
def test_every_entry_says_what_it_is_and_why_it_is_kept(entry):
    assert entry.description
    assert len(entry.reason) > 20
    assert languages.entry(entry.name) is entry
    assert entry.build() == languages.get(entry.name)


@pytest.mark.parametrize("name", languages.names())
def test_fixed_machines_are_minimal(name):
    dfa = languages.get(name)
    assert dfa.minimized().n_states == dfa.n_states == len(dfa.reachable_states())


# ---------------------------------------------------------------------- what their reasons claim

ONE_LAYER = {  # name: size of the transition monoid, from a table made before this library
    "flip_flop": 3,
    "S_3_action": 6,
    "permutation_reset_3": 9,
    "saturating_counter_2": 8,
    "saturating_counter_3": 18,
    "dyck_1_depth_2": 15,
    "dyck_1_depth_3": 31,
    "ab_star": 6,
    "partial_injections": 12,
    "seen_a_seen_b": 4,
    "flip_flop_sink": 4,
    "last_two_letters": 7,
    "nilpotent_2": 5,
    "even_a_since_b": 4,
}
NOT_ONE_LAYER = {"a_star_b_star": 5, "contains_ab": 5, "T_3": 27, "first_letter": 3, "O_3": 10, "O_4": 35, "T_4": 256}


def transition_monoid(dfa: DFA) -> set[tuple[int, ...]]:
    letters = [tuple(column) for column in dfa.table.T.tolist()]
    found = [tuple(range(dfa.n_states))]
    seen = set(found)
    for m in found:
        for x in letters:
            if (product_ := tuple(x[q] for q in m)) not in seen:
                seen.add(product_)
                found.append(product_)
    return seen


@pytest.mark.parametrize(("name", "size"), [*ONE_LAYER.items(), *NOT_ONE_LAYER.items()])
def test_transition_monoids_have_the_size_and_the_identity_of_the_reference(name, size):
    """One contractive layer if and only if e·f·e = f·e for all idempotents, products read from the left."""
    monoid = transition_monoid(languages.get(name))
    assert len(monoid) == size
    idempotents = [e for e in monoid if all(e[image] == image for image in e)]
    holds = all(e[f[e[q]]] == e[f[q]] for e in idempotents for f in idempotents for q in range(len(e)))
    assert holds == (name in ONE_LAYER)


def test_two_random_permutations_generate_a6():
    """360 elements, as the reason of the entry says."""
    assert len(transition_monoid(languages.get("random_permutation_6_2_seed0"))) == 360


# ---------------------------------------------------------------------- names


@pytest.mark.parametrize("family", languages.families(), ids=lambda family: family.template)
def test_families_build_their_smallest_member(family):
    numbers = {key: least for key, (least, _) in family.ranges.items()}
    if family.template.startswith("random"):
        numbers |= {"n": 3, "k": 3}  # some kinds need this many
    name = family.template.format(**numbers)
    assert languages.get(name).n_states >= 1
    assert languages.entry(name).name == name
    assert "{" not in languages.entry(name).description


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("partiy", "did you mean 'parity'"),
        ("s_5", "did you mean 'S_5'"),
        ("mod_0", "m may be 1 to"),
        ("mod_-1", "no language 'mod_-1'"),
        ("mod_07", "no language 'mod_07'"),
        ("dyck_9_depth_2", "dyck_{k}_depth_{d} with k = 9"),
        ("", "no language ''"),
        ("zzzzzz", r"names\(\) lists the fixed ones"),
        (None, "no language None"),
    ],
)
def test_unknown_names_are_refused_with_names_like_them(name, words):
    with pytest.raises(UnknownLanguage, match=words):
        languages.get(name)


# ---------------------------------------------------------------------- random machines

SIZES = st.tuples(st.integers(2, 12), st.integers(2, 12), st.integers(0, 10**6))


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(KINDS)), SIZES)
def test_random_machines_are_of_their_kind_and_reach_every_state(kind, sizes):
    n, k, seed = sizes
    k = max(k, n - 1) if kind == "reset" else k
    dfa = random_dfa(n, k, seed, kind)
    assert (dfa.n_states, dfa.n_letters) == (n, k)
    assert len(dfa.reachable_states()) == n
    assert 0 < len(dfa.accepting) < n
    assert dfa == random_dfa(n, k, seed, kind)
    columns = dfa.table.T.tolist()
    permutes = [len(set(column)) == n for column in columns]
    resets = [len(set(column)) == 1 for column in columns]
    match kind:
        case "permutation":
            assert all(permutes)
        case "permutation-reset":
            assert any(permutes)
            assert any(resets)
            assert all(p or r for p, r in zip(permutes, resets, strict=True))
        case "reset":
            assert all(r or column == list(range(n)) for r, column in zip(resets, columns, strict=True))
        case "partial-injection":
            for column in columns:
                kept = [q for q in column if q != n - 1]
                assert len(set(kept)) == len(kept)
                assert column[-1] == n - 1


def test_seeds_give_different_machines():
    for kind in KINDS:
        assert len({random_dfa(5, 5, seed, kind) for seed in range(10)}) > 5


def test_drawn_machines_never_change():
    """Results in papers and benchmarks name them by seed."""
    assert languages.get("random_5_2_seed0") == DFA([[3, 1], [2, 4], [1, 0], [0, 0], [0, 2]], 0, [1, 3], "ab")
    assert languages.get("random_partial_injection_5_3_seed2") == random_dfa(5, 3, 2, "partial-injection")
    assert languages.get("random_8_3_seed5") == random_dfa(8, 3, 5)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((0, 2, 0), "n_states is 0"),
        ((3, 0, 0), "n_letters is 0"),
        ((3, 2.0, 0), r"n_letters is 2\.0"),
        ((5, 3, 0, "reset"), "n_letters is 3.*at least 4"),
        ((1, 3, 0, "partial-injection"), "n_states is 1.*at least 2"),
        ((3, 1, 0, "permutation-reset"), "n_letters is 1.*at least 2"),
        ((3, 2, 0, "abelian"), "no random machines of kind 'abelian'"),
    ],
)
def test_impossible_random_machines_are_refused(arguments, words):
    with pytest.raises(BadAutomaton, match=words):
        random_dfa(*arguments)
