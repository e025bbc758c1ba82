"""What verdicts rest on: statements of this project, papers, and how each was read.

A statement's name is one of `deltaword theorems`.  "abstract" means that the abstract was read and no more, "recalled" not even that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Evidence = Literal[
    "proved here",
    "proved here up to a quoted theorem",
    "read in the abstract",
    "recalled",
    "conditional on TC0 ≠ NC1",
    "",
]


@dataclass(frozen=True)
class Source:
    """Where a verdict comes from: a text, and the names of the statements of the theory that carry it."""

    text: str
    statements: tuple[str, ...] = ()

    def __add__(self, other: Source) -> Source:
        return Source(f"{self.text}; {other.text}", tuple(dict.fromkeys(self.statements + other.statements)))


NOTHING = Source("")
KROHN_RHODES = Source("Krohn and Rhodes 1965 (quoted)")
BARRINGTON = Source("Barrington 1989 (quoted)")
ASH = Source("Ash 1991 (quoted)", ("group_walks",))
SARROF = Source("Sarrof et al. 2405.17394 (abstract)")
SHAKERINAVA = Source("Shakerinava et al. 2603.01959 (abstract)")
ILLUSION = Source("Merrill et al. 2404.08819 (abstract)")
RWKV7 = Source("Peng et al. 2503.14456 (abstract; the number of layers recalled)")
PD_SSM = Source("Terzić et al. 2509.22284 (abstract)")
MINSKY = Source("Minsky 1967 (recalled)")
YANG = Source("Yang, Chiang and Angluin 2310.13897 (abstract)")
LOG_TRANSFORMERS = Source("Merrill and Sabharwal 2207.00729 (abstract)")
SHORTCUTS = Source("Liu et al. 2210.10749 (abstract)")
AC0 = Source("Barrington, Compton, Straubing and Thérien 1992 (quoted)")

ONE_LAYER = Source("theory/obstruction.py", ("one_layer_obstruction",))
L_CLASSES = Source("registers on L-classes", ("l_class_registers",))
NO_GROUPS = Source("theory/oracle/shrinking.py", ("unit_modulus",))
COORDINATES = Source("theory/oracle/diagonal.py")
SETTLING = Source("Grazzi et al. 2411.12537 (Theorem 1); theory/oracle/diagonal.py", ("parity_bound",))
SPECTRA = Source("theory/oracle/shrinking.py", ("real_spectrum",))
PERIODS = Source("Grazzi et al. 2411.12537 (Theorem 2)", ("counting_bound",))
THREE_STEPS = Source("theory/oracle/shrinking.py", ("three_projections",))
SMALL_STEPS = Source("theory/oracle/mirrors.py", ("eigenvalues",))
HOLES = Source("this project's hole cascade", ("hole_cascade", "any_regular_language"))
BLOCKS = Source("Siems et al. 2502.10297 (Theorem 1)", ("symmetric_in_blocks",))
REPRESENTATIONS = Source("theory/papers/smallest_n_h.py", ("smallest_n_h",))
BITS = Source("theory/oracle/bits.py")
COMPILED = Source("a network of this project, closed over all reachable pairs when certified")
