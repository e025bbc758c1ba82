"""What the folders of runs are called, where nobody says: by what tells a run from others.

In a sweep    by what is not the same in all of its runs.
Alone         by its tasks and mixer, and what is not as it is by default.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from .config import PASSING, RunConfig

RUNS = Path("runs")
LONGEST, DIGITS = 60, 6  # of a name, and of what stands for the rest of a longer one


def default_folder(what: RunConfig | str | os.PathLike[str]) -> Path:
    """Where one run goes, or all runs of a grid's file.

    >>> default_folder("grids/tiny.toml").as_posix(), default_folder(RunConfig(tasks=("S_3",))).as_posix()
    ('runs/tiny', 'runs/S_3_deltaproduct')
    """
    return RUNS / (name_of(what) if isinstance(what, RunConfig) else Path(what).stem)


def name_of(config: RunConfig) -> str:
    """The same for the same run, wherever and however long it is trained, and another for any other run: what does not fit into a
    short name, or would not be the same in a folder's name, is in six digits at its end (two runs with the same six: the second is
    refused, since the folder has another run).

    >>> name_of(RunConfig(tasks=("S_3", "D_4"), options={"n_h": 2}, seeds=(0, 1), lengths=(2, 8), device="cpu"))
    'S_3_D_4_deltaproduct_n_h2_seeds0+1_lengths2-8'
    >>> name_of(RunConfig(tasks=("S_3",), options={"n_h": 2}, ranges=("0,1", "-1,1"), seeds=(0, 1), lengths=128, lr=2e-3, growth=0.6))
    'S_3_deltaproduct_n_h2_ranges0,1+-1,1_seeds0+1-07edf9'
    """
    default = RunConfig(tasks=config.tasks).to_json()
    options = {name: whole(value) for name, value in sorted(config.options.items())}
    said = {name: whole(value) for name, value in config.to_json().items() if name not in PASSING and value != default[name]}
    for name in ("mixer", "options"):
        said.pop(name, None)
    if config.lengths is not None:
        said["lengths"] = "-".join(map(str, dict.fromkeys(config.lengths)))
    parts = [*config.tasks, config.mixer]
    parts += [f"{name}{spelt(value)}" for each in (options, said) for name, value in each.items()]
    parts = [part.replace(":", "-") for part in parts]  # of language:tomita_5, and of a dotted path
    spelling = "_".join(parts)
    if safe(spelling) == spelling and len(spelling) <= LONGEST:
        return spelling
    digest = sha256(json.dumps([config.tasks, config.mixer, options, said], sort_keys=True).encode()).hexdigest()[:DIGITS]
    room = LONGEST - len(digest) - 1
    while len(parts) > 1 and len("_".join(parts)) > room:
        parts.pop()
    return f"{safe('_'.join(parts))[:room]}-{digest}"


def whole(value: Any) -> Any:
    """2 for 2.0, which is the same to a run."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def called_by(point: Mapping[str, Any], among: Sequence[Mapping[str, Any]], name: str | None) -> str:
    """A run of a grid: a name, or the mixer, and then what is not the same in all of them."""
    keys = [key for key in point if any(other.get(key) != point[key] for other in among) and key != "mixer"]
    varied = name is None or any(other["mixer"] != point["mixer"] for other in among)
    mixer = str(point["mixer"]).rpartition(":")[2]
    parts = ([name] if name else []) + ([mixer] if varied else []) + [f"{key}{spelt(point[key])}" for key in keys]
    return safe("_".join(parts))


def spelt(value: Any) -> str:
    return "+".join(map(str, value)) if isinstance(value, list) else str(value)


def safe(name: str) -> str:
    """With nothing in it that a file system, or a shell, takes for more than a letter."""
    return re.sub(r"[^\w+.,=-]+", "-", name)
