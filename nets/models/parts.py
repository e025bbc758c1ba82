"""The parts of a stack: R networks of one shape, trained side by side, in one module.

Every parameter has a leading axis of R replicas, every activation is [R, B, T, d], and no operation mixes replicas; so each of them
computes, and under a summed loss learns, exactly what it would alone.  Small networks leave a GPU idle: thirty of them, of other seeds
or eigenvalue ranges, fill it.

Seeds     `reset(module, seeds)` draws the parameters of replica r from seeds[r] alone, in the order of the module's parts: a replica
          starts from the same numbers in whatever company.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from ...automata.errors import BadArgument
from ..delta_product import unit
from .scan import on_triton


def reset(module: nn.Module, seeds: Sequence[int]) -> None:
    """Draw every parameter anew, those of replica r from seeds[r].

    >>> stack = Linear(2, 3, 1)
    >>> reset(stack, [7, 7])
    >>> bool((stack.weight[0] == stack.weight[1]).all())
    True
    """
    draws = [Generator().manual_seed(seed) for seed in seeds]
    with torch.no_grad():
        for part in module.modules():
            if hasattr(part, "draw"):
                part.draw(draws)  # pyright: ignore[reportCallIssue]


def normal_(parameter: Tensor, deviation: float, draws: Sequence[Generator]) -> None:
    for replica, generator in zip(parameter, draws, strict=True):
        replica.copy_(torch.randn(replica.shape, generator=generator) * deviation)


def per_replica(parameter: Tensor, like: Tensor) -> Tensor:
    """A parameter [R, ...] with axes put in after the first, so that it broadcasts over `like` [R, B, T, ...]."""
    missing = like.dim() - parameter.dim()
    return parameter.view(parameter.shape[0], *(1,) * missing, *parameter.shape[1:])


def head_size(d_model: int, heads: int, head_dim: int | None, conv: int = 0, **others: int) -> int:
    """head_dim, by default d_model / heads.

    others  sizes by name, each at least 1; conv, the width of a convolution, may be 0
    Raises  BadArgument for sizes that make no layer

    >>> head_size(8, 2, None, n_h=3)
    4
    """
    head_dim = d_model // max(heads, 1) if head_dim is None else head_dim
    if min(heads, head_dim, *others.values()) < 1 or conv < 0:
        said = "".join(f", {name} {value}" for name, value in others.items())
        raise BadArgument(f"{heads} heads of {head_dim}{said}, convolution {conv}: all but the last must be at least 1")
    return head_dim


class Linear(nn.Module):
    """x [R, ..., d_in] to [R, ..., d_out], a matrix a replica; weights normal with deviation d_in^−½.

    >>> Linear(2, 3, 5)(torch.zeros(2, 4, 7, 3)).shape
    torch.Size([2, 4, 7, 5])
    """

    def __init__(self, replicas: int, d_in: int, d_out: int, bias: bool = False):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(replicas, d_in, d_out))
        self.bias = nn.Parameter(torch.zeros(replicas, d_out)) if bias else None

    def draw(self, draws: Sequence[Generator]) -> None:
        normal_(self.weight, self.weight.shape[1] ** -0.5, draws)
        if self.bias is not None:
            self.bias.zero_()

    def forward(self, x: Tensor) -> Tensor:
        y = torch.bmm(x.flatten(1, -2), self.weight).unflatten(1, x.shape[1:-1])
        return y if self.bias is None else y + per_replica(self.bias, y)


class Embedding(nn.Module):
    """Tokens [R, B, T] to vectors [R, B, T, d], a table [n, d] a replica."""

    def __init__(self, replicas: int, n: int, d: int):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(replicas, n, d))

    def draw(self, draws: Sequence[Generator]) -> None:
        normal_(self.weight, 1.0, draws)

    def forward(self, tokens: Tensor) -> Tensor:
        replicas, n, _ = self.weight.shape
        first = torch.arange(0, replicas * n, n, device=tokens.device).view(-1, 1, 1)
        return F.embedding(tokens + first, self.weight.flatten(0, 1))


class RMSNorm(nn.Module):
    """Each vector [..., d] to root-mean-square 1 (Zhang and Sennrich 1910.07467), times a weight a replica.  Computed in float32."""

    def __init__(self, replicas: int, d: int, eps: float = 1e-5):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(replicas, d))
        self.eps = eps

    def draw(self, draws: Sequence[Generator]) -> None:
        self.weight.fill_(1)

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, x.shape[-1:], eps=self.eps) * per_replica(self.weight, x).to(x.dtype)


class MLP(nn.Module):
    """SwiGLU (Shazeer 2002.05202): (SiLU(x W) ∘ x U) D, of hidden width `width`."""

    def __init__(self, replicas: int, d: int, width: int):
        super().__init__()
        self.up, self.down = Linear(replicas, d, 2 * width), Linear(replicas, width, d)

    def forward(self, x: Tensor) -> Tensor:
        a, b = self.up(x).chunk(2, dim=-1)
        return self.down(F.silu(a) * b)


class ShortConvolution(nn.Module):
    """Causal depthwise convolution over the last `width` tokens, x [R, B, T, C]: gives a layer the letters just before.

    Starts near the identity: 1 on the current token, and normal with deviation width^−½ / 2 on the others.

    >>> ShortConvolution(1, 2, 4)(torch.zeros(1, 1, 3, 2)).shape
    torch.Size([1, 1, 3, 2])
    """

    def __init__(self, replicas: int, channels: int, width: int):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(replicas, width, channels))

    def draw(self, draws: Sequence[Generator]) -> None:
        normal_(self.weight, 0.5 / math.sqrt(self.weight.shape[1]), draws)
        self.weight[:, 0] = 1

    def continued(self, x: Tensor, before: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """x with the inputs before it in front, and the last width − 1 of these, which are kept for what comes next.

        before   [R, B, width − 1, C], None for zeros, which are not put in front"""
        kept = self.weight.shape[1] - 1
        if before is not None:
            x = torch.cat([before, x], dim=2)
        seen = F.pad(x, (0, 0, kept - x.shape[2], 0)) if x.shape[2] < kept else x
        return x, seen[:, :, seen.shape[2] - kept :]

    def forward(self, x: Tensor) -> Tensor:
        if fits_triton(x, self):
            from .conv_triton import convolution

            return convolution(x, self.weight, [(x.shape[-1], False)], silu=False)[0]
        T, weight = x.shape[2], self.weight.to(x.dtype)
        y = x * per_replica(weight[:, 0], x)
        for back in range(1, min(weight.shape[1], T)):
            y = y + F.pad(x[:, :, : T - back], (0, 0, back, 0)) * per_replica(weight[:, back], x)
        return y


def fits_triton(x: Tensor, conv: ShortConvolution | None, size: int | None = None) -> bool:
    """Whether `conv_triton` takes x, a convolution of this width, and blocks of `size` channels to normalise.

    Not under torch.compile, which fuses the torch form by itself."""
    floats = x.dtype in (torch.float32, torch.bfloat16, torch.float16)
    small = (conv is None or conv.weight.shape[1] <= 8) and (size is None or size <= 1024)
    return on_triton(x) and floats and small and x.numel() > 0 and not torch.compiler.is_compiling()


def activated(
    conv: ShortConvolution | None,
    x: Tensor,
    parts: Sequence[tuple[int, bool]],
    size: int | None = None,
    before: Tensor | None = None,
) -> tuple[tuple[Tensor, ...], Tensor | None]:
    """SiLU of x [R, B, T, C], after the convolution if there is one, in parts [R, B, T, width]; and the inputs that the convolution
    keeps for what comes next.  On a GPU in one pass over memory, each part contiguous (with `before`, a view of one).

    parts    widths that add up to C, and of each whether its blocks of `size` channels, heads, are made unit vectors
    before   the inputs that were kept before x, None for zeros
    Raises   BadArgument where a part is to be normalised and `size` is missing

    >>> (y, direction), _ = activated(None, torch.tensor([[[[0.0, 3.0, -1.0]]]]), [(1, False), (2, True)], 2)
    >>> direction
    tensor([[[[ 0.9956, -0.0937]]]])
    """
    if size is None and any(normalised for _, normalised in parts):
        raise BadArgument("parts made unit vectors need the size of their blocks")
    T, kept = x.shape[2], None
    if conv is not None:
        x, kept = conv.continued(x, before)
    if fits_triton(x, conv, size):
        from .conv_triton import convolution

        found = convolution(x, None if conv is None else conv.weight, parts, size)
    else:
        cut = F.silu(x if conv is None else conv(x)).split([width for width, _ in parts], dim=-1)
        found = tuple(
            unit(y.unflatten(-1, (-1, size))).flatten(-2) if normalised else y  # pyright: ignore[reportArgumentType]
            for y, (_, normalised) in zip(cut, parts, strict=True)
        )
    return (found if before is None else tuple(y[:, :, y.shape[2] - T :] for y in found)), kept


def convolved(conv: ShortConvolution | None, x: Tensor, before: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
    """SiLU of the convolution of x, and the inputs that it keeps for what comes next; where there is no convolution, x itself.

    before   the inputs that were kept before x, None for zeros

    >>> convolved(None, torch.ones(1, 1, 3, 2))[1] is None
    True
    """
    if conv is None:
        return x, None
    (y,), kept = activated(conv, x, [(x.shape[-1], False)], before=before)
    return y, kept
