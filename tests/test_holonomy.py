"""Holonomy: skeletons by their definitions and against SgpDec; cascades that cover, in machines that permute or reset."""

import dataclasses
import json
from itertools import product
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import dfas, words
from sympy.combinatorics import Permutation, PermutationGroup
from sympy.combinatorics.named_groups import AlternatingGroup, DihedralGroup, SymmetricGroup

import deltaword as dw
from deltaword import DFA
from deltaword.automata import permutations
from deltaword.automata import skeleton as skeleton_module
from deltaword.automata.cascade import Cascade
from deltaword.automata.errors import BadAutomaton, TooLarge
from deltaword.automata.giants import giant_order
from deltaword.automata.holonomy import Holonomy, holonomy
from deltaword.automata.permutations import closure
from deltaword.automata.random_machines import random_dfa
from deltaword.automata.skeleton import HolonomyGroup, Skeleton

PROPERTY = settings(max_examples=150, deadline=None)
FEW = settings(max_examples=40, deadline=None)

SGPDEC = json.loads((Path(__file__).parent / "data" / "sgpdec_holonomy.json").read_text())["cases"]
SMALL = [name for name in dw.languages.names() if dw.languages.get(name).n_states <= 8]

MACHINES = st.one_of(dfas(max_states=6, alphabet="ab"), dfas(max_states=6, alphabet="abc"))


def machine_of(case) -> DFA:
    return DFA(np.array(case["letters"]).T, 0, [], range(len(case["letters"])))


def states_along(cascade: Cascade, word) -> list[int]:
    """The states covered along a word, run component by component."""
    tuples = [cascade.start]
    for letter in cascade.dfa.encode(word):
        tuples.append(cascade.step(tuples[-1], letter))
    return [cascade.covered(states) for states in tuples]


def permutes_or_resets(machine: DFA) -> bool:
    return all(len(set(column)) in (1, machine.n_states) for column in machine.table.T.tolist())


# ---------------------------------------------------------------- the skeleton, by the definitions over the whole monoid


def images(dfa: DFA) -> list[tuple[int, ...]]:
    """Every element of the transition monoid."""
    return [tuple(row) for row in dfa.transition_monoid().elements.tolist()]


def sets_of(dfa: DFA) -> set[frozenset[int]]:
    return {frozenset(m) for m in images(dfa)} | {frozenset([q]) for q in range(dfa.n_states)}


def moved(states, m) -> frozenset[int]:
    return frozenset(m[q] for q in states)


@PROPERTY
@given(dfas(max_states=5, alphabet="ab"))
def test_the_sets_are_the_images_and_the_single_states(dfa):
    skeleton = Skeleton(dfa)
    found = [frozenset(skeleton.states(i)) for i in range(len(skeleton.sets))]
    assert len(set(found)) == len(found)
    assert set(found) == sets_of(dfa)
    for i, row in enumerate(skeleton.successors.tolist()):
        assert [found[j] for j in row] == [moved(found[i], column) for column in dfa.table.T.tolist()]


@FEW
@given(dfas(max_states=4, alphabet="ab"))
def test_classes_and_depths_are_those_of_subduction(dfa):
    skeleton = Skeleton(dfa)
    found = [frozenset(skeleton.states(i)) for i in range(len(skeleton.sets))]
    maps = images(dfa)
    under = {(p, r) for p, r in product(found, repeat=2) if any(p <= moved(r, m) for m in maps)}
    order = nx.DiGraph()
    for i, j in product(range(len(found)), repeat=2):
        p, r = found[i], found[j]
        assert (skeleton.classes[i] == skeleton.classes[j]) == ((p, r) in under and (r, p) in under)
        if (p, r) in under and (r, p) not in under and len(p) > 1:
            order.add_edge(int(skeleton.classes[j]), int(skeleton.classes[i]))
    for c, component in enumerate(skeleton.components):
        if component:
            chains = order.subgraph(nx.ancestors(order, c) | {c}) if c in order else nx.DiGraph()
            assert component.depth == 1 + (nx.dag_longest_path_length(chains) if len(chains) else 0)


