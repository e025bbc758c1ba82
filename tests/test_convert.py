"""Machines from dicts, permutations, graphs, automata-lib and JSON, and back."""

import contextlib
import json
import math
import os
from typing import Any

import networkx as nx
import numpy as np
import pytest
from automata.fa.dfa import DFA as Theirs
from hypothesis import example, given, settings
from hypothesis import strategies as st
from strategies import dfas, random_machine, words
from sympy.combinatorics import Permutation

from deltaword import DFA
from deltaword.automata.errors import (
    BadAutomaton,
    BadPermutation,
    CorruptFile,
    DeltawordError,
    DuplicateLetter,
    DuplicateTransition,
    EmptyAlphabet,
    MissingTransition,
    NotReadable,
    NotSerializable,
    NotWritable,
    StateOutOfRange,
    UnknownLetter,
)
from deltaword.automata.jsonio import digest, letters_from_json, letters_to_json

PROPERTY = settings(max_examples=150, deadline=None)

PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=3)
LETTERS = st.recursive(PLAIN, lambda part: st.lists(part, max_size=3).map(tuple), max_leaves=4)
ALPHABETS = st.lists(LETTERS, min_size=1, max_size=4, unique=True)


@st.composite
def machines(draw: st.DrawFn) -> DFA:
    """Machines over letters of any kind that JSON can hold, some with names for their states."""
    letters = draw(ALPHABETS)
    dfa = draw(dfas(max_states=4, alphabet="abcd"[: len(letters)]))
    names = draw(st.none() | st.lists(LETTERS, min_size=dfa.n_states, max_size=dfa.n_states))
    return DFA(dfa.table, dfa.start, dfa.accepting, letters, state_names=names)


def kinds(value: Any) -> Any:
    """The value with its types: 1, 1.0 and True are equal, and their kinds are not."""
    return tuple(map(kinds, value)) if isinstance(value, tuple) else (type(value), repr(value))


# ---------------------------------------------------------------- dicts


@PROPERTY
@given(dfas(max_states=8, alphabet="abc"), st.permutations(range(8)), words("abc", 12))
def test_a_dict_over_any_states_gives_the_machine(dfa, order, word):
    name = [("state", q) for q in range(dfa.n_states)]
    rows = {name[q]: {letter: name[dfa.table[q, a]] for a, letter in enumerate("abc")} for q in order if q < dfa.n_states}
    made = DFA.from_dict(rows, name[dfa.start], {name[q] for q in dfa.accepting}, alphabet="abc")
    assert made.state_names is not None
    assert made.state_names == tuple(rows)
    assert [made.state_names[q] for q in made.states(word)] == [name[q] for q in dfa.states(word)]
    assert made.accepts(word) == dfa.accepts(word)


def test_numbers_in_order_need_no_names():
    dfa = DFA.from_dict({0: {"a": 1}, 1: {"a": 0}}, 0, [1])
    assert dfa == DFA([[1], [0]], 0, [1], "a")
    assert dfa.state_names is None
    assert DFA.from_dict({1: {"a": 1}, 0: {"a": 0}}, 0, []).state_names == (1, 0)


LAMP: dict[str, dict[str, Any]] = {"off": {"press": "on", "wait": "off"}, "on": {"press": "off", "wait": "on"}}

