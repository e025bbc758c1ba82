"""The sequence model that is trained: embedding, blocks of mixer and MLP, norm, head; R replicas side by side.

    x = embed(BOS, tokens);   each block:  x ← x + mixer(norm(x)),  x ← x + mlp(norm(x));   logits = head(norm(x))

BOS is a learned vector before the word, as the papers prepend a token: a state that starts at 0 has something to write.
It has no logits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from ...automata.errors import BadArgument
from .mixers import mixer
from .parts import MLP, Embedding, Linear, RMSNorm, reset

RANGES = {"0,1": 0.0, "-1,1": -1.0}


@dataclass(frozen=True)
class ModelConfig:
    """Shape of a model.

    letters, classes   sizes of input and output alphabets
    mixer              a name of `mixers.MIXERS`, or package.module:Class
    options            of the mixer: heads, head_dim, n_h, conv, …
    mlp                hidden width as a multiple of d_model; 0 for no MLP
    """

    letters: int
    classes: int
    d_model: int = 128
    layers: int = 1
    mixer: str = "deltaproduct"
    options: Mapping[str, Any] = field(default_factory=dict)
    mlp: float = 2.0


class Block(nn.Module):
    def __init__(self, replicas: int, config: ModelConfig, lowest: Tensor):
        super().__init__()
        d = config.d_model
        self.mixer_norm = RMSNorm(replicas, d)
        cls = mixer(config.mixer)
        try:
            self.mixer = cls(replicas, d, lowest, **config.options)
        except TypeError as error:
            raise BadArgument(f"mixer {config.mixer!r} with options {dict(config.options)}: {error}") from error
        self.mlp_norm = RMSNorm(replicas, d) if config.mlp else None
        self.mlp = MLP(replicas, d, round(config.mlp * d)) if config.mlp else None

    def forward(self, x: Tensor) -> Tensor:
        return self.with_mlp(x + self.mixer(self.mixer_norm(x)))

    def run(self, x: Tensor, state: Any) -> tuple[Tensor, Any]:
        if not hasattr(self.mixer, "run"):
            raise BadArgument(f"mixer {type(self.mixer).__name__} has no recurrent form: it needs a method run(x, state)")
        y, state = self.mixer.run(self.mixer_norm(x), state)  # pyright: ignore[reportCallIssue]
        return self.with_mlp(x + y), state

    def with_mlp(self, x: Tensor) -> Tensor:
        if self.mlp is None or self.mlp_norm is None:
            return x
        return x + self.mlp(self.mlp_norm(x))


class SequenceModel(nn.Module):
    """Tokens [R, B, T] to logits [R, B, T, classes], float32.

    ranges   a replica each: "0,1" or "-1,1", where the eigenvalues of its state-transition matrices lie
    seeds    a replica each: what its parameters are drawn from
    Raises   BadArgument for an unknown range or mixer, or options that the mixer does not take

    >>> model = SequenceModel(ModelConfig(letters=2, classes=2, d_model=8, options={"heads": 1}), ranges=["0,1", "-1,1"], seeds=[0, 0])
    >>> model(torch.zeros(2, 3, 5, dtype=torch.int64)).shape
    torch.Size([2, 3, 5, 2])
    """

    def __init__(self, config: ModelConfig, ranges: Sequence[str] = ("-1,1",), seeds: Sequence[int] = (0,)):
        super().__init__()
        unknown = [name for name in ranges if name not in RANGES]
        if unknown or len(ranges) != len(seeds) or not seeds:
            raise BadArgument(
                f"ranges {list(ranges)}, seeds {list(seeds)}: each range is '0,1' or '-1,1', and there are as many as seeds"
            )
        self.config, self.ranges, self.seeds = config, tuple(ranges), tuple(seeds)
        replicas, lowest = len(seeds), torch.tensor([RANGES[name] for name in ranges])
        self.embedding = Embedding(replicas, config.letters + 1, config.d_model)  # the last row is BOS
        self.blocks = nn.ModuleList(Block(replicas, config, lowest) for _ in range(config.layers))
        self.norm = RMSNorm(replicas, config.d_model)
        self.head = Linear(replicas, config.d_model, config.classes, bias=True)
        reset(self, seeds)

    @property
    def replicas(self) -> int:
        return len(self.seeds)

    def embed(self, tokens: Tensor) -> Tensor:
        """[R, B, T] to [R, B, T + 1, d], BOS first."""
        if tokens.dim() != 3 or tokens.shape[0] != self.replicas:
            raise BadArgument(f"tokens of shape {list(tokens.shape)}; [R, B, T] with R = {self.replicas} replicas is expected")
        return self.embedding(nn.functional.pad(tokens, (1, 0), value=self.config.letters))

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.embed(tokens)
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x)[:, :, 1:]).float()

    def run(self, tokens: Tensor, state: list[Any] | None = None) -> tuple[Tensor, list[Any]]:
        """Logits [R, B, T, classes] of tokens [R, B, T] after what `state` has seen, and the state after them; None is the beginning.

        Raises  BadArgument for a mixer that has no recurrent form

        >>> config = ModelConfig(letters=2, classes=2, d_model=8, options={"heads": 1})
        >>> model, word = SequenceModel(config), torch.tensor([[[0, 1, 1, 0]]])
        >>> first, state = model.run(word[:, :, :3])
        >>> last, _ = model.run(word[:, :, 3:], state)
        >>> torch.allclose(model(word), torch.cat([first, last], dim=2), atol=1e-5)
        True
        """
        x, after = (self.embed(tokens) if state is None else self.embedding(tokens)), []
        for i, block in enumerate(self.blocks):
            assert isinstance(block, Block)
            x, kept = block.run(x, None if state is None else state[i])
            after.append(kept)
        return self.head(self.norm(x)[:, :, x.shape[2] - tokens.shape[2] :]).float(), after

    def mixer_inputs(self, tokens: Tensor) -> list[Tensor]:
        """What each layer's mixer is given, [R, B, T + 1, d] with BOS first: for `mixer.states` and `mixer.eigenvalues`."""
        x, given = self.embed(tokens), []
        for block in self.blocks:
            given.append(block.mixer_norm(x))  # pyright: ignore[reportCallIssue]
            x = block(x)
        return given
