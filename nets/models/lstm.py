"""The LSTM, by PyTorch's own kernels.

Form          i, f, g, o = W_ih x_t + b_ih + W_hh h_{t−1} + b_hh (in this order of rows);
              c_t = σ(f) ∘ c_{t−1} + σ(i) ∘ tanh(g),  h_t = σ(o) ∘ tanh(c_t): the output is h.
Computed by   torch.lstm, what nn.LSTM calls (cuDNN on a GPU), once a replica: it has no axis for them.  In float32, under autocast too.
Range         None: the recurrence is not linear, and has no state-transition matrix that depends on the token alone.
Source        Hochreiter and Schmidhuber 1997, with the forget gate of Gers, Schmidhuber and Cummins 2000; parameters shaped and
              drawn as those of torch.nn.LSTM.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Generator, Tensor, nn

from .scan import wide


class LSTM(nn.Module):
    """As many hidden units as d_model, one layer.

    >>> LSTM(2, 8, torch.zeros(2))(torch.zeros(2, 1, 5, 8)).shape
    torch.Size([2, 1, 5, 8])
    """

    RANGES = False

    def __init__(self, replicas: int, d_model: int, lowest: Tensor):
        super().__init__()
        self.weight_ih = nn.Parameter(torch.zeros(replicas, 4 * d_model, d_model))
        self.weight_hh = nn.Parameter(torch.zeros(replicas, 4 * d_model, d_model))
        self.bias_ih = nn.Parameter(torch.zeros(replicas, 4 * d_model))
        self.bias_hh = nn.Parameter(torch.zeros(replicas, 4 * d_model))

    def draw(self, draws: list[Generator]) -> None:
        """Uniform in ±d^−½."""
        for parameter in self.parameters():
            for replica, generator in zip(parameter, draws, strict=True):
                replica.copy_((2 * torch.rand(replica.shape, generator=generator) - 1) * self.weight_hh.shape[2] ** -0.5)

    def forward(self, x: Tensor) -> Tensor:
        return self.run(x)[0]

    def run(self, x: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """The output of x [R, B, T, d] after what `state` has seen, and the state (h, c) after x, [R, 1, B, d]; None is zeros."""
        with torch.autocast(x.device.type, enabled=False):
            if state is None:
                zero = wide(x).new_zeros(x.shape[0], 1, x.shape[1], x.shape[3])
                state = zero, zero
            each = [self.one(r, wide(x[r]), state[0][r], state[1][r]) for r in range(x.shape[0])]
            out, h, c = (torch.stack(parts) for parts in zip(*each, strict=True))
        return out.to(x.dtype), (h, c)

    def one(self, r: int, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        parameters = [parameter[r] for parameter in (self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)]
        if x.is_cuda:  # cuDNN wants them one after the other in memory, and else warns and copies
            block = torch.cat([parameter.flatten() for parameter in parameters])
            sizes = [parameter.numel() for parameter in parameters]
            parameters = [part.view_as(like) for part, like in zip(block.split(sizes), parameters, strict=True)]
        return torch.lstm(x, (h, c), parameters, True, 1, 0.0, self.training, False, True)

    # ------------------------------------------------------------------ for the comparison

    def states(self, x: Tensor) -> Tensor:
        """h after each token [R, B, T, d]; the cells c are not given out by the library."""
        return wide(self.run(wide(x))[0])
