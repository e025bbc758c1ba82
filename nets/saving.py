"""Networks on disk: a folder with the weights (safetensors: no code runs on loading) and a description (JSON)."""

from __future__ import annotations

import os
from pathlib import Path

import safetensors
import safetensors.torch
import torch

from ..automata.dfa import DFA
from ..automata.errors import CorruptFile, DeltawordError, NotWritable
from ..automata.files import read_bytes, read_json, write_bytes, write_json
from ..theory.certificate import DESCRIPTION_FILE, DESCRIPTION_FORMAT, VERSION, WEIGHTS_FILE
from .network import Network
from .plan import Plan


def save(net: Network, folder: str | os.PathLike[str]) -> None:
    """weights.safetensors and network.json, each written whole or not at all. Raises NotWritable, NotSerializable."""
    description = {"format": DESCRIPTION_FORMAT, "version": VERSION, "dfa": net.dfa.to_json(), "plan": net.plan.to_json()}
    weights = safetensors.torch.save({name: tensor.contiguous() for name, tensor in net.state_dict().items()})
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NotWritable(f"cannot make the folder {folder}: {error.strerror or error}; choose one that is writable") from None
    write_bytes(folder / WEIGHTS_FILE, weights)
    write_json(folder / DESCRIPTION_FILE, description)


def load(folder: str | os.PathLike[str]) -> Network:
    """The network that `save` wrote, in the float type it was saved in. Raises NotReadable, CorruptFile.

    >>> import tempfile, deltaword as dw
    >>> net = dw.compile(dw.DFA([[0, 1], [1, 0]], 0, [1], "01"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     net.save(folder)
    ...     dw.load(folder).accepts("0111")
    True
    """
    folder = Path(folder)
    data = read_json(folder / DESCRIPTION_FILE)
    if not isinstance(data, dict) or data.get("format") != DESCRIPTION_FORMAT or data.get("version") != VERSION:
        raise CorruptFile(f"{folder / DESCRIPTION_FILE} is not the description of a deltaword network of version {VERSION}")
    raw = read_bytes(folder / WEIGHTS_FILE)
    try:
        dfa, plan = DFA.from_json(data["dfa"]), Plan.from_json(data["plan"])
        weights = safetensors.torch.load(raw)
        dtype = weights["readout.weight"].dtype
        net = Network(dfa, plan).to(dtype)
        net.load_state_dict(weights)
    except (DeltawordError, safetensors.SafetensorError, KeyError, IndexError, TypeError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:300]
        raise CorruptFile(f"{folder} does not hold a whole network ({type(error).__name__}: {reason}); save it again") from None
    if not torch.is_floating_point(net.readout.weight):
        raise CorruptFile(f"{folder}: the weights are {dtype}, not a float format")
    return net
