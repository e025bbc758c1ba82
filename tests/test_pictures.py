"""Pictures and cards that objects show of themselves: complete, true to the numbers, readable, the same bytes every time, bounded."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath
from matplotlib.transforms import Bbox

import deltaword as dw
from deltaword import DFA, languages
from deltaword.automata.errors import BadArgument, CorruptFile, UnknownLetter
from deltaword.automata.picture.content import texts as letter_texts
from deltaword.automata.picture.svg import LAST_FILL, WAY
from deltaword.automata.trace import MAX_FRAMES, Trace
from deltaword.nets.network import Network
from deltaword.nets.picture.head import HeadNumbers, trimmed
from deltaword.nets.picture.network import head_numbers, network_svg
from deltaword.nets.picture.numbers import number
from deltaword.nets.picture.plan import weights
from deltaword.nets.picture.reached import reached
from deltaword.nets.picture.steps import sign
from deltaword.nets.plots import roofline, trajectory, walk
from deltaword.theory.oracle.grid import grid

from .strategies import dfas
from .test_plots import texts as plotted_texts

FEW = settings(max_examples=60, deadline=None)
SVG = "{http://www.w3.org/2000/svg}"
MOVE = re.compile(r"translate\(([-\d.]+) ([-\d.]+)\)(?: scale\(([\d.]+)\))?")
WIDEST = 900  # of a notebook's column, in pixels
SMALL = ["parity", "S_3", "D_4", "flip_flop", "even_pairs", "contains_aba", "permutation_reset_3", "T_3", "dyck_2_depth_2"]


@cache
def network(name: str) -> Network:
    made = {
        "D_5 in two layers": lambda: dw.constructions.dihedral(5),
        "Z_7 in two layers": lambda: dw.constructions.counting(7, 2),
        "S_3 in three layers": lambda: dw.constructions.symmetric(3, 3),
        "icosahedron": lambda: dw.constructions.rotations("icosahedron"),
        "turns": lambda: dw.compile(languages.get("mod_5"), exact=False),
        "mod_3 in unit keys": lambda: dw.compile(languages.get("mod_3"), keys="unit"),
    }
    return made[name]() if name in made else dw.compile(languages.get(name), seconds=2)


NETWORKS = [
    *SMALL,
    "D_5 in two layers",
    "Z_7 in two layers",
    "S_3 in three layers",
    "icosahedron",
    "turns",
    "mod_3 in unit keys",
]
LARGE = ["S_5", "modular_arithmetic_mod_3_depth_1", "random_8_3_seed0"]


# ---------------------------------------------------------------------- how a picture is read here


def placed_elements(root: ElementTree.Element, name: str) -> Iterator[tuple[ElementTree.Element, float, float, float]]:
    """The elements of a name, each with the scale and shift that the groups around it make."""

    def below(element, scale, x, y):
        move = re.fullmatch(
            r"translate\(([-\d.]+) ([-\d.]+)\)(?: scale\(([\d.]+)\))?", element.get("transform", "") or "translate(0 0)"
        )
        assert move is not None
        x, y, scale = x + scale * float(move[1]), y + scale * float(move[2]), scale * float(move[3] or 1)
        if element.tag == SVG + name:
            yield element, scale, x, y
        for child in element:
            yield from below(child, scale, x, y)

    yield from below(root, 1.0, 0.0, 0.0)


@cache
def extents(words: str, size: float, bold: bool) -> tuple[float, float, float]:
    """Left end, right end and height above the line as DejaVu Sans has them: our code only estimates widths."""
    font = FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal")
    box = TextPath((0, 0), words.replace("$", r"\$"), size=size, prop=font).get_extents()
    return box.x0, box.x1, box.y1


def written(picture: str) -> list[tuple[str, Bbox]]:
    """All texts and where they stand."""
    found = []
    for element, scale, x, y in placed_elements(ElementTree.fromstring(picture), "text"):
        words = element.text or ""
        if not words:
            continue
        left, right, height = extents(words, float(element.get("font-size", 0)), element.get("font-weight") == "bold")
        shift = {"start": 0.0, "middle": -(left + right) / 2}[element.get("text-anchor", "start")]
        u, v = float(element.get("x", 0)) + shift, float(element.get("y", 0))
        found.append(
            (words, Bbox([[x + scale * (u + left), y + scale * (v - height)], [x + scale * (u + right), y + scale * v]]))
        )
    return found


def frames(picture: str) -> list[Bbox]:
    """The boxes with round corners that hold blocks."""
    boxes = []
    for element, scale, x, y in placed_elements(ElementTree.fromstring(picture), "rect"):
        if element.get("rx") == "6" and element.get("stroke"):
            u, v, w, h = (float(element.get(key, 0)) for key in ("x", "y", "width", "height"))
            boxes.append(Bbox([[x + scale * u, y + scale * v], [x + scale * (u + w), y + scale * (v + h)]]))
    return boxes


def assert_readable(picture: str) -> None:
    """No text lies on another, leaves the page or sticks out of the frame it begins in."""
    left, top, width, height = map(float, ElementTree.fromstring(picture).get("viewBox", "").split())
    assert width <= WIDEST + 1
    shown = written(picture)
    for words, box in shown:
        assert left <= box.x0, words
        assert box.x1 <= left + width, words
        assert top <= box.y0, words
        assert box.y1 <= top + height, words
        for frame in frames(picture):
            middle = (box.y0 + box.y1) / 2
            if frame.x0 <= box.x0 <= frame.x1 and frame.y0 <= middle <= frame.y1:
                assert box.x1 <= frame.x1, f"{words!r} sticks out of its frame"
    for (one, a), (other, b) in combinations(shown, 2):
        shared = Bbox.intersection(a, b)
        assert shared is None or min(shared.width, shared.height) < 1.5, f"{one!r} and {other!r} overlap"


def all_text(picture: str) -> str:
    return "\n".join(words for words, _ in written(picture))


def titles(picture: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(picture).iter(f"{SVG}title")]


class Page(HTMLParser):
    """The text of a page whose tags close in order."""

    def __init__(self, html: str):
        super().__init__()
        self.open: list[str] = []
        self.text, self.cells = "", []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        if tag != "br":
            self.open.append(tag)
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data
        if self.cells:
            self.cells[-1] += data


# ---------------------------------------------------------------------- signs


def test_a_short_number_is_that_number():
    for denominator in (1, 2, 4, 8, 16):
        for numerator in range(-40, 41):
            assert value_of(number(numerator / denominator)) == numerator / denominator


def value_of(words: str) -> float:
    words = words.replace("−", "-").replace("½", "0.5").replace("¼", "0.25").replace("¾", "0.75")
    top, _, bottom = words.partition("/")
    return float(top) / float(bottom or 1)


@FEW
@given(st.data())
def test_a_sign_says_what_the_step_does(data):
    """What is drawn, carried out on a state by its own rules, against the step itself."""
    K = data.draw(st.integers(1, 5))
    kind = data.draw(st.sampled_from(["swap", "flip", "erase", "overwrite", "disc", "any"]))
    i, j = data.draw(st.permutations(range(max(2, K))))[:2]
    key, value, beta = np.zeros(max(2, K)), np.zeros(1), 1.0
    scale = data.draw(st.sampled_from([1.0, -1.0, 2.0, 0.5]))
    if kind == "swap":
        key[[i, j]], beta = [scale, -scale], 1 / scale**2
    elif kind in ("flip", "erase", "overwrite"):
        key[i], beta = scale, (2 if kind == "flip" else 1) / scale**2
        value[:] = data.draw(st.integers(1, 9)) if kind == "overwrite" else 0
    elif kind == "disc":
        turn = data.draw(st.floats(0.1, 1.4))
        key, beta = np.array([np.cos(turn), np.sin(turn)]), 2.0
    else:
        key[:] = data.draw(st.lists(st.sampled_from([0.5, 1.0, 2.0]), min_size=len(key), max_size=len(key)))
        beta = 0.5 / (key @ key)
    shown = sign(float(beta), key.tolist(), value.tolist())
    assert shown is not None
    state = np.arange(1.0, len(key) + 1)
    after = state - beta * key * (key @ state) + beta * key * value[0]
    drawn, rows = state.copy(), list(shown.texts)
    if shown.kind == "swap":
        drawn[rows] = drawn[rows[::-1]]
    elif shown.kind == "flip":
        drawn[rows[0]] *= -1
    elif shown.kind in ("erase", "overwrite"):
        drawn[rows[0]] = value_of(shown.texts[rows[0]])
    elif shown.kind == "disc":
        turn = np.radians(2 * shown.angle)
        drawn = np.array([[np.cos(turn), np.sin(turn)], [np.sin(turn), -np.cos(turn)]]) @ state
    else:
        k = np.zeros(len(key))
        k[rows] = [value_of(shown.texts[row]) for row in rows]
        drawn = state - shown.size / (k @ k) * k * (k @ state)
    assert np.allclose(drawn, after, atol=1e-4), (kind, shown)


def test_a_step_that_does_nothing_has_no_sign():
    assert sign(0.0, [1.0], [1.0]) is None
    assert sign(2.0, [0.0, 0.0], [1.0]) is None


# ---------------------------------------------------------------------- networks


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_s_picture_is_readable_and_names_its_letters_and_states(name):
    net = network(name)
    picture = net.to_svg()
    assert_readable(picture)
    assert picture == network_svg(net) == net._repr_svg_()
    said = "\n".join([all_text(picture), *titles(picture)])
    if net.dfa.n_letters <= 12:
        assert all(letter in said for letter in letter_texts(net.dfa.alphabet))
    states = letter_texts(range(net.dfa.n_states) if net.dfa.state_names is None else net.dfa.state_names)
    if net.dfa.n_states <= 12:
        assert all(f"→ {state}"[:14] in said for state in states)
    for i, shape in enumerate(net.plan.layers):
        assert f"layer {i + 1}: {shape.kind}"[:40] in said
        assert f"n_h = {shape.n_h}" in said


@pytest.mark.parametrize("name", ["parity", "even_pairs", "permutation_reset_3", "T_3", "contains_aba", "dyck_2_depth_2"])
def test_each_row_of_a_layer_has_the_steps_of_its_letters(name):
    """The titles of the drawn elements, in their order: a row's letters, then its gate and its steps."""
    net = network(name)
    names, wanted = letter_texts(net.dfa.alphabet), []
    for layer in net._mixers():
        (head,) = map(trimmed, head_numbers(layer, 1))
        for a, steps in enumerate(head.steps):
            gate = [] if head.gates[a] == 1 else [f"the gate multiplies the state by {number(head.gates[a])}"]
            signs = [shown.words for step in steps if (shown := sign(*step)) is not None]
            wanted.append((names[a], [*gate, *signs]))
        names = [f"s{i}" for i in range(99)]
    known = {*letter_texts(net.dfa.alphabet), *names}
    rows: list[tuple[list[str], list[str]]] = []
    for title in titles(net.to_svg())[1:]:
        if set(title.split(", ")) <= known:
            rows.append((title.split(", "), []))
        else:
            rows[-1][1].append(title)
    assert sorted((letter, done) for letters, done in rows for letter in letters) == sorted(wanted)


