"""Layers on the kernels: the trained one agrees with the sequential recurrence, compiled networks keep their bits or are refused."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
import torch
from theory_strategies import FORMATS, bits, compiled

import deltaword as dw
from deltaword.automata.errors import NotExact
from deltaword.kernels import reference
from deltaword.nets import certify, fixed_layer
from deltaword.nets import delta_product as trained
from deltaword.nets.delta_product import DeltaProduct

# ---------------------------------------------------------------------- the trained layer


def layer_and_input(
    dtype: torch.dtype, T: int, n_h: int, gate: bool, beta_max: int = 2, d: int = 24
) -> tuple[DeltaProduct, Any]:
    """A layer with weights and an input that dtype holds."""
    torch.manual_seed(0)
    layer = DeltaProduct(d, n_h=n_h, n_heads=2, beta_max=beta_max, gate=gate)
    return layer.to(dtype), torch.randn(3, T, d).to(dtype)


def results(layer: DeltaProduct, x: torch.Tensor) -> dict[str, torch.Tensor]:
    """Output, state and all gradients of a loss that weighs both with fixed random numbers."""
    x = x.clone().requires_grad_()
    y, last = layer(x)
    draw = torch.Generator().manual_seed(1)
    weights = [torch.randn(out.shape, generator=draw, dtype=torch.float64).to(out) for out in (y, last)]
    names, leaves = zip(*layer.named_parameters(), strict=True)
    gradients = torch.autograd.grad((y * weights[0]).sum() + (last * weights[1]).sum(), [x, *leaves])
    return {"y": y.detach(), "state": last.detach()} | dict(zip(["x", *names], gradients, strict=True))


def truth(layer: DeltaProduct, x: torch.Tensor, monkeypatch) -> dict[str, torch.Tensor]:
    """The same layer in float64 on the CPU, its recurrence the sequential one."""
    with monkeypatch.context() as patched:
        patched.setattr(trained, "delta_product", reference.delta_product)
        return results(copy.deepcopy(layer).cpu().double(), x.cpu().double())


def worst(found: dict[str, torch.Tensor], true: dict[str, torch.Tensor]) -> tuple[float, str]:
    """The largest error, relative to the norm of what should be there, and what it is in."""
    return max((float((found[name].cpu().double() - true[name]).norm() / true[name].norm()), name) for name in true)


SHAPES = [(2, 1, False), (40, 1, False), (40, 2, True), (70, 1, True), (23, 3, False)]


@pytest.mark.parametrize("dtype", FORMATS, ids=str)
@pytest.mark.parametrize(("T", "n_h", "gate"), SHAPES)
def test_the_trained_layer_is_the_sequential_recurrence(T, n_h, gate, dtype, monkeypatch):
    """Within 16 roundings to the layer's type: a dozen operations each way, and the recurrence adds none in half precision."""
    layer, x = layer_and_input(dtype, T, n_h, gate)
    error, where = worst(results(layer, x), truth(layer, x, monkeypatch))
    assert error < 16 * torch.finfo(dtype).eps, where


def test_a_recurrence_that_is_another_is_noticed(monkeypatch):
    """The comparison above can fail: a gate one token late, in float32."""
    layer, x = layer_and_input(torch.float32, 40, 2, gate=True)
    true, right = truth(layer, x, monkeypatch), trained.delta_product

    def late(q, k, v, g, *others, **options):
        return right(q, k, v, g.roll(1, dims=1), *others, **options)

    monkeypatch.setattr(trained, "delta_product", late)
    assert worst(results(layer, x), true)[0] > 100 * torch.finfo(torch.float32).eps


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
def test_half_precision_is_closer_to_the_truth_than_the_recurrence_in_that_type(dtype, monkeypatch):
    layer, x = layer_and_input(dtype, 70, 2, gate=True)
    true, ours = truth(layer, x, monkeypatch), results(layer, x)
    monkeypatch.setattr(trained, "delta_product", reference.delta_product)
    sequential = results(layer, x)
    for name in ("y", "state"):
        assert worst({name: ours[name]}, {name: true[name]}) < worst({name: sequential[name]}, {name: true[name]})


