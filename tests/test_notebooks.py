"""The notebooks: they run without a clone and print what is committed, a broken claim fails, and their numbers may be changed.

A run    is of a whole notebook in a kernel of its own, in an empty folder, with the package as a wheel holds it.
A break  needs no whole run: only those cells are executed that the claim's assertions rest on, one of them changed.  What a cell takes
         from which others is read off their names.
"""

from __future__ import annotations

import ast
import copy
import re
import shutil
import symtable
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib
import nbformat
import pytest
import torch
from ipykernel.kernelspec import get_kernel_dict
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

import deltaword as dw
from deltaword.automata.files import read_json, write_json
from deltaword.nets.fixed_layer import FixedDeltaProduct
from deltaword.nets.training import load_run
from deltaword.theory import statements

FOLDER = Path(__file__).parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
SECONDS_A_CELL = 300
PARTS = ("automata", "theory", "nets", "kernels")
EVIDENCE = r"proof|exhaustive|sampled|exact numbers|whole numbers|the weights"

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package away from the checkout, as `pip install` leaves it: tests/test_packaging.py holds wheels to these modules."""
    site = tmp_path_factory.mktemp("site")
    root = FOLDER.parent
    shutil.copytree(root / "deltaword", site / "deltaword", ignore=shutil.ignore_patterns(*PARTS))
    for part in PARTS:
        shutil.copytree(root / part, site / "deltaword" / part)
    return site


@pytest.fixture
def run(tmp_path, monkeypatch, installed):
    """Executes a notebook in place, in this interpreter's environment but in an empty folder: neither the checkout nor the user's own
    Jupyter settings are within reach."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setenv("PYTHONPATH", str(installed))  # before an editable install
    write_json(
        make(tmp_path / "kernels" / "python3") / "kernel.json", get_kernel_dict()
    )  # python3 is sys.executable, and no other
    elsewhere = make(tmp_path / "elsewhere")

    def execute(notebook: Any) -> None:
        manager = AsyncKernelManager(
            kernel_name="python3", kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(tmp_path / "kernels")])
        )
        client = NotebookClient(
            notebook,
            km=manager,
            timeout=SECONDS_A_CELL,
            coalesce_streams=True,
            resources={"metadata": {"path": str(elsewhere)}},
        )
        client.execute()
        assert [each.name for each in elsewhere.iterdir() if each.name != ".hypothesis"] == [], "files left behind"

    return execute


def make(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def claims(notebook: Any) -> dict[int, str]:
    """The assertions of each claim, by number."""
    blocks = re.split(r"^# claim (\d+): ", code_cells(notebook)[-1].source, flags=re.MULTILINE)
    return {int(number): f"# {block}" for number, block in zip(blocks[1::2], blocks[2::2], strict=True)}


def printed(cell: Any) -> str:
    return "".join(output.text for output in cell.outputs if output.output_type == "stream" and output.name == "stdout")


def test_there_are_nine():
    assert [path.stem[:2] for path in NOTEBOOKS] == [f"{n}_" for n in range(1, 10)]


@each_notebook
def test_notebook_runs_and_prints_what_is_committed(path, run):
    committed, fresh = read(path), read(path)
    for cell in code_cells(fresh):
        cell.outputs = []
    run(fresh)  # its own assertions included
    stale = [
        f"{cell.source}\n--- committed ---\n{printed(cell)}--- now ---\n{printed(again)}"
        for cell, again in zip(code_cells(committed), code_cells(fresh), strict=True)
        if printed(cell) != printed(again)
    ]
    assert not stale, "\n".join([*stale, "if that is meant, execute and commit the notebooks again: notebooks/README.md"])
    for cell, again in zip(code_cells(committed), code_cells(fresh), strict=True):
        assert kinds_of_output(cell) == kinds_of_output(again), cell.source


def kinds_of_output(cell: Any) -> list[list[str]]:
    return [sorted(output.get("data", {output.output_type: None})) for output in cell.outputs]


def test_notebooks_run_in_this_interpreter_without_the_checkout(run, installed):
    source = "import deltaword, os, sys; print(sys.executable, deltaword.__file__, os.listdir(), sep='\\n')"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    run(notebook)
    assert printed(notebook.cells[0]).splitlines() == [sys.executable, str(installed / "deltaword" / "__init__.py"), "[]"]


@each_notebook
def test_committed_notebook_is_whole(path):
    notebook = read(path)
    nbformat.validate(notebook)
    cells = code_cells(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1)), "not run from top to bottom in one go"
    assert any(cell.outputs for cell in cells)
    for cell in cells:
        for output in cell.outputs:
            assert output.output_type != "error", cell.source
            assert output.get("name") != "stderr", output.get("text")
    assert any("image/png" in output.get("data", {}) for cell in cells for output in cell.outputs), "no plot"
    assert printed(cells[-1]) == "all claims hold\n"


