"""The spectrum of each token's transition matrix, A in S ← A S + B: of trained mixers, and of compiled networks.

Why        [0, 1] cannot do parity, real spectra cannot count modulo 3 in one layer (theory/limits); what a trained network found is to
           be seen in its eigenvalues.
By letter  in the first layer without a convolution a letter has one matrix; further up, and with one, a matrix depends on what came
           before, and a letter has a cloud.
Compiled   layers after the first read symbols that a link makes of letter and read; their matrices are grouped by the letter, too, on
           the same words, so that both pictures mean the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...theory.limits import Factors
from ...theory.limits import Layer as Spectral
from ..network import Network
from ..transitions import transition_matrices

Spectrum = dict[int, np.ndarray]


def by_letter(eigenvalues: Tensor, tokens: Tensor) -> Spectrum:
    """Eigenvalues sorted by the token that made them.

    eigenvalues  complex [..., M]
    tokens       [...], the same leading shape
    Returns      {token: complex [occurrences · M]}

    >>> found = by_letter(torch.tensor([[1.0, -1.0], [1.0, 0.5]]), torch.tensor([4, 7]))
    >>> {token: values.real.tolist() for token, values in found.items()}
    {4: [1.0, -1.0], 7: [1.0, 0.5]}
    """
    values, names = eigenvalues.flatten(0, -2).cpu().numpy().astype(complex), tokens.flatten().cpu().numpy()
    return {int(token): values[names == token].ravel() for token in np.unique(names)}


def mixer_spectrum(mixer: Any, x: Tensor, tokens: Tensor) -> Spectrum | None:
    """Of one layer of one trained network; None where its mixer has no transition matrices (attention, LSTM).

    mixer   of a stack of one replica
    x       [1, B, T + 1, d], of `model.mixer_inputs(tokens[None])`: BOS first
    tokens  [B, T]
    """
    if not hasattr(mixer, "eigenvalues"):
        return None
    with torch.no_grad():
        return by_letter(mixer.eigenvalues(x)[0, :, 1:], tokens)


def network_spectrum(net: Network, tokens: Tensor) -> list[Spectrum]:
    """Of a compiled network, a layer each, on words [B, T].

    >>> import deltaword as dw
    >>> [found] = network_spectrum(dw.compile(dw.languages.get("parity")), torch.tensor([[0, 1]]))
    >>> sorted(found[1].real.tolist())
    [-1.0, 1.0]
    """
    found = []
    for layer, symbols in zip(_layers(net), symbols_read(net, tokens), strict=True):
        tables = {symbol: _eigenvalues(layer, name) for symbol, name in enumerate(layer.letters)}
        grouped: dict[int, set[int]] = {}
        for token, symbol in zip(tokens.flatten().tolist(), symbols.flatten().tolist(), strict=True):
            grouped.setdefault(token, set()).add(symbol)
        found.append(
            {token: np.concatenate([tables[symbol] for symbol in sorted(grouped[token])]) for token in sorted(grouped)}
        )
    return found


@torch.no_grad()
def symbols_read(net: Network, tokens: Tensor) -> list[Tensor]:
    """Which symbol each layer of a compiled network reads at each token, [B, T] a layer: letters in the first, then what links make."""
    memory, x, symbols = net.start(len(tokens)), net.embedding(tokens), [tokens]
    for i, link in enumerate(net.links):
        o, _ = net.layers[i](x, memory.states[i])
        x = link(x, o, memory.reads[i])
        symbols.append(x.argmax(dim=-1))
    return symbols


def summary(spectrum: Mapping[int, np.ndarray]) -> dict[str, float]:
    """Lowest real part, largest imaginary part and largest modulus of all of them.

    >>> summary({0: np.array([1.0, -0.5 + 0.5j])}) == {"lowest_real": -0.5, "largest_imaginary": 0.5, "largest_modulus": 1.0}
    True
    """
    values = np.concatenate([np.ravel(part) for part in spectrum.values()])
    return {
        "lowest_real": float(np.real(values).min()),
        "largest_imaginary": float(np.abs(np.imag(values)).max()),
        "largest_modulus": float(np.abs(values).max()),
    }


def distinct(values: np.ndarray, decimals: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """The different ones among them, to so many decimals, and how often each comes.

    >>> distinct(np.array([1.0, 1.0, -0.9996]))
    (array([-1.+0.j,  1.+0.j]), array([1, 2]))
    """
    return np.unique(np.round(np.asarray(values, dtype=complex), decimals) + 0.0, return_counts=True)


def thinned(values: np.ndarray, at_most: int) -> np.ndarray:
    """So many of them at most, evenly along the real axis, the ends among them.

    >>> thinned(np.array([3.0, 0.0, 1.0, 2.0]), 2).tolist()
    [0.0, 3.0]
    """
    return np.sort(values)[np.unique(np.linspace(0, len(values) - 1, min(at_most, len(values))).round().astype(int))]


def telling(spectrum: Mapping[int, np.ndarray], at_most: int) -> list[int]:
    """Letters whose spectra differ, to be shown: one of each kind first, then the others; at most so many.

    >>> telling({0: np.array([1.0]), 1: np.array([1.0]), 2: np.array([-1.0])}, 2)
    [0, 2]
    """
    kinds: dict[bytes, int] = {}
    for letter, values in spectrum.items():
        kinds.setdefault(distinct(values, 2)[0].tobytes(), letter)
    first = list(kinds.values())
    return sorted([*first, *(letter for letter in spectrum if letter not in first)][:at_most])


def _layers(net: Network) -> Sequence[Spectral]:
    layers = transition_matrices(net)
    assert isinstance(layers, list)
    return [layer for layer in layers if isinstance(layer, Spectral)]


def _eigenvalues(layer: Spectral, name: Any) -> np.ndarray:
    parts = [block[name] for block in layer.blocks if name in block]
    matrices = [part.matrix() if isinstance(part, Factors) else part for part in parts]
    return np.concatenate([np.linalg.eigvals(np.asarray(matrix, dtype=float)) for matrix in matrices]).astype(complex)
