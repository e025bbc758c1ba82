"""kernels/README.md, whose mathematics become formulas: whole, and its derivation alone for the page for kernel authors."""

from __future__ import annotations

from .prose import markdown
from .writing import ROOT, Folder


def write(folder: Folder, names: list[str] | None = None) -> None:
    text = markdown((ROOT / "kernels" / "README.md").read_text("utf-8"))
    folder.write("index.md", f"---\norphan: true\n---\n\n{text}")
