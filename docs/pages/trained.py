"""A page a sweep of bench/results/trained: what was trained, from the comment of its grid, then a table and a picture a task.

The tables are those that bench/trained_results.py writes, the networks that are constructed beside them are a page, too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from . import benchmarks
from .prose import with_mathematics
from .writing import ROOT, Folder

TRAINED = ROOT / "bench" / "results" / "trained"


def write(folder: Folder, names: list[str] | None = None) -> None:
    for file in sorted(TRAINED.glob("*.json")):
        if names is not None and file.stem not in names:
            continue
        found = json.loads(file.read_text("utf-8"))
        if "grid" not in found:
            folder.write(
                f"{file.stem}.rst",
                benchmarks.page(file.stem, found, [], f"{file.stem.replace('_', ' ').capitalize()} networks"),
            )
            continue
        pictures = [path for path in sorted(TRAINED.glob(f"{file.stem}_*.svg")) if owner(path) == file.stem]
        for picture in pictures:
            folder.write(picture.name, picture.read_bytes())
        table = file.with_suffix(".md").read_text("utf-8")
        folder.write(f"{file.stem}.md", page(file.stem, found, table, {path.stem for path in pictures}))


def owner(picture: Path) -> str:
    """The sweep with the longest name that a picture's name begins with."""
    return max((file.stem for file in TRAINED.glob("*.json") if picture.stem.startswith(f"{file.stem}_")), key=len, default="")


def about(grid: str) -> str:
    """The comment that a grid begins with, without its command.

    >>> about('# Parity, twice:\\n# both ranges.\\n#   deltaword sweep grids/it.toml\\n\\n[defaults]')
    'Parity, twice: both ranges.'
    """
    comment = re.match(r"(?:#.*\n)*", grid)
    lines = [line.removeprefix("#") for line in (comment[0] if comment else "").splitlines()]
    return " ".join(line.strip() for line in lines if not line.strip().startswith("deltaword ")).strip()


def page(name: str, found: Mapping[str, Any], table: str, pictures: set[str]) -> Iterator[str]:
    seconds = sum(run["seconds"] for run in found["runs"].values())
    networks = sum(len(run["replicas"]) for run in found["runs"].values())
    versions = found["versions"]
    title, _, rest = table.partition("\n")
    yield from (title.replace("_", " ").replace("# ", "# Trained: ", 1), "")
    yield from (with_mathematics(about(found["grid"])), "")
    yield (
        f"{networks} networks on {versions['device']} with torch {versions['torch']}, {seconds / 60:.0f} minutes of training in all, "
        f"by `{found['command']}`. Seeds, validation curves and options: `bench/results/trained/{name}.json`."
    )
    for line in rest.splitlines():
        yield _row(line) if line.startswith("|") else line
        if line.startswith("## ") and (picture := f"{name}_{line[3:]}") in pictures:
            yield from ("", f"```{{figure}} {picture}.svg", ":class: plot", f":alt: accuracy by length on {line[3:]}", "```")


def _row(line: str) -> str:
    """A row of the table, its range of eigenvalues as an interval.

    >>> _row("| deltaproduct, n_h 2 | 2500 × 128 | -1,1 | 1.00 1.00 |")
    '| deltaproduct, $n_h$ 2 | 2500 × 128 | $[-1, 1]$ | 1.00 1.00 |'
    """
    return re.sub(r"\| (-?\d),(\d) \|", r"| $[\1, \2]$ |", line).replace("n_h", "$n_h$")
