"""The papers' constructions as networks one can run, save and certify.

Each function returns a Network whose `.dfa` is its automaton and whose `.construction` is the construction in exact numbers, with its
statement, its source and `.construction.proof()`, a proof for words of every length in exact arithmetic.  `dw.certify(net)` is about
the floats: grade 1 where all numbers are dyadic, else grade 2, or grade 3 with the number of tokens that rounding cannot spoil.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import torch

from ..theory import papers
from ..theory.papers import Construction, smallest_n_h
from ..theory.planning.planner import Option
from .assemble import assemble
from .compile import plan_for
from .network import Network

__all__ = ["counting", "dihedral", "group", "network", "parity", "rotations", "smallest_n_h", "symmetric"]


def parity(dtype: torch.dtype = torch.float32) -> Network:
    """The number of 1s modulo 2: one reflection of the line. Source: Grazzi et al. 2411.12537, Theorem 1.

    >>> net = parity()
    >>> net.states("0110"), net.plan.layers[0].n_h
    ([0, 0, 1, 0, 0], 1)
    """
    return network(papers.parity(), dtype)


def counting(m: int, layers: Literal[1, 2] = 1, dtype: torch.dtype = torch.float32) -> Network:
    """The number of 1s modulo m, 2 ≤ m ≤ 500: one layer with n_h = 2, or two with n_h = 1.

    Raises  BadArgument on other sizes
    Source  Grazzi et al. 2411.12537, Theorem 2 (why not one layer with n_h = 1)

    >>> [counting(5, layers).states("11111")[-1] for layers in (1, 2)]
    [0, 0]
    """
    return network(papers.counting(m, layers), dtype)


def dihedral(m: int, letters: Literal["elements", "generators"] = "elements", dtype: torch.dtype = torch.float32) -> Network:
    """The products of symmetries of a regular m-gon in two layers, n_h = 1; letters: all 2m, or only r and s.

    Raises  BadArgument on other choices
    Source  Siems et al. 2502.10297 (two layers suffice)

    >>> net = dihedral(3)
    >>> net.states(["r", "s"]) == net.dfa.states(["r", "s"]), [layer.n_h for layer in net.plan.layers]
    (True, [1, 1])
    """
    return network(papers.dihedral(m, letters), dtype)


def symmetric(
    n: int,
    layers: Literal[1, 3, 4] = 1,
    n_h: int | None = None,
    letters: Literal["elements", "generators", "transpositions"] = "elements",
    dtype: torch.dtype = torch.float32,
) -> Network:
    """The products of permutations of n points: one layer (n_h = n − 1), three (n_h ≥ 2, default 2) or four (n_h = 1).

    Raises  BadArgument on other choices; TooLarge, with the estimate and the cheaper option, where the table of a link is too large
            for a network (theory/papers/block_scheme.py is the procedure it would hold)
    Source  Siems et al. 2502.10297, Theorem 1

    >>> net = symmetric(3, layers=3)
    >>> net.states(["(0 1)", "(0 1 2)"]) == net.dfa.states(["(0 1)", "(0 1 2)"]), max(layer.n_h for layer in net.plan.layers)
    (True, 2)
    """
    return network(papers.symmetric(n, layers, n_h, letters), dtype)


def rotations(
    solid: Literal["cube", "icosahedron"],
    letters: Literal["elements", "generators"] = "elements",
    dtype: torch.dtype = torch.float32,
) -> Network:
    """The rotations of a solid, S_4 or A_5, in one layer with n_h = 2. Raises BadArgument on another solid.

    >>> rotations("cube").plan.layers[0].n_h
    2
    """
    return network(papers.rotations(solid, letters), dtype)


def group(matrices: Mapping[Any, Any], limit: int = 10_000, dtype: torch.dtype = torch.float32) -> Network:
    """Any finite group of orthogonal matrices, exact numbers, one a letter, in one layer; n_h is the largest rank(I − Q).

    Raises  BadStep for a matrix that is not orthogonal or not exact; TooLarge past `limit` elements

    >>> group({"turn": [[0, -1], [1, 0]]}).states(["turn"] * 4)
    [0, 1, 2, 3, 0]
    """
    return network(papers.group(matrices, limit), dtype)


def network(made: Construction, dtype: torch.dtype = torch.float32) -> Network:
    """A construction's numbers as a network, rounded once where they are not dyadic."""
    option = Option(made.name, made=made)
    net = assemble(made.stack, made.dfa, plan_for(option, made.dfa), dtype)
    net.construction = made
    return net
