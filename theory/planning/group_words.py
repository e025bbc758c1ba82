"""Word problems of groups that have smaller matrices than permutations: cyclic, dihedral, S_n, A_5.

Statement     let all letters act regularly (the machine is a Cayley graph) and let its group lie in that of a construction of
              theory/papers, letters and all.  Then each letter may do what its image does there, and each state be named where its
              image is.
Search        generators of the group are sent to elements of the same order in all ways, until products agree everywhere.
Constructions cyclic      turns of the plane, n_h = 2 in one layer, or inside a dihedral group with n_h = 1 in two
              dihedral    mirrors and turns of the plane, n_h = 2 in one layer, n_h = 1 in two
              S_4, A_5    rotations of the cube and the icosahedron, n_h = 2 in one layer
              S_n         blocks of swaps: n_h ≥ 2 in three layers, n_h = 1 in four
Exact         whole numbers for cyclic and dihedral groups whose m divides 12, for the cube, and for blocks of swaps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from math import factorial

import numpy as np
import numpy.typing as npt

from ...automata.dfa import DFA
from ...automata.errors import TooLarge
from .. import papers
from ..constructions.cosets import multiplication_table
from ..exact_stack import ExactStack, Link
from ..mlp import Mlp
from ..papers import Construction
from ..papers.construction import nearest_point
from ..papers.dihedral import coordinates
from ..papers.polygon import heads, point, polygons

LARGEST = 240  # elements
Ints = npt.NDArray[np.integer]


def group_constructions(dfa: DFA, n_h: int | None, exact: bool) -> Iterator[Construction]:
    """Constructions for a machine whose states are all reachable; those of whole numbers only, if `exact`; those of several layers
    only where a limit on n_h asks for them."""
    size = dfa.n_states
    if size > LARGEST or size < 3 or len(dfa.reachable_states()) < size:
        return
    if any(len(np.unique(column)) < size for column in dfa.table.T):
        return  # a monoid may act regularly, too
    times = multiplication_table(dfa)
    if times is None:
        return
    for made in _candidates(dfa, times, n_h):
        if (made.exact or not exact) and (n_h is None or made.n_h <= n_h):
            yield made


def _candidates(dfa: DFA, times: Ints, n_h: int | None) -> Iterator[Construction]:
    size = dfa.n_states
    orders = element_orders(times, dfa.start)
    if orders.max() == size:
        yield from _turning(dfa, times, size, size)
        if n_h == 1:
            yield from _inside(dfa, times, lambda: papers.dihedral(size), f"Z_{size} among the symmetries of a polygon")
    elif size % 2 == 0 and orders.max() >= size // 2:
        yield from _turning(dfa, times, size // 2, size)
        if n_h == 1:
            yield from _inside(dfa, times, lambda: papers.dihedral(size // 2), f"D_{size // 2} in two layers")
    if size == 24:
        yield from _inside(dfa, times, lambda: papers.rotations("cube"), "rotations of the cube")
    if size == 60:
        yield from _inside(dfa, times, lambda: papers.rotations("icosahedron"), "rotations of the icosahedron")
    for n in (3, 4, 5):
        if size == factorial(n) and n_h is not None and n_h < n - 1:
            make = partial(papers.symmetric, n, 4, None) if n_h == 1 else partial(papers.symmetric, n, 3, n_h)
            yield from _inside(dfa, times, make, f"S_{n} by blocks of swaps")


def _turning(dfa: DFA, times: Ints, m: int, size: int) -> Iterator[Construction]:
    """Turns, and mirrors where the group has twice as many elements, of a regular m-gon in one layer."""
    if m < 2:
        return
    whole = papers.dihedral(m).dfa if size == 2 * m else papers.counting(m).dfa
    target = multiplication_table(whole)
    assert target is not None
    into = embedding(times, dfa.start, target, whole.start)
    if into is None:
        return
    names = whole.state_names or range(m)
    elements = [coordinates(names[q]) if size == 2 * m else (int(q), False) for q in into.tolist()]
    parts = polygons(m)
    generic = size == 2 * m
    letters = [elements[q] for q in dfa.table[dfa.start].tolist()]
    points = [point(parts, j, reflected, generic=generic) for j, reflected in elements]
    stack = nearest_point(dfa.alphabet, heads(parts, [*letters], generic=generic), points)
    yield Construction(f"{'symmetries' if generic else 'turns'} of a regular {m}-gon", dfa, stack, papers.counting(m).statement)


def _inside(dfa: DFA, times: Ints, make: Callable[[], Construction], name: str) -> Iterator[Construction]:
    try:
        made = make()
    except TooLarge:
        return
    target = multiplication_table(made.dfa)
    if target is None:
        return
    into = embedding(times, dfa.start, target, made.dfa.start)
    if into is not None:
        yield replace(transported(made, dfa, into), name=name)


def element_orders(times: Ints, one: int) -> Ints:
    """The order of each element."""
    orders = np.zeros(len(times), dtype=np.int64)
    power, k = np.arange(len(times)), 1
    while not orders.all():
        orders[(power == one) & (orders == 0)] = k
        power, k = times[power, np.arange(len(times))], k + 1
    return orders


def embedding(times: Ints, one: int, target: Ints, target_one: int) -> Ints | None:
    """An injective map [n] that respects products, found by trying images of generators; None when there is none."""
    orders, target_orders = element_orders(times, one), element_orders(target, target_one)
    chosen: list[int] = []
    reached = np.zeros(len(times), dtype=bool)
    reached[one] = True
    for g in np.argsort(-orders, kind="stable").tolist():
        if not reached[g]:
            chosen.append(g)
            reached = span(times, one, chosen)
    return _extended(times, one, target, target_one, chosen, [np.flatnonzero(target_orders == orders[g]) for g in chosen], [])


def span(times: Ints, one: int, generators: list[int]) -> npt.NDArray[np.bool_]:
    """Which elements these generate."""
    seen, order = np.zeros(len(times), dtype=bool), [one]
    seen[one] = True
    for x in order:
        for g in generators:
            y = int(times[x, g])
            if not seen[y]:
                seen[y] = True
                order.append(y)
    return seen


def _extended(
    times: Ints, one: int, target: Ints, target_one: int, generators: list[int], choices: list[Ints], images: list[int]
) -> Ints | None:
    """The images of some generators, completed to an embedding if that can be; each partial choice must already respect products."""
    into = spread(times, one, target, target_one, generators[: len(images)], images)
    if into is None or len(images) == len(generators):
        return into
    for image in choices[len(images)].tolist():
        found = _extended(times, one, target, target_one, generators, choices, [*images, image])
        if found is not None:
            return found
    return None


def spread(times: Ints, one: int, target: Ints, target_one: int, generators: list[int], images: list[int]) -> Ints | None:
    """The map [n] that sends generators to images, −1 outside what they generate; None when products or injectivity fail."""
    into = np.full(len(times), -1, dtype=np.int64)
    into[one], order = target_one, [one]
    for x in order:
        for g, image in zip(generators, images, strict=True):
            y, wanted = int(times[x, g]), int(target[into[x], image])
            if into[y] < 0:
                into[y] = wanted
                order.append(y)
            elif into[y] != wanted:
                return None
    met = into[into >= 0]
    return into if len(np.unique(met)) == len(met) else None


def transported(made: Construction, dfa: DFA, into: Ints) -> Construction:
    """A construction whose letters are all elements of a group, for a machine whose states `into` sends to its states."""
    by_target = {int(q): letter for letter, q in enumerate(made.dfa.table[made.dfa.start])}
    letters = [by_target[int(into[q])] for q in dfa.table[dfa.start]]
    stack = made.stack
    first = tuple(replace(head, letters=[head.letters[letter] for letter in letters]) for head in stack.layers[0])
    links = list(stack.links)
    if links:
        count, W = stack.n_symbols[0], links[0].mlp.weights[0]
        columns = np.concatenate([W[:, :count][:, letters], W[:, count:]], axis=1)
        links[0] = Link(links[0].shift, Mlp((columns, *links[0].mlp.weights[1:]), links[0].mlp.biases))
    reader = stack.reader
    named = Mlp((*reader.weights[:-1], reader.weights[-1][into]), (*reader.biases[:-1], reader.biases[-1][into]))
    moved = ExactStack(dfa.alphabet, (first, *stack.layers[1:]), tuple(links), named)
    return Construction(made.name, dfa, moved, made.statement)
