"""The command line: compile, construct, check, certify, classify, theorems, bounds, show, languages, conformance, bench, demo.

Exit codes    0    what was asked for is so
              1    a claim is false; the word that shows it is printed
              2    bad input, with its reason in one line on stderr
              130  interrupted

torch loads only in the commands that make a network, so the others answer at once.
"""

from __future__ import annotations

import io
import json
import shutil
import signal
import sys
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from . import __version__
from .automata import languages as gallery
from .automata.dfa import DFA
from .automata.errors import DeltawordError
from .automata.files import read_json, write_bytes, write_json
from .automata.gallery.entry import Entry
from .report import (
    note,
    print_table,
    print_transitions,
    read_word,
    say,
    say_machine,
    say_paragraphs,
    say_properties,
    say_word,
    working,
)

if TYPE_CHECKING:
    from .nets.network import Network
    from .theory.checker.weights import Weights

CERTIFICATE_FILE = "certificate.json"


class Keys(StrEnum):
    raw = "raw"
    unit = "unit"


class Dtype(StrEnum):
    float32 = "float32"
    bfloat16 = "bfloat16"
    float16 = "float16"
    float64 = "float64"


def number_of_layers(text: str) -> str:
    """ "fewest", or a whole number from 1 up."""
    if text != "fewest" and not (text.isdecimal() and int(text) >= 1):
        raise typer.BadParameter(f"{text!r} is neither 'fewest' nor a whole number from 1 up")
    return text


class Commands(TyperGroup):
    """Ends with one line and the exit code 2 for all that a user can get wrong."""

    def main(self, *args: Any, standalone_mode: bool = True, **extra: Any) -> NoReturn:
        try:
            code = super().main(*args, standalone_mode=False, **extra)  # the code of typer.Exit; 130 after Ctrl-C
        except DeltawordError as error:
            code = refusal(f"{type(error).__name__}: {error}")
        except MemoryError as error:
            code = refusal(f"not enough memory: {error}")
        except Exception as error:
            usage = getattr(error, "format_message", None)  # click's errors have it, wherever a version of typer keeps them
            if usage is None:
                raise
            code = refusal(f"{usage()} (deltaword COMMAND --help says more)")
        sys.exit(code)


def refusal(reason: str) -> int:
    """Say it in one line; the exit code."""
    note(" ".join(reason.splitlines()))
    return 2


