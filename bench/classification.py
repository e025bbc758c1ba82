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
from deltaword.theory.oracle.render import groups as named_groups
from deltaword.theory.oracle.render import one_layer
from deltaword.theory.oracle.verdict import Family

SECONDS = 5.0
SHORT = {  # of a column, by its first family
    "nonnegative_diagonal": "[0, 1] or β ≤ 1",
    "real_diagonal": "[−1, 1]",
    "kda_shrinking_cast": "β ≤ 1, cast",
    "deltanet_one_layer": "1 layer, n_h = 1",
    "kda_one_layer": "1 layer, a gate a row",
    "one_step_one_layer_cast": "1 layer, cast",
    "deltaproduct_one_layer": "1 layer, any n_h",
}
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
        "groups": named_groups(c),
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
        "layers_found": {v.name: v.layers for v in c.verdicts},
        "seconds": round(seconds, 2),
    }


def columns(rows: list[dict[str, Any]]) -> list[list[Family]]:
    """Families with the same answer for every language together."""
    alike: dict[str, list[Family]] = {}
    for family in FAMILIES:
        alike.setdefault("".join(mark(row, family.name) for row in rows), []).append(family)
    return list(alike.values())


def by_circuits(rows: list[dict[str, Any]], family: Family) -> dict[str, str] | None:
    """The mark for each circuit class, where that decides; None where it does not."""
    marks = {(row["circuit_class"] or "?", mark(row, family.name)) for row in rows}
    return dict(sorted(marks)) if len(dict(marks)) == len(marks) else None


def mark(row: dict[str, Any], name: str) -> str:
    return MARKS[row["verdicts"][name].split(";")[0]]


def table(rows: list[dict[str, Any]]) -> Iterator[str]:
    """The rows as Markdown: a legend, then a column for all families that agree on every language."""
    groups = columns(rows)
    decided = [(group, by_circuits(rows, group[0])) for group in groups]
    shown = [(SHORT.get(group[0].name, group[0].name), group) for group, marks in decided if marks is None]
    yield "# The gallery, classified"
    yield ""
    yield (
        "Made by `python bench/classification.py`. ✓ recognises the language, ✗ cannot, ? not known here; `deltaword classify NAME` "
        "says why, with words that show a no, and how far to trust it."
    )
    yield ""
    yield "- **states / monoid**: of the minimal automaton, elements of the syntactic monoid. **groups**: those inside the monoid."
    yield (
        "- **layers**: at least / found with any n_h / found with n_h = 1; contractive (β ≤ 2, with or without gates), finitely many "
        "exact states."
    )
    for short, group in shown:
        yield f"- **{short}**: {listed(group)}."
    for group, marks in decided:
        if marks is not None:
            decide = f"the circuits decide ({', '.join(f'{name} {sign}' for name, sign in marks.items())})"
            where = "✓ for all" if set(marks.values()) == {MARKS["yes"]} else decide
            yield f"- No column, {where}: {listed(group)}."
    yield ""
    heads = ["language", "states / monoid", "groups", "circuits", "layers", *(short for short, _ in shown)]
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        least, wide, narrow = row["layers_at_least"], found(row, "gated_deltaproduct"), found(row, "gated_deltanet")
        size = f"{row['states']} / {'?' if row['monoid'] is None else format(row['monoid'], ',')}"
        layers = f"{least} / {wide} / {narrow}"
        cells = [f"`{row['name']}`", size, row["groups"], row["circuit_class"] or "?", layers]
        yield f"| {' | '.join([*cells, *(mark(row, group[0].name) for _, group in shown)])} |"
    yield ""
    for model in MODELS.values():
        yield f"- **{model.title}** ({model.name}). {model.text}"


def listed(families: list[Family]) -> str:
    """Families in words, the models of one together."""
    models: dict[str, list[str]] = {}
    for family in families:
        models.setdefault(f"{family.family} ({family.members}), {family.depth}", []).append(family.model.name)
    return "; ".join(f"{text}, {' or '.join(names)}" for text, names in models.items())


def found(row: dict[str, Any], family: str) -> str:
    """The layers that are known to do."""
    layers = row["layers_found"][family]
    return "?" if layers is None else str(layers)


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
