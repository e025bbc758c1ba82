"""One vector for each state in one contractive layer: a Gram matrix in exact numbers, or a derivation that there is none.

Statement     a machine is tracked by one layer S ← A(x) S + B(x), ‖A(x)‖ ≤ 1, with one vector u_q for each state exactly if there are
              squared distances d(p, q) = ‖u_p − u_q‖² > 0, the distances of some points, with Σ c_p c_q d(p·x, q·x) ≥ Σ c_p c_q d(p, q)
              for all letters x and all c with Σ c_p = 0.  For Σ c = 0, −½ Σ c_p c_q d(p, q) = ‖Σ c_p u_p‖², so that says: the linear
              map that takes u_p − u_q to u_px − u_qx lengthens nothing.  It is a linear matrix inequality in d.
No            three kinds of facts, each a linear equation that all such d obey, perhaps with d(p, q) = 0 for some p ≠ q:
                orthogonal  a word acts as an idempotent e: its linear part P is a contraction with P² = P, an orthogonal projection,
                            so u_p − u_pe, which P kills, is orthogonal to u_re − u_se, which it keeps.
                isometry    words act as m and y, e = m·y is idempotent and e·m = m.  Then d(pm, qm) = d(pe, qe): first m leads from
                            pe, qe to pm, qm, then y from there to pe, qe, and neither lengthens anything.
                tight       d(p·x, q·x) = d(p, q) by facts before.  With L the linear part of x, ‖v‖² − ‖Lv‖² is a positive semidefinite
                            form; it vanishes at v = u_p − u_q, so the bilinear form does at v and anything:
                            ⟨u_p − u_q, u_r − u_s⟩ = ⟨u_px − u_qx, u_rx − u_sx⟩.
              If they add up to d(p, q) = 0 for two states, there is no Gram matrix.  `NoGram` holds the facts, each checked from
              scratch by `holds`.
Yes           in the space that the facts leave, floats look for a point inside all the cones (one halfspace after the other is
              stepped into); its whole multiples are rounded, and LDLᵀ in fractions decides.  `Gram.holds` checks them again.
Undecided     neither was found.  That has not happened on the machines of bench/results/one_layer_census.json.
More vectors  a machine may need several vectors a state (theory/constructions/covers.py); `cayley` makes the machine that has a state
              for each element of the transition monoid, the first thing to try, and not always enough (statement cayley_not_enough).
Source        theory of this project; facial reduction of linear matrix inequalities: Borwein and Wolkowicz 1981.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..automata.dfa import DFA
from ..automata.errors import BadArgument, TooLarge
from ..automata.reach import breadth_first_order
from .numbers import exact

LARGEST = 32  # states
LARGEST_MONOID = 2000  # elements
STEPS = 4000  # into halfspaces
FINEST = 2**16  # rounding of what floats propose

Form = dict[tuple[int, int], Any]  # a linear form in the squared distances: (p, q), p < q, to its coefficient
Word = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Gram:
    """Squared distances [n, n] of one vector a state, whole numbers or fractions; the contractive encoding they are of exists."""

    distances: npt.NDArray[np.object_]

    def holds(self, dfa: DFA) -> bool:
        """Whether they are distances of different points that no letter moves apart, in exact numbers."""
        d = self.distances
        if d.shape != (dfa.n_states,) * 2 or (d != d.T).any() or any(d[q, q] != 0 for q in range(dfa.n_states)):
            return False
        if any(d[p, q] <= 0 for p, q in combinations(range(dfa.n_states), 2)):
            return False
        G = products(d)
        return is_psd(G) and all(is_psd(G - products(d[np.ix_(x, x)])) for x in dfa.table.T)


@dataclass(frozen=True)
class Fact:
    """why, of which words (as letter numbers) and of which states: `equation` says what."""

    why: Literal["orthogonal", "isometry", "tight"]
    words: tuple[Word, ...]
    states: tuple[int, ...]


@dataclass(frozen=True)
class NoGram:
    """Two states that facts force onto one point."""

    pair: tuple[int, int]
    facts: tuple[Fact, ...]

    def holds(self, dfa: DFA) -> bool:
        """Whether each fact's words are what it needs, and the facts add up to d(pair) = 0."""
        if len(breadth_first_order(dfa.table, dfa.start)) < dfa.n_states:
            return False
        span = Span()
        for fact in self.facts:
            if not applies(fact, dfa) or (fact.why == "tight" and span.sum_of(tightness(fact, dfa)) is None):
                return False
            span.add(equation(fact, dfa))
        return self.pair[0] != self.pair[1] and span.sum_of(distance(*self.pair)) is not None

    def told(self, dfa: DFA) -> list[str]:
        """The facts as lines of text, states and letters by their names in the machine."""
        return [told(fact, dfa) for fact in self.facts]


