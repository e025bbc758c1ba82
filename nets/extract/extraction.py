"""From a trained network to an automaton, and what is known of both.

>>> from deltaword.nets.models.sequence_model import ModelConfig, SequenceModel
>>> from deltaword.nets.tasks import task
>>> untrained = SequenceModel(ModelConfig(letters=2, classes=2, d_model=8, options={"heads": 1}))
>>> found = extract(untrained, task("parity"), by="states")
>>> found.verdict.equal, found.verdict.task.shortest
(False, True)
"""

from __future__ import annotations

import html
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...automata.dfa import DFA
from ...automata.errors import BadArgument
from .closure import LIMIT
from .learn import learn
from .machine import SILENT, Moore
from .network import Network
from .states import cluster
from .target import target_of
from .verdict import Verdict, judge

if TYPE_CHECKING:
    from ..tasks import Task

SAMPLED = 512  # words
TEST = 2  # the stream of words for tests (training/words.py): training sees none of it
SHOWN = 40  # letters of a word in a sentence
LONGEST = 512  # letters of a sampled word, unless asked for


@dataclass(frozen=True)
class Extraction:
    """machine   what was extracted, minimal, answers by class
    dfa        the same as an automaton, accepting where the task's does; states named by their answers where these differ
    target     the task's machine, or None
    by         "lstar", "kv" or "states"
    consistency   of the clusters' moves (by="states"), else None
    finished   False where the learner was stopped: then the machine is its last proposal
    queries    words sent to the network, in `calls` calls
    how        a sentence on the way there
    verdict    what agrees with what, and how that is known (verdict.py)"""

    task: str
    machine: Moore
    dfa: DFA
    target: Moore | None
    by: str
    consistency: float | None
    finished: bool
    queries: int
    calls: int
    how: str
    seed: int
    verdict: Verdict

    def word(self, tokens: Sequence[int] | None) -> str:
        """Letters as text, long words in short.

        >>> from deltaword.nets.models.sequence_model import ModelConfig, SequenceModel
        >>> from deltaword.nets.tasks import task
        >>> untrained = SequenceModel(ModelConfig(letters=2, classes=2, d_model=8, options={"heads": 1}))
        >>> extract(untrained, task("parity"), by="states").word([0, 1, 1])
        "'011'"
        """
        if tokens is None:
            return "none"
        letters = [str(self.machine.letters[a]) for a in tokens]
        together = "" if all(len(letter) == 1 for letter in letters) else " "
        for period in (1, 2):  # a short word over and over
            if len(letters) > 8 and letters[period:] == letters[:-period]:
                return f"{together.join(letters[:period])!r} repeated to {len(letters)} letters"
        if len(letters) > SHOWN:
            return f"{together.join(letters[:SHOWN])!r} and {len(letters) - SHOWN} letters more"
        return repr(together.join(letters))

    def say(self) -> str:
        """In words, a line each."""
        v, name = self.verdict, self.machine.name
        lines = [f"{self.task}: a machine of {self.machine.n_states} states from the network ({self.how})"]
        if not self.finished:
            lines.append("the learner was stopped at its budget; this is its last proposal, not what the network does")
        if self.target is None:
            lines.append("the task has no machine to compare with")
        elif v.equal:
            lines.append("equal to the task's minimal machine, state by state")
        else:
            assert v.word is not None
            said = ", ".join(f"{who} {name(answer)!s}" for who, answer in v.said.items())
            lines.append(
                f"not the task's machine, which has {self.target.n_states} states; a shortest word that tells them apart: "
                f"{self.word(v.word)}, {said}; wrong there: {v.blame}"
            )
        for who, one in (("extraction", None if v.equal else v.extraction), ("task", v.task)):
            if one is None:
                continue
            tried = f"all {one.words} words of up to {one.length} letters"
            others = (
                f"{one.sampled} sampled ones of {one.longest} (seed {self.seed}), "
                f"{one.powers} short ones repeated to {one.repeated} letters"
            )
            if one.failing is None:
                lines.append(f"network and {who} agree on {tried}, {others}")
            elif one.shortest:
                lines.append(f"network and {who} differ, on no shorter word than {self.word(one.failing)}")
            else:
                lines.append(
                    f"network and {who} agree on {tried}, and differ on {self.word(one.failing)}, the shortest met among {others}"
                )
        if v.complete > self.machine.n_states:
            lines.append(f"no other machine of up to {v.complete} states answers so on the words that were all tried")
        lines += [f"every length: {one}" + (f": {self.word(one.failing)}" if one.failing else "") for one in v.closures]
        if v.open:
            lines.append(f"every length: open, {v.open}")
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.say()

    def _repr_html_(self) -> str:
        return f"{self.dfa.to_svg()}<pre>{html.escape(self.say())}</pre>"

    def to_json(self) -> dict[str, Any]:
        """Plain data; words as letter numbers, what is not a number as None."""
        return plain(
            {
                "task": self.task,
                "by": self.by,
                "how": self.how,
                "seed": self.seed,
                "machine": self.machine.to_json(),
                "dfa": self.dfa.to_json(),
                "consistency": self.consistency,
                "finished": self.finished,
                "queries": self.queries,
                "calls": self.calls,
                "verdict": {**asdict(self.verdict), "blame": self.verdict.blame, "proved": self.verdict.proved},
                "say": self.say(),
            }
        )


