"""How texts say numbers of things."""

from __future__ import annotations


def counted(n: int, noun: str) -> str:
    """A number of things.

    >>> counted(1, "state"), counted(5040, "element")
    ('1 state', '5,040 elements')
    """
    return f"{n:,} {noun}{'s' * (n != 1)}"
