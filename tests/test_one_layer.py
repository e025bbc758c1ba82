"""The one-layer theorem and the depth hierarchy: planted faults, refutations confirmed by numpy, the lemmas on drawn machines."""

import importlib
import random
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, pairwise, permutations, product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies import dfas

import deltaword as dw
from deltaword import DFA, languages
from deltaword.automata.monoid import TransitionMonoid
from deltaword.theory.constructions.covering import walks
from deltaword.theory.constructions.registers import ONE, ZERO, letter_action
from deltaword.theory.exact_layer import LetterAction
from deltaword.theory.gram import Undecided
from deltaword.theory.obstruction import obstruction
from deltaword.theory.small_machines import classes
from deltaword.theory.statements import (
    depth_hierarchy,
    describe,
    get,
    group_walks,
    hole_cascade,
    l_class_registers,
    peeling,
    register_weights,
    stacks_are_cascades,
)

NAMES = [
    "one_layer_obstruction",
    "l_class_registers",
    "group_walks",
    "register_weights",
    "commuting_idempotents",
    "cayley_not_enough",
    "vectors_beyond_bits",
    "hole_cascade",
    "peeling",
    "stacks_are_cascades",
    "depth_hierarchy",
]
PROPERTY = settings(max_examples=80, deadline=None)
HOLES, SEPARATING, WALKED = hole_cascade.hole_cascade, group_walks.separating, group_walks.with_all_bits


def module(name):
    return importlib.import_module(f"deltaword.theory.statements.{name}")


# ---------------------------------------------------------------------- every check can fail


def misread(dfa):
    cascade = HOLES(dfa)
    return replace(cascade, readers=tuple(np.where(reader >= 0, 0, reader) for reader in cascade.readers))


def all_words(sequence, p):
    """The orbit under all words in the idempotents, whatever the order of last occurrences."""
    maps = peeling.closed(sequence, peeling.time.monotonic() + 60)
    assert maps is not None
    points = [p, *sorted({m[p] for m in maps} - {p})]
    place = {q: i for i, q in enumerate(points)}
    return points, {tuple(place[m[q]] for q in points) for m in maps}


def trivial_group(dfa):
    return np.zeros((dfa.n_letters, 1), dtype=int)


def last_step_forgotten(*args):
    action = letter_action(*args)
    return LetterAction(action.steps[:-1])


FAULTS = [
    ("one_layer_obstruction", "obeys", lambda dfa: True),
    ("one_layer_obstruction", "reduced", lambda word, commute: word),
    ("one_layer_obstruction", "cover", lambda dfa: "none found"),
    ("one_layer_obstruction", "gram", lambda dfa: Undecided("")),
    ("l_class_registers", "stays", lambda monoid: np.ones_like(monoid.left_cayley, dtype=bool)),
    ("l_class_registers", "decoded", lambda monoid, contents: 0),
    ("l_class_registers", "after", lambda monoid, contents, letter: contents[monoid.left_cayley[:, letter]]),
    ("group_walks", "separating", trivial_group),
    ("group_walks", "above_one", lambda dfa, permutations: ({(1, 0, 2)}, 1)),
    ("group_walks", "with_all_bits", lambda dfa, chosen: WALKED(dfa, trivial_group(dfa))),
    ("register_weights", "letter_action", last_step_forgotten),
    ("register_weights", "counted", len),
    ("register_weights", "rank", len),
    ("commuting_idempotents", "commute", lambda dfa: True),
    ("commuting_idempotents", "ZERO", ONE),
    ("commuting_idempotents", "separating", trivial_group),
    ("cayley_not_enough", "gram", lambda dfa: Undecided("")),
    ("cayley_not_enough", "cayley", lambda dfa: dfa),
    ("vectors_beyond_bits", "VECTORS", ((0, 0, 0), (2, 2, 0), (1, 0, 0), (2, 2, 1))),
    ("vectors_beyond_bits", "one_code_a_state", lambda dfa: False),
    ("vectors_beyond_bits", "gram", lambda dfa: Undecided("")),
    ("hole_cascade", "hole_cascade", misread),
    ("hole_cascade", "hole_cascade", lambda dfa: HOLES(dfa, enough=lambda rest: rest.n_states <= 3)),
    ("peeling", "orbit", all_words),
    ("peeling", "violates", lambda found: False),
    ("stacks_are_cascades", "rebuilt", lambda stack: stack),
    ("stacks_are_cascades", "same", lambda first, second: 0),
    ("depth_hierarchy", "in_order", lambda arcs, path: sorted(arcs)),
    ("depth_hierarchy", "tournament", lambda n: list(combinations(range(n), 2))),
    ("depth_hierarchy", "hole_cascade", lambda dfa: HOLES(dfa, enough=lambda rest: rest.n_states <= 3)),
    ("depth_hierarchy", "known_from_letter", lambda dfa: True),
]


