"""Machines kept for their transition monoids: all maps, order-preserving maps, partial injections, permutations with resets."""

from __future__ import annotations

from ..dfa import DFA
from .entry import Entry, Family
from .memory import ONE_LAYER

DEPTH = "deltaword's theorem on depth: T_n and O_n need exactly n - 1 contractive layers"
CERNY = "Černý 1964, Poznámka k homogénnym experimentom s konečnými automatmi, Matematicko-fyzikálny časopis 14"


def from_maps(maps: dict[str, list[int]], accepting: list[int]) -> DFA:
    """Letter a sends state q to maps[a][q]; start 0."""
    return DFA([list(row) for row in zip(*maps.values(), strict=True)], 0, accepting, maps)


def all_maps(n: int) -> DFA:
    """T_n from a cycle, a swap and a merge, the least number of letters."""
    points = list(range(n))
    return from_maps({"c": [*points[1:], 0], "s": [1, 0, *points[2:]], "m": [0, 0, *points[2:]]}, [0])


def order_preserving(n: int) -> DFA:
    """O_n from its 2n - 2 neighbour idempotents: letter "i>j" sends i to j and keeps the rest."""
    maps = {}
    for i in range(n - 1):
        for source, target in [(i, i + 1), (i + 1, i)]:
            maps[f"{source}>{target}"] = [target if q == source else q for q in range(n)]
    return from_maps(maps, [n - 1])


def permutation_reset(n: int) -> DFA:
    points = list(range(n))
    return from_maps({"c": [*points[1:], 0], "s": [1, 0, *points[2:]], "r": [0] * n}, [0])


def cerny(n: int) -> DFA:
    return from_maps({"a": [*range(1, n), 0], "b": [*range(n - 1), 0]}, [0])


def partial_injections() -> DFA:
    return DFA([[1, 3], [2, 3], [3, 0], [3, 3]], 0, [0], "ab", state_names=["0", "1", "2", "sink"])


ENTRIES = [
    Entry(
        "T_3",
        "a cycle, a swap and a merge of 3 points; words that bring point 0 back",
        "all 27 maps of 3 points: not one layer, exactly two",
        lambda: all_maps(3),
        DEPTH,
    ),
    Entry(
        "T_4",
        "a cycle, a swap and a merge of 4 points; words that bring point 0 back",
        "all 256 maps of 4 points: exactly three layers",
        lambda: all_maps(4),
        DEPTH,
    ),
    Entry(
        "O_3",
        "moves of one point onto a neighbour among 3 in a row; words that take point 0 to the end",
        "the order-preserving maps: no group at all, and still exactly two layers",
        lambda: order_preserving(3),
        DEPTH,
    ),
    Entry(
        "O_4",
        "moves of one point onto a neighbour among 4 in a row; words that take point 0 to the end",
        "four states and no group, and exactly three layers, where S_5 needs one",
        lambda: order_preserving(4),
        DEPTH,
    ),
    Entry(
        "partial_injections",
        "prefix by prefix aab over and over: (aab)*",
        "no two states merge except in the sink, encoded as the zero vector; its monoid is not regular",
        partial_injections,
        ONE_LAYER,
    ),
    Entry(
        "permutation_reset_3",
        "a cycle, a swap and a reset of 3 points; words that bring point 0 back",
        "every layer of a cascade is such a machine: permutations and constants",
        lambda: permutation_reset(3),
        ONE_LAYER,
    ),
    Entry(
        "permutation_reset_5",
        "a cycle, a swap and a reset of 5 points; words that bring point 0 back",
        "S_5 with a reset: the costliest permutations and an erasure in one layer",
        lambda: permutation_reset(5),
        ONE_LAYER,
    ),
    Entry(
        "cerny_4",
        "a cycle of 4 points and a merge of the last into the first; words that bring point 0 back",
        "its shortest resetting word is the longest known, 9 letters; its cascades grow like n!",
        lambda: cerny(4),
        CERNY,
    ),
]

FAMILIES = [
    Family(
        "T_{n}",
        "a cycle, a swap and a merge of {n} points; words that bring point 0 back",
        "all maps of n points: exactly n - 1 layers",
        all_maps,
        {"n": (2, 1000)},
        DEPTH,
    ),
    Family(
        "O_{n}",
        "moves of one point onto a neighbour among {n} in a row; words that take point 0 to the end",
        "the order-preserving maps: exactly n - 1 layers without any group",
        order_preserving,
        {"n": (3, 1000)},
        DEPTH,
    ),
    Family(
        "permutation_reset_{n}",
        "a cycle, a swap and a reset of {n} points; words that bring point 0 back",
        "permutations and constants",
        permutation_reset,
        {"n": (2, 10**4)},
        ONE_LAYER,
    ),
    Family(
        "cerny_{n}",
        "a cycle of {n} points and a merge of the last into the first; words that bring point 0 back",
        "resetting words as long as they are known to get, (n - 1)^2 letters",
        cerny,
        {"n": (2, 10**4)},
        CERNY,
    ),
]
