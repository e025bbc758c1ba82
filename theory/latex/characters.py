"""Characters in LaTeX: the mathematical ones of our texts, letters with accents, and a way to write any other.

What comes out is ASCII, and needs pdflatex with amsmath and amssymb, nothing else.
"""

from __future__ import annotations

import unicodedata

_GREEK_NAMES = (
    "alpha beta gamma delta varepsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon varphi chi psi omega "
    "Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega"
)
GREEK = {c: rf"\{name}" for c, name in zip("αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΦΨΩ", _GREEK_NAMES.split(" "), strict=True)}

SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱᵀ", ["0123456789+-=()ni"[i] for i in range(17)] + [r"\mathsf{T}"], strict=True))
SUPERSCRIPTS |= {
    "°": r"\circ ",
    "ˣ": r"\times ",
    "ᵏ": "k",
    "ᵐ": "m",
    "ᵖ": "p",
    "ᵗ": "t",
    "ʲ": "j",
    "ʳ": "r",
    "ᵃ": "a",
    "ᵇ": "b",
    "ᵈ": "d",
}
SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", "0123456789+-=()aehijklmnoprstuvx", strict=True))

FRACTIONS = {
    "½": (1, 2),
    "⅓": (1, 3),
    "⅔": (2, 3),
    "¼": (1, 4),
    "¾": (3, 4),
    "⅛": (1, 8),
    "⅜": (3, 8),
    "⅝": (5, 8),
    "⅞": (7, 8),
}

OPERATORS = {  # between two things, or in front of one
    "=": "=",
    "+": "+",
    "−": "-",
    "±": r"\pm",
    "∓": r"\mp",
    "·": r"\cdot",
    "×": r"\times",
    "⊗": r"\otimes",
    "⊕": r"\oplus",
    "∘": r"\circ",
    "÷": r"\div",
    "<": "<",
    ">": ">",
    "≤": r"\leq",
    "≥": r"\geq",
    "≪": r"\ll",
    "≫": r"\gg",
    "≠": r"\neq",
    "≈": r"\approx",
    "≡": r"\equiv",
    "≅": r"\cong",
    "≃": r"\simeq",
    "∼": r"\sim",
    "∝": r"\propto",
    "≺": r"\prec",
    "≻": r"\succ",
    "⪯": r"\preceq",
    "⪰": r"\succeq",
    "≼": r"\preccurlyeq",
    "≽": r"\succcurlyeq",
    "∈": r"\in",
    "∉": r"\notin",
    "∋": r"\ni",
    "⊂": r"\subset",
    "⊆": r"\subseteq",
    "⊄": r"\not\subset",
    "⊊": r"\subsetneq",
    "⊃": r"\supset",
    "⊇": r"\supseteq",
    "∪": r"\cup",
    "∩": r"\cap",
    "∖": r"\setminus",
    "∧": r"\wedge",
    "∨": r"\vee",
    "⊥": r"\perp",
    "∣": r"\mid",
    "∤": r"\nmid",
    "→": r"\to",
    "←": r"\leftarrow",
    "↔": r"\leftrightarrow",
    "↦": r"\mapsto",
    "↪": r"\hookrightarrow",
    "↠": r"\twoheadrightarrow",
    "⇒": r"\Rightarrow",
    "⇐": r"\Leftarrow",
    "⇔": r"\Leftrightarrow",
    "⟶": r"\longrightarrow",
    "⟹": r"\Longrightarrow",
    "∶": ":",
    "≔": ":=",
    "⋊": r"\rtimes",
    "⋉": r"\ltimes",
    "≀": r"\wr",
    "⊴": r"\trianglelefteq",
    "◁": r"\lhd",
}

SYMBOLS = {  # things
    "∞": r"\infty",
    "∅": r"\emptyset",
    "∇": r"\nabla",
    "∂": r"\partial",
    "∑": r"\sum",
    "∏": r"\prod",
    "∫": r"\int",
    "∀": r"\forall ",
    "∃": r"\exists ",
    "¬": r"\neg",
    "⊤": r"\top",
    "ℓ": r"\ell",
    "ℝ": r"\mathbb{R}",
    "ℂ": r"\mathbb{C}",
    "ℚ": r"\mathbb{Q}",
    "ℤ": r"\mathbb{Z}",
    "ℕ": r"\mathbb{N}",
    "ϵ": r"\epsilon",
    "ϕ": r"\phi",
    "ϑ": r"\vartheta",
    "𝟙": r"\mathbf{1}",
    "⋯": r"\cdots",
    "⋮": r"\vdots",
    "⋱": r"\ddots",
    "′": r"\prime",
    "″": r"\prime\prime",
    "†": r"\dagger",
    "‡": r"\ddagger",
    "★": r"\star",
    "∗": "*",
    "•": r"\bullet",
    "■": r"\blacksquare",
    "□": r"\square",
    "∎": r"\blacksquare",
    "✓": r"\checkmark",
    "✗": r"\times",
    "‖": r"\|",
}

