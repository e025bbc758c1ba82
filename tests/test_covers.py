"""Covers: machines that one layer tracks with several bit vectors a state, proved again here by brute force."""

import itertools
from functools import lru_cache

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from strategies import dfas, words

from deltaword import DFA, languages
from deltaword.automata.monoid import TransitionMonoid
from deltaword.theory.constructions import covers
from deltaword.theory.constructions.covering import l_classes, walks
from deltaword.theory.constructions.covering.blocks import without_opposites
from deltaword.theory.constructions.covering.climb import changes
from deltaword.theory.constructions.covering.closure import Closed, Conflicts, closure
from deltaword.theory.constructions.covering.exact import Joined, few_blocks, unresolved
from deltaword.theory.constructions.covering.generators import generators
from deltaword.theory.constructions.covering.small import copies, small_blocks, source, with_names
from deltaword.theory.constructions.covers import Cover, cover
from deltaword.theory.constructions.registers import ONE, ZERO, Keys, Registers
from deltaword.theory.exact_layer import ExactLayer
from deltaword.theory.obstruction import obstruction

PROPERTY = settings(max_examples=100, deadline=None)
KEYS = ("raw", "unit")


def machine(*letters) -> DFA:
    """Each letter as the states that it sends 0, 1, … to; start 0."""
    return DFA(np.array(letters).T, 0, [0], range(len(letters)))


# Each needs more vectors than it has states, but for the first ones.
NAMED = {
    "last two letters": (machine((0, 2, 0, 2), (1, 3, 1, 3)), 4),
    "length-2 nilpotent": (machine((1, 2, 3, 3), (3, 2, 3, 3)), 4),
    "seen a, seen b": (machine((1, 1, 3, 3), (2, 3, 2, 3)), 4),
    "partial injections with sink": (machine((1, 2, 3, 3), (3, 3, 0, 3)), 4),
    "bounded Dyck, depth 3": (machine((1, 2, 3, 4, 4), (4, 0, 1, 2, 4)), 5),
    "flip-flop with absorbing sink": (machine((0, 0, 2), (1, 1, 2), (2, 2, 2)), 4),
    "two blocks of 2 bits": (DFA([[1, 2], [1, 3], [3, 2], [1, 1]], 0, [0], "ab"), 12),
    "a block of 3 bits": (DFA([[1, 2], [0, 3], [1, 2], [0, 1]], 0, [0], "ab"), 10),
    "bits for L-classes": (DFA([[0, 1], [2, 3], [3, 2], [2, 2]], 0, [0], "ab"), 21),
    "climbed to": (DFA([[1, 2], [2, 2], [1, 3], [1, 3]], 0, [0], "ab"), 19),
    "climbed to, 4 letters": (
        DFA([[1, 1, 2, 3], [1, 1, 2, 1], [4, 4, 2, 1], [1, 1, 2, 5], [6, 2, 2, 1], [1, 1, 2, 0], [6, 2, 2, 1]], 0, [0], "abcd"),
        11,
    ),
}


# ---------------------------------------------------------------------- brute force


def after(update: tuple[int, ...], bits: tuple[int, ...]) -> tuple[int, ...]:
    """By the definition: each bit takes a constant or the old value of a bit."""
    return tuple(int(taken == ONE) if taken in (ZERO, ONE) else bits[taken] for taken in update)


def brute_force(dfa: DFA, blocks: list[Registers]) -> dict[tuple, set[int]]:
    """The vectors that words reach, each with its states of the machine; asserts that nothing is copied."""
    for block in blocks:
        assert len(block.updates) == dfa.n_letters
        for update in block.updates:
            moved = [bit for bit in update if bit >= 0]
            assert len(moved) == len(set(moved)), "no bit is taken twice"
    node = tuple(tuple(bit for (bit,) in block.start) for block in blocks), dfa.start
    todo, seen = [node], {node}
    while todo:
        vector, q = todo.pop()
        for a in range(dfa.n_letters):
            new = tuple(after(block.updates[a], bits) for block, bits in zip(blocks, vector, strict=True)), int(dfa.table[q, a])
            if new not in seen:
                seen.add(new)
                todo.append(new)
    states: dict[tuple, set[int]] = {}
    for vector, q in seen:
        states.setdefault(vector, set()).add(q)
    return states


