"""The token-by-token form of a sequence model: what it remembers, and how a letter changes it and is answered.

Remembered    by each layer the state S [H, K, V] of its heads, and before a convolution of width w the last w − 1 inputs.
Computed      in float64 from the model's own weights, so that only the rounding of what is remembered (closure.py) is left.
For           the mixers of `models/delta.py`; the others have no such form here.

    S ← exp(g) S,   then for j = 1 … n_h:   S ← S + β_j k_j (v_j − Sᵀ k_j)ᵀ,        o = K^−½ Sᵀ q
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import torch
from torch import Tensor

from ...automata.errors import BadArgument
from ..models.delta import DeltaProduct


class Recurrence:
    """Of a model of one replica (`network.alone`), memories as rows [N, size] of float64.

    Raises  BadArgument for a mixer that has no such form here

    >>> from deltaword.nets.models.sequence_model import ModelConfig, SequenceModel
    >>> model = SequenceModel(ModelConfig(2, 2, 8, options={"heads": 1, "conv": 2}))
    >>> form = Recurrence(model)
    >>> memory, logits = form.start(), None
    >>> for letter in (0, 1, 1):
    ...     memory, logits = form.step(memory, letter)
    >>> torch.allclose(logits[0].float(), model(torch.tensor([[[0, 1, 1]]]))[0, 0, -1], atol=1e-5)
    True
    """

    def __init__(self, model: Any):
        mixers = [getattr(block, "mixer", None) for block in getattr(model, "blocks", [])]
        other = [type(mixer).__name__ for mixer in mixers if not isinstance(mixer, DeltaProduct)]
        if not mixers or other:
            raise BadArgument(f"no token-by-token form of {' and '.join(other) or type(model).__name__} is known here")
        self.model = deepcopy(model).double().cpu()
        self.layers: list[tuple[Any, DeltaProduct, int]] = []
        for block in self.model.blocks:
            conv = block.mixer.conv
            self.layers.append((block, block.mixer, 0 if conv is None else conv.weight.shape[1] - 1))
        d = self.model.config.d_model
        self.sizes = [
            size for _, mixer, back in self.layers for size in (mixer.heads * mixer.head_dim * mixer.head_dim, back * d)
        ]

    @torch.no_grad()
    def start(self) -> Tensor:
        """What is remembered after BOS, [1, size]."""
        return self.step(torch.zeros(1, sum(self.sizes), dtype=torch.float64), self.model.config.letters)[0]

    @torch.no_grad()
    def step(self, memory: Tensor, letter: int) -> tuple[Tensor, Tensor]:
        """Memories [N, size] after a letter, and the logits [N, classes] there."""
        parts = iter(memory.split(self.sizes, dim=1))
        N = len(memory)
        x = self.model.embedding.weight[0, letter].expand(1, N, 1, -1)
        kept = []
        for block, mixer, back in self.layers:
            S = next(parts).view(N, mixer.heads, mixer.head_dim, mixer.head_dim)
            window = torch.cat([next(parts).view(1, N, back, x.shape[-1]), block.mixer_norm(x)], dim=2)
            *given, g = mixer.inputs(window)
            q, k, v, beta = (each[0, :, -1] for each in given if each is not None)
            if g is not None:
                S = S * g[0, :, -1, :, None, None].double().exp()
            for j in range(mixer.n_h):
                key = k[:, j].unsqueeze(-1)
                S = S + key * (beta[:, j, :, None, None].double() * (v[:, j].unsqueeze(-2) - key.mT @ S))
            o = mixer.head_dim**-0.5 * (q.unsqueeze(-2) @ S).squeeze(-2)
            x = x + mixer.o_proj(mixer.o_norm(o[None, :, None]).flatten(-2))
            if block.mlp is not None:
                x = x + block.mlp(block.mlp_norm(x))
            kept += [S.reshape(N, -1), window[0, :, 1:].reshape(N, -1)]
        return torch.cat(kept, dim=1), self.model.head(self.model.norm(x))[0, :, 0]
