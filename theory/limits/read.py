"""Matrices a letter from a .npz file: arrays [n, n] named by letters, or LAYER/LETTER with layers counted from 1."""

from __future__ import annotations

import os
import zipfile
from collections import defaultdict

import numpy as np

from ...automata.errors import CorruptFile, NotReadable
from .layer import Layer


def read_matrices(path: str | os.PathLike[str]) -> list[Layer]:
    """The layers of a file that `numpy.savez(path, a=…, b=…)` or `numpy.savez(path, **{"1/a": …, "2/a": …})` wrote.

    Raises  NotReadable, CorruptFile; BadArgument for matrices that are no square ones of one size

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(f"{folder}/layers.npz", **{"1/0": np.eye(2), "1/1": np.array([[0, 1], [1, 0]]), "2/x": np.eye(1)})
    ...     [layer.letters for layer in read_matrices(f"{folder}/layers.npz")]
    [('0', '1'), ('x',)]
    """
    layers: dict[int, dict[str, np.ndarray]] = defaultdict(dict)
    try:
        with np.load(path, allow_pickle=False) as arrays:
            for name in arrays.files:
                number, slash, letter = name.partition("/")
                layer, letter = (int(number), letter) if slash and number.isdecimal() else (1, name)
                if letter in layers[layer]:
                    raise CorruptFile(f"{path}: two arrays are for letter {letter!r} of layer {layer}, one named {name!r}")
                layers[layer][letter] = arrays[name]
    except OSError as error:
        raise NotReadable(f"cannot read {path}: {error.strerror or error}") from None
    except CorruptFile:
        raise
    except (ValueError, AttributeError, EOFError, zipfile.BadZipFile):
        raise CorruptFile(f"{path} is no .npz file of arrays of numbers; write one with numpy.savez") from None
    if sorted(layers) != list(range(1, len(layers) + 1)):
        raise CorruptFile(f"{path} has matrices for the layers {sorted(layers)}; count them from 1 on")
    return [Layer.of(layers[i], finite=False) for i in sorted(layers)]
