"""Closures as checks of statements: a network that names a wrong state, or cannot be built, fails the check."""

from __future__ import annotations

from collections.abc import Callable

from ...automata.dfa import DFA
from ...automata.errors import DeltawordError
from ..closure import closure
from ..exact_stack import ExactStack
from .statement import Fails


def closed(stack: ExactStack, dfa: DFA, what: str) -> int:
    """The number of reachable pairs of stack state and machine state, each named rightly. Raises Fails, saying of what."""
    return counted(lambda: closure(stack, dfa), what)


def counted(count: Callable[[], int], what: str) -> int:
    """What `count` gives. Raises Fails, saying of what, where it is refused."""
    try:
        return count()
    except DeltawordError as refused:
        raise Fails(f"{what}: {refused}") from None