@dataclass(frozen=True)
class Undecided:
    """Neither found, and what was tried."""

    why: str


def gram(dfa: DFA) -> Gram | NoGram | Undecided:
    """One vector for each state of a machine, all of them reachable: distances, or why there are none.

    Raises  TooLarge past 32 states or 2000 elements of the transition monoid; BadArgument for states that no word reaches, which
            need no vector: facts about them would be no proof

    >>> found = gram(DFA([[1, 0], [2, 0], [2, 1]], 0, [2], "ab"))                # a counter 0..2, saturating
    >>> found.distances.tolist(), found.holds(DFA([[1, 0], [2, 0], [2, 1]], 0, [2], "ab"))
    ([[0, 1, 2], [1, 0, 1], [2, 1, 0]], True)
    >>> sink = DFA([[0, 1, 2], [0, 1, 2], [2, 2, 2]], 0, [2], "01x")            # set 0, set 1, absorbing sink
    >>> print("\\n".join(gram(sink).told(sink)))
    word '0' is idempotent: u_1 − u_0 is orthogonal to u_0 − u_2
    word '1' is idempotent: u_0 − u_1 is orthogonal to u_1 − u_2
    """
    if dfa.n_states > LARGEST:
        raise TooLarge(f"{dfa.n_states} states; Gram matrices are looked for up to {LARGEST}; covers.py has no such limit")
    if unreached := set(range(dfa.n_states)) - set(breadth_first_order(dfa.table, dfa.start).tolist()):
        raise BadArgument(f"no word reaches the states {sorted(unreached)}; give dfa.reachable()")
    span, facts, spans = Span(), [], []
    for fact in first_facts(dfa):
        if span.add(equation(fact, dfa), len(facts)):
            facts.append(fact)
    while True:
        for pair in combinations(range(dfa.n_states), 2):
            used = span.sum_of(distance(*pair))
            if used is not None:
                return NoGram(pair, tuple(needed(used, facts, spans, dfa)))
        new = [fact for fact in tight_facts(dfa, span) if span.reduced(equation(fact, dfa))]
        if not new:
            break
        for fact in new:
            premise = span.sum_of(tightness(fact, dfa))
            if span.add(equation(fact, dfa), len(facts)):
                spans.append((len(facts), premise))
                facts.append(fact)
    found = proposed(dfa, span)
    return found if found is not None else Undecided(f"no facts against it, and no point found in {STEPS} steps")


def cayley(dfa: DFA) -> DFA:
    """The machine whose states are the elements of the transition monoid, each letter multiplying on the right.

    >>> cayley(DFA([[0, 1, 2], [0, 1, 2], [2, 2, 2]], 0, [2], "01x")).table.tolist()
    [[1, 2, 3], [1, 2, 3], [1, 2, 3], [3, 3, 3]]
    """
    monoid = dfa.reachable().transition_monoid(limit=LARGEST_MONOID)
    return DFA(monoid.right_cayley, 0, [], dfa.alphabet)


# ---------------------------------------------------------------------- linear forms in squared distances


def distance(p: int, q: int, scale: Any = 1) -> Form:
    return {} if p == q else {(min(p, q), max(p, q)): scale}


def plus(*forms: Form) -> Form:
    total: Form = {}
    for form in forms:
        for pair, c in form.items():
            total[pair] = total.get(pair, 0) + c
    return {pair: c for pair, c in total.items() if c}


def inner(p: int, q: int, r: int, s: int, scale: int = 1) -> Form:
    """Twice ⟨u_p − u_q, u_r − u_s⟩ = d(p, s) + d(q, r) − d(p, r) − d(q, s)."""
    return plus(distance(p, s, scale), distance(q, r, scale), distance(p, r, -scale), distance(q, s, -scale))


class Span:
    """Linear forms in echelon, each row with the multiples of the given forms that it is the sum of."""

    def __init__(self) -> None:
        self.rows: dict[tuple[int, int], tuple[Form, dict[int, Any]]] = {}

    def add(self, form: Form, number: int = 0) -> bool:
        """Whether the form was new."""
        rest, used = self._eliminated(form, {number: Fraction(1)})
        if not rest:
            return False
        pivot = min(rest)
        scale = 1 / Fraction(rest[pivot])
        row = {pair: c * scale for pair, c in rest.items()}, {i: c * scale for i, c in used.items()}
        for other, (form_, used_) in self.rows.items():
            if c := form_.get(pivot):
                self.rows[other] = minus(form_, c, row[0]), minus(used_, c, row[1])
        self.rows[pivot] = row
        return True

    def reduced(self, form: Form) -> Form:
        """What the given forms leave of it."""
        for pivot in [pair for pair in form if pair in self.rows]:
            form = minus(form, form[pivot], self.rows[pivot][0])
        return form

    def sum_of(self, form: Form) -> dict[int, Any] | None:
        """The multiples of the given forms, by number, that add up to it; None when none do."""
        rest, used = self._eliminated(form, {})
        return None if rest else {i: -c for i, c in used.items()}

    def _eliminated(self, form: Form, used: dict[int, Any]) -> tuple[Form, dict[int, Any]]:
        for pivot in [pair for pair in form if pair in self.rows]:
            row, sources = self.rows[pivot]
            c = form[pivot]
            form, used = minus(form, c, row), minus(used, c, sources)
        return form, used


