"""conformance, bench kernels: whether a kernel tracks automata exactly, and how fast ours are."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ..automata.files import read_json, write_bytes, write_json
from ..report import print_table, say, working
from .shared import AsJson, Dtype


def register(app: typer.Typer) -> None:
    app.command("conformance")(conformance_command)
    bench = typer.Typer(help="Measure on the machine at hand.", rich_markup_mode=None)
    bench.command("kernels")(bench_kernels)
    app.add_typer(bench, name="bench")


class Form(StrEnum):
    integer = "integer"
    dyadic = "dyadic"
    folded = "folded"
    rounded = "rounded"


def conformance_command(
    function: Annotated[str, typer.Argument(metavar="MODULE:FUNCTION", help="It takes q, k, v, beta, scale, initial_state.")],
    tokens: Annotated[int, typer.Option(min=1, help="Of the longest call, about.")] = 4096,
    dtype: Annotated[Dtype, typer.Option(help="The float format of q, k, v.")] = Dtype.bfloat16,
    device: Annotated[str | None, typer.Option(help="Such as cpu or cuda:1. Default: the GPU, if there is one.")] = None,
    n_h: Annotated[int | None, typer.Option("--n-h", min=1, help="Steps a token. Default: what the machine takes.")] = None,
    head_dim: Annotated[int | None, typer.Option(min=1, help="Default: 16, or what the machine takes.")] = None,
    machine: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A machine of the gallery; may be given again. Default: five.")
    ] = None,
    keys: Annotated[list[Form] | None, typer.Option(help="May be given again. Default: all four.")] = None,
    within: Annotated[
        float | None, typer.Option(min=0.0, metavar="DRIFT", help="Reads right and no drift larger, in place of exactness.")
    ] = None,
    closed_gate: Annotated[
        float, typer.Option(max=0.0, help="The log-gate that closes; -200 for kernels without -inf.")
    ] = float("-inf"),
    seed: Annotated[int, typer.Option(min=0, help="Of the words.")] = 0,
    as_json: AsJson = False,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write everything as JSON.")] = None,
) -> None:
    """Run compiled automata through a kernel of yours.

    The layout is that of flash-linear-attention's chunk_gated_delta_product; functions without num_householder or g are taken too.
    Says where it first names a wrong state, and how far its state drifts from the true one. Integer and dyadic keys have to be exact.
    """
    with working("running"):
        from ..nets.conformance import FORMS, MACHINES, conformance
        from ..nets.conformance.calling import function_named

        sys.path.append(str(Path.cwd()))  # a module of the user's own; last, so that it shadows none
        found = conformance(
            function_named(function),
            machine or MACHINES,
            [str(key) for key in keys] if keys else FORMS,
            tokens,
            dtype.value,
            device,
            n_h,
            head_dim,
            within,
            closed_gate,
            seed,
        )
    if out is not None:
        write_json(out, found.to_json())
    print(json.dumps(found.to_json(), ensure_ascii=False, indent=1) if as_json else found)
    if not found.passed:
        raise typer.Exit(1)


def bench_kernels(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Write kernels.json and kernels.svg here.")] = Path("bench-kernels"),
    recorded: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Measure nothing; print and draw this kernels.json. No GPU needed.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Time our kernels on this GPU, beside flash-linear-attention and FlashQLA where they are installed.

    Whole autograd calls in bfloat16, medians in ms. The plot shows how near they come to the bandwidth and the peak of this GPU.
    """
    from ..kernels.bench import DECODE_HEADER, HEADER, cells, decode_cells, needs_gpu, record, table
    from ..kernels.roofline import roofline, to_svg

    if recorded is None:
        needs_gpu()
        rows = []
        with working("measuring") as status:
            for row in table():
                rows.append(row)
                status.update(f"measured {len(rows)} rows")
        found = record(rows)
        out.mkdir(parents=True, exist_ok=True)
        write_json(out / "kernels.json", found)
    else:
        found = read_json(recorded)
    drawing = roofline(found)
    if as_json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        print_table(HEADER, [cells(row) for row in found["rows"] if row["what"] == "table" and "D" in row])
        print_table(DECODE_HEADER, [decode_cells(row) for row in found["rows"] if row["what"] == "decode"])
        say(
            "device",
            f"{drawing.device}, copies {drawing.bandwidth / 1e12:.2f} TB/s, products {drawing.peak / 1e12:.0f} TFLOP/s",
        )
    out.mkdir(parents=True, exist_ok=True)
    write_bytes(out / "kernels.svg", to_svg(drawing))
    if not as_json:
        say("written", out / "kernels.svg" if recorded else f"{out / 'kernels.json'}, {out / 'kernels.svg'}")
    if any("failed" in row for row in found["rows"]):
        raise typer.Exit(1)
