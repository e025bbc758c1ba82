"""Reading the state: integer queries that number the codes, and rows that name the state with the right number.

Notation      each state s of the machine has a code in each head; a query turns it into a whole number, all queries together
              into a vector t_s of whole numbers, different for different states.
Statement     with c any fixed vector, the largest of  2 (t_s − c)·o − (‖t_s‖² − ‖c‖²)  over s is at the s with t_s = o, where it is
              ‖o − c‖² ≥ 0; every other row is smaller by ‖o − t_s‖² ≥ 1.
Proof         the row is ‖o − c‖² − ‖o − t_s‖².
Exactness     the numbers are chosen so small that no partial sum of a row, in any order, leaves ±256, up to which bfloat16
              counts without gaps; where that is not possible the layer is exact in the wider formats only.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

BFLOAT16_COUNTS_TO = 256


def digits(count: int, n_digits: int, without_zero: bool = False) -> Ints:
    """`count` different vectors of `n_digits` small whole numbers around 0 [count, n_digits]; the zero vector left out on demand.

    >>> digits(3, 1).ravel().tolist(), digits(2, 1, without_zero=True).ravel().tolist()
    ([-1, 0, 1], [-1, 1])
    """
    base = 1
    while base**n_digits < count + without_zero:
        base += 1
    numbers = np.arange(min(base**n_digits, count + 1))
    vectors = numbers[:, None] // base ** np.arange(n_digits) % base - base // 2
    if without_zero:
        vectors = vectors[np.any(vectors != 0, axis=1)]
    return vectors[:count]


def query_sets(codes: Ints) -> Iterator[Ints]:
    """Sets of queries [n_queries, K] that tell all different codes [n, K, V] of 0/1 apart, fewest queries first."""
    K = codes.shape[1]
    sums = codes.sum(axis=1)
    if sums.max(initial=0) <= 1:  # one-hot columns, or none: number the bits
        for n_digits in range(1, K + 1):
            yield digits(K, n_digits, without_zero=bool((sums == 0).any())).T
            if 2**n_digits > K:
                return
    order = chain_order(codes)
    if order is not None:
        for n_digits in range(1, K + 1):
            queries = np.zeros((n_digits, K), dtype=np.int64)
            queries[:, order] = np.diff(reflected_digits(K + 1, n_digits), axis=0).T
            yield queries
            if 2**n_digits > K:
                return
    for packed in (4, 3, 2, 1):
        place = np.arange(K)
        weights = np.zeros((-(-K // packed), K), dtype=np.int64)
        weights[place // packed, place] = 2 ** (place % packed)
        yield weights


def chain_order(codes: Ints) -> npt.NDArray[np.int64] | None:
    """The bits of thermometer codes [n, K, 1] from the first to light to the last; None when the codes are not nested."""
    if codes.shape[2] != 1:
        return None
    order = np.argsort(-codes[:, :, 0].sum(axis=0), kind="stable")
    lit = codes[:, order, 0]
    return order if np.all(lit[:, :-1] >= lit[:, 1:]) else None


def reflected_digits(count: int, n_digits: int) -> Ints:
    """The numbers 0 .. count − 1 in a reflected code [count, n_digits]: neighbours differ by 1 in one digit, so that the steps between
    them, which are the entries of queries, stay as small as they can.

    >>> reflected_digits(5, 2).tolist()
    [[0, 0], [1, 0], [2, 0], [2, 1], [1, 1]]
    """
    base = 2
    while base**n_digits < count:
        base += 1
    numbers = np.arange(count)[:, None]
    places = base ** np.arange(n_digits)
    digit = numbers // places % base
    backwards = numbers // (places * base) % 2 == 1
    return np.where(backwards, base - 1 - digit, digit)


def read_values(codes: Ints, queries: Ints) -> Ints:
    """What the queries [R, K] read of the codes [n, K, V]: [n, R·V]."""
    return np.einsum("rk,nkv->nrv", queries, codes).reshape(len(codes), -1)


def choose_queries(codes: Ints, budget: int) -> Ints:
    """The fewest queries whose rows stay within ±budget; failing that, those that come nearest."""
    best, least = None, None
    for queries in query_sets(codes):
        size = largest_sum(codes, queries)
        if least is None or size < least:
            best, least = queries, size
        if size <= budget:
            break
    assert best is not None  # query_sets never comes back empty
    return best


def rows(values: Ints) -> tuple[Ints, Ints]:
    """Readout rows [n, R] and bias [n] that name state s exactly when its values [R] are read."""
    centre = _centre(values)
    return 2 * (values - centre), (centre**2 - values**2).sum(axis=1)


def largest_partial_sum(values: Ints) -> int:
    """A bound on |any partial sum| of any row on any read value, in any order of summation."""
    weights, bias = rows(values)
    return int((np.abs(weights) @ np.abs(values).max(axis=0) + np.abs(bias)).max())


def largest_sum(codes: Ints, queries: Ints) -> int:
    """The same for the whole way from the codes [n, K, V] to the rows: reading them along the queries [R, K] is a sum as well."""
    return max(int(read_values(codes, np.abs(queries)).max()), largest_partial_sum(read_values(codes, queries)))


def _centre(values: Ints) -> Ints:
    """Halfway between the extremes, which keeps the rows small."""
    return (values.min(axis=0) + values.max(axis=0)) // 2
