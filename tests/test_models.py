"""The stack that is trained: parts beside torch.nn, the model, DeltaProduct beside the layer of nets.delta_product, own mixers."""

import sys
from itertools import pairwise
from typing import Any, TypeVar

import pytest
import torch
from convolution_cases import by_torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F

from deltaword.automata.errors import BadArgument
from deltaword.kernels.reference import delta_product as reference
from deltaword.nets import delta_product
from deltaword.nets.models import delta
from deltaword.nets.models.mixers import MIXERS, mixer
from deltaword.nets.models.parts import MLP, Embedding, Linear, RMSNorm, ShortConvolution, activated, reset
from deltaword.nets.models.sequence_model import ModelConfig, SequenceModel

SEEDS = st.integers(0, 2**31)
M = TypeVar("M", bound=nn.Module)


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def drawn(module: M, *seeds: int) -> M:
    reset(module, seeds)
    return module


# ---------------------------------------------------------------------- parts


@settings(max_examples=20, deadline=None)
@given(seed=SEEDS, sizes=st.tuples(*[st.integers(1, 6)] * 4))
def test_linear_maps_and_embeddings_are_pytorchs_a_replica_each(seed, sizes):
    B, T, d, n = sizes
    linear, embedding = drawn(Linear(2, d, n, bias=True), seed, seed + 1), drawn(Embedding(2, n, d), seed, seed + 1)
    with torch.no_grad():
        linear.bias.normal_()  # pyright: ignore[reportOptionalMemberAccess]
    x, tokens = normal(2, B, T, d, seed=seed), torch.randint(n, (2, B, T), generator=torch.Generator().manual_seed(seed))
    for r in range(2):
        assert torch.allclose(linear(x)[r], F.linear(x[r], linear.weight[r].T, linear.bias[r]), atol=1e-5)  # pyright: ignore
        assert torch.equal(embedding(tokens)[r], F.embedding(tokens[r], embedding.weight[r]))


def test_norms_and_mlps_are_pytorchs():
    x, norm, mlp = normal(2, 3, 4, 6), drawn(RMSNorm(2, 6), 0, 1), drawn(MLP(2, 6, 10), 0, 1)
    with torch.no_grad():
        norm.weight.normal_()
    for r in range(2):
        library = nn.RMSNorm(6, eps=1e-5)
        library.weight = nn.Parameter(norm.weight[r])
        assert torch.allclose(norm(x)[r], library(x[r]), atol=1e-6)
        up, gate = (x[r] @ mlp.up.weight[r]).split(10, dim=-1)
        assert torch.allclose(mlp(x)[r], (F.silu(up) * gate) @ mlp.down.weight[r], atol=1e-5)


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS, width=st.integers(1, 5), T=st.integers(1, 9))
def test_the_short_convolution_is_pytorchs_depthwise_one(seed, width, T):
    convolution, x = drawn(ShortConvolution(2, 3, width), seed, seed + 1), normal(2, 4, T, 3, seed=seed)
    for r in range(2):
        library = nn.Conv1d(3, 3, width, groups=3, padding=width - 1, bias=False)
        library.weight = nn.Parameter(convolution.weight[r].flip(0).T.unsqueeze(1))  # the newest token last
        assert torch.allclose(convolution(x)[r], library(x[r].mT)[..., :T].mT, atol=1e-5)


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS, width=st.integers(0, 5), cuts=st.lists(st.integers(1, 5), min_size=1, max_size=3), size=st.integers(1, 4))
def test_what_follows_a_convolution_is_pytorchs(seed, width, cuts, size):
    """SiLU, and unit vectors of two parts out of three; the same of a word read in pieces."""
    parts = [(size, True), (2 * size, True), (2 * size, False)]
    convolution = drawn(ShortConvolution(2, 5 * size, width), seed, seed + 1).double() if width else None
    x = normal(2, 3, sum(cuts), 5 * size, seed=seed).double()
    expected = by_torch(x, None if convolution is None else convolution.weight, parts, size)
    pieces, kept = [], None
    for piece in x.split(cuts, dim=2):
        found, kept = activated(convolution, piece, parts, size, kept)
        pieces.append(found)
    whole, _ = activated(convolution, x, parts, size)
    for y, several, true in zip(whole, zip(*pieces, strict=True), expected, strict=True):
        assert torch.allclose(y, true, rtol=1e-9, atol=1e-10)
        assert torch.allclose(torch.cat(several, dim=2), true, rtol=1e-9, atol=1e-10)


