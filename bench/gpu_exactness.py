"""Every machine of the gallery and the papers' constructions, run on a GPU in four formats and both key forms, beside the automaton.

Sequential recurrence in the format itself; chunked recurrence in float32 with every operand of a matrix product rounded to bfloat16.
Counts words whose states differ anywhere, in the formats that a plan calls exact: 0 is what the certificates promise.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

import numpy as np
import torch
from record import record

import deltaword as dw
from deltaword.kernels.chunked import chunked_recurrence
from deltaword.kernels.reference import recurrence
from deltaword.nets.fixed_layer import FixedDeltaProduct

SEED, WORDS, LETTERS = 0, 64, 256
FORMATS = {"bfloat16": torch.bfloat16, "float16": torch.float16, "float32": torch.float32, "float64": torch.float64}


def wrong_words(net: dw.Network, tokens: np.ndarray, device: str) -> int:
    named = net(torch.from_numpy(tokens).to(device)).argmax(-1).cpu().numpy()
    return int((named != net.dfa.run(tokens)[:, 1:]).any(axis=1).sum())


def chunked_equals_sequential(net: dw.Network, tokens: np.ndarray, device: str) -> bool:
    """Outputs and last state of every layer bit for bit, float32 with bfloat16 operands in the chunked form."""
    seen: list[tuple[FixedDeltaProduct, torch.Tensor]] = []
    hooks = [layer.register_forward_pre_hook(lambda layer, given: seen.append((layer, given[0]))) for layer in net.layers]
    net(torch.from_numpy(tokens).to(device))
    for hook in hooks:
        hook.remove()
    equal = []
    for layer, x in seen:
        inputs, start = layer.inputs(x), layer.start(len(x))
        one, other = recurrence(*inputs, start), chunked_recurrence(*inputs, start, operand=torch.bfloat16)
        equal += [torch.equal(a, b) for a, b in zip(one, other, strict=True)]
    return all(equal)


def networks() -> Iterator[tuple[str, str, dw.Network]]:
    """The gallery with both key forms, and the papers' constructions in whole numbers."""
    for name in dw.languages.names():
        for keys in ("raw", "unit"):
            yield name, keys, dw.compile(dw.languages.get(name), keys=keys, seconds=2)
    made = dw.constructions
    yield "counting modulo 12, two layers", "raw", made.counting(12, layers=2)
    yield "dihedral group D_12", "raw", made.dihedral(12)
    yield "S_3 in three layers", "raw", made.symmetric(3, layers=3)
    yield "S_3 in four layers", "raw", made.symmetric(3, layers=4)
    yield "S_4 in three layers", "raw", made.symmetric(4, layers=3)
    yield "S_5 in one layer", "raw", made.symmetric(5)


@torch.no_grad()
def main() -> None:
    device = sys.argv[1] if len(sys.argv) > 1 else "cuda"
    if device == "cuda" and not torch.cuda.is_available():
        print("no CUDA device; `python bench/gpu_exactness.py cpu` runs it here")
        return
    rng = np.random.default_rng(SEED)
    rows = []
    for name, keys, net in networks():
        net = net.to(device)
        tokens = rng.integers(0, net.dfa.n_letters, (WORDS, LETTERS))
        begin = time.perf_counter()
        row = {
            "machine": name,
            "keys": keys,
            "layers": len(net.plan.layers),
            "n_h": max(layer.n_h for layer in net.plan.layers),
        }
        row |= {"words": WORDS, "letters": LETTERS}
        row["chunked_bf16_operands_equal_sequential"] = chunked_equals_sequential(net, tokens, device)
        for form, dtype in FORMATS.items():
            if form in net.plan.exact_in:
                row[f"wrong_words_{form}"] = wrong_words(net.to(dtype), tokens, device)
        row["seconds"] = round(time.perf_counter() - begin, 2)
        rows.append(row)
        print(row, flush=True)
    where = torch.cuda.get_device_name() if device == "cuda" else device
    print("written to", record("gpu_exactness", rows, seed=SEED, device=where).name)


if __name__ == "__main__":
    main()