@each_notebook
def test_committed_notebook_names_no_machine(path):
    notebook = read(path)
    for cell in code_cells(notebook):
        for output in cell.outputs:
            output.get("data", {}).pop("image/png", None)  # base64 may spell anything
    text = nbformat.writes(notebook)
    here = {str(Path.home()), str(FOLDER.parent), sys.prefix} - {"/"}
    assert [place for place in [*here, "site-packages", "localhost"] if place in text] == []
    assert re.findall(r"/(?:home|Users|root|tmp)/", text) == []
    assert re.findall(r"[A-Z]:\\\\\w+", text) == []  # a Windows drive, its backslash escaped by JSON


@each_notebook
def test_every_claim_is_asserted(path):
    stated = re.findall(r"^(\d+)\. ", read(path).cells[0].source, flags=re.MULTILINE)
    asserted = claims(read(path))
    assert stated == [str(i + 1) for i in range(len(stated))]
    assert list(asserted) == list(map(int, stated))
    assert all("assert " in block for block in asserted.values())


@each_notebook
def test_every_claim_says_what_stands_behind_it(path):
    lines = re.findall(r"^\d+\. .*", read(path).cells[0].source, flags=re.MULTILINE)
    behind = [re.search(r" \*\(([^*]+)\)\*$", line) for line in lines]
    assert all(found and re.search(EVIDENCE, found[1]) for found in behind), lines


@each_notebook
def test_places_that_a_notebook_names_exist(path):
    """Statements, proofs and other notebooks."""
    text = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    for name in re.findall(r"`deltaword theorems (\w+)`", text):
        assert statements.get(name)
    for file in re.findall(r"`((?:proofs|bench|grids|theory)/[\w/.]+)`", text):
        assert (FOLDER.parent / file).exists(), file
    for file in re.findall(r"\]\(([\w.]+\.ipynb)\)", text):
        assert (FOLDER / file).exists(), file


@each_notebook
def test_exercises_come_last_with_answers(path):
    last = read(path).cells[-1].source
    exercises, answers = last.split("<summary>Answers</summary>")
    asked = re.findall(r"^(\d)\. ", exercises, flags=re.MULTILINE)
    assert last.startswith("## Exercises")
    assert 2 <= len(asked) <= 4
    assert re.findall(r"^(\d)\. ", answers, flags=re.MULTILINE) == asked


def test_answers_to_exercises_are_what_a_reader_will_find():
    """Some that ask for numbers, beside the numbers: no cell runs them."""
    said = {path.stem[0]: read(path).cells[-1].source for path in NOTEBOOKS}
    ends = {}
    for k in (3, 9):
        layer = FixedDeltaProduct(d_input=1, n_heads=1, head_k=1, head_v=1, n_h=1)
        with torch.no_grad():
            for weight, value in zip(
                (layer.k_proj.weight, layer.b_proj.weight, layer.query, layer.initial_state), (k, 2 / k**2, 1, 1), strict=True
            ):
                weight.fill_(value)
            ones, _ = layer.to(torch.bfloat16)(torch.ones(1, 400, 1, dtype=torch.bfloat16))
        (ends[k],) = set(((-1) ** torch.arange(1, 401) * ones.flatten()).tolist())  # one size, from the first 1 on
    assert ends[3] == 1
    assert f"leaves $-{ends[9]}$" in said["1"]
    seven = dw.certify(dw.constructions.counting(7, dtype=torch.bfloat16)).counterexample
    assert seven is not None
    assert set(seven) == {"1"}
    assert f"`counting(7)` fails at $1^{{{len(seven)}}}$" in said["2"]
    raw = dw.compile(dw.languages.get("S_5_only_swaps"))
    grades = {}
    for more in (42, 43, 255, 256):
        net = copy.deepcopy(raw)
        with torch.no_grad():
            net.layer.initial_state.add_(more)
        cert = dw.certify(net.bfloat16())
        grades[more] = cert.grade if cert.holds else None
    assert grades == {42: 1, 43: 2, 255: 2, 256: None}
    assert "Grade 1 up to $M = 42$" in said["7"]
    assert "Grade 2 goes on to $M = 255$" in said["7"]


