"""The notebooks with the outputs that are committed; nothing is executed here, since the tests execute them."""

from __future__ import annotations

import json
import re

from .prose import markdown
from .writing import ROOT, Folder

LINK = re.compile(r"\]\((?:\.\./)?(README|CONTRIBUTING|kernels/README|proofs/README)\.md\)")


def write(folder: Folder, names: list[str] | None = None) -> None:
    files = sorted((ROOT / "notebooks").glob("*.ipynb"), key=lambda path: int(path.stem.split("_")[0]))
    chosen = [file for file in files if names is None or file.stem in names]
    for file in chosen:
        folder.write(file.name, file.read_bytes())
    text = (ROOT / "notebooks" / "README.md").read_text("utf-8")
    if names is not None:
        text = (
            "\n".join(
                line for line in text.splitlines() if not re.match(r"\| \[\d", line) or any(name in line for name in names)
            )
            + "\n"
        )
    text += "\n```{toctree}\n:hidden:\n\n" + "\n".join(file.stem for file in chosen) + "\n```\n"
    folder.write("index.md", markdown(text))


def formulas() -> list[str]:
    """Every formula of the notebooks' texts."""
    found = []
    for file in sorted((ROOT / "notebooks").glob("*.ipynb")):
        for cell in json.loads(file.read_text("utf-8"))["cells"]:
            if cell["cell_type"] == "markdown":
                text = re.sub(r"`[^`]*`", "", "".join(cell["source"]))
                found += re.findall(r"\$\$(.+?)\$\$", text, re.DOTALL)
                found += re.findall(r"(?<!\$)\$([^$]+)\$", re.sub(r"\$\$.+?\$\$", "", text, flags=re.DOTALL))
    return found
