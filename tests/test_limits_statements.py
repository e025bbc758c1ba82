"""The statements of lower bounds and of finite precision: planted faults, refutations confirmed by numpy and torch, float formats."""

import importlib
from fractions import Fraction
from itertools import product
from math import isclose

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from sympy.functions.combinatorial.numbers import partition

from deltaword.nets.fixed_layer import FixedDeltaProduct
from deltaword.theory.householder import Step
from deltaword.theory.statements import counting_bound, get, parity_bound, rounding, saturation, step_rounding

NAMES = ["parity_bound", "counting_bound", "dyadic_keys", "positive_keys", "rounded_keys", "saturation", "step_rounding"]
PROPERTY = settings(max_examples=200, deadline=None)
TORCH = {"BF16": torch.bfloat16, "F16": torch.float16, "F32": torch.float32}


def module(name):
    return importlib.import_module(f"deltaword.theory.statements.{name}")


# ---------------------------------------------------------------------- every check can fail

of_three_rows, nearest, exponential, before = (
    parity_bound.of_three_rows,
    rounding.nearest,
    rounding.exponential,
    rounding.before,
)

FAULTS = [
    ("parity_bound", "differentiated", lambda p, rate, t: p * rate),
    ("parity_bound", "of_three_rows", lambda kind: of_three_rows("real")),  # −1 among the eigenvalues
    ("parity_bound", "coefficients", lambda M: tuple(x + 0 * x[0] for x in (M[:, 0, 0] ** 2, M[:, 1, 1] ** 2, 0 * M[:, 2, 2]))),
    (
        "counting_bound",
        "of_three_rows",
        lambda kind: np.array([[[0, -1, 0], [1, 0, 0], [0, 0, 1]], [[0, 0, 1], [1, 0, 0], [0, 1, 0]]]),
    ),
    ("counting_bound", "coefficients", lambda M: (-np.ones(len(M), dtype=int),) * 3),
    ("dyadic_keys", "reflected", lambda k, beta, h: h),
    ("dyadic_keys", "held", lambda x, to: np.abs(x) < 2**to.bits),
    ("positive_keys", "reflected", lambda k, beta, h: h - k),
    ("positive_keys", "signed_swap", lambda i, j, n: Step(1, tuple(int(x == i) - int(x == j) for x in range(n)), (0,))),
    ("rounded_keys", "nearest_root", lambda square, to, down=False: rounding.nearest_root(square, to) * Fraction(257, 256)),
    ("rounded_keys", "toward_zero", nearest),
    ("saturation", "exponential", lambda x: exponential(x * Fraction(1001, 1000))),
    ("saturation", "before", lambda x, to: before(before(x, to), to) + (x - before(x, to)) * 3),
    ("saturation", "nearest", rounding.toward_zero),
    ("step_rounding", "energy", lambda y, z: 2 * y.dot(z) - (y - z).squared()),
    ("step_rounding", "half_even", lambda numerators, denominator: -(numerators // denominator)),
    ("step_rounding", "WRITE", (0, 0)),
]


@pytest.mark.parametrize(("name", "part", "fault"), FAULTS, ids=[f"{name}-{part}" for name, part, _ in FAULTS])
def test_a_fault_in_what_a_check_uses_is_noticed(monkeypatch, name, part, fault):
    monkeypatch.setattr(module(name), part, fault)
    found = get(name).check()
    assert not found.holds
    assert found.says.startswith("fails: ")


# ---------------------------------------------------------------------- false variants, confirmed by numpy and torch


def floats(rows):
    return np.array(rows, dtype=np.float64)


def confirm_parity_bound(betas, keys, start):
    A = np.eye(3)
    for beta, key in zip(betas, keys, strict=True):
        factor = np.eye(3) - float(beta) * np.outer(floats(key), floats(key))
        assert np.linalg.eigvalsh(factor).min() > -1e-15
        A = factor @ A
    state, signs = floats(start), []
    for _ in range(30):
        signs.append(np.sign(state[0]))
        state = A @ state
    assert signs == [1, -1] * 15


def confirm_counting_bound(**objects):
    flip, swaps, state = objects["first layer"], [floats(m) for m in objects["second layer"]], floats(objects["start"])
    assert all(np.allclose(m, m.T) for m in (floats(flip), *swaps))
    sign, seen = 1.0, []
    for t in range(12):
        seen.append(state.tolist())
        state = swaps[t % 2 if sign == 1 else 1] @ state
        sign *= flip[0][0]
    assert seen == objects["states"]
    tells = {tuple(x): t % 6 for t, x in enumerate(seen)}
    assert len(tells) <= 6
    assert [seen[t] == seen[0] for t in range(0, 12, 2)] == [True, False, False] * 2


def confirm_dyadic_keys(state, difference, after):
    h = torch.tensor(floats(state), dtype=torch.bfloat16)
    assert h.double().tolist() == floats(state).tolist()
    d = h[0] - h[1]
    assert float(d) == float(difference)
    found = torch.stack([h[0] - d, h[1] + d])
    assert found.double().tolist() == floats(after).tolist() != floats(state)[::-1].tolist()


def confirm_positive_keys(key, beta, start, after):
    k = floats(key)
    assert (k >= 0).all()
    found = floats(start) - float(beta) * k * (k @ floats(start))
    assert found.tolist() == after
    assert (np.argmax(found), np.argmax(abs(found))) == (0, 1)


def confirm_rounded_keys(**objects):
    rounded = torch.tensor(floats(objects["unit key"]), dtype=torch.bfloat16).double().numpy()
    assert rounded.tolist() == floats(objects["key"]).tolist()
    G = np.eye(2) - objects["beta"] * np.outer(rounded, rounded)
    assert isclose(np.linalg.eigvalsh(G)[0], float(objects["eigenvalue"]), rel_tol=1e-14)
    assert np.linalg.norm(G, 2) > 1.006


def confirm_saturation(**objects):
    x = torch.tensor(float(objects["x"]))
    assert float(1 / (1 + torch.exp(-x))) == float(objects["composed"]) == 1
    assert float(torch.sigmoid(x.double()).float()) == float(objects["rounded once"]) < 1


def confirm_step_rounding(beta, key, value, states):
    k, state = torch.tensor(floats(key), dtype=torch.bfloat16), torch.zeros(2, dtype=torch.bfloat16)
    assert 0 < beta * sum(x * x for x in key) <= 1
    assert k.double().tolist() == floats(key).tolist()
    seen = [state]
    for _ in range(6):
        state = state + k * (float(beta) * (value - (k[0] * state[0] + k[1] * state[1])))
        seen.append(state)
    assert torch.stack(seen).double().tolist() == floats(states).tolist()
    assert seen[-1].tolist() == seen[-3].tolist() != seen[-2].tolist()


@pytest.mark.parametrize("name", NAMES)
def test_the_false_variant_is_refuted_by_numbers_that_others_confirm(name):
    refuted = get(name).refute()
    globals()[f"confirm_{name}"](**refuted.objects)
    assert "“" in refuted.variant
    assert refuted.says


# ---------------------------------------------------------------------- rounding, against torch and mpmath


def number(x):
    """The exact value of a float tensor's entry."""
    return Fraction(float(x))


doubles = st.floats(-1e4, 1e4, allow_subnormal=True) | st.floats(-1e-5, 1e-5) | st.integers(-70000, 70000).map(float)


@PROPERTY
@given(doubles, st.sampled_from(sorted(TORCH)))
def test_nearest_is_what_torch_casts_to(x, name):
    to = rounding.FORMATS[name]
    wanted = torch.tensor(x, dtype=torch.float64).to(TORCH[name]).double()
    assume(torch.isfinite(wanted))
    if name == "BF16":  # torch goes by way of float32, which may move a number onto a tie
        x = float(torch.tensor(x, dtype=torch.float32))
        wanted = torch.tensor(x).to(torch.bfloat16).double()
    assert rounding.nearest(Fraction(x), to) == number(wanted)
    down = rounding.toward_zero(Fraction(x), to)
    assert abs(down) <= abs(Fraction(x)) < abs(down) + rounding.spacing(Fraction(x), to)
    assert rounding.nearest(down, to) == down


@PROPERTY
@given(st.integers(-(2**15), 2**15 - 1), st.sampled_from(["BF16", "F16"]))
@example(0x3F80, "BF16")  # 1
@example(0x0001, "F16")  # the least
def test_before_is_the_neighbour_below(bits, name):
    here = torch.tensor([bits], dtype=torch.int16).view(TORCH[name])
    assume(torch.isfinite(here).all() and here != 0)
    below = torch.tensor([bits - 1 if bits >= 0 else bits + 1], dtype=torch.int16).view(TORCH[name])
    assume(torch.isfinite(below).all())
    assert rounding.before(number(here.double()), rounding.FORMATS[name]) == number(below.double())


@PROPERTY
@given(st.fractions(Fraction(1, 1000), 1000), st.sampled_from(sorted(TORCH)), st.booleans())
def test_a_rounded_root_has_the_root_between_its_neighbours(square, name, down):
    to = rounding.FORMATS[name]
    root = rounding.nearest_root(square, to, down)
    assert rounding.nearest(root, to) == root
    unit = rounding.spacing(root, to)
    if down:
        assert root**2 <= square < (root + unit) ** 2
    else:
        assert max(root - unit / 2, 0) ** 2 <= square <= (root + unit / 2) ** 2
        torchs = torch.tensor(float(square), dtype=torch.float64).sqrt().to(TORCH[name])
        assert number(torchs.double()) in (root, root - unit, root + unit)


@PROPERTY
@given(st.fractions(-110, 110, max_denominator=10**6))
def test_the_bounds_on_the_exponential_hold_mpmaths_value(x):
    low, high = rounding.exponential(x)
    with mpmath.workdps(150):
        value = mpmath.exp(mpmath.mpf(x.numerator) / x.denominator)
        assert mpmath.mpf(low.numerator) / low.denominator <= value <= mpmath.mpf(high.numerator) / high.denominator
    assert (high - low) / high < Fraction(1, 2**180)


# ---------------------------------------------------------------------- the claims, on what others compute


@pytest.mark.parametrize("name", ["bfloat16", "float16", "float32"])
def test_torch_saturates_where_the_statement_says(name):
    """torch computes the short formats' sigmoid in float32 and rounds it; around the thresholds, a hair aside in float32."""
    dtype = getattr(torch, name)
    once, composed, gate, never, _ = (float(x) for x in saturation.THRESHOLDS[name][1])
    hair = 1e-4 if name == "float32" else 0.0

    def at(x):
        return torch.tensor(x, dtype=dtype)

    def sigmoid(x):
        return torch.sigmoid(at(x).double()).to(dtype) if name == "float32" else torch.sigmoid(at(x))

    neighbour = float(rounding.before(Fraction(once), saturation.THRESHOLDS[name][0]))
    assert (float(2 * sigmoid(once + hair)), float(2 * sigmoid(neighbour - hair)) < 2) == (2.0, True)
    assert float(1 / (1 + torch.exp(-at(composed + hair)))) == 1
    assert float(1 / (1 + torch.exp(-at(composed - max(hair, composed / 64))))) < 1
    assert float(torch.exp(at(gate - hair).double()).to(dtype)) == 0
    assert float(torch.exp(at(gate * 0.99).double()).to(dtype)) > 0
    assert float(torch.sigmoid(at(never).double()).to(dtype)) == 0
    assert float(2 * torch.sigmoid(at(0.0))) == 1


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32])
@pytest.mark.parametrize("doubled", [False, True])
def test_swaps_in_our_layer_move_no_bit_of_a_grid_state(dtype, doubled):
    generator = torch.Generator().manual_seed(1)
    n, p = 4, {torch.bfloat16: 8, torch.float16: 11, torch.float32: 24}[dtype]
    pairs = [(i, j) for i in range(n) for j in range(i)]
    layer = FixedDeltaProduct(len(pairs), 1, n * (1 + doubled), 3).to(dtype)
    for a, (i, j) in enumerate(pairs):
        for copy in range(1 + doubled):
            layer.k_proj.weight[i + copy * n, a], layer.k_proj.weight[j + copy * n, a] = (0.5, -0.5) if doubled else (1.0, -1.0)
        layer.b_proj.weight[0, a] = 2.0 if doubled else 1.0
    largest = 2 ** (p - 2 if doubled else p - 1)
    rows = torch.randint(-largest, largest + 1, (n, 3), generator=generator).to(dtype) / 8
    layer.initial_state[0] = torch.cat([rows] * (1 + doubled))
    word = torch.randint(0, len(pairs), (300,), generator=generator)
    _, last = layer(torch.nn.functional.one_hot(word, len(pairs))[None].to(dtype))
    for a in word.tolist():
        i, j = pairs[a]
        rows[[i, j]] = rows[[j, i]]
    assert torch.equal(last[0, 0], torch.cat([rows] * (1 + doubled)))


