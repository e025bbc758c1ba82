"""LaTeX of statements and constructions: it compiles, it is balanced, no character is lost, and its numbers are the numbers."""

import importlib
import random
import re
from fractions import Fraction
from math import cos, pi, sqrt

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from pdflatex import compiled, needs_pdflatex
from test_cli import run
from theory_strategies import machine_of

from deltaword import certify, compile, languages, plan
from deltaword.theory import papers
from deltaword.theory.constructions.one_layer import one_layer
from deltaword.theory.cyclotomic import cos_pi, sin_pi
from deltaword.theory.cyclotomic import sqrt as exact_sqrt
from deltaword.theory.exact_stack import ExactStack
from deltaword.theory.householder import product
from deltaword.theory.latex import characters, document, matrix, number, prose, unmapped
from deltaword.theory.latex.characters import character, label
from deltaword.theory.latex.prose import sentences
from deltaword.theory.limits import Family, counting_bound, parity_bound
from deltaword.theory.statements import statements

PROPERTY = settings(max_examples=150, deadline=None)

CONSTRUCTIONS = {
    "parity": papers.parity(),
    "counting 3": papers.counting(3),
    "counting 5": papers.counting(5),
    "counting 7 in two layers": papers.counting(7, layers=2),
    "D_4": papers.dihedral(4),
    "D_5": papers.dihedral(5, letters="generators"),
    "D_12": papers.dihedral(12, letters="generators"),
    "S_3": papers.symmetric(3),
    "S_4": papers.symmetric(4),
    "S_3 in three layers": papers.symmetric(3, layers=3),
    "S_3 in four layers": papers.symmetric(3, layers=4),
    "cube": papers.rotations("cube", letters="generators"),
    "icosahedron": papers.rotations("icosahedron", letters="generators"),
    "matrices": papers.group({"é ‖": [[0, -1], [1, 0]], "😀": [[1, 0], [0, -1]]}),
}
MACHINES = ("flip_flop", "T_3", "permutation_reset_3", "saturating_counter_2", "a_star_b_star")


# ---------------------------------------------------------------------- what is sound LaTeX

_OURS = (
    "section subsection paragraph item begin end emph textit texttt text left right label title date maketitle "
    "documentclass usepackage theoremstyle newtheorem setlength oddsidemargin textwidth topmargin textheight "
    "parindent parskip allowdisplaybreaks sloppy par mathsf mathbb hat tilde bar dot ddot ln tanh tfrac sqrt "
    "operatorname prime sum prod surd cos sin tan det log exp dim ker max min gcd alpha qquad perp in times char "
    "textvisiblespace cdots frac"
)
COMMANDS = {rf"\{name}" for name in _OURS.split(" ")}
for table in (characters.GREEK, characters.OPERATORS, characters.SYMBOLS, characters.BRACKET_NAMES, characters.TEXT):
    for text in table.values():
        COMMANDS |= set(re.findall(r"\\[A-Za-z]+", text))
COMMANDS |= {rf"\{accent}" for accent in characters.ACCENTS.values() if accent.isalpha()}


def faults(tex: str) -> list[str]:
    """What is wrong with a piece of LaTeX, as far as can be said without TeX."""
    found = [f"not ASCII: {c!r} U+{ord(c):04X}" for c in sorted(set(tex)) if not c.isascii()]
    found += [f"unknown character {c}" for c in sorted(set(re.findall(r"\\texttt\{U\+[0-9A-F]+\}", tex)))]
    found += [f"unknown command {c}" for c in sorted(set(re.findall(r"\\[A-Za-z]+", tex.replace("\\\\", ""))) - COMMANDS)]
    depth, formula, environments = 0, "", []
    for token in re.finditer(r"\\begin\{(\w+)\}|\\end\{(\w+)\}|\\\\|\\[(\[)\]]|\\[^A-Za-z]|[{}$]|\n\n", tex):
        at, text = token.start(), token.group()
        if token[1]:
            environments.append((token[1], depth))
        elif token[2] and (not environments or environments.pop() != (token[2], depth)):
            found.append(f"\\end{{{token[2]}}} at {at} ends something else")
        elif text in (r"\(", r"\["):
            found += [f"a formula begins within one at {at}"] if formula else []
            formula = text
        elif text in (r"\)", r"\]"):
            found += [] if formula == {")": r"\(", "]": r"\["}[text[1]] else [f"{text} at {at} ends no formula"]
            formula = ""
        elif text in "{}":
            depth += 1 if text == "{" else -1
            found += [f"a closing brace too many at {at}"] if depth < 0 else []
        elif text == "$":
            found.append(f"a dollar at {at}")
        elif text == "\n\n" and formula:
            found.append(f"a paragraph ends within a formula at {at}")
    found += [f"{depth} braces are open"] if depth else []
    found += [f"open: {environments}{formula}"] if environments or formula else []
    return found


