"""The hole cascade: any machine of n states as permutation-and-reset machines of n, n − 1, … points.

Construction  a hole is a state that the machine is surely not in.  A letter that permutes the states moves the hole along; any other
              letter misses some state, and resets the hole there.  That is a permutation-and-reset machine.  The state is one of
              the n − 1 others, numbered by rank; hole and letter map these to the others of the new hole: a machine of n − 1
              states over the maps so induced, on which the same is done again.
Length        n − 1 components for n states, the last with two states; fewer when `enough` says of what is left that it need not be
              taken apart.
Source        theorem 5 of this project's one-layer theory: n − 1 contractive layers hold every n-state machine.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .cascade import Cascade, Table
from .dfa import DFA


def hole_cascade(dfa: DFA, enough: Callable[[DFA], bool] = lambda rest: rest.n_states <= 2) -> Cascade:
    """The cascade of `dfa`'s reachable part, taken apart until `enough` of what is left.

    >>> cascade = hole_cascade(DFA([[0, 1], [2, 1], [2, 2]], 0, [0, 1], "ab"))
    >>> [machine.n_states for machine in cascade.machines], cascade.verify()
    ([3, 2], 4)
    """
    part = rest = dfa.reachable()
    machines: list[DFA] = []
    links: list[Table] = []
    readers: list[Table] = []
    while rest.n_states > 1 and not enough(rest):
        holes = hole_machine(rest)
        links.append(np.full((rest.n_letters, rest.n_states), -1))
        readers.append(with_hole(np.arange(rest.n_states - 1)[:, None], np.arange(rest.n_states)[None, :]))
        machines.append(holes)
        rest = what_is_left(rest, holes, links[-1])
    return Cascade(part, (*machines, rest), tuple(links), tuple(readers))


def hole_machine(rest: DFA) -> DFA:
    """The hole of a machine, as a permutation-and-reset machine over the same letters; it starts beside the start."""
    n = rest.n_states
    columns = []
    for column in rest.table.T.tolist():
        missed = sorted(set(range(n)) - set(column))
        columns.append([missed[0]] * n if missed else column)
    return DFA(np.array(columns).T, int(rest.start == 0), [], rest.alphabet)


def what_is_left(rest: DFA, holes: DFA, link: Table) -> DFA:
    """The machine of one state fewer than `rest` that its hole leaves, over the maps that letter and hole induce; fills in which map
    [n_letters, n_states] each pair gives, for the holes that can be met."""
    maps: dict[tuple[int, ...], int] = {}
    ranks = np.arange(rest.n_states - 1)
    for hole in holes.reachable_states().tolist():
        points = with_hole(ranks, hole)
        for letter in range(rest.n_letters):
            induced = without(rest.table[points, letter], int(holes.table[hole, letter]))
            link[letter, hole] = maps.setdefault(tuple(induced.tolist()), len(maps))
    table = np.array(list(maps)).T
    return DFA(table, int(without(np.array(rest.start), holes.start)), [], range(len(maps)))


def without(points: np.ndarray, hole: int) -> np.ndarray:
    """The ranks of points among those other than the hole."""
    return points - (points > hole)


def with_hole(ranks: np.ndarray, hole: int | np.ndarray) -> np.ndarray:
    """The points of these ranks among those other than the hole."""
    return ranks + (ranks >= hole)
