"""The Triton kernels run without a GPU, through Triton's interpreter, which has to be asked for before triton is imported."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

TESTS = Path(__file__).parent


@pytest.mark.skipif(find_spec("triton") is None, reason="triton is not installed")
def test_the_triton_kernels_agree_with_float64_in_the_interpreter():
    """Every test of interpreted_kernels.py, in a process of its own."""
    code = "import sys, triton_interpreter, pytest; sys.exit(pytest.main(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", code, "-q", "--no-header", "-p", "no:cacheprovider", "-p", "no:doctest", "-o",
         "addopts=--import-mode=importlib", "interpreted_kernels.py"],
        cwd=TESTS, env=os.environ | {"TRITON_INTERPRET": "1"}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
