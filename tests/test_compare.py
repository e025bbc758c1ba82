"""Trained beside constructed: each measure on what has a known answer; the report, from runs trained for a moment."""

import json
import re
import sys
from base64 import b64decode
from html import escape
from html.parser import HTMLParser
from itertools import combinations, product
from math import isnan, nan
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from small_trainings import trained

import deltaword as dw
from deltaword.automata.errors import BadArgument, NotReadable, TooLarge
from deltaword.automata.files import read_json, write_json
from deltaword.nets.compare import extracted as extracted_file
from deltaword.nets.compare import page, write_report
from deltaword.nets.compare.constructed import class_scores, constructed, layer_states
from deltaword.nets.compare.curves import length_curve, lengths_for, margins
from deltaword.nets.compare.drift import class_margins, class_means, drift
from deltaword.nets.compare.extracted import extracted
from deltaword.nets.compare.keys import degrees, key_geometry, participation_ratio, principal
from deltaword.nets.compare.measure import AT, BEYOND
from deltaword.nets.compare.rank import effective_rank, marks, ranks_along
from deltaword.nets.compare.replicas import model_name, one_replica
from deltaword.nets.compare.spectra import by_letter, distinct, mixer_spectrum, network_spectrum, symbols_read, telling, thinned
from deltaword.nets.compare.tables import Entry, accuracy_table, cells_of, right_to, scaled
from deltaword.nets.compare.tables import plain as plain_cells
from deltaword.nets.extract import extract
from deltaword.nets.models.mixers import MIXERS
from deltaword.nets.models.sequence_model import ModelConfig, SequenceModel
from deltaword.nets.tasks import task
from deltaword.nets.training import RunConfig, load_run, train

seeds = st.integers(0, 2**31 - 1)
some = settings(max_examples=25, deadline=None)