def test_one_more_than_the_range_is_not_held():
    """The bound on raw keys is sharp: 2^(p−1) + 1 and −2^(p−1) differ by 2^p + 1."""
    for dtype, p in ((torch.bfloat16, 8), (torch.float16, 11)):
        h = torch.tensor([2 ** (p - 1) + 1, -(2 ** (p - 1))], dtype=torch.float64)
        assert torch.equal(h.to(dtype).double(), h)
        assert float(h.to(dtype)[0] - h.to(dtype)[1]) != float(h[0] - h[1])


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_positive_semidefinite_letter_rounded_once_a_token_reaches_a_fixed_point(data):
    n = data.draw(st.integers(1, 3))
    root = np.array(data.draw(st.lists(st.lists(st.integers(-3, 3), min_size=n, max_size=n), min_size=n, max_size=n)))
    A = root.T @ root
    scale = 4 * max(1, int(np.trace(A)))  # the norm is below 1/4, so runs stay bounded; any scale from the trace on would do
    scale //= data.draw(st.sampled_from((1, 2, 4)))
    b = np.array(data.draw(st.lists(st.integers(-40, 40), min_size=n, max_size=n)))
    h, seen = np.array(data.draw(st.lists(st.integers(-9, 9), min_size=n, max_size=n))), []
    while h.tolist() not in seen and len(seen) < 500:
        seen.append(h.tolist())
        h = np.array([round(Fraction(int(x), scale)) for x in A @ h + b])
    assume(h.tolist() in seen)
    assert h.tolist() == seen[-1]


