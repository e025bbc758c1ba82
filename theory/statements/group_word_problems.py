"""A machine whose letters permute its n states takes one layer, and n − #cycles(x) steps for letter x: n_h ≤ n − 1.

Notation      letter x sends state q to q·x; P_x is its matrix, P_x e_q = e_{q·x}; c_x its number of cycles, fixed points counted.
Hypotheses    every letter permutes the n states.
Claim         one head with S in Rⁿ, started at e_q for the start state q, no gate and nothing written, holds e_q for the state q
              after every word; letter x takes n − c_x steps, the swaps e_i − e_j with β = 1 (unit keys: β = 2), and P_x is no
              product of fewer.  So n_h = max n − c_x ≤ n − 1, with equality when a letter moves all states in one cycle; in
              another representation the group may take fewer (statement smallest_n_h).  The word problem of a group of
              permutations of n points takes the same steps on S in Rⁿˣⁿ, started at I: S is then the matrix of the product.
Proof         P_x is a product of n − c_x swaps and of no fewer factors (statement swaps).  After x_1 … x_T the state is P_{x_T} ⋯
              P_{x_1} e_q = e_{q·x_1⋯x_T}, by induction.  Read along (0, 1, …, n − 1) it is the number o of the state, and 2 p o −
              p² = o² − (p − o)² is largest at p = o.  Started at I and read so, S gives the images of all points, u_g for the
              product g; and ⟨u_g, u_h⟩ = ‖u_g‖² − ‖u_g − u_h‖²/2, as all ‖u_h‖ are the same: largest at h = g alone.
Source        Grazzi et al. 2411.12537 (Theorem 3); Siems et al. 2502.10297 (Theorem 1 (i)).
Status        proved
Check         closure over all reachable pairs of network state and machine state in exact arithmetic, and the steps counted
              letter by letter: for n ≤ 5 the machine of n states with all n! permutations as letters, which is every permutation
              automaton of n states at once (leave letters out); and the word problem of S_n with all n! letters.
Coq           proofs/permutations.v, permutation_automaton; proofs/permutations.v, permutation_rank (no fewer steps).
"""

from __future__ import annotations

from itertools import permutations

import numpy as np

from ...automata.dfa import DFA
from ..constructions.one_hot import one_hot
from ..exact_stack import ExactStack
from ..factor import n_cycles
from ..papers import symmetric
from ..papers.symmetric import permutations_of
from .closing import closed
from .statement import Counterexample, Fails, Statement, require

SIZES = range(2, 6)


def verify() -> tuple[int, str]:
    pairs = 0
    for n in SIZES:
        every = list(permutations(range(n)))
        automaton, group = DFA(np.array(every).T, 0, [0], every), symmetric(n)
        for dfa, stack, letters in (
            (automaton, one_bit_a_state(automaton), every),
            (group.dfa, group.stack, permutations_of(n, group.dfa)[1]),
        ):
            what = f"{dfa.n_states} states, {dfa.n_letters} letters"
            pairs += closed(stack, dfa, what)
            for sigma, steps in zip(letters, steps_taken(stack), strict=True):
                require(steps == n - n_cycles(sigma), f"{what}: the number of steps of {sigma}")
    return pairs, (
        f"{pairs} reachable pairs: all permutation automata of {SIZES[0]} to {SIZES[-1]} states, and S_n for these n; n − #cycles "
        "steps for each letter"
    )


def one_bit_a_state(dfa: DFA) -> ExactStack:
    """The layer of theory/constructions/one_hot.py. Raises Fails where there is none."""
    found = one_hot(dfa, "raw")
    if isinstance(found, str):
        raise Fails(found)
    return ExactStack.of(found.layer(dfa))


def steps_taken(stack: ExactStack) -> list[int]:
    """The steps of each letter, the most of any head."""
    return [max(map(len, steps)) for steps in zip(*([a.steps for a in head.letters] for head in stack.layers[0]), strict=True)]


def refute() -> Counterexample:
    A = np.array([[1, 1], [0, 0]], dtype=object)
    x = np.array([1, 1], dtype=object)
    image = A @ x
    require(image @ image > x @ x, "both of two states go to state 0")
    return Counterexample(
        "“every letter permutes” dropped: a bit a state, nothing written, and a letter that sends both of two states to state 0",
        {"A": A.tolist(), "x": x.tolist(), "image": image.tolist()},
        "A e_0 = A e_1 = e_0 leaves A no choice, and it takes (1, 1) to (2, 0), which is longer: no product of factors does "
        "(statement norm)",
    )


def example() -> str:
    made = symmetric(3)
    head = made.stack.layers[0][0]
    shown = (
        f"{letter} as {', then '.join(f'k = {step.key}' for step in action.steps)}"
        for letter, action in zip(made.dfa.alphabet, head.letters, strict=True)
        if len(action.steps) == 2
    )
    return f"S_3, each step with β = 1: {'; '.join(shown)}; n_h = {made.n_h}"


STATEMENT = Statement("group_word_problems", "proved for the sizes named", __doc__, verify, refute, example)
