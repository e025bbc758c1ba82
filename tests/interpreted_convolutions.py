"""The convolutions' Triton kernels on the CPU, in Triton's interpreter, against float64; test_mixers.py runs it in its own process."""

import os
from functools import partial
from typing import Any

import pytest
import torch
from convolution_cases import by_torch, drawn, results
from hypothesis import given, settings
from hypothesis import strategies as st
from scan_cases import agree

from deltaword.automata.errors import BadArgument
from deltaword.nets.models.conv_triton import convolution
from deltaword.nets.models.mixers import mixer
from deltaword.nets.models.parts import ShortConvolution, activated, fits_triton, reset

pytestmark = pytest.mark.skipif(os.environ.get("TRITON_INTERPRET") != "1", reason="not in Triton's interpreter")
SEEDS = st.integers(0, 2**31)


@pytest.fixture(autouse=True, scope="module")
def fresh_memory_is_nan():
    """Whatever a kernel forgets to write, or reads before it is written, becomes NaN."""
    empty = torch.empty
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch, "empty", lambda *a, **b: empty(*a, **b).fill_(float("nan")))
        yield


def compared(x, weight, parts, size=None, silu=True, limit=2e-6, kind=torch.float32, other=None):
    """The kernels for x and weight of a type, and torch in float64 for the same numbers; `other` are a wrong truth's x and weight."""
    options: Any = {"parts": parts, "size": size, "silu": silu}
    x, weight = x.to(kind), None if weight is None else weight.float()
    found = results(partial(convolution, **options), x, weight)
    x, weight = other or (x, weight)
    agree(found, results(partial(by_torch, **options), x.double(), None if weight is None else weight.double()), limit)


@settings(max_examples=20, deadline=None)
@given(
    seed=SEEDS,
    sizes=st.sampled_from([(1, 1, 1), (2, 1, 2), (1, 2, 7), (2, 2, 3), (1, 1, 18)]),
    W=st.sampled_from([None, 1, 2, 4, 5]),
    heads=st.sampled_from([(1, 1, 1), (1, 2, 2), (2, 1, 1)]),
    size=st.integers(3, 9),
    silu=st.booleans(),
)
def test_outputs_and_gradients_are_those_of_torch_in_float64(
    seed: int, sizes: tuple[int, int, int], W: int | None, heads: tuple[int, int, int], size: int, silu: bool
):
    """Within what one in float32 makes of a short vector's direction."""
    parts = [(n * size, unit) for n, unit in zip(heads, (True, False, True), strict=True)]
    compared(*drawn(*sizes, size * sum(heads), W, seed), parts, size, silu, limit=1e-4)


@pytest.mark.parametrize("silu", [False, True])
@pytest.mark.parametrize(("T", "C", "W"), [(1, 1, 4), (2, 3, 4), (3, 150, 8), (70, 130, 4), (129, 1, 2)])
def test_words_shorter_than_the_width_and_channels_that_no_block_fits(T, C, W, silu):
    compared(*drawn(2, 2, T, C, W), [(C, False)], None, silu)


@pytest.mark.parametrize("W", [None, 4])
def test_heads_as_large_as_a_layers(W):
    compared(*drawn(1, 1, 19, 3 * 96, W), [(96, True), (96, True), (96, False)], 96)


@pytest.mark.parametrize("small", [0.0, 1e-9, 1e-7, 3e-6, 1e-4])
def test_vectors_of_about_no_length(small):
    """Cut off below 10⁻⁶, where the norm does not move; nothing is NaN."""
    x, weight = drawn(1, 1, 6, 8, 1)
    assert weight is not None
    x[:, :, 2:4, :4] *= small
    compared(x, weight, [(4, True), (4, False)], 4, limit=1e-5)
    compared(0 * x, weight, [(4, True), (4, False)], 4)


def test_half_precision():
    """float16: the interpreter gets bfloat16 wrong."""
    compared(*drawn(1, 2, 21, 24, 4), [(8, True), (8, True), (8, False)], 8, kind=torch.half, limit=1e-3)


def test_inputs_that_are_part_of_a_wider_tensor():
    wide, weight = drawn(2, 2, 5, 20, 3)
    assert weight is not None
    for x in (wide[..., 3:13], wide.mT[..., :4], wide[:, :, :3, ::2], wide[:1].expand(2, -1, -1, -1)[..., :7]):
        compared(x, weight[..., : x.shape[-1]], [(x.shape[-1], False)])


@pytest.mark.parametrize(
    "fault", ["taps turned round", "a token late", "the other replica's weight", "a head that is not its own"]
)
def test_the_comparison_notices_a_planted_fault(fault):
    x, weight = drawn(2, 1, 6, 12, 3)
    assert weight is not None
    wrong = {
        "taps turned round": (x, weight.flip(1)),
        "a token late": (x.roll(1, 2), weight),
        "the other replica's weight": (x, weight.roll(1, 0)),
        "a head that is not its own": (x.roll(1, 3), weight.roll(1, 2)),
    }[fault]
    with pytest.raises(AssertionError, match="off by"):
        compared(x, weight, [(8, True), (4, False)], 4, other=wrong)


