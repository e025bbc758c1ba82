"""Machines from dicts, permutations, networkx graphs and automata-lib, and back to the last two.

All importers flatten their input into arrows (state, letter, target) and hand them to `assembled`, which checks and numbers.
networkx and automata-lib are imported only when they are written to; what comes from them is read by its attributes.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from .checked import checked_alphabet, checked_state, is_hashable
from .dfa import DFA, Letter
from .errors import BadAutomaton, DuplicateTransition, MissingTransition, StateOutOfRange, UnknownLetter
from .permutations import checked_permutation

if TYPE_CHECKING:
    import networkx

AUTOMATA_LIB = ("states", "input_symbols", "transitions", "initial_state", "final_states")  # what its DFAs are read by

Arrow = tuple[Hashable, Letter, Hashable]


def assembled(
    states: Sequence[Hashable],
    arrows: Iterable[Arrow],
    start: Hashable,
    accepting: Collection[Hashable],
    alphabet: Iterable[Letter],
) -> DFA:
    """The machine with these states, numbered in their order, and these arrows; `state_names` are the states.

    No names are kept where the states are the numbers 0, 1, … themselves.
    Raises  MissingTransition, DuplicateTransition, UnknownLetter, StateOutOfRange, EmptyAlphabet, DuplicateLetter

    >>> assembled(["off", "on"], [("off", "press", "on"), ("on", "press", "off")], "off", ["on"], ["press"]).table.tolist()
    [[1], [0]]
    """
    letters = checked_alphabet(alphabet)
    column = {letter: a for a, letter in enumerate(letters)}
    number = {state: q for q, state in enumerate(states)}
    table = [[-1] * len(letters) for _ in states]
    for state, letter, target in arrows:
        if not is_hashable(letter) or letter not in column:
            shown = ", ".join(map(repr, letters[:12])) + (", …" if len(letters) > 12 else "")
            raise UnknownLetter(f"state {state!r} has an arrow on {letter!r}, which is not in the alphabet ({shown})")
        row, a = table[number[state]], column[letter]
        if row[a] >= 0:
            before = states[row[a]]
            raise DuplicateTransition(
                f"state {state!r} has two arrows on {letter!r}, to {before!r} and to {target!r}; keep one of them"
            )
        row[a] = numbered(target, number, f"state {state!r} goes on {letter!r} to")
    for state, row in zip(states, table, strict=True):
        if -1 in row:
            letter = letters[row.index(-1)]
            raise MissingTransition(
                f"state {state!r} has no arrow on {letter!r}; every state needs one a letter: add a sink state"
            )
    if isinstance(accepting, str) or not isinstance(accepting, Iterable):
        raise BadAutomaton(f"accepting is {accepting!r}; it should be a collection of states, such as [{start!r}]")
    first = numbered(start, number, "the start is")
    last = [numbered(state, number, "an accepting state is") for state in accepting]
    plain = all(type(state) is int and state == q for q, state in enumerate(states))
    return DFA(np.array(table, dtype=np.int32), first, last, letters, state_names=None if plain else states)


def numbered(state: object, number: Mapping[Hashable, int], what: str) -> int:
    if not is_hashable(state) or state not in number:
        shown = ", ".join(map(repr, list(number)[:12])) + (", …" if len(number) > 12 else "")
        raise StateOutOfRange(f"{what} {state!r}, which is not one of the states ({shown})")
    return number[state]


# ------------------------------------------------------------------ dicts


def from_dict(
    transitions: Mapping[Any, Mapping[Any, Hashable]],
    start: Hashable,
    accepting: Collection[Hashable],
    alphabet: Iterable[Letter] | None = None,
) -> DFA:
    """`transitions[state][letter] = state`, states numbered in the order of the mapping.

    alphabet  default: the letters of the first state, in its order
    Raises    MissingTransition, StateOutOfRange, UnknownLetter, EmptyAlphabet, BadAutomaton

    >>> lamp = from_dict({"off": {"press": "on", "wait": "off"}, "on": {"press": "off", "wait": "on"}}, "off", ["on"])
    >>> lamp.accepts(["press", "wait"]), lamp.alphabet
    (True, ('press', 'wait'))
    """
    if not isinstance(transitions, Mapping) or not transitions:
        raise BadAutomaton("transitions should be a dict with a row for each state: transitions[state][letter] = state")
    for state, row in transitions.items():
        if not isinstance(row, Mapping):
            raise BadAutomaton(f"the row of state {state!r} is {row!r}; it should be a dict: letter to state")
    if alphabet is None:
        first, letters = next(iter(transitions.items()))
        for state, row in transitions.items():
            for letter in row:
                if letter not in letters:
                    raise UnknownLetter(
                        f"state {state!r} has an arrow on {letter!r}, and the first state, {first!r}, has none; "
                        "every state needs one a letter: add it, to a sink state perhaps, or name the letters, alphabet=[...]"
                    )
    else:
        letters = alphabet
    arrows = ((state, letter, target) for state, row in transitions.items() for letter, target in row.items())
    return assembled(list(transitions), arrows, start, accepting, letters)


# ------------------------------------------------------------------ permutations


def from_permutations(
    generators: Mapping[Any, Sequence[int]] | Iterable[Any],
    start: int = 0,
    accepting: Iterable[int] | None = None,
    alphabet: Iterable[Letter] | None = None,
) -> DFA:
    """The machine whose states are the points: letter a sends point q to `generators[a][q]`.

    generators  {letter: permutation}, or a list of permutations in the order of the letters
    accepting   default: the start
    alphabet    default: the keys; for a list a, b, c, …
    Raises      BadPermutation, EmptyAlphabet, StateOutOfRange, MissingTransition, UnknownLetter, BadAutomaton

    >>> from_permutations([[1, 0, 2], [1, 2, 0]], alphabet=["swap", "turn"]).table.tolist()
    [[1, 1], [0, 2], [2, 0]]
    """
    if not isinstance(generators, Mapping):
        images = list(generators)
        if alphabet is None and len(images) > 26:
            raise BadAutomaton(f"{len(images)} generators are more than a … z; name the letters: alphabet=[...]")
        letters = checked_alphabet("abcdefghijklmnopqrstuvwxyz"[: len(images)] if alphabet is None else alphabet)
        if len(letters) != len(images):
            raise BadAutomaton(f"{len(images)} generators for {len(letters)} letters; give one a letter")
        generators = dict(zip(letters, images, strict=True))
    letters = checked_alphabet(generators if alphabet is None else alphabet)
    for letter in letters:
        if letter not in generators:
            raise MissingTransition(
                f"letter {letter!r} has no generator; give its permutation, or leave it out of the alphabet"
            )
    for letter in generators:
        if letter not in letters:
            raise UnknownLetter(f"there is a generator for {letter!r}, which is not in the alphabet")
    columns: list[tuple[int, ...]] = []
    for letter in letters:
        degree = len(columns[0]) if columns else None
        columns.append(checked_permutation(generators[letter], degree, f"the generator of {letter!r}"))
    start = checked_state(start, len(columns[0]), "start point")
    return DFA(np.array(columns).T, start, [start] if accepting is None else accepting, letters)


# ------------------------------------------------------------------ networkx


def to_networkx(dfa: DFA) -> networkx.MultiDiGraph:
    """A node a state, an edge an arrow. `from_networkx` gives an equal machine back.

    Nodes   0 .. n-1 with `start` and `accepting` (bool), and `name` where the states have names
    Edges   one for each state and letter, with `letter`
    Graph   `alphabet`, the letters in order

    >>> graph = to_networkx(DFA([[1], [0]], start=0, accepting=[1], alphabet="a"))
    >>> list(graph.edges(data="letter")), graph.nodes[1]
    ([(0, 1, 'a'), (1, 0, 'a')], {'start': False, 'accepting': True})
    """
    import networkx

    graph = networkx.MultiDiGraph(alphabet=dfa.alphabet)
    for q, accepts in enumerate(dfa.accepting_mask.tolist()):
        graph.add_node(q, start=q == dfa.start, accepting=accepts)
        if dfa.state_names is not None:
            graph.nodes[q]["name"] = dfa.state_names[q]
    rows = enumerate(dfa.table.tolist())
    graph.add_edges_from((q, row[a], {"letter": letter}) for q, row in rows for a, letter in enumerate(dfa.alphabet))
    return graph


def from_networkx(
    graph: networkx.DiGraph,
    letter: str = "letter",
    start: Hashable | None = None,
    accepting: Collection[Hashable] | None = None,
    alphabet: Iterable[Letter] | None = None,
) -> DFA:
    """From a directed graph, with or without parallel edges; its nodes become the states, in the order of the graph.

    letter     the edge attribute with the letter; a list or a set there stands for an arrow on each of its members
    start      a node; default: the one with a true attribute `start`
    accepting  nodes; default: those with a true attribute `accepting`
    alphabet   default: the graph's attribute `alphabet`, else all letters met, in the order of `letter_order`
    Raises     MissingTransition, DuplicateTransition, StateOutOfRange, UnknownLetter, EmptyAlphabet, BadAutomaton

    >>> import networkx as nx
    >>> graph = nx.DiGraph()
    >>> graph.add_edge("even", "odd", letter="1"); graph.add_edge("even", "even", letter="0")
    >>> graph.add_edge("odd", "even", letter="1"); graph.add_edge("odd", "odd", letter="0")
    >>> from_networkx(graph, start="even", accepting=["odd"]).accepts("0111")
    True
    """
    if not graph.is_directed():
        raise BadAutomaton("the graph is undirected; make it a networkx.DiGraph or MultiDiGraph")
    nodes = dict(graph.nodes(data=True))
    arrows: list[Arrow] = []
    for state, target, attributes in graph.edges(data=True):
        if letter not in attributes:
            raise BadAutomaton(
                f"the edge {state!r} → {target!r} has no attribute {letter!r}; say which one holds the letters: letter=..."
            )
        held = attributes[letter]
        arrows.extend((state, one, target) for one in ([held] if is_hashable(held) else held))
    for state, one, target in arrows:
        if not is_hashable(one):
            raise BadAutomaton(
                f"the edge {state!r} → {target!r} holds {one!r} as a letter, which cannot be hashed; use str, int or tuple"
            )
    if start is None:
        marked = [node for node, attributes in nodes.items() if attributes.get("start")]
        if len(marked) != 1:
            found = "no node is" if not marked else f"the nodes {', '.join(map(repr, marked[:12]))} are"
            raise BadAutomaton(f"{found} marked as the start; a machine has one: name it, start=...")
        start = marked[0]
    if accepting is None:
        accepting = [node for node, attributes in nodes.items() if attributes.get("accepting")]
    if alphabet is None:
        alphabet = graph.graph.get("alphabet", sorted({one for _, one, _ in arrows}, key=letter_order))
    dfa = assembled(list(nodes), arrows, start, accepting, alphabet or [])
    if not any("name" in attributes for attributes in nodes.values()):
        return dfa
    names = [attributes.get("name", node) for node, attributes in nodes.items()]
    return DFA(dfa.table, dfa.start, np.flatnonzero(dfa.accepting_mask), dfa.alphabet, state_names=names)


def letter_order(letter: Letter) -> tuple:
    """A sorting key for letters of any kinds: numbers by value, strings, tuples place by place, sets, and the rest by repr.

    >>> sorted(["b", (1, "x"), 10, "a", 9, None, (1, 2)], key=letter_order)
    [9, 10, 'a', 'b', (1, 2), (1, 'x'), None]
    """
    if isinstance(letter, Real):
        return 0, letter
    if isinstance(letter, str):
        return 1, letter
    if isinstance(letter, tuple):
        return 2, tuple(map(letter_order, letter))
    if isinstance(letter, frozenset):
        return 3, tuple(sorted(map(letter_order, letter)))
    return 4, type(letter).__name__, repr(letter)


# ------------------------------------------------------------------ automata-lib


def to_automata_lib(dfa: DFA) -> Any:
    """A complete `automata.fa.dfa.DFA` over the states 0 .. n-1. Raises ImportError where automata-lib is not installed."""
    try:
        from automata.fa.dfa import DFA as Foreign
    except ImportError as error:
        raise ImportError(
            f"{error}; install automata-lib: pip install automata-lib. If it is installed, Python may have found our own folder "
            "`automata` first: do not run from inside a checkout with `python -m` or `python -c`"
        ) from None
    letters: tuple[Any, ...] = dfa.alphabet
    return Foreign(
        states=set(range(dfa.n_states)),
        input_symbols=set(letters),
        transitions={q: dict(zip(letters, row, strict=True)) for q, row in enumerate(dfa.table.tolist())},
        initial_state=dfa.start,
        final_states=set(dfa.accepting),
        allow_partial=False,
    )


def from_automata_lib(dfa: Any) -> DFA:
    """From an `automata.fa.dfa.DFA`, or anything with its attributes; states and letters in the order of `letter_order`.

    Where transitions are missing they go to one more state, the last, named "sink".
    Raises  BadAutomaton, StateOutOfRange, UnknownLetter, EmptyAlphabet

    >>> from types import SimpleNamespace
    >>> only_a = SimpleNamespace(states={0}, input_symbols={"a", "b"}, transitions={0: {"a": 0}}, initial_state=0, final_states={0})
    >>> from_automata_lib(only_a).table.tolist(), from_automata_lib(only_a).state_names
    ([[0, 1], [1, 1]], (0, 'sink'))
    """
    lacking = [name for name in AUTOMATA_LIB if not hasattr(dfa, name)]
    if lacking:
        raise BadAutomaton(f"{dfa!r} has no {', '.join(lacking)}; it should be a DFA of automata-lib")
    letters = sorted(dfa.input_symbols, key=letter_order)
    states = sorted(dfa.states, key=letter_order)
    arrows = [(state, letter, target) for state in states for letter, target in dfa.transitions.get(state, {}).items()]
    if len(arrows) < len(states) * len(letters):
        sink = "sink"
        while sink in dfa.states:
            sink += "'"
        states.append(sink)
        present = {(state, letter) for state, letter, _ in arrows}
        arrows += [(state, letter, sink) for state in states for letter in letters if (state, letter) not in present]
    return assembled(states, arrows, dfa.initial_state, dfa.final_states, letters)
