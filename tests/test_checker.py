"""The checker: its arithmetic is torch's to the bit, planted faults are found with a shortest failing word, and nothing fools it."""

import ast
import math
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from theory_strategies import FORMATS, SAFETENSORS_NAMES, bits, compiled, fails, shortest_failing_length

import deltaword
from deltaword import DFA, Network, certify, languages
from deltaword.nets.certify import live_weights
from deltaword.nets.plan import LayerPlan, Plan
from deltaword.theory.checker import exact_closure, float_closure
from deltaword.theory.checker.explore import UNDECIDED, canonical
from deltaword.theory.checker.float_closure import FloatNetwork
from deltaword.theory.checker.formats import FORMATS as CHECKER_FORMATS
from deltaword.theory.checker.formats import grid
from deltaword.theory.checker.tables import Tables, read_tables

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")  # damage must not even print a warning


def by_hand(dfa: DFA, heads: int, K: int, V: int, n_h: int, gated: bool = False) -> Network:
    """A network of zeros to write weights into."""
    return Network(dfa, Plan([LayerPlan("by hand", n_h, heads, K, V, gated, dfa.n_letters)], 0, "raw", 2, [], []))


# ---------------------------------------------------------------------- the checker stands alone


def tables_of(net: Network) -> Tables:
    tables = read_tables(live_weights(net))
    assert isinstance(tables, Tables)
    return tables


def test_the_checker_imports_nothing_of_the_compiler_and_no_torch():
    folder = Path(deltaword.__file__).parent / "theory"
    files = [*(folder / "checker").glob("*.py"), folder / "certificate.py", folder / "certificate_card.py"]
    assert len(files) >= 8
    allowed = {"automata.errors", "automata.files", "automata.dfa", "checker"}
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                names = [alias.name.split(".")[0] for alias in node.names]
                assert not {"torch", "sympy", "deltaword", "safetensors"} & set(names), (file.name, names)
            elif isinstance(node, ast.ImportFrom):
                module = node.module or ""
                if node.level == 0:
                    assert module.split(".")[0] not in {"torch", "sympy", "deltaword", "safetensors"}, (file.name, module)
                elif node.level == 1 and file.parent.name == "theory":
                    shows = {"latex", "certificate_card", "certificate"}  # what prints and draws a certificate, when asked
                    assert module.startswith("checker") or module in shows, (file.name, module)
                elif node.level > 1:
                    assert any(module.startswith(name) for name in allowed), (file.name, module)


# ---------------------------------------------------------------------- formats


@pytest.mark.parametrize("dtype", FORMATS)
def test_formats_are_those_of_torch(dtype):
    f, info = CHECKER_FORMATS[SAFETENSORS_NAMES[dtype]], torch.finfo(dtype)
    assert f.largest == info.max
    assert 2.0 ** (1 - f.bits) == info.eps
    assert 2.0**-f.finest == info.smallest_normal * info.eps
    assert f.size * 8 == info.bits


@settings(max_examples=300, deadline=None)
@given(st.floats(width=32), st.floats(width=32))
@example(float("inf"), -0.0)
@example(3.3961775292304957e38, 1.0)  # rounds up past the largest bfloat16
@example(257.0, 259.0)
@example(1e-40, 5e-41)
def test_bfloat16_is_rounded_as_torch_rounds(x, y):
    mine = CHECKER_FORMATS["BF16"].rounded(np.array([x, y], dtype=np.float32))
    theirs = torch.tensor([x, y], dtype=torch.float32).to(torch.bfloat16).float()
    assert bits(torch.from_numpy(mine)) == bits(theirs)


@pytest.mark.parametrize("dtype", FORMATS)
def test_bytes_are_read_as_torch_writes_them(dtype):
    tensor = torch.tensor([0.1, -2.5, 1e-6, 65504.0, float("inf"), float("nan"), -0.0], dtype=dtype)
    raw = tensor.view(torch.uint8).numpy().tobytes()
    assert bits(torch.from_numpy(CHECKER_FORMATS[SAFETENSORS_NAMES[dtype]].decode(raw)).double()) == bits(tensor.double())


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=3))
def test_the_grid_is_the_least_power_of_two_that_makes_all_numbers_whole(numbers):
    found = grid(np.array(numbers))
    denominators = [x.as_integer_ratio()[1] for x in numbers]
    least = max(denominators).bit_length() - 1
    assert found == (least if least <= 60 else None)


