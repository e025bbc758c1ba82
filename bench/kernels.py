"""The Triton kernels on a GPU: held against float64 first, then timed beside the best public numbers.

What anybody can run on a GPU at hand, beside the public kernels, is `deltaword bench kernels` (deltaword/kernels/bench.py, where the
method of timing and the shapes are).  This is the whole record of ours.

    python bench/kernels.py            everything; `check`, `table`, `decode`, `exactness` alone; `--row long32k/2` one row of the table

Method    bfloat16, unit keys, β in [0, 2], log-gates of mean −0.03; whole calls of `delta_product` with autograd, timed by CUDA events
          with the cache flushed between repeats, median.  Errors ‖x − x₆₄‖ / ‖x₆₄‖ on the same rounded inputs, 256 tokens.
Anchors   best public kernel on the same shape: fla 0.6.0 or FlashQLA 0.1.3, interleaved and padded where it cannot run natively,
          recorded on an H200 by the same method in another run; `deltaword bench kernels` times them beside ours.
Floor     bytes of inputs and outputs, each once a pass, over the copy bandwidth measured in this run.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import torch
from record import record
from torch import Tensor

from deltaword.kernels.bench import (
    PUBLIC,
    PUBLIC_DECODE,
    SEED,
    SHAPES,
    bytes_moved,
    ceilings,
    copy_bandwidth,
    inputs,
    median_ms,
)
from deltaword.kernels.front import delta_product
from deltaword.kernels.reference import delta_product as reference
from deltaword.kernels.triton_chunked import sizes

NAMES = ("q", "k", "v", "g", "beta")


def error(a: Tensor, b: Tensor) -> float:
    a, b = a.detach(), b.detach()
    return float((a.double() - b).norm() / b.norm())


def kernel_ms(f: Callable[[], object], repeats: int = 10) -> dict[str, float]:
    """Mean time on the device of each Triton kernel in a call, of all its launches together: turns are of different lengths."""
    flush = torch.empty(256 << 20, dtype=torch.int8, device="cuda")
    for _ in range(3):
        f()
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as seen:
        for _ in range(repeats):
            flush.zero_()
            f()
        torch.cuda.synchronize()
    times: dict[str, list[float]] = {}
    for event in seen.events():
        if event.name.endswith("_kernel"):
            times.setdefault(event.name, []).append(event.device_time)
    return {name: round(statistics.fmean(t) * len(t) / repeats / 1000, 4) for name, t in times.items()}


def errors(
    D: int, n: int, gated: bool = True, dtype: torch.dtype = torch.bfloat16, T: int = 256, **options: Any
) -> dict[str, float]:
    """Of o, the last state and every gradient, against autograd of the float64 recurrence on the same inputs."""
    given = inputs(2, T, 2, D, n, seed=1, dtype=dtype)
    torch.manual_seed(SEED)
    s0 = torch.randn(2, 2, D, D, device="cuda")
    do, ds = torch.randn(2, T, 2, D, device="cuda").to(dtype), torch.randn(2, 2, D, D, device="cuda")

    def run(function: Callable, kind: torch.dtype | None, **named: Any) -> list[Tensor]:
        leaves = [(x if kind is None else x.to(kind)).detach().requires_grad_() for x in (*given, s0)]
        q, k, v, g, beta, state = leaves
        o, last = function(q, k, v, g if gated else None, beta, n, None, state, True, **named)
        wanted = [x for x in leaves if gated or x is not g]
        return [o, last, *torch.autograd.grad((o * do.to(o.dtype)).sum() + (last * ds.to(last.dtype)).sum(), wanted)]

    names = ["o", "S", *(f"d{name}" for name in NAMES if gated or name != "g"), "dS0"]
    return {
        name: float(f"{error(a, b):.1e}")
        for name, a, b in zip(names, run(delta_product, None, **options), run(reference, torch.float64), strict=True)
    }


LIMIT = {torch.bfloat16: 1.2e-2, torch.float16: 2e-3, torch.float32: 2e-5}
CHECKS = [
    (D, n, gated, dtype, precision)
    for D in (16, 32, 64, 128, 256)
    for n, gated in ((1, True), (2, True), (3, False), (4, True), (8, True))
    for dtype, precision in (
        (torch.bfloat16, "fast"),
        (torch.bfloat16, "high"),
        (torch.float16, "fast"),
        (torch.float32, "fast"),
    )
    if dtype == torch.bfloat16 or n in (1, 3)
]


def check_one(case: tuple) -> dict[str, Any]:
    D, n, gated, dtype, precision = case
    row: dict[str, Any] = {"what": "check", "D": D, "n_h": n, "gated": gated, "dtype": str(dtype)[6:], "precision": precision}
    begin = time.perf_counter()
    try:
        found = errors(D, n, gated, dtype, precision=precision)
        worst = max(found, key=lambda name: found[name] if found[name] == found[name] else float("inf"))
        good = all(x < LIMIT[dtype] for x in found.values())
        row |= {"errors": found, "worst": worst, "good": good}
    except Exception as problem:  # a fault ends the context of this process only
        row |= {"good": False, "failed": f"{type(problem).__name__}: {str(problem)[:200]}"}
    return row | {"seconds": round(time.perf_counter() - begin, 1)}


def in_processes(function: Callable, jobs: list, workers: int | None = None) -> list:
    """Each job in a process of a pool; a job whose process dies is reported, the others go on."""
    pool = ProcessPoolExecutor(workers or max(1, (os.cpu_count() or 2) - 1), mp_context=multiprocessing.get_context("spawn"))
    with pool:
        futures = [pool.submit(function, job) for job in jobs]
        results = []
        for job, future in zip(jobs, futures, strict=True):
            try:
                results.append(future.result())
            except Exception as problem:
                results.append(
                    {
                        "what": "check",
                        "job": str(job),
                        "good": False,
                        "failed": f"{type(problem).__name__} {str(problem)[:200]}",
                    }
                )
    return results


def table_row(shape: str, n: int, bandwidth: float) -> dict[str, Any]:
    B, T, H, D = SHAPES[shape]
    given = inputs(B, T, H, D, n)
    do = torch.randn(B, T, H, D, device="cuda").bfloat16()
    leaves = [x.requires_grad_() for x in given]
    q, k, v, g, beta = leaves

    def forward() -> None:
        with torch.no_grad():
            delta_product(q, k, v, g, beta, n)

    def ungated() -> None:
        with torch.no_grad():
            delta_product(q, k, v, None, beta, n)

    def high() -> None:
        with torch.no_grad():
            delta_product(q, k, v, g, beta, n, precision="high")

    def both() -> None:
        torch.autograd.grad(delta_product(q, k, v, g, beta, n)[0], leaves, do)

    both()
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    both()
    outputs = sum(x.nbytes for x in leaves) + do.nbytes
    extra = torch.cuda.max_memory_allocated() - before - outputs
    moved = bytes_moved(B, T, H, D, n)
    public = PUBLIC[shape, n]
    row: dict[str, Any] = {"what": "table", "shape": shape, "B": B, "T": T, "H": H, "D": D, "n_h": n}
    row |= {"fwd_ms": round(median_ms(forward), 4), "fwd_bwd_ms": round(median_ms(both), 4)}
    row |= {"public_fwd_ms": public[0], "public_fwd_bwd_ms": public[1], "public": public[2]}
    row |= {"floor_fwd_ms": round(moved[0] / bandwidth * 1e3, 3), "floor_fwd_bwd_ms": round(moved[1] / bandwidth * 1e3, 3)}
    row |= {"ungated_fwd_ms": round(median_ms(ungated), 4), "high_fwd_ms": round(median_ms(high), 4)}
    row |= {"extra_GB": round(extra / 1e9, 3), "inputs_GB": round(sum(x.nbytes for x in leaves) / 1e9, 3)}
    row |= {"kernels_fwd_ms": kernel_ms(forward), "kernels_fwd_bwd_ms": kernel_ms(both)}
    row["host_fwd_us"], row["host_fwd_bwd_us"] = (host_us(f) for f in small_calls(leaves, n))
    return row


def small_calls(leaves: list[Tensor], n: int) -> tuple[Callable[[], object], Callable[[], object]]:
    """Forward, and forward + backward, on 64 tokens: what is left is the host's work."""
    small = [x[:1, : 64 * (n if i in (1, 2, 4) else 1)].detach().contiguous().requires_grad_() for i, x in enumerate(leaves)]
    q, k, v, g, beta = small
    do = torch.ones_like(q)

    def forward() -> None:
        with torch.no_grad():
            delta_product(q, k, v, g, beta, n)

    return forward, lambda: torch.autograd.grad(delta_product(q, k, v, g, beta, n)[0], small, do)


