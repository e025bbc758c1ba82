"""The documentation site: every fact has its page, every example runs, every formula is set, and a part of it is built and checked.

The whole site is `make docs`, which takes longer; this builds what the pages written by hand lead to.
"""

from __future__ import annotations

import doctest
import inspect
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import deltaword as dw

pytest.importorskip("sphinx")
pytest.importorskip("myst_nb")

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
sys.path.insert(0, str(DOCS))
machines, theorems, benchmarks, trained, modules, notebooks, kernels = (
    import_module(f"pages.{name}")
    for name in ("machines", "theorems", "benchmarks", "trained", "modules", "notebooks", "kernels")
)
mathematics, docstrings, text, prose, writing, checking, build = (
    import_module(f"pages.{name}") for name in ("mathematics", "docstrings", "text", "prose", "writing", "checking", "build")
)
GENERATED = ("gallery", "theorems", "proofs", "benchmarks", "trained", "kernels", "reference", "notebooks")
BY_HAND = sorted(path for path in DOCS.rglob("*.md") if "_build" not in path.parts and path.name != "README.md")
BY_HAND = [path for path in BY_HAND if path.relative_to(DOCS).parts[0] not in GENERATED]
TRAINED = ROOT / "bench" / "results" / "trained"
COLUMN = 100  # letters of code, at a width of 1280 pixels


def stems(folder: Any, suffix: str = ".rst") -> set[str]:
    return {path.stem for path in folder.written if path.suffix == suffix}


# ---------------------------------------------------------------------- pages


def test_every_machine_has_a_page_with_picture_plan_certificate_and_verdicts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    fact = machines.computed("a_star_b_star")
    monkeypatch.setattr(machines, "facts", lambda what, compute, names, sources: dict.fromkeys(names, fact))
    folder = writing.Folder(tmp_path)
    machines.write(folder)
    assert stems(folder) == {*dw.languages.names(), "index"}
    page = (tmp_path / "a_star_b_star.rst").read_text("utf-8")
    for part in (
        "a_star_b_star.svg",
        "a_star_b_star_monoid.svg",
        "layer 2",
        "<table><thead><tr><th",  # of the plan's card: what was weighed
        "grade 1: all lengths",
        "✗ cannot",
        "one_layer_obstruction",
    ):
        assert part in page
    index = (tmp_path / "index.rst").read_text("utf-8")
    assert all(f":doc:`{name}`" in index for name in dw.languages.names())


def test_the_cards_of_a_machine_s_page_are_those_of_a_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    net = dw.compile(dw.languages.get("T_3"))
    fact = {**machines.computed("parity"), **machines.made_of(net, net.dfa)}
    page = "\n".join(machines.page(next(entry for entry in machine_entries() if entry.name == "T_3"), fact))
    flat = [line.strip() for line in page.splitlines()]
    for card in (net.plan._repr_html_(), dw.certify(net, net.dfa)._repr_html_()):
        lines = [line.strip() for line in card.splitlines()]
        assert any(flat[i : i + len(lines)] == lines for i in range(len(flat)))


def machine_entries() -> list[Any]:
    return [entry for _, entries in machines.themes() for entry in entries]


def test_a_machine_that_is_refused_is_shown_with_what_was_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: Any, **__: Any) -> None:
        raise dw.errors.TooLarge("no plan found for this machine. Tried: holes: not tried above 9 states")

    with monkeypatch.context() as patched:
        patched.setattr(dw, "compile", refuse)
        fact = machines.computed("parity")
    assert fact["picture"].startswith("<svg")
    monkeypatch.setattr(machines, "facts", lambda what, compute, names, sources: dict.fromkeys(names, fact))
    folder = writing.Folder(tmp_path)
    machines.write(folder, ["parity"])
    page = (tmp_path / "parity.rst").read_text("utf-8")
    assert "refused this machine" in page
    assert "holes: not tried above 9 states" in page.replace("\\", "")
    assert "What the oracle says" in page
    assert "parity_network" not in page
    assert stems(folder, ".svg") == {"parity", "parity_monoid"}
    assert "no network found" in (tmp_path / "index.rst").read_text("utf-8")


