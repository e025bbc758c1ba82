"""The closure of a stack beside a machine, fast: heads' states by number, links and readers on many inputs at once.

Statement     `closure(stack, dfa)` is what `ExactStack.closure` is: it visits every reachable pair of stack state and machine state,
              in exact arithmetic, and finds the machine's state named in each. A proof for words of every length.
How           each head's states are kept once and numbered; a step is computed once for each (state, action), exactly.  Links and
              the reader are evaluated in float64 with a bound on every rounding error, carried through the layers: a link of
              whole numbers is right when the bound is below 1/4, a state is named for certain when its logit leads by more than
              the bounds.  What the bounds leave open is evaluated exactly.
Cost          some 10^5 transitions a second; a few hundred bytes for each pair.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..automata.dfa import DFA
from ..automata.errors import ProofFails, TooLarge
from .exact_layer import Head, LetterAction
from .exact_stack import ExactStack
from .mlp import Mlp
from .numbers import Number

Ints = npt.NDArray[np.int64]
ULP = 2.0**-52
AT_ONCE = 2**22  # numbers in one batch of inputs


def closure(stack: ExactStack, dfa: DFA, limit: int = 1_000_000) -> int:
    """The number of reachable pairs (stack state, machine state), after the stack was found to name the machine's state in all.

    Raises  ProofFails naming the states that differ, or a link that gives no unit vector; TooLarge past `limit` pairs
    """
    return _Closure(stack, dfa, limit).run()


class _HeadStates:
    """The states of one head, numbered as they are met; 0 is the initial one."""

    def __init__(self, head: Head):
        self.head = head
        places: dict[LetterAction, int] = {}
        self.action_of = np.array([places.setdefault(action, len(places)) for action in head.letters])
        self.actions = list(places)
        self.states: list[np.ndarray] = []
        self.index: dict[tuple[Any, ...], int] = {}
        self.reads = _Numbers(head.V)
        self.after = np.full((16, len(self.actions)), -1, dtype=np.int64)
        self.number(head.initial)

    def number(self, state: np.ndarray) -> int:
        key = tuple(state.flat)
        if key not in self.index:
            self.index[key] = len(self.states)
            self.states.append(state)
            self.reads.append(self.head.read(state))
            if len(self.states) > len(self.after):
                self.after = np.concatenate([self.after, np.full_like(self.after, -1)])
        return self.index[key]

    def step(self, ids: Ints, symbols: Ints) -> Ints:
        actions = self.action_of[symbols]
        unknown = self.after[ids, actions] < 0
        if unknown.any():
            for i, a in np.unique(np.stack([ids[unknown], actions[unknown]], axis=1), axis=0).tolist():
                found = self.number(self.actions[a].apply(self.states[i]))  # may move `after`
                self.after[i, a] = found
        return self.after[ids, actions]


class _Numbers:
    """Rows of exact numbers beside their nearest floats."""

    def __init__(self, width: int):
        self.exact: list[np.ndarray] = []
        self.whole = True
        self._floats = np.empty((16, width))

    def append(self, row: np.ndarray) -> None:
        if len(self.exact) == len(self._floats):
            self._floats = np.concatenate([self._floats, self._floats])
        self._floats[len(self.exact)] = [nearest(x) for x in row]
        self.whole &= all(isinstance(x, int) and abs(x) < 2**53 for x in row)
        self.exact.append(row)

    @property
    def floats(self) -> np.ndarray:
        return self._floats[: len(self.exact)]


class _BoundedMlp:
    """An Mlp in float64 and how far it can be off."""

    def __init__(self, mlp: Mlp):
        self.mlp = mlp
        self.whole = all(_all_whole(array) for array in (*mlp.weights, *mlp.biases))
        self.layers = [(nearest_floats(W), nearest_floats(b)) for W, b in zip(mlp.weights, mlp.biases, strict=True)]

    def __call__(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Rows x [n, n_in], each number right to one unit in the last place, to rows y [n, n_out] and bounds on their errors."""
        error = np.abs(x) * ULP
        for i, (W, b) in enumerate(self.layers):
            if i:
                x = np.maximum(x, 0)  # a ReLU brings no two numbers further apart
            size = np.abs(W).T
            # W, b and x are each off by a unit, and a sum of n products by n more
            error = 1.001 * (error @ size) + (W.shape[1] + 6) * ULP * (np.abs(x) @ size + np.abs(b))
            x = x @ W.T + b
        return x, error


