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
    tokens = torch.from_numpy(np.random.default_rng(0).integers(0, net.dfa.n_letters, (1, 2 * CHUNK)))
    inputs = (*layer.inputs(net.embedding(tokens)), layer.start(1))
    for chunked, sequential in zip(chunked_recurrence(*inputs, operand=operand), recurrence(*inputs), strict=True):
        assert torch.equal(chunked, sequential)


def test_generic_keys_are_not_exact_with_rounded_operands():
    """The comparison above can fail: unit keys that bfloat16 cannot hold."""
    q, k, v, beta, _, state = (x if x is None else x.float() for x in drawn(1, 64, 1, 1, 4, 4, gate=False))
    inputs: Any = q, k, v, beta, None, state
    assert not torch.equal(chunked_recurrence(*inputs, operand=torch.bfloat16)[0], recurrence(*inputs)[0])


# ---------------------------------------------------------------- what certificates say of the chunked form


def test_every_network_with_raw_keys_is_certified_in_chunks_too_in_every_format():
    certified = 0
    for name in dw.languages.names():
        try:
            net = dw.compile(dw.languages.get(name))
        except dw.errors.NotCompilable:
            continue
        for dtype in (torch.bfloat16, torch.float16, torch.float32, torch.float64):
            certificate = dw.certify(net.to(dtype))
            assert certificate.chunked, (name, certificate.reason)
        certified += 1
    assert certified > 30


def test_unit_keys_are_certified_in_chunks_where_nothing_is_overwritten():
    assert dw.certify(dw.compile(dw.languages.get("S_5"), keys="unit")).chunked
    overwriting = dw.certify(dw.compile(dw.languages.get("saturating_counter_3"), keys="unit"))
    assert overwriting.grade == 1
    assert not overwriting.chunked  # ½ and β = 1 give fractions that nothing here bounds
    assert "not whole" in overwriting.reason


def test_a_query_too_large_for_a_chunk_is_noticed():
    """A query that reads either state of parity exactly, but whose product with the key of the swap is past 256."""
    net = dw.compile(dw.languages.get("parity")).to(torch.bfloat16)
    with torch.no_grad():
        net.layer.query.copy_(torch.tensor([[-200.0, 100.0]]))
        net.readout.weight.copy_(torch.tensor([[-1.0], [1.0]]))
        net.readout.bias.zero_()
    certificate = dw.certify(net)
    assert certificate.holds
    assert certificate.grade == 1
    assert not certificate.chunked
    assert "operand" in certificate.reason
