"""Householder steps with β ≤ 2: mirrors, so permutations; the number of layers and of steps a token decides.

Notation      as in shrinking.py, with 0 ≤ β‖k‖² ≤ 2.
Letters       one step a token, one layer, finitely many exact states: along k, s = kᵀ S − vᵀ becomes (1 − β) s under each x. For 0 <
              |1 − β| < 1 the powers of x make ever new states unless s = 0, where x changes nothing. So x acts on a head's states as
              the identity, a projection (β = 1) or a mirror (β = 2); with a gate a < 1 the rows across k shrink for ever unless they
              are 0, and a (1 − β) must be 0 in the same way, so x acts as a constant. Each of these obeys x³ = x, all heads
              together as well, and so does what is read after the same last letter: x³ = x on a minimal machine.
Periods       one step a token has a symmetric matrix, a gate a row one with the eigenvalues of a symmetric matrix: real ones. Under
              xⁱ even and odd places settle each (theory/oracle/diagonal.py), so one layer has period 2 in i at most. A second layer
              meets products of two mirrors, which can be any turn.
One layer     contractions with finitely many exact states: e·f·e = f·e for idempotents (statement one_layer_obstruction), on the
              minimal machine if the language is to be recognised: the states that u e f e and u f e lead to are read alike after
              every further word. Enough as well: for regular monoids by registers on the L-classes (statement
              l_class_registers), for all by Ash's theorem (statement group_walks). No convolution stands in front of the layer:
              one of width 2 would track a*b*.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .facts import Facts, Found
from .models import CAST, EXACT, Model
from .sources import (
    ASH,
    BITS,
    BLOCKS,
    COMPILED,
    HOLES,
    KROHN_RHODES,
    L_CLASSES,
    ONE_LAYER,
    PERIODS,
    REPRESENTATIONS,
    SMALL_STEPS,
    Source,
)
from .verdict import Family, Ruling, arguments, no, not_known, yes


def deltaproduct_one_layer(facts: Facts) -> Ruling:
    """Exactly the machines with e·f·e = f·e on the idempotents of their monoid: registers take swaps and overwrites, no gates."""
    return one_layer(facts, gates=False)


def gated_deltaproduct_one_layer(facts: Facts) -> Ruling:
    """The same machines; a closed gate may save steps."""
    return one_layer(facts, gates=True)


def one_layer(facts: Facts, gates: bool) -> Ruling:
    """One layer, any number of steps a token; two at least where x³ ≠ x for a letter."""
    if (never := obstructed(facts)) is not None:
        return never
    plan = next((plan for plan in facts.plans(None) if plan.layers == 1 and (gates or not plan.gated)), None)
    if plan is None or plan.n_h > 1:
        if (found := one_step_without_plan(facts)) is not None:
            return found
        if facts.by_representations is not None and (plan is None or facts.by_representations < plan.n_h):
            return represented(facts, facts.by_representations, plan)
    if plan is not None:
        return built(facts, plan, None, gates)
    if facts.is_group:
        source = Source("Grazzi et al. 2411.12537 (Theorem 3)", ("group_word_problems",))
        sizes: dict[str, Any] = {"layers": 1, "at_least": 1, "n_h": facts.swaps, "n_h_at_least": facts.least_n_h}
        return yes("all letters permute the states, so one layer of swaps tracks them", source, **sizes)
    if facts.one_layer is None:
        return not_known(facts.unknown["one_layer"])
    sizes = {"layers": 1, "at_least": facts.bound.layers, "n_h_at_least": facts.least_n_h}
    none = facts.no_plan(None, "such network")
    if facts.monoid is not None and facts.monoid.is_regular:
        reason = "e·f·e = f·e holds and the monoid is regular, so registers on its L-classes do"
        return yes(f"{reason}; {none}", L_CLASSES, **sizes)
    reason = f"{facts.why_one_layer}, so some bank of registers does"
    return yes(f"{reason}; {none}", ASH, "proved here up to a quoted theorem", **sizes)


def obstructed(facts: Facts) -> Ruling | None:
    """No for one layer, whatever its steps and gates, where e·f·e ≠ f·e; None elsewhere."""
    if facts.violation is None:
        return None
    return no(f"{facts.violation.says}: no contractive layer with finitely many states can", ONE_LAYER, facts.violation)


def one_step_without_plan(facts: Facts) -> Ruling | None:
    """Yes for one layer of one step a token, no gates, by bits or by representations of a group; None where these do not apply."""
    if facts.bits is not None:
        told = "a bit tells" if facts.bits == 1 else f"{facts.bits} bits tell"
        reason = f"{told} the states apart, each kept, flipped or set by every letter"
        return yes(reason, BITS, layers=1, at_least=facts.bound.layers, n_h=1, n_h_at_least=1)
    return represented(facts, 1, None) if facts.by_representations == 1 else None


def represented(facts: Facts, steps: int, plan: Found | None) -> Ruling:
    """Yes, by heads that are orthogonal representations of the group of the letters."""
    beside = "" if plan is None else f"; the compiler's network, {plan.kind}, takes {plan.n_h}"
    return yes(
        f"the group of the letters has representations, a head each, in which no letter takes more than {counted_steps(steps)}{beside}",
        REPRESENTATIONS,
        layers=1,
        at_least=facts.bound.layers,
        n_h=steps,
        n_h_at_least=facts.least_n_h,
    )


def counted_steps(steps: int) -> str:
    return "one step" if steps == 1 else f"{steps} steps"


def deltanet_one_layer(facts: Facts) -> Ruling:
    """No where e·f·e ≠ f·e, or where x³ ≠ x for a letter. Yes where the compiler has one without gates. Between, not known."""
    return one_step(facts, gates=False)


def gated_deltanet_one_layer(facts: Facts) -> Ruling:
    """The same with gates: a closed gate resets a head, which one step without a gate does to one row only."""
    return one_step(facts, gates=True)


def one_step(facts: Facts, gates: bool) -> Ruling:
    """One layer, one step a token."""
    if (never := obstructed(facts)) is not None:
        return never
    if facts.beyond_two is not None:
        says = facts.beyond_two.says
        return no(f"{says}; a symmetric matrix has real eigenvalues, so a letter has period 1 or 2", PERIODS, facts.beyond_two)
    if facts.not_cubed is not None:
        reason = f"{facts.not_cubed.says}, but one step a token is the identity, a projection, a mirror or a constant: x³ = x"
        return no(reason, SMALL_STEPS, facts.not_cubed)
    plan = next((plan for plan in facts.plans(1) if plan.layers == 1 and (gates or not plan.gated)), None)
    if plan is not None:
        return built(facts, plan, 1, gates)
    if (found := one_step_without_plan(facts)) is not None:
        return found
    return undecided(facts, "x³ = x for every letter")


def undecided(facts: Facts, holds: str) -> Ruling:
    """Not known for one layer of one step a token: what holds of all letters, what of the idempotents, and that there is no network."""
    if facts.one_layer is None:
        return not_known(f"{holds}, but whether e·f·e = f·e for all idempotents is not decided: {facts.unknown['one_layer']}")
    return not_known(f"{holds} and e·f·e = f·e, as they must, but {facts.no_plan(1, 'single layer with n_h = 1')}")


def row_gates_one_layer(facts: Facts) -> Ruling:
    """No where e·f·e ≠ f·e, or where a letter has a period beyond 2. Yes where Gated DeltaNet does, whose gate is
    the same on all rows."""
    if (never := obstructed(facts)) is not None:
        return never
    if facts.beyond_two is not None:
        says = facts.beyond_two.says
        return no(
            f"{says}; gate and step of a letter have real eigenvalues, so a letter has period 1 or 2", PERIODS, facts.beyond_two
        )
    found = gated_deltanet_one_layer(facts)
    if found.answer == "yes":
        return found
    return undecided(facts, "no letter has a period beyond 2")


def one_step_cast(facts: Facts) -> Ruling:
    """No where a letter has a period beyond 2, by "periods"; yes where it is with finitely many exact states."""
    if facts.beyond_two is not None:
        says = facts.beyond_two.says
        return no(f"{says}; real eigenvalues give one layer the period 1 or 2 for a repeated letter", PERIODS, facts.beyond_two)
    found = gated_deltanet_one_layer(facts)
    if found.answer == "yes":
        return found
    return not_known("no letter has a period beyond 2; what else one layer can do before the cast is not worked out")


def deltanet(facts: Facts) -> Ruling:
    """Every regular language: flip-flops by β = 1, and the simple groups of the Krohn–Rhodes cascade, permutation groups of at most n
    points, in four layers each. If all letters permute the states, four layers do for all."""
    return every_depth(facts, gates=False)


def gated_deltanet(facts: Facts) -> Ruling:
    """Every regular language, since gates may stay open."""
    return every_depth(facts, gates=True)


def every_depth(facts: Facts, gates: bool) -> Ruling:
    """One step a token, any depth."""
    least = max(facts.bound.layers, 2 if facts.not_cubed is not None else 0)
    plan = next((plan for plan in facts.plans(1) if gates or not plan.gated), None)
    if (plan is None or plan.layers > 1) and (found := one_step_without_plan(facts)) is not None:
        return found
    if plan is not None and (not facts.is_group or plan.layers <= 4):
        return built(facts, plan, 1, gates, least)
    if facts.is_group:
        reason = "all letters permute the states, and four layers do their swaps one a token, block by block"
        return yes(reason, BLOCKS, layers=4, at_least=least, n_h=1)
    return yes(
        "a cascade of flip-flops (β = 1) and of simple groups (swaps, block by block) recognises the language; "
        + facts.no_plan(1, "network of one step a token"),
        BLOCKS + KROHN_RHODES,
        "proved here up to a quoted theorem",
        at_least=least,
        n_h=1,
    )


def deltaproduct(facts: Facts) -> Ruling:
    """Every regular language: n − 1 layers of permutations and resets, n_h ≤ n without gates: an overwrite for each row."""
    return every_width(facts, gates=False)


def gated_deltaproduct(facts: Facts) -> Ruling:
    """Every regular language: n − 1 layers of permutations and resets, n_h ≤ n − 1 with gates."""
    return every_width(facts, gates=True)


def every_width(facts: Facts, gates: bool) -> Ruling:
    """Any number of steps a token, any depth."""
    plan = next((plan for plan in facts.plans(None) if gates or not plan.gated), None)
    if facts.is_group or (plan is not None and plan.layers == 1):
        return one_layer(facts, gates)
    n, least = facts.machine.n_states, facts.bound.layers
    if plan is not None:
        return built(facts, plan, None, gates, least)
    if facts.one_layer:
        return one_layer(facts, gates)
    reason = "n − 1 layers hold every machine of n states, each a machine whose letters permute or reset"
    reason = f"{reason}; {facts.no_plan(None, 'network')}"
    return yes(reason, HOLES, layers=n - 1, at_least=least, n_h=n - 1 if gates else n)


def row_gates(facts: Facts) -> Ruling:
    """Every regular language, since the gates of the rows may be equal: Gated DeltaNet."""
    return every_depth(facts, gates=True)


def built(facts: Facts, plan: Found, n_h: int | None, gates: bool, least: int | None = None) -> Ruling:
    """Yes, by a plan of the compiler; as a network where the plan that `compile` chooses is sure to be of the family."""
    best = facts.plans(n_h)[0]
    chosen = [p for p in facts.plans(n_h) if (p.layers, p.n_h) == (best.layers, best.n_h)]
    sure = (plan.layers, plan.n_h) == (best.layers, best.n_h) and (gates or not any(p.gated or p.altered for p in chosen))
    none = "" if sure else "; no call: `compile` may take a gated one of the same size"
    if not sure and (plan.layers, plan.n_h) != (best.layers, best.n_h):
        none = f"; no call: `compile` takes {'a gated' if best.gated else 'the'} one of {best.layers_and_steps}"
    how = ", with gates" if plan.gated else ", its gates replaced by overwrites" if plan.altered else ""
    return yes(
        f"the compiler has a network{how}: {plan.kind}{none}",
        COMPILED,
        layers=plan.layers,
        at_least=facts.bound.layers if least is None else least,
        n_h=plan.n_h,
        n_h_at_least=facts.least_n_h if plan.layers == 1 else None,
        network=arguments(plan, n_h) if sure else None,
    )


def family(name: str, what: str, members: str, depth: str, rule: Callable[[Facts], Ruling], model: Model = EXACT) -> Family:
    return Family(name, what, members, depth, model, rule)


DELTANET, GATED = "DeltaNet with β ≤ 2", "Gated DeltaNet with β ≤ 2"
PLAIN_PRODUCT, GATED_PRODUCT = "DeltaProduct with β ≤ 2, any n_h", "Gated DeltaProduct with β ≤ 2, any n_h"
ROWS = "a gate a row, β ≤ 2"
EXTENDED = "with negative eigenvalues"
FAMILIES = (
    family("deltanet_one_layer", DELTANET, f"DeltaNet {EXTENDED}", "one layer", deltanet_one_layer),
    family("gated_deltanet_one_layer", GATED, f"Gated DeltaNet {EXTENDED}", "one layer", gated_deltanet_one_layer),
    family("kda_one_layer", ROWS, f"Kimi delta attention {EXTENDED}", "one layer", row_gates_one_layer),
    family(
        "one_step_one_layer_cast",
        "one step a token with β ≤ 2, gated or not",
        f"DeltaNet, Gated DeltaNet, Kimi delta attention {EXTENDED}",
        "one layer",
        one_step_cast,
        CAST,
    ),
    family("deltaproduct_one_layer", PLAIN_PRODUCT, "DeltaProduct", "one layer", deltaproduct_one_layer),
    family("gated_deltaproduct_one_layer", GATED_PRODUCT, "Gated DeltaProduct", "one layer", gated_deltaproduct_one_layer),
    family("deltanet", DELTANET, f"DeltaNet {EXTENDED}", "any depth", deltanet),
    family("gated_deltanet", GATED, f"Gated DeltaNet {EXTENDED}", "any depth", gated_deltanet),
    family("kda", ROWS, f"Kimi delta attention {EXTENDED}", "any depth", row_gates),
    family("deltaproduct", PLAIN_PRODUCT, "DeltaProduct", "any depth", deltaproduct),
    family("gated_deltaproduct", GATED_PRODUCT, "Gated DeltaProduct", "any depth", gated_deltaproduct),
)
