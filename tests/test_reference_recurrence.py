"""The recurrence against its definition in float64 einsum, against exact layers, and against itself in pieces."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from theory_strategies import FORMATS, bits

from deltaword import languages
from deltaword.kernels.reference import delta_product, recurrence, sum_by_halves
from deltaword.theory.constructions.one_layer import one_layer

NAMES = ("q", "k", "v", "g", "beta", "h")


def drawn(B, T, H, K, V, n_h, seed=0, dtype=torch.float64):
    """Inputs in the layout of `delta_product`; keys of norm about 1, β‖k‖² mostly in [0, 2]."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    k = torch.nn.functional.normalize(normal(B, T * n_h, H, K), dim=-1)
    beta = 2 * torch.sigmoid(normal(B, T * n_h, H))
    found = (normal(B, T, H, K), k, normal(B, T * n_h, H, V), -normal(B, T, H).abs(), beta, normal(B, H, K, V))
    return dict(zip(NAMES, (x.to(dtype) for x in found), strict=True))


def by_definition(q, k, v, g, beta, h, n_h, scale):
    """Transition matrices and writes of whole steps, multiplied out: S ← (I − β k kᵀ)(αS) + β k vᵀ by numpy einsum in float64."""
    q, k, v, beta, S = (x.double().numpy() for x in (q, k, v, beta, h))
    B, T, H, K = q.shape
    outputs = np.empty((B, T, H, v.shape[-1]))
    for t in range(T):
        if g is not None:
            S = np.exp(g.double().numpy()[:, t])[:, :, None, None] * S
        for j in range(t * n_h, (t + 1) * n_h):
            kk = np.einsum("bhi,bhj->bhij", k[:, j], k[:, j])
            A = np.eye(K) - beta[:, j, :, None, None] * kk
            S = np.einsum("bhij,bhjv->bhiv", A, S) + np.einsum("bh,bhi,bhv->bhiv", beta[:, j], k[:, j], v[:, j])
        outputs[:, t] = np.einsum("bhk,bhkv->bhv", q[:, t] * scale, S)
    return outputs, S


@pytest.mark.parametrize("n_h", [1, 2, 3])
@pytest.mark.parametrize(
    ("B", "T", "H", "K", "V"), [(1, 1, 1, 1, 1), (2, 7, 3, 5, 2), (1, 33, 2, 8, 3), (3, 4, 1, 6, 7), (2, 0, 1, 3, 2)]
)
@pytest.mark.parametrize("with_gate", [False, True])
@pytest.mark.parametrize("with_state", [False, True])
def test_it_is_the_defining_equation(B, T, H, K, V, n_h, with_gate, with_state):
    x = drawn(B, T, H, K, V, n_h, seed=B + T)
    g = x["g"] if with_gate else None
    h = x["h"] if with_state else torch.zeros_like(x["h"])
    o, last = delta_product(
        x["q"], x["k"], x["v"], g, x["beta"], n_h, initial_state=h if with_state else None, output_final_state=True
    )
    wanted, wanted_last = by_definition(x["q"], x["k"], x["v"], g, x["beta"], h, n_h, K**-0.5)
    assert last is not None
    assert o.shape == (B, T, H, V)
    assert last.shape == (B, H, K, V)
    np.testing.assert_allclose(o.numpy(), wanted, rtol=0, atol=1e-12)
    np.testing.assert_allclose(last.numpy(), wanted_last, rtol=0, atol=1e-12)


def test_the_comparison_notices_two_steps_exchanged():
    x = drawn(1, 3, 1, 4, 2, 2)
    order = [1, 0, 2, 3, 4, 5]  # the steps of the first token
    o, _ = delta_product(x["q"], x["k"][:, order], x["v"][:, order], None, x["beta"][:, order], 2)
    wanted, _ = by_definition(x["q"], x["k"], x["v"], None, x["beta"], torch.zeros_like(x["h"]), 2, 0.5)
    assert np.abs(o.numpy() - wanted).max() > 1e-2


def test_defaults_are_beta_1_scale_of_the_key_size_and_an_empty_state():
    x = drawn(2, 5, 2, 4, 3, 1)
    ones, nothing = torch.ones_like(x["beta"]), torch.zeros_like(x["h"])
    o, last = delta_product(x["q"], x["k"], x["v"])
    assert last is None
    assert torch.equal(o, delta_product(x["q"], x["k"], x["v"], None, ones, 1, 0.5, nothing)[0])
    assert torch.equal(2 * o, delta_product(x["q"], x["k"], x["v"], scale=1.0)[0])


def test_one_step_a_token_is_the_delta_rule():
    """Yang et al. 2024: S ← S + k βᵗ(v − Sᵀk)ᵀ; a key seen before is overwritten with β = 1."""
    e = torch.eye(3, dtype=torch.float64)
    k = e[[0, 1, 0]].reshape(1, 3, 1, 3)
    v = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], dtype=torch.float64).reshape(1, 3, 1, 2)
    o, last = delta_product(k, k, v, scale=1.0, output_final_state=True)
    assert torch.equal(o, v)
    assert last is not None
    assert last[0, 0].tolist() == [[5, 6], [3, 4], [0, 0]]


def test_gate_minus_infinity_is_an_exact_reset():
    x = drawn(1, 4, 1, 3, 2, 1, dtype=torch.float32)
    g = torch.zeros(1, 4, 1)
    g[:, 2] = -torch.inf
    whole, last = delta_product(x["q"], x["k"], x["v"], g, x["beta"], initial_state=1e30 * x["h"], output_final_state=True)
    after, last_after = delta_product(
        x["q"][:, 2:], x["k"][:, 2:], x["v"][:, 2:], None, x["beta"][:, 2:], output_final_state=True
    )
    assert last is not None
    assert last_after is not None
    assert bits(whole[:, 2:]) == bits(after)
    assert bits(last) == bits(last_after)


