"""The exhaustive sweep: closure of every small permutation and permutation-reset machine, and long words, in four float formats.

    python bench/closure_sweep.py

all permutations     of 1 … 6 points, each as the only letter of a machine, and all n! of them as the letters of one machine
permutation-reset    machines of 3 states: every non-empty set of the 6 permutations and 3 resets as letters, every start
long words           one word of 10^4 letters for each of fifty drawn machines, the network's states beside the automaton's
Each certificate must be of grade 1; the first that is not stops the sweep with its machine.
"""

from __future__ import annotations

import itertools
import time

import numpy as np
import torch
from record import record
from rich.progress import track

import deltaword as dw
from deltaword.automata.random_machines import random_dfa

SEED, LETTERS = 0, 10_000
FORMATS = (torch.bfloat16, torch.float16, torch.float32, torch.float64)
KINDS = ("permutation", "permutation-reset", "reset", "partial-injection")


def closes(dfa: dw.DFA, keys: str) -> int:
    """Certifies the machine's network in every format, and returns the number of (state, letter) pairs closed."""
    net = dw.compile(dfa, keys=keys)
    for dtype in FORMATS:
        certificate = dw.certify(net.to(dtype), dfa)
        assert certificate.holds, (dfa, dfa.table.tolist(), keys, dtype, certificate)
        assert certificate.grade == 1, (dfa, dfa.table.tolist(), keys, dtype, certificate)
    return certificate.pairs * dfa.n_letters * len(FORMATS)


def permutation_machines(n: int):
    """Each permutation by itself, from each start; and all of them together."""
    everything = list(itertools.permutations(range(n)))
    for sigma in everything:
        for start in range(n):
            yield dw.DFA.from_permutations([sigma], start=start)
    yield dw.DFA.from_permutations(dict(enumerate(everything)))


def permutation_reset_machines():
    letters = [*itertools.permutations(range(3)), (0, 0, 0), (1, 1, 1), (2, 2, 2)]
    for size in range(1, len(letters) + 1):
        for chosen in itertools.combinations(letters, size):
            for start in range(3):
                yield dw.DFA(np.array(chosen).T, start, [0], range(size))


def long_words(rng: np.random.Generator, count: int) -> int:
    """Letters run without a wrong state."""
    letters = 0
    for i in track(range(count), "words of 10^4 letters"):
        n, kind = int(rng.integers(3, 7)), KINDS[i % len(KINDS)]
        letters_wanted = n if kind == "reset" else int(rng.integers(2, 5))  # a reset a state, or it is out of reach
        dfa = random_dfa(n, letters_wanted, seed=int(rng.integers(2**31)), kind=kind)
        net = dw.compile(dfa)
        word = dfa.decode(rng.integers(0, dfa.n_letters, LETTERS).tolist())
        for dtype in FORMATS:
            assert net.to(dtype).states(word) == dfa.states(word), (dfa.table.tolist(), dtype)
            letters += LETTERS
    return letters


def main() -> None:
    torch.set_num_threads(1)
    rows = []
    for keys in ("raw", "unit"):
        for n in range(1, 7):
            begin, machines = time.perf_counter(), list(permutation_machines(n))
            closed = sum(closes(dfa, keys) for dfa in track(machines, f"permutations of {n} points, {keys} keys"))
            what = f"permutations of {n} points"
            rows.append(
                {"what": what, "keys": keys, "machines": len(machines), "state_letter_pairs_closed": closed, "grade": 1}
            )
            rows[-1]["seconds"] = round(time.perf_counter() - begin, 1)
        begin, machines = time.perf_counter(), list(permutation_reset_machines())
        closed = sum(closes(dfa, keys) for dfa in track(machines, f"permutation-reset machines of 3 states, {keys} keys"))
        what = "permutation-reset machines of 3 states"
        rows.append({"what": what, "keys": keys, "machines": len(machines), "state_letter_pairs_closed": closed, "grade": 1})
        rows[-1]["seconds"] = round(time.perf_counter() - begin, 1)
    begin = time.perf_counter()
    letters = long_words(np.random.default_rng(SEED), 50)
    rows.append(
        {"what": "one word of 10^4 letters for each of 50 drawn machines", "keys": "raw", "letters": letters, "wrong": 0}
    )
    rows[-1]["seconds"] = round(time.perf_counter() - begin, 1)
    for row in rows:
        print(row)
    print("written to", record("closure_sweep", rows, seed=SEED).name)


if __name__ == "__main__":
    main()
