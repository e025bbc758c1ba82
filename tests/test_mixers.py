"""Every mixer: causal, replicas apart, finite, eigenvalues in range; and each one's equation, token by token in float64."""

import os
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from itertools import pairwise
from math import cos, exp, pi, sin, sqrt
from pathlib import Path
from typing import Any

import convolution_cases
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scan_cases import SCANS, agree, drawn, results
from torch import Tensor, nn
from torch.nn import functional as F

from deltaword.automata.errors import BadArgument
from deltaword.nets.models.mixers import MIXERS, mixer
from deltaword.nets.models.mlstm import MLSTM, stabiliser
from deltaword.nets.models.parts import ShortConvolution, activated, fits_triton, reset
from deltaword.nets.models.rwkv7 import FASTEST_DECAY, RWKV7
from deltaword.nets.models.scan import matrix_scan, matrix_states, selective_scan

D = 16
OPTIONS = {
    "deltaproduct": {"heads": 2, "n_h": 2},
    "gated_deltaproduct": {"heads": 2, "n_h": 3, "conv": 4},
    "mamba": {"state": 4},
    "lstm": {},
}
WITH_STATES = [name for name in MIXERS if name != "attention"]
WITH_EIGENVALUES = [name for name in WITH_STATES if name != "lstm"]
SEEDS = st.integers(0, 2**31)


def options(name: str) -> dict:
    return OPTIONS.get(name, {"heads": 2})


def drawn_mixer(name: str, seeds=(0, 1), lowest=(0.0, -1.0), spread: float = 1.0, **more) -> nn.Module:
    """A stack as it is drawn, or with every parameter spread further: gates and steps all over their ranges."""
    stack = mixer(name)(len(seeds), D, torch.tensor(lowest), **options(name) | more)
    reset(stack, seeds)
    if spread != 1:
        with torch.no_grad():
            for parameter in stack.parameters():
                draw = torch.Generator().manual_seed(sum(seeds))
                parameter.mul_(spread).add_(torch.randn(parameter.shape, generator=draw) * (spread - 1) / 4)
    return stack


def drawn_input(T: int, seed: int = 0, R: int = 2, B: int = 3) -> Tensor:
    return torch.randn(R, B, T, D, generator=torch.Generator().manual_seed(seed))


# ---------------------------------------------------------------------- what holds for all of them


@pytest.mark.parametrize("name", MIXERS)
@settings(max_examples=20, deadline=None)
@given(seed=SEEDS, T=st.integers(1, 20), data=st.data())
def test_a_later_token_never_changes_an_earlier_output(name, seed, T, data):
    t = data.draw(st.integers(0, T - 1))
    stack, x = drawn_mixer(name, (seed, seed + 1)).double(), drawn_input(T, seed).double()
    changed = x.clone()
    changed[:, :, t] += 1
    with torch.no_grad():
        before, after = stack(x), stack(changed)
    assert torch.allclose(before[:, :, :t], after[:, :, :t], rtol=1e-12, atol=1e-13)
    assert not torch.allclose(before[:, :, t], after[:, :, t])


