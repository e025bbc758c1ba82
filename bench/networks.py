"""Compile and certify, latency of `net.accepts`, throughput of a batch, on a CPU.

No other library compiles automata into such networks, so there is nothing to stand beside; the plain automaton is timed for scale.
"""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
from record import record

import deltaword as dw

SEED = 0


def median_seconds(run: Callable[[], object], repeats: int) -> float:
    run()
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def large_permutation_automaton(rng: np.random.Generator) -> dict:
    """1,000 states, 4 random permutations: compile and certify once, from nothing."""
    dfa = dw.DFA(np.stack([rng.permutation(1000) for _ in range(4)], axis=1), 0, [0], "abcd")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin = time.perf_counter()
    net = dw.compile(dfa)
    compiled = time.perf_counter()
    certificate = dw.certify(net, dfa)
    done = time.perf_counter()
    assert certificate.holds
    assert certificate.grade == 1
    return {
        "what": "compile and certify, permutation automaton, 1000 states, 4 letters",
        "compile_s": round(compiled - begin, 2),
        "certify_s": round(done - compiled, 2),
        "n_h": net.plan.layers[0].n_h,
        "parameters": net.plan.parameters,
        "peak_memory_MB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "memory_before_MB": round(before / 1024),
    }


def small_machine(name: str, rng: np.random.Generator) -> dict:
    """Compile, certify, one word of 20 letters, and a batch of 256 words of 128 letters."""
    dfa = dw.languages.get(name)
    begin = time.perf_counter()
    net = dw.compile(dfa)
    compile_s = time.perf_counter() - begin
    certify_s = median_seconds(lambda: dw.certify(net, dfa), 3)
    word = [dfa.alphabet[a] for a in rng.integers(0, dfa.n_letters, 20)]
    tokens = rng.integers(0, dfa.n_letters, (256, 128))
    batch = torch.from_numpy(tokens)
    with torch.no_grad():
        assert (net(batch).argmax(-1).numpy() == dfa.run(tokens)[:, 1:]).all()
        batch_s = median_seconds(lambda: net(batch), 3)
    return {
        "what": name,
        "states": dfa.n_states,
        "n_h": net.plan.layers[0].n_h,
        "compile_ms": round(1e3 * compile_s, 2),
        "certify_ms": round(1e3 * certify_s, 2),
        "accepts_20_letters_ms": round(1e3 * median_seconds(lambda: net.accepts(word), 20), 2),
        "dfa_accepts_20_letters_us": round(1e6 * median_seconds(lambda: dfa.accepts(word), 200), 2),
        "batch_tokens_per_s": round(tokens.size / batch_s),
        "dfa_batch_tokens_per_s": round(tokens.size / median_seconds(lambda: dfa.run(tokens), 5)),
    }


def main() -> None:
    rng = np.random.default_rng(SEED)
    torch.set_num_threads(1)
    rows = [large_permutation_automaton(rng)]
    rows += [small_machine(name, rng) for name in ("parity", "mod_3", "S_3", "S_5", "permutation_reset_3", "dyck_1_depth_3")]
    for row in rows:
        print(row)
    print("written to", record("networks", rows, seed=SEED).name)


if __name__ == "__main__":
    main()
