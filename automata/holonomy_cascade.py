"""The cascade of a holonomy decomposition: a machine for each depth of the skeleton, whose states are tiles.

Chains        Q ⊃ P₁ ⊃ … ⊃ {q}, each set a tile of the one before, stand for the states q; their depths grow.  The machine of depth d
              holds the next tile of the chain's set of depth d, written as a tile T of the representative R of that set's class.
              Coordinates are nested: with R' the representative of T's class and the fixed arrow T ← R' (skeleton.py), what comes
              next is a tile of R', sent into T by the arrow.  So reading from the last machine to the first carries a state
              through arrows.
Symbols       what a letter has become on its way to depth d is (R, R', g): the chain was at a set of class R, shall be at one of
              class R', and the letter, seen through the arrows, is the map g: R → R', perhaps not onto.  If R' has depth d:
              · g is onto: then R = R', for words lead from R to R' and both have depth d or more.  g is an element of the
                holonomy group: it permutes the tiles of R', and other points of the machine stay.
              · g is not onto: g(R) lies in a tile of R', whatever the coordinate was; the machine resets there.
              If R' is deeper, the machine is not in use after the letter and resets to "idle".
              Every symbol is a permutation of the machine's states or a reset, as a total map.
Idle          A machine that chains pass over on their way down has one state more, idle, which says so to the reader.  Where
              only chains pass that have ended above (the tiles above say so) one of the points serves instead.
Search        over the reachable tuples, from the start on, one symbol and state at a time with memory of those met: only what can
              occur is worked out. Symbols that act alike, and lead to symbols that do, are made one, from the last machine up.
Source        Krohn–Rhodes–Zeiger–Eilenberg holonomy; nested coordinates as in S. Eilenberg, Automata, Languages and Machines B, 1976
"""

from __future__ import annotations

import numpy as np

from .cascade import Cascade, Table
from .components import in_order_of_first
from .dfa import DFA
from .errors import TooLarge
from .skeleton import Skeleton

Map = tuple[int, ...]
Symbol = (
    tuple[int, int, Map] | None
)  # class before, class after (-1 for a single state), the map on places; None: the chain ends


class Part:
    """A class of sets by its representative R; states are places in R, sets of them bit masks.

    tiles    of R, as masks
    next     the class of each tile, -1 for a single state
    arrows   how its class' representative is sent to the tile: places in R; of a single state, its place
    back     the other way, from places in R
    smallest the tiles in the order in which a reset tries them
    """

    def __init__(self, skeleton: Skeleton, c: int):
        self.states = skeleton.states(int(skeleton.representatives[c]))
        self.size = len(self.states)
        place = {q: i for i, q in enumerate(self.states)}
        self.tiles: list[int] = []
        self.next: list[int] = []
        self.arrows: list[Map] = []
        self.back: list[dict[int, int]] = []
        for t in skeleton.tiles[c]:
            arrow = tuple(place[q] for q in skeleton.arrow(t))
            self.tiles.append(mask(arrow))
            self.next.append(int(skeleton.classes[t]) if len(arrow) > 1 else -1)
            self.arrows.append(arrow)
            self.back.append({p: i for i, p in enumerate(arrow)})
        self.number = {tile: i for i, tile in enumerate(self.tiles)}
        self.smallest = sorted(range(len(self.tiles)), key=lambda i: len(self.arrows[i]))

    def around(self, inside: int) -> int:
        """A tile with these places: the first of the smallest."""
        return next(i for i in self.smallest if not inside & ~self.tiles[i])

    def permuted(self, g: Map) -> list[int]:
        """Where a permutation of the places sends the tiles."""
        return [self.number[mask(g[p] for p in range(self.size) if tile >> p & 1)] for tile in self.tiles]


def mask(places) -> int:
    """Places as a bit mask.

    >>> mask((0, 2))
    5
    """
    bits = 0
    for p in places:
        bits |= 1 << p
    return bits


