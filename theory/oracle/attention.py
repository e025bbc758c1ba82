"""Transformers of a depth that does not grow with the length: circuits of constant depth, so the circuit class decides."""

from __future__ import annotations

from .circuits import unless_tc0_is_nc1
from .facts import Facts
from .models import HARD, LOG
from .sources import AC0, LOG_TRANSFORMERS, SHORTCUTS, YANG
from .verdict import Family, Ruling, no, not_known, yes


def hard(facts: Facts) -> Ruling:
    """Exactly the star-free languages (linear temporal logic), by the paper."""
    if facts.star_free is None:
        return not_known(facts.unknown["star_free"])
    if facts.star_free:
        return yes("the language is star-free, and so a formula of linear temporal logic", YANG, "read in the abstract")
    assert facts.counting is not None
    reason = f"the language is not star-free: {facts.counting.says}"
    return no(reason, YANG, facts.counting, "read in the abstract")


def hard_with_positions(facts: Facts) -> Ruling:
    """Exactly the regular languages in AC0, by the paper: positions modulo m are all that star-free formulas need beside letters."""
    if facts.quasi_aperiodic is None:
        return not_known(facts.unknown["quasi_aperiodic"])
    if facts.quasi_aperiodic:
        reason = "the language is in AC0: words of one length contain no groups, and positions modulo m tell the lengths apart"
        return yes(reason, YANG + AC0, "recalled")
    found = facts.equal_lengths or facts.unsolvable
    return no(
        f"the language is not in AC0: words of one length contain a group{f' ({found.says})' if found else ''}",
        YANG + AC0,
        found,
        "recalled",
    )


def log_precision(facts: Facts) -> Ruling:
    """In TC0, so no NC1-complete language unless TC0 = NC1. For solvable groups constant depth does, with a width that grows with the
    length."""
    if facts.solvable is None:
        return not_known(facts.unknown["solvable"])
    if facts.solvable:
        return yes(
            "all groups inside are solvable, so a constant depth does, with a width that grows with the length",
            SHORTCUTS,
            "read in the abstract",
        )
    return unless_tc0_is_nc1(facts, LOG_TRANSFORMERS)


FAMILIES = (
    Family("hard_attention", "hard attention, masked, no positions", "transformer", "fixed depth", HARD, hard),
    Family(
        "hard_attention_positions",
        "hard attention, masked, positions modulo m",
        "transformer",
        "fixed depth",
        HARD,
        hard_with_positions,
    ),
    Family("transformer", "softmax or average attention", "transformer", "fixed depth", LOG, log_precision),
)
