"""compare, extract: what trained networks learnt."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from operator import itemgetter
from pathlib import Path
from typing import Annotated

import typer

from ..automata.files import write_json
from ..report import say, working
from .shared import AsJson


def register(app: typer.Typer) -> None:
    app.command()(compare)
    app.command()(extract)


class Learner(StrEnum):
    lstar = "lstar"
    kv = "kv"
    states = "states"


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

    Exit code 1 if that automaton is another one; the shortest word that tells them apart is printed. So are words on which the
    network fails although its automaton is the task's, as on long ones; the exit code is about the automaton.
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
