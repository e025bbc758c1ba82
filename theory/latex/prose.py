"""Running text with mathematics in Unicode, as this project's texts are, in LaTeX.

Reading       a text is cut into words, numbers, single letters, operators, brackets and scripts.  A bracket is mathematical when all
              that it holds is; neighbours that are mathematical make one formula.  Words stay words: "a" and "A" are articles unless
              what is next to them says otherwise, and names such as cos or rank are functions in front of mathematics.
Scripts       x_t, e_{pos}, S^p, 2^−14, Rⁿˣⁿ, kᵀ, v'.  √ takes what follows it, [[0, 1], [1, 0]] is a matrix, a* a star.
Doubt         what is not recognised is set as text, character by character: it always compiles, and `unmapped` tells which characters
              are written by their numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .characters import (
    BRACKET_NAMES,
    BRACKETS,
    FRACTIONS,
    GREEK,
    HATS,
    OPERATORS,
    SUBSCRIPTS,
    SUPERSCRIPTS,
    SYMBOLS,
    character,
    known,
)

FUNCTIONS = {
    "cos",
    "sin",
    "tan",
    "tanh",
    "det",
    "log",
    "ln",
    "exp",
    "dim",
    "ker",
}  # LaTeX knows them, and they may stand before a letter
OF_LETTERS = {"tr", "rank", "adj", "supp"}
OF_BRACKETS = {"diag", "span", "ran", "ReLU", "lcm", "sign", "max", "min", "gcd", "argmax", "argmin", "vec", "id", "im"}
OF_BRACKETS |= {"sigmoid", "softplus", "SiLU", "softmax", "fl", "round"}
NO_PRODUCTS = {"AC", "NC", "TC", "OR", "UT", "WY", "PD", "QR", "GH", "ID", "OK", "IF", "IN", "BY"}
NO_PRODUCTS |= {"By", "My", "Ox", "As", "Is", "Us", "At", "It", "Et", "Ah", "Oh", "St"}
SETS_AFTER = {"in", "of", "into", "span", "∈", "⊂", "⊆"}  # after these Rⁿ is the space
RELATIONS = set("=<>≤≥≠≈≡∈⊂⊆→↦⇒⇔")

_PIECES = {
    "code": r"`[^`]+`|(?:[A-Za-z0-9_-]+/)*[A-Za-z0-9_-]+\.(?:py|v|md|json|safetensors|tex)\b|[A-Za-z]{2,}[0-9]*(?:_[A-Za-z0-9]+)+"
    r"|[a-z]_[a-z]{3,}(?:_[a-z0-9]+)+",
    "hash": r"\#[A-Za-z]+",
    "product": r"(?:[A-Z]{1,2}[xyzkvuwhst]|(?P<P>[A-Z])[A-Z](?P=P)[xyz]?|[A-Z]{2}|i[xyz]|abc|[ef]{2,3}|xy|yx)(?![A-Za-z0-9'’-])",
    "word": r"[A-Za-zÀ-ɏ]{2,}[0-9]*(?:[-'’][A-Za-zÀ-ɏ]+)*",
    "ending": r"['’]s(?![A-Za-z0-9])|[0-9]+s(?![A-Za-z0-9])",
    "number": r"[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?",
    "letter": f"[A-Za-z][{''.join(HATS)}]?",
    "greek": f"[{''.join(GREEK)}][{''.join(HATS)}]?",
    "up": f"[{''.join(SUPERSCRIPTS)}]+",
    "down": f"[{''.join(SUBSCRIPTS)}]+",
    "under": "_",
    "caret": r"\^",
    "prime": r"['′″]+",
    "open": f"[{re.escape(''.join(BRACKETS))}]",
    "close": f"[{re.escape(''.join(BRACKETS.values()))}]",
    "fraction": f"[{''.join(FRACTIONS)}]",
    "root": "√",
    "operator": f"[{re.escape(''.join(OPERATORS))}]",
    "minus": "-",
    "slash": "/",
    "bar": r"\|",
    "star": r"\*",
    "bang": "!",
    "dots": "…",
    "symbol": f"[{re.escape(''.join(SYMBOLS))}]",
    "comma": ",",
    "space": r"\s+",
    "other": r".",
}
_PIECE = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _PIECES.items()), re.DOTALL)
_ENDS_IN_A_NAME = re.compile(r"\\[A-Za-z]+$")
_THINGS = {"product", "number", "letter", "greek", "fraction", "symbol", "group", "hash", "root", "bar", "function", "dots"}
_THINGS |= {"name", "space of numbers"}
_SCRIPTS = {"up", "down", "under", "caret", "prime", "star", "bang"}


@dataclass
class Piece:
    """kind, by the table above, or "group", a bracket that is mathematical throughout; its text; whether space stands before it; for a
    group, what it holds."""

    kind: str
    text: str
    spaced: bool
    inside: list[Piece]
    closing: str = ""


def prose(text: str) -> str:
    """The text as LaTeX, for use between paragraphs.

    >>> prose("G = I − β k kᵀ has ‖G‖ ≤ 1 for every key k.")
    '\\\\(G = I - \\\\beta k k^{\\\\mathsf{T}}\\\\) has \\\\(\\\\|G\\\\| \\\\leq 1\\\\) for every key \\\\(k\\\\).'
    >>> prose("S_n takes n − #cycles steps (statement group_word_problems)")
    '\\\\(S_{n}\\\\) takes \\\\(n - \\\\#\\\\text{cycles}\\\\) steps (statement \\\\texttt{group\\\\_word\\\\_problems})'
    """
    pieces = _grouped(_cut(text))
    return "".join(_set(pieces)).strip()


def sentences(text: str) -> str:
    """A text of sentences: `prose` that begins with a capital and ends with a full stop.

    >>> sentences("every β is whole")
    'Every \\\\(\\\\beta\\\\) is whole.'
    """
    if re.match(r"(?:a |[a-z]{2,}(?![a-z_/.]))", text):
        text = text[0].upper() + text[1:]
    return prose(text if text.endswith((".", "!", "?")) else f"{text}.")


def unmapped(text: str) -> set[str]:
    """The characters of a text that LaTeX would show by their numbers only.

    >>> sorted(unmapped("β ≤ 1, 😀"))
    ['😀']
    """
    return {c for c in text if not known(c)}


# ---------------------------------------------------------------------- reading


def _cut(text: str) -> list[Piece]:
    """Words, numbers, letters, …; spaces noted at what follows them."""
    pieces, spaced = [], False
    for match in _PIECE.finditer(text):
        kind, found = match.lastgroup or "other", match.group()
        if kind == "space":
            spaced = True
            continue
        if kind == "ending" or (kind == "product" and found in NO_PRODUCTS):
            kind = "word"
        if kind == "minus":
            kind, found = _hyphen_or_minus(text, match.start())
        if found == "~" and text[max(0, match.start() - 1) : match.end() + 1] == " ~ ":
            kind, found = "operator", "∼"
        if kind == "operator" and found == "⊥" and not spaced and pieces:
            kind = "up"
        name, _, script = found.partition("_")
        if kind == "code" and name in FUNCTIONS | OF_LETTERS | OF_BRACKETS:
            pieces += [Piece("function", name, spaced, []), Piece("under", "_", False, [])]
            kind, found, spaced = "word" if len(script) > 1 else "letter", script, False
        if kind == "word" and found in FUNCTIONS | OF_LETTERS | OF_BRACKETS:
            kind = "function"
        if kind == "up" and pieces and pieces[-1].kind == "word" and not spaced:
            pieces[-1].kind = "name"  # trace²
        if kind == "letter" and found == "R" and text[match.end() : match.end() + 1] in SUPERSCRIPTS:
            kind = "space of numbers" if pieces and pieces[-1].text in SETS_AFTER else kind
        pieces.append(Piece(kind, found, spaced, []))
        spaced = False
    if spaced:
        pieces.append(Piece("other", "", True, []))
    return pieces


def _hyphen_or_minus(text: str, at: int) -> tuple[str, str]:
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    negative = after.isdigit() and not before.isalnum()
    between = before.isspace() and after.isspace()
    power = before == "^" and after.isalnum()
    return ("operator", "−") if negative or between or power else ("other", "-")


def _grouped(pieces: list[Piece]) -> list[Piece]:
    """Brackets that are mathematical throughout, as one piece each."""
    result: list[Piece] = []
    at = 0
    while at < len(pieces):
        piece = pieces[at]
        end = _closing(pieces, at) if piece.kind == "open" else None
        if end is not None:
            inside = _grouped(pieces[at + 1 : end])
            attached = bool(result) and not piece.spaced and result[-1].kind in _THINGS | _SCRIPTS | {"function"}
            script = bool(result) and not piece.spaced and result[-1].kind in ("under", "caret")
            if script or _is_mathematical(inside, attached or piece.text != "(") or _is_base(inside, pieces[end + 1 : end + 2]):
                result.append(Piece("group", piece.text, piece.spaced, inside, pieces[end].text))
                at = end + 1
                continue
            if piece.text == "(" and [p.kind for p in inside] in (["letter"], ["number"]):
                inside[0].kind = "word"  # (a), (i), (1) number parts of a text
        result.append(piece)
        at += 1
    return result


def _closing(pieces: list[Piece], at: int) -> int | None:
    depth = 0
    for i in range(at, len(pieces)):
        depth += (pieces[i].kind == "open") - (pieces[i].kind == "close")
        if depth == 0:
            return i
    return None


def _is_mathematical(inside: list[Piece], attached: bool) -> bool:
    """attached: whether what stands right in front of the bracket may be a function of it."""
    allowed = _THINGS | _SCRIPTS | {"operator", "slash", "comma", "dots"}
    if not inside or not all(p.kind in allowed or (p.kind == "other" and p.text == ":") for p in inside):
        return False
    return attached or [p.kind for p in inside] not in (["letter"], ["function"], ["number"])


def _is_base(inside: list[Piece], after: list[Piece]) -> bool:
    """Whether a bracket of short words is mathematical for what is right behind it: (ab)*, (xy)^n."""
    scripted = bool(after) and not after[0].spaced and after[0].kind in ("caret", "star", "up", "under")
    short = all((p.kind == "word" and len(p.text) <= 3) or p.kind in _THINGS | {"operator"} for p in inside)
    return scripted and bool(inside) and short


# ---------------------------------------------------------------------- writing


def _set(pieces: list[Piece]) -> Iterator[str]:
    """Formulas and text in turn."""
    at = 0
    while at < len(pieces):
        piece = pieces[at]
        end = _formula_end(pieces, at)
        if piece.spaced:
            yield " "
        if end > at:
            yield rf"\({_formula(pieces[at:end])}\)"
            at = end
            continue
        yield _as_text(piece)
        at += 1


def _as_text(piece: Piece) -> str:
    if piece.kind == "code":
        return rf"\texttt{{{''.join(map(character, piece.text.strip('`')))}}}"
    return "".join(map(character, piece.text))


def _formula_end(pieces: list[Piece], at: int) -> int:
    """Where the formula that begins here ends; `at` itself when there is none."""
    if not _begins(pieces, at):
        return at
    end = at + 1
    while end < len(pieces) and _continues(pieces, at, end):
        end += 1
    while end > at + 1 and pieces[end - 1].kind == "slash":  # "k/and": the slash is the text's
        end -= 1
    return end


def _begins(pieces: list[Piece], at: int) -> bool:
    piece, after = pieces[at], pieces[at + 1] if at + 1 < len(pieces) else None
    if piece.kind == "number":
        return after is not None and _binds(piece, after)
    if piece.kind == "letter":
        if _is_initial(pieces, at):
            return False
        if piece.text == "A" and at and pieces[at - 1].kind in {"word", "comma"} | _THINGS | _SCRIPTS:
            return True  # no article within a sentence
        return piece.text not in "aA" or (after is not None and _binds(piece, after))
    if piece.kind == "dots":
        return False
    if piece.kind == "function":
        return _is_applied(piece, after)
    return piece.kind in _THINGS or piece.kind == "operator"


def _is_initial(pieces: list[Piece], at: int) -> bool:
    """E. Goles, where a text or a part of it begins."""
    begins = at == 0 or pieces[at - 1].text == ";"
    return begins and [p.kind for p in pieces[at + 1 : at + 3]] == ["other", "word"] and pieces[at + 1].text == "."


def _is_applied(piece: Piece, after: Piece | None) -> bool:
    """Whether what follows the name of a function is its argument, and the name no word of the text."""
    if after is None or after.kind == "under":
        return after is not None
    if piece.text in OF_BRACKETS:
        return after.kind == "group" and not after.spaced
    return after.kind in _THINGS - {"dots", "number"} and (after.kind != "letter" or after.text not in "aA")


def _binds(piece: Piece, after: Piece) -> bool:
    """Whether what follows a number or an article's letter makes it mathematics."""
    if after.kind in _SCRIPTS - {"bang", "prime"} or (after.kind == "bang" and piece.kind == "number"):
        return not after.spaced
    if after.kind == "operator":
        return True
    if after.kind == "slash":
        return not after.spaced
    if piece.kind == "number":
        return after.kind in _THINGS - {"number", "function", "hash", "dots"} and (not after.spaced or after.text not in "aA")
    if piece.text == "a":
        return after.text == "b"
    return after.kind in {"letter", "product", "greek", "group", "bar"} and after.text != "a"


