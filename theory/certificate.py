"""A certificate: what was claimed of a network and a machine, on paper; and the check that trusts nothing but the saved numbers.

Claim         "states": after every word the network names the machine's state, and accepts exactly when it does.
              "language": network and machine accept the same words.
Grades        1  all lengths, any order of summation: nothing ever rounds        (checker/exact_closure.py);
                 step by step, and where `chunked` says so in chunks too          (checker/chunked_form.py)
              2  all lengths, in the network's own float arithmetic              (checker/float_closure.py)
              3  every word up to a number of tokens, in that arithmetic
              Both of the first are proofs by exhaustive closure, not samples.
On disk       JSON: the claim, the machine's table, a digest of the weights; `check` runs the closure again on the weights of a
              saved network, and accepts only if it proves at least what the certificate says of the machine described there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..automata.dfa import DFA
from ..automata.errors import CorruptFile, DeltawordError
from ..automata.files import read_json, write_json
from .checker.explore import Machine
from .checker.verdict import verify
from .checker.weights import Weights, digest, read_safetensors

FORMAT = "deltaword.certificate"
VERSION = 1
WEIGHTS_FILE = "weights.safetensors"
DESCRIPTION_FILE = "network.json"
DESCRIPTION_FORMAT = "deltaword.network"


@dataclass(frozen=True)
class Certificate:
    """holds; grade (1, 2, 3); scope ("all lengths" or "up to N tokens"); claim ("states" or "language"); counterexample, a shortest
    failing word as the machine writes words, or None; pairs visited; reason in a line; dtype; weights_digest; dfa; chunked,
    whether grade 1 covers the chunked form of the recurrence too (checker/chunked_form.py); search, what the closure over several
    layers cost."""

    holds: bool
    grade: int
    scope: str
    claim: str
    counterexample: Any
    pairs: int
    reason: str
    dtype: str
    weights_digest: str
    dfa: DFA
    chunked: bool = False
    search: str = ""

    def __bool__(self) -> bool:
        return self.holds

    @property
    def tokens(self) -> int | None:
        """How many tokens a word may have for the claim to speak of it; None for all lengths."""
        return None if self.scope == "all lengths" else int(self.scope.split()[2])

    def __str__(self) -> str:
        if self.holds:
            what = "names the machine's state" if self.claim == "states" else "accepts the machine's language"
            return (
                f"holds: the network {what} after every word, {self.scope} (grade {self.grade}, {self.dtype}, "
                f"{self.pairs} {'pair' if self.pairs == 1 else 'pairs'} closed; {self.reason})"
            )
        if self.counterexample is None:
            return f"not proved ({self.dtype}; {self.reason})"
        return f"does not hold: {self.counterexample!r} tells them apart ({self.dtype}; {self.reason})"

    def _repr_html_(self) -> str:
        from .certificate_card import card

        return card(self)

    def latex(self) -> str:
        """What is certified, of which machine and weights: a part of a document (theory/latex)."""
        from .latex import certificate

        return certificate(self)

    def to_json(self) -> dict[str, Any]:
        """Plain data. The counterexample is written as letter numbers."""
        word = None if self.counterexample is None else self.dfa.encode(self.counterexample)
        return {
            "format": FORMAT,
            "version": VERSION,
            "holds": self.holds,
            "grade": self.grade,
            "scope": self.scope,
            "claim": self.claim,
            "counterexample": word,
            "pairs": self.pairs,
            "reason": self.reason,
            "dtype": self.dtype,
            "weights_digest": self.weights_digest,
            "chunked": self.chunked,
            "search": self.search,
            "dfa": self.dfa.to_json(),
        }

    @classmethod
    def from_json(cls, data: Any, where: str = "the certificate") -> Certificate:
        """Raises CorruptFile, naming what is wrong."""
        if not isinstance(data, dict) or data.get("format") != FORMAT or data.get("version") != VERSION:
            raise CorruptFile(f"{where} is not a deltaword certificate of version {VERSION}")
        types = {
            "holds": bool,
            "grade": int,
            "scope": str,
            "claim": str,
            "pairs": int,
            "reason": str,
            "dtype": str,
            "weights_digest": str,
            "chunked": bool,
            "search": str,
        }
        unknown = sorted(set(data) - {"format", "version", "counterexample", "dfa", *types})
        if unknown:
            raise CorruptFile(f"{where} has entries that no certificate has: {unknown}")
        missing = [key for key in ("counterexample", "dfa", *types) if key not in data and key != "search"]
        if missing:
            raise CorruptFile(f"{where} lacks {', '.join(map(repr, missing))}; make it again: dw.certify(net).save(...)")
        data = {"search": "", **data}  # certificates of older networks tell no cost
        for key, kind in types.items():
            if type(data.get(key)) is not kind:
                raise CorruptFile(f"{where}: {key!r} is {data.get(key)!r}, not a {kind.__name__}")
        if data["claim"] not in ("states", "language") or data["grade"] not in (1, 2, 3):
            raise CorruptFile(f"{where}: unknown claim {data['claim']!r} or grade {data['grade']!r}")
        if not re.fullmatch(r"all lengths|up to [0-9]{1,18} tokens", data["scope"]):
            raise CorruptFile(f"{where}: unknown scope {data['scope']!r}")
        try:
            dfa = DFA.from_json(data["dfa"])
            word = None if data["counterexample"] is None else dfa.decode(data["counterexample"])
        except (DeltawordError, KeyError, IndexError, TypeError) as error:
            raise CorruptFile(f"{where}: {error}") from None
        return cls(counterexample=word, dfa=dfa, **{key: data[key] for key in types})

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the JSON, whole or not at all. Raises NotWritable, NotSerializable."""
        write_json(path, self.to_json())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Certificate:
        """Raises NotReadable, CorruptFile."""
        return cls.from_json(read_json(path), str(path))