class Search:
    """All reachable tuples of the cascade; tables grow as they are met."""

    def __init__(self, skeleton: Skeleton):
        self.dfa = skeleton.dfa
        self.depth = {c: component.depth - 1 for c, component in enumerate(skeleton.components) if component}
        self.parts = {c: Part(skeleton, c) for c in self.depth}
        self.n_levels = 1 + max(self.depth.values())
        self.n_points = [0] * self.n_levels
        self.first_point = {}
        for c, d in self.depth.items():
            self.first_point[c] = self.n_points[d]
            self.n_points[d] += len(self.parts[c].tiles)
        self.numbers: list[dict[Symbol, int]] = [{} for _ in range(self.n_levels)]
        self.symbols: list[list[Symbol]] = [[] for _ in range(self.n_levels)]
        self.actions: list[list[list[int]]] = [[] for _ in range(self.n_levels)]  # [n_symbols][n_points + 1], idle last
        self.links: list[list[list[int]]] = [[] for _ in range(self.n_levels)]  # the same, -1 where not met
        self.letters = [self.symbol(0, (0, 0, tuple(column))) for column in self.dfa.table.T.tolist()]
        self.tuples = self.reachable()

    def reachable(self) -> list[Map]:
        start = self.start()
        seen, order = {start}, [start]
        for states in order:
            for symbol in dict.fromkeys(self.letters):
                after = self.step(states, symbol)
                if after not in seen:
                    seen.add(after)
                    order.append(after)
        return order

    def start(self) -> Map:
        """The tuple of a chain that ends in the start state."""
        states, c, place = list(self.n_points), 0, self.dfa.start
        while c >= 0:
            part = self.parts[c]
            tile = part.around(1 << place)
            states[self.depth[c]] = self.first_point[c] + tile
            c, place = part.next[tile], part.back[tile][place]
        return tuple(states)

    def step(self, states: Map, symbol: int) -> Map:
        after = []
        for d, state in enumerate(states):
            after.append(self.actions[d][symbol][state])
            if d + 1 < self.n_levels:
                link = self.links[d][symbol]
                if link[state] < 0:
                    link[state] = self.symbol(d + 1, self.next_symbol(d, self.symbols[d][symbol], state, after[-1]))
                symbol = link[state]
        return tuple(after)

    def symbol(self, d: int, symbol: Symbol) -> int:
        """The number of a symbol of the machine at depth d."""
        number = self.numbers[d].setdefault(symbol, len(self.symbols[d]))
        if number == len(self.symbols[d]):
            self.symbols[d].append(symbol)
            self.actions[d].append(self.action(d, symbol))
            self.links[d].append([-1] * (self.n_points[d] + 1))
        return number

    def action(self, d: int, symbol: Symbol) -> list[int]:
        """The map of all points and idle that a symbol makes."""
        idle = self.n_points[d]
        if symbol is None or self.depth[symbol[1]] != d:
            return [idle] * (idle + 1)
        _, after, g = symbol
        part, first = self.parts[after], self.first_point[after]
        if len(set(g)) < part.size:
            return [first + part.around(mask(g))] * (idle + 1)
        points = list(range(idle + 1))
        points[first : first + len(part.tiles)] = [first + tile for tile in part.permuted(g)]
        return points

    def next_symbol(self, d: int, symbol: Symbol, state: int, state_after: int) -> Symbol:
        if symbol is None:
            return None
        before, after, g = symbol
        if before >= 0 and self.depth[before] == d:
            part, tile = self.parts[before], state - self.first_point[before]
            before, g = part.next[tile], tuple(g[p] for p in part.arrows[tile])
        if self.depth[after] == d:
            part, tile = self.parts[after], state_after - self.first_point[after]
            after, g = part.next[tile], tuple(part.back[tile][p] for p in g)
        return None if after < 0 else (before, after, g)


def holonomy_cascade(skeleton: Skeleton, limit: int) -> Cascade:
    """The cascade over the skeleton of a machine whose states are all reachable. Raises TooLarge past `limit` chains.

    >>> from .languages import get
    >>> cascade = holonomy_cascade(Skeleton(get("T_4")), limit=24)
    >>> [machine.n_states for machine in cascade.machines], cascade.verify()
    ([4, 3, 2], 24)
    """
    dfa = skeleton.dfa
    if dfa.n_states == 1:
        return Cascade(dfa, (DFA(dfa.table, 0, [], dfa.alphabet),), (), ())
    if n_chains(skeleton) > limit:
        raise too_many(skeleton, limit)
    search = Search(skeleton)
    tuples = np.array(search.tuples)
    actions = [np.array(rows) for rows in search.actions]
    links = [np.array(rows) for rows in search.links]
    readers = [full_reader(search, d) for d in range(search.n_levels)]
    ends = tuples != search.n_points
    deeper = np.flip(np.logical_or.accumulate(np.flip(ends, axis=1), axis=1), axis=1)  # a machine from here on is in use
    for d in range(search.n_levels):
        if (deeper[:, d] & ~ends[:, d]).any():
            continue
        idle, spare = search.n_points[d], spare_point(search, d)
        tuples[tuples[:, d] == idle, d] = spare
        actions[d] = np.where(actions[d][:, :idle] == idle, spare, actions[d][:, :idle])
        links[d][:, spare] = np.maximum(links[d][:, spare], links[d][:, idle])  # a symbol meets at most one of the two
        links[d], readers[d] = links[d][:, :idle], readers[d][:, :idle]
    actions, links = merged(actions, links)
    actions[0], links[0] = actions[0][search.letters], links[0][search.letters]
    machines = [DFA(actions[0].T, int(tuples[0, 0]), [], dfa.alphabet)]
    machines += [DFA(a.T, int(start), [], range(len(a))) for a, start in zip(actions[1:], tuples[0, 1:], strict=True)]
    return Cascade(dfa, tuple(machines), tuple(links[:-1]), met_readers(tuples, readers))


