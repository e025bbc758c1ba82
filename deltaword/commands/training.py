"""train: networks on words of automata, many at once."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from ..automata.errors import Diverged
from ..automata.wording import counted
from ..report import note, print_table, say, working
from .progress import bar, beginning, no_bar
from .shared import TASKS, AsJson, Device


def register(app: typer.Typer) -> None:
    app.command()(train)


class Precision(StrEnum):
    bf16 = "bf16"
    fp32 = "fp32"


def lengths_of(text: str | None) -> str | None:
    """ "128" or "3-40"."""
    if text is not None and not all(part.isdecimal() for part in text.split("-", 1)):
        raise typer.BadParameter(f"{text!r} is neither a number of letters, such as 128, nor two, such as 3-40")
    return text


def value_of(text: str) -> Any:
    """A value as JSON has it, else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def options_of(given: list[str]) -> dict[str, Any]:
    for each in given:
        if "=" not in each:
            raise typer.BadParameter(f"{each!r} is not NAME=VALUE")
    return {name: value_of(value) for name, _, value in (each.partition("=") for each in given)}


def train(
    task: Annotated[
        list[str],
        typer.Argument(metavar="TASK", help=f"{TASKS}. May be several."),
    ],
    mixer: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="deltanet, gated_deltanet, deltaproduct, gated_deltaproduct, mamba, gla, mlstm, rwkv7, lstm, attention, "
            "or your own as package.module:Class.",
        ),
    ] = "deltaproduct",
    n_h: Annotated[
        int | None, typer.Option("--n-h", min=1, help="Householder steps a token, of (gated_)deltaproduct. Default: 1.")
    ] = None,
    heads: Annotated[int | None, typer.Option(min=1, help="Default: the mixer's, 4 for DeltaNet.")] = None,
    head_dim: Annotated[int | None, typer.Option(min=1, help="Default: d_model / heads.")] = None,
    conv: Annotated[int | None, typer.Option(min=0, help="Width of a causal convolution before the mixer; 0 for none.")] = None,
    option: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Any other option of the mixer; may be given again.")
    ] = None,
    range_: Annotated[
        list[str] | None,
        typer.Option("--range", metavar="RANGE", help="Of the eigenvalues: 0,1 or -1,1; may be given again. Default: -1,1."),
    ] = None,
    seed: Annotated[list[int] | None, typer.Option(min=0, help="May be given again. Default: 0.")] = None,
    layers: Annotated[int, typer.Option(min=1, help="Blocks of mixer and MLP.")] = 1,
    d_model: Annotated[int, typer.Option(min=1, help="Width.")] = 128,
    mlp: Annotated[float, typer.Option(min=0, help="Hidden width of the MLP as a multiple of d_model; 0 for none.")] = 2.0,
    steps: Annotated[int, typer.Option(min=1, help="Updates of the weights, at most.")] = 2000,
    batch: Annotated[int, typer.Option(min=1, help="Words an update, of each network, over all processes together.")] = 256,
    lengths: Annotated[
        str | None,
        typer.Option(metavar="N|LOW-HIGH", callback=lengths_of, help="Letters a training word. Default: what the task says."),
    ] = None,
    growth: Annotated[
        float,
        typer.Option(min=0, max=1, help="Part of the steps over which words grow to their length. 0: full length at once."),
    ] = 0.0,
    growth_from: Annotated[int, typer.Option(min=1, help="Letters of the first words, where they grow.")] = 16,
    lr: Annotated[float, typer.Option(help="The largest rate of AdamW.")] = 1e-3,
    warmup: Annotated[int, typer.Option(min=0, help="Steps up to it; a cosine leads down.")] = 100,
    weight_decay: Annotated[float, typer.Option(min=0, help="Of matrices.")] = 1e-6,
    clip: Annotated[float, typer.Option(help="The largest norm of a network's gradient.")] = 1.0,
    precision: Annotated[Precision, typer.Option(help="bf16: autocast, on a GPU; weights are float32.")] = Precision.bf16,
    eval_every: Annotated[int, typer.Option(min=1, help="Steps between validations.")] = 100,
    eval_rows: Annotated[
        int, typer.Option(min=1, help="Words of a validation, and at each length of the last evaluation.")
    ] = 256,
    eval_length: Annotated[
        list[int] | None,
        typer.Option(
            min=1,
            help="Of the last evaluation; may be given again. Default: what the task says, up to thousands of letters, "
            "which on a CPU can take longer than the training.",
        ),
    ] = None,
    threshold: Annotated[
        float, typer.Option(help="Validation accuracy at the largest training length that counts as reached.")
    ] = 0.99,
    stop_early: Annotated[bool, typer.Option(help="Stop once every network has reached the threshold.")] = True,
    minutes: Annotated[float | None, typer.Option(help="Of training; then stop, and say so.")] = None,
    device: Device = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="The run directory. Default: in runs/, called by task, mixer and what else is given: runs/S_3_deltaproduct_n_h2.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Train networks on a task.

    Several tasks, ranges and seeds are trained at once, side by side in one stack: TASK… × --range × --seed networks, none of which
    notices the others.

    Interrupted or killed, the same command goes on from the last checkpoint; one is written after a validation, if the last is
    more than 20 seconds old. DIR gets config.json, a line of metrics.jsonl at each validation, tensorboard/, and at the end
    weights.safetensors and summary.json. On several GPUs: torchrun --nproc-per-node 8 --no-python deltaword train …

    The defaults are for a GPU. On a CPU take short words and a narrow model: --lengths 2-8, --d-model 32, --batch 64,
    --eval-length 128.

    Exit code 1 if every network diverged.
    """
    options = {"n_h": n_h, "heads": heads, "head_dim": head_dim, "conv": conv}
    options = {name: value for name, value in options.items() if value is not None} | options_of(option or [])
    with working("loading torch"):
        from ..nets.training import RunConfig
        from ..nets.training import train as trained
        from ..nets.training.distributed import joined, local_device
        from ..nets.training.naming import default_folder

    sys.path.append(str(Path.cwd()))  # a mixer of the user's own; last, so that it shadows none
    config = RunConfig(
        tasks=tuple(task),
        ranges=tuple(range_ or ("-1,1",)),
        seeds=tuple(seed or (0,)),
        mixer=mixer,
        options=options,
        d_model=d_model,
        layers=layers,
        mlp=mlp,
        steps=steps,
        batch=batch,
        lengths=None if lengths is None else [int(part) for part in lengths.split("-", 1)],  # pyright: ignore[reportArgumentType]
        growth=growth,
        growth_from=growth_from,
        lr=lr,
        warmup=warmup,
        weight_decay=weight_decay,
        clip=clip,
        precision=precision.value,
        eval_every=eval_every,
        eval_rows=eval_rows,
        eval_lengths=None if eval_length is None else tuple(eval_length),
        threshold=threshold,
        stop_early=stop_early,
        minutes=minutes,
        device=device,
    )
    where = out or default_folder(config)
    with joined(local_device(device)) as group:
        earlier = written_at(where / "summary.json")
        try:
            with bar("training", config) if group.leads else no_bar() as watch:
                run = trained(config, where, device, group=group, watch=watch and beginning(watch, "training", where))
        except Diverged as error:
            note(f"Diverged: {error}")
            raise typer.Exit(1) from None
    if not group.leads:
        return
    if earlier is not None and earlier == written_at(where / "summary.json"):
        note(f"this run was finished before; nothing was trained now. To train it anew, remove {where} or choose another --out")
    if as_json:
        print(json.dumps(run.summary | {"config": run.config.to_json(), "out": str(where)}, ensure_ascii=False, indent=1))
        return
    say_run(run.summary)
    say("written", where)


def written_at(path: Path) -> int | None:
    return path.stat().st_mtime_ns if path.exists() else None


def say_run(summary: dict[str, Any]) -> None:
    """How a run ended, and a row a network."""
    for remark in summary["notes"]:
        note(remark)
    say("stopped", f"{summary['stopped']}: {counted(summary['steps'], 'step')}, {summary['seconds']:.1f} s")
    speed = f"{summary['letters_per_second']:,} letters/s, {summary['precision']}"
    say("speed", f"{counted(len(summary['replicas']), 'network')} of {summary['parameters']:,} parameters: {speed}")
    lengths = sorted({one["length"] for row in summary["replicas"] for one in row["evaluation"]})
    print_table(
        ["task", "range", "seed", "best", "at the threshold", *(f"at {length:,}" for length in lengths)],
        [
            [
                row["task"],
                row["range"] or "",
                str(row["seed"]),
                best_of(row),
                reached_of(row),
                *accuracies_of(row, len(lengths)),
            ]
            for row in summary["replicas"]
        ],
    )


def best_of(row: dict[str, Any]) -> str:
    return f"{row['best']['accuracy']:.4f}" if row["best"] else "–"


def reached_of(row: dict[str, Any]) -> str:
    if row["diverged"]:
        return f"diverged at step {row['diverged']['step']}: {row['diverged']['cause']}"
    return f"step {row['reached']['step']}, {row['reached']['seconds']:.0f} s" if row["reached"] else "no"


def accuracies_of(row: dict[str, Any], wanted: int) -> list[str]:
    return [f"{one['accuracy']:.4f}" for one in row["evaluation"]] or ["–"] * wanted