@pytest.mark.parametrize(
    ("name", "part", "fault"), FAULTS, ids=[f"{name}-{part}-{i}" for i, (name, part, _) in enumerate(FAULTS)]
)
def test_a_fault_in_what_a_check_uses_is_noticed(monkeypatch, name, part, fault):
    monkeypatch.setattr(module(name), part, fault)
    found = get(name).check()
    assert not found.holds
    assert found.says.startswith("fails: ")


def test_every_statement_here_has_a_planted_fault():
    assert {name for name, _, _ in FAULTS} == set(NAMES)


# ---------------------------------------------------------------------- false variants, confirmed by numpy


def floats(rows):
    return np.array(rows, dtype=np.float64)


def acts(table, word):
    row = np.arange(len(table))
    for letter in word:
        row = np.array(table)[row, letter]
    return row


def violating(e, f):
    """Maps as arrays of images, e first."""
    e, f = np.array(e), np.array(f)
    return bool((e[e] == e).all() and (f[f] == f).all() and (e[f[e]] != e[f]).any())


def confirm_one_layer_obstruction(matrices, start, e, f):
    A = floats(matrices)
    table = A.argmax(axis=1).T  # [states, letters]
    assert all(set(column) == {0.0, 1.0} and column.sum() == 1 for M in A for column in M.T)
    assert violating(acts(table, e), acts(table, f))
    state = floats(start)
    for letter in [0, 1, 2, 1, 0, 2, 2, 0, 1]:
        state = A[letter] @ state
        assert sorted(state) == [0, 0, 1]
    assert max(np.linalg.norm(M, 2) for M in A) > 1.4


def confirm_l_class_registers(table, first, second, contents, ends):
    words = [first, second]
    assert [acts(table, word)[0] for word in words] == ends
    assert ends[0] != ends[1]
    assert contents[0] == contents[1]


def confirm_group_walks(table, first, second, ends):
    words = [first, second]
    assert [acts(table, word)[0] for word in words] == ends
    assert ends[0] != ends[1]
    assert len({tuple(acts(table, w + w)) == tuple(acts(table, w)) for w in ([0], [1], [0, 1], [1, 0])}) == 1
    assert [sorted(set(w), key=lambda x, w=w: max(i for i, y in enumerate(w) if y == x)) for w in words] == [[1, 0], [1, 0]]


def confirm_register_weights(A, x, image, rank):
    assert np.allclose(floats(A) @ floats(x), floats(image))
    assert np.linalg.matrix_rank(np.eye(2) - floats(A)) == rank == 1
    assert np.linalg.norm(floats(A), 2) > 1


def confirm_commuting_idempotents(table, A, B):
    r, s = acts(table, [0]), acts(table, [1])
    assert (r[r] == r).all()
    assert (s[s] == s).all()
    assert (s[r] != r[s]).any()
    for start, letter in product((0, 1), repeat=2):
        assert floats(A)[letter] @ [start] + floats(B)[letter] == [table[start][letter]]


def confirm_cayley_not_enough(table, pair, orthogonal):
    """The two orthogonalities of ‖u_p − u_q‖² say that the Gram form of u_pair vanishes."""
    forms = []
    for letter, (p, r, s) in zip((0, 1), orthogonal, strict=True):
        row = acts(table, [letter])
        assert (row[row] == row).all()
        a, b = np.zeros(3), np.zeros(3)
        a[p] += 1
        a[row[p]] -= 1
        b[row[r]] += 1
        b[row[s]] -= 1
        forms.append(np.outer(a, b) + np.outer(b, a))
    c = np.zeros(3)
    c[pair[0]], c[pair[1]] = 1, -1
    wanted = np.outer(c, c).ravel()
    _, rest, *_ = np.linalg.lstsq(np.array([F.ravel() for F in forms]).T, wanted, rcond=None)
    assert np.allclose(rest, 0)