@pytest.mark.parametrize(
    ("tex", "what"),
    [
        ("β", "not ASCII: 'β'"),
        (r"\texttt{U+1F600}", "unknown character"),
        (r"\undefined", "unknown command"),
        (r"{a", "braces are open"),
        (r"a}", "closing brace"),
        (r"\(a", "open: "),
        (r"\(a\]", "ends no formula"),
        (r"\(a \(b\)\)", "begins within"),
        (r"\begin{a}\end{b}", "ends something else"),
        (r"\begin{a}{\end{a}}", "ends something else"),
        (r"a $ b", "a dollar"),
        ("\\(a\n\nb\\)", "a paragraph ends"),
    ],
)
def test_the_scan_objects(tex, what):
    assert any(what in fault for fault in faults(tex))


@pytest.mark.parametrize("statement", statements(), ids=lambda s: s.name)
def test_every_character_of_every_statement_is_known(statement):
    refuted = statement.refute()
    texts = {**statement.parts, "example": statement.example(), "variant": refuted.variant, "refuted": refuted.says}
    unknown = {part: sorted(unmapped(text)) for part, text in texts.items() if unmapped(text)}
    assert not unknown, f"{statement.name}: add these characters to theory/latex/characters.py: {unknown}"


@pytest.mark.parametrize("statement", statements(), ids=lambda s: s.name)
def test_every_statement_is_sound_latex(statement):
    tex = statement.latex()
    assert faults(tex) == []
    assert tex.startswith(r"\begin{theorem}[{")
    assert r"\begin{proof}" in tex
    assert rf"\item[Evidence] {statement.kind.capitalize()[:6]}" in tex
    assert len(re.findall(r"\\item\[", tex)) >= 5  # source, check, evidence, example, false variant


@pytest.mark.parametrize("name", CONSTRUCTIONS)
def test_every_construction_is_sound_latex(name):
    made = CONSTRUCTIONS[name]
    tex = made.latex(made.proof())
    assert [fault for fault in faults(tex) if "U+1F600" not in fault] == []
    assert tex.count(r"\paragraph{Link") == len(made.stack.links)
    assert all(label(letter) in tex for letter in made.dfa.alphabet)


@pytest.mark.parametrize("name", MACHINES)
def test_layers_stacks_plans_and_certificates_are_sound_latex(name):
    dfa = languages.get(name)
    network = compile(dfa)
    pieces = [network.plan.latex(), plan(dfa).latex(), certify(network, dfa).latex()]
    if name not in ("T_3", "a_star_b_star"):
        layer = one_layer(dfa)[0][0].layer(dfa)
        pieces += [layer.latex(), ExactStack.of(layer).latex()]
        shown = layer._repr_latex_()
        assert shown is not None
        assert faults(shown.removeprefix("$$").removesuffix("$$")) == []
    for tex in pieces:
        assert faults(tex) == []
    assert faults(document(*pieces, title="β & all")) == []


def test_a_large_layer_is_no_formula():
    (head,) = CONSTRUCTIONS["S_4"].stack.layers[0]
    layer = one_layer(languages.get("S_4"))[0][0].layer(languages.get("S_4"))
    assert len(head.letters) == 24
    assert layer._repr_latex_() is None
    assert r"\begin{itemize}" in layer.latex()


