"""The Triton kernels on the CPU, in Triton's interpreter, against float64; test_kernels_interpreted.py runs this in its own process."""

import os
from dataclasses import replace
from typing import Any

import pytest
import torch
from kernel_cases import KINDS, agree, drawn, results, rounded, truth

import deltaword.kernels.autograd as differentiable
from deltaword.automata.errors import BadArgument
from deltaword.kernels import delta_product
from deltaword.kernels.arguments import checked
from deltaword.kernels.triton_chunked import launch, sizes
from deltaword.kernels.triton_chunked.settings import settings

pytestmark = pytest.mark.skipif(os.environ.get("TRITON_INTERPRET") != "1", reason="not in Triton's interpreter")

LIMIT = 2e-5  # float32


@pytest.fixture(autouse=True)
def fresh_memory_is_nan(monkeypatch):
    """Whatever a kernel forgets to write, or reads before it is written, becomes NaN."""
    empty, empty_like = torch.empty, torch.empty_like

    def filled(x):
        return x.fill_(float("nan")) if x.is_floating_point() else x.fill_(-(2**30))

    monkeypatch.setattr(torch, "empty", lambda *a, **b: filled(empty(*a, **b)))
    monkeypatch.setattr(torch, "empty_like", lambda *a, **b: filled(empty_like(*a, **b)))


def compare(given, n, limit=LIMIT, borders=None):
    given = rounded(given, torch.float32)
    more: Any = {} if borders is None else {"cu_seqlens": torch.tensor(borders)}
    agree(results(delta_product, given, n, **more), truth(given, n, borders), limit)


@pytest.mark.parametrize("kind", KINDS)
def test_every_result_is_the_recurrences(kind):
    compare(drawn(1, 19, 1, 16, 16, 2, kind), 2)


@pytest.mark.parametrize(
    ("T", "n", "K", "V", "gated"),
    [(1, 1, 16, 16, True), (1, 3, 16, 16, True), (16, 1, 16, 32, False), (17, 1, 32, 16, True), (11, 3, 16, 16, True),
     (9, 4, 20, 12, True), (5, 8, 16, 16, True), (3, 17, 16, 16, False)],
)  # fmt: skip
def test_sizes_and_steps(T, n, K, V, gated):
    compare(drawn(2, T, 1, K, V, n, gated=gated), n)


def test_value_heads_in_groups():
    compare(drawn(1, 10, 2, 16, 16, 1, groups=2), 1)


@pytest.mark.parametrize("n", [1, 3])
def test_packed_sequences_keep_to_themselves(n):
    borders = [0, 6, 6, 23, 24, 40]
    compare(drawn(1, 40, 1, 16, 16, n, "gates closed", N=5), n, borders=borders)


def test_segments_of_a_long_sequence_meet():
    given = drawn(1, 16 * 33 + 1, 1, 16, 16, 1, "gates closed")
    q, v = (given[name].float() for name in ("q", "v"))
    assert sizes.problem(q, v, None, 1, None, False, True, None).segments > 1
    compare(given, 1)


