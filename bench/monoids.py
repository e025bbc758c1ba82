"""Transition monoids listed, with Green's relations and groups; beside a closure in plain Python and libsemigroups, if it is there.

Each machine in a fresh process, alone: seconds of wall clock, imports not counted, and the most memory the process held.
T_n: all maps of n states from a cycle, a swap and a merge; S_n: all permutations from a cycle and a swap.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from record import record

import deltaword as dw

MACHINES = [
    "T_5",
    "T_6",
    "T_7",
    "S_6",
    "S_7",
    "S_8",
    "random_8_3_seed0",
    "random_9_3_seed0",
    "random_11_3_seed3",
    "random_12_2_seed0",
]
LISTED_ONLY = ["T_8", "random_10_3_seed1"]  # 16.8 and 9.1 million elements
REPEATS = 3


def machine(name: str) -> dw.DFA:
    """From the gallery, but for S_n on its n points."""
    return dw.groups.symmetric(int(name[2:])).action() if name.startswith("S_") else dw.languages.get(name)


def seconds(run: Callable[[], Any], repeats: int = REPEATS) -> tuple[float, Any]:
    """The fastest run, and its result."""
    best, result = float("inf"), None
    for _ in range(repeats):
        begin = time.perf_counter()
        result = run()
        best = min(best, time.perf_counter() - begin)
    return round(best, 4), result


def plain_python(dfa: dw.DFA) -> int:
    """A set of tuples, grown level by level."""
    letters = [tuple(column) for column in dfa.table.T.tolist()]
    seen = {tuple(range(dfa.n_states))}
    level = list(seen)
    while level:
        found = []
        for m in level:
            for letter in letters:
                image = tuple([letter[q] for q in m])
                if image not in seen:
                    seen.add(image)
                    found.append(image)
        level = found
    return len(seen)


def by_libsemigroups(dfa: dw.DFA) -> Callable[[], int] | None:
    """Froidure and Pin's algorithm: all elements and both Cayley graphs."""
    try:
        from libsemigroups_pybind11 import FroidurePin, ReportGuard, Transf  # pyright: ignore[reportMissingImports]
    except ImportError:
        return None
    generators = [Transf(list(range(dfa.n_states))), *map(Transf, dfa.table.T.tolist())]

    def run() -> int:
        _quiet = ReportGuard(False)
        semigroup = FroidurePin(generators)
        semigroup.run()
        return semigroup.size()

    return run


def measured(name: str) -> dict[str, Any]:
    dfa = machine(name)
    listed_only = name in LISTED_ONLY
    list_s, monoid = seconds(dfa.transition_monoid, 1 if listed_only else REPEATS)
    row: dict[str, Any] = {
        "machine": name,
        "elements": len(monoid),
        "longest_word": int(monoid.lengths[-1]),
        "list_s": list_s,
        "peak_memory_MB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "idempotents": len(monoid.idempotents),
    }
    if listed_only:
        return row
    row["green_s"], green = seconds(lambda: type(monoid.green())(monoid))
    row["d_classes"] = green.n_d
    row["groups_s"], groups = seconds(lambda: [group.description for group in monoid.groups], 1)
    row["groups"] = groups
    row["plain_python_s"], size = seconds(lambda: plain_python(dfa), 1)
    assert size == len(monoid)
    if (other := by_libsemigroups(dfa)) is not None:
        row["libsemigroups_s"], size = seconds(other, 1)
        assert size == len(monoid)
    return row


def main() -> None:
    if sys.argv[1:]:
        print(json.dumps(measured(sys.argv[1])))
        return
    rows = []
    for name in MACHINES + LISTED_ONLY:
        output = subprocess.run([sys.executable, __file__, name], check=True, capture_output=True, text=True).stdout
        rows.append(json.loads(output.splitlines()[-1]))
        print(rows[-1])
    print("written to", record("monoids", rows, seed=None, libraries=("sympy", "libsemigroups_pybind11")).name)


if __name__ == "__main__":
    main()
