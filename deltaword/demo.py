"""The demonstration behind `make demo`: three machines on the whole way, to disk and back."""

from __future__ import annotations

import time
from pathlib import Path

from .automata.dfa import DFA
from .automata.groups import symmetric
from .automata.languages import get
from .report import read_word, say, say_machine, say_word, working

PATTERN = "(.*r)?(aa|b)*"  # r resets: only what follows the last r counts, and there each a has its pair


def run(out: Path) -> bool:
    """Every stage, networks saved in folders of `out`. False when something did not come out right, which is said."""
    with working("loading torch"):
        import torch  # noqa: F401 - so that the time printed is the work's own
    begin = time.perf_counter()
    reset, s_3 = DFA.from_regex(PATTERN, alphabet="abr"), symmetric(3).word_problem()
    right = [
        stage(f"a regular expression with a reset: {PATTERN}", reset, ["", "aabaa", "aba", "abraa"], out / "reset"),
        stage("parity: an odd number of 1s", get("parity"), ["", "0110", "01101"], out / "parity"),
        stage(
            "the word problem of S_3: permutations that multiply to the identity",
            s_3,
            ["", "(0 1) (1 2)", "(0 1 2) (0 1 2) (0 1 2)", "(0 1) (1 2) (0 1) (1 2) (0 1) (1 2)"],
            out / "S_3",
        ),
    ]
    say(
        "done",
        f"{sum(right)} of {len(right)} networks are proved, saved and checked again; {time.perf_counter() - begin:.1f} s",
    )
    return all(right)


def stage(title: str, dfa: DFA, words: list[str], folder: Path) -> bool:
    """One machine: compiled and certified, saved, read back, run along some words, and its certificate checked from disk."""
    import deltaword as dw

    print(f"--- {title}")
    say_machine(dfa)
    net = dw.compile(dfa)
    print(net.plan)
    certificate = dw.certify(net, dfa)
    say("claim", certificate)
    if not certificate.holds:
        return False
    net.save(folder)
    certificate.save(folder / "certificate.json")
    say("saved", folder)

    saved, agree = dw.load(folder), True
    for word in (read_word(dfa, text) for text in words):
        states = saved.states(word)
        say_word(dfa, word, states)
        agree = agree and states == dfa.states(word)
    say("words", "network and machine visit the same states" if agree else "NETWORK AND MACHINE VISIT DIFFERENT STATES")
    true = dw.check(folder / "certificate.json", folder)
    say(
        "checked",
        "the certificate on disk is true of the weights on disk" if true else "THE CERTIFICATE IS FALSE OF THE WEIGHTS",
    )
    print()
    return agree and true