# ---------------------------------------------------------------------- the same arithmetic, to the bit

WEIGHTS = st.sampled_from(["small", "wild", "huge", "with inf and NaN"])


def random_network(kind: str, seed: int, dtype: torch.dtype, heads=2, K=3, V=2, n_h=2, gated=True) -> Network:
    """Numbers that are no integers: around 1, over many magnitudes, near overflow, or with what is not finite."""
    generator = torch.Generator().manual_seed(seed)
    net = by_hand(DFA([[0, 1, 2], [1, 2, 0], [2, 2, 2]], 0, [1], "abc"), heads, K, V, n_h, gated).double()
    largest = torch.finfo(dtype).max
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            if name == "embedding.weight":
                continue
            x = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
            if kind == "wild":
                x = x * 2.0 ** torch.randint(-12, 8, x.shape, generator=generator)
            elif kind == "huge":
                x = x * largest ** torch.rand(x.shape, generator=generator, dtype=torch.float64)
            elif kind == "with inf and NaN":
                special = torch.tensor([float("inf"), -float("inf"), float("nan"), 0.0], dtype=torch.float64)
                chosen = special[torch.randint(0, 4, x.shape, generator=generator)]
                x = torch.where(torch.rand(x.shape, generator=generator) < 0.06, chosen, x)
            parameter.copy_(x)
    return net.to(dtype)


@settings(max_examples=120, deadline=None)
@given(WEIGHTS, st.integers(0, 10**6), st.sampled_from(FORMATS), st.integers(1, 5), st.integers(1, 3), st.booleans())
@example("small", 0, torch.bfloat16, 3, 2, True)
@example("huge", 0, torch.float16, 5, 3, False)
def test_the_emulated_recurrence_is_that_of_torch_bit_for_bit(kind, seed, dtype, K, n_h, gated):
    net = random_network(kind, seed, dtype, K=K, n_h=n_h, gated=gated)
    emulated = FloatNetwork(tables_of(net))
    word = torch.randint(0, 3, (12,), generator=torch.Generator().manual_seed(seed + 1))
    state = emulated.initial[None]
    outputs, _ = net.layer(net.embedding(word)[None])
    for t, letter in enumerate(word.tolist()):
        state = canonical(emulated.advance(state, letter))
        _, theirs = net.layer(net.embedding(word[: t + 1])[None])
        mine = torch.from_numpy(state[:, :, :K]).to(dtype)
        assert bits(mine) == bits(theirs), t
        with np.errstate(all="ignore"):
            read = emulated.dot(emulated.queries, state)
        assert bits(torch.from_numpy(np.ascontiguousarray(read)).to(dtype).reshape(-1)) == bits(outputs[0, t])


@settings(max_examples=200, deadline=None)
@given(WEIGHTS, st.integers(0, 10**6), st.sampled_from(FORMATS))
def test_a_readout_that_is_decided_is_what_torch_names(kind, seed, dtype):
    net = random_network(kind, seed, dtype, heads=3, K=2, V=4)
    emulated = FloatNetwork(tables_of(net))
    word = torch.randint(0, 3, (1, 8), generator=torch.Generator().manual_seed(seed + 1))
    theirs = [int(net.readout(net.layer.read_start()).argmax()), *net(word)[0].argmax(dim=-1).tolist()]
    state = emulated.initial[None]
    for letter, named in zip([None, *word[0].tolist()], theirs, strict=True):
        state = state if letter is None else canonical(emulated.advance(state, letter))
        (mine,) = emulated.name(state).tolist()
        assert mine in (named, UNDECIDED)


def test_most_readouts_are_decided():
    """The bound on rounding is not so wide that nothing could ever be proved."""
    undecided = 0
    for seed in range(60):
        emulated = FloatNetwork(tables_of(random_network("small", seed, FORMATS[seed % 4])))
        undecided += int((emulated.name(emulated.initial[None]) == UNDECIDED).sum())
    assert undecided <= 6


# ---------------------------------------------------------------------- grade 2 and grade 3