def test_gradients_are_those_of_finite_differences():
    x = {name: tensor.requires_grad_() for name, tensor in drawn(1, 3, 2, 3, 2, 2).items()}

    def function(q, k, v, g, beta, h):
        o, last = delta_product(q, k, v, g, beta, 2, initial_state=h, output_final_state=True)
        assert last is not None
        return o, last

    assert torch.autograd.gradcheck(function, tuple(x[name] for name in NAMES))


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("K", [1, 3, 4, 5])
@pytest.mark.parametrize("cuts", [(1,), (3, 4), (0, 2, 2, 6)])
def test_pieces_with_the_state_carried_over_are_the_whole_bit_for_bit(dtype, K, cuts):
    T, n_h = 6, 2
    x = drawn(2, T, 2, K, 3, n_h, dtype=dtype)
    whole, last = delta_product(x["q"], x["k"], x["v"], x["g"], x["beta"], n_h, initial_state=x["h"], output_final_state=True)
    state, parts = x["h"], []
    for start, stop in zip((0, *cuts), (*cuts, T), strict=True):
        tokens, steps = slice(start, stop), slice(start * n_h, stop * n_h)
        o, state = delta_product(
            x["q"][:, tokens], x["k"][:, steps], x["v"][:, steps], x["g"][:, tokens], x["beta"][:, steps], n_h,
            initial_state=state, output_final_state=True,
        )  # fmt: skip
        parts.append(o)
    assert last is not None
    assert state is not None
    assert whole.dtype == dtype
    assert bits(torch.cat(parts, dim=1)) == bits(whole)
    assert bits(state) == bits(last)


@pytest.mark.parametrize("dtype", FORMATS)
def test_a_batch_is_its_words_one_by_one_bit_for_bit(dtype):
    x = drawn(5, 6, 3, 7, 4, 2, dtype=dtype)
    whole, _ = delta_product(x["q"], x["k"], x["v"], x["g"], x["beta"], 2, initial_state=x["h"])
    for b in range(5):
        one = {name: tensor[b : b + 1] for name, tensor in x.items()}
        alone, _ = delta_product(one["q"], one["k"], one["v"], one["g"], one["beta"], 2, initial_state=one["h"])
        assert bits(alone) == bits(whole[b : b + 1])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.floats(width=32, allow_nan=False, allow_infinity=False, min_value=-(2.0**60), max_value=2.0**60),
        min_size=1,
        max_size=9,
    )
)
def test_the_sum_by_halves_has_one_order(numbers):
    """Padded with zeros to a power of two, the upper half added to the lower: the same in numpy, to the bit."""
    size = 1 << (len(numbers) - 1).bit_length()
    padded = np.array(numbers + [0.0] * (size - len(numbers)), dtype=np.float32)
    expected = padded.copy()
    while len(expected) > 1:
        expected = expected[: len(expected) // 2] + expected[len(expected) // 2 :]
    assert sum_by_halves(torch.from_numpy(padded)[:, None]).numpy().tobytes() == expected.tobytes()


@pytest.mark.parametrize("name", ["S_3", "dyck_1_depth_2", "even_a_since_b", "flip_flop"])
@pytest.mark.parametrize("keys", ["raw", "unit"])
@pytest.mark.parametrize("dtype", FORMATS)
def test_it_runs_exact_layers_exactly(name, keys, dtype):
    """A word through an exact layer's own numbers: every state on the way is the exact one, in each format."""
    dfa = languages.get(name)
    layer = one_layer(dfa, keys)[0][0].layer(dfa)
    word = np.random.default_rng(7).integers(0, dfa.n_letters, size=40).tolist()
    for head in layer.heads:
        n_h = head.n_h
        k, v, beta = np.zeros((len(word), n_h, head.K)), np.zeros((len(word), n_h, head.V)), np.zeros((len(word), n_h))
        alpha, exact, state = np.ones(len(word)), [], head.initial
        for t, letter in enumerate(word):
            action = head.letters[letter]
            alpha[t] = float(action.gate)
            for j, step in enumerate(action.steps):
                k[t, j], v[t, j], beta[t, j] = [float(x) for x in step.key], [float(x) for x in step.value], float(step.beta)
            state = action.apply(state)
            exact.append(head.read(state).astype(float))

        def tensor(array):
            return torch.from_numpy(np.asarray(array, dtype=float))[None].to(dtype)

        query = tensor(np.tile([float(x) for x in head.query], (len(word), 1, 1)))
        o, last = recurrence(
            query,
            tensor(k[:, :, None]),
            tensor(v[:, :, None]),
            tensor(beta[:, :, None]),
            tensor(alpha[:, None]),
            tensor(head.initial.astype(float)[None]),
        )
        assert np.array_equal(o[0, :, 0].double().numpy(), np.array(exact))
        assert np.array_equal(last[0, 0].double().numpy(), state.astype(float))


def test_steps_that_are_not_n_h_a_token_are_refused():
    x = drawn(1, 3, 1, 2, 2, 2)
    with pytest.raises(ValueError, match="3 tokens of 3 steps need 9"):
        delta_product(x["q"], x["k"], x["v"], num_householder=3)
    with pytest.raises(ValueError, match="need 6 keys and values, not 6 and 5"):
        delta_product(x["q"], x["k"], x["v"][:, :5], num_householder=2)
