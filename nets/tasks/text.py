"""Bytes of text that every Python brings along: what a small language model is trained on where nothing can be downloaded.

code         the source of the standard library, its tests left out, and the module that only holds the topics of prose
prose        the language reference that `help()` shows, and the long docstrings of the library
arithmetic   generated: lines such as `37*(4+12)=592`
Split        by file (or topic, line): a hash of its name puts one in sixteen among those held out; docstrings go with their file,
             so that what is held out of prose is in no code that is trained on, and the other way round
Windows      a word is a window of the corpus at a hashed place, its targets the bytes that follow: a language model's task
"""

from __future__ import annotations

import ast
import sysconfig
import warnings
from collections.abc import Callable, Iterator
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ...automata.errors import BadArgument
from . import letters as draws
from .base import Task, Words

CODE_WITHOUT = {
    "test",
    "tests",
    "idlelib",
    "site-packages",
    "dist-packages",
    "__pycache__",
    "turtledemo",
    "lib2to3",
    "pydoc_data",
}
HELD_OUT = 16
LINES = 120_000
LONG = 200  # characters of a docstring worth reading
Pieces = Iterator[tuple[str, bytes]]


def code() -> Pieces:
    library = Path(sysconfig.get_paths()["stdlib"])
    for path in sorted(library.rglob("*.py")):
        inside = path.relative_to(library)
        if not CODE_WITHOUT & set(inside.parts):
            yield inside.as_posix(), path.read_bytes()


def prose() -> Pieces:
    try:
        from pydoc_data import topics
    except ImportError:  # some distributions leave it out
        topics = None
    for name, text in sorted(topics.topics.items()) if topics else ():
        yield name, text.encode()
    for name, source in code():
        for text in docstrings(source):
            yield name, text.encode()


def docstrings(source: bytes) -> Iterator[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text and len(text) >= LONG:
                yield text + "\n\n"


def arithmetic() -> Pieces:
    """Four operands below 100 a line, by a hash of its number.

    >>> next(arithmetic())
    ('0', b'(7*65)*(18+1)=8645\\n')
    """
    keys = draws.row_keys(draws.stream("arithmetic", 0), 0, range(LINES))
    drawn = draws.numbers(keys[:, None], np.arange(8, dtype=np.uint64)[None])
    operands, operators = draws.choice(drawn[:, :4], 100).tolist(), draws.choice(drawn[:, 4:7], 3).tolist()
    for line, ((a, b, c, d), (x, y, z), form) in enumerate(zip(operands, operators, drawn[:, 7].tolist(), strict=True)):
        x, y, z = "+-*"[x], "+-*"[y], "+-*"[z]
        text = (f"{a}{x}{b}{y}{c}", f"{a}{x}({b}{y}{c}){z}{d}", f"({a}{x}{b}){y}({c}{z}{d})")[form % 3]
        yield str(line), f"{text}={eval(text)}\n".encode()  # our own digits and signs


CORPORA: dict[str, Callable[[], Pieces]] = {"code": code, "prose": prose, "arithmetic": arithmetic}


@cache
def corpus(name: str, held_out: bool) -> npt.NDArray[np.uint8]:
    """All bytes of one half of a corpus."""
    pieces = [text for key, text in CORPORA[name]() if (draws.stream(key, 0) % HELD_OUT == 0) == held_out]
    return np.frombuffer(b"".join(pieces), dtype=np.uint8)


class Text(Task):
    """Windows of a corpus; a row draws its corpus where there are several.

    corpora   names of CORPORA
    held_out  the part that is not trained on
    Raises    BadArgument for an unknown corpus

    >>> tokens, targets = Text(["arithmetic"]).words(seed=0, step=0, rows=range(1), length=12)
    >>> bytes(tokens[0].astype("uint8")), bytes(targets[0].astype("uint8"))
    (b'(55+57)+(81+', b'55+57)+(81+5')
    """

    letters = classes = tuple(chr(byte) for byte in range(256))
    train_lengths, eval_lengths = (512, 512), (512, 1024, 2048, 4096)
    supervision = "the next byte, at every position"

    def __init__(self, corpora: list[str] | None = None, held_out: bool = False):
        self.corpora = list(CORPORA) if corpora is None else corpora
        unknown = [name for name in self.corpora if name not in CORPORA]
        if unknown or not self.corpora:
            raise BadArgument(f"there is no corpus {unknown}; there are {', '.join(CORPORA)}")
        self.held_out = held_out
        self.name = "text:" + "+".join(self.corpora) + (":held_out" if held_out else "")
        self._on: dict[torch.device, tuple[Tensor, ...]] = {}

    @cached_property
    def chance(self) -> float:
        """Of the commonest byte: in most corpora, the space."""
        counts = [np.bincount(corpus(name, self.held_out), minlength=256) for name in self.corpora]
        return float(np.mean([count / count.sum() for count in counts], axis=0).max().round(12))

    def unseen(self) -> Text:
        return Text(self.corpora, held_out=True)

    def bytes_of(self) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """All corpora one after the other, where each begins, and its size."""
        parts = [corpus(name, self.held_out) for name in self.corpora]
        sizes = np.array([len(part) for part in parts])
        return np.concatenate(parts), np.cumsum(sizes) - sizes, sizes

    def _words(self, keys: npt.NDArray[np.uint64], length: int, lengths: npt.NDArray[np.int64]) -> Words:
        device = torch.device("cpu")
        tokens, targets = self._windows(torch.from_numpy(keys.view(np.int64)), length, torch.from_numpy(lengths), device)
        return tokens.numpy(), targets.numpy()

    def _batch(
        self, start: int, step: int | Tensor, rows: range, length: int, shortest: int | None, device: torch.device
    ) -> tuple[Tensor, Tensor]:
        keys = draws.row_keys_tensor(start, step, rows, device)
        return self._windows(keys, length, self._lengths_tensor(keys, length, shortest), device)

    def _windows(self, keys: Tensor, length: int, lengths: Tensor, device: torch.device) -> tuple[Tensor, Tensor]:
        text, begins, sizes = self._tables(device)
        smallest = int(self._smallest)
        if length >= smallest:
            raise BadArgument(f"windows of {length} bytes do not fit into {self.name}, whose smallest corpus has {smallest}")
        which = torch.remainder(draws.numbers_tensor(keys, torch.zeros_like(keys)), len(self.corpora))
        room = sizes[which] - length  # below 2³¹: corpora are small
        first = begins[which] + draws.choice(draws.numbers_tensor(keys, torch.ones_like(keys)), room)
        window = text[first[:, None] + torch.arange(length + 1, device=device)].long()
        beyond = torch.arange(length, device=device) >= lengths[:, None]
        return window[:, :-1], window[:, 1:].masked_fill(beyond, -100)

    def _tables(self, device: torch.device) -> tuple[Any, ...]:
        if device not in self._on:
            arrays = self.bytes_of()
            self._smallest = min(arrays[2])
            self._on[device] = tuple(torch.tensor(array, device=device) for array in arrays)
        return self._on[device]