def host_us(call: Callable[[], object]) -> int:
    call()  # compiles
    torch.cuda.synchronize()
    begin = time.perf_counter()
    for _ in range(50):
        call()
    torch.cuda.synchronize()
    return round((time.perf_counter() - begin) / 50 * 1e6)


def decode_row(H: int, D: int, n: int) -> dict[str, Any]:
    """One token for a batch of 64, states rotated out of the cache, replayed in a CUDA graph."""
    B = 64
    states = torch.randn(max(4, int(4e8 / (B * H * D * D * 4))), B, H, D, D, device="cuda") / 10
    states = states[:200]
    q, k, v, g, beta = inputs(B, 1, H, D, n)

    @torch.no_grad()
    def call(i: int) -> tuple[Tensor, Tensor | None]:
        return delta_product(q, k, v, g, beta, n, None, states[i], True)

    o, last = call(0)
    o64, last64 = reference(*(x.double() for x in (q, k, v, g, beta)), n, None, states[0].double(), True)
    assert last is not None
    assert last64 is not None
    for i in range(3):
        call(i)
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        for i in range(len(states)):
            call(i)
    begin = time.perf_counter()
    for _ in range(200):
        call(0)
    torch.cuda.synchronize()
    eager = (time.perf_counter() - begin) / 200 * 1e6
    row: dict[str, Any] = {
        "what": "decode",
        "B": B,
        "H": H,
        "D": D,
        "n_h": n,
        "graph_us": round(median_ms(graph.replay, 9) * 1e3 / len(states), 2),
    }
    row |= {
        "public_us": PUBLIC_DECODE[H, D, n],
        "eager_us": round(eager),
        "error_o": error(o, o64),
        "error_S": error(last, last64),
    }
    return row


