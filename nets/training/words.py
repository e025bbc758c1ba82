"""Which words each replica sees at a step: a function of the step alone, with no state to save.

Streams       tasks take a seed for the words; here it names what they are for: 0 training, 1 validation, 2 test.  So the three
              differ, and `deltaword data --seed 0` writes words of the kind that training sees.
Rows          at every step a replica of seed s sees rows s·B … (s + 1)·B − 1 of its task, B the batch of all processes together, of
              which a process takes its part.  Replicas of one task and seed see the same words in every range; a replica sees the
              same words in whatever company.
Lengths       where training has several, each word draws its own; the batch is as long as the longest may be, and after a word's
              end nothing is asked.  So one CUDA graph fits all steps.
Growth        a curriculum, where one is asked for: long words teach little to a network that cannot read short ones, since one slip
              early spoils all that follows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate

import torch
from torch import Tensor

from .config import RunConfig
from .distributed import Group
from .stack import Stack

TRAINING, VALIDATION, TEST = 0, 1, 2


def length_at(step: int, config: RunConfig, longest: int) -> int:
    """Letters of the longest words at a step, counted from 0: `growth_from`, doubled at even intervals over growth · steps.

    >>> config = RunConfig(tasks=("S_3",), steps=1000, growth=0.6)
    >>> [length_at(step, config, 128) for step in (0, 199, 200, 400, 600, 999)]
    [16, 16, 32, 64, 128, 128]
    """
    doublings = max(0, math.ceil(math.log2(longest / config.growth_from)))
    if step >= config.growth * config.steps or not doublings:
        return longest
    return min(longest, config.growth_from << int(step * doublings / (config.growth * config.steps)))


def letters_until(config: RunConfig, longest: int) -> list[int]:
    """Letters of the longest words of the first n steps together, for n = 0 … steps: what time is spent on, where words grow.

    >>> letters_until(RunConfig(tasks=("S_3",), steps=4, growth=1.0, growth_from=2), 8)
    [0, 2, 4, 8, 12]
    """
    return list(accumulate((length_at(step, config, longest) for step in range(config.steps)), initial=0))


def merged(spans: Sequence[range]) -> list[range]:
    """Ranges with those that follow one another made one.

    >>> merged([range(0, 4), range(4, 8), range(12, 16)])
    [range(0, 8), range(12, 16)]
    """
    found: list[range] = []
    for span in spans:
        if found and found[-1].stop == span.start:
            found[-1] = range(found[-1].start, span.stop)
        else:
            found.append(span)
    return found


def training_words(
    stack: Stack, step: int | Tensor, group: Group, device: torch.device, longest: int | None = None
) -> tuple[Tensor, Tensor]:
    """tokens and targets [R, b, T] of a step, b this process's part of the batch; −100 where nothing is asked.

    step     a number, or a tensor on the device, so that a CUDA graph can be replayed for other steps
    longest  letters of the longest words; default: what the stack is trained at
    """
    B, part = stack.config.batch, group.share(stack.config.batch)
    spans = merged([range(seed * B + part.start, seed * B + part.stop) for seed in stack.config.seeds])
    low, high = stack.lengths
    high = longest or high
    shortest = {} if low >= high else {"shortest": low}
    drawn = [[task.batch(TRAINING, step, rows, high, device, **shortest) for rows in spans] for task in stack.tasks.values()]
    return of_replicas(stack, [[tokens for tokens, _ in one] for one in drawn]), of_replicas(
        stack, [[targets for _, targets in one] for one in drawn]
    )


def of_replicas(stack: Stack, drawn: list[list[Tensor]]) -> Tensor:
    """Words [rows, T], in pieces a task, to [R, b, T]: the seeds share out the rows of their task, and the ranges see the same."""
    rows = torch.stack([torch.cat(pieces) if len(pieces) > 1 else pieces[0] for pieces in drawn])
    seeds = len(stack.config.seeds)
    ranges = len(stack.replicas) // (len(stack.tasks) * seeds)
    return rows.unflatten(1, (seeds, -1)).unsqueeze(1).expand(-1, ranges, -1, -1, -1).flatten(0, 2)


def fixed_words(stack: Stack, stream: int, rows: range, length: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """tokens and targets [R, rows, T] for validation and test: the same for all replicas of a task, words of full length."""
    each = len(stack.replicas) // len(stack.tasks)
    found = [task.batch(stream, 0, rows, length, device) for task in stack.held_out.values()]
    tokens, targets = (torch.stack([words[i] for words in found]).repeat_interleave(each, dim=0) for i in (0, 1))
    return tokens, targets
