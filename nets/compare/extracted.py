"""Which automaton a trained network computes, as far as some thousand words tell: `nets.extract`, with a limit.

Asked      by L*, up to QUERIES words.  A network that fails on long words is no small automaton, and L* ends without one; then its
           states are gathered into clusters, which tells what it computes while it is right.
Tried      all words up to a length, sampled ones up to four times the training length, and short ones over and over.
Proved     where the search over all that the network can remember, rounded to float32 or bfloat16, closes within LIMIT states.
"""

from __future__ import annotations

from typing import Any

from ...automata.errors import DeltawordError, TooLarge
from ..extract import Extraction, extract
from ..models.sequence_model import SequenceModel
from ..tasks import Task

QUERIES, LIMIT = 5_000, 1_024

Json = dict[str, Any]


def extracted(model: SequenceModel, task: Task, trained_to: int, queries: int = QUERIES) -> Json:
    """{"not_extracted": why}; or None there, and what was found.

    by          "lstar", or "states" where L* was stopped; consistency: the share of moves that agree with the clusters
    machine, states, wanted   the minimal machine, its states and those of the task's; equal: whether it is the task's
    failing     a word on which the network fails the task, or None, and whether no shorter one is; tried: the words that it is of
    closures    of the searches for all lengths; open: why there are none; say: all of it in sentences

    model       a stack of one
    trained_to  letters of the longest training word

    >>> from deltaword.nets.models.sequence_model import ModelConfig
    >>> from deltaword.nets.tasks import task
    >>> untrained = SequenceModel(ModelConfig(letters=2, classes=2, d_model=8, options={"heads": 1}))
    >>> found = extracted(untrained, task("parity_every"), 8)
    >>> found["equal"], found["failing"]["shortest"], found["wanted"]
    (False, True, 2)
    >>> extracted(untrained, task("text:code"), 8)["not_extracted"]
    'the task has no machine'
    """
    if task.dfa is None:
        return {"not_extracted": "the task has no machine"}
    why: list[str] = []
    for by, asked in (("lstar", f"L* found no machine with {queries:,} words"), ("states", "clusters of states make none")):
        try:
            found = extract(model, task, by=by, queries=queries, walk=trained_to, limit=LIMIT)
        except TooLarge:
            why.append(asked)
        except DeltawordError as error:
            why.append(str(error))
        else:
            if found.finished:
                return {"not_extracted": None, **plain(found, why)}
            why.append(asked)
    return {"not_extracted": "; ".join(why)}


def plain(found: Extraction, before: list[str]) -> Json:
    """For JSON; before: what was tried in vain."""
    verdict, against, json = found.verdict, found.verdict.task, found.to_json()
    assert found.target is not None
    assert against is not None
    word = against.failing
    return {
        "by": found.by,
        "consistency": found.consistency,
        "machine": json["machine"],
        "states": found.machine.n_states,
        "wanted": found.target.n_states,
        "equal": verdict.equal,
        "failing": word and {"word": list(word), "text": found.word(word), "shortest": against.shortest},
        "tried": {name: getattr(against, name) for name in ("words", "length", "sampled", "longest", "powers", "repeated")},
        "closures": json["verdict"]["closures"],
        "open": verdict.open,
        "say": "\n".join([*before, found.say()]),
    }