def test_what_is_quoted_from_the_gpu_is_what_was_measured():
    """The drift table of 7_exactness, beside bench/results/kernels.json."""
    rows = [
        row for row in read_json(FOLDER.parent / "bench" / "results" / "kernels.json")["rows"] if row["what"] == "exactness"
    ]
    text = "\n".join(cell.source for cell in read(FOLDER / "7_exactness.ipynb").cells)
    quoted = {"raw": (r"$e_i - e_j$, $\beta = 1$", 0, 0, 0, 0), "unit": (r"unit, rounded, $\beta = 2$", 0.17, 0.4, 0.74, 0.74)}
    quoted["folded"] = (r"the same, $\beta = 2/\lVert k\rVert^2$ in float32", 0.11, 0.48, 6.5e-4, 7.5e-4)
    for keys, (name, *_) in quoted.items():
        assert f"| {name} | " in text, keys
    assert "| 0 | 0 |" in text
    assert r"| 0.17 to 0.4 | 0.74 |" in text
    assert r"| 0.11 to 0.48 | $7 \cdot 10^{-4}$ |" in text
    for row in rows:
        _, least, most, least_high, most_high = quoted[row["keys"]]
        assert least <= row["drift_fast"] <= most, row
        assert least_high <= row["drift_high"] <= most_high, row


def test_weights_in_the_notebook_are_those_of_the_committed_run():
    """The networks that 8_trained_beside_constructed unpacks, beside bench/results/showcase: half precision is all that differs."""
    cells = [cell.source for cell in code_cells(read(FOLDER / "8_trained_beside_constructed.ipynb"))]
    [packed] = [source for source in cells if source.startswith("PACKED = ")]
    [unpacked] = [source for source in cells if source.startswith("def unpacked")]
    within: dict[str, Any] = {}
    exec("\n".join([cells[0], packed, unpacked.split("\nnames = ")[0]]), within)
    run, stack = load_run(FOLDER.parent / "bench" / "results" / "showcase"), within["stack"]
    assert [(each["task"], each["range"]) for each in run.replicas] == [
        (name, interval) for name in ("parity_every", "S_3") for interval in ("0,1", "-1,1")
    ]
    committed = run.model.state_dict()
    for name, tensor in stack.state_dict().items():
        if not name.endswith("qkv.weight"):
            assert torch.allclose(tensor, committed[name].clamp(min=-6e4), rtol=1e-3, atol=1e-6), name
    tokens = torch.stack([run.tasks[each["task"]].batch(2, 0, range(4), 64)[0] for each in run.replicas])
    with torch.no_grad():
        ours, theirs = stack(tokens), run.model(tokens)
    for r, each in enumerate(run.replicas):
        classes = len(run.tasks[each["task"]].classes)
        torch.testing.assert_close(ours[r, ..., :classes], theirs[r, ..., :classes], rtol=0, atol=0.2)  # of scores around 10


