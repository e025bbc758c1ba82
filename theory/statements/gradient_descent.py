"""n_h steps of DeltaProduct are n_h steps of online gradient descent on associative recall.

Notation      the state S [K, V] maps a key k to the value Sᵀk;  loss L_j(S) = ½ ‖Sᵀk_j − v_j‖², step size β_j.
Hypotheses    one step after the other: each gradient is taken where the step before it ended.  Any K, V, n_h, β, k, v.
Claim         S ← S − β_j ∇L_j(S), j = 1 … n_h, is S ← A S + B with A = G_{n_h} ⋯ G_1, G_j = I − β_j k_j k_jᵀ, and B = Σ_j
              G_{n_h} ⋯ G_{j+1} β_j k_j v_jᵀ.  A differs from I by rank n_h at most.  A step multiplies its own error Sᵀk − v by
              1 − β‖k‖², so that 0 ≤ β‖k‖² ≤ 2 are the step sizes that never increase the loss.
Proof         the loss is the sum over the columns s of S, with the entry c of v, of ½ (k·s − c)².  Along s + tu its derivative
              at t = 0 is (k·s − c) k·u, so the gradient is (k·s − c) k, and s − β (k·s − c) k = G s + βc k.  Then by induction
              G (y + z) + βc k = G y + (G z + βc k), with y = G_{j−1} ⋯ G_1 s, z what was written so far; and A s − s is a
              combination of the keys, each s its own.
Source        Yang et al. 2024 for n_h = 1; Siems et al. 2502.10297 for n_h steps.
Status        proved
Check         the identities in generic s, u, k, y, z, so for all K, V and n_h; the formula for A and B at n_h = 3, written out,
              beside it.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from ..householder import Step
from .mirrors import moved_only_along_keys
from .statement import Counterexample, Statement, require, shown
from .vectors import Expr, Vector, applied, scalar, vanishes, vector

STEPS = 3


def descended(beta: Expr, k: Vector, c: Expr, s: Vector) -> Vector:
    """One column after a step of size β along the negative gradient."""
    return s - beta * gradient(k, c, s)


def gradient(k: Vector, c: Expr, s: Vector) -> Vector:
    return (k.dot(s) - c) * k


def verify() -> tuple[int, str]:
    import sympy

    k, s, u, y, z = (vector(name) for name in ("k", "s", "u", "y", "z"))
    beta, c, t = scalar("β"), scalar("c"), scalar("t")
    loss = (k.dot(s + t * u) - c) ** 2 / 2
    require(vanishes(sympy.diff(loss, t).subs(t, 0) - gradient(k, c, s).dot(u)), "the gradient")
    require((descended(beta, k, c, s) - applied(beta, k, s) - (beta * c) * k).is_zero(), "one step")
    left, right = descended(beta, k, c, y + z), applied(beta, k, y) + descended(beta, k, c, z)
    require((left - right).is_zero(), "the induction step for A and B")
    require(moved_only_along_keys(), "A − I has rank n_h at most")
    error = k.dot(descended(beta, k, c, s)) - c
    require(vanishes(error - (1 - beta * k.squared()) * (k.dot(s) - c)), "the error after a step")
    require(_written_out(), f"the formula for A and B with n_h = {STEPS}")
    return 6, f"5 identities in generic s, u, k, y, z; n_h = {STEPS} written out beside them"


def _written_out() -> bool:
    """Descending three times is A s + B, with A and B as the claim writes them."""
    s = vector("s")
    betas, keys, values = (
        [make(f"{name}{j}") for j in range(STEPS)] for name, make in (("β", scalar), ("k", vector), ("c", scalar))
    )
    end = s
    for beta, k, c in zip(betas, keys, values, strict=True):
        end = descended(beta, k, c, end)
    A_s = _through(s, betas, keys)
    for j in range(STEPS):
        end = end - _through((betas[j] * values[j]) * keys[j], betas[j + 1 :], keys[j + 1 :])
    return (end - A_s).is_zero()


def _through(x: Vector, betas: list[Expr], keys: list[Vector]) -> Vector:
    for beta, k in zip(betas, keys, strict=True):
        x = applied(beta, k, x)
    return x


def refute() -> Counterexample:
    steps = [Step(1, (1, 0), (1,)), Step(Fraction(1, 2), (1, 1), (0,))]
    start = np.zeros((2, 1), dtype=object)
    one_by_one = steps[1].apply(steps[0].apply(start))
    at_once = start + sum(step.apply(start) - start for step in steps)
    require(not np.array_equal(one_by_one, at_once), "keys (1, 0) and (1, 1)")
    return Counterexample(
        "“one step after the other” dropped: one step on the sum of the losses",
        {
            "betas": [step.beta for step in steps],
            "keys": [list(step.key) for step in steps],
            "values": [list(step.value) for step in steps],
            "start": start.tolist(),
            "one_by_one": one_by_one.tolist(),
            "at_once": at_once.tolist(),
        },
        "the keys are not orthogonal, and the two ends differ",
    )


def example() -> str:
    store = Step(Fraction(1, 2), (1, 1), (6,)).apply(np.array([[1], [1]], dtype=object))
    recalled = int(np.array([1, 1], dtype=object) @ store[:, 0])
    return f"k = (1, 1), v = 6, β = 1/‖k‖² = 1/2 from S = (1, 1): one step gives {shown(store)}, which recalls {recalled} for k"


STATEMENT = Statement("gradient_descent", "proved for all n", __doc__, verify, refute, example)
