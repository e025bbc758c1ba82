"""What trained networks of groups compute, and whether their heads turn a solid to do it.

    python bench/rotations.py RUN      of a run with its weights, one layer without a convolution, tasks S_4 and A_5: writes
                                       bench/results/rotations.json and .svg in some minutes;  --out for another folder

automaton   of each network, by L* (deltaword extract): states, whether it is the task's minimal one, whether the learner had finished,
            and the shortest word met on which the network fails.
head        of each: what its letters' matrices A in S ← A S + B do to the three directions that they move most, W, the first principal
            directions of all I − A and their transposes.
in three    the share of that (of the squares) which lies in W; a solid's rotations move nothing else.
apart       ‖Wᵀ A_y W · Wᵀ A_x W − Wᵀ A_z W‖₂ for z = x·y, of all pairs of letters the most, and the median: 0 for a representation, up
            to 2 for any other matrices.
degrees     by how much each letter turns, the argument of the eigenvalue of A that differs most from 1; and by how much at most that is
            off the cube's (S_4: transpositions and pairs of them 180°, 3-cycles 120°, 4-cycles 90°) or the icosahedron's (A_5: pairs
            180°, 3-cycles 120°, 5-cycles 72° or 144°).  The identity is left out: the solid's
            turns nothing; in eight of the nine heads that turn a solid it moves a direction outside W, by more than 150°.
shrinks     1 − the smallest singular value of any Wᵀ A W: what one letter can take of a state in W.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import numpy.typing as npt
import torch
from matplotlib.lines import Line2D
from record import RESULTS, record

from deltaword.automata.files import write_bytes
from deltaword.nets.extract import extract_run
from deltaword.nets.plots.style import CONSTRUCTED, LOOK, OUTSIDE_LOWER, SCALE, VERMILION, Picture, drawn
from deltaword.nets.training import Run, load_run

Floats = npt.NDArray[np.float64]
Row = dict[str, Any]
TURNS = {
    "S_4": {"2": (180.0,), "2+2": (180.0,), "3": (120.0,), "4": (90.0,)},
    "A_5": {"2+2": (180.0,), "3": (120.0,), "5": (72.0, 144.0)},
}
NEARLY_ALL = 0.9  # in three: a head is drawn apart from the others


@dataclass(frozen=True)
class Letters:
    """Of a group's word problem: products z = x·y as letters [n, n], and the cycle type of each letter, "" for the identity."""

    products: npt.NDArray[np.int64]
    cycles: list[str]

    @classmethod
    def of(cls, task: Any) -> Letters:
        n = len(task.letters)
        after = task.dfa.run(np.arange(n)[:, None])[:, -1]
        letter = np.argsort(after)  # all states, each by one letter
        pairs = np.stack(np.meshgrid(np.arange(n), np.arange(n), indexing="ij"), axis=-1).reshape(-1, 2)
        lengths = [[len(cycle.split()) for cycle in name.strip("()").split(")(")] for name in task.letters]
        cycles = ["+".join(str(k) for k in sorted(each, reverse=True) if k > 0) for each in lengths]
        return cls(letter[task.dfa.run(pairs)[:, -1]].reshape(n, n), cycles)


@torch.no_grad()
def matrices(run: Run) -> Floats:
    """[R, letters, H, K, K]."""
    config, replicas = run.config, len(run.replicas)
    if config.layers > 1 or config.options.get("conv"):
        sys.exit("a letter has one matrix only in a network of one layer without a convolution")
    most = max(len(task.letters) for task in run.tasks.values())
    x = next(iter(run.model.mixer_inputs(torch.arange(most)[None, :, None].expand(replicas, -1, -1))))
    mixer: Any = run.model.blocks[0].mixer  # pyright: ignore[reportAttributeAccessIssue]
    return mixer.transition_matrices(x)[:, :, 1].double().numpy()


def head_row(A: Floats, letters: Letters, turns: dict[str, tuple[float, ...]]) -> Row:
    """A [n, K, K] of one head."""
    K = A.shape[-1]
    moved = np.eye(K) - A
    _, sizes, rows = np.linalg.svd(np.concatenate([moved, moved.transpose(0, 2, 1)]).reshape(-1, K))
    inside = np.einsum("ik,nkl,jl->nij", rows[:3], A, rows[:3])
    apart = np.linalg.norm(inside[None] @ inside[:, None] - inside[letters.products], ord=2, axis=(2, 3))
    angles = degrees(A)
    off = [
        min(abs(angle - turn) for turn in turns[cycle]) for angle, cycle in zip(angles, letters.cycles, strict=True) if cycle
    ]
    return {
        "in_three": round(float((sizes[:3] ** 2).sum() / (sizes**2).sum()), 4),
        "apart": round(float(apart.max()), 4),
        "apart_median": round(float(np.median(apart)), 4),
        "degrees_off": round(float(max(off)), 2),
        "shrinks": round(float(1 - np.linalg.svd(inside, compute_uv=False).min()), 4),
        "degrees": [round(float(angle), 1) for angle in angles],
    }


