"""Minimise, compare, multiply and run machines, beside automata-lib on the same machines; every answer is checked against the other.

Each measurement is a process of its own, so that `peak_MB` is the whole of what that library needed, its import and its objects
included. `seconds` is the operation alone: the best of three, or of one where one takes longer than two seconds. `build_s`
is what automata-lib takes to make its objects, which is not counted. To compare, we search for a shortest distinguishing word;
automata-lib's `==` gives no word, and may stop at a longer one sooner. (Not named automata.py: that would hide automata-lib.)
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from record import record

from deltaword import DFA

SEED = 0
TIMEOUT = 600


# ------------------------------------------------------------------ machines


def random_machine(n: int, k: int) -> DFA:
    """Every successor drawn evenly, half of the states accepting."""
    rng = np.random.default_rng(SEED)
    return DFA(rng.integers(0, n, (n, k)), 0, np.flatnonzero(rng.random(n) < 0.5), letters(k))


def copies(dfa: DFA, times: int) -> DFA:
    """The same language with each state there `times` times over, numbered at random."""
    rng = np.random.default_rng(SEED + 1)
    table = np.concatenate([dfa.table + dfa.n_states * rng.integers(0, times, dfa.table.shape) for _ in range(times)])
    number = rng.permutation(len(table))
    place = np.argsort(number)
    accepting = np.flatnonzero(np.tile(dfa.accepting_mask, times)[place])
    return DFA(number[table[place]], int(number[dfa.start]), accepting, dfa.alphabet)


def chain(n: int, k: int) -> DFA:
    """The first letter steps along, the others do nothing: refinement by rounds would need n rounds."""
    table = np.repeat(np.arange(n)[:, None], k, axis=1)
    table[:, 0] = np.minimum(table[:, 0] + 1, n - 1)
    return DFA(table, 0, [n - 1], letters(k))


def fibonacci_cycle(n: int) -> DFA:
    """A cycle whose accepting states follow the Fibonacci word: Hopcroft's algorithm really takes n log n steps here.

    Source  J. Berstel and O. Carton, On the complexity of Hopcroft's state minimization algorithm, CIAA 2004
    """
    word, longer = "a", "ab"
    while len(longer) <= n:
        word, longer = longer, longer + word
    return DFA([[(q + 1) % len(word)] for q in range(len(word))], 0, [q for q, c in enumerate(word) if c == "a"], "s")


def letters(k: int) -> str:
    return "abcdefghij"[:k]


def one_state_changed(dfa: DFA) -> DFA:
    """Another machine of the same shape, the states renumbered and the acceptance of one, late in breadth-first order, turned."""
    late = dfa.n_states * 9 // 10  # minimal machines are numbered in breadth-first order
    return copies(DFA(dfa.table, dfa.start, set(dfa.accepting) ^ {late}, dfa.alphabet), 1)


def cycle(n: int) -> DFA:
    return DFA([[(q + 1) % n, q] for q in range(n)], 0, [0], "ab")


# ------------------------------------------------------------------ operations: ours, and automata-lib's


def minimise(dfa: DFA) -> tuple[Callable[[], Any], Callable[[Any], Any]]:
    return lambda: dfa.minimized(), lambda small: small.n_states


def minimise_theirs(dfa: Any) -> tuple[Callable[[], Any], Callable[[Any], Any]]:
    return lambda: dfa.minify(retain_names=False), lambda small: len(small.states)


def compare(a: DFA, b: DFA) -> tuple[Callable[[], Any], Callable[[Any], Any]]:
    return lambda: a.distinguishing_word(b), lambda word: word is None


def compare_theirs(a: Any, b: Any) -> tuple[Callable[[], Any], Callable[[Any], Any]]:
    return lambda: a == b, lambda equal: equal


def intersect(a: DFA, b: DFA) -> tuple[Callable[[], Any], Callable[[Any], Any]]:
    return lambda: a & b, lambda both: both.n_states


def intersect_theirs(a: Any, b: Any) -> tuple[Callable[[], Any], Callable[[Any], Any]]:
    return lambda: a.intersection(b, retain_names=True, minify=False), lambda both: len(both.states)


def run_word(dfa: DFA) -> tuple[Callable[[], Any], Callable[[Any], Any]]:
    word = "".join(np.random.default_rng(SEED).choice(list(letters(dfa.n_letters)), 10**6))
    return lambda: dfa.accepts(word), lambda accepted: accepted


def run_word_theirs(dfa: Any) -> tuple[Callable[[], Any], Callable[[Any], Any]]:
    word = "".join(np.random.default_rng(SEED).choice(sorted(dfa.input_symbols), 10**6))
    return lambda: dfa.accepts_input(word), lambda accepted: accepted


def run_batch(dfa: DFA) -> tuple[Callable[[], Any], Callable[[Any], Any]]:
    tokens = np.random.default_rng(SEED).integers(0, dfa.n_letters, (10**4, 100))
    return lambda: dfa.accepting_mask[dfa.run(tokens)[:, -1]], lambda accepted: int(accepted.sum())


def run_batch_theirs(dfa: Any) -> tuple[Callable[[], Any], Callable[[Any], Any]]:
    tokens = np.random.default_rng(SEED).integers(0, len(dfa.input_symbols), (10**4, 100))
    alphabet = np.array(sorted(dfa.input_symbols))
    words = ["".join(word) for word in alphabet[tokens]]
    return lambda: [dfa.accepts_input(word) for word in words], sum


OPERATIONS = {
    "minimise": (minimise, minimise_theirs),
    "compare": (compare, compare_theirs),
    "intersect": (intersect, intersect_theirs),
    "run one word of 10^6 letters": (run_word, run_word_theirs),
    "run 10^4 words of 100 letters": (run_batch, run_batch_theirs),
}

CASES: list[tuple[str, str, Callable[[], list[DFA]]]] = [
    *[
        ("minimise", f"random, {n} states, {k} letters", lambda n=n, k=k: [random_machine(n, k)])
        for n in (10**3, 10**4, 10**5)
        for k in (2, 10)
    ],
    ("minimise", "10 copies of random, 100000 states, 2 letters", lambda: [copies(random_machine(10**4, 2), 10)]),
    ("minimise", "10 copies of random, 100000 states, 10 letters", lambda: [copies(random_machine(10**4, 10), 10)]),
    ("minimise", "chain, 10000 states, 2 letters", lambda: [chain(10**4, 2)]),
    ("minimise", "chain, 100000 states, 2 letters", lambda: [chain(10**5, 2)]),
    ("minimise", "chain, 100000 states, 10 letters", lambda: [chain(10**5, 10)]),
    ("minimise", "Fibonacci cycle, 75025 states, 1 letter", lambda: [fibonacci_cycle(10**5)]),
    *[
        (
            "compare",
            f"{how}, random, {n} states, {k} letters",
            lambda n=n, k=k, change=change: [small := random_machine(n, k).minimized(), change(small)],
        )
        for n, k in ((10**3, 2), (10**4, 2), (10**5, 2), (10**5, 10))
        for how, change in (("equal", lambda dfa: copies(dfa, 1)), ("one state changed", one_state_changed))
    ],
    ("compare", "equal, chain, 100000 states, 2 letters", lambda: [chain(10**5, 2), copies(chain(10**5, 2), 1)]),
    ("intersect", "random, 999 and 1000 states, 2 letters", lambda: [random_machine(999, 2), random_machine(1000, 2)]),
    ("intersect", "cycles of 300 and 301 states", lambda: [cycle(300), cycle(301)]),
    ("run one word of 10^6 letters", "random, 100 states, 4 letters", lambda: [random_machine(100, 4)]),
    ("run 10^4 words of 100 letters", "random, 100 states, 4 letters", lambda: [random_machine(100, 4)]),
]


# ------------------------------------------------------------------ measuring


def measured(number: int, library: str) -> dict[str, Any]:
    """One case in this process: its seconds, the memory of the process, and the answer in short."""
    operation, _, make = CASES[number]
    machines: list[Any] = make()
    begin = time.perf_counter()
    if library == "automata-lib":
        machines = [dfa.to_automata_lib() for dfa in machines]
    build = time.perf_counter() - begin
    run, answer = OPERATIONS[operation][library == "automata-lib"](*machines)
    seconds: list[float] = []
    result = None
    while not seconds or (len(seconds) < 3 and seconds[0] < 2):
        begin = time.perf_counter()
        result = run()
        seconds.append(time.perf_counter() - begin)
    return {
        "seconds": min(seconds),
        "build_s": round(build, 2),
        "peak_MB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "answer": answer(result),
    }


def in_its_own_process(number: int, library: str) -> dict[str, Any] | None:
    try:
        done = subprocess.run(
            [sys.executable, __file__, str(number), library], capture_output=True, text=True, check=True, timeout=TIMEOUT
        )
    except subprocess.TimeoutExpired:
        return None
    return json.loads(done.stdout)


def main() -> None:
    rows = []
    for number, (operation, machine, _) in enumerate(CASES):
        ours, theirs = in_its_own_process(number, "deltaword"), in_its_own_process(number, "automata-lib")
        assert ours is not None
        row = {
            "operation": operation,
            "machine": machine,
            "answer": ours["answer"],
            "seconds": float(f"{ours['seconds']:.3g}"),
            "peak_MB": ours["peak_MB"],
        }
        if theirs is None:
            row["automata-lib"] = f"stopped after {TIMEOUT} s"
        else:
            assert theirs["answer"] == ours["answer"], (operation, machine, theirs["answer"], ours["answer"])
            row["automata-lib_seconds"] = float(f"{theirs['seconds']:.3g}")
            row["automata-lib_build_s"] = theirs["build_s"]
            row["automata-lib_peak_MB"] = theirs["peak_MB"]
            row["times_faster"] = float(f"{theirs['seconds'] / ours['seconds']:.3g}")
        print(row, flush=True)
        rows.append(row)
    print(record("automata", rows, seed=SEED, libraries=("automata-lib",)))


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(json.dumps(measured(int(sys.argv[1]), sys.argv[2])))
    else:
        main()
