"""The machine everything starts from: a complete deterministic finite automaton, sound from birth and immutable.

Notation      n states 0 .. n-1, k letters 0 .. k-1 (their names: `alphabet`); `table[q, a]` is where state q goes on letter a.
Convention    words act letter by letter from the left: `dfa.states("ab")` applies a, then b.
Memory        4·n·k bytes for the table and n for the accepting states.

The methods that do more than look into the table are one line each, here, and a file each beside this one.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .errors import (
    BadAutomaton,
    DuplicateLetter,
    EmptyAlphabet,
    MissingTransition,
    StateOutOfRange,
    UnknownLetter,
)

if TYPE_CHECKING:
    import networkx

    from .holonomy import Holonomy
    from .monoid import TransitionMonoid
    from .trace import Trace

Letter = Hashable
Word = Iterable[Letter]


class DFA:
    """A complete deterministic automaton.

    table      [n_states, n_letters] whole numbers, `table[q][a]` the successor of q on the a-th letter; read-only int32
    start      a state
    accepting  the accepting states, in any collection; `accepting_mask` [n_states] bool is the same as an array
    alphabet   n_letters different hashable letters; a str gives its characters
    state_names  optional, n_states hashables to show in pictures in place of the numbers

    Raises  EmptyAlphabet, DuplicateLetter, MissingTransition (a row too short), StateOutOfRange, BadAutomaton (anything else)

    >>> parity = DFA([[0, 1], [1, 0]], start=0, accepting=[1], alphabet="01")
    >>> parity.accepts("0111"), parity.states("011")
    (True, [0, 0, 1, 0])
    """

    table: npt.NDArray[np.int32]
    start: int
    accepting_mask: npt.NDArray[np.bool_]
    alphabet: tuple[Letter, ...]
    state_names: tuple[Hashable, ...] | None

    def __init__(
        self,
        table: npt.ArrayLike | Sequence[Sequence[int]],
        start: int,
        accepting: Collection[int] | Iterable[int],
        alphabet: Iterable[Letter],
        *,
        state_names: Iterable[Hashable] | None = None,
    ):
        letters = checked_alphabet(alphabet)
        array = checked_table(table, letters)
        n = array.shape[0]
        names = None if state_names is None else tuple(state_names)
        if names is not None and len(names) != n:
            raise BadAutomaton(f"{len(names)} state names for {n} states; give one name a state, or none")
        mask = checked_accepting(accepting, n)
        array.setflags(write=False)
        mask.setflags(write=False)
        set_once = super().__setattr__
        set_once("table", array)
        set_once("start", checked_state(start, n, "start state"))
        set_once("accepting_mask", mask)
        set_once("alphabet", letters)
        set_once("state_names", names)

    def __setattr__(self, name: str, value: Any):
        raise AttributeError(f"a DFA is immutable; make a new one instead of setting {name!r}")

    def __delattr__(self, name: str):
        raise AttributeError(f"a DFA is immutable; it keeps {name!r}")

    # ------------------------------------------------------------------ making one

    @classmethod
    def from_table(cls, table, start: int, accepting: Iterable[int], alphabet: Iterable[Letter]) -> DFA:
        """`table[state][letter]`, the states and letters by their numbers; the same as `DFA(...)`.

        >>> DFA.from_table([[1, 0], [1, 0]], start=0, accepting={1}, alphabet="ab").accepts("bba")
        True
        """
        return cls(table, start, accepting, alphabet)

    @classmethod
    def from_dict(
        cls,
        transitions: Mapping[Any, Mapping[Any, Hashable]],
        start: Hashable,
        accepting: Collection[Hashable],
        alphabet: Iterable[Letter] | None = None,
    ) -> DFA:
        """`transitions[state][letter] = state` over states of any hashable kind, numbered in the order of the mapping.

        alphabet   default: the letters of the first state, in its order
        Raises     MissingTransition, StateOutOfRange, UnknownLetter, EmptyAlphabet

        >>> dfa = DFA.from_dict({"off": {"set": "on", "reset": "off"}, "on": {"set": "on", "reset": "off"}}, "off", {"on"})
        >>> dfa.accepts(["set", "set"]), dfa.state_names
        (True, ('off', 'on'))
        """
        from .convert import from_dict

        return from_dict(transitions, start, accepting, alphabet)

    @classmethod
    def from_regex(cls, pattern: str, alphabet: Iterable[str] | None = None) -> DFA:
        """The minimal automaton of a pattern in Python's `re` syntax, for whole words (as `re.fullmatch`).

        alphabet   the letters, single characters; default: those the pattern names
        Raises     PatternSyntax, NotRegular and NotSupported (by name, with its column), EmptyAlphabet, UnknownLetter, TooLarge

        >>> DFA.from_regex("(ab|ba)*", alphabet="ab").accepts("abba")
        True
        """
        from .regex import from_regex

        return from_regex(pattern, alphabet)

    @classmethod
    def from_networkx(cls, graph: networkx.DiGraph, **names: Any) -> DFA:
        """From a directed graph with a letter on each edge; see `deltaword.automata.convert.from_networkx`."""
        from .convert import from_networkx

        return from_networkx(graph, **names)

    @classmethod
    def from_automata_lib(cls, dfa: Any) -> DFA:
        """From a `DFA` of the library automata-lib (which need not be installed here)."""
        from .convert import from_automata_lib

        return from_automata_lib(dfa)

    @classmethod
    def from_permutations(
        cls,
        generators: Mapping[Any, Sequence[int]] | Iterable[Any],
        start: int = 0,
        accepting: Iterable[int] | None = None,
        alphabet: Iterable[Letter] | None = None,
    ) -> DFA:
        """A permutation automaton: letter a sends point q to `generators[a][q]`.

        generators  {letter: permutation}, or a list of permutations (letters a, b, c, ... unless `alphabet` is given)
        accepting   default: the start point
        Raises      BadPermutation, EmptyAlphabet, StateOutOfRange

        >>> DFA.from_permutations({"s": [1, 0, 2], "r": [1, 2, 0]}).states("rs")
        [0, 1, 0]
        """
        from .convert import from_permutations

        return from_permutations(generators, start, accepting, alphabet)

    # ------------------------------------------------------------------ looking at it

    @property
    def n_states(self) -> int:
        return self.table.shape[0]

    @property
    def n_letters(self) -> int:
        return self.table.shape[1]

    @cached_property
    def accepting(self) -> frozenset[int]:
        return frozenset(np.flatnonzero(self.accepting_mask).tolist())

    @cached_property
    def letter_index(self) -> dict[Letter, int]:
        """Letter to its column of the table."""
        return {letter: a for a, letter in enumerate(self.alphabet)}

    @cached_property
    def _rows(self) -> list[list[int]]:
        return self.table.tolist()  # a plain loop over Python lists is the fastest way to run one word

    def __eq__(self, other: object) -> bool:
        """The same table, numbering, start, accepting states and alphabet; for equal languages: `equivalent_to`."""
        if not isinstance(other, DFA):
            return NotImplemented
        return (
            self.start == other.start
            and self.alphabet == other.alphabet
            and np.array_equal(self.table, other.table)
            and np.array_equal(self.accepting_mask, other.accepting_mask)
        )

    def __hash__(self) -> int:
        return hash((self.start, self.alphabet, self.table.tobytes(), self.accepting_mask.tobytes()))

    def __reduce__(self):
        return _rebuilt, (self.table, self.start, np.flatnonzero(self.accepting_mask), self.alphabet, self.state_names)

    def __repr__(self) -> str:
        shown = [a if isinstance(a, str) and a.isprintable() else repr(a) for a in self.alphabet[:8]]
        letters = " ".join(shown) + (" …" if self.n_letters > 8 else "")
        return (
            f"DFA({self.n_states} states, {self.n_letters} letters: {letters}, "
            f"start {self.start}, {len(self.accepting)} accepting)"
        )

    def _repr_svg_(self) -> str:
        return self.to_svg()

    # ------------------------------------------------------------------ running it

    def encode(self, word: Word) -> list[int]:
        """The letters of a word as their numbers. Raises UnknownLetter with the first bad position.

        >>> DFA([[0, 0]], 0, [], "ab").encode("abba")
        [0, 1, 1, 0]
        """
        index, letters = self.letter_index, list(word)
        try:
            return [index[letter] for letter in letters]
        except (KeyError, TypeError):
            position = next(i for i, letter in enumerate(letters) if not is_hashable(letter) or letter not in index)
            raise UnknownLetter(self._about_unknown(letters[position], position, word)) from None

    def decode(self, tokens: Iterable[int]) -> str | list[Letter]:
        """Letter numbers back to a word: a str where every letter is one character, else a list.

        >>> DFA([[0, 0]], 0, [], "ab").decode([0, 1, 1])
        'abb'
        """
        letters = [self.alphabet[a] for a in tokens]
        return "".join(map(str, letters)) if self.letters_are_characters else letters

    @cached_property
    def letters_are_characters(self) -> bool:
        return all(isinstance(letter, str) and len(letter) == 1 for letter in self.alphabet)

    def states(self, word: Word) -> list[int]:
        """The states a word visits, start first: len(word) + 1 of them."""
        from .run import states

        return states(self, word)

    def accepts(self, word: Word) -> bool:
        """Whether the word ends in an accepting state; the empty word does if the start accepts."""
        from .run import final_state

        return bool(self.accepting_mask[final_state(self, word)])

    def trace(self, word: Word) -> Trace:
        """The word's way, letter after letter: a text, and in a notebook a picture of the machine after each letter.

        Raises UnknownLetter

        >>> print(DFA([[1, 0], [1, 1]], 0, [1], "ab").trace("ba"))
        0 —b→ 0 —a→ 1: accepted
        """
        from .trace import Trace

        return Trace.of(self, word)

    def run(self, tokens: npt.NDArray[np.integer]) -> npt.NDArray[np.int32]:
        """A batch of words of equal length, as letter numbers [B, T], to their states [B, T + 1]; numpy throughout."""
        from .run import run_batch

        return run_batch(self, tokens)

    # ------------------------------------------------------------------ its algebra, a file each

    def reachable(self) -> DFA:
        """The part that words can reach, states in their old order (`reachable_states` has their old numbers)."""
        from .reach import reachable

        return reachable(self)

    def reachable_states(self) -> npt.NDArray[np.int64]:
        """The states that words can reach, ascending."""
        from .reach import reachable_states

        return reachable_states(self)

    def minimized(self) -> DFA:
        """The minimal automaton of the same language, numbered in breadth-first order from the start (canonical)."""
        from .minimize import minimized

        return minimized(self)

    def complement(self) -> DFA:
        """Accepts what this does not.

        >>> (~DFA.from_regex("a*", alphabet="ab")).accepts("aab")
        True
        """
        return DFA(self.table, self.start, np.flatnonzero(~self.accepting_mask), self.alphabet, state_names=self.state_names)

    __invert__ = complement

    def product(self, other: DFA, accept: str = "and") -> DFA:
        """Both machines side by side, reachable pairs only; accept: "and", "or", "xor" (symmetric difference) or "diff"."""
        from .product import product

        return product(self, other, accept)

    def __and__(self, other: DFA) -> DFA:
        return self.product(other, "and")

    def __or__(self, other: DFA) -> DFA:
        return self.product(other, "or")

    def __xor__(self, other: DFA) -> DFA:
        return self.product(other, "xor")

    def __sub__(self, other: DFA) -> DFA:
        return self.product(other, "diff")

    def reversed(self) -> DFA:
        """The words of this language read backwards: the reversed arrows determinised. Raises TooLarge past 2^20 subsets."""
        from .reverse import reversed_language

        return reversed_language(self)

    def distinguishing_word(self, other: DFA) -> str | list[Letter] | None:
        """A shortest word that one accepts and the other does not; None when the languages are equal.

        Raises AlphabetMismatch when the alphabets differ as sets; their order may differ.

        >>> DFA.from_regex("a*", "ab").distinguishing_word(DFA.from_regex("a*b?", "ab"))
        'b'
        """
        from .equivalence import distinguishing_word

        return distinguishing_word(self, other)

    def equivalent_to(self, other: DFA) -> bool:
        """Whether both accept the same words."""
        return self.distinguishing_word(other) is None

    def transition_monoid(self, limit: int | None = None) -> TransitionMonoid:
        """All the ways in which words move the states, with a shortest word for each, its groups and its properties.

        limit   elements listed at most; default: as many as fit into 4 GiB
        Raises  TooLarge past the limit

        >>> monoid = DFA([[1, 0], [1, 1]], 0, [1], "ab").transition_monoid()
        >>> len(monoid), monoid.elements.tolist(), list(monoid.words), monoid.is_aperiodic
        (2, [[0, 1], [1, 1]], ['', 'a'], True)
        """
        from .monoid import TransitionMonoid

        return TransitionMonoid(self, limit)

    def holonomy(self, limit: int = 2_000_000) -> Holonomy:
        """The holonomy (Krohn–Rhodes) decomposition of the reachable part: levels of permutations and resets, and their groups.

        limit   reachable tuples of the cascade, at most
        Raises  TooLarge, with the estimate and the cheaper option

        >>> decomposition = DFA([[1, 0, 0], [2, 1, 0], [0, 2, 2]], 0, [0], "abc").holonomy()
        >>> [group.order for group in decomposition.groups], decomposition.verify()
        ([3, 2], 6)
        """
        from .holonomy import holonomy

        return holonomy(self, limit)

    def syntactic_monoid(self, limit: int | None = None) -> TransitionMonoid:
        """The transition monoid of the minimal automaton: it depends on the language alone, and says much about it.

        limit   elements listed at most; default: as many as fit into 4 GiB
        Raises  TooLarge past the limit

        >>> star_free = DFA.from_regex("(ab)*", alphabet="ab").syntactic_monoid().is_aperiodic
        >>> star_free, DFA.from_regex("(aa)*", alphabet="ab").syntactic_monoid().is_aperiodic
        (True, False)
        """
        from .syntactic import syntactic_monoid

        return syntactic_monoid(self, limit)

    # ------------------------------------------------------------------ in and out

    def to_networkx(self) -> networkx.MultiDiGraph:
        """A MultiDiGraph with a `letter` on each edge, `start` and `accepting` on each node."""
        from .convert import to_networkx

        return to_networkx(self)

    def to_automata_lib(self) -> Any:
        """A `DFA` of the library automata-lib (which must be installed)."""
        from .convert import to_automata_lib

        return to_automata_lib(self)

    def to_json(self) -> dict[str, Any]:
        """Plain data for `json.dump`; `from_json` gives the machine back. Raises NotSerializable."""
        from .jsonio import to_json

        return to_json(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> DFA:
        """From the data of `to_json`. Raises CorruptFile."""
        from .jsonio import from_json

        return from_json(data)

    def save(self, path) -> None:
        """Write the machine to a JSON file, whole or not at all. Raises NotSerializable, NotWritable."""
        from .jsonio import save

        save(self, path)

    @classmethod
    def load(cls, path) -> DFA:
        """Read a machine from the JSON file of `save`. Raises NotReadable, CorruptFile."""
        from .jsonio import load

        return load(path)

    def to_dot(self, word: Word | None = None) -> str:
        """Graphviz text; the states a word visits are marked."""
        from .draw import to_dot

        return to_dot(self, word)

    def to_svg(self, word: Word | None = None) -> str:
        """A picture: by Graphviz where it is installed, else by our own circular layout."""
        from .draw import to_svg

        return to_svg(self, word)

    def _about_unknown(self, letter: object, position: int, word: Word) -> str:
        shown = ", ".join(repr(a) for a in self.alphabet[:12]) + (", …" if self.n_letters > 12 else "")
        text = f"letter {letter!r} at position {position} is not in the alphabet ({shown})"
        if isinstance(word, str) and not self.letters_are_characters:
            text += "; letters here are not single characters: pass a list of letters"
        return text


def _rebuilt(table, start, accepting, alphabet, state_names) -> DFA:
    return DFA(table, start, accepting, alphabet, state_names=state_names)


def is_hashable(value: object) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def checked_alphabet(alphabet: Iterable[Letter]) -> tuple[Letter, ...]:
    """The letters as a tuple. Raises EmptyAlphabet, DuplicateLetter, BadAutomaton for a letter that cannot be hashed."""
    if not isinstance(alphabet, Iterable):
        raise BadAutomaton(f"the alphabet is {alphabet!r}; it should be a collection of letters, such as 'ab'")
    letters = tuple(alphabet)
    if not letters:
        raise EmptyAlphabet("the alphabet is empty; a machine needs at least one letter (alphabet='ab', say)")
    seen: set[Letter] = set()
    for position, letter in enumerate(letters):
        if not is_hashable(letter):
            raise BadAutomaton(
                f"letter {letter!r} at position {position} of the alphabet is not hashable; use str, int or tuple"
            )
        if letter in seen:
            raise DuplicateLetter(f"letter {letter!r} occurs twice in the alphabet, the second time at position {position}")
        seen.add(letter)
    return letters


def checked_table(table: Any, letters: Sequence[Letter]) -> npt.NDArray[np.int32]:
    """A fresh [n_states, n_letters] int32 copy of a complete table. Raises MissingTransition, StateOutOfRange, BadAutomaton."""
    if not isinstance(table, np.ndarray):
        try:
            rows = [list(row) for row in table]
        except TypeError:
            raise BadAutomaton("the table should hold a row of successors for each state: table[state][letter]") from None
        for q, row in enumerate(rows):
            if len(row) < len(letters):
                raise MissingTransition(
                    f"state {q} has {len(row)} of {len(letters)} transitions, none on {letters[len(row)]!r}; "
                    "every state needs one successor a letter (add a sink state)"
                )
            if len(row) > len(letters):
                raise BadAutomaton(f"state {q} has {len(row)} transitions for {len(letters)} letters; widen the alphabet")
            for a, target in enumerate(row):
                if target is None:
                    raise MissingTransition(f"state {q} has no transition on {letters[a]!r}; add a sink state")
        table = array_of_rows(rows, letters)
    if table.ndim != 2 or table.shape[1] != len(letters):
        raise BadAutomaton(f"the table has shape {table.shape}; it should be [n_states, {len(letters)}], a column a letter")
    n = table.shape[0]
    if n == 0:
        raise BadAutomaton("the table has no states; a machine needs at least its start state")
    if not np.issubdtype(table.dtype, np.integer):
        table = array_of_rows(table.tolist(), letters)
    wrong = np.argwhere((table < 0) | (table >= n))
    if len(wrong):
        q, a = wrong[0]
        raise StateOutOfRange(f"state {q} goes to {table[q, a]} on {letters[a]!r}, but the states are 0 .. {n - 1}")
    return np.array(table, dtype=np.int32, order="C")


def array_of_rows(rows: list[list[Any]], letters: Sequence[Letter]) -> npt.NDArray[Any]:
    """Rows of one length as an array of whole numbers, of objects where they are huge. Raises BadAutomaton."""
    try:
        array = np.array(rows) if rows else np.zeros((0, len(letters)), dtype=np.int32)
        if array.ndim == 2 and np.issubdtype(array.dtype, np.integer):
            return array
    except ValueError:
        pass  # an entry that is itself a list
    for q, row in enumerate(rows):  # the slow way, to name the entry as the user wrote it
        for a, target in enumerate(row):
            if not is_whole(target):
                raise BadAutomaton(f"state {q} goes to {target!r} on {letters[a]!r}, which is not a state number")
    return np.array(rows, dtype=object)


def checked_accepting(accepting: Collection[int] | Iterable[int], n: int) -> npt.NDArray[np.bool_]:
    """The accepting states as a fresh [n] bool array. Raises StateOutOfRange, BadAutomaton."""
    mask = np.zeros(n, dtype=bool)
    if isinstance(accepting, np.ndarray) and np.issubdtype(accepting.dtype, np.integer) and accepting.ndim == 1:
        if not np.any((accepting < 0) | (accepting >= n)):
            mask[accepting] = True  # the loop below takes longer over 10^5 states than their minimisation does
            return mask
    elif not isinstance(accepting, Iterable):
        raise BadAutomaton(f"accepting is {accepting!r}; it should be a collection of states, such as [0]")
    for q in accepting:
        mask[checked_state(q, n, "accepting state")] = True
    return mask


def is_whole(value: object) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def checked_state(state: Any, n: int, role: str) -> int:
    """A state number in 0 .. n-1 as an int. Raises StateOutOfRange."""
    if not is_whole(state) or not 0 <= state < n:
        raise StateOutOfRange(f"{role} {state!r} is not one of the states 0 .. {n - 1}")
    return int(state)