def minus(first: Mapping[Any, Any], c: Any, second: Mapping[Any, Any]) -> dict[Any, Any]:
    """first − c · second, without zeros."""
    found = dict(first)
    for key, value in second.items():
        found[key] = found.get(key, 0) - c * value
        if not found[key]:
            del found[key]
    return found


# ---------------------------------------------------------------------- facts


def first_facts(dfa: DFA) -> Iterator[Fact]:
    """Those of idempotents, then of elements with inverses, shortest words first."""
    n = dfa.n_states
    monoid = dfa.transition_monoid(limit=LARGEST_MONOID)
    words = [tuple(monoid.words.letters(m)) for m in range(len(monoid))]
    for e in monoid.idempotents.tolist():
        row = monoid.elements[e].tolist()
        image = sorted(set(row))
        for p in range(n):
            if p != row[p]:
                yield from (Fact("orthogonal", (words[e],), (p, image[0], s)) for s in image[1:])
    r_class = monoid.green().r
    idempotent = {int(r_class[e]): int(e) for e in reversed(monoid.idempotents)}
    everything = np.arange(len(monoid))
    for m in range(1, len(monoid)):
        e = idempotent.get(int(r_class[m]))
        if e is None or e == m:
            continue
        back = int(np.flatnonzero(monoid.multiply(m, everything) == e)[0])
        image = np.unique(monoid.elements[e]).tolist()
        yield from (Fact("isometry", (words[m], words[back]), pair) for pair in combinations(image, 2))


def tight_facts(dfa: DFA, span: Span) -> Iterator[Fact]:
    """Of letters and pairs of states that are known to keep their distance; nothing new of a letter that keeps all distances."""
    pairs = list(combinations(range(dfa.n_states), 2))
    for x, targets in enumerate(dfa.table.T.tolist()):
        kept = [(p, q) for p, q in pairs if not span.reduced(tightness(Fact("tight", ((x,),), (p, q)), dfa))]
        if len(kept) < len(pairs):
            for p, q in kept:
                if targets[p] != targets[q]:
                    yield from (Fact("tight", ((x,),), (p, q, 0, s)) for s in range(1, dfa.n_states))


def acts(dfa: DFA, word: Sequence[int]) -> list[int]:
    """Where a word sends each state."""
    row = np.arange(dfa.n_states)
    for x in word:
        row = dfa.table[row, x]
    return row.tolist()


def applies(fact: Fact, dfa: DFA) -> bool:
    """Whether the words are of the kind that the fact needs."""
    e = acts(dfa, sum(fact.words, ()))
    idempotent = [e[q] for q in e] == e
    if fact.why == "orthogonal":
        return idempotent and len(fact.words) == 1
    if fact.why == "isometry":
        m = acts(dfa, fact.words[0])
        return idempotent and len(fact.words) == 2 and [m[q] for q in e] == m
    return len(fact.words) == 1


def equation(fact: Fact, dfa: DFA) -> Form:
    """The form that is 0, by a fact that applies."""
    row = acts(dfa, fact.words[0])
    if fact.why == "orthogonal":
        p, r, s = fact.states
        return inner(p, row[p], row[r], row[s])
    if fact.why == "isometry":
        p, q = fact.states
        e = acts(dfa, sum(fact.words, ()))
        return plus(distance(row[p], row[q]), distance(e[p], e[q], -1))
    p, q, r, s = fact.states
    return plus(inner(p, q, r, s), inner(row[p], row[q], row[r], row[s], -1))


def tightness(fact: Fact, dfa: DFA) -> Form:
    """What must be 0 before a tight fact: d(p, q) − d(p·x, q·x)."""
    row = acts(dfa, fact.words[0])
    p, q = fact.states[:2]
    return plus(distance(p, q), distance(row[p], row[q], -1))


def needed(
    used: Mapping[int, Any], facts: Sequence[Fact], premises: Sequence[tuple[int, Mapping[int, Any] | None]], dfa: DFA
) -> list[Fact]:
    """The facts used, and those that their tightness rests on, in order."""
    rests_on = dict(premises)
    wanted, todo = set(used), list(used)
    while todo:
        for i in rests_on.get(todo.pop()) or ():
            if i not in wanted:
                wanted.add(i)
                todo.append(i)
    return [facts[i] for i in sorted(wanted)]


