"""Documents through pdflatex, where it is installed."""

import shutil
import subprocess
from pathlib import Path

import pytest

needs_pdflatex = pytest.mark.skipif(
    shutil.which("pdflatex") is None, reason="pdflatex is not installed (Debian: texlive-latex-base, texlive-latex-recommended)"
)


def compiled(tex: str, folder: Path) -> str:
    """The log of pdflatex, which must succeed."""
    (folder / "text.tex").write_text(tex, encoding="ascii")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "text.tex"],
        cwd=folder,
        capture_output=True,
        timeout=120,
        check=False,
        encoding="latin-1",
    )
    assert done.returncode == 0, "\n".join(line for line in done.stdout.splitlines() if line.startswith(("!", "l.")))
    assert (folder / "text.pdf").stat().st_size > 1000
    return done.stdout
