"""train, sweep, data, compare, extract: networks trained on words of automata, many at once, and what they learnt."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from ..automata.errors import Diverged
from ..automata.files import write_json
from ..automata.wording import counted
from ..report import note, print_table, say, working

if TYPE_CHECKING:
    from ..nets.training import RunConfig
    from ..nets.training.trainer import Watch


def register(app: typer.Typer) -> None:
    app.command()(train)
    app.command()(sweep)
    app.command()(data)
    app.command()(compare)
    app.command()(extract)


class Precision(StrEnum):
    bf16 = "bf16"
    fp32 = "fp32"


class Learner(StrEnum):
    lstar = "lstar"
    kv = "kv"
    states = "states"


TASKS = (
    "parity (asked at the end), parity_every, mod_arithmetic, mod_arithmetic_brackets; groups: Z_3, D_4, S_3, A_5, S_5_swaps, …; "
    "language:NAME, a machine of `deltaword languages`; text:code"
)
Device = Annotated[str | None, typer.Option(help="Such as cpu or cuda:1. Default: the GPU, if there is one.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print everything as JSON.")]


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


def beginning(watch: Watch, name: str, where: Path) -> Watch:
    """A watch that says where the run writes, once all is in order and it begins."""
    silent = True

    def with_a_word(done: int, line: dict[str, Any] | None) -> None:
        nonlocal silent
        if silent and done:
            note(f"{name}: going on from step {done}, the checkpoint in {where}")
        elif silent and not sys.stderr.isatty():
            note(f"{name}; {where / 'metrics.jsonl'} gets a line at each validation")
        silent = False
        watch(done, line)

    return with_a_word


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


@contextmanager
def bar(name: str, config: RunConfig) -> Iterator[Watch]:
    """A progress bar on stderr, by letters read where words grow; silent where that is no terminal."""
    from ..nets.training.stack import training_lengths
    from ..nets.training.words import letters_until

    letters = letters_until(config, training_lengths(config)[1]) if config.growth else range(config.steps + 1)
    columns = (
        *(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[steps]}"),
            TextColumn("{task.fields[found]}"),
        ),
        *(TimeElapsedColumn(), TimeRemainingColumn()),
    )
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        row = progress.add_task(name, total=letters[-1], steps="", found="")

        def watch(done: int, line: dict[str, Any] | None) -> None:
            progress.update(row, completed=letters[done], steps=f"{done}/{config.steps}")
            if line is not None:
                accuracy = [value for value in line["accuracy"] if value is not None] or [0.0]
                progress.update(row, found=f"accuracy {min(accuracy):.3f} to {max(accuracy):.3f}")
                if done == config.steps or (config.stop_early and min(accuracy) >= config.threshold):
                    progress.update(row, description="last evaluation")

        yield watch


@contextmanager
def no_bar() -> Iterator[None]:
    yield None


def sweep(
    grid: Annotated[Path, typer.Argument(metavar="GRID.toml", help="[defaults] and [[runs]]; lists are runs for each value.")],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The runs' folders go here. Default: runs/ and the grid's name.")
    ] = None,
    list_only: Annotated[bool, typer.Option("--list", help="Only say which runs there are, and how they stand.")] = False,
    minutes: Annotated[float | None, typer.Option(help="Of training, for each run that says nothing else.")] = None,
    device: Device = None,
    as_json: AsJson = False,
) -> None:
    """Train every run of a grid.

    Finished runs are left out, and one that was interrupted or killed goes on from its last checkpoint: give the same command again.
    Several processes share out the runs; on the GPUs of a host: torchrun --nproc-per-node 8 --no-python deltaword sweep GRID.toml

    Exit code 1 if in some run every network diverged, or if one did not fit into memory.
    """
    with working("loading torch"):
        import torch

        from ..nets.training import read_grid
        from ..nets.training import sweep as swept
        from ..nets.training.distributed import launched, local_device
        from ..nets.training.naming import default_folder
        from ..nets.training.sweep import standing

    sys.path.append(str(Path.cwd()))  # mixers of the user's own; last, so that they shadow none
    runs, where = read_grid(grid), out or default_folder(grid)
    if list_only:
        found = {name: standing(where / name) for name in runs}
    else:
        if not launched() and device is None and torch.cuda.device_count() > 1:
            command = f"torchrun --nproc-per-node {torch.cuda.device_count()} --no-python deltaword sweep {grid}"
            note(f"{torch.cuda.device_count()} GPUs are visible and one is used; all of them: {command}")
        chosen = str(local_device(device)) if launched() else device
        with each_run(where) as begins:
            found = swept(grid, where, chosen, minutes=minutes, begins=begins)
    if os.environ.get("RANK", "0") == "0":
        if as_json:
            print(json.dumps(found, ensure_ascii=False, indent=1))
        else:
            print_table(["run", "stopped", "steps", "seconds", "at the threshold"], [run_row(*each) for each in found.items()])
            say("folder", where)
    if any(summary["stopped"] in FAILED for summary in found.values()):
        raise typer.Exit(1)


FAILED = ("every network diverged", "out of memory")


def run_row(name: str, summary: dict[str, Any]) -> list[str]:
    if "replicas" not in summary:
        return [name, "; ".join([summary["stopped"], *summary.get("notes", [])]), "", "", ""]
    rows = summary["replicas"]
    reached = f"{sum(row['reached'] is not None for row in rows)} of {len(rows)}"
    return [name, summary["stopped"], str(summary["steps"]), f"{summary['seconds']:.1f}", reached]


@contextmanager
def each_run(where: Path) -> Iterator[Any]:
    """What `sweep` calls before each run: a bar for it in place of the last one's."""
    open_bars: list[Any] = []

    def close() -> None:
        while open_bars:
            open_bars.pop().__exit__(None, None, None)

    def begins(name: str, config: RunConfig) -> Watch:
        close()
        open_bars.append(bar(name, config))
        return beginning(open_bars[-1].__enter__(), f"training {name}", where / name)

    try:
        yield begins
    finally:
        close()


