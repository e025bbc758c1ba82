"""A verdict on one family of networks, and how a family gives it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from ...automata.wording import counted
from .facts import Facts, Found
from .models import Model
from .sources import NOTHING, Evidence, Source
from .witness import Witness

Answer = Literal["yes", "no", "not known"]
PRACTICAL_LAYERS, PRACTICAL_STEPS = 50, 1000  # bounds past these are of no use to anyone who builds a network


@dataclass(frozen=True)
class Verdict:
    """Whether the networks of one family recognise a language, in one model of computation.

    name       of the family, for look-ups: "nonnegative_diagonal"
    family     what the networks are: "diagonal, entries in [0, 1]"; members, architectures that are of this kind
    depth      "any depth", "one layer" or "fixed depth"
    model      of computation, by name (models.py)
    answer     "yes", "no" or "not known"
    reason     in one sentence
    source     what decides it; statements, the names of those in `deltaword theorems`; evidence, how far to trust it
    layers     how many are known to do; at_least, how many contractive layers it takes at least (of the languages answered with yes)
    n_h        Householder steps a token with which so many layers are known to do, and n_h_at_least, how many one layer takes at least
    witness    for a no: words that show it
    network    for a yes: the arguments with which `deltaword.compile` builds such a network of the minimal automaton, {} for none
               needed; None where the compiler has none of this family
    """

    name: str
    family: str
    members: str
    depth: str
    model: str
    answer: Answer
    reason: str
    source: str
    statements: tuple[str, ...]
    evidence: Evidence
    layers: int | None = None
    at_least: int | None = None
    n_h: int | None = None
    n_h_at_least: int | None = None
    witness: Witness | None = None
    network: Mapping[str, Any] | None = None

    @property
    def size(self) -> str:
        """Layers and steps, as far as they are known.

        >>> import deltaword as dw
        >>> dw.classify(dw.languages.get("mod_3")).verdict("deltaproduct_one_layer").size
        '1 layer, n_h = 2 (the least)'
        """
        if self.answer != "yes":
            return ""
        most, least = self.layers, self.at_least or 0
        if self.network is None and ((most or 0) > PRACTICAL_LAYERS or (self.n_h or 0) > PRACTICAL_STEPS):
            return ", ".join([f"≥ {counted(least, 'layer')}"] * (least > 1) + ["no practical bound known"])
        parts = []
        if most is not None and least < most and self.depth == "any depth" and most > 1:
            parts.append(f"{least} to {counted(most, 'layer')}" if least else f"≤ {counted(most, 'layer')}")
        elif most is not None:
            parts.append(counted(most, "layer"))
        elif least > 1:
            parts.append(f"≥ {counted(least, 'layer')}")
        if self.n_h is not None:
            fewest = self.n_h == self.n_h_at_least
            parts.append(f"n_h {'=' if fewest or self.network is not None or self.n_h == 1 else '≤'} {self.n_h}")
            parts[-1] += " (the least)" if fewest and self.n_h > 1 else ""
        return ", ".join(parts)

    @property
    def call(self) -> str | None:
        """The call that builds the network.

        >>> import deltaword as dw
        >>> dw.classify(dw.languages.get("parity")).verdict("deltanet_one_layer").call
        'dw.compile(dfa.minimized(), n_h=1)'
        """
        if self.network is None:
            return None
        return f"dw.compile({', '.join(['dfa.minimized()', *(f'{name}={value!r}' for name, value in self.network.items())])})"

    def to_json(self) -> dict[str, Any]:
        """Plain data; `from_json` gives the verdict back. Raises NotSerializable for letters that JSON cannot hold."""
        data = {**asdict(self), "statements": list(self.statements)}
        data["witness"] = None if self.witness is None else self.witness.to_json()
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Verdict:
        """Raises KeyError or TypeError when the data is not of a verdict."""
        shown = data["witness"]
        parts = {"statements": tuple(data["statements"]), "witness": None if shown is None else Witness.from_json(shown)}
        return cls(**{**data, **parts})


@dataclass(frozen=True)
class Ruling:
    """What a family's rule says of a language; the family adds its name."""

    answer: Answer
    reason: str
    source: Source
    evidence: Evidence
    layers: int | None = None
    at_least: int | None = None
    n_h: int | None = None
    n_h_at_least: int | None = None
    witness: Witness | None = None
    network: Mapping[str, Any] | None = None


def yes(reason: str, source: Source, evidence: Evidence = "proved here", **sizes: Any) -> Ruling:
    return Ruling("yes", reason, source, evidence, **sizes)


def no(reason: str, source: Source, witness: Witness | None, evidence: Evidence = "proved here") -> Ruling:
    return Ruling("no", reason, source, evidence, witness=witness)


def not_known(reason: str) -> Ruling:
    return Ruling("not known", reason, NOTHING, "")


@dataclass(frozen=True)
class Family:
    """A kind of network: its name, what it is, architectures of the kind, depth, model; `rule` decides, and its docstring says why."""

    name: str
    family: str
    members: str
    depth: str
    model: Model
    rule: Callable[[Facts], Ruling]

    @property
    def why(self) -> str:
        """The reasons of the rule, from its docstring."""
        return self.rule.__doc__ or ""

    def verdict(self, facts: Facts) -> Verdict:
        """What the rule says of a language."""
        ruling = self.rule(facts)
        decided = {**vars(ruling), "source": ruling.source.text, "statements": ruling.source.statements}
        return Verdict(self.name, self.family, self.members, self.depth, self.model.name, **decided)


def arguments(plan: Found, n_h: int | None) -> dict[str, Any]:
    """With what `compile` is called to get this plan."""
    return ({} if n_h is None else {"n_h": n_h}) | ({} if plan.exact else {"exact": False})
