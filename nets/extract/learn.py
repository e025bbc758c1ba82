"""A machine from a network by queries: Angluin's L*, or Kearns and Vazirani's algorithm, of the library AALpy.

Learner      asks for the network's answer to single words, and proposes a machine: the smallest one that explains what it has seen.
Tests        each proposal is compared with the network on all words up to a length, and on random walks of up to `walk` letters from
             each of its states (AALpy's state-prefix method, with all tests in one call of the network in place of one a letter).
             The shortest failing prefix goes back to the learner.  What passes is not proved: a difference may lie beyond the tests.
Stops        when a proposal passes; or, with `finished` False, past a number of queries: then the network is no small machine, as one
             that fails on long words often is not.
Source       Angluin 1987 (L*); Kearns and Vazirani 1994; Rivest and Schapire 1993 for counterexamples; Muškardin et al. 2022 (AALpy).
             Networks as the system under learning: Weiss, Goldberg and Yahav 1711.09576.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from ...automata.errors import BadArgument, MissingExtra, TooLarge
from .machine import Moore, Tokens
from .network import Network

ALGORITHMS = {"lstar": "run_Lstar", "kv": "run_KV"}


@dataclass(frozen=True)
class Learned:
    """The last machine proposed; whether it passed the tests; proposals in all; tests that it passed and their greatest length."""

    machine: Moore
    finished: bool
    rounds: int
    tests: int
    longest: int


def aalpy() -> ModuleType:
    """The library. Raises MissingExtra."""
    try:
        import aalpy
    except ImportError:
        raise MissingExtra(
            "learning by queries needs AALpy, which is not installed: pip install 'deltaword[train]'; by='states' does without"
        ) from None
    return aalpy


def learn(
    network: Network,
    letters: Sequence[Hashable],
    classes: Sequence[Hashable],
    by: str = "lstar",
    walks: int = 50,
    walk: int = 32,
    seed: int = 0,
) -> Learned:
    """A Moore machine with the network's answers, as far as the tests tell.

    by     "lstar" or "kv"
    walks  random tests from each state of a proposal, of 1 to `walk` letters after the word that leads there
    Raises BadArgument for another algorithm; MissingExtra without AALpy
    """
    if by not in ALGORITHMS:
        raise BadArgument(
            f"by is {by!r}; queries are asked by {' or '.join(map(repr, ALGORITHMS))}, states clustered by 'states'"
        )
    run = getattr(aalpy(), ALGORITHMS[by])
    tests = Oracle(network, tuple(letters), tuple(classes), walks, walk, np.random.default_rng(seed))
    finished = True
    try:
        run(list(range(len(letters))), Asked(network), tests, "moore", cache_and_non_det_check=False, print_level=0)
    except TooLarge:
        finished = False
        if not tests.proposals:
            raise
    return Learned(tests.proposals[-1], finished, len(tests.proposals), tests.num_queries, tests.longest)


class Asked:
    """The network, with what AALpy's learners use of a system under learning: the answers after each letter, and counters."""

    num_steps = num_cached_queries = 0

    def __init__(self, network: Network):
        self.network, self.num_queries = network, 0

    def query(self, word: Sequence[int]) -> list[int]:
        self.num_queries += 1
        return self.network.answers(word) if len(word) else [self.network.empty]


class Oracle:
    """The tests of each proposal, with what AALpy's learners use of an equivalence oracle."""

    num_steps = 0

    def __init__(
        self,
        network: Network,
        letters: tuple[Hashable, ...],
        classes: tuple[Hashable, ...],
        walks: int,
        walk: int,
        rng: np.random.Generator,
    ):
        self.network, self.letters, self.classes, self.walks, self.walk, self.rng = network, letters, classes, walks, walk, rng
        self.proposals: list[Moore] = []
        self.num_queries = self.longest = 0

    def find_cex(self, hypothesis: Any) -> tuple[int, ...] | None:
        """The shortest prefix of a test on which machine and network differ; random walks only where all short words pass."""
        machine, words = read(hypothesis, self.letters, self.classes)
        self.proposals.append(machine)
        self.num_queries = self.longest = 0
        tests, answers = self.network.short
        found = self.judged(tests, answers, np.full(len(tests), tests.shape[1]), machine)
        if found is None:
            tests, lengths = self.random_walks(words)
            found = self.judged(tests, self.network.learn(tests), lengths, machine)
        return found

    def judged(self, tests: Tokens, answers: Tokens, lengths: Tokens, machine: Moore) -> tuple[int, ...] | None:
        """The shortest prefix of a test with another answer than the network's; of each test [N, T] so many letters count."""
        wrong = (np.arange(tests.shape[1]) < lengths[:, None]) & (answers != machine.answers(tests))
        self.num_queries += len(tests)
        self.longest = max(self.longest, int(lengths.max()))
        if not wrong.any():
            return None
        first = np.where(wrong.any(axis=1), wrong.argmax(axis=1), tests.shape[1])
        return tuple(tests[first.argmin(), : first.min() + 1].tolist())

    def random_walks(self, words: list[list[int]]) -> tuple[Tokens, Tokens]:
        """Tests [N, T], and how many letters of each count."""
        lengths = self.rng.integers(1, self.walk + 1, size=(len(words), self.walks))
        tests = np.zeros((len(words), self.walks, max(map(len, words)) + self.walk), dtype=np.int64)
        for state, word in enumerate(words):
            end = np.zeros(self.walks, dtype=np.int64)
            if self.network.asked_of is not None:
                end[:] = self.network.asked_of.states(np.array([word], dtype=np.int64).reshape(1, -1))[0, -1]
            tests[state, :, : len(word)] = word
            tests[state, :, len(word) : len(word) + self.walk] = self.network.wander(end, self.walk, self.rng)
            lengths[state] += len(word)
        return tests.reshape(-1, tests.shape[2]), lengths.ravel()


def read(hypothesis: Any, letters: Sequence[Hashable], classes: Sequence[Hashable]) -> tuple[Moore, list[list[int]]]:
    """AALpy's machine as ours, and a shortest word to each state."""
    states = [hypothesis.initial_state]
    words: list[list[int]] = [[]]
    number = {states[0].state_id: 0}
    table = []
    for state, word in zip(states, words, strict=True):  # both grow while they are read
        row = []
        for a in range(len(letters)):
            target = state.transitions[a]
            if target.state_id not in number:
                number[target.state_id] = len(states)
                states.append(target)
                words.append([*word, a])
            row.append(number[target.state_id])
        table.append(row)
    outputs = np.array([state.output for state in states])
    return Moore(np.array(table), 0, outputs, tuple(letters), tuple(classes)), words
