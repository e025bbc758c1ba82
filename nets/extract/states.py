"""A machine from a network's states: points in space, gathered into clusters, with the moves that the letters make between them.

Points       the state of all layers after every prefix of the words: all words of a length, and a few long ones.
Clusters     k centres, each the point farthest from those before it (Gonzalez 1985, within a factor 2 of the best radius); a point
             belongs to the nearest centre that answers with its class.  The first centres are the first point of each class.
Moves        cluster c goes on letter a where most of its points go.  `consistency` is the share of points that go along: to that
             cluster, or to one that the machine cannot tell from it by any word.
Unmet moves  a cluster at the very ends of words has shown no move on some letter: the network is asked for its first point's.
How many     the fewest clusters among whose moves all points agree.  If there are none, the fewest with a share within WITHIN of the
             largest: more clusters agree a little better for no other reason than that they are more.  As in Omlin and Giles 1996,
             who quantise the states of recurrent networks ever more finely until a machine appears.

A layer with a convolution remembers letters beside its state, so that its moves need not be consistent in these points.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from ...automata.errors import BadArgument
from ...automata.hopcroft import hopcroft
from .machine import SILENT, Moore, Tokens
from .network import Network, all_words, longest_within

WORDS = 2**9  # all words of one length, so many at most
LONG_WORDS = 32
NUMBERS = 2**25  # in all points together
CLUSTERS = 128
WITHIN = 0.01


@dataclass(frozen=True)
class Points:
    """x [N, D] states, the first that before any letter; answers [N]; words, each the first `length` [N] letters of words[row] [N];
    moves, [E] each: point `source` goes to `target` on `letter`."""

    x: npt.NDArray[np.float32]
    answers: Tokens
    words: Tokens
    row: Tokens
    length: Tokens
    source: Tokens
    letter: Tokens
    target: Tokens


@dataclass(frozen=True)
class Clustered:
    """The machine; how many clusters, of how many points; the largest distance of a point from its centre, relative to the points'
    spread; the share of moves that agree; pairs (cluster, letter) that lead to a class of no cluster, and stay where they are."""

    machine: Moore
    clusters: int
    points: int
    radius: float
    consistency: float
    unmet: int


def cluster(
    network: Network,
    letters: Sequence[Hashable],
    classes: Sequence[Hashable],
    length: int = 32,
    seed: int = 0,
    clusters: int = CLUSTERS,
) -> Clustered:
    """A Moore machine from the states after all short words and after prefixes of LONG_WORDS random words of `length` letters.

    clusters  at most so many are tried
    Raises    BadArgument for a network whose mixers have no states
    """
    points = visited(network, length, seed)
    ahead = Ahead(network, points)
    tried = []
    for centres, of, radius in gathered(points, clusters):
        tried.append(moves(points, centres, of, ahead, radius, letters, classes))
        if tried[-1].consistency == 1 and not tried[-1].unmet:
            return tried[-1]
    enough = max(found.consistency for found in tried) - WITHIN
    return next(found for found in tried if found.consistency >= enough)


def visited(network: Network, length: int, seed: int) -> Points:
    """Where all short words and some long ones lead."""
    k = network.letters
    size = len(states_of(network, np.zeros((1, 1), dtype=np.int64))[0, 0])
    short = longest_within(k, max(k, min(WORDS, NUMBERS // (8 * size))))
    n_long = min(LONG_WORDS, max(1, NUMBERS // (4 * size * length)))
    start = 0 if network.asked_of is None else network.asked_of.start
    long = network.wander(np.full(n_long, start), length, np.random.default_rng(seed))
    tree, lines = all_words(k, short), long
    x = [states_of(network, tree), states_of(network, lines)]
    answered = [with_empty(network, tree), with_empty(network, lines)]
    # the tree: prefix i of t letters is that of row i·k^(short − t), and goes on letter a to prefix i·k + a of t + 1 letters
    rows = [np.arange(k**t) * k ** (short - t) for t in range(short + 1)]
    first = np.cumsum([0, *map(len, rows)])
    source = np.arange(first[-2]).repeat(k)
    target = np.arange(1, first[-1])
    letter = np.tile(np.arange(k), first[-2])
    # the lines: each starts from the tree's root
    n, T = lines.shape
    level = np.arange(short + 1).repeat([len(row) for row in rows])
    number = np.concatenate([np.zeros((n, 1), dtype=np.int64), first[-1] + np.arange(n * T).reshape(n, T)], axis=1)
    return Points(
        np.concatenate([*(x[0][row, t] for t, row in enumerate(rows)), x[1][:, 1:].reshape(n * T, -1)]),
        np.concatenate([*(answered[0][row, t] for t, row in enumerate(rows)), answered[1][:, 1:].ravel()]),
        np.concatenate([np.pad(tree, [(0, 0), (0, max(0, T - short))]), np.pad(lines, [(0, 0), (0, max(0, short - T))])]),
        np.concatenate([*rows, len(tree) + np.arange(n).repeat(T)]),
        np.concatenate([level, np.tile(np.arange(1, T + 1), n)]),
        np.concatenate([source, number[:, :-1].ravel()]),
        np.concatenate([letter, lines.ravel()]),
        np.concatenate([target, number[:, 1:].ravel()]),
    )


def with_empty(network: Network, tokens: Tokens) -> Tokens:
    return np.pad(network.learn(tokens), [(0, 0), (1, 0)], constant_values=network.empty)


@torch.no_grad()
def states_of(network: Network, tokens: Tokens) -> npt.NDArray[np.float32]:
    """The states of all layers after each prefix, the empty one first: [B, T + 1, D]. Raises BadArgument."""
    model = network.model
    mixers = [getattr(block, "mixer", None) for block in getattr(model, "blocks", [])]
    if not mixers or any(not hasattr(mixer, "states") for mixer in mixers):
        raise BadArgument(
            "a network without states (its mixers have no method `states`) has none to gather; ask it: by='lstar'"
        )
    word = torch.from_numpy(tokens).to(network.device).expand(model.replicas, -1, -1)
    given = model.mixer_inputs(word)
    states = [mixer.states(x)[network.replica].flatten(2) for mixer, x in zip(mixers, given, strict=True)]  # pyright: ignore
    return torch.cat(states, dim=-1).float().cpu().numpy()


def gathered(points: Points, most: int):
    """(the centres [k], which of them each point [N] belongs to, the radius) for k = the number of classes, … most."""
    x = points.x - points.x.mean(axis=0)
    spread = float(np.sqrt((x * x).sum(axis=1).max())) or 1.0
    size = (x * x).sum(axis=1)
    distance, of = np.full(len(x), np.inf), np.zeros(len(x), dtype=np.int64)
    centres = np.unique(points.answers, return_index=True)[1].tolist()
    for k in range(most):
        if k == len(centres):
            centres.append(int(distance.argmax()))
        centre = centres[k]
        here = np.sqrt(np.maximum(0, size - 2 * (x @ x[centre]) + size[centre]))
        here[points.answers != points.answers[centre]] = np.inf
        here[centre] = 0
        nearer = here < distance
        distance[nearer], of[nearer] = here[nearer], k
        if k + 1 >= len(centres):
            yield centres, of, float(distance.max()) / spread
        if k + 1 >= len(centres) and distance.max() == 0:
            return


class Ahead:
    """Where a point goes on a letter, asked of the network once."""

    def __init__(self, network: Network, points: Points):
        self.network, self.points = network, points
        self.known: dict[tuple[int, int], tuple[npt.NDArray[np.float32], int]] = {}

    def __call__(self, pairs: list[tuple[int, int]]) -> tuple[npt.NDArray[np.float32], Tokens]:
        """The states [E, D] and answers [E] one letter after points: pairs (point, letter)."""
        if new := [pair for pair in pairs if pair not in self.known]:
            point, letter = np.array(new).T
            t, e = self.points.length[point], np.arange(len(new))
            words = np.pad(self.points.words[self.points.row[point], : t.max()], [(0, 0), (0, 1)])
            words[e, t] = letter
            x, answers = states_of(self.network, words)[e, t + 1], self.network.learn(words)[e, t]
            self.known |= zip(new, zip(x, answers.tolist(), strict=True), strict=True)
        found = [self.known[pair] for pair in pairs]
        return np.stack([x for x, _ in found]), np.array([answer for _, answer in found])


def moves(
    points: Points,
    centres: Sequence[int],
    of: Tokens,
    ahead: Ahead,
    radius: float,
    letters: Sequence[Hashable],
    classes: Sequence[Hashable],
) -> Clustered:
    """The machine of the clusters: each goes where most of its points go."""
    clusters = len(centres)
    counts = np.zeros((clusters, len(letters), clusters), dtype=np.int64)
    np.add.at(counts, (of[points.source], points.letter, of[points.target]), 1)
    if (counts.sum(axis=2) == 0).any():
        lone, letter = np.nonzero(counts.sum(axis=2) == 0)
        first = np.unique(of, return_index=True)[1]
        x, answers = ahead(list(zip(first[lone].tolist(), letter.tolist(), strict=True)))
        distance = np.linalg.norm(x[:, None] - points.x[centres], axis=2)
        distance[answers[:, None] != points.answers[centres]] = np.inf
        known = np.isfinite(distance).any(axis=1)
        counts[lone[known], letter[known], distance.argmin(axis=1)[known]] = 1
    met = counts.sum(axis=2) > 0
    table = np.where(met, counts.argmax(axis=2), np.arange(clusters)[:, None])
    outputs = np.full(clusters, SILENT)
    outputs[of] = points.answers
    machine = Moore(table, int(of[0]), outputs, tuple(letters), tuple(classes))
    same = hopcroft(table, np.unique(outputs, return_inverse=True)[1])
    arrived, predicted = of[points.target], table[of[points.source], points.letter]
    consistency = float((same[arrived] == same[predicted]).mean())
    return Clustered(machine, clusters, len(points.x), radius, consistency, int((~met).sum()))
