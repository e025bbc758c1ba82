"""The network that the compiler makes for a task's machine, on the same words as the trained ones.

What it shows   accuracy 1 at every length, and a certificate that says so for all words; where the compiler refuses, the reason.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy.typing as npt
import torch
from torch import Tensor

from ...automata.dfa import DFA
from ...automata.errors import DeltawordError
from ..certify import certify
from ..compile import compile
from ..network import Network

LARGEST = 2**24  # numbers in a network that is run beside


@dataclass(frozen=True, eq=False)
class Constructed:
    """A compiled network and what its certificate says; or None, and why there is none."""

    net: Network | None
    says: str


def constructed(dfa: DFA | None, seconds: float = 20.0) -> Constructed:
    """The cheapest plan, built and certified; seconds that planning may take.

    >>> import deltaword as dw
    >>> made = constructed(dw.languages.get("parity"))
    >>> made.net.plan.layers[0].n_h, "every word" in made.says
    (1, True)
    >>> constructed(None).says
    'there is no machine for this task: it is not regular, or too large'
    """
    if dfa is None:
        return Constructed(None, "there is no machine for this task: it is not regular, or too large")
    try:
        net = compile(dfa, seconds=seconds)
    except DeltawordError as error:
        return Constructed(None, f"the compiler refuses: {error}")
    if net.plan.parameters > LARGEST:
        return Constructed(None, f"the compiled network has {net.plan.parameters:,} numbers; up to {LARGEST:,} are run here")
    return Constructed(net, str(certify(net)))


def class_scores(logits: Tensor, class_of_state: npt.ArrayLike, classes: int) -> Tensor:
    """Scores of states [..., n_states] to those of classes [..., classes]: a class has that of its best state.

    class_of_state   [n_states], below 0 for states of no class

    >>> class_scores(torch.tensor([1.0, 3.0, 2.0]), [0, 1, 0], 2).tolist()
    [2.0, 3.0]
    """
    index = torch.as_tensor(class_of_state, device=logits.device)
    known = index >= 0
    found = logits.new_full((*logits.shape[:-1], classes), -torch.inf)
    return found.scatter_reduce(-1, index[known].expand(*logits.shape[:-1], -1), logits[..., known], "amax")


@torch.no_grad()
def layer_states(net: Network, tokens: Tensor) -> list[Tensor]:
    """The state of each layer after each token, [B, T, H, K, V]; tokens [B, T].

    >>> import deltaword as dw
    >>> [states] = layer_states(dw.compile(dw.languages.get("parity")), torch.tensor([[1, 1, 0]]))
    >>> bool((states[0, 1] == states[0, 2]).all()), bool((states[0, 0] == states[0, 1]).all())
    (True, False)
    """
    memory, after = net.start(len(tokens)), []
    for token in tokens.unbind(1):
        _, memory = net.advance(token[:, None], memory)
        after.append(memory.states)
    return [torch.stack(layer, dim=1) for layer in zip(*after, strict=True)]