def confirm_vectors_beyond_bits(table, vectors, A, b):
    u = floats(vectors)
    for letter in (0, 1):
        assert np.linalg.norm(floats(A[letter]), 2) <= 1
        assert np.allclose(u @ floats(A[letter]).T + floats(b[letter]), u[np.array(table)[:, letter]])
    subsets = [dict.fromkeys(S, 1) for size in (1, 2, 3) for S in combinations(range(4), size)]
    between = [S for S in subsets if (1 in S) != (3 in S)]
    for S in between:  # a⁻¹ of each is {2} or its complement, and b⁻¹ of that is not trivial, and another cut between 1 and 2
        a = {q for q in range(4) if table[q][0] in S}
        then = {q for q in range(4) if table[q][1] in a}
        assert a in ({2}, {0, 1, 3})
        assert then in ({0, 2}, {1, 3})


def confirm_hole_cascade(table, e, f):
    assert len(table) == 3
    assert violating(acts(table, e), acts(table, f))


def confirm_peeling(idempotents, e, f):
    assert all(np.array_equal(np.array(m)[m], m) for m in idempotents)
    found = {tuple(m) for m in idempotents}
    while True:
        more = {tuple(np.array(n)[list(m)]) for m in found for n in found} - found
        if not more:
            break
        found |= more
    assert {tuple(e), tuple(f)} <= found
    assert violating(e, f)


def confirm_stacks_are_cascades(A, start):
    A, state = floats(A), floats(start)
    assert np.allclose(A.T @ A, np.eye(2))
    seen = set()
    for _ in range(300):
        seen.add(tuple(state.round(9)))
        state = A @ state
    assert len(seen) == 300


def confirm_depth_hierarchy(table, monoid):
    assert (np.array(table) == table[0]).all()
    assert sorted(map(tuple, monoid)) == [m for m in product(range(2), repeat=2) if m[0] <= m[1]]


@pytest.mark.parametrize("name", NAMES)
def test_the_false_variant_is_refuted_by_numbers_that_numpy_confirms(name):
    globals()[f"confirm_{name}"](**get(name).refute().objects)


@pytest.mark.parametrize("name", NAMES)
def test_each_names_its_status_and_tells_an_example(name):
    statement = get(name)
    assert statement.parts["Status"].startswith(("proved", "checked"))
    assert len(statement.example()) > 40
    assert "\nstatus " in describe(name)


def test_ash_is_named_where_it_is_used_and_nowhere_else():
    assert {name for name in NAMES if "Ash" in get(name).parts["Status"]} == {
        "group_walks",
        "commuting_idempotents",
        "stacks_are_cascades",
    }


# ---------------------------------------------------------------------- the cases of the checks


@pytest.mark.parametrize(("n", "k"), [(2, 2), (3, 1), (3, 2), (2, 3)])
def test_classes_are_those_of_brute_force(n, k):
    """By renaming every machine in all ways; and each is met once."""
    tables = [np.array(t).reshape(n, k) for t in product(range(n), repeat=n * k)]
    tables = [t for t in tables if len(DFA(t, 0, [], range(k)).reachable_states()) == n]

    def renamed(table):
        for names in permutations(range(1, n)):
            new = np.array([0, *names])
            moved = np.empty_like(table)
            moved[new] = new[table]
            for letters in permutations(range(k)):
                yield moved[:, letters].tobytes()

    wanted = {min(renamed(table)) for table in tables}
    found = [min(renamed(dfa.table.astype(tables[0].dtype))) for dfa in classes(n, k)]
    assert sorted(found) == sorted(wanted)


# ---------------------------------------------------------------------- lemmas, on drawn machines


def idempotents_obey(dfa):
    return dfa.transition_monoid().violating_idempotents() is None


@PROPERTY
@given(dfas(max_states=4, alphabet="ab").map(DFA.reachable), st.lists(st.integers(0, 1), max_size=12))
def test_registers_on_l_classes_name_the_element_of_every_word(dfa, word):
    monoid = dfa.transition_monoid()
    assume(monoid.is_regular and monoid.violating_idempotents() is None)
    contents = np.arange(len(monoid), 2 * len(monoid))
    for letter in word:
        contents = l_class_registers.after(monoid, contents, letter)
    assert l_class_registers.decoded(monoid, contents) == monoid.element_of(dfa.decode(word))