def test_no_tokens_after_some_leave_a_convolution_what_it_kept():
    conv, x = ShortConvolution(1, 2, 3), torch.randn(1, 1, 4, 2)
    (_,), kept = activated(conv, x, [(2, False)])
    (nothing,), again = activated(conv, x[:, :, :0], [(2, False)], before=kept)
    assert nothing.shape == (1, 1, 0, 2)
    assert kept is not None
    assert again is not None
    assert torch.equal(again, kept)


def test_unit_vectors_of_no_size_are_refused():
    with pytest.raises(BadArgument, match="size of their blocks"):
        activated(None, torch.ones(1, 1, 1, 2), [(2, True)])


@pytest.mark.parametrize("name", MIXERS)
def test_a_replica_is_drawn_from_its_seed_alone_and_wholly(name):
    """In whatever company and place, and with nothing left of what was there."""
    config = ModelConfig(3, 2, d_model=8, mixer=name, options={} if name in ("mamba", "lstm") else {"heads": 2})
    many, one = SequenceModel(config, ["0,1"] * 4, [5, 9, 5, 7]), SequenceModel(config, ["0,1"], [9])
    with torch.no_grad():
        for parameter in one.parameters():
            parameter.fill_(float("nan"))
    reset(one, [9])
    for (key, a), b in zip(many.named_parameters(), one.parameters(), strict=True):
        assert torch.equal(a[0], a[2]), key
        assert torch.equal(a[1], b[0]), key
        assert b.isfinite().all(), key
    assert not torch.equal(many.embedding.weight[0], many.embedding.weight[1])


def test_linear_weights_keep_the_size_of_what_they_are_given():
    """Sampled: outputs of unit inputs have variance 1."""
    y = drawn(Linear(1, 256, 256), 0)(normal(1, 1, 400, 256))
    assert y.var().item() == pytest.approx(1, rel=0.02)


# ---------------------------------------------------------------------- the model


def model(ranges=("0,1", "-1,1"), seeds=(0, 1), **changes) -> SequenceModel:
    return SequenceModel(
        ModelConfig(**{"letters": 3, "classes": 4, "d_model": 8, "layers": 2, "options": {"heads": 2}} | changes), ranges, seeds
    )


def tokens(T: int, R: int = 2, B: int = 3) -> Tensor:
    return torch.randint(3, (R, B, T), generator=torch.Generator().manual_seed(0))


def test_the_model_is_its_equation():
    """x = embed(BOS, tokens); x ← x + mixer(norm(x)), x ← x + mlp(norm(x)); logits = head(norm(x)), BOS left out."""
    stack, words = model(), tokens(5)
    with_bos = torch.cat([torch.full((2, 3, 1), 3), words], dim=2)
    x = torch.stack([stack.embedding.weight[r][with_bos[r]] for r in range(2)])
    for block in stack.blocks:
        x = x + block.mixer(block.mixer_norm(x))  # pyright: ignore[reportCallIssue]
        x = x + block.mlp(block.mlp_norm(x))  # pyright: ignore[reportCallIssue]
    logits = stack.norm(x)[:, :, 1:] @ stack.head.weight.unsqueeze(1) + stack.head.bias[:, None, None]  # pyright: ignore
    assert torch.allclose(stack(words), logits, atol=1e-5)
    assert stack(words).shape == (2, 3, 5, 4)


def test_mixer_inputs_are_what_the_mixers_are_given():
    stack, words, seen = model(), tokens(5), []
    for block in stack.blocks:
        block.mixer.register_forward_pre_hook(lambda _, args: seen.append(args[0]))  # pyright: ignore
    stack(words)
    hooked, seen[:] = list(seen), []
    for a, b in zip(hooked, stack.mixer_inputs(words), strict=True):
        assert torch.equal(a, b)
        assert a.shape == (2, 3, 6, 8)


@pytest.mark.parametrize("name", ["deltaproduct", "mamba", "lstm"])
def test_a_word_read_in_pieces_has_the_logits_of_the_word(name):
    stack, words = model(mixer=name, options={} if name == "lstm" else {"conv": 3}), tokens(7)
    logits, state = [], None
    for piece in words.split([1, 4, 2], dim=2):
        some, state = stack.run(piece, state)
        logits.append(some)
    assert torch.allclose(torch.cat(logits, dim=2), stack(words), atol=1e-5)


