"""Counting modulo m, no power of two, takes a non-real eigenvalue of a product of 2^(i−1) matrices in some layer i.

Notation      layers, casts and functions between them as in statement parity_bound; P_0 = 1, and for layer i: P_i = P_{i−1}
              if all products of P_{i−1} matrices A(x) of layer i have real eigenvalues ≥ 0, P_i = 2 P_{i−1} if all have real
              ones.
Hypotheses    every product of P_{i−1} matrices of layer i has only real eigenvalues, for each of the L layers (P_{i−1}
              divides 2^(i−1); if all products of 2^(i−1) matrices have real ones, nothing smaller need be asked, with P_i =
              2^i for all i).
Claim         on the words 1, 11, 111, … what is read has, from some length on, a period that divides P_L, and P_L divides
              2^L. So the network recognises (1ᵐ)* only if m divides P_L: for no m that is not a power of two, and modulo 2^k
              with k layers at least that have a product with a negative eigenvalue. One layer of one factor a token, gated or
              not, never counts modulo 3. Layers of real matrices triangular in a common real basis never do.
Proof         Let a layer's input have a period p from some t_0 on. For each residue r, M_r = A(x_{r+p}) ⋯ A(x_{r+1}), the
              same from t_0 on, and H_{t+p} = M_r H_t + C_r for t ≡ r: on that residue the layer is one with a constant input
              and the matrix M_r. If M_r has real eigenvalues ≥ 0, its casts are constant from some t on (statement
              parity_bound), so that what is read has a period dividing p. If they are real, M_r² has eigenvalues ≥ 0, and the
              casts at t ≡ r modulo 2p are constant from some t on: a period dividing 2p. The next layer reads a function of
              the last few casts and inputs, whose periods divide that. The first layer's input has period 1. The answers for
              (1ᵐ)* have the least period m, which divides any period. A product of p matrices for a multiple p of the period
              is as good: it is a period, too. Triangular matrices multiply to triangular ones with the products of the
              diagonals. One factor: α (I − β k kᵀ) is symmetric.
Source        Grazzi et al. 2411.12537, Theorem 2, recalled; the proof, and the sharper P_i, are this project's.
Check         the squares of all 3 × 3 matrices with entries −1, 0, 1 and real spectrum have non-negative real spectrum, and
              the signs of Aᵗ D change at most twice on even t and on odd t. Beside it two layers' worth: for all pairs A_0,
              A_1 of 2 × 2 matrices with entries −1, 0, 1 whose products have real spectrum, read alternately, the same on
              each residue modulo 4. The step from there to all sizes and depths is the text's.
Status        proved
Coq           proofs/counting.v, counting (with P_i = 2^i); proofs/counting.v, delta_rule_counting.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from ..limits import Family, counting_bound
from .parity_bound import coefficients, of_three_rows
from .statement import Counterexample, Statement, require

TOKENS = 10  # 16^13 holds in machine integers
SWAPS = ([[0, 1, 0], [1, 0, 0], [0, 0, 1]], [[1, 0, 0], [0, 0, 1], [0, 1, 0]])


def verify() -> tuple[int, str]:
    matrices = of_three_rows("real")
    squares = matrices @ matrices
    a, b, c = coefficients(squares)
    discriminant = 18 * a * b * c - 4 * a**3 * c + a**2 * b**2 - 4 * b**3 - 27 * c**2
    require(((a >= 0) & (b >= 0) & (c >= 0) & (discriminant >= 0)).all(), "squares of real spectra are not negative")
    starts = np.array(list(product((-1, 0, 1), repeat=3)))
    for offset in (np.eye(3, dtype=int)[None], matrices):  # even tokens, odd ones
        moved = np.einsum("mij,sj->msi", np.broadcast_to(offset, matrices.shape), starts)
        require(changes(squares, moved) <= 2, "at most 2 turns on tokens of one parity")
    cases = 2 * len(matrices) * len(starts)
    pairs = alternating()
    return cases + pairs, f"{len(matrices):,} matrices, {cases:,} exact runs; {pairs:,} runs of pairs, residue by residue"


def changes(matrices: np.ndarray, starts: np.ndarray) -> int:
    """The most sign changes of an entry of Mᵗ D after the first three, each matrix with its own starts [m, s, n]."""
    D = starts
    for _ in range(3):
        D = np.einsum("mij,msj->msi", matrices, D)
    last, count = np.sign(D), np.zeros(D.shape, dtype=int)
    for _ in range(TOKENS):
        D = np.einsum("mij,msj->msi", matrices, D)
        count += last * np.sign(D) < 0
        last = np.where(D == 0, last, np.sign(D))
    return int(count.max())


def alternating() -> int:
    """How many runs of pairs A_0, A_1 read alternately were checked on each residue modulo 4: H_{t+4} − H_t is (M_r²)ᵏ D."""
    each = np.array(list(product((-1, 0, 1), repeat=4))).reshape(-1, 2, 2)
    first, second = (x.reshape(-1, 2, 2) for x in np.broadcast_arrays(each[:, None], each[None, :]))
    M = second @ first
    trace, determinant = M[:, 0, 0] + M[:, 1, 1], M[:, 0, 0] * M[:, 1, 1] - M[:, 0, 1] * M[:, 1, 0]
    real = trace**2 >= 4 * determinant
    first, second = first[real], second[real]
    starts, runs = np.array(list(product((-1, 0, 1), repeat=2))), 0
    for earlier, later in ((first, second), (second, first)):  # the two residues modulo 2; the other two are these a period on
        M = later @ earlier
        require(changes(M @ M, np.broadcast_to(starts, (len(M), *starts.shape))) <= 1, "at most 1 turn on a residue modulo 4")
        runs += len(M) * len(starts)
    return runs


def refute() -> Counterexample:
    mirrors = [np.array(rows, dtype=object) for rows in SWAPS]
    require(all((A == A.T).all() for A in mirrors), "both are symmetric, so of real spectrum")
    state, visited = np.array([1, 0, 0], dtype=object), []
    for t in range(12):
        visited.append(state.tolist())
        state = mirrors[t % 2] @ state
    require(
        visited[:6] == visited[6:] and [visited[t] == visited[0] for t in range(0, 12, 2)] == [True, False, False] * 2,
        "period 6",
    )
    return Counterexample(
        "“products of P_{i−1}” dropped: every single matrix of every layer has real spectrum",
        {
            "first layer": [[-1]],
            "second layer": [list(map(list, rows)) for rows in SWAPS],
            "start": [1, 0, 0],
            "states": visited,
        },
        "the first layer alternates, the second swaps places 0, 1 and 1, 2 in turn: two swaps make a turn of order 3, and what is read "
        "after t letters tells t modulo 6, so (111)* too",
    )


def example() -> str:
    one, two = counting_bound(Family(1, 2), 3), counting_bound([Family(1, 2)] * 2, 3)
    return f"DeltaNet with β in [0, 2], one layer, modulo 3: {one.verdict}; two layers: {two.verdict}, {two.escape}"


STATEMENT = Statement("counting_bound", "proved for the sizes named", __doc__, verify, refute, example)
