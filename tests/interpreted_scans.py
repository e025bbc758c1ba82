"""The scans' Triton kernels on the CPU, in Triton's interpreter, against float64; test_mixers.py runs this in its own process."""

import os

import pytest
import torch
from scan_cases import SCANS, agree, drawn, results

from deltaword.nets.models.mixers import mixer
from deltaword.nets.models.parts import reset
from deltaword.nets.models.scan import on_triton

pytestmark = pytest.mark.skipif(os.environ.get("TRITON_INTERPRET") != "1", reason="not in Triton's interpreter")


@pytest.fixture(autouse=True)
def fresh_memory_is_nan(monkeypatch):
    """Whatever a kernel forgets to write, or reads before it is written, becomes NaN."""
    empty, empty_like = torch.empty, torch.empty_like
    monkeypatch.setattr(torch, "empty", lambda *a, **b: empty(*a, **b).fill_(float("nan")))
    monkeypatch.setattr(torch, "empty_like", lambda *a, **b: empty_like(*a, **b).fill_(float("nan")))


@pytest.mark.parametrize(("scan", "sizes"), [
    ("selective", (2, 2, 1, 3, 2)), ("selective", (2, 1, 13, 5, 16)), ("selective", (1, 2, 2, 40, 5)),
    ("matrix", (2, 2, 1, 1, 3, 2)), ("matrix", (1, 1, 13, 2, 16, 2)), ("matrix", (1, 1, 2, 1, 20, 33)),
    ("low rank", (2, 2, 1, 1, 3, 2)), ("low rank", (1, 1, 13, 2, 16, 2)), ("low rank", (1, 1, 2, 1, 20, 33)),
])  # fmt: skip
def test_outputs_and_gradients_are_those_of_float64(scan, sizes):
    given = drawn(scan, *sizes)
    agree(results(scan, {name: x.float() for name, x in given.items()}), results(scan, given), 2e-6)


@pytest.mark.parametrize("kind", ["gates zero", "gates one"])
@pytest.mark.parametrize("scan", SCANS)
def test_gates_of_exactly_zero_and_one(scan, kind):
    given = drawn(scan, *((2, 1, 5, 3, 4) if scan == "selective" else (1, 1, 5, 1, 4, 3)), kind=kind)
    agree(results(scan, {name: x.float() for name, x in given.items()}), results(scan, given), 2e-6)


@pytest.mark.parametrize("scan", SCANS)
def test_half_precision_inputs(scan):
    sizes = (1, 2, 5, 16, 4) if scan == "selective" else (1, 2, 5, 1, 8, 8)
    given = {name: x.half() for name, x in drawn(scan, *sizes).items()}  # not bfloat16, which the interpreter gets wrong
    agree(results(scan, given), results(scan, {name: x.double() for name, x in given.items()}), 2e-3)


@pytest.mark.parametrize("scan", SCANS)
def test_the_comparison_notices_a_planted_fault(scan):
    """A token's gate given to the next."""
    given = drawn(scan, *((1, 1, 6, 4, 2) if scan == "selective" else (1, 1, 6, 1, 4, 4)))
    gate = "dt" if scan == "selective" else "w"
    with pytest.raises(AssertionError, match="off by"):
        agree(results(scan, given | {gate: given[gate].roll(1, 2)}), results(scan, given), 2e-6)


@pytest.mark.parametrize("name", ["mamba", "gla", "mlstm", "rwkv7"])
def test_mixers_on_the_kernels_are_those_of_float64(name):
    """And without gradients, where nothing is kept for them."""
    stack = mixer(name)(2, 8, torch.tensor([0.0, -1.0]), **({"state": 4} if name == "mamba" else {"heads": 2}))
    reset(stack, [0, 1])
    x = torch.randn(2, 1, 5, 8, generator=torch.Generator().manual_seed(0))
    assert on_triton(x)
    found = learned(stack, x)
    with torch.no_grad():
        first, state = stack.run(x[:, :, :3])  # pyright: ignore[reportCallIssue]
        last, _ = stack.run(x[:, :, 3:], state)  # pyright: ignore[reportCallIssue]
    assert torch.allclose(torch.cat([first, last], dim=2), found["y"], atol=1e-5)
    agree(found, learned(stack.double(), x.double()), 2e-4)


def learned(stack: torch.nn.Module, x: torch.Tensor) -> dict[str, torch.Tensor]:
    y, parameters = stack(x), dict(stack.named_parameters())
    return {"y": y.detach()} | dict(
        zip(parameters, torch.autograd.grad(y.square().sum(), list(parameters.values())), strict=True)
    )
