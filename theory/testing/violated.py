"""What an assertion raises."""

from __future__ import annotations

from ..statements import get
from .bounds import Bound
from .findings import Finding
from .given import Given


class Violated(AssertionError):
    """A transition misses a bound. bound, matrix and finding are attributes; the message has all of them in words."""

    def __init__(self, bound: Bound, matrix: Given, finding: Finding):
        self.bound, self.matrix, self.finding = bound, matrix, finding
        super().__init__(
            f"assert_{bound.name}: {finding.says}\n"
            f"  matrix       {matrix}\n"
            f"  why          {finding.why}\n"
            f"  contradicts  statement {bound.statement}: {get(bound.statement).title}\n"
            f"  so           {bound.missed}"
        )
