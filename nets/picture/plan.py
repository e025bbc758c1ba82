"""A plan as blocks, a block a layer with what it holds and costs, and as a page with what else was weighed."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ...automata.picture.content import shortened
from ...automata.picture.svg import PAPER, WAY, WAY_FILL, safe
from ...theory.planning.shapes import Shape
from .page import Block, framed, lines_block, stacked, to_svg

if TYPE_CHECKING:
    from ..plan import Considered, Plan

MAX_LAYERS, MAX_ROWS = 12, 12  # drawn; alternatives told
CELL, MAX_CELLS, MAX_HEADS = 7.0, 12, 6  # of the grids that stand for states
LEFT = "text-align:left;vertical-align:top;padding:.15em .6em"


def plan_svg(plan: Plan) -> str:
    """The layers from left to right with their states as grids [K, V], the links between them, the reader.

    >>> import deltaword as dw
    >>> plan_svg(dw.plan(dw.languages.get("parity")))[:4]
    '<svg'
    """
    blocks: list[Block] = []
    for i, shape in enumerate(plan.layers[:MAX_LAYERS]):
        blocks.append(layer_block(i, shape))
        if i < len(plan.links) and i < MAX_LAYERS - 1:
            blocks.append(mlp_block("link", "read → symbol", plan.links[i]))
    if len(plan.layers) > MAX_LAYERS:
        blocks.append(framed(lines_block([f"… {len(plan.layers) - MAX_LAYERS} more layers"])))
    blocks.append(mlp_block("reader", "read → state", plan.reader))
    state = sum(shape.heads * shape.K * shape.V for shape in plan.layers)
    layers = "1 layer" if len(plan.layers) == 1 else f"{len(plan.layers)} layers"
    exact = f"exact in {', '.join(plan.exact_in)}" if plan.exact_in else "rounds in every float format"
    title = f"{layers}, {plan.parameters:,} numbers, {state:,} of state"
    return to_svg(title, blocks, [f"{plan.keys} keys; {exact} (grade {plan.grade})"])


def layer_block(i: int, shape: Shape) -> Block:
    steps = f"{shape.n_h} step{'s' * (shape.n_h > 1)} a token{', gated' if shape.gated else ''}"
    heads = f"{shape.heads} head{'s' * (shape.heads > 1)}, K = {shape.K}, V = {shape.V}"
    knows = f"{shape.symbols:,} {'symbol' if i else 'letter'}{'s' * (shape.symbols != 1)}, {weights(shape):,} numbers"
    parts = [lines_block([f"layer {i + 1}"], 12.0, "bold"), lines_block([shortened(shape.kind, 34), steps, heads, knows])]
    return framed(stacked([*parts, grids(shape)]), fill=PAPER)


def weights(shape: Shape) -> int:
    """Numbers of a layer: projections, queries, initial states.

    >>> weights(Shape("permutation", 2, 1, 3, 1, False, 2))
    26
    """
    projections = shape.symbols * shape.heads * (shape.n_h * (shape.K + shape.V + 1) + shape.gated)
    return projections + shape.heads * shape.K * (1 + shape.V)


def grids(shape: Shape) -> Block:
    """The states of the heads, a cell a number; large ones cut."""
    rows, columns = min(shape.K, MAX_CELLS), min(shape.V, MAX_CELLS)
    heads = min(shape.heads, MAX_HEADS)
    parts = [f"<title>{safe(f'{shape.heads} × [{shape.K}, {shape.V}] numbers of state')}</title>"]
    x = 1.0
    for _ in range(heads):
        for i in range(rows):
            for j in range(columns):
                parts.append(
                    f'<rect x="{x + CELL * j:.1f}" y="{1 + CELL * i:.1f}" width="{CELL:.1f}" height="{CELL:.1f}" '
                    f'fill="{WAY_FILL}" stroke="{WAY}" stroke-width="0.8"/>'
                )
        x += CELL * columns + 6
    block = Block(x - 6, CELL * rows + 2, parts)
    cut = [f"head 1 to {heads} of {shape.heads}"] * (shape.heads > heads)
    cut += [f"{rows} × {columns} of {shape.K} × {shape.V}"] * ((rows, columns) != (shape.K, shape.V))
    return stacked([block, lines_block([", ".join(cut)])]) if cut else block


def mlp_block(name: str, what: str, widths: Sequence[int]) -> Block:
    from ..plan import widths as said

    kind = f"MLP {said(list(widths))}" if widths else "affine"
    return framed(stacked([lines_block([name], 12.0, "bold"), lines_block([what, shortened(kind, 30)])]))


def plan_html(plan: Plan) -> str:
    """The picture, the facts, and the alternatives as a table."""
    facts = [(head.strip(), text) for head, text in plan.lines() if head in ("cost", "exact", "source", "bound", "left out")]
    parts = [plan_svg(plan), table(facts)]
    if plan.considered:
        shown = [alternative(other) for other in plan.considered[:MAX_ROWS]]
        if not any(cells[1] for cells in shown):  # none of them applies
            shown = [(cells[0], cells[-1]) for cells in shown]
        head = row(("weighed", "layers", "n_h", "state", "numbers", "grade", "why not")[:: 1 if len(shown[0]) > 2 else 6], "th")
        body = "".join(map(row, shown))
        more = len(plan.considered) - MAX_ROWS
        rest = f"<p><small>… and {more} more: plan.considered has them</small></p>" if more > 0 else ""
        parts.append(f"<table><thead>{head}</thead><tbody>{body}</tbody></table>{rest}")
    return f'<div style="color:inherit">{"".join(parts)}</div>'


def alternative(other: Considered) -> tuple[str, ...]:
    """A row: what it would have cost, or only why it does not apply."""
    if other.parameters is None:
        return other.kind, "", "", "", "", "", other.why_not
    state = sum(layer.heads * layer.K * layer.V for layer in other.layers)
    n_h = max(layer.n_h for layer in other.layers)
    return other.kind, str(len(other.layers)), str(n_h), f"{state:,}", f"{other.parameters:,}", str(other.grade), other.why_not


def table(rows: Iterable[tuple[str, str]]) -> str:
    body = "".join(
        f"<tr><th style='{LEFT}'>{html.escape(a)}</th><td style='{LEFT}'>{html.escape(b)}</td></tr>" for a, b in rows
    )
    return f"<table>{body}</table>"


def row(cells: Iterable[str], tag: str = "td") -> str:
    return f"<tr>{''.join(f'<{tag} style={LEFT!r}>{html.escape(cell)}</{tag}>' for cell in cells)}</tr>"
