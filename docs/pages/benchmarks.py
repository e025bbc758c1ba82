"""A page a file of bench/results: how it was made, its pictures, and every row; what is lost stays in.

Pictures beside a file (kernels.svg for kernels.json) are shown with it; three are drawn here, from the numbers.
"""

from __future__ import annotations

import ast
import io
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .text import escaped, folded, heading, literal, rows, rst, table
from .writing import ROOT, Folder

RESULTS = ROOT / "bench" / "results"
COMMANDS = {"deltaword bench kernels": "kernels/bench.py"}  # commands that leave a file of results, and where they are
HEADS = {  # of kernels and public: what the files call their kinds of rows, in words
    "copy": "What the memory gives",
    "product": "What the tensor cores give",
    "table": "Whole calls, ours and the public ones",
    "decode": "One token",
    "check": "Held against float64",
    "exactness": "Bit for bit, and drift",
}
SHAPE = (
    "what",
    "shape",
    "B",
    "T",
    "H",
    "D",
    "n_h",
)  # columns that say of what a row is, in this order, before what was measured
LONG = 16  # rows; longer tables are folded
FEW = 8  # kinds of rows that get a table each
OURS, THEIRS, OTHER, FLOOR = "#0072b2", "#d55e00", "#009e73", "#999999"  # Okabe and Ito


def files() -> list[Path]:
    return sorted(RESULTS.glob("*.json"))


def write(folder: Folder, names: list[str] | None = None) -> None:
    chosen = [file for file in files() if names is None or file.stem in names]
    drawn: dict[str, list[str]] = {}
    for file in chosen:
        found = json.loads(file.read_text("utf-8"))
        pictures = [picture for picture in sorted(RESULTS.glob(f"{file.stem}*.svg")) if _owner(picture) == file.stem]
        for picture in pictures:
            folder.write(picture.name, picture.read_bytes())
        drawn[file.stem] = [picture.stem for picture in pictures]
        if file.stem in PLOTS:
            folder.write(f"{file.stem}_plot.svg", _drawn(PLOTS[file.stem], found["rows"]))
            drawn[file.stem].insert(0, f"{file.stem}_plot")
        folder.write(f"{file.stem}.rst", page(file.stem, found, drawn[file.stem]))
    folder.write("index.rst", index(chosen, drawn))


def _owner(picture: Path) -> str:
    """The file of results with the longest name that a picture's name begins with."""
    return max((file.stem for file in files() if picture.stem.startswith(file.stem)), key=len)


def script(found: Mapping[str, Any]) -> tuple[str, str]:
    """What the script that made a file says of itself: its first line, and the rest."""
    command = str(found.get("command", ""))
    named = [path for known, path in COMMANDS.items() if known in command] + re.findall(r"\S+\.py\b", command)
    if not named or not (ROOT / named[0]).is_file():
        return f"Made by {command}." if command else "", ""
    title, _, rest = (ast.get_docstring(ast.parse((ROOT / named[0]).read_text("utf-8"))) or "").partition("\n")
    return title, rest.strip("\n")


def index(chosen: list[Path], drawn: dict[str, list[str]]) -> Iterator[str]:
    yield from heading("Benchmarks")
    yield (
        "What was measured, on our side and on the other libraries' in the same run where it says so, with the command, the "
        "versions, the device and the seed. Tables and plots are made from the files in ``bench/results``; rows that we lose stay "
        "in. ``make bench`` measures again, and ``deltaword bench kernels`` times the kernels on your GPU."
    )
    yield ""
    lines = []
    for file in chosen:
        found = json.loads(file.read_text("utf-8"))
        lines.append(
            [
                f":doc:`{file.stem}`",
                rst(script(found)[0]) or "\\ ",
                escaped(str(found.get("device", ""))),
                f"{len(found['rows'])} rows",
                found.get("date", ""),
            ]
        )
    yield from table(("file", "what it measures", "device", "size", "date"), lines, "15 45 14 8 18", "stacked")
    for file in chosen:
        if drawn[file.stem]:
            yield from heading(escaped(file.stem.replace("_", " ")), "-")
            yield f"All rows: :doc:`{file.stem}`."
            yield ""
            for picture in drawn[file.stem]:
                yield from _picture(picture, file.stem)
    yield from (".. toctree::", "    :hidden:", "")
    yield from (f"    {file.stem}" for file in chosen)


def _picture(name: str, of: str) -> Iterator[str]:
    caption = CAPTIONS.get(name, f"bench/results/{name}.svg")
    yield from (
        f".. figure:: {name}.svg",
        "    :class: plot",
        f"    :alt: {name.replace('_', ' ')}",
        f"    :target: ../_images/{name}.svg",
        "",
    )
    yield from (f"    {rst(caption)}", "")


