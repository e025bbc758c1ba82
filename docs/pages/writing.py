"""Files that are written only when they change, so that Sphinx reads again only what did; facts that are computed once."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent.parent
ROOT = DOCS.parent
CACHE = DOCS / "_build" / "facts"


class Folder:
    """A folder of written pages; `close` removes what an earlier build left there."""

    def __init__(self, path: Path):
        self.path = path
        self.written: set[Path] = set()

    def write(self, name: str, lines: str | bytes | Iterable[str]) -> Path:
        path = self.path / name
        text = lines if isinstance(lines, bytes) else (lines if isinstance(lines, str) else "\n".join(lines) + "\n").encode()
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_bytes() != text:
            path.write_bytes(text)
        self.written.add(path)
        return path

    def close(self) -> None:
        for path in self.path.rglob("*"):
            if path.is_file() and path not in self.written:
                path.unlink()


def digest(folders: Iterable[str]) -> str:
    """Of the sources that facts depend on."""
    found = hashlib.sha256()
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            found.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:16]


def facts(what: str, compute: Callable[[str], Any], names: Iterable[str], sources: Iterable[str]) -> dict[str, Any]:
    """{name: compute(name)} as plain data, from the last build where no source has changed since; else in two processes."""
    names, folder = list(names), CACHE / f"{what}-{digest(sources)}"
    folder.mkdir(parents=True, exist_ok=True)
    for old in set(CACHE.glob(f"{what}-*")) - {folder}:
        shutil.rmtree(old, ignore_errors=True)
    files = {name: folder / f"{name}.json" for name in names}
    missing = [name for name in names if not files[name].exists()]
    if missing:
        workers = min(2, os.cpu_count() or 1, len(missing))
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            for name, found in zip(missing, pool.map(compute, missing), strict=True):
                temporary = files[name].with_suffix(".tmp")
                temporary.write_text(json.dumps(found, ensure_ascii=False))
                temporary.replace(files[name])
    return {name: json.loads(files[name].read_text()) for name in names}
