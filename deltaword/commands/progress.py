"""What a training shows while it runs: a bar on a terminal, elsewhere a line that says where to look."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from ..report import note

if TYPE_CHECKING:
    from ..nets.training import RunConfig
    from ..nets.training.trainer import Watch


@contextmanager
def bar(name: str, config: RunConfig) -> Iterator[Watch]:
    """A progress bar on stderr, by letters read where words grow; silent where that is no terminal."""
    from ..nets.training.stack import training_lengths
    from ..nets.training.words import letters_until

    letters = letters_until(config, training_lengths(config)[1]) if config.growth else range(config.steps + 1)
    columns = (
        *(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[steps]}"),
            TextColumn("{task.fields[found]}"),
        ),
        *(TimeElapsedColumn(), TimeRemainingColumn()),
    )
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        row = progress.add_task(name, total=letters[-1], steps="", found="")

        def watch(done: int, line: dict[str, Any] | None) -> None:
            progress.update(row, completed=letters[done], steps=f"{done}/{config.steps}")
            if line is not None:
                accuracy = [value for value in line["accuracy"] if value is not None] or [0.0]
                progress.update(row, found=f"accuracy {min(accuracy):.3f} to {max(accuracy):.3f}")
                if done == config.steps or (config.stop_early and min(accuracy) >= config.threshold):
                    progress.update(row, description="last evaluation")

        yield watch


@contextmanager
def no_bar() -> Iterator[None]:
    yield None


def beginning(watch: Watch, name: str, where: Path) -> Watch:
    """A watch that says where the run writes, once all is in order and it begins."""
    silent = True

    def with_a_word(done: int, line: dict[str, Any] | None) -> None:
        nonlocal silent
        if silent and done:
            note(f"{name}: going on from step {done}, the checkpoint in {where}")
        elif silent and not sys.stderr.isatty():
            note(f"{name}; {where / 'metrics.jsonl'} gets a line at each validation")
        silent = False
        watch(done, line)

    return with_a_word
