"""What a call is, before anything is launched: its sizes and settings, what its backward does in turns, and the memory that it takes.

One object a kind of call (`known`); everything that the choice of a compiled kernel depends on follows from it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
import triton
from torch import Tensor

from .again import KNOWN, forget
from .settings import Settings, segments, settings

FEW = 32 << 20  # bytes of states, up to which a backward that goes in turns takes only one


@dataclass(frozen=True, eq=False)
class Problem:
    """Sizes of a call and its settings; one object a kind of call (`known`). N sequences: the batch, or the packed ones."""

    B: int
    T: int
    N: int
    H: int
    HV: int
    K: int
    V: int
    n: int
    gated: bool
    packed: bool
    precise: bool
    dtype: torch.dtype
    chosen: Settings

    @cached_property
    def TC(self) -> int:
        return self.chosen.C // self.n

    @cached_property
    def NC(self) -> int:
        """Chunks a head has slots for: all of a sequence, or of all packed sequences together."""
        return triton.cdiv(self.T, self.TC) if not self.packed else self.T // self.TC + self.N

    @cached_property
    def slots(self) -> int:
        return (self.HV if self.packed else self.N * self.HV) * self.NC

    @cached_property
    def merge(self) -> int:
        """How many chunks of the sequential kernels make one of the gradients kernel; slots of packed sequences are not merged."""
        return 1 if self.packed else self.chosen.merge

    @cached_property
    def NCG(self) -> int:
        return triton.cdiv(self.NC, self.merge)

    @cached_property
    def turns(self) -> bool:
        return self.chosen.turns and not self.packed

    @cached_property
    def aside(self) -> bool:
        """Y lies in what will be dq, where n rows of it fill no more than a token's."""
        fits = self.n * self.chosen.C <= self.K and self.TC * self.n == self.chosen.C and self.T % self.TC == 0
        return fits and self.turns and not self.precise

    @cached_property
    def hopper(self) -> bool:
        """Whether hopper.py knows these sizes; on a GPU of that kind it is the faster, with the same results."""
        fits = self.K == self.V == 128 and self.chosen.C == 32 and self.merge == 2 and self.n in (1, 2)
        return KNOWN and fits and not self.turns and self.dtype.itemsize == 2 and self.T * self.n % 64 == 0

    def gap(self, pieces: int) -> int:
        """Slots left free after the states of a segment, for the gradients of states of the first turn: a 31st of the segment's, which
        makes five turns, or where they are few as many, which makes one."""
        if not self.turns:
            return 0
        groups = self.piece(pieces) // self.merge
        return groups if self.N * self.HV * pieces * groups * self.state_bytes <= FEW else triton.cdiv(groups, 31)

    def NCF(self, pieces: int) -> int:
        """Slots of a head for the states that the forward keeps."""
        return pieces * (self.piece(pieces) // self.merge + self.gap(pieces)) if self.turns else self.NCG

    @cached_property
    def segments(self) -> int:
        if self.K > 128 or self.K < self.chosen.BV:  # Φ fills the shared memory; its columns come in blocks of BV
            return 1
        wanted = segments(self.N * self.HV * (self.V // self.chosen.BV), self.NC)
        return triton.cdiv(self.NC, self.piece(wanted))  # as many as whole chunks fill

    def piece(self, pieces: int) -> int:
        """Chunks of each of so many segments: of one, all; else whole groups of `merge`."""
        return triton.cdiv(self.NC, pieces * self.merge) * self.merge

    @property
    def state_bytes(self) -> int:
        return self.V * self.K * self.dtype.itemsize

    def turn_slots(self, turn: int, pieces: int) -> int:
        """Chunks of the gradients kernel in a turn of so many chunks of each segment; all, where there are no turns."""
        return self.N * self.HV * pieces * turn // self.merge if self.turns else self.slots // self.NC * self.NCG

    def stretches(self, pieces: int) -> list[tuple[int, int]]:
        """First chunk in each segment, and number of chunks, of the turns of the backward.

        The gradients of states lie in the gap and where the states of the turns before lay, so turns grow twice as long."""
        piece, gap = self.piece(pieces), self.gap(pieces)
        if not self.turns:
            return [(0, piece)]
        found, end = [], piece
        while end:
            turn = min(end, gap * self.merge + piece - end)
            end -= turn
            found.append((end, turn))
        return found

    @property
    def input_bytes(self) -> int:
        numbers = self.H * self.K * (1 + self.n) + self.HV * self.n * (self.V + 1)
        return self.B * self.T * (numbers * self.dtype.itemsize + 4 * self.HV * self.gated)

    def kept_bytes(self, pieces: int) -> int:
        """What lives through the backward beyond inputs and results: `Saved`, but x where its memory becomes dv's and Y where it
        becomes dq's, the initial state's gradient, those at segments' ends."""
        kinds = Saved.kinds(self, pieces)
        if self.K == self.V:
            del kinds["x"]
        if self.aside:
            del kinds["z"]
        saved = sum(math.prod(shape) * dtype.itemsize for shape, dtype in kinds.values())
        return saved + 4 * self.N * self.HV * self.K * self.V * (1 + (2 * pieces if pieces > 1 else 0))

    def extra_bytes(self) -> int:
        """Peak memory of forward + backward beyond inputs, outputs and gradients."""
        pieces = self.segments
        return self.kept_bytes(pieces) + (0 if self.turns else self.turn_slots(0, pieces) * self.state_bytes)

    @cached_property
    def common(self) -> dict[str, Any]:
        """What all kernels over chunks are compiled for."""
        C = self.chosen.C
        return {
            "n": self.n,
            "K": self.K,
            "C": C,
            "TC": self.TC,
            "GROUP": self.HV // self.H,
            "GATED": self.gated,
            "PACKED": self.packed,
        }


def problem(
    q: Tensor, v: Tensor, g: Tensor | None, n: int, cu: Tensor | None, precise: bool, training: bool, chosen: Settings | None
) -> Problem:
    B, T, H, K = q.shape
    HV, V = v.shape[2:]
    N = B if cu is None else cu.shape[0] - 1
    chosen = chosen or settings(K, V, n, q.element_size(), precise, training)
    return Problem(B, T, N, H, HV, K, V, n, g is not None, cu is not None, precise, q.dtype, chosen)


_known: dict[tuple[Any, ...], Problem] = {}


def known(
    q: Tensor, v: Tensor, beta: Tensor, g: Tensor | None, n: int, cu: Tensor | None, precise: bool, training: bool,
    chosen: Settings | None,
) -> Problem:  # fmt: skip
    """The problem of a call; the same object for calls of the same sizes, types, device and settings."""
    types = q.dtype, beta.dtype, None if g is None else g.dtype, None if cu is None else (cu.dtype, cu.shape[0])
    key = (q.shape, v.shape, n, precise, training, chosen, q.device, *types)
    found = _known.get(key)
    if found is None:
        if len(_known) >= 4096:  # lengths that never come back
            _known.clear()
            forget()
        found = _known[key] = problem(q, v, g, n, cu, precise, training, chosen)
    return found


@dataclass
class Saved:
    """What the backward reads besides the inputs: Yᵀ, G and β, innovations, states before chunks, ends and transitions of segments,
    places of packed sequences. What a call has no use for is empty."""

    z: Tensor
    side: Tensor
    x: Tensor
    s: Tensor
    part: Tensor
    starts: Tensor
    owner: Tensor

    @staticmethod
    def kinds(p: Problem, pieces: int) -> dict[str, tuple[tuple[int, ...], torch.dtype]]:
        """Shape and type of each."""
        C, wide = p.chosen.C, torch.float32
        return {
            "z": ((p.B, p.T, p.HV, p.K) if p.aside else (p.slots, C, C), wide if p.precise else p.dtype),
            "side": ((p.slots, 3, C), wide),
            "x": ((p.B, p.T * p.n, p.HV, p.V), p.dtype),
            "s": ((p.slots // p.NC * p.NCF(pieces), p.V, p.K), p.dtype),
            "part": ((p.N, p.HV, pieces, p.K, p.V + p.K) if pieces > 1 else (0,), wide),
            "starts": ((p.N,), torch.int64) if p.packed else ((0,), wide),
            "owner": ((p.NC,), torch.int32) if p.packed else ((0,), wide),
        }