def test_every_statement_has_a_page_and_a_row_with_its_evidence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    fact = theorems.computed("norm")
    monkeypatch.setattr(theorems, "facts", lambda what, compute, names, sources: dict.fromkeys(names, fact))
    folder = writing.Folder(tmp_path)
    theorems.write(folder)
    assert stems(folder) == {*(s.name for s in dw.statements.statements()), "index"}
    index = (tmp_path / "index.rst").read_text("utf-8")
    for statement in dw.statements.statements():
        page = (tmp_path / f"{statement.name}.rst").read_text("utf-8")
        assert f":doc:`{statement.name} <" in index
        assert f"    {text.rst(statement.kind)}" in page
        assert all(f"\n\\{label}\n" in page or f"\n{label}\n" in page for label in ("Claim", "Proof", "Status", "Check"))


def test_a_check_that_fails_is_shown_as_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    fact = {**theorems.computed("norm"), "holds": False, "says": "fails: this case"}
    monkeypatch.setattr(theorems, "facts", lambda what, compute, names, sources: dict.fromkeys(names, fact))
    theorems.write(writing.Folder(tmp_path), ["norm"])
    assert "**The check failed**" in (tmp_path / "norm.rst").read_text("utf-8")
    assert "these failed: norm" in (tmp_path / "index.rst").read_text("utf-8")


def test_files_that_a_statement_names_are_in_the_project():
    for statement in dw.statements.statements():
        named = [name for text in statement.parts.values() for name in re.findall(r"[\w/-]+\.(?:md|py|v|json)\b", text)]
        assert [name for name in named if not (ROOT / name).is_file()] == [], statement.name


def test_every_module_is_in_the_reference_or_is_a_statement():
    shown = {name for part in modules.PARTS for listed in modules.pages(part).values() for name in listed}
    for part in modules.PARTS:
        for path in (ROOT / part).rglob("*.py"):
            names = ["deltaword", *path.relative_to(ROOT).with_suffix("").parts]
            if any(name.startswith("_") and name != "__init__" for name in names):
                continue
            name = ".".join(names).removesuffix(".__init__")
            assert name in shown or hasattr(import_module(name), "STATEMENT"), name


def test_every_notebook_coq_file_and_file_of_results_has_a_page(tmp_path: Path):
    for write, there in (
        (notebooks.write, {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}),
        (theorems.write_proofs, {f"{path.stem}.rst" for path in (ROOT / "proofs").glob("*.v")}),
        (benchmarks.write, {f"{path.stem}.rst" for path in (ROOT / "bench/results").glob("*.json")}),
        (trained.write, {f"{path.stem}.md" for path in TRAINED.glob("*.md")} | {"constructed.rst"}),
        (trained.write, {path.name for path in TRAINED.glob("*.svg")}),
        (kernels.write, {"index.md"}),
    ):
        folder = writing.Folder(tmp_path / write.__module__ / write.__name__)
        write(folder)
        assert there <= {path.name for path in folder.written}


def test_each_task_of_a_sweep_has_its_picture_and_its_rows(tmp_path: Path):
    trained.write(writing.Folder(tmp_path), ["state_tracking"])
    page = (tmp_path / "state_tracking.md").read_text("utf-8")
    runs = json.loads((TRAINED / "state_tracking.json").read_text())["runs"]
    for task in {replica["task"] for run in runs.values() for replica in run["replicas"]}:
        part = page.partition(f"\n## {task}\n")[2].partition("\n## ")[0]
        assert f"{{figure}} state_tracking_{task}.svg" in part
        assert part.count("\n| delta") == 2 * len(runs)
    assert "180 networks on NVIDIA H200" in page


def test_a_page_that_comes_or_goes_has_all_pages_written_again():
    nodes = import_module("docutils.nodes")
    env = SimpleNamespace(titles={"a": nodes.title("", "A")}, toctree_includes={"a": ["b"]}, all_docs={"a": 1, "b": 1})
    assert build.sidebar(None, env) is None  # what a first build has written is as it should be
    assert build.sidebar(None, env) is None
    env.titles["b"] = nodes.title("", "B")
    assert build.sidebar(None, env) == ["a", "b"]
    assert build.sidebar(None, env) is None


def test_pages_that_nothing_writes_any_more_are_removed(tmp_path: Path):
    (tmp_path / "old.rst").write_text("gone")
    folder = writing.Folder(tmp_path)
    new = folder.write("new.rst", ["here"])
    folder.close()
    assert list(tmp_path.iterdir()) == [new]


# ---------------------------------------------------------------------- numbers in sentences


