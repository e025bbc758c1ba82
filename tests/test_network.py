"""Compiled networks: three ways to run a machine, which must agree on every state of every word, in every format and key form."""

from functools import cache
from itertools import permutations, product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from strategies import dfas, words
from theory_strategies import (
    FORMATS,
    KEYS,
    all_permutations_machine,
    bits,
    closure_faults,
    compiled,
    cycles_of,
    machine_of,
    permutation_reset_letters,
)

from deltaword import DFA, Network, certify, compile, languages
from deltaword.automata.errors import UnknownLetter
from deltaword.nets import network as network_module
from deltaword.nets.compile import choose
from deltaword.theory.constructions.one_layer import one_layer

COSETS_TAKE_SECONDS = {"S_5", "S_5_limit_to_3"}  # S_5_only_swaps stands for them here


@cache
def network(name: str, keys: str) -> Network:
    return compile(languages.get(name), keys, seconds=2)  # pyright: ignore[reportArgumentType]


GALLERY = [name for name in languages.names() if name not in COSETS_TAKE_SECONDS]


# ---------------------------------------------------------------------- network, exact layer and machine


@pytest.mark.parametrize("name", GALLERY)
def test_network_exact_layer_and_machine_visit_the_same_states(name):
    """Every gallery machine, both key forms, four formats: random words, bit for bit the same states."""
    dfa = languages.get(name)
    tokens = np.random.default_rng(len(name)).integers(0, dfa.n_letters, size=(8, 60))
    wanted = dfa.run(tokens)
    for keys in KEYS:
        net = network(name, keys)
        if dfa.n_states <= 60:
            stack = choose(dfa, keys, "fewest", None, True, 2)[0].stack(dfa)
            assert stack.states([dfa.alphabet[a] for a in tokens[0, :20]]) == wanted[0, :21].tolist()
        for dtype in FORMATS:
            net.to(dtype)
            logits = net(torch.from_numpy(tokens))
            assert logits.dtype == dtype
            assert logits.shape == (8, 60, dfa.n_states)
            assert np.array_equal(logits.argmax(dim=-1).numpy(), wanted[:, 1:]), (keys, dtype)
            assert net.states(dfa.decode(tokens[0])) == wanted[0].tolist()
            assert net.accepts(dfa.decode(tokens[1])) == dfa.accepts(dfa.decode(tokens[1]))
            assert np.array_equal(net.accepts_batch(torch.from_numpy(tokens)).numpy(), dfa.accepting_mask[wanted[:, -1]])
        assert net.states(dfa.decode([])) == [dfa.start]
        assert net.accepts(dfa.decode([])) == (dfa.start in dfa.accepting)


@settings(max_examples=60, deadline=None)
@given(dfas(max_states=4, alphabet="ab"), words("ab", max_size=30))
def test_random_machines_are_followed_in_all_formats(dfa, word):
    for keys in KEYS:
        net = compile(dfa, keys)
        for dtype in FORMATS:
            assert net.to(dtype).states(word) == dfa.states(word)
            assert net.accepts(word) == dfa.accepts(word)


def test_two_letters_exchanged_would_be_noticed():
    dfa = languages.get("S_3")
    net = compiled(dfa)
    word = list(dfa.alphabet)
    assert net.states(word) == dfa.states(word)
    assert net.states(word[::-1]) != dfa.states(word)


# ---------------------------------------------------------------------- closure, by torch alone


def assert_closes(dfa: DFA, keys: str, dtypes=FORMATS):
    net = compile(dfa, keys)  # pyright: ignore[reportArgumentType]
    for dtype in dtypes:
        net.to(dtype)
        assert closure_faults(net, dfa) == []
        certificate = certify(net, dfa)
        assert (certificate.holds, certificate.grade, certificate.scope) == (True, 1, "all lengths"), (dtype, str(certificate))
    return net


