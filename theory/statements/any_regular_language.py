"""Every regular language is recognised by layers of Householder products with eigenvalues in [−1, 1]: n − 1 layers for n states.

Notation      a machine of n ≥ 2 states; a layer's transition is a gate in {0, 1} times steps I − β k kᵀ.
Hypotheses    0 ≤ β‖k‖² ≤ 2 in every step; between layers a causal convolution of width 2 and an Mlp.
Claim         n − 1 layers track the machine: after every word its state is named, so every regular language is recognised.  Layer i
              (i = 1, 2, …) has at most n + 1 − i rows of state a head, and n_h ≤ max(1, n − i).  Without gates a closed gate is a step
              e_p with β = 1 for each row p.
Proof         (holes) a hole is a state that the machine is surely not in.  A letter that permutes the states moves the hole along;
              any other letter misses some state, and resets the hole there.  So the hole is kept by a machine each of whose letters
              permutes n states or sends all to one.  The state is one of the n − 1 others, by rank; letter and hole before the
              letter give a map of n − 1 ranks.  The same again for the machine of n − 1 states with these maps as letters, until
              two states are left, all of whose letters permute or reset.   (a layer) a bit a state: a permutation is at most n − 1
              mirrors (statement group_word_problems), a reset a closed gate and one write.   (links) the convolution hands on what
              was read before the letter, which is different for different states; a table of symbol a and state p is a hidden layer
              of units ReLU(e_a + e_p − 1), which make a unit vector, and a matrix.  The reader undoes the ranks by such tables.  A
              word is accepted when the state named accepts.
Source        Grazzi et al. 2411.12537 (Theorem 4) with Krohn–Rhodes cascades of up to 2ⁿ layers; Siems et al. 2502.10297 with gates.
              The hole cascade, with n − 1, is this project's.
Status        proved
Check         for n = 2, 3, 4 the machine with all nⁿ maps of n states as letters, which is every machine of at most 4 states at once
              (leave letters out, and name the start 0), and seven machines of the gallery with 5 to 8 states: holes, layers, links
              and reader built, their sizes compared, and closed over all reachable pairs in exact arithmetic.
Coq           proofs/hole_cascade.v, hole_cascade (the holes; links and reader are not there).
"""

from __future__ import annotations

from itertools import product

import numpy as np

from ...automata import languages
from ...automata.dfa import DFA
from ...automata.holes import hole_cascade
from ..exact_stack import ExactStack
from ..obstruction import obstruction
from ..planning.components import Library
from ..planning.search import of_cascade
from .closing import closed
from .statement import Counterexample, Fails, Statement, require

SIZES = (2, 3, 4)
NAMED = (
    "tomita_3",
    "cycle_navigation",
    "dyck_1_depth_3",
    "random_5_2_seed0",
    "random_partial_injection_6_2_seed0",
    "dyck_2_depth_2",
    "random_8_3_seed0",
)


def verify() -> tuple[int, str]:
    library, pairs = Library(), 0
    machines = {f"all maps of {n} states": all_maps(n) for n in SIZES} | {name: languages.get(name) for name in NAMED}
    for name, dfa in machines.items():
        stack, n = layers_of(dfa, library), dfa.n_states
        require(len(stack.layers) == n - 1, f"{len(stack.layers)} layers for {name}")
        for i, heads in enumerate(stack.layers, start=1):
            sizes = max(head.K for head in heads), max(head.n_h for head in heads)
            require(sizes[0] <= n + 1 - i and sizes[1] <= max(1, n - i), f"rows and steps {sizes} in layer {i} for {name}")
        pairs += closed(stack, dfa, name)
    return pairs, (
        f"every machine of at most {SIZES[-1]} states, by all their maps as letters, and {len(NAMED)} with 5 to 8 states, in n − 1 "
        f"layers; {pairs:,} reachable pairs"
    )


def all_maps(n: int) -> DFA:
    """n states; the letters are all nⁿ maps, each by the states that it sends 0 … n − 1 to."""
    letters = list(product(range(n), repeat=n))
    return DFA(np.array(letters).T, 0, [0], letters)


def layers_of(dfa: DFA, library: Library) -> ExactStack:
    """The hole cascade in layers. Raises Fails where a component is refused."""
    design = of_cascade(hole_cascade(dfa), library)
    if design is None:
        raise Fails(f"a component is refused: {library.refused}")
    return design.stack(dfa)


def refute() -> Counterexample:
    dfa = languages.get("a_star_b_star")
    words = obstruction(dfa)
    if words is None:
        raise Fails("a*b* has no idempotents with e·f·e ≠ f·e")
    e, f = (acts(dfa, word) for word in words)
    fe = [e[q] for q in f]
    require([e[q] for q in e] == e and [f[q] for q in f] == f and [fe[q] for q in e] != fe, "the idempotents of a*b*")
    return Counterexample(
        "“n − 1 layers” narrowed to one layer: a*b*, whose minimal automaton has three states",
        {"e": e, "f": f},
        f"the words {words[0]} and {words[1]} act as idempotents e, f with e·f·e ≠ f·e (e first in the left one), which rules out one "
        "contractive layer with finitely many states",
    )


def acts(dfa: DFA, word: str) -> list[int]:
    """Where the word sends each state."""
    at = np.arange(dfa.n_states)
    for letter in dfa.encode(word):
        at = dfa.table[at, letter]
    return at.tolist()


def example() -> str:
    dfa = languages.get("contains_aba")
    machines = hole_cascade(dfa).machines
    sizes = ", ".join(f"{machine.n_states} states and {machine.n_letters} symbols" for machine in machines)
    return f"“contains aba”, {dfa.n_states} states and {dfa.n_letters} letters: {len(machines)} layers, of {sizes}"


STATEMENT = Statement("any_regular_language", "proved by closure", __doc__, verify, refute, example)
