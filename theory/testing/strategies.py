"""hypothesis strategies for what the theory speaks of: unit vectors, keys, β, products of Householder matrices, machines, words.

With exact=True numbers are ints and Fractions in object arrays, otherwise float arrays of the dtype named.  Sizes n are a number or a
range (low, high), both ends included.  Everything shrinks towards small sizes and simple numbers: a failing key becomes (1, 0), (1, 1).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from ...automata import groups as group_families
from ...automata.dfa import DFA
from ...automata.errors import BadArgument
from ...automata.group import Group
from ..numbers import identity
from .search import hypothesis

hypothesis("the strategies of deltaword.theory.testing")

from hypothesis import strategies as st  # noqa: E402  (after the message that says how to install it)
from hypothesis.extra import numpy as hnp  # noqa: E402

Size = int | tuple[int, int]
DENOMINATOR = 8


def sizes(n: Size) -> st.SearchStrategy[int]:
    """n itself, or whole numbers of a range (low, high). Raises BadArgument.

    >>> from deltaword.theory.testing import smallest
    >>> smallest(sizes((2, 5)), lambda n: True)[0]
    2
    """
    low, high = (n, n) if isinstance(n, int) else n
    if not 1 <= low <= high:
        raise BadArgument(f"the size is {n!r}; give a number or a range (low, high), 1 or more")
    return st.integers(low, high)


# ---------------------------------------------------------------------- vectors and β


@st.composite
def keys(draw: st.DrawFn, n: Size = (1, 4), largest: int = 3) -> np.ndarray:
    """Raw keys of whole numbers, not 0: [n] of Python ints in −largest … largest; β‖k‖² is what counts with them."""
    size = draw(sizes(n))
    entries = st.lists(st.integers(-largest, largest), min_size=size, max_size=size)
    return np.array(draw(entries.filter(any)), dtype=object)


@st.composite
def unit_vectors(draw: st.DrawFn, n: Size = (1, 4), exact: bool = False, dtype: Any = np.float64) -> np.ndarray:
    """Vectors of length 1 [n].

    exact  rational ones, all of which come by stereographic projection: (2t, ‖t‖² − 1)/(‖t‖² + 1) for rational t [n − 1], and the
           pole; coordinates moved about.  Otherwise normalised in float64 and rounded to dtype: of length 1 up to its rounding.

    >>> from deltaword.theory.testing import smallest
    >>> smallest(unit_vectors(2, exact=True), lambda k: 0 < k[0] < k[1] < 1)[0].tolist()
    [Fraction(3, 5), Fraction(4, 5)]
    """
    size = draw(sizes(n))
    if not exact:
        x = draw(st.lists(st.floats(-1, 1, width=16), min_size=size, max_size=size).filter(any))
        return (np.array(x) / np.linalg.norm(x)).astype(dtype)
    numbers = st.fractions(-DENOMINATOR, DENOMINATOR, max_denominator=DENOMINATOR)
    t = draw(st.lists(numbers, min_size=size - 1, max_size=size - 1))
    square = sum((x * x for x in t), Fraction(0))
    point = [2 * x / (square + 1) for x in t] + [(square - 1) / (square + 1)]
    turned = draw(st.integers(0, size - 1))
    sign = draw(st.sampled_from((-1, 1)))
    return np.array([sign * x for x in point[turned:] + point[:turned]], dtype=object)


def betas(low: Any = 0, high: Any = 2, *, exact: bool = False, open_right: bool = False) -> st.SearchStrategy[Any]:
    """β in [low, high], or in [low, high); the ends are drawn often. 0 ≤ β ≤ 2 is where one unit-key factor has norm at most 1.

    Raises  BadArgument for an empty range
    """
    if not (low < high or (low == high and not open_right)):
        raise BadArgument(f"no β lies {'in' if not open_right else 'properly in'} the range from {low} to {high}")
    if exact:
        inner = st.fractions(low, high, max_denominator=DENOMINATOR).filter(lambda b: not open_right or b < high)
        ends = [Fraction(low)] if open_right else [Fraction(low), Fraction(high)]
    else:
        inner = st.floats(low, high, exclude_max=open_right)
        ends = [float(low)] if open_right else [float(low), float(high)]
    return st.one_of(st.sampled_from(ends), inner)


# ---------------------------------------------------------------------- matrices


def householder(beta: Any, key: Any) -> np.ndarray:
    """I − β k kᵀ [n, n] in the key's numbers: exact ones, or its float format.

    >>> householder(2, np.array([0.0, 1.0], dtype=np.float32))
    array([[ 1.,  0.],
           [ 0., -1.]], dtype=float32)
    """
    key = np.asarray(key)
    one = identity(len(key)) if key.dtype == object else np.eye(len(key), dtype=key.dtype)
    return one - (beta if key.dtype == object else key.dtype.type(beta)) * np.outer(key, key)


@st.composite
def householder_products(
    draw: st.DrawFn,
    n: Size = (1, 4),
    factors: Size = 1,
    low: Any = 0,
    high: Any = 2,
    exact: bool = False,
    dtype: Any = np.float64,
    open_right: bool = False,
) -> np.ndarray:
    """G_m ⋯ G_1 [n, n], m factors I − β k kᵀ with unit keys and β in [low, high]; computed in dtype, or exactly.

    >>> from deltaword.theory.testing import smallest
    >>> mirrors = householder_products(2, 2, low=2, exact=True)
    >>> smallest(mirrors, lambda A: 0 < A[1, 0] == -A[0, 1])[0].trace() ** 2 < 4                          # they turn
    True
    """
    size = draw(sizes(n))
    strengths = betas(low, high, exact=exact, open_right=open_right)
    product = identity(size) if exact else np.eye(size, dtype=dtype)
    for _ in range(draw(sizes(factors))):
        product = householder(draw(strengths), draw(unit_vectors(size, exact, dtype))) @ product
    return product


@st.composite
def orthogonal_matrices(draw: st.DrawFn, n: Size = (1, 4), exact: bool = False, dtype: Any = np.float64) -> np.ndarray:
    """Orthogonal matrices [n, n]: up to n mirrors, which by Cartan–Dieudonné are all of them, over the rationals too."""
    size = draw(sizes(n))
    product = identity(size) if exact else np.eye(size)
    for _ in range(draw(st.integers(0, size))):
        k = draw(keys(size))
        mirror = identity(size) - Fraction(2, int(k @ k)) * np.outer(k, k)
        product = (mirror if exact else mirror.astype(np.float64)) @ product
    return product if exact else product.astype(dtype)


@st.composite
def contractions(draw: st.DrawFn, n: Size = (1, 4), exact: bool = False, dtype: Any = np.float64) -> np.ndarray:
    """Matrices of norm at most 1 [n, n]: U diag(s) Vᵀ with U, V orthogonal and s in [0, 1], which are all of them."""
    size = draw(sizes(n))
    U, V = draw(orthogonal_matrices(size, exact)), draw(orthogonal_matrices(size, exact))
    s = draw(st.lists(betas(0, 1, exact=exact), min_size=size, max_size=size))
    return U * np.array(s, dtype=object if exact else np.float64) @ V.T if exact else ((U * np.array(s)) @ V.T).astype(dtype)


# ---------------------------------------------------------------------- machines and words


@st.composite
def automata(draw: st.DrawFn, max_states: int = 6, alphabet: Sequence[Any] = "ab") -> DFA:
    """Complete machines of 1 … max_states states, any start; parts may be out of reach, states may be equivalent."""
    n = draw(st.integers(1, max_states))
    states = st.integers(0, n - 1)
    row = st.lists(states, min_size=len(alphabet), max_size=len(alphabet))
    table = draw(st.lists(row, min_size=n, max_size=n))
    return DFA(table, draw(states), draw(st.sets(states)), alphabet)


@st.composite
def permutation_automata(draw: st.DrawFn, max_states: int = 5, alphabet: Sequence[Any] = "ab") -> DFA:
    """Machines of which every letter permutes the states: what one layer of mirrors tracks."""
    n = draw(st.integers(1, max_states))
    columns = [draw(st.permutations(range(n))) for _ in alphabet]
    return DFA(np.array(columns).T, draw(st.integers(0, n - 1)), draw(st.sets(st.integers(0, n - 1))), alphabet)


def groups(max_order: int = 24) -> st.SearchStrategy[Group]:
    """Z_m, D_m, S_n, A_n and Q_8 of at most this order, small ones first; `.word_problem()` is the machine. Raises BadArgument."""
    if max_order < 1:
        raise BadArgument(f"max_order is {max_order!r}; give 1 or more")
    makers = (
        (group_families.cyclic, range(1, max_order + 1)),
        (group_families.dihedral, range(1, max_order // 2 + 1)),
        (group_families.symmetric, range(1, 6)),
        (group_families.alternating, range(1, 7)),
    )
    found = [make(m) for make, numbers in makers for m in numbers] + [group_families.quaternion()]
    return st.sampled_from(sorted((group for group in found if group.order <= max_order), key=lambda group: group.order))


def words(alphabet: DFA | Sequence[Any] = "ab", max_size: int = 20) -> st.SearchStrategy[Any]:
    """Words over an alphabet, or over a machine's: strings where its letters are single characters, else lists."""
    letters = alphabet.alphabet if isinstance(alphabet, DFA) else alphabet
    if all(isinstance(a, str) and len(a) == 1 for a in letters):
        return st.text(alphabet="".join(letters), max_size=max_size)
    return st.lists(st.sampled_from(list(letters)), max_size=max_size)


