"""The run directory, and that one process at a time writes it.

config.json          the `RunConfig`
versions.json        of Python and the libraries, and the device
metrics.jsonl        a line a validation
tensorboard/         the same, for TensorBoard
checkpoint/          what the run needs to go on; gone once it is finished
weights.safetensors  the stack, a leading axis of replicas
summary.json         how it ended, and every replica's accuracies; written last, so a run that has it is finished
claim                held open and locked by the process that trains; the lock ends with the process, however it ends
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from ...automata.errors import BadArgument, CorruptFile, InUse, NotWritable
from ...automata.files import read_json, write_json
from .checkpoint import CHECKPOINT_FILE
from .config import RunConfig

try:
    import fcntl
except ImportError:  # Windows has other locks; there, two processes that train the same run are not kept apart
    fcntl = None

CONFIG_FILE, VERSIONS_FILE, SUMMARY_FILE, CLAIM_FILE = "config.json", "versions.json", "summary.json", "claim"
TIME = "time limit"
WEIGHTS_FILE = "weights.safetensors"
LOOKS, BETWEEN = 5, 0.05  # at a claim, and seconds: `is_claimed` holds one for a moment


@contextmanager
def claimed(folder: Path, looks: int = LOOKS) -> Iterator[None]:
    """The folder, made if need be, for this process alone. Raises InUse while another one has it, NotWritable."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        claim = os.open(folder / CLAIM_FILE, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise NotWritable(f"cannot write in {folder}: {error.strerror or error}; choose a folder that is writable") from None
    try:
        if fcntl is not None:
            try:
                locked(claim, looks)
            except BlockingIOError:
                raise InUse(f"another process is training {folder}; wait for it, or choose another folder") from None
            except OSError as error:
                raise NotWritable(f"{folder} is on a file system without locks ({error.strerror}); choose another") from None
        yield
    finally:
        os.close(claim)  # and with it the lock


def locked(claim: int, looks: int) -> None:
    """Lock a file. Raises BlockingIOError while another process has it at every look."""
    assert fcntl is not None
    for left in reversed(range(looks)):
        try:
            return fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not left:
                raise
            time.sleep(BETWEEN)


def is_claimed(folder: Path) -> bool:
    try:
        with claimed(folder, looks=1):
            return False
    except InUse:
        return True


def finished(folder: Path, config: RunConfig | None = None) -> bool:
    """Whether a run is; under a configuration that leaves more time, one that its time limit ended is not."""
    return (folder / SUMMARY_FILE).exists() and (config is None or not goes_on(folder, config))


def goes_on(folder: Path, config: RunConfig) -> bool:
    """Whether a run that is finished ended at its time limit, and this configuration leaves it more."""
    summary = read_summary(folder)
    there = (folder / CHECKPOINT_FILE).exists()
    return there and summary["stopped"] == TIME and (config.minutes is None or 60 * config.minutes > summary["seconds"])


def read_summary(folder: Path) -> dict[str, Any]:
    """How the run ended. Raises NotReadable, CorruptFile."""
    found = read_json(folder / SUMMARY_FILE)
    if not isinstance(found, dict) or not {"stopped", "steps", "seconds", "notes", "replicas"} <= set(found):
        raise CorruptFile(f"{folder / SUMMARY_FILE} does not say how a run ended; remove it, and the same command trains anew")
    return found


def check(folder: Path, config: RunConfig) -> None:
    """Raises BadArgument where the folder has another run."""
    path = folder / CONFIG_FILE
    if not path.exists():
        return
    there = RunConfig.from_json(read_json(path))
    if not there.same_run(config):
        old, new = there.to_json(), config.to_json()
        differs = ", ".join(f"{name} {old[name]!r}, not {new[name]!r}" for name in new if old[name] != new[name])
        raise BadArgument(f"{folder} has another run ({differs}); choose another folder")


def begin(folder: Path, config: RunConfig, device: torch.device) -> None:
    """config.json and versions.json. Raises BadArgument where the folder has another run."""
    check(folder, config)
    for name in (CONFIG_FILE, VERSIONS_FILE, SUMMARY_FILE, WEIGHTS_FILE):
        for left in folder.glob(f".{name}.*"):  # of a process that was killed while it wrote
            left.unlink(missing_ok=True)
    if not (folder / CONFIG_FILE).exists():
        write_json(folder / CONFIG_FILE, config.to_json())
    write_json(folder / VERSIONS_FILE, versions(device))


def reopen(folder: Path) -> None:
    """The run goes on: the summary of a time limit that is no more is taken away."""
    (folder / SUMMARY_FILE).unlink(missing_ok=True)


def versions(device: torch.device) -> dict[str, Any]:
    from ... import __version__

    found = {"deltaword": __version__, "python": platform.python_version(), "torch": torch.__version__}
    for name in ("triton", "numpy", "safetensors"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    found["device"] = torch.cuda.get_device_name(device) if device.type == "cuda" else f"CPU, {torch.get_num_threads()} threads"
    found["cuda"] = torch.version.cuda if device.type == "cuda" else None
    return found
