"""Networks trained in seconds on one core, for tests of what is done with trained networks."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from deltaword.nets.models.sequence_model import SequenceModel
from deltaword.nets.tasks import Task


def trained(model: SequenceModel, task: Task, steps: int, length: int) -> SequenceModel:
    """The stack after some steps of AdamW at 10⁻², warmed up and annealed, 64 words of `length` letters a step."""
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 1e-2, steps)
    for step in range(steps):
        tokens, targets = (each.expand(model.replicas, -1, -1) for each in task.batch(0, step, range(64), length))
        loss = model.replicas * cross_entropy(model(tokens).flatten(0, 2), targets.flatten())  # the sum of the replicas' means
        optimiser.zero_grad()
        loss.backward()
        for parameter in model.parameters():  # each replica's gradient to at most 1, parameter by parameter
            assert parameter.grad is not None
            parameter.grad.renorm_(2, 0, 1.0)
        optimiser.step()
        schedule.step()
    return model.eval()


class Computes:
    """A network without weights, of one replica: its logits single out what `answer` says, tokens [B, T] to classes [B, T]."""

    replicas = 1

    def __init__(self, answer, classes: int):
        self.answer, self.n_classes = answer, classes

    def __call__(self, tokens: torch.Tensor) -> torch.Tensor:
        classes = np.asarray(self.answer(tokens[0].numpy()))
        return torch.nn.functional.one_hot(torch.from_numpy(classes), self.n_classes).float()[None]
