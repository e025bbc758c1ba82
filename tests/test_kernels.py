"""The public functions on the CPU: against the sequential recurrence in float64, gradcheck, what is refused, and fla's names."""

import subprocess
import sys
from typing import Any

import pytest
import torch
from kernel_cases import KINDS, agree, drawn, results, rounded, truth

import deltaword.kernels as kernels
from deltaword.automata.errors import BadArgument, BadStep
from deltaword.kernels import delta_product, front
from deltaword.kernels.triton_chunked.settings import settings


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [1, 2])
def test_the_front_is_the_recurrence_with_all_its_gradients(kind, n):
    given = drawn(2, 67, 1, 5, 3, n, kind)
    agree(results(delta_product, given, n), truth(given, n), 1e-9)


@pytest.mark.parametrize(
    ("T", "n", "K", "V", "gated", "groups"),
    [(1, 1, 16, 16, True, 1), (64, 1, 4, 4, True, 1), (65, 1, 4, 8, False, 2),
     (22, 3, 7, 5, True, 1), (9, 8, 6, 6, True, 3), (2, 70, 3, 3, True, 1)],
)  # fmt: skip
def test_sizes_steps_and_groups(T, n, K, V, gated, groups):
    given = drawn(2, T, 2, K, V, n, gated=gated, groups=groups)
    agree(results(delta_product, given, n), truth(given, n), 1e-9)


def test_packed_sequences_keep_to_themselves():
    borders = [0, 6, 6, 70, 71, 80]
    given = drawn(1, 80, 1, 4, 4, 2, "gates closed", N=5)
    agree(results(delta_product, given, 2, cu_seqlens=torch.tensor(borders)), truth(given, 2, borders), 1e-9)


def test_a_planted_fault_is_noticed():
    given = drawn(1, 20, 1, 4, 4, 1)
    assert given["g"] is not None
    with pytest.raises(AssertionError, match="off by"):
        agree(results(delta_product, given | {"g": given["g"].roll(1, 1)}, 1), truth(given, 1), 1e-9)


@pytest.mark.parametrize("gated", [True, False])
@pytest.mark.parametrize("n", [1, 3])
def test_gradcheck_in_float64_twice(n, gated):
    given = [None if x is None else x.requires_grad_() for x in drawn(1, 3, 1, 3, 2, n, gated=gated).values()]
    leaves = [x for x in given if x is not None]

    def function(*changed) -> Any:
        it = iter(changed)
        q, k, v, g, beta, s = (None if x is None else next(it) for x in given)
        return delta_product(q, k, v, g, beta, n, None, s, True)  # pyright: ignore[reportArgumentType]

    assert torch.autograd.gradcheck(function, leaves)
    assert torch.autograd.gradgradcheck(function, leaves)


def test_nothing_passes_a_closed_gate():
    given = drawn(1, 20, 1, 4, 4, 2, "gates closed")
    assert given["g"] is not None
    assert (results(delta_product, given, 2)["dg"][given["g"].isinf()] == 0).all()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_on_the_cpu_is_computed_in_float32(dtype):
    given = rounded(drawn(1, 70, 1, 16, 16, 2), dtype)
    found, true = results(delta_product, given, 2), truth(given, 2)
    assert found["o"].dtype == dtype
    assert found["S"].dtype == torch.float32
    agree({"S": found["S"]}, {"S": true["S"]}, 1e-5)
    agree(found, true, 1e-2)


def test_no_tokens_leave_the_state_as_it_was():
    nothing, state = torch.zeros(1, 0, 1, 4), torch.ones(1, 1, 4, 4)
    o, last = delta_product(nothing, nothing, nothing, initial_state=state, output_final_state=True)
    assert o.shape == (1, 0, 1, 4)
    assert last is not None
    assert torch.equal(last, state)


# ---------------------------------------------------------------------------------------------------- what is refused


def ones(*shape, dtype=torch.float32):
    return torch.ones(*shape, dtype=dtype)


