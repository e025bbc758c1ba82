"""What the tests of theory/, nets/ and kernels/ share: exact matrices, networks run letter by letter in torch, brute force."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import permutations, product
from typing import Any

import numpy as np
import sympy
import torch
from hypothesis import strategies as st
from sympy.combinatorics import Permutation

from deltaword import DFA, Network, compile

FORMATS = (torch.bfloat16, torch.float16, torch.float32, torch.float64)
SAFETENSORS_NAMES = dict(zip(FORMATS, ("BF16", "F16", "F32", "F64"), strict=True))
KEYS = ("raw", "unit")


# ---------------------------------------------------------------------- exact numbers and matrices

fractions = st.fractions(min_value=-3, max_value=3, max_denominator=4)


@st.composite
def orthogonal_matrices(draw: st.DrawFn, max_size: int = 4) -> list[list[Fraction]]:
    """Rational orthogonal matrices: Cayley's (I − S)(I + S)⁻¹ of a skew S, by sympy, then rows and columns negated and moved."""
    n = draw(st.integers(1, max_size))
    skew = sympy.zeros(n, n)
    for i in range(n):
        for j in range(i):
            x = draw(st.one_of(st.just(Fraction(0)), fractions))
            skew[i, j], skew[j, i] = sympy.Rational(x), -sympy.Rational(x)
    rotation = (sympy.eye(n) - skew) * (sympy.eye(n) + skew).inv()
    order = draw(st.permutations(range(n)))
    signs = draw(st.lists(st.sampled_from((-1, 1)), min_size=n, max_size=n))
    return [[Fraction(int(x.p), int(x.q)) * signs[i] for x in rotation.row(order[i])] for i in range(n)]


def permutation_matrix(sigma: Sequence[int]) -> list[list[int]]:
    """What is at place p goes to place sigma[p]."""
    n = len(sigma)
    return [[int(sigma[column] == row) for column in range(n)] for row in range(n)]


def cycles_of(sigma: Sequence[int]) -> int:
    """Cycles, fixed points counted, by sympy."""
    return Permutation(list(sigma)).cycles


def to_sympy(matrix: Any) -> sympy.Matrix:
    return sympy.Matrix([[sympy.sympify(x) for x in row] for row in matrix])


# ---------------------------------------------------------------------- machines


def all_permutations_machine(n: int, start: int = 0) -> DFA:
    """n points; the letters are all n! permutations."""
    return DFA(np.array(list(permutations(range(n)))).T, start, [0], range(len(list(permutations(range(n))))))


def permutation_reset_letters(n: int) -> list[tuple[int, ...]]:
    """All permutations of n states, then the n resets: each letter as the states it sends 0 .. n−1 to."""
    return [*permutations(range(n)), *((q,) * n for q in range(n))]


def machine_of(letters: Sequence[Sequence[int]], start: int = 0) -> DFA:
    return DFA(np.array(letters).T, start, [start], range(len(letters)))


# ---------------------------------------------------------------------- networks, run by torch and nothing else


def compiled(dfa: DFA, keys: Any = "raw", dtype: torch.dtype = torch.float32) -> Network:
    return compile(dfa, keys).to(dtype)


def bits(tensor: torch.Tensor) -> bytes:
    """The bytes, with one zero and one NaN."""
    tensor = tensor.detach() + 0.0
    return (
        torch.where(tensor.isnan(), torch.full_like(tensor, float("nan")), tensor)
        .contiguous()
        .view(torch.uint8)
        .numpy()
        .tobytes()
    )


def step_all(net: Network, states: torch.Tensor) -> torch.Tensor:
    """Layer states [n, H, K, V] after each letter [A, n, H, K, V], by the network's own forward pass of one token."""
    n, A = len(states), net.embedding.num_embeddings
    tokens = torch.arange(A).repeat_interleave(n)[:, None]
    _, after = net.layer(net.embedding(tokens), states.repeat(A, 1, 1, 1))
    return after.reshape(A, *states.shape)


def name_all(net: Network, states: torch.Tensor) -> list[int]:
    """What the readout names in layer states [n, H, K, V], read as they are read before a first token."""
    read = (net.layer.query[None, :, :, None] * states).sum(dim=2)  # exact in a network of whole numbers, whatever the order
    return net.readout(read.reshape(len(states), -1)).argmax(dim=-1).tolist()


def closure_faults(net: Network, dfa: DFA) -> list[str]:
    """Every reachable state × letter, in torch: the code of q must go to the code of q·a bit for bit, and be read as q."""
    codes = {dfa.start: net.layer.start(1)[0]}
    order = [dfa.start]
    for q in order:
        after = step_all(net, codes[q][None])[:, 0]
        for a, target in enumerate(dfa.table[q].tolist()):
            if target not in codes:
                codes[target] = after[a]
                order.append(target)
    states = torch.stack([codes[q] for q in order])
    after, names = step_all(net, states), name_all(net, states)
    faults = [f"state {q} is read as {named}" for q, named in zip(order, names, strict=True) if named != q]
    place = {q: i for i, q in enumerate(order)}
    for a in range(dfa.n_letters):
        wanted = states[[place[q] for q in dfa.table[order, a].tolist()]]
        if bits(after[a]) != bits(wanted):
            faults.append(f"letter {dfa.alphabet[a]!r} misses a code")
    return faults


def fails(net: Network, dfa: DFA, word: Sequence[Any]) -> bool:
    """Whether the network names a wrong state at the end of the word, takes it wrongly, or cannot run at all."""
    try:
        return net.states(word)[-1] != dfa.states(word)[-1] or net.accepts(word) != dfa.accepts(word)
    except Exception:  # whatever damage makes torch raise
        return True


def token_words(n_letters: int, length: int) -> Iterator[torch.Tensor]:
    """All words of 1 letter, of 2, … of `length`, as batches of letter numbers."""
    for t in range(1, length + 1):
        yield torch.tensor(list(product(range(n_letters), repeat=t)))


def shortest_failing_length(net: Network, dfa: DFA, length: int) -> int | None:
    """By brute force over all words of at most this length, in torch."""
    if fails(net, dfa, dfa.decode([])):
        return 0
    for tokens in token_words(dfa.n_letters, length):
        wanted = dfa.run(tokens.numpy())[:, -1]
        named = net(tokens)[:, -1].argmax(dim=-1).numpy()
        if not np.array_equal(named, wanted) or not np.array_equal(net.accepting.numpy()[named], dfa.accepting_mask[wanted]):
            return tokens.shape[1]
    return None
