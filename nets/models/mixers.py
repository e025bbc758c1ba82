"""Which mixer a name stands for, and what one must have.

A mixer moves information along the sequence: x [R, B, T, d] to [R, B, T, d], causally.  Its class is made as

    Mixer(replicas, d_model, lowest, **options)

with `lowest` a tensor [R]: the lowest eigenvalue that a state-transition matrix of each replica may have, 0 for the range [0, 1] and −1
for [−1, 1].  Mixers without such a range (`RANGES = False`: attention, LSTM) are given it and ignore it.  Recurrent mixers have

    run(x, state=None)   output [R, B, T, d] and the state after x, for any T from 1: continues where `state` stopped; forward(x) is
                         run(x)[0].  Decoding, long evaluations in pieces, and the extraction of automata use it.

Two more methods, where they make sense, are what the comparison with constructed networks reads:

    eigenvalues(x)   complex [R, B, T, M]: the spectrum of each token's state-transition matrix, all heads together
    states(x)        [R, B, T, H, K, V] (or [R, B, T, M] for vectors): the state after each token, in float32

A mixer of the user's own is a dotted path, "package.module:Class": either a class like these, or any nn.Module made as Class(d_model)
from [B, T, d] to [B, T, d], of which each replica gets a copy (see own.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module

from torch import nn

from ...automata.errors import BadArgument

MIXERS: Mapping[str, str] = {
    "deltanet": "delta:DeltaNet",
    "gated_deltanet": "delta:GatedDeltaNet",
    "deltaproduct": "delta:DeltaProduct",
    "gated_deltaproduct": "delta:GatedDeltaProduct",
    "mamba": "diagonal:Mamba",
    "gla": "gla:GatedLinearAttention",
    "mlstm": "mlstm:MLSTM",
    "rwkv7": "rwkv7:RWKV7",
    "lstm": "lstm:LSTM",
    "attention": "attention:Attention",
}


def mixer(name: str) -> type[nn.Module]:
    """The class of a named mixer, or of the dotted path of one's own.

    Raises  BadArgument for an unknown name, a module that cannot be imported, or a class that it has not

    >>> mixer("deltaproduct").__name__
    'DeltaProduct'
    """
    if not isinstance(name, str):
        raise BadArgument(f"mixer is {name!r}; a name, or package.module:Class, is expected")
    if ":" in name:
        from .own import own_mixer

        return own_mixer(name)
    if name not in MIXERS:
        near = get_close_matches(name, MIXERS, n=3) or list(MIXERS)
        raise BadArgument(f"there is no mixer {name!r}; {' or '.join(near)}, or your own as package.module:Class")
    module, cls = MIXERS[name].split(":")
    return getattr(import_module(f".{module}", __package__), cls)