def backwards(monoid, word, element):
    """The content of a register by its definition: read the word from its end."""
    l_class = monoid.green().l
    value = element
    for letter in reversed(word):
        value = int(monoid.left_cayley[value, letter])
        if l_class[value] != l_class[element]:
            return value
    return len(monoid) + value


@PROPERTY
@given(dfas(max_states=3, alphabet="ab").map(DFA.reachable), st.lists(st.integers(0, 1), max_size=10))
def test_contents_are_what_reading_from_the_end_gives(dfa, word):
    monoid = dfa.transition_monoid()
    contents = np.arange(len(monoid), 2 * len(monoid))
    for letter in word:
        contents = l_class_registers.after(monoid, contents, letter)
    assert contents.tolist() == [backwards(monoid, word, element) for element in range(len(monoid))]


GROUPS = [(dfa, SEPARATING(dfa)) for dfa in classes(3, 2) if obstruction(dfa) is None]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(GROUPS), st.lists(st.integers(0, 1), max_size=14), st.lists(st.integers(0, 1), max_size=14))
def test_paths_with_the_same_ends_and_order_of_last_occurrences_act_equally(case, first, second):
    """Pairs are made comparable by a common ending: both words go on through all edges of the group in the same order."""
    dfa, chosen = case

    def walk(word):
        at, edges = tuple(range(chosen.shape[1])), []
        for x in word:
            edges.append((at, x))
            at = tuple(chosen[x][i] for i in at)
        return at, edges

    everything = walk_through_all(chosen)
    left, right = first + everything, second + everything
    end, edges = walk(left)
    other_end, other_edges = walk(right)
    assume(end == other_end)
    order = sorted(set(edges), key=lambda edge: max(i for i, e in enumerate(edges) if e == edge))
    other = sorted(set(other_edges), key=lambda edge: max(i for i, e in enumerate(other_edges) if e == edge))
    if order == other:
        assert (acts(dfa.table, left) == acts(dfa.table, right)).all()


def walk_through_all(chosen):
    """A word that walks along every edge of the group from wherever it begins: by a fixed seed, long enough."""
    rng = random.Random(0)
    return [rng.randrange(2) for _ in range(60)]


def test_without_the_order_of_last_occurrences_paths_may_differ():
    """The same comparison for the end alone does find differences: it could fail."""
    differ = 0
    for dfa, chosen in GROUPS[:20]:
        for words in combinations([list(w) for t in range(5) for w in product((0, 1), repeat=t)], 2):
            ends = [tuple(np.arange(chosen.shape[1])) for _ in words]
            for i, word in enumerate(words):
                for x in word:
                    ends[i] = tuple(chosen[x][j] for j in ends[i])
            differ += ends[0] == ends[1] and (acts(dfa.table, words[0]) != acts(dfa.table, words[1])).any()
    assert differ > 0


def test_the_group_test_agrees_with_the_library():
    for dfa in list(classes(3, 2))[::3]:
        for chosen in list(walks.candidates(2))[:30]:
            above, order = group_walks.above_one(dfa, chosen)
            assert all(map(group_walks.is_idempotent, above)) == walks.is_enough(dfa, chosen)
            assert order == len(TransitionMonoid(DFA(chosen.T, 0, [], range(2))))


@st.composite
def letters_of_bits(draw):
    K = draw(st.integers(1, 8))
    order = draw(st.permutations(range(K)))
    kinds = draw(st.lists(st.sampled_from(["move", "move", "zero", "one"]), min_size=K, max_size=K))
    return tuple({"move": bit, "zero": ZERO, "one": ONE}[kind] for bit, kind in zip(order, kinds, strict=True))


@PROPERTY
@given(letters_of_bits())
def test_copyless_bits_take_rank_many_steps_by_numpy(update):
    A, B = register_weights.matrices(update)
    action = letter_action(update, 1, 1, False, False)
    total, written = np.eye(len(update)), np.zeros(len(update))
    for step in action.steps:
        k = floats(step.key)
        H = np.eye(len(k)) - float(step.beta) * np.outer(k, k)
        total, written = H @ total, H @ written + float(step.beta) * k * float(step.value[0])
    assert np.array_equal(total, floats(A))
    assert np.array_equal(written, floats(B))
    assert len(action.steps) == np.linalg.matrix_rank(np.eye(len(update)) - floats(A)) == register_weights.counted(update)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 2)] * 3), min_size=1, max_size=3), st.integers(0, 2))
