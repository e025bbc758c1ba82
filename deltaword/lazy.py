"""Names of a package whose modules load when one of them is first used, so that importing the package is quick."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping
from importlib import import_module
from typing import Any


def on_first_use(
    package: str, homes: Mapping[str, str], modules: Collection[str] = ()
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The functions `__getattr__` and `__dir__` of a package.

    package  its name
    homes    {public name: the module that has it}, from the package on, as after the dot of a relative import
    modules  the names that are modules themselves

    >>> import deltaword.kernels
    >>> "delta_product" in dir(deltaword.kernels)
    True
    """

    def find(name: str) -> Any:
        names = vars(sys.modules[package])
        if name not in homes:
            there = sorted({*homes, *names.get("__all__", ())})
            raise AttributeError(f"module {package!r} has no attribute {name!r}; it has {', '.join(there)}")
        module = import_module(f".{homes[name]}", package)
        names[name] = module if name in modules else getattr(module, name)  # found once, then an ordinary attribute
        return names[name]

    def listed() -> list[str]:
        return sorted({*vars(sys.modules[package]), *homes})

    return find, listed