# ---------------------------------------------------------------------- inputs of a layer


def tensor_shapes(
    batch: Size = (1, 2), tokens: Size = (1, 8), heads: Size = (1, 2), keys: Size = (1, 4), values: Size = (1, 4)
) -> st.SearchStrategy[tuple[int, int, int, int, int]]:
    """(B, T, H, K, V); give (1, 130) tokens or so to reach past the edge of a chunk."""
    return st.tuples(*map(sizes, (batch, tokens, heads, keys, values)))


@st.composite
def layer_inputs(
    draw: st.DrawFn,
    shapes: st.SearchStrategy[tuple[int, int, int, int, int]] | None = None,
    beta_max: float = 2,
    gated: bool = False,
    dtype: Any = np.float32,
) -> dict[str, np.ndarray]:
    """q, k [B, T, H, K], v [B, T, H, V], beta [B, T, H] and, if gated, g [B, T, H] in [0, 1]: unit keys, 0 ≤ β ≤ beta_max.

    >>> from deltaword.theory.testing import smallest
    >>> {name: x.shape for name, x in smallest(layer_inputs(), lambda x: x["v"].any())[0].items()}
    {'q': (1, 1, 1, 1), 'k': (1, 1, 1, 1), 'v': (1, 1, 1, 1), 'beta': (1, 1, 1)}
    """
    B, T, H, K, V = draw(tensor_shapes() if shapes is None else shapes)
    entries = st.floats(-1, 1, width=16)
    q, k = (draw(hnp.arrays(np.float64, (B, T, H, K), elements=entries)) for _ in range(2))
    length = np.linalg.norm(k, axis=-1, keepdims=True)
    k = np.where(length > 0, k / np.where(length > 0, length, 1), np.eye(1, K)[0])  # a key of 0 becomes e_0
    inputs = {
        "q": q,
        "k": k,
        "v": draw(hnp.arrays(np.float64, (B, T, H, V), elements=entries)),
        "beta": draw(hnp.arrays(np.float64, (B, T, H), elements=betas(0, beta_max))),
    }
    if gated:
        inputs["g"] = draw(hnp.arrays(np.float64, (B, T, H), elements=betas(0, 1)))
    return {name: x.astype(dtype) for name, x in inputs.items()}
