"""Tasks by name, with the papers' settings.

parity, parity_every             the first paper's, asked after the last bit; asked after every bit
mod_arithmetic                   the first paper's, without brackets
mod_arithmetic_brackets          brackets at most 2 deep; _depth_3, _unbounded (the paper's); then _mult for * as well
S_5, A_5, D_4, Z_3, Z_2xZ_4, …   word problems (groups.py), with _swaps, _move_3, _tokens_4
language:NAME                    the states of a machine of `deltaword.languages`; language:NAME:acceptance whether they accept
text:code+prose+arithmetic       the next byte of text that Python brings along (text.py); text:code:held_out for validation
"""

from __future__ import annotations

import hashlib
import re
from difflib import get_close_matches
from functools import lru_cache

from ...automata import languages
from ...automata.dfa import DFA
from ...automata.errors import BadArgument, UnknownTask
from . import arithmetic
from .automaton import AutomatonTask
from .base import Task
from .groups import word_problem
from .text import Text

PAPERS = (
    *("parity", "parity_every", "mod_arithmetic", "mod_arithmetic_brackets", "mod_arithmetic_brackets_unbounded"),
    *("Z_3", "S_3", "D_4", "D_5", "S_4", "A_5", "S_5"),
    *("S_5_swaps", "S_5_move_3", "S_5_move_4", "S_5_tokens_4"),
)
BRACKETS = re.compile(r"mod_arithmetic_brackets(?:_depth_(?P<depth>\d{1,3})|(?P<unbounded>_unbounded))?(?P<mult>_mult)?")


def names() -> list[str]:
    """The tasks of the papers and their relatives; numbers in a name may be others, and any machine of the gallery is a task.

    >>> names()[:3]
    ['parity', 'parity_every', 'mod_arithmetic']
    """
    return list(PAPERS)


def task(what: str | DFA, target: str = "state") -> Task:
    """The task of a name, or of an automaton: words of letters drawn evenly, asked for the state after each letter.

    target  for an automaton: "state" or "acceptance"
    Raises  UnknownTask with names like it; UnknownLanguage; BadArgument; what the making of a group or a machine raises

    >>> task("S_5_swaps").train_lengths, task("S_5").chance
    ((32, 32), 0.008333333333)
    >>> from deltaword import DFA
    >>> task(DFA.from_regex("(ab)*", alphabet="ab"), target="acceptance").classes
    ('rejected', 'accepted')
    """
    if isinstance(what, DFA):
        return of_automaton(what, f"automaton {_fingerprint(what)}", target)
    if not isinstance(what, str):
        raise UnknownTask(f"{what!r} is neither the name of a task nor a DFA")
    if target != "state":
        raise BadArgument(
            f"target {target!r} with the name {what!r}; for a machine of the gallery write language:NAME:acceptance"
        )
    return _named(what)


@lru_cache(maxsize=64)
def _named(name: str) -> Task:
    if name in ("parity", "parity_every"):
        return AutomatonTask(
            name,
            languages.get("parity"),
            last_only=name == "parity",
            train_lengths=arithmetic.TRAIN_LENGTHS,
            eval_lengths=arithmetic.EVAL_LENGTHS,
        )
    if name == "mod_arithmetic":
        return arithmetic.mod_arithmetic()
    if (found := BRACKETS.fullmatch(name)) is not None:
        depth = None if found["unbounded"] else int(found["depth"] or 2)
        return arithmetic.BracketTask(depth, bool(found["mult"]))
    if name.startswith("language:"):
        _, language, *target = name.split(":", 2)
        return of_automaton(languages.get(language), name, *target)
    if name.startswith("text:"):
        _, corpora, *part = name.split(":")
        if part in ([], ["held_out"]):
            return Text(corpora.split("+"), held_out=bool(part))
    if (problem := word_problem(name)) is not None:
        return problem
    raise UnknownTask(
        f"no task {name!r}; {_suggestion(name)}some are {', '.join(names())}; and language:NAME is any machine of the gallery"
    )


def of_automaton(dfa: DFA, name: str, target: str = "state") -> AutomatonTask:
    """Words of letters drawn evenly, asked for the state or for acceptance after each letter. Raises BadArgument.

    >>> of_automaton(languages.get("parity"), "bits").classes
    ('even', 'odd')
    """
    if target == "state":
        return AutomatonTask(name, dfa)
    if target != "acceptance":
        raise BadArgument(f"target {target!r} of {name!r}; 'state' or 'acceptance' is expected")
    outputs = tuple(map(int, dfa.accepting_mask))
    return AutomatonTask(name, dfa, outputs=outputs, classes=("rejected", "accepted"))


def _fingerprint(dfa: DFA) -> str:
    """The same for the same machine, whatever its letters are called."""
    content = dfa.table.shape, dfa.start, dfa.table.tolist(), sorted(dfa.accepting)
    return hashlib.sha256(repr(content).encode()).hexdigest()[:12]


def _suggestion(name: str) -> str:
    known = {text.lower(): text for text in [*PAPERS, *(f"language:{language}" for language in languages.names())]}
    known |= {text.lower(): f"language:{text}" for text in languages.names() if text.lower() not in known}
    close = dict.fromkeys(known[text] for text in get_close_matches(name.lower(), known, 3))
    return f"did you mean {' or '.join(map(repr, close))}? " if close else ""
