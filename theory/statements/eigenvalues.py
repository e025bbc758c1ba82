"""The eigenvalues of one generalized Householder matrix: 1, n − 1 times, and 1 − β‖k‖².

Notation      G = I − β k kᵀ.
Hypotheses    k in Rⁿ is not 0; β is any real number.
Claim         G has the eigenvalue 1 on the hyperplane k⊥, of dimension n − 1, and 1 − β‖k‖² along k.
Proof         G k = (1 − β‖k‖²) k, and G x = x − β (k·x) k is x when k·x = 0.  The two spaces span Rⁿ: ‖k‖² x is (k·x) k and a
              rest ‖k‖² x − (k·x) k orthogonal to k.
Source        Yang et al. 2024 (DeltaNet); Grazzi et al. 2411.12537 for unit keys, where the eigenvalue is 1 − β.
Status        proved
Check         the three identities with generic k, x, for all n; beside it the characteristic polynomial (λ − 1)ⁿ⁻¹ (λ − 1 +
              β‖k‖²) with symbolic entries for n ≤ 4.
Coq           proofs/householder.v, eigenvalues.
"""

from __future__ import annotations

from ..householder import Step
from .statement import Counterexample, Statement, require, shown
from .vectors import applied, scalar, vanishes, vector

SIZES = range(1, 5)


def verify() -> tuple[int, str]:
    k, x, beta = vector("k"), vector("x"), scalar("β")
    size = k.squared()
    require((applied(beta, k, k) - (1 - beta * size) * k).is_zero(), "G k = (1 − β‖k‖²) k")
    require((applied(beta, k, x).given({k.dot(x): 0}) - x).is_zero(), "G x = x for x orthogonal to k")
    require(vanishes(k.dot(size * x - k.dot(x) * k)), "‖k‖² x − (k·x) k is orthogonal to k")
    for n in SIZES:
        require(_characteristic_polynomial_is_as_claimed(n), f"the characteristic polynomial for n = {n}")
    return 3 + len(SIZES), f"3 identities in generic k, x; characteristic polynomials for n ≤ {SIZES[-1]}"


def _characteristic_polynomial_is_as_claimed(n: int) -> bool:
    import sympy

    beta, lam = sympy.symbols("β λ")
    k = sympy.Matrix(sympy.symbols(f"k:{n}"))
    size = k.dot(k)
    found = (sympy.eye(n) - beta * k * k.T).charpoly(lam).as_expr()
    return vanishes(found - (lam - 1) ** (n - 1) * (lam - 1 + beta * size))


def refute() -> Counterexample:
    step = Step(1, (1, 1), ())
    require(step.special_eigenvalue == -1 != 1 - step.beta, "β = 1 and k = (1, 1)")
    return Counterexample(
        "unit keys dropped from the papers' form: “the eigenvalue along k is 1 − β”",
        {"beta": step.beta, "key": list(step.key)},
        "1 − β is 0, and the eigenvalue is 1 − β‖k‖² = −1: the matrix is a mirror, no projection",
    )


def example() -> str:
    step = Step(1, (1, -1, 0), ())
    return (
        f"k = {step.key}, β = {step.beta}: {shown(step.matrix())}, a swap; along k the eigenvalue is {step.special_eigenvalue}"
    )


STATEMENT = Statement("eigenvalues", "proved for all n", __doc__, verify, refute, example)
