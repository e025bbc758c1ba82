"""All maps of n points, and all order-preserving ones, take exactly n − 1 contractive layers: depth is a strict hierarchy.

Notation      T_n the monoid of all maps of n points, O_n that of the order-preserving ones; e_ij moves point i to j and fixes the
              rest; a map is singular if it is not one to one.
Hypotheses    a machine on n ≥ 2 points whose letters generate T_n or O_n (n = 2: the identity is a letter, or the decoder does
              not see the letter); layers as in statement peeling, exact arithmetic, finitely many reachable states.
Claim         n − 1 layers track it, and fewer do not. O_n has no groups, its languages are star-free: so the hierarchy is strict
              and infinite within the star-free languages, too. (S_n, a group on n points, takes one layer.)
Proof         At most: statement hole_cascade. At least, by induction; n = 2: the identity and the two constants cannot be told
              from the last letter. For O_n take all e_ij of neighbours i, j; for T_n, n ≥ 3, those of the arcs i → j of a
              strongly connected tournament. They generate all singular maps of O_n (Aizenstat 1962), of T_n (Howie 1978). Take
              all of them once, in this order. A hole, a point outside the image of the product so far, starts at h_1. While it is
              at h_t take the e_{h_t j} not taken before: they change nothing, but for the very first, which makes the hole. Then
              e_{h_{t+1} h_t} moves the hole on to h_{t+1}: along a path h_1, …, h_n through all points with arcs h_{t+1} → h_t
              (O_n: 1, 2, …, n; a tournament has one, Rédei). So the product c has rank n − 1; its image P misses h_n, and so do
              the images of all words that end with the last factor, an e_{h_n j}. Peel this sequence (statement peeling): N maps
              P into P, and contains a·c for every singular a, as a word in the e_ij followed by all of them in order. Given a map
              τ of P, order-preserving for O_n, let σ pick the least point that c sends to a given one, order-preserving if c is;
              a = τ·σ on P, and the point missing from P goes where a neighbour goes: a is singular, order-preserving if τ is, and
              a·c = τ on P. So the orbit is P with all maps of T_{n−1} or O_{n−1}, with no letter to be seen, and takes n − 2
              layers by induction; the machine takes one more.
Source        this project; Krohn–Rhodes complexity (statement stacks_are_cascades) gives n − 1 for T_n as well, but 0 for O_n.
Status        proved up to a quoted theorem: Howie 1978 (T_n), Aizenstat 1962 (O_n); for the sizes checked, proved
Check         T_3, T_4, T_5 and O_3 … O_6: generation, each factor once, the rank of c, the images, and the maps a·c on P, which
              are all of T_{n−1} or O_{n−1}, counted; O_n has no groups; the hole cascade closes with n − 1 machines. The search
              for bounds (theory/planning/bounds.py) finds n − 1 for T_3, T_4, O_3, O_4.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import comb

import numpy as np

from ...automata.dfa import DFA
from ...automata.holes import hole_cascade
from ..planning.bounds import after, lower_bound
from .statement import Counterexample, Statement, require

Map = tuple[int, ...]
Arc = tuple[int, int]


def verify() -> tuple[int, str]:
    cases = 0
    for n in (3, 4, 5):
        maps = n**n - np.prod(range(1, n + 1))
        cases += peeled_once(n, tournament(n), list(range(n))[::-1], int(maps), (n - 1) ** (n - 1), f"T_{n}")
    for n in (3, 4, 5, 6):
        maps = comb(2 * n - 1, n) - 1
        cases += peeled_once(n, neighbours(n), list(range(n)), maps, comb(2 * n - 3, n - 1), f"O_{n}")
        require(order_preserving(n).transition_monoid().is_aperiodic, f"O_{n} has no groups")
    for dfa in (all_maps(3), all_maps(4), order_preserving(3), order_preserving(4), order_preserving(5)):
        n, cascade = dfa.n_states, hole_cascade(dfa)
        require(len(cascade.machines) == n - 1 and cascade.verify() > 0, f"{n - 1} machines in the hole cascade")
        require(n > 4 or lower_bound(dfa).layers == n - 1, f"the bound found for {n} points")
    require(not known_from_letter(DFA([[0, 0, 1], [1, 0, 1]], 0, [], "icd")), "two points, the identity and the constants")
    return cases, f"T_3, T_4, T_5 and O_3 … O_6, each peeled to the one before: {cases:,} maps a·c; n − 1 layers for both"


def tournament(n: int) -> list[Arc]:
    """i → i + 1, and j → i for j > i + 1: strongly connected from three points on."""
    return [(i, j) if j == i + 1 else (j, i) for i in range(n) for j in range(i + 1, n)]


def neighbours(n: int) -> list[Arc]:
    return [(i, j) for i in range(n) for j in (i - 1, i + 1) if 0 <= j < n]


def moving(n: int, arc: Arc) -> Map:
    """e_ij."""
    return tuple(arc[1] if q == arc[0] else q for q in range(n))


def in_order(arcs: Sequence[Arc], path: Sequence[int]) -> list[Arc]:
    """All arcs once, so that the hole moves along the path."""
    taken: list[Arc] = []
    for t, hole in enumerate(path):
        if t:
            taken.append((hole, path[t - 1]))
        taken += [arc for arc in arcs if arc[0] == hole and arc not in taken]
    return taken


def peeled_once(n: int, arcs: Sequence[Arc], path: Sequence[int], singular: int, left: int, what: str) -> int:
    """The number of maps a·c, after one step of the induction was found to hold."""
    taken = in_order(arcs, path)
    require(sorted(taken) == sorted(arcs), f"{what}: each arc once")
    factors = [moving(n, arc) for arc in taken]
    monoid = DFA(np.array(factors).T, 0, [], range(len(factors))).transition_monoid()
    a = monoid.elements[1:]  # without the identity
    require(len(a) == singular and all(len(set(row)) < n for row in a.tolist()), f"{what}: {len(a)} singular maps generated")
    c = tuple(range(n))
    for factor in factors:
        c = after(c, factor)
    P = sorted(set(c))
    require(len(P) == n - 1 and sorted(set(factors[-1])) == P, f"{what}: the image of c")
    maps = np.array(c)[a][:, P]
    require(len(np.unique(maps, axis=0)) == left, f"{what}: the maps a·c on P are not all {left}")
    return len(a)


def all_maps(n: int) -> DFA:
    """T_n by three letters: a cycle, an exchange, and a merge."""
    letters = [[(i + 1) % n for i in range(n)], [1, 0, *range(2, n)], [0, 0, *range(2, n)]]
    return DFA(np.array(letters).T, 0, [], "csm")


def order_preserving(n: int) -> DFA:
    """O_n by the maps that move one point to a neighbour."""
    return DFA(np.array([moving(n, arc) for arc in neighbours(n)]).T, 0, [], range(2 * n - 2))


def known_from_letter(dfa: DFA) -> bool:
    """Whether every letter sends all states to one."""
    return bool((dfa.table == dfa.table[0]).all())


def refute() -> Counterexample:
    dfa = DFA([[0, 1], [0, 1]], 0, [1], "cd")
    monoid = dfa.transition_monoid()
    every = [m for m in product(range(2), repeat=2) if m[0] <= m[1]]
    require(sorted(map(tuple, monoid.elements.tolist())) == sorted(every), "they generate O_2")
    require(known_from_letter(dfa), "the state is known from the last letter")
    return Counterexample(
        "“n = 2: the identity is a letter” dropped: O_2 generated by the two constants",
        {"table": dfa.table.tolist(), "monoid": monoid.elements.tolist()},
        "the last letter names the state: a decoder that sees it needs no layer, not n − 1 = 1",
    )


def example() -> str:
    shown = ", ".join(str(moving(4, arc)) for arc in in_order(neighbours(4), range(4)))
    return f"O_4: the factors {shown} multiply to rank 3, and leave O_3 on three points; O_3's leave O_2: three layers"


STATEMENT = Statement("depth_hierarchy", "proved for the sizes named", __doc__, verify, refute, example)
