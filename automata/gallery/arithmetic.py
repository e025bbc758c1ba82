"""Arithmetic modulo m on written expressions, * before + and -, with brackets nested to a bounded depth.

What has been read of an expression is a pair (s, c) a bracket level: s the sum of the finished terms, and c either the product so
far of the term that is being read (an operand comes next) or that product with its last factor (an operator comes next).
"""

from __future__ import annotations

from ..dfa import DFA
from .counting import DELETANG
from .entry import Entry, Family

Frame = tuple[int, int]
State = tuple[str, tuple[Frame, ...]]  # "operand" or "operator" comes next; the open levels, outermost first
DEAD: State = ("dead", ())


def modular_arithmetic(m: int, d: int = 0) -> DFA:
    """Well-formed expressions over the digits below m (10 at most) whose value is 0 mod m; brackets at most d deep.

    Minimal with brackets too: what is multiplied by 0 need not be remembered.
    """
    alphabet = "0123456789"[:m] + "+-*" + ("()" if d else "")
    start: State = ("operand", ((0, 1),))
    number: dict[State, int] = {start: 0}
    queue: list[State] = [start]
    table = []
    for state in queue:  # grows while it is walked
        row = []
        for letter in alphabet:
            target = step(state, letter, m, d)
            if target not in number:
                number[target] = len(queue)
                queue.append(target)
            row.append(number[target])
        table.append(row)
    accepting = [
        q for q, (comes, levels) in enumerate(queue) if comes == "operator" and len(levels) == 1 and sum(levels[0]) % m == 0
    ]
    dfa = DFA(table, 0, accepting, alphabet, state_names=map(shown, queue))
    return dfa.minimized() if d else dfa


def step(state: State, letter: str, m: int, d: int) -> State:
    comes, levels = state
    if comes == "dead":
        return DEAD
    (s, c), below = levels[-1], levels[:-1]
    if comes == "operand":
        if letter.isdigit():
            return "operator", (*below, (s, c * int(letter) % m))
        if letter == "(" and len(below) < d:
            return "operand", (*levels, (0, 1))
        return DEAD
    match letter:
        case "+":
            return "operand", (*below, ((s + c) % m, 1 % m))
        case "-":
            return "operand", (*below, ((s + c) % m, -1 % m))
        case "*":
            return "operand", levels
        case ")" if below:
            outer_s, outer_c = below[-1]
            return "operator", (*below[:-1], (outer_s, outer_c * (s + c) % m))
    return DEAD


def shown(state: State) -> str:
    comes, levels = state
    text = "(".join(f"{s}+{c}·" for s, c in levels)
    return {"dead": "dead", "operand": text, "operator": text[:-1]}[comes]


ENTRIES = [
    Entry(
        "modular_arithmetic",
        "expressions over 0 … 4, +, -, * (which binds tighter) with the value 0 mod 5",
        "a sum beside a running product: multiplying by 0 is a reset, so its monoid is not a group",
        lambda: modular_arithmetic(5),
        DELETANG,
    ),
    Entry(
        "modular_arithmetic_mod_2_depth_2",
        "expressions over 0, 1, +, -, * and brackets at most 2 deep with the value 0 mod 2",
        "a bounded stack of interrupted sums: the regular part of the task with brackets",
        lambda: modular_arithmetic(2, 2),
        DELETANG,
    ),
    Entry(
        "modular_arithmetic_mod_3_depth_1",
        "expressions over 0, 1, 2, +, -, * and brackets at most 1 deep with the value 0 mod 3",
        "one interrupted sum, in a ring where -1 is not 1",
        lambda: modular_arithmetic(3, 1),
        DELETANG,
    ),
]

FAMILIES = [
    Family(
        "modular_arithmetic_mod_{m}",
        "expressions over the digits below {m}, +, -, * (which binds tighter) with the value 0 mod {m}",
        "modular arithmetic without brackets",
        modular_arithmetic,
        {"m": (2, 10)},
        DELETANG,
    ),
    Family(
        "modular_arithmetic_mod_{m}_depth_{d}",
        "expressions over the digits below {m}, +, -, * and brackets at most {d} deep with the value 0 mod {m}",
        "modular arithmetic with bounded nesting; about m to the power 2d + 2 states before minimising",
        modular_arithmetic,
        {"m": (2, 5), "d": (1, 2)},
        DELETANG,
    ),
]
