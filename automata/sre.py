"""From the text of a pattern to a tree in our own terms, through the parser of Python's own `re`.

The one file that touches private parts of the standard library, `re._parser` and `re._constants`. The tests have passed on
Python 3.11.7, 3.12.1 and 3.13.0; later versions have not been tried. A node that a later version may add is refused by its name.
"""

from __future__ import annotations

import re
import re._constants as sre  # pyright: ignore[reportMissingImports]
import re._parser as parser  # pyright: ignore[reportMissingImports]
from dataclasses import dataclass
from typing import Any, NamedTuple

from .errors import NotRegular, NotSupported, PatternError, PatternSyntax, TooLarge
from .lexemes import FLAGS, A, I, Lexeme, S, U, X, combined, lexemes


class Letter(NamedTuple):
    """One character out of a set: in one of the code point `ranges` (ends included), or in one of the `categories`
    ("d", "D", "s", "S", "w", "W" as after a backslash, "." for anything but a newline); the other way round if `negated`."""

    ranges: tuple[tuple[int, int], ...]
    categories: str
    negated: bool
    ignore_case: bool
    ascii: bool


@dataclass(slots=True, eq=False)
class Sequence:
    parts: list[Node]


@dataclass(slots=True, eq=False)
class Choice:
    options: list[Node]


@dataclass(slots=True, eq=False)
class Repeat:
    """`body` at least `least` times and at most `most`; most None: any number of times."""

    body: Node
    least: int
    most: int | None


@dataclass(slots=True)
class Anchor:
    """kind "start" (`^`, `\\A`), "end" (`\\Z`), or "last" (`$`: at the end, or before a newline there)."""

    kind: str


Node = Letter | Sequence | Choice | Repeat | Anchor


def parse(pattern: str) -> Node:
    """The tree of a pattern. Raises PatternSyntax, NotRegular, NotSupported, TooLarge (nested too deeply).

    >>> parse("a{2,}")
    Repeat(body=Letter(ranges=((97, 97),), categories='', negated=False, ignore_case=False, ascii=False), least=2, most=None)
    """
    if not isinstance(pattern, str):
        way_out = " (decode it)" if isinstance(pattern, (bytes, bytearray)) else ""
        raise PatternSyntax(f"the type is {type(pattern).__name__} and should be str{way_out}: pattern", pattern, None)
    try:
        tree = parser.parse(pattern)
        return _sequence(tree, _checked(tree.state.flags, pattern), pattern)  # type: ignore[attr-defined]
    except re.error as error:
        raise PatternSyntax(error.msg, pattern, error.pos) from None
    except RecursionError:
        raise nested_too_deeply(pattern) from None
    except (OverflowError, ValueError) as error:
        if isinstance(error, PatternError):
            raise
        raise PatternSyntax(*_about_number_or_flags(error, pattern)) from None


def nested_too_deeply(pattern: str) -> TooLarge:
    return TooLarge(
        f"the groups of {pattern[:20]!r}… are nested deeper than Python's recursion limit lets its own parser follow; "
        "nest less, or raise sys.setrecursionlimit"
    )


def one_letter(text: str, flags: int) -> Letter:
    """The letter set of a lexeme of kind "letter"."""
    op, av = parser.parse(text, flags & ~X).data[0]
    letter = _letter(op, av, flags)
    assert letter is not None, f"{text!r} stands for no single character"
    return letter


def _sequence(tree: parser.SubPattern, flags: int, pattern: str) -> Node:
    parts = [_node(op, av, flags, pattern) for op, av in tree.data]
    return parts[0] if len(parts) == 1 else Sequence(parts)


def _node(op: Any, av: Any, flags: int, pattern: str) -> Node:
    if letter := _letter(op, av, flags):
        return letter
    if op is sre.MAX_REPEAT or op is sre.MIN_REPEAT:  # lazy or greedy makes no difference to which whole words match
        least, most, body = av
        return Repeat(_sequence(body, flags, pattern), least, None if most is sre.MAXREPEAT else most)
    if op is sre.SUBPATTERN:
        _, added, removed, body = av
        return _sequence(body, _checked(combined(flags, added, removed), pattern), pattern)
    if op is sre.BRANCH:
        return Choice([_sequence(option, flags, pattern) for option in av[1]])
    if op is sre.AT and av in _ANCHORS:
        return Anchor(_ANCHORS[av])
    raise _refusal(pattern, str(op if op is not sre.AT else av))


