"""A certificate for a network as it is now: its live tensors, in their type."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Literal

import torch

from ..automata.dfa import DFA
from ..automata.errors import BadArgument
from ..automata.product import aligned_table
from ..theory.certificate import Certificate, certify_weights
from ..theory.checker.weights import Tensor
from .fixed_layer import FixedDeltaProduct
from .network import Network

SAFETENSORS_NAME = {
    torch.bfloat16: "BF16",
    torch.float16: "F16",
    torch.float32: "F32",
    torch.float64: "F64",
    torch.bool: "BOOL",
}


def certify(net: Network, dfa: DFA | None = None) -> Certificate:
    """Whether the network agrees with the machine on every word, proved by closure over all reachable states.

    dfa     default: the machine the network was compiled from. For that machine (the same table and start) the claim is that the
            network names its states; for any other over the same alphabet, that both accept the same words
    Returns a Certificate; damage to the weights gives `holds = False` and a shortest failing word
    Raises  AlphabetMismatch when the letters are not the same; their order may differ. BadArgument for what is no Network or DFA

    >>> import deltaword as dw
    >>> parity = dw.DFA([[0, 1], [1, 0]], 0, [1], "01")
    >>> cert = dw.certify(dw.compile(parity), parity)
    >>> cert.holds, cert.grade, cert.scope
    (True, 1, 'all lengths')
    """
    if not isinstance(net, Network):
        raise BadArgument(
            f"certify takes networks of compile, constructions or load, not a {type(net).__name__}; what a layer of yours can do "
            "and cannot: transition_matrices and limits, theory.testing, and for a trained run `deltaword extract`"
        )
    if dfa is not None and not isinstance(dfa, DFA):
        raise BadArgument(f"{dfa!r} is a {type(dfa).__name__}, not a machine; make one first: DFA.from_regex(pattern), …")
    machine = net.dfa if dfa is None else dfa
    if machine.alphabet != net.dfa.alphabet:  # the same letters in another order are put into the network's
        machine = DFA(aligned_table(machine, net.dfa), machine.start, machine.accepting, net.dfa.alphabet)
    same = (
        machine.start == net.dfa.start
        and machine.table.shape == net.dfa.table.shape
        and bool((machine.table == net.dfa.table).all())
    )

    def fails(word: Sequence[int]) -> bool:
        """A network too damaged to run fails too."""
        letters = machine.decode(word)
        try:
            with token_after_token(net):  # what certificates speak of, however the network runs now
                named = net.states(letters)[-1]
            accepted = bool(net.accepting[named])
        except Exception:
            return True
        return accepted != machine.accepts(letters) or (same and named != machine.states(letters)[-1])

    return certify_weights(live_weights(net), machine, "states" if same else "language", fails)


@contextmanager
def token_after_token(net: Network) -> Iterator[None]:
    """The network on the reference recurrence; afterwards as it was."""
    before: list[tuple[FixedDeltaProduct, Literal["reference", "kernels"]]] = [
        (layer, layer.recurrence) for layer in net.modules() if isinstance(layer, FixedDeltaProduct)
    ]
    net.use_reference()
    try:
        yield
    finally:
        for layer, recurrence in before:
            layer.recurrence = recurrence


def live_weights(net: Network) -> dict[str, Tensor]:
    """The tensors as bytes, as a safetensors file would hold them; what has no bytes is of unknown type, which no checker takes."""
    return {name: as_bytes(value) for name, value in net.state_dict().items()}


def as_bytes(value: object) -> Tensor:
    if not isinstance(value, torch.Tensor) or value.layout != torch.strided or value.is_meta:
        return Tensor(f"unreadable {type(value).__name__}", (), b"")
    raw = value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
    return Tensor(SAFETENSORS_NAME.get(value.dtype, str(value.dtype)), tuple(value.shape), raw)
