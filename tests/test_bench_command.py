"""`deltaword bench kernels`: what it prints and writes, its refusals, and the roofline; timing itself needs a GPU and is faked here."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast
from xml.etree import ElementTree

import pytest
import torch
from typer.testing import CliRunner, Result

from deltaword import cli
from deltaword.automata.errors import CorruptFile, MissingExtra
from deltaword.kernels import bench, delta_product
from deltaword.kernels.roofline import figure, operations, roofline, to_svg

RESULTS = Path(__file__).parents[1] / "bench" / "results"
RECORDED = RESULTS / "kernels.json"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli.app, list(map(str, arguments)), prog_name="deltaword")


def row(n: int, D: int = 64, **times: float) -> dict[str, Any]:
    return {"what": "table", "shape": "state64", "B": 256, "T": 512, "H": 8, "D": D, "n_h": n} | times


CEILINGS = [{"what": "copy", "TB_per_s": 1.0}, {"what": "product", "TFLOP_per_s": 100.0}]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Small shapes on the CPU, and a clock that calls once and says a millisecond; the calls are listed."""
    made, calls = bench.inputs, []

    def once(f: Any, repeats: int = 30) -> float:
        calls.append(f.__name__)
        f()
        return 1.0

    monkeypatch.setattr(bench, "SHAPES", {"state64": (2, 12, 2, 16), "wide": (1, 12, 1, 128)})
    monkeypatch.setattr(bench, "inputs", lambda *sizes: made(*sizes, device="cpu"))
    monkeypatch.setattr(bench, "median_ms", once)
    monkeypatch.setattr(bench, "device_name", lambda: "a small GPU")
    monkeypatch.setattr(bench, "PUBLIC", {("state64", 2): (9.0, 9.5, "fla"), ("wide", 3): (8.0, 8.5, "FlashQLA")})
    return calls


