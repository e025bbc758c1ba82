"""The bounds on the kernels' own form of a chunk: each operand is looked at, and what they admit is exact in that form."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deltaword.theory.checker.formats import FORMATS
from deltaword.theory.checker.kernel_form import check_kernel_form
from deltaword.theory.checker.mlp import NotExact

GRIDS = {"keys": 0, "betas": 0, "values": 0, "queries": 0}


def check(bits=8, grids=GRIDS, g_state=0, keys=((1, -1),), betas=(1,), values=((0,),), reads=((1, 0),), largest=((1,), (1,))):
    arrays = (np.array(x, dtype=float) for x in (keys, betas, values, reads, largest))
    return check_kernel_form(bits, grids, g_state, *arrays)


@pytest.mark.parametrize(
    ("changed", "operand"),
    [
        ({"keys": [[257, 0]], "betas": [0]}, "a key"),
        ({"reads": [[300, 0]]}, "a query"),
        ({"largest": [[300], [0]], "keys": [[0, 1]]}, "a state"),
        ({"keys": [[17, 0]], "betas": [0], "reads": [[0, 1]]}, "an entry of Y"),
        ({"keys": [[12, 12]], "betas": [1]}, "an entry of Y"),
        ({"values": [[257]]}, "an update"),
        ({"values": [[200]], "largest": [[100], [0]]}, "an update"),  # what a sequential run need not meet
        ({"reads": [[200, -200]]}, "a product q·k"),
        ({"grids": GRIDS | {"keys": 5}, "keys": [[1, 0]], "betas": [2]}, "an entry of Y"),
        ({"grids": GRIDS | {"betas": 6}, "betas": [2.0], "keys": [[1, 0]], "values": [[4]]}, "an update"),
    ],
)
def test_each_operand_that_may_round_is_named(changed, operand):
    check()
    with pytest.raises(NotExact, match=operand):
        check(**changed)


def test_float32_takes_one_operand_of_eleven_bits_in_every_product():
    check(bits=24, values=[[2**20]])
    with pytest.raises(NotExact, match="an update times a product q·k may take more than three passes of 11 bits"):
        check(bits=24, values=[[2**20]], reads=[[4000, 0]])
    with pytest.raises(NotExact, match="an update"):
        check(bits=24, values=[[2**23]])


def rounded(x):
    """To bfloat16, as operands of the kernels are."""
    return FORMATS["BF16"].rounded(x.astype(np.float32)).astype(np.float64)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_what_is_admitted_is_exact_in_the_kernels_form(data):
    """Chunks of whole keys with β = 1 or 2 on whole states, bf16 operands: the same as step by step, in whole numbers."""
    K, V, C = 3, 2, data.draw(st.integers(1, 6))
    kinds = [((1, -1, 0), 1), ((0, 1, 1), 1), ((1, 0, 0), 2), ((0, 0, 1), 1), ((0, 0, 0), 0)]
    steps = [data.draw(st.sampled_from(kinds)) for _ in range(C)]
    size = data.draw(st.sampled_from([1, 20, 60, 120, 250]))
    whole = st.integers(-size, size)
    values = np.array([[data.draw(whole) * (b > 0) for _ in range(V)] for _, b in steps], dtype=float)
    S0 = np.array([[data.draw(whole) for _ in range(V)] for _ in range(K)], dtype=float)
    keys, betas = np.array([k for k, _ in steps], dtype=float), np.array([b for _, b in steps], dtype=float)
    states = [S0]
    for k, b, v in zip(keys, betas, values, strict=True):
        states.append(states[-1] + b * np.outer(k, v - k @ states[-1]))
    largest = np.abs(states).max(axis=0)
    try:
        check_kernel_form(8, GRIDS, 0, keys, betas, values, np.eye(K)[:1], largest)
    except NotExact:
        return
    L = np.tril(keys @ keys.T, -1)
    Y = np.linalg.solve(np.eye(C) + L * betas, L).round()
    R = values - rounded(keys) @ rounded(S0)
    X = R - rounded(Y) @ rounded(betas[:, None] * R)
    after = S0 + rounded(keys).T @ rounded(betas[:, None] * X)
    assert np.array_equal(after, states[-1])
