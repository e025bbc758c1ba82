"""A network's certificate as a Coq file: for this network and this machine, that they agree on every word, checked by Coq's kernel.

Contents      theory/coq_model.py, which defines and proves what is the same for all; then the network's numbers, the machine, and a
              list of pairs (states of the network, state of the machine), each after the first as the successor of an earlier one.
              Coq computes the pairs itself (vm_compute), and checks that they are closed and named rightly.
Theorems      names_the_state        after every word, the state that the network names is the machine's
              accepts_the_language   and it accepts exactly when the machine does
              contractive            every gate is in [0, 1] and every step has 0 ≤ β‖k‖² ≤ 2
Limits        exact arithmetic over the rationals; that floats do the same is theory/checker/ (grade 1).  Networks with irrational
              numbers, and those whose check would take long, are refused by name.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from ..automata.dfa import DFA
from ..automata.errors import BadStep, NotRational, ProofFails, TooLarge
from ..automata.wording import counted
from .coq_model import MODEL
from .exact_layer import ExactLayer, Head
from .exact_stack import ExactStack, State
from .mlp import Mlp

PACKAGES = "coq"  # Debian's name of what `coqc` is in; the certificates need the standard library only
THEOREMS = ("names_the_state", "accepts_the_language", "contractive")
CLOSED = "Closed under the global context"
WORK_UP_TO = 30_000_000  # products of two numbers, about; a minute or two of coqc
BITS_UP_TO = 1024  # of a numerator or denominator in a state
SECONDS = 600


# ---------------------------------------------------------------------- the pairs


@dataclass(frozen=True)
class Pairs:
    """parents [(pair, letter)] of all pairs but the first, and rows [n, letters], each pair's successors; pairs count from 0."""

    parents: list[tuple[int, int]]
    rows: list[list[int]]


def pairs_of(stack: ExactStack, dfa: DFA, limit: int = WORK_UP_TO) -> Pairs:
    """All pairs of states that words reach, breadth first, each found to be named rightly.

    Raises  ProofFails with a shortest word after which the stack names another state; TooLarge when checking them takes more than
            `limit` products of numbers; BadStep when a link gives no unit vector
    """
    cost = work(stack)
    start = (stack.start(), dfa.start)
    order = [start]
    index = {(flat(start[0]), start[1]): 0}
    parents: list[tuple[int, int]] = []
    rows: list[list[int]] = []
    for place, (states, q) in enumerate(order):
        if (found := stack.decode(states)) != q:
            raise ProofFails(
                f"after {dfa.decode(word_to(place, parents))!r} the network names state {found}; the machine is in state {q}"
            )
        row = []
        for letter, target in enumerate(dfa.table[q].tolist()):
            after = stack.step(states, letter)
            pair = (flat(after), target)
            if pair not in index:
                if (len(order) + 1) * cost > limit:
                    raise TooLarge(
                        f"more than {len(order):,} reachable pairs, each of about {cost:,} products of numbers: over the limit of "
                        f"{limit:,} for Coq; raise `limit`, or keep to the certificate of dw.certify, which has no such limit"
                    )
                if bits(pair[0]) > BITS_UP_TO:
                    raise TooLarge(
                        f"the numbers of the states grow past {BITS_UP_TO} bits: the exact network does not come back to them"
                    )
                index[pair] = len(order)
                order.append((after, target))
                parents.append((place, letter))
            row.append(index[pair])
        rows.append(row)
    return Pairs(parents, rows)


def word_to(place: int, parents: Sequence[tuple[int, int]]) -> list[int]:
    """The letters, by number, of the word that reached a pair first."""
    word = []
    while place:
        place, letter = parents[place - 1]
        word.append(letter)
    return word[::-1]


def flat(states: State) -> tuple[Any, ...]:
    return tuple(number for layer in states for state in layer for number in state.flat)


def bits(numbers: Iterable[Any]) -> int:
    """Of the longest numerator or denominator."""
    return max((max(x.numerator.bit_length(), x.denominator.bit_length()) for x in numbers), default=0)


def work(stack: ExactStack) -> int:
    """About how many products of numbers it takes to do every letter once from one state, and to name it."""

    def entries(mlp: Mlp) -> int:
        return sum(int(np.count_nonzero(W)) + b.size for W, b in zip(mlp.weights, mlp.biases, strict=True))

    letters = len(stack.alphabet)
    total = entries(stack.reader)
    for heads in stack.layers:
        for head in heads:
            steps = sum(2 * len(step.support) * head.V for action in head.letters for step in action.steps)
            total += steps * letters // len(head.letters) + 2 * head.K * head.V * (1 + letters)
    return total + letters * sum(entries(link.mlp) + link.mlp.n_in for link in stack.links)


