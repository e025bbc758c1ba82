"""Any finite group of orthogonal matrices in one layer.

Notation      letter x acts by an orthogonal matrix M(x) [n, n]; after a word the state S, the identity at first, is the product M of
              its letters' matrices, later ones on the left.  A head read along `query` reads Mᵀ query.
Statement     with as many steps as the largest rank(I − M(x)), one layer tracks M exactly (theory/factor.py).
Reading       a query that no element but the identity keeps tells all elements apart; nearest point by inner products: the right
              logit leads by ‖u − v‖²/2 at least, u and v the nearest two points.  The query is the best of a few whole ones.
Exact         where the entries are dyadic and mirrors with 2/‖k‖² dyadic are found; signed permutations and the Weyl groups B_n, F_4
              are.
Source        Grazzi et al. 2411.12537, Theorem 3, and Siems et al. 2502.10297, Theorem 1, for permutations and rotations;
              Cartan–Dieudonné for the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np

from ...automata.dfa import DFA
from ...automata.errors import BadStep, TooLarge
from ..closure import nearest_floats
from ..cyclotomic import from_sympy
from ..exact_layer import Head, LetterAction
from ..factor import checked_orthogonal, dyadic_reflections, reflections
from ..householder import Step
from ..numbers import identity, tidied
from .construction import GRAZZI, SIEMS, Construction, is_dyadic, nearest_point

LIMIT = 5_000  # elements


def group(matrices: Mapping[Any, Any], limit: int = LIMIT, name: str | None = None) -> Construction:
    """One layer that multiplies orthogonal matrices, one a letter.

    matrices  letter to rows of exact numbers; all n × n
    limit     elements of the group they generate, at most
    Raises    BadStep for a matrix that is not orthogonal or not exact, or of another size; TooLarge past `limit` elements

    >>> signed = group({"a": [[0, -1, 0], [1, 0, 0], [0, 0, 1]], "b": [[0, 0, 1], [1, 0, 0], [0, 1, 0]]})
    >>> signed.dfa.n_states, signed.n_h, signed.exact, signed.stack.states("abab") == signed.dfa.states("abab")
    (24, 2, True, True)
    """
    letters = _checked(matrices)
    elements, table = generated(list(letters.values()), limit)
    dfa = DFA(table, 0, [0], list(letters))
    return one_layer(
        name or f"group of {len(elements)} orthogonal matrices",
        dfa,
        list(letters.values()),
        elements,
        f"one layer, rank(I − M) reflections a letter; {GRAZZI}, Theorem 3, and {SIEMS}, Theorem 1",
    )


def one_layer(
    name: str, dfa: DFA, letters: Sequence[np.ndarray], elements: Sequence[np.ndarray], statement: str
) -> Construction:
    """The layer, from a matrix for each letter and for each state of the machine."""
    factored = [mirrors(M) for M in letters]
    n = len(letters[0])
    query = best_query(elements)
    head = Head(identity(n), query, [LetterAction(tuple(steps)) for steps in factored])
    points = [tidied(M.T @ np.array(query, dtype=object)) for M in elements]
    return Construction(name, dfa, nearest_point(dfa.alphabet, [head], points), statement)


def mirrors(matrix: np.ndarray) -> list[Step]:
    """rank(I − M) reflections, dyadic ones where they are found."""
    n = len(matrix)
    return dyadic_reflections(matrix, columns=n) or reflections(matrix, columns=n)


def generated(letters: Sequence[np.ndarray], limit: int = LIMIT) -> tuple[list[np.ndarray], np.ndarray]:
    """All products, the identity first, and the table [n, n_letters] of M ↦ M(x) M. Raises TooLarge past the limit."""
    elements = [identity(len(letters[0]))]
    index = {tuple(elements[0].flat): 0}
    rows = []
    for element in elements:
        row = []
        for letter in letters:
            after = tidied(letter @ element)
            key = tuple(after.flat)
            if key not in index:
                if len(elements) >= limit:
                    raise TooLarge(
                        f"these matrices generate more than {limit:,} elements, if finitely many; check that they generate a finite "
                        "group, and raise `limit` if they do"
                    )
                index[key] = len(elements)
                elements.append(after)
            row.append(index[key])
        rows.append(row)
    return elements, np.array(rows)


def best_query(elements: Sequence[np.ndarray]) -> tuple[int, ...]:
    """A whole vector that no element but the identity keeps. For dyadic matrices the shortest found, so that the numbers stay small;
    for others the one whose images are furthest apart for its length. Raises BadStep when none is found."""
    shortest = all(is_dyadic(x) for M in elements for x in M.flat)
    floats = np.array([nearest_floats(M) for M in elements])
    best, margin = None, 1e-9  # far above rounding: less is taken for none
    for query in queries(len(elements[0])):
        v = np.array(query, dtype=float)
        # from the identity's image: seen from the others all is the same
        apart = float((((floats @ v - v) ** 2).sum(axis=1)[1:] / (v @ v)).min(initial=4.0))
        if apart > 1.03 * margin:  # a little more is not worth larger numbers
            best, margin = query, apart
            if shortest:
                break
    if best is None:
        raise BadStep(f"among {len(queries(len(elements[0])))} whole vectors tried, none is kept by the identity alone")
    return best


def queries(n: int) -> list[tuple[int, ...]]:
    """Whole vectors to try, short ones first: all small ones up to sign in few dimensions, and drawn ones."""
    found = [tuple(range(n))]
    most = {1: 1, 2: 7, 3: 7, 4: 3}.get(n, 0)
    found += [v for v in product(range(-most, most + 1), repeat=n) if any(v) and next(x for x in v if x) > 0]
    draw = np.random.default_rng(0)
    for size in (n, 3 * n, 10 * n, 100 * n):
        found += [tuple(row) for row in draw.integers(-size, size + 1, (100, n)).tolist() if any(row)]
    return sorted(dict.fromkeys(found), key=lambda v: sum(x * x for x in v))


def _checked(matrices: Mapping[Any, Any]) -> dict[Any, np.ndarray]:
    if not matrices:
        raise BadStep("no matrices; give a dict from letters to orthogonal matrices")
    checked: dict[Any, np.ndarray] = {}
    for letter, rows in matrices.items():
        try:
            checked[letter] = checked_orthogonal([[_cyclotomic(x) for x in row] for row in rows])
        except BadStep as fault:
            raise BadStep(f"the matrix of letter {letter!r}: {fault}") from None
        except TypeError:
            raise BadStep(f"the matrix of letter {letter!r} should be rows of exact numbers, not {rows!r}") from None
    sizes = {letter: len(matrix) for letter, matrix in checked.items()}
    if len(set(sizes.values())) > 1:
        raise BadStep(f"the matrices should be of one size; theirs are {sizes}")
    return checked


def _cyclotomic(value: Any) -> Any:
    """Sympy numbers in their cyclotomic form, which is decided faster, where they have one that is easily seen."""
    if hasattr(value, "free_symbols"):
        try:
            return from_sympy(value)
        except BadStep:
            return value
    return value