@FEW
@given(dfas(max_states=5, alphabet="ab"))
def test_tiles_are_the_maximal_sets_inside_and_cover(dfa):
    everything = sets_of(dfa)
    for component in filter(None, Skeleton(dfa).components):
        representative = frozenset(component.representative)
        inside = {s for s in everything if s < representative}
        maximal = {s for s in inside if not any(s < t for t in inside)}
        assert set(map(frozenset, component.tiles)) == maximal
        assert frozenset().union(*component.tiles) == representative
        assert len(component.tiles) == len(maximal) >= 2


@PROPERTY
@given(dfas(max_states=5, alphabet="ab"))
def test_holonomy_groups_are_what_the_monoid_does_to_the_tiles(dfa):
    maps = images(dfa)
    for component in filter(None, Skeleton(dfa).components):
        representative, tiles = frozenset(component.representative), list(map(frozenset, component.tiles))
        acts = {
            tuple(tiles.index(moved(tile, m)) for tile in tiles) for m in maps if moved(representative, m) == representative
        }
        group = component.group
        assert group.order == len(acts)
        generated = (
            {tuple(row) for row in closure(group.generators).tolist()} if group.generators else {tuple(range(len(tiles)))}
        )
        assert generated == acts
        assert group.is_trivial == (len(acts) == 1)


@PROPERTY
@given(dfas(max_states=5, alphabet="ab"))
def test_arrows_are_made_by_words_and_lead_from_the_representative(dfa):
    skeleton, maps = Skeleton(dfa), set(images(dfa))
    for i in range(len(skeleton.sets)):
        first = skeleton.states(int(skeleton.representatives[skeleton.classes[i]]))
        arrow = skeleton.arrow(i)
        assert tuple(sorted(arrow)) == skeleton.states(i)
        assert any(tuple(m[q] for q in first) == arrow for m in maps)


@pytest.mark.parametrize("case", SGPDEC, ids=lambda case: case["case"])
def test_levels_points_and_groups_are_those_of_sgpdec(case):
    components = list(filter(None, Skeleton(machine_of(case)).components))
    levels = [[c for c in components if c.depth == d] for d in range(1, 1 + max(c.depth for c in components))]
    assert len(levels) == case["levels"]
    assert [sum(len(c.tiles) for c in level) for level in levels] == case["points_per_level"]
    for level, theirs in zip(levels, case["components"], strict=True):
        ours = [str(len(c.tiles)) if c.group.is_trivial else f"({len(c.tiles)},{c.group.description})" for c in level]
        named = theirs.replace("C", "Z_").replace("S", "S_").replace("A", "A_")
        assert sorted(ours) == sorted(named.split())


# ---------------------------------------------------------------- the cascade


@PROPERTY
@given(MACHINES, st.data())
def test_the_cascade_covers_the_machine(dfa, data):
    decomposition = holonomy(dfa)
    assert decomposition.verify() <= decomposition.n_chains
    word = data.draw(words("".join(dfa.alphabet), 30))
    assert states_along(decomposition.cascade, word) == dfa.reachable().states(word)


@PROPERTY
@given(MACHINES)
def test_every_letter_of_every_level_permutes_or_resets(dfa):
    decomposition = holonomy(dfa)
    machines = decomposition.cascade.machines
    assert all(map(permutes_or_resets, machines))
    assert len(machines) == max(1, len(decomposition.levels))
    for machine, level in zip(machines, decomposition.levels, strict=False):
        assert machine.n_states - level.n_points in (0, 1)  # one more where chains pass over the level


