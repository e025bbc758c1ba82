"""deltaword: compile formal languages into explicit DeltaNet / DeltaProduct weights, with certificates for every word length.

>>> import deltaword as dw
>>> dfa = dw.DFA.from_regex("(ab|ba)*", alphabet="ab")
>>> dfa.accepts("abba")
True

The names below are the public interface. torch and sympy load when something first needs them.
"""

from typing import TYPE_CHECKING

from .lazy import on_first_use

if TYPE_CHECKING:
    from .automata import errors, groups, languages
    from .automata.dfa import DFA
    from .automata.errors import DeltawordError
    from .nets import constructions
    from .nets.certify import certify
    from .nets.compile import compile, plan
    from .nets.network import Network
    from .nets.saving import load
    from .nets.transitions import transition_matrices
    from .theory import limits, statements, testing
    from .theory.certificate import Certificate, check
    from .theory.oracle import Classification, classify

__version__ = "0.1.0"

_HOME = {  # public name: the module that has it
    "DFA": "automata.dfa",
    "DeltawordError": "automata.errors",
    "errors": "automata.errors",
    "groups": "automata.groups",
    "languages": "automata.languages",
    "constructions": "nets.constructions",
    "compile": "nets.compile",
    "plan": "nets.compile",
    "Network": "nets.network",
    "load": "nets.saving",
    "certify": "nets.certify",
    "Certificate": "theory.certificate",
    "check": "theory.certificate",
    "Classification": "theory.oracle",
    "classify": "theory.oracle",
    "limits": "theory.limits",
    "statements": "theory.statements",
    "testing": "theory.testing",
    "transition_matrices": "nets.transitions",
}

_MODULES = (
    "constructions",
    "errors",
    "groups",
    "languages",
    "limits",
    "statements",
    "testing",
)  # these names are modules themselves

__all__ = [
    "DFA",
    "Certificate",
    "Classification",
    "DeltawordError",
    "Network",
    "certify",
    "check",
    "classify",
    "compile",
    "constructions",
    "errors",
    "groups",
    "languages",
    "limits",
    "load",
    "plan",
    "statements",
    "testing",
    "transition_matrices",
]

__getattr__, __dir__ = on_first_use(__name__, _HOME, _MODULES)
