"""languages, show: the gallery, and single machines in full."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..automata import languages as gallery
from ..automata.dfa import DFA
from ..automata.files import write_bytes
from ..report import print_table, print_transitions, read_word, say, say_machine, say_properties, say_word
from .shared import Alphabet, find, note_near_name


def register(app: typer.Typer) -> None:
    app.command()(languages)
    app.command()(show)


def languages() -> None:
    """List the gallery.

    Named machines, and families of machines with numbers in their names, each with the reason it is kept.
    """
    machines = [(entry, entry.build()) for entry in gallery.entries()]
    print_table(
        ["name", "states", "letters", "why it is kept"],
        [[entry.name, str(dfa.n_states), str(dfa.n_letters), entry.reason] for entry, dfa in machines],
    )
    print_table(
        ["family", "its machines", "why it is kept"],
        [[family.template, family.description, family.reason] for family in gallery.families()],
    )


def show(
    name_or_pattern: Annotated[
        str, typer.Argument(metavar="NAME_OR_PATTERN", help="A gallery name wins over a pattern, unless --alphabet is given.")
    ],
    alphabet: Alphabet = None,
    word: Annotated[
        str | None, typer.Option(help="A word to follow; where letters are longer than a character, put spaces between.")
    ] = None,
    svg: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw the machine as SVG.")] = None,
    dot: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the machine in Graphviz's language.")] = None,
) -> None:
    """Show or draw a machine.

    Its transitions, what each letter does, the states along a word (marked in drawings).
    """
    entry = find(name_or_pattern) if alphabet is None else None
    if entry is not None:
        dfa = entry.build()
        say("gallery", f"{entry.name}: {entry.description}")
        say("why", entry.reason)
        if entry.source is not None:
            say("source", entry.source)
    else:
        dfa = DFA.from_regex(name_or_pattern, alphabet)
        say("pattern", name_or_pattern)
        note_near_name(name_or_pattern, alphabet)
    letters = None if word is None else read_word(dfa, word)
    drawings = [(svg, dfa.to_svg), (dot, dfa.to_dot)]
    for file, text in drawings:
        if file is not None:
            write_bytes(file, text(letters).encode("utf-8", "backslashreplace"))
    say_machine(dfa)
    print_transitions(dfa)
    say_properties(dfa)
    if letters is not None:
        say_word(dfa, letters, dfa.states(letters))
    for file, _ in drawings:
        if file is not None:
            say("drawn", file)
