"""The transition monoid of a machine: all the ways in which words move its states, listed, with a shortest word for each.

Notation      n states, k letters; element 0 is the identity, elements[m, q] is where element m sends state q.
Convention    words act from the left and products are read so: i·j is i first, then j.
Order         elements are numbered by their first words: shorter ones first, then by the letters in the order of the alphabet.
Closure       breadth first, a level at a time in numpy, new maps told from old ones by a look-up, never by sorting
              (transformations.py).
Memory        about 1.5·(n + 4·k + 20) bytes an element: its images (2·n bytes past 256 states), its row of the right Cayley graph,
              its word and its place in a table. T_8, all 16,777,216 maps of 8 states, from three letters: 0.7 GB
              and 4 seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import numpy.typing as npt

from .dfa import DFA, Letter, Word, is_whole
from .errors import NotInMonoid, TooLarge
from .rows import Growing
from .transformations import CHUNK, PACKED_STATES, Numbers, PackedMaps, RowMaps, Rows, chunks, composed, narrow

if TYPE_CHECKING:
    from .green import GreenRelations
    from .subgroups import Subgroup

MEMORY = 2**32  # bytes that a monoid may take unless a limit is given
MAX_DRAWN = 20_000  # elements of a monoid that draws its D-classes of its own accord; `green().to_svg()` draws larger ones


class TransitionMonoid:
    """The maps of states that the words of `dfa` make; listed at once, everything else when first asked for; immutable.

    dfa     any machine; states out of reach take part, so call `dfa.reachable()` first where they should not.
            Start and accepting states do not matter.
    limit   elements listed at most; default: as many as fit into 4 GiB

    Raises  TooLarge past the limit, with the memory that the limit stands for

    >>> from .languages import get
    >>> monoid = TransitionMonoid(get("T_3"))
    >>> len(monoid), monoid.elements[1].tolist(), monoid.words[9], monoid.multiply(1, 3) == monoid.element_of("cm")
    (27, [1, 2, 0], 'ms', True)
    """

    dfa: DFA
    elements: Rows
    right_cayley: Numbers

    def __init__(self, dfa: DFA, limit: int | None = None):
        if limit is None:
            limit = min(MEMORY // bytes_per_element(dfa), 2**31 - 1)
        elif not is_whole(limit) or not 1 <= limit < 2**31:
            raise TooLarge(f"limit {limit!r} is not a number of elements, 1 to 2^31 - 1; the identity alone is one element")
        self.dfa = dfa
        maps = PackedMaps(dfa.table) if dfa.n_states <= PACKED_STATES else RowMaps(dfa.table)
        cayley, self._parents, self._last_letters = closure(maps, dfa, int(limit))
        self.right_cayley = read_only(cayley)
        self.elements = read_only(maps.rows())
        self._maps = maps

    def __len__(self) -> int:
        return len(self.elements)

    def __reduce__(self):
        return TransitionMonoid, (self.dfa, len(self))  # listing it again is quicker than reading it from a file

    def __repr__(self) -> str:
        return f"TransitionMonoid({len(self)} elements on {self.n_states} states, {self.n_letters} letters)"

    def _repr_svg_(self) -> str | None:
        return self.green()._repr_svg_() if len(self) <= MAX_DRAWN else None

    @property
    def n_states(self) -> int:
        return self.dfa.n_states

    @property
    def n_letters(self) -> int:
        return self.dfa.n_letters

    # ------------------------------------------------------------------ words

    @cached_property
    def words(self) -> Words:
        """words[m], the first of the shortest words that act as element m: a str, or a list where letters are longer.

        >>> list(DFA([[1, 0], [0, 1]], 0, [0], "ab").transition_monoid().words)
        ['', 'a']
        """
        return Words(self)

    @cached_property
    def lengths(self) -> Numbers:
        """The length of each element's word, [size], ascending."""
        return read_only(np.repeat(np.arange(len(self._levels), dtype=np.int32), [end - begin for begin, end in self._levels]))

    def element_of(self, word: Word) -> int:
        """The element that a word acts as. Raises UnknownLetter.

        >>> DFA([[1, 0], [0, 1]], 0, [0], "ab").transition_monoid().element_of("abba")
        0
        """
        m = 0
        for a in self.dfa.encode(word):
            m = int(self.right_cayley[m, a])
        return m

    def index(self, map: npt.ArrayLike) -> int:
        """The element with these images, [n]. Raises NotInMonoid, also for what is no map of the states.

        >>> DFA([[1, 0], [0, 1]], 0, [0], "ab").transition_monoid().index([1, 0])
        1
        """
        row = np.asarray(map)
        if row.shape != (self.n_states,) or not np.issubdtype(row.dtype, np.integer):
            raise NotInMonoid(f"{map!r} is not a map of {self.n_states} states; give the image of each, by number")
        wrong = np.flatnonzero((row < 0) | (row >= self.n_states))
        if len(wrong):
            raise NotInMonoid(f"state {wrong[0]} is sent to {row[wrong[0]]}, but the states are 0 .. {self.n_states - 1}")
        m = int(self._maps.find(row[None])[0])
        if m < 0:
            raise NotInMonoid(f"no word sends the states 0 .. {self.n_states - 1} to {row.tolist()}")
        return m

    # ------------------------------------------------------------------ products

    @overload
    def multiply(self, i: int, j: int) -> int: ...
    @overload
    def multiply(self, i: npt.ArrayLike, j: npt.ArrayLike) -> Numbers: ...
    def multiply(self, i: Any, j: Any) -> Any:
        """i·j, i first, then j: element numbers, or arrays of them that numpy can broadcast. Raises IndexError.

        >>> flip_flop = DFA([[1, 0], [1, 0]], 0, [1], "sr").transition_monoid()
        >>> flip_flop.multiply(1, 2), flip_flop.multiply([0, 1, 2], 1).tolist()
        (2, [1, 1, 1])
        """
        first, then = np.broadcast_arrays(i, j)
        products = np.empty(first.size, dtype=np.int32)
        flat_first, flat_then = first.ravel(), then.ravel()
        for part in chunks(first.size, self.n_states):
            rows = composed(self.elements[flat_first[part]], self.elements[flat_then[part]])
            products[part] = self._maps.find(rows)
        return int(products[0]) if first.ndim == 0 else products.reshape(first.shape)

    @cached_property
    def left_cayley(self) -> Numbers:
        """left_cayley[m, a] is a·m, the letter first; [size, k].  As (a·m)·b = a·(m·b), the right graph and shorter words give it."""
        left = np.empty_like(self.right_cayley)
        left[0] = self.right_cayley[0]
        for begin, end in self._levels[1:]:
            level = slice(begin, end)
            left[level] = self.right_cayley[left[self._parents[level]], self._last_letters[level, None]]
        return read_only(left)

    @cached_property
    def idempotents(self) -> Numbers:
        """The elements e with e·e = e, ascending; the identity is the first.

        >>> DFA([[1, 0], [1, 0]], 0, [1], "sr").transition_monoid().idempotents.tolist()
        [0, 1, 2]
        """
        found = []
        for part in chunks(*self.elements.shape):
            rows = self.elements[part]
            left = np.arange(len(rows))
            for q in range(self.n_states):  # state by state, on what is still in question
                image = rows[left, q]
                left = left[rows[left, image] == image]
            found.append(part.start + left)
        return read_only(np.concatenate(found).astype(np.int32))

    @cached_property
    def semigroup(self) -> Numbers:
        """The elements that some non-empty word acts as, ascending: all, but for the identity where only the empty word is it."""
        return read_only(np.arange(0 if (self.right_cayley == 0).any() else 1, len(self), dtype=np.int32))

    # ------------------------------------------------------------------ its structure, a file each

    def green(self) -> GreenRelations:
        """Green's relations, D-classes with their boxes, and their order; draws itself in a notebook."""
        return self._green

    @cached_property
    def _green(self) -> GreenRelations:
        from .green import GreenRelations

        return GreenRelations(self)

    @cached_property
    def groups(self) -> tuple[Subgroup, ...]:
        """The maximal subgroups of more than one element, one for each D-class that has them, largest first.

        >>> from .languages import get
        >>> monoid = get("T_3").transition_monoid()
        >>> [(group.description, group.order, group.degree) for group in monoid.groups]
        [('S_3', 6, 3), ('Z_2', 2, 2)]
        """
        from .subgroups import maximal_subgroups

        return maximal_subgroups(self.green())

    @cached_property
    def composition_factors(self) -> tuple[str, ...]:
        """The simple groups that divide the monoid: the composition factors of its subgroups, each once. Raises TooLarge.

        >>> from .languages import get
        >>> get("T_3").transition_monoid().composition_factors
        ('Z_2', 'Z_3')
        """
        from .composition import in_order

        return in_order({factor for group in self.groups for factor in group.composition_factors})

    # ------------------------------------------------------------------ its properties: definitions and sources in varieties.py

    @cached_property
    def is_aperiodic(self) -> bool:
        """No element has m^(i+1) ≠ m^i for all i: no groups inside. Of a syntactic monoid: star-free."""
        return self.counting_element() is None

    def counting_element(self) -> tuple[int, int] | None:
        """The first element whose powers end in a cycle of length p > 1, and p; None in an aperiodic monoid.

        >>> DFA([[1, 2], [2, 2], [0, 2]], 0, [0], "ab").transition_monoid().counting_element()
        (1, 3)
        """
        from .varieties import counting_element

        return counting_element(self)

    def violating_idempotents(self) -> tuple[int, int] | None:
        """Idempotents (e, f) with e·f·e ≠ f·e, words of least total length; None when there are none.

        Such a pair shows that no single contractive layer tracks the machine, if all its states can be reached.

        >>> monoid = DFA.from_regex("a*b*", alphabet="ab").transition_monoid()
        >>> [monoid.words[i] for i in monoid.violating_idempotents()]
        ['b', 'a']
        """
        from .varieties import violating_idempotents

        return violating_idempotents(self)

    @cached_property
    def is_commutative(self) -> bool:
        """i·j = j·i throughout: the order of the letters does not matter."""
        from .varieties import is_commutative

        return is_commutative(self)

    @cached_property
    def is_group(self) -> bool:
        """Every letter permutes the states."""
        return len(self.idempotents) == 1

    @cached_property
    def is_band(self) -> bool:
        """All elements are idempotent."""
        return len(self.idempotents) == len(self)

    @cached_property
    def idempotents_commute(self) -> bool:
        """e·f = f·e for all idempotents."""
        from .varieties import idempotents_commute

        return idempotents_commute(self)

    @cached_property
    def zero(self) -> int | None:
        """The element z with z·m = m·z = z for all m, if there is one."""
        from .varieties import zero

        return zero(self)

    @cached_property
    def has_zero(self) -> bool:
        return self.zero is not None

    @cached_property
    def is_regular(self) -> bool:
        """Every m has some x with m·x·m = m."""
        return bool(self.green().is_regular.all())

    @cached_property
    def is_inverse(self) -> bool:
        """Every m has just one x with m·x·m = m and x·m·x = x: regular, and idempotents commute."""
        return self.is_regular and self.idempotents_commute

    @cached_property
    def is_r_trivial(self) -> bool:
        """No two elements reach each other by multiplying on the right."""
        return self.green().n_r == len(self)

    @cached_property
    def is_l_trivial(self) -> bool:
        """No two elements reach each other by multiplying on the left."""
        return self.green().n_l == len(self)

    @cached_property
    def is_j_trivial(self) -> bool:
        """No two elements reach each other by multiplying on both sides. Of a syntactic monoid: piecewise testable."""
        return self.green().n_d == len(self)

    @cached_property
    def is_da(self) -> bool:
        """Every regular element is idempotent. Of a syntactic monoid: first-order definable with two variables."""
        from .varieties import is_da

        return is_da(self)

    @cached_property
    def is_solvable(self) -> bool:
        """Every group inside is solvable. Raises TooLarge."""
        return all(group.is_solvable for group in self.groups)

    @cached_property
    def is_quasi_aperiodic(self) -> bool:
        """For no t do the words of length t contain a group of two elements or more."""
        from .varieties import is_quasi_aperiodic

        return is_quasi_aperiodic(self)

    @cached_property
    def is_nilpotent(self) -> bool:
        """All words long enough act as the zero."""
        return self.is_definite and self.is_reverse_definite

    @cached_property
    def is_definite(self) -> bool:
        """Of words long enough, the end alone says how they act: m·e = e for idempotent e, of non-empty words."""
        from .varieties import is_definite

        return is_definite(self)

    @cached_property
    def is_reverse_definite(self) -> bool:
        """Of words long enough, the beginning alone says how they act: e·m = e for idempotent e, of non-empty words."""
        from .varieties import is_reverse_definite

        return is_reverse_definite(self)

    @cached_property
    def is_generalized_definite(self) -> bool:
        """Of words long enough, beginning and end say how they act: e·m·e = e for idempotent e, of non-empty words."""
        from .varieties import is_generalized_definite

        return is_generalized_definite(self)

    @cached_property
    def is_locally_testable(self) -> bool:
        """Beginning, end and the set of factors of some length say how a word acts: e·S·e is idempotent and commutative."""
        from .varieties import is_locally_testable

        return is_locally_testable(self)

    # ------------------------------------------------------------------ levels of equal length

    @cached_property
    def _levels(self) -> list[tuple[int, int]]:
        """Where the elements of each length begin and end; parents ascend, so those of a level stand together."""
        ends, levels = np.searchsorted(self._parents, np.arange(len(self) + 1)), [(0, 1)]
        while (end := int(ends[levels[-1][1]])) > levels[-1][1]:
            levels.append((levels[-1][1], end))
        return levels


