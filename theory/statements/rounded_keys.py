"""Unit keys rounded to nearest can leave the range where the norm is at most 1; rounded down, or with β fitted to them, they do not.

Notation      a key k of length 1; k̂ what a float format makes of it, entry by entry; u = 2^−p; the eigenvalue along it is 1
              − β‖k̂‖².
Hypotheses    0 ≤ β ≤ 2; entries that are not below the format's normal range.
Claim         (a) rounded towards zero, ‖k̂‖ ≤ 1 and β‖k̂‖² ≤ 2. (b) with β' ≤ 2/‖k̂‖², as 2/‖k̂‖² rounded down, β'‖k̂‖² ≤ 2
              whatever k̂. (c) rounded to nearest, β‖k̂‖² ≤ 2 (1 + u)², and 2 is passed by some keys: the eigenvalue is below
              −1, and what lies along the key grows by that factor with each such token. A mirror remains one, β‖k̂‖² = 2,
              only for keys such as dyadic ones.
Proof         (a) no entry grows. (b) β'‖k̂‖² ≤ 2. (c) |k̂_i| ≤ (1 + u)|k_i|, so ‖k̂‖² ≤ (1 + u)²; and the example.
Source        this project; the range is that of Grazzi et al. 2411.12537 (statement norm).
Check         bfloat16 and float16: the keys (a, b)/√(a² + b²) for all whole 1 ≤ a ≤ b ≤ 40, and (a, b, c)/√(…) up to 8, each
              root compared with the midpoints of neighbours in whole numbers, so rounded as it should be; (a), (b), (c) for
              each.
Status        proved
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations_with_replacement

from .rounding import BF16, F16, Format, nearest, nearest_root, toward_zero
from .statement import Counterexample, Statement, require

FORMATS = (BF16, F16)


def verify() -> tuple[int, str]:
    cases, beyond = 0, 0
    for to in FORMATS:
        u = Fraction(1, 2**to.bits)
        for key in directions():
            down, near = squared(key, to, down=True), squared(key, to)
            require(down <= 1, f"(a) for {key} in {to.name}")
            require(toward_zero(2 / near, to) * near <= 2, f"(b) for {key} in {to.name}")
            require(2 * near <= 2 * (1 + u) ** 2, f"(c) for {key} in {to.name}")
            cases, beyond = cases + 3, beyond + (near > 1)
    require(beyond > 0, "(c) some key passes 2")
    return (
        cases,
        f"{cases // 3:,} keys in {' and '.join(to.name for to in FORMATS)}; {beyond:,} of them pass 2 when rounded to nearest",
    )


def directions() -> Iterator[tuple[int, ...]]:
    yield from combinations_with_replacement(range(1, 41), 2)
    yield from combinations_with_replacement(range(1, 9), 3)


def squared(key: Sequence[int], to: Format, down: bool = False) -> Fraction:
    """‖k̂‖² for the unit vector along a whole key."""
    whole = sum(x * x for x in key)
    return sum((nearest_root(Fraction(x * x, whole), to, down) ** 2 for x in key), Fraction(0))


def refute() -> Counterexample:
    key = [nearest(Fraction(3, 5), BF16), nearest(Fraction(4, 5), BF16)]
    size = 2 * sum(x * x for x in key)
    require(size > 2 and 1 - size < -1, "the key (3/5, 4/5) in bfloat16")
    return Counterexample(
        "“towards zero” dropped: unit keys rounded to nearest, β = 2",
        {"unit key": [Fraction(3, 5), Fraction(4, 5)], "key": key, "beta": 2, "eigenvalue": 1 - size},
        f"(3/5, 4/5) becomes ({key[0]}, {key[1]}) in bfloat16, β‖k̂‖² = {size}, and the eigenvalue is {1 - size}, below −1",
    )


def example() -> str:
    size = 2 * squared((3, 4), BF16)
    tokens = next(t for t in range(1, 10**4) if (size - 1) ** t > 2)
    fitted = toward_zero(4 / size, BF16)
    return (
        f"(3/5, 4/5) in bfloat16, β = 2, the same letter again and again: what lies along the key has doubled after {tokens} tokens; "
        f"rounded towards zero β‖k̂‖² is {2 * squared((3, 4), BF16, down=True)}, and with β' = {fitted} it is {fitted * size / 2}"
    )


STATEMENT = Statement("rounded_keys", "proved for the sizes named", __doc__, verify, refute, example)