def test_the_table_of_what_was_trained_is_what_was_measured():
    """LEARNED in 8_trained_beside_constructed, beside bench/results/trained/state_tracking.json."""
    [source] = [
        cell.source for cell in code_cells(read(FOLDER / "8_trained_beside_constructed.ipynb")) if "LEARNED =" in cell.source
    ]
    within: dict[str, Any] = {}
    exec(source.split("counts = ")[0], within)
    tasks = ["parity_every", *within["COLUMNS"][1:]]
    runs = read_json(FOLDER.parent / "bench" / "results" / "trained" / "state_tracking.json")["runs"].values()
    found: dict[str, dict[str, str]] = {"-1,1": {}, "0,1": {}}
    for each in runs:
        name = "DeltaProduct, n_h = 2" if each["mixer"] == "deltaproduct" else "DeltaNet"
        name += ", convolution" * bool(each["options"].get("conv")) + f", {each['layers']} layers" * (each["layers"] > 1)
        for interval, rows in found.items():
            seeds = {task: [] for task in tasks}
            for replica in each["replicas"]:
                if replica["range"] == interval:
                    seeds[replica["task"]].append(replica["accuracy"])
            assert all(len(three) == 3 for three in seeds.values())
            cells = ["/".join(str(sum(a[n] >= 0.99 for a in three)) for n in ("128", "512")) for three in seeds.values()]
            rows[name] = " ".join(cells)
    assert within["LEARNED"] == found["-1,1"]
    assert within["LEARNED_IN_0_1"] == list(found["0,1"].values())


def test_what_is_quoted_of_larger_groups_is_what_was_measured():
    """AT_128, HEADS and DEGREES in 8_trained_beside_constructed, beside trained/groups.json and rotations.json of bench/results."""
    results, within = FOLDER.parent / "bench" / "results", {}
    notebook = read(FOLDER / "8_trained_beside_constructed.ipynb")
    for name, ends in (("AT_128", "larger = "), ("HEADS", None)):
        [source] = [cell.source for cell in code_cells(notebook) if cell.source.startswith(f"{name} = ")]
        exec(source.split(ends)[0] if ends else source, within)
    cells: dict[tuple[str, int], list[str]] = {}
    at_2048: dict[str, list[float]] = {}
    for each in read_json(results / "trained" / "groups.json")["runs"].values():
        for replica in each["replicas"] if each["layers"] == 1 else ():
            n_h, name = each["options"]["n_h"], replica["task"]
            cells.setdefault((name, n_h), []).append(f"{replica['accuracy']['128']:.3f}")
            if n_h == 2:
                at_2048.setdefault(name, []).append(replica["accuracy"]["2048"])
    quoted = {(name, n_h): row for name, rows in within["AT_128"].items() for n_h, row in enumerate(rows, 1)}
    assert quoted == {key: " ".join(three) for key, three in cells.items()}
    text = "\n".join(cell.source for cell in notebook.cells)
    low, high = ({name: f"{least(row):.2f}" for name, row in at_2048.items()} for least in (min, max))
    said = f"At 2,048 letters $S_4$ is at {low['S_4']} to {high['S_4']}, $A_5$ at {low['A_5']} to {high['A_5']}."
    assert said in text

    found = read_json(results / "rotations.json")
    heads = [row for row in found["rows"] if row["what"] == "head"]
    turning = {
        (row["task"], row["seed"], row["head"]): (row, degrees)
        for row, degrees in zip(heads, found["degrees"], strict=True)
        if row["in_three"] > 0.9
    }
    shown: dict[tuple[str, int], list[str]] = {}
    for row in heads:
        shown.setdefault((row["task"], row["seed"]), []).append(f"{row['in_three']:.2f}/{row['apart']:.2f}")
    assert within["HEADS"] == {key: " ".join(eight) for key, eight in shown.items()}
    assert {key: text.split() for key, text in within["DEGREES"].items()} == {
        key: [f"{angle:g}" for angle in degrees[1:]] for key, (_, degrees) in turning.items()
    }
    assert {round(row["shrinks"], 2) for row, _ in turning.values()} == {0.01, 0.02, 0.03, 0.04, 0.05}
    assert "in eight of the nine heads it moves a direction outside" in text
    assert sum(degrees[0] > 150 for _, degrees in turning.values()) == 8


# ---------------------------------------------------------------------- single claims


class Names(NamedTuple):
    """Of a cell: what it takes from cells before it; what it names itself; what it changes in place."""

    taken: set[str]
    given: set[str]
    changed: set[str]


IN_PLACE = {"append", "extend", "insert", "add", "update", "pop", "remove", "sort", "fill_", "copy_", "mul_", "load_state_dict"}


