"""The syntactic monoid of a language, and the classes of languages that it decides."""

from __future__ import annotations

from .dfa import DFA
from .monoid import TransitionMonoid


def syntactic_monoid(dfa: DFA, limit: int | None = None) -> TransitionMonoid:
    """The transition monoid of the minimal automaton; the same, element by element, for machines of the same language.

    Raises  TooLarge past the limit

    >>> wasteful = DFA([[1, 1], [2, 2], [1, 1]], 0, [1, 2], "ab")
    >>> len(wasteful.transition_monoid()), len(syntactic_monoid(wasteful))
    (3, 2)
    """
    return TransitionMonoid(dfa.minimized(), limit)


def language_classes(dfa: DFA, limit: int | None = None) -> dict[str, bool]:
    """Which classes the language of `dfa` belongs to, by name; theorems and sources in varieties.py.

    Raises  TooLarge

    >>> classes = language_classes(DFA.from_regex("a*b*", alphabet="ab"))
    >>> [name for name, belongs in classes.items() if belongs]
    ['star-free', 'piecewise testable', 'two-variable first-order', 'locally testable', 'AC0', 'solvable']
    """
    monoid = syntactic_monoid(dfa, limit)
    return {
        "star-free": monoid.is_aperiodic,
        "piecewise testable": monoid.is_j_trivial,
        "two-variable first-order": monoid.is_da,
        "locally testable": monoid.is_locally_testable,
        "definite": monoid.is_definite,
        "reverse definite": monoid.is_reverse_definite,
        "generalized definite": monoid.is_generalized_definite,
        "finite or cofinite": monoid.is_nilpotent,
        "commutative": monoid.is_commutative,
        "group language": monoid.is_group,
        "AC0": monoid.is_quasi_aperiodic,
        "solvable": monoid.is_solvable,
    }
