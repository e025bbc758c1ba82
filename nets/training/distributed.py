"""Several processes that train one stack: each takes its rows of every batch, and sums over all of them make it one batch.

Started by    torchrun, or anything that sets RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR and MASTER_PORT.  NCCL between GPUs, gloo
              between CPUs.
Why no DDP    gradients of a stack lie in one vector anyway (`flat`), so one all-reduce of it is all there is to do; it is captured in
              the CUDA graph with the rest of the step, and clipping, a replica each, comes after it.  DDP's hooks and buckets would
              stand in the way of both, and overlap nothing: a step of these models takes a few milliseconds.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from ...automata.errors import BadArgument


@dataclass(frozen=True)
class Group:
    """The processes of a run; a single one by default."""

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process writes."""
        return self.rank == 0

    def share(self, total: int) -> range:
        """This process's part of `total` rows.

        >>> [list(Group(rank, 2).share(5)) for rank in (0, 1)]
        [[0, 1], [2, 3, 4]]
        """
        return range(total * self.rank // self.size, total * (self.rank + 1) // self.size)

    def sum_(self, x: Tensor) -> Tensor:
        """The sum over all processes, in place."""
        if self.size > 1:
            dist.all_reduce(x)
        return x

    def from_first_(self, x: Tensor) -> Tensor:
        """The first process's tensor, in place."""
        if self.size > 1:
            dist.broadcast(x, 0)
        return x

    def object_from_first(self, x: Any) -> Any:
        """The first process's value."""
        if self.size == 1:
            return x
        holder = [x]
        dist.broadcast_object_list(holder, 0)
        return holder[0]


def launched() -> bool:
    """Whether torchrun or the like started this process as one of several."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


def local_device(wanted: str | None = None) -> torch.device:
    """The device asked for, or a GPU where there is one, or the CPU. "cuda" is this process's own GPU, by its LOCAL_RANK.

    Raises  BadArgument for a device that is not there

    >>> local_device("cpu")
    device(type='cpu')
    """
    try:
        device = torch.device(wanted or ("cuda" if torch.cuda.is_available() else "cpu"))
    except RuntimeError:
        device = None
    gpus = torch.cuda.device_count()
    if device is not None and device.type == "cuda" and device.index is None and gpus:
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", torch.cuda.current_device())) % gpus)
    if device is None or device.type not in ("cpu", "cuda") or (device.type == "cuda" and (device.index or 0) >= gpus):
        raise BadArgument(f"there is no device {wanted!r}; cpu{', or cuda:0 …' if gpus else ' is the only one here'}")
    return device


@contextmanager
def joined(device: torch.device) -> Iterator[Group]:
    """The group of the processes that were started together; of one where there is just this one."""
    if not launched() or dist.is_initialized():
        yield Group(dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else Group()
        return
    if device.type == "cuda":
        torch.cuda.set_device(device)
        dist.init_process_group("nccl", device_id=device)
    else:
        dist.init_process_group("gloo")
    try:
        yield Group(dist.get_rank(), dist.get_world_size())
    finally:
        dist.destroy_process_group()