BAD_DICTS = {
    "a missing transition": ((LAMP | {"on": {"press": "off"}}, "off", []), MissingTransition, "'on' has no arrow on 'wait'"),
    "a row for None": (
        (LAMP | {"on": {"press": None, "wait": "on"}}, "off", []),
        StateOutOfRange,
        "'on' goes on 'press' to None",
    ),
    "a target that is no state": (({"x": {"a": "y"}}, "x", []), StateOutOfRange, "'x' goes on 'a' to 'y'"),
    "a target that cannot be hashed": (({"x": {"a": ["x"]}}, "x", []), StateOutOfRange, r"to \['x'\]"),
    "a start that is no state": ((LAMP, "broken", []), StateOutOfRange, "start is 'broken'.*'off', 'on'"),
    "an accepting state that is none": ((LAMP, "off", ["on", "broken"]), StateOutOfRange, "accepting state is 'broken'"),
    "accepting states in one str": ((LAMP, "off", "on"), BadAutomaton, r"accepting is 'on'.*\['off'\]"),
    "accepting states missing": ((LAMP, "off", None), BadAutomaton, "accepting is None"),
    "a letter outside the alphabet": (
        (LAMP, "off", [], ["press"]),
        UnknownLetter,
        r"'off' has an arrow on 'wait'.*\('press'\)",
    ),
    "a letter of the second state only": (
        ({0: {"a": 0}, 1: {"a": 1, "b": 0}}, 0, []),
        UnknownLetter,
        "state 1 has an arrow on 'b', and the first state, 0, has none.*sink",
    ),
    "a letter without arrows": (
        (LAMP, "off", [], ["press", "wait", "break"]),
        MissingTransition,
        "'off' has no arrow on 'break'",
    ),
    "no states": (({}, 0, []), BadAutomaton, "a row for each state"),
    "no letters": (({0: {}}, 0, []), EmptyAlphabet, "alphabet is empty"),
    "a row that is none": (({0: [1]}, 0, []), BadAutomaton, r"row of state 0 is \[1\]"),
    "a table": (([[0]], 0, []), BadAutomaton, "should be a dict"),
}


@pytest.mark.parametrize(("arguments", "error", "message"), BAD_DICTS.values(), ids=BAD_DICTS)
def test_dicts_that_are_no_machine_are_refused_by_name(arguments, error, message):
    with pytest.raises(error, match=message):
        DFA.from_dict(*arguments)


# ---------------------------------------------------------------- permutations


@PROPERTY
@given(st.integers(1, 6).flatmap(lambda n: st.lists(st.permutations(range(n)), min_size=1, max_size=3)), words("abc", 15))
def test_a_word_of_generators_acts_as_sympys_product(generators, word):
    word = "".join(letter for letter in word if letter in "abc"[: len(generators)])
    product: Any = Permutation(size=len(generators[0]))
    for letter in word:
        product = product * Permutation(generators["abc".index(letter)])  # sympy, too, applies the left factor first
    dfa = DFA.from_permutations(generators, start=len(generators[0]) - 1)
    assert dfa.states(word)[-1] == product(len(generators[0]) - 1)
    assert dfa.accepts(word) == (product(len(generators[0]) - 1) == len(generators[0]) - 1)


def test_generators_are_named_by_keys_or_alphabet():
    by_keys = DFA.from_permutations({"s": [1, 0, 2], "r": [1, 2, 0]}, accepting=[1, 2])
    assert by_keys == DFA([[1, 1], [0, 2], [2, 0]], 0, [1, 2], "sr")
    assert DFA.from_permutations([[1, 0, 2], [1, 2, 0]], accepting=[1, 2], alphabet="sr") == by_keys
    reordered = DFA.from_permutations({"s": [1, 0, 2], "r": [1, 2, 0]}, accepting=[1, 2], alphabet="rs")
    assert reordered == DFA([[1, 1], [2, 0], [0, 2]], 0, [1, 2], "rs")
    assert DFA.from_permutations([Permutation([1, 0])]) == DFA([[1], [0]], 0, [0], "a")
    assert DFA.from_permutations(np.array([[1, 0]])) == DFA([[1], [0]], 0, [0], "a")


BAD_PERMUTATIONS = {
    "an image twice": (([[0, 0]],), BadPermutation, "generator of 'a' sends both 0 and 1 to 0"),
    "an image too high": (([[0, 1], [2, 0]],), BadPermutation, "generator of 'b' sends 0 to 2"),
    "different lengths": (([[0, 1], [0, 1, 2]],), BadPermutation, "generator of 'b' moves 3 points"),
    "no points": (([[]],), BadPermutation, "generator of 'a' is empty"),
    "no generators": (([],), EmptyAlphabet, "alphabet is empty"),
    "no generators by name": (({},), EmptyAlphabet, "alphabet is empty"),
    "a start that is no point": (([[1, 0]], 2), StateOutOfRange, "start point 2"),
    "an accepting state that is no point": (([[1, 0]], 0, [5]), StateOutOfRange, "accepting state 5"),
    "fewer letters than generators": (([[0], [0]], 0, None, "a"), BadAutomaton, "2 generators for 1 letters"),
    "more generators than the alphabet has": (([[0]] * 27,), BadAutomaton, "27 generators"),
    "a letter without generator": (({"s": [0]}, 0, None, "sr"), MissingTransition, "letter 'r' has no generator"),
    "a generator without letter": (({"s": [0], "r": [0]}, 0, None, "s"), UnknownLetter, "generator for 'r'"),
    "a letter twice": (([[0], [0]], 0, None, "aa"), DuplicateLetter, "'a' occurs twice"),
}


