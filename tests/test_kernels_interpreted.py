"""The Triton kernels without a GPU: run in Triton's interpreter, which has to be asked for before triton is imported; and what they
would allocate, counted on tensors without memory."""

import os
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch

TESTS = Path(__file__).parent
needs_triton = pytest.mark.skipif(find_spec("triton") is None, reason="triton is not installed")


@needs_triton
def test_the_triton_kernels_agree_with_float64_in_the_interpreter():
    """Every test of interpreted_kernels.py, in a process of its own."""
    code = "import sys, triton_interpreter, pytest; sys.exit(pytest.main(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", code, "-q", "--no-header", "-p", "no:cacheprovider", "-p", "no:doctest", "-o",
         "addopts=--import-mode=importlib", "interpreted_kernels.py"],
        cwd=TESTS, env=os.environ | {"TRITON_INTERPRET": "1"}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def counted(B: int, T: int, H: int, D: int, n: int, monkeypatch, **change) -> tuple[int, int, int]:
    """Bytes beyond inputs, output and gradients that live at the end of a backward: as allocated (on the device "meta", nothing is
    launched), as Problem.extra_bytes says; and bytes of the inputs.  change: of the shipped settings."""
    from deltaword.kernels.triton_chunked import launch, sizes
    from deltaword.kernels.triton_chunked.settings import settings

    chosen = replace(settings(D, D, n, training=True), **change)

    def new(*shape, dtype=torch.bfloat16):
        return torch.empty(shape, dtype=dtype, device="meta")

    q, k, v, beta, g = (
        new(B, T, H, D),
        new(B, T * n, H, D),
        new(B, T * n, H, D),
        new(B, T * n, H),
        new(B, T, H, dtype=torch.float32),
    )
    made: list[torch.Tensor] = []
    empty, empty_like = torch.empty, torch.empty_like
    with monkeypatch.context() as patch:
        patch.setattr(launch, "start", lambda *a, **b: None)
        _, _, saved = launch.forward(q, k, v, beta, g, None, None, n, 0.1, save=True, chosen=chosen)
        assert saved is not None
        patch.setattr(torch, "empty", lambda *a, **b: made.append(empty(*a, **b)) or made[-1])
        patch.setattr(torch, "empty_like", lambda *a, **b: made.append(empty_like(*a, **b)) or made[-1])
        do = new(B, T, H, D)
        dq, dk, dv, dbeta, dg, _ = launch.backward(do, None, q, k, v, beta, g, None, saved, n, 0.1, chosen=chosen, spend=True)
    assert dg is not None
    gradients = sum(x.nbytes for x in (dq, dk, dv, dbeta, dg))
    extra = sum(x.nbytes for x in (*vars(saved).values(), *made)) - do.nbytes - gradients
    return extra, sizes.problem(q, v, g, n, None, False, True, chosen).extra_bytes(), sum(x.nbytes for x in (q, k, v, beta, g))


TABLE = [(8, 4096, 16, 128), (1, 32768, 16, 128), (256, 512, 8, 64), (256, 512, 8, 32)]


@needs_triton
@pytest.mark.parametrize("n", [1, 2, 3, 4, 8])
@pytest.mark.parametrize(("B", "T", "H", "D"), TABLE)
def test_the_memory_of_a_call_is_what_is_counted(B, T, H, D, n, monkeypatch):
    allocated, said, _ = counted(B, T, H, D, n, monkeypatch)
    assert allocated == said
    allocated, said, _ = counted(B, T, H, D, n, monkeypatch, turns=True)
    assert allocated == said


@needs_triton
@pytest.mark.parametrize("n", [4, 8])
@pytest.mark.parametrize(("B", "T", "H", "D"), TABLE)
def test_memory_beyond_inputs_and_results_from_four_steps_a_token(B, T, H, D, n, monkeypatch):
    """Below the size of the inputs at four; at eight Y takes more."""
    extra, _, inputs = counted(B, T, H, D, n, monkeypatch)
    assert extra < (1.0 if n == 4 else 1.13) * inputs
