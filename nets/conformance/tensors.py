"""Words as the tensors that a kernel takes, for any number of steps a token.

Layout    flash-linear-attention's: q [B, T, H, D] and g [B, T, H] by token; k, v [B, T·n_h, H, D] and beta [B, T·n_h, H] by step.
          Each of the B·H heads runs a word of its own, so that a kernel that takes one head for another is found out.
Schedule  a letter takes L steps.  With n_h ≥ 2 L and no gate, a token is several letters; with n_h ≥ L it is one letter, filled up
          with steps that do nothing; with n_h < L a letter is several tokens, and q = 0 on all but its last.  So a function of one
          step a token runs everything, as layers interleave DeltaProduct for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .forms import Letters
from .machines import Tracker

BATCH, HEADS = 2, 2


@dataclass(frozen=True, eq=False)
class Run:
    """One machine in one form: the arguments of the longest call, and the truth.

    given    q, k, v, g, beta, initial_state, num_householder
    period   tokens a letter takes; only tokens period − 1, 2 · period − 1, … read
    numbers  [B, H, reads + 1]: the head's true states by number, the start first
    named    [B, H, reads]: the automaton's states where it is read
    """

    machine: Tracker
    given: dict[str, Any]
    period: int
    numbers: np.ndarray
    named: Tensor

    def cut(self, tokens: int) -> dict[str, Any]:
        """The arguments of a call with only the first tokens, contiguous."""
        n = self.given["num_householder"]
        steps = {"k", "v", "beta"}
        return {
            name: x[:, : tokens * n if name in steps else tokens].contiguous()
            if isinstance(x, Tensor) and name != "initial_state"
            else x
            for name, x in self.given.items()
        }

    def state_after(self, tokens: int) -> Tensor:
        """The true state [B, H, D, D] after so many tokens, a multiple of the period; float64."""
        start = self.given["initial_state"]
        state = torch.zeros(start.shape, dtype=torch.float64)
        true = self.machine.states[self.numbers[:, :, tokens // self.period]]
        state[:, :, : true.shape[2], : true.shape[3]] = torch.from_numpy(true)
        return state.to(start.device)

    def reads(self, tokens: int) -> Tensor:
        """The true outputs [B, reads, H, D] where a letter ends; float64."""
        values = np.einsum("nkv,k->nv", self.machine.states, self.machine.query)
        true = values[self.numbers[:, :, 1 : tokens // self.period + 1]]
        B, H, reads, V = true.shape
        out = torch.zeros(B, reads, H, self.given["q"].shape[-1], dtype=torch.float64)
        out[..., :V] = torch.from_numpy(true).transpose(1, 2)
        return out.to(self.given["q"].device)


def schedule(L: int, n_h: int, gated: bool) -> tuple[int, int]:
    """Letters a token, and tokens a letter; one of them is 1.

    >>> schedule(1, 4, False), schedule(3, 4, True), schedule(3, 1, True)
    ((4, 1), (1, 1), (1, 3))
    """
    return (max(1, n_h // L) if not gated else 1), -(-L // n_h)


def run_of(
    machine: Tracker, letters: Letters, tokens: int, n_h: int, D: int, device: str, closed_gate: float, seed: int
) -> Run:
    """Uniformly drawn words of so many tokens (at most; a whole number of letters)."""
    A, L, K = letters.k.shape
    V, dtype = letters.v.shape[-1], letters.k.dtype
    together, period = schedule(L, n_h, letters.gated)
    reads = max(1, tokens // period)
    words = np.random.default_rng(seed).integers(0, A, (BATCH * HEADS, reads * together))
    ends = slice(0, None, together)
    numbers = machine.run.run(words)[:, ends]
    named = machine.dfa.run(words)[:, ends][:, 1:]

    def by_step(table: Tensor, size: int) -> Tensor:
        """[A, L, d] to [B, T·n_h, H, size], filled up with zeros."""
        steps = table[torch.from_numpy(words)].reshape(len(words), reads, together * L, -1)
        full = steps.new_zeros(len(words), reads, period * n_h, size)
        full[:, :, : together * L, : steps.shape[-1]] = steps
        return by_head(full.flatten(1, 2))

    gates = letters.gates[torch.from_numpy(words)].reshape(len(words), reads, together)[:, :, :1]
    g = torch.zeros(len(words), reads, period)
    g[:, :, :1] = torch.where(gates == 0, closed_gate, 0.0)
    q = torch.zeros(len(words), reads, period, D, dtype=dtype)
    q[:, :, -1, :K] = torch.from_numpy(machine.query).to(dtype)
    start = torch.zeros(BATCH, HEADS, D, D, dtype=torch.float64 if dtype == torch.float64 else torch.float32)
    start[:, :, :K, :V] = torch.from_numpy(machine.states[0])
    given = {
        "q": by_head(q.flatten(1, 2)),
        "k": by_step(letters.k, D),
        "v": by_step(letters.v, D),
        "g": by_head(g.flatten(1, 2)),
        "beta": by_step(letters.beta.unsqueeze(-1), 1).squeeze(-1),
        "initial_state": start,
    }
    shape = (BATCH, HEADS, -1)
    return Run(
        machine,
        {name: x.to(device) for name, x in given.items()} | {"num_householder": n_h},
        period,
        numbers.reshape(shape),
        torch.from_numpy(named.reshape(shape)).to(device),
    )


def by_head(x: Tensor) -> Tensor:
    """[B·H, T, …] to [B, T, H, …]."""
    return x.unflatten(0, (BATCH, HEADS)).transpose(1, 2).contiguous()