@pytest.mark.parametrize(("arguments", "error", "message"), BAD_PERMUTATIONS.values(), ids=BAD_PERMUTATIONS)
def test_generators_that_are_no_permutations_are_refused_by_name(arguments, error, message):
    with pytest.raises(error, match=message):
        DFA.from_permutations(*arguments)


# ---------------------------------------------------------------- networkx


@PROPERTY
@given(machines())
def test_networkx_and_back_is_the_same_machine(dfa):
    graph = dfa.to_networkx()
    back = DFA.from_networkx(graph)
    assert back == dfa
    assert back.state_names == dfa.state_names
    assert graph.number_of_edges() == dfa.n_states * dfa.n_letters


@PROPERTY
@given(dfas(max_states=8, alphabet="abc"), words("abc", 12))
def test_the_graph_walks_like_the_machine(dfa, word):
    graph = dfa.to_networkx()
    (at,) = (q for q, start in graph.nodes(data="start") if start)
    for letter in word:
        (at,) = (target for _, target, held in graph.out_edges(at, data="letter") if held == letter)
    assert graph.nodes[at]["accepting"] is dfa.accepts(word)


@PROPERTY
@given(dfas(max_states=8, alphabet="abc"), st.sampled_from([list, set]))
def test_a_graph_without_parallel_edges_may_hold_several_letters_on_one(dfa, collection):
    graph = nx.DiGraph()
    graph.add_nodes_from(range(dfa.n_states))
    for q in range(dfa.n_states):
        for target in set(dfa.table[q].tolist()):
            held = [letter for a, letter in enumerate("abc") if dfa.table[q, a] == target]
            graph.add_edge(q, target, label=held[0] if len(held) == 1 else collection(held))
    assert DFA.from_networkx(graph, letter="label", start=dfa.start, accepting=dfa.accepting) == dfa


def test_a_tuple_on_an_edge_is_one_letter():
    graph = nx.DiGraph()
    graph.add_edge("x", "x", letter=("turn", 1))
    assert DFA.from_networkx(graph, start="x", accepting=[]).alphabet == (("turn", 1),)


def edges(*arrows: tuple[Any, Any, Any], **attributes: Any) -> nx.MultiDiGraph:
    graph = nx.MultiDiGraph(**attributes)
    graph.add_edges_from((p, q, {"letter": letter}) for p, letter, q in arrows)
    return graph


def test_letters_of_several_kinds_are_put_in_one_order():
    several = [10, "b", None, (2, "x"), 9, "a", (2, 1), 0.5, frozenset("ba")]
    graph = edges(*((0, letter, 0) for letter in several))
    expected = (0.5, 9, 10, "a", "b", (2, 1), (2, "x"), frozenset("ab"), None)
    assert DFA.from_networkx(graph, start=0, accepting=[]).alphabet == expected


PARITY = (("even", 1, "odd"), ("even", 0, "even"), ("odd", 1, "even"), ("odd", 0, "odd"))

