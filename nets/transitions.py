"""The matrices by which a torch layer's state goes from token to token, for theory/limits.

Ours          keys, strengths and gates are read off and kept as factors: of a compiled layer the numbers are what they are, of a
              trained one they are known to the precision of its type.  A DeltaProduct layer without inputs stands for all of its kind:
              unit keys and β ≤ β_max say enough (theory/limits/family.py).
Others        any step(state, token) → state.  The columns of A are step(e_i) − step(0); that the step is affine is then checked on
              random states of three sizes, against the rounding that so many sums can make.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..automata.errors import BadArgument, NotAffine
from ..theory.limits import Factors, Family, Layer
from .delta_product import DeltaProduct
from .fixed_layer import FixedDeltaProduct
from .network import Network

Letter = Hashable
SHORT = 24  # numbers with so many binary places are what they are
SIZES, DRAWN, SEED = (1.0, 1e-2, 1e2), 2, 0
SLACK = 16  # roundings an entry of the state, each of the size of what is added up


def transition_matrices(
    layer: Any, inputs: Mapping[Letter, Any] | Iterable[Letter] | None = None, shape: Sequence[int] | None = None
) -> Layer | Family | list[Layer | Family]:
    """What `parity_bound` and `counting_bound` of theory.limits take.

    layer   a Network: a list, a layer each, for the letters of its machine and then the symbols between its layers;
            a FixedDeltaProduct: its symbols are the unit vectors, or give inputs;
            a DeltaProduct: inputs, or all of its kind;
            or a callable step(state, token) → state of the same shape, whose inputs and state shape are to be given
    inputs  {name: input [d_input]}, for a callable {name: token}, or the tokens themselves
    shape   of a callable's state
    Raises  NotAffine with the token and the error; BadArgument

    >>> import deltaword as dw
    >>> from deltaword.theory.limits import parity_bound
    >>> print(parity_bound(transition_matrices(dw.compile(dw.languages.get("parity")))).escape)
    in layer 1 the matrix of '1' has the eigenvalue −1
    >>> parity_bound(transition_matrices(DeltaProduct(8, n_h=2, beta_max=1))).cannot
    True
    >>> found = transition_matrices(lambda state, token: token * state.flip(0) + 1, [0.5, -1.0], shape=(2,))
    >>> parity_bound(found).escape.letters
    (0.5,)
    """
    if isinstance(layer, Network):
        first, *later = layer._mixers()
        letters = dict(zip(layer.dfa.alphabet, _units(first), strict=True))
        return [_fixed(first, letters, True), *(_fixed(fixed, dict(enumerate(_units(fixed))), True) for fixed in later)]
    if isinstance(layer, FixedDeltaProduct):
        return _fixed(layer, dict(enumerate(_units(layer))), True) if inputs is None else _fixed(layer, _named(inputs), False)
    if isinstance(layer, DeltaProduct):
        return Family(layer.n_h, layer.beta_max) if inputs is None else _trained(layer, _named(inputs))
    if not callable(layer) or isinstance(layer, type):
        raise BadArgument(f"{layer!r} is a {type(layer).__name__}; give a Network, a layer, or a function step(state, token)")
    if inputs is None or shape is None:
        raise BadArgument("of a function step(state, token) the inputs and the shape of its state are to be given")
    tokens = inputs if isinstance(inputs, Mapping) else {token: token for token in inputs}
    probed = {name: _probed(layer, token, tuple(shape), name) for name, token in tokens.items()}
    return Layer.of({name: A for name, (A, _) in probed.items()}, False, max(rounding for _, rounding in probed.values()))


def _named(inputs: Mapping[Letter, Any] | Iterable[Letter]) -> dict[Letter, Tensor]:
    if not isinstance(inputs, Mapping) or not inputs:
        raise BadArgument("inputs of a layer are given by name: {name: input [d_input]}, at least one")
    return {name: torch.as_tensor(x) for name, x in inputs.items()}


def _units(layer: FixedDeltaProduct) -> Tensor:
    weight = layer.k_proj.weight
    return torch.eye(layer.k_proj.in_features, dtype=weight.dtype, device=weight.device)


@torch.no_grad()
def _fixed(layer: FixedDeltaProduct, inputs: Mapping[Letter, Tensor], finite: bool) -> Layer:
    x = torch.stack(list(inputs.values())).to(layer.k_proj.weight)[:, None]
    _, k, _, beta, gate = layer.inputs(x)
    short = all(torch.equal(y.double() * 2**SHORT, (y.double() * 2**SHORT).round()) for y in (k, beta, gate) if y is not None)
    return _factored(inputs, k, beta, gate, finite, 0.0 if short and finite else torch.finfo(k.dtype).eps)


@torch.no_grad()
def _trained(layer: DeltaProduct, inputs: Mapping[Letter, Tensor]) -> Layer:
    x = torch.stack(list(inputs.values())).to(layer.k_proj.weight)[:, None]
    k, beta, log_gate = layer.transitions(x)
    return _factored(inputs, k, beta, None if log_gate is None else log_gate.exp(), False, torch.finfo(k.dtype).eps)


def _factored(names: Iterable[Letter], k: Tensor, beta: Tensor, gate: Tensor | None, finite: bool, rounding: float) -> Layer:
    """k [N, 1, n_h, H, K], beta [N, 1, n_h, H], gate [N, 1, H] or None."""
    heads: list[dict[Letter, Factors]] = [{} for _ in range(k.shape[3])]
    for i, name in enumerate(names):
        for h, head in enumerate(heads):
            keys, betas = k[i, 0, :, h].tolist(), beta[i, 0, :, h].tolist()
            head[name] = Factors(tuple(betas), tuple(map(tuple, keys)), 1 if gate is None else gate[i, 0, h].item())
    return Layer.of(heads, finite, rounding)


@torch.no_grad()
def _probed(step: Callable[..., Any], token: Any, shape: tuple[int, ...], name: Letter) -> tuple[np.ndarray, float]:
    """A [n, n] of the flattened state, n = Π shape, and how far its entries may be from those meant, relative to the largest."""
    n = math.prod(shape)

    def after(state: Tensor) -> Tensor:
        found = step(state.reshape(shape), token)
        if not isinstance(found, Tensor) or found.shape != shape:
            got = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
            raise BadArgument(f"after token {name!r} the state is {got}, not a tensor of shape {shape}")
        return found.reshape(n)

    dtype = after(torch.zeros(n)).dtype
    nothing = torch.zeros(n, dtype=dtype)
    B = after(nothing)
    A = torch.stack([after(column) - B for column in torch.eye(n, dtype=dtype)], dim=1)
    generator = torch.Generator().manual_seed(SEED)
    for size in SIZES * DRAWN:
        state = size * torch.randn(n, generator=generator).to(dtype)
        wanted, found = A.double() @ state.double() + B.double(), after(state).double()
        added = A.double().abs() @ state.double().abs() + B.double().abs() + state.double().norm()
        error, allowed = (found - wanted).abs(), SLACK * n * torch.finfo(dtype).eps * added
        if not bool((error <= allowed).all()):
            worst = int((error - allowed).nan_to_num(nan=torch.inf).argmax())
            raise NotAffine(
                f"token {name!r}: entry {worst} of the state is {float(error[worst]):.3g} away from A S + B at a state of size "
                f"{float(state.norm()):.3g}, and rounding explains {float(allowed[worst]):.3g}; the bounds are for layers that are "
                "affine in their state"
            )
    eps = torch.finfo(dtype).eps
    if all(_few_digits(y.double(), eps) for y in (A, B)):
        return A.double().cpu().numpy(), 0.0
    return A.double().cpu().numpy(), SLACK * eps * (1 + float(B.abs().max()) / max(float(A.abs().max()), eps))


def _few_digits(x: Tensor, eps: float) -> bool:
    """Whether all numbers are below 1/√ε and multiples of √ε, roughly: then nothing was rounded on the way to them."""
    scale = 2.0 ** -(math.frexp(eps)[1] // 2)
    return bool((x.abs() < scale).all()) and torch.equal(x * scale, (x * scale).round())
