"""Every contraction of Rⁿ is a product of at most 2n generalized Householder matrices.

Notation      A [n, n] with singular values 1 ≥ s_1 ≥ … ≥ s_n ≥ 0, A = U diag(s) Vᵀ, v_i the columns of V.
Hypotheses    ‖A‖ ≤ 1.
Claim         A = H_p ⋯ H_1 · Π_i (I − (1 − s_i) v_i v_iᵀ) with p = rank(I − U Vᵀ) ≤ n mirrors, and as many other factors as
              there are s_i < 1.  All β‖k‖² lie in [0, 2], and with norm ≤ 1 of products: DeltaProduct transitions of any n_h
              are exactly the contractions.
Proof         A = (U Vᵀ)(V diag(s) Vᵀ).  The first is orthogonal: p mirrors (statement mirrors).  The second is I − Σ (1 − s_i)
              v_i v_iᵀ, for V Vᵀ = I, and for orthogonal v_i the sum is the product of the factors, in any order: (I − a v vᵀ)(I
              − b w wᵀ) x = x − a (v·x) v − b (w·x) w when v·w = 0, and so on by induction.
Source        this project.  Quoted: the singular value decomposition.
Status        proved
Check         the identity of orthogonal keys with generic v, w, x, and its induction step, for all n.  Beside it the
              construction on matrices U diag(s) Vᵀ with rational U, V and s, drawn with a fixed seed: product and number,
              exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from random import Random

import numpy as np

from ..factor import reflections
from ..householder import Step, product
from ..numbers import Number
from .mirrors import rational_rotations
from .statement import Counterexample, Statement, require
from .vectors import applied, inner, scalar, vector

SEED = 5


def verify() -> tuple[int, str]:
    a, b, v, w, x, z = scalar("a"), scalar("b"), vector("v"), vector("w"), vector("x"), vector("z")
    apart = {inner("v", "w"): 0}
    both = applied(a, v, applied(b, w, x)) - (x - (a * v.dot(x)) * v - (b * w.dot(x)) * w)
    require(both.given(apart).is_zero(), "the product of two factors with orthogonal keys")
    other = applied(b, w, applied(a, v, x)) - applied(a, v, applied(b, w, x))
    require(other.given(apart).is_zero(), "the two factors commute")
    step = applied(a, v, x - z) - (x - z - (a * v.dot(x)) * v)  # z a combination of keys orthogonal to v
    require(step.given({inner("v", "z"): 0}).is_zero(), "the induction step")
    random = Random(SEED)
    turns = list(rational_rotations())
    cases = 0
    for U, V in zip(turns, turns[3:], strict=False):  # three on is the same size
        s = [Fraction(random.randint(0, 4), 4) for _ in U]
        n, found = len(U), factors(U, s, V)
        wanted = U @ np.diag(np.array(s, dtype=object)) @ V.T
        require(np.array_equal(product(found, n), wanted), f"the product for {wanted.tolist()}")
        require(len(found) <= 2 * n, f"at most {2 * n} factors for {wanted.tolist()}")
        cases += 1
    return 3 + cases, f"3 identities in generic v, w, x; {cases} exact matrices factored beside them"


def factors(U: np.ndarray, s: Sequence[Number], V: np.ndarray) -> list[Step]:
    """The factors of U diag(s) Vᵀ, first to act first; U, V orthogonal [n, n], s [n] in [0, 1], exact.

    >>> I = np.eye(2, dtype=int)
    >>> [(step.beta, step.key) for step in factors(I, [Fraction(1, 2), 1], I)]
    [(Fraction(1, 2), (1, 0))]
    """
    shrinking = [Step(1 - size, tuple(V[:, i].tolist()), ()) for i, size in enumerate(s) if size != 1]
    return shrinking + reflections(U @ V.T, columns=0)


def refute() -> Counterexample:
    A = np.array([[0, 2], [0, 0]], dtype=object)
    e_1 = np.array([0, 1], dtype=object)
    require((A @ A == 0).all() and (A @ e_1) @ (A @ e_1) > 1, "a nilpotent matrix")
    return Counterexample(
        "‖A‖ ≤ 1 weakened to “all eigenvalues in the unit disc”",
        {"A": A.tolist(), "x": e_1.tolist()},
        "both eigenvalues are 0, but e_1 becomes twice as long, which no product of factors does (statement norm)",
    )


def example() -> str:
    I, turn = np.eye(2, dtype=int).astype(object), np.array([[0, -1], [1, 0]], dtype=object)
    found = factors(turn, [Fraction(1, 2), Fraction(1, 2)], I)
    shown = ", then ".join(f"β = {step.beta} along {step.key}" for step in found)
    return f"a quarter turn that halves lengths, [[0, −1/2], [1/2, 0]], as {len(found)} factors: {shown}"


STATEMENT = Statement("contractions", "proved for all n", __doc__, verify, refute, example)
