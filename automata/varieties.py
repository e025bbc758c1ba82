"""Which families of monoids, and so of regular languages, a transition monoid belongs to: the tests behind its properties.

Of a syntactic monoid they decide (S: the elements of non-empty words; E: the idempotents):

    aperiodic             star-free, first-order definable      Schützenberger 1965; McNaughton and Papert 1971
    J-trivial             piecewise testable                    Simon 1975
    in DA                 first-order with two variables        Thérien and Wilke 1998
    solvable              in ACC0; else complete for NC1        Barrington 1989; Barrington and Thérien 1988
    quasi-aperiodic       in AC0                                Barrington, Compton, Straubing and Thérien 1992
    e·S·e a semilattice   locally testable                      Brzozowski and Simon 1973; McNaughton 1974
    S·e = e, e·S = e      definite, reverse definite            Perles, Rabin and Shamir 1963; Brzozowski 1962
    e·f·e = f·e on E      one contractive layer                 this project's one-layer theory

Textbook      J.-E. Pin, Varieties of Formal Languages, North Oxford Academic 1986
"""

from __future__ import annotations

from math import lcm

import numpy as np
import numpy.typing as npt

from .errors import TooLarge
from .monoid import TransitionMonoid
from .permutations import cycles_of_map
from .rows import RowNumbers
from .transformations import Rows, chunks, composed, kernels

Elements = npt.NDArray[np.integer]

MAX_PAIRS = 2**28  # pairs of elements compared at most
MAX_LENGTHS = 2**20  # word lengths looked at for quasi-aperiodicity


# ---------------------------------------------------------------------- groups inside


def counts(rows: Rows) -> npt.NDArray[np.bool_]:
    """Which maps [m, n] have a cycle of two states or more, [m]: their powers never come to rest."""
    power = rows
    for _ in range((rows.shape[1] - 1).bit_length()):  # at least n - 1 steps: every state is on a cycle by then
        power = composed(power, power)
    return (composed(power, rows) != power).any(axis=1)


def counting_element(monoid: TransitionMonoid) -> tuple[int, int] | None:
    """The first element whose powers end in a cycle of length p > 1, and p."""
    for part in chunks(*monoid.elements.shape):
        found = np.flatnonzero(counts(monoid.elements[part]))
        if len(found):
            m = part.start + int(found[0])
            return m, period(monoid.elements[m])
    return None


def period(row: npt.NDArray[np.integer]) -> int:
    """The length of the cycle in which the powers of a map end: the least common multiple of its cycles.

    >>> period(np.array([1, 0, 3, 4, 2, 4]))
    6
    """
    return lcm(*map(len, cycles_of_map(row)))


def is_quasi_aperiodic(monoid: TransitionMonoid) -> bool:
    """Words of one length t never contain a group of two elements or more, whatever t.

    The sets A_t of elements of words of length t end in a cycle. For t a multiple of its length, and large enough, A_t = A_2t is
    a semigroup; it contains every group that some A_t contains, and each of its elements that counts generates one.
    Raises TooLarge past 2^20 lengths.
    """
    if monoid.is_aperiodic:
        return True
    current, t = np.unique(monoid.right_cayley[0]), 1
    mark, marked_at, power = current, t, 1
    while True:  # Brent's search for a cycle keeps one earlier set only
        current, t = step(monoid, current), t + 1
        if np.array_equal(current, mark):
            break
        if t > MAX_LENGTHS:
            raise TooLarge(f"the words of length t, for t up to {MAX_LENGTHS}, make ever different sets of elements")
        if t - marked_at == power:
            mark, marked_at, power = current, t, 2 * power
    cycle = t - marked_at
    while t % cycle:
        current, t = step(monoid, current), t + 1
    return not any(counts(monoid.elements[current[part]]).any() for part in chunks(len(current), monoid.n_states))


def step(monoid: TransitionMonoid, elements: Elements) -> Elements:
    """All elements followed by all letters, ascending."""
    met = np.zeros(len(monoid), dtype=bool)
    met[monoid.right_cayley[elements].ravel()] = True
    return np.flatnonzero(met)


# ---------------------------------------------------------------------- identities of idempotents


