"""Inputs for the convolutions of deltaword.nets.models, and what torch.nn makes of them: for tests in the interpreter and on a GPU."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

Parts = Sequence[tuple[int, bool]]
Rows = tuple[Tensor, ...]


def drawn(R: int, B: int, T: int, C: int, W: int | None, seed: int = 0) -> tuple[Tensor, Tensor | None]:
    """x [R, B, T, C] and weight [R, W, C], float64; no weight for None."""
    draw = torch.Generator().manual_seed(seed)
    x = torch.randn(R, B, T, C, generator=draw, dtype=torch.float64)
    return x, None if W is None else torch.randn(R, W, C, generator=draw, dtype=torch.float64)


def by_torch(x: Tensor, weight: Tensor | None, parts: Parts, size: int | None = None, silu: bool = True) -> Rows:
    """torch.nn.functional: conv1d in as many groups as channels, silu, normalize."""
    if weight is not None:
        W, C = weight.shape[1:]
        taps = weight.flip(1).mT.unsqueeze(2)  # [R, C, 1, W], the current token last
        x = torch.stack([F.conv1d(F.pad(x[r].mT, (W - 1, 0)), taps[r], groups=C).mT for r in range(len(x))])
    cut = (F.silu(x) if silu else x).split([width for width, _ in parts], dim=-1)
    return tuple(
        F.normalize(y.unflatten(-1, (-1, size)), dim=-1, eps=1e-6).flatten(-2) if unit and size else y
        for y, (_, unit) in zip(cut, parts, strict=True)
    )


def results(of: Callable[[Tensor, Tensor | None], Rows], x: Tensor, weight: Tensor | None) -> dict[str, Tensor]:
    """The parts, and the gradients for one drawn cotangent, of numbers that every type has; on the CPU."""
    leaves = [y.detach().clone().requires_grad_() for y in (x, weight) if y is not None]
    found = of(leaves[0], leaves[1] if weight is not None else None)
    draw = torch.Generator().manual_seed(1)
    given = [torch.randint(-4, 5, y.shape, generator=draw).to(y) / 4 for y in found]
    grads = torch.autograd.grad(found, leaves, given)
    named = {f"part {i}": y.detach() for i, y in enumerate(found)} | dict(zip(("dx", "dw"), grads, strict=False))
    return {name: y.cpu() for name, y in named.items()}
