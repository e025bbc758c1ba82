"""Word problems of groups: the running product at every position, and the variants of its letters in the papers.

    S_5, A_5, D_4, Z_3, Z_2xZ_4   letters: all elements                                                  (Siems et al. 2025)
    S_5_swaps                     letters: the swaps and the identity                                    (Grazzi et al. 2024)
    S_5_move_3                    letters: the permutations that move at most 3 points                   (Grazzi et al. 2024)
    S_5_tokens_4                  each element followed by 3 fillers: four tokens for one transition     (Grazzi et al. 2024)

Products are read from the left: after g, letter x gives g·x, g first. In matrices a later token acts on the left.
Lengths       the second paper trains on 128 and evaluates on 512 tokens; the first, for its variants, trains on 32 elements and
              evaluates on hundreds. We evaluate up to 64 times the training length.
Not here      fillers that repeat the element, and four elements merged into one ("_hard" in the released code).
"""

from __future__ import annotations

import re

import numpy as np

from ...automata import groups
from ...automata.dfa import DFA
from ...automata.errors import BadArgument
from ...automata.group import Group
from .automaton import EVAL_LENGTHS, LENGTHS, AutomatonTask

VARIANT_LENGTH = 32  # elements in a training word of the first paper's variants

FILLER = "_"
FAMILIES = {"S": groups.symmetric, "A": groups.alternating, "D": groups.dihedral, "Z": groups.cyclic}
FORM = re.compile(
    r"(?P<factors>[SADZ]_\d{1,4}(?:x[SADZ]_\d{1,4})*)(?:(?P<swaps>_swaps)|_move_(?P<moved>\d+))?(?:_tokens_(?P<tokens>\d+))?"
)


def word_problem(name: str) -> AutomatonTask | None:
    """The task of a name like those above; None for a name of another form.

    Raises  BadArgument for a variant that the group does not have, BadPermutation and TooLarge for groups too small or too large

    >>> word_problem("S_3").letters
    ('()', '(1 2)', '(0 1)', '(0 1 2)', '(0 2 1)', '(0 2)')
    >>> [len(word_problem(name).letters) for name in ("S_5", "S_5_swaps", "S_5_move_3", "S_5_tokens_4")]
    [120, 11, 31, 121]
    """
    found = FORM.fullmatch(name)
    if found is None:
        return None
    parts = [FAMILIES[factor[0]](int(factor[2:])) for factor in found["factors"].split("x")]
    group = parts[0] if len(parts) == 1 else groups.direct_product(*parts)
    moved = 2 if found["swaps"] else int(found["moved"] or 0)
    is_variant = bool(moved or found["moved"] or found["tokens"])
    dfa = group.word_problem(elements_that_move(group, moved, name) if found["swaps"] or found["moved"] else None)
    k = int(found["tokens"] or 1)
    if k < 1:
        raise BadArgument(f"{name!r} asks for {k} tokens an element; at least 1 is expected")
    longest = k * VARIANT_LENGTH if is_variant else LENGTHS[1]
    return AutomatonTask(
        name,
        with_filler(dfa) if k > 1 else dfa,
        slots=((0, dfa.n_letters), *((dfa.n_letters, 1),) * (k - 1)),
        train_lengths=(longest, longest),
        eval_lengths=tuple(length // LENGTHS[1] * longest for length in EVAL_LENGTHS),
    )


def elements_that_move(group: Group, most: int, name: str) -> list[str]:
    """The elements that move at most so many points. Raises BadArgument where only the identity does, or points mean nothing."""
    if group.symbol[0] not in "SA" or "×" in group.symbol:
        raise BadArgument(f"{name!r} speaks of moved points; only letters of S_n and A_n can be limited so")
    moves = {element: sum(i != image for i, image in enumerate(group.permutation(element))) for element in group.elements}
    elements = [element for element, moved in moves.items() if moved <= most]
    if len(elements) < 2:
        raise BadArgument(
            f"{name!r} has only the identity for a letter: no other element of {group.symbol} moves so few points"
        )
    return elements


def with_filler(dfa: DFA) -> DFA:
    """One letter more, which changes nothing."""
    table = np.column_stack([dfa.table, np.arange(dfa.n_states)])
    return DFA(table, dfa.start, dfa.accepting, (*dfa.alphabet, FILLER), state_names=dfa.state_names)
