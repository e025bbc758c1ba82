"""From a machine to a network: weigh the plans, write the best in exact numbers, copy those to torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from ..automata.dfa import DFA
from ..automata.errors import BadArgument, NotCompilable, TooLarge
from ..theory.constructions.registers import Keys
from ..theory.planning.planner import Option, Options, options
from .assemble import assemble
from .network import Network
from .plan import Considered, Plan

LARGEST = 2**28  # numbers in a network, 1 GiB in float32
COUNTS_TO = {"bfloat16": 2**8, "float16": 2**11, "float32": 2**24, "float64": 2**53}

Layers = int | Literal["fewest"]
Cost = tuple[int, ...]


def compile(
    dfa: DFA,
    keys: Keys = "raw",
    layers: Layers = "fewest",
    n_h: int | None = None,
    exact: bool = True,
    seconds: float = 20.0,
) -> Network:
    """A DeltaProduct network that tracks `dfa` at every length, in the fewest layers found.

    dfa      any machine; it need not be minimal, and unreachable states are never named
    keys     "raw": small integer keys, where β‖k‖² ≤ 2 carries the norm; "unit": unit-norm dyadic keys on doubled coordinates
    layers   "fewest": the fewest found, then the least n_h, then the fewest parameters; a number: at most so many, of these the
             least n_h, then the fewest layers and parameters
    n_h      Householder steps a token, at most (None: as many as it takes)
    exact    True: dyadic numbers only, which no float rounds. False: irrational rotations as well, where they take fewer steps;
             they are exact on paper for all lengths, and in floats as far as the certificate says
    seconds  that planning may take, about; the plan says what was not tried. Writing a network of tens of millions of numbers takes
             minutes more: `plan(dfa).parameters` says how many there are, before any is written
    Returns  a Network in float32; `.to(dtype)` keeps it exact in the formats of `plan.exact_in`
    Raises   NotCompilable, naming what stands in the way; TooLarge, before anything large is built
    Source   the modules of theory/constructions, theory/papers and theory/planning

    >>> import deltaword as dw
    >>> net = dw.compile(dw.DFA.from_permutations({"a": [1, 2, 0]}))
    >>> net.states("aaaa"), net.plan.layers[0].n_h
    ([0, 1, 2, 0, 1], 2)
    >>> len(dw.compile(dw.DFA.from_regex("a*b*", alphabet="ab")).plan.layers)
    2
    """
    option, plan = choose(dfa, keys, layers, n_h, exact, seconds)
    net = assemble(option.stack(dfa), dfa, plan)
    net.construction = option.made
    return net


def plan(
    dfa: DFA,
    keys: Keys = "raw",
    layers: Layers = "fewest",
    n_h: int | None = None,
    exact: bool = True,
    seconds: float = 20.0,
) -> Plan:
    """The plan that `compile` would carry out, without building the network. Same arguments, same errors.

    >>> import deltaword as dw
    >>> print(dw.plan(dw.languages.get("mod_5")).layers[0])
    permutation: n_h = 4, 1 head [K = 5, V = 1]
    >>> print(dw.plan(dw.languages.get("mod_5"), exact=False).layers[0])
    turns of a regular 5-gon: n_h = 2, 1 head [K = 2, V = 2]
    """
    return choose(dfa, keys, layers, n_h, exact, seconds)[1]


def choose(
    dfa: DFA, keys: Keys, layers: Layers, n_h: int | None, exact: bool = True, seconds: float = 20.0
) -> tuple[Option, Plan]:
    """The cheapest plan within the limits, and the account of the others."""
    if not isinstance(dfa, DFA):
        raise BadArgument(
            f"{dfa!r} is a {type(dfa).__name__}, not a machine; make one first: deltaword.DFA.from_regex(pattern), …"
        )
    if keys not in ("raw", "unit"):
        raise BadArgument(f"keys={keys!r} is not known; use 'raw' or 'unit'")
    for name, value in (("layers", None if layers == "fewest" else layers), ("n_h", n_h)):
        if value is not None and not (isinstance(value, int) and not isinstance(value, bool) and value >= 1):
            raise BadArgument(
                f"{name}={value!r} is not a whole number from 1 up" + (" or 'fewest'" if name == "layers" else "")
            )
    most = None if layers == "fewest" else int(layers)
    weighed = options(dfa, most, n_h, exact, keys, seconds)
    within = [option for option in weighed.found if most is None or option.layers <= most]
    if not within:
        if weighed.too_large and not weighed.found:
            cheaper = "take a smaller machine (dfa.minimized(), fewer letters), or compile the factors of a product one by one"
            if most is not None or n_h is not None:
                cheaper = f"allow more layers or steps a token (layers=, n_h=), {cheaper}"
            raise TooLarge(f"{refusal(dfa, weighed, most, n_h)}. Cheaper: {cheaper}")
        raise NotCompilable(refusal(dfa, weighed, most, n_h))
    sizes = {id(option): count_parameters(option, dfa) for option in weighed.found}

    def cost(option: Option) -> Cost:
        first = (option.layers, option.n_h) if most is None else (option.n_h, option.layers)
        if option.layers > 1:
            return (*first, sizes[id(option)])
        shape = option.shapes[0]
        return (*first, shape.heads * shape.K * shape.V, shape.heads)  # the state, which is held for every word

    small = [option for option in within if sizes[id(option)] <= LARGEST]
    if not small:
        least = min(within, key=lambda option: sizes[id(option)])
        raise TooLarge(
            f"the cheapest network found has {sizes[id(least)]:,} numbers ({least.shapes[0]}), "
            f"{sizes[id(least)] * 4 / 2**30:.1f} GiB in float32; the limit is {LARGEST:,}: use fewer letters or a smaller machine"
        )
    chosen = min(small, key=cost)
    weighed_up = [
        Considered(
            option.kind, option.shapes, sizes[id(option)], compared(option, chosen, cost, most), 1 if option.exact else 3
        )
        for option in sorted(weighed.found, key=cost)
        if option is not chosen
    ]
    weighed_up += [Considered(kind, [], None, why) for kind, why in weighed.refused]
    considered = list({str(other): other for other in weighed_up}.values())  # different splits may come to the same
    return chosen, plan_for(chosen, dfa, keys, considered, weighed)


def plan_for(
    option: Option, dfa: DFA, keys: Keys = "raw", considered: list[Considered] | None = None, weighed: Options | None = None
) -> Plan:
    """What an option takes, as a plan."""
    return Plan(
        layers=option.shapes,
        parameters=count_parameters(option, dfa),
        keys=keys,
        grade=1 if option.exact else 3,
        exact_in=[name for name, bound in COUNTS_TO.items() if option.exact and option.exact_to <= bound],
        considered=considered or [],
        links=option.links,
        reader=option.reader,
        source="" if option.made is None else option.made.statement,
        at_least=weighed.bounds if weighed else [],
        not_tried=weighed.not_tried if weighed else [],
    )


def compared(option: Option, chosen: Option, cost: Callable[[Option], Cost], most: int | None) -> str:
    """Why another option was not chosen."""
    if most is not None and option.layers > most:
        return "too many layers"
    return "costs more" if cost(option) > cost(chosen) else "costs the same"


def refusal(dfa: DFA, weighed: Options, most: int | None, n_h: int | None) -> str:
    """Why nothing was found within the limits."""
    limits = ([] if most is None else [f"{most} layer{'s' * (most > 1)}"]) + ([] if n_h is None else [f"n_h = {n_h}"])
    tried = "; ".join(f"{kind}: {why}" for kind, why in weighed.refused)
    text = f"no plan found for this machine of {dfa.n_states} states within {' and '.join(limits) or 'the time and the sizes tried'}"
    if weighed.found:
        text += f"; the fewest layers found are {min(option.layers for option in weighed.found)}"
    if weighed.bounds:
        text += f" ({weighed.bounds[0]})"
    return f"{text}. Tried: {tried}" if tried else text


def count_parameters(option: Option, dfa: DFA) -> int:
    """All numbers of the network, before building it: embedding, layers, links, reader, readout and accepting flags."""
    total = dfa.n_letters**2 + 2 * dfa.n_states
    for shape in option.shapes:
        projections = shape.symbols * shape.heads * (shape.n_h * (shape.K + shape.V + 1) + shape.gated)
        total += projections + shape.heads * shape.K * (1 + shape.V)
    reads = [shape.heads * shape.V for shape in option.shapes]
    for shape, R, widths in zip(option.shapes, reads, option.links, strict=False):
        total += 2 * R + count_affine(shape.symbols + R, widths)
    reader = option.reader
    return total + count_affine(sum(reads), reader) + (reader[-1] if reader else sum(reads)) * dfa.n_states


def count_affine(n_in: int, widths: Sequence[int]) -> int:
    """Weights and biases of affine maps of these widths."""
    return sum((a + 1) * b for a, b in zip([n_in, *widths], widths, strict=False))
