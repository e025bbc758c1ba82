"""How large the numbers in a stack can become, from its weights alone."""

from __future__ import annotations

import numpy as np

from ..exact_layer import Head
from ..exact_stack import ExactStack
from ..mlp import Mlp


def largest_sum(stack: ExactStack) -> float:
    """A bound on every partial sum of reading, links and reader in a stack of dyadic numbers whose states have norm at most 1 a
    column; never too small."""
    reads = [np.concatenate([read_bound(head) for head in heads]) for heads in stack.layers]
    largest = max(float(bound.max()) for bound in reads)
    for i, link in enumerate(stack.links):
        shifted = np.abs(np.asarray(link.shift).astype(float)).sum(axis=0) * reads[i]
        largest = max(largest, affine_bound(link.mlp, np.concatenate([np.ones(stack.n_symbols[i]), shifted])))
    return max(largest, affine_bound(stack.reader, np.concatenate(reads)))


def read_bound(head: Head) -> np.ndarray:
    """A bound [V] on |o| and its partial sums: steps are contractions, and only writes can make a column longer."""
    start = np.sqrt((np.asarray(head.initial).astype(float) ** 2).sum(axis=0))
    longest = max(1.0, float(start.max()))
    if any(any(step.value) for action in head.letters for step in action.steps):
        longest *= head.K
    return np.full(head.V, longest * float(np.abs(np.array(head.query).astype(float)).sum()))


def affine_bound(mlp: Mlp, size: np.ndarray) -> float:
    """The largest Σ|w||x| + |b| met with |x| ≤ size."""
    largest = 0.0
    for W, b in zip(mlp.weights, mlp.biases, strict=True):
        size = np.abs(np.asarray(W).astype(float)) @ size + np.abs(np.asarray(b).astype(float))
        largest = max(largest, float(size.max()))
    return largest