def test_step_rounding_repeats_the_run_of_our_layer():
    step = Step(1, (Fraction(3, 4), Fraction(5, 8)), (7,))
    layer = FixedDeltaProduct(1, 1, 2, 1).to(torch.bfloat16)
    layer.k_proj.weight[:, 0] = torch.tensor([0.75, 0.625])
    layer.b_proj.weight[0, 0], layer.v_proj.weight[0, 0] = 1.0, 7.0
    state, last = [Fraction(0), Fraction(0)], None
    for _ in range(40):
        state = step_rounding.rounded_step(step, state)
        _, last = layer(torch.ones(1, 1, 1, dtype=torch.bfloat16), last)
        assert [number(x) for x in last[0, 0, :, 0].double()] == state


def test_the_patterns_of_multiplicities_are_all_partitions():
    for total in range(1, 8):
        found = list(parity_bound.multiplicities(total))
        assert len(set(found)) == len(found) == partition(total)
        assert all(sum(pattern) == total for pattern in found)


@pytest.mark.parametrize("kind", ["not negative", "real"])
def test_the_matrices_drawn_have_the_spectrum_that_numpy_finds(kind):
    every = np.array(list(product((-1, 0, 1), repeat=9))).reshape(-1, 3, 3)
    values = np.linalg.eigvals(every)
    slack = 2e-5  # the cube root of the rounding, for triple eigenvalues
    inside = (abs(values.imag) < slack).all(axis=1)
    if kind == "not negative":
        inside &= (values.real > -slack).all(axis=1)
    assert parity_bound.of_three_rows(kind).tolist() == every[inside].tolist()


def test_the_run_that_counts_in_two_layers_does_what_the_checker_says():
    from deltaword.theory import limits

    layers = [{"1": [[-1]]}, dict(enumerate(counting_bound.SWAPS))]
    assert limits.counting_bound(layers[1:], 3).cannot
    assert limits.counting_bound(layers, 3).verdict == "escapes"
