"""What a picture of a machine shows: states with their names, arrows with the letters of all parallel transitions, a word's way."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ..dfa import DFA, Word

MAX_LABEL = 20  # characters on an arrow
MAX_NAME = 12  # characters on a line of a state
ONE_LINE = 8  # characters up to which a name stays on one line
MAX_CAPTION = 60  # characters of a word in its caption
DENSE = 3  # arrows a state, loops aside, from which a machine counts as dense


@dataclass(frozen=True)
class Arrow:
    """All transitions from one state to another; `both`: and the same letters back. `visited`: the word takes one of them."""

    source: int
    target: int
    letters: tuple[str, ...]
    label: str
    visited: bool = False
    both: bool = False

    @property
    def is_loop(self) -> bool:
        return self.source == self.target


@dataclass(frozen=True)
class Content:
    """What is drawn.

    names    of the states, in full; `shown`: their one or two lines, shortened to fit
    visited  the states that a word comes by; `last`: where it ends; `caption`: what became of it
    """

    names: tuple[str, ...]
    shown: tuple[tuple[str, ...], ...]
    start: int
    accepting: frozenset[int]
    arrows: tuple[Arrow, ...]
    visited: frozenset[int] = field(default_factory=frozenset)
    last: int | None = None
    caption: str | None = None

    @property
    def n(self) -> int:
        return len(self.names)


def content(dfa: DFA, word: Word | None = None) -> Content:
    """What to draw of a machine, and of a word's way through it. Raises UnknownLetter."""
    letters = texts(dfa.alphabet)
    names = texts(range(dfa.n_states) if dfa.state_names is None else dfa.state_names)
    taken: set[tuple[int, int]] = set()
    visited: list[int] = []
    said = None
    if word is not None:
        tokens = dfa.encode(word)
        visited = dfa.states(dfa.decode(tokens))
        taken = set(pairwise(visited))
        said = caption(dfa, tokens)
    between: dict[tuple[int, int], list[str]] = {}
    for q, row in enumerate(dfa.table.tolist()):
        for letter, target in zip(letters, row, strict=True):
            between.setdefault((q, target), []).append(letter)
    return Content(
        names=tuple(names),
        shown=tuple(map(lines, names)),
        start=dfa.start,
        accepting=dfa.accepting,
        arrows=tuple(arrows_between(between, taken, dfa)),
        visited=frozenset(visited),
        last=visited[-1] if visited else None,
        caption=said,
    )


def caption(dfa: DFA, tokens: Sequence[int]) -> str:
    """What became of a word.

    >>> caption(DFA([[0, 1], [1, 0]], 0, [1], "ab"), [0, 1])
    'ab: accepted'
    """
    letters = texts(dfa.alphabet)
    text = ("" if all(len(letter) == 1 for letter in letters) else " ").join(letters[a] for a in tokens)
    verdict = "accepted" if dfa.accepts(dfa.decode(tokens)) else "not accepted"
    return f"{shortened(text, MAX_CAPTION) if tokens else 'the empty word'}: {verdict}"


def arrows_between(between: dict[tuple[int, int], list[str]], taken: set[tuple[int, int]], dfa: DFA) -> Iterator[Arrow]:
    """An arrow a pair of states; in dense machines (Cayley graphs, mostly) one for both ways where the letters are the same."""
    dense = sum(q != p for q, p in between) > DENSE * dfa.n_states
    for (q, p), letters in between.items():
        both = dense and q != p and between.get((p, q)) == letters
        if not both or q < p:
            visited = (q, p) in taken or (both and (p, q) in taken)
            yield Arrow(q, p, tuple(letters), arrow_label(letters, dfa.n_letters), visited, both)


def texts(values: Iterable[Hashable]) -> list[str]:
    """Letters or state names as different texts that can be seen: spaces, control characters and the like as Python writes them.

    >>> texts(["a", " ", "\\n", 0, ("x", 1)])
    ['a', "' '", "'\\\\n'", '0', "('x', 1)"]
    """
    values = list(values)
    plain = [str(value) for value in values]
    visible = [text if text and text.isprintable() and text == text.strip() else ascii(text) for text in plain]
    return visible if len(set(visible)) == len(visible) else [ascii(value) for value in values]


def lines(name: str) -> tuple[str, ...]:
    """A state's name on one line or two, broken at the space nearest its middle.

    >>> lines("odd"), lines("odd 1s, even 0s"), lines("aaaaaaaaaaaaaaaaa")
    (('odd',), ('odd 1s,', 'even 0s'), ('aaaaaaaaaaa…',))
    """
    spaces = [i for i, character in enumerate(name) if character == " "]
    if len(name) <= ONE_LINE or not spaces:
        return (shortened(name, MAX_NAME),)
    middle = min(spaces, key=lambda i: abs(2 * i - len(name)))
    return shortened(name[:middle], MAX_NAME), shortened(name[middle + 1 :], MAX_NAME)


def shortened(text: str, most: int) -> str:
    """
    >>> shortened("abcdefgh", 5)
    'abcd…'
    """
    return text if len(text) <= most else text[: most - 1] + "…"


def arrow_label(letters: Sequence[str], n_letters: int) -> str:
    """The letters of an arrow; four or more neighbouring characters as a range; a long list as its beginning and its length.

    >>> arrow_label("ab", 3), arrow_label("abcdexz", 26), arrow_label(["(0 1)", "(0 2)", "(1 2)", "(0 1 2)"], 6)
    ('a, b', 'a–e, x, z', '(0 1), (0 2), … (4)')
    >>> arrow_label([f"x{i}" for i in range(30)], 30)
    'all 30 letters'
    """
    parts = ranges(letters) if all(len(letter) == 1 for letter in letters) else list(letters)
    whole = ", ".join(parts)
    if len(whole) <= MAX_LABEL or len(parts) == 1:
        return shortened(whole, MAX_LABEL)
    if len(letters) == n_letters:
        return f"all {n_letters} letters"
    end = f", … ({len(letters)})"
    kept = parts[:1]
    while len(", ".join([*kept, parts[len(kept)]])) + len(end) <= MAX_LABEL:
        kept.append(parts[len(kept)])
    return shortened(", ".join(kept), MAX_LABEL - len(end)) + end


def ranges(characters: Sequence[str]) -> list[str]:
    """Runs of four or more neighbouring characters, in their order, as "a–d"."""
    runs: list[list[str]] = []
    for character in characters:
        if runs and ord(character) == ord(runs[-1][-1]) + 1:
            runs[-1].append(character)
        else:
            runs.append([character])
    return [part for run in runs for part in ([f"{run[0]}–{run[-1]}"] if len(run) >= 4 else run)]