# ---------------------------------------------------------------------- the text


def source(network: ExactLayer | ExactStack, dfa: DFA, accepting: Iterable[int] | None = None, limit: int = WORK_UP_TO) -> str:
    """The certificate as a Coq file that needs nothing but Coq.

    accepting  the states whose name the network takes for "accepted"; default: the machine's
    limit      about how many products of two numbers Coq may be asked for
    Raises     ProofFails with a word where the network and the machine differ; NotRational for irrational numbers; TooLarge past
               the limit; BadStep when the letters are not the machine's

    >>> from deltaword.theory.exact_layer import ExactLayer, Head, LetterAction
    >>> from deltaword.theory.householder import Step
    >>> from deltaword.automata.dfa import DFA
    >>> head = Head([[1]], (1,), (LetterAction(()), LetterAction((Step(2, (1,), (0,)),))))
    >>> parity = ExactLayer(("0", "1"), (head,), [[1], [-1]], [0, 0])
    >>> text = source(parity, DFA([[0, 1], [1, 0]], 0, [1], "01"))
    >>> print(text[text.index("Definition found") :].splitlines()[0])
    Definition found := all_pairs the_network the_machine [1; 2]%positive [
    """
    stack = ExactStack.of(network) if isinstance(network, ExactLayer) else network
    if tuple(stack.alphabet) != dfa.alphabet:
        raise BadStep(f"the network's letters {tuple(stack.alphabet)!r} are not the machine's {dfa.alphabet!r}")
    require_rational(stack)
    return written(stack, dfa, sorted(dfa.accepting if accepting is None else accepting), pairs_of(stack, dfa, limit))


def require_rational(stack: ExactStack) -> None:
    """Raises NotRational, naming the place."""
    for i, heads in enumerate(stack.layers):
        for h, head in enumerate(heads):
            where = f"layer {i}, head {h}"
            numbers = [(f"{where}, initial state", head.initial.flat), (f"{where}, query", head.query)]
            for a, action in enumerate(head.letters):
                numbers.append((f"{where}, symbol {a}, gate", [action.gate]))
                for j, step in enumerate(action.steps):
                    numbers.append((f"{where}, symbol {a}, step {j}", [step.beta, *step.key, *step.value]))
            check(numbers)
    for i, link in enumerate(stack.links):
        check([(f"link {i}", np.concatenate([np.ravel(link.shift), *map(np.ravel, (*link.mlp.weights, *link.mlp.biases))]))])
    check([("the reader", np.concatenate(list(map(np.ravel, (*stack.reader.weights, *stack.reader.biases)))))])


def check(numbers: Iterable[tuple[str, Iterable[Any]]]) -> None:
    for where, values in numbers:
        for value in values:
            if not isinstance(value, int | Fraction | np.integer):
                raise NotRational(f"{where}: {value} is no fraction; a Coq certificate computes with fractions")


def written(stack: ExactStack, dfa: DFA, accepting: Sequence[int], pairs: Pairs) -> str:
    """The file's text, for pairs as they are; nothing is checked."""
    letters = ", ".join(f"{a} = {plain(letter)}" for a, letter in enumerate(dfa.alphabet))
    layers = listed((listed(map(head_text, heads), 2) for heads in stack.layers), 1)
    links = listed((link_text(stack, i) for i in range(len(stack.links))), 1)
    rows = iter(pairs.rows)
    first = positives(next(rows))
    layers_count, states_count = counted(len(stack.layers), "layer"), counted(dfa.n_states, "state")
    later = listed(
        (f"p {parent + 1} {letter} {positives(row)}" for (parent, letter), row in zip(pairs.parents, rows, strict=True)), 1
    )
    return f"""\
(* Written by deltaword: a network with {layers_count} and a machine with {states_count} agree on every word.
   Letters: {letters}.
   To check it: coqc FILE.v (Coq 8.16 or newer, standard library only).  It answers "{CLOSED}"
   for each of the theorems at the end: no axioms. *)
{MODEL}
(* ==== this network *)
Definition the_network : network := Network {layers}
 {links}
 {maps_text(stack.reader)}.

(* which of the states that it names it takes for accepted *)
Definition flags : list N := {numbers(accepting, "N")}.

(* ==== this machine *)
Definition the_machine : machine := Machine {dfa.n_letters}%nat
 {listed((numbers(row, "N") for row in dfa.table.tolist()), 1)}
 {dfa.start}%N {numbers(sorted(dfa.accepting), "N")}.

Definition found := all_pairs the_network the_machine {first} {later}.

Lemma found_closed : closed the_network the_machine found = true.
Proof. vm_cast_no_check (eq_refl true). Qed.

Theorem names_the_state : forall w, word the_machine w ->
  network_names the_network w = Some (state_after the_machine w).
Proof. exact (closed_names the_network the_machine found found_closed). Qed.

Theorem accepts_the_language : forall w, word the_machine w ->
  option_map (fun q => existsb (N.eqb q) flags) (network_names the_network w) = Some (accepts the_machine (state_after the_machine w)).
Proof. intros w W; rewrite (names_the_state w W); reflexivity. Qed.

Theorem contractive : forall heads h a,
  In heads (layers the_network) -> In h heads -> In a (actions h) -> contracts a.
Proof. apply contracts_all; vm_cast_no_check (eq_refl true). Qed.

{"".join(f"Print Assumptions {theorem}." + chr(10) for theorem in THEOREMS)}"""


