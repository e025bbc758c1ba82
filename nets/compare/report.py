"""`deltaword compare RUN…`: runs read, measured, and written as report.json and report.html."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...automata.errors import BadArgument, NotWritable
from ...automata.files import write_bytes, write_json
from ..training.metrics import plain
from ..training.run import Run, load_run
from .curves import TIMES
from .measure import WORDS, measure

JSON_FILE, HTML_FILE = "report.json", "report.html"


def write_report(
    runs: Sequence[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    constructed: bool = True,
    times: int = TIMES,
    words: int = WORDS,
    extract: bool = True,
) -> dict[str, Any]:
    """Trained networks beside constructed ones: accuracy by length, spectra, keys, rank and drift, and the automata that they compute.

    runs         run directories
    out          folder for report.json, all numbers, and report.html, the same as tables and pictures; made if need be
    constructed  whether to compile the tasks' machines and measure those networks, too
    times        longest words, as a multiple of the longest training words
    words        sampled at each length
    extract      whether to extract the automaton of the best seed of each model
    Returns      what report.json holds
    Raises       BadArgument without runs; what `load_run` raises; MissingExtra without matplotlib, before anything is measured;
                 NotWritable
    """
    from .page import page

    if not runs or min(times, words) < 1:
        raise BadArgument(f"{len(runs)} runs, lengths to {times} times training, {words} words: at least one of each is needed")
    out = Path(out)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NotWritable(f"cannot make {out}: {error.strerror or error}; choose a folder that is writable") from None
    report = plain(measure(read(runs), constructed, times, words, extract))
    html = page(report).encode()
    write_json(out / JSON_FILE, report)
    write_bytes(out / HTML_FILE, html)
    return report


def read(runs: Sequence[str | os.PathLike[str]]) -> dict[str, Run]:
    """Runs by the shortest names that tell their folders apart."""
    paths = [Path(os.path.abspath(path)) for path in runs]
    if len(set(paths)) < len(paths):
        raise BadArgument(f"a run is given twice: {', '.join(sorted({str(p) for p in paths if paths.count(p) > 1}))}")
    names = [path.name for path in paths]
    if len(set(names)) < len(names):
        common = os.path.commonpath(paths)
        names = [path.relative_to(common).as_posix() for path in paths]
    return {name: load_run(path) for name, path in zip(names, paths, strict=True)}
