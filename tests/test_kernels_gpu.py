"""The Triton kernels on a CUDA device, against float64; `pytest -m gpu`."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from kernel_cases import KINDS, agree, drawn, results, rounded, truth

import deltaword
from deltaword.kernels import delta_product
from deltaword.kernels.triton_chunked import launch, sizes
from deltaword.kernels.triton_chunked.settings import settings

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")]

LIMIT = {torch.bfloat16: 1.2e-2, torch.float16: 2e-3, torch.float32: 1e-4}


@pytest.fixture(autouse=True)
def fresh_memory_is_nan(monkeypatch):
    empty, empty_like = torch.empty, torch.empty_like

    def filled(x):
        return x.fill_(float("nan")) if x.is_floating_point() else x

    monkeypatch.setattr(torch, "empty", lambda *a, **b: filled(empty(*a, **b)))
    monkeypatch.setattr(torch, "empty_like", lambda *a, **b: filled(empty_like(*a, **b)))


def on_gpu(given) -> dict[str, Any]:
    return {name: None if x is None else x.cuda() for name, x in given.items()}


def compare(given, n, dtype=torch.bfloat16, borders=None, factor=1.0):
    given = on_gpu(rounded(given, dtype))
    more: Any = {} if borders is None else {"cu_seqlens": torch.tensor(borders, device="cuda")}
    agree(results(delta_product, given, n, **more), truth(given, n, borders), factor * LIMIT[dtype])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("D", "n"), [(32, 1), (64, 2), (128, 1), (128, 4)])
def test_every_result_is_the_recurrences(D, n, kind):
    # one key and β = 2 turn the sign of the same direction at every step: nothing damps the rounding of what is written
    compare(drawn(2, 97, 2, D, D, n, kind), n, factor=15 if kind == "repeated keys" else 1)


@pytest.mark.parametrize(("D", "n"), [(32, 1), (64, 2), (128, 1), (128, 4)])
def test_high_precision_keeps_the_state_even_for_one_repeated_key(D, n):
    given = on_gpu(rounded(drawn(2, 97, 2, D, D, n, "repeated keys"), torch.bfloat16))
    with torch.no_grad():
        _, S = delta_product(**given, num_householder=n, output_final_state=True, precision="high")
    assert S is not None
    agree({"S": S}, {"S": truth(given, n)["S"]}, 3e-3)


@pytest.mark.parametrize("dtype", list(LIMIT), ids=str)
@pytest.mark.parametrize(
    ("T", "n", "K", "V", "gated"),
    [(1, 1, 64, 64, True), (1, 4, 128, 128, True), (33, 1, 32, 32, False), (65, 1, 128, 64, True), (65, 2, 64, 128, False),
     (50, 3, 64, 64, True), (512, 4, 64, 64, True),
     (40, 8, 32, 32, True), (40, 8, 128, 128, True), (29, 2, 60, 100, True), (20, 1, 256, 256, True), (12, 17, 16, 16, True),
     (200, 4, 32, 64, True)],
)  # fmt: skip
def test_sizes_and_steps(T, n, K, V, gated, dtype):
    compare(drawn(2, T, 2, K, V, n, gated=gated), n, dtype)


@pytest.mark.parametrize("n", [1, 3])
@pytest.mark.parametrize("D", [32, 64, 128])
def test_packed_sequences_and_groups(D, n):
    compare(drawn(1, 200, 1, D, D, n, "gates closed", N=5, groups=2), n, borders=[0, 6, 6, 123, 124, 200])


@pytest.mark.parametrize("kind", ["random", "gates open", "gates closed"])
def test_segments_of_a_long_sequence(kind):
    compare(drawn(1, 1100, 1, 128, 128, 1, kind), 1)


@pytest.mark.parametrize("precision", ["fast", "high"])
@pytest.mark.parametrize(("D", "n"), [(32, 4), (64, 4), (64, 7), (128, 4), (128, 8)])
def test_turn_after_turn(D, n, precision, monkeypatch):
    monkeypatch.setattr(sizes, "FEW", 0)
    given = on_gpu(rounded(drawn(2, 330, 2, D, D, n), torch.bfloat16))
    q, v, g = (given[name] for name in ("q", "v", "g"))
    p = sizes.problem(q, v, g, n, None, precision == "high", True, None)
    assert len(p.stretches(p.segments)) > 1
    agree(results(delta_product, given, n, precision=precision), truth(given, n), LIMIT[torch.bfloat16])


@pytest.mark.parametrize(
    ("D", "n", "T"), [(32, 4, 96), (64, 4, 330), (128, 1, 330), (128, 2, 330), (128, 4, 328), (128, 7, 100)]
)
def test_gradients_of_states_where_states_were(D, n, T, monkeypatch):
    """With 4 steps at D = 128, and 328 tokens, Y lies in what becomes dq."""
    monkeypatch.setattr(sizes, "FEW", 0)
    monkeypatch.setattr(sizes, "settings", lambda *given: replace(settings(*given), turns=True))
    monkeypatch.setattr(sizes, "_known", {})
    given = on_gpu(rounded(drawn(2, T, 2, D, D, n), torch.bfloat16))
    agree(results(delta_product, given, n), truth(given, n), LIMIT[torch.bfloat16])
    (p,) = sizes._known.values()
    assert len(p.stretches(p.segments)) > 1
    assert p.aside == (T == 328)


on_hopper = pytest.mark.skipif(
    not launch.is_hopper(torch.device("cuda", 0)) if torch.cuda.is_available() else True, reason="no Hopper"
)


@on_hopper
@pytest.mark.parametrize("gated", [True, False], ids=["gated", "ungated"])
@pytest.mark.parametrize(
    ("B", "T", "H", "groups", "n", "D", "dtype"),
    [(2, 256, 3, 1, 1, 128, torch.bfloat16), (2, 96, 3, 1, 2, 128, torch.bfloat16), (1, 64, 1, 1, 1, 128, torch.float16),
     (3, 160, 2, 2, 2, 100, torch.float16), (1, 4096, 2, 1, 1, 128, torch.bfloat16), (70, 64, 5, 1, 1, 128, torch.bfloat16)],
)  # fmt: skip
def test_the_kernel_for_hopper_gives_the_bits_of_the_other(B, T, H, groups, n, D, dtype, gated, monkeypatch):
    """Also where dv is x's memory and dk dr's; dg but for the order of a sum."""
    given = on_gpu(rounded(drawn(B, T, H, D, D, n, gated=gated, groups=groups), dtype))
    ran = []
    real = launch.start

    def start(kernel, *more, **named):
        ran.append(kernel.__name__)
        real(kernel, *more, **named)

    monkeypatch.setattr(launch, "start", start)
    found = [results(delta_product, given, n) for _ in range(2)]  # the second time as kept
    assert ran.count("hopper_gradients_kernel") == 2
    leaves: Any = {name: None if x is None else x.clone().requires_grad_() for name, x in given.items()}
    o, _ = delta_product(**leaves, num_householder=n)
    walk = lambda keep: torch.autograd.grad(o.sum(), [leaves["k"], leaves["v"]], retain_graph=keep)  # noqa: E731
    for one, other in zip(walk(True), walk(False), strict=True):  # dr in dv's memory, then in dk's
        assert torch.equal(one, other)
    ran.clear()
    monkeypatch.setattr(launch, "is_hopper", lambda device: False)
    other = results(delta_product, given, n)
    assert ran.count("gradients_kernel") == 1
    for each in found:
        agree(
            {name: each[name] for name in each if name == "dg"},
            {"dg": other["dg"].double()} if gated else {},
            1e-3 if dtype == torch.bfloat16 else 1e-4,
        )
        for name, x in other.items():
            assert name == "dg" or torch.equal(each[name], x), name
    agree(found[0], truth(given, n), LIMIT[dtype])


@pytest.mark.parametrize(("K", "V"), [(16, 64), (32, 64), (16, 128), (32, 128), (64, 128), (128, 32)])
@pytest.mark.parametrize("n", [2, 4, 8])
def test_more_values_than_keys(K, V, n):
    """What chunk_direct, with all of K in one block, got wrong."""
    compare(drawn(2, 200, 2, K, V, n), n)


@pytest.mark.parametrize("n", [1, 2])
def test_a_sequence_that_overflows_leaves_the_others_alone(n):
    given = on_gpu(rounded(drawn(2, 128, 2, 128, 128, n), torch.bfloat16))
    before = results(delta_product, given, n)
    given["q"][1, :40] = torch.inf
    both = results(delta_product, given, n)
    for name, x in before.items():
        assert torch.equal(both[name][:1], x[:1]), name


@pytest.mark.parametrize(("n", "D"), [(5, 32), (6, 16), (12, 32)])
def test_turns_of_chunks_with_spare_rows(n, D, monkeypatch):
    """Several segments, several turns, and blocks that reach into the chunk after."""
    monkeypatch.setattr(sizes, "FEW", 0)
    given = on_gpu(rounded(drawn(1, 200, 1, D, D, n), torch.bfloat16))
    p = sizes.problem(given["q"], given["v"], given["g"], n, None, False, True, None)
    assert p.segments > 1
    assert len(p.stretches(p.segments)) > 1
    agree(results(delta_product, given, n), truth(given, n), 1.5 * LIMIT[torch.bfloat16])


@pytest.mark.parametrize(("B", "T", "H", "D"), [(8, 1024, 16, 128), (64, 512, 8, 64), (64, 512, 8, 32)])
def test_the_memory_that_a_call_takes_is_what_was_counted(B, T, H, D, monkeypatch):
    """Beyond inputs, output and gradients; 2 % for what the allocator rounds up."""
    monkeypatch.undo()  # no filling of fresh memory
    n = 4
    leaves = [
        torch.randn(B, t, H, *d, device="cuda").bfloat16() / 10
        for t, d in ((T, [D]), (T * n, [D]), (T * n, [D]), (T, []), (T * n, []))
    ]
    leaves[3] = -leaves[3].float().abs()
    q, k, v, g, beta = (x.requires_grad_() for x in leaves)
    do = torch.ones_like(q)
    for _ in range(2):
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        torch.autograd.grad(delta_product(q, k, v, g, beta, n)[0], (q, k, v, g, beta), do)
        extra = torch.cuda.max_memory_allocated() - before - sum(x.nbytes for x in (q, k, v, g, beta, do))
    counted = sizes.problem(q, v, g, n, None, False, True, None).extra_bytes()
    assert abs(extra / counted - 1) < 0.02


def test_more_heads_than_a_grid_axis_has():
    given = on_gpu(rounded(drawn(2, 3, 40000, 16, 16, 1), torch.bfloat16))
    agree(results(delta_product, given, 1), truth(given, 1), LIMIT[torch.bfloat16])


@pytest.mark.parametrize("precision", ["fast", "high"])
@pytest.mark.parametrize("keys", ["raw", "dyadic"])
@pytest.mark.parametrize(("D", "n"), [(16, 1), (128, 4)])
def test_integer_keys_are_bit_exact_at_a_million_steps(D, n, keys, precision):
    """Swaps with β = 1 and reflections by ½(±1, ±1, ±1, ±1) with β = 2: the state in integer arithmetic, and every read."""
    T, draw = 2**20 // n, torch.Generator().manual_seed(0)
    k = torch.zeros(T * n, D)
    if keys == "raw":
        i = torch.randint(0, 5, (T * n,), generator=draw)
        j = (i + torch.randint(1, 5, (T * n,), generator=draw)) % 5
        k[torch.arange(T * n), i], k[torch.arange(T * n), j] = 1.0, -1.0
    else:
        k[:, :4] = torch.randint(0, 2, (T * n, 4), generator=draw) - 0.5
    beta = 1.0 if keys == "raw" else 2.0
    steps, state, reads = k[:, :5].double().numpy(), torch.eye(5, dtype=torch.float64).numpy(), []
    for s, key in enumerate(steps):
        state = state - beta * key[:, None] * (key @ state)
        if s % n == n - 1 and s // n % 997 == 0:
            reads.append(state[0].copy())
    q = torch.zeros(1, T, 1, D, dtype=torch.bfloat16, device="cuda")
    q[..., 0] = 1
    start = torch.zeros(1, 1, D, D, device="cuda")
    start[0, 0, :5, :5] = torch.eye(5)
    keys_there, betas = k.bfloat16().cuda()[None, :, None], torch.full((1, T * n, 1), beta, device="cuda")
    o, last = delta_product(q, keys_there, torch.zeros_like(keys_there), None, betas, n, 1.0, start, True, precision=precision)
    assert last is not None
    assert torch.equal(last[0, 0, :5, :5].double().cpu(), torch.from_numpy(state))
    assert torch.equal(o[0, ::997, 0, :5].double().cpu(), torch.from_numpy(np.stack(reads)))


def test_folded_unit_keys_drift_less_than_a_thousandth_in_high_precision():
    draw = torch.Generator().manual_seed(1)
    T, D = 16384, 128
    i = torch.randint(0, 5, (T,), generator=draw)
    j = (i + torch.randint(1, 5, (T,), generator=draw)) % 5
    k = torch.zeros(T, D)
    k[torch.arange(T), i], k[torch.arange(T), j] = 0.5**0.5, -(0.5**0.5)
    k = k.bfloat16()
    beta = (2 / k.float().square().sum(-1)).cuda()[None, :, None]
    order = list(range(5))
    for a, b in zip(i.tolist(), j.tolist(), strict=True):
        order[a], order[b] = order[b], order[a]
    truth = torch.eye(5)[order]
    start = torch.zeros(1, 1, D, D, device="cuda")
    start[0, 0, :5, :5] = torch.eye(5)
    keys = k.cuda()[None, :, None]
    drift = {}
    for precision in ("fast", "high"):
        _, last = delta_product(keys, keys, torch.zeros_like(keys), None, beta, 1, 1.0, start, True, precision=precision)
        assert last is not None
        drift[precision] = float((last[0, 0, :5, :5].cpu() - truth).norm() / truth.norm())
    assert drift["high"] < 1e-3 < drift["fast"]


def test_decoding_continues_a_chunked_prefix():
    given = on_gpu(rounded(drawn(3, 40, 2, 64, 64, 2), torch.bfloat16))
    q, k, v, g, beta, s0 = given.values()
    with torch.no_grad():
        o, last = delta_product(q, k, v, g, beta, 2, None, s0, True)
        _, state = delta_product(q[:, :39], k[:, :78], v[:, :78], g[:, :39], beta[:, :78], 2, None, s0, True)
        o1, last1 = delta_product(q[:, 39:], k[:, 78:], v[:, 78:], g[:, 39:], beta[:, 78:], 2, None, state, True)
    torch.testing.assert_close(o1.float(), o[:, 39:].float(), rtol=2e-2, atol=2e-2)
    torch.testing.assert_close(last1, last, rtol=2e-2, atol=2e-2)


def test_compiled_calls_give_the_same():
    given = on_gpu(rounded(drawn(1, 64, 2, 64, 64, 2), torch.bfloat16))
    plain = results(delta_product, given, 2)
    compiled = torch.compile(lambda **named: delta_product(**named), fullgraph=True)
    for name, x in results(compiled, given, 2).items():
        assert torch.equal(x, plain[name]), name


def test_a_launch_from_memory_is_the_launch_through_triton():
    """The second call of a kind starts the kept kernel directly; other numbers, same result as a first call."""
    one, two = (on_gpu(rounded(drawn(2, 50, 2, 64, 64, 1, seed=seed), torch.bfloat16)) for seed in (1, 2))
    for given in (one, two, one):
        agree(results(delta_product, given, 1), truth(given, 1), LIMIT[torch.bfloat16])


FENCED = """
import sys
from dataclasses import replace
from kernel_cases import agree, drawn, rounded, truth
from deltaword.kernels.triton_chunked import launch
from deltaword.kernels.triton_chunked.settings import settings
import torch
B, T, H, precise = (2, 512, 2, True) if sys.argv[1] == "Y from registers at C = 64" else (4, 512, 8, False)
K, fault = (64, {"chunk_stages": 1}) if sys.argv[1] == "one stage for 64 rows" else (32, {"chunk_direct": True})
given = {name: x.cuda() for name, x in rounded(drawn(B, T, H, 64 if precise else K, 64, 4), torch.bfloat16).items()}
q, k, v, g, beta, s0 = given.values()
true = truth(given, 4)
if precise:
    chosen = replace(settings(64, 64, 4, precise=True), C=64, stages=2, regs=None, y_regs=None)
    o, S, _ = launch.forward(q, k, v, beta, g, s0, None, 4, 0.125, True, False, chosen)
    agree({"o": o, "S": S}, {"o": true["o"], "S": true["S"]}, 1.2e-2)
