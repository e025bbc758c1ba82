"""What a conformance check found: a row for each machine and form of its keys."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

from .forms import EXACT

SHOWN = (64, 1024)  # tokens whose drift stands in the table, beside the last


@dataclass(frozen=True)
class Length:
    """One call: its tokens, how far its last state was from the true one, and whether all its outputs and that state were exact."""

    tokens: int
    drift: float
    exact: bool


@dataclass(frozen=True)
class Row:
    """One machine with one form of keys.

    lengths           the calls, shortest first
    first_wrong       the first token, from 0, whose output names another state than the automaton's, at any length; None if none does
    first_inexact     the first token whose output is not the true one bit for bit
    keys_drift        for rounded keys: the drift of the same inputs in float64, which no kernel can be blamed for
    keys_first_wrong  and its first wrong token
    problem           what the function raised, and where
    """

    machine: str
    form: str
    n_h: int
    head_dim: int
    lengths: tuple[Length, ...]
    first_wrong: int | None
    first_inexact: int | None
    keys_drift: float | None
    keys_first_wrong: int | None
    problem: str | None
    within: float | None

    @property
    def tokens(self) -> int:
        """Of the longest call."""
        return self.lengths[-1].tokens if self.lengths else 0

    @property
    def exact(self) -> bool:
        """Every output and last state of every call, bit for bit."""
        return self.problem is None and all(length.exact for length in self.lengths)

    @property
    def drift(self) -> float:
        """Of the longest call; infinite where the function raised."""
        return math.inf if self.problem is not None else self.lengths[-1].drift

    @property
    def verdict(self) -> str:
        """exact; drifts: all reads right, but something is not bit-exact; wrong; raised.

        >>> Row("parity", "integer", 1, 16, (Length(1, 0.0, True), Length(2, 0.5, False)), None, 1, None, None, None, None).verdict
        'drifts'
        """
        if self.problem is not None:
            return "raised"
        if self.first_wrong is not None:
            return "wrong"
        return "exact" if self.exact else "drifts"

    @property
    def held_to(self) -> bool:
        """Whether anything was asked of this row, or it was only measured."""
        return self.within is not None or self.form in EXACT

    @property
    def passed(self) -> bool:
        """Whether the row is what was asked: exact bit for bit; or reads right and never further than `within`."""
        if self.problem is not None:
            return False
        if self.within is not None:
            return self.first_wrong is None and all(length.drift <= self.within for length in self.lengths)
        return self.exact or not self.held_to

    @property
    def says(self) -> str:
        """The verdict in words."""
        if self.problem is not None:
            return f"raised {self.problem}"
        if self.exact:
            return f"bit-exact at all {len(self.lengths)} lengths to {self.tokens:,} tokens"
        text = "reads right" if self.first_wrong is None else f"wrong from token {self.first_wrong:,}"
        if self.first_inexact is None:
            state = next(length.tokens for length in self.lengths if not length.exact)
            text += f", outputs exact; the last state is not, first after {state:,} tokens"
        elif self.first_inexact != self.first_wrong:
            text += f", not exact from token {self.first_inexact:,}"
        if self.keys_drift is not None:
            keys = "read right" if self.keys_first_wrong is None else f"read wrong from token {self.keys_first_wrong:,}"
            text += f"; these keys in float64 {keys} and drift {short(self.keys_drift)}"
        return text

    def drift_at(self, tokens: int) -> float | None:
        """The drift of the longest call of at most so many tokens."""
        return next((length.drift for length in reversed(self.lengths) if length.tokens <= tokens), None)

    def to_json(self) -> dict[str, Any]:
        """Plain data; a drift that is not finite is null."""
        return {
            "machine": self.machine,
            "keys": self.form,
            "n_h": self.n_h,
            "head_dim": self.head_dim,
            "tokens": self.tokens,
            "verdict": self.verdict,
            "says": self.says,
            "passed": self.passed,
            "only_measured": not self.held_to,
            "first_wrong_token": self.first_wrong,
            "first_inexact_token": self.first_inexact,
            "final_drift": finite(self.drift),
            "drift": [{"tokens": x.tokens, "drift": finite(x.drift), "exact": x.exact} for x in self.lengths],
            "keys_in_float64": None
            if self.keys_drift is None
            else {"final_drift": finite(self.keys_drift), "first_wrong_token": self.keys_first_wrong},
            "problem": self.problem,
        }


@dataclass(frozen=True)
class Report:
    """All rows, and how they were run. `print(report)` shows a table; `report["D_4", "integer"]` is a row."""

    function: str
    dtype: str
    device: str
    tokens: int
    words: int
    closed_gate: float
    within: float | None
    seed: int
    rows: tuple[Row, ...]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __getitem__(self, key: tuple[str, str]) -> Row:
        """The row of a machine and a form of keys. Raises KeyError."""
        for row in self.rows:
            if (row.machine, row.form) == key:
                return row
        raise KeyError(key)

    @property
    def passed(self) -> bool:
        return all(row.passed for row in self.rows)

    @property
    def verdict(self) -> str:
        """The whole in a few words, the worst row first."""
        failed = [row for row in self.rows if not row.passed]
        if failed:
            worst = min(failed, key=lambda row: ("raised", "wrong", "drifts").index(row.verdict))
            return f"{len(failed)} of {len(self.rows)} rows fail: {worst.machine} with {worst.form} keys {worst.says}"
        if self.within is not None:
            return f"all reads right, no drift over {self.within:g}"
        held = sum(row.held_to for row in self.rows)
        return (
            f"exact in all {held} rows whose keys allow it" if held else "nothing was asked of these rows; they were measured"
        )

    def __str__(self) -> str:
        run = f"{self.dtype} on {self.device}, {self.words} words of about {self.tokens:,} tokens, seed {self.seed}"
        lines = [
            f"{self.function}, {run}: {self.verdict}",
            "   " + "  ".join(f"{x:<{w}}" for x, w in zip(HEADER, WIDTHS, strict=True)),
        ]
        for row in self.rows:
            cells = "  ".join(f"{x:<{w}}" for x, w in zip(self._cells(row), WIDTHS, strict=True))
            lines.append(f"{mark(row)} {cells}".rstrip())
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        def line(cells: list[str], tag: str) -> str:
            return "<tr>" + "".join(f"<{tag} style='text-align:left'>{escape(x)}</{tag}>" for x in cells) + "</tr>"

        body = "".join(line([mark(row), *self._cells(row)], "td") for row in self.rows)
        return f"<b>{escape(self.function)}</b>: {escape(self.verdict)}<table>{line(['', *HEADER], 'th')}{body}</table>"

    @staticmethod
    def _cells(row: Row) -> list[str]:
        drifts = [row.drift_at(tokens) if row.tokens >= tokens else None for tokens in SHOWN]
        shown = ["" if x is None else short(x) for x in (*drifts, row.lengths[-1].drift if row.lengths else None)]
        return [row.machine, row.form, str(row.n_h), *shown, row.says]

    def to_json(self) -> dict[str, Any]:
        return {
            "function": self.function,
            "dtype": self.dtype,
            "device": self.device,
            "tokens": self.tokens,
            "words": self.words,
            "closed_gate": finite(self.closed_gate),
            "within": self.within,
            "seed": self.seed,
            "passed": self.passed,
            "verdict": self.verdict,
            "rows": [row.to_json() for row in self.rows],
        }


HEADER = ["machine", "keys", "n_h", *(f"drift {n:,}" for n in SHOWN), "last", "found"]
WIDTHS = [20, 7, 3, 8, 11, 7, 0]


def mark(row: Row) -> str:
    """ok; !! for a row that fails; -- for one that was only measured."""
    return "!!" if not row.passed else "ok" if row.held_to else "--"


def short(x: float) -> str:
    return "0" if x == 0 else f"{x:.1e}" if math.isfinite(x) else "not finite"


def finite(x: float) -> float | None:
    return x if math.isfinite(x) else None
