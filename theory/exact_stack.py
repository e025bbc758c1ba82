"""Several DeltaProduct layers in exact numbers: what a compiler writes before any float.

Notation      letter a enters layer 0 as the unit vector e_a.  Layer i has heads; the unit vector of a symbol chooses each head's steps
              (theory/exact_layer.py).  o_i(t) are the numbers its heads read after token t, o_i(−1) those of the initial state.
Link          between layers i and i + 1 a causal convolution of width 2, a number a channel, and an Mlp:
                  the next symbol's unit vector  =  Mlp(symbol's unit vector, shift[0] · o_i(t − 1) + shift[1] · o_i(t)).
              shift = (1, 0) hands on the state BEFORE the letter, which cascades need; (0, 1) the state after it.
Reader        an Mlp from all layers' o(t) to the logits; the state named is the first row of the largest.
Proof         `closure` runs over all reachable states of the stack in exact arithmetic, beside a machine.
Source        Grazzi et al. 2411.12537 (Theorem 4) and Siems et al. 2502.10297 (Theorem 1) use such stacks; the convolution is the short
              convolution of the published layers, cut to width 2.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..automata.dfa import DFA
from ..automata.errors import BadStep, ProofFails, TooLarge
from .exact_layer import ExactLayer, Head
from .mlp import Mlp

State = tuple[tuple[np.ndarray, ...], ...]  # by layer and head, each [K, V]


@dataclass(frozen=True, eq=False)
class Link:
    """shift [2, R]: weights of the numbers before and after the token; mlp from n_symbols + R numbers to the next layer's symbols."""

    shift: Any
    mlp: Mlp

    def __call__(self, symbol: int, n_symbols: int, before: np.ndarray, after: np.ndarray) -> int:
        """The next layer's symbol. Raises ProofFails when the Mlp gives no unit vector."""
        one_hot = np.zeros(n_symbols, dtype=object)
        one_hot[symbol] = 1
        found = self.mlp(np.concatenate([one_hot, self.shift[0] * before + self.shift[1] * after]))
        chosen = np.flatnonzero(found)
        if len(chosen) != 1 or found[chosen[0]] != 1:
            raise ProofFails(f"symbol {symbol} with reads {before.tolist()} and {after.tolist()} gives no unit vector")
        return int(chosen[0])


@dataclass(frozen=True, eq=False)
class ExactStack:
    """alphabet; layers, the heads of each; links, one fewer; reader, from all reads to logits. Raises BadStep on sizes that misfit."""

    alphabet: Sequence[Any]
    layers: tuple[tuple[Head, ...], ...]
    links: tuple[Link, ...]
    reader: Mlp

    def __post_init__(self):
        if len(self.links) != len(self.layers) - 1:
            raise BadStep(f"{len(self.layers)} layers need {len(self.layers) - 1} links between them, not {len(self.links)}")
        for i, (link, symbols) in enumerate(zip(self.links, self.n_symbols[1:], strict=True)):
            if (link.mlp.n_in, link.mlp.n_out) != (self.n_symbols[i] + self.width(i), symbols):
                raise BadStep(f"link {i} maps {link.mlp.n_in} numbers to {link.mlp.n_out}; layer {i + 1} has {symbols} symbols")
        if self.reader.n_in != sum(map(self.width, range(len(self.layers)))):
            raise BadStep(f"the reader takes {self.reader.n_in} numbers; the layers read others")

    @classmethod
    def of(cls, layer: ExactLayer) -> ExactStack:
        """One layer as a stack."""
        return cls(layer.alphabet, (tuple(layer.heads),), (), Mlp((layer.readout,), (np.array(layer.bias, dtype=object),)))

    def latex(self) -> str:
        """What each letter does to each head, layer by layer, and what lies between: a part of a document (theory/latex)."""
        from .latex import stack

        return stack(self)

    @property
    def n_symbols(self) -> list[int]:
        """How many symbols each layer knows; layer 0's are the letters."""
        return [len(heads[0].letters) for heads in self.layers]

    def width(self, i: int) -> int:
        """How many numbers layer i's heads read."""
        return sum(head.V for head in self.layers[i])

    def start(self) -> State:
        return tuple(tuple(head.initial for head in heads) for heads in self.layers)

    def reads(self, i: int, states: Sequence[np.ndarray]) -> np.ndarray:
        """o_i of layer i's head states."""
        return np.concatenate([head.read(state) for head, state in zip(self.layers[i], states, strict=True)])

    def step(self, states: State, letter: int) -> State:
        """The states after one more letter (by number)."""
        symbol, after = letter, []
        for i, heads in enumerate(self.layers):
            new = tuple(head.letters[symbol].apply(state) for head, state in zip(heads, states[i], strict=True))
            after.append(new)
            if i < len(self.links):
                symbol = self.links[i](symbol, len(heads[0].letters), self.reads(i, states[i]), self.reads(i, new))
        return tuple(after)

    def decode(self, states: State) -> int:
        """The first row of the largest logit."""
        logits = list(self.reader(np.concatenate([self.reads(i, layer) for i, layer in enumerate(states)])))
        return logits.index(max(logits))

    def states(self, word: Iterable[Any]) -> list[int]:
        """The machine's states along a word, start first, computed exactly. Raises KeyError on an unknown letter."""
        index = {letter: a for a, letter in enumerate(self.alphabet)}
        current = self.start()
        visited = [self.decode(current)]
        for letter in word:
            current = self.step(current, index[letter])
            visited.append(self.decode(current))
        return visited

    def closure(self, dfa: DFA, limit: int = 100_000) -> int:
        """The number of reachable pairs (stack state, machine state), after the stack was found to name the machine's state in all.

        A proof for words of every length, in exact arithmetic.
        Raises  ProofFails naming the states that differ; TooLarge past `limit` pairs
        """

        def key(states: State) -> tuple[Any, ...]:
            return tuple(number for layer in states for state in layer for number in state.flat)

        start = (self.start(), dfa.start)
        order, seen = [start], {(key(start[0]), dfa.start)}
        for states, q in order:
            if self.decode(states) != q:
                raise ProofFails(f"a stack state reached beside state {q} is read as {self.decode(states)}")
            for letter, target in enumerate(dfa.table[q].tolist()):
                after = self.step(states, letter)
                pair = (key(after), target)
                if pair not in seen:
                    if len(seen) >= limit:
                        raise TooLarge(f"more than {limit:,} reachable pairs of stack and machine states; raise `limit`")
                    seen.add(pair)
                    order.append((after, target))
        return len(order)
