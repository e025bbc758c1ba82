"""Effective rank of the state along a word.

Effective rank   exp of the entropy of the singular values over their sum (Roy and Vetterli 2007, The effective rank): r for r equal
                 ones, 1 for a matrix of rank one, 0 here for the zero matrix.
What to expect   a compiled permutation layer keeps one rank at every length: it moves what it stores.  A layer that forgets loses
                 rank, one that piles up what it read gains it until its heads are full.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def effective_rank(matrices: Tensor) -> Tensor:
    """[..., K, V] to [...].

    >>> round(float(effective_rank(torch.eye(3))), 6)
    3.0
    """
    sizes = torch.linalg.svdvals(matrices.double())
    total = sizes.sum(-1, keepdim=True)
    shares = sizes / total.clamp(min=1e-300)
    entropy = -torch.special.xlogy(shares, shares).sum(-1)
    return torch.where(total[..., 0] > 0, entropy.exp(), 0.0)


def ranks_along(states: Tensor, positions: Sequence[int]) -> Tensor:
    """Mean over words of the effective rank, after so many tokens each: [H, len(positions)].

    states     [B, T, H, K, V], after each token
    positions  1 to T

    >>> ranks_along(torch.eye(2).expand(5, 3, 1, 2, 2), [1, 3])
    tensor([[2., 2.]], dtype=torch.float64)
    """
    at = torch.tensor([position - 1 for position in positions], device=states.device)
    return effective_rank(states[:, at]).mean(0).mT


def marks(longest: int, count: int = 24) -> list[int]:
    """About so many positions from 1 to `longest`, evenly on a logarithmic scale.

    >>> marks(8, 4)
    [1, 2, 4, 8]
    """
    if longest < 1:
        return []
    return sorted({round(longest ** (i / max(1, count - 1))) for i in range(count)})
