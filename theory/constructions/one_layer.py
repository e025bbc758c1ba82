"""Every construction known here, tried on one machine."""

from __future__ import annotations

from ...automata.dfa import DFA
from ...automata.errors import NotCompilable
from .candidate import Candidate
from .constant import constant
from .cosets import cosets
from .one_hot import one_hot
from .registers import Keys
from .subsets import subsets


def one_layer(dfa: DFA, keys: Keys = "raw") -> tuple[list[Candidate], list[tuple[str, str]]]:
    """The candidates, cheapest first, and for each construction that does not apply its name and why.

    Raises  NotCompilable when none applies

    >>> candidates, refused = one_layer(DFA([[0, 1], [1, 0]], 0, [1], "01"))
    >>> candidates[0].kind, candidates[0].n_h, [name for name, _ in refused]
    ('permutation', 1, ['constant resets', 'cosets'])
    """
    part = dfa.reachable()
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
    if not candidates:
        reasons = "; ".join(f"{name}: {why}" for name, why in refused)
        smaller = dfa.minimized().n_states
        hint = f" (its minimal automaton has {smaller} states; try dfa.minimized())" if smaller < part.n_states else ""
        raise NotCompilable(
            f"no one-layer construction known here takes this machine of {part.n_states} states{hint}. {reasons}"
        )
    return sorted(candidates, key=Candidate.cost), refused