def swaps(T: int, D: int, n: int, keys: str) -> dict[str, Any]:
    """A random walk on S_5 by swaps: state a permutation matrix, v = 0.  keys: raw e_i − e_j with β = 1; unit, rounded, with β = 2;
    folded, the same keys with β = 2 / ‖k‖² of the rounded key in float32."""
    draw = torch.Generator().manual_seed(SEED)
    i = torch.randint(0, 5, (T * n,), generator=draw)
    j = (i + torch.randint(1, 5, (T * n,), generator=draw)) % 5
    k = torch.zeros(T * n, D)
    at = torch.arange(T * n)
    k[at, i], k[at, j] = 1.0, -1.0
    beta = torch.ones(T * n)
    if keys != "raw":
        k, beta = k / 2**0.5, 2 * beta
    k = k.bfloat16()
    if keys == "folded":
        beta = 2 / k.float().square().sum(-1)
    order, reads = list(range(5)), []
    for s, (a, b) in enumerate(zip(i.tolist(), j.tolist(), strict=True)):
        order[a], order[b] = order[b], order[a]
        if s % n == n - 1:
            reads.append(order[0])
    truth = torch.zeros(D, D)
    truth[torch.arange(5), torch.tensor(order)] = 1.0
    q = torch.zeros(1, T, 1, D)
    q[..., 0] = 1.0
    start = torch.zeros(1, 1, D, D)
    start[0, 0, :5, :5] = torch.eye(5)
    given = [q.bfloat16(), k[None, :, None], torch.zeros(1, T * n, 1, D).bfloat16()]
    row: dict[str, Any] = {"what": "exactness", "D": D, "n_h": n, "keys": keys, "steps": T * n}
    for precision in ("fast", "high"):
        o, last = delta_product(
            *(x.cuda() for x in given), None, beta[None, :, None].cuda(), n, 1.0, start.cuda(), True, precision=precision
        )
        assert last is not None
        row[f"drift_{precision}"] = float(f"{((last[0, 0].cpu() - truth).norm() / 5**0.5).item():.1e}")
        row[f"wrong_reads_{precision}"] = int((o[0, :, 0].argmax(-1).cpu() != torch.tensor(reads)).sum())
    return row


