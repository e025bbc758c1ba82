"""One contractive layer with finitely many exact states tracks a machine only if e·f·e = f·e for all idempotents of its monoid.

Notation      words act from the left, so e·f is e first; M is the monoid of the maps of states that words make; idempotent: e·e =
              e.
Hypotheses    one layer S ← A(x) S + B(x), ‖A(x)‖ ≤ 1 for every letter x, any n_h, gates and writes, chosen by the letter x alone;
              exact arithmetic, finitely many reachable states X; a decoder that sees the layer's state and the last letter; all
              states of the machine reachable.
Claim         e·f·e = f·e for all idempotents e, f of M. So words u, v that act as idempotents with e·f·e ≠ f·e are a proof that no
              such layer exists. (That the identity is enough is another claim: statements l_class_registers, for regular monoids,
              and group_walks, for all, up to a quoted theorem.) All hypotheses are needed: with S ← S/3 + i/3, i = 1, 2 the
              letter, S in R spells the whole word, by infinitely many states; and a layer behind a convolution of width 2, which
              sees the letter before as well, tracks a*b* by a bit that is set at b, a.
Proof         (words) e = 1 or f = 1 is trivial; else let non-empty u, v act as e, f. Words permute, merge and fix finitely many
              states X, so powers of u, v act idempotently on X, too; they still act as e, f on the machine. (projections) the
              inner product is tr(SᵀT); put the origin into X, so that V = span X = span(X − X). The linear part P of u maps V
              into V, and there P² = P and ‖P‖ ≤ 1: an orthogonal projection. So is Q of v. (they commute) maps that words make on
              X are finitely many and determine their linear parts, so the powers of PQP are finitely many; PQP is symmetric,
              positive semidefinite, of norm ≤ 1: its eigenvalues are 0 and 1, (PQP)² = PQP. For Y = QP − PQP then YᵀY = PQP −
              (PQP)² = 0, so QP = PQP, which is symmetric: QP = PQ. (writes) u is x ↦ Px + s with s in V as 0 lies in X; from u·u
              = u, Ps = 0. v is x ↦ Qx + t, Qt = 0. Then u, v, u in turn give PQPx + PQs + Pt + s = PQx + Pt + s, and v, u in turn
              give the same. The last letter is the last of u both times, so the decoder names one state for both: q·e·f·e = q·f·e
              for every state q, as every q is named after some word.
Source        this project.
Status        proved
Check         the two identities of the proof in free variables P, Q, s, t. All 114 machines of 3 states and 2 letters: where the
              identity fails, another argument, in fractions, shows that one vector a state is impossible (theory/gram.py); where
              it holds, the layer that is compiled closes. All layers of 2 copyless bits with 2 letters, from every start, and of
              3 bits from one start: the machine of their bit vectors obeys the identity.
Coq           proofs/one_layer_obstruction.v, matrix_layer_obstruction.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations_with_replacement, product

import numpy as np

from ...automata.dfa import DFA
from ..constructions.covering.closure import Closed, closure
from ..constructions.covers import Cover, cover
from ..constructions.registers import ONE, ZERO, Registers
from ..gram import NoGram, gram
from ..obstruction import obstruction
from ..small_machines import classes
from .statement import Counterexample, Statement, require

Polynomial = dict[str, int]  # words in P, Q (acting right to left, perhaps on s, t or x) to coefficients

ROTATE, SWAP, MERGE = [1, 2, 0], [1, 0, 2], [0, 1, 0]  # these make all 27 maps of three states


def verify() -> tuple[int, str]:
    require(difference(squared({"QP": 1, "PQP": -1}), {"PQP": 1, "PQPQP": -1}) == {}, "YᵀY = PQP − (PQP)²")
    require(difference(in_turn("PQP"), in_turn("PQ")) == {}, "f_u f_v f_u = f_u f_v for commuting projections")
    refused = held = 0
    for dfa in classes(3, 2):
        witness = obstruction(dfa)
        require((witness is None) == obeys(dfa), f"{dfa.table.tolist()}: the words {witness}")
        if witness is None:
            require(isinstance(cover(dfa), Cover), f"{dfa.table.tolist()} has no layer")
            held += 1
        else:
            found = gram(dfa)
            require(
                isinstance(found, NoGram) and found.holds(dfa), f"{dfa.table.tolist()} has one vector a state, or is undecided"
            )
            refused += 1
    layers = 0
    for bits in banks():
        require(obeys(vectors_of(bits)), f"the vectors of the bits {bits}")
        layers += 1
    return 2 + refused + held + layers, (
        f"2 identities in free P, Q, s, t; of 114 machines {refused} refused, each without one vector a state, and {held} in one "
        f"layer, closed; {layers} layers of copyless bits obey it"
    )


def obeys(dfa: DFA) -> bool:
    """By the definition, over all pairs of idempotents."""
    monoid = dfa.reachable().transition_monoid()
    rows = monoid.elements[monoid.idempotents]
    return all(np.array_equal(e[rows][:, e], e[rows]) for e in rows)


# ---------------------------------------------------------------------- the algebra of two projections


def reduced(word: str, commute: bool) -> str:
    """By P² = P and Q² = Q; with PQ = QP, Ps = 0 and Qt = 0 as well: "" for zero."""
    letters, end = word.rstrip("stx"), word[len(word.rstrip("stx")) :]
    if commute:
        letters = "".join(sorted(set(letters)))
        return "" if (end, "P" in letters) == ("s", True) or (end, "Q" in letters) == ("t", True) else letters + end
    while "PP" in letters or "QQ" in letters:
        letters = letters.replace("PP", "P").replace("QQ", "Q")
    return letters + end


def difference(first: Polynomial, second: Polynomial) -> Polynomial:
    return {w: c for w in {**first, **second} if (c := first.get(w, 0) - second.get(w, 0))}


def squared(Y: Polynomial) -> Polynomial:
    """YᵀY; P and Q are symmetric, so transposing reverses words."""
    total: Polynomial = {}
    for (v, c), (w, d) in product(Y.items(), repeat=2):
        word = reduced(v[::-1] + w, False)
        total[word] = total.get(word, 0) + c * d
    return total


def in_turn(maps: str) -> Polynomial:
    """What the affine maps P: x ↦ Px + s and Q: x ↦ Qx + t give one after the other, the last of `maps` first."""
    value: Polynomial = {"x": 1}
    for letter in reversed(maps):
        moved: Polynomial = {}
        for word, c in value.items():
            if new := reduced(letter + word, True):
                moved[new] = moved.get(new, 0) + c
        write = "s" if letter == "P" else "t"
        value = moved | {write: moved.get(write, 0) + 1}
    return value


# ---------------------------------------------------------------------- all small layers of copyless bits


def banks() -> Iterator[Registers]:
    for K, starts in ((2, list(product((0, 1), repeat=2))), (3, [(0, 0, 1)])):
        for start in starts:
            for updates in combinations_with_replacement(rows(K), 2):
                yield Registers(tuple((bit,) for bit in start), updates)


def rows(K: int) -> list[tuple[int, ...]]:
    """What one letter may do to K bits: each takes a constant, or a bit that no other takes."""
    every = product((ZERO, ONE, *range(K)), repeat=K)
    return [row for row in every if len({bit for bit in row if bit >= 0}) == sum(bit >= 0 for bit in row)]


def vectors_of(bits: Registers) -> DFA:
    """The machine whose states are the bit vectors that words reach."""
    alone = np.zeros((1, len(bits.updates)), dtype=int)
    closed = closure(alone, 0, [bits], np.zeros((1, 1), dtype=bool), 2**bits.K)
    assert isinstance(closed, Closed)
    return DFA(closed.table, 0, [], range(len(bits.updates)))


def refute() -> Counterexample:
    dfa = DFA(np.array([ROTATE, SWAP, MERGE]).T, 0, [0], "rsm")
    words = obstruction(dfa)
    assert words is not None
    require(not obeys(dfa), "all maps of three states")
    matrices = [[[int(q == p) for q in column] for p in range(3)] for column in (ROTATE, SWAP, MERGE)]
    for column, A in zip((ROTATE, SWAP, MERGE), matrices, strict=True):
        require(all([row[q] for row in A] == [int(p == column[q]) for p in range(3)] for q in range(3)), "A e_q = e_{q·x}")
    doubled = np.array(matrices[2], dtype=object) @ np.array([1, 0, 1], dtype=object)
    require(doubled.tolist() == [2, 0, 0], "the merging letter doubles e_0 + e_2 over its two coordinates")
    return Counterexample(
        "“‖A(x)‖ ≤ 1” dropped: one unit vector a state, and matrices with one 1 in each column (PD-SSM; RWKV-7's copies)",
        {"matrices": matrices, "start": [1, 0, 0], "e": dfa.encode(words[0]), "f": dfa.encode(words[1])},
        f"they track all 27 maps of three states, with three exact states and nothing written, though {words[0]} and {words[1]} act as "
        "idempotents with e·f·e ≠ f·e; but merging states 0 and 2 takes (1, 0, 1) to (2, 0, 0), which is longer",
    )


def example() -> str:
    words = obstruction(DFA([[0, 1], [2, 1], [2, 2]], 0, [0, 1], "ab"))
    assert words is not None
    e, f = words
    return (
        f"a*b*: b and a act as idempotents.  After {e}{f}{e} the machine is in its sink, after {f}{e} it is not (from the start: "
        f"{e}{f}{e} has an a after a b).  A layer in which b and a act as commuting projections cannot tell {e}{f}{e} from {f}{e}"
    )


STATEMENT = Statement("one_layer_obstruction", "proved for the sizes named", __doc__, verify, refute, example)
