"""From a pattern to a minimal automaton, beside automata-lib and interegular; every answer is checked against `re.fullmatch`.

A library is timed from the text of the pattern to its minimal automaton, also where its answers turn out wrong (automata-lib has
its own syntax, in which a few of these patterns mean something else): `right` says so, and medians are over the patterns that
all three get right. A run that takes longer than TIMEOUT seconds is stopped.
"""

from __future__ import annotations

import itertools
import random
import re
import signal
import statistics
import time
from collections.abc import Callable
from typing import Any

import interegular
from automata.fa.dfa import DFA as AutomataLib
from automata.fa.nfa import NFA
from record import record

import deltaword as dw

SEED = 0
TIMEOUT = 30
WORDS = 500
LOWER, DIGITS = "abcdefghijklmnopqrstuvwxyz", "0123456789"

BACKTRACKING = {"(a*)*b|(a?b?)*c": 12, "(a?){12}a{12}": 26}  # the longest words that `re` itself can check in reasonable time
PATTERNS = [  # with the alphabet
    ("(ab|ba)*", "ab"),
    ("a*b*", "ab"),
    ("(a|b)*abb", "ab"),
    ("(aa|bb|(ab|ba)(aa|bb)*(ab|ba))*", "ab"),
    ("(b|ab*a)*", "ab"),
    ("[]a]", "]ab"),
    ("a+?b", "ab"),
    ("^ab+$", "ab"),
    ("a|", "ab"),
    ("(a*)*b|(a?b?)*c", "abc"),
    ("(0|1(01*0)*1)*", "01"),
    ("a{3,5}(b|c){2,}", "abc"),
    ("(a?){12}a{12}", "ab"),
    ("a{200}", "ab"),
    (r"[a-z]+@[a-z]+\.(com|org|net)", LOWER + "@."),
    (r"\d{3}-\d{4}", DIGITS + "-"),
    (r"(\d{1,3}\.){3}\d{1,3}", DIGITS + "."),
    ("(if|else|while|for|return|int|float|char)[a-z]*", LOWER),
    ("(.*a.*b.*c.*|.*c.*b.*a.*)", "abcd"),
    ("(a|b)*a(a|b){5}", "ab"),
    ("(a|b)*a(a|b){9}", "ab"),
    ("(a|b)*a(a|b){12}", "ab"),
]


def ours(pattern: str, alphabet: str) -> tuple[int, Callable[[str], bool]]:
    dfa = dw.DFA.from_regex(pattern, alphabet)
    return dfa.n_states, dfa.accepts


def automata_lib(pattern: str, alphabet: str) -> tuple[int, Callable[[str], bool]]:
    dfa = AutomataLib.from_nfa(NFA.from_regex(pattern, input_symbols=set(alphabet)))
    return len(dfa.states), dfa.accepts_input


def interegular_(pattern: str, alphabet: str) -> tuple[int, Callable[[str], bool]]:
    fsm = interegular.parse_pattern(pattern).to_fsm().reduce()
    return len(fsm.states), fsm.accepts


LIBRARIES = {"deltaword": ours, "automata-lib": automata_lib, "interegular": interegular_}


def words(pattern: str, alphabet: str, rng: random.Random) -> list[str]:
    """Short words, random ones, and words near a match: single letters changed in words that match."""
    drawn = ["".join(word) for n in range(4) for word in itertools.islice(itertools.product(alphabet, repeat=n), 60)]
    drawn += ["".join(rng.choices(alphabet, k=rng.randrange(20))) for _ in range(WORDS)]
    seeds = [
        "a" * 200,
        "b" * 3 + "a" * 10,
        "a" * 25,
        "xy@zz.com",
        "123-4567",
        "10.2.33.255",
        "whilex",
        "if",
        "aaabbcc",
        "dacbda",
    ]
    for word in seeds:
        word = "".join(letter for letter in word if letter in alphabet)
        drawn += [word, word[1:], word[:-1]]
        drawn += [word[:i] + rng.choice(alphabet) + word[i + 1 :] for i in range(0, len(word), max(1, len(word) // 10))]
    return [word[: BACKTRACKING.get(pattern, 200)] for word in drawn]


class TooSlow(Exception):
    pass


def stop(*_: Any) -> None:
    raise TooSlow


def measured(
    build: Callable[[str, str], tuple[int, Callable[[str], bool]]], pattern: str, alphabet: str, check: list[str]
) -> dict:
    """The median time of a build (of one build, where that takes a second), its states, and whether its answers are right."""
    signal.alarm(TIMEOUT)
    try:
        times: list[float] = []
        while not times or (sum(times) < 0.5 and len(times) < 200):
            begin = time.perf_counter()
            states, accepts = build(pattern, alphabet)
            times.append(time.perf_counter() - begin)
        signal.alarm(0)
    except TooSlow:
        return {"seconds": None, "right": None, "note": f"stopped after {TIMEOUT} s"}
    except Exception as error:
        return {"seconds": None, "right": None, "note": f"refused: {type(error).__name__} {error}"[:120]}
    finally:
        signal.alarm(0)
    wrong = next((word for word in check if accepts(word) != bool(re.fullmatch(pattern, word))), None)
    row: dict[str, Any] = {"seconds": float(f"{statistics.median(times):.3g}"), "states": states, "right": wrong is None}
    return row if wrong is None else {**row, "note": f"wrong on {wrong!r}"}


def main() -> None:
    signal.signal(signal.SIGALRM, stop)
    rng = random.Random(SEED)
    rows = []
    for pattern, alphabet in PATTERNS:
        check = words(pattern, alphabet, rng)
        row = {library: measured(build, pattern, alphabet, check) for library, build in LIBRARIES.items()}
        assert row["deltaword"]["right"], (pattern, row)
        rows.append({"pattern": pattern, "letters": len(alphabet), "checked_words": len(check), **row})
        print(
            f"{pattern[:40]:42}",
            *(f"{name} {row[name]['seconds']} s {row[name].get('note', '')}" for name in LIBRARIES),
            sep="  ",
        )
    common = [row for row in rows if all(row[library]["right"] for library in LIBRARIES)]
    medians = {library: statistics.median(row[library]["seconds"] for row in common) for library in LIBRARIES}
    rows.append({"pattern": f"median over the {len(common)} patterns that all get right", **medians})
    print(rows[-1])
    print(record("patterns", rows, seed=SEED, libraries=("automata-lib", "interegular")).name)


if __name__ == "__main__":
    main()