@PROPERTY
@given(MACHINES)
def test_levels_act_as_elements_of_their_groups(dfa):
    decomposition = holonomy(dfa)
    for machine, level in zip(decomposition.cascade.machines, decomposition.levels, strict=False):
        blocks, first = [], 0
        for component in level.components:
            blocks.append(
                (first, {tuple(g) for g in closure([*component.group.generators, tuple(range(len(component.tiles)))])})
            )
            first += len(component.tiles)
        for column in machine.table.T.tolist():
            if len(set(column)) > 1:
                for first, group in blocks:
                    degree = len(next(iter(group)))
                    assert tuple(p - first for p in column[first : first + degree]) in group


@FEW
@given(MACHINES)
def test_entries_are_missing_just_where_no_reachable_tuple_leads(dfa):
    cascade = holonomy(dfa).cascade
    links, readers = [set() for _ in cascade.links], [set() for _ in cascade.readers]
    order, seen = [cascade.start], {cascade.start}
    for states in order:
        read = states[-1]
        for i in range(len(readers) - 1, -1, -1):
            readers[i].add((read, states[i]))
            read = int(cascade.readers[i][read, states[i]])
        for letter in range(cascade.dfa.n_letters):
            symbol = letter
            for i, link in enumerate(cascade.links):
                links[i].add((symbol, states[i]))
                symbol = int(link[symbol, states[i]])
            after = cascade.step(states, letter)
            if after not in seen:
                seen.add(after)
                order.append(after)
    for tables, met in [(cascade.links, links), (cascade.readers, readers)]:
        for table, pairs in zip(tables, met, strict=True):
            assert {tuple(pair) for pair in np.argwhere(table >= 0).tolist()} == pairs


@FEW
@given(MACHINES)
def test_no_two_symbols_act_and_lead_alike(dfa):
    cascade = holonomy(dfa).cascade
    for i, machine in enumerate(cascade.machines[1:], start=1):
        leads = cascade.links[i] if i < len(cascade.links) else np.zeros((machine.n_letters, 0))
        rows = {(*machine.table[:, a].tolist(), *leads[a].tolist()) for a in range(machine.n_letters)}
        assert len(rows) == machine.n_letters


@pytest.mark.parametrize("name", SMALL)
def test_the_gallery_is_covered(name):
    dfa = dw.languages.get(name)
    decomposition = holonomy(dfa)
    assert decomposition.verify() >= dfa.reachable().n_states
    assert all(map(permutes_or_resets, decomposition.cascade.machines))


@pytest.mark.parametrize("case", SGPDEC, ids=lambda case: case["case"])
def test_the_machines_of_sgpdec_are_covered(case):
    cascade = holonomy(machine_of(case)).cascade
    assert cascade.verify() >= cascade.dfa.n_states
    assert all(map(permutes_or_resets, cascade.machines))


@pytest.mark.parametrize("case", [SGPDEC[15], SGPDEC[17]], ids=["A_5 in 8 states", "A_5 in 10 states"])
def test_simple_groups_turn_up_early_and_are_named(case):
    decomposition = holonomy(machine_of(case))
    names = [group.description for group in decomposition.groups]
    assert "A_5" in names
    assert not decomposition.groups[names.index("A_5")].is_solvable
    assert decomposition.groups[names.index("A_5")].composition_factors == ("A_5",)
    assert decomposition.groups[-1].is_solvable


@pytest.mark.parametrize(
    ("dfa", "order"),
    [
        (dw.groups.symmetric(5).action(), 120),
        (dw.groups.alternating(5).action(), 60),
        (dw.groups.alternating(5).word_problem(), 60),
        (dw.groups.symmetric(5).word_problem(["(0 1)", "(0 1 2 3 4)"]), 120),
        (dw.groups.cyclic(12).word_problem(["1"]), 12),
        (dw.groups.quaternion().word_problem(), 8),
    ],
    ids=["S_5 on points", "A_5 on points", "A_5", "S_5", "Z_12", "Q_8"],
)
def test_groups_are_one_level_that_is_the_machine(dfa, order):
    decomposition = holonomy(dfa)
    assert len(decomposition.levels) == 1
    assert decomposition.groups[0].order == order
    assert decomposition.verify() == dfa.n_states
    assert np.array_equal(decomposition.cascade.machines[0].table, dfa.table)