@pytest.mark.parametrize("training", [False, True], ids=["forward", "training"])
@pytest.mark.parametrize(("D", "n"), [(16, 1), (32, 1), (32, 3), (64, 1), (64, 2), (128, 1), (128, 4)])
def test_the_settings_for_half_precision(D, n, training):
    """Block sizes and code paths that ship for half precision, on float32 numbers."""
    given = rounded(drawn(1, 64 // n + 1, 1, D, D, n, "gates closed"), torch.float32)
    q, k, v, g, beta, s0 = given.values()
    scale, chosen = D**-0.5, settings(D, D, n, training=training)
    o, last, saved = launch.forward(q, k, v, beta, g, s0, None, n, scale, False, training, chosen)
    true = truth(given, n)
    limit = 5 * LIMIT  # a closed gate is −160 in sums of up to 64 gates, whose last digit is then 10⁻⁴
    agree({"o": o, "S": last}, {"o": true["o"], "S": true["S"]}, limit)
    if saved is not None:
        draw = torch.Generator().manual_seed(1)
        do, ds = (torch.randn(x.shape, generator=draw, dtype=torch.float64).float() for x in (o, last))
        dq, dk, dv, dbeta, dg, d_first = launch.backward(do, ds, q, k, v, beta, g, None, saved, n, scale, False, chosen)
        found = {"dq": dq, "dk": dk, "dv": dv, "dg": dg, "dbeta": dbeta, "dinitial_state": d_first}
        agree(found, {name: true[name] for name in found}, limit)


@pytest.mark.parametrize(
    ("n", "dtype", "limit", "high"),
    [(1, torch.float16, 3e-3, 5e-6), (2, torch.float16, 3e-3, 5e-6), (3, torch.float16, 3e-3, 5e-6), (2, torch.bfloat16, 2e-2, 2e-5),
     (5, torch.bfloat16, 2e-2, 2e-5)],
)  # fmt: skip
def test_half_precision_fast_and_high(n, dtype, limit, high):
    given = rounded(drawn(1, 20, 1, 16, 16, n), dtype)
    true = truth(given, n)
    agree(results(delta_product, given, n), true, limit)
    found = results(delta_product, given, n, precision="high")
    agree(found, true, limit)
    agree({"S": found["S"]}, {"S": true["S"]}, high)


@pytest.mark.parametrize(("D", "n", "T"), [(64, 4, 70), (64, 7, 50), (128, 4, 40)])
def test_what_ships_for_four_steps_and_more_in_half_precision(D, n, T, monkeypatch):
    monkeypatch.setattr(sizes, "FEW", 0)
    given = rounded(drawn(1, T, 1, D, D, n), torch.float16)
    p = sizes.problem(given["q"], given["v"], given["g"], n, None, False, True, None)
    assert len(p.stretches(1)) > 1
    agree(results(delta_product, given, n), truth(given, n), 3e-3)


@pytest.mark.parametrize("precision", ["fast", "high"])
@pytest.mark.parametrize("keys", ["raw", "dyadic"])
def test_integer_keys_are_bit_exact_in_half_precision(keys, precision):
    """Swaps of a permutation matrix, and reflections by unit dyadic keys ½(±1, ±1, ±1, ±1)."""
    q, k, beta, state = swaps(70, keys)
    given: Any = (q.half(), k.half(), torch.zeros(1, 70, 1, 16).half(), None, beta.half(), 1, 1.0, state, True)
    o, S = delta_product(*given, precision=precision)
    wide: Any = [x.double() if isinstance(x, torch.Tensor) else x for x in given]
    o64, S64 = delta_product(*wide)
    assert S is not None
    assert S64 is not None
    assert torch.equal(o.double(), o64)
    assert torch.equal(S.double(), S64)


def swaps(T: int, keys: str) -> tuple[torch.Tensor, ...]:
    draw = torch.Generator().manual_seed(0)
    k = torch.zeros(1, T, 1, 16)
    if keys == "raw":
        for t in range(T):
            i, j = torch.randperm(5, generator=draw)[:2].tolist()
            k[0, t, 0, i], k[0, t, 0, j] = 1, -1
    else:
        k[..., :4] = torch.randint(0, 2, (1, T, 1, 4), generator=draw) - 0.5
    q = torch.randint(-2, 3, (1, T, 1, 16), generator=draw).float()
    return q, k, torch.full((1, T, 1), 1.0 if keys == "raw" else 2.0), torch.eye(16)[None, None]


def test_nothing_passes_a_closed_gate():
    given = rounded(drawn(1, 20, 1, 16, 16, 2, "gates closed"), torch.float32)
    closed = given["g"].isinf()
    assert closed.any()
    assert (results(delta_product, given, 2)["dg"][closed] == 0).all()


def test_token_after_token():
    for n, groups, borders in ((1, 1, None), (3, 2, [0, 4, 9])):
        given = rounded(drawn(1, 9, 1, 20, 12, n, groups=groups, N=2 if borders else 1), torch.float32)
        q, k, v, g, beta, s0 = given.values()
        cu = None if borders is None else torch.tensor(borders)
        o, S = differentiable.recurrent(checked(q, k, v, g, beta, n, None, s0, cu), True)
        true = truth(given, n, borders)
        assert S is not None
        agree({"o": o, "S": S}, {"o": true["o"], "S": true["S"]}, 1e-6)
    one: Any = {
        name: x if name == "initial_state" else x[:, : (3 if name in ("k", "v", "beta") else 1)] for name, x in given.items()
    }
    one["initial_state"] = one["initial_state"][:1]
    with torch.no_grad():
        o, S = delta_product(**one, num_householder=3, output_final_state=True)
    true = truth(one, 3)
    assert S is not None
    agree({"o": o, "S": S}, {"o": true["o"], "S": true["S"]}, 1e-6)


def test_tensors_in_any_memory_layout():
    given = rounded(drawn(1, 12, 2, 16, 16, 1), torch.float32)
    plain = results(delta_product, given, 1)
    strided = {name: x.transpose(1, 2).contiguous().transpose(1, 2) if x.dim() > 2 else x for name, x in given.items()}
    assert not strided["q"].is_contiguous()
    for name, x in results(delta_product, strided, 1).items():
        assert torch.equal(x, plain[name])


def test_the_graph_can_be_walked_twice_and_no_state_need_be_asked_for():
    given = {name: x.requires_grad_() for name, x in rounded(drawn(1, 5, 1, 16, 16, 1), torch.float32).items()}
    o, none = delta_product(**given)
    assert none is None
    first = torch.autograd.grad(o.sum(), list(given.values()), retain_graph=True)
    copies = [x.clone() for x in first]
    for a, b, c in zip(first, torch.autograd.grad(o.sum(), list(given.values())), copies, strict=True):
        assert torch.equal(a, b)
        assert torch.equal(a, c)  # the second walk, which may use what was saved, left the first's results alone


@pytest.mark.parametrize(("D", "n", "T"), [(128, 4, 48), (32, 5, 70)])
def test_the_graph_can_be_walked_twice_in_turns(D, n, T, monkeypatch):
    monkeypatch.setattr(sizes, "FEW", 0)
    given = {name: x.requires_grad_() for name, x in rounded(drawn(1, T, 1, D, D, n), torch.float16).items()}
    o, _ = delta_product(**given, num_householder=n)
    p = sizes.problem(given["q"], given["v"], given["g"], n, None, False, True, None)
    assert len(p.stretches(p.segments)) > 1
    one, other = (torch.autograd.grad(o.float().sum(), list(given.values())[:5], retain_graph=keep) for keep in (True, False))
    for a, b in zip(one, other, strict=True):
        assert torch.equal(a, b)


def test_turns_of_chunks_with_spare_rows(monkeypatch):
    """Several segments, several turns, and blocks that reach into the chunk after, whose dr is not there yet."""
    monkeypatch.setattr(sizes, "FEW", 0)
    given = rounded(drawn(1, 200, 1, 32, 32, 5), torch.float16)
    p = sizes.problem(given["q"], given["v"], given["g"], 5, None, False, True, None)
    assert p.segments > 1
    assert len(p.stretches(p.segments)) > 1
    agree(results(delta_product, given, 5), truth(given, 5), 5e-3)


def test_a_backward_that_was_broken_off_is_not_walked_again(monkeypatch):
    """It may have used up what was saved."""
    given = {name: x.requires_grad_() for name, x in rounded(drawn(1, 5, 1, 16, 16, 1), torch.float32).items()}
    o, _ = delta_product(**given)
    real = launch.backward

    def broken(*args, **named):
        real(*args, **named)
        raise KeyboardInterrupt

    monkeypatch.setattr(launch, "backward", broken)
    with pytest.raises(KeyboardInterrupt):
        torch.autograd.grad(o.sum(), [given["k"]])
    monkeypatch.setattr(launch, "backward", real)
    with pytest.raises(BadArgument, match="broken off"):
        torch.autograd.grad(o.sum(), [given["k"]])


def test_second_order_gradients_are_refused():
    given = {name: x.requires_grad_() for name, x in rounded(drawn(1, 5, 1, 16, 16, 1), torch.float32).items()}
    (dq,) = torch.autograd.grad(delta_product(**given)[0].sum(), [given["q"]], create_graph=True)
    with pytest.raises(BadArgument, match="second-order"):
        torch.autograd.grad(dq.sum(), [given["k"]])


@pytest.mark.parametrize("gated", [True, False])
def test_the_operators_keep_the_rules_of_torch_library(gated):
    q, k, v, g, beta, s0 = (
        None if x is None else x.requires_grad_()
        for x in rounded(drawn(1, 9, 1, 16, 16, 2, gated=gated), torch.float32).values()
    )
    args: Any = (q, k, v, beta, g, s0, None, 2, 0.25, False, True)
    torch.library.opcheck(
        differentiable.delta_product_op, args, test_utils=("test_schema", "test_faketensor", "test_autograd_registration")
    )


def test_compiled_calls_give_the_same():
    given = rounded(drawn(1, 9, 1, 16, 16, 2), torch.float32)
    plain = results(delta_product, given, 2)
    compiled = torch.compile(lambda **named: delta_product(**named), backend="aot_eager", fullgraph=True)
    for name, x in results(compiled, given, 2).items():
        assert torch.equal(x, plain[name]), name


def test_the_comparison_notices_a_planted_fault():
    """A gate moved to the next token, a step of β changed, the scale left out."""
    given = rounded(drawn(1, 10, 1, 16, 16, 1), torch.float32)
    true = truth(given, 1)
    for fault in ({"g": given["g"].roll(1, 1)}, {"beta": given["beta"] * 1.01}):
        with pytest.raises(AssertionError, match="off by"):
            agree(results(delta_product, given | fault, 1), true, LIMIT)


def backward_of(given, n, chosen, spend=False):
    """o, S and the gradients by the launches with these settings."""
    q, k, v, g, beta, s0 = given.values()
    scale = q.shape[-1] ** -0.5
    o, last, saved = launch.forward(q, k, v, beta, g, s0, None, n, scale, False, True, chosen)
    assert saved is not None
    draw = torch.Generator().manual_seed(1)
    do, ds = (torch.randn(x.shape, generator=draw, dtype=torch.float64).float() for x in (o, last))
    before = [x.clone() for x in vars(saved).values()]
    dq, dk, dv, dbeta, dg, d_first = launch.backward(do, ds, q, k, v, beta, g, None, saved, n, scale, False, chosen, spend)
    assert spend == (dv.data_ptr() == saved.x.data_ptr()) or k.shape[-1] != v.shape[-1]
    assert spend or all(torch.equal(a.nan_to_num(), b.nan_to_num()) for a, b in zip(before, vars(saved).values(), strict=True))
    return {"o": o, "S": last, "dq": dq, "dk": dk, "dv": dv, "dbeta": dbeta, "dinitial_state": d_first} | (
        {} if dg is None else {"dg": dg}
    )


@pytest.mark.parametrize(("T", "n", "C", "merge"), [(70, 1, 16, 2), (37, 3, 16, 2), (40, 2, 16, 4), (33, 1, 32, 2)])
def test_chunks_merged_for_the_gradients(T, n, C, merge):
    given = rounded(drawn(1, T, 1, 16, 16, n, "gates closed"), torch.float32)
    agree(backward_of(given, n, replace(settings(16, 16, n, training=True), C=C, merge=merge)), truth(given, n), 3 * LIMIT)


@pytest.mark.parametrize(
    ("T", "n", "C", "merge", "gated", "late"),
    [(100, 1, 16, 1, True, True), (70, 1, 16, 2, True, False), (65, 3, 32, 2, True, True), (70, 2, 16, 2, False, True),
     (16, 1, 16, 1, True, False)],
)  # fmt: skip
def test_turn_after_turn(T, n, C, merge, gated, late, monkeypatch):
    monkeypatch.setattr(sizes, "FEW", 0)
    given = rounded(drawn(1, T, 1, 32, 32, n, gated=gated), torch.float32)
    given["initial_state"] *= 10
    chosen = replace(settings(32, 32, n, training=True), C=C, merge=merge, BK=16, turns=True, late=late)
    p = sizes.known(given["q"], given["v"], given["beta"], given["g"], n, None, False, True, chosen)
    assert len(p.stretches(1)) > 1 or T == 16
    agree(backward_of(given, n, chosen), truth(given, n), 3 * LIMIT)


@pytest.mark.parametrize(
    ("T", "n", "K", "V", "spend", "more"),
    [(60, 1, 16, 16, False, {"C": 16}), (60, 1, 16, 16, True, {"C": 16}), (70, 1, 32, 32, True, {"C": 16, "merge": 2, "BK": 16}),
     (45, 3, 32, 32, True, {"merge": 2, "BK": 16, "late": True}), (40, 1, 16, 32, True, {"C": 16}), (5, 1, 16, 16, True, {"C": 16}),
     (40, 2, 16, 16, True, {"C": 16, "direct": True, "scan_direct": True, "chunk_direct": True}),
     (40, 2, 32, 32, False, {"C": 16}), (40, 2, 32, 32, True, {"C": 16}), (48, 1, 32, 16, True, {"C": 16}),
     (64, 1, 32, 32, True, {"C": 32})],
)  # fmt: skip
def test_gradients_of_states_where_states_were(T, n, K, V, spend, more, monkeypatch):
    """Turns of 1, 2, 4 … chunks; Y in what becomes dq in the last four."""
    monkeypatch.setattr(sizes, "FEW", 0)
    given = rounded(drawn(1, T, 2, K, V, n), torch.float32)
    chosen = replace(settings(K, V, n, training=True), turns=True, **more)
    p = sizes.known(given["q"], given["v"], given["beta"], given["g"], n, None, False, True, chosen)
    assert len(p.stretches(1)) > 1 or T == 5
    assert p.aside == ((T, K) in ((40, 32), (48, 32), (64, 32)))
    agree(backward_of(given, n, chosen, spend), truth(given, n), 3 * LIMIT)


@pytest.mark.parametrize(("T", "n", "D"), [(19, 2, 16), (11, 3, 16), (40, 4, 32)])
def test_a_backward_that_is_the_last_uses_what_was_saved(T, n, D):
    """The same bits in fewer tensors: dv where x was, dk where dr was."""
    given = rounded(drawn(1, T, 1, D, D, n, "gates closed"), torch.float32)
    chosen = settings(D, D, n, training=True)
    kept, spent = (backward_of(given, n, chosen, spend) for spend in (False, True))
    for name, x in kept.items():
        assert torch.equal(spent[name], x), name


@pytest.mark.parametrize("spend", [False, True])
def test_turns_within_the_segments_of_a_long_sequence(spend, monkeypatch):
    """Each turn takes a stretch of every segment; the last segment is short, so some of its stretches are empty."""
    monkeypatch.setattr(sizes, "FEW", 0)
    given = rounded(drawn(1, 16 * 33 + 1, 1, 32, 32, 1), torch.float32)
    chosen = replace(settings(32, 32, 1, training=True), C=16, BK=16, turns=True)
    p = sizes.known(given["q"], given["v"], given["beta"], given["g"], 1, None, False, True, chosen)
    assert p.segments > 1
    assert len(p.stretches(p.segments)) > 1
    agree(backward_of(given, 1, chosen, spend), truth(given, 1), 3 * LIMIT)
