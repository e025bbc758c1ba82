"""Every stack of contractive layers is a cascade of machines that one layer tracks each; so complexity bounds its depth from below.

Notation      s a state of all layers below layer i together; symbol: (s, x) with x a letter; X(s) the states of layer i that are
              met together with s; s·x the state of the layers below after the letter.
Hypotheses    layer i takes its state through an affine contraction chosen by the symbol; the states of all layers TOGETHER that
              words reach are finitely many. (Layer i by itself, on symbols in any order, may have infinitely many.)
Claim         The layers can be rebuilt, on larger spaces, so that on every word they do the same, and each by itself has finitely
              many states, whatever symbols it gets. So each is a machine of its own, whose idempotents obey e·f·e = f·e, and the
              monoid of a machine tracked by L layers divides a wreath product of L such monoids, beside the last letter. Its
              Krohn–Rhodes complexity is at most L.
Proof         Choose o(s) in X(s), V(s) = span(X(s) − o(s)), and let the new layer i live on the direct sum of all V(s): state y
              met with s becomes y − o(s) in block s, 0 in the others. If symbol (s, x) is y ↦ A y + b, let it take v to A v_s +
              (A o(s) + b − o(s·x)) in block s·x, 0 in the others, where v_s is the part of v in block s. A maps V(s) into V(s·x),
              as a symbol maps X(s) into X(s·x); the linear part v ↦ A v_s is a contraction. On X(s) in block s it does what it
              did. On a state in another block v_s = 0, and it does what it did to o(s), which is in X(s): so all states ever
              reached are those of the X(s), each in its block, finitely many. Rebuilding one layer does not change what the next
              ones see. (monoids) the machine of new layer i is tracked by one layer, itself: statement one_layer_obstruction.
              (complexity) a monoid with e·f·e = f·e divides a wreath product of a right regular band, aperiodic, with a group
              (statement group_walks: flip-flops for pairs of edges, driven by group and letter; by Ash); so its complexity is at
              most 1, a wreath product of L of them has at most L, and last letters, aperiodic and beside them, add nothing.
Source        this project; the use of Krohn–Rhodes complexity as a bound for stacks rests on it. Complexity: Krohn and Rhodes 1968.
Status        proved; for complexity up to a quoted theorem: Ash 1991
Check         24 drawn stacks (seed 0) of two layers in fractions: layer 2 permutes and overwrites coordinates, seen through
              another rotation by a 3-4-5 or 5-12-13 angle beside each state of layer 1. Rebuilt: contractions by exact LDLᵀ, the
              same states on all words (by closure), and the closure over symbols in any order ends with the states of the X(s).
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import numpy as np

from ..gram import is_psd
from ..numbers import identity
from .statement import Counterexample, Statement, require

Symbol = tuple[int, int]  # a state of the layer below, and a letter
State = tuple[Fraction, ...]
MANY = 60  # states; more than any drawn stack has in all

ANGLES = ((3, 4, 5), (4, 3, 5), (5, 12, 13), (12, 5, 13))


@dataclass(frozen=True, eq=False)
class Two:
    """below [n, k] is the machine of layer 1, started at 0; maps[s, x] are (A, b) of layer 2, which starts at `start`."""

    below: np.ndarray
    maps: Mapping[Symbol, tuple[np.ndarray, np.ndarray]]
    start: State

    def step(self, state: State, symbol: Symbol) -> State:
        A, b = self.maps[symbol]
        return tuple((A @ np.array(state, dtype=object) + b).tolist())

    def joint(self) -> list[tuple[int, State]]:
        """The states of both layers that words reach."""
        found = [(0, self.start)]
        seen = set(found)
        for s, y in found:  # grows as it is read
            for x in range(self.below.shape[1]):
                new = int(self.below[s, x]), self.step(y, (s, x))
                if new not in seen:
                    seen.add(new)
                    found.append(new)
            require(len(found) <= MANY, "the stack has many states")
        return found

    def alone(self) -> list[State]:
        """The states of layer 2 that symbols in any order reach; cut short past MANY."""
        found = [self.start]
        seen = set(found)
        for y in found:  # grows as it is read
            for symbol in self.maps:
                new = self.step(y, symbol)
                if new not in seen and len(found) <= MANY:
                    seen.add(new)
                    found.append(new)
        return found


def rebuilt(stack: Two) -> Two:
    """Layer 2 on a block for each state of layer 1, as in the proof."""
    origin: dict[int, np.ndarray] = {}
    for s, y in stack.joint():
        origin.setdefault(s, np.array(y, dtype=object))
    d, place = len(stack.start), {s: i for i, s in enumerate(origin)}
    maps = {}
    for (s, x), (A, b) in stack.maps.items():
        if s not in origin:
            continue
        after = int(stack.below[s, x])
        new_A = np.full((d * len(origin),) * 2, Fraction(0), dtype=object)
        new_b = np.full(d * len(origin), Fraction(0), dtype=object)
        rows, columns = slice(d * place[after], d * place[after] + d), slice(d * place[s], d * place[s] + d)
        new_A[rows, columns] = A
        new_b[rows] = A @ origin[s] + b - origin[after]
        maps[s, x] = new_A, new_b
    return Two(stack.below, maps, (Fraction(0),) * (d * len(origin)))


def verify() -> tuple[int, str]:
    rng = random.Random(0)
    states = infinite = 0
    for number in range(24):
        stack = drawn(rng)
        new, what = rebuilt(stack), f"stack {number}"
        for A, _ in new.maps.values():
            require(is_psd(identity(len(A)) - A.T @ A), f"{what}: a letter is no contraction")
        pairs = same(stack, new)
        require(pairs == len(stack.joint()) == len(new.joint()), f"{what}: {pairs} pairs of states met together")
        require(len(new.alone()) <= pairs, f"{what}: the rebuilt layer reaches {len(new.alone())} states by itself")
        states, infinite = states + pairs, infinite + (len(stack.alone()) > MANY)
    require(infinite > 0, "some second layers do not end by themselves")
    return states, f"24 stacks, {states} states; in {infinite} of them layer 2 by itself, as it was, passes {MANY} states"


def same(first: Two, second: Two) -> int:
    """The number of pairs of states of layer 2 that words reach in two stacks, layer 1 beside them."""
    found = [(0, first.start, second.start)]
    seen = set(found)
    for s, y, z in found:  # grows as it is read
        for x in range(first.below.shape[1]):
            new = int(first.below[s, x]), first.step(y, (s, x)), second.step(z, (s, x))
            if new not in seen:
                seen.add(new)
                found.append(new)
    return len(found)


def turn(angle: tuple[int, int, int]) -> np.ndarray:
    """The rotation of the plane by a Pythagorean angle."""
    c, s = Fraction(angle[0], angle[2]), Fraction(angle[1], angle[2])
    return np.array([[c, -s], [s, c]], dtype=object)


def drawn(rng: random.Random) -> Two:
    """Layer 1: two or three states, two letters, drawn. Layer 2: signed permutations and overwrites of two coordinates, turned."""
    n = rng.choice((2, 3))
    below = np.array([[rng.randrange(n) for _ in range(2)] for _ in range(n)])
    seen_through = [turn(rng.choice(ANGLES)) for _ in range(n)]
    maps = {}
    for s, x in product(range(n), range(2)):
        A = identity(2)[rng.sample(range(2), 2)] * np.array([rng.choice((-1, 1)) for _ in range(2)])
        b = np.array([0, 0], dtype=object)
        if rng.random() < 0.4:
            i = rng.randrange(2)
            A[i], b[i] = 0, rng.choice((-1, 0, 1))
        outside = seen_through[below[s, x]]
        maps[s, x] = outside @ A @ seen_through[s].T, outside @ b
    start = seen_through[0] @ np.array([1, rng.choice((-1, 0, 1))], dtype=object)
    return Two(below, maps, tuple(map(Fraction, start.tolist())))


def there_and_back() -> Two:
    """Layer 1 says odd or even; layer 2 turns by a 3-4-5 angle on even tokens, and back on odd ones."""
    R, none = turn(ANGLES[0]), np.array([Fraction(0)] * 2, dtype=object)
    return Two(np.array([[1], [0]]), {(0, 0): (R, none), (1, 0): (R.T, none)}, (Fraction(1), Fraction(0)))


def refute() -> Counterexample:
    stack = there_and_back()
    A, _ = stack.maps[0, 0]
    require(len(stack.joint()) == 2 and len(stack.alone()) > MANY, "there and back")
    return Counterexample(
        "“rebuilt” dropped: every layer of a stack of finitely many states has finitely many states by itself",
        {"A": A.tolist(), "start": list(stack.start)},
        "a layer that turns by a 3-4-5 angle on even tokens and back on odd ones has two states; the turn alone, again and again, "
        "never comes back, as no power of (3 + 4i)/5 is 1",
    )


def example() -> str:
    stack = there_and_back()
    new = rebuilt(stack)
    return (
        f"turning by a 3-4-5 angle and back: {len(stack.joint())} states as a stack, over {MANY} for layer 2 by itself; rebuilt on "
        f"two blocks (four coordinates), {len(new.alone())} by itself, 0, which stands for the origin of either block"
    )


STATEMENT = Statement("stacks_are_cascades", "property-tested", __doc__, verify, refute, example)
