"""Why not, in words that can be run: each witness is a few words whose acceptance by the machine shows what it claims.

counting      u vⁱ w is accepted for some i and not for others, with least period p over i = 0, 1, 2, …
lengths       x and y are of one length, y acts as the identity of a group and x as another element of it, and u y xⁱ w is accepted with
              least period p: words of one length count
idempotents   e·e and e, f·f and f act alike on all states, and u e f e w and u f e w differ in acceptance
letter        u x w and u xxx w differ in acceptance
group         words that permute some states, and generate a group there that is not solvable
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from ...automata.dfa import DFA
from ...automata.jsonio import letters_from_json, letters_to_json
from ...automata.monoid import TransitionMonoid

Kind = Literal["counting", "lengths", "idempotents", "letter", "group"]
Spelt = Any  # a str, or a list of letters


@dataclass(frozen=True)
class Witness:
    """words by their names in the formula; period of the acceptance of u vⁱ w; states that the words of a group permute; says, in one
    clause."""

    kind: Kind
    words: Mapping[str, Spelt]
    says: str
    period: int | None = None
    states: tuple[int, ...] = field(default=())

    def holds(self, dfa: DFA) -> bool:
        """Whether the words show it, run on a machine of the language; a group's and idempotents' words on the minimal one.

        >>> parity = DFA([[0, 1], [1, 0]], 0, [1], "01")
        >>> counting(parity, [1], 0, 2).holds(parity)
        True
        """
        word = {name: dfa.encode(spelt) for name, spelt in self.words.items()}

        def accepts(*parts: Iterable[int]) -> bool:
            return dfa.accepts(dfa.decode([a for part in parts for a in part]))

        if self.kind == "counting":
            assert self.period is not None
            u, v, w = word["u"], word["v"], word["w"]
            seen = [accepts(u, v * i, w) for i in range(2 * self.period)]
            return shows(seen, self.period)
        if self.kind == "lengths":
            assert self.period is not None
            u, x, y, w = word["u"], word["x"], word["y"], word["w"]
            alike = all(
                np.array_equal(acts(dfa, left), acts(dfa, right)) for left, right in ((y * 2, y), (x + y, x), (y + x, x))
            )
            seen = [accepts(u, y, x * i, w) for i in range(2 * self.period)]
            return alike and len(x) == len(y) and shows(seen, self.period)
        if self.kind == "letter":
            u, x, w = word["u"], word["x"], word["w"]
            return accepts(u, x, w) != accepts(u, x * 3, w)
        if self.kind == "idempotents":
            u, e, f, w = word["u"], word["e"], word["f"], word["w"]
            alike = all(np.array_equal(acts(dfa, x), acts(dfa, x * 2)) for x in (e, f))
            return alike and accepts(u, e, f, e, w) != accepts(u, f, e, w)
        places = {q: i for i, q in enumerate(self.states)}
        images = [[places.get(int(q), -1) for q in acts(dfa, x)[list(self.states)]] for x in word.values()]
        return all(sorted(g) == list(range(len(places))) for g in images) and not generates_solvable(images)

    def to_json(self) -> dict[str, Any]:
        """Plain data. Raises NotSerializable for letters that JSON cannot hold."""
        words = {name: spelt if isinstance(spelt, str) else letters_to_json(spelt) for name, spelt in self.words.items()}
        return {"kind": self.kind, "words": words, "says": self.says, "period": self.period, "states": list(self.states)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Witness:
        words = {n: spelt if isinstance(spelt, str) else list(letters_from_json(spelt)) for n, spelt in data["words"].items()}
        return cls(data["kind"], words, data["says"], data["period"], tuple(data["states"]))


def counting(machine: DFA, v: Sequence[int], state: int, p: int) -> Witness:
    """A word v (letter numbers) with a state on one of its cycles, in a minimal machine, and a prime p that divides the length of the
    cycle: a power of v counts modulo p."""
    loop = cycle_of(machine, v, state)
    times = len(loop) // p
    return periodic(machine, list(v) * times, loop[::times], loop[times])


def beyond_two(machine: DFA, v: Sequence[int], state: int) -> Witness:
    """The same for a cycle longer than 2, with a period of acceptance that does not divide 2."""
    loop = cycle_of(machine, v, state)
    return periodic(machine, v, loop, loop[2])


def cycle_of(machine: DFA, v: Sequence[int], state: int) -> list[int]:
    """The states that powers of v lead to from one on a cycle of v."""
    row, loop = acts(machine, v), [state]
    while (q := int(row[loop[-1]])) != state:
        loop.append(q)
    return loop


def periodic(machine: DFA, v: Sequence[int], loop: Sequence[int], other: int) -> Witness:
    """v leads around the loop; the last word tells its first state from another one of it."""
    w = told_apart(machine, loop[0], other)
    period = least_period([bool(machine.accepting_mask[followed(machine, q, w)]) for q in loop])
    u = word_to(machine, loop[0])
    words = {name: machine.decode(x) for name, x in (("u", u), ("v", v), ("w", w))}
    says = f"{spelt(words['v'])} counts modulo {period}: {formula(words)} is accepted with period {period} in i"
    return Witness("counting", words, says, period)


def equal_lengths(machine: DFA, x: Sequence[int], y: Sequence[int], loop: Sequence[int]) -> Witness:
    """Words of one length, x in a group whose identity is y, and a cycle of x, two states or more."""
    counted = periodic(machine, x, loop, loop[1])
    words = {**counted.words, "x": counted.words["v"], "y": machine.decode(y)}
    del words["v"]
    says = f"{spelt(words['x'])} and {spelt(words['y'])}, of one length, count modulo {counted.period} and not at all"
    return Witness("lengths", words, says, counted.period)


def formula(words: Mapping[str, Spelt]) -> str:
    """u vⁱ w, the empty words left out."""
    v = spelt(words["v"])
    power = f"{v}ⁱ" if len(words["v"]) == 1 else f"({v})ⁱ"
    return " ".join(
        [*([spelt(words["u"])] if len(words["u"]) else []), power, *([spelt(words["w"])] if len(words["w"]) else [])]
    )


def idempotents(machine: DFA, e: Sequence[int], f: Sequence[int]) -> Witness:
    """Two words that act as idempotents with e·f·e ≠ f·e on a minimal machine."""
    left, right = acts(machine, [*e, *f, *e]), acts(machine, [*f, *e])
    q = int(np.flatnonzero(left != right)[0])
    w = told_apart(machine, int(left[q]), int(right[q]))
    words = {name: machine.decode(x) for name, x in (("u", word_to(machine, q)), ("e", e), ("f", f), ("w", w))}
    return Witness(
        "idempotents", words, f"{spelt(words['e'])} and {spelt(words['f'])} act as idempotents e, f with e·f·e ≠ f·e"
    )


def not_cubed(machine: DFA, x: int) -> Witness:
    """A letter with x³ ≠ x on a minimal machine."""
    row = machine.table[:, x]
    cubed = row[row[row]]
    q = int(np.flatnonzero(cubed != row)[0])
    w = told_apart(machine, int(row[q]), int(cubed[q]))
    words = {"u": machine.decode(word_to(machine, q)), "x": machine.decode([x]), "w": machine.decode(w)}
    return Witness("letter", words, f"the letter {spelt(words['x'])} and its cube act differently")


def unsolvable(machine: DFA, monoid: TransitionMonoid) -> Witness | None:
    """Words that generate a group that is not solvable, from the first such maximal subgroup; None when all are solvable."""
    group = next((group for group in monoid.groups if not group.is_solvable), None)
    if group is None:
        return None
    inside = monoid.elements[group.elements][:, list(group.points)]
    words = {}
    for i, generator in enumerate(group.generators):
        image = np.array(group.points)[list(generator)]
        m = int(group.elements[np.flatnonzero((inside == image).all(axis=1))[0]])
        words[f"g{i + 1}"] = machine.decode(monoid.words.letters(m))
    return of_group(words, group.points, group.description)


def of_group(words: Mapping[str, Spelt], states: Sequence[int], name: str) -> Witness:
    """Words that generate a group that is not solvable on some states."""
    shown = ", ".join(spelt(word) for word in words.values())
    says = f"the words {shown} permute {len(states)} states and generate {name}, which is not solvable"
    return Witness("group", words, says, states=tuple(map(int, states)))


# ---------------------------------------------------------------------- words and states


def acts(machine: DFA, word: Sequence[int]) -> np.ndarray:
    """Where a word sends each state, [n]."""
    row = np.arange(machine.n_states)
    for a in word:
        row = machine.table[row, a]
    return row


def followed(machine: DFA, state: int, word: Sequence[int]) -> int:
    for a in word:
        state = int(machine.table[state, a])
    return state


def word_to(machine: DFA, state: int) -> list[int]:
    """A shortest word from the start to a state that can be reached."""
    came: dict[int, tuple[int, int]] = {machine.start: (-1, -1)}
    order = [machine.start]
    for q in order:
        if state in came:
            break
        for a, r in enumerate(machine.table[q].tolist()):
            if r not in came:
                came[r] = (q, a)
                order.append(r)
    word = []
    while state != machine.start:
        state, a = came[state]
        word.append(a)
    return word[::-1]


def told_apart(machine: DFA, p: int, q: int) -> list[int]:
    """A shortest word that one of two states of a minimal machine accepts and the other does not."""
    first, second = (DFA(machine.table, r, machine.accepting, machine.alphabet) for r in (p, q))
    word = first.distinguishing_word(second)
    assert word is not None, "two states of a minimal machine"
    return machine.encode(word)


def least_period(values: Sequence[Any]) -> int:
    """The least d that divides the length, with values[i] = values[i + d] around.

    >>> least_period("abab"), least_period("aab")
    (2, 3)
    """
    n = len(values)
    return next(d for d in range(1, n + 1) if n % d == 0 and all(values[i] == values[i - d] for i in range(d, n)))


def shows(seen: Sequence[bool], period: int) -> bool:
    """Whether two rounds of acceptance have that least period."""
    return least_period(seen[:period]) == period and seen[:period] == seen[period:]


def generates_solvable(images: Sequence[Sequence[int]]) -> bool:
    """Whether permutations generate a solvable group, by sympy."""
    from sympy.combinatorics import Permutation, PermutationGroup

    return bool(PermutationGroup([Permutation(list(g)) for g in images]).is_solvable)


def spelt(word: Spelt) -> str:
    """A word as it is written in a sentence.

    >>> spelt("ab"), spelt(["up", "(0 1)"]), spelt("")
    ('ab', 'up (0 1)', 'ε')
    """
    texts = list(map(str, word))
    if not texts:
        return "ε"
    plain = all(text.isprintable() and text.strip() == text for text in texts)
    return ("" if isinstance(word, str) else " ").join(texts) if plain else repr(word)
