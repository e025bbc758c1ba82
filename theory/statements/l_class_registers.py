"""Registers on the L-classes track every machine whose monoid is regular and has e·f·e = f·e for its idempotents.

Notation      R a finite monoid, words act and products are read from the left; regular: every a has an a' with a·a'·a = a. a L b:
              each is the other times something on the left. r(w) in R is the product of the word w; letters are any elements.
Hypotheses    R is regular; e·f·e = f·e for all idempotents. To know r(w) is enough for every machine whose monoid is R, or a
              quotient of a submonoid of R.
Claim         Take a register for each l in R, and C for the L-class of l. Reading w from its end, register l passes l, x_t·l,
              x_{t−1}·x_t·l, …; it holds c_l(w), the first value outside C, else the marker [r(w)·l] of where in C it ended:
                  c_l(w·x) = c_{x·l}(w) if x·l is in C, x·l if not; c_l(empty) = [l].
              (copyless) On each letter different l take from different registers. (enough) The contents determine r(w). So a bit
              for each register and value, moved or overwritten with 0 or 1, is one contractive layer that tracks the machine.
Proof         (1) idempotents e, f have idempotent products: (ef)(ef) = (efe)f = (fe)f = fef = ef. (2) an L-class has at most one:
              e L f gives ef = e, fe = f, so e = ee = (ef)e = efe = fe = f. (3) let x·l = x·m lie in the L-class C of l and m.
              Some y has y·x·l = l; e = (yx)^ω is idempotent, e·l = l, and e·m = (yx)^{ω−1}·y·x·m = (yx)^{ω−1}·y·x·l = l. With
              m·m'·m = m put g = m·m', g·m = m, l = e·m = (e·g)·m. As m = z·l for some z, g = m·m' = z·l·m' = z·(e·g)·m·m' =
              z·(e·g)·g = z·(e·g), so g L e·g; both are idempotent by (1), equal by (2): l = (e·g)·m = g·m = m. (enough) Say m =
              r(v) is known for some suffix v of w (at first m = 1). Let f be the idempotent in the L-class of m: m·f = m.
              Register f does not leave its class in v: for a suffix v' = of v = u'·v', R·f contains R·r(v')·f, which contains
              R·m·f = R·m = R·f. After v it stands at m·f = m, and then at r(u·v) after u·v. So a marker in it is r(w); any other
              value is r(u·v) for a longer suffix, strictly lower in the order of L-classes, and one goes on from there.
Source        this project; no deep theorem is used.
Status        proved
Check         every machine of 3 states and 2 or 3 letters whose monoid is regular and obeys the identity (51 and 367): (1), (2),
              (3) on all elements, and by closure over all reachable contents of the registers, beside r(w): the decoder of the
              proof names r(w) from the contents alone.
"""

from __future__ import annotations

import numpy as np

from ...automata.dfa import DFA
from ...automata.monoid import TransitionMonoid
from ..small_machines import classes
from .statement import Counterexample, Statement, require

SIZES = ((3, 2), (3, 3))
MOST = 200_000  # contents


def verify() -> tuple[int, str]:
    machines = contents = largest = 0
    for n, k in SIZES:
        for dfa in classes(n, k):
            monoid = dfa.transition_monoid()
            if monoid.violating_idempotents() is None and monoid.is_regular:
                contents += checked(monoid, f"{dfa.table.tolist()}")
                machines, largest = machines + 1, max(largest, len(monoid))
    return (
        contents,
        f"{machines} machines, monoids of up to {largest} elements; the decoder is right on all {contents:,} contents",
    )


