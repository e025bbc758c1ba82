"""The notebooks: they run anywhere, their claims hold, what is committed is what a run prints, and a broken claim fails."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
import torch
from ipykernel.kernelspec import get_kernel_dict
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from deltaword.automata.files import read_json, write_json
from deltaword.nets.training import load_run

FOLDER = Path(__file__).parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
SECONDS_A_CELL = 120

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Executes a notebook in place, in this interpreter's environment but in an empty folder: neither the checkout nor the user's own
    Jupyter settings are within reach."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.delenv("PYTHONPATH", raising=False)
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

    return execute


def make(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def printed(cell: Any) -> str:
    return "".join(output.text for output in cell.outputs if output.output_type == "stream" and output.name == "stdout")


def test_there_are_notebooks():
    assert {path.stem for path in NOTEBOOKS} >= {"1_parity", "5_pattern_to_network", "2_counting", "4_dihedral"}


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


def test_notebooks_run_in_this_interpreter(run):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("import sys; print(sys.executable)")])
    run(notebook)
    assert printed(notebook.cells[0]).strip() == sys.executable


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
    places = [*here, "/home/", "/Users/", "/root/", "/tmp/", "site-packages", "localhost"]
    assert [place for place in places if place in text] == []
    assert re.findall(r"[A-Z]:\\\\\w+", text) == []  # a Windows drive, its backslash escaped by JSON


@each_notebook
def test_every_claim_is_asserted(path):
    notebook = read(path)
    claims = re.findall(r"^(\d+)\. ", notebook.cells[0].source, flags=re.MULTILINE)
    blocks = re.split(r"^# claim (\d+): ", code_cells(notebook)[-1].source, flags=re.MULTILINE)
    assert claims == [str(i + 1) for i in range(len(claims))]
    assert blocks[1::2] == claims
    assert all("assert " in block for block in blocks[2::2])


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


BREAKS = {  # in the notebook, this text is replaced by that one, and then claim so-and-so must fail
    "a mirror that is only half one": ("1_parity", "mirror = Step(2, (1,), (0,))", "mirror = Step(1, (1,), (0,))", 1),
    "a limit beside the rounding boundary": (
        "1_parity",
        "middle = 1 + Fraction(1, 2**8)",
        "middle = 1 + Fraction(3, 2**10)",
        5,
    ),
    "a damaged readout": (
        "5_pattern_to_network",
        "cert = dw.certify(net, dfa)",
        "net.readout.bias[0] = 5; cert = dw.certify(net, dfa)",
        4,
    ),
    "another pattern": ("5_pattern_to_network", '"(.*c)?(b*ab*ab*a)*b*"', '"(.*c)?(b*ab*a)*b*"', 1),
    "another angle's threshold": (
        "2_counting",
        "threshold = 2 / (1 + sp.sin(theta))",
        "threshold = 2 / (1 + sp.cos(theta))",
        2,
    ),
    "rounding boundaries overlooked": (
        "2_counting",
        "return ceil(high) - floor(low) <= 1",
        "return ceil(high) - floor(low) <= 99",
        4,
    ),
    "mirrors multiplied in the wrong order": (
        "4_dihedral",
        "return turn @ FLIP[1] if",
        "return FLIP[1] @ turn if",
        1,
    ),
    "a mix-up of orders that is none": ("4_dihedral", "dw.DFA(dfa.table.T,", "dw.DFA(dfa.table,", 4),
    "a disk that is too small": (
        "3_householder_products",
        "C = m * b_max / (2 - b_max)",
        "C = 0.5 * m * b_max / (2 - b_max)",
        6,
    ),
    "mirrors that are projections": (
        "3_householder_products",
        "mirror = hh.Step(Fraction(2) / (key @ key),",
        "mirror = hh.Step(Fraction(1) / (key @ key),",
        7,
    ),
    "a repair that repairs nothing": (
        "9_test_your_own_layer",
        "beta = beta / (k * k).sum(-1, keepdim=True)",
        "beta = beta / 1",
        4,
    ),
    "a fault that is not rare": ("9_test_your_own_layer", "if 1.2345 < beta < 1.2347:", "if 0.5 < beta < 1.9:", 6),
    "the identity with its sides exchanged": ("6_one_layer", "e[f[e[q]]] != e[f[q]]", "e[f[e[q]]] != f[e[q]]", 1),
    "projections that are no contractions": (
        "6_one_layer",
        "np.outer(v, v) * Fraction(1, int(v @ v))",
        "np.outer(v, [1, 0]) * Fraction(1, int(v[0] or 1))",
        2,
    ),
    "holes that give up too early": ("6_one_layer", "rest.n_states <= 2 or", "rest.n_states <= 3 or", 6),
    "a drift that is twice as fast": ("7_exactness", "(1 - float(delta) / 2) ** at", "(1 - float(delta)) ** at", 1),
    "strengths that miss the keys' norm": ("7_exactness", "beta.mul_(2 / (k * k)", "beta.mul_(2.001 / (k * k)", 4),
    "a gate that only nearly closes": ("7_exactness", "0.0 if exponent is None", "2.0**-40 if exponent is None", 5),
    "elements of the group taken for one another": ("8_trained_beside_constructed", "near=0.7", "near=2.2", 4),
    "a threshold from another word": ("8_trained_beside_constructed", "= LAMBDA**failed", "= LAMBDA ** (failed // 2)", 5),
    "a value whose rounding comes to rest": ("7_exactness", "VALUE = (0.75, 0.625), 7.0", "VALUE = (0.75, 0.625), 8.0", 7),
}


@pytest.mark.parametrize("why", BREAKS)
def test_a_claim_broken_on_purpose_fails(why, run):
    name, old, new, claim = BREAKS[why]
    notebook = read(FOLDER / f"{name}.ipynb")
    cells = [cell for cell in code_cells(notebook) if old in cell.source]
    assert len(cells) == 1, f"{old!r} should occur in one cell"
    cells[0].source = cells[0].source.replace(old, new)
    with pytest.raises(CellExecutionError) as raised:
        run(notebook)
    assert raised.value.ename == "AssertionError", raised.value
    last = code_cells(notebook)[-1]
    line = int(re.findall(r"line (\d+)", re.sub(r"\x1b\[[\d;]*m", "", "\n".join(last.outputs[-1].traceback)))[0])
    reached = re.findall(r"^# claim (\d+)", "\n".join(last.source.splitlines()[:line]), flags=re.MULTILINE)
    assert int(reached[-1]) == claim