def test_parts_whose_gradient_is_not_asked_for_have_none():
    """As an output that no loss hangs on."""
    x, weight = drawn(1, 1, 5, 8, 2)
    assert weight is not None
    parts = [(4, True), (4, False)]

    def first(f, x, weight):
        return f(x, weight, parts, 4)[:1]

    found, true = (
        results(partial(first, f), *of) for f, of in ((convolution, (x.float(), weight.float())), (by_torch, (x, weight)))
    )
    agree(found, true, 2e-6)


@pytest.mark.parametrize("unit", [False, True])
def test_what_is_infinite_only_after_the_end_spoils_no_gradient(unit):
    """SiLU's slope there is of a token that is none: 1e38 times a tap of 10."""
    x, weight = torch.tensor([0.5, -0.2, -1e38]).reshape(1, 1, 3, 1), torch.tensor([0.1, 10.0, 1e-3]).reshape(1, 3, 1)
    parts = [(1, unit)]
    found = results(partial(convolution, parts=parts, size=1), x, weight)
    assert all(y.isfinite().all() for y in found.values())
    agree(found, results(partial(by_torch, parts=parts, size=1), x.double(), weight.double()), 1e-5)


@pytest.mark.parametrize(
    ("C", "R", "parts", "size"),
    [(4, 1, [(4, False)], None), (6, 1, [(6, False)], None), (4, 2, [(3, False)], None), (4, 2, [(4, True)], None),
     (4, 2, [(4, True)], 3)],
)  # fmt: skip
def test_shapes_that_do_not_fit_are_refused(C, R, parts, size):
    x, weight = torch.zeros(2, 1, 3, 4), torch.zeros(R, 2, C)
    with pytest.raises(BadArgument, match="do not fit x"):
        convolution(x, weight, parts, size)


@pytest.mark.parametrize("power", [1, 2])
def test_a_second_derivative_is_refused(power):
    x = torch.ones(1, 1, 3, 4, requires_grad=True)
    (y,), _ = activated(drawn_convolution(4, 2), x, [(4, False)])
    (dx,) = torch.autograd.grad(y.pow(power).sum(), x, create_graph=True)
    with pytest.raises(BadArgument, match="second-order"):
        dx.sum().backward()


def test_other_types_widths_and_sizes_are_left_to_torch():
    conv, x = drawn_convolution(4, 8), torch.ones(1, 1, 3, 4)
    assert fits_triton(x, conv, 4)
    assert fits_triton(x.bfloat16(), None)
    assert not fits_triton(x.double(), conv)
    assert not fits_triton(x.long(), conv)
    assert not fits_triton(x[:, :, :0], conv)
    assert not fits_triton(x, drawn_convolution(4, 9))
    assert not fits_triton(x, None, 1025)


@settings(max_examples=8, deadline=None)
@given(seed=SEEDS, cuts=st.lists(st.integers(1, 4), min_size=2, max_size=3), W=st.integers(1, 5))
def test_a_word_read_in_pieces_is_the_word(seed, cuts, W):
    conv, (x, _) = drawn_convolution(6, W), drawn(1, 2, sum(cuts), 6, None, seed)
    parts, kept, pieces = [(3, True), (3, False)], None, []
    whole, _ = activated(conv, x.float(), parts, 3)
    for piece in x.float().split(cuts, dim=2):
        found, kept = activated(conv, piece, parts, 3, kept)
        pieces.append(found)
    for y, several in zip(whole, zip(*pieces, strict=True), strict=True):
        assert y.is_contiguous()
        assert torch.allclose(torch.cat(several, dim=2), y, atol=1e-5)


@pytest.mark.parametrize(("name", "more"), [
    ("deltaproduct", {"n_h": 2, "conv": 0}), ("gated_deltaproduct", {"n_h": 3, "conv": 4}), ("gla", {"conv": 3}),
    ("mlstm", {"conv": 3}),
])  # fmt: skip
def test_mixers_on_the_kernels_are_those_of_float64(name, more):
    stack = mixer(name)(2, 8, torch.tensor([0.0, -1.0]), heads=2, **more)
    reset(stack, [0, 1])
    x, _ = drawn(2, 1, 5, 8, None)
    found, state = learned(stack, x.float()), None
    pieces = []
    with torch.no_grad():
        for piece in x.float().split([3, 2], dim=2):
            y, state = stack.run(piece, state)  # pyright: ignore[reportCallIssue]
            pieces.append(y)
    assert torch.allclose(torch.cat(pieces, dim=2), found["y"], atol=1e-4)
    agree(found, learned(stack.double(), x), 1e-3)


def drawn_convolution(channels: int, width: int) -> ShortConvolution:
    conv = ShortConvolution(1, channels, width)
    reset(conv, [0])
    return conv


def learned(stack: torch.nn.Module, x: torch.Tensor) -> dict[str, torch.Tensor]:
    y, parameters = stack(x), dict(stack.named_parameters())
    return {"y": y.detach()} | dict(
        zip(parameters, torch.autograd.grad(y.square().sum(), list(parameters.values())), strict=True)
    )