@pytest.mark.parametrize("seed", range(5))
def test_permutations_and_resets_are_one_level(seed):
    decomposition = holonomy(random_dfa(7, 3, seed, kind="permutation-reset"))
    assert len(decomposition.levels) == 1
    assert decomposition.verify() == 7


def two_bits() -> DFA:
    """A bit that every letter flips beside one that letters set: no word sends all states to one."""
    states = list(product(range(2), repeat=2))
    return DFA([[2 * (1 - flipped) + written for written in range(2)] for flipped, _ in states], 0, [0], "ab")


def test_without_resets_the_last_level_holds_single_states():
    decomposition = holonomy(two_bits())
    sizes = {len(tile) for component in decomposition.levels[-1].components for tile in component.tiles}
    assert min(map(len, (frozenset(m) for m in images(decomposition.dfa)))) == 2
    assert sizes == {1}
    assert decomposition.verify() >= 4
    assert [group.order for group in decomposition.groups] == [2]


@pytest.mark.parametrize("kind", ["any", "partial-injection", "reset", "permutation"])
def test_random_machines_of_every_kind_are_covered(kind):
    for seed in range(3):
        decomposition = holonomy(random_dfa(8, 8 if kind == "reset" else 3, seed, kind))
        assert decomposition.verify() >= 8
        assert all(map(permutes_or_resets, decomposition.cascade.machines))


def test_letters_that_act_alike_stay_apart():
    cascade = holonomy(DFA([[1, 1, 0], [1, 1, 2], [2, 2, 2]], 0, [2], "abc")).cascade
    assert cascade.machines[0].alphabet == ("a", "b", "c")
    assert cascade.verify() >= 3


def test_one_state_is_one_machine_and_no_level():
    decomposition = holonomy(DFA([[0, 0]], 0, [0], "ab"))
    assert (decomposition.levels, decomposition.groups, decomposition.verify()) == ((), (), 1)
    assert str(decomposition) == "holonomy of 1 state in 0 levels"


def test_states_out_of_reach_do_not_count():
    decomposition = holonomy(DFA([[0, 1], [1, 0], [0, 1]], 0, [0], "ab"))
    assert decomposition.dfa.n_states == 2
    assert decomposition.verify() == 2


# ---------------------------------------------------------------- planted faults


def rolled_link(cascade: Cascade) -> Cascade:
    link = cascade.links[0].copy()
    link[:, cascade.start[0]] = np.roll(link[:, cascade.start[0]], 1)
    return dataclasses.replace(cascade, links=(link, *cascade.links[1:]))


def turned_reader(cascade: Cascade) -> Cascade:
    return dataclasses.replace(cascade, readers=(cascade.readers[0][::-1].copy(), *cascade.readers[1:]))


def turned_machine(cascade: Cascade) -> Cascade:
    machine = cascade.machines[1]
    other = DFA(np.roll(machine.table, 1, axis=1), machine.start, [], machine.alphabet)
    return dataclasses.replace(cascade, machines=(cascade.machines[0], other, *cascade.machines[2:]))


def other_start(cascade: Cascade) -> Cascade:
    machine = cascade.machines[0]
    other = DFA(machine.table, (machine.start + 1) % machine.n_states, [], machine.alphabet)
    return dataclasses.replace(cascade, machines=(other, *cascade.machines[1:]))


@pytest.mark.parametrize("fault", [rolled_link, turned_reader, turned_machine, other_start])
@pytest.mark.parametrize("case", [SGPDEC[1], SGPDEC[15]], ids=["T_4", "8 states"])
def test_a_planted_fault_is_found(case, fault):
    decomposition = holonomy(machine_of(case))
    decomposition.__dict__["cascade"] = fault(decomposition.cascade)
    with pytest.raises(BadAutomaton, match="cover"):
        decomposition.verify()


# ---------------------------------------------------------------- what is shown, and what is refused


