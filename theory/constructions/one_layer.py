"""Every construction known here, tried on one machine."""

from __future__ import annotations

from ...automata.dfa import DFA
from ...automata.errors import NotCompilable
from ..obstruction import obstruction
from .candidate import Candidate
from .constant import constant
from .cosets import cosets
from .one_hot import one_hot
from .registers import Keys
from .subsets import subsets


def one_layer(dfa: DFA, keys: Keys = "raw") -> tuple[list[Candidate], list[tuple[str, str]]]:
    """The candidates, cheapest first, and for each construction that does not apply its name and why.

    Raises  NotCompilable when none applies, with the proof that no layer can where there is one

    >>> candidates, refused = one_layer(DFA([[0, 1], [1, 0]], 0, [1], "01"))
    >>> candidates[0].kind, candidates[0].n_h, [name for name, _ in refused]
    ('permutation', 1, ['constant resets', 'cosets'])
    """
    part = dfa.reachable()
    candidates, refused = candidates_for(part, keys)
    if not candidates:
        raise NotCompilable(f"{why_not(dfa, part)}. Tried: {'; '.join(f'{name}: {why}' for name, why in refused)}")
    return candidates, refused


def candidates_for(part: DFA, keys: Keys) -> tuple[list[Candidate], list[tuple[str, str]]]:
    """The same for a machine whose states are all reachable, without the proof when there is no candidate."""
    candidates: list[Candidate] = []
    refused: list[tuple[str, str]] = []

    def consider(name: str, found: Candidate | str) -> None:
        if isinstance(found, str):
            refused.append((name, found))
        else:
            candidates.append(found)

    consider("constant resets", constant(part))
    if not candidates:
        consider("one-hot", one_hot(part, keys))
        if candidates and candidates[0].kind == "permutation":
            consider("cosets", cosets(part, keys))
        else:
            consider("subsets", subsets(part, keys))
    return sorted(candidates, key=Candidate.cost), refused


def why_not(dfa: DFA, part: DFA) -> str:
    """What to tell of a machine that no construction takes: that no layer can, where that is proved; and what may help."""
    smaller = dfa.minimized().n_states
    hint = f" (its minimal automaton has {smaller} states; try dfa.minimized())" if smaller < part.n_states else ""
    witness = obstruction(part)
    if witness is None:
        return f"no one-layer construction known here takes this machine of {part.n_states} states{hint}"
    return (
        f"no single layer can track this machine of {part.n_states} states{hint}: the words {witness[0]!r} and {witness[1]!r} act as "
        "idempotents e and f with e·f·e ≠ f·e (theory/obstruction.py); several layers can: deltaword.compile"
    )
