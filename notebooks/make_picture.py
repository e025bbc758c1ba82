"""Draws notebooks/picture.svg, the README's picture, from a network compiled on the spot: python notebooks/make_picture.py"""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

import deltaword as dw
from deltaword.theory.constructions.one_layer import one_layer

PATTERN, ALPHABET, WORD = "(ab|ba)*", "ab", "abbaab"
BLUE, ORANGE, INK, PALE = "#0072b2", "#e69f00", "#222222", "#f4f4f4"


def text(x: float, y: float, words: str, size: int = 14, fill: str = INK, anchor: str = "start", mono: bool = False) -> str:
    family = "DejaVu Sans Mono, monospace" if mono else "DejaVu Sans, sans-serif"
    style = f'font-size="{size}" fill="{fill}" text-anchor="{anchor}" font-family="{family}" xml:space="preserve"'
    return f'<text x="{x}" y="{y}" {style}>{escape(words)}</text>'


def box(x: float, y: float, w: float, h: float, fill: str, stroke: str = "#bbbbbb") -> str:
    return f'<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="4" fill="{fill}" stroke="{stroke}"/>'


def machine(dfa: dw.DFA, x: float, y: float, width: float) -> str:
    """The drawing of the machine, scaled into its panel."""
    svg = dfa.to_svg()
    size = re.search(r'viewBox="([-\d. ]+)"', svg)
    assert size is not None
    _, _, w, h = map(float, size[1].split())
    inner = svg[svg.index("<svg") :]
    inner = re.sub(r'^<svg([^>]*?)\swidth="[^"]*"', r"<svg\1", inner, count=1)
    inner = re.sub(r'^<svg([^>]*?)\sheight="[^"]*"', r"<svg\1", inner, count=1)
    return inner.replace("<svg", f'<svg x="{x}" y="{y}" width="{width}" height="{width * h / w:.0f}"', 1)


def steps(dfa: dw.DFA, x: float, y: float) -> str:
    """Every letter's Householder steps."""
    layer = one_layer(dfa)[0][0].layer(dfa)
    rows = []
    for a, letter in enumerate(dfa.alphabet):
        rows.append(text(x, y, f"letter {letter}", 14, BLUE))
        for j, step in enumerate(layer.heads[0].letters[a].steps):
            key = "(" + ", ".join(f"{k:2}".replace("-", "−") for k in step.key) + ")"
            moved = " and ".join(map(str, step.support))
            does = f"swap places {moved}" if len(step.support) == 2 else f"overwrite place {moved}"
            rows.append(text(x + 70, y, f"β = {step.beta}  k = {key}  v = {step.value[0]}", 13, mono=True))
            rows.append(text(x + 340, y, does, 13))
            y += 19 if j + 1 < len(layer.heads[0].letters[a].steps) else 28
    return "".join(rows)


def run(dfa: dw.DFA, net: dw.Network, x: float, y: float) -> str:
    """The states along the word, twice."""
    out, gap = [], 62
    for row, (name, states, colour) in enumerate([("automaton", dfa.states(WORD), INK), ("network", net.states(WORD), BLUE)]):
        at = y + 24 + 32 * row
        out.append(text(x, at + 16, name, 13, colour))
        for i, q in enumerate(states):
            out.append(box(x + 92 + gap * i, at, 34, 24, "#ffffff" if row == 0 else "#dcecf7", colour))
            out.append(text(x + 109 + gap * i, at + 17, str(q), 14, colour, "middle"))
    for i, letter in enumerate(WORD):
        out.append(text(x + 140 + gap * i, y + 14, letter, 15, ORANGE, "middle", mono=True))
    return "".join(out)


def main() -> None:
    dfa = dw.DFA.from_regex(PATTERN, ALPHABET)
    net = dw.compile(dfa)
    certificate = dw.certify(net, dfa)
    assert certificate.grade == 1
    assert certificate.holds
    assert net.states(WORD) == dfa.states(WORD)
    layer = net.plan.layers[0]
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1000 400" width="1000" height="400">',
        '<rect width="1000" height="400" fill="#ffffff"/>',
        box(12, 12, 400, 226, "#ffffff"),
        text(28, 38, f"pattern  {PATTERN}  →  minimal automaton", 15),
        machine(dfa, 30, 62, 365),
        text(424, 130, "→", 24, INK, "middle"),
        box(440, 12, 548, 226, PALE),
        text(456, 38, f"one DeltaProduct layer: n_h = {layer.n_h}, K = {layer.K}, V = {layer.V}, whole numbers", 15),
        text(456, 64, "S ← (I − β k kᵀ) S + β k vᵀ, step after step", 14, INK),
        steps(dfa, 456, 96),
        box(12, 250, 560, 138, PALE),
        text(28, 276, "run side by side", 15),
        run(dfa, net, 28, 288),
        box(584, 250, 404, 138, "#e8f2fa", BLUE),
        text(600, 280, "✓ certificate, grade 1", 16, BLUE),
        text(600, 306, "the network names the automaton's state", 14),
        text(600, 327, "after every word, at every length,", 14),
        text(600, 348, "exactly, in bfloat16 as in float64;", 14),
        text(600, 369, f"proved by closure over {certificate.pairs} reachable states", 14),
        "</svg>",
    ]
    Path(__file__).with_name("picture.svg").write_text("\n".join(parts) + "\n")


if __name__ == "__main__":
    main()
