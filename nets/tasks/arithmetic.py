"""Modular arithmetic on written expressions: the expression, "=", and after it the value modulo m is asked.

    mod_arithmetic            3 + 2 * 4 - 1 =            digits and operators in turn, * before + and −
    mod_arithmetic_brackets   ((2-(-1))+(3--4+0)) =      brackets nested to a bounded depth, + and −, unary minus, no *

Chance        one over the number of values, as the paper scales it.  Products are 0 more often than that: the best constant answer is
              right on 0.206 of words of 40 tokens without brackets, on 0.256 with brackets and *.
Lengths       count the tokens that are read, "=" among them; the papers count the answer too.
With brackets as the first paper's released generator: an expression of 1 to 4 tokens is d, -d, (d) or (-d); a longer one is (L+R) or
              (L-R), the length of L drawn evenly and each part made likewise; with `multiplication` also (L*R). Left to itself it nests
              without bound, which is no regular language. Here, where `depth` brackets are open, the parts go without brackets: d, -d,
              and L+R, whose value is then that of the whole chain, * before + and −.
Reading       (s, c) for each open bracket: the sum of the finished terms, and the signed product of the unfinished one.
Source        Grazzi et al. 2024, arXiv 2411.12537, section 5 and its released code; Delétang et al. 2022, arXiv 2207.02098
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ...automata.dfa import DFA
from ...automata.errors import BadArgument
from . import letters as draws
from .automaton import AutomatonTask
from .base import NOT_ASKED, Task, Words

Ints = npt.NDArray[np.int64]

TRAIN_LENGTHS = (3, 40)  # the first paper's, which evaluates on 40 to 256
EVAL_LENGTHS = (40, 64, 128, 256, 512, 1024, 2560)
COMPILED_DEPTH = 2  # brackets up to which the machine is written down

LEAF = 4  # tokens of an expression that is not split, where brackets may be opened
BARE_LEAF = 2  # and where not


def mod_arithmetic(m: int = 5) -> AutomatonTask:
    """Without brackets: digits below m evenly, operators +, −, * evenly. A word of odd length ends with a second "=".

    >>> task = mod_arithmetic()
    >>> tokens, targets = task.words(seed=0, step=0, rows=range(1), length=8)
    >>> "".join(task.letters[t] for t in tokens[0]), int(targets[0, 7])
    ('1*3-3*2=', 2)
    """
    machine = reader(checked_modulus(m), 0, True)
    return AutomatonTask(
        "mod_arithmetic" if m == 5 else f"mod_arithmetic_mod_{m}",
        machine,
        slots=((0, m), (m, 3)),
        last_only=True,
        closing=machine.n_letters - 1,
        outputs=(*range(m), *(NOT_ASKED,) * (machine.n_states - m)),
        classes=tuple(map(str, range(m))),
        train_lengths=TRAIN_LENGTHS,
        eval_lengths=EVAL_LENGTHS,
    )


@dataclass(frozen=True, eq=False)
class BracketTask(Task):
    """With brackets, at most `depth` deep; None for any depth.

    Expressions are drawn by numpy whatever the device: splitting them has no fixed shape.

    >>> task = BracketTask(depth=1)
    >>> tokens, targets = task.words(seed=0, step=0, rows=range(1), length=16)
    >>> "".join(task.letters[t] for t in tokens[0]), int(targets[0, 15])
    ('(-4-2+1+-0-2-2)=', 1)
    """

    depth: int | None = 2
    multiplication: bool = False
    m: int = 5
    train_lengths: tuple[int, int] = TRAIN_LENGTHS
    eval_lengths: tuple[int, ...] = EVAL_LENGTHS
    supervision = "last position"
    least_length = 2

    def __post_init__(self):
        checked_modulus(self.m)
        if self.depth is not None and not 1 <= self.depth <= 64:
            raise BadArgument(f"brackets {self.depth} deep; 1 to 64 is expected, or None for any depth")
        nested = {2: "", None: "_unbounded"}.get(self.depth, f"_depth_{self.depth}")
        name = (
            f"mod_arithmetic_brackets{nested}{'_mult' if self.multiplication else ''}{'' if self.m == 5 else f'_mod_{self.m}'}"
        )
        set_once = super().__setattr__
        set_once("name", name)
        set_once("letters", alphabet(self.m, brackets=True, multiplication=self.multiplication))
        set_once("classes", tuple(map(str, range(self.m))))
        set_once("chance", 1 / self.m)

    @cached_property
    def dfa(self) -> DFA | None:
        """For brackets up to 2 deep; reads any well-formed expression, not only those that are drawn."""
        if self.depth is None or self.depth > COMPILED_DEPTH:
            return None
        return reader(self.m, self.depth, self.multiplication)

    @property
    def class_of_state(self) -> Ints | None:
        if self.dfa is None:
            return None
        states = np.arange(self.dfa.n_states)
        return np.where(states < self.m, states, NOT_ASKED)

    def _words(self, keys: npt.NDArray[np.uint64], length: int, lengths: Ints) -> Words:
        equals = len(self.letters) - 1
        tokens = np.full((len(keys), length), equals)
        write(tokens, keys, lengths - 1, self.depth, self.m, self.multiplication)
        targets = np.full_like(tokens, NOT_ASKED)
        targets[np.arange(len(keys)), lengths - 1] = values(tokens, self.m, self.letters)
        return tokens, targets

    def _batch(
        self, start: int, step: int | Tensor, rows: range, length: int, shortest: int | None, device: torch.device
    ) -> tuple[Tensor, Tensor]:
        keys = draws.row_keys(start, int(step), rows)
        tokens, targets = self._words(keys, length, self._lengths(keys, length, shortest))
        return torch.from_numpy(tokens).to(device), torch.from_numpy(targets).to(device)


def alphabet(m: int, brackets: bool, multiplication: bool = True) -> tuple[str, ...]:
    """Digits, operators, brackets, "=".

    >>> "".join(alphabet(5, brackets=True))
    '01234+-*()='
    """
    return (*map(str, range(m)), "+", "-", *("*" if multiplication else ""), *("()" if brackets else ""), "=")


def checked_modulus(m: int) -> int:
    if not 2 <= m <= 10:
        raise BadArgument(f"arithmetic modulo {m}; 2 to 10 is expected, since digits are single letters")
    return m


# ---------------------------------------------------------------------- drawing expressions with brackets


class Parts(NamedTuple):
    """Parts of expressions still to be written: their row, where they begin, their size, and how many brackets they may open."""

    row: Ints
    begin: Ints
    size: Ints
    free: Ints

    def where(self, mask: npt.NDArray[np.bool_]) -> Parts:
        return Parts(*(column[mask] for column in self))


def write(tokens: Ints, keys: npt.NDArray[np.uint64], sizes: Ints, depth: int | None, m: int, multiplication: bool) -> None:
    """Into row r of tokens [B, T], from the left, an expression of sizes[r] tokens; the parts of all rows are split at once, in rounds.

    A part draws the number of its row at the position that its beginning and size make: of two that begin together one is shorter.
    """
    B, T = tokens.shape
    opening = m + 2 + multiplication
    parts = Parts(np.arange(B), np.zeros(B, dtype=np.int64), sizes, np.full(B, T if depth is None else depth))
    while len(parts.row):
        drawn = draws.numbers(keys[parts.row], (parts.begin << 32 | parts.size).astype(np.uint64))
        splits = parts.size > np.where(parts.free > 0, LEAF, BARE_LEAF)
        wrapped = parts.where((parts.size > BARE_LEAF) & (parts.free > 0))
        tokens[wrapped.row, wrapped.begin] = opening
        tokens[wrapped.row, wrapped.begin + wrapped.size - 1] = opening + 1
        write_leaves(tokens, parts.where(~splits), drawn[~splits], m)
        parts = write_operators(tokens, parts.where(splits), drawn[splits], m, 2 + multiplication)


def write_leaves(tokens: Ints, leaves: Parts, drawn: Ints, m: int) -> None:
    """d, -d, and the same within brackets."""
    wrapped = leaves.size > BARE_LEAF
    tokens[leaves.row, leaves.begin + leaves.size - 1 - wrapped] = draws.choice(drawn, m)
    minus = leaves.size % 2 == 0
    tokens[leaves.row[minus], (leaves.begin + wrapped)[minus]] = m + 1


def write_operators(tokens: Ints, parts: Parts, drawn: Ints, m: int, operators: int) -> Parts:
    """Between L and R; then L and R are the parts to write."""
    wrapped = (parts.free > 0).astype(np.int64)
    inner = parts.size - 2 * wrapped
    both = draws.choice(drawn, operators * (inner - 2))  # the operator and the size of L, 1 … inner − 2, in one draw
    left = 1 + both // operators
    begin = parts.begin + wrapped
    tokens[parts.row, begin + left] = m + both % operators
    return Parts(
        np.concatenate([parts.row, parts.row]),
        np.concatenate([begin, begin + left + 1]),
        np.concatenate([left, inner - left - 1]),
        np.tile(parts.free - wrapped, 2),
    )


# ---------------------------------------------------------------------- reading them


def values(tokens: Ints, m: int, letters: tuple[str, ...]) -> Ints:
    """The value modulo m of the expression before "=" in each row of tokens [B, T]; well-formed, any depth.

    >>> letters = alphabet(5, brackets=True)
    >>> values(np.array([[letters.index(letter) for letter in "2*(3--4)="]]), 5, letters)
    array([4])
    """
    B, T = tokens.shape
    number = {letter: i for i, letter in enumerate(letters)}
    opens, closes = tokens == number["("], tokens == number[")"]
    level = np.cumsum(opens, axis=1) - np.cumsum(closes, axis=1)
    s = np.zeros((B, level.max(initial=0) + 1), dtype=np.int64)
    c = np.ones_like(s)
    every = np.arange(B)
    at = np.zeros(B, dtype=np.int64)  # the level before the token
    after_operand = np.zeros(B, dtype=bool)
    for t in range(T):
        token = tokens[:, t]
        if (token == number["="]).all():
            break
        here_s, here_c = s[every, at], c[every, at]
        sign = np.where(token == number["-"], -1, 1)
        adds = (token == number["+"]) | (token == number["-"])
        ends_term = adds & after_operand
        digit = token < m
        s[every, at] = np.where(ends_term, here_s + here_c, here_s) % m
        c[every, at] = np.where(ends_term, sign, here_c * np.where(digit, token, np.where(adds, sign, 1))) % m
        close = np.flatnonzero(closes[:, t])
        c[close, at[close] - 1] = c[close, at[close] - 1] * (here_s[close] + here_c[close]) % m
        at = level[:, t]
        open_ = np.flatnonzero(opens[:, t])
        s[open_, at[open_]], c[open_, at[open_]] = 0, 1
        after_operand = np.where(token == number["="], after_operand, digit | closes[:, t])
    return (s[:, 0] + c[:, 0]) % m


State = tuple[
    str, tuple[tuple[int, int], ...]
]  # what comes next, "operand" or "operator"; (s, c) of the open levels, outermost first
DEAD: State = ("dead", ())


def reader(m: int, depth: int, multiplication: bool) -> DFA:
    """The machine of expressions and "=": states 0 … m − 1 are the values, reached by "=" and kept by it; its start is state m.

    Any chain of operands, brackets at most `depth` deep, any number of unary minuses. It accepts where the value is 0.

    >>> machine = reader(5, 1, False)
    >>> machine.n_states, machine.states("(3--4)-1=")[-1]
    (171, 1)
    """
    letters = alphabet(m, depth > 0, multiplication)
    values: list[State] = [("value", ((v, 0),)) for v in range(m)]
    order: list[State] = [*values, ("operand", ((0, 1),))]
    number = {state: i for i, state in enumerate(order)}
    table = []
    for state in order:  # grows while it is walked
        row = []
        for letter in letters:
            target = successor(state, letter, m, depth, multiplication)
            if target not in number:
                number[target] = len(order)
                order.append(target)
            row.append(number[target])
        table.append(row)
    return DFA(table, m, [0], letters, state_names=map(shown, order))


def successor(state: State, letter: str, m: int, depth: int, multiplication: bool) -> State:
    """The state after a letter."""
    comes, levels = state
    if comes == "value":
        return state if letter == "=" else DEAD
    if comes == "dead":
        return DEAD
    *outer, (s, c) = levels
    if comes == "operand":
        if letter.isdigit():
            return operator_state(outer, s, c * int(letter) % m, m, multiplication)
        if letter == "-":
            return "operand", (*outer, (s, -c % m))
        if letter == "(" and len(outer) < depth:
            return "operand", (*levels, (0, 1))
        return DEAD
    if letter in "+-":
        return "operand", (*outer, ((s + c) % m, 1 if letter == "+" else m - 1))
    if letter == "*":
        return "operand", levels
    if letter == ")" and outer:
        *rest, (outer_s, outer_c) = outer
        return operator_state(rest, outer_s, outer_c * (s + c) % m, m, multiplication)
    if letter == "=" and not outer:
        return "value", (((s + c) % m, 0),)
    return DEAD


def operator_state(outer: list[tuple[int, int]], s: int, c: int, m: int, multiplication: bool) -> State:
    """After an operand; where nothing multiplies, a finished term need not be told from the sum."""
    return "operator", (*outer, (s, c) if multiplication else ((s + c) % m, 0))


def shown(state: State) -> str:
    comes, levels = state
    if comes == "value":
        return f"= {levels[0][0]}"
    text = "(".join(f"{s}+{c}·" for s, c in levels)
    return {"dead": "dead", "operand": text, "operator": text[:-1]}[comes]
