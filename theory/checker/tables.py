"""The numbers of a network as one table a symbol.

What a network computes (nets/network.py): the letter's embedding x is projected by layer 0 to n_h keys, values and strengths a head,
and to a gate if there is one; the head's state S [K, V] is multiplied by the gate and goes through the steps
S ← S + k (β (v − kᵀS))ᵀ; it is read as o = Sᵀ q.  A link's Mlp maps x and shift · (o before, o after) to the next layer's x.  All
layers' o go through the reader, affine maps with a ReLU after each; the state named is the first largest entry of W o + b.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .formats import FORMATS, Floats, Format
from .weights import Weights

LAYER = re.compile(r"layers\.(\d{1,4})\.", re.ASCII)
AFFINE = re.compile(r"(links\.\d{1,4}\.mlp\.|reader\.)(\d{1,4})\.(?:weight|bias)", re.ASCII)


class Malformed(Exception):
    """Tensors that do not make up a network; the verdict turns this into `holds = False` with the reason."""


@dataclass(frozen=True)
class LayerTables:
    """One layer, symbol by symbol, in the carrier type of its format.

    keys [A, n_h, H, K]   values [A, n_h, H, V]   betas [A, n_h, H]   gates [A, H] or None   queries [H, K]   initial [H, K, V]
    inputs [A, width], the vectors projected; None: the unit vectors, which links give
    selects   whether every input is a unit vector, so that projecting it adds nothing but zeros and never rounds
    """

    format: Format
    keys: Floats
    values: Floats
    betas: Floats
    gates: Floats | None
    queries: Floats
    initial: Floats
    inputs: Floats | None
    selects: bool

    def inputs_of(self, symbols: npt.NDArray[np.int64]) -> Floats:
        """What is projected for symbols [N], in float64."""
        if self.inputs is not None:
            return self.inputs[symbols].astype(np.float64)
        rows = np.zeros((len(symbols), len(self.keys)))
        rows[np.arange(len(symbols)), symbols] = 1
        return rows

    @property
    def width(self) -> int:
        """How many numbers the layer reads."""
        return self.initial.shape[0] * self.initial.shape[2]


@dataclass(frozen=True)
class Tables(LayerTables):
    """A one-layer network with a linear readout: readout [n_states, H·V], bias [n_states], accepting [n_states] bool."""

    readout: Floats
    bias: Floats
    accepting: np.ndarray


@dataclass(frozen=True)
class Affine:
    """weight [n_out, n_in], bias [n_out]."""

    weight: Floats
    bias: Floats


@dataclass(frozen=True)
class LinkTables:
    """shift [R, 2], of what a layer reads before and after the token; the affine maps of the Mlp."""

    shift: Floats
    mlp: tuple[Affine, ...]


@dataclass(frozen=True)
class StackTables:
    """A network of several layers, or with a reader: layers, links one fewer, reader (the readout last), accepting [n_states]."""

    format: Format
    layers: tuple[LayerTables, ...]
    links: tuple[LinkTables, ...]
    reader: tuple[Affine, ...]
    accepting: np.ndarray

    @property
    def keys(self) -> Floats:
        """The first layer's, one row a letter."""
        return self.layers[0].keys

    @property
    def bias(self) -> Floats:
        """The readout's, one number a state."""
        return self.reader[-1].bias

    @property
    def selects(self) -> bool:
        return self.layers[0].selects


def as_stack(tables: Tables) -> StackTables:
    """One layer with a linear readout as a stack."""
    return StackTables(tables.format, (tables,), (), (Affine(tables.readout, tables.bias),), tables.accepting)


def subnormal(tables: LayerTables) -> bool:
    """Whether a projected number is not 0 but smaller than any normal number: some matrix products would make it 0."""
    least = 2.0**-tables.format.normal
    parts = [tables.keys, tables.values, tables.betas] + ([] if tables.gates is None else [tables.gates])
    return any(bool(np.any((part != 0) & (np.abs(part.astype(np.float64)) < least))) for part in parts)