def told(fact: Fact, dfa: DFA) -> str:
    """A fact as a line of text."""
    names = dfa.state_names or range(dfa.n_states)
    row = acts(dfa, fact.words[0])
    spelt = [repr(dfa.decode(word)) for word in fact.words]

    def difference(p: int, q: int) -> str:
        return f"u_{names[p]} − u_{names[q]}"

    if fact.why == "orthogonal":
        p, r, s = fact.states
        return f"word {spelt[0]} is idempotent: {difference(p, row[p])} is orthogonal to {difference(row[r], row[s])}"
    if fact.why == "isometry":
        p, q = fact.states
        e = acts(dfa, sum(fact.words, ()))
        ways = f"words {spelt[0]} and {spelt[1]} lead there and back"
        return f"{ways}: {difference(e[p], e[q])} is as long as {difference(row[p], row[q])}"
    p, q, r, s = fact.states
    return (
        f"letter {spelt[0]} keeps the length of {difference(p, q)}: its product with {difference(r, s)} is "
        f"that of {difference(row[p], row[q])} with {difference(row[r], row[s])}"
    )


# ---------------------------------------------------------------------- a point inside all the cones


def proposed(dfa: DFA, span: Span) -> Gram | None:
    """Distances that obey all facts, proposed in floats and checked exactly."""
    n = dfa.n_states
    pairs = list(combinations(range(n), 2))
    free = [pair for pair in pairs if pair not in span.rows]
    basis = np.zeros((len(free), n, n), dtype=object)  # distances for one free one at 1, the others at 0
    for j, pair in enumerate(free):
        for p, q in pairs:
            value = int((p, q) == pair) if (p, q) in free else -span.rows[p, q][0].get(pair, 0)
            basis[j, p, q] = basis[j, q, p] = value
    if not free:
        return Gram(np.zeros((1, 1), dtype=object)) if n == 1 else None
    blocks = [np.array([products(b) for b in basis])]
    blocks += [blocks[0] - np.array([products(b[np.ix_(x, x)]) for b in basis]) for x in dfa.table.T]
    point = inside([cone for block in blocks if (cone := without_kernel(block.astype(float))).shape[1]])
    if point is None:
        return None
    least, scale = np.abs(point).min(initial=np.inf, where=np.abs(point) > 1e-9), 1
    while scale <= FINEST:
        whole = np.rint(point * scale / least).astype(int).astype(object)
        found = Gram(np.vectorize(exact, otypes=[object])(np.tensordot(whole, basis, 1)))
        if found.holds(dfa):
            return found
        scale *= 2
    return None


def without_kernel(block: np.ndarray) -> np.ndarray:
    """Forms [m, d, d] on the complement of the vectors that all of them kill."""
    values, vectors = np.linalg.eigh(np.einsum("mij,mkj->ik", block, block))
    kept = vectors[:, values > 1e-9 * max(1.0, values.max(initial=0.0))]
    return kept.T @ block @ kept


def inside(cones: Sequence[np.ndarray]) -> np.ndarray | None:
    """y with Σ y_j F_j positive definite, for each of these lists of forms F [m, d, d]; None when steps do not lead there.

    The relaxation method of Agmon, Motzkin and Schoenberg 1954: project onto the halfspace vᵀFv ≥ 1 that is violated most.
    """
    m = len(cones[0])
    y = np.ones(m)
    for _ in range(STEPS):
        worst, normal = np.inf, y
        for cone in cones:
            values, vectors = np.linalg.eigh(np.tensordot(y, cone, 1))
            if values[0] < worst:
                worst, v = values[0], vectors[:, 0]
                normal = np.einsum("i,mij,j->m", v, cone, v)
        if worst > 0.5:
            return y
        y = y + (1 - worst) / max(float(normal @ normal), 1e-12) * normal
    return None


# ---------------------------------------------------------------------- exact checks


def products(d: np.ndarray) -> np.ndarray:
    """Twice the inner products ⟨u_p − u_0, u_q − u_0⟩, p, q ≥ 1, of squared distances d [n, n]."""
    return d[1:, :1] + d[:1, 1:] - d[1:, 1:]


def is_psd(G: np.ndarray) -> bool:
    """Whether a symmetric matrix of exact numbers is positive semidefinite, by LDLᵀ: no pivot is negative, and below a zero pivot
    the column is zero.

    >>> is_psd(np.array([[1, 1], [1, 1]], dtype=object)), is_psd(np.array([[0, 1], [1, 5]], dtype=object))
    (True, False)
    """
    left = [[Fraction(x) for x in row] for row in G]
    while left:
        (pivot, *column), rest = left[0], left[1:]
        if pivot < 0 or (pivot == 0 and any(column)):
            return False
        left = [[x - row[0] * c / pivot if pivot else x for x, c in zip(row[1:], column, strict=True)] for row in rest]
    return True