@pytest.mark.parametrize(
    "name", ["parity", "S_3", "even_pairs", "permutation_reset_3", "mod_3 in unit keys", "D_5 in two layers"]
)
def test_the_numbers_of_the_heads_are_those_that_run(name):
    """The first layer, replayed from what its picture is drawn from, beside the network's own forward pass."""
    net = network(name)
    layer = net.layer
    tokens = np.random.default_rng(0).integers(0, net.dfa.n_letters, 40).tolist()
    o, _ = layer(net.embedding(torch.tensor([tokens])))
    heads = [trimmed(head) for head in head_numbers(layer, layer.n_heads)]
    states = [np.array(head.initial) for head in heads]
    for t, letter in enumerate(tokens):
        for h, head in enumerate(heads):
            S = head.gates[letter] * states[h]
            for beta, k, v in head.steps[letter]:
                S = S - beta * np.outer(k, k @ S) + beta * np.outer(k, v)
            states[h] = S
        found = np.concatenate([np.array(head.query) @ S for head, S in zip(heads, states, strict=True)])
        assert np.allclose(found, o[0, t].double().numpy()[: len(found)], atol=1e-4)


@pytest.mark.parametrize("name", ["parity", "S_3", "even_pairs", "contains_aba", "T_3", "Z_7 in two layers"])
def test_the_tables_in_a_picture_are_what_the_running_network_does(name):
    net = network(name)
    found = reached(net)
    assert found.whole
    assert set(found.reads.values()) == set(net.dfa.reachable_states().tolist())
    seen: list[tuple] = []
    for link in net.links:
        link.register_forward_hook(lambda _, given, out: seen.append((*given, out)))
    tokens = torch.from_numpy(np.random.default_rng(1).integers(0, net.dfa.n_letters, (1, 60)))
    net(tokens)
    for link in net.links:
        link._forward_hooks.clear()
    for i, (x, o, before, out) in enumerate(seen):
        shift = net.links[i].get_parameter("shift")
        earlier = torch.cat([before[:, None], o[:, :-1]], 1)
        y = shift[:, 0] * earlier + shift[:, 1] * o
        for t in range(60):
            key = tuple(round(v, 4) + 0.0 for v in y[0, t].double().tolist())
            assert found.links[i][int(x[0, t].argmax()), key] == int(out[0, t].argmax())
    assert len(seen) == len(net.links)


