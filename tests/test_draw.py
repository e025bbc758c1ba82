"""Pictures: well-formed, complete, nothing off the page; DOT as Graphviz itself reads it; distances as networkx has them."""

import json
import re
import shutil
import subprocess
import sys
from itertools import pairwise
from math import comb
from xml.etree import ElementTree

import networkx as nx
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from deltaword import DFA, languages
from deltaword.automata.draw import to_dot, to_svg
from deltaword.automata.errors import UnknownLetter
from deltaword.automata.picture import svg, table
from deltaword.automata.picture.content import content, texts
from deltaword.automata.picture.curves import along, bent
from deltaword.automata.picture.layout import graph_distances, layered
from deltaword.automata.picture.routing import best_drawing, crossings
from deltaword.automata.random_machines import random_dfa

from .strategies import dfas, words

PROPERTY = settings(max_examples=60, deadline=None)
SVG = "{http://www.w3.org/2000/svg}"
DRAWN = [
    "parity",
    "S_3",
    "ab_or_ba_star",
    "mod_6",
    "dyck_1_depth_3",
    "random_8_3_seed0",
    "tomita_3",
    "flip_flop",
    "O_4",
    "S_5_action",
]

needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")


@pytest.fixture
def own_layout(monkeypatch):
    """As on a machine without Graphviz."""
    monkeypatch.setattr(shutil, "which", lambda program: None)


@st.composite
def strange_machines(draw: st.DrawFn) -> DFA:
    """Any text, and other hashables, as letters and as names of states."""
    anything = st.text(max_size=12) | st.integers() | st.tuples(st.text(max_size=3)) | st.none()
    letters = draw(st.lists(anything, min_size=1, max_size=4, unique=True))
    names = draw(st.lists(anything, min_size=1, max_size=5, unique=True))
    state = st.integers(0, len(names) - 1)
    rows = [[draw(state) for _ in letters] for _ in names]
    return DFA(rows, draw(state), draw(st.sets(state)), letters, state_names=names)


def own_svg(dfa: DFA, word=None) -> str:
    return svg.to_svg(best_drawing(content(dfa, word)))


def shown_texts(picture: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(picture).iter(f"{SVG}text")]


def titles(picture: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(picture).iter(f"{SVG}title")]


# ---------------------------------------------------------------------- SVG by our own layout


@pytest.mark.parametrize("name", DRAWN)
def test_own_svg_is_well_formed_and_shows_every_state_and_letter(name, own_layout):
    dfa = languages.get(name)
    picture = to_svg(dfa)
    assert ElementTree.fromstring(picture).tag == f"{SVG}svg"
    joined = " ".join(shown_texts(picture))
    for letter in texts(dfa.alphabet):
        assert letter in joined
    for state in texts(range(dfa.n_states) if dfa.state_names is None else dfa.state_names):
        assert state in titles(picture)
        assert all(part in joined for part in state.split())


@PROPERTY
@given(strange_machines())
@example(DFA([[0, 0, 0, 0]], 0, [0], ["<", "&", '"', "\x00"], state_names=["</text>\ud800"]))
def test_any_text_is_escaped(dfa):
    picture = own_svg(dfa)
    for name in texts(range(dfa.n_states) if dfa.state_names is None else dfa.state_names):
        assert name in titles(picture)
    ElementTree.fromstring(table.to_svg(dfa))
    assert picture.encode()  # no lone surrogates either


@PROPERTY
@given(dfas(max_states=9, alphabet="abc"))
def test_nothing_leaves_the_page_and_states_keep_apart(dfa):
    drawing = best_drawing(content(dfa))
    (left, top), (right, bottom) = svg.bounds(drawing)
    r = drawing.radius
    everything = np.concatenate(
        [drawing.points - r, drawing.points + r]
        + [along(control, np.linspace(0, 1, 200)) for control in [*drawing.curves, drawing.start]]
        + [np.stack([label.at - label.half, label.at + label.half]) for label in drawing.labels]
    )
    assert (everything > [left, top]).all()
    assert (everything < [right, bottom]).all()
    apart = np.linalg.norm(drawing.points[:, None] - drawing.points, axis=-1)
    assert (apart[~np.eye(dfa.n_states, dtype=bool)] > 2 * r + 20).all()


@pytest.mark.parametrize("name", DRAWN)
def test_labels_cover_neither_states_nor_each_other(name):
    drawing = best_drawing(content(languages.get(name)))
    for i, label in enumerate(drawing.labels):
        outside = np.maximum(np.abs(drawing.points - label.at) - label.half, 0)
        assert (np.linalg.norm(outside, axis=1) > drawing.radius).all(), label.text
        for other in drawing.labels[:i]:
            assert (np.abs(label.at - other.at) > label.half + other.half - 1).any(), (label.text, other.text)