def irrational_swaps(n: int, dtype: torch.dtype) -> Network:
    """All swaps of n points with unit keys (e_i − e_j)/√2 and β = 2, which no float holds exactly."""
    letters = {}
    for i, j in combinations(range(n), 2):
        letters[f"{i}{j}"] = [j if p == i else i if p == j else p for p in range(n)]
    net = compiled(DFA.from_permutations(letters), "raw", torch.float64)
    with torch.no_grad():
        net.layer.k_proj.weight.mul_(math.sqrt(0.5))
        net.layer.b_proj.weight.mul_(2)
    return net.to(dtype)


def rotation(m: int, dtype: torch.dtype) -> Network:
    """Counting mod m by a turn of the plane, two mirrors a token."""
    dfa, angle = DFA.from_permutations({"r": [(q + 1) % m for q in range(m)]}), 2 * math.pi / m
    net = by_hand(dfa, 2, 2, 1, 2).double()
    mirrors = torch.tensor([[0.0, 1.0], [math.sin(angle / 2), -math.cos(angle / 2)]], dtype=torch.float64)
    corners = torch.tensor([[math.cos(angle * q), math.sin(angle * q)] for q in range(m)], dtype=torch.float64)
    with torch.no_grad():
        net.layer.k_proj.weight.copy_(mirrors[:, None].expand(2, 2, 2).reshape(-1, 1))
        net.layer.b_proj.weight.fill_(2)
        net.layer.query.copy_(torch.eye(2))
        net.layer.initial_state[:, 0] = 1
        net.readout.weight.copy_(corners)
        net.accepting[0] = True
    return net.to(dtype)


@pytest.mark.parametrize(("dtype", "pairs"), list(zip(FORMATS, (3, 3, 427, 25), strict=True)))
def test_irrational_swaps_of_three_points_close_in_floats(dtype, pairs):
    """427 float32 states: the number that another program had found."""
    net = irrational_swaps(3, dtype)
    certificate = certify(net)
    assert (certificate.holds, certificate.grade, certificate.scope) == (True, 2, "all lengths")
    assert certificate.pairs == pairs
    word = np.random.default_rng(0).integers(0, 3, size=(1, 2000))
    assert np.array_equal(net(torch.from_numpy(word))[0].argmax(dim=-1).numpy(), net.dfa.run(word)[0, 1:])


@pytest.mark.parametrize(("m", "dtype"), [(3, torch.bfloat16), (5, torch.float16), (5, torch.float32), (7, torch.float32)])
def test_rotations_that_become_periodic_are_proved(m, dtype):
    net = rotation(m, dtype)
    certificate = certify(net)
    assert (certificate.holds, certificate.grade, certificate.scope) == (True, 2, "all lengths")
    assert net.states("r" * 3000) == net.dfa.states("r" * 3000)


@pytest.mark.parametrize(("m", "dtype"), [(7, torch.bfloat16), (12, torch.bfloat16)])
def test_rotations_that_drift_away_are_caught_at_the_first_wrong_token(m, dtype):
    net = rotation(m, dtype)
    certificate = certify(net)
    assert not certificate.holds
    assert certificate.counterexample
    length = len(certificate.counterexample)
    named, right = net.states("r" * length), net.dfa.states("r" * length)
    assert named[:-1] == right[:-1]
    assert named[-1] != right[-1]


def test_a_search_that_does_not_close_says_up_to_where_it_looked(monkeypatch):
    monkeypatch.setattr(float_closure, "STATE_NUMBERS_UP_TO", 1000)
    net = irrational_swaps(4, torch.float32)
    certificate = certify(net)
    assert (certificate.holds, certificate.grade) == (True, 3)
    depth = int(certificate.scope.removeprefix("up to ").removesuffix(" tokens"))
    assert depth >= 2
    assert certificate.pairs <= 1000
    assert shortest_failing_length(net, net.dfa, min(depth, 4)) is None


def test_a_search_stops_within_a_level_of_many_letters(monkeypatch):
    """All 24 permutations as letters: a level may be 24 times the limit, and is not finished."""
    monkeypatch.setattr(float_closure, "STATE_NUMBERS_UP_TO", 1000)
    net = irrational_swaps(4, torch.float32)
    wide = by_hand(DFA(np.tile(net.dfa.table, 20), 0, [0], range(120)), 1, 4, 1, 1).float()
    with torch.no_grad():
        noise = 1 + 1e-6 * torch.arange(120).repeat_interleave(6)[: 6 * 20]
        wide.layer.k_proj.weight.copy_(net.layer.k_proj.weight.repeat(1, 20) * noise)
        wide.layer.b_proj.weight.copy_(net.layer.b_proj.weight.repeat(1, 20))
        wide.layer.query.copy_(net.layer.query)
        wide.layer.initial_state.copy_(net.layer.initial_state)
        wide.readout.load_state_dict(net.readout.state_dict())
        wide.accepting[0] = True
    certificate = certify(wide)
    assert certificate.grade == 3
    assert certificate.pairs < 1500


