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
from deltaword.theory.planning.planner import HOLES_UP_TO

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
RESULTS = ROOT / "bench/results"
OURS, PUBLIC = (
    {
        tuple(row[key] for key in ("B", "T", "H", "D", "n_h")): row
        for row in json.loads((RESULTS / name).read_text())["rows"]
        if row["what"] == "table"
    }
    for name in ("kernels.json", "public.json")
)
TRAINED = json.loads((RESULTS / "trained/state_tracking.json").read_text())
CONSTRUCTED = json.loads((RESULTS / "trained/constructed.json").read_text())["rows"]


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


def test_the_size_up_to_which_every_machine_compiles_is_the_planner_s():
    for page in (README, (ROOT / "docs/how_to/compile_my_dfa.md").read_text("utf-8")):
        assert f"achines of up to {HOLES_UP_TO} states compile whatever they are" in page


def test_the_times_of_kernels_are_those_recorded():
    rows = table_under("public: the best of fla")
    assert len(rows) == 5
    for shape, n_h, *times in rows:
        place = tuple(map(int, re.findall(r"\d+", f"{shape} {n_h}")))
        ours, public = OURS[place], PUBLIC[place]
        wanted = ours["fwd_ms"], public["public_fwd_ms"], ours["fwd_bwd_ms"], public["public_fwd_bwd_ms"]
        assert times == [f"{measured:.2f}" for measured in wanted]


def test_the_table_of_the_kernels_readme_is_that_of_the_files():
    text = (ROOT / "kernels/README.md").read_text("utf-8").replace("**", "")
    rows = re.findall(r"^\| (\d+ × \d+, \d+, \d+ \| \d) \| (.+) \| (\w[^|]*) \|$", text, re.M)
    assert len(rows) == len(OURS)
    for place, times, whose in rows:
        key = tuple(map(int, re.findall(r"\d+", place)))
        ours, public = OURS[key], PUBLIC[key]
        wanted = [
            x[f"{which}{sort}_ms"]
            for sort in ("fwd", "fwd_bwd")
            for which, x in (("", ours), ("public_", public), ("floor_", ours))
        ]
        assert times.split(" | ") == [f"{measured:.2f}" for measured in wanted], place
        assert whose == public["public"]
    beyond = [OURS[key]["extra_GB"] / OURS[key]["inputs_GB"] for key in OURS if key[0] != 1]
    table = re.findall(r"^\| D = (?:128|64|32) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$", text, re.M)
    assert [x for row in table for x in row] == [f"{x:.2f}" for x in beyond]


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


def test_the_constructed_networks_of_that_table_are_proved_and_as_wide_as_it_says():
    *_, (_, *cells, right_to) = table_under("[notebook 8]")
    made = {row["task"]: row for row in CONSTRUCTED}
    for task, cell in zip(TASKS, cells, strict=True):
        assert "all lengths (grade 1" in made[task]["says"]
        assert set(made[task]["accuracy"].values()) == {1.0}
        (n_h,) = (int(found) for layer in made[task]["layers"] for found in re.findall(r"n_h = (\d+)", layer))
        assert cell == ("1, proved" if n_h <= 2 else f"1, proved (n_h = {n_h})")
    assert right_to == "all lengths"


def rows_of(name: str, **wanted: object) -> list[dict]:
    found = json.loads((RESULTS / f"{name}.json").read_text())["rows"]
    return [row for row in found if all(row.get(key) == value for key, value in wanted.items())]