def violating_idempotents(monoid: TransitionMonoid) -> tuple[int, int] | None:
    """Idempotents (e, f) with e·f·e ≠ f·e, of least total length. Raises TooLarge past 2^28 pairs.

    e sends q to a state p with p·e = q·e. So e·f·e = f·e says that e merges q·f with q·e·f for all q: that f keeps apart nothing
    that e merges. Only the kernel of e matters, and one e, the first, for each kernel is enough.
    """
    idempotents, compared = monoid.idempotents, 0
    rows, lengths = monoid.elements[idempotents], monoid.lengths[idempotents]
    merged = kernels(rows)
    best: tuple[int, int] | None = None
    shortest = 2 * int(lengths[-1]) + 1
    seen = RowNumbers(monoid.n_states, rows.dtype)
    for e in seen.number(merged)[1].tolist():
        if lengths[e] >= shortest:
            break
        others = rows[: np.searchsorted(lengths, shortest - lengths[e])]
        compared = checked_pairs(compared + len(others))
        for part in chunks(*others.shape):
            f = others[part]
            bad = np.flatnonzero((merged[e][f] != merged[e][f[:, rows[e]]]).any(axis=1))
            if len(bad):
                at = part.start + int(bad[0])
                best, shortest = (int(idempotents[e]), int(idempotents[at])), int(lengths[e] + lengths[at])
                break
    return best


def idempotents_commute(monoid: TransitionMonoid) -> bool:
    return commute(monoid.elements[monoid.idempotents])


def commute(rows: Rows) -> bool:
    """Whether these maps commute with each other. Raises TooLarge past 2^28 pairs."""
    compared = 0
    for i, row in enumerate(rows):
        later = rows[i + 1 :]
        compared = checked_pairs(compared + len(later))
        for part in chunks(*later.shape):
            if (later[part][:, row] != row[later[part]]).any():
                return False
    return True


def checked_pairs(compared: int) -> int:
    if compared > MAX_PAIRS:
        raise TooLarge(f"over {MAX_PAIRS} pairs of elements to compare; this monoid is too large for this question")
    return compared


# ---------------------------------------------------------------------- products of letters


def is_commutative(monoid: TransitionMonoid) -> bool:
    """Letters commute, and so all words."""
    return commute(monoid.elements[monoid.right_cayley[0]])


def zero(monoid: TransitionMonoid) -> int | None:
    """A zero sends all states to one that no letter moves; it is alone in the minimal ideal."""
    everything = np.arange(len(monoid))
    fixed = (monoid.right_cayley == everything[:, None]).all(axis=1) & (monoid.left_cayley == everything[:, None]).all(axis=1)
    found = np.flatnonzero(fixed)
    return int(found[0]) if len(found) else None


# ---------------------------------------------------------------------- idempotents of non-empty words


def inner_idempotents(monoid: TransitionMonoid) -> Elements:
    """The idempotents that a non-empty word acts as."""
    return np.intersect1d(monoid.idempotents, monoid.semigroup, assume_unique=True)


def is_definite(monoid: TransitionMonoid) -> bool:
    found = inner_idempotents(monoid)
    return bool((monoid.left_cayley[found] == found[:, None]).all())


def is_reverse_definite(monoid: TransitionMonoid) -> bool:
    found = inner_idempotents(monoid)
    return bool((monoid.right_cayley[found] == found[:, None]).all())


def is_generalized_definite(monoid: TransitionMonoid) -> bool:
    """e·S·e = {e} for all e: each e lies in the minimal ideal, where e·S·e is the group of e, and the group is trivial."""
    green = monoid.green()
    found = inner_idempotents(monoid)
    return bool((green.d[found] == green.minimal).all()) and green.d_classes[green.minimal].group_order == 1


def is_locally_testable(monoid: TransitionMonoid) -> bool:
    """e·S·e is idempotent and commutative for all e; isomorphic for e of one D-class, so one e of each is enough."""
    green = monoid.green()
    found = inner_idempotents(monoid)
    idempotent = np.zeros(len(monoid), dtype=bool)
    idempotent[monoid.idempotents] = True
    for e in found[np.unique(green.d[found], return_index=True)[1]]:
        local = np.unique(monoid.multiply(right_ideal(monoid, int(e)), e))
        if not idempotent[local].all() or not commute(monoid.elements[local]):
            return False
    return True


def right_ideal(monoid: TransitionMonoid, m: int) -> Elements:
    """All products that begin with m, ascending."""
    met = np.zeros(len(monoid), dtype=bool)
    met[m] = True
    level = np.array([m])
    while len(level):
        reached = np.unique(monoid.right_cayley[level])
        level = reached[~met[reached]]
        met[level] = True
    return np.flatnonzero(met)


def is_da(monoid: TransitionMonoid) -> bool:
    """All elements of regular D-classes are idempotent: there are as many of the one as of the other."""
    green = monoid.green()
    return int(green.is_regular[green.d].sum()) == len(monoid.idempotents)
