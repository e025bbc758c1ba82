"""Cascades: machines in a row, each driven by what the letter has become on its way past the machines before it.

Notation      component i has its own states and its own letters, called symbols.  A letter x is component 0's symbol; a symbol a and
              the state p that component i has BEFORE the letter give component i + 1 its symbol `links[i][a, p]`.  All components
              move together.  Any dependence on letter and states below can be written so: a symbol may carry all it needs on.
Reading       the state covered is read from the last component to the first: component L−1's state stands for itself, and what has
              been read so far, r, with the state p of component i gives `readers[i][r, p]`; readers[0] gives states of the machine.
              Unreachable entries of links and readers are −1.
Proof         `verify` closes over all reachable tuples: the start tuple covers the start, and for every reachable tuple and letter the
              tuple after it covers the state after it.  So the covering is right after every word.
Source        Krohn and Rhodes 1965, in the direct form of Egri-Nagy and Nehaniv.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .dfa import DFA
from .errors import BadAutomaton, TooLarge

Table = npt.NDArray[np.int64]
Tuple = tuple[int, ...]


@dataclass(frozen=True)
class Cascade:
    """machines [L], links [L − 1] of [n_symbols, n_states], readers [L − 1] of [n_read_so_far, n_states]; `dfa` is what they cover, all
    its states reachable."""

    dfa: DFA
    machines: tuple[DFA, ...]
    links: tuple[Table, ...]
    readers: tuple[Table, ...]

    @property
    def start(self) -> Tuple:
        return tuple(machine.start for machine in self.machines)

    def to_svg(self) -> str:
        """The machines as blocks, from the first to the last.

        >>> from .languages import get
        >>> get("T_3").holonomy().cascade.to_svg()[:4]
        '<svg'
        """
        from .picture.cascade import to_svg

        return to_svg(self)

    def _repr_svg_(self) -> str:
        return self.to_svg()

    def step(self, states: Tuple, letter: int) -> Tuple:
        """The tuple after one more letter (by number)."""
        after, symbol = [], letter
        for i, (machine, state) in enumerate(zip(self.machines, states, strict=True)):
            after.append(int(machine.table[state, symbol]))
            if i < len(self.links):
                symbol = int(self.links[i][symbol, state])
        return tuple(after)

    def covered(self, states: Tuple) -> int:
        """The state of the machine that a tuple stands for."""
        *below, read = states
        for reader, state in zip(reversed(self.readers), reversed(below), strict=True):
            read = int(reader[read, state])
        return read

    def verify(self, limit: int = 2_000_000) -> int:
        """The number of reachable tuples, after the covering was checked on all of them.

        Raises  BadAutomaton naming the first tuple and letter where it fails, TooLarge past `limit` tuples
        """
        if self.covered(self.start) != self.dfa.start:
            raise BadAutomaton(f"the start tuple {self.start} does not cover the start state {self.dfa.start}")
        seen, order = {self.start}, [self.start]
        for states in order:
            state = self.covered(states)
            for letter, wanted in enumerate(self.dfa.table[state].tolist()):
                after = self.step(states, letter)
                if self.covered(after) != wanted:
                    raise BadAutomaton(
                        f"tuple {states} covers {state}, but after letter {self.dfa.alphabet[letter]!r} "
                        f"{after} covers {self.covered(after)}, not {wanted}"
                    )
                if after not in seen:
                    if len(seen) >= limit:
                        raise TooLarge(f"more than {limit:,} reachable tuples; minimise the machine, or raise `limit`")
                    seen.add(after)
                    order.append(after)
        return len(order)
