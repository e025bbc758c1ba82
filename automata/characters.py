"""Character tables of finite groups, exactly: Burnside's eigenvectors, computed modulo a prime and lifted (Dixon).

Notation      classes C_0 … C_(k−1) of conjugate elements, C_0 the identity's; irreducible characters χ_0 … χ_(k−1), χ_0 = 1; χ(1) is
              the degree.  An element g of order o acts in χ with the eigenvalues ζ^j, ζ = e^(2πi/o), each `multiplicity[j]` times;
              these whole numbers are what is kept, χ(g) = Σ_j multiplicity[j] ζ^j.
Method        ω_t = |C_t| χ(g_t) / χ(1) is a common eigenvector of the class algebra's matrices.  Modulo a prime p = 1 mod the
              exponent one random combination of them has k different eigenvalues almost surely; its eigenvectors come from a
              Krylov basis.  χ(1) is the root of |G| / Σ ω_t ω_t* / |C_t| below √|G|, and the multiplicities, being at most χ(1) < p,
              are what they are modulo p.
Limits        5,000 elements, 500 classes; |G| · k products of permutations and k³ steps.
Source        J. D. Dixon, High speed computation of group characters, Numerische Mathematik 10 (1967), 446–450.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isqrt, lcm

import numpy as np
import numpy.typing as npt

from .errors import TooLarge
from .group import Group
from .group_names import element_orders
from .permutations import RowIndex

Ints = npt.NDArray[np.int64]

MAX_ELEMENTS = 5_000
MAX_CLASSES = 500
PRIME_BELOW = 2**27  # k products of two residues stay below 2^63


@dataclass(frozen=True, eq=False)
class CharacterTable:
    """group, and for its k classes and k irreducible characters, the trivial one first, then by degree:

    class_of        [order] the class of each element, numbered as in `group.elements`
    representatives [k] an element of each class; sizes [k], orders [k]
    degrees         [k] χ(1)
    multiplicities  for each class an array [k, order of its elements]: how often each χ has the eigenvalue ζ^j

    >>> from deltaword import groups
    >>> table = character_table(groups.symmetric(3))
    >>> table.degrees.tolist(), table.values().real.round(6).tolist()
    ([1, 1, 2], [[1.0, 1.0, 1.0], [1.0, -1.0, 1.0], [2.0, 0.0, -1.0]])
    >>> table.indicators.tolist(), table.fixed.tolist()              # dimensions kept by each class
    ([1, 1, 1], [[1, 1, 1], [1, 0, 1], [2, 1, 0]])
    """

    group: Group
    class_of: Ints
    representatives: Ints
    sizes: Ints
    orders: Ints
    degrees: Ints
    multiplicities: tuple[Ints, ...]
    squares: Ints  # [k] the class of g²

    def values(self) -> npt.NDArray[np.complex128]:
        """χ(g) [character, class], in floats."""
        waves = [np.exp(2j * np.pi * np.arange(order) / order) for order in self.orders.tolist()]
        return np.stack([m @ wave for m, wave in zip(self.multiplicities, waves, strict=True)], axis=1)

    @cached_property
    def fixed(self) -> Ints:
        """How many dimensions g keeps in χ [character, class]: rank(I − χ(g)) = degree − fixed."""
        return np.stack([m[:, 0] for m in self.multiplicities], axis=1)

    @cached_property
    def indicators(self) -> Ints:
        """Frobenius and Schur's (1/|G|) Σ χ(g²) [k]: 1 for a real representation, −1 for a quaternionic one with real characters, 0 for
        complex characters."""
        return np.round((self.values()[:, self.squares] @ self.sizes).real / self.sizes.sum()).astype(np.int64)

    @cached_property
    def conjugates(self) -> Ints:
        """The number of the complex conjugate character [k]."""
        rows = [tuple(np.concatenate([m[i] for m in self.multiplicities]).tolist()) for i in range(len(self.degrees))]
        backwards = [
            tuple(np.concatenate([m[i, -np.arange(m.shape[1])] for m in self.multiplicities]).tolist())
            for i in range(len(self.degrees))
        ]
        place = {row: i for i, row in enumerate(rows)}
        return np.array([place[row] for row in backwards])


def character_table(group: Group) -> CharacterTable:
    """The table of a group of at most 5,000 elements and 500 classes. Raises TooLarge.

    >>> from deltaword import groups
    >>> character_table(groups.quaternion()).indicators.tolist()
    [1, 1, 1, 1, -1]
    """
    if group.order > MAX_ELEMENTS:
        raise TooLarge(f"{group.symbol} has {group.order:,} elements; character tables are computed up to {MAX_ELEMENTS:,}")
    rows = group._rows
    index = RowIndex(rows)
    class_of, representatives = conjugacy_classes(rows, index, group.generators)
    k = len(representatives)
    if k > MAX_CLASSES:
        raise TooLarge(
            f"{group.symbol} has {k} classes of conjugate elements; character tables are computed up to {MAX_CLASSES}"
        )
    sizes = np.bincount(class_of, minlength=k)
    orders = element_orders(rows)[representatives]
    powers = power_classes(rows, index, class_of, representatives, orders)
    exponent = lcm(*orders.tolist())
    p = prime_above(max(2 * isqrt(len(rows)) + 2, PRIME_BELOW // 2), exponent)
    inverses = np.array([powers[t][-1] if len(powers[t]) > 1 else t for t in range(k)])
    omega = common_eigenvectors(rows, index, class_of, representatives, p)
    degrees, characters = scaled(omega, sizes, inverses, len(rows), p)
    multiplicities = tuple(lifted(characters[:, powers[t]], exponent, p) for t in range(k))
    order = sorted(
        range(k), key=lambda i: (degrees[i], *(-m[i, 0] for m in multiplicities), *(m[i].tolist() for m in multiplicities))
    )
    return CharacterTable(
        group,
        class_of,
        representatives,
        sizes,
        orders,
        degrees[order],
        tuple(m[order] for m in multiplicities),
        np.array([powers[t][2 % len(powers[t])] for t in range(k)]),
    )


def conjugacy_classes(rows: npt.NDArray, index: RowIndex, generators: Sequence[Sequence[int]]) -> tuple[Ints, Ints]:
    """The class of each element [n], and the first element of each; classes in the order of these."""
    n = len(rows)
    conjugate = []
    for g in generators:
        images = np.array(g)
        back = np.argsort(images)
        conjugate.append(index.find(np.ascontiguousarray(images[rows[:, back]].astype(rows.dtype))))  # g⁻¹ x g
    class_of = np.full(n, -1, dtype=np.int64)
    representatives = []
    for first in range(n):
        if class_of[first] < 0:
            class_of[first] = len(representatives)
            found = [first]
            for x in found:
                for moved in conjugate:
                    if class_of[y := int(moved[x])] < 0:
                        class_of[y] = len(representatives)
                        found.append(y)
            representatives.append(first)
    return class_of, np.array(representatives)


def power_classes(rows: npt.NDArray, index: RowIndex, class_of: Ints, representatives: Ints, orders: Ints) -> list[Ints]:
    """For each class those of g^0, g^1, … up to the order of g."""
    powers = []
    for g, order in zip(rows[representatives], orders.tolist(), strict=True):
        images = [np.arange(rows.shape[1], dtype=rows.dtype)]
        for _ in range(1, order):
            images.append(g[images[-1]])
        powers.append(class_of[index.find(np.array(images, dtype=rows.dtype))])
    return powers


def common_eigenvectors(rows: npt.NDArray, index: RowIndex, class_of: Ints, representatives: Ints, p: int) -> Ints:
    """Rows ω [k, k] modulo p, ω = 1 at the identity: the eigenvectors of a random combination of the class algebra's matrices."""
    k = len(representatives)
    products = [class_of[index.find(np.ascontiguousarray(z[rows]))] for z in rows[representatives]]  # x·z for every x
    draw = np.random.default_rng(0)
    while True:  # each round fails with probability k²/p or so
        weights = draw.integers(0, p, k)[class_of].astype(float)
        A = np.stack([np.bincount(product, weights, k) for product in products], axis=1).astype(np.int64) % p
        krylov = [draw.integers(0, p, k)]
        for _ in range(k):
            krylov.append(matmul(A, krylov[-1], p))
        last = solved(np.array(krylov[:k]).T, krylov[k], p)
        if last is None:
            continue
        polynomial = np.concatenate([-last % p, [1]])  # the characteristic one, constant first
        roots = roots_modulo(polynomial, p, draw)
        if len(roots) != k:
            continue
        quotients = np.zeros((k, k), dtype=np.int64)  # polynomial / (x − root), by Horner
        quotients[:, k - 1] = 1
        for j in range(k - 1, 0, -1):
            quotients[:, j - 1] = (polynomial[j] + roots * quotients[:, j]) % p
        omega = matmul(quotients, np.array(krylov[:k]), p)
        if (omega[:, 0] == 0).any():
            continue
        return omega * np.array([pow(int(x), -1, p) for x in omega[:, 0]])[:, None] % p


