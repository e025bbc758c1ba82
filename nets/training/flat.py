"""All parameters of a stack in one vector, and all gradients in another.

A step then takes few operations, however many parts the model has: one concatenation of the gradients, one all-reduce where there are
several processes, a norm a part, one product to clip, one update of AdamW.  The model's parameters are views of the vector, each
contiguous.

Replicas      `owner` says of every number in the vector which replica it belongs to: by the leading axis of R, or, in mixers of the
              user's own, by the copy (`models.own`).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ...automata.errors import BadArgument
from ..models.own import CopyAReplica


class Flat:
    """The parameters of a stack, matrices first.

    values     [N] float32; `matrices` and `others` are its two parts, as parameters for an optimizer
    names      of the model's parameters in their order here, frozen ones left out; parts, where each lies; backwards, their places from
               the model's last to its first
    owner      [N] the replica that each number belongs to
    Raises     BadArgument for complex parameters, of a mixer of the user's own
    """

    def __init__(self, model: nn.Module, replicas: int):
        copies = {
            id(parameter): r
            for module in model.modules()
            if isinstance(module, CopyAReplica)
            for r, copy in enumerate(module.copies)
            for parameter in copy.parameters()
        }
        trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
        if unreal := [name for name, p in trained.items() if not p.is_floating_point()]:
            raise BadArgument(
                f"parameters that are no real numbers are not trained here: {', '.join(unreal)}; keep two real ones"
            )
        named = [(name, p, copies.get(id(p))) for name, p in trained.items()]
        order = list(trained)
        axes = {name: p.dim() - (copy is None) for name, p, copy in named}  # of one replica's part
        named.sort(key=lambda each: axes[each[0]] < 2)  # stable
        self.replicas = replicas
        self.names = [name for name, _, _ in named]
        self.backwards = [self.names.index(name) for name in reversed(order)]
        self.parameters = [p for _, p, _ in named]
        self.copies = [copy for _, _, copy in named]
        self.values = torch.cat([p.detach().reshape(-1).float() for p in self.parameters])
        border, first, self.parts = 0, 0, []
        owners = []
        for name, p, copy in named:
            self.parts.append(slice(first, first + p.numel()))
            p.data = self.values[self.parts[-1]].view(p.shape)
            first += p.numel()
            border = first if axes[name] >= 2 else border
            each = torch.arange(replicas) if copy is None else torch.tensor([copy])
            owners.append(each.repeat_interleave(p.numel() // len(each)))
        self.owner = torch.cat(owners).to(self.values.device, torch.int32)
        self.matrices, self.others = (nn.Parameter(part) for part in (self.values[:border], self.values[border:]))
        self.mine = torch.eye(replicas, dtype=torch.bool, device=self.values.device)

    def gathered(self, gradients: list[Tensor] | tuple[Tensor, ...], more: Tensor) -> Tensor:
        """Gradients, in the order of `parameters`, and more numbers, in one vector [N + M]."""
        return torch.cat([g.reshape(-1) for g in gradients] + [more])

    def norms(self, gradient: Tensor) -> Tensor:
        """[parameters, R] of a gradient [N], a row a parameter, the model's last one first: as the backward pass meets them."""
        found = []
        for i in self.backwards:
            part, copy = gradient[self.parts[i]], self.copies[i]
            if copy is None:
                found.append(torch.linalg.vector_norm(part.view(self.replicas, -1), dim=1))
            else:
                found.append(torch.where(self.mine[copy], torch.linalg.vector_norm(part), 0))
        return torch.stack(found)

    def scaled(self, gradient: Tensor, scale: Tensor) -> Tensor:
        """A gradient [N] times each replica's scale [R]; what is not finite counts as 0."""
        return torch.nan_to_num(gradient, 0.0, 0.0, 0.0) * scale.index_select(0, self.owner)
