"""The kernels timed on the GPU at hand, beside the public ones that are installed: what `deltaword bench kernels` prints.

Method    bfloat16, gated, unit keys, β in [0, 2], log-gates of mean −0.03; whole calls with autograd, timed by CUDA events with the
          cache flushed before each, median.  Ours and the public ones run on the same tensors, in the same process.
Decoding  one token for a batch of 64, states rotated out of the cache, replayed in a CUDA graph; fla's recurrent kernel, interleaved.
Public    flash-linear-attention's chunk_gated_delta_product, and its chunk_gated_delta_rule ("fla one-step") at n_h = 1; FlashQLA's
          chunk_gated_delta_rule where heads have 128, DeltaProduct interleaved for it: n_h tokens a token, q on the last, the gate on
          the first, zeros else.  The copies that takes are timed.
Recorded  on an H200, where the library that was best there is not installed: its time in the project's own run with fla 0.6.0 and
          FlashQLA 0.1.3, by the same method, times that run's copy bandwidth over this one's (all these kernels are bound by bytes).
Floor     bytes of inputs and outputs, each once a pass, over the copy bandwidth measured in this run.
"""

from __future__ import annotations

import multiprocessing
import platform
import statistics
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from .. import __version__
from ..automata.errors import BadArgument
from .front import delta_product

SEED = 0
SHAPES = {  # B, T, H, D
    "train8x4k": (8, 4096, 16, 128),
    "long32k": (1, 32768, 16, 128),
    "state64": (256, 512, 8, 64),
    "state32": (256, 512, 8, 32),
}
PUBLIC = {  # ms forward, forward + backward on an H200, and whose
    ("train8x4k", 1): (0.332, 1.214, "FlashQLA"),
    ("train8x4k", 2): (0.878, 3.134, "FlashQLA"),
    ("train8x4k", 4): (1.558, 5.704, "FlashQLA"),
    ("long32k", 1): (0.397, 1.372, "FlashQLA"),
    ("long32k", 2): (0.983, 3.286, "FlashQLA"),
    ("state64", 1): (0.936, 3.145, "fla one-step"),
    ("state64", 2): (2.748, 7.785, "fla"),
    ("state64", 4): (5.166, 14.80, "fla"),
    ("state32", 1): (0.979, 2.065, "fla one-step"),  # the second without a gate, which is less work; with one 2.561
    ("state32", 2): (2.284, 6.375, "fla"),
    ("state32", 4): (4.310, 12.27, "fla"),
}
PUBLIC_DECODE = {  # µs in a CUDA graph on an H200, B = 64, fla
    (16, 128, 1): 48.9, (16, 128, 2): 61.0, (16, 128, 4): 75.2, (8, 64, 1): 7.6, (8, 64, 2): 14.7, (8, 64, 4): 17.4,
    (8, 32, 1): 3.4, (8, 32, 2): 9.9, (8, 32, 4): 10.9,
}  # fmt: skip
RECORDED_BANDWIDTH = 4.28e12  # bytes a second of a copy, in the run of these numbers
DECODED = 64
Row = dict[str, Any]


def needs_gpu() -> None:
    """Raises BadArgument where there is none."""
    if not torch.cuda.is_available():
        raise BadArgument("no CUDA device here: the kernels are timed on a GPU; recorded times are shown with --recorded FILE")


def device_name() -> str:
    return torch.cuda.get_device_name()


def inputs(
    B: int, T: int, H: int, D: int, n: int, seed: int = SEED, dtype: torch.dtype = torch.bfloat16, device: str = "cuda"
) -> list[Tensor]:
    """q, k, v, g, beta."""
    draw = torch.Generator(device=device).manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=draw, device=device)

    q, k = F.normalize(normal(B, T, H, D), dim=-1).to(dtype), F.normalize(normal(B, T * n, H, D), dim=-1).to(dtype)
    v, beta = normal(B, T * n, H, D).to(dtype), (2 * torch.rand(B, T * n, H, generator=draw, device=device)).to(dtype)
    return [q, k, v, F.logsigmoid(normal(B, T, H) + 4.0), beta]


def median_ms(f: Callable[[], object], repeats: int = 30) -> float:
    """Median over repeats of one call, the L2 cache flushed before each."""
    flush = torch.empty(256 << 20, dtype=torch.int8, device="cuda")
    for _ in range(5):
        f()
    times = []
    for _ in range(repeats):
        flush.zero_()
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        f()
        end.record()
        times.append((begin, end))
    torch.cuda.synchronize()
    return statistics.median(begin.elapsed_time(end) for begin, end in times)


