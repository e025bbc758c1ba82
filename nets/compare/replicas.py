"""One network out of a stack, and what to call it."""

from __future__ import annotations

import torch

from ..models.mixers import mixer
from ..models.sequence_model import ModelConfig, SequenceModel

NAMES = {"mamba": "Mamba-style", "gla": "GLA", "mlstm": "mLSTM", "rwkv7": "RWKV-7", "attention": "attention"}
COPY = ".copies.0."  # a mixer of one's own has a module a replica, not an axis (models/own.py)


@torch.no_grad()
def one_replica(model: SequenceModel, r: int) -> SequenceModel:
    """Replica r alone, a stack of one, on the CPU in float32.

    >>> from deltaword.nets.models.sequence_model import ModelConfig, SequenceModel
    >>> stack = SequenceModel(ModelConfig(2, 2, d_model=8, options={"heads": 1}), ["0,1", "-1,1"], [0, 1])
    >>> tokens = torch.tensor([[0, 1, 1]])
    >>> bool(torch.allclose(one_replica(stack, 1)(tokens[None])[0], stack(tokens.expand(2, 1, 3))[1], atol=1e-5))
    True
    """
    alone, given = SequenceModel(model.config, [model.ranges[r]], [model.seeds[r]]), model.state_dict()
    own = {
        name: given[name.replace(COPY, f".copies.{r}.")] if COPY in name else given[name][r : r + 1]
        for name in alone.state_dict()
    }
    alone.load_state_dict(own)
    return alone.eval()


def model_name(config: ModelConfig, interval: str) -> str:
    """Mixer, what sets it apart, layers and range.

    >>> model_name(ModelConfig(2, 2, mixer="deltaproduct", options={"n_h": 2, "conv": 4}), "-1,1")
    'DeltaProduct, n_h = 2, conv 4, 1 layer [−1, 1]'
    """
    cls, options = mixer(config.mixer), config.options
    parts = [NAMES.get(config.mixer, cls.__name__)]
    if "n_h" in options:
        parts.append(f"n_h = {options['n_h']}")
    if options.get("conv"):
        parts.append(f"conv {options['conv']}")
    parts.append("1 layer" if config.layers == 1 else f"{config.layers} layers")
    shown = {"0,1": " [0, 1]", "-1,1": " [−1, 1]"}[interval] if getattr(cls, "RANGES", False) else ""
    return ", ".join(parts) + shown
