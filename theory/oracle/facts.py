"""What the verdicts ask of a language: the algebra of its minimal automaton, as far as it can be listed, and the compiler's plans.

Every fact is found when it is first asked for.  One that would take too long is None, and `unknown` says by name why.
Limits        monoids up to `limit` elements; where no limit is given, up to 200,000, or fewer where the states are many (elements times
              states stay below 2^25). A machine all of whose letters permute its states may have a larger group, which sympy takes
              apart without listing it, up to 64 states
Unlisted      two properties of the machine are seen without its monoid: last letters, and ordered (below); then it has no groups
Time          `seconds` are shared out between the compiler's planning and the search for lower bounds; all else is bounded by
              sizes
Last letters  words of some length k each lead all states to one: states that every letter sends to the same states are merged, again
              and again, until one is left (after i rounds are merged the states that all words of length i send to one). A word with
              a cycle of two states or more would keep them apart for ever: no groups. A non-empty idempotent e is such a long word,
              so x·e = e for all x, and e·f·e = e = f·e.
Ordered       every cycle of the machine stays in one state: then a word moves no states around a cycle, either.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import lcm

import numpy as np

from ...automata.components import strongly_connected_components
from ...automata.composition import commutator_subgroup, is_cyclic_factor, primes
from ...automata.dfa import DFA
from ...automata.errors import TooLarge
from ...automata.giants import giant_order
from ...automata.group_names import is_abelian
from ...automata.monoid import TransitionMonoid
from ...automata.permutations import closure, cycles
from ...automata.subgroups import Subgroup
from ...automata.transformations import chunks, composed
from ...automata.varieties import counts, period
from ..constructions.candidate import RegisterBank
from ..papers.smallest_n_h import smallest_n_h
from ..planning.bounds import ELEMENTS_UP_TO, Bound, hierarchy_bound, lower_bound, quick_violation, violation_among
from ..planning.planner import Option, options
from ..planning.whole_monoids import whole_monoid
from . import witness
from .bits import bits
from .witness import Witness

LIMIT, SECONDS = 200_000, 10.0
ENTRIES = 2**25  # images of states listed at most: elements times states
ENTRIES_OF_GROUPS = 2**22  # elements times points of groups that are listed
PAIRS = 2**31  # pairs of idempotents times states that are compared at most
LENGTHS = 20_000  # elements of a monoid whose sets of equal length are followed
SYMPY_STATES = 64
MAX_GROUP = 128  # elements of a group whose representations are compared
PLANNED_ENTRIES = 2**13  # states times letters of machines that the planner is asked about
PLANNED_STATES = 200
LAST_LETTERS = 200  # that may name the state
DRAWN, DRAWN_LENGTH = 200, 12  # random words whose powers are looked at, and how long they are at most
DRAWN_STATES = 1000  # states of machines for which they are
LONGEST = 1000  # letters of words of equal length that are sought
SHORT = 64  # letters of machines whose words of two letters are looked at one by one


@dataclass(frozen=True)
class Inside:
    """A maximal subgroup of the syntactic monoid: its name, order, the states it permutes, its composition factors and its derived
    length, each None where it was not worked out (derived_length also where there is none)."""

    name: str | None
    order: int | None
    degree: int
    factors: tuple[str, ...] | None
    derived_length: int | None


@dataclass(frozen=True)
class Found:
    """A plan of the compiler: its layers, steps a token, whether gates close, whether all numbers are dyadic, its name; `altered`, when
    a closed gate was replaced by an overwrite of each row, which the compiler does only where it saves steps."""

    layers: int
    n_h: int
    gated: bool
    exact: bool
    kind: str
    altered: bool = False

    @property
    def layers_and_steps(self) -> str:
        return f"{counted(self.layers, 'layer')} and n_h = {self.n_h}"


class Facts:
    """Everything about one language. Immutable from outside."""

    def __init__(self, dfa: DFA, seconds: float = SECONDS, limit: int | None = None):
        self.machine = dfa.minimized()
        self.seconds, self.limit = seconds, limit
        self.unknown: dict[str, str] = {}

    # ------------------------------------------------------------------ the monoid

    @cached_property
    def monoid(self) -> TransitionMonoid | None:
        limit = max(1, min(LIMIT, ENTRIES // self.machine.n_states)) if self.limit is None else self.limit
        try:
            return self.machine.transition_monoid(limit=limit)
        except TooLarge:
            self.unknown["monoid_size"] = f"the syntactic monoid has more than {counted(limit, 'element')}"
            return None

    @cached_property
    def why_unlisted(self) -> str:
        assert self.monoid is None
        return self.unknown.get("monoid_size", "the syntactic monoid is too large to list")

    @cached_property
    def is_group(self) -> bool:
        """Every letter permutes the states of the minimal automaton."""
        n = self.machine.n_states
        return all(len(np.unique(column)) == n for column in self.machine.table.T)

    @cached_property
    def monoid_size(self) -> int | None:
        if self.monoid is not None:
            return len(self.monoid)
        if self.is_group and (order := self._order_of_permutations) is not None:
            self.unknown.pop("monoid_size", None)
            return order
        return None

    @cached_property
    def _permuting(self) -> np.ndarray:
        """The letters that permute all states, as rows [m, n], each once."""
        n = self.machine.n_states
        return np.unique([c for c in self.machine.table.T if len(np.unique(c)) == n] or np.arange(n)[None], axis=0)

    @cached_property
    def _order_of_permutations(self) -> int | None:
        """The order of the group of the letters that permute all states."""
        order = giant_order(self._permuting)
        if order is None and self.machine.n_states <= SYMPY_STATES:
            order = int(self._in_sympy.order())
        return order

    @cached_property
    def _in_sympy(self):
        from sympy.combinatorics import Permutation, PermutationGroup

        return PermutationGroup([Permutation(g) for g in self._permuting.tolist()])

    # ------------------------------------------------------------------ groups inside

    @cached_property
    def star_free(self) -> bool | None:
        """No groups of two elements or more."""
        if self.monoid is not None:
            return self.monoid.is_aperiodic
        if self.last_letters is not None or self.partially_ordered:
            return True
        if self.counting is not None:
            return False
        return self._unlisted("star_free", f"no {self._length_followed} counts, and longer words are too many")

    @cached_property
    def last_letters(self) -> int | None:
        """How many last letters name the state, in words as long as that; None where none do, or more than LAST_LETTERS."""
        table = self.machine.table
        for letters in range(LAST_LETTERS + 1):
            if len(table) == 1:
                return letters
            _, first, merged = np.unique(table, axis=0, return_index=True, return_inverse=True)
            if len(first) == len(table):
                return None
            table = merged.reshape(-1)[table[first]]
        return None

    @cached_property
    def partially_ordered(self) -> bool:
        """Whether no state that was left is met again."""
        return len(np.unique(strongly_connected_components(self.machine.table))) == self.machine.n_states

    @property
    def pairs_followed(self) -> bool:
        """Whether words of two letters are looked at one by one, or those of one letter alone."""
        return len(np.unique(self.machine.table, axis=1).T) <= SHORT

    @property
    def _length_followed(self) -> str:
        return "word of one or two letters" if self.pairs_followed else "letter"

    @cached_property
    def counting(self) -> Witness | None:
        """A word that counts, if the monoid was listed or a word of at most two letters does."""
        return self._cycle(lambda length: length > 1, odd=False)

    @cached_property
    def odd(self) -> Witness | None:
        """The same for an odd prime."""
        return self._cycle(lambda length: length & (length - 1) != 0, odd=True)

    def _cycle(self, wanted, odd: bool) -> Witness | None:
        for word, row in self._candidates(odd):
            on_cycles = [c for c in cycles_of_map(row) if wanted(len(c))]
            if on_cycles:
                loop = min(on_cycles, key=len)
                p = next(p for p in primes(len(loop)) if p > 2 or not odd)
                return witness.counting(self.machine, word, loop[0], p)
        return None

    def _candidates(self, odd: bool) -> Iterator[tuple[list[int], np.ndarray]]:
        """A word, shortest first, whose map has a cycle, an odd one where asked for, and that map."""
        if self.monoid is None:
            yield from self._short(2)
            return
        rows, n = self.monoid.elements, self.machine.n_states
        for part in chunks(*rows.shape):
            power = rows[part]
            for _ in range(n.bit_length() if odd else 0):  # the 2^k-th power, 2^k > n: only odd cycles are left
                power = composed(power, power)
            found = np.flatnonzero(counts(power))
            if len(found):
                m = part.start + int(found[0])
                yield self.monoid.words.letters(m), rows[m]
                return

    def _short(self, length: int) -> Iterator[tuple[list[int], np.ndarray]]:
        """Words of at most so many letters (1 or 2; 1 where the letters are many) and their maps; letters that act alike, once."""
        columns, first = np.unique(self.machine.table.T, axis=0, return_index=True)
        for a, row in zip(first.tolist(), columns, strict=True):
            yield [a], row
        if length == 2 and len(first) <= SHORT:
            for a, row in zip(first.tolist(), columns, strict=True):
                for b, then in zip(first.tolist(), columns, strict=True):
                    yield [a, b], then[row]

    def counting_within(self, length: int) -> Witness | None:
        """A word of at most so many letters, 1 or 2, that counts."""
        for word, row in self._short(length):
            loop = next((c for c in cycles_of_map(row) if len(c) > 1), None)
            if loop is not None:
                return witness.counting(self.machine, word, loop[0], next(primes(len(loop))))
        return None

    @cached_property
    def groups(self) -> tuple[Inside, ...] | None:
        """One for each D-class of the syntactic monoid with a group of more than one element, largest first."""
        if self.monoid is not None:
            return tuple(map(inside, self.monoid.groups))
        if self.star_free:
            return ()
        if self.is_group:
            return (Inside(None, self.monoid_size, self.machine.n_states, None, None),)
        return self._unlisted("groups", self.why_unlisted)

    @cached_property
    def composition_factors(self) -> tuple[str, ...] | None:
        """The simple groups that divide the syntactic monoid, each once."""
        if self.monoid is None:
            return () if self.star_free else self._unlisted("composition_factors", self.why_unlisted)
        try:
            return self.monoid.composition_factors
        except TooLarge as error:
            return self._unlisted("composition_factors", str(error))

    @cached_property
    def solvable(self) -> bool | None:
        """All groups inside are solvable."""
        if self.monoid is not None:
            return self.monoid.is_solvable
        if self.star_free:
            return True
        if self.unsolvable is not None:
            return False
        if self.is_group and self.machine.n_states <= SYMPY_STATES:
            return True
        return self._unlisted("solvable", self.why_unlisted)

    @cached_property
    def unsolvable(self) -> Witness | None:
        """Words that generate a group that is not solvable, where one was found."""
        if self.monoid is not None:
            return witness.unsolvable(self.machine, self.monoid)
        n = self.machine.n_states
        if len(self._permuting) == 1:
            return None
        giant = giant_order(self._permuting)
        if giant is None and (n > SYMPY_STATES or self._in_sympy.is_solvable):
            return None
        letters = [a for a in range(self.machine.n_letters) if len(np.unique(self.machine.table[:, a])) == n]
        words = {f"g{i + 1}": self.machine.decode([a]) for i, a in enumerate(letters)}
        return witness.of_group(words, range(n), "a group of order " + f"{giant or int(self._in_sympy.order()):,}")

    @cached_property
    def two_groups(self) -> bool | None:
        """All groups inside have a power of two for their order: no element has odd order (Cauchy)."""
        if self.monoid is not None:
            return all(group.order & (group.order - 1) == 0 for group in self.monoid.groups)
        if self.star_free:
            return True
        if self.odd is not None:
            return False
        return self._unlisted("two_groups", self.why_unlisted)

    @cached_property
    def quasi_aperiodic(self) -> bool | None:
        """Words of one length never contain a group of two elements or more, whatever the length.

        A group G inside has the subgroup N of what words of length 0 modulo t do, for every t; G/N is cyclic, and N is trivial for
        some t when the monoid is quasi-aperiodic. So all groups of such a monoid are cyclic, which is quickly refuted.
        """
        if self.monoid is None:
            if self.star_free:
                return True
            if self.star_free is False and self.unsolvable is not None:
                return False
            return self._unlisted("quasi_aperiodic", self.why_unlisted)
        if self.monoid.is_aperiodic:
            return True
        if not all(is_cyclic(group) for group in self.monoid.groups):
            return False
        if len(self.monoid) > LENGTHS:
            return self._unlisted("quasi_aperiodic", f"not followed through more than {LENGTHS:,} elements")
        return self.monoid.is_quasi_aperiodic

    @cached_property
    def equal_lengths(self) -> Witness | None:
        """Two words of one length that act as an element of a group and as its identity, where the lengths are not too great."""
        if self.monoid is None or self.quasi_aperiodic is not False or len(self.monoid) > LENGTHS:
            return None
        monoid, h = self.monoid, self.monoid.green().h
        of_class = np.full(int(h.max()) + 1, -1)
        of_class[h[monoid.idempotents]] = monoid.idempotents
        identity = of_class[h]  # of the group that an element is in, −1 where it is in none
        in_group = np.flatnonzero((identity >= 0) & (identity != np.arange(len(monoid))))
        sets = [np.arange(len(monoid)) == 0]
        for _ in range(LONGEST):
            met = np.zeros(len(monoid), dtype=bool)
            met[monoid.right_cayley[np.flatnonzero(sets[-1])]] = True
            sets.append(met)
            both = in_group[met[in_group] & met[identity[in_group]]]
            if len(both):
                g = int(both[0])
                x, y = (spelt_in(monoid, sets, m) for m in (g, int(identity[g])))
                loop = next(c for c in cycles_of_map(monoid.elements[g]) if len(c) > 1)
                return witness.equal_lengths(self.machine, x, y, loop)
        return None

    @cached_property
    def derived_length(self) -> int | None:
        """The greatest derived length of a group inside, 0 without groups: the length of its shortest series with abelian factors."""
        if self.solvable is not True:
            return None
        if self.monoid is None and not self.star_free:
            return self._unlisted("derived_length", self.why_unlisted)
        lengths = [group.derived_length for group in self.groups or ()]
        if None in lengths:
            return self._unlisted("derived_length", "a group inside is too large to list")
        return max((length for length in lengths if length is not None), default=0)

    @cached_property
    def two_power(self) -> int | None:
        """The greatest k such that some element of a group inside has order 2^k, from listed groups; None where one is too large."""
        if self.monoid is None:
            return 0 if self.star_free else None
        powers = [two_power(group) for group in self.monoid.groups]
        return None if None in powers else max((power for power in powers if power is not None), default=0)

    # ------------------------------------------------------------------ letters

    @cached_property
    def not_cubed(self) -> Witness | None:
        """A letter x with x³ ≠ x."""
        table = self.machine.table
        for x in range(self.machine.n_letters):
            row = table[:, x]
            if not np.array_equal(row[row[row]], row):
                return witness.not_cubed(self.machine, x)
        return None

    @property
    def least_n_h(self) -> int:
        """How many steps a token one layer takes at least, finitely many exact states."""
        return 1 if self.not_cubed is None else 2

    @cached_property
    def swaps(self) -> int:
        """The most swaps that a letter takes, where all letters permute the states."""
        n = self.machine.n_states
        return max(n - len(cycles(column)) for column in self.machine.table.T.tolist())

    @cached_property
    def by_representations(self) -> int | None:
        """For a machine whose letters permute the states: the least n_h of one layer whose heads are representations of its group.

        An abelian group has signs and turns for its real representations, and signs alone where all letters have order 2 at most.
        """
        if not self.is_group or self.machine.n_states < 2:
            return None
        letters = list(map(tuple, self._permuting.tolist()))
        if is_abelian(letters):
            return 1 if all(x[x[q]] == q for x in letters for q in x) else 2
        if (self.monoid_size or MAX_GROUP + 1) > MAX_GROUP:
            return None
        return smallest_n_h(self.machine).n_h

    @cached_property
    def bits(self) -> int | None:
        """How many bits that letters keep, flip or set tell all states apart (bits.py); None where none were found."""
        found = bits(self.machine)
        return None if found is None else len(found)

    @cached_property
    def beyond_two(self) -> Witness | None:
        """A letter whose powers end in a cycle longer than 2."""
        for word, row in self._short(1):
            loop = next((c for c in cycles_of_map(row) if len(c) > 2), None)
            if loop is not None:
                return witness.beyond_two(self.machine, word, loop[0])
        return None

    # ------------------------------------------------------------------ layers

    @cached_property
    def violation(self) -> Witness | None:
        """Idempotents e, f with e·f·e ≠ f·e, where a pair was found."""
        if self.is_group:
            return None  # the identity is the only idempotent
        pair = quick_violation(self.machine)
        if pair is not None:
            return witness.idempotents(self.machine, *map(self.machine.encode, pair))
        if not self._pairs_compared:
            drawn = self.last_letters is None and self.machine.n_states <= DRAWN_STATES
            pair = self._drawn_violation() if drawn else None
            return None if pair is None else witness.idempotents(self.machine, *pair)
        assert self.monoid is not None
        found = self.monoid.violating_idempotents()
        return None if found is None else witness.idempotents(self.machine, *map(self.monoid.words.letters, found))

    def _drawn_violation(self) -> tuple[list[int], list[int]] | None:
        """Words that act as idempotents e, f with e·f·e ≠ f·e among the powers of a letter between a permuting one and its inverse, and
        of random words, the same each time; the shortest come first."""
        table, rng = self.machine.table, np.random.default_rng(0)
        words = [rng.integers(self.machine.n_letters, size=rng.integers(1, DRAWN_LENGTH + 1)).tolist() for _ in range(DRAWN)]
        shortest = [word for word, _ in self._short(1)][:SHORT]
        for g in shortest:
            order = period(table[:, g[0]])
            if order > LONGEST or len(np.unique(table[:, g[0]])) < len(table):
                continue
            words += [g * k + x + g * (order - k) for x in shortest for k in range(1, min(order, DRAWN_LENGTH))]
        return violation_among(self.machine, sorted(words, key=len))

    @cached_property
    def _pairs_compared(self) -> bool:
        """Whether the idempotents are few enough for all pairs."""
        return self.monoid is not None and len(self.monoid.idempotents) ** 2 * self.machine.n_states <= PAIRS

    @cached_property
    def one_layer(self) -> bool | None:
        """e·f·e = f·e on all idempotents; None where that was not decided."""
        if self.violation is not None:
            return False
        if self.why_one_layer is not None:
            return True
        return self._unlisted("one_layer", "of the idempotents that were tried none have e·f·e ≠ f·e, and not all were tried")

    @cached_property
    def why_one_layer(self) -> str | None:
        """How it is known that e·f·e = f·e on all idempotents; None where it is not known, or not so."""
        if self.is_group:
            return "all letters permute the states, so the identity is the only idempotent"
        if self.violation is not None:
            return None
        if self._pairs_compared:
            return "e·f·e = f·e for all idempotents"
        if self.last_letters is not None:
            return f"{counted(self.last_letters, 'last letter')} name the state, so e·f·e = e = f·e for all idempotents"
        if any(plan.layers == 1 for plan in self.plans(None)):
            return "the compiler found one"
        return None

    @cached_property
    def bound(self) -> Bound:
        """How many contractive layers it takes at least."""
        table = self.machine.table
        if np.all(table == table[0]):
            return Bound(0, "the last letter alone names the state")
        if (name := whole_monoid(self.machine)) is not None:
            return hierarchy_bound(name, self.machine.n_states)
        if self.violation is None:
            return Bound(1, "the state is not known from the last letter")
        if self.monoid is None or len(self.monoid) > ELEMENTS_UP_TO:  # too many to peel
            return Bound(2, self.violation.says)
        fewest = min((plan.layers for plan in self.plans(None)), default=None)
        return lower_bound(self.machine, 0.2 * self.seconds, enough=fewest)

    def plans(self, n_h: int | None) -> list[Found]:
        """What the compiler finds with at most so many steps a token (None: any), fewest layers first, then fewest steps."""
        if n_h not in self._plans:
            self._plans[n_h] = self._plan(n_h)
        return self._plans[n_h]

    def no_plan(self, n_h: int | None, of_what: str) -> str:
        """That the compiler has none of some kind with at most so many steps a token, or was not asked."""
        self.plans(n_h)
        return self._unasked.get(n_h) or f"the compiler found no {of_what}"

    @cached_property
    def _unasked(self) -> dict[int | None, str]:
        """Why the compiler was not asked, by the most steps a token."""
        return {}

    @cached_property
    def _plans(self) -> dict[int | None, list[Found]]:
        return {}

    def _plan(self, n_h: int | None) -> list[Found]:
        n, k = self.machine.table.shape
        if n > PLANNED_STATES or (n * k > PLANNED_ENTRIES and not self.is_group):
            why = f"the compiler was not asked: {counted(n, 'state')} and {counted(k, 'letter')} are many"
            self.unknown["plans"] = self._unasked[n_h] = why
            return []
        if n_h == 1:
            found = [plan for plan in self.plans(None) if plan.layers == plan.n_h == 1]
            if found:
                return found
            if self.is_group and n > 60 and self.beyond_two is not None and n * k > 1000:
                self._unasked[n_h] = f"the compiler was not asked for one step a token: {counted(n, 'state')} are many"
                return []  # building four layers for a group of this size takes long
        found = []
        for option in options(self.machine, None, n_h, False, "raw", 0.3 * self.seconds).found:
            gated = any(shape.gated for shape in option.shapes)
            found.append(Found(option.layers, option.n_h, gated, option.exact, option.kind))
            if gated and (n_h is None or steps_without_gates(option) <= n_h):
                found.append(Found(option.layers, steps_without_gates(option), False, option.exact, option.kind, True))
        return sorted(set(found), key=lambda plan: (plan.layers, plan.n_h, not plan.exact, plan.gated, plan.altered, plan.kind))

    def _unlisted(self, name: str, why: str) -> None:
        self.unknown[name] = why


def counted(n: int, noun: str) -> str:
    """A number of things.

    >>> counted(1, "state"), counted(5040, "element")
    ('1 state', '5,040 elements')
    """
    return f"{n:,} {noun}{'s' * (n != 1)}"


def steps_without_gates(option: Option) -> int:
    """n_h of a plan of registers when gates stay open."""
    assert option.design is not None
    banks = [bank for component in option.design.components for bank in component.candidate.banks]
    return max(bank.registers.steps_needed() if isinstance(bank, RegisterBank) else bank.n_h for bank in banks)


def inside(group: Subgroup) -> Inside:
    """What is to be said of a maximal subgroup."""
    try:
        factors = group.composition_factors
    except TooLarge:
        factors = None
    return Inside(group.description, group.order, group.degree, factors, derived_length(group, factors))


def derived_length(group: Subgroup, factors: tuple[str, ...] | None) -> int | None:
    """How many commutator subgroups lead to 1; None where they do not, or where the group is too large to list.

    >>> from ...automata.languages import get
    >>> derived_length(get("S_4").transition_monoid().groups[0], ("Z_2", "Z_2", "Z_2", "Z_3"))
    3
    """
    if group.order * group.degree > ENTRIES_OF_GROUPS or factors is None or not all(map(is_cyclic_factor, factors)):
        return None
    elements, length = closure(list(group.generators)), 0
    while len(elements) > 1:
        elements, length = commutator_subgroup(elements), length + 1
    return length


def spelt_in(monoid: TransitionMonoid, sets: list[np.ndarray], m: int) -> list[int]:
    """A word for an element as long as the list of sets less one; sets[t] marks the elements of the words of length t."""
    word = []
    for before in sets[-2::-1]:
        element, a = np.argwhere((monoid.right_cayley == m) & before[:, None])[0].tolist()
        word.append(a)
        m = element
    return word[::-1]


def is_cyclic(group: Subgroup) -> bool:
    """Whether one element generates the group: it is abelian, and the orders of its generators have its own for their lcm."""
    return group.is_abelian and lcm(*(len(cycle) for g in group.generators for cycle in cycles(g))) == group.order


def two_power(group: Subgroup) -> int | None:
    """The greatest k such that an element has order 2^k times an odd number; None where the group is too large to list.

    >>> from ...automata.languages import get
    >>> two_power(get("S_4").transition_monoid().groups[0])
    2
    """
    if group.order * group.degree > ENTRIES_OF_GROUPS:
        return None
    lengths = {len(cycle) for row in closure(list(group.generators)).tolist() for cycle in cycles(row)}
    return max((length & -length).bit_length() - 1 for length in lengths)


def cycles_of_map(row: np.ndarray) -> list[list[int]]:
    """The cycles that the powers of a map end in, of length 1 as well.

    >>> cycles_of_map(np.array([1, 0, 3, 4, 2, 4]))
    [[0, 1], [2, 3, 4]]
    """
    image = np.unique(row)
    while len(smaller := np.unique(row[image])) < len(image):
        image = smaller
    return [[int(image[i]) for i in cycle] for cycle in cycles(np.searchsorted(image, row[image]).tolist())]
