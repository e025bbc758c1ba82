"""One component taken off a machine: which of some blocks the state is in; what is left is its place in the block.

Statement     let blocks B_1 … B_k be sets of states, and let the component, from block i on letter a, go to a block that contains
              B_i · a.  If the start lies in the first block, the state lies in the component's block after every word, and its
              place there moves by a map that letter and block determine: a machine with as many states as the largest block.
Blocks        of a congruence: the component is a quotient, no state is in two blocks.
              around a sink: of a congruence of the machine without its absorbing state, where moves into the sink ask nothing; the
              sink is added to every block.  Where a whole block moves into the sink the component may go anywhere.
              images: the images of the letters that do not permute, moved about by those that do; each of the others goes to a
              fixed block that holds its image.  A permutation-and-reset component.
              holes: all states but one, the same with the largest blocks (theorem 5 of this project's one-layer theory).
              last letters: the component remembers the last k letters, as far as it matters; the block is where they lead from
              anywhere.
Places        are numbered so that as many moves as can be keep the number; places that a small block lacks never occur, and maps
              are completed there to permutations or constants where they can be.
Source        Hartmanis and Stearns 1966 for congruences and covers; Krohn and Rhodes 1965.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ...automata.cascade import Table
from ...automata.dfa import DFA
from ...automata.reach import reachable_states

BLOCKS_UP_TO = 300
CONGRUENCES_UP_TO = 400
WORDS_UP_TO = 1000
MEMORY_UP_TO = 3  # letters remembered to no use before giving up

Block = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Split:
    """One component: its machine, link [n_symbols, n_blocks], reader [n_places, n_blocks], what is left, and how it was found."""

    machine: DFA
    link: Table
    reader: Table
    rest: DFA
    kind: str


def by_blocks(rest: DFA, blocks: list[Block], move: Table, kind: str, sink: int | None = None) -> Split:
    """blocks, sorted states each, the start in the first; move [n_blocks, n_letters] the block that holds the image; sink, an
    absorbing state in all blocks."""
    machine = DFA(move, 0, [], rest.alphabet)
    met = reachable_states(machine).tolist()
    places = numbered(rest, blocks, move, met, sink)
    size = max(len(blocks[b]) for b in met)
    reader = np.full((size, len(blocks)), -1)
    for b in met:
        for state, place in places[b].items():
            reader[place, b] = state
    maps: dict[tuple[int, ...], int] = {}
    link = np.full((rest.n_letters, len(blocks)), -1)
    for b in met:
        states = reader[:, b].tolist()  # by place, −1 where the block has none
        for a, column in enumerate(rest.table.T.tolist()):
            target = places[int(move[b, a])]
            partial = [-1 if state < 0 else target[column[state]] for state in states]
            link[a, b] = maps.setdefault(completed(partial), len(maps))
    left = DFA(np.array(list(maps)).T, places[0][rest.start], [], range(len(maps)))
    return Split(machine, link, reader, left, kind)


def numbered(rest: DFA, blocks: list[Block], move: Table, met: list[int], sink: int | None) -> dict[int, dict[int, int]]:
    """For each block met the place of each of its states; a move that merges nothing, but into the sink, carries the places of its
    block on, the largest blocks first. The sink has the last place everywhere."""
    last = max(len(blocks[b]) for b in met) - 1
    end = {} if sink is None else {sink: last}
    places: dict[int, dict[int, int]] = {}

    def fill(block: Block, known: dict[int, int]) -> dict[int, int]:
        free = iter(sorted(set(range(last + 1)) - set(known.values()) - set(end.values())))
        return {**{state: known[state] if state in known else next(free) for state in block if state != sink}, **end}

    for first in sorted(met, key=lambda b: -len(blocks[b])):
        if first in places:
            continue
        places[first] = fill(blocks[first], {})
        queue = [first]
        for b in queue:
            for a in range(rest.n_letters):
                target = int(move[b, a])
                moved = [
                    (int(rest.table[state, a]), place) for state, place in places[b].items() if rest.table[state, a] != sink
                ]
                if target not in places and moved and len({state for state, _ in moved}) == len(moved):
                    places[target] = fill(blocks[target], dict(moved))
                    queue.append(target)
    return places


def completed(partial: list[int]) -> tuple[int, ...]:
    """A map with −1 where nothing is asked, as a map of all: a permutation if it is injective, constant if it is constant, else
    with the smallest value it takes.

    >>> completed([2, 0, -1]), completed([1, 1, -1]), completed([1, -1, -1])
    ((2, 0, 1), (1, 1, 1), (1, 0, 2))
    """
    taken = [place for place in partial if place >= 0]
    if len(set(taken)) == len(taken):
        free = iter(sorted(set(range(len(partial))) - set(taken)))
        return tuple(place if place >= 0 else next(free) for place in partial)
    return tuple(place if place >= 0 else min(taken) for place in partial)


# ---------------------------------------------------------------------- congruences


def quotients(rest: DFA) -> Iterator[Split]:
    """A split for each congruence found, those that leave the smallest blocks first; of these the coarsest first."""
    found = congruences(rest)
    sizes = [np.bincount(labels) for labels in found]
    for i in sorted(range(len(found)), key=lambda i: (sizes[i].max(), len(sizes[i]))):
        labels = found[i]
        order = np.concatenate([[labels[rest.start]], np.setdiff1d(np.arange(len(sizes[i])), [labels[rest.start]])])
        place = np.argsort(order)
        blocks = [tuple(np.flatnonzero(labels == label).tolist()) for label in order]
        move = place[labels[rest.table[[block[0] for block in blocks]]]]
        yield by_blocks(rest, blocks, move, f"quotient of {len(blocks)} blocks")


def congruences(rest: DFA) -> list[np.ndarray]:
    """Labels [n] of congruences: those generated by a pair of states, and joins of these, up to a fixed number; not the two trivial
    ones."""
    n = rest.n_states
    principal: dict[bytes, np.ndarray] = {}
    for p in range(n):
        for q in range(p):
            labels = generated(rest, np.arange(n), [(p, q)])
            if labels.max() > 0:
                principal.setdefault(labels.tobytes(), labels)
    known, queue = dict(principal), list(principal.values())
    for labels in queue:
        for other in principal.values():
            pairs = [(int(p), int(np.flatnonzero(other == other[p])[0])) for p in range(n)]
            joined = generated(rest, labels, pairs)
            if joined.max() > 0 and joined.tobytes() not in known:
                if len(known) >= CONGRUENCES_UP_TO:
                    return list(known.values())
                known[joined.tobytes()] = joined
                queue.append(joined)
    return list(known.values())


def generated(rest: DFA, labels: np.ndarray, pairs: list[tuple[int, int]]) -> np.ndarray:
    """The finest congruence above a labelling that joins these pairs, blocks numbered by their first state."""
    parent = [int(np.flatnonzero(labels == label)[0]) for label in labels]
    table = rest.table.tolist()

    def root(p: int) -> int:
        while parent[p] != p:
            parent[p] = parent[parent[p]]
            p = parent[p]
        return p

    todo = list(pairs) + [(p, parent[p]) for p in range(len(parent)) if parent[p] != p]
    seen_before = [root(p) for p in range(len(parent))]
    while todo:
        p, q = map(root, todo.pop())
        if p != q:
            parent[max(p, q)] = min(p, q)
        elif seen_before[p] == p:
            continue
        todo += [(a, b) for a, b in zip(table[p], table[q], strict=True) if root(a) != root(b)]
    return np.unique([root(p) for p in range(len(parent))], return_inverse=True)[1]


# ---------------------------------------------------------------------- around a sink


def around_sink(rest: DFA) -> Iterator[Split]:
    """Splits by congruences of what is not an absorbing state, those that leave the smallest blocks first; each with moves of
    whole blocks into the sink filled up to permutations, and left where they are."""
    n = rest.n_states
    absorbing = np.flatnonzero(np.all(rest.table == np.arange(n)[:, None], axis=1))
    if len(absorbing) != 1 or absorbing[0] == rest.start:
        return
    sink = int(absorbing[0])
    partial = np.where(rest.table == sink, -1, rest.table)
    found = partial_congruences(partial, sink)
    sizes = [np.bincount(labels[labels >= 0]) for labels in found]
    for i in sorted(range(len(found)), key=lambda i: (sizes[i].max(), len(sizes[i]))):
        labels, count = found[i], len(sizes[i])
        if sizes[i].max() + 1 >= n:
            continue
        order = np.concatenate([[labels[rest.start]], np.setdiff1d(np.arange(count), [labels[rest.start]])])
        place = np.argsort(order)
        members = [np.flatnonzero(labels == label) for label in order]
        blocks = [tuple(sorted([*block.tolist(), sink])) for block in members]
        asked = np.full((count, rest.n_letters), -1)
        for b, block in enumerate(members):
            targets = partial[block].max(axis=0)
            asked[b, targets >= 0] = place[labels[targets[targets >= 0]]]
        moves = [np.array([completed(column) for column in asked.T.tolist()]).T]
        stay = np.where(asked >= 0, asked, np.arange(count)[:, None])
        if not np.array_equal(stay, moves[0]):
            moves.append(stay)
        for move in moves:
            yield by_blocks(rest, blocks, move, f"{count} blocks around the sink", sink)


def partial_congruences(partial: Table, sink: int) -> list[np.ndarray]:
    """Labels [n] of congruences of a machine with moves missing (−1), −1 for the sink: equality, those generated by a pair of
    states, and joins of these, up to a fixed number; not the one of a single block."""
    states = [q for q in range(len(partial)) if q != sink]
    equal = partial_generated(partial, sink, [])
    principal: dict[bytes, tuple[np.ndarray, tuple[int, int]]] = {}
    for i, p in enumerate(states):
        for q in states[:i]:
            labels = partial_generated(partial, sink, [(p, q)])
            if labels.max() > 0:
                principal.setdefault(labels.tobytes(), (labels, (p, q)))
    known = {equal.tobytes(): equal, **{key: labels for key, (labels, _) in principal.items()}}
    queue = [(labels, [pair]) for labels, pair in principal.values()]
    for _, pairs in queue:
        for _, pair in principal.values():
            joined = partial_generated(partial, sink, [*pairs, pair])
            if joined.max() > 0 and joined.tobytes() not in known:
                if len(known) >= CONGRUENCES_UP_TO:
                    return list(known.values())
                known[joined.tobytes()] = joined
                queue.append((joined, [*pairs, pair]))
    return list(known.values())


def partial_generated(partial: Table, sink: int, pairs: list[tuple[int, int]]) -> np.ndarray:
    """The finest congruence of the machine with moves missing that joins these pairs; −1 for the sink."""
    parent = list(range(len(partial)))
    moves = [{a: target for a, target in enumerate(row) if target >= 0} for row in partial.tolist()]

    def root(p: int) -> int:
        while parent[p] != p:
            parent[p] = parent[parent[p]]
            p = parent[p]
        return p

    todo = list(pairs)
    while todo:
        p, q = map(root, todo.pop())
        if p == q:
            continue
        p, q = min(p, q), max(p, q)
        parent[q] = p
        for a, target in moves[q].items():
            if a in moves[p]:
                todo.append((moves[p][a], target))
            else:
                moves[p] = {**moves[p], a: target}
    roots = np.array([root(p) for p in range(len(parent))])
    others = np.arange(len(parent)) != sink
    labels = np.full(len(parent), -1)
    labels[others] = np.unique(roots[others], return_inverse=True)[1]
    return labels


# ---------------------------------------------------------------------- the last letters


def memories(rest: DFA) -> Iterator[Split]:
    """Splits by the last k letters, k = 1, 2, …, as long as the blocks become smaller and the words are few."""
    table, k = rest.table, 0
    smallest = rest.n_states
    words: list[tuple[int, ...]] = [()]
    while len(words) * rest.n_letters <= WORDS_UP_TO:
        k += 1
        words = [(*word, a) for word in words for a in range(rest.n_letters)]
        images = np.arange(rest.n_states)[None].repeat(len(words), axis=0)
        for i in range(k):
            images = table[images, np.array([word[i] for word in words])[:, None]]
        blocks = [tuple(np.unique(image).tolist()) for image in images]
        if max(map(len, blocks)) >= smallest:
            if k >= MEMORY_UP_TO:
                return
            continue
        smallest = max(map(len, blocks))
        yield by_memory(rest, words, blocks, k)


def by_memory(rest: DFA, words: list[tuple[int, ...]], blocks: list[Block], k: int) -> Split:
    """The split by the last k letters: words of length k with their blocks, and shorter words, after which the state is known."""
    shorter: list[tuple[tuple[int, ...], int]] = [((), rest.start)]
    for word, state in shorter:
        if len(word) < k - 1:
            shorter += [((*word, a), int(rest.table[state, a])) for a in range(rest.n_letters)]
    everything = [word for word, _ in shorter] + words
    held = [(state,) for _, state in shorter] + blocks
    number = {word: i for i, word in enumerate(everything)}
    move = np.array([[number[(*word, a)[-k:]] for a in range(rest.n_letters)] for word in everything])
    label = np.unique([hash(block) for block in held], return_inverse=True)[1]
    while True:  # Moore's rounds: words that have the same block after every continuation are one
        refined = np.unique(np.column_stack([label, label[move]]), axis=0, return_inverse=True)[1].ravel()
        if refined.max() == label.max():
            break
        label = refined
    order = np.unique(label, return_index=True)[1]
    order = order[np.argsort(order)]  # the empty word first
    place = np.empty(len(order), dtype=np.int64)
    place[label[order]] = np.arange(len(order))
    what = "last letter" if k == 1 else f"last {k} letters"
    return by_blocks(rest, [held[i] for i in order], place[label[move[order]]], f"{what}, {len(order)} blocks")


# ---------------------------------------------------------------------- images and holes


def images(rest: DFA) -> Split | None:
    """The split by the images of the letters that do not permute; None when that is the split by holes, or there is no use."""
    n = rest.n_states
    everything = frozenset(range(n))
    columns = rest.table.T.tolist()
    permuting = [a for a, column in enumerate(columns) if len(set(column)) == n]
    others = {a: frozenset(columns[a]) for a in range(rest.n_letters) if a not in permuting}
    if not others:
        return None
    family = closed_under(list(others.values()), [columns[a] for a in permuting])
    if family is None:
        return None
    family = [block for block in family if not any(block < other for other in family)]
    if max(map(len, family)) >= n - 1:
        return None  # holes do as well
    first = next((block for block in family if rest.start in block), None)
    if first is None:
        more = closed_under([frozenset([rest.start])], [columns[a] for a in permuting])
        if more is None:
            return None
        first, family = more[0], more + family
    family = [first, *(block for block in family if block != first)]
    if everything in family or len(family) > BLOCKS_UP_TO:
        return None
    number = {block: i for i, block in enumerate(family)}
    move = np.empty((len(family), rest.n_letters), dtype=np.int64)
    for a, column in enumerate(columns):
        if a in others:
            move[:, a] = next(i for i, block in enumerate(family) if others[a] <= block)
        else:
            move[:, a] = [number[frozenset(column[q] for q in block)] for block in family]
    return by_blocks(rest, [tuple(sorted(block)) for block in family], move, f"images, {len(family)} blocks")


def closed_under(seeds: list[frozenset[int]], columns: list[list[int]]) -> list[frozenset[int]] | None:
    """All sets that the maps make of these, None past a fixed number."""
    found = list(dict.fromkeys(seeds))
    known = set(found)
    for block in found:
        for column in columns:
            image = frozenset(column[q] for q in block)
            if image not in known:
                if len(known) >= BLOCKS_UP_TO:
                    return None
                known.add(image)
                found.append(image)
    return found


def holes(rest: DFA) -> Split:
    """The split by holes: always there, and always one state less."""
    n = rest.n_states
    columns = rest.table.T.tolist()
    first = int(rest.start == 0)
    order = [first, *(h for h in range(n) if h != first)]
    number = {h: i for i, h in enumerate(order)}
    move = np.empty((n, rest.n_letters), dtype=np.int64)
    for a, column in enumerate(columns):
        missed = sorted(set(range(n)) - set(column))
        move[:, a] = [number[missed[0] if missed else column[h]] for h in order]
    blocks = [tuple(q for q in range(n) if q != h) for h in order]
    return by_blocks(rest, blocks, move, "hole")