def warm(job: tuple[str, int]) -> None:
    """Compile what a row of the table runs, on small inputs of the same kind."""
    shape, n = job
    B, T, H, D = SHAPES[shape]
    given = inputs(B if B < 16 else 16, T, H, D, n)
    q, k, v, g, beta = (x.requires_grad_() for x in given)
    delta_product(q, k, v, g, beta, n)[0].sum().backward()
    with torch.no_grad():
        for gate in (g, None):
            delta_product(q, k, v, gate, beta, n)
        delta_product(q, k, v, g, beta, n, precision="high")
    for call in small_calls([q, k, v, g, beta], n):
        call()
    torch.cuda.synchronize()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", default=["check", "table", "decode", "exactness"])
    parser.add_argument(
        "--shipped", action="store_true", help="each shipped training setting once, to be run under compute-sanitizer"
    )
    parser.add_argument("--row", help="one row of the table in this process, as a dictionary")
    chosen = parser.parse_args()
    if not torch.cuda.is_available():
        print("no CUDA device")
        return
    if chosen.shipped:
        sizes.FEW = 0  # in turns
        heads = [(D, D, n) for D in (16, 32, 64, 128, 256) for n in (1, 2, 3, 4, 5, 8)]
        for K, V, n in heads + [(K, V, n) for K, V in ((32, 128), (64, 128), (128, 32)) for n in (2, 4)]:
            q, k, _, g, beta = (x.requires_grad_() for x in inputs(4, 256, 4, K, n))
            v = inputs(4, 256, 4, V, n)[2].requires_grad_()
            delta_product(q, k, v, g, beta, n)[0].sum().backward()
            torch.cuda.synchronize()
            print("ran", K, V, n, flush=True)
        return
    if chosen.row:
        shape, n = chosen.row.split("/")
        print(repr(table_row(shape, int(n), copy_bandwidth())))
        return
    rows: list[dict[str, Any]] = []

    def written() -> str:  # after every part: what a time limit cuts off does not take the rest with it
        return record("kernels", rows, seed=SEED, libraries=("triton",), device=torch.cuda.get_device_name()).name

    def show(row: dict[str, Any]) -> None:
        rows.append(row)
        print(*(f"{k}={x}" for k, x in row.items() if k != "what"), flush=True)
        written()

    if "check" in chosen.what:
        for row in in_processes(check_one, CHECKS, 12):
            rows.append(row)
            if not row["good"]:
                print("WRONG", row, flush=True)
        print(f"{sum(r['good'] for r in rows)} of {len(rows)} checks good", flush=True)
        written()
    if "table" in chosen.what:
        for ceiling in ceilings():
            show(ceiling)
        in_processes(warm, list(PUBLIC), 11)
        for shape, n in PUBLIC:  # one process each: a fault ends with its row
            done = subprocess.run([sys.executable, __file__, "--row", f"{shape}/{n}"], capture_output=True, text=True)
            last = done.stdout.strip().splitlines()[-1:] if done.returncode == 0 else []
            show(eval(last[0]) if last else {"what": "table", "shape": shape, "n_h": n, "failed": done.stderr[-400:]})
    if "decode" in chosen.what:
        for H, D, n in PUBLIC_DECODE:
            show(decode_row(H, D, n))
    if "exactness" in chosen.what:
        for D, n in ((32, 1), (32, 4), (64, 1), (128, 1), (128, 4)):
            for keys in ("raw", "unit", "folded"):
                show(swaps(16384 // n, D, n, keys))
    print("written to", written())


if __name__ == "__main__":
    main()
