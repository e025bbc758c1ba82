"""Random numbers by counting: the number at (task, seed, step, row, position) is a hash of these five, the same bits on every device.

Nothing is carried from one batch to the next, so a resumed run, and a run whose rows are split over processes, sees the same words.

Notation      all arithmetic modulo 2^64; γ = 0x9E37…7C15 (odd); `mixed` is a bijection of the 64-bit numbers
              key = mixed(mixed(seed·γ ⊕ name) + step·γ)    row key = mixed(key + row·γ)
              number = mixed(row key ⊕ mixed(position·γ)) >> 32
numpy, torch  uint64 there, int64 that wraps here: products and sums have the same bits, and a logical shift is an arithmetic one
              whose copies of the sign are masked away
Source        the mixing function of SplitMix64: Steele, Lea and Flood 2014, Fast Splittable Pseudorandom Number Generators, with
              Stafford's constants (variant 13)
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

MODULUS = 2**64
GAMMA = 0x9E3779B97F4A7C15
SHIFTS = (30, 27, 31)
FACTORS = (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
ROW_LENGTH = MODULUS - 1  # the position at which a row's own length is drawn


def mixed(z: int) -> int:
    """Of one number.

    >>> hex(mixed(GAMMA))  # the first output of SplitMix64 from the seed 0
    '0xe220a8397b1dcdaf'
    """
    z = (z ^ z >> SHIFTS[0]) * FACTORS[0] % MODULUS
    z = (z ^ z >> SHIFTS[1]) * FACTORS[1] % MODULUS
    return z ^ z >> SHIFTS[2]


def mixed_array(z: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Of an array, in place."""
    shifted = np.empty_like(z)
    for shift, factor in zip(SHIFTS, (*FACTORS, None), strict=True):
        np.right_shift(z, np.uint64(shift), out=shifted)
        z ^= shifted
        if factor is not None:
            z *= np.uint64(factor)
    return z


def mixed_tensor(z: Tensor) -> Tensor:
    """Of an int64 tensor, in place."""
    for shift, factor in zip(SHIFTS, (*FACTORS, None), strict=True):
        z ^= (z >> shift).bitwise_and_(2 ** (64 - shift) - 1)
        if factor is not None:
            z *= signed(factor)
    return z


def signed(z: int) -> int:
    """The int64 of the same bits.

    >>> signed(2**64 - 1)
    -1
    """
    return z - MODULUS if z >= MODULUS // 2 else z


def stream(name: str, seed: int) -> int:
    """What all numbers of a task and a seed start from."""
    salt = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big")
    return mixed((seed * GAMMA ^ salt) % MODULUS)


# ---------------------------------------------------------------------- numpy


def row_keys(start: int, step: int, rows: range) -> npt.NDArray[np.uint64]:
    """[B] of a stream, a step and some rows."""
    key = mixed((start + step * GAMMA) % MODULUS)
    numbers = np.arange(rows.start, rows.stop, rows.step, dtype=np.uint64)
    return mixed_array(numbers * np.uint64(GAMMA) + np.uint64(key))


def numbers(keys: npt.NDArray[np.uint64], positions: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """Keys and positions that numpy can broadcast to numbers evenly in 0 … 2^32 − 1."""
    z = mixed_array(keys ^ mixed_array(positions * np.uint64(GAMMA)))
    return (z >> np.uint64(32)).astype(np.int64)


# ---------------------------------------------------------------------- torch


def row_keys_tensor(start: int, step: int | Tensor, rows: range, device: torch.device) -> Tensor:
    """As `row_keys`; a step may also be a 0-dim int64 tensor, so that a captured graph can count it up."""
    if isinstance(step, Tensor):
        key: Any = mixed_tensor(step * signed(GAMMA) + signed(start))
    else:
        key = signed(mixed((start + step * GAMMA) % MODULUS))
    numbers = torch.arange(rows.start, rows.stop, rows.step, dtype=torch.int64, device=device)
    return mixed_tensor(numbers * signed(GAMMA) + key)


def numbers_tensor(keys: Tensor, positions: Tensor) -> Tensor:
    """As `numbers`."""
    z = mixed_tensor(keys ^ mixed_tensor(positions * signed(GAMMA)))
    return (z >> 32).bitwise_and_(2**32 - 1)


# ---------------------------------------------------------------------- both


def choice(number: Any, count: Any) -> Any:
    """A number of 0 … 2^32 − 1 to one of 0 … count − 1: ⌊count · number / 2^32⌋, off from even by count / 2^32 at most.

    >>> choice(2**31, 5), choice(2**32 - 1, 5)
    (2, 4)
    """
    return number * count >> 32


def thresholds(weights: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """The least numbers that stand for letters 1, 2, …: a number stands for the letter counted by thresholds not above it.

    >>> np.searchsorted(thresholds([1, 2, 1]), [0, 2**30 - 1, 2**30, 2**32 - 1], side="right").tolist()
    [0, 0, 1, 2]
    """
    ends = np.cumsum(np.asarray(weights, dtype=float))
    return np.rint(ends[:-1] / ends[-1] * 2**32).astype(np.int64)
