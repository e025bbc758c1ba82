"""Inputs for the scans of deltaword.nets.models.scan, and comparison: for the tests on the CPU, in the interpreter and on a GPU."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from deltaword.nets.models.scan import matrix_scan, selective_scan

SCANS = ("selective", "matrix", "low rank")


def drawn(scan: str, *sizes: int, kind: str = "random", state: bool = True, seed: int = 0) -> dict[str, Tensor]:
    """float64 arguments by name: of R, B, T, D, N for the selective scan, lowest 0 and −1 in turns; of R, B, T, H, K, V else."""
    draw = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=draw, dtype=torch.float64)

    if scan == "selective":
        R, B, T, D, N = sizes
        given = {"x": normal(R, B, T, D), "dt": normal(R, B, T, D).square(), "A": -normal(R, D, N).square()}
        given |= {"B": normal(R, B, T, N), "C": normal(R, B, T, N), "lowest": -(torch.arange(R, dtype=torch.float64) % 2)}
        if kind != "random":
            given["A"][:] = -1
            given["dt"][:] = {"gates zero": 200.0, "gates one": 0.0}[kind]
        return given | ({"h": normal(R, B, D, N)} if state else {})
    R, B, T, H, K, V = sizes
    keys = (R, B, T, H, K)
    given = {"q": normal(*keys), "k": normal(*keys), "v": normal(R, B, T, H, V), "w": 2 * torch.sigmoid(normal(*keys)) - 1}
    if kind != "random":
        given["w"][:] = {"gates zero": 0.0, "gates one": 1.0}[kind]
    if scan == "low rank":
        b = normal(*keys)
        given |= {"a": -torch.sigmoid(normal(*keys)) * b / b.norm(dim=-1, keepdim=True), "b": b / b.norm(dim=-1, keepdim=True)}
    return given | ({"S": normal(R, B, H, K, V)} if state else {})


def results(scan: str, given: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The outputs, and the gradient of every argument for one drawn cotangent."""
    leaves = {name: x.detach().clone().requires_grad_(name != "lowest") for name, x in given.items()}
    found = dict(zip(("out", "last"), (selective_scan if scan == "selective" else matrix_scan)(**leaves), strict=True))
    draw = torch.Generator().manual_seed(1)
    loss = sum((x * torch.randn(x.shape, generator=draw, dtype=torch.float64).to(x)).sum() for x in found.values())
    assert isinstance(loss, Tensor)
    loss.backward()
    return {name: x.detach() for name, x in found.items()} | {
        f"d{name}": x.grad for name, x in leaves.items() if x.grad is not None
    }


def agree(found: Mapping[str, Tensor], true: Mapping[str, Tensor], limit: float) -> None:
    """Every result within `limit` of the truth, relative to its largest number."""
    assert found.keys() == true.keys()
    for name, x in true.items():
        size = x.abs().max().clamp_min(1e-6 if limit > 1e-9 else 1e-30)
        off = ((found[name].double() - x.double()).abs().max() / size).item()
        assert off <= limit, f"{name} is off by {off:.2e} of its size"
