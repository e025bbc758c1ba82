"""From a machine to a network: choose a construction, write it in exact numbers, copy those to torch."""

from __future__ import annotations

import numpy as np
import torch

from ..automata.dfa import DFA
from ..automata.errors import NotCompilable, TooLarge
from ..theory.constructions.candidate import Candidate
from ..theory.constructions.one_layer import one_layer
from ..theory.constructions.registers import Keys
from ..theory.exact_layer import ExactLayer, Head
from .network import Network
from .plan import Considered, LayerPlan, Plan

LARGEST = 2**28  # numbers in a network, 1 GiB in float32
COUNTS_TO = {"bfloat16": 2**8, "float16": 2**11, "float32": 2**24, "float64": 2**53}


def compile(dfa: DFA, keys: Keys = "raw") -> Network:
    """A one-layer DeltaProduct network that tracks `dfa`, exactly and at every length; the least n_h among the constructions known.

    dfa     any machine that one of the constructions takes; it need not be minimal, and unreachable states are never named
    keys    "raw": small integer keys, where β‖k‖² ≤ 2 carries the norm; "unit": unit-norm dyadic keys on doubled coordinates
    Returns a Network in float32; `.to(dtype)` keeps it exact in the formats of `plan.exact_in`
    Raises  NotCompilable, naming what stands in the way of each construction; TooLarge, before anything large is built
    Source  the modules of theory/constructions

    >>> import deltaword as dw
    >>> net = dw.compile(dw.DFA.from_permutations({"a": [1, 2, 0]}))
    >>> net.states("aaaa"), net.plan.layers[0].n_h
    ([0, 1, 2, 0, 1], 2)
    """
    if keys not in ("raw", "unit"):
        raise NotCompilable(f"keys={keys!r} is not known; use 'raw' or 'unit'")
    candidates, refused = one_layer(dfa, keys)
    plan = plan_of(candidates, refused, dfa, keys)
    if plan.parameters > LARGEST:
        raise TooLarge(
            f"the cheapest network found has {plan.parameters:,} numbers ({plan.layers[0]}), {plan.parameters * 4 / 2**30:.1f} GiB in "
            f"float32; the limit is {LARGEST:,}: use fewer letters or a smaller machine"
        )
    return assemble(candidates[0].layer(dfa), dfa, plan)


def plan_of(candidates: list[Candidate], refused: list[tuple[str, str]], dfa: DFA, keys: Keys) -> Plan:
    """The plan for the first candidate, and the account of the others."""
    chosen, *others = candidates
    considered = [
        Considered(
            c.kind, shape_of(c), count_parameters(c, dfa), "costs more" if c.cost() > chosen.cost() else "costs the same"
        )
        for c in others
    ]
    considered += [Considered(kind, None, None, why) for kind, why in refused]
    exact_in = [name for name, bound in COUNTS_TO.items() if chosen.exact_to <= bound]
    return Plan([shape_of(chosen)], count_parameters(chosen, dfa), keys, 1, exact_in, considered)


def shape_of(c: Candidate) -> LayerPlan:
    return LayerPlan(c.kind, c.n_h, c.heads, c.K, c.V, c.gated)


def count_parameters(c: Candidate, dfa: DFA) -> int:
    """All numbers of the network, before building it: embedding, projections, query, initial state, readout and accepting flags."""
    A, n, heads = dfa.n_letters, dfa.n_states, c.heads
    projections = A * heads * (c.n_h * (c.K + c.V + 1) + c.gated)
    return A * A + projections + heads * c.K * (1 + c.V) + n * heads * c.V + 2 * n


def assemble(layer: ExactLayer, dfa: DFA, plan: Plan) -> Network:
    """The exact layer's numbers as torch parameters; heads and steps that are shorter than the longest are filled up with zeros."""
    net = Network(dfa, plan)
    A, H, n_h, K, V = dfa.n_letters, len(layer.heads), layer.n_h, layer.K, layer.V
    with torch.no_grad():
        keys = np.zeros((n_h, H, K, A), dtype=np.float32)
        values = np.zeros((n_h, H, V, A), dtype=np.float32)
        betas = np.zeros((n_h, H, A), dtype=np.float32)
        gates = np.ones((H, A), dtype=np.float32)
        column = 0
        for h, head in enumerate(layer.heads):
            fill_head(head, keys[:, h], values[:, h], betas[:, h], gates[h])
            net.layer.query[h, : head.K] = torch.tensor([float(x) for x in head.query])
            net.layer.initial_state[h, : head.K, : head.V] = torch.from_numpy(head.initial.astype(np.float32))
            rows = torch.from_numpy(layer.readout[:, column : column + head.V].astype(np.float32))
            net.readout.weight[:, h * V : h * V + head.V] = rows
            net.readout.weight[:, h * V + head.V : (h + 1) * V] = 0
            column += head.V
        net.layer.k_proj.weight.copy_(torch.from_numpy(keys.reshape(-1, A)))
        net.layer.v_proj.weight.copy_(torch.from_numpy(values.reshape(-1, A)))
        net.layer.b_proj.weight.copy_(torch.from_numpy(betas.reshape(-1, A)))
        if net.layer.g_proj is not None:
            net.layer.g_proj.weight.copy_(torch.from_numpy(gates))
        net.readout.bias.copy_(torch.tensor([float(x) for x in layer.bias]))
        net.accepting.copy_(torch.from_numpy(dfa.accepting_mask.copy()))
    return net


def fill_head(head: Head, keys: np.ndarray, values: np.ndarray, betas: np.ndarray, gates: np.ndarray) -> None:
    """One head's letters into views keys [n_h, K, A], values [n_h, V, A], betas [n_h, A], gates [A]; every number here is a small
    dyadic, which float32 holds exactly."""
    for a, action in enumerate(head.letters):
        gates[a] = float(action.gate)
        for j, step in enumerate(action.steps):
            keys[j, list(step.support), a] = [float(step.key[i]) for i in step.support]
            values[j, : head.V, a] = [float(x) for x in step.value]
            betas[j, a] = float(step.beta)
