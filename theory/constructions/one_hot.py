"""A bit a state: permutation automata, permutation-reset automata, partial injections with a sink.

Construction  bit q is 1 in state q alone; on letter a it takes the bit of the one state that a sends to q, 0 if there is none, and a
              letter that sends all states to q sets it.  One state, such as a sink, may go without a bit: its code is 0.
Steps         permutation: n − #cycles(a) (Grazzi et al. 2411.12537, Theorem 3, has the bound n − 1); with resets max(1, that), by
              closing the gate; with a sink, rank(I − A).
"""

from __future__ import annotations

import numpy as np

from ...automata.dfa import DFA
from ...automata.errors import TooLarge
from .candidate import Candidate, RegisterBank, register_codes
from .registers import ONE, ZERO, Keys, Registers

LARGEST = 4096  # states; keys alone are then n² numbers a letter, 64 MiB in float32


def one_hot(dfa: DFA, keys: Keys) -> Candidate | str:
    """The candidate, or why there is none. All states of `dfa` are reachable, and there are at least two. Raises TooLarge."""
    without = stateless(dfa)
    if isinstance(without, str):
        return without
    if dfa.n_states > LARGEST:
        raise TooLarge(
            f"a bit a state takes keys of {dfa.n_states:,} entries and up to {dfa.n_states - 1:,} steps a letter, "
            f"{dfa.n_states**2 * dfa.n_letters:,} numbers; the largest machine taken has {LARGEST:,} states: minimise it, or compile "
            "a product of smaller machines one by one"
        )
    held = [q for q in range(dfa.n_states) if q != without]
    bit = {q: i for i, q in enumerate(held)}
    updates = []
    for column in dfa.table.T.tolist():
        sources: dict[int, list[int]] = {q: [] for q in range(dfa.n_states)}
        for q, target in enumerate(column):
            sources[target].append(q)
        updates.append(
            tuple(ONE if len(sources[q]) == dfa.n_states else ZERO if not sources[q] else bit[sources[q][0]] for q in held)
        )
    registers = Registers(tuple((int(q == dfa.start),) for q in held), tuple(updates))
    codes = register_codes(dfa, registers)
    assert codes is not None, "a bit a state always closes: stateless() has checked every letter"
    return Candidate(kind_of(dfa), (RegisterBank(registers, codes, keys),))


def stateless(dfa: DFA) -> int | str | None:
    """A state that must go without a bit (None if every state can have one), or what rules the construction out."""
    n = dfa.n_states
    merged: dict[int, int] = {}  # state: the letter that sends some, but not all, states to it twice or more
    for a, column in enumerate(dfa.table.T):
        counts = np.bincount(column, minlength=n)
        for q in np.flatnonzero((counts > 1) & (counts < n)).tolist():
            merged.setdefault(q, a)
    if not merged:
        return None
    if len(merged) > 1:
        (p, a), (q, b) = list(merged.items())[:2]
        return f"two states are entered by merging, {p} on {dfa.alphabet[a]!r} and {q} on {dfa.alphabet[b]!r}; only one, a sink, may be"
    sink, a = next(iter(merged.items()))
    for b, column in enumerate(dfa.table.T):  # nobody may leave the sink but by a reset of all states
        if column[sink] != sink and not np.all(column == column[0]):
            return f"letter {dfa.alphabet[a]!r} merges states into {sink}, which letter {dfa.alphabet[b]!r} leaves again"
    return sink


def kind_of(dfa: DFA) -> str:
    """The usual name of a machine that `one_hot` takes."""
    distinct = [len(np.unique(column)) for column in dfa.table.T]
    if all(count == dfa.n_states for count in distinct):
        return "permutation"
    if all(count in (1, dfa.n_states) for count in distinct):
        return "permutation-reset"
    return "partial injections"
