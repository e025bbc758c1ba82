"""`check_layer`: every bound, on what was drawn of a layer's parameters, beside what is proved for layers of its kind."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from ...automata.errors import BadArgument
from ..numbers import Number
from .bounds import BOUNDS, Bound, Family
from .findings import Finding
from .given import called, written
from .runs import first_growth, shortened
from .search import EXAMPLES, hypothesis, smallest, strategy_of

GROWING = 8  # tokens in a word


@dataclass(frozen=True)
class Row:
    """One bound.

    bound      its name, as in assert_<name>
    says       the bound in words
    proved     whether the statement proves it for layers of the kind that was named
    statement  which one
    holds      whether it held on all that was drawn: sampled, not proved
    drawn      how many were drawn, up to the first that missed it
    example    the simplest parameters that miss it, or None
    finding    what is wrong with them, or None
    """

    bound: str
    says: str
    proved: bool
    statement: str
    holds: bool
    drawn: int
    example: Any
    finding: Finding | None

    @property
    def verdict(self) -> str:
        """In a few words."""
        if self.holds:
            return f"holds on {self.drawn} drawn (sampled)"
        return f"violated: {self.finding.says}" if self.finding else "violated"

    @property
    def objection(self) -> bool:
        """Missed, though it is proved for layers of this kind: the layer is not of this kind."""
        return self.proved and not self.holds


@dataclass(frozen=True)
class Report:
    """name    of the transition
    family     what the layer is said to be
    rows       a Row for each bound
    """

    name: str
    family: Family
    rows: tuple[Row, ...]

    @property
    def passed(self) -> bool:
        """No bound that is proved for layers of this kind was missed on what was drawn."""
        return not any(row.objection for row in self.rows)

    def __getitem__(self, bound: str) -> Row:
        """The row of a bound, "contractive". Raises BadArgument."""
        for row in self.rows:
            if row.bound == bound:
                return row
        raise BadArgument(f"no bound {bound!r}; there are {', '.join(row.bound for row in self.rows)}")

    def __str__(self) -> str:
        lines = [f"{self.name}, said to be {self.family}: {'nothing objected to' if self.passed else 'NOT of this kind'}"]
        for row in self.rows:
            mark = "!!" if row.objection else "ok" if row.holds else "--"
            claim = f"proved ({row.statement})" if row.proved else "not claimed"
            lines.append(f"  {mark} {row.bound:<22} {claim:<24} {row.verdict}")
            if not row.holds:
                lines.append(f"  {'':25} {'':24} simplest: {_arguments(row.example)}")
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        head = "".join(
            f"<th style='text-align:left'>{x}</th>" for x in ("bound", "for such layers", "here", "simplest violation")
        )
        body = "".join(
            "<tr>"
            + "".join(
                f"<td style='text-align:left'>{escape(x)}</td>"
                for x in (
                    row.says,
                    f"proved: {row.statement}" if row.proved else "not claimed",
                    f"{'✗ ' if row.objection else ''}{row.verdict}",
                    "" if row.holds else _arguments(row.example),
                )
            )
            + "</tr>"
            for row in self.rows
        )
        verdict = "nothing objected to" if self.passed else "not of this kind"
        return (
            f"<b>{escape(self.name)}</b>, said to be {escape(str(self.family))}: {verdict}<table><tr>{head}</tr>{body}</table>"
        )


def check_layer(
    transition: Callable[..., Any],
    parameters: Any,
    *,
    n_h: int = 1,
    beta_max: Number = 2,
    gated: bool = False,
    tolerance: float | None = None,
    max_examples: int = EXAMPLES,
) -> Report:
    """All bounds on drawn parameters; for each that is missed the simplest parameters that hypothesis finds.

    transition  called with the parameters drawn, gives A [n, n] or a batch [..., n, n]
    parameters  a dict of hypothesis strategies by parameter name, or one strategy for its single argument
    n_h, beta_max, gated  what the layer is said to be: n_h factors with β‖k‖² ≤ beta_max, a gate in [0, 1] or none
    tolerance   as in the assertions

    What holds here held on a sample; that is evidence, and not proof.  The same on every run.
    Raises  MissingExtra without hypothesis; BadArgument

    >>> import numpy as np
    >>> from deltaword.theory.testing import betas, unit_vectors
    >>> def mirror(beta, key):
    ...     return np.eye(2) - beta * np.outer(key, key)
    >>> report = check_layer(mirror, {"beta": betas(0, 2), "key": unit_vectors(2)}, max_examples=50)
    >>> report.passed, report["real_spectrum"].holds, report["nonnegative_spectrum"].finding.says.split(", by")[0]
    (True, True, 'the eigenvalue −1 is not in [0, ∞)')
    >>> check_layer(mirror, {"beta": betas(0, 3), "key": unit_vectors(2)}, max_examples=50).passed
    False
    """
    hypothesis("check_layer")
    family = Family(n_h, beta_max, gated)
    strategy = strategy_of(parameters)
    if strategy is None:
        raise BadArgument(
            f"parameters are {written(parameters)}; give a hypothesis strategy, or a dict of them by parameter name"
        )
    _takes(transition, parameters)
    rows = [_row(bound, transition, strategy, family, tolerance, max_examples) for bound in BOUNDS]
    rows.insert(1, _products(transition, strategy, family, tolerance, max_examples))
    return Report(getattr(transition, "__name__", type(transition).__name__), family, tuple(rows))


def _takes(transition: Callable[..., Any], parameters: Any) -> None:
    """Raises BadArgument where the transition cannot be called with these parameters, by its signature."""
    name = getattr(transition, "__name__", type(transition).__name__)
    if not callable(transition):
        raise BadArgument(f"the transition is {transition!r}, not a function of a layer's parameters")
    try:
        signature = inspect.signature(transition)
    except (TypeError, ValueError):  # written in C, without one
        return
    by_name = isinstance(parameters, Mapping)
    try:
        signature.bind(**dict.fromkeys(parameters)) if by_name else signature.bind(None)
    except TypeError as problem:
        given = f"parameters named {', '.join(map(str, parameters))}" if by_name else "one strategy, for a single argument"
        raise BadArgument(f"{name}({', '.join(signature.parameters)}) does not take {given}: {problem}") from None


def _row(
    bound: Bound, transition: Callable[..., Any], strategy: Any, family: Family, tolerance: float | None, max_examples: int
) -> Row:
    def first(arguments: Any) -> Finding | None:
        return next(filter(None, (bound.of(matrix, family, tolerance) for matrix in called(transition, arguments))), None)

    example, drawn = smallest(strategy, first, max_examples)
    finding = None if example is None else first(example)
    return Row(bound.name, bound.says, bound.proved(family), bound.statement, finding is None, drawn, example, finding)


def _products(transition: Callable[..., Any], strategy: Any, family: Family, tolerance: float | None, max_examples: int) -> Row:
    """The norm over words of drawn tokens of one size."""
    strategies = hypothesis().strategies

    def grown(word: list[Any]) -> Any:
        return first_growth(transition, word, n_h=family.n_h, tolerance=tolerance)

    words = strategies.lists(strategy, min_size=1, max_size=GROWING).map(
        lambda word: [token for token in word if _size(transition, token) == _size(transition, word[0])]
    )
    example, drawn = smallest(words, grown, max_examples)
    finding = None
    if example is not None:
        example = shortened(example, grown)
        read, size, bound = grown(example) or ([], 0.0, 0.0)
        says = f"the product of {len(read)} token{'s' * (len(read) > 1)} has the norm {size:.6g}, above {bound:.6g}"
        finding = Finding(says, "multiplied in float64", size, size - bound, 0.0)
    says = f"products of up to {GROWING} tokens have norm at most 1"
    return Row("bounded_states", says, True, "stability", example is None, drawn, example, finding)


def _size(transition: Callable[..., Any], token: Any) -> int:
    return called(transition, token)[0].n


def _arguments(example: Any) -> str:
    if isinstance(example, dict):
        return ", ".join(f"{name} = {written(value)}" for name, value in example.items())
    if isinstance(example, list) and example and isinstance(example[0], dict):
        return "; ".join(map(_arguments, example))
    return written(example)