def test_a_decomposition_is_shown_as_text_and_as_a_table():
    decomposition = holonomy(dw.languages.get("T_4"))
    lines = str(decomposition).splitlines()
    assert lines[0] == "holonomy of 4 states in 3 levels"
    assert lines[1].startswith("level 1  S_4 on 4 tiles of {0 1 2 3}: {0 1 2}")
    assert repr(decomposition) == "Holonomy(3 levels of 4 states)"
    table = decomposition._repr_html_()
    assert table.count("<tr>") == 4
    assert "<td style='text-align:left'>S_4</td>" in table


def test_too_many_chains_are_refused_with_their_number_and_the_cheaper_cascade():
    decomposition = Holonomy(dw.languages.get("T_4"), limit=23)
    assert [group.description for group in decomposition.groups] == ["S_4", "S_3", "Z_2"]
    with pytest.raises(TooLarge, match=r"up to 24 reachable tuples .* over 23.*limit=24.*hole cascade has 3 components"):
        decomposition.verify()
    assert Holonomy(dw.languages.get("T_4"), limit=24).verify() == 24


def test_too_many_sets_are_refused_before_they_are_listed(monkeypatch):
    monkeypatch.setattr(skeleton_module, "MAX_SETS", 20)
    with pytest.raises(TooLarge, match="more than 20 sets"):
        holonomy(random_dfa(10, 3, 0))


def test_large_random_machines_are_refused_before_memory_is_gone():
    with pytest.raises(TooLarge, match=r"65,536 sets.*hole cascade, which has 29 components"):
        holonomy(random_dfa(30, 3, 0))


@pytest.mark.parametrize("limit", [0, -1, 2.5, "many"])
def test_a_limit_that_is_no_number_of_tuples_is_refused(limit):
    with pytest.raises(TooLarge, match="limit"):
        holonomy(dw.languages.get("T_3"), limit=limit)


# ---------------------------------------------------------------- orders of large groups


@FEW
@given(st.integers(8, 14), st.lists(st.randoms(use_true_random=False), min_size=1, max_size=3))
def test_giants_have_the_order_that_sympy_finds(degree, sources):
    generators = [source.sample(range(degree), degree) for source in sources]
    found = giant_order(np.array(generators))
    order = PermutationGroup([Permutation(g) for g in generators]).order()
    assert found in (None, order)
    if degree >= 10 and order >= SymmetricGroup(degree).order() // 2:
        assert found == order


@pytest.mark.parametrize("group", [SymmetricGroup(11), AlternatingGroup(11), DihedralGroup(11)], ids=["S_11", "A_11", "D_11"])
def test_orders_of_groups_on_tiles_are_exact(group):
    holonomy_group = HolonomyGroup(np.array([g.array_form for g in group.generators]), 11)
    assert holonomy_group.order == group.order()
    assert holonomy_group.is_solvable == group.is_solvable


def test_groups_too_large_to_list_are_still_ordered_and_named(monkeypatch):
    monkeypatch.setattr(permutations, "MAX_ORDER", 1000)
    twice = [
        [1, 0, *range(2, 12)],
        [1, 2, 3, 4, 5, 0, *range(6, 12)],
        [*range(6), 7, 6, *range(8, 12)],
        [*range(6), *range(7, 12), 6],
    ]
    group = HolonomyGroup(np.array(twice), 12)
    assert group.order == 720**2
    assert not group.is_solvable
    assert group.description == "S_6 × S_6"


def test_groups_whose_order_nobody_will_wait_for_are_shown_without_it(monkeypatch):
    monkeypatch.setattr(permutations, "MAX_ORDER", 1000)
    halves = [[*np.roll(np.arange(30), 1), *range(30, 60)], [1, 0, *range(2, 60)], [*range(30, 60), *range(30)]]
    group = HolonomyGroup(np.array(halves), 60)
    with pytest.raises(TooLarge):
        _ = group.order
    assert group.description == "more than 1,048,576 elements"
    assert group.generators == tuple(map(tuple, np.array(halves).tolist()))
