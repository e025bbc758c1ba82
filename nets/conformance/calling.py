"""How a function under test is called: with what its signature names, by name.

Needed      q, k, v, beta, scale and initial_state.
If named    num_householder (else one step a token), g (else a letter that closes it overwrites every row instead), output_final_state.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from torch import Tensor

from ...automata.errors import BadArgument

NEEDED = ("q", "k", "v", "beta", "scale", "initial_state")
OPTIONAL = ("g", "num_householder", "output_final_state")


@dataclass(frozen=True)
class Calling:
    """A function, and which of the names it takes."""

    function: Callable[..., Any]
    names: frozenset[str]

    def __call__(self, given: dict[str, Any]) -> tuple[Tensor, Tensor]:
        """o and the last state. Raises BadArgument when it gives anything else."""
        named = {name: x for name, x in given.items() if name in self.names}
        if "output_final_state" in self.names:
            named["output_final_state"] = True
        found = self.function(**named, scale=1.0)
        if not (isinstance(found, tuple | list) and len(found) >= 2 and all(isinstance(x, Tensor) for x in found[:2])):
            raise BadArgument(f"{name_of(self.function)} gave {described(found)}; it has to give (o, final_state)")
        o, last = found[:2]
        for name, x, like in (("o", o, given["q"]), ("final_state", last, given["initial_state"])):
            if x.shape != like.shape:
                raise BadArgument(
                    f"{name_of(self.function)} gave {name} of shape {list(x.shape)}; it has to be {list(like.shape)}"
                )
        return o.detach(), last.detach()


def calling(function: Callable[..., Any]) -> Calling:
    """Raises BadArgument for what is no function, or misses an argument that the check needs.

    >>> calling(lambda q, k, v, beta, scale, initial_state: None).names == frozenset(NEEDED)
    True
    """
    if not callable(function):
        raise BadArgument(f"{function!r} is a {type(function).__name__}, not a function")
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return Calling(function, frozenset(NEEDED + OPTIONAL))
    named = {p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    if not named and any(p.kind == p.VAR_KEYWORD for p in parameters):  # a wrapper that hands all on
        return Calling(function, frozenset(NEEDED + OPTIONAL))
    missing = [name for name in NEEDED if name not in named]
    if missing:
        raise BadArgument(
            f"{name_of(function)} has no argument {missing[0]!r}; the check calls it by the names of flash-linear-attention: "
            f"{', '.join(NEEDED)}, and {', '.join(OPTIONAL)} where it has them"
        )
    unknown = [
        p.name
        for p in parameters
        if p.default is p.empty and p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY) and p.name not in NEEDED + OPTIONAL
    ]
    if unknown:
        raise BadArgument(
            f"{name_of(function)} needs {unknown[0]!r}, which the check does not know; bind it with functools.partial"
        )
    return Calling(function, frozenset(named) & frozenset(NEEDED + OPTIONAL))


def name_of(function: Any) -> str:
    """module:function, where it has a name, and what functools.partial bound.

    >>> from functools import partial
    >>> name_of(partial(round, ndigits=2))
    'builtins:round(ndigits=2)'
    """
    inner = getattr(function, "func", None)
    if inner is not None and hasattr(function, "keywords"):  # functools.partial
        bound = [*map(repr, function.args), *(f"{name}={value!r}" for name, value in function.keywords.items())]
        return f"{name_of(inner)}({', '.join(bound)})"
    name = getattr(function, "__qualname__", type(function).__qualname__)
    return f"{getattr(function, '__module__', None) or '?'}:{name}"


def described(x: Any) -> str:
    if isinstance(x, tuple | list):
        return f"({', '.join('a tensor' if isinstance(y, Tensor) else repr(y)[:40] for y in x)})"
    return "a tensor" if isinstance(x, Tensor) else repr(x)[:60]


def function_named(text: str) -> Callable[..., Any]:
    """The function of module:function. Raises BadArgument where there is none.

    >>> function_named("deltaword.kernels:delta_product").__name__
    'delta_product'
    """
    module, colon, name = text.partition(":")
    if not (module and colon and name):
        raise BadArgument(f"{text!r} is not module:function, such as deltaword.kernels:delta_product")
    try:
        found: Any = import_module(module)
    except Exception as error:  # whatever a foreign module raises when it is imported
        raise BadArgument(f"cannot import {module}: {type(error).__name__}: {error}") from None
    for part in name.split("."):
        try:
            found = getattr(found, part)
        except (AttributeError, ImportError) as error:
            raise BadArgument(f"{module} has no {name}: {error}") from None
    return found
