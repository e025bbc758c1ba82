"""The trained layer: its range, its equation, its gradients; and the layer without anything between projection and recurrence."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from theory_strategies import FORMATS, bits

from deltaword.automata.errors import BadArgument
from deltaword.nets.delta_product import DeltaProduct
from deltaword.nets.fixed_layer import FixedDeltaProduct


def layer_and_input(seed=0, scale=1.0, B=2, T=5, d_model=12, **options):
    torch.manual_seed(seed)
    layer = DeltaProduct(d_model, **options).double()
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.mul_(scale)
    return layer, scale * torch.randn(B, T, d_model, dtype=torch.float64)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 99), st.sampled_from([0.0, 0.1, 1.0, 30.0]), st.sampled_from([1, 2]), st.integers(1, 3))
def test_transitions_stay_in_range_whatever_the_weights(seed, scale, beta_max, n_h):
    layer, x = layer_and_input(seed, scale, n_h=n_h, n_heads=3, beta_max=beta_max, gate=True)
    k, beta, g = layer.transitions(x)
    assert k.shape == (2, 5, n_h, 3, 4)
    assert beta.shape == (2, 5, n_h, 3)
    assert g is not None
    assert g.shape == (2, 5, 3)
    norms = k.norm(dim=-1)
    assert (norms <= 1 + 1e-12).all()
    long_enough = torch.nn.functional.silu(layer.k_proj(x)).view_as(k).norm(dim=-1) > 1e-6
    assert torch.allclose(norms[long_enough], torch.ones_like(norms[long_enough])), "keys have norm 1"
    assert (beta >= 0).all()
    assert (beta <= beta_max).all()
    assert (g <= 0).all()
    eye = torch.eye(4, dtype=torch.float64)
    A = eye.expand(2, 5, 3, 4, 4) * g.exp()[..., None, None]
    for j in range(n_h):
        A = (eye - beta[:, :, j, :, None, None] * k[:, :, j, :, :, None] * k[:, :, j, :, None, :]) @ A
    assert (torch.linalg.matrix_norm(A, ord=2) <= 1 + 1e-9).all(), "no state grows"
    if beta_max == 1 and n_h == 1:
        assert (torch.linalg.eigvals(A).real >= -1e-9).all(), "eigenvalues in [0, 1]"


def test_only_the_wider_range_reaches_negative_eigenvalues():
    for beta_max, least in ((1, 0.0), (2, -1.0)):
        layer, x = layer_and_input(scale=30.0, beta_max=beta_max)
        found = 1 - layer.transitions(x)[1]
        assert found.min().item() == pytest.approx(least, abs=1e-6)


@pytest.mark.parametrize("gate", [False, True])
def test_one_step_is_the_equation_of_DeltaNet(gate):
    """Written out from the papers: S ← α S (I − β k kᵀ) in their transposed form, o = S q, normalised and projected."""
    layer, x = layer_and_input(n_h=1, n_heads=2, head_k=3, head_v=5, gate=gate)
    y, last = layer(x)

    def silu(z):
        return z / (1 + torch.exp(-z))

    for b in range(2):
        S = torch.zeros(2, 5, 3, dtype=torch.float64)  # [H, V, K]
        for t in range(5):
            q, k, v = (silu(x[b, t] @ getattr(layer, f"{name}_proj").weight.T).view(2, -1) for name in "qkv")
            q, k = q / q.norm(dim=-1, keepdim=True), k / k.norm(dim=-1, keepdim=True)
            beta = 2 / (1 + torch.exp(-(x[b, t] @ layer.b_proj.weight.T)))
            if layer.g_proj is not None:
                step = torch.log1p(torch.exp(x[b, t] @ layer.g_proj.weight.T + layer.dt_bias))
                S = torch.exp(-layer.A_log.exp() * step)[:, None, None] * S
            S = S - beta[:, None, None] * ((S @ k[:, :, None]) - v[:, :, None]) * k[:, None, :]
            o = (S @ q[:, :, None])[:, :, 0] * 3**-0.5
            o = o / (o.square().mean(dim=-1, keepdim=True) + 1e-5).sqrt() * layer.o_norm.weight
            assert torch.allclose(layer.o_proj.weight @ o.reshape(-1), y[b, t], atol=1e-10)
        assert torch.allclose(S.transpose(1, 2), last[b], atol=1e-10)


@pytest.mark.parametrize("n_h", [1, 2, 3])
@pytest.mark.parametrize("gate", [False, True])
def test_gradients_reach_every_parameter(n_h, gate):
    layer, x = layer_and_input(n_h=n_h, n_heads=2, gate=gate)
    layer(x)[0].square().sum().backward()
    for name, parameter in layer.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name
        assert (parameter.grad != 0).any(), name
    rows = layer.b_proj.weight.grad
    assert rows is not None
    assert (rows != 0).any(dim=1).all(), "every step of every head learns its strength"


@pytest.mark.parametrize("dtype", FORMATS)
def test_the_state_carried_over_is_one_pass(dtype):
    layer, x = layer_and_input(n_h=2, n_heads=2, gate=True)
    layer, x = layer.to(dtype), x.to(dtype)
    whole, last = layer(x)
    state, parts = None, []
    for piece in x.split([2, 1, 2], dim=1):
        y, state = layer(piece, state)
        parts.append(y)
    tolerance = {torch.bfloat16: 3e-2, torch.float16: 3e-3, torch.float32: 1e-5, torch.float64: 1e-12}[dtype]
    assert torch.allclose(torch.cat(parts, dim=1), whole, atol=tolerance)
    assert state is not None
    assert torch.allclose(state, last, atol=tolerance)


def test_training_lowers_the_loss():
    """Parity of the bits so far, a few steps: the wider range is there to learn it, here only the descent is checked."""
    torch.manual_seed(1)
    bits_drawn = torch.randint(0, 2, (16, 6))
    wanted = bits_drawn.cumsum(dim=1) % 2
    embed, layer, out = torch.nn.Embedding(2, 8), DeltaProduct(8, n_h=2, n_heads=2), torch.nn.Linear(8, 2)
    optimiser = torch.optim.Adam([*embed.parameters(), *layer.parameters(), *out.parameters()], lr=0.02)
    losses = []
    for _ in range(30):
        logits = out(layer(embed(bits_drawn))[0])
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), wanted.flatten())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0]


NO_LAYERS = [{"beta_max": 3}, {"beta_max": 0}, {"n_h": 0}, {"n_h": -1}, {"n_heads": 0}, {"n_heads": -2}, {"n_heads": 13}]


@pytest.mark.parametrize("options", [*NO_LAYERS, {"head_k": 0}, {"head_v": 0}, {"head_k": -1}])
def test_sizes_and_ranges_that_make_no_layer_are_refused(options):
    with pytest.raises(BadArgument):
        DeltaProduct(12, **options)


def test_an_empty_sequence_and_an_empty_batch_pass_through():
    layer = DeltaProduct(8, n_h=2, n_heads=2, gate=True)
    assert layer(torch.zeros(3, 0, 8))[0].shape == (3, 0, 8)
    assert layer(torch.zeros(0, 4, 8))[0].shape == (0, 4, 8)


# ---------------------------------------------------------------------- the fixed layer


def random_fixed(gate: bool, dtype=torch.float64) -> FixedDeltaProduct:
    torch.manual_seed(3)
    layer = FixedDeltaProduct(4, 2, 3, 2, n_h=2, gate=gate).to(dtype)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.uniform_(-0.7, 0.7)
    return layer


@pytest.mark.parametrize("gate", [False, True])
def test_the_fixed_layer_is_its_projections_and_the_recurrence(gate):
    layer = random_fixed(gate)
    x = torch.randn(1, 6, 4, dtype=torch.float64)
    y, last = layer(x)
    S = layer.initial_state.clone()
    for t in range(6):
        k, v = layer.k_proj(x[0, t]).view(2, 2, 3), layer.v_proj(x[0, t]).view(2, 2, 2)
        beta = layer.b_proj(x[0, t]).view(2, 2)
        for h in range(2):
            if layer.g_proj is not None:
                S[h] = layer.g_proj(x[0, t])[h] * S[h]
            for j in range(2):
                key = k[j, h]
                S[h] = S[h] + beta[j, h] * torch.outer(key, v[j, h] - S[h].T @ key)
        assert torch.allclose(y[0, t], torch.einsum("hk,hkv->hv", layer.query, S).reshape(-1), atol=1e-12)
    assert torch.allclose(last[0], S, atol=1e-12)


@pytest.mark.parametrize("dtype", FORMATS)
def test_the_fixed_layer_reads_its_start_as_it_reads_any_state(dtype):
    layer = random_fixed(False, dtype)
    still = torch.zeros(1, 1, 4, dtype=dtype)  # no key, no strength: the state stays
    assert bits(layer.read_start()) == bits(layer(still)[0].reshape(-1))


def test_the_fixed_layer_asks_for_no_gradients_until_told():
    layer = random_fixed(True)
    assert not any(parameter.requires_grad for parameter in layer.parameters())
    layer.requires_grad_()
    layer(torch.randn(2, 3, 4, dtype=torch.float64))[0].square().sum().backward()
    assert all(parameter.grad is not None and (parameter.grad != 0).any() for parameter in layer.parameters())
