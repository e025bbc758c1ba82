"""A contractive layer does not blow up: ‖S_T‖ ≤ ‖S_0‖ + Σ ‖B_t‖.

Notation      S_t = A_t S_{t−1} + B_t, states [K, V]; A_t = α_t G_{n_h} ⋯ G_1 with a gate α_t; ‖·‖ the Frobenius norm, or that
              of a column.
Hypotheses    0 ≤ β‖k‖² ≤ 2 in every step, 0 ≤ α_t ≤ 1; any writes B_t, any K, V, n_h and T.
Claim         ‖S_T‖ ≤ ‖S_0‖ + ‖B_1‖ + … + ‖B_T‖.  Equality is possible: a write with β‖k‖² = 2 is never erased, so that bounded
              writes can make the state grow linearly.  To track a machine without drift, write nothing after the start, or
              overwrite.
Proof         ‖α x‖ ≤ ‖x‖ as ‖x‖² − ‖αx‖² = (1 − α)(1 + α)‖x‖², and ‖G x‖ ≤ ‖x‖ (statement norm); of a matrix every column so,
              and the Frobenius norm is the sum of their squares.  Then ‖AS + B‖ ≤ ‖AS‖ + ‖B‖ ≤ ‖S‖ + ‖B‖, and induction over t.
              The triangle inequality: (‖x‖ + ‖y‖)² − ‖x + y‖² = 2 (‖x‖‖y‖ − x·y), and ‖ ‖y‖² x − (x·y) y ‖² = ‖y‖² (‖x‖²‖y‖² −
              (x·y)²) ≥ 0.
Source        this project; Siems et al. 2502.10297 state stability of products.
Status        proved
Check         the four identities in generic k, x, y; and that ±1 written with β‖k‖² = 2 reaches the bound, exactly.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import accumulate

from ..householder import Step
from ..numbers import exact_matrix
from .norm import shortening
from .statement import Counterexample, Statement, require
from .vectors import applied, scalar, vanishes, vector

TOKENS = 20


def verify() -> tuple[int, str]:
    k, x, y = vector("k"), vector("x"), vector("y")
    alpha, beta, p, q = scalar("α"), scalar("β"), scalar("p"), scalar("q")
    require(vanishes(x.squared() - (alpha * x).squared() - (1 - alpha) * (1 + alpha) * x.squared()), "the gate")
    require(vanishes(x.squared() - applied(beta, k, x).squared() - shortening(beta, k, x)), "the step")
    lengths = {x.squared(): p**2, y.squared(): q**2}
    require(vanishes((p + q) ** 2 - (x + y).squared() - 2 * (p * q - x.dot(y)), lengths), "the triangle's sides")
    rest = y.squared() * x - x.dot(y) * y
    require(vanishes(rest.squared() - y.squared() * (x.squared() * y.squared() - x.dot(y) ** 2)), "Cauchy and Schwarz")
    sizes = alternating_writes(TOKENS)
    require(sizes == [2 * t for t in range(TOKENS + 1)], "writes that are never erased reach the bound")
    return 5, "4 identities in generic k, x, y; the bound is reached, exactly"


def alternating_writes(tokens: int) -> list[int]:
    """|S_t| of a state of one number into which +1, −1, +1, … are written with k = 1, β = 2: every B_t is ±2."""
    steps = [Step(2, (1,), ((-1) ** t,)) for t in range(tokens)]
    states = accumulate(steps, lambda state, step: step.apply(state), initial=exact_matrix([[0]]))
    return [abs(state[0, 0]) for state in states]


def refute() -> Counterexample:
    beta, tokens = Fraction(5, 2), 10
    size = (1 - beta) ** tokens  # no Step takes such a β
    require(abs(size) > 1, "β = 5/2 along a unit key")
    return Counterexample(
        "β‖k‖² ≤ 2 dropped",
        {"beta": beta, "key": [1], "start": [[1]], "tokens": tokens, "end": [[size]]},
        f"without any write the state 1 becomes {size} in {tokens} tokens",
    )


def example() -> str:
    sizes = ", ".join(map(str, alternating_writes(5)))
    return (
        f"+1, −1, +1, … written along one key with β‖k‖² = 2: |S_t| = {sizes}, …; with β‖k‖² = 1 each write replaces the last, and "
        "|S_t| = 1"
    )


STATEMENT = Statement("stability", "proved for all n", __doc__, verify, refute, example)
