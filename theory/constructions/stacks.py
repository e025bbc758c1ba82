"""From a cascade to exact layers: one layer a component, tables between them as Mlps.

Construction  a component is a machine with one code a state (candidate.py); it may be a cover of the cascade's component, with several
              states for one (covers.py).  The link after it looks up the symbol for the next component from its own symbol and the
              numbers read BEFORE the letter; the reader names each layer's state and looks up the state covered, from the last
              layer to the first.
Exactness     whole numbers throughout; `exact_to` bounds every partial sum, before anything is built.
Source        cascades: Krohn and Rhodes 1965; the previous state by a convolution of width 2, as the published layers have one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...automata.cascade import Cascade
from ...automata.dfa import DFA
from ...automata.reach import reachable_states
from ..exact_stack import ExactStack, Link
from ..mlp import Ints, Mlp, MlpBuilder, hats, lookup, named
from .candidate import Candidate


@dataclass(frozen=True, eq=False)
class Component:
    """One layer of a cascade: a candidate, and for each of its codes the state of the cascade's machine that it stands for."""

    candidate: Candidate
    owner: Ints

    @classmethod
    def of(cls, machine: DFA, candidate: Candidate) -> Component:
        """A candidate for a machine itself: one code for each reachable state."""
        return cls(candidate, np.array(reachable_states(machine)))

    @property
    def values(self) -> Ints:
        """What is read in each code [n, R]."""
        return self.candidate.values

    @cached_property
    def hat_sum(self) -> int:
        """A bound on every partial sum of hats of these numbers, and of naming the state by them."""
        spans = self.values.max(axis=0) - self.values.min(axis=0)
        first = 2 * int(np.abs(self.values).max(initial=0)) + 1
        return max(first, int(np.maximum(4 * spans, 1).sum()) + self.values.shape[1] + 1)

    @cached_property
    def units(self) -> tuple[int, int]:
        """Hidden units for hats, and for naming the state (0 where one number is read: its hats name it)."""
        R = self.values.shape[1]
        knots = sum(len({t + d for t in np.unique(self.values[:, r]).tolist() for d in (-1, 0, 1)}) for r in range(R))
        return knots, len(self.values) if R > 1 else 0


