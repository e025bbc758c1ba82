"""The picture of a network with all its numbers: a column a layer, what stands between two layers, and what the reader makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from ...automata.picture.content import shortened, texts
from ...automata.picture.svg import PAPER
from ..plan import widths
from .head import HeadNumbers, head_block
from .numbers import vector
from .page import Block, framed, lines_block, stacked, to_svg
from .reached import Reached, reached

if TYPE_CHECKING:
    from ..fixed_layer import FixedDeltaProduct
    from ..network import Network

MAX_LAYERS, MAX_HEADS = 8, 4
MAX_ENTRIES = 12  # of a link's or the reader's table
MAX_LINE = 30  # characters of one
LARGEST = 2**22  # numbers of a layer; larger ones are shown by their sizes


def network_svg(net: Network) -> str:
    """Layers, links and reader of a network; what is too large to be read is said in numbers.

    >>> import deltaword as dw
    >>> network_svg(dw.constructions.parity())[:4]
    '<svg'
    """
    names = texts(net.dfa.alphabet)
    found = reached(net)
    columns: list[Block] = []
    layers = net._mixers()
    for i, layer in enumerate(layers[:MAX_LAYERS]):
        columns.append(layer_block(net, i, layer, names))
        if i < len(net.links):
            if i == MAX_LAYERS - 1:
                columns.append(framed(lines_block([f"… {len(layers) - MAX_LAYERS} more layers"])))
                break
            columns.append(link_block(net, i, found, names))
            names = [f"s{s}" for s in range(layers[i + 1].k_proj.in_features)]
    columns.append(reader_block(net, found))
    n, k = net.dfa.n_states, net.dfa.n_letters
    layers_said = "1 layer" if len(layers) == 1 else f"{len(layers)} layers"
    sizes = f"{n} state{'s' * (n != 1)} and {k} letter{'s' * (k != 1)}"
    title = f"{layers_said} for {sizes}, {net.plan.keys} keys, {net.plan.parameters:,} numbers"
    return to_svg(title, columns, explained(columns))


def explained(columns: Sequence[Block]) -> list[str]:
    """What the signs mean that were used."""
    drawing = "".join(part for column in columns for part in column.parts)
    entries = [
        ("swaps rows", "× — × swaps two rows"),
        ("flips the sign", "− turns a row's sign"),
        ("overwrites row", "a number on a wire: the row becomes that"),
        ("erases row", "0 erases a row"),
        ("mirror of the plane", "disc: mirror, with the line that it keeps"),
        (" along k", "boxes: the key's entries"),
        ("the gate multiplies", "×α over all wires: the gate"),
        ("↔", "i↔j swaps rows of S, i←x overwrites one"),
    ]
    used = [words for mark, words in entries if mark in drawing]
    wires = ["a wire is a row of the state S [K, V]; steps go from left to right"] if "#999999" in drawing else []
    lines, line = [], ""
    for words in [*wires, *used]:
        if line and len(line) + len(words) > 95:
            lines.append(line)
            line = ""
        line = f"{line}; {words}" if line else words
    return [*lines, *([line] if line else [])]


def layer_block(net: Network, i: int, layer: FixedDeltaProduct, names: Sequence[str]) -> Block:
    shape = net.plan.layers[i]
    sizes = str(shape).removeprefix(f"{shape.kind}: ")
    head = [lines_block([f"layer {i + 1}: {shortened(shape.kind, 40)}"], 12.0, "bold"), lines_block([sizes])]
    what = "symbols" if i else "letters"
    parameters = sum(p.numel() for p in layer.parameters())
    if parameters > LARGEST:
        return framed(stacked([*head, lines_block([f"{len(names)} {what}, {parameters:,} numbers: too many to draw"])]))
    heads = head_numbers(layer, min(MAX_HEADS, layer.n_heads))
    blocks = [
        head_block(numbers, names, f"head {h + 1} of {layer.n_heads}" if layer.n_heads > 1 else "", what)
        for h, numbers in enumerate(heads)
    ]
    if layer.n_heads > MAX_HEADS:
        blocks.append(lines_block([f"… {layer.n_heads - MAX_HEADS} more heads"]))
    return framed(stacked([*head, *blocks], gap=8.0), fill=PAPER)


@torch.no_grad()
def head_numbers(layer: FixedDeltaProduct, most: int) -> list[HeadNumbers]:
    """The numbers of the first heads, as the weights have them."""
    x = torch.eye(layer.k_proj.in_features, dtype=layer.k_proj.weight.dtype, device=layer.k_proj.weight.device)[:, None]
    _, k, v, beta, gate = (None if each is None else each.double().cpu() for each in layer.inputs(x))
    assert k is not None
    assert v is not None
    assert beta is not None
    initial, query = layer.initial_state.double().cpu().tolist(), layer.query.double().cpu().tolist()
    heads = []
    for h in range(most):
        steps = [
            list(zip(b, ks, vs, strict=True))
            for b, ks, vs in zip(beta[:, 0, :, h].tolist(), k[:, 0, :, h].tolist(), v[:, 0, :, h].tolist(), strict=True)
        ]
        gates = [1.0] * len(x) if gate is None else gate[:, 0, h].tolist()
        heads.append(HeadNumbers(initial[h], query[h], gates, steps))
    return heads


def link_block(net: Network, i: int, found: Reached, names: Sequence[str]) -> Block:
    """What the next layer's symbols are made of."""
    link = net.links[i]
    before, after = (bool(link.get_parameter("shift")[:, side].any()) for side in (0, 1))
    when = "before and after" if before and after else "before" if before else "after"
    about = [f"o: read {when} the token", f"MLP {widths(net.plan.links[i])}"]
    made: dict[int, list[str]] = {}
    for (symbol, y), following in found.links[i].items():
        made.setdefault(following, []).append(f"{names[symbol]}, {vector(y)}")
    return framed(
        stacked([lines_block([f"link {i + 1}"], 12.0, "bold"), lines_block(about), *table(made, found, "s{}".format)])
    )


