"""All products of the letters of a machine, listed breadth first, and how many of them the memory holds.

Closure       a level at a time in numpy, new maps told from old ones by a look-up, never by sorting (transformations.py).
Memory        about 1.5·(n + 4·k + 20) bytes an element: its images (2·n bytes past 256 states), its row of the right Cayley graph,
              its word and its place in a table. T_8, all 16,777,216 maps of 8 states, from three letters: 0.7 GB
              and 4 seconds.
"""

from __future__ import annotations

import numpy as np

from .errors import TooLarge
from .machine import Machine
from .rows import Growing
from .transformations import CHUNK, Numbers, PackedMaps, RowMaps, Rows, narrow

MEMORY = 2**32  # bytes that a monoid may take unless a limit is given


def closure(maps: PackedMaps | RowMaps, machine: Machine, limit: int) -> tuple[Numbers, Numbers, Rows]:
    """All products of the letters, met breadth first by `maps`. Raises TooLarge.

    The right Cayley graph [size, k]; and of each element the one that its word goes through last (-1 for the identity) and its
    last letter, [size] each.
    """
    k = machine.n_letters
    cayley, parents, last_letters = Growing((k,), np.int32), Growing((), np.int32), Growing((), narrow(k))
    parents.append(np.array([-1]))
    last_letters.append(np.array([0]))
    step = max(1, CHUNK // (k * machine.n_states))
    while (done := len(cayley)) < len(maps):
        numbers, first = maps.multiply(slice(done, done + step))
        if len(maps) > limit:
            raise too_large(machine, limit)
        cayley.append(numbers.reshape(-1, k))
        parents.append(done + first // k)
        last_letters.append(first % k)
    return cayley.array, parents.array, last_letters.array


def bytes_per_element(machine: Machine) -> int:
    """What an element of the transition monoid takes, beside the table of codes."""
    n, k = machine.table.shape
    row = 8 * -(-n * np.dtype(narrow(n)).itemsize // 8)
    return 3 * (row + 4 * k + 17) // 2  # 12 for the table, 5 for the word; half as much again, since arrays grow by doubling


def too_large(machine: Machine, limit: int) -> TooLarge:
    size = limit * bytes_per_element(machine)
    return TooLarge(
        f"the transition monoid of {machine.n_states} states has more than {limit} elements, the limit here (about {size / 2**30:.2g} "
        f"GiB); transition_monoid(limit={2 * limit}) takes twice that, and of n states there are at most n^n maps"
    )
