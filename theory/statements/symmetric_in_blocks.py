"""The word problem of S_n takes three layers with n_h ≥ 2 steps a token, and four layers with one step.

Notation      tokens x_1, x_2, … are permutations of n points, products from the left; blocks of m tokens; token t stands at place w =
              (t − 1) mod m of its block and at position u = (t − 1) mod 2m; P is the product of the block before the current one.
Hypotheses    m n_h ≥ n − 1; a link or reader may be any table of position, the last 2m tokens and the state.
Claim         layer 1 counts u (two steps a token turn a 2m-gon; with one step it takes two layers, statement dihedral_two_layers).
              The next layer keeps the last 2m tokens: 2m slots, one overwritten by each token.  The last layer holds h in Rⁿˣⁿ and
              applies chunk w of P, n_h swaps.  Then x_1 ⋯ x_t = h · (chunks w + 1 … m − 1 of P) · (the current block's tokens at
              places 0 … w): a table of position, slots and h.  No layer takes more than n_h steps, all with β‖k‖² = 1 or 2.
Proof         P is at most n − 1 ≤ m n_h swaps (statement swaps), so m chunks of n_h make P.  Induction over t: within a block one
              more chunk has moved to h and one more token to the current block.  After the last place nothing of P is left; at the
              next token the block that was current is the one before, its m tokens stand in the slots of the other half, and h is
              the product of all blocks before it.  The slots of the block before are overwritten only when it is no longer asked
              for: 2m slots hold both.
Source        Siems et al. 2502.10297 (Theorem 1 (ii), (iii)), recalled; this form and its proof are this project's.
Status        proved
Check         S_3 with all 6 letters, in three layers and in four, by closure over all reachable pairs.  S_4 with all 24 letters in
              three layers (n_h = 2 and 3) and with two generators in four, by the induction: each fact it rests on checked on the
              layers, links and reader as they are.  The scheme itself: for n ≤ 6 and n_h ≤ 5 that the chunks of all n! permutations
              multiply to them, and for m = 1, 2, 3, 6 that the slots hold the tokens they should over three rounds.
"""

from __future__ import annotations

from functools import cached_property, reduce
from itertools import permutations

from ..papers import Construction, symmetric
from ..papers.block_scheme import BLOCKS, BlockScheme, times
from .closing import closed, counted
from .statement import Counterexample, Fails, Statement, require

SIZES, STEPS = range(2, 7), range(1, 6)


def verify() -> tuple[int, str]:
    pairs = facts = cases = 0
    for made, layers, n_h in ((symmetric(3, layers=3), 3, 2), (symmetric(3, layers=4), 4, 1)):
        require((len(made.stack.layers), made.n_h) == (layers, n_h), f"the sizes of {made.name}")
        pairs += closed(made.stack, made.dfa, made.name)
    for made in (symmetric(4, layers=3), symmetric(4, layers=3, n_h=3), symmetric(4, layers=4, letters="generators")):
        facts += by_induction(made)
    for m in BLOCKS:
        cases += slots_hold(m)
    for n in SIZES:
        for n_h in STEPS:
            cases += chunks_multiply(BlockScheme(n, n_h))
    return pairs + facts + cases, (
        f"S_3: {pairs:,} reachable pairs; S_4: {facts:,} facts of the induction; {cases:,} chunks and slots of the scheme for "
        f"n ≤ {SIZES[-1]}"
    )


def by_induction(made: Construction) -> int:
    """The facts checked. Raises Fails where one is wrong."""
    lemma = made.lemma
    if lemma is None:
        raise Fails(f"{made.name} has no lemma")
    return counted(lambda: lemma().pairs, made.name)


def chunks_multiply(scheme: BlockScheme) -> int:
    """For every permutation P and place w: chunks 0 … w, then the rest, make P, and after the last chunk nothing is left."""
    for P in permutations(range(scheme.n)):
        done = scheme.identity
        for w in range(scheme.m):
            chunk = scheme.chunk(P, w)
            done = times(done, scheme.swapped(chunk))
            require(len(chunk) <= scheme.n_h and times(done, scheme.rest(P, w)) == P, f"chunk {w} of {P}, n_h = {scheme.n_h}")
        require(done == P, f"the chunks of {P}, n_h = {scheme.n_h}")
    return scheme.m * len(list(permutations(range(scheme.n))))


def slots_hold(m: int) -> int:
    """Over three rounds of the 2m slots, at every token: the block before and the current one are found in them, in order."""
    scheme, slots = BlockScheme(m + 1, 1), [0] * (2 * m)  # 0 for a slot that is not written yet
    require(scheme.m == m, f"a scheme with blocks of {m}")
    for t in range(1, 6 * m + 1):
        u = (t - 1) % (2 * m)
        slots[u] = t
        first = t - (t - 1) % m  # of the current block
        before = [max(0, i) for i in range(first - m, first)]
        require([slots[s] for s in scheme.previous(u)] == before, f"the block before token {t}, m = {m}")
        require([slots[s] for s in scheme.current(u)] == list(range(first, t + 1)), f"the block of token {t}, m = {m}")
    return 6 * m


class _OneSwapABlock(BlockScheme):
    """Blocks too short: one token, one swap."""

    @cached_property
    def m(self) -> int:
        return 1


def refute() -> Counterexample:
    word = [(1, 2, 0), (0, 1, 2), (0, 1, 2)]
    scheme = _OneSwapABlock(3, 1)
    found, right = scheme.products(word)[-1], reduce(times, word)
    require(found != right and BlockScheme(3, 1).products(word)[-1] == right, "a cycle of three in blocks of one swap")
    return Counterexample(
        "“m n_h ≥ n − 1” dropped: blocks of one token, n_h = 1, and n = 3",
        {"word": [list(x) for x in word], "found": list(found), "right": list(right)},
        "the cycle of three is two swaps, its block ends after one, and the other is lost at the next token",
    )


def example() -> str:
    scheme = BlockScheme(4, 1)
    P = (1, 2, 3, 0)
    chunks = " then ".join(str(scheme.chunk(P, w)[0]) for w in range(scheme.m))
    return (
        f"n = 4, n_h = 1: blocks of m = {scheme.m}, 2m = {2 * scheme.m} slots; a block with the product {P} is applied as the swaps "
        f"{chunks} while the next is read; the papers' single table would have (4!)^6 = {24**6:,} rows, for each of 6 positions"
    )


STATEMENT = Statement("symmetric_in_blocks", "proved for the sizes named", __doc__, verify, refute, example)
