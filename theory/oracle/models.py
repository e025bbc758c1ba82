"""What "a network recognises a language" means: the models of computation that verdicts hold in.

A yes in `EXACT` is a yes in `CAST`: finitely many states survive a cast to a set that holds them.  A no in `EXACT` says nothing of
`CAST`, where magnitudes that shrink for ever may still be told apart by their signs.  None of them is the float format of a
machine: for that a certificate is needed (theory/certificate.py).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Model:
    """A model of computation, by a short name, and what it says in full."""

    name: str
    title: str
    text: str


EXACT = Model(
    "exact",
    "finitely many exact states",
    "Arithmetic is exact and a layer reaches finitely many states, over words of all lengths. The first layer sees the letters one "
    "at a time; a higher one sees the letter and what the layers below hold before and after it, as a convolution of width two "
    "between layers gives it. What reads the stack sees all states and the last letter, and may be any function of them. Without "
    "that convolution less is possible: layers whose letters all act as idempotents then cannot even tell the words a and aa apart.",
)
CAST = Model(
    "cast",
    "exact run, cast at readout",
    "The recurrence runs in real numbers without rounding. Each layer's output is cast entry by entry, monotonically, to a finite "
    "set of numbers before anything else reads it: an Mlp, the next layer, the decision. A state that decays for ever keeps its "
    "signs, which no float format of fixed size does. A yes here asks for a set with a negative and a positive number.",
)
LOG = Model(
    "log precision",
    "O(log T) bits for words of length T",
    "Numbers have O(log T) bits on words of length T, rounded after every step; the weights do not depend on T unless it is said.",
)
HARD = Model(
    "hard attention",
    "each head attends to one position",
    "Transformer encoders whose heads attend to exactly one position, strictly to the left; values from a finite set.",
)

MODELS = {model.name: model for model in (EXACT, CAST, LOG, HARD)}
