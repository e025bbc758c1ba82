"""From trained networks to automata: what is recovered, and what is said of it, beside machines that are known."""

from __future__ import annotations

import json
import sys
from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from small_trainings import Computes, trained
from strategies import dfas
from torch import nn

from deltaword import DFA
from deltaword.automata.errors import BadArgument, MissingExtra
from deltaword.nets.extract import Moore, closure, extract, extract_run, target_of
from deltaword.nets.extract.learn import learn
from deltaword.nets.extract.machine import NOT_A_NUMBER, NOT_ASKED, SILENT
from deltaword.nets.extract.network import Network, all_words, alone
from deltaword.nets.extract.recurrence import Recurrence
from deltaword.nets.extract.states import cluster
from deltaword.nets.models.mixers import MIXERS
from deltaword.nets.models.sequence_model import ModelConfig, SequenceModel
from deltaword.nets.tasks import AutomatonTask, task
from deltaword.nets.tasks.arithmetic import mod_arithmetic

QUICK = settings(max_examples=30, deadline=None)
BY_QUERIES = ("lstar", "kv")


@st.composite
def moores(draw, max_states: int = 6, n_letters: int = 2, n_classes: int = 3) -> Moore:
    n = draw(st.integers(1, max_states))
    table = draw(st.lists(st.integers(0, n - 1), min_size=n * n_letters, max_size=n * n_letters))
    outputs = draw(st.lists(st.integers(0, n_classes - 1), min_size=n, max_size=n))
    letters, classes = tuple("abc"[:n_letters]), tuple("xyz"[:n_classes])
    return Moore(np.array(table).reshape(n, n_letters), draw(st.integers(0, n - 1)), np.array(outputs), letters, classes)


def task_of(machine: Moore, **options) -> AutomatonTask:
    """Words over the machine's letters, asked for its answers."""
    dfa = DFA(machine.table, machine.start, [], machine.letters)
    outputs = tuple(machine.outputs.tolist())
    classes = tuple(map(str, machine.classes))
    return AutomatonTask("drawn", dfa, outputs=outputs, classes=classes, train_lengths=(16, 16), **options)


def answers_by_hand(machine: Moore, word) -> list[int]:
    """The answers before the first letter and after each, by walking."""
    q, found = machine.start, [int(machine.outputs[machine.start])]
    for a in word:
        q = int(machine.table[q, a])
        found.append(int(machine.outputs[q]))
    return found


def words_up_to(letters: int, length: int):
    return (word for t in range(length + 1) for word in product(range(letters), repeat=t))


# ---------------------------------------------------------------------- machines that answer


@QUICK
@given(moores())
def test_a_minimal_machine_has_one_state_for_each_way_of_going_on(machine):
    smallest = machine.minimized()
    ways = {
        tuple(answers_by_hand(Moore(machine.table, q, machine.outputs, "ab", "xyz"), w)[-1] for w in words_up_to(2, 5))  # pyright: ignore
        for q in {machine.start, *(q for w in words_up_to(2, 5) for q in [walked(machine, w)])}
    }
    assert smallest.n_states == len(ways)
    assert all(answers_by_hand(smallest, w) == answers_by_hand(machine, w) for w in words_up_to(2, 6))


def walked(machine: Moore, word) -> int:
    q = machine.start
    for a in word:
        q = int(machine.table[q, a])
    return q


@QUICK
@given(moores(max_states=4), moores(max_states=4))
def test_a_distinguishing_word_is_the_shortest_there_is(one, other):
    differ = [w for w in words_up_to(2, 6) if answers_by_hand(one, w)[-1] != answers_by_hand(other, w)[-1]]
    word = one.distinguishing_word(other)
    assert (word is None) == (not differ) == (one.minimized() == other.minimized())
    if word is not None:
        assert tuple(word) in differ
        assert len(word) == len(differ[0])


@QUICK
@given(moores())
def test_a_silent_start_costs_no_state_where_the_start_comes_again(machine):
    smallest = machine.minimized()
    silent = Moore(
        np.vstack([smallest.table[0] + 1, smallest.table + 1]),
        0,
        np.concatenate([[SILENT], smallest.outputs]),
        *smallest_names(machine),
    )
    settled = silent.settled()
    assert all(answers_by_hand(settled, w)[1:] == answers_by_hand(machine, w)[1:] for w in words_up_to(2, 6))
    if (smallest.table == 0).any():  # the start comes again, and so something answers for it
        assert settled.n_states <= smallest.n_states


