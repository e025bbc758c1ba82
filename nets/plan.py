"""What a compiler decided, at what cost, and what else it weighed."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from ..theory.planning.shapes import Shape as LayerPlan


@dataclass(frozen=True)
class Considered:
    """A plan that was weighed: its layers, cost and expected certificate grade where it applies, else why it does not."""

    kind: str
    layers: list[LayerPlan]
    parameters: int | None
    why_not: str
    grade: int = 1

    def __str__(self) -> str:
        if self.parameters is None:
            return f"{self.kind}: {self.why_not}"
        n_h = max(layer.n_h for layer in self.layers)
        count = "1 layer" if len(self.layers) == 1 else f"{len(self.layers)} layers"
        width = sum(layer.heads * layer.K * layer.V for layer in self.layers)  # numbers of state
        cost = f"{count}, n_h = {n_h}, width {width:,}, {self.parameters:,} parameters, grade {self.grade}"
        return f"{self.kind}: {cost}; {self.why_not}"


@dataclass(frozen=True)
class Plan:
    """layers, in order; parameters, all numbers of the network; keys "raw" or "unit"; grade, the certificate grade expected;
    exact_in, the float formats in which nothing will round; considered, the alternatives and what ruled them out; links, the widths
    of the Mlp after each layer but the last; reader, the widths of the Mlp in front of the readout; source, of a paper's
    construction; at_least, why fewer layers are impossible, where that is known; not_tried, what the search left out."""

    layers: list[LayerPlan]
    parameters: int
    keys: str
    grade: int
    exact_in: list[str]
    considered: list[Considered]
    links: list[list[int]] = field(default_factory=list)
    reader: list[int] = field(default_factory=list)
    source: str = ""
    at_least: list[str] = field(default_factory=list)
    not_tried: list[str] = field(default_factory=list)

    def lines(self) -> list[tuple[str, str]]:
        """The plan as heads and texts."""
        rows = []
        for i, layer in enumerate(self.layers):
            rows.append((f"layer {i + 1}", str(layer)))
            if i < len(self.links):
                rows.append(("  link", f"symbol and what is read → MLP {widths(self.links[i])}"))
        if self.reader:
            rows.append(("reader", f"MLP {widths(self.reader)}"))
        width = sum(layer.heads * layer.K * layer.V for layer in self.layers)
        rows.append(("cost", f"{self.parameters:,} numbers, {width:,} of state, {self.keys} keys"))
        exact = f"grade {self.grade} in {', '.join(self.exact_in)}" if self.exact_in else "rounds in every float format"
        rows.append(("exact", exact))
        if self.source:
            rows.append(("source", self.source))
        rows += [("bound", text) for text in self.at_least]
        rows += [("weighed", str(other)) for other in self.considered]
        rows += [("left out", text) for text in self.not_tried]
        return rows

    def __str__(self) -> str:
        return "\n".join(f"{head:<8} {text}" for head, text in self.lines())

    def to_svg(self) -> str:
        """The layers as blocks with what they hold and cost.

        >>> import deltaword as dw
        >>> dw.plan(dw.languages.get("parity")).to_svg()[:4]
        '<svg'
        """
        from .picture.plan import plan_svg

        return plan_svg(self)

    def _repr_html_(self) -> str:
        from .picture.plan import plan_html

        return plan_html(self)

    def latex(self) -> str:
        """The plan as a list, a part of a document (theory/latex)."""
        from ..theory.latex import described

        return described(self.lines())

    def to_json(self) -> dict[str, Any]:
        """Plain data; `from_json` gives the plan back."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Plan:
        """Raises KeyError or TypeError when the data is not of a plan."""
        considered = [
            Considered(**{**other, "layers": [LayerPlan(**layer) for layer in other["layers"]]}) for other in data["considered"]
        ]
        return cls(**{**data, "layers": [LayerPlan(**layer) for layer in data["layers"]], "considered": considered})


def widths(sizes: list[int]) -> str:
    return "–".join(map(str, sizes))