def degrees(A: Floats) -> Floats:
    values = np.linalg.eigvals(A)
    farthest = np.take_along_axis(values, np.argmax(abs(values - 1), axis=-1)[:, None], axis=-1)[:, 0]
    return np.degrees(abs(np.angle(farthest)))


def head_rows(run: Run) -> Iterator[Row]:
    found = matrices(run)
    for r, replica in enumerate(run.replicas):
        name = replica["task"]
        if name not in TURNS:
            sys.exit(f"{name} is the group of no solid here; {', '.join(TURNS)} are")
        letters = Letters.of(run.tasks[name])
        for head in range(found.shape[2]):
            row = head_row(found[r, : len(letters.cycles), head], letters, TURNS[name])
            yield {"what": "head", "task": name, "seed": replica["seed"], "head": head + 1} | row | {"cycles": letters.cycles}


def automaton_row(path: Path, r: int, seed: int) -> Row:
    found = extract_run(path, r, formats=())
    task = found.verdict.task
    assert task is not None  # both tasks have a machine
    row: Row = {"what": "automaton", "task": found.task, "seed": seed, "states": found.machine.n_states}
    row |= {"equal": found.verdict.equal, "finished": found.finished, "queries": found.queries, "how": found.how}
    return row | {"right_on_all_words_to": task.length, "fails_on": found.word(task.failing)}


def picture_of(rows: list[Row]) -> Picture:
    """A panel a group: by how much each head turns at letters of each kind; those that move little but three directions stand out."""
    tasks = list(dict.fromkeys(row["task"] for row in rows))
    generator = np.random.default_rng(0)
    with matplotlib.rc_context(LOOK):
        picture, axes = drawn(4.0, 1, len(tasks), sharey=True)
        for axis, task in zip(axes[0], tasks, strict=True):
            kinds = list(TURNS[task])
            for i, turns in enumerate(TURNS[task].values()):
                axis.hlines(turns, i - 0.45, i + 0.45, color=CONSTRUCTED, lw=1.2)
            for turning, colour, side in ((False, SCALE, -0.2), (True, VERMILION, 0.2)):
                mine = [row for row in rows if row["task"] == task and (row["in_three"] >= NEARLY_ALL) == turning]
                points = [
                    (kinds.index(cycle), angle)
                    for row in mine
                    for cycle, angle in zip(row["cycles"], row["degrees"], strict=True)
                    if cycle
                ]
                x, y = np.array(points).reshape(-1, 2).T
                size, alpha = (3.0, 0.6) if turning else (2.5, 0.35)
                axis.plot(x + side + generator.uniform(-0.13, 0.13, len(x)), y, ".", color=colour, ms=size, alpha=alpha)
            turning = sum(row["in_three"] >= NEARLY_ALL for row in rows if row["task"] == task)
            seeds = len({row["seed"] for row in rows if row["task"] == task})
            axis.set_title(f"{task}, {seeds} networks: {turning} heads move three directions", pad=8)
            axis.set(
                xticks=range(len(kinds)),
                xticklabels=[f"cycles of {kind}" for kind in kinds],
                yticks=[0, 36, 72, 90, 120, 144, 180],
            )
        axes[0, 0].set_ylabel("a letter turns by (degrees)")
        names = {VERMILION: "heads that move three directions", SCALE: "the other heads"}
        dots = [Line2D([], [], color=colour, marker=".", ms=8, lw=0, label=name) for colour, name in names.items()]
        picture.legend(
            handles=[Line2D([], [], color=CONSTRUCTED, lw=1.2, label="rotations of the solid"), *dots],
            loc=OUTSIDE_LOWER,
            ncols=3,
        )
    return picture


def main(arguments: list[str] | None = None) -> None:
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument("run", nargs="?", type=Path, help="folder of a run with its weights")
    parse.add_argument("--out", type=Path, default=RESULTS)
    given = parse.parse_args(arguments)
    if given.run is None:
        print("no run given; deltaword sweep grids/groups.toml trains runs/groups/S_4+A_5_n_h2")
        return
    run = load_run(given.run)
    heads = list(head_rows(run))
    picture = picture_of(heads).svg()
    angles = {"cycles": {row["task"]: row.pop("cycles") for row in heads}, "degrees": [row.pop("degrees") for row in heads]}
    rows = [automaton_row(given.run, r, replica["seed"]) for r, replica in enumerate(run.replicas)] + heads
    for row in rows:
        print(row)
    path = record(str(given.out.resolve() / "rotations"), rows, seed=None)
    found = json.loads(path.read_text("utf-8")) | angles  # by letter, a list a head: beside the rows, which are read as a table
    found["command"] = f"python bench/rotations.py runs/groups/{given.run.resolve().name}"
    write_bytes(path, (json.dumps(found, ensure_ascii=False, separators=(",", ":")) + "\n").encode())
    write_bytes(path.with_suffix(".svg"), picture)
    print(path)


if __name__ == "__main__":
    main()