def test_a_readout_too_close_to_call_is_not_proved_and_no_counterexample_is_invented():
    """Rows 0 and 2 tie in state 0, in numbers of too many bits to be sure: torch happens to name the right one."""
    net = compiled(DFA([[0, 1], [0, 1], [2, 2]], 0, [1], "ab"))  # state 0 is read as −1, state 1 as 0
    with torch.no_grad():
        net.readout.weight.copy_(torch.tensor([[-1.1], [1.1], [-1.1]]))
        net.readout.bias.copy_(torch.tensor([0.3, 0.7, 0.3]))
    assert shortest_failing_length(net, net.dfa, 6) is None
    certificate = certify(net)
    assert not certificate.holds
    assert certificate.counterexample is None
    assert "too close to call" in certificate.reason


# ---------------------------------------------------------------------- planted faults

S3 = languages.get("S_3")
MACHINES = {
    "S_3": S3,
    "parity": languages.get("parity"),
    "resets": languages.get("even_a_since_b"),
    "two heads": languages.get("seen_a_seen_b"),
    "sink": languages.get("dyck_1_depth_2"),
    "constants": DFA([[q, 0, 1, 2, 3, 4] for q in range(5)], 2, [1, 4], "-01234"),
}


def live_step(net: Network) -> tuple[int, int, int]:
    """Step, head and letter of some β > 0."""
    betas = net.layer.b_proj.weight.view(net.layer.n_h, net.layer.n_heads, -1)
    return tuple((betas > 0).nonzero()[-1].tolist())  # pyright: ignore[reportReturnType]


def beta_dropped(net):
    j, h, a = live_step(net)
    net.layer.b_proj.weight.view(net.layer.n_h, net.layer.n_heads, -1)[j, h, a] = 0


def beta_halved(net):
    j, h, a = live_step(net)
    net.layer.b_proj.weight.view(net.layer.n_h, net.layer.n_heads, -1)[j, h, a] *= 0.5


def key_entry(net):
    j, h, a = live_step(net)
    key = net.layer.k_proj.weight.view(net.layer.n_h, net.layer.n_heads, net.layer.head_k, -1)[j, h, :, a]
    key[key.nonzero()[0, 0]] = 0


def readout_row(net):
    net.readout.weight[net.dfa.start] = net.readout.weight[net.dfa.start] * 0 - 50


def readout_bias(net):
    net.readout.bias[net.dfa.table[net.dfa.start, 0] if net.dfa.start else 1] += 100


def letters_swapped(net):
    differ = next(b for b in range(1, net.dfa.n_letters) if (net.dfa.table[:, b] != net.dfa.table[:, 0]).any())
    for projection in ("k_proj", "v_proj", "b_proj", "g_proj"):
        if getattr(net.layer, projection) is not None:
            weight = getattr(net.layer, projection).weight
            weight[:, [0, differ]] = weight[:, [differ, 0]]


def initial_state(net):
    net.layer.initial_state.copy_(torch.roll(net.layer.initial_state, 1, dims=1) + (net.layer.head_k == 1))


def query_negated(net):
    net.layer.query.mul_(-1)


def accepting_flag(net):
    net.accepting[net.dfa.table[net.dfa.start, -1]] ^= True


def embedding_row(net):
    net.embedding.weight[0] = net.embedding.weight[-1]


def embedding_sum(net):
    net.embedding.weight[-1] = 1


def nan_entry(net):
    j, h, a = live_step(net)
    net.layer.b_proj.weight.view(net.layer.n_h, net.layer.n_heads, -1)[j, h, a] = float("nan")


def inf_entry(net):
    net.layer.initial_state[0, 0] = float("inf")


def minus_inf_row(net):
    net.readout.bias[net.dfa.start] = -float("inf")


def nan_everywhere(net):
    for parameter in net.parameters():
        parameter.fill_(float("nan"))


def zeros_everywhere(net):
    for parameter in net.parameters():
        parameter.zero_()


