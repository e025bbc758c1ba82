"""The numbers of a network as one table a letter.

What a network computes (nets/network.py): the letter's embedding x is projected to n_h keys, values and strengths a head, and to
a gate if there is one; the head's state S [K, V] is multiplied by the gate and goes through the steps
S ← S + k (β (v − kᵀS))ᵀ; it is read as o = Sᵀ q; the state named is the first largest entry of W o + b.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .formats import FORMATS, Floats, Format
from .weights import Weights


class Malformed(Exception):
    """Tensors that do not make up a network; the verdict turns this into `holds = False` with the reason."""


@dataclass(frozen=True)
class Tables:
    """A one-layer network, letter by letter, in the carrier type of its format.

    keys [A, n_h, H, K]   values [A, n_h, H, V]   betas [A, n_h, H]   gates [A, H] or None
    queries [H, K]   initial [H, K, V]   readout [n_states, H·V]   bias [n_states]   accepting [n_states] bool
    selects   whether every embedding is a unit vector, so that projecting it adds nothing but zeros and never rounds
    """

    format: Format
    keys: Floats
    values: Floats
    betas: Floats
    gates: Floats | None
    queries: Floats
    initial: Floats
    readout: Floats
    bias: Floats
    accepting: np.ndarray
    selects: bool


def subnormal(tables: Tables) -> bool:
    """Whether a projected number is not 0 but smaller than any normal number: some matrix products would make it 0."""
    least = 2.0**-tables.format.normal
    parts = [tables.keys, tables.values, tables.betas] + ([] if tables.gates is None else [tables.gates])
    return any(bool(np.any((part != 0) & (np.abs(part.astype(np.float64)) < least))) for part in parts)


def read_tables(weights: Weights) -> Tables:
    """Raises Malformed when tensors are missing or do not fit together."""
    layer = "layers.0."
    wanted = ["embedding.weight", "readout.weight", "readout.bias"]
    wanted += [layer + name for name in ("k_proj.weight", "v_proj.weight", "b_proj.weight", "query", "initial_state")]
    gate_name = layer + "g_proj.weight"
    known = {*wanted, gate_name, "accepting"}
    missing = [name for name in [*wanted, "accepting"] if name not in weights]
    unknown = sorted(set(weights) - known)
    if missing or unknown:
        raise Malformed(f"not a one-layer network: tensors missing {missing}, unknown {unknown}")
    dtypes = {weights[name].dtype for name in (set(weights) - {"accepting"})}
    if len(dtypes) != 1 or (dtype := dtypes.pop()) not in FORMATS or weights["accepting"].dtype != "BOOL":
        raise Malformed(f"the tensors have mixed or unknown types {sorted(dtypes)}")
    number = {name: weights[name].numbers() for name in weights if name != "accepting"}
    embedding = number["embedding.weight"]
    initial = number[layer + "initial_state"]
    strengths, bias = number[layer + "b_proj.weight"], number["readout.bias"]
    if (embedding.ndim, initial.ndim, strengths.ndim, bias.ndim) != (2, 3, 2, 1):
        raise Malformed(
            "the embedding or b_proj is not a matrix, the initial state not [heads, K, V], or the bias not a vector"
        )
    (letters, width), (H, K, V), n_states = embedding.shape, initial.shape, len(bias)
    n_h = len(strengths) // H if H else 0
    if 0 in (letters, width, n_h, H, K, V, n_states):
        raise Malformed(f"{letters} letters, {n_h} steps a token, {H} heads with states [{K}, {V}], {n_states} states to name")
    shapes = {
        layer + "k_proj.weight": (n_h * H * K, width),
        layer + "v_proj.weight": (n_h * H * V, width),
        layer + "b_proj.weight": (n_h * H, width),
        gate_name: (H, width),
        layer + "query": (H, K),
        "readout.weight": (n_states, H * V),
        "readout.bias": (n_states,),
    }
    for name, shape in shapes.items():
        if name in number and number[name].shape != shape:
            raise Malformed(f"tensor {name} has shape {number[name].shape}, not {shape}")
    accepting = weights["accepting"].flags()
    if accepting.shape != (n_states,):
        raise Malformed(f"{n_states} states, but accepting flags of shape {accepting.shape}")

    selects = bool(np.all(np.isin(embedding, (0, 1))) and np.all(embedding.sum(axis=1) == 1))
    picked = embedding.argmax(axis=1)

    def projected(name: str, shape: tuple[int, ...]) -> Floats:
        matrix = number[layer + name]
        if selects and np.all(np.isfinite(matrix)):
            return matrix.T[picked].reshape(letters, *shape)
        with np.errstate(all="ignore"):  # infinities times 0 are NaN here as they are in the network
            wide = embedding.astype(np.float64) @ matrix.astype(np.float64).T
            return wide.astype(matrix.dtype).reshape(letters, *shape)

    return Tables(
        format=FORMATS[dtype],
        keys=projected("k_proj.weight", (n_h, H, K)),
        values=projected("v_proj.weight", (n_h, H, V)),
        betas=projected("b_proj.weight", (n_h, H)),
        gates=projected("g_proj.weight", (H,)) if gate_name in number else None,
        queries=number[layer + "query"],
        initial=initial,
        readout=number["readout.weight"],
        bias=bias,
        accepting=accepting,
        selects=selects,
    )
