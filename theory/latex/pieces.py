"""A text cut into pieces: words, numbers, single letters, operators, brackets and scripts, with the spaces noted at what follows them.

Words         stay words; names such as cos or rank are functions.
Scripts       x_t, e_{pos}, S^p, 2^−14, Rⁿˣⁿ, kᵀ, v'.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .characters import BRACKETS, FRACTIONS, GREEK, HATS, OPERATORS, SUBSCRIPTS, SUPERSCRIPTS, SYMBOLS

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

_PIECES = {
    "code": r"`[^`]+`|(?:[A-Za-z0-9_-]+/)*[A-Za-z0-9_-]+\.(?:py|v|md|json|safetensors|tex)\b|[A-Za-z]{2,}[0-9]*(?:_[A-Za-z0-9]+)+"
    r"|[a-z]_[a-z]{3,}(?:_[a-z0-9]+)+",
    "hash": r"\#[A-Za-z]+",
    "product": r"(?:[A-Z]{1,2}[xyzkvuwhst]|(?P<P>[A-Z])[A-Z](?P=P)[xyz]?|[A-Z]{2}|i[xyz]|abc|[ef]{2,3}|xy|yx)(?![A-Za-z0-9'’-])",
    "word": r"[A-Za-zÀ-ɏ]{2,}[0-9]*(?:[-'’][A-Za-zÀ-ɏ]+)*",
    "ending": r"['’]s(?![A-Za-z0-9])|[0-9]+s(?![A-Za-z0-9])",
    "number": r"[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?(?:e[-+][0-9]+)?",
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
THINGS = {"product", "number", "letter", "greek", "fraction", "symbol", "group", "hash", "root", "bar", "function", "dots"}
THINGS |= {"name", "space of numbers"}
SCRIPTS = {"up", "down", "under", "caret", "prime", "star", "bang"}


@dataclass
class Piece:
    """kind, by the table above, or "group", a bracket that is mathematical throughout; its text; whether space stands before it; for a
    group, what it holds."""

    kind: str
    text: str
    spaced: bool
    inside: list[Piece]
    closing: str = ""


def cut(text: str) -> list[Piece]:
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