FAULTS = [beta_dropped, beta_halved, key_entry, readout_row, readout_bias, letters_swapped, initial_state, query_negated]
FAULTS += [accepting_flag, embedding_row, embedding_sum, nan_entry, inf_entry, minus_inf_row, nan_everywhere, zeros_everywhere]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_planted_fault_is_found_with_a_shortest_word_that_really_fails(fault):
    """On each machine in each format; where the fault happens to change nothing, the verdict is that the network is right."""
    changed = set()
    for (name, dfa), dtype in product(MACHINES.items(), FORMATS):
        net = compiled(dfa, "raw", dtype)
        with torch.no_grad():
            fault(net)
        certificate = certify(net, dfa)
        wanted = shortest_failing_length(net, dfa, 5)
        if wanted is None:
            assert certificate.holds == (fault is not embedding_sum), (
                name,
                dtype,
            )  # a sum of letters is not proved, even if right
            assert certificate.counterexample is None
            continue
        changed.add(name)
        assert not certificate.holds, (name, dtype)
        assert certificate.counterexample is not None, certificate.reason
        assert fails(net, dfa, certificate.counterexample)
        assert len(certificate.counterexample) == wanted, "no shorter word fails"
    assert len(changed) >= 4, f"a fault that changes what only {changed} do shows little"


@pytest.mark.parametrize("dtype", FORMATS)
def test_a_gate_left_open_is_found(dtype):
    dfa = languages.get("permutation_reset_3")
    net = compiled(dfa, "raw", dtype)
    assert net.layer.g_proj is not None
    closed = (net.layer.g_proj.weight == 0).nonzero()[0].tolist()
    for value in (1.0, 0.5, 2.0**-10, float("nan")):
        net = compiled(dfa, "raw", dtype)
        with torch.no_grad():
            net.layer.g_proj.weight[tuple(closed)] = value  # pyright: ignore[reportOptionalMemberAccess]
        certificate = certify(net, dfa)
        wanted = shortest_failing_length(net, dfa, 5)
        assert certificate.holds == (wanted is None) or wanted is None
        if wanted is not None:
            assert len(certificate.counterexample) == wanted
            assert fails(net, dfa, certificate.counterexample)
        elif certificate.holds:
            assert certificate.grade == 2


@pytest.mark.parametrize("dtype", FORMATS)
def test_a_fault_in_a_step_that_is_not_used_changes_nothing(dtype):
    """Strength 0: its key and value do not matter, as long as they are numbers that do not overflow."""
    net = compiled(S3, "raw", dtype)
    betas = net.layer.b_proj.weight.view(net.layer.n_h, 1, -1)
    j, h, a = (betas == 0).nonzero()[0].tolist()
    key = net.layer.k_proj.weight.view(net.layer.n_h, 1, net.layer.head_k, -1)
    for value, grade in ((1.0, 1), (0.3, 2), (1000.0, None)):
        with torch.no_grad():
            key[j, h, 0, a] = value
        certificate = certify(net)
        assert certificate.holds, certificate.reason
        assert grade in (None, certificate.grade)
        assert shortest_failing_length(net, S3, 3) is None


@pytest.mark.parametrize(
    ("dtype", "value"), [(torch.float16, 60000.0), (torch.float32, 2e38), (torch.bfloat16, 2e38), (torch.float64, 1e308)]
)
def test_a_step_that_is_not_used_may_not_overflow_either(dtype, value):
    """k·S = ±∞, and 0 · ∞ is no number: strength 0 does not make a step harmless. (Found by this test in an early checker.)"""
    dfa = MACHINES["constants"]
    net = compiled(dfa, "raw", dtype)
    with torch.no_grad():
        net.layer.k_proj.weight[0, 0] = value  # the letter that keeps
    with torch.no_grad():
        net.layer.initial_state.mul_(2)
        net.layer.v_proj.weight.mul_(2)
        net.layer.query.mul_(0.5)
    wanted = shortest_failing_length(net, dfa, 2)
    certificate = certify(net)
    assert wanted is not None
    assert not certificate.holds
    assert len(certificate.counterexample) == wanted