@pytest.mark.filterwarnings("ignore:Mismatch dtype between input and weight")
@pytest.mark.parametrize("gate", [False, True])
def test_the_trained_layer_runs_and_learns_under_autocast(gate):
    layer, x = layer_and_input(torch.float32, 20, 2, gate)
    with torch.autocast("cpu", torch.bfloat16):
        y, last = layer(x)
    y.float().square().sum().backward()
    assert last.dtype == torch.float32
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in layer.parameters())
    y = y.detach().float()
    torch.testing.assert_close(y, layer(x)[0].detach(), rtol=0, atol=16 * 2**-8 * float(y.square().mean().sqrt()))


def test_on_a_cpu_gradients_have_gradients():
    layer, x = layer_and_input(torch.float64, 3, 2, gate=True, d=4)
    assert torch.autograd.gradgradcheck(lambda x: layer(x)[0], x[:1].requires_grad_())


# ---------------------------------------------------------------------- compiled networks: the same bits


def words(dfa: dw.DFA, batch: int, length: int, seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).integers(0, dfa.n_letters, (batch, length)))


def both(net: dw.Network, tokens: torch.Tensor) -> list[list[bytes]]:
    """Bits of logits, states and reads of all layers, on the reference and on the kernels."""
    found = []
    for ready in (net.use_reference(), net.use_kernels()):
        logits, memory = ready.advance(tokens, ready.start(len(tokens)))
        found.append([bits(x.cpu()) for x in (logits, *memory.states, *memory.reads)])
    assert net.recurrence == "kernels"
    return found


