"""Counting modulo m: parity in one dimension, any m by turning a plane, in one layer of two steps or in two layers of one step.

Statement     (parity) one head, one dimension, one step with the eigenvalue −1.   (m) one layer with n_h = 2: each 1 turns the plane
              by 2π/m, two mirrors.   (two layers) with n_h = 1: the first counts the 1s modulo 2, and where the first stands at p,
              the second holds S^p R^t, one mirror away from S^(1−p) R^(t+1).
Reading       the polygon's corner nearest to what is read, by inner products with all m corners; on the mirror S of corner 0 the
              second layer's p does not matter.  The right logit leads by 1 − cos(2π/m) = 2 sin²(π/m), or by 1 at least where m
              divides 12.
Exact         where m divides 12, in whole numbers: a swap pair for 3, a quarter turn of signed coordinates for 4, and two heads side
              by side for 6 and 12 (polygon.py).
Source        parity and one layer: Grazzi et al. 2411.12537, Theorems 1–3.  Two layers: Siems et al. 2502.10297, on dihedral groups.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from ...automata import languages
from ...automata.checked import is_whole
from ...automata.errors import BadArgument
from ..exact_layer import Head, LetterAction
from ..exact_stack import ExactStack, Link
from ..householder import Step
from ..mlp import MlpBuilder, Units
from .construction import GRAZZI, SIEMS, Construction, nearest_point, nearest_point_mlp
from .polygon import heads, point, polygons

KEEP, FLIP = LetterAction(()), LetterAction((Step(2, (1,), (0,)),))


def parity() -> Construction:
    """The number of 1s modulo 2 in one dimension: a 1 multiplies the state by −1.

    >>> made = parity()
    >>> made.stack.states("0110"), made.exact, made.n_h, made.proof().pairs
    ([0, 0, 1, 0, 0], True, 1, 2)
    """
    stack = nearest_point("01", [flips([False, True])], [np.array([1]), np.array([-1])])
    return Construction("parity", languages.get("parity"), stack, f"one reflection of the line; {GRAZZI}, Theorem 1")


def counting(m: int, layers: Literal[1, 2] = 1) -> Construction:
    """The number of 1s modulo m, 2 ≤ m ≤ 500, in one layer with n_h = 2 or in two with n_h = 1. Raises BadArgument on other sizes.

    >>> counting(3).stack.states("1111"), counting(5, layers=2).stack.states("1101111")
    ([0, 1, 2, 0, 1], [0, 1, 2, 2, 3, 4, 0, 1])
    >>> counting(5).exact, counting(12, layers=2).exact, counting(12, layers=2).n_h
    (False, True, 1)
    """
    if not is_whole(m) or not 2 <= m <= 500:
        raise BadArgument(f"counting modulo {m!r}: m should be a whole number from 2 to 500")
    if layers not in (1, 2):
        raise BadArgument(f"counting takes 1 layer (n_h = 2) or 2 layers (n_h = 1), not {layers!r}")
    dfa, parts, name = languages.get(f"mod_{m}"), polygons(m), f"counting modulo {m}"
    corners = [point(parts, j, False, generic=False) for j in range(m)]
    if layers == 1:
        turned = heads(parts, [None, (1, False)], generic=False)
        statement = f"a turn of the plane by 2π/m, two reflections, in one layer; {GRAZZI}, Theorem 3"
        return Construction(name, dfa, nearest_point(dfa.alphabet, turned, corners), statement)
    mirrors = heads(parts, [None, (1, True), (-1 % m, True)], generic=False)
    link = parity_link(np.array([[0, 0], [1, 2]]), 3)
    stack = ExactStack(dfa.alphabet, ((flips([False, True]),), mirrors), (link,), nearest_point_mlp(corners, ignored=1))
    statement = f"two DeltaNet layers: parity of the turns, then one reflection a turn; {SIEMS}, on dihedral groups"
    return Construction(name, dfa, stack, statement)


def flips(letters: list[bool]) -> Head:
    """A head of one number, 1 at first, whose sign some letters flip."""
    return Head([[1]], (1,), [FLIP if flip else KEEP for flip in letters])


def parity_link(table: Any, n_out: int) -> Link:
    """After a layer that reads one number P = ±1: symbol a becomes table[a, 0] at P = 1 and table[a, 1] at P = −1."""
    table = np.asarray(table)
    a, p = (index.ravel() for index in np.indices(table.shape))
    out = np.zeros((n_out, table.size), dtype=np.int64)
    out[table[a, p], np.arange(table.size)] = 1
    build = MlpBuilder(symbol=len(table), P=1)  # ReLU(e_a ± P − 1)
    build.layer({"next": Units({"symbol": np.eye(len(table), dtype=np.int64)[a], "P": (1 - 2 * p)[:, None]}, 0 * a - 1, out)})
    return Link(np.array([[0], [1]]), build.finish("next"))
