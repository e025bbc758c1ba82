"""What can recognise a language, and what cannot: the algebra of its minimal automaton, and a verdict for each family of networks.

Notation      M is the syntactic monoid, the transition monoid of the minimal automaton; everything here is about the language, so a
              machine is minimised first. To ask about all states of a machine, as one does when it is to be tracked, give it
              accepting states that tell all states apart.
Order         diagonal.py, shrinking.py, mirrors.py, beyond.py, attention.py: each holds families and the reasons of their rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from math import isfinite
from numbers import Real
from typing import Any

from ...automata.checked import is_whole
from ...automata.dfa import DFA
from ...automata.errors import BadArgument, CorruptFile, NotCompilable, UnknownFamily
from . import attention, beyond, diagonal, mirrors, shrinking
from .circuits import circuit_class
from .facts import SECONDS, Facts, Inside
from .verdict import Family, Verdict
from .witness import Spelt, Witness

FORMAT, VERSION = "deltaword.classification", 1
MOST = 2**31  # elements of a monoid are numbered in 32 bits
FAMILIES: tuple[Family, ...] = (
    *diagonal.FAMILIES,
    *shrinking.FAMILIES,
    *mirrors.FAMILIES,
    *beyond.FAMILIES,
    *attention.FAMILIES,
)


@dataclass(frozen=True)
class Classification:
    """What `classify` found. A fact that was not worked out is None, and `unknown` has the reason under its name.

    machine            the minimal automaton, over the letters of the machine given; n_states and n_letters, its sizes
    given_states       states of the machine given
    monoid_size        elements of the syntactic monoid
    star_free          no groups inside: first-order definable; quasi_aperiodic, none among words of one length
    is_group           every letter permutes the states
    solvable           all groups inside are; two_groups, all have a power of two for their order
    groups             the maximal subgroups, one a D-class; composition_factors, the simple groups that divide them
    derived_length     the greatest of a group inside: the length of its shortest series with abelian factors
    circuit_class      "AC0", "ACC0" or "NC1-complete"
    one_layer          whether one contractive layer with finitely many exact states does, with as many steps a token as it takes;
                       one_layer_witness, two words that act as idempotents e, f with e·f·e ≠ f·e where it does not; one_layer_reason,
                       how it is known that it does
    depth_lower_bound  how many such layers it takes at least; depth_reason says why
    verdicts           one for each family and model, in the order of the files

    >>> import deltaword as dw
    >>> c = dw.classify(dw.DFA.from_regex("a*b*", alphabet="ab"))
    >>> c.n_states, c.monoid_size, c.star_free, c.circuit_class, c.one_layer, c.one_layer_witness, c.depth_lower_bound
    (3, 5, True, 'AC0', False, ('b', 'a'), 2)
    >>> c.verdict("deltaproduct_one_layer").answer, c.verdict("deltanet").answer
    ('no', 'yes')
    """

    machine: DFA
    given_states: int
    n_states: int
    n_letters: int
    monoid_size: int | None
    star_free: bool | None
    quasi_aperiodic: bool | None
    is_group: bool
    solvable: bool | None
    two_groups: bool | None
    groups: tuple[Inside, ...] | None
    composition_factors: tuple[str, ...] | None
    derived_length: int | None
    circuit_class: str | None
    one_layer: bool | None
    one_layer_witness: tuple[Spelt, Spelt] | None
    one_layer_reason: str | None
    depth_lower_bound: int
    depth_reason: str
    verdicts: tuple[Verdict, ...]
    unknown: Mapping[str, str]

    def __hash__(self) -> int:
        return hash((self.machine, tuple((v.name, v.answer, v.reason) for v in self.verdicts)))

    def verdict(self, name: str) -> Verdict:
        """The verdict on one family, by its name. Raises UnknownFamily with names like it."""
        for verdict in self.verdicts:
            if verdict.name == name:
                return verdict
        names = [verdict.name for verdict in self.verdicts]
        close = get_close_matches(str(name).lower().replace(" ", "_"), names, 3)
        hint = f"did you mean {' or '.join(map(repr, close))}? " if close else ""
        raise UnknownFamily(f"no family {name!r}; {hint}there are {', '.join(names)}")

    def __str__(self) -> str:
        from .render import text

        return text(self)

    def __repr__(self) -> str:
        return f"Classification({self.n_states} states, {sum(v.answer == 'yes' for v in self.verdicts)} of {len(self.verdicts)} yes)"

    def _repr_html_(self) -> str:
        from .render import page

        return page(self)

    def latex(self) -> str:
        """Facts and verdicts as a part of a LaTeX document (theory/latex): `document(c.latex())` compiles."""
        from .render import latex

        return latex(self)

    def to_json(self) -> dict[str, Any]:
        """Plain data for `json.dump`; `from_json` gives an equal classification back.

        Raises NotSerializable for letters that JSON cannot hold.
        """
        data = {name: value for name, value in self.__dict__.items() if name not in ("machine", "verdicts", "groups")}
        pair = self.one_layer_witness
        return {
            "format": FORMAT,
            "version": VERSION,
            "machine": self.machine.to_json(),
            **data,
            "unknown": dict(self.unknown),
            "groups": None if self.groups is None else [asdict(group) for group in self.groups],
            "one_layer_witness": None
            if pair is None
            else Witness("idempotents", dict(zip("ef", pair, strict=True)), "").to_json(),
            "verdicts": [verdict.to_json() for verdict in self.verdicts],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Classification:
        """The classification that `to_json` wrote. Raises CorruptFile when the data is of something else."""
        if not isinstance(data, Mapping) or data.get("format") != FORMAT or data.get("version") != VERSION:
            raise CorruptFile(f"not a classification of this release: its format is not {FORMAT!r}, version {VERSION}")
        parts = {name: value for name, value in data.items() if name not in ("format", "version")}
        try:
            machine = DFA.from_json(parts["machine"])
            pair = parts["one_layer_witness"]
            groups = parts["groups"]
            factors = parts["composition_factors"]
            return cls(
                **{
                    **parts,
                    "machine": machine,
                    "groups": None if groups is None else tuple(map(_group, groups)),
                    "composition_factors": None if factors is None else tuple(factors),
                    "one_layer_witness": None if pair is None else tuple(Witness.from_json(pair).words.values()),
                    "verdicts": tuple(map(Verdict.from_json, parts["verdicts"])),
                }
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise CorruptFile(f"not a classification: {type(error).__name__}: {error}") from None


def _group(data: Mapping[str, Any]) -> Inside:
    factors = data["factors"]
    return Inside(**{**data, "factors": None if factors is None else tuple(factors)})


def classify(dfa: DFA, seconds: float = SECONDS, limit: int | None = None) -> Classification:
    """Which networks recognise the language of a machine, which do not, and why.

    seconds  for the compiler's planning and for lower bounds, about; all else is bounded by sizes
    limit    elements of the syntactic monoid that are listed at most; past it many facts are None. None: 200,000, or fewer for
             machines of more than 167 states, so that elements times states stay below 2^25
    Raises   NotCompilable for what is no machine, BadArgument for a limit or a time that is none

    >>> import deltaword as dw
    >>> c = dw.classify(dw.languages.get("parity"))
    >>> print(c.verdict("nonnegative_diagonal").reason)
    the language is not star-free: 1 counts modulo 2: 1ⁱ is accepted with period 2 in i, and entries in [0, 1] with finitely many
    states make no groups
    >>> c.verdict("deltanet_one_layer").call
    'dw.compile(dfa.minimized(), n_h=1)'
    """
    if not isinstance(dfa, DFA):
        raise NotCompilable(
            f"{dfa!r} is a {type(dfa).__name__}, not a machine; make one first: deltaword.DFA.from_regex(pattern), …"
        )
    if isinstance(seconds, bool) or not isinstance(seconds, Real) or not isfinite(seconds) or seconds < 0:
        raise BadArgument(f"seconds={seconds!r} is not a time; give a number from 0 up")
    if limit is not None and not (is_whole(limit) and 1 <= limit < MOST):
        raise BadArgument(
            f"limit={limit!r} is not a number of elements; give a whole number from 1 up to {MOST - 1:,}, or None"
        )
    facts = Facts(dfa, float(seconds), limit if limit is None else int(limit))
    verdicts = tuple(family.verdict(facts) for family in FAMILIES)
    violation = facts.violation
    found = Classification(
        machine=facts.machine,
        given_states=dfa.n_states,
        n_states=facts.machine.n_states,
        n_letters=facts.machine.n_letters,
        monoid_size=facts.monoid_size,
        star_free=facts.star_free,
        quasi_aperiodic=facts.quasi_aperiodic,
        is_group=facts.is_group,
        solvable=facts.solvable,
        two_groups=facts.two_groups,
        groups=facts.groups,
        composition_factors=facts.composition_factors,
        derived_length=facts.derived_length,
        circuit_class=circuit_class(facts),
        one_layer=facts.one_layer,
        one_layer_witness=None if violation is None else (violation.words["e"], violation.words["f"]),
        one_layer_reason=facts.why_one_layer,
        depth_lower_bound=facts.bound.layers,
        depth_reason=facts.bound.why,
        verdicts=verdicts,
        unknown=facts.unknown,
    )
    return found
