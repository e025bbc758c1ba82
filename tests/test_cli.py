"""The command line: what it prints, what it saves, and its exit codes 0, 1, 2 and 130."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
import safetensors.torch
import torch
from typer.testing import CliRunner, Result

import deltaword as dw
from deltaword import cli
from deltaword.report import print_table, read_word


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli.app, list(map(str, arguments)), prog_name="deltaword")


def in_a_process(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-P", *arguments], capture_output=True, text=True, timeout=120, encoding="utf-8")


def damage(folder: Path, name: str) -> None:
    """Turn the sign of one tensor of a saved network."""
    weights = safetensors.torch.load_file(folder / "weights.safetensors")
    weights[name] = -weights[name]
    safetensors.torch.save_file(weights, folder / "weights.safetensors")


@pytest.fixture
def parity(tmp_path: Path) -> Path:
    assert run("compile", "--language", "parity", "--out", tmp_path / "parity").exit_code == 0
    return tmp_path / "parity"


# ---------------------------------------------------------------------- compile and check


def test_compile_prints_machine_plan_and_certificate():
    result = run("compile", "(.*r)?(aa|b)*", "--alphabet", "abr")
    assert result.exit_code == 0
    assert result.stderr == ""
    machine, layer, *_, claim = result.stdout.splitlines()
    assert machine == "machine  3 states, 3 letters (a b r), start 0, 1 accepting"
    assert layer.startswith("layer 1  ")
    assert claim.startswith("claim    holds: ")
    assert "all lengths (grade 1, F32" in claim


@pytest.mark.parametrize("keys", ["raw", "unit"])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16", "float64"])
def test_saved_networks_hold_in_every_format(tmp_path: Path, keys: str, dtype: str):
    assert run("compile", "([ab]*b)?(aa)*", "--keys", keys, "--dtype", dtype, "--out", tmp_path / "new" / "net").exit_code == 0
    net = dw.load(tmp_path / "new" / "net")
    assert net.readout.weight.dtype == getattr(torch, dtype)
    assert net.plan.keys == keys
    assert net.states("aabaab") == dw.DFA.from_regex("([ab]*b)?(aa)*").states("aabaab")
    result = run("check", tmp_path / "new" / "net")
    assert result.exit_code == 0
    assert result.stdout.startswith("true     holds: ")


def test_compile_says_when_a_pattern_is_also_a_name():
    result = run("compile", "parity")
    assert result.exit_code == 0
    assert result.stderr == "deltaword: 'parity' was read as a pattern; the gallery's machine is --language parity\n"


@pytest.mark.parametrize("name", ["layers.0.b_proj.weight", "readout.weight"])
def test_check_shows_a_word_on_which_damaged_weights_are_wrong(parity: Path, name: str):
    damage(parity, name)
    result = run("check", parity)
    assert result.exit_code == 1
    assert result.stdout.splitlines()[0] == "false    these are not the weights that the certificate was written for"
    net, dfa = dw.load(parity), dw.languages.get("parity")
    word = dw.certify(net, dfa).counterexample
    assert net.states(word) != dfa.states(word)
    assert f"found    does not hold: {word!r} tells them apart" in result.stdout


def test_check_refuses_right_weights_that_the_certificate_was_not_written_for(parity: Path, tmp_path: Path):
    run("compile", "--language", "parity", "--dtype", "bfloat16", "--out", tmp_path / "other")
    (parity / "weights.safetensors").write_bytes((tmp_path / "other" / "weights.safetensors").read_bytes())
    result = run("check", parity)
    assert result.exit_code == 1
    assert "found    holds: " in result.stdout


def test_check_refuses_a_certificate_that_claims_too_much(parity: Path):
    path = parity / "certificate.json"
    certificate = dw.Certificate.load(path)
    replace(certificate, dfa=~certificate.dfa).save(path)
    result = run("check", parity)
    assert result.exit_code == 1
    assert result.stdout.startswith("false    the certificate says: holds")
    assert "found    does not hold: '' tells them apart" in result.stdout


def test_a_new_network_takes_the_place_of_an_old_one_and_of_its_coq_file(parity: Path):
    (parity / "certificate.v").write_text("about parity")
    assert run("compile", "a*b*", "--out", parity).exit_code == 0
    assert sorted(file.name for file in parity.iterdir()) == ["certificate.json", "network.json", "weights.safetensors"]


def test_check_says_how_to_prove_a_network_that_was_saved_alone(parity: Path):
    (parity / "certificate.json").unlink()
    result = run("check", parity)
    assert result.exit_code == 2
    assert result.stderr.endswith(f"no certificate.json; to prove it right: deltaword certify {parity}\n")
    assert run("certify", parity).exit_code == 0


def test_compile_saves_nothing_when_the_claim_is_false(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    right = dw.compile

    def damaged(dfa, keys, **limits):
        net = right(dfa, keys, **limits)
        net.layer.b_proj.weight.mul_(0.5)
        return net

    monkeypatch.setattr("deltaword.nets.compile.compile", damaged)
    result = run("compile", "--language", "parity", "--out", tmp_path / "net")
    assert result.exit_code == 1
    assert "claim    does not hold: '1' tells them apart" in result.stdout
    assert result.stderr == "deltaword: nothing was saved\n"
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["compile"], "give either a PATTERN or --language NAME"),
        (["compile", "a", "--language", "parity"], "give either a PATTERN or --language NAME"),
        (["compile", "--language", "parity", "--alphabet", "01"], "--alphabet is for patterns"),
        (["compile", "a*b*", "--layers", "1"], "NotCompilable: "),
        (["compile", "(a"], "PatternSyntax: "),
        (["compile", r"(a)\1"], "NotRegular: "),
        (["compile", ""], "EmptyAlphabet: "),
        (["compile", "abc", "--alphabet", "ab"], "UnknownLetter: "),
        (["compile", "a", "--alphabet", "aa"], "DuplicateLetter: "),
        (["compile", "--language", "paritty"], "UnknownLanguage: no language 'paritty'; did you mean 'parity'?"),
        (["compile", "a", "--dtype", "int8"], "Invalid value for '--dtype'"),
        (["check", "no such folder"], "NotReadable: "),
        (["show", "mod_0"], "UnknownLanguage: 'mod_0' is mod_{m} with m = 0"),
        (["show", "parity", "--word", "012"], "UnknownLetter: letter '2' at position 2"),
        (["show", "S_3", "--word", "(0 1)(1 2)"], "UnknownLetter: no letter at column 0 of '(0 1)(1 2)'"),
        (["show", "parity", "--svg", "no such folder/parity.svg"], "NotWritable: "),
        (["show", "parity", "--dot", "no such folder/parity.dot"], "NotWritable: "),
        (["show"], "Missing argument 'NAME_OR_PATTERN'"),
        (["frobnicate"], "No such command 'frobnicate'"),
        (["--frobnicate"], "No such option: --frobnicate"),
    ],
)
def test_bad_input_ends_with_one_line_and_2(arguments: list[str], reason: str):
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"deltaword: {reason}")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("file", ["weights.safetensors", "certificate.json"])
def test_truncated_files_are_bad_input(parity: Path, file: str):
    whole = (parity / file).read_bytes()
    (parity / file).write_bytes(whole[: len(whole) // 2])
    result = run("check", parity)
    assert result.exit_code == 2
    assert result.stderr.startswith("deltaword: CorruptFile: ")


def test_nothing_is_left_where_nothing_can_be_saved(tmp_path: Path):
    (tmp_path / "file").write_text("kept")
    for out in (tmp_path / "file", tmp_path / "file" / "net"):
        for command in (["compile", "(a|b)*a"], ["demo"]):
            result = run(*command, "--out", out)
            assert result.exit_code == 2
            assert result.stderr.startswith("deltaword: NotWritable: ")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "kept"


def test_memory_that_runs_out_is_said(monkeypatch: pytest.MonkeyPatch):
    def too_large(dfa, keys, **limits):
        raise MemoryError("Unable to allocate 7 TiB")

    assert dw.compile is not None  # the front door has found the real one
    monkeypatch.setattr("deltaword.nets.compile.compile", too_large)
    result = run("compile", "a")
    assert (result.exit_code, result.stderr) == (2, "deltaword: not enough memory: Unable to allocate 7 TiB\n")


# ---------------------------------------------------------------------- languages and show


def test_languages_lists_every_machine_and_family_on_a_line_of_its_own():
    result = run("languages")
    assert result.exit_code == 0
    lines = {line.split()[0]: line for line in result.stdout.splitlines() if line.strip()}
    for entry in dw.languages.entries():
        dfa = entry.build()
        assert lines[entry.name].split()[1:3] == [str(dfa.n_states), str(dfa.n_letters)]
        assert entry.reason in lines[entry.name]
    for family in dw.languages.families():
        assert family.reason in lines[family.template]


def test_a_name_of_the_gallery_wins_over_a_pattern():
    assert run("show", "parity").stdout.startswith("gallery  parity: binary words")
    assert run("show", "mod_7").stdout.startswith("gallery  mod_7: ")
    assert run("show", "parity", "--alphabet", "party i").stdout.startswith("pattern  parity\nmachine  8 states")


def test_a_misspelt_name_is_a_pattern_and_said_to_be():
    result = run("show", "paritty")
    assert result.exit_code == 0
    assert result.stderr == "deltaword: 'paritty' was read as a pattern; the gallery has 'parity'\n"


def test_show_prints_the_table_and_what_each_letter_does():
    lines = [line.split() for line in run("show", "even_a_since_b", "--word", "aba").stdout.splitlines()]
    for line in (
        ["state", "a", "b"],
        ["→", "0", "even", "✓", "1", "0"],
        ["1", "odd", "0", "0"],
        ["minimal", "yes"],
        ["letter", "a", "permutes:", "(0", "1)"],
        ["letter", "b", "resets", "to", "0"],
        ["word", "a", "b", "a:", "rejected,", "states", "0", "1", "0", "1"],
    ):
        assert line in lines


def test_tables_show_brackets_and_colons_as_they_are(capsys: pytest.CaptureFixture[str]):
    print_table(["[b]", ":a:"], [["[red]x[/red]", ":smile:"]])
    header, _, row = (line.split() for line in capsys.readouterr().out.splitlines() if line.strip())
    assert header + row == ["[b]", ":a:", "[red]x[/red]", ":smile:"]


def test_show_prints_letters_that_would_not_be_seen_in_quotes():
    result = run("show", r"\[b\]*", "--alphabet", "[b]/ \n")
    assert result.exit_code == 0
    assert "6 letters ([ b ] / ' ' '\\n')" in result.stdout
    assert ["state", "[", "b", "]", "/", "'", "'", "'\\n'"] in [line.split() for line in result.stdout.splitlines()]


def test_show_cuts_large_tables():
    result = run("show", "mod_1000")
    assert "cut      40 of 1,000 states and 2 of 2 letters are shown" in result.stdout
    assert "letter   1 permutes\n" in result.stdout


def test_show_draws_and_marks_the_word(tmp_path: Path):
    svg, dot = tmp_path / "S_3.svg", tmp_path / "S_3.dot"
    result = run("show", "S_3", "--word", "(0 1) (1 2)", "--svg", svg, "--dot", dot)
    assert result.exit_code == 0
    dfa = dw.languages.get("S_3")
    assert svg.read_text("utf-8") == dfa.to_svg(["(0 1)", "(1 2)"])
    assert dot.read_text("utf-8") == dfa.to_dot(["(0 1)", "(1 2)"]) != dfa.to_dot()


def test_words_of_long_letters_are_read_with_spaces_between():
    dfa = dw.groups.symmetric(4).word_problem()
    assert read_word(dfa, " (0 1) (2 3)  (0 1)(2 3) () ") == ["(0 1)", "(2 3)", "(0 1)(2 3)", "()"]
    assert read_word(dfa, "") == []
    assert read_word(dw.languages.get("Z_12"), "1 11 0") == ["1", "11", "0"]


# ---------------------------------------------------------------------- the demonstration, and the command as a process


def test_demo_saves_three_networks_that_check(tmp_path: Path):
    result = run("demo", "--out", tmp_path / "nets")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1].startswith("done     3 of 3 networks")
    for name in ("reset", "parity", "S_3"):
        assert run("check", tmp_path / "nets" / name).exit_code == 0


def test_demo_notices_a_network_that_does_not_come_back_as_it_went(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    load = dw.load

    def damaged(folder: Path):
        net = load(folder)
        if folder.name == "parity":
            net.readout.weight.neg_()
        return net

    monkeypatch.setattr(dw, "load", damaged)
    result = run("demo", "--out", tmp_path)
    assert result.exit_code == 1
    assert result.stdout.count("NETWORK AND MACHINE VISIT DIFFERENT STATES") == 1
    assert "done     2 of 3" in result.stdout


def test_demo_notices_weights_that_change_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    load = dw.load

    def damaging(folder: Path):
        net = load(folder)
        damage(folder, "readout.weight")
        return net

    monkeypatch.setattr(dw, "load", damaging)
    result = run("demo", "--out", tmp_path)
    assert result.exit_code == 1
    assert result.stdout.count("THE CERTIFICATE IS FALSE OF THE WEIGHTS") == 3
    assert "done     0 of 3" in result.stdout


def test_version_and_help():
    assert run("--version").stdout == f"deltaword {dw.__version__}\n"
    assert (run().exit_code, run().stdout) == (0, run("--help").stdout)
    for command in ("compile", "check", "languages", "show", "demo"):
        assert run(command, "--help").exit_code == 0


def test_the_command_as_a_process_has_these_exit_codes_and_streams():
    right = in_a_process("-m", "deltaword", "show", "(ab|ba)*", "--word", "abba")
    assert (right.returncode, right.stderr) == (0, "")
    assert "word     a b b a: accepted, states 0 " in right.stdout
    wrong = in_a_process("-m", "deltaword", "compile", "a*b*", "--layers", "1")
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("deltaword: NotCompilable: ")
    assert wrong.stderr.count("\n") == 1


def test_letters_that_the_terminal_cannot_write_are_escaped():
    result = in_a_process("-X", "utf8=0", "-c", "import sys; sys.stdout.reconfigure(encoding='ascii'); " + START, "show", "é*")
    assert (result.returncode, result.stderr) == (0, "")
    assert r"1 letter (\xe9)" in result.stdout


def test_commands_that_make_no_network_do_not_load_torch():
    result = in_a_process("-c", f"try:\n {START}\nfinally:\n print('torch' in sys.modules)", "languages")
    assert result.stdout.splitlines()[-1] == "False"


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent in another way there")
def test_ctrl_c_ends_with_130_and_no_traceback():
    listens = (
        "import os, signal, time; signal.signal(signal.SIGINT, signal.default_int_handler)"  # jobs in the background do not
    )
    interrupt = "languages.entries = lambda: (os.kill(os.getpid(), signal.SIGINT), time.sleep(30))"
    result = in_a_process("-c", f"from deltaword import languages; {listens}; {interrupt}; {START}", "languages")
    assert (result.returncode, result.stdout) == (130, "")
    assert "Traceback" not in result.stderr


START = "import sys; from deltaword.cli import main; sys.argv[0] = 'deltaword'; main()"


def test_theorems_are_checked_and_told(monkeypatch: pytest.MonkeyPatch):
    from deltaword.theory.statements import table

    monkeypatch.setattr(
        "deltaword.theory.statements.table", lambda: islice(table(), 6)
    )  # all of them: tests/test_statements.py
    result = run("theorems")
    assert result.exit_code == 0, result.output
    assert "\n✓ three_projections\n" in result.stdout
    assert "FAILS" not in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 120
    told = run("theorems", "norm")
    assert told.exit_code == 0
    assert told.stdout.startswith("Products of generalized Householder matrices have norm at most 1.\n")
    assert "\nrefuted     " in told.stdout
    unknown = run("theorems", "nrom")
    assert (unknown.exit_code, "did you mean" in unknown.stderr) == (2, True)


def test_a_theorem_that_fails_is_said(monkeypatch: pytest.MonkeyPatch):
    from deltaword.theory.statements import table

    rows = [row._replace(holds=row.name != "norm") for row in islice(table(), 3)]
    monkeypatch.setattr("deltaword.theory.statements.table", lambda: rows)
    result = run("theorems")
    assert result.exit_code == 1
    assert [line for line in result.stdout.splitlines() if line[0] != " "] == [
        "✓ eigenvalues",
        "✗ norm FAILS",
        "✓ unit_modulus",
        *result.stdout.splitlines()[-1:],
    ]
    assert result.stdout.endswith("these fail: norm\n")
