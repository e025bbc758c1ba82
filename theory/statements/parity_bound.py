"""Layers with non-negative real spectra cannot tell parity, at any finite depth.

Notation      a layer has states H_t = A(x_t) H_{t−1} + B(x_t), run in real numbers from any H_0. Where it is read, each entry
              is cast by a monotone function with finitely many values (rounding to any format, infinities included), and what
              goes on to the next layer is any function of the casts and the inputs at the last few tokens.
Hypotheses    every A(x), of every layer and every input that it reads, has only real eigenvalues, none of them negative.
              Finitely many layers; any B, H_0, sizes, functions between.
Claim         on the words 1, 11, 111, … the readout is constant from some length on, so no such network recognises the words
              with an even number of 1s. In detail: after the first n tokens of a constant input every entry of H_t, A(x)
              being n × n, turns from rising to falling or back at most n − 1 times. Eigenvalues are those of a token's whole
              product, not of its factors. One or two factors with β‖k‖² ≤ 1 obey the hypothesis (statement real_spectrum),
              diagonal gates in [0, 1] do; with finitely many exact states the cast changes nothing, and the theorem holds.
Proof         Constant input: H_{t+1} − H_t = Aᵗ D with D = H_1 − H_0. By Jordan's form an entry of Aᵗ D is, for t ≥ n, a sum
              Σ p_j(t) l_jᵗ over the different eigenvalues l_j > 0, p_j a polynomial of degree below l_j's multiplicity: N ≤ n
              coefficients in all, 0 having no part any more. Such a sum, if not zero throughout, has at most N − 1 real
              zeros. For N = 1 it has none. Else divide by l_1ᵗ, which moves no zero, and take the derivative: it is such a
              sum with N − 1 coefficients (a constant is lost, or a degree), so has at most N − 2 zeros, or is zero
              throughout, and then the quotient was constant and has none; by Rolle's theorem there was one zero more at most.
              So the differences change sign at most n − 1 times, each entry is monotone from some t on, a monotone cast of it
              is monotone and takes finitely many values: it is constant from some t on. Layers: the first reads 1, 1, 1, …,
              all equal. If a layer's input is constant from some t on, so are its casts, by the above from that t on, and any
              function of the last few casts and inputs: the next layer's input. Parity's answers alternate.
Source        Grazzi et al. 2411.12537, Theorem 1, recalled; the proof, and the number of turns, are this project's.
Check         the step of the induction over N with generic coefficients and bases, for all multiplicities with N ≤ 5. Beside
              it all 3 × 3 matrices with entries −1, 0, 1 that obey the hypothesis, with starts D in {−1, 0, 1}³: the signs of
              Aᵗ D change at most twice after the first three tokens, in whole numbers. The step from there to all depths is
              the text's.
Status        proved
Coq           proofs/counting.v, parity; proofs/counting.v, delta_rule_parity. The number of turns is not there.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from ..householder import Step
from ..householder import product as product_of
from ..limits import Family, parity_bound
from .statement import Counterexample, Statement, require, shown
from .three_projections import EIGHTH, averages
from .vectors import Expr, scalar, vanishes

COEFFICIENTS = 5
TOKENS = 20


def verify() -> tuple[int, str]:
    patterns = [p for total in range(2, COEFFICIENTS + 1) for p in multiplicities(total)]
    for pattern in patterns:
        require(derivative_has_one_coefficient_less(pattern), f"the derivative for the multiplicities {pattern}")
    matrices = of_three_rows("not negative")
    starts = np.array(list(product((-1, 0, 1), repeat=3)))
    turns = sign_changes(matrices, starts)
    require(turns.max() <= 2, f"at most 2 turns for {matrices[np.unravel_index(turns.argmax(), turns.shape)[0]].tolist()}")
    cases = len(patterns) + turns.size
    return (
        cases,
        f"{len(patterns)} patterns of multiplicities, symbolically; {turns.size:,} exact runs of {len(matrices):,} matrices",
    )


def multiplicities(total: int, largest: int | None = None) -> Iterator[tuple[int, ...]]:
    """The partitions of a number."""
    if total == 0:
        yield ()
    for first in range(min(total, largest or total), 0, -1):
        for rest in multiplicities(total - first, first):
            yield (first, *rest)


def derivative_has_one_coefficient_less(pattern: tuple[int, ...]) -> bool:
    """Whether the derivative of Σ p_j(t) e^{m_j t}, m_1 = 0, is such a sum again, p_1 of a degree less and no other raised."""
    import sympy

    t = scalar("t")
    rates = [0, *(scalar(f"m{j}") for j in range(1, len(pattern)))]
    polynomials = [sum(scalar(f"c{j}{i}") * t**i for i in range(size)) for j, size in enumerate(pattern)]
    whole = sum(p * sympy.exp(rate * t) for p, rate in zip(polynomials, rates, strict=True))
    after = [differentiated(p, rate, t) for p, rate in zip(polynomials, rates, strict=True)]
    again = sum(p * sympy.exp(rate * t) for p, rate in zip(after, rates, strict=True))
    degrees = [sympy.Poly(p, t).degree() if p != 0 else -1 for p in after]
    wanted = [size - 1 for size in pattern]
    return vanishes(sympy.diff(whole, t) - again) and degrees == [wanted[0] - 1 if wanted[0] else -1, *wanted[1:]]


def differentiated(p: Expr, rate: Expr, t: Expr) -> Expr:
    """q with (p e^{rate t})′ = q e^{rate t}."""
    import sympy

    return sympy.expand(sympy.diff(sympy.sympify(p), t) + rate * p)


def of_three_rows(kind: str) -> np.ndarray:
    """All [3, 3] matrices with entries −1, 0, 1 whose eigenvalues are real, or real and "not negative": [m, 3, 3] whole numbers.

    λ³ − aλ² + bλ − c has real roots only if its discriminant is not negative, and then none is negative if a, b, c are not.
    """
    matrices = np.array(list(product((-1, 0, 1), repeat=9))).reshape(-1, 3, 3)
    a, b, c = coefficients(matrices)
    found = 18 * a * b * c - 4 * a**3 * c + a**2 * b**2 - 4 * b**3 - 27 * c**2 >= 0
    return matrices[found & (a >= 0) & (b >= 0) & (c >= 0)] if kind == "not negative" else matrices[found]


def coefficients(matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """a, b, c of the characteristic polynomials λ³ − aλ² + bλ − c: traces of the first, second and third exterior power."""
    M = matrices
    minors = [M[:, i, i] * M[:, j, j] - M[:, i, j] * M[:, j, i] for i, j in ((0, 1), (0, 2), (1, 2))]
    determinant = sum(
        M[:, 0, i] * (M[:, 1, j] * M[:, 2, k] - M[:, 1, k] * M[:, 2, j]) for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1))
    )
    return M[:, 0, 0] + M[:, 1, 1] + M[:, 2, 2], minors[0] + minors[1] + minors[2], np.asarray(determinant)


def sign_changes(matrices: np.ndarray, starts: np.ndarray, tokens: int = TOKENS) -> np.ndarray:
    """How often each entry of Aᵗ D changes its sign, zeros aside, for 3 ≤ t < tokens: [matrices, starts, 3]."""
    D = np.einsum("mij,sj->msi", matrices @ matrices @ matrices, starts)
    last, changes = np.sign(D), np.zeros(D.shape, dtype=int)
    for _ in range(tokens - 4):
        D = np.einsum("mij,msj->msi", matrices, D)
        sign = np.sign(D)
        changes += last * sign < 0
        last = np.where(sign == 0, last, sign)
    return changes


def refute() -> Counterexample:
    steps = [Step(EIGHTH * -4, key, ()) for key in ((1, -1, 0), (0, 1, -1), (-1, 0, 1))]
    start = np.array([1, -2, 1], dtype=object)
    require(all(step.special_eigenvalue == 0 for step in steps), "three projections")
    require((product_of(steps, 3) @ start == EIGHTH * start).all(), "the eigenvalue −1/8")
    return Counterexample(
        "“of the token's product” dropped: every factor has non-negative real spectrum",
        {"betas": [step.beta for step in steps], "keys": [list(step.key) for step in steps], "start": start.tolist()},
        "three projections a token with the product's eigenvalue −1/8: from (1, −2, 1) the sign of the first entry alternates with "
        "every 1, for ever, and a cast that keeps signs reads parity",
    )


def example() -> str:
    return (
        f"DeltaNet with β in [0, 1], any size and depth: {parity_bound([Family(1, 1)] * 3).verdict}; with β in [0, 2]: "
        f"{parity_bound(Family(1, 2))} Three averages a token: {shown(averages())} has −1/8 among its eigenvalues"
    )


STATEMENT = Statement("parity_bound", "proved for the sizes named", __doc__, verify, refute, example)
