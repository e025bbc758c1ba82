"""Constructed networks on the words that trained ones are evaluated on, up to 64 times their training lengths.

    python bench/constructed_results.py                    writes bench/results/trained/constructed.json

Tasks       those of the grids of results that have a machine which the compiler takes; else the reason is kept.
Words       the test words of the sweeps, 64 of each length (16 at 4096 and beyond); float32.
Accuracy    of all answers that are asked.  The certificate, which is kept beside, speaks of every word of any length.
"""

from __future__ import annotations

import time
from typing import Any

import torch
from record import record

from deltaword.nets.compare.constructed import class_scores, constructed
from deltaword.nets.tasks import task
from deltaword.nets.training.words import TEST

GROUPS = ("parity_every", "Z_3", "S_3", "D_4", "D_5", "S_4", "A_5", "S_5")
ARITHMETIC = ("parity", "mod_arithmetic", "mod_arithmetic_brackets")


@torch.no_grad()
def row_of(name: str, lengths: tuple[int, ...]) -> dict[str, Any]:
    asked = task(name)
    made = constructed(asked.dfa, seconds=60)
    row: dict[str, Any] = {"task": name, "says": made.says}
    if made.net is None:
        return row
    row |= {"layers": [str(layer) for layer in made.net.plan.layers], "parameters": made.net.plan.parameters, "accuracy": {}}
    classes, of_state = len(asked.classes), asked.class_of_state
    assert of_state is not None
    for length in lengths:
        right = total = 0
        for first in range(0, 64 if length < 4096 else 16, 4):
            tokens, targets = asked.batch(TEST, 0, range(first, first + 4), length)
            answers = class_scores(made.net(tokens), of_state, classes).argmax(-1)
            right += int(((answers == targets) & (targets >= 0)).sum())
            total += int((targets >= 0).sum())
        row["accuracy"][str(length)] = right / total
    return row


def main() -> None:
    rows = []
    for names, lengths in ((GROUPS, (128, 256, 512, 1024, 2048, 4096, 8192)), (ARITHMETIC, (40, 64, 128, 256))):
        for name in names:
            begin = time.perf_counter()
            rows.append(row_of(name, lengths))
            print(name, rows[-1].get("accuracy", rows[-1]["says"]), f"{time.perf_counter() - begin:.0f} s", flush=True)
    print(record("trained/constructed", rows, seed=TEST))


if __name__ == "__main__":
    main()