BAD_GRAPHS = {
    "a missing transition": (edges(*PARITY[:3]), {"start": "even"}, MissingTransition, "'odd' has no arrow on 0"),
    "a dead end": (edges(*PARITY, ("odd", 2, "end")), {"start": "even"}, MissingTransition, "'even' has no arrow on 2"),
    "two successors": (edges(*PARITY, ("odd", 0, "even")), {"start": "even"}, DuplicateTransition, "'odd' has two arrows on 0"),
    "an edge twice": (edges(*PARITY, PARITY[0]), {"start": "even"}, DuplicateTransition, "'even' has two arrows on 1"),
    "no start": (edges(*PARITY), {}, BadAutomaton, "no node is marked as the start"),
    "a start that is no node": (edges(*PARITY), {"start": "one"}, StateOutOfRange, "start is 'one'"),
    "an accepting state that is no node": (
        edges(*PARITY),
        {"start": "odd", "accepting": ["one"]},
        StateOutOfRange,
        "accepting state is 'one'",
    ),
    "another attribute": (
        edges(*PARITY),
        {"start": "odd", "letter": "label"},
        BadAutomaton,
        "'even' → 'odd' has no attribute 'label'",
    ),
    "a letter outside the alphabet": (
        edges(*PARITY),
        {"start": "odd", "alphabet": [0]},
        UnknownLetter,
        "'even' has an arrow on 1",
    ),
    "a letter that cannot be hashed": (edges((0, [[1]], 0)), {"start": 0}, BadAutomaton, r"0 → 0 holds \[1\] as a letter"),
    "no edges": (edges(), {"start": 0}, EmptyAlphabet, "alphabet is empty"),
    "an undirected graph": (nx.Graph([(0, 1)]), {"start": 0}, BadAutomaton, "undirected"),
}


@pytest.mark.parametrize(("graph", "names", "error", "message"), BAD_GRAPHS.values(), ids=BAD_GRAPHS)
def test_graphs_that_are_no_machine_are_refused_by_name(graph, names, error, message):
    with pytest.raises(error, match=message):
        DFA.from_networkx(graph, **names)


def test_two_marked_starts_are_refused():
    graph = edges(*PARITY)
    nx.set_node_attributes(graph, dict.fromkeys(graph, True), "start")
    with pytest.raises(BadAutomaton, match="the nodes 'even', 'odd' are marked as the start"):
        DFA.from_networkx(graph)


# ---------------------------------------------------------------- automata-lib


@PROPERTY
@given(dfas(max_states=12, alphabet="abc"))
def test_automata_lib_and_back_is_the_same_machine(dfa):
    assert DFA.from_automata_lib(dfa.to_automata_lib()) == dfa


@PROPERTY
@given(dfas(max_states=6, alphabet="abc"), st.integers(0, 2**32), words("abc", 12))
def test_a_partial_machine_of_automata_lib_gets_a_sink(dfa, seed, word):
    kept = np.random.default_rng(seed).random(dfa.table.shape) < 0.7
    rows = {
        f"q{q}": {letter: f"q{dfa.table[q, a]}" for a, letter in enumerate("abc") if kept[q, a]} for q in range(dfa.n_states)
    }
    partial = Theirs(
        states=set(rows),
        input_symbols=set("abc"),
        transitions=rows,
        initial_state=f"q{dfa.start}",
        final_states={f"q{q}" for q in dfa.accepting},
        allow_partial=True,
    )
    made = DFA.from_automata_lib(partial)
    assert made.accepts(word) == partial.accepts_input(word)
    assert made.state_names is not None
    assert made.n_states == dfa.n_states + (not kept.all())
    assert made.state_names[-1] == ("sink" if not kept.all() else f"q{dfa.n_states - 1}")


def test_the_sink_does_not_take_the_name_of_a_state():
    lonely = Theirs(
        states={"sink"},
        input_symbols={"a"},
        transitions={"sink": {}},
        initial_state="sink",
        final_states={"sink"},
        allow_partial=True,
    )
    made = DFA.from_automata_lib(lonely)
    assert made.state_names == ("sink", "sink'")
    assert [made.accepts(word) for word in ("", "a", "aa")] == [True, False, False]


def test_what_is_no_machine_of_automata_lib_is_refused():
    with pytest.raises(BadAutomaton, match="has no states, input_symbols"):
        DFA.from_automata_lib("a machine")


# ---------------------------------------------------------------- JSON


@PROPERTY
@given(machines())
@example(DFA([[0] * 5], 0, [0], ["1", 1.5, (), (1, True), ((1.0,),)]))
def test_json_and_back_is_the_same_machine_with_the_same_types(dfa):
    back = DFA.from_json(json.loads(json.dumps(dfa.to_json())))
    assert back == dfa
    assert kinds(back.alphabet) == kinds(dfa.alphabet)
    assert (back.state_names is None) == (dfa.state_names is None)
    assert kinds(back.state_names or ()) == kinds(dfa.state_names or ())