def test_what_has_no_recurrent_form_says_so():
    with pytest.raises(BadArgument, match="Attention has no recurrent form"):
        model(mixer="attention").run(tokens(3))


def test_a_model_without_mlps_has_none():
    stack = model(mlp=0)
    assert not any("mlp" in name for name, _ in stack.named_parameters())
    assert stack(tokens(3)).isfinite().all()


@pytest.mark.parametrize("name", ["deltaproduct", "mamba", "attention"])
def test_each_replica_learns_as_it_would_alone(name):
    """Gradients of the summed loss, beside those of stacks of one."""
    given: dict = {"mixer": name, "options": {} if name == "mamba" else {"heads": 2}}
    both, words = model(**given), tokens(6)
    logits = both(words)
    sum(F.cross_entropy(logits[r].flatten(0, 1), words[r].flatten()) for r in range(2)).backward()  # pyright: ignore
    for r, range_ in enumerate(("0,1", "-1,1")):
        one = model([range_], [r], **given)
        z = one(words[r : r + 1])
        F.cross_entropy(z[0].flatten(0, 1), words[r].flatten()).backward()
        assert torch.allclose(z[0], logits[r], atol=1e-5)
        for (key, a), b in zip(both.named_parameters(), one.parameters(), strict=True):
            assert a.grad is not None
            assert b.grad is not None
            assert torch.allclose(a.grad[r], b.grad[0], rtol=1e-3, atol=1e-5), key


def test_logits_are_float32_under_autocast():
    with torch.autocast("cpu", torch.bfloat16):
        logits = model()(tokens(4))
    assert logits.dtype == torch.float32
    assert torch.allclose(logits, model()(tokens(4)), atol=0.1)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"ranges": ["0,1", "0,2"]}, "'0,2'"),
        ({"ranges": ["0,1"]}, "as many as seeds"),
        ({"ranges": [], "seeds": []}, "as many as seeds"),
        ({"mixer": "deltanett"}, "deltanet or gated_deltanet"),
        ({"mixer": "nothing like it"}, "your own as package.module:Class"),
        ({"options": {"haeds": 2}}, "haeds"),
        ({"options": {"heads": 0}}, "0 heads"),
        ({"options": {"n_h": 0}}, "n_h 0"),
        ({"mixer": "deltanet", "options": {"n_h": 2}}, "n_h"),
    ],
)
def test_what_makes_no_model_is_refused(given, message):
    with pytest.raises(BadArgument, match=message):
        model(**given)


def test_tokens_of_another_shape_are_refused():
    with pytest.raises(BadArgument, match="R = 2"):
        model()(tokens(4, R=3))
    with pytest.raises(BadArgument, match="R = 2"):
        model()(tokens(4)[0])


def test_every_named_mixer_is_there():
    for name in MIXERS:
        assert isinstance(getattr(mixer(name), "RANGES"), bool)  # noqa: B009


# ---------------------------------------------------------------------- DeltaNet and DeltaProduct


def stack_of_one(n_h: int, gate: bool, beta_max: int) -> tuple[delta.DeltaProduct, delta_product.DeltaProduct]:
    """The same layer, here and in nets.delta_product."""
    cls = delta.GatedDeltaProduct if gate else delta.DeltaProduct
    stack = drawn(cls(1, 12, torch.tensor([1.0 - beta_max]), heads=2, head_dim=5, n_h=n_h), 3)
    single = delta_product.DeltaProduct(12, n_h, 2, 5, 5, beta_max, gate)
    wide = stack.widths
    with torch.no_grad():
        stack.o_norm.weight.normal_(generator=torch.Generator().manual_seed(0))
        for name, part in zip(("q", "k", "v"), stack.qkv.weight[0].split(wide, dim=1), strict=True):
            getattr(single, f"{name}_proj").weight.copy_(part.T)
        single.b_proj.weight.copy_(stack.b_proj.weight[0].T)
        single.o_proj.weight.copy_(stack.o_proj.weight[0].T)
        single.o_norm.weight.copy_(stack.o_norm.weight[0])
        if gate:
            assert single.g_proj is not None
            single.g_proj.weight.copy_(stack.g_proj.weight[0].T)
            single.A_log.copy_(stack.A_log[0])
            single.dt_bias.copy_(stack.dt_bias[0])
    return stack, single


