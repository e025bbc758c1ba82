"""The numbers of exact layers as torch parameters; heads and steps shorter than the longest are filled up with zeros."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from ..automata.dfa import DFA
from ..theory.exact_layer import Head
from ..theory.exact_stack import ExactStack
from ..theory.mlp import Mlp
from .fixed_layer import FixedDeltaProduct
from .link import Link
from .network import Network
from .plan import Plan


def assemble(stack: ExactStack, dfa: DFA, plan: Plan, dtype: torch.dtype = torch.float32) -> Network:
    """The network that computes in floats what the stack computes in exact numbers. Small dyadic numbers are held exactly; others
    are rounded once, to dtype."""
    net = Network(dfa, plan).to(dtype)
    columns: list[np.ndarray] = []
    with torch.no_grad():
        for i, heads in enumerate(stack.layers):
            layer = net.layers[i]
            assert isinstance(layer, FixedDeltaProduct)
            fill_layer(layer, heads, dtype)
            columns.append(read_columns(heads, layer.head_v))
        for i, link in enumerate(stack.links):
            module, symbols = net.links[i], stack.n_symbols[i]
            assert isinstance(module, Link)
            module.shift[columns[i]] = numbers(np.array(link.shift).T, dtype)
            place = np.concatenate([np.arange(symbols), symbols + columns[i]])
            fill_mlp(module.mlp, link.mlp, place, dtype)
        widths = [len(heads) * net.plan.layers[i].V for i, heads in enumerate(stack.layers)]
        offsets = np.concatenate([[0], np.cumsum(widths)])
        place = np.concatenate([offset + column for offset, column in zip(offsets, columns, strict=False)])
        fill_mlp([*net.reader, net.readout], stack.reader, place, dtype)
        net.accepting.copy_(torch.from_numpy(dfa.accepting_mask.copy()))
    return net


def read_columns(heads: Sequence[Head], head_v: int) -> np.ndarray:
    """Where the numbers that exact heads read stand among those of a layer whose heads all read head_v."""
    return np.concatenate([h * head_v + np.arange(head.V) for h, head in enumerate(heads)])


def fill_mlp(modules: Any, mlp: Mlp, place: np.ndarray, dtype: torch.dtype) -> None:
    """Weights and biases of linear modules, in order; the first takes its columns to `place`."""
    for i, (module, W, b) in enumerate(zip(modules, mlp.weights, mlp.biases, strict=True)):
        if i == 0:
            module.weight[:, place] = numbers(W, dtype)
        else:
            module.weight.copy_(numbers(W, dtype))
        module.bias.copy_(numbers(b, dtype))


def numbers(array: Any, dtype: torch.dtype) -> torch.Tensor:
    """Exact numbers as floats, nearest."""
    return torch.from_numpy(np.asarray(array).astype(np.float64)).to(dtype)


def fill_layer(layer: FixedDeltaProduct, heads: Sequence[Head], dtype: torch.dtype) -> None:
    """All projections, queries and initial states."""
    A, H, n_h, K, V = len(heads[0].letters), len(heads), layer.n_h, layer.head_k, layer.head_v
    wide = np.float64 if dtype == torch.float64 else np.float32
    keys, values = np.zeros((n_h, H, K, A), dtype=wide), np.zeros((n_h, H, V, A), dtype=wide)
    betas, gates = np.zeros((n_h, H, A), dtype=wide), np.ones((H, A), dtype=wide)
    for h, head in enumerate(heads):
        fill_head(head, keys[:, h], values[:, h], betas[:, h], gates[h])
        layer.query[h, : head.K] = numbers([float(x) for x in head.query], dtype)
        layer.initial_state[h, : head.K, : head.V] = numbers(head.initial, dtype)
    layer.k_proj.weight.copy_(torch.from_numpy(keys.reshape(-1, A)))
    layer.v_proj.weight.copy_(torch.from_numpy(values.reshape(-1, A)))
    layer.b_proj.weight.copy_(torch.from_numpy(betas.reshape(-1, A)))
    if layer.g_proj is not None:
        layer.g_proj.weight.copy_(torch.from_numpy(gates))


def fill_head(head: Head, keys: np.ndarray, values: np.ndarray, betas: np.ndarray, gates: np.ndarray) -> None:
    """One head's letters into views keys [n_h, K, A], values [n_h, V, A], betas [n_h, A], gates [A]."""
    for a, action in enumerate(head.letters):
        gates[a] = float(action.gate)
        for j, step in enumerate(action.steps):
            keys[j, list(step.support), a] = [float(step.key[i]) for i in step.support]
            values[j, : head.V, a] = [float(x) for x in step.value]
            betas[j, a] = float(step.beta)