@PROPERTY
@given(ALPHABETS)
def test_letters_come_back_with_their_types(letters):
    assert kinds(letters_from_json(json.loads(json.dumps(letters_to_json(letters))))) == kinds(tuple(letters))


DEEP, DEEP_LIST = (), []
for _ in range(10_000):
    DEEP, DEEP_LIST = (DEEP,), [DEEP_LIST]


@pytest.mark.parametrize(
    "letter",
    [frozenset("a"), b"a", 1j, math.nan, math.inf, (1, (2, -math.inf)), "\ud800", ("x", "\udfff"), np.int64(1), 10**5000, DEEP],
    ids=lambda letter: type(letter).__name__,
)
def test_letters_that_json_cannot_hold_are_refused_by_name_and_nothing_is_written(letter, tmp_path):
    dfa = DFA([[0, 0]], 0, [], ["a", letter])
    with pytest.raises(NotSerializable, match=r"letter 1, .* cannot be saved as JSON"):
        dfa.save(tmp_path / "machine.json")
    assert not list(tmp_path.iterdir())


def test_state_names_that_json_cannot_hold_are_refused_by_name():
    with pytest.raises(NotSerializable, match=r"state name 0, frozenset\(\) of type frozenset"):
        DFA([[0]], 0, [], "a", state_names=[frozenset()]).to_json()


SAVED = DFA([[1, 0], [2, 1], [2, 2]], 0, [0, 2], ["a", ("b", 1)], state_names=["x", "y", "z"])


