"""What no single contractive layer can do: two idempotents with e·f·e ≠ f·e rule it out.

Statement     let one layer S ← A(x) S + B(x) have ‖A(x)‖ ≤ 1 for every letter x (any n_h, gates in [0, 1], any writes), finitely many
              reachable states in exact arithmetic, and a decoder that sees the state and the last letter.  If it tracks a machine,
              all of whose states are reachable, then e·f·e = f·e for all idempotents e, f of its transition monoid, words read
              from the left.
Proof         let words u, v act on the machine as e, f; replace them by powers that act idempotently on the finite set X of layer
              states, too.  Their linear parts on V = span(X − X) are idempotent contractions, so orthogonal projections P, Q.  The
              maps they generate are finitely many, and (PQP)^m tends to the projection on ran P ∩ ran Q, so the eigenvalues of PQP
              are 0 or 1 and PQ = QP.  With the origin in X write u as x ↦ Px + s, Ps = 0, and v as x ↦ Qx + t, Qt = 0.  Then u, v, u
              in turn give PQPx + PQs + Pt + s = PQx + Pt + s, the same as v, u in turn; and the last letter is the same.
Beware        the transition depends on the letter alone: a layer behind a convolution of width 2 over the letters, as published layers
              have it, tracks a*b* by one bit.
Source        one-layer theorem of this project (statement one_layer_obstruction); the converse holds too (0/1 registers), by a theorem
              of Ash (statement group_walks).
Check         `obstruction`, exhaustive over the pairs of idempotents of the monoid: a proof for the machine given.
"""

from __future__ import annotations

from typing import Any

from ..automata.dfa import DFA
from ..automata.errors import TooLarge

LARGEST_MONOID = 200_000  # elements


def obstruction(dfa: DFA) -> tuple[Any, Any] | None:
    """Words (u, v) that act as idempotents e, f with e·f·e ≠ f·e; None when there are none, or when the monoid is too large to tell.

    >>> obstruction(DFA([[0, 1], [2, 1], [2, 2]], 0, [0, 1], "ab"))          # a*b*
    ('b', 'a')
    """
    try:
        monoid = dfa.reachable().transition_monoid(limit=LARGEST_MONOID)
        pair = monoid.violating_idempotents()
    except TooLarge:
        return None
    return None if pair is None else (monoid.words[pair[0]], monoid.words[pair[1]])
