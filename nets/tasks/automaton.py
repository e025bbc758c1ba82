"""Every automaton is a task: random words, and at each position the state that the automaton is then in.

States on the CPU    token after token, all words at once: T look-ups of B states.
States on a GPU      a scan: letters as elements of the transition monoid, their prefix products by its multiplication table in
                     2·log₂ T look-ups; where the monoid is too large for a table, as maps of the states, composed; and token after
                     token where there are too many states for that as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ...automata.dfa import DFA
from ...automata.errors import BadArgument, TooLarge
from . import letters as draws
from .base import NOT_ASKED, Task, Words

Ints = npt.NDArray[np.int64]

MONOID_LIMIT = 4096  # elements whose multiplication table is written down: 64 MiB
MAP_STATES = 64  # states whose maps are composed
MAPS_AT_ONCE = 2**26  # entries of maps held at a time

LENGTHS = (128, 128)  # the second paper's training length
EVAL_LENGTHS = (128, 256, 512, 1024, 2048, 4096, 8192)  # its evaluation length, 512, and on to 64 times the training length


@dataclass(frozen=True, eq=False)
class AutomatonTask(Task):
    """The states of `dfa` on random words.

    slots       the letter at position p is one of `count` letters from number `first` on, all as likely: (first, count) =
                slots[p mod len(slots)]; default: any letter anywhere
    weights     of the letters, in place of even odds; only without slots
    last_only   ask only after the last token; default: after each token at which a round of slots is complete
    closing     the letter that a word ends with, for last_only; the word before it then ends with a first slot
    outputs     the class of each state; default: its number. NOT_ASKED for states in which no word ends
    classes     their names; default: the names of the states

    Raises  BadArgument for parts that do not fit together

    >>> from deltaword import DFA
    >>> flip_flop = AutomatonTask("flip_flop", DFA([[1, 0], [1, 0]], start=0, accepting=[1], alphabet="sr"))
    >>> tokens, states = flip_flop.words(seed=1, step=0, rows=range(1), length=8)
    >>> flip_flop.dfa.decode(tokens[0]), states[0].tolist(), flip_flop.chance
    ('rsrsrsss', [0, 1, 0, 1, 0, 1, 1, 1], 0.5)
    """

    name: str
    machine: DFA
    slots: tuple[tuple[int, int], ...] = ()
    weights: tuple[float, ...] | None = None
    last_only: bool = False
    closing: int | None = None
    outputs: tuple[int, ...] | None = None
    classes: tuple[str, ...] = ()
    train_lengths: tuple[int, int] = LENGTHS
    eval_lengths: tuple[int, ...] = EVAL_LENGTHS
    _on_devices: dict[str, dict[str, Tensor]] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self):
        dfa, set_once = self.machine, super().__setattr__
        if self.weights is not None and (
            self.slots or len(self.weights) != dfa.n_letters or min(self.weights) < 0 or not 0 < sum(self.weights) < np.inf
        ):
            raise BadArgument(
                f"weights {self.weights} of {self.name}: one a letter, {dfa.n_letters}, none negative, and no slots"
            )
        if not self.slots:
            set_once("slots", ((0, dfa.n_letters),))
        if any(not 0 <= first < first + count <= dfa.n_letters for first, count in self.slots):
            raise BadArgument(f"slots {self.slots} of {self.name}: (first, count) of the letters 0 … {dfa.n_letters - 1} each")
        if self.outputs is not None and len(self.outputs) != dfa.n_states:
            raise BadArgument(f"{len(self.outputs)} outputs of {self.name} for {dfa.n_states} states; one a state is expected")
        if not self.classes:
            names = (
                dfa.state_names
                if self.outputs is None and dfa.state_names is not None
                else range(self.class_of_state.max() + 1)
            )
            set_once("classes", tuple(map(str, names)))
        set_once("letters", tuple(map(str, dfa.alphabet)))
        set_once("least_length", 2 if self.closing is not None else 1 if self.last_only else len(self.slots))

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key not in ("_on_devices", "_monoid")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in {**state, "_on_devices": {}}.items():
            super().__setattr__(name, value)

    @property
    def dfa(self) -> DFA:
        return self.machine

    @cached_property
    def class_of_state(self) -> Ints:
        return np.array(range(self.machine.n_states) if self.outputs is None else self.outputs)

    @property
    def supervision(self) -> str:
        k = len(self.slots)
        return "last position" if self.last_only else "every position" if k == 1 else f"after every {k} tokens"

    @cached_property
    def chance(self) -> float:
        """Of the best constant answer to words of the longest training length, all that is asked of them taken together.

        With a closing letter, the first paper's: one over the number of classes.
        """
        if self.closing is not None:
            return 1 / len(self.classes)
        dfa, k = self.machine, len(self.slots)
        odds = np.array(self.weights or (1,) * dfa.n_letters, dtype=float)
        at = np.eye(dfa.n_states)[dfa.start]
        asked = []
        for p in range(self.train_lengths[1] // k * k if not self.last_only else self.train_lengths[1]):
            first, count = self.slots[p % k]
            odds_here = odds[first : first + count] / odds[first : first + count].sum()
            successors = dfa.table[:, first : first + count]
            at = np.bincount(successors.ravel(), (at[:, None] * odds_here).ravel(), dfa.n_states)
            if p % k == k - 1:
                asked.append(at)
        of_state = asked[-1] if self.last_only else np.mean(asked, axis=0)
        answered = self.class_of_state >= 0
        of_class = np.bincount(self.class_of_state[answered], of_state[answered])
        return float((of_class.max() / of_class.sum()).round(12))

    # ------------------------------------------------------------------ numpy

    def _words(self, keys: npt.NDArray[np.uint64], length: int, lengths: Ints) -> Words:
        positions = np.arange(length)
        drawn = draws.numbers(keys[:, None], positions.astype(np.uint64))
        if self.weights is None:
            first, count = self._slot_table[positions % len(self.slots)].T
            tokens = first + draws.choice(drawn, count)
        else:
            tokens = np.searchsorted(draws.thresholds(self.weights), drawn, side="right")
        ends = self._ends(lengths)[:, None]
        if self.closing is not None:
            tokens = np.where(positions < ends, tokens, self.closing)
        classes = self.class_of_state[self.machine.run(tokens)[:, 1:]]
        return tokens, np.where(self._asked(positions, ends), classes, NOT_ASKED)

    @cached_property
    def _slot_table(self) -> Ints:
        return np.array(self.slots)

    def _ends(self, lengths: Any) -> Any:
        """The position of each word's last token."""
        k = len(self.slots)
        return lengths - 1 if self.closing is None else (lengths - 2) // k * k + 1

    def _asked(self, positions: Any, ends: Any) -> Any:
        if self.last_only:
            return positions == ends
        k = len(self.slots)
        return (positions <= ends) & (positions % k == k - 1)

    # ------------------------------------------------------------------ torch

    def _batch(
        self, start: int, step: int | Tensor, rows: range, length: int, shortest: int | None, device: torch.device
    ) -> tuple[Tensor, Tensor]:
        tables = self._tables(device)
        keys = draws.row_keys_tensor(start, step, rows, device)
        positions = torch.arange(length, device=device)
        drawn = draws.numbers_tensor(keys[:, None], positions)
        if self.weights is None:
            slot = positions % len(self.slots)
            tokens = draws.choice(drawn, tables["count"][slot]).add_(tables["first"][slot])
        else:
            tokens = torch.searchsorted(tables["thresholds"], drawn, right=True)
        ends = self._ends(self._lengths_tensor(keys, length, shortest))[:, None]
        if self.closing is not None:
            tokens = torch.where(positions < ends, tokens, self.closing)
        states = self._states(tokens, tables)
        classes = states if self.outputs is None else look_up(tables["outputs"], states)
        if self.last_only or shortest is not None or len(self.slots) > 1:
            classes = torch.where(self._asked(positions, ends), classes, NOT_ASKED)
        return tokens, classes.long()

    def _states(self, tokens: Tensor, tables: dict[str, Tensor]) -> Tensor:
        """Tokens [B, T] to the states after them [B, T]."""
        if "element" in tables:
            return states_by_monoid(tokens, tables["element"], tables["product"], tables["image"])
        if "maps" in tables:
            return states_by_maps(tokens, tables["maps"], self.machine.start)
        return states_by_steps(tokens, tables["table"], self.machine.start)

    def _tables(self, device: torch.device) -> dict[str, Tensor]:
        """What the device needs, put there once."""
        if device.type == "cuda" and device.index is None:
            device = torch.device("cuda", torch.cuda.current_device())
        key = str(device)
        if key not in self._on_devices:
            arrays = self._arrays(scan=device.type != "cpu")
            self._on_devices[key] = {name: torch.tensor(array, device=device) for name, array in arrays.items()}
        return self._on_devices[key]

    def _arrays(self, scan: bool) -> dict[str, npt.NDArray[Any]]:
        """Tables for `_batch`; for states by a scan, where the machine is small enough, or token after token."""
        dfa = self.machine
        arrays: dict[str, npt.NDArray[Any]] = {"count": self._slot_table[:, 1], "first": self._slot_table[:, 0]}
        if self.weights is not None:
            arrays["thresholds"] = draws.thresholds(self.weights)
        if self.outputs is not None:
            arrays["outputs"] = self.class_of_state
        if scan and self._monoid is not None:
            return arrays | self._monoid
        if scan and dfa.n_states <= MAP_STATES:
            return arrays | {"maps": dfa.table.T.astype(np.int64)}
        return arrays | {"table": dfa.table}

    @cached_property
    def _monoid(self) -> dict[str, npt.NDArray] | None:
        return monoid_tables(self.machine)


