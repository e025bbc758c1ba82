"""Does a kernel track automata exactly? Compiled machines run through a given function, held against the automaton at every token.

Random inputs and a tolerance show that a kernel computes the recurrence about right.  A state tracker needs more: that nothing is
lost in a hundred thousand steps.  Here every true state is known, exactly, from the machine.  Read in this order:

machines     machine → exact layer → its letters' keys, values, strengths and gates, and the true states
forms        the same steps with integer keys, unit dyadic keys, rounded unit keys with the norm folded into β, rounded unit keys
tensors      words over the letters as q, k, v, g, beta in flash-linear-attention's layout, for any number of steps a token
calling      what a function takes, seen from its signature
check        `conformance`: run it at 1, 2, 4, 8 … tokens, compare outputs and states
report       what was found: the first wrong token, the drift, the verdict
rounding     a stand-in for public kernels on the CPU: operands of products rounded to bfloat16
"""

from .check import conformance as conformance
from .forms import FORMS as FORMS
from .machines import MACHINES as MACHINES
from .report import Report as Report
from .report import Row as Row
from .rounding import rounding_operands as rounding_operands

__all__ = ["FORMS", "MACHINES", "Report", "Row", "conformance", "rounding_operands"]
