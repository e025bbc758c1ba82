"""From which input on a sigmoid gives exactly 0, 1/2 or 1, and a gate exactly 0, by float format.

Notation      p significant bits, s = 2^−finest the smallest number above 0, L the largest; fl rounds to nearest, ties to
              even. “Rounded once”: fl(1/(1 + e^−x)), which is what a kernel does that computes in a wider format. “Composed”:
              fl(1/fl(1 + fl(e^−x))), each operation rounded.
Hypotheses    rounding is correct: what a library's exp does may be an ulp off, and its threshold a few neighbours away.
Claim         2·sigmoid(x) is 2 exactly from some x on, and below 2 before; e^g is 0 exactly up to some g, and above 0 after;
              sigmoid(x) is 0 exactly up to some x. In this order (2 rounded once, 2 composed; e^g; 0 rounded once, 0
              composed) they are, for bfloat16, 6.25, 5.5625; −93; −93, −89; for float16 8.3203125, 7.625; −17.34375;
              −17.34375, −11.09375; for float32, to seven digits, 17.32868, 16.63553; −103.9721; −103.9721, −88.72284
              (exactly: `THRESHOLDS`). sigmoid(0) = 1/2 exactly, both ways: β = 1. In real numbers β and gates reach their
              ends nowhere, so that parity (β = 2) and a reset by a gate (0) rest on this rounding.
Proof         rounding and the functions are monotone, and so is what is composed of them: one x at which the value is exact,
              and the neighbour at which it is not, decide for all x. (once) fl(y) = 1 for y < 1 exactly if y ≥ 1 − 2^−(p+1),
              the midpoint, which goes to the even 1: x ≥ ln(2^(p+1) − 1). (composed) fl(1 + e) = 1 exactly if e ≤ 2^−p: x ≥ p
              ln 2, rounding apart. fl(y) = 0 exactly if y ≤ s/2; and 1/∞ = 0 once fl(e^−x) passes L.
Source        this project.
Check         each number and its neighbour, with e^x between rational bounds that a series gives, in whole numbers.
Status        proved
"""

from __future__ import annotations

from fractions import Fraction

from .rounding import BF16, F16, F32, Format, before, exponential, nearest, spacing
from .statement import Counterexample, Statement, require

THRESHOLDS: dict[str, tuple[Format, list[Fraction]]] = {
    "bfloat16": (BF16, [Fraction(25, 4), Fraction(89, 16), Fraction(-93), Fraction(-93), Fraction(-89)]),
    "float16": (F16, [Fraction(1065, 128), Fraction(61, 8), Fraction(-555, 32), Fraction(-555, 32), Fraction(-355, 32)]),
    "float32": (
        F32,
        [
            Fraction(9085219, 2**19),
            Fraction(4360905, 2**18),
            Fraction(-13627829, 2**17),
            Fraction(-13627829, 2**17),
            Fraction(-1453635, 2**14),
        ],
    ),
}


def verify() -> tuple[int, str]:
    cases = 0
    for name, (to, (once, composed, gate, never, overflow)) in THRESHOLDS.items():
        for x, function, value, case in (
            (once, sigmoid, 1, "rounded once, 1"),
            (composed, composed_sigmoid, 1, "composed, 1"),
            (gate, rounded_exp, 0, "the gate, 0"),
            (never, sigmoid, 0, "rounded once, 0"),
            (overflow, composed_sigmoid, 0, "composed, 0"),
        ):
            neighbour = before(x, to) if value else -before(-x, to)
            require(nearest(x, to) == x and nearest(neighbour, to) == neighbour, f"{name}: {x} is one of its numbers")
            require(function(x, to) == value, f"{name}, {case} at {x}")
            require(function(neighbour, to) != value, f"{name}, {case}: not yet at {neighbour}")
            cases += 2
        require(sigmoid(Fraction(0), to) == composed_sigmoid(Fraction(0), to) == Fraction(1, 2), f"{name} at 0")
        cases += 2
    return cases, f"{cases} values in {', '.join(THRESHOLDS)}, each at the number and at its neighbour"


def rounded_exp(x: Fraction, to: Format) -> Fraction | None:
    """fl(eˣ); None for infinity."""
    return _rounded(*exponential(x), to)


def sigmoid(x: Fraction, to: Format) -> Fraction | None:
    """fl(1/(1 + e^−x))."""
    low, high = exponential(-x)
    return _rounded(1 / (1 + high), 1 / (1 + low), to)


def composed_sigmoid(x: Fraction, to: Format) -> Fraction | None:
    """fl(1/fl(1 + fl(e^−x)))."""
    e = rounded_exp(-x, to)
    if e is None:
        return Fraction(0)
    total = _rounded(1 + e, 1 + e, to)
    return Fraction(0) if total is None else nearest(1 / total, to)


def _rounded(low: Fraction, high: Fraction, to: Format) -> Fraction | None:
    """Of a number between the bounds; None past the largest of the format."""
    found = nearest(low, to)
    require(found == nearest(high, to), "the bounds on eˣ are wider than a rounding")
    return None if found > largest(to) else found


def largest(to: Format) -> Fraction:
    top = Fraction(2) ** (128 if to.finest > 100 else 16)
    return top - spacing(top / 2, to)


def refute() -> Counterexample:
    x = Fraction(17)
    composed, once = composed_sigmoid(x, F32), sigmoid(x, F32)
    require(composed == 1 and once is not None and once < 1, "x = 17 in float32")
    return Counterexample(
        "“composed” dropped: “2·sigmoid(x) is 2 in float32 for x ≥ 16.64, however it is computed”",
        {"x": x, "composed": composed, "rounded once": once},
        f"at x = 17 the composed sigmoid is 1, so β = 2; rounded once it is {once} = 1 − 2^−24: a mirror in one kernel, "
        "a damped one in another",
    )


def example() -> str:
    to, (once, composed, gate, *_) = THRESHOLDS["float32"]
    return (
        f"{to.name}: 2·sigmoid(x) = 2 for x ≥ {float(once):.7g} ({float(composed):.7g} when composed); e^g = 0 for "
        f"g ≤ {float(gate):.7g}, so that a log-gate of −100 leaves e^−100 of the state, and is no reset"
    )


STATEMENT = Statement("saturation", "proved for the sizes named", __doc__, verify, refute, example)
