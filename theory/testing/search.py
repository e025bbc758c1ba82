"""hypothesis, when it is installed: drawing arguments, and the smallest ones that break a bound.

Every search is derandomized, so that it finds the same on every run, and leaves no files behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from tempfile import TemporaryDirectory
from typing import Any

from ...automata.errors import BadArgument, MissingExtra

EXAMPLES = 200


def hypothesis(needed_for: str = "strategies and searches") -> Any:
    """The module. Raises MissingExtra with the pip command when it is not installed."""
    try:
        import_module("hypothesis.strategies")
        return import_module("hypothesis")
    except ModuleNotFoundError:
        raise MissingExtra(
            f"{needed_for} need hypothesis, which is not installed: pip install 'deltaword[testing]' "
            "(assertions about a matrix, or over an iterable of tokens, work without it)"
        ) from None


def strategy_of(over: Any) -> Any | None:
    """The strategy that `over` is; of a dict of strategies by parameter name, the strategy of such dicts; None for anything else."""
    if isinstance(over, Mapping):
        strategies = hypothesis("parameters by name").strategies
        wrong = [name for name, value in over.items() if not isinstance(value, strategies.SearchStrategy)]
        if wrong:
            raise BadArgument(
                f"parameter {wrong[0]!r} is {over[wrong[0]]!r}, not a hypothesis strategy; hypothesis.strategies.just(x) is a constant"
            )
        return strategies.fixed_dictionaries(dict(over))
    return over if type(over).__module__.startswith("hypothesis.") else None


def smallest(strategy: Any, breaks: Callable[[Any], Any], max_examples: int = EXAMPLES) -> tuple[Any, int]:
    """(the simplest drawn value for which `breaks` is true, or None; how many were drawn before the first one was found).

    >>> from hypothesis import strategies as st
    >>> smallest(st.integers(0, 1000), lambda n: n > 10)[0], smallest(st.integers(0, 9), lambda n: n > 10)[0]
    (11, None)
    """
    module = hypothesis()
    drawn, found = 0, False

    def counted(value: Any) -> bool:
        nonlocal drawn, found
        drawn += not found
        bad = bool(breaks(value))
        found = found or bad
        return bad

    settings = module.settings(
        max_examples=max_examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=(module.Phase.generate, module.Phase.shrink),
        suppress_health_check=list(module.HealthCheck),
    )
    with nothing_left_behind():
        try:
            return module.find(strategy, counted, settings=settings), drawn
        except module.errors.NoSuchExample:
            return None, drawn


@contextmanager
def nothing_left_behind() -> Iterator[None]:
    """hypothesis notes the constants that it met in a folder .hypothesis; here that is a folder soon gone."""
    configuration = import_module("hypothesis.configuration")
    before = getattr(configuration, "__hypothesis_home_directory", None)  # None: where it chooses
    with TemporaryDirectory() as scratch:
        configuration.set_hypothesis_home_dir(scratch)
        try:
            yield
        finally:
            configuration.set_hypothesis_home_dir(before)
