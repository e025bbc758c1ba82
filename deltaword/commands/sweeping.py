"""sweep: a whole grid of trainings."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..report import note, print_table, say, working
from .progress import bar, beginning
from .shared import AsJson, Device

if TYPE_CHECKING:
    from ..nets.training import RunConfig
    from ..nets.training.trainer import Watch


def register(app: typer.Typer) -> None:
    app.command()(sweep)


def sweep(
    grid: Annotated[Path, typer.Argument(metavar="GRID.toml", help="[defaults] and [[runs]]; lists are runs for each value.")],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The runs' folders go here. Default: runs/ and the grid's name.")
    ] = None,
    list_only: Annotated[bool, typer.Option("--list", help="Only say which runs there are, and how they stand.")] = False,
    minutes: Annotated[float | None, typer.Option(help="Of training, for each run that says nothing else.")] = None,
    device: Device = None,
    as_json: AsJson = False,
) -> None:
    """Train every run of a grid.

    Finished runs are left out, and one that was interrupted or killed goes on from its last checkpoint: give the same command again.
    Several processes share out the runs; on the GPUs of a host: torchrun --nproc-per-node 8 --no-python deltaword sweep GRID.toml

    Exit code 1 if in some run every network diverged, or if one did not fit into memory.
    """
    with working("loading torch"):
        import torch

        from ..nets.training import read_grid
        from ..nets.training import sweep as swept
        from ..nets.training.distributed import launched, local_device
        from ..nets.training.naming import default_folder
        from ..nets.training.sweep import standing

    sys.path.append(str(Path.cwd()))  # mixers of the user's own; last, so that they shadow none
    runs, where = read_grid(grid), out or default_folder(grid)
    if list_only:
        found = {name: standing(where / name) for name in runs}
    else:
        if not launched() and device is None and torch.cuda.device_count() > 1:
            command = f"torchrun --nproc-per-node {torch.cuda.device_count()} --no-python deltaword sweep {grid}"
            note(f"{torch.cuda.device_count()} GPUs are visible and one is used; all of them: {command}")
        chosen = str(local_device(device)) if launched() else device
        with each_run(where) as begins:
            found = swept(grid, where, chosen, minutes=minutes, begins=begins)
    if os.environ.get("RANK", "0") == "0":
        if as_json:
            print(json.dumps(found, ensure_ascii=False, indent=1))
        else:
            print_table(["run", "stopped", "steps", "seconds", "at the threshold"], [run_row(*each) for each in found.items()])
            say("folder", where)
    if any(summary["stopped"] in FAILED for summary in found.values()):
        raise typer.Exit(1)


FAILED = ("every network diverged", "out of memory")


def run_row(name: str, summary: dict[str, Any]) -> list[str]:
    if "replicas" not in summary:
        return [name, "; ".join([summary["stopped"], *summary.get("notes", [])]), "", "", ""]
    rows = summary["replicas"]
    reached = f"{sum(row['reached'] is not None for row in rows)} of {len(rows)}"
    return [name, summary["stopped"], str(summary["steps"]), f"{summary['seconds']:.1f}", reached]


@contextmanager
def each_run(where: Path) -> Iterator[Any]:
    """What `sweep` calls before each run: a bar for it in place of the last one's."""
    open_bars: list[Any] = []

    def close() -> None:
        while open_bars:
            open_bars.pop().__exit__(None, None, None)

    def begins(name: str, config: RunConfig) -> Watch:
        close()
        open_bars.append(bar(name, config))
        return beginning(open_bars[-1].__enter__(), f"training {name}", where / name)

    try:
        yield begins
    finally:
        close()
