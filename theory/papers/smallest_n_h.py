"""The smallest n_h with which one layer can track a group, among the representations of the group itself.

Statement     a head is an orthogonal representation ρ of the group of a permutation automaton, and letter x takes rank(I − ρ(x)) steps.
              Heads stand side by side, so n_h is the largest rank of any letter in any head, and several heads cost no more than
              the worst.  Hence with heads for ALL real irreducible representations in which no letter's rank exceeds r, n_h = r
              suffices exactly when only the identity acts trivially in all of them; the least such r is the answer.
Ranks         rank(I − ρ(g)) = ρ(1) − the multiplicity of the eigenvalue 1, from the character table.  The real irreducible
              representations are χ of real type, χ + χ̄ of complex type and 2χ of quaternionic type (Frobenius–Schur).
Limits        a cover of the group may do with less: the states a layer reaches may be more than the machine's, and the theorem behind
              the bound speaks of a group that maps onto it.  Covers are not searched.  Groups as in automata/characters.py.
Source        Siems et al. 2502.10297 and theory/factor.py for ranks; the reduction to irreducible heads is ours.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np

from ...automata.characters import CharacterTable, Ints, character_table
from ...automata.dfa import DFA
from ...automata.errors import BadAutomaton
from ...automata.group import Group

TYPES: dict[int, Literal["real", "complex", "quaternionic"]] = {1: "real", 0: "complex", -1: "quaternionic"}
SETS_TRIED = 20_000


@dataclass(frozen=True)
class Irreducible:
    """A real irreducible representation: its dimension, type, the number of a character of its own in the table, and for each letter
    the rank of I − ρ(letter)."""

    dimension: int
    type: Literal["real", "complex", "quaternionic"]
    character: int
    ranks: dict[Hashable, int]


@dataclass(frozen=True)
class SmallestNh:
    """n_h, the order of the group, and the heads: few real irreducible representations that together are faithful, each with all
    ranks at most n_h. The trivial group takes none: n_h = 0."""

    n_h: int
    order: int
    heads: tuple[Irreducible, ...]

    @property
    def dimension(self) -> int:
        """Rows of state in all heads."""
        return sum(head.dimension for head in self.heads)


def smallest_n_h(dfa: DFA) -> SmallestNh:
    """The least n_h for a machine whose letters permute its states, with a set of heads that reach it.

    Raises  BadAutomaton when a letter merges states; TooLarge past 5,000 elements or 500 classes of them

    >>> from deltaword import languages
    >>> found = smallest_n_h(languages.get("S_4"))
    >>> found.n_h, [(head.dimension, head.type) for head in found.heads]
    (2, [(3, 'real')])
    >>> [smallest_n_h(languages.get(name)).n_h for name in ("parity", "mod_7", "A_5", "S_5", "S_5_only_swaps", "Q_8")]
    [1, 2, 2, 4, 1, 4]
    """
    part = dfa.reachable()
    for a, letter in enumerate(part.alphabet):
        if len(np.unique(part.table[:, a])) < part.n_states:
            raise BadAutomaton(f"letter {letter!r} merges states; only machines whose letters permute the states have a group")
    group = Group([tuple(column) for column in part.table.T.tolist()])
    table = character_table(group)
    classes = letter_classes(table, part)
    return smallest(table, dict(zip(part.alphabet, classes, strict=True)))


def letter_classes(table: CharacterTable, dfa: DFA) -> list[int]:
    """The class of the permutation of each letter."""
    places = table.group._index.find(np.ascontiguousarray(dfa.table.T.astype(table.group._rows.dtype)))
    return table.class_of[places].tolist()


def real_irreducibles(table: CharacterTable, letters: dict[Hashable, int]) -> list[tuple[Irreducible, Ints]]:
    """All of them, and beside each whether its classes act as the identity [k]."""
    found = []
    for i, conjugate in enumerate(table.conjugates.tolist()):
        if conjugate < i:  # χ + χ̄ is one representation
            continue
        kind = TYPES[int(table.indicators[i])]
        times, degree = (1 if kind == "real" else 2), int(table.degrees[i])
        ranks = {letter: times * (degree - int(table.fixed[i, t])) for letter, t in letters.items()}
        found.append((Irreducible(times * degree, kind, i, ranks), table.fixed[i] == degree))
    return found


def smallest(table: CharacterTable, letters: dict[Hashable, int]) -> SmallestNh:
    """The least n_h from the table and the class of each letter."""
    representations = real_irreducibles(table, letters)
    for r in sorted({max(rho.ranks.values()) for rho, _ in representations}):
        allowed = [(rho, kernel) for rho, kernel in representations if max(rho.ranks.values()) <= r]
        if faithful([kernel for _, kernel in allowed]):
            heads = few(allowed)
            return SmallestNh(max((max(rho.ranks.values()) for rho in heads), default=0), table.group.order, heads)
    raise AssertionError("all irreducible representations together are faithful")


def faithful(kernels: list[Ints]) -> bool:
    """Whether only class 0, the identity's, lies in all kernels."""
    return int(np.logical_and.reduce(kernels).sum()) == 1


def few(allowed: list[tuple[Irreducible, Ints]]) -> tuple[Irreducible, ...]:
    """As few as are found that together are faithful; among as few, the smallest dimension. None when there is only the identity."""
    if len(allowed[0][1]) == 1:
        return ()
    tried = 0
    for count in range(1, len(allowed) + 1):
        best: tuple[Irreducible, ...] | None = None
        for chosen in combinations(allowed, count):
            tried += 1
            heads = tuple(rho for rho, _ in chosen)
            better = best is None or sum(rho.dimension for rho in heads) < sum(rho.dimension for rho in best)
            if better and faithful([kernel for _, kernel in chosen]):
                best = heads
            if tried > SETS_TRIED:
                break
        if best is not None:
            return best
        if tried > SETS_TRIED:
            break
    return greedy(allowed)


def greedy(allowed: list[tuple[Irreducible, Ints]]) -> tuple[Irreducible, ...]:
    """One after the other, each time the one that leaves the fewest classes in the joint kernel."""
    heads: list[Irreducible] = []
    left = np.ones(len(allowed[0][1]), dtype=bool)
    while left.sum() > 1:
        rho, kernel = min(allowed, key=lambda pair: (int((left & pair[1]).sum()), pair[0].dimension))
        heads.append(rho)
        left = left & kernel
    return tuple(heads)
