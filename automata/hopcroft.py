"""Hopcroft's refinement: O(k n log n) whatever the machine, on plain lists.

Idea       keep a list of splitters. A splitter B and a letter a cut each class into the states that a sends into B and the
           rest. Of two halves only the smaller becomes a new splitter, so each state is looked at O(log n) times a letter.
Layout     `members` holds the states class by class; class c is members[first[c]:end[c]], and while a splitter is at work
           members[first[c]:met[c]] are those of c that it has met. place[q] is where q stands in `members`.
Source     J. E. Hopcroft, An n log n algorithm for minimizing states in a finite automaton, 1971; the array layout follows
           A. Valmari and P. Lehtinen, Efficient minimization of DFAs with partial transition functions, STACS 2008.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def hopcroft(table: npt.NDArray[np.integer], classes: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
    """The coarsest partition that refines `classes` and that every letter respects.

    table     [n, k], a complete machine
    classes   [n], the classes to begin with, numbered 0 .. c-1 without gaps
    Returns   [n], the classes in the end, numbered without gaps in no particular order

    >>> chain = np.array([[1], [2], [3], [3]])
    >>> hopcroft(chain, np.array([0, 0, 0, 1])).tolist()
    [0, 3, 2, 1]
    """
    arrows = [arrows_into(column) for column in table.T]
    sizes = np.bincount(classes)
    order = np.argsort(classes, kind="stable")
    end = np.cumsum(sizes).tolist()
    first = [0, *end[:-1]]
    met = first.copy()
    members = order.tolist()
    place = np.argsort(order).tolist()
    of = classes.tolist()
    # every class but one: what the others do to a class settles what the last one does
    largest = int(np.argmax(sizes))
    splitters = [c for c in range(len(first)) if c != largest]
    while splitters:
        b = splitters.pop()
        splitter = members[first[b] : end[b]]  # a copy: the class itself may be cut before the last letter has had its turn
        for sources, begin in arrows:
            touched = []
            for q in splitter:
                for p in sources[begin[q] : begin[q + 1]]:
                    c = of[p]
                    to = met[c]
                    if to == first[c]:
                        touched.append(c)
                    at, other = place[p], members[to]
                    members[at], place[other] = other, at
                    members[to], place[p] = p, to
                    met[c] = to + 1
            for c in touched:
                left, cut, right = first[c], met[c], end[c]
                met[c] = left
                if cut == right:
                    continue  # all of c goes into the splitter
                if cut - left <= right - cut:
                    first[c] = met[c] = cut
                    begin_new, end_new = left, cut
                else:
                    end[c] = cut
                    begin_new, end_new = cut, right
                new = len(first)
                first.append(begin_new)
                met.append(begin_new)
                end.append(end_new)
                for p in members[begin_new:end_new]:
                    of[p] = new
                splitters.append(new)  # if c waits as a splitter, both halves now wait; if not, the smaller is enough
    return np.array(of, dtype=np.int64)


def arrows_into(column: npt.NDArray[np.integer]) -> tuple[list[int], list[int]]:
    """One letter's map backwards: the states that go to q are sources[begin[q]:begin[q + 1]]."""
    begin = np.concatenate([[0], np.cumsum(np.bincount(column, minlength=len(column)))])
    return np.argsort(column, kind="stable").tolist(), begin.tolist()