@pytest.mark.parametrize("name", LARGE)
def test_the_picture_of_a_large_network_stays_small_and_says_what_is_left_out(name):
    picture = network(name).to_svg()
    assert_readable(picture)
    assert len(picture) < 120_000
    assert re.search(r"… \d+ more|and others", all_text(picture))


def test_a_head_larger_than_wires_can_show_is_said_in_words():
    net = dw.compile(DFA.from_permutations({"c": [(i + 1) % 15 for i in range(15)], "k": list(range(15))}), layers=1)
    said = all_text(net.to_svg())
    assert "keeps the state" in said
    assert "↔" in said


def test_rows_and_columns_that_are_never_used_are_left_out_of_a_head():
    head = HeadNumbers([[1.0, 0.0], [0.0, 0.0]], [1.0, 0.0], [1.0], [[(1.0, [1.0, 0.0], [2.0, 0.0])]])
    assert trimmed(head) == HeadNumbers([[1.0]], [1.0], [1.0], [[(1.0, [1.0], [2.0])]])
    used = HeadNumbers([[1.0, 0.0], [0.0, 0.0]], [1.0, 0.0], [1.0], [[(1.0, [1.0, 1.0], [2.0, 3.0])]])
    assert trimmed(used) == used


def test_drawings_of_networks_and_words_need_no_matplotlib():
    code = (
        "import sys; sys.modules['matplotlib'] = None; import deltaword as dw; dfa = dw.languages.get('parity'); "
        "net = dw.compile(dfa); print(len(net._repr_svg_()), len(net.plan._repr_html_()), len(dfa.trace('01').to_svg()))"
    )
    found = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, timeout=120)
    assert found.returncode == 0, found.stderr


