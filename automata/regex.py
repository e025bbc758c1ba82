"""From a pattern in Python's `re` syntax to its minimal automaton, for whole words: `accepts` says what `re.fullmatch` says.

pattern  →  tree (sre.py)  →  position automaton (positions.py)  →  subsets (nfa.py)  →  minimal automaton (small.py, minimize.py)

Letters that every part of the pattern treats alike are one column until the end, so a large alphabet costs little.
Lazy and greedy repeats accept the same whole words. Refused, by name and column: backreferences, conditional groups, look-ahead,
look-behind, atomic groups, possessive repeats, \\b, \\B, (?m).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

import numpy as np

from .checked import checked_alphabet
from .dfa import DFA
from .errors import BadAutomaton, EmptyAlphabet, UnknownLetter
from .lexemes import Lexeme, lexemes
from .nfa import determinize
from .positions import Positions
from .sre import Choice, Letter, Node, Repeat, Sequence, nested_too_deeply, one_letter, parse

WIDEST_RANGE = 256  # a range of more characters than this is taken to describe letters, not to list them


def from_regex(pattern: str, alphabet: Iterable[str] | None = None) -> DFA:
    """The minimal automaton of the whole words that match, states in breadth-first order.

    pattern    Python's `re` syntax: classes, \\d \\w \\s, dot, counts, alternatives, groups, ^ $ \\A \\Z, (?i) (?s) (?x) (?a)
    alphabet   the letters, single characters. Without it: the characters that the pattern spells out, alone or in a class or in
               a range of at most 256 (in both cases under (?i)), in the order of their code points
    Raises     PatternSyntax, NotRegular and NotSupported (by name, with its column), EmptyAlphabet (nothing is spelt out),
               UnknownLetter (a letter of the pattern that the alphabet lacks; classes and ranges may well go beyond it),
               BadAutomaton (an alphabet with something else than single characters), DuplicateLetter, TooLarge

    >>> from_regex("(ab|ba)*").accepts("abba"), from_regex("a$|^b").accepts("ab")
    (True, False)
    >>> from_regex(r"(a)\\1")
    Traceback (most recent call last):
    deltaword.automata.errors.NotRegular: backreference \\1 is not regular (spell out the words it may repeat) at column 3 of ...
    """
    tree = parse(pattern)
    parts, before_last_newline = _leaves(tree)
    names = _inferred_alphabet(parts, pattern) if alphabet is None else _stated_alphabet(alphabet)
    index = {name: a for a, name in enumerate(names)}
    sets = {part: _letter_set(part, names, index) for part in parts}
    if any(not letters or _beyond(part, index) for part, letters in sets.items()):
        _check_letters(pattern, names, index, stated=alphabet is not None)
    newline = 1 << index["\n"] if before_last_newline and "\n" in index else 0
    try:
        machine = Positions(tree, sets, newline)
    except RecursionError:
        raise nested_too_deeply(pattern) from None
    alike, examples = _alike(machine.letters, len(names))
    moves = [
        [follow if letters >> a & 1 else 0 for letters, follow in zip(machine.letters, machine.follow, strict=True)]
        for a in examples
    ]
    table, accepting = determinize(len(machine.letters), moves, machine.start, accepting=1)
    minimal = DFA(table, 0, np.flatnonzero(accepting), range(len(examples))).minimized()
    return DFA(minimal.table[:, alike], 0, np.flatnonzero(minimal.accepting_mask), names)


def _leaves(tree: Node) -> tuple[list[Letter], bool]:
    """The different letter sets of a tree, and whether there is a `$`, which may stand before a last newline."""
    letters, last, waiting = {}, False, [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Letter):
            letters[node] = None
        elif isinstance(node, Sequence):
            waiting += node.parts
        elif isinstance(node, Choice):
            waiting += node.options
        elif isinstance(node, Repeat):
            waiting.append(node.body)
        else:
            last = last or node.kind == "last"
    return list(letters), last


# ---------------------------------------------------------------------- the alphabet


def _stated_alphabet(alphabet: Iterable[str]) -> tuple[str, ...]:
    names = checked_alphabet(alphabet)
    for position, name in enumerate(names):
        if not isinstance(name, str) or len(name) != 1:
            raise BadAutomaton(
                f"letter {name!r} at position {position} of the alphabet is not a single character, which a pattern needs; "
                "rename the letters, or build the machine with from_dict or from_table"
            )
    return names  # type: ignore[return-value]


def _inferred_alphabet(parts: Iterable[Letter], pattern: str) -> tuple[str, ...]:
    """The characters spelt out, those of negated classes too, as long as there are others."""
    spelt: dict[bool, set[str]] = {False: set(), True: set()}
    for part in parts:
        for low, high in part.ranges:
            if high - low < WIDEST_RANGE:
                spelt[part.negated].update(_cases(part, map(chr, range(low, high + 1))))
    if not spelt[False]:
        raise EmptyAlphabet(f"the pattern {pattern!r} spells out no letter to take as alphabet; state one, as in alphabet='ab'")
    return tuple(sorted(spelt[False] | spelt[True]))


def _cases(part: Letter, characters: Iterable[str]) -> Iterable[str]:
    if not part.ignore_case:
        return characters
    both = ((c, other) for c in characters for other in (c, c.lower(), c.upper()) if len(other) == 1)
    return [other for c, other in both if re.fullmatch(re.escape(c), other, re.I | (re.A if part.ascii else 0))]


def _beyond(part: Letter, index: dict[str, int]) -> bool:
    return not part.negated and any(low == high and chr(low) not in index for low, high in part.ranges)


def _check_letters(pattern: str, names: tuple[str, ...], index: dict[str, int], stated: bool) -> None:
    """Raises UnknownLetter for a single character outside the alphabet, which is nearly always a slip. A class may go beyond a
    stated alphabet; one without a letter in an inferred alphabet shows that more letters were meant."""
    for lexeme in lexemes(pattern):
        if lexeme.kind != "letter":
            continue
        part = one_letter(lexeme.text, lexeme.flags)
        if not _letter_set(part, names, index) and (_is_one_character(part) or not stated):
            raise UnknownLetter(_about_letter(lexeme, pattern, names, stated))


def _is_one_character(part: Letter) -> bool:
    return not part.negated and not part.categories and len(part.ranges) == 1 and part.ranges[0][0] == part.ranges[0][1]


def _about_letter(lexeme: Lexeme, pattern: str, names: tuple[str, ...], stated: bool) -> str:
    shown = ", ".join(map(repr, names[:12])) + (", …" if len(names) > 12 else "")
    where = f"at column {lexeme.column} of {pattern!r}"
    if stated:
        return f"letter {lexeme.text} {where} is not in the alphabet ({shown}); add it there, or take it out of the pattern"
    return f"{lexeme.text} {where} matches none of the letters that the pattern spells out ({shown}); state all with alphabet="


# ---------------------------------------------------------------------- which letters a part of the pattern matches


def _letter_set(part: Letter, names: tuple[str, ...], index: dict[str, int]) -> int:
    """A bitmask over the alphabet."""
    if part.ignore_case:  # case folding has surprises (the Kelvin sign is a k): `re` itself is asked, letter by letter
        matches = re.compile(_text(part), re.I | (re.A if part.ascii else 0)).fullmatch
        return sum(1 << a for a, name in enumerate(names) if matches(name))
    letters = 0
    for low, high in part.ranges:
        if low == high:
            letters |= 1 << index[chr(low)] if chr(low) in index else 0
        else:
            letters |= sum(1 << a for a, name in enumerate(names) if low <= ord(name) <= high)
    for category in part.categories:
        matches = _category(category, part.ascii)
        letters |= sum(1 << a for a, name in enumerate(names) if matches(name))
    return letters ^ ((1 << len(names)) - 1) if part.negated else letters


@cache
def _category(category: str, ascii: bool):
    return re.compile(_text(Letter((), category, False, False, ascii)), re.A if ascii else 0).fullmatch


def _text(part: Letter) -> str:
    """The part as a pattern for one character."""
    if part.categories == ".":
        return "."
    ranges = "".join(f"\\U{low:08x}-\\U{high:08x}" if low < high else f"\\U{low:08x}" for low, high in part.ranges)
    return f"[{'^' * part.negated}{ranges}{''.join(map(chr(92).__add__, part.categories))}]"


def _alike(sets: Iterable[int], k: int) -> tuple[list[int], list[int]]:
    """The class of each letter, where letters in the same sets are one class; and a letter of each class, its first."""
    signature = [0] * k
    for bit, letters in enumerate(set(sets)):
        while letters:
            lowest = letters & -letters
            signature[lowest.bit_length() - 1] |= 1 << bit
            letters ^= lowest
    classes: dict[int, int] = {}
    alike = [classes.setdefault(s, len(classes)) for s in signature]
    return alike, [alike.index(c) for c in range(len(classes))]
