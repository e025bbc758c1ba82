"""A page a statement: its text with rendered mathematics, its check, its worked example and what refutes a false variant of it.

The checks run when the pages are built: what the pages call checked was.  The Coq files of proofs/ are shown as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .prose import markdown
from .text import escaped, folded, heading, literal, rows, rst, sentence, table
from .writing import ROOT, Folder, facts

SOURCES = ("automata", "theory")
FIRST = ("Notation", "Hypotheses", "Claim", "Proof")  # in this order; then what the claim rests on
LABELS = {"Refuted": "Refuted by"}
_COQ = re.compile(r"proofs/(\w+)\.v")


def computed(name: str) -> dict[str, Any]:
    """What takes time: the check, the example, the counterexample to a false variant."""
    import deltaword as dw

    statement = dw.statements.get(name)
    found, refuted = statement.check(), statement.refute()
    return {
        "holds": found.holds,
        "says": found.says,
        "example": statement.example(),
        "variant": refuted.variant,
        "refuted": refuted.says,
    }


def write(folder: Folder, names: list[str] | None = None) -> None:
    from deltaword.theory import statements

    chosen = [s for s in statements.statements() if names is None or s.name in names]
    found = facts("statements", computed, [s.name for s in chosen], SOURCES)
    for statement in chosen:
        folder.write(f"{statement.name}.rst", page(statement, found[statement.name]))
    folder.write("index.rst", index(chosen, found))


def index(statements: list[Any], found: dict[str, Any]) -> Iterator[str]:
    failed = [name for name, fact in found.items() if not fact["holds"]]
    yield from heading("Theorems")
    coq = sum(bool(s.coq) for s in statements)
    yield (
        f"{len(statements)} statements, in the order in which to read them; {coq} of them are backed, in whole or in part, by Coq. "
        "Each was checked when these pages were built"
        + (f", and **these failed: {', '.join(failed)}**." if failed else ", and each check passed.")
        + " *Claim* says how far the claim is proved by the text; *check* says what its check, which can fail, is worth:"
    )
    yield ""
    yield from rows([(rst(kind), rst(text)) for kind, text in kinds()])
    lines = [
        [
            f":doc:`{statement.name} <{statement.name}>`",
            rst(statement.title),
            rst(statement.status),
            rst(statement.kind),
            ", ".join(f":doc:`{file}.v </proofs/{file}>`" for file in dict.fromkeys(_COQ.findall(statement.coq))) or "—",
        ]
        for statement in statements
    ]
    yield from table(("statement", "in words", "claim", "check", "Coq"), lines, "25 36 11 12 16", "stacked evidence")
    yield "``deltaword theorems`` runs all checks, ``deltaword theorems NAME --latex`` prints a statement as a LaTeX document."
    yield from ("", ".. toctree::", "    :hidden:", "")
    yield from (f"    {statement.name} <{statement.name}>" for statement in statements)


def kinds() -> list[tuple[str, str]]:
    """The kinds of evidence, from the text that defines them."""
    from deltaword.theory.statements import statement

    _, _, listed = (statement.__doc__ or "").partition("Kinds of evidence, strongest first:\n")
    joined = re.sub(r"\n {8,}", " ", listed)
    found = [tuple(re.split(r"\s{2,}", line.strip(), maxsplit=1)) for line in joined.splitlines() if line.strip()]
    assert [kind for kind, *_ in found] == list(statement.Kind.__args__), found
    return [(kind, text) for kind, text in found]


def page(statement: Any, fact: dict[str, Any]) -> Iterator[str]:
    parts = dict(statement.parts)
    title = parts.pop("Title")
    yield from heading(escaped(title.rstrip(".")))  # plain: titles are shown by browsers and by the search, too
    yield f"Statement {literal(statement.name)}."
    yield ""
    first = [(label, parts.pop(label)) for label in FIRST if label in parts]
    yield from rows([(label, sentences(text)) for label, text in first], "rows theorem")
    yield from heading("What it rests on", "-")
    coq = parts.pop("Coq", "")
    status = [("Status", rst(parts.pop("Status")))]
    yield from rows([*((label, sentences(text)) for label, text in parts.items() if label == "Source"), *status])
    if coq:
        yield from rows([("Coq", _linked(coq))])
    mark, how = ("holds", "The check passed") if fact["holds"] else ("fails", "**The check failed**")
    check = [("Check", sentences(parts.pop("Check"))), ("Evidence", rst(statement.kind)), ("Found", rst(fact["says"]))]
    parts.pop("Source", None)
    yield from (f".. rst-class:: {mark}", "", f"{how} when this page was built.", "")
    yield from rows([*check, *((label, sentences(text)) for label, text in parts.items())])
    yield from heading("Example", "-")
    yield sentences(fact["example"])
    yield ""
    yield from heading("A false variant, and what refutes it", "-")
    yield from rows([("Variant", sentences(fact["variant"])), ("Refuted by", sentences(fact["refuted"]))])
    source = [f"    {line}" if line else "" for line in statement.latex().splitlines()]  # its paragraphs are lines
    yield from folded("This statement in LaTeX", [".. code-block:: latex", "    :class: wrapped", "", *source, ""])


def sentences(text: str) -> str:
    """A text as sentences, with links to other statements where they are named."""
    from deltaword.theory import statements

    names = [s.name for s in statements.statements()]
    parts = re.split(r"\b(statements? )(\w+)\b", sentence(text))
    result, at = rst(parts[0]) if parts[0].strip() else "", 1
    while at < len(parts):
        label, name, rest = parts[at : at + 3]
        linked = f":doc:`{name} <{name}>`" if name in names else escaped(name)
        result += f"{' ' if parts[at - 1][-1:].isspace() else ''}{label}{linked}"
        if rest.strip():
            result += (" " if rest[0].isspace() else "\\ ") + rst(rest)
        at += 3
    return result


def _linked(text: str) -> str:
    """Files of proofs/ as links."""
    parts = re.split(r"proofs/(\w+)\.v", text)
    result = rst(parts[0]) if parts[0].strip() else ""
    for file, rest in zip(parts[1::2], parts[2::2], strict=True):
        result += f"{' ' if result else ''}:doc:`proofs/{file}.v </proofs/{file}>`"
        result += f"\\ {rst(rest)}" if rest.strip() else ""
    return result


# ---------------------------------------------------------------------- Coq


def write_proofs(folder: Folder) -> None:
    """proofs/README.md as the index, and a page a file."""
    files = sorted((ROOT / "proofs").glob("*.v"))
    text = (ROOT / "proofs" / "README.md").read_text("utf-8")
    for file in files:
        text = text.replace(f"`{file.name}`", f"[{file.name}]({file.stem}.rst)")
        folder.write(
            f"{file.stem}.rst",
            [
                ":orphan:",
                "",
                ":doc:`← Proofs <index>`",
                "",
                *heading(file.name),
                f".. literalinclude:: ../../proofs/{file.name}",
                "    :language: coq",
            ],
        )
    text = re.sub(r"(\| )((?:`\w+`(?:, )?)+) \|$", lambda m: m[1] + _statements(m[2]) + " |", text, flags=re.MULTILINE)
    folder.write("index.md", markdown(text))


def _statements(cells: str) -> str:
    return ", ".join(f"[{name}](../theorems/{name}.rst)" for name in re.findall(r"`(\w+)`", cells))