def test_what_the_page_of_trained_networks_says_of_S_3_is_in_the_file():
    runs = json.loads((TRAINED / "state_tracking.json").read_text())["runs"]
    learned: dict[tuple[str, int, bool, str], int] = {}
    latest = []
    for run in runs.values():
        for replica in run["replicas"]:
            if replica["task"] == "S_3":
                assert len(run["seeds"]) == 3
                kind = (run["mixer"], run["layers"], bool(run["options"]["conv"]), replica["range"])
                learned[kind] = learned.get(kind, 0) + (replica["accuracy"]["128"] >= 0.99)
                latest.append(replica["accuracy"]["1024"])
    assert {kind: seeds for kind, seeds in learned.items() if seeds} == {
        ("deltaproduct", 1, False, "-1,1"): 3,
        ("deltaproduct", 1, True, "-1,1"): 2,
        ("deltanet", 2, True, "-1,1"): 1,
    }
    assert {run["options"]["n_h"] for run in runs.values() if run["mixer"] == "deltaproduct"} == {2}
    assert max(latest) < 2 / 3
    page = " ".join((DOCS / "trained.md").read_text("utf-8").split())
    assert "learns it from all three (with a short convolution from two), two layers of one step from one" in page


def test_what_the_page_of_trained_networks_says_of_modular_arithmetic_is_in_the_files():
    found = json.loads((TRAINED / "arithmetic.json").read_text())["runs"]
    replicas = [r for run in found.values() for r in run["replicas"] if r["task"] == "mod_arithmetic"]
    assert all(run["lengths"] == [3, 40] for run in found.values())
    assert all(r["accuracy"]["256"] < r["accuracy"]["40"] < 0.99 or r["accuracy"]["40"] < 0.3 for r in replicas)
    rows = json.loads((TRAINED / "constructed.json").read_text())["rows"]
    refused = [row["task"] for row in rows if "accuracy" not in row]
    assert refused == ["mod_arithmetic_brackets"]
    for row in rows:
        if "accuracy" in row:
            assert set(row["accuracy"].values()) == {1.0}
            assert "holds: " in row["says"]
            assert "all lengths" in row["says"]


def test_the_citation_names_both_papers_and_this_version():
    yaml = pytest.importorskip("yaml")
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["cff-version"] == "1.2.0"
    assert {"message", "title", "authors", "type", "license"} <= set(citation)
    assert citation["version"] == dw.__version__
    assert f'license = "{citation["license"]}"' in (ROOT / "pyproject.toml").read_text("utf-8")
    papers = {paper["identifiers"][0]["value"]: paper for paper in citation["references"]}
    assert set(papers) == {"arXiv:2411.12537", "arXiv:2502.10297"}
    for name, paper in papers.items():
        number = name.removeprefix("arXiv:")
        assert paper["url"] == f"https://arxiv.org/abs/{number}"
        assert paper["doi"] == f"10.48550/arXiv.{number}"
        assert {"Grazzi", "Siems"} <= {author["family-names"] for author in paper["authors"]}
        assert paper["title"].replace(":", "") in (DOCS / "index.md").read_text("utf-8").replace("\n", " ").replace(":", "")


def test_code_of_pages_written_by_hand_fits_the_column():
    long = []
    for page in BY_HAND:
        for block in re.findall(
            r"^ *```(?:pycon|python|sh|text)\n(.*?)^ *```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL
        ):
            long += [(page.name, line) for line in block.splitlines() if len(line) > COLUMN]
    assert long == []


# ---------------------------------------------------------------------- texts


def test_what_a_name_is_is_told_where_its_docstring_begins_with_fields_or_shapes():
    said = modules._first(dw.Certificate)
    assert "certificate" in said
    assert "holds;" not in said
    assert "Drop-in" in modules._first(import_module("deltaword.kernels").chunk_gated_delta_product)
    assert modules._first(dw.DFA) == "\\A complete deterministic automaton."


MARKDOWN = ["kernels/README.md", "proofs/README.md", "notebooks/README.md", "bench/results/classification.md"]


@pytest.mark.parametrize("file", MARKDOWN)
def test_formulas_in_our_markdown_change_no_word_and_no_cell(file: str):
    """Without formulas the page is as it was: its words, its code and its tables' bars."""
    given = (ROOT / file).read_text("utf-8")
    made = prose.markdown(given)
    found = re.findall(r"\$([^$\n]+)\$", made)
    assert len(found) > 5
    for formula in set(found):
        assert mathematics.mathml(formula).startswith("<math")
    for before, after in zip(given.splitlines(), made.splitlines(), strict=True):
        assert re.findall(r"`[^`]+`|\]\([^)]+\)", before) == re.findall(r"`[^`]+`|\]\([^)]+\)", after)
        if before.lstrip().startswith("|"):
            assert before.replace("\\|", "").count("|") == after.replace("\\|", "").count("|")
            assert "|" not in "".join(re.findall(r"\$([^$]+)\$", after))  # a bar ends a cell; escaped it would be no norm
        plain = re.sub(r"\$[^$\n]+\$", "", after)
        assert all(word in before for word in re.findall(r"[A-Za-z]{3,}", plain))


