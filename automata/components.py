"""Parts of graphs that hang together: weakly, in numpy; strongly, by Tarjan's algorithm.

Components are numbered 0, 1, … in the order of their first members.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int32]


def connected_components(n: int, tails: npt.NDArray[np.integer], heads: npt.NDArray[np.integer]) -> Numbers:
    """The component of each of n nodes, [n], in the graph with the edges tails[i] – heads[i], directions ignored.

    Each round hangs components under neighbours with a smaller root and then lets every node point to its root.

    >>> connected_components(5, np.array([4, 2]), np.array([0, 3])).tolist()
    [0, 1, 2, 2, 0]
    """
    root = np.arange(n, dtype=np.int32)
    while True:
        a, b = root[tails], root[heads]
        apart = a != b
        if not apart.any():
            return in_order_of_first(root)
        tails, heads = tails[apart], heads[apart]
        a, b = a[apart], b[apart]
        root[np.maximum(a, b)] = np.minimum(a, b)  # of several smaller neighbours any will do
        while not np.array_equal(higher := root[root], root):
            root = higher


def strongly_connected_components(successors: npt.NDArray[np.integer]) -> Numbers:
    """The strongly connected component of each node, [n], where node v has the edges to successors[v], [n, k].

    Plain Python without recursion: about half a microsecond an edge.

    Source  R. Tarjan, Depth-first search and linear graph algorithms, SIAM J. Comput. 1 (1972)

    >>> strongly_connected_components(np.array([[1], [2], [1], [0]])).tolist()
    [0, 1, 1, 2]
    """
    n = len(successors)
    edges = successors.tolist()
    when, lowest, component = [0] * n, [0] * n, [-1] * n  # when a node was entered, from 1 on; the earliest it reaches
    clock, stack = 0, []
    for root in range(n):
        if when[root]:
            continue
        clock += 1
        when[root] = lowest[root] = clock
        stack.append(root)
        path = [(root, iter(edges[root]))]
        while path:
            node, rest = path[-1]
            for other in rest:
                if not when[other]:
                    clock += 1
                    when[other] = lowest[other] = clock
                    stack.append(other)
                    path.append((other, iter(edges[other])))
                    break
                if component[other] < 0 and when[other] < lowest[node]:
                    lowest[node] = when[other]
            else:
                path.pop()
                if path and lowest[node] < lowest[path[-1][0]]:
                    lowest[path[-1][0]] = lowest[node]
                if lowest[node] == when[node]:
                    while True:
                        member = stack.pop()
                        component[member] = node
                        if member == node:
                            break
    return in_order_of_first(np.array(component, dtype=np.int64))


def in_order_of_first(labels: npt.NDArray[np.integer]) -> Numbers:
    """The same classes numbered 0, 1, … in the order in which they first occur.

    >>> in_order_of_first(np.array([7, 7, 3, 7, 5])).tolist()
    [0, 0, 1, 0, 2]
    """
    _, first, classes = np.unique(labels, return_index=True, return_inverse=True)
    number = np.empty(len(first), dtype=np.int32)
    number[np.argsort(first)] = np.arange(len(first), dtype=np.int32)
    return number[classes.reshape(-1)]
