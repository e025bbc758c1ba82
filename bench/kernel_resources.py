"""Registers, spills and shared memory of every kernel that a call launches, compiled for Hopper here, without a GPU.

    python bench/kernel_resources.py 128 1 train        head size, n_h, train or infer, then: ungated, high, fp16, fp32

The call runs on tensors without memory (device "meta"); each launch is compiled for its actual arguments instead of launched, once
where the backward goes in turns.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import torch
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from triton.runtime.jit import JITFunction
from triton.tools.tensor_descriptor import TensorDescriptor

from deltaword.kernels.triton_chunked import launch

CUOBJDUMP = os.path.join(os.path.dirname(triton.__file__), "backends", "nvidia", "bin", "cuobjdump")
TYPES = {torch.bfloat16: "bf16", torch.float16: "fp16", torch.float32: "fp32", torch.int32: "i32", torch.int64: "i64"}
OPTIONS = ("num_warps", "num_stages", "maxnreg")


def compiled(kernel: JITFunction, args: tuple, named: dict) -> dict:
    """What ptxas and Triton say of one launch."""
    given = dict(zip(kernel.arg_names, args, strict=False)) | {k: x for k, x in named.items() if k in kernel.arg_names}
    constants = {p.name: given[p.name] for p in kernel.params if p.is_constexpr}
    signature, attrs = {}, {}
    for i, name in enumerate(kernel.arg_names):
        x = given[name]
        if name in constants:
            signature[name] = "constexpr"
        elif isinstance(x, TensorDescriptor):
            signature[name] = f"tensordesc<{TYPES[x.base.dtype]}[{','.join(map(str, x.block_shape))}]>"
        elif isinstance(x, torch.Tensor):
            signature[name] = "*" + TYPES[x.dtype]
            attrs[(i,)] = [["tt.divisibility", 16]]
        elif isinstance(x, float):
            signature[name] = "fp32"
        elif x == 1:  # Triton makes a constant of it
            signature[name], constants[name] = "constexpr", 1
        else:
            signature[name] = "i32"
            if x % 16 == 0:
                attrs[(i,)] = [["tt.divisibility", 16]]
    options = {k: named[k] for k in OPTIONS if named.get(k) is not None}
    made = triton.compile(
        ASTSource(fn=kernel, signature=signature, constexprs=constants, attrs=attrs),
        target=GPUTarget("cuda", 90, 32),
        options=options,
    )
    with tempfile.NamedTemporaryFile(suffix=".cubin") as f:
        f.write(made.asm["cubin"])
        f.flush()
        usage = subprocess.run([CUOBJDUMP, "-res-usage", f.name], capture_output=True, text=True, check=True).stdout
    found = re.search(r"REG:(\d+) STACK:(\d+)", usage)
    assert found
    ptx = made.asm["ptx"]
    return {
        "kernel": kernel.__name__,
        "warps": named.get("num_warps", 4),
        "registers": int(found[1]),
        "stack": int(found[2]),
        "shared": made.metadata.shared,
        "wgmma": ptx.count("wgmma.mma_async"),
        "mma": ptx.count("mma.sync"),
        "made": made,
    }


@contextmanager
def compiling_instead() -> Iterator[list[dict]]:
    """Inside, kernels are compiled where they would be launched; the list collects what came out."""
    rows: list[dict] = []
    seen: set[tuple[str, str]] = set()
    run = JITFunction.run

    def record(self, *args, grid, warmup, **named):
        launch_of = self.__name__, str(sorted((name, str(x)) for name, x in named.items()))
        if launch_of not in seen:
            seen.add(launch_of)
            rows.append(compiled(self, args, named))

    JITFunction.run = record
    try:
        yield rows
    finally:
        JITFunction.run = run


def resources(K: int, n: int, training: bool, gated: bool = True, precise: bool = False, dtype: torch.dtype = torch.bfloat16,
              V: int | None = None, B: int = 8, T: int = 4096, H: int = 16, chosen=None, pieces=None) -> list[dict]:  # fmt: skip
    """One dictionary a launch of a call."""

    def new(*shape, dtype=dtype):
        return torch.empty(shape, dtype=dtype, device="meta")

    V = V or K
    q, k, v, beta = new(B, T, H, K), new(B, T * n, H, K), new(B, T * n, H, V), new(B, T * n, H)
    g = new(B, T, H, dtype=torch.float32) if gated else None
    with compiling_instead() as rows:
        _, _, saved = launch.forward(q, k, v, beta, g, None, None, n, 0.1, precise, training, chosen, pieces)
        if training:
            assert saved is not None
            launch.backward(new(B, T, H, V), None, q, k, v, beta, g, None, saved, n, 0.1, precise, chosen)
    return rows


if __name__ == "__main__":
    size, n_h, *words = sys.argv[1:] or ["128", "1", "train"]
    kind = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}[
        next((w for w in words if w[-2:] in ("16", "32")), "bf16")
    ]
    for row in resources(int(size), int(n_h), "train" in words, "ungated" not in words, "high" in words, kind):
        row.pop("made")
        print(*(f"{k} {x}" for k, x in row.items()))
