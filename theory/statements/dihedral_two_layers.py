"""The word problem of the dihedral group D_m takes two DeltaNet layers, one step a token, for every m ≥ 2.

Notation      R_θ the turn of the plane by θ, S = diag(1, −1); the symmetries of the m-gon are R_θ and R_θ S with θ = 2πj/m; G_φ is
              the mirror with unit key (−sin φ, cos φ) and β = 2, φ = θ/2.  M_t is the product of the first t letters, later ones
              on the left; p_t the number of turns among them modulo 2, the identity being a turn.
Hypotheses    m ≥ 2; all 2m symmetries may be letters; the second layer's step may depend on the letter and on p_t.
Claim         a first layer of one number, −1 or 1, with β‖k‖² = 2 on turns and no step on mirrors, holds (−1)^{p_t}.  A second layer
              that starts at I holds S^{p_t} M_t, by one mirror a token: for R_θ and for R_θ S alike it is G_φ when p_t = 0 and G_{−φ}
              when p_t = 1.  A reader with one hidden ReLU layer names M_t.  All numbers are whole where m divides 12.
Proof         with p before the token and q after it the step takes S^p M to S^q x M = (S^q x S^p)(S^p M).  For x = R_θ, q = 1 − p
              and the step is R_θ S at q = 0, S R_θ at q = 1; for x = R_θ S, q = p and it is R_θ S at q = 0, S (R_θ S) S at q = 1.
              Now R_θ S = G_φ, S R_θ = G_{−φ} and S (R_θ S) S = G_{−φ}: three identities in cos φ and sin φ.   (reading) let u be a
              point that only the identity keeps, N = ‖u‖², P = (−1)^p; u_g is what is read of M_t = g at p = 0, and u_h, h = S g,
              what is read of it at p = 1.  The logit of g is ReLU(⟨o, u_g⟩ + N P) + ReLU(⟨o, u_h⟩ − N P).  As −N ≤ ⟨o, u⟩ ≤ N the
              wrong ReLU is 0, and the other is 2N − ‖o − u‖²/2 with the u of its state: largest for the point that is read, alone.
              With u at the angle π/2m the 2m points lie π/m apart.
Source        Siems et al. 2502.10297 have that two layers suffice; this construction, with one head in the first layer, and its
              proof are this project's.
Status        proved
Check         the key identities for a generic angle, and the reading identity for generic points; beside them closure in exact
              arithmetic over all reachable pairs, all 2m letters, for m = 2 … 9 and 12.
Coq           proofs/dihedral_two_layers.v, dihedral_in_two_layers (the reader: any function of the states).
"""

from __future__ import annotations

import numpy as np

from ..factor import rank
from ..numbers import identity
from ..papers import dihedral
from .closing import closed
from .statement import Counterexample, Statement, require
from .vectors import inner, scalar, vanishes, vector

SIZES = (2, 3, 4, 5, 6, 7, 8, 9, 12)


def verify() -> tuple[int, str]:
    for what, difference in key_identities().items():
        require(all(map(on_the_circle, difference)), what)
    o, u, N = vector("o"), vector("u"), scalar("N")
    lengths = {inner("o", "o"): N, inner("u", "u"): N}
    require(vanishes(o.dot(u) + N - (2 * N - (o - u).squared() / 2), lengths), "⟨o, u⟩ + N = 2N − ‖o − u‖²/2")
    require(vanishes(2 * (N + o.dot(u)) - (o + u).squared(), lengths), "−N ≤ ⟨o, u⟩")
    pairs = 0
    for m in SIZES:
        made = dihedral(m)
        require((made.n_h, len(made.stack.layers), made.dfa.n_letters) == (1, 2, 2 * m), f"the sizes for m = {m}")
        pairs += closed(made.stack, made.dfa, f"m = {m}")
    return (
        5 + pairs,
        f"5 identities in generic angles, o, u; {pairs} reachable pairs for m = {', '.join(map(str, SIZES))} beside them",
    )


def key_identities():
    """The entries of left − right of each identity, in c = cos φ and s = sin φ."""
    import sympy

    c, s = scalar("c"), scalar("s")
    turn = sympy.Matrix([[c**2 - s**2, -2 * c * s], [2 * c * s, c**2 - s**2]])  # by θ = 2φ
    S = sympy.diag(1, -1)

    def mirror(sine):
        key = sympy.Matrix([-sine, c])
        return sympy.eye(2) - 2 * key * key.T

    return {
        "R S = G at φ": turn * S - mirror(s),
        "S R = G at −φ": S * turn - mirror(-s),
        "S (R S) S = G at −φ": S * (turn * S) * S - mirror(-s),
    }


def on_the_circle(polynomial) -> bool:
    """Whether it is 0 wherever c² + s² = 1."""
    import sympy

    c, s = scalar("c"), scalar("s")
    return sympy.rem(sympy.expand(polynomial), c**2 + s**2 - 1, c) == 0


def refute() -> Counterexample:
    quarter = np.array(
        [[0, -1], [1, 0]], dtype=object
    )  # p counts mirrors, so a turn at p = 0 leaves p = 0: the step is x itself
    needed = rank(identity(2) - quarter)
    require(needed == 2 and not np.array_equal(quarter, quarter.T), "a quarter turn of the square")
    return Counterexample(
        "“p counts the turns” changed: the first layer counts the mirrors modulo 2",
        {"step": quarter.tolist(), "needed": needed},
        "then S^q x S^p has the determinant of a turn for every letter: for the quarter turn at p = 0 it is x itself, two mirrors",
    )


def example() -> str:
    made = dihedral(4)
    mirrors = made.stack.layers[1][0].letters
    keys = ", ".join(f"{step.key} with β = {step.beta}" for action in mirrors for step in action.steps)
    word = ["r", "s", "r"]
    named = ", ".join(str((made.dfa.state_names or ())[q]) for q in made.stack.states(word))
    return f"D_4: the second layer's mirrors have the keys {keys}; along the word {' '.join(word)} the states named are {named}"


STATEMENT = Statement("dihedral_two_layers", "proved for all n", __doc__, verify, refute, example)