def test_every_formula_of_statements_and_notebooks_becomes_mathml():
    formulas = notebooks.formulas()
    for statement in dw.statements.statements():
        for part in statement.parts.values():
            formulas += [what for kind, what, _ in text.spans(part) if kind == "math"]
    assert len(formulas) > 1000
    for formula in set(formulas):
        assert mathematics.mathml(formula).startswith("<math")


@pytest.mark.parametrize("formula", [r"\nosuchcommand x", r"\begin{pmatrix} 1"])
def test_a_formula_that_cannot_be_set_is_refused(formula: str):
    with pytest.raises(mathematics.NoFormula):
        mathematics.mathml(formula)


def docstrings_of_the_library() -> list[tuple[str, str]]:
    found = {}
    for part in modules.PARTS:
        for name in modules.modules(part):
            module = import_module(name)
            found[name] = module.__doc__
            for key, value in vars(module).items():
                if (inspect.isfunction(value) or inspect.isclass(value)) and value.__module__ == name:
                    found[f"{name}.{key}"] = value.__doc__
    return [(name, inspect.cleandoc(doc)) for name, doc in found.items() if doc]


def test_every_docstring_becomes_text_without_faults():
    from docutils.core import publish_doctree
    from docutils.utils import Reporter

    given = docstrings_of_the_library()
    assert len(given) > 500
    lines = [line for _, doc in given for line in (*docstrings.as_rst(doc.splitlines()), "")]
    messages: list[str] = []
    stream = type("Stream", (), {"write": lambda self, message: messages.append(message)})()
    settings = {"report_level": Reporter.INFO_LEVEL, "warning_stream": stream, "halt_level": 5, "syntax_highlight": "none"}
    publish_doctree("\n".join(lines), settings_overrides=settings)
    faults = [message for message in messages if "Duplicate implicit" not in message]
    assert faults == []


def test_columns_formulas_and_examples_of_a_docstring_are_told_apart():
    doc = """The step of a layer.

        S ← (I − β k kᵀ) S + β k vᵀ

    beta     in [0, 2]; a second
             line of it
    Raises   BadStep, where ‖k‖ is 0
    Sentences.  They are no row.

    >>> 1 + 1
    2
    """
    found = "\n".join(docstrings.as_rst(inspect.cleandoc(doc).splitlines()))
    assert ".. rst-class:: formulas\n\n| :math:`S \\leftarrow" in found
    assert "``beta``\n    \\in :math:`[0, 2]`\\ ; a second line of it" in found
    assert "\\Raises\n    \\BadStep, where :math:`\\|k\\|` is 0" in found
    assert "\\Sentences. They are no row." in found
    assert ".. code-block:: pycon\n\n    >>> 1 + 1\n    2" in found


@pytest.mark.parametrize(
    "module",
    [machines, theorems, benchmarks, trained, modules, notebooks, mathematics, docstrings, text, prose, writing],
    ids=lambda m: m.__name__,
)
def test_the_examples_in_the_generators_run(module: Any):
    assert doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE).failed == 0


