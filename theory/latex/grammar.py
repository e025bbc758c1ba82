"""What of a text is mathematics: which brackets are, and where a formula begins and ends.

Brackets      a bracket is mathematical when all that it holds is.
Formulas      neighbours that are mathematical make one.  "a" and "A" are articles unless what is next to them says otherwise, and names
              of functions are words unless their arguments follow.
"""

from __future__ import annotations

from .pieces import OF_BRACKETS, SCRIPTS, THINGS, Piece

RELATIONS = set("=<>≤≥≠≈≡∈⊂⊆→↦⇒⇔")


def grouped(pieces: list[Piece]) -> list[Piece]:
    """Brackets that are mathematical throughout, as one piece each."""
    result: list[Piece] = []
    at = 0
    while at < len(pieces):
        piece = pieces[at]
        end = _closing(pieces, at) if piece.kind == "open" else None
        if end is not None:
            inside = grouped(pieces[at + 1 : end])
            attached = bool(result) and not piece.spaced and result[-1].kind in THINGS | SCRIPTS | {"function"}
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
    allowed = THINGS | SCRIPTS | {"operator", "slash", "comma", "dots"}
    if not inside or not all(p.kind in allowed or (p.kind == "other" and p.text == ":") for p in inside):
        return False
    return attached or [p.kind for p in inside] not in (["letter"], ["function"], ["number"])


def _is_base(inside: list[Piece], after: list[Piece]) -> bool:
    """Whether a bracket of short words is mathematical for what is right behind it: (ab)*, (xy)^n."""
    scripted = bool(after) and not after[0].spaced and after[0].kind in ("caret", "star", "up", "under")
    short = all((p.kind == "word" and len(p.text) <= 3) or p.kind in THINGS | {"operator"} for p in inside)
    return scripted and bool(inside) and short


# ---------------------------------------------------------------------- where a formula begins and ends


def formula_end(pieces: list[Piece], at: int) -> int:
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
        if piece.text == "A" and at and pieces[at - 1].kind in {"word", "comma"} | THINGS | SCRIPTS:
            return True  # no article within a sentence
        return piece.text not in "aA" or (after is not None and _binds(piece, after))
    if piece.kind == "dots":
        return False
    if piece.kind == "function":
        return _is_applied(piece, after)
    return piece.kind in THINGS or piece.kind == "operator"


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
    return after.kind in THINGS - {"dots", "number"} and (after.kind != "letter" or after.text not in "aA")


def _binds(piece: Piece, after: Piece) -> bool:
    """Whether what follows a number or an article's letter makes it mathematics."""
    if after.kind in SCRIPTS - {"bang", "prime"} or (after.kind == "bang" and piece.kind == "number"):
        return not after.spaced
    if after.kind == "operator":
        return True
    if after.kind == "slash":
        return not after.spaced
    if piece.kind == "number":
        return after.kind in THINGS - {"number", "function", "hash", "dots"} and (not after.spaced or after.text not in "aA")
    if piece.text == "a":
        return after.text == "b"
    return after.kind in {"letter", "product", "greek", "group", "bar"} and after.text != "a"


def _continues(pieces: list[Piece], begin: int, at: int) -> bool:
    piece, last = pieces[at], pieces[at - 1]
    if piece.kind in SCRIPTS:
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
        return piece.kind in THINGS
    if piece.kind == "dots":
        return after is not None and after.kind in THINGS
    if piece.spaced and (piece.kind == "number" or _is_aside(piece)):
        return False
    if piece.spaced and piece.kind == "letter" and piece.text in "aA":
        return after is not None and _binds(piece, after)
    return piece.kind in THINGS


def _is_aside(piece: Piece) -> bool:
    """Layer i (i = 1, 2)."""
    return piece.kind == "group" and any(p.kind == "operator" and p.text in RELATIONS for p in piece.inside)
