"""One training step of a stack, words to update, without waiting for the device.

Loss          a replica's mean cross-entropy over what its words ask; gradients are those of the sum over replicas, so each one's are
              its own.
Rate          lr · min(1, (t + 1) / warmup) · (ε + (1 − ε) ½ (1 + cos π u)), u from 0 after the warm-up to 1 at the end, ε = 10⁻³, as in
              Grazzi et al. 2411.12537.
Clipping      each replica's gradient to norm `clip`, by itself.
Divergence    a replica whose loss or gradient is not finite is dead from that step on: its gradient counts as 0, so it no longer
              learns.  The step and the cause stay on the device until somebody asks.  The cause is the loss, or the parameter that the
              backward pass meets first, as it comes from the head, of those whose gradient is not finite.

Everything that a step changes is a tensor that is changed in place, the step's own number included; so a step can be captured in a CUDA
graph and replayed, and a checkpoint is these tensors.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from .distributed import Group
from .flat import Flat
from .stack import Stack
from .words import training_words

FLOOR = 1e-3  # of the rate, at the end
BETAS = (0.9, 0.999)
LOSS = -1  # cause of death: the loss, and not a parameter


@dataclass
class Counters:
    """What a step changes beside the weights. All of them on the device; [R] but for step."""

    step: Tensor  # int64, steps done
    alive: Tensor  # bool
    died_at: Tensor  # int64, the step, counted from 1; 0 while alive
    cause: Tensor  # int64, LOSS or the row of `Flat.norms`
    losses: Tensor  # float32, summed since the last report
    norms: Tensor  # float32, of gradients before clipping, summed likewise

    @classmethod
    def fresh(cls, replicas: int, device: torch.device) -> Counters:
        whole, real = {"dtype": torch.int64, "device": device}, {"dtype": torch.float32, "device": device}
        return cls(
            torch.zeros((), **whole),
            torch.ones(replicas, dtype=torch.bool, device=device),
            torch.zeros(replicas, **whole),
            torch.zeros(replicas, **whole),
            torch.zeros(replicas, **real),
            torch.zeros(replicas, **real),
        )


class Step:
    """Trains a stack on a device; a call is one update.

    precision   in effect: "bf16" on a GPU only
    length      letters of the longest words of the step that comes; whoever calls may change it
    """

    def __init__(self, stack: Stack, device: torch.device, group: Group):
        config = stack.config
        self.stack, self.config, self.device, self.group = stack, config, device, group
        self.model = stack.model.to(device).train()
        self.precision = config.precision if device.type == "cuda" else "fp32"
        self.length = stack.lengths[1]
        self.flat = Flat(self.model, len(stack.replicas))
        self.counters = Counters.fresh(len(stack.replicas), device)
        self.rate = torch.zeros((), device=device)
        groups = [(self.flat.matrices, config.weight_decay), (self.flat.others, 0.0)]
        self.optimizer = torch.optim.AdamW(
            [{"params": [part], "weight_decay": decay} for part, decay in groups if part.numel()],
            lr=self.rate,
            betas=BETAS,
            fused=True,
            capturable=device.type == "cuda",
        )

    def __call__(self) -> None:
        self.learn(*self.words())

    def words(self) -> tuple[Tensor, Tensor]:
        """tokens, targets [R, b, T] of the step that comes."""
        now = self.counters.step if self.device.type == "cuda" else int(self.counters.step)
        return training_words(self.stack, now, self.group, self.device, self.length)

    def learn(self, tokens: Tensor, targets: Tensor) -> None:
        count, flat = self.counters, self.flat
        asked = self.group.sum_((targets >= 0).sum((1, 2)))
        with autocast(self.device, self.precision):
            logits = self.model(tokens)
            losses = F.cross_entropy(logits.flatten(0, 2), targets.flatten(), reduction="none").view(len(asked), -1).sum(1)
            losses = losses / asked.clamp(min=1)
        gradients = torch.autograd.grad(losses.sum(), flat.parameters, materialize_grads=True)
        with torch.no_grad():
            gathered = self.group.sum_(flat.gathered(gradients, losses.detach()))
            gradient, losses = gathered[: len(flat.values)], gathered[len(flat.values) :]
            each = flat.norms(gradient)
            norms = torch.linalg.vector_norm(each, dim=0)
            count.step += 1
            self.bury(losses, each, norms)
            scale = torch.where(count.alive, self.config.clip / norms.clamp(min=self.config.clip), 0)
            gradient = flat.scaled(gradient, scale)
            border = flat.matrices.numel()
            flat.matrices.grad, flat.others.grad = gradient[:border], gradient[border:]
            self.rate.copy_(self.rate_at(count.step - 1))
            self.optimizer.step()
            count.losses += losses
            count.norms += norms

    def bury(self, losses: Tensor, each: Tensor, norms: Tensor) -> None:
        """Write down who dies of this step, and why."""
        count = self.counters
        lost = ~losses.isfinite()
        dies = count.alive & (lost | ~norms.isfinite())
        cause = torch.where(lost, LOSS, (~each.isfinite()).to(torch.uint8).argmax(dim=0))
        count.died_at.copy_(torch.where(dies, count.step, count.died_at))
        count.cause.copy_(torch.where(dies, cause, count.cause))
        count.alive.logical_and_(~dies)

    def rate_at(self, step: Tensor) -> Tensor:
        """AdamW's rate at a step, counted from 0."""
        t, warmup = step.to(torch.float32), self.config.warmup
        u = ((t - warmup) / max(1, self.config.steps - warmup)).clamp(0, 1)
        cosine = FLOOR + (1 - FLOOR) * 0.5 * (1 + torch.cos(math.pi * u))
        return self.config.lr * ((t + 1) / max(1, warmup)).clamp(max=1) * cosine

    def cause_of(self, code: int) -> str:
        """In words."""
        if code == LOSS:
            return "the loss is not finite"
        return f"the gradient of {self.flat.names[self.flat.backwards[code]]} is not finite"

    # ------------------------------------------------------------------ for checkpoints

    def state(self) -> dict[str, Tensor]:
        """Every tensor that a step changes, by name; not copies."""
        found = {f"counters.{name}": value for name, value in vars(self.counters).items()}
        found |= {f"buffers.{name}": value for name, value in self.model.named_buffers()}  # of mixers of the user's own
        found["weights"] = self.flat.values
        for i, moments in self.optimizer.state_dict()["state"].items():
            found |= {f"optimizer.{i}.{name}": value for name, value in moments.items()}
        return found

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Go on from what `state` had."""
        moments: dict[int, dict[str, Any]] = {}
        for name, value in tensors.items():
            kind, _, rest = name.partition(".")
            if kind == "counters":
                getattr(self.counters, rest).copy_(value)
            elif kind == "buffers":
                self.model.get_buffer(rest).copy_(value)
            elif kind == "optimizer":
                i, _, what = rest.partition(".")
                moments.setdefault(int(i), {})[what] = value
        self.flat.values.copy_(tensors["weights"])
        self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": moments})
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate  # loading makes a copy of it

    def empty_state(self) -> dict[str, Tensor]:
        """Zeros of the shapes that `state` has after a step, for a process that is sent the first one's."""
        found = {name: torch.zeros_like(value) for name, value in self.state().items()}
        for i, group in enumerate(self.optimizer.param_groups):
            (part,) = group["params"]
            found |= {f"optimizer.{i}.{name}": torch.zeros_like(part.data) for name in ("exp_avg", "exp_avg_sq")}
            found[f"optimizer.{i}.step"] = torch.zeros(())
        return found


def autocast(device: torch.device, precision: str) -> torch.autocast:
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16")
