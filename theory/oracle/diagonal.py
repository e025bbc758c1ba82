"""Diagonal transitions: what each coordinate does alone decides.

Notation      a coordinate is h ← a h + b with a and b chosen by the letter (and, above the first layer, by what the layers below hold).
Coordinates   let finitely many values be reached. A word that permutes a set Y of states permutes the values of each coordinate on Y,
              and fixes their mean; about the mean it is a turn by a root of unity: a factor 1 for a ≥ 0, ±1 for real a, any root of
              unity for complex a. So a group of words on Y is a group of diagonal matrices of such entries: trivial, a power of Z_2,
              or abelian. A subgroup of what a stack's words do maps onto one of the first layer, and the kernel, which leaves the
              first layer's states as they are, acts on the second layer by words chosen by those states: again a subgroup of a
              product of such groups, and so on. Hence a group inside the syntactic monoid, a quotient of a subgroup of the stack's,
              has a series of as many factors as there are layers, each trivial, a power of Z_2, or abelian.
Cascades      Krohn and Rhodes: every machine divides a cascade of flip-flops and of simple groups that divide its monoid, each reading
              the letter and the states before it. A flip-flop is a = 0 for a set, a = 1 else; Z_p is a turn by e^{2πi/p}, Z_2 the
              factor −1.
"""

from __future__ import annotations

from dataclasses import replace

from .circuits import unless_tc0_is_nc1
from .facts import Facts
from .models import CAST, EXACT, LOG
from .sources import COORDINATES, ILLUSION, KROHN_RHODES, PERIODS, SARROF, SETTLING, SHAKERINAVA
from .verdict import Family, Ruling, no, not_known, yes


def nonnegative(facts: Facts) -> Ruling:
    """Exactly the star-free languages. No: by the coordinates, a layer has no groups, so neither has a stack. Yes: without groups the
    cascade has flip-flops only."""
    if facts.star_free is None:
        return not_known(facts.unknown["star_free"])
    if facts.star_free:
        return yes(
            "the language is star-free, and a cascade of flip-flops, each a coordinate with entries 0 and 1, recognises it",
            COORDINATES + KROHN_RHODES + SARROF,
            "proved here up to a quoted theorem",
            at_least=facts.bound.layers,
        )
    assert facts.counting is not None
    return no(
        f"the language is not star-free: {facts.counting.says}, and entries in [0, 1] with finitely many states make no groups",
        COORDINATES + SARROF,
        facts.counting,
    )


def nonnegative_cast(facts: Facts) -> Ruling:
    """Exactly the star-free languages. No: let u vⁱ w be in the language with period p > 1 in i. Along vⁱ an entry of the first layer
    is a sum of c t^j l^t with l ≥ 0, from some place on, for each place within v; the state after w is an affine image of it. Such a
    function is monotone in the end, so its cast is constant in the end: what the first layer hands on has the period |v| in the end,
    and at the end of w it does not depend on i. So the next layer meets the same matrices around v again, and so on up: the
    decision is constant for large i. (Normalisers do no harm: quotients and roots of such sums are monotone in the end, too.)
    Yes: as for exact states."""
    if facts.star_free is None:
        return not_known(facts.unknown["star_free"])
    if facts.star_free:
        return replace(nonnegative(facts), at_least=None)  # the bound is one for exact states
    assert facts.counting is not None
    return no(
        f"the language is not star-free: {facts.counting.says}, while the output of each layer, cast, is constant for large i",
        SETTLING + SARROF,
        facts.counting,
    )


def real(facts: Facts) -> Ruling:
    """Exactly the languages all of whose groups have a power of two for their order: those have Z_2 for their only composition
    factor, and a stack's groups have a series of powers of Z_2. An element of order 2^k takes k layers at least."""
    if facts.two_groups is None:
        return not_known(facts.unknown["two_groups"])
    if facts.two_groups:
        return yes(
            "all groups inside have a power of two for their order, and a cascade of flip-flops and sign flips recognises the language",
            COORDINATES + KROHN_RHODES + SARROF,
            "proved here up to a quoted theorem",
            at_least=max(facts.bound.layers, facts.two_power or 0),
        )
    assert facts.odd is not None
    return no(
        f"{facts.odd.says}, and {facts.odd.period} is not a power of two, while signs make groups of such orders only",
        COORDINATES,
        facts.odd,
    )