@pytest.mark.parametrize("dtype", FORMATS)
def test_numbers_too_small_for_the_format_are_not_called_exact(dtype):
    """q and W so small that their product underflows: every row of the readout is 0 and the first is named."""
    dfa = languages.get("parity")
    net = compiled(dfa, "raw", dtype)
    tiny = 2.0 ** -{torch.float16: 13, torch.bfloat16: 70, torch.float32: 80, torch.float64: 600}[dtype]
    with torch.no_grad():
        net.readout.bias.zero_()
        net.readout.weight.copy_(torch.tensor([[1.0], [-1.0]]) * (1 if net.states("")[0] == 0 else -1) * tiny)
        net.layer.query.mul_(tiny)
    assert shortest_failing_length(net, dfa, 2) is not None
    certificate = certify(net)
    assert not certificate.holds
    assert fails(net, dfa, certificate.counterexample)


def test_sums_too_large_for_the_format_are_not_called_right():
    """Logits of 70,000 and 80,000 are both ∞ in float16."""
    dfa = languages.get("parity")
    net = compiled(dfa, "raw", torch.float64)
    with torch.no_grad():
        net.layer.query.copy_(torch.tensor([[2.0, 3.0]]))
        net.readout.weight.copy_(torch.tensor([[-20_000.0], [20_000.0]]))
        net.readout.bias.copy_(torch.tensor([60_000.0, -40_000.0]))
    assert certify(net).holds
    with torch.no_grad():
        net.layer.query.copy_(torch.tensor([[2.0, 4.0]]))
        net.readout.weight.copy_(torch.tensor([[35_000.0], [40_000.0]]))
        net.readout.bias.copy_(torch.tensor([0.0, -12_000.0]))
    assert certify(net).holds
    net.to(torch.float16)
    certificate = certify(net)
    assert not certificate.holds
    assert certificate.counterexample is not None
    assert len(certificate.counterexample) == shortest_failing_length(net, dfa, 3)


def test_float64_sums_beyond_2_to_the_53_are_not_called_exact():
    """The bound is itself computed in float64, where 2^53 + 1 would look like 2^53."""
    dfa = languages.get("parity")
    net = compiled(dfa, "raw", torch.float64)
    with torch.no_grad():
        net.readout.bias.add_(2.0**53 - 2)
    certificate = certify(net)
    assert certificate.grade != 1


# ---------------------------------------------------------------------- damage of every other kind


def replaced(name: str, tensor):
    def fault(net: Network):
        *path, last = name.split(".")
        setattr(
            net.get_submodule(".".join(path)), last, None if tensor is None else torch.nn.Parameter(tensor, requires_grad=False)
        )

    return fault


K_PROJ = "layers.0.k_proj.weight"
DEFORMED = {
    "missing bias": replaced("readout.bias", None),
    "missing query": replaced("layers.0.query", None),
    "missing keys": replaced(K_PROJ, None),
    "empty keys": replaced(K_PROJ, torch.zeros(0, 2)),
    "keys transposed": replaced(K_PROJ, torch.zeros(2, 3)),
    "scalar bias": replaced("readout.bias", torch.tensor(1.0)),
    "bfloat16 scalar bias": replaced("readout.bias", torch.tensor(1.0, dtype=torch.bfloat16)),
    "scalar strengths": replaced("layers.0.b_proj.weight", torch.tensor(1.0)),
    "scalar query": replaced("layers.0.query", torch.tensor(1.0)),
    "bias of one": replaced("readout.bias", torch.tensor([-1.0])),
    "bias of three": replaced("readout.bias", torch.zeros(3)),
    "strengths of no step": replaced("layers.0.b_proj.weight", torch.zeros(0, 2)),
    "embedding too short": replaced("embedding.weight", torch.eye(2)[:1]),
    "embedding too wide": replaced("embedding.weight", torch.eye(3)[:2]),
    "bias in float64": replaced("readout.bias", torch.tensor([-1.0, -1.0], dtype=torch.float64)),
    "initial state in float64": replaced("layers.0.initial_state", torch.tensor([[[1.0], [0.0]]], dtype=torch.float64)),
    "whole number bias": replaced("readout.bias", torch.zeros(2, dtype=torch.int64)),
    "complex bias": replaced("readout.bias", torch.zeros(2, dtype=torch.complex64)),
    "no accepting flags": lambda net: setattr(net, "accepting", torch.zeros(0, dtype=torch.bool)),
    "readout gone": lambda net: setattr(net, "readout", torch.nn.Identity()),
}
HARMLESS = {
    "one tensor more": lambda net: net.register_buffer("note", torch.zeros(3)),
    "one letter more": replaced("embedding.weight", torch.eye(3)[:, :2]),
    "flags as numbers": lambda net: setattr(net, "accepting", torch.tensor([0.0, 1.0])),
    "initial state in bfloat16": replaced("layers.0.initial_state", torch.tensor([[[1.0], [0.0]]], dtype=torch.bfloat16)),
}


