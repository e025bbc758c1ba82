"""Green's relations by their definitions (ideals), egg-boxes, maximal subgroups and what they are made of, against sympy."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise, permutations, product
from math import comb, factorial, prod
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import dfas, random_machine
from sympy.combinatorics import Permutation, PermutationGroup

from deltaword import DFA, groups, languages
from deltaword.automata import composition
from deltaword.automata import green as green_module
from deltaword.automata.components import connected_components, strongly_connected_components
from deltaword.automata.composition import composition_factors, simple_group
from deltaword.automata.errors import TooLarge
from deltaword.automata.group_names import description

PROPERTY = settings(max_examples=100, deadline=None)
FEW = settings(max_examples=40, deadline=None)


def same_classes(a, b) -> bool:
    """Two labellings put the same elements together."""
    return len(set(zip(a, b, strict=True))) == len(set(a)) == len(set(b))


def products(dfa: DFA) -> list[list[int]]:
    """The multiplication table, from tuples."""
    maps = [tuple(row) for row in dfa.transition_monoid().elements.tolist()]
    at = {m: i for i, m in enumerate(maps)}
    return [[at[tuple(b[q] for q in a)] for b in maps] for a in maps]


# ---------------------------------------------------------------- the relations


@PROPERTY
@given(dfas(max_states=4, alphabet="ab"))
def test_classes_are_those_of_equal_ideals(dfa):
    green, table = dfa.transition_monoid().green(), products(dfa)
    everything = range(len(table))
    right = [frozenset(table[m]) for m in everything]
    left = [frozenset(table[x][m] for x in everything) for m in everything]
    both = [frozenset(x for m_side in right[m] for x in left[m_side]) for m in everything]
    assert same_classes(green.r, right)
    assert same_classes(green.l, left)
    assert same_classes(green.d, both)
    assert same_classes(green.h, list(zip(right, left, strict=True)))
    monoid = green.monoid
    assert monoid.is_r_trivial == (len(set(right)) == len(table))
    assert monoid.is_l_trivial == (len(set(left)) == len(table))
    assert monoid.is_j_trivial == (len(set(both)) == len(table))

    ideal = {int(d): both[m] for m, d in enumerate(green.d)}
    below = {(a, b) for a in ideal for b in ideal if ideal[b] < ideal[a]}
    covers = {(a, b) for a, b in below if not any((a, c) in below and (c, b) in below for c in ideal)}
    assert set(map(tuple, green.covers.tolist())) == covers
    assert ideal[green.minimal] == min(both, key=len)
    chains = {a: max((height_above(a, below)), default=0) for a in ideal}
    assert green.heights.tolist() == [chains[d] for d in range(green.n_d)]


@pytest.mark.parametrize("name", ["subword_abc", "random_9_2_seed0", "random_11_3_seed3"])
def test_each_class_hangs_from_one_just_above_it(name):
    green = languages.get(name).transition_monoid().green()
    above = {lower: [] for lower in range(green.n_d)}
    for upper, lower in green.covers.tolist():
        above[lower].append(green.heights[upper])
    assert green.heights.tolist() == [max(heights, default=-1) + 1 for heights in above.values()]


def height_above(d: int, below: set[tuple[int, int]]) -> list[int]:
    return [1 + max(height_above(a, below), default=0) for a, b in below if b == d]


@PROPERTY
@given(dfas(max_states=5, alphabet="ab"))
def test_every_d_class_is_a_box_of_equal_h_classes(dfa):
    monoid = dfa.transition_monoid()
    green = monoid.green()
    assert sum(map(len, green.d_classes)) == len(monoid)
    idempotents = set(monoid.idempotents.tolist())
    for d_class in green.d_classes:
        places = d_class.places
        assert sorted(places.ravel().tolist()) == d_class.elements.tolist()
        assert (green.d[places] == d_class.number).all()
        assert (green.h[places] == green.h[places[:, :, :1]]).all()
        assert (green.r[places] == green.r[places[:, :1, :1]]).all()
        assert (green.l[places] == green.l[places[:1, :, :1]]).all()
        assert len(np.unique(green.h[places])) == d_class.n_rows * d_class.n_columns
        assert {len(set(monoid.elements[m].tolist())) for m in d_class.elements} == {d_class.rank}
        starred = np.isin(places, list(idempotents)).sum(axis=2)
        assert starred.max() <= 1
        assert d_class.is_regular == bool(starred.any()) == bool(starred.any(axis=0).all()) == bool(starred.any(axis=1).all())
        assert set(d_class.idempotents.tolist()) == idempotents & set(d_class.elements.tolist())


@pytest.mark.parametrize("n", [3, 5, 6])
def test_all_maps_of_one_rank_are_one_class(n):
    """Rows are the partitions into k blocks (Stirling numbers), columns the sets of k images, groups S_k."""
    green = languages.get(f"T_{n}").transition_monoid().green()
    assert green.n_d == n
    for k, d_class in zip(range(n, 0, -1), green.d_classes, strict=True):
        stirling = sum((-1) ** i * comb(k, i) * (k - i) ** n for i in range(k + 1)) // factorial(k)
        assert (d_class.n_rows, d_class.n_columns, d_class.group_order, d_class.rank) == (stirling, comb(n, k), factorial(k), k)
        assert d_class.group is not None
        assert d_class.group.description == {1: "1", 2: "Z_2"}.get(k, f"S_{k}")


def test_r_trivial_machines_are_those_without_cycles_but_loops():
    for seed in range(60):
        dfa = random_machine(4, "ab", seed)
        if seed % 3:  # mostly downwards
            dfa = DFA(np.minimum(dfa.table, np.arange(4)[:, None] + (seed % 3 - 1)), 3, [0], "ab")
        loops_only = len(set(strongly_connected_components(dfa.table).tolist())) == dfa.n_states
        assert dfa.transition_monoid().is_r_trivial == loops_only


def test_d_classes_are_found_by_number():
    d_classes = languages.get("T_3").transition_monoid().green().d_classes
    assert [d_class.number for d_class in d_classes[1:]] == [1, 2]
    assert d_classes[-1] is d_classes[2]
    with pytest.raises(IndexError, match="D-class 3 is not one of the 3 classes"):
        d_classes[3]


def test_too_many_d_classes_are_refused(monkeypatch):
    green = languages.get("subword_abc").transition_monoid().green()
    monkeypatch.setattr(green_module, "MAX_ORDERED", 13)
    with pytest.raises(TooLarge, match="14 D-classes are too many to order"):
        green.covers  # noqa: B018


# ---------------------------------------------------------------- components of graphs


@PROPERTY
@given(
    st.integers(1, 12).flatmap(
        lambda n: st.lists(st.lists(st.integers(0, n - 1), min_size=2, max_size=2), min_size=n, max_size=n)
    )
)
def test_components_agree_with_networkx(successors):
    import networkx

    n, edges = len(successors), [(v, w) for v, targets in enumerate(successors) for w in targets]
    graph = networkx.DiGraph(edges)
    tails, heads = np.array(edges).T
    strong = strongly_connected_components(np.array(successors))
    weak = connected_components(n, tails, heads)
    assert {frozenset(np.flatnonzero(strong == c)) for c in strong} == set(
        map(frozenset, networkx.strongly_connected_components(graph))
    )
    assert {frozenset(np.flatnonzero(weak == c)) for c in weak} == set(
        map(frozenset, networkx.weakly_connected_components(graph))
    )
    for classes in (strong, weak):
        assert list(dict.fromkeys(classes.tolist())) == list(range(classes.max() + 1))


def test_long_paths_do_not_exhaust_the_stack():
    n = 50_000
    line = np.minimum(np.arange(n) + 1, n - 1)[:, None]
    assert len(set(strongly_connected_components(line).tolist())) == n
    circle = (np.arange(n) + 1)[:, None] % n
    assert set(strongly_connected_components(circle).tolist()) == {0}
    assert set(connected_components(n, np.arange(n), circle[:, 0]).tolist()) == {0}


# ---------------------------------------------------------------- maximal subgroups


@PROPERTY
@given(dfas(max_states=5, alphabet="ab"))
def test_subgroups_are_the_h_classes_of_idempotents(dfa):
    monoid = dfa.transition_monoid()
    for d_class in monoid.green().d_classes:
        group = d_class.group
        if group is None:
            continue
        points = group.points
        permuted = {tuple(points.index(monoid.elements[m, q]) for q in points) for m in group.elements}
        sympy_group = group.permutation_group
        assert group.order == len(group.elements) == sympy_group.order() == d_class.group_order
        assert permuted == {tuple(g.array_form) for g in sympy_group.elements}
        assert group.degree == len(points) == d_class.rank
        assert group.is_solvable == sympy_group.is_solvable
        assert group.is_abelian == sympy_group.is_abelian
    listed = [(group.order, group.d_class) for group in monoid.groups]
    assert listed == sorted(
        ((d.group_order, d.number) for d in monoid.green().d_classes if d.is_regular and d.group_order > 1),
        key=lambda x: (-x[0], x[1]),
    )
    assert monoid.is_solvable == all(group.permutation_group.is_solvable for group in monoid.groups)


def test_a_random_machine_of_eight_states_is_not_solvable():
    """Counted with other software as well: groups S_5, S_4, … in a monoid of 184,066."""
    monoid = languages.get("random_8_3_seed0").transition_monoid()
    assert [group.description for group in monoid.groups] == ["S_5", "S_4", "Z_6", "S_3", "Z_2"]
    assert not monoid.is_solvable
    assert monoid.composition_factors == ("Z_2", "Z_3", "A_5")


def test_a_group_acting_on_itself_is_recognised():
    monoid = languages.get("S_5").syntactic_monoid()
    (group,) = monoid.groups
    assert (group.description, group.order, group.degree) == ("S_5", 120, 120)
    assert group.composition_factors == ("Z_2", "A_5")
    assert not group.is_solvable
    assert repr(group).startswith("Subgroup(S_5, on the states 0, 1")


# ---------------------------------------------------------------- composition factors


def psl2(q: int) -> list[tuple[int, ...]]:
    """PSL(2,q), q prime, on the q + 1 points of the projective line: x + 1, and -1/x; point q is infinity."""
    shift = tuple([(x + 1) % q for x in range(q)] + [q])
    invert = tuple([q if x == 0 else -pow(x, -1, q) % q for x in range(q)] + [0])
    return [shift, invert]


def linear(matrices: list[list[list[int]]], p: int, vectors: list[tuple[int, ...]], projective: bool = False):
    """Matrices over GF(p) acting on row vectors; `projective`: on lines, by the vector whose first non-zero entry is 1."""
    at = {v: i for i, v in enumerate(vectors)}

    def image(v, matrix):
        w = [sum(x * matrix[i][j] for i, x in enumerate(v)) % p for j in range(len(v))]
        if projective:
            lead = pow(next(x for x in w if x), -1, p)
            w = [x * lead % p for x in w]
        return at[tuple(w)]

    return [tuple(image(v, matrix) for v in vectors) for matrix in matrices]


def lines(p: int, n: int) -> list[tuple[int, ...]]:
    return [v for v in product(range(p), repeat=n) if any(v) and next(x for x in v if x) == 1]


def affine_gl(n: int) -> list[tuple[int, ...]]:
    """AGL(n,2) on 2^n points: two matrices that generate GL(n,2), and a translation."""
    vectors = list(product(range(2), repeat=n))
    add = [[int(i == j or (i, j) == (0, 1)) for j in range(n)] for i in range(n)]
    turn = [[int(j == (i + 1) % n) for j in range(n)] for i in range(n)]
    shift = tuple(vectors.index((1 - v[0], *v[1:])) for v in vectors)
    return [*linear([add, turn], 2, vectors), shift]


def psl_3_4() -> list[tuple[int, ...]]:
    """PSL(3,4) on 21 points: GF(4) as 0, 1, 2 = w, 3 = w + 1, addition is xor; elementary matrices generate SL."""
    times = [[0, 0, 0, 0], [0, 1, 2, 3], [0, 2, 3, 1], [0, 3, 1, 2]]
    inverse = [0, 1, 3, 2]
    vectors = [v for v in product(range(4), repeat=3) if any(v) and next(x for x in v if x) == 1]
    at = {v: i for i, v in enumerate(vectors)}

    def image(v, i, j, c):
        w = list(v)
        w[j] ^= times[w[i]][c]
        lead = inverse[next(x for x in w if x)]
        return at[tuple(times[x][lead] for x in w)]

    return [tuple(image(v, i, j, c) for v in vectors) for i, j in permutations(range(3), 2) for c in (1, 2)]


ELEMENTARY_3 = [[[1, 1, 0], [0, 1, 0], [0, 0, 1]], [[0, 1, 0], [0, 0, 1], [1, 0, 0]]]
ELEMENTARY_4 = [
    [[1, 1, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]],
    [[0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [1, 0, 0, 0]],
]
M_11 = [(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0), (0, 1, 6, 9, 5, 3, 10, 2, 8, 4, 7)]  # (0 1 … 10), (2 6 10 7)(3 9 4 5)
A5_TWICE = [(1, 2, 3, 4, 0, 5, 6, 7, 8, 9), (1, 2, 0, 3, 4, 5, 6, 7, 8, 9), (5, 6, 7, 8, 9, 0, 1, 2, 3, 4)]
NONZERO_5 = [v for v in product(range(5), repeat=2) if any(v)]
SL_2_5 = linear([[[1, 1], [0, 1]], [[0, 1], [4, 0]]], 5, NONZERO_5)
SL_2_5_BESIDE_A_5 = [
    *((*g, *range(24, 29)) for g in SL_2_5),
    *((*range(24), *g) for g in [(25, 26, 27, 28, 24), (25, 26, 24, 27, 28)]),
]

FACTORS = {
    "trivial": ([(0,)], 1, ()),
    "S_4": ([(1, 2, 3, 0), (1, 0, 2, 3)], 24, ("Z_2", "Z_2", "Z_2", "Z_3")),
    "S_9": ([(*range(1, 9), 0), (1, 0, *range(2, 9))], 362880, ("Z_2", "A_9")),
    "A_5 twice, exchanged": (A5_TWICE, 7200, ("Z_2", "A_5", "A_5")),
    "SL(2,5)": (SL_2_5, 120, ("Z_2", "A_5")),
    "SL(2,5) beside A_5": (SL_2_5_BESIDE_A_5, 7200, ("Z_2", "A_5", "A_5")),
    "PSL(2,7) on 8": (psl2(7), 168, ("PSL(2,7)",)),
    "PSL(3,2) on 7": (linear(ELEMENTARY_3, 2, lines(2, 3)), 168, ("PSL(2,7)",)),
    "PSL(2,11)": (psl2(11), 660, ("PSL(2,11)",)),
    "PSL(2,13)": (psl2(13), 1092, ("PSL(2,13)",)),
    "PSL(2,17)": (psl2(17), 2448, ("PSL(2,17)",)),
    "PSL(3,3) on 13": (linear(ELEMENTARY_3, 3, lines(3, 3), projective=True), 5616, ("PSL(3,3)",)),
    "M_11": (M_11, 7920, ("M_11",)),
    "AGL(3,2)": (affine_gl(3), 1344, ("Z_2", "Z_2", "Z_2", "PSL(2,7)")),
    "PSL(4,2) on 15": (linear(ELEMENTARY_4, 2, lines(2, 4)), 20160, ("A_8",)),
    "PSL(3,4) on 21": (psl_3_4(), 20160, ("PSL(3,4)",)),
}


@pytest.mark.parametrize("name", FACTORS)
def test_known_groups_have_their_composition_factors(name):
    generators, order, factors = FACTORS[name]
    assert PermutationGroup([Permutation(list(g)) for g in generators]).order() == order
    assert composition_factors(generators, order) == factors


def test_all_even_permutations_are_recognised_without_listing():
    generators = [(*range(1, 29), 0, 29), (1, 2, *range(3, 29), 29, 0)]
    assert composition_factors(generators, factorial(30) // 2) == ("A_30",)
    assert composition_factors(generators, factorial(30)) == ("Z_2", "A_30")
    with pytest.raises(TooLarge, match="too large to take apart"):
        composition_factors(generators, 2**40)


@st.composite
def permutation_groups(draw, max_degree: int = 7):
    degree = draw(st.integers(2, max_degree))
    return [tuple(draw(st.permutations(range(degree)))) for _ in range(draw(st.integers(1, 3)))]


@PROPERTY
@given(permutation_groups())
def test_factors_multiply_to_the_order_and_agree_with_sympy(generators):
    group = PermutationGroup([Permutation(list(g)) for g in generators])
    order = int(group.order())
    factors = composition_factors(generators, order)
    sizes = {"A_5": 60, "A_6": 360, "A_7": 2520, "PSL(2,7)": 168}
    assert prod(sizes.get(name) or int(name.removeprefix("Z_")) for name in factors) == order
    solvable = all(name.startswith("Z_") for name in factors)
    assert solvable == group.is_solvable
    if solvable and order > 1:
        series = [int(subgroup.order()) for subgroup in group.composition_series()]
        assert Counter(factors) == Counter(f"Z_{a // b}" for a, b in pairwise(series))


def test_simple_groups_are_named_by_their_order():
    """All 56 simple groups that are not cyclic, of order below a million; the Atlas counts them."""
    orders = [n for n in range(60, 10**6, 4) if could_be_simple(n)]
    named = {simple_group(n, True) for n in orders} | {simple_group(20160, False)}
    assert len(named) == 56


def could_be_simple(n: int) -> bool:
    alternating = {factorial(m) // 2 for m in range(5, 10)}
    return n in alternating or n in composition.OTHER_SIMPLE_GROUPS or n in PSL_ORDERS


PSL_ORDERS = {composition.order_of_psl_2(q) for q in range(7, 128)}


# ---------------------------------------------------------------- names of groups


@pytest.mark.parametrize(
    ("group", "name"),
    [
        (groups.cyclic(1), "1"),
        (groups.cyclic(12), "Z_12"),
        (groups.direct_product(groups.cyclic(2), groups.cyclic(2)), "Z_2 × Z_2"),
        (groups.direct_product(groups.cyclic(4), groups.cyclic(6)), "Z_2 × Z_12"),
        (groups.direct_product(groups.cyclic(3), groups.cyclic(5)), "Z_15"),
        (groups.direct_product(groups.cyclic(2), groups.cyclic(4), groups.cyclic(9), groups.cyclic(3)), "Z_6 × Z_36"),
        (groups.symmetric(3), "S_3"),
        (groups.dihedral(3), "S_3"),
        (groups.dihedral(4), "D_4"),
        (groups.dihedral(9), "D_9"),
        (groups.quaternion(), "Q_8"),
        (groups.alternating(4), "A_4"),
        (groups.symmetric(7), "S_7"),
        (groups.alternating(9), "A_9"),
        (groups.direct_product(groups.symmetric(3), groups.symmetric(4)), "S_4 × S_3"),
        (groups.from_permutations([(1, 2, 3, 4, 0), (0, 2, 4, 1, 3)]), "Z_5 ⋊ Z_4"),
        (groups.from_permutations([(1, 2, 3, 4, 5, 6, 0), (0, 2, 4, 6, 1, 3, 5)]), "Z_7 ⋊ Z_3"),
        (groups.from_permutations(psl2(7)), "PSL(2,7)"),
        (groups.from_permutations(SL_2_5), "order 120 (Z_2, A_5)"),
        (groups.from_permutations([(1, 0, 2, 3), (0, 1, 3, 2), (2, 3, 0, 1)]), "D_4"),
        (groups.from_permutations([(1, 2, 0, 4, 5, 3), (1, 0, 2, 4, 3, 5)]), "S_3"),  # twice the same, not side by side
    ],
    ids=lambda value: value if isinstance(value, str) else value.symbol,
)
def test_groups_are_called_by_their_names(group, name):
    assert description(group.generators, group.order) == name


@pytest.mark.parametrize(
    ("group", "name"),
    [
        (groups.symmetric(3), "S_3"),
        (groups.symmetric(4), "S_4"),
        (groups.alternating(4), "A_4"),
        (groups.alternating(5), "A_5"),
        (groups.symmetric(5), "S_5"),
        (groups.symmetric(6), "S_6"),
        (groups.dihedral(6), "D_6"),
        (groups.direct_product(groups.cyclic(2), groups.alternating(4)), "order 24 (Z_2^3, Z_3)"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.symbol,
)
def test_groups_that_act_on_themselves_are_recognised_too(group, name):
    table = group.word_problem(group.generators).table
    assert description([tuple(column) for column in table.T.tolist()], group.order) == name


def pgl_2_9() -> list[tuple[int, ...]]:
    """PGL(2,9) on 10 points: GF(9) = GF(3)(i), i² = -1; x + 1, x + i, g·x for a generator g, 1/x."""
    field = list(product(range(3), repeat=2))

    def mul(a, b):
        return (a[0] * b[0] - a[1] * b[1]) % 3, (a[0] * b[1] + a[1] * b[0]) % 3

    inverse = {a: b for a in field for b in field if mul(a, b) == (1, 0)}
    at = {a: i for i, a in enumerate(field)}
    shifts = [tuple([at[(x + a) % 3, (y + b) % 3] for x, y in field] + [9]) for a, b in [(1, 0), (0, 1)]]
    scale = tuple([at[mul((1, 1), a)] for a in field] + [9])
    invert = tuple([9 if a == (0, 0) else at[inverse[a]] for a in field] + [0])
    return [*shifts, scale, invert]


def test_the_other_extension_of_a6_is_not_called_s6():
    generators = pgl_2_9()
    assert PermutationGroup([Permutation(list(g)) for g in generators]).order() == 720
    assert description(generators, 720) == "order 720 (Z_2, A_6)"


def order_of(images: Sequence[int]) -> int:
    """By repeating the permutation until nothing is moved."""
    power, times = list(images), 1
    while power != sorted(power):
        power, times = [images[q] for q in power], times + 1
    return times


@FEW
@given(permutation_groups(6))
def test_a_name_stands_for_a_group_with_elements_of_the_same_orders(generators):
    """A necessary condition: rebuild the group from its name and count elements by their order."""
    group = PermutationGroup([Permutation(list(g)) for g in generators])
    name = description(generators, int(group.order()))
    if "order" in name or "⋊" in name:
        return
    families = {"Z": groups.cyclic, "S": groups.symmetric, "A": groups.alternating, "D": groups.dihedral}
    if name == "1":
        named = groups.cyclic(1)
    else:
        named = groups.direct_product(*(families[part[0]](int(part[2:])) for part in name.split(" × ")))
    counted = Counter(order_of(named.permutation(x)) for x in named.elements)
    assert Counter(order_of(images) for images in group.generate(af=True)) == counted  # pyright: ignore[reportArgumentType]
    assert group.is_abelian == all(
        named.multiply(a, b) == named.multiply(b, a) for a in named.elements for b in named.elements[:30]
    )


# ---------------------------------------------------------------- pictures


@pytest.mark.parametrize("name", ["T_3", "dyck_2_depth_2", "subword_abc", "random_9_2_seed0", "T_6", "O_4", "Z_2xZ_4", "S_5"])
def test_pictures_show_every_word_of_what_they_spell(name):
    monoid = languages.get(name).transition_monoid()
    green = monoid.green()
    svg = green.to_svg()
    root = ElementTree.fromstring(svg)
    shown = ["".join(text.itertext()) for text in root.iter("{http://www.w3.org/2000/svg}text")]
    spelt = [d for d in green.d_classes if len(d) <= 150 and d.n_columns <= 20]
    assert sum(words.endswith("★") for words in shown) == sum(len(d.idempotents) for d in spelt)
    if monoid.dfa.letters_are_characters:
        words = [monoid.words[m] or "ε" for d in spelt for m in d.elements]
        assert {word for word in words if len(word) <= 16} <= {word.removesuffix("★") for word in shown}
    assert sum("places of" in words for words in shown) == green.n_d - len(spelt)
    lines = list(root.iter("{http://www.w3.org/2000/svg}polyline"))
    assert len(lines) == len(green.covers)
    assert green._repr_svg_() == svg


def test_no_box_of_a_picture_covers_another():
    for name in ("subword_abc", "random_9_2_seed0", "T_6", "random_5_2_seed0"):
        root = ElementTree.fromstring(languages.get(name).transition_monoid().green().to_svg())
        frames = [
            [float(rect.get(key, 0)) for key in ("x", "y", "width", "height")]
            for rect in root.iter("{http://www.w3.org/2000/svg}rect")
            if rect.get("stroke-width") == "1.6"
        ]
        view = [float(x) for x in root.get("viewBox", "").split()]
        for i, (x, y, w, h) in enumerate(frames):
            assert view[0] <= x <= x + w <= view[0] + view[2]
            assert view[1] <= y <= y + h <= view[1] + view[3]
            for u, v, s, t in frames[:i]:
                assert x + w <= u or u + s <= x or y + h <= v or v + t <= y


def test_a_monoid_of_too_many_classes_has_no_picture():
    green = languages.get("random_8_3_seed0").transition_monoid().green()
    assert green._repr_svg_() is None
    with pytest.raises(TooLarge, match="2170 D-classes"):
        green.to_svg()