@pytest.mark.parametrize("name", DRAWN)
def test_arrows_run_through_no_other_state(name):
    drawing = best_drawing(content(languages.get(name)))
    for arrow, control in zip(drawing.content.arrows, drawing.curves, strict=True):
        path = along(control, np.linspace(0, 1, 200))
        for q, centre in enumerate(drawing.points):
            nearest = np.linalg.norm(path - centre, axis=1).min()
            assert nearest > drawing.radius - 0.5 - (q in (arrow.source, arrow.target)), (arrow, q)


def test_accepting_states_are_double_circles_and_the_start_has_an_arrow(own_layout):
    dfa = DFA([[1], [2], [0]], 0, [1, 2], "a")
    root = ElementTree.fromstring(to_svg(dfa))
    assert len(list(root.iter(f"{SVG}circle"))) == 3 + 2
    assert len(list(root.iter(f"{SVG}path"))) == 3 + 1


def test_our_own_layout_needs_no_graphviz():
    program = (
        "import shutil, sys; shutil.which = lambda _: None; import deltaword as dw\n"
        "assert dw.languages.get('parity')._repr_svg_().startswith('<svg')\n"
        "assert not {'graphviz', 'matplotlib', 'networkx', 'torch', 'sympy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


# ---------------------------------------------------------------------- what is shown


def test_parallel_transitions_share_an_arrow():
    dfa = DFA([[1, 1, 0], [0, 1, 1]], 0, [1], "xyz")
    labels = {(arrow.source, arrow.target): arrow.label for arrow in content(dfa).arrows}
    assert labels == {(0, 1): "x, y", (0, 0): "z", (1, 0): "x", (1, 1): "y, z"}


def test_long_labels_are_shortened_with_their_count():
    n = 100
    words_ = [f"word{i}" for i in range(n)]
    row = [0] * 40 + [1] * 60
    labels = {(a.source, a.target): a.label for a in content(DFA([row, [1] * n], 0, [1], words_)).arrows}
    assert labels == {(0, 0): "word0, word1, … (40)", (0, 1): "word40, … (60)", (1, 1): "all 100 letters"}
    letters = "abcdefghijklmnopqrstuvwxyz"
    picture = own_svg(DFA([[0] * 20 + [1] * 6, [1] * 26], 0, [1], letters))
    assert {"a–t", "u–z", "a–z"} <= set(shown_texts(picture))
    assert any("word12" in title for title in titles(own_svg(DFA([row, [1] * n], 0, [1], words_))))  # whole in the tooltip


def test_letters_and_names_stay_apart():
    assert texts([1, "1"]) == ["1", "'1'"]
    assert texts(["a", " ", "", "\t"]) == ["a", "' '", "''", "'\\t'"]
    assert len(set(texts(["a", "'a'", "ä", "\u200b"]))) == 4


@PROPERTY
@given(dfas(max_states=5), words(max_size=12))
def test_the_way_of_a_word_is_marked(dfa, word):
    """Against a walk through the table."""
    q, visited, taken = dfa.start, {dfa.start}, set()
    for letter in word:
        p = int(dfa.table[q, "ab".index(letter)])
        taken.add((q, p))
        visited.add(p)
        q = p
    shown = content(dfa, word)
    assert {(arrow.source, arrow.target) for arrow in shown.arrows if arrow.visited} == taken
    assert shown.visited == visited
    assert shown.last == q
    root = ElementTree.fromstring(own_svg(dfa, word))
    fills = [circle.get("fill") for circle in root.iter(f"{SVG}circle") if circle.get("fill") != "none"]
    assert [fill != svg.FILL for fill in fills] == [p in visited for p in range(dfa.n_states)]
    assert fills[q] == svg.LAST_FILL
    blue = [path for path in root.iter(f"{SVG}path") if path.get("stroke") == svg.WAY]
    assert len(blue) == len(taken) + 1  # the start arrow too
    verdict = "accepted" if q in dfa.accepting else "not accepted"
    assert shown_texts(own_svg(dfa, word))[0] == f"{word or 'the empty word'}: {verdict}"


def test_dense_machines_join_arrows_both_ways():
    shown = content(languages.get("S_3"), ["(0 1)"])
    both = [arrow for arrow in shown.arrows if arrow.both]
    assert len(both) == 9  # three swaps, three pairs each
    assert all(len(arrow.letters) == 1 and arrow.letters[0].count(" ") == 1 for arrow in both)
    assert sum(arrow.visited for arrow in shown.arrows) == 1


def test_an_unknown_letter_is_refused():
    for picture in (to_dot, to_svg):
        with pytest.raises(UnknownLetter, match="letter 'c' at position 1"):
            picture(languages.get("ab_star"), "ac")
    with pytest.raises(UnknownLetter):
        to_svg(random_dfa(100, 2, 0), "ac")


# ---------------------------------------------------------------------- tables


@pytest.mark.parametrize("sizes", [(61, 2), (100_000, 10), (30, 40)])
def test_large_or_dense_machines_become_tables(sizes):
    n, k = sizes
    picture = to_svg(random_dfa(n, k, 0))
    assert len(picture) < 100_000
    assert shown_texts(picture)[0].startswith(f"{n} states, {k} letters; start 0; ")
    assert not list(ElementTree.fromstring(picture).iter(f"{SVG}circle"))


@pytest.mark.parametrize("name", ["S_5", "A_5", "D_20", "mod_100"])
def test_tables_fit_a_page(name):
    assert float(ElementTree.fromstring(to_svg(languages.get(name))).get("width", "inf").removesuffix("pt")) < 950


def test_tables_have_the_transitions():
    dfa = languages.get("D_4")
    picture = to_svg(dfa)
    assert shown_texts(picture)[0] == "8 states, 8 letters; start 1; accepting 1"
    names = dfa.alphabet
    cells = [text for text in shown_texts(picture)[1:] if text != "→"]
    expected = ["", *names]
    for q, row in enumerate(dfa.table.tolist()):
        expected += [names[q], *(names[p] for p in row)]
    assert cells == expected


def test_tables_show_where_a_word_goes():
    dfa = random_dfa(1000, 30, 0)
    word = ["x3", "x29", "x17"]
    picture = to_svg(dfa, word)
    way = dfa.states(word)
    bold = [e.text or "" for e in ElementTree.fromstring(picture).iter(f"{SVG}text") if e.get("fill") == svg.WAY]
    assert sorted(bold) == sorted(str(q) for q in way[1:])
    assert {"x3", "x29", "x17", "… and 976 more states, 18 more letters"} <= set(shown_texts(picture))
    fills = [rect.get("fill") for rect in ElementTree.fromstring(picture).iter(f"{SVG}rect")]
    assert fills.count(svg.LAST_FILL) == 1


def test_a_long_word_keeps_its_last_state_in_the_table():
    dfa = languages.get("mod_100")
    picture = to_svg(dfa, "1" * 99)
    assert any(rect.get("fill") == svg.LAST_FILL for rect in ElementTree.fromstring(picture).iter(f"{SVG}rect"))
    assert shown_texts(picture)[1].endswith("…: not accepted")


# ---------------------------------------------------------------------- DOT

STRING = r'"(?:[^"\\]|\\.)*"'
ATTRIBUTES = rf"\[\w+=(?:{STRING}|[\w.]+)(?:, \w+=(?:{STRING}|[\w.]+))*\]"
LINE = re.compile(rf"  (?:\w+(?: -> \w+)?(?: {ATTRIBUTES})?|(?:\w+=(?:{STRING}|\w+)(?:; )?)+);")


@PROPERTY
@given(strange_machines())
@example(DFA([[0]], 0, [0], ['a"]; evil [label="'], state_names=["\\"]))
def test_dot_text_follows_its_grammar(dfa):
    first, *lines, last = to_dot(dfa, dfa.alphabet).split("\n")
    assert (first, last) == ("digraph {", "}")
    for line in lines:
        assert LINE.fullmatch(line), line


@needs_dot
@settings(max_examples=15, deadline=None)
@given(strange_machines())
@example(DFA([[0, 0, 0, 0]], 0, [0], ["<", "&amp;", '"', "\\n"], state_names=["<b>a & b</b>\\l"]))
def test_graphviz_reads_the_labels_that_were_meant(dfa):
    """The picture that dot draws holds the very texts."""
    shown = content(dfa)
    drawn = subprocess.run(["dot", "-Tsvg"], input=to_dot(dfa).encode(), capture_output=True, check=True).stdout
    found = sorted(
        "".join((e.text or "").replace("\xa0", " ").split()) for e in ElementTree.fromstring(drawn).iter(f"{SVG}text")
    )
    meant = [line for lines in shown.shown for line in lines] + [arrow.label for arrow in shown.arrows]
    assert found == sorted("".join(text.replace("\xa0", " ").split()) for text in meant)


@needs_dot
@pytest.mark.parametrize("name", ["parity", "S_3", "dyck_2_depth_2"])
def test_graphviz_sees_the_same_graph(name):
    dfa = languages.get(name)
    read = json.loads(subprocess.run(["dot", "-Tdot_json"], input=to_dot(dfa).encode(), capture_output=True, check=True).stdout)
    number = {node["_gvid"]: node["name"] for node in read["objects"]}
    double = {node["name"] for node in read["objects"] if node.get("shape") == "doublecircle"}
    assert double == {f"q{q}" for q in dfa.accepting}
    edges = set()
    for edge in read["edges"]:
        edges.add((number[edge["tail"]], number[edge["head"]]))
        if edge.get("dir") == "both":
            edges.add((number[edge["head"]], number[edge["tail"]]))
    assert edges == {(f"q{q}", f"q{p}") for q, row in enumerate(dfa.table.tolist()) for p in row} | {("start", f"q{dfa.start}")}


@needs_dot
def test_graphviz_draws_where_it_is_installed():
    pytest.importorskip("graphviz")
    picture = to_svg(languages.get("ab_or_ba_star"), "ab")
    assert picture.startswith("<svg")
    assert ElementTree.fromstring(picture).tag == f"{SVG}svg"
    assert 'class="node"' in picture  # as Graphviz writes
    assert {"0", "1", "2", "3", "a", "b", "ab: accepted"} <= set(shown_texts(picture))
    assert svg.WAY in picture
    assert svg.LAST_FILL in picture


def test_our_own_layout_draws_when_graphviz_fails(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda program: "/nowhere/dot")
    monkeypatch.setitem(sys.modules, "graphviz", None)  # the import fails
    assert to_svg(languages.get("parity")) == own_svg(languages.get("parity"))


def test_the_methods_of_a_machine_draw_it(own_layout):
    dfa = languages.get("parity")
    assert dfa.to_svg("01") == to_svg(dfa, "01")
    assert dfa.to_dot("01") == to_dot(dfa, "01")
    assert dfa._repr_svg_() == to_svg(dfa)


# ---------------------------------------------------------------------- geometry


@PROPERTY
@given(dfas(max_states=8))
def test_distances_and_levels_are_those_of_networkx(dfa):
    joined = np.zeros((dfa.n_states, dfa.n_states), dtype=bool)
    joined[np.repeat(np.arange(dfa.n_states), dfa.n_letters), dfa.table.ravel()] = True
    graph = nx.from_numpy_array(joined, create_using=nx.DiGraph)
    lengths = dict(nx.all_pairs_shortest_path_length(graph.to_undirected()))
    distances = graph_distances(joined | joined.T)
    for q, found in lengths.items():
        for p, length in found.items():
            assert distances[q, p] == length
    np.fill_diagonal(joined, False)
    for q, level in nx.single_source_shortest_path_length(graph, dfa.start).items():
        assert layered(joined, dfa.start)[q, 0] == level


@PROPERTY
@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=3, max_size=4), st.floats(0, 1))
def test_curves_are_bernsteins(control, t):
    p, d = np.array(control), len(control) - 1
    expected = sum(comb(d, i) * t**i * (1 - t) ** (d - i) * p[i] for i in range(d + 1))
    assert np.allclose(along(p, np.array([t]))[0], expected)