@pytest.mark.parametrize("name", DEFORMED)
def test_tensors_that_make_no_network_fail_on_a_word_and_raise_nothing(name):
    dfa = languages.get("parity")
    net = compiled(dfa)
    DEFORMED[name](net)
    certificate = certify(net, dfa)
    assert not certificate.holds
    assert certificate.counterexample is not None, certificate.reason
    assert fails(net, dfa, certificate.counterexample)
    assert len(certificate.counterexample) <= 1


@pytest.mark.parametrize("name", HARMLESS)
def test_tensors_that_the_checker_does_not_know_are_not_proved_but_no_word_is_blamed(name):
    """The network still runs rightly, so a counterexample would be a lie."""
    dfa = languages.get("parity")
    net = compiled(dfa)
    HARMLESS[name](net)
    assert shortest_failing_length(net, dfa, 5) is None
    certificate = certify(net, dfa)
    assert not certificate.holds
    assert certificate.counterexample is None
    assert str(certificate).startswith("not proved")


VALUES = [0.0, 1.0, -1.0, 0.5, 2.0, -3.0, 0.1, 7.0, 255.0, 1000.0, 60000.0, 1e-3, 1e-7, 2.0**-24, 1e-40, 3e38, 1e300]
VALUES += [float("inf"), -float("inf"), float("nan")]
SMALL = {
    "S_3": DFA.from_permutations({"r": [1, 2, 0], "s": [1, 0, 2]}),
    "flip flop": DFA([[0, 1, 0], [1, 1, 0]], 0, [1], "-10"),
    "resets": languages.get("even_a_since_b"),
    "two heads": languages.get("seen_a_seen_b"),
    "sink": languages.get("dyck_1_depth_2"),
    "thermometer": languages.get("saturating_counter_2"),
}


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(list(SMALL)),
    st.sampled_from(("raw", "unit")),
    st.sampled_from(FORMATS),
    st.lists(
        st.tuples(st.integers(0, 8), st.integers(0, 10**6), st.one_of(st.sampled_from(VALUES), st.floats())),
        min_size=1,
        max_size=2,
    ),
)
@example("S_3", "raw", torch.float16, [(4, 0, 60000.0)])
@example("flip flop", "raw", torch.float16, [(3, 0, 60000.0), (1, 0, 8.0)])
@example("flip flop", "raw", torch.bfloat16, [(7, 1, 3e38)])
@example("sink", "unit", torch.float32, [(0, 0, 0.1)])
def test_the_verdict_on_random_damage_is_that_of_brute_force(name, keys, dtype, damage):
    """One or two entries of any tensor set to any number: brute force over all words of up to 6 letters and the verdict agree."""
    dfa = SMALL[name]
    net = compiled(dfa, keys, dtype)
    parameters = dict(net.named_parameters())
    touched = set()
    with torch.no_grad():
        for which, place, value in damage:
            tensor_name = list(parameters)[which % len(parameters)]
            flat = parameters[tensor_name].view(-1)
            flat[place % len(flat)] = torch.tensor(value, dtype=torch.float64).to(dtype)
            touched.add(tensor_name)
    wanted = shortest_failing_length(net, dfa, 6)
    certificate = certify(net, dfa)
    if certificate.holds:
        assert wanted is None
    if wanted is not None:
        assert not certificate.holds
    if certificate.counterexample is not None:
        assert fails(net, dfa, certificate.counterexample)
        if "embedding.weight" not in touched:
            assert wanted is None or len(certificate.counterexample) == wanted
            assert wanted is not None or len(certificate.counterexample) > 6
    elif "embedding.weight" not in touched:
        assert wanted is None, "a failing word is found wherever there is one"


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(list(SMALL)),
    st.sampled_from(FORMATS),
    st.integers(0, 10**6),
    st.sampled_from(["swap", "row", "sign", "noise"]),
)
def test_the_verdict_on_wider_damage_is_that_of_brute_force(name, dtype, seed, how):
    """Two letters exchanged, a row overwritten by another, signs flipped, noise over a whole tensor."""
    dfa, rng = SMALL[name], np.random.default_rng(seed)
    net = compiled(dfa, "raw", dtype)
    tensor = list(net.parameters())[rng.integers(1, len(list(net.parameters())))]
    with torch.no_grad():
        if how == "swap":
            for parameter in net.layer.parameters():
                if parameter.shape[-1] == dfa.n_letters and parameter.ndim == 2:
                    parameter[:, :2] = parameter[:, :2].flip(1)
        elif how == "row":
            tensor[rng.integers(len(tensor))] = tensor[rng.integers(len(tensor))].clone()
        elif how == "sign":
            tensor[rng.integers(len(tensor))] *= -1
        else:
            tensor.add_(torch.from_numpy(rng.normal(0, 0.01, tensor.shape)).to(dtype))
    wanted = shortest_failing_length(net, dfa, 6)
    certificate = certify(net, dfa)
    if certificate.holds:
        assert wanted is None
    if wanted is not None:
        assert not certificate.holds
        assert certificate.counterexample is not None, certificate.reason
        assert len(certificate.counterexample) == wanted
        assert fails(net, dfa, certificate.counterexample)


