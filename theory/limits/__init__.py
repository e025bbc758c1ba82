"""What layers cannot do, and which eigenvalue escapes: the lower bounds of theory/statements, held against actual layers.

layer       what a layer is here: a matrix a letter, exact or rounded, or generalized Householder factors
family      all layers of a kind at once: n_h factors with β‖k‖² up to 1 or 2
products    the matrices of words of a given length
spectrum    whether the eigenvalues of one matrix are real, and not negative: proved, refuted, or undecided
eigenvalue  the eigenvalue that is shown
finding     the answer, as a sentence
bounds      parity_bound and counting_bound
read        layers from .npz files

>>> from fractions import Fraction
>>> print(parity_bound({"0": [[1]], "1": [[Fraction(1, 2)]]}))
Parity: cannot, by theorem parity_bound: layer 1: eigenvalues of 2 matrices real and not negative; so on a constant word what is ...
"""

from .bounds import counting_bound, parity_bound
from .family import Family
from .finding import Escape, Finding
from .layer import Factors, Layer
from .read import read_matrices

__all__ = ["Escape", "Factors", "Family", "Finding", "Layer", "counting_bound", "parity_bound", "read_matrices"]