@pytest.mark.parametrize("beta_max", [1, 2])
@pytest.mark.parametrize(("n_h", "gate"), [(1, False), (1, True), (2, False), (3, True)])
def test_a_stack_of_one_is_the_layer_of_delta_product(n_h, gate, beta_max):
    stack, single = stack_of_one(n_h, gate, beta_max)
    x = normal(3, 7, 12)
    y, (z, _) = stack(x[None]), single(x)
    assert torch.allclose(y[0], z, atol=1e-5)
    y.square().sum().backward()
    z.square().sum().backward()
    pairs = [(stack.b_proj.weight, single.b_proj.weight), (stack.o_proj.weight, single.o_proj.weight)]
    if gate:
        assert single.g_proj is not None
        pairs.append((stack.g_proj.weight, single.g_proj.weight))
    for a, b in pairs:
        assert a.grad is not None
        assert b.grad is not None
        assert torch.allclose(a.grad[0].T, b.grad, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("n_h", "gate", "conv"), [(1, False, 0), (2, True, 0), (3, False, 4), (2, True, 3)])
def test_states_outputs_and_transitions_are_those_of_the_recurrence(n_h, gate, conv):
    """`states` is what kernels.reference ends in after each prefix, and `transition_matrices` move them from token to token."""
    cls = delta.GatedDeltaProduct if gate else delta.DeltaProduct
    stack = drawn(cls(2, 12, torch.tensor([0.0, -1.0]), heads=2, n_h=n_h, conv=conv), 3, 4)
    x = normal(2, 3, 6, 12)
    with torch.no_grad():
        states, A = stack.states(x), stack.transition_matrices(x)
        q, k, v, beta, g = (None if y is None else y.double() for y in stack.inputs(x))
    assert q is not None
    assert k is not None
    assert v is not None
    assert beta is not None
    for r in range(2):
        for T in range(1, 7):
            steps = [y[r, :, :T].flatten(1, 2) for y in (k, v)]
            _, S = reference(
                q[r, :, :T],
                steps[0],
                steps[1],
                None if g is None else g[r, :, :T],
                beta[r, :, :T].flatten(1, 2),
                n_h,
                output_final_state=True,
            )
            assert S is not None
            assert torch.allclose(states[r, :, T - 1].double(), S, atol=1e-5)
    for t, (before, after) in enumerate(pairwise(states.unbind(2)), start=1):
        unwritten = A[:, :, t] @ before
        # the last step's write is all that is missing for one step; for more, what earlier steps wrote is moved on too
        S = torch.zeros_like(before)
        for j in range(n_h):
            key, value = k[:, :, t, j].float(), v[:, :, t, j].float()
            strength = beta[:, :, t, j, :, None, None].float()
            S = S - strength * key.unsqueeze(-1) * (key.unsqueeze(-2) @ S) + strength * key.unsqueeze(-1) * value.unsqueeze(-2)
        assert torch.allclose(unwritten + S, after, atol=1e-5)


@settings(max_examples=20, deadline=None)
@given(seed=SEEDS)
def test_deltanets_only_other_eigenvalue_is_one_minus_beta(seed):
    """And the range [−1, 1] doubles β, of the same weights and inputs."""
    stack = drawn(delta.DeltaNet(2, 8, torch.tensor([0.0, -1.0]), heads=2), seed, seed)
    x = normal(1, 2, 5, 8, seed=seed).expand(2, -1, -1, -1)
    with torch.no_grad():
        found, beta = stack.eigenvalues(x).unflatten(-1, (2, 4)), stack.inputs(x)[3][:, :, :, 0]
    assert found.imag.abs().max() < 2e-3  # ones that rounding splits
    lowest = found.real.sort(dim=-1).values
    assert torch.allclose(lowest[..., 0], 1 - beta, atol=1e-4)
    assert torch.allclose(lowest[..., 1:], torch.ones(()), atol=2e-3)
    assert torch.allclose(beta[1], 2 * beta[0])


def test_beta_reaches_two_only_where_the_range_is_negative():
    stack = drawn(delta.DeltaProduct(2, 8, torch.tensor([0.0, -1.0]), heads=2, n_h=2), 0, 0)
    with torch.no_grad():
        stack.b_proj.weight.mul_(1000)
        beta = stack.inputs(normal(2, 2, 20, 8))[3]
    assert beta[0].max() == 1
    assert beta[1].max() == 2
    assert beta.min() == 0