def smallest_names(machine: Moore):
    return machine.letters, machine.classes


# ---------------------------------------------------------------------- perfect networks


@pytest.mark.parametrize("by", BY_QUERIES)
@QUICK
@given(machine=moores())
def test_of_a_network_that_computes_a_machine_just_that_machine_is_extracted(by, machine):
    found = extract(Computes(machine.answers, 3), task_of(machine), by=by)
    assert found.machine == machine.minimized() == target_of(task_of(machine))
    assert found.verdict.equal is True
    assert found.verdict.word is None
    assert found.verdict.task is not None
    assert found.verdict.task.holds
    assert found.verdict.complete >= found.machine.n_states
    assert "equal to the task's minimal machine" in found.say()


@QUICK
@given(dfa=dfas(max_states=6, alphabet="ab"))
def test_of_a_network_that_answers_with_acceptance_the_minimal_automaton_is_extracted(dfa):
    asked = task(dfa, target="acceptance")
    found = extract(Computes(lambda tokens: dfa.accepting_mask[dfa.run(tokens)[:, 1:]].astype(int), 2), asked, walk=8)
    assert found.dfa == dfa.minimized()


class Places(Computes):
    """Computes a machine, and has states: a point for each state of the machine, blurred, and a coordinate that means nothing."""

    def __init__(self, machine: Moore, copies: int = 1):
        super().__init__(machine.answers, len(machine.classes))
        self.machine, rng = machine, np.random.default_rng(0)
        self.points = rng.normal(size=(machine.n_states, copies, 8)) * 10
        self.copies, self.blocks = copies, [self]

    @property
    def mixer(self):
        return self

    def mixer_inputs(self, tokens: torch.Tensor) -> list[torch.Tensor]:
        return [tokens]

    def states(self, tokens: torch.Tensor) -> torch.Tensor:
        words = tokens[0].numpy()
        visited = self.machine.states(words)
        blur = np.cos(np.cumsum(np.pad(words, [(0, 0), (1, 0)]) + 1, axis=1) * 7.0)
        which = (blur > 0).astype(int) % self.copies
        return torch.from_numpy(self.points[visited, which] + 0.1 * blur[..., None])[None, ..., None]


# Two copies of a state of which one is met at the ends of words only: it shows no move before the network is asked for one.
SEEN_LAST = Moore(np.array([[0, 1], [3, 2], [3, 4], [3, 3], [0, 3]]), 1, np.array([0, 0, 0, 0, 1]), tuple("ab"), tuple("xyz"))


@pytest.mark.parametrize("copies", [1, 2])
@QUICK
@example(machine=SEEN_LAST)
@given(machine=moores(max_states=5))
def test_clusters_of_states_give_the_machine(copies, machine):
    smallest = machine.minimized()
    network = Network(Places(smallest, copies), 2, 3, empty=int(smallest.outputs[0]))
    found = cluster(network, machine.letters, machine.classes)
    assert found.consistency == 1
    assert found.machine.minimized() == smallest


def test_where_answers_are_states_each_answer_is_one_cluster():
    s_3 = target_of(task("S_3"))
    assert s_3 is not None
    found = cluster(Network(Places(s_3, 2), 6, 6, empty=int(s_3.outputs[0])), s_3.letters, s_3.classes)
    assert (found.clusters, found.machine.minimized()) == (6, s_3)


# ---------------------------------------------------------------------- networks that are wrong somewhere


def all_but(machine: Moore, word: tuple[int, ...]):
    """The machine's answers, but for another one after just this word."""

    def answers(tokens):
        found = machine.answers(tokens).copy()
        t = len(word)
        if tokens.shape[1] >= t:
            hit = (tokens[:, :t] == word).all(axis=1)
            found[hit, t - 1] = (found[hit, t - 1] + 1) % len(machine.classes)
        return found

    return Computes(answers, len(machine.classes))


