"""Everything that a run needs to go on, in one file that is written whole or not at all.

Tensors       all that `Step` changes in place: weights, AdamW's moments, counters.  And what a mixer of the user's own may change, as
              ours do not: buffers, and the state of torch's random numbers (of the first process only, where there are several).
Beside them   seconds so far, what each replica has reached, and how many bytes of the metrics belong to it; as JSON in the header.
Words need no state: they are a function of the step.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from ...automata.errors import CorruptFile, NotWritable
from ...automata.files import write_bytes

CHECKPOINT_FILE = Path("checkpoint") / "state.safetensors"


def save(folder: Path, tensors: dict[str, Tensor], beside: dict[str, Any]) -> None:
    """Raises NotWritable."""
    path = folder / CHECKPOINT_FILE
    try:
        path.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise NotWritable(f"cannot make {path.parent}: {error.strerror or error}") from None
    tensors = tensors | {f"random.{name}": state for name, state in random_states().items()}
    whole = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    write_bytes(path, safetensors.torch.save(whole, {"beside": json.dumps(beside)}))


def load(folder: Path) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
    """What `save` had; None where there is none. Raises CorruptFile."""
    path = folder / CHECKPOINT_FILE
    if not path.exists():
        return None
    try:
        with safetensors.safe_open(path, "pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, json.loads(file.metadata()["beside"])  # noqa: SIM118
    except (safetensors.SafetensorError, KeyError, TypeError, ValueError) as error:
        raise CorruptFile(f"{path} is not a whole checkpoint ({error}); remove it to begin again") from None


def clear(folder: Path) -> None:
    """The run is finished. With what a kill while writing may have left behind."""
    shutil.rmtree(folder / CHECKPOINT_FILE.parent, ignore_errors=True)


def random_states() -> dict[str, Tensor]:
    found = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        found["cuda"] = torch.cuda.get_rng_state()
    return found


def restore_random(tensors: dict[str, Tensor]) -> None:
    if "random.cpu" in tensors:
        torch.set_rng_state(tensors["random.cpu"])
    if "random.cuda" in tensors and torch.cuda.is_available():
        torch.cuda.set_rng_state(tensors["random.cuda"])