def checked(monoid: TransitionMonoid, what: str) -> int:
    """The number of contents reached, after all parts of the claim were found to hold for this monoid."""
    idempotents, l_class = monoid.idempotents, monoid.green().l
    require(np.isin(monoid.multiply(idempotents[:, None], idempotents), idempotents).all(), f"{what}: idempotents form a band")
    require(len(np.unique(l_class[idempotents])) == len(idempotents), f"{what}: one idempotent in an L-class")
    old = np.arange(2 * len(monoid), 3 * len(monoid))  # another value in every register: none may be there twice afterwards
    for a in range(monoid.n_letters):
        taken = after(monoid, old, a)
        require(np.bincount(taken)[2 * len(monoid) :].max(initial=0) <= 1, f"{what}: letter {a} takes a register twice")
    found = reached(monoid)
    for contents, element in found:
        require(decoded(monoid, contents) == element, f"{what}: contents {contents.tolist()} of element {element}")
    return len(found)


def stays(monoid: TransitionMonoid) -> np.ndarray:
    """[size, k] whether letter·l lies in the L-class of l."""
    l_class = monoid.green().l
    return l_class[monoid.left_cayley] == l_class[:, None]


def after(monoid: TransitionMonoid, contents: np.ndarray, letter: int) -> np.ndarray:
    """The contents [size] after a letter; value v is element v, and size + v is the marker [v]."""
    landing = monoid.left_cayley[:, letter]
    return np.where(stays(monoid)[:, letter], contents[landing], landing)


def reached(monoid: TransitionMonoid) -> list[tuple[np.ndarray, int]]:
    """All contents that words reach, each with the element of the word."""
    start = np.arange(len(monoid), 2 * len(monoid))
    found, seen = [(start, 0)], {(start.tobytes(), 0)}
    for contents, element in found:  # grows as it is read
        for a in range(monoid.n_letters):
            new = after(monoid, contents, a)
            pair = new.tobytes(), int(monoid.right_cayley[element, a])
            if pair not in seen:
                seen.add(pair)
                found.append((new, pair[1]))
        require(len(found) <= MOST, f"more than {MOST:,} contents")
    return found


def decoded(monoid: TransitionMonoid, contents: np.ndarray) -> int:
    """r(w) from the contents, going down from m = 1 by the register of the idempotent in the L-class of m."""
    l_class = monoid.green().l
    idempotent = {int(l_class[e]): int(e) for e in monoid.idempotents}
    m = 0
    while (value := int(contents[idempotent[int(l_class[m])]])) < len(monoid):
        m = value
    return value - len(monoid)


def refute() -> Counterexample:
    dfa = DFA([[1], [2], [2]], 0, [2], "a")
    monoid = dfa.transition_monoid()
    words = [[0], [0, 0]]
    held = []
    for word in words:
        contents = np.arange(len(monoid), 2 * len(monoid))
        for letter in word:
            contents = after(monoid, contents, letter)
        held.append(contents.tolist())
    ends = [dfa.states(dfa.decode(word))[-1] for word in words]
    require(monoid.violating_idempotents() is None and not monoid.is_regular, "the counter 0, 1, 2")
    require(held[0] == held[1] and ends[0] != ends[1], "the words a and aa")
    return Counterexample(
        "“R is regular” dropped: a counter 0, 1, 2 that goes up and stays, where no a' gives a·a'·a = a",
        {"table": dfa.table.tolist(), "first": words[0], "second": words[1], "contents": held, "ends": ends},
        "after a and after aa all registers hold the same, but the counter differs (it takes one layer all the same: two bits)",
    )


def example() -> str:
    dfa = DFA([[0, 1], [0, 1]], 0, [1], "rs")
    monoid = dfa.transition_monoid()
    names = [*(f"{monoid.words[m] or 'ε'}" for m in range(len(monoid)))]
    names += [f"[{name}]" for name in names]
    contents = np.arange(len(monoid), 2 * len(monoid))
    lines = []
    for letter in (1, 0):
        contents = after(monoid, contents, letter)
        lines.append(f"{dfa.alphabet[letter]}: {', '.join(names[value] for value in contents)}")
    return f"flip-flop, registers ε, r, s, at first [ε], [r], [s]; after each letter of “sr” they hold {'; '.join(lines)}"


STATEMENT = Statement("l_class_registers", "proved by closure", __doc__, verify, refute, example)