def scaled(omega: Ints, sizes: Ints, inverses: Ints, order: int, p: int) -> tuple[Ints, Ints]:
    """Degrees [k] and characters modulo p [k, k] from the eigenvectors ω_t = |C_t| χ(g_t) / χ(1)."""
    over_sizes = np.array([pow(int(size), -1, p) for size in sizes])
    norms = (omega * omega[:, inverses] % p * over_sizes % p).sum(axis=1) % p
    squares = {d * d % p: d for d in range(1, isqrt(order) + 1) if order % d == 0}
    degrees = np.array([squares[order * pow(int(norm), -1, p) % p] for norm in norms])
    return degrees, omega * degrees[:, None] % p * over_sizes % p


def lifted(along_powers: Ints, exponent: int, p: int) -> Ints:
    """From χ(g^l) modulo p [k, o] to the multiplicities of the eigenvalues ζ^j [k, o]."""
    o = along_powers.shape[1]
    root = pow(primitive_root(p), (p - 1) // exponent * (exponent // o), p)
    inverse = pow(root, -1, p)
    table = np.array([pow(inverse, j, p) for j in range(o)])
    waves = table[np.outer(np.arange(o), np.arange(o)) % o]
    return matmul(along_powers, waves, p) * pow(o, -1, p) % p


# ---------------------------------------------------------------------- linear algebra and polynomials modulo a prime


def matmul(a: Ints, b: Ints, p: int) -> Ints:
    """a @ b modulo p, entries below p < 2^27, by halves of 14 bits, which float64 sums exactly."""
    high, low = a >> 14, a & 0x3FFF
    wide = b.astype(float)
    return ((high.astype(float) @ wide % p) * 2**14 + low.astype(float) @ wide % p).astype(np.int64) % p


def solved(A: Ints, b: Ints, p: int) -> Ints | None:
    """x with A x = b modulo p; None when A is singular."""
    n = len(A)
    M = np.concatenate([A, b[:, None]], axis=1) % p
    for column in range(n):
        pivots = np.flatnonzero(M[column:, column])
        if len(pivots) == 0:
            return None
        row = column + pivots[0]
        M[[column, row]] = M[[row, column]]
        M[column] = M[column] * pow(int(M[column, column]), -1, p) % p
        factors = M[:, column].copy()
        factors[column] = 0
        M[:, column:] = (M[:, column:] - factors[:, None] * M[column, column:]) % p
    return M[:, -1]


def roots_modulo(f: Ints, p: int, draw: np.random.Generator) -> Ints:
    """The different roots modulo p of a monic polynomial, constant first (Cantor and Zassenhaus)."""
    x_to_p = power_modulo(np.array([0, 1]), p, f, p)
    x_to_p[1] = (x_to_p[1] - 1) % p
    found, pending = [], [greatest_divisor(f, x_to_p, p)]
    while pending:
        g = pending.pop()
        if len(g) == 2:
            found.append(int(-g[0] % p))
        elif len(g) > 2:
            h = power_modulo(np.array([int(draw.integers(p)), 1]), (p - 1) // 2, g, p)
            h[0] = (h[0] - 1) % p
            part = greatest_divisor(g, h, p)
            if 1 < len(part) < len(g):
                pending += [part, divided(g, part, p)[0]]
            else:
                pending.append(g)
    return np.array(sorted(found), dtype=np.int64)


def power_modulo(base: Ints, exponent: int, f: Ints, p: int) -> Ints:
    """base^exponent modulo f and p, padded to len(f) − 1 coefficients, at least 2."""
    result = np.array([1], dtype=np.int64)
    base = divided(base, f, p)[1]
    for digit in bin(exponent)[2:]:
        result = divided(multiplied(result, result, p), f, p)[1]
        if digit == "1":
            result = divided(multiplied(result, base, p), f, p)[1]
    return np.pad(result, (0, max(2, len(f) - 1) - len(result)))


def multiplied(a: Ints, b: Ints, p: int) -> Ints:
    return np.convolve(a, b) % p  # at most 500 products below 2^54


def divided(f: Ints, g: Ints, p: int) -> tuple[Ints, Ints]:
    """Quotient and remainder; g monic."""
    rest, quotient = f % p, np.zeros(max(1, len(f) - len(g) + 1), dtype=np.int64)
    for i in range(len(f) - len(g), -1, -1):
        factor = int(rest[i + len(g) - 1])
        quotient[i] = factor
        if factor:
            rest[i : i + len(g)] = (rest[i : i + len(g)] - factor * g) % p
    return quotient, _trimmed(rest[: max(1, len(g) - 1)])


def greatest_divisor(f: Ints, g: Ints, p: int) -> Ints:
    """The monic greatest common divisor."""
    g = _trimmed(g)
    while g.any():
        g = g * pow(int(g[-1]), -1, p) % p
        f, g = g, divided(f, g, p)[1]
    return f


def _trimmed(f: Ints) -> Ints:
    nonzero = np.flatnonzero(f)
    return f[: nonzero[-1] + 1] if len(nonzero) else f[:1] * 0


def prime_above(least: int, exponent: int) -> int:
    """The least prime p ≥ least with p = 1 mod the exponent."""
    p = least + (1 - least) % exponent
    while not is_prime(p):
        p += exponent
    return p


def is_prime(n: int) -> bool:
    return n > 1 and all(n % d for d in range(2, isqrt(n) + 1))


def primitive_root(p: int) -> int:
    """A generator of the multiplicative group modulo p."""
    rest, factors, d = p - 1, set(), 2
    while d * d <= rest:
        while rest % d == 0:
            rest //= d
            factors.add(d)
        d += 1
    factors |= {rest} - {1}
    return next(g for g in range(2, p) if all(pow(g, (p - 1) // q, p) != 1 for q in factors)) if p > 3 else p - 1
