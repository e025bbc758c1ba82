"""Every way a user's input can be wrong, by name.

All are `DeltawordError`, and each is also the built-in error a caller would have guessed. A message says which state, letter,
index or value is at fault, and the way out.
"""


class DeltawordError(Exception):
    """Anything wrong with what the user gave; `deltaword` on the command line prints it in one line and exits with 2."""


class BadAutomaton(DeltawordError, ValueError):
    """A machine that is not a complete deterministic automaton; the subclasses say how."""


class EmptyAlphabet(BadAutomaton):
    """No letters at all."""


class DuplicateLetter(BadAutomaton):
    """The same letter twice in one alphabet."""


class MissingTransition(BadAutomaton):
    """A state without a successor on some letter."""


class DuplicateTransition(BadAutomaton):
    """A state with two successors on the same letter."""


class StateOutOfRange(BadAutomaton):
    """A start, accepting or successor state that the machine does not have."""


class UnknownLetter(DeltawordError, ValueError):
    """A word or pattern uses a letter outside the alphabet."""


class AlphabetMismatch(DeltawordError, ValueError):
    """Two machines, or a machine and a network, over different alphabets."""


class PatternError(DeltawordError, ValueError):
    """A pattern that cannot become an automaton. `column` counts from 0, as Python's `re` does."""

    def __init__(self, message: str, pattern: str, column: int | None):
        self.pattern, self.column = pattern, column
        where = "" if column is None else f" at column {column}"
        super().__init__(f"{message}{where} of {pattern!r}")


class PatternSyntax(PatternError):
    """Not a well-formed Python pattern."""


class NotRegular(PatternError):
    """A construct that has no finite automaton: a backreference."""


class NotSupported(PatternError):
    """A construct that this translation does not take: look-around, word boundaries, atomic groups, some flags."""


class BadPermutation(DeltawordError, ValueError):
    """A sequence that is not a permutation of 0 .. n-1."""


class NotInMonoid(DeltawordError, ValueError):
    """A map of the states that no word makes, or no map at all."""


class UnknownLanguage(DeltawordError, KeyError):
    """A name that the gallery does not have."""

    __str__ = Exception.__str__  # KeyError would show the message in quotes


class UnknownStatement(DeltawordError, KeyError):
    """A name that no statement of the theory has."""

    __str__ = Exception.__str__


class UnknownFamily(DeltawordError, KeyError):
    """A name that no family of the oracle has."""

    __str__ = Exception.__str__


class UnknownTask(DeltawordError, KeyError):
    """A name that no task for training has."""

    __str__ = Exception.__str__


class NotSerializable(DeltawordError, TypeError):
    """A letter that JSON cannot hold and give back."""


class TooLarge(DeltawordError, ValueError):
    """A construction stopped before it would exhaust memory; the message names the limit and how to raise it."""


class BadArgument(DeltawordError, ValueError):
    """An option or a size that a function does not take; the message says which it takes."""


class BadStep(DeltawordError, ValueError):
    """A Householder step outside 0 ≤ β‖k‖² ≤ 2, or parts of a layer whose sizes do not fit together."""


class NotExact(BadStep):
    """A number that is rounded, or of a kind exact arithmetic does not know, where an exact one is needed."""


class NotRational(DeltawordError, ValueError):
    """An exact number that is no fraction, where a Coq certificate needs one; the message says where it stands."""


class ProofFails(DeltawordError, ValueError):
    """An exact construction that does not do what it claims; the message names the case."""


class NotAffine(DeltawordError, ValueError):
    """A layer whose state after a token is no affine function of the state before; the message names the token and the error."""


class NotCompilable(DeltawordError, ValueError):
    """No construction known here puts this machine into one layer; the message says what stands in the way."""


class MissingExtra(DeltawordError, ImportError):
    """Something that needs a package which is not installed; the message has the pip command."""


class CorruptFile(DeltawordError, ValueError):
    """A saved machine, network or certificate that is truncated, altered or not one of ours."""


class NotWritable(DeltawordError, OSError):
    """A place where nothing can be saved."""


class NotReadable(DeltawordError, OSError):
    """A file or folder that is missing or cannot be read."""


class InUse(DeltawordError, OSError):
    """A run directory that another process writes at the moment."""


class Diverged(DeltawordError, ArithmeticError):
    """A training run in which no network is left whose loss and gradient are finite; the message has the steps and the causes."""