def data(
    task: Annotated[str, typer.Argument(metavar="TASK", help=f"{TASKS}.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Ends in .parquet or .npz.")],
    words: Annotated[int, typer.Option(min=1, help="How many.")] = 100_000,
    length: Annotated[int | None, typer.Option(min=1, help="Letters of a word. Default: what the task is trained on.")] = None,
    seed: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """Write words of a task, and what is asked at each position, as a data set.

    For trainers of other people. A word and its answers a row; -100 where nothing is asked.
    """
    with working("writing"):
        from ..nets.tasks import task as named
        from ..nets.tasks.dataset import write

        which = named(task)
        write(which, out, words, length, seed)
    low, high = (length, length) if length is not None else which.train_lengths
    say("words", f"{words:,} of {low if low == high else f'{low} to {high}'} letters, seed {seed}")
    say("asked", f"{which.supervision}, one of {len(which.classes)}")
    say("written", out)


def compare(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN", help="Directories of runs; all runs of a sweep: runs/NAME/*.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Gets report.html and report.json.")] = Path("comparison"),
    constructed: Annotated[
        bool, typer.Option(help="Beside them, the networks that `deltaword compile` makes of the tasks.")
    ] = True,
    times: Annotated[int, typer.Option(min=1, help="The longest words, as a multiple of the longest training words.")] = 64,
    words: Annotated[int, typer.Option(min=1, help="Sampled at each length.")] = 64,
    extract: Annotated[
        bool, typer.Option(help="The automaton that the best seed of each model computes, by a few thousand words.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Set trained networks beside each other, and beside constructed ones.

    Accuracy by length, tables as in the papers, the spectrum of each letter's transition matrix, keys and strengths, rank and drift of
    the state, and the automaton that each network computes.
    """
    sys.path.append(str(Path.cwd()))  # mixers of the user's own, as for `train`
    with working("comparing"):
        from ..nets.compare.report import write_report
        from ..nets.compare.tables import as_text, cells_of

        report = write_report(runs, out, constructed, times, words, extract)
    if as_json:
        print(json.dumps(report, ensure_ascii=False, indent=1))
    else:
        for title, cells in filter(itemgetter(1), report["tables"].items()):
            print(f"{title}\n\n{as_text(cells_of(cells))}\n")
        say(
            "numbers",
            "scaled accuracy: 0 the best constant guess, 1 no mistake; the best seed, in brackets the mean over seeds",
        )
        say("written", f"{out / 'report.html'}, {out / 'report.json'}")


def extract(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The directory of one run of `deltaword train` or `sweep`.")],
    replica: Annotated[int, typer.Option(min=0, help="Which network of the run, in the order of its table.")] = 0,
    by: Annotated[Learner, typer.Option(help="L* or KV by queries, or clusters of states.")] = Learner.lstar,
    seed: Annotated[int, typer.Option(min=0, help="Of the words that are tried.")] = 0,
    queries: Annotated[int, typer.Option(min=1, help="Words that the network may be asked.")] = 50_000,
    proof: Annotated[
        bool, typer.Option(help="Try to prove it for words of all lengths, with the memory in float32 and in bfloat16.")
    ] = True,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write everything as JSON.")] = None,
    as_json: AsJson = False,
) -> None:
    """Recover the automaton that a trained network computes, and compare it with the task's.

    Exit code 1 if it is another one; the shortest word that tells them apart is printed.
    """
    sys.path.append(str(Path.cwd()))  # a mixer of the user's own, as for `train`
    with working("extracting"):
        from ..nets.extract import extract_run

        found = extract_run(run, replica, by.value, seed=seed, queries=queries, **({} if proof else {"formats": ()}))
    print(json.dumps(found.to_json(), ensure_ascii=False, indent=1) if as_json else found.say())
    if out is not None:
        write_json(out, found.to_json())
    if found.verdict.equal is False:
        raise typer.Exit(1)