def parts(data: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) within the data."""
    if isinstance(data, dict):
        items = list(data.items())
    elif isinstance(data, list):
        items = list(enumerate(data))
    else:
        return []
    return [(data, key) for key, _ in items] + [part for _, value in items for part in parts(value)]


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.just(10**25)
    | st.floats()
    | st.sampled_from(["a", "deltaword.dfa", "\ud800"]),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=2), part, max_size=2),
    max_leaves=4,
)


@settings(PROPERTY, max_examples=500)
@given(st.data())
def test_altered_data_gives_the_same_machine_or_corrupt_file(data):
    altered = json.loads(json.dumps(SAVED.to_json()))
    for _ in range(data.draw(st.integers(1, 2))):
        container, key = data.draw(st.sampled_from(parts(altered)))
        change = data.draw(st.sampled_from(["delete", "replace", "repeat", "add"]))
        if change == "delete":
            del container[key]
        elif change == "replace" or isinstance(container, dict):
            container["more" if change == "add" else key] = data.draw(JSON_VALUES)
        else:
            container.insert(key, container[key] if change == "repeat" else data.draw(JSON_VALUES))
    with contextlib.suppress(CorruptFile):
        assert json.dumps(DFA.from_json(altered).to_json()) == json.dumps(SAVED.to_json())


@settings(PROPERTY, max_examples=500)
@given(st.data())
def test_data_altered_with_its_digest_gives_a_machine_or_corrupt_file(data):
    altered = json.loads(json.dumps(SAVED.to_json()))
    container, key = data.draw(st.sampled_from(parts(altered)))
    container[key] = data.draw(JSON_VALUES)
    altered["digest"] = digest({key: value for key, value in altered.items() if key != "digest"})
    with contextlib.suppress(CorruptFile):
        assert isinstance(DFA.from_json(altered), DFA)


@PROPERTY
@given(st.recursive(JSON_VALUES, lambda part: st.dictionaries(st.sampled_from(sorted(SAVED.to_json())), part), max_leaves=12))
def test_data_that_is_nothing_of_ours_is_corrupt(data):
    with pytest.raises(CorruptFile):
        DFA.from_json(data)


@settings(PROPERTY, max_examples=300)
@given(data=st.data())
def test_an_altered_or_truncated_file_gives_the_same_machine_or_corrupt_file(data, tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "machine.json"
    SAVED.save(path)
    whole = path.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    instead = data.draw(st.sampled_from([None, b"", b"0", b"9", b'"', b",", b"[", b" ", b"\xff", b"e"]))
    path.write_bytes(whole[:at] if instead is None else whole[:at] + instead + whole[at + 1 :])
    with contextlib.suppress(CorruptFile):
        assert DFA.load(path) == SAVED


def test_a_corrupt_file_is_named(tmp_path):
    path = tmp_path / "machine.json"
    SAVED.save(path)
    whole = path.read_text()
    for spoiled in (whole[:-9], whole.replace("[0, 2]", "[0, 1]"), "[]", ""):
        path.write_text(spoiled)
        with pytest.raises(CorruptFile, match=r"machine\.json"):
            DFA.load(path)


MESSAGES = {
    "another format": ({"format": "deltaword.certificate"}, "format is 'deltaword.certificate', not 'deltaword.dfa'"),
    "a later version": ({"version": 2}, "version is 2; this release reads version 1"),
    "a version that equals 1": ({"version": True}, "version is True"),
    "a start of another type": ({"start": 0.0}, "start is 0.0, not a whole number"),
    "accepting states of another type": ({"accepting": [True]}, "accepting is not a list of whole numbers"),
    "a row of another type": ({"table": [[1, 0], [2, "1"], [2, 2]]}, "row 1 of table is not a list of whole numbers"),
    "a table of another type": ({"table": {}}, "table is not a list of rows"),
    "letters of another type": ({"alphabet": ["a", {}]}, "some letter is not a str"),
    "letters too deep": ({"alphabet": DEEP_LIST}, "some letter is not a str"),
    "a format too deep": ({"format": DEEP_LIST}, "format is something too long to show"),
    "another key too deep": ({"more": DEEP_LIST}, "digest does not fit the rest"),
    "letters in a str": ({"alphabet": "ab"}, "the letters are not a list"),
    "state names of another type": ({"state_names": 3}, "the state names are not a list"),
    "another machine": ({"accepting": [0]}, "digest does not fit the rest"),
}


@pytest.mark.parametrize(("change", "message"), MESSAGES.values(), ids=MESSAGES)
def test_corrupt_data_is_described(change, message):
    with pytest.raises(CorruptFile, match=message):
        DFA.from_json(SAVED.to_json() | change)


def test_missing_keys_are_named():
    data = SAVED.to_json()
    del data["table"], data["start"]
    with pytest.raises(CorruptFile, match="lacks start, table"):
        DFA.from_json(data)


def test_a_file_that_is_no_machine_but_fits_its_digest_is_described():
    data = SAVED.to_json() | {"table": [[1, 0], [2, 1], [2, 3]]}
    del data["digest"]
    with pytest.raises(CorruptFile, match="not a machine: state 2 goes to 3 on"):
        DFA.from_json(data | {"digest": digest(data)})


def test_save_and_load(tmp_path):
    dfa = random_machine(200, "abc", seed=0)
    dfa.save(tmp_path / "machine.json")
    assert DFA.load(tmp_path / "machine.json") == dfa
    assert [path.name for path in tmp_path.iterdir()] == ["machine.json"]
    assert json.loads((tmp_path / "machine.json").read_text())["format"] == "deltaword.dfa"


def test_a_saved_file_is_replaced_whole_or_stays(tmp_path):
    path = tmp_path / "machine.json"
    SAVED.save(path)
    with pytest.raises(NotSerializable):
        DFA([[0]], 0, [], [frozenset()]).save(path)
    assert DFA.load(path) == SAVED
    (SAVED & SAVED).save(path)
    assert DFA.load(path).state_names == (("x", "x"), ("y", "y"), ("z", "z"))


def test_files_out_of_reach_are_refused_by_name(tmp_path):
    with pytest.raises(NotReadable, match=r"machine\.json"):
        DFA.load(tmp_path / "machine.json")
    with pytest.raises(NotReadable):
        DFA.load(tmp_path)
    with pytest.raises(NotWritable, match=r"nowhere"):
        SAVED.save(tmp_path / "nowhere" / "machine.json")
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(NotWritable):
        SAVED.save(tmp_path / "folder.json")
    assert os.listdir(tmp_path) == ["folder.json"]
    assert issubclass(CorruptFile, DeltawordError)
