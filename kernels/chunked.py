"""The same recurrence a chunk of steps at a time: matrix products in place of a loop over tokens.

Derivation    write the steps of all tokens in one row, i = 1 … C in a chunk, with α_i the gate before step i (1 but for the first
              step of a token), and D_ij = α_{j+1} ⋯ α_i.  Then  S_i = D_i0 S_0 + Σ_{j ≤ i} D_ij k_j u_jᵀ  and
              u_i = β_i (v_i − α_i S_{i−1}ᵀ k_i), so the u solve a unit lower triangular system (the UT transform):

                  u_i + Σ_{j < i} L_ij u_j = β_i (v_i − D_i0 S_0ᵀ k_i),      L_ij = β_i D_ij k_i·k_j.

              Outputs  o = D_i0 S_0ᵀ q + Σ_{j ≤ i} D_ij (q·k_j) u_j  are read after the last step of each token.
Gates         D is built from products, not from differences of logarithms, so α = 0 is an exact reset.
Source        Bischof and Van Loan 1987 (WY), Joffrain et al. 2006 (UT), Yang et al. 2024 for the delta rule; n_h steps and gates as in
              Siems et al. 2502.10297.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

CHUNK = 64  # steps


def chunked_recurrence(
    q: Tensor, k: Tensor, v: Tensor, beta: Tensor, alpha: Tensor | None, state: Tensor, operand: torch.dtype | None = None
) -> tuple[Tensor, Tensor]:
    """Arguments and results of `reference.recurrence`, equal to it up to rounding.

    operand   round every operand of a matrix product to this format first, as kernels with low-precision tensor cores do;
              products are then summed in the type of the inputs (float32, say)

    >>> from deltaword.kernels.reference import recurrence
    >>> x = torch.randn(2, 9, 3, 2, 4, dtype=torch.float64); k = x / 4
    >>> inputs = x[:, :, 0], k, x, x[..., 0].sigmoid(), None, torch.zeros(2, 2, 4, 4, dtype=torch.float64)
    >>> all(torch.allclose(a, b) for a, b in zip(recurrence(*inputs), chunked_recurrence(*inputs)))
    True
    """
    B, T, n_h, H, _ = k.shape
    tokens = max(1, CHUNK // n_h)
    gates = q.new_ones(B, T, n_h, H)
    if alpha is not None:
        gates = torch.cat([alpha.unsqueeze(2), gates[:, :, 1:]], dim=2)
    outputs = []
    for begin in range(0, T, tokens):
        part = slice(begin, min(begin + tokens, T))
        steps = Steps(*(by_head(x[:, part]) for x in (k, v, beta.unsqueeze(-1), gates.unsqueeze(-1))))
        o, state = one_chunk(q[:, part].transpose(1, 2), steps, state, n_h, operand)
        outputs.append(o.transpose(1, 2))
    return torch.cat(outputs, dim=1) if outputs else v.new_empty(B, 0, H, v.shape[-1]), state


def by_head(x: Tensor) -> Tensor:
    """[B, t, n_h, H, d] to [B, H, t·n_h, d]."""
    return x.flatten(1, 2).transpose(1, 2)


class Steps(NamedTuple):
    """The steps of a chunk in a row: k [B, H, C, K], v [B, H, C, V], beta and gate [B, H, C, 1]."""

    k: Tensor
    v: Tensor
    beta: Tensor
    gate: Tensor


def one_chunk(q: Tensor, steps: Steps, S: Tensor, n_h: int, operand: torch.dtype | None) -> tuple[Tensor, Tensor]:
    """q [B, H, t, K] and S [B, H, K, V] to o [B, H, t, V] and the state after the chunk."""
    k, v, beta, gate = steps

    def dot(a: Tensor, b: Tensor) -> Tensor:
        return a @ b if operand is None else a.to(operand).to(a.dtype) @ b.to(operand).to(b.dtype)

    C = k.shape[2]
    below = torch.ones(C, C, dtype=torch.bool, device=k.device).tril(-1)
    factors = torch.where(below, gate, torch.ones_like(gate))  # [.., i, j]: α_i where i > j
    D = factors.cumprod(dim=-2)  # α_{j+1} ⋯ α_i on and below the diagonal
    D0 = gate.cumprod(dim=-2)  # α_1 ⋯ α_i
    L = torch.where(below, beta * D * dot(k, k.transpose(-1, -2)), 0)
    eye = torch.eye(C, dtype=k.dtype, device=k.device)
    inverse = torch.linalg.solve_triangular(L + eye, eye.expand_as(L), upper=False, unitriangular=True)
    u = dot(inverse, beta * v) - dot(dot(inverse, beta * D0 * k), S)
    last = torch.arange(n_h - 1, C, n_h, device=k.device)  # the last step of each token
    attend = (dot(q, k.transpose(-1, -2)) * D[..., last, :]).masked_fill(~(below | eye.bool())[last], 0)
    o = D0[..., last, :] * dot(q, S) + dot(attend, u)
    S = D0[..., -1:, :] * S + dot((D[..., -1, :].unsqueeze(-1) * k).transpose(-1, -2), u)
    return o, S
