"""Plots, one function each, of plain arrays: what a report and a notebook both show.  (nets/picture has drawings of networks.)

style      colours, sizes, the Picture that shows itself in a notebook
spectrum   eigenvalues in the unit disk
curves     accuracy by length, loss by step
states     drift and effective rank along a word
keys       strengths, dimensions and angles of keys
trajectory a state's way through the plane, with its mirrors;  walk, the arrays for it, of a network
roofline   speed of the kernels, and what the GPU can do at best
"""

from ...automata.errors import MissingExtra

try:
    import matplotlib as matplotlib
except ModuleNotFoundError:
    raise MissingExtra("pictures need matplotlib, which is not installed: pip install 'deltaword[train]'") from None

from .curves import length_curves, loss_curves
from .keys import key_geometry
from .roofline import roofline
from .spectrum import spectrum
from .states import drift_curves, effective_rank
from .style import Picture
from .trajectory import trajectory
from .walk import Walk, walk

__all__ = [
    "Picture",
    "Walk",
    "drift_curves",
    "effective_rank",
    "key_geometry",
    "length_curves",
    "loss_curves",
    "roofline",
    "spectrum",
    "trajectory",
    "walk",
]