def reader_block(net: Network, found: Reached) -> Block:
    """Which reads name which state."""
    hidden = f"MLP {widths(net.plan.reader)}, then " if net.plan.reader else ""
    states = texts(range(net.dfa.n_states) if net.dfa.state_names is None else net.dfa.state_names)
    named: dict[int, list[str]] = {}
    for reads, state in found.reads.items():
        named.setdefault(state, []).append(vector(reads))
    about = [f"{hidden}the largest of W o + b"]
    accepting = net.accepting.tolist()

    def shown(state: int) -> str:
        return f"{shortened(states[state], 12)}{' ◎' if accepting[state] else ''}"

    body = [lines_block(["reader"], 12.0, "bold"), lines_block(about), *table(named, found, shown)]
    if any(accepting[state] for state in list(named)[:MAX_ENTRIES]):
        body.append(lines_block(["◎ accepts"]))
    return framed(stacked(body))


def table(made: dict[int, list[str]], found: Reached, name) -> list[Block]:
    """A line for each value of a table: where it comes from, and what it is."""
    order = sorted(made)
    lines = [f"{sources(made[value])} → {name(value)}" for value in order[:MAX_ENTRIES]]
    if len(order) > MAX_ENTRIES or not found.whole:
        more = f"… {len(order) - MAX_ENTRIES} more" if len(order) > MAX_ENTRIES else "…"
        lines.append(more + ("" if found.whole else ", and others: only the first states were followed"))
    return [lines_block(lines)]


def sources(entries: Sequence[str]) -> str:
    """
    >>> sources(["a, 1", "b, 1"]), sources(["x, (1, 0)"] * 9)
    ('a, 1 | b, 1', 'x, (1, 0) | … (9)')
    """
    whole = " | ".join(entries)
    if len(whole) <= MAX_LINE:
        return whole
    end = f" | … ({len(entries)})" if len(entries) > 1 else ""
    return shortened(entries[0], MAX_LINE - len(end)) + end
