"""How the command line writes things: labelled lines, tables, machines, words."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from shutil import get_terminal_size
from textwrap import fill

import numpy as np
from rich import box
from rich.console import Console
from rich.status import Status
from rich.table import Column, Table

from .automata.dfa import DFA, Letter
from .automata.errors import UnknownLetter
from .automata.permutations import cycle_notation
from .automata.wording import counted

LABEL = 9  # the columns that `Plan.__str__` gives its labels
TABLE_STATES, TABLE_LETTERS = 40, 16  # of a larger machine the first corner is shown
CYCLES_UP_TO = 16  # points of a permutation that is written out


def say(label: str, text: object) -> None:
    """One labelled line on stdout, never wrapped, so that it can be copied and searched."""
    print(f"{label:{LABEL}}{text}")


def note(text: str) -> None:
    """A remark beside the result, on stderr."""
    sys.stdout.flush()  # in order where both go to one file
    print(f"deltaword: {text}", file=sys.stderr)


def working(text: str) -> Status:
    """A spinner on stderr while something takes long; silent where that is no terminal."""
    return Console(stderr=True).status(text)


def say_paragraphs(head: str, texts: Iterable[str]) -> None:
    """A head, and texts below it, wrapped to the terminal; elsewhere to $COLUMNS, or 120."""
    print(head)
    width = min(120, get_terminal_size((120, 24)).columns)
    for text in texts:
        print(
            fill(text, width, initial_indent="    ", subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)
        )


def print_table(columns: Iterable[str | Column], rows: Iterable[Iterable[str]]) -> None:
    """Fitted to a terminal; elsewhere one line a row, however long."""
    table = Table(*columns, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        table.add_row(*row)
    width = None if sys.stdout.isatty() else 10_000
    Console(width=width, markup=False, emoji=False, highlight=False).print(table)  # "[ab]" is a pattern, not markup


def say_machine(dfa: DFA) -> None:
    letters = f"{spelt(dfa.alphabet[:12])}{' …' * (dfa.n_letters > 12)}"
    sizes = f"{counted(dfa.n_states, 'state')}, {counted(dfa.n_letters, 'letter')}"
    say("machine", f"{sizes} ({letters}), start {dfa.start}, {len(dfa.accepting):,} accepting")


def say_word(dfa: DFA, word: Sequence[Letter], states: Sequence[int]) -> None:
    """A word, the verdict on it, and the states along it."""
    verdict = "accepted" if dfa.accepting_mask[states[-1]] else "rejected"
    say("word", f"{spelt(word) or 'the empty word'}: {verdict}, states {' '.join(map(str, states))}")


def print_transitions(dfa: DFA) -> None:
    """The table, a row a state: → the start, ✓ the accepting states."""
    n, k = min(dfa.n_states, TABLE_STATES), min(dfa.n_letters, TABLE_LETTERS)
    names = [str(q) if dfa.state_names is None else f"{q} {dfa.state_names[q]}" for q in range(n)]
    print_table(
        ["", "state", "", *map(spelt, zip(dfa.alphabet[:k]))],
        [
            ["→" * (q == dfa.start), names[q], "✓" * bool(dfa.accepting_mask[q]), *map(str, dfa.table[q, :k].tolist())]
            for q in range(n)
        ],
    )
    if n < dfa.n_states or k < dfa.n_letters:
        say("cut", f"{n} of {counted(dfa.n_states, 'state')} and {k} of {counted(dfa.n_letters, 'letter')} are shown")


def say_properties(dfa: DFA) -> None:
    """What no word reaches, whether states can be merged, and what each letter does."""
    unreached, least = dfa.n_states - len(dfa.reachable_states()), dfa.minimized().n_states
    if unreached:
        say("reach", f"no word reaches {counted(unreached, 'state')}")
    say("minimal", "yes" if least == dfa.n_states else f"no, {counted(least, 'state')} would do")
    for a, letter in enumerate(dfa.alphabet[:TABLE_LETTERS]):
        say("letter", f"{spelt([letter])} {action(dfa.table[:, a])}")


def action(column: np.ndarray) -> str:
    """What a letter does, in words; column [n_states], the successor of each state.

    >>> action(np.array([1, 2, 0])), action(np.array([0, 0, 0])), action(np.array([0, 0, 1]))
    ('permutes: (0 1 2)', 'resets to 0', 'merges 3 states into 2')
    """
    n, images = len(column), np.unique(column)
    if np.array_equal(column, np.arange(n)):
        return "keeps every state"
    if len(images) == n:
        return f"permutes: {cycle_notation(column.tolist())}" if n <= CYCLES_UP_TO else "permutes"
    if len(images) == 1:
        return f"resets to {images[0]}"
    return f"merges {n} states into {len(images)}"


def read_word(dfa: DFA, text: str) -> list[Letter]:
    """The letters that a text spells: single characters, or longer names with spaces between. Raises UnknownLetter.

    >>> import deltaword as dw
    >>> read_word(dw.languages.get("S_3"), "(0 1) (1 2) ()")
    ['(0 1)', '(1 2)', '()']
    """
    if dfa.letters_are_characters:
        dfa.encode(text)  # raises
        return list(text)
    names = {str(letter): letter for letter in dfa.alphabet}
    longest_first = sorted(filter(None, names), key=len, reverse=True)  # names may hold spaces themselves
    one = re.compile(rf"({'|'.join(map(re.escape, longest_first))})(?:\s+|$)")
    letters, text = [], text.strip()
    column = 0
    while column < len(text):
        found = one.match(text, column)
        if found is None:
            shown = ", ".join(list(names)[:12]) + ", …" * (len(names) > 12)
            raise UnknownLetter(f"no letter at column {column} of {text!r}; the letters are {shown}, with spaces between")
        letters.append(names[found[1]])
        column = found.end()
    return letters


def spelt(letters: Iterable[Letter]) -> str:
    """Letters with spaces between, in quotes where they would not be seen."""
    texts = map(str, letters)
    return " ".join(text if text.isprintable() and text.strip() == text != "" else repr(text) for text in texts)