@QUICK
@given(machine=moores(), word=st.lists(st.integers(0, 1), min_size=1, max_size=9).map(tuple))
def test_a_network_that_is_wrong_on_one_short_word_is_convicted_of_it(machine, word):
    found = extract(all_but(machine, word), task_of(machine), walk=4, queries=5000)
    assert found.verdict.task is not None
    assert found.verdict.task.failing == word
    assert found.verdict.task.shortest
    assert found.verdict.equal is False
    assert found.verdict.word is not None
    assert len(found.verdict.word) <= len(word) or not found.finished
    assert found.verdict.blame == "the network" or not found.finished


def test_a_network_that_is_wrong_on_one_long_word_passes_and_no_more_is_claimed_than_was_tried():
    machine = target_of(task("parity_every"))
    assert machine is not None
    word = tuple(np.random.default_rng(5).integers(2, size=40).tolist())
    found = extract(all_but(machine, word), task("parity_every"), walk=16)
    assert found.verdict.equal is True
    assert found.verdict.task is not None
    assert found.verdict.task.holds
    assert not found.verdict.proved
    assert "all 8190 words of up to 12 letters, 512 sampled ones of 64 (seed 0)" in found.say()
    assert "every length: open" in found.say()
    told = extract(all_but(machine, (1,) * 40), task("parity_every"), walk=16)  # a short word over and over is tried
    assert told.verdict.task is not None
    assert (told.verdict.task.failing, told.verdict.task.shortest) == ((1,) * 40, False)
    assert "'1' repeated to 40 letters" in told.say()


def test_what_is_said_of_other_machines_of_few_states_is_so():
    """A network that counts to 13 and answers otherwise only then: 14 states, one more than are excluded."""
    n = 14
    counter = Moore(
        np.minimum(np.arange(n) + 1, n - 1).repeat(2).reshape(n, 2),
        0,
        (np.arange(n) == n - 1).astype(int),
        ("a", "b"),
        ("x", "y"),
    )
    constant = Moore(np.zeros((1, 2), dtype=int), 0, np.array([0]), ("a", "b"), ("x", "y"))
    found = extract(Computes(counter.answers, 2), task_of(constant), by="lstar", walk=1)
    assert found.machine.n_states == 1
    assert found.verdict.complete == n - 1
    assert found.verdict.task is not None
    assert found.verdict.task.failing is not None
    assert (len(found.verdict.task.failing), found.verdict.task.shortest) == (n - 1, False)


def test_the_blame_falls_on_who_is_wrong():
    """Points that lie where the machine's states do not: the extraction is wrong, the network right."""
    s_3 = target_of(task("S_3"))
    assert s_3 is not None
    lost = Places(s_3)
    found = extract(lost, task("S_3"), by="states", walk=8)
    assert found.verdict.equal is True
    half = task_of(Moore(s_3.table, s_3.start, s_3.outputs % 2, s_3.letters, ("x", "y")))
    lost = Places(Moore(s_3.table, s_3.start, s_3.outputs % 2, s_3.letters, ("x", "y")))
    lost.points[:] = 0  # all states in one place: the answers alone are left
    found = extract(lost, half, by="states", walk=8)
    assert found.consistency is not None
    assert found.consistency < 1
    assert (found.verdict.equal, found.verdict.blame) == (False, "the extraction")
    assert found.verdict.task is not None
    assert found.verdict.task.holds
    assert not found.verdict.extraction.holds


def test_a_network_that_is_no_small_machine_stops_the_learner():
    """Answers by a hash of all letters so far."""
    noise = Computes(lambda tokens: np.cumsum((tokens + 3) ** np.arange(2, tokens.shape[1] + 2) % 1009, axis=1) % 997 % 2, 2)
    for by in BY_QUERIES:
        found = extract(noise, task("parity_every"), by=by, walk=16, queries=6000)
        assert not found.finished
        assert found.verdict.equal is False
        assert "stopped at its budget" in found.say()


def test_a_logit_that_is_not_a_number_is_no_answer():
    class Broken(Computes):
        def __call__(self, tokens):
            logits = super().__call__(tokens)
            logits[:, :, 2:] = float("nan")
            return logits

    parity = task("parity_every")
    found = extract(Broken(lambda tokens: np.cumsum(tokens, axis=1) % 2, 2), parity, walk=4)
    assert NOT_A_NUMBER in found.machine.outputs
    assert found.verdict.task is not None
    assert found.verdict.task.failing is not None
    assert len(found.verdict.task.failing) == 3
    json.dumps(found.to_json(), allow_nan=False)
    assert "not a number" in found.say()