def assert_proved(dfa: DFA, found: Cover) -> None:
    """The bits determine the state, and `machine`, `owner` and the codes say so correctly."""
    part, codes = dfa.reachable(), [bank.codes for bank in found.candidate.banks]
    assert len(found.blocks) == len(found.candidate.banks)
    states = brute_force(part, found.blocks)
    assert all(len(owners) == 1 for owners in states.values()), "one state a vector"
    named = [tuple(tuple(of[s].ravel().tolist()) for of in codes) for s in range(found.machine.n_states)]
    assert sorted(named) == sorted(states), "the states of the cover are the vectors"
    assert found.owner.tolist() == [next(iter(states[vector])) for vector in named]
    assert named[0] == tuple(tuple(bit for (bit,) in block.start) for block in found.blocks)
    assert (found.machine.start, found.machine.alphabet) == (0, dfa.alphabet)
    for s, vector in enumerate(named):
        for a, target in enumerate(found.machine.table[s].tolist()):
            assert named[target] == tuple(after(b.updates[a], bits) for b, bits in zip(found.blocks, vector, strict=True))
            assert found.owner[target] == part.table[found.owner[s], a]
    assert found.machine.accepting_mask.tolist() == part.accepting_mask[found.owner].tolist()


# ---------------------------------------------------------------------- machines covered


@pytest.mark.parametrize("name", NAMED)
def test_named_machines_have_covers_of_few_vectors(name):
    dfa, vectors = NAMED[name]
    found = cover(dfa)
    assert isinstance(found, Cover)
    assert_proved(dfa, found)
    assert found.machine.n_states <= vectors


def test_the_flip_flop_with_a_sink_takes_two_bits_and_one_step():
    found = cover(languages.get("flip_flop_sink"))
    assert isinstance(found, Cover)
    assert [block.K for block in found.blocks] == [1, 1]
    assert (found.machine.n_states, found.candidate.n_h, found.candidate.kind) == (4, 1, "registers over a cover")


@pytest.mark.parametrize("name", [name for name in languages.names() if languages.get(name).reachable().n_states <= 6])
def test_machines_of_the_gallery_are_covered_unless_idempotents_rule_it_out(name):
    dfa = languages.get(name)
    found = cover(dfa)
    assert isinstance(found, str) == (obstruction(dfa) is not None)
    if isinstance(found, Cover):
        assert_proved(dfa, found)
    else:
        assert "act as idempotents e and f with e·f·e ≠ f·e" in found


def three_states_two_letters() -> list[DFA]:
    """All states reachable, up to renaming states and letters, start kept."""
    classes: dict[frozenset, DFA] = {}
    for table in itertools.product(itertools.product(range(3), repeat=2), repeat=3):
        dfa = DFA(table, 0, [1], "ab")
        if dfa.reachable().n_states == 3:
            renamed = {
                tuple(sorted((names[q], tuple(names[table[q][a]] for a in columns)) for q in range(3)))
                for names in ((0, 1, 2), (0, 2, 1))
                for columns in ((0, 1), (1, 0))
            }
            classes.setdefault(frozenset(renamed), dfa)
    return list(classes.values())


def test_all_machines_of_three_states_and_two_letters():
    """114 of them, 42 ruled out; 64 of the others have one code a state (counted independently in the theory of this project)."""
    machines, vectors, ruled_out = three_states_two_letters(), [], 0
    for dfa in machines:
        found = cover(dfa)
        if isinstance(found, str):
            assert obstruction(dfa) is not None
            ruled_out += 1
            continue
        assert obstruction(dfa) is None
        assert_proved(dfa, found)
        vectors.append(found.machine.n_states)
    assert (len(machines), ruled_out, vectors.count(3), vectors.count(4), len(vectors)) == (114, 42, 64, 8, 72)


@PROPERTY
@given(dfas(max_states=4, alphabet="ab"))
@example(DFA([[1, 2], [2, 2], [2, 2], [0, 0]], 0, [2], "ab"))  # a state out of reach
@example(DFA([[1, 1], [1, 1]], 1, [0], "ab"))  # a single state
def test_two_letters_and_four_states_are_covered_exactly_when_idempotents_allow_it(dfa):
    found = cover(dfa, seconds=60)
    assert isinstance(found, Cover) == (obstruction(dfa) is None)
    if isinstance(found, Cover):
        assert_proved(dfa, found)


@settings(max_examples=60, deadline=None)
@given(dfas(max_states=3, alphabet="abcd"), st.sampled_from(KEYS))
def test_three_states_are_covered_exactly_when_idempotents_allow_it(dfa, keys):
    found = cover(dfa, keys, seconds=60)
    assert isinstance(found, Cover) == (obstruction(dfa) is None)
    if isinstance(found, Cover):
        assert_proved(dfa, found)


