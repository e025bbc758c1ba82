"""What a task wants, as one machine over all words: the answers of its automaton, and NOT_ASKED wherever nothing is asked.

An automaton task may have slots: letters of one kind at one position and of another at the next, a closing letter, questions only where
a round of slots is complete.  Words of another form are nothing that a network was trained on.  They lead to a state from which nothing
is asked any more.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .machine import NOT_ASKED, Moore


def target_of(task: Any) -> Moore | None:
    """The smallest machine with the answers of a task (`nets/tasks`), or None where the task has no automaton.

    >>> from deltaword.nets.tasks import task
    >>> target = target_of(task("S_3"))
    >>> target.n_states, target.answers(np.array([[1, 2]])).tolist()
    (6, [[1, 3]])
    """
    dfa, of_state = task.dfa, task.class_of_state
    if dfa is None or of_state is None:
        return None
    letters, classes = tuple(task.letters), tuple(task.classes)
    outputs = np.asarray(of_state, dtype=np.int64)
    slots: tuple[tuple[int, int], ...] = getattr(task, "slots", ())
    closing: int | None = getattr(task, "closing", None)
    last_only: bool = getattr(task, "last_only", False)
    if len(slots) < 2 and closing is None:
        return Moore(dfa.table.astype(np.int64), dfa.start, outputs, letters, classes).minimized()
    # states (p, q), q of the automaton, before slot p; then (after the closing letter, q), and one for words of another form
    k, n = max(1, len(slots)), dfa.n_states
    nowhere = (k + 1) * n
    table = np.full((nowhere + 1, len(letters)), nowhere)
    answers = np.full(nowhere + 1, NOT_ASKED)
    for p, (first, count) in enumerate(slots):
        after = (p + 1) % k
        here = slice(p * n, (p + 1) * n)
        table[here, first : first + count] = after * n + dfa.table[:, first : first + count]
        if closing is None and (p == 0 or last_only):
            answers[here] = outputs
        if closing is not None and p == 1 % k:
            table[here, closing] = k * n + dfa.table[:, closing]
    if closing is not None:
        answers[k * n : nowhere] = outputs
    return Moore(table, dfa.start, answers, letters, classes).minimized()