NAMES = ["parity", "mod_6", "S_4", "S_5_only_swaps", "permutation_reset_5", "dyck_1_depth_3", "saturating_counter_3", "flip_flop",
         "seen_a_seen_b", "cycle_navigation", "modular_arithmetic", "T_3", "last_two_letters", "partial_injections"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_raw_keys_have_the_same_bits_in_chunks_in_every_format(name):
    dfa = dw.languages.get(name)
    net = dw.compile(dfa, seconds=2)
    tokens = words(dfa, 3, 150)
    for dtype in FORMATS:
        sequential, chunked = both(net.to(dtype), tokens)
        assert sequential == chunked, dtype
        assert np.array_equal(net(tokens).argmax(-1).numpy(), dfa.run(tokens.numpy())[:, 1:])


@pytest.mark.parametrize("name", ["S_4", "mod_6", "permutation_reset_3"])
def test_unit_keys_run_in_chunks_where_that_is_certified(name):
    net = dw.compile(dw.languages.get(name), keys="unit")
    if dw.certify(net).chunked:
        sequential, chunked = both(net, words(net.dfa, 3, 150))
        assert sequential == chunked
    else:
        with pytest.raises(NotExact, match="may round"):
            net.use_kernels()


def test_a_key_that_rounds_would_be_noticed():
    """The comparison above can fail: keys of 1/√2 in float32, run in chunks without asking."""
    net = compiled(dw.languages.get("S_4"))
    with torch.no_grad():
        net.layer.k_proj.weight.div_(2**0.5)
        net.layer.b_proj.weight.mul_(2)
    x, outputs = net.embedding(words(net.dfa, 2, 150)), {}
    for way in ("reference", "kernels"):
        net.layer.recurrence = way
        outputs[way] = net.layer(x)[0]
    assert bits(outputs["reference"]) != bits(outputs["kernels"])
    torch.testing.assert_close(outputs["reference"], outputs["kernels"], rtol=0, atol=1e-3)


def test_long_words_in_pieces_are_one_word(monkeypatch):
    net = compiled(dw.languages.get("permutation_reset_5")).use_kernels()
    tokens = words(net.dfa, 2, 700)
    whole = net(tokens)
    monkeypatch.setattr("deltaword.nets.network.FEATURES_AT_ONCE", 2**14)
    assert bits(net(tokens)) == bits(whole)
    assert np.array_equal(whole.argmax(-1).numpy(), net.dfa.run(tokens.numpy())[:, 1:])


def in_the_kernels_own_form(q, k, v, beta, alpha, S, *, operand):
    """The form with Y of kernels/README.md, a chunk of 64 steps at a time, operands of products rounded as the kernels round them."""
    B, T, n, H, _ = k.shape
    tokens, outputs = max(1, 64 // n), []

    def dot(a, b):
        return a.to(operand).float() @ b.to(operand).float()

    for begin in range(0, T, tokens):
        part = slice(begin, begin + tokens)
        kk, vv, b = (x[:, part].flatten(1, 2).transpose(1, 2) for x in (k, v, beta.unsqueeze(-1)))
        C = kk.shape[2]
        steps, at = torch.arange(C), torch.arange(n - 1, C, n)
        gates = torch.ones(B, H, C)
        if alpha is not None:
            gates[:, :, ::n] = alpha[:, part].transpose(1, 2)
        closed = (gates == 0).cumsum(-1)  # all gates here are 0 or 1
        D = (closed[..., :, None] == closed[..., None, :]).float()
        D0 = (closed == 0).float()[..., None]
        L = torch.where(steps[:, None] > steps, D * dot(kk, kk.mT), 0.0)
        eye = torch.eye(C)
        Y = torch.linalg.solve_triangular(eye + L * b.mT, L, upper=False, unitriangular=True)
        R = vv - D0 * dot(kk, S)
        U = b * (R - dot(Y, b * R))
        P = torch.where(at[:, None] >= steps, D[:, :, at] * dot(q[:, part].transpose(1, 2), kk.mT), 0.0)
        outputs.append((D0[:, :, at] * dot(q[:, part].transpose(1, 2), S) + dot(P, U)).transpose(1, 2))
        S = D0[:, :, -1:] * S + dot((D[:, :, -1, :, None] * kk).mT, U)
    return torch.cat(outputs, dim=1), S


@pytest.mark.parametrize("name", ["S_4", "permutation_reset_5", "dyck_1_depth_3", "saturating_counter_3", "flip_flop", "T_3"])
def test_the_kernels_own_form_keeps_the_bits_with_operands_in_bfloat16(name):
    """The certificate's proof is about the form of kernels/chunked.py; the Triton kernels take another, with Y and X."""
    net = compiled(dw.languages.get(name))
    seen: list[Any] = []

    def look(layer, given):
        seen.append((*layer.inputs(given[0]), layer.start(len(given[0]))))

    for layer in net.layers:
        layer.register_forward_pre_hook(look)
    net(words(net.dfa, 2, 130))
    assert seen
    for inputs in seen:
        for ours, sequential in zip(
            in_the_kernels_own_form(*inputs, operand=torch.bfloat16), reference.recurrence(*inputs), strict=True
        ):
            assert bits(ours) == bits(sequential)


# ---------------------------------------------------------------------- refusals, and going back


def test_a_network_that_is_not_covered_is_refused_and_stays_on_the_reference():
    for net in (
        dw.compile(dw.languages.get("saturating_counter_3"), keys="unit"),  # grade 1, not in chunks
        dw.constructions.counting(5),  # closes in its own arithmetic only
        dw.constructions.dihedral(5, letters="generators"),  # up to a number of tokens only
    ):
        with pytest.raises(NotExact, match="chunked form"):
            net.use_kernels()
        assert net.recurrence == "reference"


def test_a_certificate_of_other_weights_is_refused():
    net = compiled(dw.languages.get("S_3"))
    certificate = dw.certify(net)
    assert net.use_kernels(certificate).recurrence == "kernels"
    net.to(torch.bfloat16)
    with pytest.raises(NotExact, match="other weights"):
        net.use_kernels(certificate)


def test_certificates_ask_the_reference_however_the_network_runs(monkeypatch):
    """What may fail by the bytes alone is tried on the network: token after token, and then it runs as before."""
    net = compiled(dw.languages.get("permutation_reset_3")).use_kernels()
    asked: list[Any] = []
    right = certify.certify_weights
    monkeypatch.setattr(certify, "certify_weights", lambda *given: asked.append(given[-1]) or right(*given))
    dw.certify(net)
    chunks = []
    monkeypatch.setattr(fixed_layer, "in_chunks", lambda *inputs: chunks.append(1))
    (fails,) = asked
    assert not fails([0, 1, 2])
    assert chunks == []
    assert net.recurrence == "kernels"
    with torch.no_grad():
        net.readout.bias[0] = 1e9
    assert fails([1])
    net.layer.register_forward_pre_hook(lambda layer, given: 1 / 0)  # too damaged to run
    assert fails([0, 1, 2])
    assert net.recurrence == "kernels"


def test_damaged_weights_are_refused():
    net = compiled(dw.languages.get("S_3")).use_kernels()
    with torch.no_grad():
        net.readout.bias[0] = 5
    with pytest.raises(NotExact):
        net.use_kernels()
    assert net.recurrence == "reference"


def test_another_float_type_brings_the_reference_back():
    net = compiled(dw.languages.get("S_3")).use_kernels()
    assert net.to("cpu").float().recurrence == "kernels"
    assert net.bfloat16().recurrence == "reference"
    assert net.use_kernels().use_reference().recurrence == "reference"


def test_saved_networks_know_nothing_of_it(tmp_path):
    net = compiled(dw.languages.get("S_3"))
    for folder, ready in (("a", net.use_reference), ("b", net.use_kernels)):
        ready().save(tmp_path / folder)
    for file in ("weights.safetensors", "network.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    assert dw.load(tmp_path / "b").recurrence == "reference"
    assert dw.certify(net).weights_digest == dw.certify(net.use_reference()).weights_digest


def test_where_gradients_are_asked_for_the_reference_runs(monkeypatch):
    calls = []
    right = fixed_layer.in_chunks
    monkeypatch.setattr(fixed_layer, "in_chunks", lambda *inputs: calls.append(1) or right(*inputs))
    net = compiled(dw.languages.get("permutation_reset_3")).use_kernels()
    tokens = words(net.dfa, 2, 5)
    net(tokens)
    assert len(calls) == 1
    net.requires_grad_()
    net(tokens).square().sum().backward()
    assert len(calls) == 1
    assert net.layer.k_proj.weight.grad is not None
    with torch.no_grad():
        net(tokens)
    assert len(calls) == 2


# ---------------------------------------------------------------------- on a CUDA device


def on_gpu(test):
    return pytest.mark.gpu(pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")(test))


@on_gpu
@pytest.mark.parametrize("dtype", FORMATS, ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_on_a_gpu_raw_keys_have_the_bits_of_the_reference(name, dtype):
    dfa = dw.languages.get(name)
    net = dw.compile(dfa, seconds=2).to("cuda", dtype)
    tokens = words(dfa, 8, 300).cuda()
    sequential, chunked = both(net, tokens)
    assert sequential == chunked
    assert np.array_equal(net(tokens).argmax(-1).cpu().numpy(), dfa.run(tokens.cpu().numpy())[:, 1:])
    one = net(tokens[:, :1])  # decoding: token after token
    assert np.array_equal(one.argmax(-1).cpu().numpy(), dfa.run(tokens[:, :1].cpu().numpy())[:, 1:])


@on_gpu
@pytest.mark.parametrize("dtype", FORMATS, ids=str)
@pytest.mark.parametrize(("T", "n_h", "gate"), SHAPES)
def test_on_a_gpu_the_trained_layer_is_the_sequential_recurrence(T, n_h, gate, dtype, monkeypatch):
    """Within the roundings of the layer and those of operands in chunks (float32: of three tf32 passes)."""
    layer, x = layer_and_input(dtype, T, n_h, gate)
    error, where = worst(results(layer.cuda(), x.cuda()), truth(layer, x, monkeypatch))
    assert error < (64 if dtype == torch.float32 else 16) * torch.finfo(dtype).eps, where
