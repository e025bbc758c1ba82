"""A classification as text, for a terminal of any width, as HTML for notebooks, light or dark, and in LaTeX."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

from ...automata.wording import counted
from ..latex.prose import prose
from ..latex.reports import described
from .grid import COLOURS, grid, tally
from .models import MODELS
from .verdict import Verdict
from .witness import spelt

if TYPE_CHECKING:
    from .classification import Classification

LABEL, WIDTH = 9, 120
NARROWEST = 40
MARKS = {"yes": "✓ yes", "no": "✗ no", "not known": "? not known"}
ORDER = ("no", "not known", "yes")
TOGETHER, JOIN = re.compile(r"n_h [=≤] [0-9]+|([≥≤] |[0-9]+ to )?[0-9]+ layers?"), "\ue000"  # kept on one line
BETWEEN_SOURCES = re.compile(r"; (?![^(]*\))")


# ---------------------------------------------------------------------- facts


def lines(c: Classification) -> list[tuple[str, str]]:
    """The facts that are known, as labels and texts; last, those that are not."""
    rows = [("minimal", f"{counted(c.n_states, 'state')}, {counted(c.n_letters, 'letter')}{given(c)}")]
    if c.monoid_size:
        rows.append(("monoid", f"{counted(c.monoid_size, 'element')}{', a group' if c.is_group else ''}"))
    if c.groups is not None:
        rows.append(("groups", groups(c)))
    if c.composition_factors:
        depth = "" if c.derived_length is None else f"; derived length {c.derived_length} (abelian groups, one on another)"
        rows.append(("factors", f"{', '.join(c.composition_factors)} (simple groups, of which the groups are made){depth}"))
    if words(c):
        rows.append(("language", "; ".join(words(c))))
    if c.circuit_class:
        rows.append(("circuits", c.circuit_class))
    if c.one_layer is not None:
        rows.append(("single", one_layer(c)))
    rows.append(("depth", f"at least {counted(c.depth_lower_bound, 'contractive layer')}: {c.depth_reason}"))
    rows += [("open", f"not known: {', '.join(names)} ({why})") for why, names in unknown(c).items()]
    return rows


def given(c: Classification) -> str:
    return "" if c.given_states == c.n_states else f" (the machine given has {counted(c.given_states, 'state')})"


def unknown(c: Classification) -> dict[str, list[str]]:
    """The facts that were not worked out, by the reason."""
    algebra = "solvable" if c.solvable is None else "quasi_aperiodic"
    asked = (
        ("size of the monoid", c.monoid_size, "monoid_size"),
        ("groups", c.groups, "groups"),
        ("factors", c.composition_factors, "composition_factors"),
        ("star-free", c.star_free, "star_free"),
        ("quasi-aperiodic", c.quasi_aperiodic, "quasi_aperiodic"),
        ("solvable", c.solvable, "solvable"),
        ("circuits", c.circuit_class, algebra),
        ("whether one layer does", c.one_layer, "one_layer"),
    )
    found: dict[str, list[str]] = {}
    for label, value, name in asked:
        if value is None:
            found.setdefault(c.unknown.get(name, "not worked out"), []).append(label)
    return found


def groups(c: Classification) -> str:
    """The maximal subgroups by name, with how many D-classes have each."""
    if c.groups is None:
        return "not known"
    if not c.groups:
        return "none"
    count = Counter(g.name or (f"order {g.order:,}" if g.order else "of unknown order") for g in c.groups)
    shown = [name if times == 1 else f"{name} ({times} times)" for name, times in count.items()]
    return ", ".join(shown[:8]) + (f" and {len(shown) - 8} more" if len(shown) > 8 else "")


def words(c: Classification) -> list[str]:
    """What is known of the language, in words."""
    facts = (
        ("star-free (no groups)", "not star-free (it has groups)", c.star_free),
        (
            "quasi-aperiodic (words of one length make no groups)",
            "not quasi-aperiodic (words of one length make groups)",
            c.quasi_aperiodic,
        ),
        ("solvable (all its groups are)", "not solvable (a group of it is not)", c.solvable),
    )
    return [is_ if value else is_not for is_, is_not, value in facts if value is not None]


def one_layer(c: Classification) -> str:
    """Whether one contractive layer does, whatever its n_h, and why."""
    if c.one_layer is None:
        return f"not known: {c.unknown.get('one_layer', 'not worked out')}"
    if c.one_layer:
        return f"one contractive layer does, n_h as large as it takes: {c.one_layer_reason}"
    assert c.one_layer_witness is not None
    e, f = map(spelt, c.one_layer_witness)
    return f"one contractive layer cannot, whatever its n_h: {e} and {f} act as idempotents e, f with e·f·e ≠ f·e"


# ---------------------------------------------------------------------- verdicts


def named(v: Verdict) -> str:
    return f"{v.family} ({v.members})"


def sources(v: Verdict) -> list[str]:
    """What a verdict rests on, one by one."""
    return [*(BETWEEN_SOURCES.split(v.source) if v.source else []), *(f"statement {name}" for name in v.statements)]


def trust(v: Verdict) -> str:
    """What a verdict rests on, in a line."""
    named = f"statement{'s' * (len(v.statements) > 1)} {', '.join(v.statements)}" if v.statements else ""
    return "; ".join(part for part in (v.evidence, v.source, named) if part)


def chosen(c: Classification, part: str) -> list[Verdict]:
    """The verdicts with a part of a name, of the family or of its members, in any case."""
    return [v for v in c.verdicts if part.casefold() in f"{v.name}\n{v.family}\n{v.members}".casefold()]


def text(c: Classification, width: int = WIDTH, verdicts: Sequence[Verdict] | None = None) -> str:
    """Facts; the verdicts, no, not known, yes: those with one reason together, a line a family; then the sources by their numbers and
    the models of computation. No line is longer than the width, but for words that are; all verdicts unless some are given."""
    shown = c.verdicts if verdicts is None else verdicts
    rows = known(c, width, shown)
    numbers: dict[str, int] = {}
    for answer in ORDER:
        together: dict[tuple, list[Verdict]] = {}
        for v in shown:
            if v.answer == answer:
                together.setdefault((v.reason, v.evidence, v.source, v.statements, v.call), []).append(v)
        for alike in together.values():
            rows += ["", *(row for v in alike for row in filled(headed(v), width, f"{MARKS[answer]}  "))]
            rows += filled(because(alike[0], numbers), width, "    ")
    if numbers:
        rows += ["", "sources", *(row for source, i in numbers.items() for row in filled(source, width, f"  {i:>2}  "))]
    models = [model for model in MODELS.values() if any(v.model == model.name for v in shown)]
    if models:
        rows += ["", "models", *(row for model in models for row in filled(f"{model.name}: {model.text}", width, "  "))]
    return "\n".join(rows)


def known(c: Classification, width: int, verdicts: Sequence[Verdict]) -> list[str]:
    """The facts, and how many verdicts of each kind there are."""
    rows = [row for label, value in lines(c) for row in filled(value, width, f"{label:{LABEL}}")]
    count = Counter(v.answer for v in verdicts)
    tallied = ", ".join(f"{count[answer]} {answer}" for answer in ORDER if count[answer])
    return [*rows, *filled(tallied, width, f"{'verdicts':{LABEL}}")]


def summary(c: Classification, width: int = WIDTH, verdicts: Sequence[Verdict] | None = None) -> str:
    """The facts, and a line a family, without reasons."""
    shown = c.verdicts if verdicts is None else verdicts
    return "\n".join([*known(c, width, shown), "", brief(c, width, shown)])


def headed(v: Verdict) -> str:
    return f"{named(v)}: {v.depth}, {v.model}{f'; {v.size}' if v.size else ''}"


def because(v: Verdict, numbers: dict[str, int]) -> str:
    """The reason, how far to trust it, its sources by number, and the call; new sources get the next numbers."""
    cited = ", ".join(str(numbers.setdefault(source, len(numbers) + 1)) for source in sources(v))
    return f"{v.reason}{f' [{v.evidence}: {cited}]' if cited else ''}{f' → {v.call}' if v.call else ''}"


def brief(c: Classification, width: int = WIDTH, verdicts: Sequence[Verdict] | None = None) -> str:
    """A line a family: mark, name, depth and model, size; cut at the width."""
    shown = c.verdicts if verdicts is None else verdicts
    cells = [(f"{MARKS[v.answer][0]} {v.name}", f"{v.depth}, {v.model}", v.size) for v in shown]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    rows = []
    for row in cells:
        line = "  ".join(f"{cell:{size}}" for cell, size in zip(row, widths, strict=True)).rstrip()
        rows.append(line if len(line) <= max(NARROWEST, width) else f"{line[: max(NARROWEST, width) - 1].rstrip()}…")
    return "\n".join(rows)


def filled(value: str, width: int, head: str) -> Iterable[str]:
    """A text behind a head, wrapped; words are left whole, so that they can be copied."""
    indent = " " * len(head)
    rows = wrap(
        TOGETHER.sub(lambda size: size[0].replace(" ", JOIN), value),
        max(NARROWEST, width),
        initial_indent=head,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [row.rstrip().replace(JOIN, " ") for row in rows] or [head.rstrip()]


def latex(c: Classification) -> str:
    """The facts as a list, the verdicts as a table."""
    rows = [" & ".join(map(prose, (v.answer, v.family, f"{v.depth}, {v.model}", v.size))) + r" \\" for v in c.verdicts]
    return "\n".join(
        [
            described(lines(c)),
            r"{\small\begin{tabular}{@{}lp{6.1cm}p{3.4cm}p{3.4cm}@{}}",
            r"\hline",
            r"answer & networks & depth, model & size \\",
            r"\hline",
            *rows,
            r"\hline",
            r"\end{tabular}}",
        ]
    )


def page(c: Classification) -> str:
    """The facts, all verdicts at a glance, and folded below them the reasons; the background is the notebook's own."""
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
        f'<div style="color:inherit"><table>{facts}</table><p><strong>{tally(c.verdicts)}</strong></p>{grid(c.verdicts)}'
        f"<details><summary>reasons, sources and the calls that build networks</summary>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table></details></div>"
    )
