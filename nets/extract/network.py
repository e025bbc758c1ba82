"""One trained network as a black box: words in, the class it answers after each letter out.

Every answer is kept in a tree of prefixes, and words go to the network many at a time: a call with one word costs nearly as much as one
with a thousand.  A network that answers before the first letter does not exist here; what it "says" to the empty word is given.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
import torch
from torch import nn

from ...automata.errors import BadArgument, TooLarge
from ..models.sequence_model import SequenceModel
from .machine import NOT_A_NUMBER, NOT_ASKED, SILENT, Moore, Tokens

LETTERS_A_CALL = 2**16
WORDS_KEPT = 2**12  # all words of one length, so many at most, are asked for in the first call


def alone(model: SequenceModel, replica: int) -> SequenceModel:
    """One replica of a stack, as a stack of one.  Raises BadArgument for a replica that the stack has not.

    >>> from deltaword.nets.models.sequence_model import ModelConfig
    >>> stack = SequenceModel(ModelConfig(2, 2, 8, options={"heads": 1}), ["0,1", "-1,1"], [3, 4])
    >>> word = torch.tensor([[[0, 1, 1]]])
    >>> torch.allclose(alone(stack, 1)(word)[0], stack(word.expand(2, 1, 3))[1], atol=1e-6)
    True
    """
    if not 0 <= replica < model.replicas:
        raise BadArgument(f"replica {replica} of a stack of {model.replicas}; they are 0 … {model.replicas - 1}")
    single = SequenceModel(model.config, [model.ranges[replica]], [model.seeds[replica]])
    stacked = model.state_dict()
    state = {}
    for name, wanted in single.state_dict().items():
        copy = re.sub(r"\.copies\.0\.", f".copies.{replica}.", name)  # a mixer of the user's own: one module a replica
        value = stacked[copy]
        state[name] = value if copy != name or value.shape == wanted.shape else value[replica : replica + 1]
    single.load_state_dict(state)
    return single.to(next(model.parameters()).device).eval()


class Network:
    """What a replica answers.

    model      a `SequenceModel`, or anything with `replicas` that takes tokens [R, B, T] to logits [R, B, T, classes], causally
    letters, classes   how many there are; logits of further classes, which other tasks of a stack have, are left out
    empty      the class of the empty word, SILENT where there is none
    asked_of   a machine that is NOT_ASKED where the task asks nothing: there, the answer is NOT_ASKED too
    most       words after which `answer` asks for no more
    asked      words sent so far, in `calls` calls
    Raises     BadArgument for a replica that the stack has not
    """

    def __init__(
        self,
        model: Any,
        letters: int,
        classes: int,
        replica: int = 0,
        empty: int = SILENT,
        asked_of: Moore | None = None,
        most: int = 50_000,
    ):
        if not 0 <= replica < model.replicas:
            raise BadArgument(f"replica {replica} of a stack of {model.replicas}; they are 0 … {model.replicas - 1}")
        self.model = alone(model, replica) if isinstance(model, SequenceModel) else model
        self.replica = 0 if isinstance(model, SequenceModel) else replica
        self.letters, self.n_classes, self.empty, self.most, self.asked_of = letters, classes, empty, most, asked_of
        self.asked = self.calls = 0
        self.known: dict[tuple[int, ...], int] = {(): empty}

    @property
    def device(self) -> torch.device:
        parameters = self.model.parameters() if isinstance(self.model, nn.Module) else iter(())
        return next((p.device for p in parameters), torch.device("cpu"))

    @torch.no_grad()
    def classes(self, tokens: Tokens) -> Tokens:
        """The class after each letter, [B, T] to [B, T]; NOT_A_NUMBER where a logit is none."""
        B, T = tokens.shape
        rows = max(1, LETTERS_A_CALL // max(1, T))
        found = np.empty((B, T), dtype=np.int64)
        for first in range(0, B if T else 0, rows):
            part = torch.from_numpy(np.ascontiguousarray(tokens[first : first + rows])).to(self.device)
            logits = self.model(part.expand(self.model.replicas, -1, -1))[self.replica, ..., : self.n_classes]
            best = torch.where(logits.isnan().any(dim=-1), NOT_A_NUMBER, logits.argmax(dim=-1))
            found[first : first + rows] = best.cpu().numpy()
            self.calls += 1
        self.asked += B
        if self.asked_of is not None and (self.asked_of.outputs == NOT_ASKED).any():
            found[self.asked_of.answers(tokens) == NOT_ASKED] = NOT_ASKED
        return found

    def learn(self, tokens: Tokens) -> Tokens:
        """`classes`, kept."""
        found = self.classes(tokens)
        for word, answers in zip(tokens.tolist(), found.tolist(), strict=True):
            for t, answer in enumerate(answers, start=1):
                self.known.setdefault(tuple(word[:t]), answer)
        return found

    @cached_property
    def short(self) -> tuple[Tokens, Tokens]:
        """All words of as many letters as there are at most WORDS_KEPT of, [N, L], and the answers [N, L]."""
        tokens = all_words(self.letters, longest_within(self.letters, WORDS_KEPT))
        return tokens, self.learn(tokens)

    def wander(self, states: Tokens, length: int, rng: np.random.Generator) -> Tokens:
        """Random letters [N, length] from states [N] of the machine `asked_of`, evenly among those that do not end all questions."""
        machine = self.asked_of
        if machine is None or not machine.dead.any():
            return rng.integers(self.letters, size=(len(states), length))
        useful = ~machine.dead[machine.table]
        letters = np.empty((len(states), length), dtype=np.int64)
        for t in range(length):
            letters[:, t] = (rng.random((len(states), self.letters)) + useful[states]).argmax(axis=1)
            states = machine.table[states, letters[:, t]]
        return letters

    def asks(self, word: Sequence[int]) -> bool:
        """Whether the task asks anything after a word."""
        if self.asked_of is None:
            return True
        table, q = self._rows, self.asked_of.start
        for a in word:
            q = table[q][a]
        return bool(self.asked_of.outputs[q] != NOT_ASKED)

    @cached_property
    def _rows(self) -> list[list[int]]:
        return [] if self.asked_of is None else self.asked_of.table.tolist()

    def answer(self, word: Sequence[int]) -> int:
        """The class after a word.  What is not known yet is asked together with the words that differ in the last letter.

        Raises  TooLarge where it would have to, and `most` words have been asked
        """
        word = tuple(word)
        if word not in self.known:
            if not self.asks(word):
                return self.known.setdefault(word, NOT_ASKED)
            if self.asked > self.most:
                raise TooLarge(f"more than {self.most} words were asked; raise the limit: queries=...")
            alike = [(*word[:-1], a) for a in range(self.letters)]
            self.learn(np.array([other for other in alike if self.asks(other)], dtype=np.int64))
        return self.known[word]

    def answers(self, word: Sequence[int]) -> list[int]:
        """The classes after each letter of a word."""
        return [self.answer(word[:t]) for t in range(len(word), 0, -1)][::-1]


def longest_within(letters: int, words: int) -> int:
    """The greatest length, from 1 to 64, of which there are at most so many words.

    >>> longest_within(2, 4096), longest_within(6, 4096), longest_within(1, 4096)
    (12, 4, 64)
    """
    return max([1, *(length for length in range(1, 65) if letters**length <= words)])


def all_words(letters: int, length: int) -> Tokens:
    """[letters^length, length], in alphabetical order.

    >>> all_words(2, 2).tolist()
    [[0, 0], [0, 1], [1, 0], [1, 1]]
    """
    return np.array(list(product(range(letters), repeat=length)), dtype=np.int64).reshape(-1, length)
