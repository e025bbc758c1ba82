"""What the verdicts ask of a language: the algebra of its minimal automaton, as far as it can be listed, and the compiler's plans.

Every fact is found when it is first asked for.  One that would take too long is None, and `unknown` says by name why.  Each file adds
some facts to those it rests on; in this order:

listed     the minimal automaton and its monoid
unlisted   properties that are seen without the monoid
counting   words that count
inside     what is said of one group
groups     the groups inside
lengths    groups among the words of one length
letters    what the letters alone say
plans      what the compiler finds
layers     how many contractive layers it takes

Time       `seconds` are shared out between the compiler's planning and the search for lower bounds; all else is bounded by sizes
"""

from __future__ import annotations

from .inside import Inside
from .layers import Layers
from .lengths import Lengths
from .letters import Letters
from .listed import SECONDS
from .plans import Found

__all__ = ["SECONDS", "Facts", "Found", "Inside"]


class Facts(Lengths, Letters, Layers):
    """Everything about one language. Immutable from outside."""