def certify_weights(
    weights: Weights, dfa: DFA, claim: str = "states", fails: Callable[[Sequence[int]], bool] | None = None
) -> Certificate:
    """The certificate for a network given as bytes. Never raises for what the weights may be.

    fails   whether the running network fails on a word of letter numbers: asked of those words that the bytes alone leave open
    """
    verdict = verify(weights, Machine(dfa.table.astype("int64"), dfa.start, dfa.accepting_mask, claim == "states"))
    word = next((word for word in verdict.suspects if fails is not None and fails(word)), verdict.counterexample)
    types = sorted({tensor.dtype for tensor in weights.values()} - {"BOOL"})
    return Certificate(
        holds=verdict.holds,
        grade=verdict.grade,
        scope="all lengths" if verdict.tokens is None else f"up to {verdict.tokens} tokens",
        claim=claim,
        counterexample=None if word is None else dfa.decode(word),
        pairs=verdict.pairs,
        reason=verdict.reason,
        dtype="+".join(types),
        weights_digest=digest(weights),
        dfa=dfa,
        chunked=verdict.chunked,
        search=verdict.search,
    )


def check(certificate: str | os.PathLike[str], folder: str | os.PathLike[str]) -> bool:
    """Whether a certificate file is true of the network saved in a folder: same weights, and the closure proves at least its claim.

    Raises NotReadable and CorruptFile for files that are missing or not whole.
    """
    claimed = Certificate.load(certificate)
    weights = read_safetensors(Path(folder) / WEIGHTS_FILE)
    described = described_machine(Path(folder) / DESCRIPTION_FILE)
    if not claimed.holds or digest(weights) != claimed.weights_digest or described.alphabet != claimed.dfa.alphabet:
        return False
    if claimed.claim == "states" and described != claimed.dfa:
        return False  # the states named are numbers of the machine that the folder describes
    found = certify_weights(weights, claimed.dfa, claimed.claim)
    as_good = found.grade <= claimed.grade and reach(found.scope) >= reach(claimed.scope) and found.chunked >= claimed.chunked
    as_told = all(getattr(found, fact) == getattr(claimed, fact) for fact in ("dtype", "pairs", "reason", "counterexample"))
    return found.holds and as_good and as_told


def described_machine(path: Path) -> DFA:
    """The machine in the description of a saved network: it gives letters their numbers. Raises NotReadable, CorruptFile."""
    data = read_json(path)
    try:
        if (data["format"], data["version"]) != (DESCRIPTION_FORMAT, VERSION):
            raise CorruptFile(f"{path} is not the description of a deltaword network of version {VERSION}")
        return DFA.from_json(data["dfa"])
    except (KeyError, TypeError) as error:
        raise CorruptFile(f"{path} describes no machine ({type(error).__name__}: {error}); save the network again") from None


def reach(scope: str) -> float:
    """The length up to which a scope speaks."""
    return float("inf") if scope == "all lengths" else float(scope.split()[2])
