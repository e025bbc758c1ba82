"""The command line: the app, its exit codes, and the console script. The commands are in `commands/`, a file a theme.

Exit codes    0    what was asked for is so
              1    a claim is false; the word that shows it is printed
              2    bad input, with its reason in one line on stderr
              130  interrupted

torch loads only in the commands that make a network, so the others answer at once.
"""

from __future__ import annotations

import io
import signal
import sys
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from . import __version__
from .automata.errors import DeltawordError
from .commands import datasets, demo, kernels, machines, networks, sweeping, theory, trained, training
from .commands.shared import refusal

THEMES = (networks, machines, theory, kernels, training, sweeping, datasets, trained, demo)  # in the order of --help


class Commands(TyperGroup):
    """Ends with one line and the exit code 2 for all that a user can get wrong."""

    def main(self, *args: Any, standalone_mode: bool = True, **extra: Any) -> NoReturn:
        try:
            code = super().main(*args, standalone_mode=False, **extra)  # the code of typer.Exit; 130 after Ctrl-C
        except DeltawordError as error:
            code = refusal(f"{type(error).__name__}: {error}")
        except MemoryError as error:
            code = refusal(f"not enough memory: {error}")
        except Exception as error:
            usage = getattr(error, "format_message", None)  # click's errors have it, wherever a version of typer keeps them
            if usage is None:
                raise
            code = refusal(f"{usage()} (deltaword COMMAND --help says more)")
        sys.exit(code)


app = typer.Typer(cls=Commands, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.callback(invoke_without_command=True)
def deltaword(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Compile formal languages into DeltaNet / DeltaProduct weights, with certificates that hold for every word.

    Exit codes: 0 what was asked for is so, 1 a claim is false, 2 bad input.
    """
    if version:
        print(f"deltaword {__version__}")
        raise typer.Exit()
    if context.invoked_subcommand is None:
        print(context.get_help())


for theme in THEMES:
    theme.register(app)


def main() -> None:
    """The console script."""
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `deltaword languages | head` ends quietly, as other programs do
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # letters that the terminal cannot write
    app()
