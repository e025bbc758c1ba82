"""The README is true: its examples run, its commands are understood, its links lead somewhere, its numbers are those of the files."""

from __future__ import annotations

import doctest
import json
import re
import shlex
from pathlib import Path

import pytest
import typer

import deltaword as dw
from deltaword.cli import app

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
RESULTS = ROOT / "bench/results"
PUBLIC = [row for row in json.loads((RESULTS / "public.json").read_text())["rows"] if row["what"] == "table"]
TRAINED = json.loads((RESULTS / "trained/state_tracking.json").read_text())


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.M | re.S)


def table_under(heading: str) -> list[list[str]]:
    """The rows of the first table after a piece of text, without its head; bold is taken off."""
    lines = README[README.index(heading) :].splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("|"))
    rows = []
    for line in lines[first + 2 :]:
        if not line.startswith("|"):
            return rows
        rows.append([cell.strip().replace("**", "") for cell in line.strip("|").split("|")])
    raise AssertionError("a table that does not end")


# ---------------------------------------------------------------------- examples


def test_the_two_minutes_run_as_they_are_shown():
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    tour = doctest.DocTestParser().get_doctest("\n".join(blocks("pycon")), {}, "README.md", "README.md", 0)
    assert len(tour.examples) > 12
    failed = doctest.DocTestRunner(optionflags=flags).run(tour).failed
    assert not failed


def test_the_five_lines_and_those_after_them_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    five, asked, tested = blocks("python")
    exec(five, names)
    assert names["cert"].holds
    assert names["cert"].scope == "all lengths"
    assert names["dw"].check("ab/certificate.json", "ab") is True
    exec(asked, names)
    said = [line.split("# ")[1].rstrip(" …") for line in asked.splitlines() if "print(" in line]
    bounds = dw.limits.parity_bound(names["A"]), dw.limits.counting_bound(names["A"], 3)
    assert all(words in str(bound) for words, bound in zip(said, bounds, strict=True))
    with pytest.raises(Exception, match=r"contradicts\s+statement norm") as raised:
        exec(tested, names)
    assert type(raised.value).__name__ == "Violated"
    assert tested.splitlines()[-1].split("Violated: ")[1].split(" … ")[0] in str(raised.value)


# ---------------------------------------------------------------------- commands


def commands() -> list[str]:
    in_blocks = [line.split("  #")[0].strip() for block in blocks("sh") for line in block.splitlines()]
    in_lines = re.findall(r"`(deltaword [^`]*)`", README)
    return [line for line in [*in_blocks, *in_lines] if line.startswith("deltaword ") and "…" not in line]


@pytest.mark.parametrize("line", commands())
def test_every_command_is_one_with_its_options(line: str):
    name, *arguments = shlex.split(line)[1:]
    if name in ("DIR", "COMMAND"):
        return
    command = typer.main.get_command(app).commands[name]  # pyright: ignore
    while hasattr(command, "commands"):
        command = command.commands[arguments.pop(0)]
    arguments = ["x" if argument in ("DIR", "RUN…") else argument for argument in arguments]
    command.make_context(name, arguments)


def test_there_are_commands_to_try():
    assert len(commands()) > 12


def test_make_has_the_targets_that_the_readme_names():
    makefile = (ROOT / "Makefile").read_text()
    for target in set(re.findall(r"`?make ([a-z-]+)`?", "\n".join([*blocks("sh"), *re.findall(r"`make [a-z-]+`", README)]))):
        assert re.search(rf"^{target}:", makefile, re.M), target


def test_every_link_inside_the_project_leads_to_a_file():
    links = re.findall(r"\]\(([^)#]+)", README)
    assert len(links) > 15
    for link in links:
        assert link.startswith("https://") or (ROOT / link).exists(), link


# ---------------------------------------------------------------------- numbers


def test_the_counts_of_statements_and_proofs_are_those_of_the_library():
    all_of_them = dw.statements.statements()
    in_coq = [statement for statement in all_of_them if statement.coq]
    assert f"{len(all_of_them)} checked\nstatements underneath, {len(in_coq)} of them" in README
    assert f"checks the {len(all_of_them)} statements" in README


def test_the_times_of_kernels_are_those_recorded():
    rows = table_under("public: the best of fla")
    recorded = {tuple(row[key] for key in ("B", "T", "H", "D", "n_h")): row for row in PUBLIC}
    assert len(rows) == 5
    for shape, n_h, *times in rows:
        row = recorded[tuple(map(int, re.findall(r"\d+", f"{shape} {n_h}")))]
        wanted = row["fwd_ms"], row["public_fwd_ms"], row["fwd_bwd_ms"], row["public_fwd_bwd_ms"]
        for shown, measured in zip(times, wanted, strict=True):
            if "†" in shown:
                assert f"{measured:.2f}" in README.split("† after that run")[1].split("\n")[0]
            else:
                assert shown == f"{measured:.2f}"


RUNS = {"DeltaNet": ("deltanet", None), "DeltaProduct n_h = 2": ("deltaproduct", 2)}
TASKS = ("parity_every", "Z_3", "S_3", "D_4", "D_5")


def test_the_accuracies_of_trained_networks_are_those_recorded():
    *rows, constructed = table_under("[notebook 8]")
    assert constructed[0] == "constructed"
    assert len(rows) == 4
    for kind, *cells, right_to in rows:
        name, low = re.fullmatch(r"(.*) \[(−?[01]), 1\]", kind).groups()  # pyright: ignore
        mixer, n_h = RUNS[name]
        (run,) = (
            run
            for run in TRAINED["runs"].values()
            if (run["mixer"], run["options"].get("n_h"), run["layers"], run["options"]["conv"]) == (mixer, n_h, 1, 0)
        )
        replicas = [replica for replica in run["replicas"] if replica["range"] == f"{low.replace('−', '-')},1"]
        for task, cell in zip(TASKS, cells, strict=True):
            measured = [replica for replica in replicas if replica["task"] == task]
            assert [replica["seed"] for replica in measured] == [0, 1, 2]
            assert cell.split() == [f"{replica['accuracy']['128']:.2f}" for replica in measured], (kind, task)
        reached = [
            max((int(length) for length, share in replica["accuracy"].items() if share >= 0.99), default=0)
            for replica in replicas
            if replica["task"] == "S_3"
        ]
        assert right_to.removesuffix(" letters").split() == ([str(length) for length in reached] if any(reached) else ["–"])
