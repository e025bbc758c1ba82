"""Geometry of a layer's keys and strengths: how many dimensions they use, at which angles they stand.

Keys       k and −k are the same mirror, so angles are those of lines, 0 to 90 degrees, and means are principal directions.
Dimension  of vectors with second moment G = Σ k kᵀ, the participation ratio (tr G)² / tr G²: r for r orthogonal keys of one length, and
           between 1 and r in r dimensions.  (Not centred: it is the span that the steps act in.)
Explained  the eigenvalues of G over tr G, largest first: Siems et al. 2502.10297 show that the keys of S_4 trained at n_h = 2 lie in
           three dimensions.
Two steps  of β = 2 whose keys stand at an angle θ turn the plane by 2θ; so n_h = 2 on S_3 asks for 60 degrees, or 0 and 90 for the
           letters that turn nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import torch
from torch import Tensor

BINS = 40


@dataclass(frozen=True, eq=False)
class KeyGeometry:
    """Of one layer.  NaN for letters that did not come.

    edges, counts   [BINS + 1], [n_h, BINS]: histogram of β in [0, β_max], all heads and letters, a row a step
    strength        [n_h, H, letters]: mean β
    dimension       [H, letters]: effective dimension of a letter's keys, all its steps and occurrences
    overall         [H]: that of all letters' keys, a letter counting as much as another
    explained       [H, K]: share of each principal direction, all letters
    between         [n_h, H, letters, letters]: degrees between letters' keys
    inside          [pairs, H, letters]: mean degrees between two of a token's n_h keys; pairs (0, 1), (0, 2), …
    """

    edges: np.ndarray
    counts: np.ndarray
    strength: np.ndarray
    dimension: np.ndarray
    overall: np.ndarray
    explained: np.ndarray
    between: np.ndarray
    inside: np.ndarray


def participation_ratio(vectors: Tensor) -> Tensor:
    """Effective dimension of vectors [..., N, K], a number for each leading index; 0 where all are 0.

    >>> float(participation_ratio(torch.eye(4)[:2]))
    2.0
    """
    G = vectors.mT @ vectors
    squared = G.square().sum((-2, -1))
    return torch.where(squared > 0, G.diagonal(dim1=-2, dim2=-1).sum(-1).square() / squared.clamp(min=1e-30), 0.0)


def principal(vectors: Tensor) -> Tensor:
    """The direction [..., K] that vectors [..., N, K] have most of, a unit vector up to sign.

    >>> principal(torch.tensor([[0.0, 1.0], [0.0, -1.0]])).abs().tolist()
    [0.0, 1.0]
    """
    return torch.linalg.eigh(vectors.mT @ vectors)[1][..., -1]


def degrees(a: Tensor, b: Tensor) -> Tensor:
    """Between the lines along a and b [..., K]: 0 to 90.

    >>> round(float(degrees(torch.tensor([1.0, 0.0]), torch.tensor([-1.0, -1.0]))), 3)
    45.0
    """
    a, b = (torch.nn.functional.normalize(x.double(), dim=-1) for x in (a, b))
    along = (a * b).sum(-1)
    across = (a - along.unsqueeze(-1) * b).norm(dim=-1)  # an arc cosine would lose the small angles
    return torch.rad2deg(torch.atan2(across, along.abs()))


@torch.no_grad()
def key_geometry(keys: Tensor, betas: Tensor, tokens: Tensor, letters: Sequence[int], beta_max: float = 2.0) -> KeyGeometry:
    """Of the keys and strengths of sampled tokens.

    keys     [N, n_h, H, K]
    betas    [N, n_h, H] in [0, beta_max]
    tokens   [N]: the letter of each
    letters  those to be told about

    >>> keys = torch.eye(2).view(1, 2, 1, 2)
    >>> found = key_geometry(keys, torch.full((1, 2, 1), 2.0), torch.tensor([5]), [5])
    >>> found.dimension.item(), found.inside.item(), found.strength[:, 0, 0].tolist()
    (2.0, 90.0, [2.0, 2.0])
    """
    keys, betas, tokens = keys.double().cpu(), betas.double().cpu(), tokens.cpu()
    n, (_, n_h, heads, K) = len(letters), keys.shape
    pairs = list(combinations(range(n_h), 2))
    strength, dimension = torch.full((n_h, heads, n), torch.nan), torch.full((heads, n), torch.nan)
    inside, lines = torch.full((len(pairs), heads, n), torch.nan), torch.full((n, n_h, heads, K), torch.nan, dtype=keys.dtype)
    moment = torch.zeros(heads, K, K, dtype=keys.dtype)
    for i, letter in enumerate(letters):
        at = tokens == letter
        if not at.any():
            continue
        own = keys[at].permute(2, 0, 1, 3).flatten(1, 2)  # [H, N·n_h, K]
        strength[:, :, i] = betas[at].mean(0)
        dimension[:, i] = participation_ratio(own).float()
        moment += own.mT @ own / own.shape[1]
        lines[i] = principal(keys[at].permute(1, 2, 0, 3))
        for p, (a, b) in enumerate(pairs):
            inside[p, :, i] = degrees(keys[at][:, a], keys[at][:, b]).mean(0)
    shares = torch.linalg.eigvalsh(moment).flip(-1).clamp(min=0)
    shares = shares / shares.sum(-1, keepdim=True).clamp(min=1e-30)
    edges = np.linspace(0, beta_max, BINS + 1)
    counts = np.stack([np.histogram(betas[:, j].numpy(), edges)[0] for j in range(n_h)])
    stacked = lines.permute(1, 2, 0, 3)  # [n_h, H, letters, K]
    return KeyGeometry(
        edges,
        counts,
        strength.numpy(),
        dimension.numpy(),
        (1 / shares.square().sum(-1)).numpy(),
        shares.numpy(),
        degrees(stacked.unsqueeze(3), stacked.unsqueeze(2)).numpy(),
        inside.numpy(),
    )
