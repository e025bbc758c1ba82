"""What the numbers of a network prove about a machine: grade, scope, or a counterexample."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .chunked_form import why_not_chunked
from .exact_closure import ExactNetwork, NotExact, exact_closure
from .explore import Machine
from .float_closure import float_closure
from .tables import Malformed, read_tables, subnormal
from .weights import Weights

CHUNKED = ", step by step and in chunks"


@dataclass(frozen=True)
class Verdict:
    """holds; grade 1, 2 or 3; `tokens` None for all lengths, else the length up to which every word was checked; a shortest failing
    word (letter numbers) when it does not hold; the pairs (network state, machine state) visited; why, in a line; and suspects: words
    that may fail and are not longer, which only the running network can tell; and whether grade 1 covers the chunked form."""

    holds: bool
    grade: int
    tokens: int | None
    counterexample: tuple[int, ...] | None
    pairs: int
    reason: str
    suspects: tuple[tuple[int, ...], ...] = ()
    chunked: bool = False


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
    return Verdict(True, 3, found.depth, None, pairs, f"the search did not close; {reason}")
