"""The holonomy decomposition of a machine: levels of tiles with their groups, and the cascade that covers the machine.

Levels        sets of one depth of the skeleton (skeleton.py), Q at the top; each class of them is a component with its tiles and its
              holonomy group.  Every finite machine is covered by such groups and resets: the theorem of Krohn and Rhodes.
Differences   from GAP's SgpDec: none in levels, points and groups. The cascade's coordinates are nested, its machines have one more
              state (idle) where chains pass over their level, and only symbols that can occur are there.
Size          the skeleton is cheap; reachable tuples of the cascade are chains of tiles, n! of them for the full monoid on n states.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from functools import cached_property

from .cascade import Cascade
from .checked import is_whole
from .dfa import DFA
from .errors import TooLarge
from .holonomy_cascade import holonomy_cascade, n_chains
from .skeleton import Component, HolonomyGroup, Skeleton

LIMIT = 2_000_000  # reachable tuples


@dataclass(frozen=True)
class Level:
    """The components of one depth; depth 1 is the top."""

    depth: int
    components: tuple[Component, ...]

    @property
    def n_points(self) -> int:
        """How many tiles the components have, in all."""
        return sum(len(component.tiles) for component in self.components)

    @property
    def groups(self) -> tuple[HolonomyGroup, ...]:
        """The non-trivial groups of its components."""
        return tuple(component.group for component in self.components if not component.group.is_trivial)

    def __str__(self) -> str:
        return "; ".join(map(str, self.components))


class Holonomy:
    """The holonomy decomposition of the reachable part of a machine; the cascade is made when first asked for; immutable.

    levels   a tuple of Level, top first; none for a machine of one state
    groups   the non-trivial holonomy groups, top first
    limit    reachable tuples of the cascade at most

    Raises  TooLarge where there are too many image sets; `cascade` and `verify` raise it past the limit

    >>> from .languages import get
    >>> decomposition = Holonomy(get("T_3"))
    >>> print(decomposition)
    holonomy of 3 states in 2 levels
    level 1  S_3 on 3 tiles of {0 1 2}: {0 1} {0 2} {1 2}
    level 2  Z_2 on 2 tiles of {0 2}, 3 sets: {0} {2}
    >>> [group.order for group in decomposition.groups], decomposition.verify()
    ([6, 2], 6)
    """

    dfa: DFA
    levels: tuple[Level, ...]
    limit: int

    def __init__(self, dfa: DFA, limit: int = LIMIT):
        if not is_whole(limit) or limit < 1:
            raise TooLarge(f"limit {limit!r} is not a number of tuples, 1 or more")
        self.dfa = dfa.reachable()
        self.limit = int(limit)
        self._skeleton = Skeleton(self.dfa)
        by_depth: dict[int, list[Component]] = {}
        for component in self._skeleton.components:
            if component:
                by_depth.setdefault(component.depth, []).append(component)
        self.levels = tuple(Level(depth, tuple(by_depth[depth])) for depth in sorted(by_depth))

    def __len__(self) -> int:
        return len(self.levels)

    @property
    def skeleton(self) -> Skeleton:
        """The image sets, their classes and their tiles."""
        return self._skeleton

    @cached_property
    def groups(self) -> tuple[HolonomyGroup, ...]:
        """The non-trivial holonomy groups, top first: with resets, what the machine is made of."""
        return tuple(group for level in self.levels for group in level.groups)

    @cached_property
    def n_chains(self) -> int:
        """The number of chains of tiles from all states to single ones, which bounds the cascade's reachable tuples."""
        return n_chains(self._skeleton)

    @cached_property
    def cascade(self) -> Cascade:
        """A machine for each level whose letters permute its states or reset them. Raises TooLarge past the limit."""
        return holonomy_cascade(self._skeleton, self.limit)

    def verify(self) -> int:
        """The number of reachable tuples of the cascade, each of which was checked to cover the machine's state.

        Raises  BadAutomaton with the tuple and letter where it fails, TooLarge past the limit
        """
        return self.cascade.verify(self.limit)

    def __repr__(self) -> str:
        return f"Holonomy({len(self.levels)} levels of {self.dfa.n_states} states)"

    def __str__(self) -> str:
        return "\n".join([self._caption, *(f"level {level.depth}  {level}" for level in self.levels)])

    def _repr_html_(self) -> str:
        left = "style='text-align:left'"
        head = "".join(f"<th {left}>{title}</th>" for title in ("level", "points", "group", "of the states", "sets", "tiles"))
        rows = [head]
        for level in self.levels:
            for component in level.components:
                cells = [level.depth, len(component.tiles), component.group.description, *component.texts()]
                rows.append("".join(f"<td {left}>{html.escape(str(cell))}</td>" for cell in cells))
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        return f"<table><caption>{html.escape(self._caption)}</caption>{body}</table>"

    @property
    def _caption(self) -> str:
        n, levels = self.dfa.n_states, len(self.levels)
        return f"holonomy of {n} state{'s' * (n != 1)} in {levels} level{'s' * (levels != 1)}"


def holonomy(dfa: DFA, limit: int = LIMIT) -> Holonomy:
    """The holonomy decomposition of a machine's reachable part; see `Holonomy`.

    >>> holonomy(DFA.from_regex("(ab)*", alphabet="ab"))
    Holonomy(2 levels of 3 states)
    """
    return Holonomy(dfa, limit)
