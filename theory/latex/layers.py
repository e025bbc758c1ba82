"""Exact layers, stacks and constructions in LaTeX: what each letter does to each head, and how the state is named.

Letters that do the same are written together; heads that hold the same state, too.  M and B of S ← M S + B, what a letter does in
all, are written out up to `ROWS` rows.  Mlps are tables of whole numbers, and written by their widths alone.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import groupby

import numpy as np

from ...automata.wording import counted
from ..exact_layer import ExactLayer, Head, LetterAction
from ..exact_stack import ExactStack, Link
from ..householder import product
from ..mlp import Mlp
from ..numbers import identity, tidied
from ..papers.construction import Construction, Proof
from .characters import label
from .numbers import combination, matrix, number, row
from .prose import prose, sentences

ROWS = 12  # of matrices that are written out
FORMULA_LETTERS, FORMULA_ROWS = 12, 6  # of layers that are written as one formula
NAMES_UP_TO = 30  # of states


def layer(layer: ExactLayer) -> str:
    """Heads and readout of one layer."""
    return stack(ExactStack.of(layer))


def stack(stack: ExactStack) -> str:
    """All layers, the links between them and the reader."""
    parts = []
    for i, heads in enumerate(stack.layers):
        names: Sequence[object] = stack.alphabet if i == 0 else range(len(heads[0].letters))
        if len(stack.layers) > 1:
            parts.append(rf"\subsection*{{Layer {i}}}")
        parts.append(_heads(heads, names, "letter" if i == 0 else "symbol"))
        if i < len(stack.links):
            parts.append(_link(stack.links[i], i))
    parts.append(_reader(stack.reader))
    return "\n".join(parts)


def construction(made: Construction, proof: Proof | None = None) -> str:
    """Its name, statement and machine, the proof where it is given, and its layers."""
    dfa = made.dfa
    letters = ", ".join(map(label, dfa.alphabet)) if dfa.n_letters <= NAMES_UP_TO else f"{label(dfa.alphabet[0])}, \\ldots{{}}"
    lines = [
        rf"\section*{{{prose(made.name)}}}",
        sentences(made.statement),
        "",
        f"The machine has {dfa.n_states} states and {dfa.n_letters} letters, {letters}.",
        f"{counted(len(made.stack.layers), 'layer')}, \\(n_h = {made.n_h}\\); "
        + ("all numbers are dyadic." if made.exact else "some numbers are not dyadic."),
    ]
    if dfa.state_names and dfa.n_states <= NAMES_UP_TO:
        lines.append("States: " + ", ".join(f"{q} {label(name)}" for q, name in enumerate(dfa.state_names)) + ".")
    if proof is not None:
        lines += ["", rf"\emph{{Proof}} ({proof.kind}). {sentences(proof.says)}"]
    return "\n".join([*lines, "", stack(made.stack)])


def formula(layer: ExactLayer) -> str | None:
    """A small layer as one formula, for notebooks: what each letter does in each head. None where it would not be small."""
    if len(layer.alphabet) > FORMULA_LETTERS or layer.K > FORMULA_ROWS or layer.V > FORMULA_ROWS:
        return None
    lines = []
    for numbers, head in _together(layer.heads):
        lines.append(
            rf"{_head_name(numbers)}: & S_0 = {_start(head.initial)}, & " + ",\\ ".join(_queries(layer.heads, numbers))
        )
        for names, action in _letters(head, layer.alphabet):
            steps = r";\ ".join(_steps(action)) or r"\text{no step}"
            lines.append(rf"{_listed(names)} & {steps} & {_affine(head, action)}")
    body = " \\\\\n".join(lines)
    return f"$$\\begin{{array}}{{lll}}\n{body}\n\\end{{array}}$$"


# ---------------------------------------------------------------------- heads


def _heads(heads: Sequence[Head], names: Sequence[object], what: str) -> str:
    parts = []
    for numbers, head in _together(heads):
        queries = ", ".join(rf"\({query}\)" for query in _queries(heads, numbers))
        parts.append(
            rf"\paragraph{{{_head_name(numbers)}}} State \(S \in \mathbb{{R}}^{{{head.K} \times {head.V}}}\) with "
            rf"\(S_0 = {_start(head.initial)}\), read as \(o = S^{{\mathsf{{T}}}} q\) along {queries}."
        )
        parts.append(r"\begin{itemize}")
        for same, action in _letters(head, names):
            does = [rf"\({step}\)" for step in _steps(action)] or ["no step"]
            whole = rf"; \({_affine(head, action)}\)" if head.K <= ROWS and (action.steps or action.gate != 1) else ""
            parts.append(rf"\item {what}{'s' * (len(same) > 1)} {_listed(same)}: {'; '.join(does)}{whole}")
        parts.append(r"\end{itemize}")
    return "\n".join(parts)


def _together(heads: Sequence[Head]) -> list[tuple[list[int], Head]]:
    """Heads that hold the same state: their numbers, and one of them."""
    found: list[tuple[list[int], Head]] = []
    for i, head in enumerate(heads):
        same = next(
            (g for g, h in found if np.array_equal(h.initial, head.initial) and list(h.letters) == list(head.letters)), None
        )
        if same is None:
            found.append(([i], head))
        else:
            same.append(i)
    return found


def _head_name(numbers: Sequence[int]) -> str:
    return rf"\text{{Head{'s' * (len(numbers) > 1)} {', '.join(map(str, numbers))}}}"


def _queries(heads: Sequence[Head], numbers: Sequence[int]) -> list[str]:
    sub = (lambda i: "") if len(numbers) == 1 else (lambda i: f"_{{{i}}}")
    return [f"q{sub(i)} = {combination(heads[i].query)}" for i in numbers]


def _start(initial: np.ndarray) -> str:
    K, V = initial.shape
    if K == V and np.array_equal(initial, identity(K)):
        return "1" if K == 1 else "I"
    if K == V == 1:
        return number(initial[0, 0])
    if V == 1:
        return combination(initial[:, 0].tolist())
    if K == 1:
        return f"{combination(initial[0].tolist())}^{{\\mathsf{{T}}}}"
    return matrix(initial.tolist(), small=True) if max(K, V) <= ROWS else rf"\text{{a }} {K} \times {V}\text{{ matrix}}"


def _letters(head: Head, names: Sequence[object]) -> list[tuple[list[object], LetterAction]]:
    """Names of letters that do the same, and what they do, in the order of the first of them."""
    found: dict[Hashable, list[object]] = {}
    for name, action in zip(names, head.letters, strict=True):
        found.setdefault(action, []).append(name)
    return [(same, action) for action, same in found.items() if isinstance(action, LetterAction)]


def _listed(names: Sequence[object]) -> str:
    """Names one after the other; numbers as ranges."""
    if not all(type(name) is int for name in names):
        return ", ".join(map(label, names))
    runs = [[n for _, n in run] for _, run in groupby(enumerate(names), key=lambda pair: pair[1] - pair[0])]  # pyright: ignore[reportOperatorIssue]
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}--{run[-1]}" for run in runs)


def _steps(action: LetterAction) -> list[str]:
    """The gate, where it is not 1, and each step's β, k and v."""
    parts = [] if action.gate == 1 else [rf"\alpha = {number(action.gate)}"]
    for j, step in enumerate(action.steps, start=1):
        value = number(step.value[0]) if len(step.value) == 1 else combination(step.value)
        written = "" if all(x == 0 for x in step.value) else rf",\, v_{{{j}}} = {value}"
        parts.append(rf"\beta_{{{j}}} = {number(step.beta)},\, k_{{{j}}} = {combination(step.key)}{written}")
    return parts


