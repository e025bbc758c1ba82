"""A compiled network: embedding, DeltaProduct layers with links between them, readout. Its state dict is the whole machine."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, NamedTuple

import torch
from torch import Tensor, nn

from ..automata.dfa import DFA, Word
from ..automata.errors import NotExact, UnknownLetter
from .fixed_layer import FixedDeltaProduct, zero_linear
from .link import Link, affine_maps
from .plan import Plan

if TYPE_CHECKING:
    from ..theory.certificate import Certificate
    from ..theory.papers import Construction

FEATURES_AT_ONCE = 2**24  # numbers of projected keys held at a time; longer words go through in pieces


class Memory(NamedTuple):
    """What a network knows after some tokens: each layer's state [B, H, K, V], and what it read last [B, H·V]."""

    states: list[Tensor]
    reads: list[Tensor]


class Network(nn.Module):
    """tokens [B, T], letter numbers, to logits over the states of the DFA [B, T, n_states]: after each token, the largest is its state.

    dfa     the machine it was compiled from (table, alphabet, state names); not used in the forward pass
    plan    how it was compiled
    buffer accepting [n_states] bool   which states accept

    The embedding gives letter a the unit vector e_a, so each column of a projection is one letter's keys, values or strengths; each
    link gives the next layer the unit vector of a symbol (link.py).  The reader is hidden layers with ReLU, the readout affine.
    `net.to(torch.bfloat16)` and the other float formats keep it exact where `plan.exact_in` says so.
    The layers run token after token, the arithmetic that certificates speak of; `net.use_kernels()` has them run in chunks.
    """

    accepting: Tensor
    construction: Construction | None = (
        None  # in exact numbers, where the network is one of the papers' (nets/constructions.py)
    )

    def __init__(self, dfa: DFA, plan: Plan):
        super().__init__()
        self.dfa, self.plan = dfa, plan
        self.embedding = nn.Embedding(dfa.n_letters, dfa.n_letters, _weight=torch.eye(dfa.n_letters))
        n_symbols = [dfa.n_letters, *(widths[-1] for widths in plan.links)]
        reads = [shape.heads * shape.V for shape in plan.layers]
        self.layers = nn.ModuleList(
            [
                FixedDeltaProduct(symbols, shape.heads, shape.K, shape.V, shape.n_h, shape.gated)
                for symbols, shape in zip(n_symbols, plan.layers, strict=True)
            ]
        )
        self.links = nn.ModuleList(
            [Link(symbols, R, widths) for symbols, R, widths in zip(n_symbols, reads, plan.links, strict=False)]
        )
        self.reader = affine_maps(sum(reads), plan.reader)
        self.readout = zero_linear(plan.reader[-1] if plan.reader else sum(reads), dfa.n_states, bias=True)
        self.register_buffer("accepting", torch.zeros(dfa.n_states, dtype=torch.bool))
        self.requires_grad_(False)

    @property
    def layer(self) -> FixedDeltaProduct:
        """The first layer."""
        layer = self.layers[0]
        assert isinstance(layer, FixedDeltaProduct)
        return layer

    def forward(self, tokens: Tensor) -> Tensor:
        """Raises UnknownLetter for a token that is no letter's number."""
        self._check_tokens(tokens)
        width = sum(layer.n_h * layer.n_heads * (layer.head_k + layer.head_v) for layer in self._mixers())
        width += sum(max(shape) for shape in [*self.plan.links, self.plan.reader or [0]])
        piece = max(1, FEATURES_AT_ONCE // (width * max(1, len(tokens))))
        memory, outputs = self.start(len(tokens)), []
        for part in tokens.split(piece, dim=1):
            logits, memory = self.advance(part, memory)
            outputs.append(logits)
        return torch.cat(outputs, dim=1)

    def advance(self, tokens: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        """tokens [B, T], T ≥ 1, and what is known before them, to logits [B, T, n_states] and what is known after them."""
        if tokens.shape[1] == 0:
            return self.readout.weight.new_zeros(len(tokens), 0, self.readout.out_features), memory
        x, outputs, states = self.embedding(tokens), [], []
        for i, layer in enumerate(self._mixers()):
            o, state = layer(x, memory.states[i])
            if i < len(self.links):
                x = self.links[i](x, o, memory.reads[i])
            outputs.append(o)
            states.append(state)
        return self.read(torch.cat(outputs, dim=-1)), Memory(states, [o[:, -1] for o in outputs])

    def start(self, batch: int) -> Memory:
        """What is known before the first token."""
        mixers = self._mixers()
        return Memory([layer.start(batch) for layer in mixers], [layer.read_start().expand(batch, -1) for layer in mixers])

    def read(self, o: Tensor) -> Tensor:
        """All layers' reads [..., sum of H·V] to logits [..., n_states]."""
        for affine in self.reader:
            o = torch.relu(affine(o))
        return self.readout(o)

    @torch.no_grad()
    def states(self, word: Word) -> list[int]:
        """The states along a word, start first, as the network names them: len(word) + 1. Raises UnknownLetter."""
        tokens = torch.tensor([self.dfa.encode(word)], dtype=torch.int64, device=self.readout.weight.device)
        return [int(self._first()), *self(tokens)[0].argmax(dim=-1).tolist()]

    @torch.no_grad()
    def accepts(self, word: Word) -> bool:
        """Whether the state named after the word is accepting. Raises UnknownLetter."""
        return bool(self.accepting[self.states(word)[-1]])

    @torch.no_grad()
    def accepts_batch(self, tokens: Tensor) -> Tensor:
        """tokens [B, T] to [B] bool: whether each word is accepted."""
        self._check_tokens(tokens)
        if tokens.shape[1] == 0:
            return self.accepting[self._first()].expand(len(tokens))
        return self.accepting[self(tokens)[:, -1].argmax(dim=-1)]

    @property
    def recurrence(self) -> Literal["reference", "kernels"]:
        """How the layers run."""
        return self.layer.recurrence

    def use_kernels(self, certificate: Certificate | None = None) -> Network:
        """Have the layers run on `kernels.delta_product` from now on: in chunks, with Triton on a GPU. Returns the network.

        certificate   one of these weights that covers the chunked form (`chunked`); default: certify here and now
        Raises        NotExact where there is none: in chunks the network might name other states than its certificate proves

        What is proved is that nothing rounds, so states and outputs are bit for bit those of the reference, also where the kernels
        cut long sequences of few heads into segments (theory/checker/kernel_form.py).  The certificate is about
        the weights as they are: another float type (`net.to`) brings the reference back; after other changes call this again.  It is
        not saved with the network, and where gradients are asked for the reference runs.

        >>> import deltaword as dw
        >>> net = dw.compile(dw.languages.get("S_3")).use_kernels()
        >>> net.recurrence, net.states(net.dfa.alphabet) == net.dfa.states(net.dfa.alphabet)
        ('kernels', True)
        """
        from ..theory.checker.weights import digest
        from .certify import certify, live_weights

        self.use_reference()  # what certificates speak of, and what stays when this raises
        if certificate is None:
            certificate = certify(self)
        elif certificate.weights_digest != digest(live_weights(self)):
            raise NotExact(
                "the certificate is about other weights; certify the network as it is now, or call use_kernels() without one"
            )
        if not (certificate.holds and certificate.chunked):
            raise NotExact(
                f"the chunked form of this network may round: {certificate.reason}; it runs on the reference, and "
                'keys="raw" or another float type may give one that is covered'
            )
        return self._run_on("kernels")

    def use_reference(self) -> Network:
        """Have the layers run token after token again. Returns the network."""
        return self._run_on("reference")

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write the weights and the description to a folder, made if need be. Raises NotWritable, NotSerializable."""
        from .saving import save

        save(self, folder)

    def extra_repr(self) -> str:
        return "\n".join(map(str, self.plan.layers))

    def to_svg(self) -> str:
        """The picture of all numbers: for each layer what each letter does to the state, step by step, and what the reader makes of
        it. What is too large to be read is said in numbers.

        >>> import deltaword as dw
        >>> dw.constructions.parity().to_svg()[:4]
        '<svg'
        """
        from .picture.network import network_svg

        return network_svg(self)

    def _repr_svg_(self) -> str:
        return self.to_svg()

    def _run_on(self, recurrence: Literal["reference", "kernels"]) -> Network:
        for layer in self._mixers():
            layer.recurrence = recurrence
        return self

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Network:
        """What `to`, `half`, `cuda` … do: a certificate for one float type says nothing of another."""
        before = self.readout.weight.dtype
        super()._apply(fn, recurse)
        return self if self.readout.weight.dtype == before else self.use_reference()

    def _mixers(self) -> list[FixedDeltaProduct]:
        return [layer for layer in self.layers if isinstance(layer, FixedDeltaProduct)]

    def _first(self) -> Tensor:
        """The state named before the first token."""
        return self.read(torch.cat([layer.read_start() for layer in self._mixers()])).argmax()

    def _check_tokens(self, tokens: Tensor) -> None:
        if tokens.ndim != 2 or tokens.dtype not in (torch.int64, torch.int32):
            raise UnknownLetter(f"tokens have shape {tuple(tokens.shape)} and type {tokens.dtype}; they should be int64 [B, T]")
        if tokens.numel() and (int(tokens.min()) < 0 or int(tokens.max()) >= self.dfa.n_letters):
            bad = ((tokens < 0) | (tokens >= self.dfa.n_letters)).nonzero()[0].tolist()
            raise UnknownLetter(
                f"token {int(tokens[bad[0], bad[1]])} of word {bad[0]} at position {bad[1]} is not one of the letters "
                f"0 .. {self.dfa.n_letters - 1}"
            )
