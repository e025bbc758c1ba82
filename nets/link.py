"""What stands between two layers: a causal convolution of width 2 on what the layer reads, and an MLP that makes the next symbol."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from .fixed_layer import zero_linear


class Link(nn.Module):
    """symbols x [B, T, n_symbols] and reads o [B, T, R] to the next layer's symbols [B, T, widths[-1]].

    shift [R, 2]   weights of a channel before and after the token: (1, 0) hands on what the layer read before it
    mlp            affine maps of these widths, from n_symbols + R numbers, with a ReLU after each but the last
    """

    def __init__(self, n_symbols: int, n_reads: int, widths: Sequence[int]):
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(n_reads, 2), requires_grad=False)
        self.mlp = affine_maps(n_symbols + n_reads, widths)

    def forward(self, x: Tensor, o: Tensor, before: Tensor) -> Tensor:
        """before [B, R]: what was read before the first token here."""
        earlier = torch.cat([before.unsqueeze(1), o[:, :-1]], dim=1)
        y = torch.cat([x, self.shift[:, 0] * earlier + self.shift[:, 1] * o], dim=-1)
        return run(self.mlp, y)


def affine_maps(n_in: int, widths: Sequence[int]) -> nn.ModuleList:
    """Linear maps with bias, of zeros."""
    sizes = [n_in, *widths]
    return nn.ModuleList([zero_linear(a, b, bias=True) for a, b in pairwise(sizes)])


def run(mlp: nn.ModuleList, y: Tensor) -> Tensor:
    """Through all maps, with a ReLU between them."""
    for i, affine in enumerate(mlp):
        y = affine(torch.relu(y) if i else y)
    return y
