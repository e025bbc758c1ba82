"""Property tests of eigenvalue bounds, for layers of one's own: pip install 'deltaword[testing]'.

given        matrices as they were given: exact, or floats of a format
rounding     how far rounding alone may move a transition
findings     one matrix, one bound: what contradicts it (theory/polynomials.py and contours.py find it)
bounds       the bounds by name, and for which layers they are proved
violated     the exception with all that is known
search       hypothesis: the simplest arguments that break a bound
assertions   assert_contractive, assert_real_spectrum, …
runs         assert_bounded_states, assert_tracks: over words
strategies   what to draw: unit vectors, β, products of Householder matrices, machines, words
transitions  of known layers: DeltaProduct, Kimi delta attention, RWKV-7
report       check_layer: all bounds in one call
smt          counterexamples by z3, an extra of its own

>>> import numpy as np
>>> from deltaword.theory.testing import betas, unit_vectors
>>> def transition(w, kappa, a):                                            # RWKV-7's, with the factor 2 that lets it copy
...     return np.diag(w) - 2 * np.outer(kappa, a * kappa)
>>> assert_contractive(transition, over=[{"w": [1, 1], "kappa": np.array([1.0, 0.0]), "a": np.array([1.0, 0.0])}])
>>> from hypothesis import strategies as st
>>> numbers = st.tuples(betas(0, 1), betas(0, 1))
>>> assert_contractive(transition, over={"w": numbers, "kappa": unit_vectors(2), "a": numbers})
Traceback (most recent call last):
...
deltaword.theory.testing.violated.Violated: assert_contractive: the norm is ...

The assertions need numpy alone; strategies, searches and `check_layer` need hypothesis, and say so when it is missing.
"""

from typing import TYPE_CHECKING

from ...lazy import on_first_use
from .assertions import (
    assert_contractive,
    assert_few_factors,
    assert_nonnegative_spectrum,
    assert_real_spectrum,
    assert_spectrum_in,
    assert_unit_modulus_only_one,
)
from .report import Report, Row, check_layer
from .runs import Grows, LosesTrack, assert_bounded_states, assert_tracks, stepwise
from .search import smallest
from .transitions import delta_product, kimi, rwkv7
from .violated import Violated

if TYPE_CHECKING:
    from .smt import Found, find_counterexample
    from .strategies import (
        automata,
        betas,
        contractions,
        groups,
        householder,
        householder_products,
        keys,
        layer_inputs,
        orthogonal_matrices,
        permutation_automata,
        sizes,
        tensor_shapes,
        unit_vectors,
        words,
    )

_STRATEGIES = (
    "automata",
    "betas",
    "contractions",
    "groups",
    "householder",
    "householder_products",
    "keys",
    "layer_inputs",
    "orthogonal_matrices",
    "permutation_automata",
    "sizes",
    "tensor_shapes",
    "unit_vectors",
    "words",
)
_LATER = dict.fromkeys(_STRATEGIES, "strategies") | {"Found": "smt", "find_counterexample": "smt"}

__all__ = [
    "Found",
    "Grows",
    "LosesTrack",
    "Report",
    "Row",
    "Violated",
    "assert_bounded_states",
    "assert_contractive",
    "assert_few_factors",
    "assert_nonnegative_spectrum",
    "assert_real_spectrum",
    "assert_spectrum_in",
    "assert_tracks",
    "assert_unit_modulus_only_one",
    "automata",
    "betas",
    "check_layer",
    "contractions",
    "delta_product",
    "find_counterexample",
    "groups",
    "householder",
    "householder_products",
    "keys",
    "kimi",
    "layer_inputs",
    "orthogonal_matrices",
    "permutation_automata",
    "rwkv7",
    "sizes",
    "smallest",
    "stepwise",
    "tensor_shapes",
    "unit_vectors",
    "words",
]

__getattr__, __dir__ = on_first_use(__name__, _LATER)