else:
    chosen = replace(settings(K, 64, 4, training=True), **fault)
    o, S, saved = launch.forward(q, k, v, beta, g, s0, None, 4, 0.125, False, True, chosen)
    draw = torch.Generator().manual_seed(1)
    do, ds = (torch.randn(x.shape, generator=draw, dtype=torch.float64).to(x) for x in (o, S))
    dq, dk, dv, *_ = launch.backward(do, ds, q, k, v, beta, g, None, saved, 4, 0.125, False, chosen)
    agree({"dq": dq, "dk": dk, "dv": dv}, {name: true[name] for name in ("dq", "dk", "dv")}, 1.2e-2)
print("right")
"""


@pytest.mark.parametrize("fault", ["Y from registers at C = 64", "one stage for 64 rows", "direct loads, all of K in a block"])
def test_a_fenced_setting_still_fails(fault):
    """In a process of its own, for it reads memory that is not its own. When this fails, Triton does it right, and the fence of
    settings.py can be tried without."""
    here = [str(Path(deltaword.__file__).parents[1]), str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
    env = os.environ | {"PYTHONPATH": os.pathsep.join(here)}  # as found here, also where the package is not installed
    done = subprocess.run([sys.executable, "-c", FENCED, fault], env=env, capture_output=True, text=True)
    assert "right" not in done.stdout, "Triton compiles it as meant"
    assert "illegal memory access" in done.stderr or "is off by" in done.stderr, done.stderr[-2000:]
