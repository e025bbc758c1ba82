"""Files written whole or not at all, and read with named errors."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .errors import CorruptFile, NotReadable, NotWritable


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A temporary file beside `path` that takes its place once the block has written it, and goes away if anything fails.

    Raises  NotWritable
    """
    path, temporary = Path(path), None
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        os.close(descriptor)
        temporary = Path(name)
        yield temporary
        with open(temporary, "rb") as file:
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())  # mkstemp makes files that only their owner may read
        os.replace(temporary, path)
    except OSError as error:
        raise NotWritable(
            f"cannot write {path}: {error.strerror or error}; choose a folder that exists and is writable"
        ) from None
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def write_bytes(path: str | os.PathLike[str], data: bytes) -> None:
    """Write to a temporary file beside `path`, then rename. Raises NotWritable; leaves nothing half-written."""
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def write_json(path: str | os.PathLike[str], data: Any) -> None:
    """Plain data as JSON, sorted keys, one trailing newline. Raises NotWritable."""
    write_bytes(path, (json.dumps(data, sort_keys=True, ensure_ascii=False) + "\n").encode())


def read_bytes(path: str | os.PathLike[str]) -> bytes:
    """Raises NotReadable."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise NotReadable(f"cannot read {path}: {error.strerror or error}") from None


def read_json(path: str | os.PathLike[str]) -> Any:
    """Raises NotReadable, CorruptFile."""
    try:
        return json.loads(read_bytes(path))
    except (ValueError, RecursionError) as error:
        raise CorruptFile(f"{path} is not whole JSON ({error}); it was truncated or altered: save it again") from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
