"""Where measurements go: bench/results/NAME.json, with the command, versions, machine and seed that made them."""

from __future__ import annotations

import json
import os
import platform
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def record(
    name: str, rows: list[dict[str, Any]], *, seed: int | None, libraries: tuple[str, ...] = (), device: str = "cpu"
) -> Path:
    """Write rows of results, whole or not at all, and return the file."""
    versions = {"python": platform.python_version()}
    for library in ("deltaword", "numpy", "torch", *libraries):
        try:
            versions[library] = version(library)
        except PackageNotFoundError:
            versions[library] = "not installed"
    data = {
        "command": " ".join(["python", *(os.path.relpath(word) if os.path.exists(word) else word for word in sys.argv)]),
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "device": device,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "seed": seed,
        "versions": versions,
        "rows": rows,
    }
    path = RESULTS / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n")
    temporary.replace(path)
    return path