@PROPERTY
@given(st.floats(-0.5, 0.5), st.booleans(), st.floats(0, 6.28))
def test_bent_arrows_run_from_rim_to_rim_on_the_whole_curve(bend, both, angle):
    source, target, radius = np.zeros(2), 150 * np.array([np.cos(angle), np.sin(angle)]), 20.0
    control = bent(source, target, np.array([bend]), radius, both)[0]
    assert abs(np.linalg.norm(control[0]) - radius - 2 * both) < 3
    assert abs(np.linalg.norm(control[-1] - target) - radius - 2) < 3
    uncut = np.stack([source, target / 2 + bend * np.array([target[1], -target[0]]), target])
    dense = along(uncut, np.linspace(0, 1, 2001))
    for point in along(control, np.linspace(0, 1, 9)):
        assert np.linalg.norm(dense - point, axis=1).min() < 0.2


def test_crossings_are_counted():
    def line(start, end):
        return np.linspace(start, end, 24)[None].astype(float)

    upright = np.concatenate([line((x, -1), (x, 1)) for x in (1, 2, 3, 9)])
    across = line((0, 0.01), (4, 0.03))
    assert crossings(across, upright).tolist() == [3]
    assert crossings(np.concatenate([across, line((0, 2), (4, 2))]), upright).tolist() == [3, 0]
    assert crossings(across, upright[:0]).tolist() == [0]


def test_a_long_chain_is_drawn_in_a_row():
    layouts = [best_drawing(content(languages.get(name))).points for name in ("saturating_counter_3", "contains_aba")]
    for points in layouts:
        assert np.ptp(points[:, 1]) < 1
        assert all(x < y for x, y in pairwise(points[:, 0]))
