"""What happens over words: states that stay bounded, and a recurrence beside the machine that it should track."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from ...automata.dfa import DFA
from ...automata.errors import BadArgument
from ..statements import get
from .given import called, given, written
from .rounding import EPS, allowed
from .search import smallest, strategy_of


class Grows(AssertionError):
    """States that exceed their bound. word, size and bound are attributes."""

    def __init__(self, word: Sequence[Any], size: float, bound: float, made: str):
        self.word, self.size, self.bound = list(word), size, bound
        growth = f", {size ** (1 / len(word)):.4g} a token" if size > 0 else ""
        super().__init__(
            f"assert_bounded_states: after {len(word)} tokens {made} has the norm {size:.6g}, above {bound:.6g}{growth}\n"
            f"  word         {written(self.word)}\n"
            f"  contradicts  statement stability: {get('stability').title}"
        )


class LosesTrack(AssertionError):
    """A recurrence that is not where its machine is. word, answer and wanted are attributes."""

    def __init__(self, word: Sequence[Any], answer: Any, wanted: Any):
        self.word, self.answer, self.wanted = word, answer, wanted
        super().__init__(
            f"assert_tracks: after {len(word)} letters the answer is {answer!r}, the machine's {wanted!r}\n  word  {word!r}"
        )


def assert_bounded_states(
    transition: Callable[[Any], Any],
    words: Any,
    *,
    write: Callable[[Any], Any] | None = None,
    limit: float = 1.0,
    n_h: int = 1,
    tolerance: float | None = None,
) -> None:
    """‖S_t‖ ≤ limit · (‖S_0‖ + Σ ‖B_s‖) after every token of every word, S_t = A_t S_{t−1} + B_t, S_0 = I (statement stability).

    transition  token → A [n, n];  write  token → B [n, n], or None for no writes: then it is products of transitions that are bounded
    words       sequences of tokens: an iterable, or a hypothesis strategy, of which the simplest failing word is reported
    limit       1 is proved of layers with norm at most 1; other layers may be held to a larger number
    n_h, tolerance  as in the other assertions; rounding is allowed to lengthen by 1 + δ a token

    The norm is the operator norm.  Raises  Grows; BadArgument

    >>> swap, copy = [[0, 1], [1, 0]], [[1, 1], [0, 0]]
    >>> assert_bounded_states({"s": swap}.get, ["sss"])
    >>> assert_bounded_states({"s": swap, "c": copy}.get, ["sc"])
    Traceback (most recent call last):
    ...
    deltaword.theory.testing.runs.Grows: assert_bounded_states: after 2 tokens the product has the norm 1.41421, above 1, 1.189 a token
      word         ['s', 'c']
      contradicts  statement stability: A contractive layer does not blow up: ‖S_T‖ ≤ ‖S_0‖ + Σ ‖B_t‖.
    """
    if not limit > 0:
        raise BadArgument(f"limit is {limit!r}; give a positive number, 1 for what is proved of contractive layers")
    strategy = strategy_of(words)
    if strategy is not None:
        found, _ = smallest(strategy, lambda word: first_growth(transition, word, write, limit, n_h, tolerance))
        words = (
            []
            if found is None
            else [shortened(found, lambda word: first_growth(transition, word, write, limit, n_h, tolerance))]
        )
    for word in words:
        grown = first_growth(transition, word, write, limit, n_h, tolerance)
        if grown is not None:
            raise Grows(*grown, "the product" if write is None else "the state")


def first_growth(
    transition: Callable[[Any], Any],
    word: Iterable[Any],
    write: Callable[[Any], Any] | None = None,
    limit: float = 1.0,
    n_h: int = 1,
    tolerance: float | None = None,
) -> tuple[list[Any], float, float] | None:
    """(the prefix, the state's norm, what is allowed) where the bound is first exceeded, or None."""
    state, total, stretch, read = None, 1.0, 1.0, []
    for token in word:
        read.append(token)
        (matrix,) = called(transition, token)
        state = np.eye(matrix.n) if state is None else state
        with np.errstate(over="ignore", invalid="ignore"):  # an overflow is a finding
            state = matrix.floats @ state
        stretch *= 1 + allowed(matrix, n_h, tolerance) + matrix.n**2 * EPS  # what float64 adds here
        if write is not None:
            (written_matrix,) = given(write(token), "the write")
            state = state + written_matrix.floats
            total += float(np.linalg.norm(written_matrix.floats, 2))
        if not np.isfinite(state).all():
            return read, float("inf"), limit * total
        size = float(np.linalg.norm(state, 2))
        if size > limit * total * stretch:
            return read, size, limit * total
    return None


def shortened(word: Sequence[Any], fails: Callable[[list[Any]], Any]) -> list[Any]:
    """The failing word without the tokens that are not needed, taken out one by one.

    >>> shortened("abcab", lambda word: "c" in word and "a" in word)
    ['a', 'c']
    """
    left = list(word)
    for i in reversed(range(len(word))):
        without = left[:i] + left[i + 1 :]
        if without and fails(without):
            left = without
    return left


def assert_tracks(answers: Callable[[Any], Sequence[Any]], dfa: DFA, words: Any = None) -> None:
    """After each prefix of each word the answer is the machine's: its state, or whether it accepts when the answers are bools.

    answers  word → the answers after its prefixes, with the empty one (len + 1 of them) or without (len): `net.states`, or what
             `stepwise` makes of a recurrence
    words    an iterable or a hypothesis strategy; None for words over the machine's alphabet, drawn with hypothesis

    Raises  LosesTrack with the shortest failing prefix; BadArgument when the number of answers does not fit

    >>> from deltaword import languages
    >>> parity = languages.get("parity")
    >>> mirror = stepwise(lambda h, letter: -h if letter == "1" else h, 1, read=lambda h: int(h < 0))
    >>> assert_tracks(mirror, parity)
    >>> damped = stepwise(lambda h, letter: -0.5 * h if letter == "1" else h, 1.0, read=lambda h: int(h < -0.2))
    >>> assert_tracks(damped, parity, ["1", "111"])
    Traceback (most recent call last):
    ...
    deltaword.theory.testing.runs.LosesTrack: assert_tracks: after 3 letters the answer is 0, the machine's 1
      word  '111'
    """
    if words is None:
        from .strategies import words as words_over

        words = words_over(dfa)
    strategy = strategy_of(words)
    if strategy is not None:
        found, _ = smallest(strategy, lambda word: first_wrong(answers, dfa, word))
        words = [] if found is None else [found]
    for word in words:
        wrong = first_wrong(answers, dfa, word)
        if wrong is not None:
            raise LosesTrack(*wrong)


def first_wrong(answers: Callable[[Any], Sequence[Any]], dfa: DFA, word: Any) -> tuple[Any, Any, Any] | None:
    """(the shortest prefix with a wrong answer, the answer, the right one), or None."""
    found, states = list(answers(word)), dfa.states(word)
    skipped = len(states) - len(found)
    if skipped not in (0, 1):
        raise BadArgument(
            f"{len(found)} answers for the word {word!r} of {len(word)} letters; give one after each letter, and one "
            "before the first if you like"
        )
    for t, answer in enumerate(found, start=skipped):
        told = isinstance(answer, (bool, np.bool_))
        right = bool(dfa.accepting_mask[states[t]]) if told else states[t]
        if answer != right:
            return word[:t], bool(answer) if told else answer, right
    return None


def stepwise(
    step: Callable[[Any, Any], Any], start: Any, read: Callable[[Any], Any] = lambda state: state
) -> Callable[[Any], list[Any]]:
    """The answers of a recurrence: read(start), read(step(start, w_1)), …  step: (state, letter) → state.

    >>> stepwise(lambda h, letter: (h + 1) % 3, 0)("aaaa")
    [0, 1, 2, 0, 1]
    """

    def answers(word: Any) -> list[Any]:
        states = [start]
        for letter in word:
            states.append(step(states[-1], letter))
        return [read(state) for state in states]

    return answers
