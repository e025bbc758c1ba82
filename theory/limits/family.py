"""All layers of a kind at once: a token's matrix is any gate · G_m ⋯ G_1 with m ≤ n_h and β‖k‖² up to 1 or 2, in any dimension.

Statements    with β‖k‖² ≤ 1, products of one or two factors have non-negative real spectrum (statement real_spectrum), and products of
              three may have a negative eigenvalue, −1/8 (statement three_projections), or non-real ones.  With β‖k‖² ≤ 2 one factor has
              a real spectrum, with −1 in it, and two may rotate.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ...automata.errors import BadArgument
from .layer import Factors, Range

SWAPS = Factors((1, 1), ((1, -1, 0), (0, 1, -1)))  # a turn of three places
MIRROR = Factors((2,), ((1,),))
MEANS = Factors((Fraction(1, 2),) * 3, ((1, -1, 0), (0, 1, -1), (-1, 0, 1)))  # pairs of three numbers replaced by their means
PROJECTIONS = Factors((Fraction(1, 2),) * 3, ((1, 1, 0), (1, 0, 1), (0, 1, 1)))


@dataclass(frozen=True)
class Family:
    """n_h      factors a token, at most
    largest  1 or 2: the largest β‖k‖² (with unit keys, of β)

    A gate in [0, 1] a token changes nothing.  Raises BadArgument.

    >>> Family(n_h=2, largest=1).escape("nonnegative", tokens=1) is None
    True
    >>> Family(n_h=1, largest=2).escape("nonnegative", tokens=1)
    Factors(betas=(2,), keys=((1,),), gate=1)
    """

    n_h: int
    largest: int

    def __post_init__(self):
        if not isinstance(self.n_h, int) or self.n_h < 1 or self.largest not in (1, 2):
            raise BadArgument(f"n_h is {self.n_h!r} and β‖k‖² up to {self.largest!r}; give n_h ≥ 1 and 1 or 2")

    def escape(self, within: Range, tokens: int) -> Factors | None:
        """A product of `tokens` tokens with an eigenvalue outside of the range; None if there is none."""
        factors = self.n_h * tokens
        if within == "real":
            return None if factors < 4 - self.largest else PROJECTIONS if self.largest == 1 else SWAPS
        return MIRROR if self.largest == 2 else None if factors < 3 else MEANS

    def __str__(self) -> str:
        steps = "one factor" if self.n_h == 1 else f"{self.n_h} factors"
        return f"{steps} a token, β‖k‖² ≤ {self.largest}"
