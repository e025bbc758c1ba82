"""What a layer is here: for each letter the matrix of its linear part, S ← A(x) S + B(x); what it writes does not matter.

Numbers       whole numbers, fractions, cyclotomic and sympy numbers are exact.  Floats are the numbers they are, too; but where they
              are no short dyadic numbers they are taken for rounded ones, known to a relative ε of their format: then a spectrum in
              range is still proved for exactly these numbers, and one that is not counts only if rounding cannot explain it.
Heads         A is block diagonal, a block a head.  Coordinates that no letter mixes (the strong components of the union of the
              matrices' patterns) are blocks too, the eigenvalues of any product being those of its blocks.
Factors       a head may be given as gate · G_m ⋯ G_1, G_j = I − β_j k_j k_jᵀ.  The product of such is one such, and its eigenvalues
              are, times the gate, 1 and those of the m × m matrix  I − (I + L)⁻¹ D K,  K_ij = k_i·k_j, D = diag(β), L the part of
              DK below the diagonal: a layer of n_h = 2 is a matter of 2 × 2 matrices, whatever the size of its state.
Why           G_j x_{j−1} = x_{j−1} − c_j k_j with c_j = β_j k_j·x_{j−1} = β_j k_j·(x − Σ_{i<j} c_i k_i), so (I + L) c = D kᵀx, and
              the product is I − k (I + L)⁻¹ D kᵀ with the keys as the columns of k.  UV and VU have the same eigenvalues but for
              zeros; where there are more factors than rows, VU has some that UV has not, so the product itself is taken.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, TypeAlias

import numpy as np

from ...automata.components import strongly_connected_components
from ...automata.errors import BadArgument, BadStep
from ..exact_layer import ExactLayer, Head
from ..exact_stack import ExactStack
from ..householder import Step
from ..numbers import Number, exact, identity, is_zero, simplified, tidied

Letter: TypeAlias = Hashable
Range: TypeAlias = Literal["real", "nonnegative"]  # where eigenvalues should lie: on the real line, or on its half from 0 up
SHORT = 24  # whole multiples of 2^−SHORT, or of half as many digits as the format has, if that is coarser, are taken for what they are
INT64_UP_TO = 2**20  # entries of products that numpy's int64 holds for 2^23 rows


@dataclass(frozen=True)
class Factors:
    """gate · G_m ⋯ G_1, the first factor acting first; β_j and keys as given, exact or floats.

    >>> Factors((1,), ((1, -1),)).matrix().tolist()
    [[0, 1], [1, 0]]
    """

    betas: Sequence[Any]
    keys: Sequence[Sequence[Any]]
    gate: Any = 1

    def __post_init__(self):
        if len(self.betas) != len(self.keys):
            raise BadArgument(f"{len(self.betas)} strengths β for {len(self.keys)} keys; each factor has one of each")
        if len({len(key) for key in self.keys}) > 1:
            raise BadArgument(
                f"keys of {sorted({len(key) for key in self.keys})} entries in one head; they should be of one length"
            )

    @property
    def size(self) -> int | None:
        """Entries of a key; None where there is no factor."""
        return len(self.keys[0]) if self.keys else None

    def matrix(self, size: int | None = None) -> np.ndarray:
        """The product [size, size], of exact numbers."""
        total = identity(size or self.size or 1)
        for beta, key in zip(self.betas, self.keys, strict=True):
            support = [i for i, x in enumerate(key) if x != 0]
            if support and beta != 0:
                k = np.array([key[i] for i in support], dtype=object)
                total[support] = tidied(total[support] - np.outer(k, beta * (k @ total[support])))
        return total if _is_one(self.gate) else self.gate * total

    def small(self) -> np.ndarray:
        """Of exact numbers, [m, m], or with the gate as one more diagonal entry where m < n: it has the eigenvalues of the product.

        With more factors than rows it is the product, [n, n]: the small matrix would have the gate as an eigenvalue of its own.
        """
        m = len(self.betas)
        if self.size is not None and m > self.size:
            return self.matrix()
        gram = np.array([[sum(x * y for x, y in zip(a, b, strict=True)) for b in self.keys] for a in self.keys], dtype=object)
        rows: list[np.ndarray] = []  # of (I + L)⁻¹ D K, by forward substitution
        for j in range(m):
            row = self.betas[j] * gram[j]
            for i in range(j):
                row = row - self.betas[j] * gram[j, i] * rows[i]
            rows.append(row)
        found = identity(m + (self.size is None or m < self.size))
        found[:m, :m] -= np.array(rows, dtype=object).reshape(m, m)
        return found if _is_one(self.gate) else self.gate * found

    def then(self, later: Factors) -> Factors:
        """The product later · self."""
        return Factors((*self.betas, *later.betas), (*self.keys, *later.keys), self.gate * later.gate)


Block = Mapping[Letter, np.ndarray] | Mapping[Letter, Factors]


@dataclass(frozen=True, eq=False)
class Layer:
    """blocks    for each head, or each part of the state that no letter mixes with others: what each letter does, in exact numbers
    letters   of the layer
    rounding  0, or how far, relative to their size, the numbers may be from those meant
    finite    whether these letters are all that the layer ever reads

    Made by `Layer.of`.
    """

    blocks: tuple[Block, ...]
    letters: tuple[Letter, ...]
    rounding: float = 0.0
    finite: bool = True

    @classmethod
    def of(cls, given: Any, finite: bool = True, rounding: float | None = None) -> Layer:
        """A layer from {letter: matrix}, {letter: Factors} (one head), a list of such heads, an ExactLayer or a Layer.

        rounding  how far, relative to their size, the numbers may be from those meant; None: 0, or ε where floats are not short

        Raises BadArgument naming the letter whose matrix is missing, of another size, or not finite

        >>> Layer.of({"a": np.eye(2), "b": [[0, 1], [1, 0]]}).letters
        ('a', 'b')
        """
        if isinstance(given, Layer):
            return given
        if isinstance(given, ExactLayer):
            return cls.of([_letters_of(head, given.alphabet) for head in given.heads])
        heads = [given] if isinstance(given, Mapping) else list(given) if isinstance(given, (list, tuple)) else []
        if not heads or not all(isinstance(head, Mapping) and head for head in heads):
            raise BadArgument("a layer is given by {letter: matrix}, {letter: Factors}, or a list of such, one a head")
        letters = tuple(heads[0])
        for h, head in enumerate(heads):
            if set(head) != set(letters):
                raise BadArgument(
                    f"head {h} has matrices for {list(head)}, head 0 for {list(letters)}; each letter needs one in each"
                )
        numbers = _Numbers()
        blocks = [block for head in heads for block in _blocks({a: head[a] for a in letters}, numbers)]
        if rounding is None:
            rounding = numbers.rounding
        if rounding == 0:
            blocks = [part for block in blocks for part in _parts(block)]
        return cls(tuple(blocks), letters, rounding, finite)


def layers_of(given: Any) -> list[Any]:
    """One or several layers as a list: of Layer, or of families (family.py), which are left as they are."""
    from .family import Family

    if isinstance(given, ExactStack):
        return [
            Layer.of([_letters_of(head, given.alphabet if i == 0 else range(len(head.letters))) for head in heads])
            for i, heads in enumerate(given.layers)
        ]
    several = list(given) if isinstance(given, (list, tuple)) else [given]
    if not several:
        raise BadArgument("no layers; give at least one")
    return [layer if isinstance(layer, Family) else Layer.of(layer) for layer in several]


def _letters_of(head: Head, alphabet: Sequence[Letter]) -> dict[Letter, Factors]:
    nothing = Step(0, (0,) * head.K, ())  # a letter without steps keeps the state, of K rows
    found = {}
    for letter, action in zip(alphabet, head.letters, strict=True):
        steps = action.steps or (nothing,)
        found[letter] = Factors(tuple(step.beta for step in steps), tuple(step.key for step in steps), action.gate)
    return found


class _Numbers:
    """Exact numbers from all kinds; remembers how coarse the floats were that are not short."""

    def __init__(self):
        self.rounding = 0.0

    def __call__(self, value: Any, where: str) -> Number:
        if isinstance(value, (float, np.floating)):
            if not np.isfinite(value):
                raise BadArgument(f"{where} holds {value}; give finite numbers")
            found = Fraction(*value.as_integer_ratio())  # float(value) would cut a longdouble, and lose the sign of a tiny one
            format_ = np.finfo(value.dtype if isinstance(value, np.floating) else np.float64)
            if found.denominator > 2 ** min(SHORT, (format_.nmant + 1) // 2):
                self.rounding = max(self.rounding, float(format_.eps))
            return exact(found)
        try:
            return simplified(exact(value))
        except BadStep as error:
            raise BadArgument(f"{where}: {error}") from None


def _blocks(head: Mapping[Letter, Any], numbers: _Numbers) -> list[Block]:
    """Parts of one head."""
    if all(isinstance(given, Factors) for given in head.values()):
        found = {
            a: Factors(
                tuple(numbers(b, f"β of {a!r}") for b in given.betas),
                tuple(tuple(numbers(x, f"a key of {a!r}") for x in key) for key in given.keys),
                numbers(given.gate, f"the gate of {a!r}"),
            )
            for a, given in head.items()
        }
        sizes = {given.size for given in found.values()} - {None}
        if len(sizes) > 1:
            raise BadArgument(
                f"keys of {sorted(map(str, sizes))} entries for letters of one head; they should be of one length"
            )
        return [found]
    matrices = {a: _matrix(given, a, numbers) for a, given in head.items()}
    first = next(iter(matrices))
    for a, matrix in matrices.items():
        if matrix.shape != matrices[first].shape:
            raise BadArgument(
                f"the matrix of {a!r} is {matrix.shape}, that of {first!r} is {matrices[first].shape}; they act on one state"
            )
    return _parts(matrices)


def _matrix(given: Any, letter: Letter, numbers: _Numbers) -> np.ndarray:
    rows = (
        given.matrix() if isinstance(given, Factors) else given.tolist() if hasattr(given, "is_symmetric") else given
    )  # sympy's
    array = np.asarray(rows) if isinstance(rows, np.ndarray) else np.array(rows, dtype=object)
    if array.ndim != 2 or array.shape[0] != array.shape[1] or not len(array):
        raise BadArgument(f"the matrix of {letter!r} has shape {array.shape}; give a square one, [n, n]")
    found = np.empty(array.shape, dtype=object)
    for place, value in np.ndenumerate(array):
        found[place] = numbers(value, f"the matrix of {letter!r}")
    return found


def _parts(block: Block) -> list[Block]:
    """The diagonal blocks of a common block triangular form."""
    factored = [given for given in block.values() if isinstance(given, Factors)]
    size = next((given.size for given in factored if given.size), 1) if factored else None
    matrices = {a: given.matrix(size) if isinstance(given, Factors) else given for a, given in block.items()}
    used = sum((matrix != 0).astype(int) for matrix in matrices.values())
    parts = components(np.asarray(used) != 0)
    return [{a: matrix[np.ix_(part, part)] for a, matrix in matrices.items()} for part in parts]


def components(used: np.ndarray) -> list[np.ndarray]:
    """The strong components of a pattern [n, n], as lists of coordinates: the diagonal blocks of a block triangular form.

    >>> [part.tolist() for part in components(np.array([[1, 1, 0], [1, 0, 1], [0, 0, 1]]) != 0)]
    [[0, 1], [2]]
    """
    n = len(used)
    successors = np.where(used, np.arange(n)[None, :], np.arange(n)[:, None])  # an edge to itself where there is none
    label = strongly_connected_components(successors)
    return [np.flatnonzero(label == c) for c in range(int(label.max()) + 1)]


def multiplied(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    """A B, exactly; in machine integers where the entries are small."""
    if all(type(x) is int and abs(x) < INT64_UP_TO for M in (A, B) for x in M.flat):
        return (A.astype(np.int64) @ B.astype(np.int64)).astype(object)
    return tidied(A @ B)


def _is_one(value: Number) -> bool:
    return is_zero(value - 1)
