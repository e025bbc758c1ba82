"""What the compiler finds for a language: its plans, asked for when a verdict needs them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ....automata.wording import counted
from ...constructions.candidate import RegisterBank
from ...planning.planner import Option, options
from .counting import Counting

PLANNED_ENTRIES = 2**13  # states times letters of machines that the planner is asked about
PLANNED_STATES = 200


@dataclass(frozen=True)
class Found:
    """A plan of the compiler: its layers, steps a token, whether gates close, whether all numbers are dyadic, its name; `altered`, when
    a closed gate was replaced by an overwrite of each row, which the compiler does only where it saves steps."""

    layers: int
    n_h: int
    gated: bool
    exact: bool
    kind: str
    altered: bool = False

    @property
    def layers_and_steps(self) -> str:
        return f"{counted(self.layers, 'layer')} and n_h = {self.n_h}"


class Plans(Counting):
    """The compiler's plans for the machine, by the most steps a token."""

    def plans(self, n_h: int | None) -> list[Found]:
        """What the compiler finds with at most so many steps a token (None: any), fewest layers first, then fewest steps."""
        if n_h not in self._plans:
            self._plans[n_h] = self._plan(n_h)
        return self._plans[n_h]

    def no_plan(self, n_h: int | None, of_what: str) -> str:
        """That the compiler has none of some kind with at most so many steps a token, or was not asked."""
        self.plans(n_h)
        return self._unasked.get(n_h) or f"the compiler found no {of_what}"

    @cached_property
    def _unasked(self) -> dict[int | None, str]:
        """Why the compiler was not asked, by the most steps a token."""
        return {}

    @cached_property
    def _plans(self) -> dict[int | None, list[Found]]:
        return {}

    def _plan(self, n_h: int | None) -> list[Found]:
        n, k = self.machine.table.shape
        if n > PLANNED_STATES or (n * k > PLANNED_ENTRIES and not self.is_group):
            why = f"the compiler was not asked: {counted(n, 'state')} and {counted(k, 'letter')} are many"
            self.unknown["plans"] = self._unasked[n_h] = why
            return []
        if n_h == 1:
            found = [plan for plan in self.plans(None) if plan.layers == plan.n_h == 1]
            if found:
                return found
            if self.is_group and n > 60 and self.beyond_two is not None and n * k > 1000:
                self._unasked[n_h] = f"the compiler was not asked for one step a token: {counted(n, 'state')} are many"
                return []  # building four layers for a group of this size takes long
        found = []
        for option in options(self.machine, None, n_h, False, "raw", 0.3 * self.seconds).found:
            gated = any(shape.gated for shape in option.shapes)
            found.append(Found(option.layers, option.n_h, gated, option.exact, option.kind))
            if gated and (n_h is None or steps_without_gates(option) <= n_h):
                found.append(Found(option.layers, steps_without_gates(option), False, option.exact, option.kind, True))
        return sorted(set(found), key=lambda plan: (plan.layers, plan.n_h, not plan.exact, plan.gated, plan.altered, plan.kind))


def steps_without_gates(option: Option) -> int:
    """n_h of a plan of registers when gates stay open."""
    assert option.design is not None
    banks = [bank for component in option.design.components for bank in component.candidate.banks]
    return max(bank.registers.steps_needed() if isinstance(bank, RegisterBank) else bank.n_h for bank in banks)