# ---------------------------------------------------------------------- tasks that do not ask everywhere


@pytest.mark.parametrize(
    "asked",
    [task("parity"), task("S_3_tokens_2"), mod_arithmetic(2), task("mod_arithmetic"), task("mod_arithmetic_brackets")],
    ids=lambda asked: asked.name,
)
def test_the_target_of_a_task_answers_what_the_task_asks(asked):
    target = target_of(asked)
    assert target is not None
    for length in (5, 8, 13):
        tokens, targets = asked.words(seed=1, step=0, rows=range(200), length=length)
        answers = target.answers(tokens)
        where = targets != NOT_ASKED
        assert where.any()
        assert (answers[where] == targets[where]).all()
        if asked.name != "parity":  # where every prefix is a word too
            assert (answers[~where] == NOT_ASKED).all()


def test_words_of_another_form_are_not_asked():
    target = target_of(mod_arithmetic(2))
    assert target is not None
    number = {letter: a for a, letter in enumerate(mod_arithmetic(2).letters)}
    said = {
        word: target.answers(np.array([[number[letter] for letter in word]]))[0, -1]
        for word in ("1+1=", "1*1=", "11=", "+1=", "1=1=")
    }
    assert said == {"1+1=": 0, "1*1=": 1, "11=": NOT_ASKED, "+1=": NOT_ASKED, "1=1=": NOT_ASKED}


def test_a_word_may_close_only_after_a_first_slot():
    reads_anything = DFA([[0, 0, 1], [1, 1, 1]], 0, [], "ab=")
    asked = AutomatonTask(
        "closed", reads_anything, slots=((0, 1), (1, 1)), last_only=True, closing=2, outputs=(NOT_ASKED, 0), classes=("x",)
    )
    target = target_of(asked)
    assert target is not None
    said = [target.answers(np.array([reads_anything.encode(word)]))[0, -1] for word in ("a=", "aba=", "=", "ab=", "aba==")]
    assert said == [0, 0, NOT_ASKED, NOT_ASKED, NOT_ASKED]


@pytest.mark.parametrize("asked", [task("S_3_tokens_2"), mod_arithmetic(2)], ids=lambda asked: asked.name)
def test_what_a_network_says_unasked_does_not_count(asked):
    target = target_of(asked)
    assert target is not None

    def babbles(tokens):
        noise = np.cumsum(tokens * 7 + 1, axis=1) % len(asked.classes)
        answers = target.answers(tokens)
        return np.where(answers == NOT_ASKED, noise, answers)

    for by in BY_QUERIES:
        found = extract(Computes(babbles, len(asked.classes)), asked, by=by, walk=12)
        assert found.machine == target
        assert found.verdict.equal is True


def test_without_a_machine_to_compare_with_the_extraction_stands_alone():
    asked = task("mod_arithmetic_brackets_unbounded")
    assert target_of(asked) is None
    digits = Computes(lambda tokens: np.where(tokens.cumsum(axis=1) % 2, 3, 1), 5)  # remembers one bit
    for by in BY_QUERIES:
        found = extract(digits, asked, by=by, walk=8)
        assert found.verdict.equal is None
        assert (found.machine.n_states, found.dfa.n_states) == (2, 2)
        assert SILENT not in found.machine.outputs  # the answer before the first letter is the one that needs no third state
        assert found.verdict.extraction.holds
        assert "no machine to compare with" in found.say()
        json.dumps(found.to_json(), allow_nan=False)


# ---------------------------------------------------------------------- trained networks


@pytest.fixture(scope="module")
def parity_models() -> SequenceModel:
    config = ModelConfig(2, 2, 16, mixer="deltanet", options={"heads": 1})
    return trained(SequenceModel(config, ["-1,1", "0,1"], [0, 0]), task("parity_every"), 150, 16)


@pytest.fixture(scope="module")
def s_3_models() -> SequenceModel:
    config = ModelConfig(6, 6, 32, options={"heads": 8, "n_h": 2})
    return trained(SequenceModel(config, ["-1,1"], [0]), task("S_3"), 200, 8)


