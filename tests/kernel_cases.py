"""Inputs for the kernels, and comparison with float64: shared by the tests on the CPU, in Triton's interpreter and on a GPU."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from deltaword.kernels.reference import delta_product as reference

NAMES = ("q", "k", "v", "g", "beta", "initial_state")
KINDS = (
    "random",
    "repeated keys",
    "zero keys",
    "beta 0",
    "beta 1",
    "beta 2",
    "gates open",
    "gates nearly closed",
    "gates closed",
)


def drawn(
    B: int, T: int, H: int, K: int, V: int, n: int, kind: str = "random", gated: bool = True, groups: int = 1,
    N: int | None = None, seed: int = 0, device: str = "cpu",
) -> dict[str, Any]:  # fmt: skip
    """float64 arguments of delta_product by name: unit keys, β in [0, 2], log-gates with mean −0.1; `kind` is what is special."""
    draw = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=draw, dtype=torch.float64)

    q, k = normal(B, T, H, K), normal(B, T * n, H, K)
    q, k = q / q.norm(dim=-1, keepdim=True), k / k.norm(dim=-1, keepdim=True)
    v, beta = normal(B, T * n, H * groups, V), 2 * torch.rand(B, T * n, H * groups, generator=draw, dtype=torch.float64)
    g = torch.nn.functional.logsigmoid(normal(B, T, H * groups) + 2.5)
    if kind == "repeated keys":
        k[:] = k[:, :1]
        beta[:] = 2
    elif kind == "zero keys":
        k[:, ::3] = 0
    elif kind.startswith("beta"):
        beta[:] = float(kind[-1])
    elif kind == "gates open":
        g[:] = 0
    elif kind == "gates nearly closed":
        g[:] = -40
        g[:, ::2] = -1e5
    elif kind == "gates closed":
        g[:, 1::5] = -torch.inf
    state = normal(N or B, H * groups, K, V)
    given = {"q": q, "k": k, "v": v, "g": g if gated else None, "beta": beta, "initial_state": state}
    return {name: None if x is None else x.to(device) for name, x in given.items()}


def rounded(given: dict[str, Any], dtype: torch.dtype) -> dict[str, Any]:
    """q, k, v and beta in dtype; gates and states in float32, unless dtype is wider."""
    wide = dtype if dtype == torch.float64 else torch.float32
    return {name: None if x is None else x.to(wide if name in ("g", "initial_state") else dtype) for name, x in given.items()}


def results(function: Callable, given: dict[str, Any], n: int, seed: int = 1, **options: Any) -> dict[str, Tensor]:
    """o, S and every gradient, for a loss that weighs both with fixed random numbers."""
    leaves = {name: None if x is None else x.detach().clone().requires_grad_() for name, x in given.items()}
    o, S = function(**leaves, num_householder=n, output_final_state=True, **options)
    draw = torch.Generator().manual_seed(seed)
    weights = [torch.randn(x.shape, generator=draw, dtype=torch.float64).to(x) for x in (o, S)]
    loss = (o * weights[0]).sum() + (S * weights[1]).sum()
    wanted = {name: x for name, x in leaves.items() if x is not None}
    gradients = torch.autograd.grad(loss, list(wanted.values()))
    return {"o": o.detach(), "S": S.detach()} | {f"d{name}": x for name, x in zip(wanted, gradients, strict=True)}


def packed(function: Callable, borders: list[int]) -> Callable:
    """`function`, which knows no packing, on each of the packed sequences."""

    def on_each(q, k, v, g, beta, initial_state, num_householder, output_final_state, **options):
        n, outputs, states = num_householder, [], []
        for i, (a, b) in enumerate(pairwise(borders)):
            t, s = slice(a, b), slice(a * n, b * n)
            gate = None if g is None else g[:, t]
            o, S = function(q[:, t], k[:, s], v[:, s], gate, beta[:, s], n, None, initial_state[i : i + 1], True, **options)
            outputs.append(o)
            states.append(S)
        return torch.cat(outputs, 1), torch.cat(states)

    return on_each


def grouped(function: Callable) -> Callable:
    """`function`, which wants as many key heads as value heads, with heads of q and k repeated."""

    def repeated(q, k, v, *others, **options):
        m = v.shape[2] // q.shape[2]
        return function(q.repeat_interleave(m, 2), k.repeat_interleave(m, 2), v, *others, **options)

    return repeated


def disagreement(found: dict[str, Tensor], true: dict[str, Tensor]) -> dict[str, float]:
    """‖x − x₆₄‖ / max(‖x₆₄‖, √numel / 10) for each result: relative, but for results that are all but zero, such as the gradient of
    a gate of −40, a difference of numbers of size 1."""
    assert found.keys() == true.keys()
    return {
        name: float((found[name].double() - true[name]).norm() / max(true[name].norm().item(), 0.1 * true[name].numel() ** 0.5))
        for name in true
    }


def agree(found: dict[str, Tensor], true: dict[str, Tensor], limit: float) -> None:
    for name, distance in disagreement(found, true).items():
        assert distance < limit, f"{name} is off by {distance:.2g}"  # NaN is never below


def truth(given: dict[str, Any], n: int, borders: list[int] | None = None) -> dict[str, Tensor]:
    """Autograd of the sequential recurrence, in float64."""
    function = grouped(reference)
    wide = {name: None if x is None else x.double() for name, x in given.items()}
    return results(function if borders is None else packed(function, borders), wide, n)