BRACKETS = {"(": ")", "[": "]", "{": "}", "⟨": "⟩", "⌊": "⌋", "⌈": "⌉"}
BRACKET_NAMES = {
    "{": r"\{",
    "}": r"\}",
    "⟨": r"\langle",
    "⟩": r"\rangle",
    "⌊": r"\lfloor",
    "⌋": r"\rfloor",
    "⌈": r"\lceil",
    "⌉": r"\rceil",
}

TEXT = {  # in running text
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\(<\)",
    ">": r"\(>\)",
    "|": r"\(|\)",
    '"': "''",
    "“": "``",
    "”": "''",
    "‘": "`",
    "’": "'",
    "–": "--",
    "—": "---",
    "‐": "-",
    "‑": "-",
    "…": r"\ldots{}",
    "§": r"\S{}",
    "¶": r"\P{}",
    "©": r"\copyright{}",
    "ß": r"\ss{}",
    "ø": r"\o{}",
    "Ø": r"\O{}",
    "ł": r"\l{}",
    "Ł": r"\L{}",
    "æ": r"\ae{}",
    "Æ": r"\AE{}",
    "œ": r"\oe{}",
    "Œ": r"\OE{}",
    "å": r"\aa{}",
    "Å": r"\AA{}",
    "ı": r"\i{}",
    "\u00a0": "~",
    "\u2009": r"\,",
    "\u202f": r"\,",
    "\t": " ",
    "\n": " ",
}

HATS = {
    "\u0302": r"\hat",
    "\u0303": r"\tilde",
    "\u0304": r"\bar",
    "\u0305": r"\bar",
    "\u0307": r"\dot",
    "\u0308": r"\ddot",
}  # over a letter

ACCENTS = {  # combining characters
    "\u0300": "`",
    "\u0301": "'",
    "\u0302": "^",
    "\u0303": "~",
    "\u0304": "=",
    "\u0306": "u",
    "\u0307": ".",
    "\u0308": '"',
    "\u030a": "r",
    "\u030b": "H",
    "\u030c": "v",
    "\u0327": "c",
}

MATHEMATICAL = (
    {**GREEK, **OPERATORS, **SYMBOLS, **BRACKET_NAMES, "√": r"\surd"}
    | {c: rf"\tfrac{{{p}}}{{{q}}}" for c, (p, q) in FRACTIONS.items()}
    | {c: f"{{}}^{{{text}}}" for c, text in SUPERSCRIPTS.items()}
    | {c: f"{{}}_{{{text}}}" for c, text in SUBSCRIPTS.items()}
)


def character(c: str) -> str:
    """One character in running text.

    >>> [character(c) for c in "a_βéł"]
    ['a', '\\\\_', '\\\\(\\\\beta\\\\)', "\\\\'{e}", '\\\\l{}']
    """
    if c in TEXT:
        return TEXT[c]
    if c.isascii() and c.isprintable():
        return c
    if c in MATHEMATICAL:
        return rf"\({MATHEMATICAL[c]}\)"
    if c in HATS:
        return rf"\({HATS[c]}{{\ }}\)"
    return _accented(c) or rf"\texttt{{U+{ord(c):04X}}}"


def as_text(text: str) -> str:
    """A text character by character, without looking for mathematics."""
    return "".join(map(character, text))


def as_code(text: str) -> str:
    """Code as it is written, in typewriter type."""
    return rf"\texttt{{{as_text(text)}}}"


def known(c: str) -> bool:
    """Whether `character` writes it as what it is, rather than by its number."""
    return c in TEXT or c in MATHEMATICAL or c in HATS or (c.isascii() and c.isprintable()) or bool(_accented(c))


def _accented(c: str) -> str:
    """A Latin letter with one accent; "" for others."""
    base, *marks = unicodedata.normalize("NFD", c)
    if len(marks) != 1 or marks[0] not in ACCENTS or not (base.isascii() and base.isalpha()):
        return ""
    return rf"\{ACCENTS[marks[0]]}{{{base}}}"


def label(name: object) -> str:
    """A letter or state of a machine, whatever it is, in typewriter type.

    >>> label("a"), label((0, 1)), label("∞")
    ('\\\\texttt{a}', '\\\\texttt{(0, 1)}', '\\\\texttt{\\\\(\\\\infty\\\\)}')
    """
    text = str(name)
    if not text:
        return r"\textvisiblespace{}"
    plain = {"<": "<", ">": ">", "|": "|", '"': r"{\char34}"}  # typewriter type has these
    written = "".join(plain.get(c) or character(c) for c in text)
    return rf"\texttt{{{written}}}"