def copy_bandwidth() -> float:
    """Bytes read and written a second by a large copy."""
    a = torch.empty(1 << 30, dtype=torch.int32, device="cuda")
    b = torch.empty_like(a)
    return 2 * a.nbytes / median_ms(lambda: b.copy_(a), 10) * 1e3


def product_speed(n: int = 8192) -> float:
    """Operations a second of a large product of bfloat16 matrices."""
    a, b = (torch.randn(n, n, device="cuda", dtype=torch.bfloat16) for _ in range(2))
    return 2 * n**3 / median_ms(lambda: a @ b, 10) * 1e3


def bytes_moved(B: int, T: int, H: int, D: int, n: int) -> tuple[int, int]:
    """Forward, and forward + backward: every input read and every output written once in each pass.

    >>> bytes_moved(8, 4096, 16, 128, 1)                                             # q, k, v, o of 2 bytes; g of 4 and β of 2
    (540016640, 1485832192)
    """
    q, steps, small = B * T * H * D * 2, B * T * n * H * D * 2, B * T * H * (4 + 2 * n)
    forward = 2 * q + 2 * steps + small
    return forward, forward + (q + 2 * steps + small + q) + (q + 2 * steps + small)


# ---------------------------------------------------------------------- the public kernels


def public_kernels(D: int, n: int) -> Iterator[tuple[str, Callable[[list[Tensor], int], Tensor]]]:
    """Name and call of each that is installed and takes heads of D and n steps; a call takes q, k, v, g, beta and n_h to o."""
    if find_spec("fla") is not None:
        yield "fla", call_fla
        if n == 1:
            yield "fla one-step", call_fla_one_step
    if find_spec("flash_qla") is not None and D == 128:
        yield "FlashQLA", call_flash_qla


def call_ours(given: list[Tensor], n: int) -> Tensor:
    q, k, v, g, beta = given
    return delta_product(q, k, v, g, beta, n)[0]


def call_fla(given: list[Tensor], n: int) -> Tensor:
    from fla.ops.gated_delta_product import chunk_gated_delta_product  # pyright: ignore[reportMissingImports]

    q, k, v, g, beta = given
    return chunk_gated_delta_product(q, k, v, g, beta, n)[0]


def call_fla_one_step(given: list[Tensor], n: int) -> Tensor:
    from fla.ops.gated_delta_rule import chunk_gated_delta_rule  # pyright: ignore[reportMissingImports]

    q, k, v, g, beta = given
    return chunk_gated_delta_rule(q, k, v, g, beta)[0]


def call_flash_qla(given: list[Tensor], n: int) -> Tensor:
    from flash_qla import chunk_gated_delta_rule  # pyright: ignore[reportMissingImports]

    q, k, v, g, beta = given
    return chunk_gated_delta_rule(*interleaved(q, k, v, g, n), beta)[0][:, n - 1 :: n]