def names_of(source: str) -> Names:
    top = symtable.symtable(source, "cell", "exec")
    given = {name.get_name() for name in top.get_symbols() if name.is_assigned() or name.is_imported()}
    taken = {name.get_name() for name in top.get_symbols() if name.is_referenced()}
    for table in inner(top):
        taken |= {name.get_name() for name in table.get_symbols() if name.is_global() and name.is_referenced()}
    changed = set()
    for node in ast.walk(ast.parse(source)):
        stored = isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store)
        if stored or (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in IN_PLACE):
            changed.add(root(node))
    return Names(taken - given, given, changed - given)


def inner(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    for child in table.get_children():
        yield child
        yield from inner(child)


def root(node: ast.AST) -> str:
    """net of net.layers[0].weight."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def rests_on(cells: list[str], wanted: str) -> list[int]:
    """The cells that must have run before `wanted` can, by number."""
    missing, found = names_of(wanted).taken, []
    for i in reversed(range(len(cells))):
        taken, given, changed = names_of(cells[i])
        if missing & (given | changed):
            found.append(i)
            missing = (missing - given) | taken
    return found[::-1]


@pytest.fixture
def execute(tmp_path, monkeypatch) -> Iterator[Callable[[str, dict[str, Any]], None]]:
    """Runs a cell's source here, leaving nothing switched."""
    monkeypatch.chdir(tmp_path)
    grad = torch.is_grad_enabled()
    with matplotlib.rc_context({"backend": "agg"}):
        import matplotlib.pyplot as plt

        monkeypatch.setattr(plt, "show", lambda: plt.close("all"))
        yield lambda source, within: exec(compile(source, "cell", "exec"), within)
        plt.close("all")
    torch.set_grad_enabled(grad)


def sources(name: str) -> tuple[list[str], dict[int, str]]:
    """Of the code cells but the last, and of the claims."""
    notebook = read(FOLDER / f"{name}.ipynb")
    return [cell.source for cell in code_cells(notebook)[:-1]], claims(notebook)


def changed_cell(cells: list[str], old: str, new: str) -> int:
    """The one cell where `old` is, changed."""
    [at] = [i for i, source in enumerate(cells) if old in source]
    assert cells[at].count(old) == 1
    cells[at] = cells[at].replace(old, new)
    return at


def prefixed(name: str, rows: dict[str, tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
    return {f"{name[0]}: {why}": (name, *row) for why, row in rows.items()}


def spoilt(network: str) -> str:
    """A readout that says what it should not."""
    return f"{network}.readout.bias[0] = 9"


BREAKS = {  # in the notebook, this text is replaced by that one, and then claim so-and-so must fail
    **prefixed(
        "1_parity",
        {
            "a mirror that is only half one": (1, "mirror = Step(2, (1,), (0,))", "mirror = Step(1, (1,), (0,))"),
            "a damaged readout": (2, "cert = dw.certify(net, parity)", f"{spoilt('net')}; cert = dw.certify(net, parity)"),
            "a write without its strength": (3, "one_step = G * formula(c) + beta * k * v", "one_step = G * formula(c) + k * v"),
            "a float with three more bits": (4, "(max(exponent, -126) - 7)", "(max(exponent, -126) - 10)"),
            "a limit beside the rounding boundary": (5, "middle = 1 + Fraction(1, 2**8)", "middle = 1 + Fraction(3, 2**10)"),
            "the other letter": (6, "three.step(state, 1)", "three.step(state, 0)"),
        },
    ),
    **prefixed(
        "2_counting",
        {
            "mirrors in the other order": (1, "mirror(b) * mirror(a)", "mirror(a) * mirror(b)"),
            "another angle's threshold": (2, "threshold = 2 / (1 + sp.sin(theta))", "threshold = 2 / (1 + sp.cos(theta))"),
            "a key with another sign": (3, "(1, 0, -1), (0, 1, 1)", "(1, 0, -1), (0, 1, -1)"),
            "rounding boundaries overlooked": (4, "floor(low) <= 1", "floor(low) <= 99"),
            "a damaged readout": (5, "proof3, cert3 = three", f"{spoilt('three')}; proof3, cert3 = three"),
            "a count by another number": (6, 'wrong.count("1") % 5', 'wrong.count("1") % 4'),
            "words counted by another number": (7, "words.cumsum(dim=1) % m", "words.cumsum(dim=1) % (m + 1)"),
        },
    ),
    **prefixed(
        "3_householder_products",
        {
            "keys taken for unit keys": (1, "beta * k.dot(k))", "beta)"),
            "a strength inside the range": (2, "Fraction(201, 100)", "Fraction(199, 100)"),
            "pairs that cannot turn": (3, "random_product(2, 2, Fraction(9, 8), 2)", "random_product(2, 2, 0, 1)"),
            "the same order twice": (4, "hh.product([second, first], 2)", "hh.product([first, second], 2)"),
            "a line too few": (5, "sp.Matrix([-c, s])", "sp.Matrix([c, s])"),
            "a disk that is too small": (6, "C = m * b_max / (2 - b_max)", "C = 0.5 * m * b_max / (2 - b_max)"),
            "mirrors that are projections": (7, "hh.Step(Fraction(2) / (key @ key),", "hh.Step(Fraction(1) / (key @ key),"),
        },
    ),
    **prefixed(
        "4_dihedral",
        {
            "mirrors multiplied in the wrong order": (1, "return turn @ FLIP[1] if", "return FLIP[1] @ turn if"),
            "a mirror not undone": (2, "np.allclose(FLIP[p].astype(float) @ path[t],", "np.allclose(path[t],"),
            "a walk along another word": (2, "walked = walk(net, WORD)", "walked = walk(net, WORD[::-1])"),
            "a polygon of rotations": (3, "(flips[letters] * b + shifts[letters])", "(b + shifts[letters])"),
            "a mix-up of orders that is none": (4, "dw.DFA(dfa.table.T,", "dw.DFA(dfa.table,"),
            "a parity forgotten": (5, "(a, (b + 1) % m, 1 - p)", "(a, (b + 1) % m, p)"),
            "another polygon": (6, "dw.constructions.dihedral(6, dtype=dtype)", "dw.constructions.dihedral(7, dtype=dtype)"),
            "a bound that is too low": (7, "(error <= (17 * tokens + 4)", "(error <= (0.17 * tokens + 0.04)"),
        },
    ),
    **prefixed(
        "5_pattern_to_network",
        {
            "another pattern": (1, '"(.*c)?(b*ab*ab*a)*b*"', '"(.*c)?(b*ab*a)*b*"'),
            "a part of the word matched": (1, "re.fullmatch(PATTERN, w)", "re.match(PATTERN, w)"),
            "a machine without its group": (2, "holonomy = dfa.holonomy()", 'holonomy = dw.languages.get("flip_flop").holonomy()'),
            "steps in the other order": (3, "product(head.letters[0].steps,", "product(head.letters[0].steps[::-1],"),
            "a machine one letter late": (4, "dfa.run(tokens.numpy())[:, 1:]", "dfa.run(tokens.numpy())[:, :-1]"),
            "a damaged readout": (5, "cert = dw.certify(net, dfa)\ncert", f"{spoilt('net')}; cert = dw.certify(net, dfa)\ncert"),
            "words that are not shorter": (6, "for n in range(len(word))", "for n in range(len(word) + 1)"),
            "raw keys called unit keys": (7, 'dw.compile(dfa, keys="unit")', 'dw.compile(dfa, keys="raw")'),
            "a damaged counter": (8, "counter_cert = ", f"{spoilt('counter_net')}; counter_cert = "),
            "a machine that one layer does hold": (9, "dw.compile(late, layers=1)", "dw.compile(dfa, layers=1)"),
            "two layers damaged": (9, "late_cert = dw.certify", f"{spoilt('late_net')}; late_cert = dw.certify"),
            "an order of letters ignored": (10, 'nets[3].states(["(1 2)", "(0 1)"])', 'nets[3].states(["(0 1)", "(1 2)"])'),
        },
    ),
    **prefixed(
        "6_one_layer",
        {
            "the identity with its sides exchanged": (1, "e[f[e[q]]] != e[f[q]]", "e[f[e[q]]] != f[e[q]]"),
            "projections that are no contractions": (
                2,
                "np.outer(v, v) * Fraction(1, int(v @ v))",
                "np.outer(v, [1, 0]) * Fraction(1, int(v[0] or 1))",
            ),
            "a damaged readout": (3, "sink_cert = ", f"{spoilt('net')}; sink_cert = "),
            "a machine left out": (4, "every = list(classes(3, 2))", "every = list(classes(3, 2))[1:]"),
            "two layers damaged": (5, "deep_certificates = ", "deep['T_3'].readout.bias[0] = 9; deep_certificates = "),
            "holes that give up too early": (6, "rest.n_states <= 2 or", "rest.n_states <= 3 or"),
        },
    ),
    **prefixed(
        "7_exactness",
        {
            "a drift that is twice as fast": (1, "(1 - float(delta) / 2) ** at", "(1 - float(delta)) ** at"),
            "a margin of half the size": (2, "np.log(4 / 3) * 2 / float(delta)", "np.log(8 / 7) * 2 / float(delta)"),
            "unit keys called whole": (3, '(("e_i − e_j", raw, true), ("doubled"', '(("e_i − e_j", unit, true), ("doubled"'),
            "strengths that miss the keys' norm": (4, "beta.mul_(2 / (k * k)", "beta.mul_(2.001 / (k * k)"),
            "a gate that only nearly closes": (5, "0.0 if exponent is None", "2.0**-40 if exponent is None"),
            "a sigmoid that ends early": (6, "(2 * torch.sigmoid(", "(1.99 * torch.sigmoid("),
            "a value whose rounding comes to rest": (7, "VALUE = (0.75, 0.625), 7.0", "VALUE = (0.75, 0.625), 8.0"),
            "another network's certificate": (8, "float32\": dw.certify(unit),", "float32\": dw.certify(raw),"),
        },
    ),
    **prefixed(
        "8_trained_beside_constructed",
        {
            "the first accuracy for the last": (1, '= accuracy[-1]', '= accuracy[0]'),
            "the ranges exchanged": (2, "one_replica(stack, r) for r, name", "one_replica(stack, r ^ 1) for r, name"),
            "one network for all": (3, "spectra = {key: spectrum(model,", "spectra = {key: spectrum(trained['S_3', '0,1'],"),
            "elements of the group taken for one another": (4, "near=0.7", "near=2.2"),
            "a threshold from another word": (5, "= LAMBDA**failed", "= LAMBDA ** (failed // 2)"),
            "a search that is stopped": (6, "budget = 20_000 if good else 5_000", "budget = 100"),
            "a run that learned more": (7, '"DeltaNet": "3/0 0/0 0/0 0/0 0/0"', '"DeltaNet": "3/0 1/0 0/0 0/0 0/0"'),
            "a compiler that must not round": (8, "dw.compile(asked.dfa, exact=False)", "dw.compile(asked.dfa, exact=True)"),
            "a seed that learned less": (8, "1.000 0.990 1.000", "1.000 0.090 1.000"),
            "a group learnt too early": (8, "0.014 0.021 0.019", "0.014 0.910 0.019"),
            "mirrorings taken for rotations": (9, "(table.fixed >= 1)", "(table.fixed >= 0)"),
            "turns by the square's angle": (9, "min(j, order - j) / order", "min(2 * j % order, -2 * j % order) / order"),
            "a letter that turns by two degrees more": (9, "179.8 179.8 120 120.3", "179.8 179.8 122 120.3"),
            "a letter of the other representation": (9, "119.7 143.6 71.8", "119.7 71.6 71.8"),
            "a head that moves more": (9, "0.98/0.04", "0.78/0.04"),
        },
    ),
    **prefixed(
        "9_test_your_own_layer",
        {
            "a transition that does nothing": (1, 'over=no_decay | {"c": st.just(2)}', 'over=no_decay | {"c": st.just(0)}'),
            "a word that does not grow": (2, '["ffffffff"], limit=20', '["ssssssss"], limit=20'),
            "a layer twice as strong": (3, "    dt.kimi, {", "    lambda **drawn: 2 * dt.kimi(**drawn), {"),
            "a repair that repairs nothing": (4, "beta = beta / (k * k).sum(-1, keepdim=True)", "beta = beta / 1"),
            "a turn by nothing": (5, "turn_by(1e-6, np.float64)", "turn_by(0, np.float64)"),
            "a fault that is not rare": (6, "if 1.2345 < beta < 1.2347:", "if 0.5 < beta < 1.9:"),
            "a mirror that is not quite one": (7, "mirror(2.0, 0.3)", "mirror(1.9, 0.3)"),
            "a mirror that is damped more": (7, "0.3), parity, long_words)\nexact", "0.2), parity, long_words)\nexact"),
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("why", BREAKS)
def test_a_claim_broken_on_purpose_fails(why, execute):
    name, claim, old, new = BREAKS[why]
    cells, asserted = sources(name)
    at = changed_cell(cells, old, new)
    needed, within = rests_on(cells, asserted[claim]), {}
    assert at in needed
    for i in needed:
        execute(cells[i], within)
    with pytest.raises(AssertionError):
        execute(asserted[claim], within)


def test_every_claim_is_broken_somewhere():
    for path in NOTEBOOKS:
        broken = {claim for name, claim, *_ in BREAKS.values() if name == path.stem}
        assert set(claims(read(path))) == broken


CHANGES = {  # numbers that a reader may put in place of those that are there
    "1: twice": ("1_parity", "BETA = Fraction(7, 4)", "BETA = Fraction(2)"),
    "1: a half": ("1_parity", "BETA = Fraction(7, 4)", "BETA = Fraction(1, 2)"),
    "2: eleven": ("2_counting", "M, BETA = 7, Fraction(9, 5)", "M, BETA = 11, Fraction(2)"),
    "2: a weak step": ("2_counting", "M, BETA = 7, Fraction(9, 5)", "M, BETA = 4, Fraction(1)"),
    "3: nearly parallel": ("3_householder_products", "((1, 0), (2, 1)), Fraction(9, 5)", "((5, 2), (2, 1)), Fraction(3, 2)"),
    "4: a nonagon": ("4_dihedral", 'MINE, MY_WORD = 7, ["r", "s", "r3", "r", "sr2"]', 'MINE, MY_WORD = 9, ["sr8", "r5"]'),
    "5: a counter": ("5_pattern_to_network", '"(ab|ba)*", "ab"', '"((a|b)(a|b)(a|b))*c?", "abc"'),
    "5: a machine for three layers": ("5_pattern_to_network", '"(ab|ba)*", "ab"', '"a*b*(ab)*", "ab"'),
    "6: one layer is not enough": ("6_one_layer", "TABLE = [[1, 0], [2, 0], [2, 1]]", "TABLE = [[0, 1], [2, 1], [2, 2]]"),
    "6: four states": ("6_one_layer", "TABLE = [[1, 0], [2, 0], [2, 1]]", "TABLE = [[1, 0], [2, 0], [3, 1], [3, 3]]"),
    "7: a key that is too long": ("7_exactness", "ENTRY, SWAPS = Fraction(45, 64), 256", "ENTRY, SWAPS = Fraction(363, 512), 512"),
    "8: three swaps": ("8_trained_beside_constructed", '["(0 2)", "(0 1)", "(0 1 2)"], 100', '["(1 2)"], 500'),
    "8: another head": ("8_trained_beside_constructed", 'MY_HEAD, WITHIN = ("A_5", 2, 6), 1.4', 'MY_HEAD, WITHIN = ("S_4", 0, 3), 0.5'),
    "9: a weak layer": ("9_test_your_own_layer", "W, C = Fraction(1, 2), Fraction(7, 4)", "W, C = Fraction(1), Fraction(2)"),
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGES)
def test_a_number_may_be_changed_and_the_check_runs_again(what, execute):
    name, old, new = CHANGES[what]
    cells, _ = sources(name)
    at = changed_cell(cells, old, new)
    assert "# change" in cells[at]
    assert "\nassert " in cells[at]
    within: dict[str, Any] = {}
    for i in [*rests_on(cells[:at], cells[at]), at]:
        execute(cells[i], within)


def test_what_a_cell_rests_on_is_read_off_its_names():
    cells = [
        "import os\nx = 1\nys = []",
        "for i in range(3):\n    ys.append(i)",
        "z = 5",
        "def f(a):\n    return a + x",
        "w = f(2)",
    ]
    assert rests_on(cells, "assert w == 3") == [0, 3, 4]
    assert rests_on(cells, "assert len(ys) == 3") == [0, 1]
    assert rests_on(cells, "assert z") == [2]
