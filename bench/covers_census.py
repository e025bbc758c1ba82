"""The census of covers: one layer for every small machine whose idempotents obey e·f·e = f·e, or why not.

    python bench/covers_census.py [all | N_STATES N_LETTERS]

All machines of 3 states and 2 letters, 4 states and 2 letters, 3 states and 3 letters, counted as in theory/small_machines.py.  Drawn
machines are those that no pair of idempotents rules out, of seeds 0, 1, …; and, since these become rare, machines of drawn copyless
bits, with states merged at random: so they have covers, though nothing shows it.
Each cover found is run beside its machine on drawn words, bit by bit.  A row a size: how many are ruled out, covered, and open (those
listed by their tables), vectors, bits and n_h of the covers, seconds for the slowest.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator

import numpy as np
from record import record

from deltaword import DFA
from deltaword.automata.random_machines import random_dfa
from deltaword.theory.constructions.covering.closure import Closed, closure
from deltaword.theory.constructions.covers import Cover, cover
from deltaword.theory.constructions.registers import ONE, ZERO, Registers
from deltaword.theory.obstruction import obstruction
from deltaword.theory.small_machines import classes

SECONDS, WORD_LENGTH, WORDS = 5.0, 60, 20
DRAWN = ((5, 2, 30), (4, 3, 30))  # states, letters, machines
MERGED = ((2, 100), (3, 100), (4, 100), (8, 50), (40, 20))  # letters, machines of 4 to 8 states
MOST_VECTORS = 300


def drawn(n: int, k: int, count: int) -> Iterator[DFA]:
    """Machines of n states and k letters that no pair of idempotents rules out, none a permutation automaton."""
    found, seed = 0, 0
    while found < count:
        dfa = random_dfa(n, k, seed=seed)
        seed += 1
        if any(len(set(column)) < n for column in dfa.table.T.tolist()) and obstruction(dfa) is None:
            found += 1
            yield dfa


def merged(n_letters: int, count: int) -> Iterator[DFA]:
    """Machines of 4 to 8 states: the vectors of drawn copyless bits, pairs of them merged again and again; no permutation automata."""
    rng, found = np.random.default_rng(0), 0
    while found < count:
        table = vectors_of(drawn_bits(rng, n_letters))
        while table is not None and len(table) >= 4:
            if len(table) <= 8 and rng.random() < 0.3:
                if any(len(set(column)) < len(table) for column in table.T.tolist()):
                    found += 1
                    yield DFA(table, 0, [0], range(n_letters))
                break
            p, q = rng.choice(len(table), 2, replace=False).tolist()
            smaller = quotient(table, p, q)
            if len(smaller) >= 4:
                table = smaller
            elif rng.random() < 0.05:  # most pairs merge everything: begin again
                break


def drawn_bits(rng: np.random.Generator, n_letters: int) -> list[Registers]:
    blocks = []
    for K in rng.integers(1, 5, rng.integers(1, 4)).tolist():
        moved, kind = rng.permuted(np.tile(np.arange(K), (n_letters, 1)), axis=1), rng.random((n_letters, K))
        updates = np.where(kind < 0.6, moved, np.where(kind < 0.8, ZERO, ONE))
        start = rng.integers(0, 2, K).tolist()
        blocks.append(Registers(tuple((bit,) for bit in start), tuple(map(tuple, updates.tolist()))))
    return blocks


def vectors_of(blocks: list[Registers]) -> np.ndarray | None:
    """The table of the vectors that words reach; None when they are many."""
    k = len(blocks[0].updates)
    closed = closure(np.zeros((1, k), dtype=int), 0, blocks, np.zeros((1, 1), dtype=bool), MOST_VECTORS)
    return closed.table if isinstance(closed, Closed) else None


def quotient(table: np.ndarray, p: int, q: int) -> np.ndarray:
    """The table with states p and q merged, and what must be merged then."""
    group = list(range(len(table)))

    def first(state: int) -> int:
        while group[state] != state:
            state = group[state]
        return state

    todo = [(p, q)]
    while todo:
        p, q = map(first, todo.pop())
        if p != q:
            group[max(p, q)] = min(p, q)
            todo += zip(table[p].tolist(), table[q].tolist(), strict=True)
    firsts = np.array([first(state) for state in range(len(table))])
    kept = np.unique(firsts)
    return np.searchsorted(kept, firsts[table[kept]])


def is_right(dfa: DFA, found: Cover, rng: np.random.Generator) -> bool:
    """The registers, run by their definition, stand for the states of the machine along drawn words."""
    codes = [bank.codes for bank in found.candidate.banks]
    for word in rng.integers(0, dfa.n_letters, (WORDS, WORD_LENGTH)):
        bits = [np.array(block.start) for block in found.blocks]
        q, s = dfa.start, 0
        for a in word.tolist():
            bits = [block.step(before, a) for block, before in zip(found.blocks, bits, strict=True)]
            q, s = int(dfa.table[q, a]), int(found.machine.table[s, a])
            if found.owner[s] != q or any((now != of[s]).any() for now, of in zip(bits, codes, strict=True)):
                return False
    return True


def census(what: str, machines: Iterator[DFA]) -> dict:
    rng, counts, families = np.random.default_rng(0), Counter(), Counter()
    vectors, bits, n_h = Counter(), Counter(), Counter()
    slowest, total, open_machines = 0.0, 0.0, []
    for dfa in machines:
        counts["classes"] += 1
        if obstruction(dfa) is not None:
            counts["ruled out"] += 1
            assert isinstance(cover(dfa), str)
            continue
        begin = time.perf_counter()
        found = cover(dfa, seconds=SECONDS)
        took = time.perf_counter() - begin
        slowest, total = max(slowest, took), total + took
        if isinstance(found, str):
            open_machines.append({"table": dfa.table.tolist(), "why": found})
            continue
        assert is_right(dfa, found, rng), dfa.table.tolist()
        counts["covered"] += 1
        families[found.family] += 1
        vectors[found.machine.n_states] += 1
        bits[sum(block.K for block in found.blocks)] += 1
        n_h[found.candidate.n_h] += 1
    return {
        "what": what,
        "machines": counts["classes"],
        "ruled_out": counts["ruled out"],
        "covered": counts["covered"],
        "open": open_machines,
        "families": dict(families.most_common()),
        "covers_by_vectors": dict(sorted(vectors.items())),
        "covers_by_bits": dict(sorted(bits.items())),
        "covers_by_n_h": dict(sorted(n_h.items())),
        "seconds_slowest": round(slowest, 2),
        "seconds_all_covers": round(total, 1),
    }


def main() -> None:
    if len(sys.argv) == 3:
        n, k = map(int, sys.argv[1:])
        print(census(f"{n} states, {k} letters", classes(n, k)))
        return
    rows = [census(f"all of {n} states, {k} letters", classes(n, k)) for n, k in ((3, 2), (4, 2), (3, 3))]
    rows += [census(f"drawn, {n} states, {k} letters", drawn(n, k, count)) for n, k, count in DRAWN]
    rows += [census(f"drawn bits, merged, 4 to 8 states, {k} letters", merged(k, count)) for k, count in MERGED]
    for row in rows:
        print(row)
    print("written to", record("covers_census", rows, seed=0).name)


if __name__ == "__main__":
    main()
