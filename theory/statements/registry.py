"""The statements in the order in which to read them, by name, as a table, and each as text."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from textwrap import fill
from typing import NamedTuple

from ...automata.errors import UnknownStatement
from . import (
    any_regular_language,
    cayley_not_enough,
    commuting_idempotents,
    contractions,
    counting_bound,
    cube_and_icosahedron,
    depth_hierarchy,
    dihedral_two_layers,
    dyadic_keys,
    eigenvalues,
    error_control,
    gradient_descent,
    grid_exactness,
    group_walks,
    group_word_problems,
    hole_cascade,
    l_class_registers,
    mirrors,
    norm,
    one_layer_obstruction,
    parity_bound,
    peeling,
    positive_keys,
    real_spectrum,
    register_weights,
    rounded_keys,
    saturation,
    smallest_n_h,
    stability,
    stacks_are_cascades,
    step_rounding,
    swaps,
    symmetric_in_blocks,
    three_projections,
    unit_modulus,
    vectors_beyond_bits,
)
from .statement import Kind, Statement

_STATEMENTS = {
    module.STATEMENT.name: module.STATEMENT
    for module in (
        eigenvalues,
        norm,
        unit_modulus,
        real_spectrum,
        three_projections,
        mirrors,
        swaps,
        contractions,
        stability,
        gradient_descent,
        error_control,
        parity_bound,
        counting_bound,
        group_word_problems,
        smallest_n_h,
        cube_and_icosahedron,
        dihedral_two_layers,
        symmetric_in_blocks,
        any_regular_language,
        grid_exactness,
        dyadic_keys,
        positive_keys,
        rounded_keys,
        saturation,
        step_rounding,
        one_layer_obstruction,
        l_class_registers,
        group_walks,
        register_weights,
        commuting_idempotents,
        cayley_not_enough,
        vectors_beyond_bits,
        hole_cascade,
        peeling,
        stacks_are_cascades,
        depth_hierarchy,
    )
}
LABEL, WIDTH = 12, 110


def statements() -> list[Statement]:
    """All of them, each resting on earlier ones only.

    >>> [statement.name for statement in statements()][:3]
    ['eigenvalues', 'norm', 'unit_modulus']
    """
    return list(_STATEMENTS.values())


def get(name: str) -> Statement:
    """The statement of that name. Raises UnknownStatement with names like it.

    >>> get("norm").title
    'Products of generalized Householder matrices have norm at most 1.'
    """
    text = str(name)
    if text in _STATEMENTS:
        return _STATEMENTS[text]
    close = get_close_matches(text.lower().replace("-", "_").replace(" ", "_"), _STATEMENTS, 3)
    hint = f"did you mean {' or '.join(map(repr, close))}? " if close else ""
    raise UnknownStatement(f"no statement {name!r}; {hint}there are {', '.join(_STATEMENTS)}")


class Row(NamedTuple):
    """One statement, and what its check found."""

    name: str
    title: str
    kind: Kind
    status: str
    coq: str
    holds: bool
    says: str
    seconds: float


def table() -> Iterator[Row]:
    """Every statement, checked as its row is asked for; a few seconds for all."""
    for statement in statements():
        found = statement.check()
        yield Row(
            statement.name, statement.title, found.kind, statement.status, statement.coq, found.holds, found.says, found.seconds
        )


def describe(name: str) -> str:
    """The title, and under labels the hypotheses, claim, proof, source, check, a worked example and what refutes a false variant.

    Raises UnknownStatement

    >>> print(describe("swaps").splitlines()[-1])
    refuted     n − c = 1, but exchanging places 0 and 2 takes 3 exchanges of neighbours
    """
    statement = get(name)
    refuted = statement.refute()
    parts = {label.lower(): text for label, text in statement.parts.items() if label != "Title"}
    parts |= {"evidence": statement.kind, "example": statement.example(), "variant": refuted.variant, "refuted": refuted.says}
    indent = " " * LABEL
    paragraphs = (
        fill(f"{label:{LABEL}}{text}", WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
        for label, text in parts.items()
    )
    return "\n".join([statement.title, "", *paragraphs])
