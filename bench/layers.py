"""How many layers machines take: beside the levels of their holonomy decomposition and beside the lower bound.

    python bench/layers.py

gallery     every named machine
patterns    twenty-two from real life: identifiers, numbers, dates, e-mail-like, quoted strings, comments …
three       all machines of 3 states and 2 letters, up to renaming
random      200 machines of 4–8 states with 2–3 letters
Every network is certified, in float32; the first that is not of grade 1 for all lengths stops the run with its machine.
"""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import torch
from record import record
from rich.progress import track

import deltaword as dw
from deltaword.automata.random_machines import random_dfa

SEED, SECONDS = 0, 6.0
PRINTABLE = [chr(c) for c in range(32, 127)] + ["\n"]
PATTERNS = {
    "identifier": r"[A-Za-z_][A-Za-z0-9_]*",
    "integer": r"[+-]?(0|[1-9][0-9]*)",
    "decimal number": r"[+-]?[0-9]+(\.[0-9]+)?",
    "floating-point number": r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?",
    "hexadecimal number": r"0[xX][0-9a-fA-F]+",
    "date": r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])",
    "time": r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?",
    "date and time": r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})",
    "e-mail-like": r"[a-z0-9._+-]+@[a-z0-9-]+(\.[a-z0-9-]+)+",
    "IPv4 address": r"((25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\.){3}(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])",
    "quoted string": r'"([^"\\]|\\.)*"',
    "C comment": r"/\*([^*]|\*+[^*/])*\*+/",
    "line comment": r"//[^\n]*\n?",
    "URL": r"https?://[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._/-]*)?",
    "colour": r"#([0-9a-f]{3}|[0-9a-f]{6})",
    "version": r"v?[0-9]+\.[0-9]+\.[0-9]+(-[a-z0-9]+)?",
    "telephone number": r"(\+[0-9]{1,3} )?\(?[0-9]{3}\)?[ -]?[0-9]{3}-[0-9]{4}",
    "UUID": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "CSV line": r'([^,"\n]*|"([^"]|"")*")(,([^,"\n]*|"([^"]|"")*"))*',
    "Roman numeral": r"M{0,3}(CM|CD|D?C{0,3})(XC|XL|L?X{0,3})(IX|IV|V?I{0,3})",
    "sum of money": r"\$[1-9][0-9]{0,2}(,[0-9]{3})*(\.[0-9]{2})?",
    "XML tag": r"<[a-z]+( [a-z]+=\"[^\"<]*\")*/?>",
}


def measure(what: str, name: str, dfa: dw.DFA) -> dict[str, Any]:
    """Compile and certify one machine."""
    begin = time.perf_counter()
    net = dw.compile(dfa, seconds=SECONDS)
    compiled = time.perf_counter()
    certificate = dw.certify(net)
    proved = time.perf_counter()
    assert certificate.holds, (name, dfa.table.tolist(), certificate)
    assert (certificate.grade, certificate.scope) == (1, "all lengths"), (name, dfa.table.tolist(), certificate)
    bounds = net.plan.at_least
    return {
        "what": what,
        "name": name,
        "states": dfa.reachable().n_states,
        "letters": dfa.n_letters,
        "layers": len(net.plan.layers),
        "at_least": int(bounds[0].split()[2]) if bounds else 1,
        "holonomy_levels": levels(dfa),
        "n_h": max(layer.n_h for layer in net.plan.layers),
        "parameters": net.plan.parameters,
        "exact_in": net.plan.exact_in,
        "tuples": certificate.pairs,
        "seconds_to_compile": round(compiled - begin, 2),
        "seconds_to_prove": round(proved - compiled, 2),
        "not_tried": net.plan.not_tried,
    }


def levels(dfa: dw.DFA) -> int | None:
    """Levels of the holonomy decomposition, None where it is too large."""
    try:
        return len(dfa.holonomy().levels)
    except dw.errors.TooLarge:
        return None


def of_three_states() -> Iterator[tuple[str, dw.DFA]]:
    """All machines of 3 states and 2 letters, all reachable, one for each class under renaming states and letters."""
    seen: set[tuple[tuple[int, ...], ...]] = set()
    for table in itertools.product(itertools.product(range(3), repeat=2), repeat=3):
        dfa = dw.DFA(table, 0, [], "ab")
        if dfa.reachable().n_states < 3 or table in seen:
            continue
        for names in ((0, 1, 2), (0, 2, 1)):
            for columns in ((0, 1), (1, 0)):
                new = [[0, 0] for _ in range(3)]
                for q in range(3):
                    new[names[q]] = [names[table[q][a]] for a in columns]
                seen.add(tuple(map(tuple, new)))
        yield str([list(row) for row in table]), dfa


def pattern(text: str) -> dw.DFA:
    return dw.DFA.from_regex(text, alphabet=PRINTABLE if "[^" in text or r"\\." in text else None)


def main() -> None:
    torch.set_num_threads(1)
    work = [("gallery", name, dw.languages.get(name)) for name in dw.languages.names()]
    work += [("pattern", name, pattern(text)) for name, text in PATTERNS.items()]
    work += [("three states", name, dfa) for name, dfa in of_three_states()]
    drawn = [(4 + i % 5, 2 + i // 5 % 2, SEED + i) for i in range(200)]
    work += [("random", f"random_dfa({n}, {k}, seed={seed})", random_dfa(n, k, seed=seed)) for n, k, seed in drawn]
    rows = [measure(*item) for item in track(work, "machines")]
    for what in ("gallery", "pattern", "three states", "random"):
        group = [row for row in rows if row["what"] == what]
        print(
            what,
            len(group),
            "machines; layers above the bound:",
            dict(Counter(r["layers"] - max(1, r["at_least"]) for r in group)),
        )
    print("written to", record("layers", rows, seed=SEED).name)


if __name__ == "__main__":
    main()
