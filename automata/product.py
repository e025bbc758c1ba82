"""Two machines run side by side: intersection, union, symmetric difference and difference of their languages.

Notation   (p, q) a pair of states, p of a and q of b; its code is p·n_b + q. Only the pairs that words reach are made, level by
           level (level t: a shortest word of length t leads there), and within a level in the order of their codes.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .dfa import DFA
from .errors import AlphabetMismatch, BadAutomaton, TooLarge

LIMIT = 2**22  # reachable pairs
DENSE = 2**24  # up to so many codes are looked up in an array (64 MB), more in a dict

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
    reach = reached_by_array if a.n_states * b.n_states <= DENSE else reached_by_dict
    codes, table = reach(a.table, aligned_table(b, a), (a.start, b.start), limit)
    p, q = np.divmod(codes, b.n_states)
    accepting = np.flatnonzero(ACCEPT[accept](a.accepting_mask[p], b.accepting_mask[q]))
    pairs = zip(names_of(a, p), names_of(b, q), strict=True)
    return DFA(table, 0, accepting, a.alphabet, state_names=pairs)


def names_of(dfa: DFA, states: npt.NDArray[np.int64]) -> list:
    return states.tolist() if dfa.state_names is None else [dfa.state_names[q] for q in states.tolist()]


def reached_by_array(
    table_a: npt.NDArray[np.int32], table_b: npt.NDArray[np.int32], start: tuple[int, int], limit: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """The codes of the reachable pairs, the start's first, and the table over their positions in that list. Raises TooLarge."""
    n_b = len(table_b)
    number = np.full(len(table_a) * n_b, -1, dtype=np.int32)
    level = np.array([start[0] * n_b + start[1]])
    levels, rows, count = [], [], 0
    while len(level):
        number[level] = np.arange(count, count + len(level), dtype=np.int32)
        count += len(level)
        check_limit(count, limit)
        p, q = np.divmod(level, n_b)
        successors = table_a[p] * np.int64(n_b) + table_b[q]
        levels.append(level)
        rows.append(successors)
        level = np.sort(successors[number[successors] < 0])
        level = level[np.diff(level, prepend=-1) > 0]
    return np.concatenate(levels), number[np.concatenate(rows)]


def reached_by_dict(
    table_a: npt.NDArray[np.int32], table_b: npt.NDArray[np.int32], start: tuple[int, int], limit: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """The same as `reached_by_array` where an array over all codes would be too long."""
    n_b = len(table_b)
    number: dict[int, int] = {}
    level = [start[0] * n_b + start[1]]
    rows: list[list[int]] = []
    while level:
        check_limit(len(number) + len(level), limit)
        number.update(zip(level, range(len(number), len(number) + len(level)), strict=True))
        met = set()
        for code in level:
            p, q = divmod(code, n_b)
            row = [x * n_b + y for x, y in zip(table_a[p].tolist(), table_b[q].tolist(), strict=True)]
            rows.append(row)
            met.update(row)
        level = sorted(code for code in met if code not in number)
    table = np.array([[number[code] for code in row] for row in rows], dtype=np.int32)
    return np.fromiter(number, dtype=np.int64), table


def check_limit(count: int, limit: int) -> None:
    if count > limit:
        raise TooLarge(
            f"the product has more than {limit} reachable pairs; minimise both machines first, "
            "or raise the limit: deltaword.automata.product.product(a, b, accept, limit=...)"
        )


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
