"""The oracle on the whole gallery: which networks recognise each language. Writes classification.json, and classification.md to read.

    python bench/classification.py

Every witness of a no is run on words before it is written down, and every network that a verdict links to is planned again; the first
that fails stops the run.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from record import RESULTS, record
from rich.progress import track

import deltaword as dw
from deltaword.theory.oracle.classification import FAMILIES
from deltaword.theory.oracle.models import MODELS
from deltaword.theory.oracle.render import groups, one_layer

SECONDS = 5.0
MARKS = {"yes": "✓", "no": "✗", "not known": "?"}


def measure(name: str) -> dict[str, Any]:
    """One language."""
    begin = time.perf_counter()
    c = dw.classify(dw.languages.get(name), SECONDS)
    seconds = time.perf_counter() - begin
    for v in c.verdicts:
        assert v.answer != "no" or (v.witness is not None and v.witness.holds(c.machine)), (name, v)
    for v in {str(v.network): v for v in c.verdicts if v.network is not None}.values():
        assert v.network is not None
        plan = dw.plan(c.machine, seconds=SECONDS, **v.network)
        assert len(plan.layers) <= (v.layers or 0), (name, v, plan)
    return {
        "name": name,
        "states": c.n_states,
        "monoid": c.monoid_size,
        "groups": groups(c),
        "composition_factors": c.composition_factors,
        "derived_length": c.derived_length,
        "star_free": c.star_free,
        "quasi_aperiodic": c.quasi_aperiodic,
        "solvable": c.solvable,
        "circuit_class": c.circuit_class,
        "one_layer": c.one_layer,
        "one_layer_why": one_layer(c),
        "layers_at_least": c.depth_lower_bound,
        "layers_at_least_why": c.depth_reason,
        "unknown": dict(c.unknown),
        "verdicts": {v.name: "; ".join(part for part in (v.answer, v.size) if part) for v in c.verdicts},
        "seconds": round(seconds, 2),
    }


def table(rows: list[dict[str, Any]]) -> Iterator[str]:
    """The rows as Markdown: a column a family, by number."""
    yield "# The gallery, classified"
    yield ""
    yield (
        "Made by `python bench/classification.py`. ✓ recognises the language, ✗ cannot, ? not known here; `deltaword classify NAME` "
        "says why, with words that show a no, and how far to trust it. Layers: at least / found with any n_h / found with n_h = 1; "
        "contractive, finitely many exact states."
    )
    yield ""
    heads = ["language", "states", "monoid", "groups inside", "circuits", "layers", *map(str, range(1, len(FAMILIES) + 1))]
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        marks = [MARKS[verdict.split(";")[0]] for verdict in row["verdicts"].values()]
        least, wide, narrow = row["layers_at_least"], found(row, "gated_deltaproduct"), found(row, "gated_deltanet")
        size = "" if row["monoid"] is None else f"{row['monoid']:,}"
        cells = [
            f"`{row['name']}`",
            str(row["states"]),
            size,
            row["groups"],
            row["circuit_class"] or "?",
            f"{least} / {wide} / {narrow}",
        ]
        yield f"| {' | '.join([*cells, *marks])} |"
    yield ""
    yield "| | networks | such as | depth | model |"
    yield "|---|---|---|---|---|"
    for number, family in enumerate(FAMILIES, 1):
        yield f"| {number} | {family.family} | {family.members} | {family.depth} | {family.model.title} |"
    yield ""
    for model in MODELS.values():
        yield f"- **{model.title}.** {model.text}"


def found(row: dict[str, Any], family: str) -> str:
    """The layers that do, as a verdict has them."""
    words = [part for part in row["verdicts"][family].replace("≤ ", "").split("; ")[-1].split(", ") if "layer" in part]
    return next((part.split()[0] for part in words if not part.startswith("≥")), "?")


def main() -> None:
    begin = time.perf_counter()
    rows = [measure(name) for name in track(dw.languages.names(), "languages")]
    path = RESULTS / "classification.md"
    temporary = path.with_suffix(".tmp")
    temporary.write_text("\n".join(table(rows)) + "\n")
    temporary.replace(path)
    print(
        "written to",
        record("classification", rows, seed=None).name,
        "and",
        path.name,
        f"in {time.perf_counter() - begin:.0f} s",
    )


if __name__ == "__main__":
    main()
