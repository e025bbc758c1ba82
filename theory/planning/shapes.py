"""The sizes of a layer, known before it is built."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..exact_layer import Head


@dataclass(frozen=True)
class Shape:
    """One layer: its kind, n_h steps a token, heads with states [K, V], whether it closes gates, and how many symbols it knows (layer
    0: letters)."""

    kind: str
    n_h: int
    heads: int
    K: int
    V: int
    gated: bool
    symbols: int

    def __str__(self) -> str:
        gate = ", gated" if self.gated else ""
        heads = "1 head" if self.heads == 1 else f"{self.heads} heads"
        return f"{self.kind}: n_h = {self.n_h}, {heads} [K = {self.K}, V = {self.V}]{gate}"


def shape_of(kind: str, heads: Sequence[Head]) -> Shape:
    """The sizes of a layer of these heads."""
    return Shape(
        kind,
        n_h=max(head.n_h for head in heads),
        heads=len(heads),
        K=max(head.K for head in heads),
        V=max(head.V for head in heads),
        gated=any(head.gated for head in heads),
        symbols=len(heads[0].letters),
    )
