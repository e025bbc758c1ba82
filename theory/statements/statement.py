"""What a statement is here: a claim with its hypotheses and source, a check that can fail, and a false variant with what refutes it.

A statement is a module.  Its docstring is the text, in labelled paragraphs, and begins with the title: Notation, Hypotheses, Claim,
Proof, Source, Status, Check, and Coq where proofs/ proves it too.  Its functions are `verify`, `refute` and `example`.
Status says how far the claim itself is proved, by the proof in the text: "proved", or "proved up to a quoted theorem: …", published
and named; what textbooks have is not counted.  The kind of evidence says what the check, which can fail, is worth.
Kinds of evidence, strongest first:
    proved for all n                the identities of the proof, checked as polynomial identities in generic inner products
                                    (vectors.py), so for vectors of every dimension; what the proof quotes is named in its text
    proved for the sizes named      every case of the sizes named, or a symbolic computation at each
    proved by closure               every reachable case, so words of every length, for the machines named
    property-tested                 drawn cases, exactly or within a bound on the rounding
    sampled                         some cases
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from time import perf_counter
from typing import Any, Literal

import numpy as np

Kind = Literal["proved for all n", "proved for the sizes named", "proved by closure", "property-tested", "sampled"]


class Fails(Exception):
    """A check met a case in which its statement does not hold."""


def require(holds: Any, case: str) -> None:
    """Raises Fails, naming the case, unless it holds."""
    if not holds:
        raise Fails(case)


def shown(matrix: np.ndarray) -> str:
    """Rows of exact numbers as they are written in a text.

    >>> from fractions import Fraction
    >>> shown(np.array([[Fraction(-1, 2), 0]], dtype=object))
    '[[−1/2, 0]]'
    """
    return f"[{', '.join(f'[{row}]' for row in (', '.join(map(str, row)) for row in matrix))}]".replace("-", "−")


@dataclass(frozen=True)
class Checked:
    """kind     what the check is worth
    holds    whether no case failed
    says     what was checked, or the case that failed
    cases    identities and cases that were checked
    seconds  how long it took
    """

    kind: Kind
    holds: bool
    says: str
    cases: int
    seconds: float


@dataclass(frozen=True)
class Counterexample:
    """variant  the false statement: which hypothesis was dropped
    objects  the exact numbers, rows of matrices as lists, that meet all other hypotheses
    says     what goes wrong with them
    """

    variant: str
    objects: Mapping[str, Any]
    says: str


@dataclass(frozen=True)
class Statement:
    """name     a Python name
    kind     of evidence that `check` gives
    text     the module's docstring
    verify   () → (cases, what was checked); raises Fails
    refute   () → a counterexample to the statement with a hypothesis dropped, itself checked exactly
    example  () → a worked example, computed
    """

    name: str
    kind: Kind
    text: str | None
    verify: Callable[[], tuple[int, str]]
    refute: Callable[[], Counterexample]
    example: Callable[[], str]

    def check(self) -> Checked:
        """Checks it now; a failing case is in the result, not raised.

        >>> from deltaword.theory.statements import get
        >>> found = get("norm").check()
        >>> found.kind, found.holds
        ('proved for all n', True)
        """
        begun = perf_counter()
        try:
            cases, says = self.verify()
            holds = True
        except Fails as failed:
            cases, says, holds = 0, f"fails: {failed}", False
        return Checked(self.kind, holds, says, cases, perf_counter() - begun)

    def latex(self) -> str:
        """A theorem with its proof and what the check is worth, a part of a document (theory/latex)."""
        from ..latex import statement

        return statement(self)

    @property
    def title(self) -> str:
        return self.parts["Title"]

    @property
    def hypotheses(self) -> str:
        return self.parts["Hypotheses"]

    @property
    def claim(self) -> str:
        return self.parts["Claim"]

    @property
    def idea(self) -> str:
        """The proof."""
        return self.parts["Proof"]

    @property
    def source(self) -> str:
        return self.parts["Source"]

    @property
    def status(self) -> str:
        """Of the claim, whatever its check covers: "proved", "proved up to a quoted theorem: …", "checked in the range named"."""
        return self.parts["Status"]

    @property
    def coq(self) -> str:
        """The files and theorems of proofs/ that prove it, or parts of it; empty where there are none."""
        return self.parts.get("Coq", "")

    @cached_property
    def parts(self) -> dict[str, str]:
        """The labelled paragraphs of the text, each on one line, and the title."""
        title, _, rest = (self.text or "").partition("\n")
        found = re.findall(r"^([A-Z][a-z]+)[ ]{2,}(.*(?:\n[ ]+.*)*)", rest, re.MULTILINE)
        return {"Title": title.strip(), **{label: " ".join(paragraph.split()) for label, paragraph in found}}
