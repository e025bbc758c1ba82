"""What a running network meets: breadth first over the states of its layers, on every letter.

A link is a table of what it is given, the reader a table of what is read; of a small network both can be listed.  What is listed is
what was met, on the network's own floats: nothing here is a proof (theory/certificate.py has those).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ...kernels.reference import recurrence

if TYPE_CHECKING:
    from ..network import Network

MOST = 400  # tuples of states
AT_ONCE, BUDGET = 2**22, 2**30  # numbers of one-hot symbols made at a time, and multiplications in all
PLACES = 4  # decimals within which reads are the same

Numbers = tuple[float, ...]


@dataclass
class Reached:
    """links, of each {(symbol, read): next symbol}; reads {all reads: state named}; whole, whether all that is reachable was met."""

    links: list[dict[tuple[int, Numbers], int]] = field(default_factory=list)
    reads: dict[Numbers, int] = field(default_factory=dict)
    whole: bool = True


@torch.no_grad()
def reached(net: Network, most: int = MOST) -> Reached:
    """All that is met from the start, or what is met by the first so many tuples of states.

    >>> import deltaword as dw
    >>> found = reached(dw.constructions.parity())
    >>> found.reads, found.whole
    ({(1.0,): 0, (-1.0,): 1}, True)
    """
    layers, n_letters = net._mixers(), net.dfa.n_letters
    widest = max(layer.k_proj.in_features + layer.k_proj.out_features for layer in layers)
    work = max(1, sum(p.numel() for p in net.parameters()))  # of a token
    budget = BUDGET
    found = Reached([{} for _ in net.links])
    start = net.start(1)
    found.reads[_key(torch.cat([read[0] for read in start.reads]))] = int(net.read(torch.cat(start.reads, -1)).argmax())
    seen = {_key(torch.cat([state.reshape(-1) for state in start.states]))}
    states, reads = list(start.states), list(start.reads)
    while len(states[0]):
        count = min(len(states[0]), max(1, AT_ONCE // (n_letters * widest)), budget // (n_letters * work))
        budget -= count * n_letters * work
        if count < len(states[0]):
            found.whole = False
            if count == 0:
                break
            states, reads = [state[:count] for state in states], [read[:count] for read in reads]
        x = net.embedding(torch.arange(n_letters, device=states[0].device).repeat(count))[:, None]
        befores = [read.repeat_interleave(n_letters, 0) for read in reads]
        after, outputs = [], []
        for i, layer in enumerate(layers):
            o, state = recurrence(*layer.inputs(x), states[i].repeat_interleave(n_letters, 0))
            o = o.reshape(len(o), 1, -1)
            if i < len(net.links):
                link = net.links[i]
                before, after_it = link.get_parameter("shift").T  # as in link.py
                given = before * befores[i] + after_it * o[:, 0]
                symbols, x = x[:, 0].argmax(-1).tolist(), link(x, o, befores[i])
                for symbol, y, following in zip(symbols, given, x[:, 0].argmax(-1).tolist(), strict=True):
                    found.links[i].setdefault((symbol, _key(y)), following)
            after.append(state)
            outputs.append(o[:, 0])
        together = torch.cat(outputs, -1)
        for y, state in zip(together, net.read(together).argmax(-1).tolist(), strict=True):
            found.reads.setdefault(_key(y), state)
        new = []
        for b in range(len(after[0])):
            key = _key(torch.cat([state[b].reshape(-1) for state in after]))
            if key not in seen:
                if len(seen) >= most:
                    found.whole = False
                    break
                seen.add(key)
                new.append(b)
        states, reads = [state[new] for state in after], [o[new] for o in outputs]
    return found


def _key(values: Tensor) -> Numbers:
    return tuple(round(x, PLACES) + 0.0 for x in values.double().reshape(-1).tolist())  # −0 is 0