def _continues(pieces: list[Piece], begin: int, at: int) -> bool:
    piece, last = pieces[at], pieces[at - 1]
    if piece.kind in _SCRIPTS:
        if piece.kind == "prime" and piece.text == "'" and at + 1 < len(pieces) and not pieces[at + 1].spaced:
            return not piece.spaced and pieces[at + 1].kind not in ("letter", "word")  # S_n's
        return not piece.spaced
    if last.kind in ("under", "caret"):
        return not piece.spaced and piece.kind not in ("other", "comma", "dots")
    after = pieces[at + 1] if at + 1 < len(pieces) else None
    if piece.kind == "operator":
        negative = piece.spaced and piece.text == "−" and after is not None and not after.spaced
        return not (negative and last.kind == "number")  # a list: 16 −93
    if piece.kind == "slash":
        return not piece.spaced
    if piece.kind == "word" and not piece.spaced and last.kind == "operator" and pieces[at - 2].kind in ("under", "caret"):
        return True  # 2^−finest
    if (
        piece.kind == "function"
        and last.kind == "operator"
        and after is not None
        and after.kind in ("letter", "product", "greek")
    ):
        return True
    if piece.kind == "function":
        return _is_applied(piece, after)
    if last.kind in ("operator", "slash", "dots"):
        return piece.kind in _THINGS
    if piece.kind == "dots":
        return after is not None and after.kind in _THINGS
    if piece.spaced and (piece.kind == "number" or _is_aside(piece)):
        return False
    if piece.spaced and piece.kind == "letter" and piece.text in "aA":
        return after is not None and _binds(piece, after)
    return piece.kind in _THINGS