@pytest.mark.parametrize("name", WITH_STATES)
@settings(max_examples=20, deadline=None)
@given(seed=SEEDS, cuts=st.lists(st.integers(1, 5), min_size=1, max_size=5), conv=st.sampled_from([0, 1, 3]))
def test_a_word_read_in_pieces_is_the_word(name, seed, cuts, conv):
    """`run` goes on where the state stopped: outputs, and the gradient of a loss on the last piece, through the states."""
    more = {} if name in ("lstm", "rwkv7") else {"conv": conv}
    stack, x = drawn_mixer(name, (seed, seed + 1), **more).double(), drawn_input(sum(cuts), seed).double().requires_grad_()
    whole, state, pieces = stack(x), None, []
    for piece in x.split(cuts, dim=2):
        y, state = stack.run(piece, state)  # pyright: ignore[reportCallIssue]
        pieces.append(y)
    assert torch.allclose(torch.cat(pieces, dim=2), whole, rtol=1e-6, atol=1e-6)
    (found,) = torch.autograd.grad(pieces[-1].square().sum(), x)
    (true,) = torch.autograd.grad(whole[:, :, -cuts[-1] :].square().sum(), x)
    assert torch.allclose(found, true, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", MIXERS)
def test_replicas_do_not_see_each_other(name):
    stack, x = drawn_mixer(name), drawn_input(17)
    with torch.no_grad():
        alone = stack(x)[0]
        x[1] *= -3
        for parameter in stack.parameters():
            parameter[1] += 0.5
        both = stack(x)
    assert torch.equal(both[0], alone)
    assert both[1].isfinite().all()


@pytest.mark.parametrize("name", MIXERS)
def test_a_stack_of_two_is_two_stacks_of_one(name):
    """Outputs, and gradients of the summed loss."""
    x = drawn_input(9)
    both = drawn_mixer(name, (3, 4))
    y = both(x)
    y.square().sum().backward()
    for r, (seed, lowest) in enumerate(((3, 0.0), (4, -1.0))):
        one = drawn_mixer(name, (seed,), (lowest,))
        z = one(x[r : r + 1])
        z.square().sum().backward()
        assert torch.allclose(z[0], y[r], rtol=1e-4, atol=1e-6)
        for (key, a), b in zip(both.named_parameters(), one.parameters(), strict=True):
            assert torch.equal(a[r], b[0]), key
            assert a.grad is not None
            assert b.grad is not None
            assert torch.allclose(a.grad[r], b.grad[0], rtol=1e-3, atol=1e-5 * float(b.grad.abs().max()) + 1e-9), key


@pytest.mark.parametrize("T", [1, 2, 17])
@pytest.mark.parametrize("half", [False, True], ids=["float32", "bfloat16"])
@pytest.mark.parametrize("name", MIXERS)
def test_outputs_and_gradients_are_finite(name, half, T):
    stack, x = drawn_mixer(name), drawn_input(T).requires_grad_()
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        y = stack(x)
    assert y.shape == x.shape
    y.float().square().sum().backward()
    assert y.isfinite().all()
    for key, parameter in [*stack.named_parameters(), ("x", x)]:
        assert parameter.grad is not None, key
        assert parameter.grad.isfinite().all(), key
    if half:
        with torch.no_grad():
            assert (y - stack(x)).norm() <= 0.1 * y.norm()  # most where one q·k near 0 is normalised


@pytest.mark.parametrize("name", MIXERS)
def test_zeros_everywhere_are_finite(name):
    """What padding, or a dead embedding, gives."""
    stack, x = drawn_mixer(name), torch.zeros(2, 1, 5, D, requires_grad=True)
    stack(x).sum().backward()
    assert all(parameter.grad is None or parameter.grad.isfinite().all() for parameter in [*stack.parameters(), x])


@pytest.mark.parametrize("name", WITH_EIGENVALUES)
@settings(max_examples=20, deadline=None)
@given(seed=SEEDS, spread=st.sampled_from([1.0, 2.0, 5.0]))
def test_eigenvalues_lie_in_each_replicas_range(name, seed, spread):
    stack, x = drawn_mixer(name, (seed, seed + 1), spread=spread), drawn_input(7, seed) * spread
    with torch.no_grad():
        found = stack.eigenvalues(x)  # pyright: ignore[reportCallIssue]
    assert found.is_complex()
    assert found.shape[:3] == (2, 3, 7)
    off = 1e-2 if "delta" in name else 1e-5  # of eigenvalues of float32 matrices that are not symmetric
    assert found.abs().max() <= 1 + off
    assert found[1].real.min() >= -1 - off
    if name != "gated_deltaproduct":  # which has three steps a token here, see below
        assert found[0].real.min() >= -off
    if "delta" not in name:
        assert found.imag.abs().max() == 0


@pytest.mark.parametrize("name", WITH_EIGENVALUES)
def test_negative_eigenvalues_are_there_to_be_found(name):
    """Else the property above says nothing about the lower end."""
    stack, x = drawn_mixer(name, spread=5.0), drawn_input(17) * 5
    with torch.no_grad():
        found = stack.eigenvalues(x)  # pyright: ignore[reportCallIssue]
    assert found[0].real.min() < 0.45
    assert found[1].real.min() < -0.1


def test_three_steps_a_token_can_leave_the_range():
    """Projections with β = 1 along keys 120° apart, in [0, 1] each: their product has the eigenvalue −1/8, of no two of them."""
    keys = torch.tensor([[cos(i * pi * 2 / 3), sin(i * pi * 2 / 3)] for i in range(3)])
    stack: Any = mixer("deltaproduct")(1, 2, torch.zeros(1), heads=1, n_h=3)
    q, _, v, beta, g = stack.inputs(torch.zeros(1, 1, 1, 2))
    for n_h in (2, 3):
        stack.n_h = n_h
        stack.inputs = lambda x, n=n_h: (q, keys[:n].view(1, 1, 1, n, 1, 2), v[:, :, :, :n], 0 * beta[:, :, :, :n] + 1, g)
        lowest = stack.eigenvalues(torch.zeros(1, 1, 1, 2)).real.min()
        assert lowest.item() == pytest.approx(0 if n_h == 2 else -1 / 8, abs=1e-6)


@pytest.mark.parametrize("name", WITH_STATES)
def test_states_follow_their_own_words(name):
    """One state a token, float32, and the state after a token does not hang on what follows."""
    stack, x = drawn_mixer(name), drawn_input(11)
    with torch.no_grad():
        states, fewer = stack.states(x), stack.states(x[:, :, :6])  # pyright: ignore[reportCallIssue]
    assert states.dtype == torch.float32
    assert states.shape[:3] == (2, 3, 11)
    assert torch.allclose(states[:, :, :6], fewer, atol=1e-5)
    assert states.isfinite().all()


@pytest.mark.parametrize("name", ["gla", "mlstm", "rwkv7", "attention", "deltaproduct"])
def test_sizes_that_make_no_layer_are_refused(name):
    with pytest.raises(BadArgument, match="at least"):
        mixer(name)(1, 8, torch.zeros(1), heads=0, head_dim=8)
    with pytest.raises(BadArgument, match="at least"):
        mixer(name)(1, 8, torch.zeros(1), heads=0)


def test_mamba_attention_and_rwkv7_refuse_what_they_cannot_do():
    with pytest.raises(BadArgument, match="state 0"):
        mixer("mamba")(1, 8, torch.zeros(1), state=0)
    with pytest.raises(BadArgument, match="even"):
        mixer("attention")(1, 9, torch.zeros(1), heads=3)
    with pytest.raises(BadArgument, match="c is 2"):
        RWKV7(1, 8, torch.zeros(1), heads=2, c=2)


# ---------------------------------------------------------------------- the scans


def test_the_selective_scan_is_its_equation():
    given = drawn("selective", 2, 2, 6, 3, 4)
    x, dt, A, B, C, lowest, start = given.values()
    y = torch.zeros_like(x)
    for r in range(2):
        for b in range(2):
            for d in range(3):
                h = start[r, b, d].tolist()
                for t in range(6):
                    for n in range(4):
                        low = float(lowest[r])
                        gate = low + (1 - low) * exp(float(dt[r, b, t, d] * A[r, d, n]))
                        h[n] = gate * h[n] + float(dt[r, b, t, d] * B[r, b, t, n] * x[r, b, t, d])
                        y[r, b, t, d] += h[n] * C[r, b, t, n]
                assert torch.allclose(selective_scan(**given)[1][r, b, d], torch.tensor(h, dtype=torch.float64), rtol=1e-12)
    assert torch.allclose(selective_scan(**given)[0], y, rtol=1e-12, atol=1e-12)
    nothing = given | {"h": torch.zeros_like(start)}
    assert torch.equal(selective_scan(**nothing)[0], selective_scan(**drawn("selective", 2, 2, 6, 3, 4, state=False))[0])


@pytest.mark.parametrize("scan", ["matrix", "low rank"])
def test_the_matrix_scan_is_a_product_of_matrices(scan):
    """o_t = Σ_s (A_t ⋯ A_{s+1} k_s v_sᵀ)ᵀ q_t, the products multiplied out."""
    given = drawn(scan, 1, 1, 6, 1, 4, 3, state=False)
    q, k, v, w = (given[name][0, 0, :, 0] for name in ("q", "k", "v", "w"))
    A = torch.diag_embed(w)
    if scan == "low rank":
        A = A + given["a"][0, 0, :, 0].unsqueeze(-1) * given["b"][0, 0, :, 0].unsqueeze(-2)
    for t in range(6):
        S = torch.zeros(4, 3, dtype=torch.float64)
        for s in range(t + 1):
            moved = k[s]
            for later in range(s + 1, t + 1):
                moved = A[later] @ moved
            S += torch.outer(moved, v[s])
        assert torch.allclose(matrix_scan(**given)[0][0, 0, t, 0], q[t] @ S, rtol=1e-12, atol=1e-12)
    assert torch.allclose(matrix_scan(**given)[1][0, 0, 0], S, rtol=1e-12, atol=1e-12)
    product, start = torch.eye(4, dtype=torch.float64), drawn(scan, 1, 1, 6, 1, 4, 3)["S"]
    for matrix in A:
        product = matrix @ product
    assert torch.allclose(matrix_scan(**given, S=start)[1][0, 0, 0], S + product @ start[0, 0, 0], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("scan", SCANS)
def test_the_scans_gradients_are_those_of_finite_differences(scan):
    given = drawn(scan, *((2, 1, 4, 2, 2) if scan == "selective" else (1, 1, 4, 1, 3, 2)))
    names = list(given)
    leaves = [x.requires_grad_(name != "lowest") for name, x in given.items()]
    function = selective_scan if scan == "selective" else matrix_scan
    assert torch.autograd.gradcheck(lambda *values: function(**dict(zip(names, values, strict=True))), leaves)


@pytest.mark.skipif(find_spec("triton") is None, reason="triton is not installed")
@pytest.mark.parametrize("file", ["interpreted_scans.py", "interpreted_convolutions.py"])
def test_the_triton_kernels_agree_with_float64_in_the_interpreter(file):
    """Every test of the file, in a process of its own."""
    code = "import sys, triton_interpreter, pytest; sys.exit(pytest.main(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", code, "-q", "--no-header", "-p", "no:cacheprovider", "-p", "no:doctest", "-o",
         "addopts=--import-mode=importlib", file],
        cwd=Path(__file__).parent, env=os.environ | {"TRITON_INTERPRET": "1"}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


# ---------------------------------------------------------------------- each one's equation


Weights = dict[str, Tensor]


def rms(x: Tensor) -> Tensor:
    return x / (x.square().mean() + 1e-5).sqrt()


def silu(x: Tensor) -> Tensor:
    return x / (1 + torch.exp(-x))


def sigmoid(x: Tensor) -> Tensor:
    return 1 / (1 + torch.exp(-x))


def convolved(x: Tensor, weight: Tensor) -> Tensor:
    return torch.stack([sum((x[t - s] * weight[s] for s in range(len(weight)) if s <= t), 0 * x[0]) for t in range(len(x))])


def mamba(p: Weights, u: Tensor, lowest: float) -> Tensor:
    """Algorithm 2 of 2312.00752, with 2 a − 1 for a where lowest is −1."""
    inner, N, rank = 2 * D, 4, 1
    xz = u @ p["in_proj.weight"]
    x, z = silu(convolved(xz[:, :inner], p["conv.weight"])), xz[:, inner:]
    projected = x @ p["x_proj.weight"]
    dt = torch.log(1 + torch.exp(projected[:, :rank] @ p["dt_proj.weight"] + p["dt_bias"]))
    A = -torch.exp(p["A_log"])
    h, y = torch.zeros(inner, N, dtype=u.dtype), []
    for t in range(len(u)):
        a = torch.exp(dt[t][:, None] * A)
        if lowest:
            a = 2 * a - 1
        h = a * h + dt[t][:, None] * x[t][:, None] * projected[t, rank : rank + N]
        y.append((h @ projected[t, rank + N :] + p["D"] * x[t]) * silu(z[t]))
    return torch.stack(y) @ p["out_proj.weight"]


def heads_of(x: Tensor) -> Tensor:
    return x.view(2, D // 2)


def gla(p: Weights, x: Tensor, lowest: float) -> Tensor:
    K = D // 2
    q, k, v = (x @ p["qkv.weight"]).split(D, dim=1)
    alpha = sigmoid(x @ p["gate_down.weight"] @ p["gate_up.weight"] + p["gate_up.bias"]) ** (1 / 16)
    alpha = 2 * alpha - 1 if lowest else alpha
    r = silu(x @ p["r_proj.weight"] + p["r_proj.bias"])
    out = []
    S = torch.zeros(2, K, K, dtype=x.dtype)
    for t in range(len(x)):
        o = []
        S = torch.stack([
            torch.diag(heads_of(alpha[t])[h]) @ S[h] + torch.outer(heads_of(k[t])[h], heads_of(v[t])[h]) for h in range(2)
        ])  # fmt: skip
        for h in range(2):
            o.append(rms(S[h].T @ heads_of(q[t])[h] / sqrt(K)) * p["o_norm.weight"])
        out.append(torch.cat(o) * r[t])
    return torch.stack(out) @ p["o_proj.weight"]


def mlstm(p: Weights, x: Tensor, lowest: float) -> Tensor:
    """Section 2.3 of 2405.04517, without a stabiliser."""
    K = D // 2
    q, k, v = (x @ p["qkv.weight"]).split(D, dim=1)
    gates = x @ p["if_proj.weight"] + p["if_bias"]
    i, f = torch.exp(gates[:, :2]), sigmoid(gates[:, 2:])
    f = 2 * f - 1 if lowest else f
    o = sigmoid(x @ p["o_gate.weight"] + p["o_gate.bias"])
    out = []
    C, n = [torch.zeros(K, K, dtype=x.dtype)] * 2, [torch.zeros(K, dtype=x.dtype)] * 2
    for t in range(len(x)):
        read = []
        for h in range(2):
            key, value, query = heads_of(k[t])[h] / sqrt(K), heads_of(v[t])[h], heads_of(q[t])[h]
            C[h] = f[t, h] * C[h] + i[t, h] * torch.outer(value, key)  # the paper's C is [V, K]
            n[h] = f[t, h] * n[h] + i[t, h] * key
            read.append(rms(C[h] @ query / torch.clamp((n[h] @ query).abs(), min=1)) * p["h_norm.weight"])
        out.append(o[t] * torch.cat(read))
    return torch.stack(out) @ p["o_proj.weight"]


def rwkv7(p: Weights, x: Tensor, lowest: float) -> Tensor:
    """Section 4 of 2503.14456 with its row vectors and S [V, K]: S_t = S_{t−1} (diag(w) − c κ̂ᵀ (a ∘ κ̂)) + vᵀ k̃."""
    K, c = D // 2, float(torch.tensor(FASTEST_DECAY) - lowest)  # a float32 in the layer
    before = torch.cat([torch.zeros_like(x[:1]), x[:-1]])
    r_in, w_in, k_in, v_in, a_in, g_in = (x + (before - x) * mu for mu in p["mix"])
    d = torch.tanh(w_in @ p["w_down.weight"]) @ p["w_up.weight"] + p["w_bias"]
    w = torch.exp(-exp(-0.5) * sigmoid(d))
    a = sigmoid(a_in @ p["a_down.weight"] @ p["a_up.weight"] + p["a_bias"])
    g = sigmoid(g_in @ p["g_down.weight"]) @ p["g_up.weight"]
    r, k, v = r_in @ p["r_proj.weight"], k_in @ p["k_proj.weight"], v_in @ p["v_proj.weight"]
    kappa = k * p["removal"]
    replaced = k * (1 + (a - 1) * p["replacement"])
    S, out = [torch.zeros(K, K, dtype=x.dtype)] * 2, []
    for t in range(len(x)):
        ps = []
        for h in range(2):
            one = slice(h * K, (h + 1) * K)
            hat = (kappa[t, one] / kappa[t, one].norm())[None]
            G = torch.diag(w[t, one]) - c * hat.T @ (a[t, one] * hat)
            S[h] = S[h] @ G + v[t, one][:, None] @ replaced[t, one][None]
            o = S[h] @ r[t, one]
            o = (o - o.mean()) / (o.var(correction=0) + 64e-5).sqrt() * p["norm_weight"][one] + p["norm_bias"][one]
            ps.append(o + (r[t, one] * p["bonus"][h] * replaced[t, one]).sum() * v[t, one])
        out.append(g[t] * torch.cat(ps))
    return torch.stack(out) @ p["o_proj.weight"]


def lstm(p: Weights, x: Tensor, lowest: float) -> Tensor:
    h = c = torch.zeros(D, dtype=x.dtype)
    out = []
    for t in range(len(x)):
        i, f, g, o = (p["weight_ih"] @ x[t] + p["bias_ih"] + p["weight_hh"] @ h + p["bias_hh"]).split(D)
        c = sigmoid(f) * c + sigmoid(i) * torch.tanh(g)
        h = sigmoid(o) * torch.tanh(c)
        out.append(h)
    return torch.stack(out)


def attention(p: Weights, x: Tensor, lowest: float) -> Tensor:
    """Rotations by complex numbers: q_t · k_s = Re Σ_i q_i conj(k_i) exp(i (t − s) θ_i)."""
    K = D // 2
    q, k, v = (x @ p["qkv.weight"]).split(D, dim=1)
    theta = torch.tensor([10_000.0 ** (-2 * i / K) for i in range(K // 2)], dtype=x.dtype)
    out = []
    for t in range(len(x)):
        read = []
        for h in range(2):

            def as_complex(y: Tensor, h: int = h) -> Tensor:
                return torch.complex(*heads_of(y)[h].split(K // 2))

            scores = [
                (as_complex(q[t]) * as_complex(k[s]).conj() * torch.exp(1j * (t - s) * theta)).sum().real / sqrt(K)
                for s in range(t + 1)
            ]
            weights = torch.softmax(torch.stack(scores), 0)
            read.append(sum(weights[s] * heads_of(v[s])[h] for s in range(t + 1)))
        out.append(torch.cat(read))
    return torch.stack(out) @ p["o_proj.weight"]


EQUATIONS = {"mamba": mamba, "gla": gla, "mlstm": mlstm, "rwkv7": rwkv7, "lstm": lstm, "attention": attention}


@pytest.mark.parametrize("spread", [1.0, 1.5])
@pytest.mark.parametrize("name", EQUATIONS)
def test_outputs_and_gradients_are_those_of_the_defining_equation(name, spread):
    stack, x = drawn_mixer(name, spread=spread).double(), drawn_input(7).double().requires_grad_()
    cotangent = torch.randn(x.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    parameters = dict(stack.named_parameters())
    y = stack(x)
    found = torch.autograd.grad(y, [x, *parameters.values()], cotangent)
    expected = torch.stack([
        torch.stack([EQUATIONS[name]({key: p[r] for key, p in parameters.items()}, x[r, b], lowest) for b in range(3)])
        for r, lowest in enumerate((0.0, -1.0))
    ])  # fmt: skip
    true = torch.autograd.grad(expected, [x, *parameters.values()], cotangent)
    names = ["y", "x", *parameters]
    agree(dict(zip(names, (y, *found), strict=True)), dict(zip(names, (expected, *true), strict=True)), 1e-9)


@pytest.mark.parametrize("name", ["gla", "mlstm"])
def test_a_convolution_of_queries_keys_and_values_is_followed_by_silu(name):
    layer: Any = drawn_mixer(name, conv=3, spread=1.5)
    x = drawn_input(9)
    q, k, v = layer.inputs(x)[:3]
    plain = layer.qkv(x)
    weight = layer.conv.weight
    for r in range(2):
        taps = weight[r].flip(0).T.unsqueeze(1)  # [channels, 1, width], the current token last
        expected = F.silu(F.conv1d(F.pad(plain[r].mT, (2, 0)), taps, groups=taps.shape[0]).mT)
        root = (D // 2) ** 0.5  # by which one of them is divided
        given = (q * root, k, v) if name == "gla" else (q, k * root, v)
        found = torch.cat([each[r].flatten(-2) for each in given], dim=-1)
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_the_lstm_is_pytorchs():
    """nn.LSTM with the same numbers, forward and gradients."""
    stack: Any
    stack, x = drawn_mixer("lstm"), drawn_input(9)
    y = stack(x)
    y.square().sum().backward()
    for r in range(2):
        library = nn.LSTM(D, D, batch_first=True)
        with torch.no_grad():
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
                getattr(library, f"{name}_l0").copy_(getattr(stack, name)[r])
        z, _ = library(x[r])
        z.square().sum().backward()
        assert torch.equal(y[r], z)
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
            assert torch.allclose(getattr(stack, name).grad[r], getattr(library, f"{name}_l0").grad, atol=1e-6)


def test_lstm_weights_start_as_pytorchs_do():
    weights = torch.cat([p.flatten() for p in drawn_mixer("lstm", seeds=range(20), lowest=[0.0] * 20).parameters()])
    assert weights.abs().max() <= D**-0.5
    assert abs(weights.std().item() - D**-0.5 / sqrt(3)) < 1e-3


def test_attention_is_pytorchs_where_all_positions_are_one(monkeypatch):
    """Without the rotations, nn.MultiheadAttention with the same numbers."""
    stack: Any
    library: Any
    monkeypatch.setattr("deltaword.nets.models.attention.rotated", lambda x: x)
    stack, x = drawn_mixer("attention"), drawn_input(6)
    library = nn.MultiheadAttention(D, 2, bias=False, batch_first=True)
    with torch.no_grad():
        library.in_proj_weight.copy_(stack.qkv.weight[1].T)
        library.out_proj.weight.copy_(stack.o_proj.weight[1].T)
    mask = nn.Transformer.generate_square_subsequent_mask(6)
    assert torch.allclose(stack(x)[1], library(x[1], x[1], x[1], attn_mask=mask)[0], atol=1e-5)


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS, scale=st.sampled_from([1.0, 30.0, 300.0]))
def test_the_stabiliser_is_its_recurrence_and_keeps_gates_small(seed, scale):
    draw = torch.Generator().manual_seed(seed)
    i = torch.randn(1, 1, 12, 1, generator=draw, dtype=torch.float64) * scale
    f = 2 * torch.rand(1, 1, 12, 1, generator=draw, dtype=torch.float64) - 1
    m, by_token = stabiliser(i, f).flatten(), [float("-inf")]
    for t in range(12):
        by_token.append(max(float(f.flatten()[t].abs().log()) + by_token[-1], float(i.flatten()[t])))
    assert torch.allclose(m, torch.tensor(by_token[1:], dtype=torch.float64))
    assert torch.allclose(stabiliser(i[:, :, 5:], f[:, :, 5:], m[4].view(1, 1, 1, 1)).flatten(), m[5:])
    for t, (a, b) in enumerate(pairwise(by_token)):
        assert exp(float(i.flatten()[t]) - b) <= 1 + 1e-9
        assert t == 0 or float(f.flatten()[t].abs()) * exp(a - b) <= 1 + 1e-9


@pytest.mark.parametrize("extreme", [-200.0, 200.0])
def test_mlstm_is_finite_where_its_exponentials_are_not(extreme):
    """Input gates of exp(±200), forget gates of 0."""
    stack = drawn_mixer("mlstm")
    assert isinstance(stack, MLSTM)
    with torch.no_grad():
        stack.if_bias[:, :2] = extreme
        stack.if_bias[1, 2:] = 0  # 2 σ(0) − 1
        stack.if_proj.weight[1] = 0
    x = drawn_input(9).requires_grad_()
    y = stack(x)
    y.sum().backward()
    assert y.isfinite().all()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in [*stack.parameters(), x])


def test_rwkv7s_eigenvalues_are_those_of_its_transition_matrices():
    stack, x = drawn_mixer("rwkv7", spread=2.0).double(), drawn_input(5).double()
    assert isinstance(stack, RWKV7)
    with torch.no_grad():
        found, A = stack.eigenvalues(x), stack.transition_matrices(x)
        general = torch.linalg.eigvals(A)
        _, w, k, v, a, removed, _ = stack.inputs(x)
    assert general.imag.abs().max() < 1e-9
    assert torch.allclose(found.real.unflatten(-1, (2, -1)), general.real.sort().values, atol=1e-9)
    S = list(matrix_states(k, v, w, -a * removed, removed))
    moved = A[:, :, 3] @ S[2] + k[:, :, 3].unsqueeze(-1) * v[:, :, 3].unsqueeze(-2)
    assert torch.allclose(moved, S[3])


def test_rwkv7_as_released_lies_between_the_ranges():
    stack = RWKV7(2, D, torch.tensor([0.0, -1.0]), heads=2, c=1)
    reset(stack, [0, 0])
    assert torch.equal(stack.most, torch.ones(2))
    with torch.no_grad():
        stack.a_bias.fill_(20)
        stack.w_bias.fill_(20)
        lowest = stack.eigenvalues(drawn_input(5)).real.min()
    assert lowest == pytest.approx(FASTEST_DECAY - 1, abs=1e-3)


# ---------------------------------------------------------------------- on a GPU


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("half", [False, True], ids=["float32", "bfloat16"])
@pytest.mark.parametrize("scan", SCANS)
def test_the_kernels_on_the_device_are_float64s(scan, half):
    sizes = (3, 2, 67, 100, 16) if scan == "selective" else (3, 2, 67, 2, 32, 33)
    kind = torch.bfloat16 if half else torch.float32
    given = {name: x.to("cuda", kind) for name, x in drawn(scan, *sizes).items()}
    agree(results(scan, given), results(scan, {name: x.double() for name, x in given.items()}), 1.5e-2 if half else 1e-5)


LIMITS = {torch.float32: 1e-5, torch.float16: 2e-3, torch.bfloat16: 1.5e-2}


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("kind", LIMITS, ids=str)
@pytest.mark.parametrize(("sizes", "parts", "size", "W"), [
    ((3, 2, 67, 5 * 48), [(48, True), (96, True), (96, False)], 48, 4),
    ((1, 2, 130, 3 * 128), [(128, True), (128, True), (128, False)], 128, 4),
    ((2, 2, 40, 5 * 16), [(16, True), (32, True), (32, False)], 16, None),
    ((2, 1, 3, 2 * 256), [(256, True), (256, False)], 256, 8),
    ((2, 3, 33, 150), [(150, False)], None, 3),
    ((1, 1, 1, 7), [(7, False)], None, 4),
])  # fmt: skip
def test_the_convolution_on_the_device_is_torchs_in_float64(sizes: tuple[int, int, int, int], parts, size, W, kind):
    """Weights in float32, as under autocast."""
    x, weight = convolution_cases.drawn(*sizes, W)
    x, weight = x.to(kind), None if weight is None else weight.float()
    assert fits_triton(x.cuda(), None, size)

    def kernels(x: Tensor, weight: Tensor | None) -> tuple[Tensor, ...]:
        from deltaword.nets.models.conv_triton import convolution

        return convolution(x, weight, parts, size)

    def torchs(x: Tensor, weight: Tensor | None) -> tuple[Tensor, ...]:
        return convolution_cases.by_torch(x, weight, parts, size)

    found = convolution_cases.results(kernels, x.cuda(), None if weight is None else weight.cuda())
    true = convolution_cases.results(torchs, x.double(), None if weight is None else weight.double())
    agree(found, true, LIMITS[kind])


def captured(step: Callable[[], Any]) -> tuple[torch.cuda.CUDAGraph, Any]:
    """The graph of a step, after three that compile, and where it leaves its result."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        result = step()
    return graph, result


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_the_convolution_and_its_gradients_can_be_captured_in_a_graph():
    """Replayed on other inputs, it gives theirs."""
    x, conv = torch.randn(2, 3, 33, 96, device="cuda").requires_grad_(), ShortConvolution(2, 96, 4)
    reset(conv, [0, 1])
    conv.cuda()

    def step() -> list[Tensor]:
        found, _ = activated(conv, x, [(32, True), (64, False)], 32)
        loss = sum((y * (i + 1)).square().sum() + y.sum() for i, y in enumerate(found))
        assert isinstance(loss, Tensor)
        return [y.detach() for y in found] + list(torch.autograd.grad(loss, [x, conv.weight]))

    graph, found = captured(step)
    with torch.no_grad():
        x.copy_(torch.randn(2, 3, 33, 96))
    graph.replay()
    for a, b in zip(found, step(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-5)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("name", ["deltaproduct", "gated_deltaproduct", "gla", "mlstm", "mamba"])
def test_mixers_on_the_device_are_those_of_the_cpu(name):
    """Output and gradients, float32 beside float64: a part at the wrong place, or a lost gradient, would change them wholly."""
    stack, x = drawn_mixer(name, conv=4), drawn_input(21)
    cotangent = drawn_input(21, seed=1)

    def learned(stack: nn.Module, x: Tensor) -> dict[str, Tensor]:
        x = x.clone().requires_grad_()
        y, weight = stack(x), stack.get_parameter("conv.weight")
        dx, dw = torch.autograd.grad(y, [x, weight], cotangent.to(y))
        return {"y": y.detach().cpu(), "dx": dx.cpu(), "dw": dw.cpu()}

    found = learned(stack.cuda(), x.cuda())
    agree(found, learned(stack.cpu().double(), x.double()), 5e-2)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("name", MIXERS)
def test_a_training_step_can_be_captured_in_a_graph(name):
    """Under autocast; replayed on other inputs, it gives their loss."""
    stack = drawn_mixer(name).cuda()
    x = drawn_input(33).cuda()

    def step() -> Tensor:
        stack.zero_grad(set_to_none=True)
        with torch.autocast("cuda", torch.bfloat16, cache_enabled=False):
            loss = F.mse_loss(stack(x).float(), x)
        loss.backward()
        return loss.detach()

    graph, loss = captured(step)
    x.copy_(drawn_input(33, seed=5))
    graph.replay()
    assert torch.allclose(loss, step(), rtol=1e-3)
