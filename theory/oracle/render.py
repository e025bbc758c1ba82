"""A classification as text, as rows of a table, and as HTML for notebooks, light or dark."""

from __future__ import annotations

import html
from collections import Counter
from textwrap import fill
from typing import TYPE_CHECKING

from .models import MODELS
from .verdict import Verdict
from .witness import spelt

if TYPE_CHECKING:
    from .classification import Classification

LABEL, WIDTH = 9, 120
COLUMNS = ("answer", "network", "size", "because")
MARKS = {"yes": "✓ yes", "no": "✗ no", "not known": "? not known"}
COLOURS = {"yes": "#2e9e5b", "no": "#d9534f", "not known": "#b8860b"}  # of a lightness that both white and black carry


def lines(c: Classification) -> list[tuple[str, str]]:
    """The facts, as labels and texts."""
    rows = [("minimal", f"{c.n_states:,} states, {c.n_letters} letters{given(c)}")]
    rows.append(
        (
            "monoid",
            f"{c.monoid_size:,} elements{', a group' if c.is_group else ''}" if c.monoid_size else reason(c, "monoid_size"),
        )
    )
    rows.append(("groups", groups(c)))
    if c.composition_factors:
        series = "" if c.derived_length is None else f"; derived length {c.derived_length}"
        rows.append(("factors", f"{', '.join(c.composition_factors)}{series}"))
    rows.append(("language", "; ".join(words(c))))
    rows.append(("circuits", c.circuit_class or "not known"))
    rows.append(("single", one_layer(c)))
    rows.append(
        ("depth", f"at least {c.depth_lower_bound} contractive layer{'s' * (c.depth_lower_bound != 1)}: {c.depth_reason}")
    )
    return rows


def given(c: Classification) -> str:
    return "" if c.given_states == c.n_states else f" (the machine given has {c.given_states:,} states)"


def reason(c: Classification, name: str) -> str:
    return f"not known: {c.unknown.get(name, 'not worked out')}"


def groups(c: Classification) -> str:
    """The maximal subgroups by name, with how many D-classes have each."""
    if c.groups is None:
        return reason(c, "groups")
    if not c.groups:
        return "none"
    count = Counter(g.name or (f"order {g.order:,}" if g.order else "of unknown order") for g in c.groups)
    shown = [name if times == 1 else f"{name} ({times} times)" for name, times in count.items()]
    return ", ".join(shown[:8]) + (f" and {len(shown) - 8} more" if len(shown) > 8 else "")


def words(c: Classification) -> list[str]:
    """What the language is, in words."""
    facts = (
        ("star-free", "not star-free", c.star_free, "star_free"),
        ("quasi-aperiodic", "not quasi-aperiodic", c.quasi_aperiodic, "quasi_aperiodic"),
        ("solvable", "not solvable", c.solvable, "solvable"),
    )
    return [reason(c, name) if value is None else (is_ if value else is_not) for is_, is_not, value, name in facts]


def one_layer(c: Classification) -> str:
    if c.one_layer is None:
        return reason(c, "one_layer")
    if c.one_layer:
        return "one layer does: e·f·e = f·e for all idempotents"
    assert c.one_layer_witness is not None
    e, f = map(spelt, c.one_layer_witness)
    return f"one layer cannot: {e} and {f} act as idempotents e, f with e·f·e ≠ f·e"


def table(c: Classification) -> list[tuple[str, ...]]:
    """A row a verdict, under COLUMNS."""
    return [(MARKS[v.answer], f"{named(v)}: {v.depth}, {v.model}", v.size, because(v)) for v in c.verdicts]


def legend(c: Classification) -> list[tuple[str, str]]:
    """The models of computation that verdicts name, with what they are."""
    return [(model.name, model.text) for model in MODELS.values() if any(v.model == model.name for v in c.verdicts)]


def named(v: Verdict) -> str:
    return f"{v.family} ({v.members})"


def because(v: Verdict) -> str:
    """The reason, where it is from and how far to trust it."""
    call = f" {v.call}" if v.call else ""
    return f"{v.reason}{f' [{trust(v)}]' if v.source else ''}{call}"


def trust(v: Verdict) -> str:
    """What a verdict rests on."""
    named = f"statement{'s' * (len(v.statements) > 1)} {', '.join(v.statements)}" if v.statements else ""
    return "; ".join(part for part in (v.evidence, v.source, named) if part)


def text(c: Classification) -> str:
    """Facts, then each verdict: answer, network, model, size, and the reason below."""
    rows = [f"{label:{LABEL}} {value}" for label, value in lines(c)]
    for v in c.verdicts:
        size = f"; {v.size}" if v.size else ""
        rows.append(f"\n{MARKS[v.answer]}  {named(v)}: {v.depth}, {MODELS[v.model].title}{size}")
        rows.append(fill(because(v), WIDTH, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False))
    return "\n".join(rows)


def page(c: Classification) -> str:
    """A table of facts and a table of verdicts; colours and backgrounds are the notebook's own."""
    left = "text-align:left;vertical-align:top;padding:.2em .6em"

    def cell(content: str, tag: str = "td", style: str = "") -> str:
        return f'<{tag} style="{left};{style}">{content}</{tag}>'

    facts = "".join(f"<tr>{cell(html.escape(a), 'th')}{cell(html.escape(b))}</tr>" for a, b in lines(c))
    head = "".join(cell(name, "th") for name in ("answer", "network", "depth", "model", "size", "because"))
    body = []
    for v in c.verdicts:
        mark = cell(MARKS[v.answer], style=f"color:{COLOURS[v.answer]};font-weight:bold;white-space:nowrap")
        model = MODELS[v.model]
        who = f"{html.escape(v.family)}<br><small>{html.escape(v.members)}</small>"
        call = f"<br><code>{html.escape(v.call)}</code>" if v.call else ""
        why = f"{html.escape(v.reason)}<br><small>{html.escape(trust(v))}</small>{call}"
        where = f'<span title="{html.escape(model.text)}">{html.escape(model.title)}</span>'
        body.append(f"<tr>{mark}{cell(who)}{cell(v.depth)}{cell(where)}{cell(html.escape(v.size))}{cell(why)}</tr>")
    return (
        f'<div style="color:inherit"><table>{facts}</table>'
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
    )
