"""What eigenvalues in [−1, 1] and more steps a token cost: tokens a second in training and in decoding, on the GPU at hand.

    python bench/training_cost.py                    writes bench/results/training_cost.json, anew after every row
    python bench/training_cost.py --what layer       rows of this kind again (--n-h 1 2: of those layers); the other rows stay if
                                                     device and versions are the same. Several such calls may run at a time.
    python bench/training_cost.py --rehearse FOLDER  small sizes, on a CPU too; the file goes to FOLDER

Ranges      Mamba-style and DeltaNet models in [0, 1] and in [−1, 1], side by side in one run, and all of it twice: what differs between
            equal rows is noise.
Steps       DeltaProduct n_h = 1 … 4: our layer, and flash-linear-attention's layer of the same size where fla is installed.
Trained     one network of every run of grids/groups.toml, of the shape that is trained there; bench/accuracy_cost.py puts its accuracy
            beside.
Method      bfloat16 autocast, forward + backward + AdamW on a fixed batch, CUDA events, median of 20; decoding is one token for 64
            words after the state of 16, replayed in a CUDA graph (fla's layer is not decoded).
            On Hopper fla's gated backward asks for Triton 3.7.1 or for tilelang, and refuses without: a row that failed.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from parts import record_part
from record import record
from torch import nn

from deltaword.nets.models.mixers import mixer
from deltaword.nets.models.sequence_model import ModelConfig, SequenceModel
from deltaword.nets.training import RunConfig, read_grid
from deltaword.nets.training.stack import build

SEED = 0
DECODED = 64  # words
GRID = Path(__file__).parent.parent / "grids" / "groups.toml"
KINDS, STEPS = ("trained", "range", "layer"), (1, 2, 3, 4)
Row = dict[str, Any]


@dataclass(frozen=True)
class Sizes:
    """(words, letters) of a batch, and the widths of what is no run of a grid."""

    ranges: tuple[int, int] = (16, 2048)
    layer: tuple[int, int] = (8, 2048)
    trained: tuple[int, int] = (2048, 128)
    d_model: int = 512
    layers: int = 4
    d_layer: int = 1024
    repeats: int = 20


SMALL = Sizes(ranges=(2, 16), layer=(2, 16), trained=(2, 16), d_model=16, layers=1, d_layer=32, repeats=2)


@dataclass(frozen=True)
class Clock:
    """Times calls on a device; `sizes.repeats` of them, after a few that compile."""

    device: torch.device
    sizes: Sizes

    def median_ms(self, call: Callable[[], object]) -> float:
        for _ in range(5 if self.device.type == "cuda" else 1):
            call()
        if self.device.type != "cuda":
            return statistics.median(self.seconds(call) for _ in range(self.sizes.repeats)) * 1e3
        events = []
        for _ in range(self.sizes.repeats):
            begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            begin.record()
            call()
            end.record()
            events.append((begin, end))
        torch.cuda.synchronize()
        return statistics.median(begin.elapsed_time(end) for begin, end in events)

    @staticmethod
    def seconds(call: Callable[[], object]) -> float:
        begin = perf_counter()
        call()
        return perf_counter() - begin

    def autocast(self, **options: Any) -> torch.autocast:
        """bfloat16 on a GPU; a CPU computes in float32."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda", **options)

    def captured(self, call: Callable[[], object]) -> Callable[[], object]:
        """What `call` launches, as a CUDA graph; on a CPU the call itself."""
        if self.device.type != "cuda":
            return call
        for _ in range(3):
            call()
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            call()
        return graph.replay


def training_step(clock: Clock, model: nn.Module, loss_of: Callable[[], torch.Tensor]) -> Callable[[], None]:
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)

    def step() -> None:
        with clock.autocast():
            loss = loss_of()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()

    return step


def model_row(clock: Clock, row: Row, config: ModelConfig, range_: str, batch: tuple[int, int]) -> Row:
    """Training and decoding of one network."""
    model = SequenceModel(config, [range_], [SEED]).to(clock.device)
    tokens = torch.randint(config.letters, (1, *batch), device=clock.device)
    targets = tokens.flatten() % config.classes
    ms = clock.median_ms(training_step(clock, model, lambda: nn.functional.cross_entropy(model(tokens).flatten(0, 2), targets)))
    shape = asdict(config)
    row = row | {"range": range_, **shape.pop("options"), **shape, "parameters": sum(p.numel() for p in model.parameters())}
    row |= {"B": batch[0], "T": batch[1], "train_ms": round(ms, 3), "train_tokens_per_s": round(batch[0] * batch[1] / ms * 1e3)}
    return row | decode_row(clock, model, config)


def decode_row(clock: Clock, model: SequenceModel, config: ModelConfig) -> Row:
    with torch.inference_mode(), clock.autocast(cache_enabled=False):
        _, state = model.run(torch.randint(config.letters, (1, DECODED, 16), device=clock.device))
        token = torch.randint(config.letters, (1, DECODED, 1), device=clock.device)
        ms = clock.median_ms(clock.captured(lambda: model.run(token, state)))
    return {"decode_us": round(ms * 1e3, 1), "decode_tokens_per_s": round(DECODED / ms * 1e3)}


