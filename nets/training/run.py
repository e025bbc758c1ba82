"""A run read back: its networks with their weights, and all that was written down about them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import safetensors
import safetensors.torch
import torch

from ...automata.errors import CorruptFile, NotReadable
from ...automata.files import read_bytes, read_json
from ..models.sequence_model import SequenceModel
from . import folder
from .config import RunConfig
from .metrics import METRICS_FILE, parsed
from .stack import Stack, build

if TYPE_CHECKING:
    from ..tasks import Task


@dataclass
class Run:
    """A trained stack.

    stack      configuration, tasks, replicas and model together, as `evaluate` takes it
    metrics    a dictionary a validation: step, seconds, and lists with a number a replica
    summary    how it ended, and of every replica: reached, best, diverged, evaluation at each length
    path       its folder; None if it was kept in memory
    """

    stack: Stack
    metrics: list[dict[str, Any]]
    summary: dict[str, Any]
    path: Path | None = None

    @property
    def config(self) -> RunConfig:
        return self.stack.config

    @property
    def model(self) -> SequenceModel:
        """All replicas, [R, B, T] to [R, B, T, classes]; a class that a replica's task has not gets a score of −10⁹."""
        return self.stack.model

    @property
    def tasks(self) -> Mapping[str, Task]:
        """By name."""
        return self.stack.tasks

    @property
    def replicas(self) -> list[dict[str, Any]]:
        """{"task":, "range":, "seed":} in the order of the model's axis; range is None where the mixer has none."""
        return [replica._asdict() for replica in self.stack.replicas]


def load_run(
    path: str | os.PathLike[str],
    device: str | torch.device = "cpu",
    *,
    tasks: Mapping[str, Task] | None = None,
    held_out: Mapping[str, Task] | None = None,
) -> Run:
    """The run that `train` wrote there.

    tasks, held_out   as for `train`, where it was given any
    Raises            NotReadable where no run is, or one that is not finished; CorruptFile
    """
    path = Path(path)
    if not (path / folder.CONFIG_FILE).exists():
        sweep = (
            f"; of a sweep's runs, give {path}/NAME, or {path}/* for all" if any(path.glob(f"*/{folder.CONFIG_FILE}")) else ""
        )
        raise NotReadable(f"{path} has no {folder.CONFIG_FILE}; it is not the folder of a run{sweep}")
    if not folder.finished(path):
        raise NotReadable(f"{path} is a run that is not finished; start it again with the same options, and it goes on")
    summary = folder.read_summary(path)
    stack = build(RunConfig.from_json(read_json(path / folder.CONFIG_FILE)), tasks, held_out)
    try:
        stack.model.load_state_dict(safetensors.torch.load(read_bytes(path / folder.WEIGHTS_FILE)))
        metrics = parsed(read_bytes(path / METRICS_FILE))
    except (safetensors.SafetensorError, RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split())[:300]
        raise CorruptFile(f"{path} does not hold a whole run ({type(error).__name__}: {reason})") from None
    stack.model.to(device).eval()
    return Run(stack, metrics, summary, path)