def _is_aside(piece: Piece) -> bool:
    """Layer i (i = 1, 2)."""
    return piece.kind == "group" and any(p.kind == "operator" and p.text in RELATIONS for p in piece.inside)


def _formula(pieces: list[Piece]) -> str:
    """Pieces as mathematics: each with the scripts that follow it."""
    text = ""
    at = 0
    while at < len(pieces):
        if at and pieces[at].kind == "number" == pieces[at - 1].kind:  # (0 1 2)
            text += r"\;"
        elif at and pieces[at].spaced:
            text += " "
        base, at = _base(pieces, at)
        below, above = [], []
        while at < len(pieces) and pieces[at].kind in _SCRIPTS and pieces[at].kind != "bang":
            piece = pieces[at]
            at += 1
            if piece.kind in ("under", "caret"):
                script, at = _script(pieces, at)
                (below if piece.kind == "under" else above).append(script)
            elif piece.kind == "down":
                below.append("".join(SUBSCRIPTS[c] for c in piece.text))
            elif piece.kind == "prime":
                above.append(r"\prime" * sum(2 if c == "″" else 1 for c in piece.text))
            elif piece.kind == "star":
                above.append("*")
            else:
                above.append("".join(SUPERSCRIPTS.get(c, r"\perp") for c in piece.text))
        base += f"_{{{' '.join(below)}}}" if below else ""
        base += f"^{{{' '.join(above)}}}" if above else ""
        text = _joined(text, base)
    if pieces[-1].kind == "operator":
        text += " {}"
    return text