GOOD = {
    "q": ones(2, 3, 2, 4),
    "k": ones(2, 6, 2, 4),
    "v": ones(2, 6, 4, 5),
    "g": ones(2, 3, 4),
    "beta": ones(2, 6, 4),
    "num_householder": 2,
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"k": ones(2, 3, 2, 4)}, r"k has shape \[2, 3, 2, 4\]; it has to be \[2, 6, 2, 4\] \(3 tokens of 2 steps"),
        ({"v": ones(2, 6, 3, 5)}, "v has 3 heads and q has 2"),
        ({"v": ones(2, 5, 4, 5)}, "v has shape"),
        ({"q": ones(3, 2, 4)}, "q has shape"),
        ({"beta": ones(2, 6, 2)}, "beta has shape"),
        ({"g": ones(2, 6, 4)}, "g has shape"),
        ({"num_householder": 0}, "num_householder is 0"),
        ({"num_householder": 2.0}, "num_householder is 2.0"),
        ({"k": ones(2, 6, 2, 4, dtype=torch.bfloat16)}, "k is torch.bfloat16 and q is torch.float32"),
        ({"beta": ones(2, 6, 4, dtype=torch.int64)}, "beta is torch.int64"),
        ({name: GOOD[name].long() for name in ("q", "k", "v")}, "q is torch.int64"),
        ({"initial_state": ones(2, 4, 5, 4)}, "initial_state has shape"),
        ({"g": torch.ones(2, 3, 4, device="meta")}, "g is on meta and q on cpu"),
        ({"cu_seqlens": torch.tensor([0, 3])}, "cu_seqlens with a batch of 2"),
        ({"precision": "exact"}, "precision is 'exact'"),
    ],
)
def test_bad_input_is_named(change, message):
    delta_product(**GOOD)
    with pytest.raises(BadArgument, match=message):
        delta_product(**(GOOD | change))


@pytest.mark.parametrize(
    ("borders", "message"),
    [([0, 2, 4], "from 0 to 4"), ([1, 3], "from 1 to 3"), ([0, 2, 1, 3], r"cu_seqlens\[2\] = 1"), ([0], r"\[N \+ 1\]")],
)
def test_bad_borders_are_named(borders, message):
    x = ones(1, 3, 1, 2)
    with pytest.raises(BadArgument, match=message):
        delta_product(x, x, x, cu_seqlens=torch.tensor(borders))
    with pytest.raises(BadArgument, match="integers"):
        delta_product(x, x, x, cu_seqlens=torch.tensor([0.0, 3.0]))


def test_the_range_of_steps_is_looked_at_when_asked_for():
    k = torch.nn.functional.normalize(torch.randn(1, 300, 2, 16), dim=-1).bfloat16()
    twos = torch.full((1, 300, 2), 2.0)
    delta_product(k, k, k, None, twos, check=True)  # unit keys, as bfloat16 has them
    for bad, said in ((2.2, "2.2"), (-0.1, "-0.1"), (float("nan"), "nan")):
        beta = twos.clone()
        beta[0, 7, 1] = bad / k[0, 7, 1].float().square().sum()
        delta_product(k, k, k, None, beta)
        with pytest.raises(BadStep, match=rf"= {said}.* at batch 0, step 7, head 1"):
            delta_product(k, k, k, None, beta, check=True)


# ---------------------------------------------------------------------------------------------------- fla's names


def test_the_names_of_fla():
    """Each drop-in is the front with its own defaults and layouts."""
    q, k, v, g, beta, s = drawn(1, 6, 2, 4, 4, 1).values()
    for function, order in (
        (kernels.chunk_delta_rule, (q, k, v, beta)),
        (kernels.fused_recurrent_delta_rule, (q, k, v, beta)),
        (kernels.chunk_gated_delta_rule, (q, k, v, g, beta)),
    ):
        true = delta_product(q, k, v, g if len(order) == 5 else None, beta, 1, None, s, True)
        for a, b in zip(function(*order, initial_state=s, output_final_state=True), true, strict=True):
            assert torch.equal(a, b)  # pyright: ignore[reportArgumentType]
        assert function(*order)[1] is None
    true = delta_product(q, k, v, g, beta, 1, None, s, True)
    found = kernels.fused_recurrent_gated_delta_rule(
        q, k, v, g, beta=beta, initial_state=s.mT, output_final_state=True, state_v_first=True
    )
    assert torch.equal(found[0], true[0])
    assert torch.equal(found[1], true[1].mT)  # pyright: ignore[reportArgumentType, reportOptionalMemberAccess]
    k2, v2, beta2 = (torch.cat([x, x], 1) for x in (k, v, beta))
    found = kernels.chunk_gated_delta_product(q, k2, v2, g, beta2, 2, cu_seqlens_cpu=None)
    assert torch.equal(found[0], delta_product(q, k2, v2, g, beta2, 2)[0])


