"""A TOML file of many runs.

    [defaults]              # of every run below
    steps = 2000
    heads = 8               # whatever RunConfig does not know is an option of the mixer, left out for mixers that do not take it
    [[runs]]
    mixer = "deltaproduct"
    n_h = [1, 2, 3]         # a list is a run for each of its values …
    layers = [1, 2]
    tasks = ["S_3", "D_4"]  # … but tasks, ranges and seeds, which are replicas of one run, and lengths and eval_lengths
    name = "product"        # optional: what the run's folder is called, with what differs within this table behind it

Folders are called by what differs: product_n_h3_layers2.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import fields
from itertools import product
from typing import Any

from ...automata.errors import BadArgument, CorruptFile
from ...automata.files import read_bytes
from .config import RunConfig
from .naming import called_by
from .stack import check_options, options_of

LISTS = ("tasks", "ranges", "seeds", "lengths", "eval_lengths")  # that are one value
KNOWN = {each.name for each in fields(RunConfig)} - {"options"}


def read_grid(path: str | os.PathLike[str]) -> dict[str, RunConfig]:
    """The runs of a file by the names of their folders, in its order. Raises NotReadable, CorruptFile, BadArgument."""
    try:
        data = tomllib.loads(read_bytes(path).decode())
    except ValueError as error:
        raise CorruptFile(f"{path} is not TOML: {error}") from None
    try:
        return expanded(data)
    except BadArgument as error:
        raise BadArgument(f"{path}: {error}") from None


def expanded(data: dict[str, Any]) -> dict[str, RunConfig]:
    """The runs of a grid. Raises BadArgument.

    >>> list(expanded({"runs": [{"tasks": ["S_3"], "mixer": ["deltanet", "deltaproduct"], "layers": [1, 2]}]}))
    ['deltanet_layers1', 'deltanet_layers2', 'deltaproduct_layers1', 'deltaproduct_layers2']
    """
    defaults, runs = data.get("defaults", {}), data.get("runs", [])
    unknown = sorted(set(data) - {"defaults", "runs"})
    tables_only = isinstance(runs, list) and all(isinstance(table, dict) for table in (defaults, *runs))
    if unknown or not tables_only or not runs:
        raise BadArgument(f"a grid has [defaults] and [[runs]]{f', no {unknown}' if unknown else ', at least one of these'}")
    if wrong := [table["name"] for table in runs if not isinstance(table.get("name", ""), str)]:
        raise BadArgument(f"a name is text, not {wrong[0]!r}")
    tables = [(table.get("name"), points(defaults, table)) for table in runs]
    used = {key for _, expansion in tables for point in expansion for key in point}
    if unused := sorted(set(defaults) - used - {"name"}):
        raise BadArgument(
            f"{' and '.join(unused)} of [defaults] is nothing that a run has, nor an option of any of these mixers"
        )
    unnamed = [point for name, expansion in tables if name is None for point in expansion]
    found: dict[str, RunConfig] = {}
    for name, expansion in tables:
        for point in expansion:
            called = called_by(point, unnamed if name is None else expansion, name)
            if called in found:
                raise BadArgument(f"two runs are called {called!r}; give their [[runs]] different names")
            found[called] = config_of(point)
    return found


def points(defaults: dict[str, Any], table: dict[str, Any]) -> list[dict[str, Any]]:
    """A table with a value for each list, for all combinations of values, the mixer's slowest."""
    first = {"mixer": table.get("mixer", defaults.get("mixer", RunConfig.mixer))}
    mixed = {key: value for key, value in (first | table | defaults | table).items() if key != "name"}
    many = {key: value for key, value in mixed.items() if isinstance(value, list) and key not in LISTS}
    empty = [key for key, values in many.items() if not values]
    if empty:
        raise BadArgument(f"{' and '.join(empty)} of [[runs]] is an empty list")
    found: list[dict[str, Any]] = []
    for values in product(*many.values()):
        point = without_foreign_defaults(mixed | dict(zip(many, values, strict=True)), set(table))
        if point not in found:  # where a list was an option that this mixer does not take
            found.append(point)
    return found


def without_foreign_defaults(point: dict[str, Any], own: set[str]) -> dict[str, Any]:
    """Without options from [defaults] that the mixer does not take."""
    taken = options_of(point["mixer"])
    return {key: value for key, value in point.items() if taken is None or key in KNOWN | own | taken}


def config_of(point: dict[str, Any]) -> RunConfig:
    if "tasks" not in point:
        raise BadArgument("tasks are missing, in [defaults] or [[runs]]")
    options = {key: value for key, value in point.items() if key not in KNOWN}
    check_options(point["mixer"], options)
    return RunConfig(**{key: value for key, value in point.items() if key in KNOWN}, options=options)
