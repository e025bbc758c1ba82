"""classify, theorems, bounds: what networks can recognise, the statements that say so, and what an actual layer cannot do."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Annotated

import typer

from ..automata.dfa import DFA
from ..automata.errors import DeltawordError
from ..report import say, say_paragraphs, working
from .shared import Alphabet, AsJson, find, note_near_name, refusal


def register(app: typer.Typer) -> None:
    app.command()(classify)
    app.command()(theorems)
    app.command()(bounds)


def classify(
    name_or_pattern: Annotated[
        str, typer.Argument(metavar="NAME_OR_PATTERN", help="A gallery name wins over a pattern, unless --alphabet is given.")
    ],
    alphabet: Alphabet = None,
    full: Annotated[bool, typer.Option("--full", help="Every verdict with its reason, sources and model.")] = False,
    brief: Annotated[bool, typer.Option("--brief", help="The line a family of networks alone, without the algebra.")] = False,
    only: Annotated[
        str | None,
        typer.Option(
            metavar="NAME_PART", help="Only networks with this part in their name, kind or architectures; with reasons."
        ),
    ] = None,
    as_json: AsJson = False,
    seconds: Annotated[float, typer.Option(min=0.0, help="How long planning and lower bounds may take, about.")] = 10.0,
    limit: Annotated[
        int | None,
        typer.Option(
            min=1, help="Elements of the syntactic monoid listed at most. Default: 200000, fewer for over 167 states."
        ),
    ] = None,
) -> None:
    """Say which networks recognise a language.

    The algebra of its minimal automaton; and for each family of recurrent networks yes, no or not known, in which model of
    computation; why, with --full.
    """
    if as_json and (full or brief or only is not None):
        raise typer.Exit(refusal("--json prints everything; leave out --full, --brief and --only"))
    if full and brief:
        raise typer.Exit(refusal("--full is with reasons and --brief without; leave one of them out"))
    entry = find(name_or_pattern) if alphabet is None else None
    try:
        dfa = DFA.from_regex(name_or_pattern, alphabet) if entry is None else entry.build()
    except DeltawordError as error:
        if alphabet is None or find(name_or_pattern) is None:
            raise
        hint = "its machine has its letters: leave out --alphabet"
        raise typer.Exit(refusal(f"{name_or_pattern!r} is a gallery name, and {hint}; as a pattern: {error}")) from None
    with working("classifying"):
        from ..theory.oracle import classify as classified
        from ..theory.oracle import render

        found = classified(dfa, seconds, limit)
    if as_json:
        print(json.dumps(found.to_json(), ensure_ascii=False, indent=1))
        return
    shown = render.chosen(found, only or "")
    if not shown:
        names = ", ".join(v.name for v in found.verdicts)
        raise typer.Exit(refusal(f"no network has the part {only!r}; their names are {names}"))
    if entry is not None:
        say("gallery", f"{entry.name}: {entry.description}")
    else:
        say("pattern", name_or_pattern)
        note_near_name(name_or_pattern, alphabet)
    width = shutil.get_terminal_size((100, 24)).columns  # COLUMNS, or the terminal's
    if brief:
        print(render.brief(found, width, shown))
    elif full or only is not None:
        print(render.text(found, width, shown))
    else:
        print(render.summary(found, width, shown))
        print()
        say("reasons", "by --full; of some networks, by --only NAME_PART")


def theorems(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="One statement, with its proof and an example.")] = None,
    latex: Annotated[bool, typer.Option("--latex", help="Print them as a LaTeX document; check nothing.")] = False,
) -> None:
    """Check the statements that the toolkit rests on.

    Each with the kind of evidence its check is, what the check found, and the time it took.
    """
    from ..theory.statements import describe, get, statements, table

    if latex:
        from ..theory.latex import document

        shown = statements() if name is None else [get(name)]
        with working("writing"):
            text = document(*(statement.latex() for statement in shown))
        print(text, end="")
        return
    if name is not None:
        print(describe(name))
        return
    rows, still = [], iter(table())
    while True:
        with working(f"checking, {len(rows)} of {len(statements())} done"):
            row = next(still, None)
        if row is None:
            break
        rows.append(row)
        proved = f"claim {row.status}{', in Coq too' if row.coq else ''}; check: {row.kind}"
        say_paragraphs(
            f"✓ {row.name}" if row.holds else f"✗ {row.name} FAILS", [row.title, f"{proved}, {row.seconds:.2f} s", row.says]
        )
    wrong = [row.name for row in rows if not row.holds]
    found = f"these fail: {', '.join(wrong)}" if wrong else "all hold"
    say("checked", f"{len(rows)} statements in {sum(row.seconds for row in rows):.0f} s, {found}")
    if not all(row.holds for row in rows):
        raise typer.Exit(1)


def bounds(
    path: Annotated[Path, typer.Argument(metavar="DIR", help="A saved network, or a .npz file with a matrix a letter.")],
    m: Annotated[int, typer.Option("--m", min=2, help="Counting modulo m.")] = 3,
) -> None:
    """What layers cannot do: parity, and counting modulo m.

    Or the eigenvalue that escapes the theorem. Arrays in the .npz file are named by letters, or LAYER/LETTER.
    """
    from ..theory.limits import counting_bound, parity_bound, read_matrices

    with working("reading"):
        if path.suffix == ".npz":
            layers = read_matrices(path)
        else:
            from ..nets.saving import load
            from ..nets.transitions import transition_matrices

            layers = transition_matrices(load(path))
    say("bound", parity_bound(layers))
    say("bound", counting_bound(layers, m))
