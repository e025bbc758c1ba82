"""What the gallery keeps about a machine: its name, what it is, why it is kept, where it comes from, how it is built."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial

from ..dfa import DFA
from ..errors import UnknownLanguage


@dataclass(frozen=True)
class Entry:
    """One named machine."""

    name: str
    description: str
    reason: str
    build: Callable[[], DFA] = field(repr=False)
    source: str | None = None


@dataclass(frozen=True)
class Family:
    """Machines named by numbers: template "mod_{m}", with the range of each number, ends included."""

    template: str
    description: str
    reason: str
    build: Callable[..., DFA] = field(repr=False)
    ranges: Mapping[str, tuple[int, int]] = field(repr=False)
    source: str | None = None

    def entry(self, name: str) -> Entry | None:
        """The member of that name; None when the name is not of this form. Raises UnknownLanguage for a number out of range.

        >>> Family("mod_{m}", "count mod {m}", "", lambda m: None, {"m": (1, 9)}).entry("mod_7").description
        'count mod 7'
        """
        found = self._form.fullmatch(name)
        if found is None:
            return None
        numbers = {key: int(digits) for key, digits in found.groupdict().items()}
        for key, number in numbers.items():
            least, most = self.ranges[key]
            if not least <= number <= most:
                raise UnknownLanguage(f"{name!r} is {self.template} with {key} = {number}; {key} may be {least} to {most}")
        return Entry(name, self.description.format(**numbers), self.reason, partial(self.build, **numbers), self.source)

    @cached_property
    def _form(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>0|[1-9][0-9]{0,18})", re.escape(self.template)))
