"""Words and targets of a task as a file, for other people's trainers: Parquet by pyarrow, or NPZ by numpy.

Row r is row r of the task's step 0, so that the file of another seed, or more words of the same seed, can be made at any time.
Targets are −100 where nothing is asked (what torch's cross-entropy ignores).

Parquet     a row a word: `tokens` and `targets`, lists of the word's own length; metadata under the key "deltaword", JSON
NPZ         `tokens` and `targets` [words, length], `lengths` [words], `metadata`, JSON; after a word's own length: token 0, target −100
Memory      a piece of about a million tokens at a time; the file is written beside its place and renamed when it is whole
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ... import __version__
from ...automata.checked import is_whole
from ...automata.errors import BadArgument, CorruptFile, MissingExtra, NotReadable
from ...automata.files import replacing
from .base import NOT_ASKED, Task

TOKENS_AT_ONCE = 2**20

Piece = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]
Draw = Callable[[range], Piece]
Progress = Callable[[int, int], object]


def write(
    task: Task,
    out: str | os.PathLike[str],
    words: int,
    length: int | None = None,
    seed: int = 0,
    *,
    shortest: int | None = None,
    progress: Progress | None = None,
) -> None:
    """So many words of a task into the file `out`, Parquet or NPZ by its ending.

    length, shortest  of the words, drawn evenly from shortest … length; default: the task's training lengths
    progress          called with (work done, all work) after each piece; the unit is a word (NPZ passes over them three times)
    Raises            BadArgument (also for another ending), MissingExtra without pyarrow, NotWritable

    >>> import tempfile
    >>> from deltaword.nets.tasks import task
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(task("S_3"), f"{folder}/s3.npz", words=10, length=16, seed=1)
    ...     found = read(f"{folder}/s3.npz")
    >>> found["tokens"].shape, found["metadata"]["letters"][3]
    ((10, 16), '(0 1 2)')
    """
    path = Path(out)
    if length is None:
        least, length = task.train_lengths
        shortest = shortest if shortest is not None or least == length else least
    if not is_whole(words) or not 1 <= words < 2**48:
        raise BadArgument(f"words is {words!r}; a whole number of words, at least 1, is expected")
    kinds: dict[str, Callable[..., None]] = {".parquet": _write_parquet, ".npz": _write_npz}
    if path.suffix not in kinds:
        raise BadArgument(f"{path.name!r} ends in neither .parquet nor .npz; the ending says in which format to write")
    task.words(seed, 0, range(1), length, shortest=shortest)  # raises for bad arguments before there is a file
    metadata = {
        "task": task.name,
        "letters": task.letters,
        "classes": task.classes,
        "supervision": task.supervision,
        "words": words,
        "length": length,
        "shortest": length if shortest is None else shortest,
        "seed": seed,
        "not_asked": NOT_ASKED,
        "version": __version__,
    }

    step = max(1, TOKENS_AT_ONCE // length)
    pieces = [range(begin, min(begin + step, words)) for begin in range(0, words, step)]

    def piece(rows: range) -> Piece:
        """Tokens, targets and lengths of some rows; past a word's own length 0 and NOT_ASKED."""
        tokens, targets = task.words(seed, 0, rows, length, shortest=shortest)
        lengths = task.lengths(seed, 0, rows, length, shortest=shortest)
        inside = np.arange(length) < lengths[:, None]
        return np.where(inside, tokens, 0), np.where(inside, targets, NOT_ASKED), lengths

    kinds[path.suffix](path, pieces, piece, metadata, progress or (lambda done, total: None))


def read(path: str | os.PathLike[str]) -> dict[str, Any]:
    """`tokens`, `targets`, `lengths` and `metadata` of a file of `write`, as the NPZ has them.

    Raises  NotReadable, CorruptFile, MissingExtra
    """
    path = Path(path)
    try:
        return _read_parquet(path) if path.suffix == ".parquet" else _read_npz(path)
    except MissingExtra:
        raise
    except OSError as error:
        raise NotReadable(f"cannot read {path}: {error.strerror or error}") from None
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise CorruptFile(
            f"{path} is no data set of deltaword ({error}); it was truncated, altered or made elsewhere"
        ) from None


