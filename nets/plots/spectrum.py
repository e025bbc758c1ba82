"""Eigenvalues in the unit disk, a panel a letter."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

import matplotlib
import numpy as np
from numpy.typing import ArrayLike

from .style import BLUE, LOOK, OUTSIDE_LOWER, SCALE, VERMILION, Picture, drawn, literal

COLUMNS = 6
SIZES = ((4, 1, 10), (6, 10, 100), (8, 100, np.inf))  # of a mark, for so many eigenvalues and fewer than so many
CLOSE = 3  # decimals within which eigenvalues are one mark


def spectrum(trained: Mapping[str, ArrayLike], constructed: Mapping[str, ArrayLike] | None = None, title: str = "") -> Picture:
    """The spectra of transition matrices, a panel a letter: filled marks for a trained network, open ones for a constructed one.

    trained       {letter: complex numbers of any shape}; eigenvalues that agree to 0.001 are one mark, larger where there are more
    constructed   the same, for some or all of these letters

    >>> spectrum({"0": [1.0, 1.0], "1": [1.0, -0.98]}, {"1": [1.0, -1.0]}).get_suptitle()
    ''
    >>> spectrum({"$x_$": [1.0]}).axes[0].get_title()  # a letter is no mathematics
    'letter \\\\$x_\\\\$'
    """
    letters, constructed = list(trained), constructed or {}
    columns = max(1, min(COLUMNS, len(letters)))
    rows = max(1, ceil(len(letters) / columns))
    with matplotlib.rc_context(LOOK):
        side = 2.15 if columns < 5 else 1.5
        height = (side + 0.15) * rows + 0.85 + 0.3 * bool(title)
        picture, axes = drawn(height, rows, columns, width=max(5.0, side * columns), sharex=True, sharey=True)
        for axis in axes.flat[len(letters) :]:
            axis.set_visible(False)
        turn = np.exp(2j * np.pi * np.linspace(0, 1, 181))
        for axis, letter in zip(axes.flat, letters, strict=False):
            axis.plot(np.real(turn), np.imag(turn), color=SCALE, lw=0.8)
            axis.axhline(0, color=SCALE, lw=0.5)
            axis.axvline(0, color=SCALE, lw=0.5)
            values, counts = np.unique(_rounded(trained[letter]), return_counts=True)
            for size, least, below in SIZES:
                some = values[(counts >= least) & (counts < below)]
                name = "trained" if least == 1 else None
                axis.plot(np.real(some), np.imag(some), "o", ms=size, color=BLUE, alpha=0.65, mew=0, label=name)
            if letter in constructed:
                exact = np.unique(_rounded(constructed[letter]))
                axis.plot(np.real(exact), np.imag(exact), "D", ms=8, mfc="none", mec=VERMILION, mew=1.3, label="constructed")
            axis.set(aspect="equal", xlim=(-1.2, 1.2), ylim=(-1.2, 1.2), xticks=(-1, 0, 1), yticks=(-1, 0, 1))
            axis.set_title(f"letter {literal(_short(letter))}", fontsize=10)
            axis.set_xlabel("real part")
            axis.grid(False)
        entries = {name: mark for axis in axes.flat for mark, name in zip(*axis.get_legend_handles_labels(), strict=True)}
        picture.legend(entries.values(), entries.keys(), loc=OUTSIDE_LOWER, ncols=2)
        for axis in axes[:, 0]:
            axis.set_ylabel("imaginary part")
        if title:
            picture.suptitle(title)
    return picture


def _rounded(values: ArrayLike) -> np.ndarray:
    return np.round(np.asarray(values, dtype=complex).ravel(), CLOSE) + 0.0  # −0 is 0


def _short(letter: str) -> str:
    return letter if len(letter) <= 12 else letter[:11] + "…"