def drawn(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def frame(seed: int, r: int, K: int) -> torch.Tensor:
    """r orthonormal vectors [r, K]."""
    return torch.linalg.qr(drawn(seed, K, r))[0].mT


# ---------------------------------------------------------------------- accuracy by length


@some
@given(seeds, st.integers(1, 12), st.integers(2, 5))
def test_accuracy_and_margins_are_those_of_a_loop(seed, T, classes):
    scores, draw = drawn(seed, 7, T, classes), np.random.default_rng(seed)
    targets = torch.from_numpy(draw.integers(-1, classes, (7, T)))
    curve = length_curve(lambda _: scores, lambda rows, _: (targets, targets), [T], words=7)
    found = []
    for b in range(7):
        for t in range(T):
            if targets[b, t] >= 0:
                row = scores[b, t].float().tolist()
                true = row.pop(int(targets[b, t]))
                found.append(true - max(row))
    assert curve.asked == (len(found),)
    if found:
        assert curve.accuracy[0] == pytest.approx(np.mean([margin > 0 for margin in found]))
        assert curve.margin[0] == pytest.approx(np.mean(found), abs=1e-5)
        assert curve.lowest[0] == pytest.approx(min(found), abs=1e-5)


def test_an_accuracy_at_a_length_leaves_out_what_a_shorter_one_has_counted():
    def wrong_at_first(tokens):  # on the first 8 letters
        right = torch.where(torch.arange(tokens.shape[1]) < 8, 1 - tokens, tokens)
        return torch.nn.functional.one_hot(right, 2).float()

    def batch(rows, length):
        tokens = torch.arange(len(rows) * length).view(len(rows), length) % 2
        return tokens, tokens

    assert length_curve(wrong_at_first, batch, [4, 8, 16, 32], words=3).accuracy == (0, 0, 1, 1)


def test_where_only_the_end_is_asked_it_counts_at_every_length():
    def batch(rows, length):
        tokens = torch.ones(len(rows), length, dtype=torch.int64)
        targets = torch.full_like(tokens, -100)
        targets[:, length - 3] = 1  # before the shorter length's end
        return tokens, targets

    curve = length_curve(lambda tokens: torch.nn.functional.one_hot(tokens, 2).float(), batch, [9, 10, 11], words=5)
    assert curve.asked == (5, 5, 5)
    assert curve.accuracy == (1, 1, 1)


def test_words_go_through_in_pieces_that_make_no_difference():
    parity, scores = task("parity_every"), {}

    def network(tokens):
        return torch.nn.functional.one_hot((tokens.cumsum(1) + (tokens[:, :1] * tokens[:, -1:])) % 2, 2).float()

    for once in (2**16, 40):
        scores[once] = length_curve(network, lambda rows, length: parity.batch(2, 0, rows, length), [8, 16], 11, once)
    assert scores[2**16] == scores[40]


def test_scores_that_are_no_numbers_are_wrong_answers():
    targets = torch.zeros(2, 3, dtype=torch.int64)
    curve = length_curve(lambda _: torch.full((2, 3, 4), nan), lambda *_: (targets, targets), [3], words=2)
    assert curve.accuracy == (0.0,)
    assert isnan(margins(torch.full((1, 1, 2), nan), torch.tensor([[0]]))[0, 0])


@given(st.integers(1, 1000), st.integers(1, 64))
def test_lengths_reach_from_a_quarter_to_so_many_times_the_longest(longest, times):
    found = lengths_for(longest, times)
    assert longest in found
    assert list(found) == sorted(set(found))
    assert found[0] == max(1, longest // 4)
    assert times * longest / 2 < found[-1] <= times * longest


# ---------------------------------------------------------------------- tables


def test_a_table_of_metrics_made_by_hand():
    entries = [
        Entry("parity", "A", 0, 1.0, 0.5, 64),
        Entry("parity", "A", 1, 0.75, 0.5, 8),
        Entry("parity", "A", 2, nan, 0.5, 0),
        Entry("parity", "B", 0, 0.25, 0.5, 0),
        Entry("S_3", "A", 0, 1 / 6, 1 / 6, 4),
        Entry("S_3", "B", 0, nan, 1 / 6, 0),
    ]
    cells = accuracy_table(entries)
    assert [(c.task, c.model, c.best, c.mean, c.right_to, c.seeds, c.failed) for c in cells[:3]] == [
        ("parity", "A", 1.0, 0.75, 64, 3, 1),
        ("parity", "B", -0.5, -0.5, 0, 1, 0),
        ("S_3", "A", 0.0, 0.0, 4, 1, 0),
    ]
    assert isnan(cells[3].best)
    assert cells[3].failed == 1
    again = cells_of(json.loads(json.dumps(plain_cells(cells[:3]))))
    assert again == cells[:3]


@given(st.floats(0, 1), st.floats(0, 0.99))
def test_scaled_accuracy_is_0_at_chance_and_1_at_1(accuracy, chance):
    assert scaled(chance, chance) == 0
    assert scaled(1.0, chance) == 1
    assert (scaled(accuracy, chance) > 0) == (accuracy > chance)


def test_right_to_stops_at_the_first_failure_and_at_nan():
    assert right_to([2, 4, 8, 16], [1, 1, 0.98, 1]) == 4
    assert right_to([2, 4], [nan, 1]) == 0
    assert right_to([2, 4], [0.99, 0.99]) == 4


# ---------------------------------------------------------------------- spectra


@some
@given(seeds, st.integers(2, 6), st.floats(0, 2))
def test_a_householder_step_has_the_eigenvalues_1_and_1_less_beta(seed, K, beta):
    k = frame(seed, 1, K)[0]
    A = torch.eye(K, dtype=torch.float64) - beta * torch.outer(k, k)
    values = by_letter(torch.linalg.eigvals(A)[None], torch.tensor([3]))[3]
    assert np.abs(np.imag(values)).max() < 1e-7
    assert np.sort(np.real(values)) == pytest.approx(sorted([1.0] * (K - 1) + [1 - beta]), abs=1e-9)


@pytest.mark.parametrize("interval", ["0,1", "-1,1"])
def test_a_trained_deltanet_has_one_eigenvalue_a_head_that_is_not_1(interval):
    model = SequenceModel(ModelConfig(3, 2, d_model=16, mixer="deltanet", options={"heads": 2}), [interval], [5])
    tokens = torch.tensor([[0, 1, 2, 1]])
    block, x = model.blocks[0], model.mixer_inputs(tokens[None])[0]
    found = mixer_spectrum(block.mixer, x, tokens)
    assert found is not None
    strength = torch.sigmoid(x[0, 0, 1:] @ block.mixer.b_proj.weight[0]) * (2 if interval == "-1,1" else 1)  # pyright: ignore
    for t, letter in enumerate(tokens[0].tolist()):
        expected = sorted([1.0] * 14 + (1 - strength[t].detach()).tolist())
        every = np.sort(np.real(found[letter])).reshape(-1, 2 if letter == 1 else 1)  # letter 1 came twice
        assert every[:, 0] == pytest.approx(expected, abs=1e-5)


def test_a_compiled_counter_turns_by_the_roots_of_unity():
    net = dw.compile(dw.languages.get("mod_5"))
    [found] = network_spectrum(net, torch.tensor([[0, 1, 1, 0]]))
    values = found[1]
    roots = np.exp(2j * np.pi * np.arange(5) / 5)
    assert all(np.abs(values - root).min() < 1e-9 for root in roots)


@pytest.mark.parametrize("name", ["modular_arithmetic", "contains_aba", "S_3"])
def test_a_compiled_networks_spectra_are_those_of_the_matrices_it_runs(name):
    net = dw.compile(dw.languages.get(name))
    tokens = torch.randint(0, net.dfa.n_letters, (3, 12), generator=torch.Generator().manual_seed(0))
    spectra, expected, symbols = network_spectrum(net, tokens), symbols_read(net, tokens), []
    for layer in net.layers:
        layer.register_forward_pre_hook(lambda _, given: symbols.append(given[0].argmax(-1)))
    net(tokens)
    assert all(torch.equal(a, b) for a, b in zip(symbols, expected, strict=True))
    for layer, found, read in zip(net.layers, spectra, symbols, strict=True):
        unit = torch.eye(layer.k_proj.in_features)  # pyright: ignore
        _, k, _, beta, gate = layer.inputs(unit[read])  # pyright: ignore
        A = torch.eye(k.shape[-1]).expand(*k.shape[:2], k.shape[3], -1, -1)
        A = A if gate is None else A * gate[..., None, None]
        for j in range(k.shape[2]):
            key = k[:, :, j]
            A = A - beta[:, :, j, :, None, None] * key.unsqueeze(-1) * (key.unsqueeze(-2) @ A)
        values = torch.linalg.eigvals(A.double()).flatten(2).numpy()
        for letter in found:
            ours, theirs = distinct(found[letter])[0], distinct(values[tokens.numpy() == letter])[0]
            assert max(np.abs(ours - value).min() for value in theirs) < 2e-3
            assert max(np.abs(theirs - value).min() for value in ours) < 2e-3


def test_letters_of_different_spectra_are_shown_before_others():
    spectrum = {0: np.array([1.0]), 1: np.array([1.0]), 2: np.array([1.0]), 3: np.array([-1.0]), 4: np.array([1j])}
    assert telling(spectrum, 3) == [0, 3, 4]
    assert telling(spectrum, 9) == [0, 1, 2, 3, 4]


@some
@given(seeds, st.integers(1, 30), st.integers(1, 30))
def test_thinning_keeps_the_ends_and_makes_nothing_up(seed, n, most):
    values = np.random.default_rng(seed).normal(size=n)
    few = thinned(values, most)
    assert len(few) == min(n, most)
    assert set(few) <= set(values)
    if most > 1:
        assert {values.min(), values.max()} <= set(few)


# ---------------------------------------------------------------------- keys


@some
@given(seeds, st.integers(1, 6), st.floats(0.1, 10))
def test_orthogonal_keys_of_one_length_have_as_many_dimensions_as_there_are(seed, r, size):
    assert float(participation_ratio(size * frame(seed, r, 6))) == pytest.approx(r)


def test_keys_spread_over_a_plane_have_two_dimensions():
    angles = torch.arange(7, dtype=torch.float64) * 2 * torch.pi / 7
    plane = torch.stack([angles.cos(), angles.sin()], dim=1) @ frame(0, 2, 5)
    assert float(participation_ratio(plane)) == pytest.approx(2)
    assert float(participation_ratio(torch.zeros(3, 4))) == 0


@some
@given(seeds, st.integers(1, 9), st.integers(2, 5))
def test_effective_dimension_lies_between_1_and_the_rank(seed, n, K):
    vectors = drawn(seed, n, K)
    shares = np.linalg.svd(vectors.numpy(), compute_uv=False) ** 2
    ratio = float(participation_ratio(vectors))
    assert ratio == pytest.approx((shares.sum() ** 2) / (shares**2).sum())
    assert 1 - 1e-9 <= ratio <= min(n, K) + 1e-9
    along = principal(vectors)
    assert float((vectors @ along).square().sum()) == pytest.approx(shares.max())


@some
@given(seeds, st.integers(2, 5))
def test_angles_are_those_of_lines(seed, K):
    a, b = drawn(seed, 2, K)
    cosine = abs(float(a @ b)) / float(a.norm() * b.norm())
    expected = np.degrees(np.arccos(min(cosine, 1.0)))
    for one, other in ((a, b), (-a, b), (b, 3 * a)):
        assert float(degrees(one, other)) == pytest.approx(expected, abs=1e-5)
    assert float(degrees(a, a)) == pytest.approx(0, abs=1e-9)


def test_the_keys_of_S_3_drawn_by_hand():
    """Three mirrors in a plane at 60 degrees, two of them a turn; letter 0 turns nothing: twice the same mirror."""
    mirror = torch.stack([torch.tensor([np.cos(a), np.sin(a)]) for a in np.radians([0, 60, 120])])
    steps = torch.tensor([[0, 0], [0, 1], [1, 2], [2, 0]])
    tokens = torch.arange(4).repeat(3)
    signs = torch.tensor([1.0, -1.0, 1.0]).repeat_interleave(4).view(-1, 1, 1)  # a mirror does not know its key's sign
    keys = (signs * mirror[steps].repeat(3, 1, 1)).unsqueeze(2)  # [N, n_h, 1, K]
    found = key_geometry(keys, torch.full((12, 2, 1), 2.0), tokens, [0, 1, 2, 3, 4])
    assert found.inside[0, 0, :4] == pytest.approx([0, 60, 60, 60], abs=1e-5)
    assert found.dimension[0, :2] == pytest.approx([1, 2 / (1 + 0.25)])
    between = [abs(found.between[0, 0, i, j] - angle) for i, j, angle in ((0, 1, 0), (0, 2, 60), (2, 3, 60))]
    assert max(between) < 1e-4
    assert np.isnan(found.dimension[0, 4])  # never came
    assert found.counts.sum() == 24
    assert found.counts[:, -1].tolist() == [12, 12]  # β = 2 falls into the last bin
    assert found.overall[0] == pytest.approx(1 / (found.explained[0] ** 2).sum())
    assert found.explained[0].sum() == pytest.approx(1)


# ---------------------------------------------------------------------- rank


@some
@given(seeds, st.integers(1, 5), st.floats(0.01, 100))
def test_a_frame_of_r_orthogonal_vectors_has_effective_rank_r(seed, r, size):
    assert float(effective_rank(size * frame(seed, r, 6))) == pytest.approx(r)


@some
@given(seeds)
def test_effective_rank_is_the_exponential_of_an_entropy(seed):
    S = drawn(seed, 4, 3)
    sizes = np.linalg.svd(S.numpy(), compute_uv=False)
    shares = sizes / sizes.sum()
    assert float(effective_rank(S)) == pytest.approx(float(np.prod(shares**-shares)))
    assert float(effective_rank(torch.zeros(3, 3))) == 0
    assert float(effective_rank(torch.outer(S[0], S[1]))) == pytest.approx(1, abs=1e-6)


def test_ranks_are_those_after_so_many_tokens():
    states = torch.stack([torch.diag((torch.arange(5) <= t).double()) for t in range(5)])[None, :, None]
    assert ranks_along(states, [1, 3, 5])[0].tolist() == pytest.approx([1, 3, 5])


def test_a_constructed_permutation_keeps_its_rank_and_stays_where_it_is():
    net = dw.compile(dw.languages.get("S_3"))
    tokens = torch.randint(0, 6, (5, 200), generator=torch.Generator().manual_seed(1))
    [states] = layer_states(net, tokens)
    ranks = ranks_along(states, marks(200))
    assert float((ranks - ranks[:, :1]).abs().max()) < 1e-9
    classes = torch.from_numpy(net.dfa.run(tokens.numpy())[:, 1:].astype(np.int64))
    flat = states.flatten(2)
    means = class_means(flat[:2, :50].flatten(0, 1), classes[:2, :50].flatten(), 6)
    found = drift(flat[2:], classes[2:], means, marks(200))
    assert set(found.distance) == set(found.farthest) == set(found.spent) == {0.0}
    assert set(found.nearest_right) == {1.0}


@given(st.integers(1, 5000), st.integers(2, 40))
def test_marks_reach_from_1_to_the_end(longest, count):
    found = marks(longest, count)
    assert found[0] == 1
    assert found[-1] == longest or count == 1
    assert len(found) <= count


# ---------------------------------------------------------------------- drift


@some
@given(seeds, st.integers(2, 6), st.integers(1, 4))
def test_the_share_spent_tells_the_nearest_mean_and_is_at_most_the_distance(seed, n, D):
    means, states = drawn(seed, n, D), drawn(seed + 1, 9, 1, D)
    classes = torch.from_numpy(np.random.default_rng(seed).integers(0, n, (9, 1)))
    for b in range(9):
        found = drift(states[b : b + 1], classes[b : b + 1], means, [1])
        s, c = states[b, 0].numpy(), int(classes[b])
        to_all = np.linalg.norm(means.numpy() - s, axis=1)
        margin = min(np.linalg.norm(means[c] - means[d]) for d in range(n) if d != c) / 2
        assert found.distance[0] == pytest.approx(to_all[c])
        assert found.ratio[0] == pytest.approx(to_all[c] / margin)
        assert found.nearest_right[0] == float(to_all.argmin() == c)
        assert (found.spent[0] < 1) == (to_all.argmin() == c)
        assert 0 <= found.spent[0] <= found.ratio[0] * (1 + 1e-9)


def test_what_a_state_keeps_beside_its_class_spends_nothing():
    states, classes = torch.tensor([[[1.0, 50.0]]]), torch.tensor([[0]])
    found = drift(states, classes, torch.tensor([[1.0, 0.0], [3.0, 0.0]]), [1])
    assert found.ratio == (50.0,)
    assert found.spent == (0.0,)


def test_classes_that_never_came_or_are_not_asked_are_left_out():
    states, classes = torch.tensor([[[1.0], [2.0], [3.0]]]), torch.tensor([[0, -100, 2]])
    means = class_means(states[0], classes[0], 4)
    assert means.flatten().tolist() == pytest.approx([1, nan, 3, nan], nan_ok=True)
    assert class_margins(means).tolist() == pytest.approx([1, nan, 1, nan], nan_ok=True)
    found = drift(states, torch.tensor([[0, 1, -100]]), means, [1, 2, 3])
    assert found.distance == pytest.approx((0.0, nan, nan), nan_ok=True)


def test_two_classes_with_one_mean_have_no_margin():
    found = drift(torch.zeros(1, 1, 2), torch.tensor([[0]]), torch.zeros(2, 2), [1])
    assert found.most_spent == (float("inf"),)
    assert found.nearest_right == (0.0,)


# ---------------------------------------------------------------------- constructed


@pytest.mark.parametrize("name", ["parity", "S_3", "S_5_swaps", "mod_arithmetic", "language:a_star_b_star:acceptance"])
def test_a_constructed_network_is_right_at_every_length(name):
    found, made = task(name), constructed(task(name).dfa, seconds=2.0)
    net, of_state = made.net, found.class_of_state
    assert net is not None
    assert of_state is not None
    curve = length_curve(
        lambda tokens: class_scores(net(tokens), of_state, len(found.classes)),
        lambda rows, length: found.batch(2, 0, rows, length),
        [8, 64, 512],
        words=6,
    )
    assert curve.accuracy == (1, 1, 1)
    assert made.says.startswith("holds")


def test_a_machine_that_the_compiler_refuses_says_why(monkeypatch):
    from deltaword.automata.errors import NotCompilable
    from deltaword.nets.compare import constructed as module

    def refuse(*_, **__):
        raise NotCompilable("no plan found")

    monkeypatch.setattr(module, "compile", refuse)
    found = module.constructed(dw.languages.get("parity"))
    assert found.net is None
    assert found.says == "the compiler refuses: no plan found"
    assert "no machine" in constructed(None).says


@some
@given(seeds, st.lists(st.integers(-1, 2), min_size=1, max_size=6))
def test_a_class_has_the_score_of_its_best_state(seed, of_state):
    logits = drawn(seed, 4, len(of_state))
    found = class_scores(logits, of_state, 3)
    for b in range(4):
        for c in range(3):
            own = [float(logits[b, q]) for q, named in enumerate(of_state) if named == c]
            assert float(found[b, c]) == max(own, default=-np.inf)


@pytest.mark.parametrize("name", ["S_3", "contains_aba"])
def test_states_token_by_token_are_those_of_whole_words(name):
    net = dw.compile(dw.languages.get(name))
    tokens = torch.randint(0, net.dfa.n_letters, (3, 9), generator=torch.Generator().manual_seed(2))
    _, memory = net.advance(tokens, net.start(3))
    for states, last in zip(layer_states(net, tokens), memory.states, strict=True):
        assert torch.equal(states[:, -1], last)


# ---------------------------------------------------------------------- replicas


@pytest.mark.parametrize("mixer", [*MIXERS, "torch.nn:Linear"])
def test_one_replica_computes_what_it_does_in_its_stack(mixer):
    options = {"torch.nn:Linear": {"out_features": 16}}.get(mixer, {})
    config = ModelConfig(3, 4, d_model=16, layers=2, mixer=mixer, options=options)
    stack = SequenceModel(config, ["0,1", "-1,1", "-1,1"], [3, 4, 5]).eval()
    tokens = torch.randint(0, 3, (2, 7), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        every = stack(tokens.expand(3, -1, -1))
        for r in range(3):
            assert torch.allclose(one_replica(stack, r)(tokens[None])[0], every[r], atol=1e-5)
    for a, b in combinations(range(3), 2):
        assert not torch.allclose(every[a], every[b], atol=1e-3)


def test_names_tell_ranges_only_where_there_are_any():
    assert model_name(ModelConfig(2, 2, mixer="lstm"), "0,1") == "LSTM, 1 layer"
    assert model_name(ModelConfig(2, 2, mixer="deltanet", layers=3), "0,1") == "DeltaNet, 3 layers [0, 1]"


# ---------------------------------------------------------------------- the report

BASE: dict[str, Any] = {
    "d_model": 8,
    "batch": 8,
    "lengths": 8,
    "eval_rows": 4,
    "eval_every": 1,
    "steps": 2,
    "device": "cpu",
    "eval_lengths": 8,
}


@pytest.fixture(scope="module")
def reported(tmp_path_factory) -> tuple[list[Path], Path, dict]:
    folder = tmp_path_factory.mktemp("runs")
    runs = [folder / name for name in ("deltanet", "lstm", "wide")]
    train(
        RunConfig(
            tasks=("parity_every",), ranges=("0,1", "-1,1"), seeds=(0, 1), mixer="deltanet", options={"heads": 1}, **BASE
        ),
        runs[0],
    )
    train(RunConfig(tasks=("parity_every", "Z_3"), seeds=(0,), mixer="lstm", **BASE), runs[1])
    wide: dict[str, Any] = BASE | {"d_model": 12}
    train(RunConfig(tasks=("parity_every",), seeds=(0,), mixer="lstm", **wide), runs[2])
    broken(runs[0], replicas=(1, 2, 3))
    return runs, folder / "report", write_report(runs, folder / "report", times=4, words=4)


def broken(run: Path, replicas: tuple[int, ...]) -> None:
    """As a run of which some replicas diverged leaves it."""
    summary = read_json(run / "summary.json")
    weights = safetensors.torch.load_file(run / "weights.safetensors")
    for r in replicas:
        summary["replicas"][r] |= {"diverged": {"step": 7, "cause": "the loss"}, "evaluation": []}
        for tensor in weights.values():
            tensor[r] = nan
    write_json(run / "summary.json", summary)
    safetensors.torch.save_file(weights, run / "weights.safetensors")


class Balanced(HTMLParser):
    """Whether each tag that opens closes, in order."""

    void = frozenset({"meta", "img", "br", "hr"})

    def __init__(self):
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.sources: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        self.sources += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "action", "data")]
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_well_formed_and_needs_no_network(reported):
    html = (reported[1] / "report.html").read_text()
    parser = Balanced()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    assert {"table", "img", "section", "details", "figcaption"} <= parser.seen
    assert "script" not in parser.seen
    assert len(parser.sources) >= 8
    assert all(source.startswith("data:image/svg+xml;base64,") for source in parser.sources)
    assert not re.search(r"https?:|//|url\(|@import", re.sub(r"base64,[^']*", "", html))
    for source in parser.sources:
        svg = b64decode(source.split(",", 1)[1]).decode()
        assert not re.search(r'href="(?!#|data:image/png)', svg)


def test_the_file_of_numbers_is_strict_json_and_the_page_is_made_of_it_alone(reported):
    def refuse(name):
        raise AssertionError(f"{name} is not JSON")

    report = json.loads((reported[1] / "report.json").read_text(), parse_constant=refuse)
    assert report == reported[2]
    assert page.page(report) == (reported[1] / "report.html").read_text()


def test_the_pictures_show_the_numbers_of_the_file(reported):
    report = read_json(reported[1] / "report.json")
    pictures, each = page.pictures(report), report["comparisons"][0]
    curves = {tuple(np.asarray(line.get_ydata(), float)) for line in pictures["1_lengths"].axes[0].lines}
    for replica in each["replicas"]:
        assert tuple(replica["accuracy"]) in curves
    assert tuple(each["constructed"]["accuracy"]) in curves
    layer, axes = each["details"][0]["layers"][0], pictures["1_1_spectrum_1"].axes
    for axis, letter in zip(axes, layer["kinds"], strict=False):
        shown = {
            (round(float(x), 6), round(float(y), 6))
            for line in axis.lines
            if line.get_marker() == "o"
            for x, y in zip(np.asarray(line.get_xdata()), np.asarray(line.get_ydata()), strict=True)
        }
        found = layer["spectrum"][letter]
        assert shown == {(round(x, 6), round(y, 6)) for x, y in zip(found["real"], found["imaginary"], strict=True)}
    rank = [list(np.asarray(line.get_ydata(), float)) for line in pictures["1_1_rank"].axes[0].lines]
    assert layer["rank"][0] in rank
    drifted = [list(np.asarray(line.get_ydata(), float)) for line in pictures["1_1_drift"].axes[0].lines]
    assert layer["drift"]["spent"] in drifted


def test_constructed_networks_stand_beside_trained_ones(reported):
    first, second = reported[2]["comparisons"]
    assert (first["task"], second["task"]) == ("parity_every", "Z_3")
    for each in (first, second):
        made = each["constructed"]
        assert set(made["accuracy"]) == {1.0}
        assert made["right_to"] == each["lengths"][-1] == 32
        assert made["says"].startswith("holds")
        assert set(made["drift"]["spent"]) == {0.0}
    assert first["constructed"]["summary"]["lowest_real"] == pytest.approx(-1)
    cells = {(cell["task"], cell["model"]): cell for cell in reported[2]["tables"][AT]}
    assert cells["Z_3", "constructed"]["best"] == 1
    assert first["evaluation_lengths"] == second["evaluation_lengths"] == [16, 32]  # the task's own are longer than 4 times 8


def test_who_diverged_counts_as_failed_and_is_not_looked_into(reported):
    each = reported[2]["comparisons"][0]
    died = [replica for replica in each["replicas"] if replica["diverged"]]
    assert [(replica["run"], replica["replica"], replica[AT], replica[BEYOND]) for replica in died] == [
        ("deltanet", r, None, None) for r in (1, 2, 3)
    ]
    assert {(detail["run"], detail["replica"]) for detail in each["details"]} == {("deltanet", 0), ("lstm", 0), ("wide", 0)}
    cells = {cell["model"]: cell for cell in reported[2]["tables"][AT] if cell["task"] == "parity_every"}
    assert [cells[f"DeltaNet, 1 layer [{low}, 1]"]["failed"] for low in ("0", "−1")] == [1, 2]
    assert cells["DeltaNet, 1 layer [−1, 1]"]["best"] is None
    assert "2 of 2 failed" in (reported[1] / "report.html").read_text()
    assert "1 of 2 failed" in (reported[1] / "report.html").read_text()
    assert "diverged at step 7" in (reported[1] / "report.html").read_text()


def test_models_of_one_name_and_other_shapes_are_kept_apart(reported):
    models = {replica["model"] for replica in reported[2]["comparisons"][0]["replicas"]}
    assert models == {"DeltaNet, 1 layer [0, 1]", "DeltaNet, 1 layer [−1, 1]", "lstm: LSTM, 1 layer", "wide: LSTM, 1 layer"}


def answered(run: Path, r: int, word: list[int]) -> list[int]:
    """What replica r of a run answers after each letter."""
    with torch.no_grad():
        return one_replica(load_run(run).model, r)(torch.tensor([[word]]))[0, 0, :, :2].argmax(-1).tolist()


def test_the_report_says_which_automaton_each_network_computes_and_on_which_word_it_fails(reported):
    runs, out, report = reported
    details, html = report["comparisons"][0]["details"], (out / "report.html").read_text()
    assert len(details) == 3
    for detail in details:  # hardly trained: each of them is wrong after a few letters
        found = detail["extraction"]
        word, run = found["failing"]["word"], next(run for run in runs if run.name == detail["run"])
        ones = np.cumsum(word) % 2
        assert answered(run, detail["replica"], word)[-1] != ones[-1]
        for length in range(1, len(word)):
            for shorter in product(range(2), repeat=length):
                assert answered(run, detail["replica"], list(shorter))[-1] == sum(shorter) % 2
        assert (found["wanted"], found["equal"]) == (2, False)
        assert found["failing"]["text"] == repr("".join(map(str, word)))
        assert f"{escape(found['failing']['text'])}, no shorter word" in html
        assert escape(found["say"]) in html
        table, q, said = found["machine"]["table"], found["machine"]["start"], []
        for letter in word:
            q = table[q][letter]
            said.append(found["machine"]["outputs"][q])
        assert said == answered(run, detail["replica"], word)


def test_a_network_that_learnt_parity_computes_its_automaton(monkeypatch):
    parity = task("parity_every")
    model = SequenceModel(ModelConfig(2, 2, 16, mixer="deltanet", options={"heads": 1}), ["-1,1"], [1])
    found = extracted(trained(model, parity, 150, 16), parity, 16)
    assert (found["by"], found["states"], found["equal"]) == ("lstar", 2, True)
    assert found["tried"]["words"] == 2**13 - 2
    assert len(found["failing"]["word"]) > 64  # β is below 2, and the state wears out

    def too_long(*given, by, **more):
        if by == "lstar":
            raise TooLarge("more words than may be asked")
        return extract(*given, by=by, **more)

    monkeypatch.setattr(extracted_file, "extract", too_long)
    stopped = extracted(model, parity, 16)
    assert (stopped["by"], stopped["states"], stopped["equal"]) == ("states", 2, True)
    assert stopped["say"].startswith("L* found no machine with 5,000 words\n")


@pytest.mark.parametrize(
    ("found", "fails", "every_length"),
    [
        ({}, "none of all 8,190 words to 12 letters and 512 of 64", "open: right to 9 letters"),
        ({"closures": [], "open": "no states"}, "none of all", "open: no states"),
        ({"closed": True}, "none of all", "right, proved (float32, 34 states)"),
        ({"failing": {"text": "'01'", "shortest": False}}, "'01', the shortest met", "wrong"),
        ({"failing": {"text": "'01'", "shortest": True}}, "'01', no shorter word", "wrong"),
    ],
)
def test_what_an_extraction_says_of_long_words(found: dict, fails: str, every_length: str):
    search = {"format": "float32", "closed": found.pop("closed", False), "pairs": 34, "depth": 9, "failing": None}
    tried = {"words": 8190, "length": 12, "sampled": 512, "longest": 64}
    one = {"failing": None, "tried": tried, "closures": [search], "open": ""} | found
    assert page._fails_on(one).startswith(fails)
    assert page._every_length(one) == every_length


def test_what_is_not_extracted_says_why(reported, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "aalpy", None)
    config = RunConfig(tasks=("parity_every", "text:arithmetic"), mixer="attention", options={"heads": 1}, **BASE)
    train(config, tmp_path / "run")
    report = write_report([tmp_path / "run"], tmp_path, constructed=False, times=1, words=2)
    parity, text = (each["details"][0]["extraction"] for each in report["comparisons"])
    assert re.fullmatch(r"learning by queries needs AALpy.*; a network without states .*", parity["not_extracted"])
    assert text == {"not_extracted": "the task has no machine"}
    html = (tmp_path / "report.html").read_text()
    assert html.count("not extracted: ") == 2
    write_report([tmp_path / "run"], tmp_path, constructed=False, times=1, words=2, extract=False)
    assert "Automata" not in (tmp_path / "report.html").read_text()


def test_without_constructed_networks_nothing_is_compiled(reported, tmp_path, monkeypatch):
    monkeypatch.setattr("deltaword.nets.compare.measure.constructed", lambda *_: pytest.fail("compiled"))
    report = write_report(reported[0][1:2], tmp_path, constructed=False, times=1, words=2)
    assert all(each["constructed"] is None for each in report["comparisons"])
    assert report["tables"][BEYOND] == []  # at once the training length there is nothing beyond it


def test_a_report_that_fails_leaves_nothing_half_written(reported, tmp_path, monkeypatch):
    monkeypatch.setattr(page, "page", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_report(reported[0][1:2], tmp_path, constructed=False, times=1, words=2)
    assert list(tmp_path.iterdir()) == []


def test_runs_that_are_missing_twice_or_unfinished_are_refused(reported, tmp_path):
    with pytest.raises(BadArgument, match="0 runs"):
        write_report([], tmp_path)
    with pytest.raises(BadArgument, match="twice"):
        write_report([reported[0][0], reported[0][0]], tmp_path)
    with pytest.raises(NotReadable):
        write_report([tmp_path / "nowhere"], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_weights_that_are_not_finite_count_as_failed_and_do_not_reach_lapack(tmp_path):
    config = RunConfig(
        tasks=("parity_every",),
        seeds=(0, 1),
        d_model=8,
        options={"heads": 1},
        steps=1,
        batch=4,
        lengths=(4, 4),
        eval_lengths=(4,),
    )
    train(config, tmp_path / "run", device="cpu")
    weights = safetensors.torch.load((tmp_path / "run/weights.safetensors").read_bytes())
    weights["embedding.weight"][1] = torch.nan
    (tmp_path / "run/weights.safetensors").write_bytes(safetensors.torch.save(weights))
    report = write_report([tmp_path / "run"], tmp_path / "report", constructed=False, times=1, words=4)
    [cell] = [cell for cell in report["tables"][AT] if cell["task"] == "parity_every"]
    assert (cell["seeds"], cell["failed"]) == (2, 1)
