"""Tables as small ReLU networks in whole numbers: right on every entry that can be met, with torch as well as with numpy."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from deltaword.theory.lookup import LookupTable, lookup_table


@st.composite
def tables(draw):
    """A table [m, n] with some entries never met, and different vectors of values [n, R]."""
    m, n, R, n_out = (draw(st.integers(1, most)) for most in (4, 6, 3, 5))
    table = np.array(draw(st.lists(st.lists(st.integers(-1, n_out - 1), min_size=n, max_size=n), min_size=m, max_size=m)))
    vectors = st.tuples(*[st.integers(-8, 8)] * R)
    values = draw(st.lists(vectors, min_size=n, max_size=n, unique=True))
    return table, np.array(values), n_out


def symbol(a: int, m: int) -> np.ndarray:
    return np.eye(m, dtype=np.int64)[a] if m > 1 else np.zeros(0, dtype=np.int64)


@settings(max_examples=200, deadline=None)
@given(tables())
def test_every_entry_that_can_be_met_gives_its_unit_vector(drawn):
    table, values, n_out = drawn
    network = lookup_table(table, values, n_out)
    for a, p in np.argwhere(table >= 0):
        assert network(symbol(a, len(table)), values[p]).tolist() == np.eye(n_out, dtype=int)[table[a, p]].tolist()


@settings(max_examples=60, deadline=None)
@given(tables())
def test_the_same_numbers_in_bfloat16_give_the_same_answer(drawn):
    table, values, n_out = drawn
    network = lookup_table(table, values, n_out)
    weights = [torch.tensor(part, dtype=torch.bfloat16) for part in vars(network).values()]
    knots, knot_bias, rows, row_bias, out = weights
    for a, p in np.argwhere(table >= 0):
        x = torch.tensor(symbol(a, len(table)), dtype=torch.bfloat16)
        bent = torch.relu(knots @ torch.tensor(values[p], dtype=torch.bfloat16) + knot_bias)
        y = out @ torch.relu(rows @ torch.cat([x, bent]) + row_bias)
        assert y.argmax() == table[a, p]
        assert y.sum() == 1


def test_it_is_as_small_as_what_can_be_met():
    network = lookup_table(np.array([[0, -1], [-1, 1]]), np.array([[0], [1]]), 2)
    assert network.rows.shape[0] == 2
    assert len(network.knots) == 4  # −1, 0, 1, 2


@pytest.mark.parametrize("part", ["knots", "knot_bias", "rows", "row_bias", "out"])
def test_a_changed_weight_is_noticed(part):
    table, values = np.array([[0, 1], [1, 0]]), np.array([[0], [1]])
    parts = {name: value.copy() for name, value in vars(lookup_table(table, values, 2)).items()}
    parts[part].flat[0] += 1
    network = LookupTable(**parts)
    right = [
        network(symbol(a, 2), values[p]).tolist() == np.eye(2, dtype=int)[table[a, p]].tolist() for a in (0, 1) for p in (0, 1)
    ]
    assert not all(right)
