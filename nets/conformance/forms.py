"""Four ways to write the keys of the same machine, and what each can show.

integer   e_i − e_j with β = 1, e_i with β = 1 or 2.  No product or sum of them rounds: a right kernel is bit-exact at any length
dyadic    unit-norm keys ½(±1, ±1, ±1, ±1) and e_i on doubled coordinates: exact as well, for layers that want unit keys
folded    k / ‖k‖ rounded to the format, and β scaled in float32 by the rounded key's true norm.  Such a step is a reflection up to
          the rounding of β, so what drifts is the kernel's
rounded   k / ‖k‖ rounded, and β of the unit key: what stock layers use.  These steps are no reflections any more, and every state
          decays or grows along with its keys, in exact arithmetic, too; the report says how much of the drift that is

Scaling a step: with k = c k', the step (β, k, v) is the step (β c², k', v / c).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ...theory.constructions.registers import Keys
from .machines import Tracker, tracker

FORMS = ("integer", "dyadic", "folded", "rounded")
EXACT = ("integer", "dyadic")  # what a right kernel does not round


@dataclass(frozen=True, eq=False)
class Letters:
    """What each letter does: k [A, L, K], v [A, L, V] in the format, beta [A, L], gates [A] of 0 and 1; letters of fewer than L steps
    are filled up with steps that do nothing."""

    k: Tensor
    v: Tensor
    beta: Tensor
    gates: Tensor

    @property
    def gated(self) -> bool:
        return bool((self.gates == 0).any())


def machine_in(form: str, name: str) -> Tracker:
    """A machine of the gallery with the keys that the form needs."""
    keys: Keys = "unit" if form == "dyadic" else "raw"
    return tracker(name, keys)


def letters_in(form: str, machine: Tracker, dtype: torch.dtype, has_gate: bool) -> Letters:
    """The machine's letters, rounded to the format. Without a gate, a letter that closes it overwrites every row by 0 instead.

    >>> parity = machine_in("rounded", "parity")
    >>> swap = letters_in("rounded", parity, torch.bfloat16, True)
    >>> swap.k[1, 0].tolist(), swap.beta[1, 0].item()                       # 1/√2, rounded
    ([0.70703125, -0.70703125], 2.0)
    >>> round(letters_in("folded", parity, torch.bfloat16, True).beta[1, 0].item(), 5)
    2.00043
    """
    k, v, beta, gates = exact_letters(machine, has_gate)
    if form in ("folded", "rounded"):
        length = np.sqrt((k**2).sum(-1))
        length[length == 0] = 1
        k, v = k / length[..., None], v / length[..., None]
        beta = beta * length**2
    keys = torch.from_numpy(k).to(dtype)
    strength = torch.from_numpy(beta)
    if form == "folded":
        norm = keys.double().square().sum(-1)
        strength = torch.where(norm > 0, strength / norm, strength).to(
            torch.float64 if dtype == torch.float64 else torch.float32
        )
    else:
        strength = strength.to(dtype)
    return Letters(keys, torch.from_numpy(v).to(dtype), strength, torch.from_numpy(gates))


def exact_letters(machine: Tracker, has_gate: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """k, v, beta and gates in float64, which holds them exactly."""
    K, V = machine.head.K, machine.head.V
    actions = []
    for action in machine.head.letters:
        steps = [(float(s.beta), [float(x) for x in s.key], [float(x) for x in s.value]) for s in action.steps]
        if action.gate == 0 and not has_gate:
            steps = [(1.0, row, [0.0] * V) for row in np.eye(K).tolist()] + steps
        actions.append(steps)
    A, L = len(actions), max(1, *map(len, actions))
    k, v, beta = np.zeros((A, L, K)), np.zeros((A, L, V)), np.zeros((A, L))
    for a, steps in enumerate(actions):
        for j, (strength, key, value) in enumerate(steps):
            beta[a, j], k[a, j], v[a, j] = strength, key, value
    gates = np.array([float(action.gate) if has_gate else 1.0 for action in machine.head.letters])
    return k, v, beta, gates
