"""What the commands share: refusals, the options that several have, names of the gallery."""

from __future__ import annotations

from difflib import get_close_matches
from enum import StrEnum
from typing import Annotated

import typer

from ..automata import languages as gallery
from ..automata.gallery.entry import Entry
from ..report import note

CERTIFICATE_FILE = "certificate.json"
COQ_FILE = "certificate.v"

Alphabet = Annotated[
    str | None, typer.Option(metavar="LETTERS", help="The pattern's letters, in order. Default: all it names.")
]

Device = Annotated[str | None, typer.Option(help="Such as cpu or cuda:1. Default: the GPU, if there is one.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print everything as JSON.")]

TASKS = (
    "parity (asked at the end), parity_every, mod_arithmetic, mod_arithmetic_brackets; groups: Z_3, D_4, S_3, A_5, S_5_swaps, …; "
    "language:NAME, a machine of `deltaword languages`; text:code"
)


class Dtype(StrEnum):
    float32 = "float32"
    bfloat16 = "bfloat16"
    float16 = "float16"
    float64 = "float64"


def refusal(reason: str) -> int:
    """Say it in one line; the exit code."""
    note(" ".join(reason.splitlines()))
    return 2


def find(name: str) -> Entry | None:
    """The gallery's entry of that name, None where there is none. Raises UnknownLanguage for a family's number out of range."""
    if name in gallery.names():
        return gallery.entry(name)
    return next((member for family in gallery.families() if (member := family.entry(name)) is not None), None)


def note_near_name(pattern: str, alphabet: str | None) -> None:
    """Say so when a pattern is nearly a gallery name."""
    close = get_close_matches(pattern, gallery.names(), 1, cutoff=0.8)
    if close and alphabet is None:
        note(f"{pattern!r} was read as a pattern; the gallery has {close[0]!r}")
