"""Group word problems by a smaller action of the same group: S_5 on 5 points instead of on its 120 elements.

Statement     let the letters act on the states regularly (the machine is a Cayley graph: states are group elements, a letter
              multiplies on the right).  For a subgroup H the letters also permute the cosets Hg.  If no normal subgroup but the
              trivial one lies in H, that action is faithful, and following V cosets at once, one column of S [K, V] each,
              tells all group elements apart as soon as only the identity fixes those V cosets.
Steps         n_h = max over letters of K − #cycles on the K = |G : H| cosets, never more than on the elements: functions
              that are constant on blocks form an invariant subspace, on which the rank of I − P can only be smaller.
              S_n: K = n, n_h = n − 1 (Grazzi et al. 2411.12537, Theorem 3; Siems et al. 2502.10297, Theorem 1).
Search        subgroups that contain no normal subgroup, grown one element at a time, larger first; stops after a fixed number, so
              the action has the fewest cosets found, not always the fewest there are.  Checked afterwards by closure, like every bank.
"""

from __future__ import annotations

import heapq

import numpy as np
import numpy.typing as npt

from ...automata.dfa import DFA
from .candidate import Candidate, RegisterBank, register_codes
from .registers import Keys, Registers

LARGEST_GROUP = 2048  # elements; the multiplication table holds their square
SUBGROUPS_TRIED = 4000

Table = npt.NDArray[np.int32]


def cosets(dfa: DFA, keys: Keys) -> Candidate | str:
    """The candidate, or why there is none. `dfa` is a permutation automaton, all states reachable."""
    if dfa.n_states > LARGEST_GROUP:
        return f"not tried above {LARGEST_GROUP} states"
    times = multiplication_table(dfa)
    if times is None:
        return "the letters do not act regularly (the machine is no Cayley graph)"
    if np.array_equal(times, times.T):
        return "the group is abelian: every action on fewer cosets forgets some element"
    label = best_subgroup_cosets(times, dfa.start)
    if label is None:
        return "every subgroup but the trivial one contains a normal one (as in Q_8), or none was found"
    action = coset_action(times, label)
    followed = base(action)
    K = len(action)
    updates = []
    for a in range(dfa.n_letters):
        forward = action[:, dfa.table[dfa.start, a]]
        taken = np.empty(K, dtype=int)
        taken[forward] = np.arange(K)  # the bit at y takes that at x when the letter sends x to y
        updates.append(tuple(taken.tolist()))
    start = tuple(tuple(int(x == point) for point in followed) for x in range(K))
    registers = Registers(start, tuple(updates))
    codes = register_codes(dfa, registers)
    assert codes is not None, "a regular action has one coset vector an element"
    return Candidate("permutation on cosets", (RegisterBank(registers, codes, keys),))


def multiplication_table(dfa: DFA) -> Table | None:
    """times[p, q]: where state p goes under the words that lead from the start to q; None when that depends on the word.

    All states reachable.  When it does not, states are group elements, the start the identity.
    """
    n = dfa.n_states
    times = np.full((n, n), -1, dtype=np.int32)
    times[:, dfa.start] = np.arange(n)
    known, order = {dfa.start}, [dfa.start]
    for q in order:
        for a, target in enumerate(dfa.table[q].tolist()):
            reached = dfa.table[times[:, q], a]
            if target not in known:
                times[:, target] = reached
                known.add(target)
                order.append(target)
            elif not np.array_equal(times[:, target], reached):
                return None
    return times


def best_subgroup_cosets(times: Table, one: int) -> Table | None:
    """Labels of the cosets Hg, for the largest subgroup found whose cosets tell all elements apart; None for the trivial one."""
    generators = cyclic_generators(times, one)
    trivial = frozenset([one])
    seen, queue, best = {trivial}, [(-1, 0, trivial)], None
    while queue and len(seen) < SUBGROUPS_TRIED:
        _, _, subgroup = heapq.heappop(queue)
        for g in generators:
            if g in subgroup:
                continue
            larger = generated(times, subgroup, g)
            if larger in seen:
                continue
            seen.add(larger)
            label = coset_labels(times, larger)
            if not faithful(coset_action(times, label)):
                continue  # nor is any subgroup above it
            if best is None or label.max() < best.max():
                best = label
            heapq.heappush(queue, (-len(larger), len(seen), larger))
    return best


def cyclic_generators(times: Table, one: int) -> list[int]:
    """One generator for each cyclic subgroup but the trivial one."""
    found: dict[frozenset[int], int] = {}
    for g in range(len(times)):
        powers, x = [one], int(times[one, g])
        while x != one:
            powers.append(x)
            x = int(times[x, g])
        found.setdefault(frozenset(powers), g)
    return [g for powers, g in found.items() if len(powers) > 1]


def generated(times: Table, subgroup: frozenset[int], g: int) -> frozenset[int]:
    """The subgroup generated by a subgroup and one more element."""
    member = np.zeros(len(times), dtype=bool)
    member[[*subgroup, g]] = True
    while True:
        elements = np.flatnonzero(member)
        before = len(elements)
        member[times[np.ix_(elements, elements)]] = True
        if member.sum() == before:
            return frozenset(elements.tolist())


def coset_labels(times: Table, subgroup: frozenset[int]) -> Table:
    """label[g]: the number of the coset Hg."""
    members = np.array(sorted(subgroup))
    label = np.full(len(times), -1, dtype=np.int32)
    count = 0
    for g in range(len(times)):
        if label[g] < 0:
            label[times[members, g]] = count
            count += 1
    return label


def coset_action(times: Table, label: Table) -> Table:
    """[K, n]: the coset to which element g sends coset x."""
    _, representative = np.unique(label, return_index=True)
    return label[times[representative]]


def faithful(action: Table) -> bool:
    return len(np.unique(action, axis=1).T) == action.shape[1]


def base(action: Table) -> list[int]:
    """Few cosets that only the identity fixes all of, chosen greedily; so their images tell all elements apart."""
    chosen: list[int] = []
    classes = np.zeros(action.shape[1], dtype=np.int64)
    while classes.max() + 1 < action.shape[1]:
        refined = [np.unique(classes * len(action) + row, return_inverse=True)[1] for row in action]
        best = int(np.argmax([labels.max() for labels in refined]))
        chosen.append(best)
        classes = refined[best]
    return chosen
