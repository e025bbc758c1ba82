"""Copyless bits take rank(I − A) Householder steps on a letter, swaps and overwrites, and no fewer.

Notation      K bits; on a letter each takes 0, 1, or the old value of a bit that no other takes: h ← A h + B, A a partial
              permutation matrix, B of 0 and 1. A step is h ← (I − β k kᵀ) h + β k v, 0 ≤ β‖k‖² ≤ 2.
Hypotheses    no bit is taken twice; the gate stays open.
Claim         The letter is a product of r = rank(I − A) steps: swaps (k = e_i − e_j, β = 1, v = 0), then one overwrite (k = e_i,
              β = 1, v = the constant) for each constant. No product of fewer steps has this A, whatever it writes. The moved bits
              form cycles and chains, a chain beginning at a constant; a cycle of L bits takes L − 1 steps, a chain of L bits L.
Proof         A cycle of L is L − 1 swaps. A chain i_1 → i_2 → … → i_L, whose i_1 takes a constant, is closed to a cycle by i_L →
              i_1, L − 1 swaps, and then i_1 is overwritten. The overwrites come last and in different places, so B is right. I −
              A is the direct sum over cycles and chains: on a cycle I − A kills the constant vectors only, rank L − 1; on a chain
              A is nilpotent, so I − A is invertible, rank L. A product N of m factors fixes the vectors orthogonal to the m keys,
              so rank(I − N) ≤ m; writes do not change A.
Source        this project; swaps: Grazzi et al. 2411.12537 (Theorem 3).
Status        proved
Check         all 751 letters of K ≤ 4 bits, the steps of theory/constructions/registers.py: their number is the exact rank of I −
              A and the count by cycles and chains; multiplied out they are A and B; the keys are e_i − e_j and e_i.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..constructions.registers import ONE, letter_action
from ..exact_layer import LetterAction
from ..factor import rank
from ..householder import Step
from ..numbers import identity
from .one_layer_obstruction import rows
from .statement import Counterexample, Statement, require

SIZES = range(1, 5)


def verify() -> tuple[int, str]:
    cases = 0
    for K in SIZES:
        for update in rows(K):
            A, B = matrices(update)
            action = letter_action(update, 1, 1, False, False)
            found_A, found_B = multiplied(action, K)
            require(np.array_equal(found_A, A) and np.array_equal(found_B, B), f"the steps of {update}")
            require(len(action.steps) == rank(identity(K) - A) == counted(update), f"{len(action.steps)} steps for {update}")
            require(all(is_swap_or_overwrite(step) for step in action.steps), f"the keys of {update}")
            cases += 1
    return cases, f"all {cases} letters of up to {SIZES[-1]} bits"


def matrices(update: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """A [K, K] and B [K], by the definition."""
    K = len(update)
    A, B = identity(K) * 0, np.array([int(taken == ONE) for taken in update], dtype=object)
    for bit, taken in enumerate(update):
        if taken >= 0:
            A[bit, taken] = 1
    return A, B


def multiplied(action: LetterAction, K: int) -> tuple[np.ndarray, np.ndarray]:
    """A and B of the steps: what they do to the columns of I, less what they do to 0."""
    B = action.apply(identity(K)[:, :1] * 0)[:, 0]
    return np.array([action.apply(e[:, None])[:, 0] - B for e in identity(K)], dtype=object).T, B


def counted(update: Sequence[int]) -> int:
    """K less the number of cycles, found by following the bits that are taken."""
    cycles, left = 0, set(range(len(update)))
    while left:
        first = bit = left.pop()
        while (bit := update[bit]) in left:
            left.remove(bit)
        cycles += bit == first
    return len(update) - cycles


def is_swap_or_overwrite(step: Step) -> bool:
    entries = sorted(x for x in step.key if x)
    return step.beta == 1 and ((entries == [-1, 1] and step.value == (0,)) or entries == [1])


def refute() -> Counterexample:
    A = np.array([[1, 0], [1, 0]], dtype=object)
    x = np.array([1, 0], dtype=object)
    image = A @ x
    needed = rank(identity(2) - A)
    require(needed == 1 and image @ image > x @ x, "both bits take bit 0")
    return Counterexample(
        "“no bit is taken twice” dropped: both of two bits take bit 0",
        {"A": A.tolist(), "x": x.tolist(), "image": image.tolist(), "rank": needed},
        "rank(I − A) = 1, but A takes (1, 0) to (1, 1), which is longer: no number of steps makes it (statement norm)",
    )


def example() -> str:
    update = (ONE, 0, 1, 4, 3)
    keys = [step.key for step in letter_action(update, 1, 1, False, False).steps]
    return (
        f"1 into bit 0, bit 0 into bit 1, bit 1 into bit 2, and bits 3 and 4 exchanged: {len(keys)} steps, with the keys {keys}"
    )


STATEMENT = Statement("register_weights", "proved for the sizes named", __doc__, verify, refute, example)