def _letter(op: Any, av: Any, flags: int) -> Letter | None:
    ranges, categories, negated = [], "", False
    if op is sre.LITERAL or op is sre.NOT_LITERAL:
        ranges, negated = [(av, av)], op is sre.NOT_LITERAL
    elif op is sre.ANY:
        return Letter((), *(("", True) if flags & S else (".", False)), ignore_case=False, ascii=False)
    elif op is sre.IN:
        for kind, item in av:
            if kind is sre.LITERAL:
                ranges.append((item, item))
            elif kind is sre.RANGE:
                ranges.append(item)
            elif kind is sre.CATEGORY:
                categories += _CATEGORIES[item]
            elif kind is sre.NEGATE:
                negated = True
            else:
                return None
    else:
        return None
    return Letter(tuple(ranges), categories, negated, bool(flags & I), bool(flags & A))


_ANCHORS = {sre.AT_BEGINNING: "start", sre.AT_BEGINNING_STRING: "start", sre.AT_END: "last", sre.AT_END_STRING: "end"}
_CATEGORIES = {
    sre.CATEGORY_DIGIT: "d",
    sre.CATEGORY_NOT_DIGIT: "D",
    sre.CATEGORY_SPACE: "s",
    sre.CATEGORY_NOT_SPACE: "S",
    sre.CATEGORY_WORD: "w",
    sre.CATEGORY_NOT_WORD: "W",
}

# ---------------------------------------------------------------------- refusals

_TAKEN = I | S | X | A | U


def _checked(flags: int, pattern: str) -> int:
    if flags & ~_TAKEN:
        raise _refusal(pattern, f"flags {flags & ~_TAKEN:#x}")
    return flags


def _refusal(pattern: str, name: str) -> NotRegular | NotSupported:
    """About the first construct of the pattern that is not taken; `name` if the scanner finds none."""
    for lexeme in lexemes(pattern):
        if reason := _reason(lexeme):
            error = NotRegular if lexeme.kind == "backreference" else NotSupported
            return error(reason, pattern, lexeme.column)
    return NotSupported(f"{name} is not taken", pattern, None)


def _reason(lexeme: Lexeme) -> str | None:
    kind, text = lexeme.kind, lexeme.text
    if kind == "backreference":
        return f"backreference {text} is not regular (spell out the words it may repeat)"
    if kind == "at" and text in (r"\b", r"\B"):
        return f"word boundary {text} is not taken (spell out the letters beside it)"
    if kind == "repeat" and len(text) > 1 and text[-1] == "+":
        return f"possessive repeat {text} is not taken (leave out its last +, if backtracking may enter it)"
    if kind == "open":
        for opening, reason in _GROUPS.items():
            if text.startswith(opening):
                return reason
    if (kind == "flags" or (kind == "open" and text.endswith(":"))) and (
        refused := [name for name in text[2:-1].partition("-")[0] if not FLAGS.get(name, 0) & _TAKEN]
    ):
        why = "; ^ and $ mean the ends of the whole word here" if "m" in refused else ""
        return f"flag {refused[0]} of {text} is not taken{why}"
    return None


_GROUPS = {
    "(?=": "look-ahead (?= is not taken (intersect two machines with & instead)",
    "(?!": "negative look-ahead (?! is not taken (subtract one machine from another with - instead)",
    "(?<=": "look-behind (?<= is not taken (intersect two machines with & instead)",
    "(?<!": "negative look-behind (?<! is not taken (subtract one machine from another with - instead)",
    "(?>": "atomic group (?> is not taken (write (?: if backtracking may enter it)",
    "(?(": "conditional group (?( is not taken (write its two cases as alternatives)",
}


def _about_number_or_flags(error: Exception, pattern: str) -> tuple[str, str, int | None]:
    """`re` gives no column for a repetition number past its limit, nor for (?a) beside (?u)."""
    for lexeme in lexemes(pattern):
        numbers = [number.lstrip("0") for number in re.findall("[0-9]+", lexeme.text)] if lexeme.kind == "repeat" else []
        if any(len(number) > 10 or int(number or 0) >= sre.MAXREPEAT for number in numbers):
            return "the repetition number is too large", pattern, lexeme.column
    return str(error), pattern, None
