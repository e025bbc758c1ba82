"""Two machines run side by side: intersection, union, symmetric difference and difference of their languages.

Notation   (p, q) a pair of states, p of a and q of b; its code is p·n_b + q. Only the pairs that words reach are made, level by
           level (level t: a shortest word of length t leads there), and within a level in the order of their codes.
"""

from __future__ import annotations

from array import array

import numpy as np
import numpy.typing as npt

from .dfa import DFA
from .errors import AlphabetMismatch, BadAutomaton, TooLarge

LIMIT = 2**22  # reachable pairs
DENSE = 2**24  # up to so many codes are looked up in an array (64 MB), more in a dict
WIDE = 32  # levels with at least so many pairs go through numpy, where there is the array

ACCEPT = {
    "and": np.logical_and,
    "or": np.logical_or,
    "xor": np.logical_xor,
    "diff": np.greater,
}


def product(a: DFA, b: DFA, accept: str = "and", limit: int = LIMIT) -> DFA:
    """The machine of the reachable pairs of states; its `state_names` are these pairs.

    accept  when a pair accepts: "and", "or", "xor" (exactly one of the two) or "diff" (a does, b does not)
    limit   the most pairs to make
    Raises  AlphabetMismatch when the alphabets differ as sets (their order may differ; the result has that of a),
            TooLarge past the limit, BadAutomaton for any other `accept`

    >>> odd_a = DFA([[1, 0], [0, 1]], start=0, accepting=[1], alphabet="ab")
    >>> ends_in_b = DFA([[0, 1], [0, 1]], start=0, accepting=[1], alphabet="ab")
    >>> both = product(odd_a, ends_in_b, "and")
    >>> both.accepts("ab"), both.accepts("aab"), both.state_names
    (True, False, ((0, 0), (0, 1), (1, 0), (1, 1)))
    """
    if accept not in ACCEPT:
        raise BadAutomaton(f"accept is {accept!r}; it should be one of {', '.join(map(repr, ACCEPT))}")
    codes, table = reachable_pairs(a.table, aligned_table(b, a), (a.start, b.start), limit)
    p, q = np.divmod(codes, b.n_states)
    accepting = np.flatnonzero(ACCEPT[accept](a.accepting_mask[p], b.accepting_mask[q]))
    pairs = zip(names_of(a, p), names_of(b, q), strict=True)
    return DFA(table, 0, accepting, a.alphabet, state_names=pairs)


def names_of(dfa: DFA, states: npt.NDArray[np.int64]) -> list:
    return states.tolist() if dfa.state_names is None else [dfa.state_names[q] for q in states.tolist()]


def reachable_pairs(
    table_a: npt.NDArray[np.int32], table_b: npt.NDArray[np.int32], start: tuple[int, int], limit: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """The codes of the reachable pairs, [m], the start's first, and the table [m, k] over their places in that list.

    Raises  TooLarge when there are more than `limit`
    """
    (n_a, k), n_b = table_a.shape, len(table_b)
    number = array("i", [-1]) * (n_a * n_b) if n_a * n_b <= DENSE else Numbers()
    numbers = np.frombuffer(number, dtype=np.int32) if isinstance(number, array) else None  # the same memory
    codes, successors = array("q"), array("q")
    level = [start[0] * n_b + start[1]]
    while len(level):
        if len(codes) + len(level) > limit:
            raise TooLarge(
                f"the product has more than {limit} reachable pairs; minimise both machines first, "
                "or raise the limit: deltaword.automata.product.product(a, b, accept, limit=...)"
            )
        if numbers is None or len(level) < WIDE:
            met = []
            for code in level:
                number[code] = len(codes)
                codes.append(code)
                p, q = divmod(code, n_b)
                met += [x * n_b + y for x, y in zip(table_a[p].tolist(), table_b[q].tolist(), strict=True)]
            successors.extend(met)
            level = sorted({code for code in met if number[code] < 0})
        else:
            at = np.asarray(level)
            numbers[at] = np.arange(len(codes), len(codes) + len(at))
            codes.frombytes(at.tobytes())
            p, q = np.divmod(at, n_b)
            met = table_a[p] * np.int64(n_b) + table_b[q]
            successors.frombytes(met.tobytes())
            new = np.sort(met[numbers[met] < 0])
            new = new[np.diff(new, prepend=-1) > 0]
            level = new if len(new) >= WIDE else new.tolist()
    if numbers is None:
        table = np.fromiter(map(number.__getitem__, successors), dtype=np.int32, count=len(successors))
    else:
        table = numbers[np.frombuffer(successors, dtype=np.int64)]
    return np.array(codes, dtype=np.int64), table.reshape(-1, k)


class Numbers(dict):
    """Code to number; -1 for a code not met yet, like the array of numbers."""

    def __missing__(self, code: int) -> int:
        return -1


def aligned_table(dfa: DFA, model: DFA) -> npt.NDArray[np.int32]:
    """The table of `dfa`, its columns in the order of the model's alphabet. Raises AlphabetMismatch."""
    if dfa.alphabet == model.alphabet:
        return dfa.table
    lacking = [letter for letter in model.alphabet if letter not in dfa.letter_index]
    extra = [letter for letter in dfa.alphabet if letter not in model.letter_index]
    if lacking or extra:
        missing_where = [
            f"the {which} lacks {', '.join(map(repr, some[:12]))}"
            for which, some in (("first", extra), ("second", lacking))
            if some
        ]
        raise AlphabetMismatch(
            f"the alphabets of the two machines differ: {' and '.join(missing_where)}; give both the same letters"
        )
    return dfa.table[:, [dfa.letter_index[letter] for letter in model.alphabet]]