def _joined(first: str, second: str) -> str:
    """One after the other; apart where a command's name would go on."""
    return first + (" " if second[:1].isalpha() and _ENDS_IN_A_NAME.search(first) else "") + second


def _script(pieces: list[Piece], at: int) -> tuple[str, int]:
    """What stands after _ or ^, and where to go on."""
    if at >= len(pieces):
        return "", at
    piece = pieces[at]
    if piece.kind == "group" and piece.text == "{":
        return _formula(piece.inside) if piece.inside else "", at + 1
    sign = ""
    if piece.kind == "operator" and at + 1 < len(pieces) and not pieces[at + 1].spaced:
        sign, at = OPERATORS[piece.text], at + 1
        piece = pieces[at]
    if piece.kind in ("word", "product", "function", "code"):
        short = piece.text.isascii() and (len(piece.text) <= 2 or piece.kind == "product")
        written = piece.text if short else rf"\text{{{_as_text(piece)}}}"
        return _joined(sign, written), at + 1
    if piece.kind == "number" and at + 1 < len(pieces) and pieces[at + 1].kind == "letter" and not pieces[at + 1].spaced:
        return sign + piece.text + pieces[at + 1].text, at + 2
    found, at = _base(pieces, at)
    return _joined(sign, found), at


def _base(pieces: list[Piece], at: int) -> tuple[str, int]:
    """One thing without its scripts, and where to go on."""
    piece = pieces[at]
    at += 1
    match piece.kind:
        case "greek" | "letter" if len(piece.text) == 2:
            return rf"{HATS[piece.text[1]]}{{{GREEK.get(piece.text[0], piece.text[0])}}}", at
        case "greek":
            summed = at < len(pieces) and pieces[at].kind in _THINGS | {"under", "down"}
            return {"Σ": r"\sum", "Π": r"\prod"}.get(piece.text if summed else "", GREEK[piece.text]), at
        case "number":
            return piece.text.replace(",", "{,}"), at
        case "operator":
            return OPERATORS[piece.text], at
        case "symbol":
            return SYMBOLS[piece.text], at
        case "fraction":
            p, q = FRACTIONS[piece.text]
            return rf"\tfrac{{{p}}}{{{q}}}", at
        case "root":
            if at >= len(pieces):
                return r"\surd", at
            below, after = _base(pieces, at)
            inside = pieces[at].inside if pieces[at].kind == "group" else []
            return rf"\sqrt{{{_formula(inside) if inside else below}}}", after
        case "function":
            known_to_latex = piece.text in FUNCTIONS | {"max", "min", "gcd"}
            return (rf"\{piece.text}" if known_to_latex else rf"\operatorname{{{piece.text}}}"), at
        case "space of numbers":
            return rf"\mathbb{{{piece.text}}}", at
        case "hash":
            return rf"\#\text{{{piece.text[1:]}}}", at
        case "dots":
            return r"\ldots", at
        case "bar":
            return "|", at
        case "group":
            return _bracket(piece), at
        case "open" | "close":
            return BRACKET_NAMES.get(piece.text, piece.text), at
        case "prime" | "up" | "down" | "under" | "caret" | "star":  # a script of nothing
            return "{}", at - 1
        case "letter" | "product" | "slash" | "comma" | "bang":
            return piece.text, at
        case "word" if len(piece.text) <= 3 and piece.text.isascii() and piece.text.isalpha():
            return piece.text, at
        case _:
            return rf"\text{{{_as_text(piece)}}}", at