def page(name: str, found: Mapping[str, Any], pictures: list[str], head: str = "") -> Iterator[str]:
    title, rest = script(found)
    yield from heading(escaped(head or name.replace("_", " ")))
    yield rst(title)
    yield ""
    versions = ", ".join(f"{library} {version}" for library, version in found.get("versions", {}).items())
    about = {
        "command": found.get("command"),
        "date": found.get("date"),
        "device": found.get("device"),
        "machine": found.get("machine"),
    }
    about |= {"seed": found.get("seed"), "versions": versions}
    about |= {
        key: value for key, value in found.items() if key not in {*about, "rows"} and isinstance(value, str | int | float)
    }
    yield from rows(
        (escaped(key), literal(str(value)) if key == "command" else escaped(str(value)))
        for key, value in about.items()
        if value not in (None, "")
    )
    for picture in pictures:
        yield from _picture(picture, name)
    if name == "classification":
        yield from ("Shown, with marks and a legend, in :doc:`/gallery/classification`.", "")
        return
    for head, group in grouped(found["rows"]):
        yield from heading(escaped(HEADS.get(head, head)), "-") if head else ()
        body = list(_rows(group))
        yield from folded(f"{len(group)} rows", body) if len(group) > LONG else body
    if rest:
        from .docstrings import as_rst

        yield from heading("How it is measured", "-")
        yield from as_rst(rest.splitlines())


# ---------------------------------------------------------------------- tables


def grouped(found: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Rows of one kind together: of one "what" where there are few, and of keys that hold one another."""
    kinds = [row.get("what") for row in found]
    by_what = all(isinstance(kind, str) for kind in kinds) and len(set(kinds)) <= FEW and len(set(kinds)) < len(found)
    groups: list[tuple[str, set[str], list[dict[str, Any]]]] = []
    for row in found:
        head = str(row["what"]) if by_what else ""
        shown = {key: value for key, value in row.items() if not (by_what and key == "what")}
        for known, keys, members in groups:
            if known == head and (set(shown) <= keys or keys <= set(shown)):
                keys |= set(shown)
                members.append(shown)
                break
        else:
            groups.append((head, set(shown), [shown]))
    return [(head, members) for head, _, members in groups]


def flat(row: Mapping[str, Any], under: str = "") -> dict[str, Any]:
    """A row without rows in it, its own numbers before those.

    >>> flat({"ours": {"seconds": 2.0, "right": True}, "a": 1})
    {'a': 1, 'ours seconds': 2.0, 'ours right': True}
    """
    result: dict[str, Any] = {}
    for key, value in sorted(row.items(), key=lambda item: _has_rows(item[1])):
        name = f"{under} {key}".strip()
        result |= flat(value, name) if _has_rows(value) else {name: value}
    return result


def _has_rows(value: Any) -> bool:
    return isinstance(value, Mapping) and 0 < len(value) <= 8 and all(not key.isdigit() for key in value)


def _rows(group: list[dict[str, Any]]) -> Iterator[str]:
    """What is the same in all rows once; the rest as a table."""
    lines = [flat(row) for row in group]
    keys = list(dict.fromkeys(key for line in lines for key in line))
    keys.sort(key=lambda key: SHAPE.index(key) if key in SHAPE else len(SHAPE))
    same = {key for key in keys if len(lines) > 3 and all(key in line and line[key] == lines[0][key] for line in lines)}
    if same:
        text = "; ".join(f"{escaped(_head(key))} {escaped(cell(lines[0][key]))}" for key in keys if key in same)
        yield from (f"In all rows: {text}.", "")
    if len(lines) == 1:
        yield from rows((escaped(_head(key)), escaped(cell(lines[0][key]))) for key in keys)
        return
    shown = [key for key in keys if key not in same]
    yield from table(
        map(escaped, map(_head, shown)),
        [[escaped(cell(line.get(key))) or "\\ " for key in shown] for line in lines],
        kind="numbers",
    )


def _head(key: str) -> str:
    return "n_h" if key == "n_h" else key.replace("_", " ")


def cell(value: Any) -> str:
    """A value as it is read in a table.

    >>> [cell(value) for value in (1234567, 0.00013, 43.1, True, None, ["a", "b"], {"2": 3})]
    ['1,234,567', '0.00013', '43.1', 'yes', '—', 'a, b', '2: 3']
    """
    if value is None or value == "" or value == [] or value == {}:
        return "—"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return "0" if value == 0 else (f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}")
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {cell(part)}" for key, part in value.items())
    if isinstance(value, list):
        return ", ".join(map(cell, value))
    return str(value)


# ---------------------------------------------------------------------- plots


def _drawn(draw: Any, found: list[dict[str, Any]]) -> bytes:
    """A plot as SVG, the same bytes every time."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    style: dict[Any, Any] = {
        "svg.hashsalt": "deltaword",
        "font.size": 11,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "svg.fonttype": "path",
    }
    with matplotlib.rc_context(style):
        figure = draw(plt, found)
        out = io.BytesIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None}, bbox_inches="tight", facecolor="white")
        plt.close(figure)
    return out.getvalue()


