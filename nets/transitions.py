"""The matrices by which a torch layer's state goes from token to token, for theory/limits.

Ours          keys, strengths and gates are read off and kept as factors: of a compiled layer the numbers are what they are, of a
              trained one they are known to the precision of its type.  A DeltaProduct layer without inputs stands for all of its kind:
              unit keys and β ≤ β_max say enough (theory/limits/family.py).
Others        any step(state, token) → state.  The columns of A are step(e_i) − step(0); that the step is affine is then checked on
              random states of three sizes, against the rounding that so many sums can make.  Of a state [K, V] it is first tried
              whether all V columns go by one matrix [K, K], as in linear attention: K steps instead of K V tell, and its
              eigenvalues are those of the whole.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..automata.errors import BadArgument, NotAffine, TooLarge
from ..theory.limits import Factors, Family, Layer
from .delta_product import DeltaProduct
from .fixed_layer import FixedDeltaProduct
from .network import Network

Letter = Hashable
SHORT = 24  # numbers with so many binary places are what they are
SIZES, DRAWN, SEED = (1.0, 1e-2, 1e2), 2, 0
LARGEST = 2048  # numbers of a state probed one by one
SLACK = 16  # roundings an entry of the state, each of the size of what is added up


def transition_matrices(
    layer: Any,
    inputs: Mapping[Letter, Any] | Iterable[Letter] | None = None,
    shape: Sequence[int] | None = None,
    dtype: torch.dtype | None = None,
    one_factor: bool = False,
) -> Layer | Family | list[Layer | Family]:
    """What `parity_bound` and `counting_bound` of theory.limits take.

    layer   a Network: a list, a layer each, for the letters of its machine and then the symbols between its layers;
            a FixedDeltaProduct: its symbols are the unit vectors, or give inputs;
            a DeltaProduct: inputs, or all of its kind;
            or a function step(state, token) → state of the same shape, one token of a layer of your own, whose inputs and state
            shape are to be given
    inputs  {name: input [d_input]}, for a function {name: token}, or the tokens themselves
    shape   of a function's state
    dtype   of a function's state; default: that of the parameters of the module whose method it is, else float32. Float64 leaves
            less to rounding, so that more is decided
    one_factor  for a function: reads each token's matrix as a gate times one generalized Householder matrix, and the bounds are then
            about that; a matrix that is known up to rounding leaves open whether an eigenvalue met n − 1 times is real
    Raises  NotAffine with the token and the error; BadArgument, also for what the function itself raises; TooLarge for a state of
            more than 2,048 numbers that do not go column by column

    >>> import deltaword as dw
    >>> from deltaword.nets.delta_product import DeltaProduct
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
    if isinstance(layer, torch.nn.Module):
        raise BadArgument(
            f"a {type(layer).__name__} maps whole sequences; give the function step(state, token) → state that it does for one token, "
            "such as a method of it, with inputs= and shape="
        )
    if not callable(layer) or isinstance(layer, type):
        raise BadArgument(f"{layer!r} is a {type(layer).__name__}; give a Network, a layer, or a function step(state, token)")
    if inputs is None or shape is None:
        raise BadArgument("of a function step(state, token) the inputs and the shape of its state are to be given")
    tokens = inputs if isinstance(inputs, Mapping) else {token: token for token in inputs}
    kind = _dtype_of(layer) if dtype is None else dtype
    probed = {name: _probed(layer, token, tuple(shape), name, kind) for name, token in tokens.items()}
    rounding = max(rounding for _, rounding in probed.values())
    if one_factor:
        return Layer.of({name: _one_factor(A, rounding, name) for name, (A, _) in probed.items()}, False, rounding)
    return Layer.of({name: A for name, (A, _) in probed.items()}, False, rounding)


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


def _dtype_of(step: Callable[..., Any]) -> torch.dtype:
    owner = getattr(step, "__self__", None)
    parameters = owner.parameters() if isinstance(owner, torch.nn.Module) else iter(())
    return next((p.dtype for p in parameters if p.is_floating_point()), torch.float32)


