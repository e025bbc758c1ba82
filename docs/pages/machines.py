"""The gallery: every named machine with its picture, the plan and the certificate of its network, and what the oracle says of it.

Plans and certificates are the cards that notebooks show. A machine that the compiler refuses is shown with what was tried.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .prose import with_mathematics
from .text import code, escaped, folded, heading, literal, rows, rst, sentence
from .writing import DOCS, Folder, facts

SECONDS = 5.0  # of planning, as in bench/classification.py
SOURCES = ("automata", "theory", "nets")
LARGEST_EGG_BOX = 60  # elements
ANSWERS = {"no": "✗ cannot", "not known": "? not known here", "yes": "✓ recognises it"}


def computed(name: str) -> dict[str, Any]:
    """Everything that a page shows of one machine, as plain data."""
    import deltaword as dw
    from deltaword.automata.errors import DeltawordError, NotCompilable, TooLarge
    from deltaword.theory.oracle import MODELS
    from deltaword.theory.oracle.render import headed, lines, sources

    dfa = dw.languages.get(name)
    try:
        made = made_of(dw.compile(dfa, seconds=SECONDS), dfa)
    except (NotCompilable, TooLarge) as error:
        made = {"refused": str(error)}
    found = dw.classify(dfa, SECONDS)
    egg_box = None
    if found.monoid_size is not None and found.monoid_size <= LARGEST_EGG_BOX:
        try:
            egg_box = dfa.minimized().transition_monoid().green()._repr_svg_()
        except (DeltawordError, AttributeError):
            egg_box = None
    together: dict[str, list[dict[str, Any]]] = {}
    for v in found.verdicts:
        key = {"reason": v.reason, "evidence": v.evidence, "call": v.call, "statements": list(v.statements)}
        groups = together.setdefault(v.answer, [])
        same = next((group for group in groups if all(group[k] == key[k] for k in key)), None)
        if same is None:
            groups.append(same := {**key, "sources": sources(v), "heads": []})
        same["heads"].append(headed(v))
    return {
        **made,
        "states": dfa.n_states,
        "letters": dfa.n_letters,
        "monoid": found.monoid_size,
        "circuits": found.circuit_class,
        "picture": dfa._repr_svg_(),
        "egg_box": egg_box,
        "facts": lines(found),
        "verdicts": together,
        "models": {model.name: model.text for model in MODELS.values()},
    }


def made_of(net: Any, dfa: Any) -> dict[str, Any]:
    """What a page shows of a network and of its certificate: the cards are those that notebooks show."""
    import deltaword as dw

    certificate = dw.certify(net, dfa)
    return {
        "refused": None,
        "layers": len(net.plan.layers),
        "n_h": max(layer.n_h for layer in net.plan.layers),
        "holds": certificate.holds,
        "network": net.to_svg(),
        "plan": net.plan._repr_html_(),
        "certificate": certificate._repr_html_(),
    }


def themes() -> list[tuple[str, list[Any]]]:
    """The gallery's files in order, each with its machines."""
    from deltaword.automata import languages

    modules = [module for name in dir(languages) if hasattr(module := getattr(languages, name), "ENTRIES")]
    order = languages.names()
    modules.sort(key=lambda module: order.index(module.ENTRIES[0].name))
    listed = [(" ".join(module.__doc__.strip().split("\n\n")[0].split()), list(module.ENTRIES)) for module in modules]
    assert [entry.name for _, entries in listed for entry in entries] == order
    return listed


def write(folder: Folder, names: list[str] | None = None) -> None:
    """The index, a page and the pictures of each machine, and the large table."""
    from deltaword.automata import languages

    chosen = languages.names() if names is None else names
    found = facts("machines", computed, chosen, SOURCES)
    entries = {entry.name: entry for entry in languages.entries()}
    for name, fact in found.items():
        folder.write(f"{name}.svg", fact["picture"])
        if not fact["refused"]:
            folder.write(f"{name}_network.svg", fact["network"])
        if fact["egg_box"]:
            folder.write(f"{name}_monoid.svg", fact["egg_box"])
        folder.write(f"{name}.rst", page(entries[name], fact))
    folder.write("classification.md", _classification((DOCS.parent / "bench/results/classification.md").read_text("utf-8")))
    folder.write("index.rst", index(found))


def _classification(text: str) -> str:
    """The committed table; names become links to the pages."""
    lines = []
    for line in text.splitlines():
        cells = line.split("|")
        if line.startswith("| `"):
            name = cells[1].strip().strip("`")
            cells[1] = f" [{name}]({name}.rst) " if (DOCS / "gallery" / f"{name}.rst").exists() else cells[1]
            line = "|".join(cells)
        if line.startswith("| language"):
            lines += ["```{rst-class} numbers", "```"]
        lines.append(line if line.startswith("#") else with_mathematics(line))
    return "\n".join(lines) + "\n"