@pytest.mark.parametrize("scale", [2.0, 3.0])
def test_embeddings_that_are_no_unit_vectors_prove_nothing_but_their_failing_words_are_true(scale):
    """2·e_a and halved projections compute the same, but the order in which a projection is summed is open."""
    dfa = languages.get("S_3")
    for fault in (None, beta_dropped):
        net = compiled(dfa, "raw", torch.float32)
        with torch.no_grad():
            net.embedding.weight.mul_(scale)
            for projection in (net.layer.k_proj, net.layer.v_proj, net.layer.b_proj):
                projection.weight.div_(scale)
            if fault is not None:
                fault(net)
        certificate = certify(net, dfa)
        assert not certificate.holds
        assert "nothing is proved" in certificate.reason
        assert (certificate.counterexample is None) == (shortest_failing_length(net, dfa, 3) is None)
        if fault is not None:
            assert fails(net, dfa, certificate.counterexample)


@pytest.mark.parametrize("carrier", [np.float16, np.float32, np.float64])
def test_equal_states_have_equal_bytes(carrier):
    """−0 is 0 and one NaN is another, so a search does not go round in what only looks different."""
    states = np.array([0.0, -0.0, np.nan, -np.nan, 1.0, -1.0], dtype=carrier)
    zero, minus_zero, nan, minus_nan, *rest = (x.tobytes() for x in canonical(states))
    assert zero == minus_zero
    assert nan == minus_nan
    assert len({zero, nan, *rest}) == 4


# ---------------------------------------------------------------------- where matrices would not fit


def test_large_networks_are_searched_step_by_step_with_the_same_verdict(monkeypatch):
    for name in ("S_4", "permutation_reset_3", "saturating_counter_3"):
        dfa = languages.get(name)
        for dtype in FORMATS:
            net = compiled(dfa, "raw", dtype)
            with monkeypatch.context() as patch:
                patch.setattr(exact_closure, "MATRICES_UP_TO", 0)
                certificate = certify(net, dfa)
            assert (certificate.holds, certificate.grade, certificate.pairs) == (True, 1, dfa.n_states)


def test_grade_1_holds_in_bfloat16_for_states_that_are_no_bits():
    """Constant resets to thirty states hold two digits; they are whole numbers under 256, which bfloat16 counts."""
    dfa = DFA([[q, *range(30)] for q in range(30)], 0, [0], range(31))
    for dtype in FORMATS:
        assert certify(compiled(dfa, "raw", dtype)).grade == 1


def test_steps_out_of_range_are_not_grade_1():
    """β‖k‖² = 4 doubles what lies along the key, on a state that has nothing there: harmless, but no contraction."""
    dfa = DFA([[0, 1], [0, 1]], 0, [1], "ab")
    net = compiled(dfa)
    with torch.no_grad():
        net.layer.b_proj.weight.mul_(4)
        net.layer.initial_state.zero_()
        net.layer.v_proj.weight.zero_()
        net.readout.weight.zero_()
        net.readout.bias.copy_(torch.tensor([1.0, 0.0]))
    assert certify(net, DFA([[0, 0]], 0, [0], "ab")).grade != 1
