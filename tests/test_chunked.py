"""The chunked form: equal to the reference up to rounding on any numbers, and bit for bit on compiled networks."""

from typing import Any

import numpy as np
import pytest
import torch

import deltaword as dw
from deltaword.kernels.chunked import CHUNK, chunked_recurrence
from deltaword.kernels.reference import recurrence


def drawn(B, T, n_h, H, K, V, gate, seed=0) -> Any:
    """Inputs in float64: keys of at most unit norm, β in [0, 2], gates in [0, 1] with exact zeros and ones among them."""
    draw = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(*shape, generator=draw, dtype=torch.float64)

    k = normal(B, T, n_h, H, K)
    k = k / k.norm(dim=-1, keepdim=True)
    beta = 2 * torch.rand(B, T, n_h, H, generator=draw, dtype=torch.float64)
    beta[:, ::3] = beta[:, ::3].round()  # 0, 1 and 2 exactly
    alpha = torch.rand(B, T, H, generator=draw, dtype=torch.float64)
    alpha = torch.where(alpha < 0.1, 0.0, torch.where(alpha > 0.6, 1.0, alpha))
    return normal(B, T, H, K), k, normal(B, T, n_h, H, V), beta, alpha if gate else None, normal(B, H, K, V)


@pytest.mark.parametrize("gate", [False, True], ids=["ungated", "gated"])
@pytest.mark.parametrize(
    ("T", "n_h", "K", "V"),
    [(0, 1, 4, 4), (1, 1, 1, 1), (1, 3, 5, 2), (63, 1, 8, 8), (65, 1, 7, 3), (130, 2, 16, 5), (50, 5, 3, 4), (7, 80, 4, 2)],
)
def test_the_chunked_form_is_the_recurrence(T, n_h, K, V, gate):
    inputs = drawn(2, T, n_h, 3, K, V, gate)
    for chunked, sequential in zip(chunked_recurrence(*inputs), recurrence(*inputs), strict=True):
        torch.testing.assert_close(chunked, sequential, rtol=1e-9, atol=1e-9)


def test_a_wrong_gate_is_noticed():
    """The comparison above can fail: the gate of one token moved to the next."""
    q, k, v, beta, alpha, state = drawn(1, 20, 2, 1, 4, 4, gate=True)
    moved = chunked_recurrence(q, k, v, beta, alpha.roll(1, dims=1), state)[0]
    assert not torch.allclose(moved, recurrence(q, k, v, beta, alpha, state)[0])


@pytest.mark.parametrize("operand", [None, torch.bfloat16, torch.float16], ids=str)
@pytest.mark.parametrize("keys", ["raw", "unit"])
@pytest.mark.parametrize(
    "name", ["parity", "mod_6", "S_4", "permutation_reset_5", "dyck_1_depth_3", "flip_flop", "last_two_letters"]
)
def test_compiled_networks_are_exact_in_chunks_with_rounded_operands(name, keys, operand):
    net = dw.compile(dw.languages.get(name), keys=keys)
    layer = net.layer
    B, T, H, K, V, n_h = 1, 2 * CHUNK, layer.n_heads, layer.head_k, layer.head_v, layer.n_h
    x = net.embedding(torch.from_numpy(np.random.default_rng(0).integers(0, net.dfa.n_letters, (B, T))))
    inputs = (
        layer.query.expand(B, T, H, K),
        layer.k_proj(x).view(B, T, n_h, H, K),
        layer.v_proj(x).view(B, T, n_h, H, V),
        layer.b_proj(x).view(B, T, n_h, H),
        None if layer.g_proj is None else layer.g_proj(x),
        layer.start(B),
    )
    for chunked, sequential in zip(chunked_recurrence(*inputs, operand=operand), recurrence(*inputs), strict=True):
        assert torch.equal(chunked, sequential)


def test_generic_keys_are_not_exact_with_rounded_operands():
    """The comparison above can fail: unit keys that bfloat16 cannot hold."""
    q, k, v, beta, _, state = (x if x is None else x.float() for x in drawn(1, 64, 1, 1, 4, 4, gate=False))
    inputs: Any = q, k, v, beta, None, state
    assert not torch.equal(chunked_recurrence(*inputs, operand=torch.bfloat16)[0], recurrence(*inputs)[0])