@lru_cache
def layer_of(name: str, keys: Keys) -> tuple[Cover, ExactLayer]:
    found = cover(NAMED[name][0], keys)
    assert isinstance(found, Cover)
    return found, found.candidate.layer(found.machine)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(NAMED)), st.lists(st.integers(0, 3), max_size=12), st.sampled_from(KEYS))
def test_the_exact_layer_of_a_cover_names_the_states_of_both_machines(name, tokens, keys):
    dfa, _ = NAMED[name]
    found, layer = layer_of(name, keys)
    word = dfa.decode([a % dfa.n_letters for a in tokens])
    named = layer.states(word)
    assert named == found.machine.states(word)
    assert found.owner[named].tolist() == dfa.states(word)
    assert (layer.n_h, len(layer.heads)) == (found.candidate.n_h, found.candidate.heads)


def test_a_cover_is_the_same_every_time():
    for name in ("a block of 3 bits", "climbed to", "climbed to, 4 letters"):
        first, second = cover(NAMED[name][0]), cover(NAMED[name][0])
        assert isinstance(first, Cover)
        assert isinstance(second, Cover)
        assert (first.blocks, first.machine, first.family) == (second.blocks, second.machine, second.family)


def test_fifty_letters_made_of_few_cost_no_more():
    sink = languages.get("flip_flop_sink")
    columns: list[np.ndarray] = [sink.table[:, a] for a in range(3)]
    for word in np.random.default_rng(0).integers(0, 3, (50, 4)).tolist():
        acts = np.arange(3, dtype=np.int32)
        for a in word:
            acts = sink.table[acts, a]
        columns.append(acts)
    dfa = DFA(np.array(columns).T, sink.start, [2], range(53))
    found = cover(dfa)
    assert isinstance(found, Cover)
    assert_proved(dfa, found)
    assert found.machine.n_states == 4


# ---------------------------------------------------------------------- refusals


def refusal(dfa: DFA, **limits) -> str:
    why = cover(dfa, **limits)
    assert isinstance(why, str)
    return why


def test_refusals_say_why():
    sink = languages.get("flip_flop_sink")
    assert refusal(sink, limit=3) == "not closed within 3 vectors"
    assert refusal(languages.get("T_3")).startswith("the words 'm' and 'cmcc' act as idempotents")
    assert "transition monoid of more than 20,000 elements" in refusal(languages.get("random_8_3_seed0"))
    assert refusal(DFA.from_permutations([[*range(1, 65), 0]])) == "not searched above 64 states"


def test_the_time_limit_is_kept_and_names_what_was_not_tried():
    hard = DFA([[1, 2, 3], [0, 0, 1], [1, 2, 3], [2, 1, 2]], 0, [0], "abc")
    assert obstruction(hard) is None
    why = refusal(hard, seconds=0)
    assert why.startswith(
        "time limit of 0 s: blocks of 2 bits, blocks of 3 bits, bits for L-classes, blocks climbed to, walks on"
    )
    assert refusal(hard, seconds=0.3).startswith("time limit of 0.3 s: ")


# ---------------------------------------------------------------------- the closure, and faults


def faulty(blocks: list[Registers]):
    """Every change of what one bit takes on one letter that copies nothing."""
    for i, block in enumerate(blocks):
        for a, update in enumerate(block.updates):
            for bit, taken in itertools.product(range(block.K), (ZERO, ONE, *range(block.K))):
                if taken != update[bit] and (taken < 0 or taken not in update):
                    changed = list(block.updates)
                    changed[a] = (*update[:bit], taken, *update[bit + 1 :])
                    yield [*blocks[:i], Registers(block.start, tuple(changed)), *blocks[i + 1 :]]


@pytest.mark.parametrize(
    "name", ["flip-flop with absorbing sink", "length-2 nilpotent", "a block of 3 bits", "two blocks of 2 bits"]
)
def test_a_planted_fault_is_noticed_by_the_closure(name):
    dfa, _ = NAMED[name]
    found = cover(dfa)
    assert isinstance(found, Cover)
    every_pair, noticed = ~np.eye(dfa.n_states, dtype=bool), 0
    for blocks in faulty(found.blocks):
        closed = closure(dfa.table, dfa.start, blocks, every_pair, 1000)
        wrong = any(len(states) > 1 for states in brute_force(dfa, blocks).values())
        assert isinstance(closed, Conflicts) == wrong
        if isinstance(closed, Conflicts):
            noticed += 1
            for v, w in closed.pairs:  # the witness: equal bits, different states
                ends = []
                for word in (v, w):
                    bits = [tuple(bit for (bit,) in block.start) for block in blocks]
                    for a in word:
                        bits = [after(block.updates[a], before) for block, before in zip(blocks, bits, strict=True)]
                    ends.append((bits, dfa.states(dfa.decode(word))[-1]))
                assert ends[0][0] == ends[1][0]
                assert ends[0][1] != ends[1][1]
    assert noticed >= 3


