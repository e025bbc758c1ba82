"""What a layer, or several, cannot do, or what escapes the theorem, as a value that prints as a sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from .eigenvalue import Eigenvalue
from .layer import Letter

Verdict = Literal["cannot", "escapes", "undecided"]
MODEL = (
    "each layer runs exactly, and where its state is read every entry is cast, in order, to one of finitely many numbers "
    "(finitely many exact states are a case of it); rounding after each step is another machine: statement step_rounding"
)


@dataclass(frozen=True, eq=False)
class Escape:
    """layer       counted from 1
    letters     whose matrices were multiplied, the first read first; empty for a family, of which `matrix` is a member's
    eigenvalue  that is out of range
    matrix      exact: a diagonal block of the product; for factored heads the small matrix with the same eigenvalues
    """

    layer: int
    letters: tuple[Letter, ...]
    eigenvalue: Eigenvalue
    matrix: np.ndarray

    def what(self, spelt: Callable[[object], str] = repr) -> str:
        """Which matrix it is of, its letters spelt by a function."""
        if not self.letters:
            return "a member of the family"
        if len(self.letters) == 1:
            return f"the matrix of {spelt(self.letters[0])}"
        return f"the product of the matrices of {', '.join(map(spelt, self.letters))}"

    @property
    def note(self) -> str:
        """What is to be added where the modulus is below 1; "" else."""
        if self.eigenvalue.modulus != "below 1":
            return ""
        return ", of modulus below 1: no help to finitely many exact states, but a readout on a rounding boundary may see it for ever"

    def __str__(self) -> str:
        return f"in layer {self.layer} {self.what()} has the eigenvalue {self.eigenvalue}{self.note}"


@dataclass(frozen=True, eq=False)
class Finding:
    """task      "parity" or "counting modulo m"
    verdict   "cannot": proved for these layers, of any weights besides; "escapes": the theorem does not exclude it, and `escapes`
              says why; "undecided": rounding leaves open whether it does
    theorem   the statement of theory/statements
    because   the reason, in words
    escapes   the eigenvalues out of range, in the order of their layers
    period    on a constant word the readout gets a period that divides this; None where there is no such bound
    margin    for "undecided": how far numpy's eigenvalues lie outside of the range
    given     whether layers' inputs were given, and others would have to be asked for as well
    read_to   for "cannot": relative to their size, how far the numbers may be from those meant. It is proved of the numbers as they are
    model     of computation that the theorem is about
    """

    task: str
    verdict: Verdict
    theorem: str
    because: str
    escapes: tuple[Escape, ...] = ()
    period: int | None = None
    margin: float | None = None
    given: bool = False
    read_to: float = 0.0
    model: str = MODEL

    @property
    def cannot(self) -> bool:
        return self.verdict == "cannot"

    @property
    def escape(self) -> Escape | None:
        """The decisive one: the last."""
        return self.escapes[-1] if self.escapes and self.verdict == "escapes" else None

    @property
    def answer(self) -> str:
        """The verdict with its theorem, and of which inputs and numbers it holds."""
        scope = ", for the inputs given" if self.given else ""
        if self.cannot and self.read_to > 0:
            scope += f", for the matrices as they were read off, which are good to {self.read_to:.0e} of their size"
        says = {"cannot": "cannot,", "escapes": "not excluded", "undecided": "undecided"}[self.verdict]
        return f"{says} by theorem {self.theorem}{scope}"

    def __str__(self) -> str:
        model = f" Model: {self.model}." if self.cannot else ""
        return f"{self.task[0].upper()}{self.task[1:]}: {self.answer}: {self.because}.{model}"

    def latex(self) -> str:
        """Question, answer, reason and the eigenvalues out of range, a part of a document (theory/latex)."""
        from ..latex import finding

        return finding(self)