@torch.no_grad()
def _probed(
    step: Callable[..., Any], token: Any, shape: tuple[int, ...], name: Letter, kind: torch.dtype
) -> tuple[np.ndarray, float]:
    """A of the flattened state [n, n], n = Π shape, or of each of its columns [K, K] where one A serves all of them; and how far its
    entries may be from those meant, relative to the largest."""
    n, rows = math.prod(shape), shape[0] if shape else 1

    def after(state: Tensor) -> Tensor:
        try:
            found = step(state.reshape(shape), token)
        except Exception as error:
            raise BadArgument(
                f"the step raised {type(error).__name__} on token {name!r}, state {list(shape)} {kind}: {error}"
            ) from error
        if not isinstance(found, Tensor) or found.shape != shape:
            got = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
            raise BadArgument(f"after token {name!r} the state is {got}, not a tensor of shape {shape}")
        return found.reshape(n)

    dtype = after(torch.zeros(n, dtype=kind)).dtype
    B = after(torch.zeros(n, dtype=dtype))
    if len(shape) == 2 and shape[1] > 1:
        spread = [after(column[:, None].expand(shape).reshape(n)) - B for column in torch.eye(rows, dtype=dtype)]
        A = torch.stack([moved.reshape(shape)[:, 0] for moved in spread], dim=1)
        if _misfit(after, A, B, n) is None:
            return _read(A, B, dtype)
    if n > LARGEST:
        raise TooLarge(
            f"token {name!r}: a state of {n} numbers, not column by column; up to {LARGEST} are probed. Give one head of the layer, "
            "or its factors: theory.limits.Factors"
        )
    A = torch.stack([after(column) - B for column in torch.eye(n, dtype=dtype)], dim=1)
    if (misfit := _misfit(after, A, B, n)) is not None:
        raise NotAffine(f"token {name!r}: {misfit}; the bounds are for layers that are affine in their state")
    return _read(A, B, dtype)


def _misfit(after: Callable[[Tensor], Tensor], A: Tensor, B: Tensor, n: int) -> str | None:
    """What contradicts after(S) = A S + B, A acting on the flattened state or on columns, beyond rounding; on drawn states."""
    generator = torch.Generator().manual_seed(SEED)
    dtype, rows = B.dtype, A.shape[0]
    for size in SIZES * DRAWN:
        state = size * torch.randn(n, generator=generator).to(dtype)
        S, offset = state.double().reshape(rows, -1), B.double().reshape(rows, -1)
        wanted, found = (A.double() @ S + offset).reshape(n), after(state).double()
        added = (A.double().abs() @ S.abs() + offset.abs()).reshape(n) + state.double().norm()
        error, allowed = (found - wanted).abs(), SLACK * n * torch.finfo(dtype).eps * added
        if not bool((error <= allowed).all()):
            worst = int((error - allowed).nan_to_num(nan=torch.inf).argmax())
            return (
                f"entry {worst} of the state is {float(error[worst]):.3g} away from A S + B at a state of size "
                f"{float(state.norm()):.3g}, and rounding explains {float(allowed[worst]):.3g}"
            )
    return None


def _read(A: Tensor, B: Tensor, dtype: torch.dtype) -> tuple[np.ndarray, float]:
    eps = torch.finfo(dtype).eps
    if all(_few_digits(y.double(), eps) for y in (A, B)):
        return A.double().cpu().numpy(), 0.0
    return A.double().cpu().numpy(), SLACK * eps * (1 + float(B.abs().max()) / max(float(A.abs().max()), eps))


def _one_factor(A: np.ndarray, rounding: float, name: Letter) -> Factors:
    """Gate α and factor I − β k kᵀ, k of length 1, with A = α (I − β k kᵀ) to rounding."""
    n, size = len(A), max(1.0, float(np.abs(A).max()))
    values, vectors = np.linalg.eigh((A + A.T) / 2)
    at = int(np.argmax(np.abs(values - np.median(values))))
    alpha = float(np.median(np.delete(values, at))) if n > 1 else 1.0
    beta = 1 - float(values[at]) / alpha if alpha else 0.0
    k = vectors[:, at]
    off = float(np.abs(A - alpha * (np.eye(n) - beta * np.outer(k, k))).max())
    if off > 4 * n * max(rounding, float(np.finfo(float).eps)) * size:
        raise BadArgument(
            f"token {name!r}: its matrix is {off:.1e} away from a gate times one generalized Householder matrix, which rounding does "
            "not explain; leave out one_factor"
        )
    return Factors((max(beta, 0.0),), (tuple(k.tolist()),), alpha)


def _few_digits(x: Tensor, eps: float) -> bool:
    """Whether all numbers are below 1/√ε and multiples of √ε, roughly: then nothing was rounded on the way to them."""
    scale = 2.0 ** -(math.frexp(eps)[1] // 2)
    return bool((x.abs() < scale).all()) and torch.equal(x * scale, (x * scale).round())
