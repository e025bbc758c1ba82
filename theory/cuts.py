"""Copyless bits with one code for each state: whether there are any, decided exactly, with weights.

Statement     with one code a state a bit is a cut, the states where it is 1 against those where it is 0.  After letter x the bit of
              cut S must take a bit of cut x⁻¹S, or a constant if that is trivial.  So copyless bits with m(S) bits of cut S exist
              exactly if, for every letter x and cut T, the m(S) of all S with x⁻¹S = T add up to at most m(T).  Then the sums of m(S)
              over the cuts between p and q are ‖u_p − u_q‖² of a Gram matrix (gram.py): bits are one kind of vectors.
Decision      which m(S) are 0 in every solution?  m(S) ≤ m(x⁻¹S), so m is constant on a strongly connected set C of cuts.  Of the
              cuts that x takes to one T of C, at most one lies in C, or m = 0 on C; and if one does, m = 0 on the others, as they
              fit beside it; and what is taken to a cut with m = 0 has m = 0.  Once no more follows, there is a solution that is
              positive on all the rest: on C the largest sum that one letter brings to one cut of C from outside, at least 1.
              Told apart are the states with a cut of m > 0 between them.
Beside        theory/constructions/subsets.py searches families of sets in which no two go to one; this allows several bits of one cut.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..automata.components import strongly_connected_components
from ..automata.dfa import DFA
from ..automata.errors import BadArgument, TooLarge
from ..automata.reach import breadth_first_order

LARGEST = 12  # states


def cut_weights(dfa: DFA) -> dict[int, int]:
    """m(S) for each cut that can have any, as whole numbers; the cut is named by its side S without state 0, as bits.

    Raises  TooLarge past 12 states; BadArgument for states that no word reaches, which need no code

    >>> cut_weights(DFA([[1, 0], [2, 0], [2, 1]], 0, [2], "ab"))                 # a counter 0..2: bits “≥ 1” and “≥ 2”
    {4: 1, 6: 1}
    """
    if dfa.n_states > LARGEST:
        raise TooLarge(f"{dfa.n_states} states have {2 ** (dfa.n_states - 1) - 1:,} cuts; up to {LARGEST} states are decided")
    if unreached := set(range(dfa.n_states)) - set(breadth_first_order(dfa.table, dfa.start).tolist()):
        raise BadArgument(f"no word reaches the states {sorted(unreached)}; give dfa.reachable()")
    taken = cuts_taken(dfa)
    component = strongly_connected_components(taken.T)
    alive = possible(taken, component)
    weights = dict.fromkeys(np.flatnonzero(alive).tolist(), 1)
    growing = True
    while growing:  # downstream; nothing flows into a strongly connected set beside what is in it
        growing = False
        for column in taken.tolist():
            sums: dict[int, int] = {}
            for S, m in weights.items():
                sums[column[S]] = sums.get(column[S], 0) + m
            for T, total in sums.items():
                if T and total > weights[T]:
                    growing = True
                    weights |= dict.fromkeys(np.flatnonzero(component == component[T]).tolist(), total)
    return {2 * S: m for S, m in weights.items()}


def possible(taken: npt.NDArray[np.int64], component: npt.NDArray[np.integer]) -> npt.NDArray[np.bool_]:
    """[cuts] which can have m > 0."""
    alive = np.arange(taken.shape[1]) > 0
    while True:
        dead = alive & (~alive[taken] & (taken > 0)).any(axis=0)
        for column in taken:
            inside = component[column] == component
            for T in np.unique(column[alive & (column > 0)]).tolist():
                sources = alive & (column == T)
                if (sources & inside).sum() > 1:
                    dead |= alive & (component == component[T])
                elif (sources & inside).any():
                    dead |= sources & ~inside
        if not dead.any():
            return alive
        alive &= ~dead


def one_code_a_state(dfa: DFA) -> bool:
    """Whether copyless bits with one code for each state exist.

    >>> one_code_a_state(DFA([[0, 1, 2], [0, 1, 2], [2, 2, 2]], 0, [2], "01x"))   # flip-flop with a sink
    False
    """
    distances = cut_distances(dfa)
    return bool((distances + np.eye(dfa.n_states, dtype=int) > 0).all())


def cut_distances(dfa: DFA) -> npt.NDArray[np.int64]:
    """‖u_p − u_q‖² [n, n] of the bits of `cut_weights`, 0 where none tells two states apart."""
    states = np.arange(dfa.n_states)
    total = np.zeros((dfa.n_states,) * 2, dtype=np.int64)
    for S, m in cut_weights(dfa).items():
        side = S >> states & 1
        total += m * (side[:, None] != side)
    return total


def cuts_taken(dfa: DFA) -> npt.NDArray[np.int64]:
    """[k, 2^(n−1)] the cut x⁻¹S for each letter x and cut, cuts by half their names; 0 where it is trivial."""
    n = dfa.n_states
    sides = 2 * np.arange(2 ** (n - 1))
    masks = np.zeros((dfa.n_letters, len(sides)), dtype=np.int64)
    for q, row in enumerate(dfa.table):
        masks |= (sides >> row[:, None] & 1) << q
    return np.where(masks & 1, 2**n - 1 - masks, masks) >> 1