class Words(Sequence[Any]):
    """A shortest word for each element of a monoid, spelt when asked for."""

    def __init__(self, monoid: TransitionMonoid):
        self._monoid = monoid

    def __len__(self) -> int:
        return len(self._monoid)

    def __getitem__(self, m: Any) -> Any:
        if isinstance(m, slice):
            return [self[i] for i in range(*m.indices(len(self)))]
        return self._monoid.dfa.decode(self.letters(m))

    def __iter__(self) -> Iterator[str | list[Letter]]:
        return (self[m] for m in range(len(self)))

    def __repr__(self) -> str:
        shown = ", ".join(map(repr, self[:8]))
        return f"Words({shown}{', …' if len(self) > 8 else ''})"

    def letters(self, m: int) -> list[int]:
        """The word of element m as letter numbers. Raises IndexError."""
        size = len(self)
        if not -size <= m < size:
            raise IndexError(f"element {m} is not one of the {size} elements 0 .. {size - 1}")
        at, spelt = int(m) % size, []
        while at:
            spelt.append(int(self._monoid._last_letters[at]))
            at = int(self._monoid._parents[at])
        return spelt[::-1]


def closure(maps: PackedMaps | RowMaps, dfa: DFA, limit: int) -> tuple[Numbers, Numbers, Rows]:
    """All products of the letters, met breadth first by `maps`. Raises TooLarge.

    The right Cayley graph [size, k]; and of each element the one that its word goes through last (-1 for the identity) and its
    last letter, [size] each.
    """
    k = dfa.n_letters
    cayley, parents, last_letters = Growing((k,), np.int32), Growing((), np.int32), Growing((), narrow(k))
    parents.append(np.array([-1]))
    last_letters.append(np.array([0]))
    step = max(1, CHUNK // (k * dfa.n_states))
    while (done := len(cayley)) < len(maps):
        numbers, first = maps.multiply(slice(done, done + step))
        if len(maps) > limit:
            raise too_large(dfa, limit)
        cayley.append(numbers.reshape(-1, k))
        parents.append(done + first // k)
        last_letters.append(first % k)
    return cayley.array, parents.array, last_letters.array


def bytes_per_element(dfa: DFA) -> int:
    """What an element of the transition monoid takes, beside the table of codes."""
    n, k = dfa.table.shape
    row = 8 * -(-n * np.dtype(narrow(n)).itemsize // 8)
    return 3 * (row + 4 * k + 17) // 2  # 12 for the table, 5 for the word; half as much again, since arrays grow by doubling


def too_large(dfa: DFA, limit: int) -> TooLarge:
    size = limit * bytes_per_element(dfa)
    return TooLarge(
        f"the transition monoid of {dfa.n_states} states has more than {limit} elements, the limit here (about {size / 2**30:.2g} "
        f"GiB); transition_monoid(limit={2 * limit}) takes twice that, and of n states there are at most n^n maps"
    )


def read_only(array: Any) -> Any:
    array.setflags(write=False)
    return array