# ---------------------------------------------------------------------- plans


@pytest.mark.parametrize("name", [*SMALL, "D_5 in two layers", "S_3 in three layers", "modular_arithmetic_mod_3_depth_1"])
def test_a_plan_s_picture_is_readable_and_tells_each_layer_s_cost(name):
    net = network(name)
    picture = net.plan.to_svg()
    assert_readable(picture)
    assert picture == net.plan.to_svg()
    said = all_text(picture)
    for shape, layer in zip(net.plan.layers, net._mixers(), strict=True):
        assert weights(shape) == sum(parameter.numel() for parameter in layer.parameters())
        assert f"{weights(shape):,} numbers" in said
        assert shape.kind[:30] in said
    assert said.count("link\n") == len(net.plan.links)
    assert f"{net.plan.parameters:,} numbers" in said


@pytest.mark.parametrize("name", ["even_pairs", "S_3", "random_8_3_seed0"])
def test_a_plan_s_page_has_its_bounds_and_all_that_was_weighed(name):
    plan = network(name).plan
    page = Page(plan._repr_html_())
    assert all(text in page.text for text in [*plan.at_least, *(other.why_not for other in plan.considered[:12])])
    for other in plan.considered[:12]:
        assert other.kind in page.cells
        assert other.parameters is None or f"{other.parameters:,}" in page.cells


