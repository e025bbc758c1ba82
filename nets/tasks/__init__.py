"""Tasks: words drawn at random, and what is asked at each position; every automaton is one.

Read in this order: base, letters, automaton · groups, arithmetic, text, named · dataset.

>>> tokens, targets = task("S_5").batch(seed=0, step=0, rows=range(4), length=128)
>>> tokens.shape, targets.shape
(torch.Size([4, 128]), torch.Size([4, 128]))
"""

from .automaton import AutomatonTask
from .base import NOT_ASKED, Task
from .named import names, task

__all__ = ["NOT_ASKED", "AutomatonTask", "Task", "names", "task"]
