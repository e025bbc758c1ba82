"""A certificate as a card for notebooks: whether it holds, its grade, what is proved and how, and of which numbers."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .certificate import Certificate

MAX_WORD = 120  # characters of a counterexample
HOLDS, FAILS, OPEN = "#2b86c5", "#d5601a", "#8a8a8a"  # blue and vermilion: told apart by all eyes, on white and on black
CELL = "text-align:left;vertical-align:top;padding:.1em .8em .1em 0"
_CHEAP = re.compile(r" in 0\.\d s and about \d MiB$")  # a cost that nobody need know, and that would differ from run to run
GRADES = {
    1: "nothing ever rounds, in any order of summation",
    2: "in this float arithmetic, step by step, rounding included",
    3: "in this float arithmetic, as far as its rounding cannot spoil an answer",
}


def card(certificate: Certificate) -> str:
    """The card; colours and background are the notebook's own but for the bar at its left."""
    c = certificate
    mark, colour, title = verdict(c)
    body = "".join(
        f'<tr><th style="{CELL}">{html.escape(head)}</th><td style="{CELL}">{html.escape(text)}</td></tr>'
        for head, text in lines(c)
    )
    return (
        f'<div style="border-left:5px solid {colour};padding-left:.8em;color:inherit">'
        f'<p style="margin:.2em 0"><b style="color:{colour}">{mark}</b> <b>{html.escape(title)}</b></p><table>{body}</table></div>'
    )


def verdict(c: Certificate) -> tuple[str, str, str]:
    """Mark, colour and title."""
    if c.holds:
        return "✓", HOLDS, f"grade {c.grade}: {c.scope}"
    if c.counterexample is None:
        return "✗", OPEN, "not proved"
    return "✗", FAILS, "does not hold"


def lines(c: Certificate) -> list[tuple[str, str]]:
    """The facts of a certificate, as heads and texts."""
    claim = "names the machine's state after every word" if c.claim == "states" else "accepts the machine's language"
    n, k = c.dfa.n_states, c.dfa.n_letters
    machine = f"{n:,} state{'s' * (n != 1)}, {k:,} letter{'s' * (k != 1)}"
    rows = [("claim", f"the network {claim}"), ("machine", machine)]
    if c.holds:
        rows.append(("proved", GRADES[c.grade] + (" (the chunked form included)" if c.chunked else "")))
        pairs = f"pair{'s' * (c.pairs != 1)} of network state and machine state"
        closed = (
            f"closure over {'the one' if c.pairs == 1 else f'all {c.pairs:,}'} reachable {pairs}"
            if c.tokens is None
            else f"{c.pairs:,} {pairs} visited"
        )
        search = _CHEAP.sub("", c.search)
        rows.append(("how", f"{closed}{f'; {search}' if search else ''}"))
    elif c.counterexample is not None:
        word = c.counterexample if isinstance(c.counterexample, str) else " ".join(map(str, c.counterexample))
        shown = word if len(word) <= MAX_WORD else f"{word[: MAX_WORD - 1]}…"
        rows.append(("counterexample", f"{shown or 'the empty word'} (a shortest word, of length {len(c.counterexample):,})"))
    rows.append(("because", c.reason))
    rows.append(("numbers", f"{c.dtype}; digest {c.weights_digest[:16]}…"))
    return rows
