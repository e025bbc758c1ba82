"""A mixer of the user's own, by its dotted path."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import torch
from torch import Generator, Tensor, nn

from ...automata.errors import BadArgument


def own_mixer(path: str) -> type[nn.Module]:
    """The class at "package.module:Class", as a mixer of stacks.

    A class with an attribute RANGES is taken as it is; any other is made as Class(d_model, **options), once a replica, and takes
    [B, T, d_model] to the same shape.
    Raises  BadArgument for a path that leads to no such class
    """
    module_name, _, name = path.partition(":")
    if not module_name or module_name.startswith("."):
        raise BadArgument(f"mixer {path!r} names no module; package.module:Class is expected")
    try:
        found = getattr(import_module(module_name), name, None)
    except ImportError as error:
        raise BadArgument(f"mixer {path!r}: cannot import {module_name!r} ({error}); is it on PYTHONPATH?") from error
    if not (isinstance(found, type) and issubclass(found, nn.Module)):
        raise BadArgument(f"mixer {path!r}: {module_name} has no nn.Module called {name!r}")
    if hasattr(found, "RANGES"):
        return found
    return type(found.__name__, (CopyAReplica,), {"single": found})


class CopyAReplica(nn.Module):
    """One ordinary module a replica, one after the other."""

    RANGES = False
    single: type[nn.Module]

    def __init__(self, replicas: int, d_model: int, lowest: Tensor, **options: Any):
        super().__init__()
        self.made = lambda: self.single(d_model, **options)
        self.copies = nn.ModuleList(self.made() for _ in range(replicas))

    def draw(self, draws: list[Generator]) -> None:
        """Each copy anew as the class itself draws it, from a seed of its replica's; PyTorch's global generator is put back."""
        for copy, generator in zip(self.copies, draws, strict=True):
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(int(torch.randint(2**62, (), generator=generator)))
                copy.load_state_dict(self.made().state_dict())

    def forward(self, x: Tensor) -> Tensor:
        y = torch.stack([copy(replica) for copy, replica in zip(self.copies, x, strict=True)])
        if y.shape != x.shape:
            raise BadArgument(f"mixer {self.single.__name__} made [B, T, d] = {list(y.shape[1:])} of {list(x.shape[1:])}")
        return y
