"""What a compiler decided, at what cost, and what else it weighed."""

from __future__ import annotations

import html
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class LayerPlan:
    """One layer: n_h steps a token, heads with states [K, V], the kind of construction, and whether it closes gates."""

    kind: str
    n_h: int
    heads: int
    K: int
    V: int
    gated: bool

    def __str__(self) -> str:
        gate = ", gated" if self.gated else ""
        heads = "1 head" if self.heads == 1 else f"{self.heads} heads"
        return f"{self.kind}: n_h = {self.n_h}, {heads} [K = {self.K}, V = {self.V}]{gate}"


@dataclass(frozen=True)
class Considered:
    """A construction that was weighed: its cost where it applies, else why it does not."""

    kind: str
    layer: LayerPlan | None
    parameters: int | None
    why_not: str

    def __str__(self) -> str:
        cost = "" if self.layer is None else f"n_h = {self.layer.n_h}, {self.parameters:,} parameters; "
        return f"{self.kind}: {cost}{self.why_not}"


@dataclass(frozen=True)
class Plan:
    """layers, in order; parameters, all numbers of the network; keys "raw" or "unit"; grade, the certificate grade expected;
    exact_in, the float formats in which nothing will round; considered, the alternatives and what ruled them out."""

    layers: list[LayerPlan]
    parameters: int
    keys: str
    grade: int
    exact_in: list[str]
    considered: list[Considered]

    def __str__(self) -> str:
        lines = [f"layer {i}  {layer}" for i, layer in enumerate(self.layers)]
        lines.append(f"cost     {self.parameters:,} numbers, {self.keys} keys")
        lines.append(f"exact    grade {self.grade} in {', '.join(self.exact_in) or 'no float format'}")
        lines += [f"weighed  {other}" for other in self.considered]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = [("layer " + str(i), str(layer)) for i, layer in enumerate(self.layers)]
        rows += [("cost", f"{self.parameters:,} numbers, {self.keys} keys")]
        rows += [("exact", f"grade {self.grade} in {', '.join(self.exact_in)}")]
        rows += [("weighed", str(other)) for other in self.considered]
        body = "".join(
            f"<tr><th style='text-align:left'>{html.escape(head)}</th><td style='text-align:left'>{html.escape(text)}</td></tr>"
            for head, text in rows
        )
        return f"<table>{body}</table>"

    def to_json(self) -> dict[str, Any]:
        """Plain data; `from_json` gives the plan back."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Plan:
        """Raises KeyError or TypeError when the data is not of a plan."""
        considered = [
            Considered(**{**other, "layer": None if other["layer"] is None else LayerPlan(**other["layer"])})
            for other in data["considered"]
        ]
        return cls(**{**data, "layers": [LayerPlan(**layer) for layer in data["layers"]], "considered": considered})
