"""From a trained network to an automaton: extracted, minimised, compared with the one it was to learn.  Read in this order:

machine      automata that answer with classes, as networks do; minimal ones, and words that tell two apart
network      one replica as a black box with a memory: words in, classes out
target       what a task wants, as one such machine
learn        extraction by queries: L* and KV, of AALpy
states       extraction by clustering the network's states
recurrence   the token-by-token form of a model: what it remembers
closure      is it right on every word? a search over all that it can remember
verdict      who agrees with whom, on which words, and how that is known
extraction   `extract` and `extract_run`: all of it together
"""

from .closure import Closure as Closure
from .closure import closure as closure
from .extraction import Extraction as Extraction
from .extraction import extract as extract
from .extraction import extract_run as extract_run
from .machine import Moore as Moore
from .target import target_of as target_of
from .verdict import Agreement as Agreement
from .verdict import Verdict as Verdict

__all__ = ["Agreement", "Closure", "Extraction", "Moore", "Verdict", "closure", "extract", "extract_run", "target_of"]
