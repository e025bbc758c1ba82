"""The giants, A_d and S_d, recognised without listing: d!/2 or d! elements are soon too many.

Theorem       A transitive group on d points with an element that has a cycle of prime length p, d/2 < p < d − 2, is A_d or S_d: the
              other cycles are shorter than p, so a power of the element is a p-cycle; a block of imprimitivity would have more
              than d/2 points; and a primitive group with a p-cycle, p < d − 2, contains A_d.
Search        for such an element among random products; it may be missed, but what is found is proved.
Source        C. Jordan 1873; D. F. Holt et al., Handbook of Computational Group Theory, 2005, sections 3.2.2 (product replacement), 4.2
"""

from __future__ import annotations

from collections.abc import Iterator
from math import factorial

import numpy as np
import numpy.typing as npt

from .components import connected_components
from .composition import primes
from .permutations import cycles

TRIES = 100  # random elements looked at; about 1 in 2·ln(d) of a giant will do
POOL, MIXING = 10, 60  # elements that are multiplied with each other, and how often before the first is used


def giant_order(generators: npt.NDArray[np.integer]) -> int | None:
    """d! or d!/2 when permutations [m, d] were found to generate S_d or A_d, d ≥ 8; else None, which proves nothing.

    >>> giant_order(np.array([np.roll(np.arange(30), 1), [1, 0, *range(2, 30)]])) == factorial(30)
    True
    >>> giant_order(np.array([np.roll(np.arange(30), 1)]))
    """
    m, degree = generators.shape
    points = np.tile(np.arange(degree), m)
    if degree < 8 or connected_components(degree, points, generators.ravel()).any():
        return None
    for element in random_products(generators):
        lengths = [len(cycle) for cycle in cycles(element)]
        if any(degree < 2 * p < 2 * degree - 4 and list(primes(p)) == [p] for p in lengths):
            is_even = all((degree - len(cycles(g))) % 2 == 0 for g in generators.tolist())
            return factorial(degree) // (2 if is_even else 1)
    return None


def random_products(generators: npt.NDArray[np.integer]) -> Iterator[list[int]]:
    """Random elements of the group, the same each time, by product replacement."""
    rng = np.random.default_rng(0)
    pool = [generators[i % len(generators)] for i in range(max(POOL, min(len(generators), 4 * POOL)))]
    for tries in range(MIXING + TRIES):
        i, j = rng.choice(len(pool), 2, replace=False)
        other = np.argsort(pool[j]) if rng.random() < 0.5 else pool[j]
        pool[i] = other[pool[i]]
        if tries >= MIXING:
            yield pool[i].tolist()