@pytest.mark.parametrize("by", [*BY_QUERIES, "states"])
def test_from_a_trained_parity_network_the_minimal_automaton_is_recovered(parity_models, by):
    asked = task("parity_every")
    assert asked.dfa is not None
    found = extract(parity_models, asked, 0, by, walk=16)
    assert found.verdict.equal is True
    assert found.dfa.minimized() == asked.dfa.minimized()
    assert found.verdict.complete == 12
    assert found.verdict.task is not None
    assert found.verdict.task.accuracy[0] == 1


@pytest.mark.parametrize("by", [*BY_QUERIES, "states"])
def test_from_a_trained_s_3_network_the_minimal_automaton_is_recovered(s_3_models, by):
    asked = task("S_3")
    assert asked.dfa is not None
    found = extract(s_3_models, asked, 0, by, walk=8, formats=())
    assert found.verdict.equal is True
    assert found.dfa.minimized() == asked.dfa.minimized()
    assert set(found.dfa.state_names or ()) == set(asked.classes)


def test_a_network_that_cannot_reflect_does_not_yield_parity(parity_models):
    found = extract(parity_models, task("parity_every"), 1, walk=16)
    assert found.verdict.equal is False
    assert found.verdict.blame == "the network"
    assert f"in float32): {found.word(found.verdict.closures[0].failing)}" in found.say()
    word = found.verdict.word
    assert word is not None
    logits = parity_models(torch.tensor([[word, word]]).transpose(0, 1))[1, 0, -1]
    assert int(logits.argmax()) == found.verdict.said["network"] != sum(word) % 2


def test_a_trained_network_fails_on_the_word_that_is_named(parity_models):
    found = extract(parity_models, task("parity_every"), 0, walk=16)
    assert found.verdict.task is not None
    word = found.verdict.task.failing
    if word is not None:  # β below 2 shrinks the state, letter by letter
        answers = parity_models(torch.tensor([[word], [word]]))[0, 0].argmax(dim=-1)
        right = torch.tensor(word).cumsum(0) % 2
        assert answers[-1] != right[-1]
        assert (answers[:-1] == right[:-1]).all()


def test_an_extraction_can_be_shown_saved_and_read(parity_models):
    found = extract(parity_models, task("parity_every"), 0, walk=8)
    data = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert DFA.from_json(data["dfa"]) == found.dfa
    assert data["verdict"]["equal"] is True
    assert found._repr_html_().startswith("<svg")
    assert found.say() in str(found)


def test_a_run_is_read_back_and_extracted_from(tmp_path):
    from deltaword.nets.training import RunConfig, train

    config = RunConfig(
        tasks=("parity_every",),
        ranges=("0,1", "-1,1"),
        seeds=(0, 1),
        mixer="deltanet",
        d_model=8,
        options={"heads": 1},
        steps=2,
        batch=4,
        lengths=(6, 6),
        eval_rows=4,
        eval_lengths=(6,),
    )
    run = train(config, tmp_path / "run", device="cpu")
    found = [extract_run(tmp_path / "run", r, "states", formats=()).machine for r in range(4)]
    assert found == [extract(run.model, task("parity_every"), r, "states", walk=6, formats=()).machine for r in range(4)]
    assert any(machine != found[0] for machine in found)
    with pytest.raises(BadArgument, match="replica 4 of a run of 4"):
        extract_run(tmp_path / "run", 4)


# ---------------------------------------------------------------------- one replica, token by token


@pytest.mark.parametrize("name", [*MIXERS, "torch.nn:Identity"])
def test_a_replica_alone_computes_what_it_did_in_the_stack(name):
    options = {} if ":" in name else {"heads": 2} if name not in ("mamba", "lstm") else {}
    stack = SequenceModel(ModelConfig(3, 2, 16, layers=2, mixer=name, options=options), ["0,1", "-1,1", "0,1"], [1, 2, 3])
    tokens = torch.from_numpy(np.random.default_rng(0).integers(3, size=(4, 9)))
    together = stack(tokens.expand(3, -1, -1))
    for r in range(3):
        torch.testing.assert_close(alone(stack, r)(tokens[None])[0], together[r], atol=1e-5, rtol=1e-5)