def extract(
    model: Any,
    task: Task,
    replica: int = 0,
    by: str = "lstar",
    *,
    walk: int | None = None,
    longest: int | None = None,
    queries: int = 50_000,
    seed: int = 0,
    formats: Sequence[str] = ("float32", "bfloat16"),
    limit: int = LIMIT,
) -> Extraction:
    """The automaton that a trained network computes, as far as can be told, beside the one that it was to learn.

    model    a SequenceModel, or what `Network` takes
    by       "lstar" or "kv": by queries, with AALpy; "states": by clustering the network's states
    walk     letters of the random tests and of the longer words whose states are taken; default: the longest training words of the task
    longest  letters of the sampled words of the verdict; default: four times `walk`, at most LONGEST
    queries  words after which a learner is stopped
    formats, limit   in which the memory is rounded in the search for a proof (closure.py), and how many states each search may meet;
                     no formats: no search
    Raises   BadArgument, MissingExtra without AALpy; TooLarge where a learner is stopped before its first proposal
    """
    from ..tasks import Task

    if not isinstance(task, Task):
        raise BadArgument(f"{task!r} is no task; deltaword.nets.tasks.task makes one of a name or a DFA")
    letters, classes = tuple(task.letters), tuple(task.classes)
    target = target_of(task)
    walk = task.train_lengths[1] if walk is None else walk
    longest = max(walk, min(LONGEST, 4 * walk)) if longest is None else longest
    empty = SILENT if target is None else int(target.outputs[target.start])
    network = Network(model, len(letters), len(classes), replica, empty, target, queries)
    consistency, finished = None, True
    if by == "states":
        clustered = cluster(network, letters, classes, walk, seed)
        machine, consistency = clustered.machine, clustered.consistency
        how = f"{clustered.clusters} clusters of {clustered.points} states, {100 * consistency:.4g} % of whose moves agree"
        how += f", {clustered.unmet} moves to a class of no cluster" if clustered.unmet else ""
    else:
        learned = learn(network, letters, classes, by, walk=walk, seed=seed)
        machine, finished = learned.machine, learned.finished
        how = f"{'L*' if by == 'lstar' else 'KV'}, proposal {learned.rounds}"
        how += f", which passed {learned.tests} tests of up to {learned.longest} letters" if finished else ""
    machine = machine.settled()
    queries_asked, calls = network.asked, network.calls
    sample = task.unseen().words(TEST, seed, range(SAMPLED), max(longest, task.least_length))[0]
    verdict = judge(network, machine, target, sample, formats=formats, limit=limit)
    dfa = machine.dfa(accepted(task))
    return Extraction(task.name, machine, dfa, target, by, consistency, finished, queries_asked, calls, how, seed, verdict)


def extract_run(run: str | os.PathLike[str], replica: int = 0, by: str = "lstar", **options: Any) -> Extraction:
    """`extract` from a run directory of `nets.training`, with the words of the lengths that it was trained on.

    options  as of `extract`
    Raises   what `load_run` and `extract` raise
    """
    from ..training import load_run

    loaded = load_run(run)
    if not 0 <= replica < len(loaded.replicas):
        raise BadArgument(f"replica {replica} of a run of {len(loaded.replicas)}; they are 0 … {len(loaded.replicas) - 1}")
    options.setdefault("walk", loaded.stack.lengths[1])
    return extract(loaded.model, loaded.stack.task_of(replica), replica, by, **options)


def accepted(task: Any) -> list[int]:
    """The classes that the task's automaton accepts with: those of accepting states, and of no others."""
    if task.dfa is None:
        return []
    outputs, mask = np.asarray(task.class_of_state), task.dfa.accepting_mask
    return np.setdiff1d(outputs[mask], outputs[~mask]).tolist()


def plain(value: Any) -> Any:
    """Tuples as lists, infinities and what is not a number as None."""
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value
