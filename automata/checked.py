"""What a user gives for a machine, checked part by part, and every mistake by its name: so a DFA is sound from birth.

Each function takes anything and gives back a plain value of its own that nothing else holds, or raises with the place and the value at
fault and the way out.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import BadAutomaton, DuplicateLetter, EmptyAlphabet, MissingTransition, StateOutOfRange

Letter = Hashable


def is_whole(value: object) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def is_hashable(value: object) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def checked_alphabet(alphabet: Iterable[Letter]) -> tuple[Letter, ...]:
    """The letters as a tuple. Raises EmptyAlphabet, DuplicateLetter, BadAutomaton for a letter that cannot be hashed."""
    if not isinstance(alphabet, Iterable):
        raise BadAutomaton(f"the alphabet is {alphabet!r}; it should be a collection of letters, such as 'ab'")
    letters = tuple(alphabet)
    if not letters:
        raise EmptyAlphabet("the alphabet is empty; a machine needs at least one letter (alphabet='ab', say)")
    seen: set[Letter] = set()
    for position, letter in enumerate(letters):
        if not is_hashable(letter):
            raise BadAutomaton(
                f"letter {letter!r} at position {position} of the alphabet is not hashable; use str, int or tuple"
            )
        if letter in seen:
            raise DuplicateLetter(f"letter {letter!r} occurs twice in the alphabet, the second time at position {position}")
        seen.add(letter)
    return letters


def checked_table(table: Any, letters: Sequence[Letter]) -> npt.NDArray[np.int32]:
    """A fresh [n_states, n_letters] int32 copy of a complete table. Raises MissingTransition, StateOutOfRange, BadAutomaton."""
    if not isinstance(table, np.ndarray):
        try:
            rows = [list(row) for row in table]
        except TypeError:
            raise BadAutomaton("the table should hold a row of successors for each state: table[state][letter]") from None
        for q, row in enumerate(rows):
            if len(row) < len(letters):
                raise MissingTransition(
                    f"state {q} has {len(row)} of {len(letters)} transitions, none on {letters[len(row)]!r}; "
                    "every state needs one successor a letter (add a sink state)"
                )
            if len(row) > len(letters):
                raise BadAutomaton(f"state {q} has {len(row)} transitions for {len(letters)} letters; widen the alphabet")
            for a, target in enumerate(row):
                if target is None:
                    raise MissingTransition(f"state {q} has no transition on {letters[a]!r}; add a sink state")
        table = array_of_rows(rows, letters)
    if table.ndim != 2 or table.shape[1] != len(letters):
        raise BadAutomaton(f"the table has shape {table.shape}; it should be [n_states, {len(letters)}], a column a letter")
    n = table.shape[0]
    if n == 0:
        raise BadAutomaton("the table has no states; a machine needs at least its start state")
    if not np.issubdtype(table.dtype, np.integer):
        table = array_of_rows(table.tolist(), letters)
    wrong = np.argwhere((table < 0) | (table >= n))
    if len(wrong):
        q, a = wrong[0]
        raise StateOutOfRange(f"state {q} goes to {table[q, a]} on {letters[a]!r}, but the states are 0 .. {n - 1}")
    return np.array(table, dtype=np.int32, order="C")


def array_of_rows(rows: list[list[Any]], letters: Sequence[Letter]) -> npt.NDArray[Any]:
    """Rows of one length as an array of whole numbers, of objects where they are huge. Raises BadAutomaton."""
    try:
        array = np.array(rows) if rows else np.zeros((0, len(letters)), dtype=np.int32)
        if array.ndim == 2 and np.issubdtype(array.dtype, np.integer):
            return array
    except ValueError:
        pass  # an entry that is itself a list
    for q, row in enumerate(rows):  # the slow way, to name the entry as the user wrote it
        for a, target in enumerate(row):
            if not is_whole(target):
                raise BadAutomaton(f"state {q} goes to {target!r} on {letters[a]!r}, which is not a state number")
    return np.array(rows, dtype=object)


def checked_accepting(accepting: Collection[int] | Iterable[int], n: int) -> npt.NDArray[np.bool_]:
    """The accepting states as a fresh [n] bool array. Raises StateOutOfRange, BadAutomaton."""
    mask = np.zeros(n, dtype=bool)
    if isinstance(accepting, np.ndarray) and np.issubdtype(accepting.dtype, np.integer) and accepting.ndim == 1:
        if not np.any((accepting < 0) | (accepting >= n)):
            mask[accepting] = True  # the loop below takes longer over 10^5 states than their minimisation does
            return mask
    elif not isinstance(accepting, Iterable):
        raise BadAutomaton(f"accepting is {accepting!r}; it should be a collection of states, such as [0]")
    for q in accepting:
        mask[checked_state(q, n, "accepting state")] = True
    return mask


def checked_state(state: Any, n: int, role: str) -> int:
    """A state number in 0 .. n-1 as an int. Raises StateOutOfRange."""
    if not is_whole(state) or not 0 <= state < n:
        raise StateOutOfRange(f"{role} {state!r} is not one of the states 0 .. {n - 1}")
    return int(state)
