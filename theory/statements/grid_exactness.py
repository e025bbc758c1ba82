"""Numbers on one grid whose sums stay within 2^p grid steps are computed exactly in floats: in any order, at any length, in chunks.

Notation      a format with p significant bits (bfloat16: p = 8) holds all whole multiples of a grid step up to 2^p of them.  Steps i
              of a chunk; D_ij in {0, 1} products of gates; L_ij = β_i D_ij k_i·k_j for i > j; M = (I + L)⁻¹.
Hypotheses    keys, values, β, queries, readout and the reachable states are whole multiples of powers of two; gates are 0 or 1; 0 ≤
              β‖k‖² ≤ 2.  Every sum met (k·S, v − k·S, β (v − k·S), S + k u, S·q, W o + b) is at most 2^p grid steps when taken over
              absolute values, also where k or β is 0.  For chunks: β_i k_i·k_j is whole, the sums are so from S = 0 as well, and sums
              over a chunk stay within the accumulator.
Claim         every intermediate is exact: in any order of summation, with or without fused multiply-add, at any length, step by step
              or in chunks.  So the network in floats is the network in exact numbers.
Proof         a partial sum of whole multiples of a grid step is one, and is at most the sum of the absolute values, 2^p steps; so it is
              in the format, and rounding does not move it.  By induction over operations nothing rounds, and over tokens the state
              is always one of the finitely many that were bounded.   (chunks) row i of M (β V − β D K S_0) is the update u_i =
              β_i (v_i − S_{i−1}ᵀ k_i) of the recurrence, as (I + L) u is so; M is whole, as L is whole and triangular; and M_ij =
              −β_i k_iᵀ H_{i−1} ⋯ H_{j+1} k_j D_ij with ‖H‖ ≤ 1 (statement norm), so |M_ij| ≤ β_i ‖k_i‖ ‖k_j‖.  Outputs and the next
              state are sums of such products.
Source        this project; the chunked form is that of Yang et al. 2024 and Siems et al. 2502.10297.
Status        proved
Check         seven networks in bfloat16: all reachable states, every sum bounded, the chunked form too.  For p = 2 and 3: all whole
              numbers, up to five, whose absolute values sum to at most 2^p, added in every order and bracketing with rounding
              after each.  For S_3 with all its letters: every chunk of up to four tokens from every state, whole, bounded, and the
              same updates as step by step.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations_with_replacement, product

import numpy as np

from ...automata import languages
from ...automata.dfa import DFA
from ..checker.chunked_form import why_not_chunked
from ..checker.exact_closure import ExactNetwork, exact_closure
from ..checker.explore import Machine
from ..checker.formats import FORMATS
from ..checker.mlp import NotExact
from ..checker.tables import Tables
from ..constructions.one_layer import one_layer
from ..exact_layer import ExactLayer, Head
from ..householder import Step
from ..numbers import identity
from ..papers import symmetric
from .statement import Counterexample, Statement, require

NETWORKS = (
    "parity",
    "flip_flop",
    "permutation_reset_3",
    "partial_injections",
    "saturating_counter_3",
    "S_3_action",
    "S_4_action",
)
BITS, TERMS = (2, 3), 5
CHUNK = 4
BFLOAT16 = FORMATS["BF16"]


def verify() -> tuple[int, str]:
    states = sum(bounded(languages.get(name), name) for name in NETWORKS)
    sums = 0
    for p in BITS:
        for terms in within(2**p, TERMS):
            require(every_sum(terms, p) == {sum(terms)}, f"adding {terms} in {p} bits")
            sums += 1
    for x in range(-(2**12), 2**12):
        require(rounded(x, BFLOAT16.bits) == BFLOAT16.rounded(np.array([x], dtype=np.float32))[0], f"rounding {x} to bfloat16")
    made = symmetric(3)
    head = made.stack.layers[0][0]
    chunks = 0
    for length in range(1, CHUNK + 1):
        for word in product(range(made.dfa.n_letters), repeat=length):
            chunks += chunk_is_the_recurrence(head, word)
    return states + sums + chunks, (
        f"{len(NETWORKS)} networks in bfloat16, {states} reachable states, step by step and in chunks; {sums} sums in every order and "
        f"bracketing; {chunks:,} chunks of S_3"
    )


def bounded(dfa: DFA, name: str) -> int:
    """The number of reachable states of the one-layer network, all bounds tested. Raises Fails."""
    try:
        tables = in_floats(one_layer(dfa)[0][0].layer(dfa), dfa)
        network = ExactNetwork(tables)
        found = exact_closure(network, tables, Machine(dfa.table.astype(np.int64), dfa.start, dfa.accepting_mask, True))
    except NotExact as error:
        require(False, f"{name}: {error}")
        raise
    require(found.closed and found.failing is None, f"{name}: the word {found.failing} is named wrongly")
    why = why_not_chunked(network, found.states)
    require(not why, f"{name}, chunked: {why}")
    return len(found.states)


def in_floats(layer: ExactLayer, dfa: DFA) -> Tables:
    """The layer's numbers in bfloat16's carrier, as the checker takes them; its heads have one shape."""
    A, H, n_h, K, V = len(layer.alphabet), len(layer.heads), layer.n_h, layer.K, layer.V
    of = {"keys": (A, n_h, H, K), "values": (A, n_h, H, V), "betas": (A, n_h, H), "gates": (A, H)}
    numbers = {name: np.zeros(shape, dtype=BFLOAT16.carrier) for name, shape in of.items()}
    for h, head in enumerate(layer.heads):
        for a, action in enumerate(head.letters):
            numbers["gates"][a, h] = action.gate
            for j, step in enumerate(action.steps):
                numbers["keys"][a, j, h], numbers["values"][a, j, h], numbers["betas"][a, j, h] = (
                    step.key,
                    step.value,
                    step.beta,
                )
    carried = {
        "queries": np.array([head.query for head in layer.heads]),
        "initial": np.array([head.initial for head in layer.heads]),
        "readout": layer.readout,
        "bias": np.array(layer.bias),
    }
    return Tables(
        format=BFLOAT16,
        inputs=None,
        selects=True,
        accepting=dfa.accepting_mask,
        **numbers,
        **{name: array.astype(BFLOAT16.carrier) for name, array in carried.items()},
    )


# ---------------------------------------------------------------------- sums


def rounded(x: int, p: int) -> int:
    """A whole number to the nearest with p significant bits, ties to even.

    >>> [rounded(x, 8) for x in (256, 257, 259, -257)]
    [256, 256, 260, -256]
    """
    size = abs(x)
    unit = 1 << max(0, size.bit_length() - p)
    whole, left = divmod(size, unit)
    whole += 2 * left > unit or (2 * left == unit and whole % 2 == 1)
    return whole * unit * (1 if x >= 0 else -1)


def every_sum(terms: Sequence[int], p: int) -> set[int]:
    """All that adding these can give, in any order and bracketing, when each sum is rounded to p bits.

    >>> every_sum((256, 1, -1), 8), every_sum((254, 1, -1), 8)
    ({256, 255}, {254})
    """
    found: dict[int, set[int]] = {1 << i: {rounded(x, p)} for i, x in enumerate(terms)}
    for part in range(1, 1 << len(terms)):
        if part not in found:
            some = set()
            left = (part - 1) & part
            while left:
                if left & part & -part:  # the lowest term on the left: each pair of parts once
                    some |= {rounded(x + y, p) for x in found[left] for y in found[part ^ left]}
                left = (left - 1) & part
            found[part] = some
    return found[(1 << len(terms)) - 1]


def within(bound: int, most: int) -> Iterator[tuple[int, ...]]:
    """Up to so many whole numbers, none 0, in order, whose absolute values sum to at most the bound."""
    values = [x for x in range(-bound, bound + 1) if x]
    for count in range(2, most + 1):
        yield from (terms for terms in combinations_with_replacement(values, count) if sum(map(abs, terms)) <= bound)


# ---------------------------------------------------------------------- chunks


def chunk_is_the_recurrence(head: Head, word: Sequence[int]) -> int:
    """The updates of a word's steps by M and by the recurrence are the same, from S = 0 and from the head's start; and M is whole and
    bounded. No gates. Raises Fails."""
    steps = [step for letter in word for step in head.letters[letter].steps]
    n = len(steps)
    if not n:
        return 0
    M = inverse(steps)
    for i, j in product(range(n), repeat=2):
        longest = steps[i].beta ** 2 * steps[i].norm_squared * steps[j].norm_squared
        require(M[i, j].denominator == 1 and (i == j or M[i, j] ** 2 <= longest), f"M of the word {list(word)}")
    keys = np.array([step.key for step in steps], dtype=object)
    for start in (head.initial, 0 * head.initial):
        state, updates = start, []
        for step in steps:
            updates.append(step.beta * (np.array(step.value, dtype=object) - np.array(step.key, dtype=object) @ state))
            state = step.apply(state)
        wanted = np.array([step.beta * np.array(step.value, dtype=object) for step in steps])
        wanted = M @ (wanted - np.array([step.beta for step in steps], dtype=object)[:, None] * (keys @ start))
        require(np.array_equal(wanted, np.array(updates)), f"the updates of the word {list(word)}")
        require(np.array_equal(start + keys.T @ wanted, state), f"the state after the word {list(word)}")
    return 1


def inverse(steps: Sequence[Step]) -> np.ndarray:
    """(I + L)⁻¹, row by row."""
    M = identity(len(steps))
    for i, step in enumerate(steps):
        for j in range(i):
            product_ij = step.beta * sum(x * y for x, y in zip(step.key, steps[j].key, strict=True))
            M[i] = M[i] - product_ij * M[j]
    return M


# ---------------------------------------------------------------------- past the bound


def refute() -> Counterexample:
    p, key, state = BFLOAT16.bits, (1, -1), [255, -2]
    gap = -every_sum([state[0], -state[1]], p).pop()  # v − k·S with v = 0
    found = [every_sum([x, k * gap], p).pop() for x, k in zip(state, key, strict=True)]
    exactly = Step(1, key, (0,)).apply(np.array(state, dtype=object)[:, None])[:, 0].tolist()
    require(found != exactly and max(map(abs, state)) < 2**p and rounded(257, p) == 256, "a swap of 255 and −2")
    return Counterexample(
        "“every sum” weakened to “every state”: all entries of the states are below 2^8 = 256",
        {"beta": 1, "key": list(key), "state": state, "found": found, "exactly": exactly},
        "k·S = 255 + 2 = 257 is no bfloat16 number and becomes 256: the swap gives (−1, 254) in place of (−2, 255)",
    )


def example() -> str:
    safe, unsafe = (254, 1, -1), (256, 1, -1)
    return (
        f"in bfloat16 {safe} sum to {sorted(every_sum(safe, 8))} in every order, and {unsafe} to {sorted(every_sum(unsafe, 8))} "
        "depending on it: 256 + 1 is rounded to 256"
    )


STATEMENT = Statement("grid_exactness", "proved for the sizes named", __doc__, verify, refute, example)