def real_cast(facts: Facts) -> Ruling:
    """The same languages. No: with entries of both signs, what is met at even and at odd i is monotone in the end each, so an input of
    period P is answered with period 2P in the end; after L layers u vⁱ w has a period that divides 2^L in i."""
    if facts.two_groups is not False:
        found = real(facts)
        return found if found.answer != "yes" else replace(found, at_least=facts.two_power)
    assert facts.odd is not None
    return no(
        f"{facts.odd.says}, and {facts.odd.period} is not a power of two, while each layer with real entries can only double a period",
        PERIODS + COORDINATES,
        facts.odd,
    )


def complex_(facts: Facts) -> Ruling:
    """Exactly the languages whose groups are all solvable. A group of derived length d takes d layers at least. If all letters permute
    the states, d layers do, G ▷ G′ ▷ …: write g = h t(ḡ) with a transversal t of G′; then g x = h c t(ḡ x̄) with c in G′ chosen by ḡ
    and x, so each layer's letters multiply by elements of an abelian quotient, which its characters make diagonal."""
    if facts.solvable is None:
        return not_known(facts.unknown["solvable"])
    if facts.solvable:
        length = facts.derived_length
        return yes(
            "all groups inside are solvable, and a cascade of flip-flops and turns by roots of unity recognises the language",
            COORDINATES + KROHN_RHODES + SHAKERINAVA,
            "proved here" if facts.is_group else "proved here up to a quoted theorem",
            layers=length if facts.is_group else None,
            at_least=max(facts.bound.layers, length or 0),
        )
    assert facts.unsolvable is not None
    return no(
        f"{facts.unsolvable.says}, while a cascade of turns, which commute within a layer, has solvable groups only",
        COORDINATES + SHAKERINAVA,
        facts.unsolvable,
    )


def log_precision(facts: Facts) -> Ruling:
    """In TC0, so no NC1-complete language unless TC0 = NC1. Yes for solvable groups, with complex entries: turns that are wrong by ε
    a step are wrong by T ε after T steps, and c log T bits make that as small as one likes, so that each layer's output can be
    rounded to the right one of finitely many values."""
    if facts.solvable is None:
        return not_known(facts.unknown["solvable"])
    if facts.solvable:
        return yes(
            "all groups inside are solvable, and O(log T) bits keep turns by roots of unity apart for T steps",
            COORDINATES + KROHN_RHODES,
            "proved here up to a quoted theorem",
        )
    return unless_tc0_is_nc1(facts, ILLUSION)


FAMILIES = (
    Family(
        "nonnegative_diagonal",
        "diagonal, entries in [0, 1]",
        "Mamba, Mamba-2, GLA, mLSTM, RWKV-6",
        "any depth",
        EXACT,
        nonnegative,
    ),
    Family(
        "nonnegative_diagonal_cast",
        "diagonal, entries in [0, 1]",
        "Mamba, Mamba-2, GLA, mLSTM, RWKV-6",
        "any depth",
        CAST,
        nonnegative_cast,
    ),
    Family("real_diagonal", "diagonal, entries in [−1, 1]", "Mamba with negative eigenvalues", "any depth", EXACT, real),
    Family(
        "real_diagonal_cast", "diagonal, entries in [−1, 1]", "Mamba with negative eigenvalues", "any depth", CAST, real_cast
    ),
    Family("complex_diagonal", "diagonal, complex entries", "Mamba-3, complex S6", "any depth", EXACT, complex_),
    Family("complex_diagonal_log", "diagonal, complex entries", "Mamba-3, complex S6", "any depth", LOG, log_precision),
)