class Shift(nn.Module):
    """A mixer of a user's own: learned, one module a replica."""

    def __init__(self, d_model: int):
        super().__init__()
        self.mix = nn.Linear(d_model, d_model)

    def forward(self, x):
        return self.mix(nn.functional.pad(x, (0, 0, 1, 0))[:, :-1])


def test_a_replica_of_a_users_own_mixer_keeps_its_own_copy():
    name = f"{__name__}:Shift"
    sys.modules.setdefault(__name__, sys.modules[Shift.__module__])
    stack = SequenceModel(ModelConfig(2, 2, 8, mixer=name), ["0,1", "0,1"], [1, 2])
    tokens = torch.tensor([[0, 1, 1, 0]])
    for r in range(2):
        torch.testing.assert_close(alone(stack, r)(tokens[None])[0], stack(tokens.expand(2, -1, -1))[r])


@pytest.mark.parametrize(
    ("mixer", "options", "layers"),
    [
        ("deltanet", {"heads": 2}, 1),
        ("deltaproduct", {"heads": 2, "n_h": 3}, 2),
        ("gated_deltaproduct", {"heads": 2, "n_h": 2, "conv": 3}, 2),
        ("gated_deltanet", {"heads": 1, "head_dim": 5, "conv": 4}, 1),
    ],
)
def test_token_by_token_the_model_says_what_it_says_of_the_whole_word(mixer, options, layers):
    model = SequenceModel(ModelConfig(4, 3, 16, layers=layers, mixer=mixer, options=options), ["-1,1"], [5])
    tokens = torch.from_numpy(np.random.default_rng(1).integers(4, size=(1, 7)))
    form, whole = Recurrence(model), model(tokens[None])[0, 0]
    memory = form.start()
    for t in range(7):
        memory, logits = form.step(memory, int(tokens[0, t]))
        torch.testing.assert_close(logits[0].float(), whole[t], atol=1e-4, rtol=1e-4)


# ---------------------------------------------------------------------- every length


def ends_in_ab() -> AutomatonTask:
    return task(DFA.from_regex("(a|b)*ab", alphabet="ab"), target="acceptance")  # pyright: ignore[reportReturnType]


@pytest.fixture(scope="module")
def forgetful_model() -> SequenceModel:
    """Gates that start at a half and are trained with the rest: what is long ago is forgotten, and the memory takes few values."""
    model = SequenceModel(ModelConfig(2, 2, 16, mixer="gated_deltanet", options={"heads": 1, "head_dim": 8}), ["-1,1"], [0])
    with torch.no_grad():
        model.blocks[0].mixer.dt_bias.zero_()  # pyright: ignore
    return trained(model, ends_in_ab(), 300, 8)


def rounded_answers(model: SequenceModel, word, kind: torch.dtype) -> list[int]:
    """The definition: a token in float64, what is remembered rounded, and again."""
    form = Recurrence(model)
    memory, answers = form.start().to(kind).double(), []
    for letter in word:
        memory, logits = form.step(memory, letter)
        memory = memory.to(kind).double()
        answers.append(int(logits.argmax()))
    return answers


@pytest.mark.parametrize("format", ["bfloat16", "float16"])
def test_where_the_memory_closes_every_word_is_right(forgetful_model, format):
    target = target_of(ends_in_ab())
    assert target is not None
    found = closure(forgetful_model, target, format)
    kind = getattr(torch, format)
    rng = np.random.default_rng(0)
    for _ in range(20):
        word = rng.integers(2, size=60).tolist()
        assert rounded_answers(forgetful_model, word, kind) == answers_by_hand(target, word)[1:]
    assert found.closed, str(found)
    assert found.margin > 0
    assert "every word of every length" in str(found)
    asked = extract(forgetful_model, ends_in_ab(), walk=16, formats=(format,))
    assert asked.verdict.equal is True
    assert asked.verdict.proved


