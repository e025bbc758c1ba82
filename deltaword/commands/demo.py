"""demo: three machines on the whole way."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    app.command()(demo)


def demo(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Save the networks here, a folder each.")] = Path("demo-networks"),
) -> None:
    """Three machines on the whole way.

    A pattern with a reset, parity and the word problem of S_3: compiled, proved, saved, read back and checked again.
    """
    from ..demo import run

    if not run(out):
        raise typer.Exit(1)
