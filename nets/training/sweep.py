"""`sweep`: every run of a grid once, by however many processes there are.

A process goes through the runs in their order.  It leaves out those that are finished, and those that another process has claimed
(`folder.claimed`: a lock, which ends with the process that holds it); so any number of processes, on any number of hosts that share the
folder, share out the runs.  Killed and started again, a sweep leaves out what is finished, and goes on with what was under way from its
checkpoint: a dead process's claim needs no clearing up.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import sleep
from typing import Any

import torch

from ...automata.errors import BadArgument, Diverged, InUse
from . import folder
from .config import RunConfig
from .distributed import launched
from .grid import read_grid
from .stack import build
from .trainer import Watch, train

WAIT = 1.0  # seconds between looks at what others are doing


def sweep(
    grid: str | os.PathLike[str],
    out: str | os.PathLike[str],
    device: str | None = None,
    *,
    minutes: float | None = None,
    begins: Callable[[str, RunConfig], Watch | None] | None = None,
    save_every: float = 20.0,
) -> dict[str, dict[str, Any]]:
    """Train what is left of a grid; how each run stands, by its name.

    out       the runs' folders go here
    minutes   of training, for each run that says nothing else
    begins    called with name and configuration before each run; what it returns watches the run (`train`)
    Returns   the runs' summaries; {"stopped": "elsewhere"} for those that other processes are at,
              {"stopped": "out of memory"} for those that did not fit
    Raises    NotReadable, CorruptFile, BadArgument, NotWritable; nothing for a run of which every network diverged: its summary says so
    """
    runs, out = read_grid(grid), Path(out)
    runs = {name: replace(config, minutes=minutes) if config.minutes is None else config for name, config in runs.items()}
    for name, config in runs.items():  # what is wrong with the last run is said before the first one begins
        folder.check(out / name, config)
        if not folder.finished(out / name, config):
            try:
                build(config)
            except BadArgument as error:
                raise BadArgument(f"{name}: {error}") from None
    found: dict[str, dict[str, Any]] = {}
    for name, config in runs.items():
        path = out / name
        if not folder.finished(path, config):
            try:
                train(config, path, device, watch=begins(name, config) if begins else None, save_every=save_every)
            except Diverged:
                pass
            except InUse:
                found[name] = {"stopped": "elsewhere"}
                continue
            except torch.OutOfMemoryError as error:
                found[name] = {"stopped": "out of memory", "notes": [str(error).splitlines()[0]]}
                torch.cuda.empty_cache()
                continue
            gc.collect()  # a CUDA graph keeps its memory until it goes
        found[name] = standing(path)
    if launched():
        wait_for_others([out / name for name in runs])
    return {name: standing(out / name) if folder.finished(out / name) else found[name] for name in runs}


def standing(path: Path) -> dict[str, Any]:
    """The summary of a run, or in its place {"stopped": how it stands}."""
    if folder.finished(path):
        return folder.read_summary(path)
    if not path.exists():
        return {"stopped": "not begun"}
    return {"stopped": "elsewhere" if folder.is_claimed(path) else "interrupted"}


def wait_for_others(paths: list[Path]) -> None:
    """torchrun ends every process when one of them fails; so none ends before all are through."""
    while any(not folder.finished(path) and path.exists() and folder.is_claimed(path) for path in paths):
        sleep(WAIT)
