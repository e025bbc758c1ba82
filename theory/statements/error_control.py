"""Errors along differences of states are never corrected: a return word acts on them as the identity.

Notation      reading a word w takes a layer's state S to A_w S + B_w; v_p and v_q are layer states that stand for p and q.
Hypotheses    the layer is affine for each letter; w takes v_p back to v_p and v_q back to v_q.
Claim         A_w (v_p − v_q) = v_p − v_q.  So an error in the span of such differences is the same after w, whatever the
              weights, and after any number of w.  Any other word takes v_p − v_q to the difference of the states that it leads
              to: only a word that leads v_p and v_q to one state clears such an error.
Proof         subtract A_w v_q + B_w = v_q from A_w v_p + B_w = v_p.  Then A_w (v + δ) + B_w = v + δ for δ = t (v_p − v_q).  For
              any word the right sides are the states that it leads to, and so is their difference.
Source        arXiv 2605.07755 (error control of affine trackers); the proof in a line is this project's.
Status        proved
Check         the subtraction, for an abstract linear map and generic v_p, v_q; beside it, for one-layer constructions of
              machines of the gallery, A_x (v − v') = v·x − v'·x for all letters x and all pairs of reachable states of a head,
              in exact numbers, which says by induction that all return words of all pairs act so.
Coq           proofs/affine_layers.v, error_control.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import combinations

import numpy as np

from ...automata import languages
from ..constructions.one_layer import one_layer
from ..exact_layer import Head, LetterAction
from ..householder import Step
from .statement import Counterexample, Statement, require
from .vectors import Vector, scalar, vector

MACHINES = ("mod_3", "flip_flop", "S_3", "permutation_reset_3", "partial_injections")


def verify() -> tuple[int, str]:
    v_p, v_q, B, t = vector("v_p"), vector("v_q"), vector("B"), scalar("t")
    A = {"v_p": v_p - B, "v_q": v_q - B}  # what the hypotheses say of the linear part
    difference = v_p - v_q
    require((image(A, difference) - difference).is_zero(), "A (v_p − v_q) = v_p − v_q")
    ends = {"v_p": vector("v_pw") - B, "v_q": vector("v_qw") - B}
    require((image(ends, difference) - (vector("v_pw") - vector("v_qw"))).is_zero(), "A (v_p − v_q) for any word")
    wrong = v_p + t * difference
    require((image(A, wrong) + B - wrong).is_zero(), "an error along v_p − v_q stays")
    cases = sum(_closed(name) for name in MACHINES)
    return 3 + cases, f"3 identities in generic v_p, v_q; {cases} differences and letters of {len(MACHINES)} layers beside them"


def image(A: Mapping[str, Vector], x: Vector) -> Vector:
    """A linear map given by the images of the named vectors."""
    total = Vector({})
    for name, c in x.terms.items():
        total = total + c * A[name]
    return total


def linear_part(action: LetterAction, difference: np.ndarray) -> np.ndarray:
    """A of a letter's S ← A S + B, applied to a difference of states [K, V]: the gate and the steps, nothing written."""
    after = action.gate * difference
    for step in action.steps:
        after = Step(step.beta, step.key, (0,) * difference.shape[1]).apply(after)
    return after


def _closed(name: str) -> int:
    candidates, _ = one_layer(languages.get(name))
    layer = candidates[0].layer(languages.get(name))
    return sum(_differences(head, name) for head in layer.heads)


def _differences(head: Head, name: str) -> int:
    """The number of pairs of reachable states, times letters; each was found to go to the difference of the successors."""
    found, places = [head.initial], {tuple(head.initial.flat): 0}
    successors: list[list[np.ndarray]] = []
    while len(successors) < len(found):
        successors.append([action.apply(found[len(successors)]) for action in head.letters])
        for state in successors[-1]:
            if places.setdefault(tuple(state.flat), len(found)) == len(found):
                found.append(state)
    pairs = list(combinations(range(len(found)), 2))
    for i, j in pairs:
        for x, action in enumerate(head.letters):
            moved = linear_part(action, found[i] - found[j])
            require(np.array_equal(moved, successors[i][x] - successors[j][x]), f"states {i}, {j} and letter {x} of {name}")
    return len(pairs) * len(head.letters)


def refute() -> Counterexample:
    reset = LetterAction((Step(1, (1,), (5,)),))  # S ← 5
    p, q = np.array([[5]], dtype=object), np.array([[3]], dtype=object)
    after = linear_part(reset, p - q)
    require(np.array_equal(reset.apply(p), p) and not np.array_equal(reset.apply(q), q) and after[0, 0] == 0, "a reset to p")
    return Counterexample(
        "“w takes v_q back to v_q” dropped: w returns to p only",
        {"beta": 1, "key": [1], "value": [5], "p": p.tolist(), "q": q.tolist(), "after": after.tolist()},
        "the reset to p returns p to p and takes v_p − v_q = 2 to 0: a word that leads the two together clears the error",
    )


def example() -> str:
    turn = [Step(1, (1, -1, 0), (0,)), Step(1, (0, 1, -1), (0,))]  # a rotation of three places
    state = np.array([[1 + Fraction(1, 100)], [-Fraction(1, 100)], [0]], dtype=object)
    for step in turn * 300:
        state = step.apply(state)
    return (
        f"counting modulo 3 by a rotation of three places: an error of 1/100 towards another state is there after 300 letters, to the "
        f"digit: ({', '.join(map(str, state[:, 0]))})"
    )


STATEMENT = Statement("error_control", "proved for all n", __doc__, verify, refute, example)
