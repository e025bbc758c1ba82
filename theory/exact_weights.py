"""A saved network's numbers as exact layers: floats are fractions, so what was rounded, if anything, was rounded before.

Reads         the tensors through theory/checker/tables.py, the embedding folded into the first layer and its link.
Says          nothing about how a float machine runs these numbers: that is theory/checker/, whose grade 1 says that nothing rounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from ..automata.errors import CorruptFile, NotExact
from .checker.tables import Affine, LayerTables, Malformed, StackTables, Tables, as_stack, read_tables
from .checker.weights import Weights
from .exact_layer import Head, LetterAction
from .exact_stack import ExactStack, Link
from .householder import Step
from .mlp import Mlp
from .numbers import exact


def exact_weights(weights: Weights, alphabet: Sequence[Any]) -> tuple[ExactStack, list[int]]:
    """The network of these tensors in exact numbers, and the states it accepts.

    alphabet  the letters, in the order of their numbers
    Raises    CorruptFile for tensors that make up no network over so many letters; NotExact for inf, NaN, and embeddings that are no
              unit vectors; BadStep for steps outside 0 ≤ β‖k‖² ≤ 2

    >>> import deltaword as dw
    >>> from deltaword.nets.certify import live_weights
    >>> net = dw.compile(dw.DFA([[0, 1], [1, 0]], 0, [1], "01"))
    >>> stack, accepting = exact_weights(live_weights(net), "01")
    >>> stack.states("0110"), accepting
    ([0, 0, 1, 0, 0], [1])
    """
    try:
        tables = read_tables(weights)
    except Malformed as error:
        raise CorruptFile(f"the weights make up no network: {error}") from None
    stack = as_stack(tables) if isinstance(tables, Tables) else tables
    if len(stack.keys) != len(alphabet):
        raise CorruptFile(f"the embedding has {len(stack.keys)} rows for an alphabet of {len(alphabet)} letters")
    if not stack.selects:
        raise NotExact("an embedding is not a unit vector, so what a letter projects to is rounded when the network runs")
    links = []
    for i, link in enumerate(stack.links):
        mlp = mlp_of(link.mlp)
        inputs = stack.layers[i].inputs
        if inputs is not None:  # the letters' embeddings, whole: the link reads letter a as e_a
            first = mlp.weights[0]
            width = inputs.shape[1]
            picked = first[:, inputs.argmax(axis=1)]
            mlp = Mlp((np.hstack([picked, first[:, width:]]), *mlp.weights[1:]), mlp.biases)
        links.append(Link(fractions(link.shift.T), mlp))
    heads = tuple(heads_of(layer) for layer in stack.layers)
    return ExactStack(tuple(alphabet), heads, tuple(links), mlp_of(stack.reader)), accepted(stack)


def accepted(stack: StackTables) -> list[int]:
    return np.flatnonzero(stack.accepting).tolist()


def fractions(numbers: Any) -> np.ndarray:
    """Floats as exact numbers. Raises NotExact for inf and NaN."""
    wide = np.asarray(numbers, dtype=np.float64)
    if not np.all(np.isfinite(wide)):
        raise NotExact("the weights hold inf or NaN")
    return np.array([exact(Fraction(number)) for number in wide.ravel().tolist()], dtype=object).reshape(wide.shape)


def mlp_of(maps: Sequence[Affine]) -> Mlp:
    return Mlp(tuple(fractions(affine.weight) for affine in maps), tuple(fractions(affine.bias) for affine in maps))


def heads_of(layer: LayerTables) -> tuple[Head, ...]:
    """Without the steps of strength 0 or key 0, which do nothing."""
    keys, values, betas = (fractions(part) for part in (layer.keys, layer.values, layer.betas))
    symbols, n_h, H = betas.shape
    gates = np.ones((symbols, H), dtype=object) if layer.gates is None else fractions(layer.gates)
    queries, initial = fractions(layer.queries), fractions(layer.initial)

    def action(a: int, h: int) -> LetterAction:
        steps = [Step(betas[a, j, h], tuple(keys[a, j, h]), tuple(values[a, j, h])) for j in range(n_h)]
        return LetterAction(tuple(step for step in steps if step.beta != 0 and any(step.key)), gates[a, h])

    return tuple(Head(initial[h], queries[h], tuple(action(a, h) for a in range(symbols))) for h in range(H))