def index(found: dict[str, Any]) -> Iterator[str]:
    yield from heading("The gallery")
    yield (
        f"{len(found)} named machines, each kept for a reason. Every page has the machine's picture, the network that ``dw.compile`` "
        f"writes for it within {SECONDS:g} seconds of planning, with its plan and its certificate, computed when these pages were "
        "built, and what the oracle says of each family of architectures. ``dw.languages.get(NAME)`` is the machine; families such as "
        "``mod_{m}`` take other numbers (:ref:`below <families>`)."
    )
    yield ""
    yield "All verdicts in one table: :doc:`classification`."
    yield ""
    for title, entries in themes():
        here = [entry for entry in entries if entry.name in found]
        if not here:
            continue
        yield from heading(escaped(title.rstrip(".")), "-")
        yield from (".. container:: cards", "")
        for entry in here:
            fact = found[entry.name]
            yield from (
                f"    .. figure:: {entry.name}.svg",
                f"        :target: {entry.name}.html",
                f"        :alt: {entry.name}",
                "",
            )
            yield f"        :doc:`{entry.name}`"
            yield ""
            yield f"        {rst(facts_in_a_line(fact))}"
            yield ""
    yield from _families()
    yield from ("", ".. toctree::", "    :hidden:", "", "    classification")


def facts_in_a_line(fact: dict[str, Any]) -> str:
    """A card of the index in words.

    >>> facts_in_a_line({"states": 3, "letters": 2, "circuits": "AC0", "refused": None, "layers": 2, "n_h": 1})
    '3 states, 2 letters; 2 layers, n_h = 1; AC0'
    >>> facts_in_a_line({"states": 90, "letters": 2, "circuits": None, "refused": "no plan found"})
    '90 states, 2 letters; no network found; circuits not known'
    """
    layers = "no network found"
    if not fact["refused"]:
        layers = f"{fact['layers']} layer{'s' * (fact['layers'] != 1)}, n_h = {fact['n_h']}"
    letters = f"{fact['letters']} letter{'s' * (fact['letters'] != 1)}"
    return f"{fact['states']} states, {letters}; {layers}; {fact['circuits'] or 'circuits not known'}"


def _families() -> Iterator[str]:
    from deltaword.automata import languages

    yield from (".. _families:", "")
    yield from heading("Families", "-")
    yield from rows(
        (literal(family.template), f"{rst(family.description)}\n\n{rst(family.reason)}") for family in languages.families()
    )


def page(entry: Any, fact: dict[str, Any]) -> Iterator[str]:
    yield from (":orphan:", "", ":doc:`← The gallery <index>`", "")
    yield from heading(escaped(entry.name))
    yield rst(f"{sentence(entry.description)} Kept for this: {entry.reason}.")
    yield ""
    yield from (f".. image:: {entry.name}.svg", "    :class: machine", f"    :alt: the automaton {entry.name}", "")
    if entry.source:
        yield from rows([("Source", rst(entry.source))])
    yield from _network(entry.name, fact)
    yield from heading("What the oracle says", "-")
    yield from rows([(label, rst(text)) for label, text in fact["facts"]])
    if fact["egg_box"]:
        yield from (f".. figure:: {entry.name}_monoid.svg", "    :class: machine", "    :alt: egg-box picture", "")
        yield from (
            "    The syntactic monoid: a box a D-class, rows R-classes, columns L-classes; starred cells hold an idempotent.",
            "",
        )
    for answer, title in ANSWERS.items():
        if groups := fact["verdicts"].get(answer):
            yield from _verdicts(title, groups)
    yield from folded("The models of computation", rows([(rst(name), rst(text)) for name, text in fact["models"].items()]))


def _network(name: str, fact: dict[str, Any]) -> Iterator[str]:
    """Plan, network and certificate; or what was tried, and why there is none."""
    yield from heading("The network", "-")
    if fact["refused"]:
        yield f"``dw.compile`` refused this machine, within {SECONDS:g} seconds of planning:"
        yield from ("", ".. rst-class:: fails", "", rst(sentence(fact["refused"])), "")
        return
    yield from code(
        f'import deltaword as dw\n\ndfa = dw.languages.get("{name}")\nnet = dw.compile(dfa)\nnet.plan, net, dw.certify(net, dfa)',
        "python",
    )
    yield from card(fact["plan"])
    yield from (f".. figure:: {name}_network.svg", "    :class: machine", "    :alt: the network, letter by letter", "")
    yield from ("    What each letter does to the state, layer by layer, and how the state is read.", "")
    yield from heading("Its certificate", "-")
    yield from card(fact["certificate"])
    yield from ("What the grades mean: :ref:`grades`.", "")


def card(html: str) -> Iterator[str]:
    """What an object shows of itself in a notebook."""
    yield from (".. raw:: html", "", '    <div class="card">', *(f"    {line}" for line in html.splitlines()), "    </div>", "")


def _verdicts(title: str, groups: list[dict[str, Any]]) -> Iterator[str]:
    yield from heading(title, "~")
    for group in groups:
        yield from (f"- {rst(head)}" for head in group["heads"])
        yield ""
        links = ", ".join(f":doc:`{literal(name).strip('`')} </theorems/{name}>`" for name in group["statements"])
        rests = "; ".join([rst(group["evidence"]), *(rst(s) for s in group["sources"] if not s.startswith("statement "))])
        yield from (f"    {rst(sentence(group['reason']))}", "")
        if group["call"]:
            yield from (f"    {literal(group['call'])}", "")
        yield from ("    .. rst-class:: small", "", f"    {rests}{f'; {links}' if links else ''}", "")