@pytest.mark.parametrize("keys", KEYS)
@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6])
def test_all_permutations_of_n_points_close_exactly(n, keys):
    """All n! letters at once from every code, in four formats: torch's own steps and the checker's verdict."""
    net = assert_closes(all_permutations_machine(n, start=n // 2), keys)
    assert net.plan.layers[0].n_h == max(1, n - 1)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_machines_of_one_permutation_close_exactly(n):
    """Up to 4 points each permutation from each start; 5 and 6 points are in bench/closure_sweep.py."""
    for sigma, start in product(permutations(range(n)), range(n)):
        assert_closes(machine_of([sigma], start), "raw", FORMATS if start == 0 else FORMATS[:1])


def test_one_permutation_of_each_shape_of_six_points_closes_exactly():
    by_shape = {}
    for sigma in permutations(range(6)):
        shape = tuple(sorted(len(set(orbit(sigma, p))) for p in range(6)))
        by_shape.setdefault(shape, sigma)
    assert len(by_shape) == 11  # partitions of 6
    for sigma in by_shape.values():
        turned = tuple(5 - sigma[5 - p] for p in range(6))
        net = assert_closes(machine_of([sigma, turned]), KEYS[sigma[0] % 2])
        if net.dfa.reachable().n_states == 6:
            assert net.plan.layers[0].n_h == max(6 - cycles_of(sigma), 6 - cycles_of(turned))


def orbit(sigma, p):
    found = [p]
    while sigma[found[-1]] != p:
        found.append(sigma[found[-1]])
    return found


RESET_LETTERS = permutation_reset_letters(3)


@pytest.mark.parametrize("keys", KEYS)
@pytest.mark.parametrize("start", [0, 1, 2])
def test_all_permutations_and_resets_of_three_states_close_exactly(start, keys):
    net = assert_closes(machine_of(RESET_LETTERS, start), keys)
    assert (net.plan.layers[0].kind, net.plan.layers[0].n_h) == ("permutation-reset", 2)


def test_every_pair_of_permutations_and_resets_of_three_states_closes_exactly():
    """One or two of the nine letters; all 511 sets of letters, all starts and both key forms are in bench/closure_sweep.py."""
    for i, first in enumerate(RESET_LETTERS):
        for second in RESET_LETTERS[i:]:
            letters = [first] if first == second else [first, second]
            assert_closes(machine_of(letters), KEYS[i % 2], FORMATS[i % 4 : i % 4 + 1])


# ---------------------------------------------------------------------- long words, pieces, batches


@pytest.mark.parametrize(("name", "keys", "dtype"), [("S_4", "raw", torch.bfloat16), ("dyck_1_depth_3", "unit", torch.float16)])
def test_words_of_ten_thousand_letters_do_not_drift(name, keys, dtype):
    dfa = languages.get(name)
    word = np.random.default_rng(11).integers(0, dfa.n_letters, size=(1, 10_000))
    net = compiled(dfa, keys, dtype)
    assert np.array_equal(net(torch.from_numpy(word))[0].argmax(dim=-1).numpy(), dfa.run(word)[0, 1:])


def test_long_words_go_through_in_pieces_with_the_same_logits(monkeypatch):
    dfa = languages.get("dyck_2_depth_2")
    net = compiled(dfa)
    tokens = torch.from_numpy(np.random.default_rng(2).integers(0, dfa.n_letters, size=(3, 50)))
    whole = net(tokens)
    monkeypatch.setattr(network_module, "FEATURES_AT_ONCE", 1)
    assert bits(net(tokens)) == bits(whole)


def test_no_tokens_and_no_words_are_taken():
    net = compiled(languages.get("S_3"))
    assert net(torch.zeros(4, 0, dtype=torch.int64)).shape == (4, 0, 6)
    assert net(torch.zeros(0, 3, dtype=torch.int64)).shape == (0, 3, 6)
    assert net.accepts_batch(torch.zeros(4, 0, dtype=torch.int64)).tolist() == [True] * 4


def test_states_are_those_of_the_machine_given_and_unreachable_ones_are_never_named():
    """States 0 and 3 are out of reach, 1 and 4 equivalent: numbers are kept as given."""
    dfa = DFA([[0, 0], [2, 1], [1, 4], [3, 3], [2, 4]], 2, [2], "ab")
    assert set(dfa.reachable_states().tolist()) == {1, 2, 4}
    net = compiled(DFA([[0, 0], [2, 1], [1, 2], [3, 3]], 2, [2], "ab"))
    assert net.states("aab") == [2, 1, 2, 2]
    assert net(torch.zeros(1, 1, dtype=torch.int64)).shape == (1, 1, 4)
    several = compile(dfa)
    assert len(several.plan.layers) > 1
    assert several.states("aab") == dfa.states("aab")
    assert any("dfa.minimized()" in text for text in several.plan.not_tried)


@pytest.mark.parametrize("tokens", [torch.tensor([[0, 2]]), torch.tensor([[-1]]), torch.tensor([0, 1]), torch.tensor([[0.0]])])
def test_tokens_that_are_no_letters_are_refused(tokens):
    with pytest.raises(UnknownLetter):
        compiled(languages.get("parity"))(tokens)


def test_unknown_letters_are_refused():
    net = compiled(languages.get("parity"))
    with pytest.raises(UnknownLetter):
        net.states("012")
    with pytest.raises(UnknownLetter):
        net.accepts("x")


# ---------------------------------------------------------------------- the weights themselves


@pytest.mark.parametrize(
    "name", ["parity", "S_3", "even_a_since_b", "seen_a_seen_b", "dyck_1_depth_2", "flip_flop", "tomita_2"]
)
@pytest.mark.parametrize("keys", KEYS)
def test_steps_a_letter_does_not_use_are_zero(name, keys):
    dfa = languages.get(name)
    net, layer = compiled(dfa, keys), one_layer(dfa, keys)[0][0].layer(dfa)
    A, shape = dfa.n_letters, net.plan.layers[0]
    betas = net.layer.b_proj.weight.view(shape.n_h, shape.heads, A)
    k = net.layer.k_proj.weight.view(shape.n_h, shape.heads, shape.K, A)
    v = net.layer.v_proj.weight.view(shape.n_h, shape.heads, shape.V, A)
    for h, head in enumerate(layer.heads):
        for a, action in enumerate(head.letters):
            used = len(action.steps)
            assert (betas[:used, h, a] > 0).all()
            for unused in (betas[used:, h, a], k[used:, h, :, a], v[used:, h, :, a]):
                assert not unused.any()
    size = betas * k.square().sum(dim=2)
    assert (size >= 0).all()
    assert (size <= 2).all()
    if keys == "unit":
        assert set(k.square().sum(dim=2)[betas > 0].tolist()) <= {1.0}
    assert net.plan.parameters == sum(tensor.numel() for tensor in net.state_dict().values())


@pytest.mark.parametrize("keys", KEYS)
def test_a_plan_keeps_what_it_says_about_formats(keys):
    """Every format in `exact_in` is certified grade 1, and a long thermometer is not promised more than it can hold."""

    def counter(n):
        return DFA([[max(q - 1, 0), min(q + 1, n - 1)] for q in range(n)], 0, [n - 1], "-+")

    for dfa in (counter(4), counter(60), DFA([[q, *range(150)] for q in range(150)], 0, [0], range(151))):
        net = compile(dfa, keys)
        assert net.plan.exact_in
        for dtype in FORMATS:
            if str(dtype).removeprefix("torch.") in net.plan.exact_in:
                assert certify(net.to(dtype), dfa).grade == 1


def test_casting_down_and_up_again_changes_nothing():
    for name in ("S_4", "saturating_counter_3"):
        net = compiled(languages.get(name))
        before = {key: tensor.clone() for key, tensor in net.state_dict().items()}
        for dtype in FORMATS:
            net.to(dtype)
        net.to(torch.float32)
        assert all(torch.equal(before[key], tensor) for key, tensor in net.state_dict().items())
