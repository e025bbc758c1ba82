"""The one-layer theorem and the number of layers, machine by machine, over all small machines.

    python bench/one_layer_census.py [N_STATES N_LETTERS]

Machines of 3 states and 2 letters, 3 and 3, 4 and 2, counted as in theory/small_machines.py.  Every machine is decided, or named in
`undecided`; a run that finds a disagreement stops with the machine.
refused      two words act as idempotents e, f with e·f·e ≠ f·e (run letter by letter); then facts, checked from scratch, show that
             not even one vector a state is possible (theory/gram.py), and the search for bits refuses
one_layer    copyless bits found, closed over all words, and run beside the machine on drawn words (covers_census.py)
gram, bits   how many have one vector a state (exact distances), and copyless bits with one code a state (theory/cuts.py); where the
             first is impossible, by facts, one vector for each element of the monoid is tried, up to 32 elements
group        the orders of the groups found that pass the finite test of statement group_walks, which needs no theorem of Ash
regular      of the machines of one layer: those for whose monoid statement l_class_registers is enough
commuting    those that one layer tracks without writes (statement commuting_idempotents)
layers       of the refused: at least (theory/planning/bounds.py) and at most, by a cascade of components that one layer holds each,
             found by the planner and closed over all words, or by the n − 1 components of the hole cascade
"""

from __future__ import annotations

import sys
import time
from collections import Counter

import numpy as np
from covers_census import is_right
from record import record
from rich.progress import track

from deltaword import DFA
from deltaword.automata.cascade import Cascade
from deltaword.automata.holes import hole_cascade
from deltaword.theory.constructions.covering import walks
from deltaword.theory.constructions.covers import Cover, cover
from deltaword.theory.cuts import one_code_a_state
from deltaword.theory.gram import LARGEST, Gram, NoGram, cayley, gram
from deltaword.theory.obstruction import obstruction
from deltaword.theory.planning.bounds import lower_bound
from deltaword.theory.planning.components import Library
from deltaword.theory.planning.search import Search
from deltaword.theory.small_machines import classes
from deltaword.theory.statements.group_walks import above_one, is_idempotent

SIZES = ((3, 2), (3, 3), (4, 2))
SECONDS = 5.0  # for one search, far more than any takes here
POINTS = 4  # of the permutations tried, beside flips


def acts(dfa: DFA, word) -> np.ndarray:
    """Where a word sends each state, letter by letter."""
    row = np.arange(dfa.n_states)
    for letter in dfa.encode(word):
        row = dfa.table[row, letter]
    return row


def checked_refusal(dfa: DFA, words) -> None:
    e, f = (acts(dfa, word) for word in words)
    assert (e[e] == e).all()
    assert (f[f] == f).all()
    assert (e[f[e]] != e[f]).any(), (dfa.table.tolist(), words)
    found = gram(dfa)
    assert isinstance(found, NoGram), dfa.table.tolist()
    assert found.holds(dfa), dfa.table.tolist()
    assert isinstance(cover(dfa), str), dfa.table.tolist()


def order_of_group(dfa: DFA) -> int | None:
    """Of the first group that passes the test; None when none is found."""
    for chosen in walks.candidates(dfa.n_letters):
        flips = all((p[p] == np.arange(len(p))).all() for p in chosen)
        if (chosen.shape[1] <= POINTS or flips) and walks.is_enough(dfa, chosen):
            above, order = above_one(dfa, chosen)
            assert all(map(is_idempotent, above)), dfa.table.tolist()
            return order
    return None


def two_layers(dfa: DFA) -> bool:
    """Whether a cascade of two components is found; closed over all words."""
    deadline = time.monotonic() + SECONDS
    library = Library("raw", None, deadline, 5000, 0.2 * SECONDS, 32)
    found = next(iter(Search(library, deadline).within(dfa, 2)), None)
    if not found:
        return False
    machines = [*(split.machine for split in found), found[-1].rest]
    cascade = Cascade(dfa, tuple(machines), tuple(s.link for s in found), tuple(s.reader for s in found))
    assert cascade.verify() > 0
    assert all(library.component(machine) is not None for machine in machines)
    return True


def census(n: int, k: int) -> dict:
    begin = time.process_time()
    rng = np.random.default_rng(0)
    counts, groups, layers, facts, undecided = Counter(), Counter(), Counter(), Counter(), []
    for dfa in track(list(classes(n, k)), f"{n} states, {k} letters"):
        counts["machines"] += 1
        words = obstruction(dfa)
        if words is not None:
            counts["refused"] += 1
            checked_refusal(dfa, words)
            least = lower_bound(dfa, SECONDS).layers
            cascade = hole_cascade(dfa)
            assert cascade.verify() > 0
            most = 2 if two_layers(dfa) else len(cascade.machines)
            assert 2 <= least <= most <= n - 1, dfa.table.tolist()
            layers[f"exactly {least}" if least == most else f"{least} to {most}"] += 1
            continue
        found = cover(dfa, seconds=SECONDS)
        monoid = dfa.transition_monoid()
        counts["regular"] += monoid.is_regular
        counts["commuting"] += monoid.idempotents_commute
        order = order_of_group(dfa)
        groups[str(order)] += 1
        if not isinstance(found, Cover) or order is None:
            undecided.append({"table": dfa.table.tolist(), "bits": isinstance(found, Cover), "group": order})
            continue
        assert is_right(dfa, found, rng), dfa.table.tolist()
        counts["one layer"] += 1
        counts["bits, one code a state"] += one_code_a_state(dfa)
        vectors = gram(dfa)
        if isinstance(vectors, NoGram):
            assert vectors.holds(dfa)
            assert not one_code_a_state(dfa)
            facts[len(vectors.facts)] += 1
            counts["no Gram matrix"] += 1
            graph = cayley(dfa)
            if graph.n_states > LARGEST:
                counts["no Gram matrix; monoid too large to try"] += 1
                continue
            vectors = gram(graph)
            if isinstance(vectors, NoGram):
                assert vectors.holds(graph)
                counts["no Gram matrix, nor one on the monoid"] += 1
            elif isinstance(vectors, Gram):
                assert vectors.holds(graph)
                counts["no Gram matrix, but one on the monoid"] += 1
            else:
                undecided.append({"table": dfa.table.tolist(), "gram": "on the monoid"})
        elif isinstance(vectors, Gram):
            assert vectors.holds(dfa)
            counts["Gram matrix"] += 1
        else:
            undecided.append({"table": dfa.table.tolist(), "gram": "on the states"})
    return {
        "what": f"all of {n} states, {k} letters",
        **counts,
        "undecided": undecided,
        "group orders": dict(sorted(groups.items())),
        "facts against a Gram matrix, of machines of one layer": dict(sorted(facts.items())),
        "layers of the refused": dict(sorted(layers.items())),
        "cpu_seconds": round(time.process_time() - begin, 1),
    }


def main() -> None:
    if len(sys.argv) == 3:
        n, k = map(int, sys.argv[1:])
        print(census(n, k))
        return
    rows = []
    for n, k in SIZES:
        rows.append(census(n, k))
        print(rows[-1])
        record("one_layer_census", rows, seed=0)


if __name__ == "__main__":
    main()
