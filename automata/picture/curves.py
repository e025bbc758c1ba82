"""Bézier curves between and around states, many at a time: control points [..., p, 2], p = 3 or 4, to points along them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

RIM = 2.0  # left between an arrow head and its state
START_LENGTH = 30.0
LOOP_REACH = 46.0  # of a loop's control points beyond its state
SAMPLES = 24  # points of a curve that are looked at
FINE = np.linspace(0, 1, 101)


def along(control: Numbers, t: Numbers) -> Numbers:
    """Points [..., T, 2] at the parameters t [T], by de Casteljau.

    >>> along(np.array([[0.0, 0.0], [1.0, 2.0], [2.0, 0.0]]), np.array([0.5]))
    array([[1., 1.]])
    """
    level = control[..., None, :]  # [..., p, T, 2]
    t = t[:, None]
    while level.shape[-3] > 1:
        level = (1 - t) * level[..., :-1, :, :] + t * level[..., 1:, :, :]
    return level[..., 0, :, :]


def sampled(control: Numbers) -> Numbers:
    return along(control, np.linspace(0, 1, SAMPLES))


def bent(source: Numbers, target: Numbers, bends: Numbers, radius: float, both: bool) -> Numbers:
    """From the rim of one state to the rim of another, [bends, 3, 2]; bowed to its own left for a positive bend.

    bends  distances of the control point from the chord, in chords; `both`: room for an arrow head at the source too
    """
    chord = target - source
    left = np.array([chord[1], -chord[0]])  # y grows downwards
    middle = (source + target) / 2 + bends[:, None] * left
    control = np.stack([np.broadcast_to(source, middle.shape), middle, np.broadcast_to(target, middle.shape)], axis=1)
    path = along(control, FINE)
    outside = np.linalg.norm(path - source, axis=-1) >= radius + RIM * both
    outside &= np.linalg.norm(path - target, axis=-1) >= radius + RIM
    first, last = FINE[outside.argmax(axis=1)], FINE[::-1][outside[:, ::-1].argmax(axis=1)]
    return cut(control, first[:, None], last[:, None])


def cut(control: Numbers, first: Numbers, last: Numbers) -> Numbers:
    """Quadratic curves cut to their parts between two parameters each, by blossoming."""

    def blossom(s: Numbers, t: Numbers) -> Numbers:
        p, q = ((1 - s) * control[:, i] + s * control[:, i + 1] for i in (0, 1))
        return (1 - t) * p + t * q

    return np.stack([blossom(first, first), blossom(first, last), blossom(last, last)], axis=1)


def loops(centre: Numbers, angles: Numbers, radius: float) -> Numbers:
    """Loops at a state in the given directions, [angles, 4, 2]."""
    spread = min(0.5, 11 / radius)
    corners = [
        (-spread, radius),
        (-spread - 0.1, radius + LOOP_REACH),
        (spread + 0.1, radius + LOOP_REACH),
        (spread, radius + RIM),
    ]
    return np.stack([centre + distance * towards(angles + turn) for turn, distance in corners], axis=1)


def starts(centre: Numbers, angles: Numbers, radius: float) -> Numbers:
    """Start arrows from the given directions, [angles, 3, 2]."""
    distances = (radius + START_LENGTH, radius + (START_LENGTH + RIM) / 2, radius + RIM)
    return np.stack([centre + distance * towards(angles) for distance in distances], axis=1)


def towards(angles: Numbers) -> Numbers:
    return np.stack([np.cos(angles), np.sin(angles)], axis=-1)
