"""A compiled network: embedding, DeltaProduct layer, linear readout. Its state dict is the whole machine."""

from __future__ import annotations

import os

import torch
from torch import Tensor, nn

from ..automata.dfa import DFA, Word
from ..automata.errors import UnknownLetter
from .fixed_layer import FixedDeltaProduct, zero_linear
from .plan import Plan

FEATURES_AT_ONCE = 2**24  # numbers of projected keys held at a time; longer words go through in pieces


class Network(nn.Module):
    """tokens [B, T], letter numbers, to logits over the states of the DFA [B, T, n_states]: after each token, the largest is its state.

    dfa     the machine it was compiled from (table, alphabet, state names); not used in the forward pass
    plan    how it was compiled
    buffer accepting [n_states] bool   which states accept

    The embedding gives letter a the unit vector e_a, so each column of a projection is one letter's keys, values or strengths.
    `net.to(torch.bfloat16)` and the other float formats keep it exact where `plan.exact_in` says so.
    """

    accepting: Tensor

    def __init__(self, dfa: DFA, plan: Plan):
        super().__init__()
        shape = plan.layers[0]
        self.dfa, self.plan = dfa, plan
        self.embedding = nn.Embedding(dfa.n_letters, dfa.n_letters, _weight=torch.eye(dfa.n_letters))
        self.layers = nn.ModuleList([FixedDeltaProduct(dfa.n_letters, shape.heads, shape.K, shape.V, shape.n_h, shape.gated)])
        self.readout = zero_linear(shape.heads * shape.V, dfa.n_states, bias=True)
        self.register_buffer("accepting", torch.zeros(dfa.n_states, dtype=torch.bool))
        self.requires_grad_(False)

    @property
    def layer(self) -> FixedDeltaProduct:
        """The one layer there is."""
        layer = self.layers[0]
        assert isinstance(layer, FixedDeltaProduct)
        return layer

    def forward(self, tokens: Tensor) -> Tensor:
        """Raises UnknownLetter for a token that is no letter's number."""
        self._check_tokens(tokens)
        layer = self.layer
        width = layer.n_h * layer.n_heads * (layer.head_k + layer.head_v)
        piece = max(1, FEATURES_AT_ONCE // (width * max(1, len(tokens))))
        state, outputs = layer.start(len(tokens)), []
        for part in tokens.split(piece, dim=1):
            o, state = layer(self.embedding(part), state)
            outputs.append(self.readout(o))
        return torch.cat(outputs, dim=1)

    @torch.no_grad()
    def states(self, word: Word) -> list[int]:
        """The states along a word, start first, as the network names them: len(word) + 1. Raises UnknownLetter."""
        tokens = torch.tensor([self.dfa.encode(word)], dtype=torch.int64, device=self.readout.weight.device)
        first = self.readout(self.layer.read_start()).argmax()
        return [int(first), *self(tokens)[0].argmax(dim=-1).tolist()]

    @torch.no_grad()
    def accepts(self, word: Word) -> bool:
        """Whether the state named after the word is accepting. Raises UnknownLetter."""
        return bool(self.accepting[self.states(word)[-1]])

    @torch.no_grad()
    def accepts_batch(self, tokens: Tensor) -> Tensor:
        """tokens [B, T] to [B] bool: whether each word is accepted."""
        self._check_tokens(tokens)
        if tokens.shape[1] == 0:
            first = self.readout(self.layer.read_start()).argmax()
            return self.accepting[first].expand(len(tokens))
        return self.accepting[self(tokens)[:, -1].argmax(dim=-1)]

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write the weights and the description to a folder, made if need be. Raises NotWritable, NotSerializable."""
        from .saving import save

        save(self, folder)

    def extra_repr(self) -> str:
        return str(self.plan.layers[0])

    def _repr_html_(self) -> str:
        return self.plan._repr_html_()

    def _check_tokens(self, tokens: Tensor) -> None:
        if tokens.ndim != 2 or tokens.dtype not in (torch.int64, torch.int32):
            raise UnknownLetter(f"tokens have shape {tuple(tokens.shape)} and type {tokens.dtype}; they should be int64 [B, T]")
        if tokens.numel() and (int(tokens.min()) < 0 or int(tokens.max()) >= self.dfa.n_letters):
            bad = ((tokens < 0) | (tokens >= self.dfa.n_letters)).nonzero()[0].tolist()
            raise UnknownLetter(
                f"token {int(tokens[bad[0], bad[1]])} of word {bad[0]} at position {bad[1]} is not one of the letters "
                f"0 .. {self.dfa.n_letters - 1}"
            )
