"""Real vectors can be fewer than bits: some machines have one vector a state in one layer, but no copyless bits with one code a state.

Notation      u_q the vector of state q. A machine of four states, letters a and b: a sends 2 to 3 and the others to 1; b sends 0
              and 2 to 2, and 1 and 3 to 1.
Hypotheses    one contractive layer, one vector, or one code, for each state.
Claim         u_0 = (0, 0, 0), u_2 = (2, 0, 0), u_1 = (2, 2, 0), u_3 = (2, 2, 1) do, with
                  a: S ← (2, 2, (x − y)/2), with A = e_3 (1, −1, 0)/2; b: S ← (2, y, 0).
              No copyless bits have one code a state; the bits that are compiled take six vectors. With three states and two or
              three letters there is no such machine.
Proof         (vectors) A is of norm 1/√2, and the letters do what they should: (x − y)/2 is 0, 1, 0, 0 at u_0, u_2, u_1, u_3. (no
              bits) with one code a state a bit is a cut; let m(S) count the bits of cut S (theory/cuts.py). For every cut S
              between 1 and 2, b⁻¹S is the cut D = {0, 2} | {1, 3}, as b sends 0, 2 to 2 and 1, 3 to 1; D is one of them. After b
              all their bits take bits of D, none twice: the m(S) add up to at most m(D), so all but m(D) are 0. Some bit tells 1
              from 3, with cut T. As a sends only 2 to 3 and the others to 1, a⁻¹T = {2} | {0, 1, 3}, which must have m ≥ m(T) >
              0; but it is a cut between 1 and 2 other than D.
Source        this project.
Status        proved; with three states: checked in the range named
Check         the layer above in fractions, its norm by LDLᵀ, and theory/cuts.py on the machine; all 114 machines of 3 states and
              2 letters have vectors exactly if they have bits, one a state (theory/gram.py and theory/cuts.py). Three letters,
              and the 26 of 2648 machines with four states and two letters: bench/one_layer_census.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from ...automata.dfa import DFA
from ..constructions.covers import Cover, cover
from ..cuts import cut_weights, one_code_a_state
from ..gram import Gram, gram, is_psd
from ..numbers import identity
from ..small_machines import classes
from .statement import Counterexample, Statement, require

VECTORS = ((0, 0, 0), (2, 2, 0), (2, 0, 0), (2, 2, 1))
HALF = Fraction(1, 2)
LETTERS = (
    (((0, 0, 0), (0, 0, 0), (HALF, -HALF, 0)), (2, 2, 0)),
    (((0, 0, 0), (0, 1, 0), (0, 0, 0)), (2, 0, 0)),
)


def machine() -> DFA:
    return DFA([[1, 2], [1, 1], [3, 2], [1, 1]], 0, [3], "ab")


def verify() -> tuple[int, str]:
    dfa = machine()
    require(tracks(dfa, VECTORS), "the layer of the claim")
    require(not one_code_a_state(dfa), "no bits with one code a state")
    require(isinstance(found := cover(dfa), Cover) and found.machine.n_states == 6, "six vectors of bits")
    both = cases = 0
    for small in classes(3, 2):
        vectors = gram(small)
        require(isinstance(vectors, Gram) == one_code_a_state(small), f"{small.table.tolist()}: vectors, but no bits")
        both += isinstance(vectors, Gram)
        cases += 1
    return (
        cases + 3,
        f"the layer, and no bits; of {cases} machines of three states {both} have vectors and bits, the others neither",
    )


def tracks(dfa: DFA, vectors: Sequence[Sequence[int]]) -> bool:
    """Whether the letters are contractions and take vector to vector as the machine does."""
    u = [np.array(vector, dtype=object) for vector in vectors]
    for x, (A, b) in enumerate(LETTERS):
        linear = np.array(A, dtype=object)
        if not is_psd(identity(3) - linear.T @ linear):
            return False
        if any((linear @ u[q] + np.array(b) != u[dfa.table[q, x]]).any() for q in range(dfa.n_states)):
            return False
    return len(set(vectors)) == dfa.n_states


def refute() -> Counterexample:
    dfa = machine()
    require(tracks(dfa, VECTORS) and not one_code_a_state(dfa), "the machine of the claim")
    return Counterexample(
        "“real” narrowed to “0 or 1”: vectors of one contractive layer can be replaced by as many vectors of bits",
        {
            "table": dfa.table.tolist(),
            "vectors": [list(v) for v in VECTORS],
            "A": [[list(row) for row in A] for A, _ in LETTERS],
            "b": [list(b) for _, b in LETTERS],
        },
        "four vectors do, and no four codes; the bits that are compiled take six",
    )


def example() -> str:
    weights = cut_weights(machine())
    sides_without_0 = [sides(S) for S in weights]
    return f"cuts that bits can have here, one code a state, by the side without 0: {sides_without_0}; none tells 1 from 3"


def sides(S: int) -> list[int]:
    return [q for q in range(4) if S >> q & 1]


STATEMENT = Statement("vectors_beyond_bits", "proved for the sizes named", __doc__, verify, refute, example)
