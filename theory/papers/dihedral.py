"""The word problem of a dihedral group in two DeltaNet layers, one step a token.

Statement     D_m, the 2m symmetries of a regular m-gon, all of them letters: two layers with n_h = 1, for every m ≥ 2.
Construction  p = parity of the rotation tokens so far (the identity counts as one), by a first layer of one dimension.  The second
              layer holds S^p M, M the product so far and S = mirror 0.  The step from S^p' M to S^p x M is S^p x S^p', which has
              determinant −1 whatever x is: one mirror.  For x = r^j and for x = s·r^j alike it is mirror j at p = 0 and mirror −j
              at p = 1.
Reading       the second layer is read along a generic point: it gives the point u of M at p = 0 and that of M·s at p = 1, so state g
              has the logit  ReLU(⟨o, u_g⟩ + N P) + ReLU(⟨o, u_gs⟩ − N P),  P = (−1)^p, N = ‖u‖²: the wrong one of the two is 0.
              The 2m points are equally spaced: the right logit leads by 1 − cos(π/m) = 2 sin²(π/2m); by 1 at least where m | 12.
Exact         where m divides 12, in whole numbers (polygon.py).
Source        Siems et al. 2502.10297 prove that two layers suffice; this construction with a single head in the first is ours.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from ...automata import groups
from ...automata.checked import is_whole
from ...automata.errors import BadArgument
from ..exact_stack import ExactStack
from ..mlp import Mlp
from .construction import SIEMS, Construction
from .counting import flips, parity_link
from .polygon import heads, point, polygons


def dihedral(m: int, letters: Literal["elements", "generators"] = "elements") -> Construction:
    """The products of symmetries of a regular m-gon, 2 ≤ m ≤ 500, all 2m letters or only r and s. Raises BadArgument on other sizes.

    >>> made = dihedral(5)
    >>> word = ["r", "s", "r", "sr2"]
    >>> made.stack.states(word) == made.dfa.states(word), made.n_h, made.exact, dihedral(6).exact
    (True, 1, False, True)
    """
    if not is_whole(m) or not 2 <= m <= 500:
        raise BadArgument(f"the dihedral group D_{m!r}: m should be a whole number from 2 to 500")
    if letters not in ("elements", "generators"):
        raise BadArgument(f'letters={letters!r}; all "elements", or the "generators" r and s')
    group = groups.dihedral(m)
    dfa = group.word_problem(["r", "s"] if letters == "generators" else None)
    acts = [coordinates(letter) for letter in dfa.alphabet]
    used = sorted({sign * j % m for j, _ in acts for sign in (1, -1)})
    parts = polygons(m)
    mirrors = heads(parts, [(j, True) for j in used], generic=True)
    link = parity_link(np.array([[used.index(j), used.index(-j % m)] for j, _ in acts]), len(used))
    names = dfa.state_names or ()
    points = {(j, reflected): point(parts, j, reflected, generic=True) for j, reflected in map(coordinates, names)}
    stack = ExactStack(
        dfa.alphabet,
        ((flips([not reflected for _, reflected in acts]),), mirrors),
        (link,),
        _reader([points[coordinates(name)] for name in names], [points[times_s(*coordinates(name), m)] for name in names]),
    )
    statement = f"two DeltaNet layers: parity of the rotations, then one reflection a token; {SIEMS}, on dihedral groups"
    return Construction(f"dihedral group D_{m}", dfa, stack, statement)


def coordinates(name: object) -> tuple[int, bool]:
    """An element's name, r^j or s·r^j, as j and whether there is an s.

    >>> [coordinates(name) for name in ("1", "r", "s", "sr", "sr12")]
    [(0, False), (1, False), (0, True), (1, True), (12, True)]
    """
    text = str(name)
    turns = text.removeprefix("s")
    return (int(turns[1:] or 1) if turns.startswith("r") else 0), text.startswith("s")


def times_s(j: int, reflected: bool, m: int) -> tuple[int, bool]:
    """r^j·s = s·r^−j, and s·r^j·s = r^−j."""
    return -j % m, not reflected


def _reader(points: list[np.ndarray], after_s: list[np.ndarray]) -> Mlp:
    n = len(points)
    size = sum(x * x for x in points[0])
    sign = np.array([[size]] * n + [[-size]] * n, dtype=object)
    hidden = np.concatenate([sign, np.array([*points, *after_s], dtype=object)], axis=1)
    both = np.concatenate([np.eye(n, dtype=np.int64)] * 2, axis=1)
    return Mlp((hidden, both), (np.zeros(2 * n, dtype=np.int64).astype(object), np.zeros(n, dtype=np.int64)))