@PROPERTY
@given(st.text())
def test_any_text_is_sound_latex(text):
    known = "".join(c if not unmapped(c) else "?" for c in text)
    assert faults(prose(known)) == []
    assert [fault for fault in faults(prose(text)) if not fault.startswith("unknown character")] == []
    assert [fault for fault in faults(label(text)) if not fault.startswith("unknown character")] == []


@PROPERTY
@given(st.text(alphabet="abAIRnxΣβ‖|·−-+=≤√½²ⁿᵀ_^'!*/()[]{},.;: 0125…⟨⟩⊥#\"“", max_size=40))
def test_any_text_of_our_characters_is_sound_latex(text):
    assert faults(prose(text)) == []


# ---------------------------------------------------------------------- what it says

TEXTS = {
    "G = I − β k kᵀ, ‖G‖ ≤ 1.": r"\(G = I - \beta k k^{\mathsf{T}}\), \(\|G\| \leq 1\).",
    "A cycle of n points": r"A cycle of \(n\) points",
    "A = U diag(s) Vᵀ": r"\(A = U \operatorname{diag}(s) V^{\mathsf{T}}\)",
    "there is such a u": r"there is such a \(u\)",
    "such as a b = c": r"such as \(a b = c\)",
    "x − a (v·x) v": r"\(x - a (v\cdot x) v\)",
    "S_n takes n − #cycles": r"\(S_{n}\) takes \(n - \#\text{cycles}\)",
    "S_n's states, v'·x": r"\(S_{n}\)'s states, \(v^{\prime}\cdot x\)",
    "S in Rⁿˣⁿ but G = R²": r"\(S\) in \(\mathbb{R}^{n\times n}\) but \(G = R^{2}\)",
    "the hyperplane k⊥ of": r"the hyperplane \(k^{\perp}\) of",
    "√5 and ½(1 + √(1 + x))": r"\(\sqrt{5}\) and \(\tfrac{1}{2}(1 + \sqrt{1 + x})\)",
    "Σ_i c_i x_i over Σ*": r"\(\sum_{i} c_{i} x_{i}\) over \(\Sigma^{*}\)",
    "x_{t−1}, M_ij and (I + L)⁻¹": r"\(x_{t-1}\), \(M_{ij}\) and \((I + L)^{-1}\)",
    "the key (1, -1) or [[0, 1], [1, 0]]": (
        r"the key \((1, -1)\) or \(\left(\begin{smallmatrix}0 & 1 \\ 1 & 0\end{smallmatrix}\right)\)"
    ),
    "(0 1 2) in S_3": r"\((0\;1\;2)\) in \(S_{3}\)",
    "(a) one, (i) two, f(x)": r"(a) one, (i) two, \(f(x)\)",
    "the spaces span Rⁿ, rank(I − Q) the rank": (
        r"the spaces span \(\mathbb{R}^{n}\), \(\operatorname{rank}(I - Q)\) the rank"
    ),
    "max_x n − c_x, the max of": r"\(\max_{x} n - c_{x}\), the max of",
    "2m-gon, n-state and 1,550 rows": r"\(2m\)-gon, \(n\)-state and 1,550 rows",
    "a = 1,550": r"\(a = 1{,}550\)",
    "Krohn–Rhodes, Dieudonné: “50% of a_b & $5”": r"Krohn--Rhodes, Dieudonn\'{e}: ``50\% of \(a_{b}\) \& \$5''",
    "statement group_word_problems in theory/factor.py.": (
        r"statement \texttt{group\_word\_problems} in \texttt{theory/factor.py}."
    ),
    "NC1, MLP and AC0 by way of AB": r"NC1, MLP and AC0 by way of \(AB\)",
    "e·f·e ≠ f·e, (11)* and a*b*": r"\(e\cdot f\cdot e \neq f\cdot e\), \((11)^{*}\) and \(a^{*}b^{*}\)",
    "2^−14 = 2^-14, 10^4": r"\(2^{-14} = 2^{-14}\), \(10^{4}\)",
    "Layer i (i = 1, 2, …) has": r"Layer \(i\) \((i = 1, 2, \ldots)\) has",
    "E. Goles has k̂ = fl(k); as A is": r"E. Goles has \(\hat{k} = \operatorname{fl}(k)\); as \(A\) is",
    "(1) Σ_t h_t, s = 2^−finest": r"(1) \(\sum_{t} h_{t}\), \(s = 2^{-\text{finest}}\)",
    "V = span X, (xy)^ω and (ab|ba)*": r"\(V = \operatorname{span} X\), \((xy)^{\omega}\) and \((ab|ba)^{*}\)",
    "the 1s of 16 −93 ~ 2, p ~ q": r"the 1s of \(16\) \(-93 \sim 2\), \(p \sim q\)",
    "`code` of l_class_registers": r"\texttt{code} of \texttt{l\_class\_registers}",
    "found 1.1e-08 out of it, x = 2.5e+4": r"found 1.1e-08 out of it, \(x = 2.5 \cdot 10^{4}\)",
    "m = 2 … 9 and x_1, …, x_n": r"\(m = 2 \ldots 9\) and \(x_{1}\), \ldots{}, \(x_{n}\)",
}