def test_a_cover_assembled_from_faulty_blocks_is_refused():
    dfa, _ = NAMED["flip-flop with absorbing sink"]
    found = cover(dfa)
    assert isinstance(found, Cover)
    blocks = next(b for b in faulty(found.blocks) if any(len(q) > 1 for q in brute_force(dfa, b).values()))
    with pytest.raises(AssertionError, match="reach no other vectors"):
        covers.assembled(dfa, blocks, "raw", 100, "planted")


# ---------------------------------------------------------------------- the parts of the search


@st.composite
def signed_blocks(draw: st.DrawFn) -> list[list[int]]:
    """Updates of up to 3 bits on two letters, opposites among them, nothing copied."""
    K = draw(st.integers(1, 3))
    row = st.lists(st.integers(-2 - K, K - 1), min_size=K, max_size=K).filter(lambda row: not copies(tuple(row)))
    return draw(st.lists(row, min_size=2, max_size=2))


@PROPERTY
@given(signed_blocks(), st.lists(st.integers(0, 1), max_size=12), st.lists(st.integers(0, 1), max_size=12))
def test_registers_without_opposites_have_equal_vectors_for_the_same_words(updates, v, w):
    def signed(word):
        bits = [0] * len(updates[0])
        for a in word:
            bits = [int(t == ONE) if t in (ZERO, ONE) else bits[t] if t >= 0 else 1 - bits[-3 - t] for t in updates[a]]
        return bits

    registers = without_opposites([0] * len(updates[0]), updates)

    def plain(word):
        bits = tuple(bit for (bit,) in registers.start)
        for a in word:
            bits = after(registers.updates[a], bits)
        return bits

    assert (signed(v) == signed(w)) == (plain(v) == plain(w))


@pytest.mark.parametrize(("K", "k"), [(1, 1), (1, 3), (2, 1), (2, 2), (3, 1)])
def test_every_small_block_is_listed_once_up_to_names(K, k):
    listed = [tuple(map(tuple, updates)) for updates in small_blocks(K, k).updates.tolist()]
    rows = [row for row in itertools.product(range(-2 - K, K), repeat=K) if not copies(row)]
    renamed = [
        tuple(with_names(row, names) for row in updates) for updates in listed for names in itertools.permutations(range(K))
    ]
    assert len(set(renamed)) == sum(
        len({tuple(with_names(r, p) for r in u) for p in itertools.permutations(range(K))}) for u in listed
    )
    for updates in itertools.product(rows, repeat=k):
        roots = 0
        for root in range(K):  # what a bit leads to, going to the bits it takes
            reached = {root}
            for _ in range(K):
                reached |= {source(row[bit]) for row in updates for bit in reached if source(row[bit]) >= 0}
            roots += len(reached) == K
        assert (updates in set(renamed)) == (roots > 0)