class _Closure:
    def __init__(self, stack: ExactStack, dfa: DFA, limit: int):
        self.stack, self.dfa, self.limit = stack, dfa, limit
        self.heads = [[_HeadStates(head) for head in heads] for heads in stack.layers]
        self.columns = np.cumsum([0, *map(len, stack.layers)]).tolist()
        self.links = [_BoundedMlp(link.mlp) for link in stack.links]
        self.reader = _BoundedMlp(stack.reader)
        self.link_answers: list[dict[bytes, int]] = [{} for _ in stack.links]

    def run(self) -> int:
        frontier = np.array([[0] * self.columns[-1] + [self.dfa.start]], dtype=np.int64)
        seen = {frontier.tobytes()}
        self.check(frontier)
        A = self.dfa.n_letters
        at_once = max(1, 2**16 // A)
        while len(frontier):
            fresh: list[Ints] = []
            for begin in range(0, len(frontier), at_once):
                part = frontier[begin : begin + at_once]
                after = np.unique(self.step(np.repeat(part, A, axis=0), np.tile(np.arange(A), len(part))), axis=0)
                new = [row for row in after if row.tobytes() not in seen]
                seen.update(row.tobytes() for row in new)
                if len(seen) > self.limit:
                    raise TooLarge(f"more than {self.limit:,} reachable pairs of stack and machine states; raise `limit`")
                if new:
                    fresh.append(np.array(new))
                    self.check(fresh[-1])
            frontier = np.concatenate(fresh) if fresh else frontier[:0]
        return len(seen)

    def step(self, rows: Ints, letters: Ints) -> Ints:
        after = np.empty_like(rows)
        symbols = letters
        for i, heads in enumerate(self.heads):
            columns = range(self.columns[i], self.columns[i + 1])
            for head, column in zip(heads, columns, strict=True):
                after[:, column] = head.step(rows[:, column], symbols)
            if i < len(self.links):
                symbols = self.link(i, symbols, rows[:, columns.start : columns.stop], after[:, columns.start : columns.stop])
        after[:, -1] = self.dfa.table[rows[:, -1], letters]
        return after

    def link(self, i: int, symbols: Ints, before: Ints, after: Ints) -> Ints:
        """The next layer's symbols, each different question asked once."""
        shift = [list(weights) for weights in self.stack.links[i].shift]
        sides = [side for side, weights in ((before, shift[0]), (after, shift[1])) if any(w != 0 for w in weights)]
        questions, place = np.unique(np.concatenate([symbols[:, None], *sides], axis=1), axis=0, return_inverse=True)
        known = self.link_answers[i]
        new = [k for k, row in enumerate(questions) if row.tobytes() not in known]
        if new:
            first = np.full(len(questions), -1)
            first[place.ravel()[::-1]] = np.arange(len(symbols))[::-1]
            rows = first[new]
            for k, answer in zip(new, self.answers(i, symbols[rows], before[rows], after[rows]), strict=True):
                known[questions[k].tobytes()] = answer
        return np.array([known[row.tobytes()] for row in questions], dtype=np.int64)[place.ravel()]

    def answers(self, i: int, symbols: Ints, before: Ints, after: Ints) -> list[int]:
        link, heads, n = self.stack.links[i], self.heads[i], len(self.stack.layers[i][0].letters)
        whole = self.links[i].whole and all(head.reads.whole for head in heads) and _all_whole(np.asarray(link.shift))
        found: list[int] = []
        at_once = max(1, AT_ONCE // max(W.shape[0] for W, _ in self.links[i].layers))
        for begin in range(0, len(symbols), at_once):
            part = slice(begin, begin + at_once)
            if whole:
                shift = np.asarray(link.shift, dtype=float)
                reads = shift[0] * self.reads(heads, before[part]) + shift[1] * self.reads(heads, after[part])
                y, error = self.links[i](np.concatenate([np.eye(n)[symbols[part]], reads], axis=1))
                rounded = np.round(y)
                chosen = rounded.argmax(axis=1)
                unit = np.eye(y.shape[1])[chosen]
                if error.max() < 0.25 and np.array_equal(rounded, unit):
                    found += chosen.tolist()
                    continue
            for symbol, old, new in zip(symbols[part].tolist(), before[part], after[part], strict=True):
                found.append(link(symbol, n, self.exact_reads(heads, old), self.exact_reads(heads, new)))
        return found

    def check(self, rows: Ints) -> None:
        """Every row names its machine state."""
        heads = [head for layer in self.heads for head in layer]
        at_once = max(1, AT_ONCE // max(W.shape[0] for W, _ in self.reader.layers))
        for begin in range(0, len(rows), at_once):
            part = rows[begin : begin + at_once]
            logits, error = self.reader(self.reads(heads, part[:, :-1]))
            k, q = np.arange(len(part)), part[:, -1]
            least = logits[k, q] - error[k, q]
            most = logits + error
            most[k, q] = -np.inf
            for row in part[least <= most.max(axis=1)]:
                exact = list(self.stack.reader(self.exact_reads(heads, row[:-1])))
                if (named := exact.index(max(exact))) != row[-1]:
                    raise ProofFails(f"a stack state reached beside state {row[-1]} is read as {named}")

    def reads(self, heads: Sequence[_HeadStates], ids: Ints) -> np.ndarray:
        return np.concatenate([head.reads.floats[ids[:, h]] for h, head in enumerate(heads)], axis=1)

    def exact_reads(self, heads: Sequence[_HeadStates], ids: Ints) -> np.ndarray:
        return np.concatenate([head.reads.exact[i] for head, i in zip(heads, ids.tolist(), strict=True)])


def nearest(value: Number) -> float:
    """An exact number as a float, right to half a unit in the last place."""
    return float(value.n(30)) if hasattr(value, "free_symbols") else float(value)


def nearest_floats(array: Any) -> np.ndarray:
    array = np.asarray(array)
    return np.array([nearest(x) for x in array.flat]).reshape(array.shape) if array.dtype == object else array.astype(float)


def _all_whole(array: np.ndarray) -> bool:
    """Whole numbers that a float64 holds."""
    if np.issubdtype(array.dtype, np.integer):
        return bool(np.abs(array).max(initial=0) < 2**53)
    return all(isinstance(x, (int, np.integer)) and abs(int(x)) < 2**53 for x in array.flat)