def _bracket(piece: Piece) -> str:
    rows = _rows(piece)
    if rows:
        return r"\left(\begin{smallmatrix}" + r" \\ ".join(" & ".join(row) for row in rows) + r"\end{smallmatrix}\right)"
    first, last = (BRACKET_NAMES.get(c, c) for c in (piece.text, piece.closing))
    parts = "".join(f"{part}, " for part in map(_formula_or_nothing, _split(piece.inside))).removesuffix(", ")
    if first == "[" and last == "]":
        return rf"[{parts}]"
    space = " " if first.startswith("\\") else ""
    return f"{first}{space}{parts}{space}{last}"


def _formula_or_nothing(pieces: list[Piece]) -> str:
    return _formula(pieces) if pieces else ""


def _split(pieces: list[Piece]) -> list[list[Piece]]:
    """Between commas."""
    parts: list[list[Piece]] = [[]]
    for piece in pieces:
        if piece.kind == "comma":
            parts.append([])
        else:
            parts[-1].append(piece)
    return parts


def _rows(piece: Piece) -> list[list[str]]:
    """The entries of [[…], […]] when it is a matrix; none otherwise."""
    if piece.text != "[":
        return []
    rows = []
    for part in _split(piece.inside):
        if len(part) != 1 or part[0].kind != "group" or part[0].text != "[":
            return []
        rows.append([_formula_or_nothing(entry) for entry in _split(part[0].inside)])
    return rows if len({len(row) for row in rows}) == 1 else []
