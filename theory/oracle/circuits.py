"""How hard a regular language is for circuits, by the groups in its syntactic monoid.

    quasi-aperiodic    in AC0: constant depth, unbounded fan-in          Barrington, Compton, Straubing and Thérien 1992
    solvable           in ACC0: the same with counting gates; not in AC0  Barrington and Thérien 1988; the same 1992
    not solvable       complete for NC1 under constant-depth reductions  Barrington 1989

AC0 is a proper part of ACC0 (parity); whether TC0, which holds ACC0, is all of NC1 is open, and conditional verdicts rest on that.
"""

from __future__ import annotations

from .facts import Facts
from .sources import BARRINGTON, Source
from .verdict import Ruling, no

CLASSES = ("AC0", "ACC0", "NC1-complete")


def circuit_class(facts: Facts) -> str | None:
    """One of CLASSES; None when the algebra was not worked out.

    >>> from ...automata.languages import get
    >>> [circuit_class(Facts(get(name))) for name in ("a_star_b_star", "parity", "S_4", "A_5")]
    ['AC0', 'ACC0', 'ACC0', 'NC1-complete']
    """
    if facts.solvable is False:
        return "NC1-complete"
    if facts.quasi_aperiodic is True:
        return "AC0"
    if facts.solvable is True and facts.quasi_aperiodic is False:
        return "ACC0"
    return None


def unless_tc0_is_nc1(facts: Facts, source: Source) -> Ruling:
    """No for networks that are in TC0, by `source`, where a group inside is not solvable."""
    assert facts.unsolvable is not None
    return no(
        f"unless TC0 = NC1: the language is NC1-complete ({facts.unsolvable.says}), and such networks are in TC0",
        source + BARRINGTON,
        facts.unsolvable,
        "conditional on TC0 ≠ NC1",
    )