# ---------------------------------------------------------------------- words


@FEW
@given(dfas(max_states=6, alphabet="ab"), st.text("ab", max_size=20))
def test_each_frame_marks_the_state_the_word_is_in_and_the_arrow_just_taken(dfa, word):
    trace, states = dfa.trace(word), dfa.states(word)
    assert trace.accepted == dfa.accepts(word)
    for t in {0, len(word) // 2, len(word)}:
        root = ElementTree.fromstring(trace.frame(t))
        groups = {group: group.findtext(f"{SVG}title") or "" for group in root.iter(f"{SVG}g")}
        now = [title for group, title in groups.items() if any(c.get("fill") == LAST_FILL for c in group.iter(f"{SVG}circle"))]
        assert now == [str(states[t])]
        taken = [title for group, title in groups.items() if any(p.get("stroke") == WAY for p in group.iter(f"{SVG}path"))]
        if t:
            source, target = states[t - 1], states[t]
            (title,) = taken
            assert title.partition(":")[0] in (f"{source} → {target}", f"{source} ↔ {target}", f"{target} ↔ {source}")
            assert word[t - 1] in title
        else:
            assert taken == []


@pytest.mark.parametrize(
    ("name", "word"), [("parity", "0110"), ("ab_or_ba_star", "abbaab"), ("cerny_4", "ab" * 20), ("mod_6", "")]
)
def test_a_word_s_picture_shows_it_step_by_step(name, word):
    trace = languages.get(name).trace(word)
    picture = trace.to_svg()
    assert_readable(picture)
    assert picture == Trace.of(languages.get(name), word)._repr_svg_()
    said = all_text(picture).split("\n")
    states = letter_texts(trace.dfa.state_names or range(trace.dfa.n_states))
    for t in range(min(len(word) + 1, MAX_FRAMES - 1)):
        now = states[trace.states[t]]
        assert (f"{t}: {word[t - 1]} → {now}" if t else f"start: {now}") in said
    assert trace.verdict in said
    assert any("left out" in words for words in said) == (len(word) >= MAX_FRAMES)


@pytest.mark.parametrize("name", ["S_5", "modular_arithmetic", "random_8_3_seed0"])
def test_a_long_word_of_a_large_machine_stays_on_the_page(name):
    dfa = languages.get(name)
    tokens = np.random.default_rng(0).integers(0, dfa.n_letters, 500)
    picture = dfa.trace(dfa.decode(tokens)).to_svg()
    width, height = map(float, ElementTree.fromstring(picture).get("viewBox", "").split()[2:])
    assert width <= WIDEST + 1
    assert height < 1700
    assert len(picture) < 250_000
    assert re.search(r"… \d+ letters …", all_text(picture))


def test_a_trace_refuses_what_is_no_letter_and_no_frame():
    with pytest.raises(UnknownLetter):
        languages.get("parity").trace("012")
    with pytest.raises(IndexError, match="frames 0 to 2"):
        languages.get("parity").trace("01").frame(3)


# ---------------------------------------------------------------------- cascades and monoids


@pytest.mark.parametrize(
    "name", ["parity", "T_3", "T_4", "even_pairs", "random_8_3_seed0", "modular_arithmetic", "S_5_only_swaps"]
)
def test_a_cascade_s_picture_has_its_machines_and_what_their_symbols_do(name):
    cascade = languages.get(name).holonomy().cascade
    picture = cascade.to_svg()
    root = ElementTree.fromstring(picture)
    assert picture == cascade._repr_svg_()
    assert float(root.get("viewBox", "").split()[2]) <= WIDEST + 1
    said = all_text(picture)
    for i, machine in enumerate(cascade.machines):
        columns = [machine.table[:, a].tolist() for a in range(machine.n_letters)]
        permute = sum(len(set(column)) == machine.n_states for column in columns)
        reset = sum(len(set(column)) == 1 and machine.n_states > 1 for column in columns)
        assert f"machine {i + 1}" in said
        assert f"{machine.n_states:,} states, {machine.n_letters:,}" in said
        assert not permute or f"{permute:,} permute" in said
        assert not reset or f"{reset:,} reset" in said
    assert all(f"link {i + 1}" in said for i in range(len(cascade.links)))
    blocks = frames(picture)
    assert len(blocks) == len(cascade.machines)
    assert not any(Bbox.intersection(a, b) for a, b in combinations(blocks, 2))


def test_a_monoid_shows_its_d_classes_unless_it_is_large(monkeypatch):
    monoid = languages.get("T_3").transition_monoid()
    assert monoid._repr_svg_() == monoid.green().to_svg()
    monkeypatch.setattr("deltaword.automata.monoid.MAX_DRAWN", 10)
    assert monoid._repr_svg_() is None


def test_classes_too_wide_or_with_words_that_look_alike_are_shown_by_their_numbers():
    wide = languages.get("random_partial_injection_6_2_seed0").transition_monoid()._repr_svg_()
    long = {"a letter of a long name, 1": [1, 0, 2, 3], "a letter of a long name, 2": [1, 2, 3, 0]}
    alike = DFA.from_permutations(long).transition_monoid()._repr_svg_()
    for picture in (wide, alike):
        assert picture is not None
        assert float(ElementTree.fromstring(picture).get("viewBox", "").split()[2]) <= 1021
        assert "places of" in all_text(picture)


# ---------------------------------------------------------------------- cards


@pytest.fixture(scope="module")
def certificates() -> dict[str, dw.Certificate]:
    broken = dw.compile(languages.get("S_3"))
    with torch.no_grad():
        broken.layer.b_proj.weight[:, 3] = 0
    return {
        "grade 1": dw.certify(network("even_pairs")),
        "grade 2": dw.certify(dw.constructions.counting(5)),
        "grade 3": dw.certify(network("D_5 in two layers")),
        "false": dw.certify(broken),
    }


@pytest.mark.parametrize("case", ["grade 1", "grade 2", "grade 3", "false"])
def test_a_certificate_s_card_says_what_is_proved_and_how(certificates, case):
    certificate = certificates[case]
    page = Page(certificate._repr_html_())
    assert certificate.reason in page.text
    assert certificate.weights_digest[:16] in page.text
    if certificate.holds:
        assert page.text.startswith(f"✓ grade {certificate.grade}: {certificate.scope}")
        assert case == f"grade {certificate.grade}"
        assert f"{certificate.pairs:,}" in page.text
        assert ("closure over all" in page.text) == (certificate.scope == "all lengths")
    else:
        assert page.text.startswith("✗ does not hold")
        assert "(0 1 2) (a shortest word, of length 1)" in page.text


def test_a_card_tells_the_cost_of_a_closure_where_there_was_one():
    net = network("even_pairs")
    certificate = dw.certify(net, net.dfa)
    for cost, told in (
        (" in 0.0 s and about 0 MiB", False),
        (" in 0.9 s and about 40 MiB", True),
        (" in 3.0 s and about 1 MiB", True),
    ):
        text = Page(replace(certificate, search=f"20 tuples{cost}")._repr_html_()).text
        assert "20 tuples" in text
        assert (cost in text) == told


def test_the_verdicts_at_a_glance_are_the_verdicts():
    for name in ("S_3", "even_pairs"):
        c = dw.classify(languages.get(name), seconds=2)
        page = Page(grid(c.verdicts))
        for answer, mark in (("yes", "✓"), ("no", "✗"), ("not known", "?")):
            assert sum(cell.startswith(mark) for cell in page.cells) == sum(v.answer == answer for v in c.verdicts)
        assert all(v.family in page.text and v.size in page.text for v in c.verdicts)
        whole = c._repr_html_()
        assert grid(c.verdicts) in whole
        assert whole.index(grid(c.verdicts)) < whole.index("<details>")


# ---------------------------------------------------------------------- plots


@FEW
@given(st.lists(st.integers(0, 9), max_size=30))
def test_a_walk_is_that_of_the_layer_s_own_state(word):
    """The points against the state of the running layer; and each mirror against the points beside it."""
    net = network("D_5 in two layers")
    letters = [net.dfa.alphabet[a] for a in word]
    found = walk(net, letters)
    (first, second), link = net._mixers(), net.links[0]
    x = net.embedding(torch.tensor([word], dtype=torch.int64))
    h = found.points[0]
    state = second.initial_state[None]  # the initial matrix is the identity
    if word:
        o, _ = first(x)
        _, state = second(link(x, o, first.read_start()[None]))
    assert np.allclose(state[0, 0].double().numpy() @ h, found.points[-1], atol=1e-5)
    assert len(found.orbit) == 10
    for (before, after), angles in zip(pairwise(found.points), found.mirrors, strict=True):
        turn = np.radians(angles[0])
        along = np.array([np.cos(turn), np.sin(turn)])
        assert np.allclose((after - before) @ along, 0, atol=1e-5)
        assert np.isclose((after + before) @ [-along[1], along[0]], 0, atol=1e-5)
        assert np.linalg.norm(found.orbit - after, axis=1).min() < 1e-5


def test_turns_walk_round_their_polygon():
    found = walk(network("turns"), "11111")
    assert [len(angles) for angles in found.mirrors] == [2] * 5
    assert np.allclose(found.points[0], found.points[5])
    assert np.allclose(
        np.linalg.norm(np.diff(found.points, axis=0), axis=1), 2 * np.sin(np.pi / 5) * np.linalg.norm(found.points[0])
    )


TRAJECTORIES = {
    "seven letters of D_5": lambda: trajectory(
        *walk(network("D_5 in two layers"), ["r", "s", "r2", "r", "sr3", "r4", "s"]), title="D_5"
    ),
    "turns": lambda: trajectory(*walk(network("turns"), "1" * 11)),
    "a long word": lambda: trajectory(*walk(network("D_5 in two layers"), ["r", "s", "sr2"] * 20)),
    "arrays": lambda: trajectory(np.random.default_rng(0).normal(size=(5, 2)), ["a letter with a name that is very long"] * 4),
    "no letter": lambda: trajectory([[1.0, 0.0]]),
}


@pytest.mark.parametrize("case", TRAJECTORIES)
def test_no_text_of_a_trajectory_lies_on_another(case):
    picture = TRAJECTORIES[case]()
    for (one, a), (other, b) in combinations(plotted_texts(picture), 2):
        shared = Bbox.intersection(a, b)
        assert shared is None or min(shared.width, shared.height) < 1, f"{one!r} and {other!r} overlap"
    assert TRAJECTORIES[case]().svg() == TRAJECTORIES[case]().svg()
    assert picture.get_figwidth() <= 9


def test_a_trajectory_shows_the_points_it_is_given():
    points = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.5]])
    picture = trajectory(points, "ab")
    shown = [[line for line in axis.lines if line.get_label() == "state"] for axis in picture.axes]
    at = [(float(np.asarray(line.get_xdata())[0]), float(np.asarray(line.get_ydata())[0])) for (line,) in shown]
    assert at == [tuple(point) for point in points]


def test_a_trajectory_refuses_what_does_not_fit():
    with pytest.raises(BadArgument, match=r"\[T \+ 1, 2\]"):
        trajectory([[1.0, 2.0, 3.0]])
    with pytest.raises(BadArgument, match="2 letters for a walk of 1 steps"):
        trajectory([[1.0, 2.0], [2.0, 1.0]], "ab")
    with pytest.raises(BadArgument, match="no head"):
        walk(network("S_3"), [])


def test_the_roofline_is_a_picture_like_the_others():
    record = json.loads((Path(__file__).parent.parent / "bench/results/kernels.json").read_text())
    picture = roofline(record)
    assert picture._repr_svg_() == roofline(record)._repr_svg_()
    assert [axis.get_title() for axis in picture.axes] == ["forward", "forward + backward"]
    with pytest.raises(CorruptFile):
        roofline({})