def kernels(plt: Any, found: list[dict[str, Any]]) -> Any:
    """Forward, and forward with backward, a row a shape and n_h: ours, the best public, the floor."""
    table_rows = [row for row in found if row.get("what") == "table"]
    figure, axes = plt.subplots(1, 2, figsize=(9, 0.42 * len(table_rows) + 1.2), sharey=True)
    labels = [f"{row['B']} × {row['T']:,}, H {row['H']}, D {row['D']}, $n_h$ = {row['n_h']}" for row in table_rows]
    places = range(len(table_rows))
    for ax, key, title in zip(axes, ("fwd_ms", "fwd_bwd_ms"), ("forward", "forward + backward"), strict=True):
        for name, colour, mark, label in (
            (f"floor_{key}", FLOOR, "|", "floor: bytes in and out"),
            (f"public_{key}", THEIRS, "s", "the best public kernel"),
            (key, OURS, "o", "deltaword"),
        ):
            ax.plot(
                [row[name] for row in table_rows], places, mark, color=colour, label=label, markersize=9 if mark == "|" else 6.5
            )
        ax.set_xscale("log")
        ax.set_title(title, fontsize=11)
        ax.set_xlabel("milliseconds (less is better)")
        ax.set_yticks(list(places), labels)
        ax.grid(axis="x", which="both", color="#dddddd", linewidth=0.6)
        ax.set_axisbelow(True)
    axes[0].invert_yaxis()
    figure.legend(*axes[0].get_legend_handles_labels(), loc="upper center", ncols=3, frameon=False, bbox_to_anchor=(0.5, 1.0))
    figure.tight_layout(rect=(0, 0, 1, 0.95))
    return figure


def _beside(plt: Any, labels: list[str], series: dict[str, tuple[list[float | None], str, str]]) -> Any:
    figure, ax = plt.subplots(figsize=(9, 0.32 * len(labels) + 1.3))
    for name, (values, colour, mark) in series.items():
        known = [(value, place) for place, value in enumerate(values) if value is not None]
        ax.plot([v for v, _ in known], [p for _, p in known], mark, color=colour, label=name, markersize=6.5)
    ax.set_xscale("log")
    ax.set_yticks(range(len(labels)), labels)
    ax.invert_yaxis()
    ax.set_xlabel("seconds (less is better)")
    ax.grid(axis="x", color="#dddddd", linewidth=0.6)
    ax.set_axisbelow(True)
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, frameon=False)
    return figure


def automata(plt: Any, found: list[dict[str, Any]]) -> Any:
    labels = [f"{row['operation']}: {row['machine']}" for row in found]
    ours, theirs = ([row.get(key) for row in found] for key in ("seconds", "automata-lib_seconds"))
    return _beside(plt, labels, {"deltaword": (ours, OURS, "o"), "automata-lib": (theirs, THEIRS, "s")})


def patterns(plt: Any, found: list[dict[str, Any]]) -> Any:
    shown = [row for row in found if isinstance(row["deltaword"], dict)]
    labels = [row["pattern"] if len(row["pattern"]) <= 36 else f"{row['pattern'][:35]}…" for row in shown]
    series = {}
    for name, colour, mark in (("deltaword", OURS, "o"), ("automata-lib", THEIRS, "s"), ("interegular", OTHER, "^")):
        times = [row[name].get("seconds") if row[name].get("right") else None for row in shown]
        series[name] = (times, colour, mark)
    return _beside(plt, [label.replace("$", r"\$") for label in labels], series)


PLOTS = {"public": kernels, "automata": automata, "patterns": patterns}
CAPTIONS = {
    "public_plot": "Whole calls in bfloat16, gated, with autograd, on one H200, median; all in one run, save what the table calls "
    "recorded.",
    "automata_plot": "Each operation on the same machines, in the same run.",
    "patterns_plot": "From a pattern to the minimal automaton; a mark is missing where a library refuses the pattern or gets it wrong.",
    "public": "The same calls beside what the GPU can do at best (bench/results/public.svg).",
    "kernels": "How near each call comes to what the GPU can do at best (bench/results/kernels.svg).",
}
