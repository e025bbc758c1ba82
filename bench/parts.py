"""A file of results of which parts are measured again: their rows are new, all others stay.

What a row is of     its label: the keys of it that say what is measured, as {"what": "layer", "n_h": 2}.
What stays           rows of other labels, if device and versions are those of now (of what is installed): one header speaks for all.
Command              of all calls that made the file, one after the other.
Calls at a time      several may write to one file, each its part, as on several GPUs.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from record import RESULTS, record

Row = dict[str, Any]


def record_part(name: str, rows: list[Row], labels: list[Row], **options: Any) -> Path:
    """Write `rows` as `record` does, beside those of the file that none of them replaces, and return the file.

    labels   of everything that the file may hold, in its order; where several are equal, each is for one row
    options  of `record`
    """
    path = RESULTS / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    with alone(path.parent):
        mine = record(f"{name}.{os.getpid()}", rows, **options)
        made = json.loads(mine.read_text("utf-8"))
        before = json.loads(path.read_text("utf-8")) if path.exists() else None
        if before is not None and comparable(before, made):
            kept = [row for row in before["rows"] if not any(same(row, new, labels) for new in rows)]
            if kept:
                commands = [*before["command"].split(" && "), made["command"]]
                made |= {"command": " && ".join(dict.fromkeys(commands)), "rows": in_order(kept + rows, labels)}
                made["versions"] = before["versions"] | installed(made)
        elif before is not None:
            print(f"{path.name} was measured elsewhere or with other versions: none of its rows stays", flush=True)
        mine.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n")
        mine.replace(path)
    return path


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One process at a time; the lock is the folder's, so that no file of it is left behind."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def installed(made: dict[str, Any]) -> dict[str, str]:
    return {name: version for name, version in made["versions"].items() if version != "not installed"}


def comparable(before: dict[str, Any], made: dict[str, Any]) -> bool:
    one, other = installed(before), installed(made)
    return before["device"] == made["device"] and all(one[name] == other[name] for name in one.keys() & other.keys())


def has(row: Row, label: Row) -> bool:
    return all(row.get(key) == value for key, value in label.items())


def same(one: Row, other: Row, labels: list[Row]) -> bool:
    return any(has(one, label) and has(other, label) for label in labels)


def in_order(rows: list[Row], labels: list[Row]) -> list[Row]:
    """A row takes the first place of its label that is free, or the last one; what has no label stands at the end.

    >>> in_order([{"n": 2}, {"n": 1, "a": 0}, {"n": 1, "a": 1}], [{"n": 1}, {"n": 2}])
    [{'n': 1, 'a': 0}, {'n': 1, 'a': 1}, {'n': 2}]
    """
    taken: set[int] = set()
    found = []
    for row in rows:
        places = [i for i, label in enumerate(labels) if has(row, label)] or [len(labels)]
        place = next((i for i in places if i not in taken), places[-1])
        taken.add(place)
        found.append((place, row))
    return [row for _, row in sorted(found, key=lambda each: each[0])]
