"""Cascades: the hole cascade covers every machine, in permutation-and-reset components; the covering check can fail."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from strategies import dfas, words

import deltaword as dw
from deltaword.automata.cascade import Cascade
from deltaword.automata.errors import BadAutomaton, TooLarge
from deltaword.automata.holes import hole_cascade

SMALL = [name for name in dw.languages.names() if dw.languages.get(name).n_states <= 6]


def states_along(cascade: Cascade, word) -> list[int]:
    """The states covered along a word, run component by component."""
    tuples = [cascade.start]
    for letter in cascade.dfa.encode(word):
        tuples.append(cascade.step(tuples[-1], letter))
    return [cascade.covered(states) for states in tuples]


@settings(max_examples=150, deadline=None)
@given(dfas(max_states=6, alphabet="ab"), words("ab", 30))
def test_the_hole_cascade_runs_as_the_machine_does(dfa, word):
    cascade = hole_cascade(dfa)
    assert states_along(cascade, word) == dfa.reachable().states(word)
    cascade.verify()


@pytest.mark.parametrize("name", SMALL)
def test_holes_take_at_most_one_component_less_than_states(name):
    dfa = dw.languages.get(name)
    cascade = hole_cascade(dfa)
    assert cascade.verify() >= dfa.reachable().n_states
    assert len(cascade.machines) <= max(1, dfa.n_states - 1)


@pytest.mark.parametrize("name", SMALL)
def test_every_component_permutes_or_resets(name):
    for machine in hole_cascade(dw.languages.get(name)).machines:
        for column in machine.table.T:
            assert len(set(column.tolist())) in (1, machine.n_states)


def test_splitting_stops_where_what_is_left_is_enough():
    three = dw.languages.get("T_3")
    assert len(hole_cascade(three, enough=lambda rest: True).machines) == 1
    assert len(hole_cascade(three).machines) == 2


@pytest.mark.parametrize("what", ["link", "reader", "machine"])
def test_a_planted_fault_is_found(what):
    cascade = hole_cascade(dw.languages.get("T_4"))
    if what == "machine":
        first = cascade.machines[0]
        table = first.table.copy()
        table[first.start] = table[first.start][::-1]
        faulty = dataclasses.replace(cascade, machines=(dw.DFA(table, first.start, [], first.alphabet), *cascade.machines[1:]))
    elif what == "link":
        link = cascade.links[0].copy()
        link[:, cascade.machines[0].start] = np.roll(link[:, cascade.machines[0].start], 1)
        faulty = dataclasses.replace(cascade, links=(link, *cascade.links[1:]))
    else:
        reader = cascade.readers[0][::-1].copy()
        faulty = dataclasses.replace(cascade, readers=(reader, *cascade.readers[1:]))
    with pytest.raises(BadAutomaton, match="cover"):
        faulty.verify()


def test_too_many_tuples_are_refused_by_name():
    with pytest.raises(TooLarge, match="more than 5 reachable tuples"):
        hole_cascade(dw.languages.get("T_4")).verify(limit=5)
