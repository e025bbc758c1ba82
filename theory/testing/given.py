"""The matrices that are put to a test, as they were given: exact numbers, or floats of a format.

Formats       int, Fraction, theory.cyclotomic and sympy numbers are exact, and so are whole numbers of numpy and torch; float16,
              float32, float64, bfloat16 and their complex kinds are floats with a unit roundoff u, half the distance from 1 to the
              next number.  Floats are widened to float64 or complex128, which loses nothing.
Shapes        [n, n], or [..., n, n]: a batch, of which every matrix is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from ...automata.errors import BadArgument
from ..numbers import exact_matrix

UNITS = {
    "bfloat16": 2.0**-8,
    "float16": 2.0**-11,
    "float32": 2.0**-24,
    "float64": 2.0**-53,
    "complex64": 2.0**-24,
    "complex128": 2.0**-53,
}
SHOWN = 5  # matrices up to this size are written out


@dataclass(frozen=True, eq=False)
class Given:
    """values [n, n]  float64, complex128, or object for exact numbers
    format         "exact" or the name of the float format
    name           how to call it in a message: "the matrix", "transition(3)", "the matrix [0, 2]"
    """

    values: np.ndarray
    format: str
    name: str

    @property
    def n(self) -> int:
        return len(self.values)

    @property
    def exact(self) -> bool:
        return self.format == "exact"

    @property
    def unit(self) -> float:
        """The unit roundoff u of the format; 0 for exact numbers."""
        return UNITS.get(self.format, 0.0)

    @property
    def floats(self) -> np.ndarray:
        """The values in float64 or complex128; rounded where they were exact."""
        return np.array([[float(x) for x in row] for row in self.values]) if self.exact else self.values

    def __str__(self) -> str:
        if self.n > SHOWN:
            return f"{self.name}: {self.format} [{self.n}, {self.n}]"
        entry = str if self.exact else (lambda x: f"{x:.6g}")
        rows = ", ".join("[" + ", ".join(entry(x) for x in row) + "]" for row in self.values)
        return f"{self.name} = [{rows}], {self.format}"


def given(matrices: Any, name: str = "the matrix") -> list[Given]:
    """One matrix [n, n] or a batch of them [..., n, n], each with its format; numpy, torch, sympy or rows of numbers.

    Raises BadArgument when they are not square or of a type that is not known, NotExact for an object that is no number

    >>> from fractions import Fraction
    >>> [str(one) for one in given([[1, 0], [0, Fraction(1, 2)]])]
    ['the matrix = [[1, 0], [0, 1/2]], exact']
    >>> [one.name for one in given(np.zeros((2, 3, 3), dtype=np.float32), "A")]
    ['A[0]', 'A[1]']
    """
    values, format_ = _numbers(matrices)
    if values.ndim < 2 or values.shape[-1] != values.shape[-2] or values.shape[-1] == 0:
        hint = "; a diagonal transition is np.diag(w)" if values.ndim == 1 else ""
        raise BadArgument(f"{name} has the shape {list(values.shape)}; give square matrices, [n, n] or [..., n, n]{hint}")
    found = []
    for place in product(*map(range, values.shape[:-2])):
        one = exact_matrix(values[place]) if format_ == "exact" else values[place]
        found.append(Given(one, format_, name + (f"[{', '.join(map(str, place))}]" if place else "")))
    return found


def _numbers(matrices: Any) -> tuple[np.ndarray, str]:
    """An array of objects and "exact", or of float64 or complex128 and the format in which the numbers came."""
    if hasattr(matrices, "detach"):  # torch's, without importing torch
        tensor = matrices.detach().cpu()
        format_ = str(tensor.dtype).removeprefix("torch.")
        if format_ in UNITS:
            values = tensor.resolve_conj().numpy() if tensor.is_complex() else tensor.double().numpy()
            return values.astype(np.complex128 if tensor.is_complex() else np.float64), format_
        return tensor.numpy().astype(object), "exact"
    if hasattr(matrices, "tolist") and not isinstance(matrices, np.ndarray):  # sympy's
        matrices = matrices.tolist()
    array = np.asarray(matrices) if isinstance(matrices, np.ndarray) else _array(matrices)
    if array.dtype.kind in "iu":
        return array.astype(object), "exact"
    if array.dtype.name in UNITS:
        return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64), array.dtype.name
    if array.dtype != object:
        raise BadArgument(f"matrices of {array.dtype.name} are not known here; there are exact numbers, {', '.join(UNITS)}")
    if any(isinstance(x, (float, complex, np.inexact)) for x in array.flat):  # one float among them, and all are rounded
        kind = np.complex128 if any(isinstance(x, (complex, np.complexfloating)) for x in array.flat) else np.float64
        return array.astype(kind), kind.__name__
    return array, "exact"


def _array(rows: Any) -> np.ndarray:
    try:
        array = np.array(rows, dtype=object)
    except ValueError:
        array = None
    if array is None or any(isinstance(x, (list, tuple)) for x in array.flat):
        raise BadArgument(f"{rows!r} is not a matrix: its rows differ in length")
    return array


def called(transition: Callable[..., Any], arguments: Any) -> list[Given]:
    """The matrices that a transition gives for an argument, or for arguments by name.

    >>> called(lambda beta, n: np.eye(n) * beta, {"beta": 0.5, "n": 2})[0].name
    'transition(beta=0.5, n=2)'
    """
    by_name = isinstance(arguments, Mapping)
    made = transition(**arguments) if by_name else transition(arguments)
    shown = ", ".join(f"{key}={written(value)}" for key, value in arguments.items()) if by_name else written(arguments)
    return given(made, f"{_name_of(transition)}({shown})")


def _name_of(transition: Any) -> str:
    name = getattr(transition, "__name__", type(transition).__name__)
    return "transition" if name == "<lambda>" else name


def written(value: Any) -> str:
    """A parameter as it is shown in a message: arrays as lists of six digits.

    >>> written(np.array([0.5, -0.0, 1/3])), written("r")
    ('[0.5, 0, 0.333333]', "'r'")
    """
    if hasattr(value, "detach"):
        value = value.detach().cpu().tolist()
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(written, value))}]"
    if isinstance(value, (float, np.floating)):
        return f"{value + 0.0:.6g}"
    return repr(value) if isinstance(value, str) else str(value)


def every(transition: Any, over: Iterable[Any] | None) -> Iterator[Given]:
    """All matrices of a transition: itself, when it is a matrix or a batch; of each argument in `over`, when it is a callable.

    Raises BadArgument when a callable comes without arguments
    """
    if not callable(transition):
        yield from given(transition)
        return
    if over is None:
        raise BadArgument(
            f"{_name_of(transition)} is a callable: give over=..., the tokens or parameters to call it with: "
            f"an iterable, a hypothesis strategy, or a dict of strategies by parameter name"
        )
    for arguments in over:
        yield from called(transition, arguments)
