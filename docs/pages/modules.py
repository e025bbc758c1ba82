"""The reference: the front door, a page a module, and the command line, all from the code."""

from __future__ import annotations

import inspect
import os
import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from .docstrings import title_of
from .text import code, escaped, heading, literal, rst, table
from .writing import Folder

PARTS = {
    "automata": "finite machines and their algebra",
    "theory": "exact mathematics: steps, layers, constructions, certificates, the oracle",
    "nets": "torch: layers, networks, the compiler, conformance",
    "kernels": "the recurrence itself",
}


def modules(part: str) -> list[str]:
    """The modules of one of the four folders, without private ones, and without the statements, which have pages of their own.

    >>> modules("kernels")[:2]
    ['deltaword.kernels', 'deltaword.kernels.arguments']
    """
    package = import_module(f"deltaword.{part}")
    found = [module.name for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
    named = [package.__name__, *(name for name in found if "._" not in name)]
    return sorted(name for name in named if not hasattr(import_module(name), "STATEMENT"))


def pages(part: str) -> dict[str, list[str]]:
    """{page: its modules}: a page a module of the folder itself, and one a folder within it.

    >>> pages("theory")["deltaword.theory.limits"][:2]
    ['deltaword.theory.limits', 'deltaword.theory.limits.bounds']
    """
    found: dict[str, list[str]] = {}
    for name in modules(part):
        found.setdefault(".".join(name.split(".")[:3]), []).append(name)
    return found


def homes() -> list[str]:
    """The pages of the public names."""
    import deltaword

    kernels = import_module("deltaword.kernels")
    values = [getattr(deltaword, name) for name in deltaword.__all__] + [getattr(kernels, name) for name in kernels.__all__]
    where = [value.__name__ if inspect.ismodule(value) else value.__module__ for value in values]
    where += ["deltaword.kernels.reference", "deltaword.kernels.chunked"]
    return sorted({".".join(name.split(".")[:3]) for name in where})


def write(folder: Folder, names: list[str] | None = None) -> None:
    folder.write("index.rst", index(names))
    folder.write("command_line.rst", command_line())
    for part in PARTS:
        chosen = {name: listed for name, listed in pages(part).items() if names is None or name in names}
        if chosen:
            folder.write(f"{part}.rst", contents(part, chosen))
        for name, listed in chosen.items():
            folder.write(f"{name}.rst", page(part, name, listed))


def index(names: list[str] | None) -> Iterator[str]:
    import deltaword

    yield from heading("Reference")
    yield (
        "``import deltaword as dw``. These names are the public interface; each links to its module, and the modules' docstrings tell "
        "the rest. Shapes are in brackets, words act letter by letter from the left, states are S [K, V]."
    )
    yield ""
    yield from table(
        ("name", "what it is"),
        [[_link(name), _first(getattr(deltaword, name))] for name in deltaword.__all__],
        "34 66",
        "stacked",
    )
    yield from heading("The kernels", "-")
    kernels = import_module("deltaword.kernels")
    yield "``from deltaword.kernels import delta_product``, and so on:"
    yield ""
    yield from table(
        ("name", "what it is"),
        [[_object(getattr(kernels, name), name), _first(getattr(kernels, name))] for name in kernels.__all__],
        "34 66",
        "stacked",
    )
    yield from heading("Modules", "-")
    yield from (".. toctree::", "    :maxdepth: 1", "")
    yield from (f"    {part}" for part in PARTS if names is None or any(name.startswith(f"deltaword.{part}") for name in names))
    yield "    command_line"


def _link(name: str) -> str:
    import deltaword

    value = getattr(deltaword, name)
    return f":mod:`dw.{name} <{value.__name__}>`" if inspect.ismodule(value) else _object(value, f"dw.{name}")


def _object(value: Any, shown: str) -> str:
    kind = "class" if inspect.isclass(value) else "func"
    if inspect.isclass(value) and issubclass(value, BaseException):
        kind = "exc"
    return f":{kind}:`{shown} <{value.__module__}.{value.__qualname__}>`"


def _first(value: Any) -> str:
    """What a thing is: its first sentence, or its module's, where it begins with the shapes of its arguments or with its fields."""
    text = inspect.getdoc(value) or ""
    if not inspect.ismodule(value) and re.match(r"\w+( \[|; )", text):
        text = inspect.getdoc(inspect.getmodule(value)) or text
    return rst(title_of(text).replace("\\", "")) or "\\ "


def contents(part: str, chosen: dict[str, list[str]]) -> Iterator[str]:
    yield from heading(f"deltaword.{part}")
    yield f"{PARTS[part][0].upper()}{PARTS[part][1:]}."
    yield ""
    lines = [[f":doc:`{name.removeprefix('deltaword.')} <{name}>`", _first(import_module(name))] for name in chosen]
    yield from table(("module", "what it is"), lines, "34 66", "stacked")


def page(part: str, name: str, listed: list[str]) -> Iterator[str]:
    """One module, or a folder and its modules, in the order in which its docstring lists them; not in the sidebar."""
    yield from (":orphan:", "", f":doc:`← deltaword.{part} <{part}>`", "")
    yield from heading(escaped(name.removeprefix("deltaword.")))
    told = re.findall(r"\w+", import_module(name).__doc__ or "")
    order = {module: told.index(last) if (last := module.rsplit(".", 1)[-1]) in told else len(told) for module in listed}
    for module in sorted(listed, key=lambda module: (module != name, order[module])):
        if module != name:
            yield from ("", *heading(escaped(module.removeprefix(f"{name}.")), "-"))
        yield from (f".. automodule:: {module}", "    :members:", "    :member-order: bysource", "    :ignore-module-all:")


def command_line() -> Iterator[str]:
    """The help of every command, as it is printed."""
    os.environ |= {"TERMINAL_WIDTH": "96", "COLUMNS": "96", "NO_COLOR": "1"}  # typer reads the first, rich the others
    from typer.main import get_command
    from typer.testing import CliRunner

    from deltaword import cli

    app = cli.app
    runner = CliRunner()
    yield from heading("The command line")
    yield "Exit codes: 0 right, 1 the claim is false (with the word that shows it), 2 bad input."
    yield ""

    def shown(command: Any, words: list[str]) -> Iterator[str]:
        yield from heading(escaped(" ".join(["deltaword", *words])), "-")
        text = runner.invoke(app, [*words, "--help"], prog_name="deltaword", color=False).output
        yield from code("\n".join(line.rstrip() for line in text.strip("\n").splitlines()), "text")
        for name in getattr(command, "commands", {}):
            if not command.commands[name].hidden:
                yield from shown(command.commands[name], [*words, name])

    yield from shown(get_command(app), [])
    yield f"See also {literal('deltaword COMMAND --help')}."
