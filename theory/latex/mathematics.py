"""Pieces that are mathematics, in LaTeX.

√ takes what follows it, [[0, 1], [1, 0]] is a matrix, a* a star.
"""

from __future__ import annotations

import re

from .characters import BRACKET_NAMES, FRACTIONS, GREEK, HATS, OPERATORS, SUBSCRIPTS, SUPERSCRIPTS, SYMBOLS, as_code, as_text
from .pieces import FUNCTIONS, SCRIPTS, THINGS, Piece

_ENDS_IN_A_NAME = re.compile(r"\\[A-Za-z]+$")


def formula_of(pieces: list[Piece]) -> str:
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
        while at < len(pieces) and pieces[at].kind in SCRIPTS and pieces[at].kind != "bang":
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
        return formula_of(piece.inside) if piece.inside else "", at + 1
    sign = ""
    if piece.kind == "operator" and at + 1 < len(pieces) and not pieces[at + 1].spaced:
        sign, at = OPERATORS[piece.text], at + 1
        piece = pieces[at]
    if piece.kind in ("word", "product", "function", "code"):
        short = piece.text.isascii() and (len(piece.text) <= 2 or piece.kind == "product")
        written = piece.text if short else _as_word(piece)
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
            summed = at < len(pieces) and pieces[at].kind in THINGS | {"under", "down"}
            return {"Σ": r"\sum", "Π": r"\prod"}.get(piece.text if summed else "", GREEK[piece.text]), at
        case "number":
            digits, _, power = piece.text.replace(",", "{,}").partition("e")
            return (rf"{digits} \cdot 10^{{{int(power)}}}" if power else digits), at
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
            return rf"\sqrt{{{formula_of(inside) if inside else below}}}", after
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
            return _as_word(piece), at


def _as_word(piece: Piece) -> str:
    """What is no mathematics, within a formula."""
    return rf"\text{{{as_code(piece.text.strip('`')) if piece.kind == 'code' else as_text(piece.text)}}}"


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
    return formula_of(pieces) if pieces else ""


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
