"""Every machine of n states is a cascade of n − 1 machines whose letters permute or reset: n − 1 contractive layers hold it.

Notation      machines in a row; the first reads the letters, each other one reads (letter, states of those before it BEFORE the
              letter).
Hypotheses    n ≥ 2 states, any letters.
Claim         n − 1 machines of n, n − 1, …, 2 states, of which every letter permutes the states or sends them all to one, hold
              the state. Each is a contractive layer by itself, as bits: one a state, moved by a permutation, overwritten by a
              reset.
Proof         Keep a “hole” h, a state that the machine is not in. A letter x that permutes the states moves h to h·x; any other
              letter misses some state in its image, and resets h to it. That is a machine of n states that permute or reset. The
              state is one of the n − 1 others, and stays so: q ≠ h gives q·x ≠ h·x, or q·x is in the image of x and the new hole
              is not. So (h, x) maps the n − 1 points other than h to the n − 1 points other than the new hole: with points named
              by rank, a machine of n − 1 states, on which the same is done. Two states: every map permutes or resets. A
              permute-and-reset machine obeys e·f·e = f·e, as its idempotents are 1 and constants; its bits are copyless.
Source        this project; with 2ⁿ levels Maler and Pnueli's cascades, used by Grazzi et al. 2411.12537
              (Theorem 4). The layers and their links are statement any_regular_language.
Status        proved
Check         all 114 and 1450 machines of 3 states and 2 or 3 letters, and the machines of 2, 3, 4 states with all maps as
              letters (leave letters out: every machine of that size): n − 1 components of the sizes claimed, all letters permute
              or reset, and the closure over all tuples that words reach, each standing for the right state.
Coq           proofs/hole_cascade.v, hole_cascade; proofs/hole_cascade.v, permutation_reset_layer.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from ...automata.dfa import DFA
from ...automata.errors import BadAutomaton
from ...automata.holes import hole_cascade
from ..obstruction import obstruction
from ..small_machines import classes
from .statement import Counterexample, Fails, Statement, require


def verify() -> tuple[int, str]:
    machines = tuples = 0
    for dfa in cases():
        what = f"{dfa.n_states} states, {dfa.n_letters} letters" if dfa.n_letters > 3 else f"{dfa.table.tolist()}"
        cascade = hole_cascade(dfa)
        sizes = [machine.n_states for machine in cascade.machines]
        require(sizes == list(range(dfa.n_states, 1, -1)), f"{what}: components of {sizes} states")
        require(all(map(permutes_or_resets, cascade.machines)), f"{what}: a letter that neither permutes nor resets")
        try:
            tuples += cascade.verify()
        except BadAutomaton as wrong:
            raise Fails(f"{what}: {wrong}") from None
        machines += 1
    return machines, f"{machines} machines of up to 4 states, {tuples:,} tuples closed"


def cases() -> Iterator[DFA]:
    for n in (2, 3, 4):
        letters = list(product(range(n), repeat=n))
        yield DFA(np.array(letters).T, 0, [0], letters)
    yield from classes(3, 2)
    yield from classes(3, 3)


def permutes_or_resets(machine: DFA) -> bool:
    kept = [len(set(column)) for column in machine.table.T.tolist()]
    return all(k in (1, machine.n_states) for k in kept)


def refute() -> Counterexample:
    dfa = DFA([[1, 1, 0], [2, 0, 1], [0, 2, 0]], 0, [0], "rsm")
    words = obstruction(dfa)
    require(words is not None, "all maps of three states")
    assert words is not None
    return Counterexample(
        "“n − 1” lowered to n − 2: all maps of three states in one layer",
        {"table": dfa.table.tolist(), "e": dfa.encode(words[0]), "f": dfa.encode(words[1])},
        f"the words {words[0]} and {words[1]} act as idempotents with e·f·e ≠ f·e: no single layer (statement one_layer_obstruction)",
    )


def example() -> str:
    cascade = hole_cascade(DFA([[0, 1], [2, 1], [2, 2]], 0, [0, 1], "ab"))
    holes, rest = cascade.machines
    return (
        f"a*b*, states 0 and 1 and the sink: the hole starts at {holes.start}, a sends it to {holes.table[0, 0]} and b to "
        f"{holes.table[0, 1]}, from anywhere; two points are left, moved by {rest.n_letters} maps; {cascade.verify()} tuples"
    )


STATEMENT = Statement("hole_cascade", "proved by closure", __doc__, verify, refute, example)