def plain(letter: Any) -> str:
    """A letter for a comment, where quotes and stars would mean something."""
    return re.sub(r"[^\w .:+/-]", "?", str(letter))


def listed(items: Iterable[str], indent: int) -> str:
    """A Coq list, an item a line."""
    pad = "\n" + " " * indent
    return f"[{';'.join(pad + item for item in items)}]"


def numbers(values: Iterable[int], scope: str) -> str:
    return f"[{'; '.join(map(str, values))}]%{scope}"


def positives(row: Iterable[int]) -> str:
    """Pair numbers, which Coq counts from 1."""
    return numbers((j + 1 for j in row), "positive")


def q(value: Any) -> str:
    fraction = Fraction(value)
    return f"({fraction.numerator}#{fraction.denominator})"


def vector(values: Iterable[Any]) -> str:
    return f"[{'; '.join(map(q, values))}]"


def sparse(values: Iterable[Any]) -> str:
    """(gap, entry), (gap, entry), ..."""

    def entries() -> Iterator[str]:
        gap = 0
        for value in values:
            if value == 0:
                gap += 1
            else:
                yield f"z {gap} {q(value)}"
                gap = 0

    return f"[{'; '.join(entries())}]"


def head_text(head: Head) -> str:
    actions = (
        f"Action {q(action.gate)} {listed((f'Step {q(s.beta)} {sparse(s.key)} {vector(s.value)}' for s in action.steps), 4)}"
        for action in head.letters
    )
    initial = f"[{'; '.join(vector(row) for row in head.initial)}]"
    return f"Head {initial} {sparse(head.query)} {head.V}%nat {listed(actions, 3)}"


def link_text(stack: ExactStack, i: int) -> str:
    link = stack.links[i]
    return f"Link {stack.n_symbols[i]}%nat {vector(link.shift[0])} {vector(link.shift[1])}\n  {maps_text(link.mlp)}"


def maps_text(mlp: Mlp) -> str:
    return listed(
        (
            listed((f"({sparse(row)}, {q(b)})" for row, b in zip(W, bias, strict=True)), 3)
            for W, bias in zip(mlp.weights, mlp.biases, strict=True)
        ),
        2,
    )


# ---------------------------------------------------------------------- Coq's answer


@dataclass(frozen=True)
class Answer:
    """proved, and in a line what Coq says."""

    proved: bool
    says: str

    def __bool__(self) -> bool:
        return self.proved


def installed() -> bool:
    """Whether `coqc` can be run here."""
    return shutil.which("coqc") is not None


def ask_coq(text: str, seconds: float = SECONDS) -> Answer:
    """What coqc says of a certificate's text, in a temporary folder. Raises FileNotFoundError where there is no coqc."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "certificate.v"
        path.write_text(text, "utf-8")
        try:
            done = subprocess.run(["coqc", "-q", path.name], cwd=scratch, capture_output=True, text=True, timeout=seconds)
        except subprocess.TimeoutExpired:
            return Answer(False, f"coqc did not answer within {seconds:g} s")
    if done.returncode != 0:
        return Answer(False, f"coqc refuses: {' '.join(done.stderr.split())[-500:]}")
    if done.stdout.count(CLOSED) != len(THEOREMS):
        return Answer(False, f"not all is proved outright: {' '.join(done.stdout.split())[:500]}")
    return Answer(True, f"{', '.join(THEOREMS)}: proved, without axioms")