def test_keys_and_queries_are_unit_vectors():
    q, k, *_ = drawn(delta.DeltaProduct(1, 8, torch.zeros(1), heads=2, n_h=2), 0).inputs(normal(1, 2, 5, 8))
    for x in (q, k):
        assert torch.allclose(x.norm(dim=-1), torch.ones(()), atol=1e-5)


# ---------------------------------------------------------------------- mixers of one's own


class Moving(nn.Module):
    """The token before, through a map: as anybody would write it."""

    def __init__(self, d_model: int, scale: float = 1.0):
        super().__init__()
        self.scale, self.map, self.norm = scale, nn.Linear(d_model, d_model), nn.LayerNorm(d_model)

    def forward(self, x: Tensor) -> Tensor:
        return self.scale * self.map(F.pad(self.norm(x)[:, :-1], (0, 0, 1, 0)))


class Stacked(nn.Module):
    RANGES = True

    def __init__(self, replicas: int, d_model: int, lowest: Tensor):
        super().__init__()
        self.map = Linear(replicas, d_model, d_model)

    def forward(self, x: Tensor) -> Tensor:
        return self.map(x)


class Narrow(nn.Linear):
    def __init__(self, d_model: int):
        super().__init__(d_model, d_model - 1)


@pytest.fixture
def own(monkeypatch):
    """This file as an importable module, whatever pytest calls it."""
    monkeypatch.setitem(sys.modules, "own_mixers", sys.modules[__name__])
    return "own_mixers"


def test_a_module_of_ones_own_gets_a_copy_a_replica(own):
    stack = model(mixer=f"{own}:Moving", options={"scale": 2.0})
    own_mixer: Any = stack.blocks[0].mixer
    copies = own_mixer.copies
    x = normal(2, 3, 5, 8)
    y = own_mixer(x)
    for r in range(2):
        assert torch.equal(y[r], copies[r](x[r]))
        assert copies[r].scale == 2
    assert not torch.equal(copies[0].map.weight, copies[1].map.weight)
    stack(tokens(4)).sum().backward()
    assert all(p.grad is not None for p in stack.parameters())


def test_own_copies_are_drawn_from_their_seeds_alone_as_their_class_draws_them(own):
    state = torch.get_rng_state()
    many, one = (
        model(["0,1"] * 2, [7, 8], mixer=f"{own}:Moving", options={}),
        model(["0,1"], [8], mixer=f"{own}:Moving", options={}),
    )
    for a, b in zip(many.blocks[1].mixer.copies[1].parameters(), one.blocks[1].mixer.copies[0].parameters(), strict=True):  # pyright: ignore
        assert torch.equal(a, b)
    torch.set_rng_state(state)
    reset(one, [3])
    assert torch.equal(torch.get_rng_state(), state)
    fresh: Any = one.blocks[0].mixer.copies[0]  # pyright: ignore
    assert torch.equal(fresh.norm.weight, torch.ones(8))
    assert 0 < fresh.map.bias.abs().max() <= 8**-0.5


def test_a_class_that_knows_stacks_is_taken_as_it_is(own):
    assert mixer(f"{own}:Stacked") is Stacked
    stack = model(mixer=f"{own}:Stacked", options={})
    assert isinstance(stack.blocks[0].mixer, Stacked)
    assert stack(tokens(4)).isfinite().all()


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("no_such_module:Class", "PYTHONPATH"),
        ("{own}:Nothing", "no nn.Module called 'Nothing'"),
        ("{own}:normal", "no nn.Module"),
        ("{own}:", "no nn.Module"),
        ("math:pi", "no nn.Module"),
    ],
)
def test_paths_that_lead_nowhere_are_refused(own, path, message):
    with pytest.raises(BadArgument, match=message):
        mixer(path.format(own=own))


def test_own_mixers_that_change_the_shape_are_refused(own):
    stack = model(mixer=f"{own}:Narrow", options={})
    with pytest.raises(BadArgument, match=r"Narrow made \[B, T, d\] = \[3, 6, 7\] of \[3, 6, 8\]"):
        stack(tokens(5))


def test_options_that_an_own_mixer_does_not_take_are_refused(own):
    with pytest.raises(BadArgument, match="sale"):
        model(mixer=f"{own}:Moving", options={"sale": 2})
