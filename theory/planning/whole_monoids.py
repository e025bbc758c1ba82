"""Machines whose letters generate all maps of their states, or all that preserve an order: how many layers they take is known.

Notation      T_n the monoid of all maps of n points, O_n that of the maps that preserve an order of them; a letter of rank n − 1 merges
              one pair of points, its kernel, and misses one point.
T_n           a product of rank n has factors of rank n only, one of rank n − 1 has factors of rank n and n − 1. So letters generate T_n
              if and only if those of rank n generate S_n and one has rank n − 1: exchanges on both sides make every e_ij of it,
              which generate the rest (Howie 1978).
O_n           its maps of rank n − 1 merge two neighbours, and a product of them has the kernel of its first factor. So the kernels of
              the letters of rank n − 1 are the n − 1 pairs of neighbours: a path, which shows the order. A product of rank n − 1 is a
              letter of kernel {i, i + 1}, then letters whose kernel has the point that is missed so far. So it has all e_ij of
              neighbours, which generate O_n (Aizenstat 1962; the identity is the empty word), if and only if along such letters the
              missed point gets to i and to i + 1 from some letter with that kernel, for every i.
Use           n − 1 layers are needed, from n = 3 on, and are enough: statement depth_hierarchy. Letters beside those do no harm: what
              tracks them all tracks some.
"""

from __future__ import annotations

from math import factorial

import numpy as np

from ...automata.dfa import DFA
from ...automata.giants import giant_order
from ...automata.permutations import closure

LISTED_UP_TO = 7  # points of groups that are listed: 7! = 5,040 elements


def whole_monoid(machine: DFA) -> str | None:
    """ "T_n" or "O_n" where some of the letters generate it, n ≥ 3 states; else None. For n ≥ 8 a T_n may be missed, with small odds.

    >>> from ...automata.languages import get
    >>> [whole_monoid(get(name)) for name in ("T_5", "O_6", "S_5_action", "a_star_b_star")]
    ['T_5', 'O_6', None, None]
    """
    n = machine.n_states
    if n < 3:
        return None
    letters = np.unique(machine.table.T, axis=0)
    ranks = np.array([len(np.unique(letter)) for letter in letters])
    if not (ranks == n - 1).any():
        return None
    if generates_all_permutations(letters[ranks == n]):
        return f"T_{n}"
    return f"O_{n}" if generates_order_preserving(letters[ranks == n - 1]) else None


def generates_all_permutations(rows: np.ndarray) -> bool:
    """Whether permutations [m, n] were found to generate S_n."""
    m, n = rows.shape
    if not m:
        return False
    if n > LISTED_UP_TO:
        return giant_order(rows) == factorial(n)
    return len(closure([tuple(row) for row in rows.tolist()])) == factorial(n)


def generates_order_preserving(rows: np.ndarray) -> bool:
    """Whether maps [m, n] of rank n − 1 generate the maps of that rank that preserve an order, together with others perhaps."""
    n = rows.shape[1]
    pairs = {frozenset(merged(row)) for row in rows.tolist()}
    order = path_through(pairs, n)
    if order is None:
        return False
    place = np.argsort(order)
    renamed = [place[row[order]] for row in rows]
    kept = [row for row in renamed if (np.diff(row) >= 0).all()]
    arrows = [(merged(row.tolist())[0], missed(row)) for row in kept]  # kernel {i, i + 1}, and the point that the image misses
    for i in range(n - 1):
        reached = {j for kernel, j in arrows if kernel == i}
        todo = list(reached)
        while todo:
            hole = todo.pop()
            for kernel, j in arrows:
                if hole in (kernel, kernel + 1) and j not in reached:
                    reached.add(j)
                    todo.append(j)
        if not {i, i + 1} <= reached:
            return False
    return True


def merged(row: list[int]) -> tuple[int, int]:
    """The pair that a map of rank n − 1 sends to one point."""
    first: dict[int, int] = {}
    for q, image in enumerate(row):
        if image in first:
            return first[image], q
        first[image] = q
    raise AssertionError("a permutation merges nothing")


def missed(row: np.ndarray) -> int:
    """The point outside its image."""
    return int(np.setdiff1d(np.arange(len(row)), row)[0])


def path_through(pairs: set[frozenset[int]], n: int) -> np.ndarray | None:
    """All points in the order in which pairs link them, if the pairs are a path through all; else None.

    >>> path_through({frozenset((2, 0)), frozenset((0, 1))}, 3).tolist()
    [1, 0, 2]
    """
    near: dict[int, list[int]] = {q: [] for q in range(n)}
    for p, q in map(sorted, pairs):
        near[p].append(q)
        near[q].append(p)
    ends = [q for q in range(n) if len(near[q]) == 1]
    if len(pairs) != n - 1 or len(ends) != 2 or max(map(len, near.values())) > 2:
        return None
    order, before = [ends[0]], -1
    while (after := [q for q in near[order[-1]] if q != before]) and len(order) < n:
        before = order[-1]
        order.append(after[0])
    return np.array(order) if len(order) == n else None
