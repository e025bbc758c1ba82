"""Training: a stack of networks on words of automata, on one device or several, killed and resumed at will.

Read in this order:

config        `RunConfig`: what is trained; tasks × ranges × seeds are the replicas of one stack
words         which words each replica sees at each step: a function of the step, with no state to save
flat          all parameters in one vector, so that clipping and AdamW are a few operations for any number of replicas
step          one training step, loss to update, without waiting for the device; who diverged, and of what
graphs        the step as one CUDA graph
evaluate      accuracy by position and of whole words, at any length
distributed   several processes, started by torchrun: rows of the batch split, gradients summed
folder        the run directory: config, versions, metrics, weights, summary; one process writes it
checkpoint    everything that a run needs to go on, in one file
metrics       a JSON line an evaluation; TensorBoard
trainer       `train`
run           `Run`, `load_run`: a run read back
naming        what folders are called by default
grid          a TOML file to a list of configurations
sweep         `sweep`: each run once, by however many processes
"""

from .config import Replica as Replica
from .config import RunConfig as RunConfig
from .evaluate import Evaluation as Evaluation
from .evaluate import evaluate as evaluate
from .grid import read_grid as read_grid
from .run import Run as Run
from .run import load_run as load_run
from .sweep import sweep as sweep
from .trainer import train as train

__all__ = ["Evaluation", "Replica", "Run", "RunConfig", "evaluate", "load_run", "read_grid", "sweep", "train"]
