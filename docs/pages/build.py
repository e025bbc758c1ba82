"""All generated pages, as a Sphinx extension: written before Sphinx looks for files, and the hooks of autodoc.

The environment variable DELTAWORD_DOCS_PART=1 builds a part, for tests; links to what is left out are text then.
"""

from __future__ import annotations

import os
from typing import Any

from sphinx.application import Sphinx
from sphinx.util import logging

from . import benchmarks, kernels, machines, modules, notebooks, theorems, trained
from .docstrings import as_rst
from .writing import DOCS, Folder

PART: dict[str, list[str] | None] = {
    "gallery": ["parity", "a_star_b_star"],
    "theorems": ["norm", "parity_bound"],
    "benchmarks": ["kernels", "patterns"],
    "trained": ["arithmetic"],
    "kernels": None,
    "reference": modules.homes(),
    "notebooks": ["1_parity"],
}
logger = logging.getLogger(__name__)
WRITERS: dict[str, Any] = {
    "gallery": machines.write,
    "theorems": theorems.write,
    "benchmarks": benchmarks.write,
    "trained": trained.write,
    "kernels": kernels.write,
    "reference": modules.write,
    "notebooks": notebooks.write,
}


def generate(app: Sphinx) -> None:
    part = os.environ.get("DELTAWORD_DOCS_PART") == "1"
    for name, write in WRITERS.items():
        folder = Folder(DOCS / name)
        write(folder, PART[name] if part else None)
        folder.close()
    folder = Folder(DOCS / "proofs")
    theorems.write_proofs(folder)
    folder.close()


def docstring(app: Sphinx, what: str, name: str, value: Any, options: Any, lines: list[str]) -> None:
    lines[:] = as_rst(lines)


def skipped(app: Sphinx, what: str, name: str, value: Any, skip: bool, options: Any) -> bool | None:
    """Fields of named tuples say nothing; inherited ones of exceptions neither."""
    return True if type(value).__name__ in ("_tuplegetter", "member_descriptor") else None


def unresolved(app: Sphinx, env: Any, node: Any, contnode: Any) -> None:
    """A reference in a page that was written on purpose leads somewhere; annotations may name what has no page."""
    generated = node["refdoc"].startswith(("reference/deltaword.", "notebooks/"))
    if not generated and node.get("refdomain") == "py":
        logger.warning("nothing is called %s", node["reftarget"], location=node)


def sidebar(app: Sphinx, env: Any) -> list[str] | None:
    """All pages, to be written again, if a page has come, gone or got another title: each has the list of them at its side."""
    shown = {name: (title.astext(), env.toctree_includes.get(name)) for name, title in env.titles.items()}
    before, env.deltaword_sidebar = getattr(env, "deltaword_sidebar", shown), shown
    return None if shown == before else sorted(env.all_docs)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("builder-inited", generate)
    app.connect("env-updated", sidebar)
    app.connect("autodoc-process-docstring", docstring)
    app.connect("autodoc-skip-member", skipped)
    app.connect("missing-reference", unresolved, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