@pytest.mark.parametrize("text", TEXTS)
def test_texts_are_set_as_a_reader_would(text):
    assert prose(text) == TEXTS[text]


def test_words_are_kept():
    """Taking the formulas away from both leaves the same words."""
    for statement in statements():
        for part in statement.parts.values():
            words = re.findall(r"[A-Za-z]{4,}", re.sub(r"[A-Za-z0-9_/]*[_./][A-Za-z0-9_/.]+", " ", part))
            tex = re.sub(
                r"\\operatorname|\\text(tt)?|\\mathsf|\\mathbb|\\tfrac|\\sqrt|\\prime|\\begin|\\end|smallmatrix",
                " ",
                prose(part),
            )
            tex = re.sub(r"\\['\"`^~=.uvHcr]\{([A-Za-z])\}", r"\1", tex)
            missing = [word for word in words if word not in tex]
            assert not missing, f"{statement.name}: {missing}"


def test_characters_that_latex_does_not_know_are_shown_by_their_numbers():
    assert prose("the 😀 word") == r"the \texttt{U+1F600} word"
    assert unmapped("β 😀 é ½ …") == {"😀"}
    assert character("ő") == r"\H{o}"


# ---------------------------------------------------------------------- its numbers are the numbers


def value(tex: str) -> float:
    """What a number in LaTeX is worth: Python's arithmetic after a few replacements."""
    text = tex.replace(r"\pi", "*pi")
    for _ in range(8):
        text = re.sub(r"\\sqrt\{([^{}]*)\}", r"*sqrt(\1)", text)
        text = re.sub(
            r"\\cos\s*\\tfrac\{([^{}]*)\}\{([^{}]*)\}",
            lambda m: f"*cos((1{m[1]})/({m[2]}))" if m[1].startswith("*") else f"*cos(({m[1]})/({m[2]}))",
            text,
        )
        text = re.sub(r"\\t?frac\{([^{}]*)\}\{([^{}]*)\}", lambda m: f"(({_lead(m[1])})/({m[2]}))", text)
    return eval(_lead(text), {"sqrt": sqrt, "cos": cos, "pi": pi})


def _lead(text: str) -> str:
    return re.sub(r"(^|[-+(]\s*)\*", r"\g<1>", text.strip())


small = st.fractions(-5, 5, max_denominator=12)
exact_numbers = st.one_of(
    st.integers(-99, 99),
    small,
    st.builds(lambda a, b, d: a + b * exact_sqrt(d), small, small, st.integers(2, 30)),
    st.builds(lambda a, b, p, q: a + b * cos_pi(p, q), small, small, st.integers(0, 30), st.integers(1, 16)),
    st.builds(lambda a, p, q: a * sin_pi(p, q) + cos_pi(p + 1, q), small, st.integers(0, 30), st.integers(1, 16)),
)


