"""A task: words drawn at random, and what is asked at each of their positions.

A token is the number of a letter; a target is the number of a class, or −100 where nothing is asked, which is what torch's
cross-entropy leaves out. Words and targets depend on (task, seed, step, row, length) and nothing else (letters.py), so they can be
drawn anywhere, in any order, in any number of pieces.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ...automata.checked import is_whole
from ...automata.dfa import DFA
from ...automata.errors import BadArgument
from . import letters as draws

NOT_ASKED = -100

Words = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]


class Task(ABC):
    """Words and targets, by numpy on the CPU and by torch on any device, the same bits.

    name           what `task(name)` knows it by
    letters        token t is letters[t]
    classes        target c means classes[c]
    train_lengths  (shortest, longest) words of training, both included; a length counts the tokens that are read
    eval_lengths   lengths of evaluation, ascending
    supervision    where a target is asked, in words
    chance         the accuracy that a constant answer has: 0 of the scaled accuracy
    dfa            the machine that reads the words, where the task is regular and the machine small; else None
    class_of_state the class of each of its states, −100 for states at which nothing is asked; None without a machine

    Wherever a target is asked, it is class_of_state[the state that `dfa` is in].
    """

    name: str
    letters: tuple[str, ...]
    classes: tuple[str, ...]
    train_lengths: tuple[int, int]
    eval_lengths: tuple[int, ...]
    least_length: int = 1  # of a word at which something is asked

    supervision: str
    chance: float
    dfa: DFA | None = None
    class_of_state: npt.NDArray[np.int64] | None = None

    def scaled(self, accuracy: float) -> float:
        """The accuracy with 0 for chance and 1 for perfect, as in the first paper's tables.

        >>> from deltaword.nets.tasks import task
        >>> task("parity").scaled(0.75)
        0.5
        """
        return (accuracy - self.chance) / (1 - self.chance)

    def words(self, seed: int, step: int, rows: range, length: int, *, shortest: int | None = None) -> Words:
        """Tokens and targets [B, length] of the rows, int64, by numpy.

        seed, step, rows   any whole numbers from 0 on; row r of a batch is the same whatever other rows are drawn with it
        length             of the words, at least `least_length`
        shortest           words of lengths drawn evenly from shortest … length: nothing is asked after a word's end, and the
                           tokens there mean nothing; default: all words have the full length
        Raises             BadArgument

        >>> from deltaword.nets.tasks import task
        >>> tokens, targets = task("parity_every").words(seed=0, step=0, rows=range(2), length=6)
        >>> tokens.tolist(), targets.tolist()
        ([[1, 1, 1, 0, 0, 0], [0, 0, 1, 1, 1, 0]], [[1, 0, 1, 1, 1, 1], [0, 0, 1, 0, 1, 1]])
        """
        self._check(seed, step, rows, length, shortest)
        keys = draws.row_keys(draws.stream(self.name, seed), step, rows)
        return self._words(keys, length, self._lengths(keys, length, shortest))

    def lengths(self, seed: int, step: int, rows: range, length: int, *, shortest: int | None = None) -> npt.NDArray[np.int64]:
        """The words' own lengths [B], for the same arguments. Raises BadArgument.

        >>> from deltaword.nets.tasks import task
        >>> task("parity").lengths(seed=0, step=0, rows=range(4), length=40, shortest=3).tolist()
        [23, 24, 12, 30]
        """
        self._check(seed, step, rows, length, shortest)
        return self._lengths(draws.row_keys(draws.stream(self.name, seed), step, rows), length, shortest)

    def batch(
        self,
        seed: int,
        step: int | Tensor,
        rows: range,
        length: int,
        device: str | torch.device = "cpu",
        *,
        shortest: int | None = None,
    ) -> tuple[Tensor, Tensor]:
        """As `words`, by torch on a device, the same bits.

        step    a whole number, or a 0-dim int64 tensor: then nothing on the way waits for the device and a CUDA graph can hold it,
                after one call outside the graph has put the task's tables on the device (mod_arithmetic_brackets excepted)
        Raises  BadArgument

        >>> from deltaword.nets.tasks import task
        >>> tokens, targets = task("S_3").batch(seed=0, step=7, rows=range(64, 128), length=32)
        >>> tokens.shape, int(targets.max())
        (torch.Size([64, 32]), 5)
        """
        self._check(seed, step, rows, length, shortest)
        return self._batch(draws.stream(self.name, seed), step, rows, length, shortest, torch.device(device))

    def unseen(self) -> Task:
        """The task that a network trained on this one is validated and tested on: itself, where words are drawn without end."""
        return self

    # ------------------------------------------------------------------ what a kind of task gives

    @abstractmethod
    def _words(self, keys: npt.NDArray[np.uint64], length: int, lengths: npt.NDArray[np.int64]) -> Words:
        """From the rows' keys [B] and the words' lengths [B]."""

    @abstractmethod
    def _batch(
        self, start: int, step: int | Tensor, rows: range, length: int, shortest: int | None, device: torch.device
    ) -> tuple[Tensor, Tensor]: ...

    # ------------------------------------------------------------------ what they share

    @staticmethod
    def _lengths(keys: npt.NDArray[np.uint64], length: int, shortest: int | None) -> npt.NDArray[np.int64]:
        """The words' own lengths [B]."""
        if shortest is None:
            return np.full(len(keys), length)
        drawn = draws.numbers(keys, np.array([draws.ROW_LENGTH], dtype=np.uint64))
        return shortest + draws.choice(drawn, length - shortest + 1)

    @staticmethod
    def _lengths_tensor(keys: Tensor, length: int, shortest: int | None) -> Tensor:
        if shortest is None:
            return torch.full_like(keys, length)
        drawn = draws.numbers_tensor(keys, torch.full_like(keys, draws.signed(draws.ROW_LENGTH)))
        return shortest + draws.choice(drawn, length - shortest + 1)

    def _check(self, seed: Any, step: Any, rows: Any, length: Any, shortest: Any) -> None:
        least = self.least_length
        for name, value in (("seed", seed), ("step", 0 if isinstance(step, Tensor) else step)):
            if not is_whole(value) or not 0 <= value < 2**63:
                raise BadArgument(f"{name} is {value!r}; a whole number from 0 to 2^63 − 1 is expected")
        if isinstance(step, Tensor) and (step.dim() or step.dtype != torch.int64):
            raise BadArgument(
                f"step is a tensor of shape {list(step.shape)} and {step.dtype}; a 0-dim int64 tensor is expected"
            )
        if not isinstance(rows, range) or rows.step < 1 or rows.start < 0 or rows.stop >= 2**63:
            raise BadArgument(f"rows are {rows!r}; an ascending range of row numbers is expected, such as range(0, 64)")
        if not is_whole(length) or not least <= length < 2**31:
            raise BadArgument(f"length is {length!r}; words of {self.name} have a whole number of tokens, at least {least}")
        if shortest is not None and not (is_whole(shortest) and least <= shortest <= length):
            raise BadArgument(f"shortest is {shortest!r}; a whole number from {least} to the length {length} is expected")
