"""The machine everything starts from: a complete deterministic finite automaton, and all that can be asked of it.

Convention    words act letter by letter from the left: `dfa.states("ab")` applies a, then b.

machine.py has its data, which are sound from birth and immutable, and letters as numbers.  The methods here are one line each, and
have a file each beside this one.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .checked import Letter
from .machine import Machine, Word

if TYPE_CHECKING:
    import networkx

    from .holonomy import Holonomy
    from .monoid import TransitionMonoid
    from .trace import Trace


class DFA(Machine):
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

    # ------------------------------------------------------------------ running it

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

    # ------------------------------------------------------------------ what it accepts, and with others

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

    # ------------------------------------------------------------------ its algebra

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

    # ------------------------------------------------------------------ other libraries and files

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

    # ------------------------------------------------------------------ pictures

    def to_dot(self, word: Word | None = None) -> str:
        """Graphviz text; the states a word visits are marked."""
        from .draw import to_dot

        return to_dot(self, word)

    def to_svg(self, word: Word | None = None) -> str:
        """A picture: by Graphviz where it is installed, else by our own circular layout."""
        from .draw import to_svg

        return to_svg(self, word)

    def _repr_svg_(self) -> str:
        return self.to_svg()