def layer_row(clock: Clock, row: Row, who: str, n_h: int, heads: int = 8) -> Row:
    """A gated layer with a short convolution, forward + backward, of the same size from both libraries."""
    (B, T), d = clock.sizes.layer, clock.sizes.d_layer
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
        ).to(clock.device)
        x = torch.randn(B, T, d, device=clock.device, dtype=torch.bfloat16, requires_grad=True)
        loss_of = lambda: layer(x)[0].float().square().mean()  # noqa: E731
    else:
        layer = mixer("gated_deltaproduct")(1, d, torch.tensor([-1.0]), heads=heads, n_h=n_h, conv=4).to(clock.device)
        precise = torch.bfloat16 if clock.device.type == "cuda" else torch.float32
        x = torch.randn(1, B, T, d, device=clock.device, dtype=precise, requires_grad=True)
        loss_of = lambda: layer(x).float().square().mean()  # noqa: E731
        for p in layer.parameters():
            if p.dim() > 1:
                nn.init.normal_(p, std=d**-0.5)

    def step() -> None:
        with clock.autocast():
            loss = loss_of()
        loss.backward()
        layer.zero_grad()

    ms = clock.median_ms(step)
    row = row | {"B": B, "T": T, "d_model": d, "heads": heads, "parameters": sum(p.numel() for p in layer.parameters())}
    return row | {"fwd_bwd_ms": round(ms, 3), "tokens_per_s": round(B * T / ms * 1e3)}


def trained_row(clock: Clock, row: Row, config: RunConfig) -> Row:
    """One network of a run, of the stack's alphabet."""
    return model_row(clock, row, build(config).model.config, config.ranges[0], clock.sizes.trained)


Job = tuple[Row, Callable[[Clock, Row], Row]]


def jobs(sizes: Sizes, grid: Path) -> list[Job]:
    """What is to be timed, and how: what one figure needs first, so that an end before the end leaves it."""
    found: list[Job] = []
    for name, config in read_grid(grid).items():
        row = {"what": "trained", "run": name, "tasks": list(config.tasks)}
        found.append((row, lambda clock, row, config=config: trained_row(clock, row, config)))
    for name, options in (("mamba", {}), ("deltanet", {"heads": 8, "conv": 4})) * 2:
        for range_ in ("0,1", "-1,1"):
            config = ModelConfig(256, 256, sizes.d_model, sizes.layers, name, options)
            row = {"what": "range", "mixer": name, "range": range_}
            found.append(
                (row, lambda clock, row, c=config, r=range_: model_row(clock, row, c, r, clock.sizes.ranges)),
            )
    for who in ("ours", "fla"):  # whose first call of each n_h tunes for minutes
        for n_h in STEPS:
            row = {"what": "layer", "who": who, "n_h": n_h}
            found.append((row, lambda clock, row, w=who, n=n_h: layer_row(clock, row, w, n)))
    return found


def wanted(row: Row, what: list[str], n_h: list[int]) -> bool:
    """Whether what the row is for was asked for, and can be measured here."""
    if row["what"] == "layer" and (row["n_h"] not in n_h or (row["who"] == "fla" and not find_spec("fla"))):
        return False
    return row["what"] in what


def attempt(clock: Clock, row: Row, job: Callable[[Clock, Row], Row]) -> Row:
    """A failure is a row of its own, so that one library's does not lose the others' times."""
    try:
        return job(clock, row)
    except Exception as problem:
        return row | {"failed": f"{type(problem).__name__}: {problem}"[:300]}
    finally:
        torch.cuda.empty_cache()


def main(arguments: list[str] | None = None) -> None:
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument("--rehearse", type=Path, help="small sizes, results to this folder")
    parse.add_argument("--grid", type=Path, default=GRID, help="whose runs are timed")
    parse.add_argument("--what", nargs="+", choices=KINDS, default=[*KINDS], help="these rows only; the others stay")
    parse.add_argument("--n-h", nargs="+", type=int, choices=STEPS, default=[*STEPS], help="of the layers' rows, these only")
    given = parse.parse_args(arguments)
    if not torch.cuda.is_available() and not given.rehearse:
        print("no CUDA device here; --rehearse FOLDER runs anywhere")
        return
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    name = torch.cuda.get_device_name() if device.type == "cuda" else "cpu"
    clock = Clock(device, SMALL if given.rehearse else Sizes())
    place = str(given.rehearse.resolve() / "training_cost") if given.rehearse else "training_cost"
    torch.manual_seed(SEED)
    rows: list[Row] = []
    every = jobs(clock.sizes, given.grid)
    labels = [row for row, _ in every]
    chosen = [(row, job) for row, job in every if wanted(row, given.what, given.n_h)]
    part = set(given.what) < set(KINDS) or set(given.n_h) < set(STEPS)
    options: dict[str, Any] = {"seed": SEED, "libraries": ("triton", "flash-linear-attention", "tilelang"), "device": name}
    for row, job in chosen:
        rows.append(attempt(clock, row, job))
        print(rows[-1], flush=True)
        path = record_part(place, rows, labels, **options) if part else record(place, rows, **options)
    print(path)


if __name__ == "__main__":
    main()