@PROPERTY
@given(exact_numbers)
def test_a_number_in_latex_is_the_number(x):
    tex = number(x)
    assert faults(rf"\({tex}\)") == []
    assert value(tex) == pytest.approx(float(x), abs=1e-9)


def test_numbers_are_written_with_roots_where_they_have_them():
    assert number(cos_pi(1, 4)) == r"\tfrac{\sqrt{2}}{2}"
    assert number(1 - cos_pi(1, 5)) == r"\tfrac{3 - \sqrt{5}}{4}"
    assert number(Fraction(-3, 2) * exact_sqrt(3)) == r"-\tfrac{3\sqrt{3}}{2}"
    assert number(cos_pi(1, 7) - 1) == r"-1 + \cos\tfrac{\pi}{7}"
    sympy = pytest.importorskip("sympy")
    assert number(sympy.sqrt(2) + sympy.sqrt(3)) == sympy.latex(sympy.sqrt(2) + sympy.sqrt(3))


def matrices(tex: str) -> list[np.ndarray]:
    """The matrices M of a layer, as floats."""
    bodies = re.findall(r"M = \\left\(\\begin\{smallmatrix\}(.*?)\\end\{smallmatrix\}", tex)
    return [np.array([[value(x) for x in row.split("&")] for row in body.split(r"\\")]) for body in bodies]


@pytest.mark.parametrize("name", ["counting 5", "cube", "icosahedron", "S_3"])
def test_the_matrices_of_a_layer_are_the_products_of_its_steps(name):
    stack = CONSTRUCTIONS[name].stack
    (head,) = stack.layers[0]
    wanted = [product(action.steps, head.K).astype(float) for action in head.letters if action.steps]
    found = matrices(stack.latex())
    assert len(found) == len(wanted)
    assert all(np.allclose(a, b) for a, b in zip(found, wanted, strict=True))


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 5).flatmap(lambda n: st.lists(st.permutations(range(n)), min_size=1, max_size=3)))
def test_letters_that_do_the_same_are_written_once(letters):
    dfa = machine_of(letters).reachable()
    if dfa.n_states < 2:
        return
    tex = one_layer(dfa)[0][0].layer(dfa).latex()
    assert faults(tex) == []
    assert tex.count(r"\item") % len({tuple(column) for column in dfa.table.T.tolist()}) == 0
    assert tex.count(r"\paragraph{Readout}") == 1


# ---------------------------------------------------------------------- others read it


def test_matplotlib_reads_the_formulas_of_the_statements():
    mathtext = pytest.importorskip("matplotlib.mathtext")
    parser = mathtext.MathTextParser("path")
    read = 0
    for statement in statements():
        for formula in sorted(set(re.findall(r"\\\((.*?)\\\)", statement.latex()))):
            if r"\begin" in formula:
                continue  # mathtext has no matrices
            try:
                parser.parse(f"${formula.replace('tfrac', 'frac')}$")
            except ValueError as error:
                raise AssertionError(f"{statement.name}: {formula}: {error}") from None
            read += 1
    assert read > 300


@needs_pdflatex
def test_all_statements_compile(tmp_path):
    log = compiled(document(*(statement.latex() for statement in statements()), title="Statements"), tmp_path)
    assert "Missing character" not in log


@needs_pdflatex
def test_constructions_plans_and_certificates_compile(tmp_path):
    pieces = [made.latex(made.proof()) for made in CONSTRUCTIONS.values()]
    for name in MACHINES:
        dfa = languages.get(name)
        network = compile(dfa)
        pieces += [network.plan.latex(), certify(network, dfa).latex()]
    log = compiled(document(*pieces), tmp_path)
    assert "Missing character" not in log


