"""How many contractive layers a machine needs at least.

Statement     let g_1 … g_k be idempotents that non-empty words act as, c = g_1 ⋯ g_k, and N the maps of those words in them whose last
              occurrences are g_j, …, g_k in this order, for some j.  If L ≥ 1 layers track the machine, L − 1 layers track the
              orbit of any p in Q c under N.  With 0 layers the orbit is one point; with 1 layer e·f·e = f·e on it.
Source        theorem 4 (peeling) of this project's one-layer theory; theory/obstruction.py for one layer.
Search        sequences of idempotents drawn at random from a fixed seed, for a limited time: every bound found is right, a better one
              may have been missed.
Krohn–Rhodes  a stack of contractive layers is a cascade of machines that one layer tracks each (statement stacks_are_cascades), and
              up to Ash's theorem each of those divides a wreath product of an aperiodic monoid with a group, so the complexity of the
              monoid is a lower bound too.  It is 0 for aperiodic monoids; else at least 1, and at most the longest chain of J-classes
              with non-trivial groups (Rhodes; Tilson).  Where these meet it is known.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...automata.dfa import DFA
from ...automata.errors import TooLarge
from ..obstruction import obstruction
from .whole_monoids import whole_monoid

Map = tuple[int, ...]
ELEMENTS_UP_TO = 3000
IDEMPOTENTS_UP_TO = 400
PRODUCTS_UP_TO = 1_000_000
TRIES = 60
POWER_LETTERS = 1000  # of the powers of words whose idempotents are looked at
PEELED_STATES = 4  # up to which the search alone finds what statement depth_hierarchy proves, and checks it by that


@dataclass(frozen=True)
class Bound:
    """At least `layers` layers, and why, in a line."""

    layers: int
    why: str


def lower_bound(dfa: DFA, seconds: float = 2.0, enough: int | None = None) -> Bound:
    """The best bound found; the search stops early at `enough` layers, when so many are known to do.

    >>> lower_bound(DFA([[0, 1], [2, 1], [2, 2]], 0, [0, 1], "ab")).layers              # a*b*
    2
    """
    part = dfa.reachable()
    if np.all(part.table == part.table[0]):
        return Bound(0, "the last letter alone names the state")
    if part.n_states > PEELED_STATES and (name := whole_monoid(part)) is not None:
        return hierarchy_bound(name, part.n_states)
    witness = quick_violation(part) or obstruction(part)
    if witness is None:
        return Bound(1, "the state is not known from the last letter")
    two = Bound(2, f"words {witness[0]!r} and {witness[1]!r} act as idempotents e, f with e·f·e ≠ f·e: no single layer can")
    most = part.n_states - 1 if enough is None else min(enough, part.n_states - 1)
    if most <= 2:
        return two
    deadline = time.monotonic() + seconds
    columns = sorted({tuple(column) for column in part.table.T.tolist()})
    layers = peeled(columns, random.Random(0), TRIES, most, deadline)
    if layers <= 2:
        return two
    return Bound(layers, f"idempotents peeled off {layers - 1} times leave more than 0 layers hold; {two.why}")


def hierarchy_bound(name: str, n: int) -> Bound:
    """Of a machine of n ≥ 3 states some of whose letters generate T_n or O_n."""
    return Bound(n - 1, f"some letters generate {name}: exactly n − 1 = {n - 1} layers (statement depth_hierarchy)")


def quick_violation(part: DFA) -> tuple[Any, Any] | None:
    """Words that act as idempotents e, f with e·f·e ≠ f·e, sought among powers of letters and of pairs of letters; cheap."""
    first = np.unique(part.table, axis=1, return_index=True)[1].tolist()
    words = [[a] for a in first]
    if len(first) <= 16:
        words += [[a, b] for a in first for b in first]
    found = violation_among(part, words)
    return None if found is None else (part.decode(found[0]), part.decode(found[1]))


def violation_among(part: DFA, words: Iterable[list[int]]) -> tuple[list[int], list[int]] | None:
    """Of the powers of these words, by letters' numbers, two that act as idempotents e, f with e·f·e ≠ f·e; None where none do.

    The idempotent power of a map is as high as the least common multiple of its cycles: powers of more than POWER_LETTERS letters
    are left out, and so are permutations, whose idempotent power is the identity. Of words that act alike the first is kept.
    """
    spelt: dict[bytes, list[int]] = {}
    rows = []
    for word in words:
        row = np.arange(part.n_states)
        for a in word:
            row = part.table[row, a]
        if len(np.unique(row)) == len(row):
            continue
        power, times = row, 1
        while times * len(word) <= POWER_LETTERS and not np.array_equal(power[power], power):
            power, times = row[power], times + 1
        if times * len(word) <= POWER_LETTERS and power.tobytes() not in spelt:
            spelt[power.tobytes()] = word * times
            rows.append(power)
    kept = list(spelt.values())
    for e, word in zip(rows, kept, strict=True):
        fe = e[np.array(rows)]  # row f: q to q·f·e
        wrong = np.flatnonzero(np.any(fe[:, e] != fe, axis=1))
        if len(wrong):
            return word, kept[int(wrong[0])]
    return None


def peeled(maps: Sequence[Map], rng: random.Random, tries: int, most: int, deadline: float) -> int:
    """A number of layers that machines with these letters need, by random peeling."""
    n = len(maps[0])
    if n == 1:
        return 0
    monoid = closed(maps, deadline)
    if monoid is None:
        return 1
    idempotents = [m for m in monoid if after(m, m) == m]
    if len(idempotents) > IDEMPOTENTS_UP_TO or not violates(idempotents):
        return 1
    best = 2
    singular = sorted(m for m in idempotents if len(set(m)) < n)
    for _ in range(tries):
        if best >= most or time.monotonic() > deadline:
            break
        sequence, c = long_product(singular, n, rng)
        if not sequence:
            continue
        loops = tail_loops(sequence, deadline)
        if loops is None:
            continue
        for p in set(c):
            orbit = [p, *sorted({m[p] for m in loops} - {p})]
            place = {q: i for i, q in enumerate(orbit)}
            restricted = sorted({tuple(place[m[q]] for q in orbit) for m in loops})
            best = max(best, 1 + peeled(restricted, rng, max(4, tries // 8), most - 1, deadline))
    return best


def after(first: Map, second: Map) -> Map:
    """One map, then another."""
    return tuple([second[q] for q in first])


def closed(maps: Sequence[Map], deadline: float) -> set[Map] | None:
    """The semigroup these generate; None past a fixed number, or when the time is up."""
    seen, todo = set(maps), list(maps)
    while todo:
        s = todo.pop()
        if time.monotonic() > deadline:
            return None
        for x in maps:
            t = after(s, x)
            if t not in seen:
                if len(seen) >= ELEMENTS_UP_TO:
                    return None
                seen.add(t)
                todo.append(t)
    return seen


def violates(idempotents: Sequence[Map]) -> bool:
    """Whether e·f·e ≠ f·e for some two."""
    rows = np.array(idempotents)
    for e in rows:
        fe = e[rows]
        if not np.array_equal(fe[:, e], fe):
            return True
    return False


def long_product(singular: Sequence[Map], n: int, rng: random.Random) -> tuple[list[Map], Map]:
    """As long a product as keeps the rank above a random bound; factors that change nothing come first."""
    rank = rng.choice(range(2, n)) if n > 2 else 2
    sequence: list[Map] = []
    c: Map = tuple(range(n))
    unused = [e for e in rng.sample(singular, len(singular)) if len(set(e)) >= rank]
    while unused:
        chosen = next((e for e in unused if after(c, e) == c), None)
        chosen = chosen or next((e for e in unused if len(set(after(c, e))) >= rank), None)
        if chosen is None:
            break
        unused.remove(chosen)
        sequence.append(chosen)
        c = after(c, chosen)
    return sequence, c


def tail_loops(sequence: Sequence[Map], deadline: float) -> set[Map] | None:
    """The maps of words in g_1 … g_k whose last occurrences are g_j, …, g_k in this order, for some j; None when they are too
    many, or when the time is up."""
    loops: set[Map] = set()
    ends: set[Map] | None = None
    for j in range(len(sequence) - 1, -1, -1):
        inner = closed(sequence[j:], deadline)
        if inner is None:
            return None
        heads = {after(a, sequence[j]) for a in inner | {tuple(range(len(sequence[j])))}}
        ends = heads if ends is None else {after(h, t) for h in heads for t in ends}
        loops |= ends
        if len(loops) > ELEMENTS_UP_TO or len(ends) * len(heads) > PRODUCTS_UP_TO:
            return None
    return loops


@dataclass(frozen=True)
class Complexity:
    """The Krohn–Rhodes complexity lies between `least` and `most`."""

    least: int
    most: int

    def __str__(self) -> str:
        return f"{self.least}" if self.least == self.most else f"between {self.least} and {self.most}"


def complexity(dfa: DFA) -> Complexity | None:
    """Bounds on the Krohn–Rhodes complexity of the transition monoid; None when the monoid is too large to list.

    >>> str(complexity(DFA([[1, 0], [0, 0]], 0, [0], "ab")))
    '1'
    """
    try:
        monoid = dfa.reachable().transition_monoid(limit=ELEMENTS_UP_TO)
    except TooLarge:
        return None
    if monoid.is_aperiodic:
        return Complexity(0, 0)
    green = monoid.green()
    chain = np.array([bool(green.is_regular[d.number]) and d.group_order > 1 for d in green.d_classes], dtype=int)
    longest, heights = chain.copy(), green.heights
    for upper, lower in sorted(green.covers.tolist(), key=lambda pair: heights[pair[1]]):  # classes from the top down
        longest[lower] = max(longest[lower], longest[upper] + chain[lower])
    return Complexity(1, int(longest.max()))