@dataclass(frozen=True, eq=False)
class StackDesign:
    """A cascade and a component for each of its machines."""

    cascade: Cascade
    components: tuple[Component, ...]

    @property
    def n_h(self) -> int:
        return max(component.candidate.n_h for component in self.components)

    @property
    def exact_to(self) -> int:
        """A bound on every partial sum anywhere; bfloat16 counts to 256, float16 to 2048, float32 to 2^24."""
        if len(self.components) == 1 and self.linear:
            return self.components[0].candidate.exact_to
        reading = max(component.hat_sum for component in self.components)
        codes = max(int(np.abs(bank.codes).sum(axis=1).max()) for c in self.components for bank in c.candidate.banks)
        return max(reading + 2, codes, *(largest_read(component.candidate) for component in self.components))

    @property
    def linear(self) -> bool:
        """One layer with one code a state: a linear readout names the state."""
        return len(self.components) == 1 and len(np.unique(self.components[0].owner)) == len(self.components[0].owner)

    def link_widths(self) -> list[list[int]]:
        """The widths of the links' Mlps."""
        found = []
        for i, link in enumerate(self.cascade.links):
            component, symbols = self.components[i], link.shape[0]
            knots, names = component.units
            pairs = int((link[:, component.owner] >= 0).sum())
            hidden = [knots + symbols, *([names + symbols] if names else []), pairs]
            found.append([*hidden, self.cascade.machines[i + 1].n_letters])
        return found

    def reader_widths(self) -> list[int]:
        """The widths of the hidden layers in front of the readout."""
        if self.linear:
            return []
        sizes = [component.units for component in self.components]
        widths = [sum(knots for knots, _ in sizes)]
        if any(names for _, names in sizes):
            widths.append(sum(len(component.owner) for component in self.components))
        read = self.components[-1].owner
        for i in range(len(self.components) - 2, -1, -1):
            table = self.cascade.readers[i][read][:, self.components[i].owner]
            below = sum(len(component.owner) for component in self.components[:i])
            widths.append(int((table >= 0).sum()) + below)
            read = np.arange(self.cascade.readers[i].max() + 1)
        return widths

    def stack(self, dfa: DFA) -> ExactStack:
        """The layers, for a machine whose reachable part the cascade covers; states out of reach are never named."""
        if self.linear:
            return ExactStack.of(self.components[0].candidate.layer(dfa))
        layers = tuple(
            tuple(
                bank.head(query.tolist())
                for bank, queries in zip(c.candidate.banks, c.candidate.queries, strict=True)
                for query in queries
            )
            for c in self.components
        )
        links = tuple(self._link(i) for i in range(len(self.cascade.links)))
        return ExactStack(dfa.alphabet, layers, links, self._reader(dfa))

    def _link(self, i: int) -> Link:
        component, table = self.components[i], self.cascade.links[i]
        R = component.values.shape[1]
        build = MlpBuilder(symbol=len(table), reads=R)
        order = name_states(build, {"state": ("reads", component.values)}, keep=["symbol"])
        found = lookup("symbol", "state", table[:, component.owner[order["state"]]], self.cascade.machines[i + 1].n_letters)
        build.layer({"next": found})
        return Link(np.stack([np.ones(R, dtype=np.int64), np.zeros(R, dtype=np.int64)]), build.finish("next"))

    def _reader(self, dfa: DFA) -> Mlp:
        wires = {f"state {i}": (f"reads {i}", component.values) for i, component in enumerate(self.components)}
        build = MlpBuilder(**{f"reads {i}": c.values.shape[1] for i, c in enumerate(self.components)})
        order = name_states(build, wires)
        last = len(self.components) - 1
        read, wire = self.components[last].owner[order[f"state {last}"]], f"state {last}"
        for i in range(last - 1, -1, -1):
            owner = self.components[i].owner[order[f"state {i}"]]
            reader = self.cascade.readers[i]
            n_out = int(reader.max()) + 1
            keep = [f"state {j}" for j in range(i)]
            build.layer({f"read {i}": lookup(wire, f"state {i}", reader[read][:, owner], n_out)}, keep)
            read, wire = np.arange(n_out), f"read {i}"
        states = np.array(reachable_states(dfa))
        rows = np.zeros((dfa.n_states, len(read)), dtype=np.int64)
        rows[states[read], np.arange(len(read))] = 1
        return build.finish(wire, then=rows)


def name_states(build: MlpBuilder, wires: dict[str, tuple[str, Ints]], keep: list[str] | None = None) -> dict[str, Ints]:
    """Turn wires of numbers (name, values [n, R]) into unit vectors of the codes; returns for each new wire the code each entry
    stands for. One number's hats stand in the order of the numbers."""
    keep = keep or []
    build.layer({new: hats(old, values) for new, (old, values) in wires.items()}, keep)
    many = {new: values for new, (_, values) in wires.items() if values.shape[1] > 1}
    if many:
        single = [new for new in wires if new not in many]
        build.layer({new: named(new, values) for new, values in many.items()}, [*keep, *single])
    return {
        new: np.arange(len(values)) if new in many else np.argsort(values[:, 0], kind="stable")
        for new, (_, values) in wires.items()
    }


def largest_read(candidate: Candidate) -> int:
    """A bound on every partial sum of reading."""
    sizes = [
        int(np.einsum("rk,nkv->nrv", np.abs(queries), np.abs(bank.codes)).max(initial=0))
        for bank, queries in zip(candidate.banks, candidate.queries, strict=True)
    ]
    return max(sizes)