def read_tables(weights: Weights) -> Tables | StackTables:
    """One layer without a reader as Tables, all else as StackTables. Raises Malformed when tensors are missing or do not fit."""
    n_layers = 1 + max((int(found[1]) for found in map(LAYER.match, weights) if found), default=0)
    lengths = dict.fromkeys(["reader.", *(f"links.{i}.mlp." for i in range(n_layers - 1))], 0)  # how many affine maps each has
    for found in map(AFFINE.fullmatch, weights):
        if found and found[1] in lengths:
            lengths[found[1]] = max(lengths[found[1]], 1 + int(found[2]))
    wanted = ["embedding.weight", "readout.weight", "readout.bias"]
    for i in range(n_layers):
        wanted += [
            f"layers.{i}.{name}" for name in ("k_proj.weight", "v_proj.weight", "b_proj.weight", "query", "initial_state")
        ]
    wanted += [f"links.{i}.shift" for i in range(n_layers - 1)]
    for prefix, count in lengths.items():
        least = 0 if prefix == "reader." else 1
        wanted += [f"{prefix}{j}.{part}" for j in range(max(least, count)) for part in ("weight", "bias")]
    known = {*wanted, *(f"layers.{i}.g_proj.weight" for i in range(n_layers)), "accepting"}
    missing = [name for name in [*wanted, "accepting"] if name not in weights]
    unknown = sorted(set(weights) - known)
    if missing or unknown:
        raise Malformed(f"not a network: tensors missing {missing[:6]}, unknown {unknown[:6]}")
    dtypes = sorted({weights[name].dtype for name in (set(weights) - {"accepting"})})
    if len(dtypes) != 1 or dtypes[0] not in FORMATS or weights["accepting"].dtype != "BOOL":
        raise Malformed(f"the tensors have mixed or unknown types: {dtypes}, flags {weights['accepting'].dtype}")
    form = FORMATS[dtypes[0]]
    number = {name: weights[name].numbers() for name in weights if name != "accepting"}
    embedding = number["embedding.weight"]
    if embedding.ndim != 2 or 0 in embedding.shape:
        raise Malformed(f"the embedding has shape {embedding.shape}; it should be a matrix")
    layers, links = [], []
    inputs, width = embedding, embedding.shape[1]
    for i in range(n_layers):
        layers.append(read_layer(number, f"layers.{i}.", inputs, width, form))
        if i < n_layers - 1:
            mlp = read_affine(number, f"links.{i}.mlp.", lengths[f"links.{i}.mlp."], width + layers[i].width)
            shift = shaped(number, f"links.{i}.shift", (layers[i].width, 2))
            links.append(LinkTables(shift, mlp))
            inputs, width = None, len(mlp[-1].bias)
    width = sum(layer.width for layer in layers)
    hidden = read_affine(number, "reader.", lengths["reader."], width)
    bias = number["readout.bias"]
    if bias.ndim != 1 or not len(bias):
        raise Malformed(f"the readout's bias has shape {bias.shape}; it should be a vector, a number a state")
    width = len(hidden[-1].bias) if hidden else width
    readout = Affine(shaped(number, "readout.weight", (len(bias), width)), bias)
    accepting = weights["accepting"].flags()
    if accepting.shape != (len(bias),):
        raise Malformed(f"{len(bias)} states, but accepting flags of shape {accepting.shape}")
    if n_layers == 1 and not hidden:
        return Tables(**vars(layers[0]), readout=readout.weight, bias=bias, accepting=accepting)
    return StackTables(form, tuple(layers), tuple(links), (*hidden, readout), accepting)


def shaped(number: Mapping[str, Floats], name: str, shape: tuple[int, ...]) -> Floats:
    """The tensor, if it has this shape. Raises Malformed."""
    if number[name].shape != shape:
        raise Malformed(f"tensor {name} has shape {number[name].shape}, not {shape}")
    return number[name]


def read_affine(number: Mapping[str, Floats], prefix: str, count: int, n_in: int) -> tuple[Affine, ...]:
    """`count` affine maps, the first of n_in numbers. Raises Malformed."""
    maps = []
    for j in range(count):
        bias = number[f"{prefix}{j}.bias"]
        if bias.ndim != 1 or not len(bias):
            raise Malformed(f"tensor {prefix}{j}.bias has shape {bias.shape}; it should be a vector")
        maps.append(Affine(shaped(number, f"{prefix}{j}.weight", (len(bias), n_in)), bias))
        n_in = len(bias)
    return tuple(maps)


def read_layer(number: Mapping[str, Floats], layer: str, inputs: Floats | None, width: int, form: Format) -> LayerTables:
    """The layer whose tensors' names begin so, for inputs [n_symbols, width] or the unit vectors. Raises Malformed."""
    initial, strengths = number[layer + "initial_state"], number[layer + "b_proj.weight"]
    if (initial.ndim, strengths.ndim) != (3, 2):
        raise Malformed(f"{layer}b_proj is not a matrix, or {layer}initial_state not [heads, K, V]")
    symbols, (H, K, V) = width if inputs is None else len(inputs), initial.shape
    n_h = len(strengths) // H if H else 0
    if 0 in (n_h, H, K, V):
        raise Malformed(f"{layer}: {n_h} steps a token, {H} heads with states [{K}, {V}]")
    gate_name = layer + "g_proj.weight"
    shapes = {
        layer + "k_proj.weight": (n_h * H * K, width),
        layer + "v_proj.weight": (n_h * H * V, width),
        layer + "b_proj.weight": (n_h * H, width),
        gate_name: (H, width),
        layer + "query": (H, K),
    }
    for name, shape in shapes.items():
        if name in number:
            shaped(number, name, shape)

    selects = inputs is None or bool(np.all(np.isin(inputs, (0, 1))) and np.all(inputs.sum(axis=1) == 1))
    picked = np.arange(symbols) if inputs is None else inputs.argmax(axis=1)

    def projected(name: str, shape: tuple[int, ...]) -> Floats:
        matrix = number[layer + name]
        if selects:
            columns = matrix.T[picked]
            infinite = ~np.isfinite(matrix)
            others = infinite.sum(axis=1) - infinite.T[picked]  # infinities times 0 are NaN
            return np.where(others > 0, np.array(np.nan, dtype=matrix.dtype), columns).reshape(symbols, *shape)
        assert inputs is not None
        with np.errstate(all="ignore"):
            wide = inputs.astype(np.float64) @ matrix.astype(np.float64).T
            return wide.astype(matrix.dtype).reshape(symbols, *shape)

    return LayerTables(
        format=form,
        keys=projected("k_proj.weight", (n_h, H, K)),
        values=projected("v_proj.weight", (n_h, H, V)),
        betas=projected("b_proj.weight", (n_h, H)),
        gates=projected("g_proj.weight", (H,)) if gate_name in number else None,
        queries=number[layer + "query"],
        initial=initial,
        inputs=inputs,
        selects=selects,
    )
