"""All verdicts at a glance, as HTML: a row a family, a column a model of computation, in colours that all eyes tell apart."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Sequence

from .models import MODELS
from .verdict import Verdict

MARKS = {"yes": "✓", "no": "✗", "not known": "?"}
COLOURS = {"yes": "#2b86c5", "no": "#d5601a", "not known": "#8a8a8a"}  # of a lightness that both white and black carry
CELL = "text-align:left;vertical-align:top;padding:.15em .7em"


def grid(verdicts: Sequence[Verdict]) -> str:
    """Mark and size of each verdict; the reason when the pointer rests on it.

    >>> import deltaword as dw
    >>> table = grid(dw.classify(dw.languages.get("parity")).verdicts)
    >>> table.count("✓"), table.count("✗"), table.count("<tr>")
    (21, 8, 27)
    """
    models = [model for model in MODELS.values() if any(v.model == model.name for v in verdicts)]
    heads = [f'<th style="{CELL}" title="{html.escape(model.text)}">{html.escape(model.title)}</th>' for model in models]
    rows: dict[tuple[str, str], dict[str, Verdict]] = {}
    for v in verdicts:
        rows.setdefault((v.family, v.depth), {})[v.model] = v
    body = []
    for (family, depth), by_model in rows.items():
        members = html.escape(", ".join(dict.fromkeys(v.members for v in by_model.values())))
        cells = [cell(by_model[model.name]) if model.name in by_model else f'<td style="{CELL}"></td>' for model in models]
        name = f'<td style="{CELL}">{html.escape(family)}<br><small>{members}</small></td>'
        body.append(f'<tr>{name}<td style="{CELL};white-space:nowrap">{html.escape(depth)}</td>{"".join(cells)}</tr>')
    top = f'<tr><th style="{CELL}">network</th><th style="{CELL}">depth</th>{"".join(heads)}</tr>'
    return f"<table><thead>{top}</thead><tbody>{''.join(body)}</tbody></table>"


def cell(v: Verdict) -> str:
    style = f"{CELL};color:{COLOURS[v.answer]};font-weight:bold;border-left:3px solid {COLOURS[v.answer]}"
    size = f" <small>{html.escape(v.size)}</small>" if v.size else ""
    return f'<td style="{style}" title="{html.escape(v.reason)}">{MARKS[v.answer]}{size}</td>'


def tally(verdicts: Sequence[Verdict]) -> str:
    """How many of each answer.

    >>> import deltaword as dw
    >>> tally(dw.classify(dw.languages.get("parity")).verdicts)
    '21 yes, 8 no'
    """
    count = Counter(v.answer for v in verdicts)
    return ", ".join(f"{count[answer]} {answer}" for answer in MARKS if count[answer])
