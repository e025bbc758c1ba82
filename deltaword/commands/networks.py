"""compile, construct, check, certify: networks made, proved right and saved, and their certificates checked."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..automata import languages as gallery
from ..automata.dfa import DFA
from ..automata.files import write_bytes
from ..report import note, say, say_machine, working
from .shared import CERTIFICATE_FILE, COQ_FILE, Alphabet, Dtype, find, refusal

if TYPE_CHECKING:
    from ..nets.network import Network
    from ..theory.checker.weights import Weights


def register(app: typer.Typer) -> None:
    app.command("compile")(compile_command)
    app.command()(construct)
    app.command()(check)
    app.command("certify")(certify_command)


class Keys(StrEnum):
    raw = "raw"
    unit = "unit"


def number_of_layers(text: str) -> str:
    """ "fewest", or a whole number from 1 up."""
    if text != "fewest" and not (text.isdecimal() and int(text) >= 1):
        raise typer.BadParameter(f"{text!r} is neither 'fewest' nor a whole number from 1 up")
    return text


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

        from ..nets.compile import compile, plan

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
    from ..nets.certify import certify

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
        (out / COQ_FILE).unlink(missing_ok=True)  # of a network that was here before; it would be taken for a proof of this one
        certificate.save(out / CERTIFICATE_FILE)
        say("saved", f"{out}; to check it again: deltaword check {out}")


class Construct(StrEnum):
    parity = "parity"
    counting = "counting"
    dihedral = "dihedral"
    symmetric = "symmetric"
    rotations = "rotations"


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

        from ..nets import constructions

        net = getattr(constructions, name.value)(**made, dtype=getattr(torch, dtype.value))
    say_machine(net.dfa)
    with working("proving in exact arithmetic"):
        proof = net.construction.proof()
    say("exact", f"{proof.says} ({proof.kind})")
    prove_and_save(net, out)


def print_construction(name: str, made: dict[str, Any]) -> None:
    """A construction of the papers as a LaTeX document, proved in exact arithmetic; no network is built."""
    from ..theory import papers
    from ..theory.latex import document

    with working("proving in exact arithmetic"):
        construction = getattr(papers, name)(**made)
        proof = construction.proof()
    print(document(construction.latex(proof)), end="")


def check(folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that `deltaword compile --out` made.")]) -> None:
    """Check a certificate again.

    Whether the certificate is true of the weights beside it, from nothing but the files in the folder.
    """
    from ..theory.certificate import WEIGHTS_FILE, Certificate, certify_weights
    from ..theory.certificate import check as is_true
    from ..theory.checker.weights import digest, read_safetensors

    path = folder / CERTIFICATE_FILE
    if (folder / WEIGHTS_FILE).exists() and not path.exists():
        raise typer.Exit(refusal(f"{folder} has a network and no {path.name}; to prove it right: deltaword certify {folder}"))
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


def certify_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that `deltaword compile --out` made.")],
    coq: Annotated[bool, typer.Option("--coq", help="Write the proof as a Coq file; run it where coqc is installed.")] = False,
    out: Annotated[Path | None, typer.Option(metavar="FILE.v", help="The Coq file. Default: DIR/certificate.v.")] = None,
) -> None:
    """Prove a saved network right, anew.

    From the weights and the machine in the folder; a certificate that lies there is not looked at. The Coq file says the same of the
    weights in exact arithmetic, and needs nothing but Coq to be checked.
    """
    from ..theory.certificate import DESCRIPTION_FILE, WEIGHTS_FILE, certify_weights, described_machine
    from ..theory.checker.weights import read_safetensors

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
        prove_in_coq(weights, dfa, out or folder / COQ_FILE)


def prove_in_coq(weights: Weights, dfa: DFA, file: Path) -> None:
    """Write the Coq file, and run it if Coq is here."""
    from ..theory import coq
    from ..theory.exact_weights import exact_weights

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