def test_a_closed_search_saw_every_memory_that_a_long_word_leads_to(forgetful_model):
    """The states met, collected by hand: as many as the search says, one for each (memory, state of the machine, answer)."""
    target = target_of(ends_in_ab())
    assert target is not None
    found, form = closure(forgetful_model, target, "bfloat16"), Recurrence(forgetful_model)

    def rounded(memory):
        return memory.to(torch.bfloat16).double() + 0.0

    level = [(rounded(form.start()), target.start, int(target.outputs[target.start]))]
    met = {(level[0][0].numpy().tobytes(), *level[0][1:])}
    while level:
        before, level = level, []
        for memory, q, _ in before:
            for letter in range(2):
                after, logits = form.step(memory, letter)
                reached = rounded(after), int(target.table[q, letter]), int(logits.argmax())
                key = (reached[0].numpy().tobytes(), *reached[1:])
                if key not in met:
                    met.add(key)
                    level.append(reached)
    assert len(met) == found.pairs


@pytest.mark.parametrize("format", ["float32", "bfloat16"])
def test_else_a_shortest_failing_word_is_given(parity_models, format):
    target = target_of(task("parity_every"))
    assert target is not None
    single = alone(parity_models, 1)
    found = closure(single, target, format)
    assert found.failing is not None
    assert not found.closed
    failing = [
        word
        for word in words_up_to(2, len(found.failing))
        if word and rounded_answers(single, word, getattr(torch, format))[-1] != sum(word) % 2
    ]
    assert found.failing in failing
    assert len(failing[0]) == len(found.failing)


def test_words_that_are_not_asked_do_not_fail():
    asked = mod_arithmetic(2)
    target = target_of(asked)
    assert target is not None
    shape = ModelConfig(len(asked.letters), 2, 8, mixer="deltanet", options={"heads": 1})
    for seed in range(4):
        model = SequenceModel(shape, ["-1,1"], [seed])
        failing = [
            word
            for word in words_up_to(len(asked.letters), 4)
            if word
            and (right := answers_by_hand(target, word)[-1]) >= 0
            and rounded_answers(model, word, torch.bfloat16)[-1] != right
        ]
        found = closure(model, target, "bfloat16")
        assert found.failing in failing
        assert len(found.failing or ()) == len(failing[0])


def test_or_it_is_said_how_far_the_search_came(parity_models):
    target = target_of(task("parity_every"))
    assert target is not None
    found = closure(alone(parity_models, 0), target, "float32", limit=100)
    assert (found.closed, found.failing) == (False, None)
    assert found.depth == 5  # 2 + 4 + … + 64 words make more than 100 states with the sixth letter
    assert "did not close" in str(found)


def test_a_mixer_without_a_token_by_token_form_is_named():
    model = SequenceModel(ModelConfig(2, 2, 8, mixer="attention", options={"heads": 2}))
    with pytest.raises(BadArgument, match="Attention"):
        Recurrence(model)
    found = extract(model, task("parity_every"), walk=4, queries=1000)
    assert "Attention" in found.verdict.open
    with pytest.raises(BadArgument, match="by='lstar'"):
        extract(model, task("parity_every"), by="states")


# ---------------------------------------------------------------------- what a user can get wrong


def test_wrong_arguments_are_named(parity_models):
    with pytest.raises(BadArgument, match="replica 2 of a stack of 2"):
        extract(parity_models, task("parity_every"), 2)
    with pytest.raises(BadArgument, match="'lstar' or 'kv'"):
        extract(parity_models, task("parity_every"), by="guess")
    with pytest.raises(BadArgument, match="no task"):
        extract(parity_models, "parity_every")  # pyright: ignore[reportArgumentType]


def test_without_aalpy_the_pip_command_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "aalpy", None)
    network = Network(Computes(lambda tokens: tokens, 2), 2, 2)
    with pytest.raises(MissingExtra, match=r"pip install 'deltaword\[train\]'"):
        learn(network, "ab", "xy")


def test_a_word_is_asked_once():
    asked = Computes(lambda tokens: np.cumsum(tokens, axis=1) % 2, 2)
    network = Network(asked, 2, 2)
    word = np.random.default_rng(0).integers(2, size=30).tolist()
    first = network.answers(word)
    calls = network.calls
    assert network.answers(word) == first == (np.cumsum(word) % 2).tolist()
    assert network.answers(word[:20]) == first[:20]
    assert network.calls == calls == 1
    assert len(all_words(2, 5)) == 32
