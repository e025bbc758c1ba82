"""Lower bounds held against layers: whether they can tell parity, or count modulo m.

Theorem       (statements parity_bound and counting_bound)  Feed a constant word.  If a layer reads inputs of period p from some token
              on, and every product of p of its matrices has only real eigenvalues, what is read of it has, from some token on, a
              period that divides 2p; if they are not negative either, one that divides p.  So after all layers the period divides
              P = 2^d, d the number of layers with a negative eigenvalue, and the network recognises (1ᵐ)* only if m divides P.
Here          layer by layer, p = 1 for the first.  As soon as a product of p matrices has a non-real eigenvalue there is no bound.
Source        Grazzi et al. 2411.12537, Theorems 1 and 2; that layers of non-negative spectrum do not double the period, so that fewer
              products are asked for, is this project's.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...automata.errors import BadArgument, TooLarge
from .eigenvalue import outside
from .family import Family
from .finding import Escape, Finding
from .layer import Layer, Range, layers_of
from .products import LIMIT, products
from .spectrum import EXACT_UP_TO, spectrum


def parity_bound(layers: Any, limit: int = LIMIT) -> Finding:
    """Whether layers cannot tell parity, by the eigenvalues of their matrices.

    layers  one layer or several, in order, each
              {letter: matrix}    square, of exact numbers or floats
              [{letter: …}, …]    heads, in one list within the list of layers
              {letter: Factors}   gate and generalized Householder factors
              Family(n_h, largest), an ExactLayer, an ExactStack, or what nets.transitions makes of a torch layer
    limit   products of matrices formed for one block
    Raises  BadArgument, TooLarge
    Source  Grazzi et al. 2411.12537, Theorem 1

    >>> parity_bound({"0": [[1]], "1": [[-1]]}).escape.eigenvalue.exact
    -1
    >>> print(parity_bound(Family(n_h=1, largest=1)).because)
    layer 1 (one factor a token, β‖k‖² ≤ 1): eigenvalues real and not negative; so on a constant word what is read becomes constant
    """
    return _bound("parity", "parity_bound", layers, 2, limit)


def counting_bound(layers: Any, m: int, limit: int = LIMIT) -> Finding:
    """Whether layers cannot count letters modulo m, by the eigenvalues of products of their matrices. As `parity_bound`, m ≥ 2.

    Raises  BadArgument, TooLarge
    Source  Grazzi et al. 2411.12537, Theorem 2

    >>> mirror, other = [[0, 1, 0], [1, 0, 0], [0, 0, 1]], [[1, 0, 0], [0, 0, 1], [0, 1, 0]]
    >>> counting_bound({"a": mirror, "b": other}, 3).cannot
    True
    >>> print(counting_bound([{"0": [[1]], "1": [[-1]]}, {"a": mirror, "b": other}], 3).escape)
    in layer 2 the product of the matrices of 'a', 'b' has the eigenvalue −1/2 + √3·i/2
    """
    if not isinstance(m, int) or m < 2:
        raise BadArgument(f"m is {m!r}; give the modulus, a whole number from 2 up")
    return _bound(f"counting modulo {m}", "counting_bound", layers, m, limit)


def _bound(task: str, theorem: str, given: Any, m: int, limit: int) -> Finding:
    layers = layers_of(given)
    scope = any(isinstance(layer, Layer) and not layer.finite for layer in layers)
    read_to = max((layer.rounding for layer in layers if isinstance(layer, Layer)), default=0.0)
    period, escapes, lines, left_open = 1, [], [], None
    for i, layer in enumerate(layers, 1):
        name = f"layer {i}{f' ({layer})' if isinstance(layer, Family) else ''}"
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                found = _family(layer, period) if isinstance(layer, Family) else _layer(layer, period, limit)
        except (OverflowError, np.linalg.LinAlgError):
            raise TooLarge(
                f"{name}: numbers pass 10^308, where floats end; divide each matrix by a positive number: that moves no eigenvalue off "
                "the real axis, or across 0"
            ) from None
        out = (found.negative if 2 * period % m == 0 else None) or found.turning
        if left_open is None and out is not None:
            escapes.append(Escape(i, *out))
            said = "; ".join(map(str, escapes))
            return Finding(task, "escapes", theorem, said, tuple(escapes), None if found.turning else 2 * period, given=scope)
        if found.turning or found.unsure is not None:
            where, margin = left_open or (name, found.unsure or 0.0)
            return Finding(task, "undecided", theorem, _unsure(where, margin), margin=margin, given=scope)
        count = "" if isinstance(layer, Family) else f" of {found.count} {'matrix' if found.count == 1 else 'matrices'}"
        if period > 1:
            count = f" of products of {period} matrices"
        if found.negative is None and found.unsure_sign is None:
            lines.append(f"{name}: eigenvalues{count} real and not negative")
            continue
        if found.negative is not None:
            escapes.append(Escape(i, *found.negative))
        else:
            left_open = left_open or (name, found.unsure_sign or 0.0)
        lines.append(f"{name}: eigenvalues{count} real")
        period *= 2
    if period % m:
        reads = "becomes constant" if period == 1 else f"gets a period that divides {period}, and {m} does not"
        because = f"{'; '.join(lines)}; so on a constant word what is read {reads}"
        return Finding(task, "cannot", theorem, because, tuple(escapes), period, given=scope, read_to=read_to)
    assert left_open is not None  # else the layer that reached m returned
    return Finding(task, "undecided", theorem, _unsure(*left_open), tuple(escapes), period, left_open[1], scope)


def _unsure(name: str, margin: float) -> str:
    way_out = "give exact numbers, or gate and factors instead of their product: theory.limits.Factors(betas, keys, gate), or "
    way_out += "transition_matrices(…, one_factor=True)"
    if margin == 0:
        return f"{name} has matrices of more than {EXACT_UP_TO} rows of rounded numbers, too large to decide exactly; {way_out}"
    return f"{name} has an eigenvalue that numpy finds {margin:.1e} outside of the range, which rounding may explain; {way_out}"


Found = tuple[tuple[Any, ...], Any, Any]  # letters, eigenvalue, matrix


class _Report(NamedTuple):
    """turning      a product with an eigenvalue that is surely not real
    negative     one with an eigenvalue that is surely not in [0, ∞)
    unsure       how far outside of the real numbers an eigenvalue is of which that is not sure
    unsure_sign  the same for [0, ∞)
    count        of products
    """

    turning: Found | None
    negative: Found | None
    unsure: float | None = None
    unsure_sign: float | None = None
    count: int = 0


def _family(family: Family, length: int) -> _Report:
    def member(within: Range) -> Found | None:
        factors = family.escape(within, length)
        return None if factors is None else ((), outside(matrix := factors.matrix(), within), matrix)

    return _Report(member("real"), member("nonnegative"))


def _layer(layer: Layer, length: int, limit: int) -> _Report:
    negative, unsure, unsure_sign, words = None, None, None, set()
    for product in products(layer, length, limit):
        words.add(product.word)
        found = spectrum(product.matrix, product.delta)
        rounded = product.delta > 0
        if found.real is False:
            turning = (product.word, outside(product.matrix, "real", rounded), product.matrix)
            return _Report(turning, negative or turning)
        if found.real is None:
            unsure = max(found.outside, unsure or 0.0)
        if found.nonnegative is False and negative is None:
            negative = (product.word, outside(product.matrix, "nonnegative", rounded), product.matrix)
        if found.nonnegative is None:
            unsure_sign = max(found.outside, unsure_sign or 0.0)
    return _Report(None, negative, unsure, unsure_sign, len(layer.letters) if length == 1 else len(words))
