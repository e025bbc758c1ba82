"""From a machine to a network: weigh the plans, write the best in exact numbers, copy those to torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ..automata.dfa import DFA
from ..automata.errors import NotCompilable, TooLarge
from ..theory.constructions.candidate import Candidate
from ..theory.constructions.one_layer import why_not
from ..theory.constructions.registers import Keys
from ..theory.constructions.stacks import StackDesign
from ..theory.planning.planner import Option, Options, options
from .assemble import assemble
from .network import Network
from .plan import Considered, LayerPlan, Plan

LARGEST = 2**28  # numbers in a network, 1 GiB in float32
COUNTS_TO = {"bfloat16": 2**8, "float16": 2**11, "float32": 2**24, "float64": 2**53}

Layers = int | Literal["fewest"]


def compile(dfa: DFA, keys: Keys = "raw", layers: Layers = "fewest", n_h: int | None = None, seconds: float = 20.0) -> Network:
    """A DeltaProduct network that tracks `dfa`, exactly and at every length, in the fewest layers found.

    dfa      any machine; it need not be minimal, and unreachable states are never named
    keys     "raw": small integer keys, where β‖k‖² ≤ 2 carries the norm; "unit": unit-norm dyadic keys on doubled coordinates
    layers   "fewest": the fewest found, then the least n_h, then the fewest parameters; a number: at most so many, then the same
    n_h      Householder steps a token, at most (None: as many as it takes)
    seconds  that planning may take, about; the plan says what was not tried
    Returns  a Network in float32; `.to(dtype)` keeps it exact in the formats of `plan.exact_in`
    Raises   NotCompilable, naming what stands in the way; TooLarge, before anything large is built
    Source   the modules of theory/constructions and theory/planning

    >>> import deltaword as dw
    >>> net = dw.compile(dw.DFA.from_permutations({"a": [1, 2, 0]}))
    >>> net.states("aaaa"), net.plan.layers[0].n_h
    ([0, 1, 2, 0, 1], 2)
    >>> len(dw.compile(dw.DFA.from_regex("a*b*", alphabet="ab")).plan.layers)
    2
    """
    option, plan = choose(dfa, keys, layers, n_h, seconds)
    return assemble(option.design.stack(dfa), dfa, plan)


def plan(dfa: DFA, keys: Keys = "raw", layers: Layers = "fewest", n_h: int | None = None, seconds: float = 20.0) -> Plan:
    """The plan that `compile` would carry out, without building the network. Same arguments, same errors.

    >>> import deltaword as dw
    >>> print(dw.plan(dw.languages.get("mod_3")).layers[0])
    permutation: n_h = 2, 1 head [K = 3, V = 1]
    """
    return choose(dfa, keys, layers, n_h, seconds)[1]


def choose(dfa: DFA, keys: Keys, layers: Layers, n_h: int | None, seconds: float) -> tuple[Option, Plan]:
    """The cheapest plan within the limits, and the account of the others."""
    if keys not in ("raw", "unit"):
        raise NotCompilable(f"keys={keys!r} is not known; use 'raw' or 'unit'")
    for name, value in (("layers", None if layers == "fewest" else layers), ("n_h", n_h)):
        if value is not None and not (isinstance(value, int) and not isinstance(value, bool) and value >= 1):
            raise NotCompilable(
                f"{name}={value!r} is not a whole number from 1 up" + (" or 'fewest'" if name == "layers" else "")
            )
    most = None if layers == "fewest" else int(layers)
    weighed = options(dfa, most, n_h, keys, seconds)
    within = [option for option in weighed.found if most is None or option.layers <= most]
    if not within:
        raise NotCompilable(refusal(dfa, weighed, most, n_h))
    sizes = {id(option): count_parameters(option.design, dfa) for option in weighed.found}

    def cost(option: Option) -> tuple[int, ...]:
        if option.layers == 1:
            return (1, *option.design.components[0].candidate.cost())
        first = (option.design.n_h, option.layers) if most is not None else (option.layers, option.design.n_h)
        return (*first, sizes[id(option)])

    small = [option for option in within if sizes[id(option)] <= LARGEST]
    if not small:
        least = min(within, key=lambda option: sizes[id(option)])
        raise TooLarge(
            f"the cheapest network found has {sizes[id(least)]:,} numbers ({layer_plans(least.design, dfa)[0]}), "
            f"{sizes[id(least)] * 4 / 2**30:.1f} GiB in float32; the limit is {LARGEST:,}: use fewer letters or a smaller machine"
        )
    chosen = min(small, key=cost)
    considered = [
        Considered(option.kind, layer_plans(option.design, dfa), sizes[id(option)], verdict(option, chosen, cost, most))
        for option in sorted(weighed.found, key=cost)
        if option is not chosen
    ]
    considered += [Considered(kind, [], None, why) for kind, why in weighed.refused]
    plan = Plan(
        layers=layer_plans(chosen.design, dfa),
        parameters=sizes[id(chosen)],
        keys=keys,
        grade=1,
        exact_in=[name for name, bound in COUNTS_TO.items() if chosen.design.exact_to <= bound],
        considered=considered,
        links=chosen.design.link_widths(),
        reader=chosen.design.reader_widths(),
        at_least=weighed.bounds,
        not_tried=weighed.not_tried,
    )
    return chosen, plan


def verdict(option: Option, chosen: Option, cost, most: int | None) -> str:
    if most is not None and option.layers > most:
        return "too many layers"
    return "costs more" if cost(option) > cost(chosen) else "costs the same"


def refusal(dfa: DFA, weighed: Options, most: int | None, n_h: int | None) -> str:
    """Why nothing was found within the limits."""
    limits = [f"{most} layers" for _ in [0] if most is not None] + [f"n_h = {n_h}" for _ in [0] if n_h is not None]
    tried = "; ".join(f"{kind}: {why}" for kind, why in weighed.refused)
    text = f"no plan for this machine of {dfa.n_states} states within {' and '.join(limits) or 'the time'}"
    if weighed.found:
        text += f"; the fewest layers found are {min(option.layers for option in weighed.found)}"
    elif not limits:
        text = why_not(dfa, dfa.reachable())
    if weighed.bounds:
        text += f" ({weighed.bounds[0]})"
    return f"{text}. Tried: {tried}" if tried else text


def layer_plans(design: StackDesign, dfa: DFA) -> list[LayerPlan]:
    symbols = [dfa.n_letters, *(machine.n_letters for machine in design.cascade.machines[1:])]
    candidates = [component.candidate for component in design.components]
    return [layer_plan(c, count) for c, count in zip(candidates, symbols, strict=True)]


def layer_plan(c: Candidate, symbols: int) -> LayerPlan:
    return LayerPlan(c.kind, c.n_h, c.heads, c.K, c.V, c.gated, symbols)


def count_parameters(design: StackDesign, dfa: DFA) -> int:
    """All numbers of the network, before building it: embedding, layers, links, reader, readout and accepting flags."""
    shapes = layer_plans(design, dfa)
    total = dfa.n_letters**2 + 2 * dfa.n_states
    for shape in shapes:
        projections = shape.symbols * shape.heads * (shape.n_h * (shape.K + shape.V + 1) + shape.gated)
        total += projections + shape.heads * shape.K * (1 + shape.V)
    reads = [shape.heads * shape.V for shape in shapes]
    for shape, R, widths in zip(shapes, reads, design.link_widths(), strict=False):
        total += 2 * R + count_affine(shape.symbols + R, widths)
    reader = design.reader_widths()
    return total + count_affine(sum(reads), reader) + (reader[-1] if reader else sum(reads)) * dfa.n_states


def count_affine(n_in: int, widths: Sequence[int]) -> int:
    """Weights and biases of affine maps of these widths."""
    return sum((a + 1) * b for a, b in zip([n_in, *widths], widths, strict=False))
