"""Compiles the proofs of this folder and asks Coq what each theorem rests on:  python proofs/check.py [FOLDER]

Gate          every .v file is listed in _CoqProject, in an order in which no file needs a later one;
              none has a way around a proof (Admitted, Axiom, ...); all compile;
              and for every Theorem and Corollary, `Print Assumptions` answers "Closed under the global context": no axioms.
Needs         coqc and MathComp: on Debian and Ubuntu the packages named in PACKAGES.
Exit codes    0 all proved, 1 refused with the reason, 2 no Coq here.

Everything is made in a temporary folder; the tree stays as it is.  What no gate can see is whether a statement says what it should:
read the statements.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
PACKAGES = "coq libcoq-mathcomp-algebra libcoq-mathcomp-algebra-tactics"
PREFIX = "Deltaword"
CLOSED = "Closed under the global context"
FORBIDDEN = re.compile(
    r"\b(Admitted|admit|give_up|Axioms?|Parameters?|Conjectures?|Admit\s+Obligations|bypass_check|Load|Drop"
    r"|Declare\s+ML\s+Module|Unset\s+(?:Guard|Positivity|Universe)\s+Checking|type-in-type)\b"
)
SECONDS_A_FILE = 300


class Refused(Exception):
    """A file or theorem that the gate does not let pass."""


class File(NamedTuple):
    """name without .v, text without comments, the files of this folder it needs, and its theorems."""

    name: str
    text: str

    @property
    def needs(self) -> list[str]:
        found = re.findall(rf"From\s+{PREFIX}\s+Require\s+(?:Import|Export)\s+([\w\s]+?)\.", self.text)
        return [name for names in found for name in names.split()]

    @property
    def theorems(self) -> list[str]:
        return re.findall(r"\b(?:Theorem|Corollary)\s+([\w']+)", self.text)


def without_comments(text: str) -> str:
    """Coq's comments nest."""
    kept, depth = [], 0
    for part in re.split(r"(\(\*|\*\))", text):
        if part == "(*":
            depth += 1
        elif part == "*)" and depth:
            depth -= 1
        elif not depth:
            kept.append(part)
    return "".join(kept)


def files(folder: Path = HERE) -> list[File]:
    """The files that _CoqProject lists, in its order. Raises Refused for one that is not there, not listed or listed too early."""
    listed = [line[:-2] for line in (folder / "_CoqProject").read_text().split() if line.endswith(".v")]
    there = {path.stem for path in folder.glob("*.v")}
    if there != set(listed):
        raise Refused(f"_CoqProject and the folder differ: {sorted(there ^ set(listed))}")
    found: list[File] = []
    for name in listed:
        file = File(name, without_comments((folder / f"{name}.v").read_text("utf-8")))
        late = set(file.needs) - {earlier.name for earlier in found}
        if late:
            raise Refused(f"{name}.v needs {sorted(late)}, which _CoqProject does not list before it")
        if way := FORBIDDEN.search(file.text):
            raise Refused(f"{name}.v has {way[0]!r}, a way around a proof")
        found.append(file)
    return found


def coqc(path: Path) -> str:
    """What coqc prints. Raises Refused when it fails."""
    command = ["coqc", "-q", "-w", "none", "-Q", ".", PREFIX, path.name]
    try:
        done = subprocess.run(command, cwd=path.parent, capture_output=True, text=True, timeout=SECONDS_A_FILE)
    except subprocess.TimeoutExpired:
        raise Refused(f"{path.name} takes more than {SECONDS_A_FILE} s") from None
    if done.returncode != 0:
        hint = f" (install {PACKAGES})" if "mathcomp" in done.stderr and "load path" in done.stderr else ""
        raise Refused(f"coqc refuses {path.name}{hint}: {done.stderr.strip()}")
    return done.stdout


def assumptions(build: Path, file: File) -> None:
    """Raises Refused, with what it rests on, for a theorem that is not proved outright."""
    if not file.theorems:
        return
    asked = "".join(f"Print Assumptions {PREFIX}.{file.name}.{theorem}.\n" for theorem in file.theorems)
    probe = build / f"assumptions_of_{file.name}.v"
    probe.write_text(f"From {PREFIX} Require {file.name}.\n{asked}")
    answers = re.split(rf"^(?={CLOSED}|Axioms:)", coqc(probe), flags=re.MULTILINE)[1:]
    if len(answers) != len(file.theorems):
        raise Refused(f"{file.name}.v: {len(file.theorems)} theorems, but Coq answers {answers}")
    for theorem, answer in zip(file.theorems, answers, strict=True):
        if answer.strip() != CLOSED:
            raise Refused(f"{file.name}.v: {theorem} rests on {' '.join(answer.split())}")


def check(folder: Path = HERE) -> dict[str, float]:
    """The seconds that each file took. Raises Refused."""
    listed = files(folder)
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        build = Path(scratch)
        jobs: dict[str, Future[float]] = {}

        def prove(file: File) -> float:
            for needed in file.needs:  # listed before, so under way already
                jobs[needed].result()
            begun = perf_counter()
            shutil.copy(folder / f"{file.name}.v", build)
            coqc(build / f"{file.name}.v")
            assumptions(build, file)
            return perf_counter() - begun

        for file in listed:
            jobs[file.name] = pool.submit(prove, file)
        return {name: job.result() for name, job in jobs.items()}


def main(folder: Path = HERE) -> int:
    if shutil.which("coqc") is None:
        print(f"coqc is not installed; on Debian or Ubuntu: apt-get install {PACKAGES}", file=sys.stderr)
        return 2
    try:
        seconds = check(folder)
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 1
    for file in files(folder):
        print(f"{file.name + '.v':28}{seconds[file.name]:5.1f} s   {', '.join(file.theorems) or '(lemmas for the others)'}")
    print(f"{sum(len(file.theorems) for file in files(folder))} theorems proved, without axioms")
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:2])))
