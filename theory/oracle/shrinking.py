"""Householder steps with β ≤ 1: they shrink what they change.

Notation      a step is S ← (I − β k kᵀ) S + β k vᵀ with 0 ≤ β‖k‖² ≤ 1; here β stands for β‖k‖². Gates, of a head or of each row, lie in
              [0, 1].
Exact states  let a word permute a finite set Y of states. On span(Y − Y) its linear part N has a power that is the identity, so ‖N x‖
              = ‖x‖ there, and every gate and step keeps ‖x‖; a step with β < 2 that keeps the norm of x keeps x (statement
              unit_modulus), and so does a gate. So N x = x, the word moves all of Y by one vector, and as Y is finite not at all: a
              layer has no groups, however many steps a token, and neither has a stack.
Flip-flops    one step with β = 1 sets a row; β = 0 keeps it. Cascades of flip-flops recognise every star-free language (Krohn and
              Rhodes).
Signs         under a cast at readout the scale of a state is free. Let u be a unit vector and z a spare coordinate that holds 0.
              The projections on (3u + 4z)/5, on (−3u + 4z)/5 and on u, in turn, send u to −(3/5)(7/25)(3/5) u = −(63/625) u: three
              steps with β = 1. With n − 1 steps of β = 1 − 63/625 along the other directions of Rⁿ this is 63/625 times the mirror
              of u; u = (e_i − e_j)/√2 gives a swap, n − 1 swaps any permutation, and the code of a state, ½ at its place and −½
              elsewhere, is read from its signs. Resets write a code anew. So (n − 1)(n + 2) steps with β ≤ 1 do what permutations
              and resets of n points do, and any machine of n states is a cascade of n − 1 such layers.
"""

from __future__ import annotations

from .facts import Facts
from .models import CAST, EXACT
from .sources import HOLES, KROHN_RHODES, NO_GROUPS, SETTLING, SPECTRA, THREE_STEPS
from .verdict import Family, Ruling, no, not_known, yes

STAR_FREE = "the language is star-free, and a cascade of flip-flops, each a row that steps with β = 1 set, recognises it"


def exact(facts: Facts) -> Ruling:
    """Exactly the star-free languages, for any n_h, gated or not: no groups by "exact states", all others by "flip-flops", one step a
    token."""
    if facts.star_free is None:
        return not_known(facts.unknown["star_free"])
    if facts.star_free:
        return yes(
            STAR_FREE,
            NO_GROUPS + KROHN_RHODES,
            "proved here up to a quoted theorem",
            at_least=facts.bound.layers,
            n_h=1,
        )
    assert facts.counting is not None
    return no(
        f"the language is not star-free: {facts.counting.says}, and products of steps with β ≤ 1 that keep a norm keep the vector, so "
        "finitely many states make no groups",
        NO_GROUPS,
        facts.counting,
    )


def one_step_cast(facts: Facts) -> Ruling:
    """Yes for star-free languages. No where a word v of one or two letters counts: a gate and a step are symmetric and ≥ 0, and the
    product of two such matrices has real eigenvalues ≥ 0 (statement real_spectrum), so everything settles along vⁱ, layer after
    layer, as for non-negative diagonals (diagonal.py). Three can have a negative one: with the projections of "signs" for letters a,
    b, c one layer tells ((abc)²)* from its odd brothers. So for words of three letters or more this argument says nothing."""
    return settled(facts, 2, "products of two steps with β ≤ 1 have eigenvalues ≥ 0, so all layers settle", "n_h = 1")


def two_steps_cast(facts: Facts) -> Ruling:
    """Yes for star-free languages. No where a letter counts: its two steps multiply to a matrix with eigenvalues ≥ 0."""
    return settled(
        facts, 1, "a letter's two steps with β ≤ 1 have a product with eigenvalues ≥ 0, so all layers settle", "n_h = 2"
    )


def row_gates_cast(facts: Facts) -> Ruling:
    """Yes for star-free languages. No where a letter counts: (I − β k kᵀ) Diag(α) has the eigenvalues of the symmetric matrix
    Diag(α)^½ (I − β k kᵀ) Diag(α)^½ ≥ 0. Two letters are four factors, and may have others."""
    return settled(facts, 1, "gate and step of a letter have a product with eigenvalues ≥ 0, so all layers settle", "n_h = 1")


def settled(facts: Facts, length: int, why: str, steps: str) -> Ruling:
    """The rule for words of at most so many letters."""
    if facts.star_free:
        return yes(STAR_FREE, NO_GROUPS + KROHN_RHODES, "proved here up to a quoted theorem", n_h=1)
    found = facts.counting_within(length)
    if found is not None:
        return no(f"{found.says}; {why}", SETTLING + SPECTRA, found)
    if facts.star_free is None:
        return not_known(facts.unknown["star_free"])
    followed = "one or two letters" if length == 2 and facts.pairs_followed else "one letter"
    return not_known(
        f"the language is not star-free, but no word of {followed} counts, and longer products may "
        f"have negative eigenvalues: nothing is proved for {steps} either way"
    )


def many_steps_cast(facts: Facts) -> Ruling:
    """Every regular language, by "signs": scaled swaps read from their signs. Such a state decays by a factor a token, so it leaves
    every float format; with finitely many exact states the same networks recognise star-free languages only."""
    n = facts.machine.n_states
    steps = (facts.swaps if facts.is_group else n - 1) * (n + 2)
    return yes(
        "three steps with β = 1 can multiply a direction by −63/625, so permutations are made up to a factor, and read from signs "
        "(the states decay, and leave every float format)",
        THREE_STEPS + HOLES,
        layers=1 if facts.is_group else max(1, n - 1),
        n_h=max(1, steps),
    )


FAMILIES = (
    Family(
        "shrinking_steps",
        "Householder steps with β ≤ 1, any n_h, gated or not",
        "DeltaNet, Gated DeltaNet, DeltaProduct, Kimi delta attention as released",
        "any depth",
        EXACT,
        exact,
    ),
    Family(
        "deltanet_shrinking_cast",
        "DeltaNet with β ≤ 1",
        "DeltaNet, Gated DeltaNet as released",
        "any depth",
        CAST,
        one_step_cast,
    ),
    Family("kda_shrinking_cast", "a gate a row, β ≤ 1", "Kimi delta attention as released", "any depth", CAST, row_gates_cast),
    Family(
        "deltaproduct_2_shrinking_cast", "DeltaProduct with β ≤ 1, n_h = 2", "DeltaProduct", "any depth", CAST, two_steps_cast
    ),
    Family(
        "deltaproduct_shrinking_cast",
        "DeltaProduct with β ≤ 1, n_h as large as it takes",
        "DeltaProduct",
        "any depth",
        CAST,
        many_steps_cast,
    ),
)
