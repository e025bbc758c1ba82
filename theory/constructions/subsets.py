"""A bit a set of states: saturating counters, and every machine for which such bits close without a copy.

Construction  bit S is 1 in the states of S.  After letter a it is 1 exactly if the state before was in a⁻¹S = {q : q·a in S}, so it
              takes the bit a⁻¹S, or a constant when that is empty or everything.  A family closed under a⁻¹ on which no letter
              takes a bit twice is a bank; a machine is tracked when its banks tell all states apart.  Banks are independent
              heads, so n_h is the largest of one bank.
Search        families grown from single seed sets: all sets when there are at most 10 states, else single states, all but
              one, and what a state can reach.  Then the fewest steps for which the banks suffice, greedily few bits.
Examples      the sets {c > i} make the thermometer code of a saturating counter; single states make the one-hot code.
Source        one-vector-a-state case of the one-layer theorem of this project; the thermometer code is folklore.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...automata.dfa import DFA
from .candidate import Candidate, RegisterBank, register_codes
from .registers import ONE, ZERO, Keys, Registers

EVERY_SUBSET_UP_TO = 10  # states; 2^10 seeds
SEARCHED_UP_TO = 256  # states; the search takes about n³ set operations


def subsets(dfa: DFA, keys: Keys) -> Candidate | str:
    """The candidate, or why there is none. All states of `dfa` are reachable, and there are at least two."""
    if dfa.n_states > SEARCHED_UP_TO:
        return f"not searched above {SEARCHED_UP_TO} states"
    banks = [bank_of(dfa, family, keys) for family in families(dfa)]
    apart = [told_apart(bank.codes) for bank in banks]
    together = np.logical_or.reduce(apart) if banks else np.eye(dfa.n_states, dtype=bool)
    missing = np.argwhere(~together & ~np.eye(dfa.n_states, dtype=bool))
    if len(missing):
        p, q = missing[0]
        return f"no family of sets of states that closes without copying a bit tells states {p} and {q} apart"
    chosen = cover(banks, apart)
    chain = len(chosen) == 1 and is_chain(chosen[0].codes[:, :, 0])
    return Candidate("thermometer" if chain else "registers", tuple(chosen))


def families(dfa: DFA) -> Iterator[list[int]]:
    """Closed families of sets, as bit masks, on which no letter copies; a family and that of its complements once."""
    n = dfa.n_states
    everything = (1 << n) - 1
    into = [[0] * n for _ in dfa.alphabet]  # into[a][q]: the states that a sends to q
    for q, row in enumerate(dfa.table.tolist()):
        for a, target in enumerate(row):
            into[a][target] |= 1 << q

    def before(a: int, mask: int) -> int:
        found = 0
        while mask:
            low = mask & -mask
            found |= into[a][low.bit_length() - 1]
            mask ^= low
        return found

    seen: set[int] = set()
    for seed in seeds(dfa):
        if seed in seen or seed in (0, everything):
            continue
        family, members, taken = [seed], {seed}, set()
        for mask, a in ((mask, a) for mask in family for a in range(dfa.n_letters)):  # the family grows as it is read
            new = before(a, mask)
            if new in (0, everything):
                continue
            if (a, new) in taken or len(family) > 4 * n:
                break  # a copy, or too many bits
            taken.add((a, new))
            if new not in members:
                members.add(new)
                family.append(new)
        else:
            seen |= members | {everything ^ mask for mask in members}
            yield family


def seeds(dfa: DFA) -> Iterator[int]:
    n = dfa.n_states
    everything = (1 << n) - 1
    if n <= EVERY_SUBSET_UP_TO:
        yield from sorted(range(1, everything), key=lambda mask: (mask.bit_count(), mask))
        return
    for q in range(n):
        yield 1 << q
        yield everything ^ (1 << q)
    successors = [set(row) for row in dfa.table.tolist()]
    for q in range(n):
        reached, todo = {q}, [q]
        while todo:
            new = successors[todo.pop()] - reached
            reached |= new
            todo += new
        yield sum(1 << p for p in reached)


def bank_of(dfa: DFA, family: list[int], keys: Keys) -> RegisterBank:
    """The registers that hold one bit a set of the family."""
    n = dfa.n_states
    place = {mask: i for i, mask in enumerate(family)} | {0: ZERO, (1 << n) - 1: ONE}
    columns = dfa.table.T.tolist()
    updates = tuple(
        tuple(place[sum(1 << q for q in range(n) if mask >> column[q] & 1)] for mask in family) for column in columns
    )
    registers = Registers(tuple((mask >> dfa.start & 1,) for mask in family), updates)
    codes = register_codes(dfa, registers)
    assert codes is not None, "a closed family of sets has one code a state by construction"
    return RegisterBank(registers, codes, keys)


def told_apart(codes: np.ndarray) -> np.ndarray:
    """[n, n] bool: which states have different codes."""
    _, label = np.unique(codes.reshape(len(codes), -1), axis=0, return_inverse=True)
    return label[:, None] != label[None, :]


def cover(banks: list[RegisterBank], apart: list[np.ndarray]) -> list[RegisterBank]:
    """Banks that tell all states apart: the least n_h that allows it, then greedily the most new pairs a bit."""
    n = len(apart[0])
    wanted = ~np.eye(n, dtype=bool)
    for n_h in sorted({bank.n_h for bank in banks}):
        allowed = [i for i, bank in enumerate(banks) if bank.n_h <= n_h]
        if np.array_equal(np.logical_or.reduce([apart[i] for i in allowed]) | ~wanted, np.ones_like(wanted)):
            break
    alone = [i for i in allowed if np.all(apart[i] | ~wanted)]
    if alone:  # one bank for everything, the smallest
        return [banks[min(alone, key=lambda i: (banks[i].n_h, banks[i].K))]]
    chosen, left = [], wanted.copy()
    while left.any():
        best = max(allowed, key=lambda i: (left & apart[i]).sum() / banks[i].K)
        chosen.append(best)
        left &= ~apart[best]
    for i in list(chosen):  # what later choices made superfluous
        rest = [j for j in chosen if j != i]
        if rest and np.all(np.logical_or.reduce([apart[j] for j in rest]) | ~wanted):
            chosen = rest
    return [banks[i] for i in chosen]


def is_chain(codes: np.ndarray) -> bool:
    """Whether the sets are nested in one another: a thermometer."""
    sets = codes.T[np.argsort(codes.sum(axis=0))]
    return bool(np.all(sets[:-1] <= sets[1:]))