@pytest.fixture
def public(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Packages by the names of the public ones, with our functions in them."""
    (tmp_path / "fla" / "ops").mkdir(parents=True)
    for folder in ("fla", "fla/ops"):
        (tmp_path / folder / "__init__.py").write_text("")
    names = {
        "gated_delta_product": "chunk_gated_delta_product",
        "gated_delta_rule": "chunk_gated_delta_rule, fused_recurrent_gated_delta_rule",
    }
    for module, name in names.items():
        (tmp_path / "fla" / "ops" / f"{module}.py").write_text(f"from deltaword.kernels import {name}\n")
    (tmp_path / "flash_qla.py").write_text("from deltaword.kernels import chunk_gated_delta_rule\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    for name in [name for name in sys.modules if name.split(".")[0] in ("fla", "flash_qla")]:
        del sys.modules[name]


# ---------------------------------------------------------------------- measuring


def test_a_row_has_times_and_floors_and_nothing_public_where_nothing_is_installed(small):
    found = bench.timed(("state64", 2, 1e12))
    assert (found["fwd_ms"], found["fwd_bwd_ms"]) == (1.0, 1.0)
    assert small == ["forward", "both"]
    assert "public_fwd_ms" not in found
    assert found["floor_fwd_ms"] == round(bench.bytes_moved(2, 12, 2, 16, 2)[0] / 1e9, 3)


def test_recorded_times_stand_in_on_an_h200_scaled_to_its_bandwidth_and_are_said_to_be_recorded(small, monkeypatch):
    monkeypatch.setattr(bench, "device_name", lambda: "NVIDIA H200")
    found = bench.timed(("state64", 2, bench.RECORDED_BANDWIDTH / 2))
    assert (found["public_fwd_ms"], found["public_fwd_bwd_ms"]) == (18.0, 19.0)
    assert bench.cells(found)[-1] == "fla, recorded"


def test_a_recorded_time_of_a_library_that_is_not_installed_is_not_left_out_because_another_is(small, public, monkeypatch):
    monkeypatch.setattr(bench, "device_name", lambda: "NVIDIA H200")
    monkeypatch.setattr(bench, "public_kernels", lambda D, n: [("fla", bench.call_fla)])
    monkeypatch.setattr(bench, "PUBLIC", {("wide", 3): (0.5, 9.0, "FlashQLA")})
    found = bench.timed(("wide", 3, bench.RECORDED_BANDWIDTH))
    assert list(found["beside"]) == ["fla", "FlashQLA, recorded"]
    assert (found["public_fwd_ms"], found["public_fwd_bwd_ms"]) == (0.5, 1.0)
    assert bench.cells(found)[-1] == "FlashQLA, recorded / fla"


@pytest.mark.parametrize(
    ("shape", "n", "named", "timed", "stands_in"),
    [
        ("wide", 3, "FlashQLA", {"FlashQLA": {"fwd_ms": 1.0, "fwd_bwd_ms": 2.0}}, False),
        ("wide", 3, "FlashQLA", {"FlashQLA": {"failed": "RuntimeError: no"}}, True),
    ],
)
def test_recorded_times_stand_in_only_for_what_was_not_timed(monkeypatch, shape, n, named, timed, stands_in):
    monkeypatch.setattr(bench, "device_name", lambda: "NVIDIA H200")
    assert bool(bench.recorded(named, {"fwd_ms": 1.0}, timed, 4e12)) == stands_in
    monkeypatch.setattr(bench, "device_name", lambda: "another GPU")
    assert bench.recorded(named, {"fwd_ms": 1.0}, timed, 4e12) == {}


def test_public_kernels_are_timed_beside_ours_and_the_fastest_of_each_pass_is_shown(small, public, monkeypatch):
    found = bench.timed(("wide", 3, 1e12))
    assert list(found["beside"]) == ["fla", "FlashQLA"]
    assert "recorded" not in bench.cells(found)[-1]
    times = {"fla": {"fwd_ms": 2.0, "fwd_bwd_ms": 3.0}, "FlashQLA": {"fwd_ms": 1.0, "failed": "RuntimeError: no backward"}}
    assert bench.fastest(times, "fwd_ms") == (1.0, "FlashQLA")
    assert bench.fastest(times, "fwd_bwd_ms") == (3.0, "fla")
    assert bench.fastest({}, "fwd_ms") is None


def test_public_kernels_are_asked_only_for_what_they_take(public):
    assert [name for name, _ in bench.public_kernels(64, 2)] == ["fla"]
    assert [name for name, _ in bench.public_kernels(64, 1)] == ["fla", "fla one-step"]
    assert [name for name, _ in bench.public_kernels(128, 2)] == ["fla", "FlashQLA"]


@pytest.mark.parametrize(("name", "n"), [("fla", 1), ("fla", 3), ("fla one-step", 1), ("FlashQLA", 1), ("FlashQLA", 3)])
def test_public_kernels_are_asked_for_the_same_thing(public, name, n):
    """Interleaving puts gate and query on the right token: with our functions behind the public names, results are ours."""
    given = bench.inputs(2, 10, 2, 128, n, dtype=torch.float32, device="cpu")
    call = dict(bench.public_kernels(128, n))[name]
    torch.testing.assert_close(call(given, n), bench.call_ours(given, n))


def test_a_public_decode_step_is_asked_for_the_same_thing(public):
    given = bench.inputs(4, 1, 2, 16, 3, dtype=torch.float32, device="cpu")
    state = torch.randn(4, 2, 16, 16)
    ours, theirs = (step(given, 3, state) for step in (bench.step_ours, bench.step_fla))
    assert isinstance(ours, tuple)
    assert isinstance(theirs, tuple)
    torch.testing.assert_close(ours[1], theirs[1])


def test_a_public_kernel_that_raises_is_reported_with_its_reason_and_keeps_the_time_it_has(small):
    def no_backward(given: list[torch.Tensor], n: int) -> torch.Tensor:
        if torch.is_grad_enabled():
            raise RuntimeError("not on\nthis Triton")
        return given[0]

    given = [x.requires_grad_() for x in bench.inputs(1, 4, 1, 16, 1)]
    found = bench.times_of(no_backward, given, 1, torch.ones(1, 4, 1, 16))
    assert found == {"fwd_ms": 1.0, "failed": "RuntimeError: not on this Triton"}


def test_decoding_is_timed_in_a_graph_over_many_states(small, monkeypatch):
    class Graph:
        def replay(self) -> None:
            pass

    monkeypatch.setattr(torch.cuda, "synchronize", lambda: None)
    monkeypatch.setattr(torch.cuda, "CUDAGraph", Graph)
    monkeypatch.setattr(torch.cuda, "graph", lambda graph: contextlib.nullcontext())
    monkeypatch.setattr(bench, "PUBLIC_DECODE", {(2, 16, 3): 7.0})
    found = bench.decoded((2, 16, 3, 4e12))
    assert found["graph_us"] == 5.0  # a millisecond for 200 states
    assert bench.decode_cells(found) == ("64 × 1, 2, 16", "3", "5.0", "–", "")


def test_a_process_that_dies_ends_with_its_row_and_the_next_row_has_a_fresh_one():
    def row(beside: str) -> str:
        return f"{{'process': __import__('os').getpid(), 'beside': {beside}}}"

    with bench.Aside() as measured:
        found = measured(cast(Any, os._exit), 3, {"what": "table"})
        assert found["what"] == "table"
        assert found["failed"].startswith("BrokenProcessPool")
        texts = row("{}"), row("{'fla': {'fwd_ms': 1}}"), row("{'fla': {'failed': 'illegal memory access'}}"), row("{}")
        one, two, three, fresh = (measured(eval, text, {})["process"] for text in texts)
    assert one == two == three != fresh


# ---------------------------------------------------------------------- the command


def test_without_a_gpu_the_command_says_so_in_one_line_with_code_2(monkeypatch, tmp_path):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    result = run("bench", "kernels", "--out", tmp_path / "o")
    assert result.exit_code == 2
    assert result.stderr.startswith("deltaword: BadArgument: no CUDA device here")
    assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "o").exists()


@pytest.fixture
def faked(small, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole command in this process, on the CPU."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(bench, "ceilings", lambda: CEILINGS)
    monkeypatch.setattr(bench, "PUBLIC_DECODE", {})
    monkeypatch.setattr(bench.Aside, "__call__", lambda self, function, job, otherwise: function(job))


def test_the_command_prints_the_table_and_writes_json_and_a_plot(faked, tmp_path):
    result = run("bench", "kernels", "--out", tmp_path / "new" / "o")
    assert result.exit_code == 0, result.output
    assert "2 × 12, 2, 16" in result.stdout
    found = json.loads((tmp_path / "new" / "o" / "kernels.json").read_text())
    assert (found["device"], found["seed"], len(found["rows"])) == ("a small GPU", 0, 4)
    assert found["versions"]["flash-linear-attention"] == "not installed"
    ElementTree.parse(tmp_path / "new" / "o" / "kernels.svg")


def test_a_kernel_of_ours_that_fails_is_said_with_code_1(faked, tmp_path, monkeypatch):
    def fails(given: list[torch.Tensor], n: int) -> torch.Tensor:
        raise RuntimeError("illegal memory access")

    monkeypatch.setattr(bench, "call_ours", fails)
    result = run("bench", "kernels", "--out", tmp_path)
    assert result.exit_code == 1
    assert "ours: RuntimeError: illegal memory access" in result.stdout


def test_without_matplotlib_the_times_are_written_and_the_extra_is_named(faked, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    result = run("bench", "kernels", "--out", tmp_path)
    assert result.exit_code == 2
    assert "deltaword[notebook]" in result.stderr
    assert len(json.loads((tmp_path / "kernels.json").read_text())["rows"]) == 4


def test_recorded_times_need_no_gpu(tmp_path):
    result = run("bench", "kernels", "--recorded", RECORDED, "--out", tmp_path)
    assert result.exit_code == 0, result.output
    assert "NVIDIA H200" in result.stdout
    assert (tmp_path / "kernels.svg").exists()
    assert not (tmp_path / "kernels.json").exists()
    shown = json.loads(run("bench", "kernels", "--recorded", RECORDED, "--out", tmp_path, "--json").stdout)
    assert shown == json.loads(RECORDED.read_text())


def test_the_recorded_run_beside_the_public_kernels_has_them_in_every_row():
    """And has recorded times only where one function of fla's was not run beside ours."""
    found = json.loads((RESULTS / "public.json").read_text())
    table = [row for row in found["rows"] if row["what"] == "table"]
    assert [(row["shape"], row["n_h"]) for row in table] == list(bench.PUBLIC)
    assert all({"fwd_ms", "fwd_bwd_ms"} <= row["beside"]["fla"].keys() for row in table)
    assert all({"fwd_ms", "fwd_bwd_ms"} <= row["beside"]["FlashQLA"].keys() for row in table if row["D"] == 128)
    assert [(row["shape"], row["n_h"]) for row in table if "recorded" in row["public"]] == [("state64", 1), ("state32", 1)]
    assert all("graph_us" in row["beside"]["fla"] for row in found["rows"] if row["what"] == "decode")


@pytest.mark.parametrize("text", ["{}", "[1]", "{", '{"device": "x", "rows": []}', '{"device": "x", "rows": [3]}'])
def test_a_file_that_is_no_record_is_refused(tmp_path, text):
    (tmp_path / "x.json").write_text(text)
    result = run("bench", "kernels", "--recorded", tmp_path / "x.json", "--out", tmp_path)
    assert result.exit_code == 2
    assert "CorruptFile" in result.stderr


# ---------------------------------------------------------------------- the roofline


def test_speeds_are_operations_over_time_and_intensity_is_operations_over_bytes():
    found = roofline({"device": "x", "rows": [*CEILINGS, row(2, fwd_ms=0.5, fwd_bwd_ms=2.0, public_fwd_ms=1.0)]})
    size = (256, 512, 8, 64, 2)
    (forward,), (both,) = found.points["fwd"], found.points["fwd_bwd"]
    assert forward.ours == operations(*size)[0] / 0.5e-3
    assert forward.public == operations(*size)[0] / 1e-3
    assert both.public is None
    assert forward.intensity == operations(*size)[0] / bench.bytes_moved(*size)[0]
    assert found.roof(forward.intensity) == 1e12 * forward.intensity


def test_the_operations_are_those_of_the_products_of_the_chunked_form():
    """Counted product by product, triangles at half, for one chunk of 64 steps."""
    C, D, n = 64, 32, 4
    t = C // n

    def product(a: int, b: int, c: int) -> int:
        return 2 * a * b * c

    steps = (
        product(C, D, C) // 2 + 2 * (product(C, C, D) // 2) + 2 * product(C, D, D)
    )  # K Kᵀ; (I + L)⁻¹ on K and on V; W S and Kᵀ U
    tokens = product(t, D, C) // 2 + product(t, C, D) // 2 + product(t, D, D)  # Q Kᵀ, P U, Q S
    forward, both = operations(1, t, 1, D, n)
    assert both == 3 * forward
    assert forward == steps + tokens


@pytest.mark.parametrize("file", ["kernels.json", "public.json"])
def test_no_kernel_is_above_the_roof(file):
    found = roofline(json.loads((RESULTS / file).read_text()))
    points = [p for of_pass in found.points.values() for p in of_pass]
    assert len(points) == 22
    for p in points:
        assert p.ours is not None
        assert p.ours < found.roof(p.intensity)


def test_ceilings_must_be_measured_but_for_an_h200():
    with pytest.raises(CorruptFile, match="TB_per_s"):
        roofline({"device": "another GPU", "rows": [row(1, fwd_ms=1.0)]})
    assert roofline({"device": "NVIDIA H200", "rows": []}).peak == 694e12


def test_the_plot_has_a_mark_for_every_time_and_is_the_same_every_time():
    record = {"device": "x", "rows": [*CEILINGS, row(1, fwd_ms=0.5, public_fwd_ms=1.0), row(2, 32, fwd_ms=0.7), row(4, 100)]}
    found = roofline(record)
    forward, both = figure(found).axes
    assert sum(line.get_marker() == "o" for line in forward.lines) == 3
    assert [text.get_text() for text in forward.texts] == ["1", "2"]
    assert not any(line.get_marker() == "o" for line in both.lines)
    assert to_svg(found) == to_svg(found)


def test_without_matplotlib_the_plot_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtra, match=r"deltaword\[notebook\]"):
        to_svg(roofline({"device": "x", "rows": CEILINGS}))


def test_inputs_are_what_the_method_says():
    q, k, v, g, beta = bench.inputs(4, 64, 2, 32, 2, dtype=torch.float64, device="cpu")
    assert q.shape == (4, 64, 2, 32)
    assert k.shape == v.shape == (4, 128, 2, 32)
    torch.testing.assert_close(k.norm(dim=-1), torch.ones(4, 128, 2, dtype=torch.float64), rtol=1e-6, atol=1e-6)
    assert 0 <= float(beta.min()) <= float(beta.max()) <= 2
    assert -0.04 < float(g.mean()) < -0.02
    delta_product(q, k, v, g.double(), beta, 2, check=True)
