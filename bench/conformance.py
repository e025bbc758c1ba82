"""What the conformance check says of our kernels and of the public ones that are installed, on the GPU at hand.

    python bench/conformance.py            every function; a part of a name runs those that have it: `fla`, `FlashQLA`, `ours`

Ours      delta_product as it picks: 2^20 tokens with keys that allow exactness, 10^5 tokens with all; precision="high" with folded keys
          held to a drift of 1e-3 after 16,384 tokens, and measured at 10^5.
Public    flash-linear-attention's chunk_gated_delta_product, chunk_delta_rule, chunk_gated_delta_rule and fused_recurrent_*, FlashQLA's
          chunk_gated_delta_rule with heads of 128, at 10^5 tokens.  Functions of one step a token are fed interleaved.
          Resets as gates of −∞; once more as −200 where that is not exact.
Tuning    fla times dozens of configurations of each kernel at each new shape, and the check has many shapes.  Here each kernel takes
          the first configuration of its list that compiles, one that its tuner may choose.
Whose     FLA_FLASH_QLA=0: else fla hands some of its functions to FlashQLA.
Drift     ‖S − S_true‖ / max ‖S_true‖ after 1, 2, 4 … tokens, to three digits; left out where it is 0 throughout.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from typing import Any

import torch
from record import record

from deltaword.nets.conformance import FORMS, MACHINES, conformance
from deltaword.nets.conformance.calling import function_named
from deltaword.nets.conformance.forms import EXACT

SEED, LONG, LONGEST, DRIFTS_AT = 0, 10**5, 2**20, 2**14
GATED = ("permutation_reset_5",)  # of the five, the machine that closes gates
LIBRARIES = ("triton", "fla-core", "flash-qla", "tilelang")


@dataclass(frozen=True)
class Job:
    """One call of the check."""

    label: str
    function: str
    options: dict[str, Any]
    bound: dict[str, Any] = field(default_factory=dict)


def jobs() -> Iterator[Job]:
    ours = "deltaword.kernels:delta_product"
    for machine in MACHINES:  # the longest: a job each
        yield Job("ours", ours, {"machines": [machine], "keys": EXACT, "tokens": LONGEST})
    yield Job("ours", ours, {"tokens": LONG})
    high = {"precision": "high"}
    yield Job("ours", ours, {"tokens": LONGEST, "machines": MACHINES[:1], "keys": EXACT}, high)
    yield Job("ours", ours, {"tokens": DRIFTS_AT, "keys": ["folded"], "within": 1e-3}, high)
    yield Job("ours", ours, {"tokens": LONG, "keys": ["folded", "rounded"]}, high)
    gated = {"tokens": LONG, "machines": GATED, "closed_gate": -200.0}
    if find_spec("fla") is not None:
        for name in ("gated_delta_product:chunk_gated_delta_product", "gated_delta_rule:chunk_gated_delta_rule"):
            yield Job("fla", f"fla.ops.{name}", {"tokens": LONG})
            yield Job("fla", f"fla.ops.{name}", gated)
        for name in ("chunk_delta_rule", "fused_recurrent_delta_rule"):
            yield Job("fla", f"fla.ops.delta_rule:{name}", {"tokens": LONG})
        yield Job("fla", "fla.ops.gated_delta_rule:fused_recurrent_gated_delta_rule", {"tokens": LONG})
    if find_spec("flash_qla") is not None:
        for options in ({"tokens": LONG}, gated):
            yield Job("FlashQLA", "flash_qla:chunk_gated_delta_rule", options | {"head_dim": 128})


def untuned() -> None:
    """Triton's tuner takes the first configuration of its list that compiles, for each of its kernels once."""
    from triton.runtime.autotuner import Autotuner

    run = Autotuner.run

    def first_that_compiles(self: Any, *args: Any, **kwargs: Any) -> Any:
        while True:
            listed, self.configs = self.configs, self.configs[:1]  # with one there is nothing to time
            try:
                return run(self, *args, **kwargs)
            except Exception as problem:
                if len(listed) == 1 or "OutOfResources" not in type(problem).__name__:
                    raise
                self.configs = listed[1:]

    Autotuner.run = first_that_compiles


def checked(job: Job) -> list[dict[str, Any]]:
    """Rows of the report as JSON, with what they are of."""
    begin = time.perf_counter()
    if job.label != "ours":
        os.environ["FLA_FLASH_QLA"] = "0"
        untuned()
    function: Callable[..., Any] = function_named(job.function)
    report = conformance(
        partial(function, **job.bound) if job.bound else function, **{"keys": FORMS, "seed": SEED} | job.options
    )
    gate = "−∞" if math.isinf(report.closed_gate) else f"{report.closed_gate:g}"
    about = {"what": job.label, "function": report.function, "closed_gate": gate, "within": report.within}
    print(f"{job.label}: closed gate {gate}, {time.perf_counter() - begin:.0f} s\n{report}\n", flush=True)
    rows = []
    for row in report.to_json()["rows"]:
        curve = {str(length["tokens"]): shortened(length["drift"]) for length in row.pop("drift")}
        row |= {"final_drift": shortened(row["final_drift"])}
        rows.append(about | row | ({"drift": curve} if any(x != 0 for x in curve.values()) else {}))
    return rows


def shortened(x: float | None) -> float | None:
    return None if x is None else float(f"{x:.3g}")


def in_a_process(job: Job) -> list[dict[str, Any]]:
    """A fault of a kernel ends with its job."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        try:
            return pool.submit(checked, job).result()
        except Exception as problem:
            why = f"{type(problem).__name__}: {' '.join(str(problem).split())[:300]}"
            print(f"{job.label}: {job.function} {why}\n", file=sys.stderr, flush=True)
            return [{"what": job.label, "function": job.function, "failed": why}]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", nargs="?", default="", help="of a label or a function's name")
    parser.add_argument("--at-once", type=int, default=4, help="processes")
    chosen = parser.parse_args()
    wanted = [job for job in jobs() if chosen.part in job.label or chosen.part in job.function]
    with ThreadPoolExecutor(chosen.at_once) as threads:
        rows = [row for found in threads.map(in_a_process, wanted) for row in found]
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
    print(record("conformance", rows, seed=SEED, libraries=LIBRARIES, device=device))


if __name__ == "__main__":
    main()
