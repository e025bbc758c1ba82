"""The word problem of the symmetric group S_n in one layer (n_h = n − 1), in three (n_h ≥ 2) and in four (n_h = 1).

Statement     (1) one layer: a permutation is at most n − 1 swaps.   (3, 4) the block scheme (block_scheme.py): the product of a
              block of m tokens is applied, n_h swaps a token, while the next block is read; m·n_h ≥ n − 1.
Layers        position modulo 2m, by turning polygons; with n_h = 1 this takes two layers, parity and mirrors (counting.py)
              a buffer: 2m heads of one row, one overwritten by each token with its unit vector
              the swaps, on a state [n, n] that starts at the identity and is read as the images of the points
Links         (letter, position) as one symbol; from it and the buffer the chunk of swaps, by m − 1 lookups of products in a row.
              The reader multiplies what the state lacks, by lookups too.  Every number is whole.
Size          one lookup of a product is at most (n!)² rows of some n! numbers; so the papers' single table of (n!)^(2m) rows is not
              needed.  n = 3 and 4 are small, n = 5 fits for few tokens a block, more points do not: there the procedure
              `BlockScheme` shows the scheme, and one layer with n_h = n − 1 is the network to take.
Proof         closure where the reachable pairs can be visited.  Else by induction over blocks: positions, buffer and swaps are checked
              head by head and symbol by symbol, the links and the reader stage by stage for all values of what a stage depends on
              (staged.py), and that the chunks of P multiply to P for all n! P.
Source        Grazzi et al. 2411.12537, Theorem 3, and Siems et al. 2502.10297, Theorem 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from math import factorial
from typing import Literal

import numpy as np

from ...automata import groups
from ...automata.checked import is_whole
from ...automata.dfa import DFA
from ...automata.errors import BadArgument, ProofFails, TooLarge
from ..exact_layer import Head, LetterAction
from ..exact_stack import ExactStack, Link
from ..factor import swaps
from ..householder import overwrite, swap, unit
from ..mlp import Ints, Mlp
from ..numbers import identity
from .block_scheme import BlockScheme, Permutation, Swap, product_table, times
from .construction import GRAZZI, SIEMS, Construction, Proof, nearest_point
from .counting import flips, parity_link
from .polygon import heads, point, polygons
from .staged import Chosen, Looked, Made, Named, Program, Relabelled

Letters = Literal["elements", "generators", "transpositions"]
Stage = tuple[dict[str, Made], list[str]]
PARAMETERS_UP_TO = 2**27


def symmetric(n: int, layers: Literal[1, 3, 4] = 1, n_h: int | None = None, letters: Letters = "elements") -> Construction:
    """The products of permutations of n ≥ 2 points.

    layers   1: n_h = n − 1.  3: n_h ≥ 2, default 2.  4: n_h = 1
    letters  all n! "elements", two "generators" (a swap and a cycle), or all "transpositions"
    Raises   BadArgument on other choices; TooLarge when the links and the reader would hold more than 2^27 numbers

    >>> made = symmetric(3, layers=4)
    >>> word = ["(0 1)", "(0 1 2)", "(1 2)", "(0 2 1)", "(0 1)"]
    >>> made.stack.states(word) == made.dfa.states(word), made.n_h, made.exact, len(made.stack.layers)
    (True, 1, True, 4)
    """
    if not is_whole(n) or n < 2:
        raise BadArgument(f"the symmetric group of {n!r} points: n should be a whole number, at least 2")
    if layers not in (1, 3, 4):
        raise BadArgument(f"layers={layers!r}; the papers have 1 (n_h = n − 1), 3 (n_h ≥ 2) or 4 (n_h = 1)")
    least, given = {1: n - 1, 3: 2, 4: 1}[layers], n_h
    n_h = least if given is None else given
    if not is_whole(n_h) or (n_h != least if layers != 3 else n_h < 2):
        raise BadArgument(
            f"n_h={given!r} with {layers} layer{'s' * (layers > 1)}; it takes n_h {'≥' if layers == 3 else '='} {least}"
        )
    if letters not in ("elements", "generators", "transpositions"):
        raise BadArgument(f'letters={letters!r}; "elements", "generators" or "transpositions"')
    scheme = None if layers == 1 else BlockScheme(n, n_h)
    if scheme is not None and 2 * factorial(n) ** 3 > PARAMETERS_UP_TO:
        raise TooLarge(
            f"{layers} layers for S_{n} multiply group elements by lookups of (n!)² = {factorial(n) ** 2:,} rows, over "
            f"{2 * factorial(n) ** 3:,} numbers each; take layers=1, or the procedure BlockScheme({n}, {n_h})"
        )
    dfa = word_problem(n, letters)
    if scheme is None:
        return one_layer(n, dfa)
    built = _Blocks(scheme, dfa)
    built.check_size()
    return Construction(
        f"symmetric group S_{n} in {layers} layers, n_h = {n_h}",
        dfa,
        built.stack,
        f"blocks of {scheme.m} tokens, each applied as swaps while the next is read; {SIEMS}, Theorem 1",
        built.lemma,
        pairs=2 * scheme.m * dfa.n_letters ** (2 * scheme.m) * dfa.n_states,
    )


def word_problem(n: int, letters: Letters) -> DFA:
    """S_n with these letters."""
    group = groups.symmetric(n)
    if letters == "elements":
        return group.word_problem()
    if letters == "generators":
        return group.word_problem(group.generators)
    return group.word_problem([[{i: j, j: i}.get(p, p) for p in range(n)] for i, j in combinations(range(n), 2)])


def one_layer(n: int, dfa: DFA) -> Construction:
    """Every letter as swaps of n coordinates; reading along (0, 1, …, n − 1) gives the images of the points."""
    elements, letters = permutations_of(n, dfa)
    head = swap_head(n, [tuple(swaps(x)) for x in letters])
    statement = f"a permutation is at most n − 1 swaps; {GRAZZI}, Theorem 3, and {SIEMS}, Theorem 1"
    stack = nearest_point(dfa.alphabet, [head], [np.array(g) for g in elements])
    return Construction(f"symmetric group S_{n}", dfa, stack, statement)


def permutations_of(n: int, dfa: DFA) -> tuple[list[Permutation], list[Permutation]]:
    """Those of the states and those of the letters, from their names."""
    group = groups.symmetric(n)
    return [group.permutation(str(g)) for g in dfa.state_names or ()], [group.permutation(str(x)) for x in dfa.alphabet]


def swap_head(n: int, symbols: Sequence[Sequence[Swap]]) -> Head:
    """The state that symbols swap."""
    actions = [LetterAction(tuple(swap(i, j, n, columns=n) for i, j in pairs)) for pairs in symbols]
    return Head(identity(n), range(n), actions)


@dataclass(frozen=True)
class _Blocks:
    """The network of a block scheme."""

    scheme: BlockScheme
    dfa: DFA

    @cached_property
    def listed(self) -> tuple[list[Permutation], list[Permutation]]:
        return permutations_of(self.scheme.n, self.dfa)

    @property
    def positions(self) -> int:
        return 2 * self.scheme.m

    @cached_property
    def codes(self) -> list[Permutation]:
        """What a slot can hold: the letters, and the identity that it holds at first."""
        letters = self.listed[1]
        return letters if self.scheme.identity in letters else [*letters, self.scheme.identity]

    @cached_property
    def nothing(self) -> int:
        return self.codes.index(self.scheme.identity)

    @cached_property
    def chunks(self) -> list[tuple[Swap, ...]]:
        """The symbols of the last layer; none first."""
        everything = {self.scheme.chunk(P, w) for P in self.listed[0] for w in range(self.scheme.m)}
        return sorted(everything, key=lambda pairs: (len(pairs), pairs))

    @cached_property
    def position_reads(self) -> Ints:
        """What the position's heads read at u = 0 … 2m − 1, after u + 1 tokens [2m, R]."""
        parts = polygons(self.positions)
        return np.array([point(parts, u + 1, False, generic=False) for u in range(self.positions)], dtype=np.int64)

    # ------------------------------------------------------------------ links and reader

    @cached_property
    def position_program(self) -> Program:
        """From the symbol of the position's layer and its reads to letter · 2m + u."""
        A, U = self.dfa.n_letters, self.positions
        table = np.arange(A * U).reshape(A, U)
        if self.scheme.n_h == 1:  # symbols letter · 2 + p; p is 1 after an odd number of tokens, u even
            p = (np.arange(U) + 1) % 2
            table = np.where(p == np.tile([0, 1], A)[:, None], np.repeat(table, 2, axis=0), -1)
        return Program(
            {"symbol": np.eye(len(table), dtype=np.int64), "reads": self.position_reads},
            [({"u": Named("reads", self.position_reads)}, ["symbol"]), ({"next": Looked("symbol", "u", table, A * U)}, [])],
        )

    @cached_property
    def swap_program(self) -> Program:
        """From letter · 2m + u and the slots to the chunk of swaps."""
        U = self.positions
        symbol_u = np.tile(np.arange(U), self.dfa.n_letters)
        stages: list[Stage] = [
            ({"u": Relabelled("symbol", symbol_u, U)}, list(self.slots)),
            (self.before(), ["u"]),
        ]
        for i, how in enumerate(self.chain("P", "before"), start=1):
            stages.append(({"P": how}, ["u", *self.later("before", i)]))
        table = [[self.chunks.index(self.scheme.chunk(P, u % self.scheme.m)) for P in self.block_products] for u in range(U)]
        stages.append(({"next": Looked("u", "P", np.array(table), len(self.chunks))}, []))
        return Program({"symbol": np.eye(len(symbol_u), dtype=np.int64), **self.slots}, stages)

    @cached_property
    def reader_program(self) -> Program:
        """From all reads to the product of all tokens: h · (what is left of the block before) · (the current block)."""
        elements, U, m = self.listed[0], self.positions, self.scheme.m
        number = {g: q for q, g in enumerate(elements)}
        held = elements
        inputs = {"parity": np.array([[1], [-1]])} if self.scheme.n_h == 1 else {}
        stages: list[Stage] = [
            ({"u": Named("reads", self.position_reads), "h": Named("images", np.array(elements))}, list(self.slots))
        ]
        if m == 1:  # the chunk was all of the block before
            stages.append((self.now(), ["h"]))
        else:
            stages.append(({**self.before(), **self.now()}, ["u", "h"]))
            for i, (P, Q) in enumerate(zip(self.chain("P", "before"), self.chain("Q", "now"), strict=True), start=1):
                stages.append(({"P": P, "Q": Q}, ["u", "h", *self.later("before", i), *self.later("now", i)]))
            left = [[self.scheme.rest(P, u % m) for P in self.block_products] for u in range(U)]
            rests = sorted({g for row in left for g in row})
            table = np.array([[rests.index(g) for g in row] for row in left])
            stages.append(({"rest": Looked("u", "P", table, len(rests))}, ["h", "Q"]))
            table, held = product_table(elements, rests)
            stages.append(({"h": Looked("h", "rest", table, len(held))}, ["Q"]))
        table, products = product_table(held, self.block_products)
        states = np.array([number[g] for g in products])
        stages.append(({"state": Looked("h", "Q", states[table], len(elements))}, []))
        return Program({**inputs, "reads": self.position_reads, **self.slots, "images": np.array(elements)}, stages)

    @cached_property
    def slots(self) -> dict[str, Ints]:
        return {f"slot {s}": np.eye(len(self.codes), dtype=np.int64) for s in range(self.positions)}

    def before(self) -> dict[str, Made]:
        """P and "before 1" …, the tokens of the block before."""
        return {f"before {i}" if i else "P": self._token(i, self.scheme.previous) for i in range(self.scheme.m)}

    def now(self) -> dict[str, Made]:
        """Q and "now 1" …, the tokens of the current block, the identity for those to come."""
        return {f"now {i}" if i else "Q": self._token(i, self.scheme.current) for i in range(self.scheme.m)}

    def _token(self, i: int, slots_at: Callable[[int], list[int]]) -> Chosen:
        m = self.scheme.m
        half = [slots[i] // m if i < len(slots := slots_at(u)) else -1 for u in range(self.positions)]
        return Chosen("u", (f"slot {i}", f"slot {m + i}"), np.array(half), self.nothing, len(self.codes))

    def later(self, name: str, i: int) -> list[str]:
        return [f"{name} {j}" for j in range(i + 1, self.scheme.m)]

    def chain(self, wire: str, name: str) -> Iterator[Looked]:
        """wire · "name 1", then that · "name 2", …"""
        so_far = self.codes
        for i in range(1, self.scheme.m):
            table, so_far = product_table(so_far, self.codes)
            yield Looked(wire, f"{name} {i}", table, len(so_far))

    @cached_property
    def block_products(self) -> list[Permutation]:
        """The products of m codes, as the chain numbers them."""
        so_far = self.codes
        for _ in range(1, self.scheme.m):
            _, so_far = product_table(so_far, self.codes)
        return so_far

    def check_size(self) -> None:
        """Raises TooLarge when the Mlps would hold too many numbers."""
        numbers = sum(p.parameters for p in (self.position_program, self.swap_program, self.reader_program))
        if numbers > PARAMETERS_UP_TO:
            raise TooLarge(
                f"links and reader of S_{self.scheme.n} with {self.dfa.n_letters} letters and n_h = {self.scheme.n_h} would hold "
                f"{numbers:,} numbers, more than {PARAMETERS_UP_TO:,}; take letters='generators', a larger n_h, layers=1, or the "
                f"procedure BlockScheme({self.scheme.n}, {self.scheme.n_h})"
            )

    # ------------------------------------------------------------------ the layers

    @cached_property
    def stack(self) -> ExactStack:
        n, A, U = self.scheme.n, self.dfa.n_letters, self.positions
        parts = polygons(U)
        if self.scheme.n_h == 1:
            a = 2 * np.arange(A)
            positions = [(flips([True] * A),), heads(parts, [(1, True), (-1 % U, True)] * A, generic=False)]
            links = [parity_link(np.stack([a, a + 1], axis=1), 2 * A)]
        else:
            positions, links = [heads(parts, [(1, False)] * A, generic=False)], []
        buffer = tuple(self._slot(s) for s in range(U))
        links += [
            _after(self.position_program.build(), A if self.scheme.n_h > 1 else 2 * A),
            _after(self.swap_program.build(), A * U),
        ]
        layers = (*positions, buffer, (swap_head(n, self.chunks),))
        return ExactStack(self.dfa.alphabet, layers, tuple(links), self.reader_program.build())

    def _slot(self, s: int) -> Head:
        """One row, overwritten by the tokens at position s."""
        size = len(self.codes)
        writes = [LetterAction((overwrite(0, unit(a, size), 1),)) for a in range(self.dfa.n_letters)]
        symbols = [write if u == s else LetterAction(()) for write in writes for u in range(self.positions)]
        return Head([unit(self.nothing, size)], (1,), symbols)

    # ------------------------------------------------------------------ the proof

    def lemma(self) -> Proof:
        """The induction over tokens, each fact it rests on checked on the stack as it is. Raises ProofFails where one fails."""
        facts = sum(check() for check in (self._machine, self._positions, self._slots_hold, self._chunks_multiply))
        facts += self.position_program.check(self.stack.links[-2].mlp)
        facts += self.swap_program.check(self.stack.links[-1].mlp)
        facts += self.reader_program.check(self.stack.reader)
        return Proof(
            "lemma",
            facts,
            f"{facts:,} facts: positions, slots and swaps for every symbol, every stage of the links and of the reader for all that "
            f"it depends on, and that the chunks of all {len(self.listed[0])} permutations multiply to them",
        )

    def _machine(self) -> int:
        """The machine multiplies."""
        elements, letters = self.listed
        number = {g: q for q, g in enumerate(elements)}
        for q, g in enumerate(elements):
            for a, x in enumerate(letters):
                if self.dfa.table[q, a] != number[times(g, x)]:
                    raise ProofFails(f"state {g} goes to {elements[self.dfa.table[q, a]]} on letter {x}")
        if elements[self.dfa.start] != self.scheme.identity:
            raise ProofFails("the machine should start at the identity")
        return self.dfa.table.size + 1

    def _positions(self) -> int:
        """After token t the position's layers read what stands for u = (t − 1) mod 2m, and their last symbol says which letter (and
        whether t is odd, with n_h = 1), whatever the letters."""
        stack, A, U = self.stack, self.dfa.n_letters, self.positions
        layers = stack.layers[:-2]
        for i, heads_ in enumerate(layers):
            for head in heads_:
                if any(action != head.letters[symbol % (i + 1)] for symbol, action in enumerate(head.letters)):
                    raise ProofFails(f"letters move the position differently in layer {i}")
        if len(layers) == 2:
            for letter in range(A):
                for odd in (0, 1):
                    if stack.links[0](letter, A, np.array([0]), np.array([1 - 2 * odd])) != 2 * letter + odd:
                        raise ProofFails(f"letter {letter} with parity {odd} is handed on wrongly")
        states = stack.start()
        for u in range(U):
            states = stack.step(states, 0)
            if stack.reads(len(layers) - 1, states[len(layers) - 1]).tolist() != self.position_reads[u].tolist():
                raise ProofFails(f"after {u + 1} tokens the position is misread")
        for old, new in zip(stack.start()[: len(layers)], states, strict=False):
            if not all(np.array_equal(x, y) for x, y in zip(old, new, strict=True)):
                raise ProofFails(f"{U} tokens should bring the position back to where it was")
        return 2 * A + U + 1

    def _slots_hold(self) -> int:
        """Slot s starts with the identity, and takes the letters at position s alone."""
        for s, head in enumerate(self.stack.layers[-2]):
            wanted = self._slot(s)
            if head.query != wanted.query or not np.array_equal(head.initial, wanted.initial):
                raise ProofFails(f"slot {s} starts or is read wrongly")
            for symbol, (action, right) in enumerate(zip(head.letters, wanted.letters, strict=True)):
                if action != right:
                    raise ProofFails(f"slot {s} is written wrongly on symbol {symbol}")
        return self.positions**2 * self.dfa.n_letters

    def _chunks_multiply(self) -> int:
        """The last layer's symbols are their swaps, and for every P and w: chunks 0 … w, then the rest, make P."""
        n, (head,) = self.scheme.n, self.stack.layers[-1]
        if not np.array_equal(head.initial, identity(n)) or head.query != tuple(range(n)):
            raise ProofFails("the state of the swaps should start at the identity and be read along 0, 1, …")
        for pairs, action in zip(self.chunks, head.letters, strict=True):
            images = (np.array(head.query, dtype=object) @ action.apply(head.initial)).tolist()
            moves = all(x == 0 for step in action.steps for x in step.value) and action.gate == 1
            if not moves or tuple(images) != self.scheme.swapped(pairs):
                raise ProofFails(f"the symbol of the swaps {pairs} does something else")
        for P in self.listed[0]:
            done = self.scheme.identity
            for w in range(self.scheme.m):
                done = times(done, self.scheme.swapped(self.scheme.chunk(P, w)))
                if times(done, self.scheme.rest(P, w)) != P:
                    raise ProofFails(f"the chunks of {P} do not multiply to it")
            if done != P:
                raise ProofFails(f"{self.scheme.m} chunks leave something of {P}")
        return len(self.chunks) + len(self.listed[0]) * (self.scheme.m + 1)


def _after(mlp: Mlp, n_symbols: int) -> Link:
    """A link that reads the numbers after the token."""
    reads = mlp.n_in - n_symbols
    return Link(np.stack([np.zeros(reads, dtype=np.int64), np.ones(reads, dtype=np.int64)]), mlp)