# ---------------------------------------------------------------------- NPZ


def _write_npz(path: Path, pieces: list[range], piece: Draw, metadata: dict[str, Any], progress: Progress) -> None:
    """Each array in a pass of its own, since a zip file takes one member at a time."""
    words, length = metadata["words"], metadata["length"]
    arrays = {
        "tokens": ((words, length), narrow(len(metadata["letters"]))),
        "targets": ((words, length), narrow(len(metadata["classes"]))),
        "lengths": ((words,), np.dtype(np.int32)),
    }
    with replacing(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as file:
        for part, (name, (shape, kind)) in enumerate(arrays.items()):
            with file.open(f"{name}.npy", "w", force_zip64=True) as member:
                header = {"descr": np.lib.format.dtype_to_descr(kind), "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(member, header)
                for rows in pieces:
                    member.write(np.ascontiguousarray(piece(rows)[part], dtype=kind).data)
                    progress(part * words + rows.stop, len(arrays) * words)
        with file.open("metadata.npy", "w") as member:
            np.lib.format.write_array(member, np.array(json.dumps(metadata, ensure_ascii=False)), allow_pickle=False)


def _read_npz(path: Path) -> dict[str, Any]:
    with np.load(path) as file:
        found = {name: file[name] for name in ("tokens", "targets", "lengths")}
        return {**found, "metadata": json.loads(file["metadata"].item())}


# ---------------------------------------------------------------------- Parquet


def _write_parquet(path: Path, pieces: list[range], piece: Draw, metadata: dict[str, Any], progress: Progress) -> None:
    pa, parquet = _pyarrow()
    kinds = [pa.from_numpy_dtype(narrow(len(metadata[names]))) for names in ("letters", "classes")]
    schema = pa.schema(
        [pa.field(name, pa.list_(kind)) for name, kind in zip(("tokens", "targets"), kinds, strict=True)],
        metadata={"deltaword": json.dumps(metadata, ensure_ascii=False)},
    )
    with replacing(path) as temporary, parquet.ParquetWriter(temporary, schema) as writer:
        for rows in pieces:
            tokens, targets, lengths = piece(rows)
            offsets = pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int32())
            inside = np.arange(tokens.shape[1]) < lengths[:, None]
            columns = [
                pa.ListArray.from_arrays(offsets, pa.array(values[inside].astype(kind.to_pandas_dtype())))
                for values, kind in zip((tokens, targets), kinds, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))
            progress(rows.stop, metadata["words"])


def _read_parquet(path: Path) -> dict[str, Any]:
    pa, parquet = _pyarrow()
    try:
        table = parquet.read_table(path)
        metadata = json.loads(table.schema.metadata[b"deltaword"])
    except (pa.ArrowInvalid, TypeError) as error:
        raise ValueError(error) from None
    lengths = table["tokens"].combine_chunks().value_lengths().to_numpy().astype(np.int32)
    inside = np.arange(metadata["length"]) < lengths[:, None]
    found = {}
    for name, filling in (("tokens", 0), ("targets", NOT_ASKED)):
        values = table[name].combine_chunks().flatten().to_numpy()
        found[name] = np.full(inside.shape, filling, dtype=values.dtype)
        found[name][inside] = values
    return {**found, "lengths": lengths, "metadata": metadata}


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ModuleNotFoundError:
        raise MissingExtra(
            "Parquet files need pyarrow, which is not installed: pip install 'deltaword[train]'; or write a file that ends in .npz"
        ) from None
    return pyarrow, pyarrow.parquet


# ---------------------------------------------------------------------- what both use


def narrow(count: int) -> np.dtype[Any]:
    """The narrowest signed whole numbers for −100 and 0 … count − 1.

    >>> narrow(120).name, narrow(129).name
    ('int8', 'int16')
    """
    return np.min_scalar_type(-count).newbyteorder("<") if count > 128 else np.dtype(np.int8)
