"""Balanced brackets of bounded depth: a stack that a finite machine can hold."""

from __future__ import annotations

from itertools import product

from ..dfa import DFA
from .entry import Entry, Family

HEWITT = "Hewitt et al. 2020, RNNs Can Generate Bounded Hierarchical Languages with Optimal Memory, arXiv 2010.07515"
BRACKETS = "()[]{}<>"


def dyck(k: int, d: int) -> DFA:
    """States: the stacks of at most d open brackets of k kinds, shortest first, then a sink. Letters: each kind, open and close."""
    opening = BRACKETS[0 : 2 * k : 2]
    stacks = ["".join(stack) for height in range(d + 1) for stack in product(opening, repeat=height)]
    number = {stack: q for q, stack in enumerate(stacks)}
    sink = len(stacks)
    table = []
    for stack in stacks:
        row = []
        for left in opening:
            popped = number[stack[:-1]] if stack.endswith(left) else sink
            row += [number.get(stack + left, sink), popped]
        table.append(row)
    table.append([sink] * (2 * k))
    names = [*(stack or "ε" for stack in stacks), "sink"]
    return DFA(table, 0, [0], BRACKETS[: 2 * k], state_names=names)


ENTRIES = [
    Entry(
        "dyck_1_depth_2",
        "balanced brackets, at most 2 deep",
        "partial injections with a sink: a stack of one kind of bracket is a counter that may break",
        lambda: dyck(1, 2),
        HEWITT,
    ),
    Entry(
        "dyck_1_depth_3",
        "balanced brackets, at most 3 deep",
        "the same one deeper; drawn, it is a line with a sink",
        lambda: dyck(1, 3),
        HEWITT,
    ),
    Entry(
        "dyck_2_depth_2",
        "balanced brackets of two kinds, at most 2 deep",
        "a true stack: what is closed must be what was opened last; seven stacks in two levels",
        lambda: dyck(2, 2),
        HEWITT,
    ),
]

FAMILIES = [
    Family(
        "dyck_{k}_depth_{d}",
        "balanced brackets of {k} kinds, at most {d} deep",
        "bounded stacks: partial injections with a sink",
        dyck,
        {"k": (1, 4), "d": (1, 8)},
        HEWITT,
    ),
]
