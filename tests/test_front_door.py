"""`import deltaword`: its names, and how little it loads."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import pytest

import deltaword as dw

FIRST_USE = """
import json, sys, time
begin = time.perf_counter()
import deltaword as dw
accepted = dw.DFA.from_regex("(ab|ba)*", alphabet="ab").accepts("abba")
seconds = time.perf_counter() - begin
heavy = [name for name in ("torch", "sympy", "networkx", "safetensors", "typer", "rich") if name in sys.modules]
print(json.dumps([accepted, heavy, seconds]))
"""


def first_use() -> tuple[bool, list[str], float]:
    result = subprocess.run([sys.executable, "-P", "-c", FIRST_USE], capture_output=True, text=True, check=True)
    return tuple(json.loads(result.stdout))


def test_the_first_machine_is_there_within_half_a_second_and_without_the_heavy_libraries():
    best = float("inf")
    for _ in range(5):  # the best of five: other processes may have the cores
        accepted, heavy, seconds = first_use()
        assert accepted
        assert heavy == []
        best = min(best, seconds)
        if best < 0.5:
            break
    assert best < 0.5


@pytest.mark.parametrize("name", dw.__all__)
def test_every_public_name_is_there(name: str):
    assert getattr(dw, name).__name__.rpartition(".")[2] == name
    assert name in dir(dw)


def test_an_unknown_name_says_which_there_are():
    with pytest.raises(AttributeError, match=r"has no attribute 'compiel'; it has .*compile") as caught:
        _ = dw.compiel  # type: ignore[attr-defined]
    assert all(name in str(caught.value) for name in dw.__all__)
    assert not hasattr(dw, "torch")


@pytest.mark.parametrize("package", [dw, dw.testing, import_module("deltaword.kernels")])
def test_a_package_has_its_names_when_they_are_first_used(package):
    for name in package.__all__:
        assert name in dir(package)
        assert getattr(package, name) is vars(package)[name]
    with pytest.raises(AttributeError, match="has no attribute 'nothing'") as caught:
        _ = package.nothing
    assert all(name in str(caught.value) for name in package.__all__)


def test_type_checkers_see_the_same_names():
    text = Path(dw.__file__).read_text("utf-8")
    block = text.partition("if TYPE_CHECKING:\n")[2].partition("\n\n")[0]
    names = [name for line in re.findall(r"import (.*)", block) for name in line.split(", ")]
    assert sorted(names) == sorted(dw.__all__)


def test_the_version_is_the_one_installed():
    assert dw.__version__ == version("deltaword")