def test_the_activations_of_fla():
    q, k, v, g, beta, _ = (x.float() for x in drawn(1, 6, 2, 4, 4, 1).values())
    A_log, bias = torch.tensor([0.1, 0.3]), torch.tensor([0.5, -0.5])
    found, _ = kernels.chunk_gated_delta_rule(
        7 * q, 3 * k, v, g, beta, use_qk_l2norm_in_kernel=True, use_beta_sigmoid_in_kernel=True, allow_neg_eigval=True,
        use_gate_in_kernel=True, A_log=A_log, dt_bias=bias,
    )  # fmt: skip
    gate = -A_log.exp() * torch.nn.functional.softplus(g + bias)
    torch.testing.assert_close(found, delta_product(q, k, v, gate, 2 * beta.sigmoid())[0], rtol=1e-4, atol=1e-5)


def test_options_of_fla_that_would_change_the_result_are_refused():
    x, b = ones(1, 2, 1, 4), ones(1, 2, 1)
    for call in (
        lambda: kernels.fused_recurrent_gated_delta_rule(x, x, x, gk=x),
        lambda: kernels.chunk_gated_delta_rule(x, x, x, b, b, cp_context=object()),
        lambda: kernels.chunk_gated_delta_rule(x, x, x, b, b, allow_neg_eigval=True),
        lambda: kernels.chunk_gated_delta_rule(x, x, x, b, b, use_gate_in_kernel=True),
    ):
        with pytest.raises(BadArgument):
            call()


# ---------------------------------------------------------------------------------------------------- imports and settings


def test_importing_the_package_loads_neither_torch_nor_triton():
    code = "import sys, deltaword.kernels; print([m for m in ('torch', 'triton') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_the_functions_work_without_triton(monkeypatch):
    monkeypatch.setitem(sys.modules, "triton", None)  # an import fails
    monkeypatch.setattr(front, "HAS_TRITON", False)
    monkeypatch.setenv("TRITON_INTERPRET", "1")
    x = ones(1, 2, 1, 4)
    assert delta_product(x, x, x)[0].shape == x.shape


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("precise", [False, True])
def test_no_shipped_setting_is_one_that_triton_miscompiles(precise, training):
    """Triton 3.6 on Hopper, kernels/triton_chunked/settings.py: a fence that a new setting has to stay behind."""
    sizes = (16, 32, 64, 128, 256)
    for K, V, n, size in (
        (K, V, n, size) for K in sizes for V in sizes for n in (1, 2, 3, 4, 6, 8, 16, 17, 32) for size in (2, 4)
    ):
        s = settings(K, V, n, size, precise, training)
        assert n <= s.C
        assert V % s.BV == 0
        assert K % (s.BK or K) == 0
        high = s.C >= 64 or s.BV >= 64
        assert not (high and 8 in (s.warps, s.scan_warps, s.chunk_warps, s.y_warps) and size == 2), s
        assert s.C <= 32 or not (precise or s.fused), s
        assert not (s.fused and (training or n > 16)), s
        assert s.chunk_stages > 1 or s.C * s.merge < 64, s
        assert not (s.chunk_direct and s.merge > 1 and s.BK in (None, K)), s
    with pytest.raises(ValueError, match="33 steps"):
        settings(64, 64, 33)


@pytest.mark.parametrize(
    ("T", "n", "K", "V", "dtype", "packed", "fits"),
    [(64, 1, 128, 128, torch.bfloat16, False, True), (96, 2, 128, 128, torch.float16, False, True),
     (65, 1, 128, 128, torch.bfloat16, False, False), (48, 2, 128, 128, torch.bfloat16, False, False),
     (64, 4, 128, 128, torch.bfloat16, False, False), (64, 1, 64, 64, torch.bfloat16, False, False),
     (64, 1, 128, 64, torch.bfloat16, False, False), (64, 1, 128, 128, torch.float32, False, False),
     (64, 1, 128, 128, torch.bfloat16, True, False)],
)  # fmt: skip
def test_whole_chunks_of_heads_of_128_are_for_the_kernel_for_hopper(T, n, K, V, dtype, packed, fits, monkeypatch):
    pytest.importorskip("triton")
    from deltaword.kernels.triton_chunked import launch, sizes

    q, v = torch.empty(1, T, 2, K, dtype=dtype), torch.empty(1, T * n, 2, V, dtype=dtype)
    cu = torch.tensor([0, T]) if packed else None
    monkeypatch.setattr(sizes, "KNOWN", True)
    assert sizes.problem(q, v, None, n, cu, False, True, None).hopper == fits
    monkeypatch.setattr(sizes, "KNOWN", False)
    assert not sizes.problem(q, v, None, n, cu, False, True, None).hopper
    assert not launch.is_hopper(torch.device("cpu"))
