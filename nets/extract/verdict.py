"""What is known of a network, its extraction and its task: which agree, on which words, and how that is known.

Extraction and task      two automata: equal or not is decided, and a shortest word tells them apart.
Network and extraction   all words up to a length, a sample of longer ones, and short words over and over; network and task alike.
For every length         where the network's memory closes in some format (closure.py).
Complete up to           all words of up to L letters agree with a minimal machine of n states: then no machine of up to L + 2 − n
                         states has these answers but this one (two machines of n and m states differ after at most n + m − 2
                         letters, if at all; Moore 1956).  Nothing follows for networks that count further.  One state less where
                         nothing is known of the empty word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...automata.errors import BadArgument
from .closure import LIMIT, Closure, closure
from .machine import SILENT, Moore, Tokens
from .network import Network

Pair = tuple[Tokens, Tokens]
FEW = 64  # pairs of letters
MOST_LETTERS = 2**16


@dataclass(frozen=True)
class Agreement:
    """Of the network with a machine.  `length`: all words of up to so many letters were tried, `words` in all; `sampled` random ones of
    `longest` letters; and `powers` short words, each repeated up to `repeated` letters: there, what decays has decayed.
    failing: a failing word (letter numbers), or None.  shortest: whether none is shorter; else it is the shortest met in the others.
    accuracy: the share of right answers in the sample, by position [longest], nan where nothing was asked."""

    length: int
    words: int
    sampled: int
    longest: int
    powers: int
    repeated: int
    failing: tuple[int, ...] | None
    shortest: bool
    accuracy: tuple[float, ...] = field(repr=False)

    @property
    def holds(self) -> bool:
        return self.failing is None


@dataclass(frozen=True)
class Verdict:
    """equal    whether the extraction is the task's machine; None for a task without one
    word     a shortest word (letter numbers) on which they differ, or None; with what each `said`: network, extraction, task
    extraction, task   the network's Agreement with each
    complete the number of states up to which no other machine answers as the network does
    closures by format; `open`: why there are none"""

    equal: bool | None
    word: tuple[int, ...] | None
    said: dict[str, Any]
    extraction: Agreement
    task: Agreement | None
    complete: int
    closures: tuple[Closure, ...]
    open: str

    @property
    def blame(self) -> str:
        """Of network and extraction, which one is wrong on the word that tells the extraction from the task."""
        if self.word is None:
            return "neither"
        network, extraction, task = (self.said[who] for who in ("network", "extraction", "task"))
        if network == task:
            return "the extraction"
        return "the network" if network == extraction else "both"

    @property
    def proved(self) -> bool:
        """Whether the network is right on every word of every length, in some format."""
        return any(one.closed for one in self.closures)


def agreement(machine: Moore, short: Pair, sample: Pair, powers: Pair) -> Agreement:
    """A network beside a machine on three sets of words: each as tokens, and the network's answers."""
    failing = first_difference(machine, short)
    shortest = failing is not None
    if failing is None:
        found = [word for word in (first_difference(machine, sample), first_difference(machine, powers)) if word is not None]
        failing = min(found, key=len, default=None)
    wanted = machine.answers(sample[0])
    asked = (wanted >= 0).sum(axis=0)
    right = ((sample[1] == wanted) & (wanted >= 0)).sum(axis=0)
    accuracy = np.where(asked > 0, right / np.maximum(asked, 1), np.nan)
    length, letters = short[0].shape[1], len(machine.letters)
    tried = sum(letters**t for t in range(1, length + 1))
    (sampled, longest), (n_powers, repeated) = sample[0].shape, powers[0].shape
    return Agreement(length, tried, sampled, longest, n_powers, repeated, failing, shortest, tuple(accuracy.tolist()))


def first_difference(machine: Moore, words: Pair) -> tuple[int, ...] | None:
    """The shortest prefix after which the answers differ; of several, the first."""
    tokens, answers = words
    wrong = answers != machine.answers(tokens)
    if not wrong.any():
        return None
    first = np.where(wrong.any(axis=1), wrong.argmax(axis=1), tokens.shape[1])
    return tuple(tokens[first.argmin(), : first.min() + 1].tolist())


def powers_of_short_words(letters: int, length: int) -> Tokens:
    """Each letter, and where they are few each pair of letters, over and over: [N, length or less].

    >>> powers_of_short_words(2, 5).tolist()
    [[0, 0, 0, 0, 0], [1, 1, 1, 1, 1], [0, 1, 0, 1, 0], [1, 0, 1, 0, 1]]
    """
    pairs = [(a, b) for a in range(letters) for b in range(letters)]
    words = sorted(pairs if len(pairs) <= FEW else [(a, a) for a in range(letters)], key=lambda pair: pair[0] != pair[1])
    length = min(length, max(2, MOST_LETTERS // len(words)))
    return np.tile(np.array(words, dtype=np.int64), (1, length // 2 + 1))[:, :length]


def judge(
    network: Network,
    machine: Moore,
    target: Moore | None,
    sample: Tokens,
    repeated: int = 1024,
    formats: Sequence[str] = ("float32", "bfloat16"),
    limit: int = LIMIT,
) -> Verdict:
    """All that can be said of a minimal machine extracted from the network.

    target  the task's machine, minimal
    sample  words [B, T], longer than those that are all tried; repeated: letters up to which short words are repeated
    formats, limit   of the searches for a closure, and how many pairs each may meet
    """
    powers = powers_of_short_words(network.letters, repeated)
    tried = network.short, (sample, network.classes(sample)), (powers, network.classes(powers))
    found = agreement(machine, *tried)
    known = found.length if found.failing is None or not found.shortest else len(found.failing) - 1
    complete = max(0, known + 2 - machine.n_states - (network.empty == SILENT))
    word, said, against = None, {}, None
    if target is not None:
        against = agreement(target, *tried)
        told = machine.distinguishing_word(target)
        if told is not None:
            word = tuple(told)
            said = {
                "network": int(network.learn(np.array([word]))[0, -1]) if word else network.empty,
                "extraction": answer(machine, word),
                "task": answer(target, word),
            }
    closures, why = [], ""
    if target is None:
        why = "the task has no machine"
    else:
        try:
            closures = [closure(network.model, target, format, limit) for format in formats]
        except BadArgument as error:
            why = str(error)
    equal = None if target is None else word is None
    return Verdict(equal, word, said, found, against, complete, tuple(closures), why)


def answer(machine: Moore, word: Sequence[int]) -> int:
    tokens = np.array([word], dtype=np.int64)
    return int(machine.answers(tokens)[0, -1]) if len(word) else int(machine.outputs[machine.start])
