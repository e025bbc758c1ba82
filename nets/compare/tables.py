"""Accuracy tables in the papers' form: a row a model, a column a task, best and mean over seeds.

Scaled     (accuracy − chance) / (1 − chance): 0 for guessing, 1 for no mistake (Grazzi et al. 2411.12537, Table 1, after xLSTM
           2405.04517); below 0 where a network is worse than the best constant guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isfinite, nan
from typing import Any


@dataclass(frozen=True)
class Entry:
    """What one replica reached: accuracy and chance in [0, 1]; NaN for a run without a result. right_to: see `right_to`."""

    task: str
    model: str
    seed: int
    accuracy: float
    chance: float
    right_to: int = 0


@dataclass(frozen=True)
class Cell:
    """Of one model on one task: scaled accuracy, best and mean over seeds; right_to of the best seed; how many seeds, and how many
    of them had no result."""

    task: str
    model: str
    best: float
    mean: float
    right_to: int
    seeds: int
    failed: int


def scaled(accuracy: float, chance: float) -> float:
    """0 at chance, 1 at 1.

    >>> scaled(0.75, 0.5)
    0.5
    """
    return (accuracy - chance) / (1 - chance) if chance < 1 else nan


def right_to(lengths: Sequence[int], accuracy: Sequence[float], least: float = 0.99) -> int:
    """The largest of the lengths up to which accuracy never falls below `least`; 0 for none.

    >>> right_to([8, 16, 32, 64], [1.0, 0.995, 0.6, 1.0])
    16
    """
    reached = 0
    for length, value in zip(lengths, accuracy, strict=True):
        if not value >= least:
            break
        reached = length
    return reached


def accuracy_table(entries: Iterable[Entry]) -> list[Cell]:
    """A cell for each task and model, in the order in which they first come.

    >>> [cell] = accuracy_table([Entry("parity", "LSTM", 0, 1.0, 0.5), Entry("parity", "LSTM", 1, 0.75, 0.5)])
    >>> cell.best, cell.mean, cell.seeds
    (1.0, 0.75, 2)
    """
    groups: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        groups.setdefault((entry.task, entry.model), []).append(entry)
    cells = []
    for (task, model), group in groups.items():
        known = sorted((scaled(e.accuracy, e.chance), e.right_to) for e in group if isfinite(e.accuracy))
        best, length = known[-1] if known else (nan, 0)
        mean = sum(value for value, _ in known) / len(known) if known else nan
        cells.append(Cell(task, model, best, mean, length, len(group), len(group) - len(known)))
    return cells


def as_text(cells: Iterable[Cell]) -> str:
    """The table in Markdown: "best (mean)", and after a dash where seeds had no result.

    >>> print(as_text([Cell("parity", "LSTM", 1.0, 0.9, 512, 3, 0)]))
    | model | parity |
    |---|---|
    | LSTM | 1.000 (0.900) |
    """
    tasks, models, found = grid(cells)
    lines = ["| " + " | ".join(["model", *tasks]) + " |", "|" + "---|" * (1 + len(tasks))]
    for model in models:
        lines.append("| " + " | ".join([model, *(written(found.get((task, model))) for task in tasks)]) + " |")
    return "\n".join(lines)


def grid(cells: Iterable[Cell]) -> tuple[list[str], list[str], Mapping[tuple[str, str], Cell]]:
    """Tasks, models, and the cells by both."""
    cells = list(cells)
    tasks, models = list(dict.fromkeys(cell.task for cell in cells)), list(dict.fromkeys(cell.model for cell in cells))
    return tasks, models, {(cell.task, cell.model): cell for cell in cells}


def written(cell: Cell | None) -> str:
    """ "best (mean)" to three decimals; empty where there is no cell."""
    if cell is None:
        return ""
    failed = f", {cell.failed} of {cell.seeds} failed" if cell.failed else ""
    return f"{cell.best:.3f} ({cell.mean:.3f}){failed}" if isfinite(cell.best) else f"failed{failed.removeprefix(',')}"


def plain(cells: Iterable[Cell]) -> list[dict[str, Any]]:
    """For JSON."""
    return [asdict(cell) for cell in cells]


def cells_of(found: Iterable[Mapping[str, Any]]) -> list[Cell]:
    """From JSON, which has null for NaN.

    >>> as_text(cells_of(plain([Cell("parity", "LSTM", 1.0, 0.9, 512, 3, 0)]))).splitlines()[-1]
    '| LSTM | 1.000 (0.900) |'
    """
    rows: list[dict[str, Any]] = [{name: nan if value is None else value for name, value in cell.items()} for cell in found]
    return [Cell(**row) for row in rows]
