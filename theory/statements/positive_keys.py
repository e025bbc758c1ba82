"""Keys without negative entries swap coordinates up to sign: |h| goes where the swap takes it.

Notation      k = ½ (e_i + e_i' + e_j + e_j') on doubled coordinates, β = 2, or k = e_i + e_j, β = 1; σ the transposition of i
              and j.
Hypotheses    values v = 0. As in statement dyadic_keys for the floats, whose proof holds word for word.
Claim         the step takes h_i to −h_j, h_j to −h_i and leaves the rest: |h| is permuted by σ, so words of swaps permute |h|
              as they permute the coordinates. From e_q the codes reached are signed unit vectors, 2n at most, and the largest
              |h| names the state exactly. So layers whose keys pass a SiLU, which makes large entries only of one sign,
              follow permutations.
Proof         h = a (e_i + e_i') + b (e_j + e_j') + r goes to −b (e_i + e_i') − a (e_j + e_j') + r. By induction over the word
              the state is D P_σ h with D diagonal, entries ±1. SiLU(x) = x·sigmoid(x) lies above −0.279 and is not below 0
              for x ≥ 0; SiLU(0) = 0, and SiLU(x) = x in a float format once sigmoid(x) rounds to 1 (statement saturation):
              entries 0 and 2^j are made exactly. (With an L2 norm after it keys of both signs can be made too, but by rounding:
              in bfloat16 SiLU(233/512) and −SiLU(−5/4) are both 143/512, and two of each become ±1/2, once the norm's ε has
              been rounded away. Positive keys rest on nothing of the kind.)
Source        this project.
Check         both steps with generic vectors, for all n. Beside it all words, by closure: for n ≤ 6 the states reached from
              e_0 by all signed swaps, and that the position of ±1 moves as the swap says; and the two SiLUs, in whole numbers.
Status        proved
"""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import numpy as np

from ..householder import Step
from .dyadic_keys import UNITS, reflected
from .rounding import BF16, exponential, nearest
from .statement import Counterexample, Statement, require
from .vectors import scalar, vector

SIZES = range(2, 7)


def verify() -> tuple[int, str]:
    a, b, r = scalar("a"), scalar("b"), vector("r")
    e, e2, f, f2 = (vector(name) for name in UNITS)
    half = Fraction(1, 2)
    doubled = reflected(half * (e + e2) + half * (f + f2), 2, a * (e + e2) + b * (f + f2) + r)
    require((doubled + b * (e + e2) + a * (f + f2) - r).is_zero(), "the doubled key swaps with a change of sign")
    raw = reflected(e + f, 1, a * e + b * f + r)
    require((raw + b * e + a * f - r).is_zero(), "the raw key swaps with a change of sign")
    require(silu(Fraction(233, 512)) == -silu(Fraction(-5, 4)) == Fraction(143, 512), "SiLUs of one size in bfloat16")
    cases = sum(closed(n) for n in SIZES)
    return 3 + cases, f"2 identities in generic e, f, r; {cases} states and swaps of n ≤ {SIZES[-1]} coordinates, closed"


def silu(x: Fraction) -> Fraction:
    """x/(1 + e^−x), rounded to bfloat16."""
    low, high = exponential(-x)
    found = nearest(x / (1 + high), BF16)
    require(found == nearest(x / (1 + low), BF16), "the bounds on eˣ are wider than a rounding")
    return found


def signed_swap(i: int, j: int, n: int) -> Step:
    """Key e_i + e_j, β = 1."""
    return Step(1, tuple(int(x in (i, j)) for x in range(n)), (0,))


def closed(n: int) -> int:
    """Reached codes times swaps, each found to move the position of ±1 as the swap does."""
    start = (1, *(0,) * (n - 1))
    found, pairs = [start], list(combinations(range(n), 2))
    for code in found:
        q = next(p for p, x in enumerate(code) if x)
        for i, j in pairs:
            after = tuple(signed_swap(i, j, n).apply(np.array(code, dtype=object)[:, None])[:, 0])
            target = {i: j, j: i}.get(q, q)
            require([abs(x) for x in after] == [int(p == target) for p in range(n)], f"swap {i}, {j} of {code}")
            found += [] if after in found else [after]
    require(len(found) == (2 * n if n > 2 else 2), f"{len(found)} codes for n = {n}")
    return len(found) * len(pairs)


def refute() -> Counterexample:
    step = signed_swap(0, 1, 3)
    after = step.apply(np.array([[1], [0], [0]], dtype=object))[:, 0].tolist()
    require(after == [0, -1, 0] and after.index(max(after)) == 0, "e_0 goes to −e_1")
    return Counterexample(
        "“|h|” dropped: the largest entry of h names the state",
        {"key": list(step.key), "beta": step.beta, "start": [1, 0, 0], "after": after},
        "the swap of 0 and 1 takes e_0 to −e_1, whose largest entry is 0, at 0 and 2",
    )


def example() -> str:
    code = np.array([[1], [0], [0]], dtype=object)
    path = ["(1, 0, 0)"]
    for i, j in ((0, 1), (1, 2), (0, 2)):
        code = signed_swap(i, j, 3).apply(code)
        path.append(f"({', '.join(map(str, code[:, 0]))})".replace("-", "−"))
    return f"swaps 0, 1, then 1, 2, then 0, 2: {' → '.join(path)}"


STATEMENT = Statement("positive_keys", "proved for all n", __doc__, verify, refute, example)