def measured() -> dict[str, list[str]]:
    """How a row of the table of measurements begins, and what the files of results have it say."""
    median, twelve = rows_of("patterns")[-1], rows_of("patterns", pattern="(a|b)*a(a|b){12}")[0]
    (wide,) = rows_of("automata", operation="minimise", machine="random, 100000 states, 10 letters")
    (chain,) = rows_of("automata", operation="minimise", machine="chain, 100000 states, 2 letters")
    (equal,) = rows_of("automata", machine="equal, random, 100000 states, 10 letters")
    (words,) = rows_of("automata", operation="run 10^4 words of 100 letters")
    (seven,) = rows_of("monoids", machine="T_7")
    large, *networks = rows_of("networks")
    parity, S_3, S_5 = (next(row for row in networks if row["what"] == name) for name in ("parity", "S_3", "S_5"))
    (drawn,) = rows_of("closure_sweep", wrong=0)
    closed = [row for row in rows_of("closure_sweep", keys="raw") if "machines" in row]
    gpu, layers, census = rows_of("gpu_exactness"), rows_of("layers"), rows_of("one_layer_census")
    mails = [next(row for row in layers if row["name"] == name) for name in ("C comment", "quoted string", "e-mail-like")]
    holonomy = [row["holonomy_levels"] - row["layers"] for row in layers]
    return {
        "pattern → minimal": [f"{1e3 * median[name]:.2g} ms" for name in ("deltaword", "automata-lib", "interegular")],
        "`(a\\|b)*a(a\\|b){12}`": [
            f"{twelve['deltaword']['states']:,} states",
            f"{1e3 * twelve['deltaword']['seconds']:.0f} ms",
            f"{1e3 * twelve['automata-lib']['seconds']:.0f} ms",
            f"{twelve['interegular']['seconds']:.1f} s",
        ],
        "minimise 10⁵ random": [
            f"{wide['seconds']:.2f} s, {wide['peak_MB']} MB",
            f"{wide['automata-lib_seconds']} s, {wide['automata-lib_peak_MB']} MB",
        ],
        "minimise a chain": [f"{chain['seconds']} s", f"{chain['automata-lib_seconds']:.1f} s"],
        "equality of": [f"{equal['seconds']:.2f} s", f"{equal['automata-lib_seconds']:.1f} s"],
        "run 10⁴": [f"{1e3 * words['seconds']:.0f} ms", f"{1e3 * words['automata-lib_seconds']:.0f} ms"],
        "transition monoid": [f"{seven['elements']:,}", f"{seven['list_s']:.2f} s", f"{seven['libsemigroups_s']:.2f} s"],
        "compile + certify": [
            f"n_h = {large['n_h']} ",
            f"{large['compile_s']:.1f} s + {large['certify_s'] + 1e-6:.1f} s, {large['peak_memory_MB'] / 1000:.2f} GB",
        ],
        "`net.accepts`": [", ".join(f"{row['accepts_20_letters_ms']:.1f}" for row in (parity, S_3, S_5))],
        "batch of": [", ".join(f"{row['batch_tokens_per_s'] / 1e6:.1f}" for row in (parity, S_3, S_5))],
        "all permutations": [f"{sum(row['machines'] for row in closed):,} machines"],
        "words of 10⁴": [f"{drawn['letters'] // 10**6} million letters"],
        "the gallery and six": [f"{len(gpu)} networks ({sum(row['layers'] > 1 for row in gpu)} of several layers)"],
        "the gallery, 22": [
            f"all {len(layers)} certified",
            f"{sum(row['layers'] == row['at_least'] for row in layers)} meet the lower bound",
            f"more levels for {sum(more > 0 for more in holonomy)}, fewer for {sum(more < 0 for more in holonomy) or 'none'}",
        ],
        "C comments": [
            f"{mails[0]['layers']} (the fewest), {mails[1]['layers']} (the fewest), {mails[2]['layers']} |",
            ", ".join(str(row["holonomy_levels"]) for row in mails),
        ],
        "all machines of 3": [
            " + ".join(f"{row['one layer']:,}" for row in census),
            " + ".join(f"{row['refused']:,}" for row in census),
            "none left open" if not any(row["undecided"] for row in census) else "",
        ],
    }


def test_every_measurement_in_the_table_is_checked_or_said_to_be_in_no_file():
    heads = re.findall(r"^\| (.*)", README[README.index("Measured, on two cores") :].split("\n## ")[0], re.M)[1:]
    left = [head for head in heads if not head.startswith(tuple(measured())) and "in no file" not in head]
    assert left == []
    assert len(heads) > 15


@pytest.mark.parametrize("head", measured())
def test_what_was_measured_is_what_is_recorded(head: str):
    (row,) = (line for line in README.splitlines() if line.startswith(f"| {head}"))
    for said in measured()[head]:
        assert said
        assert said in row
    if head == "the gallery and six":
        assert all(row["chunked_bf16_operands_equal_sequential"] for row in rows_of("gpu_exactness"))
        assert not any(row[key] for row in rows_of("gpu_exactness") for key in row if key.startswith("wrong_words"))
    if head == "C comments":
        assert all(
            row["layers"] == row["at_least"] for row in rows_of("layers") if row["name"] in ("C comment", "quoted string")
        )