@pytest.mark.parametrize("page", BY_HAND, ids=lambda path: path.stem)
def test_the_examples_of_pages_written_by_hand_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    blocks = re.findall(r"^```pycon\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    source = "\n".join(blocks)
    if not source:
        return
    monkeypatch.chdir(tmp_path)
    test = doctest.DocTestParser().get_doctest(source, {}, page.stem, str(page), 0)
    said: list[str] = []
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    doctest.DocTestRunner(optionflags=flags, verbose=False).run(test, out=said.append)
    assert not said, "".join(said)


def shell_commands() -> list[str]:
    """Every line `deltaword …` in a block of shell, without remarks and with its continuations; every such code in a sentence."""
    found = []
    for page in BY_HAND:
        source = page.read_text("utf-8")
        for block in re.findall(r"^ *```sh\n(.*?)^ *```", source, re.MULTILINE | re.DOTALL):
            lines = re.sub(r"\\\n\s*", "", block).splitlines()
            found += [line.partition("  #")[0].strip() for line in lines if line.strip().startswith("deltaword ")]
        prose_only = re.sub(r"```.*?```", "", source, flags=re.DOTALL)
        found += [" ".join(code.split()) for code in re.findall(r"`(deltaword [^`]+)`", prose_only)]
    return sorted(set(found))


@pytest.mark.parametrize("line", shell_commands())
def test_commands_of_pages_written_by_hand_are_understood(line: str):
    typer = pytest.importorskip("typer")
    name, *arguments = shlex.split(line.replace("…", "x"))[1:]
    command = typer.main.get_command(import_module("deltaword.cli").app).commands[name]
    while hasattr(command, "commands"):
        command = command.commands[arguments.pop(0)]
    command.make_context(name, arguments or ["x"])


def test_links_of_pages_written_by_hand_lead_to_pages():
    written = {f"gallery/{name}.rst" for name in dw.languages.names()} | {"gallery/classification.md"}
    written |= {f"theorems/{statement.name}.rst" for statement in dw.statements.statements()}
    written |= {f"{folder}/index.rst" for folder in ("gallery", "theorems", "benchmarks", "reference")}
    written |= {"reference/command_line.rst", "notebooks/index.md", "proofs/index.md", "kernels/index.md"}
    written |= {"trained/constructed.rst", *(f"trained/{path.name}" for path in TRAINED.glob("*.md"))}
    written |= {f"notebooks/{path.name}" for path in (ROOT / "notebooks").glob("*.ipynb")}
    links = [
        (page, link) for page in BY_HAND for link in re.findall(r"\]\(([^)#\s]+)", page.read_text("utf-8")) if ":" not in link
    ]
    assert len(links) > 40
    for page, link in links:
        target = (page.parent / link).resolve()
        known = DOCS in target.parents and target.relative_to(DOCS).as_posix() in written
        assert known or target.is_file(), (page.name, link)


# ---------------------------------------------------------------------- the built site

GOOD = """<html><head><link rel="stylesheet" href="a.css"></head><body><h1 id="here">x</h1><a href="#here">y</a>
<a href="https://arxiv.org">out</a><pre>$\\alpha$</pre><img src="data:image/png;base64,AA"></body></html>"""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('href="#here"', 'href="#there"'), "without that place"),
        (('href="#here"', 'href="other.html"'), "leads nowhere"),
        (('href="a.css"', 'href="https://cdn.example/a.css"'), "loaded from a network"),
        (("<pre>", '<script src="//cdn.example/a.js"></script><pre>'), "loaded from a network"),
        (("data:image/png;base64,AA", "gone.png"), "gone.png is not there"),
        (("<pre>$\\alpha$</pre>", "<p>$\\alpha$</p>"), "mathematics that is not set"),
        (("<pre>", "<style>@import 'https://fonts.example/a.css';</style><pre>"), "loaded from a network"),
    ],
)
def test_the_check_of_the_site_objects(tmp_path: Path, change: tuple[str, str], said: str):
    (tmp_path / "a.css").write_text("p { color: red }")
    (tmp_path / "index.html").write_text(GOOD)
    assert list(checking.problems(tmp_path)) == []
    assert change[0] in GOOD
    (tmp_path / "index.html").write_text(GOOD.replace(*change))
    (found,) = checking.problems(tmp_path)
    assert said in found


def test_a_part_of_the_site_builds_without_a_warning_and_needs_no_network(tmp_path: Path):
    for path in ROOT.iterdir():
        if path.name != "docs" and not path.name.startswith("."):
            (tmp_path / path.name).symlink_to(path)
    ignored = shutil.ignore_patterns("_build", "__pycache__", *GENERATED)
    shutil.copytree(
        DOCS, tmp_path / "docs", ignore=lambda folder, names: ignored(folder, names) if Path(folder) == DOCS else set()
    )
    site = tmp_path / "docs" / "_build" / "html"
    result = subprocess.run(
        [sys.executable, "-P", "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", str(tmp_path / "docs"), str(site)],
        cwd=tmp_path / "docs",
        env={**os.environ, "DELTAWORD_DOCS_PART": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    left_out = re.compile(r"the link #\S+\.(rst|ipynb|md) leads to a page without that place")  # of the part, and of it only
    assert [problem for problem in checking.problems(site) if not left_out.search(problem)] == []
    page = (site / "theorems" / "norm.html").read_text("utf-8")
    assert "<math" in page
    assert "mathjax" not in page.lower()
    assert (site / "_static" / mathematics.FONT).stat().st_size > 100_000
