"""What eigenvalues in [−1, 1] and more steps a token cost: tokens a second in training and in decoding, on the GPU at hand.

    python bench/training_cost.py            writes bench/results/training_cost.json

Ranges      Mamba-style and DeltaNet models in [0, 1] and in [−1, 1], side by side in one run.
Steps       DeltaProduct n_h = 1 … 4: our layer, and flash-linear-attention's layer of the same size where fla is installed.
State       the models of the results on groups (grids/groups.toml, one layer), for accuracy against speed.
Method      bfloat16 autocast, forward + backward + AdamW on a fixed batch, CUDA events, median of 20; decoding is one token for 64
            words after the state of 16, replayed in a CUDA graph (fla's layer is not decoded).
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import torch
from record import record
from torch import nn

from deltaword.nets.models.mixers import mixer
from deltaword.nets.models.sequence_model import ModelConfig, SequenceModel

SEED = 0
Row = dict[str, Any]


def median_ms(f: Callable[[], object], repeats: int = 20) -> float:
    for _ in range(5):
        f()
    events = []
    for _ in range(repeats):
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        f()
        end.record()
        events.append((begin, end))
    torch.cuda.synchronize()
    return statistics.median(begin.elapsed_time(end) for begin, end in events)


def training_step(model: nn.Module, call: Callable[[], torch.Tensor]) -> Callable[[], None]:
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)

    def step() -> None:
        with torch.autocast("cuda", torch.bfloat16):
            loss = call()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()

    return step


def model_row(what: str, config: ModelConfig, range_: str, rows: int, length: int) -> Row:
    model = SequenceModel(config, [range_], [SEED]).cuda()
    tokens = torch.randint(config.letters, (1, rows, length), device="cuda")
    targets = tokens.flatten() % config.classes
    ms = median_ms(training_step(model, lambda: nn.functional.cross_entropy(model(tokens).flatten(0, 2), targets)))
    row = {"what": what, "mixer": config.mixer, "range": range_, **config.options, "d_model": config.d_model}
    row |= {"layers": config.layers, "B": rows, "T": length, "train_ms": round(ms, 3)}
    row |= {"parameters": sum(p.numel() for p in model.parameters()), "train_tokens_per_s": round(rows * length / ms * 1e3)}
    return row | decode_row(model, config)


def decode_row(model: SequenceModel, config: ModelConfig, rows: int = 64) -> Row:
    with torch.inference_mode(), torch.autocast("cuda", torch.bfloat16, cache_enabled=False):
        _, state = model.run(torch.randint(config.letters, (1, rows, 16), device="cuda"))
        token = torch.randint(config.letters, (1, rows, 1), device="cuda")
        for _ in range(3):
            model.run(token, state)
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            model.run(token, state)
        ms = median_ms(graph.replay, 50)
    return {"decode_us": round(ms * 1e3, 1), "decode_tokens_per_s": round(rows / ms * 1e3)}


def layer_row(who: str, n_h: int, B: int = 8, T: int = 2048, d: int = 1024, heads: int = 8) -> Row:
    """A gated layer with a short convolution, forward + backward, of the same size from both libraries."""
    if who == "fla":
        from fla.layers import GatedDeltaProduct  # pyright: ignore[reportMissingImports]

        layer = GatedDeltaProduct(
            hidden_size=d,
            head_dim=d // heads,
            num_heads=heads,
            expand_v=1,
            num_householder=n_h,
            allow_neg_eigval=True,
            use_output_gate=False,
        )
        layer = layer.cuda()
        x = torch.randn(B, T, d, device="cuda", dtype=torch.bfloat16, requires_grad=True)
        call = lambda: layer(x)[0].float().square().mean()  # noqa: E731
    else:
        layer = mixer("gated_deltaproduct")(1, d, torch.tensor([-1.0]), heads=heads, n_h=n_h, conv=4).cuda()
        x = torch.randn(1, B, T, d, device="cuda", dtype=torch.bfloat16, requires_grad=True)
        call = lambda: layer(x).float().square().mean()  # noqa: E731
    for p in layer.parameters():
        if p.dim() > 1 and who != "fla":
            nn.init.normal_(p, std=d**-0.5)

    def step() -> None:
        with torch.autocast("cuda", torch.bfloat16):
            loss = call()
        loss.backward()
        layer.zero_grad()

    ms = median_ms(step)
    return {
        "what": "layer", "who": who, "n_h": n_h, "B": B, "T": T, "d_model": d, "heads": heads,
        "parameters": sum(p.numel() for p in layer.parameters()), "fwd_bwd_ms": round(ms, 3), "tokens_per_s": round(B * T / ms * 1e3),
    }  # fmt: skip


def attempt(rows: list[Row], what: Row, make: Callable[[], Row]) -> None:
    """A failure is a row of its own, so that one library's does not lose the others' times."""
    try:
        rows.append(make())
    except Exception as problem:
        rows.append(what | {"failed": f"{type(problem).__name__}: {problem}"[:300]})
    print(rows[-1], flush=True)
    torch.cuda.empty_cache()


def main() -> None:
    if not torch.cuda.is_available():
        sys.exit("no CUDA device here")
    torch.manual_seed(SEED)
    rows: list[Row] = []
    for name, options in (("mamba", {}), ("deltanet", {"heads": 8, "conv": 4})):
        for range_ in ("0,1", "-1,1", "0,1", "-1,1"):  # twice: what differs between equal rows is noise
            config = ModelConfig(256, 256, 512, 4, name, options)
            attempt(
                rows,
                {"what": "range", "mixer": name, "range": range_},
                lambda c=config, r=range_: model_row("range", c, r, 16, 2048),
            )
    for n_h in (1, 2, 3, 4):
        for who in ("ours", "fla") if find_spec("fla") else ("ours",):
            attempt(rows, {"what": "layer", "who": who, "n_h": n_h}, lambda w=who, n=n_h: layer_row(w, n))
        config = ModelConfig(120, 120, 128, 1, "deltaproduct", {"heads": 8, "head_dim": 32, "n_h": n_h})
        attempt(
            rows, {"what": "state tracking", "n_h": n_h}, lambda c=config: model_row("state tracking", c, "-1,1", 2048, 128)
        )
    print(
        record(
            "training_cost",
            rows,
            seed=SEED,
            libraries=("triton", "flash-linear-attention"),
            device=torch.cuda.get_device_name(),
        )
    )


if __name__ == "__main__":
    main()
