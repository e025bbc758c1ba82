"""One vector for each state, or for each element of the monoid, is not always enough, where several a state are.

Notation      u_q the vector of state q; the machine: flip-flop with a sink, states 0, 1, 2, letters “set 0”, “set 1” and “sink”,
              which is left by no letter. Cayley graph: the machine whose states are the elements of the monoid (theory/gram.py).
Hypotheses    one contractive layer, exact arithmetic; one vector for each state, or one for each element of the monoid.
Claim         The machine obeys e·f·e = f·e, so one layer tracks it: two bits, “in the sink” and “last set”, which take four
              vectors. But one vector a state is impossible, and so is one vector an element.
Proof         “Set 0” is idempotent, its linear part an orthogonal projection P (statement one_layer_obstruction). P kills u_1 −
              u_0, as both states go to 0, and keeps u_2 − u_0: so these are orthogonal. In the same way “set 1” makes u_0 − u_1
              and u_2 − u_1 orthogonal. The sum of the two products is (u_1 − u_0)·((u_2 − u_0) − (u_2 − u_1)) = ‖u_1 − u_0‖²: so
              u_0 = u_1. The elements of the monoid are 1 and the three letters; a letter followed by a letter is as in the
              machine, so the same argument shows that the elements “set 0” and “set 1” have one vector.
Source        this project.
Status        proved
Check         the identity of the proof for generic vectors; the two facts, found by theory/gram.py and checked again, for the
              states and for the elements; the layer of two bits, by closure. All 72 machines of 3 states and 2 letters that one
              layer tracks: 64 have one vector a state, 8 do not (facts), but these have one an element, in exact numbers.
"""

from __future__ import annotations

from ...automata.dfa import DFA
from ..constructions.covers import Cover, cover
from ..gram import Gram, NoGram, cayley, gram
from ..obstruction import obstruction
from ..small_machines import classes
from .statement import Counterexample, Fails, Statement, require
from .vectors import vector


def verify() -> tuple[int, str]:
    u = [vector(f"u_{q}") for q in range(3)]
    total = (u[1] - u[0]).dot(u[2] - u[0]) + (u[0] - u[1]).dot(u[2] - u[1])
    require(total == (u[1] - u[0]).squared(), "the two products add up to ‖u_1 − u_0‖²")
    machine = sink()
    for dfa in (machine, cayley(machine)):
        require(len(impossible(dfa).facts) == 2, f"two facts for {dfa.n_states} states")
    found = cover(machine)
    if not isinstance(found, Cover):
        raise Fails(f"the flip-flop with a sink has no bits: {found}")
    require(found.machine.n_states == 4, f"{found.machine.n_states} vectors")
    states = elements = 0
    for dfa in classes(3, 2):
        if obstruction(dfa) is None:
            on_states = gram(dfa)
            if isinstance(on_states, Gram):
                require(on_states.holds(dfa), f"{dfa.table.tolist()}: the vectors found")
                states += 1
            else:
                impossible(dfa)
                graph = cayley(dfa)
                on_elements = gram(graph)
                require(
                    isinstance(on_elements, Gram) and on_elements.holds(graph), f"{dfa.table.tolist()}: a vector an element"
                )
                elements += 1
    require((states, elements) == (64, 8), f"{states} machines with a vector a state, {elements} more with one an element")
    return 3 + states + elements, (
        "the identity in generic vectors; the flip-flop with a sink refused by two facts, twice, and held by two bits; of 72 machines "
        f"{states} with a vector a state, {elements} more with one an element"
    )


def sink() -> DFA:
    """Letter 0 sets 0, 1 sets 1, x leads into the sink."""
    return DFA([[0, 1, 2], [0, 1, 2], [2, 2, 2]], 0, [2], "01x")


def impossible(dfa: DFA) -> NoGram:
    """The facts, checked again. Raises Fails where there are none."""
    found = gram(dfa)
    if not isinstance(found, NoGram):
        raise Fails(f"{dfa.table.tolist()} is not refused")
    require(found.holds(dfa), f"the facts against {dfa.table.tolist()}")
    return found


def refute() -> Counterexample:
    machine = sink()
    require(obstruction(machine) is None, "the flip-flop with a sink obeys the identity")
    found = impossible(machine)
    return Counterexample(
        "“several vectors a state” dropped from the converse: e·f·e = f·e gives one layer with one vector a state",
        {"table": machine.table.tolist(), "pair": list(found.pair), "orthogonal": [list(fact.states) for fact in found.facts]},
        "; ".join(found.told(machine)) + "; so u_0 = u_1",
    )


def example() -> str:
    graph = cayley(sink())
    return f"on the elements 1, “0”, “1”, “x”: {'; '.join(impossible(graph).told(graph))}"


STATEMENT = Statement("cayley_not_enough", "proved for the sizes named", __doc__, verify, refute, example)
