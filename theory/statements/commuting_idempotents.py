"""Without writes one contractive layer tracks a machine if and only if the idempotents of its monoid commute.

Notation      as in statements one_layer_obstruction and group_walks.
Hypotheses    one layer S ← A(x) S from some S_0, nothing written; ‖A(x)‖ ≤ 1; exact arithmetic, finitely many reachable states; a
              decoder that sees the layer's state only (not the last letter); all states of the machine reachable.
Claim         It tracks a machine only if e·f = f·e for all idempotents. If they commute, bits do it that are moved or set to 0:
              so writes buy the resets, of which two do not commute.
Proof         (only if) X the finite set of states, V = span X. Words u, v that act as e, f have powers that act idempotently on
              X. Their linear parts on V are idempotent contractions, orthogonal projections P, Q, and PQ = QP as in statement
              one_layer_obstruction. So u·v and v·u lead to the same state of the layer, q·e·f = q·f·e for all q. (if) e·f = f·e
              gives e·f·e = f·e; take G as in statement group_walks and hold “g·d is the start”, which is only moved, and “edge
              (g·d, x) has not been walked”, 1 at first, moved and then set to 0 at one place. They determine the ends and the
              support of the walk; it is left to show that paths p, q with the same ends and support are equal (Simon). Cut both
              at the edges between different strongly connected components of the support. A path leaves a component for good, so
              both meet the same components in the same order, by the same edges between them; and the parts within one component
              have the same ends and support. Let then p, q from a to b have a strongly connected support: some r leads from b to
              a in it. Loops at the start of a path with supports in its are absorbed (group_walks, (a)), and so are loops at the
              end, as commuting idempotents are the same read backwards: p ~ (q·r)·p = q·(r·p) ~ q.
Source        this project; the lemma on supports: Simon, see the second volume of Eilenberg's Automata, Languages and Machines
              (1976), chapter VIII. Where every element has an inverse as well, M is an inverse monoid, of partial injections.
Status        proved up to a quoted theorem: Ash 1991, for “if”, where some finite G must separate; for a G that passes the test,
              proved
Check         all 114 machines of 3 states and 2 letters: the 24 with commuting idempotents have a group that passes the test, and
              the closure of these bits tells all states apart; every layer of 2 or 3 bits that are moved or set to 0, with 2
              letters and from every start, has commuting idempotents on its vectors.
Coq           proofs/one_layer_obstruction.v, matrix_layer_without_writes (“only if”).
"""

from __future__ import annotations

from itertools import combinations_with_replacement, product

import numpy as np

from ...automata.dfa import DFA
from ...automata.monoid import TransitionMonoid
from ..constructions.covering.closure import Closed, closure
from ..constructions.registers import ONE, ZERO, Registers
from ..small_machines import classes
from .group_walks import separating
from .one_layer_obstruction import rows, vectors_of
from .statement import Counterexample, Fails, Statement, require

VECTORS = 5000


def verify() -> tuple[int, str]:
    tracked = vectors = layers = 0
    for dfa in classes(3, 2):
        if commute(dfa):
            vectors += len(walked(dfa))
            tracked += 1
    require(tracked == 24, f"{tracked} of 114 machines have commuting idempotents")
    for K in (2, 3):
        letters = [row for row in rows(K) if ONE not in row]
        for updates in combinations_with_replacement(letters, 2):
            for start in product((0, 1), repeat=K):
                bits = Registers(tuple((bit,) for bit in start), updates)
                require(commute(vectors_of(bits)), f"the vectors of {bits}")
                layers += 1
    return tracked + layers, (
        f"{tracked} of 114 machines tracked, {vectors:,} vectors closed; all {layers:,} layers of 2 and 3 bits that are only moved "
        "and set to 0"
    )


def commute(dfa: DFA) -> bool:
    """By the definition, over all pairs of idempotents."""
    monoid = dfa.reachable().transition_monoid()
    found = monoid.elements[monoid.idempotents]
    return all(np.array_equal(e[found], found[:, e]) for e in found)


def walked(dfa: DFA) -> Closed:
    """The closure of the bits of the proof beside the machine. Raises Fails."""
    chosen = separating(dfa)
    group = TransitionMonoid(DFA(chosen.T, 0, [], range(dfa.n_letters)))
    moved = group.left_cayley.T  # [k, G]: place d takes place ψ(x)·d
    blocks = [Registers(tuple((int(d == 0),) for d in range(len(group))), tuple(map(tuple, moved.tolist())))]
    for x in range(dfa.n_letters):
        updates = moved.copy()
        updates[x, np.flatnonzero(moved[x] == 0)] = (
            ZERO  # the place that takes place 1, which is element 0: the edge just walked
        )
        blocks.append(Registers(((1,),) * len(group), tuple(map(tuple, updates.tolist()))))
    found = closure(dfa.table, dfa.start, blocks, ~np.eye(dfa.n_states, dtype=bool), VECTORS)
    if not isinstance(found, Closed):
        raise Fails(f"{dfa.table.tolist()}: {'too many vectors' if found is None else found}")
    return found


def refute() -> Counterexample:
    flip_flop = DFA([[0, 1], [0, 1]], 0, [1], "rs")
    bits = Registers(((0,),), ((ZERO,), (ONE,)))
    require(np.array_equal(vectors_of(bits).table, flip_flop.table) and not commute(flip_flop), "a bit that is overwritten")
    return Counterexample(
        "“nothing written” dropped: one bit, overwritten with 0 by r and with 1 by s",
        {"table": flip_flop.table.tolist(), "A": [[[0]], [[0]]], "B": [[0], [1]]},
        "it tracks the flip-flop, in which r then s is s and s then r is r",
    )


def example() -> str:
    dfa = DFA([[1, 2], [2, 0], [2, 2]], 0, [0], "ab")
    found = walked(dfa)
    return f"(ab)*, three states: {len(found)} bit vectors of the walk, {found.vectors.shape[1]} bits, never set to 1"


STATEMENT = Statement("commuting_idempotents", "proved for the sizes named", __doc__, verify, refute, example)
