"""The walk of a network's state in the plane, as arrays for `trajectory`: of a head with K = 2 that moves its state by mirrors.

Point     a head [2, V] with V = 1 is a point of the plane itself.  One with V = 2 holds a matrix M: its point is M h, for an h halfway
          between two neighbouring mirrors, so that different M of a dihedral group have different points.
Numbers   those of the weights, in float64.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch

from ...automata.dfa import Word
from ...automata.errors import BadArgument
from ...automata.picture.content import texts
from ...kernels.reference import recurrence
from ..network import Network
from ..picture.head import HeadNumbers, trimmed
from ..picture.network import head_numbers
from ..picture.steps import mirror_angle

MOST = 400  # points of an orbit
CLOSE = 1e-6


class Walk(NamedTuple):
    """points [T + 1, 2], start first; letters, T names; mirrors, T lists of the angles, in degrees, of the lines that a letter's
    mirrors keep; orbit [N, 2], all points that words can reach."""

    points: np.ndarray
    letters: list[str]
    mirrors: list[list[float]]
    orbit: np.ndarray


def walk(net: Network, word: Word) -> Walk:
    """The walk along a word of the first head of the plane.

    Raises  UnknownLetter; BadArgument where no head has K = 2 and mirrors alone

    >>> import deltaword as dw
    >>> found = walk(dw.constructions.dihedral(5), ["r", "s", "r"])
    >>> found.points.shape, len(found.orbit), [[round(angle) for angle in angles] for angles in found.mirrors]
    ((4, 2), 10, [[144], [0], [36]])
    """
    tokens = net.dfa.encode(word)
    for i, layer in enumerate(net._mixers()):
        for head in map(trimmed, head_numbers(layer, layer.n_heads)):
            if is_of_the_plane(head):
                return followed(head, symbols(net, tokens, i), [texts(net.dfa.alphabet)[a] for a in tokens])
    raise BadArgument(
        "no head of this network has K = 2 and moves its state by mirrors alone; constructions.dihedral(m), constructions.counting(m) "
        "and compile(dfa, exact=False) for a cycle have one"
    )


def is_of_the_plane(head: HeadNumbers) -> bool:
    steps = [step for steps in head.steps for step in steps if step[0] and any(step[1])]
    return (
        len(head.query) == 2
        and bool(steps)
        and all(gate == 1 for gate in head.gates)
        and all(not any(v) and abs(beta * (k[0] ** 2 + k[1] ** 2) - 2) < 1e-3 for beta, k, v in steps)
    )


def followed(head: HeadNumbers, along: list[int], letters: list[str]) -> Walk:
    angles = [[mirror_angle(k) for beta, k, _ in steps if beta and any(k)] for steps in head.steps]
    matrices = [product(found) for found in angles]
    start = np.array(head.initial)[:, 0] if len(head.initial[0]) == 1 else np.array(head.initial)[:, :2] @ halfway(angles)
    points = [start]
    for symbol in along:
        points.append(matrices[symbol] @ points[-1])
    return Walk(np.array(points), letters, [angles[symbol] for symbol in along], orbit(start, matrices))


def product(angles: list[float]) -> np.ndarray:
    """The mirrors one after the other, as a matrix."""
    found = np.eye(2)
    for angle in np.radians(angles):
        found = np.array([[np.cos(2 * angle), np.sin(2 * angle)], [np.sin(2 * angle), -np.cos(2 * angle)]]) @ found
    return found


def halfway(angles: list[list[float]]) -> np.ndarray:
    """A point of the circle halfway between the first two mirrors.

    >>> np.degrees(np.arctan2(*halfway([[0.0], [36.0], [72.0]])[::-1])).round().item()
    18.0
    """
    lines = np.unique(np.round([angle for each in angles for angle in each], 6) % 180)
    at = np.radians((lines[0] + (lines[1] if len(lines) > 1 else lines[0] + 90)) / 2)
    return np.array([np.cos(at), np.sin(at)])


def orbit(start: np.ndarray, matrices: list[np.ndarray]) -> np.ndarray:
    """All points reached, or the first 400."""
    points, frontier = [start], [start]
    while frontier and len(points) < MOST:
        new = []
        for point in frontier:
            for matrix in matrices:
                moved = matrix @ point
                if np.linalg.norm(np.array(points) - moved, axis=1).min() > CLOSE and len(points) < MOST:
                    points.append(moved)
                    new.append(moved)
        frontier = new
    return np.array(points)


@torch.no_grad()
def symbols(net: Network, tokens: list[int], i: int) -> list[int]:
    """What layer i is given along a word, by number."""
    if i == 0 or not tokens:
        return tokens if i == 0 else []
    x = net.embedding(torch.tensor([tokens], device=net.readout.weight.device))
    for layer, link in zip(net._mixers()[:i], net.links, strict=False):
        o, _ = recurrence(*layer.inputs(x), layer.start(1))
        x = link(x, o.reshape(1, len(tokens), -1), layer.read_start()[None])
    return x[0].argmax(-1).tolist()
