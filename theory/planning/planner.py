"""All the ways known to put a machine into layers, weighed against each other.

one layer   every construction of theory/constructions, covers included
groups      smaller matrices than permutations, for word problems of groups (group_words.py)
splits      components taken off one by one, as few as the search finds (search.py)
holes       n − 1 components at most, always there (automata/holes.py)
holonomy    a component for each level of the Krohn–Rhodes decomposition (automata/holonomy.py)
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ...automata.cascade import Cascade
from ...automata.dfa import DFA
from ...automata.errors import TooLarge
from ...automata.holes import hole_cascade
from ...automata.wording import counted
from ..constructions.registers import Keys
from ..constructions.stacks import Component, StackDesign
from ..exact_stack import ExactStack
from ..papers import Construction
from .bounds import Bound, complexity, lower_bound
from .components import Library
from .group_words import group_constructions
from .ranges import largest_sum
from .search import Search, compressed, design, of_cascade
from .shapes import Shape, shape_of
from .splits import Split

SOLUTIONS_COMPARED = 8
SPLIT_UP_TO = 200  # states of machines that are taken apart
HOLES_UP_TO = 9  # states; the maps that holes leave may be (n − 1)^(n − 1)
HOLONOMY_TUPLES = 100_000
COVER_VECTORS, COVER_SHARE, COVER_STATES = 5000, 0.2, 32  # for the machine itself; less within a search


@dataclass(frozen=True, eq=False)
class Option:
    """A plan: how it was found, and either a cascade's design or a construction of the papers."""

    kind: str
    design: StackDesign | None = None
    made: Construction | None = None

    @property
    def layers(self) -> int:
        return len(self.design.components if self.design else self.stack_made.layers)

    @property
    def n_h(self) -> int:
        return max(shape.n_h for shape in self.shapes)

    @property
    def exact(self) -> bool:
        """Whether all numbers are dyadic."""
        return self.made is None or self.made.exact

    @property
    def stack_made(self) -> ExactStack:
        assert self.made is not None
        return self.made.stack

    @cached_property
    def shapes(self) -> list[Shape]:
        """The layers' sizes, before anything large is built."""
        if self.design is None:
            return [shape_of(self.kind, heads) for heads in self.stack_made.layers]
        cascade = self.design.cascade
        symbols = [cascade.machines[0].n_letters, *(machine.n_letters for machine in cascade.machines[1:])]
        candidates = [component.candidate for component in self.design.components]
        return [Shape(c.kind, c.n_h, c.heads, c.K, c.V, c.gated, count) for c, count in zip(candidates, symbols, strict=True)]

    @property
    def links(self) -> list[list[int]]:
        """The widths of the Mlps between layers."""
        if self.design is None:
            return [[len(W) for W in link.mlp.weights] for link in self.stack_made.links]
        return self.design.link_widths()

    @property
    def reader(self) -> list[int]:
        """The widths of the hidden layers in front of the readout."""
        return [len(W) for W in self.stack_made.reader.weights[:-1]] if self.design is None else self.design.reader_widths()

    @property
    def exact_to(self) -> float:
        """A bound on every partial sum, for dyadic numbers."""
        return largest_sum(self.stack_made) if self.design is None else self.design.exact_to

    def stack(self, dfa: DFA) -> ExactStack:
        """The layers in exact numbers."""
        return self.stack_made if self.design is None else self.design.stack(dfa)


@dataclass
class Options:
    """Plans found, cheapest first as `choose` sorts them; why others do not apply; the lower bound; what was left out."""

    found: list[Option] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    bound: Bound = field(default_factory=lambda: Bound(0, ""))
    bounds: list[str] = field(default_factory=list)
    not_tried: list[str] = field(default_factory=list)
    too_large: bool = False  # whether a plan was refused for its size


