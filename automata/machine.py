"""A machine as a value: its table, start, accepting states and letters, immutable, compared, pickled; words as letter numbers.

Notation      n states 0 .. n-1, k letters 0 .. k-1 (their names: `alphabet`); `table[q, a]` is where state q goes on letter a.
Memory        4·n·k bytes for the table and n for the accepting states.

`DFA` (dfa.py) adds what can be asked of it.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from .checked import Letter, checked_accepting, checked_alphabet, checked_state, checked_table, is_hashable
from .errors import BadAutomaton, UnknownLetter

Word = Iterable[Letter]


class Machine:
    """The data of a complete deterministic automaton; the arguments are those of `DFA`."""

    table: npt.NDArray[np.int32]
    start: int
    accepting_mask: npt.NDArray[np.bool_]
    alphabet: tuple[Letter, ...]
    state_names: tuple[Hashable, ...] | None

    def __init__(
        self,
        table: npt.ArrayLike | Sequence[Sequence[int]],
        start: int,
        accepting: Collection[int] | Iterable[int],
        alphabet: Iterable[Letter],
        *,
        state_names: Iterable[Hashable] | None = None,
    ):
        letters = checked_alphabet(alphabet)
        array = checked_table(table, letters)
        n = array.shape[0]
        names = None if state_names is None else tuple(state_names)
        if names is not None and len(names) != n:
            raise BadAutomaton(f"{len(names)} state names for {n} states; give one name a state, or none")
        mask = checked_accepting(accepting, n)
        array.setflags(write=False)
        mask.setflags(write=False)
        set_once = super().__setattr__
        set_once("table", array)
        set_once("start", checked_state(start, n, "start state"))
        set_once("accepting_mask", mask)
        set_once("alphabet", letters)
        set_once("state_names", names)

    def __setattr__(self, name: str, value: Any):
        raise AttributeError(f"a DFA is immutable; make a new one instead of setting {name!r}")

    def __delattr__(self, name: str):
        raise AttributeError(f"a DFA is immutable; it keeps {name!r}")

    # ------------------------------------------------------------------ its sizes and parts

    @property
    def n_states(self) -> int:
        return self.table.shape[0]

    @property
    def n_letters(self) -> int:
        return self.table.shape[1]

    @cached_property
    def accepting(self) -> frozenset[int]:
        return frozenset(np.flatnonzero(self.accepting_mask).tolist())

    @cached_property
    def letter_index(self) -> dict[Letter, int]:
        """Letter to its column of the table."""
        return {letter: a for a, letter in enumerate(self.alphabet)}

    @cached_property
    def _rows(self) -> list[list[int]]:
        return self.table.tolist()  # a plain loop over Python lists is the fastest way to run one word

    def __eq__(self, other: object) -> bool:
        """The same table, numbering, start, accepting states and alphabet; for equal languages: `equivalent_to`."""
        if not isinstance(other, Machine):
            return NotImplemented
        return (
            self.start == other.start
            and self.alphabet == other.alphabet
            and np.array_equal(self.table, other.table)
            and np.array_equal(self.accepting_mask, other.accepting_mask)
        )

    def __hash__(self) -> int:
        return hash((self.start, self.alphabet, self.table.tobytes(), self.accepting_mask.tobytes()))

    def __reduce__(self):
        return _rebuilt, (
            type(self),
            self.table,
            self.start,
            np.flatnonzero(self.accepting_mask),
            self.alphabet,
            self.state_names,
        )

    def __repr__(self) -> str:
        shown = [a if isinstance(a, str) and a.isprintable() else repr(a) for a in self.alphabet[:8]]
        letters = " ".join(shown) + (" …" if self.n_letters > 8 else "")
        return (
            f"DFA({self.n_states} states, {self.n_letters} letters: {letters}, "
            f"start {self.start}, {len(self.accepting)} accepting)"
        )

    # ------------------------------------------------------------------ words as letter numbers

    def encode(self, word: Word) -> list[int]:
        """The letters of a word as their numbers. Raises UnknownLetter with the first bad position.

        >>> Machine([[0, 0]], 0, [], "ab").encode("abba")
        [0, 1, 1, 0]
        """
        index, letters = self.letter_index, list(word)
        try:
            return [index[letter] for letter in letters]
        except (KeyError, TypeError):
            position = next(i for i, letter in enumerate(letters) if not is_hashable(letter) or letter not in index)
            raise UnknownLetter(self._about_unknown(letters[position], position, word)) from None

    def decode(self, tokens: Iterable[int]) -> str | list[Letter]:
        """Letter numbers back to a word: a str where every letter is one character, else a list.

        >>> Machine([[0, 0]], 0, [], "ab").decode([0, 1, 1])
        'abb'
        """
        letters = [self.alphabet[a] for a in tokens]
        return "".join(map(str, letters)) if self.letters_are_characters else letters

    @cached_property
    def letters_are_characters(self) -> bool:
        return all(isinstance(letter, str) and len(letter) == 1 for letter in self.alphabet)

    def _about_unknown(self, letter: object, position: int, word: Word) -> str:
        shown = ", ".join(repr(a) for a in self.alphabet[:12]) + (", …" if self.n_letters > 12 else "")
        text = f"letter {letter!r} at position {position} is not in the alphabet ({shown})"
        if isinstance(word, str) and not self.letters_are_characters:
            text += "; letters here are not single characters: pass a list of letters"
        return text


def _rebuilt(kind, table, start, accepting, alphabet, state_names) -> Machine:
    return kind(table, start, accepting, alphabet, state_names=state_names)
