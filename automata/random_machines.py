"""Random machines, the same for the same seed: the drawn cases of tests, benchmarks and the gallery.

Every state is reachable, the start is state 0, and neither no state nor every state accepts (with two states or more).
Draws come from numpy's `default_rng(seed)`.
"""

from __future__ import annotations

from collections.abc import Callable
from string import ascii_lowercase

import numpy as np
import numpy.typing as npt

from .checked import is_whole
from .dfa import DFA
from .errors import BadAutomaton
from .reach import breadth_first_order

Table = npt.NDArray[np.int64]
Generator = np.random.Generator

CUT = 0.25  # share of a partial injection's arrows that go to the sink, about


def random_dfa(n_states: int, n_letters: int, seed: int, kind: str = "any") -> DFA:
    """A random machine of a kind:

    any                every entry of the table is drawn, then as few as are needed to reach every state are drawn again
    permutation        every letter permutes the states
    permutation-reset  every letter permutes the states or sends all to one; both sorts occur, so it needs two letters or more
    reset              every letter sends all states to one or keeps all; it needs n_states - 1 letters or more
    partial-injection  the last state is a sink, and on no letter do two others go to the same other state; two states or more

    Letters are a, b, c, … or, past 26 of them, x0, x1, …

    Raises  BadAutomaton for sizes below these, or another kind

    >>> dfa = random_dfa(6, 2, seed=0)
    >>> dfa == random_dfa(6, 2, seed=0), len(dfa.reachable_states())
    (True, 6)
    >>> sorted(random_dfa(5, 2, seed=3, kind="permutation").table[:, 1].tolist())
    [0, 1, 2, 3, 4]
    """
    if kind not in KINDS:
        raise BadAutomaton(f"no random machines of kind {kind!r}; the kinds are {', '.join(map(repr, KINDS))}")
    draw, least_states, least_letters = KINDS[kind]
    _checked_size("n_states", n_states, least_states, kind)
    _checked_size("n_letters", n_letters, least_letters(n_states), kind)
    rng = np.random.default_rng(seed)
    table = draw(rng, int(n_states), int(n_letters))
    return DFA(table, 0, np.flatnonzero(_accepting(rng, int(n_states))), letters(int(n_letters)))


def letters(n: int) -> list[str]:
    """n different letters.

    >>> letters(3), letters(27)[-1]
    (['a', 'b', 'c'], 'x26')
    """
    return list(ascii_lowercase[:n]) if n <= 26 else [f"x{i}" for i in range(n)]


def _any(rng: Generator, n: int, k: int) -> Table:
    """Random entries, and over them a random tree from state 0: each new state gets a place in the row of an older one."""
    table = rng.integers(n, size=(n, k))
    order = np.concatenate([[0], rng.permutation(np.arange(1, n))])
    free = (order[0] * k + np.arange(k)).tolist()  # places in rows of states in the tree, not used by it
    picks = rng.random(n)
    for state, pick in zip(order[1:].tolist(), picks[1:].tolist(), strict=True):
        i = int(pick * len(free))
        free[i], free[-1] = free[-1], free[i]
        table.flat[free.pop()] = state
        free.extend(range(state * k, state * k + k))
    return table


def _permutation(rng: Generator, n: int, k: int) -> Table:
    """Drawn again until they connect all states; a single letter is a random cycle through all of them."""
    if k == 1:
        cycle = np.concatenate([[0], rng.permutation(np.arange(1, n))])
        table = np.empty((n, 1), dtype=np.int64)
        table[cycle, 0] = np.roll(cycle, -1)
        return table
    while True:
        table = np.stack([rng.permutation(n) for _ in range(k)], axis=1)
        if len(breadth_first_order(table, 0)) == n:
            return table


def _permutation_reset(rng: Generator, n: int, k: int) -> Table:
    n_permutations = int(rng.integers(1, k))
    resets = np.tile(rng.integers(n, size=k - n_permutations), (n, 1))
    table = np.concatenate([_permutation(rng, n, n_permutations), resets], axis=1)
    return table[:, rng.permutation(k)]


def _reset(rng: Generator, n: int, k: int) -> Table:
    """Each state but the start is some letter's; the other letters reset to any state, or (drawn as n) keep."""
    targets = rng.permutation(np.concatenate([np.arange(1, n), rng.integers(n + 1, size=k - n + 1)]))
    return np.where(targets == n, np.arange(n)[:, None], targets)


def _partial_injection(rng: Generator, n: int, k: int) -> Table:
    """Permutations of the states but the sink, some of their arrows sent to the sink: none that a tree from the start needs."""
    sink = n - 1
    inner = _permutation(rng, sink, k)
    needed = np.zeros(inner.shape, dtype=bool)
    order = breadth_first_order(inner, 0)
    met, first = np.unique(
        inner[order].ravel(), return_index=True
    )  # the arrow by which a walk in this order first meets a state
    rows, columns = np.divmod(first[met != 0], k)
    needed[order[rows], columns] = True
    spare = np.flatnonzero(~needed)
    cut = spare[rng.random(len(spare)) < CUT * inner.size / len(spare)]
    inner.flat[cut if len(cut) else rng.choice(spare, 1)] = sink
    return np.concatenate([inner, np.full((1, k), sink)])


def _accepting(rng: Generator, n: int) -> npt.NDArray[np.bool_]:
    while True:
        accepting = rng.random(n) < 0.5
        if n == 1 or 0 < accepting.sum() < n:
            return accepting


def _checked_size(what: str, size: int, least: int, kind: str) -> None:
    if not is_whole(size) or size < least:
        raise BadAutomaton(f"{what} is {size!r}; a random machine of kind {kind!r} needs a whole number, at least {least} here")


KINDS: dict[str, tuple[Callable[[Generator, int, int], Table], int, Callable[[int], int]]] = {
    # kind: how its table is drawn, its least number of states, its least number of letters for n states
    "any": (_any, 1, lambda n: 1),
    "permutation": (_permutation, 1, lambda n: 1),
    "permutation-reset": (_permutation_reset, 1, lambda n: 2),
    "reset": (_reset, 1, lambda n: max(1, n - 1)),
    "partial-injection": (_partial_injection, 2, lambda n: 1),
}