def _affine(head: Head, action: LetterAction) -> str:
    """M of S ← M S + B, and B where it is not 0."""
    M = tidied(action.gate * product(action.steps, head.K))
    B = action.apply(head.initial * 0)
    if head.K == 1:
        shown = number(M[0, 0])
    else:
        shown = "0" if (M == 0).all() else "I" if np.array_equal(M, identity(head.K)) else matrix(M.tolist(), small=True)
    return f"M = {shown}" + ("" if (B == 0).all() else f",\\ B = {_start(B)}")


# ---------------------------------------------------------------------- links and readers


def _link(link: Link, i: int) -> str:
    before, after = (np.array([x != 0 for x in side]) for side in link.shift)
    when = "before the token" if not after.any() else "after the token" if not before.any() else "before and after the token"
    widths = " -- ".join(str(len(W)) for W in link.mlp.weights)
    return (
        rf"\paragraph{{Link {i}}} The symbol of layer {i} and what its heads read {when} go through a ReLU network of "
        rf"widths {link.mlp.n_in} -- {widths}, whose output is the unit vector of the next layer's symbol."
    )


def _reader(reader: Mlp) -> str:
    if len(reader.weights) > 1:
        widths = " -- ".join(str(len(W)) for W in reader.weights)
        return (
            rf"\paragraph{{Reader}} All that is read goes through a ReLU network of widths {reader.n_in} -- {widths}; the state "
            "named is the first of the largest outputs."
        )
    (W,), (b,) = map(np.asarray, reader.weights), map(np.asarray, reader.biases)
    text = r"\paragraph{Readout} The state named is the first of the largest entries of \(W o + b\)"
    if max(W.shape) <= ROWS:
        return rf"{text}, \[ W = {matrix(W.tolist())}, \qquad b = {matrix(b[:, None].tolist())}. \]"
    rows = "; ".join(
        rf"{q}: \({row(w)}\), \({number(x)}\)" for q, (w, x) in enumerate(zip(W.tolist(), b.tolist(), strict=True))
    )
    return f"{text}; the rows of \\(W\\) and the entries of \\(b\\) are {rows}."