def findings() -> list:
    """Cannot; escapes by an exact eigenvalue, a rounded one, one of a word and one of a family; undecided; of several layers."""
    flip, turn = {"0": [[1]], "1": [[-1]]}, {"x 'y'": [[0, 0, 1], [1, 0, 0], [0, 1, 0]]}
    rounded = {"a": np.array([[0.1, 0.7], [-0.7, 0.1]])}
    defective = {"a": np.array([[0.5, 1.0], [-(2.0**-53), 0.5]])}
    return [
        parity_bound({"0": [[1]], "1": [[Fraction(1, 2)]]}),
        parity_bound(flip),
        counting_bound(flip, 3),
        counting_bound(turn, 3),
        counting_bound(rounded, 3),
        counting_bound(Family(2, 2), 3),
        counting_bound([flip, {"0": [[1]], "1": [[-1]]}], 4),
        counting_bound([{"a": [[0, 1], [1, 0]], "b": [[1, 0], [0, -1]]}, Family(1, 2)], 3),
        counting_bound(defective, 3),
    ]


@pytest.mark.parametrize("found", findings(), ids=lambda found: f"{found.task}, {found.verdict}")
def test_a_finding_says_its_question_answer_and_eigenvalues(found):
    text = found.latex()
    assert faults(text) == []
    assert f"theorem {label(found.theorem)}" in text
    assert text.count("has the eigenvalue") == len(found.escapes)
    assert (sentences(found.because) in text) == (found.verdict != "escapes")
    assert ("every entry is cast" in text) == found.cannot
    for escape in found.escapes:
        assert all(label(letter) in text for letter in escape.letters)


def test_the_matrix_of_a_finding_has_the_eigenvalue_beside_it():
    text = counting_bound({"x": [[0, -1], [1, 1]]}, 3).latex()
    shown = re.search(r"\\begin\{array\}\{rr\}(.*?)\\end\{array\}", text)
    assert shown is not None
    entries = [[int(x) for x in row.split("&")] for row in shown[1].split(r"\\")]
    value = sympy.sympify(counting_bound({"x": [[0, -1], [1, 1]]}, 3).escapes[0].eigenvalue.exact)
    assert sympy.expand(sympy.Matrix(entries).charpoly().eval(value)) == 0
    assert rf"\({sympy.latex(value)}\)" in text


@needs_pdflatex
def test_findings_compile(tmp_path):
    log = compiled(document(*(found.latex() for found in findings())), tmp_path)
    assert "Missing character" not in log


@needs_pdflatex
def test_every_mapped_character_and_drawn_texts_compile(tmp_path):
    mapped = [*characters.TEXT, *characters.MATHEMATICAL, *"äéñçčőå", *map(chr, range(32, 127)), "😀"]
    draw = random.Random(0)
    texts = ["".join(draw.choices([*mapped, " ", " ", "the ", "x", "n_h"], k=12)) for _ in range(400)]
    lines = [f"{character(c)} {label(c)} {prose(c)}" for c in mapped] + [f"{prose(text)} {label(text)}" for text in texts]
    log = compiled(document(" \\par\n".join(lines)), tmp_path)
    assert "Missing character" not in log


# ---------------------------------------------------------------------- the command line


def test_theorems_print_as_a_document():
    one = run("theorems", "norm", "--latex")
    assert one.exit_code == 0
    assert one.stdout == document(importlib.import_module("deltaword.theory.statements").get("norm").latex())
    all_of_them = run("theorems", "--latex")
    assert all_of_them.exit_code == 0
    assert all_of_them.stdout.count(r"\begin{theorem}") == len(statements())
    assert run("theorems", "nrom", "--latex").exit_code == 2


def test_a_construction_prints_as_a_document_with_its_proof():
    result = run("construct", "dihedral", "--m", 5, "--letters", "generators", "--latex")
    assert result.exit_code == 0
    made = CONSTRUCTIONS["D_5"]
    assert result.stdout == document(made.latex(made.proof()))
    assert "All 20 reachable pairs" in result.stdout


def test_latex_builds_nothing_to_save(tmp_path):
    result = run("construct", "parity", "--latex", "--out", tmp_path / "net")
    assert result.exit_code == 2
    assert "--latex builds no network" in result.stderr
    assert not (tmp_path / "net").exists()


def test_a_matrix_on_its_own_line_has_a_column_for_each_entry():
    assert matrix([[1, Fraction(1, 2), 3]]) == r"\left(\begin{array}{rrr}1 & \tfrac{1}{2} & 3\end{array}\right)"