@settings(max_examples=40, deadline=None)
@given(dfas(max_states=4, alphabet="ab"), st.integers(1, 2), st.randoms(use_true_random=False))
def test_the_exact_search_counts_what_the_closure_counts(dfa, K, random):
    part = dfa.reachable()
    table = part.table if part.start == 0 else None
    assume(table is not None and part.n_states > 1)
    blocks, hard = small_blocks(K, 2), ~np.eye(part.n_states, dtype=bool)
    left, size, _ = unresolved(Joined(part.table.astype(np.int64), hard), blocks)
    for c in random.sample(range(len(blocks)), 15):
        states = brute_force(part, [blocks.registers(c)])
        assert size[c] == sum(map(len, states.values()))
        assert left[c] == sum(len(q) * (len(q) - 1) // 2 for q in states.values())
        assert isinstance(closure(part.table, 0, [blocks.registers(c)], hard, 1000), Closed) == (left[c] == 0)


def test_the_exact_search_finds_the_fewest_vectors_of_any_one_block():
    dfa, _ = NAMED["flip-flop with absorbing sink"]
    hard = np.zeros((3, 3), dtype=bool)
    hard[0, 1] = hard[1, 0] = True
    blocks = small_blocks(1, 3)
    few = few_blocks(dfa.table, 0, hard, [blocks])
    assert few is not None
    closures = [closure(dfa.table, 0, [blocks.registers(c)], hard, 100) for c in range(len(blocks))]
    assert len(few.table) == min(len(closed) for closed in closures if isinstance(closed, Closed))


@PROPERTY
@given(dfas(max_states=4, alphabet="abcd"))
def test_generators_make_the_other_letters(dfa):
    part = dfa.reachable()
    assume(part.n_states > 1)
    found = generators(part, limit=1000)
    core = found.machine(part)
    assert set(found.made) | set(found.resets) == set(range(4))
    assert not set(found.made) & set(found.resets)
    for a, word in found.made.items():
        acts = np.arange(part.n_states)
        for x in word:
            acts = core.table[acts, x]
        assert np.array_equal(acts, part.table[:, a])
    assert all((part.table[:, a] == t).all() for a, t in found.resets.items())
    assert core.reachable().n_states == part.n_states, "and reach what all letters reach"


def complete(dfa: DFA, blocks: list[Registers]) -> bool:
    hard = ~np.eye(dfa.n_states, dtype=bool)
    return isinstance(closure(dfa.table, dfa.start, blocks, hard, 20_000), Closed)


@pytest.mark.parametrize(
    "name", ["flip_flop_sink", "permutation_reset_3", "saturating_counter_2", "ab_star", "S_3_action", "even_a_since_b"]
)
def test_bits_for_l_classes_are_enough_for_regular_monoids(name):
    dfa = languages.get(name)
    monoid = TransitionMonoid(dfa)
    assert monoid.is_regular
    libraries = list(l_classes.l_class_blocks(monoid))
    assert sum(blocks.updates.size for blocks in libraries) <= l_classes.entries(monoid)
    assert complete(dfa, [blocks.registers(c) for blocks in libraries for c in range(len(blocks))])


@pytest.mark.parametrize("name", ["last_two_letters", "nilpotent_2"])
def test_walks_on_a_group_are_enough_where_regularity_fails(name):
    dfa = languages.get(name)
    assert not TransitionMonoid(dfa).is_regular
    chosen = walks.enough(dfa, lambda: True)
    assert chosen is not None
    blocks = walks.walk_blocks(chosen)
    assert blocks is not None
    assert complete(dfa, [blocks.registers(c) for c in range(len(blocks))])


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([[(1, 2, 0), (1, 0, 2)], [(1, 2, 3, 0), (0, 1, 2, 3)]]), st.lists(st.integers(0, 1), max_size=15))
def test_walks_hold_what_their_names_say(permutations, word):
    """Bit by bit, on S_3 and on Z_4 with a letter that stays."""
    chosen = np.array(permutations)
    blocks = walks.walk_blocks(chosen)
    assert blocks is not None
    group = DFA(chosen.T, 0, [], range(2)).transition_monoid()
    bits, g, walked = blocks.start, 0, {}  # walked: the time of each step, of its last walk
    for t, x in enumerate(word):
        bits = blocks.step(bits, x)
        walked[g, x] = t
        g = int(group.right_cayley[g, x])
    for d in range(len(group)):
        here = group.multiply(g, d)
        wanted = [here == 0, (here, 0) in walked, (here, 1) in walked]
        for x, y in ((0, 0), (0, 1), (1, 1)):
            for c in range(len(group)):
                if x != y or c:
                    other = group.multiply(here, c), y
                    wanted.append((here, x) in walked and walked[here, x] > walked.get(other, -1))
        assert bits[:, d].tolist() == wanted


@PROPERTY
@given(signed_blocks())
def test_climbing_changes_one_bit_and_copies_nothing(updates):
    start = np.array([updates], dtype=np.int16)
    K = start.shape[2]
    changed = changes(start, 1)[0]
    wanted = list(itertools.product(range(K), range(-2 - K, K)))
    assert len(changed) == len(wanted)
    for (bit, taken), new in zip(wanted, changed.tolist(), strict=True):
        assert new[0] == updates[0]
        assert new[1][bit] == taken
        assert not copies(tuple(new[1]))


@PROPERTY
@given(words("ab"))
def test_the_owner_of_a_single_state_is_that_state(word):
    dfa = DFA([[0, 0]], 0, [0], "ab")
    found = cover(dfa)
    assert isinstance(found, Cover)
    assert found.candidate.layer(found.machine).states(word) == [0] * (len(word) + 1)
