"""What is installed: the package, the whole package, and nothing but the package."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from zipfile import ZipFile

import pytest

import deltaword

ROOT = Path(__file__).parent.parent
FOLDERS = ("automata", "theory", "nets", "kernels")
LEFT_OUT = shutil.ignore_patterns("__pycache__", ".*", "build", "_build", "dist", "*.egg-info", "demo-networks", "runs")


def build(what: str, source: Path) -> Path:
    """The wheel or sdist of a source tree, by the build backend that pip would call; no network."""
    (source / "dist").mkdir(exist_ok=True)
    code = f"from setuptools import build_meta; print(build_meta.build_{what}('dist'))"
    result = subprocess.run([sys.executable, "-c", code], cwd=source, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return source / "dist" / result.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout, so that building leaves nothing here and finds nothing of an earlier build."""
    copy = tmp_path_factory.mktemp("source") / "checkout"
    shutil.copytree(ROOT, copy, symlinks=True, ignore=LEFT_OUT)
    return copy


@pytest.fixture(scope="module")
def wheel(source: Path) -> Path:
    return build("wheel", source)


def names(wheel: Path) -> set[str]:
    with ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_four_folders_are_linked_into_the_package():
    for folder in FOLDERS:
        assert os.readlink(ROOT / "deltaword" / folder) == f"../{folder}"


def test_the_wheel_has_every_module_and_nothing_else(wheel: Path):
    modules = {f"deltaword/{file.name}" for file in (ROOT / "deltaword").glob("*.py")} | {"deltaword/py.typed"}
    modules |= {f"deltaword/commands/{file.name}" for file in (ROOT / "deltaword" / "commands").glob("*.py")}
    for folder in FOLDERS:
        modules |= {f"deltaword/{file.relative_to(ROOT).as_posix()}" for file in (ROOT / folder).rglob("*.py")}
    assert {"deltaword/theory/checker/verdict.py", "deltaword/automata/gallery/entry.py"} <= modules
    info = f"deltaword-{deltaword.__version__}.dist-info"
    about = {f"{info}/{name}" for name in ("METADATA", "WHEEL", "RECORD", "entry_points.txt", "top_level.txt")}
    assert names(wheel) == modules | about | {f"{info}/licenses/LICENSE"}
    with ZipFile(wheel) as archive:
        assert archive.read(f"{info}/top_level.txt").split() == [b"deltaword"]
        assert b"deltaword = deltaword.cli:main" in archive.read(f"{info}/entry_points.txt")


def test_the_sdist_builds_the_same_wheel(source: Path, wheel: Path, tmp_path: Path):
    with tarfile.open(build("sdist", source)) as archive:
        archive.extractall(tmp_path, filter="data")
    (unpacked,) = tmp_path.iterdir()
    assert not any((unpacked / "deltaword" / folder).is_symlink() for folder in FOLDERS)
    assert names(build("wheel", unpacked)) == names(wheel)


def test_the_wheel_works_away_from_the_checkout(wheel: Path, tmp_path: Path):
    with ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    code = "import deltaword as dw; print(dw.__file__); d = dw.languages.get('S_3'); print(dw.certify(dw.compile(d), d).holds)"
    result = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.split() == [str(tmp_path / "site" / "deltaword" / "__init__.py"), "True"]


def test_constraints_are_exact_versions_that_every_machine_can_install():
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9a-z.]*", pin) for pin in pins)  # no "+cpu", no address, no folder
    assert not [pin for pin in pins if pin.lower().startswith(("nvidia", "cuda"))]
    assert {"torch==2.13.0", "triton==3.7.1"} <= set(pins)  # the Triton that this torch's CUDA builds ask for