def n_chains(skeleton: Skeleton) -> int:
    """How many chains of tiles lead from Q to single states: no cascade has more reachable tuples.

    >>> from .languages import get
    >>> n_chains(Skeleton(get("T_4")))
    24
    """
    classes = [(component.depth, c) for c, component in enumerate(skeleton.components) if component]
    chains = [1] * len(skeleton.components)
    for _, c in sorted(classes, reverse=True):
        chains[c] = sum(chains[int(skeleton.classes[t])] for t in skeleton.tiles[c])
    return chains[0]


def full_reader(search: Search, d: int) -> Table:
    """What a state read so far becomes at each point, [n_states, n_points + 1]; a state from elsewhere, which idle machines may
    have given, stays as it is."""
    n = search.dfa.n_states
    reader = np.tile(np.arange(n)[:, None], (1, search.n_points[d] + 1))
    for c, depth in search.depth.items():
        if depth != d:
            continue
        part = search.parts[c]
        for i, (after, arrow) in enumerate(zip(part.next, part.arrows, strict=True)):
            images = [part.states[p] for p in arrow]
            given = list(range(n)) if after < 0 else search.parts[after].states
            reader[given, search.first_point[c] + i] = images if after >= 0 else images[0]
    return reader


def spare_point(search: Search, d: int) -> int:
    """The point that stands for idle where the chain has ended above: a single state where there is one."""
    for c, depth in search.depth.items():
        if depth == d and -1 in search.parts[c].next:
            return search.first_point[c] + search.parts[c].next.index(-1)
    return 0


def merged(actions: list[Table], links: list[Table]) -> tuple[list[Table], list[Table]]:
    """Symbols of equal actions and links made one, from the last machine up; the letters stay."""
    for d in range(len(actions) - 1, 0, -1):
        _, number = np.unique(np.concatenate([actions[d], links[d]], axis=1), axis=0, return_inverse=True)
        number = in_order_of_first(number.reshape(-1))
        first = np.unique(number, return_index=True)[1]
        actions[d], links[d] = actions[d][first], links[d][first]
        links[d - 1] = np.where(links[d - 1] < 0, -1, number[links[d - 1]]).astype(np.int64)
    return actions, links


def met_readers(tuples: Table, readers: list[Table]) -> tuple[Table, ...]:
    """The readers of a cascade, -1 where no reachable tuple leads; what the last machine's points stand for is read with the one
    before it."""
    found = []
    read = tuples[:, -1]
    for d in range(len(readers) - 2, -1, -1):
        full = readers[d] if d < len(readers) - 2 else readers[d][readers[d + 1][0]]
        reader = np.full_like(full, -1)
        reader[read, tuples[:, d]] = full[read, tuples[:, d]]
        found.append(reader)
        read = full[read, tuples[:, d]]
    return tuple(found[::-1])


def too_many(skeleton: Skeleton, limit: int) -> TooLarge:
    n, chains = skeleton.dfa.n_states, n_chains(skeleton)
    size = chains * (8 * max(component.depth for component in skeleton.components if component) + 200)
    return TooLarge(
        f"the holonomy cascade of {n} states has up to {chains:,} reachable tuples (chains of tiles), over {limit:,}, the limit here; "
        f"holonomy(limit={chains}) would list them in about {size / 2**30:.2g} GiB; the hole cascade has {n - 1} components"
    )