def test_what_peels_is_what_the_definition_says(maps, p):
    """N by all words up to length 7 in the letters, kept if their last occurrences are g_j, …, g_k in order."""
    sequence = [m for m in maps if peeling.after(m, m) == m]
    assume(sequence)
    found = set()
    for length in range(1, 8):
        for word in product(range(len(sequence)), repeat=length):
            last = sorted(set(word), key=lambda i, word=word: max(t for t, x in enumerate(word) if x == i))
            if last == list(range(last[0], len(sequence))):
                total = (0, 1, 2)
                for i in word:
                    total = peeling.after(total, sequence[i])
                found.add(total)
    points, maps_on_points = peeling.orbit(sequence, p)
    assert points == [p, *sorted({m[p] for m in found} - {p})]
    place = {q: i for i, q in enumerate(points)}
    assert maps_on_points == {tuple(place[m[q]] for q in points) for m in found}


@settings(max_examples=40, deadline=None)
@given(st.integers(3, 6), st.integers(0, 10**6))
def test_the_hole_walks_through_any_tournament(n, seed):
    """Any tournament has a path through all points; the product in the order of the proof has rank n − 1, its last image is P."""
    rng = random.Random(seed)
    arcs = [(i, j) if rng.random() < 0.5 else (j, i) for i, j in combinations(range(n), 2)]
    path = next(p for p in permutations(range(n)) if all((after, before) in arcs for before, after in pairwise(p)))
    assume(any(arc[0] == path[0] for arc in arcs))
    taken = depth_hierarchy.in_order(arcs, path)
    assert sorted(taken) == sorted(arcs)
    c = tuple(range(n))
    for arc in taken:
        c = peeling.after(c, depth_hierarchy.moving(n, arc))
    assert set(c) == set(range(n)) - {path[-1]}


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**9), st.lists(st.integers(0, 1), max_size=20))
def test_rebuilt_layers_do_what_the_old_ones_did(seed, word):
    """Run both in floats: the new state, in its block, is the old one less the origin."""
    stack = stacks_are_cascades.drawn(random.Random(seed))
    new = stacks_are_cascades.rebuilt(stack)
    origin = {}
    for s, y in stack.joint():
        origin.setdefault(s, y)
    s, y, z = 0, floats(stack.start), floats(new.start)
    places = list(origin)
    for x in word:
        (A, b), (C, d) = stack.maps[s, x], new.maps[s, x]
        assert np.linalg.norm(floats(C), 2) <= 1 + 1e-12
        y, z, s = floats(A) @ y + floats(b), floats(C) @ z + floats(d), int(stack.below[s, x])
        block = 2 * places.index(s)
        assert np.allclose(z[block : block + 2], y - floats(origin[s]))
        assert np.allclose(np.delete(z, [block, block + 1]), 0)


# ---------------------------------------------------------------------- what it must show


@pytest.mark.parametrize("name", ["a_star_b_star", "contains_ab", "T_3"])
def test_refused_in_one_layer_with_a_pair_and_held_in_two(name):
    dfa = languages.get(name) if name in languages.names() else DFA.from_regex(".*a.*b.*", alphabet="ab")
    words = obstruction(dfa)
    assert words is not None
    assert violating(acts(dfa.table, dfa.encode(words[0])), acts(dfa.table, dfa.encode(words[1])))
    with pytest.raises(dw.errors.NotCompilable, match="within 1 layer"):
        dw.compile(dfa, layers=1)
    net = dw.compile(dfa)
    assert len(net.plan.layers) == 2
    assert dw.certify(net, dfa).holds


def test_infinitely_many_states_spell_the_whole_word():
    """The third hypothesis of the obstruction: S ← S/3 + i/3 tells all words apart."""
    seen = Counter()
    for length in range(9):
        for word in product((1, 2), repeat=length):
            state = Fraction(0)
            for i in word:
                state = state / 3 + Fraction(i, 3)
            seen[state] += 1
    assert max(seen.values()) == 1