app = typer.Typer(cls=Commands, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

Alphabet = Annotated[
    str | None, typer.Option(metavar="LETTERS", help="The pattern's letters, in order. Default: all it names.")
]


@app.callback(invoke_without_command=True)
def deltaword(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Compile formal languages into DeltaNet / DeltaProduct weights, with certificates that hold for every word.

    Exit codes: 0 what was asked for is so, 1 a claim is false, 2 bad input.
    """
    if version:
        print(f"deltaword {__version__}")
        raise typer.Exit()
    if context.invoked_subcommand is None:
        print(context.get_help())


@app.command("compile")
def compile_command(
    pattern: Annotated[
        str | None, typer.Argument(metavar="PATTERN", help="A regular expression in Python's syntax, for whole words.")
    ] = None,
    alphabet: Alphabet = None,
    language: Annotated[str | None, typer.Option(metavar="NAME", help="A gallery name, in place of a pattern.")] = None,
    keys: Annotated[Keys, typer.Option(help="Small integer keys, or unit-norm keys on doubled coordinates.")] = Keys.raw,
    dtype: Annotated[Dtype, typer.Option(help="The float format of the network.")] = Dtype.float32,
    layers: Annotated[
        str, typer.Option(metavar="K", callback=number_of_layers, help="'fewest', or a number: at most so many layers.")
    ] = "fewest",
    n_h: Annotated[int | None, typer.Option("--n-h", min=1, help="Householder steps a token, at most.")] = None,
    exact: Annotated[bool, typer.Option(help="Dyadic numbers only; or irrational rotations, too.")] = True,
    plan_only: Annotated[bool, typer.Option("--plan-only", help="Print the plans weighed; build nothing.")] = False,
    seconds: Annotated[float, typer.Option(min=0.0, help="How long planning may take, about.")] = 20.0,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Save the network and its certificate here.")] = None,
) -> None:
    """Make a network, and prove it right.

    The proof says that network and machine agree on every word. DIR gets weights.safetensors, network.json and certificate.json.
    """
    if (pattern is None) == (language is None):
        raise typer.Exit(refusal("give either a PATTERN or --language NAME"))
    if language is not None and alphabet is not None:
        raise typer.Exit(refusal("--alphabet is for patterns; a machine of the gallery has its letters"))
    if plan_only and out is not None:
        raise typer.Exit(refusal("--plan-only builds no network that --out could save"))
    if language is not None:
        dfa = gallery.get(language)
    else:
        assert pattern is not None
        dfa = DFA.from_regex(pattern, alphabet)
        if find(pattern) is not None:
            note(f"{pattern!r} was read as a pattern; the gallery's machine is --language {pattern}")
    say_machine(dfa)
    limits = {"layers": "fewest" if layers == "fewest" else int(layers), "n_h": n_h, "exact": exact, "seconds": seconds}
    with working("planning" if plan_only else "compiling"):
        import torch

        from .nets.compile import compile, plan

        if plan_only:
            made = plan(dfa, keys.value, **limits)
        else:
            net = compile(dfa, keys.value, **limits).to(getattr(torch, dtype.value))
    if plan_only:
        print(made)
        return
    prove_and_save(net, out)


def prove_and_save(net: Network, out: Path | None) -> None:
    """Print plan and certificate of a network; save both if they are good."""
    from .nets.certify import certify

    print(net.plan)
    with working("proving"):
        certificate = certify(net, net.dfa)
    say("claim", certificate)
    if certificate.search:
        say("search", certificate.search)
    if not certificate.holds:
        if out is not None:
            note("nothing was saved")
        raise typer.Exit(1)
    if out is not None:
        net.save(out)
        certificate.save(out / CERTIFICATE_FILE)
        say("saved", f"{out}; to check it again: deltaword check {out}")


class Construct(StrEnum):
    parity = "parity"
    counting = "counting"
    dihedral = "dihedral"
    symmetric = "symmetric"
    rotations = "rotations"


@app.command()
def construct(
    name: Annotated[Construct, typer.Argument(metavar="NAME", help="parity, counting, dihedral, symmetric or rotations.")],
    m: Annotated[int | None, typer.Option("--m", help="counting, dihedral: modulo m, the m-gon.")] = None,
    n: Annotated[int | None, typer.Option("--n", help="symmetric: the number of points.")] = None,
    layers: Annotated[int | None, typer.Option(metavar="K", help="counting: 1 or 2; symmetric: 1, 3 or 4.")] = None,
    n_h: Annotated[int | None, typer.Option("--n-h", help="symmetric with 3 layers: steps a token, 2 or more.")] = None,
    solid: Annotated[str | None, typer.Option(help="rotations: cube or icosahedron.")] = None,
    letters: Annotated[str | None, typer.Option(help="dihedral, symmetric, rotations: elements or generators.")] = None,
    dtype: Annotated[Dtype, typer.Option(help="The float format of the network.")] = Dtype.float32,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Save the network and its certificate here.")] = None,
    latex: Annotated[
        bool, typer.Option("--latex", help="Print the exact construction and its proof as a LaTeX document.")
    ] = False,
) -> None:
    """Make one of the papers' networks, and prove it right.

    In exact arithmetic for all lengths, and in floats as far as they carry.
    """
    takes: dict[str, Any] = {
        Construct.parity: {},
        Construct.counting: {"m": m, "layers": layers},
        Construct.dihedral: {"m": m, "letters": letters},
        Construct.symmetric: {"n": n, "layers": layers, "n_h": n_h, "letters": letters},
        Construct.rotations: {"solid": solid, "letters": letters},
    }[name]
    given = {"m": m, "n": n, "layers": layers, "n_h": n_h, "solid": solid, "letters": letters}
    for option, value in given.items():
        if value is not None and option not in takes:
            raise typer.Exit(refusal(f"{name.value} takes no --{option.replace('_', '-')}"))
    for option in ("m", "n", "solid"):
        if option in takes and takes[option] is None:
            raise typer.Exit(refusal(f"{name.value} needs --{option}"))
    made = {option: value for option, value in takes.items() if value is not None}
    if latex:
        if out is not None:
            raise typer.Exit(refusal("--latex builds no network that --out could save"))
        print_construction(name.value, made)
        return
    with working("building"):
        import torch

        from .nets import constructions

        net = getattr(constructions, name.value)(**made, dtype=getattr(torch, dtype.value))
    say_machine(net.dfa)
    with working("proving in exact arithmetic"):
        proof = net.construction.proof()
    say("exact", f"{proof.says} ({proof.kind})")
    prove_and_save(net, out)


def print_construction(name: str, made: dict[str, Any]) -> None:
    """A construction of the papers as a LaTeX document, proved in exact arithmetic; no network is built."""
    from .theory import papers
    from .theory.latex import document

    with working("proving in exact arithmetic"):
        construction = getattr(papers, name)(**made)
        proof = construction.proof()
    print(document(construction.latex(proof)), end="")


@app.command()
def check(folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that `deltaword compile --out` made.")]) -> None:
    """Check a certificate again.

    Whether the certificate is true of the weights beside it, from nothing but the files in the folder.
    """
    from .theory.certificate import WEIGHTS_FILE, Certificate, certify_weights
    from .theory.certificate import check as is_true
    from .theory.checker.weights import digest, read_safetensors

    path = folder / CERTIFICATE_FILE
    with working("checking"):
        true = is_true(path, folder)
    claimed = Certificate.load(path)
    if true:
        say("true", claimed)
        return
    weights = read_safetensors(folder / WEIGHTS_FILE)
    if digest(weights) != claimed.weights_digest:
        say("false", "these are not the weights that the certificate was written for")
    else:
        say("false", f"the certificate says: {claimed}")
    say("found", certify_weights(weights, claimed.dfa, claimed.claim))
    raise typer.Exit(1)


@app.command("certify")
def certify_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that `deltaword compile --out` made.")],
    coq: Annotated[bool, typer.Option("--coq", help="Write the proof as a Coq file; run it where coqc is installed.")] = False,
    out: Annotated[Path | None, typer.Option(metavar="FILE.v", help="The Coq file. Default: DIR/certificate.v.")] = None,
) -> None:
    """Prove a saved network right, anew.

    From the weights and the machine in the folder; a certificate that lies there is not looked at. The Coq file says the same of the
    weights in exact arithmetic, and needs nothing but Coq to be checked.
    """
    from .theory.certificate import DESCRIPTION_FILE, WEIGHTS_FILE, certify_weights, described_machine
    from .theory.checker.weights import read_safetensors

    if out is not None and not coq:
        raise typer.Exit(refusal("--out is for the Coq file; give --coq, too"))
    weights, dfa = read_safetensors(folder / WEIGHTS_FILE), described_machine(folder / DESCRIPTION_FILE)
    with working("proving"):
        certificate = certify_weights(weights, dfa)
    say("claim", certificate)
    if not certificate.holds:
        raise typer.Exit(1)
    if coq:
        if certificate.grade != 1:
            rounds = f"this network rounds (grade {certificate.grade})"
            raise typer.Exit(refusal(f"a Coq certificate is about exact arithmetic; {rounds}"))
        prove_in_coq(weights, dfa, out or folder / "certificate.v")


def prove_in_coq(weights: Weights, dfa: DFA, file: Path) -> None:
    """Write the Coq file, and run it if Coq is here."""
    from .theory import coq
    from .theory.exact_weights import exact_weights

    with working("writing the Coq file"):
        stack, accepting = exact_weights(weights, dfa.alphabet)
        text = coq.source(stack, dfa, accepting)
        write_bytes(file, text.encode("utf-8"))
    if not coq.installed():
        say("written", f"{file}; to check it: coqc {file} (there is no coqc here; on Debian: apt-get install {coq.PACKAGES})")
        return
    say("written", file)
    with working("asking Coq"):
        answer = coq.ask_coq(text)
    say("Coq", answer.says)
    if not answer:
        raise typer.Exit(1)


@app.command()
def theorems(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="One statement, with its proof and an example.")] = None,
    latex: Annotated[bool, typer.Option("--latex", help="Print them as a LaTeX document; check nothing.")] = False,
) -> None:
    """Check the statements that the toolkit rests on.

    Each with the kind of evidence its check is, what the check found, and the time it took.
    """
    from .theory.statements import describe, get, statements, table

    if latex:
        from .theory.latex import document

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


@app.command()
def bounds(
    path: Annotated[Path, typer.Argument(metavar="DIR", help="A saved network, or a .npz file with a matrix a letter.")],
    m: Annotated[int, typer.Option("--m", min=2, help="Counting modulo m.")] = 3,
) -> None:
    """What layers cannot do: parity, and counting modulo m.

    Or the eigenvalue that escapes the theorem. Arrays in the .npz file are named by letters, or LAYER/LETTER.
    """
    from .theory.limits import counting_bound, parity_bound, read_matrices

    with working("reading"):
        if path.suffix == ".npz":
            layers = read_matrices(path)
        else:
            from .nets.saving import load
            from .nets.transitions import transition_matrices

            layers = transition_matrices(load(path))
    say("bound", parity_bound(layers))
    say("bound", counting_bound(layers, m))


@app.command()
def languages() -> None:
    """List the gallery.

    Named machines, and families of machines with numbers in their names, each with the reason it is kept.
    """
    machines = [(entry, entry.build()) for entry in gallery.entries()]
    print_table(
        ["name", "states", "letters", "why it is kept"],
        [[entry.name, str(dfa.n_states), str(dfa.n_letters), entry.reason] for entry, dfa in machines],
    )
    print_table(
        ["family", "its machines", "why it is kept"],
        [[family.template, family.description, family.reason] for family in gallery.families()],
    )


@app.command()
def show(
    name_or_pattern: Annotated[
        str, typer.Argument(metavar="NAME_OR_PATTERN", help="A gallery name wins over a pattern, unless --alphabet is given.")
    ],
    alphabet: Alphabet = None,
    word: Annotated[
        str | None, typer.Option(help="A word to follow; where letters are longer than a character, put spaces between.")
    ] = None,
    svg: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw the machine as SVG.")] = None,
    dot: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the machine in Graphviz's language.")] = None,
) -> None:
    """Show or draw a machine.

    Its transitions, what each letter does, the states along a word (marked in drawings).
    """
    entry = find(name_or_pattern) if alphabet is None else None
    if entry is not None:
        dfa = entry.build()
        say("gallery", f"{entry.name}: {entry.description}")
        say("why", entry.reason)
        if entry.source is not None:
            say("source", entry.source)
    else:
        dfa = DFA.from_regex(name_or_pattern, alphabet)
        say("pattern", name_or_pattern)
        note_near_name(name_or_pattern, alphabet)
    letters = None if word is None else read_word(dfa, word)
    drawings = [(svg, dfa.to_svg), (dot, dfa.to_dot)]
    for file, text in drawings:
        if file is not None:
            write_bytes(file, text(letters).encode("utf-8", "backslashreplace"))
    say_machine(dfa)
    print_transitions(dfa)
    say_properties(dfa)
    if letters is not None:
        say_word(dfa, letters, dfa.states(letters))
    for file, _ in drawings:
        if file is not None:
            say("drawn", file)


@app.command()
def classify(
    name_or_pattern: Annotated[
        str, typer.Argument(metavar="NAME_OR_PATTERN", help="A gallery name wins over a pattern, unless --alphabet is given.")
    ],
    alphabet: Alphabet = None,
    brief: Annotated[bool, typer.Option("--brief", help="One line a family of networks, without reasons.")] = False,
    only: Annotated[
        str | None,
        typer.Option(metavar="NAME_PART", help="Only networks with this part in their name, kind or architectures."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
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
    computation, and why.
    """
    if as_json and (brief or only is not None):
        raise typer.Exit(refusal("--json prints everything; leave out --brief and --only"))
    entry = find(name_or_pattern) if alphabet is None else None
    try:
        dfa = DFA.from_regex(name_or_pattern, alphabet) if entry is None else entry.build()
    except DeltawordError as error:
        if alphabet is None or find(name_or_pattern) is None:
            raise
        hint = "its machine has its letters: leave out --alphabet"
        raise typer.Exit(refusal(f"{name_or_pattern!r} is a gallery name, and {hint}; as a pattern: {error}")) from None
    with working("classifying"):
        from .theory.oracle import classify as classified
        from .theory.oracle import render

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
    print((render.brief if brief else render.text)(found, width, shown))


@app.command()
def demo(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Save the networks here, a folder each.")] = Path("demo-networks"),
) -> None:
    """Three machines on the whole way.

    A pattern with a reset, parity and the word problem of S_3: compiled, proved, saved, read back and checked again.
    """
    from .demo import run

    if not run(out):
        raise typer.Exit(1)


class Form(StrEnum):
    integer = "integer"
    dyadic = "dyadic"
    folded = "folded"
    rounded = "rounded"


@app.command("conformance")
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
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write everything as JSON.")] = None,
) -> None:
    """Run compiled automata through a kernel of yours.

    The layout is that of flash-linear-attention's chunk_gated_delta_product; functions without num_householder or g are taken too.
    Says where it first names a wrong state, and how far its state drifts from the true one. Integer and dyadic keys have to be exact.
    """
    with working("running"):
        from .nets.conformance import FORMS, MACHINES, conformance
        from .nets.conformance.calling import function_named

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


bench = typer.Typer(help="Measure on the machine at hand.", rich_markup_mode=None)
app.add_typer(bench, name="bench")


@bench.command("kernels")
def bench_kernels(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Write kernels.json and kernels.svg here.")] = Path("bench-kernels"),
    recorded: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Measure nothing; print and draw this kernels.json. No GPU needed.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Time our kernels on this GPU, beside flash-linear-attention and FlashQLA where they are installed.

    Whole autograd calls in bfloat16, medians in ms. The plot shows how near they come to the bandwidth and the peak of this GPU.
    """
    from .kernels.bench import DECODE_HEADER, HEADER, cells, decode_cells, needs_gpu, record, table
    from .kernels.roofline import roofline, to_svg

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


def note_near_name(pattern: str, alphabet: str | None) -> None:
    """Say so when a pattern is nearly a gallery name."""
    close = get_close_matches(pattern, gallery.names(), 1, cutoff=0.8)
    if close and alphabet is None:
        note(f"{pattern!r} was read as a pattern; the gallery has {close[0]!r}")


def find(name: str) -> Entry | None:
    """The gallery's entry of that name, None where there is none. Raises UnknownLanguage for a family's number out of range."""
    if name in gallery.names():
        return gallery.entry(name)
    return next((member for family in gallery.families() if (member := family.entry(name)) is not None), None)


def main() -> None:
    """The console script."""
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `deltaword languages | head` ends quietly, as other programs do
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # letters that the terminal cannot write
    app()