# ---------------------------------------------------------------------- states of many words


def states_by_steps(tokens: Tensor, table: Tensor, start: int) -> Tensor:
    """Tokens [B, T] and table [n, k] to states [B, T] int32, token after token.

    >>> states_by_steps(torch.tensor([[1, 0, 1]]), torch.tensor([[0, 1], [1, 0]]), 0)
    tensor([[1, 1, 0]], dtype=torch.int32)
    """
    B, T = tokens.shape
    k = table.shape[1]
    rows = (table.int() * k).reshape(-1)  # states as the places where their rows begin
    columns = tokens.T.int().contiguous()
    visited = torch.empty(T, B, dtype=torch.int32, device=tokens.device)
    at = torch.full((B,), start * k, dtype=torch.int32, device=tokens.device)
    for t in range(T):
        at = torch.index_select(rows, 0, at + columns[t], out=visited[t])
    return (visited // k).T


def prefixes(x: Tensor, combine: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """All prefix products along dimension 1 of an associative `combine`: neighbours in pairs, the prefixes of the pairs, the rest.

    2·T products in 2·log₂ T rounds. Source: Ladner and Fischer 1980, Parallel Prefix Computation.

    >>> prefixes(torch.tensor([[1, 2, 3, 4, 5]]), torch.add)
    tensor([[ 1,  3,  6, 10, 15]])
    """
    T = x.shape[1]
    if T == 1:
        return x
    pairs = prefixes(combine(x[:, : T - 1 : 2], x[:, 1::2]), combine)
    products = torch.empty_like(x)
    products[:, 0] = x[:, 0]
    products[:, 1::2] = pairs
    if T > 2:
        products[:, 2::2] = combine(pairs[:, : (T - 1) // 2], x[:, 2::2])
    return products


def states_by_monoid(tokens: Tensor, element: Tensor, product: Tensor, image: Tensor) -> Tensor:
    """Tokens [B, T] to states [B, T] int32, by the tables of `monoid_tables`."""
    size = len(image)

    def combine(x: Tensor, y: Tensor) -> Tensor:
        return look_up(product, x * size + y)

    return look_up(image, prefixes(look_up(element, tokens), combine))


def states_by_maps(tokens: Tensor, maps: Tensor, start: int) -> Tensor:
    """Tokens [B, T] and the maps [k, n] int64 of the letters to states [B, T], some words at a time."""
    step = max(1, MAPS_AT_ONCE // (tokens.shape[1] * maps.shape[1]))
    return torch.cat([prefixes(maps[part], _then)[:, :, start] for part in tokens.split(step)])


def _then(f: Tensor, g: Tensor) -> Tensor:
    """f first, then g."""
    return torch.gather(g, -1, f)


def look_up(table: Tensor, places: Tensor) -> Tensor:
    return torch.index_select(table, 0, places.reshape(-1)).reshape(places.shape)


def monoid_tables(dfa: DFA, limit: int = MONOID_LIMIT) -> dict[str, npt.NDArray[np.int32]] | None:
    """Of the transition monoid: `element` [k] of each letter, `product` [size²] with i·j (i first) at i·size + j, and `image` [size] of
    the start. None when it has more than `limit` elements.

    >>> tables = monoid_tables(DFA([[0, 1], [1, 0]], 0, [1], "01"))
    >>> {name: table.tolist() for name, table in tables.items()}
    {'element': [0, 1], 'product': [0, 1, 1, 0], 'image': [0, 1]}
    """
    try:
        monoid = dfa.transition_monoid(limit)
    except TooLarge:
        return None
    cayley = monoid.right_cayley.astype(np.int64)
    size = len(monoid)
    by = np.empty(
        (size, size), dtype=np.int32
    )  # by[j, i] = i·j: the rows are filled in order, each from that of a shorter word
    by[0] = np.arange(size)
    known = 1
    for j in range(size):
        for a in np.flatnonzero(cayley[j] >= known):  # elements are numbered in the order in which this walk meets them
            if cayley[j, a] == known:
                by[known] = cayley[by[j], a]
                known += 1
    arrays = {"element": cayley[0], "product": by.T.ravel(), "image": monoid.elements[:, dfa.start]}
    return {name: array.astype(np.int32) for name, array in arrays.items()}
