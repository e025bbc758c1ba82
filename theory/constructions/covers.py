"""One layer for a machine that needs more bit vectors than it has states: a cover, whose states are the vectors.

Statement     copyless bits track every machine of which no two idempotents have e·f·e ≠ f·e, by the one-layer theorem of this
              project; but often a state needs several bit vectors.  The vectors that words reach are the states of a larger
              machine, the cover, with one code a state; each stands for one state of the machine covered.
Example       set 0, set 1 and an absorbing sink need two bits, "in the sink" and "last set", with four vectors for three states.
Search        sets of states that close under the letters first: they add no vectors (subsets.py).  For the pairs of states that
              these leave, blocks from libraries (covering/): the one small block, or the few, with the fewest vectors; then a greedy
              choice from small blocks, bits for the L-classes of the monoid, and bits for walks on a group.  Blocks that turn out
              superfluous are dropped.  Only letters that generate the others take part (covering/generators.py).
Check         the closure over all letters: it ends, and each vector comes with one state.  That proves the cover for every word,
              however it was found.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...automata.dfa import DFA
from ...automata.errors import TooLarge
from ...automata.monoid import TransitionMonoid
from .candidate import Candidate, RegisterBank, register_codes
from .covering import l_classes, walks
from .covering.blocks import Blocks
from .covering.closure import Closed, closure
from .covering.exact import few_blocks
from .covering.generators import Generators, generators
from .covering.greedy import Draw, Sample
from .covering.small import LETTERS_UP_TO, ROWS, small_blocks
from .registers import Keys, Registers
from .subsets import bank_of, families, told_apart

LARGEST_MONOID = 20_000  # elements
LARGEST_MACHINE = 64  # states
CLIMBED = ((2, 3), (2, 3), *((3, 4),) * 6)  # bits of the blocks climbed to, round by round
CLOSURES = 6  # tried with each library
SETS = "sets of states"  # the family of covers that need no blocks

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Cover:
    """A machine whose states are bit vectors, each standing for a state of the machine covered.

    machine    the same alphabet; states are the vectors that words reach, breadth first, start 0; accepting where `owner` is
    owner      [machine.n_states] the state each stands for, in the numbering of `dfa.reachable()`, for the dfa covered
    candidate  copyless bits with one code for each state of `machine`: a bank a block
    family     the last library of blocks that it took

    `candidate.layer(machine)` is the layer, and owner[s] the state of the machine covered when the layer names s.
    """

    machine: DFA
    owner: npt.NDArray[np.int64]
    candidate: Candidate
    family: str

    @property
    def blocks(self) -> list[Registers]:
        """The registers of each bank."""
        return [bank.registers for bank in self.candidate.banks if isinstance(bank, RegisterBank)]


def cover(dfa: DFA, keys: Keys = "raw", seconds: float = 5.0, limit: int = 20_000) -> Cover | str:
    """A cover of the machine's reachable part, or why none was found.

    seconds   the search gives up after about so long; the result does not depend on it otherwise
    limit     vectors, counted with the states they come with, at most

    >>> sink = DFA([[0, 1, 2], [0, 1, 2], [2, 2, 2]], 0, [2], "01x")            # set 0, set 1, absorbing sink
    >>> found = cover(sink)
    >>> found.machine.n_states, found.owner.tolist(), found.candidate.n_h
    (4, [0, 1, 2, 2], 1)
    """
    begin = time.perf_counter()
    part = dfa.reachable()
    if part.n_states > LARGEST_MACHINE:
        return f"not searched above {LARGEST_MACHINE} states"
    if part.n_states == 1:
        still = Registers(((1,),), ((0,),) * part.n_letters)
        return assembled(part, [still], keys, limit, SETS)
    try:
        monoid = part.transition_monoid(limit=LARGEST_MONOID)
        witness = monoid.violating_idempotents()
    except TooLarge:
        return f"not searched with a transition monoid of more than {LARGEST_MONOID:,} elements, or so many idempotents"
    if witness is not None:
        e, f = (monoid.words[i] for i in witness)
        return f"the words {e!r} and {f!r} act as idempotents e and f with e·f·e ≠ f·e, which rules out any single layer"
    made = generators(part, LARGEST_MONOID)
    core = made.machine(part)
    banks = [bank_of(core, family, keys) for family in families(core)]
    apart = [told_apart(bank.codes) for bank in banks]
    hard = ~np.logical_or.reduce([np.eye(core.n_states, dtype=bool), *apart])
    found = search(core, hard, limit, seconds, lambda: time.perf_counter() - begin < seconds)
    if isinstance(found, str):
        return found
    blocks, family = found
    needed = without_superfluous(core, blocks, hard, limit)
    if needed is None:
        return f"not closed within {limit:,} vectors"
    blocks, together = needed
    blocks += sets_of_states(banks, apart, together)
    return assembled(part, extended(core, made, blocks, limit), keys, limit, family)


# ---------------------------------------------------------------------- the search


def search(
    core: DFA, hard: Flags, limit: int, seconds: float, in_time: Callable[[], bool]
) -> tuple[list[Registers], str] | str:
    """Blocks that tell the hard pairs of states apart, and the last library it took, or why there are none."""
    if not hard.any():
        return [], SETS
    small = {K: small_blocks(K, core.n_letters) for K, most in LETTERS_UP_TO.items() if core.n_letters <= most}
    few = few_blocks(core.table, core.start, hard, list(small.values()))
    if few is not None:
        return few.registers, small_name(max(blocks.K for blocks, _ in few.chosen))
    draw = Draw(core.table, core.start, hard)

    def drawn(libraries: list[Blocks] | str) -> list[Registers] | str:
        if isinstance(libraries, str):
            return libraries
        draw.samples += map(Sample, libraries)
        return draw.complete(limit, CLOSURES, in_time)

    def climbed() -> list[Registers] | str:
        rng, found = np.random.default_rng(0), "none of them enough"
        for sizes in CLIMBED:
            libraries = draw.climb(sizes, rng, in_time)
            few = few_blocks(core.table, core.start, hard, libraries) if in_time() else None
            found = drawn(libraries) if few is None else few.registers
            if isinstance(found, list) or not in_time():
                break
        return found

    families: dict[str, Callable[[], list[Registers] | str]] = {
        **{
            small_name(K): lambda K=K: drawn([small[K]] if K in small else f"{ROWS[K]}^{core.n_letters} are too many")
            for K in ROWS
        },
        "bits for L-classes": lambda: drawn(of_l_classes(core)),
        "blocks climbed to": climbed,
        "walks on a group": lambda: drawn(of_walks(core, in_time)),
    }
    reasons: list[str] = []
    for family, find in families.items():
        found = find()
        if isinstance(found, list):
            return found, family
        reasons.append(f"{family}: {found}")
        untried = list(families)[len(reasons) :]
        if untried and not in_time():
            return "; ".join([f"time limit of {seconds:g} s: {', '.join(untried)} not tried", *reasons])
    return "; ".join(reasons)


def small_name(K: int) -> str:
    return "single bits" if K == 1 else f"blocks of {K} bits"


def of_l_classes(core: DFA) -> list[Blocks] | str:
    """Bits for the L-classes, or why not."""
    monoid = TransitionMonoid(core)
    size = l_classes.entries(monoid)
    return list(l_classes.l_class_blocks(monoid)) if size <= l_classes.LARGEST else f"{size:,} numbers are too many"


def of_walks(core: DFA, in_time: Callable[[], bool]) -> list[Blocks] | str:
    """Bits for walks on the first group that is enough, or why not."""
    chosen = walks.enough(core, in_time)
    if chosen is None:
        return "no group found" if in_time() else "cut short"
    blocks = walks.walk_blocks(chosen)
    return "the group found is too large" if blocks is None else [blocks]


def without_superfluous(core: DFA, blocks: list[Registers], hard: Flags, limit: int) -> tuple[list[Registers], Flags] | None:
    """The blocks that are needed, largest dropped first, and [n, n] which states share a vector of theirs; None past the limit."""
    closed = closure(core.table, core.start, blocks, hard, limit)
    for block in sorted(blocks, key=lambda block: -block.K):
        rest = [other for other in blocks if other is not block]
        smaller = closure(core.table, core.start, rest, hard, limit)
        if isinstance(smaller, Closed):
            blocks, closed = rest, smaller
    return (blocks, closed.together) if isinstance(closed, Closed) else None


def sets_of_states(banks: list[RegisterBank], apart: list[Flags], wanted: Flags) -> list[Registers]:
    """Few of the families of sets that tell the wanted pairs apart: of the least n_h that allows it, then greedily few bits."""
    left = wanted.copy()
    if not left.any():
        return []
    for n_h in sorted({bank.n_h for bank in banks}):
        allowed = [i for i, bank in enumerate(banks) if bank.n_h <= n_h]
        if not (wanted & ~np.logical_or.reduce([apart[i] for i in allowed])).any():
            break
    chosen = []
    while left.any():
        best = max(allowed, key=lambda i: (left & apart[i]).sum() / banks[i].K)
        chosen.append(best)
        left &= ~apart[best]
    for i in list(chosen):  # what later choices made superfluous
        rest = [apart[j] for j in chosen if j != i]
        if rest and not (wanted & ~np.logical_or.reduce(rest)).any():
            chosen.remove(i)
    return [banks[i].registers for i in chosen]


# ---------------------------------------------------------------------- the proof


def extended(core: DFA, made: Generators, blocks: list[Registers], limit: int) -> list[Registers]:
    """The blocks over all letters of the machine."""
    closed = closure(core.table, core.start, blocks, ~np.eye(core.n_states, dtype=bool), limit)
    assert isinstance(closed, Closed), "sets of states add no vectors and leave no pair of states"
    ends = np.cumsum([block.K for block in blocks])[:-1]
    codes: dict[int, list[tuple[int, ...]]] = {}
    for t in set(made.resets.values()):
        vector = closed.vectors[np.flatnonzero(closed.states == t)[0]]
        codes[t] = [tuple(bits.tolist()) for bits in np.split(vector, ends)]
    return [made.extended(block, {t: parts[i] for t, parts in codes.items()}) for i, block in enumerate(blocks)]


def assembled(part: DFA, blocks: list[Registers], keys: Keys, limit: int, family: str) -> Cover:
    """The cover that the blocks make, proved by closure over all letters."""
    closed = closure(part.table, part.start, blocks, ~np.eye(part.n_states, dtype=bool), limit)
    assert isinstance(closed, Closed), "the blocks over all letters reach no other vectors"
    machine = DFA(closed.table, 0, np.flatnonzero(part.accepting_mask[closed.states]), part.alphabet)
    banks = []
    for block in blocks:
        codes = register_codes(machine, block)
        assert codes is not None, "a state of the cover is a vector"
        banks.append(RegisterBank(block, codes, keys))
    return Cover(machine, closed.states, Candidate("registers over a cover", tuple(banks)), family)
