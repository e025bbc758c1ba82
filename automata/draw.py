"""Pictures of machines: Graphviz text, and SVG by Graphviz where it is installed, else by our own layout.

Parallel transitions share an arrow; a word's way through the machine can be marked. Machines too large or too dense to be read as
a graph are shown as their table. The stages are in `automata/picture/`.
"""

from __future__ import annotations

import shutil

from .dfa import DFA, Word
from .picture import svg, table
from .picture.content import Arrow, Content, content
from .picture.routing import best_drawing

MAX_STATES, MAX_ARROWS = 60, 30  # drawn as a graph: so many states, and so many arrows or ARROWS_A_STATE times the states
ARROWS_A_STATE = 3
FONT = "Helvetica,Arial,sans-serif"  # Graphviz reads a list without spaces
MAX_GRAPHVIZ = 50  # states; past them `dot` takes seconds


def to_dot(dfa: DFA, word: Word | None = None) -> str:
    """Graphviz text, drawn from left to right; accepting states are double circles. Raises UnknownLetter.

    word  the states and arrows on its way are blue, the state where it ends is filled with orange

    >>> print(to_dot(DFA([[0, 1], [1, 0]], 0, [1], "ab")))
    digraph {
      rankdir=LR; bgcolor="#ffffff"; fontname="Helvetica,Arial,sans-serif";
      node [shape=circle, style=filled, fillcolor="#f6f6f6", color="#333333", fontcolor="#333333", ...
      edge [color="#333333", fontcolor="#333333", fontname="Helvetica,Arial,sans-serif", fontsize=12];
      start [shape=point, style=invis, width=0];
      q0 [label="0"];
      q1 [label="1", shape=doublecircle];
      start -> q0;
      q0 -> q0 [label="a"];
      q0 -> q1 [label="b"];
      q1 -> q1 [label="a"];
      q1 -> q0 [label="b"];
    }
    """
    return dot_text(content(dfa, word))


def to_svg(dfa: DFA, word: Word | None = None) -> str:
    """A picture as SVG text that needs nothing else; by Graphviz if its Python package and `dot` are there. Raises UnknownLetter.

    >>> to_svg(DFA([[0, 1], [1, 0]], 0, [1], "ab")).startswith("<svg")
    True
    """
    if dfa.n_states > MAX_STATES or not drawn_as_graph(shown := content(dfa, word)):
        return table.to_svg(dfa, word)
    by_graphviz = graphviz_svg(shown) if dfa.n_states <= MAX_GRAPHVIZ else None
    return by_graphviz or svg.to_svg(best_drawing(shown))


def drawn_as_graph(shown: Content) -> bool:
    """Whether a machine is small and sparse enough to be read as a graph."""
    n = shown.n
    return n <= MAX_STATES and sum(not arrow.is_loop for arrow in shown.arrows) <= max(MAX_ARROWS, ARROWS_A_STATE * n)


def graphviz_svg(shown: Content) -> str | None:
    """Graphviz's drawing; None where Graphviz is missing or fails."""
    if shutil.which("dot") is None:
        return None
    try:
        import graphviz

        drawn = graphviz.Source(dot_text(shown)).pipe(format="svg", encoding="utf-8", quiet=True)
    except Exception:  # whatever is wrong with an optional program, our own layout draws
        return None
    return drawn[drawn.index("<svg") :]  # without the XML prologue, which has no place inside a page


def dot_text(shown: Content) -> str:
    lines = [
        f'rankdir=LR; bgcolor="{svg.PAPER}"; fontname="{FONT}";',
        f'node [shape=circle, style=filled, fillcolor="{svg.FILL}", color="{svg.INK}", fontcolor="{svg.INK}", fontname="{FONT}"];',
        f'edge [color="{svg.INK}", fontcolor="{svg.INK}", fontname="{FONT}", fontsize=12];',
        "start [shape=point, style=invis, width=0];",
    ]
    if shown.caption is not None:
        lines.insert(1, f"label={quoted(shown.caption)}; fontcolor={quoted(svg.INK)};")
    lines += [f"q{q} [{node_attributes(shown, q)}];" for q in range(shown.n)]
    lines.append(f"start -> q{shown.start}{f' [color={quoted(svg.WAY)}]' if shown.visited else ''};")
    lines += [f"q{arrow.source} -> q{arrow.target} [{arrow_attributes(arrow)}];" for arrow in shown.arrows]
    return "\n  ".join(["digraph {", *lines]) + "\n}"


def node_attributes(shown: Content, q: int) -> str:
    name, text = shown.names[q], "\n".join(shown.shown[q])
    attributes = [f"label={quoted(text)}"]
    if text.replace("\n", " ") != name:
        attributes.append(f"tooltip={quoted(name)}")
    if q in shown.accepting:
        attributes.append("shape=doublecircle")
    if q in shown.visited:
        fill = svg.LAST_FILL if q == shown.last else svg.WAY_FILL
        attributes.append(f'color="{svg.WAY}", fillcolor="{fill}", penwidth=2')
    return ", ".join(attributes)


def arrow_attributes(arrow: Arrow) -> str:
    attributes = [f"label={quoted(arrow.label)}"]
    if arrow.label != (whole := ", ".join(arrow.letters)):
        attributes.append(f"tooltip={quoted(whole)}, labeltooltip={quoted(whole)}")
    if arrow.both:
        attributes.append("dir=both")
    if arrow.visited:
        attributes.append(f'color="{svg.WAY}", fontcolor="{svg.WAY}", penwidth=2.4')
    return ", ".join(attributes)


def quoted(text: str) -> str:
    """A DOT string; Graphviz reads a backslash and, in labels, an HTML entity as the beginning of something else.

    >>> quoted('say "a\\\\b" & c')
    '"say \\\\"a\\\\\\\\b\\\\" &amp; c"'
    """
    escaped = text.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