def interleaved(q: Tensor, k: Tensor, v: Tensor, g: Tensor, n: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """n steps a token as n tokens of one step."""
    if n == 1:
        return q, k, v, g
    B, T, H, D = q.shape
    queries, gates = q.new_zeros(B, T, n, H, D), g.new_zeros(B, T, n, H)
    queries[:, :, -1], gates[:, :, 0] = q, g
    return queries.view(B, T * n, H, D), k, v, gates.view(B, T * n, H)


# ---------------------------------------------------------------------- rows of the table


def times_of(call: Callable[[list[Tensor], int], Tensor], leaves: list[Tensor], n: int, do: Tensor) -> Row:
    """fwd_ms and fwd_bwd_ms of a function; or `failed` with why, since public kernels refuse some GPUs and versions."""

    def forward() -> None:
        with torch.no_grad():
            call(leaves, n)

    def both() -> None:
        torch.autograd.grad(call(leaves, n), leaves, do)

    row: Row = {}
    try:
        row["fwd_ms"] = round(median_ms(forward), 4)
        row["fwd_bwd_ms"] = round(median_ms(both), 4)
    except Exception as problem:  # a time that is there stays
        row |= failure(problem)
    return row


def timed(job: tuple[str, int, float]) -> Row:
    """One row: a shape's name, n_h, the copy bandwidth."""
    shape, n, bandwidth = job
    B, T, H, D = SHAPES[shape]
    torch.cuda.empty_cache()
    leaves = [x.requires_grad_() for x in inputs(B, T, H, D, n)]
    do = torch.randn_like(leaves[0])
    row: Row = {"what": "table", "shape": shape, "B": B, "T": T, "H": H, "D": D, "n_h": n}
    row |= times_of(call_ours, leaves, n, do)
    forward, both = bytes_moved(B, T, H, D, n)
    row |= {"floor_fwd_ms": round(forward / bandwidth * 1e3, 3), "floor_fwd_bwd_ms": round(both / bandwidth * 1e3, 3)}
    beside = {name: times_of(call, leaves, n, do) for name, call in public_kernels(D, n)}
    fwd_ms, fwd_bwd_ms, whose_best = PUBLIC[shape, n]
    row["beside"] = beside | recorded(whose_best, {"fwd_ms": fwd_ms, "fwd_bwd_ms": fwd_bwd_ms}, beside, bandwidth)
    best = {pass_: fastest(row["beside"], pass_) for pass_ in ("fwd_ms", "fwd_bwd_ms")}
    if any(best.values()):
        row |= {f"public_{pass_}": found and found[0] for pass_, found in best.items()}
        row["public"] = " / ".join(dict.fromkeys(found[1] for found in best.values() if found))
    return row


def recorded(whose: str, times: dict[str, float], beside: dict[str, Row], bandwidth: float) -> dict[str, Row]:
    """The recorded times of a kernel on an H200, scaled to this run's bandwidth, where the kernel itself was not timed.

    >>> recorded("fla", {"fwd_ms": 1.0}, {"fla": {"fwd_ms": 0.9}}, 4e12)
    {}
    """
    if not times.keys().isdisjoint(beside.get(whose, {})) or "H200" not in device_name():
        return {}
    scaled = {name: round(time * RECORDED_BANDWIDTH / bandwidth, 4) for name, time in times.items()}
    return {f"{whose}, recorded": scaled}


def decoded(job: tuple[int, int, int, float]) -> Row:
    """One row of decoding: H, D, n_h, the copy bandwidth."""
    H, D, n, bandwidth = job
    torch.cuda.empty_cache()
    given = inputs(DECODED, 1, H, D, n)
    row: Row = {"what": "decode", "B": DECODED, "H": H, "D": D, "n_h": n} | decode_time(step_ours, given, n)
    beside = {"fla": decode_time(step_fla, given, n)} if find_spec("fla") is not None else {}
    row["beside"] = beside | recorded("fla", {"graph_us": PUBLIC_DECODE[H, D, n]}, beside, bandwidth)
    best = fastest(row["beside"], "graph_us")
    if best:
        row["public_us"], row["public"] = best
    return row


@torch.no_grad()
def decode_time(step: Callable[[list[Tensor], int, Tensor], object], given: list[Tensor], n: int) -> Row:
    """graph_us of a token, or `failed` with why."""
    B, _, H, D = given[0].shape
    states = torch.randn(max(4, min(200, int(4e8 / (B * H * D * D * 4)))), B, H, D, D, device=given[0].device) / 10
    try:
        for state in states[:3]:
            step(given, n, state)
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            for state in states:
                step(given, n, state)
        return {"graph_us": round(median_ms(graph.replay, 9) * 1e3 / len(states), 2)}
    except Exception as problem:
        return failure(problem)


def step_ours(given: list[Tensor], n: int, state: Tensor) -> object:
    q, k, v, g, beta = given
    return delta_product(q, k, v, g, beta, n, None, state, True)


def step_fla(given: list[Tensor], n: int, state: Tensor) -> object:
    from fla.ops.gated_delta_rule import fused_recurrent_gated_delta_rule  # pyright: ignore[reportMissingImports]

    q, k, v, g, beta = given
    q, k, v, g = interleaved(q, k, v, g, n)
    return fused_recurrent_gated_delta_rule(q, k, v, g=g, beta=beta, initial_state=state, output_final_state=True)


def failure(problem: Exception) -> Row:
    return {"failed": f"{type(problem).__name__}: {' '.join(str(problem).split())[:200]}"}


def fastest(beside: dict[str, Row], pass_: str) -> tuple[float, str] | None:
    """The least time and whose it is."""
    return min(((row[pass_], name) for name, row in beside.items() if pass_ in row), default=None)


def ceilings() -> list[Row]:
    """What the GPU does at best: bytes of a copy, operations of a product of matrices."""
    return [
        {"what": "copy", "TB_per_s": round(copy_bandwidth() / 1e12, 3)},
        {"what": "product", "TFLOP_per_s": round(product_speed() / 1e12, 1)},
    ]


def table() -> Iterator[Row]:
    """The ceilings, then the rows, measured in another process: a fault of a kernel ends with its row.

    Raises  BadArgument without a GPU
    """
    needs_gpu()
    rows = ceilings()
    yield from rows
    bandwidth = rows[0]["TB_per_s"] * 1e12
    with Aside() as measured:
        for shape, n in PUBLIC:
            B, T, H, D = SHAPES[shape]
            empty: Row = {"what": "table", "shape": shape, "B": B, "T": T, "H": H, "D": D, "n_h": n}
            yield measured(timed, (shape, n, bandwidth), empty)
        for H, D, n in PUBLIC_DECODE:
            yield measured(decoded, (H, D, n, bandwidth), {"what": "decode", "B": DECODED, "H": H, "D": D, "n_h": n})


class Aside:
    """Another process, in which libraries load once; after a row in which anything failed, a fresh one, since a GPU's errors stay."""

    def __init__(self) -> None:
        self.pool: ProcessPoolExecutor | None = None

    def __call__(self, function: Callable[[Any], Row], job: Any, otherwise: Row) -> Row:
        """What the function gives; `otherwise`, and why, when the process or the function fails."""
        if self.pool is None:
            self.pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
        try:
            row = self.pool.submit(function, job).result()
        except Exception as problem:
            row = otherwise | failure(problem)
        if "failed" in row or any("failed" in one for one in row.get("beside", {}).values()):
            self.close()
        return row

    def close(self) -> None:
        if self.pool is not None:
            self.pool.shutdown()
            self.pool = None

    def __enter__(self) -> Aside:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


# ---------------------------------------------------------------------- what is written and printed

LIBRARIES = ("torch", "triton", "flash-linear-attention", "fla-core", "flash-qla", "tilelang")
HEADER = ("B × T, H, D", "n_h", "forward ms", "public", "floor", "forward + backward ms", "public", "floor", "whose")
DECODE_HEADER = ("decoding: B × 1, H, D", "n_h", "µs", "public", "whose")


def record(rows: Iterable[Row]) -> Row:
    """The rows with what made them: date, device, versions, seed."""
    versions = {"python": platform.python_version(), "deltaword": __version__}
    for library in LIBRARIES:
        try:
            versions[library] = version(library)
        except PackageNotFoundError:
            versions[library] = "not installed"
    return {
        "command": "deltaword bench kernels",
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "device": device_name(),
        "seed": SEED,
        "versions": versions,
        "rows": list(rows),
    }


def cells(row: Row) -> tuple[str, ...]:
    """A row of the table as text, under HEADER.

    >>> cells({"B": 8, "T": 4096, "H": 16, "D": 128, "n_h": 2, "fwd_ms": 0.5561, "public_fwd_ms": 0.878, "public": "fla"})
    ('8 × 4096, 16, 128', '2', '0.556', '0.878', '–', '–', '–', '–', 'fla')
    """
    names = [f"{kind}{pass_}_ms" for pass_ in ("fwd", "fwd_bwd") for kind in ("", "public_", "floor_")]
    times = ("–" if row.get(name) is None else f"{row[name]:.3f}" for name in names)
    return (f"{row['B']} × {row['T']}, {row['H']}, {row['D']}", str(row["n_h"]), *times, whose(row))


def decode_cells(row: Row) -> tuple[str, ...]:
    """A row of decoding as text, under DECODE_HEADER."""
    times = ("–" if row.get(name) is None else f"{row[name]:.1f}" for name in ("graph_us", "public_us"))
    return (f"{row['B']} × 1, {row['H']}, {row['D']}", str(row["n_h"]), *times, whose(row))


def whose(row: Row) -> str:
    """Whose the public time is, and what failed."""
    problems = [f"{other}: {one['failed']}" for other, one in row.get("beside", {}).items() if "failed" in one]
    if "failed" in row:
        problems.insert(0, f"ours: {row['failed']}")
    return "; ".join(filter(None, [row.get("public"), *problems]))
