"""data: words of a task for other people's trainers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..report import say, working
from .shared import TASKS


def register(app: typer.Typer) -> None:
    app.command()(data)


def data(
    task: Annotated[str, typer.Argument(metavar="TASK", help=f"{TASKS}.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Ends in .parquet or .npz.")],
    words: Annotated[int, typer.Option(min=1, help="How many.")] = 100_000,
    length: Annotated[int | None, typer.Option(min=1, help="Letters of a word. Default: what the task is trained on.")] = None,
    seed: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """Write words of a task, and what is asked at each position, as a data set.

    For trainers of other people. A word and its answers a row; -100 where nothing is asked.
    """
    with working("writing"):
        from ..nets.tasks import task as named
        from ..nets.tasks.dataset import write

        which = named(task)
        write(which, out, words, length, seed)
    low, high = (length, length) if length is not None else which.train_lengths
    say("words", f"{words:,} of {low if low == high else f'{low} to {high}'} letters, seed {seed}")
    say("asked", f"{which.supervision}, one of {len(which.classes)}")
    say("written", out)
