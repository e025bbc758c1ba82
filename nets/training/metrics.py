"""What a run says while it goes: a JSON line an evaluation, and the same for TensorBoard.

The file grows by whole lines that are on the disk before a checkpoint says so.  A run that goes on from a checkpoint cuts the file
back to what the checkpoint knows; so no line is there twice, and none is missing.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...automata.errors import CorruptFile, DeltawordError, NotWritable
from ...automata.files import read_bytes
from .config import Replica

METRICS_FILE = "metrics.jsonl"
CURVES = ("loss", "validation_loss", "accuracy", "word_accuracy", "gradient_norm")  # lists with a number a replica


def plain(value: Any) -> Any:
    """With None in place of numbers that JSON has not.

    >>> plain({"loss": [0.5, float("nan")]})
    {'loss': [0.5, None]}
    """
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


class Metrics:
    """The lines of a run, in memory, and in a file of its folder if it has one.

    kept   bytes of the file that count; the rest is cut off
    """

    def __init__(self, folder: Path | None, kept: int = 0):
        self.path = None if folder is None else folder / METRICS_FILE
        self.lines: list[dict[str, Any]] = []
        if self.path is None:
            return
        with writing(self.path):
            self.path.touch()
            if kept:
                self.lines = whole(self.path, kept)
            os.truncate(self.path, kept)

    def add(self, line: dict[str, Any]) -> None:
        line = plain(line)
        self.lines.append(line)
        if self.path is not None:
            with writing(self.path), self.path.open("ab") as file:
                file.write((json.dumps(line) + "\n").encode())
                file.flush()
                os.fsync(file.fileno())

    @property
    def size(self) -> int:
        return 0 if self.path is None else self.path.stat().st_size


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Raises NotWritable where the disk is full, or whatever else the system says."""
    try:
        yield
    except DeltawordError:
        raise
    except OSError as error:
        raise NotWritable(f"cannot write {path}: {error.strerror or error}") from None


def whole(path: Path, kept: int) -> list[dict[str, Any]]:
    """The lines in the first bytes of the file. Raises CorruptFile where they are not what a checkpoint knows of."""
    data = read_bytes(path)[:kept]
    try:
        if len(data) == kept and data.endswith(b"\n"):
            return parsed(data)
    except ValueError:
        pass
    raise CorruptFile(f"{path} was shortened or altered since the last checkpoint; remove its folder to begin again")


def parsed(data: bytes) -> list[dict[str, Any]]:
    """Whole lines; a last one that a kill cut short is left out."""
    return [json.loads(line) for line in data.split(b"\n")[:-1]]


class Board:
    """The curves for TensorBoard, or a note that it is not installed."""

    def __init__(self, folder: Path, replicas: Sequence[Replica], step: int):
        self.note, self.writer, self.replicas, self.folder = None, None, replicas, folder
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            self.note = "no logs for TensorBoard, which is not installed: pip install 'deltaword[train]'"
        else:
            with writing(folder):
                self.writer = SummaryWriter(
                    str(folder), purge_step=step + 1
                )  # lines of a run that was killed since then are void

    def add(self, line: dict[str, Any]) -> None:
        if self.writer is None:
            return
        with writing(self.folder):
            for curve in CURVES:
                for replica, value in zip(self.replicas, line.get(curve, ()), strict=False):
                    if value is not None:
                        self.writer.add_scalar(f"{curve}/{replica}", value, line["step"])
            if line.get("rate") is not None:
                self.writer.add_scalar("rate", line["rate"], line["step"])
            self.writer.flush()

    def close(self) -> None:
        if self.writer is not None:
            with writing(self.folder):
                self.writer.close()