def options(
    dfa: DFA, layers: int | None = None, n_h: int | None = None, exact: bool = True, keys: Keys = "raw", seconds: float = 20.0
) -> Options:
    """The plans for a machine: with at most so many layers (None: the fewest found) and at most n_h steps a token (None: any).

    exact    only plans of dyadic numbers, which floats hold without rounding; False: irrational rotations as well
    seconds  after which planning stops and says what it did not try; the cheap plans are always made
    """
    begin = time.monotonic()
    result = Options()
    library = Library(keys, n_h, begin + seconds, COVER_VECTORS, COVER_SHARE * seconds, COVER_STATES)
    part = dfa.reachable()
    component = library.component(part)
    result.refused = list(library.refused)
    if keys == "raw":
        result.found = [Option(made.name, made=made) for made in group_constructions(dfa, n_h, exact)]
    if component is not None:
        alone = Cascade(part, (part,), (), ())
        result.found += [Option(c.candidate.kind, StackDesign(alone, (c,))) for c in (component, *others(part, library))]
    if result.found:
        return result
    if part.n_states > SPLIT_UP_TO:
        result.refused.append(("several layers", f"machines of more than {SPLIT_UP_TO} states are not taken apart"))
        result.too_large = True
        return result
    smaller = dfa.minimized().n_states
    if smaller < part.n_states:
        result.not_tried.append(f"its minimal automaton has {smaller} states, not {part.n_states}: try dfa.minimized()")
    small, classes = compressed(dfa)
    by_splits(dfa, small, classes, result, Library(keys, n_h, begin + seconds), layers, begin + 0.6 * seconds)
    add_cascades(dfa, result, library, begin + 0.8 * seconds)
    add_bounds(small, result, begin + seconds)
    return result


def others(part: DFA, library: Library) -> list[Component]:
    """The one-layer components that cost more than the one chosen."""
    return [Component.of(part, candidate) for candidate in library.others]


def by_splits(
    dfa: DFA, small: DFA, classes: np.ndarray, result: Options, library: Library, layers: int | None, deadline: float
) -> None:
    """The search for few components."""
    search = Search(library, deadline)
    quick = search.greedy(small)
    option = design(dfa, classes, small, quick, library) if quick else None
    if option is not None:
        result.found.append(Option("greedy splits: " + named(quick), option))
    for depth in range(2, small.n_states + 2):
        found = []
        for splits in itertools.islice(search.within(small, depth), SOLUTIONS_COMPARED):
            option = design(dfa, classes, small, splits, library)
            if option is not None:
                found.append(Option(named(splits), option))
        result.found += found
        if search.cut_short:
            result.not_tried.append(f"not all splits into {depth} layers were tried in time")
        if (found and (layers is None or depth >= layers)) or search.cut_short:
            return
    result.refused.append(("splits", "some component is refused with these keys and n_h"))


def named(splits: Sequence[Split]) -> str:
    return " / ".join([*(split.kind for split in splits), "rest"])


def add_cascades(dfa: DFA, result: Options, library: Library, deadline: float) -> None:
    """Holes and holonomy, for comparison and where the search found nothing."""
    n = dfa.reachable().n_states

    def holes() -> Cascade:
        if n > HOLES_UP_TO:
            raise TooLarge(f"not tried above {HOLES_UP_TO} states")
        return hole_cascade(dfa, enough=lambda rest: rest.n_states <= 2 or library.component(rest) is not None)

    builders: dict[str, Callable[[], Cascade]] = {
        "holes": holes,
        "holonomy": lambda: dfa.holonomy(limit=HOLONOMY_TUPLES).cascade,
    }
    for kind, build in builders.items():
        if result.found and time.monotonic() > deadline:
            result.not_tried.append(f"{kind}: no time left")
            continue
        try:
            cascade = build()
        except TooLarge as error:
            result.refused.append((kind, str(error)))
            result.too_large = True
            continue
        option = of_cascade(cascade, library)
        if option is None:
            result.refused.append((kind, "a component is refused with these keys and n_h"))
        else:
            result.found.append(Option(kind, option))


def add_bounds(small: DFA, result: Options, deadline: float) -> None:
    """What rules out fewer layers."""
    fewest = min((option.layers for option in result.found), default=None)
    result.bound = lower_bound(small, max(0.5, min(3.0, deadline - time.monotonic())), enough=fewest)
    result.bounds.append(f"at least {counted(result.bound.layers, 'layer')}: {result.bound.why}")
    if fewest is not None and fewest == result.bound.layers:
        result.bounds[-1] += "; so these are the fewest"
    height = complexity(small)
    if height is not None:
        result.bounds.append(f"Krohn–Rhodes complexity {height}")
