"""Idempotents peel a layer off: what they leave of a machine takes one layer fewer, so more layers may be shown to be needed.

Notation      g_1 … g_k idempotent maps that non-empty words act as, formal letters of their own; c = g_1 ⋯ g_k; N the maps of
              the words in them whose last occurrences are g_j, …, g_k in this order, for some j.
Hypotheses    L ≥ 1 layers, layer i an affine contraction chosen by the letter and the states of the layers below, before or after
              the letter; exact arithmetic, finitely many reachable states in all; a decoder that sees all of them and the last
              letter; all states of the machine reachable; p is in the image of c.
Claim         If they track the machine, L − 1 layers track the orbit of p under N, with a decoder that does not see the letter.
              So with L = 1 the orbit is one point, and with L = 2 the idempotents of N obey e·f·e = f·e on it.
Proof         A state after the letter is known from the one before and the letter, so let all layers see the states before. Layer
              1 is a machine of its own, with a monoid M_1 of finitely many affine contractions, whose idempotents obey e·f·e =
              f·e (statement one_layer_obstruction, the machine being layer 1 itself). Take a non-empty word for each g_i, and
              repeat it until it is idempotent in M_1, too. Products of idempotents of M_1 are idempotents (statement
              l_class_registers, (1)), so x·y·x = y·x for all such products, and a product of the words depends in M_1 only on the
              order of their last occurrences: all earlier occurrences can be left out. Reach p by a word that ends in the words
              of g_1, …, g_k, and let s be the state of layer 1 then. A word of N after it leaves the order of last occurrences
              g_1, …, g_k as it is: it returns s to s. On its way the states of layer 1 are always the same, so it acts on layers
              2 … L as one letter of a stack of L − 1 layers: layer 2 by one affine contraction, layer i by one that is chosen by
              the states of layers 2 … i − 1. (N is closed under products, so the orbit is p and all p·n.) The state of layer 1 is
              s, and the last letter that of the word of g_k, for all points of the orbit, p included: the decoder names them by
              layers 2 … L alone. Without layers left there is nothing to tell points apart; with one left, use statement
              one_layer_obstruction.
Source        this project; the search for g_1 … g_k: theory/planning/bounds.py.
Status        proved
Check         all 2080 stacks of two layers with one bit each and two letters, each bit held, flipped, set or reset as letter and
              layer below say, as machines: for drawn g_1 … g_k (seed 0) the orbit of every p obeys the identity; and all 16
              layers of one such bit, where the orbit is one point.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from itertools import combinations_with_replacement, product

import numpy as np

from ...automata.dfa import DFA
from ..planning.bounds import after, closed, long_product, tail_loops, violates
from .statement import Counterexample, Statement, require

Map = tuple[int, ...]
SEQUENCES = 6  # of idempotents, drawn for each machine
HOUR = 3600.0  # no deadline, for functions that want one


def verify() -> tuple[int, str]:
    rng = random.Random(0)
    beyond = orbits = larger = 0
    for dfa in two_layers():
        found = idempotents(dfa)
        beyond += violates(found)
        for _ in range(SEQUENCES):
            sequence, c = long_product(found, dfa.n_states, rng)
            if not sequence:
                break
            for p in sorted(set(c)):
                points, maps = orbit(sequence, p)
                require(not violates([m for m in maps if after(m, m) == m]), f"{dfa.table.tolist()}: {sequence} from {p}")
                orbits, larger = orbits + 1, larger + (len(points) > 1)
    require(beyond > 0 and larger > 0, "some machines take two layers, and some orbits have more than one point")
    single = 0
    for dfa in one_layer():
        found = idempotents(dfa)
        for sequence in product(found, repeat=2):
            for p in sorted(set(after(*sequence))):
                require(len(orbit(sequence, p)[0]) == 1, f"{dfa.table.tolist()}: {sequence} from {p}")
                single += 1
    return orbits + single, (
        f"{orbits:,} orbits of two-layer stacks, {beyond} of which take two layers; {larger} orbits of more than one point, all "
        f"obeying the identity; {single} orbits of one layer, all of one point"
    )


def two_layers() -> list[DFA]:
    """Bit 1 is held, flipped, reset or set by each letter; bit 2 by each letter and value of bit 1."""
    acts = list(product(range(4), repeat=3))
    letters = [[2 * CHANGES[x][b] + CHANGES[(y, z)[b]][d] for b in (0, 1) for d in (0, 1)] for x, y, z in acts]
    return [DFA(np.array(pair).T, 0, [], "ab").reachable() for pair in combinations_with_replacement(letters, 2)]


def one_layer() -> list[DFA]:
    return [DFA(np.array(pair).T, 0, [], "ab").reachable() for pair in product(CHANGES, repeat=2)]


CHANGES = ((0, 1), (1, 0), (0, 0), (1, 1))


def idempotents(dfa: DFA) -> list[Map]:
    """Those that non-empty words act as."""
    maps = closed([tuple(column) for column in dfa.table.T.tolist()], time.monotonic() + HOUR)
    assert maps is not None
    return sorted(m for m in maps if after(m, m) == m)


def orbit(sequence: Sequence[Map], p: int) -> tuple[list[int], set[Map]]:
    """The orbit of p under N, and N on it, points by their places."""
    loops = tail_loops(sequence, time.monotonic() + HOUR)
    assert loops is not None
    points = [p, *sorted({m[p] for m in loops} - {p})]
    place = {q: i for i, q in enumerate(points)}
    return points, {tuple(place[m[q]] for q in points) for m in loops}


def refute() -> Counterexample:
    moves = [tuple(j if q == i else q for q in range(3)) for i in range(3) for j in range(3) if i != j]
    everything = closed(moves, time.monotonic() + HOUR)
    assert everything is not None
    c = moves[0]
    for m in moves[1:]:
        c = after(c, m)
    points = sorted({m[c[0]] for m in everything} | {c[0]})
    found = [m for m in everything if after(m, m) == m]
    e, f = next((e, f) for e in found for f in found if after(after(e, f), e) != after(f, e))
    require(points == [0, 1, 2], "the singular maps of three points")
    return Counterexample(
        "“whose last occurrences are g_j, …, g_k in this order” dropped: all words in the six maps that move one of three points",
        {"idempotents": [list(m) for m in moves], "e": list(e), "f": list(f)},
        "two layers track all maps of three states (statement hole_cascade); all words in these six, on all three points, do not "
        "obey e·f·e = f·e, so one layer does not track them",
    )


def example() -> str:
    sequence = [(1, 1, 2), (0, 2, 2), (0, 0, 2), (0, 1, 1)]  # all maps that keep the order of 0, 1, 2 and move one of them
    points, maps = orbit(sequence, 2 if 2 in sequence[-1] else 1)
    return f"{sequence} on 0, 1, 2: the orbit is {points}, N acts on it as {sorted(maps)}"


STATEMENT = Statement("peeling", "property-tested", __doc__, verify, refute, example)
