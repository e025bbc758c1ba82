"""Machines as JSON, written whole or not at all, and read back with every part checked.

Layout     {"format": "deltaword.dfa", "version": 1, "alphabet": [...], "table": [[...], ...], "start": 0, "accepting": [...],
           "state_names": [...] or null, "digest": "..."}, with a row of `table` for each state
Letters    (and state names) are str, int, finite float, bool, None, and tuples of these; a tuple is written as a list, which
           no letter is, since a list cannot be hashed. All come back with their types.
Digest     SHA-256 of the rest as compact JSON with sorted keys: an altered file is refused even where it is a machine still.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Hashable, Iterable, Mapping
from typing import Any

import numpy as np

from .dfa import DFA, Letter
from .errors import CorruptFile, DeltawordError, NotSerializable
from .files import read_json, write_json

FORMAT, VERSION = "deltaword.dfa", 1
KEYS = {"format", "version", "alphabet", "table", "start", "accepting", "state_names", "digest"}


def to_json(dfa: DFA) -> dict[str, Any]:
    """Plain data for `json.dump`. Raises NotSerializable for letters or state names that JSON cannot hold and give back.

    >>> data = to_json(DFA([[1], [0]], start=0, accepting=[1], alphabet=[("turn", 1)]))
    >>> data["alphabet"], data["table"], data["accepting"]
    ([['turn', 1]], [[1], [0]], [1])
    """
    data: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "alphabet": letters_to_json(dfa.alphabet),
        "table": dfa.table.tolist(),
        "start": dfa.start,
        "accepting": np.flatnonzero(dfa.accepting_mask).tolist(),
        "state_names": None if dfa.state_names is None else values_to_json(dfa.state_names, "state name"),
    }
    return data | {"digest": digest(data)}


def from_json(data: Mapping[str, Any]) -> DFA:
    """The machine that `to_json` made the data of. Raises CorruptFile, which says what is wrong, and nothing else.

    >>> dfa = DFA([[1], [0]], start=0, accepting=[1], alphabet=[("turn", 1)])
    >>> from_json(to_json(dfa)) == dfa
    True
    """
    if not isinstance(data, Mapping):
        raise CorruptFile(f"a saved machine is a JSON object, not a {type(data).__name__}")
    if data.get("format") != FORMAT:
        raise CorruptFile(f"the format is {shown(data.get('format'))}, not {FORMAT!r}: this is not a saved machine")
    if not is_int(data.get("version")) or data["version"] != VERSION:
        raise CorruptFile(f"the version is {shown(data.get('version'))}; this release reads version {VERSION}")
    if missing := sorted(KEYS - data.keys()):
        raise CorruptFile(f"the saved machine lacks {', '.join(missing)}; it was truncated or altered: save it again")
    if not is_int(data["start"]):
        raise CorruptFile(f"start is {shown(data['start'])}, not a whole number")
    if not is_list_of_ints(data["accepting"]):
        raise CorruptFile("accepting is not a list of whole numbers")
    if not isinstance(data["table"], list):
        raise CorruptFile("table is not a list of rows")
    for q, row in enumerate(data["table"]):
        if not is_list_of_ints(row):
            raise CorruptFile(f"row {q} of table is not a list of whole numbers")
    alphabet = letters_from_json(data["alphabet"])
    names = None if data["state_names"] is None else values_from_json(data["state_names"], "state name")
    if not digest_fits(data):
        raise CorruptFile("the digest does not fit the rest: the machine was altered after it was saved; save it again")
    try:
        return DFA(data["table"], data["start"], data["accepting"], alphabet, state_names=names)
    except DeltawordError as error:
        raise CorruptFile(f"not a machine: {error}") from None


def save(dfa: DFA, path: str | os.PathLike[str]) -> None:
    """Write the machine to a JSON file, whole or not at all. Raises NotSerializable, NotWritable."""
    write_json(path, to_json(dfa))


def load(path: str | os.PathLike[str]) -> DFA:
    """The machine in a file of `save`. Raises NotReadable, CorruptFile."""
    data = read_json(path)
    try:
        return from_json(data)
    except CorruptFile as error:
        raise CorruptFile(f"{path}: {error}") from None


def digest(data: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def digest_fits(data: Mapping[str, Any]) -> bool:
    try:
        return data["digest"] == digest({key: value for key, value in data.items() if key != "digest"})
    except (TypeError, ValueError, RecursionError):  # keys of several kinds, numbers too long to write, lists too deep
        return False


# ------------------------------------------------------------------ letters


def letters_to_json(alphabet: Iterable[Letter]) -> list[Any]:
    """Letters as JSON values. Raises NotSerializable with the first letter at fault.

    >>> letters_to_json(["a", 1, ("x", (True, None))])
    ['a', 1, ['x', [True, None]]]
    """
    return values_to_json(alphabet, "letter")


def letters_from_json(data: Any) -> tuple[Letter, ...]:
    """The letters that `letters_to_json` wrote. Raises CorruptFile; whether they differ is for the alphabet's own check to say.

    >>> letters_from_json(["a", 1, ["x", [True, None]]])
    ('a', 1, ('x', (True, None)))
    """
    return values_from_json(data, "letter")


def values_to_json(values: Iterable[Hashable], role: str) -> list[Any]:
    written = []
    for position, value in enumerate(values):
        try:
            written.append(value_to_json(value))
        except (ValueError, RecursionError):
            kind = type(value).__name__
            raise NotSerializable(
                f"{role} {position}, {shown(value)} of type {kind}, cannot be saved as JSON: it should be a str, int, finite float, "
                "bool, None or a tuple of these"
            ) from None
    return written


def shown(value: object) -> str:
    try:
        return repr(value)
    except (ValueError, RecursionError):  # too many digits, too deep
        return "something too long to show"


def value_to_json(value: Hashable) -> Any:
    if type(value) is tuple:
        return [value_to_json(part) for part in value]
    if value is not None and type(value) not in (str, int, float, bool):
        raise ValueError
    json.dumps(value, ensure_ascii=False, allow_nan=False).encode()  # refuses nan, half a surrogate pair, endless digits
    return value


def values_from_json(data: Any, role: str) -> tuple[Hashable, ...]:
    if not isinstance(data, list):
        raise CorruptFile(f"the {role}s are not a list")
    try:
        return tuple(map(value_from_json, data))
    except (ValueError, RecursionError):
        raise CorruptFile(f"some {role} is not a str, int, finite float, bool, None or a list of these") from None


def value_from_json(value: Any) -> Hashable:
    return tuple(map(value_from_json, value)) if isinstance(value, list) else value_to_json(value)


def is_int(value: object) -> bool:
    return type(value) is int  # True is not


def is_list_of_ints(value: object) -> bool:
    return isinstance(value, list) and all(type(item) is int for item in value)
