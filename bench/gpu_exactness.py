"""Every machine of the gallery that compiles, run on a GPU in four formats and both key forms, beside the automaton.

Sequential recurrence in the format itself; chunked recurrence in float32 with every operand of a matrix product rounded to bfloat16.
Counts words whose states differ anywhere: 0 is what the certificates promise.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import torch
from record import record

import deltaword as dw
from deltaword.kernels.chunked import chunked_recurrence
from deltaword.kernels.reference import recurrence

SEED, WORDS, LETTERS = 0, 64, 512
FORMATS = {"bfloat16": torch.bfloat16, "float16": torch.float16, "float32": torch.float32, "float64": torch.float64}


def wrong_words(net: dw.Network, tokens: np.ndarray, device: str) -> int:
    named = net(torch.from_numpy(tokens).to(device)).argmax(-1).cpu().numpy()
    return int((named != net.dfa.run(tokens)[:, 1:]).any(axis=1).sum())


def chunked_equals_sequential(net: dw.Network, tokens: np.ndarray, device: str) -> bool:
    """Outputs and last state bit for bit, float32 with bfloat16 operands in the chunked form."""
    layer = net.layer
    inputs = layer.inputs(net.embedding(torch.from_numpy(tokens).to(device)))
    start = layer.start(len(tokens))
    one, other = recurrence(*inputs, start), chunked_recurrence(*inputs, start, operand=torch.bfloat16)
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


@torch.no_grad()
def main() -> None:
    device = sys.argv[1] if len(sys.argv) > 1 else "cuda"
    if device == "cuda" and not torch.cuda.is_available():
        print("no CUDA device; `python bench/gpu_exactness.py cpu` runs it here")
        return
    rng = np.random.default_rng(SEED)
    rows = []
    for name in dw.languages.names():
        dfa = dw.languages.get(name)
        for keys in ("raw", "unit"):
            try:
                net = dw.compile(dfa, keys=keys).to(device)
            except dw.errors.NotCompilable:
                continue
            tokens = rng.integers(0, dfa.n_letters, (WORDS, LETTERS))
            begin = time.perf_counter()
            row = {"machine": name, "keys": keys, "n_h": net.plan.layers[0].n_h, "words": WORDS, "letters": LETTERS}
            row["chunked_bf16_operands_equal_sequential"] = chunked_equals_sequential(net, tokens, device)
            for form, dtype in FORMATS.items():
                row[f"wrong_words_{form}"] = wrong_words(net.to(dtype), tokens, device)
            row["seconds"] = round(time.perf_counter() - begin, 2)
            rows.append(row)
            print(row, flush=True)
    where = torch.cuda.get_device_name() if device == "cuda" else device
    print("written to", record("gpu_exactness", rows, seed=SEED, device=where).name)


if __name__ == "__main__":
    main()
