"""The Coq proofs: all compile without axioms, the gate refuses what is not proved, and who names a theorem names one that is there.

Without coqc the tests that run it are skipped; with DELTAWORD_REQUIRE_COQ set (.ci/run sets it) they fail instead.
"""

import importlib.util
import os
import re
import shutil
from pathlib import Path

import pytest

from deltaword.theory.statements import statements

ROOT = Path(__file__).resolve().parent.parent
SPEC = importlib.util.spec_from_file_location("deltaword_proofs_check", ROOT / "proofs" / "check.py")
assert SPEC is not None
assert SPEC.loader is not None
gate = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(gate)

needs_coq = pytest.mark.skipif(
    shutil.which("coqc") is None and not os.environ.get("DELTAWORD_REQUIRE_COQ"),
    reason=f"coqc is not installed (Debian: {gate.PACKAGES})",
)
THEOREMS = {file.name: file.theorems for file in gate.files()}
PROVED = "Theorem right : 1 + 1 = 2. Proof. reflexivity. Qed.\n"


def folder(tmp_path, text, name="planted", listed=None):
    (tmp_path / f"{name}.v").write_text(text)
    (tmp_path / "_CoqProject").write_text("\n".join(["-Q . Deltaword", *(listed or [f"{name}.v"])]))
    return tmp_path


# ---------------------------------------------------------------------- the proofs


@needs_coq
def test_all_theorems_are_proved_without_axioms():
    before = sorted(path.name for path in gate.HERE.iterdir())
    assert set(gate.check()) == set(THEOREMS)
    assert sorted(path.name for path in gate.HERE.iterdir() if path.name != "__pycache__") == [
        name for name in before if name != "__pycache__"
    ], "the gate leaves nothing in the tree"


def test_a_missing_coq_is_said_with_the_packages(monkeypatch, capsys):
    monkeypatch.setattr(gate.shutil, "which", lambda name: None)
    assert gate.main() == 2
    assert gate.PACKAGES in capsys.readouterr().err


# ---------------------------------------------------------------------- what is written about them


def test_the_readme_lists_the_theorems_that_the_gate_checks():
    text = (ROOT / "proofs" / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)\.v` \| `([\w']+)` \|", text, re.MULTILINE)
    assert rows == [(name, theorem) for name, theorems in THEOREMS.items() for theorem in theorems]


def test_statements_name_theorems_that_the_gate_checks():
    named = {statement.name: statement.parts["Coq"] for statement in statements() if "Coq" in statement.parts}
    assert named
    for statement, text in named.items():
        found = re.findall(r"proofs/(\w+)\.v, ([\w']+)", text)
        assert found, f"{statement}: {text!r} names no theorem as “proofs/FILE.v, THEOREM”"
        for file, theorem in found:
            assert theorem in THEOREMS.get(file, []), f"{statement} names {file}.v, {theorem}, which the gate does not check"


def test_the_readme_and_the_statements_name_each_other():
    text = (ROOT / "proofs" / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)\.v` \| `([\w']+)` \|.*\| ([^|]*) \|$", text, re.MULTILINE)
    in_readme = {(name, file, theorem) for file, theorem, cell in rows for name in re.findall(r"`(\w+)`", cell)}
    in_statements = {
        (statement.name, *pair)
        for statement in statements()
        for pair in re.findall(r"proofs/(\w+)\.v, ([\w']+)", statement.parts.get("Coq", ""))
    }
    assert in_readme == in_statements


# ---------------------------------------------------------------------- the gate can refuse


@needs_coq
def test_the_gate_passes_a_proof(tmp_path, capsys):
    assert gate.main(folder(tmp_path, PROVED)) == 0
    assert "1 theorems proved" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "way"),
    [
        ("Theorem wrong : 1 + 1 = 3. Proof. Admitted.", "Admitted"),
        ("Theorem wrong : 1 + 1 = 3. Proof. admit. Admitted.", "admit"),
        ("Axiom wrong : 1 + 1 = 3.", "Axiom"),
        ("Parameter wrong : 1 + 1 = 3.", "Parameter"),
        ("Conjecture wrong : 1 + 1 = 3.", "Conjecture"),
        ("Theorem wrong : 1 + 1 = 3. Proof. give_up. Qed.", "give_up"),
        ("Unset Guard Checking. Fixpoint wrong (n : nat) : False := wrong n.", "Unset Guard Checking"),
        ("(* a comment (* in a comment *) *) Axiom wrong : False.", "Axiom"),
    ],
)
def test_ways_around_a_proof_are_refused_by_name(tmp_path, capsys, text, way):
    assert gate.main(folder(tmp_path, text)) in (1, 2)
    with pytest.raises(gate.Refused, match=way):
        gate.files(tmp_path)


def test_comments_may_speak_of_axioms(tmp_path):
    assert gate.files(folder(tmp_path, "(* no Axiom (* or Admitted *) here *)\n" + PROVED))[0].theorems == ["right"]


@needs_coq
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Theorem wrong : 1 + 1 = 3. Proof. reflexivity. Qed.", "Unable to unify"),
        ("Theorem wrong : 1 + 1 = 2. Proof.", "planted.v"),
        ("Hypothesis wrong : 1 + 1 = 3. Theorem rests : 2 = 3. Proof. exact wrong. Qed.", "rests on Axioms: planted.wrong"),
        (
            PROVED + "Require Import Classical. Corollary middle (P : Prop) : P \\/ ~ P. Proof. apply classic. Qed.",
            "planted.v: middle rests on Axioms: Classical_Prop.classic",
        ),
    ],
)
def test_what_is_not_proved_outright_is_refused_with_the_reason(tmp_path, text, reason):
    with pytest.raises(gate.Refused, match=re.escape(reason)):
        gate.check(folder(tmp_path, text))


def test_a_file_that_is_not_listed_is_refused(tmp_path):
    (tmp_path / "other.v").write_text("Axiom wrong : False.")
    with pytest.raises(gate.Refused, match="other"):
        gate.files(folder(tmp_path, PROVED))


def test_a_file_that_needs_a_later_one_is_refused(tmp_path):
    (tmp_path / "later.v").write_text(PROVED)
    text = "From Deltaword Require Import later. Theorem two : 1 + 1 = 2. Proof. exact right. Qed."
    with pytest.raises(gate.Refused, match="later"):
        gate.files(folder(tmp_path, text, listed=["planted.v", "later.v"]))


@needs_coq
def test_a_file_may_need_an_earlier_one(tmp_path):
    (tmp_path / "earlier.v").write_text(PROVED)
    text = "From Deltaword Require Import earlier. Theorem two : 1 + 1 = 2. Proof. exact right. Qed."
    assert set(gate.check(folder(tmp_path, text, listed=["earlier.v", "planted.v"]))) == {"earlier", "planted"}


@needs_coq
def test_a_false_variant_of_the_norm_bound_is_refused(tmp_path):
    for name in ("_CoqProject", "householder.v"):
        shutil.copy(gate.HERE / name, tmp_path)
    right = (tmp_path / "householder.v").read_text("utf-8")
    wrong = right.replace("0 <= f.1 * nsq f.2 <= 2%:R", "0 <= f.1 * nsq f.2 <= 3%:R")
    assert wrong != right
    with pytest.raises(gate.Refused, match="coqc refuses householder"):
        gate.check(folder(tmp_path, wrong, "householder"))
