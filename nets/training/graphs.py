"""The training step as one CUDA graph, one for each length of words: one launch in place of some hundreds.

The first steps of a length run as they are, which compiles kernels and fills caches; then the step is captured and replayed.  Where
drawing words cannot be captured, they are drawn before each replay; where nothing can, every step runs as it is.  `notes` says which.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import torch
from torch import Tensor

from .step import Step

EAGER = 3  # steps of a length before its capture


class Graphs:
    """Calls a step, from a graph where there can be one.

    replayed   steps that were
    """

    def __init__(self, step: Step):
        self.step = step
        self.notes: list[str] = []
        self.graphs: dict[int, torch.cuda.CUDAGraph] = {}
        self.words: dict[int, tuple[Tensor, ...]] = {}  # where a graph finds its words, if it does not draw them
        self.works = step.device.type == "cuda"
        self.eager: Counter[int] = Counter()
        self.replayed = 0

    def __call__(self) -> None:
        length = self.step.length
        if self.works and self.eager[length] == EAGER and length not in self.graphs:
            self.capture(length)
        if length not in self.graphs:
            self.step()
            self.eager[length] += 1
            return
        for place, fresh in zip(self.words.get(length, ()), self.step.words() if length in self.words else (), strict=True):
            place.copy_(fresh)
        self.graphs[length].replay()
        self.replayed += 1

    def capture(self, length: int) -> None:
        """The graph of a step, or a note why there is none."""
        try:
            self.graphs[length] = captured(self.step)
            return
        except RuntimeError as error:
            self.recover(f"words are drawn outside the CUDA graph: {first_line(error)}")
        # of networks on the same words there may be one copy for all, into which nothing can be written
        words = tuple(x.clone(memory_format=torch.contiguous_format) for x in self.step.words())
        try:
            self.graphs[length] = captured(lambda: self.step.learn(*words))
            self.words[length] = words
        except RuntimeError as error:
            self.recover(f"no CUDA graph: {first_line(error)}")
            self.works = False

    def recover(self, note: str) -> None:
        torch.cuda.synchronize()
        self.notes.append(note)


def captured(work: Callable[[], None]) -> torch.cuda.CUDAGraph:
    """What `work` launches on the current stream. It is not executed."""
    graph = torch.cuda.CUDAGraph()
    # Only this thread's doings are watched: the one that looks after NCCL asks the device something now and then.
    with torch.cuda.graph(graph, stream=torch.cuda.current_stream(), capture_error_mode="thread_local"):
        work()
    return graph


def first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
