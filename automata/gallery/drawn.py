"""Random machines by seed, of every kind of `random_machines`."""

from __future__ import annotations

from functools import partial

from ..dfa import DFA
from ..random_machines import KINDS, random_dfa
from .entry import Entry, Family


def drawn(kind: str, n: int, k: int, seed: int) -> DFA:
    return random_dfa(n, k, seed, kind)


ENTRIES = [
    Entry(
        "random_5_2_seed0",
        "a random machine of 5 states and 2 letters",
        "nobody chose its structure; small enough to check by hand",
        partial(drawn, "any", 5, 2, 0),
    ),
    Entry(
        "random_8_3_seed0",
        "a random machine of 8 states and 3 letters",
        "the size at which the cascades of other software take half a minute",
        partial(drawn, "any", 8, 3, 0),
    ),
    Entry(
        "random_permutation_6_2_seed0",
        "two random permutations of 6 points",
        "they generate A_6: most random permutations generate all or half of S_n",
        partial(drawn, "permutation", 6, 2, 0),
    ),
    Entry(
        "random_partial_injection_6_2_seed0",
        "two random partial injections of 5 points and a sink",
        "dead ends in unforeseen places",
        partial(drawn, "partial-injection", 6, 2, 0),
    ),
]

FAMILIES = [
    Family(
        f"random_{'' if kind == 'any' else kind.replace('-', '_') + '_'}{{n}}_{{k}}_seed{{seed}}",
        f"a random machine of {{n}} states and {{k}} letters, kind {kind!r}, seed {{seed}}",
        "drawn cases, the same for the same seed",
        partial(drawn, kind),
        {"n": (1, 10**6), "k": (1, 10**3), "seed": (0, 2**63 - 1)},
    )
    for kind in KINDS
]
