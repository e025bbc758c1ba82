"""The bounds on the kernels' own form of a chunk and of segments: each operand is looked at, what they admit is exact in that form."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deltaword.theory.checker.chunked_form import whole_products
from deltaword.theory.checker.formats import FORMATS, grid
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


# ---------------------------------------------------------------------- segments


def test_what_joins_segments_may_not_round_either():
    wide = {"keys": np.eye(1, 1024), "reads": np.eye(1, 1024), "values": [[0]]}
    check(bits=24, **wide, largest=np.full((1024, 1), 2.0**18))
    with pytest.raises(NotExact, match="a sum over a segment's transition"):
        check(bits=24, **wide, largest=np.full((1024, 1), 2.0**20))
    with pytest.raises(NotExact, match="a sum over a segment's transition"):
        check(bits=24, keys=[[2.0**10, 0]], betas=[2.0**-20], largest=[[0], [0]])
    with pytest.raises(NotExact, match="a transition"):
        check(betas=[2.0**-9])  # finer than the grid of strengths says: β k kᵀ decides
    with pytest.raises(NotExact, match="a transition times a state may take more than three passes"):
        check(bits=24, betas=[2.0**-12], largest=[[2.0**12], [0]])


ROOTS = product((-0.5, 0.5), repeat=4)
FAMILIES = {  # keys, strengths
    "swaps and overwrites": [([1, -1, 0, 0], 1), ([0, 1, 1, 0], 1), ([0, 0, 1, 0], 2), ([0, 0, 0, 1], 1)],
    "unit dyadic keys": [*((root, 2) for root in ROOTS), ([1, 0, 0, 0], 2), ([0, 0, 1, 0], 2)],
    "long keys": [([2, 0, 0, 0], 0.5), ([2, 2, 0, 0], 0.25), ([0, 2, 2, 2], 0)],
}


def fineness(x) -> int:
    g = grid(x)
    assert g is not None
    return g


def drawn(data, family, length):
    """keys [length, 4], strengths, values [length, 2], gates; a closed gate here and there."""
    steps = [data.draw(st.sampled_from(FAMILIES[family])) for _ in range(length)]
    values = [[data.draw(st.integers(-2, 2)) if family != "unit dyadic keys" else 0 for _ in range(2)] for _ in steps]
    gates = [0.0 if data.draw(st.integers(0, 9)) == 0 else 1.0 for _ in steps]
    keys, betas, values = (np.array(x, dtype=float) for x in ([k for k, _ in steps], [b for _, b in steps], values))
    return keys, betas, values, np.array(gates)


def step_by_step(steps, S):
    """All states from S on."""
    states = [S]
    for k, b, v, gate in zip(*steps, strict=True):
        S = gate * S
        S = S + b * np.outer(k, v - k @ S)
        states.append(S)
    return states


def solved(L, betas):
    """(I + L diag β)⁻¹ L row after row, where float64 rounds nothing. LAPACK's pivots leave 10⁻¹⁷ in the place of 0."""
    Y = L.copy()
    for i in range(len(L)):
        Y[i] -= (L[i, :i] * betas[:i]) @ Y[:i]
    return Y


def one_chunk(steps, S):
    """The kernels' form, operands of products in bfloat16."""
    keys, betas, values, gates = steps
    closed = np.cumsum(gates == 0)
    D = (closed[:, None] == closed[None, :]).astype(float)
    D0 = (closed == 0)[:, None]
    L = np.tril(D * (rounded(keys) @ rounded(keys).T), -1)
    Y = rounded(solved(L, betas))
    R = values - D0 * (rounded(keys) @ rounded(S))
    X = R - Y @ rounded(betas[:, None] * R)
    return D0[-1] * S + (D[-1][:, None] * rounded(keys)).T @ rounded(betas[:, None] * X)


def in_two(x):
    """hi + lo of 11 bits each, as a float32 number is split."""
    hi = np.ldexp(np.rint(np.ldexp(np.frexp(x)[0], 11)), np.frexp(x)[1] - 11)
    lo = x - hi
    return hi, np.ldexp(np.rint(np.ldexp(np.frexp(lo)[0], 11)), np.frexp(lo)[1] - 11)


def three_passes(a, b):
    (a_hi, a_lo), (b_hi, b_lo) = in_two(a), in_two(b)
    return a_hi @ b_hi + a_hi @ b_lo + a_lo @ b_hi


def in_segments(steps, S, length, chunk):
    """Each segment's [S_loc, Φ] in chunks, then the scan over their ends: the state before each, and the last."""
    entries, K, V = [S], S.shape[0], S.shape[1]
    for begin in range(0, len(steps[0]), length):
        both = np.hstack([np.zeros((K, V)), np.eye(K)])
        for at in range(begin, min(begin + length, len(steps[0])), chunk):
            part = [x[at : min(at + chunk, begin + length)] for x in steps]
            part[2] = np.hstack([part[2], np.zeros((len(part[0]), K))])
            both = one_chunk(part, both)
        entries.append(three_passes(both[:, V:], entries[-1]) + both[:, :V])
    return entries


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from(sorted(FAMILIES)))
def test_what_is_admitted_is_exact_in_segments(data, family):
    """Transitions, what the segments make of 0, and their scan: the states of the sequential recurrence, bit for bit."""
    steps = drawn(data, family, data.draw(st.integers(1, 40)))
    keys, betas, values, _ = steps
    S = np.array([[data.draw(st.integers(-4, 4)) for _ in range(2)] for _ in range(4)], dtype=float)
    states, from_zero = step_by_step(steps, S), step_by_step(steps, 0 * S)
    g_state = fineness(np.array(states))
    grids = {"keys": fineness(keys), "betas": fineness(betas), "values": fineness(values), "queries": 0}
    largest = np.abs([*states, *from_zero]).max(axis=0)
    check_kernel_form(8, grids, g_state, keys, betas, values, np.eye(4)[:1], largest)
    found = in_segments(steps, S, 12, 5)
    assert all(np.array_equal(a, b) for a, b in zip(found, [*states[:-1:12], states[-1]], strict=True))


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from(sorted(FAMILIES)))
def test_transitions_stay_on_the_grid_of_a_key_times_an_erased_key_and_within_1(data, family):
    keys, betas, _, _ = drawn(data, family, 60)
    g = fineness(keys) + fineness(betas[:, None] * keys)
    for transition in step_by_step((keys, betas, np.zeros((60, 4)), np.ones(60)), np.eye(4)):
        assert fineness(transition) <= g
        assert np.abs(transition).max() <= 1


def test_products_that_are_not_whole_leave_every_grid():
    """The assumption is needed: β k·k' = ½ between these two, and transitions get finer with every step."""
    keys, betas = np.array([[0.5, 0.5], [1, 0]] * 20), np.array([2.0, 1.0] * 20)
    assert not whole_products(keys, betas, np.zeros(40, dtype=bool))
    transitions = step_by_step((keys, betas, np.zeros((40, 2)), np.ones(40)), np.eye(2))
    found = [fineness(transition) for transition in transitions[1::8]]
    assert found == sorted(set(found))
    assert found[1] > fineness(keys) + fineness(betas[:, None] * keys)
