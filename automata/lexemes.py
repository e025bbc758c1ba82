"""Where each construct of a pattern stands: a scanner for patterns that Python's `re` has already found well-formed.

Python's parser keeps no columns in its tree, so a refusal (or a letter outside the alphabet) looks here for the column to name.
The scanner follows the parser's own rules: a backslash and the character after it are one token everywhere, `]` right after `[`
or `[^` is a letter, verbose mode drops white space and comments outside classes, and `{` begins a count only where one follows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

I, S, X, A, U, M, L = map(int, (re.I, re.S, re.X, re.A, re.U, re.M, re.L))  # plain ints: re.RegexFlag is slow at & and |
FLAGS = {"i": I, "s": S, "x": X, "a": A, "u": U, "m": M, "L": L}
ONE_TYPE = A | U | L  # of these only one holds at a time

_LEXEME = re.compile(
    r"""
      (?P<backreference> \\ (?! [1-3][0-7]{2} | 0 ) [0-9]{1,2} | \(\?P= [^)]* \) )
    | (?P<at>            \\ [AZzbB] | [\^$] )
    | (?P<letter>        \\ (?: x.{2} | u.{4} | U.{8} | N\{[^}]*\} | 0[0-7]{0,2} | [1-3][0-7]{2} | . )
                       | \[ \^? \]? (?: \\. | [^\]\\] )* \] )
    | (?P<comment>       \(\?\# (?: \\. | [^)\\] )* \) )
    | (?P<flags>         \(\? [a-zA-Z]+ \) )
    | (?P<open>          \( (?: \? (?: P<[^>]*> | <?[=!] | > | \( [^)]* \) | [a-zA-Z]* (?: -[a-zA-Z]+ )? : ) )? )
    | (?P<close>         \) )
    | (?P<repeat>        (?: [*+?] | \{ (?: [0-9]+ (?: ,[0-9]* )? | ,[0-9]* ) \} ) [+?]? )
    | (?P<bar>           \| )
    | (?P<other>         . )                                                       # one letter, or white space in verbose mode
    """,
    re.X | re.S,
)
_REMARK = re.compile(r"[ \t\n\r\v\f]|\#(?:\\.|[^\\\n])*\n?", re.S)  # what verbose mode skips


class Lexeme(NamedTuple):
    """kind  "letter" (whatever stands for one character), "at", "backreference", "open", "close", "flags", "repeat", "bar",
    "comment"; column counts from 0; flags  those in force there."""

    kind: str
    text: str
    column: int
    flags: int


def lexemes(pattern: str) -> Iterator[Lexeme]:
    """The lexemes of a well-formed pattern from left to right.

    >>> [(lexeme.text, lexeme.column) for lexeme in lexemes(r"([](]b)\\1{2}")]
    [('(', 0), ('[](]', 1), ('b', 5), (')', 6), ('\\\\1', 7), ('{2}', 9)]
    """
    flags, outside, column = 0, [], 0
    while column < len(pattern):
        if flags & X and (remark := _REMARK.match(pattern, column)):
            column = remark.end()
            continue
        match = _LEXEME.match(pattern, column)
        if match is None:  # a backslash at the very end or the like: the pattern is not well-formed
            return
        kind, text = match.lastgroup, match.group()
        assert kind is not None
        yield Lexeme("letter" if kind == "other" else kind, text, column, flags)
        if kind == "open":
            outside.append(flags)
            if text.endswith(":"):
                flags = combined(flags, *_named(text[2:-1]))
        elif kind == "close":
            flags = outside.pop() if outside else flags
        elif kind == "flags":
            flags = combined(flags, *_named(text[2:-1]))
        column = match.end()


def combined(flags: int, added: int, removed: int) -> int:
    """The flags inside `(?added-removed: … )`, as `re` combines them."""
    if added & ONE_TYPE:
        flags &= ~ONE_TYPE
    return (flags | added) & ~removed


def _named(text: str) -> tuple[int, int]:
    added, _, removed = text.partition("-")
    return sum(FLAGS.get(name, 0) for name in set(added)), sum(FLAGS.get(name, 0) for name in set(removed))
