"""What the numbers of a network prove about a machine: grade, scope, or a counterexample."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .chunked_form import why_not_chunked
from .exact_closure import ExactNetwork, exact_closure
from .explore import Machine
from .float_closure import FloatNetwork, float_closure
from .horizon import horizon
from .layer_space import LayerSpace
from .mlp import NotExact
from .stack_closure import Lost, StackSearch, stack_closure
from .tables import Malformed, StackTables, Tables, as_stack, read_tables, subnormal
from .weights import Weights

CHUNKED = ", step by step and in chunks"
SHORT_WORDS = 300  # asked of the running network when nothing is proved


@dataclass(frozen=True)
class Verdict:
    """holds; grade 1, 2 or 3; `tokens` None for all lengths, else the length up to which every word was checked; a shortest failing
    word (letter numbers) when it does not hold; the pairs (network state, machine state) visited; why, in a line; suspects: words
    that may fail, the shortest first, which only the running network can tell; whether grade 1 covers the chunked form; and what the
    search cost, where it is counted."""

    holds: bool
    grade: int
    tokens: int | None
    counterexample: tuple[int, ...] | None
    pairs: int
    reason: str
    suspects: tuple[tuple[int, ...], ...] = ()
    chunked: bool = False
    search: str = ""


def verify(weights: Weights, machine: Machine) -> Verdict:
    """Never raises for what the weights may be: damage gives `holds = False`."""
    n_letters = machine.table.shape[1]
    short = ((), *((letter,) for letter in range(n_letters)))
    try:
        tables = read_tables(weights)
    except Malformed as error:
        return Verdict(False, 3, 0, None, 0, str(error), short)
    if len(tables.keys) != n_letters:
        why = f"the network has {len(tables.keys)} letters, the machine {n_letters}"
        return Verdict(False, 3, 0, None, 0, why, short)
    if machine.by_state and len(tables.bias) != len(machine.table):
        why = f"the network names {len(tables.bias)} states, the machine has {len(machine.table)}"
        return Verdict(False, 3, 0, None, 0, why, short)
    if isinstance(tables, StackTables):
        return verify_stack(tables, machine)
    return verify_layer(tables, machine)


def verify_layer(tables: Tables, machine: Machine) -> Verdict:
    """One layer with a linear readout."""
    forms = ""
    try:
        with np.errstate(all="ignore"):  # what overflows fails the bounds
            network = ExactNetwork(tables)
            found, grade = exact_closure(network, tables, machine), 1
            if found.closed:
                why = why_not_chunked(network, found.states)
                forms = f", step by step (in chunks not proved: {why})" if why else CHUNKED
        reason = f"every intermediate is exact in {tables.format.name}, in any order of summation{forms}"
    except NotExact as error:
        found, grade = float_closure(tables, machine), 2
        reason = f"not exact in {tables.format.name} ({error}); the float states themselves were searched"
    pairs, suspects = len(found.states), tuple(map(tuple, found.undecided))
    if not tables.selects or (grade > 1 and subnormal(tables)):  # what projecting the embeddings gives is open
        suspects += () if found.failing is None else (tuple(found.failing),)
        return Verdict(False, 3, 0, None, pairs, f"nothing is proved: {reason}", suspects)
    if found.failing is not None:
        word = tuple(found.failing)
        return Verdict(False, grade, len(word), word, pairs, reason, suspects)
    if suspects:
        near = f"after words of {len(suspects[0])} letters the readout is too close to call in every order of summation"
        return Verdict(False, 3, max(0, len(suspects[0]) - 1), None, pairs, f"{near}; {reason}", suspects)
    if found.closed:
        return Verdict(True, grade, None, None, pairs, reason, chunked=forms == CHUNKED)
    with np.errstate(all="ignore"):
        space = LayerSpace(FloatNetwork(tables))
    tokens, how = furthest(found.depth, as_stack(tables), machine, [space])
    return Verdict(True, 3, tokens, None, pairs, f"the search did not close{how}; {reason}")


def furthest(depth: int, tables: StackTables, machine: Machine, spaces: list[LayerSpace]) -> tuple[int, str]:
    """Up to how many tokens no word fails: by search, or by the error bound where it reaches further; and which."""
    tokens, codes = horizon(tables, machine, spaces)
    if tokens <= depth:
        return depth, ""
    return tokens, f", but rounding cannot reach the margin of any of {codes} codes before token {tokens:,}"


def verify_stack(tables: StackTables, machine: Machine) -> Verdict:
    """Several layers, or a reader."""
    few = tuple(itertools.islice(words(machine.table.shape[1]), SHORT_WORDS))
    if not tables.selects:
        return Verdict(False, 3, 0, None, 0, "nothing is proved: an embedding is not a unit vector", few)
    try:
        with np.errstate(all="ignore"):
            found = stack_closure(tables, machine)
    except Lost as lost:
        return Verdict(False, 3, 0, None, 0, f"nothing is proved: {lost}", (*few, tuple(lost.word)))
    name, pairs, suspects = tables.format.name, len(found.rows), tuple(map(tuple, found.undecided))
    rounds = [i for i, space in enumerate(found.spaces) if not space.exact]
    if any(subnormal(tables.layers[i]) for i in rounds):
        return Verdict(False, 3, 0, None, pairs, "nothing is proved: a weight is subnormal", few)
    forms = ""
    if found.exact:
        grade = 1
        if found.closed:
            forms = CHUNKED if chunks_exact(found) else ", step by step (in chunks not proved)"
        reason = f"every intermediate of every layer and link is exact in {name}, in any order of summation{forms}"
    else:
        grade = 2
        what = f"layers {rounds} round" if rounds else "the reader rounds"
        reason = f"{what} in {name}; the float states themselves were searched"
    if found.failing is not None:
        word = tuple(found.failing)
        return Verdict(False, grade, len(word), word, pairs, reason, suspects, search=str(found))
    if suspects:
        near = f"after words of {len(suspects[0])} letters the reader is too close to call in every order of summation"
        return Verdict(False, 3, max(0, len(suspects[0]) - 1), None, pairs, f"{near}; {reason}", suspects, search=str(found))
    if found.closed:
        return Verdict(True, grade, None, None, pairs, reason, chunked=forms == CHUNKED, search=str(found))
    last_alone = rounds == [len(found.spaces) - 1]
    tokens, how = furthest(found.depth, tables, machine, found.spaces) if last_alone else (found.depth, "")
    return Verdict(True, 3, tokens, None, pairs, f"the search did not close{how}; {reason}", search=str(found))


def chunks_exact(found: StackSearch) -> bool:
    """Whether each layer's chunked form is exact too; what it reads and what reads it do not change."""
    return all(
        isinstance(space.network, ExactNetwork) and not why_not_chunked(space.network, list(space.states))
        for space in found.spaces
    )


def words(n_letters: int) -> Iterator[tuple[int, ...]]:
    """All words, the shortest first."""
    for length in itertools.count():
        yield from itertools.product(range(n_letters), repeat=length)
